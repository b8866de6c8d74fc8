//! The roots that a certificate may end at, and the way there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    RevocationOptions, anchor_from_trusted_cert,
};

use super::distribution::{Distribution, Fetched};
use super::fields::Certificate;
use super::known::{Found, Known, Span, whole_second};
use super::material::{MaterialError, MaterialProblem, read, sections};
use super::revocation::{Revocation, Status};

/// Certificates of authorities: roots, and what stands between them and the
/// certificates of parties.
#[derive(Default, Clone)]
pub struct TrustStore {
    anchors: Vec<TrustAnchor<'static>>,
    /// The roots behind `anchors`, in the same order.
    roots: Vec<Root>,
    intermediates: Vec<CertificateDer<'static>>,
    /// The ends of their validity.
    between: Vec<Timestamp>,
    /// Whether the user brought a root, so that a chain that ends elsewhere is
    /// wrong and not merely unknown.
    decides: bool,
}

#[derive(Clone)]
struct Root {
    certificate: Certificate,
    /// A root that certificates of production do not end at.
    test: bool,
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustStore")
            .field("roots", &self.roots.len())
            .field("intermediates", &self.intermediates.len())
            .finish()
    }
}

/// Where the chain of a certificate ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    /// At a root of the store.
    Trusted {
        /// The root is one for tests.
        test: bool,
    },
    /// Not at a root of the store, or it is broken on the way; a key of the
    /// texts.
    Broken(&'static str),
    /// The store holds nothing that could tell; a key of the texts.
    Undecided(&'static str),
}

/// What the certificates of signers are judged with: the roots they may end at
/// and the revocation lists at hand. Shared by the threads of a run.
#[derive(Debug, Default)]
pub struct Trust {
    store: TrustStore,
    revocation: RwLock<Revocation>,
    /// Where lists that are missing come from, when the user allows it.
    distribution: Option<Distribution>,
    /// One thread at a time fetches; the others then find what it found.
    turn: Mutex<()>,
    /// What was found out about certificates. A run meets few signers in many
    /// messages, and a chain costs more than a message.
    known: Mutex<Known>,
}

impl Trust {
    /// Trust in these roots, with these lists.
    pub fn new(store: TrustStore, revocation: Revocation) -> Self {
        Self {
            store,
            revocation: RwLock::new(revocation),
            distribution: None,
            turn: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The same roots with no revocation list at all: what whoever does not look
    /// at them trusts.
    pub fn without_lists(&self) -> Self {
        Self::new(self.store.clone(), Revocation::default())
    }

    /// Lets missing lists be fetched from where certificates say.
    pub fn fetching(mut self, distribution: Distribution) -> Self {
        self.distribution = Some(distribution);
        self
    }

    /// The roots, as TLS takes them.
    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.store.anchors
    }

    /// The revocation lists at hand, in DER.
    pub(crate) fn lists(&self) -> Vec<Vec<u8>> {
        let lists = self.revocation.read();
        lists.unwrap_or_else(PoisonError::into_inner).all()
    }

    /// The lists have their say; where none speaks about a certificate of a
    /// trusted chain, its issuer's are fetched first. Says with how many lists
    /// that is so, and around which moments.
    fn found(
        &self,
        certificate: &Certificate,
        presented: &[Arc<[u8]>],
        moment: Timestamp,
    ) -> (Found, Span, usize) {
        let (mut span, mut count) = (None, 0);
        let mut judge = || {
            let lists = self.revocation.read();
            let lists = lists.unwrap_or_else(PoisonError::into_inner);
            let changes = self.store.changes(certificate, presented);
            let changes = changes.chain(lists.changes(certificate));
            span = Some(Span::around(moment, changes));
            count = lists.count();
            self.store.judge(certificate, presented, moment, &lists)
        };
        let add = |list: &[u8]| {
            let lists = self.revocation.write();
            lists.unwrap_or_else(PoisonError::into_inner).add(list)
        };
        let is_open = |found: &Found| {
            matches!(found.0, Chain::Trusted { .. }) && matches!(found.1, Status::Undecided(_))
        };
        let mut found = judge();
        if let Some(distribution) = self.distribution.as_ref().filter(|_| is_open(&found)) {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            found = judge();
            for address in certificate.lists() {
                if !is_open(&found) {
                    break;
                }
                if distribution.kept(address).is_some_and(|list| add(&list)) {
                    found = judge();
                }
                if !is_open(&found) {
                    break;
                }
                match distribution.fetch(address) {
                    Some(Fetched::List(list)) if add(&list) => found = judge(),
                    Some(_) if found.1 == Status::Undecided("crl-missing") => {
                        found.1 = Status::Undecided("crl-unreachable");
                    }
                    _ => {}
                }
            }
        }
        let span = span.unwrap_or_else(|| Span::around(moment, std::iter::once(moment)));
        (found, span, count)
    }

    /// Whether a receiver takes a certificate at `moment`: its chain, for which
    /// `above` may help, ends at a root, and no list says that it was revoked.
    pub fn accepts(
        &self,
        certificate: &Certificate,
        above: &[Certificate],
        moment: Timestamp,
    ) -> bool {
        let above: Vec<Arc<[u8]>> = above.iter().map(|above| Arc::from(above.der())).collect();
        let (chain, status) = self.judge_with(certificate, &above, moment);
        matches!(chain, Chain::Trusted { .. }) && status != Status::Revoked
    }

    /// Whether it lets missing lists be fetched.
    pub(super) fn fetches(&self) -> bool {
        self.distribution.is_some()
    }

    /// Where the chain of `certificate` ends at `moment`, over the certificates
    /// that came with it and those of the store, and whether it was revoked by
    /// then.
    pub(super) fn judge_with(
        &self,
        certificate: &Certificate,
        presented: &[Arc<[u8]>],
        moment: Timestamp,
    ) -> Found {
        let moment = whole_second(moment);
        let ders = std::iter::once(certificate.der()).chain(presented.iter().map(|der| &**der));
        // With their lengths, so that no two lists of certificates are alike.
        let key: Vec<u8> = ders
            .flat_map(|der| [&der.len().to_be_bytes(), der].concat())
            .collect();
        // A thread that panicked while it held the lock left a whole map.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let lists = self.revocation.read().map_or_else(
            |poisoned| poisoned.into_inner().count(),
            |lists| lists.count(),
        );
        if let Some(found) = known().get(&key, moment, lists) {
            return found;
        }
        let (found, span, lists) = self.found(certificate, presented, moment);
        known().insert(key, span, lists, found);
        found
    }
}

impl TrustStore {
    /// A store without any certificate: nothing can be decided with it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads the certificates of authorities that `paths` hold: files in PEM
    /// or DER, or folders of them. Self-issued ones are trusted as roots,
    /// others help to reach a root.
    pub fn load(paths: &[PathBuf]) -> Result<Self, MaterialError> {
        let mut store = Self::empty();
        let certificates = read(
            paths,
            &["pem", "crt", "cer", "der"],
            || MaterialProblem::NoCertificate,
            |bytes| {
                sections::<CertificateDer<'_>>(bytes)
                    .into_iter()
                    .filter_map(|der| Certificate::read(der).ok())
                    .collect()
            },
        )?;
        for certificate in certificates {
            store.add(certificate);
        }
        Ok(store)
    }

    /// Adds the certificate of an authority that the user trusts. One whose
    /// name says that it is for tests stays one for tests.
    pub fn add(&mut self, certificate: Certificate) {
        let test = certificate.is_for_tests();
        self.decides |= self.insert(certificate, test);
    }

    /// Adds the certificate of an authority as if it were PKIoverheid's,
    /// whatever its name says.
    pub fn add_as_real(&mut self, certificate: Certificate) {
        self.decides |= self.insert(certificate, false);
    }

    /// Adds the certificate of an authority for tests. A chain that ends at no
    /// root is not wrong because of it.
    pub fn add_test(&mut self, certificate: Certificate) {
        self.insert(certificate, true);
    }

    /// The certificates, in DER: roots first.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        let roots = self.roots.iter().map(|root| root.certificate.der());
        roots.chain(self.intermediates.iter().map(|between| &**between))
    }

    /// Whether the certificate became a root.
    fn insert(&mut self, certificate: Certificate, test: bool) -> bool {
        let der = CertificateDer::from(certificate.der().to_vec());
        let anchor = certificate
            .is_self_issued()
            .then(|| anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned()));
        match anchor {
            Some(Ok(anchor)) => {
                self.anchors.push(anchor);
                self.roots.push(Root { certificate, test });
                true
            }
            _ => {
                let ends = [certificate.not_before(), certificate.not_after()];
                self.between.extend(ends);
                self.intermediates.push(der);
                false
            }
        }
    }

    /// The moments at which a chain from `certificate` may become another: the
    /// ends of the validity of everything that may be in it.
    fn changes<'a>(
        &'a self,
        certificate: &'a Certificate,
        presented: &[Arc<[u8]>],
    ) -> impl Iterator<Item = Timestamp> + use<'a> {
        let ends = |of: &Certificate| [of.not_before(), of.not_after()];
        let presented: Vec<Timestamp> = presented
            .iter()
            .filter_map(|der| Certificate::read(der.to_vec()).ok())
            .flat_map(|of| ends(&of))
            .collect();
        ends(certificate)
            .into_iter()
            .chain(presented)
            .chain(
                self.roots
                    .iter()
                    .flat_map(move |root| ends(&root.certificate)),
            )
            .chain(self.between.iter().copied())
    }

    /// Follows the chain of `certificate` as it was at `moment`, and asks the
    /// revocation lists about it. The certificate's own validity is a rule of
    /// its own: outside it, the nearest moment inside counts.
    fn judge(
        &self,
        certificate: &Certificate,
        presented: &[Arc<[u8]>],
        moment: Timestamp,
        revocation: &Revocation,
    ) -> Found {
        let unknown = Status::Undecided("chain-undecided");
        if self.anchors.is_empty() {
            return (Chain::Undecided("trust-missing"), unknown);
        }
        let within = moment.clamp(
            certificate.not_before(),
            certificate.not_after().max(certificate.not_before()),
        );
        let der = CertificateDer::from(certificate.der());
        let leaf = match EndEntityCert::try_from(&der) {
            Ok(leaf) => leaf,
            Err(_) => return (Chain::Broken("chain-extension"), unknown),
        };
        let presented = presented.iter().map(|der| CertificateDer::from(&**der));
        let between: Vec<CertificateDer<'_>> = presented
            .chain(
                self.intermediates
                    .iter()
                    .map(|der| CertificateDer::from(&**der)),
            )
            .collect();
        let verify = |options: Option<RevocationOptions<'_>>| {
            leaf.verify_for_usage(
                ALL_VERIFICATION_ALGS,
                &self.anchors,
                &between,
                unix_time(within),
                AnyPurpose,
                options,
                None,
            )
        };
        let root = match verify(None) {
            Ok(path) => self.root(path.anchor()),
            Err(Error::UnknownIssuer) if !self.decides => {
                return (Chain::Undecided("trust-built-in"), unknown);
            }
            Err(error) => return (Chain::Broken(reason(&error)), unknown),
        };
        let chain = match root {
            Some(root) if !root.certificate.is_valid_at(within) => {
                Chain::Broken("chain-issuer-expired")
            }
            Some(root) => Chain::Trusted { test: root.test },
            // Every anchor has its root; without one nothing is known of it.
            None => Chain::Undecided("trust-missing"),
        };
        let status = revocation.status(certificate, moment, |options| {
            verify(Some(options)).map(|_| ())
        });
        (chain, status)
    }

    fn root(&self, anchor: &TrustAnchor<'_>) -> Option<&Root> {
        self.anchors
            .iter()
            .position(|candidate| {
                candidate.subject == anchor.subject
                    && candidate.subject_public_key_info == anchor.subject_public_key_info
            })
            .and_then(|index| self.roots.get(index))
    }
}

fn unix_time(moment: Timestamp) -> UnixTime {
    let seconds = u64::try_from(moment.as_second()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Why a chain is broken, as a key of the texts.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::UnknownIssuer => "chain-unknown-issuer",
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => "chain-issuer-expired",
        Error::CaUsedAsEndEntity => "chain-authority",
        Error::EndEntityUsedAsCa
        | Error::PathLenConstraintViolated
        | Error::NameConstraintViolation => "chain-constraint",
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
            "chain-signature"
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => "chain-algorithm",
        _ => "chain-extension",
    }
}

/// The purposes of a certificate are a rule of their own, and signing
/// messages is none that TLS knows.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::clock::Clock;
    use crate::pki::{TestPki, trust_built_in};

    /// Messages that each have a moment of their own cost one chain together.
    #[test]
    fn moments_between_two_changes_share_what_was_found() {
        let now: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
        let pki = TestPki::at(Clock::at(now)).unwrap();
        let key = pki.signing_key("leverancier").unwrap();
        let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
        trust_built_in(&mut store, &mut lists);
        let trust = Trust::new(store, lists);
        for minute in 0..500 {
            let moment = now + SignedDuration::from_mins(minute);
            let found = trust.judge_with(key.certificate(), &[], moment);
            assert_eq!(found, (Chain::Trusted { test: true }, Status::Good));
        }
        assert_eq!(trust.known.lock().unwrap().len(), 1);
        // The last second of the certificate, and the first behind it.
        let end = key.certificate().not_after();
        for moment in [end, end + SignedDuration::from_secs(1)] {
            trust.judge_with(key.certificate(), &[], moment);
        }
        assert_eq!(trust.known.lock().unwrap().len(), 3);
    }
}
