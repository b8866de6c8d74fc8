//! A finding's first line and the source around it, drawn by `miette`.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents, ThemeCharacters,
    ThemeStyles,
};

use super::look::{BETWEEN_WORDS, Look, WITHIN_WORDS};
use super::visible;
use crate::document::{Excerpt, around, with_cuts};
use crate::finding::Position;

/// Columns that line numbers and the frame take beside the source.
const FRAME: usize = 12;

/// What is drawn: a sentence, and lines with a mark.
#[derive(Debug)]
pub(super) struct Snippet {
    pub(super) message: String,
    pub(super) severity: Severity,
    source: Option<Source>,
}

#[derive(Debug)]
struct Source {
    name: String,
    text: String,
    first_line: usize,
    /// The true place in the input, which a cut excerpt does not tell.
    at: Position,
    mark: SourceSpan,
}

impl Snippet {
    /// A sentence alone.
    pub(super) fn new(message: String, severity: Severity) -> Self {
        Self {
            message,
            severity,
            source: None,
        }
    }

    /// The sentence with the lines of `excerpt`, which start at `at` in the
    /// input `name`. Nothing is drawn of an excerpt that contradicts itself.
    pub(super) fn with_source(
        mut self,
        name: &str,
        at: Position,
        excerpt: &Excerpt,
        look: Look,
    ) -> Self {
        self.source = Source::new(name, at, excerpt, look);
        self
    }

    /// Whether the place is part of the drawing.
    pub(super) fn shows_place(&self) -> bool {
        self.source.is_some()
    }

    /// The drawing, ending in a line feed.
    pub(super) fn draw(&self, look: Look) -> Result<String, fmt::Error> {
        let styles = if look.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        };
        let theme = GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles,
        };
        let mut drawing = String::new();
        GraphicalReportHandler::new_themed(theme)
            .with_width(look.width)
            .with_word_separator(BETWEEN_WORDS)
            .with_word_splitter(WITHIN_WORDS)
            .with_links(false)
            .without_syntax_highlighting()
            .render_report(&mut drawing, self)?;
        Ok(drawing)
    }
}

impl Source {
    fn new(name: &str, at: Position, excerpt: &Excerpt, look: Look) -> Option<Self> {
        let room = look.width.saturating_sub(FRAME).max(20);
        excerpt.lines.get(excerpt.line)?;
        let mut text = String::new();
        let mut mark = SourceSpan::from((0, 0));
        for (index, line) in excerpt.lines.iter().enumerate() {
            let line = visible(line);
            let is_marked = index == excerpt.line;
            let (column, width) = if is_marked {
                (excerpt.column, excerpt.width)
            } else {
                (0, 0)
            };
            let length = line.chars().count();
            // Two columns for the marks of a cut.
            let shown = around(
                &line,
                column,
                width,
                if length > room { room - 2 } else { room },
            );
            let kept: String = line.chars().skip(shown.start).take(shown.len()).collect();
            let cut_before = shown.start > 0;
            let kept = with_cuts(&kept, cut_before, shown.end < length);
            if is_marked {
                let column = column.saturating_sub(shown.start) + usize::from(cut_before);
                let before = offset(&kept, column);
                let behind = offset(&kept, column.saturating_add(width));
                mark = (text.len() + before, behind - before).into();
            }
            text.push_str(&kept);
            text.push('\n');
        }
        Some(Self {
            name: visible(name),
            text,
            first_line: excerpt.first_line.max(1) as usize - 1,
            at,
            mark,
        })
    }
}

/// The byte at which character number `count` starts, the end when there are
/// fewer.
fn offset(text: &str, count: usize) -> usize {
    text.char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at)
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Asked for context, miette wants the lines to draw; without, the
        // place that it writes above them.
        let (line, column) = if before > 0 {
            (self.first_line, 0)
        } else {
            (
                self.at.line.max(1) as usize - 1,
                self.at.column.max(1) as usize - 1,
            )
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            line,
            column,
            self.text.lines().count(),
        )))
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let source = self.source.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(None, source.mark);
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Position = Position { line: 7, column: 9 };

    fn draw(excerpt: &Excerpt, width: usize) -> String {
        let look = Look::PLAIN.with_width(width);
        Snippet::new("Zo niet.".into(), Severity::Error)
            .with_source("a.xml", AT, excerpt, look)
            .draw(look)
            .unwrap()
    }

    #[test]
    fn a_long_line_is_cut_around_its_mark() {
        let line = format!("{}HIER{}", "a".repeat(120), "b".repeat(120));
        let excerpt = Excerpt {
            first_line: 7,
            lines: vec![line],
            line: 0,
            column: 120,
            width: 4,
        };
        let drawing = draw(&excerpt, 60);
        assert!(drawing.contains("aHIERb"), "{drawing}");
        assert!(
            drawing.contains("…a") && drawing.contains("b…"),
            "{drawing}"
        );
        assert!(drawing.contains("a.xml:7:9"), "{drawing}");
        let widest = drawing.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(60), "{drawing}");
    }

    proptest! {
        /// An excerpt may come from a recording that somebody edited.
        #[test]
        fn any_excerpt_can_be_drawn(
            lines in prop::collection::vec("\\PC{0,40}|[\\x00-\\x1f漢é]{0,30}", 0..4),
            first_line in any::<u32>(),
            line in 0usize..5,
            column in prop_oneof![0usize..50, Just(usize::MAX / 2)],
            width in prop_oneof![0usize..50, Just(usize::MAX / 2)],
            columns in 0usize..200,
        ) {
            let excerpt = Excerpt { first_line, lines, line, column, width };
            let drawing = draw(&excerpt, columns);
            prop_assert!(drawing.contains("Zo niet."));
            let escape = '\u{1b}';
            prop_assert!(!drawing.contains(escape));
        }
    }
}
