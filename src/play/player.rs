//! Plays one scenario.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::SignedDuration;
use serde_json::Value;

use super::actor::ByPerson;
use super::cast::Cast;
use super::ledger::{Ledger, StepReport};
use super::observe::{Observed, Seen};
use super::probing;
use super::speak::{self, Unspeakable};
use super::wire::{Heard, Reply as WireReply, name_of};
use crate::counterpart::las::{MadeUp, made_up};
use crate::counterpart::trigger::{Outcome, Status, Trigger as TriggerCall};
use crate::document::Spot;
use crate::scenario::{
    Act, Action, Advance, Capture, Expect, Extract, Include, Over, Probe, Receive, Repeat, Reply,
    Role, Scenario, Send, Step, Trigger, ValueError, Values,
};
use crate::transport::Answer;

/// Why a scenario does not go on.
pub(super) struct Stop;

/// One line of steps: the scenario's own, or that of a parallel branch.
struct Line {
    values: Values,
    /// What was received last, for `capture`.
    last: Option<Seen>,
    /// Where the steps stand: `3.2.`.
    prefix: String,
}

/// The made-up pupils of a scenario, as its script can name them.
pub(super) fn pupils(scenario: &Scenario) -> Vec<Value> {
    let pupils = made_up(scenario.pupils);
    pupils.iter().map(MadeUp::value).collect()
}

/// Plays the steps of a scenario with a cast, and writes down what comes of
/// them.
pub(super) struct Player<'s> {
    scenario: &'s Scenario,
    cast: &'s Cast,
    ledger: &'s Arc<Ledger>,
    /// Actions of the LAS that go on while the scenario does.
    acting: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl<'s> Player<'s> {
    pub(super) fn new(scenario: &'s Scenario, cast: &'s Cast, ledger: &'s Arc<Ledger>) -> Self {
        Self {
            scenario,
            cast,
            ledger,
            acting: Mutex::default(),
        }
    }

    /// Plays all steps. What came of them stands in the ledger.
    pub(super) fn play(&self, mut values: Values) {
        if let Err(error) = values.define(&self.scenario.data) {
            self.ledger.data_at_fault(self.scenario, &error.into());
            return;
        }
        let mut line = Line {
            values,
            last: None,
            prefix: String::new(),
        };
        // Why the scenario stopped stands in the ledger already.
        let _ = self.steps(&mut line, &self.scenario.steps);
        self.cast.wire.release();
        for acting in std::mem::take(&mut *self.acting()) {
            // What an action came to, its thread wrote down itself.
            let _ = acting.join();
        }
        self.judge_the_rest(&mut line.values);
    }

    /// Judges what the party under test made and no step looked at: a message
    /// must be right whether or not a script waits for it.
    fn judge_the_rest(&self, values: &mut Values) {
        let subject = self.scenario.subject;
        for heard in self.cast.wire.all() {
            let asked = heard.from == subject;
            let claimed = if asked {
                heard.claimed
            } else {
                heard.answer_claimed
            };
            if claimed || !(asked || heard.to == subject) {
                continue;
            }
            let message = if asked {
                Ok(Arc::clone(&heard.request))
            } else {
                // An answer that a step did not wait for may fail to come.
                let Some(response) = heard.response.clone() else {
                    continue;
                };
                Ok(response)
            };
            let seen = Seen {
                exchange: Some(heard.number),
                response: !asked,
                message,
                took: heard.took,
                at: heard.at,
                of_subject: true,
                connection_unknown: asked && self.connection_unknown(&heard),
                confirmed: None,
            };
            let observed = Observed::of(&self.cast.stage, Some(self.scenario.subject), &seen);
            self.ledger
                .rest(&name_of(&heard.request), values, &seen, &observed);
        }
    }

    /// Whether nothing is known of the connection of a request.
    fn connection_unknown(&self, heard: &Heard) -> bool {
        self.cast.ends_at_proxy(heard.to) || heard.has_no_connection()
    }

    fn acting(&self) -> MutexGuard<'_, Vec<std::thread::JoinHandle<()>>> {
        self.acting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steps(&self, line: &mut Line, steps: &'s [Step]) -> Result<(), Stop> {
        let prefix = line.prefix.clone();
        for (index, step) in steps.iter().enumerate() {
            if self.ledger.is_interrupted() {
                return Err(Stop);
            }
            let number = format!("{prefix}{}", index + 1);
            if let Some(undeclared) = self.cast.undeclared(self.scenario, step) {
                self.ledger.left_out(step, &number, undeclared);
                continue;
            }
            self.step(line, step, &number)?;
        }
        Ok(())
    }

    fn step(&self, line: &mut Line, step: &'s Step, number: &str) -> Result<(), Stop> {
        match &step.action {
            Action::Send(send) => self.send(line, step, number, send),
            Action::Receive(receive) => self.receive(line, step, number, receive),
            Action::Trigger(trigger) => self.trigger(line, step, number, trigger),
            Action::Act(act) => self.act(line, step, number, act),
            Action::Capture(captures) => self.capture_last(line, step, number, captures),
            Action::Advance(advance) => self.advance(step, number, advance),
            Action::Wait(time) => {
                // The script asks for real time to pass.
                self.cast.wire.wait_for(*time, |_| None::<()>);
                if self.ledger.is_interrupted() {
                    return Err(Stop);
                }
                self.ledger.done(step, number);
                Ok(())
            }
            Action::Repeat(repeat) => self.repeat(line, step, number, repeat),
            Action::Parallel(branches) => self.parallel(line, number, branches),
            Action::Include(include) => self.include(line, step, number, include),
            Action::Note(_) => {
                self.ledger.done(step, number);
                Ok(())
            }
            Action::Probe(probe) => self.probe(step, number, probe),
        }
    }

    fn stopped(&self, step: &Step, number: &str, error: Unspeakable) -> Stop {
        self.ledger.script_at_fault(step, number, &error);
        Stop
    }

    // --- Messages ------------------------------------------------------------

    fn send(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        send: &'s Send,
    ) -> Result<(), Stop> {
        let request = speak::request(self.cast, &mut line.values, send, step.at)
            .map_err(|error| self.stopped(step, number, error))?;
        let from = self.cast.party(send.from);
        let began = Instant::now();
        let (heard, sent) = match &send.tls_identity {
            None => from.caller.call(&request),
            Some(identity) => {
                let client = self
                    .cast
                    .client_as(identity, step.at)
                    .map_err(|error| self.stopped(step, number, error))?;
                from.caller.call_with(&client, &request)
            }
        };
        if let Some(heard) = heard {
            self.cast.wire.claim_answer(heard);
        }
        let seen = Seen {
            exchange: heard,
            response: true,
            message: sent.clone().map(Arc::new).map_err(|error| error.problem),
            took: began.elapsed(),
            at: self.cast.clock.now(),
            of_subject: send.to == self.scenario.subject,
            connection_unknown: false,
            confirmed: None,
        };
        let whole = self.judge(line, step, number, &send.expect, seen.clone());
        line.last = Some(seen);
        self.capture(line, step, number, &send.capture)?;
        if whole.goes_on { Ok(()) } else { Err(Stop) }
    }

    fn receive(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        receive: &'s Receive,
    ) -> Result<(), Stop> {
        let wanted = receive.message.as_ref().map(|message| &*message.value);
        let which = receive.which.as_ref();
        let which = which
            .map(|which| line.values.xpath(which))
            .transpose()
            .map_err(|error| self.stopped(step, number, error.into()))?;
        let facts = &self.cast.judges().bench().facts;
        let matches = |heard: &Heard| {
            !heard.claimed
                && heard.to == receive.role
                && receive.from.is_none_or(|from| heard.from == from)
                && wanted.is_none_or(|name| self.cast.is_message(&heard.request, name))
                && which.as_deref().is_none_or(|test| {
                    crate::scenario::is_so(test, &heard.request, &facts.at(heard.at))
                })
        };
        let began = Instant::now();
        let script = self.scenario.parties.of(receive.role) == crate::scenario::Conduct::Script;
        let within = self.cast.wait(receive.within);
        let found = self.cast.wire.wait_for(within, |heard| {
            heard
                .iter()
                .find(|heard| matches(heard))
                .map(|heard| heard.number)
        });
        if receive.absent {
            let came = found.and_then(|found| self.cast.wire.heard(found));
            self.ledger
                .unasked(step, number, receive.role, came.as_ref());
            return Ok(());
        }
        let Some(found) = found else {
            if self.ledger.is_interrupted() {
                return Err(Stop);
            }
            let others = self.cast.unclaimed_at(receive.role);
            self.ledger.never_came(step, number, receive, &others);
            return Err(Stop);
        };
        self.cast.wire.claim(found);
        let Some(heard) = self.cast.wire.heard(found) else {
            return Err(Stop);
        };
        if script {
            let reply = self
                .reply(line, &receive.answer, receive.role, &heard, step.at)
                .map_err(|error| self.stopped(step, number, error))?;
            self.cast.wire.reply(found, reply);
        }
        let seen = Seen {
            exchange: Some(found),
            response: false,
            message: Ok(Arc::clone(&heard.request)),
            took: began.elapsed(),
            at: heard.at,
            of_subject: heard.from == self.scenario.subject,
            connection_unknown: self.connection_unknown(&heard),
            confirmed: None,
        };
        let whole = self.judge(line, step, number, &receive.expect, seen.clone());
        line.last = Some(seen);
        self.capture(line, step, number, &receive.capture)?;
        if whole.goes_on { Ok(()) } else { Err(Stop) }
    }

    fn reply(
        &self,
        line: &mut Line,
        reply: &Reply,
        role: Role,
        heard: &Heard,
        at: Spot,
    ) -> Result<WireReply, Unspeakable> {
        let values = &mut line.values;
        Ok(match reply {
            Reply::Register => WireReply::Register,
            Reply::Message { message, status } => WireReply::Answer(speak::answer(
                self.cast,
                values,
                message,
                *status,
                role,
                &heard.request,
                at,
            )?),
            Reply::Fault { code, text } => {
                WireReply::Answer(speak::fault(&values.text(code)?, &values.text(text)?))
            }
            Reply::Status {
                status,
                headers,
                body,
            } => {
                let mut response = crate::transport::Response::empty(*status);
                for (name, value) in headers {
                    let value = values.text(value)?;
                    response.headers.push((name.to_string(), value));
                }
                if let Some(body) = body {
                    response.body = values.text(body)?.into_bytes().into();
                }
                WireReply::Answer(response.into())
            }
            Reply::Delay { by, then } => {
                let then = self.reply(line, then, role, heard, at)?;
                WireReply::Delay(*by, Box::new(then))
            }
            Reply::Silent => WireReply::Answer(Answer::Silent),
            Reply::BrokenAfter(bytes) => WireReply::BrokenAfter(*bytes),
            Reply::Raw(text) => WireReply::Answer(speak::raw(values.text(text)?)),
        })
    }

    /// Judges what a step saw against what it expects, and writes it down.
    fn judge(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        expect: &'s Expect,
        seen: Seen,
    ) -> StepReport {
        let observed = Observed::of(&self.cast.stage, Some(self.scenario.subject), &seen);
        self.ledger
            .judged(step, number, expect, &mut line.values, &seen, &observed)
    }

    // --- Acting --------------------------------------------------------------

    fn trigger(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        trigger: &'s Trigger,
    ) -> Result<(), Stop> {
        let mut call = TriggerCall::new(
            trigger.action.value,
            self.with(line, step, number, &trigger.with)?,
        );
        call.scenario = Some(self.scenario.id.to_string());
        call.now = Some(self.cast.clock.now());
        let (actor, ledger) = (self.cast.actor(), Arc::clone(self.ledger));
        let expected = trigger.expect_status;
        if !trigger.wait {
            let (step, number) = (step.clone(), number.to_string());
            let thread = std::thread::spawn(move || {
                let outcome = actor.trigger(&call);
                ledger.triggered(&step, &number, expected, &call.action, &outcome);
            });
            self.acting().push(thread);
            return Ok(());
        }
        let began = Instant::now();
        let outcome = actor.trigger(&call);
        let went = ledger.triggered(step, number, expected, &call.action, &outcome);
        // What was not tried has nothing to show.
        let tried = outcome.ok().filter(|one| one.status != Status::Unsupported);
        let Some(mut outcome) = tried else {
            return Err(Stop);
        };
        let confirmed = match actor.person().filter(|_| went) {
            None => None,
            Some(person) => {
                let said = self
                    .asked(line, person, trigger, &mut outcome)
                    .map_err(|error| self.stopped(step, number, error.into()))?;
                Some(said)
            }
        };
        let seen = Seen {
            exchange: None,
            response: true,
            message: Ok(Arc::new(crate::exchange::Exchange::bare(
                Value::Object(outcome.data).to_string().into_bytes(),
            ))),
            took: began.elapsed(),
            at: self.cast.clock.now(),
            of_subject: false,
            connection_unknown: false,
            confirmed,
        };
        let whole = self.judge(line, step, number, &trigger.expect, seen.clone());
        line.last = Some(seen);
        self.capture(line, step, number, &trigger.capture)?;
        if went && whole.goes_on {
            Ok(())
        } else {
            Err(Stop)
        }
    }

    /// What a person who operates the LAS says of what it shows: of each
    /// expectation whether it holds. Values that the scenario needs go into the
    /// data of the outcome, as a LAS would give them.
    fn asked(
        &self,
        line: &mut Line,
        person: &ByPerson,
        trigger: &Trigger,
        outcome: &mut Outcome,
    ) -> Result<Vec<Option<bool>>, ValueError> {
        let mut said = Vec::new();
        for json in &trigger.expect.json {
            let wanted = json.must.wanted(&mut line.values)?;
            said.push(person.shows(&json.path.to_string(), &wanted));
        }
        for capture in &trigger.capture {
            let Extract::JsonPath(path) = &capture.from else {
                continue;
            };
            let path = path.to_string();
            let member = path.strip_prefix("$.").unwrap_or(&path);
            if let Some(value) = person.value(member) {
                outcome
                    .data
                    .insert(member.to_string(), Value::String(value));
            }
        }
        Ok(said)
    }

    fn with(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        with: &'s [(Arc<str>, crate::scenario::Given)],
    ) -> Result<serde_json::Map<String, Value>, Stop> {
        with.iter()
            .map(|(name, given)| Ok((name.to_string(), line.values.resolve(given)?)))
            .collect::<Result<_, ValueError>>()
            .map_err(|error| self.stopped(step, number, error.into()))
    }

    fn act(&self, line: &mut Line, step: &'s Step, number: &str, act: &'s Act) -> Result<(), Stop> {
        let with = self.with(line, step, number, &act.with)?;
        match self.cast.act(act.party, &act.what, &with) {
            Ok(()) => {
                self.ledger.done(step, number);
                Ok(())
            }
            Err(error) => Err(self.stopped(step, number, error)),
        }
    }

    fn probe(&self, step: &'s Step, number: &str, probe: &'s Probe) -> Result<(), Stop> {
        let probed = probing::probed(self.cast, probe.party);
        for heard in self.cast.wire.all() {
            // What a party answers to an attempt is no message of the scenario.
            if heard.to == probe.party && name_of(&heard.request) == probing::ATTEMPT {
                self.cast.wire.claim_answer(heard.number);
            }
        }
        for kind in &probe.tries {
            let result = probing::of(probed.as_ref(), kind.value);
            self.ledger
                .probed(step, number, probe.party, kind.value, result);
        }
        Ok(())
    }

    // --- Values and time -----------------------------------------------------

    fn capture_last(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        captures: &'s [Capture],
    ) -> Result<(), Stop> {
        self.capture(line, step, number, captures)?;
        self.ledger.done(step, number);
        Ok(())
    }

    fn capture(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        captures: &'s [Capture],
    ) -> Result<(), Stop> {
        for one in captures {
            let message = line
                .last
                .as_ref()
                .and_then(|seen| seen.message.as_ref().ok());
            let Some(message) = message.map(Arc::clone) else {
                // What did not come is a finding already.
                return Err(Stop);
            };
            let facts = &self.cast.judges().bench().facts;
            let taken = crate::scenario::capture(one, &message, &mut line.values, facts);
            if let Err(finding) = taken {
                self.ledger.found(step, number, *finding);
                return Err(Stop);
            }
        }
        Ok(())
    }

    fn advance(&self, step: &'s Step, number: &str, advance: &Advance) -> Result<(), Stop> {
        let now = self.cast.clock.now();
        let by = match advance {
            Advance::By(by) => SignedDuration::try_from(*by).ok(),
            Advance::To(moment) => Some(moment.on(self.cast.today).duration_since(now)),
        };
        match by.ok_or("clock-back").and_then(|by| self.cast.advance(by)) {
            Ok(()) => {
                self.ledger.done(step, number);
                Ok(())
            }
            Err(reason) => Err(self.stopped(step, number, Unspeakable::new(step.at, reason, ""))),
        }
    }

    // --- Steps within steps --------------------------------------------------

    fn repeat(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        repeat: &'s Repeat,
    ) -> Result<(), Stop> {
        let items: Vec<Value> = match &repeat.over {
            Over::Times(times) => (1..=*times).map(Value::from).collect(),
            Over::Items(given) => match line.values.resolve(given) {
                Ok(Value::Array(items)) => items,
                Ok(_) => {
                    let error = Unspeakable::new(given.at, "repeat-no-list", "");
                    return Err(self.stopped(step, number, error));
                }
                Err(error) => return Err(self.stopped(step, number, error.into())),
            },
            Over::Pupils => pupils(self.scenario),
        };
        let prefix = line.prefix.clone();
        for (turn, item) in items.into_iter().enumerate() {
            let name = repeat.name.as_ref().map(|name| (name.to_string(), item));
            line.values.enter(name);
            line.prefix = format!("{number}.{}.", turn + 1);
            let played = self.steps(line, &repeat.steps);
            line.values.leave();
            line.prefix.clone_from(&prefix);
            played?;
        }
        Ok(())
    }

    fn include(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        include: &'s Include,
    ) -> Result<(), Stop> {
        let with = self.with(line, step, number, &include.with)?;
        let prefix = std::mem::replace(&mut line.prefix, format!("{number}."));
        line.values.enter(with);
        let played = self.steps(line, &include.steps);
        line.values.leave();
        line.prefix = prefix;
        played
    }

    fn parallel(
        &self,
        line: &mut Line,
        number: &str,
        branches: &'s [Vec<Step>],
    ) -> Result<(), Stop> {
        let ends: Vec<(Values, Result<(), Stop>)> = std::thread::scope(|scope| {
            let playing: Vec<_> = branches
                .iter()
                .enumerate()
                .map(|(index, steps)| {
                    let mut branch = Line {
                        values: line.values.branch(index),
                        last: None,
                        prefix: format!("{number}.{}.", index + 1),
                    };
                    scope.spawn(move || {
                        let end = self.steps(&mut branch, steps);
                        (branch.values, end)
                    })
                })
                .collect();
            playing
                .into_iter()
                .map(|playing| {
                    playing
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        });
        let mut whole = Ok(());
        for (values, end) in ends {
            line.values.join(values);
            whole = whole.and(end);
        }
        whole
    }
}
