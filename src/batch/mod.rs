//! The rules over a batch: what several messages together show.
//!
//! Of each message an [`Extractor`] keeps a small typed [`Record`], read along
//! the paths of `schemas/batch/gegevens.toml`, so that a million messages fit
//! into memory. A [`BatchJudge`] collects the records of all threads and
//! judges the rules at the end, in an order that does not depend on the order
//! of the inputs.
//!
//! What the rules judge is the state after the last message (30-bron-po.md,
//! how the exchange behaves): an aanlevering replaces the enrolment with the
//! same institution, person and inschrijvingvolgnummer, a verwijdering takes
//! it away.

mod absences;
mod catalogue;
mod enrolments;
mod extract;
mod findings;
mod judge;
mod paths;
mod record;
mod state;
mod values;

pub use catalogue::{BatchRule, BatchRules, RuleEntry};
pub use extract::Extractor;
pub use findings::{BatchFound, Judged, RuleOutcome};
pub use judge::BatchJudge;
pub use paths::{Field, RecordPaths};
pub use record::Record;
