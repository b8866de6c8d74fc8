//! Parties of ours that nobody called: then who is under test looks for them
//! somewhere else, and what did not come is not yet its fault.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::counterpart::reason;
use crate::counterpart::trigger::{Outcome, Status};
use crate::finding::{Args, Finding, MessageValue, Place};
use crate::scenario::Role;
use crate::text::{in_words, tool_finding, word};
use crate::transport::TransportProblem;

/// Which parties of ours who is under test called in this run.
#[derive(Debug, Default)]
pub(super) struct Called([Calls; 3]);

/// What came of the calls to one party.
#[derive(Debug, Default)]
struct Calls {
    /// A request came.
    came: AtomicBool,
    /// Why the last connection did not come about that did not.
    refused: Mutex<Option<TransportProblem>>,
}

impl Called {
    pub(super) fn note(&self, role: Role) {
        self.0[role as usize].came.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_noted(&self, role: Role) -> bool {
        self.0[role as usize].came.load(Ordering::SeqCst)
    }

    /// Somebody tried to call a party, and no connection came about.
    pub(super) fn note_refused(&self, role: Role, problem: TransportProblem) {
        let refused = self.0[role as usize].refused.lock();
        *refused.unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }

    fn refused(&self, role: Role) -> Option<TransportProblem> {
        let refused = self.0[role as usize].refused.lock();
        *refused.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parties from which something was missed in a scenario: it did not come
/// there, or came to nothing without them.
#[derive(Debug, Clone, Default)]
pub(super) struct Missed {
    /// Something was to come there.
    pub(super) at: BTreeSet<Role>,
    /// Who is under test had to ask there and decided otherwise than it had to:
    /// it may have asked somebody else, or nobody.
    pub(super) unasked: BTreeSet<Role>,
    /// Who is under test says itself that it reached nobody.
    says_so: bool,
}

impl Missed {
    /// Notes what an action of the LAS that ended otherwise than it had to says
    /// of whom it reached.
    pub(super) fn by_outcome(&mut self, outcome: &Outcome) {
        let why = outcome.reason();
        match outcome.status {
            // What the LAS saw by itself, it asked nobody.
            Status::Refused if why == Some(reason::NO_MANDATE) => {
                self.at.insert(Role::Osr);
            }
            Status::Refused | Status::Unsupported => {}
            Status::Failed if matches!(why, Some(reason::ORDER | reason::INTERNAL)) => {}
            Status::Failed => {
                self.at.extend([Role::Duo, Role::Osr]);
                self.says_so |= why == Some(reason::CONNECTION);
            }
            Status::Done => self.unasked.extend([Role::Duo, Role::Osr]),
        }
    }

    /// Whether something was missed.
    pub(super) fn is_any(&self) -> bool {
        !self.at.is_empty() || !self.unasked.is_empty()
    }

    /// The party that nobody called, as `is_uncalled` tells, and whether that is a
    /// fault of the connection: where all that was to come was to come there, or
    /// who is under test says that it reached nobody. Who does not get past the
    /// OSR calls no DUO: of that one nothing can be told then.
    pub(super) fn uncalled(&self, is_uncalled: impl Fn(Role) -> bool) -> (Option<Role>, bool) {
        let at = self.at.iter().filter(|role| is_uncalled(**role)).count();
        let is_connection = at > 0 && (self.says_so || at == self.at.len());
        let is_missed = |role: &Role| self.at.contains(role) || self.unasked.contains(role);
        let mut missed = [Role::Osr, Role::Duo].into_iter().filter(is_missed);
        (missed.find(|role| is_uncalled(*role)), is_connection)
    }
}

/// The finding that nobody called a party of ours, or that nobody got through to
/// it, which others reach at `url` and which listens at `listens`.
pub(super) fn finding(
    called: &Called,
    role: Role,
    url: &str,
    listens: Option<SocketAddr>,
) -> Finding {
    let mut args = Args::new()
        .with("party", role.name())
        .with("url", MessageValue::plain(url));
    if let Some(problem) = called.refused(role) {
        let key = match problem {
            // Seen from a server.
            TransportProblem::CertificateRequired => "client-showed-none",
            problem => problem.name(),
        };
        in_words(&mut args, "found", |texts| {
            word(&texts.transport, key).to_string()
        });
        return tool_finding("KK-SC-HANDSHAKE", args, Place::default());
    }
    if let Some(listens) = listens {
        args.push("listen", listens.to_string());
    }
    tool_finding("KK-SC-NIET-GEBELD", args, Place::default())
}
