//! `ketenkeur sign`: a signed message around a body.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::Read;
use std::path::Path;

use super::args::{KeyFiles, Sign};
use super::failure::Failure;
use super::output::{print, tell};
use super::setup;
use crate::check::{Recognition, contract, recognise_xml};
use crate::clock::Clock;
use crate::document::{Document, Gated, nearest};
use crate::edukoppeling::{
    Breakable, Contract, EnvelopeContext, KeyError, RequestFacts, Revocation, SecurityContext,
    Shown, SignError, SignRequest, SigningKey, StandIn, Trust, TrustStore, address_of, breakable,
    institution_of, judge_envelope, message_id, school_oin, shown, sign,
};
use crate::event::Carrier;
use crate::example::Cases;
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::{Kind, Language};
use crate::limits::{MAX_KEY_BYTES, MAX_MESSAGE_BYTES};
use crate::pack::{Message, Part, Store};
use crate::pki::{IDENTITIES, TestPki, stand_in, trust_built_in_as_real};
use crate::text::{Texts, say, word};

/// DUO, whom requests go to unless the user says otherwise.
const DUO: &str = "00000001800866472000";

/// Runs the command.
pub fn run_sign(store: &Store, wanted: &Sign, language: Language) -> Result<Exit, Failure> {
    let Some(path) = wanted.body.as_deref().filter(|_| !wanted.list_breaks) else {
        return list_breaks(language);
    };
    let clock = setup::clock(wanted.at.as_deref())?;
    let rule = wanted.breaks.as_deref().map(rule_of).transpose()?;
    let request = wanted.answer.as_deref().map(setup::request).transpose()?;
    let text = body(path)?;
    let document = Gated::xml(text.as_bytes())
        .ok()
        .and_then(|gated| Document::from_xml(gated).ok())
        .ok_or_else(|| Failure::usage("sign-body").with("path", path.display()))?;
    let known = match recognise_xml(store, &document) {
        Recognition::Known(known) if known.carrier == Carrier::Bare => Some(known),
        Recognition::Known(_) => {
            return Err(Failure::usage("sign-envelope").with("path", path.display()));
        }
        _ => None,
    };
    let about = known.as_ref().map(|known| contract(known.message()));
    let action = action(store, wanted, request.is_some(), about)?;
    let oin = match &wanted.school {
        Some(oin) if crate::facts::oin(oin).is_ok() => Some(oin.clone()),
        Some(oin) => return Err(Failure::usage("sign-oin").with("value", oin)),
        None => school(&document),
    };
    let key = key(wanted, rule, request.is_some(), oin.as_deref(), clock)?;
    let (from, to) = addresses(wanted, request.as_ref(), oin, &key)?;
    let relates_to = match &request {
        Some(request) => Some(request.message_id.clone().ok_or_else(|| {
            let path = wanted.answer.as_deref().unwrap_or(Path::new(""));
            Failure::usage("request-none").with("path", path.display())
        })?),
        None => None,
    };
    let confirmed = request.as_ref().filter(|request| request.security11);
    let message = SignRequest {
        body: &text,
        action: &action,
        from: &from,
        to: &to,
        message_id: &new_message_id(&text, clock, wanted.at.is_some()),
        relates_to: relates_to.as_deref(),
        confirms: confirmed.and_then(|request| request.signature.as_deref()),
        created: clock.now(),
        lifetime: SignRequest::LIFETIME,
        key: &key,
        breaks: rule.filter(|rule| !is_by_certificate(rule)),
    };
    let signed = sign(&message).map_err(|error| unsigned(error, path, rule))?;
    if let Some(rule) = rule
        && !breaks(&signed, rule, about, request.as_ref(), clock)
    {
        return Err(Failure::usage("sign-not-broken").with("rule", rule));
    }
    note(&key, rule, language);
    if let Some(known) = &known {
        note_part(known.message(), request.is_some(), language);
    }
    match &wanted.out {
        None => print(&signed),
        Some(out) => std::fs::write(out, signed)
            .map(|()| Exit::Conforms)
            .map_err(|error| {
                Failure::usage("not-written")
                    .with("path", out.display())
                    .because(error.kind())
            }),
    }
}

/// Prints how each rule can be broken.
fn list_breaks(language: Language) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let mut out = String::new();
    for (rule, how) in breakable() {
        out.push_str(&format!("{rule:32}  {}\n", way_to_break(rule, how, texts)));
    }
    print(&out)
}

/// How `rule` can be broken, and where it shows.
pub(super) fn way_to_break(rule: &str, how: Breakable, texts: &Texts) -> String {
    let key = match how {
        Breakable::InBoth => "in-both",
        Breakable::InRequests => "in-requests",
        Breakable::InAnswers => "in-answers",
        Breakable::ByCertificate => "by-certificate",
        Breakable::ByCertificateOfRequest => "by-certificate-of-request",
        Breakable::Never(reason) => reason,
    };
    let said = word(&texts.sign, key);
    match condition(rule, texts) {
        Some(condition) => format!("{said}; {condition}"),
        None => said.to_string(),
    }
}

/// Where it shows that `rule` is broken, when that is not everywhere.
pub(super) fn condition<'t>(rule: &str, texts: &'t Texts) -> Option<&'t str> {
    let key = match shown(rule) {
        Shown::Everywhere => return None,
        Shown::InProduction => "shown-in-production",
        Shown::WithRoots => "shown-with-roots",
        Shown::WithRequest => "shown-with-request",
    };
    texts.sign.get(key).map(String::as_str)
}

/// Says beside the message what it does not say itself.
fn note(key: &SigningKey, rule: Option<&str>, language: Language) {
    let texts = Texts::of(language);
    if key.is_stand_in()
        && let Some(note) = texts.sign.get("stand-in")
    {
        tell(note);
    }
    if let Some((rule, condition)) = rule.and_then(|rule| Some((rule, condition(rule, texts)?))) {
        tell(&format!("{rule}: {condition}."));
    }
}

/// Says that a request is signed as an answer, or the other way round: it may be
/// meant, and a forgotten or needless `--answer` is likelier.
fn note_part(message: &Message, as_answer: bool, language: Language) {
    let key = match (message.part, as_answer) {
        (Part::Request, true) => "request-as-answer",
        (Part::Response, false) => "answer-as-request",
        _ => return,
    };
    tell(&say(
        &Texts::of(language).sign,
        key,
        &[("message", message.id())],
    ));
}

/// The rule that the user wants broken, when a sender can.
fn rule_of(named: &str) -> Result<&'static str, Failure> {
    let code = named.to_uppercase();
    match breakable().find(|(rule, _)| *rule == code) {
        Some((rule, Breakable::Never(_))) => Err(Failure::usage("sign-never").with("rule", rule)),
        Some((rule, _)) => Ok(rule),
        None if Cases::builtin().is_ok_and(|cases| cases.of(&code).next().is_some()) => {
            Err(Failure::usage("sign-content").with("rule", &code))
        }
        None => {
            let meant = nearest(&code, breakable().map(|(rule, _)| rule));
            Err(Failure::usage("no-rule")
                .with("rule", named)
                .with("nearest", meant.unwrap_or_default()))
        }
    }
}

/// How a rule can be broken; `None` for one that no transport rule is.
fn how(rule: &str) -> Option<Breakable> {
    let found = breakable().find(|(known, _)| *known == rule);
    found.map(|(_, how)| how)
}

fn is_by_certificate(rule: &str) -> bool {
    matches!(
        how(rule),
        Some(Breakable::ByCertificate | Breakable::ByCertificateOfRequest)
    )
}

/// The body, from a file or from standard input.
fn body(path: &Path) -> Result<String, Failure> {
    let limit = MAX_MESSAGE_BYTES as u64;
    let bytes = if path == Path::new("-") {
        limited(std::io::stdin().lock(), limit)
    } else {
        File::open(path).and_then(|file| limited(file, limit))
    };
    let bytes = bytes.map_err(|error| setup::unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| Failure::usage("sign-body").with("path", path.display()))
}

/// Everything that a reader gives up to `limit` bytes; more is no such file.
fn limited(reader: impl Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    Ok(bytes)
}

/// The action: what the user says, else that of the operation named, else that
/// of the message.
fn action(
    store: &Store,
    wanted: &Sign,
    is_answer: bool,
    about: Option<Contract<'_>>,
) -> Result<String, Failure> {
    if let Some(action) = &wanted.action {
        return Ok(action.clone());
    }
    let Some(operation) = &wanted.contract else {
        return about
            .and_then(|contract| contract.action)
            .map(str::to_string)
            .ok_or_else(|| Failure::usage("sign-action"));
    };
    let part = if is_answer {
        Part::Response
    } else {
        Part::Request
    };
    let named = |message: &Message| {
        **message.id() == **operation || (*message.operation == **operation && message.part == part)
    };
    let found = store.messages().find(|(_, message)| named(message));
    found
        .and_then(|(_, message)| message.action.as_deref().map(str::to_string))
        .ok_or_else(|| {
            let names = store.messages().map(|(_, message)| &*message.operation);
            Failure::usage("no-operation")
                .with("operation", operation)
                .with("nearest", nearest(operation, names).unwrap_or_default())
        })
}

/// The OIN of the school that the body names.
fn school(document: &Document) -> Option<String> {
    let code = institution_of(document, document.root_element())?;
    school_oin(document.value(code).trim())
}

/// The addresses in `From` and `To`.
fn addresses(
    wanted: &Sign,
    request: Option<&RequestFacts>,
    school: Option<String>,
    key: &SigningKey,
) -> Result<(String, String), Failure> {
    if let Some(request) = request {
        // Whoever answers speaks for itself, to whoever asked. A certificate
        // whose OIN is wrong on purpose is shown by DUO.
        let from = match key.oin().filter(|oin| crate::facts::oin(oin).is_ok()) {
            Some(oin) => oin,
            None if wanted.breaks.is_some() => DUO,
            None => return Err(Failure::usage("sign-no-oin")),
        };
        let asked = request.from.clone().or(school);
        let to = asked.ok_or_else(|| Failure::usage("sign-school"))?;
        return Ok((address_of(from), address_of(&to)));
    }
    let school = school.ok_or_else(|| Failure::usage("sign-school"))?;
    let to = match wanted.to.as_deref().unwrap_or(DUO) {
        oin if crate::facts::oin(oin).is_ok() => address_of(oin),
        url if url.contains(':') => url.to_string(),
        other => return Err(Failure::usage("sign-oin").with("value", other)),
    };
    Ok((address_of(&school), to))
}

/// The key: the user's, else one of the built-in test PKI.
fn key(
    wanted: &Sign,
    rule: Option<&'static str>,
    is_answer: bool,
    school: Option<&str>,
    clock: Clock,
) -> Result<SigningKey, Failure> {
    let by_certificate = rule.filter(|rule| is_by_certificate(rule));
    if wanted.key_files.key.is_none() && wanted.key_files.p12.is_none() {
        if let Some(rule) = by_certificate
            && is_answer
            && how(rule) == Some(Breakable::ByCertificateOfRequest)
        {
            return Err(Failure::usage("sign-requests-only").with("rule", rule));
        }
        let pki = TestPki::at(clock).map_err(|_| Failure::internal("internal"))?;
        let wrong = IDENTITIES
            .iter()
            .find(|identity| by_certificate.is_some() && identity.breaks == by_certificate);
        let right = if is_answer { "duo" } else { "leverancier" };
        let identity = wrong.map_or(right, |wrong| wrong.name);
        // Whose certificate is wrong stays who it should be.
        let whose = match wrong {
            Some(_) if identity == "school" => school,
            Some(wrong)
                if is_answer && wrong.oin.is_some_and(|oin| crate::facts::oin(oin).is_ok()) =>
            {
                Some(DUO)
            }
            _ => None,
        };
        return match whose {
            Some(oin) => pki.signing_key_of(identity, oin),
            None => pki.signing_key(identity),
        }
        .map_err(|_| Failure::internal("internal"));
    }
    if let Some(rule) = by_certificate {
        return Err(Failure::usage("sign-own-key").with("rule", rule));
    }
    wanted.key_files.read(&stand_in)
}

impl KeyFiles {
    /// Reads the key; for one that does not suit, `stand_in` may know another.
    pub fn read(&self, stand_in: &dyn Fn(&[u8]) -> Option<StandIn>) -> Result<SigningKey, Failure> {
        let path = self.key.as_deref().or(self.p12.as_deref());
        let path = path.unwrap_or(Path::new(""));
        let passphrase = setup::passphrase(self.passphrase_file.as_deref())?;
        let (named, read) = match self.cert.as_deref() {
            Some(cert) => {
                let (key, certificates) = (file(path)?, file(cert)?);
                let passphrase = passphrase.as_ref();
                let read = SigningKey::from_pem_or(&key, &certificates, passphrase, stand_in);
                (cert, read)
            }
            None => {
                let bytes = file(path)?;
                let read = match &passphrase {
                    Some(passphrase) => SigningKey::from_pkcs12_or(&bytes, passphrase, stand_in),
                    None => Err(KeyError::PassphraseMissing),
                };
                (path, read)
            }
        };
        read.map_err(|error| {
            let (key, at_fault) = match error {
                KeyError::NoKey => ("key-none", path),
                KeyError::PassphraseMissing => ("key-passphrase-missing", path),
                KeyError::PassphraseWrong => ("key-passphrase-wrong", path),
                KeyError::Unsuited => ("key-unsuited", path),
                KeyError::NoCertificate => ("key-no-certificate", named),
                KeyError::Mismatch => ("key-mismatch", named),
            };
            Failure::usage(key).with("path", at_fault.display())
        })
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    File::open(path)
        .and_then(|file| limited(file, MAX_KEY_BYTES))
        .map_err(|error| setup::unreadable(path, &error))
}

/// The same body at the same moment has the same id when the user names the
/// moment, and one of its own otherwise.
fn new_message_id(body: &str, clock: Clock, reproducible: bool) -> String {
    let moment = clock.now().to_string();
    let mut seed = vec![body.as_bytes().to_vec(), moment.into_bytes()];
    if !reproducible {
        // Keyed from the randomness of the system.
        let random = || RandomState::new().build_hasher().finish().to_be_bytes();
        seed.extend([random().to_vec(), random().to_vec()]);
    }
    let seed: Vec<&[u8]> = seed.iter().map(Vec::as_slice).collect();
    message_id(&seed)
}

fn unsigned(error: SignError, path: &Path, rule: Option<&str>) -> Failure {
    let rule = rule.unwrap_or_default();
    match error {
        SignError::Body => Failure::usage("sign-body").with("path", path.display()),
        SignError::Character => Failure::usage("sign-character"),
        SignError::Moment => Failure::usage("sign-moment"),
        SignError::RequestsOnly => Failure::usage("sign-requests-only").with("rule", rule),
        SignError::AnswersOnly => Failure::usage("sign-answers-only").with("rule", rule),
        SignError::NotBreakable | SignError::ByCertificate => {
            Failure::usage("sign-not-broken").with("rule", rule)
        }
        SignError::Operation => Failure::internal("internal"),
    }
}

/// Whether a message breaks `rule` for a receiver that trusts the built-in
/// test PKI as if it were the real one. A rule may not fit a message: an
/// enquiry needs no `From`.
fn breaks(
    message: &str,
    rule: &str,
    about: Option<Contract<'_>>,
    request: Option<&RequestFacts>,
    clock: Clock,
) -> bool {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in_as_real(&mut store, &mut lists);
    let trust = Trust::new(store, lists);
    let document = Gated::xml(message.as_bytes())
        .ok()
        .and_then(|gated| Document::from_xml(gated).ok());
    let Some(document) = document else {
        return false;
    };
    let report = judge_envelope(&EnvelopeContext {
        security: SecurityContext {
            document: &document,
            now: clock.now(),
            profile: Profile::Production,
            trust: &trust,
            clock_skew: SecurityContext::CLOCK_SKEW,
        },
        contract: about,
        http: None,
        request,
    });
    report.is_some_and(|report| {
        let mut findings = report.findings.iter();
        findings.any(|finding| finding.kind == Kind::Violation && *finding.code == *rule)
    })
}
