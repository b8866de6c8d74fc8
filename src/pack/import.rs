//! Import of an official package: from files in any layout to packs that win
//! over our reconstructions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::bind::{Binding, BoundMessage, bind};
use super::catalogue;
use super::contracts::{Contract, contracts};
use super::import_error::{BindError, ImportError};
use super::layout::{Closure, Layout, folder};
use super::manifest::{Manifest, Part, Provenance, Rewritten};
use super::package::{ImportSource, Package, Source, is_wsdl};
use super::store::{Pack, Store};
use super::stored;
use crate::document::nearest;
use crate::event::PackKind;
use crate::finding::Grade;
use crate::rules::RulePaths;
use crate::schema::xsd::{SchemaFiles, SchemaRefused, Structure, XsdSchema};

/// Folder of the official files within a pack.
const FILES: &str = "schema";

/// How to import.
#[derive(Clone, Copy)]
pub struct ImportOptions<'a> {
    /// The packs that the product brings along.
    pub builtin: &'a Store,
    /// The reconstruction to replace where the official contract has another
    /// name than ours.
    pub replaces: Option<&'a str>,
}

/// What an import did.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The packs, by contract.
    pub packs: Vec<ImportedPack>,
    /// Files of the package that are no schema or were not followed.
    pub ignored: Vec<String>,
    /// Schema files that no contract needs.
    pub unused: Vec<String>,
}

/// An imported pack.
#[derive(Debug, Clone)]
pub struct ImportedPack {
    /// The contract.
    pub contract: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// SHA-256 of the pack.
    pub hash: String,
    /// How many messages it has.
    pub messages: usize,
    /// What changed on disk.
    pub change: Change,
    /// The reconstruction whose place it takes.
    pub replaces: Option<Replaced>,
    /// A reconstruction under another name that shares message elements with
    /// it: the user may want to import again and say that it is replaced.
    pub similar: Option<Arc<str>>,
    /// References that had to be made followable.
    pub rewritten: Vec<Rewritten>,
    /// What of our rules cannot match.
    pub binding: Option<Binding>,
}

/// A reconstruction that an official pack took the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The contract.
    pub contract: Arc<str>,
    /// The namespace of its messages, where the official one differs.
    pub other_namespace: Option<Arc<str>>,
    /// Message elements of the reconstruction that the official pack lacks.
    pub lost: Vec<Arc<str>>,
}

/// What an import changed on disk for one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There was no imported pack of the contract.
    New,
    /// The same pack was there already.
    Unchanged,
    /// Another version was there.
    Replaced {
        /// Its version.
        version: Arc<str>,
        /// Its SHA-256.
        hash: String,
    },
    /// What was there could not be read.
    Repaired,
}

struct Prepared {
    pack: Pack,
    binding: Option<Binding>,
    result: ImportedPack,
}

/// Imports a package into `into`, a folder with one folder per contract.
///
/// Everything is read, compiled and bound in memory first; then the packs are
/// written into a temporary folder beside and moved in place.
///
/// # Errors
///
/// See [`ImportError`]; the packs in `into` are then as they were.
pub fn import(
    source: &ImportSource,
    into: &Path,
    options: ImportOptions<'_>,
) -> Result<Imported, ImportError> {
    let package = Package::read(source)?;
    let mut layout = Layout::new(&package);
    let reconstruction_named = |name: &str| {
        options
            .builtin
            .pack(name)
            .filter(|pack| pack.manifest.kind == PackKind::Reconstruction)
    };
    if let Some(wanted) = options.replaces
        && reconstruction_named(wanted).is_none()
    {
        return Err(ImportError::NoReconstruction {
            wanted: wanted.to_string(),
            near: near(options.builtin, wanted),
        });
    }
    let reconstruction_of =
        |contract: &str| reconstruction_named(options.replaces.unwrap_or(contract));
    let found = contracts(&package, &mut layout, |name| {
        reconstruction_of(name).map(|pack| &pack.manifest)
    })?;
    if let Some(wanted) = options.replaces
        && found.len() > 1
    {
        return Err(ImportError::ReplacesOne {
            wanted: wanted.to_string(),
            count: found.len(),
        });
    }
    let mut prepared = Vec::new();
    let mut used: Vec<Arc<str>> = Vec::new();
    for contract in &found {
        let closure = layout.closure(&contract.entries)?;
        used.extend(closure.files.keys().chain(&contract.wsdls).cloned());
        let reconstruction = reconstruction_of(&contract.name);
        prepared.push(prepare(
            &package,
            &layout,
            contract,
            closure,
            reconstruction,
            options,
        )?);
    }
    for one in &mut prepared {
        one.result.change = change(into, one);
    }
    write(into, &prepared)?;
    let unused = package
        .files
        .keys()
        .filter(|path| !used.contains(path))
        .map(ToString::to_string)
        .collect();
    Ok(Imported {
        packs: prepared.into_iter().map(|one| one.result).collect(),
        ignored: package.ignored,
        unused,
    })
}

fn prepare(
    package: &Package,
    layout: &Layout,
    contract: &Contract,
    closure: Closure,
    reconstruction: Option<&Arc<Pack>>,
    options: ImportOptions<'_>,
) -> Result<Prepared, ImportError> {
    let kept = Kept::of(package, contract, &closure);
    let files = SchemaFiles::new(kept.files.clone());
    let schema = XsdSchema::compile(&files, &kept.entries)
        .map_err(|refused| ImportError::Schema(kept.as_in_package(refused)))?;
    let structure = schema.structure();
    check_elements(contract, structure)?;
    let mut manifest = manifest(
        layout,
        contract,
        &kept,
        reconstruction.map(|pack| &pack.manifest),
    )?;
    manifest.rewritten = closure
        .rewritten
        .iter()
        .map(|rewritten| Rewritten {
            file: kept.path(&rewritten.file).into(),
            ..rewritten.clone()
        })
        .collect();
    let text = manifest.to_toml();
    let with_manifest = kept
        .files
        .into_iter()
        .chain([(stored::MANIFEST.to_string(), Arc::from(text.as_bytes()))]);
    let pack = Pack::new(manifest, "", SchemaFiles::new(with_manifest));
    let binding = reconstruction
        .map(|reconstruction| rebind(&pack, structure, reconstruction))
        .transpose()?;
    let manifest = &pack.manifest;
    let result = ImportedPack {
        contract: manifest.contract.clone(),
        version: manifest.version.clone(),
        hash: pack.hash().to_string(),
        messages: manifest.messages.len(),
        change: Change::New,
        replaces: reconstruction.map(|reconstruction| replaced(manifest, &reconstruction.manifest)),
        similar: match reconstruction {
            Some(_) => None,
            None => similar(options.builtin, manifest),
        },
        rewritten: manifest.rewritten.clone(),
        binding: binding.clone(),
    };
    Ok(Prepared {
        pack,
        binding,
        result,
    })
}

/// The files of a contract as they lie in its pack: without the folders that
/// all of them share in the package.
struct Kept {
    shared: String,
    files: BTreeMap<String, Arc<[u8]>>,
    entries: Vec<String>,
}

impl Kept {
    fn of(package: &Package, contract: &Contract, closure: &Closure) -> Self {
        let wsdls = contract
            .wsdls
            .iter()
            .filter_map(|path| package.files.get_key_value(path));
        let all: Vec<(&Arc<str>, &Arc<[u8]>)> = closure.files.iter().chain(wsdls).collect();
        let mut shared = all.first().map_or("", |(path, _)| folder(path));
        while !shared.is_empty()
            && !all.iter().all(|(path, _)| {
                path.strip_prefix(shared)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
        {
            shared = folder(shared);
        }
        let mut kept = Self {
            shared: shared.to_string(),
            files: BTreeMap::new(),
            entries: Vec::new(),
        };
        for (path, bytes) in all {
            kept.files.insert(kept.path(path), bytes.clone());
        }
        kept.entries = closure.entries.iter().map(|path| kept.path(path)).collect();
        kept
    }

    /// The path in the pack of a file of the package.
    fn path(&self, path: &str) -> String {
        let rest = path.strip_prefix(&*self.shared).unwrap_or(path);
        format!("{FILES}/{}", rest.trim_start_matches('/'))
    }

    /// A refusal with the file named as it is in the package. A schema taken
    /// from a WSDL has the WSDL's lines.
    fn as_in_package(&self, mut refused: SchemaRefused) -> SchemaRefused {
        if let Some(rest) = refused.file.strip_prefix(&format!("{FILES}/")) {
            let mut file = match &*self.shared {
                "" => rest.to_string(),
                shared => format!("{shared}/{rest}"),
            };
            if let Some((stem, number)) = file.rsplit_once(".types-")
                && number.ends_with(".xsd")
            {
                let generated = |path: &&String| {
                    path.rsplit_once('.')
                        .is_some_and(|(other, _)| is_wsdl(path) && self.path(stem) == other)
                };
                if let Some(wsdl) = self.files.keys().find(generated) {
                    let extension = wsdl.rsplit_once('.').map_or("", |(_, extension)| extension);
                    file = format!("{stem}.{extension}");
                }
            }
            refused.file = file;
        }
        refused
    }
}

/// Every element that the WSDL names must be declared.
fn check_elements(contract: &Contract, structure: &Structure) -> Result<(), ImportError> {
    if contract.declared.is_empty() {
        return Err(ImportError::NoMessages {
            at: Source {
                file: contract.file.clone(),
                at: None,
            },
        });
    }
    for declared in &contract.declared {
        let element = &declared.element;
        if structure.root(&element.namespace, &element.local).is_some() {
            continue;
        }
        let near = structure
            .roots()
            .find(|(_, local, _)| local.to_lowercase() == element.local.to_lowercase())
            .map(|(namespace, local, _)| (namespace.to_string(), local.to_string()));
        return Err(ImportError::MissingElement {
            at: declared.at.clone().unwrap_or_else(|| Source {
                file: contract.file.clone(),
                at: None,
            }),
            element: element.local.to_string(),
            namespace: element.namespace.to_string(),
            near: near.map(Box::new),
        });
    }
    Ok(())
}

fn manifest(
    layout: &Layout,
    contract: &Contract,
    kept: &Kept,
    reconstruction: Option<&Manifest>,
) -> Result<Manifest, ImportError> {
    // The namespace of the messages is that of the requests; answers of their
    // own namespace carry it themselves.
    let namespace = contract
        .declared
        .iter()
        .find(|declared| declared.part == Part::Request)
        .or(contract.declared.first())
        .map(|declared| declared.element.namespace.clone())
        .unwrap_or_default();
    let mut build = None;
    for entry in &contract.entries {
        let schema = layout.schema(entry)?;
        if schema.target_namespace == namespace {
            build = schema.version.clone();
        }
    }
    let family = reconstruction.map_or_else(
        || catalogue::family(&contract.name).into(),
        |known| known.family.clone(),
    );
    let messages = contract
        .declared
        .iter()
        .map(|declared| catalogue::message(declared, &family, &namespace, reconstruction))
        .collect();
    Ok(Manifest {
        contract: contract.name.clone(),
        kind: PackKind::Official,
        version: catalogue::version(
            &contract.name,
            contract.documentation.as_deref(),
            build.as_deref(),
        )
        .into(),
        valid_from: reconstruction.and_then(|known| known.valid_from),
        valid_until: reconstruction.and_then(|known| known.valid_until),
        schema_namespace: Some(namespace),
        contract_namespace: Some(contract.namespace.clone()),
        schemas: kept
            .entries
            .iter()
            .map(|path| path.as_str().into())
            .collect(),
        rules: Vec::new(),
        rules_of: reconstruction.map(|known| known.contract.clone()),
        wsdl: contract.wsdls.first().map(|path| kept.path(path).into()),
        order: 0,
        provenance: vec![Provenance {
            declaration: "*".into(),
            grade: Grade::Published,
            source: super::layout::file_name(&contract.file).into(),
        }],
        rewritten: Vec::new(),
        messages,
        family,
    })
}

/// Binds the rules of a reconstruction to an official pack.
pub(super) fn rebind(
    pack: &Pack,
    structure: &Structure,
    reconstruction: &Pack,
) -> Result<Binding, BindError> {
    let ours = XsdSchema::compile(reconstruction.files(), &reconstruction.entries())?;
    let known = &reconstruction.manifest;
    let element = |manifest: &Manifest, message: &super::manifest::Message| {
        let namespace = manifest.namespace_of(message).cloned().unwrap_or_default();
        (namespace, message.id().clone())
    };
    let mut lost: Vec<_> = known.messages.iter().collect();
    let messages: Vec<BoundMessage> = pack
        .manifest
        .messages
        .iter()
        .map(|message| {
            let counterpart = catalogue::counterpart_of(message, known);
            lost.retain(|other| counterpart.is_none_or(|found| found != *other));
            BoundMessage {
                official: element(&pack.manifest, message),
                reconstruction: counterpart.map(|found| element(known, found)),
            }
        })
        .collect();
    let lost: Vec<_> = lost
        .into_iter()
        .map(|message| element(known, message))
        .collect();
    let mut binding = bind(
        &rule_paths(reconstruction)?,
        structure,
        ours.structure(),
        &messages,
        &lost,
    );
    binding.rules = reconstruction.hash().to_string();
    binding.pack = pack.hash().to_string();
    Ok(binding)
}

/// The location paths of the rules that a pack holds.
fn rule_paths(pack: &Pack) -> Result<Vec<RulePaths>, BindError> {
    let mut paths = Vec::new();
    for set in pack.rule_sets() {
        paths.extend(set?.paths());
    }
    Ok(paths)
}

fn replaced(official: &Manifest, reconstruction: &Manifest) -> Replaced {
    let differs = official.schema_namespace != reconstruction.schema_namespace;
    let lost = reconstruction
        .messages
        .iter()
        .filter_map(|message| message.root.clone())
        .filter(|root| official.message(root).is_none())
        .collect();
    Replaced {
        contract: reconstruction.contract.clone(),
        other_namespace: reconstruction.schema_namespace.clone().filter(|_| differs),
        lost,
    }
}

/// The reconstruction that shares most message elements with a pack.
fn similar(builtin: &Store, official: &Manifest) -> Option<Arc<str>> {
    builtin
        .packs()
        .filter(|pack| pack.manifest.kind == PackKind::Reconstruction)
        .map(|pack| {
            let shared = official
                .messages
                .iter()
                .filter_map(|message| message.root.as_deref())
                .filter(|root| pack.manifest.message(root).is_some());
            (shared.count(), &pack.manifest.contract)
        })
        .filter(|(shared, _)| *shared > 0)
        .max_by_key(|(shared, _)| *shared)
        .map(|(_, contract)| contract.clone())
}

fn near(builtin: &Store, wanted: &str) -> Option<String> {
    let contracts = builtin.packs().map(|pack| &*pack.manifest.contract);
    nearest(wanted, contracts).map(str::to_string)
}

fn change(into: &Path, prepared: &Prepared) -> Change {
    let folder = into.join(&*prepared.result.contract);
    if !folder.exists() {
        return Change::New;
    }
    match stored::read(&folder) {
        Ok((before, _)) if before.hash() == prepared.result.hash => Change::Unchanged,
        Ok((before, _)) => Change::Replaced {
            version: before.manifest.version.clone(),
            hash: before.hash().to_string(),
        },
        Err(_) => Change::Repaired,
    }
}

/// Writes the packs beside and moves them in place; when a move fails, those
/// before it are moved back.
fn write(into: &Path, prepared: &[Prepared]) -> Result<(), ImportError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| ImportError::Write {
            path: path.clone(),
            kind: error.kind(),
        }
    };
    let to_write: Vec<&Prepared> = prepared
        .iter()
        .filter(|one| !is_as_stored(into, one))
        .collect();
    if to_write.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(into).map_err(failed(into))?;
    let beside = tempfile::Builder::new()
        .prefix(".import-")
        .tempdir_in(into)
        .map_err(failed(into))?;
    for one in &to_write {
        let folder = beside.path().join("new").join(&*one.result.contract);
        std::fs::create_dir_all(&folder)
            .and_then(|()| stored::write(&folder, &one.pack, one.binding.as_ref()))
            .map_err(failed(&folder))?;
    }
    let old = beside.path().join("old");
    std::fs::create_dir_all(&old).map_err(failed(&old))?;
    let mut moved: Vec<&str> = Vec::new();
    for one in &to_write {
        let contract: &str = &one.result.contract;
        let target = into.join(contract);
        let outcome = match std::fs::rename(&target, old.join(contract)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => std::fs::rename(beside.path().join("new").join(contract), &target),
        };
        moved.push(contract);
        if let Err(error) = outcome {
            for contract in moved {
                let target = into.join(contract);
                // What was there before goes back; what was not, goes away.
                if old.join(contract).exists() {
                    let _ = std::fs::rename(&target, beside.path().join(contract));
                    let _ = std::fs::rename(old.join(contract), &target);
                } else if !beside.path().join("new").join(contract).exists() {
                    let _ = std::fs::rename(&target, beside.path().join(contract));
                }
            }
            return Err(failed(&target)(error));
        }
    }
    Ok(())
}

fn is_as_stored(into: &Path, prepared: &Prepared) -> bool {
    prepared.result.change == Change::Unchanged
        && stored::read(&into.join(&*prepared.result.contract))
            .is_ok_and(|(_, binding)| binding == prepared.binding)
}
