//! What a run judges with.

use std::sync::Arc;

use super::deviations::Deviations;
use super::rules::RulesOfPacks;
use crate::batch::{BatchRules, Extractor};
use crate::facts::Facts;
use crate::finding::{Class, Redaction};
use crate::pack::Store;

/// How a check judges.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Whether personal data may be shown.
    pub redaction: Redaction,
    /// Count only what rests on published facts.
    pub strict_provenance: bool,
    /// Class from which a finding fails a message.
    pub fail_on: Class,
    /// What a JSON message is, said by the user.
    pub named: Option<String>,
    /// Judge the messages together as well.
    pub batch: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            redaction: Redaction::Mask,
            strict_provenance: false,
            fail_on: Class::Foutmelding,
            named: None,
            batch: true,
        }
    }
}

/// What all threads of a run judge with.
pub struct Bench {
    /// The packs in force.
    pub store: Store,
    /// What is known outside the messages.
    pub facts: Facts,
    /// How to judge.
    pub options: CheckOptions,
    /// What somebody answers for.
    pub deviations: Deviations,
    /// Which parts of messages the rules over the batch look at.
    pub extractor: Arc<Extractor>,
    /// The rules over the batch.
    pub batch_rules: BatchRules,
    /// The rule sets of the packs, read on first use.
    pub rules: RulesOfPacks,
}
