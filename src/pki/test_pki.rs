//! The test PKI as a whole: its authorities at one moment, and what they issue.

use std::collections::HashMap;

use jiff::Timestamp;
use rcgen::KeyPair;

use super::authority::Authority;
use super::identity::{Hierarchy, IDENTITIES, Identity};
use super::keys::{self, WeakKey};
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
    chains: Vec<Chain>,
    /// Keys by identity; without one, the published key of its holder.
    keys: HashMap<&'static str, Vec<u8>>,
}

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
        Self::with(clock, HashMap::new(), "", keys::published)
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
        let keys: HashMap<&'static str, Vec<u8>> = keys.into_iter().flatten().collect();
        Self::with(clock, keys, &mark()?, |_| keys::fresh())
    }

    fn with(
        clock: Clock,
        keys: HashMap<&'static str, Vec<u8>>,
        mark: &str,
        key: impl Fn(&str) -> Result<Vec<u8>, PkiError>,
    ) -> Result<Self, PkiError> {
        let chains = Hierarchy::ALL.map(|hierarchy| {
            let name = hierarchy.name();
            let root = Authority::root(name, mark, &key(&format!("root-{name}"))?)?;
            let issuer = hierarchy
                .is_trusted()
                .then(|| root.below(name, mark, &key(&format!("uitgever-{name}"))?))
                .transpose()?;
            Ok(Chain {
                hierarchy,
                root,
                issuer,
            })
        });
        Ok(Self {
            now: within_reach(clock.now()),
            chains: chains.into_iter().collect::<Result<_, PkiError>>()?,
            keys,
        })
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
        let chains = self.chains.iter().filter(trusted);
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
        let chains = self.chains.iter().filter(trusted);
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
        let mut chains = self.chains.iter();
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
        let issuer = chain.issuing();
        let leaf = if identity.weak {
            let key = WeakKey::published()?;
            issuer.issue(identity, serial(identity), oin, &key, self.now)?
        } else {
            let key = KeyPair::try_from(self.pkcs8(identity)?).map_err(|_| PkiError::Key)?;
            issuer.issue(identity, serial(identity), oin, &key, self.now)?
        };
        let mut certificates = vec![leaf];
        certificates.extend(chain.issuer.iter().map(|issuer| issuer.certificate.clone()));
        certificates.push(chain.root.certificate.clone());
        Ok(certificates)
    }

    /// The private key of an identity in PKCS#8. Worth nothing: whoever holds
    /// it can only pass for a party of the test PKI.
    pub fn private_key(&self, name: &str) -> Result<Vec<u8>, PkiError> {
        let identity = identity(name)?;
        if identity.weak {
            return WeakKey::published().map(|key| key.private);
        }
        self.pkcs8(identity)
    }

    /// The strong key of an identity.
    fn pkcs8(&self, identity: &Identity) -> Result<Vec<u8>, PkiError> {
        match self.keys.get(identity.name) {
            Some(key) => Ok(key.clone()),
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
        let pkcs8 = self.pkcs8(identity(name)?)?;
        let leaf = self.issued(name, oin)?.swap_remove(0);
        let certificate = Certificate::read(leaf).map_err(|_| PkiError::Certificate)?;
        SigningKey::with_certificate(&pkcs8, certificate).map_err(|_| PkiError::Key)
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
