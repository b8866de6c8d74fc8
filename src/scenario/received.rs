//! A message that was received, ready to be looked into.

use std::sync::Arc;

use crate::document::{Document, Gated, NodeId, PlaceOf};
use crate::exchange::Exchange;
use crate::finding::{DataClass, MessageValue, Place};

/// Namespace of SOAP 1.1 (20-edukoppeling.md, WW001).
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// A message that was received.
pub(super) struct Received {
    /// What is in it.
    pub content: Content,
}

/// What is in a message.
pub(super) enum Content {
    /// XML, and its message element: the content of the body of an envelope,
    /// or the root.
    Xml(Arc<Document>, NodeId),
    /// JSON.
    Json(serde_json::Value),
    /// Nothing.
    Empty,
    /// Something that the gate refuses.
    Unreadable,
}

/// A SOAP fault.
pub(super) struct Fault {
    /// The local name of its code.
    pub code: String,
    /// What it says.
    pub text: MessageValue,
    /// Where it stands.
    pub place: Place,
}

impl Content {
    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Content::Xml(..) => "XML",
            Content::Json(_) => "JSON",
            Content::Empty => "-",
            Content::Unreadable => "?",
        }
    }
}

impl Received {
    /// Looks into the body of an exchange.
    pub fn of(exchange: &Exchange) -> Self {
        let body = exchange.body.trim_ascii_start();
        let content = match body.first() {
            None => Content::Empty,
            Some(b'{' | b'[') => json(&exchange.body),
            Some(_) => xml(&exchange.body),
        };
        Self { content }
    }

    /// The SOAP fault that it is.
    pub fn fault(&self) -> Option<Fault> {
        let Content::Xml(document, node) = &self.content else {
            return None;
        };
        let is_fault = document.local_name(*node) == "Fault" && document.namespace(*node) == SOAP11;
        is_fault.then(|| {
            let part = |name: &str| document.child(*node, name);
            let code = part("faultcode").map(|node| document.value(node).trim().to_string());
            let code = code.unwrap_or_default();
            let text = part("faultstring").map(|node| document.value(node).trim().to_string());
            Fault {
                code: code.rsplit(':').next().unwrap_or_default().to_string(),
                text: MessageValue::said(text.unwrap_or_default(), DataClass::Plain),
                place: document.place(*node, PlaceOf::Name),
            }
        })
    }
}

fn json(body: &[u8]) -> Content {
    // The gate bounds depth and size before anything is built.
    match Gated::json(body) {
        Ok(_) => serde_json::from_slice(body).map_or(Content::Unreadable, Content::Json),
        Err(_) => Content::Unreadable,
    }
}

fn xml(body: &[u8]) -> Content {
    let document = Gated::xml(body)
        .ok()
        .and_then(|gated| Document::from_xml(gated).ok());
    let Some(document) = document else {
        return Content::Unreadable;
    };
    let root = document.root_element();
    let enveloped = document.namespace(root) == SOAP11 && document.local_name(root) == "Envelope";
    let message = enveloped
        .then(|| {
            let body = document.child(root, "Body")?;
            document.elements(body).next()
        })
        .flatten();
    Content::Xml(Arc::new(document), message.unwrap_or(root))
}
