//! Where evidence lies: in a folder, or in one archive as `runs pack` makes it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zip::ZipArchive;
use zip::read::Config;
use zip::unstable::read::ZipIterable;

use super::read::ReadError;
use super::sealed::is_sealed;
use crate::limits::{
    MAX_ARCHIVE_BYTES, MAX_COMPRESSION_RATIO, MAX_EVIDENCE_FILE_BYTES, MAX_EVIDENCE_FILES,
    MIN_BOMB_BYTES,
};

/// Files by their path with slashes.
#[derive(Debug)]
pub(super) enum Store {
    Folder(PathBuf),
    /// Nothing of it is unpacked to disk: it holds the originals.
    Archive(Mutex<ZipArchive<File>>),
}

impl Store {
    /// What lies at `path`.
    ///
    /// # Errors
    ///
    /// Nothing is there; a file that is no archive, or one that no run makes.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        if !path.exists() {
            Err(ReadError::NotFound)
        } else if path.is_file() {
            archive(path).map(|archive| Self::Archive(Mutex::new(archive)))
        } else {
            Ok(Self::Folder(path.to_path_buf()))
        }
    }

    /// The content of a file; `None` when it is not there, no plain file, or
    /// larger than a file of evidence may be.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(root) => {
                let path = below(root, name);
                let found = fs::symlink_metadata(&path).ok()?;
                if !found.is_file() || found.len() > MAX_EVIDENCE_FILE_BYTES {
                    return None;
                }
                fs::read(path).ok()
            }
            Self::Archive(archive) => {
                let mut archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
                let file = archive.by_name(name).ok()?;
                let size = file.size();
                let bomb = size > MIN_BOMB_BYTES
                    && size / file.compressed_size().max(1) > MAX_COMPRESSION_RATIO;
                if bomb || size > MAX_EVIDENCE_FILE_BYTES || !file.is_file() {
                    return None;
                }
                // The size that the archive declares is not believed.
                let mut content = Vec::new();
                file.take(size + 1).read_to_end(&mut content).ok()?;
                (content.len() as u64 == size).then_some(content)
            }
        }
    }

    /// Whether something of that name is there.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(root) => below(root, name).symlink_metadata().is_ok(),
            Self::Archive(archive) => {
                let archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
                archive.index_for_name(name).is_some()
            }
        }
    }

    /// Everything that is there and no folder, in order.
    ///
    /// # Errors
    ///
    /// The folder cannot be walked.
    pub fn names(&self) -> Result<Vec<String>, ReadError> {
        let mut names = Vec::new();
        match self {
            Self::Folder(root) => {
                for entry in walkdir::WalkDir::new(root).min_depth(1) {
                    let entry = entry.map_err(|_| ReadError::Unreadable(String::new()))?;
                    if !entry.file_type().is_dir() {
                        let name = entry.path().strip_prefix(root);
                        let name = name.unwrap_or_else(|_| entry.path());
                        let parts: Vec<_> =
                            name.iter().map(|part| part.to_string_lossy()).collect();
                        names.push(parts.join("/"));
                    }
                }
            }
            Self::Archive(archive) => {
                let archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
                for name in archive.file_names() {
                    let name = name.map_err(|_| ReadError::Archive)?.into_owned();
                    if !name.ends_with('/') {
                        names.push(name);
                    }
                }
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Whether a file begins as an archive does.
pub fn is_archive(path: &Path) -> bool {
    let mut beginning = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == *b"PK\x03\x04"
}

/// An archive within the limits: not more files and bytes than evidence may
/// have, and no two files of one name, of which each reader sees another.
fn archive(path: &Path) -> Result<ZipArchive<File>, ReadError> {
    let broken = || ReadError::Archive;
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(|_| broken())?;
    file.take(64)
        .read_to_end(&mut beginning)
        .map_err(|_| broken())?;
    if is_sealed(&beginning) {
        return Err(ReadError::Sealed);
    }
    // How many files it says to have is seen before they are read.
    let file = File::open(path).map_err(|_| broken())?;
    let files = ZipIterable::try_new(file, Config::default()).map_err(|_| broken())?;
    if files.len() > MAX_EVIDENCE_FILES {
        return Err(ReadError::TooLarge);
    }
    let file = File::open(path).map_err(|_| broken())?;
    let mut archive = ZipArchive::new(file).map_err(|_| broken())?;
    if archive.has_duplicate_names() || archive.has_overlapping_entries().unwrap_or(true) {
        return Err(broken());
    }
    match archive.decompressed_size() {
        Some(size) if size <= u128::from(MAX_ARCHIVE_BYTES) => Ok(archive),
        _ => Err(ReadError::TooLarge),
    }
}

fn below(root: &Path, name: &str) -> PathBuf {
    name.split('/')
        .fold(root.to_path_buf(), |path, part| path.join(part))
}
