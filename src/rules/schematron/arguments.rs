//! What a finding quotes from a message, and where it points.

use std::sync::Arc;

use xsd_schema::types::value::{XmlAtomicValue, XmlValueKind};
use xsd_schema::xpath::ast::{AstNode, Axis, NodeTest};
use xsd_schema::xpath::{AstArena, AstNodeId, DomNavigator, XmlItem, parse};

use super::expression::Value;
use super::matching::Focus;
use crate::document::{Document, NodeId, NodeKind, PlaceOf};
use crate::finding::{DataClass, MessageValue, Place};

/// Functions whose result says nothing of the value they look at.
const SAY_NOTHING: &[&str] = &[
    "boolean",
    "contains",
    "count",
    "empty",
    "exists",
    "last",
    "local-name",
    "matches",
    "name",
    "namespace-uri",
    "node-name",
    "not",
    "position",
    "starts-with",
    "string-length",
];

/// How many `let`s deep the class of a computed value is looked for.
const MAX_LET_DEPTH: usize = 8;

/// A value as a finding may quote it. Nodes are classed by what they are; a
/// computed value by `computed`, because it may hold what it was made of.
pub(super) fn message_value(
    document: &Document,
    value: &Value,
    computed: &dyn Fn() -> DataClass,
) -> MessageValue {
    let mut text = String::new();
    let mut class = DataClass::Plain;
    for (index, item) in value.as_slice().iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match item {
            XmlItem::Node(cursor) => {
                text.push_str(&cursor.value_ref());
                let of_item = Focus::of(cursor)
                    .map_or(DataClass::Unknown, |focus| class_of_node(document, focus));
                class = stricter(class, of_item);
            }
            XmlItem::Atomic(value) => {
                text.push_str(&value.to_string_value());
                let says_nothing = matches!(
                    value.value,
                    XmlValueKind::Atomic(XmlAtomicValue::Boolean(_))
                );
                if !says_nothing {
                    class = stricter(class, computed());
                }
            }
        }
    }
    MessageValue::new(text, class)
}

/// The class of a node's text: that of the strictest element in it.
fn class_of_node(document: &Document, focus: Focus) -> DataClass {
    match focus.attribute {
        Some(index) => {
            let names = std::iter::once(focus.node)
                .chain(document.ancestors(focus.node))
                .map(|element| document.local_name(element));
            document
                .attributes(focus.node)
                .nth(index as usize)
                .map_or(DataClass::Unknown, |attribute| {
                    DataClass::of(&attribute.name.local, names)
                })
        }
        None => match document.kind(focus.node) {
            NodeKind::Root | NodeKind::Element => document
                .subtree(focus.node)
                .filter(|&below| document.is_element(below))
                .map(|element| document.data_class(element))
                .fold(DataClass::Plain, stricter),
            NodeKind::Text => document
                .parent(focus.node)
                .map_or(DataClass::Unknown, |parent| document.data_class(parent)),
            // A comment may say anything.
            NodeKind::Comment | NodeKind::ProcessingInstruction => DataClass::Unknown,
        },
    }
}

/// The class that hides more.
fn stricter(left: DataClass, right: DataClass) -> DataClass {
    let rank = |class| match class {
        DataClass::Plain => 0,
        DataClass::PersonNumber => 1,
        DataClass::Words => 2,
        DataClass::Personal => 3,
        DataClass::Unknown => 4,
    };
    if rank(right) > rank(left) {
        right
    } else {
        left
    }
}

/// The class of a value that an expression computes at `node`: the strictest
/// among the names that it reads. `let_text` gives the expression of a `let`.
pub(super) fn class_of_expression(
    document: &Document,
    node: NodeId,
    text: &str,
    let_text: &dyn Fn(&str) -> Option<Arc<str>>,
) -> DataClass {
    Reading {
        document,
        node,
        let_text,
    }
    .expression(text, 0)
}

struct Reading<'r> {
    document: &'r Document,
    node: NodeId,
    let_text: &'r dyn Fn(&str) -> Option<Arc<str>>,
}

impl Reading<'_> {
    fn expression(&self, text: &str, depth: usize) -> DataClass {
        match parse(text) {
            Ok(parsed) if depth < MAX_LET_DEPTH => self.part(&parsed.arena, parsed.root, depth),
            _ => DataClass::Unknown,
        }
    }

    fn parts(&self, arena: &AstArena, ids: &[AstNodeId], depth: usize) -> DataClass {
        ids.iter()
            .map(|&id| self.part(arena, id, depth))
            .fold(DataClass::Plain, stricter)
    }

    fn part(&self, arena: &AstArena, id: AstNodeId, depth: usize) -> DataClass {
        let parts = |ids: &[AstNodeId]| self.parts(arena, ids, depth);
        match arena.get(id) {
            AstNode::Value(_) => DataClass::Plain,
            AstNode::ContextItem(_) => class_of_node(self.document, Focus::node(self.node)),
            // A variable that the expression binds itself is classed where it
            // gets its value.
            AstNode::VarRef(variable) => (self.let_text)(&variable.local_name)
                .map_or(DataClass::Plain, |text| self.expression(&text, depth + 1)),
            AstNode::FunctionCall(call) if SAY_NOTHING.contains(&&*call.local_name) => {
                DataClass::Plain
            }
            AstNode::FunctionCall(call) if call.args.is_empty() => {
                match (&*call.prefix, &*call.local_name) {
                    ("", "string" | "normalize-space" | "number" | "data" | "root") => {
                        class_of_node(self.document, Focus::node(self.node))
                    }
                    _ => DataClass::Plain,
                }
            }
            AstNode::FunctionCall(call) => parts(&call.args),
            AstNode::Expr(expr) => parts(&expr.items),
            AstNode::If(node) => parts(&[node.then_branch, node.else_branch]),
            AstNode::For(node) => {
                let bound = node
                    .bindings
                    .iter()
                    .map(|b| self.part(arena, b.in_expr, depth));
                bound.fold(parts(&[node.return_expr]), stricter)
            }
            AstNode::Quantified(_) => DataClass::Plain,
            AstNode::PathExpr(path) => match path.steps.last() {
                Some(&last) if matches!(arena.get(last), AstNode::PathStep(_)) => {
                    self.part(arena, last, depth)
                }
                Some(_) => parts(&path.steps),
                None => DataClass::Unknown,
            },
            AstNode::FilterExpr(filter) => parts(&[filter.base]),
            AstNode::Range(range) => parts(&[range.start, range.end]),
            AstNode::UnaryOp(op) => parts(&[op.operand]),
            AstNode::BinaryOp(op) => parts(&[op.left, op.right]),
            AstNode::TypeExpr(op) => parts(&[op.operand]),
            AstNode::PathStep(step) => match &step.test {
                NodeTest::Name(name) => match &name.local_name {
                    Some(local) => {
                        let above = std::iter::once(self.node)
                            .chain(self.document.ancestors(self.node))
                            .map(|element| self.document.local_name(element));
                        stricter(DataClass::of(local, above), self.below(local))
                    }
                    None => DataClass::Unknown,
                },
                NodeTest::Kind(_) if step.axis == Axis::SelfAxis => {
                    class_of_node(self.document, Focus::node(self.node))
                }
                NodeTest::Kind(_) => DataClass::Unknown,
            },
        }
    }

    /// The class of the elements of that name in the message: a container
    /// holds what its children hold.
    fn below(&self, local: &str) -> DataClass {
        self.document
            .subtree(NodeId::ROOT)
            .filter(|&node| {
                self.document.is_element(node) && self.document.local_name(node) == local
            })
            .map(|node| class_of_node(self.document, Focus::node(node)))
            .fold(DataClass::Plain, stricter)
    }
}

/// The place of a node: the value of a leaf, the name of an element with
/// content, the value of an attribute.
pub(super) fn place(document: &Document, focus: Focus) -> Place {
    if let Some(index) = focus.attribute
        && let Some(attribute) = document.attributes(focus.node).nth(index as usize)
    {
        return document.attribute_place(focus.node, &attribute);
    }
    let node = match document.kind(focus.node) {
        NodeKind::Root => document.root_element(),
        NodeKind::Element => focus.node,
        _ => document.parent(focus.node).unwrap_or(focus.node),
    };
    let leaf = document
        .children(node)
        .all(|child| !document.is_element(child));
    document.place(node, if leaf { PlaceOf::Value } else { PlaceOf::Name })
}
