//! An official package as a supplier receives it: a folder or a zip archive
//! with WSDL and XSD files in any layout.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::document::{Document, GateError, Gated};
use crate::finding::Position;
use crate::limits;

/// Where a package comes from.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// A folder.
    Folder(PathBuf),
    /// The bytes of a zip archive.
    Zip(Vec<u8>),
}

/// A place in a file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, as a path within the package.
    pub file: Arc<str>,
    /// Line and column, when known.
    pub at: Option<Position>,
}

/// A file of a package that cannot be read as XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct Unreadable {
    /// Where it goes wrong.
    pub at: Source,
    /// What is wrong.
    pub reason: UnreadableReason,
}

/// What keeps a file from being read as XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReason {
    /// The gate refused it.
    #[error("refused before reading: {0:?}")]
    Gate(GateError),
    /// It is not well-formed; the reason is a key of the texts.
    #[error("not well-formed XML ({0})")]
    NotWellFormed(&'static str),
}

/// Why a package cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// A file or folder that cannot be read.
    #[error("{path}: cannot be read ({kind})")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// Neither a folder nor a zip archive.
    #[error("{path}: neither a folder nor a zip archive")]
    NotAPackage {
        /// What was named.
        path: String,
    },
    /// A zip archive that is damaged or uses what we do not read.
    #[error("the zip archive is damaged or of an unknown kind")]
    BrokenZip,
    /// An entry that needs a password.
    #[error("{entry}: needs a password")]
    Encrypted {
        /// The entry.
        entry: String,
    },
    /// An entry that would end up outside the folder it is unpacked in.
    #[error("{entry}: leads outside the package")]
    Outside {
        /// The entry, as it is written.
        entry: String,
    },
    /// Two entries of one name.
    #[error("{entry}: is in the archive twice")]
    Twice {
        /// The entry.
        entry: String,
    },
    /// An entry that unpacks to far more than it is.
    #[error(
        "{entry}: unpacks to more than {} times its size",
        limits::MAX_COMPRESSION_RATIO
    )]
    Bomb {
        /// The entry.
        entry: String,
    },
    /// A file larger than [`limits::MAX_PACK_FILE_BYTES`].
    #[error("{file}: larger than {} bytes", limits::MAX_PACK_FILE_BYTES)]
    FileTooLarge {
        /// The file.
        file: String,
    },
    /// More than [`limits::MAX_PACKAGE_BYTES`] in all.
    #[error("the package is larger than {} bytes", limits::MAX_PACKAGE_BYTES)]
    TooLarge,
    /// More files than a package has.
    #[error("the package has too many files")]
    TooManyFiles,
}

/// The files of a package.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// WSDL and XSD files by their path within the package, with slashes.
    pub files: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// Files that are no schema, symbolic links, folders beginning with a dot.
    pub ignored: Vec<String>,
}

impl ImportSource {
    /// What the user named: a folder, or a file that is a zip archive.
    ///
    /// # Errors
    ///
    /// A path that cannot be read, a file that is no zip archive or too large.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        let shown = path.display().to_string();
        let metadata = std::fs::metadata(path).map_err(|error| io(path, &error))?;
        if metadata.is_dir() {
            return Ok(Self::Folder(path.to_path_buf()));
        }
        if !metadata.is_file() {
            return Err(PackageError::NotAPackage { path: shown });
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| {
                file.take(limits::MAX_PACKAGE_BYTES + 1)
                    .read_to_end(&mut bytes)
            })
            .map_err(|error| io(path, &error))?;
        // Local file header, or the end record of an archive without entries.
        if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(b"PK\x05\x06") {
            return Err(PackageError::NotAPackage { path: shown });
        }
        if bytes.len() as u64 > limits::MAX_PACKAGE_BYTES {
            return Err(PackageError::TooLarge);
        }
        Ok(Self::Zip(bytes))
    }
}

/// The bytes of a file, one more than a pack's file may have at most: who
/// takes them in sees by their number that there are too many.
pub(super) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(limits::MAX_PACK_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Package {
    /// Reads the schema files of a package; nothing else is unpacked.
    ///
    /// # Errors
    ///
    /// What is too much, cannot be read, or would lead outside the package.
    pub fn read(source: &ImportSource) -> Result<Self, PackageError> {
        match source {
            ImportSource::Folder(folder) => Self::folder(folder),
            ImportSource::Zip(bytes) => Self::zip(bytes),
        }
    }

    fn folder(folder: &Path) -> Result<Self, PackageError> {
        let mut package = Self::default();
        let mut total = 0;
        let entries = walkdir::WalkDir::new(folder)
            .max_depth(limits::MAX_DEPTH)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
        for (count, entry) in entries.enumerate() {
            if count > limits::MAX_PACKAGE_ENTRIES {
                return Err(PackageError::TooManyFiles);
            }
            let entry = entry.map_err(|error| PackageError::Io {
                path: error.path().unwrap_or(folder).display().to_string(),
                kind: error
                    .io_error()
                    .map_or(std::io::ErrorKind::Other, std::io::Error::kind),
            })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let name = relative.to_string_lossy().replace('\\', "/");
            if !entry.file_type().is_file() || !is_schema_file(&name) {
                package.ignored.push(name);
                continue;
            }
            let bytes = read_bounded(entry.path()).map_err(|error| io(entry.path(), &error))?;
            package.put(name, bytes, &mut total)?;
        }
        Ok(package)
    }

    fn zip(bytes: &[u8]) -> Result<Self, PackageError> {
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|_| PackageError::BrokenZip)?;
        if archive.len() > limits::MAX_PACKAGE_ENTRIES {
            return Err(PackageError::TooManyFiles);
        }
        let mut package = Self::default();
        let mut total = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|error| match error {
                ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
                    PackageError::Encrypted {
                        entry: format!("#{}", index + 1),
                    }
                }
                _ => PackageError::BrokenZip,
            })?;
            let written = entry
                .name()
                .map_err(|_| PackageError::BrokenZip)?
                .into_owned();
            let name = safe_name(&written).ok_or(PackageError::Outside { entry: written })?;
            if entry.is_dir() || name.is_empty() {
                continue;
            }
            let hidden = name
                .split('/')
                .any(|step| is_hidden(step.as_ref()) || step == "__MACOSX");
            if hidden || entry.is_symlink() || !is_schema_file(&name) {
                package.ignored.push(name);
                continue;
            }
            // What the archive says of sizes may be a lie, so the bytes that
            // come out are counted.
            let packed = entry.compressed_size().max(1);
            let most = (limits::MAX_PACK_FILE_BYTES as u64)
                .min(packed.saturating_mul(limits::MAX_COMPRESSION_RATIO));
            let mut unpacked = Vec::new();
            entry
                .take(most + 1)
                .read_to_end(&mut unpacked)
                .map_err(|_| PackageError::BrokenZip)?;
            if unpacked.len() as u64 > most && most < limits::MAX_PACK_FILE_BYTES as u64 {
                return Err(PackageError::Bomb { entry: name });
            }
            package.put(name, unpacked, &mut total)?;
        }
        Ok(package)
    }

    fn put(&mut self, name: String, bytes: Vec<u8>, total: &mut u64) -> Result<(), PackageError> {
        if bytes.len() > limits::MAX_PACK_FILE_BYTES {
            return Err(PackageError::FileTooLarge { file: name });
        }
        *total += bytes.len() as u64;
        if *total > limits::MAX_PACKAGE_BYTES {
            return Err(PackageError::TooLarge);
        }
        if self.files.len() >= limits::MAX_PACK_FILES {
            return Err(PackageError::TooManyFiles);
        }
        if self
            .files
            .insert(name.as_str().into(), bytes.into())
            .is_some()
        {
            return Err(PackageError::Twice { entry: name });
        }
        Ok(())
    }
}

impl Source {
    /// The place of a byte offset in a document.
    pub fn of(file: &Arc<str>, document: &Document, offset: usize) -> Self {
        Self {
            file: file.clone(),
            at: Some(document.position(offset)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}:{}:{}", self.file, at.line, at.column),
            None => f.write_str(&self.file),
        }
    }
}

/// Reads a file of a package behind the gate.
///
/// # Errors
///
/// Bytes that the gate refuses, XML that is not well-formed.
pub fn read_xml(file: &str, bytes: &[u8]) -> Result<Document, Unreadable> {
    let unreadable = |at, reason| Unreadable {
        at: Source {
            file: file.into(),
            at,
        },
        reason,
    };
    let gated = Gated::xml(bytes).map_err(|error| {
        let at = offset_of(&error).map(|offset| position_in(bytes, offset));
        unreadable(at, UnreadableReason::Gate(error))
    })?;
    Document::from_xml(gated).map_err(|error| {
        unreadable(
            Some(error.at),
            UnreadableReason::NotWellFormed(error.reason),
        )
    })
}

fn offset_of(error: &GateError) -> Option<usize> {
    match error {
        GateError::Empty | GateError::TooLarge { .. } | GateError::Utf16 => None,
        GateError::DeclaredEncoding { span } => Some(span.start),
        GateError::NotUtf8 { at }
        | GateError::Binary { at }
        | GateError::Doctype { at }
        | GateError::TooDeep { at }
        | GateError::TooManyAttributes { at }
        | GateError::TooManyNamespaces { at }
        | GateError::TooManyElements { at } => Some(*at),
    }
}

/// Line and column of an offset in bytes that may not be text.
fn position_in(bytes: &[u8], offset: usize) -> Position {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    Position {
        line: before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1,
        column: String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count() as u32
            + 1,
    }
}

/// The name of a zip entry as a path below the package, `None` when it leads
/// outside. Archives made on Windows may separate folders by backslashes.
fn safe_name(written: &str) -> Option<String> {
    let name = written.replace('\\', "/");
    let drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || drive || name.chars().any(char::is_control) {
        return None;
    }
    let mut steps = Vec::new();
    for step in name.split('/') {
        match step {
            "" | "." => {}
            ".." => return None,
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}

fn is_schema_file(name: &str) -> bool {
    is_wsdl(name) || extension(name).eq_ignore_ascii_case("xsd")
}

/// Whether a file is a WSDL by its name.
pub(super) fn is_wsdl(name: &str) -> bool {
    extension(name).eq_ignore_ascii_case("wsdl")
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// A value as it may stand between double quotes.
pub(super) fn escape(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn io(path: &Path, error: &std::io::Error) -> PackageError {
    PackageError::Io {
        path: path.display().to_string(),
        kind: error.kind(),
    }
}
