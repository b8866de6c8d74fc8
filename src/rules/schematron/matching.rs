//! Which nodes a rule's context matches.
//!
//! The context of a rule is a match pattern of XSLT. Steps along `child`,
//! `attribute` and `//` are compared with the tree directly, predicates are
//! evaluated at the node they stand for; anything else is evaluated once per
//! message as a whole.

use std::rc::Rc;

use xsd_schema::xpath::ast::{
    AstNode, Axis, BinaryOpKind, KindTest, NodeTest, PathExprNode, PathStepNode, TypeExprKind,
};
use xsd_schema::xpath::{AstArena, AstNodeId, DomNavigator, DomNodeType, SourceSpan};

use super::error::RefusalReason;
use super::expression::{Compiled, Engine, Failure, Scope, bare, parse_bounded};
use crate::document::{Document, Navigator, NodeId, NodeKind};

/// A node that a rule can fire for: a node of the tree, or an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Focus {
    pub node: NodeId,
    /// Index among the attributes of `node`.
    pub attribute: Option<u32>,
}

impl Focus {
    pub fn node(node: NodeId) -> Self {
        Self {
            node,
            attribute: None,
        }
    }

    /// Where a cursor is; `None` at a namespace node.
    pub fn of(cursor: &Navigator) -> Option<Self> {
        (cursor.node_type() != DomNodeType::Namespace).then(|| Self {
            node: cursor.node(),
            attribute: cursor.attribute_index().map(|index| index as u32),
        })
    }

    /// A cursor at the focus.
    pub fn cursor(self, document: &std::sync::Arc<Document>) -> Navigator {
        let mut cursor = Navigator::new(document, self.node);
        if let Some(index) = self.attribute {
            cursor.move_to_first_attribute();
            for _ in 0..index {
                cursor.move_to_next_attribute();
            }
        }
        cursor
    }
}

/// One alternative of a context.
#[derive(Debug)]
pub(super) enum Alternative {
    /// Compared step by step.
    Steps(Steps),
    /// Evaluated once per message; its result are the nodes that match.
    Whole(Compiled),
}

/// A pattern of steps, the last one first.
#[derive(Debug)]
pub(super) struct Steps {
    /// The first step is a child of the document node.
    anchored: bool,
    steps: Vec<MatchStep>,
}

#[derive(Debug)]
struct MatchStep {
    test: Test,
    predicates: Vec<Compiled>,
    /// Anything may lie between this step and the one before it.
    gap: bool,
}

/// What a step accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Root,
    Element(NameIs),
    Attribute(NameIs),
    Text,
    Comment,
    Instruction,
    /// Any child node.
    Node,
}

/// A name, where `None` is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameIs {
    pub namespace: Option<Box<str>>,
    pub local: Option<Box<str>>,
}

impl NameIs {
    fn accepts(&self, name: &crate::document::Name) -> bool {
        self.local
            .as_deref()
            .is_none_or(|local| *local == *name.local)
            && self
                .namespace
                .as_deref()
                .is_none_or(|namespace| *namespace == *name.namespace)
    }
}

impl Steps {
    /// What the node itself must be.
    pub fn test(&self) -> &Test {
        // Built with at least one step.
        &self.steps[0].test
    }

    /// Whether the pattern matches at `focus`. `holds` evaluates a predicate.
    pub fn matches(
        &self,
        document: &Document,
        focus: Focus,
        holds: &mut dyn FnMut(&Compiled, Focus) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        self.matches_from(document, focus, 0, holds)
    }

    fn matches_from(
        &self,
        document: &Document,
        focus: Focus,
        index: usize,
        holds: &mut dyn FnMut(&Compiled, Focus) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let step = &self.steps[index];
        if !step.test.accepts(document, focus) {
            return Ok(false);
        }
        for predicate in &step.predicates {
            if !holds(predicate, focus)? {
                return Ok(false);
            }
        }
        let above = match focus.attribute {
            Some(_) => Some(focus.node),
            None => document.parent(focus.node),
        };
        if index + 1 == self.steps.len() {
            return Ok(!self.anchored || step.gap || above == Some(NodeId::ROOT));
        }
        let mut candidate = above;
        while let Some(node) = candidate {
            if self.matches_from(document, Focus::node(node), index + 1, holds)? {
                return Ok(true);
            }
            candidate = if step.gap {
                document.parent(node)
            } else {
                None
            };
        }
        Ok(false)
    }
}

impl Test {
    fn accepts(&self, document: &Document, focus: Focus) -> bool {
        match (self, focus.attribute) {
            (Test::Attribute(name), Some(index)) => document
                .attributes(focus.node)
                .nth(index as usize)
                .is_some_and(|attribute| name.accepts(attribute.name)),
            (_, Some(_)) | (Test::Attribute(_), None) => false,
            (test, None) => match document.kind(focus.node) {
                NodeKind::Root => *test == Test::Root,
                NodeKind::Element => test.accepts_element(document.name(focus.node)),
                NodeKind::Text => matches!(test, Test::Text | Test::Node),
                NodeKind::Comment => matches!(test, Test::Comment | Test::Node),
                NodeKind::ProcessingInstruction => {
                    matches!(test, Test::Instruction | Test::Node)
                }
            },
        }
    }

    /// Whether an element of that name passes.
    pub fn accepts_element(&self, name: &crate::document::Name) -> bool {
        match self {
            Test::Element(wanted) => wanted.accepts(name),
            Test::Node => true,
            _ => false,
        }
    }
}

/// Compiles a context into its alternatives.
pub(super) fn compile(
    engine: &Engine,
    text: &str,
    scope: &Scope<'_>,
) -> Result<Vec<Alternative>, RefusalReason> {
    let (mut arena, root) = parse_bounded(text)?;
    let mut roots = Vec::new();
    alternatives(&arena, root, &mut roots);
    let mut plans = Vec::new();
    for root in roots {
        let plan = match plan(engine, &arena, root)? {
            Some(plan) => plan,
            None => Plan::Whole(anywhere(&mut arena, root)),
        };
        plans.push(plan);
    }
    // All binding changes the arena, so it goes before all sharing of it.
    let mut bound = Vec::new();
    for plan in &plans {
        for root in plan.expressions() {
            bound.push((root, engine.bind(&mut arena, root, scope)?));
        }
    }
    let arena = Rc::new(arena);
    let mut bound = bound
        .into_iter()
        .map(|(root, (slots, lets))| Compiled::part(&arena, root, slots, lets));
    let mut compiled = Vec::new();
    for plan in plans {
        match plan {
            Plan::Whole(_) => compiled.extend(bound.next().map(Alternative::Whole)),
            Plan::Steps(anchored, plans) => {
                let mut steps: Vec<MatchStep> = plans
                    .into_iter()
                    .map(|plan| MatchStep {
                        test: plan.test,
                        predicates: bound.by_ref().take(plan.predicates.len()).collect(),
                        gap: plan.gap,
                    })
                    .collect();
                steps.reverse();
                compiled.push(Alternative::Steps(Steps { anchored, steps }));
            }
        }
    }
    Ok(compiled)
}

/// The members of a union.
fn alternatives(arena: &AstArena, id: AstNodeId, out: &mut Vec<AstNodeId>) {
    let id = bare(arena, id);
    match arena.get(id) {
        AstNode::BinaryOp(union) if union.kind == BinaryOpKind::Union => {
            alternatives(arena, union.left, out);
            alternatives(arena, union.right, out);
        }
        _ => out.push(id),
    }
}

/// How an alternative is going to be matched.
enum Plan {
    /// Whether it is anchored, and its steps in the order of writing.
    Steps(bool, Vec<StepPlan>),
    /// By evaluating this expression.
    Whole(AstNodeId),
}

struct StepPlan {
    test: Test,
    predicates: Vec<AstNodeId>,
    gap: bool,
}

impl Plan {
    /// The expressions to bind, in the order in which they are used.
    fn expressions(&self) -> Vec<AstNodeId> {
        match self {
            Plan::Steps(_, steps) => steps
                .iter()
                .flat_map(|step| step.predicates.iter().copied())
                .collect(),
            Plan::Whole(root) => vec![*root],
        }
    }
}

/// The plan of an alternative that can be compared with the tree directly.
fn plan(engine: &Engine, arena: &AstArena, id: AstNodeId) -> Result<Option<Plan>, RefusalReason> {
    let AstNode::PathExpr(path) = arena.get(id) else {
        return Ok(None);
    };
    let mut steps = Vec::new();
    if path.steps.is_empty() {
        steps.push(StepPlan {
            test: Test::Root,
            predicates: Vec::new(),
            gap: true,
        });
        return Ok(Some(Plan::Steps(true, steps)));
    }
    let mut gap = false;
    for &step in &path.steps {
        let AstNode::PathStep(step) = arena.get(step) else {
            return Ok(None);
        };
        if is_gap(step) {
            gap = true;
            continue;
        }
        let Some(test) = step_test(engine, step)? else {
            return Ok(None);
        };
        if !step.predicates.iter().all(|&p| is_boolean(arena, p)) {
            return Ok(None);
        }
        steps.push(StepPlan {
            test,
            predicates: step.predicates.clone(),
            gap: std::mem::take(&mut gap),
        });
    }
    let plain = !steps.is_empty() && !gap;
    Ok(plain.then_some(Plan::Steps(path.is_absolute, steps)))
}

/// The step that `//` abbreviates.
fn is_gap(step: &PathStepNode) -> bool {
    step.axis == Axis::DescendantOrSelf
        && matches!(step.test, NodeTest::Kind(KindTest::AnyKind))
        && step.predicates.is_empty()
}

fn step_test(engine: &Engine, step: &PathStepNode) -> Result<Option<Test>, RefusalReason> {
    let attribute = match step.axis {
        Axis::Child => false,
        Axis::Attribute => true,
        _ => return Ok(None),
    };
    Ok(match &step.test {
        NodeTest::Name(name) => {
            let namespace = match name.prefix.as_deref() {
                None => None,
                Some("") => Some("".into()),
                Some(prefix) => Some(
                    engine
                        .namespace(prefix)
                        .ok_or_else(|| RefusalReason::Prefix(prefix.into()))?
                        .into_boxed_str(),
                ),
            };
            let name = NameIs {
                namespace,
                local: name.local_name.as_deref().map(Into::into),
            };
            Some(if attribute {
                Test::Attribute(name)
            } else {
                Test::Element(name)
            })
        }
        NodeTest::Kind(_) if attribute => None,
        NodeTest::Kind(KindTest::AnyKind) => Some(Test::Node),
        NodeTest::Kind(KindTest::Text) => Some(Test::Text),
        NodeTest::Kind(KindTest::Comment) => Some(Test::Comment),
        NodeTest::Kind(KindTest::ProcessingInstruction(None)) => Some(Test::Instruction),
        NodeTest::Kind(_) => None,
    })
}

/// Whether a predicate is a condition and not a position, whatever it meets.
fn is_boolean(arena: &AstArena, id: AstNodeId) -> bool {
    !asks_position(arena, id) && yields_boolean(arena, id)
}

fn yields_boolean(arena: &AstArena, id: AstNodeId) -> bool {
    match arena.get(bare(arena, id)) {
        AstNode::Quantified(_) => true,
        AstNode::BinaryOp(op) => !matches!(
            op.kind,
            BinaryOpKind::Add
                | BinaryOpKind::Sub
                | BinaryOpKind::Mul
                | BinaryOpKind::Div
                | BinaryOpKind::IDiv
                | BinaryOpKind::Mod
        ),
        AstNode::TypeExpr(op) => {
            matches!(op.kind, TypeExprKind::InstanceOf | TypeExprKind::CastableAs)
        }
        AstNode::PathExpr(path) => path
            .steps
            .last()
            .is_none_or(|&last| matches!(arena.get(last), AstNode::PathStep(_))),
        AstNode::FunctionCall(call) => matches!(
            &*call.local_name,
            "not"
                | "exists"
                | "empty"
                | "boolean"
                | "true"
                | "false"
                | "contains"
                | "starts-with"
                | "ends-with"
                | "matches"
                | "deep-equal"
        ),
        _ => false,
    }
}

/// Whether an expression may ask for the position of its context item. Asking
/// inside a predicate of its own is harmless, but rare enough not to matter.
fn asks_position(arena: &AstArena, id: AstNodeId) -> bool {
    let any = |ids: &[AstNodeId]| ids.iter().any(|&id| asks_position(arena, id));
    match arena.get(id) {
        AstNode::FunctionCall(call) => {
            matches!(&*call.local_name, "position" | "last") || any(&call.args)
        }
        AstNode::Expr(expr) => any(&expr.items),
        AstNode::If(node) => any(&[node.test, node.then_branch, node.else_branch]),
        AstNode::For(node) => {
            node.bindings
                .iter()
                .any(|b| asks_position(arena, b.in_expr))
                || asks_position(arena, node.return_expr)
        }
        AstNode::Quantified(node) => {
            node.bindings
                .iter()
                .any(|b| asks_position(arena, b.in_expr))
                || asks_position(arena, node.satisfies)
        }
        AstNode::PathExpr(path) => any(&path.steps),
        AstNode::FilterExpr(filter) => asks_position(arena, filter.base),
        AstNode::Range(range) => any(&[range.start, range.end]),
        AstNode::UnaryOp(op) => asks_position(arena, op.operand),
        AstNode::BinaryOp(op) => any(&[op.left, op.right]),
        AstNode::TypeExpr(op) => asks_position(arena, op.operand),
        AstNode::PathStep(_) | AstNode::Value(_) | AstNode::ContextItem(_) | AstNode::VarRef(_) => {
            false
        }
    }
}

/// The alternative as one expression over the whole document: a node matches
/// a pattern when some node above it, or itself, selects it with it.
fn anywhere(arena: &mut AstArena, id: AstNodeId) -> AstNodeId {
    if matches!(arena.get(id), AstNode::PathExpr(path) if path.is_absolute) {
        return id;
    }
    let span = SourceSpan::default();
    let every = arena.add(AstNode::PathStep(PathStepNode::new(
        Axis::DescendantOrSelf,
        NodeTest::Kind(KindTest::AnyKind),
        span,
    )));
    arena.add(AstNode::PathExpr(PathExprNode::absolute(
        vec![every, id],
        span,
    )))
}
