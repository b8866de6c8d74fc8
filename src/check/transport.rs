//! How a message travelled: its envelope, its HTTP message, its signature.

use std::sync::atomic::{AtomicBool, Ordering};

use super::bench::Bench;
use super::own_findings::{encrypted, no_pack_at_hand, tool_finding};
use super::recognise::Known;
use crate::document::{Document, Gated, PlaceOf};
use crate::edukoppeling::{
    Contract, Envelope, EnvelopeContext, RequestFacts, SecurityContext, Sender, TransportReport,
    Way, action_of, encrypted_content, judge_envelope, judge_without_envelope,
};
use crate::event::Carrier;
use crate::exchange::Exchange;
use crate::finding::{Args, Finding};
use crate::pack::{Message, Part};

/// DUO's contracts and the schemas that go with them (20-edukoppeling.md,
/// WA001-Action).
const CONTRACTS: &str = "http://duo.nl/contract/";
const SCHEMAS: &str = "http://duo.nl/schema/";

/// Operations that only ask for data and need no `wsa:From`.
const ENQUIRIES: &[&str] = &["opvragen", "aanvraag"];

/// The request that the user names for answers without one of their own.
pub struct NamedRequest {
    facts: RequestFacts,
    /// An answer was compared with it.
    used: AtomicBool,
}

impl NamedRequest {
    /// A request of which these facts are known.
    pub fn new(facts: RequestFacts) -> Self {
        Self {
            facts,
            used: AtomicBool::new(false),
        }
    }

    /// Whether any answer was compared with it.
    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

/// Judges how a document travelled: the envelope that it is, or that a message
/// over HTTP lacks; `None` where nothing tells that it travelled.
pub(super) fn judge_transport(
    bench: &Bench,
    document: &Document,
    exchange: &Exchange,
    known: Option<&Known>,
) -> Option<TransportReport> {
    // Asked first: reading the request of an answer costs as much as the answer.
    if Envelope::of(document).is_none() {
        let bare = known.is_some_and(|known| known.carrier == Carrier::Bare);
        let http = exchange.http.as_ref().filter(|_| bare)?;
        return Some(judge_without_envelope(document, http));
    }
    let of_capture = exchange.answers.as_deref().and_then(request_facts);
    let named = bench.request.as_ref().filter(|_| of_capture.is_none());
    let mut report = judge_envelope(&EnvelopeContext {
        security: SecurityContext {
            document,
            now: exchange.received.unwrap_or_else(|| bench.facts.clock.now()),
            profile: bench.facts.profile,
            trust: &bench.trust,
            clock_skew: SecurityContext::CLOCK_SKEW,
        },
        contract: known.map(|known| contract(known.message())),
        http: exchange.http.as_ref(),
        request: of_capture.as_ref().or(named.map(|named| &named.facts)),
    })?;
    match (named, report.way) {
        (Some(_), Way::Request) => {
            let place = document.place(document.root_element(), PlaceOf::Name);
            let finding = tool_finding("KK-INVOER-VERZOEK", Args::new(), place);
            report.findings.push(finding);
        }
        (Some(named), _) => named.used.store(true, Ordering::Relaxed),
        (None, _) => {}
    }
    Some(report)
}

/// What of a request its answer must agree with; `None` when it is no SOAP
/// message.
pub fn request_facts(request: &Exchange) -> Option<RequestFacts> {
    let gated = Gated::xml(&request.body).ok()?;
    RequestFacts::of(&Document::from_xml(gated).ok()?)
}

/// What the transport rules need of a message in a pack's manifest.
pub fn contract(message: &Message) -> Contract<'_> {
    let operation = &*message.operation;
    let maker = message.direction.as_deref().unwrap_or_default();
    Contract {
        action: message.action.as_deref(),
        way: match message.part {
            Part::Request => Way::Request,
            Part::Response => Way::Response,
        },
        sender: match maker.split_once('-') {
            Some(("las", _)) => Sender::School,
            Some(("duo" | "rio", _)) => Sender::Duo,
            _ => Sender::Other,
        },
        enquiry: ENQUIRIES.iter().any(|verb| operation.starts_with(verb)),
    }
}

/// The finding on a message whose content is encrypted: which contract it is
/// of, nobody can see.
pub(super) fn encrypted_message(document: &Document) -> Option<Finding> {
    let content = encrypted_content(document, &Envelope::of(document)?)?;
    Some(encrypted(document, content))
}

/// The finding on a message of a contract that exists, as its envelope and its
/// body say alike, and of which no pack is at hand. `None` where they do not
/// agree: then its namespace is a mistake.
pub(super) fn contract_without_pack(document: &Document) -> Option<Finding> {
    let body = Envelope::of(document)?.body?;
    let content = document.elements(body).next()?;
    let contract = document.namespace(content).strip_prefix(SCHEMAS)?;
    let action = action_of(document)?;
    let (named, _) = action.strip_prefix(CONTRACTS)?.split_once('/')?;
    (named == contract).then(|| no_pack_at_hand(document, content, contract))
}
