//! Dates as texts, in data and in the journal: `2026-08-01`.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::facts::iso_date;

/// What a date that cannot be read says of itself.
const EXPECTED: &str = "expected a date such as \"2026-08-01\"";

pub(super) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    date.to_string().serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    iso_date(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom(EXPECTED))
}

/// A date that may be absent.
pub(super) mod optional {
    use super::{Date, Deserialize, Deserializer, EXPECTED, Serialize, Serializer, iso_date};

    pub(in super::super) fn serialize<S: Serializer>(
        date: &Option<Date>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        date.map(|date| date.to_string()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| iso_date(&text).ok_or_else(|| serde::de::Error::custom(EXPECTED)))
            .transpose()
    }
}
