//! The steps of a scenario of which a person can say something, as a form names
//! them (docs/recorded.md).

use serde_json::Value;

use crate::counterpart::trigger::{Action as LasAction, Status};
use crate::scenario::{
    Action, Extract, Given, GivenContent, JsonExpectation, JsonMust, Over, Scenario, Step, Trigger,
    Wanted,
};

/// Such a step.
pub(super) struct Askable<'s> {
    number: Vec<Part>,
    step: &'s Step,
}

/// A part of the number of a step.
#[derive(Clone, Copy)]
enum Part {
    Is(u32),
    /// A turn of steps that are done several times: as often as this, where
    /// that is known beforehand.
    Turn(Option<u32>),
}

impl Askable<'_> {
    /// The steps of a scenario of which a person can say something.
    pub fn of(scenario: &Scenario) -> Vec<Askable<'_>> {
        let mut found = Vec::new();
        collect(scenario, &scenario.steps, &[], &mut found);
        found
    }

    /// Whether it is the step of that number.
    pub fn is(&self, number: &str) -> bool {
        let mut parts = number.split('.');
        let all = self.number.iter().all(|known| {
            let part = parts.next().and_then(|part| part.parse::<u32>().ok());
            part.is_some_and(|part| match known {
                Part::Is(number) => part == *number,
                Part::Turn(most) => part > 0 && most.is_none_or(|most| part <= most),
            })
        });
        all && parts.next().is_none()
    }

    /// Its number; of steps that are done several times, that of the first turn.
    pub fn number(&self) -> String {
        let parts = self.number.iter().map(|part| match part {
            Part::Is(number) => number.to_string(),
            Part::Turn(_) => "1".to_string(),
        });
        parts.collect::<Vec<_>>().join(".")
    }

    /// What the LAS was to do, or somebody else.
    pub fn action(&self) -> &str {
        match &self.step.action {
            Action::Trigger(trigger) => trigger.action.value.name(),
            Action::Act(act) => &act.what.value,
            _ => "",
        }
    }

    /// What the LAS is to show, by path, and the values that are asked for, by
    /// name; `None` where a path is known only when the scenario is played.
    pub fn asked(&self) -> Option<Vec<String>> {
        let Action::Trigger(trigger) = &self.step.action else {
            return Some(Vec::new());
        };
        let paths = trigger.expect.json.iter();
        let paths = paths.map(|json| json.path.as_literal().map(str::to_string));
        let mut asked = paths.collect::<Option<Vec<String>>>()?;
        asked.extend(values_of(trigger));
        Some(asked)
    }
}

impl Askable<'_> {
    /// The names of the data that the action is given.
    pub fn with(&self) -> Vec<&str> {
        let with = match &self.step.action {
            Action::Trigger(trigger) => &trigger.with[..],
            Action::Act(act) => &act.with[..],
            _ => &[],
        };
        with.iter().map(|(name, _)| &**name).collect()
    }

    /// What is wanted at a path, where the script says it without values.
    pub fn wanted(&self, path: &str) -> Option<Wanted> {
        let Action::Trigger(trigger) = &self.step.action else {
            return None;
        };
        let mut all = trigger.expect.json.iter();
        let json = all.find(|json| json.path.as_literal() == Some(path))?;
        Some(match &json.must {
            JsonMust::Equal(given) => Wanted::Equal(match &given.content {
                GivenContent::Bool(truth) => Value::Bool(*truth),
                GivenContent::Number(number) => Value::Number(number.clone()),
                GivenContent::Text(text) => Value::from(text.as_literal()?),
                _ => return None,
            }),
            JsonMust::Match(pattern) => Wanted::Match(pattern.as_literal()?.to_string()),
            JsonMust::Exist(there) => Wanted::Exist(*there),
            JsonMust::Count(count) => Wanted::Count(*count),
        })
    }
}

fn collect<'s>(
    scenario: &Scenario,
    steps: &'s [Step],
    before: &[Part],
    found: &mut Vec<Askable<'s>>,
) {
    for (number, step) in (1..).zip(steps) {
        let here = [before, &[Part::Is(number)]].concat();
        match &step.action {
            Action::Include(include) => collect(scenario, &include.steps, &here, found),
            Action::Parallel(branches) => {
                for (branch, steps) in (1..).zip(branches) {
                    let here = [&*here, &[Part::Is(branch)]].concat();
                    collect(scenario, steps, &here, found);
                }
            }
            Action::Repeat(repeat) => {
                let turns = match repeat.over {
                    Over::Times(times) => Some(times),
                    Over::Pupils => Some(scenario.pupils),
                    Over::Items(_) => None,
                };
                let here = [&*here, &[Part::Turn(turns)]].concat();
                collect(scenario, &repeat.steps, &here, found);
            }
            Action::Trigger(trigger) if !is_asked(trigger) => {}
            Action::Trigger(_) | Action::Act(_) => found.push(Askable { number: here, step }),
            _ => {}
        }
    }
}

/// Whether how an action ended shows in anything beside what the LAS sends.
pub(super) fn is_asked(trigger: &Trigger) -> bool {
    is_about_outcome(trigger) || !trigger.expect.is_nothing() || !trigger.capture.is_empty()
}

/// Whether it matters how an action ended. Of a LAS that was started again no
/// message shows it.
pub(super) fn is_about_outcome(trigger: &Trigger) -> bool {
    trigger.expect_status != Status::Done || trigger.action.value == LasAction::Herstart
}

/// Whether the other party approves what an action delivers, as far as the
/// script says what comes of it.
pub(super) fn is_approved(trigger: &Trigger) -> bool {
    let is_refused = |json: &JsonExpectation| {
        let refused = |given: &Given| given.content == GivenContent::Bool(false);
        json.path.as_literal() == Some(REGISTERED)
            && matches!(&json.must, JsonMust::Equal(given) if refused(given))
    };
    !is_about_outcome(trigger) && !trigger.expect.json.iter().any(is_refused)
}

/// Where a LAS shows that what it delivered is registered (docs/trigger.md).
const REGISTERED: &str = "$.geregistreerd";

/// The names in the LAS of the values that a step takes from what it shows.
pub(super) fn values_of(trigger: &Trigger) -> Vec<String> {
    let captures = trigger.capture.iter();
    let paths = captures.filter_map(|capture| match &capture.from {
        Extract::JsonPath(path) => Some(path.to_string()),
        _ => None,
    });
    paths
        .map(|path| path.strip_prefix("$.").unwrap_or(&path).to_string())
        .collect()
}
