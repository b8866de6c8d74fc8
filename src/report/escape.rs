//! Text from outside on its way to a terminal or a file.
//!
//! Names of files and elements come from others. A terminal obeys escape
//! sequences in them, and marks of writing direction make text read otherwise
//! than it is.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

/// Whether `ch` does something other than be seen: controls, marks of writing
/// direction, characters without width, and what XML cannot hold.
fn is_hidden(ch: char) -> bool {
    ch.is_control()
        || matches!(ch,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{E0000}'..='\u{E007F}')
}

/// `text` on one line with every hidden character replaced by U+FFFD, so that
/// the number of characters stays the same.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|ch| match ch {
            '\t' | '\n' => ' ',
            ch if is_hidden(ch) => '\u{FFFD}',
            ch => ch,
        })
        .collect()
}

/// Writes `value` as indented JSON in which every hidden character is escaped:
/// nothing is lost, and nothing happens when the file is shown on a terminal.
pub(crate) fn write_json<W: Write>(out: W, value: &impl Serialize) -> Result<W, serde_json::Error> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Escaping::default());
    value.serialize(&mut serializer)?;
    Ok(serializer.into_inner())
}

/// The pretty formatter of serde_json with hidden characters escaped.
#[derive(Default)]
struct Escaping(PrettyFormatter<'static>);

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut shown = 0;
        for (at, ch) in fragment.char_indices().filter(|(_, ch)| is_hidden(*ch)) {
            writer.write_all(&fragment.as_bytes()[shown..at])?;
            for unit in ch.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            shown = at + ch.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[shown..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn visible_text_hides_nothing_and_keeps_its_width(text in ".{0,80}|\\PC{0,20}[\\x00-\\x1f\u{202e}]{0,9}") {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }

        #[test]
        fn json_loses_nothing_and_hides_nothing(text in "[\\x00-\\x1f\u{7f}\u{85}\u{202e}\u{e0041}a-é\"\\\\]{0,40}") {
            let written = String::from_utf8(write_json(Vec::new(), &text).unwrap()).unwrap();
            prop_assert!(!written.chars().any(is_hidden), "{written}");
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
