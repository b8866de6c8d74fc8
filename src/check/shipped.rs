//! The facts and batch rules that come with the product.

use std::sync::{Arc, LazyLock};

use crate::batch::{BatchRules, Extractor, RecordPaths};
use crate::clock::Clock;
use crate::facts::{
    Calendar, CalendarSources, FactError, Facts, Profile, RioPaths, SourceText, ValueLists,
};
use crate::pack::BUILTIN_FILES;

/// The facts of a run without RIO data. Lists and calendars are read when a
/// rule first asks for them.
pub fn shipped_facts(clock: Clock, profile: Profile) -> Facts {
    let lists = files_in("waardenlijsten")
        .map(|file| SourceText::new(file.path().to_string_lossy(), text_of(file)));
    let calendar = CalendarSources {
        schoolvakanties: shipped("kalender/schoolvakanties.toml"),
        advies: shipped("kalender/advies.toml"),
        bekostiging: shipped("kalender/bekostiging.toml"),
    };
    Facts {
        clock,
        profile,
        lists: Arc::new(ValueLists::new(lists)),
        calendar: Arc::new(Calendar::new(calendar)),
        rio: None,
    }
}

/// Which parts of RIO answers are facts for the rules.
pub fn shipped_rio_paths() -> Result<RioPaths, FactError> {
    RioPaths::from_toml(&shipped("rio/rio-gegevens.toml"))
}

/// Which parts of messages the rules over a batch look at. Read when there is
/// a batch: a run over one message has none.
pub fn shipped_extractor() -> Arc<Extractor> {
    static READ: LazyLock<Arc<Extractor>> = LazyLock::new(|| {
        let paths = RecordPaths::from_toml(&shipped("batch/gegevens.toml"))
            .expect("a test reads the paths of the records");
        Arc::new(Extractor::new(paths))
    });
    Arc::clone(&READ)
}

/// The rules over a batch.
pub fn shipped_batch_rules() -> BatchRules {
    BatchRules::from_toml(&shipped("batch/regels.toml"))
        .expect("a test reads the rules over a batch")
}

fn shipped(path: &'static str) -> SourceText {
    let folder = path.split_once('/').map_or("", |(folder, _)| folder);
    let file = files_in(folder).find(|file| file.path().as_os_str() == path);
    SourceText::new(path, file.map_or("", text_of))
}

/// The files of a folder of `schemas/`. To look for a path as a whole takes
/// apart the paths of all files before it.
fn files_in(folder: &str) -> impl Iterator<Item = &'static include_dir::File<'static>> {
    let mut folders = BUILTIN_FILES.dirs();
    let found = folders.find(|dir| dir.path().as_os_str() == folder);
    found.into_iter().flat_map(|dir| dir.files())
}

fn text_of(file: &'static include_dir::File<'static>) -> &'static str {
    // Everything under `schemas/` is UTF-8; a test reads each file.
    file.contents_utf8().unwrap_or("")
}
