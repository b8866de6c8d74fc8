//! The versioned stream of events that a check produces.
//!
//! Terminal and reports read only this. An event holds nothing that may not be
//! shown: personal values went through the run's redaction when it was made.
//! Recorded, it is one JSON object a line.

mod compare;
mod record;
mod recording;
mod scenario;
mod spool;
mod stream;
mod tally;

pub use compare::{CaseChange, Comparison, FindingChange, PackChange, RunState, TooMany};
pub use record::{RecordError, Recorder};
pub use recording::{Recording, RecordingError};
pub use scenario::{
    Exchanged, SaidBy, ScenarioInfo, ScenarioJudged, StepFinding, Stepped, Undeclared, Wrong,
    input_name, is_cut_short,
};
pub use spool::{Replay, Spool, SpoolError};
pub use stream::{
    BatchExcused, BatchFinding, BatchJudged, Carrier, EVENT_VERSION, Event, Excused, Grounds,
    Judged, PackInForce, PackKind, Recognised, Reported, Started, Summary,
};
pub use tally::{Of, Tally};
