//! Every place that an element or attribute can have in a message, as its
//! schema allows it, and the ways of rules through them.

use std::sync::Arc;

use crate::limits;
use crate::rules::{Anchor, Axis, LocationPath, NameTest, Step};
use crate::schema::xsd::{ElementType, Structure};

/// A place, as an index into its [`Places`].
pub(super) type PlaceId = usize;

/// The document node.
const DOCUMENT: PlaceId = 0;

/// How often a type may occur on the way down: a type that holds itself is
/// followed once more, so that a rule about one within another is bound.
const MAX_SAME_TYPE: usize = 2;

/// The places of one message, each with its way from the root.
///
/// At most [`limits::MAX_BINDING_PLACES`]; what lies beyond does not bind, so
/// the rules about it become undecided rather than silent.
#[derive(Debug)]
pub(super) struct Places {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    parent: PlaceId,
    namespace: Arc<str>,
    local: Arc<str>,
    kind: Option<ElementType>,
    attribute: bool,
    children: Vec<PlaceId>,
}

impl Places {
    /// The places of the message whose element is `namespace`:`local`; `None`
    /// when the schema does not have that element.
    pub(super) fn of(structure: &Structure, namespace: &str, local: &str) -> Option<Self> {
        let kind = structure.root(namespace, local)?;
        let mut places = Self {
            nodes: vec![Node {
                parent: DOCUMENT,
                namespace: "".into(),
                local: "".into(),
                kind: None,
                attribute: false,
                children: Vec::new(),
            }],
        };
        places.add(DOCUMENT, namespace.into(), local.into(), kind, false);
        let mut next = 1;
        while next < places.nodes.len() {
            places.expand(structure, next);
            next += 1;
        }
        Some(places)
    }

    fn expand(&mut self, structure: &Structure, id: PlaceId) {
        let Some(kind) = self.nodes[id].kind else {
            return;
        };
        let above: Vec<PlaceId> = self.ancestors_or_self(id).collect();
        let same = above
            .iter()
            .filter(|&&at| self.nodes[at].kind == Some(kind))
            .count();
        if same > MAX_SAME_TYPE || above.len() > limits::MAX_DEPTH {
            return;
        }
        for attribute in structure.attributes(kind) {
            self.add(id, "".into(), attribute.clone(), None, true);
        }
        for child in structure.children(kind) {
            let (namespace, local) = (child.namespace.clone(), child.local.clone());
            self.add(id, namespace, local, child.kind, false);
        }
    }

    fn add(
        &mut self,
        parent: PlaceId,
        namespace: Arc<str>,
        local: Arc<str>,
        kind: Option<ElementType>,
        attribute: bool,
    ) {
        if self.nodes.len() >= limits::MAX_BINDING_PLACES {
            return;
        }
        let id = self.nodes.len();
        self.nodes.push(Node {
            parent,
            namespace,
            local,
            kind,
            attribute,
            children: Vec::new(),
        });
        self.nodes[parent].children.push(id);
    }

    /// The local name of a place.
    pub(super) fn local(&self, id: PlaceId) -> &Arc<str> {
        &self.nodes[id].local
    }

    /// The way to a place below the message's root, names with slashes.
    pub(super) fn way(&self, id: PlaceId) -> String {
        let mut names: Vec<&str> = self
            .ancestors_or_self(id)
            .map(|at| &*self.nodes[at].local)
            .collect();
        // The message element itself says nothing.
        names.pop();
        names.reverse();
        names.join("/")
    }

    /// The places of a local name, which must be spelled alike or not.
    pub(super) fn named(&self, local: &str, exactly: bool) -> impl Iterator<Item = PlaceId> {
        (1..self.nodes.len()).filter(move |&id| {
            let name = &*self.nodes[id].local;
            if exactly {
                name == local
            } else {
                name.to_lowercase() == local.to_lowercase()
            }
        })
    }

    /// Where a path leads from `context`.
    pub(super) fn reached(&self, context: &[PlaceId], path: &LocationPath) -> Vec<PlaceId> {
        path.steps
            .iter()
            .fold(self.start(context, path.anchor), |at, step| {
                self.step(&at, step)
            })
    }

    /// The step of a path that leads nowhere, with the places before it.
    pub(super) fn stuck<'p>(
        &self,
        context: &[PlaceId],
        path: &'p LocationPath,
    ) -> Option<(usize, &'p Step, Vec<PlaceId>)> {
        let mut at = self.start(context, path.anchor);
        for (index, step) in path.steps.iter().enumerate() {
            let next = self.step(&at, step);
            if next.is_empty() {
                return Some((index, step, at));
            }
            at = next;
        }
        None
    }

    fn start(&self, context: &[PlaceId], anchor: Anchor) -> Vec<PlaceId> {
        match anchor {
            Anchor::Document => vec![DOCUMENT],
            Anchor::Context => context.to_vec(),
            Anchor::Anywhere => (0..self.nodes.len()).collect(),
        }
    }

    /// Where a step leads.
    pub(super) fn step(&self, from: &[PlaceId], step: &Step) -> Vec<PlaceId> {
        // Text is no place of its own: it lies in its element.
        if step.test.text {
            return from.to_vec();
        }
        let mut reached: Vec<PlaceId> = Vec::new();
        match step.axis {
            Axis::Elsewhere => reached.extend(1..self.nodes.len()),
            Axis::Descendant | Axis::DescendantOrSelf => {
                if step.axis == Axis::DescendantOrSelf {
                    reached.extend(from);
                }
                let mut below = vec![false; self.nodes.len()];
                for &id in from {
                    below[id] = true;
                }
                // Children come after their parents, so one pass is enough.
                for id in 1..self.nodes.len() {
                    if below[self.nodes[id].parent] && !self.nodes[id].attribute {
                        below[id] = true;
                        reached.push(id);
                    }
                }
            }
            axis => {
                for &id in from {
                    match axis {
                        Axis::Child | Axis::Attribute => reached.extend(&self.nodes[id].children),
                        Axis::SelfNode => reached.push(id),
                        Axis::Parent if id != DOCUMENT => reached.push(self.nodes[id].parent),
                        Axis::Ancestor => reached.extend(self.ancestors_or_self(id).skip(1)),
                        Axis::AncestorOrSelf => reached.extend(self.ancestors_or_self(id)),
                        Axis::Sibling => {
                            reached.extend(&self.nodes[self.nodes[id].parent].children)
                        }
                        _ => {}
                    }
                }
            }
        }
        // Only the attribute axis leads to attributes, and only from elements.
        match step.axis {
            Axis::Attribute => reached.retain(|&id| self.nodes[id].attribute),
            Axis::Child | Axis::Sibling | Axis::Elsewhere => {
                reached.retain(|&id| !self.nodes[id].attribute);
            }
            _ => {}
        }
        reached.retain(|&id| self.fits(id, &step.test));
        reached.sort_unstable();
        reached.dedup();
        reached
    }

    fn fits(&self, id: PlaceId, test: &NameTest) -> bool {
        let node = &self.nodes[id];
        let named = |wanted: &Option<Arc<str>>, name: &Arc<str>| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        named(&test.local, &node.local) && named(&test.namespace, &node.namespace)
    }

    /// A place and those above it, without the document node.
    fn ancestors_or_self(&self, id: PlaceId) -> impl Iterator<Item = PlaceId> + '_ {
        let from = Some(id).filter(|&id| id != DOCUMENT);
        std::iter::successors(from, |&at| {
            Some(self.nodes[at].parent).filter(|&parent| parent != DOCUMENT)
        })
    }
}
