//! Data that a script gives: literals, texts that name values, and what is
//! made up for each run.

use crate::document::Spot;

use super::text::{Reference, Text};

/// A value that a script gives. [`Values::resolve`](super::Values::resolve)
/// makes JSON of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where it stands.
    pub at: Spot,
    /// What it is.
    pub content: GivenContent,
}

/// What a value is that a script gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenContent {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text. One that is nothing but a value takes over that value's type.
    Text(Text),
    /// Made up.
    Generated(Generator),
    /// Several.
    List(Vec<Given>),
    /// Several by name, in the order in which they were written.
    Map(Vec<(std::sync::Arc<str>, Given)>),
}

/// What can be made up: `auto` as the value of a key of that name. The same
/// seed makes the same; persons are synthetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// A burgerservicenummer of the synthetic range that passes its test.
    Bsn,
    /// An onderwijsnummer of the synthetic range that passes its test.
    Onderwijsnummer,
    /// A UUID.
    Uuid,
    /// A number of an enrolment, advice or case: 12 digits.
    Volgnummer,
    /// A family name.
    Achternaam,
    /// A given name.
    Voornaam,
    /// The birth date of a child that is between four and twelve at the start.
    Geboortedatum,
    /// `M` or `V`.
    Geslacht,
}

impl Generator {
    /// The keys whose value may be `auto`, and what that makes.
    pub const KEYS: [(&'static str, Generator); 12] = [
        ("bsn", Generator::Bsn),
        ("burgerservicenummer", Generator::Bsn),
        ("onderwijsnummer", Generator::Onderwijsnummer),
        ("uuid", Generator::Uuid),
        ("kenmerk", Generator::Uuid),
        ("volgnummer", Generator::Volgnummer),
        ("inschrijvingvolgnummer", Generator::Volgnummer),
        ("adviesvolgnummer", Generator::Volgnummer),
        ("achternaam", Generator::Achternaam),
        ("voornamen", Generator::Voornaam),
        ("geboortedatum", Generator::Geboortedatum),
        ("geslacht", Generator::Geslacht),
    ];

    /// What `auto` makes as the value of `key`.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::KEYS
            .into_iter()
            .find(|(known, _)| *known == key)
            .map(|(_, generator)| generator)
    }
}

impl Given {
    /// A text without values.
    pub fn text(at: Spot, text: &str) -> Self {
        Self {
            at,
            content: GivenContent::Text(Text::literal(at, text)),
        }
    }

    /// Every value that is named in it, with the place of the text.
    pub fn references(&self) -> Vec<(Spot, &Reference)> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'g>(&'g self, found: &mut Vec<(Spot, &'g Reference)>) {
        match &self.content {
            GivenContent::Text(text) => {
                found.extend(text.references().map(|one| (text.at, one)));
            }
            GivenContent::List(items) => items.iter().for_each(|item| item.gather(found)),
            GivenContent::Map(entries) => {
                entries.iter().for_each(|(_, value)| value.gather(found));
            }
            GivenContent::Null
            | GivenContent::Bool(_)
            | GivenContent::Number(_)
            | GivenContent::Generated(_) => {}
        }
    }

    /// The names below it, with dots: `leerling` and `leerling.bsn`.
    pub fn names_below(&self, name: &str, names: &mut Vec<String>) {
        names.push(name.to_string());
        match &self.content {
            GivenContent::Map(entries) => {
                for (key, value) in entries {
                    value.names_below(&format!("{name}.{key}"), names);
                }
            }
            GivenContent::List(items) => {
                for (index, value) in items.iter().enumerate() {
                    value.names_below(&format!("{name}.{index}"), names);
                }
            }
            _ => {}
        }
    }
}
