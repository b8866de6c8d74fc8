//! `ketenkeur` judges the messages that school administration systems, DUO and
//! Kennisnet exchange in Dutch primary education.
//!
//! The modules depend on each other in one direction, from the bottom up:
//!
//! | module | what it knows |
//! |---|---|
//! | [`finding`] | findings, grades, classes, verdicts, personal values |
//! | [`event`] | the versioned stream that terminal and reports read |
//! | [`limits`], [`clock`] | every limit in one place; the moment of judging |
//! | [`document`] | bytes through the gate into a tree with source positions |
//! | [`facts`] | numbers, calendar, value lists and RIO data |
//! | [`batch`] | the rules over several messages together |

pub mod batch;
pub mod check;
pub mod clock;
pub mod document;
pub mod event;
pub mod facts;
pub mod finding;
pub mod limits;
pub mod pack;
pub mod schema;
