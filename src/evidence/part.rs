//! Runs put together: the shards of one, or what is kept of an earlier run and
//! what is played again.

use std::collections::BTreeMap;
use std::path::Path;

use super::folder::{Folder, WriteError, sha256};
use super::read::{Evidence, ReadError};
use super::record::RunRecord;
use crate::event::{Event, ScenarioJudged, Started};

/// The file with the events.
pub const EVENTS: &str = "events.jsonl";

/// A run that becomes part of another.
#[derive(Debug)]
pub struct Part {
    /// With what it was played.
    pub run: RunRecord,
    /// Whether its events are masked.
    pub redacted: bool,
    /// The events of each scenario that has a verdict.
    pub events: BTreeMap<String, Vec<Event>>,
    evidence: Evidence,
}

/// Why a run cannot be part of another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// It is no evidence, or cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Files are not as the manifest has them: which ones.
    #[error("not as it was written: {0}")]
    Changed(String),
    /// It is the masked view of a run.
    #[error("it is a masked view")]
    Masked,
}

/// Why runs cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// Two of them, by their places, were judged otherwise: a key of the texts
    /// (`runs.of-<key>`).
    #[error("parts {0} and {1} differ in {2}")]
    Differs(usize, usize, &'static str),
    /// A scenario stands in two of them, by their places.
    #[error("{2} is in parts {0} and {1}")]
    Twice(usize, usize, String),
    /// A share of the scenarios is missing, or parts are shares of another
    /// division.
    #[error("share {0} is missing")]
    Share(String),
}

impl Part {
    /// Reads a run that ended, or was ended with Ctrl-C.
    ///
    /// # Errors
    ///
    /// It is no evidence, is not as it was written, or is masked.
    pub fn read(path: &Path) -> Result<Self, PartError> {
        let evidence = Evidence::open(path)?;
        if evidence.manifest().masked {
            return Err(PartError::Masked);
        }
        let found = evidence.differences()?;
        if !found.is_empty() {
            return Err(PartError::Changed(found.few()));
        }
        let events = evidence.lines(EVENTS)?;
        Self::of(evidence, events)
    }

    /// The same; of a run that was cut off (a machine that failed, a process
    /// that was killed) what is whole.
    ///
    /// # Errors
    ///
    /// As for [`Part::read`].
    pub fn read_or_salvage(path: &Path) -> Result<Self, PartError> {
        match Self::read(path) {
            Err(PartError::Read(ReadError::NoManifest)) => {
                let evidence = Evidence::cut_off(path)?;
                // It may have ended before its first event.
                let content = evidence.read(EVENTS).unwrap_or_default();
                let lines = content.split(|byte| *byte == b'\n');
                let whole = lines.map_while(|line| serde_json::from_slice(line).ok());
                let events = whole.collect();
                Self::of(evidence, events)
            }
            read => read,
        }
    }

    fn of(evidence: Evidence, all: Vec<Event>) -> Result<Self, PartError> {
        let mut redacted = true;
        let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for event in all {
            let scenario = match &event {
                Event::Started(Started { redacted: said, .. }) => {
                    redacted = *said;
                    continue;
                }
                Event::Scenario(info) => &info.scenario,
                Event::Exchanged(exchanged) => &exchanged.scenario,
                Event::Stepped(stepped) => &stepped.scenario,
                Event::Played(played) => &played.about.scenario,
                _ => continue,
            };
            events.entry(scenario.clone()).or_default().push(event);
        }
        events.retain(|_, events| judged(events).is_some());
        Ok(Self {
            run: evidence.run()?,
            redacted,
            events,
            evidence,
        })
    }

    /// Whether it judged recorded traffic, or recorded it: nothing was played.
    pub fn is_recorded(&self) -> bool {
        let mut events = self.events.values().flatten();
        self.run.is_recorded()
            || events.any(|event| matches!(event, Event::Played(played) if played.about.recorded))
    }

    /// The hash by which a run names its parts.
    pub fn hash(&self) -> String {
        sha256(&self.evidence.manifest_bytes())
    }

    /// What came of a scenario.
    pub fn judged(&self, scenario: &str) -> Option<&ScenarioJudged> {
        judged(self.events.get(scenario)?)
    }

    /// What was recorded of a scenario, into `folder`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn copy(&self, scenario: &str, folder: &Folder) -> Result<(), CopyError> {
        let exchanges = format!("exchanges/{scenario}/");
        let steps = format!("steps/{scenario}.jsonl");
        self.copy_where(folder, |name| name == steps || name.starts_with(&exchanges))
    }

    /// What was kept of the run.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// What scenarios share, into `folder`: the files of one of the folders
    /// `certificates`, `scenarios`, `messages` and `trust`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn copy_shared(&self, below: &str, folder: &Folder) -> Result<(), CopyError> {
        let below = format!("{below}/");
        self.copy_where(folder, |name| name.starts_with(&below))
    }

    fn copy_where(&self, folder: &Folder, wanted: impl Fn(&str) -> bool) -> Result<(), CopyError> {
        for (name, hash) in &self.evidence.manifest().files {
            match folder.hash_of(name) {
                _ if !wanted(name) => {}
                None => folder.write(name, &self.evidence.read(name)?)?,
                Some(there) if there == *hash => {}
                Some(_) => return Err(CopyError::Other(name.clone())),
            }
        }
        Ok(())
    }
}

fn judged(events: &[Event]) -> Option<&ScenarioJudged> {
    events.iter().find_map(|event| match event {
        Event::Played(played) => Some(&**played),
        _ => None,
    })
}

/// Why something cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A script of that name with other content is there already.
    #[error("{0} differs")]
    Other(String),
}

impl RunRecord {
    /// What the parts are together.
    ///
    /// # Errors
    ///
    /// They are not parts of one run.
    pub fn of_parts(parts: &[Part]) -> Result<Self, JoinError> {
        let Some((first, others)) = parts.split_first() else {
            return Err(JoinError::Share(String::new()));
        };
        for (index, other) in others.iter().enumerate() {
            if let Some(key) = first.run.differs_in(&other.run) {
                return Err(JoinError::Differs(0, index + 1, key));
            }
        }
        let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            for id in part.run.scenarios.keys() {
                if let Some(other) = owner.insert(id, index) {
                    return Err(JoinError::Twice(other, index, id.clone()));
                }
            }
        }
        shares(parts)?;
        let scenarios = parts.iter().flat_map(|part| part.run.scenarios.clone());
        let mut hashes: Vec<String> = parts.iter().map(Part::hash).collect();
        hashes.sort();
        let runs = || parts.iter().map(|part| &part.run);
        Ok(Self {
            began: runs().map(|run| run.began).min().unwrap_or(first.run.began),
            now: runs().map(|run| run.now).min().unwrap_or(first.run.now),
            scenarios: scenarios.collect(),
            shard: None,
            divided: None,
            parts: hashes,
            ..first.run.clone()
        })
    }
}

/// Shares of the scenarios must be all there are: what lacks one would look
/// whole.
fn shares(parts: &[Part]) -> Result<(), JoinError> {
    let said: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.run.shard.as_deref())
        .collect();
    let Some(of) = said
        .iter()
        .find_map(|share| share.split_once('/')?.1.parse::<usize>().ok())
    else {
        return Ok(());
    };
    // Shares of different scenarios are no shares of one run, whatever they are
    // called.
    let all = parts.iter().enumerate();
    let mut shares = all.filter(|(_, part)| part.run.shard.is_some());
    if let Some((first, one)) = shares.next()
        && let Some((other, _)) = shares.find(|(_, part)| part.run.divided != one.run.divided)
    {
        return Err(JoinError::Differs(first, other, "choice"));
    }
    if let Some(other) = said
        .iter()
        .find(|share| !share.ends_with(&format!("/{of}")))
    {
        return Err(JoinError::Share((*other).to_string()));
    }
    let mut wanted = (1..=of.min(said.len() + 1)).map(|share| format!("{share}/{of}"));
    match wanted.find(|share| !said.contains(&share.as_str())) {
        Some(missing) => Err(JoinError::Share(missing)),
        None => Ok(()),
    }
}
