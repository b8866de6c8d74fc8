//! XPath expressions that stand by themselves: the assertions of scenarios.

use std::sync::Arc;

use xsd_schema::xpath::XmlItem;
use xsd_schema::xpath::ast::{AstNode, Axis, NodeTest};
use xsd_schema::xpath::functions::effective_boolean_value;

use super::error::RefusalReason;
use super::expression::{Engine, Failure, Scope, Value, parse_bounded};
use crate::document::{Document, Navigator, NodeId, PlaceOf};
use crate::facts::Facts;
use crate::finding::Place;
use crate::rules::functions::Host;

/// What an expression comes to on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its effective boolean value, where it has one.
    pub truth: Option<bool>,
    /// The string values of its items.
    pub texts: Vec<String>,
    /// Where its first node stands.
    pub place: Option<Place>,
}

/// Why an expression comes to nothing: a key of the texts (`reason.<key>`), or
/// a rule set's own wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound(pub Arc<str>);

/// Names without a declaration: our own functions.
fn prefixes() -> [(Box<str>, Box<str>); 1] {
    [("kk".into(), crate::rules::RULE_NAMESPACE.into())]
}

/// Whether `expression` is XPath 2.0 that can be evaluated here.
///
/// # Errors
///
/// Why it is not.
pub fn check_expression(expression: &str) -> Result<(), RefusalReason> {
    Engine::new(&prefixes())
        .compile(expression, &Scope::default())
        .map(|_| ())
}

/// What an expression reads of a message, as far as its text tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The local names of the elements that it names, in their order.
    pub elements: Vec<String>,
    /// Whether it reads anything: without, every message makes it the same.
    pub anything: bool,
}

/// Functions that are about the message when they are given nothing.
const OF_CONTEXT: [&str; 10] = [
    "base-uri",
    "local-name",
    "name",
    "namespace-uri",
    "normalize-space",
    "number",
    "root",
    "string",
    "string-length",
    "id",
];

/// What an expression reads of a message; `None` where it is no XPath.
pub fn expression_reads(expression: &str) -> Option<Reads> {
    let (arena, _) = parse_bounded(expression).ok()?;
    let mut reads = Reads::default();
    for (_, node) in arena.iter() {
        match node {
            AstNode::ContextItem(_) => reads.anything = true,
            AstNode::PathExpr(path) if path.is_absolute => reads.anything = true,
            AstNode::FunctionCall(call) if OF_CONTEXT.contains(&&*call.local_name) => {
                reads.anything |= call.args.is_empty() || call.local_name == "id";
            }
            AstNode::PathStep(step) => {
                reads.anything = true;
                let is_element = !matches!(step.axis, Axis::Attribute | Axis::Namespace);
                if let (NodeTest::Name(name), true) = (&step.test, is_element) {
                    reads.elements.extend(name.local_name.clone());
                }
            }
            _ => {}
        }
    }
    Some(reads)
}

/// Evaluates `expression` at a node. Element names without a prefix are in the
/// namespace of that node.
///
/// # Errors
///
/// It is no XPath 2.0, or ends in an error, or goes beyond the limits.
pub fn evaluate_expression(
    expression: &str,
    document: &Arc<Document>,
    node: NodeId,
    facts: &Facts,
) -> Result<Found, NotFound> {
    let engine = Engine::with_default(&prefixes(), document.namespace(node));
    let compiled = engine
        .compile(expression, &Scope::default())
        .map_err(|reason| NotFound(reason.key().into()))?;
    let host = Host::new(facts);
    let focus = Navigator::new(document, node);
    let none = |_| Err(Failure::Dynamic(None));
    let value = engine
        .evaluate(&compiled, focus, &host, none)
        .map_err(|failure| NotFound(reason(failure)))?;
    Ok(Found {
        truth: effective_boolean_value(&value).ok(),
        texts: texts(&value),
        place: place(document, &value),
    })
}

fn reason(failure: Failure) -> Arc<str> {
    match failure {
        Failure::Dynamic(_) => "dynamic-error".into(),
        Failure::Limit => "limit".into(),
        Failure::Refused(key) => key.into(),
        Failure::Undecided(reason) => reason,
    }
}

fn texts(value: &Value) -> Vec<String> {
    use xsd_schema::navigator::DomNavigator;
    value
        .as_slice()
        .iter()
        .map(|item| match item {
            XmlItem::Node(node) => node.value(),
            XmlItem::Atomic(value) => value.to_string_value(),
        })
        .collect()
}

fn place(document: &Arc<Document>, value: &Value) -> Option<Place> {
    value.as_slice().iter().find_map(|item| match item {
        XmlItem::Node(node) if Arc::ptr_eq(node.document(), document) => {
            Some(document.place(node.node(), PlaceOf::Value))
        }
        _ => None,
    })
}
