//! What came of a scenario's steps: findings, verdicts, and the records by
//! which an outsider judges them again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::actor::TriggerTrouble;
use super::cast::ProbeResult;
use super::observe::{Observed, Seen};
use super::run::Interrupt;
use super::sink::Sink;
use super::speak::Unspeakable;
use super::weigh::{Scale, Weighed, weigh};
use super::wire::{Heard, name_of};
use crate::check::{CheckOptions, Reporter};
use crate::counterpart::trigger::{Outcome, Status};
use crate::document::Spot;
use crate::event::{
    Event, PackKind, ScenarioInfo, ScenarioJudged, StepFinding, Stepped, Undeclared,
};
use crate::evidence::{Folder, StepRecord, WriteError};
use crate::facts::Facts;
use crate::finding::{
    self, Args, DataClass, Finding, Grade, Judgement, Kind, MessageValue, Source, Verdict,
};
use crate::scenario::{Action, Expect, ProbeKind, Receive, Role, Scenario, Step, Values};
use crate::text::tool_finding;

/// The step of messages that no step looked at.
pub(super) const REST: &str = "-";

/// Where a step stands.
struct Place<'a> {
    step: &'a str,
    file: &'a str,
    line: u32,
}

impl<'a> Place<'a> {
    fn of(step: &'a Step, number: &'a str) -> Self {
        Self {
            step: number,
            file: &step.file,
            line: step.at.line,
        }
    }
}

/// Whether a scenario can go on after a step.
pub(super) struct StepReport {
    /// What the next steps need is there.
    pub goes_on: bool,
}

/// The ledger of one scenario.
pub(super) struct Ledger {
    info: ScenarioInfo,
    grade: Grade,
    source: Source,
    /// The file of the scenario.
    file: Arc<str>,
    options: CheckOptions,
    reporter: Reporter,
    sink: Arc<dyn Sink>,
    folder: Option<Arc<Folder>>,
    interrupt: Interrupt,
    state: Mutex<State>,
}

struct State {
    judgement: Judgement,
    findings: Vec<StepFinding>,
    pack: Option<PackKind>,
    contracts: BTreeSet<String>,
    unreachable: bool,
    steps: u32,
    records: Vec<StepRecord>,
    undeclared: Vec<Undeclared>,
}

impl Ledger {
    pub(super) fn new(
        info: ScenarioInfo,
        scenario: &Scenario,
        options: CheckOptions,
        sink: Arc<dyn Sink>,
        folder: Option<Arc<Folder>>,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            info,
            grade: scenario.grade,
            source: scenario.source.clone(),
            file: Arc::clone(&scenario.file),
            reporter: Reporter::new(options.redaction),
            options,
            sink,
            folder,
            interrupt,
            state: Mutex::new(State {
                judgement: Judgement::NOT_APPLICABLE,
                findings: Vec::new(),
                pack: None,
                contracts: BTreeSet::new(),
                unreachable: false,
                steps: 0,
                records: Vec::new(),
                undeclared: Vec::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupt.is_set()
    }

    /// A step that nothing is expected of was carried out.
    pub(super) fn done(&self, step: &Step, number: &str) {
        self.write(step, number, None, Judgement::NOT_APPLICABLE, Vec::new());
    }

    /// A step was left out for what the target does not declare: it shows
    /// nothing, and that can be seen.
    pub(super) fn left_out(&self, step: &Step, number: &str, undeclared: Undeclared) {
        let undeclared = Undeclared {
            step: Some(number.to_string()),
            ..undeclared
        };
        self.sink.event(Event::Stepped(Stepped {
            scenario: self.info.scenario.clone(),
            step: number.to_string(),
            label: label(step),
            line: step.at.line,
            exchange: None,
            judgement: Judgement::NOT_APPLICABLE,
            undeclared: Some(undeclared.clone()),
        }));
        self.lock().undeclared.push(undeclared);
    }

    /// What a step saw, against what it expects.
    pub(super) fn judged(
        &self,
        step: &Step,
        number: &str,
        expect: &Expect,
        values: &mut Values,
        seen: &Seen,
        observed: &Observed<'_>,
    ) -> StepReport {
        let weighed = self.record(Place::of(step, number), expect, values, seen, observed);
        let goes_on = weighed.goes_on;
        self.write(
            step,
            number,
            seen.exchange,
            weighed.judgement,
            weighed.findings,
        );
        StepReport { goes_on }
    }

    /// A message of the party under test that no step looked at. What holds
    /// of it proves nothing for the scenario; what does not counts.
    pub(super) fn rest(
        &self,
        name: &str,
        values: &mut Values,
        seen: &Seen,
        observed: &Observed<'_>,
    ) {
        let nowhere = Spot { line: 0, column: 0 };
        let expect = Expect::nothing(nowhere);
        let place = Place {
            step: REST,
            file: &self.file,
            line: nowhere.line,
        };
        let weighed = self.record(place, &expect, values, seen, observed);
        if weighed.findings.is_empty() {
            return;
        }
        self.add(
            REST,
            name.to_string(),
            nowhere.line,
            seen.exchange,
            weighed.judgement,
            weighed.findings,
        );
    }

    /// Weighs what was seen and keeps what it was judged by.
    fn record(
        &self,
        place: Place<'_>,
        expect: &Expect,
        values: &mut Values,
        seen: &Seen,
        observed: &Observed<'_>,
    ) -> Weighed {
        let known = values.known();
        let facts = observed.facts.at(seen.at);
        let weighed = self.weigh(place.step, expect, values, seen, observed, &facts);
        let record = StepRecord {
            step: place.step.to_string(),
            scenario_file: self.file.to_string(),
            said: said(seen),
            file: place.file.to_string(),
            line: place.line,
            at: seen.at,
            exchange: seen.exchange,
            response: seen.response,
            took: u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX),
            of_subject: seen.of_subject,
            connection_unknown: seen.connection_unknown,
            confirmed: seen.confirmed.clone(),
            values: known,
            masked: false,
            outcome: weighed.outcome(),
        };
        if self.interrupt.is_set() {
            return weighed;
        }
        let mut state = self.lock();
        state.records.push(record);
        if let Some(message) = observed.message() {
            state.contracts.insert(message.contract.clone());
            if seen.of_subject {
                let pack = state.pack.map(|other| weaker(message.kind, other));
                state.pack = Some(pack.unwrap_or(message.kind));
            }
        }
        state.unreachable |= weighed.unreachable;
        drop(state);
        weighed
    }

    fn weigh(
        &self,
        number: &str,
        expect: &Expect,
        values: &mut Values,
        seen: &Seen,
        observed: &Observed<'_>,
        facts: &Facts,
    ) -> Weighed {
        let scale = Scale {
            scenario: &self.info.scenario,
            grade: self.grade,
            source: &self.source,
            options: &self.options,
            reporter: &self.reporter,
            facts,
        };
        weigh(&scale, number, expect, values, seen, observed)
    }

    // --- What no message shows -----------------------------------------------

    /// A finding of our own about a step.
    fn finding(&self, code: &'static str, kind: Kind, args: Args, step: &Step) -> Finding {
        let place = finding::Place {
            path: format!("{}:{}", step.file, step.at.line),
            words: format!("{}:{}", step.file, step.at.line),
            keyed: step.action.name().to_string(),
            ..finding::Place::default()
        };
        Finding {
            kind,
            grade: self.grade,
            source: self.source.clone(),
            ..tool_finding(code, args, place)
        }
    }

    /// Writes down a step with one finding of our own.
    fn one(&self, step: &Step, number: &str, finding: &Finding) {
        let judgement = self
            .options
            .judgement(finding.kind, finding.class, finding.grade);
        let finding = StepFinding {
            step: number.to_string(),
            input: None,
            expected: false,
            finding: self.reporter.finding(finding, None, &|_, _| false),
        };
        self.write(step, number, None, judgement, vec![finding]);
    }

    /// A step cannot be carried out as the script has it.
    pub(super) fn script_at_fault(&self, step: &Step, number: &str, error: &Unspeakable) {
        let args = Args::new()
            .with("reason", error.reason)
            .with("name", error.name.as_str());
        let args = match &error.nearest {
            Some(nearest) => args.with("nearest", nearest.as_str()),
            None => args,
        };
        let finding = self.finding("KK-SC-SCRIPT", Kind::Undecided, args, step);
        self.one(step, number, &finding);
    }

    /// The data of a scenario cannot be made.
    pub(super) fn data_at_fault(&self, scenario: &Scenario, error: &Unspeakable) {
        if let Some(first) = scenario.steps.first() {
            self.script_at_fault(first, "0", error);
        }
    }

    /// A message that a step waits for never came.
    pub(super) fn never_came(
        &self,
        step: &Step,
        number: &str,
        receive: &Receive,
        others: &[Heard],
    ) {
        let wanted = receive.message.as_ref().map(|message| &*message.value);
        let came: Vec<Arc<str>> = others
            .iter()
            .map(|heard| name_of(&heard.request).into())
            .collect();
        let (code, args) = match wanted {
            Some(wanted) if !came.is_empty() => {
                let args = Args::new().with("expected", wanted).with("found", came);
                ("KK-SC-ANDER-BERICHT", args)
            }
            _ => {
                let mut args = Args::new().with("party", receive.role.name());
                if let Some(wanted) = wanted {
                    args.push("message", wanted);
                }
                let within = format!("{} s", receive.within.as_secs());
                ("KK-SC-UITGEBLEVEN", args.with("within", within))
            }
        };
        let finding = self.finding(code, Kind::Violation, args, step);
        self.one(step, number, &finding);
    }

    /// The recording does not show what a step is about: that is left open.
    /// `messages` has as many messages of that name, none of which is it.
    pub(super) fn not_recorded(
        &self,
        step: &Step,
        number: &str,
        reason: &'static str,
        messages: usize,
    ) {
        let mut args = Args::new().with("reason", reason);
        if messages > 0 {
            args.push("count", messages as u64);
        }
        let finding = self.finding("KK-SC-OPNAME", Kind::Undecided, args, step);
        self.one(step, number, &finding);
    }

    /// Whether a message came that should not.
    pub(super) fn unasked(&self, step: &Step, number: &str, party: Role, came: Option<&Heard>) {
        match came {
            Some(heard) => {
                let args = Args::new()
                    .with("party", party.name())
                    .with("found", name_of(&heard.request));
                let finding = self.finding("KK-SC-ONGEVRAAGD", Kind::Violation, args, step);
                self.one(step, number, &finding);
            }
            None => {
                let pass = Judgement::new(Verdict::Pass, self.grade);
                self.write(step, number, None, pass, Vec::new());
            }
        }
    }

    /// What a step needs of what was received is not there.
    pub(super) fn found(&self, step: &Step, number: &str, finding: Finding) {
        let finding = Finding {
            grade: self.grade,
            source: self.source.clone(),
            ..finding
        };
        self.one(step, number, &finding);
    }

    /// What became of an action of the LAS. Whether it went as expected.
    pub(super) fn triggered(
        &self,
        step: &Step,
        number: &str,
        expected: Status,
        action: &str,
        outcome: &Result<Outcome, TriggerTrouble>,
    ) -> bool {
        let args = Args::new().with("action", action);
        let finding = match outcome {
            Err(TriggerTrouble::Unsupported)
            | Ok(Outcome {
                status: Status::Unsupported,
                ..
            }) => {
                let args = args.with("reason", "action-unsupported");
                self.finding("KK-SC-HANDELING", Kind::Undecided, args, step)
            }
            Err(TriggerTrouble::Transport(problem)) => {
                self.lock().unreachable = true;
                let args = args
                    .with("expected", expected.name())
                    .with("found", problem.name());
                self.finding("KK-SC-HANDELING", Kind::Violation, args, step)
            }
            Err(TriggerTrouble::Answer) => {
                let args = args.with("expected", expected.name()).with("found", "?");
                self.finding("KK-SC-HANDELING", Kind::Violation, args, step)
            }
            Ok(outcome) => {
                let went = outcome.status == expected;
                if went {
                    let pass = Judgement::new(Verdict::Pass, self.grade);
                    self.write(step, number, None, pass, Vec::new());
                    return true;
                }
                let args = args
                    .with("found", outcome.status.name())
                    .with("expected", expected.name())
                    .with(
                        "text",
                        MessageValue::new(outcome.text.as_str(), DataClass::Personal),
                    );
                self.finding("KK-SC-HANDELING", Kind::Violation, args, step)
            }
        };
        self.one(step, number, &finding);
        false
    }

    /// What an attempt at a server came to.
    pub(super) fn probed(
        &self,
        step: &Step,
        number: &str,
        party: Role,
        kind: ProbeKind,
        result: ProbeResult,
    ) {
        let args = Args::new()
            .with("party", party.name())
            .with("what", kind.name());
        match result {
            ProbeResult::Refused => {
                let pass = Judgement::new(Verdict::Pass, self.grade);
                self.write(step, number, None, pass, Vec::new());
            }
            ProbeResult::Accepted => {
                let finding = self.finding("KK-SC-NIET-GEWEIGERD", Kind::Violation, args, step);
                self.one(step, number, &finding);
            }
            ProbeResult::Undecided(reason) => {
                let args = args.with("reason", reason);
                let finding = self.finding("KK-SC-NIET-GEWEIGERD", Kind::Undecided, args, step);
                self.one(step, number, &finding);
            }
        }
    }

    // --- Writing down --------------------------------------------------------

    fn write(
        &self,
        step: &Step,
        number: &str,
        exchange: Option<u32>,
        judgement: Judgement,
        findings: Vec<StepFinding>,
    ) {
        self.add(
            number,
            label(step),
            step.at.line,
            exchange,
            judgement,
            findings,
        );
    }

    fn add(
        &self,
        number: &str,
        label: String,
        line: u32,
        exchange: Option<u32>,
        judgement: Judgement,
        findings: Vec<StepFinding>,
    ) {
        // What ends while the run is being ended may have come to nothing
        // because of that. The scenario is undecided and can be played again.
        if self.interrupt.is_set() {
            return;
        }
        self.sink.event(Event::Stepped(Stepped {
            scenario: self.info.scenario.clone(),
            step: number.to_string(),
            label,
            line,
            exchange,
            judgement,
            undeclared: None,
        }));
        let mut state = self.lock();
        state.steps += 1;
        state.judgement = self.options.fold([state.judgement, judgement]);
        state.findings.extend(findings);
    }

    /// Ends the scenario: its records go into the evidence, its verdict into
    /// the events.
    pub(super) fn finish(&self) -> Result<ScenarioJudged, WriteError> {
        let mut state = self.lock();
        if let Some(folder) = &self.folder {
            let mut lines = Vec::new();
            for record in &state.records {
                serde_json::to_writer(&mut lines, record).map_err(std::io::Error::from)?;
                lines.push(b'\n');
            }
            folder.write(&format!("steps/{}.jsonl", self.info.scenario), &lines)?;
        }
        let judged = ScenarioJudged {
            about: self.info.clone(),
            judgement: if self.interrupt.is_set() {
                let open = Judgement::new(Verdict::Undecided, self.grade);
                self.options.fold([state.judgement, open])
            } else {
                state.judgement
            },
            pack: state.pack,
            contracts: std::mem::take(&mut state.contracts),
            unreachable: state.unreachable,
            not_played: self.interrupt.is_set().then(|| "interrupted".to_string()),
            undeclared: std::mem::take(&mut state.undeclared),
            steps: state.steps,
            findings: std::mem::take(&mut state.findings),
        };
        drop(state);
        self.sink.event(Event::Played(Box::new(judged.clone())));
        Ok(judged)
    }
}

/// What a step saw that went over no wire.
fn said(seen: &Seen) -> Option<String> {
    let message = seen
        .message
        .as_ref()
        .ok()
        .filter(|_| seen.exchange.is_none())?;
    String::from_utf8(message.body.to_vec()).ok()
}

/// The weaker of two kinds of pack: what a pass may call itself.
fn weaker(one: PackKind, other: PackKind) -> PackKind {
    match (one, other) {
        (PackKind::Reconstruction, _) | (_, PackKind::Reconstruction) => PackKind::Reconstruction,
        (PackKind::Foreign, _) | (_, PackKind::Foreign) => PackKind::Foreign,
        _ => PackKind::Official,
    }
}

/// What a step does, in the words of the script.
fn label(step: &Step) -> String {
    let what = match &step.action {
        Action::Send(send) => {
            let name = match &send.message.content {
                crate::scenario::Content::Message(name) => &*name.value,
                _ => "",
            };
            format!(" {} -> {} {name}", send.from, send.to)
        }
        Action::Receive(receive) => {
            let name = receive.message.as_ref().map_or("", |name| &*name.value);
            format!(" {} {name}", receive.role)
        }
        Action::Trigger(trigger) => format!(" {} {}", trigger.party, trigger.action.value.name()),
        Action::Act(act) => format!(" {} {}", act.party, act.what.value),
        Action::Probe(probe) => format!(" {}", probe.party),
        _ => String::new(),
    };
    format!("{}{}", step.action.name(), what.trim_end())
}
