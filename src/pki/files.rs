//! The test PKI as files in a folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use super::identity::IDENTITIES;
use super::test_pki::{PkiError, TestPki};
use crate::edukoppeling::Passphrase;

/// Why a folder cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Something is in it already.
    #[error("the folder is not empty")]
    NotEmpty,
    /// A file or folder cannot be written.
    #[error("{}: {problem}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// The PKI could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Access {
    Everybody,
    Owner,
}

/// Makes `folder`, or sees that it is empty: before keys are made, which takes
/// a moment.
pub fn make_folder(folder: &Path) -> Result<(), FilesError> {
    make(folder)?;
    let mut entries = fs::read_dir(folder).map_err(|problem| failed(folder, problem))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(FilesError::NotEmpty),
    }
}

/// Writes a test PKI to `folder`, which is made, or must be empty: for every
/// identity `<name>.key.pem`, `<name>.pem` (certificate and chain) and
/// `<name>.p12` under `passphrase`; the roots in `root.pem`, roots and issuers
/// in `trust/`, revocation lists in `crl/`, and `readme` in `README.txt`.
/// Private keys are for their owner only from the moment they exist.
pub fn write_files(
    folder: &Path,
    pki: &TestPki,
    passphrase: &Passphrase,
    readme: &str,
) -> Result<(), FilesError> {
    make_folder(folder)?;
    let (trust, crl) = (folder.join("trust"), folder.join("crl"));
    make(&trust)?;
    make(&crl)?;
    let public = |path: PathBuf, text: &str| write(&path, text.as_bytes(), Access::Everybody);
    public(folder.join("README.txt"), readme)?;
    let roots: String = pki.roots().map(|der| pem("CERTIFICATE", der)).collect();
    public(folder.join("root.pem"), &roots)?;
    for (name, der) in pki.authorities() {
        public(trust.join(format!("{name}.pem")), &pem("CERTIFICATE", der))?;
    }
    for (name, der) in pki.revocation_lists()? {
        write(&crl.join(format!("{name}.crl")), &der, Access::Everybody)?;
    }
    for identity in IDENTITIES {
        let name = identity.name;
        let certificates = pki.certificates(name)?;
        let key = pki.private_key(name)?;
        let chain: String = certificates
            .iter()
            .map(|der| pem("CERTIFICATE", der))
            .collect();
        public(folder.join(format!("{name}.pem")), &chain)?;
        write(
            &folder.join(format!("{name}.key.pem")),
            pem("PRIVATE KEY", &key).as_bytes(),
            Access::Owner,
        )?;
        write(
            &folder.join(format!("{name}.p12")),
            &pkcs12(name, &key, &certificates, passphrase)?,
            Access::Owner,
        )?;
    }
    Ok(())
}

fn make(folder: &Path) -> Result<(), FilesError> {
    fs::create_dir_all(folder).map_err(|problem| failed(folder, problem))
}

fn failed(path: &Path, problem: io::Error) -> FilesError {
    FilesError::Write {
        path: path.to_path_buf(),
        problem,
    }
}

fn write(path: &Path, content: &[u8], access: Access) -> Result<(), FilesError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if matches!(access, Access::Owner) {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options
        .open(path)
        .and_then(|mut file| file.write_all(content))
        .map_err(|problem| failed(path, problem))
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let letters = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = letters.as_str();
    // Base64 is ASCII: every place is a border between letters.
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem + &format!("-----END {label}-----\n")
}

fn pkcs12(
    name: &str,
    key: &[u8],
    certificates: &[Vec<u8>],
    passphrase: &Passphrase,
) -> Result<Vec<u8>, PkiError> {
    let key = PrivateKey::from_der(key).map_err(|_| PkiError::Key)?;
    let chain = certificates
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| PkiError::Certificate)?;
    let chain = PrivateKeyChain::new(name.as_bytes().to_vec(), key, chain);
    let mut store = KeyStore::new();
    store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
    let written = store.writer(passphrase.reveal()).write();
    written.map_err(|_| PkiError::Key)
}
