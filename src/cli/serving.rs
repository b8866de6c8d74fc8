//! What commands that listen have in common: who they are there, and where.

use std::net::SocketAddr;

use super::args::KeyFiles;
use super::failure::Failure;
use super::setup::PASSPHRASE;
use crate::pki::TEST_DOMAIN;
use crate::target::{IdentitySource, PassphraseSource};
use crate::transport::SetupError;

impl KeyFiles {
    /// Where the identity comes from: these files, else the identity `test` of
    /// the test PKI.
    pub fn source(&self, test: &str) -> IdentitySource {
        let passphrase = match &self.passphrase_file {
            Some(path) => PassphraseSource::File(path.clone()),
            None if std::env::var_os(PASSPHRASE).is_some() => {
                PassphraseSource::Environment(PASSPHRASE.to_string())
            }
            None => PassphraseSource::None,
        };
        match (&self.p12, &self.key, &self.cert) {
            (Some(file), _, _) => IdentitySource::Pkcs12 {
                file: file.clone(),
                passphrase,
            },
            (None, Some(key), Some(certificate)) => IdentitySource::Pem {
                certificate: certificate.clone(),
                key: key.clone(),
                passphrase,
            },
            _ => IdentitySource::Test(test.to_string()),
        }
    }
}

/// An address to listen at.
pub fn address(text: &str) -> Result<SocketAddr, Failure> {
    text.parse()
        .map_err(|_| Failure::usage("listen-address").with("value", text))
}

/// What others call who listens: the name given, the name in the test PKI, else
/// the address.
pub fn host(given: Option<&str>, source: &IdentitySource, listen: SocketAddr) -> String {
    match (given, source) {
        (Some(host), _) => host.to_string(),
        (None, IdentitySource::Test(name)) => format!("{name}.{TEST_DOMAIN}"),
        (None, _) => match listen {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        },
    }
}

/// The failure to listen at `listen`.
pub fn not_served(error: SetupError, listen: &str) -> Failure {
    match error {
        SetupError::Listen(kind) => Failure::usage("listen").with("value", listen).because(kind),
        SetupError::RevocationLists => Failure::usage("listen-lists"),
        SetupError::Threads => Failure::internal("internal"),
    }
}
