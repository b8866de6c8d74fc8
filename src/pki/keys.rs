//! Private keys: the published ones of the built-in test PKI, and fresh ones.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
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

static PUBLISHED: LazyLock<Result<Vec<Arc<Key>>, PkiError>> = LazyLock::new(|| {
    PrivatePkcs8KeyDer::pem_slice_iter(include_bytes!("testsleutels.pem"))
        .filter_map(Result::ok)
        .map(|key| Key::read(key.secret_pkcs8_der()))
        .collect()
});

/// A private key that signs. It is checked when it is read, which takes longer
/// than signing; so the published ones are read once.
pub(super) struct Key {
    /// In PKCS#8.
    pub(super) pkcs8: Vec<u8>,
    pub(super) pair: Arc<RsaKeyPair>,
}

impl Key {
    fn read(pkcs8: &[u8]) -> Result<Arc<Self>, PkiError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| PkiError::Key)?;
        Ok(Arc::new(Self {
            pkcs8: pkcs8.to_vec(),
            pair: Arc::new(pair),
        }))
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut value = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut value)
            .map_err(|_| rcgen::Error::RingUnspecified)?;
        Ok(value)
    }
}

/// The published key of `holder`.
pub(super) fn published(holder: &str) -> Result<Arc<Key>, PkiError> {
    let keys = PUBLISHED.as_ref().map_err(|error| *error)?;
    let at = HOLDERS.iter().position(|known| *known == holder);
    let key = at.and_then(|at| keys.get(at));
    key.cloned().ok_or(PkiError::Key)
}

/// A fresh RSA key of 2048 bits.
pub(super) fn fresh() -> Result<Arc<Key>, PkiError> {
    let made = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    Key::read(&made.map_err(|_| PkiError::Key)?.serialize_der())
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
        pkcs8: published("fout").ok()?.pkcs8.clone(),
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
