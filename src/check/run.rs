//! A whole run: inputs through the pool into a stream of events.

use std::sync::Arc;

use super::bench::Bench;
use super::message::{Judge, Outcome};
use super::own_findings::tool_finding;
use super::pool::run_ordered;
use super::reported::Reporter;
use crate::batch::BatchJudge;
use crate::event::{BatchFinding, BatchJudged, EVENT_VERSION, Event, Started, Tally};
use crate::finding::{Args, Class, Finding, Judgement, Kind, Place, Verdict, fold};
use crate::input::Input;
use crate::limits::MAX_BATCH_FINDINGS;

/// How a run went, beside its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// We made a mistake ourselves on some input.
    pub internal: bool,
}

/// Judges `inputs` on `threads` threads and gives every event to `sink`, in
/// order. The last event is `Finished`.
pub fn run(
    bench: &Arc<Bench>,
    inputs: impl Iterator<Item = Input> + Send,
    threads: usize,
    mut sink: impl FnMut(Event),
) -> (Tally, RunEnd) {
    let mut tally = Tally::new();
    let mut end = RunEnd::default();
    let mut batch = BatchJudge::new(Arc::clone(&bench.extractor), bench.batch_rules.clone());
    let mut names: Vec<String> = Vec::new();
    sink(Event::Started(started(bench)));
    run_ordered(
        threads,
        (0u32..).zip(inputs),
        || {
            let mut judge = Judge::new(Arc::clone(bench));
            move |(number, input)| judge.judge(number, input)
        },
        |outcome: Outcome| {
            end.internal |= outcome.internal;
            batch.add(outcome.records);
            if bench.options.batch {
                names.push(outcome.judged.input.clone());
            }
            let event = Event::Judged(Box::new(outcome.judged));
            tally.count(&event);
            sink(event);
        },
    );
    if let Some(judged) = judge_batch(bench, batch, &names) {
        let event = Event::Batch(judged);
        tally.count(&event);
        sink(event);
    }
    sink(Event::Finished(tally.summary().clone()));
    (tally, end)
}

fn started(bench: &Bench) -> Started {
    Started {
        version: EVENT_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_string(),
        packs: Vec::new(),
        redacted: bench.options.redaction == crate::finding::Redaction::Mask,
        strict_provenance: bench.options.strict_provenance,
        fail_on: bench.options.fail_on,
    }
}

/// What is said of the batch as a whole and of the run itself: rules over
/// several messages, and deviations that nobody needs.
fn judge_batch(bench: &Bench, batch: BatchJudge, names: &[String]) -> Option<BatchJudged> {
    let reporter = Reporter::new(bench.options.redaction);
    let today = bench.facts.clock.today();
    let mut findings: Vec<(Finding, Vec<String>)> = Vec::new();
    let mut held: Vec<String> = Vec::new();
    let mut judgements = Vec::new();
    if names.len() > 1 {
        let judged = batch.judge(&bench.facts.calendar);
        let name = |number: u32| names.get(number as usize).cloned().unwrap_or_default();
        for found in judged
            .findings(|number| name(number).into())
            .take(MAX_BATCH_FINDINGS)
        {
            let inputs = found.inputs.iter().map(|&number| name(number)).collect();
            findings.push((found.finding, inputs));
        }
        for outcome in judged
            .outcomes()
            .iter()
            .filter(|outcome| outcome.verdict() == Verdict::Pass)
        {
            let rule = bench.batch_rules.entry(outcome.rule);
            judgements.push(Judgement::new(Verdict::Pass, rule.grade));
            held.push(rule.code.to_string());
        }
    }
    findings.retain(|(finding, inputs)| {
        let input = inputs.first().map_or("", String::as_str);
        bench.deviations.excuse(finding, input, today).is_none()
    });
    for entry in bench.deviations.expired(today) {
        let args = Args::new()
            .with("entry", format!("{} (regel {})", entry.rule, entry.line))
            .with("until", entry.until.to_string());
        findings.push((
            tool_finding("KK-AFWIJKING-VERLOPEN", args, Place::default()),
            Vec::new(),
        ));
    }
    for entry in bench
        .deviations
        .unused()
        .filter(|entry| entry.until >= today)
    {
        let args = Args::new().with("entry", format!("{} (regel {})", entry.rule, entry.line));
        findings.push((
            tool_finding("KK-AFWIJKING-ONGEBRUIKT", args, Place::default()),
            Vec::new(),
        ));
    }
    if findings.is_empty() && held.is_empty() {
        return None;
    }
    let fails = |class: Class| class >= bench.options.fail_on;
    judgements.extend(findings.iter().map(|(finding, _)| {
        let verdict = match finding.kind {
            Kind::Undecided => Verdict::Undecided,
            Kind::Violation if fails(finding.class) => Verdict::Fail,
            Kind::Violation => Verdict::Pass,
        };
        Judgement::new(verdict, finding.grade)
    }));
    let strict = bench.options.strict_provenance;
    Some(BatchJudged {
        judgement: fold(
            judgements
                .into_iter()
                .map(|j| if strict { j.strict() } else { j }),
        ),
        findings: findings
            .iter()
            .map(|(finding, inputs)| BatchFinding {
                finding: reporter.finding(finding, None, &|_, _| false),
                inputs: inputs.clone(),
            })
            .collect(),
        held,
    })
}
