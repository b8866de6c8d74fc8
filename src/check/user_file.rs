//! TOML files that a user writes: the settings and the deviations.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};

use crate::document::nearest;
use crate::finding::{DataClass, mask};

/// Why a file is refused: the user's configuration is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {mistake:?}")]
pub struct UserFileError {
    /// Line of the mistake, from 1.
    pub line: u32,
    /// What is wrong there.
    pub mistake: Mistake,
}

impl UserFileError {
    /// The value of a key is none that it can have, in an entry of a list of
    /// tables (from 0): `kind` is the text that says what it can have.
    pub fn in_list(text: &str, list: &str, entry: usize, key: &str, kind: &'static str) -> Self {
        Self {
            line: line_in_list(text, list, entry, key),
            mistake: Mistake::Value {
                key: key.to_string(),
                expected: Expected::Kind(kind),
            },
        }
    }

    /// What it says: the key of a text (`error.<key>`) and its places, but for
    /// `path`, the name of the file.
    pub fn told(self) -> (&'static str, Vec<(&'static str, String)>) {
        let or_nothing = |nearest: Option<Arc<str>>| {
            nearest.map_or_else(String::new, |nearest| nearest.to_string())
        };
        let (key, mut args) = match self.mistake {
            Mistake::Syntax => ("config-syntax", Vec::new()),
            Mistake::UnknownKey { key, nearest } => (
                "config-key",
                vec![("key", key), ("nearest", or_nothing(nearest))],
            ),
            Mistake::MissingKey { key } => ("config-missing", vec![("key", key)]),
            Mistake::Value { key, expected } => match expected {
                Expected::Words(words) => {
                    let words = words.join(", ");
                    ("config-word", vec![("key", key), ("expected", words)])
                }
                Expected::Kind(kind) => (kind, vec![("key", key)]),
            },
            Mistake::UnknownRule { rule, nearest } => (
                "deviation-rule",
                vec![("rule", rule), ("nearest", or_nothing(nearest))],
            ),
            Mistake::Other(reason) => ("config", vec![("reason", reason)]),
        };
        args.push(("line", self.line.to_string()));
        (key, args)
    }
}

/// A mistake in a TOML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// The line is no TOML, or names a key that has a value already.
    Syntax,
    /// There is no such key.
    UnknownKey {
        /// The key as written.
        key: String,
        /// The known key that it resembles.
        nearest: Option<Arc<str>>,
    },
    /// A key that must be there is not.
    MissingKey {
        /// The key.
        key: String,
    },
    /// The value of a key is none that it can have.
    Value {
        /// The key.
        key: String,
        /// What it can have.
        expected: Expected,
    },
    /// There is no rule of that code.
    UnknownRule {
        /// The code as written.
        rule: String,
        /// The known code that it resembles.
        nearest: Option<Arc<str>>,
    },
    /// Anything else, in the words of the TOML reader.
    Other(String),
}

impl Mistake {
    /// The key that it is about; empty without one.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key, .. } | Self::MissingKey { key } | Self::Value { key, .. } => {
                key
            }
            Self::UnknownRule { .. } => "rule",
            Self::Syntax | Self::Other(_) => "",
        }
    }
}

/// What a key can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// One of these words.
    Words(Vec<String>),
    /// What the text of that key (`error.<key>`) describes.
    Kind(&'static str),
}

/// Beginnings of what the reader expects, and the key of its text.
const KINDS: &[(&str, &str)] = &[
    ("a boolean", "config-boolean"),
    ("u64", "config-number"),
    ("a string", "config-text"),
    ("path string", "config-text"),
    ("a sequence", "config-list"),
    ("usize", "config-number"),
    ("a nonzero usize", "config-number"),
    ("a map", "config-table"),
    ("struct", "config-table"),
    ("a TOML datetime", "config-date"),
    ("a date", "config-date"),
];

/// What somebody writes of a matter, for a field of a file: it is shown to
/// others, so a number of a person in it is masked.
///
/// # Errors
///
/// It is no text.
pub fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    Ok(mask(&text, DataClass::Plain))
}

/// The same for a field that may be left out.
///
/// # Errors
///
/// It is no text.
pub fn words_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.map(|text| mask(&text, DataClass::Plain)))
}

/// Reads a file into `T`.
///
/// # Errors
/// With the line and, where that is known, the key.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, UserFileError> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, error.span());
        let written = text.lines().nth(line as usize - 1);
        UserFileError {
            line,
            mistake: match written.and_then(impossible_day) {
                Some(key) => Mistake::Value {
                    key,
                    expected: Expected::Kind("config-date"),
                },
                None => Mistake::Syntax,
            },
        }
    })?;
    toml::from_str(text).map_err(|error| UserFileError {
        line: line_of(text, error.span()),
        mistake: mistake(error.message(), || {
            let at = error.span()?.start;
            key_at(table.get_ref(), at).map(str::to_string)
        }),
    })
}

/// The line on which a span begins, from 1.
fn line_of(text: &str, span: Option<Range<usize>>) -> u32 {
    let start = span.map_or(0, |span| span.start.min(text.len()));
    1 + text[..start].matches('\n').count() as u32
}

/// The line of a key in an entry of a list of tables (from 0); that of the
/// entry's header where it lacks the key, and the first without the entry.
pub fn line_in_list(text: &str, list: &str, entry: usize, key: &str) -> u32 {
    let find = |table: &DeTable<'_>| {
        let found = table.get(list)?.get_ref().get(entry)?;
        let value = found.get_ref().as_table().and_then(|inner| inner.get(key));
        Some(value.unwrap_or(found).span())
    };
    let table = DeTable::parse(text).ok();
    line_of(text, table.and_then(|table| find(table.get_ref())))
}

/// The key on a line whose value looks like a day and is none, such as
/// 30 February: to the reader of TOML it is no value at all.
fn impossible_day(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let value = value.split(['#', ',']).next()?.trim();
    let shape = value
        .chars()
        .map(|one| if one.is_ascii_digit() { '9' } else { one });
    let is_day = shape.collect::<String>() == "9999-99-99";
    (is_day && value.parse::<jiff::civil::Date>().is_err()).then(|| key.trim().to_string())
}

/// What the reader means. Its messages are serde's, whose wording is stable;
/// one that is not known is passed on.
fn mistake(message: &str, key: impl Fn() -> Option<String>) -> Mistake {
    let first = || quoted(message).next().unwrap_or_default();
    if message.starts_with("unknown field") {
        let known: Vec<String> = quoted(message).skip(1).collect();
        let key = first();
        return Mistake::UnknownKey {
            nearest: nearest(&key, known.iter().map(String::as_str)).map(Arc::from),
            key,
        };
    }
    if message.starts_with("missing field") {
        return Mistake::MissingKey { key: first() };
    }
    if message.starts_with("invalid type: map, expected a sequence") {
        return match key() {
            Some(key) => Mistake::Value {
                key,
                expected: Expected::Kind("config-tables"),
            },
            None => Mistake::Other(message.to_string()),
        };
    }
    let expected = match message.split_once("expected ") {
        Some((before, _)) if before.starts_with("unknown variant") => {
            Some(Expected::Words(quoted(message).skip(1).collect()))
        }
        Some((_, kind)) => KINDS
            .iter()
            .find(|(beginning, _)| kind.starts_with(beginning))
            .map(|(_, text)| Expected::Kind(text)),
        None => None,
    };
    match (expected, key()) {
        (Some(expected), Some(key)) => Mistake::Value { key, expected },
        _ => Mistake::Other(message.to_string()),
    }
}

/// The names in backticks.
fn quoted(message: &str) -> impl Iterator<Item = String> {
    message.split('`').skip(1).step_by(2).map(str::to_string)
}

/// The innermost key whose value holds the byte `at`. A table's own span is its
/// header alone, so every table is looked into.
fn key_at<'t>(table: &'t DeTable<'_>, at: usize) -> Option<&'t str> {
    table.iter().find_map(|(key, value)| {
        let inner = match value.get_ref() {
            DeValue::Table(inner) => key_at(inner, at),
            DeValue::Array(items) => items.iter().find_map(|item| match item.get_ref() {
                DeValue::Table(inner) => key_at(inner, at),
                _ => None,
            }),
            _ => None,
        };
        let own = || value.span().contains(&at).then(|| &**key.get_ref());
        inner.or_else(own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    #[allow(dead_code)]
    struct File {
        lang: Option<crate::finding::Language>,
        locked: Option<bool>,
        jobs: Option<usize>,
        rio: Option<Vec<std::path::PathBuf>>,
        #[serde(default)]
        entry: Vec<Entry>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Entry {
        owner: String,
        until: crate::pack::Day,
    }

    #[test]
    fn the_usual_mistakes_have_a_line_and_a_key() {
        let value = |key: &str, expected| Mistake::Value {
            key: key.into(),
            expected,
        };
        let words = Expected::Words(vec!["nl".into(), "en".into()]);
        let entry = "[[entry]]\nowner = 'a'\n";
        for (text, line, wanted) in [
            ("lang = 'nl'\nlang", 2, Mistake::Syntax),
            ("lang = 'nl'\nlang = 'en'\n", 2, Mistake::Syntax),
            (
                "\nlagn = 'nl'\n",
                2,
                Mistake::UnknownKey {
                    key: "lagn".into(),
                    nearest: Some("lang".into()),
                },
            ),
            (
                "onzin = 1\n",
                1,
                Mistake::UnknownKey {
                    key: "onzin".into(),
                    nearest: None,
                },
            ),
            ("lang = 'de'\n", 1, value("lang", words)),
            (
                "\n\nlocked = 'ja'\n",
                3,
                value("locked", Expected::Kind("config-boolean")),
            ),
            (
                "jobs = -1\n",
                1,
                value("jobs", Expected::Kind("config-number")),
            ),
            (
                "rio = 'a.xml'\n",
                1,
                value("rio", Expected::Kind("config-list")),
            ),
            (
                "rio = [\n  3,\n]\n",
                2,
                value("rio", Expected::Kind("config-text")),
            ),
            (
                entry,
                1,
                Mistake::MissingKey {
                    key: "until".into(),
                },
            ),
            (
                &format!("{entry}until = 'morgen'\n"),
                3,
                value("until", Expected::Kind("config-date")),
            ),
            (
                &format!("{entry}until = 2026-02-30 # day\n"),
                3,
                value("until", Expected::Kind("config-date")),
            ),
            (
                "[entry]\nowner = 'a'\nuntil = 2026-02-03\n",
                1,
                value("entry", Expected::Kind("config-tables")),
            ),
            (
                &format!("{entry}until = 10:00:00\n"),
                3,
                value("until", Expected::Kind("config-date")),
            ),
        ] {
            let error = read::<File>(text).unwrap_err();
            assert_eq!((error.line, error.mistake), (line, wanted), "{text}");
        }
    }
}
