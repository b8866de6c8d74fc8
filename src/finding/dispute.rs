//! What somebody holds against a rule or a finding, until it is settled. It
//! changes no verdict: it stands beside whatever is said of that rule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{RuleBook, RuleInfo};

/// Who disputes for the team.
pub const TEAM: &str = "team";

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// The code of the rule.
    pub rule: String,
    /// The fingerprint of the only finding that it is about; about every one
    /// without it.
    pub finding: Option<String>,
    /// Who disputes it: the OIN of a supplier, or [`TEAM`].
    pub by: String,
    /// What is held against it.
    pub note: String,
    /// What that rests on.
    pub source: String,
    /// Since when, as a date.
    pub since: String,
    /// When it was settled, as a date.
    pub settled: Option<String>,
    /// What it came to.
    pub outcome: Option<String>,
}

impl Dispute {
    /// Whether nobody settled it yet.
    pub fn is_open(&self) -> bool {
        self.settled.is_none()
    }

    /// Whether it is about a finding of this rule with this fingerprint.
    pub fn is_about(&self, code: &str, fingerprint: &str) -> bool {
        self.rule == code && self.finding.as_deref().is_none_or(|one| one == fingerprint)
    }

    /// Whether the supplier of this OIN may read it: its own, and the team's.
    pub fn is_for(&self, oin: &str) -> bool {
        self.by == oin || self.by == TEAM
    }

    /// What makes it the same one in another file: who disputes what.
    pub fn subject(&self) -> (&str, &str, Option<&str>) {
        (&self.by, &self.rule, self.finding.as_deref())
    }
}

/// A book of rules, and what is held against them.
#[derive(Clone, Copy)]
pub struct Disputed<'a> {
    /// The rules.
    pub book: &'a dyn RuleBook,
    /// What is held against them.
    pub disputes: &'a [Dispute],
}

impl RuleBook for Disputed<'_> {
    fn rule(&self, code: &str) -> Option<Arc<RuleInfo>> {
        self.book.rule(code)
    }

    fn disputes(&self) -> &[Dispute] {
        self.disputes
    }
}
