//! The evidence on this machine: runs that ended, and those that are being
//! played. A path is never made from what a visitor sends: runs are found by
//! walking the folder, and known by their hash.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::event::{Event, Recording, ScenarioJudged};
use crate::evidence::{EVENTS, Evidence, MANIFEST, RunRecord, runs_below, sha256};
use crate::limits::{MAX_READINESS_RUNS, RUNS_DEPTH};

/// A run that ended.
#[derive(Debug, Clone)]
pub(super) struct Shelved {
    /// The SHA-256 of its manifest.
    pub id: String,
    /// Where it lies.
    pub path: PathBuf,
    /// With what it was played.
    pub run: RunRecord,
}

/// A run that is being played, or was cut off.
#[derive(Debug)]
pub(super) struct Live {
    /// By which it is asked for.
    pub name: String,
    /// Where it lies.
    path: PathBuf,
    /// With what it is played.
    pub run: RunRecord,
}

/// How far a run is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Scenarios that ended, in order.
    pub played: Vec<ScenarioJudged>,
    /// When the last of them was written down.
    pub last: Option<Timestamp>,
}

/// What a file was when it was looked at.
type Stamp = (u64, SystemTime);

/// The folder with evidence.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    /// What is known of each path, so that a file is read once.
    known: Mutex<HashMap<PathBuf, (Stamp, Option<Shelved>)>>,
}

impl Shelf {
    /// The evidence at or below a folder.
    pub fn at(root: PathBuf) -> Self {
        Self {
            root,
            known: Mutex::default(),
        }
    }

    /// Where new evidence goes.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every run that ended and whose record can be read, the latest first.
    pub fn runs(&self) -> Vec<Shelved> {
        let paths = runs_below(&self.root).unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|path, _| paths.binary_search(path).is_ok());
        let mut runs: Vec<Shelved> = paths
            .into_iter()
            .filter_map(|path| {
                let stamp = stamp(&path)?;
                match known.get(&path) {
                    Some((at, run)) if *at == stamp => run.clone(),
                    _ => {
                        let run = shelved(&path);
                        known.insert(path, (stamp, run.clone()));
                        run
                    }
                }
            })
            .collect();
        drop(known);
        runs.sort_by(|one, other| (other.run.began, &other.id).cmp(&(one.run.began, &one.id)));
        runs.dedup_by(|one, other| one.id == other.id);
        runs
    }

    /// The run of that id.
    pub fn run(&self, id: &str) -> Option<Shelved> {
        self.runs().into_iter().find(|run| run.id == id)
    }

    /// The runs that are being played, or were cut off.
    pub fn live(&self) -> Vec<Live> {
        let walk = walkdir::WalkDir::new(&self.root)
            .max_depth(RUNS_DEPTH)
            .sort_by_file_name();
        let folders = walk.into_iter().filter_map(Result::ok);
        let folders = folders.filter(|entry| {
            entry.file_type().is_dir()
                && entry.path().join(RunRecord::FILE).is_file()
                && !entry.path().join(MANIFEST).exists()
        });
        let live = folders.take(MAX_READINESS_RUNS).filter_map(|entry| {
            let path = entry.into_path();
            let record = std::fs::read(path.join(RunRecord::FILE)).ok()?;
            Some(Live {
                name: name_of(&path),
                run: serde_json::from_slice(&record).ok()?,
                path,
            })
        });
        live.collect()
    }
}

impl Shelved {
    /// By which it was asked for while it was played.
    pub fn live_name(&self) -> String {
        name_of(&self.path)
    }
}

impl Live {
    /// How far it is: what was written down until now.
    pub fn progress(&self) -> Progress {
        let path = self.path.join(EVENTS);
        let Ok(file) = std::fs::File::open(&path) else {
            return Progress::default();
        };
        let written = file.metadata().and_then(|found| found.modified());
        // The last line may be half written: what follows it is not there yet.
        let events = Recording::new(std::io::BufReader::new(file)).map_while(Result::ok);
        let played = events.filter_map(|event| match event {
            Event::Played(played) => Some(ScenarioJudged {
                findings: Vec::new(),
                ..*played
            }),
            _ => None,
        });
        Progress {
            played: played.collect(),
            last: written.ok().and_then(|at| Timestamp::try_from(at).ok()),
        }
    }
}

/// A name for a path that says nothing of it.
fn name_of(path: &Path) -> String {
    sha256(path.to_string_lossy().as_bytes())[..16].to_string()
}

/// What tells that evidence is another: of a folder, its manifest.
fn stamp(path: &Path) -> Option<Stamp> {
    let file = if path.is_dir() {
        path.join(MANIFEST)
    } else {
        path.to_path_buf()
    };
    let found = std::fs::metadata(file).ok()?;
    Some((found.len(), found.modified().ok()?))
}

fn shelved(path: &Path) -> Option<Shelved> {
    let evidence = Evidence::open(path).ok()?;
    Some(Shelved {
        id: sha256(&evidence.manifest_bytes()),
        run: evidence.run().ok()?,
        path: path.to_path_buf(),
    })
}
