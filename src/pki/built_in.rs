//! Trust in the built-in test PKI, without its keys: the certificates of its
//! authorities are the same at any moment, and so is what they revoked.

use rustls_pki_types::pem::{PemObject, SectionKind};

use crate::edukoppeling::{Certificate, Revocation, Trust, TrustStore};
use crate::facts::Profile;

/// Certificates of authorities and revocation lists, from which trust is made.
#[derive(Debug, Default, Clone)]
pub struct Authorities {
    /// Roots, and what stands between them and the certificates of parties.
    pub store: TrustStore,
    /// Revocation lists.
    pub lists: Revocation,
}

impl Authorities {
    /// Those of the built-in test PKI, and no others.
    pub fn built_in() -> Self {
        Self::default().with_built_in()
    }

    /// These, and those of the built-in test PKI.
    pub fn with_built_in(mut self) -> Self {
        trust_built_in(&mut self.store, &mut self.lists);
        self
    }

    /// Whom a target of this profile trusts that names these: in the test
    /// profile the built-in test PKI as well.
    pub fn of_target(self, profile: Profile) -> Self {
        match profile {
            Profile::Test => self.with_built_in(),
            Profile::Production => self,
        }
    }

    /// Trust in them.
    pub fn trust(self) -> Trust {
        Trust::new(self.store, self.lists)
    }
}

/// Adds what a receiver in a test environment trusts to `store`: the
/// authorities of the built-in test PKI; and their revocation lists to
/// `lists`.
pub fn trust_built_in(store: &mut TrustStore, lists: &mut Revocation) {
    for (kind, der) in sections() {
        match kind {
            SectionKind::Certificate => {
                if let Ok(certificate) = Certificate::read(der) {
                    store.add_test(certificate);
                }
            }
            SectionKind::Crl => {
                lists.add(&der);
            }
            _ => {}
        }
    }
}

/// The same, trusted as if it were real: what a receiver in production would
/// say of a message, had these authorities been PKIoverheid's.
pub fn trust_built_in_as_real(store: &mut TrustStore, lists: &mut Revocation) {
    trust_built_in(&mut TrustStore::empty(), lists);
    let certificates = sections().filter(|(kind, _)| *kind == SectionKind::Certificate);
    for certificate in certificates.filter_map(|(_, der)| Certificate::read(der).ok()) {
        store.add_as_real(certificate);
    }
}

fn sections() -> impl Iterator<Item = (SectionKind, Vec<u8>)> {
    // The file is part of the binary; a test holds it against the keys.
    let file = include_bytes!("testgezag.pem");
    <(SectionKind, Vec<u8>)>::pem_slice_iter(file).filter_map(Result::ok)
}
