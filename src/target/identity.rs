//! Whose certificate and key a party uses: files of the user, or the test PKI.

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::edukoppeling::{KeyError, Passphrase, SigningKey};
use crate::limits::{MAX_KEY_BYTES, MAX_MATERIAL_BYTES};
use crate::pki::TestPki;
use crate::transport::TlsIdentity;

/// Where an identity comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// An identity of the built-in test PKI, by its name.
    Test(String),
    /// A certificate with those above it and a private key, in PEM.
    Pem {
        /// The certificates.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
        /// What opens the key.
        passphrase: PassphraseSource,
    },
    /// Both in a PKCS#12 file.
    Pkcs12 {
        /// The file.
        file: PathBuf,
        /// What opens it.
        passphrase: PassphraseSource,
    },
}

/// Where a passphrase comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PassphraseSource {
    /// There is none.
    #[default]
    None,
    /// The variable of the environment of that name.
    Environment(String),
    /// The first line of that file.
    File(PathBuf),
}

/// An identity that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{about}: {problem:?}")]
pub struct IdentityError {
    /// The file, variable or test identity that is at fault.
    pub about: String,
    /// What is wrong with it.
    pub problem: IdentityProblem,
}

/// What is wrong with an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityProblem {
    /// The file cannot be read; what the system said.
    Unreadable(std::io::ErrorKind),
    /// The file is larger than any key or certificate.
    TooLarge,
    /// The variable is not set.
    NoVariable,
    /// Key, passphrase or certificate are wrong.
    Key(KeyError),
}

impl IdentitySource {
    /// The identity for connections, as of `clock` where it is the test PKI's.
    ///
    /// # Errors
    /// What cannot be read or used, with the file at fault.
    pub fn tls(&self, clock: Clock) -> Result<TlsIdentity, IdentityError> {
        self.with(
            |name| TlsIdentity::of_test(&test_pki(clock)?, name),
            TlsIdentity::from_pem,
            TlsIdentity::from_pkcs12,
        )
    }

    /// The key to sign with, as of `clock` where it is the test PKI's.
    ///
    /// # Errors
    /// As for [`IdentitySource::tls`].
    pub fn signing(&self, clock: Clock) -> Result<SigningKey, IdentityError> {
        self.with(
            |name| {
                test_pki(clock)?
                    .signing_key(name)
                    .map_err(|_| KeyError::NoKey)
            },
            SigningKey::from_pem,
            SigningKey::from_pkcs12,
        )
    }

    fn with<T>(
        &self,
        of_test: impl FnOnce(&str) -> Result<T, KeyError>,
        of_pem: impl FnOnce(&[u8], &[u8], Option<&Passphrase>) -> Result<T, KeyError>,
        of_pkcs12: impl FnOnce(&[u8], &Passphrase) -> Result<T, KeyError>,
    ) -> Result<T, IdentityError> {
        let (made, about) = match self {
            IdentitySource::Test(name) => (of_test(name), name.clone()),
            IdentitySource::Pem {
                certificate,
                key,
                passphrase,
            } => {
                let secret = read(key, MAX_KEY_BYTES)?;
                let certificates = read(certificate, MAX_MATERIAL_BYTES)?;
                let passphrase = passphrase.read()?;
                let made = of_pem(&secret, &certificates, passphrase.as_ref());
                let at_fault = match &made {
                    Err(KeyError::NoCertificate | KeyError::Mismatch) => certificate,
                    _ => key,
                };
                (made, at_fault.display().to_string())
            }
            IdentitySource::Pkcs12 { file, passphrase } => {
                let bytes = read(file, MAX_MATERIAL_BYTES)?;
                let given = passphrase.read()?;
                let is_given = given.is_some();
                let passphrase = given.unwrap_or_else(|| Passphrase::new(""));
                let made = of_pkcs12(&bytes, &passphrase).map_err(|error| match error {
                    KeyError::PassphraseWrong if !is_given => KeyError::PassphraseMissing,
                    error => error,
                });
                (made, file.display().to_string())
            }
        };
        made.map_err(|error| IdentityError {
            about,
            problem: IdentityProblem::Key(error),
        })
    }
}

fn test_pki(clock: Clock) -> Result<TestPki, KeyError> {
    TestPki::at(clock).map_err(|_| KeyError::NoKey)
}

impl PassphraseSource {
    fn read(&self) -> Result<Option<Passphrase>, IdentityError> {
        let text = match self {
            PassphraseSource::None => return Ok(None),
            PassphraseSource::Environment(name) => {
                std::env::var(name).map_err(|_| IdentityError {
                    about: name.clone(),
                    problem: IdentityProblem::NoVariable,
                })?
            }
            PassphraseSource::File(path) => {
                let bytes = read(path, MAX_KEY_BYTES)?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
        let line = text.lines().next().unwrap_or_default();
        Ok(Some(Passphrase::new(line)))
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, IdentityError> {
    let fail = |problem| IdentityError {
        about: path.display().to_string(),
        problem,
    };
    let unreadable = |error: std::io::Error| fail(IdentityProblem::Unreadable(error.kind()));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, most + 1), &mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(fail(IdentityProblem::TooLarge));
    }
    Ok(bytes)
}
