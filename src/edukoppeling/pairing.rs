//! An answer beside its request (20-edukoppeling.md, WA001-RelatesTo and
//! WB014).

use super::addressing::Addressing;
use super::message::{Message, RequestFacts, Sender, Way};
use super::names::{DSIG, WSSE11};
use super::oin::{DUO, oin_of};
use super::said::Said;
use super::security::{Envelope, child, children};
use crate::document::{Document, NodeId};
use crate::facts;
use crate::finding::{Args, MessageValue};

const RELATES_TO: &str = "KK-EK-WA001-RELATESTO-ANDERS";
const TO: &str = "KK-EK-OIN-ANTWOORD";
const FROM: &str = "KK-EK-OIN-ANTWOORD-VAN";
const CONFIRMATION: &str = "KK-EK-WB014";

impl RequestFacts {
    /// What of a request its answer must agree with; `None` when it is no SOAP
    /// message, or relates to another and so is an answer itself.
    pub fn of(document: &Document) -> Option<Self> {
        let envelope = Envelope::of(document)?;
        let addressing = Addressing::of(document, envelope.header);
        if addressing.header(document, "RelatesTo").is_some() {
            return None;
        }
        let oin = |header| {
            let address = addressing.address(document, header)?;
            oin_of(&document.value(address)).map(str::to_string)
        };
        Some(Self {
            message_id: addressing.text(document, "MessageID"),
            from: oin("From"),
            to: oin("To"),
            signature: signature_value(document, &envelope),
            security11: uses_11(document, &envelope),
        })
    }
}

pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    if message.way != Way::Response {
        return;
    }
    let confirmations = confirmations(message);
    let Some(request) = message.request else {
        return;
    };
    relates_to(message, request, said);
    agree(message, ("To", TO), request.from.as_deref(), said);
    // Who poses as DUO meets a rule of its own.
    let from = message.addressing.address(message.document, "From");
    let from = from.map(|node| message.document.value(node));
    if message.sender != Sender::Duo || from.as_deref().and_then(oin_of) == Some(DUO) {
        agree(message, ("From", FROM), request.to.as_deref(), said);
    }
    confirmation(message, request, &confirmations, said);
}

fn relates_to(message: &Message<'_>, request: &RequestFacts, said: &mut Said<'_>) {
    let document = message.document;
    let node = message.addressing.header(document, "RelatesTo");
    if let (Some(node), Some(asked)) = (node, &request.message_id) {
        said.judging(&[RELATES_TO]);
        let found = document.value(node);
        // An empty one is no reference at all, and said as such.
        if !found.trim().is_empty() && found.trim() != asked {
            let args = Args::new()
                .with("found", MessageValue::plain(found.trim()))
                .with("expected", MessageValue::plain(asked.as_str()));
            said.broken_by_value(RELATES_TO, node, args);
        }
    }
}

/// The answer goes to the school that asked, and comes from whom it asked.
fn agree(
    message: &Message<'_>,
    (header, code): (&str, &'static str),
    expected: Option<&str>,
    said: &mut Said<'_>,
) {
    let document = message.document;
    let Some(node) = message.addressing.address(document, header) else {
        return;
    };
    let value = document.value(node);
    let found = oin_of(&value).filter(|oin| facts::oin(oin).is_ok());
    if let (Some(found), Some(expected)) = (found, expected) {
        said.judging(&[code]);
        if found != expected {
            let args = Args::new()
                .with("found", MessageValue::plain(found))
                .with("expected", MessageValue::plain(expected));
            said.broken_by_value(code, node, args);
        }
    }
}

/// WB014: with WS-Security 1.1 only; DUO's real answers are of 1.0 and confirm
/// nothing.
fn confirmation(
    message: &Message<'_>,
    request: &RequestFacts,
    confirmations: &[NodeId],
    said: &mut Said<'_>,
) {
    let document = message.document;
    let applies = request.security11 || uses_11(document, &message.envelope);
    let Some(signature) = request.signature.as_deref().filter(|_| applies) else {
        return;
    };
    said.judging(&[CONFIRMATION]);
    let confirms = |&node: &NodeId| {
        let value = document.attribute(node, "Value").unwrap_or_default();
        value.split_ascii_whitespace().collect::<String>() == signature
    };
    if confirmations.iter().any(confirms) {
        return;
    }
    match confirmations.first() {
        Some(&node) => said.broken(CONFIRMATION, node, Args::new()),
        None => said.missing(CONFIRMATION, message.holder()),
    }
}

fn confirmations(message: &Message<'_>) -> Vec<NodeId> {
    let document = message.document;
    let securities = message.envelope.security(document);
    let confirmations = securities
        .iter()
        .flat_map(|security| children(document, security.node, WSSE11, "SignatureConfirmation"));
    confirmations.collect()
}

/// Whether a security header holds anything of WS-Security 1.1.
fn uses_11(document: &Document, envelope: &Envelope) -> bool {
    envelope.security(document).iter().any(|security| {
        document
            .subtree(security.node)
            .any(|node| document.namespace(node) == WSSE11)
    })
}

/// The value of the first signature, base64 without white space.
fn signature_value(document: &Document, envelope: &Envelope) -> Option<String> {
    let securities = envelope.security(document);
    let signature = securities
        .iter()
        .find_map(|security| security.signatures().next())?;
    let value = child(document, signature, DSIG, "SignatureValue")?;
    Some(document.value(value).split_ascii_whitespace().collect())
}
