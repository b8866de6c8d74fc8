//! The report as one JSON document (docs/schemas/check-report.schema.json).
//!
//! Messages are written as they are read back; what stands before them is
//! counted in a first reading.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::stream::{Stream, write_document};
use super::{ReportError, Run, Voice};
use crate::document::Excerpt;
use crate::event::{
    BatchJudged, Event, Excused, Judged, PackInForce, PackKind, Recognised, Reported, SaidBy,
    ScenarioJudged, Started, Tally, Undeclared, Wrong,
};
use crate::facts::Profile;
use crate::finding::{
    Class, Dispute, Fingerprint, Grade, Kind, Language, Position, Source, Verdict,
};
use crate::scenario::ScriptKind;

/// The version of the document. Raised when a reader of older documents would
/// misunderstand newer ones.
const REPORT_VERSION: u32 = 1;

/// Writes the report of `run`.
pub(super) fn write(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut started = None;
    let mut packs = Vec::new();
    let mut tally = Tally::new();
    let mut rules = BTreeMap::new();
    for event in run.events.replay() {
        let event = event?;
        tally.count(&event);
        count_rules(&event, &mut rules);
        match event {
            Event::Started(run) => started = Some(run),
            Event::Grounds(grounds) => packs = grounds.packs,
            _ => {}
        }
    }
    let voice = run.voice;
    let failed = Cell::new(None);
    let fail_on = started.as_ref().map(|started| started.fail_on);
    let document = Document {
        report: "ketenkeur-check",
        version: REPORT_VERSION,
        language: voice.language(),
        run: started.as_ref().map(|run| RunEntry::new(run, &packs)),
        summary: SummaryEntry::new(&tally, run, fail_on),
        messages: Stream::new(run.events, &failed, |event| match event {
            Event::Judged(judged) => vec![MessageEntry::new(*judged, started.as_ref(), voice)],
            _ => Vec::new(),
        }),
        batch: Stream::new(run.events, &failed, |event| match event {
            Event::Batch(batch) => vec![BatchEntry::new(batch, voice)],
            _ => Vec::new(),
        }),
        scenarios: Stream::new(run.events, &failed, |event| match event {
            Event::Played(played) => vec![ScenarioEntry::new(*played, started.as_ref(), voice)],
            _ => Vec::new(),
        }),
        rules: rules
            .into_iter()
            .map(|(code, count)| RuleEntry::new(code, count, run))
            .collect(),
    };
    write_document(&document, &failed, out)
}

#[derive(Serialize)]
struct Document<'a, M, B, S> {
    report: &'static str,
    version: u32,
    language: Language,
    run: Option<RunEntry<'a>>,
    summary: SummaryEntry,
    messages: M,
    batch: B,
    scenarios: S,
    rules: Vec<RuleEntry>,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    tool: &'a str,
    redacted: bool,
    strict_provenance: bool,
    fail_on: Class,
    at: Option<Timestamp>,
    profile: Profile,
    packs: &'a [PackInForce],
}

impl<'a> RunEntry<'a> {
    fn new(started: &'a Started, packs: &'a [PackInForce]) -> Self {
        Self {
            tool: &started.tool,
            redacted: started.redacted,
            strict_provenance: started.strict_provenance,
            fail_on: started.fail_on,
            at: started.at,
            profile: started.profile,
            packs,
        }
    }
}

#[derive(Serialize)]
struct SummaryEntry {
    inputs: u64,
    passed: u64,
    passed_on_reconstruction: u64,
    failed: u64,
    undecided: u64,
    not_applicable: u64,
    findings: ClassCounts,
    undecided_findings: u64,
    excused: u64,
    more: u64,
    verdict: Option<Verdict>,
    grade: Option<Grade>,
    exit_code: u8,
    exit_meaning: String,
}

#[derive(Serialize)]
struct ClassCounts {
    foutmelding: u64,
    melding: u64,
    signaal: u64,
    bekostigingssignaal: u64,
}

impl SummaryEntry {
    fn new(tally: &Tally, run: &Run<'_>, fail_on: Option<Class>) -> Self {
        let summary = tally.summary();
        // In the order of `Class::ALL`.
        let [bekostigingssignaal, signaal, melding, foutmelding] = summary.classes;
        Self {
            inputs: summary.inputs,
            passed: summary.passed,
            passed_on_reconstruction: summary.passed_on_reconstruction,
            failed: summary.failed,
            undecided: summary.undecided,
            not_applicable: summary.not_applicable,
            findings: ClassCounts {
                foutmelding,
                melding,
                signaal,
                bekostigingssignaal,
            },
            undecided_findings: summary.undecided_findings,
            excused: summary.excused,
            more: summary.more,
            verdict: summary.judgement.map(|judgement| judgement.verdict),
            grade: summary.judgement.and_then(|judgement| judgement.grade),
            exit_code: run.exit.code(),
            exit_meaning: run.voice.exit_meaning(run.exit, tally.of(), fail_on),
        }
    }
}

#[derive(Serialize)]
struct MessageEntry {
    input: String,
    message: Option<Recognised>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<String>,
    verdict: Verdict,
    grade: Option<Grade>,
    /// The verdict in words, with the kind of pack that it rests on.
    says: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    findings: Vec<FindingEntry>,
    excused: Vec<ExcusedEntry>,
    more: u64,
}

impl MessageEntry {
    fn new(judged: Judged, started: Option<&Started>, voice: Voice<'_>) -> Self {
        Self {
            verdict: judged.judgement.verdict,
            grade: judged.judgement.grade,
            says: voice.verdict(&judged),
            because: voice.strict(started, &judged),
            input: judged.input,
            message: judged.message,
            other: judged.other,
            findings: judged
                .findings
                .into_iter()
                .map(|finding| FindingEntry::new(finding, voice))
                .collect(),
            excused: judged
                .excused
                .into_iter()
                .map(|excused| ExcusedEntry::new(excused, voice))
                .collect(),
            more: judged.more,
        }
    }
}

#[derive(Serialize)]
struct FindingEntry {
    code: String,
    kind: Kind,
    class: Class,
    grade: Grade,
    source: String,
    contract: Option<String>,
    title: String,
    text: String,
    hint: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disputes: Vec<DisputeEntry>,
    #[serde(serialize_with = "as_object")]
    args: Vec<(String, String)>,
    place: PlaceEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<Excerpt>,
    fingerprint: Fingerprint,
}

#[derive(Serialize)]
struct PlaceEntry {
    start: Option<Position>,
    end: Option<Position>,
    /// Start and end are counted within the body of an HTTP message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_body: bool,
    path: String,
    words: String,
    keyed: String,
}

/// What is held against a finding or its rule.
#[derive(Serialize)]
pub struct DisputeEntry {
    by: String,
    since: String,
    note: String,
    source: String,
}

impl DisputeEntry {
    /// The dispute as a program reads it.
    pub fn new(dispute: &Dispute) -> Self {
        Self {
            by: dispute.by.clone(),
            since: dispute.since.clone(),
            note: dispute.note.clone(),
            source: dispute.source.clone(),
        }
    }
}

impl FindingEntry {
    fn new(finding: Reported, voice: Voice<'_>) -> Self {
        let wording = voice.wording(&finding);
        let disputes = voice.disputes(&finding).map(DisputeEntry::new).collect();
        Self {
            disputes,
            code: finding.code,
            kind: finding.kind,
            class: finding.class,
            grade: finding.grade,
            source: finding.source.told(voice.language()),
            contract: finding.contract,
            title: wording.title,
            text: wording.message,
            hint: wording.hint,
            args: finding.args,
            place: PlaceEntry {
                start: finding.start,
                end: finding.end,
                in_body: finding.in_body,
                path: finding.path,
                words: finding.words,
                keyed: finding.keyed,
            },
            excerpt: finding.excerpt,
            fingerprint: finding.fingerprint,
        }
    }
}

fn as_object<S: Serializer>(args: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(args.len()))?;
    for (name, value) in args {
        object.serialize_entry(name, value)?;
    }
    object.end()
}

#[derive(Serialize)]
struct ExcusedEntry {
    finding: FindingEntry,
    owner: String,
    reason: String,
    until: String,
}

impl ExcusedEntry {
    fn new(excused: Excused, voice: Voice<'_>) -> Self {
        Self {
            finding: FindingEntry::new(excused.finding, voice),
            owner: excused.owner,
            reason: excused.reason,
            until: excused.until,
        }
    }
}

#[derive(Serialize)]
struct BatchEntry {
    verdict: Verdict,
    grade: Option<Grade>,
    findings: Vec<BatchFindingEntry>,
    excused: Vec<BatchExcusedEntry>,
    more: u64,
}

#[derive(Serialize)]
struct BatchExcusedEntry {
    inputs: Vec<String>,
    #[serde(flatten)]
    excused: ExcusedEntry,
}

#[derive(Serialize)]
struct BatchFindingEntry {
    inputs: Vec<String>,
    finding: FindingEntry,
}

impl BatchEntry {
    fn new(batch: BatchJudged, voice: Voice<'_>) -> Self {
        Self {
            verdict: batch.judgement.verdict,
            grade: batch.judgement.grade,
            findings: batch
                .findings
                .into_iter()
                .map(|found| BatchFindingEntry {
                    inputs: found.inputs,
                    finding: FindingEntry::new(found.finding, voice),
                })
                .collect(),
            excused: batch
                .excused
                .into_iter()
                .map(|found| BatchExcusedEntry {
                    inputs: found.inputs,
                    excused: ExcusedEntry::new(found.excused, voice),
                })
                .collect(),
            more: batch.more,
        }
    }
}

#[derive(Serialize)]
struct ScenarioEntry {
    scenario: String,
    title: String,
    key: String,
    mandatory: bool,
    subject: String,
    own: bool,
    recorded: bool,
    no_target: bool,
    defect: Option<Wrong>,
    sectors: Vec<String>,
    requirements: Vec<String>,
    hash: String,
    script: ScriptKind,
    verdict: Verdict,
    grade: Option<Grade>,
    says: String,
    pack: Option<PackKind>,
    unreachable: bool,
    not_played: Option<String>,
    undeclared: Vec<Undeclared>,
    steps: u32,
    said: u32,
    said_by: Option<SaidBy>,
    findings: Vec<StepFindingEntry>,
}

#[derive(Serialize)]
struct StepFindingEntry {
    step: String,
    input: Option<String>,
    expected: bool,
    finding: FindingEntry,
}

impl ScenarioEntry {
    fn new(played: ScenarioJudged, started: Option<&Started>, voice: Voice<'_>) -> Self {
        let tool = started.map_or("", |started| &started.tool);
        let script = ScriptKind::of(tool, &played.about);
        let says = voice.played(&played);
        let title = played.about.title(voice.language()).to_string();
        let about = played.about;
        Self {
            scenario: about.scenario,
            title,
            key: about.key,
            mandatory: about.mandatory,
            subject: about.subject,
            own: about.own,
            recorded: about.recorded,
            no_target: about.no_target,
            defect: about.defect,
            sectors: about.sectors,
            requirements: about.requirements,
            hash: about.hash,
            script,
            verdict: played.judgement.verdict,
            grade: played.judgement.grade,
            says,
            pack: played.pack,
            unreachable: played.unreachable,
            not_played: played.not_played,
            undeclared: played.undeclared,
            steps: played.steps,
            said: played.said,
            said_by: played.said_by,
            findings: played
                .findings
                .into_iter()
                .map(|found| StepFindingEntry {
                    step: found.step,
                    input: found.input,
                    expected: found.expected,
                    finding: FindingEntry::new(found.finding, voice),
                })
                .collect(),
        }
    }
}

/// How often a rule held and how often not.
#[derive(Default)]
struct RuleCount {
    held: u64,
    broken: u64,
    undecided: u64,
    excused: u64,
    /// Class, grade and source as a finding told them.
    told: Option<(Class, Grade, Source)>,
}

fn count_rules(event: &Event, rules: &mut BTreeMap<String, RuleCount>) {
    let mut count = |code: &str, finding: Option<&Reported>, add: fn(&mut RuleCount)| {
        // Looked up before it is inserted: rules are few and events many.
        let rule = match rules.get_mut(code) {
            Some(rule) => rule,
            None => rules.entry(code.to_string()).or_default(),
        };
        add(rule);
        if let (None, Some(finding)) = (&rule.told, finding) {
            rule.told = Some((finding.class, finding.grade, finding.source.clone()));
        }
    };
    let of_kind = |finding: &Reported| -> fn(&mut RuleCount) {
        match finding.kind {
            Kind::Violation => |rule| rule.broken += 1,
            Kind::Undecided => |rule| rule.undecided += 1,
        }
    };
    match event {
        Event::Judged(judged) => {
            for finding in &judged.findings {
                count(&finding.code, Some(finding), of_kind(finding));
            }
            for excused in &judged.excused {
                let finding = &excused.finding;
                count(&finding.code, Some(finding), |rule| rule.excused += 1);
            }
        }
        Event::Batch(batch) => {
            for found in &batch.findings {
                let finding = &found.finding;
                count(&finding.code, Some(finding), of_kind(finding));
            }
            for found in &batch.excused {
                let finding = &found.excused.finding;
                count(&finding.code, Some(finding), |rule| rule.excused += 1);
            }
        }
        Event::Grounds(grounds) => {
            for (code, &times) in &grounds.held {
                rules.entry(code.clone()).or_default().held += times;
            }
        }
        Event::Played(played) => {
            for found in played.findings.iter().filter(|found| !found.expected) {
                let finding = &found.finding;
                count(&finding.code, Some(finding), of_kind(finding));
            }
        }
        _ => {}
    }
}

#[derive(Serialize)]
struct RuleEntry {
    code: String,
    title: Option<String>,
    class: Option<Class>,
    grade: Option<Grade>,
    source: Option<String>,
    held: u64,
    broken: u64,
    undecided: u64,
    excused: u64,
}

impl RuleEntry {
    fn new(code: String, count: RuleCount, run: &Run<'_>) -> Self {
        let known = run.voice.rule(&code);
        let told = count.told.or_else(|| {
            known
                .as_ref()
                .map(|rule| (rule.class, rule.grade, rule.source.clone()))
        });
        let (class, grade, source) = told.map_or((None, None, None), |(class, grade, source)| {
            (
                Some(class),
                Some(grade),
                Some(source.told(run.voice.language())),
            )
        });
        Self {
            title: run.voice.title(&code),
            code,
            class,
            grade,
            source,
            held: count.held,
            broken: count.broken,
            undecided: count.undecided,
            excused: count.excused,
        }
    }
}
