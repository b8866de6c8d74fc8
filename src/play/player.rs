//! Plays one scenario.

mod acting;
mod messages;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde_json::Value;

use super::cast::{Cast, Unmoved};
use super::ended::Ended;
use super::ledger::{Ledger, Stop};
use super::observe::Seen;
use super::speak::Unspeakable;
use crate::counterpart::las::{MadeUp, made_up};
use crate::scenario::{
    Action, Advance, Capture, Include, Over, Repeat, Role, Scenario, Step, Values,
};

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
    /// Messages of the party under test that were judged at the step that sent
    /// them.
    judged: Mutex<BTreeSet<u32>>,
    /// The addresses that the script has the LAS register.
    given: Mutex<BTreeSet<String>>,
}

impl<'s> Player<'s> {
    pub(super) fn new(scenario: &'s Scenario, cast: &'s Cast, ledger: &'s Arc<Ledger>) -> Self {
        Self {
            scenario,
            cast,
            ledger,
            acting: Mutex::default(),
            judged: Mutex::default(),
            given: Mutex::default(),
        }
    }

    /// Plays all steps. What came of them stands in the ledger.
    pub(super) fn play(&self, mut values: Values) {
        if let Err(error) = values.define(&self.scenario.data) {
            if let Some(first) = self.scenario.steps.first() {
                self.stopped(first, "0", error.into());
            }
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
        if self.ledger.goes_on().is_ok() {
            self.judge_the_rest(&mut line.values);
            self.look_for_memory();
            self.look_for_callers();
            self.look_for_address();
            self.ledger.may_be_left_over();
        }
    }

    /// Says so when nobody called a party of ours from which something was
    /// missed. A DUO of somebody else's learns of a mandate from the OSR alone.
    fn look_for_callers(&self) {
        let of_osr =
            |step: &&Step| matches!(&step.action, Action::Act(act) if act.party == Role::Osr);
        let steps = self.scenario.all_steps();
        let hangs_on_osr = self.scenario.subject == Role::Duo && steps.iter().any(of_osr);
        if hangs_on_osr && self.ledger.has_failed() {
            self.ledger.note_missed(|missed| {
                missed.unasked.insert(Role::Osr);
            });
        }
        if self.cast.stage.tested.is_none() || !self.ledger.has_missed() {
            return;
        }
        self.cast.settle();
        self.ledger.missed_uncalled(|role| self.cast.uncalled(role));
    }

    fn acting(&self) -> MutexGuard<'_, Vec<std::thread::JoinHandle<()>>> {
        self.acting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn given(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judged(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steps(&self, line: &mut Line, steps: &'s [Step]) -> Result<(), Stop> {
        let prefix = line.prefix.clone();
        for (index, step) in steps.iter().enumerate() {
            self.ledger.goes_on()?;
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
                self.done(step, number)
            }
            Action::Repeat(repeat) => self.repeat(line, step, number, repeat),
            Action::Parallel(branches) => self.parallel(line, number, branches),
            Action::Include(include) => self.include(line, step, number, include),
            Action::Note(_) => self.done(step, number),
            Action::Probe(probe) => self.probe(step, number, probe),
        }
    }

    /// A step that nothing is expected of was carried out.
    fn done(&self, step: &Step, number: &str) -> Result<(), Stop> {
        self.ledger.ended(step, number)?.done();
        Ok(())
    }

    /// A step cannot be carried out, which ends the scenario.
    fn stopped(&self, step: &Step, number: &str, error: Unspeakable) -> Stop {
        match self.ledger.ended(step, number) {
            Ok(ended) => at_fault(&ended, error),
            Err(stop) => stop,
        }
    }

    // --- Values and time -----------------------------------------------------

    fn capture_last(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        captures: &'s [Capture],
    ) -> Result<(), Stop> {
        let ended = self.ledger.ended(step, number)?;
        self.capture(line, &ended, captures)?;
        ended.done();
        Ok(())
    }

    fn capture(
        &self,
        line: &mut Line,
        ended: &Ended<'_>,
        captures: &[Capture],
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
                ended.found(*finding);
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
        let by = by.ok_or(Unmoved::Script("clock-back"));
        match by.and_then(|by| self.cast.advance(by)) {
            Ok(()) => self.done(step, number),
            Err(Unmoved::Script(reason)) => {
                Err(self.stopped(step, number, Unspeakable::new(step.at, reason, "")))
            }
            Err(Unmoved::Target(fault)) => {
                self.ledger.ended(step, number)?.clock_at_fault(&fault);
                Err(Stop)
            }
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

/// Writes down that a step cannot be carried out as the script has it.
fn at_fault(ended: &Ended<'_>, error: Unspeakable) -> Stop {
    ended.script_at_fault(&error);
    Stop
}
