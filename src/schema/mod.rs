//! Whether a message has the shape that its contract's schema demands.

mod json_mistakes;
mod json_schema;
pub mod xsd;

pub use json_mistakes::{JSON_CODES, SchemaFindings};
pub use json_schema::{JsonSchema, JsonSchemaError};
