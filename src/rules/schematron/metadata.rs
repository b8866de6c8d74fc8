//! What is known of a rule but its logic: class, grade, source and texts.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::RuleSetError;
use super::parse::{Expression, Origin, substitute};
use super::source::{Sources, Spot};
use super::xml::{Content, Element, Vocabulary};
use crate::finding::{Class, Grade, RuleInfo, RuleText, Source, Template};

/// An element of XSLT inside a text.
pub(super) struct XsltElement {
    pub spot: Spot,
    pub name: Arc<str>,
}

impl XsltElement {
    pub fn new(element: &Element) -> Self {
        Self {
            spot: element.spot,
            name: format!("xsl:{}", element.name).into(),
        }
    }
}

/// What the texts of one rule quote from a message.
pub(super) struct Quotes<'p> {
    parameters: &'p [(Box<str>, Box<str>)],
    /// The expressions, each once.
    pub selected: Vec<Expression>,
    pub xslt: Vec<XsltElement>,
}

impl<'p> Quotes<'p> {
    pub fn new(parameters: &'p [(Box<str>, Box<str>)]) -> Self {
        Self {
            parameters,
            selected: Vec::new(),
            xslt: Vec::new(),
        }
    }

    /// The template of a text; what it quotes is added to the list.
    fn template(&mut self, element: &Element) -> Template {
        let mut template = Template::default();
        self.fill(element, &mut template);
        template
    }

    fn fill(&mut self, element: &Element, template: &mut Template) {
        for content in &element.content {
            let child = match content {
                Content::Text(text) => {
                    template.push_text(text);
                    continue;
                }
                Content::Element(child) => child,
            };
            match (child.vocabulary, &*child.name) {
                (Vocabulary::Schematron, "value-of") => {
                    let select = child.attribute("select");
                    let text = select.map_or(".", |select| &select.value);
                    let spot = select.map_or(child.spot, |select| select.spot);
                    self.quote(text, spot, template);
                }
                (Vocabulary::Schematron, "name") => {
                    let path = child.value("path").unwrap_or(".");
                    self.quote(&format!("name({path})"), child.spot, template);
                }
                (Vocabulary::Xslt, _) => self.xslt.push(XsltElement::new(child)),
                (Vocabulary::Schematron | Vocabulary::Other, _) => self.fill(child, template),
                (Vocabulary::Rule, _) => {}
            }
        }
    }

    fn quote(&mut self, select: &str, spot: Spot, template: &mut Template) {
        let text: Arc<str> = substitute(select, self.parameters).into();
        template.push_argument(&text);
        if !self.selected.iter().any(|other| other.text == text) {
            self.selected.push(Expression { text, spot });
        }
    }
}

/// The diagnostics and properties of a schema, and what holds for rules that
/// say nothing themselves.
pub(super) struct Texts<'e> {
    diagnostics: HashMap<&'e str, &'e Element>,
    properties: HashMap<&'e str, &'e Element>,
    sources: &'e Sources,
    origin: &'e Origin,
}

impl<'e> Texts<'e> {
    pub fn new(root: &'e Element, sources: &'e Sources, origin: &'e Origin) -> Self {
        let by_id = |group: &str, member: &str| -> HashMap<&'e str, &'e Element> {
            root.elements()
                .filter(|element| element.is(group))
                .flat_map(Element::elements)
                .filter(|element| element.is(member))
                .filter_map(|element| Some((element.value("id")?, element)))
                .collect()
        };
        Self {
            diagnostics: by_id("diagnostics", "diagnostic"),
            properties: by_id("properties", "property"),
            sources,
            origin,
        }
    }

    /// What is known of an assert or report. `holders` are the element, its
    /// rule and, where that is abstract, the concrete rule.
    pub fn info(
        &self,
        holders: &[&'e Element; 3],
        code: &str,
        quotes: &mut Quotes<'_>,
    ) -> Result<RuleInfo, RuleSetError> {
        let check = holders[0];
        let regel = self.regel(check)?;
        let of_regel =
            |name: &str| -> Option<&'e str> { regel.and_then(|regel| regel.value(name)) };
        let grade = match of_regel("grade") {
            Some(name) => Grade::parse(name).ok_or_else(|| RuleSetError::Value {
                place: self.sources.place(check.spot),
                what: "grade",
                value: name.into(),
            })?,
            None => self.origin.grade,
        };
        let source = of_regel("source")
            .or_else(|| holders.iter().find_map(|holder| holder.value("see")))
            .map_or_else(|| self.origin.source.clone(), Source::from);
        let titles = [of_regel("title-nl"), of_regel("title-en")];
        let (nl, en) = self.texts(check, titles, quotes)?;
        Ok(RuleInfo {
            code: code.into(),
            class: class(holders),
            grade,
            source,
            date: of_regel("date").unwrap_or_default().into(),
            duo: of_regel("duo").unwrap_or_default().into(),
            contract: self.origin.contract.clone(),
            nl,
            en,
        })
    }

    /// Our own metadata among the properties of a check.
    fn regel(&self, check: &'e Element) -> Result<Option<&'e Element>, RuleSetError> {
        let mut found = None;
        for id in check
            .value("properties")
            .unwrap_or_default()
            .split_ascii_whitespace()
        {
            let property = self
                .properties
                .get(id)
                .ok_or_else(|| self.unknown(check, "property", id))?;
            found = found.or_else(|| {
                property
                    .elements()
                    .find(|e| e.vocabulary == Vocabulary::Rule && &*e.name == "regel")
            });
        }
        Ok(found)
    }

    /// The texts in Dutch and English. Where one language says nothing, the
    /// other speaks for it: a text in the wrong language says more than none.
    fn texts(
        &self,
        check: &'e Element,
        [title_nl, title_en]: [Option<&str>; 2],
        quotes: &mut Quotes<'_>,
    ) -> Result<(RuleText, RuleText), RuleSetError> {
        let lang = |element: &Element| -> String {
            let primary = element.lang.split('-').next().unwrap_or_default();
            primary.to_ascii_lowercase()
        };
        let own = lang(check);
        let mut messages = vec![(own.clone(), quotes.template(check))];
        let mut hints: Vec<(String, Template)> = Vec::new();
        for id in check
            .value("diagnostics")
            .unwrap_or_default()
            .split_ascii_whitespace()
        {
            let diagnostic = self
                .diagnostics
                .get(id)
                .copied()
                .ok_or_else(|| self.unknown(check, "diagnostic", id))?;
            let lang = lang(diagnostic);
            let template = quotes.template(diagnostic);
            // The same text in another language is a translation; more text
            // in the same language is what to do about it.
            if diagnostic.value("role") == Some("hint") || lang == own {
                hints.push((lang, template));
            } else {
                messages.push((lang, template));
            }
        }
        let text = |wanted: &str, title: Option<&str>| {
            let of = |texts: &[(String, Template)]| {
                let exact = texts.iter().find(|(lang, _)| lang == wanted);
                let any = exact.or_else(|| texts.first());
                any.map(|(_, template)| template.clone())
                    .unwrap_or_default()
            };
            let message = of(&messages);
            RuleText {
                title: title.map_or_else(
                    || message.fill(|_| "…".to_string()).into(),
                    std::convert::Into::into,
                ),
                message,
                hint: of(&hints),
            }
        };
        Ok((text("nl", title_nl), text("en", title_en)))
    }

    fn unknown(&self, element: &Element, what: &'static str, name: &str) -> RuleSetError {
        RuleSetError::Unknown {
            place: self.sources.place(element.spot),
            what,
            name: name.into(),
        }
    }
}

/// The class of a rule from `role` or, without one, `flag`: DUO's own words,
/// or the usual ones of other rule sets. A rule that says nothing is a demand.
fn class(holders: &[&Element; 3]) -> Class {
    holders
        .iter()
        .flat_map(|holder| [holder.value("role"), holder.value("flag")])
        .flatten()
        .find_map(|role| {
            let role = role.trim().to_ascii_lowercase();
            Class::parse(&role).or(match role.as_str() {
                "fatal" | "error" => Some(Class::Foutmelding),
                "warning" | "warn" => Some(Class::Melding),
                "info" | "information" => Some(Class::Signaal),
                _ => None,
            })
        })
        .unwrap_or(Class::Foutmelding)
}
