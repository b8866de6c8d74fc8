//! A rule file into a [`RuleSet`]: abstract rules and patterns spelled out,
//! the phase chosen, nothing compiled.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::{Refusal, RefusalReason, RuleSetError};
use super::metadata::{self, Texts};
use super::source::{Sources, Spot};
use super::xml::{Element, Reader, Resolver, Vocabulary};
use crate::finding::{Code, Grade, RuleInfo, Source};
use crate::limits;

/// Where a rule set comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Name of the file, relative to its pack; inclusions are resolved against it.
    pub file: Arc<str>,
    /// The contract whose pack holds the rules.
    pub contract: Option<Arc<str>>,
    /// The grade of rules that carry none themselves.
    pub grade: Grade,
    /// The source of rules that carry none themselves.
    pub source: Source,
    /// The phase to judge; the schema's default phase when `None`, `#ALL` for
    /// all patterns.
    pub phase: Option<Arc<str>>,
}

/// A set of rules as its files state it. Immutable and shared by threads; each
/// compiles its own [`super::CompiledRules`].
#[derive(Debug, Default)]
pub struct RuleSet {
    pub(super) sources: Sources,
    pub(super) namespaces: Vec<(Box<str>, Box<str>)>,
    /// `let` of the schema and of the phase.
    pub(super) lets: Vec<Let>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) suspended: HashMap<Code, Arc<str>>,
    xslt: Vec<Refusal>,
}

/// An expression as it is written.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub text: Arc<str>,
    pub spot: Spot,
}

#[derive(Debug, Clone)]
pub(super) struct Let {
    pub name: Box<str>,
    pub value: Expression,
}

#[derive(Debug)]
pub(super) struct Pattern {
    pub lets: Vec<Let>,
    pub rules: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub context: Expression,
    pub lets: Vec<Let>,
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone)]
pub(super) struct Check {
    pub info: Arc<RuleInfo>,
    /// Whether the test being true is what is wrong.
    pub report: bool,
    pub test: Expression,
    pub subject: Option<Expression>,
    /// What the texts quote, by the expression that selects it.
    pub arguments: Vec<Expression>,
}

impl RuleSet {
    /// Reads a rule file. `include` gives the files it includes by their name
    /// relative to the pack.
    ///
    /// XSLT elements do not stop the reading: what depends on them is
    /// undecided (see [`RuleSet::xslt_elements`] and
    /// [`super::CompiledRules::refusals`]).
    ///
    /// # Errors
    /// When the file is no Schematron for XPath 2.0, or refers to something
    /// that is not there. The place is always named.
    pub fn read(
        bytes: &[u8],
        origin: &Origin,
        include: Resolver<'_>,
    ) -> Result<Self, RuleSetError> {
        let mut reader = Reader::new(include);
        let root = reader.read(&origin.file, bytes)?;
        let sources = reader.sources;
        if !root.is("schema") {
            return Err(RuleSetError::NotSchematron(sources.place(root.spot)));
        }
        let binding = root.value("queryBinding").unwrap_or("xslt");
        if !matches!(
            binding.to_ascii_lowercase().as_str(),
            "xslt2" | "xpath2" | "xslt20" | "xpath20"
        ) {
            return Err(RuleSetError::QueryBinding {
                place: sources.place(root.spot),
                binding: binding.into(),
            });
        }
        let mut parser = Parser::new(&root, &sources, origin)?;
        let mut set = RuleSet::default();
        parser.schema(&mut set)?;
        set.xslt = parser.xslt;
        set.sources = sources;
        Ok(set)
    }

    /// Everything known of the rules but their logic, in the order of the
    /// file. A code can occur more than once (an abstract pattern used twice).
    pub fn infos(&self) -> impl Iterator<Item = &Arc<RuleInfo>> {
        self.checks().map(|check| &check.info)
    }

    /// What each rule tests and where, as written: to compare versions.
    pub fn tests(&self) -> impl Iterator<Item = (&RuleInfo, String)> {
        let rules = self.patterns.iter().flat_map(|pattern| &pattern.rules);
        rules.flat_map(|rule| {
            rule.checks.iter().map(|check| {
                let written = format!("{} {} {}", rule.context.text, check.report, check.test.text);
                (&*check.info, written)
            })
        })
    }

    /// XSLT elements in the set, with their places. They do nothing here; a
    /// rule that calls a function they declare is undecided.
    pub fn xslt_elements(&self) -> &[Refusal] {
        &self.xslt
    }

    /// Makes a rule undecided from now on wherever its context matches, for
    /// the reason given (a key): what a changed schema no longer lets it see.
    pub fn suspend(&mut self, code: &str, reason: &str) {
        self.suspended.insert(code.into(), reason.into());
    }

    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.rules().flat_map(|rule| &rule.checks)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.patterns.iter().flat_map(|pattern| &pattern.rules)
    }
}

struct Parser<'e> {
    root: &'e Element,
    sources: &'e Sources,
    origin: &'e Origin,
    texts: Texts<'e>,
    abstract_rules: HashMap<&'e str, &'e Element>,
    patterns: HashMap<&'e str, &'e Element>,
    xslt: Vec<Refusal>,
}

/// The parameters of an abstract pattern's instance.
type Parameters = [(Box<str>, Box<str>)];

impl<'e> Parser<'e> {
    fn new(
        root: &'e Element,
        sources: &'e Sources,
        origin: &'e Origin,
    ) -> Result<Self, RuleSetError> {
        let mut parser = Self {
            root,
            sources,
            origin,
            texts: Texts::new(root, sources, origin),
            abstract_rules: HashMap::new(),
            patterns: HashMap::new(),
            xslt: Vec::new(),
        };
        for pattern in root.elements().filter(|element| element.is("pattern")) {
            if let Some(id) = pattern.value("id") {
                parser.patterns.insert(id, pattern);
            }
            for rule in pattern.elements().filter(|element| is_abstract(element)) {
                let id = parser.required(rule, "id")?;
                parser.abstract_rules.insert(&id.value, rule);
            }
        }
        // Rules outside patterns (ISO/IEC 19757-3:2020, `rules`).
        for rules in root.elements().filter(|element| element.is("rules")) {
            for rule in rules.elements().filter(|element| is_abstract(element)) {
                let id = parser.required(rule, "id")?;
                parser.abstract_rules.insert(&id.value, rule);
            }
        }
        Ok(parser)
    }

    fn schema(&mut self, set: &mut RuleSet) -> Result<(), RuleSetError> {
        let root = self.root;
        let active = self.phase(set)?;
        let mut number = 0;
        for element in root.elements() {
            match (element.vocabulary, &*element.name) {
                (Vocabulary::Schematron, "ns") => {
                    let prefix = self.required(element, "prefix")?;
                    let uri = self.required(element, "uri")?;
                    set.namespaces
                        .push((prefix.value.clone(), uri.value.clone()));
                }
                (Vocabulary::Schematron, "let") => {
                    let declared = self.declaration(element, &[])?;
                    // The phase's own value of a name wins.
                    if !set.lets.iter().any(|other| other.name == declared.name) {
                        set.lets.push(declared);
                    }
                }
                (Vocabulary::Schematron, "pattern") => {
                    number += 1;
                    let id = element.value("id");
                    let chosen = active
                        .as_ref()
                        .is_none_or(|active| id.is_some_and(|id| active.contains(id)));
                    if chosen && !is_abstract(element) {
                        let pattern = self.pattern(element, number)?;
                        set.patterns.push(pattern);
                    }
                }
                (Vocabulary::Schematron, _) => self.ignorable(
                    element,
                    &["title", "p", "phase", "diagnostics", "properties", "rules"],
                )?,
                _ => self.foreign(element),
            }
        }
        Ok(())
    }

    /// The patterns of the phase that is asked for, `None` for all; its own
    /// `let`s go into the set.
    fn phase(&self, set: &mut RuleSet) -> Result<Option<HashSet<&'e str>>, RuleSetError> {
        let default = self.root.value("defaultPhase").unwrap_or("#ALL");
        let wanted = match self.origin.phase.as_deref() {
            None | Some("#DEFAULT") => default,
            Some(phase) => phase,
        };
        if wanted == "#ALL" {
            return Ok(None);
        }
        let phase = self
            .root
            .elements()
            .find(|element| element.is("phase") && element.value("id") == Some(wanted))
            .ok_or_else(|| self.unknown(self.root, "phase", wanted))?;
        let mut active = HashSet::new();
        for element in phase.elements() {
            if element.is("active") {
                let pattern = self.required(element, "pattern")?;
                if !self.patterns.contains_key(&*pattern.value) {
                    return Err(self.unknown(element, "pattern", &pattern.value));
                }
                active.insert(&*pattern.value);
            } else if element.is("let") {
                set.lets.push(self.declaration(element, &[])?);
            } else if element.vocabulary == Vocabulary::Schematron {
                self.ignorable(element, &["p"])?;
            }
        }
        Ok(Some(active))
    }

    fn pattern(&mut self, element: &'e Element, number: usize) -> Result<Pattern, RuleSetError> {
        let id = element
            .value("id")
            .map_or_else(|| format!("patroon-{number}"), str::to_string);
        let mut parameters = Vec::new();
        let mut bodies = vec![element];
        let mut body = element;
        while let Some(name) = body.value("is-a") {
            for param in body.elements().filter(|child| child.is("param")) {
                let value = self.required(param, "value")?.value.clone();
                let value = substitute(&value, &parameters);
                parameters.push((
                    self.required(param, "name")?.value.clone(),
                    value.into_boxed_str(),
                ));
            }
            let base = self.patterns.get(name).copied();
            body = base.ok_or_else(|| self.unknown(body, "pattern", name))?;
            bodies.push(body);
            if bodies.len() > limits::MAX_INCLUDE_DEPTH {
                return Err(self.circle(body, name));
            }
        }
        let mut pattern = Pattern {
            lets: Vec::new(),
            rules: Vec::new(),
        };
        for child in bodies.iter().flat_map(|body| body.elements()) {
            match (child.vocabulary, &*child.name) {
                (Vocabulary::Schematron, "let") => {
                    pattern.lets.push(self.declaration(child, &parameters)?);
                }
                (Vocabulary::Schematron, "rule") if !is_abstract(child) => {
                    let code = format!("{id}-{}", pattern.rules.len() + 1);
                    let code = child.value("id").unwrap_or(&code);
                    let rule = self.rule(child, code, &parameters)?;
                    pattern.rules.push(rule);
                }
                (Vocabulary::Schematron, _) => {
                    self.ignorable(child, &["title", "p", "param", "rule"])?;
                }
                _ => self.foreign(child),
            }
        }
        Ok(pattern)
    }

    fn rule(
        &mut self,
        element: &'e Element,
        code: &str,
        parameters: &Parameters,
    ) -> Result<Rule, RuleSetError> {
        let mut rule = Rule {
            context: self.expression(element, "context", parameters)?,
            lets: Vec::new(),
            checks: Vec::new(),
        };
        self.rule_content(element, element, code, parameters, &mut rule, 0)?;
        Ok(rule)
    }

    fn rule_content(
        &mut self,
        element: &'e Element,
        concrete: &'e Element,
        code: &str,
        parameters: &Parameters,
        rule: &mut Rule,
        depth: usize,
    ) -> Result<(), RuleSetError> {
        for child in element.elements() {
            match (child.vocabulary, &*child.name) {
                (Vocabulary::Schematron, "let") => {
                    rule.lets.push(self.declaration(child, parameters)?);
                }
                (Vocabulary::Schematron, "assert" | "report") => {
                    let code = format!("{code}-{}", rule.checks.len() + 1);
                    let check = self.check(child, element, concrete, &code, parameters)?;
                    rule.checks.push(check);
                }
                (Vocabulary::Schematron, "extends") => {
                    let name = self.required(child, "rule")?;
                    let base = self.abstract_rules.get(&*name.value).copied();
                    let base = base.ok_or_else(|| self.unknown(child, "rule", &name.value))?;
                    if depth >= limits::MAX_INCLUDE_DEPTH {
                        return Err(self.circle(child, &name.value));
                    }
                    self.rule_content(base, concrete, code, parameters, rule, depth + 1)?;
                }
                (Vocabulary::Schematron, _) => self.ignorable(child, &["title", "p"])?,
                _ => self.foreign(child),
            }
        }
        Ok(())
    }

    fn check(
        &mut self,
        element: &'e Element,
        rule: &'e Element,
        concrete: &'e Element,
        code: &str,
        parameters: &Parameters,
    ) -> Result<Check, RuleSetError> {
        let holders = [element, rule, concrete];
        let subject = holders
            .iter()
            .find(|holder| holder.attribute("subject").is_some())
            .map(|holder| self.expression(holder, "subject", parameters))
            .transpose()?;
        let mut quotes = metadata::Quotes::new(parameters);
        let code = element.value("id").unwrap_or(code);
        let info = self.texts.info(&holders, code, &mut quotes)?;
        for spot in quotes.xslt.drain(..) {
            self.xslt.push(spot.refusal(self.sources, Some(&info.code)));
        }
        Ok(Check {
            info: Arc::new(info),
            report: element.is("report"),
            test: self.expression(element, "test", parameters)?,
            subject,
            arguments: quotes.selected,
        })
    }

    fn declaration(
        &self,
        element: &'e Element,
        parameters: &Parameters,
    ) -> Result<Let, RuleSetError> {
        if let Some(child) = element.elements().next() {
            return Err(self.not_understood(child));
        }
        Ok(Let {
            name: self.required(element, "name")?.value.clone(),
            value: self.expression(element, "value", parameters)?,
        })
    }

    fn expression(
        &self,
        element: &'e Element,
        attribute: &'static str,
        parameters: &Parameters,
    ) -> Result<Expression, RuleSetError> {
        let attribute = self.required(element, attribute)?;
        Ok(Expression {
            text: substitute(&attribute.value, parameters).into(),
            spot: attribute.spot,
        })
    }

    fn required(
        &self,
        element: &'e Element,
        attribute: &'static str,
    ) -> Result<&'e super::xml::Attribute, RuleSetError> {
        element
            .attribute(attribute)
            .ok_or_else(|| RuleSetError::MissingAttribute {
                place: self.sources.place(element.spot),
                element: element.name.to_string(),
                attribute,
            })
    }

    /// Refuses an element of Schematron that is none of `allowed`.
    fn ignorable(&self, element: &Element, allowed: &[&str]) -> Result<(), RuleSetError> {
        if allowed.contains(&&*element.name) {
            Ok(())
        } else {
            Err(self.not_understood(element))
        }
    }

    /// Notes an element of XSLT; other vocabularies are ignored.
    fn foreign(&mut self, element: &Element) {
        if element.vocabulary == Vocabulary::Xslt {
            let xslt = metadata::XsltElement::new(element);
            self.xslt.push(xslt.refusal(self.sources, None));
        }
    }

    fn not_understood(&self, element: &Element) -> RuleSetError {
        RuleSetError::Element {
            place: self.sources.place(element.spot),
            element: element.name.to_string(),
        }
    }

    fn unknown(&self, element: &Element, what: &'static str, name: &str) -> RuleSetError {
        RuleSetError::Unknown {
            place: self.sources.place(element.spot),
            what,
            name: name.into(),
        }
    }

    fn circle(&self, element: &Element, name: &str) -> RuleSetError {
        RuleSetError::Circle {
            place: self.sources.place(element.spot),
            name: name.into(),
        }
    }
}

impl metadata::XsltElement {
    fn refusal(self, sources: &Sources, code: Option<&Code>) -> Refusal {
        Refusal {
            place: sources.place(self.spot),
            reason: RefusalReason::XsltElement(self.name),
            codes: code.cloned().into_iter().collect(),
        }
    }
}

fn is_abstract(element: &Element) -> bool {
    element.value("abstract") == Some("true")
}

/// Puts the parameters of an abstract pattern in the place of `$name`. Names
/// are taken whole: `$a-b` is not `$a`.
pub(super) fn substitute(text: &str, parameters: &Parameters) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(after.len());
        match parameters.iter().find(|(name, _)| **name == after[..end]) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('$');
                out.push_str(&after[..end]);
            }
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_replace_whole_names_only() {
        let parameters: [(Box<str>, Box<str>); 2] =
            [("a".into(), "x/y".into()), ("a-b".into(), "z".into())];
        assert_eq!(
            substitute("$a = $a-b and $other and '$'", &parameters),
            "x/y = z and $other and '$'"
        );
    }
}
