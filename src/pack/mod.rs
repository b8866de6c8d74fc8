//! Packs: what the product knows of each contract (docs/packs.md).

mod bind;
mod builtin;
mod catalogue;
mod contracts;
mod date;
mod import;
mod import_error;
mod layout;
mod manifest;
mod package;
pub mod paths;
mod places;
mod store;
mod stored;
pub mod wsdl;

pub use bind::{Binding, BoundMessage, Unbound, bind};
pub use builtin::BUILTIN_FILES;
pub use date::{Day, Moment};
pub use import::{
    Change, ImportOptions, Imported, ImportedPack, Replaced, RulePathsOf, import,
};
pub use import_error::ImportError;
pub use layout::LayoutError;
pub use manifest::{Manifest, ManifestError, Message, Part, Provenance, Rewritten};
pub use package::{ImportSource, Package, PackageError, Source, Unreadable, UnreadableReason};
pub use stored::StoredError;
pub use store::{Pack, PackError, Store, Superseded};
