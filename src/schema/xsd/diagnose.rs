//! From the engine's verdicts to mistakes that a person can mend.
//!
//! A mistake of structure is explained by the smallest repair that makes the
//! engine accept the message past it: an element put in, passed over, renamed
//! or moved. The message is driven again with the repair, so that what comes
//! after is judged as if it had been mended.

use std::sync::Arc;

use super::compile::XsdSchema;
use super::drive::{Expected, Outcome, Stop, drive, expected_at, trial};
use super::mistake::Mistake;
use super::repair::{ElementName, Repairs};
use super::structure::{Child, ElementType};
use super::values::value_mistakes;
use crate::document::{Document, NodeId, PlaceOf};
use crate::finding::Args;
use crate::limits::{MAX_DIAGNOSED_ELEMENTS, MAX_FINDINGS_PER_MESSAGE, MAX_REPAIRS};

/// How many repairs in all, those included that one finding speaks for.
const MAX_DRIVES: usize = 20 * MAX_REPAIRS;

/// How many elements in a row a repair may put in.
const MAX_INSERTED: usize = 4;

/// How many of the expected elements, or of the siblings, are tried one by one.
pub(super) const MAX_TRIED: usize = 24;

/// What validation says of a message.
#[derive(Debug, Default)]
pub struct Diagnosis {
    /// The mistakes, in the order of the message.
    pub mistakes: Vec<Mistake>,
    /// There is more wrong than was analysed.
    pub more: bool,
    /// The engine met a limit of its own; nothing may be concluded from the
    /// absence of mistakes.
    pub gave_up: bool,
}

impl XsdSchema {
    /// Validates the element `root` in place against its global declaration.
    pub fn validate(&self, document: &Document, root: NodeId) -> Diagnosis {
        let quick = drive(self, document, root, &Repairs::default(), false);
        if quick.stop.is_none() && quick.raw.is_empty() {
            return Diagnosis {
                gave_up: quick.gave_up,
                ..Diagnosis::default()
            };
        }
        Doctor {
            schema: self,
            document,
            root,
            repairs: Repairs::default(),
            diagnosis: Diagnosis::default(),
            reported: 0,
            confused: Vec::new(),
        }
        .examine()
    }
}

pub(super) struct Doctor<'a> {
    pub(super) schema: &'a XsdSchema,
    pub(super) document: &'a Document,
    pub(super) root: NodeId,
    pub(super) repairs: Repairs,
    diagnosis: Diagnosis,
    reported: usize,
    /// Namespaces taken for another: as written, as meant.
    pub(super) confused: Vec<(String, Arc<str>)>,
}

impl Doctor<'_> {
    fn examine(mut self) -> Diagnosis {
        let elements = self.document.subtree(self.root).count();
        let drives = (MAX_DIAGNOSED_ELEMENTS / elements.max(1)).clamp(1, MAX_DRIVES);
        for _ in 0..drives {
            let outcome = drive(self.schema, self.document, self.root, &self.repairs, true);
            let Some(stop) = outcome.stop else {
                return self.conclude(outcome);
            };
            if self.reported >= MAX_REPAIRS {
                self.diagnosis.more = true;
                return self.conclude(outcome);
            }
            match stop {
                Stop::Unexpected(node) if node == self.root => {
                    if !self.unknown_root() {
                        return self.conclude(outcome);
                    }
                }
                Stop::Unexpected(node) => self.unexpected(node),
                Stop::Incomplete(node) => self.incomplete(node),
            }
        }
        self.diagnosis.more = true;
        self.conclude(Outcome::default())
    }

    fn conclude(mut self, outcome: Outcome) -> Diagnosis {
        self.diagnosis.gave_up = outcome.gave_up;
        let values = value_mistakes(self.schema, self.document, &outcome.raw);
        self.diagnosis.mistakes.extend(values);
        self.diagnosis.mistakes.sort_by_key(|mistake| {
            mistake
                .place
                .span
                .as_ref()
                .map(|span| (span.start, span.end))
        });
        if self.diagnosis.mistakes.len() > MAX_FINDINGS_PER_MESSAGE {
            self.diagnosis.mistakes.truncate(MAX_FINDINGS_PER_MESSAGE);
            self.diagnosis.more = true;
        }
        self.diagnosis
    }

    /// What may come at a stop, in the order of the schema.
    fn expected(&self, repairs: &Repairs, stop: Stop) -> Expected {
        let mut expected = expected_at(self.schema, self.document, self.root, repairs, stop);
        let children = self.children(&expected);
        expected.elements.sort_by_cached_key(|name| {
            let same =
                |child: &Child| child.local == name.local && child.namespace == name.namespace;
            (children.iter().position(same), name.local.clone())
        });
        expected
    }

    /// Where the children of `parent` stop fitting with `repairs`.
    pub(super) fn trial(&self, repairs: &Repairs, parent: NodeId) -> Option<Stop> {
        trial(self.schema, self.document, self.root, repairs, parent)
    }

    /// Whether all children of `parent` fit when `change` is made as well.
    pub(super) fn cured(
        &self,
        parent: NodeId,
        change: impl FnOnce(&mut Repairs),
    ) -> Option<Repairs> {
        let mut repairs = self.repairs.clone();
        change(&mut repairs);
        self.trial(&repairs, parent).is_none().then_some(repairs)
    }

    /// Whether the drive with `repairs` no longer stops at `stop`.
    fn passes(&self, repairs: &Repairs, stop: Stop) -> bool {
        let parent = match stop {
            Stop::Unexpected(node) => self.parent(node),
            Stop::Incomplete(node) => node,
        };
        self.trial(repairs, parent) != Some(stop)
    }

    /// An element that may not stand where it stands.
    fn unexpected(&mut self, node: NodeId) {
        let stop = Stop::Unexpected(node);
        let expected = self.expected(&self.repairs, stop);
        let children = self.children(&expected);
        let name = self.document.name(node).clone();
        let known_here = children
            .iter()
            .any(|child| *child.local == *name.local && *child.namespace == *name.namespace);
        if known_here {
            self.misplaced(node, &expected, &children);
            return;
        }
        if let Some(meant) = children.iter().find(|child| *child.local == *name.local) {
            let meant = ElementName {
                namespace: meant.namespace.clone(),
                local: meant.local.clone(),
            };
            self.wrong_namespace(node, meant);
            return;
        }
        self.unknown(node, &expected, &children);
    }

    /// An element that the parent knows, at a place where it may not be.
    fn misplaced(&mut self, node: NodeId, expected: &Expected, children: &[Child]) {
        let local: Arc<str> = self.document.local_name(node).into();
        if let Some(order) = self.out_of_order(node, &expected.elements) {
            let here = match order.here {
                Some(here) => vec![here],
                None => local_names(&expected.elements),
            };
            let args = Args::new()
                .with("element", self.document.local_name(order.moved))
                .with("parent", self.document.local_name(self.parent(node)))
                .with("expected", here);
            let declaration = self.document.local_name(order.moved).to_string();
            self.repairs = order.repairs;
            self.mistake(
                "KK-XSD-PLAATS",
                order.moved,
                PlaceOf::Name,
                args,
                &declaration,
            );
            return;
        }
        if let Some(missing) = self.missing_before(Stop::Unexpected(node), expected) {
            self.report_missing(&missing, node, PlaceOf::Name, Some(local));
            for name in missing.elements {
                self.repairs.insert_before(node, name);
            }
            return;
        }
        let max = children
            .iter()
            .find(|child| child.local == local)
            .and_then(|child| child.max);
        let before = self
            .document
            .elements(self.parent(node))
            .take_while(|&sibling| sibling != node)
            .filter(|&sibling| self.document.name_index(sibling) == self.document.name_index(node))
            .count();
        let too_many = max.is_some_and(|max| before >= max as usize);
        let args = self.common_args(node, &expected.elements);
        if too_many {
            let args = args.with("max", max.unwrap_or(1) as usize);
            self.mistake("KK-XSD-TEVEEL", node, PlaceOf::Name, args, &local);
        } else if let Some(other) = self.excluded_by(node) {
            let args = args.with("other", self.document.local_name(other));
            self.mistake("KK-XSD-KEUZE-BEIDE", node, PlaceOf::Name, args, &local);
        } else {
            self.mistake("KK-XSD-PLAATS", node, PlaceOf::Name, args, &local);
        }
        self.repairs.skip.insert(node);
        // It may stand where another belongs; then that one is not missing.
        if self.trial(&self.repairs, self.parent(node)).is_some() {
            let instead = self.tried(&expected.elements).iter().find_map(|name| {
                self.cured(self.parent(node), |repairs| {
                    repairs.insert_before(node, name.clone());
                })
            });
            self.repairs = instead.unwrap_or_else(|| self.repairs.clone());
        }
    }

    /// The sibling before `node` that it cannot stand beside: without either
    /// of the two the other fits, and what follows is read alike.
    fn excluded_by(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.parent(node);
        let without = |left_out: NodeId| {
            let mut repairs = self.repairs.clone();
            repairs.skip.insert(left_out);
            self.trial(&repairs, parent)
        };
        let without_node = without(node);
        let mut before: Vec<NodeId> = self.elements_before(node).take(MAX_TRIED).collect();
        before.retain(|&other| self.document.name_index(other) != self.document.name_index(node));
        before
            .into_iter()
            .find(|&other| without(other) == without_node)
    }

    /// An element that ends before it is complete.
    fn incomplete(&mut self, node: NodeId) {
        let stop = Stop::Incomplete(node);
        let expected = self.expected(&self.repairs, stop);
        match self.missing_before(stop, &expected) {
            Some(missing) => {
                if self.document.elements(node).next().is_none() && missing.elements.len() > 1 {
                    self.report_empty(&missing, node);
                } else {
                    self.report_missing(&missing, node, PlaceOf::End, None);
                }
                for name in missing.elements {
                    self.repairs.insert_at_end(node, name);
                }
            }
            None => {
                let local = self.document.local_name(node).to_string();
                let first = expected
                    .elements
                    .first()
                    .map_or_else(|| "".into(), |name| name.local.clone());
                let args = Args::new()
                    .with("element", first)
                    .with("expected", local_names(&expected.elements))
                    .with("parent", local.as_str())
                    .with("before", "");
                self.mistake("KK-XSD-ONTBREEKT", node, PlaceOf::End, args, &local);
                self.repairs.broken.insert(node);
            }
        }
    }

    /// The fewest elements that have to be put in for the drive to get past
    /// `stop`.
    fn missing_before(&self, stop: Stop, expected: &Expected) -> Option<Missing> {
        let mut repairs = self.repairs.clone();
        let mut expected = expected.clone();
        let mut elements = Vec::new();
        for _ in 0..MAX_INSERTED {
            let tried = self.tried(&expected.elements);
            let solving: Vec<&ElementName> = tried
                .iter()
                .filter(|candidate| {
                    let mut with = repairs.clone();
                    insert(&mut with, stop, (**candidate).clone());
                    self.passes(&with, stop)
                })
                .collect();
            if let Some(&first) = solving.first() {
                let alternatives = solving.iter().map(|name| (*name).clone()).collect();
                elements.push(first.clone());
                return Some(Missing {
                    elements,
                    alternatives,
                });
            }
            // No single element helps; only one that must come is certain.
            let [only] = &expected.elements[..] else {
                return None;
            };
            insert(&mut repairs, stop, only.clone());
            elements.push(only.clone());
            let next = self.expected(&repairs, stop);
            if next.elements == expected.elements {
                return None;
            }
            expected = next;
        }
        None
    }

    /// Everything is missing: that is one mistake.
    fn report_empty(&mut self, missing: &Missing, node: NodeId) {
        let args = Args::new()
            .with("element", local_names(&missing.elements))
            .with("parent", self.document.local_name(node))
            .with("before", "");
        let declaration = missing.elements[0].local.clone();
        self.mistake_in(
            "KK-XSD-ONTBREEKT",
            node,
            PlaceOf::End,
            args,
            &declaration,
            node,
        );
    }

    fn report_missing(
        &mut self,
        missing: &Missing,
        node: NodeId,
        of: PlaceOf,
        before: Option<Arc<str>>,
    ) {
        let parent = match of {
            PlaceOf::End => node,
            _ => self.parent(node),
        };
        let parent_name: Arc<str> = self.document.local_name(parent).into();
        let last = missing.elements.len() - 1;
        for (index, element) in missing.elements.iter().enumerate() {
            let args = Args::new()
                .with("element", element.local.clone())
                .with("parent", parent_name.clone())
                .with("before", before.clone().unwrap_or_else(|| "".into()));
            if index == last && missing.alternatives.len() > 1 {
                let args = args.with("expected", local_names(&missing.alternatives));
                self.mistake_in("KK-XSD-KEUZE", node, of, args, &element.local, parent);
            } else {
                self.mistake_in("KK-XSD-ONTBREEKT", node, of, args, &element.local, parent);
            }
        }
    }

    pub(super) fn mistake(
        &mut self,
        code: &'static str,
        node: NodeId,
        of: PlaceOf,
        args: Args,
        declaration: &str,
    ) {
        self.mistake_in(code, node, of, args, declaration, node);
    }

    /// Records a mistake; `within` is the element that its path names.
    fn mistake_in(
        &mut self,
        code: &'static str,
        node: NodeId,
        of: PlaceOf,
        args: Args,
        declaration: &str,
        within: NodeId,
    ) {
        let mut place = self.document.place(node, of);
        if within != node || of == PlaceOf::End {
            let of_parent = self.document.place(within, PlaceOf::Name);
            place.path = of_parent.path;
            place.words = of_parent.words;
            place.keyed = format!("{}/{declaration}", of_parent.keyed);
        }
        self.reported += 1;
        self.diagnosis.mistakes.push(Mistake {
            code,
            args,
            place,
            declaration: declaration.into(),
        });
    }

    pub(super) fn common_args(&self, node: NodeId, expected: &[ElementName]) -> Args {
        Args::new()
            .with("element", self.document.local_name(node))
            .with("parent", self.document.local_name(self.parent(node)))
            .with("expected", local_names(expected))
    }

    fn children(&self, expected: &Expected) -> Vec<Child> {
        let structure = self.schema.structure();
        let kind: Option<ElementType> = expected.parent.and_then(|key| structure.type_of(key));
        let mut children: Vec<Child> =
            kind.map_or_else(Vec::new, |kind| structure.children(kind).to_vec());
        for name in &expected.elements {
            let known = children
                .iter()
                .any(|child| child.local == name.local && child.namespace == name.namespace);
            if !known {
                children.push(Child {
                    namespace: name.namespace.clone(),
                    local: name.local.clone(),
                    kind: None,
                    min: 0,
                    max: None,
                });
            }
        }
        children
    }

    pub(super) fn tried<'e>(&self, expected: &'e [ElementName]) -> &'e [ElementName] {
        &expected[..expected.len().min(MAX_TRIED)]
    }

    /// What the drive would stop at directly after `node`, were it not there.
    pub(super) fn next_event(&self, node: NodeId) -> Stop {
        let next = std::iter::successors(self.document.next_sibling(node), |&sibling| {
            self.document.next_sibling(sibling)
        })
        .find(|&sibling| {
            self.document.is_element(sibling) && !self.repairs.skip.contains(&sibling)
        });
        match next {
            Some(next) => Stop::Unexpected(next),
            None => Stop::Incomplete(self.parent(node)),
        }
    }

    pub(super) fn parent(&self, node: NodeId) -> NodeId {
        // Only the root of the document has no parent, and no element is it.
        self.document.parent(node).unwrap_or(NodeId::ROOT)
    }
}

/// Elements that have to be put in; the last may be any of the alternatives.
struct Missing {
    elements: Vec<ElementName>,
    alternatives: Vec<ElementName>,
}

fn insert(repairs: &mut Repairs, stop: Stop, name: ElementName) {
    match stop {
        Stop::Unexpected(node) => repairs.insert_before(node, name),
        Stop::Incomplete(node) => repairs.insert_at_end(node, name),
    }
}

fn local_names(names: &[ElementName]) -> Vec<Arc<str>> {
    names.iter().map(|name| name.local.clone()).collect()
}
