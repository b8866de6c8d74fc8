//! Edits of an XML message, on the bytes it is written in.

use std::ops::Range;

use super::edit::{Edit, EditErrorKind, Side, Splice};
use super::path::Path;
use crate::document::{Attribute, Document, Format, NodeId, NodeKind};

type Splices = Result<Vec<Splice>, EditErrorKind>;

/// What an edit changes in a message.
pub(super) fn splices(document: &Document, edit: &Edit) -> Splices {
    let element = find(document, edit.path())?;
    if let Some(name) = edit.path().attribute() {
        return attribute(document, element, name, edit);
    }
    Ok(match edit {
        Edit::Set { to, .. } => vec![set_content(document, element, &escaped(to))],
        Edit::Remove { .. } => vec![remove(document, element)?],
        Edit::Insert { side, fragment, .. } => {
            vec![insert(document, element, *side, fragment)?]
        }
        Edit::Rename { to, .. } => rename(document, element, to),
        Edit::Copy { .. } => {
            not_root(document, element)?;
            let written = &document.source()[document.span(element)];
            let separator = separator(document, element);
            vec![Splice::insert(
                document.span(element).end,
                format!("{separator}{written}"),
            )]
        }
    })
}

/// The element that the steps of a path lead to.
fn find(document: &Document, path: &Path) -> Result<NodeId, EditErrorKind> {
    let mut at = document.root_element();
    for step in path.steps() {
        let (Some(name), [] | [_]) = (&step.name, &step.indexes[..]) else {
            return Err(EditErrorKind::WrongStep);
        };
        let number = step.indexes.first().copied().unwrap_or(1);
        at = document
            .elements(at)
            .filter(|&child| document.local_name(child) == name)
            .nth(number.checked_sub(1).ok_or(EditErrorKind::WrongStep)?)
            .ok_or(EditErrorKind::NotFound)?;
    }
    Ok(at)
}

fn attribute(document: &Document, element: NodeId, name: &str, edit: &Edit) -> Splices {
    let found = document
        .attributes(element)
        .find(|attribute| *attribute.name.qualified == *name || *attribute.name.local == *name);
    Ok(vec![match (edit, found) {
        (Edit::Set { to, .. }, Some(attribute)) => {
            Splice::replace(document.attribute_span(&attribute), escaped(to))
        }
        (Edit::Set { to, .. }, None) => {
            let end = start_tag(document, element).end;
            let at = end - closing(document, element).len();
            Splice::insert(at, format!(" {name}=\"{}\"", escaped(to)))
        }
        (Edit::Remove { .. }, Some(attribute)) => {
            Splice::replace(whole_attribute(document, &attribute), "")
        }
        (Edit::Remove { .. }, None) => return Err(EditErrorKind::NotFound),
        _ => return Err(EditErrorKind::WrongTarget),
    }])
}

/// The bytes of an attribute with the white space before it.
pub(super) fn whole_attribute(document: &Document, attribute: &Attribute<'_>) -> Range<usize> {
    let before = document.source()[..attribute.at].trim_ascii_end().len();
    before..document.attribute_span(attribute).end + 1
}

/// The bytes of an element's start tag, `<` to `>`.
pub(super) fn start_tag(document: &Document, element: NodeId) -> Range<usize> {
    let span = document.span(element);
    let mut quote = None;
    let length = document.source()[span.clone()]
        .bytes()
        .position(|byte| match (byte, quote) {
            (b'>', None) => true,
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                false
            }
            (_, Some(open)) if byte == open => {
                quote = None;
                false
            }
            _ => false,
        });
    // The span is that of a well-formed element, so its start tag ends in it.
    span.start..length.map_or(span.end, |length| span.start + length + 1)
}

/// How the start tag of an element ends: `>`, or `/>` when it is empty.
fn closing(document: &Document, element: NodeId) -> &'static str {
    match document.source()[start_tag(document, element)].ends_with("/>") {
        true => "/>",
        false => ">",
    }
}

/// The bytes between the tags of an element; `None` when it is written as one
/// empty tag.
pub(super) fn content(document: &Document, element: NodeId) -> Option<Range<usize>> {
    let tag = start_tag(document, element);
    let span = document.span(element);
    if tag.end >= span.end {
        return None;
    }
    let end = document.source()[span.clone()].rfind("</")?;
    Some(tag.end..span.start + end)
}

pub(super) fn set_content(document: &Document, element: NodeId, written: &str) -> Splice {
    match content(document, element) {
        Some(content) => Splice::replace(content, written),
        None => {
            let end = document.span(element).end;
            let name = &document.name(element).qualified;
            Splice::replace(end - 2..end, format!(">{written}</{name}>"))
        }
    }
}

/// An element with the line it stands on; with all white space around it when
/// nothing else is left in its parent.
pub(super) fn remove(document: &Document, element: NodeId) -> Result<Splice, EditErrorKind> {
    let parent = not_root(document, element)?;
    let others = document.children(parent).any(|child| {
        child != element
            && (document.kind(child) != NodeKind::Text || !document.text(child).trim().is_empty())
    });
    if !others && let Some(content) = content(document, parent) {
        return Ok(Splice::replace(content, ""));
    }
    let span = document.span(element);
    let start = span.start - separator(document, element).len();
    Ok(Splice::replace(start..span.end, ""))
}

/// The parent of an element that is not the message itself.
fn not_root(document: &Document, element: NodeId) -> Result<NodeId, EditErrorKind> {
    document
        .parent(element)
        .filter(|&parent| parent != NodeId::ROOT)
        .ok_or(EditErrorKind::WrongTarget)
}

/// The line end and indentation before an element that begins a line, else
/// nothing.
fn separator(document: &Document, element: NodeId) -> &str {
    let before = &document.source()[..document.span(element).start];
    let Some(line_end) = before.rfind('\n') else {
        return "";
    };
    let line_end = match before[..line_end].ends_with('\r') {
        true => line_end - 1,
        false => line_end,
    };
    match before[line_end..].trim_ascii().is_empty() {
        true => &before[line_end..],
        false => "",
    }
}

pub(super) fn rename(document: &Document, element: NodeId, to: &str) -> Vec<Splice> {
    let prefix = document.name(element).prefix();
    let name = if prefix.is_empty() || to.contains(':') {
        to.to_string()
    } else {
        format!("{prefix}:{to}")
    };
    let mut splices = vec![Splice::replace(document.name_span(element), name.clone())];
    if let Some(content) = content(document, element) {
        let length = document.name_span(element).len();
        let at = content.end + 2;
        splices.push(Splice::replace(at..at + length, name));
    }
    splices
}

fn insert(
    document: &Document,
    element: NodeId,
    side: Side,
    fragment: &str,
) -> Result<Splice, EditErrorKind> {
    let span = document.span(element);
    let fragment = Fragment::read(document, element, fragment).ok_or(EditErrorKind::BadFragment)?;
    if side != Side::Into {
        not_root(document, element)?;
        let separator = separator(document, element);
        let lines = fragment.lines(separator);
        return Ok(match side {
            Side::Before => {
                Splice::insert(span.start, format!("{}{separator}", lines.join(separator)))
            }
            _ => Splice::insert(span.end, format!("{separator}{}", lines.join(separator))),
        });
    }
    let last = document.elements(element).last();
    if let Some(last) = last {
        let separator = separator(document, last);
        let lines = fragment.lines(separator).join(separator);
        return Ok(Splice::insert(
            document.span(last).end,
            format!("{separator}{lines}"),
        ));
    }
    let own = separator(document, element);
    let is_empty = document.value(element).trim().is_empty();
    if !is_empty || own.is_empty() {
        let lines = fragment.lines("").concat();
        return Ok(match content(document, element) {
            Some(content) if !is_empty => Splice::insert(content.end, lines),
            _ => set_content(document, element, &lines),
        });
    }
    let below = format!("{own}  ");
    let lines = fragment.lines(&below).join(&below);
    Ok(set_content(
        document,
        element,
        &format!("{below}{lines}{own}"),
    ))
}

/// Elements to be inserted, read in the namespaces of their place.
struct Fragment {
    read: Document,
    prefix: String,
}

impl Fragment {
    fn read(document: &Document, place: NodeId, fragment: &str) -> Option<Self> {
        let mut declarations = String::new();
        let mut seen = Vec::new();
        for scope in std::iter::once(place).chain(document.ancestors(place)) {
            for declared in document.declared_namespaces(scope) {
                // The default namespace stays out, so that an element that
                // declares its own is told apart from one that has none.
                if !declared.prefix.is_empty() && !seen.contains(&&declared.prefix) {
                    seen.push(&declared.prefix);
                    let uri = escaped(&declared.uri);
                    declarations.push_str(&format!(" xmlns:{}=\"{uri}\"", declared.prefix));
                }
            }
        }
        let wrapped = format!("<fragment{declarations}>{fragment}</fragment>");
        let read = super::edit::read(&wrapped, Format::Xml)?;
        let root = read.root_element();
        let only_elements = read
            .children(root)
            .all(|child| read.is_element(child) || read.text(child).trim().is_empty());
        if !only_elements || read.elements(root).next().is_none() {
            return None;
        }
        Some(Self {
            prefix: document.name(place).prefix().to_string(),
            read,
        })
    }

    /// The elements as they are written at a place whose lines begin with
    /// `separator`; on one line when that is nothing.
    fn lines(&self, separator: &str) -> Vec<String> {
        let elements = self.read.elements(self.read.root_element());
        elements
            .map(|element| self.written(element, separator))
            .collect()
    }

    fn written(&self, element: NodeId, separator: &str) -> String {
        let read = &self.read;
        let source = read.source();
        let name = read.name(element);
        let explicit = std::iter::once(element)
            .chain(read.ancestors(element))
            .flat_map(|scope| read.declared_namespaces(scope))
            .any(|declared| declared.prefix.is_empty());
        let bare = name.prefix().is_empty() && !explicit;
        let name = match bare && !self.prefix.is_empty() {
            true => format!("{}:{}", self.prefix, name.qualified),
            false => name.qualified.to_string(),
        };
        let tag = &source[read.name_span(element).end..start_tag(read, element).end];
        let Some(content) = content(read, element) else {
            return format!("<{name}{tag}");
        };
        let mut children = String::new();
        let mixed = read.children(element).any(|child| !read.is_element(child));
        if mixed || read.elements(element).next().is_none() {
            // Text is kept with everything around it.
            let mut at = content.start;
            for child in read.elements(element) {
                let span = read.span(child);
                children.push_str(&source[at..span.start]);
                children.push_str(&self.written(child, ""));
                at = span.end;
            }
            children.push_str(&source[at..content.end]);
        } else {
            let below = match separator {
                "" => String::new(),
                line => format!("{line}  "),
            };
            for child in read.elements(element) {
                children.push_str(&below);
                children.push_str(&self.written(child, &below));
            }
            children.push_str(separator);
        }
        format!("<{name}{tag}{children}</{name}>")
    }
}

/// Text as it is written in content or between any quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&apos;"),
            '\r' => written.push_str("&#13;"),
            ch => written.push(ch),
        }
    }
    written
}
