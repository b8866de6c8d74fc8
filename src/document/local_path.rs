//! Paths of local names, as the data files of packs write them.

use super::tree::{Document, NodeId};

/// Steps of local names below an element, written `melding/begindatum`.
/// Namespaces and layout do not matter, so that a path holds on an official
/// package as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(Box<[Box<str>]>);

impl LocalPath {
    /// Reads slash-separated local names; `None` when a step is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let steps: Box<[Box<str>]> = text.split('/').map(Box::from).collect();
        steps
            .iter()
            .all(|step| !step.trim().is_empty())
            .then_some(Self(steps))
    }

    /// The local names, outermost first.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|step| &**step)
    }

    /// The first element that the path leads to from `node`.
    pub fn first(&self, document: &Document, node: NodeId) -> Option<NodeId> {
        first(document, node, &self.0)
    }

    /// All elements that the path leads to from `node`, in document order.
    pub fn all(&self, document: &Document, node: NodeId) -> Vec<NodeId> {
        let mut found = vec![node];
        for step in self.steps() {
            found = found
                .into_iter()
                .flat_map(|parent| document.elements(parent))
                .filter(|&child| document.local_name(child) == step)
                .collect();
        }
        found
    }
}

fn first(document: &Document, node: NodeId, steps: &[Box<str>]) -> Option<NodeId> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(node);
    };
    document
        .elements(node)
        .filter(|&child| document.local_name(child) == &**step)
        .find_map(|child| first(document, child, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Gated;

    #[test]
    fn a_path_finds_what_is_there() {
        let xml = "<m><a/><a><b>1</b></a><c/><a><b>2</b><b>3</b></a></m>";
        let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
        let root = document.root_element();
        let path = LocalPath::parse("a/b").unwrap();
        let first = path.first(&document, root).unwrap();
        assert_eq!(document.value(first), "1");
        let all = path.all(&document, root);
        let values: Vec<_> = all.iter().map(|&node| document.value(node)).collect();
        assert_eq!(values, ["1", "2", "3"]);
        assert_eq!(
            LocalPath::parse("a/x").unwrap().first(&document, root),
            None
        );
        assert_eq!(path.steps().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn an_empty_step_is_no_path() {
        for text in ["", "/a", "a//b", "a/"] {
            assert_eq!(LocalPath::parse(text), None, "{text:?}");
        }
    }
}
