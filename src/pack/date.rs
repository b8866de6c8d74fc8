//! Dates and moments in TOML files.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A date as TOML writes it: `2026-04-15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

/// A moment as TOML writes it: `2026-08-03T09:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(deserializer)?;
        written
            .to_string()
            .parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("expected a date such as 2026-04-15"))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(deserializer)?;
        written
            .to_string()
            .parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("expected a moment such as 2026-08-03T09:00:00Z"))
    }
}

impl Serialize for Day {
    /// As text: TOML alone has dates ([`in_toml`]).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Writes a date as TOML does.
pub(super) fn in_toml<S: Serializer>(day: &Option<Day>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => written(&day.0.to_string(), serializer),
        None => serializer.serialize_none(),
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written(&self.0.to_string(), serializer)
    }
}

fn written<S: Serializer>(date: &str, serializer: S) -> Result<S::Ok, S::Error> {
    date.parse::<toml::value::Datetime>()
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}
