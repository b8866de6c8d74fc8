//! Evidence, judged again: the recorded messages against what the recorded
//! scripts expect of them. The verdicts must come out the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::ended::ended_otherwise;
use super::ledger::REST;
use super::observe::{Observed, Seen};
use super::run::Interrupt;
use super::stage::{Stage, StageOptions};
use super::weigh::{Scale, outcome_of, weigh};
use super::whose::{Stranger, Whose};
use crate::check::{CheckOptions, Reporter};
use crate::clock::RunningClock;
use crate::counterpart::trigger::Status;
use crate::document::{Document, Gated, Mistake, Spot};
use crate::edukoppeling::signer_of;
use crate::event::{Event, PackInForce, ScenarioInfo, ScenarioJudged, StepFinding};
use crate::evidence::{
    EVENTS, Evidence, ReadError, RunRecord, SCRIPTS, StepOutcome, StepRecord, message_file,
    script_file, sha256,
};
use crate::exchange::Exchange;
use crate::facts::Facts;
use crate::finding::{Class, Kind, Redaction, Verdict};
use crate::pack::Store;
use crate::pki::Authorities;
use crate::scenario::{
    Action, Expect, Library, Role, Scenario, Script, ScriptKind, ScriptMistake, Shipped,
    SourceError, Sources, Step, Values, read_script,
};
use crate::transport::TransportProblem;

/// What judging again came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Steps whose verdict came out the same.
    pub same: u64,
    /// Steps whose verdict came out otherwise: scenario, step, the recorded
    /// outcome and the one now.
    pub different: Vec<Difference>,
    /// Steps that cannot be judged again from what was kept.
    pub open: Vec<Open>,
    /// Contracts that were judged with another pack than the one in force.
    pub packs: Vec<String>,
    /// Scenarios of which the events say something better than their steps.
    pub embellished: Vec<String>,
    /// Scenarios that were played with another script than the one whose hash
    /// the events have.
    pub other_scripts: BTreeSet<String>,
    /// Scenarios whose script is somebody's own, and not the shipped one.
    pub own_scripts: Vec<String>,
    /// Whether the run is of another version of ketenkeur, whose scripts are not
    /// known here.
    pub not_compared: bool,
    /// Scenarios about the target that rest on recorded traffic of somebody
    /// else, and whose that is.
    pub strange: BTreeMap<String, Stranger>,
}

/// A step that cannot be judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The scenario.
    pub scenario: String,
    /// The step.
    pub step: String,
    /// Why not.
    pub why: WhyOpen,
}

/// Why a step cannot be judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyOpen {
    /// The script cannot be read from what was kept: its first mistake.
    Script(Box<ScriptMistake>),
    /// The masked view has no script, because somebody's number stands in it.
    ScriptLeftOut,
    /// The script has no such step.
    NoStep,
    /// What it was judged by is masked or left out.
    Masked,
    /// No message was kept of it.
    NoMessage,
}

impl WhyOpen {
    /// Its key in the texts (`runs.<key>`).
    pub fn key(&self) -> &'static str {
        match self {
            Self::Script(_) => "open-script",
            Self::ScriptLeftOut => "open-script-left-out",
            Self::NoStep => "open-step",
            Self::Masked => "open-masked",
            Self::NoMessage => "open-message",
        }
    }
}

/// A step whose verdict came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The scenario.
    pub scenario: String,
    /// The step.
    pub step: String,
    /// The recorded outcome.
    pub recorded: String,
    /// The outcome now.
    pub now: String,
}

/// The scripts in evidence, and the messages that they send from a file.
struct Kept<'a>(&'a Evidence);

impl Sources for Kept<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        let script = self.0.read(&script_file(name));
        script
            .or_else(|_| self.0.read(&message_file(name)))
            .map_err(|_| SourceError::NotFound)
    }

    fn beside(&self, file: &str, name: &str) -> Option<String> {
        Shipped.beside(file, name)
    }
}

/// What the messages of a recorded run are judged with again: the packs of
/// `store`, trust in `authorities`, and otherwise as the run says.
pub fn stage_for(run: &RunRecord, authorities: Authorities, store: Store) -> Stage {
    let options = StageOptions {
        store,
        profile: run.environment(),
        tested: None,
        oins: run.oins.clone(),
        authorities,
        seed: run.seed.as_str().into(),
        now: run.now,
        redaction: Redaction::Mask,
        strict_provenance: run.strict_provenance,
        fail_on: run.fail_on,
        judges: 1,
        defect: None,
        named: true,
    };
    let mut stage = Stage::new(options, None, Interrupt::default());
    stage.whose = whose(run);
    stage
}

/// Judges every step of `evidence` again, with the packs of `stage`.
///
/// # Errors
///
/// A file of the evidence cannot be read.
pub fn rejudge(evidence: &Evidence, stage: &Stage) -> Result<Rejudged, ReadError> {
    let run = evidence.run()?;
    let mut result = Rejudged {
        packs: other_packs(&run, &stage.packs()),
        ..Rejudged::default()
    };
    let mut scenarios: BTreeMap<String, Result<Scenario, Box<ScriptMistake>>> = BTreeMap::new();
    let steps = evidence.steps()?;
    let events = evidence.lines(EVENTS)?;
    result.embellished = embellished(&events, &steps);
    result.strange = strangers_in(evidence, &run, &events, &steps)?;
    let hashes = hashes(&run, &events, &mut result);
    for (id, steps) in steps {
        for record in steps {
            let script = scenarios
                .entry(record.scenario_file.clone())
                .or_insert_with(|| script(evidence, &record.scenario_file));
            if let Ok(scenario) = script {
                // In a view the messages of a script may be masked.
                let is_whole = !evidence.manifest().masked || scenario.read.messages.is_empty();
                let told = hashes.get(&id).filter(|_| is_whole);
                if told.is_some_and(|hash| **hash != *scenario.hash) {
                    result.other_scripts.insert(id.clone());
                }
            }
            let outcome = match script {
                Ok(scenario) => again(evidence, stage, &id, scenario, &record)?,
                Err(_) if is_left_out(evidence, &record.scenario_file) => {
                    Err(WhyOpen::ScriptLeftOut)
                }
                Err(mistake) => Err(WhyOpen::Script(mistake.clone())),
            };
            let open = |why| Open {
                scenario: id.clone(),
                step: record.step.clone(),
                why,
            };
            match outcome {
                Err(why) => result.open.push(open(why)),
                Ok(outcome) if outcome == record.outcome => result.same += 1,
                // What it needed may be what is left out.
                Ok(_) if record.masked => result.open.push(open(WhyOpen::Masked)),
                Ok(outcome) => result.different.push(Difference {
                    scenario: id.clone(),
                    step: record.step,
                    recorded: record.outcome.to_string(),
                    now: outcome.to_string(),
                }),
            }
        }
    }
    Ok(result)
}

/// The hash that the events have of each scenario. Whose script each is, is noted
/// down in `result`.
fn hashes<'e>(
    run: &RunRecord,
    events: &'e [Event],
    result: &mut Rejudged,
) -> BTreeMap<String, &'e str> {
    let mut hashes = BTreeMap::new();
    for event in events {
        let Event::Played(played) = event else {
            continue;
        };
        let about = &played.about;
        hashes.insert(about.scenario.clone(), about.hash.as_str());
        match ScriptKind::of(&run.tool, about) {
            ScriptKind::Shipped => {}
            ScriptKind::Own => result.own_scripts.push(about.scenario.clone()),
            ScriptKind::NotCompared => result.not_compared = true,
        }
    }
    hashes
}

/// Whether a script stayed behind when the masked view was made.
fn is_left_out(evidence: &Evidence, script: &str) -> bool {
    evidence.manifest().masked && evidence.read(&script_file(script)).is_err()
}

/// Scenarios of a run with these events of which the events do not say what
/// their steps came to, or by which script: somebody made them better. The steps
/// themselves are not judged again.
///
/// # Errors
///
/// A file of the evidence cannot be read.
pub fn told_otherwise(
    evidence: &Evidence,
    run: &RunRecord,
    events: &[Event],
) -> Result<Vec<String>, ReadError> {
    let steps = evidence.steps()?;
    let mut otherwise = embellished(events, &steps);
    otherwise.extend(not_as_shipped(evidence, run, events, &steps));
    Ok(otherwise)
}

/// Scenarios that the events call shipped ones, beside another script than that.
fn not_as_shipped(
    evidence: &Evidence,
    run: &RunRecord,
    events: &[Event],
    steps: &BTreeMap<String, Vec<StepRecord>>,
) -> Vec<String> {
    let is_other = |about: &ScenarioInfo| {
        let shipped = Library::shipped().scenario(&about.scenario)?;
        let script = shipped.read.scripts.get(&shipped.file)?;
        let file = script_file(&steps.get(&about.scenario)?.first()?.scenario_file);
        Some(*evidence.manifest().files.get(&file)? != sha256(script))
    };
    let played = events.iter().filter_map(|event| match event {
        Event::Played(played) => Some(&played.about),
        _ => None,
    });
    let shipped = played.filter(|about| ScriptKind::of(&run.tool, about) == ScriptKind::Shipped);
    let others = shipped.filter(|about| is_other(about) == Some(true));
    others.map(|about| about.scenario.clone()).collect()
}

/// The scenarios about the target of a run that rest on recorded traffic of
/// somebody else, and whose that is. Whoever judged the recording should not have
/// counted it.
///
/// # Errors
///
/// A file of the evidence cannot be read.
pub fn strangers(
    evidence: &Evidence,
    run: &RunRecord,
    events: &[Event],
) -> Result<BTreeMap<String, Stranger>, ReadError> {
    if recorded_scenarios(events).is_empty() {
        return Ok(BTreeMap::new());
    }
    strangers_in(evidence, run, events, &evidence.steps()?)
}

/// The same, with the steps at hand.
fn strangers_in(
    evidence: &Evidence,
    run: &RunRecord,
    events: &[Event],
    steps: &BTreeMap<String, Vec<StepRecord>>,
) -> Result<BTreeMap<String, Stranger>, ReadError> {
    let mut strangers = BTreeMap::new();
    let recorded = recorded_scenarios(events);
    let whose = whose(run);
    for (id, steps) in steps {
        for record in steps.iter().filter(|record| record.of_subject) {
            let subject = recorded.get(id);
            let whose = whose.iter().find(|whose| Some(&whose.role) == subject);
            let Some((whose, number)) = whose.zip(record.exchange) else {
                continue;
            };
            let kept = evidence.exchange(id, number)?;
            let message = match record.response {
                true => kept.response.as_deref(),
                false => Some(&*kept.request),
            };
            let signer = message.and_then(|message| {
                let gated = Gated::xml(&message.body).ok()?;
                signer_of(&Document::from_xml(gated).ok()?)
            });
            if let Some(stranger) = whose.stranger(Some(&kept.request), signer.as_deref()) {
                strangers.entry(id.clone()).or_insert(stranger);
            }
        }
    }
    Ok(strangers)
}

/// The scenarios that were held against recorded traffic, and whom each tests.
fn recorded_scenarios(events: &[Event]) -> BTreeMap<String, Role> {
    let played = events.iter().filter_map(|event| match event {
        Event::Played(played) if played.about.recorded => {
            let subject = Role::parse(&played.about.subject)?;
            Some((played.about.scenario.clone(), subject))
        }
        _ => None,
    });
    played.collect()
}

/// Who was tested in each role in a run; nobody without a target.
fn whose(run: &RunRecord) -> Vec<Whose> {
    let target = &run.target;
    let roles = target.roles.iter().filter_map(|role| Role::parse(role));
    let whose = roles.map(|role| Whose {
        role,
        oin: match role {
            Role::Las => target.oin.clone(),
            Role::Duo | Role::Osr => run.oins.get(role.name()).cloned().unwrap_or_default(),
        },
        schools: target.schools.clone(),
    });
    whose.collect()
}

/// Whether a finding by itself makes a step and its scenario fail, by whichever
/// measure a run is judged.
fn fails(found: &StepFinding) -> bool {
    let finding = &found.finding;
    !found.expected && finding.kind == Kind::Violation && finding.class >= Class::Foutmelding
}

/// Scenarios of which the events do not say what their steps came to, or of which
/// either passed beside a finding that cannot be passed with. Whoever makes a
/// verdict better must do so in all of them, and the steps are judged again.
fn embellished(events: &[Event], steps: &BTreeMap<String, Vec<StepRecord>>) -> Vec<String> {
    let mut told: BTreeMap<&str, &ScenarioJudged> = BTreeMap::new();
    for event in events {
        if let Event::Played(played) = event {
            told.insert(&played.about.scenario, played);
        }
    }
    let fits = |judged: &ScenarioJudged, record: &StepRecord| {
        let outcome = &record.outcome;
        let of_step = judged.findings.iter();
        let of_step = of_step.filter(|found| found.step == record.step);
        let found: BTreeMap<String, bool> = of_step.fold(BTreeMap::new(), |mut all, found| {
            *all.entry(outcome_of(found)).or_insert(true) &= fails(found);
            all
        });
        let counts = record.step != REST || !outcome.findings.is_empty();
        let at_best = match (outcome.verdict, judged.judgement.verdict) {
            (Verdict::Fail, told) => told == Verdict::Fail,
            (Verdict::Undecided, told) => told != Verdict::Pass,
            _ => true,
        };
        let passes = outcome.verdict == Verdict::Pass;
        let is_told = |one: &String| found.get(one).is_some_and(|fails| !(passes && *fails));
        outcome.findings.iter().all(is_told) && (at_best || !counts)
    };
    let passed = |judged: &ScenarioJudged| judged.judgement.verdict == Verdict::Pass;
    let contradicted = told.iter().filter(|(id, judged)| {
        // What is not played has no steps, and what has none did not pass.
        let has_steps = steps.contains_key(**id);
        let is_told = passed(judged) && (!has_steps || judged.findings.iter().any(fails));
        is_told || (judged.not_played.is_none() && !has_steps)
    });
    let otherwise = steps.iter().filter(|(id, records)| {
        let judged = told.get(id.as_str());
        judged.is_none_or(|judged| !records.iter().all(|record| fits(judged, record)))
    });
    let otherwise = otherwise.map(|(id, _)| id.clone());
    let contradicted = contradicted.map(|(id, _)| (*id).to_string());
    let all: BTreeSet<String> = otherwise.chain(contradicted).collect();
    all.into_iter().collect()
}

/// The scenario of a file as it was played, where that can still be read.
pub fn recorded_script(evidence: &Evidence, file: &str) -> Option<Scenario> {
    script(evidence, file).ok()
}

/// The scenarios that `evidence` has the scripts of.
pub fn recorded_library(evidence: &Evidence) -> Library {
    let files = evidence.manifest().files.keys();
    let scripts = files.filter_map(|name| name.strip_prefix(SCRIPTS)?.strip_prefix('/'));
    Library::of(scripts, &Kept(evidence))
}

/// The scenario of a file as it was played; else the first reason why it cannot
/// be read.
fn script(evidence: &Evidence, file: &str) -> Result<Scenario, Box<ScriptMistake>> {
    let none = |key| {
        Box::new(ScriptMistake {
            file: file.into(),
            mistake: Mistake::new(Spot::START, key).with("name", file),
        })
    };
    match read_script(file, &Kept(evidence)) {
        Ok(Script::Scenario(scenario)) => Ok(*scenario),
        Ok(Script::Shared(_)) => Err(none("no-file")),
        Err(mistakes) => {
            let first = mistakes.into_iter().next();
            Err(first.map_or_else(|| none("no-file"), Box::new))
        }
    }
}

/// Contracts whose pack is another than the recorded one.
fn other_packs(run: &RunRecord, in_force: &[PackInForce]) -> Vec<String> {
    let same = |recorded: &&PackInForce| {
        !in_force
            .iter()
            .any(|pack| pack.contract == recorded.contract && pack.hash == recorded.hash)
    };
    let others = run.packs.iter().filter(same);
    others.map(|pack| pack.contract.clone()).collect()
}

/// A step judged again, or why what was kept is not enough.
fn again(
    evidence: &Evidence,
    stage: &Stage,
    id: &str,
    scenario: &Scenario,
    record: &StepRecord,
) -> Result<Result<StepOutcome, WhyOpen>, ReadError> {
    if let Some(ended) = &record.ended {
        return Ok(said_again(stage, id, scenario, record, ended));
    }
    let nothing = Expect::nothing(Spot { line: 0, column: 0 });
    let expect = match expectation(scenario, record) {
        Some(expect) => expect,
        None if record.step == REST => &nothing,
        // Of what the script itself sends it expects nothing.
        None if !record.response && sends(scenario, record) => &nothing,
        None => return Ok(Err(WhyOpen::NoStep)),
    };
    let message: Result<Arc<Exchange>, TransportProblem> = match (record.exchange, &record.said) {
        (Some(number), _) => {
            let kept = evidence.exchange(id, number)?;
            if kept.record.is_masked() {
                return Ok(Err(WhyOpen::Masked));
            }
            let problem = kept.record.problem.as_deref();
            match (record.response, kept.response) {
                (false, _) => Ok(kept.request),
                (true, Some(response)) => Ok(response),
                (true, None) => match problem.and_then(TransportProblem::parse) {
                    Some(problem) => Err(problem),
                    None => return Ok(Err(WhyOpen::NoMessage)),
                },
            }
        }
        (None, Some(said)) => Ok(Arc::new(Exchange::bare(said.as_bytes()))),
        // A view leaves out what was said when it may be about a person.
        (None, None) if evidence.manifest().masked => return Ok(Err(WhyOpen::Masked)),
        (None, None) => return Ok(Err(WhyOpen::NoMessage)),
    };
    let seen = Seen {
        exchange: record.exchange,
        response: record.response,
        message,
        took: Duration::from_millis(record.took),
        at: record.at,
        of_subject: record.of_subject,
        connection_unknown: record.connection_unknown,
        confirmed: record.confirmed.clone(),
    };
    let mut values = Values::new(RunningClock::standing_at(record.at), "");
    for (name, value) in &record.values {
        values.set(name, value.clone());
    }
    let observed = Observed::of(stage, Some(scenario.subject), &seen);
    let options = &stage.judges.bench().options;
    let facts = observed.facts.at(record.at);
    let reporter = Reporter::new(options.redaction);
    let scale = scale(id, scenario, options, &reporter, &facts);
    let weighed = weigh(&scale, &record.step, expect, &mut values, &seen, &observed);
    Ok(Ok(weighed.outcome()))
}

/// What the steps of a scenario are weighed with.
fn scale<'s>(
    id: &'s str,
    scenario: &'s Scenario,
    options: &'s CheckOptions,
    reporter: &'s Reporter,
    facts: &'s Facts,
) -> Scale<'s> {
    Scale {
        scenario: id,
        grade: scenario.grade,
        source: &scenario.source,
        brings_about: &scenario.brings_about,
        options,
        reporter,
        facts,
    }
}

/// What it comes to that an action ended so, as a person said.
fn said_again(
    stage: &Stage,
    id: &str,
    scenario: &Scenario,
    record: &StepRecord,
    ended: &str,
) -> Result<StepOutcome, WhyOpen> {
    let step = step_of(scenario, record).ok_or(WhyOpen::NoStep)?;
    let (Action::Trigger(trigger), Some(found)) = (&step.action, Status::named(ended)) else {
        return Err(WhyOpen::NoStep);
    };
    if found == trigger.expect_status {
        let pass = StepOutcome {
            verdict: Verdict::Pass,
            findings: Vec::new(),
        };
        return Ok(pass);
    }
    let bench = stage.judges.bench();
    let reporter = Reporter::new(bench.options.redaction);
    let finding = ended_otherwise(step, trigger, found);
    let judgement = bench
        .options
        .judgement(finding.kind, finding.class, scenario.grade);
    let scale = scale(id, scenario, &bench.options, &reporter, &bench.facts);
    let told = scale.reported(finding);
    Ok(StepOutcome {
        verdict: judgement.verdict,
        findings: vec![format!("{} {}", told.code, told.fingerprint.as_str())],
    })
}

/// The step of a record.
fn step_of<'s>(scenario: &'s Scenario, record: &StepRecord) -> Option<&'s Step> {
    let mut steps = scenario.all_steps().into_iter();
    steps.find(|step| *step.file == *record.file && step.at.line == record.line)
}

/// Whether the script sends a message at the step of a record.
fn sends(scenario: &Scenario, record: &StepRecord) -> bool {
    let step = step_of(scenario, record);
    step.is_some_and(|step| matches!(step.action, Action::Send(_)))
}

/// What the script expects at the step of a record.
fn expectation<'s>(scenario: &'s Scenario, record: &StepRecord) -> Option<&'s Expect> {
    match &step_of(scenario, record)?.action {
        Action::Send(send) if record.response => Some(&send.expect),
        Action::Receive(receive) => Some(&receive.expect),
        Action::Trigger(trigger) => Some(&trigger.expect),
        _ => None,
    }
}
