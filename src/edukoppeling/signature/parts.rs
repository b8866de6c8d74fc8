//! WB004 and the places of signed parts: what the references of a signature
//! point at.

use std::collections::HashSet;

use crate::document::{Document, NodeId};
use crate::edukoppeling::names::{SOAP, WSA, WSSE, WSSE11, WSU};
use crate::edukoppeling::said::Said;
use crate::edukoppeling::security::{Envelope, Security, Signature, is};
use crate::finding::{Args, MessageValue};

use super::ids::Ids;

const BODY: &str = "KK-EK-WB004-BODY";
const ADDRESSING: &str = "KK-EK-WB004-ADRESSERING";
const TIMESTAMP: &str = "KK-EK-WB004-TIMESTAMP";
const REFERENCE: &str = "KK-EK-WRAP-VERWIJZING";
const URI: &str = "KK-EK-WRAP-URI";
const TWICE: &str = "KK-EK-WRAP-DUBBEL";

/// The parts that the references of `signature` point at, in their order;
/// `None` for a reference that points at nothing that may be signed.
pub(super) fn resolve(
    document: &Document,
    envelope: &Envelope,
    security: Security<'_>,
    signature: &Signature<'_>,
    ids: &Ids<'_>,
    said: &mut Said<'_>,
) -> Vec<Option<NodeId>> {
    said.judging(&[REFERENCE, URI, TWICE]);
    let mut parts: Vec<Option<NodeId>> = Vec::with_capacity(signature.references.len());
    let mut seen = HashSet::new();
    for reference in &signature.references {
        let uri = reference.uri.unwrap_or_default();
        let args = Args::new().with("uri", MessageValue::plain(uri));
        // `#xpointer(...)` is a fragment too, but its brackets are in no Id.
        let id = uri
            .strip_prefix('#')
            .filter(|id| !id.is_empty() && !id.contains('('));
        let Some(id) = id else {
            said.broken(URI, reference.node, args);
            parts.push(None);
            continue;
        };
        let part = ids.element(id).filter(|&node| {
            Some(node) == envelope.body
                || (document.parent(node) == envelope.header && node != security.node)
                || (document.parent(node) == Some(security.node)
                    && (is(document, node, WSU, "Timestamp")
                        || is(document, node, WSSE, "BinarySecurityToken")
                        || is(document, node, WSSE11, "SignatureConfirmation")))
        });
        match part {
            None => said.broken(REFERENCE, reference.node, args),
            // Once is enough, and bounds the work to the size of the message.
            Some(node) if !seen.insert(node) => {
                let part = name(document, node);
                said.broken(TWICE, reference.node, Args::new().with("element", part));
            }
            Some(_) => {}
        }
        parts.push(part);
    }
    parts
}

/// Judges whether everything that must be signed is among `parts`.
pub(super) fn judge_coverage(
    document: &Document,
    envelope: &Envelope,
    security: Security<'_>,
    parts: &[Option<NodeId>],
    said: &mut Said<'_>,
) {
    said.judging(&[BODY, ADDRESSING, TIMESTAMP]);
    let covered: HashSet<NodeId> = parts.iter().flatten().copied().collect();
    let addressing = envelope
        .header
        .into_iter()
        .flat_map(|header| document.elements(header))
        .filter(|&node| document.namespace(node) == WSA);
    let needed = envelope
        .body
        .map(|body| (BODY, body))
        .into_iter()
        .chain(addressing.map(|node| (ADDRESSING, node)))
        .chain(security.timestamps().map(|node| (TIMESTAMP, node)));
    for (code, node) in needed {
        if !covered.contains(&node) {
            said.broken(code, node, Args::new().with("part", name(document, node)));
        }
    }
}

/// What a part is called in every message, whatever its prefix there.
pub(super) fn name(document: &Document, node: NodeId) -> String {
    let prefix = match document.namespace(node) {
        SOAP => "soap",
        WSA => "wsa",
        WSU => "wsu",
        WSSE => "wsse",
        _ => return document.name(node).qualified.to_string(),
    };
    format!("{prefix}:{}", document.local_name(node))
}
