//! Where evidence is found.

use std::path::{Path, PathBuf};

use super::{MANIFEST, RunRecord, is_archive};
use crate::limits::{MAX_READINESS_RUNS, RUNS_DEPTH};

/// There are more runs than are read from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more runs than are read from one place")]
pub struct TooManyRuns;

/// What was found at or below a path, in order.
#[derive(Debug, Default)]
pub struct Below {
    /// Folders and archives with evidence.
    pub runs: Vec<PathBuf>,
    /// Folders of runs that never came to a manifest: they were broken off.
    pub unfinished: Vec<PathBuf>,
}

/// The folders and archives with evidence at or below a path, in order.
///
/// # Errors
///
/// There are too many.
pub fn runs_below(path: &Path) -> Result<Vec<PathBuf>, TooManyRuns> {
    Ok(all_below(path)?.runs)
}

/// The same, with the folders of runs that were broken off.
///
/// # Errors
///
/// There are too many.
pub fn all_below(path: &Path) -> Result<Below, TooManyRuns> {
    let mut below = Below::default();
    let mut walk = walkdir::WalkDir::new(path)
        .max_depth(RUNS_DEPTH)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        // What cannot be entered holds no evidence that could be read.
        let Ok(entry) = entry else { continue };
        let has = |file: &str| entry.file_type().is_dir() && entry.path().join(file).is_file();
        let is_folder = has(MANIFEST);
        let is_unfinished = !is_folder && has(RunRecord::FILE);
        if is_folder || is_unfinished {
            walk.skip_current_dir();
        }
        if is_unfinished {
            below.unfinished.push(entry.into_path());
        } else if is_folder || is_archive(entry.path()) {
            below.runs.push(entry.into_path());
        }
        if below.runs.len() + below.unfinished.len() > MAX_READINESS_RUNS {
            return Err(TooManyRuns);
        }
    }
    Ok(below)
}
