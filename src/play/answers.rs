//! The answers on a form about recorded traffic, read and held against what is
//! asked (docs/recorded.md).

use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::askable::Askable;
use super::questions::{Asked, Said};
use crate::counterpart::trigger::Status;
use crate::document::{Fields, Mistake, Mistakes, Spot, Yaml, nearest};
use crate::event::SaidBy;
use crate::finding::{MessageValue, Redaction};
use crate::scenario::{Scenario, Wanted};

/// What stands on a form about a step.
pub(super) struct Answer {
    scenario: Name,
    step: Name,
    action: Name,
    outcome: Option<Status>,
    /// The data with which it was done.
    with: Vec<(Name, Value)>,
    shows: Vec<Shows>,
    values: Map<String, Value>,
    /// The paths and the names of the values.
    asked: Vec<Name>,
}

/// What stands on a form about something that the LAS is to show.
struct Shows {
    path: String,
    wanted: Value,
    /// Where that stands.
    spot: Spot,
    shown: Option<bool>,
}

/// What on a form is about something else than the scenario asks, so that the
/// answer does not count.
#[derive(Debug)]
pub(super) struct Other {
    /// Why, as a key of the texts (`reason.<key>`).
    pub reason: &'static str,
    /// The field that differs, or the path.
    pub name: String,
    /// What the scenario has there.
    pub expected: Value,
    /// What the form has.
    pub found: Value,
    /// The line of the form.
    pub line: u32,
}

/// A name on a form, and where it stands.
struct Name {
    text: String,
    spot: Spot,
}

const OUTCOMES: [(&str, Status); 3] = [
    ("done", Status::Done),
    ("refused", Status::Refused),
    ("failed", Status::Failed),
];

const SHOWN: [(&str, bool); 4] = [("yes", true), ("ja", true), ("no", false), ("nee", false)];

/// Who filled in a form, and when, with the place of that: both are needed where
/// something was.
pub(super) fn said_by(
    fields: &mut Fields<'_>,
    is_answered: bool,
    masked: bool,
    mistakes: &mut Mistakes,
) -> Option<(SaidBy, (Date, Spot))> {
    let mut field = |name| match is_answered {
        true => fields.required(name, mistakes),
        false => fields.optional(name),
    };
    let (by, on) = (field("by"), field("on"));
    let (said, on) = (by?, on?);
    let by = said.text(mistakes)?;
    if by.trim().is_empty() {
        mistakes.push(Mistake::new(said.spot, "missing").with("name", "by"));
        return None;
    }
    let written = on.text(mistakes)?;
    let Ok(date) = written.parse::<Date>() else {
        mistakes.push(Mistake::new(on.spot, "not-a-date").with("found", written));
        return None;
    };
    let redaction = match masked {
        true => Redaction::Mask,
        false => Redaction::Show,
    };
    let said_by = SaidBy {
        by: MessageValue::plain(by).shown(redaction),
        on: written.to_string(),
    };
    Some((said_by, (date, on.spot)))
}

/// Answers about a step that was answered before: which of them counts, nobody
/// can tell.
pub(super) fn twins(answers: &[Answer]) -> impl Iterator<Item = Mistake> {
    let before = |number: usize, one: &Answer| {
        let mut before = answers[..number].iter();
        before.any(|other| {
            (&other.scenario.text, &other.step.text) == (&one.scenario.text, &one.step.text)
        })
    };
    let twins = answers.iter().enumerate();
    let twins = twins.filter(move |(number, one)| before(*number, one));
    twins.map(|(_, one)| {
        let mistake = Mistake::new(one.scenario.spot, "answered-twice");
        let mistake = mistake.with("name", &*one.step.text);
        mistake.with("scenario", &*one.scenario.text)
    })
}

impl Answer {
    pub fn is_about(&self, asked: &Asked) -> bool {
        *self.scenario.text == *asked.scenario
            && self.step.text == asked.step
            && self.action.text == asked.action
    }

    pub fn is_something(&self) -> bool {
        let shown = self.shows.iter().any(|one| one.shown.is_some());
        self.outcome.is_some() || shown || !self.values.is_empty()
    }

    pub fn said(&self, asked: &Asked) -> Said {
        let of_path = |(path, wanted): &(String, Wanted)| {
            let wanted = written(wanted);
            let mut shows = self.shows.iter();
            let one = shows.find(|one| one.path == *path && one.wanted == wanted);
            one.and_then(|one| one.shown)
        };
        Said {
            outcome: self.outcome,
            shows: asked.shows.iter().map(of_path).collect(),
            values: self.values.clone(),
        }
    }

    /// What it answers about something else than was asked.
    pub fn other(&self, asked: &Asked) -> Option<Other> {
        if !self.is_something() {
            return None;
        }
        let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_string);
        let mut with = self.with.iter();
        let with = with.find_map(|(name, found)| {
            let expected = asked.with.get(&name.text)?;
            (text(expected) != text(found)).then(|| Other {
                reason: "recording-other-with",
                name: name.text.clone(),
                expected: expected.clone(),
                found: found.clone(),
                line: name.spot.line,
            })
        });
        let mut shows = self.shows.iter().filter(|one| one.shown.is_some());
        let shows = shows.find_map(|one| {
            let at_path = || asked.shows.iter().filter(|(path, _)| *path == one.path);
            let expected = written(&at_path().next()?.1);
            let is_asked = at_path().any(|(_, wanted)| written(wanted) == one.wanted);
            (!is_asked).then(|| Other {
                reason: "recording-other-wanted",
                name: one.path.clone(),
                expected,
                found: one.wanted.clone(),
                line: one.spot.line,
            })
        });
        with.or(shows)
    }

    pub fn strangers(&self, scenarios: &[Arc<Scenario>]) -> Mistakes {
        let mut known = scenarios.iter();
        let Some(scenario) = known.find(|one| *one.id == *self.scenario.text) else {
            let ids = scenarios.iter().map(|one| &*one.id);
            return vec![self.scenario.unknown("no-scenario", ids)];
        };
        let askable = Askable::of(scenario);
        let Some(step) = askable.iter().find(|step| step.is(&self.step.text)) else {
            let numbers: Vec<String> = askable.iter().map(Askable::number).collect();
            let numbers = numbers.iter().map(String::as_str);
            let mistake = self.step.unknown("no-step", numbers.clone());
            let mistake = mistake.with("scenario", &*scenario.id);
            return vec![mistake.with("known", numbers.collect::<Vec<_>>().join(", "))];
        };
        let of_step = |mistake: Mistake| {
            let mistake = mistake.with("scenario", &*scenario.id);
            mistake.with("step", &*self.step.text)
        };
        if step.action() != self.action.text {
            let mistake = Mistake::new(self.action.spot, "no-action");
            let mistake = mistake.with("name", &*self.action.text);
            return vec![of_step(mistake).with("known", step.action())];
        }
        let Some(asked) = step.asked() else {
            return Vec::new();
        };
        let strangers = self.asked.iter().filter(|name| !asked.contains(&name.text));
        let told = strangers.map(|name| {
            let mistake = name.unknown("no-question", asked.iter().map(String::as_str));
            of_step(mistake).with("known", asked.join(", "))
        });
        let known = step.with();
        let with = self.with.iter().map(|(name, _)| name);
        let with = with.filter(|name| !known.contains(&&*name.text));
        let with = with.map(|name| {
            let mistake = name.unknown("no-with", known.iter().copied());
            of_step(mistake).with("known", known.join(", "))
        });
        let wanted = self.shows.iter().filter_map(|one| {
            let wanted = written(&step.wanted(&one.path)?);
            (wanted != one.wanted).then(|| {
                let mistake = Mistake::new(one.spot, "other-wanted");
                let mistake = mistake.with("path", &*one.path);
                let mistake = mistake.with("name", one.wanted.to_string());
                of_step(mistake).with("known", wanted.to_string())
            })
        });
        told.chain(with).chain(wanted).collect()
    }
}

impl Name {
    /// It is none of `known`.
    fn unknown<'a>(&self, key: &'static str, known: impl IntoIterator<Item = &'a str>) -> Mistake {
        let mistake = Mistake::new(self.spot, key).with("name", &*self.text);
        match nearest(&self.text, known) {
            Some(nearest) => mistake.with("nearest", nearest),
            None => mistake,
        }
    }
}

/// What is wanted, as it stands on a form.
pub(super) fn written(wanted: &Wanted) -> Value {
    match wanted {
        Wanted::Equal(value) => value.clone(),
        Wanted::Match(pattern) => json!({ "matches": pattern }),
        Wanted::Exist(there) => json!({ "exists": there }),
        Wanted::Count(count) => json!({ "count": count }),
    }
}

pub(super) fn answer(yaml: &Yaml, mistakes: &mut Mistakes) -> Option<Answer> {
    let mut fields = Fields::of(yaml, mistakes)?;
    let required = |fields: &mut Fields<'_>, name, mistakes: &mut Mistakes| {
        let yaml = fields.required(name, mistakes)?;
        let text = yaml.text(mistakes)?.to_string();
        let spot = yaml.spot;
        Some(Name { text, spot })
    };
    let scenario = required(&mut fields, "scenario", mistakes);
    let step = required(&mut fields, "step", mistakes);
    let action = required(&mut fields, "action", mistakes);
    let given = fields.optional("with");
    let with = given.map_or(&[][..], |given| given.entries(mistakes));
    let with = with.iter().map(|(key, value)| {
        let (text, spot) = (key.name.to_string(), key.spot);
        (Name { text, spot }, value.to_json())
    });
    let with = with.collect();
    let outcome = fields.optional("outcome").filter(|yaml| !yaml.is_nothing());
    let outcome = outcome.and_then(|yaml| yaml.one_of(&OUTCOMES, mistakes));
    let mut asked = Vec::new();
    let items = fields.list("shows", mistakes);
    let shows = items.iter().filter_map(|item| {
        let mut fields = Fields::of(item, mistakes)?;
        let path = required(&mut fields, "path", mistakes);
        let wanted = fields.required("wanted", mistakes);
        let shown = fields.optional("shown").filter(|yaml| !yaml.is_nothing());
        let shown = shown.and_then(|yaml| yaml.one_of(&SHOWN, mistakes));
        fields.finish(mistakes);
        let found = path?;
        let path = found.text.clone();
        asked.push(found);
        let spot = wanted?.spot;
        let wanted = wanted?.to_json();
        Some(Shows {
            path,
            wanted,
            spot,
            shown,
        })
    });
    let shows = shows.collect();
    let mut values = Map::new();
    if let Some(given) = fields.optional("values") {
        for (name, value) in given.entries(mistakes) {
            asked.push(Name {
                text: name.name.to_string(),
                spot: name.spot,
            });
            if !value.is_nothing()
                && let Some(text) = value.text(mistakes)
            {
                values.insert(
                    name.name.to_string(),
                    Value::String(text.trim().to_string()),
                );
            }
        }
    }
    fields.finish(mistakes);
    Some(Answer {
        scenario: scenario?,
        step: step?,
        action: action?,
        outcome,
        with,
        shows,
        values,
        asked,
    })
}
