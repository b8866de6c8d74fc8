//! Packs: what the product knows of each contract (docs/packs.md).

mod builtin;
mod date;
mod manifest;
mod store;

pub use builtin::BUILTIN_FILES;
pub use date::{Day, Moment};
pub use manifest::{Manifest, ManifestError, Message, Part, Provenance};
pub use store::{Pack, PackError, Store};
