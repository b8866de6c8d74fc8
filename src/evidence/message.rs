//! One HTTP message as a file: its head as it was meant, its body byte for
//! byte.

use serde::{Deserialize, Serialize};

use crate::exchange::{Exchange, HttpFacts, StartLine};

/// What is recorded of one HTTP message, beside its file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedMessage {
    /// The file with head and body, by its path in the evidence.
    pub file: String,
    /// Where in the file the body begins.
    pub body_at: usize,
    /// The method of a request.
    pub method: Option<String>,
    /// The URL of a request.
    pub url: Option<String>,
    /// The status of a response.
    pub status: Option<u16>,
    /// The version of HTTP, as it was written.
    pub version: String,
    /// Names and values of the headers, in order.
    pub headers: Vec<(String, String)>,
    /// It is not the original: persons or secrets in it are masked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

impl std::fmt::Debug for RecordedMessage {
    /// Leaves out URL and headers: they may hold keys and numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordedMessage")
            .field("file", &self.file)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl RecordedMessage {
    /// The record of `message` in `file`, and the content of that file.
    pub(super) fn of(file: &str, message: &Exchange) -> (Self, Vec<u8>) {
        let unknown = HttpFacts {
            start: StartLine::Response { status: 0 },
            version: String::new(),
            headers: Vec::new(),
        };
        let http = message.http.as_ref().unwrap_or(&unknown);
        let mut content = head(http);
        let record = Self {
            file: file.to_string(),
            body_at: content.len(),
            method: http.method().map(str::to_string),
            url: http.url().map(str::to_string),
            status: http.status().filter(|status| *status > 0),
            version: http.version.clone(),
            headers: http.headers.clone(),
            masked: false,
        };
        content.extend_from_slice(&message.body);
        (record, content)
    }

    /// The message again, from the content of its file. `None` when the file
    /// does not hold what the record says.
    pub(super) fn read(&self, content: &[u8]) -> Option<Exchange> {
        let start = match (&self.method, &self.url, self.status) {
            (Some(method), Some(url), None) => Some(StartLine::Request {
                method: method.clone(),
                url: url.clone(),
            }),
            (None, None, Some(status)) => Some(StartLine::Response { status }),
            (None, None, None) => None,
            _ => return None,
        };
        let http = start.map(|start| HttpFacts {
            start,
            version: self.version.clone(),
            headers: self.headers.clone(),
        });
        let written = content.get(..self.body_at)?;
        if http.as_ref().map(head).unwrap_or_default() != written {
            return None;
        }
        let mut exchange = Exchange::bare(&content[self.body_at..]);
        exchange.http = http;
        Some(exchange)
    }
}

/// The head of a message. That of no message is empty. A body has lost its
/// transfer coding, so the header that names one does not stand in the file.
fn head(http: &HttpFacts) -> Vec<u8> {
    let mut head = match &http.start {
        StartLine::Response { status: 0 } => return Vec::new(),
        StartLine::Request { method, url } => format!("{method} {url} HTTP/1.1\r\n"),
        StartLine::Response { status } => format!("HTTP/1.1 {status} \r\n"),
    };
    for (name, value) in &http.headers {
        if !name.eq_ignore_ascii_case("transfer-encoding") {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += "\r\n";
    head.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Exchange {
        let mut request = Exchange::bare("<a/>".as_bytes());
        request.http = Some(HttpFacts {
            start: StartLine::Request {
                method: "POST".to_string(),
                url: "https://duo.ketenkeur.invalid/bron".to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: vec![("content-length".to_string(), "4".to_string())],
        });
        request
    }

    #[test]
    fn a_message_comes_back_byte_for_byte() {
        let mut response = Exchange::bare(vec![0xFF, b'\n', 0]);
        response.http = Some(HttpFacts {
            start: StartLine::Response { status: 500 },
            version: "HTTP/1.1".to_string(),
            headers: Vec::new(),
        });
        for message in [request(), response, Exchange::bare("los".as_bytes())] {
            let (record, content) = RecordedMessage::of("1.http", &message);
            assert_eq!(record.read(&content), Some(message));
        }
    }

    #[test]
    fn a_head_that_was_changed_is_noticed() {
        let (record, content) = RecordedMessage::of("1.http", &request());
        let other = String::from_utf8(content).unwrap().replace("POST", "GETT");
        assert_eq!(record.read(other.as_bytes()), None);
        assert_eq!(record.read(b"POST"), None);
    }
}
