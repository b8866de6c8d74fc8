//! Moments and lapses of time in a script.

use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::facts::school_year;

/// The moment at which a scenario begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Always the same.
    Absolute(Timestamp),
    /// In a school year, counted from that of the run: `schooljaar+0-08-03T09:00Z`.
    SchoolYear {
        /// 0 is the school year of the run.
        offset: i16,
        /// Month and day; August to December lie in the year in which the
        /// school year begins, January to July in the next.
        month: i8,
        /// The day of the month.
        day: i8,
        /// The hour, in UTC.
        hour: i8,
        /// The minute.
        minute: i8,
    },
}

impl Moment {
    /// Reads `2026-08-03T09:00:00Z` or `schooljaar+0-08-03T09:00Z`.
    pub fn parse(written: &str) -> Option<Self> {
        let Some(rest) = written.strip_prefix("schooljaar") else {
            return written.parse().ok().map(Moment::Absolute);
        };
        // The sign, digits, then -MM-DDTHH:MMZ.
        let sign = match rest.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (years, rest) = rest[1..].split_once('-')?;
        let offset: i16 = (years.len() <= 2).then(|| years.parse().ok())??;
        let (day, time) = rest.strip_suffix('Z')?.split_once('T')?;
        let pair = |text: &str, between: char| -> Option<(i8, i8)> {
            let (a, b) = text.split_once(between)?;
            let both = a.len() == 2 && b.len() == 2;
            both.then(|| Some((a.parse().ok()?, b.parse().ok()?)))?
        };
        let (month, day) = pair(day, '-')?;
        let (hour, minute) = pair(time, ':')?;
        // 29 February exists in some school years only, so it is none here.
        let exists = Date::new(2025, month, day).is_ok()
            && (0..24).contains(&hour)
            && (0..60).contains(&minute);
        exists.then_some(Moment::SchoolYear {
            offset: sign * offset,
            month,
            day,
            hour,
            minute,
        })
    }

    /// The moment, for a run on `today`.
    pub fn on(self, today: Date) -> Timestamp {
        match self {
            Moment::Absolute(moment) => moment,
            Moment::SchoolYear {
                offset,
                month,
                day,
                hour,
                minute,
            } => {
                let begins = school_year(today).saturating_add(offset);
                let year = if month >= 8 { begins } else { begins + 1 };
                let moment = Date::new(year, month, day).map(|date| date.at(hour, minute, 0, 0));
                // Checked when it was read; only a clock far outside history
                // lies out of range.
                moment
                    .and_then(|moment| TimeZone::UTC.to_timestamp(moment))
                    .unwrap_or(Timestamp::MAX)
            }
        }
    }
}

/// What is added to a date or moment: `+7d`, `-1mo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// How many, negative for earlier.
    pub count: i32,
    /// Of what.
    pub unit: Unit,
}

/// Units of time in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `y`
    Years,
    /// `mo`
    Months,
    /// `w`
    Weeks,
    /// `d`
    Days,
    /// `h`
    Hours,
    /// `min`
    Minutes,
    /// `s`
    Seconds,
    /// `ms`
    Milliseconds,
}

impl Unit {
    const ALL: [(Unit, &'static str); 8] = [
        (Unit::Years, "y"),
        (Unit::Months, "mo"),
        (Unit::Weeks, "w"),
        (Unit::Days, "d"),
        (Unit::Hours, "h"),
        (Unit::Minutes, "min"),
        (Unit::Seconds, "s"),
        (Unit::Milliseconds, "ms"),
    ];

    fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(unit, _)| unit)
    }

    fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(unit, _)| *unit == self)
            .map_or("", |(_, name)| name)
    }

    /// How long one is; none for months and years, whose length differs.
    fn length(self) -> Option<Duration> {
        Some(match self {
            Unit::Years | Unit::Months => return None,
            Unit::Weeks => Duration::from_secs(7 * 24 * 3600),
            Unit::Days => Duration::from_secs(24 * 3600),
            Unit::Hours => Duration::from_secs(3600),
            Unit::Minutes => Duration::from_secs(60),
            Unit::Seconds => Duration::from_secs(1),
            Unit::Milliseconds => Duration::from_millis(1),
        })
    }
}

impl Offset {
    /// Splits `date+7d` into `date` and the offset.
    pub(super) fn split_last(written: &str) -> Option<(&str, Self)> {
        let sign = written.rfind(['+', '-'])?;
        let amount = written[sign + 1..].trim();
        let (count, unit) = amount.split_at(amount.find(|c: char| !c.is_ascii_digit())?);
        let count: i32 = (count.len() <= 6).then(|| count.parse().ok())??;
        let unit = Unit::parse(unit)?;
        let count = if written.as_bytes()[sign] == b'-' {
            -count
        } else {
            count
        };
        Some((&written[..sign], Self { count, unit }))
    }

    fn span(self) -> Option<Span> {
        let count = i64::from(self.count);
        let span = Span::new();
        match self.unit {
            Unit::Years => span.try_years(count),
            Unit::Months => span.try_months(count),
            Unit::Weeks => span.try_weeks(count),
            Unit::Days => span.try_days(count),
            Unit::Hours => span.try_hours(count),
            Unit::Minutes => span.try_minutes(count),
            Unit::Seconds => span.try_seconds(count),
            Unit::Milliseconds => span.try_milliseconds(count),
        }
        .ok()
    }

    /// `text`, a date or a moment in UTC, moved by the offset. A date stays a
    /// date; hours and less cannot be added to it.
    pub fn apply(self, text: &str) -> Option<String> {
        let span = self.span()?;
        if text.len() == 10 {
            if self
                .unit
                .length()
                .is_some_and(|one| one < Duration::from_secs(86_400))
            {
                return None;
            }
            let date: Date = text.parse().ok()?;
            return Some(date.checked_add(span).ok()?.to_string());
        }
        let moment: DateTime = text.strip_suffix('Z')?.parse().ok()?;
        Some(format!("{}Z", moment.checked_add(span).ok()?))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+}{}", self.count, self.unit.name())
    }
}

/// A lapse of time: `30s`, `7d`, `500ms`. Months and years are none: their
/// length differs.
pub fn duration(written: &str) -> Option<Duration> {
    let (count, unit) = written.split_at(written.find(|c: char| !c.is_ascii_digit())?);
    let count: u32 = (count.len() <= 7).then(|| count.parse().ok())??;
    Unit::parse(unit)?.length()?.checked_mul(count)
}

/// First and last day of the school year of `day`.
pub(super) fn bounds(day: Date) -> (Date, Date) {
    let begins = school_year(day);
    (date(begins, 8, 1), date(begins.saturating_add(1), 7, 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_absolute_or_in_the_school_year_of_the_run() {
        let today = date(2027, 2, 1);
        for (written, moment) in [
            ("2026-08-03T09:00:00Z", "2026-08-03T09:00:00Z"),
            ("schooljaar+0-08-03T09:00Z", "2026-08-03T09:00:00Z"),
            ("schooljaar+0-02-01T00:30Z", "2027-02-01T00:30:00Z"),
            ("schooljaar-1-07-31T23:59Z", "2026-07-31T23:59:00Z"),
            ("schooljaar+2-10-01T09:00Z", "2028-10-01T09:00:00Z"),
        ] {
            let read = Moment::parse(written).unwrap();
            assert_eq!(read.on(today).to_string(), moment, "{written}");
        }
        for bad in [
            "",
            "2026-08-03",
            "schooljaar",
            "schooljaar+0",
            "schooljaar+0-13-01T00:00Z",
            "schooljaar+0-02-29T00:00Z",
            "schooljaar+0-08-03T24:00Z",
            "schooljaar+0-8-3T09:00Z",
            "schooljaar+0-08-03T09:00",
            "schooljaar+999-08-03T09:00Z",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_and_moments_move() {
        for (text, offset, moved) in [
            ("2026-08-01", "+7d", Some("2026-08-08")),
            ("2027-01-31", "+1mo", Some("2027-02-28")),
            ("2026-08-01", "-1y", Some("2025-08-01")),
            ("2026-08-01", "+1h", None),
            ("2026-08-01T23:30:00Z", "+1h", Some("2026-08-02T00:30:00Z")),
            (
                "2026-08-01T23:30:00Z",
                "-500ms",
                Some("2026-08-01T23:29:59.5Z"),
            ),
            ("gisteren", "+1d", None),
            ("9999-12-31", "+1d", None),
        ] {
            let (_, offset) = Offset::split_last(offset).unwrap();
            assert_eq!(offset.apply(text).as_deref(), moved, "{text}{offset}");
        }
    }

    #[test]
    fn a_duration_has_a_count_and_a_unit() {
        assert_eq!(duration("30s"), Some(Duration::from_secs(30)));
        assert_eq!(duration("2w"), Some(Duration::from_secs(1_209_600)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        for bad in ["", "s", "30", "1mo", "1y", "-1s", "1.5s", "99999999s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
