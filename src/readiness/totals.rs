//! How far all products are: each counts once for a key.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::matrix::Row;
use super::team::Followed;
use crate::report::readiness::State;
use crate::scenario::Key;

/// How far all products are with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// The key.
    pub key: &'static str,
    /// For each state, over all sectors: products whose weakest sector is in
    /// it, and their schools.
    pub states: Vec<(State, Share)>,
}

/// How much of the field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Products.
    pub products: u64,
    /// Those of them that are in it because somebody answers for a scenario.
    pub waived: u64,
    /// Schools with those products, as far as they are known.
    pub schools: u64,
    /// Pupils of those schools, as far as they are known.
    pub pupils: u64,
}

/// The counts of every key.
pub(super) fn totals(rows: &[Row]) -> Vec<Total> {
    Key::ALL.iter().map(|key| total(*key, rows)).collect()
}

/// A product counts once for a key: in the state of its weakest sector among
/// those that it is offered for.
fn total(key: Key, rows: &[Row]) -> Total {
    let mut shares: BTreeMap<State, Share> = BTreeMap::new();
    for row in rows {
        let cells = || row.cells.iter().filter(|cell| cell.key == key.name());
        let states: BTreeSet<State> = cells().map(|cell| cell.state).collect();
        let offered = states.iter().rev().find(|state| state.counts());
        let Some(state) = offered.or_else(|| states.first()) else {
            continue;
        };
        let is_waived = cells().any(|cell| cell.state == *state && cell.waived > 0);
        let share = shares.entry(*state).or_default();
        let known = |count: fn(&Followed) -> Option<u64>| {
            row.followed.as_ref().and_then(count).unwrap_or(0)
        };
        share.products += 1;
        share.waived += u64::from(is_waived);
        share.schools += known(|one| one.schools);
        share.pupils += known(|one| one.pupils);
    }
    Total {
        key: key.name(),
        states: State::ALL
            .into_iter()
            .filter_map(|state| Some((state, *shares.get(&state)?)))
            .collect(),
    }
}
