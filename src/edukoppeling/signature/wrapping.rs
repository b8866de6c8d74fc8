//! Signature wrapping: messages in which one reader sees other content than
//! another does.

use std::collections::HashSet;

use crate::document::{Document, NodeId, NodeKind};
use crate::edukoppeling::names::{DSIG, SOAP, SOAP12};
use crate::edukoppeling::said::Said;
use crate::edukoppeling::security::{Envelope, Security};
use crate::finding::Args;

const BODY: &str = "KK-EK-WRAP-BODY";
const TWICE: &str = "KK-EK-WRAP-DUBBEL";
const COMMENT: &str = "KK-EK-WRAP-COMMENTAAR";

/// Refuses a second Body, wherever it stands, and a second Header, security
/// header or signature. `securities` are those in the header.
pub(super) fn judge_single(
    document: &Document,
    envelope: &Envelope,
    securities: &[Security<'_>],
    said: &mut Said<'_>,
) {
    said.judging(&[BODY, TWICE]);
    if let Some(second) = securities.get(1) {
        said.broken(TWICE, second.node, element("wsse:Security"));
    }
    let mut bodies = 0;
    let mut signatures = 0;
    for node in document.subtree(envelope.node) {
        let namespace = document.namespace(node);
        match document.local_name(node) {
            "Body" if namespace == SOAP || namespace == SOAP12 => {
                bodies += 1;
                if bodies == 2 {
                    said.broken(BODY, node, Args::new());
                }
            }
            "Header"
                if (namespace == SOAP || namespace == SOAP12) && Some(node) != envelope.header =>
            {
                said.broken(TWICE, node, element("soap:Header"));
            }
            "Signature" if namespace == DSIG => {
                signatures += 1;
                if signatures == 2 {
                    said.broken(TWICE, node, element("ds:Signature"));
                }
            }
            _ => {}
        }
    }
}

/// Refuses comments and processing instructions inside a signed value or a
/// value of the security header. Canonicalisation drops comments, and many
/// readers take only the text before one: `<bedrag>1<!-- -->000</bedrag>`.
/// Between elements they are harmless.
pub(super) fn judge_comments(
    document: &Document,
    security: Security<'_>,
    parts: &[Option<NodeId>],
    said: &mut Said<'_>,
) {
    said.judging(&[COMMENT]);
    let within = parts.iter().flatten().copied().chain([security.node]);
    let mut told = HashSet::new();
    for node in within.flat_map(|part| document.subtree(part)) {
        let holds = |wanted: fn(&Document, NodeId) -> bool| {
            document.children(node).any(|child| wanted(document, child))
        };
        let split = holds(|document, child| {
            matches!(
                document.kind(child),
                NodeKind::Comment | NodeKind::ProcessingInstruction
            )
        });
        let has_value = |document: &Document, child: NodeId| {
            document.kind(child) == NodeKind::Text && !document.text(child).trim().is_empty()
        };
        if split && holds(has_value) && told.insert(node) {
            let name = &*document.name(node).qualified;
            said.broken(COMMENT, node, element(name));
        }
    }
}

fn element(name: &str) -> Args {
    Args::new().with("element", name)
}
