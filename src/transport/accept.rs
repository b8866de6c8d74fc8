//! The handshake at a server: whom it lets in, and what it learns.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error as TlsError, ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::answer::Refusal;
use super::error::{SetupError, TransportProblem};
use super::identity::TlsIdentity;
use super::problem::{Asked, of_tls, tls_in};
use super::server::{ClientTrust, ServerOptions};
use super::tls::{Time, TlsVersions, facts, provider, roots_of, shown};
use super::unchecked::Unchecked;
use crate::exchange::TlsFacts;
use crate::limits::{LINGER_SECONDS, MAX_LINGER_BYTES};

/// How a server meets its clients.
pub(super) struct Accepting {
    identity: Option<TlsIdentity>,
    clients: Arc<dyn ClientCertVerifier>,
    time: Arc<Time>,
    versions: TlsVersions,
}

impl Accepting {
    pub(super) fn new(options: &ServerOptions) -> Result<Self, SetupError> {
        Ok(Self {
            identity: options.identity.clone(),
            clients: verifier(&options.clients)?,
            time: Arc::new(Time(options.clock.clone())),
            versions: options.versions,
        })
    }

    /// Whether connections are over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.identity.is_some()
    }

    /// Shakes hands with a client. Each connection has a configuration of its
    /// own, so that it is known what the client showed also when it is
    /// refused. Sessions are not resumed. With a refusal comes the connection, if
    /// there still is one, for the client to read why ([`linger`]).
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        port: u16,
        within: Duration,
    ) -> Result<(TlsStream<TcpStream>, TlsFacts), (Refusal, Option<TcpStream>)> {
        let seen = Arc::new(Seen::default());
        let refuse = |problem| (seen.refusal(problem), None);
        let identity = self.identity.as_ref();
        let identity = identity.ok_or_else(|| refuse(TransportProblem::NoTls))?;
        let verifier = Noting {
            inner: Arc::clone(&self.clients),
            seen: Arc::clone(&seen),
        };
        let resolver = Named {
            key: Arc::clone(&identity.certified),
            seen: Arc::clone(&seen),
        };
        let mut config =
            ServerConfig::builder_with_details(provider(), Arc::clone(&self.time) as _)
                .with_protocol_versions(self.versions.list())
                // The provider has suites for both versions.
                .map_err(|_| refuse(TransportProblem::NothingInCommon))?
                .with_client_cert_verifier(Arc::new(verifier))
                .with_cert_resolver(Arc::new(resolver));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let accept = TlsAcceptor::from(Arc::new(config)).accept(stream);
        let accepted = timeout(within, accept.into_fallible()).await;
        let stream = match accepted {
            Ok(Ok(stream)) => stream,
            Ok(Err((error, stream))) => {
                let asked = Asked {
                    for_certificate: true,
                    shown: true,
                };
                let problem = match tls_in(&error) {
                    Some(tls) => of_tls(tls, asked),
                    None => TransportProblem::Broken,
                };
                return Err((seen.refusal(problem), Some(stream)));
            }
            Err(_) => return Err(refuse(TransportProblem::TimedOut)),
        };
        let state = stream.get_ref().1;
        let name = state.server_name().map(str::to_string);
        let own = Some(Arc::from(identity.certificate().der()));
        let facts = facts(state, name, own, port);
        Ok((stream, facts))
    }
}

/// What a client said before the handshake ended.
#[derive(Debug, Default)]
struct Seen {
    server_name: Mutex<Option<String>>,
    certificates: Mutex<Vec<Arc<[u8]>>>,
}

impl Seen {
    fn refusal(&self, problem: TransportProblem) -> Refusal {
        let name = self.server_name.lock();
        let certificates = self.certificates.lock();
        Refusal {
            problem,
            server_name: name.unwrap_or_else(PoisonError::into_inner).clone(),
            certificates: certificates.unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Lets the client read why it was refused: a connection that is closed while
/// bytes wait to be read takes the alert with it.
pub(super) async fn linger(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let drain = async {
        let mut scratch = [0; 4096];
        let mut read = 0;
        while read < MAX_LINGER_BYTES {
            match stream.read(&mut scratch).await {
                Ok(0) | Err(_) => break,
                Ok(bytes) => read += bytes,
            }
        }
    };
    let _ = timeout(Duration::from_secs(LINGER_SECONDS), drain).await;
}

fn verifier(clients: &ClientTrust) -> Result<Arc<dyn ClientCertVerifier>, SetupError> {
    let (trust, mandatory) = match clients {
        ClientTrust::None => return Ok(WebPkiClientVerifier::no_client_auth()),
        ClientTrust::Unchecked => {
            return Ok(Arc::new(Unchecked {
                accepts: true,
                mandatory: false,
            }));
        }
        ClientTrust::Optional(trust) => (trust, false),
        ClientTrust::Required(trust) => (trust, true),
    };
    let (roots, lists) = roots_of(trust);
    if roots.is_empty() {
        return Ok(Arc::new(Unchecked {
            accepts: false,
            mandatory,
        }));
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .with_crls(lists)
        // A list is used where there is one.
        .allow_unknown_revocation_status();
    let builder = if mandatory {
        builder
    } else {
        builder.allow_unauthenticated()
    };
    builder.build().map_err(|_| SetupError::RevocationLists)
}

/// Shows the server's certificate, and remembers the name that was asked for.
#[derive(Debug)]
struct Named {
    key: Arc<CertifiedKey>,
    seen: Arc<Seen>,
}

impl ResolvesServerCert for Named {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_string);
        let mut seen = self
            .seen
            .server_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *seen = name;
        Some(Arc::clone(&self.key))
    }
}

/// Remembers what a client showed, and asks another what to make of it.
#[derive(Debug)]
struct Noting {
    inner: Arc<dyn ClientCertVerifier>,
    seen: Arc<Seen>,
}

impl ClientCertVerifier for Noting {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, TlsError> {
        let mut certificates = vec![Arc::from(&**end_entity)];
        certificates.extend(shown(intermediates));
        *self
            .seen
            .certificates
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = certificates;
        self.inner
            .verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
