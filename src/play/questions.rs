//! What recorded traffic cannot show and a person can say: the questions, the
//! form on which they stand, and the answers on it (docs/recorded.md).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::actor::{Asks, ByPerson};
use super::askable::Askable;
use crate::counterpart::trigger::{Status, Trigger};
use crate::document::{Fields, Mistake, Mistakes, Spot, Yaml, nearest};
use crate::scenario::{Scenario, Wanted};

/// What a person is asked about a step.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The scenario.
    pub scenario: Arc<str>,
    /// Where the step stands in it.
    pub step: String,
    /// What the LAS was to do, or somebody else.
    pub action: String,
    /// With which data.
    pub with: Map<String, Value>,
    /// Whether it matters how it ended.
    pub outcome: bool,
    /// What the LAS is to show, each at a JSONPath.
    pub shows: Vec<(String, Wanted)>,
    /// The values that the scenario needs, by their names in the LAS.
    pub values: Vec<String>,
}

/// What a person said of a step. What was not answered is `None` or absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// How it ended.
    pub outcome: Option<Status>,
    /// Of each thing that the LAS is to show, whether it did.
    pub shows: Vec<Option<bool>>,
    /// The values.
    pub values: Map<String, Value>,
}

impl Said {
    /// Whether anything was answered.
    pub fn is_something(&self) -> bool {
        self.outcome.is_some() || self.shows.iter().any(Option::is_some) || !self.values.is_empty()
    }

    /// Whether everything was answered.
    fn is_all(&self, asked: &Asked) -> bool {
        (self.outcome.is_some() || !asked.outcome)
            && self.shows.len() == asked.shows.len()
            && self.shows.iter().all(Option::is_some)
            && asked
                .values
                .iter()
                .all(|name| self.values.contains_key(name))
    }
}

/// Who can say what a recording does not show: nobody, a form that was filled
/// in, somebody at the terminal, or both of these.
#[derive(Default)]
pub struct Witness {
    answers: Vec<Answer>,
    person: Option<ByPerson>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}

/// What stands on a form about a step.
struct Answer {
    scenario: Name,
    step: Name,
    action: Name,
    outcome: Option<Status>,
    shows: Vec<(String, Value, Option<bool>)>,
    values: Map<String, Value>,
    /// The paths and the names of the values.
    asked: Vec<Name>,
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

impl Witness {
    /// Reads a form.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with its place.
    pub fn read(bytes: &[u8]) -> Result<Self, Mistakes> {
        let yaml = Yaml::read(bytes).map_err(|mistake| vec![mistake])?;
        let mut mistakes = Vec::new();
        let answers = match yaml.is_nothing() {
            true => Vec::new(),
            false => {
                let items = yaml.list(&mut mistakes);
                let read = items.iter().filter_map(|item| answer(item, &mut mistakes));
                let read: Vec<Answer> = read.collect();
                mistakes.extend(twins(&read));
                read
            }
        };
        match mistakes.is_empty() {
            true => Ok(Self {
                answers,
                person: None,
            }),
            false => Err(mistakes),
        }
    }

    /// What on the form is about no step of these scenarios of which a person can
    /// say something.
    pub fn strangers(&self, scenarios: &[Arc<Scenario>]) -> Mistakes {
        let strangers = self.answers.iter();
        strangers
            .flat_map(|answer| answer.strangers(scenarios))
            .collect()
    }

    /// The same with somebody at the terminal, who is asked what is not on the
    /// form.
    #[must_use]
    pub fn with_person(self, asks: Asks) -> Self {
        let asks = Mutex::new(asks);
        Self {
            person: Some(ByPerson { asks }),
            ..self
        }
    }

    /// Whether somebody is asked.
    pub(super) fn asks(&self) -> bool {
        self.person.is_some()
    }

    /// What is said of a step, and whether that is all of it.
    pub(super) fn say(&self, asked: &Asked) -> (Said, bool) {
        let mut said = self.on_form(asked);
        if let Some(person) = self.person.as_ref().filter(|_| !said.is_all(asked)) {
            by_person(person, asked, &mut said);
        }
        let all = said.is_all(asked);
        (said, all)
    }

    fn on_form(&self, asked: &Asked) -> Said {
        let mut answers = self.answers.iter();
        let found = answers.find(|answer| {
            *answer.scenario.text == *asked.scenario
                && answer.step.text == asked.step
                && answer.action.text == asked.action
        });
        let of_path = |(path, wanted): &(String, Wanted)| {
            let wanted = written(wanted);
            let shows = found.map_or(&[][..], |answer| &answer.shows);
            let mut shows = shows.iter();
            // A form about another version of the scenario says nothing of this.
            let one = shows.find(|(known, value, _)| known == path && *value == wanted);
            one.and_then(|(_, _, shown)| *shown)
        };
        Said {
            outcome: found.and_then(|answer| answer.outcome),
            shows: asked.shows.iter().map(of_path).collect(),
            values: found
                .map(|answer| answer.values.clone())
                .unwrap_or_default(),
        }
    }
}

/// Answers about a step that was answered before: which of them counts, nobody
/// can tell.
fn twins(answers: &[Answer]) -> impl Iterator<Item = Mistake> {
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
    fn strangers(&self, scenarios: &[Arc<Scenario>]) -> Mistakes {
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
        told.collect()
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

/// Asks a person for what was not said yet.
fn by_person(person: &ByPerson, asked: &Asked, said: &mut Said) {
    let trigger = Trigger {
        action: asked.action.clone(),
        with: asked.with.clone(),
        scenario: Some(asked.scenario.to_string()),
        now: None,
    };
    if said.outcome.is_none() {
        said.outcome = person.outcome(&trigger);
    }
    // What was not done, or ended otherwise, has nothing to show.
    if said.outcome.is_none() {
        return;
    }
    for ((path, wanted), shown) in asked.shows.iter().zip(&mut said.shows) {
        if shown.is_none() {
            *shown = person.shows(path, wanted);
        }
    }
    for name in &asked.values {
        if !said.values.contains_key(name)
            && let Some(value) = person.value(name)
        {
            said.values.insert(name.clone(), Value::String(value));
        }
    }
}

/// What is wanted, as it stands on a form.
fn written(wanted: &Wanted) -> Value {
    match wanted {
        Wanted::Equal(value) => value.clone(),
        Wanted::Match(pattern) => json!({ "matches": pattern }),
        Wanted::Exist(there) => json!({ "exists": there }),
        Wanted::Count(count) => json!({ "count": count }),
    }
}

fn answer(yaml: &Yaml, mistakes: &mut Mistakes) -> Option<Answer> {
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
    // For who fills it in.
    fields.optional("with");
    let outcome = fields.optional("outcome").filter(|yaml| !yaml.is_nothing());
    let outcome = outcome.and_then(|yaml| yaml.one_of(&OUTCOMES, mistakes));
    let mut asked = Vec::new();
    let items = fields.list("shows", mistakes);
    let shows = items.iter().filter_map(|item| {
        let mut fields = Fields::of(item, mistakes)?;
        let path = required(&mut fields, "path", mistakes);
        let wanted = fields.required("wanted", mistakes).map(Yaml::to_json);
        let shown = fields.optional("shown").filter(|yaml| !yaml.is_nothing());
        let shown = shown.and_then(|yaml| yaml.one_of(&SHOWN, mistakes));
        fields.finish(mistakes);
        let path = path?;
        let text = path.text.clone();
        asked.push(path);
        Some((text, wanted?, shown))
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
        shows,
        values,
        asked,
    })
}

/// The form with these questions, to be filled in. `heading` says above them
/// how.
pub fn form(heading: &str, asked: &[Asked]) -> String {
    let mut form = String::new();
    for line in heading.lines() {
        let _ = writeln!(form, "{}", format!("# {line}").trim_end());
    }
    if asked.is_empty() {
        form.push_str("\n[]\n");
    }
    for one in asked {
        // JSON is YAML, and quotes what needs it.
        let text = |text: &str| Value::from(text).to_string();
        let with = Value::Object(one.with.clone());
        let _ = write!(
            form,
            "\n- scenario: {}\n  step: {}\n  action: {}\n  with: {with}\n",
            one.scenario,
            text(&one.step),
            one.action
        );
        if one.outcome {
            form.push_str("  outcome:\n");
        }
        if !one.shows.is_empty() {
            form.push_str("  shows:\n");
        }
        for (path, wanted) in &one.shows {
            let (path, wanted) = (text(path), written(wanted));
            let _ = writeln!(
                form,
                "    - path: {path}\n      wanted: {wanted}\n      shown:"
            );
        }
        if !one.values.is_empty() {
            form.push_str("  values:\n");
        }
        for name in &one.values {
            let _ = writeln!(form, "    {}:", text(name));
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        let mut with = Map::new();
        with.insert("burgerservicenummer".to_string(), json!("000000012"));
        Asked {
            scenario: "proef".into(),
            step: "2.1".to_string(),
            action: "inschrijven".to_string(),
            with,
            outcome: true,
            shows: vec![
                ("$.a".to_string(), Wanted::Equal(json!("2026-08-01"))),
                ("$.b[*]".to_string(), Wanted::Count(2)),
                ("$.c".to_string(), Wanted::Equal(json!(true))),
            ],
            values: vec!["nummer".to_string()],
        }
    }

    #[test]
    fn an_empty_form_answers_nothing_and_a_full_one_everything() {
        let asked = asked();
        let empty = form("Vul in.", std::slice::from_ref(&asked));
        let witness = Witness::read(empty.as_bytes()).unwrap();
        let (said, all) = witness.say(&asked);
        assert!(!said.is_something() && !all, "{said:?}");
        let mut full = empty.replace("outcome:\n", "outcome: refused\n");
        for answer in ["ja", "nee", "yes"] {
            full = full.replacen("shown:\n", &format!("shown: {answer}\n"), 1);
        }
        let full = full.replace("\"nummer\":\n", "\"nummer\": 0012\n");
        let (said, all) = Witness::read(full.as_bytes()).unwrap().say(&asked);
        assert!(all, "{full}");
        assert_eq!(said.outcome, Some(Status::Refused));
        assert_eq!(said.shows, [Some(true), Some(false), Some(true)]);
        assert_eq!(said.values["nummer"], "0012");
    }

    /// What was answered about something else says nothing of this.
    #[test]
    fn an_answer_to_another_question_does_not_count() {
        let asked = asked();
        let full = form("", std::slice::from_ref(&asked)).replace("shown:\n", "shown: ja\n");
        for (from, to) in [
            ("scenario: proef", "scenario: ander"),
            ("2.1", "2.2"),
            ("action: inschrijven", "action: uitschrijven"),
            ("2026-08-01", "2026-08-02"),
            ("$.a", "$.d"),
        ] {
            let other = full.replace(from, to);
            let (said, _) = Witness::read(other.as_bytes()).unwrap().say(&asked);
            assert_eq!(said.shows[0], None, "{to}");
        }
    }

    #[test]
    fn a_mistake_on_a_form_is_told_with_its_place() {
        let form = form("", &[asked()]);
        for (from, to, key) in [
            ("shown:\n", "shown: misschien\n", "one-of"),
            ("outcome:\n", "outcome: goed\n", "one-of"),
            ("step:", "stap:", "unknown"),
            ("- scenario", "scenario", "expected-list"),
        ] {
            let mistakes = Witness::read(form.replacen(from, to, 1).as_bytes()).unwrap_err();
            let keys: Vec<&str> = mistakes.iter().map(|one| one.key).collect();
            assert!(!keys.is_empty(), "{to}");
            assert!(
                mistakes.iter().all(|one| one.spot.line > 0),
                "{keys:?} {key}"
            );
        }
    }
}
