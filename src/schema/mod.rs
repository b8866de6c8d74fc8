//! Schema validation: is the message built as its contract says?

pub mod json;
