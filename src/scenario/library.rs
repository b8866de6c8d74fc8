//! Sets of scenarios: the shipped ones, and those of the user.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::model::Scenario;
use super::read::{Script, ScriptMistake, Shared, read_half};
use super::source::{OnDisk, Shipped, Sources, is_script};
use crate::document::Mistake;
use crate::limits::MAX_SCRIPTS;

/// Scenarios that were read, and what could not be.
#[derive(Debug, Default)]
pub struct Library {
    /// The scenarios, in the order of their files.
    pub scenarios: Vec<Arc<Scenario>>,
    /// Files with shared steps, in order.
    pub shared: Vec<Shared>,
    /// Mistakes in files, in order. A file with a mistake is in neither list.
    pub mistakes: Vec<ScriptMistake>,
    /// What could be read of scenarios with mistakes, for the lint.
    pub(super) half_read: Vec<Scenario>,
}

/// Why a set of scenarios cannot be read at all: the call is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// Nothing is there.
    #[error("{0} does not exist")]
    NotFound(String),
    /// There is no script in it.
    #[error("there are no scenarios in {0}")]
    NoScripts(String),
    /// There are more files than we read.
    #[error("there are more than {MAX_SCRIPTS} files in {0}")]
    TooMany(String),
    /// The system does not let us.
    #[error("{0} cannot be read")]
    Unreadable(String),
}

impl Library {
    /// The scenarios in the binary, read at the first call. A test sees that
    /// there is no mistake in them.
    pub fn shipped() -> &'static Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| Self::of(Shipped::names(), &Shipped))
    }

    /// The scenarios of these files, and what they include.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>, sources: &dyn Sources) -> Self {
        let mut library = Self::default();
        let mut ids = HashMap::new();
        for name in names {
            library.add(name, sources, &mut ids);
        }
        library
    }

    /// The scenarios of files and folders on disk. Of a folder, every `.yaml`
    /// and `.yml` in it and below.
    ///
    /// # Errors
    ///
    /// A path that leads nowhere, or to nothing that is a script. Mistakes in
    /// scripts are no error: they are in the library.
    pub fn on_disk(paths: &[PathBuf]) -> Result<Self, LibraryError> {
        let mut library = Self::default();
        let mut ids = HashMap::new();
        for path in paths {
            let shown = shown(path);
            if !path.exists() {
                return Err(LibraryError::NotFound(shown));
            }
            let (files, folder) = if path.is_dir() {
                (scripts_below(path)?, path.clone())
            } else {
                let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
                (vec![path.clone()], folder)
            };
            if files.is_empty() {
                return Err(LibraryError::NoScripts(shown));
            }
            let sources = OnDisk::around(&folder);
            for file in files {
                library.add(&self::shown(&file), &sources, &mut ids);
            }
        }
        Ok(library)
    }

    fn add(&mut self, file: &str, sources: &dyn Sources, ids: &mut HashMap<Arc<str>, Arc<str>>) {
        let (script, mistakes) = read_half(file, sources);
        let is_whole = mistakes.is_empty();
        for mistake in mistakes {
            if !self.mistakes.contains(&mistake) {
                self.mistakes.push(mistake);
            }
        }
        match script {
            Some(Script::Scenario(scenario)) if !is_whole => self.half_read.push(*scenario),
            Some(Script::Shared(shared)) if is_whole => self.add_shared(shared),
            Some(Script::Scenario(scenario)) => match ids.get(&scenario.id) {
                Some(first) if *first == scenario.file => {}
                Some(first) => self.mistakes.push(ScriptMistake {
                    file: scenario.file.clone(),
                    mistake: Mistake::new(scenario.id_at, "id-twice")
                        .with("name", &*scenario.id)
                        .with("first", &**first),
                }),
                None => {
                    ids.insert(scenario.id.clone(), scenario.file.clone());
                    self.scenarios.push(Arc::from(scenario));
                }
            },
            Some(Script::Shared(_)) | None => {}
        }
    }

    fn add_shared(&mut self, shared: Shared) {
        if !self.shared.iter().any(|known| known.file == shared.file) {
            self.shared.push(shared);
        }
    }

    /// The scenario of that id.
    pub fn scenario(&self, id: &str) -> Option<&Arc<Scenario>> {
        self.scenarios.iter().find(|scenario| *scenario.id == *id)
    }
}

/// A path as we write it: slashes on every system.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = text.strip_prefix("./").unwrap_or(&text);
    if std::path::MAIN_SEPARATOR == '/' {
        text.to_string()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

fn scripts_below(folder: &Path) -> Result<Vec<PathBuf>, LibraryError> {
    let mut files = Vec::new();
    let walk = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .max_depth(crate::limits::MAX_DEPTH);
    for entry in walk {
        let entry = entry.map_err(|_| LibraryError::Unreadable(shown(folder)))?;
        if entry.file_type().is_file() && is_script(&entry.file_name().to_string_lossy()) {
            files.push(entry.into_path());
            if files.len() > MAX_SCRIPTS {
                return Err(LibraryError::TooMany(shown(folder)));
            }
        }
    }
    Ok(files)
}
