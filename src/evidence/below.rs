//! Where evidence is found.

use std::path::{Path, PathBuf};

use super::{MANIFEST, is_archive};
use crate::limits::{MAX_READINESS_RUNS, RUNS_DEPTH};

/// There are more runs than are read from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more runs than are read from one place")]
pub struct TooManyRuns;

/// The folders and archives with evidence at or below a path, in order.
///
/// # Errors
///
/// There are too many.
pub fn runs_below(path: &Path) -> Result<Vec<PathBuf>, TooManyRuns> {
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(path)
        .max_depth(RUNS_DEPTH)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        // What cannot be entered holds no evidence that could be read.
        let Ok(entry) = entry else { continue };
        let is_folder = entry.file_type().is_dir() && entry.path().join(MANIFEST).is_file();
        if is_folder {
            walk.skip_current_dir();
        }
        if is_folder || is_archive(entry.path()) {
            found.push(entry.into_path());
            if found.len() > MAX_READINESS_RUNS {
                return Err(TooManyRuns);
            }
        }
    }
    Ok(found)
}
