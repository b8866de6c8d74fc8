//! Actions of the LAS that brought nothing, so that nobody waits for what
//! cannot come any more.

use super::wire::Heard;
use crate::scenario::Role;

/// An action of the LAS that brought nothing.
#[derive(Debug, Clone)]
pub(super) struct InVain {
    /// The step that asked for it.
    pub step: String,
    /// Its name.
    pub action: String,
    /// Whether it failed as it had to. Then it brought nothing only to those
    /// whom it did not call.
    pub as_expected: bool,
}

/// Why a message did not come.
#[derive(Debug, Clone)]
pub(super) enum NotCome {
    /// The time was over.
    InTime,
    /// The action that was to bring it came to nothing, and no other goes on.
    InVain(InVain),
}

/// The actions of the LAS in a scenario.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// How many go on.
    going_on: usize,
    /// How many are over.
    over: usize,
    /// The first that ended otherwise than it had to.
    otherwise: Option<InVain>,
    /// The last that failed as it had to.
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    which: InVain,
    /// How many were over before it.
    place: usize,
    /// How much had been heard when it began.
    heard: usize,
}

impl Actions {
    /// One begins.
    pub fn begin(&mut self) {
        self.going_on += 1;
    }

    /// One is over that began when `heard` exchanges had been heard, and what
    /// there is to say of it when it may have brought nothing.
    pub fn end(&mut self, heard: usize, in_vain: Option<InVain>) {
        match in_vain {
            Some(which) if which.as_expected => {
                let place = self.over;
                self.failed = Some(Failed {
                    which,
                    place,
                    heard,
                });
            }
            Some(which) if self.otherwise.is_none() => self.otherwise = Some(which),
            _ => {}
        }
        self.going_on = self.going_on.saturating_sub(1);
        self.over += 1;
    }

    /// How many are over.
    pub fn over(&self) -> usize {
        self.over
    }

    /// The action that was to bring what somebody waits for at a party, when
    /// nothing does any more. Who waits began when `over` actions were over: an
    /// action before that, which failed as it had to, was to bring something else.
    /// And who waits for nothing to come (`absent`) learns nothing from such a one.
    pub fn in_vain(&self, at: Role, absent: bool, over: usize, heard: &[Heard]) -> Option<&InVain> {
        if self.going_on > 0 {
            return None;
        }
        let failed = self.failed.as_ref().filter(|failed| {
            let mut came = heard.iter().skip(failed.heard);
            !absent && failed.place >= over && !came.any(|heard| heard.to == at)
        });
        let otherwise = self.otherwise.as_ref();
        otherwise.or_else(|| failed.map(|failed| &failed.which))
    }
}
