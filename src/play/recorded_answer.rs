//! Whether the counterpart in a recording says what the scenario has it say.

use serde_json::{Map, Value};

use super::as_scripted::{as_edited, broken_by, one_status};
use super::askable::is_approved;
use super::decisive::{Decisive, approval};
use super::ended::{Ended, label};
use super::ledger::At;
use super::look::Side;
use super::recorded::Holding;
use super::recorded_deed::numbers_of;
use crate::exchange::Exchange;
use crate::finding::{Args, Class, Kind};
use crate::scenario::{Content, Expect, FaultExpectation, Outgoing, Placed, Reply, Trigger};

/// An answer that is not there, as it is told in a program.
pub(super) const NOTHING: &str = "-";

/// What the scenario has a counterpart answer, and what it answered instead.
pub(super) struct Differs {
    pub expected: String,
    pub found: String,
}

/// An action of which a person says what came of it.
pub(super) struct Word {
    step: String,
    label: String,
    line: u32,
    /// With what the names of its messages begin.
    sends: &'static [&'static str],
    /// The numbers that those messages name.
    about: Vec<String>,
    /// Whether DUO approves them.
    approves: bool,
}

impl Word {
    pub fn of(ended: &Ended<'_>, trigger: &Trigger, with: &Map<String, Value>) -> Option<Self> {
        let sends = trigger.action.value.sends();
        (trigger.wait && !sends.is_empty()).then(|| Self {
            step: ended.number.to_string(),
            label: label(ended.step),
            line: ended.step.at.line,
            sends,
            about: numbers_of(with),
            approves: is_approved(trigger),
        })
    }

    fn is_sent_as(&self, name: &str) -> bool {
        self.sends.iter().any(|begin| name.starts_with(begin))
    }
}

impl Holding<'_> {
    /// How the answer in the recording differs from the one that the scenario
    /// gives there; `None` where it is that one, as far as that can be seen.
    pub(super) fn differs(&self, index: usize, reply: &Reply) -> Option<Differs> {
        let differs = |expected: String| {
            let found = self.answered(index, &Decisive::default());
            Some(Differs { expected, found })
        };
        let problem = matches!(self.looks[index].passed.response, Some(Err(_)));
        match reply {
            Reply::Register => self.differs_from_register(index),
            Reply::Message { message, status } => {
                let Content::Message(name) = &message.content else {
                    return differs("?".to_string());
                };
                let status = status.unwrap_or(200);
                let (Some(assertions), Some(finding), Some(decisive)) = (
                    as_edited(message),
                    broken_by(message),
                    self.scripted(index, message),
                ) else {
                    return differs(name.value.to_string());
                };
                let expect = Expect {
                    status: Some(one_status(name.at, status)),
                    assertions,
                    finding,
                    ..Expect::nothing(name.at)
                };
                let is_it = self.is_named(index, &name.value)
                    && self.is_it(index, true, &expect)
                    && self.decisive(index, true).as_ref() == Some(&decisive);
                let broken = broken_by(message).unwrap_or_default();
                let broken = broken.iter().map(|code| code.value.to_string());
                (!is_it).then(|| {
                    let beside = self.decisive(index, true).unwrap_or_default();
                    let mut expected = vec![format!("{} {status}", name.value)];
                    expected.push(decisive.told(&beside));
                    expected.extend(broken);
                    expected.retain(|part| !part.is_empty());
                    Differs {
                        expected: expected.join(", "),
                        found: self.answered(index, &decisive),
                    }
                })
            }
            Reply::Fault { code, .. } => {
                let at = code.at;
                let Ok(code) = self.values(index).text(code) else {
                    return differs("Fault".to_string());
                };
                let expect = Expect {
                    fault: Some(Placed {
                        value: FaultExpectation::Code(code.as_str().into()),
                        at,
                    }),
                    ..Expect::nothing(at)
                };
                match self.is_it(index, true, &expect) {
                    true => None,
                    false => differs(format!("Fault {code}")),
                }
            }
            Reply::Status { status, body, .. } => {
                let answered = self.answer(index);
                let http = answered.and_then(|answered| answered.http.as_ref());
                let is_status = http.and_then(|http| http.status()) == Some(*status);
                let body = body.as_ref().map(|body| self.values(index).text(body));
                let is_body = body.is_none_or(|body| {
                    let answered = answered.map(|answered| &*answered.body);
                    body.is_ok_and(|body| answered == Some(body.as_bytes()))
                });
                match is_status && is_body {
                    true => None,
                    false => differs(format!("HTTP {status}")),
                }
            }
            Reply::Delay { by, then } => match self.looks[index].passed.took >= *by {
                true => self.differs(index, then),
                false => differs(format!(">= {} ms", by.as_millis())),
            },
            Reply::Silent if problem => None,
            Reply::BrokenAfter(_) if problem => None,
            Reply::Raw(_) if problem => None,
            Reply::Silent => differs("silent".to_string()),
            Reply::BrokenAfter(_) => differs("broken-after".to_string()),
            Reply::Raw(_) => differs("raw".to_string()),
        }
    }

    /// The actions before the message that a step found: the last message of
    /// each must have the answer that a person says it had.
    pub(super) fn words_before(&mut self, index: usize) {
        let mut words = std::mem::take(&mut self.words);
        let name = self.looks[index].name.as_deref().unwrap_or_default();
        // The step itself judges the answer to it.
        if words.last().is_some_and(|word| word.is_sent_as(name)) {
            words.pop();
        }
        for word in words {
            let mut before = (0..index).rev();
            let sent = before.find(|&one| self.is_sent(&word, one));
            self.hold_word(&word, sent);
        }
    }

    /// The actions after the last message that a step found: one of the messages
    /// of each must have that answer, as a LAS may send again what was refused.
    pub(super) fn words_after(&mut self) {
        for word in std::mem::take(&mut self.words) {
            let after = self.next..self.looks.len();
            let sent: Vec<usize> = after.filter(|&one| self.is_sent(&word, one)).collect();
            let mut sent = sent.into_iter().peekable();
            let first = sent.peek().copied();
            if sent.all(|index| self.differs_by(index, word.approves).is_some()) {
                self.hold_word(&word, first);
            }
        }
    }

    fn is_sent(&self, word: &Word, index: usize) -> bool {
        let look = &self.looks[index];
        let name = look.name.as_deref().unwrap_or_default();
        let is_theirs = look
            .passed
            .from
            .is_none_or(|from| from == self.scenario.subject);
        let content = look.side(false).and_then(Side::content);
        let is_about = |number: &String| {
            let number = std::slice::from_ref(number);
            content.is_some_and(|content| content.names(number))
        };
        is_theirs
            && look.stranger.is_none()
            && !self.shown.contains(&index)
            && word.is_sent_as(name)
            && word.about.iter().all(is_about)
    }

    fn hold_word(&mut self, word: &Word, sent: Option<usize>) {
        let Some(index) = sent else {
            return;
        };
        let Some(differs) = self.differs_by(index, word.approves) else {
            return;
        };
        self.otherwise = true;
        let (reason, args) = self.of_answer("recording-word-against", index, differs);
        let place = At {
            step: &word.step,
            file: &self.scenario.file,
            line: word.line,
        };
        self.ledger
            .word_against_recording(&place, &word.label, reason, args);
    }

    /// An answer that is another than the scenario's, told for that reason; where
    /// the recording does not have it, nobody knows what it was.
    pub(super) fn of_answer(
        &self,
        reason: &'static str,
        index: usize,
        differs: Differs,
    ) -> (&'static str, Args) {
        let at = self.at(index);
        if self.looks[index].passed.response.is_none() {
            let name = self.looks[index].name.clone().unwrap_or_default();
            let args = Args::new().with("name", name).with("nearest", at);
            return ("recording-unanswered", args);
        }
        (reason, differs.args().with("nearest", at))
    }

    /// A register answers with the message that belongs to the question, and
    /// approves what the LAS delivers unless the script says otherwise. What
    /// nobody waits for decides nothing.
    fn differs_from_register(&self, index: usize) -> Option<Differs> {
        self.differs_by(index, self.approves?)
    }

    fn differs_by(&self, index: usize, wanted: bool) -> Option<Differs> {
        let is_right = || {
            let answer = self.answer(index)?;
            let status = answer.http.as_ref().and_then(|http| http.status());
            let is_status = status.is_none_or(|status| (200..300).contains(&status));
            let name = self.looks[index].name.as_deref()?;
            let named = self.stage.bodies.counterpart_of(name);
            let is_named = named.is_none_or(|named| self.is_named(index, &named));
            let approves = self.decisive(index, true).and_then(|one| one.approves());
            let side = self.looks[index].side(true)?;
            (is_status && is_named && approves != Some(false) && !is_wrong(side)).then_some(())
        };
        let is_it = is_right().is_some() == wanted;
        (!is_it).then(|| Differs {
            expected: approval(wanted),
            found: self.answered(index, &Decisive::default()),
        })
    }

    /// What is decisive in a message of the scenario; `None` where it cannot be
    /// made.
    pub(super) fn scripted(&self, index: usize, message: &Outgoing) -> Option<Decisive> {
        let mut values = self.values(index);
        let now = self.moment(index);
        Decisive::scripted(self.stage, message, &mut values, now, &self.shows)
    }

    /// What is decisive in a message of the recording.
    pub(super) fn decisive(&self, index: usize, response: bool) -> Option<Decisive> {
        let side = self.looks[index].side(response)?;
        let message = side.seen.message.as_ref().ok()?;
        Decisive::in_message(message, &self.shows)
    }

    fn answer(&self, index: usize) -> Option<&Exchange> {
        match &self.looks[index].passed.response {
            Some(Ok(response)) => Some(response),
            _ => None,
        }
    }

    /// Whether the answer is the message of that name.
    fn is_named(&self, index: usize, name: &str) -> bool {
        let side = self.looks[index].side(true);
        side.and_then(Side::name) == Some(name)
    }

    /// The answer in the recording, to be told beside another.
    pub(super) fn answered(&self, index: usize, beside: &Decisive) -> String {
        let answer = match &self.looks[index].passed.response {
            Some(Ok(answer)) => answer,
            Some(Err(problem)) => return problem.name().to_string(),
            None => return NOTHING.to_string(),
        };
        let side = self.looks[index].side(true);
        let name = side.and_then(Side::name).map(str::to_string);
        let status = answer.http.as_ref().and_then(|http| http.status());
        let status = status.map(|status| format!("HTTP {status}"));
        let fault = crate::scenario::fault_code(answer).map(|code| format!("Fault {code}"));
        let decisive = self.decisive(index, true).map(|one| one.told(beside));
        let wrong = side.into_iter().flat_map(wrong_rules);
        let parts = [name, status, fault, decisive].into_iter().flatten();
        let parts: Vec<String> = parts.chain(wrong).filter(|part| !part.is_empty()).collect();
        match parts.is_empty() {
            true => NOTHING.to_string(),
            false => parts.join(", "),
        }
    }
}

/// The rules that a message breaks for which it is sent back.
fn wrong_rules(side: &Side<'_>) -> Vec<String> {
    let outcome = side.observed.outcome.as_ref();
    let findings = outcome.map_or(&[][..], |outcome| &outcome.judged.findings);
    let wrong = findings
        .iter()
        .filter(|finding| finding.kind == Kind::Violation && finding.class == Class::Foutmelding);
    let mut codes: Vec<String> = wrong.map(|finding| finding.code.to_string()).collect();
    codes.dedup();
    codes
}

fn is_wrong(side: &Side<'_>) -> bool {
    !wrong_rules(side).is_empty()
}
