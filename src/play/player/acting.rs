//! Steps that make somebody act: the LAS, a third person, an attempt at a
//! server.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::{Line, Player};
use crate::counterpart::trigger::{Action, Outcome, Status, Trigger as TriggerCall};
use crate::play::actor::{ByPerson, TriggerTrouble};
use crate::play::clocks::ClockFault;
use crate::play::in_vain::InVain;
use crate::play::ledger::Stop;
use crate::play::observe::Seen;
use crate::play::probing;
use crate::play::tested::{Tested, WhyNot};
use crate::play::wire::name_of;
use crate::scenario::{Act, Extract, Given, Probe, Role, Step, Trigger, ValueError};

impl<'s> Player<'s> {
    pub(super) fn trigger(
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
        if let Some(url) = call.with.get("url").and_then(Value::as_str) {
            self.given().insert(url.to_string());
        }
        call.scenario = Some(self.scenario.id.to_string());
        call.now = Some(self.cast.clock.now());
        let (actor, ledger) = (self.cast.actor(), Arc::clone(self.ledger));
        let expected = trigger.expect_status;
        if !trigger.wait {
            let (step, number) = (step.clone(), number.to_string());
            let wire = Arc::clone(&self.cast.wire);
            let tested = self.cast.stage.tested.clone();
            let heard = wire.acts();
            let thread = std::thread::spawn(move || {
                let outcome = actor.trigger(&call);
                if let Ok(ended) = ledger.ended(&step, &number) {
                    match other_clock(tested.as_deref(), &outcome) {
                        Some(fault) => ended.clock_at_fault(&fault),
                        None => {
                            ended.triggered(expected, &call.action, actor.url(), &outcome);
                        }
                    }
                }
                wire.acted(heard, in_vain(&call, &number, expected, &outcome));
            });
            self.acting().push(thread);
            return Ok(());
        }
        let began = Instant::now();
        let heard = self.cast.wire.acts();
        let mut outcome = actor.trigger(&call);
        let brought_nothing = in_vain(&call, number, expected, &outcome);
        self.cast.wire.acted(heard, brought_nothing);
        ledger.goes_on()?;
        let unsupported = is_unsupported(&outcome);
        if trigger.action.value == Action::Herstart && unsupported {
            // No key needs it, and not every LAS can be started by a program.
            let why = self.cast.stage.weighed(WhyNot::no_restart(), self.scenario);
            ledger.not_played(why);
            return Err(Stop);
        }
        let person = actor.person();
        let confirmed = match (&mut outcome, person) {
            (Ok(outcome), Some(person)) if outcome.status == expected => {
                let said = self.asked(line, person, trigger, outcome);
                Some(said.map_err(|error| self.stopped(step, number, error.into()))?)
            }
            _ => None,
        };
        let ended = ledger.ended(step, number)?;
        if let Some(fault) = other_clock(self.cast.stage.tested.as_deref(), &outcome) {
            ended.clock_at_fault(&fault);
            return Err(Stop);
        }
        let went = ended.triggered(expected, &call.action, actor.url(), &outcome);
        // What was not tried has nothing to show.
        let Some(outcome) = outcome.ok().filter(|_| !unsupported) else {
            return Err(Stop);
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
        let goes_on = self.judge(line, &ended, &trigger.expect, &seen);
        if self.ledger.has_failed() && trigger.action.value == Action::VraagMandaatOp {
            self.ledger.note_missed(|missed| {
                missed.unasked.insert(Role::Osr);
            });
        }
        line.last = Some(seen);
        self.capture(line, &ended, &trigger.capture)?;
        if went && goes_on { Ok(()) } else { Err(Stop) }
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
            let path = line.values.json_path(&json.path)?;
            said.push(person.shows(&path, &wanted));
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

    pub(super) fn with(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        with: &'s [(Arc<str>, Given)],
    ) -> Result<serde_json::Map<String, Value>, Stop> {
        with.iter()
            .map(|(name, given)| Ok((name.to_string(), line.values.resolve(given)?)))
            .collect::<Result<_, ValueError>>()
            .map_err(|error| self.stopped(step, number, error.into()))
    }

    pub(super) fn act(
        &self,
        line: &mut Line,
        step: &'s Step,
        number: &str,
        act: &'s Act,
    ) -> Result<(), Stop> {
        let with = self.with(line, step, number, &act.with)?;
        match self.cast.act(act.party, &act.what, &with) {
            Ok(()) => self.done(step, number),
            Err(error) => Err(self.stopped(step, number, error)),
        }
    }

    pub(super) fn probe(&self, step: &'s Step, number: &str, probe: &'s Probe) -> Result<(), Stop> {
        let probed = probing::probed(self.cast, probe.party);
        let ended = self.ledger.ended(step, number)?;
        for heard in self.cast.wire.all() {
            // What a party answers to an attempt is no message of the scenario.
            if heard.to == probe.party && probing::is_attempt(&name_of(&heard.request)) {
                self.cast.wire.claim(heard.number);
                self.cast.wire.claim_answer(heard.number);
            }
        }
        let stage = &self.cast.stage;
        let whose = (stage.whose(probe.party), stage.profile);
        for kind in &probe.tries {
            let result = probing::of(probed.as_ref(), whose, kind.value);
            ended.probed(probe.party, kind.value, result);
        }
        Ok(())
    }
}

/// The clock of the target file, where an action shows that the LAS goes by
/// another.
fn other_clock(
    tested: Option<&Tested>,
    outcome: &Result<Outcome, TriggerTrouble>,
) -> Option<ClockFault> {
    tested?.other_clock(outcome.as_ref().ok()?)
}

/// Whether the LAS has no such action.
fn is_unsupported(outcome: &Result<Outcome, TriggerTrouble>) -> bool {
    match outcome {
        Ok(outcome) => outcome.status == Status::Unsupported,
        Err(trouble) => *trouble == TriggerTrouble::Unsupported,
    }
}

/// An action that ended otherwise than it had to, or failed as it had to: no
/// message comes of it any more.
fn in_vain(
    call: &TriggerCall,
    step: &str,
    expected: Status,
    outcome: &Result<Outcome, TriggerTrouble>,
) -> Option<InVain> {
    let status = outcome.as_ref().ok().map(|outcome| outcome.status);
    let as_expected = status == Some(expected);
    let is_over = match status {
        Some(Status::Done) => false,
        Some(Status::Failed) => true,
        _ => !as_expected,
    };
    is_over.then(|| InVain {
        step: step.to_string(),
        action: call.action.clone(),
        as_expected,
    })
}
