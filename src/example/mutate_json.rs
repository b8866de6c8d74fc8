//! Mistakes in JSON messages.

use serde_json::Value;

use super::edit::Splice;
use super::edit_json::{quoted, remove, whole};
use super::mutate::{Change, Dice, Kind, SLIPS, mistyped, throw};
use crate::document::{Document, NodeId, PlaceOf};

/// One random mistake.
pub(super) fn change(document: &Document, dice: &mut Dice) -> (&'static str, Option<Change>) {
    throw(KINDS, document, dice)
}

const KINDS: &[Kind] = &[
    ("veld weg", |document, dice| {
        let member = member(document, dice)?;
        let splice = remove(document, member).ok()?;
        Some(done(document, member, "removed", splice))
    }),
    ("naam verschreven", |document, dice| {
        let member = member(document, dice)?;
        let name = mistyped(document.local_name(member), dice);
        let splice = Splice::replace(document.member_name_span(member)?, quoted(&name));
        Some(done(document, member, &format!("renamed {name}"), splice))
    }),
    ("onbekend veld erbij", |document, dice| {
        let member = member(document, dice)?;
        let at = whole(document, member).start;
        let splice = Splice::insert(at, "\"opmerking\": \"x\", ");
        Some(done(document, member, "unknown before", splice))
    }),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("waarde weg", |document, dice| {
        let value = any(document, dice)?;
        written_string(document, value)?;
        let splice = Splice::replace(document.span(value), "\"\"");
        Some(done(document, value, "emptied", splice))
    }),
    ("ander type", |document, dice| {
        let value = any(document, dice)?;
        let other = dice.one_of(&["null", "12", "true", "\"tekst\"", "[]", "{}"])?;
        let splice = Splice::replace(document.span(value), other);
        Some(done(
            document,
            value,
            &format!("replaced by {other}"),
            splice,
        ))
    }),
    ("getal als tekst", |document, dice| {
        let value = any(document, dice)?;
        let span = document.span(value);
        let written = &document.source()[span.clone()];
        let number = written.starts_with(|ch: char| ch.is_ascii_digit() || ch == '-');
        number.then(|| {
            let splice = Splice::replace(span.clone(), quoted(written));
            done(document, value, "quoted", splice)
        })
    }),
];

fn slip(document: &Document, dice: &mut Dice) -> Option<Change> {
    let value = any(document, dice)?;
    let text = written_string(document, value)?;
    let (what, make) = dice.one_of(SLIPS)?;
    let text = make(&text, dice)?;
    let splice = Splice::replace(document.span(value), quoted(&text));
    Some(done(document, value, what, splice))
}

fn done(document: &Document, value: NodeId, what: &str, splice: Splice) -> Change {
    let path = document.place(value, PlaceOf::Name).path;
    Change {
        splices: vec![splice],
        what: format!("{path} {what}"),
    }
}

fn any(document: &Document, dice: &mut Dice) -> Option<NodeId> {
    let values: Vec<NodeId> = document
        .subtree(document.root_element())
        .filter(|&node| document.is_element(node))
        .collect();
    dice.one_of(&values)
}

fn member(document: &Document, dice: &mut Dice) -> Option<NodeId> {
    any(document, dice).filter(|&value| document.member_name_span(value).is_some())
}

fn written_string(document: &Document, value: NodeId) -> Option<String> {
    match serde_json::from_str(&document.source()[document.span(value)]) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}
