//! A proxy between two parties: it passes on what one sends and what the other
//! answers, and keeps both.
//!
//! Nothing in a message changes. What belongs to a connection and not to the
//! message (RFC 9110, 7.6.1) and the host that is called are those of each
//! connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use crate::clock::RunningClock;
use crate::evidence::{Folder, ToRecord, WriteError};
use crate::exchange::{Exchange, HttpFacts, path_and_query};
use crate::scenario::Role;
use crate::transport::{
    Answer, Client, ClientOptions, Handler, Refusal, Request, Response, Server, ServerOptions,
    SetupError, TransportError, TransportProblem,
};

/// Under which name its exchanges stand in the evidence, where those of a
/// scenario stand under its id.
pub const RELAYED: &str = "proxy";

/// What is said of an exchange that was still under way at the end.
const INTERRUPTED: &str = "interrupted";

/// Headers that are about a connection, not about the message.
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Between whom a relay stands, and with what.
#[derive(Debug)]
pub struct RelayOptions {
    /// Where it listens, what it shows there, and whose certificates it takes.
    pub server: ServerOptions,
    /// How it calls the other party.
    pub client: ClientOptions,
    /// Scheme, host and port of the other party.
    pub upstream: String,
    /// Who calls it.
    pub from: Role,
    /// Whom it calls.
    pub to: Role,
    /// The time of receipts.
    pub clock: RunningClock,
    /// Where it keeps what passes.
    pub folder: Arc<Folder>,
}

/// Hears what a relay does, from several threads at a time.
pub trait Hears: Send + Sync + 'static {
    /// An exchange was passed on and kept.
    fn passed(&self, passed: &Passed);

    /// A client was not let in, or did not want to come in.
    fn refused(&self, problem: TransportProblem);

    /// The evidence cannot be written: from now on nothing is passed on.
    fn unwritten(&self);

    /// What the caller is told when the other party gave no answer.
    fn excuse(&self, error: &TransportError) -> String;
}

/// An exchange that was passed on.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Its number, from 1.
    pub number: u32,
    /// What was sent.
    pub request: Arc<Exchange>,
    /// What was answered, or why nothing was.
    pub response: Result<Arc<Exchange>, TransportProblem>,
}

/// Stands between two parties until it is stopped.
#[derive(Debug)]
pub struct Relay {
    server: Server,
    passing: Arc<Passing>,
}

impl Relay {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// A server or client cannot be set up.
    pub fn start(options: RelayOptions, hears: Arc<dyn Hears>) -> Result<Self, SetupError> {
        let passing = Arc::new(Passing {
            client: Client::new(options.client)?,
            upstream: options.upstream,
            from: options.from,
            to: options.to,
            clock: options.clock,
            hears,
            state: Mutex::new(State {
                folder: Some(options.folder),
                begun: 0,
                under_way: BTreeMap::new(),
                failed: None,
            }),
        });
        let server = Server::start(options.server, Arc::clone(&passing) as Arc<dyn Handler>)?;
        Ok(Self { server, passing })
    }

    /// The server at which it listens.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Takes no new request and ends those under way. What has no answer after
    /// some seconds is kept as interrupted; nothing is written afterwards.
    ///
    /// # Errors
    ///
    /// The first file of the evidence that could not be written.
    pub fn stop(self) -> Result<(), WriteError> {
        drop(self.server);
        let mut state = self.passing.lock();
        for (number, request) in std::mem::take(&mut state.under_way) {
            let kept = self
                .passing
                .keep(&state, number, &request, None, Some(INTERRUPTED));
            if let Err(error) = kept {
                state.failed.get_or_insert(error);
            }
        }
        state.folder = None;
        state.failed.take().map_or(Ok(()), Err)
    }
}

struct Passing {
    client: Client,
    upstream: String,
    from: Role,
    to: Role,
    clock: RunningClock,
    hears: Arc<dyn Hears>,
    state: Mutex<State>,
}

impl std::fmt::Debug for Passing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passing").finish_non_exhaustive()
    }
}

struct State {
    /// Until the relay is stopped.
    folder: Option<Arc<Folder>>,
    /// How many exchanges have begun.
    begun: u32,
    /// Requests without an answer yet, with the moment of their receipt.
    under_way: BTreeMap<u32, Arc<Exchange>>,
    /// The first file of the evidence that could not be written.
    failed: Option<WriteError>,
}

/// An exchange and how long it took, in milliseconds.
type Ended<'a> = Option<(&'a Exchange, u64)>;

impl Passing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers a request. `None` when nothing is passed on any more: what
    /// cannot be kept does not pass.
    fn begin(&self, request: &Arc<Exchange>) -> Option<u32> {
        let mut state = self.lock();
        if state.folder.is_none() || state.failed.is_some() {
            return None;
        }
        state.begun = state.begun.checked_add(1)?;
        let number = state.begun;
        state.under_way.insert(number, Arc::clone(request));
        Some(number)
    }

    fn end(&self, passed: &Passed, took: u64) {
        let mut state = self.lock();
        if state.under_way.remove(&passed.number).is_none() {
            // The relay was stopped meanwhile and has kept what it knew.
            return;
        }
        let response = passed.response.as_deref().ok();
        let problem = passed.response.as_ref().err().map(|problem| problem.name());
        let ended = response.map(|response| (response, took));
        let kept = self.keep(&state, passed.number, &passed.request, ended, problem);
        if let Err(error) = kept {
            state.failed.get_or_insert(error);
            drop(state);
            self.hears.unwritten();
            return;
        }
        drop(state);
        self.hears.passed(passed);
    }

    fn keep(
        &self,
        state: &State,
        number: u32,
        request: &Exchange,
        ended: Ended<'_>,
        problem: Option<&str>,
    ) -> Result<(), WriteError> {
        let Some(folder) = &state.folder else {
            return Ok(());
        };
        ToRecord {
            scenario: RELAYED,
            number,
            from: self.from.name(),
            to: self.to.name(),
            at: request.received.unwrap_or(Timestamp::UNIX_EPOCH),
            took: ended.map_or(0, |(_, took)| took),
            request,
            response: ended.map(|(response, _)| response),
            problem,
        }
        .write(folder)
        .map(drop)
    }

    /// Sends a request to the other party as it came.
    fn forward(&self, request: &Arc<Exchange>) -> Result<Exchange, TransportError> {
        let http = request.http.as_ref();
        let fail = |problem| TransportError {
            host: self.upstream.clone(),
            problem,
        };
        let http = http.filter(|http| is_faithful(http));
        let http = http.ok_or_else(|| fail(TransportProblem::Request))?;
        let mut headers = end_to_end(&http.headers);
        // Whom a request is for is said by the connection that it goes over.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
        let answer = self.client.send(&Request {
            method: http.method().unwrap_or_default().to_string(),
            url: format!(
                "{}{}",
                self.upstream,
                path_and_query(http.url().unwrap_or("/"))
            ),
            headers,
            body: Arc::clone(&request.body),
        })?;
        if !answer.http.as_ref().is_some_and(is_faithful) {
            return Err(fail(TransportProblem::NoHttp));
        }
        Ok(Exchange {
            answers: Some(Arc::clone(request)),
            ..answer
        })
    }
}

impl Handler for Passing {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let began = Instant::now();
        let mut stamped = Exchange::clone(&request);
        stamped.received = Some(self.clock.now());
        let request = Arc::new(stamped);
        let Some(number) = self.begin(&request) else {
            return Response::empty(503).into();
        };
        let (answer, response) = match self.forward(&request) {
            Ok(response) => (passed_on(&response), Ok(Arc::new(response))),
            Err(error) => {
                let text = self.hears.excuse(&error).into_bytes();
                let answer = Response::new(502, "text/plain; charset=utf-8", text);
                (answer, Err(error.problem))
            }
        };
        let passed = Passed {
            number,
            request,
            response,
        };
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.end(&passed, took);
        answer.into()
    }

    fn refused(&self, refusal: &Refusal) {
        self.hears.refused(refusal.problem);
    }
}

/// An answer of the other party as the caller gets it.
fn passed_on(response: &Exchange) -> Response {
    let http = response.http.as_ref();
    Response {
        status: http.and_then(HttpFacts::status).unwrap_or(502),
        headers: http.map_or_else(Vec::new, |http| end_to_end(&http.headers)),
        body: Arc::clone(&response.body),
    }
}

/// The headers of the message, without those of the connection.
fn end_to_end(headers: &[(String, String)]) -> Vec<(String, String)> {
    let named = |name: &str| {
        let mut listed = headers
            .iter()
            .filter(|(header, _)| header.eq_ignore_ascii_case("connection"))
            .flat_map(|(_, value)| value.split(','));
        listed.any(|listed| listed.trim().eq_ignore_ascii_case(name))
    };
    let of_message = |(name, _): &&(String, String)| {
        !OF_THE_CONNECTION
            .iter()
            .any(|one| name.eq_ignore_ascii_case(one))
            && !named(name)
    };
    headers.iter().filter(of_message).cloned().collect()
}

/// Whether the headers are known as they were sent: one that is no UTF-8 is
/// not, and so cannot be passed on unchanged.
fn is_faithful(http: &HttpFacts) -> bool {
    let mut values = http.headers.iter();
    values.all(|(_, value)| !value.contains(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_a_connection_stays_with_it() {
        let headers = [
            ("Content-Type", "text/xml"),
            ("Connection", "close, X-Own"),
            ("x-own", "1"),
            ("Transfer-Encoding", "chunked"),
            ("SOAPAction", "\"a\""),
        ];
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_string()));
        let kept: Vec<_> = end_to_end(&headers)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(kept, ["Content-Type", "SOAPAction"]);
    }
}
