//! Which runs of a folder are old, and how they are removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::folder::{MANIFEST, SIGNATURE, SIGNER, sha256};
use super::part::EVENTS;
use super::read::{Evidence, ReadError};
use super::record::RunRecord;
use crate::event::Event;

/// What of a run decides whether it is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The SHA-256 of the manifest: a folder and the archive of it are one run.
    pub hash: String,
    /// When it began.
    pub began: Timestamp,
    /// The OIN of the supplier, empty when ketenkeur played all parties.
    pub oin: String,
    /// The product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The readiness keys of which a scenario was played.
    pub keys: BTreeSet<String>,
    /// Whether it is the masked view of a run: that is no replacement of the
    /// original.
    pub masked: bool,
    /// Every file is there and as it was written, and no other.
    pub whole: bool,
}

/// Why a run is none that can be old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A proxy made it: nothing was played, and nobody can make it again.
    #[error("it was recorded by a proxy")]
    Relayed,
}

impl Kept {
    /// Looks at evidence: every file is held against the manifest.
    ///
    /// # Errors
    ///
    /// It is no run that can be read.
    pub fn of(evidence: &Evidence) -> Result<Self, NotKept> {
        let RunRecord {
            began,
            target,
            relayed,
            ..
        } = evidence.run()?;
        if relayed.is_some() {
            return Err(NotKept::Relayed);
        }
        let events = evidence.lines::<Event>(EVENTS)?.into_iter();
        let keys = events.filter_map(|event| match event {
            Event::Played(judged) if judged.not_played.is_none() => Some(judged.about.key),
            _ => None,
        });
        Ok(Self {
            hash: sha256(&evidence.manifest_bytes()),
            began,
            oin: target.oin,
            product: target.product,
            version: target.version,
            keys: keys.collect(),
            masked: evidence.manifest().masked,
            whole: evidence.differences()?.is_empty(),
        })
    }
}

/// Which runs stay. A run that any of these keeps, stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The moment from which ages count.
    pub now: Timestamp,
    /// So many of each version of a product, for each key: the last that
    /// began.
    pub newest: Option<u32>,
    /// What is not older than so many days.
    pub days: Option<u32>,
    /// Runs that are not as they were written.
    pub broken: bool,
}

/// What runs are counted by: whether they are views, and of what.
type Line<'r> = (bool, [&'r str; 4]);

impl Keep {
    /// Which of `runs` stay, each at its place. What is not as it was written
    /// proves nothing, so it takes no place among the newest; and a view takes none
    /// among the originals.
    pub fn stay(&self, runs: &[Kept]) -> Vec<bool> {
        let mut lines: BTreeMap<Line<'_>, BTreeSet<(Timestamp, &str)>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.whole) {
            for key in &run.keys {
                let line = [&run.oin, &run.product, &run.version, key].map(String::as_str);
                let line = lines.entry((run.masked, line)).or_default();
                line.insert((run.began, &run.hash));
            }
        }
        let newest = self.newest.map(|count| {
            let of_line = |line: BTreeSet<(Timestamp, &'_ str)>| {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                let last = line.into_iter().rev().take(count);
                last.map(|(_, hash)| hash.to_string()).collect::<Vec<_>>()
            };
            lines.into_values().flat_map(of_line).collect()
        });
        let newest: BTreeSet<String> = newest.unwrap_or_default();
        runs.iter()
            .map(|run| {
                let age = self.now.duration_since(run.began);
                let days = self.days.map(i64::from);
                let young = days.is_some_and(|days| age <= SignedDuration::from_hours(24 * days));
                young || newest.contains(&run.hash) || (self.broken && !run.whole)
            })
            .collect()
    }
}

/// Removes a run: the files of its manifest and those of its signature, and the
/// folders that they leave empty. What somebody else put among them stays.
///
/// # Errors
///
/// It is another run by now, or a file cannot be removed. The manifest goes
/// last, so that what is left is still known as a run.
pub fn remove(path: &Path, run: &Kept) -> io::Result<()> {
    let changed = || io::Error::from(io::ErrorKind::InvalidData);
    let evidence = Evidence::open(path).map_err(|_| changed())?;
    if sha256(&evidence.manifest_bytes()) != run.hash {
        return Err(changed());
    }
    if path.is_file() {
        return fs::remove_file(path);
    }
    let files = &evidence.manifest().files;
    // What is listed was walked without following a link out of the folder.
    let there = evidence.names().map_err(|_| changed())?;
    let of_run = there.iter().filter(|name| files.contains_key(*name));
    let own = [SIGNATURE, SIGNER, MANIFEST].map(str::to_string);
    let own = own.iter().filter(|name| there.contains(name));
    for name in of_run.chain(own) {
        fs::remove_file(path.join(name))?;
    }
    let folders = walkdir::WalkDir::new(path).contents_first(true);
    for folder in folders.into_iter().filter_map(Result::ok) {
        if folder.file_type().is_dir() {
            match fs::remove_dir(folder.path()) {
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    return Err(error);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that began so many days before the moment of the test.
    fn run(hash: &str, days: i64, version: &str, keys: &[&str]) -> Kept {
        Kept {
            hash: hash.to_string(),
            began: now() - SignedDuration::from_hours(24 * days),
            oin: "1".to_string(),
            product: "Zonnebloem".to_string(),
            version: version.to_string(),
            keys: keys.iter().map(|key| (*key).to_string()).collect(),
            masked: hash.ends_with("beeld"),
            whole: !hash.starts_with('!'),
        }
    }

    fn now() -> Timestamp {
        "2026-09-28T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_any_reason_keeps_stays() {
        let runs = [
            run("oud", 400, "1", &["verzuim"]),
            run("!stuk", 1, "2", &["verzuim", "rio"]),
            run("nieuw", 2, "2", &["verzuim"]),
            run("eerder", 3, "2", &["verzuim", "rio"]),
            run("eerst", 40, "2", &["verzuim", "rio"]),
            run("nieuw", 2, "2", &["verzuim"]),
            run("leeg", 1, "2", &[]),
            run("beeld", 2, "2", &["verzuim"]),
            run("eerder-beeld", 3, "2", &["verzuim"]),
        ];
        /// Newest, days, whether what is broken stays, and which stay.
        type Case = (Option<u32>, Option<u32>, bool, &'static [usize]);
        let cases: [Case; 6] = [
            // Of version 1 the only one; of version 2 the last of each key; a
            // copy shares the fate of what it copies; a view replaces no original.
            (Some(1), None, true, &[0, 1, 2, 3, 5, 7]),
            (Some(2), None, false, &[0, 2, 3, 4, 5, 7, 8]),
            (None, Some(30), true, &[1, 2, 3, 5, 6, 7, 8]),
            (None, Some(2), false, &[1, 2, 5, 6, 7]),
            (Some(1), Some(30), false, &[0, 1, 2, 3, 5, 6, 7, 8]),
            (Some(0), None, false, &[]),
        ];
        for (newest, days, broken, expected) in cases {
            let keep = Keep {
                now: now(),
                newest,
                days,
                broken,
            };
            let stay = keep.stay(&runs).into_iter().enumerate();
            let stay: Vec<usize> = stay.filter_map(|(at, stays)| stays.then_some(at)).collect();
            assert_eq!(stay, expected, "{newest:?} {days:?} {broken}");
        }
    }
}
