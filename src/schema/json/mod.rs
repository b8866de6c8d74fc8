//! JSON Schema behind one small interface: compile a set of files, validate a
//! document. Only this folder knows the engine.

mod compile;
mod mistakes;

pub use compile::{JsonSchema, JsonSchemaError};
pub use mistakes::{JSON_CODES, SchemaFindings};
