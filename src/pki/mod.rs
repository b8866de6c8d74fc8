//! A test PKI shaped like PKIoverheid's: the built-in one, whose keys are
//! published, and fresh ones in a folder of the user's.
//!
//! G1 has one hierarchy with combined certificates, for signing messages and
//! for both ends of TLS. G4 has separate hierarchies for TLS and for signing
//! (20-edukoppeling.md, PKI005). Beside the certificates of parties stand ones
//! that are made wrong on purpose. All names lie under `ketenkeur.invalid`.

mod authority;
mod built_in;
mod files;
mod identity;
mod keys;
mod test_pki;

pub use authority::{TEST_DOMAIN, holds_at};
pub use built_in::{Authorities, trust_built_in, trust_built_in_as_real};
pub(crate) use files::pem;
pub use files::{FilesError, make_folder, write_files};
pub use identity::{Hierarchy, IDENTITIES, Identity};
pub use keys::stand_in;
pub use test_pki::{PkiError, TestPki};
