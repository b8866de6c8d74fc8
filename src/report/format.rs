//! The formats that a run can be reported in.

use std::io::{self, BufWriter, Write};

use jiff::Timestamp;

use super::{
    Human, Known, Look, Origin, ReportError, Voice, gitb, github, html, json, junit, sarif,
};
use crate::event::Spool;
use crate::exit::Exit;
use crate::finding::{Language, RuleBook};

/// A format of a report (`--report FORMAT[=FILE]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document (docs/schemas/check-report.schema.json).
    Json,
    /// JUnit XML for Jenkins and GitLab.
    Junit,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// One page for browser and paper.
    Html,
    /// A test report (TAR) of the EU's Interoperability Test Bed.
    Gitb,
}

/// A finished run, to be reported.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What happened.
    pub events: &'a Spool,
    /// The words for it.
    pub voice: Voice<'a>,
    /// How it ended.
    pub exit: Exit,
    /// When it was, for the format that asks for it.
    pub moment: Option<Timestamp>,
    /// Where it comes from, where that is known.
    pub origin: Option<&'a Origin>,
    /// What there is to test, where the report is to say what was not.
    pub known: Option<&'a Known>,
}

impl<'a> Run<'a> {
    /// A run of `events` that ended as `exit`, told in `language` with the
    /// rules' texts of `book`.
    pub fn new(events: &'a Spool, book: &'a dyn RuleBook, language: Language, exit: Exit) -> Self {
        Self {
            events,
            voice: Voice::new(book, language),
            exit,
            moment: None,
            origin: None,
            known: None,
        }
    }
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 7] = [
        Format::Human,
        Format::Json,
        Format::Junit,
        Format::Sarif,
        Format::Github,
        Format::Html,
        Format::Gitb,
    ];

    /// The format's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Html => "html",
            Format::Gitb => "gitb",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Writes the report of `run` to `out`.
    ///
    /// # Errors
    ///
    /// The events could not be read back or `out` could not be written; what
    /// was written until then is not a whole report.
    pub fn write(self, run: &Run<'_>, out: impl Write) -> Result<(), ReportError> {
        let mut out = BufWriter::new(out);
        match self {
            Format::Human => human(run, &mut out)?,
            Format::Json => json::write(run, &mut out)?,
            Format::Junit => junit::write(run, &mut out)?,
            Format::Sarif => sarif::write(run, &mut out)?,
            Format::Github => github::write(run, &mut out)?,
            Format::Gitb => gitb::write(run, &mut out)?,
            Format::Html => html::write(std::slice::from_ref(run), &mut out)?,
        }
        Ok(out.flush()?)
    }
}

/// The report for people as a file: the same as on a terminal, without colour.
fn human(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut human = Human::speaking(out, run.voice, Look::PLAIN);
    for event in run.events.replay() {
        human.show(&event?)?;
    }
    human.finish(run.exit).map(drop).map_err(io::Error::into)
}
