//! The packs in force.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::builtin::BUILTIN_FILES;
use super::manifest::{Manifest, ManifestError, Message};
use crate::schema::xsd::SchemaFiles;

/// A pack: its manifest and its files.
#[derive(Debug)]
pub struct Pack {
    /// What is in it.
    pub manifest: Manifest,
    /// Folder of the manifest within `files`, without a slash at the end.
    folder: String,
    /// The files it may read: its own and those shared within its family.
    files: SchemaFiles,
    hash: OnceLock<String>,
}

/// Why the packs cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// A manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Two packs of one contract hold on the same day.
    #[error("two packs of contract {contract} are in force at once")]
    Twice {
        /// The contract.
        contract: String,
    },
}

impl Pack {
    /// A pack whose manifest lies in `folder` of `files`.
    pub fn new(manifest: Manifest, folder: &str, files: SchemaFiles) -> Self {
        Self {
            manifest,
            folder: folder.to_string(),
            files,
            hash: OnceLock::new(),
        }
    }

    /// All files within reach of the pack.
    pub fn files(&self) -> &SchemaFiles {
        &self.files
    }

    /// A path that the manifest names, as a path within [`Pack::files`].
    pub fn resolve(&self, relative: &str) -> String {
        resolve(&self.folder, relative)
    }

    /// The text of a file that the manifest names.
    pub fn text(&self, relative: &str) -> Option<&str> {
        let bytes = self.files.get(&self.resolve(relative))?;
        std::str::from_utf8(bytes).ok()
    }

    /// The entry documents of the schema, as paths within [`Pack::files`].
    pub fn entries(&self) -> Vec<String> {
        let mut entries = Vec::new();
        for schema in &self.manifest.schemas {
            let path = self.resolve(schema);
            match path.split_once('*') {
                None => entries.push(path),
                Some((before, after)) => {
                    entries.extend(
                        self.files
                            .paths()
                            .filter(|file| {
                                file.len() >= before.len() + after.len()
                                    && file.starts_with(before)
                                    && file.ends_with(after)
                                    && !file[before.len()..].trim_end_matches(after).contains('/')
                            })
                            .map(str::to_string),
                    );
                }
            }
        }
        entries
    }

    /// SHA-256 over the files of the pack's folder and what it names outside,
    /// in hexadecimal digits.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let mut hash = Sha256::new();
            let own = format!("{}/", self.folder);
            let shared = format!(
                "{}/gedeeld/",
                self.folder
                    .rsplit_once('/')
                    .map_or("", |(family, _)| family)
            );
            for (path, bytes) in self.files.iter() {
                if path.starts_with(&own) || path.starts_with(&shared) || self.folder.is_empty() {
                    hash.update(path.as_bytes());
                    hash.update([0]);
                    hash.update((bytes.len() as u64).to_le_bytes());
                    hash.update(bytes);
                }
            }
            hash.finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
    }
}

/// `relative` as seen from `folder`, without `.` and `..`.
fn resolve(folder: &str, relative: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in relative.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The packs in force, by contract.
#[derive(Debug, Clone)]
pub struct Store {
    packs: BTreeMap<Arc<str>, Arc<Pack>>,
}

impl Store {
    /// The packs that travel inside the binary.
    pub fn builtin() -> Result<Self, PackError> {
        let mut all = Vec::new();
        collect(&BUILTIN_FILES, &mut all);
        let files = SchemaFiles::new(
            all.iter()
                .map(|(path, bytes)| (path.clone(), Arc::from(*bytes))),
        );
        let mut packs = BTreeMap::new();
        for (path, bytes) in &all {
            let Some(folder) = path.strip_suffix("/pack.toml") else {
                continue;
            };
            let text = String::from_utf8_lossy(bytes);
            let manifest = Manifest::parse(path, &text)?;
            let contract = manifest.contract.clone();
            let pack = Arc::new(Pack::new(manifest, folder, files.clone()));
            if packs.insert(contract.clone(), pack).is_some() {
                return Err(PackError::Twice {
                    contract: contract.to_string(),
                });
            }
        }
        Ok(Self { packs })
    }

    /// Puts a pack in force; it takes the place of the pack of its contract.
    pub fn put(&mut self, pack: Arc<Pack>) -> Option<Arc<Pack>> {
        self.packs.insert(pack.manifest.contract.clone(), pack)
    }

    /// The packs, by contract.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.packs.values()
    }

    /// The pack of a contract.
    pub fn pack(&self, contract: &str) -> Option<&Arc<Pack>> {
        self.packs.get(contract)
    }

    /// The pack and the message of an element.
    pub fn message(&self, namespace: &str, local: &str) -> Option<(&Arc<Pack>, &Message)> {
        self.packs
            .values()
            .filter(|pack| pack.manifest.schema_namespace.as_deref() == Some(namespace))
            .find_map(|pack| Some((pack, pack.manifest.message(local)?)))
    }

    /// All messages, in order of contract.
    pub fn messages(&self) -> impl Iterator<Item = (&Arc<Pack>, &Message)> {
        self.packs.values().flat_map(|pack| {
            pack.manifest
                .messages
                .iter()
                .map(move |message| (pack, message))
        })
    }
}

fn collect<'a>(dir: &'a include_dir::Dir<'a>, files: &mut Vec<(String, &'a [u8])>) {
    for file in dir.files() {
        files.push((
            file.path().to_string_lossy().replace('\\', "/"),
            file.contents(),
        ));
    }
    for inner in dir.dirs() {
        collect(inner, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_from_the_manifest() {
        assert_eq!(
            resolve("bron-po/BO", "../gedeeld/document.sch"),
            "bron-po/gedeeld/document.sch"
        );
        assert_eq!(resolve("", "./a.xsd"), "a.xsd");
    }

    #[test]
    fn every_builtin_pack_names_files_that_exist() {
        let store = Store::builtin().unwrap();
        assert!(store.packs().count() >= 10);
        for pack in store.packs() {
            let manifest = &pack.manifest;
            for rules in &manifest.rules {
                assert!(pack.text(rules).is_some(), "{}: {rules}", manifest.contract);
            }
            assert!(!pack.entries().is_empty(), "{}", manifest.contract);
            for entry in pack.entries() {
                assert!(
                    pack.files().get(&entry).is_some(),
                    "{}: {entry}",
                    manifest.contract
                );
            }
            for message in &manifest.messages {
                let example = message.example.as_deref().unwrap();
                assert!(
                    pack.text(example).is_some(),
                    "{}: {example}",
                    manifest.contract
                );
            }
        }
    }
}
