//! Evidence in one archive, as it is handed on.

use std::io::{self, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::folder::{MANIFEST, SIGNATURE, SIGNER};
use super::part::CopyError;
use super::read::{Evidence, ReadError};

/// Writes all files of `evidence`, the manifest and its signature included,
/// into an archive: the same evidence gives the same bytes.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn pack<W: Write + Seek>(evidence: &Evidence, out: W) -> Result<W, CopyError> {
    let failed = |error: io::Error| CopyError::Write(error.into());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let mut archive = ZipWriter::new(out);
    let files = evidence.manifest().files.keys().map(String::as_str);
    for name in [MANIFEST, SIGNATURE, SIGNER].into_iter().chain(files) {
        let Some(content) = evidence.raw(name) else {
            if matches!(name, SIGNATURE | SIGNER) {
                continue;
            }
            return Err(ReadError::Unreadable(name.to_string()).into());
        };
        archive
            .start_file(name, options)
            .map_err(|error| failed(error.into()))?;
        archive.write_all(&content).map_err(failed)?;
    }
    archive.finish().map_err(|error| failed(error.into()))
}
