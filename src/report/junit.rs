//! The report as JUnit XML, in the subset that Jenkins and GitLab both accept.
//!
//! A test suite is a contract, a test case an input; of a run of scenarios, a
//! suite is a readiness key and a case a scenario. A message that does not
//! conform is a `failure`; one about which something is undecided an `error`,
//! because both servers count errors as not passed and undecided is not a
//! pass; one that nothing applies to is `skipped`. A case has at most one of
//! these, since GitLab reads only the first: all findings stand in its text.
//! What does not fail a message stands in `system-out`; the pack in the suite's
//! `properties`. No times, no host.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};

use super::voice::first_and_others;
use super::{ReportError, Run, Voice, visible};
use crate::event::{
    BatchJudged, Event, Excused, Judged, PackInForce, Reported, ScenarioJudged, Started,
};
use crate::finding::{Class, Kind, Verdict};

/// Writes the report of `run`. The events are read once to count and once for
/// each suite, so that memory does not grow with the messages.
pub(super) fn write(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut suites = Suites::default();
    let mut started = None;
    let mut packs = Vec::new();
    for event in run.events.replay() {
        let event = event?;
        if let Some((suite, verdict)) = belongs(&event, run.voice) {
            suites.count(suite, verdict);
        }
        match event {
            Event::Started(begun) => started = Some(begun),
            Event::Grounds(grounds) => packs = grounds.packs,
            _ => {}
        }
    }
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let whole = suites
        .list
        .iter()
        .fold(Counts::default(), |sum, (_, counts)| sum + *counts);
    let mut failed = None;
    xml.create_element("testsuites")
        .with_attribute(("name", "ketenkeur"))
        .with_attributes(whole.attributes().iter().map(|(k, v)| (*k, v.as_str())))
        .write_inner_content(|xml| {
            for (name, counts) in &suites.list {
                xml.create_element("testsuite")
                    .with_attribute(("name", name.as_str()))
                    .with_attributes(counts.attributes().iter().map(|(k, v)| (*k, v.as_str())))
                    .with_attribute(("skipped", counts.skipped.to_string().as_str()))
                    .write_inner_content(|xml| {
                        pack_of(run, &packs, name, xml)?;
                        let written = cases(run, started.as_ref(), name, xml);
                        if let Err(ReportError::Events(error)) = written {
                            failed = Some(error);
                        }
                        written.map_err(io::Error::other)
                    })?;
            }
            Ok(())
        })
        .map_err(|error| failed.map_or_else(|| error.into(), ReportError::Events))?;
    Ok(writeln!(xml.into_inner())?)
}

/// The suites in the order in which their first case came.
#[derive(Default)]
struct Suites {
    list: Vec<(String, Counts)>,
    index: HashMap<String, usize>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Counts {
    /// The counts that both `testsuites` and `testsuite` carry.
    fn attributes(&self) -> [(&'static str, String); 3] {
        [
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
        ]
    }
}

impl Suites {
    fn count(&mut self, suite: &str, verdict: Verdict) {
        let at = match self.index.get(suite) {
            Some(at) => *at,
            None => {
                self.list.push((suite.to_string(), Counts::default()));
                self.index.insert(suite.to_string(), self.list.len() - 1);
                self.list.len() - 1
            }
        };
        let counts = &mut self.list[at].1;
        counts.tests += 1;
        match verdict {
            Verdict::Pass => {}
            Verdict::Fail => counts.failures += 1,
            Verdict::Undecided => counts.errors += 1,
            Verdict::NotApplicable => counts.skipped += 1,
        }
    }
}

/// The suite that an event is a case of, with its verdict.
fn belongs<'e>(event: &'e Event, voice: Voice<'e>) -> Option<(&'e str, Verdict)> {
    match event {
        Event::Judged(judged) => {
            let suite = match &judged.message {
                Some(message) => &message.contract,
                None => &voice.words().message.unrecognised,
            };
            Some((suite, judged.judgement.verdict))
        }
        Event::Batch(batch) => Some((&voice.words().message.batch, batch.judgement.verdict)),
        Event::Played(played) => Some((&played.about.key, played.judgement.verdict)),
        _ => None,
    }
}

/// Writes what the cases of a suite were judged with: a pass on a
/// reconstruction must not look like one on an official package.
fn pack_of<W: Write>(
    run: &Run<'_>,
    packs: &[PackInForce],
    suite: &str,
    xml: &mut Writer<W>,
) -> io::Result<()> {
    let Some(pack) = packs.iter().find(|pack| pack.contract == suite) else {
        return Ok(());
    };
    let line = run
        .voice
        .pack(&pack.contract, &pack.version, pack.kind, pack.grade);
    xml.create_element("properties")
        .write_inner_content(|xml| {
            let property = xml.create_element("property");
            property
                .with_attribute(("name", "pack"))
                .with_attribute(("value", line.as_str()))
                .write_empty()
                .map(drop)
        })
        .map(drop)
}

/// Writes the cases of one suite.
fn cases<W: Write>(
    run: &Run<'_>,
    started: Option<&Started>,
    suite: &str,
    xml: &mut Writer<W>,
) -> Result<(), ReportError> {
    for event in run.events.replay() {
        let event = event?;
        if belongs(&event, run.voice).is_none_or(|(belongs_to, _)| belongs_to != suite) {
            continue;
        }
        let case = match &event {
            Event::Judged(judged) => Case::of_message(judged, started, run.voice),
            Event::Batch(batch) => Case::of_batch(batch, started, run.voice),
            Event::Played(played) => Case::of_scenario(played, started, run.voice),
            _ => continue,
        };
        case.write(suite, xml)?;
    }
    Ok(())
}

/// One test case.
struct Case {
    name: String,
    verdict: Verdict,
    /// One sentence, and the code of the first rule it is about.
    outcome: (String, String),
    /// Everything that carries the verdict.
    body: Vec<String>,
    /// What does not carry it.
    beside: Vec<String>,
}

impl Case {
    fn of_message(judged: &Judged, started: Option<&Started>, voice: Voice<'_>) -> Self {
        let verdict = judged.judgement.verdict;
        let mut case = Self::new(visible(&judged.input), verdict, voice.verdict(judged));
        for finding in &judged.findings {
            case.add(finding, Some(&judged.input), &[], started, voice);
        }
        case.body.extend(voice.strict(started, judged));
        case.body.extend(voice.more(judged.more));
        for excused in &judged.excused {
            case.set_aside(excused, Some(&judged.input), &[], voice);
        }
        if verdict == Verdict::NotApplicable {
            case.outcome.0.clone_from(&voice.texts.junit.not_applicable);
        }
        case
    }

    fn of_batch(batch: &BatchJudged, started: Option<&Started>, voice: Voice<'_>) -> Self {
        let texts = voice.texts;
        let verdict = batch.judgement.verdict;
        let name = texts.message.batch.clone();
        let mut case = Self::new(name, verdict, texts.verdict(verdict, None));
        for found in &batch.findings {
            let (first, others) = first_and_others(&found.inputs);
            case.add(&found.finding, first, others, started, voice);
        }
        case.body.extend(voice.more(batch.more));
        for found in &batch.excused {
            let (first, others) = first_and_others(&found.inputs);
            case.set_aside(&found.excused, first, others, voice);
        }
        case
    }

    fn of_scenario(played: &ScenarioJudged, started: Option<&Started>, voice: Voice<'_>) -> Self {
        let verdict = played.judgement.verdict;
        let name = visible(&played.about.scenario);
        let mut case = Self::new(name, verdict, &voice.played(played));
        let own = started.and_then(|started| voice.own_script(&started.tool, &played.about));
        case.beside.extend(own.map(str::to_string));
        for found in played.findings.iter().filter(|found| !found.expected) {
            case.add(&found.finding, found.input.as_deref(), &[], started, voice);
        }
        case
    }

    fn new(name: String, verdict: Verdict, says: &str) -> Self {
        Self {
            name,
            verdict,
            outcome: (says.to_string(), String::new()),
            body: Vec::new(),
            beside: Vec::new(),
        }
    }

    fn add(
        &mut self,
        finding: &Reported,
        input: Option<&str>,
        others: &[String],
        started: Option<&Started>,
        voice: Voice<'_>,
    ) {
        let threshold = started.map_or(Class::Foutmelding, |started| started.fail_on);
        let carries = match (self.verdict, finding.kind) {
            (Verdict::Fail, Kind::Violation) => finding.class >= threshold,
            (Verdict::Undecided, _) => true,
            _ => false,
        };
        let text = told(finding, input, others, voice);
        if !carries {
            self.beside.push(text);
            return;
        }
        if self.outcome.1.is_empty() {
            self.outcome = (voice.wording(finding).message, visible(&finding.code));
        }
        self.body.push(text);
    }

    fn set_aside(
        &mut self,
        excused: &Excused,
        input: Option<&str>,
        others: &[String],
        voice: Voice<'_>,
    ) {
        let text = told(&excused.finding, input, others, voice);
        let word = &voice.texts.junit.excused;
        self.beside
            .push(format!("{word}: {text}\n  {}", voice.excuse(excused)));
    }

    fn write<W: Write>(&self, suite: &str, xml: &mut Writer<W>) -> io::Result<()> {
        let element = xml
            .create_element("testcase")
            .with_attribute(("classname", visible(suite).as_str()))
            .with_attribute(("name", self.name.as_str()));
        if self.verdict == Verdict::Pass && self.beside.is_empty() {
            return element.write_empty().map(drop);
        }
        element
            .write_inner_content(|xml| {
                self.write_outcome(xml)?;
                if !self.beside.is_empty() {
                    let text = self.beside.join("\n\n");
                    xml.create_element("system-out")
                        .write_text_content(BytesText::new(&text))?;
                }
                Ok(())
            })
            .map(drop)
    }

    fn write_outcome<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let (message, code) = &self.outcome;
        let name = match self.verdict {
            Verdict::Pass => return Ok(()),
            Verdict::NotApplicable => {
                return xml
                    .create_element("skipped")
                    .with_attribute(("message", message.as_str()))
                    .write_empty()
                    .map(drop);
            }
            Verdict::Fail => "failure",
            Verdict::Undecided => "error",
        };
        let text = self.body.join("\n\n");
        let element = xml
            .create_element(name)
            .with_attribute(("message", message.as_str()))
            .with_attribute(("type", code.as_str()));
        element.write_text_content(BytesText::new(&text)).map(drop)
    }
}

/// A finding on a few lines of plain text.
fn told(finding: &Reported, input: Option<&str>, others: &[String], voice: Voice<'_>) -> String {
    let texts = voice.texts;
    let wording = voice.wording(finding);
    let at = finding.start.zip(input);
    let at = at.map_or_else(String::new, |(at, input)| {
        format!(" ({}:{}:{})", visible(input), at.line, at.column)
    });
    let head = match finding.kind {
        Kind::Violation => texts.class(finding.class),
        Kind::Undecided => texts.kind(finding.kind),
    };
    let mut text = format!(
        "{head}: {}\n  {}: {}{at}\n  {}: {} ({})\n  {}: {}",
        wording.message,
        texts.finding.place,
        voice.place(finding, input),
        texts.finding.rule,
        visible(&finding.code),
        texts.class(finding.class),
        texts.finding.source,
        voice.source(finding),
    );
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|other| visible(other)).collect();
        text.push_str(&format!(
            "\n  {}: {}",
            texts.finding.also_in,
            others.join(", ")
        ));
    }
    text.push_str(&format!("\n  {}: {}", texts.finding.hint, wording.hint));
    for dispute in &wording.disputes {
        text.push_str(&format!("\n  {}: {dispute}", texts.finding.disputed));
    }
    text
}
