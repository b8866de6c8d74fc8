//! The tree of a message, with the bytes every node came from.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::finding::{DataClass, MessageValue, Position};

/// A node of a [`Document`], in document order: a parent comes before its
/// children. Node 0 is the document itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The document node.
    pub const ROOT: NodeId = NodeId(0);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a document was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// XML.
    Xml,
    /// JSON: an object member is an element of its name, an array entry an
    /// element `item`, the whole an element `json`; `null` is an empty element
    /// with the attribute `nil="true"`.
    Json,
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// The document itself.
    Root,
    /// An element, or a JSON value.
    Element,
    /// Character data.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction; its name is the target.
    ProcessingInstruction,
}

/// The name of an element or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The namespace name, empty for none.
    pub namespace: Box<str>,
    /// The local name.
    pub local: Box<str>,
    /// The name as it was written, `prefix:local`.
    pub qualified: Box<str>,
}

impl Name {
    /// The prefix as it was written, empty for none.
    pub fn prefix(&self) -> &str {
        self.qualified
            .strip_suffix(&*self.local)
            .and_then(|prefix| prefix.strip_suffix(':'))
            .unwrap_or("")
    }
}

/// Text of the source, or text that the source spells with references.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    Source { start: u32, end: u32 },
    Owned(u32),
    None,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub kind: NodeKind,
    pub name: u32,
    pub parent: u32,
    pub prev: u32,
    pub next: u32,
    pub first_child: u32,
    /// One past the last node of the subtree.
    pub subtree_end: u32,
    pub attributes: Range<u32>,
    pub namespaces: Range<u32>,
    pub text: Text,
    pub span: Range<u32>,
}

/// "No node" in the links of a [`Node`].
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct AttributeData {
    pub name: u32,
    pub value: Text,
    /// Offset of the attribute's name; for `nil` of JSON, of the value.
    pub at: u32,
}

/// An attribute of an element.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    /// The attribute's name.
    pub name: &'a Name,
    /// Its value, references resolved.
    pub value: &'a str,
    /// Offset of its name in the source.
    pub at: usize,
}

/// A namespace declaration on an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The prefix, empty for the default namespace.
    pub prefix: Box<str>,
    /// The namespace name, empty where a default is taken back.
    pub uri: Box<str>,
}

/// A message as a tree with source positions. Immutable; shared between the
/// checks through an `Arc`.
pub struct Document {
    pub(super) format: Format,
    pub(super) source: Arc<str>,
    /// Bytes before `source` in the input: a byte-order mark.
    pub(super) skipped: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Name>,
    pub(super) attributes: Vec<AttributeData>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) owned: Vec<Box<str>>,
    pub(super) line_starts: OnceLock<Vec<u32>>,
}

impl std::fmt::Debug for Document {
    /// Shows the shape only: the content may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("format", &self.format)
            .field("bytes", &self.source.len())
            .field("nodes", &self.nodes.len())
            .finish()
    }
}

impl Document {
    /// What the document was read from.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The text that was read, without byte-order mark. Offsets count from
    /// its start.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Bytes of the input before [`Document::source`].
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The outermost element.
    pub fn root_element(&self) -> NodeId {
        self.children(NodeId::ROOT)
            .find(|&node| self.kind(node) == NodeKind::Element)
            // Every reader refuses a document without an element.
            .unwrap_or(NodeId::ROOT)
    }

    /// The kind of a node.
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.nodes[node.index()].kind
    }

    /// Whether the node is an element.
    pub fn is_element(&self, node: NodeId) -> bool {
        self.kind(node) == NodeKind::Element
    }

    /// The name of an element or processing instruction; an empty name for
    /// other nodes.
    pub fn name(&self, node: NodeId) -> &Name {
        &self.names[self.nodes[node.index()].name as usize]
    }

    /// The local name of an element.
    pub fn local_name(&self, node: NodeId) -> &str {
        &self.name(node).local
    }

    /// The namespace name of an element, empty for none.
    pub fn namespace(&self, node: NodeId) -> &str {
        &self.name(node).namespace
    }

    /// A number that nodes of equal names share within this document, for
    /// caches per name.
    pub fn name_index(&self, node: NodeId) -> usize {
        self.nodes[node.index()].name as usize
    }

    /// How many different names the document holds.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// The parent; `None` for the document node.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        link(self.nodes[node.index()].parent)
    }

    /// The first child.
    pub fn first_child(&self, node: NodeId) -> Option<NodeId> {
        link(self.nodes[node.index()].first_child)
    }

    /// The next sibling.
    pub fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        link(self.nodes[node.index()].next)
    }

    /// The previous sibling.
    pub fn prev_sibling(&self, node: NodeId) -> Option<NodeId> {
        link(self.nodes[node.index()].prev)
    }

    /// The children, in order.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.first_child(node), |&child| self.next_sibling(child))
    }

    /// The children that are elements, in order.
    pub fn elements(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.children(node).filter(|&child| self.is_element(child))
    }

    /// The first child element of that local name.
    pub fn child(&self, node: NodeId, local: &str) -> Option<NodeId> {
        self.elements(node)
            .find(|&child| self.local_name(child) == local)
    }

    /// The node and everything below it, in document order.
    pub fn subtree(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (node.0..self.nodes[node.index()].subtree_end).map(NodeId)
    }

    /// Whether `node` is `ancestor` or below it.
    pub fn is_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        (ancestor.0..self.nodes[ancestor.index()].subtree_end).contains(&node.0)
    }

    /// The ancestors, nearest first, without the document node.
    pub fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(node), |&parent| self.parent(parent))
            .filter(|&ancestor| ancestor != NodeId::ROOT)
    }

    /// The attributes of an element, in order.
    pub fn attributes(&self, node: NodeId) -> impl ExactSizeIterator<Item = Attribute<'_>> {
        self.attribute_range(node)
            .map(|index| self.attribute_at(index))
    }

    /// The value of an attribute without namespace.
    pub fn attribute(&self, node: NodeId, local: &str) -> Option<&str> {
        self.attributes(node)
            .find(|attribute| {
                attribute.name.namespace.is_empty() && &*attribute.name.local == local
            })
            .map(|attribute| attribute.value)
    }

    /// The namespace declarations on an element.
    pub fn declared_namespaces(&self, node: NodeId) -> &[Namespace] {
        let range = &self.nodes[node.index()].namespaces;
        &self.namespaces[range.start as usize..range.end as usize]
    }

    /// The namespace that `prefix` (empty for the default) is bound to at an
    /// element, `None` when it is not bound.
    pub fn resolve_prefix(&self, node: NodeId, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some("http://www.w3.org/XML/1998/namespace");
        }
        std::iter::once(node)
            .chain(self.ancestors(node))
            .flat_map(|element| self.declared_namespaces(element))
            .find(|declaration| &*declaration.prefix == prefix)
            .map(|declaration| &*declaration.uri)
            .filter(|uri| !uri.is_empty())
    }

    /// The text of a text node, comment or processing instruction.
    pub fn text(&self, node: NodeId) -> &str {
        self.resolve(self.nodes[node.index()].text)
    }

    /// The string value of a node: its text, or all text below it.
    pub fn value(&self, node: NodeId) -> std::borrow::Cow<'_, str> {
        match self.kind(node) {
            NodeKind::Element | NodeKind::Root => {
                let mut texts = self
                    .subtree(node)
                    .filter(|&below| self.kind(below) == NodeKind::Text)
                    .map(|below| self.text(below));
                match (texts.next(), texts.next()) {
                    (None, _) => "".into(),
                    (Some(only), None) => only.into(),
                    (Some(first), Some(second)) => {
                        let mut value = String::from(first) + second;
                        value.extend(texts);
                        value.into()
                    }
                }
            }
            _ => self.text(node).into(),
        }
    }

    /// The value of an element as a message value, classed by its name.
    pub fn message_value(&self, node: NodeId) -> MessageValue {
        let element = if self.is_element(node) {
            Some(node)
        } else {
            self.parent(node)
        };
        let class = element.map_or(DataClass::Unknown, |element| self.data_class(element));
        MessageValue::new(self.value(node), class)
    }

    /// What kind of data the text of an element is. Text beside elements stands
    /// where no schema wants any: it may be anything.
    pub fn data_class(&self, element: NodeId) -> DataClass {
        if self.elements(element).next().is_some() {
            return DataClass::Unknown;
        }
        if let Some(class) = self.class_beside(element) {
            return class;
        }
        DataClass::of(
            self.local_name(element),
            self.ancestors(element)
                .map(|ancestor| self.local_name(ancestor)),
        )
    }

    /// The class of a `waarde` that has the name of its data beside it: in an
    /// answer DUO names what of the message it speaks of (30-bron-po.md,
    /// sleutelgegeven).
    fn class_beside(&self, element: NodeId) -> Option<DataClass> {
        if self.local_name(element) != "waarde" {
            return None;
        }
        let name = self.child(self.parent(element)?, "naam")?;
        Some(DataClass::of(self.value(name).trim(), []))
    }

    /// The bytes of a node: an element with its tags, a text as written.
    pub fn span(&self, node: NodeId) -> Range<usize> {
        let span = &self.nodes[node.index()].span;
        span.start as usize..span.end as usize
    }

    /// The bytes of an element's name in its start tag, or of a JSON member's
    /// name with its quotes; the value of an array entry, which has no name.
    pub fn name_span(&self, node: NodeId) -> Range<usize> {
        let span = self.span(node);
        match self.format {
            Format::Xml if self.is_element(node) => {
                let start = span.start + 1;
                start..start + self.name(node).qualified.len()
            }
            Format::Xml => span,
            Format::Json => self.member_name_span(node).unwrap_or(span),
        }
    }

    /// The bytes of an element's text without surrounding white space; its
    /// name where there is no text.
    pub fn value_span(&self, node: NodeId) -> Range<usize> {
        if self.format == Format::Json {
            return self.span(node);
        }
        let text = self
            .children(node)
            .filter(|&child| self.kind(child) == NodeKind::Text)
            .map(|child| self.span(child))
            .reduce(|first, last| first.start..last.end);
        match text {
            Some(span) => {
                let written = &self.source[span.clone()];
                let start = span.start + (written.len() - written.trim_start().len());
                let end = span.end - (written.len() - written.trim_end().len());
                if start < end {
                    start..end
                } else {
                    self.name_span(node)
                }
            }
            None => self.name_span(node),
        }
    }

    /// The bytes of an attribute: its value between the quotes; for JSON the
    /// `null` that the attribute `nil` stands for.
    pub fn attribute_span(&self, attribute: &Attribute<'_>) -> Range<usize> {
        if self.format == Format::Json {
            return attribute.at..attribute.at + "null".len();
        }
        let rest = &self.source[attribute.at..];
        let value = rest.find('=').and_then(|equals| {
            let quote_at = equals + 1 + rest[equals + 1..].find(['"', '\''])?;
            let quote = rest[quote_at..].chars().next()?;
            let start = quote_at + 1;
            let end = start + rest[start..].find(quote)?;
            Some(attribute.at + start..attribute.at + end)
        });
        value.unwrap_or(attribute.at..attribute.at + attribute.name.qualified.len())
    }

    /// The line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let starts = self.line_starts();
        let line = starts
            .partition_point(|&start| start as usize <= offset)
            .max(1);
        let start = starts[line - 1] as usize;
        let mut end = offset.min(self.source.len());
        while !self.source.is_char_boundary(end) {
            end -= 1;
        }
        Position {
            line: line as u32,
            column: self.source[start..end.max(start)].chars().count() as u32 + 1,
        }
    }

    /// The bytes of a line (from 1), without its line end.
    pub fn line_span(&self, line: u32) -> Range<usize> {
        let starts = self.line_starts();
        let index = (line.max(1) as usize - 1).min(starts.len() - 1);
        let start = starts[index] as usize;
        let end = starts
            .get(index + 1)
            .map_or(self.source.len(), |&next| next as usize);
        let written = self.source[start..end].trim_end_matches(['\n', '\r']);
        start..start + written.len()
    }

    pub(super) fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(
                    self.source
                        .bytes()
                        .enumerate()
                        .filter(|&(_, byte)| byte == b'\n')
                        .map(|(at, _)| at as u32 + 1),
                )
                .collect()
        })
    }

    pub(super) fn attribute_range(&self, node: NodeId) -> Range<usize> {
        let range = &self.nodes[node.index()].attributes;
        range.start as usize..range.end as usize
    }

    pub(super) fn attribute_at(&self, index: usize) -> Attribute<'_> {
        let data = &self.attributes[index];
        Attribute {
            name: &self.names[data.name as usize],
            value: self.resolve(data.value),
            at: data.at as usize,
        }
    }

    fn resolve(&self, text: Text) -> &str {
        match text {
            Text::Source { start, end } => &self.source[start as usize..end as usize],
            Text::Owned(index) => &self.owned[index as usize],
            Text::None => "",
        }
    }
}

pub(super) fn link(node: u32) -> Option<NodeId> {
    (node != NONE).then_some(NodeId(node))
}
