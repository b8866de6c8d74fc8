//! The order in which a person who must click plays scenarios with the fewest
//! actions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::data::Given;
use super::model::Scenario;
use super::step::{Action, Capture, Content, LasAction, Over, Step};
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
    /// With which data.
    pub with: Vec<(String, Datum)>,
}

/// A value that an action is done with.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// It is known beforehand.
    Known(Value),
    /// A step before it must bring it first.
    FromStep {
        /// The value.
        name: String,
        /// Where the step stands: `3.2`.
        step: String,
        /// What the step is about: an action, or a message.
        what: String,
    },
    /// The run says it: an address, who takes part.
    OfRun(String),
}

impl Work {
    /// What `scenario` asks of a person, as a run with `seed` at the moment of
    /// `clock` would.
    pub fn of(scenario: &Arc<Scenario>, seed: &str, clock: &RunningClock) -> Self {
        let seed = format!("{seed}/{}", scenario.id);
        let mut walk = Walk {
            values: Values::new(clock.clone(), &seed),
            later: BTreeMap::new(),
            tasks: Vec::new(),
        };
        for (name, given) in &scenario.data {
            match walk.datum(given) {
                Datum::Known(value) => walk.values.set(name, value),
                later => drop(walk.later.insert(name.to_string(), later)),
            }
        }
        walk.steps(&scenario.steps, "");
        Self {
            scenario: Arc::clone(scenario),
            tasks: walk.tasks,
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
        PUPIL.iter().find_map(|name| {
            let named = self.with.iter().find(|(with, _)| with == name);
            match &named?.1 {
                Datum::Known(value) => value.as_str(),
                _ => None,
            }
        })
    }
}

/// The steps of a scenario, gone through without playing them.
struct Walk {
    values: Values,
    /// What is not known yet, by the name that the script gives it.
    later: BTreeMap<String, Datum>,
    tasks: Vec<Task>,
}

impl Walk {
    fn datum(&mut self, given: &Given) -> Datum {
        match self.values.resolve(given) {
            Ok(value) => Datum::Known(value),
            Err(error) => {
                let root = error.name.split('.').next().unwrap_or_default();
                let later = self.later.get(&error.name).or(self.later.get(root));
                later.cloned().unwrap_or(Datum::OfRun(error.name))
            }
        }
    }

    fn steps(&mut self, steps: &[Step], prefix: &str) {
        for (index, step) in steps.iter().enumerate() {
            let number = format!("{prefix}{}", index + 1);
            match &step.action {
                Action::Trigger(trigger) => {
                    let with = trigger.with.iter();
                    let with = with.map(|(name, given)| (name.to_string(), self.datum(given)));
                    let task = Task {
                        action: trigger.action.value,
                        with: with.collect(),
                    };
                    self.tasks.push(task);
                    let what = trigger.action.value.name();
                    self.captured(&trigger.capture, &number, what);
                }
                Action::Send(send) => {
                    let what = match &send.message.content {
                        Content::Message(name) => &name.value,
                        _ => step.action.name(),
                    };
                    self.captured(&send.capture, &number, what);
                }
                Action::Receive(receive) => {
                    let message = receive.message.as_ref();
                    let what = message.map_or(step.action.name(), |name| &name.value);
                    self.captured(&receive.capture, &number, what);
                }
                Action::Capture(captures) => {
                    self.captured(captures, &number, step.action.name());
                }
                Action::Repeat(repeat) => {
                    let items = match &repeat.over {
                        Over::Times(times) => (1..=*times).map(Value::from).collect(),
                        Over::Items(given) => match self.datum(given) {
                            Datum::Known(Value::Array(items)) => items,
                            _ => Vec::new(),
                        },
                        Over::Pupils => Vec::new(),
                    };
                    for (turn, item) in items.into_iter().enumerate() {
                        let named = repeat.name.as_ref().map(|name| (name.to_string(), item));
                        let prefix = format!("{number}.{}.", turn + 1);
                        self.within(named, &repeat.steps, &prefix);
                    }
                }
                Action::Parallel(branches) => {
                    for (branch, steps) in branches.iter().enumerate() {
                        self.steps(steps, &format!("{number}.{}.", branch + 1));
                    }
                }
                Action::Include(include) => {
                    let mut known = Vec::new();
                    for (name, given) in &include.with {
                        match self.datum(given) {
                            Datum::Known(value) => known.push((name.to_string(), value)),
                            later => drop(self.later.insert(name.to_string(), later)),
                        }
                    }
                    self.within(known, &include.steps, &format!("{number}."));
                }
                Action::Act(_)
                | Action::Advance(_)
                | Action::Wait(_)
                | Action::Note(_)
                | Action::Probe(_) => {}
            }
        }
    }

    /// Goes through steps that can name these values as well.
    fn within(
        &mut self,
        values: impl IntoIterator<Item = (String, Value)>,
        steps: &[Step],
        prefix: &str,
    ) {
        self.values.enter(values);
        self.steps(steps, prefix);
        self.values.leave();
    }

    fn captured(&mut self, captures: &[Capture], step: &str, what: &str) {
        for capture in captures {
            let later = Datum::FromStep {
                name: capture.name.to_string(),
                step: step.to_string(),
                what: what.to_string(),
            };
            self.later.insert(capture.name.to_string(), later);
        }
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
    fn what_an_earlier_step_must_bring_names_that_step() {
        let yaml = "id: proef\ntitle: { nl: Proef, en: Trial }\nkey: koppeling-verzuim\n\
            mandatory: false\nsubject: las\nrequirements: [EK-WS003]\ngrade: knowledge\n\
            source: a test\ndata: { url: \"${las.url}\", bsn: \"999987112\" }\nsteps:\n\
            \x20 - trigger:\n      party: las\n      action: meld-verzuim\n\
            \x20     with: { burgerservicenummer: \"${bsn}\", verzuimsoort: V3 }\n\
            \x20     capture: { nummer: $.meldingsnummer }\n\
            \x20 - repeat:\n      times: 2\n      steps:\n\
            \x20       - trigger: { party: las, action: trek-verzuim-in, with: { meldingsnummer: \"${nummer}\" } }\n\
            \x20 - trigger: { party: las, action: registreer-endpoint, with: { url: \"${url}\" } }\n";
        struct One(&'static str);
        impl crate::scenario::Sources for One {
            fn read(&self, _: &str) -> Result<Vec<u8>, crate::scenario::SourceError> {
                Ok(self.0.as_bytes().to_vec())
            }
            fn beside(&self, _: &str, _: &str) -> Option<String> {
                None
            }
        }
        let library = Library::of(["proef.yaml"], &One(yaml));
        assert!(library.mistakes.is_empty(), "{:?}", library.mistakes);
        let work = Work::of(&library.scenarios[0], "proef", &RunningClock::system());
        let from_first = Datum::FromStep {
            name: "nummer".to_string(),
            step: "1".to_string(),
            what: "meld-verzuim".to_string(),
        };
        let with: Vec<Datum> = work
            .tasks
            .iter()
            .flat_map(|task| task.with.iter().map(|(_, datum)| datum.clone()))
            .collect();
        assert_eq!(
            with,
            [
                Datum::Known("999987112".into()),
                Datum::Known("V3".into()),
                from_first.clone(),
                from_first,
                Datum::OfRun("las.url".to_string()),
            ]
        );
        let nothing = |datum: &Datum| *datum == Datum::Known(Value::Null);
        for work in shipped() {
            // Only what a script says in so many words is nothing.
            let given: Vec<&str> = (work.tasks.iter())
                .flat_map(|task| task.with.iter().filter(|(_, datum)| nothing(datum)))
                .map(|(name, _)| name.as_str())
                .collect();
            assert!(
                given.iter().all(|name| *name == "datumUitschrijving"),
                "{}: {given:?}",
                work.scenario.id
            );
        }
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
