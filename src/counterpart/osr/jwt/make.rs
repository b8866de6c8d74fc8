//! Making a JWT, as a supplier did in version 1.

use jiff::Timestamp;
use serde_json::json;

use super::parts::{base64, body_hash, rsa_key, thumbprints, url_safe};
use crate::edukoppeling::{Certificate, SigningKey};

/// Seconds that a JWT is valid, as in the public example.
const LIFETIME: i64 = 3600;

/// Makes JWTs for one supplier.
pub struct JwtMaker<'a> {
    /// The key that signs, with its certificate.
    pub key: &'a SigningKey,
    /// The certificates above it, in DER, the issuer's first.
    pub above: &'a [Vec<u8>],
    /// For whom the JWT is meant: [`KENNISNET`](super::KENNISNET), or what the
    /// register expects.
    pub audience: &'a str,
}

/// The one part of a JWT that is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwtFault {
    /// `alg` of the header is `none`, and there is no signature
    /// (OSR-JWT-KOP).
    Algorithm,
    /// `typ` in place of `type` (OSR-JWT-KOP).
    Type,
    /// `use` of the key is not `sig` (OSR-JWT-KOP).
    Usage,
    /// `kid` is empty (OSR-JWT-KOP).
    KeyName,
    /// `n` is that of another key (OSR-JWT-VINGERAFDRUK).
    Modulus,
    /// `x5t` is that of another certificate (OSR-JWT-VINGERAFDRUK).
    Thumbprint,
    /// `x5t#256` is that of another certificate (OSR-JWT-VINGERAFDRUK).
    Thumbprint256,
    /// `iss` is another supplier's OIN (OSR-JWT-ISS, OSR-JWT-X5C).
    Issuer,
    /// `aud` is the supplier itself (OSR-JWT-AUD).
    Audience,
    /// `nbf` is before `iat` (OSR-JWT-TIJD).
    Order,
    /// It was made in the future (OSR-JWT-MOMENT).
    FromTheFuture,
    /// It is not valid yet (OSR-JWT-MOMENT).
    NotYetValid,
    /// It is not valid any more (OSR-JWT-MOMENT).
    Expired,
    /// `hash` is that of another body (OSR-JWT-HASH).
    Hash,
    /// `hash` is missing (OSR-JWT-INHOUD).
    NoHash,
    /// The signature is broken (OSR-JWT-HANDTEKENING).
    Signature,
}

impl JwtFault {
    /// All of them.
    pub const ALL: [JwtFault; 16] = [
        JwtFault::Algorithm,
        JwtFault::Type,
        JwtFault::Usage,
        JwtFault::KeyName,
        JwtFault::Modulus,
        JwtFault::Thumbprint,
        JwtFault::Thumbprint256,
        JwtFault::Issuer,
        JwtFault::Audience,
        JwtFault::Order,
        JwtFault::FromTheFuture,
        JwtFault::NotYetValid,
        JwtFault::Expired,
        JwtFault::Hash,
        JwtFault::NoHash,
        JwtFault::Signature,
    ];
}

impl JwtMaker<'_> {
    /// The JWT over a body, for the HTTP header `JWT`; right, or with one part
    /// wrong. `None` when the key cannot sign or its certificate names nobody.
    pub fn make(&self, now: Timestamp, body: &[u8], fault: Option<JwtFault>) -> Option<String> {
        let is = |wrong: JwtFault| fault == Some(wrong);
        let certificate = self.key.certificate();
        let oin = certificate.oin()?;
        let header = self.header(certificate, fault)?;
        let now = now.as_second();
        let issued = match fault {
            Some(JwtFault::FromTheFuture) => now + LIFETIME,
            Some(JwtFault::Expired) => now - 2 * LIFETIME,
            _ => now,
        };
        let from = match fault {
            Some(JwtFault::Order) => issued - LIFETIME / 2,
            Some(JwtFault::FromTheFuture) => now + LIFETIME,
            Some(JwtFault::NotYetValid) => now + LIFETIME,
            _ => issued,
        };
        let mut payload = json!({
            "iat": issued,
            "nbf": from,
            "exp": from + LIFETIME,
            "aud": if is(JwtFault::Audience) { oin } else { self.audience },
            "iss": if is(JwtFault::Issuer) { super::KENNISNET } else { oin },
            "hash": if is(JwtFault::Hash) { body_hash(b"another body") } else { body_hash(body) },
        });
        if is(JwtFault::NoHash) {
            payload.as_object_mut()?.remove("hash");
        }
        let signed = format!(
            "{}.{}",
            url_safe(header.to_string().as_bytes()),
            url_safe(payload.to_string().as_bytes())
        );
        let mut signature = self.key.sign(signed.as_bytes())?;
        if is(JwtFault::Algorithm) {
            signature.clear();
        }
        if is(JwtFault::Signature) {
            *signature.last_mut()? ^= 1;
        }
        Some(format!("{signed}.{}", url_safe(&signature)))
    }

    fn header(
        &self,
        certificate: &Certificate,
        fault: Option<JwtFault>,
    ) -> Option<serde_json::Value> {
        let is = |wrong: JwtFault| fault == Some(wrong);
        let (mut modulus, exponent) = rsa_key(certificate)?;
        if is(JwtFault::Modulus) {
            *modulus.last_mut()? ^= 2;
        }
        let (mut sha1, mut sha256) = thumbprints(certificate);
        if is(JwtFault::Thumbprint) {
            sha1 = url_safe(&[0; 20]);
        }
        if is(JwtFault::Thumbprint256) {
            sha256 = url_safe(&[0; 32]);
        }
        let above = self.above.iter().map(Vec::as_slice);
        let chain: Vec<String> = [certificate.der()]
            .into_iter()
            .chain(above)
            .map(base64)
            .collect();
        let jwk = json!({
            "kty": "RSA",
            "n": url_safe(&modulus),
            "e": url_safe(&exponent),
            "x5c": chain,
            "x5t": sha1,
            "x5t#256": sha256,
            "kid": if is(JwtFault::KeyName) { "" } else { "ketenkeur" },
            "alg": "RS256",
            "use": if is(JwtFault::Usage) { "enc" } else { "sig" },
        });
        let alg = if is(JwtFault::Algorithm) {
            "none"
        } else {
            "RS256"
        };
        Some(match is(JwtFault::Type) {
            true => json!({ "alg": alg, "typ": "JWT", "jwk": jwk }),
            false => json!({ "alg": alg, "type": "JWT", "jwk": jwk }),
        })
    }
}
