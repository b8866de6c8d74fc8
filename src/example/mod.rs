//! Example messages, the edits that break or mend them, and the cases that
//! are made of both: for every rule a message that breaks only that rule and a
//! near miss that passes (docs/packs.md, Cases).

mod bulk;
mod case;
mod edit;
mod edit_json;
mod edit_xml;
mod meant;
pub mod mutate;
mod mutate_json;
mod mutate_xml;
mod packs;
mod path;

pub use bulk::{Bulk, BulkFile, Entry, bulk};
pub use case::{Batch, Case, CaseError, Cases, Made, Raw, RawBytes, Variant};
pub use edit::{Edit, EditError, EditErrorKind, Side, apply};
pub use meant::meant;
pub use path::{Path, PathError};

use jiff::Timestamp;

use crate::document::Format;

/// A valid message of a contract, synthetic persons only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example<'a> {
    /// The message.
    pub text: &'a str,
    /// XML or JSON.
    pub format: Format,
    /// The moment at which it is judged.
    pub at: Timestamp,
    /// The contract whose pack holds it.
    pub contract: &'a str,
    /// The operation that it belongs to.
    pub operation: &'a str,
}

/// Where examples come from.
pub trait Examples {
    /// The example of a message, by its root element (XML) or name (JSON).
    fn example(&self, name: &str) -> Option<Example<'_>>;
}
