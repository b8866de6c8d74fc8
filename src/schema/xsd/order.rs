//! Children in the wrong order: which one has to move?

use std::sync::Arc;

use super::diagnose::{Doctor, MAX_TRIED};
use super::repair::{ElementName, Repairs};
use crate::document::NodeId;

/// One child that stands out of order, and the repair that moves it.
pub(super) struct OutOfOrder {
    pub moved: NodeId,
    /// What belongs where it stands; `None` for what the schema expects there.
    pub here: Option<Arc<str>>,
    pub repairs: Repairs,
}

impl Doctor<'_> {
    /// The single move that makes all children of a parent fit, where `node`
    /// is the first that does not.
    pub(super) fn out_of_order(
        &self,
        node: NodeId,
        expected: &[ElementName],
    ) -> Option<OutOfOrder> {
        self.later_one_first(node, expected)
            .or_else(|| self.moved_later(node, node, None))
            .or_else(|| {
                let before = self.element_before(node)?;
                let here = self.document.local_name(node).into();
                self.moved_later(before, node, Some(here))
            })
    }

    /// What is expected at `node` stands further on.
    fn later_one_first(&self, node: NodeId, expected: &[ElementName]) -> Option<OutOfOrder> {
        let wanted = self.elements_after(node).filter(|&later| {
            let name = self.document.name(later);
            expected
                .iter()
                .any(|wanted| *wanted.local == *name.local && *wanted.namespace == *name.namespace)
        });
        let mut wanted = wanted.take(MAX_TRIED);
        wanted.find_map(|later| {
            let repairs = self.cured(self.parent(node), |repairs| {
                repairs.move_before(node, later);
            })?;
            Some(OutOfOrder {
                moved: later,
                here: Some(self.document.local_name(node).into()),
                repairs,
            })
        })
    }

    /// `moved` belongs further on, after `from` at least.
    fn moved_later(
        &self,
        moved: NodeId,
        from: NodeId,
        here: Option<Arc<str>>,
    ) -> Option<OutOfOrder> {
        let parent = self.parent(moved);
        let repairs = self
            .elements_after(from)
            .take(MAX_TRIED)
            .find_map(|later| self.cured(parent, |repairs| repairs.move_before(later, moved)))
            .or_else(|| self.cured(parent, |repairs| repairs.move_to_end(parent, moved)))?;
        Some(OutOfOrder {
            moved,
            here,
            repairs,
        })
    }

    /// The siblings after `node` that count, in order.
    fn elements_after(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.document.next_sibling(node), |&sibling| {
            self.document.next_sibling(sibling)
        })
        .filter(|&sibling| {
            self.document.is_element(sibling) && !self.repairs.skip.contains(&sibling)
        })
    }

    fn element_before(&self, node: NodeId) -> Option<NodeId> {
        self.elements_before(node).next()
    }

    /// The siblings before `node` that count, the nearest first.
    pub(super) fn elements_before(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.document.prev_sibling(node), |&sibling| {
            self.document.prev_sibling(sibling)
        })
        .filter(|&sibling| {
            self.document.is_element(sibling) && !self.repairs.skip.contains(&sibling)
        })
    }
}
