//! The signature engine behind one call.
//!
//! The engine decides alone whether a signature verifies. Only when it refuses
//! one, the parts are canonicalised once more to say which of them is wrong.

use std::collections::HashMap;
use std::ops::Range;

use bergshamra::c14n::{C14nMode, canonicalize_doc};
use bergshamra::crypto::{digest, sign};
use bergshamra::keys::{Key, KeysManager, loader};
use bergshamra::xml::{Document as Tree, NodeId as TreeNode, NodeSet, uppsala};
use bergshamra::{DsigContext, VerifyResult};

use crate::document::{Document, NodeId};
use crate::edukoppeling::security::{Algorithm, Reference, Signature};

use super::token::decode;

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The digest of this part is not the one in its reference.
    Digest(NodeId),
    /// The value of the signature is not one of this key over `SignedInfo`.
    Value,
    /// The engine verified other elements than those that are judged.
    Elsewhere,
    /// The engine could not carry out the signature.
    Unreadable,
}

/// Verifies `signature` over `parts`, the elements that its references point
/// at in their order, with the public key `spki` of the signer's certificate.
/// Returns why it is refused: nothing when every part is what was signed.
pub(super) fn verify(
    document: &Document,
    signature: &Signature<'_>,
    parts: &[NodeId],
    spki: &[u8],
) -> Vec<Refusal> {
    let (Ok(tree), Ok(key)) = (
        uppsala::parse(document.source()),
        loader::load_spki_der(spki),
    ) else {
        return vec![Refusal::Unreadable];
    };
    let mut keys = KeysManager::new();
    keys.add_key(key.clone());
    // The defaults take no key from the message. Strict verification knows no
    // parts beside the signature's own parent; the places of the parts are
    // judged before, and compared below.
    let context = DsigContext::new(keys).with_strict_verification(false);
    match bergshamra::dsig::verify::verify_document_with_source(
        &context,
        &tree,
        Some(document.source()),
    ) {
        Ok(VerifyResult::Valid {
            signature_node,
            references,
            ..
        }) => {
            let verified = std::iter::once(tree.node_range(signature_node)).chain(
                references
                    .iter()
                    .map(|reference| tree.node_range(reference.resolved_node?)),
            );
            let judged = std::iter::once(&signature.node)
                .chain(parts)
                .map(|&node| Some(document.span(node)));
            if verified.eq(judged) {
                Vec::new()
            } else {
                vec![Refusal::Elsewhere]
            }
        }
        Ok(VerifyResult::Invalid { .. }) | Err(_) => {
            let refusals = Inspection::new(document, &tree).refusals(signature, parts, &key);
            if refusals.is_empty() {
                vec![Refusal::Unreadable]
            } else {
                refusals
            }
        }
    }
}

/// A closer look at a refused signature.
struct Inspection<'a> {
    document: &'a Document,
    tree: &'a Tree<'a>,
    nodes: HashMap<Range<usize>, TreeNode>,
}

impl<'a> Inspection<'a> {
    fn new(document: &'a Document, tree: &'a Tree<'a>) -> Self {
        let nodes = tree
            .descendants(tree.root())
            .into_iter()
            .filter(|&node| tree.element(node).is_some())
            .filter_map(|node| Some((tree.node_range(node)?, node)))
            .collect();
        Self {
            document,
            tree,
            nodes,
        }
    }

    fn refusals(&self, signature: &Signature<'_>, parts: &[NodeId], key: &Key) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = signature
            .references
            .iter()
            .zip(parts)
            .filter(|&(reference, &part)| self.digest_holds(reference, part) == Some(false))
            .map(|(_, &part)| Refusal::Digest(part))
            .collect();
        if self.value_holds(signature, key) == Some(false) {
            refusals.push(Refusal::Value);
        }
        refusals
    }

    fn digest_holds(&self, reference: &Reference<'_>, part: NodeId) -> Option<bool> {
        let canonical = self.canonical(part, reference.transforms.first()?)?;
        let digest = digest::digest(reference.digest_method.uri, &canonical).ok()?;
        let written = self.document.value(reference.digest_value);
        // A value that is no base64 is as wrong as another digest.
        Some(decode(&written).is_some_and(|written| written == digest))
    }

    fn value_holds(&self, signature: &Signature<'_>, key: &Key) -> Option<bool> {
        let canonical = self.canonical(signature.signed_info, &signature.canonicalization)?;
        let method = sign::from_uri(signature.method.uri).ok()?;
        let key = key.to_signing_key().ok()??;
        let Some(value) = decode(&self.document.value(signature.value)) else {
            return Some(false);
        };
        Some(method.verify(&key, &canonical, &value).unwrap_or(false))
    }

    fn canonical(&self, node: NodeId, algorithm: &Algorithm<'_>) -> Option<Vec<u8>> {
        let node = *self.nodes.get(&self.document.span(node))?;
        let set = NodeSet::tree_without_comments(node, self.tree);
        canonicalize_doc(
            self.tree,
            C14nMode::Exclusive,
            Some(&set),
            &algorithm.prefixes,
        )
        .ok()
    }
}
