//! The key that a party signs with, read from what the party has: PEM files or
//! a PKCS#12 file.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as Pkcs12Error;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

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

/// A private key with the certificate of its public half.
pub struct SigningKey {
    pair: RsaKeyPair,
    /// The certificate that travels in the message.
    certificate: Certificate,
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
        let pair = pair_of(key, passphrase)?;
        let is_pem = certificates
            .windows(b"-----BEGIN".len())
            .any(|window| window == b"-----BEGIN");
        let ders = if is_pem {
            CertificateDer::pem_slice_iter(certificates)
                .filter_map(Result::ok)
                .map(|der| der.to_vec())
                .collect()
        } else {
            vec![certificates.to_vec()]
        };
        Self::with_certificate_of(pair, ders)
    }

    /// Reads the private key of a PKCS#12 file with the certificate that
    /// belongs to it.
    pub fn from_pkcs12(file: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        let archive = Pkcs12Archive::from_pkcs12(file, passphrase.reveal()).map_err(|error| {
            match error {
                // The seal over the content, and what a wrong passphrase makes
                // of the encrypted parts.
                Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => {
                    KeyError::PassphraseWrong
                }
                _ => KeyError::NoKey,
            }
        })?;
        let key = archive.keys.first().ok_or(KeyError::NoKey)?;
        let pair = RsaKeyPair::from_pkcs8(key.key.as_der()).map_err(|_| KeyError::Unsuited)?;
        let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
        Self::with_certificate_of(pair, certificates.collect())
    }

    /// A key in PKCS#8 with whatever certificate: that of another key makes
    /// signatures that do not verify.
    pub fn with_certificate(pkcs8: &[u8], certificate: Certificate) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Unsuited)?;
        Ok(Self { pair, certificate })
    }

    fn with_certificate_of(pair: RsaKeyPair, ders: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        let certificates: Vec<Certificate> = ders
            .into_iter()
            .filter_map(|der| Certificate::read(der).ok())
            .collect();
        if certificates.is_empty() {
            return Err(KeyError::NoCertificate);
        }
        // The public key ends a certificate's SubjectPublicKeyInfo.
        let public = pair.public_key().as_ref();
        let certificate = certificates
            .into_iter()
            .find(|certificate| {
                certificate
                    .usable_key()
                    .is_some_and(|key| key.ends_with(public))
            })
            .ok_or(KeyError::Mismatch)?;
        Ok(Self { pair, certificate })
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
    pub(super) fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut value = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut value)
            .ok()?;
        Some(value)
    }
}

fn pair_of(pem: &[u8], passphrase: Option<&Passphrase>) -> Result<RsaKeyPair, KeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| KeyError::NoKey)?;
    if let Some(der) = section(text, "ENCRYPTED PRIVATE KEY") {
        let passphrase = passphrase.ok_or(KeyError::PassphraseMissing)?;
        let encrypted =
            EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).map_err(|_| KeyError::NoKey)?;
        let key = encrypted
            .decrypt(passphrase.reveal())
            .map_err(|_| KeyError::PassphraseWrong)?;
        return RsaKeyPair::from_pkcs8(key.as_bytes()).map_err(|_| KeyError::Unsuited);
    }
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        Ok(_) => return Err(KeyError::Unsuited),
        Err(_) => return Err(KeyError::NoKey),
    }
    .map_err(|_| KeyError::Unsuited)
}

/// The content of a section of a PEM file, by its label.
fn section(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let letters: Vec<u8> = body
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(letters).ok()
}
