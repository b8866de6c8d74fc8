//! How an action of the LAS ends that does not come to its end.

use serde_json::{Map, Value};

pub use crate::counterpart::reason::{
    ANSWER, CLOCK, CLOSED, CONNECTION, EXISTS, FAULT, INTERNAL, NO_MANDATE, ORDER, RIO, TRIGGER,
    UNKNOWN,
};
use crate::counterpart::trigger::{Outcome, Status};

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
