//! Signed messages in DUO's house style: right ones, and wrong ones that break
//! exactly one rule.

mod breaks;
mod key;
mod key_file;
mod plan;
mod request;

pub use breaks::{Breakable, Shown, breakable, shown};
pub use key::{KeyError, Passphrase, SigningKey, StandIn};
pub(crate) use key_file::KeyFile;
pub use request::{SignError, SignRequest, address_of, message_id, sign};
