//! One party's outgoing side.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use tokio::time::timeout;

use super::answer::Request;
use super::connection::{Connection, Unsent};
use super::dial::Dialler;
use super::error::{SetupError, TransportError, TransportProblem};
use super::head;
use super::identity::TlsIdentity;
use super::pool::Pool;
use super::proxy::Proxy;
use super::runtime::runtime;
use super::target_url::{self, Place};
use super::tls::TlsVersions;
use crate::clock::RunningClock;
use crate::edukoppeling::Trust;
use crate::exchange::{Exchange, HttpFacts, StartLine, TlsFacts};
use crate::limits::{CONNECT_SECONDS, EXCHANGE_SECONDS, MAX_MESSAGE_BYTES, READ_SECONDS};

/// Whose server certificates a client accepts.
#[derive(Debug, Clone)]
pub enum ServerTrust {
    /// Those that end at these roots, are for the name in the URL and were not
    /// revoked by these lists.
    Roots(Arc<Trust>),
    /// Anybody's. To look at a server, never to send it anything.
    Anybody,
}

/// How long a client waits, in real time.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection: name, TCP, proxy and TLS together.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub read: Duration,
    /// For an exchange as a whole.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(CONNECT_SECONDS),
            read: Duration::from_secs(READ_SECONDS),
            total: Duration::from_secs(EXCHANGE_SECONDS),
        }
    }
}

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The certificate that it shows when it is asked for one.
    pub identity: Option<TlsIdentity>,
    /// Whose servers it accepts.
    pub servers: ServerTrust,
    /// The time at which certificates must be valid, and of receipts.
    pub clock: RunningClock,
    /// The versions of TLS that it offers.
    pub versions: TlsVersions,
    /// How long it waits.
    pub timeouts: Timeouts,
    /// The proxy in between. Hosts on loopback are called without it.
    pub proxy: Option<Proxy>,
    /// Addresses of names, in place of those that the system knows. The names
    /// of parties of the test PKI are on 127.0.0.1 unless they stand here.
    pub hosts: HashMap<String, IpAddr>,
    /// The most bytes that the body of an answer may have.
    pub max_body: usize,
}

impl ClientOptions {
    /// A client that accepts servers by `trust`, with no certificate of its
    /// own and the usual limits.
    pub fn new(trust: Arc<Trust>, clock: RunningClock) -> Self {
        Self {
            identity: None,
            servers: ServerTrust::Roots(trust),
            clock,
            versions: TlsVersions::default(),
            timeouts: Timeouts::default(),
            proxy: None,
            hosts: HashMap::new(),
            max_body: MAX_MESSAGE_BYTES,
        }
    }

    /// The same with a certificate to show.
    pub fn with_identity(mut self, identity: TlsIdentity) -> Self {
        self.identity = Some(identity);
        self
    }
}

/// One party's outgoing side. Keeps connections alive for the next request to
/// the same host; follows no redirect; sends nothing a second time. Only when
/// a connection that was kept turns out to be closed before any byte of the
/// request was written, another takes its place. Used from several threads at
/// a time.
pub struct Client {
    dialler: Dialler,
    pool: Pool,
    clock: RunningClock,
    timeouts: Timeouts,
    max_body: usize,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// A request that is ready to be written.
struct Prepared {
    request: hyper::Request<Full<Bytes>>,
    /// The same as facts, with the headers that were added.
    facts: HttpFacts,
}

impl Client {
    /// A client. Nothing is called yet.
    ///
    /// # Errors
    /// No threads, or revocation lists that TLS cannot use.
    pub fn new(options: ClientOptions) -> Result<Self, SetupError> {
        runtime().ok_or(SetupError::Threads)?;
        Ok(Self {
            clock: options.clock.clone(),
            timeouts: options.timeouts,
            max_body: options.max_body,
            pool: Pool::default(),
            dialler: Dialler::new(options)?,
        })
    }

    /// Sends `request` and waits for the answer, whatever its status. Both the
    /// answer and the request in it have their HTTP and TLS facts; the answer
    /// was received at the client's time.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub fn send(&self, request: &Request) -> Result<Exchange, TransportError> {
        let fail = |host: &str, problem| TransportError {
            host: host.to_string(),
            problem,
        };
        let (place, uri) = target_url::read(&request.url).map_err(|problem| fail("", problem))?;
        let host = place.with_port();
        let runtime = runtime().ok_or_else(|| fail(&host, TransportProblem::Unreachable))?;
        runtime
            .block_on(async {
                let exchange = self.exchange(request, &place, &uri);
                let whole = timeout(self.timeouts.total, exchange).await;
                whole.unwrap_or(Err(TransportProblem::TimedOut))
            })
            .map_err(|problem| fail(&host, problem))
    }

    /// Connects to the host of `url` and closes the connection again: the
    /// facts of the connection, `None` without TLS. A server that refuses a
    /// client's certificate under TLS 1.3 says so only when it is written to.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn connect(&self, url: &str) -> Result<Option<Arc<TlsFacts>>, TransportError> {
        let fail = |host: &str, problem| TransportError {
            host: host.to_string(),
            problem,
        };
        let (place, _) = target_url::read(url).map_err(|problem| fail("", problem))?;
        let host = place.with_port();
        let runtime = runtime().ok_or_else(|| fail(&host, TransportProblem::Unreachable))?;
        runtime
            .block_on(self.open(&place))
            .map(|connection| connection.tls)
            .map_err(|problem| fail(&host, problem))
    }

    async fn open(&self, place: &Place) -> Result<Connection, TransportProblem> {
        let opened = timeout(self.timeouts.connect, self.dialler.dial(place)).await;
        Connection::start(opened.unwrap_or(Err(TransportProblem::TimedOut))?).await
    }

    async fn exchange(
        &self,
        request: &Request,
        place: &Place,
        uri: &Uri,
    ) -> Result<Exchange, TransportProblem> {
        let Prepared {
            request: mut message,
            facts,
        } = prepare(request, place, uri)?;
        let (mut connection, response) = loop {
            let kept = self.pool.take(place).await;
            let replaceable = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.open(place).await?,
            };
            match self.answer(&mut connection, message).await {
                Ok(response) => break (connection, response),
                Err(Unsent::Yes(unsent, _)) if replaceable => message = *unsent,
                Err(Unsent::Yes(_, problem) | Unsent::No(problem)) => return Err(problem),
            }
        };
        let (head, body) = response.into_parts();
        let body = self.body(body, &mut connection).await?;
        let tls = connection.tls.clone();
        self.pool.keep(place.clone(), connection);
        let request = Exchange {
            body: Arc::clone(&request.body),
            http: Some(facts),
            tls: tls.clone(),
            answers: None,
            received: None,
        };
        Ok(Exchange {
            body: body.into(),
            http: Some(HttpFacts {
                start: StartLine::Response {
                    status: head.status.as_u16(),
                },
                version: head::version(head.version),
                headers: head::facts(&head.headers),
            }),
            tls,
            answers: Some(Arc::new(request)),
            received: Some(self.clock.now()),
        })
    }

    /// Writes the request and waits for the head of the answer.
    async fn answer(
        &self,
        connection: &mut Connection,
        message: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Unsent> {
        timeout(self.timeouts.read, connection.send(message))
            .await
            .unwrap_or(Err(Unsent::No(TransportProblem::TimedOut)))
    }

    async fn body(
        &self,
        mut body: Incoming,
        connection: &mut Connection,
    ) -> Result<Vec<u8>, TransportProblem> {
        let mut bytes = Vec::new();
        loop {
            let frame = timeout(self.timeouts.read, body.frame())
                .await
                .map_err(|_| TransportProblem::TimedOut)?;
            let Some(frame) = frame else {
                return Ok(bytes);
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Err(connection.problem(&error).await),
            };
            // Trailers are no part of the message.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > self.max_body {
                return Err(TransportProblem::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
}

/// Checks a request and adds what HTTP needs. A header of the user's stays as
/// it is, also one that HTTP itself would have set.
fn prepare(request: &Request, place: &Place, uri: &Uri) -> Result<Prepared, TransportProblem> {
    let bad = |_| TransportProblem::Request;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| bad(()))?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut message = hyper::Request::new(Full::new(Bytes::from_owner(Arc::clone(&request.body))));
    *message.method_mut() = method;
    *message.uri_mut() = target.parse().map_err(|_| TransportProblem::Url)?;
    let headers = message.headers_mut();
    let host = HeaderValue::try_from(place.host_header()).map_err(|_| TransportProblem::Url)?;
    headers.insert(HOST, host);
    let mut set = Vec::new();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad(()))?;
        // The first of a name replaces ours; further ones stand beside it.
        if set.contains(&name) {
            headers.append(name, value);
        } else {
            headers.insert(name.clone(), value);
            set.push(name);
        }
    }
    let carries = !request.body.is_empty() || matches!(&*request.method, "POST" | "PUT" | "PATCH");
    if carries && !headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
    }
    let facts = HttpFacts {
        start: StartLine::Request {
            method: request.method.clone(),
            url: request.url.clone(),
        },
        version: head::version(message.version()),
        headers: head::facts(message.headers()),
    };
    Ok(Prepared {
        request: message,
        facts,
    })
}
