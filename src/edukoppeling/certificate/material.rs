//! Certificates and revocation lists in files, as PEM or DER.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::limits::{MAX_MATERIAL_BYTES, MAX_MATERIAL_FILES};

/// A file or folder with certificates or revocation lists that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct MaterialError {
    /// The file or folder, as the user named it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: MaterialProblem,
}

/// What is wrong with a file or folder.
#[derive(Debug, thiserror::Error)]
pub enum MaterialProblem {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Larger than [`MAX_MATERIAL_BYTES`].
    #[error("it is larger than {MAX_MATERIAL_BYTES} bytes; name the file that is meant")]
    TooLarge,
    /// More files than [`MAX_MATERIAL_FILES`].
    #[error("the folder has more than {MAX_MATERIAL_FILES} files; name the files that are meant")]
    TooManyFiles,
    /// No certificate is in it.
    #[error("it holds no certificate, neither as PEM nor as DER")]
    NoCertificate,
    /// No revocation list is in it.
    #[error("it holds no revocation list, neither as PEM nor as DER")]
    NoList,
}

/// Reads every item that `items` finds in the files that `paths` name; of a
/// folder, in the files directly in it that `extensions` fit. Each path must
/// hold at least one, else `nothing` says what is wrong.
pub(super) fn read<T>(
    paths: &[PathBuf],
    extensions: &[&str],
    nothing: fn() -> MaterialProblem,
    items: impl Fn(&[u8]) -> Vec<T>,
) -> Result<Vec<T>, MaterialError> {
    let mut all = Vec::new();
    for path in paths {
        let before = all.len();
        let fail = |problem| MaterialError {
            path: path.clone(),
            problem,
        };
        for file in files(path, extensions).map_err(fail)? {
            all.extend(items(&content(&file).map_err(fail)?));
        }
        if all.len() == before {
            return Err(fail(nothing()));
        }
    }
    Ok(all)
}

fn files(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, MaterialProblem> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir()? {
        let file = entry?.path();
        let fits = file.extension().is_some_and(|found| {
            extensions
                .iter()
                .any(|extension| found.eq_ignore_ascii_case(extension))
        });
        if fits && file.is_file() {
            files.push(file);
        }
        if files.len() > MAX_MATERIAL_FILES {
            return Err(MaterialProblem::TooManyFiles);
        }
    }
    files.sort();
    Ok(files)
}

fn content(file: &Path) -> Result<Vec<u8>, MaterialProblem> {
    let mut bytes = Vec::new();
    File::open(file)?
        .take(MAX_MATERIAL_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_MATERIAL_BYTES {
        return Err(MaterialProblem::TooLarge);
    }
    Ok(bytes)
}

/// The items of a file in DER: those of its PEM sections, or the file itself.
pub(super) fn sections<T: rustls_pki_types::pem::PemObject + AsRef<[u8]>>(
    bytes: &[u8],
) -> Vec<Vec<u8>> {
    let is_pem = bytes
        .windows(b"-----BEGIN".len())
        .any(|window| window == b"-----BEGIN");
    if is_pem {
        // Sections of other kinds, private keys among them, are not looked at.
        T::pem_slice_iter(bytes)
            .filter_map(Result::ok)
            .map(|item| item.as_ref().to_vec())
            .collect()
    } else {
        vec![bytes.to_vec()]
    }
}
