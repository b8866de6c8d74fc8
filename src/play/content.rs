//! What stands in the content of a message: the elements below the body of its
//! envelope.

use crate::document::{Document, Gated, NodeId};
use crate::exchange::Exchange;

/// The local names of the elements that hold no others, with their texts.
pub(super) struct Content(Vec<(String, String)>);

impl Content {
    /// That of a message in XML.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let (document, content) = content_of(exchange)?;
        let below = document.subtree(content);
        let leaves = below
            .filter(|node| document.is_element(*node) && document.elements(*node).next().is_none());
        let leaves = leaves.map(|node| {
            let text = document.value(node).trim().to_string();
            (document.local_name(node).to_string(), text)
        });
        Some(Self(leaves.collect()))
    }

    /// What stands in the elements of that name.
    pub fn values<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, text)| &**text)
    }

    /// Whether an element holds one of these numbers.
    pub fn names(&self, numbers: &[String]) -> bool {
        self.0.iter().any(|(_, text)| numbers.contains(text))
    }

    /// Whether it says the same as another.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// A message in XML, and the element that is its content: the first in the body
/// of its envelope, else the message itself.
pub(super) fn content_of(exchange: &Exchange) -> Option<(Document, NodeId)> {
    let document = Document::from_xml(Gated::xml(&exchange.body).ok()?).ok()?;
    let root = document.root_element();
    let body = document.child(root, "Body");
    let content = body.and_then(|body| document.elements(body).next());
    let content = content.unwrap_or(root);
    Some((document, content))
}
