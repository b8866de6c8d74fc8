//! The parties that ketenkeur plays itself: DUO, the OSR and a LAS.
//!
//! Each is a register that remembers, behind a [`Handler`](crate::transport::Handler).
//! What a party must not forget stands in its [`Journal`] before anybody hears
//! of it.

mod journal;
pub mod trigger;

pub use journal::{Journal, JournalError};
