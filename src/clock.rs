//! The moment of judging, and the time among the parties of a run. Nothing
//! else in the product asks for the time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Unit};

/// A moment as people read it: to the second.
pub fn to_the_second(moment: Timestamp) -> String {
    let seconds = moment.round(Unit::Second);
    seconds.unwrap_or(moment).to_string()
}

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

/// The time that the parties of a run share: the system's, or a virtual one. A
/// clone shows the same time.
#[derive(Debug, Clone, Default)]
pub struct RunningClock {
    face: Face,
}

#[derive(Debug, Clone, Default)]
enum Face {
    /// The system's clock.
    #[default]
    System,
    /// Stands still until somebody moves it.
    Standing(Arc<Mutex<Timestamp>>),
    /// Runs as the system's does, this much ahead of it.
    Shifted(Arc<Mutex<SignedDuration>>),
}

impl RunningClock {
    /// The clock of the system.
    pub fn system() -> Self {
        Self::default()
    }

    /// A virtual clock that stands at `now` until it is moved.
    pub fn standing_at(now: Timestamp) -> Self {
        Self {
            face: Face::Standing(Arc::new(Mutex::new(now))),
        }
    }

    /// A virtual clock that runs on from `now`.
    pub fn running_from(now: Timestamp) -> Self {
        let ahead = now.duration_since(Timestamp::now());
        Self {
            face: Face::Shifted(Arc::new(Mutex::new(ahead))),
        }
    }

    /// The moment, in UTC.
    pub fn now(&self) -> Timestamp {
        match &self.face {
            Face::System => Timestamp::now(),
            Face::Standing(moment) => *locked(moment),
            // It was never moved to a moment that there is not; the clock of
            // the system could only run there.
            Face::Shifted(ahead) => {
                let ahead = *locked(ahead);
                Timestamp::now()
                    .checked_add(ahead)
                    .unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// A clock that stands at the moment of the call, to judge with.
    pub fn read(&self) -> Clock {
        Clock::at(self.now())
    }

    /// Whether it can be moved.
    pub fn is_virtual(&self) -> bool {
        !matches!(self.face, Face::System)
    }

    /// Moves a virtual clock on; a negative duration moves nothing. `false`
    /// when this is the system's clock or the moment lies out of range.
    pub fn advance(&self, by: SignedDuration) -> bool {
        match self.now().checked_add(by) {
            Ok(_) if by.is_negative() => false,
            Ok(later) => self.set(later),
            Err(_) => false,
        }
    }

    /// Sets a virtual clock to a moment, also an earlier one. `false` when this
    /// is the system's clock.
    pub fn set(&self, now: Timestamp) -> bool {
        match &self.face {
            Face::System => return false,
            Face::Standing(moment) => *locked(moment) = now,
            Face::Shifted(ahead) => *locked(ahead) = now.duration_since(Timestamp::now()),
        }
        true
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert!(!RunningClock::system().set(start));
    }

    #[test]
    fn a_clock_that_runs_on_is_set_for_everybody() {
        let start: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
        let clock = RunningClock::running_from(start);
        let other = clock.clone();
        let first = other.now();
        assert!(first >= start && clock.now() >= first);
        assert!(clock.advance(SignedDuration::from_hours(24)));
        assert!(other.now() >= start + SignedDuration::from_hours(24));
        assert!(clock.set(start) && clock.is_virtual());
        assert!(other.now() < start + SignedDuration::from_hours(24));
    }
}
