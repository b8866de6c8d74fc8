//! The clocks of the parties under test: setting them, and what is said when one
//! is not where it was to be.

use std::sync::Arc;

use jiff::Timestamp;

use super::tested::Tested;
use crate::clock::RunningClock;
use crate::counterpart::clock::{self, ClockTrouble};
use crate::counterpart::reason::CLOCK;
use crate::counterpart::trigger::Outcome;
use crate::finding::{Args, Finding, Kind, MessageValue, Place};
use crate::limits::CLOCK_SECONDS;
use crate::scenario::Role;
use crate::text::{in_words, tool_finding, word};
use crate::transport::{Client, TransportProblem};

/// A clock of the target that could not be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClockFault {
    /// Whose clock it is.
    role: Role,
    /// Where the target file says that it is; `None` where it names none.
    url: Option<String>,
    trouble: Trouble,
}

/// What is the matter with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It was not set.
    NotSet(ClockTrouble),
    /// It was set, and the party goes by another.
    OfAnother,
}

impl ClockFault {
    /// Whether nothing answers there: a fault of the connection.
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self.trouble, Trouble::NotSet(ClockTrouble::Transport(_)))
    }

    /// Whether the party keeps its clock to itself, as the contract allows: then
    /// nothing is played, and nothing is wrong.
    pub(super) fn is_refused(&self) -> bool {
        self.trouble == Trouble::NotSet(ClockTrouble::Refused)
    }

    /// The finding that says where the clock should be, which key of the target
    /// file says so, and what is the matter.
    pub(super) fn finding(&self, place: Place) -> Finding {
        let mut args = Args::new().with("key", format!("under-test.{}.clock", self.role.name()));
        if let Some(url) = &self.url {
            args.push("url", MessageValue::plain(&**url));
        }
        let word_of = match self.trouble {
            Trouble::NotSet(ClockTrouble::Transport(problem)) => problem.name(),
            Trouble::NotSet(ClockTrouble::Answer(status)) => {
                if let Some(status) = status {
                    args.push("status", u64::from(status));
                }
                "clock-answer"
            }
            Trouble::NotSet(ClockTrouble::Elsewhere) => "clock-elsewhere",
            Trouble::OfAnother if self.url.is_none() => "clock-of-no-file",
            Trouble::OfAnother => "clock-of-another",
            Trouble::NotSet(ClockTrouble::Refused) => {
                args.push("reason", "clock-stays");
                return Finding {
                    kind: Kind::Undecided,
                    ..tool_finding("KK-SC-KLOK", args, place)
                };
            }
        };
        in_words(&mut args, "found", |texts| {
            word(&texts.transport, word_of).to_string()
        });
        tool_finding("KK-SC-KLOK", args, place)
    }
}

impl Tested {
    /// Sets the clocks of the target's parties to `now`.
    ///
    /// # Errors
    ///
    /// The first that is not there then.
    pub(super) fn set_clocks(&self, now: Timestamp) -> Result<(), ClockFault> {
        for (role, tested) in &self.target.under_test {
            let Some(url) = &tested.clock else {
                continue;
            };
            self.set_clock(url, now).map_err(|trouble| ClockFault {
                role: *role,
                url: Some(url.clone()),
                trouble: Trouble::NotSet(trouble),
            })?;
        }
        Ok(())
    }

    /// The clock that the target file gives the LAS, or does not give it, where an
    /// action shows that the LAS goes by another.
    pub(super) fn other_clock(&self, outcome: &Outcome) -> Option<ClockFault> {
        let url = self.role(Role::Las)?.clock.clone();
        (outcome.reason() == Some(CLOCK)).then_some(ClockFault {
            role: Role::Las,
            url,
            trouble: Trouble::OfAnother,
        })
    }

    fn set_clock(&self, url: &str, now: Timestamp) -> Result<(), ClockTrouble> {
        // The moment of what comes back is of no use: any clock will do.
        let options = self
            .target
            .client(Arc::clone(&self.trust), RunningClock::system());
        let client = Client::new(options)
            .map_err(|_| ClockTrouble::Transport(TransportProblem::Unreachable))?;
        let stands = clock::set(&client, url, now)?;
        let apart = stands.duration_since(now).as_secs().unsigned_abs();
        match apart > CLOCK_SECONDS {
            true => Err(ClockTrouble::Elsewhere),
            false => Ok(()),
        }
    }
}
