//! What a message is: which contract, which message element, how it travelled.

use std::sync::Arc;

use crate::document::{Document, NodeId, PlaceOf};
use crate::event::Carrier;
use crate::exchange::{Exchange, path_of};
use crate::finding::{Args, DataClass, MessageValue, Place};
use crate::pack::{Message, Pack, Part, Store};
use crate::schema::xsd::nearest;

/// Namespace of SOAP 1.1 (20-edukoppeling.md, WW001).
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// Namespaces of documents that are about messages without being one.
const NO_MESSAGES: &[&str] = &[
    "http://www.w3.org/2001/XMLSchema",
    crate::document::WSDL,
    "http://purl.oclc.org/dsdl/schematron",
    "http://www.w3.org/1999/XSL/Transform",
    "http://www.w3.org/1999/xhtml",
];

/// A message that a pack knows.
#[derive(Debug, Clone)]
pub struct Known {
    /// The pack that judges it.
    pub pack: Arc<Pack>,
    /// Index of the message in the pack's manifest.
    pub message: usize,
    /// The message element.
    pub root: NodeId,
    /// How it travelled.
    pub carrier: Carrier,
}

impl Known {
    /// The message in the pack's manifest.
    pub fn message(&self) -> &Message {
        &self.pack.manifest.messages[self.message]
    }
}

/// What recognition says of a document.
#[derive(Debug)]
pub enum Recognition {
    /// A message that a pack knows.
    Known(Known),
    /// No message of ours: nothing applies to it.
    NoMessage,
    /// Something is wrong with what it claims to be.
    Refused {
        /// Code of the rule (`KK-HERKEN-…`).
        code: &'static str,
        /// Arguments of its text.
        args: Args,
        /// Where.
        place: Place,
    },
}

impl Recognition {
    /// The message, where a pack knows it.
    pub fn message(&self) -> Option<Message> {
        match self {
            Self::Known(known) => Some(known.message().clone()),
            Self::NoMessage | Self::Refused { .. } => None,
        }
    }
}

/// What HTTP tells of a JSON message.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpHint<'a> {
    /// Method of the request, or of the request that is answered.
    pub method: Option<&'a str>,
    /// Path of its URL, without query.
    pub path: Option<&'a str>,
    /// Status of an answer; `None` for a request.
    pub status: Option<u16>,
}

impl<'a> HttpHint<'a> {
    /// What HTTP tells of an exchange; `None` for bytes that did not travel
    /// over it.
    pub fn of(exchange: &'a Exchange) -> Option<Self> {
        let http = exchange.http.as_ref()?;
        let asked = exchange.answers.as_deref();
        let request = asked.and_then(|asked| asked.http.as_ref()).unwrap_or(http);
        Some(Self {
            method: request.method(),
            path: request.url().map(path_of),
            status: http.status(),
        })
    }
}

/// Recognises XML: a bare message element or one in a SOAP 1.1 envelope.
pub fn recognise_xml(store: &Store, document: &Document) -> Recognition {
    let outer = document.root_element();
    let namespace = document.namespace(outer);
    if namespace == SOAP12 {
        return refused(document, outer, "KK-HERKEN-SOAP12", Args::new());
    }
    if namespace != SOAP11 || document.local_name(outer) != "Envelope" {
        return recognise_element(store, document, outer, Carrier::Bare);
    }
    let bodies: Vec<NodeId> = document
        .elements(outer)
        .filter(|&child| {
            document.namespace(child) == SOAP11 && document.local_name(child) == "Body"
        })
        .collect();
    let [body] = bodies[..] else {
        return refused(document, outer, "KK-HERKEN-ENVELOP", Args::new());
    };
    let mut contents = document.elements(body);
    match (contents.next(), contents.next()) {
        (Some(content), None) if document.namespace(content) == SOAP11 => Recognition::NoMessage,
        (Some(content), None) => recognise_element(store, document, content, Carrier::Soap),
        _ => refused(document, body, "KK-HERKEN-ENVELOP", Args::new()),
    }
}

/// What an envelope around a SOAP fault is called; `None` for anything else.
pub(super) fn soap_fault(document: &Document) -> Option<&'static str> {
    let envelope = document.root_element();
    let inside = document
        .elements(envelope)
        .flat_map(|part| document.elements(part));
    let is_fault =
        |node: NodeId| document.namespace(node) == SOAP11 && document.local_name(node) == "Fault";
    (document.namespace(envelope) == SOAP11 && inside.into_iter().any(is_fault))
        .then_some("SOAP Fault")
}

fn recognise_element(
    store: &Store,
    document: &Document,
    node: NodeId,
    carrier: Carrier,
) -> Recognition {
    let namespace = document.namespace(node);
    let local = document.local_name(node);
    if NO_MESSAGES.contains(&namespace) {
        return Recognition::NoMessage;
    }
    if let Some((pack, message)) = store.message(namespace, local) {
        return known(pack, message, node, carrier);
    }
    if let Some(superseded) = store.superseded(namespace, local) {
        // The reconstruction's namespace, while an official pack is in force.
        let args = Args::new()
            .with("element", local)
            .with("namespace", MessageValue::new(namespace, DataClass::Plain))
            .with(
                "nearest",
                superseded
                    .official
                    .manifest
                    .schema_namespace
                    .clone()
                    .unwrap_or_default(),
            );
        return refused(document, node, "KK-HERKEN-NAAMRUIMTE", args);
    }
    let candidates: Vec<&Arc<Pack>> = store
        .packs()
        .filter(|pack| pack.manifest.schema_namespace.as_deref() == Some(namespace))
        .collect();
    if let Some(pack) = candidates.first() {
        let roots: Vec<Arc<str>> = pack
            .manifest
            .messages
            .iter()
            .filter_map(|m| m.root.clone())
            .collect();
        let args = Args::new()
            .with("element", local)
            .with(
                "nearest",
                nearest(local, roots.iter()).unwrap_or_else(|| "".into()),
            )
            .with("contract", pack.manifest.contract.clone());
        return refused(document, node, "KK-HERKEN-ELEMENT", args);
    }
    // The namespace is unknown. The element may be known elsewhere: then its
    // namespace is what was meant.
    let by_element = store
        .messages()
        .find(|(_, message)| message.root.as_deref() == Some(local))
        .and_then(|(pack, _)| pack.manifest.schema_namespace.clone());
    let known: Vec<Arc<str>> = store
        .packs()
        .filter_map(|pack| pack.manifest.schema_namespace.clone())
        .collect();
    let meant = by_element.or_else(|| nearest(namespace, known.iter()));
    if meant.is_none() && namespace.is_empty() && !local.contains("_Re") {
        return Recognition::NoMessage;
    }
    let args = Args::new()
        .with("element", local)
        .with("namespace", MessageValue::new(namespace, DataClass::Plain))
        .with("nearest", meant.unwrap_or_else(|| "".into()));
    refused(document, node, "KK-HERKEN-NAAMRUIMTE", args)
}

/// A message of a pack's manifest, recognised.
fn known(pack: &Arc<Pack>, message: &Message, root: NodeId, carrier: Carrier) -> Recognition {
    let mut messages = pack.manifest.messages.iter();
    match messages.position(|candidate| std::ptr::eq(candidate, message)) {
        Some(message) => Recognition::Known(Known {
            pack: Arc::clone(pack),
            message,
            root,
            carrier,
        }),
        // Callers take the message from this very pack.
        None => Recognition::NoMessage,
    }
}

/// Recognises JSON: by name (`--as`), by what HTTP tells, or by its members.
pub fn recognise_json(
    store: &Store,
    document: &Document,
    named: Option<&str>,
    http: Option<HttpHint<'_>>,
) -> Recognition {
    let root = document.root_element();
    let json = || {
        store
            .messages()
            .filter(|(_, message)| message.schema.is_some())
    };
    let known = |pack: &Arc<Pack>, message: &Message| known(pack, message, root, Carrier::Json);
    if document.child(root, "$schema").is_some() {
        return Recognition::NoMessage;
    }
    if let Some(named) = named {
        let found = json().find(|(_, message)| message.name.as_deref() == Some(named));
        return match found {
            Some((pack, message)) => known(pack, message),
            None => {
                let names: Vec<Arc<str>> = json()
                    .filter_map(|(_, message)| message.name.clone())
                    .collect();
                let args = Args::new().with(
                    "nearest",
                    nearest(named, names.iter()).unwrap_or_else(|| "".into()),
                );
                refused(document, root, "KK-HERKEN-JSON", args)
            }
        };
    }
    if let Some(http) = http
        && let Some((pack, message)) = json().find(|(_, message)| http_matches(message, http))
    {
        return known(pack, message);
    }
    let by_shape = json()
        .filter(|(_, message)| !message.shape.is_empty() && shape_matches(document, message))
        .max_by_key(|(pack, message)| (message.shape.len(), pack.manifest.order));
    match by_shape {
        Some((pack, message)) => known(pack, message),
        None => refused(
            document,
            root,
            "KK-HERKEN-JSON",
            Args::new().with("nearest", ""),
        ),
    }
}

fn http_matches(message: &Message, http: HttpHint<'_>) -> bool {
    let part = if http.status.is_some() {
        Part::Response
    } else {
        Part::Request
    };
    let method = message.method.as_deref();
    message.part == part
        && message.status == http.status
        && (method == Some("*") || method.is_some_and(|m| Some(m) == http.method))
        && match (message.path.as_deref(), http.path) {
            (Some(template), Some(path)) => path_matches(template, path),
            _ => false,
        }
}

/// Whether a path ends in what a template says: `{x}` stands for one step,
/// `{*x}` for the rest. A gateway may put steps of its own in front.
fn path_matches(template: &str, path: &str) -> bool {
    let steps = |text: &str| -> Vec<String> {
        text.split('/')
            .filter(|s| !s.is_empty())
            .map(str::to_string)
            .collect()
    };
    let (template, path) = (steps(template), steps(path));
    (0..=path.len()).any(|skip| {
        let mut rest = path[skip..].iter();
        for step in &template {
            if step.starts_with("{*") {
                return true;
            }
            match rest.next() {
                Some(found) if step == found || step.starts_with('{') => {}
                _ => return false,
            }
        }
        rest.next().is_none()
    })
}

/// Whether the document has all members that the message's shape names
/// (`administration_id`, `[0]/oin`).
fn shape_matches(document: &Document, message: &Message) -> bool {
    message.shape.iter().all(|path| {
        let mut at = Some(document.root_element());
        for step in path.split('/') {
            at = at.and_then(|node| {
                match step.strip_prefix('[').and_then(|s| s.strip_suffix(']')) {
                    Some(index) => document
                        .elements(node)
                        .nth(index.parse().unwrap_or(usize::MAX)),
                    None => document.child(node, step),
                }
            });
        }
        at.is_some()
    })
}

fn refused(document: &Document, node: NodeId, code: &'static str, args: Args) -> Recognition {
    Recognition::Refused {
        code,
        args,
        place: document.place(node, PlaceOf::Name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Gated;

    fn recognise(xml: &str) -> String {
        let store = Store::builtin();
        let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
        match recognise_xml(&store, &document) {
            Recognition::Known(known) => format!("{} {:?}", known.message().id(), known.carrier),
            Recognition::NoMessage => "no message".into(),
            Recognition::Refused { code, args, .. } => {
                let nearest = args
                    .get("nearest")
                    .map(|n| n.shown(crate::finding::Redaction::Mask));
                format!("{code} {}", nearest.unwrap_or_default())
            }
        }
    }

    #[test]
    fn messages_are_recognised_bare_and_in_an_envelope() {
        let ns = "http://duo.nl/schema/DUO_PO_InschrijvingBO_V1";
        let body = format!("<aanleverenInschrijvingBO_Request xmlns='{ns}'/>");
        assert_eq!(recognise(&body), "aanleverenInschrijvingBO_Request Bare");
        let soap = |body: &str| {
            format!("<s:Envelope xmlns:s='{SOAP11}'><s:Body>{body}</s:Body></s:Envelope>")
        };
        assert_eq!(
            recognise(&soap(&body)),
            "aanleverenInschrijvingBO_Request Soap"
        );
        assert_eq!(recognise(&soap("")), "KK-HERKEN-ENVELOP ");
        assert_eq!(recognise(&soap(&body.repeat(2))), "KK-HERKEN-ENVELOP ");
        assert_eq!(recognise(&soap("<s:Fault/>")), "no message");
        assert_eq!(
            recognise(&format!("<Envelope xmlns='{SOAP12}'/>")),
            "KK-HERKEN-SOAP12 "
        );
    }

    #[test]
    fn what_is_unknown_names_the_nearest_known() {
        let ns = "http://duo.nl/schema/DUO_PO_InschrijvingBO_V1";
        assert_eq!(
            recognise(&format!("<aanleverenInschrijvingB0_Request xmlns='{ns}'/>")),
            "KK-HERKEN-ELEMENT aanleverenInschrijvingBO_Request"
        );
        assert_eq!(
            recognise("<aanleverenInschrijvingBO_Request xmlns='urn:x'/>"),
            format!("KK-HERKEN-NAAMRUIMTE {ns}")
        );
        assert_eq!(recognise("<project/>"), "no message");
        assert_eq!(
            recognise("<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>"),
            "no message"
        );
    }

    #[test]
    fn path_templates_match_whole_steps() {
        for (template, path, matches) in [
            ("/api/v2/endpoints", "/api/v2/endpoints", true),
            ("/api/v2/endpoints", "/osr/api/v2/endpoints", true),
            ("/api/v2/endpoints/{id}", "/api/v2/endpoints", false),
            ("/api/v2/endpoints/{id}", "/api/v2/endpoints/7", true),
            ("/api/v2/{*rest}", "/api/v2/a/b", true),
            ("/api/v3/{*rest}", "/api/v2/a/b", false),
        ] {
            assert_eq!(path_matches(template, path), matches, "{template} {path}");
        }
    }
}
