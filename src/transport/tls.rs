//! What both ends of a TLS connection share: versions, the time to judge
//! certificates at, and the facts of a connection.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::time_provider::TimeProvider;
use rustls::{CommonState, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};
use rustls_pki_types::{CertificateRevocationListDer, UnixTime};

use crate::clock::RunningClock;
use crate::edukoppeling::Trust;
use crate::exchange::TlsFacts;

/// The versions of TLS that an end speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersions {
    /// 1.2 and 1.3 (TLS004).
    #[default]
    Both,
    /// 1.2 only.
    Only12,
    /// 1.3 only.
    Only13,
}

impl TlsVersions {
    pub(super) fn list(self) -> &'static [&'static SupportedProtocolVersion] {
        static BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
        match self {
            TlsVersions::Both => &BOTH,
            TlsVersions::Only12 => &BOTH[1..],
            TlsVersions::Only13 => &BOTH[..1],
        }
    }
}

/// The cryptography of all connections.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));
    Arc::clone(&PROVIDER)
}

/// Certificates are valid or not at the time of the run, which may be virtual.
#[derive(Debug)]
pub(super) struct Time(pub(super) RunningClock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// The roots that a party trusts, and the revocation lists at hand, as TLS
/// takes them.
pub(super) fn roots_of(
    trust: &Trust,
) -> (RootCertStore, Vec<CertificateRevocationListDer<'static>>) {
    let roots = RootCertStore {
        roots: trust.anchors().to_vec(),
    };
    let lists = trust.lists().into_iter().map(Into::into).collect();
    (roots, lists)
}

/// The facts of a connection whose handshake is done.
pub(super) fn facts(
    state: &CommonState,
    server_name: Option<String>,
    own: Option<Arc<[u8]>>,
    port: u16,
) -> TlsFacts {
    let suite = state.negotiated_cipher_suite();
    TlsFacts {
        version: state
            .protocol_version()
            .map_or_else(String::new, version_name),
        suite: suite
            .and_then(|suite| suite.suite().as_str())
            .map_or_else(String::new, iana_name),
        server_name,
        peer: shown(state.peer_certificates().unwrap_or_default()),
        own,
        port,
    }
}

/// Certificates as facts.
pub(super) fn shown(certificates: &[rustls_pki_types::CertificateDer<'_>]) -> Vec<Arc<[u8]>> {
    let der = |der: &rustls_pki_types::CertificateDer<'_>| Arc::from(&**der);
    certificates.iter().map(der).collect()
}

fn version_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2".to_string(),
        ProtocolVersion::TLSv1_3 => "TLSv1.3".to_string(),
        other => format!("{:#06x}", u16::from(other)),
    }
}

/// The name that IANA registered: rustls marks those of TLS 1.3.
fn iana_name(name: &str) -> String {
    match name.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}"),
        None => name.to_string(),
    }
}
