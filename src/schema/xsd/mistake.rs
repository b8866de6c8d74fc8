//! What is wrong with a message according to its schema, before it becomes a
//! finding.

use std::sync::Arc;

use crate::finding::{Args, Place};

/// One mistake: the code of the rule, what its text speaks of, and where.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// Code of a rule of the tool itself (`KK-XSD-…`).
    pub code: &'static str,
    /// Arguments of the rule's text.
    pub args: Args,
    /// Where it is.
    pub place: Place,
    /// Local name of the schema declaration that was violated, for its grade
    /// and source.
    pub declaration: Arc<str>,
}
