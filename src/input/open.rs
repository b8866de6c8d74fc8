//! From a file, standard input or bytes to the messages in it.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use super::body::BodyAt;
use super::error::InputError;
use super::kind::{ContentKind, PEEK_BYTES, description, is_wsdl, kind_of};
use super::{archive, har, http};
use crate::exchange::Exchange;
use crate::limits::MAX_MESSAGE_BYTES;

/// One thing to judge, or the reason why there is nothing to judge in it.
#[derive(Debug)]
pub struct Input {
    /// What the user calls it: a path with slashes, `archive.zip!entry`,
    /// `capture.har#12/request`, `-`.
    pub name: String,
    /// The message, or why there is none.
    pub content: Result<Exchange, InputError>,
    /// Where its body stands in the file.
    pub body: BodyAt,
}

impl Input {
    /// A message that was heard on the wire: one of a capture.
    pub fn heard(name: String, exchange: Exchange) -> Self {
        Self {
            name,
            content: content_of(exchange),
            body: BodyAt::Within,
        }
    }
}

/// Inputs, read one at a time.
pub(super) type Inputs = Box<dyn Iterator<Item = Input> + Send>;

/// How an input came to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The user named it.
    Named,
    /// It lies in a folder or matches a pattern that the user named.
    Found,
    /// It is an entry of an archive.
    Archive,
}

/// Files that are zip archives of another kind, by the end of their names.
const PACKAGED: [&str; 10] = [
    ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar", ".war", ".epub", ".nupkg",
];

/// Files that describe messages, by the end of their names.
const DESCRIBING: [&str; 9] = [
    ".xsd",
    ".wsdl",
    ".sch",
    ".xsl",
    ".xslt",
    ".rng",
    ".svg",
    ".html",
    ".schema.json",
];

/// The inputs in a file.
pub(super) fn open_file(path: &Path, name: &str, origin: Origin) -> Inputs {
    try_open_file(path, name, origin).unwrap_or_else(|error| one(name, Err(error)))
}

fn try_open_file(path: &Path, name: &str, origin: Origin) -> Result<Inputs, InputError> {
    // Asked before the file is opened: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() || (!metadata.is_file() && origin != Origin::Named) {
        return Err(InputError::NotAFile);
    }
    let mut file = File::open(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Ok(open_stream(file, name));
    }
    let mut bytes = Vec::new();
    file.by_ref()
        .take(PEEK_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match kind_by_content_and_name(&bytes, name) {
        ContentKind::Zip if origin != Origin::Named && ends_in(name, &PACKAGED) => {
            Err(InputError::NotAMessage { named: false })
        }
        ContentKind::Zip => {
            file.rewind().map_err(unreadable)?;
            Ok(archive::entries(
                name,
                Box::new(std::io::BufReader::new(file)),
            ))
        }
        // More of what is no message tells nothing; white space tells nothing
        // yet.
        ContentKind::Other if !bytes.trim_ascii().is_empty() => Ok(open_bytes(name, bytes, origin)),
        _ if metadata.len() > MAX_MESSAGE_BYTES as u64 => Err(InputError::TooLarge),
        _ => {
            read_bounded(file, &mut bytes)?;
            Ok(open_bytes(name, bytes, origin))
        }
    }
}

/// The inputs in a stream that can be read once: standard input, a pipe.
pub(super) fn open_stream(stream: impl Read, name: &str) -> Inputs {
    let mut bytes = Vec::new();
    match read_bounded(stream, &mut bytes) {
        Ok(()) => open_bytes(name, bytes, Origin::Named),
        Err(error) => one(name, Err(error)),
    }
}

/// Reads the rest of a stream, as long as it is no larger than a message.
fn read_bounded(stream: impl Read, bytes: &mut Vec<u8>) -> Result<(), InputError> {
    let room = (MAX_MESSAGE_BYTES + 1).saturating_sub(bytes.len());
    stream
        .take(room as u64)
        .read_to_end(bytes)
        .map_err(unreadable)?;
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(InputError::TooLarge);
    }
    Ok(())
}

/// The inputs in the bytes of a file.
pub(super) fn open_bytes(name: &str, bytes: Vec<u8>, origin: Origin) -> Inputs {
    if bytes.trim_ascii().is_empty() {
        return one(name, Err(InputError::Empty));
    }
    let named = origin == Origin::Named;
    let describes = match named {
        true => description(&bytes).is_some() && !is_wsdl(&bytes),
        false => ends_in(name, &DESCRIBING) || description(&bytes).is_some(),
    };
    let no_message = |bytes: &[u8]| match description(bytes) {
        Some(name) if named => InputError::Description(name),
        _ => InputError::NotAMessage { named },
    };
    match kind_by_content_and_name(&bytes, name) {
        ContentKind::Xml | ContentKind::Json if !describes => one(name, Ok(Exchange::bare(bytes))),
        ContentKind::Xml | ContentKind::Json | ContentKind::Other => {
            one(name, Err(no_message(&bytes)))
        }
        ContentKind::Zip if !named && ends_in(name, &PACKAGED) => {
            one(name, Err(InputError::NotAMessage { named }))
        }
        ContentKind::Zip if origin == Origin::Archive => one(name, Err(InputError::NestedArchive)),
        ContentKind::Zip => archive::entries(name, Box::new(Cursor::new(bytes))),
        ContentKind::Har => match har::messages(name, &bytes) {
            Ok(messages) => Box::new(messages),
            Err(error) => one(name, Err(error)),
        },
        ContentKind::Http => Box::new(http::messages(name, bytes)),
    }
}

/// A message out of a capture, unless its body is nothing to judge: traffic
/// holds pages, scripts and pictures as well.
pub(super) fn content_of(exchange: Exchange) -> Result<Exchange, InputError> {
    let Some(http) = &exchange.http else {
        return Ok(exchange);
    };
    if exchange.body.is_empty() {
        return Ok(exchange);
    }
    let coding = http.header("content-encoding").unwrap_or("identity");
    let media_type = http.media_type().unwrap_or_default();
    // A page and a picture are XML too.
    let claimed = (media_type.contains("xml") || media_type.contains("json"))
        && !media_type.contains("xhtml")
        && !media_type.contains("svg");
    match kind_of(&exchange.body) {
        ContentKind::Xml | ContentKind::Json if description(&exchange.body).is_some() => {
            Err(InputError::NotAMessage { named: false })
        }
        ContentKind::Xml | ContentKind::Json => Ok(exchange),
        ContentKind::Zip => Err(InputError::NestedArchive),
        // A capture may keep the header and hold the body decoded, so the
        // header counts only where the body cannot be read.
        _ if claimed && !coding.eq_ignore_ascii_case("identity") => {
            Err(InputError::ContentEncoding)
        }
        _ if claimed => Ok(exchange),
        _ => Err(InputError::NotAMessage { named: false }),
    }
}

/// What a file is. What is called `.xml` or `.json` is meant to be that, also
/// where its beginning does not show it: then it is a broken message.
pub(super) fn kind_by_content_and_name(bytes: &[u8], name: &str) -> ContentKind {
    let kind = kind_of(bytes);
    let file_name = name.rsplit(['/', '!']).next().unwrap_or(name);
    // Beside every file an archive made on macOS holds a `._` shadow of it.
    let shadow = file_name.starts_with("._");
    match kind {
        ContentKind::Other if !shadow && ends_in(name, &[".xml"]) => ContentKind::Xml,
        ContentKind::Other if !shadow && ends_in(name, &[".json"]) => ContentKind::Json,
        ContentKind::Other | ContentKind::Json if !shadow && ends_in(name, &[".har"]) => {
            ContentKind::Har
        }
        kind => kind,
    }
}

/// One input.
pub(super) fn one(name: &str, content: Result<Exchange, InputError>) -> Inputs {
    Box::new(std::iter::once(Input {
        name: name.to_string(),
        content,
        body: BodyAt::Start,
    }))
}

/// A name as it may be shown: no control characters, which could rewrite the
/// terminal.
pub(super) fn shown(name: &str) -> String {
    name.chars()
        .map(|ch| if ch.is_control() { '\u{FFFD}' } else { ch })
        .collect()
}

fn ends_in(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| {
        name.len()
            .checked_sub(end.len())
            .and_then(|at| name.get(at..))
            .is_some_and(|last| last.eq_ignore_ascii_case(end))
    })
}

fn unreadable(error: std::io::Error) -> InputError {
    InputError::Unreadable(error.kind())
}
