//! Whether a message has the shape that its contract's schema demands.

pub mod json;
pub mod xsd;
