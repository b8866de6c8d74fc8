//! What bytes are, by their beginning.

use super::http::start_line;

/// How much of an input decides what it is.
pub(super) const PEEK_BYTES: usize = 8 * 1024;

/// The kinds of content that an input can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentKind {
    /// XML.
    Xml,
    /// JSON.
    Json,
    /// A zip archive.
    Zip,
    /// A HAR capture.
    Har,
    /// A raw HTTP message.
    Http,
    /// None of these.
    Other,
}

/// What `bytes` are, judged by their beginning only. That they are good XML or
/// JSON is not said.
pub fn kind_of(bytes: &[u8]) -> ContentKind {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return ContentKind::Zip;
    }
    if let Some(kind) = kind_of_utf16(bytes) {
        return kind;
    }
    let text = beginning(bytes);
    match text.first() {
        // A mark that no XML begins with: an e-mail address, an operator.
        Some(b'<') => match text.get(1) {
            Some(b'!' | b'?' | b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z' | 0x80..) => {
                ContentKind::Xml
            }
            _ => ContentKind::Other,
        },
        Some(b'{') if is_har(text) => ContentKind::Har,
        Some(b'{' | b'[' | b'"') if begins_json(text, bytes.len()) => ContentKind::Json,
        _ if start_line(text).is_some() => ContentKind::Http,
        _ => ContentKind::Other,
    }
}

/// The first bytes after byte-order mark and white space.
fn beginning(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = text.trim_ascii_start();
    &text[..text.len().min(PEEK_BYTES)]
}

/// XML and JSON in UTF-16 are what they are; the gate refuses the encoding.
fn kind_of_utf16(head: &[u8]) -> Option<ContentKind> {
    let first = match head {
        [0xFE, 0xFF, 0, first, ..] | [0xFF, 0xFE, first, 0, ..] => *first,
        [0, b'<', ..] | [b'<', 0, ..] => b'<',
        _ => return None,
    };
    match first {
        b'<' => Some(ContentKind::Xml),
        b'{' | b'[' => Some(ContentKind::Json),
        _ => None,
    }
}

/// Whether text begins like JSON and not like a settings file (`[section]`), a
/// script or a quotation.
fn begins_json(text: &[u8], total: usize) -> bool {
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix(b"[") {
        rest = inner.trim_ascii_start();
    }
    match rest {
        [b'{', inner @ ..] => matches!(inner.trim_ascii_start().first(), None | Some(b'"' | b'}')),
        // A string on its own is JSON only as a whole.
        [b'"', ..] if rest.len() == text.len() => {
            total <= PEEK_BYTES && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
        }
        [] | [b'"' | b'-' | b']' | b'0'..=b'9', ..] => true,
        _ => [&b"true"[..], b"false", b"null"]
            .iter()
            .any(|literal| rest.starts_with(literal)),
    }
}

/// Whether the first member of the object is `log`, and an object.
fn is_har(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(b"{") else {
        return false;
    };
    let Some(value) = inner.trim_ascii_start().strip_prefix(b"\"log\"") else {
        return false;
    };
    value
        .trim_ascii_start()
        .strip_prefix(b":")
        .is_some_and(|value| value.trim_ascii_start().starts_with(b"{"))
}

const HTML: &str = "HTML";
const WSDL: &[u8] = crate::document::WSDL.as_bytes();

/// Namespaces of documents that describe messages, or are pages or pictures,
/// with the local names of their roots and what they are called.
const DESCRIPTIONS: [(&[u8], &[&str], &str); 8] = [
    (
        b"http://www.w3.org/2001/XMLSchema",
        &["schema"],
        "XML Schema",
    ),
    (
        b"http://purl.oclc.org/dsdl/schematron",
        &["schema", "pattern"],
        "Schematron",
    ),
    (
        b"http://www.ascc.net/xml/schematron",
        &["schema"],
        "Schematron",
    ),
    (WSDL, &["definitions"], "WSDL"),
    (
        b"http://www.w3.org/1999/XSL/Transform",
        &["stylesheet", "transform"],
        "XSLT",
    ),
    (
        b"http://relaxng.org/ns/structure/1.0",
        &["grammar"],
        "RELAX NG",
    ),
    (b"http://www.w3.org/1999/xhtml", &["html"], HTML),
    (b"http://www.w3.org/2000/svg", &["svg"], "SVG"),
];

/// What XML or JSON is that is no message but a schema, a WSDL, a rule set, a
/// web page: what lies beside messages in a folder.
pub fn description(bytes: &[u8]) -> Option<&'static str> {
    let text = beginning(bytes);
    if let Some(inner) = text.strip_prefix(b"{") {
        let is_schema = inner.trim_ascii_start().starts_with(b"\"$schema\"");
        return is_schema.then_some("JSON Schema");
    }
    let Some(tag) = root_tag(text) else {
        return starts_with_ignoring_case(text, b"<!doctype html").then_some(HTML);
    };
    if local_name(tag).eq_ignore_ascii_case(b"html") {
        return Some(HTML);
    }
    let mut known = DESCRIPTIONS.iter();
    known
        .find(|(namespace, roots, _)| opens(tag, namespace, roots))
        .map(|&(.., name)| name)
}

/// Whether XML is a WSDL, which is judged when the user names it.
pub(super) fn is_wsdl(bytes: &[u8]) -> bool {
    let tag = root_tag(beginning(bytes));
    tag.is_some_and(|tag| opens(tag, WSDL, &["definitions"]))
}

/// Whether a start tag opens one of these elements of a namespace.
fn opens(tag: &[u8], namespace: &[u8], roots: &[&str]) -> bool {
    let local = local_name(tag);
    roots.iter().any(|root| root.as_bytes() == local)
        && tag
            .windows(namespace.len())
            .any(|window| window == namespace)
}

fn local_name(tag: &[u8]) -> &[u8] {
    let name = tag
        .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
        .next()
        .unwrap_or(tag);
    name.rsplit(|&byte| byte == b':').next().unwrap_or(name)
}

/// The first start tag without its `<`, after declaration and comments.
fn root_tag(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'!', ..] => return None,
            [b'<', tag @ ..] => {
                let end = tag.iter().position(|&byte| byte == b'>');
                return Some(&tag[..end.unwrap_or(tag.len())]);
            }
            _ => return None,
        };
        let at = rest.windows(end.len()).position(|window| window == end)?;
        rest = &rest[at + end.len()..];
    }
}

fn starts_with_ignoring_case(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_known_by_its_beginning() {
        let table: &[(&[u8], ContentKind)] = &[
            (b"\xEF\xBB\xBF \n<a/>", ContentKind::Xml),
            (b"<?xml version='1.0'?><a/>", ContentKind::Xml),
            (b"<!DOCTYPE a><a/>", ContentKind::Xml),
            (b"\xFF\xFE<\0a\0", ContentKind::Xml),
            (b"<<<<<<< HEAD", ContentKind::Other),
            (b"{ \"a\": 1}", ContentKind::Json),
            (b"{}", ContentKind::Json),
            (b"[{\"a\":1}]", ContentKind::Json),
            (b"[]", ContentKind::Json),
            (b"[null]", ContentKind::Json),
            (b"\"OK\"\n", ContentKind::Json),
            (b"\"naam\";\"leeftijd\"\n", ContentKind::Other),
            (b"[package]\nname = 'x'", ContentKind::Other),
            (b"[[message]]\n", ContentKind::Other),
            (b"{{ template }}", ContentKind::Other),
            (b"{ \"log\" : { \"version\": \"1.2\"", ContentKind::Har),
            (b"{\"log\": []}", ContentKind::Json),
            (b"PK\x03\x04....", ContentKind::Zip),
            (b"POST /a HTTP/1.1\r\nHost: a\r\n\r\n", ContentKind::Http),
            (b"HTTP/2 200 \r\n\r\n", ContentKind::Http),
            (b"HTTP/1.1 is a protocol", ContentKind::Other),
            (b"# Title\n", ContentKind::Other),
            (b"", ContentKind::Other),
        ];
        for (bytes, kind) in table {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(kind_of(bytes), *kind, "{shown}");
        }
    }

    #[test]
    fn descriptions_are_told_from_messages() {
        for description in [
            "<?xml version='1.0'?><!-- a > b --><xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
            "<schema xmlns=\"http://purl.oclc.org/dsdl/schematron\">",
            "<!doctype HTML><html>",
            "<html/>",
            "{\n \"$schema\": \"https://json-schema.org/draft/2020-12/schema\"",
        ] {
            let known = super::description(description.as_bytes());
            assert!(known.is_some(), "{description}");
        }
        let wsdl = b"<w:definitions xmlns:w='http://schemas.xmlsoap.org/wsdl/'/>";
        assert!(description(wsdl) == Some("WSDL") && is_wsdl(wsdl));
        assert!(!is_wsdl(
            b"<schema xmlns='http://schemas.xmlsoap.org/wsdl/'/>"
        ));
        for message in [
            "<schema xmlns='urn:a'/>",
            "<a xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
            "<!DOCTYPE a><a/>",
            "{\"a\": \"$schema\"}",
            "<!--",
        ] {
            assert_eq!(description(message.as_bytes()), None, "{message}");
        }
    }
}
