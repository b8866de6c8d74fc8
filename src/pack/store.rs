//! The packs in force.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::bind::Binding;
use super::builtin::builtin_files;
use super::manifest::{Manifest, Message};
use crate::event::PackInForce;
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
    /// The reconstruction whose place this pack takes and whose rules hold.
    reconstruction: Option<Arc<Pack>>,
    binding: Option<Binding>,
    hash: OnceLock<String>,
}

impl Pack {
    /// A pack whose manifest lies in `folder` of `files`.
    pub fn new(manifest: Manifest, folder: &str, files: SchemaFiles) -> Self {
        Self {
            manifest,
            folder: folder.to_string(),
            files,
            reconstruction: None,
            binding: None,
            hash: OnceLock::new(),
        }
    }

    /// The pack in the place of a reconstruction, with what of its rules
    /// cannot match here.
    pub fn replacing(mut self, reconstruction: Arc<Pack>, binding: Binding) -> Self {
        self.reconstruction = Some(reconstruction);
        self.binding = Some(binding);
        self
    }

    /// The reconstruction whose place this pack takes.
    pub fn reconstruction(&self) -> Option<&Arc<Pack>> {
        self.reconstruction.as_ref()
    }

    /// The pack that holds the rule files: the reconstruction in the case of
    /// an official pack, else the pack itself.
    pub fn rules_home(&self) -> &Pack {
        self.reconstruction.as_deref().unwrap_or(self)
    }

    /// What of the rules cannot match in an official pack.
    pub fn binding(&self) -> Option<&Binding> {
        self.binding.as_ref()
    }

    /// The message of an element.
    pub fn message(&self, namespace: &str, local: &str) -> Option<&Message> {
        self.manifest.messages.iter().find(|message| {
            message.root.as_deref() == Some(local)
                && self.manifest.namespace_of(message).map(|name| &**name) == Some(namespace)
        })
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

    /// The files that make the pack what it is: those of its folder, those
    /// shared within its family, and the rule sets it names elsewhere.
    pub fn own_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let owned = self.owned();
        self.files.iter().filter(move |(path, _)| owned.holds(path))
    }

    /// Which files are the pack's own.
    pub(super) fn owned(&self) -> Owned {
        let rules = self.manifest.rules.iter();
        let shared = self.folder.rsplit_once('/');
        Owned {
            folder: self.folder.clone(),
            shared: shared.map(|(family, _)| format!("{family}/gedeeld")),
            rules: rules.map(|rules| self.resolve(rules)).collect(),
        }
    }

    /// The pack as events name it.
    pub fn in_force(&self) -> PackInForce {
        PackInForce {
            contract: self.manifest.contract.to_string(),
            version: self.manifest.version.to_string(),
            kind: self.manifest.kind,
            grade: self.manifest.weakest_grade(),
            hash: self.hash().to_string(),
        }
    }

    /// SHA-256 over [`Pack::own_files`], in hexadecimal digits.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let mut hash = Sha256::new();
            for (path, bytes) in self.own_files() {
                hash.update(path.as_bytes());
                hash.update([0]);
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
            hexadecimal(&hash.finalize())
        })
    }
}

/// Which files are a pack's own.
pub(super) struct Owned {
    folder: String,
    shared: Option<String>,
    rules: Vec<String>,
}

impl Owned {
    /// Whether a file is among them.
    pub fn holds(&self, path: &str) -> bool {
        let below = |folder: &str| {
            folder.is_empty()
                || path
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        below(&self.folder)
            || self.shared.as_deref().is_some_and(below)
            || self.rules.iter().any(|rules| rules == path)
    }
}

/// SHA-256 of a file, in hexadecimal digits.
pub(super) fn hash_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `relative` as seen from `folder`, without `.` and `..`.
pub(super) fn resolve(folder: &str, relative: &str) -> String {
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
    packs: BTreeMap<Arc<str>, Slot>,
    /// Packs that others took the place of, by their contract.
    replaced: BTreeMap<Arc<str>, Arc<Pack>>,
}

/// A pack in force.
#[derive(Debug, Clone)]
enum Slot {
    Read(Arc<Pack>),
    /// One of the product, whose manifest is read when it is first needed: a
    /// run sees messages of one or two contracts.
    Builtin(Arc<BuiltinPack>),
}

#[derive(Debug)]
struct BuiltinPack {
    folder: String,
    manifest: &'static str,
    files: SchemaFiles,
    pack: OnceLock<Arc<Pack>>,
}

impl Slot {
    fn pack(&self) -> &Arc<Pack> {
        match self {
            Self::Read(pack) => pack,
            Self::Builtin(builtin) => builtin.pack.get_or_init(|| {
                let path = format!("{}/pack.toml", builtin.folder);
                let manifest = Manifest::parse(&path, builtin.manifest)
                    .expect("a test reads every manifest within the product");
                let files = builtin.files.clone();
                Arc::new(Pack::new(manifest, &builtin.folder, files))
            }),
        }
    }

    /// The pack, unless its manifest is still unread.
    fn read(&self) -> Option<&Arc<Pack>> {
        match self {
            Self::Read(pack) => Some(pack),
            Self::Builtin(builtin) => builtin.pack.get(),
        }
    }

    /// Whether the manifest is one of the product and speaks of a namespace.
    fn speaks_of(&self, namespace: &str) -> bool {
        match self {
            Self::Read(_) => false,
            Self::Builtin(builtin) => builtin.manifest.contains(namespace),
        }
    }
}

/// An element of a reconstruction that an official pack took the place of.
#[derive(Debug, Clone, Copy)]
pub struct Superseded<'s> {
    /// The reconstruction.
    pub reconstruction: &'s Arc<Pack>,
    /// The message in it.
    pub message: &'s Message,
    /// The official pack.
    pub official: &'s Arc<Pack>,
}

impl Store {
    /// The packs that travel inside the binary.
    pub fn builtin() -> Self {
        let all = builtin_files();
        let files = SchemaFiles::new(all.iter().map(|(path, bytes)| (path.clone(), *bytes)));
        let packs = all.iter().filter_map(|(path, bytes)| {
            let folder = path.strip_suffix("/pack.toml")?;
            // The folder is named after the contract; a test compares.
            let contract = folder.rsplit('/').next()?;
            let builtin = BuiltinPack {
                folder: folder.to_string(),
                manifest: std::str::from_utf8(bytes).unwrap_or_default(),
                files: files.clone(),
                pack: OnceLock::new(),
            };
            Some((contract.into(), Slot::Builtin(Arc::new(builtin))))
        });
        Self {
            packs: packs.collect(),
            replaced: BTreeMap::new(),
        }
    }

    /// Puts a pack in force; it takes the place of the pack of its contract
    /// and of the reconstruction whose rules it has. Returns what was in force
    /// for its contract.
    pub fn put(&mut self, pack: Arc<Pack>) -> Option<Arc<Pack>> {
        if let Some(other) = &pack.manifest.rules_of
            && *other != pack.manifest.contract
            && let Some(replaced) = self.packs.remove(other)
        {
            self.replaced
                .insert(other.clone(), Arc::clone(replaced.pack()));
        }
        let contract = pack.manifest.contract.clone();
        let before = self.packs.insert(contract.clone(), Slot::Read(pack));
        let before = before.map(|slot| Arc::clone(slot.pack()));
        if let Some(before) = &before {
            self.replaced
                .entry(contract)
                .or_insert_with(|| before.clone());
        }
        before
    }

    /// The packs, by contract.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.packs.values().map(Slot::pack)
    }

    /// The pack of a contract.
    pub fn pack(&self, contract: &str) -> Option<&Arc<Pack>> {
        self.packs.get(contract).map(Slot::pack)
    }

    /// The pack and the message of an element.
    pub fn message(&self, namespace: &str, local: &str) -> Option<(&Arc<Pack>, &Message)> {
        let message = |pack| message_of(pack, namespace, local);
        let read = self.packs.values().filter_map(Slot::read);
        read.into_iter().find_map(message).or_else(|| {
            // Another thread may have read one since: all of them are asked.
            let slots = self.packs.values();
            slots
                .filter(|slot| slot.speaks_of(namespace))
                .map(Slot::pack)
                .find_map(message)
        })
    }

    /// The reconstruction's message of this element, where an official pack
    /// with another namespace took the reconstruction's place.
    pub fn superseded(&self, namespace: &str, local: &str) -> Option<Superseded<'_>> {
        self.replaced.values().find_map(|reconstruction| {
            let message = reconstruction.message(namespace, local)?;
            let contract = &reconstruction.manifest.contract;
            let official = self.pack(contract).or_else(|| {
                let takes_over =
                    |pack: &&Arc<Pack>| pack.manifest.rules_of.as_ref() == Some(contract);
                self.packs().find(takes_over)
            })?;
            Some(Superseded {
                reconstruction,
                message,
                official,
            })
        })
    }

    /// All messages, in order of contract.
    pub fn messages(&self) -> impl Iterator<Item = (&Arc<Pack>, &Message)> {
        self.packs().flat_map(|pack| {
            pack.manifest
                .messages
                .iter()
                .map(move |message| (pack, message))
        })
    }
}

fn message_of<'p>(
    pack: &'p Arc<Pack>,
    namespace: &str,
    local: &str,
) -> Option<(&'p Arc<Pack>, &'p Message)> {
    Some((pack, pack.message(namespace, local)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Manifests are read while others look for a message: whoever looks finds it.
    #[test]
    fn a_message_is_found_while_others_read_its_pack() {
        const NAMESPACE: &str = "http://duo.nl/schema/DUO_RelatiefVerzuim_V8";
        const LOOKERS: usize = 8;
        for turn in 0..400 {
            let store = Store::builtin();
            let together = std::sync::Barrier::new(LOOKERS);
            let look = || {
                together.wait();
                let found = store.message(NAMESPACE, "meldenRelatiefVerzuim_Request");
                found.is_some()
            };
            let found = std::thread::scope(|scope| {
                let lookers: Vec<_> = (0..LOOKERS).map(|_| scope.spawn(look)).collect();
                let found = lookers.into_iter().map(|looker| looker.join().unwrap());
                found.filter(|found| *found).count()
            });
            assert_eq!(found, LOOKERS, "turn {turn}");
        }
    }

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
        let store = Store::builtin();
        assert!(store.packs().count() >= 10);
        for (contract, slot) in &store.packs {
            let pack = slot.pack();
            let manifest = &pack.manifest;
            assert_eq!(*contract, manifest.contract);
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
