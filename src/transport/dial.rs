//! How a client reaches a server: name, address, proxy, TLS.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::client::{ClientOptions, ServerTrust};
use super::connection::Stream;
use super::error::{SetupError, TransportProblem};
use super::identity::TlsIdentity;
use super::problem::{Asked, of_io};
use super::proxy::Proxy;
use super::target_url::{Place, is_loopback, is_test_party};
use super::tls::{Time, TlsVersions, facts, provider, roots_of};
use super::unchecked::Unchecked;
use crate::exchange::TlsFacts;

/// Makes connections for one client.
pub(super) struct Dialler {
    identity: Option<TlsIdentity>,
    verifier: Arc<dyn ServerCertVerifier>,
    time: Arc<Time>,
    versions: TlsVersions,
    proxy: Option<Proxy>,
    hosts: HashMap<String, IpAddr>,
}

/// What a handshake asked of the client, known to the connection from the
/// beginning: an alert is read by it.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    asked: Arc<AtomicBool>,
    has_identity: bool,
}

impl Noted {
    pub(super) fn asked(&self) -> Asked {
        let for_certificate = self.asked.load(Ordering::Acquire);
        Asked {
            for_certificate,
            shown: for_certificate && self.has_identity,
        }
    }
}

/// A connection whose handshake is done.
pub(super) struct Dialled {
    pub(super) stream: Box<dyn Stream>,
    /// The same connection below TLS, to look at and never to read from.
    pub(super) socket: std::net::TcpStream,
    pub(super) tls: Option<Arc<TlsFacts>>,
    pub(super) noted: Noted,
}

impl Dialler {
    pub(super) fn new(options: ClientOptions) -> Result<Self, SetupError> {
        Ok(Self {
            verifier: verifier(&options.servers)?,
            identity: options.identity,
            time: Arc::new(Time(options.clock)),
            versions: options.versions,
            proxy: options.proxy,
            hosts: options.hosts,
        })
    }

    /// A connection with `place`, its handshake done.
    pub(super) async fn dial(&self, place: &Place) -> Result<Dialled, TransportProblem> {
        let stream = self.tcp(place).await?;
        // A request goes out in one piece; there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let (stream, socket) = twice(stream).map_err(|_| TransportProblem::Unreachable)?;
        if !place.secure {
            return Ok(Dialled {
                stream: Box::new(stream),
                socket,
                tls: None,
                noted: Noted::default(),
            });
        }
        let noted = Noted {
            asked: Arc::default(),
            has_identity: self.identity.is_some(),
        };
        let name = ServerName::try_from(place.host.clone()).map_err(|_| TransportProblem::Url)?;
        let server_name = match &name {
            ServerName::DnsName(name) => Some(name.as_ref().to_string()),
            _ => None,
        };
        let connector = TlsConnector::from(Arc::new(self.config(&noted)?));
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| of_io(&error, noted.asked()))?;
        let shown = noted.asked().shown;
        let own = self.identity.as_ref().filter(|_| shown);
        let own = own.map(|identity| Arc::from(identity.certificate().der()));
        let facts = facts(stream.get_ref().1, server_name, own, place.port);
        Ok(Dialled {
            stream: Box::new(stream),
            socket,
            tls: Some(Arc::new(facts)),
            noted,
        })
    }

    /// Each connection has a configuration of its own, so that it is known
    /// what was asked on it. Sessions are not resumed: a connection is judged
    /// by a whole handshake.
    fn config(&self, noted: &Noted) -> Result<ClientConfig, TransportProblem> {
        let resolver = Resolver {
            asked: Arc::clone(&noted.asked),
            key: self.identity.as_ref().map(|own| Arc::clone(&own.certified)),
        };
        let mut config =
            ClientConfig::builder_with_details(provider(), Arc::clone(&self.time) as _)
                .with_protocol_versions(self.versions.list())
                // The provider has suites for both versions.
                .map_err(|_| TransportProblem::NothingInCommon)?
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(&self.verifier))
                .with_client_cert_resolver(Arc::new(resolver));
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// A connection with `place` before TLS.
    pub(super) async fn tcp(&self, place: &Place) -> Result<TcpStream, TransportProblem> {
        let proxy = self.proxy.as_ref().filter(|_| !is_loopback(&place.host));
        let Some(proxy) = proxy else {
            return connect(self.addresses(&place.host, place.port).await?).await;
        };
        let addresses = self.addresses(&proxy.host, proxy.port).await;
        let addresses = addresses.map_err(|_| TransportProblem::Proxy)?;
        let connected = connect(addresses).await;
        let mut stream = connected.map_err(|_| TransportProblem::Proxy)?;
        proxy.tunnel(&mut stream, place).await?;
        Ok(stream)
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, TransportProblem> {
        let known = self.hosts.get(host).copied();
        let known = known.or_else(|| host.parse().ok());
        let known = known.or_else(|| is_test_party(host).then_some(Ipv4Addr::LOCALHOST.into()));
        if let Some(address) = known {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let unknown = |_| TransportProblem::UnknownHost;
        let found: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(unknown)?.collect();
        if found.is_empty() {
            return Err(TransportProblem::UnknownHost);
        }
        Ok(found)
    }
}

/// The first of the addresses at which somebody listens.
async fn connect(addresses: Vec<SocketAddr>) -> Result<TcpStream, TransportProblem> {
    let mut problem = TransportProblem::Unreachable;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                problem = TransportProblem::TimedOut;
            }
            Err(_) => {}
        }
    }
    Err(problem)
}

/// A connection, and a second handle of its socket.
fn twice(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    let stream = stream.into_std()?;
    let second = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, second))
}

/// Shows the client's certificate, whatever authorities the server names: the
/// server is to say what it thinks of it.
#[derive(Debug)]
struct Resolver {
    asked: Arc<AtomicBool>,
    key: Option<Arc<CertifiedKey>>,
}

impl ResolvesClientCert for Resolver {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Release);
        self.key.clone()
    }

    /// Asked for in any case, to know whether the server asks.
    fn has_certs(&self) -> bool {
        true
    }
}

fn verifier(servers: &ServerTrust) -> Result<Arc<dyn ServerCertVerifier>, SetupError> {
    let trust = match servers {
        ServerTrust::Anybody => {
            return Ok(Arc::new(Unchecked {
                accepts: true,
                mandatory: false,
            }));
        }
        ServerTrust::Roots(trust) => trust,
    };
    let (roots, lists) = roots_of(trust);
    if roots.is_empty() {
        return Ok(Arc::new(Unchecked {
            accepts: false,
            mandatory: false,
        }));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .with_crls(lists)
        // A list is used where there is one.
        .allow_unknown_revocation_status()
        .build()
        .map_err(|_| SetupError::RevocationLists)?;
    Ok(verifier)
}
