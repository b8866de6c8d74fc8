//! PKI001-PKI005: what the rules say of the certificate of a signer.

use crate::document::NodeId;
use crate::edukoppeling::judge::SecurityContext;
use crate::edukoppeling::said::{Said, shown};
use crate::facts::{Profile, oin};
use crate::finding::{Args, DataClass, MessageValue};

use super::fields::{Certificate, KeyKind};
use super::revocation::Status;
use super::trust::Chain;

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
const KEY: &str = "KK-EK-PKI-SLEUTEL";
const ALGORITHM: &str = "KK-EK-PKI-ALGORITME";

/// The prefix of OINs for tests.
const TEST_PREFIX: &str = "00000099";

/// Judges the certificate that stands in `token`.
pub(in crate::edukoppeling) fn judge(
    context: &SecurityContext<'_>,
    token: NodeId,
    certificate: &Certificate,
    said: &mut Said<'_>,
) {
    judge_oin(context.profile, token, certificate, said);
    said.judging(&[EXPIRED, NOT_YET, USAGE, PURPOSE, KEY, ALGORITHM]);
    let moments = |moment: jiff::Timestamp| {
        Args::new()
            .with("moment", shown(moment))
            .with("now", shown(context.now))
    };
    if context.now > certificate.not_after() {
        said.broken(EXPIRED, token, moments(certificate.not_after()));
    } else if context.now < certificate.not_before() {
        said.broken(NOT_YET, token, moments(certificate.not_before()));
    }
    if !certificate.may_sign() {
        said.broken(USAGE, token, Args::new());
    }
    if !certificate.has_fitting_purpose() {
        said.broken(PURPOSE, token, Args::new());
    }
    if !certificate.has_strong_key() {
        let args = match certificate.key() {
            KeyKind::Rsa(bits) => Args::new().with("bits", u64::from(bits)),
            KeyKind::Ec(_) | KeyKind::Other => Args::new(),
        };
        said.broken(KEY, token, args);
    }
    if certificate.is_weakly_signed() {
        said.broken(ALGORITHM, token, Args::new());
    }
    judge_chain(context, token, certificate, said);
}

fn judge_oin(profile: Profile, token: NodeId, certificate: &Certificate, said: &mut Said<'_>) {
    said.judging(&[NO_OIN]);
    let Some(number) = certificate.oin() else {
        said.broken(NO_OIN, token, Args::new());
        return;
    };
    let args = Args::new().with("oin", MessageValue::new(number, DataClass::Plain));
    said.judging(&[OIN, TEST_OIN]);
    if oin(number).is_err() {
        said.broken(OIN, token, args);
    } else if profile == Profile::Production && number.starts_with(TEST_PREFIX) {
        said.broken(TEST_OIN, token, args);
    }
}

fn judge_chain(
    context: &SecurityContext<'_>,
    token: NodeId,
    certificate: &Certificate,
    said: &mut Said<'_>,
) {
    said.judging(&[CHAIN, REVOKED]);
    let (chain, status) = context.trust.judge(certificate, context.now);
    match chain {
        Chain::Trusted { test } => {
            said.judging(&[TEST_ROOT]);
            if test && context.profile == Profile::Production {
                said.broken(TEST_ROOT, token, Args::new());
            }
        }
        // One mistake, one finding: the rule on algorithms has said it.
        Chain::Broken("chain-algorithm") if certificate.is_weakly_signed() => {
            said.undecided(CHAIN, token, "chain-algorithm");
        }
        Chain::Broken(reason) => said.broken(CHAIN, token, Args::new().with("reason", reason)),
        Chain::Undecided(reason) => said.undecided(CHAIN, token, reason),
    }
    match status {
        Status::Good => {}
        Status::Revoked => said.broken(REVOKED, token, Args::new()),
        Status::Undecided(reason) => said.undecided(REVOKED, token, reason),
    }
}
