//! Steps that send and receive messages.

use std::sync::Arc;
use std::time::Instant;

use super::{Line, Player, at_fault};
use crate::document::Spot;
use crate::play::ended::Ended;
use crate::play::in_vain::NotCome;
use crate::play::ledger::Stop;
use crate::play::memory;
use crate::play::observe::{Observed, Seen};
use crate::play::registered;
use crate::play::speak::{self, Unspeakable};
use crate::play::wire::{Heard, Reply as WireReply, name_of};
use crate::scenario::{Action, Conduct, Expect, Receive, Reply, Role, Send, Step, Values, is_so};
use crate::transport::Answer;

impl<'s> Player<'s> {
    pub(super) fn send(
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
        let ended = self.ledger.ended(step, number)?;
        if let Some(heard) = heard {
            self.cast.wire.claim_answer(heard);
            // What the script has the party under test send is that party's
            // message, unless it is wrong on purpose.
            let theirs = send.from == self.scenario.subject
                && send.message.is_right()
                && !send.raw
                && send.tls_identity.is_none();
            if !theirs {
                self.cast.wire.claim(heard);
            } else if let Some(heard) = self.cast.wire.heard(heard) {
                self.judged().insert(heard.number);
                let seen = Seen {
                    exchange: Some(heard.number),
                    response: false,
                    message: Ok(Arc::clone(&heard.request)),
                    took: heard.took,
                    at: heard.at,
                    of_subject: true,
                    connection_unknown: self.connection_unknown(&heard),
                    confirmed: None,
                };
                let observed = Observed::of(&self.cast.stage, Some(self.scenario.subject), &seen);
                ended.sent(&mut line.values, &seen, &observed);
            }
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
        let goes_on = self.judge(line, &ended, &send.expect, &seen);
        line.last = Some(seen);
        self.capture(line, &ended, &send.capture)?;
        if goes_on { Ok(()) } else { Err(Stop) }
    }

    pub(super) fn receive(
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
                && which
                    .as_deref()
                    .is_none_or(|test| is_so(test, &heard.request, &facts.at(heard.at)))
        };
        let began = Instant::now();
        let script = self.scenario.parties.of(receive.role) == Conduct::Script;
        let within = self.cast.wait(receive.within);
        let found = self.cast.wire.wait_for_message(receive, within, |heard| {
            heard
                .iter()
                .find(|heard| matches(heard))
                .map(|heard| heard.number)
        });
        let ended = self.ledger.ended(step, number)?;
        let found = match found {
            Err(NotCome::InVain(in_vain)) => {
                ended.not_reached(receive, &in_vain);
                return Err(Stop);
            }
            found if receive.absent => {
                let came = found.ok().and_then(|found| self.cast.wire.heard(found));
                ended.unasked(receive.role, came.as_ref());
                return Ok(());
            }
            Err(NotCome::InTime) => {
                let others = self.cast.unclaimed_at(receive.role);
                ended.never_came(receive, &others);
                return Err(Stop);
            }
            Ok(found) => found,
        };
        self.cast.wire.claim(found);
        let Some(heard) = self.cast.wire.heard(found) else {
            return Err(Stop);
        };
        if script {
            let reply = self
                .reply(line, &receive.answer, receive.role, &heard, step.at)
                .map_err(|error| at_fault(&ended, error))?;
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
        let goes_on = self.judge(line, &ended, &receive.expect, &seen);
        line.last = Some(seen);
        self.capture(line, &ended, &receive.capture)?;
        if goes_on { Ok(()) } else { Err(Stop) }
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
    /// Whether what the next steps need is there.
    pub(super) fn judge(
        &self,
        line: &mut Line,
        ended: &Ended<'_>,
        expect: &Expect,
        seen: &Seen,
    ) -> bool {
        let observed = Observed::of(&self.cast.stage, Some(self.scenario.subject), seen);
        ended.judged(expect, &mut line.values, seen, &observed)
    }

    /// Says so when a DUO of somebody else's knows what this run sends for the
    /// first time: then it remembers an earlier run.
    pub(super) fn look_for_memory(&self) {
        let theirs = !self.cast.party(Role::Duo).ours;
        let heard = self.cast.wire.all();
        if let Some((heard, id)) = memory::known_before(&heard).filter(|_| theirs) {
            self.ledger
                .known_before(heard.number, &id, &self.cast.stage.seed);
        }
    }

    /// Says so when a LAS of somebody else's registers another address than its
    /// target file has: once in a run, and wherever something was tried at the
    /// address in the file, for that may be another server's.
    pub(super) fn look_for_address(&self) {
        let tested = self.cast.stage.tested.as_ref();
        let Some((tested, las)) = tested.and_then(|one| Some((one, one.role(Role::Las)?))) else {
            return;
        };
        let heard = self.cast.wire.all();
        let found = registered::elsewhere(&heard, &las.endpoints, &self.given());
        let is_tried =
            self.scenario.all_steps().iter().any(
                |step| matches!(&step.action, Action::Probe(probe) if probe.party == Role::Las),
            );
        if let Some(found) = found
            && (tested.is_address_news() || is_tried)
        {
            self.ledger.elsewhere(&found, is_tried);
        }
    }

    /// Judges what the party under test made and no step looked at: a message
    /// must be right whether or not a script waits for it.
    pub(super) fn judge_the_rest(&self, values: &mut Values) {
        let subject = self.scenario.subject;
        for heard in self.cast.wire.all() {
            let asked = heard.from == subject;
            let claimed = if asked {
                heard.claimed
            } else {
                heard.answer_claimed
            };
            let judged = asked && self.judged().contains(&heard.number);
            if claimed || judged || !(asked || heard.to == subject) {
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
}
