//! The test PKI as a whole: its authorities at one moment, and what they issue.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::authority::Authority;
use super::identity::{Hierarchy, IDENTITIES, Identity};
use super::keys::{self, Key, WeakKey};
use crate::clock::Clock;
use crate::edukoppeling::{Certificate, SigningKey};

/// Why the test PKI cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    /// A private key could not be made or read.
    #[error("a private key could not be made")]
    Key,
    /// A certificate or revocation list could not be issued.
    #[error("a certificate could not be issued")]
    Certificate,
    /// There is no identity of that name.
    #[error("the test PKI has no such identity")]
    Unknown,
}

/// A test PKI at one moment. Certificates of parties are issued when they are
/// asked for, and valid or not as seen from that moment.
pub struct TestPki {
    now: Timestamp,
    authorities: Arc<Authorities>,
}

/// What of a test PKI is the same at any moment.
struct Authorities {
    chains: Vec<Chain>,
    /// Keys by identity; without one, the published key of its holder.
    keys: HashMap<&'static str, Arc<Key>>,
    /// Certificates of parties that were issued lately. One that is asked for
    /// again is the same, so it need not be signed again.
    issued: Mutex<HashMap<Asked, Vec<u8>>>,
}

/// An identity, its OIN, and the second as of which it gets a certificate.
type Asked = (&'static str, Option<String>, i64);

/// How many certificates are remembered; then they are forgotten.
const REMEMBERED: usize = 256;

/// The authorities of a hierarchy.
struct Chain {
    hierarchy: Hierarchy,
    root: Authority,
    issuer: Option<Authority>,
}

impl Chain {
    /// The authority that issues to parties.
    fn issuing(&self) -> &Authority {
        self.issuer.as_ref().unwrap_or(&self.root)
    }

    fn authorities(&self) -> impl Iterator<Item = &Authority> {
        [Some(&self.root), self.issuer.as_ref()]
            .into_iter()
            .flatten()
    }
}

impl std::fmt::Debug for TestPki {
    /// Shows no key material.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestPki")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl TestPki {
    /// The built-in test PKI, whose keys are published: the same authorities at
    /// any moment.
    pub fn at(clock: Clock) -> Result<Self, PkiError> {
        static BUILT_IN: LazyLock<Result<Arc<Authorities>, PkiError>> =
            LazyLock::new(|| Authorities::make(HashMap::new(), "", keys::published));
        BUILT_IN
            .clone()
            .map(|authorities| Self::of(authorities, clock))
    }

    /// A test PKI with fresh keys. The weak key is the published one.
    pub fn fresh(clock: Clock) -> Result<Self, PkiError> {
        // Most of the time goes into the keys: they are made side by side.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = IDENTITIES.len().div_ceil(threads).max(1);
        let keys = std::thread::scope(|scope| {
            let making: Vec<_> = IDENTITIES
                .chunks(share)
                .map(|some| {
                    scope.spawn(|| {
                        some.iter()
                            .map(|identity| Ok((identity.name, keys::fresh()?)))
                            .collect::<Result<Vec<_>, PkiError>>()
                    })
                })
                .collect();
            making
                .into_iter()
                .map(|made| made.join().unwrap_or(Err(PkiError::Key)))
                .collect::<Result<Vec<_>, PkiError>>()
        })?;
        let keys = keys.into_iter().flatten().collect();
        let authorities = Authorities::make(keys, &mark()?, |_| keys::fresh())?;
        Ok(Self::of(authorities, clock))
    }

    /// The same authorities so many hours later, or earlier.
    pub fn hours_later(&self, later: i64) -> Self {
        // It stands within reach of where certificates can be issued.
        let now = self.now.checked_add(SignedDuration::from_hours(later));
        let clock = Clock::at(now.unwrap_or(self.now));
        Self::of(Arc::clone(&self.authorities), clock)
    }

    fn of(authorities: Arc<Authorities>, clock: Clock) -> Self {
        Self {
            now: within_reach(clock.now()),
            authorities,
        }
    }

    /// Its trusted roots and the authorities below them, each with its name in
    /// file names and its certificate in DER.
    pub fn authorities(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.trusted()
            .map(|authority| (authority.file(), authority.certificate.as_slice()))
    }

    /// The certificates of the trusted roots alone, in DER.
    pub fn roots(&self) -> impl Iterator<Item = &[u8]> {
        let trusted = |chain: &&Chain| chain.hierarchy.is_trusted();
        let chains = self.authorities.chains.iter().filter(trusted);
        chains.map(|chain| chain.root.certificate.as_slice())
    }

    /// The revocation list of each trusted authority, with its name in file
    /// names, in DER.
    pub fn revocation_lists(&self) -> Result<Vec<(&str, Vec<u8>)>, PkiError> {
        self.trusted()
            .map(|authority| {
                let revoked = self.revoked_by(authority);
                let list = authority.revocation_list(revoked.into_iter(), self.now)?;
                Ok((authority.file(), list))
            })
            .collect()
    }

    fn trusted(&self) -> impl Iterator<Item = &Authority> {
        let trusted = |chain: &&Chain| chain.hierarchy.is_trusted();
        let chains = self.authorities.chains.iter().filter(trusted);
        chains.flat_map(Chain::authorities)
    }

    /// Serial numbers of what an authority revoked.
    fn revoked_by(&self, authority: &Authority) -> Vec<u64> {
        let of_authority = |identity: &Identity| {
            let chain = self.chain(identity.hierarchy);
            chain.is_ok_and(|chain| chain.issuing().file() == authority.file())
        };
        IDENTITIES
            .iter()
            .filter(|identity| identity.revoked && of_authority(identity))
            .map(serial)
            .collect()
    }

    fn chain(&self, hierarchy: Hierarchy) -> Result<&Chain, PkiError> {
        let mut chains = self.authorities.chains.iter();
        chains
            .find(|chain| chain.hierarchy == hierarchy)
            .ok_or(PkiError::Unknown)
    }

    /// The certificate of an identity, in DER, and those above it up to the
    /// root.
    pub fn certificates(&self, name: &str) -> Result<Vec<Vec<u8>>, PkiError> {
        self.issued(name, None)
    }

    fn issued(&self, name: &str, oin: Option<&str>) -> Result<Vec<Vec<u8>>, PkiError> {
        let identity = identity(name)?;
        let chain = self.chain(identity.hierarchy)?;
        let oin = oin.or(identity.oin);
        let asked = (identity.name, oin.map(str::to_string), self.now.as_second());
        let known = self.authorities.remembered().get(&asked).cloned();
        let leaf = match known {
            Some(leaf) => leaf,
            None => {
                let leaf = self.issue(identity, oin, chain.issuing())?;
                let mut remembered = self.authorities.remembered();
                if remembered.len() == REMEMBERED {
                    remembered.clear();
                }
                remembered.insert(asked, leaf.clone());
                leaf
            }
        };
        let mut certificates = vec![leaf];
        certificates.extend(chain.issuer.iter().map(|issuer| issuer.certificate.clone()));
        certificates.push(chain.root.certificate.clone());
        Ok(certificates)
    }

    fn issue(
        &self,
        identity: &Identity,
        oin: Option<&str>,
        issuer: &Authority,
    ) -> Result<Vec<u8>, PkiError> {
        if identity.weak {
            let key = WeakKey::published()?;
            issuer.issue(identity, serial(identity), oin, &key, self.now)
        } else {
            let key = self.key(identity)?;
            issuer.issue(identity, serial(identity), oin, &*key, self.now)
        }
    }

    /// The private key of an identity in PKCS#8. Worth nothing: whoever holds
    /// it can only pass for a party of the test PKI.
    pub fn private_key(&self, name: &str) -> Result<Vec<u8>, PkiError> {
        let identity = identity(name)?;
        if identity.weak {
            return WeakKey::published().map(|key| key.private);
        }
        self.key(identity).map(|key| key.pkcs8.clone())
    }

    /// The strong key of an identity.
    fn key(&self, identity: &Identity) -> Result<Arc<Key>, PkiError> {
        match self.authorities.keys.get(identity.name) {
            Some(key) => Ok(Arc::clone(key)),
            None => keys::published(identity.holder),
        }
    }

    /// The key and certificate that an identity signs messages with. With the
    /// weak certificate a strong key signs, because nothing signs with a weak
    /// one; no receiver comes to verify it.
    pub fn signing_key(&self, name: &str) -> Result<SigningKey, PkiError> {
        self.signing_key_with(name, None)
    }

    /// The same with a certificate for another OIN.
    pub fn signing_key_of(&self, name: &str, oin: &str) -> Result<SigningKey, PkiError> {
        self.signing_key_with(name, Some(oin))
    }

    fn signing_key_with(&self, name: &str, oin: Option<&str>) -> Result<SigningKey, PkiError> {
        let key = self.key(identity(name)?)?;
        let leaf = self.issued(name, oin)?.swap_remove(0);
        let certificate = Certificate::read(leaf).map_err(|_| PkiError::Certificate)?;
        Ok(SigningKey::with_certificate(
            Arc::clone(&key.pair),
            certificate,
        ))
    }
}

impl Authorities {
    /// Makes the authorities; `key` gives the key of each.
    fn make(
        keys: HashMap<&'static str, Arc<Key>>,
        mark: &str,
        key: impl Fn(&str) -> Result<Arc<Key>, PkiError>,
    ) -> Result<Arc<Self>, PkiError> {
        let chains = Hierarchy::ALL.map(|hierarchy| {
            let name = hierarchy.name();
            let root = Authority::root(name, mark, key(&format!("root-{name}"))?)?;
            let issuer = hierarchy
                .is_trusted()
                .then(|| root.below(name, mark, key(&format!("uitgever-{name}"))?))
                .transpose()?;
            Ok(Chain {
                hierarchy,
                root,
                issuer,
            })
        });
        Ok(Arc::new(Self {
            chains: chains.into_iter().collect::<Result<_, PkiError>>()?,
            keys,
            issued: Mutex::default(),
        }))
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<Asked, Vec<u8>>> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identity of that name.
fn identity(name: &str) -> Result<&'static Identity, PkiError> {
    let mut identities = IDENTITIES.iter();
    identities
        .find(|identity| identity.name == name)
        .ok_or(PkiError::Unknown)
}

/// The serial number of an identity: its place among them.
fn serial(identity: &Identity) -> u64 {
    let at = IDENTITIES
        .iter()
        .position(|other| other.name == identity.name);
    at.map_or(0, |at| at as u64 + 1)
}

/// The nearest moment for which a certificate can be issued: years before 1980
/// and after 2200 are not what tests are about.
fn within_reach(moment: Timestamp) -> Timestamp {
    const FIRST: Timestamp = Timestamp::constant(315_532_800, 0);
    const LAST: Timestamp = Timestamp::constant(7_258_118_400, 0);
    moment.clamp(FIRST, LAST)
}

/// Ends the names of the authorities of a fresh PKI, so that no other's lists
/// and certificates are taken for its own.
fn mark() -> Result<String, PkiError> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| PkiError::Key)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!(" ({digits})"))
}
