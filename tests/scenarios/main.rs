//! The script language: reading, lint, expectations, and the shipped scenarios.

mod expectations;
mod reading;
