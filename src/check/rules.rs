//! The rule sets of the packs, read once and shared by the threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::finding::{RuleBook, RuleInfo};
use crate::pack::Pack;
use crate::rules::RuleSet;
use crate::text::BuiltinRules;

/// The rule sets of one pack.
#[derive(Debug, Default)]
pub struct PackRules {
    sets: Vec<Arc<RuleSet>>,
    /// Why a rule set cannot be used, one entry per set.
    refused: Vec<String>,
    infos: HashMap<Arc<str>, Arc<RuleInfo>>,
}

impl PackRules {
    /// Reads the rule sets that a pack names; an official pack has those of the
    /// reconstruction whose place it took.
    pub fn read(pack: &Pack) -> Self {
        let mut rules = Self::default();
        for set in pack.rule_sets() {
            match set {
                Ok(set) => {
                    for info in set.infos() {
                        rules.infos.insert(info.code.clone(), Arc::clone(info));
                    }
                    rules.sets.push(Arc::new(set));
                }
                Err(error) => rules.refused.push(error.to_string()),
            }
        }
        rules
    }

    /// The usable rule sets.
    pub fn sets(&self) -> &[Arc<RuleSet>] {
        &self.sets
    }

    /// Why rule sets cannot be used.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// What is known of a rule.
    pub fn rule(&self, code: &str) -> Option<&Arc<RuleInfo>> {
        self.infos.get(code)
    }

    /// All rules, by code.
    pub fn infos(&self) -> impl Iterator<Item = &Arc<RuleInfo>> {
        self.infos.values()
    }
}

/// The rule sets of all packs, each read when the first message of its
/// contract comes.
#[derive(Debug, Default)]
pub struct RulesOfPacks {
    read: Mutex<HashMap<Arc<str>, Arc<PackRules>>>,
}

impl RulesOfPacks {
    /// The rule sets of a pack.
    pub fn of(&self, pack: &Pack) -> Arc<PackRules> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = read
            .entry(pack.manifest.contract.clone())
            .or_insert_with(|| Arc::new(PackRules::read(pack)));
        Arc::clone(rules)
    }
}

impl RuleBook for RulesOfPacks {
    /// Looks among the tool's own rules first, then among those of the packs
    /// read so far: only those can have made findings.
    fn rule(&self, code: &str) -> Option<Arc<RuleInfo>> {
        BuiltinRules.rule(code).or_else(|| {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.values().find_map(|rules| rules.rule(code).cloned())
        })
    }
}
