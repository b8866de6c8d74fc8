//! What a person says of a step that recorded traffic does not show.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::answers::Other;
use super::askable::{is_about_outcome, is_approved, is_asked, values_of};
use super::decisive::Decisive;
use super::ended::Ended;
use super::look::Side;
use super::observe::{Observed, Seen};
use super::questions::{Asked, Said};
use super::recorded::Holding;
use super::recorded_answer::Word;
use super::recorded_deed::{Deed, numbers_of};
use crate::counterpart::trigger::{Outcome, Status};
use crate::exchange::Exchange;
use crate::finding::{Args, DataClass, MessageValue};
use crate::scenario::{Act, Action, LasAction, Trigger, capture};

impl Holding<'_> {
    /// What a LAS says of an action is seen on no wire; that it was made to act
    /// is seen by what it sends. A person may have seen what it said.
    pub(super) fn trigger(&mut self, ended: &Ended<'_>, trigger: &Trigger) {
        // What only shows something sends nothing.
        if trigger.action.value != LasAction::Toon {
            self.approves = trigger.wait.then(|| is_approved(trigger));
        }
        let with = self.resolved(&trigger.with);
        let deed = self.deed(trigger, with.as_ref());
        let tells = deed.is_some();
        self.deeds.extend(deed);
        if !is_asked(trigger) {
            ended.done();
            return;
        }
        let outcome = is_about_outcome(trigger);
        let mut values = self.values(self.next);
        let shows = trigger.expect.json.iter().map(|json| {
            let wanted = json.must.wanted(&mut values).ok()?;
            Some((values.json_path(&json.path).ok()?, wanted))
        });
        let shows: Option<Vec<_>> = shows.collect();
        let Some((shows, with)) = shows.zip(with) else {
            ended.not_recorded("recording-value");
            return;
        };
        self.words.extend(Word::of(ended, trigger, &with));
        let asked = Asked {
            scenario: Arc::clone(&self.scenario.id),
            step: ended.number.to_string(),
            action: trigger.action.value.name().to_string(),
            with: with.clone(),
            outcome,
            shows,
            values: values_of(trigger),
        };
        let Some(said) = self.said(ended, asked) else {
            return;
        };
        // That it was done, what it shows says.
        let became = said.outcome.or((!outcome).then_some(Status::Done));
        let Some(became) = became else {
            ended.not_recorded("recording-said");
            return;
        };
        if tells && let Some(deed) = self.deeds.last_mut() {
            deed.is_said = became == Status::Done;
        }
        let deed = self.deeds.last().filter(|_| tells);
        if let Some((reason, other)) = self.against_recording(trigger, &with, deed, &said) {
            ended.not_recorded_of(reason, other);
            return;
        }
        // What was sent was not refused.
        if let Some(other) = deed.and_then(|deed| self.was_sent(trigger, &with, deed, became)) {
            ended.not_recorded_of("recording-word-sent", other);
            return;
        }
        // A failure that the scenario brings about need not have been brought
        // about here: that the LAS came to something else is no mistake of it.
        if outcome && became != trigger.expect_status {
            ended.not_recorded("recording-brought-about");
            return;
        }
        // Neither is what it shows after another answer than the scenario gives.
        let went = became == trigger.expect_status;
        if self.otherwise && (!went || said.shows.contains(&Some(false))) {
            ended.not_recorded("recording-otherwise");
            return;
        }
        if !went {
            let at = self.moment(self.next);
            ended.said_otherwise(trigger, became, &self.values(self.next), at);
            return;
        }
        let action = trigger.action.value.name();
        let became = Ok(Outcome::new(became, ""));
        ended.triggered(trigger.expect_status, action, None, &became);
        self.shown_by(ended, trigger, said);
    }

    /// A message of an action that a person says the LAS refused to do, and the
    /// answer to it. A refusal that the scenario asks for may be of another day
    /// than the message.
    fn was_sent(
        &self,
        trigger: &Trigger,
        with: &Map<String, Value>,
        deed: &Deed,
        became: Status,
    ) -> Option<Args> {
        if became != Status::Refused || trigger.expect_status == Status::Refused {
            return None;
        }
        let sent = self.sent_of(trigger.action.value, &numbers_of(with));
        let index = sent.into_iter().find(|&index| self.shows(index, deed))?;
        let found = self.answered(index, &Decisive::default());
        let args = Args::new().with("nearest", self.at(index));
        Some(args.with("found", MessageValue::said(found, DataClass::Plain)))
    }

    /// What is another in all that the LAS exchanged of the same action about the
    /// same pupil: what the scenario had it deliver, or a value that a person
    /// gives.
    fn against_recording(
        &self,
        trigger: &Trigger,
        with: &Map<String, Value>,
        deed: Option<&Deed>,
        said: &Said,
    ) -> Option<(&'static str, Args)> {
        let sent = self.sent_of(trigger.action.value, &numbers_of(with));
        if said.outcome.is_none_or(|outcome| outcome == Status::Done)
            && let Some((index, other)) = deed.and_then(|deed| self.done_otherwise(&sent, deed))
        {
            let args = other.args().with("nearest", self.at(index));
            return Some(("recording-with", args));
        }
        let other = said.values.iter().find_map(|(name, said)| {
            let said = said.as_str()?;
            let sides = sent.iter().flat_map(|&index| {
                let sides = [true, false].map(|response| (index, response));
                sides.into_iter()
            });
            let found = sides.flat_map(|(index, response)| {
                let content = self.looks[index].side(response).and_then(Side::content);
                let values = content.into_iter().flat_map(|content| content.values(name));
                values.map(move |value| (index, value))
            });
            let found: Vec<(usize, &str)> = found.collect();
            let &(index, other) = found.first()?;
            let is_there = found.iter().any(|(_, value)| *value == said);
            let class = DataClass::of(name, []);
            (!is_there).then(|| {
                Args::new()
                    .with("name", name.as_str())
                    .with("expected", MessageValue::new(said, class))
                    .with("found", MessageValue::new(other, class))
                    .with("nearest", self.at(index))
            })
        });
        other.map(|args| ("recording-value-against", args))
    }

    /// Judges what the LAS showed, as a person says.
    fn shown_by(&mut self, ended: &Ended<'_>, trigger: &Trigger, said: Said) {
        let told = Value::Object(said.values).to_string().into_bytes();
        let at = self.moment(self.next);
        let seen = Seen {
            exchange: None,
            response: true,
            message: Ok(Arc::new(Exchange::bare(told))),
            took: Duration::ZERO,
            at,
            of_subject: false,
            connection_unknown: false,
            confirmed: Some(said.shows),
        };
        let observed = Observed::of(self.stage, Some(self.scenario.subject), &seen);
        let mut values = self.values(self.next);
        ended.judged(&trigger.expect, &mut values, &seen, &observed);
        if let Ok(message) = &seen.message {
            let facts = observed.facts.at(at);
            let mut captures = trigger.capture.iter();
            let all = captures.all(|one| capture(one, message, &mut values, &facts).is_ok());
            self.known = values.known();
            if !all {
                ended.not_recorded("recording-said");
            }
        }
    }

    /// What somebody else did is seen by what comes of it, if at all. A person
    /// may know that it was done.
    pub(super) fn act(&mut self, ended: &Ended<'_>, act: &Act) {
        let asked = self.resolved(&act.with).map(|with| Asked {
            scenario: Arc::clone(&self.scenario.id),
            step: ended.number.to_string(),
            action: act.what.value.to_string(),
            with,
            outcome: true,
            shows: Vec::new(),
            values: Vec::new(),
        });
        let Some(asked) = asked else {
            ended.not_recorded("recording-value");
            return;
        };
        let Some(said) = self.said(ended, asked) else {
            return;
        };
        match said.outcome {
            Some(Status::Done) => {
                self.ledger.note_said();
                ended.done();
            }
            _ => ended.not_recorded("recording-step"),
        }
    }

    /// What a person says of a step; `None` when nothing that counts, and then
    /// that is told. What was not answered is kept for a form.
    fn said(&mut self, ended: &Ended<'_>, asked: Asked) -> Option<Said> {
        let heard = self.witness.say(&asked, !self.otherwise);
        let is_act = matches!(ended.step.action, Action::Act(_));
        if !heard.all {
            self.open.push(asked);
        }
        if let Some(by) = heard.by.as_ref().filter(|_| heard.said.is_something()) {
            self.ledger.note_said_by(by, ended.number);
        }
        match (heard.said.is_something(), heard.other) {
            (true, _) => return Some(heard.said),
            (false, Some(other)) => ended.not_recorded_of(other.reason, other.args()),
            // Of what others do there is something to see, too.
            (false, None) if is_act => ended.not_recorded("recording-step"),
            (false, None) => ended.not_recorded("recording-said"),
        }
        None
    }
}

impl Other {
    /// The same in a finding: what is about a person is masked by its name.
    fn args(self) -> Args {
        let class = DataClass::of(&self.name, []);
        let value = |value: &Value| {
            let text = value.as_str().map_or(value.to_string(), str::to_string);
            MessageValue::new(text, class)
        };
        Args::new()
            .with("expected", value(&self.expected))
            .with("found", value(&self.found))
            .with("name", self.name)
            .with("line", u64::from(self.line))
    }
}
