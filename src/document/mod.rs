//! Bytes through the gate into a tree with source positions.
//!
//! XML and JSON become the same kind of [`Document`], so that one rule
//! language and one way of pointing at a place serve both. Files that the user
//! writes in YAML become a [`Yaml`] tree of their own.

mod excerpt;
mod gate;
mod json;
mod local_path;
mod navigator;
mod nearest;
mod place;
mod relative;
mod tree;
mod xml;
mod yaml;
mod yaml_fields;

pub use excerpt::{Excerpt, raw_excerpt};
pub(crate) use excerpt::{around, with_cuts};
pub use gate::{GateError, Gated};
pub use json::NotJson;
pub use local_path::LocalPath;
pub use navigator::Navigator;
pub use nearest::{nearest, slips};
pub use place::{PlaceOf, WSDL};
pub use relative::seen_from;
pub use tree::{Attribute, Document, Format, Name, Namespace, NodeId, NodeKind};
pub use xml::NotWellFormed;
pub use yaml::{Spot, Yaml, YamlKey, YamlValue};
pub use yaml_fields::{Fields, Mistake, Mistakes, unknown};
