//! Where the body of a message stands in what the user named.

use crate::finding::Position;

/// What the lines and columns of a message are counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BodyAt {
    /// The file is the message.
    #[default]
    Start,
    /// The message begins on this line of the file, at its first column, and
    /// stands there word for word.
    Line(u32),
    /// The file holds the message in another form (in chunks, in Base64, as a
    /// string of a HAR): lines and columns are those of the body itself.
    Within,
}

impl BodyAt {
    /// A position in the body as one in the file.
    pub fn in_file(self, position: Position) -> Position {
        Position {
            line: position.line + self.lines_before(),
            ..position
        }
    }

    /// The lines of the file before the body.
    pub fn lines_before(self) -> u32 {
        match self {
            Self::Line(line) => line.saturating_sub(1),
            Self::Start | Self::Within => 0,
        }
    }
}
