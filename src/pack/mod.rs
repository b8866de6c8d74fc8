//! Packs: what the product knows of each contract (docs/packs.md).

mod bind;
mod builtin;
mod catalogue;
mod compare;
mod contracts;
mod date;
mod import;
mod import_error;
mod layout;
mod lock;
mod manifest;
mod overview;
mod package;
mod places;
mod problem;
mod project;
mod rule_sets;
mod store;
mod stored;
pub mod wsdl;

pub use bind::{Binding, BoundMessage, Unbound, bind};
pub use builtin::BUILTIN_FILES;
pub use compare::{Comparison, PlaceChange, PlaceTurn, RuleChange, RuleTurn};
pub use date::{Day, Moment};
pub use import::{Change, ImportOptions, Imported, ImportedPack, Replaced, import};
pub use import_error::{BindError, ImportError};
pub use layout::LayoutError;
pub use lock::{Difference, Lock, LockError, LockedPack};
pub use manifest::{Manifest, ManifestError, Message, Part, Provenance, Rewritten};
pub use overview::{RuleFile, notice};
pub use package::{ImportSource, Package, PackageError, Source, Unreadable, UnreadableReason};
pub use problem::Problem;
pub use project::{Project, ProjectError, in_force, user_packs_folder};
pub use rule_sets::RuleSetUnusable;
pub use store::{Pack, Store, Superseded};
pub use stored::StoredError;
