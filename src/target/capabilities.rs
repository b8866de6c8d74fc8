//! What a supplier says that its product can do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::{Key, Sector};

/// What is said of one part in one sector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// The product does it.
    Yes,
    /// The product does not do it.
    No,
    /// It is not for the product to do, for this reason.
    NotApplicable(String),
}

/// What is said of one part, for every sector.
pub type Declared = BTreeMap<Sector, Capability>;

/// What is said of every part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// For each row of the readiness report; all of them are there.
    pub keys: BTreeMap<Key, Declared>,
    /// For messages that differ from the row they belong to, by the name of
    /// their operation.
    pub messages: BTreeMap<String, Declared>,
}

impl Capabilities {
    /// What is said of a capability in a sector: a row by its key, or a message
    /// of row `key` by its operation.
    pub fn named(&self, capability: &str, key: Key, sector: Sector) -> Option<&Capability> {
        match Key::parse(capability) {
            Some(row) => self.of(row, None, sector),
            None => self.of(key, Some(capability), sector),
        }
    }

    /// What is said of a message, or a row as a whole, in a sector.
    pub fn of(&self, key: Key, message: Option<&str>, sector: Sector) -> Option<&Capability> {
        let of_message = message.and_then(|message| self.messages.get(message));
        of_message
            .and_then(|declared| declared.get(&sector))
            .or_else(|| self.keys.get(&key)?.get(&sector))
    }
}
