//! PKI001-PKI005: what the rules say of the certificate of a party, with which
//! it signs a message or shakes hands on a connection.

use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::to_the_second;
use crate::document::NodeId;
use crate::edukoppeling::said::Said;
use crate::facts::{Profile, oin};
use crate::finding::{Args, MessageValue};

use super::fields::{Certificate, KeyKind};
use super::revocation::Status;
use super::trust::{Chain, Trust};

const NO_OIN: &str = "KK-EK-PKI001-ONTBREEKT";
const OIN: &str = "KK-EK-PKI001-VORM";
const TEST_OIN: &str = "KK-EK-PKI001-TESTOIN";
const EXPIRED: &str = "KK-EK-PKI002-VERLOPEN";
const NOT_YET: &str = "KK-EK-PKI002-NOGNIET";
const REVOKED: &str = "KK-EK-PKI003-INGETROKKEN";
const CHAIN: &str = "KK-EK-PKI005-KETEN";
const TEST_ROOT: &str = "KK-EK-PKI005-TESTROOT";
const USAGE: &str = "KK-EK-PKI-GEBRUIK";
const PURPOSE: &str = "KK-EK-PKI-DOEL";
const TLS_PURPOSE: &str = "KK-EK-PKI-DOEL-TLS";
const NO_LIST: &str = "KK-EK-PKI004-VERDEELPUNT";
const LIST_UNREACHABLE: &str = "KK-EK-PKI004-BEREIKBAAR";
const KEY: &str = "KK-EK-PKI-SLEUTEL";
const ALGORITHM: &str = "KK-EK-PKI-ALGORITME";

/// The prefix of OINs for tests.
const TEST_PREFIX: &str = "00000099";

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signing a message.
    Signing,
    /// The server's end of TLS.
    TlsServer,
    /// The client's end of TLS.
    TlsClient,
}

/// What a certificate is judged with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CertificateContext<'a> {
    pub(crate) now: Timestamp,
    pub(crate) profile: Profile,
    pub(crate) trust: &'a Trust,
    pub(crate) purpose: Purpose,
    /// Certificates that came with it, in DER.
    pub(crate) presented: &'a [Arc<[u8]>],
}

/// Where the verdicts on a certificate go.
pub(crate) trait Verdicts {
    /// These rules are judged from here on.
    fn judging(&mut self, codes: &[&'static str]);
    /// The rule is broken.
    fn broken(&mut self, code: &'static str, args: Args);
    /// The rule could not be judged; `reason` is a key of the texts.
    fn undecided(&mut self, code: &'static str, reason: &'static str);
}

/// Verdicts on a certificate that stands in a message.
pub(in crate::edukoppeling) struct InMessage<'s, 'd> {
    pub(in crate::edukoppeling) said: &'s mut Said<'d>,
    /// The element that holds it.
    pub(in crate::edukoppeling) token: NodeId,
}

impl Verdicts for InMessage<'_, '_> {
    fn judging(&mut self, codes: &[&'static str]) {
        self.said.judging(codes);
    }

    fn broken(&mut self, code: &'static str, args: Args) {
        self.said.broken(code, self.token, args);
    }

    fn undecided(&mut self, code: &'static str, reason: &'static str) {
        self.said.undecided(code, self.token, reason);
    }
}

/// Judges the certificate of a party.
pub(crate) fn judge(
    context: &CertificateContext<'_>,
    certificate: &Certificate,
    said: &mut impl Verdicts,
) {
    judge_oin(context.profile, certificate, said);
    said.judging(&[EXPIRED, NOT_YET, USAGE, KEY, ALGORITHM]);
    let moments = |moment: Timestamp| {
        Args::new()
            .with("moment", to_the_second(moment))
            .with("now", to_the_second(context.now))
    };
    if context.now > certificate.not_after() {
        said.broken(EXPIRED, moments(certificate.not_after()));
    } else if context.now < certificate.not_before() {
        said.broken(NOT_YET, moments(certificate.not_before()));
    }
    if !certificate.may_sign() {
        said.broken(USAGE, Args::new());
    }
    let (purpose, fits) = match context.purpose {
        Purpose::Signing => (PURPOSE, certificate.has_fitting_purpose()),
        Purpose::TlsServer => (TLS_PURPOSE, certificate.may_serve()),
        Purpose::TlsClient => (TLS_PURPOSE, certificate.may_call()),
    };
    said.judging(&[purpose]);
    if !fits {
        said.broken(purpose, Args::new());
    }
    if !certificate.has_strong_key() {
        let args = match certificate.key() {
            KeyKind::Rsa(bits) => Args::new().with("bits", u64::from(bits)),
            KeyKind::Ec(_) | KeyKind::Other => Args::new(),
        };
        said.broken(KEY, args);
    }
    if certificate.is_weakly_signed() {
        said.broken(ALGORITHM, Args::new());
    }
    judge_chain(context, certificate, said);
}

fn judge_oin(profile: Profile, certificate: &Certificate, said: &mut impl Verdicts) {
    said.judging(&[NO_OIN]);
    let Some(number) = certificate.oin() else {
        said.broken(NO_OIN, Args::new());
        return;
    };
    let args = Args::new().with("oin", MessageValue::plain(number));
    said.judging(&[OIN, TEST_OIN]);
    if oin(number).is_err() {
        said.broken(OIN, args);
    } else if profile == Profile::Production && number.starts_with(TEST_PREFIX) {
        said.broken(TEST_OIN, args);
    }
}

fn judge_chain(
    context: &CertificateContext<'_>,
    certificate: &Certificate,
    said: &mut impl Verdicts,
) {
    said.judging(&[CHAIN, REVOKED]);
    let trust = context.trust;
    let (chain, status) = trust.judge_with(certificate, context.presented, context.now);
    match chain {
        Chain::Trusted { test } => {
            said.judging(&[TEST_ROOT]);
            if test && context.profile == Profile::Production {
                said.broken(TEST_ROOT, Args::new());
            }
        }
        // One mistake, one finding: the rule on algorithms has said it.
        Chain::Broken("chain-algorithm") if certificate.is_weakly_signed() => {
            said.undecided(CHAIN, "chain-algorithm");
        }
        Chain::Broken(reason) => said.broken(CHAIN, Args::new().with("reason", reason)),
        Chain::Undecided(reason) => said.undecided(CHAIN, reason),
    }
    match status {
        Status::Good => {}
        Status::Revoked => said.broken(REVOKED, Args::new()),
        Status::Undecided(reason) => said.undecided(REVOKED, reason),
    }
    if context.purpose != Purpose::Signing {
        judge_lists(trust, certificate, status, said);
    }
}

/// PKI004: where the lists are, on the certificate of a connection. Whether
/// they can be had is known only when the user lets them be fetched.
fn judge_lists(trust: &Trust, certificate: &Certificate, status: Status, said: &mut impl Verdicts) {
    said.judging(&[NO_LIST]);
    if certificate.lists().is_empty() {
        said.broken(NO_LIST, Args::new());
    } else if trust.fetches() && !matches!(status, Status::Undecided("chain-undecided")) {
        said.judging(&[LIST_UNREACHABLE]);
        if status == Status::Undecided("crl-unreachable") {
            let address = certificate.lists()[0].as_str();
            said.broken(LIST_UNREACHABLE, Args::new().with("address", address));
        }
    }
}
