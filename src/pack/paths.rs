//! Location paths of rules, as binding wants them.
//!
//! These have the shape in which the rule engine gives them out
//! (`RuleSet::paths`).

use std::fmt;
use std::sync::Arc;

use crate::finding::Code;

/// The paths of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePaths {
    /// The rule. A code can occur more than once.
    pub code: Code,
    /// What the rule is about.
    pub context: PathAlternatives,
    /// What it reads there.
    pub uses: Vec<PathAlternatives>,
}

/// One thing that a rule reads: the members of a union, of which one is
/// enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathAlternatives {
    /// The alternatives.
    pub paths: Vec<LocationPath>,
}

/// A way through a message, predicates left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationPath {
    /// Where it begins.
    pub anchor: Anchor,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// At the document node.
    Document,
    /// At the node that the rule's context matched.
    Context,
    /// At any node: the context of a rule, or what cannot be followed.
    Anywhere,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The direction.
    pub axis: Axis,
    /// The name asked for.
    pub test: NameTest,
}

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// `child::`
    Child,
    /// `attribute::`
    Attribute,
    /// `descendant::`
    Descendant,
    /// `descendant-or-self::`
    DescendantOrSelf,
    /// `self::`
    SelfNode,
    /// `parent::`
    Parent,
    /// `ancestor::`
    Ancestor,
    /// `ancestor-or-self::`
    AncestorOrSelf,
    /// `following-sibling::` and `preceding-sibling::`
    Sibling,
    /// `following::`, `preceding::` and `namespace::`
    Elsewhere,
}

/// A name, where `None` is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTest {
    /// The namespace name; empty for no namespace.
    pub namespace: Option<Arc<str>>,
    /// The local name.
    pub local: Option<Arc<str>>,
    /// Only text nodes, which have no name.
    pub text: bool,
}

impl fmt::Display for LocationPath {
    /// The path as XPath, names without namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.anchor {
            Anchor::Document => "/",
            Anchor::Context => "",
            Anchor::Anywhere => "//",
        })?;
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            f.write_str(match step.axis {
                Axis::Child => "",
                Axis::Attribute => "@",
                Axis::Descendant => "descendant::",
                Axis::DescendantOrSelf => "descendant-or-self::",
                Axis::SelfNode => "self::",
                Axis::Parent => "parent::",
                Axis::Ancestor => "ancestor::",
                Axis::AncestorOrSelf => "ancestor-or-self::",
                Axis::Sibling => "sibling::",
                Axis::Elsewhere => "following::",
            })?;
            match &step.test.local {
                _ if step.test.text => f.write_str("text()")?,
                Some(local) => write!(f, "*:{local}")?,
                None => f.write_str("node()")?,
            }
        }
        Ok(())
    }
}
