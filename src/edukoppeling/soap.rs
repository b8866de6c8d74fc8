//! SOAP: what may stand in an envelope (20-edukoppeling.md, WW002 and WS007).

use super::addressing::EARLIER;
use super::message::Message;
use super::names::{SOAP, WSA, WSSE};
use super::said::Said;
use crate::document::{Document, NodeId, NodeKind};
use crate::finding::Args;

/// SOAP 1.1 encoding.
const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

const STRUCTURE: &str = "KK-EK-WW001-OPBOUW";
const ENCODED: &str = "KK-EK-WW002";
const OWN_HEADER: &str = "KK-EK-WS007";

/// Judges the envelope around a message.
pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    structure(message, said);
    encoding(message, said);
    headers(message, said);
}

/// WW001: an envelope holds a header, then a body, and nothing beside them.
/// What stands elsewhere is signed by nobody and read by some. A second header
/// or body is another mistake, and said as such.
fn structure(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[STRUCTURE]);
    let document = message.document;
    let envelope = &message.envelope;
    let mut body_seen = false;
    for node in document.children(envelope.node) {
        let is_part = document.is_element(node)
            && document.namespace(node) == SOAP
            && matches!(document.local_name(node), "Header" | "Body");
        let misplaced = Some(node) == envelope.header && body_seen;
        body_seen |= Some(node) == envelope.body;
        if (!is_part || misplaced) && says_something(document, node) {
            let args = Args::new().with("element", document.local_name(node));
            said.broken(STRUCTURE, node, args);
        }
    }
    let within = envelope.header.into_iter();
    for node in within.flat_map(|header| document.children(header)) {
        if !document.is_element(node) && says_something(document, node) {
            said.broken(STRUCTURE, node, Args::new());
        }
    }
}

/// Whether a node is more than white space, a comment or an instruction.
fn says_something(document: &Document, node: NodeId) -> bool {
    match document.kind(node) {
        NodeKind::Comment | NodeKind::ProcessingInstruction => false,
        NodeKind::Element => true,
        _ => !document.text(node).trim().is_empty(),
    }
}

/// WW002: plain schema types. `encodingStyle` anywhere, an array of SOAP
/// encoding, or an `xsi:type` of it gives the payload another shape than its
/// schema says.
fn encoding(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[ENCODED]);
    let document = message.document;
    for node in document.subtree(message.envelope.node) {
        if !document.is_element(node) {
            continue;
        }
        let encoded = document.attributes(node).find(|attribute| {
            let name = attribute.name;
            match (&*name.namespace, &*name.local) {
                (SOAP, "encodingStyle") | (ENCODING, _) => true,
                (INSTANCE, "type") => {
                    let prefix = attribute
                        .value
                        .split_once(':')
                        .map_or("", |(p, _)| p.trim());
                    document.resolve_prefix(node, prefix) == Some(ENCODING)
                }
                _ => false,
            }
        });
        if let Some(attribute) = encoded {
            let args = Args::new().with("element", document.local_name(node));
            said.broken_by_attribute(ENCODED, node, &attribute, args);
        } else if document.namespace(node) == ENCODING {
            let args = Args::new().with("element", document.local_name(node));
            said.broken(ENCODED, node, args);
        }
    }
}

/// WS007: no header blocks but those of the profile. Earlier WS-Addressing is
/// another mistake, and said as such.
fn headers(message: &Message<'_>, said: &mut Said<'_>) {
    said.judging(&[OWN_HEADER]);
    let document = message.document;
    for node in message.blocks() {
        let namespace = document.namespace(node);
        let of_profile = namespace == WSA
            || EARLIER.contains(&namespace)
            || (namespace == WSSE || namespace.contains("wss"))
                && document.local_name(node) == "Security";
        if !of_profile {
            let args = Args::new()
                .with("element", document.local_name(node))
                .with("namespace", namespace);
            said.broken(OWN_HEADER, node, args);
        }
    }
}
