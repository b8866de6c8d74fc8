//! Elements under a name that the schema does not know: which one is meant?

use std::sync::Arc;

use super::diagnose::Doctor;
use super::drive::{Expected, Stop};
use super::repair::ElementName;
use super::structure::Child;
use crate::document::{NodeId, PlaceOf, slips};
use crate::finding::{Args, DataClass, MessageValue};

/// Names less alike than this are not offered as what was meant.
const ALIKE: f64 = 0.82;

impl Doctor<'_> {
    /// A message element that the schema does not know; whether the message
    /// can be read as one that it does.
    pub(super) fn unknown_root(&mut self) -> bool {
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
    pub(super) fn wrong_namespace(&mut self, node: NodeId, meant: ElementName) {
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

    /// An element that the parent does not know at all.
    pub(super) fn unknown(&mut self, node: NodeId, expected: &Expected, children: &[Child]) {
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
}

/// What an unknown element stands for.
struct Meant {
    name: ElementName,
    alike: bool,
    /// Nothing else comes into question.
    certain: bool,
}

/// The name most like `written`, when one is alike enough to be meant: of those
/// the one with the fewest slips of the pen.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl Iterator<Item = &'a Arc<str>>,
) -> Option<Arc<str>> {
    let lower = written.to_lowercase();
    known
        .filter(|name| strsim::jaro_winkler(&lower, &name.to_lowercase()) >= ALIKE)
        .min_by_key(|name| slips(written, name))
        .cloned()
}
