//! Edits of an example: what a case does to a valid message.

use std::ops::Range;

use serde::Deserialize;

use super::path::Path;
use super::{edit_json, edit_xml};
use crate::document::{Document, Format, Gated};

/// One edit (docs/packs.md, Cases).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Edit {
    /// Replaces the text of an element or attribute, or a JSON value; makes an
    /// attribute that is absent.
    Set {
        /// The element, attribute or value.
        path: Path,
        /// Its new text, unescaped.
        to: String,
    },
    /// Removes an element, attribute, member or entry.
    Remove {
        /// What goes.
        path: Path,
    },
    /// Inserts elements, members or entries.
    Insert {
        /// Where the fragment goes, seen from `path`.
        side: Side,
        /// The element it goes beside or into.
        path: Path,
        /// XML or JSON.
        fragment: String,
    },
    /// Renames an element or member.
    Rename {
        /// The element or member.
        path: Path,
        /// Its new local name; with a prefix as written.
        to: String,
    },
    /// Repeats an element, member or entry directly after itself.
    Copy {
        /// What is repeated.
        path: Path,
    },
}

/// Where an insertion goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Directly after the element.
    After,
    /// Directly before the element.
    Before,
    /// Into the element, as its last child.
    Into,
}

/// An edit as TOML holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    set: Option<Path>,
    remove: Option<Path>,
    after: Option<Path>,
    before: Option<Path>,
    into: Option<Path>,
    rename: Option<Path>,
    copy: Option<Path>,
    to: Option<String>,
    insert: Option<String>,
}

impl TryFrom<Written> for Edit {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written {
            set,
            remove,
            after,
            before,
            into,
            rename,
            copy,
            to,
            insert,
        } = written;
        let mut actions = [
            set.map(|path| ("set", path)),
            remove.map(|path| ("remove", path)),
            after.map(|path| ("after", path)),
            before.map(|path| ("before", path)),
            into.map(|path| ("into", path)),
            rename.map(|path| ("rename", path)),
            copy.map(|path| ("copy", path)),
        ]
        .into_iter()
        .flatten();
        let (Some((action, path)), None) = (actions.next(), actions.next()) else {
            return Err(
                "an edit has exactly one of set, remove, after, before, into, rename, copy",
            );
        };
        Ok(match (action, to, insert) {
            ("set", Some(to), None) => Edit::Set { path, to },
            ("rename", Some(to), None) => Edit::Rename { path, to },
            ("remove", None, None) => Edit::Remove { path },
            ("copy", None, None) => Edit::Copy { path },
            ("after" | "before" | "into", None, Some(fragment)) => Edit::Insert {
                side: match action {
                    "after" => Side::After,
                    "before" => Side::Before,
                    _ => Side::Into,
                },
                path,
                fragment,
            },
            ("set" | "rename", ..) => return Err("set and rename take a `to` and nothing else"),
            ("remove" | "copy", ..) => return Err("remove and copy take nothing else"),
            _ => return Err("after, before and into take an `insert` and nothing else"),
        })
    }
}

impl Edit {
    /// The path that the edit works on.
    pub fn path(&self) -> &Path {
        match self {
            Edit::Set { path, .. }
            | Edit::Remove { path }
            | Edit::Insert { path, .. }
            | Edit::Rename { path, .. }
            | Edit::Copy { path } => path,
        }
    }
}

impl std::fmt::Display for Edit {
    /// The edit as a case file states it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Edit::Set { path, to } => write!(f, "set {path} = {to:?}"),
            Edit::Remove { path } => write!(f, "remove {path}"),
            Edit::Insert {
                side,
                path,
                fragment,
            } => {
                let side = match side {
                    Side::After => "after",
                    Side::Before => "before",
                    Side::Into => "into",
                };
                write!(f, "{side} {path}: {fragment}")
            }
            Edit::Rename { path, to } => write!(f, "rename {path} to {to}"),
            Edit::Copy { path } => write!(f, "copy {path}"),
        }
    }
}

/// Why an edit cannot be made: the case is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edit {number} at `{path}`: {kind}")]
pub struct EditError {
    /// The number of the edit in its list, from 1.
    pub number: usize,
    /// Its path.
    pub path: String,
    /// What is the matter.
    pub kind: EditErrorKind,
}

/// What is the matter with an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditErrorKind {
    /// The message, as the edits before left it, cannot be read.
    #[error("the message before this edit is not well-formed")]
    Unreadable,
    /// The path leads nowhere.
    #[error("there is nothing at this path in the message")]
    NotFound,
    /// The path has a step that this format does not know.
    #[error("the path has a step that this kind of message does not have")]
    WrongStep,
    /// The edit makes no sense there.
    #[error("this edit cannot be made on what is at this path")]
    WrongTarget,
    /// The fragment to insert cannot be read.
    #[error("what is to be inserted is not a fragment of elements or of members")]
    BadFragment,
    /// What the edits made is no longer a message.
    #[error("the message after this edit is not well-formed")]
    Broken,
}

/// Bytes of a message and what comes in their place.
pub(super) struct Splice {
    pub range: Range<usize>,
    pub with: String,
}

impl Splice {
    pub fn replace(range: Range<usize>, with: impl Into<String>) -> Self {
        Self {
            range,
            with: with.into(),
        }
    }

    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }
}

/// The message with `edits` applied, one after the other. Everything that an
/// edit does not name stays as it is written.
///
/// # Errors
///
/// The first edit that cannot be made; see [`EditErrorKind`].
pub fn apply(message: &str, format: Format, edits: &[Edit]) -> Result<String, EditError> {
    let mut text = message.to_string();
    for (index, edit) in edits.iter().enumerate() {
        let error = |kind| EditError {
            number: index + 1,
            path: edit.path().to_string(),
            kind,
        };
        let document = read(&text, format).ok_or_else(|| error(EditErrorKind::Unreadable))?;
        let splices = match format {
            Format::Xml => edit_xml::splices(&document, edit),
            Format::Json => edit_json::splices(&document, edit),
        };
        // The document has no byte-order mark, and so has the result.
        text = spliced(document.source(), splices.map_err(error)?);
        read(&text, format).ok_or_else(|| error(EditErrorKind::Broken))?;
    }
    Ok(text)
}

pub(super) fn read(text: &str, format: Format) -> Option<Document> {
    match format {
        Format::Xml => Document::from_xml(Gated::xml(text.as_bytes()).ok()?).ok(),
        Format::Json => Document::from_json(Gated::json(text.as_bytes()).ok()?).ok(),
    }
}

/// The text with the splices made; they do not overlap.
pub(super) fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut result = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for splice in splices {
        result.push_str(&text[at..splice.range.start]);
        result.push_str(&splice.with);
        at = splice.range.end;
    }
    result.push_str(&text[at..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Edits {
        edits: Vec<Edit>,
    }

    fn edits(toml: &str) -> Vec<Edit> {
        toml::from_str::<Edits>(&format!("edits = [{toml}]"))
            .unwrap()
            .edits
    }

    fn xml(message: &str, toml: &str) -> String {
        apply(message, Format::Xml, &edits(toml)).unwrap()
    }

    fn json(message: &str, toml: &str) -> String {
        apply(message, Format::Json, &edits(toml)).unwrap()
    }

    const XML: &str = "<m xmlns='urn:m' xmlns:g='urn:g'>\n  <g:a x='1'>één</g:a>\n  <p>\n    <d>1</d>\n  </p>\n  <p/>\n</m>";

    #[test]
    fn xml_keeps_everything_but_the_edit() {
        for (toml, from, to) in [
            ("{set='a', to='a < b'}", ">één<", ">a &lt; b<"),
            ("{set='p[2]', to='x'}", "<p/>", "<p>x</p>"),
            ("{set='a/@x', to='\"'}", "x='1'", "x='&quot;'"),
            ("{set='p/@y', to='2'}", "<p>", "<p y=\"2\">"),
            ("{set='p[2]/@y', to='2'}", "<p/>", "<p y=\"2\"/>"),
            ("{remove='a/@x'}", " x='1'", ""),
            ("{remove='a'}", "\n  <g:a x='1'>één</g:a>", ""),
            ("{remove='p/d'}", "<p>\n    <d>1</d>\n  </p>", "<p></p>"),
            (
                "{rename='a', to='b'}",
                "<g:a x='1'>één</g:a>",
                "<g:b x='1'>één</g:b>",
            ),
            ("{rename='p[2]', to='q'}", "<p/>", "<q/>"),
            ("{copy='p[2]'}", "<p/>", "<p/>\n  <p/>"),
        ] {
            let expected = XML.replacen(from, to, 1);
            assert_eq!(xml(XML, toml), expected, "{toml}");
        }
    }

    #[test]
    fn inserted_xml_takes_prefix_and_indentation_of_its_place() {
        for (toml, from, to) in [
            (
                "{after='a', insert='<b/><c>1</c>'}",
                "</g:a>",
                "</g:a>\n  <g:b/>\n  <g:c>1</g:c>",
            ),
            (
                "{before='a', insert='<b><c/></b>'}",
                "<g:a",
                "<g:b>\n    <g:c/>\n  </g:b>\n  <g:a",
            ),
            (
                "{after='a', insert=\"<b xmlns='urn:g'>1</b>\"}",
                "</g:a>",
                "</g:a>\n  <b xmlns='urn:g'>1</b>",
            ),
            ("{after='p', insert='<g:b/>'}", "  </p>", "  </p>\n  <g:b/>"),
            (
                "{into='p', insert='<e/>'}",
                "<d>1</d>",
                "<d>1</d>\n    <e/>",
            ),
            (
                "{into='p[2]', insert='<e/>'}",
                "<p/>",
                "<p>\n    <e/>\n  </p>",
            ),
            ("{into='.', insert='<e/>'}", "<p/>", "<p/>\n  <e/>"),
            ("{into='a', insert='<e/>'}", "één", "één<g:e/>"),
        ] {
            let expected = XML.replacen(from, to, 1);
            assert_eq!(xml(XML, toml), expected, "{toml}");
        }
        assert_eq!(
            xml("<m><a/><b/></m>", "{after='a', insert='<c/>'}"),
            "<m><a/><c/><b/></m>"
        );
    }

    const JSON: &str = "{\n  \"a\": \"x\",\n  \"n\": 12,\n  \"l\": [\n    {\"b\": null}\n  ]\n}";

    #[test]
    fn json_keeps_everything_but_the_edit() {
        for (toml, from, to) in [
            ("{set='a', to='12'}", "\"x\"", "\"12\""),
            ("{set='n', to='13'}", "12", "13"),
            ("{set='n', to='twaalf'}", "12", "\"twaalf\""),
            ("{set='l[0]/b', to='2026-01-01'}", "null", "\"2026-01-01\""),
            ("{remove='a'}", "\"a\": \"x\",\n  ", ""),
            ("{remove='l'}", ",\n  \"l\": [\n    {\"b\": null}\n  ]", ""),
            ("{remove='l[0]'}", "[\n    {\"b\": null}\n  ]", "[]"),
            ("{rename='l[0]/b', to='c\"'}", "\"b\"", "\"c\\\"\""),
            (
                "{copy='l[0]'}",
                "{\"b\": null}",
                "{\"b\": null},\n    {\"b\": null}",
            ),
            (
                "{after='a', insert='\"z\": 1'}",
                "\"x\",",
                "\"x\",\n  \"z\": 1,",
            ),
            (
                "{before='n', insert='\"z\": 1'}",
                "\"n\"",
                "\"z\": 1,\n  \"n\"",
            ),
            ("{into='l[0]', insert='\"z\": 1'}", "null", "null, \"z\": 1"),
            ("{into='l', insert='{}'}", "null}", "null},\n    {}"),
        ] {
            let expected = JSON.replacen(from, to, 1);
            assert_eq!(json(JSON, toml), expected, "{toml}");
        }
        assert_eq!(json("[]", "{into='.', insert='1'}"), "[1]");
        assert_eq!(json("[[1, 2]]", "{set='[0][1]', to='3'}"), "[[1, 3]]");
    }

    #[test]
    fn an_edit_that_cannot_be_made_names_its_path() {
        for (toml, kind) in [
            ("{set='q', to=''}", EditErrorKind::NotFound),
            ("{remove='p[3]'}", EditErrorKind::NotFound),
            ("{remove='a/@y'}", EditErrorKind::NotFound),
            ("{remove='[0]'}", EditErrorKind::WrongStep),
            ("{remove='.'}", EditErrorKind::WrongTarget),
            ("{rename='a/@x', to='y'}", EditErrorKind::WrongTarget),
            ("{after='a', insert='<b>'}", EditErrorKind::BadFragment),
            ("{after='a', insert='<z:b/>'}", EditErrorKind::BadFragment),
            ("{rename='a', to='1 2'}", EditErrorKind::Broken),
        ] {
            let error = apply(XML, Format::Xml, &edits(toml)).unwrap_err();
            assert_eq!(error.kind, kind, "{toml}");
            assert!(toml.contains(&error.path));
        }
        for (toml, kind) in [
            ("{set='q', to=''}", EditErrorKind::NotFound),
            ("{set='l[1]', to=''}", EditErrorKind::NotFound),
            ("{set='@a', to=''}", EditErrorKind::WrongStep),
            ("{rename='l[0]', to='x'}", EditErrorKind::WrongTarget),
            ("{into='a', insert='1'}", EditErrorKind::WrongTarget),
            ("{after='a', insert='1'}", EditErrorKind::Broken),
        ] {
            let error = apply(JSON, Format::Json, &edits(toml)).unwrap_err();
            assert_eq!(error.kind, kind, "{toml}");
        }
    }

    #[test]
    fn an_edit_says_one_thing() {
        for bad in [
            "{set='a'}",
            "{set='a', remove='b', to='c'}",
            "{remove='a', to='b'}",
            "{after='a', to='b'}",
            "{to='b'}",
            "{zet='a', to='b'}",
            "{set='a//b', to='c'}",
        ] {
            let toml = format!("edits = [{bad}]");
            let error = toml::from_str::<Edits>(&toml).unwrap_err();
            assert!(error.span().is_some(), "{bad}");
        }
    }
}
