//! Revocation lists from where certificates say they are (PKI004). Only when
//! the user asks for it: a message must not decide what is fetched.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::limits::{CRL_FETCH_SECONDS, MAX_CRL_FETCHES, MAX_MATERIAL_BYTES};

/// Fetches revocation lists and keeps them in a folder, so that a list is
/// fetched again only when it is out of date.
#[derive(Debug)]
pub struct Distribution {
    folder: PathBuf,
    agent: ureq::Agent,
    /// What was asked for in this run, once each, and whether there was a list.
    asked: Mutex<HashMap<String, bool>>,
}

/// What came of asking for a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// A list, kept from before or new, in the form in which it came.
    List(Vec<u8>),
    /// There is no list to be had.
    Unreachable,
}

impl Distribution {
    /// A folder to keep lists in; it is made where it is not there.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(CRL_FETCH_SECONDS)))
            // Whoever redirects could lead anywhere.
            .max_redirects(0)
            .build()
            .into();
        Ok(Self {
            folder: folder.to_path_buf(),
            agent,
            asked: Mutex::default(),
        })
    }

    /// The list that was kept from `url`.
    pub(super) fn kept(&self, url: &str) -> Option<Vec<u8>> {
        let path = self.path(url);
        let size = std::fs::metadata(&path).ok()?.len();
        (size <= MAX_MATERIAL_BYTES)
            .then(|| std::fs::read(path).ok())
            .flatten()
    }

    /// Fetches the list at `url` and keeps it; `None` when it was fetched before
    /// in this run, or too much was.
    pub(super) fn fetch(&self, url: &str) -> Option<Fetched> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get(url) {
            Some(true) => return None,
            Some(false) => return Some(Fetched::Unreachable),
            None if asked.len() >= MAX_CRL_FETCHES => return None,
            None => asked.insert(url.to_string(), false),
        };
        drop(asked);
        let Some(list) = self.get(url) else {
            return Some(Fetched::Unreachable);
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert(url.to_string(), true);
        drop(asked);
        // A list that cannot be kept serves this run all the same.
        let _ = self.keep(url, &list);
        Some(Fetched::List(list))
    }

    /// PKIoverheid publishes its lists over HTTP: they carry a signature of
    /// their own.
    fn get(&self, url: &str) -> Option<Vec<u8>> {
        let plain = url.get(..7)?.eq_ignore_ascii_case("http://");
        if !plain {
            return None;
        }
        let mut answer = self.agent.get(url).call().ok()?;
        if answer.status() != 200 {
            return None;
        }
        let body = answer.body_mut().with_config().limit(MAX_MATERIAL_BYTES);
        body.read_to_vec().ok()
    }

    /// Under another name first: two runs may keep the same list.
    fn keep(&self, url: &str, list: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        io::Write::write_all(&mut file, list)?;
        file.persist(self.path(url))?;
        Ok(())
    }

    fn path(&self, url: &str) -> PathBuf {
        let name = Sha256::digest(url.as_bytes());
        let name: String = name.iter().take(16).map(|b| format!("{b:02x}")).collect();
        self.folder.join(format!("{name}.crl"))
    }
}
