//! A LAS of somebody else's that begins each scenario anew, where it can
//! (docs/trigger.md): what an earlier scenario left there is no fault of it.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::Map;

use super::actor::{Actor, TriggerTrouble};
use crate::counterpart::trigger::{Action, Outcome, Status, Trigger};
use crate::event::StepFinding;
use crate::finding::Kind;

/// How a LAS stands at the beginning of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It has what the scenarios start with and nothing else.
    Afresh,
    /// It may hold what was left there: why, as a key of the texts
    /// (`reason.<key>`).
    Left(&'static str),
}

/// Whether a LAS is asked to begin anew: not again when it cannot.
#[derive(Debug, Default)]
pub(super) struct Asking(AtomicBool);

impl Asking {
    /// Has the LAS begin anew for a scenario. A person is not asked to load the
    /// same data before every scenario.
    pub(super) fn begin(&self, actor: &dyn Actor, scenario: &str, now: Timestamp) -> Beginning {
        if actor.person().is_some() {
            return Beginning::Left("begin-person");
        }
        if self.0.load(Ordering::SeqCst) {
            return Beginning::Left("begin-unsupported");
        }
        let mut call = Trigger::new(Action::LaadBegingegevens, Map::new());
        call.scenario = Some(scenario.to_string());
        call.now = Some(now);
        match actor.trigger(&call).map(|outcome: Outcome| outcome.status) {
            Ok(Status::Done) => Beginning::Afresh,
            Ok(Status::Refused | Status::Failed) => Beginning::Left("begin-refused"),
            Err(TriggerTrouble::Transport(_) | TriggerTrouble::NoTrigger(_)) => {
                Beginning::Left("begin-unreached")
            }
            // What answers to an unknown action with something of its own does
            // not know it either.
            Ok(Status::Unsupported)
            | Err(TriggerTrouble::Unsupported | TriggerTrouble::Answer { .. }) => {
                self.0.store(true, Ordering::SeqCst);
                Beginning::Left("begin-unsupported")
            }
        }
    }
}

/// Findings that may come of what a LAS holds already. What is wrong with a
/// message by the rules, or with a connection, does not.
const MAY_COME_OF_IT: [&str; 7] = [
    "KK-SC-ANDER-BERICHT",
    "KK-SC-BEWERING",
    "KK-SC-FAULT",
    "KK-SC-HANDELING",
    "KK-SC-JSON",
    "KK-SC-UITGEBLEVEN",
    "KK-SC-VANGST",
];

/// Whether something that was found may come of what the LAS held already.
pub(super) fn may_come_of_it(findings: &[StepFinding]) -> bool {
    let mut told = findings.iter().map(|found| &found.finding);
    told.any(|finding| finding.kind == Kind::Violation && MAY_COME_OF_IT.contains(&&*finding.code))
}
