//! What visitors fill in, read and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::counterpart::osr::register::Refused;
use crate::facts::iso_date;
use crate::transport::Parameters;

/// What is wrong with a form: the key of a text, by field.
pub(super) type Mistakes = BTreeMap<&'static str, &'static str>;

/// A mandate that somebody wants to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewMandate {
    pub service: String,
    pub supplier: String,
    pub start: Date,
    pub end: Option<Date>,
}

impl NewMandate {
    /// Reads the form. That a mandate does not begin in the past is
    /// reconstructed.
    pub fn read(form: &Parameters, today: Date) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::new();
        let start = match form.get("startdatum").map(iso_date) {
            None => {
                mistakes.insert("startdatum", "date-missing");
                today
            }
            Some(None) => {
                mistakes.insert("startdatum", "date-form");
                today
            }
            Some(Some(start)) if start < today => {
                mistakes.insert("startdatum", "date-past");
                start
            }
            Some(Some(start)) => start,
        };
        let end = optional_date(form, "einddatum", &mut mistakes);
        if end.is_some_and(|end| end < start) {
            mistakes.insert("einddatum", "date-order");
        }
        let supplier = form.get("systeem").unwrap_or_default().to_string();
        if supplier.is_empty() {
            mistakes.insert("systeem", "system-missing");
        }
        match mistakes.is_empty() {
            true => Ok(Self {
                service: form.get("dienst").unwrap_or_default().to_string(),
                supplier,
                start,
                end,
            }),
            false => Err(mistakes),
        }
    }
}

/// What the register refuses, as a mistake in the form.
pub(super) fn refused(refused: Refused) -> Mistakes {
    Mistakes::from([match refused {
        Refused::Period => ("einddatum", "date-order"),
        Refused::Exists => ("systeem", "mandate-exists"),
        Refused::Supplier => ("systeem", "system-missing"),
        Refused::Service | Refused::Principal => ("systeem", "service-missing"),
        Refused::NoMandate => ("laatstedag", "mandate-over"),
        Refused::Write => ("systeem", "not-saved"),
    }])
}

/// The last day of a mandate that is withdrawn; `None` for at once.
pub(super) fn last_day(form: &Parameters, today: Date) -> Result<Option<Date>, Mistakes> {
    let mut mistakes = Mistakes::new();
    let day = optional_date(form, "laatstedag", &mut mistakes);
    if day.is_some_and(|day| day < today) {
        mistakes.insert("laatstedag", "date-past");
    }
    match mistakes.is_empty() {
        true => Ok(day),
        false => Err(mistakes),
    }
}

fn optional_date(form: &Parameters, field: &'static str, mistakes: &mut Mistakes) -> Option<Date> {
    let date = form.get(field).map(iso_date)?;
    if date.is_none() {
        mistakes.insert(field, "date-form");
    }
    date
}
