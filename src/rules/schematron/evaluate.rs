//! Judging one message with compiled rules.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use xsd_schema::xpath::XmlItem;
use xsd_schema::xpath::functions::effective_boolean_value;

use super::arguments;
use super::compile::{CompiledRule, CompiledRules};
use super::expression::{Compiled, Failure, LetId, Value};
use super::matching::{Alternative, Focus, Steps, Test};
use super::parse::Check;
use crate::document::{Document, Navigator, NodeId};
use crate::facts::Facts;
use crate::finding::{Args, Beyond, Code, Finding, Kind};
use crate::limits;
use crate::rules::functions::Host;

/// What the rules say of one message.
#[derive(Debug, Default)]
pub struct RuleOutcomes {
    /// Rules that are broken, once per place, and rules that could not be
    /// judged, once per message; in document order.
    pub findings: Vec<Finding>,
    /// Findings beyond [`limits::MAX_FINDINGS_PER_MESSAGE`]; never the first
    /// of a rule.
    pub beyond: Beyond,
    /// Rules that applied to something in the message, were judged there and
    /// hold everywhere.
    pub held: Vec<Code>,
    /// Rules that could not be judged somewhere. A rule that is broken
    /// elsewhere is not among them.
    pub undecided: Vec<Code>,
}

impl CompiledRules {
    /// Judges the message whose element is `root`. Contexts match only inside
    /// that element; a path that begins at the root of the document sees the
    /// whole document, so that a SOAP body is judged in place.
    pub fn judge(&self, document: &Arc<Document>, root: NodeId, facts: &Facts) -> RuleOutcomes {
        let mut run = Run {
            rules: self,
            document,
            root,
            host: Host::new(facts),
            globals: RefCell::new((0..self.globals.len()).map(|_| LetState::Unset).collect()),
            states: vec![State::default(); self.checks],
            outcomes: RuleOutcomes::default(),
        };
        run.all();
        run.finish()
    }
}

/// A run over one message.
struct Run<'r> {
    rules: &'r CompiledRules,
    document: &'r Arc<Document>,
    root: NodeId,
    host: Host<'r>,
    globals: RefCell<Vec<LetState>>,
    states: Vec<State>,
    outcomes: RuleOutcomes,
}

/// What happened to a check so far.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    judged: bool,
    broken: bool,
    undecided: bool,
}

#[derive(Clone)]
enum LetState {
    Unset,
    /// Being evaluated: a `let` that needs itself.
    Busy,
    Done(Result<Value, Failure>),
}

/// The node that a rule fires for, with the values of the rule's `let`s.
struct Firing<'f> {
    rule: &'f CompiledRule,
    focus: Focus,
    cursor: Navigator,
    lets: RefCell<Vec<LetState>>,
}

/// Where contexts can match, by the kind of what they match.
#[derive(Default)]
struct Candidates<'r> {
    /// By the name index of the document.
    elements: Vec<Vec<Candidate<'r>>>,
    attributes: Vec<Candidate<'r>>,
    others: Vec<Candidate<'r>>,
    /// Nodes that contexts evaluated as a whole selected.
    selected: HashMap<Focus, Vec<usize>>,
    /// Rules whose context could not be evaluated: what comes after them in
    /// their pattern is in doubt.
    failed: Vec<(usize, Failure)>,
}

/// A rule number and the alternative that may match.
type Candidate<'r> = (usize, &'r Steps);

impl<'r> Run<'r> {
    fn all(&mut self) {
        let candidates = self.candidates();
        for (rule, failure) in &candidates.failed {
            self.give_up(*rule, Focus::node(self.root), failure);
        }
        let document = self.document;
        let document_node = (document.root_element() == self.root).then_some(NodeId::ROOT);
        for node in document_node.into_iter().chain(document.subtree(self.root)) {
            let of_node = if document.is_element(node) {
                &candidates.elements[document.name_index(node)]
            } else {
                &candidates.others
            };
            self.visit(&candidates, of_node, Focus::node(node));
            if candidates.attributes.is_empty() && candidates.selected.is_empty() {
                continue;
            }
            for index in 0..document.attributes(node).len() {
                let focus = Focus {
                    node,
                    attribute: Some(index as u32),
                };
                self.visit(&candidates, &candidates.attributes, focus);
            }
        }
    }

    /// Sorts the contexts by what they can match in this document.
    fn candidates(&self) -> Candidates<'r> {
        let mut found = Candidates {
            elements: vec![Vec::new(); self.document.name_count()],
            ..Candidates::default()
        };
        // One node for every name of the message: what holds for it holds for
        // all elements of that name.
        let mut named: Vec<(usize, NodeId)> = Vec::new();
        let mut seen = vec![false; self.document.name_count()];
        for node in self.document.subtree(self.root) {
            let index = self.document.name_index(node);
            if !seen[index] && self.document.is_element(node) {
                seen[index] = true;
                named.push((index, node));
            }
        }
        for (number, rule) in self.rules.rules.iter().enumerate() {
            let alternatives = match &rule.context {
                Ok(alternatives) => alternatives,
                Err(reason) => {
                    found.failed.push((number, Failure::Refused(reason.key())));
                    continue;
                }
            };
            for alternative in alternatives {
                match alternative {
                    Alternative::Whole(expression) => {
                        if let Err(failure) = self.select(expression, number, &mut found.selected) {
                            found.failed.push((number, failure));
                        }
                    }
                    Alternative::Steps(steps) => match steps.test() {
                        Test::Attribute(_) => found.attributes.push((number, steps)),
                        test => {
                            for &(index, node) in &named {
                                if test.accepts_element(self.document.name(node)) {
                                    found.elements[index].push((number, steps));
                                }
                            }
                            if !matches!(test, Test::Element(_)) {
                                found.others.push((number, steps));
                            }
                        }
                    },
                }
            }
        }
        found
    }

    fn select(
        &self,
        expression: &Compiled,
        number: usize,
        selected: &mut HashMap<Focus, Vec<usize>>,
    ) -> Result<(), Failure> {
        let cursor = Navigator::new(self.document, NodeId::ROOT);
        let value = self.evaluate(expression, cursor, None)?;
        for item in value.as_slice() {
            let XmlItem::Node(cursor) = item else {
                return Err(Failure::Dynamic(None));
            };
            if let Some(focus) = Focus::of(cursor) {
                let rules = selected.entry(focus).or_default();
                if rules.last() != Some(&number) {
                    rules.push(number);
                }
            }
        }
        Ok(())
    }

    /// Lets the first rule of every pattern that matches `focus` fire.
    fn visit(&mut self, candidates: &Candidates<'r>, named: &[Candidate<'r>], focus: Focus) {
        let selected = candidates.selected.get(&focus);
        if named.is_empty() && selected.is_none() {
            return;
        }
        let mut selected = selected.map_or(&[][..], Vec::as_slice).iter().peekable();
        let mut named = named.iter().peekable();
        // The pattern that is done at this node, or in doubt because a rule
        // before could not be matched.
        let mut done = None;
        let mut doubt: Option<(usize, Failure)> = None;
        loop {
            // Both lists are in the order of the rules.
            let from_list = match (named.peek(), selected.peek()) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((left, _)), Some(right)) => left <= right,
            };
            let (number, steps) = if from_list {
                let Some(&(number, steps)) = named.next() else {
                    break;
                };
                (number, Some(steps))
            } else {
                let Some(&number) = selected.next() else {
                    break;
                };
                (number, None)
            };
            let rules = self.rules;
            let rule = &rules.rules[number];
            if done == Some(rule.pattern) {
                continue;
            }
            let matches = match steps {
                Some(steps) => steps.matches(self.document, focus, &mut |predicate, at| {
                    self.truth(predicate, at.cursor(self.document), None)
                }),
                None => Ok(true),
            };
            match matches {
                Ok(false) => {}
                Ok(true) => {
                    let earlier = candidates
                        .failed
                        .iter()
                        .find(|(other, _)| {
                            *other < number && rules.rules[*other].pattern == rule.pattern
                        })
                        .or(doubt
                            .as_ref()
                            .filter(|(pattern, _)| *pattern == rule.pattern))
                        .map(|(_, failure)| failure.clone());
                    match earlier {
                        Some(failure) => self.give_up(number, focus, &failure),
                        None => self.fire(rule, focus),
                    }
                    done = Some(rule.pattern);
                }
                Err(failure) => {
                    self.give_up(number, focus, &failure);
                    doubt = Some((rule.pattern, failure));
                }
            }
        }
    }

    /// Judges every check of a rule at a node.
    fn fire(&mut self, rule: &'r CompiledRule, focus: Focus) {
        let body = self.rules.body(rule);
        let firing = Firing {
            rule,
            focus,
            cursor: focus.cursor(self.document),
            lets: RefCell::new(vec![LetState::Unset; body.lets.len()]),
        };
        let checks = &self.rules.source(rule).checks;
        for (index, (check, test)) in checks.iter().zip(&body.tests).enumerate() {
            let number = rule.first_check + index;
            let suspended = &self.rules.set.suspended;
            let result = match (test, suspended.get(&check.info.code)) {
                (_, Some(reason)) => Err(Failure::Undecided(Arc::clone(reason))),
                (Err(reason), None) => Err(Failure::Refused(reason.key())),
                (Ok(test), None) => self.truth(test, firing.cursor.clone(), Some(&firing)),
            };
            match result {
                Ok(truth) if truth == check.report => self.broken(number, check, index, &firing),
                Ok(_) => self.states[number].judged = true,
                Err(failure) => self.undecided(number, check, focus, &failure),
            }
        }
    }

    fn broken(&mut self, number: usize, check: &Check, index: usize, firing: &Firing<'r>) {
        let before = std::mem::replace(&mut self.states[number].broken, true);
        if before && self.outcomes.findings.len() >= limits::MAX_FINDINGS_PER_MESSAGE {
            let finding = finding(check, Kind::Violation);
            self.outcomes.beyond.add(&finding);
            return;
        }
        let details = self.rules.details(firing.rule, index);
        let evaluate = |expression: &Result<Compiled, _>| -> Option<Value> {
            let expression = expression.as_ref().ok()?;
            self.evaluate(expression, firing.cursor.clone(), Some(firing))
                .ok()
        };
        let subject = details.subject.as_ref().and_then(evaluate);
        let subject = subject.as_ref().and_then(|value| match value.first() {
            Some(XmlItem::Node(cursor)) => Focus::of(cursor),
            _ => None,
        });
        let mut args = Args::new();
        for (expression, compiled) in check.arguments.iter().zip(&details.arguments) {
            let value = evaluate(compiled).unwrap_or(Value::Empty);
            let quoted = arguments::message_value(self.document, &value, &|| {
                arguments::class_of_expression(
                    self.document,
                    firing.focus.node,
                    &expression.text,
                    &|name| self.let_text(firing, name),
                )
            });
            args.push(Arc::clone(&expression.text), quoted);
        }
        let place = arguments::place(self.document, subject.unwrap_or(firing.focus));
        self.outcomes.findings.push(Finding {
            args,
            place,
            ..finding(check, Kind::Violation)
        });
    }

    /// The expression of the `let` that a name stands for in a firing rule.
    fn let_text(&self, firing: &Firing<'r>, name: &str) -> Option<Arc<str>> {
        let set = &self.rules.set;
        let pattern = &set.patterns[firing.rule.pattern];
        let rule = &pattern.rules[firing.rule.index];
        let scopes = [&rule.lets, &pattern.lets, &set.lets];
        scopes
            .into_iter()
            .find_map(|lets| lets.iter().rev().find(|declared| &*declared.name == name))
            .map(|declared| Arc::clone(&declared.value.text))
    }

    /// Makes all checks of a rule undecided at a node.
    fn give_up(&mut self, number: usize, focus: Focus, failure: &Failure) {
        let rule = &self.rules.rules[number];
        let checks = &self.rules.source(rule).checks;
        for (index, check) in checks.iter().enumerate() {
            self.undecided(rule.first_check + index, check, focus, failure);
        }
    }

    /// Notes that a check could not be judged at a node. The first place
    /// speaks for all: the reason is rarely one of the place.
    fn undecided(&mut self, number: usize, check: &Check, focus: Focus, failure: &Failure) {
        let before = std::mem::replace(&mut self.states[number].undecided, true);
        if before {
            return;
        }
        let args = match failure {
            Failure::Dynamic(Some(code)) => Args::new()
                .with("reason", "dynamic-error")
                .with("error", *code),
            Failure::Dynamic(None) => Args::new().with("reason", "dynamic-error"),
            Failure::Limit => Args::new().with("reason", "limit"),
            Failure::Refused(key) => Args::new().with("reason", *key),
            Failure::Undecided(reason) => Args::new().with("reason", Arc::clone(reason)),
        };
        let place = arguments::place(self.document, focus);
        self.outcomes.findings.push(Finding {
            args,
            place,
            ..finding(check, Kind::Undecided)
        });
    }

    fn truth(
        &self,
        expression: &Compiled,
        cursor: Navigator,
        firing: Option<&Firing<'r>>,
    ) -> Result<bool, Failure> {
        let value = self.evaluate(expression, cursor, firing)?;
        effective_boolean_value(&value).map_err(|error| Failure::Dynamic(error.error_code()))
    }

    fn evaluate(
        &self,
        expression: &Compiled,
        cursor: Navigator,
        firing: Option<&Firing<'r>>,
    ) -> Result<Value, Failure> {
        let engine = &self.rules.engine;
        engine.evaluate(expression, cursor, &self.host, |id| match id {
            LetId::Global(number) => self.once(&self.globals, number, || {
                let compiled = self.rules.global(number);
                let compiled = compiled.map_err(|reason| Failure::Refused(reason.key()))?;
                let cursor = Navigator::new(self.document, NodeId::ROOT);
                self.evaluate(compiled, cursor, None)
            }),
            LetId::Local(index) => match firing {
                Some(firing) => self.once(&firing.lets, index, || {
                    let compiled = self.rules.body(firing.rule).lets[index].as_ref();
                    let compiled = compiled.map_err(|reason| Failure::Refused(reason.key()))?;
                    self.evaluate(compiled, firing.cursor.clone(), Some(firing))
                }),
                None => Err(Failure::Dynamic(None)),
            },
        })
    }

    /// The value of a `let`, evaluated at most once.
    fn once(
        &self,
        states: &RefCell<Vec<LetState>>,
        index: usize,
        evaluate: impl FnOnce() -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let state = std::mem::replace(&mut states.borrow_mut()[index], LetState::Busy);
        let value = match state {
            LetState::Done(value) => value,
            LetState::Busy => Err(Failure::Refused("circular-let")),
            LetState::Unset => evaluate(),
        };
        states.borrow_mut()[index] = LetState::Done(value.clone());
        value
    }

    fn finish(self) -> RuleOutcomes {
        let mut outcomes = self.outcomes;
        // A code stands for several checks when an abstract pattern is used
        // more than once; it holds when all of them do.
        let mut broken = HashSet::new();
        let mut undecided = HashSet::new();
        for (check, state) in self.rules.set.checks().zip(&self.states) {
            if state.broken {
                broken.insert(&check.info.code);
            }
            if state.undecided {
                undecided.insert(&check.info.code);
            }
        }
        let mut listed = HashSet::new();
        for (check, state) in self.rules.set.checks().zip(&self.states) {
            let code = &check.info.code;
            if broken.contains(code) || !(state.judged || state.undecided) {
                continue;
            }
            if !listed.insert(code) {
                continue;
            }
            if undecided.contains(code) {
                outcomes.undecided.push(Arc::clone(code));
            } else {
                outcomes.held.push(Arc::clone(code));
            }
        }
        outcomes
    }
}

/// A finding of a check, without arguments and place.
fn finding(check: &Check, kind: Kind) -> Finding {
    let info = &check.info;
    Finding {
        code: Arc::clone(&info.code),
        kind,
        class: info.class,
        grade: info.grade,
        source: info.source.clone(),
        contract: info.contract.clone(),
        args: Args::new(),
        place: crate::finding::Place::default(),
    }
}
