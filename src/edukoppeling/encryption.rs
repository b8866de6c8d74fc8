//! Encryption, as far as it can be judged without a key: what is encrypted,
//! with which algorithms, and whether it is built so that a receiver finds its
//! way (Koppelvlakstandaard WUS, WB005; Beveiligingsstandaarden en
//! voorschriften, ENC001-004).
//!
//! What is encrypted is never judged itself. A signature is made before
//! encrypting (WB006), so without the key the digest of an encrypted body says
//! nothing.

use std::collections::HashSet;

use super::names::{XENC, XENC11_OAEP};
use super::said::Said;
use super::security::{Envelope, child, children, is};
use super::signature::decode;
use crate::document::{Document, NodeId};
use crate::finding::{Args, MessageValue};

const PLACE: &str = "KK-EK-WB005";
const BUILD: &str = "KK-EK-ENC002-OPBOUW";
const DATA: &str = "KK-EK-ENC003-GEGEVENS";
const KEY: &str = "KK-EK-ENC004-SLEUTEL";

/// AES with GCM. Triple DES and CBC may be read from old software, not sent.
const DATA_ALGORITHMS: &[&str] = &[
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
];

const KEY_ALGORITHMS: &[&str] = &[
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    XENC11_OAEP,
];

/// The encrypted content of a body: the one element in it.
pub fn encrypted_content(document: &Document, envelope: &Envelope) -> Option<NodeId> {
    let mut contents = document.elements(envelope.body?);
    let content = contents.next()?;
    (contents.next().is_none() && is(document, content, XENC, "EncryptedData")).then_some(content)
}

/// Judges what is encrypted in an envelope; says nothing where nothing is.
pub(super) fn judge(document: &Document, envelope: &Envelope, said: &mut Said<'_>) {
    let of_kind = |name: &'static str| {
        document.subtree(envelope.node).filter(move |&node| {
            document.namespace(node) == XENC && document.local_name(node) == name
        })
    };
    let data: Vec<NodeId> = of_kind("EncryptedData").collect();
    let keys: Vec<NodeId> = of_kind("EncryptedKey").collect();
    if data.is_empty() && keys.is_empty() {
        return;
    }
    said.judging(&[PLACE, BUILD, DATA, KEY]);
    for &node in &data {
        if document
            .ancestors(node)
            .all(|above| Some(above) != envelope.body)
        {
            said.broken(PLACE, node, Args::new());
        }
        algorithm(document, node, (DATA, DATA_ALGORITHMS), said);
        cipher(document, node, said);
    }
    for &node in &keys {
        algorithm(document, node, (KEY, KEY_ALGORITHMS), said);
        cipher(document, node, said);
    }
    references(document, &data, of_kind("DataReference"), said);
}

/// The algorithm that an encrypted element names, judged.
fn algorithm(
    document: &Document,
    node: NodeId,
    (code, permitted): (&'static str, &[&str]),
    said: &mut Said<'_>,
) {
    let mut methods = children(document, node, XENC, "EncryptionMethod");
    let (method, more) = (methods.next(), methods.next());
    let uri = method.and_then(|method| document.attribute(method, "Algorithm"));
    if more.is_none() && uri.is_some_and(|uri| permitted.contains(&uri)) {
        return;
    }
    let mut args = Args::new();
    if let Some(uri) = uri {
        args.push("algorithm", MessageValue::plain(uri));
    }
    said.broken(code, more.or(method).unwrap_or(node), args);
}

/// `CipherData` with the encrypted bytes themselves: what stands elsewhere
/// (`CipherReference`) is not in the message.
fn cipher(document: &Document, node: NodeId, said: &mut Said<'_>) {
    let mut found = children(document, node, XENC, "CipherData");
    let data = match (found.next(), found.next()) {
        (Some(data), None) => data,
        (_, second) => {
            let args = Args::new().with("element", "xenc:CipherData");
            said.broken(BUILD, second.unwrap_or(node), args);
            return;
        }
    };
    let value = child(document, data, XENC, "CipherValue");
    let alone = document.elements(data).count() == 1;
    let bytes = value
        .filter(|_| alone)
        .and_then(|value| decode(&document.value(value)));
    if bytes.is_none_or(|bytes| bytes.is_empty()) {
        let args = Args::new().with("element", "xenc:CipherValue");
        said.broken(BUILD, value.unwrap_or(data), args);
    }
}

/// A receiver finds the key of encrypted data by a reference from the key, or
/// the key in the data. A reference leads to encrypted data.
fn references(
    document: &Document,
    data: &[NodeId],
    references: impl Iterator<Item = NodeId>,
    said: &mut Said<'_>,
) {
    let ids: HashSet<&str> = data
        .iter()
        .filter_map(|&node| document.attribute(node, "Id"))
        .collect();
    let mut reached = HashSet::new();
    for reference in references {
        let uri = document.attribute(reference, "URI").unwrap_or_default();
        match uri.strip_prefix('#').filter(|id| ids.contains(id)) {
            Some(id) => {
                reached.insert(id);
            }
            None => {
                let args = Args::new().with("element", "xenc:DataReference");
                said.broken(BUILD, reference, args);
            }
        }
    }
    for &node in data {
        let id = document.attribute(node, "Id");
        let has_key = document
            .subtree(node)
            .any(|within| is(document, within, XENC, "EncryptedKey"));
        if !has_key && id.is_none_or(|id| !reached.contains(id)) {
            let args = Args::new().with("element", "xenc:EncryptedKey");
            said.broken(BUILD, node, args);
        }
    }
}
