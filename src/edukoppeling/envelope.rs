//! An envelope, judged whole: SOAP, addressing, HTTP, who speaks for whom, and
//! its security.

use super::addressing::{self, Addressing};
use super::certificate::Certificate;
use super::judge::{SecurityContext, judge_security};
use super::message::{Message, RequestFacts, Sender, Way};
use super::names::SOAP;
use super::said::{Said, TransportReport};
use super::security::{Envelope, is};
use super::{encryption, http, oin, pairing, soap};
use crate::document::{Document, NodeId};
use crate::exchange::{Direction, HttpFacts};

/// A header is there at all: without one, addressing and signature are missing
/// together, and that is one mistake.
const NO_HEADER: &str = "KK-EK-WA001-KOP";
/// The profile 2W-be-S signs every message (20-edukoppeling.md, WB003).
const NO_SECURITY: &str = "KK-EK-WB003-BEVEILIGING";

/// What the contract says of the message in an envelope.
#[derive(Debug, Clone, Copy)]
pub struct Contract<'a> {
    /// The action of the operation.
    pub action: Option<&'a str>,
    /// Request or response.
    pub way: Way,
    /// Who makes such messages.
    pub sender: Sender,
    /// Whether the operation only asks for data.
    pub enquiry: bool,
}

/// What an envelope is judged with.
#[derive(Clone, Copy)]
pub struct EnvelopeContext<'a> {
    /// The document, and what its security is judged with.
    pub security: SecurityContext<'a>,
    /// What the contract says, where it is known.
    pub contract: Option<Contract<'a>>,
    /// The HTTP message around the envelope.
    pub http: Option<&'a HttpFacts>,
    /// The request that it answers.
    pub request: Option<&'a RequestFacts>,
}

/// Judges an envelope; `None` for a document that is no SOAP 1.1 envelope.
pub fn judge_envelope(context: &EnvelopeContext<'_>) -> Option<TransportReport> {
    let document = context.security.document;
    let envelope = Envelope::of(document)?;
    let addressing = Addressing::of(document, envelope.header);
    let content = envelope
        .body
        .and_then(|body| document.elements(body).next());
    let is_fault = content.is_some_and(|node| is(document, node, SOAP, "Fault"));
    let way = way(context, document, &addressing, content);
    let header = envelope.header;
    if header.is_none_or(|header| document.elements(header).next().is_none()) {
        let mut said = Said::new(document);
        // Whoever fails before the profile comes in answers without it.
        if !is_fault {
            said.missing(NO_HEADER, header.unwrap_or(envelope.node));
        }
        if let Some(http) = context.http {
            http::judge_head(http, &mut said);
        }
        encryption::judge(document, &envelope, &mut said);
        return Some(TransportReport {
            way,
            ..said.finish()
        });
    }
    let security = judge_security(&context.security);
    let message = Message {
        document,
        sender: sender(context, document, &addressing),
        way,
        enquiry: context.contract.is_some_and(|contract| contract.enquiry),
        action: context.contract.and_then(|contract| contract.action),
        content,
        http: context.http,
        request: context.request,
        signer: security.signer.as_ref(),
        profile: context.security.profile,
        addressing,
        envelope,
    };
    let mut said = Said::new(document);
    said.judging(&[NO_HEADER, NO_SECURITY]);
    if message.envelope.security(document).is_empty() {
        said.missing(NO_SECURITY, message.holder());
    }
    soap::judge(&message, &mut said);
    addressing::judge(&message, &mut said);
    oin::judge(&message, &mut said);
    http::judge(&message, &mut said);
    pairing::judge(&message, &mut said);
    encryption::judge(document, &message.envelope, &mut said);
    let mut report = said.finish();
    let signer = security.signer.as_ref().and_then(Certificate::oin);
    report.signer = signer.map(str::to_string);
    report.way = way;
    report.findings.extend(security.findings);
    report.held.extend(security.held);
    report.beyond.absorb(&security.beyond);
    Some(report)
}

/// Request or response: the contract knows, else HTTP, else the message: only
/// an answer relates to something, and a fault is one.
fn way(
    context: &EnvelopeContext<'_>,
    document: &Document,
    addressing: &Addressing,
    content: Option<NodeId>,
) -> Way {
    if let Some(contract) = context.contract {
        return contract.way;
    }
    if let Some(http) = context.http {
        return match http.direction() {
            Direction::Request => Way::Request,
            Direction::Response => Way::Response,
        };
    }
    let is_fault = |node: NodeId| is(document, node, SOAP, "Fault");
    let name = content.map_or("", |node| document.local_name(node));
    let ends = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    if context.request.is_some()
        || addressing.header(document, "RelatesTo").is_some()
        || content.is_some_and(is_fault)
        || ends("_response")
    {
        Way::Response
    } else if ends("_request") {
        Way::Request
    } else {
        Way::Unknown
    }
}

/// Who made it: the contract knows, else the OIN in `From` tells.
fn sender(context: &EnvelopeContext<'_>, document: &Document, addressing: &Addressing) -> Sender {
    if let Some(contract) = context.contract {
        return contract.sender;
    }
    let address = addressing.address(document, "From");
    let value = address.map(|node| document.value(node));
    match value.as_deref().and_then(oin::oin_of) {
        Some(oin::DUO) => Sender::Duo,
        Some(oin) if oin::is_school(oin) => Sender::School,
        _ => Sender::Other,
    }
}
