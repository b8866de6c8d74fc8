//! Signed messages in DUO's house style: right ones, and wrong ones that break
//! exactly one rule.

mod breaks;
mod key;
mod plan;
mod request;

pub use breaks::{Breakable, breakable};
pub use key::{KeyError, Passphrase, SigningKey};
pub use request::{SignError, SignRequest, address_of, message_id, sign};
