//! Verifying a JWT, all of it: OSR-JWT-KOP, OSR-JWT-INHOUD, OSR-JWT-TIJD,
//! OSR-JWT-MOMENT, OSR-JWT-AUD, OSR-JWT-ISS, OSR-JWT-X5C,
//! OSR-JWT-VINGERAFDRUK, OSR-JWT-HANDTEKENING and OSR-JWT-HASH.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::parts::{body_hash, rsa_key, thumbprints, url_safe};
use crate::counterpart::defect::Defect;
use crate::document::{Document, Gated};
use crate::edukoppeling::{Certificate, Trust};

/// Seconds that two clocks may differ.
const LEEWAY: i64 = 60;

/// What a JWT is held against.
pub(in super::super) struct Expected<'a> {
    /// The OIN of who calls.
    pub caller: &'a str,
    /// The OIN for whom the JWT is meant.
    pub audience: &'a str,
    /// Where the chain of the signer's certificate may end.
    pub trust: &'a Trust,
    /// The moment of the call.
    pub now: Timestamp,
    /// The body as it was received.
    pub body: &'a [u8],
    /// What the register does wrong.
    pub defect: &'a Defect,
}

impl Expected<'_> {
    fn holds(&self, holds: bool, problem: JwtProblem) -> Result<(), JwtProblem> {
        match holds || !self.defect.keeps_to(problem.requirement()) {
            true => Ok(()),
            false => Err(problem),
        }
    }
}

/// What is wrong with a JWT. Worded for an answer of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum JwtProblem {
    #[error("it does not consist of three parts")]
    Parts,
    #[error("the header is not complete")]
    Header,
    #[error("the payload is not complete")]
    Payload,
    #[error("alg is not RS256")]
    Algorithm,
    #[error("type is not JWT")]
    Type,
    #[error("jwk is not an RSA key for signing with a name")]
    Key,
    #[error("x5c is not a chain of certificates")]
    Chain,
    #[error("the certificate is not trusted")]
    Untrusted,
    #[error("the OIN in the certificate is not that of iss")]
    CertificateOin,
    #[error("iss is not the OIN of the client certificate")]
    Issuer,
    #[error("n and e are not the key of the certificate")]
    Modulus,
    #[error("x5t is not the thumbprint of the certificate")]
    Thumbprint,
    #[error("x5t#256 is not the thumbprint of the certificate")]
    Thumbprint256,
    #[error("the signature does not verify")]
    Signature,
    #[error("aud is not Kennisnet")]
    Audience,
    #[error("nbf is before iat")]
    Order,
    #[error("exp is not after nbf")]
    Empty,
    #[error("iat lies in the future")]
    FromTheFuture,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("it is expired")]
    Expired,
    #[error("hash is not that of the body")]
    Hash,
}

impl JwtProblem {
    /// The requirement that is violated.
    fn requirement(self) -> &'static str {
        match self {
            Self::Parts | Self::Header | Self::Algorithm | Self::Type | Self::Key => "OSR-JWT-KOP",
            Self::Payload => "OSR-JWT-INHOUD",
            Self::Chain | Self::Untrusted | Self::CertificateOin => "OSR-JWT-X5C",
            Self::Issuer => "OSR-JWT-ISS",
            Self::Modulus | Self::Thumbprint | Self::Thumbprint256 => "OSR-JWT-VINGERAFDRUK",
            Self::Signature => "OSR-JWT-HANDTEKENING",
            Self::Audience => "OSR-JWT-AUD",
            Self::Order | Self::Empty => "OSR-JWT-TIJD",
            Self::FromTheFuture | Self::NotYetValid | Self::Expired => "OSR-JWT-MOMENT",
            Self::Hash => "OSR-JWT-HASH",
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(rename = "type", default)]
    kind: String,
    jwk: Key,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    n: String,
    e: String,
    x5c: Vec<String>,
    x5t: String,
    #[serde(rename = "x5t#256")]
    x5t_256: String,
    kid: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
}

#[derive(Deserialize)]
struct Payload {
    iat: i64,
    nbf: i64,
    exp: i64,
    aud: String,
    iss: String,
    hash: String,
}

/// Verifies a JWT. The first thing that is wrong is said.
pub(in super::super) fn verify(token: &str, expected: &Expected<'_>) -> Result<(), JwtProblem> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwtProblem::Parts);
    };
    let signed = &token[..header.len() + 1 + payload.len()];
    let header: Header = part(header).ok_or(JwtProblem::Header)?;
    let payload: Payload = part(payload).ok_or(JwtProblem::Payload)?;
    let certificate = verify_key(&header, &payload, expected)?;
    let (n, e) = rsa_key(&certificate).ok_or(JwtProblem::Key)?;
    let key = DecodingKey::from_rsa_raw_components(&n, &e);
    // Only a register that is wrong about the algorithm comes here with none.
    let verified = header.alg == "none"
        || crypto::verify(signature, signed.as_bytes(), &key, Algorithm::RS256) == Ok(true);
    expected.holds(verified, JwtProblem::Signature)?;
    verify_payload(&payload, expected)
}

/// What the header says of the key and its certificate.
fn verify_key(
    header: &Header,
    payload: &Payload,
    expected: &Expected<'_>,
) -> Result<Certificate, JwtProblem> {
    let jwk = &header.jwk;
    let holds = |holds: bool, problem| expected.holds(holds, problem);
    holds(
        header.alg == "RS256" && jwk.alg == "RS256",
        JwtProblem::Algorithm,
    )?;
    holds(header.kind == "JWT", JwtProblem::Type)?;
    let is_named = !jwk.kid.trim().is_empty();
    holds(
        jwk.kty == "RSA" && jwk.usage == "sig" && is_named,
        JwtProblem::Key,
    )?;
    let read = |text: &String| {
        let der = STANDARD.decode(text).ok()?;
        Certificate::read(der).ok()
    };
    let chain: Option<Vec<Certificate>> = jwk.x5c.iter().map(read).collect();
    let mut chain = chain.ok_or(JwtProblem::Chain)?.into_iter();
    let certificate = chain.next().ok_or(JwtProblem::Chain)?;
    let above: Vec<Certificate> = chain.collect();
    let moment = expected.now;
    let trusted = certificate.is_valid_at(moment)
        && certificate.may_sign()
        && expected.trust.accepts(&certificate, &above, moment);
    holds(trusted, JwtProblem::Untrusted)?;
    holds(
        certificate.oin() == Some(payload.iss.as_str()),
        JwtProblem::CertificateOin,
    )?;
    holds(payload.iss == expected.caller, JwtProblem::Issuer)?;
    let (n, e) = rsa_key(&certificate).ok_or(JwtProblem::Key)?;
    let same = jwk.n == url_safe(&n) && jwk.e == url_safe(&e);
    holds(same, JwtProblem::Modulus)?;
    let (sha1, sha256) = thumbprints(&certificate);
    holds(jwk.x5t == sha1, JwtProblem::Thumbprint)?;
    holds(jwk.x5t_256 == sha256, JwtProblem::Thumbprint256)?;
    Ok(certificate)
}

fn verify_payload(payload: &Payload, expected: &Expected<'_>) -> Result<(), JwtProblem> {
    let holds = |holds: bool, problem| expected.holds(holds, problem);
    let now = expected.now.as_second();
    holds(payload.aud == expected.audience, JwtProblem::Audience)?;
    holds(payload.nbf >= payload.iat, JwtProblem::Order)?;
    holds(payload.exp > payload.nbf, JwtProblem::Empty)?;
    holds(payload.iat <= now + LEEWAY, JwtProblem::FromTheFuture)?;
    holds(payload.nbf <= now + LEEWAY, JwtProblem::NotYetValid)?;
    holds(payload.exp > now - LEEWAY, JwtProblem::Expired)?;
    holds(payload.hash == body_hash(expected.body), JwtProblem::Hash)
}

/// A part of a JWT: base64url of a JSON object in which no member is there
/// twice.
fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let gated = Gated::json(&bytes).ok()?;
    let text = gated.as_str();
    let document = Document::from_json(gated).ok()?;
    if !document.duplicate_members().is_empty() {
        return None;
    }
    serde_json::from_str(text).ok()
}
