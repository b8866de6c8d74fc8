//! The script language: reading, lint, expectations, and the shipped scenarios.

mod reading;
