//! Raw HTTP messages in a file: a request, a response, or several after each
//! other (RFC 9112). Line ends may be CR LF or LF, as editors leave them.

use std::sync::Arc;

use super::body::BodyAt;
use super::error::InputError;
use super::open::{Input, content_of};
use crate::exchange::{Direction, Exchange, HttpFacts, StartLine};
use crate::limits::MAX_HTTP_HEADERS;

/// Start lines longer than this are none.
const MAX_START_LINE: usize = 8 * 1024;

/// The messages in `bytes`, as inputs. One message is called `name`; of
/// several the first pair is `name#1/request` and `name#1/response`.
pub(super) fn messages(name: &str, bytes: Vec<u8>) -> impl Iterator<Item = Input> + Send + use<> {
    Messages {
        name: name.to_string(),
        at: 0,
        bytes,
        number: 0,
        asked: None,
        pipelined: false,
        counted: 0,
        line: 1,
    }
}

struct Messages {
    name: String,
    bytes: Vec<u8>,
    /// Where the next message begins.
    at: usize,
    /// The number of the last pair.
    number: usize,
    /// The request that the next response answers.
    asked: Option<Arc<Exchange>>,
    /// A request came before the one before it was answered: which response
    /// belongs to which is no longer certain.
    pipelined: bool,
    /// Up to where lines have been counted, and the line there.
    counted: usize,
    line: u32,
}

impl Iterator for Messages {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        let rest = self.bytes[self.at..].trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let side = match start_line(rest) {
            Some((StartLine::Response { .. }, ..)) => Direction::Response,
            _ => Direction::Request,
        };
        let begin = self.bytes.len() - rest.len();
        let (content, after, verbatim) = match message(rest) {
            Ok((exchange, at, after)) => {
                let after = after.trim_ascii_start().len();
                (Ok(exchange), after, at.map(|at| begin + at))
            }
            // Where a broken message ends is not known.
            Err(error) => (Err(error), 0, None),
        };
        let body = verbatim.map_or(BodyAt::Within, |at| BodyAt::Line(self.line_at(at)));
        self.at = self.bytes.len() - after;
        let alone = self.number == 0 && after == 0;
        let is_answer = side == Direction::Response && self.asked.is_some() && !self.pipelined;
        if !is_answer {
            self.number += 1;
        }
        let content = content.map(|exchange| self.pair(exchange, is_answer));
        let name = match (alone, side) {
            (true, _) => self.name.clone(),
            (false, Direction::Request) => format!("{}#{}/request", self.name, self.number),
            (false, Direction::Response) => format!("{}#{}/response", self.name, self.number),
        };
        Some(Input {
            name,
            content: content.and_then(content_of),
            body,
        })
    }
}

impl Messages {
    /// The line of the file on which the byte `at` stands; later calls ask for
    /// later bytes.
    fn line_at(&mut self, at: usize) -> u32 {
        let more = self.bytes[self.counted..at].iter();
        self.line += more.filter(|&&byte| byte == b'\n').count() as u32;
        self.counted = at;
        self.line
    }

    /// Remembers a request and gives it to the response that answers it.
    fn pair(&mut self, mut exchange: Exchange, is_answer: bool) -> Exchange {
        let is_response = exchange
            .http
            .as_ref()
            .is_some_and(|http| http.direction() == Direction::Response);
        if !is_response {
            self.pipelined |= self.asked.is_some();
            self.asked = Some(Arc::new(exchange.clone()));
        } else if is_answer {
            exchange.answers = self.asked.clone();
            if !is_interim(&exchange) {
                self.asked = None;
            }
        }
        exchange
    }
}

/// Whether this is a response that announces the answer and is not yet it.
fn is_interim(exchange: &Exchange) -> bool {
    let status = exchange.http.as_ref().and_then(HttpFacts::status);
    status.is_some_and(|status| status < 200)
}

/// The start line at the beginning of `bytes`, with its version and the bytes
/// it takes with its line end; `None` where there is none.
pub(super) fn start_line(bytes: &[u8]) -> Option<(StartLine, String, usize)> {
    let head = &bytes[..bytes.len().min(MAX_START_LINE)];
    let length = head.iter().position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&head[..length]).ok()?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_version = |text: &str| {
        text.strip_prefix("HTTP/")
            .is_some_and(|number| matches!(number, "1.0" | "1.1" | "2" | "2.0" | "3" | "3.0"))
    };
    let mut words = line.split(' ');
    let first = words.next()?;
    let start = if is_version(first) {
        let status = words.next().filter(|status| status.len() == 3)?;
        let status: u16 = status.parse().ok().filter(|status| *status >= 100)?;
        return Some((
            StartLine::Response { status },
            first.to_string(),
            length + 1,
        ));
    } else {
        let is_method = !first.is_empty()
            && first
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        let url = words.next().filter(|url| !url.is_empty() && is_method)?;
        StartLine::Request {
            method: first.to_string(),
            url: url.to_string(),
        }
    };
    let version = words.next().filter(|version| is_version(version))?;
    words
        .next()
        .is_none()
        .then(|| (start, version.to_string(), length + 1))
}

/// Reads one message at the beginning of `bytes`. Gives where its body stands,
/// unless it is in chunks, and what follows it.
fn message(bytes: &[u8]) -> Result<(Exchange, Option<usize>, &[u8]), InputError> {
    let (start, version, length) = start_line(bytes).ok_or(InputError::BrokenHttp)?;
    let mut lines = [httparse::EMPTY_HEADER; MAX_HTTP_HEADERS];
    let (header_length, lines) = match httparse::parse_headers(&bytes[length..], &mut lines) {
        Ok(httparse::Status::Complete(parsed)) => parsed,
        Ok(httparse::Status::Partial) => return Err(InputError::HttpCutOff),
        Err(_) => return Err(InputError::BrokenHttp),
    };
    let headers = lines
        .iter()
        .map(|line| {
            let value = String::from_utf8_lossy(line.value);
            (line.name.to_string(), value.trim().to_string())
        })
        .collect();
    let http = HttpFacts {
        start,
        version,
        headers,
    };
    let at = length + header_length;
    let verbatim = !is_chunked(&http);
    let (body, after) = body(&http, &bytes[at..])?;
    let exchange = Exchange {
        body: body.into(),
        http: Some(http),
        tls: None,
        answers: None,
        received: None,
    };
    Ok((exchange, verbatim.then_some(at), after))
}

fn is_chunked(http: &HttpFacts) -> bool {
    http.header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
}

/// The body of a message whose header ends where `rest` begins, and what
/// follows it.
fn body<'a>(http: &HttpFacts, rest: &'a [u8]) -> Result<(Vec<u8>, &'a [u8]), InputError> {
    if is_chunked(http) {
        return chunked(rest);
    }
    let coding = http.header("transfer-encoding").unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        return Err(InputError::ContentEncoding);
    }
    let declared = http
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.parse::<usize>().map_err(|_| InputError::BrokenHttp))
        .reduce(|first, next| match (first, next) {
            // RFC 9112 §6.3: the same length twice is one length.
            (Ok(first), Ok(next)) if first == next => Ok(first),
            _ => Err(InputError::BrokenHttp),
        })
        .transpose()?;
    match declared {
        Some(length) if length > rest.len() => Err(InputError::HttpCutOff),
        Some(declared) => {
            let (body, after) = rest.split_at(declared);
            let left = after.trim_ascii();
            if left.is_empty() || start_line(after.trim_ascii_start()).is_some() {
                Ok((body.to_vec(), after))
            } else {
                Err(InputError::HttpLength {
                    declared,
                    found: rest.len(),
                })
            }
        }
        // Without a length the body is the rest of the file, as it is the rest
        // of the connection; but no body begins with a start line.
        None if start_line(rest.trim_ascii_start()).is_some() => Ok((Vec::new(), rest)),
        None => Ok((rest.to_vec(), &[])),
    }
}

fn chunked(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), InputError> {
    let mut body = Vec::new();
    loop {
        let (length, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(parsed)) => parsed,
            Ok(httparse::Status::Partial) => return Err(InputError::HttpCutOff),
            Err(_) => return Err(InputError::BrokenHttp),
        };
        rest = &rest[length..];
        if size == 0 {
            return Ok((body, after_trailers(rest)?));
        }
        let size = usize::try_from(size).map_err(|_| InputError::HttpCutOff)?;
        let chunk = rest.get(..size).ok_or(InputError::HttpCutOff)?;
        body.extend_from_slice(chunk);
        rest = &rest[size..];
        rest = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
            .ok_or(match rest {
                [] => InputError::HttpCutOff,
                _ => InputError::BrokenHttp,
            })?;
    }
}

/// What follows the trailer section, which ends with an empty line; a file may
/// end without it.
fn after_trailers(rest: &[u8]) -> Result<&[u8], InputError> {
    let mut trailers = [httparse::EMPTY_HEADER; 16];
    match httparse::parse_headers(rest, &mut trailers) {
        Ok(httparse::Status::Complete((length, _))) => Ok(&rest[length..]),
        Ok(httparse::Status::Partial) if rest.trim_ascii().is_empty() => Ok(&[]),
        Ok(httparse::Status::Partial) => Err(InputError::HttpCutOff),
        Err(_) => Err(InputError::BrokenHttp),
    }
}
