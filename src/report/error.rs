//! Why a report could not be written.

use std::io;

use thiserror::Error;

use crate::event::SpoolError;
use crate::text::Texts;

/// Why a report could not be written. Holds no path and no words of the
/// system, which may name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReportError {
    /// The events could not be read back.
    #[error(transparent)]
    Events(#[from] SpoolError),
    /// The report's own file or stream could not be written.
    #[error("failed to write the report: {0}")]
    Write(io::ErrorKind),
}

impl ReportError {
    /// The error in words.
    pub fn say(&self, texts: &Texts) -> String {
        let (key, kind) = match self {
            ReportError::Events(error) => (error.key(), error.kind()),
            ReportError::Write(kind) => ("report-write", *kind),
        };
        texts.error(key, &[("reason", texts.io_error(kind))])
    }
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        ReportError::Write(error.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Language;

    #[test]
    fn an_error_says_what_to_do_in_both_languages() {
        let error = ReportError::from(io::Error::from(io::ErrorKind::StorageFull));
        let dutch = error.say(Texts::of(Language::Nl));
        assert!(dutch.contains("geen ruimte meer"), "{dutch}");
        let english = error.say(Texts::of(Language::En));
        assert!(english.contains("no space left"), "{english}");
    }
}
