//! Imported packs on disk: one folder per contract.

use std::path::Path;
use std::sync::Arc;

use super::bind::Binding;
use super::manifest::{Manifest, ManifestError};
use super::package::read_bounded;
use super::store::Pack;
use crate::limits;
use crate::schema::xsd::SchemaFiles;

/// The manifest within a pack's folder.
pub(super) const MANIFEST: &str = "pack.toml";
/// The binding within a pack's folder: made from the pack and from our rules,
/// so no part of the pack.
pub(super) const BINDING: &str = "binding.toml";

/// Why an imported pack cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// A file that cannot be read.
    #[error("{path}: cannot be read ({kind})")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// The manifest is wrong.
    #[error("{folder}/{error}")]
    Manifest {
        /// The pack's folder.
        folder: String,
        /// What is wrong.
        error: ManifestError,
    },
    /// The folder holds more than a pack.
    #[error("{folder}: more files or larger ones than a pack has")]
    TooLarge {
        /// The pack's folder.
        folder: String,
    },
    /// The folder has the name of another contract.
    #[error("{folder}: holds contract {contract}")]
    OtherContract {
        /// The pack's folder.
        folder: String,
        /// The contract in its manifest.
        contract: String,
    },
}

/// Reads a pack's folder. Symbolic links are not followed.
///
/// # Errors
///
/// What cannot be read, is no manifest, or is more than a pack.
pub(super) fn read(folder: &Path) -> Result<(Pack, Option<Binding>), StoredError> {
    let shown = || folder.display().to_string();
    let mut files: Vec<(String, Arc<[u8]>)> = Vec::new();
    let mut total = 0;
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| StoredError::Io {
            path: error.path().unwrap_or(folder).display().to_string(),
            kind: error
                .io_error()
                .map_or(std::io::ErrorKind::Other, std::io::Error::kind),
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let bytes = read_bounded(entry.path()).map_err(|error| StoredError::Io {
            path: entry.path().display().to_string(),
            kind: error.kind(),
        })?;
        total += bytes.len() as u64;
        // WSDLs, generated schemas, manifest and binding come on top of what
        // import counted.
        if bytes.len() > limits::MAX_PACK_FILE_BYTES
            || total > 2 * limits::MAX_PACKAGE_BYTES
            || files.len() > 2 * limits::MAX_PACK_FILES
        {
            return Err(StoredError::TooLarge { folder: shown() });
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        files.push((relative.to_string_lossy().replace('\\', "/"), bytes.into()));
    }
    // A binding that cannot be read is made anew, as one that is out of date.
    let binding = files
        .iter()
        .position(|(path, _)| path == BINDING)
        .map(|at| files.remove(at))
        .and_then(|(_, bytes)| toml::from_str(std::str::from_utf8(&bytes).ok()?).ok());
    let manifest = files
        .iter()
        .find(|(path, _)| path == MANIFEST)
        .ok_or_else(|| StoredError::Io {
            path: folder.join(MANIFEST).display().to_string(),
            kind: std::io::ErrorKind::NotFound,
        })?;
    let text = String::from_utf8_lossy(&manifest.1);
    let manifest = Manifest::parse(MANIFEST, &text).map_err(|error| StoredError::Manifest {
        folder: shown(),
        error,
    })?;
    if folder.file_name().map(|name| name.to_string_lossy()) != Some((&*manifest.contract).into()) {
        return Err(StoredError::OtherContract {
            folder: shown(),
            contract: manifest.contract.to_string(),
        });
    }
    Ok((Pack::new(manifest, "", SchemaFiles::new(files)), binding))
}

/// Writes a pack's files into a new folder.
pub(super) fn write(folder: &Path, pack: &Pack, binding: Option<&Binding>) -> std::io::Result<()> {
    for (path, bytes) in pack.files().iter() {
        let file = folder.join(path);
        if let Some(above) = file.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::write(file, bytes)?;
    }
    if let Some(binding) = binding {
        std::fs::write(folder.join(BINDING), binding_text(binding))?;
    }
    Ok(())
}

/// The binding as it stands in its file.
pub(super) fn binding_text(binding: &Binding) -> String {
    // Strings, a number and lists of tables, all of which TOML can write.
    toml::to_string(binding).expect("a binding can be written as TOML")
}
