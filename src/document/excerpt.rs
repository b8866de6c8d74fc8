//! Source lines for a finding, personal data masked.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::tree::{Document, NodeKind};
use crate::finding::{DataClass, Place, Redaction, mask};

/// Longest line that an excerpt shows, in characters, the marks of a cut not
/// counted.
const MAX_LINE_CHARS: usize = 160;

/// Where a line was cut.
const CUT: char = '…';

/// The characters of `line` to show when there is room for `room` of them: the
/// `width` characters from `column` on as far as they fit, with as much around
/// them on either side, and from the start of a tag where there is one.
pub(crate) fn around(line: &str, column: usize, width: usize, room: usize) -> Range<usize> {
    let length = line.chars().count();
    if length <= room {
        return 0..length;
    }
    let column = column.min(length);
    let width = width.clamp(1, room.max(1)).min(length - column);
    let centred = column.saturating_sub((room - width) / 2);
    let start = centred.min(length - room);
    let mut before = line.chars().skip(start).take(column - start.min(column));
    let tag = before.position(|ch| ch == '<');
    let start = match tag {
        Some(tag) if start > 0 => start + tag,
        _ => start,
    };
    start..(start + room).min(length)
}

/// `text` with a mark on each side where it was cut.
pub(crate) fn with_cuts(text: &str, before: bool, after: bool) -> String {
    let mark = |cut: bool| if cut { CUT.to_string() } else { String::new() };
    format!("{}{text}{}", mark(before), mark(after))
}

/// Lines of a message around a place, safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The number of the first line.
    pub first_line: u32,
    /// The lines, personal data masked without changing their width.
    pub lines: Vec<String>,
    /// The line within `lines` that the place starts on.
    pub line: usize,
    /// Characters before the place on that line.
    pub column: usize,
    /// Characters of the place on that line, at least one.
    pub width: usize,
}

impl Document {
    /// The lines around `place`: one before and one after. `known` tells of an
    /// element whether a schema declares it, by namespace and local name; the
    /// content of others may be anything and is masked.
    pub fn excerpt(
        &self,
        place: &Place,
        redaction: Redaction,
        known: &dyn Fn(&str, &str) -> bool,
    ) -> Option<Excerpt> {
        let start = place.start?;
        let span = place.span.clone()?;
        let offset = span.start.checked_sub(self.skipped)?;
        let first_line = start.line.saturating_sub(1).max(1);
        let last_line = (start.line + 1).min(self.line_starts().len() as u32);
        let line_span = self.line_span(start.line);
        // A message on one line of ten thousand characters is cut around the
        // place; columns then count from the cut.
        let offset = offset.clamp(line_span.start, line_span.end);
        let end = (span.end - self.skipped).clamp(offset, line_span.end);
        let window = self.window(&line_span, offset..end);
        let cut_before = window.start > line_span.start;
        let lines: Vec<String> = (first_line..=last_line)
            .map(|line| {
                let whole = self.line_span(line);
                let shown = if line == start.line {
                    window.clone()
                } else {
                    self.window(&whole, whole.start..whole.start)
                };
                let text = self.redacted(shown.clone(), redaction, known);
                with_cuts(&text, shown.start > whole.start, shown.end < whole.end)
            })
            .collect();
        Some(Excerpt {
            first_line,
            line: (start.line - first_line) as usize,
            column: self.chars(window.start..offset) + usize::from(cut_before),
            width: self.chars(offset..end.min(window.end)).max(1),
            lines,
        })
    }

    fn chars(&self, span: Range<usize>) -> usize {
        self.source.get(span).map_or(0, |text| text.chars().count())
    }

    /// The part of a line to show around `span`.
    fn window(&self, line: &Range<usize>, span: Range<usize>) -> Range<usize> {
        // No more of a long line is looked at than can be shown: a character
        // takes four bytes at most.
        const FAR: usize = 4 * MAX_LINE_CHARS;
        let source = &self.source;
        let from = source.floor_char_boundary(span.start.saturating_sub(FAR));
        let until = source.ceil_char_boundary((span.start + 2 * FAR).min(source.len()));
        let near = from.max(line.start)..until.min(line.end);
        let Some(text) = source.get(near.clone()) else {
            return line.start..line.start;
        };
        let end = span.end.min(near.end);
        let width = self.chars(span.start..end);
        let shown = around(
            text,
            self.chars(near.start..span.start),
            width,
            MAX_LINE_CHARS,
        );
        let byte = |count: usize| {
            text.char_indices()
                .nth(count)
                .map_or(near.end, |(at, _)| near.start + at)
        };
        byte(shown.start)..byte(shown.end)
    }

    /// The whole text with the values in it masked by their class; `known` as
    /// for [`Document::excerpt`].
    pub fn masked(&self, known: &dyn Fn(&str, &str) -> bool) -> String {
        self.masked_within(0..self.source.len(), known)
    }

    /// Source text for an excerpt.
    fn redacted(
        &self,
        span: Range<usize>,
        redaction: Redaction,
        known: &dyn Fn(&str, &str) -> bool,
    ) -> String {
        let written = &self.source[span.clone()];
        if redaction == Redaction::Show {
            return visible(written);
        }
        visible(&self.masked_within(span, known))
    }

    /// Source text with the values in it masked by their class. What is not a
    /// value (names, markup, white space) is shown, but for person numbers: the
    /// name of a JSON member may be one.
    fn masked_within(&self, span: Range<usize>, known: &dyn Fn(&str, &str) -> bool) -> String {
        let mut shown = String::with_capacity(span.len());
        let mut at = span.start;
        for (value, class) in self.values_within(&span, known) {
            let value = value.start.max(at)..value.end.min(span.end);
            if value.start >= value.end {
                continue;
            }
            shown.push_str(&mask(&self.source[at..value.start], DataClass::Plain));
            shown.push_str(&mask(&self.source[value.clone()], class));
            at = value.end;
        }
        shown.push_str(&mask(&self.source[at..span.end], DataClass::Plain));
        shown
    }

    /// What stands in a comment, or after the name of an instruction.
    fn inside_of_aside(&self, whole: Range<usize>) -> Range<usize> {
        let text = &self.source[whole.clone()];
        let (head, tail) = match text.starts_with("<!--") {
            true => ("<!--".len(), "-->".len()),
            false => {
                let name = text.find(char::is_whitespace);
                (name.unwrap_or(text.len()), "?>".len())
            }
        };
        let end = whole.end.saturating_sub(tail);
        (whole.start + head).min(end)..end
    }

    /// The byte ranges of texts, attribute values, comments and instructions
    /// that touch `span`, with the class of what they hold, in order.
    fn values_within(
        &self,
        span: &Range<usize>,
        known: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<(Range<usize>, DataClass)> {
        let mut values = Vec::new();
        for node in self.subtree(super::NodeId::ROOT) {
            let own = self.span(node);
            if own.start >= span.end {
                break;
            }
            if own.end <= span.start {
                continue;
            }
            match self.kind(node) {
                NodeKind::Text => {
                    let class = match self.parent(node) {
                        Some(parent) if known(self.namespace(parent), self.local_name(parent)) => {
                            self.data_class(parent)
                        }
                        _ => DataClass::Unknown,
                    };
                    values.push((own, class));
                }
                // What a developer leaves in a comment is anybody's guess.
                // What marks it stays, so that a masked document is still one.
                NodeKind::Comment | NodeKind::ProcessingInstruction => {
                    values.push((self.inside_of_aside(own), DataClass::Unknown))
                }
                NodeKind::Element => {
                    for attribute in self.attributes(node) {
                        let class = DataClass::of(&attribute.name.local, []);
                        values.push((self.attribute_span(&attribute), class));
                    }
                }
                NodeKind::Root => {}
            }
        }
        values.sort_by_key(|(range, _)| range.start);
        values
    }
}

/// Control characters made visible and tabs one wide, so that columns hold.
fn visible(text: &str) -> String {
    text.chars()
        .map(|ch| match ch {
            '\t' => ' ',
            ch if ch.is_control() => '\u{FFFD}',
            ch => ch,
        })
        .collect()
}

/// The line of unparsed text at a position, everything but markup masked: what
/// is broken has no types to go by.
pub fn raw_excerpt(text: &str, place: &Place, redaction: Redaction) -> Option<Excerpt> {
    let start = place.start?;
    let line = text.lines().nth(start.line as usize - 1)?;
    let column = start.column as usize - 1;
    let mut in_tag = false;
    let mut quote = None;
    let masked: String = line
        .chars()
        .map(|ch| {
            match (ch, quote) {
                ('<', None) => in_tag = true,
                ('>', None) => {
                    in_tag = false;
                    return ch;
                }
                ('"' | '\'', None) if in_tag => {
                    quote = Some(ch);
                    return ch;
                }
                (_, Some(open)) if ch == open => quote = None,
                _ => {}
            }
            let markup = in_tag && quote.is_none();
            let harmless = ch.is_whitespace() || "{}[],:\"'&;".contains(ch);
            if markup || harmless || redaction == Redaction::Show {
                ch
            } else {
                '*'
            }
        })
        .collect();
    let shown = around(&masked, column, 1, MAX_LINE_CHARS);
    let (cut_before, cut_after) = (shown.start > 0, shown.end < masked.chars().count());
    let text: String = masked.chars().skip(shown.start).take(shown.len()).collect();
    Some(Excerpt {
        first_line: start.line,
        lines: vec![with_cuts(&visible(&text), cut_before, cut_after)],
        line: 0,
        column: column.saturating_sub(shown.start) + usize::from(cut_before),
        width: 1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Gated, PlaceOf};

    #[test]
    fn a_message_on_one_line_is_cut_around_the_place() {
        let many = |name: &str| format!("<{name}>1</{name}>").repeat(60);
        let xml = format!(
            "<bericht xmlns=\"urn:voorbeeld\">{}<regel soort=\"x\">midden</regel>{}</bericht>",
            many("voor"),
            many("na")
        );
        let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
        let excerpt_of = |name: &str, of| {
            let node = document
                .subtree(super::super::NodeId::ROOT)
                .find(|&node| document.local_name(node) == name)
                .unwrap();
            let place = document.place(node, of);
            document
                .excerpt(&place, Redaction::Show, &|_, _| true)
                .unwrap()
        };
        let marked = |excerpt: &Excerpt| -> String {
            let line = excerpt.lines[excerpt.line].chars();
            line.skip(excerpt.column).take(excerpt.width).collect()
        };
        let middle = excerpt_of("regel", PlaceOf::Value);
        assert_eq!(marked(&middle), "midden");
        let line = &middle.lines[0];
        assert!(line.starts_with("…<voor>") && line.ends_with('…'), "{line}");
        assert!(
            line.contains("<regel soort=\"x\">midden</regel><na>"),
            "{line}"
        );
        assert!(line.chars().count() <= MAX_LINE_CHARS + 2);
        // At the start nothing is cut before, and the room is used all the same.
        let first = excerpt_of("bericht", PlaceOf::Name);
        assert_eq!(marked(&first), "bericht");
        assert!(first.lines[0].starts_with("<bericht ") && first.lines[0].ends_with('…'));
        let end = excerpt_of("bericht", PlaceOf::End);
        assert_eq!(marked(&end), "</bericht>");
        assert!(end.lines[0].starts_with("…<") && end.lines[0].ends_with("</bericht>"));
    }

    proptest! {
        /// Whatever the line, the place is shown: all of it when it fits.
        #[test]
        fn the_place_stays_visible(
            line in "[a-zé<>漢 ]{0,300}",
            column in 0usize..320,
            width in 0usize..320,
            room in 1usize..200,
        ) {
            let length = line.chars().count();
            let (column, room) = (column.min(length), room);
            let shown = around(&line, column, width, room);
            prop_assert!(shown.len() <= room.max(length.min(room)) && shown.end <= length);
            prop_assert!(shown.start <= column && column <= shown.end);
            let width = width.min(length - column);
            if width < room {
                prop_assert!(column + width <= shown.end, "{shown:?}");
            }
        }
    }
}
