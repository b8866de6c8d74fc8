//! Which message of recorded traffic a step is about, and what is wrong with
//! the others of its kind.

use super::as_scripted::{as_edited, broken_by, is_right, one_status};
use super::ended::Ended;
use super::observe::Seen;
use super::recorded::Holding;
use super::wire::name_of;
use crate::finding::Verdict;
use crate::scenario::{
    Assertion, Capture, Content, Expect, FaultExpectation, Got, Placed, Receive, Reply, Role, Send,
    Text, judge,
};

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

impl Holding<'_> {
    pub(super) fn receive(&mut self, ended: &Ended<'_>, receive: &Receive) {
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

    pub(super) fn send(&mut self, ended: &Ended<'_>, send: &Send) {
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
            let is_value_open = self.open.iter().any(|asked| !asked.values.is_empty());
            self.hangs_on_value |= is_value_open && !named.is_empty();
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
            brings_about: &self.scenario.brings_about,
            took: side.seen.took,
            confirmed: None,
        };
        let facts = side.observed.facts.at(side.seen.at);
        let judged = judge(&marks, &got, &mut self.values(index), &facts);
        judged.iter().all(|one| one.verdict == Verdict::Pass)
    }

    /// What is wrong with further messages of the kinds that the scenario is
    /// about: one right message among wrong ones shows nothing.
    pub(super) fn the_rest(&mut self) {
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
