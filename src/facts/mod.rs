//! What is known outside the message: the calendar, DUO's value lists, RIO.
//!
//! Everything here is data with a validity, never code: lists and deadlines
//! change per school year (30-bron-po.md, value lists; funding).

mod calendar;
mod numbers;
mod rio;
mod value_lists;

pub use calendar::{AdviceWindow, Calendar, CalendarError, school_year, working_days};
pub use numbers::{OinError, is_bsn, is_onderwijsnummer, oin};
pub use rio::RioData;
pub use value_lists::{ValueList, ValueListError, ValueLists};

use crate::clock::Clock;

/// The setting that the transport rules and the OSR rules are judged for
/// (20-edukoppeling.md, profiles).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The real chain.
    #[default]
    Production,
    /// DUO's and Kennisnet's test environments.
    Test,
}

/// The facts that a message is judged with.
#[derive(Debug)]
pub struct Facts {
    /// The moment of judging.
    pub clock: Clock,
    /// Production or test.
    pub profile: Profile,
    /// DUO's value lists.
    pub lists: ValueLists,
    /// School holidays, windows and deadlines.
    pub calendar: Calendar,
    /// RIO data, when the user gave any.
    pub rio: Option<RioData>,
}
