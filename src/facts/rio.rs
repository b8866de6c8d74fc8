//! RIO data.

use jiff::civil::Date;

/// What is known of RIO.
#[derive(Debug, Default)]
pub struct RioData {}

impl RioData {
    /// Whether an aanbieder is valid on a date.
    pub fn aanbieder_valid(&self, _code: &str, _on: Date) -> Option<bool> {
        None
    }

    /// Whether a location belongs to an aanbieder on a date.
    pub fn locatie_bij_aanbieder(
        &self,
        _aanbieder: &str,
        _locatie: &str,
        _on: Date,
    ) -> Option<bool> {
        None
    }
}
