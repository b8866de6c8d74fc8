//! Scenarios: exchanges that are to be played, as scripts in YAML.
//!
//! A [`Scenario`] is what a script says, checked as far as it can be without
//! playing it. Texts in it may name [`Values`], which are known when it is
//! played. docs/scenarios.md describes the language, and
//! docs/schemas/scenario.schema.json lets an editor check it.

mod capture;
mod data;
mod expect;
mod expectation;
mod expression;
mod library;
mod lint;
mod lint_causes;
mod lint_message;
mod lint_names;
mod model;
mod moment;
mod names;
mod order;
mod read;
mod read_data;
mod read_expect;
mod read_message;
mod read_step;
mod received;
mod script_kind;
mod source;
mod step;
mod text;
mod values;

pub use capture::capture;
pub use data::{Generator, Given, GivenContent};
pub use expect::{
    Assertion, Expect, FaultExpectation, HeaderExpectation, JsonExpectation, JsonMust, StatusRange,
    TransportExpectation,
};
pub use expectation::{Got, Judgment, Wanted, fault_code, is_so, judge, script_finding, text_at};
pub use library::{Library, LibraryError};
pub use lint::{LintContext, SHIPPED_ID, forbids, lint};
pub use model::{
    Bilingual, Conduct, Key, Parties, Placed, PlacedCode, Proof, Role, Scenario, Sector, Sourced,
};
pub use moment::{Moment, Offset, Unit, duration};
pub use order::{Datum, Task, Work, changes, order};
pub use read::{Script, ScriptMistake, Shared, read_script};
pub use read_step::{RECEIVE_WITHIN, step_keys};
pub use script_kind::{ScriptKind, is_shipped};
pub use source::{OnDisk, Shipped, SourceError, Sources, is_script};
pub use step::{
    ACTS, Act, ActKind, Action, Advance, Capture, Change, Content, Extract, Include, Jwt,
    LasAction, Outgoing, Over, Probe, ProbeKind, Receive, Repeat, Reply, Rest, ScriptEdit, Send,
    Status, Step, Trigger,
};
pub use text::{BadReference, Piece, Reference, Text};
pub use values::{ALWAYS, ValueError, ValueErrorKind, Values};
