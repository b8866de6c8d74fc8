//! What is signed, and the message that comes of it.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::breaks;
use super::key::SigningKey;
use super::plan::{Part, Plan, RSA_SHA256, Reference, Token, declaration};
use crate::document::{Document, Gated};
use crate::edukoppeling::addressing::ANONYMOUS;
use crate::edukoppeling::names::{EXC_C14N, WSSE, X509V3};

/// What confirms the signature of a request (WB014).
pub(super) const CONFIRMATION: &str = "wsse11:SignatureConfirmation";

/// A message that is to be signed.
#[derive(Debug)]
pub struct SignRequest<'a> {
    /// The message element, as XML. What stands around it, such as a
    /// declaration or comments, is left out.
    pub body: &'a str,
    /// `wsa:Action`.
    pub action: &'a str,
    /// The address in `wsa:From`; see [`address_of`].
    pub from: &'a str,
    /// The address in `wsa:To`.
    pub to: &'a str,
    /// `wsa:MessageID`; see [`message_id`].
    pub message_id: &'a str,
    /// `wsa:RelatesTo`: of an answer, the `wsa:MessageID` of the request.
    pub relates_to: Option<&'a str>,
    /// The value of the request's signature, which an answer by WS-Security 1.1
    /// repeats (WB014), under its own signature.
    pub confirms: Option<&'a str>,
    /// When the message was made.
    pub created: Timestamp,
    /// How long it is valid; see [`SignRequest::LIFETIME`].
    pub lifetime: SignedDuration,
    /// The key and certificate it is signed with.
    pub key: &'a SigningKey,
    /// The one rule that the message is to break.
    pub breaks: Option<&'a str>,
}

impl SignRequest<'_> {
    /// The life of DUO's messages (20-edukoppeling.md, WB002).
    pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
}

/// Why there is no signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The body is no message element.
    #[error("the body is no well-formed XML that a message may hold")]
    Body,
    /// An address, action or message id has a character that XML has not.
    #[error("an address, the action or the message id has a character that XML does not allow")]
    Character,
    /// The moment lies outside what a timestamp can say.
    #[error("the moment or the lifetime is out of range")]
    Moment,
    /// The RSA operation failed.
    #[error("the signing operation failed")]
    Operation,
    /// There is no rule of that name that a sender can break.
    #[error("no sender can break this rule in a message")]
    NotBreakable,
    /// The rule is about the certificate: sign with a wrong one.
    #[error("this rule is broken by another certificate")]
    ByCertificate,
    /// The rule is about requests, and this is an answer.
    #[error("this rule is about requests")]
    RequestsOnly,
    /// The rule is about answers, and this is a request.
    #[error("this rule is about answers")]
    AnswersOnly,
}

/// The address of the party with that OIN, as DUO writes it: whoever is at the
/// other end, with its OIN (20-edukoppeling.md, how DUO really does it).
pub fn address_of(oin: &str) -> String {
    format!("{ANONYMOUS}?oin={oin}")
}

/// A message id that the same `seed` always gives.
pub fn message_id(seed: &[&[u8]]) -> String {
    format!("urn:uuid:{}", uuid(seed))
}

/// A UUID of version 8 (RFC 9562, section 5.8): its bits are those of a hash.
fn uuid(seed: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in seed {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let mut bits = [0; 16];
    bits.copy_from_slice(&hash[..16]);
    let bits = (u128::from_be_bytes(bits) & !(0xF << 76 | 0x3 << 62)) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    // Thirty-two letters of ASCII, cut where a UUID has its dashes.
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|range| &hex[range])
        .join("-")
}

/// Makes the signed SOAP message: addressing headers and timestamp of five
/// minutes, the certificate as a token, and a signature by RSA with SHA-256
/// over every addressing header, the timestamp, the body and the confirmation of
/// a request's signature where there is one.
pub fn sign(request: &SignRequest<'_>) -> Result<String, SignError> {
    let document = Gated::xml(request.body.as_bytes())
        .ok()
        .and_then(|gated| Document::from_xml(gated).ok())
        .ok_or(SignError::Body)?;
    let span = document.span(document.root_element());
    let content = document.source().get(span).ok_or(SignError::Body)?;
    let mut plan = plan(request, content)?;
    if let Some(rule) = request.breaks {
        breaks::apply(rule, request, &mut plan)?;
    }
    plan.write()
}

fn plan<'a>(request: &SignRequest<'a>, content: &'a str) -> Result<Plan<'a>, SignError> {
    let id = |name: &str| {
        let unique = uuid(&[request.message_id.as_bytes(), name.as_bytes()]);
        format!("{name}-{unique}")
    };
    let part = |name: &'static str, inner: String| Part {
        name,
        id: id(name.rsplit(':').next().unwrap_or(name)),
        value: None,
        inner,
        second_id: None,
    };
    let mut headers = vec![
        part("wsa:To", text(request.to)?),
        part("wsa:Action", text(request.action)?),
        part("wsa:MessageID", text(request.message_id)?),
    ];
    if let Some(relates_to) = request.relates_to {
        headers.push(part("wsa:RelatesTo", text(relates_to)?));
    }
    headers.push(part("wsa:From", address(&text(request.from)?)));
    let timestamp = part(
        "wsu:Timestamp",
        timestamp(request.created, request.lifetime)?,
    );
    let body_id = id("Body");
    let confirmation = request.confirms.map(|value| {
        Ok(Part {
            value: Some(attribute(value)?),
            ..part(CONFIRMATION, String::new())
        })
    });
    let confirmation = confirmation.transpose()?;
    let signed = headers.iter().map(|part| &part.id);
    let signed = signed.chain([&body_id, &timestamp.id]);
    let signed = signed.chain(confirmation.iter().map(|part| &part.id));
    let references = signed.map(|id| Reference::to(format!("#{id}"))).collect();
    let token = Token::of(request.key, id("Token"));
    let mut plan = Plan {
        key: request.key,
        content,
        attributes: String::new(),
        bare: false,
        headers,
        after: String::new(),
        blocks: String::new(),
        unsecured: false,
        security: ("wsse:Security", declaration("wsse", WSSE)),
        timestamp: Some(timestamp),
        confirmation,
        key_info: String::new(),
        reference_id: id("TokenReference"),
        body_id,
        unsigned: false,
        canonicalization: EXC_C14N,
        method: RSA_SHA256,
        references,
        behind: String::new(),
        spoilt: false,
        afterwards: Vec::new(),
        token,
    };
    let direct = format!(
        "<wsse:Reference URI=\"#{id}\" ValueType=\"{X509V3}\"></wsse:Reference>",
        id = plan.token.id
    );
    plan.key_info = plan.token_reference(&direct);
    Ok(plan)
}

/// The content of an endpoint reference.
pub(super) fn address(escaped: &str) -> String {
    format!("<wsa:Address>{escaped}</wsa:Address>")
}

/// The content of a timestamp.
pub(super) fn timestamp(created: Timestamp, lifetime: SignedDuration) -> Result<String, SignError> {
    let expires = created
        .checked_add(lifetime)
        .map_err(|_| SignError::Moment)?;
    Ok(format!(
        "<wsu:Created>{}</wsu:Created><wsu:Expires>{}</wsu:Expires>",
        seconds(created),
        seconds(expires)
    ))
}

/// A moment in whole seconds, as DUO writes it.
fn seconds(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The value of an attribute in canonical form.
fn attribute(value: &str) -> Result<String, SignError> {
    if !value.chars().all(is_allowed) {
        return Err(SignError::Character);
    }
    Ok(value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('\t', "&#x9;")
        .replace('\n', "&#xA;")
        .replace('\r', "&#xD;"))
}

/// Text in canonical form.
fn text(value: &str) -> Result<String, SignError> {
    if !value.chars().all(is_allowed) {
        return Err(SignError::Character);
    }
    Ok(value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\r', "&#xD;"))
}

/// Whether XML has the character.
fn is_allowed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        c => c >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_a_uuid_of_its_seed() {
        let first = message_id(&[b"a", b"b"]);
        assert_eq!(first, message_id(&[b"a", b"b"]));
        // The border between parts counts.
        assert_ne!(first, message_id(&[b"ab", b""]));
        let uuid = first.strip_prefix("urn:uuid:").unwrap();
        let parts: Vec<&str> = uuid.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(parts[2].starts_with('8') && matches!(&parts[3][..1], "8" | "9" | "a" | "b"));
    }

    #[test]
    fn text_is_escaped_as_canonical_xml_has_it() {
        assert_eq!(text("a&b<c>\r\"é").unwrap(), "a&amp;b&lt;c&gt;&#xD;\"é");
        assert_eq!(attribute("a\"<>&\t").unwrap(), "a&quot;&lt;>&amp;&#x9;");
        for refused in ["\0", "\u{1B}", "\u{FFFE}"] {
            assert_eq!(text(refused), Err(SignError::Character));
            assert_eq!(attribute(refused), Err(SignError::Character));
        }
    }
}
