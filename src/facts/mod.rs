//! What is known outside the message: the calendar, DUO's value lists, RIO.
//!
//! Everything here is data with a validity, never code: lists and deadlines
//! change per school year (30-bron-po.md, value lists; funding). Only what
//! follows from a formula (eleven-tests, national holidays) is code.

mod calendar;
mod dates;
mod error;
mod holidays;
mod numbers;
mod rio;
mod value_lists;

pub use calendar::{AdviceKind, AdviceWindow, Calendar, CalendarError, CalendarSources};
pub use dates::{day_number, from_day_number, iso_date, school_year};
pub use error::{FactError, Problem, SourceText};
pub use holidays::{Holiday, national_holidays, working_days};
pub use numbers::{
    OinError, is_bsn, is_made_up, is_onderwijsnummer, is_unusual_onderwijsnummer, made_up_bsn, oin,
    synthetic_bsn, synthetic_onderwijsnummer,
};
pub use rio::{RioData, RioPaths};
pub use value_lists::{ValueList, ValueListError, ValueLists};

use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;

/// The setting that the transport rules and the OSR rules are judged for
/// (20-edukoppeling.md, profiles).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The real chain.
    #[default]
    Production,
    /// DUO's and Kennisnet's test environments.
    Test,
}

impl Profile {
    /// Its name in settings and evidence.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Production => "production",
            Profile::Test => "test",
        }
    }
}

/// The facts that a message is judged with. Shared by all threads of a run; a
/// clone shares everything but the clock.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The moment of judging.
    pub clock: Clock,
    /// Production or test.
    pub profile: Profile,
    /// DUO's value lists.
    pub lists: Arc<ValueLists>,
    /// School holidays, windows and deadlines.
    pub calendar: Arc<Calendar>,
    /// RIO data, when the user gave any.
    pub rio: Option<Arc<RioData>>,
}

impl Facts {
    /// The same facts at another moment: the recorded time of receipt.
    pub fn at(&self, moment: Timestamp) -> Self {
        Self {
            clock: Clock::at(moment),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_shared_between_threads() {
        fn shared<T: Send + Sync>() -> usize {
            size_of::<T>()
        }
        assert!(shared::<Facts>() > 0);
    }
}
