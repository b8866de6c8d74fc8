//! Recorded traffic, held against what scenarios expect. Nothing is played: a
//! step that the recording does not show is left open, and never passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::as_scripted::{as_edited, broken_by, is_right, known_values, one_status};
use super::ended::Ended;
use super::ledger::{Ledger, Stop};
use super::look::Look;
use super::observe::Seen;
use super::player::pupils;
use super::questions::{Asked, Witness};
use super::run::Gathered;
use super::sink::Sink;
use super::stage::{PlayError, Stage, info_of, not_played};
use super::tested::WhyNot;
use super::traffic::Traffic;
use super::wire::{Wire, name_of};
use crate::clock::{Clock, RunningClock};
use crate::event::Event;
use crate::evidence::Folder;
use crate::finding::Verdict;
use crate::scenario::{
    Action, Advance, Assertion, Capture, Content, Expect, FaultExpectation, Given, Got, Include,
    Over, Placed, Receive, Repeat, Reply, Role, Scenario, Send, Step, Text, Values, capture, judge,
};
use crate::transport::TransportProblem;

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
) -> Result<Vec<Asked>, PlayError> {
    let mut open = Vec::new();
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
        let holds = |witness, folder, events: &Arc<Gathered>| {
            hold(stage, scenario, &looks, witness, folder, events)
        };
        // Nobody is asked about what the recording has nothing of.
        let nobody = Witness::default();
        let asks = witness.asks() && why.is_none();
        let is_there = !asks || holds(&nobody, None, &Arc::default())?.is_spoken_of;
        let held = match why.is_none() && is_there {
            true => holds(witness, stage.folder(), &events)?,
            false => Held::default(),
        };
        if held.is_spoken_of {
            open.extend(held.open);
        }
        if held.is_shown {
            events.take().into_iter().for_each(&mut sink);
        } else {
            let mut info = info_of(scenario);
            (info.own, info.recorded) = (false, true);
            let nothing = Arc::new(Gathered::default());
            nothing.event(Event::Scenario(Box::new(info.clone())));
            let why = why.unwrap_or(WhyNot::open("not-recorded"));
            not_played(info, scenario, &*nothing, &why);
            nothing.take().into_iter().for_each(&mut sink);
        }
        progress();
    }
    Ok(open)
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
    /// The recording has messages of the kinds that it is about: which they are
    /// may follow from what a person says.
    is_spoken_of: bool,
    /// What nobody said.
    open: Vec<Asked>,
}

/// Holds the traffic against one scenario.
fn hold(
    stage: &Stage,
    scenario: &Scenario,
    looks: &[Look<'_>],
    witness: &Witness,
    folder: Option<Arc<Folder>>,
    events: &Arc<Gathered>,
) -> Result<Held, PlayError> {
    let mut info = info_of(scenario);
    (info.own, info.recorded) = (false, true);
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
        is_spoken_of: false,
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
    };
    // Why it stopped stands in the ledger.
    let _ = holding.steps(&scenario.steps, "");
    let held = Held {
        is_shown: !holding.shown.is_empty(),
        is_spoken_of: holding.is_spoken_of,
        open: std::mem::take(&mut holding.open),
    };
    if !held.is_shown {
        return Ok(held);
    }
    if ledger.goes_on().is_ok() {
        holding.the_rest();
    }
    if let Some(error) = holding.wire.failed() {
        return Err(error.into());
    }
    ledger.finish()?;
    Ok(held)
}

/// What a step looks for.
struct Wanted<'w> {
    name: &'w str,
    from: Role,
    to: Role,
    expect: &'w Expect,
    captures: &'w [Capture],
    /// What the scenario answers to it.
    staged: Option<&'w Reply>,
    /// What else must hold of the request: what the scenario has it say, or by
    /// which it is chosen.
    which: Vec<Assertion>,
}

fn of_text(test: &Text) -> Assertion {
    Assertion {
        test: test.clone(),
        says: None,
    }
}

/// A scenario while traffic is held against it.
pub(super) struct Holding<'s> {
    pub(super) stage: &'s Stage,
    pub(super) scenario: &'s Scenario,
    looks: &'s [Look<'s>],
    /// Who can say what the traffic does not show.
    pub(super) witness: &'s Witness,
    /// What was asked and not answered.
    pub(super) open: Vec<Asked>,
    /// The recording has messages of the kinds that the scenario is about.
    is_spoken_of: bool,
    pub(super) ledger: &'s Ledger,
    wire: Wire,
    /// The values that the script can name so far.
    pub(super) known: BTreeMap<String, Value>,
    /// The numbers in the evidence of the exchanges that stand there.
    numbers: BTreeMap<usize, u32>,
    /// The exchanges that a step is about.
    shown: BTreeSet<usize>,
    /// From whom to whom each message that was shown goes, by its name.
    ways: BTreeMap<String, (Role, Role)>,
    /// From which exchange on the next step is looked for.
    pub(super) next: usize,
    /// The message that the last step is about.
    last: Option<(usize, bool)>,
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
                    ended.not_recorded("recording-value", 0);
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
            Action::Probe(_) => ended.not_recorded("recording-step", 0),
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
            ended.not_recorded("recording-value", 0);
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
            None => ended.not_recorded("recording-step", 0),
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
            ended.not_recorded("recording-value", 0);
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

    fn receive(&mut self, ended: &Ended<'_>, receive: &Receive) {
        let subject = self.scenario.subject;
        let is_theirs = receive.from.is_none_or(|from| from == subject) && receive.role != subject;
        let name = receive.message.as_ref().map(|name| &*name.value);
        let (Some(name), true, false) = (name, is_theirs, receive.absent) else {
            ended.not_recorded("recording-step", 0);
            return;
        };
        let wanted = Wanted {
            name,
            from: subject,
            to: receive.role,
            expect: &receive.expect,
            captures: &receive.capture,
            staged: Some(&receive.answer),
            which: receive.which.iter().map(of_text).collect(),
        };
        self.judge(ended, &wanted);
    }

    fn send(&mut self, ended: &Ended<'_>, send: &Send) {
        let message = &send.message;
        let plain = is_right(message)
            && send.rest.is_none()
            && send.tls_identity.is_none()
            && send.school.is_none()
            && send.url.is_none();
        let to_subject = send.to == self.scenario.subject;
        let (Content::Message(name), true, Some(edited)) =
            (&message.content, plain && to_subject, as_edited(message))
        else {
            ended.not_recorded("recording-step", 0);
            return;
        };
        let wanted = Wanted {
            name: &name.value,
            from: send.from,
            to: send.to,
            expect: &send.expect,
            captures: &send.capture,
            staged: None,
            which: edited,
        };
        self.judge(ended, &wanted);
    }

    /// Finds the message that a step is about, and judges it. What the step
    /// expects beside a clean message says which one that is: another message
    /// of the same name is about something else.
    fn judge(&mut self, ended: &Ended<'_>, wanted: &Wanted<'_>) {
        // The party under test made the request, or the answer to it.
        let response = wanted.to == self.scenario.subject;
        let Wanted { name, from, to, .. } = *wanted;
        let expect = wanted.expect;
        let named = |index: &usize| self.looks[*index].is(name, from, to);
        let named: Vec<usize> = (0..self.looks.len()).filter(named).collect();
        self.is_spoken_of |= !named.is_empty();
        let request = Expect {
            assertions: wanted.which.clone(),
            ..Expect::nothing(ended.step.at)
        };
        let all = named.iter().copied().filter(|&index| {
            index >= self.next
                && (wanted.which.is_empty() || self.is_it(index, false, &request))
                && !self.shown.contains(&index)
                && self.is_it(index, response, expect)
        });
        let all: Vec<usize> = all.collect();
        // Another answer than that of the scenario leads to something else.
        let staged = |index: &usize| {
            let reply = wanted.staged;
            reply.is_none_or(|reply| self.answers(*index, reply))
        };
        let as_staged = all.iter().copied().find(staged);
        let Some(index) = as_staged.or(all.first().copied()) else {
            ended.not_recorded("recording-message", named.len());
            return;
        };
        self.ways.insert(name.to_string(), (from, to));
        let look = &self.looks[index];
        // It was compared just now.
        let Some(side) = look.side(response) else {
            return;
        };
        self.shown.insert(index);
        self.next = index + 1;
        let exchange = self.number(index);
        let seen = Seen {
            exchange: Some(exchange),
            ..side.seen.clone()
        };
        let mut values = self.values(index);
        ended.judged(expect, &mut values, &seen, &side.observed);
        self.known = values.known();
        self.last = Some((index, response));
        if !self.capture(wanted.captures, self.last) {
            ended.not_recorded("recording-value", 0);
        }
        if !seen.shows_connection() {
            ended.not_recorded("recording-connection", 0);
        }
        if as_staged.is_none() {
            ended.not_recorded("recording-answer", 0);
        }
    }

    /// Whether the answer in the recording is the one that the scenario gives
    /// there, as far as that can be seen.
    fn answers(&self, index: usize, reply: &Reply) -> bool {
        let passed = self.looks[index].passed;
        match reply {
            Reply::Register => true,
            Reply::Message { message, status } => {
                let Content::Message(name) = &message.content else {
                    return false;
                };
                let side = self.looks[index].side(true);
                let outcome = side.and_then(|side| side.observed.outcome.as_ref());
                let known = outcome.and_then(|outcome| outcome.judged.message.as_ref());
                let is_named = known.is_some_and(|known| *known.name == *name.value);
                let (Some(assertions), Some(finding)) = (as_edited(message), broken_by(message))
                else {
                    return false;
                };
                let expect = Expect {
                    status: Some(one_status(name.at, status.unwrap_or(200))),
                    assertions,
                    finding,
                    ..Expect::nothing(name.at)
                };
                is_named && self.is_it(index, true, &expect)
            }
            Reply::Fault { code, .. } => {
                let resolved = self.values(index).text(code);
                let at = code.at;
                resolved.is_ok_and(|code| {
                    let code = FaultExpectation::Code(code.into());
                    let expect = Expect {
                        fault: Some(Placed { value: code, at }),
                        ..Expect::nothing(at)
                    };
                    self.is_it(index, true, &expect)
                })
            }
            Reply::Status { status, body, .. } => {
                let answered = match &passed.response {
                    Some(Ok(response)) => response,
                    _ => return false,
                };
                let http = answered.http.as_ref();
                let is_status = http.and_then(|http| http.status()) == Some(*status);
                let body = body.as_ref().map(|body| self.values(index).text(body));
                let is_body = body
                    .is_none_or(|body| body.is_ok_and(|body| *answered.body == *body.as_bytes()));
                is_status && is_body
            }
            Reply::Delay { by, then } => passed.took >= *by && self.answers(index, then),
            Reply::Silent | Reply::BrokenAfter(_) | Reply::Raw(_) => {
                matches!(passed.response, Some(Err(_)))
            }
        }
    }

    /// Whether everything holds by which a step knows its message.
    fn is_it(&self, index: usize, response: bool, expect: &Expect) -> bool {
        let Some(side) = self.looks[index].side(response) else {
            return false;
        };
        let marks = Expect {
            clean: None,
            tls_versions: None,
            within: None,
            ..expect.clone()
        };
        let outcome = side.observed.outcome.as_ref();
        let got = Got {
            arrival: side.seen.message.as_deref().map_err(|problem| *problem),
            judged: outcome.map(|outcome| &outcome.judged),
            took: side.seen.took,
            confirmed: None,
        };
        let facts = side.observed.facts.at(side.seen.at);
        let judged = judge(&marks, &got, &mut self.values(index), &facts);
        judged.iter().all(|one| one.verdict == Verdict::Pass)
    }

    /// Takes values from a message. Whether all of them are there.
    fn capture(&mut self, captures: &[Capture], from: Option<(usize, bool)>) -> bool {
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
    fn number(&mut self, index: usize) -> u32 {
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

    /// What is wrong with further messages of the kinds that the scenario is
    /// about: one right message among wrong ones shows nothing.
    fn the_rest(&mut self) {
        for index in 0..self.looks.len() {
            let look = &self.looks[index];
            let way = look.name.as_ref().and_then(|name| self.ways.get(name));
            let Some(&(from, to)) = way.filter(|_| !self.shown.contains(&index)) else {
                continue;
            };
            let name = look.name.as_deref().unwrap_or_default();
            if !look.is(name, from, to) {
                continue;
            }
            let answers = to == self.scenario.subject;
            let Some(side) = look.side(answers).filter(|side| side.is_broken()) else {
                continue;
            };
            let exchange = self.number(index);
            let seen = Seen {
                exchange: Some(exchange),
                ..side.seen.clone()
            };
            let name = look
                .passed
                .request
                .as_ref()
                .map_or_else(String::new, |request| name_of(request));
            let mut values = self.values(index);
            self.ledger.rest(&name, &mut values, &seen, &side.observed);
        }
    }
}
