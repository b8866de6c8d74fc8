//! Evidence that is read back: what it holds, and whether it is what was
//! written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::folder::{MANIFEST, Manifest, SIGNATURE, SIGNER, sha256};
use super::record::{ExchangeRecord, RunRecord, StepRecord, TlsRecord, stem};
use super::store::Store;
use crate::edukoppeling::Certificate;
use crate::exchange::{Exchange, TlsFacts};
use crate::limits::MAX_EVIDENCE_FILES;

/// Evidence, read back: a folder, or one archive.
#[derive(Debug)]
pub struct Evidence {
    store: Store,
    manifest: Manifest,
}

/// Who answers for evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureState {
    /// Nobody signed it.
    Unsigned,
    /// Whoever has this certificate. Whether it is to be trusted is for the
    /// reader to judge.
    Signed(Signer),
    /// The signature is not one over this manifest.
    Broken,
}

/// The certificate with which evidence was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The OIN in it; empty where there is none.
    pub oin: String,
    /// Its SHA-256, in hexadecimal.
    pub certificate: String,
}

impl Signer {
    /// What it is called: by its OIN, else by its hash.
    pub fn name(&self) -> &str {
        match self.oin.as_str() {
            "" => &self.certificate,
            oin => oin,
        }
    }
}

/// An exchange, read back.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What is said of it.
    pub record: ExchangeRecord,
    /// The request.
    pub request: Arc<Exchange>,
    /// The response, where one came.
    pub response: Option<Arc<Exchange>>,
}

/// Why something is no evidence that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing at that path.
    #[error("it does not exist")]
    NotFound,
    /// A folder in which no run began.
    #[error("no run began there")]
    NoRun,
    /// There is no manifest: the run was cut off.
    #[error("there is no manifest")]
    NoManifest,
    /// The manifest cannot be read.
    #[error("the manifest cannot be read")]
    BadManifest,
    /// It was written by a version of ketenkeur with another layout.
    #[error("the evidence has another layout")]
    Version,
    /// A file that is no archive, or a broken one.
    #[error("neither a folder nor an archive of evidence")]
    Archive,
    /// An archive that is encrypted to somebody.
    #[error("the archive is encrypted")]
    Sealed,
    /// An archive that unpacks to more than evidence may have.
    #[error("the archive is larger than evidence may be")]
    TooLarge,
    /// A file cannot be read, or is larger than evidence may have.
    #[error("{0} cannot be read")]
    Unreadable(String),
    /// A file does not hold what it should.
    #[error("{0} does not hold what it should")]
    Damaged(String),
}

/// What is wrong with evidence, file by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Files whose hash is another.
    pub changed: Vec<String>,
    /// Files of the manifest that are not there.
    pub missing: Vec<String>,
    /// Files that stand in no manifest.
    pub strange: Vec<String>,
}

impl Differences {
    /// Whether everything is as it was written.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.missing.is_empty() && self.strange.is_empty()
    }

    /// Each file with the key of the text that says what is wrong with it.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let kinds = [
            ("file-changed", &self.changed),
            ("file-missing", &self.missing),
            ("file-strange", &self.strange),
        ];
        kinds
            .into_iter()
            .flat_map(|(key, names)| names.iter().map(move |name| (key, name.as_str())))
    }

    /// Which files they are, as a line can hold them.
    pub fn few(&self) -> String {
        few(self.told().map(|(_, name)| name))
    }
}

/// The first few of many names, and how many more there are.
pub fn few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let (first, more) = names.split_at(names.len().min(MOST_NAMED));
    match more.len() {
        0 => first.join(", "),
        more => format!("{} … (+{more})", first.join(", ")),
    }
}

/// How many files are named in a line.
const MOST_NAMED: usize = 5;

impl Evidence {
    /// Opens a folder or an archive.
    ///
    /// # Errors
    ///
    /// It has no manifest that can be read.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let store = Store::open(path)?;
        let missing = || match store.has(RunRecord::FILE) {
            true => ReadError::NoManifest,
            false => ReadError::NoRun,
        };
        let bytes = store.read(MANIFEST).ok_or_else(missing)?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|_| ReadError::BadManifest)?;
        if manifest.version != Manifest::VERSION {
            return Err(ReadError::Version);
        }
        let safe = |name: &String| {
            let mut parts = name.split('/');
            parts
                .all(|part| !part.is_empty() && part != ".." && part != "." && !part.contains('\\'))
        };
        if manifest.files.len() > MAX_EVIDENCE_FILES || !manifest.files.keys().all(safe) {
            return Err(ReadError::BadManifest);
        }
        Ok(Self { store, manifest })
    }

    /// The folder of a run that was cut off before its manifest was written:
    /// what is there is taken as it is.
    ///
    /// # Errors
    ///
    /// The folder cannot be walked, or holds too much.
    pub fn cut_off(path: &Path) -> Result<Self, ReadError> {
        let store = Store::open(path)?;
        let names = store.names()?;
        if names.len() > MAX_EVIDENCE_FILES {
            return Err(ReadError::TooLarge);
        }
        let files = names.into_iter().filter_map(|name| {
            let hash = sha256(&store.read(&name)?);
            Some((name, hash))
        });
        let manifest = Manifest::new(false, files.collect());
        Ok(Self { store, manifest })
    }

    /// What the manifest says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The content of a file of the manifest.
    ///
    /// # Errors
    ///
    /// It is not there, or too large.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, ReadError> {
        let unreadable = || ReadError::Unreadable(name.to_string());
        if !self.manifest.files.contains_key(name) {
            return Err(unreadable());
        }
        self.store.read(name).ok_or_else(unreadable)
    }

    /// The content of a file, whether or not the manifest has it.
    pub(super) fn raw(&self, name: &str) -> Option<Vec<u8>> {
        self.store.read(name)
    }

    /// Everything that is there, whether or not the manifest has it.
    pub(super) fn names(&self) -> Result<Vec<String>, ReadError> {
        self.store.names()
    }

    /// The manifest byte for byte, as it is signed.
    pub fn manifest_bytes(&self) -> Vec<u8> {
        self.raw(MANIFEST).unwrap_or_default()
    }

    /// Whether somebody signed the manifest.
    pub fn signature(&self) -> SignatureState {
        let read = |name: &str| self.raw(name);
        let (value, signer) = match (read(SIGNATURE), read(SIGNER)) {
            (None, None) => return SignatureState::Unsigned,
            (Some(value), Some(signer)) => (value, signer),
            _ => return SignatureState::Broken,
        };
        let verified = || {
            let der = CertificateDer::from_pem_slice(&signer).ok()?;
            let certificate = Certificate::read(der.to_vec()).ok()?;
            let key = UnparsedPublicKey::new(
                &RSA_PKCS1_2048_8192_SHA256,
                certificate.usable_key()?.to_vec(),
            );
            key.verify(&read(MANIFEST)?, &value).ok()?;
            Some(Signer {
                oin: certificate.oin().unwrap_or_default().to_string(),
                certificate: sha256(&der),
            })
        };
        verified().map_or(SignatureState::Broken, SignatureState::Signed)
    }

    /// Holds every file against the manifest.
    ///
    /// # Errors
    ///
    /// It cannot be walked.
    pub fn differences(&self) -> Result<Differences, ReadError> {
        let mut differences = Differences::default();
        for (name, hash) in &self.manifest.files {
            match self.read(name) {
                Ok(content) if sha256(&content) == *hash => {}
                Ok(_) => differences.changed.push(name.clone()),
                Err(_) if self.store.has(name) => differences.changed.push(name.clone()),
                Err(_) => differences.missing.push(name.clone()),
            }
        }
        let own: BTreeSet<&str> = [MANIFEST, SIGNATURE, SIGNER].into();
        for name in self.store.names()? {
            if !own.contains(&*name) && !self.manifest.files.contains_key(&name) {
                differences.strange.push(name);
            }
        }
        Ok(differences)
    }

    /// With what the run was played.
    ///
    /// # Errors
    ///
    /// The record cannot be read.
    pub fn run(&self) -> Result<RunRecord, ReadError> {
        self.json(RunRecord::FILE)
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, ReadError> {
        let damaged = |_| ReadError::Damaged(name.to_string());
        serde_json::from_slice(&self.read(name)?).map_err(damaged)
    }

    /// A file of JSON, a value a line.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn lines<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, ReadError> {
        let damaged = |_| ReadError::Damaged(name.to_string());
        let content = self.read(name)?;
        let lines = content.split(|byte| *byte == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).map_err(damaged))
            .collect()
    }

    /// The steps of each scenario, by its id.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub fn steps(&self) -> Result<BTreeMap<String, Vec<StepRecord>>, ReadError> {
        let names = self.manifest.files.keys().filter_map(|name| {
            let id = name.strip_prefix("steps/")?.strip_suffix(".jsonl")?;
            Some((id.to_string(), name))
        });
        names
            .map(|(id, name)| Ok((id, self.lines(name)?)))
            .collect()
    }

    /// What is said of an exchange in the file of that name.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn record(&self, name: &str) -> Result<ExchangeRecord, ReadError> {
        self.json(name)
    }

    /// An exchange: its request, and its response where one came.
    ///
    /// # Errors
    ///
    /// A file is not there, or does not hold what the record says.
    pub fn exchange(&self, scenario: &str, number: u32) -> Result<Recorded, ReadError> {
        let record: ExchangeRecord = self.json(&format!("{}.json", stem(scenario, number)))?;
        let certificate = |name: &str| -> Option<Arc<[u8]>> { self.read(name).ok().map(Arc::from) };
        let connection = |tls: &Option<TlsRecord>| {
            let damaged = || ReadError::Damaged(format!("{}.json", stem(scenario, number)));
            let read = |tls: &TlsRecord| tls.read(certificate).map(Arc::new);
            let read = tls.as_ref().map(|tls| read(tls).ok_or_else(damaged));
            read.transpose()
        };
        let tls = connection(&record.tls)?;
        let answered_over = connection(&record.answered_over)?;
        let message = |recorded: &super::RecordedMessage, tls: Option<Arc<TlsFacts>>| {
            let content = self.read(&recorded.file)?;
            let damaged = || ReadError::Damaged(recorded.file.clone());
            let mut message = recorded.read(&content).ok_or_else(damaged)?;
            message.received = Some(record.at);
            message.tls = tls;
            Ok(message)
        };
        let request = Arc::new(message(&record.request, tls.clone())?);
        let response = match &record.response {
            None => None,
            Some(recorded) => {
                let mut response = message(recorded, answered_over.or(tls))?;
                response.answers = Some(Arc::clone(&request));
                Some(Arc::new(response))
            }
        };
        Ok(Recorded {
            record,
            request,
            response,
        })
    }
}
