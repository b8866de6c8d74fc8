//! Whether a message has the shape that its contract's schema demands.

mod json;
pub mod xsd;

pub use json::{JSON_CODES, JsonSchema, JsonSchemaError, SchemaFindings};
