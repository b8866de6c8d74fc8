//! What a rule set cannot do here, and where it says so.

use std::sync::Arc;

use super::source::SourcePlace;
use crate::finding::Code;

/// Why a rule set cannot be read at all. The pack's author is to act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleSetError {
    /// A file larger than a pack file may be.
    #[error("{file}: larger than a rule file may be")]
    TooLarge {
        /// The file.
        file: Arc<str>,
    },
    /// A file that is not XML, or XML that the gate refuses.
    #[error("{0}: not well-formed XML without document type")]
    NotXml(SourcePlace),
    /// The outermost element is not `schema` of ISO Schematron.
    #[error("{0}: not an ISO Schematron schema")]
    NotSchematron(SourcePlace),
    /// A query language other than `xslt2` or `xpath2`. Without the attribute
    /// the language is XSLT 1.0.
    #[error("{place}: query binding `{binding}` is not supported, use xslt2 or xpath2")]
    QueryBinding {
        /// The schema element.
        place: SourcePlace,
        /// The binding that was asked for.
        binding: String,
    },
    /// An element that Schematron does not have here, or that is not supported.
    #[error("{place}: element `{element}` is not understood here")]
    Element {
        /// The element.
        place: SourcePlace,
        /// Its local name.
        element: String,
    },
    /// An attribute that must be there.
    #[error("{place}: `{element}` needs the attribute `{attribute}`")]
    MissingAttribute {
        /// The element.
        place: SourcePlace,
        /// Its local name.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// A value that is none of those allowed.
    #[error("{place}: `{value}` is no {what}")]
    Value {
        /// The element.
        place: SourcePlace,
        /// What it should be: `grade`, `class`.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A name that refers to nothing: an abstract rule or pattern, a phase, a
    /// diagnostic, a property.
    #[error("{place}: there is no {what} `{name}`")]
    Unknown {
        /// The element that refers.
        place: SourcePlace,
        /// What is missing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Abstract rules or patterns or included files that refer to each other
    /// in a circle, or too deep.
    #[error("{place}: `{name}` refers to itself or nests too deep")]
    Circle {
        /// The element that refers.
        place: SourcePlace,
        /// The name.
        name: String,
    },
    /// A file to include that is not part of the pack.
    #[error("{place}: the file `{href}` is not part of the pack")]
    Include {
        /// The `include` element.
        place: SourcePlace,
        /// The file it names.
        href: String,
    },
}

/// Something in a rule set that cannot be judged here. The rules it touches
/// are undecided, never silently passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands.
    pub place: SourcePlace,
    /// Why.
    pub reason: RefusalReason,
    /// The rules that are undecided because of it; none when nothing depends
    /// on it.
    pub codes: Vec<Code>,
}

/// Why something in a rule set is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalReason {
    /// An element of XSLT: `xsl:function`, `xsl:key`.
    XsltElement(Arc<str>),
    /// A function that only XSLT has: `current()`, `key()`, `document()`.
    XsltFunction(Arc<str>),
    /// A function that reaches outside the message, or that does not exist.
    Function(Arc<str>),
    /// A variable that no `let` in scope declares.
    Variable(Arc<str>),
    /// A namespace prefix that no `ns` declares.
    Prefix(Arc<str>),
    /// Not an XPath 2.0 expression.
    Syntax,
    /// Nested deeper than the engine goes.
    TooDeep,
    /// A range that is larger than may be.
    Range,
    /// `kk:onbeslist` with something other than a literal.
    ReasonNotLiteral,
    /// Another static error, by its W3C code.
    Static(&'static str),
}

impl RefusalReason {
    /// A key for texts and for the argument `reason` of a finding.
    pub fn key(&self) -> &'static str {
        match self {
            RefusalReason::XsltElement(_) => "xslt-element",
            RefusalReason::XsltFunction(_) => "xslt-function",
            RefusalReason::Function(_) => "unknown-function",
            RefusalReason::Variable(_) => "unknown-variable",
            RefusalReason::Prefix(_) => "unknown-prefix",
            RefusalReason::Syntax => "xpath-syntax",
            RefusalReason::TooDeep => "xpath-depth",
            RefusalReason::Range => "xpath-range",
            RefusalReason::ReasonNotLiteral => "reason-not-literal",
            RefusalReason::Static(_) => "xpath-static",
        }
    }

    /// The name that is refused, where there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            RefusalReason::XsltElement(name)
            | RefusalReason::XsltFunction(name)
            | RefusalReason::Function(name)
            | RefusalReason::Variable(name)
            | RefusalReason::Prefix(name) => Some(name),
            RefusalReason::Static(code) => Some(code),
            _ => None,
        }
    }
}
