//! What the user names on the command line, as messages to judge.
//!
//! Everything found is an [`Input`], also what cannot be read or is no message
//! at all, so that the counts of a run add up to what is there. Inputs are
//! found and read one at a time.

mod archive;
mod body;
mod error;
mod har;
mod http;
mod kind;
mod open;
mod resolve;

pub use body::BodyAt;
pub use error::{InputError, UsageError};
pub use kind::{ContentKind, description, kind_of};
pub use open::Input;
pub use resolve::{Inputs, Options};
