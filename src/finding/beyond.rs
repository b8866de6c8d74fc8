//! Findings that there was no room for.

use super::{Class, Finding, Grade, Kind};

/// Findings that are counted only. What they do to a verdict is kept: there
/// are few kinds of them, however many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beyond {
    count: u64,
    kinds: Vec<(Kind, Class, Grade)>,
}

impl Beyond {
    /// Counts a finding.
    pub fn add(&mut self, finding: &Finding) {
        self.add_kind(finding.kind, finding.class, finding.grade, 1);
    }

    /// Counts findings of one kind.
    pub fn add_kind(&mut self, kind: Kind, class: Class, grade: Grade, count: u64) {
        if count == 0 {
            return;
        }
        self.count += count;
        let kind = (kind, class, grade);
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Takes over what another counted.
    pub fn absorb(&mut self, other: &Beyond) {
        self.count += other.count;
        for kind in &other.kinds {
            if !self.kinds.contains(kind) {
                self.kinds.push(*kind);
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The different kinds, classes and grades among them.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, Class, Grade)> {
        self.kinds.iter().copied()
    }
}
