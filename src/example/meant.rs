//! What a path that leads nowhere may have meant.

use super::edit::read;
use super::path::Path;
use crate::document::{Document, Format, NodeId, nearest};

/// The path that somebody may have meant who wrote one that leads nowhere in
/// `message`: the same with a name that stands there, else where its last name
/// stands elsewhere. `None` where nothing is like it.
pub fn meant(message: &str, format: Format, path: &Path) -> Option<String> {
    let document = read(message, format)?;
    let written = path.to_string();
    let mut written: Vec<&str> = written.split('/').collect();
    let mut at = document.root_element();
    for (number, step) in path.steps().iter().enumerate() {
        let Some(name) = step.name.as_deref() else {
            // The entries of a list are alike.
            at = document.elements(at).next()?;
            continue;
        };
        let mut members = document.elements(at);
        if let Some(member) = members.find(|&member| document.local_name(member) == name) {
            at = member;
            continue;
        }
        let names = document
            .elements(at)
            .map(|member| document.local_name(member));
        let Some(known) = nearest(name, names) else {
            return elsewhere(&document, path);
        };
        let step = written[number].replacen(name, known, 1);
        written[number] = &step;
        return Some(written.join("/"));
    }
    None
}

/// Where the last name of a path stands first in a message.
fn elsewhere(document: &Document, path: &Path) -> Option<String> {
    let name = path.steps().last()?.name.as_deref()?;
    let mut open = vec![document.root_element()];
    let found = loop {
        let node = open.pop()?;
        if document.local_name(node) == name && node != document.root_element() {
            break node;
        }
        let members: Vec<NodeId> = document.elements(node).collect();
        open.extend(members.into_iter().rev());
    };
    let mut names = vec![document.local_name(found)];
    let mut at = found;
    while let Some(parent) = document.parent(at) {
        // Which entry of a list is meant, nobody can tell.
        if document.is_array(parent) {
            return None;
        }
        if parent == document.root_element() {
            break;
        }
        names.push(document.local_name(parent));
        at = parent;
    }
    names.reverse();
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_and_a_wrong_place_are_understood() {
        let xml = "<m xmlns='urn:m'><datumBegin>x</datumBegin><periode><leerjaar>1</leerjaar></periode></m>";
        let json = r#"{"kenmerk": "x", "endpoint": {"url": "y"}, "lijst": [{"a": 1}]}"#;
        for (format, path, expected) in [
            (Format::Xml, "datumBegn", Some("datumBegin")),
            (
                Format::Xml,
                "periode/leerjar[2]",
                Some("periode/leerjaar[2]"),
            ),
            (
                Format::Xml,
                "period[2]/leerjaar",
                Some("periode[2]/leerjaar"),
            ),
            (Format::Xml, "leerjaar", Some("periode/leerjaar")),
            (Format::Xml, "leerjaar/@x", Some("periode/leerjaar")),
            (Format::Xml, "iets", None),
            (Format::Xml, "periode[2]", None),
            (Format::Json, "kenmrk", Some("kenmerk")),
            (Format::Json, "url", Some("endpoint/url")),
            (Format::Json, "a", None),
        ] {
            let message = if format == Format::Xml { xml } else { json };
            let path = Path::parse(path).unwrap();
            let meant = meant(message, format, &path);
            assert_eq!(meant.as_deref(), expected, "{path}");
        }
    }
}
