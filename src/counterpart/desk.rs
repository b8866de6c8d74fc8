//! The SOAP desk of a party: it judges what comes in, refuses what cannot be
//! accepted, and signs what goes out.

use std::sync::Arc;

use jiff::Timestamp;

use super::body::Body;
use super::defect::Defect;
use super::fault::{Fault, MEDIA_TYPE, Reason};
use super::judges::Judges;
use super::outgoing::Service;
use super::reading::Reading;
use crate::clock::RunningClock;
use crate::document::{Document, Gated, NodeId};
use crate::edukoppeling::{
    Envelope, RequestFacts, SignError, SignRequest, SigningKey, address_of, message_id, school_oin,
};
use crate::event::{Judged, Reported};
use crate::exchange::Exchange;
use crate::facts::oin;
use crate::finding::{Class, Kind, Language, RuleBook};
use crate::pack::{Message, Part};
use crate::report::Voice;
use crate::transport::{Request, Response};

/// What a desk is made of.
pub struct DeskOptions {
    /// The key that the party signs with; its certificate names the party.
    pub key: Arc<SigningKey>,
    /// The time that the party goes by.
    pub clock: RunningClock,
    /// What it judges with.
    pub judges: Arc<Judges>,
    /// What its message ids are derived from.
    pub seed: Arc<str>,
    /// Which messages it takes: the directions of the packs (`las-duo`).
    pub takes: &'static [&'static str],
    /// What the party does wrong.
    pub defect: Arc<Defect>,
}

/// The SOAP desk of a party. Serves several threads at a time.
pub struct Desk {
    options: DeskOptions,
}

/// A message that was accepted: its envelope holds, and what is said of its
/// body is for the party to weigh.
pub struct Received {
    document: Arc<Document>,
    root: NodeId,
    /// The message in its pack.
    pub message: Message,
    /// The contract.
    pub contract: Arc<str>,
    /// The service in the OSR that the contract belongs to.
    pub service: Option<Service>,
    /// The addressing and signature that an answer must agree with.
    pub facts: RequestFacts,
    /// The OIN of the certificate that it is signed with: the supplier's.
    pub supplier: String,
    /// What the rules say of the body and, below foutmelding, of the envelope.
    pub remarks: Vec<Remark>,
    /// When it was received.
    pub moment: Timestamp,
}

/// What a rule says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The rule's code.
    pub code: String,
    /// DUO's number for it, where that is known.
    pub duo: Option<String>,
    /// Its class.
    pub class: Class,
    /// What is wrong, in Dutch, values of persons masked.
    pub text: String,
    /// Where: the path of the element in the message.
    pub path: String,
    /// Whether it is about the envelope.
    pub of_envelope: bool,
}

/// A signed message.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The message.
    pub xml: String,
    /// Its action.
    pub action: String,
    /// Its message id.
    pub message_id: String,
}

impl std::fmt::Debug for Signed {
    /// Leaves out the message.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Received {
    /// Leaves out the content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received")
            .field("operation", &self.message.operation)
            .field("remarks", &self.remarks.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Received {
    /// The message element.
    pub fn body(&self) -> Reading<'_> {
        Reading::of(&self.document, self.root)
    }

    /// The element at the path of a remark; `None` when the path does not lead
    /// to one in the body.
    pub fn at(&self, path: &str) -> Option<Reading<'_>> {
        let steps = path.split('/').filter(|step| !step.is_empty());
        let mut at = NodeId::ROOT;
        for step in steps {
            let name = step.strip_prefix("*:").unwrap_or(step);
            let (name, number) = match name.split_once('[') {
                Some((name, number)) => (name, number.strip_suffix(']')?.parse().ok()?),
                None => (name, 1usize),
            };
            at = self
                .document
                .elements(at)
                .filter(|&node| self.document.local_name(node) == name)
                .nth(number.checked_sub(1)?)?;
        }
        let within = self.document.is_within(at, self.root);
        within.then(|| Reading::of(&self.document, at))
    }

    /// The local name of the message element.
    pub fn root(&self) -> &str {
        self.document.local_name(self.root)
    }

    /// The OIN of the school that it is sent for: that of the addressing, else
    /// that of the institution or the sender in the body (an enquiry needs no
    /// `wsa:From`).
    pub fn school(&self) -> Option<String> {
        let of_body = || {
            let body = self.body();
            body.instellingscode()
                .and_then(|code| school_oin(&code))
                .or_else(|| body.text("verzendendeInstantie"))
        };
        let school = self.facts.from.clone().or_else(of_body);
        school.filter(|school| oin(school).is_ok())
    }

    /// The remarks of a class that are about the body.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &Remark> {
        let remarks = self.remarks.iter();
        remarks.filter(move |remark| !remark.of_envelope && remark.class == class)
    }
}

impl Desk {
    /// A desk of these parts.
    pub fn new(options: DeskOptions) -> Self {
        Self { options }
    }

    /// The time that the party goes by.
    pub fn clock(&self) -> &RunningClock {
        &self.options.clock
    }

    /// The OIN of the party's certificate.
    pub fn oin(&self) -> &str {
        // A party without an OIN cannot sign for anybody; judging its messages
        // says so.
        self.options.key.oin().unwrap_or_default()
    }

    /// What the party does wrong.
    pub fn defect(&self) -> &Defect {
        &self.options.defect
    }

    /// The seed of the party.
    pub fn seed(&self) -> &str {
        &self.options.seed
    }

    /// Judges a request.
    ///
    /// # Errors
    ///
    /// The fault with which it is refused: it cannot be read, is none of the
    /// messages that the party takes, or its envelope, signature or
    /// certificate is wrong. What is wrong with its body is no reason.
    pub fn receive(&self, exchange: &Exchange) -> Result<Received, Fault> {
        self.judged(exchange, Part::Request)
    }

    /// Judges the answer to a request of this party; the exchange says which
    /// request.
    ///
    /// # Errors
    ///
    /// As [`Desk::receive`]: why the answer cannot be accepted.
    pub fn receive_answer(&self, exchange: &Exchange) -> Result<Received, Fault> {
        self.judged(exchange, Part::Response)
    }

    fn judged(&self, exchange: &Exchange, part: Part) -> Result<Received, Fault> {
        let moment = self.options.clock.now();
        let mut exchange = exchange.clone();
        // To the second, as timestamps are: what was found out about a
        // certificate then serves all messages of that second.
        exchange.received = Some(Timestamp::from_second(moment.as_second()).unwrap_or(moment));
        let body = Arc::clone(&exchange.body);
        let judges = &self.options.judges;
        let outcome = judges.judge(exchange).ok_or(Reason::Receiver)?;
        if outcome.internal {
            return Err(Reason::Receiver.into());
        }
        let remarks = self.remarks(&outcome.judged);
        let refused: Vec<&Remark> = remarks
            .iter()
            .filter(|remark| remark.class == Class::Foutmelding)
            .collect();
        let (Some(recognised), Some(pack)) = (&outcome.judged.message, &outcome.pack) else {
            return Err(fault(unrecognised(&refused), &refused));
        };
        let of_envelope = |remark: &&Remark| remark.of_envelope;
        let refused: Vec<&Remark> = refused.into_iter().filter(of_envelope).collect();
        if let Some(reason) = refused
            .iter()
            .map(|remark| reason_of(&remark.code))
            .min_by_key(rank)
        {
            return Err(fault(reason, &refused));
        }
        // A receiver trusts only roots it knows: a chain that could not be judged
        // is none that it accepts.
        let unknown_root = |finding: &Reported| {
            finding.kind == Kind::Undecided
                && finding.code.starts_with("KK-EK-PKI005")
                && self.defect().keeps_to(&finding.code)
        };
        if outcome.judged.findings.iter().any(unknown_root) {
            return Err(Reason::Certificate.into());
        }
        let message = pack.manifest.message(&recognised.name);
        let message = message.filter(|message| message.part == part);
        let message = message.filter(|message| {
            let direction = message.direction.as_deref().unwrap_or_default();
            self.options.takes.contains(&direction)
        });
        let message = message.ok_or(Reason::Unknown)?.clone();
        // The judge has read it before; it reads again here.
        let document = Gated::xml(&body)
            .ok()
            .and_then(|gated| Document::from_xml(gated).ok())
            .ok_or(Reason::Malformed)?;
        let root = Envelope::of(&document)
            .and_then(|envelope| document.elements(envelope.body?).next())
            .ok_or(Reason::Malformed)?;
        let facts = match part {
            Part::Request => RequestFacts::of(&document).ok_or(Reason::Envelope)?,
            Part::Response => RequestFacts::default(),
        };
        Ok(Received {
            root,
            contract: pack.manifest.contract.clone(),
            service: Service::of_family(&pack.manifest.family),
            document: Arc::new(document),
            message,
            facts,
            // Without one, nothing would hold that refuses.
            supplier: outcome.signer.ok_or(Reason::Certificate)?,
            remarks,
            moment,
        })
    }

    /// What is said of a message, broken rules only: what could not be decided
    /// is nobody's mistake.
    fn remarks(&self, judged: &Judged) -> Vec<Remark> {
        let bench = self.options.judges.bench();
        let voice = Voice::new(&bench.rules, Language::Nl);
        let broken = judged.findings.iter();
        let broken = broken.filter(|finding| {
            finding.kind == Kind::Violation && self.defect().keeps_to(&finding.code)
        });
        let remark = |finding: &Reported| Remark {
            duo: bench
                .rules
                .rule(&finding.code)
                .map(|rule| rule.duo.to_string())
                .filter(|duo| !duo.is_empty()),
            class: finding.class,
            text: voice.wording(finding).message,
            path: finding.path.clone(),
            of_envelope: finding.code.starts_with("KK-EK-"),
            code: finding.code.clone(),
        };
        broken.map(remark).collect()
    }

    /// Signs an answer in the name of `from`.
    ///
    /// # Errors
    ///
    /// The body or an address cannot be signed: the party is at fault.
    pub fn answer(
        &self,
        received: &Received,
        from: &str,
        body: &Body,
        breaks: Option<&str>,
    ) -> Result<Response, SignError> {
        let action = body.action().unwrap_or_default();
        self.answer_xml(received, from, &body.to_xml(), action, breaks)
    }

    /// Signs an answer whose body was written before.
    ///
    /// # Errors
    ///
    /// As [`Desk::answer`].
    pub fn answer_xml(
        &self,
        received: &Received,
        from: &str,
        xml: &str,
        action: &str,
        breaks: Option<&str>,
    ) -> Result<Response, SignError> {
        let now = self.options.clock.now();
        let asked = received.facts.message_id.as_deref().unwrap_or_default();
        let id = self.message_id("antwoord", xml, asked, now);
        let to = received.school().unwrap_or_default();
        let confirms = received.facts.signature.as_deref();
        let signed = self.defect().sign(SignRequest {
            body: xml,
            action,
            from: &address_of(from),
            to: &address_of(&to),
            message_id: &id,
            relates_to: received.facts.message_id.as_deref(),
            confirms: confirms.filter(|_| received.facts.security11),
            created: now,
            lifetime: SignRequest::LIFETIME,
            key: &self.options.key,
            breaks,
        })?;
        Ok(Response::new(200, MEDIA_TYPE, signed.into_bytes()))
    }

    /// Signs a request in the name of `from` for `to`, both OINs.
    ///
    /// # Errors
    ///
    /// As [`Desk::answer`].
    pub fn request(
        &self,
        from: &str,
        to: &str,
        body: &Body,
        breaks: Option<&str>,
    ) -> Result<Signed, SignError> {
        let action = body.action().unwrap_or_default().to_string();
        self.sign_xml(from, to, &body.to_xml(), action, breaks)
    }

    /// Signs a request whose body was written before.
    ///
    /// # Errors
    ///
    /// As [`Desk::answer`].
    pub fn sign_xml(
        &self,
        from: &str,
        to: &str,
        xml: &str,
        action: String,
        breaks: Option<&str>,
    ) -> Result<Signed, SignError> {
        let now = self.options.clock.now();
        let message_id = self.message_id("verzoek", xml, to, now);
        let signed = self.defect().sign(SignRequest {
            body: xml,
            action: &action,
            from: &address_of(from),
            to: &address_of(to),
            message_id: &message_id,
            relates_to: None,
            confirms: None,
            created: now,
            lifetime: SignRequest::LIFETIME,
            key: &self.options.key,
            breaks,
        })?;
        Ok(Signed {
            xml: signed,
            action,
            message_id,
        })
    }

    /// A message id of its own for every message: the body holds an
    /// identificatiecode that is never the same, and what is sent again is
    /// sent at another moment.
    fn message_id(&self, kind: &str, body: &str, other: &str, now: Timestamp) -> String {
        let moment = now.to_string();
        message_id(&[
            self.options.seed.as_bytes(),
            kind.as_bytes(),
            body.as_bytes(),
            other.as_bytes(),
            moment.as_bytes(),
        ])
    }
}

impl Signed {
    /// The HTTP request that carries it to `url`.
    pub fn to(&self, url: &str) -> Request {
        Request {
            method: "POST".to_string(),
            url: url.to_string(),
            headers: vec![
                ("content-type".to_string(), MEDIA_TYPE.to_string()),
                ("soapaction".to_string(), format!("\"{}\"", self.action)),
            ],
            body: Arc::from(self.xml.as_bytes()),
        }
    }
}

fn fault(reason: Reason, rules: &[&Remark]) -> Fault {
    Fault {
        reason,
        rules: rules
            .iter()
            .map(|remark| (remark.code.clone(), remark.text.clone()))
            .collect(),
    }
}

/// A message element that nobody knows is another mistake than bytes that
/// nobody can read.
fn unrecognised(refused: &[&Remark]) -> Reason {
    const UNKNOWN: &[&str] = &["KK-HERKEN-NAAMRUIMTE", "KK-HERKEN-ELEMENT", "KK-PACK-"];
    let unknown = |remark: &&Remark| UNKNOWN.iter().any(|code| remark.code.starts_with(code));
    match refused.iter().any(unknown) {
        true => Reason::Unknown,
        false => Reason::Malformed,
    }
}

/// What a broken rule of Edukoppeling is about.
fn reason_of(code: &str) -> Reason {
    let rule = code.strip_prefix("KK-EK-").unwrap_or(code);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| rule.starts_with(prefix));
    if begins(&["PKI", "WB009", "OIN-SCHOOLCERTIFICAAT", "OIN-MODEL"]) {
        Reason::Certificate
    } else if begins(&["WB", "SIGN", "WRAP"]) {
        Reason::Signature
    } else {
        Reason::Envelope
    }
}

/// The order in which a receiver meets mistakes: the envelope is read before
/// the signature, the signature before the certificate.
fn rank(reason: &Reason) -> u8 {
    match reason {
        Reason::Envelope => 0,
        Reason::Signature => 1,
        _ => 2,
    }
}
