//! The view of evidence that may be handed on: persons and secrets masked.
//!
//! No hash of an original goes along: a number of nine digits is found again by
//! trying all of them. That is why the view has a manifest of its own, and why
//! a digest in a message that was masked is masked as well.

use std::collections::BTreeSet;

use serde_json::Value;

use super::authorities::TRUST;
use super::folder::Folder;
use super::message::RecordedMessage;
use super::part::{CopyError, EVENTS};
use super::read::{Evidence, ReadError};
use super::record::{ExchangeRecord, MESSAGES, RunRecord, SCRIPTS, StepRecord, write_json};
use crate::check::Masker;
use crate::event::Event;
use crate::exchange::{Exchange, HttpFacts, StartLine};
use crate::finding::{DataClass, is_synthetic_number, mask};

/// What stands for a secret.
const HIDDEN: &str = "***";

/// Headers whose values go along. Any other may hold a secret.
const OPEN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "retry-after",
    "server",
    "soapaction",
    "transfer-encoding",
    "user-agent",
    "vary",
    "www-authenticate",
];

/// Parameters of URLs whose values go along: those of the OSR, and what asks for
/// a contract. Any other may be about a person.
const OPEN_PARAMETERS: &[&str] = &[
    "administration_id",
    "attributes",
    "brin",
    "dienst",
    "end_date",
    "gedaan",
    "lang",
    "oa_id",
    "oin",
    "reference_date",
    "routing_id",
    "school_oin",
    "service_code",
    "service_version_namespace",
    "singlewsdl",
    "start_date",
    "supplier_oin",
    "wsdl",
];

/// Values that every script can name and that are about no person.
const OF_EVERY_SCRIPT: &[&str] = &[
    "duo",
    "las",
    "leverancier",
    "nu",
    "osr",
    "school",
    "schooljaar",
    "sector",
    "vandaag",
];

/// What a file of a run's folder holds, which decides what of it may be handed
/// on. What is none of these stays behind.
enum Kept {
    Run,
    Events,
    Steps,
    /// Certificates and revocation lists, which are public.
    Authorities,
    Script,
    /// A message that a script names.
    ScriptMessage,
    /// The head of an exchange: its messages are written and looked at with it.
    Exchange,
    Message,
}

impl Kept {
    fn of(name: &str) -> Option<Self> {
        let (folder, _) = name.split_once('/').unwrap_or((name, ""));
        Some(match folder {
            RunRecord::FILE => Self::Run,
            EVENTS => Self::Events,
            "steps" => Self::Steps,
            "certificates" | TRUST => Self::Authorities,
            SCRIPTS => Self::Script,
            MESSAGES => Self::ScriptMessage,
            "exchanges" if name.ends_with(".json") => Self::Exchange,
            "exchanges" => Self::Message,
            _ => return None,
        })
    }
}

/// Writes the masked view of `evidence` into `folder`.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn share(evidence: &Evidence, masker: &mut Masker, folder: &Folder) -> Result<(), CopyError> {
    for name in evidence.manifest().files.keys() {
        let content = || evidence.read(name);
        match Kept::of(name) {
            Some(Kept::Run) => {
                let mut run = evidence.run()?;
                // The manifest of a part holds hashes of originals.
                run.parts.clear();
                write_json(folder, name, &run)?;
            }
            Some(Kept::Events) => folder.write(name, &lines(events(evidence.lines(name)?)))?,
            Some(Kept::Steps) => {
                folder.write(name, &lines(evidence.lines(name)?.into_iter().map(step)))?;
            }
            Some(Kept::Authorities) => folder.write(name, &content()?)?,
            Some(Kept::Script) => {
                let script = content()?;
                // A script in which a person stands stays behind.
                let text = std::str::from_utf8(&script).unwrap_or_default();
                if mask(text, DataClass::Plain) == text {
                    folder.write(name, &script)?;
                }
            }
            Some(Kept::ScriptMessage) => {
                let message = Exchange::bare(content()?);
                folder.write(name, &masker.body(&message))?;
            }
            Some(Kept::Exchange) => {
                let damaged = |_| ReadError::Damaged(name.clone());
                let record: ExchangeRecord =
                    serde_json::from_slice(&content()?).map_err(damaged)?;
                exchange(evidence, record, masker, folder, name)?;
            }
            Some(Kept::Message) | None => {}
        }
    }
    folder.seal(true)?;
    Ok(())
}

/// The first file of a view in which something stands that [`share`] would
/// have masked or left out; `None` when there is nothing. `foreign` when the
/// run was judged with packs that the masker does not know.
///
/// # Errors
///
/// A file does not hold what it should.
pub fn unmasked(
    evidence: &Evidence,
    masker: &mut Masker,
    foreign: bool,
) -> Result<Option<String>, ReadError> {
    let mut left: BTreeSet<&str> = BTreeSet::new();
    let mut messages: BTreeSet<String> = BTreeSet::new();
    for name in evidence.manifest().files.keys() {
        let has_no_number = || {
            let content = evidence.read(name)?;
            let text = std::str::from_utf8(&content).ok();
            Ok::<_, ReadError>(text.is_some_and(|text| mask(text, DataClass::Plain) == text))
        };
        let is_masked = match Kept::of(name) {
            Some(Kept::Run) => evidence.run()?.parts.is_empty() && has_no_number()?,
            Some(Kept::Events | Kept::Script) => has_no_number()?,
            Some(Kept::Steps) => {
                has_no_number()? && evidence.lines(name)?.iter().all(is_masked_step)
            }
            Some(Kept::ScriptMessage) => {
                masker.is_masked(&Exchange::bare(evidence.read(name)?), foreign)
            }
            Some(Kept::Authorities) => true,
            Some(Kept::Exchange) => {
                let record = evidence.record(name)?;
                let kept = evidence.exchange(&record.scenario, record.number)?;
                messages.insert(record.request.file);
                messages.extend(record.response.map(|response| response.file));
                let mut both = [Some(&kept.request), kept.response.as_ref()]
                    .into_iter()
                    .flatten();
                both.all(|message| {
                    let head = message.http.as_ref();
                    head.map(http).as_ref() == head && masker.is_masked(message, foreign)
                })
            }
            Some(Kept::Message) => left.insert(name),
            None => false,
        };
        if !is_masked {
            return Ok(Some(name.clone()));
        }
    }
    let stray = left.into_iter().find(|name| !messages.contains(*name));
    Ok(stray.map(str::to_string))
}

fn is_masked_step(record: &StepRecord) -> bool {
    let masked = StepRecord {
        masked: record.masked,
        ..step(record.clone())
    };
    masked == *record
}

fn exchange(
    evidence: &Evidence,
    record: ExchangeRecord,
    masker: &mut Masker,
    folder: &Folder,
    name: &str,
) -> Result<(), CopyError> {
    let kept = evidence.exchange(&record.scenario, record.number)?;
    let mut message = |recorded: &RecordedMessage, original: &Exchange| {
        let mut masked = original.clone();
        masked.body = masker.body(original);
        masked.http = original.http.as_ref().map(http);
        let (mut record, content) = RecordedMessage::of(&recorded.file, &masked);
        record.masked = masked.body != original.body || masked.http != original.http;
        folder.write(&record.file, &content).map(|()| record)
    };
    let request = message(&record.request, &kept.request)?;
    let response = match (&record.response, &kept.response) {
        (Some(recorded), Some(original)) => Some(message(recorded, original)?),
        _ => None,
    };
    let record = ExchangeRecord {
        request,
        response,
        ..record
    };
    Ok(write_json(folder, name, &record)?)
}

fn http(original: &HttpFacts) -> HttpFacts {
    let mut masked = original.clone();
    if let StartLine::Request { url, .. } = &mut masked.start {
        *url = masked_url(url);
    }
    for (name, value) in &mut masked.headers {
        let open = OPEN_HEADERS
            .iter()
            .any(|open| name.eq_ignore_ascii_case(open));
        if !open {
            *value = HIDDEN.to_string();
        }
    }
    masked
}

/// A URL without who logs in, without secrets and without persons.
fn masked_url(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    let (host, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match host.rsplit_once('@') {
        Some((_, host)) if !scheme.is_empty() => format!("{HIDDEN}@{host}"),
        _ => host.to_string(),
    };
    let colon = if scheme.is_empty() { "" } else { "://" };
    let below = mask(below, DataClass::Plain);
    let is_open = |name: &str| {
        let mut open = OPEN_PARAMETERS.iter();
        open.any(|open| name.eq_ignore_ascii_case(open))
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if is_open(name) => format!("{name}={}", mask(value, DataClass::Plain)),
        Some((_, value)) if is_synthetic_number(value) => pair.to_string(),
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None if pair.is_empty() || is_open(pair) => pair.to_string(),
        None => HIDDEN.to_string(),
    });
    let query: Vec<String> = pairs.collect();
    let mark = if url.contains('?') { "?" } else { "" };
    format!("{scheme}{colon}{host}{below}{mark}{}", query.join("&"))
}

/// Events, masked where those of the run are not (`--no-redact`).
fn events(events: Vec<Event>) -> impl Iterator<Item = Event> {
    let masked = |event: &Event| matches!(event, Event::Started(started) if started.redacted);
    let is_masked = events.iter().any(masked);
    events.into_iter().map(move |mut event| {
        match &mut event {
            Event::Started(started) => started.redacted = true,
            Event::Exchanged(exchanged) => {
                exchanged.name = mask(&exchanged.name, DataClass::Plain);
            }
            Event::Played(played) if !is_masked => {
                for found in &mut played.findings {
                    found.finding.excerpt = None;
                    for (_, value) in &mut found.finding.args {
                        *value = mask(value, DataClass::Unknown);
                    }
                }
            }
            _ => {}
        }
        event
    })
}

/// What a step was judged by, without values that may be about a person: these
/// are left out, so that no expectation can hold of a mask.
fn step(mut step: StepRecord) -> StepRecord {
    let before = step.values.len();
    let whole = |name: &str| {
        let root = name.split('.').next().unwrap_or(name);
        OF_EVERY_SCRIPT.contains(&root)
    };
    let mut changed = false;
    step.values = std::mem::take(&mut step.values)
        .into_iter()
        .filter_map(|(name, value)| {
            if whole(&name) {
                return Some((name, value));
            }
            let kept = harmless(&value)?;
            changed |= kept != value;
            Some((name, kept))
        })
        .collect();
    step.masked = changed || step.values.len() != before;
    step.said = step.said.filter(|said| {
        let value: Option<Value> = serde_json::from_str(said).ok();
        value.is_some_and(|value| harmless(&value).as_ref() == Some(&value))
    });
    step
}

/// What of a value is about nobody; `None` when nothing is.
fn harmless(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(_) => Some(value.clone()),
        Value::Number(number) => {
            let text = number.to_string();
            (mask(&text, DataClass::Plain) == text).then(|| value.clone())
        }
        Value::String(text) => is_synthetic_number(text).then(|| value.clone()),
        Value::Array(items) => {
            let whole = items
                .iter()
                .all(|item| harmless(item).as_ref() == Some(item));
            whole.then(|| value.clone())
        }
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter_map(|(name, member)| Some((name.clone(), harmless(member)?)));
            Some(Value::Object(kept.collect()))
        }
    }
}

fn lines<T: serde::Serialize>(records: impl Iterator<Item = T>) -> Vec<u8> {
    let mut lines = Vec::new();
    for record in records {
        // A record that was read can be written.
        if let Ok(json) = serde_json::to_vec(&record) {
            lines.extend_from_slice(&json);
            lines.push(b'\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_no_person_and_no_secret() {
        for (url, masked) in [
            ("https://duo.invalid/bron", "https://duo.invalid/bron"),
            (
                "https://jan:geheim@duo.invalid/p/123456782?api_key=x&bsn=123456782&oin=1",
                "https://***@duo.invalid/p/*****6782?api_key=***&bsn=***&oin=1",
            ),
            ("/p/999901102?a", "/p/999901102?***"),
            ("/duo?wsdl", "/duo?wsdl"),
            ("/duo?", "/duo?"),
            (
                "/duo?bsn=999901102&naam=Pietersen&naam2=Van%20Dijk",
                "/duo?bsn=999901102&naam=***&naam2=***",
            ),
        ] {
            assert_eq!(masked_url(url), masked);
            assert_eq!(masked_url(masked), masked);
        }
    }

    #[test]
    fn of_values_only_what_is_about_nobody_stays() {
        let value = serde_json::json!({
            "bsn": "999901102", "naam": "Jansen", "goed": true, "nummer": 3,
            "ander": 123456782, "lijst": [1, "Jansen"], "leeg": null,
        });
        let kept = serde_json::json!({
            "bsn": "999901102", "goed": true, "nummer": 3, "leeg": null,
        });
        assert_eq!(harmless(&value), Some(kept));
    }
}
