//! Elements by their Id, and Ids that occur twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::document::{Document, NodeId};
use crate::edukoppeling::said::Said;
use crate::finding::Args;

const TWICE: &str = "KK-EK-WRAP-ID";

/// Names of attributes that some reader takes for an Id, whatever their
/// namespace: `wsu:Id`, `Id`, `ID`, `xml:id`, and SAML's.
const NAMES: &[&str] = &["Id", "ID", "id", "AssertionID"];

/// The elements of a document by the value of their Id.
pub(super) struct Ids<'a> {
    elements: HashMap<&'a str, NodeId>,
}

impl<'a> Ids<'a> {
    /// Reads the Ids of a document. A value that occurs twice, on whichever
    /// attributes, is a finding: what it refers to is in the eye of the reader.
    pub(super) fn of(document: &'a Document, said: &mut Said<'_>) -> Self {
        said.judging(&[TWICE]);
        let mut elements = HashMap::new();
        for node in document.subtree(NodeId::ROOT) {
            for attribute in document.attributes(node) {
                if !NAMES.contains(&&*attribute.name.local) {
                    continue;
                }
                match elements.entry(attribute.value) {
                    Entry::Vacant(entry) => {
                        entry.insert(node);
                    }
                    Entry::Occupied(_) => {
                        let args = Args::new()
                            .with("attribute", &*attribute.name.qualified)
                            .with("element", &*document.name(node).qualified);
                        said.broken(TWICE, node, args);
                    }
                }
            }
        }
        Self { elements }
    }

    /// The element with that Id.
    pub(super) fn element(&self, id: &str) -> Option<NodeId> {
        self.elements.get(id).copied()
    }
}
