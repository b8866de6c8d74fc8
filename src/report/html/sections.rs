//! The findings of a run: by scenario, by message, and over the messages
//! together.

use std::collections::HashMap;

use serde::Serialize;

use super::Page;
use super::diagram::Diagram;
use super::digest::{Digest, is_quiet};
use super::overview::{Listed, mark};
use super::views::{FindingView, Met, shown};
use crate::event::{BatchJudged, Event, Exchanged, Judged, ScenarioJudged, Stepped};
use crate::finding::Verdict;
use crate::limits::{MAX_PAGE_FINDINGS, MAX_PAGE_NAMES};
use crate::report::voice::first_and_others;
use crate::report::{ReportError, Run, Voice};
use crate::text::{fill, say};

/// Writes what happened in a run, in the order of its events.
pub(super) fn write(
    run: &Run<'_>,
    digest: &Digest,
    id: &str,
    page: &mut Page<'_>,
) -> Result<(), ReportError> {
    let mut sections = Sections {
        run,
        digest,
        id,
        written: 0,
        left_out: 0,
        cases: 0,
        group: None,
    };
    let mut happened: HashMap<String, Happened> = HashMap::new();
    for event in run.events.replay() {
        match event? {
            Event::Exchanged(exchanged) => {
                let scenario = happened.entry(exchanged.scenario.clone()).or_default();
                scenario.exchanges.push(exchanged);
            }
            Event::Stepped(stepped) => {
                let scenario = happened.entry(stepped.scenario.clone()).or_default();
                scenario.steps.push(stepped);
            }
            Event::Played(played) => {
                let happened = happened.remove(&played.about.scenario).unwrap_or_default();
                sections.scenario(&played, &happened, page)?;
            }
            Event::Judged(judged) => sections.message(&judged, page)?,
            Event::Batch(batch) => sections.batch(&batch, page)?,
            Event::Started(_) | Event::Scenario(_) | Event::Grounds(_) | Event::Finished(_) => {}
        }
    }
    sections.finish(page)
}

/// What happened in a scenario so far.
#[derive(Default)]
struct Happened {
    exchanges: Vec<Exchanged>,
    steps: Vec<Stepped>,
}

struct Sections<'a> {
    run: &'a Run<'a>,
    digest: &'a Digest,
    id: &'a str,
    /// Findings that were written, and those beyond the limit.
    written: u64,
    left_out: u64,
    /// Scenarios and messages that were written.
    cases: u64,
    /// The group that is open.
    group: Option<&'static str>,
}

/// The heading of a group, which opens, or its end.
#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    open: bool,
    name: &'static str,
    left_out: String,
}

#[derive(Serialize)]
struct MessageView {
    id: String,
    title: String,
    verdict: &'static str,
    says: String,
    detail: String,
    because: Option<String>,
    findings: Vec<FindingView>,
    more: Option<String>,
}

#[derive(Serialize)]
struct ScenarioView {
    id: String,
    scenario: String,
    title: String,
    key: String,
    verdict: &'static str,
    says: String,
    mandatory: bool,
    subject: String,
    sectors: String,
    requirements: String,
    findings: Vec<FindingView>,
    expected: Vec<FindingView>,
    diagram: Option<Diagram>,
    exchanges: Vec<ExchangeRow>,
    steps: Vec<StepRow>,
    /// Whether what happened is shown at once.
    open: bool,
}

#[derive(Serialize)]
struct ExchangeRow {
    number: u32,
    from: String,
    to: String,
    name: String,
    answer: String,
    failed: bool,
    tls: String,
    at: String,
    took: String,
    steps: String,
}

#[derive(Serialize)]
struct StepRow {
    step: String,
    label: String,
    line: u32,
    exchange: Option<u32>,
    verdict: &'static str,
    says: String,
}

impl Sections<'_> {
    /// Opens the group of that name, after closing another.
    fn open(&mut self, name: &'static str, page: &mut Page<'_>) -> Result<(), ReportError> {
        if self.group == Some(name) {
            return Ok(());
        }
        self.close(page)?;
        self.group = Some(name);
        self.put_group(true, name, page)
    }

    fn close(&mut self, page: &mut Page<'_>) -> Result<(), ReportError> {
        match self.group.take() {
            Some(name) => self.put_group(false, name, page),
            None => Ok(()),
        }
    }

    fn put_group(
        &mut self,
        open: bool,
        name: &'static str,
        page: &mut Page<'_>,
    ) -> Result<(), ReportError> {
        let left_out = match std::mem::take(&mut self.left_out) {
            0 => String::new(),
            count => {
                let words = &page.voice.words().report;
                say(words, "left-out-findings", &[("count", &count.to_string())])
            }
        };
        let id = self.id;
        page.put(
            "group.html",
            &Group {
                id,
                open,
                name,
                left_out,
            },
        )
    }

    /// The id of the next finding; `None` when the page has enough of them.
    fn next(&mut self) -> Option<String> {
        if self.written >= MAX_PAGE_FINDINGS {
            self.left_out += 1;
            return None;
        }
        self.written += 1;
        Some(format!("{}-f{}", self.id, self.written))
    }

    fn next_case(&mut self) -> String {
        self.cases += 1;
        format!("{}-c{}", self.id, self.cases)
    }

    fn scenario(
        &mut self,
        played: &ScenarioJudged,
        happened: &Happened,
        page: &mut Page<'_>,
    ) -> Result<(), ReportError> {
        self.open("scenarios", page)?;
        let voice = page.voice;
        let about = &played.about;
        let (mut findings, mut expected) = (Vec::new(), Vec::new());
        for found in &played.findings {
            let Some(id) = self.next() else { continue };
            let met = Met {
                input: found.input.as_deref(),
                step: Some(&found.step)
                    .filter(|step| *step != "-")
                    .map(String::as_str),
                ..Met::default()
            };
            let view = FindingView::new(id, &found.finding, met, voice);
            if found.expected {
                expected.push(view);
            } else {
                findings.push(view);
            }
        }
        let problem = |key: &str| {
            let problems = &voice.words().transport;
            problems.get(key).map_or(key, String::as_str).to_string()
        };
        let view = ScenarioView {
            id: self.next_case(),
            scenario: shown(&about.scenario),
            title: shown(about.title(voice.language())),
            key: shown(&about.key),
            verdict: mark(played.judgement.verdict),
            says: shown(&voice.played(played)),
            mandatory: about.mandatory,
            subject: shown(&about.subject),
            sectors: shown(&about.sectors.join(", ")),
            requirements: shown(&about.requirements.join(", ")),
            open: played.judgement.verdict != Verdict::Pass,
            findings,
            expected,
            diagram: Diagram::of(&happened.exchanges, problem),
            exchanges: self.exchanges(about.scenario.as_str(), happened, problem),
            steps: happened
                .steps
                .iter()
                .map(|step| StepRow::of(step, voice))
                .collect(),
        };
        page.put("scenario.html", &view)
    }

    fn exchanges(
        &self,
        scenario: &str,
        happened: &Happened,
        problem: impl Fn(&str) -> String,
    ) -> Vec<ExchangeRow> {
        let mut exchanges: Vec<&Exchanged> = happened.exchanges.iter().collect();
        exchanges.sort_by_key(|exchange| exchange.number);
        let times = self.run.origin.map(|origin| &origin.times);
        let row = |exchange: &Exchanged| {
            let time = times.and_then(|times| times.get(&(scenario.to_string(), exchange.number)));
            let steps = happened.steps.iter();
            let steps = steps.filter(|step| step.exchange == Some(exchange.number));
            let mut steps: Vec<&str> = steps.map(|step| step.step.as_str()).collect();
            steps.dedup();
            let status = exchange.status.map(|status| status.to_string());
            let why = exchange.problem.as_deref().map(&problem);
            ExchangeRow {
                number: exchange.number,
                from: shown(&exchange.from),
                to: shown(&exchange.to),
                name: shown(&exchange.name),
                failed: why.is_some(),
                answer: shown(&why.or(status).unwrap_or_default()),
                tls: shown(exchange.tls.as_deref().unwrap_or("")),
                at: time.map_or_else(String::new, |time| shown(&time.at)),
                took: time.map_or_else(String::new, |time| time.took.to_string()),
                steps: shown(&steps.join(", ")),
            }
        };
        exchanges.into_iter().map(row).collect()
    }

    fn message(&mut self, judged: &Judged, page: &mut Page<'_>) -> Result<(), ReportError> {
        let voice = page.voice;
        let because = voice.strict(self.digest.started.as_ref(), judged);
        if because.is_none() && is_quiet(&judged.findings, judged.excused.len(), judged.more) {
            return Ok(());
        }
        self.open("messages", page)?;
        let texts = voice.words();
        let met = Met {
            input: Some(&judged.input),
            ..Met::default()
        };
        let mut findings = Vec::new();
        for finding in &judged.findings {
            let Some(id) = self.next() else { continue };
            findings.push(FindingView::new(id, finding, met, voice));
        }
        for excused in &judged.excused {
            let Some(id) = self.next() else { continue };
            let view = FindingView::new(id, &excused.finding, met, voice);
            findings.push(view.excused(excused, voice));
        }
        let detail = match &judged.message {
            Some(message) => fill(
                &texts.message.detail,
                &[
                    ("name", &message.name),
                    ("contract", &message.contract),
                    ("carrier", texts.carrier(message.carrier)),
                ],
            ),
            None => voice.unrecognised(judged),
        };
        let view = MessageView {
            id: self.next_case(),
            title: shown(&judged.input),
            verdict: mark(judged.judgement.verdict),
            says: voice.verdict(judged).to_string(),
            detail: shown(&detail),
            because,
            findings,
            more: voice.more(judged.more),
        };
        page.put("message.html", &view)
    }

    fn batch(&mut self, batch: &BatchJudged, page: &mut Page<'_>) -> Result<(), ReportError> {
        if batch.findings.is_empty() && batch.excused.is_empty() && batch.more == 0 {
            return Ok(());
        }
        self.open("messages", page)?;
        let voice = page.voice;
        let texts = voice.words();
        let mut findings = Vec::new();
        for found in &batch.findings {
            let Some(id) = self.next() else { continue };
            let met = met_in(&found.inputs);
            findings.push(FindingView::new(id, &found.finding, met, voice));
        }
        for found in &batch.excused {
            let Some(id) = self.next() else { continue };
            let view = FindingView::new(id, &found.excused.finding, met_in(&found.inputs), voice);
            findings.push(view.excused(&found.excused, voice));
        }
        let view = MessageView {
            id: self.next_case(),
            title: texts.message.batch.clone(),
            verdict: mark(batch.judgement.verdict),
            says: texts.verdict(batch.judgement.verdict, None).to_string(),
            detail: String::new(),
            because: None,
            findings,
            more: voice.more(batch.more),
        };
        page.put("message.html", &view)
    }

    /// Writes what is left: messages without a finding.
    fn finish(mut self, page: &mut Page<'_>) -> Result<(), ReportError> {
        let digest = self.digest;
        if self.digest.messages > 0 {
            self.open("messages", page)?;
        }
        for ((verdict, says), names) in &digest.quiet {
            if *verdict != Verdict::NotApplicable {
                let quiet = Quiet {
                    verdict: mark(*verdict),
                    says,
                    names: Listed::of(names),
                };
                page.put("quiet.html", &quiet)?;
            }
        }
        self.close(page)
    }
}

/// Messages that share a verdict and of which there is no more to say.
#[derive(Serialize)]
struct Quiet<'a> {
    verdict: &'static str,
    says: &'a str,
    names: Listed,
}

impl StepRow {
    fn of(step: &Stepped, voice: Voice<'_>) -> Self {
        Self {
            step: shown(&step.step),
            label: shown(&step.label),
            line: step.line,
            exchange: step.exchange,
            verdict: mark(step.judgement.verdict),
            says: shown(&voice.step(step)),
        }
    }
}

/// Where a finding over several messages was met.
fn met_in(inputs: &[String]) -> Met<'_> {
    let (input, also_in) = first_and_others(inputs);
    Met {
        input,
        also_in: &also_in[..also_in.len().min(MAX_PAGE_NAMES)],
        step: None,
    }
}
