//! What stands in the content of a message: the elements below the body of its
//! envelope.

use crate::document::{Document, Gated, NodeId};
use crate::edukoppeling::institution_of;
use crate::exchange::Exchange;

/// What stands in a message.
pub(super) struct Content {
    /// The local names of the elements that hold no others, with their texts.
    leaves: Vec<(String, String)>,
    /// The institution that it is about.
    institution: Option<String>,
}

impl Content {
    /// That of a message in XML.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let (document, content) = content_of(exchange)?;
        let text = |node: NodeId| document.value(node).trim().to_string();
        let below = document.subtree(content);
        let leaves = below
            .filter(|node| document.is_element(*node) && document.elements(*node).next().is_none());
        let leaves = leaves.map(|node| (document.local_name(node).to_string(), text(node)));
        Some(Self {
            leaves: leaves.collect(),
            institution: institution_of(&document, content).map(text),
        })
    }

    /// What stands in the elements of that name.
    pub fn values<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let named = self.leaves.iter().filter(move |(known, _)| known == name);
        named.map(|(_, text)| &**text)
    }

    /// The code of the institution that it is about.
    pub fn institution(&self) -> Option<&str> {
        self.institution.as_deref()
    }

    /// Whether an element holds one of these numbers.
    pub fn names(&self, numbers: &[String]) -> bool {
        let mut leaves = self.leaves.iter();
        leaves.any(|(_, text)| numbers.contains(text))
    }

    /// Whether it says the same as another.
    pub fn is_same(&self, other: &Self) -> bool {
        self.leaves == other.leaves
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
