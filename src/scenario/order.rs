//! The order in which a person who must click plays scenarios with the fewest
//! actions.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::data::Given;
use super::model::Scenario;
use super::step::{Action, LasAction};
use super::values::Values;
use crate::clock::RunningClock;

/// Under which names an action says which pupil it is about.
const PUPIL: [&str; 3] = ["leerling", "burgerservicenummer", "onderwijsnummer"];

/// What a person does in the LAS for one scenario.
#[derive(Debug, Clone)]
pub struct Work {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What is done, one after the other.
    pub tasks: Vec<Task>,
}

/// One action.
#[derive(Debug, Clone)]
pub struct Task {
    /// The action.
    pub action: LasAction,
    /// With which data. What a step before it must bring first is `null`.
    pub with: Map<String, Value>,
}

impl Work {
    /// What `scenario` asks of a person, as a run with `seed` at the moment of
    /// `clock` would.
    pub fn of(scenario: &Arc<Scenario>, seed: &str, clock: &RunningClock) -> Self {
        let seed = format!("{seed}/{}", scenario.id);
        let mut values = Values::new(clock.clone(), &seed);
        // What cannot be made is told when the scenario is played.
        let _ = values.define(&scenario.data);
        let mut value = |given: &Given| values.resolve(given).unwrap_or(Value::Null);
        let steps = scenario.all_steps();
        let triggers = steps.iter().filter_map(|step| match &step.action {
            Action::Trigger(trigger) => Some(trigger),
            _ => None,
        });
        let tasks = triggers.map(|trigger| Task {
            action: trigger.action.value,
            with: trigger
                .with
                .iter()
                .map(|(name, given)| (name.to_string(), value(given)))
                .collect(),
        });
        Self {
            scenario: Arc::clone(scenario),
            tasks: tasks.collect(),
        }
    }

    /// The screens that it is done in: an action with its pupil.
    fn screens(&self) -> BTreeSet<(&'static str, Option<&str>)> {
        self.tasks
            .iter()
            .map(|task| (task.action.name(), task.pupil()))
            .collect()
    }

    /// How much of it was not at hand in the work before: screens, and pupils
    /// and actions that are new altogether.
    fn new_after(&self, before: &Work) -> usize {
        let (screens, open) = (self.screens(), before.screens());
        let actions = |of: &BTreeSet<(&'static str, Option<&str>)>| -> BTreeSet<&'static str> {
            of.iter().map(|(action, _)| *action).collect()
        };
        let pupils = |work: &Work| -> BTreeSet<String> {
            let named = work.tasks.iter().filter_map(Task::pupil);
            named.map(str::to_string).collect()
        };
        screens.difference(&open).count()
            + actions(&screens).difference(&actions(&open)).count()
            + pupils(self).difference(&pupils(before)).count()
    }
}

impl Task {
    /// The pupil that it is about.
    pub fn pupil(&self) -> Option<&str> {
        PUPIL
            .iter()
            .find_map(|name| self.with.get(*name).and_then(Value::as_str))
    }
}

/// How often something has to be opened anew, in this order.
pub fn changes(works: &[Work]) -> usize {
    let pairs = works.windows(2);
    pairs.map(|pair| pair[1].new_after(&pair[0])).sum()
}

/// Puts work in an order in which each shares as much as can be with the one
/// before it. Where several share as much, the first of them comes first.
pub fn order(mut works: Vec<Work>) -> Vec<Work> {
    let mut ordered: Vec<Work> = Vec::with_capacity(works.len());
    while !works.is_empty() {
        let next = match ordered.last() {
            None => 0,
            Some(last) => {
                let costs = works.iter().map(|work| work.new_after(last));
                let least = costs.enumerate().min_by_key(|(_, cost)| *cost);
                least.map_or(0, |(index, _)| index)
            }
        };
        ordered.push(works.remove(next));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Library;

    fn shipped() -> Vec<Work> {
        let clock = RunningClock::standing_at("2026-08-03T09:00:00Z".parse().unwrap());
        let scenarios = Library::shipped().scenarios.iter();
        scenarios
            .map(|scenario| Work::of(scenario, "proef", &clock))
            .filter(|work| !work.tasks.is_empty())
            .collect()
    }

    #[test]
    fn the_order_has_every_scenario_once_and_asks_for_less() {
        let works = shipped();
        let before = changes(&works);
        let ids = |works: &[Work]| -> BTreeSet<Arc<str>> {
            let ids = works.iter().map(|work| Arc::clone(&work.scenario.id));
            ids.collect()
        };
        let all = ids(&works);
        let count = works.len();
        let ordered = order(works);
        assert_eq!((ordered.len(), ids(&ordered)), (count, all));
        let after = changes(&ordered);
        assert!(3 * after < 2 * before, "{after} of {before}");
    }

    #[test]
    fn what_shares_pupil_and_action_stands_together() {
        let works = shipped();
        let of = |id: &str| {
            let found = works.iter().find(|work| &*work.scenario.id == id);
            found.unwrap().clone()
        };
        let enrols = of("po-inwinnen-las-inschrijven");
        let also = of("koppeling-bron-las-verzoek");
        let other = of("osr-m2m-las-endpoint");
        assert_eq!(enrols.tasks[0].pupil(), Some("999987112"));
        assert_eq!(also.new_after(&enrols), 0);
        let ids: Vec<_> = order(vec![enrols, other, also])
            .iter()
            .map(|work| work.scenario.id.to_string())
            .collect();
        assert_eq!(
            ids,
            [
                "po-inwinnen-las-inschrijven",
                "koppeling-bron-las-verzoek",
                "osr-m2m-las-endpoint"
            ]
        );
    }
}
