//! The signature of a message: its construction, what it covers, and whether
//! it verifies.

mod algorithms;
mod engine;
mod ids;
mod parts;
mod token;
mod wrapping;

use super::certificate::Certificate;
use super::encryption::encrypted_content;
use super::said::Said;
use super::security::{Envelope, Security, Signature};
use crate::document::{Document, NodeId};
use crate::finding::Args;
use engine::Refusal;
use ids::Ids;
pub(in crate::edukoppeling) use token::decode;

const UNSIGNED: &str = "KK-EK-WB003-ONDERTEKENING";
const MALFORMED: &str = "KK-EK-SIGN002-OPBOUW";
const DIGEST: &str = "KK-EK-WB013-DIGEST";
const VALUE: &str = "KK-EK-WB013-WAARDE";
const UNREADABLE: &str = "KK-EK-WB013-ONLEESBAAR";
const ELSEWHERE: &str = "KK-EK-WRAP-VERWERKT";
const ORDER: &str = "KK-EK-WB006";

/// What the signature of a message turned out to be.
#[derive(Debug, Default)]
pub(super) struct Signed {
    /// The signer's certificate and the token it stands in.
    pub(super) signer: Option<(NodeId, Certificate)>,
    /// `SignatureValue` without white space.
    pub(super) value: Option<String>,
    /// The elements that the signature was verified over; none when it was
    /// refused.
    pub(super) parts: Vec<NodeId>,
}

/// Judges the signature in the first of `securities`, the security headers of
/// the message.
pub(super) fn judge(
    document: &Document,
    envelope: &Envelope,
    securities: &[Security<'_>],
    said: &mut Said<'_>,
) -> Signed {
    let Some(&security) = securities.first() else {
        return Signed::default();
    };
    // Everything until the engine is called guards it: what an attacker or a
    // careless sender made ambiguous is refused before anything is verified.
    let before = said.count();
    wrapping::judge_single(document, envelope, securities, said);
    let ids = Ids::of(document, said);
    said.judging(&[UNSIGNED]);
    let Some(node) = security.signatures().next() else {
        said.broken(UNSIGNED, security.node, Args::new());
        return Signed {
            signer: security
                .tokens()
                .next()
                .and_then(|_| token::signer(document, security, None, &ids, said)),
            ..Signed::default()
        };
    };
    said.judging(&[MALFORMED]);
    let signature = match Signature::read(document, node) {
        Ok(signature) => signature,
        Err(malformed) => {
            let args = Args::new()
                .with("element", malformed.element)
                .with("count", malformed.count);
            said.broken(MALFORMED, malformed.parent, args);
            return Signed {
                signer: token::signer(document, security, None, &ids, said),
                ..Signed::default()
            };
        }
    };
    algorithms::judge(document, &signature, said);
    let parts = parts::resolve(document, envelope, security, &signature, &ids, said);
    wrapping::judge_comments(document, security, &parts, said);
    let signer = token::signer(document, security, Some(&signature), &ids, said);
    let sound = said.count() == before;
    parts::judge_coverage(document, envelope, security, &parts, said);

    let mut signed = Signed {
        value: Some(document.value(signature.value).split_whitespace().collect()),
        signer,
        parts: Vec::new(),
    };
    let key = signed
        .signer
        .as_ref()
        .filter(|_| sound)
        .and_then(|(_, certificate)| certificate.usable_key());
    let parts: Option<Vec<NodeId>> = parts.into_iter().collect();
    if let (Some(key), Some(parts)) = (key, parts) {
        said.judging(&[DIGEST, VALUE, UNREADABLE, ELSEWHERE]);
        let refusals = engine::verify(document, &signature, &parts, key);
        // Signed first, then encrypted: only the key brings back what was
        // signed. That the rest holds is known all the same.
        let encrypted = encrypted_content(document, envelope).and(envelope.body);
        for refusal in &refusals {
            match *refusal {
                Refusal::Digest(part) if Some(part) == encrypted => {
                    said.undecided(DIGEST, part, "encrypted");
                }
                Refusal::Digest(part) => {
                    let name = parts::name(document, part);
                    said.broken(DIGEST, part, Args::new().with("part", name));
                }
                Refusal::Value => said.broken(VALUE, signature.value, Args::new()),
                Refusal::Elsewhere => said.broken(ELSEWHERE, signature.node, Args::new()),
                Refusal::Unreadable => said.broken(UNREADABLE, signature.node, Args::new()),
            }
        }
        if refusals.is_empty() {
            if let Some(body) = encrypted.filter(|body| parts.contains(body)) {
                said.broken(ORDER, body, Args::new());
            }
            signed.parts = parts;
        }
    }
    signed
}
