//! The script language: reading, lint, expectations, and the shipped scenarios.

mod documentation;
mod expectations;
mod lint;
mod reading;
mod schema;
