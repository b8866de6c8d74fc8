//! Where scripts and the files that they name come from.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::document::{Mistake, Spot, seen_from};
use crate::limits::MAX_MESSAGE_BYTES;

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/cases/scenarios");

/// Files by name, with slashes on every system.
pub trait Sources {
    /// What is in a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is too large.
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError>;

    /// The name of the file that `file` calls `name`; `None` when that leads
    /// out of what may be read.
    fn beside(&self, file: &str, name: &str) -> Option<String>;
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceError {
    /// There is none.
    NotFound,
    /// It is larger than a message may be.
    TooLarge,
    /// The system does not let us.
    Unreadable,
    /// Its name leads out of what may be read.
    Outside,
}

impl SourceError {
    /// The same as a mistake at the place that names the file.
    pub(super) fn mistake(self, at: Spot, name: &str) -> Mistake {
        let key = match self {
            SourceError::NotFound => "no-file",
            SourceError::TooLarge => "file-large",
            SourceError::Unreadable => "file-unreadable",
            SourceError::Outside => "file-outside",
        };
        Mistake::new(at, key).with("name", name)
    }
}

/// The scripts in the binary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped;

impl Shipped {
    /// The names of all script files, in order.
    pub fn names() -> Vec<&'static str> {
        let mut names = Vec::new();
        gather(&SHIPPED, &mut names);
        names.sort_unstable();
        names
    }
}

fn gather(folder: &'static Dir<'static>, names: &mut Vec<&'static str>) {
    for file in folder.files() {
        if let Some(name) = file.path().to_str().filter(|name| is_script(name)) {
            names.push(name);
        }
    }
    for below in folder.dirs() {
        gather(below, names);
    }
}

/// Whether a file of that name is a script.
pub fn is_script(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

impl Sources for Shipped {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        SHIPPED
            .get_file(name)
            .map(|file| file.contents().to_vec())
            .ok_or(SourceError::NotFound)
    }

    fn beside(&self, file: &str, name: &str) -> Option<String> {
        seen_from(file, name)
    }
}

/// Scripts on disk, by their paths. What they name lies in the folder beside
/// theirs at most: a script that somebody else wrote cannot send any file.
#[derive(Debug, Clone)]
pub struct OnDisk {
    within: PathBuf,
}

impl OnDisk {
    /// Scripts in `folder` or below it. They may name files there and in the
    /// folder that holds it.
    pub fn around(folder: &Path) -> Self {
        let folder = lexical(folder);
        let within = match folder.parent() {
            Some(parent) if !leads_up(&folder) => parent.to_path_buf(),
            _ => folder,
        };
        Self { within }
    }
}

/// A path without `.` and, where it can be, without `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.file_name().is_some() => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// Whether a path goes on above where it is seen from.
fn leads_up(path: &Path) -> bool {
    path.components().next_back() == Some(Component::ParentDir)
}

impl Sources for OnDisk {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        let file = std::fs::File::open(name).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                SourceError::NotFound
            } else {
                SourceError::Unreadable
            }
        })?;
        let mut bytes = Vec::new();
        let limit = MAX_MESSAGE_BYTES as u64 + 1;
        file.take(limit)
            .read_to_end(&mut bytes)
            .map_err(|_| SourceError::Unreadable)?;
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(SourceError::TooLarge);
        }
        Ok(bytes)
    }

    fn beside(&self, file: &str, name: &str) -> Option<String> {
        if is_absolute(name) {
            return None;
        }
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let path = lexical(&folder.join(name));
        // Each `..` at the start leads above where we stand.
        let up = |path: &Path| {
            let parts = path.components();
            parts
                .take_while(|part| *part == Component::ParentDir)
                .count()
        };
        let inside = path.starts_with(&self.within) && up(&path) == up(&self.within);
        inside.then(|| path.to_string_lossy().replace('\\', "/"))
    }
}

fn is_absolute(name: &str) -> bool {
    name.starts_with('/') || name.contains(['\\', ':']) || Path::new(name).is_absolute()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_on_disk_reaches_the_folder_beside_its_own_at_most() {
        for (folder, file, name, leads) in [
            (
                "s/key",
                "s/key/a.yaml",
                "../shared/b.yaml",
                Some("s/shared/b.yaml"),
            ),
            ("s/key", "s/key/a.yaml", "../../b.yaml", None),
            ("/t/s", "/t/s/a.yaml", "../b.yaml", Some("/t/b.yaml")),
            ("/t/s", "/t/s/a.yaml", "../../b.yaml", None),
            ("", "a.yaml", "b/c.yaml", Some("b/c.yaml")),
            ("", "a.yaml", "../b.yaml", None),
            ("../s", "../s/a.yaml", "../x/b.yaml", Some("../x/b.yaml")),
            ("../s", "../s/a.yaml", "../../b.yaml", None),
        ] {
            let sources = OnDisk::around(Path::new(folder));
            assert_eq!(
                sources.beside(file, name).as_deref(),
                leads,
                "{file} {name}"
            );
        }
    }
}
