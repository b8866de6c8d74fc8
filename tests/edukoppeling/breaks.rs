//! What we sign ourselves: right messages hold, and each rule that a sender
//! can break is broken alone.

use std::sync::LazyLock;

use jiff::Timestamp;
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{
    Breakable, Certificate, Contract, EnvelopeContext, RequestFacts, Revocation, SecurityContext,
    Sender, Shown, SignError, SignRequest, SigningKey, Trust, TrustStore, Way, address_of,
    breakable, judge_envelope, message_id, shown, sign,
};
use ketenkeur::example::Examples;
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;
use ketenkeur::pack::Store;
use ketenkeur::pki::{IDENTITIES, TestPki, trust_built_in};

const NOW: &str = "2026-10-01T12:00:00Z";
const DUO: &str = "00000001800866472000";

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub static PKI: LazyLock<TestPki> = LazyLock::new(|| TestPki::at(Clock::at(now())).unwrap());

static SUPPLIER: LazyLock<SigningKey> = LazyLock::new(|| PKI.signing_key("leverancier").unwrap());
static OF_DUO: LazyLock<SigningKey> = LazyLock::new(|| PKI.signing_key("duo").unwrap());

/// A receiver in production that trusts the test roots as if they were real.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    for (_, der) in PKI.authorities() {
        store.add_as_real(Certificate::read(der.to_vec()).unwrap());
    }
    for (_, list) in PKI.revocation_lists().unwrap() {
        assert!(lists.add(&list));
    }
    Trust::new(store, lists)
});

/// A message of the contract on the enrolment of pupils.
struct Sample {
    body: String,
    action: String,
    school: String,
}

impl Sample {
    fn of(id: &str) -> Self {
        let store = Store::builtin();
        let example = store.example(id).unwrap();
        let (_, message) = store
            .messages()
            .find(|(_, message)| **message.id() == *id)
            .unwrap();
        let code = example.text.split("instellingscode>").nth(1).unwrap();
        Self {
            body: example.text.to_string(),
            action: message.action.as_deref().unwrap().to_string(),
            school: format!("00000007000{}00000", &code[..4]),
        }
    }
}

static REQUEST: LazyLock<Sample> = LazyLock::new(|| Sample::of("aanleverenInschrijvingBO_Request"));
static ANSWER: LazyLock<Sample> = LazyLock::new(|| Sample::of("aanleverenInschrijvingBO_Response"));

/// The facts of a signed request, for its answer.
static ASKED: LazyLock<RequestFacts> =
    LazyLock::new(|| RequestFacts::of(&document(&request(&SUPPLIER, None).unwrap())).unwrap());

fn document(message: &str) -> Document {
    Document::from_xml(Gated::xml(message.as_bytes()).unwrap()).unwrap()
}

pub fn request(key: &SigningKey, breaks: Option<&str>) -> Result<String, SignError> {
    sign(&SignRequest {
        body: &REQUEST.body,
        action: &REQUEST.action,
        from: &address_of(&REQUEST.school),
        to: &address_of(DUO),
        message_id: &message_id(&[b"request"]),
        relates_to: None,
        confirms: None,
        created: now(),
        lifetime: SignRequest::LIFETIME,
        key,
        breaks,
    })
}

pub fn answer(key: &SigningKey, breaks: Option<&str>) -> Result<String, SignError> {
    confirming(key, breaks, None)
}

/// An answer that confirms the signature of its request.
pub fn confirming(
    key: &SigningKey,
    breaks: Option<&str>,
    confirms: Option<&str>,
) -> Result<String, SignError> {
    sign(&SignRequest {
        body: &ANSWER.body,
        action: &ANSWER.action,
        from: &address_of(DUO),
        to: &address_of(&REQUEST.school),
        message_id: &message_id(&[b"answer"]),
        relates_to: Some(&message_id(&[b"request"])),
        confirms,
        created: now(),
        lifetime: SignRequest::LIFETIME,
        key,
        breaks,
    })
}

/// Who judges a message, and what is at hand.
struct Receiver<'a> {
    profile: Profile,
    trust: &'a Trust,
    request: Option<&'a RequestFacts>,
}

impl Receiver<'_> {
    /// The rules that a message breaks.
    fn violations(&self, message: &str, way: Way) -> Vec<String> {
        let is_answer = way == Way::Response;
        let sample = if is_answer { &ANSWER } else { &REQUEST };
        let document = document(message);
        let report = judge_envelope(&EnvelopeContext {
            security: SecurityContext {
                document: &document,
                now: now(),
                profile: self.profile,
                trust: self.trust,
                clock_skew: SecurityContext::CLOCK_SKEW,
            },
            contract: Some(Contract {
                action: Some(&sample.action),
                way,
                sender: if is_answer {
                    Sender::Duo
                } else {
                    Sender::School
                },
                enquiry: false,
            }),
            http: None,
            request: self.request.filter(|_| is_answer),
        })
        .expect("it is an envelope");
        let violations = report.findings.iter();
        violations
            .filter(|finding| finding.kind == Kind::Violation)
            .map(|finding| finding.code.to_string())
            .collect()
    }
}

/// The rules that a message breaks, as a receiver in production judges it.
fn violations(message: &str, way: Way) -> Vec<String> {
    let receiver = Receiver {
        profile: Profile::Production,
        trust: &TRUST,
        request: Some(&ASKED),
    };
    receiver.violations(message, way)
}

#[test]
fn what_is_signed_right_breaks_nothing() {
    let message = request(&SUPPLIER, None).unwrap();
    assert_eq!(violations(&message, Way::Request), [""; 0], "{message}");
    let message = answer(&OF_DUO, None).unwrap();
    assert_eq!(violations(&message, Way::Response), [""; 0], "{message}");
    // The same input gives the same message.
    assert_eq!(message, answer(&OF_DUO, None).unwrap());
}

#[test]
fn each_rule_is_broken_alone() {
    let mut broken = 0;
    for (rule, how) in breakable() {
        let in_request = |key: &SigningKey, breaks| {
            let message = request(key, breaks).unwrap();
            assert_eq!(violations(&message, Way::Request), [rule], "{message}");
        };
        let in_answer = || {
            let message = answer(&OF_DUO, Some(rule)).unwrap();
            assert_eq!(violations(&message, Way::Response), [rule], "{message}");
        };
        match how {
            Breakable::InRequests => {
                in_request(&SUPPLIER, Some(rule));
                let refused = answer(&OF_DUO, Some(rule));
                assert_eq!(refused, Err(SignError::RequestsOnly));
            }
            Breakable::InAnswers => {
                in_answer();
                let refused = request(&SUPPLIER, Some(rule));
                assert_eq!(refused, Err(SignError::AnswersOnly));
            }
            Breakable::InBoth => {
                in_request(&SUPPLIER, Some(rule));
                in_answer();
            }
            Breakable::ByCertificate | Breakable::ByCertificateOfRequest => {
                let refused = request(&SUPPLIER, Some(rule));
                assert_eq!(refused, Err(SignError::ByCertificate));
                let wrong = IDENTITIES
                    .iter()
                    .find(|identity| identity.breaks == Some(rule))
                    .expect(rule);
                let key = match rule {
                    "KK-EK-OIN-SCHOOLCERTIFICAAT" => {
                        PKI.signing_key_of(wrong.name, &REQUEST.school)
                    }
                    _ => PKI.signing_key(wrong.name),
                };
                in_request(&key.unwrap(), None);
                if how == Breakable::ByCertificate {
                    let key = match wrong.oin.is_some_and(|oin| oin.len() == 20) {
                        true => PKI.signing_key_of(wrong.name, DUO),
                        false => PKI.signing_key(wrong.name),
                    };
                    let message = answer(&key.unwrap(), None).unwrap();
                    assert_eq!(violations(&message, Way::Response), [rule], "{message}");
                }
            }
            Breakable::Never(_) => {
                let refused = request(&SUPPLIER, Some(rule));
                assert_eq!(refused, Err(SignError::NotBreakable));
                continue;
            }
        }
        broken += 1;
    }
    assert!(broken > 60, "{broken}");
}

/// By WS-Security 1.1 an answer repeats the request's signature, and signs that
/// too.
#[test]
fn a_confirmation_is_signed() {
    let asked = RequestFacts {
        security11: true,
        ..ASKED.clone()
    };
    let receiver = Receiver {
        profile: Profile::Production,
        trust: &TRUST,
        request: Some(&asked),
    };
    let value = asked.signature.as_deref();
    let message = confirming(&OF_DUO, None, value).unwrap();
    assert_eq!(
        receiver.violations(&message, Way::Response),
        [""; 0],
        "{message}"
    );
    let changed = message.replacen(" Value=\"", " Value=\"AAAA", 1);
    let violations = receiver.violations(&changed, Way::Response);
    assert_eq!(violations, ["KK-EK-WB014", "KK-EK-WB013-DIGEST"]);
    let broken = confirming(&OF_DUO, Some("KK-EK-WB014"), value).unwrap();
    assert_eq!(receiver.violations(&broken, Way::Response), ["KK-EK-WB014"]);
    let without = answer(&OF_DUO, None).unwrap();
    assert_eq!(
        receiver.violations(&without, Way::Response),
        ["KK-EK-WB014"]
    );
}

/// What `--list-breaks` says of where a break shows: in profile test with the
/// built-in test PKI alone, or only under the one condition.
#[test]
fn breaks_show_where_it_is_said() {
    let trust = |root: Option<&[u8]>| {
        let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
        trust_built_in(&mut store, &mut lists);
        if let Some(root) = root {
            store.add_as_real(Certificate::read(root.to_vec()).unwrap());
        }
        Trust::new(store, lists)
    };
    let (plain, rooted) = (trust(None), trust(PKI.roots().next()));
    for (rule, how) in breakable() {
        let (message, way) = match how {
            Breakable::Never(_) => continue,
            Breakable::InAnswers => (answer(&OF_DUO, Some(rule)), Way::Response),
            Breakable::InRequests | Breakable::InBoth => {
                (request(&SUPPLIER, Some(rule)), Way::Request)
            }
            Breakable::ByCertificate | Breakable::ByCertificateOfRequest => {
                let wrong = IDENTITIES.iter().find(|one| one.breaks == Some(rule));
                let key = PKI.signing_key_of(wrong.unwrap().name, &REQUEST.school);
                let key = match rule {
                    "KK-EK-OIN-SCHOOLCERTIFICAAT" => key,
                    _ => PKI.signing_key(wrong.unwrap().name),
                };
                (request(&key.unwrap(), None), Way::Request)
            }
        };
        let message = message.unwrap();
        let shows = |profile, trust, request| {
            let receiver = Receiver {
                profile,
                trust,
                request,
            };
            let violations = receiver.violations(&message, way);
            violations.iter().any(|violation| violation == rule)
        };
        let where_shown = [
            shows(Profile::Test, &plain, None),
            shows(Profile::Production, &plain, None),
            shows(Profile::Test, &rooted, None),
            shows(Profile::Test, &plain, Some(&ASKED)),
        ];
        let expected = match shown(rule) {
            Shown::Everywhere => [true; 4],
            Shown::InProduction => [false, true, false, false],
            Shown::WithRoots => [false, false, true, false],
            Shown::WithRequest => [false, false, false, true],
        };
        assert_eq!(where_shown, expected, "{rule}");
    }
}

/// No rule of Edukoppeling is forgotten, and none is listed twice.
#[test]
fn every_rule_is_listed() {
    let files = [
        include_str!("../../schemas/ingebouwd/edukoppeling-adressering.toml"),
        include_str!("../../schemas/ingebouwd/edukoppeling-beveiliging.toml"),
    ];
    let mut listed: Vec<&str> = breakable().map(|(rule, _)| rule).collect();
    for code in files
        .iter()
        .flat_map(|file| file.lines())
        .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
    {
        assert!(listed.contains(&code), "{code}");
    }
    let count = listed.len();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed.len(), count);
}

/// The certificates that are right, of both styles, sign right messages.
#[test]
fn every_right_certificate_is_accepted() {
    for identity in IDENTITIES
        .iter()
        .filter(|identity| identity.breaks.is_none())
    {
        let key = PKI.signing_key(identity.name).unwrap();
        let (message, way) = match identity.oin {
            Some(DUO) => (answer(&key, None), Way::Response),
            _ => (request(&key, None), Way::Request),
        };
        let violations = violations(&message.unwrap(), way);
        match identity.name.starts_with("school") {
            true => assert!(violations.iter().all(|rule| rule.starts_with("KK-EK-OIN"))),
            false => assert_eq!(violations, [""; 0], "{}", identity.name),
        }
    }
}
