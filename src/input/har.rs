//! HAR 1.2 captures: request and response of each entry.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::body::BodyAt;
use super::error::InputError;
use super::open::{Input, content_of};
use crate::exchange::{Exchange, HttpFacts, StartLine};
use crate::finding::Position;
use crate::limits::MAX_ARCHIVE_ENTRIES;

// The parts of the HAR 1.2 format (w3c.github.io/web-performance, HAR) that
// are read; tools add members of their own, which are passed over.

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: Option<String>,
    /// Milliseconds from the start of the request to the end of the response.
    time: Option<f64>,
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Header>,
    post_data: Option<Content>,
    body_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: i64,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Header>,
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Content {
    size: Option<i64>,
    text: Option<String>,
    encoding: Option<String>,
}

/// The messages of a capture: `name#1/request`, `name#1/response`, ….
pub(super) fn messages(
    name: &str,
    bytes: &[u8],
) -> Result<impl Iterator<Item = Input> + Send + use<>, InputError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let har: Har = serde_json::from_slice(text).map_err(|error| {
        InputError::BrokenHar(Position {
            line: error.line() as u32,
            column: error.column() as u32,
        })
    })?;
    if har.log.entries.len() > MAX_ARCHIVE_ENTRIES {
        return Err(InputError::TooManyEntries);
    }
    if har.log.entries.is_empty() {
        return Err(InputError::EmptyArchive);
    }
    let name = name.to_string();
    let entries = har.log.entries.into_iter().enumerate();
    Ok(entries.flat_map(move |(index, entry)| inputs(&format!("{name}#{}", index + 1), entry)))
}

fn inputs(name: &str, entry: Entry) -> [Input; 2] {
    let parsed = entry
        .started_date_time
        .map(|moment| moment.parse::<Timestamp>());
    let Ok(started) = parsed.transpose() else {
        return ["request", "response"].map(|side| Input {
            name: format!("{name}/{side}"),
            content: Err(InputError::Moment),
            body: BodyAt::Within,
        });
    };
    let ended = started.zip(entry.time).and_then(|(started, time)| {
        let taken = SignedDuration::try_from_secs_f64(time / 1000.0).ok()?;
        started.checked_add(taken).ok()
    });
    let request = request(entry.request, started);
    let asked = request
        .as_ref()
        .ok()
        .map(|request| Arc::new(request.clone()));
    let response = response(entry.response, asked, ended.or(started));
    [
        Input {
            name: format!("{name}/request"),
            content: request.and_then(content_of),
            body: BodyAt::Within,
        },
        Input {
            name: format!("{name}/response"),
            content: response.and_then(content_of),
            body: BodyAt::Within,
        },
    ]
}

fn request(request: Request, received: Option<Timestamp>) -> Result<Exchange, InputError> {
    let size = request.body_size.unwrap_or(0);
    Ok(Exchange {
        body: body(request.post_data, size)?.into(),
        http: Some(HttpFacts {
            start: StartLine::Request {
                method: request.method,
                url: request.url,
            },
            version: request.http_version,
            headers: headers(request.headers),
        }),
        tls: None,
        answers: None,
        received,
    })
}

fn response(
    response: Response,
    answers: Option<Arc<Exchange>>,
    received: Option<Timestamp>,
) -> Result<Exchange, InputError> {
    // Browsers write status 0 for an answer that never came.
    let status = u16::try_from(response.status)
        .ok()
        .filter(|&status| status >= 100)
        .ok_or(InputError::NotRecorded)?;
    Ok(Exchange {
        body: body(response.content, 0)?.into(),
        http: Some(HttpFacts {
            start: StartLine::Response { status },
            version: response.http_version,
            headers: headers(response.headers),
        }),
        tls: None,
        answers,
        received,
    })
}

/// The bytes of a body; `size` is what is said of it elsewhere.
fn body(content: Option<Content>, size: i64) -> Result<Vec<u8>, InputError> {
    let content = content.unwrap_or(Content {
        size: None,
        text: None,
        encoding: None,
    });
    match (content.text, content.encoding.as_deref()) {
        (Some(text), Some("base64")) => STANDARD
            .decode(text.trim())
            .map_err(|_| InputError::BadBase64),
        (Some(text), _) => Ok(text.into_bytes()),
        (None, _) if content.size.unwrap_or(size) > 0 => Err(InputError::NotRecorded),
        (None, _) => Ok(Vec::new()),
    }
}

fn headers(headers: Vec<Header>) -> Vec<(String, String)> {
    headers
        .into_iter()
        .map(|header| (header.name, header.value))
        .collect()
}
