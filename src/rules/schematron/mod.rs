//! ISO Schematron: reading, compiling and judging.

mod always;
mod arguments;
mod compile;
mod error;
mod evaluate;
mod expression;
mod matching;
mod metadata;
mod parse;
mod paths;
mod single;
mod source;
mod tokens;
mod xml;

pub use always::holds_of_anything;
pub use compile::CompiledRules;
pub use error::{Refusal, RefusalReason, RuleSetError};
pub use evaluate::RuleOutcomes;
pub use parse::{Origin, RuleSet};
pub use paths::{Anchor, Axis, LocationPath, NameTest, PathAlternatives, RulePaths, Step};
pub use single::{Found, NotFound, Reads, check_expression, evaluate_expression, expression_reads};
pub use source::SourcePlace;
