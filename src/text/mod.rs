//! Everything that is said to a person, in Dutch and English.
//!
//! Texts are made only at the edge: the rest of the product passes codes,
//! keys and arguments. [`Texts`] holds the words of the interface, and
//! [`builtin_rules`] the tool's own rules and those over a batch. Rules of a
//! pack carry their texts with them.

mod builtin;
mod templates;
mod texts;

pub use builtin::{
    BuiltinRules, RulesError, builtin_grade, builtin_rules, read_rules, tool_finding,
};
pub(crate) use builtin::{advise, in_words};
pub(crate) use templates::templates;
pub use texts::{Phrases, Texts};
pub(crate) use texts::{fill, say, word};
