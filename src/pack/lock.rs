//! `packs.lock`: with which packs a project judges, by their hashes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::builtin::builtin_files;
use super::store::{Pack, Store, hash_of, hexadecimal};
use crate::event::PackKind;

/// Version of the lock file.
const VERSION: u32 = 1;

const HEADER: &str = "\
# Written by `ketenkeur packs import` and `ketenkeur packs lock`; keep it in version control.
# With --locked a run refuses packs that are not exactly these.
";

/// The packs of a project and what they are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lock {
    /// Version of the file.
    version: u32,
    /// SHA-256 over what the product knows outside its packs: value lists,
    /// calendars, batch rules.
    facts: String,
    /// The packs, by contract.
    #[serde(default, rename = "pack")]
    packs: Vec<LockedPack>,
}

/// A pack in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedPack {
    /// The contract.
    pub contract: String,
    /// Reconstruction or official.
    pub kind: PackKind,
    /// Its version.
    pub version: String,
    /// SHA-256 of the pack.
    pub sha256: String,
    /// SHA-256 of the reconstruction whose rules it has.
    pub rules_sha256: Option<String>,
    /// SHA-256 of every file.
    pub files: BTreeMap<String, String>,
}

/// Why the packs in force are not those of the lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// There is no lock file.
    #[error("{path}: there is no lock file")]
    Absent {
        /// Where it should be.
        path: String,
    },
    /// The lock file cannot be read or written.
    #[error("{path}: cannot be read or written ({kind})")]
    Io {
        /// The lock file.
        path: String,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// The lock file says something else than a lock file does.
    #[error("{path}{}: {message}", line.map_or(String::new(), |line| format!(":{line}")))]
    Broken {
        /// The lock file.
        path: String,
        /// The line, when known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// Packs differ from the lock.
    #[error("the packs differ from the lock: {}", differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Differs {
        /// How they differ, by contract.
        differences: Vec<Difference>,
    },
}

/// How a pack differs from the lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A pack in force that the lock does not have.
    #[error("{contract} is not in the lock")]
    NotLocked {
        /// The contract.
        contract: String,
    },
    /// A pack of the lock that is not in force.
    #[error("{contract} is in the lock and not in force")]
    NotInForce {
        /// The contract.
        contract: String,
    },
    /// Another pack of the contract.
    #[error("{contract} is another pack than in the lock ({})", files.join(", "))]
    Other {
        /// The contract.
        contract: String,
        /// Kind and version in force.
        in_force: (PackKind, String),
        /// Kind and version in the lock.
        locked: (PackKind, String),
        /// The files that differ, are new or are gone.
        files: Vec<String>,
    },
    /// The same official pack under other rules.
    #[error("the rules of {contract} are others than in the lock")]
    OtherRules {
        /// The contract.
        contract: String,
    },
    /// The value lists, calendars or batch rules of the product.
    #[error("the value lists and calendars of the product are others than in the lock")]
    OtherFacts,
}

impl Lock {
    /// The lock of the packs in force.
    pub fn of(store: &Store) -> Self {
        Self {
            version: VERSION,
            facts: facts_hash(),
            packs: store.packs().map(|pack| LockedPack::of(pack)).collect(),
        }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// A file that is not there or is no lock file.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LockError::Absent { path: shown() },
            kind => LockError::Io {
                path: shown(),
                kind,
            },
        })?;
        let lock: Self = toml::from_str(&text).map_err(|error| LockError::Broken {
            path: shown(),
            line: error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.matches('\n').count() + 1),
            message: error.message().to_string(),
        })?;
        if lock.version != VERSION {
            return Err(LockError::Broken {
                path: shown(),
                line: None,
                message: format!("version {} is not known", lock.version),
            });
        }
        Ok(lock)
    }

    /// The lock as it stands in its file.
    pub fn to_toml(&self) -> String {
        // Strings, numbers and tables of strings, all of which TOML can write.
        let text = toml::to_string(self).expect("a lock can be written as TOML");
        format!("{HEADER}{text}")
    }

    /// Writes the lock file, through a file beside it; nothing is written
    /// when it is the same already.
    ///
    /// # Errors
    ///
    /// What cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let failed = |kind| LockError::Io {
            path: path.display().to_string(),
            kind,
        };
        let text = self.to_toml();
        if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        let above = path.parent().unwrap_or(Path::new("."));
        let written = std::fs::create_dir_all(above).and_then(|()| {
            let beside = tempfile::NamedTempFile::new_in(above)?;
            std::fs::write(beside.path(), &text)?;
            beside.persist(path).map_err(|error| error.error)?;
            Ok(())
        });
        written.map_err(|error| failed(error.kind()))
    }

    /// Whether the packs in force are exactly those of the lock.
    ///
    /// # Errors
    ///
    /// Every pack that is not in the lock, is another one, or is missing.
    pub fn verify(&self, store: &Store) -> Result<(), LockError> {
        let now = Self::of(store);
        let mut differences = Vec::new();
        for pack in &now.packs {
            let contract = pack.contract.clone();
            match self.packs.iter().find(|locked| locked.contract == contract) {
                None => differences.push(Difference::NotLocked { contract }),
                Some(locked) if locked.sha256 != pack.sha256 || locked.kind != pack.kind => {
                    differences.push(Difference::Other {
                        contract,
                        in_force: (pack.kind, pack.version.clone()),
                        locked: (locked.kind, locked.version.clone()),
                        files: changed(&locked.files, &pack.files),
                    });
                }
                Some(locked) if locked.rules_sha256 != pack.rules_sha256 => {
                    differences.push(Difference::OtherRules { contract });
                }
                Some(_) => {}
            }
        }
        for locked in &self.packs {
            if !now
                .packs
                .iter()
                .any(|pack| pack.contract == locked.contract)
            {
                differences.push(Difference::NotInForce {
                    contract: locked.contract.clone(),
                });
            }
        }
        if now.facts != self.facts {
            differences.push(Difference::OtherFacts);
        }
        if differences.is_empty() {
            Ok(())
        } else {
            Err(LockError::Differs { differences })
        }
    }

    /// The packs, by contract.
    pub fn packs(&self) -> &[LockedPack] {
        &self.packs
    }
}

impl LockedPack {
    fn of(pack: &Pack) -> Self {
        Self {
            contract: pack.manifest.contract.to_string(),
            kind: pack.manifest.kind,
            version: pack.manifest.version.to_string(),
            sha256: pack.hash().to_string(),
            rules_sha256: pack.reconstruction().map(|rules| rules.hash().to_string()),
            files: pack
                .own_files()
                .map(|(path, bytes)| (path.to_string(), hash_of(bytes)))
                .collect(),
        }
    }
}

/// The files that differ between two packs.
fn changed(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut files: Vec<String> = now
        .iter()
        .filter(|(path, hash)| before.get(*path) != Some(hash))
        .map(|(path, _)| path.clone())
        .collect();
    files.extend(
        before
            .keys()
            .filter(|path| !now.contains_key(*path))
            .cloned(),
    );
    files.sort();
    files
}

/// SHA-256 over the product's files that belong to no pack.
fn facts_hash() -> String {
    let store = Store::builtin();
    let owned: Vec<_> = store.packs().map(|pack| pack.owned()).collect();
    let mut hash = Sha256::new();
    for (path, bytes) in builtin_files() {
        let of_a_pack = owned.iter().any(|owned| owned.holds(&path));
        if !of_a_pack {
            hash.update(path.as_bytes());
            hash.update([0]);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    hexadecimal(&hash.finalize())
}
