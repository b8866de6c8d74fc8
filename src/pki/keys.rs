//! Private keys: the published ones of the built-in test PKI, and fresh ones.

use std::sync::LazyLock;

use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize, SignatureAlgorithm};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::test_pki::PkiError;
use crate::edukoppeling::StandIn;

/// Whose keys stand in the file, in its order.
const HOLDERS: [&str; 12] = [
    "root-g1",
    "uitgever-g1",
    "root-g4-tls",
    "uitgever-g4-tls",
    "root-g4-ondertekening",
    "uitgever-g4-ondertekening",
    "root-andere",
    "duo",
    "osr",
    "leverancier",
    "school",
    "fout",
];

static PUBLISHED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    PrivatePkcs8KeyDer::pem_slice_iter(include_bytes!("testsleutels.pem"))
        .filter_map(Result::ok)
        .map(|key| key.secret_pkcs8_der().to_vec())
        .collect()
});

/// The published key of `holder`, in PKCS#8.
pub(super) fn published(holder: &str) -> Result<Vec<u8>, PkiError> {
    let at = HOLDERS.iter().position(|known| *known == holder);
    at.and_then(|at| PUBLISHED.get(at).cloned())
        .ok_or(PkiError::Key)
}

/// A fresh RSA key of 2048 bits, in PKCS#8.
pub(super) fn fresh() -> Result<Vec<u8>, PkiError> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
        .map(|key| key.serialize_der())
        .map_err(|_| PkiError::Key)
}

/// The published key of 1024 bits. No library makes one any more.
pub(super) struct WeakKey {
    /// The private key in PKCS#8.
    pub(super) private: Vec<u8>,
    public: Vec<u8>,
}

impl WeakKey {
    pub(super) fn published() -> Result<Self, PkiError> {
        let file = include_bytes!("zwakke-sleutel.pem");
        let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(file).filter_map(Result::ok);
        let (mut private, mut public) = (None, None);
        for (kind, der) in sections {
            match kind {
                SectionKind::PrivateKey => private = Some(der),
                SectionKind::PublicKey => public = public_key(&der),
                _ => {}
            }
        }
        match (private, public) {
            (Some(private), Some(public)) => Ok(Self { private, public }),
            _ => Err(PkiError::Key),
        }
    }
}

/// What signs for the weak key of the test PKI, when `pkcs8` is that: nothing
/// signs with it any more, and no receiver comes to verify a signature under
/// its certificate.
pub fn stand_in(pkcs8: &[u8]) -> Option<StandIn> {
    let weak = WeakKey::published().ok()?;
    if weak.private != pkcs8 {
        return None;
    }
    Some(StandIn {
        pkcs8: published("fout").ok()?,
        public: weak.public,
    })
}

/// The RSA key in a `SubjectPublicKeyInfo`.
fn public_key(spki: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoOwned::from_der(spki).ok()?;
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec)
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}
