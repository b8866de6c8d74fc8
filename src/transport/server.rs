//! One party's incoming side.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::accept::Accepting;
use super::answer::Handler;
use super::error::SetupError;
use super::identity::TlsIdentity;
use super::runtime::runtime;
use super::serve::serve;
use super::tls::TlsVersions;
use crate::clock::RunningClock;
use crate::edukoppeling::Trust;
use crate::limits::{
    MAX_CONNECTIONS, MAX_HTTP_HEAD_BYTES, MAX_MESSAGE_BYTES, MAX_SESSION_SECONDS, READ_SECONDS,
    SERVER_IDLE_SECONDS, SETTLE_SECONDS, STOP_SECONDS,
};

/// Whether a server asks for a certificate, and whose it accepts.
#[derive(Debug, Clone)]
pub enum ClientTrust {
    /// It does not ask.
    None,
    /// It asks, and accepts who has none.
    Optional(Arc<Trust>),
    /// It refuses who has none, or one that does not end at these roots, is not
    /// valid now or was revoked by these lists (TLS002).
    Required(Arc<Trust>),
    /// It asks, and accepts any certificate and none: a server that is lax, as
    /// none should be.
    Unchecked,
}

/// Limits on what clients can make a server do.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at a time; further ones wait.
    pub connections: usize,
    /// Bytes of start line and headers.
    pub head: usize,
    /// Bytes of a body.
    pub body: usize,
    /// How long a connection may wait for a request, in real time.
    pub idle: Duration,
    /// How long a handshake, or the body of a request, may take.
    pub read: Duration,
    /// How long a connection may last before it is ended after an answer
    /// (WT008).
    pub session: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: MAX_CONNECTIONS,
            head: MAX_HTTP_HEAD_BYTES,
            body: MAX_MESSAGE_BYTES,
            idle: Duration::from_secs(SERVER_IDLE_SECONDS),
            read: Duration::from_secs(READ_SECONDS),
            session: Duration::from_secs(MAX_SESSION_SECONDS),
        }
    }
}

/// What a server is made of.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// The certificate that it shows. Without one it speaks plain HTTP: behind
    /// a proxy that ends TLS, or for a person's browser on loopback.
    pub identity: Option<TlsIdentity>,
    /// Whose certificates it accepts.
    pub clients: ClientTrust,
    /// The time at which certificates must be valid.
    pub clock: RunningClock,
    /// The versions of TLS that it speaks.
    pub versions: TlsVersions,
    /// Whether it answers the hello of an old version, or one with weak suites
    /// only, as if it spoke them: a server that is wrong on purpose, to show
    /// that a probe finds it.
    pub takes_old: bool,
    /// What it lets clients do.
    pub limits: ServerLimits,
}

impl ServerOptions {
    /// A server on loopback, on any free port, that speaks plain HTTP and asks
    /// for no certificate.
    pub fn new(clock: RunningClock) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            identity: None,
            clients: ClientTrust::None,
            clock,
            versions: TlsVersions::default(),
            takes_old: false,
            limits: ServerLimits::default(),
        }
    }

    /// The same over TLS, with `identity`, for the clients that `clients` says.
    pub fn with_tls(mut self, identity: TlsIdentity, clients: ClientTrust) -> Self {
        self.identity = Some(identity);
        self.clients = clients;
        self
    }
}

/// One party's incoming side: it listens from [`Server::start`] until it is
/// dropped. Then it takes no new connection, and what it is answering is
/// answered to the end, within some seconds.
pub struct Server {
    address: SocketAddr,
    secure: bool,
    stop: watch::Sender<bool>,
    handshakes: watch::Receiver<usize>,
    /// Ends when the last connection has.
    stopped: Option<tokio::task::JoinHandle<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// An address that cannot be listened at, no threads, or revocation lists
    /// that TLS cannot use.
    pub fn start(options: ServerOptions, handler: Arc<dyn Handler>) -> Result<Self, SetupError> {
        let runtime = runtime().ok_or(SetupError::Threads)?;
        let accepting = Accepting::new(&options)?;
        let listener = runtime
            .block_on(TcpListener::bind(options.listen))
            .map_err(|error| SetupError::Listen(error.kind()))?;
        let address = listener
            .local_addr()
            .map_err(|error| SetupError::Listen(error.kind()))?;
        let (stop, stopping) = watch::channel(false);
        let (begun, handshakes) = watch::channel(0);
        let serving = Arc::new(Serving {
            handshakes: begun,
            accepting,
            handler,
            takes_old: options.takes_old,
            limits: options.limits,
            port: address.port(),
        });
        let stopped = runtime.spawn(listen(listener, serving, stopping));
        Ok(Self {
            address,
            secure: options.identity.is_some(),
            stop,
            handshakes,
            stopped: Some(stopped),
        })
    }

    /// Waits until the handler knows what came of all handshakes that have begun,
    /// or for a second: a client learns that it was refused before it does.
    pub fn settle(&self) {
        let Some(runtime) = runtime() else {
            return;
        };
        let mut handshakes = self.handshakes.clone();
        let over = handshakes.wait_for(|count| *count == 0);
        let within = Duration::from_secs(SETTLE_SECONDS);
        let _ = runtime.block_on(async { timeout(within, over).await.is_ok() });
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` at this server, called `host`.
    pub fn url(&self, host: &str, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}:{}{path}", self.address.port())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody listens to the signal when everything has ended already.
        let _ = self.stop.send(true);
        let Some((stopped, runtime)) = self.stopped.take().zip(runtime()) else {
            return;
        };
        // A server that is dropped by its own handler cannot be waited for.
        if tokio::runtime::Handle::try_current().is_ok() {
            return;
        }
        let whole = Duration::from_secs(STOP_SECONDS);
        let _ = runtime.block_on(async { timeout(whole, stopped).await });
    }
}

/// What all connections of a server share.
pub(super) struct Serving {
    pub(super) accepting: Accepting,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) takes_old: bool,
    pub(super) limits: ServerLimits,
    pub(super) port: u16,
    /// How many handshakes have begun of which nobody was told yet.
    handshakes: watch::Sender<usize>,
}

/// A handshake that has begun, until this is dropped.
pub(super) struct Handshake(Arc<Serving>);

impl Handshake {
    fn begin(serving: &Arc<Serving>) -> Self {
        serving.handshakes.send_modify(|count| *count += 1);
        Self(Arc::clone(serving))
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.0.handshakes.send_modify(|count| *count -= 1);
    }
}

/// How long a server that cannot take a connection waits before it tries again.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

async fn listen(listener: TcpListener, serving: Arc<Serving>, stopping: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(serving.limits.connections.max(1)));
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                // The semaphore is never closed.
                let place = Arc::clone(&places).acquire_owned().await.ok();
                (listener.accept().await, place)
            } => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while connections.try_join_next().is_some() {}
        let (Ok((stream, _)), place) = accepted else {
            // Out of file handles, or a client that left already. The first
            // passes only when others end, which takes a moment.
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let handshake = Handshake::begin(&serving);
        let serving = Arc::clone(&serving);
        let stopping = stopping.clone();
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            serve(stream, &serving, handshake, stopping).await;
            drop(place);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}
