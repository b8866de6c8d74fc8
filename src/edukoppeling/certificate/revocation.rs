//! Revocation lists, from files only: nothing is fetched.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rustls_pki_types::{CertificateRevocationListDer, UnixTime};
use webpki::{
    CertRevocationList, Error, ExpirationPolicy, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;

use super::fields::{Certificate, moment};
use super::material::{MaterialError, MaterialProblem, read, sections};

/// The revocation lists at hand.
#[derive(Default, Clone)]
pub struct Revocation {
    /// The newest first, because the first that fits is used.
    lists: Vec<Arc<List>>,
}

struct List {
    list: CertRevocationList<'static>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    der: Vec<u8>,
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revocation")
            .field("lists", &self.lists.len())
            .finish()
    }
}

/// Whether a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Current lists say that it was not.
    Good,
    /// It, or an authority above it, was.
    Revoked,
    /// No list says; a key of the texts.
    Undecided(&'static str),
}

impl Revocation {
    /// No lists: nothing can be decided.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the revocation lists that `paths` hold: files in PEM or DER, or
    /// folders of them.
    pub fn load(paths: &[PathBuf]) -> Result<Self, MaterialError> {
        let mut revocation = Self::none();
        revocation.lists = read(
            paths,
            &["crl", "pem", "der"],
            || MaterialProblem::NoList,
            |bytes| {
                sections::<CertificateRevocationListDer<'_>>(bytes)
                    .iter()
                    .filter_map(|der| List::read(der).map(Arc::new))
                    .collect()
            },
        )?;
        revocation.sort();
        Ok(revocation)
    }

    /// Adds a revocation list in DER; says whether it is one.
    pub fn add(&mut self, der: &[u8]) -> bool {
        let list = List::read(der);
        let read = list.is_some();
        self.lists.extend(list.map(Arc::new));
        self.sort();
        read
    }

    /// The lists in DER.
    pub fn all(&self) -> Vec<Vec<u8>> {
        self.lists.iter().map(|list| list.der.clone()).collect()
    }

    /// How many lists there are.
    pub(super) fn count(&self) -> usize {
        self.lists.len()
    }

    /// The moments at which what the lists say of `certificate` may become
    /// another: where a list runs out, and where the certificate was revoked.
    pub(super) fn changes<'a>(
        &'a self,
        certificate: &'a Certificate,
    ) -> impl Iterator<Item = Timestamp> + use<'a> {
        let ends = self.lists.iter().filter_map(|list| list.next_update);
        let revoked = self.entries(certificate).filter_map(|revoked| {
            let seconds = i64::try_from(revoked.as_secs()).ok()?;
            Timestamp::from_second(seconds).ok()
        });
        ends.chain(revoked)
    }

    /// When lists of its issuer say that the certificate was revoked.
    fn entries<'a>(
        &'a self,
        certificate: &'a Certificate,
    ) -> impl Iterator<Item = UnixTime> + use<'a> {
        self.lists
            .iter()
            .filter(|list| list.list.issuer() == certificate.issuer)
            .filter_map(|list| list.list.find_serial(&certificate.serial).ok()?)
            .map(|entry| entry.revocation_date)
    }

    fn sort(&mut self) {
        self.lists
            .sort_by_key(|list| std::cmp::Reverse(list.this_update));
    }

    /// Asks the lists about `certificate` at `now`; `verify` follows its chain
    /// with them, their signatures and their time of renewal included.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        now: Timestamp,
        verify: impl Fn(RevocationOptions<'_>) -> Result<(), Error>,
    ) -> Status {
        // A list leaves out certificates that had expired when it was made.
        let lists: Vec<&CertRevocationList<'_>> = self
            .lists
            .iter()
            .filter(|list| list.this_update <= certificate.not_after())
            .map(|list| &list.list)
            .collect();
        let Ok(options) = RevocationOptionsBuilder::new(&lists) else {
            return Status::Undecided("crl-missing");
        };
        let options = options
            .with_expiration_policy(ExpirationPolicy::Enforce)
            .with_status_policy(UnknownStatusPolicy::Deny)
            .with_depth(RevocationCheckDepth::EndEntity);
        let leaf = match verify(options.build()) {
            Err(Error::CertRevoked) if self.revoked_after(certificate, now) => Ok(()),
            other => other,
        };
        // Lists of the authorities above are used where there are any.
        let all = leaf.and_then(|()| {
            let above = options
                .with_status_policy(UnknownStatusPolicy::Allow)
                .with_depth(RevocationCheckDepth::Chain);
            match verify(above.build()) {
                Err(Error::CertRevoked) if self.revoked_after(certificate, now) => Ok(()),
                other => other,
            }
        });
        match all {
            Ok(()) => Status::Good,
            Err(Error::CertRevoked) => Status::Revoked,
            Err(Error::UnknownRevocationStatus) => Status::Undecided("crl-missing"),
            Err(Error::CrlExpired { .. }) => Status::Undecided("crl-expired"),
            Err(_) => Status::Undecided("crl-unusable"),
        }
    }

    /// Whether the lists say that the certificate itself was revoked only
    /// after `now`: at `now` it still was good.
    fn revoked_after(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let mut entries = self.entries(certificate).peekable();
        entries.peek().is_some()
            && entries.all(|revoked| {
                i64::try_from(revoked.as_secs()).is_ok_and(|revoked| revoked > now.as_second())
            })
    }
}

impl List {
    fn read(der: &[u8]) -> Option<Self> {
        let dates = CertificateList::from_der(der).ok()?.tbs_cert_list;
        Some(Self {
            list: OwnedCertRevocationList::from_der(der).ok()?.into(),
            this_update: moment(&dates.this_update)?,
            next_update: dates.next_update.as_ref().and_then(moment),
            der: der.to_vec(),
        })
    }
}
