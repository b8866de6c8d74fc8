//! The rule sets that a pack judges with.

use super::store::Pack;
use crate::event::PackKind;
use crate::finding::Grade;
use crate::rules::{Origin, RuleSet, RuleSetError};

/// Why a rule set of a pack cannot be used: the pack is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleSetUnusable {
    /// The manifest names a file that the pack does not have.
    #[error("{file}: not in the pack")]
    Missing {
        /// The file, as a path within the pack.
        file: String,
    },
    /// The file is no rule set.
    #[error(transparent)]
    Broken(#[from] RuleSetError),
}

impl Pack {
    /// The rule sets for messages of this pack, each by itself; an official
    /// pack has those of the reconstruction whose place it took.
    pub fn rule_sets(&self) -> impl Iterator<Item = Result<RuleSet, RuleSetUnusable>> {
        let home = self.rules_home();
        let grade = match home.manifest.kind {
            PackKind::Official => Grade::Published,
            PackKind::Reconstruction | PackKind::Foreign => Grade::Reconstructed,
        };
        home.manifest.rules.iter().map(move |file| {
            let file = home.resolve(file);
            let origin = Origin {
                file: file.as_str().into(),
                contract: Some(self.manifest.contract.clone()),
                grade,
                source: home.manifest.contract.clone().into(),
                phase: None,
            };
            let Some(bytes) = home.files().get(&file) else {
                return Err(RuleSetUnusable::Missing { file });
            };
            let include = |name: &str| home.files().get(name).map(<[u8]>::to_vec);
            Ok(RuleSet::read(bytes, &origin, &include)?)
        })
    }
}
