//! The certificate and key that a party shows on its connections.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_cert::Certificate as Parsed;
use x509_cert::der::Decode;

use crate::edukoppeling::{Certificate, KeyError, KeyFile, Passphrase};
use crate::pki::{IDENTITIES, TestPki};

/// A private key with its certificate and those between it and a root. A clone
/// is the same identity.
#[derive(Clone)]
pub struct TlsIdentity {
    pub(super) certified: Arc<CertifiedKey>,
    certificate: Certificate,
}

impl std::fmt::Debug for TlsIdentity {
    /// The certificate only: no key material.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl TlsIdentity {
    /// Reads a private key in PEM and its certificate with those above it, in
    /// PEM in any order, or one in DER.
    ///
    /// # Errors
    /// No key, a wrong or missing passphrase, no certificate, none of that key,
    /// or a key that TLS cannot use.
    pub fn from_pem(
        key: &[u8],
        certificates: &[u8],
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, KeyError> {
        Self::of(KeyFile::from_pem(key, certificates, passphrase)?)
    }

    /// Reads the private key of a PKCS#12 file with its certificate and those
    /// above it.
    ///
    /// # Errors
    /// As for [`TlsIdentity::from_pem`].
    pub fn from_pkcs12(file: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::of(KeyFile::from_pkcs12(file, passphrase)?)
    }

    /// An identity of the test PKI, by its name.
    ///
    /// # Errors
    /// No identity of that name, or one whose key TLS cannot use.
    pub fn of_test(pki: &TestPki, name: &str) -> Result<Self, KeyError> {
        let key = pki.private_key(name).map_err(|_| KeyError::NoKey)?;
        let certificates = pki
            .certificates(name)
            .map_err(|_| KeyError::NoCertificate)?;
        Self::with_key(test_key(key)?, certificates)
    }

    fn of(file: KeyFile) -> Result<Self, KeyError> {
        Self::with_key(signing_key(file.key)?, file.certificates)
    }

    fn with_key(key: Arc<dyn SigningKey>, certificates: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        let public = key.public_key().ok_or(KeyError::Unsuited)?;
        let certificates: Vec<(Vec<u8>, Parsed)> = certificates
            .into_iter()
            .filter_map(|der| Parsed::from_der(&der).ok().map(|parsed| (der, parsed)))
            .collect();
        if certificates.is_empty() {
            return Err(KeyError::NoCertificate);
        }
        let spki_of = |parsed: &Parsed| {
            use x509_cert::der::Encode;
            parsed.tbs_certificate.subject_public_key_info.to_der().ok()
        };
        let leaf = certificates
            .iter()
            .position(|(_, parsed)| spki_of(parsed).is_some_and(|spki| spki == *public.as_ref()))
            .ok_or(KeyError::Mismatch)?;
        let chain = chain(&certificates, leaf);
        let certificate =
            Certificate::read(chain[0].to_vec()).map_err(|_| KeyError::NoCertificate)?;
        Ok(Self {
            certified: Arc::new(CertifiedKey::new(chain, key)),
            certificate,
        })
    }

    /// The certificate of its key.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The OIN in its certificate (PKI001).
    pub fn oin(&self) -> Option<&str> {
        self.certificate.oin()
    }

    /// The certificates that it shows, its own first, in DER.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certified.cert.iter().map(|der| &**der)
    }
}

/// A key of the test PKI, in PKCS#8. A key is checked when it is read, which
/// takes longer than a handshake; so those that were read are remembered. When
/// there are more than one PKI has, all are forgotten.
fn test_key(pkcs8: Vec<u8>) -> Result<Arc<dyn SigningKey>, KeyError> {
    type Read = HashMap<Vec<u8>, Arc<dyn SigningKey>>;
    static READ: LazyLock<Mutex<Read>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = read.get(&pkcs8) {
        return Ok(Arc::clone(key));
    }
    let key = signing_key(PrivatePkcs8KeyDer::from(pkcs8.clone()).into())?;
    if read.len() >= IDENTITIES.len() {
        read.clear();
    }
    read.insert(pkcs8, Arc::clone(&key));
    Ok(key)
}

fn signing_key(key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, KeyError> {
    default_provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| KeyError::Unsuited)
}

/// The certificate at `leaf` and those above it, without the root: whoever
/// trusts that has it.
fn chain(certificates: &[(Vec<u8>, Parsed)], leaf: usize) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![leaf];
    let mut last = &certificates[leaf].1.tbs_certificate;
    while last.issuer != last.subject {
        let above = certificates.iter().position(|(_, parsed)| {
            let candidate = &parsed.tbs_certificate;
            candidate.subject == last.issuer && candidate.issuer != candidate.subject
        });
        match above {
            Some(above) if !chain.contains(&above) => {
                chain.push(above);
                last = &certificates[above].1.tbs_certificate;
            }
            _ => break,
        }
    }
    let der = |at: &usize| CertificateDer::from(certificates[*at].0.clone());
    chain.iter().map(der).collect()
}
