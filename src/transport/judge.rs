//! What the rules say of a connection (20-edukoppeling.md, TLS and
//! certificates), of what a probe found, and of an exchange that did not come
//! about.

use std::sync::Arc;

use jiff::Timestamp;

use super::error::{TransportError, TransportProblem};
use super::identity::TlsIdentity;
use super::probe::{Outcome, Probed, Why, WrongClient};
use super::suites::good_or_sufficient;
use crate::edukoppeling::{
    Certificate, CertificateContext, Purpose, TransportReport, Trust, Verdicts, is_of_test,
    judge_certificate,
};
use crate::exchange::TlsFacts;
use crate::facts::{Profile, oin};
use crate::finding::{Args, Code, DataClass, Finding, Kind, MessageValue, Place};
use crate::text::tool_finding;

const NO_CLIENT_CERTIFICATE: &str = "KK-EK-TLS001-CERTIFICAAT";
const NOT_ASKED: &str = "KK-EK-TLS002-VRAAGT";
const NO_TLS: &str = "KK-EK-WT001-TLS";
const OLD: &str = "KK-EK-TLS003-OUD";
const TLS12: &str = "KK-EK-TLS004-12";
const TLS13: &str = "KK-EK-TLS004-13";
const PORT: &str = "KK-EK-TLS005-POORT";
const SUITE: &str = "KK-EK-TLS006-SUITE";
const CLIENT: &str = "KK-EK-OIN-VERBINDING";
const SERVER: &str = "KK-EK-OIN-SERVER";

/// The port of https.
const HTTPS: u16 = 443;

/// Which end of a connection is judged: the other one, seen from the end whose
/// facts they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A server.
    Server {
        /// Whether this end had a certificate to show, so that its absence in
        /// the facts means that the server did not ask.
        certificate_offered: bool,
        /// Whether this end offered TLS 1.3.
        tls13_offered: bool,
    },
    /// A client.
    Client {
        /// Whether this end asked for a certificate.
        asked: bool,
    },
}

/// What a connection is judged with.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionContext<'a> {
    /// Which end is judged.
    pub peer: Peer,
    /// Production or test.
    pub profile: Profile,
    /// The moment of the exchange.
    pub now: Timestamp,
    /// The roots that certificates may end at, and revocation lists.
    pub trust: &'a Trust,
    /// The OIN that the other party is known by, where it is known: from the
    /// target file, or from the signature of its message.
    pub oin: Option<&'a str>,
    /// There are no facts: TLS ends at a proxy in front of this end, or no
    /// connection came about.
    pub connection_unknown: bool,
}

/// Judges the other end of the connection that carried a message; `tls` is
/// `None` for one without TLS.
pub fn judge_connection(
    tls: Option<&TlsFacts>,
    context: &ConnectionContext<'_>,
) -> TransportReport {
    let mut said = OfConnection::default();
    if context.connection_unknown {
        return said.finish();
    }
    said.judging(&[NO_TLS]);
    let Some(tls) = tls else {
        said.broken(NO_TLS, Args::new());
        return said.finish();
    };
    let purpose = match context.peer {
        Peer::Server {
            certificate_offered,
            tls13_offered,
        } => {
            if certificate_offered {
                said.judging(&[NOT_ASKED]);
                if tls.own.is_none() {
                    said.broken(NOT_ASKED, Args::new());
                }
            }
            if tls13_offered {
                said.judging(&[TLS13]);
                if tls.version != "TLSv1.3" {
                    said.broken(TLS13, Args::new());
                }
            }
            if context.profile == Profile::Production {
                said.judging(&[PORT]);
                if tls.port != HTTPS {
                    said.broken(PORT, Args::new().with("port", u64::from(tls.port)));
                }
            }
            Purpose::TlsServer
        }
        Peer::Client { asked } => {
            if asked {
                said.judging(&[NO_CLIENT_CERTIFICATE]);
                if tls.peer.is_empty() {
                    said.broken(NO_CLIENT_CERTIFICATE, Args::new());
                }
            }
            Purpose::TlsClient
        }
    };
    said.judging(&[SUITE]);
    if !good_or_sufficient(&tls.suite) {
        said.broken(SUITE, Args::new().with("suite", tls.suite.as_str()));
    }
    if let Some((first, presented)) = tls.peer.split_first() {
        judge_shown(first, presented, purpose, context, &mut said);
    }
    said.finish()
}

fn judge_shown(
    first: &Arc<[u8]>,
    presented: &[Arc<[u8]>],
    purpose: Purpose,
    context: &ConnectionContext<'_>,
    said: &mut OfConnection,
) {
    let Ok(certificate) = Certificate::read(first.to_vec()) else {
        said.judging(&["KK-EK-PKI005-KETEN"]);
        let args = Args::new().with("reason", "chain-extension");
        said.broken("KK-EK-PKI005-KETEN", args);
        return;
    };
    let of_party = CertificateContext {
        now: context.now,
        profile: context.profile,
        trust: context.trust,
        purpose,
        presented,
    };
    judge_certificate(&of_party, &certificate, said);
    let Some((expected, found)) = context.oin.zip(certificate.oin()) else {
        return;
    };
    // A malformed OIN is a rule of its own; in tests parties use test OINs for
    // connections and their own in messages.
    let in_test = |number: &str| is_of_test(number, context.profile);
    if oin(found).is_err() || in_test(expected) || in_test(found) {
        return;
    }
    let rule = match purpose {
        Purpose::TlsServer => SERVER,
        _ => CLIENT,
    };
    said.judging(&[rule]);
    if expected != found {
        let value = |text: &str| MessageValue::new(text, DataClass::Plain);
        let args = Args::new()
            .with("oin", value(found))
            .with("expected", value(expected));
        said.broken(rule, args);
    }
}

/// Judges the certificate of a party of ours, as the other end would see it;
/// [`Peer`] says which end of TLS it is used for.
pub fn judge_identity(identity: &TlsIdentity, context: &ConnectionContext<'_>) -> TransportReport {
    let mut said = OfConnection::default();
    let mut chain = identity.chain().map(Arc::from);
    let purpose = match context.peer {
        Peer::Server { .. } => Purpose::TlsServer,
        Peer::Client { .. } => Purpose::TlsClient,
    };
    if let Some(first) = chain.next() {
        let presented: Vec<Arc<[u8]>> = chain.collect();
        judge_shown(&first, &presented, purpose, context, &mut said);
    }
    said.finish()
}

/// Judges what a probe found of an endpoint.
pub fn judge_probe(probed: &Probed) -> TransportReport {
    let mut said = OfConnection::default();
    let versions: Vec<&str> = probed
        .old
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Accepted)
        .map(|(version, _)| version.name())
        .collect();
    said.judging(&[OLD]);
    if versions.is_empty() {
        let mut outcomes = probed.old.iter().map(|(_, outcome)| *outcome);
        if let Some(Outcome::Undecided(why)) =
            outcomes.find(|outcome| matches!(outcome, Outcome::Undecided(_)))
        {
            said.undecided(OLD, reason(why));
        }
    } else {
        said.broken(OLD, Args::new().with("version", versions.join(", ")));
    }
    let (weak, suite) = probed.weak_suite;
    let args = Args::new().with("suite", suite.unwrap_or_default());
    said.must_be_refused(SUITE, weak, args);
    said.must_be_accepted(TLS12, probed.tls12);
    said.must_be_accepted(TLS13, probed.tls13);
    for &(wrong, outcome) in &probed.clients {
        let args = Args::new().with("reason", wrong.key());
        said.must_be_refused(rule_of(wrong), outcome, args);
    }
    said.finish()
}

/// The rule that an endpoint breaks which accepts such a client.
fn rule_of(wrong: WrongClient) -> &'static str {
    match wrong {
        WrongClient::Missing => "KK-EK-TLS002-WEIGERT",
        WrongClient::Expired | WrongClient::NotYetValid => "KK-EK-PKI002-WEIGERT",
        WrongClient::Revoked => "KK-EK-PKI003-WEIGERT",
        WrongClient::Stranger => "KK-EK-PKI005-WEIGERT",
        WrongClient::NoOin | WrongClient::MalformedOin => "KK-EK-PKI001-WEIGERT",
    }
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Problem(_) => "probe-unanswered",
        Why::RightOneRefused => "probe-right-refused",
        Why::NotTried => "probe-not-tried",
    }
}

/// The finding on an exchange that did not come about.
pub fn judge_failure(error: &TransportError) -> Finding {
    let args = Args::new().with("host", error.host.as_str());
    tool_finding(error.problem.rule(), args, place())
}

impl TransportProblem {
    /// The code of the finding that tells of it.
    pub fn rule(self) -> &'static str {
        match self {
            TransportProblem::Url => "KK-VERBINDING-URL",
            TransportProblem::Request => "KK-VERBINDING-VERZOEK",
            TransportProblem::UnknownHost => "KK-VERBINDING-NAAM-ONBEKEND",
            TransportProblem::Unreachable => "KK-VERBINDING-ONBEREIKBAAR",
            TransportProblem::Proxy => "KK-VERBINDING-PROXY",
            TransportProblem::TimedOut => "KK-VERBINDING-TE-LAAT",
            TransportProblem::WrongName => "KK-VERBINDING-ANDERE-NAAM",
            TransportProblem::UnknownIssuer => "KK-VERBINDING-ONBEKENDE-UITGEVER",
            TransportProblem::Expired => "KK-VERBINDING-VERLOPEN",
            TransportProblem::NotYetValid => "KK-VERBINDING-NOG-NIET-GELDIG",
            TransportProblem::Revoked => "KK-VERBINDING-INGETROKKEN",
            TransportProblem::BadCertificate => "KK-VERBINDING-CERTIFICAAT-ONBRUIKBAAR",
            TransportProblem::CertificateRefused => "KK-VERBINDING-CERTIFICAAT-GEWEIGERD",
            TransportProblem::CertificateRequired => "KK-VERBINDING-CERTIFICAAT-ONTBREEKT",
            TransportProblem::NothingInCommon => "KK-VERBINDING-NIETS-GEMEEN",
            TransportProblem::NoTls => "KK-VERBINDING-GEEN-TLS",
            TransportProblem::NoHttp => "KK-VERBINDING-GEEN-HTTP",
            TransportProblem::Broken => "KK-VERBINDING-AFGEBROKEN",
            TransportProblem::TooLarge => "KK-VERBINDING-TE-GROOT",
        }
    }
}

/// The place of everything that is said here: not in a message.
fn place() -> Place {
    Place {
        words: "TLS".to_string(),
        keyed: "tls".to_string(),
        ..Place::default()
    }
}

/// Collects findings, and the rules that were judged at all.
#[derive(Default)]
struct OfConnection {
    findings: Vec<Finding>,
    judged: Vec<&'static str>,
}

impl OfConnection {
    fn push(&mut self, code: &'static str, kind: Kind, args: Args) {
        let mut finding = tool_finding(code, args, place());
        finding.kind = kind;
        self.findings.push(finding);
    }

    fn must_be_refused(&mut self, code: &'static str, outcome: Outcome, args: Args) {
        self.judging(&[code]);
        match outcome {
            Outcome::Refused(_) => {}
            Outcome::Accepted => self.broken(code, args),
            Outcome::Undecided(why) => self.undecided(code, reason(why)),
        }
    }

    fn must_be_accepted(&mut self, code: &'static str, outcome: Outcome) {
        self.judging(&[code]);
        match outcome {
            Outcome::Accepted => {}
            Outcome::Refused(_) => self.broken(code, Args::new()),
            Outcome::Undecided(why) => self.undecided(code, reason(why)),
        }
    }

    /// A rule that is both broken and undecided is broken.
    fn finish(mut self) -> TransportReport {
        let broken: Vec<Code> = self
            .findings
            .iter()
            .filter(|finding| finding.kind == Kind::Violation)
            .map(|finding| Arc::clone(&finding.code))
            .collect();
        let mut undecided = Vec::new();
        self.findings.retain(|finding| {
            if finding.kind == Kind::Violation {
                return true;
            }
            let first = !undecided.contains(&finding.code);
            undecided.push(Arc::clone(&finding.code));
            first && !broken.contains(&finding.code)
        });
        let mut held: Vec<Code> = Vec::new();
        for code in self.judged {
            let found = self.findings.iter().any(|finding| *finding.code == *code);
            if !found && !held.iter().any(|known| **known == *code) {
                held.push(code.into());
            }
        }
        TransportReport {
            findings: self.findings,
            held,
            ..TransportReport::default()
        }
    }
}

impl Verdicts for OfConnection {
    fn judging(&mut self, codes: &[&'static str]) {
        self.judged.extend(codes);
    }

    fn broken(&mut self, code: &'static str, args: Args) {
        self.push(code, Kind::Violation, args);
    }

    fn undecided(&mut self, code: &'static str, reason: &'static str) {
        self.push(code, Kind::Undecided, Args::new().with("reason", reason));
    }
}
