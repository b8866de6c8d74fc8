//! A message before it is written: its parts, what is signed of them, and with
//! which algorithms.
//!
//! What we write ourselves is written in its canonical form: the bytes in the
//! message are the bytes under the digest. Only the body, which comes from
//! elsewhere, is canonicalised.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra::c14n::{C14nMode, canonicalize_doc};
use bergshamra::xml::uppsala;
use sha2::{Digest, Sha256};

use super::key::SigningKey;
use super::request::SignError;
use crate::edukoppeling::names::{BASE64, DSIG, EXC_C14N, SOAP, WSA, WSSE, WSSE11, WSU, X509V3};

pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(super) const SHA224: &str = "http://www.w3.org/2001/04/xmldsig-more#sha224";
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
pub(super) const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/// A part of the message that may be signed: an addressing header, the
/// timestamp, or the confirmation of a signature.
pub(super) struct Part {
    /// `wsa:To`.
    pub(super) name: &'static str,
    pub(super) id: String,
    /// The attribute `Value` in canonical form.
    pub(super) value: Option<String>,
    /// The content in canonical form.
    pub(super) inner: String,
    /// A second Id beside `wsu:Id`, in a namespace of nobody's.
    pub(super) second_id: Option<String>,
}

impl Part {
    /// The element in the canonical form of exclusive canonicalisation, or of
    /// the inclusive one, which adds what the envelope declares.
    fn canonical(&self, inclusive: bool) -> String {
        let Self {
            name,
            id,
            value,
            inner,
            ..
        } = self;
        let mut namespaces = String::new();
        if inclusive {
            namespaces += &declaration("soap", SOAP);
        }
        if name.starts_with("wsa:") {
            namespaces += &declaration("wsa", WSA);
        }
        if name.starts_with("wsse11:") {
            namespaces += &declaration("wsse11", WSSE11);
        }
        namespaces += &declaration("wsu", WSU);
        // An attribute without namespace comes before one with.
        let value = value.as_ref().map(|value| format!(" Value=\"{value}\""));
        let mut ids = format!("{} wsu:Id=\"{id}\"", value.unwrap_or_default());
        if let Some(second) = &self.second_id {
            namespaces += &declaration("x", "urn:x");
            ids += &format!(" x:Id=\"{second}\"");
        }
        format!("<{name}{namespaces}{ids}>{inner}</{name}>")
    }
}

/// What a `ds:Reference` says.
pub(super) struct Reference {
    pub(super) uri: String,
    pub(super) transforms: Vec<&'static str>,
    pub(super) digest: &'static str,
}

impl Reference {
    pub(super) fn to(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            transforms: vec![EXC_C14N],
            digest: SHA256,
        }
    }
}

/// A message before it is written.
pub(super) struct Plan<'a> {
    pub(super) key: &'a SigningKey,
    /// The element in the body.
    pub(super) content: &'a str,
    /// Attributes of the envelope.
    pub(super) attributes: String,
    /// No header at all.
    pub(super) bare: bool,
    /// The addressing headers in their order.
    pub(super) headers: Vec<Part>,
    /// What stands behind the body, where nothing belongs.
    pub(super) after: String,
    /// Header blocks that are not signed.
    pub(super) blocks: String,
    /// A header without security.
    pub(super) unsecured: bool,
    /// Name and namespace declarations of the security header.
    pub(super) security: (&'static str, String),
    pub(super) timestamp: Option<Part>,
    /// Of an answer, what confirms the request's signature.
    pub(super) confirmation: Option<Part>,
    pub(super) token: Token,
    pub(super) body_id: String,
    /// Without a signature.
    pub(super) unsigned: bool,
    pub(super) canonicalization: &'static str,
    pub(super) method: &'static str,
    pub(super) references: Vec<Reference>,
    /// The content of `ds:KeyInfo`.
    pub(super) key_info: String,
    pub(super) reference_id: String,
    /// What stands in the security header behind the signature.
    pub(super) behind: String,
    /// The value of the signature is changed.
    pub(super) spoilt: bool,
    /// What is replaced once in the finished message.
    pub(super) afterwards: Vec<(String, String)>,
}

/// The token that the certificate travels in.
pub(super) struct Token {
    pub(super) id: String,
    pub(super) value_type: &'static str,
    pub(super) value: String,
    pub(super) absent: bool,
}

impl Token {
    /// The certificate of `key`.
    pub(super) fn of(key: &SigningKey, id: String) -> Self {
        Self {
            id,
            value_type: X509V3,
            value: STANDARD.encode(key.certificate().der()),
            absent: false,
        }
    }

    fn written(&self) -> String {
        let Self {
            id,
            value_type,
            value,
            ..
        } = self;
        format!(
            "<wsse:BinarySecurityToken{wsse}{wsu} wsu:Id=\"{id}\" EncodingType=\"{BASE64}\" \
             ValueType=\"{value_type}\">{value}</wsse:BinarySecurityToken>",
            wsse = declaration("wsse", WSSE),
            wsu = declaration("wsu", WSU),
        )
    }
}

impl Plan<'_> {
    /// The header of that name.
    pub(super) fn header(&mut self, name: &str) -> Option<&mut Part> {
        self.headers.iter_mut().find(|part| part.name == name)
    }

    /// Gives a header another content.
    pub(super) fn say(&mut self, name: &str, inner: impl Into<String>) {
        if let Some(part) = self.header(name) {
            part.inner = inner.into();
        }
    }

    /// Takes a header away, with the reference to it.
    pub(super) fn leave_out(&mut self, name: &str) {
        if let Some(at) = self.headers.iter().position(|part| part.name == name) {
            let part = self.headers.remove(at);
            self.leave_unsigned(&part.id);
        }
    }

    /// Takes the reference to an Id away.
    pub(super) fn leave_unsigned(&mut self, id: &str) {
        let uri = format!("#{id}");
        self.references.retain(|reference| reference.uri != uri);
    }

    /// Adds a signed header.
    pub(super) fn add(&mut self, name: &'static str, id: String, inner: impl Into<String>) {
        self.references.push(Reference::to(format!("#{id}")));
        self.headers.push(Part {
            name,
            id,
            value: None,
            inner: inner.into(),
            second_id: None,
        });
    }

    /// `wsse:SecurityTokenReference` in canonical form.
    pub(super) fn token_reference(&self, inner: &str) -> String {
        format!(
            "<wsse:SecurityTokenReference{wsse}{wsu} wsu:Id=\"{id}\">{inner}</wsse:SecurityTokenReference>",
            wsse = declaration("wsse", WSSE),
            wsu = declaration("wsu", WSU),
            id = self.reference_id,
        )
    }

    /// Signs the message and writes it.
    pub(super) fn write(&self) -> Result<String, SignError> {
        let mut header = String::new();
        if !self.bare {
            for part in &self.headers {
                header += &part.canonical(false);
            }
            header += &self.blocks;
            if !self.unsecured {
                header += &self.security()?;
            }
            header = format!("<soap:Header>{header}</soap:Header>");
        }
        let mut message = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <soap:Envelope{soap}{attributes}>{header}{body}{after}</soap:Envelope>\n",
            soap = declaration("soap", SOAP),
            attributes = self.attributes,
            after = self.after,
            body = self.body(""),
        );
        for (from, to) in &self.afterwards {
            message = message.replacen(from.as_str(), to, 1);
        }
        Ok(message)
    }

    fn body(&self, namespaces: &str) -> String {
        format!(
            "<soap:Body{namespaces}{wsu} wsu:Id=\"{id}\">{content}</soap:Body>",
            wsu = declaration("wsu", WSU),
            id = self.body_id,
            content = self.content,
        )
    }

    fn security(&self) -> Result<String, SignError> {
        let (name, namespaces) = &self.security;
        let mut inner = String::new();
        if let Some(timestamp) = &self.timestamp {
            inner += &timestamp.canonical(false);
        }
        if !self.token.absent {
            inner += &self.token.written();
        }
        if !self.unsigned {
            inner += &self.signature()?;
        }
        if let Some(confirmation) = &self.confirmation {
            inner += &confirmation.canonical(false);
        }
        inner += &self.behind;
        Ok(format!("<{name}{namespaces}>{inner}</{name}>"))
    }

    fn signature(&self) -> Result<String, SignError> {
        let info = self.signed_info()?;
        let ds = declaration("ds", DSIG);
        let open = |more: &str| format!("<ds:SignedInfo{ds}{more}>{info}</ds:SignedInfo>");
        // The inclusive canonicalisation adds what is declared around.
        let signed = if self.canonicalization == C14N {
            open(&(declaration("soap", SOAP) + &declaration("wsse", WSSE)))
        } else {
            open("")
        };
        let mut value = match self.method {
            HMAC_SHA256 => self.forged(signed.as_bytes()),
            _ => {
                let value = self.key.sign(signed.as_bytes());
                value.ok_or(SignError::Operation)?
            }
        };
        if let (true, Some(byte)) = (self.spoilt, value.last_mut()) {
            *byte ^= 1;
        }
        Ok(format!(
            "<ds:Signature{ds}>{written}<ds:SignatureValue>{value}</ds:SignatureValue>\
             <ds:KeyInfo>{key_info}</ds:KeyInfo></ds:Signature>",
            written = open(""),
            value = STANDARD.encode(value),
            key_info = self.key_info,
        ))
    }

    /// What anybody can make who has the certificate: its public key as the
    /// secret of an HMAC.
    fn forged(&self, signed: &[u8]) -> Vec<u8> {
        let secret = self.key.certificate().usable_key().unwrap_or_default();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        aws_lc_rs::hmac::sign(&key, signed).as_ref().to_vec()
    }

    /// The content of `ds:SignedInfo` in canonical form.
    fn signed_info(&self) -> Result<String, SignError> {
        let empty = |name: &str, algorithm: &str| {
            format!("<ds:{name} Algorithm=\"{algorithm}\"></ds:{name}>")
        };
        let mut info = empty("CanonicalizationMethod", self.canonicalization);
        info += &empty("SignatureMethod", self.method);
        for reference in &self.references {
            let transforms: String = reference
                .transforms
                .iter()
                .map(|transform| empty("Transform", transform))
                .collect();
            info += &format!(
                "<ds:Reference URI=\"{uri}\"><ds:Transforms>{transforms}</ds:Transforms>\
                 {method}<ds:DigestValue>{value}</ds:DigestValue></ds:Reference>",
                uri = reference.uri,
                method = empty("DigestMethod", reference.digest),
                value = self.digest(reference)?,
            );
        }
        Ok(info)
    }

    fn digest(&self, reference: &Reference) -> Result<String, SignError> {
        let id = reference.uri.trim_start_matches('#');
        let inclusive = reference.transforms.contains(&C14N);
        let part = self
            .headers
            .iter()
            .chain(&self.timestamp)
            .chain(&self.confirmation)
            .find(|part| part.id == id);
        let canonical = match part {
            Some(part) => part.canonical(inclusive).into_bytes(),
            None if id == self.body_id => self.canonical_body()?,
            // The token reference is what else may be referred to.
            None if id == self.reference_id => self.key_info.clone().into_bytes(),
            None => Vec::new(),
        };
        Ok(match reference.digest {
            SHA1 => old_digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &canonical),
            SHA224 => old_digest(&aws_lc_rs::digest::SHA224, &canonical),
            _ => STANDARD.encode(Sha256::digest(&canonical)),
        })
    }

    fn canonical_body(&self) -> Result<Vec<u8>, SignError> {
        let body = self.body(&declaration("soap", SOAP));
        let tree = uppsala::parse(&body).map_err(|_| SignError::Body)?;
        canonicalize_doc::<&str>(&tree, C14nMode::Exclusive, None, &[]).map_err(|_| SignError::Body)
    }
}

fn old_digest(algorithm: &'static aws_lc_rs::digest::Algorithm, data: &[u8]) -> String {
    STANDARD.encode(aws_lc_rs::digest::digest(algorithm, data))
}

/// The declaration of a namespace, with a space before it.
pub(super) fn declaration(prefix: &str, namespace: &str) -> String {
    format!(" xmlns:{prefix}=\"{namespace}\"")
}
