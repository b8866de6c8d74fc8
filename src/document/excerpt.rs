//! Source lines for a finding, personal data masked.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::tree::{Document, NodeKind};
use crate::finding::{DataClass, Place, Redaction, mask};

/// Longest line that an excerpt shows, in characters.
const MAX_LINE_CHARS: usize = 160;

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
        let window = self.window(&line_span, offset);
        let lines: Vec<String> = (first_line..=last_line)
            .map(|line| {
                let span = if line == start.line {
                    window.clone()
                } else {
                    self.cut(self.line_span(line))
                };
                self.redacted(span, redaction, known)
            })
            .collect();
        let end = (span.end - self.skipped).clamp(offset, window.end.max(offset));
        Some(Excerpt {
            first_line,
            line: (start.line - first_line) as usize,
            column: self.chars(window.start..offset),
            width: self.chars(offset..end).max(1),
            lines,
        })
    }

    fn chars(&self, span: Range<usize>) -> usize {
        self.source.get(span).map_or(0, |text| text.chars().count())
    }

    fn cut(&self, span: Range<usize>) -> Range<usize> {
        let end = self.source[span.clone()]
            .char_indices()
            .nth(MAX_LINE_CHARS)
            .map_or(span.end, |(at, _)| span.start + at);
        span.start..end
    }

    fn window(&self, line: &Range<usize>, offset: usize) -> Range<usize> {
        let before = &self.source[line.start..offset.clamp(line.start, line.end)];
        let keep = MAX_LINE_CHARS / 2;
        let skip = before.chars().count().saturating_sub(keep);
        let start = before
            .char_indices()
            .nth(skip)
            .map_or(line.start, |(at, _)| line.start + at);
        self.cut(start..line.end)
    }

    /// Source text with the values in it masked by their class. What is not a
    /// value (names, markup, white space) is shown, but for person numbers: the
    /// name of a JSON member may be one.
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
        let mut shown = String::with_capacity(written.len());
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
        visible(&shown)
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
                NodeKind::Comment | NodeKind::ProcessingInstruction => {
                    values.push((own, DataClass::Unknown))
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
    let skip = column.saturating_sub(MAX_LINE_CHARS / 2);
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
        .skip(skip)
        .take(MAX_LINE_CHARS)
        .collect();
    Some(Excerpt {
        first_line: start.line,
        lines: vec![visible(&masked)],
        line: 0,
        column: column - skip,
        width: 1,
    })
}
