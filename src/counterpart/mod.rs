//! The parties that ketenkeur plays itself: DUO, the OSR and a LAS.
//!
//! Each is a register that remembers, behind a [`Handler`](crate::transport::Handler).
//! What a party must not forget stands in its [`Journal`] before anybody hears
//! of it.

mod body;
mod desk;
mod fault;
mod journal;
mod judges;
pub mod osr;
mod outgoing;
mod reading;
pub mod trigger;

pub use body::{Bodies, Body, BodyError, Part, Stamp, identificatiecode, moment};
pub use desk::{Desk, DeskOptions, Received, Remark, Signed};
pub use fault::{Fault, MEDIA_TYPE, Reason};
pub use journal::{Journal, JournalError};
pub use judges::{Judges, receiving_bench};
pub use outgoing::{Directory, DirectoryError, Endpoint, Post, Query, Service};
pub use reading::{PersoonsgebondenNummer, Reading};
