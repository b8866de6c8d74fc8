//! What an endpoint must refuse, tried for real: old versions of TLS, weak
//! cipher suites, and clients with a wrong certificate or none.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::answer::Request;
use super::client::{Client, ClientOptions};
use super::dial::Dialler;
use super::error::{SetupError, TransportProblem};
use super::hello::{self, OldVersion, Said};
use super::identity::TlsIdentity;
use super::runtime::runtime;
use super::suites::LESS;
use super::target_url::{self, Place};
use super::tls::TlsVersions;
use crate::limits::MAX_HTTP_HEAD_BYTES;
use crate::pki::TestPki;

/// How far from now, in hours, a certificate lies that has expired or is not
/// valid yet: five years. An endpoint may go by a virtual clock that nobody
/// told us of, and what expired last month is still valid there.
const OTHER_TIMES: i64 = 5 * 365 * 24;

/// A client that an endpoint must refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WrongClient {
    /// One without a certificate.
    Missing,
    /// One whose certificate has expired.
    Expired,
    /// One whose certificate is not valid yet.
    NotYetValid,
    /// One whose certificate was revoked.
    Revoked,
    /// One whose certificate ends at a root that nobody trusts.
    Stranger,
    /// One whose certificate has no OIN.
    NoOin,
    /// One whose certificate has an OIN that is none.
    MalformedOin,
}

impl WrongClient {
    /// All of them.
    pub const ALL: [WrongClient; 7] = [
        WrongClient::Missing,
        WrongClient::Expired,
        WrongClient::NotYetValid,
        WrongClient::Revoked,
        WrongClient::Stranger,
        WrongClient::NoOin,
        WrongClient::MalformedOin,
    ];

    /// Its key in the texts (`reason.<key>`).
    pub fn key(self) -> &'static str {
        match self {
            WrongClient::Missing => "client-missing",
            WrongClient::Expired => "client-expired",
            WrongClient::NotYetValid => "client-not-yet-valid",
            WrongClient::Revoked => "client-revoked",
            WrongClient::Stranger => "client-stranger",
            WrongClient::NoOin => "client-no-oin",
            WrongClient::MalformedOin => "client-malformed-oin",
        }
    }

    /// Who it is in the test PKI; `None` for the one without a certificate.
    pub fn test_identity(self) -> Option<&'static str> {
        match self {
            WrongClient::Missing => None,
            WrongClient::Expired => Some("fout-verlopen"),
            WrongClient::NotYetValid => Some("fout-nog-niet-geldig"),
            WrongClient::Revoked => Some("fout-ingetrokken"),
            WrongClient::Stranger => Some("fout-andere-root"),
            WrongClient::NoOin => Some("fout-zonder-oin"),
            WrongClient::MalformedOin => Some("fout-vorm-oin"),
        }
    }

    /// Whether a refusal says something only when a right certificate of the
    /// same issuer is accepted.
    fn needs_comparison(self) -> bool {
        !matches!(self, WrongClient::Missing | WrongClient::Stranger)
    }
}

/// What came of trying something that must be refused, or must work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint refused.
    Refused(How),
    /// The endpoint went along.
    Accepted,
    /// It is not to be seen.
    Undecided(Why),
}

/// How an endpoint refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// With an alert of TLS of that number.
    Alert(u8),
    /// It closed the connection without a word.
    Closed,
    /// In the handshake, or right after it: the certificate was refused or
    /// missed, or there is no version in common.
    Handshake(TransportProblem),
    /// With an HTTP status.
    Status(u16),
}

/// Why an outcome is not to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The connection failed for another reason.
    Problem(TransportProblem),
    /// A right certificate of the same issuer was refused as well.
    RightOneRefused,
    /// There was no certificate to try it with.
    NotTried,
}

/// What a probe is made with.
#[derive(Debug, Clone)]
pub struct ProbeOptions {
    /// How the endpoint is reached; its identity is the right one, to compare
    /// with.
    pub client: ClientOptions,
    /// The request with which certificates are tried. The endpoint must survive
    /// it: a GET, or a message that changes nothing.
    pub request: Request,
    /// Wrong certificates of the same issuer as the right one.
    pub wrong: Vec<(WrongClient, TlsIdentity)>,
}

impl ProbeOptions {
    /// A probe with the wrong certificates of the test PKI. An endpoint that
    /// trusts other roots refuses them all: then those that need a comparison
    /// are undecided.
    pub fn of_test(client: ClientOptions, request: Request, pki: &TestPki) -> Self {
        let (long_ago, far_ahead) = (pki.hours_later(-OTHER_TIMES), pki.hours_later(OTHER_TIMES));
        let wrong = WrongClient::ALL.into_iter().filter_map(|wrong| {
            let pki = match wrong {
                WrongClient::Expired => &long_ago,
                WrongClient::NotYetValid => &far_ahead,
                _ => pki,
            };
            let name = wrong.test_identity()?;
            Some((wrong, TlsIdentity::of_test(pki, name).ok()?))
        });
        Self {
            client,
            request,
            wrong: wrong.collect(),
        }
    }
}

/// A certificate in DER.
type Certificate = Arc<[u8]>;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Versions that must be refused.
    pub old: Vec<(OldVersion, Outcome)>,
    /// Suites below sufficient, which must be refused; the one that was
    /// accepted by its IANA name.
    pub weak_suite: (Outcome, Option<&'static str>),
    /// TLS 1.2, which must be accepted.
    pub tls12: Outcome,
    /// TLS 1.3, which had better be.
    pub tls13: Outcome,
    /// Clients that must be refused.
    pub clients: Vec<(WrongClient, Outcome)>,
    /// What the server showed, where it was seen.
    pub server: Option<Certificate>,
}

/// Probes an endpoint.
///
/// # Errors
/// A client that cannot begin; never what the endpoint does.
pub fn probe(options: &ProbeOptions) -> Result<Probed, SetupError> {
    let runtime = runtime().ok_or(SetupError::Threads)?;
    let dialler = Dialler::new(options.client.clone())?;
    let place = target_url::read(&options.request.url).map(|(place, _)| place);
    let within = options.client.timeouts.connect;
    let first_words = |hello: Vec<u8>| match &place {
        Ok(place) => runtime.block_on(first_words(&dialler, place, &hello, within)),
        Err(problem) => Err(Why::Problem(*problem)),
    };
    let host = place.as_ref().ok().map(|place| place.host.as_str());
    // An address is no server name (RFC 6066, section 3).
    let host = host.filter(|host| host.parse::<std::net::IpAddr>().is_err());
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| SetupError::Threads)?;
    let old = OldVersion::ALL.map(|version| {
        let hello = hello::old_client_hello(version, host, &random);
        let outcome = match first_words(hello) {
            Ok(Said::Hello { version, .. }) if hello::is_old(version) => Outcome::Accepted,
            other => outcome_of(other),
        };
        (version, outcome)
    });
    let numbers: Vec<u16> = LESS.iter().map(|(number, _)| *number).collect();
    let weak_suite = match first_words(hello::client_hello_with(&numbers, host, &random)) {
        Ok(Said::Hello { suite, .. }) => {
            let taken = LESS.iter().find(|(number, _)| *number == suite);
            match taken {
                Some((_, name)) => (Outcome::Accepted, Some(*name)),
                None => (
                    Outcome::Undecided(Why::Problem(TransportProblem::NoTls)),
                    None,
                ),
            }
        }
        other => (outcome_of(other), None),
    };
    let (tls12, shown12) = version(options, TlsVersions::Only12)?;
    let (tls13, shown13) = version(options, TlsVersions::Only13)?;
    Ok(Probed {
        old: old.to_vec(),
        weak_suite,
        tls12,
        tls13,
        clients: clients(options)?,
        server: shown12.or(shown13),
    })
}

/// What a server answers to a hello.
async fn first_words(
    dialler: &Dialler,
    place: &Place,
    hello: &[u8],
    within: Duration,
) -> Result<Said, Why> {
    let talk = async {
        let mut stream = dialler.tcp(place).await.map_err(Why::Problem)?;
        // A server that closes at once is heard below.
        let _ = stream.write_all(hello).await;
        let mut answer = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap_or_default();
            if read == 0 || answer.len() > MAX_HTTP_HEAD_BYTES {
                return Ok(Said::More);
            }
            answer.extend_from_slice(&piece[..read]);
            match hello::read_answer(&answer) {
                Said::More => {}
                said => return Ok(said),
            }
        }
    };
    timeout(within, talk)
        .await
        .unwrap_or(Err(Why::Problem(TransportProblem::TimedOut)))
}

/// What an answer means that is no hello of the kind that was asked for.
fn outcome_of(said: Result<Said, Why>) -> Outcome {
    match said {
        Ok(Said::Alert(number)) => Outcome::Refused(How::Alert(number)),
        Ok(Said::More) => Outcome::Refused(How::Closed),
        Ok(Said::NoTls | Said::Hello { .. }) => {
            Outcome::Undecided(Why::Problem(TransportProblem::NoTls))
        }
        Err(why) => Outcome::Undecided(why),
    }
}

/// Whether a handshake of that version comes about, and the certificate that the
/// server showed in it. A server that misses or refuses a certificate has agreed
/// on the version before.
fn version(
    options: &ProbeOptions,
    versions: TlsVersions,
) -> Result<(Outcome, Option<Certificate>), SetupError> {
    let client = Client::new(ClientOptions {
        versions,
        ..options.client.clone()
    })?;
    let outcome = match client.connect(&options.request.url) {
        Ok(Some(tls)) => return Ok((Outcome::Accepted, tls.peer.first().cloned())),
        Ok(None) => Outcome::Undecided(Why::Problem(TransportProblem::NoTls)),
        Err(error) => match error.problem {
            TransportProblem::CertificateRefused | TransportProblem::CertificateRequired => {
                Outcome::Accepted
            }
            problem @ TransportProblem::NothingInCommon => {
                Outcome::Refused(How::Handshake(problem))
            }
            problem => Outcome::Undecided(Why::Problem(problem)),
        },
    };
    Ok((outcome, None))
}

/// The status that a client with `identity` gets.
fn status(
    options: &ProbeOptions,
    identity: Option<TlsIdentity>,
) -> Result<Result<u16, TransportProblem>, SetupError> {
    let client = Client::new(ClientOptions {
        identity,
        ..options.client.clone()
    })?;
    let answer = client.send(&options.request);
    Ok(answer.map_err(|error| error.problem).map(|answer| {
        let http = answer.http.as_ref();
        http.and_then(|http| http.status()).unwrap_or_default()
    }))
}

fn clients(options: &ProbeOptions) -> Result<Vec<(WrongClient, Outcome)>, SetupError> {
    let right = match &options.client.identity {
        Some(identity) => Some(status(options, Some(identity.clone()))?),
        None => None,
    };
    let right = right
        .and_then(Result::ok)
        .filter(|status| !says_no(*status));
    let mut outcomes = Vec::new();
    for wrong in WrongClient::ALL {
        let identity = options.wrong.iter().find(|(kind, _)| *kind == wrong);
        let identity = identity.map(|(_, identity)| identity.clone());
        let outcome = if identity.is_none() && wrong != WrongClient::Missing {
            Outcome::Undecided(Why::NotTried)
        } else {
            let outcome = compare(status(options, identity)?, right);
            match outcome {
                Outcome::Refused(_) if wrong.needs_comparison() && right.is_none() => {
                    Outcome::Undecided(Why::RightOneRefused)
                }
                other => other,
            }
        };
        outcomes.push((wrong, outcome));
    }
    Ok(outcomes)
}

/// What a status means beside the one that the right certificate gets. Servers
/// that verify late answer 400, 401, 403 or a number of their own (495, 496).
fn compare(status: Result<u16, TransportProblem>, right: Option<u16>) -> Outcome {
    match status {
        Ok(status) if right.is_some_and(|right| right == status) => Outcome::Accepted,
        Ok(status) if says_no(status) || (right.is_some() && status >= 400) => {
            Outcome::Refused(How::Status(status))
        }
        Ok(_) => Outcome::Accepted,
        Err(
            problem
            @ (TransportProblem::CertificateRefused | TransportProblem::CertificateRequired),
        ) => Outcome::Refused(How::Handshake(problem)),
        // With the right certificate it goes well, with this one it breaks off.
        Err(TransportProblem::Broken) if right.is_some() => Outcome::Refused(How::Closed),
        Err(problem) => Outcome::Undecided(Why::Problem(problem)),
    }
}

/// Whether a status is about who calls.
fn says_no(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 495 | 496)
}
