//! Whose script a scenario of a run is. Only the scripts that ship with
//! ketenkeur say something of a key or of a requirement: what one of somebody
//! else's own demands, nobody but its author knows.

use serde::{Deserialize, Serialize};

use super::library::Library;
use crate::event::ScenarioInfo;

/// Whose script a scenario of a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptKind {
    /// That of ketenkeur: its hash, which covers what it includes and sends, is
    /// that of the shipped one.
    Shipped,
    /// Somebody's own, also when it goes by the id of a shipped one: it counts
    /// for no key and proves nothing.
    Own,
    /// The run is of another version of ketenkeur, whose scripts this one does
    /// not know.
    #[default]
    NotCompared,
}

impl ScriptKind {
    /// The script of a scenario in a run of that version of ketenkeur.
    pub fn of(tool: &str, about: &ScenarioInfo) -> Self {
        if tool != env!("CARGO_PKG_VERSION") {
            return Self::NotCompared;
        }
        match is_shipped(&about.scenario, &about.hash) {
            Some(true) => Self::Shipped,
            Some(false) | None => Self::Own,
        }
    }

    /// Whether what came of the scenario of that id says something of a
    /// requirement: what a shipped script proves, it says itself and not the run.
    pub fn is_about(self, id: &str, requirement: &str) -> bool {
        let shipped = Library::shipped().scenario(id);
        let proofs = shipped.map_or(&[][..], |shipped| &shipped.requirements);
        match self {
            Self::Shipped => proofs.iter().any(|proof| *proof.id == *requirement),
            Self::Own => false,
            Self::NotCompared => true,
        }
    }

    /// Whether what came of it counts.
    pub fn counts(self) -> bool {
        self != Self::Own
    }
}

/// Whether that is the hash of the shipped script of that id; `None` where none
/// ships under it.
pub fn is_shipped(id: &str, hash: &str) -> Option<bool> {
    let shipped = Library::shipped().scenario(id)?;
    Some(*shipped.hash == *hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_known_by_its_hash_and_only_to_its_own_version() {
        let ours = env!("CARGO_PKG_VERSION");
        let shipped = &Library::shipped().scenarios[0];
        for (tool, id, hash, kind) in [
            (ours, &*shipped.id, &*shipped.hash, ScriptKind::Shipped),
            (ours, &*shipped.id, "0", ScriptKind::Own),
            (ours, &*shipped.id, "", ScriptKind::Own),
            (ours, "van-een-ander", &*shipped.hash, ScriptKind::Own),
            (
                "0.0.1",
                &*shipped.id,
                &*shipped.hash,
                ScriptKind::NotCompared,
            ),
            ("0.0.1", "van-een-ander", "0", ScriptKind::NotCompared),
        ] {
            let about = ScenarioInfo {
                scenario: id.to_string(),
                title_nl: String::new(),
                title_en: String::new(),
                key: shipped.key.name().to_string(),
                mandatory: true,
                subject: "las".to_string(),
                own: false,
                recorded: false,
                no_target: false,
                defect: None,
                sectors: Vec::new(),
                requirements: Vec::new(),
                hash: hash.to_string(),
            };
            assert_eq!(ScriptKind::of(tool, &about), kind, "{tool} {id} {hash}");
        }
    }
}
