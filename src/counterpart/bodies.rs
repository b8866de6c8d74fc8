//! What is known of the messages of the packs in force, to make bodies of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::body::{Body, BodyError};
use super::part::Part;
use super::reading::Reading;
use crate::document::{Document, Format, Gated};
use crate::example::Examples;
use crate::pack::{Message, Store};
use crate::schema::xsd::{Child, CompiledSet, ElementType, Structure};

/// Makes bodies for the packs in force. What it learns of a contract it
/// remembers; one serves all threads.
pub struct Bodies {
    store: Store,
    structures: Mutex<HashMap<Arc<str>, Arc<Structure>>>,
    shapes: Mutex<HashMap<String, Arc<Shape>>>,
}

impl std::fmt::Debug for Bodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bodies").finish_non_exhaustive()
    }
}

/// What is known of a message element.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) structure: Arc<Structure>,
    pub(super) kind: Option<ElementType>,
    pub(super) message: Message,
    pub(super) contract: Arc<str>,
    pub(super) namespace: Arc<str>,
    /// Prefixes of the other namespaces that its parts are in.
    pub(super) prefixes: Vec<(Arc<str>, String)>,
    pub(super) example: Option<Part>,
}

impl Bodies {
    /// Makes bodies for the packs of `store`.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            structures: Mutex::default(),
            shapes: Mutex::default(),
        }
    }

    /// The packs.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A body that holds what the example of the pack holds.
    ///
    /// # Errors
    ///
    /// There is no such message, or no example of it.
    pub fn example(&self, root: &str) -> Result<Body, BodyError> {
        let shape = self.shape(root)?;
        let example = shape.example.clone();
        let root = example.ok_or_else(|| BodyError::NoExample(root.to_string()))?;
        Ok(Body::of(shape, root))
    }

    /// A body without any part.
    ///
    /// # Errors
    ///
    /// There is no such message.
    pub fn empty(&self, root: &str) -> Result<Body, BodyError> {
        let shape = self.shape(root)?;
        Ok(Body::of(shape, Part::new(root)))
    }

    /// The message element of the other part of an operation: of a request its
    /// response, and the other way round.
    pub fn counterpart_of(&self, root: &str) -> Option<Arc<str>> {
        let mut messages = self.store.messages();
        let (pack, message) =
            messages.find(|(_, message)| message.root.as_deref() == Some(root))?;
        let messages = pack.manifest.messages.iter();
        messages
            .filter(|other| other.operation == message.operation && other.part != message.part)
            .find_map(|other| other.root.clone())
    }

    fn shape(&self, root: &str) -> Result<Arc<Shape>, BodyError> {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shapes.get(root) {
            return Ok(Arc::clone(shape));
        }
        let shape = Arc::new(self.learn(root)?);
        shapes.insert(root.to_string(), Arc::clone(&shape));
        Ok(shape)
    }

    fn learn(&self, root: &str) -> Result<Shape, BodyError> {
        let unknown = || BodyError::Unknown(root.to_string());
        let (pack, message) = self
            .store
            .messages()
            .find(|(_, message)| message.root.as_deref() == Some(root))
            .ok_or_else(unknown)?;
        let namespace = pack
            .manifest
            .namespace_of(message)
            .ok_or_else(unknown)?
            .clone();
        let contract = pack.manifest.contract.clone();
        let mut structures = self
            .structures
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let structure = match structures.get(&contract) {
            Some(structure) => Arc::clone(structure),
            None => {
                let compiled = CompiledSet::compile(pack.files(), &pack.entries())
                    .map_err(|_| BodyError::Schema(contract.to_string()))?;
                let structure = Arc::new(compiled.structure());
                structures.insert(contract.clone(), Arc::clone(&structure));
                structure
            }
        };
        let kind = structure.root(&namespace, root).ok_or_else(unknown)?;
        let example = self.store.example(root);
        let example = example.filter(|example| example.format == Format::Xml);
        let document = example
            .and_then(|example| Gated::xml(example.text.as_bytes()).ok())
            .and_then(|gated| Document::from_xml(gated).ok());
        let prefixes = prefixes(&structure, kind, &namespace, document.as_ref());
        let example = document.map(|document| {
            let mut part = Part::read(Reading::of(&document, document.root_element()));
            keep_known(&structure, kind, &mut part);
            part
        });
        Ok(Shape {
            structure,
            kind,
            message: message.clone(),
            contract,
            namespace,
            prefixes,
            example,
        })
    }
}

/// Leaves out what the schema in force does not have: the example may be that
/// of the reconstruction.
fn keep_known(structure: &Structure, kind: Option<ElementType>, part: &mut Part) {
    let children = kind.map_or(&[][..], |kind| structure.children(kind));
    part.parts.retain_mut(|below| {
        let Some(kind) = type_of(structure, children, &below.name) else {
            return false;
        };
        keep_known(structure, kind, below);
        true
    });
}

/// The type of a child, also of one that stands in a wrapper; the outer `None`
/// when there is no such child.
fn type_of(structure: &Structure, children: &[Child], name: &str) -> Option<Option<ElementType>> {
    if let Some(child) = children.iter().find(|child| *child.local == *name) {
        return Some(child.kind);
    }
    let wrapper = wrapper_of(structure, children, name)?;
    let below = structure.children(wrapper.kind?);
    let child = below.iter().find(|child| *child.local == *name)?;
    Some(child.kind)
}

/// The one child, occurring once, that `name` stands in.
pub(super) fn wrapper_of<'s>(
    structure: &Structure,
    children: &'s [Child],
    name: &str,
) -> Option<&'s Child> {
    children
        .iter()
        .filter(|child| child.max == Some(1))
        .find(|child| {
            let below = child.kind.map_or(&[][..], |kind| structure.children(kind));
            below.iter().any(|below| *below.local == *name)
        })
}

/// The namespaces below an element beside its own, each with a prefix: that of
/// the example where it has one.
fn prefixes(
    structure: &Structure,
    kind: Option<ElementType>,
    own: &str,
    example: Option<&Document>,
) -> Vec<(Arc<str>, String)> {
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut seen: Vec<ElementType> = Vec::new();
    let mut open: Vec<ElementType> = kind.into_iter().collect();
    while let Some(kind) = open.pop() {
        if seen.contains(&kind) {
            continue;
        }
        seen.push(kind);
        for child in structure.children(kind) {
            if *child.namespace != *own
                && !child.namespace.is_empty()
                && !found.contains(&child.namespace)
            {
                found.push(child.namespace.clone());
            }
            open.extend(child.kind);
        }
    }
    found.sort();
    let declared = |uri: &str| {
        let document = example?;
        let mut declared = document.declared_namespaces(document.root_element()).iter();
        let found = declared.find(|declared| *declared.uri == *uri && !declared.prefix.is_empty());
        found.map(|declared| declared.prefix.to_string())
    };
    let numbered = found.into_iter().enumerate();
    numbered
        .map(|(at, uri)| {
            let prefix = declared(&uri).unwrap_or_else(|| format!("ns{}", at + 1));
            (uri, prefix)
        })
        .collect()
}
