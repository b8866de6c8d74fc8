//! How output for people looks.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

/// The narrowest and the widest that text is set.
const WIDTHS: std::ops::RangeInclusive<usize> = 50..=120;

/// How output for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colours and emphasis.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Whether messages without a finding get a line each.
    pub passes: bool,
}

impl Look {
    /// For a file or a pipe: no colour, 100 columns.
    pub const PLAIN: Self = Self {
        color: false,
        width: 100,
        passes: true,
    };

    /// For standard output as it is: colour only on a terminal that can and
    /// when `NO_COLOR` is not set, as wide as the terminal.
    pub fn of_stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            color: terminal && !refused && !dumb,
            ..Self::PLAIN
        }
        .with_width(width.filter(|_| terminal).unwrap_or(Self::PLAIN.width))
    }

    /// The same with another width, kept within what can be read.
    pub fn with_width(self, width: usize) -> Self {
        Self {
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
            ..self
        }
    }

    /// `text` behind `label`, set within the width; what does not fit on the
    /// first line stands under it, `indent` columns in.
    pub fn hanging(self, label: &str, indent: usize, text: &str) -> String {
        let behind = " ".repeat(indent);
        let options = self
            .wrapping()
            .initial_indent(&behind)
            .subsequent_indent(&behind);
        let set = textwrap::fill(text, options);
        let under = set.strip_prefix(&*behind).unwrap_or(&set);
        format!("{label:indent$}{under}")
    }

    /// How text is set within the width: broken at spaces alone, so that dates,
    /// codes and paths stay whole.
    pub(super) fn wrapping(self) -> textwrap::Options<'static> {
        textwrap::Options::new(self.width)
            .word_separator(BETWEEN_WORDS)
            .word_splitter(WITHIN_WORDS)
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

/// Where lines may break.
pub(super) const BETWEEN_WORDS: textwrap::WordSeparator = textwrap::WordSeparator::AsciiSpace;
/// Where words may be split.
pub(super) const WITHIN_WORDS: textwrap::WordSplitter = textwrap::WordSplitter::NoHyphenation;

/// Emphasis.
pub(super) const BOLD: Style = Style::new().bold();
/// What stands beside the point.
pub(super) const DIM: Style = Style::new().dimmed();
/// Broken.
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
/// Open, or possibly wrong.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Good.
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_stay_readable() {
        assert_eq!(Look::PLAIN.with_width(0).width, 50);
        assert_eq!(Look::PLAIN.with_width(80).width, 80);
        assert_eq!(Look::PLAIN.with_width(100_000).width, 120);
    }

    #[test]
    fn colour_is_only_where_asked() {
        assert_eq!(Look::PLAIN.paint(RED, "x"), "x");
        let colored = Look {
            color: true,
            ..Look::PLAIN
        };
        assert!(colored.paint(RED, "x").starts_with('\u{1b}'));
    }
}
