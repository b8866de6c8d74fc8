//! The rules of one thread, compiled as they are needed.

use std::cell::OnceCell;
use std::sync::Arc;

use super::error::{Refusal, RefusalReason};
use super::expression::{Compiled, Engine, LetId, Scope};
use super::matching::{self, Alternative};
use super::parse::{Check, Expression, Let, Rule, RuleSet};
use crate::finding::Code;

/// A rule set compiled for one thread.
///
/// Contexts are compiled at once, because every message is held against all
/// of them; tests and `let`s when their rule fires for the first time.
pub struct CompiledRules {
    pub(super) set: Arc<RuleSet>,
    pub(super) engine: Engine,
    pub(super) globals: Vec<GlobalLet>,
    pub(super) rules: Vec<CompiledRule>,
    /// The number of checks in all rules.
    pub(super) checks: usize,
}

/// A `let` outside a rule.
pub(super) struct GlobalLet {
    pattern: Option<usize>,
    index: usize,
    compiled: OnceCell<Result<Compiled, RefusalReason>>,
}

pub(super) struct CompiledRule {
    pub pattern: usize,
    pub index: usize,
    /// Number of the rule's first check among all checks.
    pub first_check: usize,
    pub context: Result<Vec<Alternative>, RefusalReason>,
    body: OnceCell<Body>,
}

/// What of a rule is needed when it fires.
pub(super) struct Body {
    pub lets: Vec<Result<Compiled, RefusalReason>>,
    pub tests: Vec<Result<Compiled, RefusalReason>>,
    /// Per check, what only a broken rule needs.
    pub details: Vec<OnceCell<Details>>,
}

pub(super) struct Details {
    pub subject: Option<Result<Compiled, RefusalReason>>,
    pub arguments: Vec<Result<Compiled, RefusalReason>>,
}

impl CompiledRules {
    /// Compiles a rule set for the calling thread. What does not compile makes
    /// its rules undecided; see [`CompiledRules::refusals`].
    pub fn new(set: Arc<RuleSet>) -> Self {
        let engine = Engine::new(&set.namespaces);
        let mut globals: Vec<GlobalLet> = (0..set.lets.len())
            .map(|index| GlobalLet::new(None, index))
            .collect();
        for (number, pattern) in set.patterns.iter().enumerate() {
            let lets = (0..pattern.lets.len()).map(|index| GlobalLet::new(Some(number), index));
            globals.extend(lets);
        }
        let mut compiled = Self {
            set: Arc::clone(&set),
            engine,
            globals,
            rules: Vec::new(),
            checks: 0,
        };
        for (number, pattern) in set.patterns.iter().enumerate() {
            let scope = compiled.scope(Some(number));
            let mut rules = Vec::new();
            let mut first_check = compiled.checks;
            for (index, rule) in pattern.rules.iter().enumerate() {
                rules.push(CompiledRule {
                    pattern: number,
                    index,
                    first_check,
                    context: matching::compile(&compiled.engine, &rule.context.text, &scope),
                    body: OnceCell::new(),
                });
                first_check += rule.checks.len();
            }
            compiled.rules.extend(rules);
            compiled.checks = first_check;
        }
        compiled
    }

    /// The rule set this was compiled from.
    pub fn rule_set(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// Compiles everything and lists what is refused, with its place and the
    /// rules that are undecided because of it.
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = self.set.xslt_elements().to_vec();
        let mut refuse = |expression: &Expression, reason: &RefusalReason, codes: Vec<Code>| {
            refusals.push(Refusal {
                place: self.set.sources.place(expression.spot),
                reason: reason.clone(),
                codes,
            });
        };
        for (number, global) in self.globals.iter().enumerate() {
            if let Err(reason) = self.global(number) {
                let users = self.users(LetId::Global(number));
                refuse(&global.source(&self.set).value, reason, users);
            }
        }
        for rule in &self.rules {
            let source = self.source(rule);
            if let Err(reason) = &rule.context {
                // The rules after it in the pattern depend on it too: whether
                // they are the first to match is not known.
                let later = &self.set.patterns[rule.pattern].rules[rule.index..];
                let codes = later.iter().flat_map(|rule| &rule.checks).map(code);
                refuse(&source.context, reason, codes.collect());
            }
            let body = self.body(rule);
            for (declared, compiled) in source.lets.iter().zip(&body.lets) {
                if let Err(reason) = compiled {
                    let codes = source.checks.iter().map(code).collect();
                    refuse(&declared.value, reason, codes);
                }
            }
            for (index, check) in source.checks.iter().enumerate() {
                if let Err(reason) = &body.tests[index] {
                    refuse(&check.test, reason, vec![code(check)]);
                }
                let details = self.details(rule, index);
                let subject = check.subject.iter().zip(&details.subject);
                for (expression, compiled) in
                    subject.chain(check.arguments.iter().zip(&details.arguments))
                {
                    // The rule is judged all the same; only its text suffers.
                    if let Err(reason) = compiled {
                        refuse(expression, reason, Vec::new());
                    }
                }
            }
        }
        refusals
    }

    /// The checks that use a global `let` directly.
    fn users(&self, id: LetId) -> Vec<Code> {
        let uses = |compiled: &Result<Compiled, RefusalReason>| {
            compiled.as_ref().is_ok_and(|c| c.lets.contains(&id))
        };
        let mut codes = Vec::new();
        for rule in &self.rules {
            let body = self.body(rule);
            let shared = body.lets.iter().any(uses);
            let checks = self.source(rule).checks.iter().zip(&body.tests);
            codes.extend(
                checks
                    .filter(|(_, test)| shared || uses(test))
                    .map(|(check, _)| code(check)),
            );
        }
        codes
    }

    pub(super) fn source(&self, rule: &CompiledRule) -> &Rule {
        &self.set.patterns[rule.pattern].rules[rule.index]
    }

    pub(super) fn global(&self, number: usize) -> Result<&Compiled, &RefusalReason> {
        let global = &self.globals[number];
        global
            .compiled
            .get_or_init(|| {
                let text = &global.source(&self.set).value.text;
                self.engine.compile(text, &self.scope(global.pattern))
            })
            .as_ref()
    }

    pub(super) fn body<'r>(&self, rule: &'r CompiledRule) -> &'r Body {
        rule.body.get_or_init(|| {
            let source = self.source(rule);
            let mut scope = self.scope(Some(rule.pattern));
            let mut lets = Vec::new();
            for (index, declared) in source.lets.iter().enumerate() {
                lets.push(self.engine.compile(&declared.value.text, &scope));
                scope.names.push((&declared.name, LetId::Local(index)));
            }
            let tests = source
                .checks
                .iter()
                .map(|check| self.engine.compile(&check.test.text, &scope))
                .collect();
            Body {
                lets,
                tests,
                details: source.checks.iter().map(|_| OnceCell::new()).collect(),
            }
        })
    }

    pub(super) fn details<'r>(&self, rule: &'r CompiledRule, index: usize) -> &'r Details {
        self.body(rule).details[index].get_or_init(|| {
            let source = self.source(rule);
            let check: &Check = &source.checks[index];
            let mut scope = self.scope(Some(rule.pattern));
            let locals = source.lets.iter().enumerate();
            scope
                .names
                .extend(locals.map(|(index, declared)| (&*declared.name, LetId::Local(index))));
            let compile = |expression: &Expression| self.engine.compile(&expression.text, &scope);
            Details {
                subject: check.subject.as_ref().map(compile),
                arguments: check.arguments.iter().map(compile).collect(),
            }
        })
    }

    /// The `let`s that a pattern sees; those of the schema alone for `None`.
    fn scope(&self, pattern: Option<usize>) -> Scope<'_> {
        let visible = self
            .globals
            .iter()
            .enumerate()
            .filter(|(_, global)| global.pattern.is_none() || global.pattern == pattern);
        Scope {
            names: visible
                .map(|(number, global)| (&*global.source(&self.set).name, LetId::Global(number)))
                .collect(),
        }
    }
}

impl GlobalLet {
    fn new(pattern: Option<usize>, index: usize) -> Self {
        Self {
            pattern,
            index,
            compiled: OnceCell::new(),
        }
    }

    fn source<'s>(&self, set: &'s RuleSet) -> &'s Let {
        match self.pattern {
            Some(pattern) => &set.patterns[pattern].lets[self.index],
            None => &set.lets[self.index],
        }
    }
}

fn code(check: &Check) -> Code {
    Arc::clone(&check.info.code)
}
