//! Where a node is, in the ways that readers need.

use std::borrow::Cow;

use super::tree::{Attribute, Document, Format, NodeId, NodeKind};
use crate::finding::{DataClass, MessageValue, Place, Redaction};

/// WSDL 1.1, whose parts are told apart by their names alone.
pub const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";

/// What of a node a finding points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceOf {
    /// The name in the start tag: the element as such is wrong.
    Name,
    /// The content: the value is wrong.
    Value,
    /// The end tag or closing bracket: something is missing at the end.
    End,
}

impl Document {
    /// The place of an element.
    pub fn place(&self, node: NodeId, of: PlaceOf) -> Place {
        let span = match of {
            PlaceOf::Name => self.name_span(node),
            PlaceOf::Value => self.value_span(node),
            PlaceOf::End => self.end_span(node),
        };
        self.place_at(node, span)
    }

    /// The place of an attribute's value.
    pub fn attribute_place(&self, node: NodeId, attribute: &Attribute<'_>) -> Place {
        let mut place = self.place_at(node, self.attribute_span(attribute));
        let step = &attribute.name.local;
        place.path = match self.format() {
            Format::Xml if attribute.name.namespace.is_empty() => format!("{}/@{step}", place.path),
            Format::Xml => format!("{}/@*:{step}", place.path),
            Format::Json => place.path,
        };
        place.words = format!("{} @{step}", place.words);
        place.keyed = format!("{}/@{step}", place.keyed);
        place
    }

    /// The place of bytes that belong to `node`.
    pub fn place_at(&self, node: NodeId, span: std::ops::Range<usize>) -> Place {
        let mut lineage: Vec<NodeId> = std::iter::once(node)
            .chain(self.ancestors(node))
            .filter(|&step| self.is_element(step))
            .collect();
        lineage.reverse();
        Place {
            start: Some(self.position(span.start)),
            end: Some(self.position(span.end)),
            path: self.path(&lineage),
            words: self.words(&lineage),
            keyed: self.keyed(&lineage),
            span: Some(span.start + self.skipped..span.end + self.skipped),
        }
    }

    fn end_span(&self, node: NodeId) -> std::ops::Range<usize> {
        let span = self.span(node);
        let written = &self.source[span.clone()];
        let end_tag = match self.format() {
            Format::Xml => written.rfind("</"),
            Format::Json => written.ends_with(['}', ']']).then(|| written.len() - 1),
        };
        match end_tag {
            Some(at) => span.start + at..span.end,
            None => span,
        }
    }

    fn path(&self, lineage: &[NodeId]) -> String {
        let mut path = String::new();
        for &step in lineage {
            match self.format() {
                Format::Xml => {
                    path.push_str("/*:");
                    path.push_str(self.local_name(step));
                    if let Some(number) = self.number_among_equals(step) {
                        path.push_str(&format!("[{number}]"));
                    }
                }
                // The root element `json` stands for the whole document.
                Format::Json if self.parent(step) == Some(NodeId::ROOT) => {}
                Format::Json => {
                    path.push('/');
                    match self.array_index(step) {
                        Some(index) => path.push_str(&index.to_string()),
                        None => path
                            .push_str(&self.step_name(step).replace('~', "~0").replace('/', "~1")),
                    }
                }
            }
        }
        path
    }

    /// The path in words: the envelope is left out, a repeated element is
    /// counted and named by its key.
    fn words(&self, lineage: &[NodeId]) -> String {
        let mut words: Vec<String> = Vec::new();
        for &step in lineage {
            if let Some(part) = self.part_of_wsdl(step) {
                words.push(part);
                continue;
            }
            let name = self.step_name(step);
            let whole = self.parent(step) == Some(NodeId::ROOT);
            if self.is_envelope(step) || (self.format() == Format::Json && whole) {
                continue;
            }
            let index = self.array_index(step).map(|index| index + 1);
            words.push(match index.or_else(|| self.number_among_equals(step)) {
                Some(number) => match self.key(step) {
                    Some((key, value)) => {
                        format!("{name} {number} ({key} {})", value.shown(Redaction::Mask))
                    }
                    None => format!("{name} {number}"),
                },
                None => name.into_owned(),
            });
        }
        words.join(" › ")
    }

    /// A part of a WSDL as its author speaks of it: by its name, and with its
    /// prefix what another namespace adds to it. Neither is in a language.
    fn part_of_wsdl(&self, node: NodeId) -> Option<String> {
        if self.namespace(self.root_element()) != WSDL || self.format() != Format::Xml {
            return None;
        }
        let kind = match self.namespace(node) {
            WSDL => self.local_name(node),
            _ => &self.name(node).qualified,
        };
        Some(match self.attribute(node, "name") {
            Some(name) => format!(
                "{kind} {}",
                MessageValue::plain(name).shown(Redaction::Mask)
            ),
            None => match self.number_among_equals(node) {
                Some(number) => format!("{kind} {number}"),
                None => kind.to_string(),
            },
        })
    }

    fn keyed(&self, lineage: &[NodeId]) -> String {
        let mut keyed = String::new();
        for &step in lineage {
            if self.is_envelope(step) {
                continue;
            }
            keyed.push('/');
            keyed.push_str(&self.step_name(step));
            let number = self
                .array_index(step)
                .map(|index| index + 1)
                .or_else(|| self.number_among_equals(step));
            if let Some(number) = number {
                match self.key(step) {
                    Some((key, value)) => {
                        keyed.push_str(&format!("[{key}={}]", value.shown(Redaction::Mask)));
                    }
                    None => keyed.push_str(&format!("[{number}]")),
                }
            }
        }
        keyed
    }

    fn is_envelope(&self, node: NodeId) -> bool {
        self.format() == Format::Xml && matches!(self.local_name(node), "Envelope" | "Body")
    }

    /// The name of a step. The name of a JSON member may be any text, also a
    /// person number or a control sequence, so it is shown like a value.
    fn step_name(&self, node: NodeId) -> Cow<'_, str> {
        let name = self.local_name(node);
        match self.format() {
            Format::Xml => name.into(),
            Format::Json => MessageValue::new(name, DataClass::Plain)
                .shown(Redaction::Mask)
                .into(),
        }
    }

    /// The number of an element among siblings of the same name, `None` when
    /// it is the only one.
    fn number_among_equals(&self, node: NodeId) -> Option<usize> {
        let parent = self.parent(node)?;
        let equals = self
            .elements(parent)
            .filter(|&sibling| self.name_index(sibling) == self.name_index(node));
        let mut number = None;
        let mut count = 0;
        for sibling in equals {
            count += 1;
            if sibling == node {
                number = Some(count);
            }
        }
        number.filter(|_| count > 1)
    }

    fn array_index(&self, node: NodeId) -> Option<usize> {
        if self.format() != Format::Json || self.local_name(node) != "item" {
            return None;
        }
        let parent = self.parent(node)?;
        self.is_array(parent).then(|| {
            self.elements(parent)
                .take_while(|&sibling| sibling != node)
                .count()
        })
    }

    /// The first simple, impersonal child of an element: what a person would
    /// name it by.
    fn key(&self, node: NodeId) -> Option<(Cow<'_, str>, MessageValue)> {
        let child = self.elements(node).next()?;
        let simple = self
            .children(child)
            .all(|below| self.kind(below) == NodeKind::Text);
        let plain = self.data_class(child) == DataClass::Plain;
        (simple && plain).then(|| (self.step_name(child), self.message_value(child)))
    }
}
