//! Assumed repairs of a message's structure, with which it is driven again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::document::NodeId;

/// The expanded name of an element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ElementName {
    pub namespace: Arc<str>,
    pub local: Arc<str>,
}

/// What the drive assumes to be different from what is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Repairs {
    before: HashMap<NodeId, Vec<ElementName>>,
    at_end: HashMap<NodeId, Vec<ElementName>>,
    moved: HashMap<NodeId, Vec<NodeId>>,
    moved_to_end: HashMap<NodeId, Vec<NodeId>>,
    /// Elements that are passed over with all they hold.
    pub skip: HashSet<NodeId>,
    /// Elements that are read under another name.
    pub rename: HashMap<NodeId, ElementName>,
    /// Elements whose content is passed over.
    pub broken: HashSet<NodeId>,
}

impl Repairs {
    /// Assumes `name` just before `node`.
    pub fn insert_before(&mut self, node: NodeId, name: ElementName) {
        self.before.entry(node).or_default().push(name);
    }

    /// Assumes `name` as the last child of `node`.
    pub fn insert_at_end(&mut self, node: NodeId, name: ElementName) {
        self.at_end.entry(node).or_default().push(name);
    }

    /// Reads `moved` just before `node` instead of where it stands.
    pub fn move_before(&mut self, node: NodeId, moved: NodeId) {
        self.moved.entry(node).or_default().push(moved);
        self.skip.insert(moved);
    }

    /// Reads `moved` as the last child of `node` instead of where it stands.
    pub fn move_to_end(&mut self, node: NodeId, moved: NodeId) {
        self.moved_to_end.entry(node).or_default().push(moved);
        self.skip.insert(moved);
    }

    pub fn before(&self, node: NodeId) -> &[ElementName] {
        self.before.get(&node).map_or(&[], Vec::as_slice)
    }

    pub fn at_end(&self, node: NodeId) -> &[ElementName] {
        self.at_end.get(&node).map_or(&[], Vec::as_slice)
    }

    pub fn moved_before(&self, node: NodeId) -> &[NodeId] {
        self.moved.get(&node).map_or(&[], Vec::as_slice)
    }

    pub fn moved_to_end(&self, node: NodeId) -> &[NodeId] {
        self.moved_to_end.get(&node).map_or(&[], Vec::as_slice)
    }
}
