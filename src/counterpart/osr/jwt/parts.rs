//! The parts of a JWT, shared by who makes and who verifies it.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{AnyRef, Decode};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::edukoppeling::Certificate;

/// Base64url without padding (RFC 7515).
pub(super) fn url_safe(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base64, as in `x5c` and `hash`.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// OSR-JWT-HASH: the base64 of the SHA-256 of the body as it is sent.
pub(super) fn body_hash(body: &[u8]) -> String {
    base64(&Sha256::digest(body))
}

/// `x5t` and `x5t#256`: the thumbprints of a certificate.
pub(super) fn thumbprints(certificate: &Certificate) -> (String, String) {
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    let sha256 = Sha256::digest(certificate.der());
    (url_safe(sha1.as_ref()), url_safe(&sha256))
}

/// Modulus and exponent of a certificate's RSA key; `None` for another or a
/// weak one.
pub(super) fn rsa_key(certificate: &Certificate) -> Option<(Vec<u8>, Vec<u8>)> {
    let info = SubjectPublicKeyInfoOwned::from_der(certificate.usable_key()?).ok()?;
    let key = AnyRef::from_der(info.subject_public_key.as_bytes()?).ok()?;
    key.sequence(|parts| {
        let modulus = UintRef::decode(parts)?.as_bytes().to_vec();
        let exponent = UintRef::decode(parts)?.as_bytes().to_vec();
        Ok((modulus, exponent))
    })
    .ok()
}
