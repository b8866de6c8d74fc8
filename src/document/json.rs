//! Gated JSON into a [`Document`].
//!
//! `serde_json` judges whether the text is JSON; the scanner here only finds
//! where in valid text each value stands, so it never has to refuse anything.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::error::Category;

use super::gate::Gated;
use super::tree::{
    AttributeData, Document, Format, NONE, Name, Node, NodeId, NodeKind, Text, link,
};
use crate::finding::Position;

/// Why gated text is not JSON. Holds the reader's kind of error and a
/// position, never its words: those may quote the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJson {
    /// Line and column where the reader stopped.
    pub at: Position,
    /// What is wrong, as a key of the texts (`json-error.<reason>`):
    /// `cut-off`, `number-range` or `syntax`.
    pub reason: &'static str,
}

/// The name of the root element and of an array entry (docs/packs.md, rules
/// over JSON).
const ROOT_NAME: &str = "json";
const ENTRY_NAME: &str = "item";

impl Document {
    /// Reads gated JSON.
    ///
    /// A value is an element whose span is the value as it is written, with
    /// the resolved text of a string, or the written text of a number or
    /// boolean, as its only child. Members that occur twice are all kept; see
    /// [`Document::duplicate_members`].
    pub fn from_json(gated: Gated<'_>) -> Result<Self, NotJson> {
        serde_json::from_str::<serde_json::Value>(gated.as_str())
            .map_err(|error| NotJson::new(&error, gated.as_str()))?;
        Ok(Builder::new(gated).build())
    }

    /// The bytes of a JSON member's name with its quotes; `None` for an array
    /// entry, the whole, and anything of XML.
    pub fn member_name_span(&self, node: NodeId) -> Option<Range<usize>> {
        let parent = self.parent(node)?;
        if self.format != Format::Json || !self.is_element(node) || parent == NodeId::ROOT {
            return None;
        }
        if !self.source[self.span(parent)].starts_with('{') {
            return None;
        }
        // Before a member's value stand only white space, a colon, white space
        // and the name. Inside the name a quote follows an odd number of
        // backslashes; before the opening quote there is none.
        let before = self.source[..self.span(node).start].trim_ascii_end();
        let name = before.strip_suffix(':')?.trim_ascii_end();
        let inside = name.strip_suffix('"')?.as_bytes();
        let open = (0..inside.len()).rev().find(|&at| {
            let backslashes = inside[..at]
                .iter()
                .rev()
                .take_while(|&&byte| byte == b'\\')
                .count();
            inside[at] == b'"' && backslashes % 2 == 0
        })?;
        Some(open..name.len())
    }

    /// The members of JSON objects whose name occurred earlier in the same
    /// object. JSON leaves open which of them counts (RFC 8259 §4); the schema
    /// check takes the last, as most readers do.
    pub fn duplicate_members(&self) -> Vec<NodeId> {
        if self.format != Format::Json {
            return Vec::new();
        }
        let mut duplicates = Vec::new();
        let mut seen = HashSet::new();
        for object in self.subtree(NodeId::ROOT) {
            if !self.is_element(object) || !self.source[self.span(object)].starts_with('{') {
                continue;
            }
            seen.clear();
            duplicates.extend(
                self.elements(object)
                    .filter(|&member| !seen.insert(self.name_index(member))),
            );
        }
        duplicates.sort();
        duplicates
    }

    /// Whether a JSON value is an array.
    pub(crate) fn is_array(&self, node: NodeId) -> bool {
        self.format == Format::Json
            && self.is_element(node)
            && self.source[self.span(node)].starts_with('[')
    }
}

impl NotJson {
    fn new(error: &serde_json::Error, text: &str) -> Self {
        let line = error.line().max(1);
        let written = text.split('\n').nth(line - 1).unwrap_or("");
        // The reader counts bytes from 1 and may stop after the last of a
        // line; ours are characters.
        let mut stop = error.column().saturating_sub(1).min(written.len());
        while !written.is_char_boundary(stop) {
            stop -= 1;
        }
        Self {
            at: Position {
                line: line as u32,
                column: written[..stop].chars().count() as u32 + 1,
            },
            reason: match error.classify() {
                Category::Eof => "cut-off",
                // `1e999` is JSON, but no value that anything here could hold.
                _ if is_number_end(&written[..stop]) => "number-range",
                _ => "syntax",
            },
        }
    }
}

/// Whether text up to where the reader stopped ends in a number with an
/// exponent.
fn is_number_end(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let exponent = digits.trim_end_matches(['+', '-']);
    text.len() > digits.len() && exponent.ends_with(['e', 'E'])
}

struct Builder<'a> {
    source: &'a str,
    at: usize,
    document: Document,
    names: HashMap<String, u32>,
    /// Index of the owned text `true`, the value of every `nil`.
    truth: Option<u32>,
}

/// An object or array whose end has not been reached.
struct Open {
    node: u32,
    last_child: u32,
}

impl<'a> Builder<'a> {
    fn new(gated: Gated<'a>) -> Self {
        let nothing = Name {
            namespace: "".into(),
            local: "".into(),
            qualified: "".into(),
        };
        Self {
            source: gated.as_str(),
            at: 0,
            document: Document {
                format: Format::Json,
                source: gated.as_str().into(),
                skipped: gated.skipped(),
                nodes: Vec::new(),
                names: vec![nothing],
                attributes: Vec::new(),
                namespaces: Vec::new(),
                owned: Vec::new(),
                line_starts: OnceLock::new(),
            },
            names: HashMap::new(),
            truth: None,
        }
    }

    fn build(mut self) -> Document {
        self.push(NodeKind::Root, 0, NONE, 0);
        let root_name = self.intern(ROOT_NAME);
        let mut name = root_name;
        let mut open = vec![Open {
            node: 0,
            last_child: NONE,
        }];
        // Valid JSON is a flat sequence of values, names and closing brackets;
        // separators carry no information for the tree.
        while let Some(byte) = self.next_token() {
            match byte {
                b'}' | b']' => {
                    self.at += 1;
                    if open.len() > 1
                        && let Some(closed) = open.pop()
                    {
                        self.close(closed.node);
                    }
                    name = self.entry_name(&open, root_name);
                }
                b'"' if self.is_name(&open) => {
                    let span = self.string();
                    name = self.member_name(span);
                }
                _ => {
                    let Some(parent) = open.last_mut() else { break };
                    let node = self.document.nodes.len() as u32;
                    let previous = std::mem::replace(&mut parent.last_child, node);
                    let parent = parent.node;
                    self.value(byte, name, parent);
                    self.link(node, parent, previous);
                    if matches!(byte, b'{' | b'[') {
                        open.push(Open {
                            node,
                            last_child: NONE,
                        });
                    }
                    name = self.entry_name(&open, root_name);
                }
            }
        }
        for left in open.into_iter().rev() {
            self.close(left.node);
        }
        self.document
    }

    /// The first byte of the next name, value or closing bracket.
    fn next_token(&mut self) -> Option<u8> {
        let rest = &self.source.as_bytes()[self.at..];
        let skipped = rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':'))?;
        self.at += skipped;
        rest.get(skipped).copied()
    }

    /// Whether a string that begins here is a member's name: directly in an
    /// object, and the last thing written was not a colon.
    fn is_name(&self, open: &[Open]) -> bool {
        let in_object = open.last().is_some_and(|open| {
            let start = self.document.nodes[open.node as usize].span.start as usize;
            open.node != 0 && self.source.as_bytes().get(start) == Some(&b'{')
        });
        in_object && !self.source[..self.at].trim_ascii_end().ends_with(':')
    }

    /// The name of the next value where no member name comes before it.
    fn entry_name(&mut self, open: &[Open], root_name: u32) -> u32 {
        if open.len() > 1 {
            self.intern(ENTRY_NAME)
        } else {
            root_name
        }
    }

    fn value(&mut self, byte: u8, name: u32, parent: u32) {
        let start = self.at;
        let node = self.push(NodeKind::Element, name, parent, start);
        let text = match byte {
            b'{' | b'[' => {
                self.at += 1;
                return;
            }
            b'"' => self.string(),
            _ => {
                let rest = &self.source[start..];
                let length = rest
                    .find([',', '}', ']', ' ', '\t', '\n', '\r'])
                    .unwrap_or(rest.len());
                self.at = start + length.max(1);
                start..start + length
            }
        };
        if byte == b'n' {
            self.mark_nil(node, start);
        } else if !text.is_empty() {
            let content = self.text(text.clone());
            let child = self.push(NodeKind::Text, 0, node, text.start);
            let child_node = &mut self.document.nodes[child as usize];
            child_node.text = content;
            child_node.span.end = text.end as u32;
            child_node.subtree_end = child + 1;
            self.document.nodes[node as usize].first_child = child;
        }
        self.close(node);
    }

    /// Reads a string and gives the bytes between its quotes.
    fn string(&mut self) -> Range<usize> {
        let start = self.at + 1;
        let bytes = self.source.as_bytes();
        let mut end = start;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let end = end.min(bytes.len());
        self.at = (end + 1).min(bytes.len());
        start..end
    }

    /// The text of a string's or a number's bytes, escapes resolved.
    fn text(&mut self, span: Range<usize>) -> Text {
        match self.unescaped(&span) {
            None => Text::Source {
                start: span.start as u32,
                end: span.end as u32,
            },
            Some(text) => self.owned(&text),
        }
    }

    fn member_name(&mut self, span: Range<usize>) -> u32 {
        match self.unescaped(&span) {
            None => self.intern(&self.source[span]),
            Some(name) => self.intern(&name),
        }
    }

    /// The text with its escapes resolved, `None` where it has none.
    fn unescaped(&self, span: &Range<usize>) -> Option<String> {
        if !self.source[span.clone()].contains('\\') {
            return None;
        }
        let quoted = self.source.get(span.start - 1..span.end + 1)?;
        serde_json::from_str(quoted).ok()
    }

    fn mark_nil(&mut self, node: u32, at: usize) {
        let name = self.intern("nil");
        let value = match self.truth {
            Some(index) => Text::Owned(index),
            None => {
                let value = self.owned("true");
                self.truth = Some(self.document.owned.len() as u32 - 1);
                value
            }
        };
        let attributes = &mut self.document.attributes;
        let index = attributes.len() as u32;
        attributes.push(AttributeData {
            name,
            value,
            at: at as u32,
        });
        self.document.nodes[node as usize].attributes = index..index + 1;
    }

    fn push(&mut self, kind: NodeKind, name: u32, parent: u32, start: usize) -> u32 {
        let id = self.document.nodes.len() as u32;
        let attributes = self.document.attributes.len() as u32;
        self.document.nodes.push(Node {
            kind,
            name,
            parent,
            prev: NONE,
            next: NONE,
            first_child: NONE,
            subtree_end: id + 1,
            attributes: attributes..attributes,
            namespaces: 0..0,
            text: Text::None,
            span: start as u32..start as u32,
        });
        id
    }

    fn link(&mut self, node: u32, parent: u32, previous: u32) {
        self.document.nodes[node as usize].prev = previous;
        match link(previous) {
            Some(previous) => self.document.nodes[previous.index()].next = node,
            None => self.document.nodes[parent as usize].first_child = node,
        }
    }

    fn close(&mut self, node: u32) {
        let total = self.document.nodes.len() as u32;
        let closed = &mut self.document.nodes[node as usize];
        closed.subtree_end = total;
        closed.span.end = self.at as u32;
    }

    fn intern(&mut self, local: &str) -> u32 {
        if let Some(&index) = self.names.get(local) {
            return index;
        }
        let index = self.document.names.len() as u32;
        self.document.names.push(Name {
            namespace: "".into(),
            local: local.into(),
            qualified: local.into(),
        });
        self.names.insert(local.to_string(), index);
        index
    }

    fn owned(&mut self, text: &str) -> Text {
        self.document.owned.push(text.into());
        Text::Owned(self.document.owned.len() as u32 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::PlaceOf;
    use proptest::prelude::*;

    fn read(json: &str) -> Document {
        Document::from_json(Gated::json(json.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn values_names_and_bytes_are_kept() {
        let json =
            "{ \"a\\\"\\\\\" : [1.50, \"x\\u00e9\", null, true, \"\"], \"b\":{\"c\" : \"é:,\"} }\n";
        let doc = read(json);
        let root = doc.root_element();
        assert_eq!(doc.local_name(root), "json");
        assert_eq!(&json[doc.span(root)], json.trim_end());
        let a = doc.child(root, "a\"\\").unwrap();
        assert_eq!(&json[doc.member_name_span(a).unwrap()], "\"a\\\"\\\\\"");
        let entries: Vec<_> = doc.elements(a).collect();
        let values: Vec<_> = entries.iter().map(|&e| doc.value(e).to_string()).collect();
        assert_eq!(values, ["1.50", "xé", "", "true", ""]);
        assert!(entries.iter().all(|&e| doc.local_name(e) == "item"));
        assert_eq!(doc.attribute(entries[2], "nil"), Some("true"));
        assert_eq!(&json[doc.value_span(entries[1])], "\"x\\u00e9\"");
        assert_eq!(doc.member_name_span(entries[1]), None);
        let c = doc.child(doc.child(root, "b").unwrap(), "c").unwrap();
        assert_eq!(&*doc.value(c), "é:,");
        assert_eq!(&json[doc.member_name_span(c).unwrap()], "\"c\"");
    }

    #[test]
    fn pointers_are_escaped_and_count_from_zero() {
        let doc = read(r#"{"a/b~c":[{"d":1},{"item":[7]}],"json":{"e":2}}"#);
        let paths: Vec<_> = doc
            .subtree(NodeId::ROOT)
            .filter(|&node| doc.is_element(node))
            .map(|node| doc.place(node, PlaceOf::Value).path)
            .collect();
        assert_eq!(
            paths,
            [
                "",
                "/a~1b~0c",
                "/a~1b~0c/0",
                "/a~1b~0c/0/d",
                "/a~1b~0c/1",
                "/a~1b~0c/1/item",
                "/a~1b~0c/1/item/0",
                "/json",
                "/json/e"
            ]
        );
        let member = doc.child(doc.root_element(), "json").unwrap();
        assert_eq!(doc.place(member, PlaceOf::Value).words, "json");
    }

    #[test]
    fn a_member_name_is_masked_and_made_visible_in_places() {
        let doc = read("{\"123456782\":1,\"a\\u001b[31m\":2}");
        let paths: Vec<_> = doc
            .elements(doc.root_element())
            .map(|node| doc.place(node, PlaceOf::Name).path)
            .collect();
        assert_eq!(paths, ["/*****6782", "/a\u{FFFD}[31m"]);
    }

    #[test]
    fn an_excerpt_masks_by_the_member_and_leaves_null_alone() {
        let json = "{\"bsn\": \"123456782\", \"x\": null, \"y\": \"a = 'b'\"}";
        let doc = read(json);
        let bsn = doc.child(doc.root_element(), "bsn").unwrap();
        let excerpt = doc
            .excerpt(
                &doc.place(bsn, PlaceOf::Value),
                crate::finding::Redaction::Mask,
                &|_, _| true,
            )
            .unwrap();
        assert_eq!(
            excerpt.lines,
            ["{\"bsn\": \"*****6782\", \"x\": null, \"y\": \"a = 'b'\"}"]
        );
    }

    #[test]
    fn duplicate_members_are_all_found() {
        let doc = read(r#"{"a":1,"b":{"a":1,"a":2,"a":3},"a":4}"#);
        let found: Vec<_> = doc
            .duplicate_members()
            .into_iter()
            .map(|node| {
                (
                    doc.local_name(node).to_string(),
                    doc.value(node).to_string(),
                )
            })
            .collect();
        let expected = ["2", "3", "4"].map(|value| ("a".to_string(), value.to_string()));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_json_is_refused_with_a_place() {
        for (text, line, column, reason) in [
            ("{\"a\":1", 1, 6, "cut-off"),
            ("{\"é\":\n x}", 2, 2, "syntax"),
            ("{\"a\":1,}", 1, 8, "syntax"),
            ("1 2", 1, 3, "syntax"),
            ("\"\\ud800\"", 1, 8, "syntax"),
            ("[1e999]", 1, 6, "number-range"),
        ] {
            let error = Document::from_json(Gated::json(text.as_bytes()).unwrap()).unwrap_err();
            assert_eq!(
                (error.at.line, error.at.column, error.reason),
                (line, column, reason),
                "{text}"
            );
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(Into::into),
            Just("\"\\\u{1}/é😀".into()),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::vec(("\\PC{0,4}", inner), 0..5)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>())
                    .prop_map(Into::into),
            ]
        })
    }

    /// Compares tree and value, and checks that each span is the value itself.
    fn agrees(doc: &Document, node: NodeId, value: &serde_json::Value) {
        let written: serde_json::Value =
            serde_json::from_str(&doc.source()[doc.span(node)]).unwrap();
        assert_eq!(&written, value);
        let children: Vec<_> = doc.elements(node).collect();
        match value {
            serde_json::Value::Array(entries) => {
                assert_eq!(children.len(), entries.len());
                for (&child, entry) in children.iter().zip(entries) {
                    agrees(doc, child, entry);
                }
            }
            serde_json::Value::Object(members) => {
                assert_eq!(children.len(), members.len());
                for &child in &children {
                    let name = &doc.source()[doc.member_name_span(child).unwrap()];
                    let name: String = serde_json::from_str(name).unwrap();
                    assert_eq!(name, doc.local_name(child));
                    agrees(doc, child, &members[&name]);
                }
            }
            serde_json::Value::String(text) => assert_eq!(&*doc.value(node), text),
            serde_json::Value::Null => assert_eq!(doc.attribute(node, "nil"), Some("true")),
            other => assert_eq!(&*doc.value(node), other.to_string()),
        }
    }

    proptest! {
        #[test]
        fn the_tree_says_what_the_text_says(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty {
                serde_json::to_string_pretty(&value)
            } else {
                serde_json::to_string(&value)
            }.unwrap();
            let doc = read(&text);
            agrees(&doc, doc.root_element(), &value);
        }

        #[test]
        fn nothing_makes_the_reader_panic(text in "[\\[\\]{},:\"\\\\0-9a-fnul .é-]{0,60}") {
            if let Ok(gated) = Gated::json(text.as_bytes()) {
                let judged = serde_json::from_str::<serde_json::Value>(&text).is_ok();
                prop_assert_eq!(Document::from_json(gated).is_ok(), judged);
            }
        }
    }
}
