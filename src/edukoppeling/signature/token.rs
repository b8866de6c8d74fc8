//! WB009 and WB010: the certificate in the message, and that the signature
//! refers to it and to nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::document::{Document, NodeId};
use crate::edukoppeling::certificate::Certificate;
use crate::edukoppeling::names::{BASE64, WSSE, X509V3};
use crate::edukoppeling::said::Said;
use crate::edukoppeling::security::{Security, Signature, child, is};
use crate::finding::Args;

use super::ids::Ids;

const TOKEN: &str = "KK-EK-WB009-TOKEN";
const TYPE: &str = "KK-EK-WB009-TYPE";
const CERTIFICATE: &str = "KK-EK-WB009-CERTIFICAAT";
const REFERENCE: &str = "KK-EK-WB010-VERWIJZING";
const OTHER_KEY: &str = "KK-EK-WRAP-SLEUTEL";

/// The certificate that signs, with the token it stands in.
pub(super) fn signer(
    document: &Document,
    security: Security<'_>,
    signature: Option<&Signature<'_>>,
    ids: &Ids<'_>,
    said: &mut Said<'_>,
) -> Option<(NodeId, Certificate)> {
    said.judging(&[TOKEN]);
    let Some(first) = security.tokens().next() else {
        said.broken(TOKEN, security.node, Args::new());
        return None;
    };
    // What the signature refers to is the signer's; where it refers to
    // nothing, the certificate is still worth judging.
    let token = signature
        .and_then(|signature| referred(document, security, signature, ids, said))
        .unwrap_or(first);
    said.judging(&[TYPE, CERTIFICATE]);
    let value_type = document.attribute(token, "ValueType").unwrap_or_default();
    let encoding = document.attribute(token, "EncodingType").unwrap_or(BASE64);
    if value_type != X509V3 || encoding != BASE64 {
        said.broken(TYPE, token, Args::new());
    }
    let certificate = decode(&document.value(token)).and_then(|der| Certificate::read(der).ok());
    if certificate.is_none() {
        said.broken(CERTIFICATE, token, Args::new());
    }
    certificate.map(|certificate| (token, certificate))
}

/// The token that `KeyInfo` refers to directly.
fn referred(
    document: &Document,
    security: Security<'_>,
    signature: &Signature<'_>,
    ids: &Ids<'_>,
    said: &mut Said<'_>,
) -> Option<NodeId> {
    said.judging(&[REFERENCE, OTHER_KEY]);
    let Some(key_info) = signature.key_info else {
        said.broken(REFERENCE, signature.node, Args::new());
        return None;
    };
    let token_reference = child(document, key_info, WSSE, "SecurityTokenReference");
    let reference =
        token_reference.and_then(|reference| child(document, reference, WSSE, "Reference"));
    let token = reference
        .filter(|&reference| {
            document
                .attribute(reference, "ValueType")
                .is_none_or(|value_type| value_type == X509V3)
        })
        .and_then(|reference| document.attribute(reference, "URI"))
        .and_then(|uri| ids.element(uri.strip_prefix('#')?))
        .filter(|&token| {
            document.parent(token) == Some(security.node)
                && is(document, token, WSSE, "BinarySecurityToken")
        });
    if token.is_none() {
        said.broken(REFERENCE, key_info, Args::new());
        return None;
    }
    // Beside a right reference a second key is an attempt to have it used.
    let beside = [Some(key_info), token_reference]
        .into_iter()
        .flatten()
        .flat_map(|parent| document.elements(parent))
        .find(|&node| Some(node) != token_reference && Some(node) != reference);
    if let Some(beside) = beside {
        let name = &*document.name(beside).qualified;
        said.broken(OTHER_KEY, beside, Args::new().with("element", name));
    }
    token
}

/// Base64 as XML has it: with white space anywhere.
pub(in crate::edukoppeling) fn decode(text: &str) -> Option<Vec<u8>> {
    let written: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(written).ok()
}
