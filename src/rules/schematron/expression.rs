//! One XPath expression: parsed, bounded, bound and evaluated.

use std::rc::Rc;
use std::sync::Arc;

use xsd_schema::namespace::context::NamespaceContextSnapshot;
use xsd_schema::namespace::qname::QualifiedName;
use xsd_schema::namespace::table::NameTable;
use xsd_schema::types::TimezoneOffset;
use xsd_schema::xpath::ast::{AstNode, FunctionCallNode, ValueNode};
use xsd_schema::xpath::lexer::LexerError;
use xsd_schema::xpath::parser::xpath_grammar::ExprParser;
use xsd_schema::xpath::{
    AstArena, AstNodeId, DynamicContext, MAX_EXPRESSION_DEPTH, NameBinder, ParseError, RegexCache,
    SourceSpan, XPathContext, XPathError, XPathValue, XmlItem, bind_node, eval_node,
    expression_depth, parse,
};

use super::error::RefusalReason;
use super::tokens::tokens;
use crate::document::Navigator;
use crate::limits;
use crate::rules::functions::{
    CATALOG, Host, INTERNAL_NAMESPACE, INTERNAL_PREFIX, RANGE, TICK, UNDECIDED,
};

pub(super) type Value = XPathValue<Navigator>;

/// Functions that only XSLT has. A rule set written for an XSLT processor may
/// call them; there is no stylesheet here.
const XSLT_FUNCTIONS: &[&str] = &[
    "current",
    "current-group",
    "current-grouping-key",
    "document",
    "element-available",
    "format-date",
    "format-dateTime",
    "format-number",
    "format-time",
    "function-available",
    "generate-id",
    "key",
    "regex-group",
    "system-property",
    "type-available",
    "unparsed-entity-public-id",
    "unparsed-entity-uri",
    "unparsed-text",
    "unparsed-text-available",
];

/// Prefixes that need no declaration.
const PREFIXES: &[(&str, &str)] = &[
    ("xs", "http://www.w3.org/2001/XMLSchema"),
    ("fn", "http://www.w3.org/2005/xpath-functions"),
    (INTERNAL_PREFIX, INTERNAL_NAMESPACE),
];

self_cell::self_cell!(
    /// The names of a rule set and the static context that borrows them.
    pub(super) struct Names {
        owner: NameTable,
        #[covariant]
        dependent: XPathContext,
    }
);

/// What all expressions of a rule set share on one thread.
pub(super) struct Engine {
    names: Names,
    regexes: RegexCache,
}

/// Which `let` a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetId {
    /// Of the schema, the phase or a pattern: one value per message.
    Global(usize),
    /// Of a rule: one value per node that the rule fires for.
    Local(usize),
}

/// The variables that an expression may use, the innermost last.
#[derive(Default)]
pub(super) struct Scope<'s> {
    pub names: Vec<(&'s str, LetId)>,
}

impl Scope<'_> {
    fn find(&self, name: &str) -> Option<LetId> {
        self.names
            .iter()
            .rev()
            .find(|(declared, _)| *declared == name)
            .map(|&(_, id)| id)
    }
}

/// An expression ready to be evaluated.
#[derive(Debug)]
pub(super) struct Compiled {
    arena: Rc<AstArena>,
    root: AstNodeId,
    slots: usize,
    /// The `let`s that the first slots hold.
    pub lets: Vec<LetId>,
}

/// Why an evaluation has no result.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// A dynamic error, by its W3C code where it has one.
    Dynamic(Option<&'static str>),
    /// A limit was reached.
    Limit,
    /// The expression, or one it needs, is refused.
    Refused(&'static str),
    /// The rule says so itself, or a fact is missing.
    Undecided(Arc<str>),
}

/// Parses an expression whose tokens need no more than [`tokens`]. What the
/// grammar refuses is left to the engine as well: it knows why.
fn parse_everyday(text: &str) -> Option<(AstArena, AstNodeId)> {
    let tokens = tokens(text)?.into_iter().map(Ok::<_, LexerError>);
    let mut arena = AstArena::new();
    let root = ExprParser::new().parse(&mut arena, tokens).ok()?;
    (expression_depth(&arena, root) <= MAX_EXPRESSION_DEPTH).then_some((arena, root))
}

/// Parses an expression and bounds its loops: ranges and the turns of `for`,
/// `some` and `every` go through functions that count.
pub(super) fn parse_bounded(text: &str) -> Result<(AstArena, AstNodeId), RefusalReason> {
    let (mut arena, root) = match parse_everyday(text) {
        Some(parsed) => parsed,
        None => {
            let parsed = parse(text).map_err(|error| match error {
                ParseError::LimitExceeded { .. } => RefusalReason::TooDeep,
                _ => RefusalReason::Syntax,
            })?;
            (parsed.arena, parsed.root)
        }
    };
    for id in 0..arena.len() as AstNodeId {
        let bounded = match arena.get(id) {
            AstNode::Range(range) => {
                let bounds = (literal(&arena, range.start), literal(&arena, range.end));
                if let (Some(from), Some(to)) = bounds
                    && to.saturating_sub(from) >= limits::MAX_XPATH_RANGE
                {
                    return Err(RefusalReason::Range);
                }
                internal(RANGE, vec![range.start, range.end], range.span)
            }
            AstNode::For(each) => {
                let mut each = each.clone();
                each.return_expr = arena.add(internal(TICK, vec![each.return_expr], each.span));
                AstNode::For(each)
            }
            AstNode::Quantified(each) => {
                let mut each = each.clone();
                each.satisfies = arena.add(internal(TICK, vec![each.satisfies], each.span));
                AstNode::Quantified(each)
            }
            AstNode::FunctionCall(call) if call.local_name == UNDECIDED => {
                let literal = call.args.iter().all(|&arg| is_string(&arena, arg));
                if !literal {
                    return Err(RefusalReason::ReasonNotLiteral);
                }
                continue;
            }
            _ => continue,
        };
        *arena.get_mut(id) = bounded;
    }
    Ok((arena, root))
}

fn internal(name: &str, args: Vec<AstNodeId>, span: SourceSpan) -> AstNode {
    AstNode::FunctionCall(FunctionCallNode::new(
        INTERNAL_PREFIX.into(),
        name.into(),
        args,
        span,
    ))
}

/// The expression inside parentheses and paths of a single primary.
pub(super) fn bare(arena: &AstArena, id: AstNodeId) -> AstNodeId {
    let inner = match arena.get(id) {
        AstNode::Expr(expr) => expr.items.as_slice(),
        AstNode::PathExpr(path) if !path.is_absolute => path.steps.as_slice(),
        _ => return id,
    };
    match inner {
        [only] if !matches!(arena.get(*only), AstNode::PathStep(_)) => bare(arena, *only),
        _ => id,
    }
}

/// An integer literal. One too large for our integers counts as the largest.
fn literal(arena: &AstArena, id: AstNodeId) -> Option<i64> {
    match arena.get(bare(arena, id)) {
        AstNode::Value(ValueNode::Integer(digits)) => Some(digits.parse().unwrap_or(i64::MAX)),
        _ => None,
    }
}

fn is_string(arena: &AstArena, id: AstNodeId) -> bool {
    let node = arena.get(bare(arena, id));
    matches!(node, AstNode::Value(ValueNode::String(_)))
}

impl Engine {
    /// An engine that knows the prefixes of a rule set.
    pub fn new(namespaces: &[(Box<str>, Box<str>)]) -> Self {
        Self::with_default(namespaces, "")
    }

    /// An engine in which element names without a prefix are in the namespace
    /// `default`.
    pub fn with_default(namespaces: &[(Box<str>, Box<str>)], default: &str) -> Self {
        let names = Names::new(NameTable::new(), |names| {
            let mut known = NamespaceContextSnapshot::default();
            // The first binding of a prefix holds: the rule set's own.
            for (prefix, uri) in namespaces {
                known.bindings.push((names.add(prefix), names.add(uri)));
            }
            for (prefix, uri) in PREFIXES {
                known.bindings.push((names.add(prefix), names.add(uri)));
            }
            let context = match default {
                "" => XPathContext::new(names),
                uri => XPathContext::new(names).with_default_element_ns(names.add(uri)),
            };
            context
                .with_namespaces(known)
                .with_function_catalog(&*CATALOG)
                // Nothing asks the machine for its time or its zone.
                .with_implicit_timezone(TimezoneOffset::UTC)
        });
        Self {
            names,
            regexes: RegexCache::with_capacity(512),
        }
    }

    fn context(&self) -> &XPathContext<'_> {
        self.names.borrow_dependent()
    }

    /// The namespace of a prefix.
    pub fn namespace(&self, prefix: &str) -> Option<String> {
        self.context().resolve_prefix(prefix)
    }

    /// Compiles an expression.
    pub fn compile(&self, text: &str, scope: &Scope<'_>) -> Result<Compiled, RefusalReason> {
        let (mut arena, root) = parse_bounded(text)?;
        let (slots, lets) = self.bind(&mut arena, root, scope)?;
        Ok(Compiled {
            arena: Rc::new(arena),
            root,
            slots,
            lets,
        })
    }

    /// Binds the part of an arena below `root`: slots and the `let`s in them.
    pub fn bind(
        &self,
        arena: &mut AstArena,
        root: AstNodeId,
        scope: &Scope<'_>,
    ) -> Result<(usize, Vec<LetId>), RefusalReason> {
        let names = self.names.borrow_owner();
        let mut binder = NameBinder::new();
        let mut lets = Vec::new();
        for (_, node) in arena.iter() {
            let AstNode::VarRef(variable) = node else {
                continue;
            };
            let written = match &*variable.prefix {
                "" => variable.local_name.clone(),
                prefix => format!("{prefix}:{}", variable.local_name),
            };
            // A name that no `let` declares may be bound by the expression
            // itself; if not, binding refuses it.
            let Some(id) = scope.find(&written).filter(|id| !lets.contains(id)) else {
                continue;
            };
            let local = names.add(&variable.local_name);
            let name = match &*variable.prefix {
                "" => QualifiedName::local(local),
                prefix => {
                    let prefix_id = names.add(prefix);
                    let namespace = self
                        .context()
                        .resolve_prefix_id(prefix_id)
                        .ok_or_else(|| RefusalReason::Prefix(prefix.into()))?;
                    QualifiedName::new(Some(namespace), local, Some(prefix_id))
                }
            };
            binder.push_var(name);
            lets.push(id);
        }
        binder.mark_external_boundary();
        bind_node(arena, root, self.context(), &mut binder).map_err(|error| refusal(&error))?;
        Ok((binder.len(), lets))
    }

    /// Evaluates an expression at `focus`. `value` gives the `let`s; one that
    /// has no value makes the evaluation fail only when it is reached.
    pub fn evaluate(
        &self,
        expression: &Compiled,
        focus: Navigator,
        host: &Host<'_>,
        mut value: impl FnMut(LetId) -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let mut missing = None;
        let mut context = DynamicContext::new(self.context(), expression.slots);
        context.context_item = Some(XmlItem::Node(focus));
        context.context_position = 1;
        context.context_size = 1;
        context.current_datetime = Some(host.now());
        context.set_regex_cache(Some(&self.regexes));
        for (slot, &id) in expression.lets.iter().enumerate() {
            match value(id) {
                Ok(value) => context.set_variable(slot as u32, value),
                Err(failure) => {
                    missing.get_or_insert(failure);
                }
            }
        }
        // The evaluator is shorter-lived than the static context; a context
        // made here borrows both for this call only.
        context.set_function_evaluator(Some(host));
        let result = eval_node(&expression.arena, expression.root, &mut context);
        let undecided = host.take_undecided();
        if host.take_exhausted() {
            return Err(Failure::Limit);
        }
        match (result, undecided, missing) {
            (_, Some(reason), _) => Err(Failure::Undecided(reason)),
            (Ok(value), None, _) => Ok(value),
            (Err(_), None, Some(failure)) => Err(failure),
            (Err(error), None, None) => Err(Failure::Dynamic(error.error_code())),
        }
    }
}

impl Compiled {
    /// A part of a larger expression that shares its arena.
    pub fn part(arena: &Rc<AstArena>, root: AstNodeId, slots: usize, lets: Vec<LetId>) -> Self {
        Self {
            arena: Rc::clone(arena),
            root,
            slots,
            lets,
        }
    }
}

fn refusal(error: &XPathError) -> RefusalReason {
    match error {
        XPathError::XPST0017 { name, .. } if XSLT_FUNCTIONS.contains(&&**name) => {
            RefusalReason::XsltFunction(name.as_str().into())
        }
        XPathError::XPST0017 { name, .. } => RefusalReason::Function(name.as_str().into()),
        XPathError::XPST0008 { qname } => {
            RefusalReason::Variable(qname.trim_start_matches('$').into())
        }
        XPathError::XPST0081 { prefix } => RefusalReason::Prefix(prefix.as_str().into()),
        XPathError::XPST0003 { .. } => RefusalReason::Syntax,
        XPathError::LimitExceeded { .. } => RefusalReason::TooDeep,
        other => RefusalReason::Static(other.error_code().unwrap_or("XPST0001")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> RefusalReason {
        Engine::new(&[("kk".into(), crate::rules::RULE_NAMESPACE.into())])
            .compile(text, &Scope::default())
            .unwrap_err()
    }

    #[test]
    fn static_mistakes_are_named() {
        for (text, reason) in [
            ("current()/a", RefusalReason::XsltFunction("current".into())),
            ("key('k', .)", RefusalReason::XsltFunction("key".into())),
            (
                "document('x')",
                RefusalReason::XsltFunction("document".into()),
            ),
            ("doc('x')", RefusalReason::Function("doc".into())),
            ("nothing(.)", RefusalReason::Function("nothing".into())),
            ("$nothing", RefusalReason::Variable("nothing".into())),
            ("x:a", RefusalReason::Prefix("x".into())),
            ("a[", RefusalReason::Syntax),
            ("1 to 10000000", RefusalReason::Range),
            ("kk:onbeslist(string(.))", RefusalReason::ReasonNotLiteral),
        ] {
            assert_eq!(refused(text), reason, "{text}");
        }
        let deep = format!("{}1{}", "(".repeat(400), ")".repeat(400));
        assert_eq!(refused(&deep), RefusalReason::TooDeep);
    }
}
