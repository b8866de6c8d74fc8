//! The moment of judging. Nothing else in the product asks for the time.

use jiff::Timestamp;
use jiff::civil::Date;

/// The moment at which messages are judged: `check --at`, the recorded time of
/// receipt, or the time at which the program started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: Timestamp,
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now }
    }

    /// A clock that stands at the moment of the call. For the program's start
    /// only; everything else receives its clock.
    pub fn system() -> Self {
        Self::at(Timestamp::now())
    }

    /// The moment, in UTC.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The date of the moment, in UTC.
    pub fn today(&self) -> Date {
        jiff::tz::TimeZone::UTC.to_datetime(self.now).date()
    }
}
