//! The elements of a rule file with its inclusions in place.

use std::sync::Arc;

use super::error::RuleSetError;
use super::source::{Sources, Spot};
use crate::document::{Gated, seen_from};
use crate::limits;

pub(super) const SCHEMATRON: &str = "http://purl.oclc.org/dsdl/schematron";
const XSLT: &str = "http://www.w3.org/1999/XSL/Transform";

/// Elements whose text says nothing: the white space between their children.
const CONTAINERS: &[&str] = &["schema", "pattern", "rule", "diagnostics", "properties"];

/// Attributes that hold an expression: a mistake in one is shown at its place.
/// The others stand for their element; looking for each costs start-up.
const EXPRESSIONS: &[&str] = &["context", "path", "select", "subject", "test", "value"];

/// The vocabulary of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    Schematron,
    Xslt,
    /// Our own metadata.
    Rule,
    /// Anything else: ignored, as the standard asks.
    Other,
}

/// An element of a rule file.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub vocabulary: Vocabulary,
    pub name: Box<str>,
    pub attributes: Vec<Attribute>,
    pub content: Vec<Content>,
    /// The language in force, empty when none is.
    pub lang: Arc<str>,
    pub spot: Spot,
}

/// An attribute without namespace.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub name: Box<str>,
    pub value: Box<str>,
    pub spot: Spot,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Element(Element),
    Text(Box<str>),
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name == name)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|a| &*a.value)
    }

    pub fn is(&self, name: &str) -> bool {
        self.vocabulary == Vocabulary::Schematron && &*self.name == name
    }

    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }
}

/// Gives the bytes of a file that a rule set includes, by its name; `None`
/// when the pack has no such file.
pub type Resolver<'r> = &'r dyn Fn(&str) -> Option<Vec<u8>>;

/// Reads rule files.
pub(super) struct Reader<'r> {
    pub sources: Sources,
    resolver: Resolver<'r>,
}

impl<'r> Reader<'r> {
    pub fn new(resolver: Resolver<'r>) -> Self {
        Self {
            sources: Sources::default(),
            resolver,
        }
    }

    /// The outermost element of a file.
    pub fn read(&mut self, name: &str, bytes: &[u8]) -> Result<Element, RuleSetError> {
        self.file(name, bytes, "", 0)
    }

    fn file(
        &mut self,
        name: &str,
        bytes: &[u8],
        fragment: &str,
        depth: usize,
    ) -> Result<Element, RuleSetError> {
        if bytes.len() > limits::MAX_PACK_FILE_BYTES {
            return Err(RuleSetError::TooLarge { file: name.into() });
        }
        let Ok(gated) = Gated::xml(bytes) else {
            let file = self.sources.add(name, "");
            let spot = Spot { file, offset: 0 };
            return Err(RuleSetError::NotXml(self.sources.place(spot)));
        };
        let file = self.sources.add(name, gated.as_str());
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: u32::MAX,
        };
        let document =
            roxmltree::Document::parse_with_options(gated.as_str(), options).map_err(|error| {
                let mut place = self.sources.place(Spot { file, offset: 0 });
                place.line = error.pos().row;
                place.column = error.pos().col;
                RuleSetError::NotXml(place)
            })?;
        let root = if fragment.is_empty() {
            Some(document.root_element())
        } else {
            document
                .descendants()
                .find(|node| node.attribute("id") == Some(fragment))
        };
        match root {
            Some(root) => self.element(root, file, &"".into(), depth),
            None => Err(RuleSetError::Unknown {
                place: self.sources.place(Spot { file, offset: 0 }),
                what: "id",
                name: fragment.into(),
            }),
        }
    }

    fn element(
        &mut self,
        node: roxmltree::Node<'_, '_>,
        file: u32,
        outer_lang: &Arc<str>,
        depth: usize,
    ) -> Result<Element, RuleSetError> {
        let lang = node
            .attribute(("http://www.w3.org/XML/1998/namespace", "lang"))
            .map_or_else(|| Arc::clone(outer_lang), Arc::from);
        let mut element = Element {
            vocabulary: match node.tag_name().namespace() {
                Some(SCHEMATRON) => Vocabulary::Schematron,
                Some(XSLT) => Vocabulary::Xslt,
                Some(super::super::functions::NAMESPACE) => Vocabulary::Rule,
                _ => Vocabulary::Other,
            },
            name: node.tag_name().name().into(),
            attributes: Vec::with_capacity(node.attributes().len()),
            content: Vec::new(),
            lang: Arc::clone(&lang),
            spot: Spot {
                file,
                offset: node.range().start as u32,
            },
        };
        let tag = &node.document().input_text()[node.range()];
        for attribute in node.attributes().filter(|a| a.namespace().is_none()) {
            let name = attribute.name();
            let within = if EXPRESSIONS.contains(&name) {
                value_offset(tag, name)
            } else {
                0
            };
            element.attributes.push(Attribute {
                name: name.into(),
                value: attribute.value().into(),
                spot: Spot {
                    file,
                    offset: (node.range().start + within) as u32,
                },
            });
        }
        let only_elements = CONTAINERS.contains(&&*element.name);
        for child in node.children() {
            if child.is_text() {
                if !only_elements {
                    let text = child.text().unwrap_or_default();
                    element.content.push(Content::Text(text.into()));
                }
            } else if child.is_element() {
                let child = self.element(child, file, &lang, depth)?;
                self.include(child, &mut element.content, depth)?;
            }
        }
        Ok(element)
    }

    /// Adds `child`, or what it includes in its place.
    fn include(
        &mut self,
        child: Element,
        content: &mut Vec<Content>,
        depth: usize,
    ) -> Result<(), RuleSetError> {
        let extends = child.is("extends");
        let href = match child.value("href") {
            Some(href) if child.is("include") || extends => href,
            _ => {
                content.push(Content::Element(child));
                return Ok(());
            }
        };
        let place = self.sources.place(child.spot);
        if depth >= limits::MAX_INCLUDE_DEPTH || self.sources.count() >= limits::MAX_PACK_FILES {
            return Err(RuleSetError::Circle {
                place,
                name: href.into(),
            });
        }
        let (path, fragment) = href.split_once('#').unwrap_or((href, ""));
        let missing = || RuleSetError::Include {
            place: place.clone(),
            href: href.into(),
        };
        let base = self.sources.name(child.spot.file);
        let name = if path.is_empty() {
            Some(base.to_string())
        } else {
            seen_from(base, path)
        };
        let name = name.ok_or_else(missing)?;
        let bytes = (self.resolver)(&name).ok_or_else(missing)?;
        let included = self.file(&name, &bytes, fragment, depth + 1)?;
        // A whole schema, or what is extended, gives its content.
        if extends || included.is("schema") {
            content.extend(included.content);
        } else {
            content.push(Content::Element(included));
        }
        Ok(())
    }
}

/// Where the value of the attribute `name` begins in a start tag; the tag's
/// own start when it is not found (a name spelled with a prefix).
fn value_offset(tag: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(found) = tag[from..].find(name) {
        let at = from + found;
        let rest = tag[at + name.len()..].trim_start();
        let alone = tag[..at].ends_with(|c: char| c.is_ascii_whitespace());
        if let Some(value) = rest.strip_prefix('=').filter(|_| alone) {
            let value = value.trim_start();
            return tag.len() - value.len() + 1;
        }
        from = at + name.len();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_as_a_whole_name() {
        let tag = "<assert subtest='b' test = 'x'>";
        assert_eq!(value_offset(tag, "test"), tag.find('x').unwrap());
    }
}
