//! What came of a scenario's steps: findings, verdicts, and the records by
//! which an outsider judges them again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::afresh::{Beginning, may_come_of_it};
use super::clocks::ClockFault;
use super::ended::{Ended, label};
use super::observe::{Observed, Seen};
use super::registered::Elsewhere;
use super::run::Interrupt;
use super::sink::Sink;
use super::tested::WhyNot;
use super::uncalled::Missed;
use super::weigh::{Scale, Weighed, outcome_of, weigh};
use crate::check::{CheckOptions, Reporter};
use crate::counterpart::trigger::Status;
use crate::document::Spot;
use crate::event::{
    Event, PackKind, SaidBy, ScenarioInfo, ScenarioJudged, StepFinding, Stepped, Undeclared,
    input_name,
};
use crate::evidence::{Folder, StepOutcome, StepRecord, WriteError};
use crate::facts::Facts;
use crate::finding::{Args, Finding, Grade, Judgement, Kind, MessageValue, Place, Source, Verdict};
use crate::scenario::{Expect, PlacedCode, Role, Scenario, Step, Values};
use crate::text::{in_words, tool_finding, word};

/// The step of messages that no step looked at.
pub(super) const REST: &str = "-";

/// Where a step stands.
pub(super) struct At<'a> {
    pub step: &'a str,
    pub file: &'a str,
    pub line: u32,
}

/// Why a scenario does not go on: that stands in the ledger.
#[derive(Debug)]
pub(super) struct Stop;

/// The ledger of one scenario.
pub(super) struct Ledger {
    info: ScenarioInfo,
    pub(super) grade: Grade,
    source: Source,
    brings_about: Vec<PlacedCode>,
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
    /// Why it was not played, or not to its end.
    not_played: Option<WhyNot>,
    records: Vec<StepRecord>,
    undeclared: Vec<Undeclared>,
    said: u32,
    said_by: Option<SaidBy>,
    /// The steps of which a person said something.
    said_steps: BTreeSet<String>,
    /// A step judged a message of the party under test, and found it right.
    is_borne_out: bool,
    /// How the LAS stood at the beginning.
    beginning: Beginning,
    /// From whom something was missed.
    missed: Missed,
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
            brings_about: scenario.brings_about.clone(),
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
                not_played: None,
                records: Vec::new(),
                undeclared: Vec::new(),
                said: 0,
                said_by: None,
                said_steps: BTreeSet::new(),
                is_borne_out: false,
                beginning: Beginning::Afresh,
                missed: Missed::default(),
            }),
        }
    }

    /// How the LAS stands at the beginning.
    pub(super) fn begins(&self, beginning: Beginning) {
        self.lock().beginning = beginning;
    }

    /// Says of a LAS that did not begin anew that what was found may come of
    /// what it held already.
    pub(super) fn may_be_left_over(&self) {
        let state = self.lock();
        let Beginning::Left(why) = state.beginning else {
            return;
        };
        let is_possible = !state.unreachable && may_come_of_it(&state.findings);
        drop(state);
        if !is_possible {
            return;
        }
        let mut args = Args::new();
        in_words(&mut args, "why", |texts| {
            word(&texts.reason, why).to_string()
        });
        let finding = tool_finding("KK-SC-BEGINGEGEVENS", args, Place::default());
        self.outside(&finding);
    }

    /// A clock of the target is not at the moment of the scenario, which is not
    /// played then.
    pub(super) fn clock_at_fault(&self, fault: &ClockFault) {
        if fault.is_unreachable() {
            self.note_unreachable();
        }
        if fault.is_refused() {
            self.not_played(WhyNot::open("clock-refused"));
        }
        let finding = fault.finding(Place::default());
        self.outside(&finding);
    }

    /// Whether ketenkeur plays all parties itself.
    pub(super) fn is_own(&self) -> bool {
        self.info.own
    }

    /// It is not played, or not to its end.
    pub(super) fn not_played(&self, why: WhyNot) {
        self.lock().not_played = Some(why);
    }

    /// Whether something was found that counts.
    pub(super) fn has_failed(&self) -> bool {
        self.lock().judgement.verdict == Verdict::Fail
    }

    /// Something did not come at a party, or came to nothing without it.
    pub(super) fn note_missed(&self, note: impl FnOnce(&mut Missed)) {
        note(&mut self.lock().missed);
    }

    /// Whether something was missed of anybody.
    pub(super) fn has_missed(&self) -> bool {
        self.lock().missed.is_any()
    }

    /// Says of a party of ours from which something was missed that nobody called
    /// it, where that is so; `finding` says it.
    pub(super) fn missed_uncalled(&self, finding: impl Fn(Role) -> Option<Finding>) {
        let missed = self.lock().missed.clone();
        let (uncalled, is_connection) = missed.uncalled(|role| finding(role).is_some());
        if is_connection {
            self.note_unreachable();
        }
        if let Some(finding) = uncalled.and_then(finding) {
            self.outside(&finding);
        }
    }

    /// A party could not be reached.
    pub(super) fn note_unreachable(&self) {
        self.lock().unreachable = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the scenario goes on: not when the run was asked to end. Then
    /// it is not played to its end.
    pub(super) fn goes_on(&self) -> Result<(), Stop> {
        if !self.interrupt.is_set() {
            return Ok(());
        }
        self.not_played(WhyNot::open("interrupted"));
        Err(Stop)
    }

    /// A step has ended, and what it came to counts: decided once, here, before
    /// anything is judged. What ends while the run is being ended may have come
    /// to nothing because of that.
    pub(super) fn ended<'a>(&'a self, step: &'a Step, number: &'a str) -> Result<Ended<'a>, Stop> {
        self.goes_on()?;
        Ok(Ended {
            ledger: self,
            step,
            number,
        })
    }

    /// A step rests on what a person said.
    pub(super) fn note_said(&self) {
        self.lock().said += 1;
    }

    /// Who says what the recording does not show.
    pub(super) fn note_said_by(&self, said_by: &SaidBy, step: &str) {
        let mut state = self.lock();
        state.said_by = Some(said_by.clone());
        state.said_steps.insert(step.to_string());
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
            said: false,
            undeclared: Some(undeclared.clone()),
        }));
        self.lock().undeclared.push(undeclared);
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
        let place = At {
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

    /// What a person says passes nothing that no exchange of the recording bears
    /// out: it may have been about another day, or another LAS.
    pub(super) fn by_word_alone(&self) {
        let state = self.lock();
        let passes = state.judgement.verdict == Verdict::Pass;
        let is_alone = passes && state.said > 0 && !state.is_borne_out;
        drop(state);
        if !is_alone {
            return;
        }
        let args = Args::new().with("reason", "recording-word-alone");
        let finding = Finding {
            kind: Kind::Undecided,
            ..self.of_script(tool_finding("KK-SC-OPNAME", args, Place::default()))
        };
        self.outside(&finding);
    }

    /// What a person says of a step is not what the recording shows.
    pub(super) fn word_against_recording(
        &self,
        place: &At<'_>,
        label: &str,
        reason: &'static str,
        args: Args,
    ) {
        let args = args.with("reason", reason);
        let finding = Finding {
            kind: Kind::Undecided,
            ..self.of_script(tool_finding("KK-SC-OPNAME", args, Place::default()))
        };
        let (judgement, found) = self.ours(place.step, None, &finding);
        let label = label.to_string();
        self.add(place.step, label, place.line, None, judgement, vec![found]);
    }

    /// DUO knows a document already that this run sends for the first time, in
    /// the exchange of that number.
    pub(super) fn known_before(&self, exchange: u32, id: &str, seed: &str) {
        let args = Args::new().with("id", id).with("seed", seed);
        let finding = self.of_script(tool_finding("KK-SC-GEHEUGEN", args, Place::default()));
        let input = input_name(&self.info.scenario, exchange, "response");
        let (judgement, found) = self.ours(REST, Some(input), &finding);
        let label = String::new();
        self.add(REST, label, 0, Some(exchange), judgement, vec![found]);
    }

    /// The LAS registered another address than its target file has. Where
    /// something was tried at the latter, whose server that was is open.
    pub(super) fn elsewhere(&self, found: &Elsewhere, is_tried: bool) {
        let args = Args::new()
            .with("service", found.service.name())
            .with("found", MessageValue::plain(&*found.registered))
            .with("expected", MessageValue::plain(&*found.in_file));
        let mut finding = tool_finding("KK-SC-ANDER-ADRES", args, Place::default());
        if is_tried {
            finding.kind = Kind::Undecided;
        }
        let input = input_name(&self.info.scenario, found.exchange, "request");
        let (judgement, told) = self.ours(REST, Some(input), &finding);
        // Elsewhere it makes nothing that was seen a pass, nor less certain.
        let counts = is_tried || judgement.verdict == Verdict::Fail;
        let judgement = if counts {
            judgement
        } else {
            Judgement::NOT_APPLICABLE
        };
        let exchange = Some(found.exchange);
        self.add(REST, String::new(), 0, exchange, judgement, vec![told]);
    }

    /// A finding of our own, as certain as the script that led to it.
    pub(super) fn of_script(&self, finding: Finding) -> Finding {
        Finding {
            grade: self.grade,
            source: self.source.clone(),
            ..finding
        }
    }

    /// Writes down a finding of our own that is about no step and no exchange.
    fn outside(&self, finding: &Finding) {
        let (judgement, found) = self.ours(REST, None, finding);
        self.add(REST, String::new(), 0, None, judgement, vec![found]);
    }

    /// A finding of our own at a step: what it comes to, and as it is told.
    pub(super) fn ours(
        &self,
        step: &str,
        input: Option<String>,
        finding: &Finding,
    ) -> (Judgement, StepFinding) {
        let judgement = self
            .options
            .judgement(finding.kind, finding.class, finding.grade);
        let told = StepFinding {
            step: step.to_string(),
            input,
            expected: false,
            finding: self.reporter.finding(finding, None, &|_, _| false),
        };
        (judgement, told)
    }

    /// Weighs what was seen and keeps what it was judged by.
    pub(super) fn record(
        &self,
        place: At<'_>,
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
            ended: None,
            values: known,
            masked: false,
            outcome: weighed.outcome(),
        };
        let mut state = self.lock();
        state.said += u32::from(record.confirmed.is_some());
        // That something came is not yet what the scenario is about.
        let is_judged = observed.message().is_some() || !expect.is_nothing();
        state.is_borne_out |= is_judged
            && place.step != REST
            && seen.exchange.is_some()
            && seen.of_subject
            && weighed.judgement.verdict == Verdict::Pass;
        state.records.push(record);
        if let Some(message) = observed.message() {
            state.contracts.insert(message.contract.clone());
            let pack = state.pack.map(|other| weaker(message.kind, other));
            state.pack = Some(pack.unwrap_or(message.kind));
        }
        state.unreachable |= weighed.unreachable;
        drop(state);
        weighed
    }

    /// Keeps how an action ended as a person said, and what that came to.
    pub(super) fn record_word(
        &self,
        place: &At<'_>,
        ended: Status,
        values: &Values,
        at: Timestamp,
        (judgement, told): (Judgement, &StepFinding),
    ) {
        let record = StepRecord {
            step: place.step.to_string(),
            scenario_file: self.file.to_string(),
            said: None,
            file: place.file.to_string(),
            line: place.line,
            at,
            exchange: None,
            response: true,
            took: 0,
            of_subject: false,
            connection_unknown: false,
            confirmed: None,
            ended: Some(ended.name().to_string()),
            values: values.known(),
            masked: false,
            outcome: StepOutcome {
                verdict: judgement.verdict,
                findings: vec![outcome_of(told)],
            },
        };
        let mut state = self.lock();
        state.said += 1;
        state.records.push(record);
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
            brings_about: &self.brings_about,
            options: &self.options,
            reporter: &self.reporter,
            facts,
        };
        weigh(&scale, number, expect, values, seen, observed)
    }

    /// Writes down what something came to.
    pub(super) fn add(
        &self,
        number: &str,
        label: String,
        line: u32,
        exchange: Option<u32>,
        judgement: Judgement,
        findings: Vec<StepFinding>,
    ) {
        self.sink.event(Event::Stepped(Stepped {
            scenario: self.info.scenario.clone(),
            step: number.to_string(),
            label,
            line,
            exchange,
            judgement,
            said: self.lock().said_steps.contains(number),
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
            judgement: match &state.not_played {
                None => state.judgement,
                Some(why) if why.not_applicable && state.judgement.verdict != Verdict::Fail => {
                    Judgement::new(Verdict::NotApplicable, self.grade)
                }
                Some(_) => {
                    let open = Judgement::new(Verdict::Undecided, self.grade);
                    self.options.fold([state.judgement, open])
                }
            },
            pack: state.pack,
            contracts: std::mem::take(&mut state.contracts),
            unreachable: state.unreachable,
            not_played: state.not_played.take().map(|why| why.key.to_string()),
            undeclared: std::mem::take(&mut state.undeclared),
            steps: state.steps,
            said: state.said,
            said_by: state.said_by.take().filter(|_| state.said > 0),
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
