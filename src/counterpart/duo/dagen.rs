//! Dates and moments in the journal: as text, as messages write them.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Reads and writes a date.
pub(super) mod dag {
    use super::*;

    pub fn serialize<S: Serializer>(date: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(date)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Date, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom("no date"))
    }
}

/// Reads and writes a date that may be absent.
pub(super) mod dag_of_geen {
    use super::*;

    pub fn serialize<S: Serializer>(date: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => to.collect_str(date),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("no date")))
            .transpose()
    }
}

/// Reads and writes a moment.
pub(super) mod moment {
    use jiff::Timestamp;

    use super::*;

    pub fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(moment)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom("no moment"))
    }
}
