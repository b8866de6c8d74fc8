//! Parties of the test PKI on loopback.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::Exchange;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{
    Answer, Client, ClientOptions, ClientTrust, Handler, Refusal, Request, Response, Server,
    ServerOptions, TlsIdentity, TransportProblem,
};

/// The moment at which everything here happens.
pub const NOW: &str = "2026-09-28T09:00:00Z";

pub fn clock() -> RunningClock {
    RunningClock::standing_at(now())
}

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn pki() -> TestPki {
    TestPki::at(Clock::at(now())).unwrap()
}

pub fn identity(name: &str) -> TlsIdentity {
    TlsIdentity::of_test(&pki(), name).unwrap()
}

/// Trust in the built-in test PKI.
pub fn trust() -> Arc<Trust> {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut store, &mut lists);
    Arc::new(Trust::new(store, lists))
}

/// Answers everything with one answer, and remembers what came in.
pub struct Always {
    answer: Answer,
    pub requests: Mutex<Vec<Arc<Exchange>>>,
    pub refusals: Mutex<Vec<Refusal>>,
}

impl Always {
    pub fn new(answer: impl Into<Answer>) -> Arc<Self> {
        Arc::new(Self {
            answer: answer.into(),
            requests: Mutex::default(),
            refusals: Mutex::default(),
        })
    }

    pub fn ok() -> Arc<Self> {
        Self::new(Response::new(200, "text/plain", *b"goed"))
    }

    /// The problems of the handshakes that failed.
    pub fn problems(&self) -> Vec<TransportProblem> {
        let refusals = self.refusals.lock().unwrap();
        refusals.iter().map(|refusal| refusal.problem).collect()
    }
}

impl Handler for Always {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        self.requests.lock().unwrap().push(request);
        self.answer.clone()
    }

    fn refused(&self, refusal: &Refusal) {
        self.refusals.lock().unwrap().push(refusal.clone());
    }
}

/// DUO's server, which demands a certificate.
pub fn duo() -> ServerOptions {
    ServerOptions::new(clock()).with_tls(identity("duo"), ClientTrust::Required(trust()))
}

/// A supplier's client.
pub fn supplier() -> ClientOptions {
    ClientOptions::new(trust(), clock()).with_identity(identity("leverancier"))
}

pub fn serve(options: ServerOptions, handler: &Arc<Always>) -> Server {
    Server::start(options, Arc::clone(handler) as Arc<dyn Handler>).unwrap()
}

pub fn get(url: impl Into<String>) -> Request {
    Request {
        method: "GET".to_string(),
        url: url.into(),
        headers: Vec::new(),
        body: Arc::from([]),
    }
}

pub fn post(url: impl Into<String>, body: &[u8]) -> Request {
    Request {
        method: "POST".to_string(),
        url: url.into(),
        headers: vec![("Content-Type".to_string(), "text/xml".to_string())],
        body: Arc::from(body),
    }
}

/// The host of DUO in the test PKI.
pub const DUO: &str = "duo.ketenkeur.invalid";

/// What comes of a request to `server`, called `host`.
pub fn call(
    options: ClientOptions,
    server: &Server,
    host: &str,
) -> Result<Exchange, TransportProblem> {
    let client = Client::new(options).unwrap();
    let sent = client.send(&get(server.url(host, "/")));
    sent.map_err(|error| error.problem)
}
