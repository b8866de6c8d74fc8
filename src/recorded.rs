//! A run that was read back: its events, and where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;

use crate::clock::to_the_second;
use crate::event::{Event, Recording, RecordingError, Spool, SpoolError, Started, Tally};
use crate::evidence::{EVENTS, Evidence, ReadError, RunRecord, SignatureState, is_archive, sha256};
use crate::exit::{Exit, Trouble};
use crate::play::info_of;
use crate::report::{Known, KnownRequirement, Origin, Proof, Time};
use crate::requirement::{CatalogueError, requirements};
use crate::scenario::{Key, Library};

/// A run that was read back.
#[derive(Debug)]
pub struct Recorded {
    /// Where it comes from.
    pub origin: Origin,
    /// Its events.
    pub events: Spool,
    /// With what it judged.
    pub started: Started,
    /// Its scenarios.
    pub scenarios: BTreeSet<String>,
    /// How it ended.
    pub exit: Exit,
    /// When it began, where that was recorded.
    pub began: Option<Timestamp>,
    /// Whether its last event came.
    pub finished: bool,
}

/// Why a run cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// It is no evidence that can be read.
    #[error(transparent)]
    Evidence(#[from] ReadError),
    /// The file cannot be opened.
    #[error("the file cannot be opened: {0}")]
    File(io::ErrorKind),
    /// It is no recording that can be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Personal data in it are not masked.
    #[error("it is not masked")]
    Unmasked,
    /// There is no room for its events.
    #[error(transparent)]
    Events(#[from] SpoolError),
}

impl Recorded {
    /// Reads the run that the user named: a folder or an archive of evidence,
    /// or a file that `check --record` wrote. An unmasked one only when that is
    /// asked for.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not masked.
    pub fn read(path: &Path, unmasked: bool) -> Result<Self, RecordedError> {
        let recorded = if path.is_dir() || is_archive(path) {
            let evidence = Evidence::open(path)?;
            let events = evidence.read(EVENTS)?;
            let (origin, began) = origin(path, &evidence)?;
            Self::of(origin, events.as_slice()).map(|recorded| Self {
                began: Some(began),
                ..recorded
            })
        } else {
            let file = File::open(path).map_err(|error| RecordedError::File(error.kind()))?;
            let origin = Origin {
                name: path.display().to_string(),
                ..Origin::default()
            };
            Self::of(origin, BufReader::new(file))
        }?;
        if !recorded.started.redacted && !unmasked {
            return Err(RecordedError::Unmasked);
        }
        Ok(recorded)
    }

    fn of(origin: Origin, events: impl BufRead) -> Result<Self, RecordedError> {
        let mut spool = Spool::new();
        let mut tally = Tally::new();
        let mut trouble = Trouble::default();
        let mut scenarios = BTreeSet::new();
        let (mut started, mut finished) = (None, false);
        for event in Recording::new(events) {
            let event = event?;
            tally.count(&event);
            match &event {
                Event::Started(begun) => started = Some(begun.clone()),
                Event::Judged(judged) => {
                    let mut findings = judged.findings.iter();
                    trouble.internal |= findings.any(|finding| finding.code == "KK-INTERN");
                }
                Event::Played(played) => {
                    trouble.unreachable |= played.unreachable;
                    scenarios.insert(played.about.scenario.clone());
                }
                Event::Finished(_) => finished = true,
                _ => {}
            }
            spool.push(&event)?;
        }
        Ok(Self {
            origin,
            events: spool,
            started: started.ok_or(RecordingError::NoRecording)?,
            scenarios,
            exit: Exit::of(tally.summary(), trouble),
            began: None,
            finished,
        })
    }
}

/// Where evidence comes from, what is to be said of it, and when it began.
fn origin(path: &Path, evidence: &Evidence) -> Result<(Origin, Timestamp), ReadError> {
    let run = evidence.run()?;
    let differences = evidence.differences()?;
    let mut times = BTreeMap::new();
    for name in evidence.manifest().files.keys() {
        if name.starts_with("exchanges/") && name.ends_with(".json") {
            // What cannot be read is told among the differences.
            if let Ok(record) = evidence.record(name) {
                let time = Time {
                    at: to_the_second(record.at),
                    took: record.took,
                };
                times.insert((record.scenario, record.number), time);
            }
        }
    }
    let began = run.began;
    let origin = Origin {
        name: path.display().to_string(),
        proof: match evidence.signature() {
            SignatureState::Unsigned => Proof::Unsigned,
            SignatureState::Signed(signer) => Proof::Signed(signer.oin),
            SignatureState::Broken => Proof::Broken,
        },
        masked: evidence.manifest().masked,
        manifest: sha256(&evidence.manifest_bytes()),
        differences: differences
            .told()
            .map(|(key, name)| (key, name.to_string()))
            .collect(),
        times,
        ..described(run)
    };
    Ok((origin, began))
}

/// What the record of a run says of it.
pub fn described(run: RunRecord) -> Origin {
    Origin {
        supplier: run.target.supplier,
        oin: run.target.oin,
        product: run.target.product,
        version: run.target.version,
        roles: run.target.roles,
        began: to_the_second(run.began),
        now: to_the_second(run.now),
        virtual_clock: run.virtual_clock,
        profile: run.profile,
        seed: run.seed,
        shard: run.shard,
        ..Origin::default()
    }
}

/// What there is to test.
///
/// # Errors
///
/// The catalogue that comes along cannot be read: we are at fault.
pub fn known() -> Result<Known, CatalogueError> {
    let requirements = requirements()?;
    Ok(Known {
        keys: Key::NAMES.to_vec(),
        scenarios: Library::shipped()
            .scenarios
            .iter()
            .map(|scenario| info_of(scenario))
            .collect(),
        requirements: requirements
            .into_iter()
            .map(|requirement| KnownRequirement {
                id: requirement.id,
                title_nl: requirement.title_nl,
                title_en: requirement.title_en,
                source: requirement.source,
                grade: requirement.grade,
                is_explained: requirement.unproven.is_some(),
                rules: requirement.rules,
            })
            .collect(),
    })
}
