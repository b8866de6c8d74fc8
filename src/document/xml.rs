//! Gated XML into a [`Document`].

use std::collections::HashMap;
use std::sync::OnceLock;

use roxmltree::NodeType;

use super::gate::{Gated, Markup, markup};
use super::tree::{AttributeData, Document, Format, NONE, Name, Namespace, Node, NodeKind, Text};
use crate::finding::Position;

/// Why gated text is not a well-formed XML document. Holds the reader's kind
/// of error and a position, names of elements at most, never its words:
/// those may quote the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotWellFormed {
    /// Line and column where the reader stopped.
    pub at: Position,
    /// What is wrong, as a key of the texts (`xml-error.<reason>`).
    pub reason: &'static str,
    /// The name of the element that is open there, where that matters.
    pub open: Option<String>,
    /// The name in the end tag that does not fit.
    pub found: Option<String>,
}

impl Document {
    /// Reads gated XML.
    pub fn from_xml(gated: Gated<'_>) -> Result<Self, NotWellFormed> {
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: u32::MAX,
        };
        let parsed = roxmltree::Document::parse_with_options(gated.as_str(), options)
            .map_err(|error| NotWellFormed::of(&error, gated.as_str()))?;
        Ok(Builder::new(gated, &parsed).build())
    }
}

impl NotWellFormed {
    fn of(error: &roxmltree::Error, text: &str) -> Self {
        use roxmltree::Error as E;
        let pos = error.pos();
        let reason = match error {
            E::UnexpectedCloseTag(..) => "end-tag",
            E::UnclosedRootNode | E::UnexpectedEndOfStream => "cut-off",
            E::NoRootNode => "no-root",
            E::UnknownNamespace(..) => "unbound-prefix",
            E::DuplicatedAttribute(..) => "duplicate-attribute",
            E::DuplicatedNamespace(..) => "duplicate-namespace",
            E::UnknownEntityReference(..) | E::MalformedEntityReference(..) => "entity",
            E::NonXmlChar(..) | E::InvalidChar(..) | E::InvalidChar2(..) => "character",
            E::InvalidName(..) => "name",
            E::InvalidComment(..) => "comment",
            E::InvalidAttributeValue(..) => "attribute-value",
            E::UnexpectedXmlUri(..)
            | E::UnexpectedXmlnsUri(..)
            | E::InvalidElementNamePrefix(..)
            | E::InvalidXmlPrefixUri(..) => "reserved-namespace",
            E::UnexpectedDeclaration(..) => "declaration",
            _ => "syntax",
        };
        let (open, found) = match error {
            E::UnexpectedCloseTag(open, found, _) => (Some(open.as_str()), Some(found.as_str())),
            E::UnclosedRootNode | E::UnexpectedEndOfStream => (open_at_end(text), None),
            _ => (None, None),
        };
        let at = match reason {
            // The reader says no place for what is not there.
            "cut-off" => end(text),
            _ => Position {
                line: pos.row,
                column: pos.col,
            },
        };
        NotWellFormed {
            at,
            reason,
            open: open.and_then(name),
            found: found.and_then(name),
        }
    }
}

/// A name that may be shown: nothing else that stands where a name should.
fn name(text: &str) -> Option<String> {
    const LONGEST: usize = 80;
    let of_a_name = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '-' | '.' | ':');
    let is_name = text.starts_with(|ch: char| ch.is_alphabetic() || ch == '_')
        && text.chars().count() <= LONGEST
        && text.chars().all(of_a_name);
    is_name.then(|| text.to_string())
}

/// The place after the last character but white space.
fn end(text: &str) -> Position {
    let text = text.trim_end();
    let last = text.rsplit('\n').next().unwrap_or(text);
    Position {
        line: text.matches('\n').count() as u32 + 1,
        column: last.chars().count() as u32 + 1,
    }
}

/// The name of the innermost element that is open where the text ends.
fn open_at_end(text: &str) -> Option<&str> {
    let mut open = Vec::new();
    for (at, markup) in markup(text) {
        match markup {
            Markup::Start(tag) if !tag.empty => open.push(at + 1),
            Markup::End => drop(open.pop()),
            _ => {}
        }
    }
    let name = &text[open.pop()?..];
    let end = name.find(|ch: char| ch.is_whitespace() || matches!(ch, '/' | '>'));
    Some(&name[..end.unwrap_or(name.len())])
}

struct Builder<'a, 'input> {
    parsed: &'a roxmltree::Document<'input>,
    source: &'input str,
    document: Document,
    names: HashMap<(&'a str, &'a str), u32>,
}

impl<'a, 'input: 'a> Builder<'a, 'input> {
    fn new(gated: Gated<'input>, parsed: &'a roxmltree::Document<'input>) -> Self {
        Self {
            parsed,
            source: gated.as_str(),
            document: Document {
                format: Format::Xml,
                source: gated.as_str().into(),
                skipped: gated.skipped(),
                nodes: Vec::new(),
                names: vec![Name {
                    namespace: "".into(),
                    local: "".into(),
                    qualified: "".into(),
                }],
                attributes: Vec::new(),
                namespaces: Vec::new(),
                owned: Vec::new(),
                line_starts: OnceLock::new(),
            },
            names: HashMap::new(),
        }
    }

    fn build(mut self) -> Document {
        // roxmltree numbers its nodes in document order as well, so its ids
        // are our ids and links can be taken over as they are.
        for node in self.parsed.root().descendants() {
            let converted = self.convert(node);
            self.document.nodes.push(converted);
        }
        self.document
    }

    fn convert(&mut self, node: roxmltree::Node<'a, 'input>) -> Node {
        let range = node.range();
        let (kind, name, text) = match node.node_type() {
            NodeType::Root => (NodeKind::Root, 0, Text::None),
            NodeType::Element => (NodeKind::Element, self.element_name(node), Text::None),
            NodeType::Text => {
                let text = node.text().map_or(Text::None, |text| self.borrowed(text));
                (NodeKind::Text, 0, text)
            }
            NodeType::Comment => (
                NodeKind::Comment,
                0,
                node.text().map_or(Text::None, |text| self.borrowed(text)),
            ),
            NodeType::PI => {
                let (target, value) = node
                    .pi()
                    .map_or(("", ""), |pi| (pi.target, pi.value.unwrap_or("")));
                let name = self.intern("", target, target);
                let text = self.borrowed(value);
                (NodeKind::ProcessingInstruction, name, text)
            }
        };
        let attributes = self.attributes(node);
        let namespaces = self.namespaces(node);
        let id = node.id().get();
        let subtree_end = node
            .next_sibling()
            .or_else(|| {
                node.ancestors()
                    .find_map(|ancestor| ancestor.next_sibling())
            })
            .map_or(u32::MAX, |next| next.id().get());
        Node {
            kind,
            name,
            parent: node.parent().map_or(NONE, |n| n.id().get()),
            prev: node.prev_sibling().map_or(NONE, |n| n.id().get()),
            next: node.next_sibling().map_or(NONE, |n| n.id().get()),
            first_child: node.first_child().map_or(NONE, |n| n.id().get()),
            subtree_end: if subtree_end == u32::MAX {
                self.total()
            } else {
                subtree_end.max(id + 1)
            },
            attributes,
            namespaces,
            text,
            span: range.start as u32..range.end as u32,
        }
    }

    fn total(&self) -> u32 {
        self.parsed
            .root()
            .descendants()
            .next_back()
            .map_or(1, |last| last.id().get() + 1)
    }

    fn element_name(&mut self, node: roxmltree::Node<'a, 'input>) -> u32 {
        let tag = node.tag_name();
        let written = &self.source[node.range().start + 1..];
        let end = find(written, |byte| {
            matches!(byte, b'/' | b'>') || is_space(byte)
        });
        let end = end.unwrap_or(written.len());
        self.intern(tag.namespace().unwrap_or(""), tag.name(), &written[..end])
    }

    fn intern(&mut self, namespace: &'a str, local: &str, qualified: &'a str) -> u32 {
        let document = &mut self.document;
        *self.names.entry((namespace, qualified)).or_insert_with(|| {
            document.names.push(Name {
                namespace: namespace.into(),
                local: local.into(),
                qualified: qualified.into(),
            });
            document.names.len() as u32 - 1
        })
    }

    fn attributes(&mut self, node: roxmltree::Node<'a, 'input>) -> std::ops::Range<u32> {
        let start = self.document.attributes.len() as u32;
        for attribute in node.attributes() {
            let at = attribute.position();
            let written = &self.source[at..];
            let end = find(written, |byte| byte == b'=' || is_space(byte));
            let end = end.unwrap_or(written.len());
            let name = self.intern(
                attribute.namespace().unwrap_or(""),
                attribute.name(),
                &written[..end],
            );
            let value = self.borrowed(attribute.value());
            self.document.attributes.push(AttributeData {
                name,
                value,
                at: at as u32,
            });
        }
        start..self.document.attributes.len() as u32
    }

    /// The declarations on the element itself. roxmltree lists all in scope,
    /// so the start tag says which prefixes are declared here.
    fn namespaces(&mut self, node: roxmltree::Node<'a, 'input>) -> std::ops::Range<u32> {
        let start = self.document.namespaces.len() as u32;
        if node.is_element() {
            for prefix in declared_prefixes(&self.source[node.range()]) {
                let uri = node
                    .namespaces()
                    .find(|declared| declared.name().unwrap_or("") == prefix)
                    .map_or("", |declared| declared.uri());
                self.document.namespaces.push(Namespace {
                    prefix: prefix.into(),
                    uri: uri.into(),
                });
            }
        }
        start..self.document.namespaces.len() as u32
    }

    /// Text that is a part of the source is kept as its bytes.
    fn borrowed(&mut self, text: &str) -> Text {
        let base = self.source.as_ptr() as usize;
        let start = (text.as_ptr() as usize).wrapping_sub(base);
        if start <= self.source.len() && start + text.len() <= self.source.len() {
            Text::Source {
                start: start as u32,
                end: (start + text.len()) as u32,
            }
        } else {
            self.owned(text)
        }
    }

    fn owned(&mut self, text: &str) -> Text {
        self.document.owned.push(text.into());
        Text::Owned(self.document.owned.len() as u32 - 1)
    }
}

/// Where the first of the ASCII characters asked for stands. Bytes are looked
/// at: every start tag is read here, and letters take longer.
fn find(text: &str, asked: impl Fn(u8) -> bool) -> Option<usize> {
    text.bytes().position(asked)
}

/// White space of XML.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The prefixes that the start tag at the beginning of `element` declares; the
/// empty one for `xmlns=`.
fn declared_prefixes(element: &str) -> impl Iterator<Item = &str> {
    let mut rest = element;
    std::iter::from_fn(move || {
        loop {
            // Up to the next attribute or the end of the tag; what lies
            // between quotes is skipped below.
            let at = find(rest, |byte| byte == b'>' || is_space(byte))?;
            if rest.as_bytes()[at] == b'>' {
                return None;
            }
            rest = rest[at..].trim_start();
            if rest.starts_with(['/', '>']) {
                return None;
            }
            let name_end = find(rest, |byte| byte == b'=' || is_space(byte))?;
            let name = &rest[..name_end];
            let quote_at = find(rest, |byte| matches!(byte, b'"' | b'\''))?;
            let quote = rest.as_bytes()[quote_at];
            let close = find(&rest[quote_at + 1..], |byte| byte == quote)?;
            rest = &rest[quote_at + 1 + close + 1..];
            let declared = if name == "xmlns" {
                Some("")
            } else {
                name.strip_prefix("xmlns:")
            };
            // The next round looks for white space, which may be missing
            // before the end of the tag.
            if let Some(prefix) = declared {
                return Some(prefix);
            }
            if rest.starts_with(['/', '>']) {
                return None;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::NodeId;

    fn read(xml: &str) -> Document {
        Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn nodes_know_their_bytes_and_names() {
        let xml = "<?xml version=\"1.0\"?>\n<p:a xmlns:p='urn:x' b = \"1&amp;2\">\n <c xmlns='urn:y'> é </c></p:a>";
        let doc = read(xml);
        let root = doc.root_element();
        assert_eq!(&*doc.name(root).qualified, "p:a");
        assert_eq!(doc.name(root).prefix(), "p");
        assert_eq!(&xml[doc.name_span(root)], "p:a");
        let b = doc.attributes(root).next().unwrap();
        assert_eq!(b.value, "1&2");
        assert_eq!(&xml[doc.attribute_span(&b)], "1&amp;2");
        let c = doc.child(root, "c").unwrap();
        assert_eq!(doc.namespace(c), "urn:y");
        assert_eq!(&xml[doc.value_span(c)], "é");
        assert_eq!(doc.resolve_prefix(c, "p"), Some("urn:x"));
        assert_eq!(doc.declared_namespaces(c).len(), 1);
        let at = doc.position(doc.value_span(c).start);
        assert_eq!((at.line, at.column), (3, 20));
        assert_eq!(doc.subtree(NodeId::ROOT).count(), 5);
    }

    #[test]
    fn a_default_namespace_may_be_taken_back() {
        let doc = read("<a xmlns='urn:x'><b xmlns=''/></a>");
        let b = doc.child(doc.root_element(), "b").unwrap();
        assert_eq!(doc.namespace(b), "");
        assert_eq!(doc.resolve_prefix(b, ""), None);
    }

    #[test]
    fn broken_xml_is_refused_with_a_place() {
        let error = Document::from_xml(Gated::xml(b"<a>\n<b></a>").unwrap()).unwrap_err();
        assert_eq!(error.reason, "end-tag");
        assert_eq!(error.at.line, 2);
        let names = (error.open.as_deref(), error.found.as_deref());
        assert_eq!(names, (Some("b"), Some("a")));
    }

    #[test]
    fn xml_that_is_cut_off_ends_in_an_element() {
        for (xml, open, line, column) in [
            ("<a>\n<b.c x='>'><c/>tekst\n", "b.c", 2, 21),
            ("<a><!-- <d> --><b></b>", "a", 1, 23),
            ("<a>\n<b", "b", 2, 3),
        ] {
            let error = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap_err();
            assert_eq!(error.reason, "cut-off", "{xml}");
            assert_eq!(error.open.as_deref(), Some(open), "{xml}");
            assert_eq!((error.at.line, error.at.column), (line, column), "{xml}");
        }
    }
}
