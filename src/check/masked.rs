//! Bodies of messages with everything about persons masked, for whoever may
//! see what was exchanged but not about whom.

use std::collections::HashMap;
use std::sync::Arc;

use super::message::is_of_the_envelope;
use super::recognise::{HttpHint, Known, Recognition, recognise_json, recognise_xml};
use crate::document::{Document, Gated};
use crate::event::Carrier;
use crate::exchange::Exchange;
use crate::finding::{DataClass, mask};
use crate::input::{ContentKind, kind_of};
use crate::pack::Store;
use crate::schema::xsd::XsdSchema;

/// Parts of names whose values let somebody in, compared in lower case.
const SECRETS: &[&str] = &[
    "apikey",
    "api-key",
    "api_key",
    "assertion",
    "authorization",
    "cookie",
    "jwt",
    "password",
    "secret",
    "session",
    "sleutel",
    "token",
    "wachtwoord",
];

/// Elements from which what was masked can be found out again: a value of nine
/// digits by trying all for a digest, a message by whoever has the key.
const TELLTALES: &[&str] = &["DigestValue", "SignatureValue"];
/// See [`TELLTALES`].
const ENCRYPTED: &str = "CipherValue";

/// Whether the value of that name lets somebody in.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|part| name.contains(part))
}

/// Masks bodies. Compiles the schema of a contract at its first message.
pub struct Masker {
    store: Store,
    schemas: HashMap<Arc<str>, Option<XsdSchema>>,
}

impl Masker {
    /// A masker that knows the messages of these packs.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            schemas: HashMap::new(),
        }
    }

    /// The body of a message, masked; the very bytes when there is nothing to
    /// mask. What is not understood is masked whole.
    pub fn body(&mut self, exchange: &Exchange) -> Arc<[u8]> {
        let body = &exchange.body;
        if body.trim_ascii().is_empty() {
            return Arc::clone(body);
        }
        let masked = match kind_of(body) {
            ContentKind::Json => self.json(exchange),
            _ => self.xml(body),
        };
        match masked {
            Some((before, after)) if before == after => Arc::clone(body),
            Some((_, after)) => after.into_bytes().into(),
            None => match std::str::from_utf8(body) {
                Ok(text) => mask(text, DataClass::Unknown).into_bytes().into(),
                Err(_) => vec![b'*'; body.len()].into(),
            },
        }
    }

    fn xml(&mut self, body: &[u8]) -> Option<(String, String)> {
        let gated = Gated::xml(body).ok()?;
        let document = Document::from_xml(gated).ok()?;
        let known = match recognise_xml(&self.store, &document) {
            Recognition::Known(known) => Some(known),
            _ => None,
        };
        let schema = known.and_then(|known| self.schema(&known));
        let is_known = |namespace: &str, local: &str| {
            if is_of_the_envelope(namespace, local) {
                return local != ENCRYPTED;
            }
            !is_secret(local) && schema.is_some_and(|schema| schema.structure().knows(local))
        };
        let before = document.source().to_string();
        let after = document.masked(&is_known);
        if before == after {
            return Some((before, after));
        }
        let after = document
            .masked(&|namespace, local| is_known(namespace, local) && !TELLTALES.contains(&local));
        Some((before, after))
    }

    fn json(&mut self, exchange: &Exchange) -> Option<(String, String)> {
        let document = Document::from_json(Gated::json(&exchange.body).ok()?).ok()?;
        let recognised = recognise_json(&self.store, &document, None, HttpHint::of(exchange));
        let is_known = matches!(
            recognised,
            Recognition::Known(Known {
                carrier: Carrier::Json,
                ..
            })
        );
        let after = document.masked(&|_, local| is_known && !is_secret(local));
        Some((document.source().to_string(), after))
    }

    fn schema(&mut self, known: &Known) -> Option<&XsdSchema> {
        let pack = &known.pack;
        let contract = Arc::clone(&pack.manifest.contract);
        let schema = self.schemas.entry(contract);
        schema
            .or_insert_with(|| XsdSchema::compile(pack.files(), &pack.entries()).ok())
            .as_ref()
    }
}
