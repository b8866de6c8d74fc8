//! The parties that ketenkeur plays itself: DUO, the OSR and a LAS.
//!
//! Each is a register that remembers, behind a [`Handler`](crate::transport::Handler).
//! What a party must not forget stands in its [`Journal`] before anybody hears
//! of it.

mod bodies;
mod body;
pub mod clock;
pub mod defect;
mod desk;
mod door;
pub mod duo;
mod fault;
mod journal;
mod judges;
pub mod las;
pub mod osr;
mod outgoing;
mod part;
mod reading;
pub mod reason;
mod takes;
pub mod trigger;

pub use bodies::Bodies;
pub use body::{Body, BodyError, Stamp, identificatiecode, moment};
pub use desk::{Desk, DeskOptions, Received, Remark, Signed};
pub use door::{AtDoor, Door, names_a_party};
pub use fault::{Fault, MEDIA_TYPE, Reason};
pub use journal::{Journal, JournalError};
pub use judges::{Judges, receiving_bench};
pub use outgoing::{Directory, DirectoryError, Endpoint, Post, Query, Service};
pub use part::Part;
pub use reading::{PersoonsgebondenNummer, Reading};
pub use takes::SAYS;
