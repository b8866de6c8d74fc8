//! The folder that a run is kept in: files for their owner only, and a
//! manifest with the hash of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::edukoppeling::SigningKey;
use crate::limits::MAX_EVIDENCE_FILES;

/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";
/// The signature over the manifest, by RSA with SHA-256, as it comes out of the
/// operation.
pub const SIGNATURE: &str = "manifest.sig";
/// The certificate of the key that signed, in PEM.
pub const SIGNER: &str = "manifest.pem";

/// What a folder of evidence holds, with the hash of every file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `ketenkeur-run`.
    pub evidence: String,
    /// The version of the layout.
    pub version: u32,
    /// Whether the folder holds the originals or the masked view of them.
    pub masked: bool,
    /// SHA-256 in hexadecimal, by path with slashes.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// The version of the layout. Raised when a reader of older evidence would
    /// misunderstand newer.
    pub const VERSION: u32 = 1;

    pub(super) fn new(masked: bool, files: BTreeMap<String, String>) -> Self {
        Self {
            evidence: "ketenkeur-run".to_string(),
            version: Self::VERSION,
            masked,
            files,
        }
    }
}

/// Why evidence cannot be written: the path is wrong or the disk full, which is
/// the user's to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The folder holds something already.
    #[error("the folder is not empty")]
    NotEmpty,
    /// A run has more files than evidence may have.
    #[error("there are more files than a run may keep")]
    TooMany,
    /// The system refuses.
    #[error("a file of the evidence cannot be written")]
    Io(io::ErrorKind),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// A folder that evidence is written to. Used from several threads at a time.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    hashes: Mutex<BTreeMap<String, String>>,
    /// The folders below it that were made.
    made: Mutex<BTreeSet<PathBuf>>,
}

impl Folder {
    /// Makes the folder. One that is there must be empty: evidence of two runs
    /// does not mix.
    ///
    /// # Errors
    ///
    /// The folder holds something, or cannot be made.
    pub fn create(root: &Path) -> Result<Self, WriteError> {
        let inner = || -> io::Result<bool> {
            fs::create_dir_all(root)?;
            own(root)?;
            Ok(fs::read_dir(root)?.next().is_none())
        };
        if !inner()? {
            return Err(WriteError::NotEmpty);
        }
        Ok(Self {
            root: root.to_path_buf(),
            hashes: Mutex::default(),
            made: Mutex::default(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Writes a whole file; `name` is its path with slashes.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), WriteError> {
        let mut file = self.open(name)?;
        file.write(content)?;
        file.close()
    }

    /// Writes a file whose name tells its content, unless it is there.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write_once(&self, name: &str, content: &[u8]) -> Result<(), WriteError> {
        if self.lock().contains_key(name) {
            return Ok(());
        }
        match self.write(name, content) {
            // Another thread was first; what it writes is the same.
            Err(WriteError::Io(io::ErrorKind::AlreadyExists)) => Ok(()),
            written => written,
        }
    }

    /// The hash of a file that was written.
    pub fn hash_of(&self, name: &str) -> Option<String> {
        self.lock().get(name).cloned()
    }

    /// Takes a file that somebody else wrote into the manifest, and keeps it to
    /// its owner.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn adopt(&self, name: &str) -> Result<(), WriteError> {
        let path = self.root.join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        }
        let content = fs::read(path)?;
        self.lock().insert(name.to_string(), sha256(&content));
        Ok(())
    }

    /// Opens a file that grows. Its hash counts when it is closed.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn open(&self, name: &str) -> Result<Growing<'_>, WriteError> {
        if self.lock().len() >= MAX_EVIDENCE_FILES {
            return Err(WriteError::TooMany);
        }
        let path = name
            .split('/')
            .fold(self.root.clone(), |path, part| path.join(part));
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        Ok(Growing {
            folder: self,
            name: name.to_string(),
            file: new_file(&path)?,
            hash: Sha256::new(),
        })
    }

    /// Writes the manifest over everything that was closed. Gives back its
    /// bytes.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn seal(&self, masked: bool) -> Result<Vec<u8>, WriteError> {
        let manifest = Manifest::new(masked, self.lock().clone());
        let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from)?;
        bytes.push(b'\n');
        self.write(MANIFEST, &bytes)?;
        Ok(bytes)
    }

    /// Makes a folder below the root, for its owner only, once.
    fn make(&self, folder: &Path) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.contains(folder) {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        let below = folder.ancestors();
        for folder in below.take_while(|folder| *folder != self.root) {
            own(folder)?;
            made.insert(folder.to_path_buf());
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a signature beside the manifest of the folder at `root`, and the
/// certificate that it is checked with.
///
/// # Errors
///
/// The key does not sign, or the files cannot be written.
pub fn sign(root: &Path, manifest: &[u8], key: &SigningKey) -> Result<(), WriteError> {
    let value = key
        .sign(manifest)
        .ok_or(WriteError::Io(io::ErrorKind::Other))?;
    let certificate = crate::pki::pem("CERTIFICATE", key.certificate().der());
    for (name, content) in [(SIGNER, certificate.as_bytes()), (SIGNATURE, &value)] {
        new_file(&root.join(name))?.write_all(content)?;
    }
    Ok(())
}

/// A new file that its owner alone can read.
///
/// # Errors
///
/// It is there already, or cannot be made.
pub fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Keeps a folder to its owner.
fn own(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// A file of evidence that is being written.
#[derive(Debug)]
pub struct Growing<'f> {
    folder: &'f Folder,
    name: String,
    file: File,
    hash: Sha256,
}

impl Growing<'_> {
    /// Adds to the file. What was added is there after a crash of the program.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&mut self, content: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(content)?;
        self.hash.update(content);
        Ok(())
    }

    /// Ends the file: from now on it stands in the manifest.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn close(mut self) -> Result<(), WriteError> {
        self.file.flush()?;
        let hash = hexadecimal(&self.hash.finalize());
        self.folder.lock().insert(self.name, hash);
        Ok(())
    }
}

/// Bytes in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_stands_in_the_manifest() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("run");
        let folder = Folder::create(&root).unwrap();
        folder.write("a.txt", b"een").unwrap();
        let mut growing = folder.open("map/b.txt").unwrap();
        growing.write(b"tw").unwrap();
        growing.write(b"ee").unwrap();
        growing.close().unwrap();
        let bytes = folder.seal(false).unwrap();
        let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(manifest.files.len(), 2);
        assert_eq!(manifest.files["map/b.txt"], sha256(b"twee"));
        assert_eq!(fs::read(root.join(MANIFEST)).unwrap(), bytes);
    }

    #[test]
    fn evidence_of_two_runs_does_not_mix() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("ander.txt"), "x").unwrap();
        let refused = Folder::create(parent.path()).unwrap_err();
        assert_eq!(refused, WriteError::NotEmpty);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("run");
        let folder = Folder::create(&root).unwrap();
        folder.write("map/a.txt", b"een").unwrap();
        for (path, mode) in [
            (root.clone(), 0o700),
            (root.join("map"), 0o700),
            (root.join("map/a.txt"), 0o600),
        ] {
            let found = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{}", path.display());
        }
    }
}
