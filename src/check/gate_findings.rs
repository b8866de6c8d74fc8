//! Findings on bytes that are no message at all.

use super::own_findings::tool_finding;
use crate::document::{GateError, NotJson, NotWellFormed};
use crate::finding::{Arg, Args, DataClass, Finding, MessageValue, Place, Position};
use crate::limits;

/// The finding of a refusal at the gate.
pub(super) fn gate_finding(error: &GateError, bytes: &[u8]) -> Finding {
    let (code, args, at) = match error {
        GateError::Empty => ("KK-XML-LEEG", Args::new(), None),
        GateError::TooLarge { bytes } => (
            "KK-XML-OMVANG",
            Args::new()
                .with("bytes", *bytes)
                .with("limit", limits::MAX_MESSAGE_BYTES),
            None,
        ),
        GateError::Utf16 => (
            "KK-XML-CODERING",
            Args::new().with("encoding", "UTF-16"),
            None,
        ),
        GateError::NotUtf8 { at } => (
            "KK-XML-CODERING",
            Args::new().with("encoding", ""),
            Some(*at),
        ),
        GateError::DeclaredEncoding { span } => {
            let name = String::from_utf8_lossy(&bytes[span.clone()]).into_owned();
            let name = MessageValue::new(name, DataClass::Plain);
            (
                "KK-XML-CODERING",
                Args::new().with("encoding", Arg::Value(name)),
                Some(span.start),
            )
        }
        GateError::Binary { at } => ("KK-XML-BINAIR", Args::new(), Some(*at)),
        GateError::Doctype { at } => ("KK-XML-DTD", Args::new(), Some(*at)),
        GateError::TooDeep { at } => ("KK-XML-DIEPTE", limit(limits::MAX_DEPTH), Some(*at)),
        GateError::TooManyAttributes { at } => (
            "KK-XML-ATTRIBUTEN",
            limit(limits::MAX_ATTRIBUTES),
            Some(*at),
        ),
        GateError::TooManyNamespaces { at } => (
            "KK-XML-NAAMRUIMTEN",
            limit(limits::MAX_ATTRIBUTES),
            Some(*at),
        ),
        GateError::TooManyElements { at } => {
            ("KK-XML-ELEMENTEN", limit(limits::MAX_ELEMENTS), Some(*at))
        }
    };
    tool_finding(
        code,
        args,
        at.map_or_else(Place::default, |at| place(bytes, at)),
    )
}

/// The finding of XML that is not well-formed.
pub(super) fn xml_finding(error: &NotWellFormed) -> Finding {
    let mut args = Args::new().with("reason", error.reason);
    for (name, value) in [("open", &error.open), ("found", &error.found)] {
        if let Some(value) = value {
            args = args.with(name, value.as_str());
        }
    }
    tool_finding("KK-XML-WELGEVORMD", args, place_of(error.at))
}

/// The finding of JSON that is not well-formed.
pub(super) fn json_finding(error: &NotJson) -> Finding {
    let args = Args::new().with("reason", error.reason);
    tool_finding("KK-JSON-WELGEVORMD", args, place_of(error.at))
}

fn limit(limit: usize) -> Args {
    Args::new().with("limit", limit)
}

fn place_of(at: Position) -> Place {
    Place {
        start: Some(at),
        end: Some(at),
        ..Place::default()
    }
}

/// Line and column of an offset in bytes that may not be text.
fn place(bytes: &[u8], at: usize) -> Place {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(&before[line_start..])
        .chars()
        .count() as u32
        + 1;
    let line = before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
    Place {
        span: Some(at..at + 1),
        ..place_of(Position { line, column })
    }
}
