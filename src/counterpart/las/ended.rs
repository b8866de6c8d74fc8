//! How an action of the LAS ends that does not come to its end.

use serde_json::{Map, Value};

use crate::counterpart::trigger::{Outcome, Status};

/// A word for programs beside the text of an outcome (docs/trigger.md).
pub const NO_MANDATE: &str = "geen-mandaat";
/// The trigger makes no sense.
pub const TRIGGER: &str = "trigger";
/// What the trigger speaks of is not there.
pub const UNKNOWN: &str = "onbekend";
/// What it would make is there already.
pub const EXISTS: &str = "bestaat";
/// An earlier document about the pupil must go first.
pub const ORDER: &str = "volgorde";
/// The municipality or the school has closed the report.
pub const CLOSED: &str = "afgesloten";
/// RIO codes are not known.
pub const RIO: &str = "rio";
/// No answer came.
pub const CONNECTION: &str = "geen-antwoord";
/// A SOAP fault or an error of the OSR came.
pub const FAULT: &str = "fout";
/// What came cannot be believed.
pub const ANSWER: &str = "antwoord-onjuist";
/// The LAS itself is at fault.
pub const INTERNAL: &str = "intern";

/// Why an action did not come to its end.
#[derive(Debug)]
pub struct Ended {
    status: Status,
    reden: &'static str,
    text: String,
    data: Map<String, Value>,
}

impl Ended {
    /// The LAS will not do it.
    pub fn refused(reden: &'static str, text: impl Into<String>) -> Self {
        Self {
            status: Status::Refused,
            reden,
            text: text.into(),
            data: Map::new(),
        }
    }

    /// It was tried and did not come about.
    pub fn failed(reden: &'static str, text: impl Into<String>) -> Self {
        Self {
            status: Status::Failed,
            ..Self::refused(reden, text)
        }
    }

    /// The word for programs.
    pub fn reason(&self) -> &'static str {
        self.reden
    }

    /// The same with one more piece of data.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_string(), value.into());
        self
    }
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        let mut outcome = Outcome::new(ended.status, ended.text).with("reden", ended.reden);
        outcome.data.extend(ended.data);
        outcome
    }
}
