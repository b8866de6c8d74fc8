//! Zip archives: every file in them is an input.
//!
//! The central directory is walked entry by entry, so that an archive of a
//! million messages takes no more memory than one of ten, and entries that
//! share a name are all seen. Names of entries are shown, never used as paths.

use std::io::{Read, Seek};

use self_cell::{MutBorrow, self_cell};
use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::{ZipIterable, ZipIterableFiles};

use super::error::InputError;
use super::kind::{ContentKind, PEEK_BYTES};
use super::open::{Input, Inputs, Origin, kind_by_content_and_name, one, open_bytes, shown};
use crate::limits::{
    MAX_ARCHIVE_BYTES, MAX_ARCHIVE_ENTRIES, MAX_COMPRESSION_RATIO, MAX_MESSAGE_BYTES,
    MIN_BOMB_BYTES,
};

/// Where the bytes of an archive come from.
pub(super) trait Source: Read + Seek + Send {}

impl<S: Read + Seek + Send> Source for S {}

type Reader = Box<dyn Source>;
type Entries<'a> = &'a mut ZipIterableFiles<Reader>;

self_cell!(
    /// An archive with the pass over it under way.
    struct Pass {
        owner: MutBorrow<ZipIterable<Reader>>,
        #[not_covariant]
        dependent: Entries,
    }
);

/// The inputs of an archive, called `name!entry`.
pub(super) fn entries(name: &str, source: Reader) -> Inputs {
    match pass(source) {
        Ok(pass) => Box::new(Archive {
            name: name.to_string(),
            pass: Some(pass),
            unpacked: 0,
            current: None,
        }),
        Err(error) => one(name, Err(error)),
    }
}

fn pass(source: Reader) -> Result<Pass, InputError> {
    let archive =
        ZipIterable::try_new(source, Config::default()).map_err(|error| refusal(&error))?;
    if archive.is_empty() {
        return Err(InputError::EmptyArchive);
    }
    if archive.len() > MAX_ARCHIVE_ENTRIES {
        return Err(InputError::TooManyEntries);
    }
    Pass::try_new(MutBorrow::new(archive), |archive| {
        archive.borrow_mut().files()
    })
    .map_err(|error| refusal(&error))
}

struct Archive {
    name: String,
    /// `None` once nothing more may be read.
    pass: Option<Pass>,
    /// Bytes unpacked so far.
    unpacked: u64,
    /// The messages of a capture that was an entry.
    current: Option<Inputs>,
}

impl Iterator for Archive {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.current.as_mut().and_then(Iterator::next) {
                return Some(input);
            }
            self.current = Some(self.open_next()?);
        }
    }
}

impl Archive {
    /// The inputs of the next entry that is a file.
    fn open_next(&mut self) -> Option<Inputs> {
        let archive = &self.name;
        let mut unpacked = self.unpacked;
        let opened = self.pass.as_mut()?.with_dependent_mut(|_, entries| {
            let entry = loop {
                match entries.next()? {
                    Ok(entry) if entry.is_dir() => {}
                    Ok(entry) => break entry,
                    Err(error) => return Some(one(archive, Err(refusal(&error)))),
                }
            };
            let name = match entry.name() {
                Ok(name) => shown(&name),
                Err(_) => shown(&String::from_utf8_lossy(entry.name_raw())),
            };
            let full_name = format!("{archive}!{name}");
            Some(
                match read(entry, entries.reader_mut(), &name, &mut unpacked) {
                    Ok(bytes) => open_bytes(&full_name, bytes, Origin::Archive),
                    Err(error) => one(&full_name, Err(error)),
                },
            )
        });
        self.unpacked = unpacked;
        if opened.is_none() {
            self.pass = None;
        } else if self.unpacked > MAX_ARCHIVE_BYTES {
            self.pass = None;
            return Some(one(&self.name, Err(InputError::ArchiveTooLarge)));
        }
        opened
    }
}

/// Unpacks an entry within the limits and adds its bytes to `unpacked`. Of an
/// entry that is no message only the beginning is read.
fn read(
    entry: ZipFileEntry<'_>,
    reader: &mut Reader,
    name: &str,
    unpacked: &mut u64,
) -> Result<Vec<u8>, InputError> {
    if entry.encrypted() {
        return Err(InputError::Encrypted);
    }
    if !entry.is_file() {
        return Err(InputError::NotAFile);
    }
    let packed = entry.compressed_size().max(1);
    let mut file = entry
        .with_reader(reader, ZipReadOptions::new())
        .map_err(|error| refusal(&error))?;
    let mut bytes = Vec::new();
    let mut portion = PEEK_BYTES as u64;
    loop {
        let got = file
            .by_ref()
            .take(portion)
            .read_to_end(&mut bytes)
            .map_err(|_| InputError::BrokenArchive)?;
        *unpacked += got as u64;
        let size = bytes.len() as u64;
        if size > MIN_BOMB_BYTES && size / packed > MAX_COMPRESSION_RATIO {
            return Err(InputError::ArchiveBomb);
        }
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(InputError::TooLarge);
        }
        if (got as u64) < portion {
            return Ok(bytes);
        }
        let kind = kind_by_content_and_name(&bytes, name);
        if matches!(kind, ContentKind::Other | ContentKind::Zip) && !bytes.trim_ascii().is_empty() {
            return Ok(bytes);
        }
        portion = 256 * 1024;
    }
}

/// What an error of the zip reader is to us. Its words stay behind: they may
/// hold names.
fn refusal(error: &ZipError) -> InputError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            InputError::Encrypted
        }
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            InputError::Compression
        }
        _ => InputError::BrokenArchive,
    }
}
