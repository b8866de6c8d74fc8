//! Edits of a JSON message, on the bytes it is written in.

use std::ops::Range;

use serde_json::Value;

use super::edit::{Edit, EditErrorKind, Side, Splice};
use super::path::Path;
use crate::document::{Document, NodeId};

/// What an edit changes in a message.
pub(super) fn splices(document: &Document, edit: &Edit) -> Result<Vec<Splice>, EditErrorKind> {
    let value = find(document, edit.path())?;
    Ok(vec![match edit {
        Edit::Set { to, .. } => {
            let span = document.span(value);
            let written = set_to(&document.source()[span.clone()], to);
            Splice::replace(span, written)
        }
        Edit::Remove { .. } => remove(document, value)?,
        Edit::Insert { side, fragment, .. } => insert(document, value, *side, fragment)?,
        Edit::Rename { to, .. } => {
            let name = document
                .member_name_span(value)
                .ok_or(EditErrorKind::WrongTarget)?;
            Splice::replace(name, quoted(to))
        }
        Edit::Copy { .. } => {
            not_root(document, value)?;
            let whole = whole(document, value);
            let written = &document.source()[whole.clone()];
            let separator = separator_within(document, value);
            Splice::insert(whole.end, format!(",{separator}{written}"))
        }
    }])
}

fn find(document: &Document, path: &Path) -> Result<NodeId, EditErrorKind> {
    if path.attribute().is_some() {
        return Err(EditErrorKind::WrongStep);
    }
    let mut at = document.root_element();
    for step in path.steps() {
        if let Some(name) = &step.name {
            at = document
                .elements(at)
                .find(|&member| {
                    document.local_name(member) == name
                        && document.member_name_span(member).is_some()
                })
                .ok_or(EditErrorKind::NotFound)?;
        }
        for &index in &step.indexes {
            at = document
                .elements(at)
                .nth(index)
                .filter(|_| document.is_array(at))
                .ok_or(EditErrorKind::NotFound)?;
        }
    }
    Ok(at)
}

/// A new value as JSON: a string stays a string; in place of anything else a
/// number, `true`, `false` or `null` is itself.
fn set_to(old: &str, to: &str) -> String {
    let is_scalar = serde_json::from_str::<Value>(to)
        .is_ok_and(|value| matches!(value, Value::Number(_) | Value::Bool(_) | Value::Null));
    if is_scalar && !old.starts_with('"') {
        to.to_string()
    } else {
        quoted(to)
    }
}

pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The bytes of an entry, or of a member with its name.
pub(super) fn whole(document: &Document, value: NodeId) -> Range<usize> {
    let span = document.span(value);
    let start = document
        .member_name_span(value)
        .map_or(span.start, |name| name.start);
    start..span.end
}

/// White space before a member or entry, up to the comma or bracket.
fn separator(document: &Document, value: NodeId) -> &str {
    let before = &document.source()[..whole(document, value).start];
    &before[before.trim_ascii_end().len()..]
}

fn not_root(document: &Document, value: NodeId) -> Result<NodeId, EditErrorKind> {
    document
        .parent(value)
        .filter(|&parent| parent != NodeId::ROOT)
        .ok_or(EditErrorKind::WrongTarget)
}

/// A member or entry with the comma that belongs to it.
pub(super) fn remove(document: &Document, value: NodeId) -> Result<Splice, EditErrorKind> {
    let parent = not_root(document, value)?;
    let own = whole(document, value);
    let range = match (document.next_sibling(value), document.prev_sibling(value)) {
        (Some(next), _) => own.start..whole(document, next).start,
        (None, Some(prev)) => document.span(prev).end..own.end,
        (None, None) => {
            let span = document.span(parent);
            span.start + 1..span.end - 1
        }
    };
    Ok(Splice::replace(range, ""))
}

fn insert(
    document: &Document,
    value: NodeId,
    side: Side,
    fragment: &str,
) -> Result<Splice, EditErrorKind> {
    if fragment.trim().is_empty() {
        return Err(EditErrorKind::BadFragment);
    }
    let span = document.span(value);
    match side {
        Side::Before => {
            not_root(document, value)?;
            let separator = separator(document, value);
            let at = whole(document, value).start;
            Ok(Splice::insert(at, format!("{fragment},{separator}")))
        }
        Side::After => {
            not_root(document, value)?;
            let separator = separator_within(document, value);
            Ok(Splice::insert(span.end, format!(",{separator}{fragment}")))
        }
        Side::Into if !document.source()[span.clone()].starts_with(['{', '[']) => {
            Err(EditErrorKind::WrongTarget)
        }
        Side::Into => Ok(match document.elements(value).last() {
            Some(last) => {
                let separator = separator_within(document, last);
                let at = document.span(last).end;
                Splice::insert(at, format!(",{separator}{fragment}"))
            }
            None => Splice::replace(span.start + 1..span.end - 1, fragment),
        }),
    }
}

/// White space for something that comes after a member or entry: as between
/// the others, a space where this is the only one and begins no line.
fn separator_within(document: &Document, value: NodeId) -> &str {
    match separator(document, value) {
        "" if document.prev_sibling(value).is_none() => " ",
        separator => separator,
    }
}
