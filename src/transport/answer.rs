//! What is sent, and what a server does with what it received.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::error::TransportProblem;
use crate::exchange::{Exchange, HttpFacts};

/// An HTTP request that is to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Where it goes: an absolute `https` URL.
    pub url: String,
    /// Headers beside those that HTTP itself needs (`host`, `content-length`).
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Arc<[u8]>,
}

/// An HTTP response that is to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers beside those that HTTP itself needs (`content-length`, `date`).
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Arc<[u8]>,
}

/// What a server does with a request: it answers, or misbehaves on purpose.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// It sends this response.
    Response(Response),
    /// It does this after a while of real time.
    Delayed(Duration, Box<Answer>),
    /// It closes the connection without a word.
    Silent,
    /// It announces the whole response, sends that many bytes of its body and
    /// closes the connection.
    Broken(Response, usize),
    /// It sends these bytes in place of an HTTP response and closes the
    /// connection.
    Raw(Arc<[u8]>),
}

/// Answers requests. Called for several requests at a time, on threads that
/// may block.
pub trait Handler: Send + Sync + 'static {
    /// What is done with `request`. The request has its HTTP and TLS facts; its
    /// time of receipt is the handler's to give.
    fn answer(&self, request: Arc<Exchange>) -> Answer;

    /// The same, for who must know from which address the request came.
    fn answer_from(&self, request: Arc<Exchange>, from: Option<IpAddr>) -> Answer {
        let _ = from;
        self.answer(request)
    }

    /// The largest body that is read of a request with this head, within the
    /// limit of the server.
    fn body_limit(&self, head: &HttpFacts) -> usize {
        let _ = head;
        usize::MAX
    }

    /// The answer to a request of whose body more came than
    /// [`Self::body_limit`]: it has none here. The connection ends with it.
    fn too_large(&self, request: Arc<Exchange>, from: Option<IpAddr>) -> Answer {
        let _ = (request, from);
        Response::empty(413).into()
    }

    /// Told of a client with which no connection came about: no certificate or
    /// one that was refused, no version in common, no TLS at all, or a client
    /// that refused the server's certificate.
    fn refused(&self, refusal: &Refusal) {
        let _ = refusal;
    }
}

/// A handshake that failed, seen from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why. [`TransportProblem::CertificateRefused`] when the client refused
    /// the server's certificate; the problems of a certificate are those of the
    /// client's.
    pub problem: TransportProblem,
    /// The name that the client asked for, as far as that was heard.
    pub server_name: Option<String>,
    /// The certificates that the client showed, its own first, in DER.
    pub certificates: Vec<Arc<[u8]>>,
}

impl Response {
    /// A response with a body of that media type.
    pub fn new(status: u16, media_type: &str, body: impl Into<Arc<[u8]>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_string(), media_type.to_string())],
            body: body.into(),
        }
    }

    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Arc::from([]),
        }
    }
}

/// Headers of every page for people: no other site may frame it or be reached
/// from it, and nothing of it is kept.
const PAGE_HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
    ("cache-control", "no-store"),
];

impl Response {
    /// The response as a page for people, under a content security policy and
    /// a referrer policy.
    pub fn guarded(mut self, policy: &str, referrer: &str) -> Self {
        let own = [
            ("content-security-policy", policy),
            ("referrer-policy", referrer),
        ];
        let headers = own.iter().chain(PAGE_HEADERS);
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_string()));
        self.headers.extend(headers);
        self
    }

    /// Sends a visitor on to another page, so that going back or loading again
    /// sends no form twice.
    pub fn see_other(to: &str) -> Self {
        Self {
            headers: vec![("location".to_string(), to.to_string())],
            ..Self::empty(303)
        }
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Answer::Response(response)
    }
}

impl std::fmt::Debug for Request {
    /// Leaves out target, headers and body: they may be personal or secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Response {
    /// Leaves out headers and body: they may be personal or secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .finish()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Response(response) => response.fmt(f),
            Answer::Delayed(by, answer) => {
                f.debug_tuple("Delayed").field(by).field(answer).finish()
            }
            Answer::Silent => f.write_str("Silent"),
            Answer::Broken(response, after) => f
                .debug_tuple("Broken")
                .field(response)
                .field(after)
                .finish(),
            Answer::Raw(bytes) => f.debug_tuple("Raw").field(&bytes.len()).finish(),
        }
    }
}
