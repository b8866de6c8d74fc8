//! Business rules per message: ISO Schematron with XPath 2.0.
//!
//! A [`RuleSet`] is what a rule file says, as data that threads share. Each
//! thread compiles its own [`CompiledRules`] from it and judges messages with
//! them. Only this module and `schema` know the XPath engine.

mod functions;
mod schematron;

pub use functions::NAMESPACE as RULE_NAMESPACE;
pub use schematron::{
    Anchor, Axis, CompiledRules, Found, LocationPath, NameTest, NotFound, Origin, PathAlternatives,
    Reads, Refusal, RefusalReason, RuleOutcomes, RulePaths, RuleSet, RuleSetError, SourcePlace,
    Step, check_expression, evaluate_expression, expression_reads, holds_of_anything,
};
