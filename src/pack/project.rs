//! A project's own packs: `.ketenkeur/packs` and `.ketenkeur/packs.lock`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::import::{ImportOptions, Imported, import, rebind};
use super::import_error::{BindError, ImportError};
use super::lock::{Lock, LockError};
use super::package::ImportSource;
use super::store::Store;
use super::stored::{self, StoredError};
use crate::event::PackKind;
use crate::schema::xsd::{SchemaRefused, XsdSchema};

/// Folder of a project that holds what is ours.
const FOLDER: &str = ".ketenkeur";

/// Where a project keeps its packs and its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// Why a project's packs cannot be used or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// An imported pack cannot be read.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// The schema of an imported pack no longer compiles.
    #[error("{contract}: {refused}")]
    Schema {
        /// The contract.
        contract: String,
        /// What is wrong.
        refused: SchemaRefused,
    },
    /// An imported pack has the rules of a reconstruction that this version of
    /// the product does not have.
    #[error("{contract}: there is no reconstruction {rules_of} to take the rules from")]
    NoReconstruction {
        /// The contract.
        contract: String,
        /// The reconstruction.
        rules_of: String,
    },
    /// Our own rules cannot be bound to an imported pack.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A package is not imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The lock cannot be read, written or kept.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Project {
    /// The project in a folder, whether or not it has packs yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The nearest folder, from `from` upward, that holds `.ketenkeur`.
    pub fn find(from: &Path) -> Option<Self> {
        from.ancestors()
            .find(|folder| folder.join(FOLDER).is_dir())
            .map(Self::at)
    }

    /// The folder of the project.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of its imported packs.
    pub fn packs_folder(&self) -> PathBuf {
        self.root.join(FOLDER).join("packs")
    }

    /// Its lock file.
    pub fn lock_file(&self) -> PathBuf {
        self.root.join(FOLDER).join("packs.lock")
    }

    /// Imports a package into the project and locks what is in force then.
    /// `user_packs` is the per-user folder, where the user asked for it.
    ///
    /// # Errors
    ///
    /// What keeps the package from being imported; packs and lock are then as
    /// they were. When another imported pack cannot be read, the import stands
    /// and the lock is as it was.
    pub fn import(
        &self,
        source: &ImportSource,
        options: ImportOptions<'_>,
        user_packs: Option<&Path>,
    ) -> Result<Imported, ProjectError> {
        let imported = import(source, &self.packs_folder(), options)?;
        let store = in_force(Some(self), user_packs)?;
        self.lock(&store)?;
        Ok(imported)
    }

    /// Takes an imported pack away again, so that ours of that contract judges,
    /// and locks what is in force then. Whether there was such a pack.
    ///
    /// # Errors
    ///
    /// When its folder cannot be removed, or what is left cannot be locked.
    pub fn remove(&self, contract: &str, user_packs: Option<&Path>) -> Result<bool, ProjectError> {
        // A name out of the folder's own listing leads nowhere else.
        if !self.imported()?.iter().any(|name| name == contract) {
            return Ok(false);
        }
        let folder = self.packs_folder().join(contract);
        std::fs::remove_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
        let store = in_force(Some(self), user_packs)?;
        self.lock(&store)?;
        Ok(true)
    }

    /// The contracts whose packs the project imported, in order.
    ///
    /// # Errors
    ///
    /// When the folder of packs cannot be read.
    pub fn imported(&self) -> Result<Vec<String>, ProjectError> {
        let folders = folders_in(&self.packs_folder())?;
        let names = folders.iter().filter_map(|folder| folder.file_name());
        Ok(names.map(|name| name.to_string_lossy().into()).collect())
    }

    /// Writes the lock of the packs in force.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be written.
    pub fn lock(&self, store: &Store) -> Result<(), ProjectError> {
        Lock::of(store).write(&self.lock_file())?;
        Ok(())
    }

    /// Whether the packs in force are exactly those of the project's lock.
    ///
    /// # Errors
    ///
    /// A lock that is not there, or packs that differ from it, by name.
    pub fn verify_lock(&self, store: &Store) -> Result<(), LockError> {
        Lock::read(&self.lock_file())?.verify(store)
    }
}

/// The packs in force: those of the product, over them those of the user where
/// asked for, over them those of the project.
///
/// # Errors
///
/// An imported pack that cannot be read or no longer fits the product.
pub fn in_force(
    project: Option<&Project>,
    user_packs: Option<&Path>,
) -> Result<Store, ProjectError> {
    let builtin = Store::builtin();
    let mut store = builtin.clone();
    let of_project = project.map(Project::packs_folder);
    for folder in user_packs.into_iter().chain(of_project.as_deref()) {
        load(folder, &builtin, &mut store)?;
    }
    Ok(store)
}

/// Folder of the packs that a user keeps for all projects, `None` when the
/// system does not say where. `environment` gives a variable's value.
pub fn user_packs_folder(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        environment(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let data = if cfg!(windows) {
        folder("APPDATA")
    } else {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local").join("share")))
    };
    Some(data?.join("ketenkeur").join("packs"))
}

/// What a folder that cannot be read or changed is told as.
fn unreadable(folder: &Path, error: &std::io::Error) -> StoredError {
    StoredError::Io {
        path: folder.display().to_string(),
        kind: error.kind(),
    }
}

/// The folders of the packs in `folder`, in order; none where it is not there.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, StoredError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(folder, &error))?;
        // An interrupted import leaves a folder that begins with a dot.
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && kind.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn load(folder: &Path, builtin: &Store, store: &mut Store) -> Result<(), ProjectError> {
    for folder in folders_in(folder)? {
        let (mut pack, binding) = stored::read(&folder)?;
        if let Some(rules_of) = pack.manifest.rules_of.clone() {
            let reconstruction = builtin
                .pack(&rules_of)
                .filter(|pack| pack.manifest.kind == PackKind::Reconstruction)
                .ok_or_else(|| ProjectError::NoReconstruction {
                    contract: pack.manifest.contract.to_string(),
                    rules_of: rules_of.to_string(),
                })?;
            let current = binding.filter(|binding| {
                binding.rules == reconstruction.hash() && binding.pack == pack.hash()
            });
            // Bound to other rules, as after an update of the product: once
            // more, so that no rule is silent.
            let binding = match current {
                Some(binding) => binding,
                None => {
                    let schema =
                        XsdSchema::compile(pack.files(), &pack.entries()).map_err(|refused| {
                            ProjectError::Schema {
                                contract: pack.manifest.contract.to_string(),
                                refused,
                            }
                        })?;
                    rebind(&pack, schema.structure(), reconstruction)?
                }
            };
            pack = pack.replacing(Arc::clone(reconstruction), binding);
        }
        store.put(Arc::new(pack));
    }
    Ok(())
}
