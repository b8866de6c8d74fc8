//! The catalogue of defects: known-wrong parties, each with one mistake that
//! real ones make, by which a suite shows that its green means something
//! (docs/defects.md).

use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::counterpart::defect::Defect;
use crate::event::Wrong;
use crate::finding::Language;
use crate::scenario::{Key, Role};

/// One file per readiness key.
static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/cases/defects");

/// A defect that the catalogue knows.
#[derive(Debug, Clone)]
pub struct KnownDefect {
    /// Its name: the party, then what is wrong, in Dutch.
    pub id: Box<str>,
    /// The row of the readiness report whose scenarios must catch it.
    pub key: Key,
    /// Who has it.
    pub party: Role,
    /// The requirements that it violates. It is caught for the right reason
    /// when a finding is about one of them.
    pub requirements: Vec<Box<str>>,
    title: Words,
    text: Words,
    /// What it does.
    pub defect: Arc<Defect>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    nl: Box<str>,
    en: Box<str>,
}

impl Words {
    fn of(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

impl KnownDefect {
    /// Whether it violates a requirement.
    pub fn violates(&self, requirement: &str) -> bool {
        self.requirements.iter().any(|id| **id == *requirement)
    }

    /// The same in the events.
    pub fn told(&self) -> Wrong {
        Wrong {
            id: self.id.to_string(),
            party: self.party.name().to_string(),
        }
    }

    /// What is wrong, in one line.
    pub fn title(&self, language: Language) -> &str {
        self.title.of(language)
    }

    /// How suppliers come to make the mistake, and what it leads to.
    pub fn text(&self, language: Language) -> &str {
        self.text.of(language)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    defect: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Box<str>,
    requirements: Vec<Box<str>>,
    title: Words,
    text: Words,
    does: Defect,
}

/// Why the catalogue cannot be read: a shipped file is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cases/defects/{file}: {message}")]
pub struct CatalogueError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

/// All defects, by key and in the order of their files. Read at the first call.
///
/// # Errors
///
/// A shipped file is at fault; a test rules that out.
pub fn defects() -> Result<&'static [KnownDefect], &'static CatalogueError> {
    static KNOWN: OnceLock<Result<Vec<KnownDefect>, CatalogueError>> = OnceLock::new();
    KNOWN.get_or_init(read).as_deref()
}

/// The defect of that id.
///
/// # Errors
///
/// As [`defects`].
pub fn defect(id: &str) -> Result<Option<&'static KnownDefect>, &'static CatalogueError> {
    Ok(defects()?.iter().find(|known| *known.id == *id))
}

fn read() -> Result<Vec<KnownDefect>, CatalogueError> {
    let mut all = Vec::new();
    for file in FILES.files() {
        let name = file.path().to_string_lossy().into_owned();
        let fault = |message: &str| CatalogueError {
            file: name.clone(),
            message: message.to_string(),
        };
        let key = name.strip_suffix(".toml").and_then(Key::parse);
        let key = key.ok_or_else(|| fault("the file is not named after a readiness key"))?;
        let text = file.contents_utf8().unwrap_or_default();
        let read: File = toml::from_str(text).map_err(|error| fault(&error.to_string()))?;
        for entry in read.defect {
            let party = entry.id.split('-').next().and_then(Role::parse);
            let no_party = || fault(&format!("{} does not begin with a party", entry.id));
            all.push(KnownDefect {
                key,
                party: party.ok_or_else(no_party)?,
                id: entry.id,
                requirements: entry.requirements,
                title: entry.title,
                text: entry.text,
                defect: Arc::new(entry.does),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::requirement::requirements;

    #[test]
    fn every_entry_is_whole_and_names_known_requirements() {
        let known = requirements().unwrap();
        let mut seen = BTreeSet::new();
        for one in defects().unwrap_or_else(|error| panic!("{error}")) {
            assert!(seen.insert(&*one.id), "{} twice", one.id);
            assert!(!one.requirements.is_empty(), "{}", one.id);
            for requirement in &one.requirements {
                let of_key = known.iter().find(|known| *known.id == **requirement);
                let of_key = of_key.map(|known| &known.readiness[..]).unwrap_or_default();
                let counts = of_key.iter().any(|key| **key == *one.key.name());
                assert!(counts, "{}: {requirement} is none of {}", one.id, one.key);
            }
            for language in [Language::Nl, Language::En] {
                assert!(one.title(language).len() > 20, "{}", one.id);
                assert!(one.text(language).len() > 60, "{}", one.id);
            }
            assert_ne!(one.title.nl, one.title.en, "{}", one.id);
            assert_ne!(
                format!("{:?}", one.defect),
                format!("{:?}", Defect::default())
            );
        }
    }
}
