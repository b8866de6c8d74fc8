//! A whole run: inputs through the pool into a stream of events.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::bench::Bench;
use super::deviations::Deviation;
use super::message::{Judge, Outcome};
use super::own_findings::tool_finding;
use super::pool::run_ordered;
use super::reported::Reporter;
use super::shipped::{shipped_batch_rules, shipped_extractor};
use super::weigh::{Fate, Scales};
use crate::batch::BatchJudge;
use crate::event::{
    BatchExcused, BatchFinding, BatchJudged, EVENT_VERSION, Event, Grounds, Started, Tally,
};
use crate::finding::{Args, Code, Finding, Judgement, Kind, Place, Verdict};
use crate::input::{BodyAt, Input};
use crate::limits::MAX_BATCH_FINDINGS;
use crate::pack::Pack;

/// How a run went, beside its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// We made a mistake ourselves on some input.
    pub internal: bool,
}

/// Judges `inputs` and gives every event to `sink`, in order. The last event is
/// `Finished`. On how many threads is asked only when there is more than one
/// input: counting a machine's cores takes longer than reading a message.
pub fn run(
    bench: &Arc<Bench>,
    inputs: impl Iterator<Item = Input> + Send,
    threads: impl FnOnce() -> usize,
    mut sink: impl FnMut(Event),
) -> (Tally, RunEnd) {
    let mut tally = Tally::new();
    let mut end = RunEnd::default();
    let mut grounds = Gathered::default();
    let mut inputs = (0u32..).zip(inputs).peekable();
    let first = inputs.next();
    // One message is no batch: nothing of it need be remembered.
    let several = inputs.peek().is_some();
    let batched = bench.options.batch && several;
    let threads = if several { threads() } else { 1 };
    let extractor = batched.then(shipped_extractor);
    let mut batch = extractor.clone().map(BatchJudge::new);
    let mut names: Vec<(String, BodyAt)> = Vec::new();
    sink(Event::Started(started(bench)));
    run_ordered(
        threads,
        first.into_iter().chain(inputs),
        || {
            let mut judge = Judge::new(Arc::clone(bench));
            if let Some(extractor) = &extractor {
                judge = judge.for_batch(Arc::clone(extractor));
            }
            move |(number, input)| judge.judge(number, input)
        },
        |outcome: Outcome| {
            end.internal |= outcome.internal;
            grounds.add(outcome.pack, outcome.held);
            if let Some(batch) = &mut batch {
                batch.add(outcome.records);
                names.push((outcome.judged.input.clone(), outcome.body));
            }
            let event = Event::Judged(Box::new(outcome.judged));
            tally.count(&event);
            sink(event);
        },
    );
    if let Some(judged) = judge_batch(bench, batch, &names, &mut grounds) {
        let event = Event::Batch(judged);
        tally.count(&event);
        sink(event);
    }
    sink(Event::Grounds(grounds.finish()));
    sink(Event::Finished(tally.summary().clone()));
    (tally, end)
}

/// What the verdicts so far rest on.
#[derive(Default)]
struct Gathered {
    packs: BTreeMap<Arc<str>, Arc<Pack>>,
    held: HashMap<Code, u64>,
}

impl Gathered {
    fn add(&mut self, pack: Option<Arc<Pack>>, held: Vec<Code>) {
        if let Some(pack) = pack
            && !self.packs.contains_key(&pack.manifest.contract)
        {
            self.packs.insert(pack.manifest.contract.clone(), pack);
        }
        for code in held {
            *self.held.entry(code).or_default() += 1;
        }
    }

    fn finish(self) -> Grounds {
        let held = self.held.into_iter();
        Grounds {
            packs: self.packs.values().map(|pack| pack.in_force()).collect(),
            held: held
                .map(|(code, times)| (code.to_string(), times))
                .collect(),
        }
    }
}

fn started(bench: &Bench) -> Started {
    Started {
        version: EVENT_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_string(),
        redacted: bench.options.redaction == crate::finding::Redaction::Mask,
        strict_provenance: bench.options.strict_provenance,
        fail_on: bench.options.fail_on,
        at: Some(bench.facts.clock.now()),
        profile: bench.facts.profile,
    }
}

/// What is said of the batch as a whole and of the run itself: rules over
/// several messages, and deviations and a request that nothing needed.
fn judge_batch(
    bench: &Bench,
    batch: Option<BatchJudge>,
    names: &[(String, BodyAt)],
    grounds: &mut Gathered,
) -> Option<BatchJudged> {
    let reporter = Reporter::new(bench.options.redaction);
    let mut scales = Scales::new(bench, MAX_BATCH_FINDINGS);
    let mut said = BatchJudged::default();
    let mut add = |scales: &mut Scales<'_>, finding: &Finding, inputs: Vec<String>, body| {
        let fate = scales.weigh(finding, inputs.first().map_or("", String::as_str));
        if matches!(fate, Fate::Counted) {
            return;
        }
        let finding = reporter.of(body).finding(finding, None, &|_, _| false);
        match fate {
            Fate::Excused(entry) => said.excused.push(BatchExcused {
                excused: entry.excuse(finding),
                inputs,
            }),
            _ => said.findings.push(BatchFinding { finding, inputs }),
        }
    };
    let mut held: Vec<Code> = Vec::new();
    if let Some(batch) = batch {
        let rules = shipped_batch_rules();
        let judged = batch.judge(rules.clone(), &bench.facts.calendar);
        let of = |number: u32| names.get(number as usize).cloned().unwrap_or_default();
        for found in judged.findings(|number| of(number).0.into()) {
            let (inputs, bodies): (Vec<String>, Vec<BodyAt>) =
                found.inputs.iter().map(|&number| of(number)).unzip();
            let first = bodies.first().copied().unwrap_or_default();
            add(&mut scales, &found.finding, inputs, first);
        }
        for outcome in judged
            .outcomes()
            .iter()
            .filter(|outcome| outcome.verdict() == Verdict::Pass)
        {
            let rule = rules.entry(outcome.rule);
            scales.add(Judgement::new(Verdict::Pass, rule.grade));
            held.push(rule.code.clone());
        }
    }
    for finding in about_deviations(bench)
        .into_iter()
        .chain(about_request(bench))
    {
        add(&mut scales, &finding, Vec::new(), BodyAt::Start);
    }
    (said.judgement, said.more) = scales.finish();
    if said.judgement == Judgement::NOT_APPLICABLE && said.excused.is_empty() {
        return None;
    }
    grounds.add(None, held);
    Some(said)
}

/// A request that the user named and no answer was compared with: a comparison
/// that did not take place is no pass.
fn about_request(bench: &Bench) -> Option<Finding> {
    let unused = bench
        .request
        .as_ref()
        .is_some_and(|named| !named.was_used());
    unused.then(|| {
        let code = "KK-INVOER-VERZOEK-ONGEBRUIKT";
        let mut finding = tool_finding(code, Args::new(), Place::default());
        finding.kind = Kind::Undecided;
        finding
    })
}

/// Deviations that excuse nothing any more.
fn about_deviations(bench: &Bench) -> Vec<Finding> {
    let today = bench.facts.clock.today();
    let args = |entry: &Deviation| {
        Args::new()
            .with("entry", entry.rule.as_str())
            .with("line", u64::from(entry.line))
    };
    let expired = bench.deviations.expired(today).map(|entry| {
        let args = args(entry).with("until", entry.until.to_string());
        tool_finding("KK-AFWIJKING-VERLOPEN", args, Place::default())
    });
    let unused = bench.deviations.unused();
    let unused = unused
        .filter(|entry| entry.until >= today)
        .map(|entry| tool_finding("KK-AFWIJKING-ONGEBRUIKT", args(entry), Place::default()));
    expired.chain(unused).collect()
}
