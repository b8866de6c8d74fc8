//! The events of a run of scenarios, told: on the terminal, in the reports and
//! in the evidence.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::output;
use super::report::known_for;
use super::reports::{Outlet, Wanted, keep, write_reports};
use crate::event::{Event, Grounds, PackInForce, Recorder, Spool, Started, Tally};
use crate::evidence::{EVENTS, Folder, RunRecord, WriteError};
use crate::exit::{Exit, Trouble};
use crate::finding::{Language, Redaction, RuleBook};
use crate::recorded::described;
use crate::report::{Origin, Proof, Run};
use crate::text::{Texts, fill};

/// Who hears of the events, and what they come to.
pub struct Telling<'a> {
    wanted: &'a [Wanted],
    book: &'a dyn RuleBook,
    language: Language,
    quiet: bool,
    folder: Option<Arc<Folder>>,
    outlet: Outlet<'a>,
    spool: Spool,
    recorder: Option<Recorder>,
    tally: Tally,
    unreachable: bool,
    contracts: BTreeSet<String>,
    trouble: Option<Failure>,
}

impl<'a> Telling<'a> {
    /// Begins with the first event; `total` is the number of scenarios, or `None`
    /// where a person is asked meanwhile.
    pub fn begin(
        wanted: &'a [Wanted],
        book: &'a dyn RuleBook,
        (language, quiet): (Language, bool),
        folder: Option<Arc<Folder>>,
        started: Started,
        total: Option<usize>,
    ) -> Result<Self, Failure> {
        let redaction = if started.redacted {
            Redaction::Mask
        } else {
            Redaction::Show
        };
        let events = folder.as_ref().map(|folder| folder.path().join(EVENTS));
        let mut telling = Self {
            outlet: Outlet::new(wanted, book, language, quiet).of_scenarios(total),
            recorder: match events {
                Some(path) => Some(Recorder::create(&path, redaction)?),
                None => None,
            },
            wanted,
            book,
            language,
            quiet,
            folder,
            spool: Spool::new(),
            tally: Tally::new(),
            unreachable: false,
            contracts: BTreeSet::new(),
            trouble: None,
        };
        telling.tell(Event::Started(started));
        Ok(telling)
    }

    /// What to call when another scenario has ended.
    pub fn progress(&self) -> impl Fn() + Sync + use<> {
        self.outlet.progress()
    }

    /// Tells an event. What goes wrong with that is said at the end: the run
    /// goes on.
    pub fn tell(&mut self, event: Event) {
        self.tally.count(&event);
        if let Event::Played(played) = &event {
            self.unreachable |= played.unreachable;
            self.contracts.extend(played.contracts.iter().cloned());
        }
        let recorder = self.recorder.as_mut();
        if let Err(failure) = keep(&event, &mut self.outlet, &mut self.spool, recorder) {
            self.trouble.get_or_insert(failure);
        }
    }

    /// Ends the reports and the evidence of the run that `record` describes.
    pub fn finish(mut self, record: RunRecord) -> Result<Exit, Failure> {
        let judged = |pack: &&PackInForce| self.contracts.contains(&pack.contract);
        let packs = record.packs.iter().filter(judged).cloned().collect();
        self.tell(Event::Grounds(Grounds {
            packs,
            ..Grounds::default()
        }));
        self.tell(Event::Finished(self.tally.summary().clone()));
        if let Some(failure) = self.trouble {
            return Err(failure);
        }
        if let Some(recorder) = self.recorder {
            recorder.finish()?;
        }
        if let Some(folder) = &self.folder {
            folder
                .adopt(EVENTS)
                .and_then(|()| folder.seal(false))
                .map_err(|error| unwritten(&error, folder.path()))?;
        }
        let exit = Exit::of(
            self.tally.summary(),
            Trouble {
                unreachable: self.unreachable,
                ..Trouble::default()
            },
        );
        self.outlet.finish(exit)?;
        let known = known_for(self.wanted)?;
        let moment = record.began;
        let folder = self.folder.as_ref();
        let origin = Origin {
            name: folder.map_or_else(String::new, |one| one.path().display().to_string()),
            proof: folder.map_or(Proof::EventsAlone, |_| Proof::Unsigned),
            ..described(record)
        };
        let whole = Run {
            moment: Some(moment),
            origin: Some(&origin),
            known: known.as_ref(),
            ..Run::new(&self.spool, self.book, self.language, exit)
        };
        write_reports(self.wanted, &whole, std::slice::from_ref(&whole))?;
        if let Some(folder) = self.folder.filter(|_| !self.quiet) {
            let path = folder.path().display().to_string();
            let text = &Texts::of(self.language).run.evidence;
            output::tell(&fill(text, &[("path", &path)]));
        }
        Ok(exit)
    }
}

/// The failure to write evidence at `path`.
pub fn unwritten(error: &WriteError, path: &Path) -> Failure {
    match error {
        WriteError::NotEmpty => Failure::usage("evidence-not-empty"),
        WriteError::TooMany => Failure::usage("evidence-many"),
        WriteError::Io(kind) => Failure::usage("not-written").because(*kind),
    }
    .with("path", path.display())
}
