//! What a trigger says an action is to work with.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::ended::{Ended, TRIGGER};
use super::json::parts_of;
use crate::counterpart::trigger::Action;
use crate::counterpart::{Part, PersoonsgebondenNummer};
use crate::facts::iso_date;

/// The `with` of a trigger, read by name.
#[derive(Clone, Copy)]
pub struct With<'a>(&'a Map<String, Value>);

impl<'a> With<'a> {
    /// Reads `members`, of which no others may be there than the action takes.
    ///
    /// # Errors
    ///
    /// There are others: a slip of the pen must not change what is asked.
    pub fn new(members: &'a Map<String, Value>, action: Action) -> Result<Self, Ended> {
        let known = action.takes();
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self(members)),
            Some(other) => Err(Ended::refused(
                TRIGGER,
                format!("this action has no `{other}`; it has {}", known.join(", ")),
            )),
        }
    }

    /// Whether there is a member of that name, even `null`.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text or number; `None` when it is not there or `null`.
    ///
    /// # Errors
    ///
    /// It is something else, or empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, Ended> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(Ended::refused(TRIGGER, format!("`{name}` must be a text"))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    ///
    /// It is not, or is none.
    pub fn required(&self, name: &str) -> Result<String, Ended> {
        let text = self.text(name)?;
        text.ok_or_else(|| Ended::refused(TRIGGER, format!("`{name}` is missing")))
    }

    /// A date in ISO form.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn date(&self, name: &str) -> Result<Option<String>, Ended> {
        let text = self.text(name)?;
        match text.as_deref().map(iso_date) {
            Some(None) => Err(Ended::refused(
                TRIGGER,
                format!("`{name}` must be a date such as 2026-08-01"),
            )),
            _ => Ok(text),
        }
    }

    /// The parts of a message that a member stands for.
    ///
    /// # Errors
    ///
    /// It cannot stand for parts.
    pub fn parts(&self, name: &str) -> Result<Vec<Part>, Ended> {
        let value = self.0.get(name).unwrap_or(&Value::Null);
        parts_of(name, value).ok_or_else(|| {
            Ended::refused(
                TRIGGER,
                format!("`{name}` must be made of members that messages have"),
            )
        })
    }

    /// The parts that the members of these names stand for, in this order.
    ///
    /// # Errors
    ///
    /// As [`With::parts`].
    pub fn all_parts(&self, names: &[&str]) -> Result<Vec<Part>, Ended> {
        let mut parts = Vec::new();
        for name in names {
            parts.extend(self.parts(name)?);
        }
        Ok(parts)
    }

    /// The number of a pupil.
    ///
    /// # Errors
    ///
    /// It is no text.
    pub fn number(&self) -> Result<Option<PersoonsgebondenNummer>, Ended> {
        let bsn = self.text("burgerservicenummer")?;
        let bsn = bsn.map(PersoonsgebondenNummer::Bsn);
        let other = self.text("onderwijsnummer")?;
        Ok(bsn.or_else(|| other.map(PersoonsgebondenNummer::Onderwijsnummer)))
    }
}

/// Holds an action that is about the LAS as a whole to that.
///
/// # Errors
///
/// Something is named that it is to be about.
pub fn about_nobody(members: &Map<String, Value>) -> Result<(), Ended> {
    match members.keys().next() {
        None => Ok(()),
        Some(other) => Err(Ended::refused(
            TRIGGER,
            format!("this action has no `{other}`: it is about the whole LAS"),
        )),
    }
}

/// A date in ISO form.
pub fn iso(date: Date) -> String {
    date.to_string()
}
