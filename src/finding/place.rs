//! Where in a message a finding is.

use serde::{Deserialize, Serialize};

/// A line and a column, both counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The place of a finding. The default is the input as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the input, where the finding points at some.
    pub span: Option<std::ops::Range<usize>>,
    /// Start of the span.
    pub start: Option<Position>,
    /// End of the span (exclusive).
    pub end: Option<Position>,
    /// XPath 2.0 (`/*:a/*:b[2]`) or JSON pointer (`/a/1`), empty for the whole.
    pub path: String,
    /// The same in the words of the domain: `2e inschrijvingPeriodeBO (datumBegin 2026-08-01) › leerjaar`.
    pub words: String,
    /// The path with repeated elements named by a key of theirs instead of a
    /// number, so that a fingerprint survives an insertion above.
    pub keyed: String,
}
