//! Where in a rule file something stands.

use std::sync::Arc;

/// A place in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file as the caller named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A place as cheap as it can be kept: most are never shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub file: u32,
    pub offset: u32,
}

/// The files that a rule set was read from.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: Arc<str>,
    text: Box<str>,
}

impl Sources {
    /// Adds a file; the number is what [`Spot::file`] holds.
    pub fn add(&mut self, name: &str, text: &str) -> u32 {
        self.files.push(File {
            name: name.into(),
            text: text.into(),
        });
        self.files.len() as u32 - 1
    }

    /// How many files were read.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The name of a file.
    pub fn name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.name)
    }

    /// The place in full.
    pub fn place(&self, spot: Spot) -> SourcePlace {
        let Some(file) = self.files.get(spot.file as usize) else {
            return SourcePlace {
                file: "".into(),
                line: 1,
                column: 1,
            };
        };
        let before = file.text.get(..spot.offset as usize).unwrap_or(&file.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SourcePlace {
            file: Arc::clone(&file.name),
            line: before.bytes().filter(|&b| b == b'\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
        }
    }
}
