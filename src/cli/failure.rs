//! What ends a command before it has a result.

use std::io::ErrorKind;
use std::path::Path;

use crate::check::user_file::UserFileError;
use crate::event::{RecordError, SpoolError};
use crate::exit::Exit;
use crate::pack::Problem;
use crate::report::ReportError;
use crate::text::Texts;

/// A failure, as a key of the texts (`error.<key>`) with its arguments. Every
/// text names the party at fault and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    key: &'static str,
    args: Vec<(&'static str, String)>,
    /// What the system said: the argument `reason`, in the user's language.
    system: Option<ErrorKind>,
    /// What is wrong with packs, which have words of their own.
    packs: Option<Box<Problem>>,
    exit: Exit,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = if problem.ours {
            Self::internal("internal")
        } else {
            Self::usage("internal")
        };
        Self {
            packs: Some(Box::new(problem)),
            ..failure
        }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Events(error) => error.into(),
            ReportError::Write(kind) => Self::usage("report-write").because(kind),
            ReportError::NoMoment => Self::usage("report-moment"),
            ReportError::Page => Self::internal("internal"),
        }
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        Self::usage(error.key()).because(error.kind())
    }
}

impl From<RecordError> for Failure {
    fn from(RecordError(kind): RecordError) -> Self {
        Self::usage("record-write").because(kind)
    }
}

impl Failure {
    /// The user's call or settings are at fault.
    pub fn usage(key: &'static str) -> Self {
        Self {
            key,
            args: Vec::new(),
            system: None,
            packs: None,
            exit: Exit::Usage,
        }
    }

    /// We are at fault.
    pub fn internal(key: &'static str) -> Self {
        Self {
            exit: Exit::Internal,
            ..Self::usage(key)
        }
    }

    /// A file that the user wrote is at fault.
    pub fn of_user_file(path: &Path, error: UserFileError) -> Self {
        let (key, args) = error.told();
        let failure = Self::usage(key).with("path", path.display());
        args.into_iter()
            .fold(failure, |failure, (name, value)| failure.with(name, value))
    }

    /// Adds an argument of the text.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Adds what the system said, as the argument `reason`.
    pub fn because(mut self, kind: ErrorKind) -> Self {
        self.system = Some(kind);
        self
    }

    /// The failure in words.
    pub fn text(&self, texts: &Texts) -> String {
        if let Some(problem) = &self.packs {
            return problem.text(texts);
        }
        let reason = self.system.map(|kind| ("reason", texts.io_error(kind)));
        let args: Vec<(&str, &str)> = self
            .args
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain(reason)
            .collect();
        texts.error(self.key, &args)
    }

    /// The exit code it ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}
