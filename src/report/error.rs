//! Why a report could not be written.

use std::io;

use thiserror::Error;

use crate::event::SpoolError;

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
    /// The format asks for the moment of the run, which is not known.
    #[error("the moment of the run is not known")]
    NoMoment,
    /// A page could not be made: our own mistake.
    #[error("failed to make the page")]
    Page,
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        ReportError::Write(error.kind())
    }
}
