//! What a check looks at: a body, and what is known of how it travelled.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// One message with the facts around it. A message from a plain file has a
/// body only; one from a capture has its HTTP facts as well, and then the body
/// may be empty (a GET, a 204).
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The bytes of the message, as they were sent, without transfer coding.
    pub body: Arc<[u8]>,
    /// The HTTP message around the body, where the input holds it.
    pub http: Option<HttpFacts>,
    /// The TLS connection that carried the message, where it is known.
    pub tls: Option<Arc<TlsFacts>>,
    /// The request that this message answers, where the input holds it.
    pub answers: Option<Arc<Exchange>>,
    /// When the message was received, where the input says so.
    pub received: Option<Timestamp>,
}

impl Exchange {
    /// A message of which nothing but the body is known.
    pub fn bare(body: impl Into<Arc<[u8]>>) -> Self {
        Self {
            body: body.into(),
            http: None,
            tls: None,
            answers: None,
            received: None,
        }
    }
}

impl fmt::Debug for Exchange {
    /// Shows the shape only: the content may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("bytes", &self.body.len())
            .field("http", &self.http)
            .field("tls", &self.tls)
            .field("answers", &self.answers.is_some())
            .field("received", &self.received)
            .finish()
    }
}

/// What is known of a TLS connection, seen from one of its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version as its specification writes it: `TLSv1.2`, `TLSv1.3`.
    pub version: String,
    /// The cipher suite by its IANA name.
    pub suite: String,
    /// The name that the client asked for (SNI), where it asked.
    pub server_name: Option<String>,
    /// The certificates that the other end showed, its own first, in DER.
    /// Empty when it showed none.
    pub peer: Vec<Arc<[u8]>>,
    /// The certificate that this end showed, in DER.
    pub own: Option<Arc<[u8]>>,
    /// The TCP port of the server.
    pub port: u16,
}

/// Start line and headers of an HTTP message.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpFacts {
    /// The start line.
    pub start: StartLine,
    /// The version as it was written (`HTTP/1.1`), empty where unknown.
    pub version: String,
    /// Names and values in order, repeated ones included.
    pub headers: Vec<(String, String)>,
}

/// The first line of an HTTP message.
#[derive(Clone, PartialEq, Eq)]
pub enum StartLine {
    /// A request.
    Request {
        /// The method.
        method: String,
        /// The target as it was written: a path, or a whole URL in a HAR.
        url: String,
    },
    /// A response.
    Response {
        /// The status code.
        status: u16,
    },
}

/// Path and query of a URL, or of a request's target, which may be a whole URL.
pub fn path_and_query(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    }
}

/// The path alone of what [`path_and_query`] takes.
pub fn path_of(url: &str) -> &str {
    path_and_query(url.split(['?', '#']).next().unwrap_or(url))
}

/// Which way an HTTP message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

impl HttpFacts {
    /// Which way the message goes.
    pub fn direction(&self) -> Direction {
        match self.start {
            StartLine::Request { .. } => Direction::Request,
            StartLine::Response { .. } => Direction::Response,
        }
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        match &self.start {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The target of a request.
    pub fn url(&self) -> Option<&str> {
        match &self.start {
            StartLine::Request { url, .. } => Some(url),
            StartLine::Response { .. } => None,
        }
    }

    /// The status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            StartLine::Request { .. } => None,
            StartLine::Response { status } => Some(status),
        }
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The media type of the body in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let media_type = value.split(';').next().unwrap_or(value);
        Some(media_type.trim().to_ascii_lowercase())
    }
}

impl fmt::Debug for HttpFacts {
    /// Leaves out target and header values: they may hold keys and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFacts")
            .field("method", &self.method())
            .field("status", &self.status())
            .field("headers", &self.headers.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_request_is_its_path_and_query() {
        for (url, target, path) in [
            ("/a?b=c", "/a?b=c", "/a"),
            ("https://duo.invalid:1/a?b=/c", "/a?b=/c", "/a"),
            ("https://duo.invalid", "/", "/"),
        ] {
            assert_eq!(path_and_query(url), target);
            assert_eq!(path_of(url), path);
        }
    }
}
