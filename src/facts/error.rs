//! Why a file with facts could not be used.

use std::borrow::Cow;

use jiff::civil::Date;

/// A file with facts as it was found: compiled in, or given by the user.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// How to name the file in an error, slashes on every system.
    pub file: Cow<'static, str>,
    /// What stands in it.
    pub text: Cow<'static, str>,
}

impl SourceText {
    /// A file and its content.
    pub fn new(file: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            file: file.into(),
            text: text.into(),
        }
    }

    /// The file as the structure `T`.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, FactError> {
        toml::from_str(&self.text).map_err(|error| {
            let line = error.span().map(|span| {
                let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
                before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1
            });
            FactError {
                file: self.file.to_string(),
                line,
                key: String::new(),
                // What the reader says of a file of facts: no message, and so
                // nothing personal, is in it.
                problem: Problem::Unreadable(error.message().to_string()),
            }
        })
    }

    /// A date that the file writes as TOML does.
    pub(crate) fn date(
        &self,
        written: toml::value::Datetime,
        key: impl FnOnce() -> String,
    ) -> Result<Date, FactError> {
        let date = match (written.date, written.time) {
            (Some(date), None) => {
                Date::new(date.year as i16, date.month as i8, date.day as i8).ok()
            }
            _ => None,
        };
        date.ok_or_else(|| self.error(key(), Problem::NoDate(written.to_string())))
    }

    pub(crate) fn error(&self, key: impl Into<String>, problem: Problem) -> FactError {
        FactError {
            file: self.file.to_string(),
            line: None,
            key: key.into(),
            problem,
        }
    }
}

/// A file with facts that cannot be used: which file, which key, what is wrong.
/// The guilty one is whoever wrote the file: a pack or the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}{}: {problem}", line_suffix(*.line), key_suffix(key))]
pub struct FactError {
    /// The file as the user or the pack names it.
    pub file: String,
    /// Line from 1, where the reader of the file knows it.
    pub line: Option<u32>,
    /// The key within the file, as `edition[2].valid-from`; empty for the
    /// file as a whole.
    pub key: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a file of facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or not of the form that the file should have.
    #[error("{0}")]
    Unreadable(String),
    /// A list whose name is not the name of its file, by which it is found.
    #[error("the list is called {found:?}, but its file says {expected:?}; rename one of them")]
    Name {
        /// The name that follows from the file.
        expected: String,
        /// The name in the file.
        found: String,
    },
    /// Not a date of the calendar.
    #[error("{0:?} is not a date; write YYYY-MM-DD, or MM-DD for a day of every year")]
    NoDate(String),
    /// The end lies before the begin.
    #[error("the end lies before the begin")]
    Reversed,
    /// Two editions, windows or closing dates are in force on the same day.
    #[error("overlaps with {0}; a day may have one only")]
    Overlap(String),
    /// The same key or code twice.
    #[error("{0:?} occurs twice")]
    Double(String),
    /// A word that the file's format does not know.
    #[error("{0:?} is not known here; known are {1}")]
    Unknown(String, &'static str),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
}

fn line_suffix(line: Option<u32>) -> String {
    line.map_or_else(String::new, |line| format!(":{line}"))
}

fn key_suffix(key: &str) -> String {
    if key.is_empty() {
        String::new()
    } else {
        format!(", {key}")
    }
}
