//! The one gate that all bytes pass before anything parses them.
//!
//! The gate reads no meaning: it bounds what the XML readers behind it can be
//! made to do. It refuses what they could be hurt by (depth, floods of
//! attributes, document types) and decides nothing about well-formedness,
//! which is theirs to judge.

use std::ops::Range;

use crate::limits;

/// Bytes that passed the gate: UTF-8 without byte-order mark, no document
/// type, bounded in size, depth and attributes.
#[derive(Debug, Clone, Copy)]
pub struct Gated<'a> {
    text: &'a str,
    /// Bytes of a byte-order mark that stood before `text`.
    skipped: usize,
}

/// Why bytes did not pass the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateError {
    /// No bytes, or nothing but white space.
    Empty,
    /// Larger than [`limits::MAX_MESSAGE_BYTES`].
    TooLarge {
        /// The size in bytes.
        bytes: usize,
    },
    /// Not UTF-8; the byte-order mark or the bytes show another encoding.
    Utf16,
    /// A byte sequence that is not UTF-8, at this offset.
    NotUtf8 {
        /// Offset of the first wrong byte.
        at: usize,
    },
    /// The XML declaration names an encoding other than UTF-8.
    DeclaredEncoding {
        /// Bytes of the encoding's name.
        span: Range<usize>,
    },
    /// Not text at all: control characters that neither XML nor JSON has.
    Binary {
        /// Offset of the first such character.
        at: usize,
    },
    /// A document type declaration.
    Doctype {
        /// Offset of its `<`.
        at: usize,
    },
    /// Elements nested deeper than [`limits::MAX_DEPTH`].
    TooDeep {
        /// Offset of the first element too deep.
        at: usize,
    },
    /// More attributes on an element than [`limits::MAX_ATTRIBUTES`].
    TooManyAttributes {
        /// Offset of the element.
        at: usize,
    },
    /// More namespace declarations in scope than [`limits::MAX_ATTRIBUTES`].
    TooManyNamespaces {
        /// Offset of the element.
        at: usize,
    },
    /// More elements than [`limits::MAX_ELEMENTS`].
    TooManyElements {
        /// Offset of the first element too many.
        at: usize,
    },
}

impl<'a> Gated<'a> {
    /// Passes bytes of an XML message through the gate.
    pub fn xml(bytes: &'a [u8]) -> Result<Self, GateError> {
        let gated = Self::text(bytes)?;
        refuse_declared_encoding(gated.text, gated.skipped)?;
        bound_markup(gated.text, gated.skipped)?;
        Ok(gated)
    }

    /// Passes bytes of a JSON message through the gate.
    pub fn json(bytes: &'a [u8]) -> Result<Self, GateError> {
        let gated = Self::text(bytes)?;
        bound_nesting(gated.text, gated.skipped)?;
        Ok(gated)
    }

    /// The text, without byte-order mark.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Bytes before the text in the input: the byte-order mark.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    fn text(bytes: &'a [u8]) -> Result<Self, GateError> {
        if bytes.len() > limits::MAX_MESSAGE_BYTES {
            return Err(GateError::TooLarge { bytes: bytes.len() });
        }
        if matches!(
            bytes,
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..]
        ) {
            return Err(GateError::Utf16);
        }
        let skipped = if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
            3
        } else {
            0
        };
        let text = match std::str::from_utf8(&bytes[skipped..]) {
            Ok(text) => text,
            Err(error) => {
                let at = skipped + error.valid_up_to();
                return Err(match control_character(&bytes[skipped..at]) {
                    Some(control) => GateError::Binary {
                        at: skipped + control,
                    },
                    None => GateError::NotUtf8 { at },
                });
            }
        };
        if let Some(at) = control_character(text.as_bytes()) {
            return Err(GateError::Binary { at: skipped + at });
        }
        if text.trim_ascii().is_empty() {
            return Err(GateError::Empty);
        }
        Ok(Self { text, skipped })
    }
}

/// The first byte below 0x20 that is not tab, line feed or carriage return.
fn control_character(bytes: &[u8]) -> Option<usize> {
    let is_one = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    // A chunk is looked at as a whole first: without a way out in the middle,
    // many bytes are compared at once.
    let is_clean = |chunk: &&[u8]| !chunk.iter().fold(false, |any, byte| any | is_one(byte));
    let clean = bytes.chunks(64).take_while(is_clean).count() * 64;
    let found = bytes.get(clean..)?.iter().position(is_one);
    found.map(|at| clean + at)
}

/// Refuses an XML declaration that names an encoding other than UTF-8. Our
/// readers would read it as UTF-8 all the same, another party's would not.
fn refuse_declared_encoding(text: &str, skipped: usize) -> Result<(), GateError> {
    let Some(rest) = text.strip_prefix("<?xml") else {
        return Ok(());
    };
    let declaration = &rest[..rest.find("?>").unwrap_or(rest.len())];
    let Some(key) = declaration.find("encoding") else {
        return Ok(());
    };
    let value = declaration[key + "encoding".len()..].trim_start();
    let Some(value) = value.strip_prefix('=').map(str::trim_start) else {
        return Ok(());
    };
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(());
    };
    let value = &value[1..];
    let name = &value[..value.find(quote).unwrap_or(value.len())];
    if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") {
        return Ok(());
    }
    let start = name.as_ptr() as usize - text.as_ptr() as usize + skipped;
    Err(GateError::DeclaredEncoding {
        span: start..start + name.len(),
    })
}

/// Bounds depth, attributes and elements of XML and refuses document types.
///
/// The scan follows the same token boundaries as an XML reader: comments,
/// CDATA sections and processing instructions end at their first terminator,
/// a tag ends at the first `>` outside quotes. Where the markup is broken it
/// stops; the reader behind the gate stops at the same place.
fn bound_markup(text: &str, skipped: usize) -> Result<(), GateError> {
    // Namespace declarations in scope at every open element: the tree behind
    // the gate lists them all for each element that declares one more.
    let mut open_elements: Vec<usize> = Vec::new();
    let mut elements = 0usize;
    for (open, markup) in markup(text) {
        let at = open + skipped;
        let tag = match markup {
            Markup::Doctype => return Err(GateError::Doctype { at }),
            Markup::End => {
                open_elements.pop();
                continue;
            }
            Markup::Start(tag) => tag,
        };
        elements += 1;
        if elements > limits::MAX_ELEMENTS {
            return Err(GateError::TooManyElements { at });
        }
        if open_elements.len() >= limits::MAX_DEPTH {
            return Err(GateError::TooDeep { at });
        }
        if tag.attributes > limits::MAX_ATTRIBUTES {
            return Err(GateError::TooManyAttributes { at });
        }
        let in_scope = open_elements.last().copied().unwrap_or(0) + tag.namespaces;
        if in_scope > limits::MAX_ATTRIBUTES {
            return Err(GateError::TooManyNamespaces { at });
        }
        if !tag.empty {
            open_elements.push(in_scope);
        }
    }
    Ok(())
}

/// A piece of markup that opens or closes an element, or a document type.
pub(super) enum Markup {
    Start(Tag),
    End,
    Doctype,
}

/// The markup of XML with the offset of its `<`.
pub(super) fn markup(text: &str) -> impl Iterator<Item = (usize, Markup)> {
    let bytes = text.as_bytes();
    let mut at = 0usize;
    std::iter::from_fn(move || {
        loop {
            let open = find(bytes, at, b'<')?;
            let rest = &bytes[open..];
            let found = if rest.starts_with(b"<!--") {
                at = end_of(text, open + 4, "-->");
                continue;
            } else if rest.starts_with(b"<![CDATA[") {
                at = end_of(text, open + 9, "]]>");
                continue;
            } else if rest.starts_with(b"<?") {
                at = end_of(text, open + 2, "?>");
                continue;
            } else if rest.starts_with(b"<!") {
                at = open + 2;
                Markup::Doctype
            } else if rest.starts_with(b"</") {
                at = find(bytes, open, b'>').map_or(bytes.len(), |close| close + 1);
                Markup::End
            } else {
                let tag = scan_tag(bytes, open);
                at = tag.end;
                Markup::Start(tag)
            };
            return Some((open, found));
        }
    })
}

/// A start tag.
pub(super) struct Tag {
    end: usize,
    attributes: usize,
    namespaces: usize,
    /// It closes its element as well.
    pub(super) empty: bool,
}

/// Reads a start tag from its `<` to just past its `>`.
fn scan_tag(bytes: &[u8], open: usize) -> Tag {
    let mut attributes = 0;
    let mut namespaces = 0;
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => at = find(bytes, at + 1, quote).unwrap_or(bytes.len()),
            b'=' => attributes += 1,
            b'x' if bytes[at..].starts_with(b"xmlns") => namespaces += 1,
            b'>' => {
                return Tag {
                    end: at + 1,
                    attributes,
                    namespaces,
                    empty: bytes[at - 1] == b'/',
                };
            }
            _ => {}
        }
        at += 1;
    }
    Tag {
        end: bytes.len(),
        attributes,
        namespaces,
        empty: false,
    }
}

/// Bounds the nesting of JSON, outside strings.
fn bound_nesting(text: &str, skipped: usize) -> Result<(), GateError> {
    let mut depth = 0usize;
    let mut values = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limits::MAX_DEPTH {
                    return Err(GateError::TooDeep { at: at + skipped });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Every value but the first follows a comma or an opening bracket.
        if matches!(byte, b'{' | b'[' | b',') {
            values += 1;
            if values > limits::MAX_ELEMENTS {
                return Err(GateError::TooManyElements { at: at + skipped });
            }
        }
    }
    Ok(())
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    bytes[from..]
        .iter()
        .position(|&b| b == wanted)
        .map(|at| from + at)
}

/// Just past the first `terminator` at or after `from`, else the end.
fn end_of(text: &str, from: usize, terminator: &str) -> usize {
    // `from` may lie past the end or inside a character when the markup is
    // cut off; bytes are compared, not characters.
    text.as_bytes()
        .get(from..)
        .and_then(|rest| {
            rest.windows(terminator.len())
                .position(|window| window == terminator.as_bytes())
        })
        .map_or(text.len(), |found| from + found + terminator.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(xml: &str) -> GateError {
        Gated::xml(xml.as_bytes()).unwrap_err()
    }

    #[test]
    fn encodings_other_than_utf8_are_refused() {
        assert_eq!(
            Gated::xml(&[0xFF, 0xFE, b'<', 0]).unwrap_err(),
            GateError::Utf16
        );
        assert_eq!(
            Gated::xml(b"<a>\xE9</a>").unwrap_err(),
            GateError::NotUtf8 { at: 3 }
        );
        assert_eq!(
            refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
            GateError::DeclaredEncoding { span: 30..40 }
        );
        assert!(
            Gated::xml("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>".as_bytes()).is_ok()
        );
    }

    #[test]
    fn a_document_type_is_refused_but_not_inside_a_comment() {
        assert_eq!(refused("<!DOCTYPE a><a/>"), GateError::Doctype { at: 0 });
        assert!(Gated::xml(b"<a><!-- <!DOCTYPE --><![CDATA[<!DOCTYPE]]></a>").is_ok());
    }

    #[test]
    fn depth_counts_open_elements_only() {
        let flat = format!("<a>{}</a>", "<b/><c></c>".repeat(500));
        assert!(Gated::xml(flat.as_bytes()).is_ok());
        let deep = "<a>".repeat(limits::MAX_DEPTH + 1);
        assert_eq!(
            refused(&deep),
            GateError::TooDeep {
                at: limits::MAX_DEPTH * 3
            }
        );
    }

    #[test]
    fn a_flood_of_attributes_is_refused() {
        let flood: String = (0..=limits::MAX_ATTRIBUTES)
            .map(|n| format!(" a{n}='>'"))
            .collect();
        assert_eq!(
            refused(&format!("<a{flood}/>")),
            GateError::TooManyAttributes { at: 0 }
        );
    }

    #[test]
    fn namespaces_in_scope_are_bounded_over_levels() {
        let declarations: String = (0..130).map(|n| format!(" xmlns:n{n}='u'")).collect();
        let nested = format!("<a{declarations}><b{declarations}/></a>");
        assert!(matches!(
            refused(&nested),
            GateError::TooManyNamespaces { .. }
        ));
        let siblings = format!("<a><b{declarations}/><b{declarations}/></a>");
        assert!(Gated::xml(siblings.as_bytes()).is_ok());
    }

    #[test]
    fn nothing_and_binary_are_told_apart() {
        assert_eq!(refused(" \n"), GateError::Empty);
        assert_eq!(
            Gated::xml(b"PK\x03\x04\xff").unwrap_err(),
            GateError::Binary { at: 2 }
        );
    }

    #[test]
    fn cut_off_markup_ends_the_scan() {
        for cut in [
            "<",
            "<!-",
            "<!--",
            "<![CDATA[",
            "<?",
            "<a b='",
            "</",
            "<a é",
        ] {
            let _ = Gated::xml(cut.as_bytes());
        }
    }
}
