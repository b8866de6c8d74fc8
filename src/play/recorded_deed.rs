//! What a scenario had the LAS do, and whether a recorded message tells of that:
//! about that pupil or report, at that school, and with what was given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::content::Content;
use super::recorded::Holding;
use crate::clock::{Clock, RunningClock};
use crate::counterpart::las::shipped;
use crate::facts::iso_date;
use crate::finding::{Arg, Args, DataClass, MessageValue};
use crate::scenario::{Given, LasAction, Trigger, Values};

/// By what an action names the pupil or the report that it is about.
const NUMBERS: [&str; 3] = ["burgerservicenummer", "onderwijsnummer", "meldingsnummer"];

/// By what it names a pupil of the starter data.
const PUPIL: &str = "leerling";

/// By what it names the school.
const SCHOOL: &str = "instellingscode";

/// The numbers of the pupil or the report that an action is about.
pub(super) fn numbers_of(with: &Map<String, Value>) -> Vec<String> {
    let given = NUMBERS.iter().filter_map(|name| with.get(*name));
    let given = given.map(|number| text_of(number).unwrap_or_default());
    let pupil = with.get(PUPIL).and_then(Value::as_str);
    let pupil = pupil.and_then(|key| shipped(0).ok()?.leerlingen.get(key)?.nummer.clone());
    given
        .chain(pupil.map(|number| number.digits().to_string()))
        .collect()
}

/// The school of a pupil in the starter data, by the pupil's number.
fn school_of(number: &str) -> Option<String> {
    let data = shipped(0).ok()?;
    let mut pupils = data.leerlingen.values();
    let pupil = pupils.find(|pupil| {
        let known = pupil.nummer.as_ref();
        known.is_some_and(|known| known.digits() == number)
    })?;
    Some(pupil.instellingscode.clone())
}

/// A value as messages write it; `None` for nothing.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What the LAS was made to do, of which a message tells.
pub(super) struct Deed {
    /// With what the names of its messages begin.
    sends: &'static [&'static str],
    /// Whether it sends again what it sent before.
    is_again: bool,
    /// The numbers of the pupil or the report; none where it is about everybody.
    about: Vec<String>,
    /// The schools at which it may be; none where that is not known.
    schools: Vec<String>,
    /// What was given, and the values that the script could name then.
    given: Vec<(Arc<str>, Given)>,
    known: BTreeMap<String, Value>,
    /// The first exchange that can tell of it.
    since: usize,
    /// A person says that it was done.
    pub is_said: bool,
}

/// What a message has another value for than was given.
pub(super) struct Unlike {
    name: String,
    given: Option<String>,
    found: String,
}

impl Unlike {
    /// The same in a finding: what is about a person is masked by its name.
    pub fn args(&self) -> Args {
        let told = |value: &str| -> Arg {
            match DataClass::of(&self.name, []) {
                DataClass::Plain => {
                    let text = format!("{} {value}", self.name);
                    MessageValue::said(text, DataClass::Plain).into()
                }
                class => MessageValue::new(value, class).into(),
            }
        };
        let nothing = Value::Null.to_string();
        Args::new()
            .with("expected", told(self.given.as_ref().unwrap_or(&nothing)))
            .with("found", told(&self.found))
    }
}

/// About what the messages of a name are.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// How many deeds came before.
    deeds: usize,
    /// The deeds of which a message tells one; none where it may be anything.
    any_of: Vec<usize>,
    /// A person says that what they tell of was done.
    pub is_said: bool,
}

impl Holding<'_> {
    /// What an action does that delivers something. What only asks for something
    /// names no pupil.
    pub(super) fn deed(
        &self,
        trigger: &Trigger,
        with: Option<&Map<String, Value>>,
    ) -> Option<Deed> {
        let action = trigger.action.value;
        let sends = match action {
            LasAction::HaalVerzuimOp
            | LasAction::HaalRegistratieoverzichtOp
            | LasAction::HaalRioOp => return None,
            // Everybody goes to another year.
            LasAction::VoerJaarovergangUit => LasAction::Inschrijven.sends(),
            _ => action.sends(),
        };
        let is_again = action == LasAction::OpnieuwVersturen;
        if !is_again && sends.is_empty() {
            return None;
        }
        let about = match action {
            LasAction::VoerJaarovergangUit => Vec::new(),
            _ => with.map(numbers_of).unwrap_or_default(),
        };
        let school = with.and_then(|with| with.get(SCHOOL)).and_then(text_of);
        Some(Deed {
            sends,
            is_again,
            schools: match school {
                Some(school) => vec![school],
                None => self.schools_of(&about),
            },
            about,
            given: trigger.with.clone(),
            known: self.known.clone(),
            since: self.next,
            is_said: false,
        })
    }

    /// The schools at which a pupil of the starter data is: that of those data,
    /// and those to which the scenario brought the pupil. A target that has other
    /// schools keeps the pupil elsewhere.
    fn schools_of(&self, numbers: &[String]) -> Vec<String> {
        let Some(school) = numbers.iter().find_map(|number| school_of(number)) else {
            return Vec::new();
        };
        let tested = self.stage.tested.as_ref();
        let is_known = tested.is_none_or(|tested| {
            let mut schools = tested.target.schools.iter();
            schools.any(|known| known.brin == school)
        });
        if !is_known {
            return Vec::new();
        }
        let before = self.deeds.iter().filter(|deed| deed.is_about_any(numbers));
        let before = before.flat_map(|deed| deed.schools.iter().cloned());
        std::iter::once(school).chain(before).collect()
    }

    /// About what the next message of a name is: what was done since the one
    /// before, else the same.
    pub(super) fn about(&mut self, name: &str) -> About {
        let mut about = self.about.get(name).cloned().unwrap_or_default();
        let is_sent = |deed: &Deed| deed.sends.iter().any(|begin| name.starts_with(begin));
        let was_sent = self.deeds.iter().any(is_sent);
        let new = (about.deeds..self.deeds.len()).filter(|&index| {
            let deed = &self.deeds[index];
            is_sent(deed) || (deed.is_again && was_sent)
        });
        let new: Vec<usize> = new.collect();
        if !new.is_empty() {
            let before = std::mem::take(&mut about.any_of);
            let mut any_of = BTreeSet::new();
            for &index in &new {
                let deed = &self.deeds[index];
                // What is sent again says what it said at first.
                let first = (0..index).filter(|&one| {
                    let first = &self.deeds[one];
                    deed.is_again && !first.is_again && is_sent(first) && deed.shares(first)
                });
                let before_it = any_of.len();
                any_of.extend(first);
                if any_of.len() == before_it {
                    any_of.insert(index);
                }
                if deed.is_again {
                    any_of.extend(before.iter().copied());
                }
            }
            about.any_of = any_of.into_iter().collect();
            about.is_said = new.iter().all(|&index| self.deeds[index].is_said);
        }
        about.deeds = self.deeds.len();
        self.about.insert(name.to_string(), about.clone());
        about
    }

    /// Whether a message tells of what was done.
    pub(super) fn is_about(&self, index: usize, about: &About) -> bool {
        let mut any_of = about.any_of.iter().map(|&deed| &self.deeds[deed]);
        about.any_of.is_empty()
            || any_of.any(|deed| self.names(index, deed) && self.unlike_deed(index, deed).is_none())
    }

    /// Whether a message is about a pupil or report of what was done, at that
    /// school, whatever else it says.
    pub(super) fn is_about_whom(&self, index: usize, about: &About) -> bool {
        let mut any_of = about.any_of.iter().map(|&deed| &self.deeds[deed]);
        any_of.any(|deed| {
            !deed.about.is_empty()
                && self.names(index, deed)
                && self.other_school(index, deed).is_none()
        })
    }

    /// What a message about the right pupil or report has another value for.
    pub(super) fn unlike_any(&self, index: usize, about: &About) -> Option<Unlike> {
        let any_of = about.any_of.iter().map(|&deed| &self.deeds[deed]);
        let mut named = any_of.filter(|deed| self.names(index, deed));
        named.find_map(|deed| self.unlike_deed(index, deed))
    }

    /// The messages of an action about one of these, whatever else they say.
    pub(super) fn sent_of(&self, action: LasAction, numbers: &[String]) -> Vec<usize> {
        let sends = action.sends();
        let all = (0..self.looks.len()).filter(|&index| {
            let look = &self.looks[index];
            let name = look.name.as_deref().unwrap_or_default();
            let content = || self.content_at(index);
            look.stranger.is_none()
                && sends.iter().any(|begin| name.starts_with(begin))
                && (numbers.is_empty() || content().is_some_and(|content| content.names(numbers)))
        });
        all.collect()
    }

    /// What each of these messages has another value for, with where the first of
    /// them stands; `None` where one of them is as it was done.
    pub(super) fn done_otherwise(&self, sent: &[usize], deed: &Deed) -> Option<(usize, Unlike)> {
        if deed.about.is_empty() {
            return None;
        }
        let mut unlike = sent
            .iter()
            .map(|&index| (index, self.unlike_deed(index, deed)));
        let (first, other) = unlike.next()?;
        let all = unlike.all(|(_, other)| other.is_some());
        other.filter(|_| all).map(|other| (first, other))
    }

    /// Whether a message has all that was given.
    pub(super) fn shows(&self, index: usize, deed: &Deed) -> bool {
        let content = self.content_at(index);
        let is_there = content.is_some_and(|content| {
            let mut values = self.values(index);
            let mut given = deed.given.iter().filter(|(name, _)| !names_whom(name));
            given.all(|(name, given)| {
                let value = values.resolve(given);
                value.is_ok_and(|value| is_there(name, &value, content))
            })
        });
        is_there && self.unlike_deed(index, deed).is_none()
    }

    fn names(&self, index: usize, deed: &Deed) -> bool {
        let content = || self.content_at(index);
        deed.about.is_empty() || content().is_some_and(|content| content.names(&deed.about))
    }

    fn content_at(&self, index: usize) -> Option<&Content> {
        self.looks[index].side(false)?.content()
    }

    fn other_school(&self, index: usize, deed: &Deed) -> Option<Unlike> {
        let found = self.content_at(index)?.institution()?;
        let first = deed.schools.first()?;
        let is_there = deed.schools.iter().any(|school| school == found);
        (!is_there).then(|| Unlike {
            name: SCHOOL.to_string(),
            given: Some(first.clone()),
            found: found.to_string(),
        })
    }

    /// What a message has another value for than was given. Days are counted from
    /// the day of the action, and that may be any on which something passed from
    /// the step before it until the message.
    fn unlike_deed(&self, index: usize, deed: &Deed) -> Option<Unlike> {
        let content = self.content_at(index)?;
        if let Some(other) = self.other_school(index, deed) {
            return Some(other);
        }
        let own = self.unlike_at(self.moment(index), content, deed)?;
        let mut days = BTreeSet::from([Clock::at(self.moment(index)).today()]);
        let before = (deed.since..index).map(|one| self.moment(one));
        let mut others = before.filter(|&at| days.insert(Clock::at(at).today()));
        let is_of_other_day = others.any(|at| self.unlike_at(at, content, deed).is_none());
        (!is_of_other_day).then_some(own)
    }

    fn unlike_at(&self, at: Timestamp, content: &Content, deed: &Deed) -> Option<Unlike> {
        let clock = RunningClock::standing_at(at);
        let mut values = Values::new(clock, &self.stage.seed_of(self.scenario));
        for (name, value) in &deed.known {
            values.set(name, value.clone());
        }
        let as_begun = deed.unlike(content, &mut values)?;
        // The days that the scenario names at its beginning are of that day too.
        let defined = values.define(&self.scenario.data);
        defined.ok()?;
        deed.unlike(content, &mut values).map(|_| as_begun)
    }
}

impl Deed {
    fn is_about_any(&self, numbers: &[String]) -> bool {
        self.about.iter().any(|number| numbers.contains(number))
    }

    /// Whether both may be about the same pupil or report.
    fn shares(&self, other: &Self) -> bool {
        self.about.is_empty() || other.about.is_empty() || self.is_about_any(&other.about)
    }

    fn unlike(&self, content: &Content, values: &mut Values) -> Option<Unlike> {
        self.given.iter().find_map(|(name, given)| {
            if names_whom(name) {
                return None;
            }
            // What cannot be made now says nothing.
            let value = values.resolve(given).ok()?;
            unlike(name, &value, content)
        })
    }
}

/// Whether a name of what is given tells about whom, or at which school.
fn names_whom(name: &str) -> bool {
    NUMBERS.contains(&name) || [PUPIL, SCHOOL].contains(&name)
}

/// Whether there are elements of that name, or of the names below it.
fn is_there(name: &str, value: &Value, content: &Content) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => {
            let mut members = members.iter();
            members.all(|(name, value)| is_there(name, value, content))
        }
        Value::Array(items) => items.iter().all(|item| is_there(name, item, content)),
        _ => content.values(name).next().is_some(),
    }
}

/// What the elements of that name, or of the names below it, do not have.
fn unlike(name: &str, value: &Value, content: &Content) -> Option<Unlike> {
    match value {
        Value::Object(members) => members
            .iter()
            .find_map(|(name, value)| unlike(name, value, content)),
        Value::Array(items) => items.iter().find_map(|item| unlike(name, item, content)),
        value => {
            let given = text_of(value);
            let mut found = content.values(name).filter(|found| !found.is_empty());
            let first = found.next()?;
            let is_it = |found: &str| given.as_ref().is_some_and(|given| is_same(given, found));
            let is_there = is_it(first) || found.any(is_it);
            (!is_there).then(|| Unlike {
                name: name.to_string(),
                given,
                found: first.to_string(),
            })
        }
    }
}

/// Whether two ways of writing mean the same: a date may have a time zone or a
/// time behind it, and a message may say `1` for `true`.
fn is_same(given: &str, found: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = match (given, found) {
        ("true", "1") => "true",
        ("false", "0") => "false",
        (_, found) => found,
    };
    let after = || said.strip_prefix(given);
    words(given) == words(said)
        || (iso_date(given).is_some()
            && after().is_some_and(|after| after.starts_with(['Z', '+', '-', 'T'])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::Exchange;

    /// What was given is found where a message has it, once is enough, and a name
    /// that a message does not have means something else there.
    #[test]
    fn what_was_given_is_held_against_the_elements_of_that_name() {
        let message = "<a><leerjaar>4</leerjaar><p><leerjaar>5</leerjaar>\
                       <datumBegin>2026-08-01Z</datumBegin></p><nNCA>1</nNCA>\
                       <datumUitschrijving>2027-01-01</datumUitschrijving><leeg/></a>";
        let content = Content::of(&Exchange::bare(message.as_bytes().to_vec())).unwrap();
        for (name, value, other) in [
            ("leerjaar", json!(5), None),
            ("leerjaar", json!("4"), None),
            ("leerjaar", json!(1), Some(("leerjaar", "4"))),
            ("soort", json!("voorlopig"), None),
            ("datumBegin", json!("2026-08-01"), None),
            (
                "datumBegin",
                json!("2026-08-02"),
                Some(("datumBegin", "2026-08-01Z")),
            ),
            ("nNCA", json!(true), None),
            ("nNCA", json!(false), Some(("nNCA", "1"))),
            (
                "datumUitschrijving",
                Value::Null,
                Some(("datumUitschrijving", "2027-01-01")),
            ),
            ("leeg", Value::Null, None),
            ("einde", Value::Null, None),
            (
                "perioden",
                json!([{"leerjaar": 4}, {"leerjaar": 5, "datumBegin": "2026-08-01"}]),
                None,
            ),
            (
                "perioden",
                json!([{"leerjaar": 4}, {"leerjaar": 6}]),
                Some(("leerjaar", "4")),
            ),
        ] {
            let found = unlike(name, &value, &content);
            let found = found.map(|one| (one.name, one.found));
            let other = other.map(|(name, found)| (name.to_string(), found.to_string()));
            assert_eq!(found, other, "{name} {value}");
        }
    }
}
