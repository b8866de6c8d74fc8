//! What a product is let off by what it declares itself: mandatory scenarios about
//! messages that its target file calls none of its business, and whether the runs
//! bear that out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::imported::{Imported, Outcome};
use crate::event::Event;
use crate::evidence::RunRecord;
use crate::finding::Verdict;
use crate::report::readiness::exempting;
use crate::scenario::{Key, Sector};
use crate::target::{Capability, Declared};

/// A message that the target file calls none of the product's business, in one
/// sector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Exempt {
    /// The operation of the message.
    pub message: String,
    /// The supplier's reason.
    pub reason: String,
}

/// A message that a product sent although its target file says that it does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Untrue {
    /// The operation of the message.
    pub message: String,
    /// The first scenario in which it was sent.
    pub scenario: String,
}

/// For which messages mandatory scenarios are left out in a sector, and how many
/// scenarios are.
pub(super) fn exempt<'o>(
    outcomes: impl Iterator<Item = &'o Outcome>,
    sector: Sector,
) -> (usize, Vec<Exempt>) {
    let mut exempt = BTreeSet::new();
    let mut count = 0;
    for outcome in outcomes.filter(|one| one.mandatory && one.verdict == Verdict::NotApplicable) {
        let of_sector = outcome.exempting.iter().filter_map(|(message, reasons)| {
            let (message, reason) = (message.clone(), reasons.get(sector.name())?.clone());
            Some(Exempt { message, reason })
        });
        exempt.extend(of_sector);
        count += usize::from(!outcome.exempting.is_empty());
    }
    (count, exempt.into_iter().collect())
}

/// The messages for which a scenario was left out, with the reason for each
/// sector.
pub(super) fn exempting_of(
    played: &crate::event::ScenarioJudged,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let lacks = exempting(played).map(|lack| {
        let reasons = lack.sectors.iter();
        let reasons = reasons.filter_map(|(sector, why)| Some((sector.clone(), why.clone()?)));
        (lack.capability.clone(), reasons.collect())
    });
    lacks.collect()
}

/// What the product under test sent although it is declared in no sector to do so.
pub(super) fn untrue(run: &RunRecord, events: &[Event]) -> Vec<Untrue> {
    let messages = run.target.capabilities.get("messages");
    let messages = messages
        .and_then(|all| all.as_object())
        .into_iter()
        .flatten();
    let declared: BTreeMap<&str, Declared> = messages
        .filter_map(|(name, said)| Some((name.as_str(), Declared::deserialize(said).ok()?)))
        .filter(|(_, said)| !is_offered_somewhere(said, run))
        .collect();
    let mut ours: BTreeSet<&str> = BTreeSet::new();
    let mut untrue: BTreeMap<&str, &str> = BTreeMap::new();
    for event in events {
        match event {
            Event::Scenario(about) if about.own => {
                ours.insert(&about.scenario);
            }
            Event::Exchanged(exchanged) => {
                let is_theirs = run.target.roles.contains(&exchanged.from)
                    && !ours.contains(exchanged.scenario.as_str());
                if is_theirs && declared.contains_key(exchanged.name.as_str()) {
                    untrue.entry(&exchanged.name).or_insert(&exchanged.scenario);
                }
            }
            _ => {}
        }
    }
    let untrue = untrue.into_iter().map(|(message, scenario)| Untrue {
        message: message.to_string(),
        scenario: scenario.to_string(),
    });
    untrue.collect()
}

/// Whether a message is offered in a sector: a message does not tell of which
/// sector it is. Where nothing is said of the message itself, its key decides.
fn is_offered_somewhere(said: &Declared, run: &RunRecord) -> bool {
    let keys: Vec<Declared> = Key::ALL
        .iter()
        .filter_map(|key| run.target.capabilities.get(key.name()))
        .filter_map(|said| Declared::deserialize(said).ok())
        .collect();
    Sector::ALL.iter().any(|sector| match said.get(sector) {
        Some(said) => *said == Capability::Yes,
        None => keys
            .iter()
            .any(|key| key.get(sector) == Some(&Capability::Yes)),
    })
}

/// What the runs of the latest version say of what is declared.
pub(super) fn untrue_of(runs: &[&Imported]) -> Vec<Untrue> {
    let version = runs.last().map(|run| &run.version);
    let of_version = runs.iter().filter(|run| Some(&run.version) == version);
    let mut untrue: Vec<Untrue> = Vec::new();
    for one in of_version.flat_map(|run| &run.untrue) {
        if !untrue.iter().any(|known| known.message == one.message) {
            untrue.push(one.clone());
        }
    }
    untrue.sort();
    untrue
}
