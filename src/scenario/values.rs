//! The values that a scenario's texts name, while it is played.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::data::{Generator, Given, GivenContent};
use super::expression::{in_json_path, in_xpath};
use super::moment::{Offset, bounds};
use super::text::{Piece, Reference, Text};
use crate::clock::RunningClock;
use crate::document::Spot;
use crate::facts::{is_made_up, synthetic_bsn, synthetic_onderwijsnummer};
use crate::limits::MAX_SCRIPT_TEXT;

/// Values that are always there: what the clock says, what is made anew at
/// each use, and what the run knows of the parties.
pub const ALWAYS: &[&str] = &[
    "vandaag",
    "nu",
    "uuid",
    "schooljaar.begin",
    "schooljaar.einde",
    "schooljaar.jaar",
    "schooljaar.adviesjaar",
    "school.oin",
    "school.brin",
    "school.vestigingscode",
    "school.onderwijsaanbieder",
    "school.onderwijslocatie",
    "leverancier.oin",
    "leverancier.naam",
    "duo.oin",
    "osr.oin",
    "las.url",
    "duo.url",
    "osr.url",
    "sector",
];

/// Names of values, and what they are.
///
/// The innermost scope wins: an included file and each turn of a repetition
/// have their own.
#[derive(Clone)]
pub struct Values {
    clock: RunningClock,
    seed: Arc<str>,
    /// How often something was made up.
    made: u64,
    scopes: Vec<BTreeMap<String, Value>>,
}

/// Why a text or value cannot be made. The place is that of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {kind} (`{name}`)", at.line, at.column)]
pub struct ValueError {
    /// Where the text stands.
    pub at: Spot,
    /// The value that is at fault.
    pub name: String,
    /// What is the matter.
    pub kind: ValueErrorKind,
}

/// What is the matter with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueErrorKind {
    /// Nobody gave it.
    #[error("there is no value of this name")]
    Undefined,
    /// It is a list or a mapping where a text is needed.
    #[error("this value is no text")]
    NoText,
    /// Something is added to it, and it is no date or moment, or leaves the
    /// calendar.
    #[error("nothing can be added to this value: it is no date or moment")]
    NoDate,
    /// The text becomes longer than we make.
    #[error("the text becomes too long")]
    TooLong,
}

impl ValueErrorKind {
    /// A key of the texts (`reason.<key>`).
    pub fn key(self) -> &'static str {
        match self {
            ValueErrorKind::Undefined => "value-undefined",
            ValueErrorKind::NoText => "value-no-text",
            ValueErrorKind::NoDate => "value-no-date",
            ValueErrorKind::TooLong => "value-too-long",
        }
    }
}

impl Values {
    /// No values but those of the clock and what can be made up. The same seed
    /// makes up the same; give the run's seed and the scenario's id.
    pub fn new(clock: RunningClock, seed: &str) -> Self {
        Self {
            clock,
            seed: seed.into(),
            made: 0,
            scopes: vec![BTreeMap::new()],
        }
    }

    /// The same values for a parallel branch: what it makes up does not depend
    /// on what other branches do in the meantime.
    pub fn branch(&self, number: usize) -> Self {
        Self {
            seed: format!("{}/{}/{number}", self.seed, self.made).into(),
            made: 0,
            ..self.clone()
        }
    }

    /// Takes over what a branch gave names to in its outermost scope.
    pub fn join(&mut self, branch: Values) {
        if let (Some(own), Some(other)) =
            (self.scopes.first_mut(), branch.scopes.into_iter().next())
        {
            own.extend(other);
        }
    }

    /// Gives a value a name in the innermost scope.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_string(), value);
        }
    }

    /// Gives a value a name in the outermost scope: what is captured stays
    /// known after an included file or a repetition.
    pub fn capture(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.first_mut() {
            scope.insert(name.to_string(), value);
        }
    }

    /// Every value that was given, the innermost of each name: with the moment,
    /// what a text made of them can be made of again.
    pub fn known(&self) -> BTreeMap<String, Value> {
        let scopes = self.scopes.iter();
        let all = scopes.flat_map(|scope| scope.iter());
        all.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Opens a scope. `names` are the values that it begins with.
    pub fn enter(&mut self, names: impl IntoIterator<Item = (String, Value)>) {
        self.scopes.push(names.into_iter().collect());
    }

    /// Closes the innermost scope.
    pub fn leave(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    /// Makes the data of a scenario: each in turn, so that it may name those
    /// before it.
    ///
    /// # Errors
    ///
    /// The first that cannot be made.
    pub fn define(&mut self, data: &[(Arc<str>, Given)]) -> Result<(), ValueError> {
        for (name, given) in data {
            let value = self.resolve(given)?;
            self.set(name, value);
        }
        Ok(())
    }

    /// The value that a name with its offsets stands for.
    ///
    /// # Errors
    ///
    /// There is none, or something is added to what is no date.
    pub fn get(&mut self, at: Spot, reference: &Reference) -> Result<Value, ValueError> {
        let error = |kind| ValueError {
            at,
            name: reference.name.to_string(),
            kind,
        };
        let value = self
            .find(&reference.name)
            .ok_or_else(|| error(ValueErrorKind::Undefined))?;
        if reference.offsets.is_empty() {
            return Ok(value);
        }
        let no_date = || error(ValueErrorKind::NoDate);
        let text = value.as_str().ok_or_else(no_date)?.to_string();
        let moved = reference
            .offsets
            .iter()
            .try_fold(text, |text, offset: &Offset| offset.apply(&text));
        moved.map(Value::String).ok_or_else(no_date)
    }

    fn find(&mut self, name: &str) -> Option<Value> {
        let mut parts = name.split('.');
        let first = parts.next()?;
        let given = self.scopes.iter().rev().find_map(|scope| {
            // A run gives `school.oin` whole or as part of `school`.
            scope.get(name).cloned().or_else(|| {
                parts
                    .clone()
                    .try_fold(scope.get(first)?, |value, part| match value {
                        Value::Object(members) => members.get(part),
                        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                        _ => None,
                    })
                    .cloned()
            })
        });
        given.or_else(|| self.always(name))
    }

    fn always(&mut self, name: &str) -> Option<Value> {
        let today = self.clock.read().today();
        let (begin, end) = bounds(today);
        Some(match name {
            "vandaag" => Value::String(today.to_string()),
            "nu" => Value::String(seconds(&self.clock)),
            "uuid" => Value::String(self.uuid()),
            "schooljaar.begin" => Value::String(begin.to_string()),
            "schooljaar.einde" => Value::String(end.to_string()),
            "schooljaar.jaar" => Value::String(begin.year().to_string()),
            "schooljaar.adviesjaar" => Value::String(end.year().to_string()),
            _ => return None,
        })
    }

    /// The text with its values put in.
    ///
    /// # Errors
    ///
    /// A value that is not there, or is no text.
    pub fn text(&mut self, text: &Text) -> Result<String, ValueError> {
        self.fill(text, |_, value| value)
    }

    /// An XPath expression with its values put in.
    ///
    /// # Errors
    ///
    /// A value that is not there, or is no text.
    pub fn xpath(&mut self, text: &Text) -> Result<String, ValueError> {
        self.fill(text, |before, value| in_xpath(before, &value))
    }

    /// A JSONPath with its values put in.
    ///
    /// # Errors
    ///
    /// A value that is not there, or is no text.
    pub fn json_path(&mut self, text: &Text) -> Result<String, ValueError> {
        self.fill(text, |before, value| in_json_path(before, &value))
    }

    /// The text with its values put in as `shown` makes them: it is given what
    /// stands before them.
    pub(super) fn fill(
        &mut self,
        text: &Text,
        shown: impl Fn(&str, String) -> String,
    ) -> Result<String, ValueError> {
        let mut filled = String::new();
        for piece in &text.pieces {
            match piece {
                Piece::Literal(literal) => filled.push_str(literal),
                Piece::Value(reference) => {
                    let error = |kind| ValueError {
                        at: text.at,
                        name: reference.name.to_string(),
                        kind,
                    };
                    let value = match self.get(text.at, reference)? {
                        Value::String(value) => value,
                        Value::Number(value) => value.to_string(),
                        Value::Bool(value) => value.to_string(),
                        Value::Null => String::new(),
                        Value::Array(_) | Value::Object(_) => {
                            return Err(error(ValueErrorKind::NoText));
                        }
                    };
                    let value = shown(&filled, value);
                    filled.push_str(&value);
                    if filled.len() > MAX_SCRIPT_TEXT {
                        return Err(error(ValueErrorKind::TooLong));
                    }
                }
            }
        }
        Ok(filled)
    }

    /// The value that a script gives, as JSON.
    ///
    /// # Errors
    ///
    /// A value that it names is not there.
    pub fn resolve(&mut self, given: &Given) -> Result<Value, ValueError> {
        Ok(match &given.content {
            GivenContent::Null => Value::Null,
            GivenContent::Bool(value) => Value::Bool(*value),
            GivenContent::Number(value) => Value::Number(value.clone()),
            GivenContent::Text(text) => match text.as_reference() {
                Some(reference) => self.get(text.at, reference)?,
                None => Value::String(self.text(text)?),
            },
            GivenContent::Generated(generator) => Value::String(self.generate(*generator)),
            GivenContent::List(items) => items
                .iter()
                .map(|item| self.resolve(item))
                .collect::<Result<_, _>>()?,
            GivenContent::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.to_string(), self.resolve(value)?)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// A UUID that this seed makes next.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.draw()[..16]);
        // RFC 9562, version 8 with the variant of that RFC: made by our own
        // means.
        bytes[6] = bytes[6] & 0x0F | 0x80;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    fn draw(&mut self) -> [u8; 32] {
        self.made += 1;
        let mut hasher = Sha256::new();
        hasher.update(self.seed.as_bytes());
        hasher.update(self.made.to_be_bytes());
        hasher.finalize().into()
    }

    fn number(&mut self) -> u32 {
        let drawn = self.draw();
        u32::from_be_bytes([drawn[0], drawn[1], drawn[2], drawn[3]])
    }

    fn generate(&mut self, generator: Generator) -> String {
        let of = |names: &[&str], number: u32| names[number as usize % names.len()].to_string();
        match generator {
            Generator::Bsn => loop {
                let bsn = synthetic_bsn(self.number());
                // Those the LAS may have already.
                if !is_made_up(&bsn) {
                    break bsn;
                }
            },
            Generator::Onderwijsnummer => synthetic_onderwijsnummer(self.number()),
            Generator::Uuid => self.uuid(),
            Generator::Volgnummer => {
                let drawn = self.draw();
                drawn[..12]
                    .iter()
                    .map(|byte| char::from(b'0' + byte % 10))
                    .collect()
            }
            Generator::Achternaam => {
                let number = self.number();
                of(
                    &["Proefpersoon", "Testleerling", "Voorbeeld", "Fictief"],
                    number,
                )
            }
            Generator::Voornaam => {
                let number = self.number();
                of(&["Proef", "Test", "Demo", "Fictie"], number)
            }
            Generator::Geboortedatum => {
                let today = self.clock.read().today();
                let days = i64::from(self.number() % (8 * 365)) + 4 * 366;
                let born = today.checked_sub(jiff::Span::new().days(days));
                born.unwrap_or(Date::ZERO).to_string()
            }
            Generator::Geslacht => {
                let number = self.number();
                of(&["M", "V"], number)
            }
        }
    }
}

/// The moment of the clock in whole seconds.
fn seconds(clock: &RunningClock) -> String {
    let now = clock.now();
    jiff::Timestamp::from_second(now.as_second())
        .unwrap_or(now)
        .to_string()
}

impl std::fmt::Debug for Values {
    /// Shows the names only: the values may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.scopes.iter().flat_map(BTreeMap::keys).collect();
        f.debug_struct("Values").field("names", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::is_bsn;

    const AT: Spot = Spot { line: 3, column: 7 };

    fn values() -> Values {
        let clock = RunningClock::standing_at("2027-02-01T09:00:00.25Z".parse().unwrap());
        Values::new(clock, "proef")
    }

    fn text(values: &mut Values, written: &str) -> Result<String, ValueError> {
        values.text(&Text::parse(AT, written).unwrap())
    }

    #[test]
    fn the_clock_and_the_school_year_are_always_there() {
        let mut values = values();
        for (written, expected) in [
            ("${vandaag}", "2027-02-01"),
            ("${vandaag+7d}", "2027-02-08"),
            ("${nu-1h}", "2027-02-01T08:00:00Z"),
            (
                "${schooljaar.begin}..${schooljaar.einde}",
                "2026-08-01..2027-07-31",
            ),
            ("${schooljaar.adviesjaar}", "2027"),
            ("$${x}", "${x}"),
        ] {
            assert_eq!(text(&mut values, written).unwrap(), expected);
        }
    }

    #[test]
    fn the_innermost_scope_wins_and_captures_outlive_it() {
        let mut values = values();
        values.set("a", serde_json::json!({"b": ["x", "y"], "n": 3}));
        assert_eq!(text(&mut values, "${a.b.1}${a.n}").unwrap(), "y3");
        values.enter([("a".to_string(), Value::from("inner"))]);
        assert_eq!(text(&mut values, "${a}").unwrap(), "inner");
        values.capture("c", Value::from("kept"));
        values.leave();
        assert_eq!(text(&mut values, "${c}${a.b.0}").unwrap(), "keptx");
    }

    #[test]
    fn what_cannot_be_made_names_the_value_and_the_place() {
        let mut values = values();
        values.set("a", serde_json::json!({"b": "x"}));
        for (written, kind) in [
            ("${weg}", ValueErrorKind::Undefined),
            ("${a.c}", ValueErrorKind::Undefined),
            ("${a}", ValueErrorKind::NoText),
            ("${a.b+1d}", ValueErrorKind::NoDate),
        ] {
            let error = text(&mut values, written).unwrap_err();
            assert_eq!((error.kind, error.at), (kind, AT), "{written}");
        }
    }

    #[test]
    fn the_same_seed_makes_up_the_same_synthetic_person() {
        let made = |seed: &str| {
            let clock = RunningClock::standing_at("2027-02-01T09:00:00Z".parse().unwrap());
            let mut values = Values::new(clock, seed);
            Generator::KEYS.map(|(_, generator)| values.generate(generator))
        };
        assert_eq!(made("1"), made("1"));
        assert_ne!(made("1"), made("2"));
        let person = made("1");
        assert!(is_bsn(&person[0]) && crate::finding::is_synthetic_number(&person[0]));
        let born: Date = person[10].parse().unwrap();
        assert!((2014..=2023).contains(&born.year()), "{born}");
    }
}
