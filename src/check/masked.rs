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

    /// Whether a body is as [`Masker::body`] leaves it: nothing about a person
    /// stands in it unmasked. Where contracts may be `foreign`, XML passes in
    /// which nothing has the name of something personal.
    pub fn is_masked(&mut self, exchange: &Exchange, foreign: bool) -> bool {
        if self.body(exchange) == exchange.body {
            return true;
        }
        let Ok(text) = std::str::from_utf8(&exchange.body) else {
            return false;
        };
        if kind_of(&exchange.body) != ContentKind::Json {
            let gated = Gated::xml(&exchange.body).ok().filter(|_| foreign);
            let document = gated.and_then(|gated| Document::from_xml(gated).ok());
            return document.is_some_and(|document| {
                let tells = |local: &str| has_mask(text) && TELLTALES.contains(&local);
                document.masked(&|_, local| !is_secret(local) && !tells(local)) == document.source()
            });
        }
        // A number that was masked is JSON no more: any other stands for it.
        let again = Exchange {
            body: numbered(text).into_bytes().into(),
            ..exchange.clone()
        };
        self.body(&again) == exchange.body
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
        if before == after && !has_mask(&before) {
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

/// Whether something in XML may have been masked: by us, or by who hands it in.
/// An asterisk that is none of a mask costs a digest and betrays nobody.
fn has_mask(xml: &str) -> bool {
    xml.contains('*')
}

/// JSON with a digit for each asterisk outside strings.
fn numbered(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let digit = |ch: char| {
        let shown = match ch {
            '*' if !in_string => '1',
            other => other,
        };
        in_string ^= ch == '"' && !escaped;
        escaped = in_string && ch == '\\' && !escaped;
        shown
    };
    json.chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was masked is masked, whatever it was.
    #[test]
    fn masking_twice_masks_once() {
        let mut masker = Masker::new(Store::builtin());
        for body in [
            "<bericht><bsn>123456782</bsn><naam soort='x'>Jansen</naam></bericht>",
            "<?xml version='1.0'?>\n<!-- Jansen --><?p Jansen?>\n<a><!--x--><b><![CDATA[Jansen]]></b></a>",
            "<a>niet af",
            "geen bericht van Jansen",
            r#"{"bsn": 123456782, "naam": "Jan \"J\\", "goed": true, "leeg": null, "n": [1, 2.5]}"#,
            r#"{"niet": "af"#,
            "",
        ] {
            let before = Exchange::bare(body.as_bytes());
            let after = Exchange::bare(masker.body(&before));
            let text = String::from_utf8_lossy(&after.body).into_owned();
            assert!(
                !text.contains("Jansen") && !text.contains("12345"),
                "{text}"
            );
            assert_eq!(masker.is_masked(&before, false), body.is_empty(), "{body}");
            assert!(masker.is_masked(&after, false), "{text}");
        }
    }

    /// An answer names the data of the message that it speaks of.
    #[test]
    fn a_value_is_masked_by_the_name_beside_it() {
        let file = "schemas/bron-po/DUO_PO_InschrijvingBO_V1/voorbeelden/aanleverenInschrijvingBO_Response.xml";
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let answer = std::fs::read_to_string(root.join(file)).unwrap();
        let mut masker = Masker::new(Store::builtin());
        for (name, value, shown) in [
            (
                "inschrijvingvolgnummer",
                "25BE-2023-00417",
                "25BE-2023-00417",
            ),
            ("geboortedatum", "2019-09-19", "**********"),
            ("Achternaam", "Jansen", "******"),
            ("burgerservicenummer", "123456782", "*****6782"),
            ("burgerservicenummer", "999901102", "999901102"),
        ] {
            let written = answer
                .replacen(
                    "<gen:naam>inschrijvingvolgnummer<",
                    &format!("<gen:naam>{name}<"),
                    1,
                )
                .replacen(
                    "<gen:waarde>25BE-2023-00417<",
                    &format!("<gen:waarde>{value}<"),
                    1,
                );
            assert!(written.contains(&format!("{name}<")), "{written}");
            let masked = masker.body(&Exchange::bare(written.as_bytes()));
            let masked = String::from_utf8_lossy(&masked);
            assert!(
                masked.contains(&format!("<gen:waarde>{shown}<")),
                "{masked}"
            );
        }
    }

    /// Of a contract that is not here, names tell.
    #[test]
    fn what_is_foreign_is_known_by_its_names() {
        let mut masker = Masker::new(Store::builtin());
        for (body, is_masked) in [
            (
                "<x:a xmlns:x='urn:x'><code>01</code><achternaam>***</achternaam></x:a>",
                true,
            ),
            (
                "<x:a xmlns:x='urn:x'><code>01</code><achternaam>Jo</achternaam></x:a>",
                false,
            ),
            ("<x:a xmlns:x='urn:x'><code>123456782</code></x:a>", false),
            ("<x:a xmlns:x='urn:x'><token>geheim</token></x:a>", false),
            // From the digest of what was masked it could be found again.
            (
                "<x:a xmlns:x='urn:x'><achternaam>***</achternaam><DigestValue>q83v</DigestValue></x:a>",
                false,
            ),
            (
                "<x:a xmlns:x='urn:x'><achternaam>***</achternaam><DigestValue>****</DigestValue></x:a>",
                true,
            ),
            (
                "<x:a xmlns:x='urn:x'><code>01</code><DigestValue>q83v</DigestValue></x:a>",
                true,
            ),
            ("<a>niet af", false),
            (r#"{"code": "x"}"#, false),
        ] {
            let exchange = Exchange::bare(body.as_bytes());
            assert_eq!(masker.is_masked(&exchange, true), is_masked, "{body}");
            let all_masked = body.contains("****");
            assert_eq!(masker.is_masked(&exchange, false), all_masked, "{body}");
        }
    }
}
