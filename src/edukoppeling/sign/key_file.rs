//! A private key and certificates in files: PEM, or PKCS#12.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as Pkcs12Error;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::key::{KeyError, Passphrase};

/// What files of a party hold: its private key, and certificates in DER in the
/// order of the file. Which of them is the key's, and whether the key suits,
/// whoever uses it says.
pub(crate) struct KeyFile {
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) certificates: Vec<Vec<u8>>,
}

impl KeyFile {
    /// A private key in PEM (PKCS#8, plain or encrypted, PKCS#1 or SEC 1) and
    /// certificates in PEM, or one in DER.
    pub(crate) fn from_pem(
        key: &[u8],
        certificates: &[u8],
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, KeyError> {
        let key = private_key(key, passphrase)?;
        let is_pem = certificates
            .windows(b"-----BEGIN".len())
            .any(|window| window == b"-----BEGIN");
        let certificates = if is_pem {
            CertificateDer::pem_slice_iter(certificates)
                .filter_map(Result::ok)
                .map(|der| der.to_vec())
                .collect()
        } else {
            vec![certificates.to_vec()]
        };
        Ok(Self { key, certificates })
    }

    /// The first private key of a PKCS#12 file, and all its certificates.
    pub(crate) fn from_pkcs12(file: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
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
        let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
        Ok(Self {
            key: PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()).into(),
            certificates: certificates.collect(),
        })
    }
}

fn private_key(
    pem: &[u8],
    passphrase: Option<&Passphrase>,
) -> Result<PrivateKeyDer<'static>, KeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| KeyError::NoKey)?;
    if let Some(der) = section(text, "ENCRYPTED PRIVATE KEY") {
        let passphrase = passphrase.ok_or(KeyError::PassphraseMissing)?;
        let encrypted =
            EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).map_err(|_| KeyError::NoKey)?;
        let key = encrypted
            .decrypt(passphrase.reveal())
            .map_err(|_| KeyError::PassphraseWrong)?;
        return Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into());
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NoKey)
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
