//! The moment of judging, and the time among the parties of a run. Nothing
//! else in the product asks for the time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

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

/// The time that the parties of a run share: the system's, or a virtual one
/// that stands still until somebody moves it. A clone shows the same time.
#[derive(Debug, Clone, Default)]
pub struct RunningClock {
    /// Where a virtual clock stands; `None` is the system's clock.
    standing: Option<Arc<Mutex<Timestamp>>>,
}

impl RunningClock {
    /// The clock of the system.
    pub fn system() -> Self {
        Self::default()
    }

    /// A virtual clock that stands at `now`.
    pub fn standing_at(now: Timestamp) -> Self {
        Self {
            standing: Some(Arc::new(Mutex::new(now))),
        }
    }

    /// The moment, in UTC.
    pub fn now(&self) -> Timestamp {
        match &self.standing {
            None => Timestamp::now(),
            Some(moment) => *moment.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// A clock that stands at the moment of the call, to judge with.
    pub fn read(&self) -> Clock {
        Clock::at(self.now())
    }

    /// Whether it can be moved.
    pub fn is_virtual(&self) -> bool {
        self.standing.is_some()
    }

    /// Moves a virtual clock on; a negative duration moves nothing. `false`
    /// when this is the system's clock or the moment lies out of range.
    pub fn advance(&self, by: SignedDuration) -> bool {
        let Some(moment) = &self.standing else {
            return false;
        };
        let mut moment = moment.lock().unwrap_or_else(PoisonError::into_inner);
        match moment.checked_add(by) {
            Ok(later) if !by.is_negative() => {
                *moment = later;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_for_everybody_and_never_back() {
        let start: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
        let clock = RunningClock::standing_at(start);
        let other = clock.clone();
        assert!(clock.advance(SignedDuration::from_hours(24)));
        assert_eq!(other.now(), start + SignedDuration::from_hours(24));
        assert!(!clock.advance(SignedDuration::from_hours(-1)));
        assert_eq!(other.read().now(), start + SignedDuration::from_hours(24));
        assert!(!RunningClock::system().advance(SignedDuration::from_hours(1)));
    }
}
