//! WB007 and SIGN001-004: the algorithms that a signature names.

use std::collections::HashSet;

use crate::document::Document;
use crate::edukoppeling::names::EXC_C14N;
use crate::edukoppeling::said::Said;
use crate::edukoppeling::security::{Algorithm, Signature};
use crate::finding::{Args, MessageValue};

const CANONICALIZATION: &str = "KK-EK-WB007-SIGNEDINFO";
const CANONICAL_PART: &str = "KK-EK-WB007-TRANSFORM";
const FOREIGN_TRANSFORM: &str = "KK-EK-WRAP-TRANSFORM";
const WEAK_DIGEST: &str = "KK-EK-SIGN001-DIGEST";
const WEAK_SIGNATURE: &str = "KK-EK-SIGN001-HANDTEKENING";
const DIGEST: &str = "KK-EK-SIGN003-DIGEST";
const SIGNATURE: &str = "KK-EK-SIGN004-HANDTEKENING";
const HMAC: &str = "KK-EK-SIGN004-HMAC";

/// The other canonicalisations of the W3C. They are no attack, but the parties
/// of Edukoppeling have agreed on another.
const OTHER_C14N: &[&str] = &[
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
];

const DIGESTS: &[&str] = &[
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

const SIGNATURES: &[&str] = &[
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];

/// Judges every algorithm that a signature names. An algorithm that several
/// references share is one mistake, told at the first of them.
pub(super) fn judge(document: &Document, signature: &Signature<'_>, said: &mut Said<'_>) {
    said.judging(&[
        CANONICALIZATION,
        CANONICAL_PART,
        FOREIGN_TRANSFORM,
        WEAK_DIGEST,
        WEAK_SIGNATURE,
        DIGEST,
        SIGNATURE,
        HMAC,
    ]);
    if signature.canonicalization.uri != EXC_C14N {
        said.broken(
            CANONICALIZATION,
            signature.canonicalization.node,
            args(&signature.canonicalization),
        );
    }
    let method = &signature.method;
    if !SIGNATURES.contains(&method.uri) {
        let code = if is_hmac(method.uri) {
            HMAC
        } else if is_weak(method.uri) {
            WEAK_SIGNATURE
        } else {
            SIGNATURE
        };
        said.broken(code, method.node, args(method));
    }
    transforms(document, signature, said);
    let mut told = HashSet::new();
    for reference in &signature.references {
        let digest = &reference.digest_method;
        if DIGESTS.contains(&digest.uri) || !told.insert(digest.uri) {
            continue;
        }
        let code = if is_weak(digest.uri) {
            WEAK_DIGEST
        } else {
            DIGEST
        };
        said.broken(code, digest.node, args(digest));
    }
}

/// Each reference has exclusive canonicalisation as its one transform. Without
/// any, XML Signature prescribes the inclusive one.
fn transforms(document: &Document, signature: &Signature<'_>, said: &mut Said<'_>) {
    let mut told = HashSet::new();
    for reference in &signature.references {
        let mut canonical = 0;
        for transform in &reference.transforms {
            let uri = transform.uri;
            let known = document.local_name(transform.node) == "Transform";
            if known && uri == EXC_C14N {
                canonical += 1;
                continue;
            }
            if !told.insert(uri) {
                continue;
            }
            let code = if known && OTHER_C14N.contains(&uri) {
                CANONICAL_PART
            } else {
                FOREIGN_TRANSFORM
            };
            said.broken(code, transform.node, args(transform));
        }
        if canonical != 1 && reference.transforms.len() == canonical && told.insert("") {
            said.broken(CANONICAL_PART, reference.node, Args::new());
        }
    }
}

fn args(algorithm: &Algorithm<'_>) -> Args {
    Args::new().with("algorithm", MessageValue::plain(algorithm.uri))
}

fn is_hmac(uri: &str) -> bool {
    name(uri).starts_with("hmac")
}

fn is_weak(uri: &str) -> bool {
    let name = name(uri).to_ascii_lowercase();
    name.contains("sha1") || name.contains("md5")
}

/// The last part of an algorithm's identifier: `rsa-sha1`.
fn name(uri: &str) -> &str {
    uri.rsplit(['#', '/']).next().unwrap_or(uri)
}
