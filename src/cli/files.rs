//! The files of a command: what it writes costs nothing of what it reads, and
//! nothing of the rest that it writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::evidence::{MANIFEST, RunRecord};

/// The files of a command beside its reports.
#[derive(Default)]
pub struct Files<'p> {
    /// What it writes.
    pub written: Option<&'p Path>,
    /// The folder of evidence that it makes.
    pub evidence: Option<&'p Path>,
    /// What it was told to read.
    pub read: Vec<&'p Path>,
}

impl<'p> Files<'p> {
    /// Refuses outputs, `None` for standard output, of which one would be lost, or
    /// that would go over what is read or into evidence.
    pub fn allow(&self, outputs: impl Iterator<Item = Option<&'p Path>>) -> Result<(), Failure> {
        let read: Vec<PathBuf> = self.read.iter().map(|path| place(path)).collect();
        let evidence = self.evidence.map(place);
        let mut seen = BTreeSet::new();
        for output in outputs.chain(self.written.map(Some)) {
            let at = output.map(place);
            if let (Some(path), Some(at)) = (output, &at) {
                if read.contains(at) {
                    return Err(Failure::usage("file-read").with("path", path.display()));
                }
                // The manifest names every file of evidence: one more is a change.
                let mut folders = at.ancestors().skip(1);
                let is_evidence = |it: &&Path| evidence.as_deref() == Some(*it) || is_evidence(it);
                if let Some(folder) = folders.find(is_evidence) {
                    return Err(Failure::usage("file-evidence")
                        .with("path", path.display())
                        .with("folder", folder.display()));
                }
            }
            if !seen.insert(at) {
                return Err(match output {
                    None => Failure::usage("report-twice"),
                    Some(path) => Failure::usage("file-twice").with("path", path.display()),
                });
            }
        }
        Ok(())
    }
}

/// Where a path leads, however it is written: `./a` and `a` are one file.
fn place(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if let Ok(there) = whole.canonicalize() {
        return there;
    }
    let folder = whole.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, whole.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => whole,
    }
}

fn is_evidence(folder: &Path) -> bool {
    [RunRecord::FILE, MANIFEST]
        .iter()
        .all(|name| folder.join(name).is_file())
}
