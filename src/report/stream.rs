//! Events as a JSON array that is written while they are read.

use std::cell::Cell;
use std::io::Write;

use serde::ser::{Error, Serialize, SerializeSeq, Serializer};

use super::ReportError;
use super::escape::write_json;
use crate::event::{Event, Spool, SpoolError};

/// The items that `items` makes of every event, as an array.
pub(super) struct Stream<'a, F> {
    events: &'a Spool,
    items: F,
    failed: &'a Cell<Option<SpoolError>>,
}

impl<'a, F> Stream<'a, F> {
    pub(super) fn new(events: &'a Spool, failed: &'a Cell<Option<SpoolError>>, items: F) -> Self {
        Self {
            events,
            items,
            failed,
        }
    }
}

impl<F, T> Serialize for Stream<'_, F>
where
    F: Fn(Event) -> Vec<T>,
    T: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        for event in self.events.replay() {
            let event = event.map_err(|error| {
                self.failed.set(Some(error));
                S::Error::custom(error)
            })?;
            for item in (self.items)(event) {
                array.serialize_element(&item)?;
            }
        }
        array.end()
    }
}

/// Writes a document whose streams note their failures in `failed`.
pub(super) fn write_document(
    document: &impl Serialize,
    failed: &Cell<Option<SpoolError>>,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    match write_json(&mut *out, document) {
        Ok(_) => Ok(writeln!(out)?),
        Err(error) => Err(match failed.get() {
            Some(error) => error.into(),
            None => std::io::Error::from(error).into(),
        }),
    }
}
