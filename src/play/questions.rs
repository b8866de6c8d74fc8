//! What recorded traffic cannot show and a person can say: the questions, the
//! form on which they stand, and the answers on it (docs/recorded.md).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::actor::{Asks, ByPerson};
use super::answers::{Answer, Other, answer, said_by, twins, written};
use crate::clock::Clock;
use crate::counterpart::trigger::{Status, Trigger};
use crate::document::{Fields, Mistake, Mistakes, Spot, Yaml};
use crate::event::SaidBy;
use crate::finding::{MessageValue, Redaction};
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
    /// Who filled in the form.
    by: Option<SaidBy>,
    /// The day of that, and where it stands.
    on: Option<(Date, Spot)>,
    person: Option<ByPerson>,
    /// Who is at the terminal, once that was asked.
    who: OnceLock<Option<SaidBy>>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}

/// What was heard of a step.
pub(super) struct Heard {
    pub said: Said,
    /// Whether that is all of it.
    pub all: bool,
    /// Who said it.
    pub by: Option<SaidBy>,
    pub other: Option<Other>,
}

impl Witness {
    /// Reads a form; `masked` masks numbers of persons in who filled it in.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with its place.
    pub fn read(bytes: &[u8], masked: bool) -> Result<Self, Mistakes> {
        let yaml = Yaml::read(bytes).map_err(|mistake| vec![mistake])?;
        let mut mistakes = Vec::new();
        let mut witness = Self::default();
        if let Some(mut fields) = Fields::of(&yaml, &mut mistakes) {
            let items = fields.list("answers", &mut mistakes);
            let read = items.iter().filter_map(|item| answer(item, &mut mistakes));
            witness.answers = read.collect();
            mistakes.extend(twins(&witness.answers));
            // A form on which nothing is filled in rests on nobody.
            let is_answered = witness.answers.iter().any(Answer::is_something);
            let said_by = said_by(&mut fields, is_answered, masked, &mut mistakes);
            (witness.by, witness.on) = said_by.unzip();
            fields.finish(&mut mistakes);
        }
        match mistakes.is_empty() {
            true => Ok(witness),
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

    /// What is wrong with the day on which a form was filled in: nobody saw then
    /// what came later. The recording begins on the day `begins`.
    pub fn misdated(&self, begins: Option<Date>, today: Date) -> Mistakes {
        let Some((on, spot)) = self.on else {
            return Vec::new();
        };
        let mistake = |key, other: Date| {
            let mistake = Mistake::new(spot, key).with("found", on.to_string());
            vec![mistake.with("known", other.to_string())]
        };
        match begins {
            _ if on > today => mistake("date-ahead", today),
            Some(begins) if on < begins => mistake("date-before", begins),
            _ => Vec::new(),
        }
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

    /// Whether a form says something.
    pub(super) fn has_answers(&self) -> bool {
        self.answers.iter().any(Answer::is_something)
    }

    /// Whether somebody is asked.
    pub(super) fn asks(&self) -> bool {
        self.person.is_some()
    }

    /// What is said of a step; whoever is at the terminal is asked only where
    /// `asks`.
    pub(super) fn say(&self, asked: &Asked, asks: bool) -> Heard {
        let found = self.answers.iter().find(|answer| answer.is_about(asked));
        let other = found.and_then(|answer| answer.other(asked));
        let mut said = match (found, &other) {
            (Some(answer), None) => answer.said(asked),
            _ => Said {
                shows: vec![None; asked.shows.len()],
                ..Said::default()
            },
        };
        let mut by = self.by.clone();
        if let Some(person) = self.person.as_ref().filter(|_| asks && !said.is_all(asked)) {
            by = by.or_else(|| self.who.get_or_init(|| who(person)).clone());
            if by.is_some() {
                by_person(person, asked, &mut said);
            }
        }
        let all = said.is_all(asked);
        Heard {
            said,
            all,
            by,
            other,
        }
    }
}

/// Who is at the terminal.
fn who(person: &ByPerson) -> Option<SaidBy> {
    let by = MessageValue::plain(person.who()?).shown(Redaction::Mask);
    let on = Clock::system().today().to_string();
    Some(SaidBy { by, on })
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

/// The form with these questions, to be filled in. `heading` says above them
/// how.
pub fn form(heading: &str, asked: &[Asked]) -> String {
    let mut form = String::new();
    for line in heading.lines() {
        let _ = writeln!(form, "{}", format!("# {line}").trim_end());
    }
    form.push_str("\nby:\non:\nanswers:\n");
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
    use serde_json::json;

    use super::*;

    fn read(form: &str) -> Result<Witness, Mistakes> {
        let form = form.replace("by:\n", "by: beheer\n");
        let form = form.replace("on:\n", "on: 2026-09-28\n");
        Witness::read(form.as_bytes(), true)
    }

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
        let witness = Witness::read(empty.as_bytes(), true).unwrap();
        let Heard { said, all, by, .. } = witness.say(&asked, true);
        assert!(!said.is_something() && !all && by.is_none(), "{said:?}");
        let mut full = empty.replace("outcome:\n", "outcome: refused\n");
        for answer in ["ja", "nee", "yes"] {
            full = full.replacen("shown:\n", &format!("shown: {answer}\n"), 1);
        }
        let full = full.replace("\"nummer\":\n", "\"nummer\": 0012\n");
        let Heard { said, all, by, .. } = read(&full).unwrap().say(&asked, true);
        assert!(all && by.unwrap().by == "beheer", "{full}");
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
            let said = read(&other).unwrap().say(&asked, true).said;
            assert_eq!(said.shows[0], None, "{to}");
        }
    }

    /// Who did something else answered about something else: that is told.
    #[test]
    fn an_answer_about_something_else_that_was_done_is_told() {
        let asked = asked();
        let full = form("", std::slice::from_ref(&asked)).replace("shown:\n", "shown: ja\n");
        for (from, to, reason) in [
            ("000000012", "999987112", "recording-other-with"),
            ("2026-08-01", "2026-08-02", "recording-other-wanted"),
        ] {
            let heard = read(&full.replace(from, to)).unwrap().say(&asked, true);
            assert!(!heard.said.is_something(), "{to}");
            let other = heard.other.unwrap();
            assert_eq!(other.reason, reason);
            assert_eq!((&other.expected, &other.found), (&json!(from), &json!(to)));
            assert!(other.line > 5, "{}", other.line);
        }
    }

    #[test]
    fn a_mistake_on_a_form_is_told_with_its_place() {
        let form = form("", &[asked()]);
        for (from, to, key) in [
            ("shown:\n", "shown: misschien\n", "one-of"),
            ("outcome:\n", "outcome: goed\n", "one-of"),
            ("step:", "stap:", "unknown"),
            ("- scenario", "scenario", "twice"),
        ] {
            let mistakes = Witness::read(form.replacen(from, to, 1).as_bytes(), true).unwrap_err();
            let keys: Vec<&str> = mistakes.iter().map(|one| one.key).collect();
            assert!(!keys.is_empty(), "{to}");
            assert!(
                mistakes.iter().all(|one| one.spot.line > 0),
                "{keys:?} {key}"
            );
        }
    }
}
