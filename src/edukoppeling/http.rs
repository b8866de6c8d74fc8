//! The HTTP message around an envelope (20-edukoppeling.md, WW001, WS002,
//! WS006).

use super::message::{Message, Way};
use super::said::{Said, TransportReport};
use crate::document::Document;
use crate::exchange::HttpFacts;
use crate::finding::{Args, MessageValue, Place};

const SOAP_ACTION: &str = "KK-EK-WS002";
const ENVELOPE: &str = "KK-EK-WW001-ENVELOP";
const CHARSET: &str = "KK-EK-WS006";
const MEDIA_TYPE: &str = "KK-EK-WW001-MEDIATYPE";
const METHOD: &str = "KK-EK-WW001-POST";

pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    let Some(http) = message.http else {
        return;
    };
    judge_head(http, said);
    if message.way == Way::Request {
        soap_action(message, http, said);
    }
}

/// Judges a message that came over HTTP without an envelope: that is missing,
/// and the HTTP message is judged as far as it does not depend on one.
pub fn judge_without_envelope(document: &Document, http: &HttpFacts) -> TransportReport {
    let mut said = Said::new(document);
    judge_head(http, &mut said);
    said.missing(ENVELOPE, document.root_element());
    said.finish()
}

/// Judges what does not depend on the envelope.
pub(super) fn judge_head(http: &HttpFacts, said: &mut Said<'_>) {
    said.judging(&[ENVELOPE]);
    media_type(http, said);
    method(http, said);
}

fn method(http: &HttpFacts, said: &mut Said<'_>) {
    let Some(method) = http.method() else {
        return;
    };
    said.judging(&[METHOD]);
    if method != "POST" {
        said.broken_at(
            METHOD,
            line(method),
            Args::new().with("found", MessageValue::plain(method)),
        );
    }
}

/// `""`, or the action in quotes (SOAP 1.1, section 6.1.1). Software that
/// leaves out the quotes around an action is understood everywhere.
fn soap_action(message: &Message<'_>, http: &HttpFacts, said: &mut Said<'_>) {
    said.judging(&[SOAP_ACTION]);
    let action = message.addressing.text(message.document, "Action");
    let found = http.header("SOAPAction").map(str::trim);
    let right = match found {
        None | Some("") => false,
        Some("\"\"") => true,
        Some(found) => action.as_deref() == Some(unquoted(found)),
    };
    if !right {
        let args = Args::new()
            .with("found", MessageValue::plain(found.unwrap_or_default()))
            .with("expected", action.unwrap_or_default());
        said.broken_at(SOAP_ACTION, line("SOAPAction"), args);
    }
}

/// A value without its one pair of quotes.
fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(text)
}

fn media_type(http: &HttpFacts, said: &mut Said<'_>) {
    said.judging(&[MEDIA_TYPE, CHARSET]);
    let found = http.header("Content-Type").unwrap_or_default();
    let mut parts = found.split(';').map(str::trim);
    if !parts
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("text/xml")
    {
        let args = Args::new().with("found", MessageValue::plain(found));
        said.broken_at(MEDIA_TYPE, line("Content-Type"), args);
    }
    let charset = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    });
    if let Some(charset) = charset.filter(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        let args = Args::new().with("found", MessageValue::plain(charset));
        said.broken_at(CHARSET, line("Content-Type"), args);
    }
}

/// A line of the HTTP head: not a place in the body.
fn line(name: &str) -> Place {
    Place {
        words: format!("HTTP {name}"),
        keyed: format!("http/{name}"),
        ..Place::default()
    }
}
