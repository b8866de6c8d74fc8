//! The key that a party signs with, read from what the party has: PEM files or
//! a PKCS#12 file.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;

use super::key_file::KeyFile;
use crate::edukoppeling::certificate::Certificate;

/// A secret that opens a key file. Comes from a file or the environment, never
/// from the command line, and is never shown.
pub struct Passphrase(String);

impl Passphrase {
    /// The passphrase `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever opens or closes a file with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// Why a key cannot be used. Says nothing of what the file holds: what readers
/// of other crates report may quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file holds no private key that can be read.
    #[error("there is no private key in it that can be read")]
    NoKey,
    /// The key is encrypted and no passphrase was given.
    #[error("the key is encrypted and no passphrase was given")]
    PassphraseMissing,
    /// The passphrase is wrong, or the encrypted part is damaged: the two
    /// cannot be told apart.
    #[error("the passphrase is wrong, or the file is damaged")]
    PassphraseWrong,
    /// The key is not RSA of 2048 to 8192 bits, as PKIoverheid issues.
    #[error("the key is not RSA of 2048 to 8192 bits")]
    Unsuited,
    /// There is no certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// No certificate is of this key.
    #[error("the certificate is not of this key")]
    Mismatch,
}

/// What signs in the place of a key that nothing signs with any more.
pub struct StandIn {
    /// The key that signs, in PKCS#8.
    pub pkcs8: Vec<u8>,
    /// The public half (`RSAPublicKey` in DER) of the key it stands in for,
    /// whose certificate travels in the message.
    pub public: Vec<u8>,
}

/// Finds what stands in for a private key in PKCS#8.
type FindStandIn<'a> = &'a dyn Fn(&[u8]) -> Option<StandIn>;

/// A private key with the certificate of its public half.
pub struct SigningKey {
    pair: Arc<RsaKeyPair>,
    /// The certificate that travels in the message.
    certificate: Certificate,
    stands_in: bool,
}

impl std::fmt::Debug for SigningKey {
    /// The certificate only: no key material.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a private key in PEM (PKCS#8, plain or encrypted, or PKCS#1) and
    /// finds its certificate among those of `certificates`, in PEM or one in
    /// DER.
    pub fn from_pem(
        key: &[u8],
        certificates: &[u8],
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, KeyError> {
        Self::from_pem_or(key, certificates, passphrase, &|_| None)
    }

    /// The same; for a key that does not suit, `stand_in` may know another.
    pub fn from_pem_or(
        key: &[u8],
        certificates: &[u8],
        passphrase: Option<&Passphrase>,
        stand_in: FindStandIn<'_>,
    ) -> Result<Self, KeyError> {
        Self::of(KeyFile::from_pem(key, certificates, passphrase)?, stand_in)
    }

    /// Reads the private key of a PKCS#12 file with the certificate that
    /// belongs to it.
    pub fn from_pkcs12(file: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::from_pkcs12_or(file, passphrase, &|_| None)
    }

    /// The same; for a key that does not suit, `stand_in` may know another.
    pub fn from_pkcs12_or(
        file: &[u8],
        passphrase: &Passphrase,
        stand_in: FindStandIn<'_>,
    ) -> Result<Self, KeyError> {
        Self::of(KeyFile::from_pkcs12(file, passphrase)?, stand_in)
    }

    fn of(file: KeyFile, stand_in: FindStandIn<'_>) -> Result<Self, KeyError> {
        let pair = match &file.key {
            PrivateKeyDer::Pkcs8(key) => Pair::of_pkcs8(key.secret_pkcs8_der(), stand_in)?,
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der())
                .map(Pair::from)
                .map_err(|_| KeyError::Unsuited)?,
            _ => return Err(KeyError::Unsuited),
        };
        pair.with_certificate_of(file.certificates)
    }

    /// A key with whatever certificate: that of another key makes signatures
    /// that do not verify.
    pub(crate) fn with_certificate(pair: Arc<RsaKeyPair>, certificate: Certificate) -> Self {
        Self {
            pair,
            certificate,
            stands_in: false,
        }
    }

    /// Whether another key signs than that of the certificate, because nothing
    /// signs with that one any more.
    pub fn is_stand_in(&self) -> bool {
        self.stands_in
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The OIN of its holder.
    pub fn oin(&self) -> Option<&str> {
        self.certificate.oin()
    }

    /// Signs `data` by RSA with SHA-256 (SIGN004); `None` when the operation
    /// fails.
    pub(crate) fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut value = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut value)
            .ok()?;
        Some(value)
    }
}

/// A key that signs, and the public half that its certificate is known by.
struct Pair {
    pair: RsaKeyPair,
    /// Of the key that this one stands in for.
    other_public: Option<Vec<u8>>,
}

impl Pair {
    fn of_pkcs8(pkcs8: &[u8], stand_in: FindStandIn<'_>) -> Result<Self, KeyError> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(pkcs8) {
            return Ok(pair.into());
        }
        let StandIn { pkcs8, public } = stand_in(pkcs8).ok_or(KeyError::Unsuited)?;
        Ok(Self {
            pair: RsaKeyPair::from_pkcs8(&pkcs8).map_err(|_| KeyError::Unsuited)?,
            other_public: Some(public),
        })
    }

    fn with_certificate_of(self, ders: Vec<Vec<u8>>) -> Result<SigningKey, KeyError> {
        let certificates: Vec<Certificate> = ders
            .into_iter()
            .filter_map(|der| Certificate::read(der).ok())
            .collect();
        if certificates.is_empty() {
            return Err(KeyError::NoCertificate);
        }
        let public = match &self.other_public {
            Some(public) => public.as_slice(),
            None => self.pair.public_key().as_ref(),
        };
        let certificate = certificates
            .into_iter()
            .find(|certificate| certificate.is_of_key(public))
            .ok_or(KeyError::Mismatch)?;
        Ok(SigningKey {
            stands_in: self.other_public.is_some(),
            pair: Arc::new(self.pair),
            certificate,
        })
    }
}

impl From<RsaKeyPair> for Pair {
    fn from(pair: RsaKeyPair) -> Self {
        Self {
            pair,
            other_public: None,
        }
    }
}
