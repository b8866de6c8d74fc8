//! The target file: what is tested, how it is reached, as whom the other
//! parties act, and what the supplier says that its product can do.
//!
//! Reading checks all that can be seen from the file alone and tells every
//! mistake at once. Keys and passphrases stand in files and the environment,
//! never in the target file; they are read when they are needed.

mod capabilities;
mod example;
mod identity;
mod inspect;
mod model;
mod read;
mod read_capabilities;

pub use capabilities::{Capabilities, Capability, Declared};
pub use example::example;
pub use identity::{IdentityError, IdentityProblem, IdentitySource, PassphraseSource};
pub use inspect::{Inspected, Inspection, Subject, inspect};
pub use model::{EndpointName, PlayedRole, Product, School, Supplier, Target, TestedRole, Trigger};
