//! What a step saw, and how the message in it was judged.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::stage::Stage;
use crate::check::Outcome;
use crate::edukoppeling::TransportReport;
use crate::event::Recognised;
use crate::exchange::Exchange;
use crate::facts::Facts;
use crate::finding::Finding;
use crate::scenario::Role;
use crate::transport::{ConnectionContext, Peer, TransportProblem, judge_connection};

/// What a step saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The number of the exchange.
    pub exchange: Option<u32>,
    /// Whether it is about the response of the exchange.
    pub response: bool,
    /// The message, or why there is none.
    pub message: Result<Arc<Exchange>, TransportProblem>,
    /// How long the step took, in real time.
    pub took: Duration,
    /// When it was, by the clock of the parties.
    pub at: Timestamp,
    /// Whether the party under test made the message.
    pub of_subject: bool,
    /// Whether nothing is known of the connection: TLS ended at a proxy before
    /// the party of ours that saw it, or none came about.
    pub connection_unknown: bool,
    /// What a person said of each JSON expectation ([`Got::confirmed`]).
    ///
    /// [`Got::confirmed`]: crate::scenario::Got::confirmed
    pub confirmed: Option<Vec<Option<bool>>>,
}

/// What a step saw, judged as `check` does.
pub struct Observed<'a> {
    /// The message; `None` when there is none, or it is none of those that
    /// are judged (a trigger's answer).
    pub outcome: Option<Outcome>,
    /// The connection that carried a message of the party under test.
    pub connection: TransportReport,
    /// That somebody else than the target made the message.
    pub not_theirs: Option<Finding>,
    /// What was known outside the message.
    pub facts: &'a Facts,
}

impl<'a> Observed<'a> {
    /// Judges what was seen; `party` is whose endpoint answers, where that is
    /// known.
    pub(super) fn of(stage: &'a Stage, party: Option<Role>, seen: &Seen) -> Self {
        let judges = stage.judges();
        let bench = judges.bench();
        let message = seen.exchange.and_then(|_| seen.message.as_ref().ok());
        let outcome = message.and_then(|message| {
            let mut message = Exchange::clone(message);
            message.received.get_or_insert(seen.at);
            judges.judge(message)
        });
        let signer = outcome
            .as_ref()
            .and_then(|outcome| outcome.signer.as_deref());
        let connection = message.filter(|_| seen.of_subject).map(|message| {
            let peer = if seen.response {
                Peer::Server {
                    certificate_offered: true,
                    tls13_offered: true,
                }
            } else {
                Peer::Client { asked: true }
            };
            let context = ConnectionContext {
                peer,
                profile: bench.facts.profile,
                now: seen.at,
                trust: &stage.trust,
                // Who signs a request also makes the connection. Who answers is
                // known beforehand.
                oin: if seen.response {
                    party.and_then(|party| stage.oin_of(party))
                } else {
                    signer
                },
                connection_unknown: seen.connection_unknown,
            };
            judge_connection(message.tls.as_deref(), &context)
        });
        let whose = party.and_then(|party| stage.whose(party));
        let whose = whose.filter(|_| seen.of_subject);
        let not_theirs = message.zip(whose).and_then(|(message, whose)| {
            // Behind a proxy nothing is known of who connected.
            let is_request = !seen.response && !seen.connection_unknown;
            whose.not_theirs(message, signer, is_request, bench.facts.profile)
        });
        Self {
            not_theirs,
            outcome,
            connection: connection.unwrap_or_default(),
            facts: &bench.facts,
        }
    }

    /// What the message is, and so which pack judged it.
    pub(super) fn message(&self) -> Option<&Recognised> {
        self.outcome.as_ref()?.judged.message.as_ref()
    }
}
