//! WS-Addressing: the headers of a message (20-edukoppeling.md, WA001).

use super::message::{Message, Way};
use super::names::WSA;
use super::said::Said;
use super::security::{Envelope, children, is};
use crate::document::{Document, NodeId};
use crate::finding::{Args, MessageValue};

/// The address of whoever is at the other end of the connection.
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";
/// The address of nobody: no answer is wanted.
pub const NONE: &str = "http://www.w3.org/2005/08/addressing/none";

/// Earlier WS-Addressing, which software still sends.
pub(super) const EARLIER: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2003/03/addressing",
    "http://schemas.xmlsoap.org/ws/2004/03/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
];

/// Headers that WS-Addressing 1.0 allows once.
const ONCE: &[&str] = &["To", "Action", "MessageID", "From", "ReplyTo", "FaultTo"];

const NAMESPACE: &str = "KK-EK-WA001-NAAMRUIMTE";
const TWICE: &str = "KK-EK-WA001-DUBBEL";
const TO: &str = "KK-EK-WA001-TO";
const TO_ADDRESS: &str = "KK-EK-WA001-TO-ADRES";
const ACTION: &str = "KK-EK-WA001-ACTION";
const ACTION_OTHER: &str = "KK-EK-WA001-ACTION-ANDERS";
const MESSAGE_ID: &str = "KK-EK-WA001-MESSAGEID";
const MESSAGE_ID_IRI: &str = "KK-EK-WA001-MESSAGEID-IRI";
const RELATES_TO: &str = "KK-EK-WA001-RELATESTO";
const RELATES_TO_REQUEST: &str = "KK-EK-WA001-RELATESTO-VERZOEK";
const REPLY_TO: &str = "KK-EK-WA001-REPLYTO";
const FROM: &str = "KK-EK-WA001-FROM";
const EPR: &str = "KK-EK-WA001-EPR";
const OTHER: &str = "KK-EK-WA001-OVERIG";

/// The addressing headers of one message.
#[derive(Debug, Default)]
pub struct Addressing {
    headers: Vec<NodeId>,
}

impl Addressing {
    /// The headers of WS-Addressing 1.0 among the blocks of a header.
    pub fn of(document: &Document, header: Option<NodeId>) -> Self {
        let blocks = header.into_iter().flat_map(|node| document.elements(node));
        Self {
            headers: blocks
                .filter(|&node| document.namespace(node) == WSA)
                .collect(),
        }
    }

    /// The first header of that name.
    pub fn header(&self, document: &Document, local: &str) -> Option<NodeId> {
        self.all(document, local).next()
    }

    fn all<'a>(&'a self, document: &'a Document, local: &'a str) -> impl Iterator<Item = NodeId> {
        let headers = self.headers.iter().copied();
        headers.filter(move |&node| document.local_name(node) == local)
    }

    /// The text of a header, without white space around it.
    pub fn text(&self, document: &Document, local: &str) -> Option<String> {
        let node = self.header(document, local)?;
        Some(document.value(node).trim().to_string())
    }

    /// The element that holds the address of an endpoint reference (`From`,
    /// `ReplyTo`) or is the address itself (`To`).
    pub fn address(&self, document: &Document, local: &str) -> Option<NodeId> {
        let node = self.header(document, local)?;
        match document.elements(node).next() {
            None => Some(node),
            Some(_) => addresses(document, node).next(),
        }
    }
}

/// The action of a SOAP message.
pub fn action_of(document: &Document) -> Option<String> {
    let envelope = Envelope::of(document)?;
    Addressing::of(document, envelope.header).text(document, "Action")
}

/// Judges the addressing headers of a message.
pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    namespaces(message, said);
    once(message, said);
    to(message, said);
    action(message, said);
    message_id(message, said);
    relates_to(message, said);
    endpoints(message, said);
    others(message, said);
}

fn namespaces(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[NAMESPACE]);
    let document = message.document;
    for node in message.blocks() {
        let namespace = document.namespace(node);
        if EARLIER.contains(&namespace) {
            let args = Args::new()
                .with("element", document.local_name(node))
                .with("namespace", namespace);
            said.broken(NAMESPACE, node, args);
        }
    }
}

fn once(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[TWICE]);
    for name in ONCE {
        for node in message.addressing.all(message.document, name).skip(1) {
            said.broken(TWICE, node, Args::new().with("element", *name));
        }
    }
}

fn to(message: &Message<'_>, said: &mut Said<'_>) {
    let document = message.document;
    match message.addressing.header(document, "To") {
        Some(node) => {
            said.judging(&[TO_ADDRESS]);
            if !is_absolute(document.value(node).trim()) {
                said.broken_by_value(TO_ADDRESS, node, Args::new());
            }
        }
        // An answer without it goes to whoever asked.
        None if message.way == Way::Request => said.missing(TO, message.holder()),
        None => {}
    }
    if message.way == Way::Request {
        said.judging(&[TO]);
    }
}

fn action(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[ACTION]);
    let document = message.document;
    let Some(node) = message.addressing.header(document, "Action") else {
        said.missing(ACTION, message.holder());
        return;
    };
    let Some(expected) = message.action else {
        return;
    };
    said.judging(&[ACTION_OTHER]);
    let found = document.value(node);
    let found = found.trim();
    if found != expected {
        let args = Args::new()
            .with("found", MessageValue::plain(found))
            .with("expected", expected);
        said.broken_by_value(ACTION_OTHER, node, args);
    }
}

fn message_id(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[MESSAGE_ID]);
    let document = message.document;
    let Some(node) = message.addressing.header(document, "MessageID") else {
        said.missing(MESSAGE_ID, message.holder());
        return;
    };
    said.judging(&[MESSAGE_ID_IRI]);
    if !is_absolute(document.value(node).trim()) {
        said.broken_by_value(MESSAGE_ID_IRI, node, Args::new());
    }
}

fn relates_to(message: &Message<'_>, said: &mut Said<'_>) {
    let document = message.document;
    let node = message.addressing.header(document, "RelatesTo");
    match message.way {
        Way::Request => {
            said.judging(&[RELATES_TO_REQUEST]);
            if let Some(node) = node {
                said.broken(RELATES_TO_REQUEST, node, Args::new());
            }
        }
        Way::Response => {
            said.judging(&[RELATES_TO]);
            let empty = |node| document.value(node).trim().is_empty();
            match node {
                None => said.missing(RELATES_TO, message.holder()),
                Some(node) if empty(node) => said.broken(RELATES_TO, node, Args::new()),
                Some(_) => {}
            }
        }
        Way::Unknown => {}
    }
}

/// `From` and `ReplyTo`.
fn endpoints(message: &Message<'_>, said: &mut Said<'_>) {
    let document = message.document;
    let from = message.addressing.header(document, "From");
    if message.way == Way::Request && !message.enquiry {
        said.judging(&[FROM]);
        if from.is_none() {
            said.missing(FROM, message.holder());
        }
    }
    let reply_to = message.addressing.header(document, "ReplyTo");
    for node in from.into_iter().chain(reply_to) {
        said.judging(&[EPR]);
        let mut others = document
            .elements(node)
            .filter(|&child| !is_address(document, child));
        let address = addresses(document, node).count();
        if let Some(other) = others.next() {
            let args = Args::new()
                .with("element", document.local_name(other))
                .with("header", document.local_name(node));
            said.broken(EPR, other, args);
        } else if address != 1 {
            let args = Args::new().with("header", document.local_name(node));
            said.broken(EPR, node, args);
        }
    }
    if let Some(node) = reply_to {
        said.judging(&[REPLY_TO]);
        if let Some(address) = addresses(document, node).next()
            && !is_anonymous(document.value(address).trim())
        {
            said.broken_by_value(REPLY_TO, address, Args::new());
        }
    }
}

fn others(message: &Message<'_>, said: &mut Said<'_>) {
    const KNOWN: &[&str] = &["To", "Action", "MessageID", "RelatesTo", "From", "ReplyTo"];
    let document = message.document;
    for &node in &message.addressing.headers {
        if KNOWN.contains(&document.local_name(node)) {
            continue;
        }
        said.judging(&[OTHER]);
        let address = addresses(document, node).next().unwrap_or(node);
        let value = document.value(address);
        let value = value.trim();
        if !(is_anonymous(value) || value == NONE) {
            let args = Args::new().with("element", document.local_name(node));
            said.broken_by_value(OTHER, address, args);
        }
    }
}

fn is_address(document: &Document, node: NodeId) -> bool {
    is(document, node, WSA, "Address")
}

fn addresses(document: &Document, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    children(document, node, WSA, "Address")
}

/// Whether an address is the anonymous one, with or without a query: DUO puts
/// an OIN there.
fn is_anonymous(address: &str) -> bool {
    address.split('?').next() == Some(ANONYMOUS)
}

/// Whether a text is an absolute IRI: a scheme, a colon, and something behind
/// it without white space (RFC 3987).
pub(super) fn is_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_iri_has_a_scheme() {
        for (text, expected) in [
            ("urn:uuid:24a6f9fd-2805-4f58-89a4-9da5d0d9c3cc", true),
            ("http://www.w3.org/2005/08/addressing/anonymous?oin=1", true),
            ("https://voorbeeld.nl/pad", true),
            ("24a6f9fd-2805-4f58-89a4-9da5d0d9c3cc", false),
            ("/pad", false),
            ("urn:", false),
            ("urn:uuid:1 2", false),
            ("1a:b", false),
            ("", false),
        ] {
            assert_eq!(is_absolute(text), expected, "{text}");
        }
    }
}
