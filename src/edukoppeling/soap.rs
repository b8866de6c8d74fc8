//! SOAP: what may stand in an envelope (20-edukoppeling.md, WW002 and WS007).

use super::message::Message;
use super::names::{SOAP, WSA, WSSE};
use super::said::Said;
use crate::finding::Args;

/// SOAP 1.1 encoding.
const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

const ENCODED: &str = "KK-EK-WW002";
const OWN_HEADER: &str = "KK-EK-WS007";

/// Judges the envelope around a message.
pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    encoding(message, said);
    headers(message, said);
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
            || namespace.ends_with("/addressing")
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
