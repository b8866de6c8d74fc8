//! The network of a test: what goes where, what was sent, and what `check`
//! says of it.

use std::sync::{Arc, Mutex, OnceLock};

use ketenkeur::check::shipped_rio_paths;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::{Bodies, Judges, Post, receiving_bench};
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::example::Examples;
use ketenkeur::exchange::{Exchange, HttpFacts, StartLine};
use ketenkeur::facts::{Profile, RioData};
use ketenkeur::pack::Store;
use ketenkeur::pki::trust_built_in;
use ketenkeur::transport::{Request, Response, TransportError, TransportProblem};

use crate::duo::Duo;
use crate::osr::Osr;

/// Judges that all tests share: what they compile is compiled once.
pub fn judges() -> Arc<Judges> {
    static JUDGES: OnceLock<Arc<Judges>> = OnceLock::new();
    let judges = JUDGES.get_or_init(|| {
        let (mut roots, mut lists) = (TrustStore::empty(), Revocation::none());
        trust_built_in(&mut roots, &mut lists);
        let store = Store::builtin();
        let rio = rio(&store);
        let clock = Clock::at("2026-08-24T09:00:00Z".parse().unwrap());
        let trust = Trust::new(roots, lists);
        let bench = receiving_bench(store, Profile::Test, clock, trust, Some(Arc::new(rio)));
        Arc::new(Judges::new(Arc::new(bench), 2))
    });
    Arc::clone(judges)
}

pub fn bodies() -> Arc<Bodies> {
    static BODIES: OnceLock<Arc<Bodies>> = OnceLock::new();
    Arc::clone(BODIES.get_or_init(|| Arc::new(Bodies::new(Store::builtin()))))
}

/// RIO as the examples of the pack have it.
fn rio(store: &Store) -> RioData {
    let paths = shipped_rio_paths().unwrap();
    let mut data = RioData::new();
    for root in [
        "opvragen_onderwijsaanbiedersVanOrganisatie_response",
        "opvragen_onderwijslocatiegebruikVanOrganisatie_response",
    ] {
        let example = store.example(root).unwrap();
        let document = Document::from_xml(Gated::xml(example.text.as_bytes()).unwrap()).unwrap();
        data.add(&paths, &document, document.root_element());
    }
    data
}

/// Where the requests of the LAS go.
pub struct Network {
    pub clock: RunningClock,
    pub duo: Duo,
    pub osr: Osr,
    pub sent: Mutex<Vec<Request>>,
}

impl Post for Network {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.sent.lock().unwrap().push(request.clone());
        let asked = Arc::new(received(request));
        let answer = match request.url.contains("osr.example.nl") {
            true => self.osr.answer(request),
            false => self.duo.answer(&asked),
        };
        match answer {
            Some(response) => Ok(answered(&response, asked)),
            None => Err(TransportError {
                host: "duo.example.nl".to_string(),
                problem: TransportProblem::Broken,
            }),
        }
    }
}

impl Network {
    /// The SOAP messages that the LAS sent so far, oldest first; forgotten
    /// after.
    pub fn taken(&self) -> Vec<Exchange> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        let soap = sent.iter().filter(|request| request.body.starts_with(b"<"));
        soap.map(received).collect()
    }

    /// Rules that a message breaks, of whatever class.
    pub fn broken(&self, exchange: &Exchange) -> Vec<String> {
        let mut exchange = exchange.clone();
        exchange.received = Some(self.clock.now());
        let judged = judges().judge(exchange).unwrap().judged;
        assert!(judged.message.is_some(), "a message that nobody knows");
        let findings = judged.findings.iter();
        findings
            .map(|finding| format!("{} {}", finding.code, finding.path))
            .collect()
    }
}

/// A request as its receiver sees it.
pub fn received(request: &Request) -> Exchange {
    let path = request.url.split_once("://").unwrap().1;
    let path = path.find('/').map_or("/", |at| &path[at..]);
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Request {
                method: request.method.clone(),
                url: path.to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: request.headers.clone(),
        }),
        ..Exchange::bare(Arc::clone(&request.body))
    }
}

/// A response as its receiver sees it.
pub fn answered(response: &Response, request: Arc<Exchange>) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Response {
                status: response.status,
            },
            version: "HTTP/1.1".to_string(),
            headers: response.headers.clone(),
        }),
        answers: Some(request),
        ..Exchange::bare(Arc::clone(&response.body))
    }
}
