//! Which message of recorded traffic a step is about, and what is wrong with
//! the others of its kind.

use serde_json::Value;

use super::as_scripted::as_edited;
use super::decisive::Decisive;
use super::ended::Ended;
use super::observe::Seen;
use super::recorded::Holding;
use super::recorded_deed::About;
use super::recorded_which::{Marks, Twin};
use super::wire::name_of;
use crate::finding::{Args, Verdict};
use crate::scenario::{
    Assertion, Capture, Content, Expect, Got, Judgment, Receive, Reply, Role, Send, Text, Values,
    judge,
};

/// What a step looks for.
pub(super) struct Wanted<'w> {
    pub name: &'w str,
    pub from: Role,
    pub to: Role,
    pub expect: &'w Expect,
    pub captures: &'w [Capture],
    /// What the scenario answers to it.
    pub staged: Option<&'w Reply>,
    /// What else must hold of the request: what the scenario has it say, or by
    /// which it is chosen.
    pub which: Vec<Assertion>,
    /// What is decisive in the request as the scenario makes it.
    pub sent: Option<Decisive>,
}

fn of_text(test: &Text) -> Assertion {
    Assertion {
        test: test.clone(),
        says: None,
    }
}

impl Holding<'_> {
    pub(super) fn receive(&mut self, ended: &Ended<'_>, receive: &Receive) {
        let subject = self.scenario.subject;
        let is_theirs = receive.from.is_none_or(|from| from == subject) && receive.role != subject;
        let name = receive.message.as_ref().map(|name| &*name.value);
        let (Some(name), true, false) = (name, is_theirs, receive.absent) else {
            ended.not_recorded("recording-step");
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
            sent: None,
        };
        self.judge(ended, &wanted);
    }

    pub(super) fn send(&mut self, ended: &Ended<'_>, send: &Send) {
        let message = &send.message;
        let plain = message.is_right()
            && send.rest.is_none()
            && send.tls_identity.is_none()
            && send.school.is_none()
            && send.url.is_none();
        let to_subject = send.to == self.scenario.subject;
        let (Content::Message(name), true, Some(edited)) =
            (&message.content, plain && to_subject, as_edited(message))
        else {
            ended.not_recorded("recording-step");
            return;
        };
        let Some(sent) = self.scripted(self.next, message) else {
            ended.not_recorded("recording-value");
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
            sent: Some(sent),
        };
        self.judge(ended, &wanted);
    }

    /// Finds the message that a step is about, and judges it. What the step
    /// expects of its content says which one that is: another message of the
    /// same name is about something else.
    fn judge(&mut self, ended: &Ended<'_>, wanted: &Wanted<'_>) {
        // The party under test made the request, or the answer to it.
        let response = wanted.to == self.scenario.subject;
        let Wanted { name, from, to, .. } = *wanted;
        let named = |index: &usize| self.looks[*index].is(name, from, to);
        let named: Vec<usize> = (0..self.looks.len()).filter(named).collect();
        let is_stranger = |index: &usize| self.looks[*index].stranger.is_some();
        let (strangers, named): (Vec<usize>, Vec<usize>) = named.into_iter().partition(is_stranger);
        let request = Expect {
            assertions: wanted.which.clone(),
            ..Expect::nothing(ended.step.at)
        };
        let (about, marks) = match response {
            true => (About::default(), Marks::all(wanted.expect)),
            false => (self.about(name), Marks::of(wanted.expect)),
        };
        if let Some(twin) = self.twin(&named, &marks) {
            self.twice(ended, wanted, twin);
            return;
        }
        let all = named.iter().copied().filter(|&index| {
            self.may_be(index, wanted, &request)
                && self.is_about(index, &about)
                && self.is_it(index, response, &marks.known_by)
        });
        let all: Vec<usize> = all.collect();
        let chosen = self.choose(&all, wanted, response, &marks);
        // Somebody says that it was done, and there is one message of it. Where all
        // that the step looks at holds, something else was done.
        let likely = self.likely(&named, wanted, &request, &about);
        let is_said = |index: &usize| {
            about.is_said
                && self.can_judge(*index, response, wanted.expect)
                && (self.is_about(*index, &about) || !self.is_it(*index, response, wanted.expect))
        };
        let Some(index) = chosen.or(likely.filter(is_said)) else {
            let is_value_open = self.open.iter().any(|asked| !asked.values.is_empty());
            self.hangs_on_value |= is_value_open && !named.is_empty();
            if let Some(index) = strangers.first().filter(|_| named.is_empty()) {
                self.of_somebody_else(ended, name, *index, strangers.len());
                return;
            }
            let (reason, missing) = self.missing(wanted, &named, &request, &about, likely);
            self.has_another |= reason == "recording-with";
            ended.not_recorded_of(reason, missing);
            return;
        };
        // Another answer than that of the scenario leads to something else.
        let differs = wanted.staged.and_then(|staged| self.differs(index, staged));
        self.ways.insert(name.to_string(), (from, to));
        self.shown.insert(index);
        self.words_before(index);
        self.next = index + 1;
        let values = self.values(index);
        self.judge_at(ended, wanted, index, values);
        if let Some(differs) = differs {
            self.otherwise = true;
            let (reason, args) = self.of_answer("recording-answer", index, differs);
            ended.not_recorded_of(reason, args);
        }
    }

    /// A message has a value that one before it has, where each is to have its
    /// own: whatever else there is in the recording, that is wrong.
    fn twice(&mut self, ended: &Ended<'_>, wanted: &Wanted<'_>, twin: Twin) {
        let way = (wanted.from, wanted.to);
        self.ways.insert(wanted.name.to_string(), way);
        self.shown.insert(twin.second);
        // The evidence has both.
        self.number(twin.first);
        let mut values = self.values(twin.second);
        let (name, value) = twin.value;
        values.set(&name, Value::String(value));
        self.judge_at(ended, wanted, twin.second, values);
    }

    /// Judges the message that a step is about.
    fn judge_at(
        &mut self,
        ended: &Ended<'_>,
        wanted: &Wanted<'_>,
        index: usize,
        mut values: Values,
    ) {
        let response = wanted.to == self.scenario.subject;
        let exchange = self.number(index);
        // It was compared before.
        let Some(side) = self.looks[index].side(response) else {
            return;
        };
        let seen = Seen {
            exchange: Some(exchange),
            ..side.seen.clone()
        };
        ended.judged(wanted.expect, &mut values, &seen, &side.observed);
        self.known = values.known();
        self.last = Some((index, response));
        if !self.capture(wanted.captures, self.last) {
            ended.not_recorded("recording-value");
        }
        if !seen.shows_connection() {
            ended.not_recorded("recording-connection");
        }
    }

    /// The recording has the message of a step from somebody else only: that
    /// says nothing of the target.
    fn of_somebody_else(&mut self, ended: &Ended<'_>, name: &str, index: usize, count: usize) {
        let Some(stranger) = self.looks[index].stranger.clone() else {
            return;
        };
        let args = Args::new().with("name", name).with("count", count as u64);
        let args = args.with("expected", stranger.expected);
        let args = args
            .with("nearest", self.at(index))
            .with("found", stranger.found);
        self.is_strange = true;
        ended.not_recorded_of("recording-stranger", args);
    }

    /// Whether the request says what the scenario sends, where it sends it.
    pub(super) fn says(&self, index: usize, sent: Option<&Decisive>) -> bool {
        sent.is_none_or(|sent| self.decisive(index, false).as_ref() == Some(sent))
    }

    /// Whether everything holds by which a step knows its message.
    pub(super) fn is_it(&self, index: usize, response: bool, expect: &Expect) -> bool {
        let judged = self.judgments(index, response, expect);
        self.looks[index].side(response).is_some()
            && judged.iter().all(|one| one.verdict == Verdict::Pass)
    }

    /// What comes of everything by which a step knows its message; nothing where
    /// the recording has no such side.
    pub(super) fn judgments(&self, index: usize, response: bool, expect: &Expect) -> Vec<Judgment> {
        let Some(side) = self.looks[index].side(response) else {
            return Vec::new();
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
            brings_about: &self.scenario.brings_about,
            took: side.seen.took,
            confirmed: None,
        };
        let facts = side.observed.facts.at(side.seen.at);
        judge(&marks, &got, &mut self.values(index), &facts)
    }

    /// What is wrong with further messages of the kinds that the scenario is
    /// about: one right message among wrong ones shows nothing.
    pub(super) fn the_rest(&mut self) {
        for index in 0..self.looks.len() {
            let look = &self.looks[index];
            let way = look.name.as_ref().and_then(|name| self.ways.get(name));
            let is_free = !self.shown.contains(&index) && look.stranger.is_none();
            let Some(&(from, to)) = way.filter(|_| is_free) else {
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
