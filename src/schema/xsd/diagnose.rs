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
use crate::finding::{Args, DataClass, MessageValue};
use crate::limits::{MAX_DIAGNOSED_ELEMENTS, MAX_FINDINGS_PER_MESSAGE, MAX_REPAIRS};

/// Names less alike than this are not offered as what was meant.
const ALIKE: f64 = 0.82;

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
    schema: &'a XsdSchema,
    pub(super) document: &'a Document,
    root: NodeId,
    pub(super) repairs: Repairs,
    diagnosis: Diagnosis,
    reported: usize,
    /// Namespaces taken for another: as written, as meant.
    confused: Vec<(String, Arc<str>)>,
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
    fn trial(&self, repairs: &Repairs, parent: NodeId) -> Option<Stop> {
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

    /// A message element that the schema does not know; whether the message
    /// can be read as one that it does.
    fn unknown_root(&mut self) -> bool {
        let written = self.document.name(self.root).clone();
        let roots: Vec<ElementName> = self
            .schema
            .structure()
            .roots()
            .map(|(namespace, local, _)| ElementName {
                namespace: namespace.into(),
                local: local.into(),
            })
            .collect();
        if let Some(meant) = roots.iter().find(|root| *root.local == *written.local) {
            self.wrong_namespace(self.root, meant.clone());
            return true;
        }
        let nearest = nearest(&written.local, roots.iter().map(|root| &root.local));
        let args = self
            .common_args(self.root, &[])
            .with("nearest", nearest.clone().unwrap_or_else(|| "".into()));
        self.mistake(
            "KK-XSD-ONBEKEND",
            self.root,
            PlaceOf::Name,
            args,
            &written.local,
        );
        let meant = roots
            .into_iter()
            .find(|root| Some(&root.local) == nearest.as_ref());
        let known = meant.is_some();
        self.repairs
            .rename
            .extend(meant.map(|meant| (self.root, meant)));
        known
    }

    /// An element that is right but for its namespace.
    fn wrong_namespace(&mut self, node: NodeId, meant: ElementName) {
        let written = self.document.name(node).clone();
        // One wrong namespace usually is wrong throughout: the first element
        // speaks for all.
        let confusion = (written.namespace.to_string(), meant.namespace.clone());
        if !self.confused.contains(&confusion) {
            let namespace = MessageValue::new(&*written.namespace, DataClass::Plain);
            let args = Args::new()
                .with("element", &*written.local)
                .with("namespace", namespace)
                .with("expected", meant.namespace.clone());
            self.mistake(
                "KK-XSD-NAAMRUIMTE",
                node,
                PlaceOf::Name,
                args,
                &written.local,
            );
            self.confused.push(confusion);
        }
        // What has the same name in an element of the same name is the same
        // mistake; a message full of it is read once, not once per element.
        let document = self.document;
        let parent_name = |node| {
            document
                .parent(node)
                .map(|parent| document.name_index(parent))
        };
        let name = (document.name_index(node), parent_name(node));
        let same = document.subtree(self.root).filter(|&other| {
            document.is_element(other) && (document.name_index(other), parent_name(other)) == name
        });
        self.repairs
            .rename
            .extend(same.map(|other| (other, meant.clone())));
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

    /// An element that the parent does not know at all.
    fn unknown(&mut self, node: NodeId, expected: &Expected, children: &[Child]) {
        let local: Arc<str> = self.document.local_name(node).into();
        let nearest = nearest(&local, children.iter().map(|child| &child.local));
        let meant = self.meant_by(node, expected, children);
        let suggested = meant
            .as_ref()
            .filter(|meant| meant.certain)
            .map(|meant| meant.name.local.clone())
            .or(nearest)
            .unwrap_or_else(|| "".into());
        let args = self
            .common_args(node, &expected.elements)
            .with("nearest", suggested);
        self.mistake("KK-XSD-ONBEKEND", node, PlaceOf::Name, args, &local);
        match meant {
            // Under a name so alike, what is in it is judged as well.
            Some(Meant {
                name, alike: true, ..
            }) => {
                self.repairs.rename.insert(node, name);
            }
            Some(Meant { name, .. }) => {
                self.repairs.insert_before(node, name);
                self.repairs.skip.insert(node);
            }
            None => {
                self.repairs.skip.insert(node);
            }
        }
    }

    /// The element that an unknown one most likely is under a wrong name. When
    /// the very next thing does not fit without the unknown one, something it
    /// stands for is missing.
    fn meant_by(&self, node: NodeId, expected: &Expected, children: &[Child]) -> Option<Meant> {
        let parent = self.parent(node);
        let mut skipped = self.repairs.clone();
        skipped.skip.insert(node);
        let next = self.next_event(node);
        if self.trial(&skipped, parent) != Some(next) {
            return None;
        }
        let local = self.document.local_name(node);
        let fitting = self.tried(&expected.elements).iter().filter_map(|name| {
            let mut renamed = self.repairs.clone();
            renamed.rename.insert(node, name.clone());
            let stop = self.trial(&renamed, parent);
            let fits = stop != Some(next) && stop != Some(Stop::Unexpected(node));
            let alike = strsim::jaro_winkler(local, &name.local) >= ALIKE;
            let kin = self.known_children(node, name, children);
            fits.then_some((alike, kin, stop.is_none(), name))
        });
        // Of equals the last wins, so that turned around the first does.
        let fitting: Vec<_> = fitting.collect();
        let best = fitting
            .iter()
            .rev()
            .max_by_key(|&&(alike, kin, cured, _)| (alike, kin, cured))?;
        Some(Meant {
            name: best.3.clone(),
            alike: best.0,
            certain: best.0 || best.1 > 0 || fitting.len() == 1,
        })
    }

    /// How many children of `node` an element `name` would know.
    fn known_children(&self, node: NodeId, name: &ElementName, children: &[Child]) -> usize {
        let kind = children
            .iter()
            .find(|child| child.local == name.local && child.namespace == name.namespace)
            .and_then(|child| child.kind);
        let known = kind.map_or(&[][..], |kind| self.schema.structure().children(kind));
        self.document
            .elements(node)
            .filter(|&below| {
                let local = self.document.local_name(below);
                known.iter().any(|child| *child.local == *local)
            })
            .count()
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

    fn mistake(
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

    fn common_args(&self, node: NodeId, expected: &[ElementName]) -> Args {
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
    fn next_event(&self, node: NodeId) -> Stop {
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

/// What an unknown element stands for.
struct Meant {
    name: ElementName,
    alike: bool,
    /// Nothing else comes into question.
    certain: bool,
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

/// The name most like `written`, when one is alike enough to be meant.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl Iterator<Item = &'a Arc<str>>,
) -> Option<Arc<str>> {
    known
        .map(|name| {
            (
                strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.clone())
}
