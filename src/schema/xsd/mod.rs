//! XSD 1.0 validation behind one small interface, so that the engine can be
//! changed: compile a set of files, validate an element of a document, ask for
//! the structure. Only this folder knows the engine.

mod compile;
mod declared;
mod diagnose;
mod drive;
mod facets;
mod mistake;
mod names;
mod order;
mod repair;
mod structure;
mod values;

pub use compile::{CompiledSet, FileBytes, SchemaFiles, SchemaRefused, XsdSchema};
pub use declared::Declared;
pub use diagnose::Diagnosis;
pub use facets::example_of_pattern;
pub use mistake::Mistake;
pub(crate) use names::nearest;
pub use structure::{Child, ElementType, Structure};
