//! Which parts of a message a rule reads, for binding rules to a schema.
//!
//! Every rule becomes a list of location paths without logic. When a schema
//! comes in the place of another, a path that can match nothing in it would
//! silently switch its rule off; the list lets the import find such rules.

use std::fmt;
use std::sync::Arc;

use xsd_schema::xpath::ast::{
    self, AstNode, BinaryOpKind, KindTest, NodeTest, PathStepNode, TypeExprKind,
};
use xsd_schema::xpath::{AstArena, AstNodeId, parse};

use super::parse::{Check, Expression, Let, Pattern, Rule, RuleSet};
use super::source::SourcePlace;
use crate::finding::Code;
use crate::limits;

/// The paths of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePaths {
    /// The rule. A code can occur more than once.
    pub code: Code,
    /// What the rule is about. It never fires when no alternative can match.
    pub context: PathAlternatives,
    /// What its test reads, with the predicates of its context and the `let`s
    /// it uses. The rule sees less than it was written for as soon as one of
    /// these has no alternative that can match.
    pub uses: Vec<PathAlternatives>,
}

/// One thing that a rule reads: the members of a union, of which one is
/// enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathAlternatives {
    /// Where the expression stands that reads it.
    pub place: SourcePlace,
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

impl NameTest {
    const ANY: NameTest = NameTest {
        namespace: None,
        local: None,
        text: false,
    };
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

impl RuleSet {
    /// The location paths of every rule, in the order of the file.
    pub fn paths(&self) -> Vec<RulePaths> {
        let mut all = Vec::new();
        for pattern in &self.patterns {
            for rule in &pattern.rules {
                let paths = |check: &Check| self.paths_of(pattern, rule, check);
                all.extend(rule.checks.iter().map(paths));
            }
        }
        all
    }

    fn paths_of(&self, pattern: &Pattern, rule: &Rule, check: &Check) -> RulePaths {
        let mut reader = PathReader {
            set: self,
            pattern,
            rule,
            uses: Vec::new(),
            seen: Vec::new(),
        };
        let context = reader.read(
            &rule.context,
            &[LocationPath::at(Anchor::Anywhere)],
            rule.lets.len(),
            false,
        );
        reader.read(
            &check.test,
            &[LocationPath::at(Anchor::Context)],
            rule.lets.len(),
            true,
        );
        RulePaths {
            code: Arc::clone(&check.info.code),
            context: PathAlternatives {
                place: self.sources.place(rule.context.spot),
                paths: context,
            },
            uses: reader.uses,
        }
    }

    fn namespace(&self, prefix: &str) -> Option<Arc<str>> {
        self.namespaces
            .iter()
            .find(|(declared, _)| **declared == *prefix)
            .map(|(_, uri)| Arc::from(&**uri))
    }
}

impl LocationPath {
    fn at(anchor: Anchor) -> Self {
        Self {
            anchor,
            steps: Vec::new(),
        }
    }

    fn then(&self, step: &Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step.clone());
        path
    }
}

struct PathReader<'s> {
    set: &'s RuleSet,
    pattern: &'s Pattern,
    rule: &'s Rule,
    uses: Vec<PathAlternatives>,
    /// The `let`s read so far, with their paths: `None` while being read.
    seen: Vec<(*const Let, Option<Vec<LocationPath>>)>,
}

/// What an expression is read with.
#[derive(Clone, Copy)]
struct Unit<'u> {
    arena: &'u AstArena,
    expression: &'u Expression,
    /// How many `let`s of the rule are in scope.
    visible: usize,
}

/// Variables that an expression binds itself, the innermost last.
type Bound = Vec<(String, Vec<LocationPath>)>;

impl PathReader<'_> {
    /// The nodes that an expression yields. What it reads on the way is noted,
    /// and with `note` what it yields as well.
    fn read(
        &mut self,
        expression: &Expression,
        focus: &[LocationPath],
        visible: usize,
        note: bool,
    ) -> Vec<LocationPath> {
        match parse(&expression.text) {
            Ok(parsed) => {
                let unit = Unit {
                    arena: &parsed.arena,
                    expression,
                    visible,
                };
                self.value(unit, parsed.root, focus, &mut Vec::new(), note)
            }
            // Refused when it is compiled; here it hides nothing.
            Err(_) => vec![LocationPath::at(Anchor::Anywhere)],
        }
    }

    fn value(
        &mut self,
        unit: Unit<'_>,
        id: AstNodeId,
        focus: &[LocationPath],
        bound: &mut Bound,
        note: bool,
    ) -> Vec<LocationPath> {
        match unit.arena.get(id) {
            AstNode::Value(_) => Vec::new(),
            AstNode::ContextItem(_) => focus.to_vec(),
            AstNode::VarRef(variable) => {
                let name = match &*variable.prefix {
                    "" => variable.local_name.clone(),
                    prefix => format!("{prefix}:{}", variable.local_name),
                };
                match bound.iter().rev().find(|(other, _)| *other == name) {
                    Some((_, paths)) => paths.clone(),
                    None => self.of_let(&name, unit.visible),
                }
            }
            AstNode::Expr(expr) => {
                let mut all = Vec::new();
                for &item in &expr.items {
                    all.extend(self.value(unit, item, focus, bound, note));
                }
                limited(all)
            }
            AstNode::If(node) => {
                self.value(unit, node.test, focus, bound, true);
                let mut all = self.value(unit, node.then_branch, focus, bound, note);
                all.extend(self.value(unit, node.else_branch, focus, bound, note));
                limited(all)
            }
            AstNode::For(node) => {
                let before = bound.len();
                self.bind(unit, &node.bindings, focus, bound);
                let result = self.value(unit, node.return_expr, focus, bound, note);
                bound.truncate(before);
                result
            }
            AstNode::Quantified(node) => {
                let before = bound.len();
                self.bind(unit, &node.bindings, focus, bound);
                self.value(unit, node.satisfies, focus, bound, true);
                bound.truncate(before);
                Vec::new()
            }
            AstNode::FunctionCall(call) => {
                let mut first = None;
                for &arg in &call.args {
                    let paths = self.value(unit, arg, focus, bound, true);
                    first.get_or_insert(paths);
                }
                match &*call.local_name {
                    "root" => vec![LocationPath::at(Anchor::Document)],
                    "id" | "idref" => vec![LocationPath::at(Anchor::Anywhere)],
                    "exactly-one" | "insert-before" | "one-or-more" | "remove" | "reverse"
                    | "subsequence" | "trace" | "unordered" | "zero-or-one" => {
                        first.unwrap_or_default()
                    }
                    _ => Vec::new(),
                }
            }
            AstNode::PathExpr(path) => {
                let mut current = if path.is_absolute {
                    vec![LocationPath::at(Anchor::Document)]
                } else {
                    focus.to_vec()
                };
                let mut last = Vec::new();
                for (index, &step) in path.steps.iter().enumerate() {
                    let next = match unit.arena.get(step) {
                        AstNode::PathStep(step) => self.step(unit, step, &current, bound),
                        // In parentheses, or a variable: a path in its own
                        // right when nothing follows.
                        _ if path.steps.len() == 1 => {
                            return self.value(unit, step, &current, bound, note);
                        }
                        _ => self.value(unit, step, &current, bound, false),
                    };
                    let before = std::mem::replace(&mut current, next);
                    if index > 0 {
                        last = before;
                    }
                }
                // A path that ends in a value still reads the nodes before it.
                if note && current.is_empty() {
                    self.note(unit, &last);
                } else if note {
                    self.note(unit, &current);
                }
                current
            }
            AstNode::FilterExpr(filter) => {
                let paths = self.value(unit, filter.base, focus, bound, false);
                for &predicate in &filter.predicates {
                    self.value(unit, predicate, &paths, bound, true);
                }
                if note {
                    self.note(unit, &paths);
                }
                paths
            }
            AstNode::BinaryOp(op) if op.kind == BinaryOpKind::Union => {
                let mut all = self.value(unit, op.left, focus, bound, false);
                all.extend(self.value(unit, op.right, focus, bound, false));
                let all = limited(all);
                if note {
                    self.note(unit, &all);
                }
                all
            }
            AstNode::BinaryOp(op) => {
                let left = self.value(unit, op.left, focus, bound, true);
                self.value(unit, op.right, focus, bound, true);
                match op.kind {
                    BinaryOpKind::Intersect | BinaryOpKind::Except => left,
                    _ => Vec::new(),
                }
            }
            AstNode::TypeExpr(op) => {
                let paths = self.value(unit, op.operand, focus, bound, true);
                if op.kind == TypeExprKind::TreatAs {
                    paths
                } else {
                    Vec::new()
                }
            }
            AstNode::Range(range) => {
                self.value(unit, range.start, focus, bound, true);
                self.value(unit, range.end, focus, bound, true);
                Vec::new()
            }
            AstNode::UnaryOp(op) => {
                self.value(unit, op.operand, focus, bound, true);
                Vec::new()
            }
            AstNode::PathStep(step) => self.step(unit, step, focus, bound),
        }
    }

    fn bind(
        &mut self,
        unit: Unit<'_>,
        bindings: &[ast::ForBinding],
        focus: &[LocationPath],
        bound: &mut Bound,
    ) {
        for binding in bindings {
            let paths = self.value(unit, binding.in_expr, focus, bound, true);
            let name = match &*binding.prefix {
                "" => binding.local_name.clone(),
                prefix => format!("{prefix}:{}", binding.local_name),
            };
            bound.push((name, paths));
        }
    }

    fn step(
        &mut self,
        unit: Unit<'_>,
        step: &PathStepNode,
        from: &[LocationPath],
        bound: &mut Bound,
    ) -> Vec<LocationPath> {
        let next = Step {
            axis: axis(step.axis),
            test: self.test(&step.test),
        };
        let paths: Vec<LocationPath> = from.iter().map(|path| path.then(&next)).collect();
        for &predicate in &step.predicates {
            self.value(unit, predicate, &paths, bound, true);
        }
        paths
    }

    fn test(&self, test: &NodeTest) -> NameTest {
        match test {
            NodeTest::Name(name) => NameTest {
                namespace: match name.prefix.as_deref() {
                    None => None,
                    Some("") => Some("".into()),
                    Some(prefix) => self.set.namespace(prefix),
                },
                local: name.local_name.as_deref().map(Arc::from),
                text: false,
            },
            NodeTest::Kind(KindTest::Text) => NameTest {
                text: true,
                ..NameTest::ANY
            },
            NodeTest::Kind(_) => NameTest::ANY,
        }
    }

    /// The paths of a `let`; what it reads is noted when it is met first.
    fn of_let(&mut self, name: &str, visible: usize) -> Vec<LocationPath> {
        let (set, pattern, rule) = (self.set, self.pattern, self.rule);
        let named = |lets: &'_ [Let]| lets.iter().rposition(|declared| &*declared.name == name);
        let local = named(&rule.lets[..visible.min(rule.lets.len())]);
        let (declared, anchor, visible) = if let Some(index) = local {
            (&rule.lets[index], Anchor::Context, index)
        } else if let Some(index) = named(&pattern.lets) {
            (&pattern.lets[index], Anchor::Document, 0)
        } else if let Some(index) = named(&set.lets) {
            (&set.lets[index], Anchor::Document, 0)
        } else {
            return Vec::new();
        };
        let key: *const Let = declared;
        if let Some((_, paths)) = self.seen.iter().find(|(other, _)| *other == key) {
            return paths.clone().unwrap_or_default();
        }
        let number = self.seen.len();
        self.seen.push((key, None));
        let paths = self.read(&declared.value, &[LocationPath::at(anchor)], visible, true);
        self.seen[number].1 = Some(paths.clone());
        paths
    }

    fn note(&mut self, unit: Unit<'_>, paths: &[LocationPath]) {
        let known = self.uses.iter().any(|use_| use_.paths == paths);
        if !paths.is_empty() && !known {
            self.uses.push(PathAlternatives {
                place: self.set.sources.place(unit.expression.spot),
                paths: paths.to_vec(),
            });
        }
    }
}

/// The alternatives, or "anywhere" when they are too many to follow.
fn limited(mut paths: Vec<LocationPath>) -> Vec<LocationPath> {
    let mut distinct: Vec<LocationPath> = Vec::new();
    for path in paths.drain(..) {
        if !distinct.contains(&path) {
            distinct.push(path);
        }
        if distinct.len() > limits::MAX_PATH_ALTERNATIVES {
            return vec![LocationPath::at(Anchor::Anywhere)];
        }
    }
    distinct
}

fn axis(axis: ast::Axis) -> Axis {
    match axis {
        ast::Axis::Child => Axis::Child,
        ast::Axis::Attribute => Axis::Attribute,
        ast::Axis::Descendant => Axis::Descendant,
        ast::Axis::DescendantOrSelf => Axis::DescendantOrSelf,
        ast::Axis::SelfAxis => Axis::SelfNode,
        ast::Axis::Parent => Axis::Parent,
        ast::Axis::Ancestor => Axis::Ancestor,
        ast::Axis::AncestorOrSelf => Axis::AncestorOrSelf,
        ast::Axis::FollowingSibling | ast::Axis::PrecedingSibling => Axis::Sibling,
        ast::Axis::Following | ast::Axis::Preceding | ast::Axis::Namespace => Axis::Elsewhere,
    }
}
