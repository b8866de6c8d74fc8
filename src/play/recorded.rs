//! Recorded traffic, held against what scenarios expect. Nothing is played: a
//! step that the recording does not show is left open, and never passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::as_scripted::known_values;
use super::decisive::Shown;
use super::ended::Ended;
use super::ledger::{Ledger, Stop};
use super::look::Look;
use super::player::pupils;
use super::questions::{Asked, Witness};
use super::recorded_answer::Word;
use super::recorded_deed::{About, Deed};
use super::run::Gathered;
use super::sink::Sink;
use super::stage::{PlayError, Stage, info_of, not_played};
use super::tested::WhyNot;
use super::traffic::Traffic;
use super::wire::Wire;
use crate::clock::{Clock, RunningClock};
use crate::event::{Event, ScenarioInfo};
use crate::evidence::Folder;
use crate::scenario::{
    Action, Advance, Capture, Given, Include, Over, Repeat, Role, Scenario, Step, Values, capture,
};
use crate::transport::TransportProblem;

/// What traffic and a person leave open of the scenarios.
#[derive(Debug, Default)]
pub struct LeftOpen {
    /// What nobody said, of the scenarios that an answer can carry further.
    pub asked: Vec<Asked>,
    /// The scenarios of which the traffic shows nothing, whatever anybody says.
    pub without: usize,
}

/// Holds the traffic against each of the scenarios and gives every event to
/// `sink`, those of a scenario together. What the traffic does not show `witness`
/// may say; what that leaves open is returned.
///
/// # Errors
///
/// The evidence cannot be written.
pub fn play_recorded(
    stage: &Stage,
    scenarios: &[Arc<Scenario>],
    traffic: &Traffic,
    witness: &Witness,
    progress: &(dyn Fn() + Sync),
    mut sink: impl FnMut(Event),
) -> Result<LeftOpen, PlayError> {
    let mut left = LeftOpen::default();
    let nobody = Witness::default();
    let looks: Vec<Look<'_>> = traffic
        .exchanges
        .iter()
        .map(|passed| Look::at(stage, passed))
        .collect();
    for scenario in scenarios {
        let events = Arc::new(Gathered::default());
        let why = if stage.interrupt.is_set() {
            Some(WhyNot::open("interrupted"))
        } else {
            why_not(stage, scenario)
        };
        let holds = |witness, otherwise, folder, events: &Arc<Gathered>| {
            hold(
                stage,
                scenario,
                &looks,
                (witness, otherwise),
                folder,
                events,
            )
        };
        // What the traffic shows by itself: nobody is asked about what no answer
        // can show, and what a person saw after another answer than the
        // scenario's is no mistake of the LAS.
        let says = why.is_none() && (witness.asks() || witness.has_answers());
        let alone = match says {
            true => Some(holds(&nobody, false, None, &Arc::default())?),
            false => None,
        };
        let asks = witness.asks();
        let is_there = |alone: &Held| !asks || alone.may_be_shown();
        let otherwise = alone.as_ref().is_some_and(|alone| alone.otherwise);
        let says = match alone.as_ref().is_none_or(is_there) {
            true => witness,
            false => &nobody,
        };
        let held = match why.is_none() {
            true => holds(says, otherwise, stage.folder(), &events)?,
            false => Held::default(),
        };
        if held.may_be_shown() {
            // After another answer than the scenario's no word of it counts.
            let open = held.open.into_iter().filter(|_| !held.otherwise);
            left.asked.extend(open);
        } else if why.is_none() && !held.has_another {
            left.without += 1;
        }
        if held.is_shown || held.has_another {
            events.take().into_iter().for_each(&mut sink);
        } else {
            let info = info_of_recorded(stage, scenario);
            let nothing = Arc::new(Gathered::default());
            nothing.event(Event::Scenario(Box::new(info.clone())));
            let why = why.unwrap_or(WhyNot::open("not-recorded"));
            not_played(info, scenario, &*nothing, &why);
            nothing.take().into_iter().for_each(&mut sink);
        }
        progress();
    }
    Ok(left)
}

/// What a scenario is that is held against traffic.
fn info_of_recorded(stage: &Stage, scenario: &Scenario) -> ScenarioInfo {
    ScenarioInfo {
        own: false,
        recorded: true,
        no_target: stage.tested.is_none(),
        ..info_of(scenario)
    }
}

/// Why a scenario has nothing to say about this traffic. Without a target it is
/// a LAS that was recorded.
fn why_not(stage: &Stage, scenario: &Scenario) -> Option<WhyNot> {
    match &stage.tested {
        Some(tested) => tested.why_not_tested(scenario, stage.bodies.store()),
        None => (scenario.subject != Role::Las).then(|| WhyNot::not_applicable("role")),
    }
}

/// What came of holding the traffic against a scenario.
#[derive(Default)]
struct Held {
    /// The recording shows a step of it.
    is_shown: bool,
    /// The recording has a message about the pupil, and what was done was
    /// something else.
    has_another: bool,
    /// The recording has messages of a kind that it is about, and which of them
    /// it is may follow from a value that a person still can give.
    hangs_on_value: bool,
    /// An answer in the recording is another than the scenario gives there.
    otherwise: bool,
    /// What nobody said.
    open: Vec<Asked>,
}

impl Held {
    /// Whether the recording shows a step of it, or may once a person answers.
    fn may_be_shown(&self) -> bool {
        self.is_shown || self.hangs_on_value
    }
}

/// Holds the traffic against one scenario. Beside the witness stands whether an
/// answer in the recording is known to be another than the scenario's.
fn hold(
    stage: &Stage,
    scenario: &Scenario,
    looks: &[Look<'_>],
    (witness, otherwise): (&Witness, bool),
    folder: Option<Arc<Folder>>,
    events: &Arc<Gathered>,
) -> Result<Held, PlayError> {
    let info = info_of_recorded(stage, scenario);
    events.event(Event::Scenario(Box::new(info.clone())));
    let sink = Arc::clone(events) as Arc<dyn Sink>;
    let begin = looks.first().and_then(|look| look.passed.at);
    let clock = RunningClock::standing_at(begin.unwrap_or(stage.now()));
    let mut values = Values::new(clock.clone(), &stage.seed_of(scenario));
    for (name, value) in known_values(stage) {
        values.set(name, value);
    }
    if values.define(&scenario.data).is_err() {
        return Ok(Held::default());
    }
    let ledger = Ledger::new(
        info,
        scenario,
        stage.judges().bench().options.clone(),
        Arc::clone(&sink),
        folder.clone(),
        stage.interrupt.clone(),
    );
    let mut holding = Holding {
        stage,
        scenario,
        looks,
        ledger: &ledger,
        witness,
        open: Vec::new(),
        hangs_on_value: false,
        wire: Wire::new(
            Arc::clone(&scenario.id),
            clock,
            folder,
            sink,
            stage.interrupt.clone(),
        ),
        known: values.known(),
        numbers: BTreeMap::new(),
        shown: BTreeSet::new(),
        ways: BTreeMap::new(),
        next: 0,
        last: None,
        shows: Shown::of(scenario),
        approves: Some(true),
        words: Vec::new(),
        deeds: Vec::new(),
        about: BTreeMap::new(),
        is_strange: false,
        has_another: false,
        otherwise,
    };
    // Why it stopped stands in the ledger.
    let _ = holding.steps(&scenario.steps, "");
    let held = Held {
        is_shown: holding.is_strange || !holding.shown.is_empty(),
        has_another: holding.has_another,
        hangs_on_value: holding.hangs_on_value,
        otherwise: holding.otherwise,
        open: std::mem::take(&mut holding.open),
    };
    if !held.is_shown && !held.has_another {
        return Ok(held);
    }
    if ledger.goes_on().is_ok() {
        holding.words_after();
        holding.the_rest();
        ledger.by_word_alone();
    }
    if let Some(error) = holding.wire.failed() {
        return Err(error.into());
    }
    ledger.finish()?;
    Ok(held)
}

/// A scenario while traffic is held against it.
pub(super) struct Holding<'s> {
    pub(super) stage: &'s Stage,
    pub(super) scenario: &'s Scenario,
    pub(super) looks: &'s [Look<'s>],
    /// Who can say what the traffic does not show.
    pub(super) witness: &'s Witness,
    /// What was asked and not answered.
    pub(super) open: Vec<Asked>,
    /// A message was not found, and a value that nobody gave yet may tell which
    /// it is.
    pub(super) hangs_on_value: bool,
    pub(super) ledger: &'s Ledger,
    pub(super) wire: Wire,
    /// The values that the script can name so far.
    pub(super) known: BTreeMap<String, Value>,
    /// The numbers in the evidence of the exchanges that stand there.
    pub(super) numbers: BTreeMap<usize, u32>,
    /// The exchanges that a step is about.
    pub(super) shown: BTreeSet<usize>,
    /// From whom to whom each message that was shown goes, by its name.
    pub(super) ways: BTreeMap<String, (Role, Role)>,
    /// From which exchange on the next step is looked for.
    pub(super) next: usize,
    /// The message that the last step is about.
    pub(super) last: Option<(usize, bool)>,
    /// What the LAS is to show.
    pub(super) shows: Shown,
    /// Whether a register approves what the LAS was last made to do; `None`
    /// where the scenario does not wait for what comes of it.
    pub(super) approves: Option<bool>,
    /// What is said of actions of which no step looks at a message, until the
    /// recording is looked through for one.
    pub(super) words: Vec<Word>,
    /// What the LAS was made to do.
    pub(super) deeds: Vec<Deed>,
    /// About whom the messages of a name are that were looked for last.
    pub(super) about: BTreeMap<String, About>,
    /// The recording has messages of a step from somebody else only.
    pub(super) is_strange: bool,
    /// The recording has a message about the pupil of a step, with another value
    /// than was asked for.
    pub(super) has_another: bool,
    /// An answer in the recording is another than the scenario gives there.
    pub(super) otherwise: bool,
}

impl Holding<'_> {
    fn steps(&mut self, steps: &[Step], prefix: &str) -> Result<(), Stop> {
        let tested = self.stage.tested.as_ref();
        for (index, step) in steps.iter().enumerate() {
            let number = format!("{prefix}{}", index + 1);
            let undeclared = tested.and_then(|tested| tested.undeclared(self.scenario, step));
            match undeclared {
                Some(undeclared) => self.ledger.left_out(step, &number, undeclared),
                // What a recording shows of a step has ended before.
                None => self.step(&self.ledger.ended(step, &number)?)?,
            }
        }
        Ok(())
    }

    fn step(&mut self, ended: &Ended<'_>) -> Result<(), Stop> {
        match &ended.step.action {
            Action::Receive(receive) => self.receive(ended, receive),
            Action::Send(send) => self.send(ended, send),
            Action::Trigger(trigger) => self.trigger(ended, trigger),
            Action::Capture(captures) => {
                if !self.capture(captures, self.last) {
                    ended.not_recorded("recording-value");
                }
            }
            Action::Include(include) => return self.include(ended, include),
            Action::Parallel(branches) => {
                // Branches have no order among each other.
                let (begin, mut end) = (self.next, self.next);
                for (branch, steps) in branches.iter().enumerate() {
                    self.next = begin;
                    self.steps(steps, &format!("{}.{}.", ended.number, branch + 1))?;
                    end = end.max(self.next);
                }
                self.next = end;
            }
            Action::Note(_) | Action::Wait(_) => ended.done(),
            Action::Repeat(repeat) => return self.repeat(ended, repeat),
            Action::Advance(advance) => self.advance(ended, advance),
            Action::Act(act) => self.act(ended, act),
            Action::Probe(_) => ended.not_recorded("recording-step"),
        }
        Ok(())
    }

    fn repeat(&mut self, ended: &Ended<'_>, repeat: &Repeat) -> Result<(), Stop> {
        let items = match &repeat.over {
            Over::Times(times) => Some((1..=*times).map(Value::from).collect()),
            Over::Pupils => Some(pupils(self.scenario)),
            Over::Items(given) => match self.values(self.next).resolve(given) {
                Ok(Value::Array(items)) => Some(items),
                _ => None,
            },
        };
        let Some(items) = items else {
            ended.not_recorded("recording-value");
            return Ok(());
        };
        for (turn, item) in items.into_iter().enumerate() {
            let named = repeat
                .name
                .iter()
                .map(|name| (name.to_string(), item.clone()));
            let prefix = format!("{}.{}.", ended.number, turn + 1);
            self.within(named.collect(), |holding| {
                holding.steps(&repeat.steps, &prefix)
            })?;
        }
        Ok(())
    }

    /// Time passed where the messages after it came that much later.
    fn advance(&mut self, ended: &Ended<'_>, advance: &Advance) {
        let at = |index: usize| self.looks.get(index).and_then(|look| look.passed.at);
        let until = match advance {
            Advance::By(by) => {
                let last = self.next.checked_sub(1).and_then(at);
                last.and_then(|last| last.checked_add(*by).ok())
            }
            Advance::To(moment) => {
                let first = at(0);
                first.map(|first| moment.on(Clock::at(first).today()))
            }
        };
        let later = until.and_then(|until| {
            let mut indexes = self.next..self.looks.len();
            indexes.find(|&index| at(index).is_some_and(|at| at >= until))
        });
        match later {
            Some(later) => {
                self.next = later;
                ended.done();
            }
            None => ended.not_recorded("recording-step"),
        }
    }

    /// Does something while the script can name these values as well.
    fn within<T>(&mut self, given: Map<String, Value>, inside: impl FnOnce(&mut Self) -> T) -> T {
        let outside: Vec<(String, Option<Value>)> = given
            .keys()
            .map(|name| (name.clone(), self.known.get(name).cloned()))
            .collect();
        self.known.extend(given);
        let result = inside(self);
        for (name, value) in outside {
            match value {
                Some(value) => self.known.insert(name, value),
                None => self.known.remove(&name),
            };
        }
        result
    }

    /// The shared steps see the values that they are given, and what they
    /// capture stays.
    fn include(&mut self, ended: &Ended<'_>, include: &Include) -> Result<(), Stop> {
        let given: Option<Map<String, Value>> = self.resolved(&include.with);
        let Some(given) = given else {
            ended.not_recorded("recording-value");
            return Ok(());
        };
        let prefix = format!("{}.", ended.number);
        self.within(given, |holding| holding.steps(&include.steps, &prefix))
    }

    pub(super) fn resolved(&self, with: &[(Arc<str>, Given)]) -> Option<Map<String, Value>> {
        let mut values = self.values(self.next);
        with.iter()
            .map(|(name, given)| Some((name.to_string(), values.resolve(given).ok()?)))
            .collect()
    }

    /// Takes values from a message. Whether all of them are there.
    pub(super) fn capture(&mut self, captures: &[Capture], from: Option<(usize, bool)>) -> bool {
        if captures.is_empty() {
            return true;
        }
        let Some((index, response)) = from else {
            return false;
        };
        let side = self.looks[index].side(response);
        let message = side.and_then(|side| side.seen.message.as_ref().ok());
        let Some((side, message)) = side.zip(message) else {
            return false;
        };
        let facts = side.observed.facts.at(side.seen.at);
        let mut values = self.values(index);
        let taken = |one: &Capture, values: &mut Values| capture(one, message, values, &facts);
        let all = captures.iter().all(|one| taken(one, &mut values).is_ok());
        self.known = values.known();
        all
    }

    /// The moment of an exchange.
    pub(super) fn moment(&self, index: usize) -> Timestamp {
        let look = self.looks.get(index).or(self.looks.last());
        let at = look.and_then(|look| look.passed.at);
        at.unwrap_or(self.stage.now())
    }

    /// The values that the script can name, at the moment of an exchange.
    pub(super) fn values(&self, index: usize) -> Values {
        let clock = RunningClock::standing_at(self.moment(index));
        let mut values = Values::new(clock, &self.stage.seed_of(self.scenario));
        for (name, value) in &self.known {
            values.set(name, value.clone());
        }
        values
    }

    /// The number of an exchange in the evidence of this scenario.
    pub(super) fn number(&mut self, index: usize) -> u32 {
        if let Some(number) = self.numbers.get(&index) {
            return *number;
        }
        let passed = self.looks[index].passed;
        let name = self.looks[index].name.as_deref().unwrap_or_default();
        // An exchange has a number once its message was wanted.
        let way = self.ways.get(name).copied();
        let (from, to) = way.unwrap_or((self.scenario.subject, Role::Duo));
        let request = match (&passed.request, &passed.response) {
            (Some(request), _) => crate::exchange::Exchange::clone(request),
            _ => crate::exchange::Exchange::bare(Vec::new()),
        };
        let response = match &passed.response {
            Some(Ok(response)) => Ok(crate::exchange::Exchange::clone(response)),
            Some(Err(problem)) => Err(*problem),
            None => Err(TransportProblem::Broken),
        };
        let number = self.wire.sent(from, to, request, passed.took, response);
        self.numbers.insert(index, number);
        number
    }
}
