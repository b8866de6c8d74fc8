//! A DUO of somebody else's that remembers an earlier run: the same seed makes
//! the same documents again, and what comes of them is no fault of the product.

use super::wire::Heard;
use crate::counterpart::duo::code::DOCUMENT_HERGEBRUIKT;
use crate::document::{Document, Gated, NodeId};
use crate::exchange::Exchange;
use crate::scenario::Role;

/// The element with which a document is named.
const ID: &str = "identificatiecodeBedrijfsdocument";
/// The elements in which an answer gives the code of what is wrong.
const CODES: [&str; 2] = ["code", "foutcode"];

/// The first exchange in which DUO says of a document that another was delivered
/// under its identificatiecode, while nothing before it was: that identificatiecode.
pub(super) fn known_before(heard: &[Heard]) -> Option<(&Heard, String)> {
    let to_duo: Vec<&Heard> = heard.iter().filter(|one| one.to == Role::Duo).collect();
    to_duo.iter().enumerate().find_map(|(index, one)| {
        let says = texts(one.response.as_deref()?, &CODES);
        if !says.iter().any(|code| code == DOCUMENT_HERGEBRUIKT) {
            return None;
        }
        let id = texts(&one.request, &[ID]).into_iter().next()?;
        let sent = |earlier: &&Heard| texts(&earlier.request, &[ID]).contains(&id);
        let is_first = !to_duo[..index].iter().any(sent);
        is_first.then_some((*one, id))
    })
}

/// The texts of the elements of these names.
fn texts(message: &Exchange, names: &[&str]) -> Vec<String> {
    let document = Gated::xml(&message.body).ok();
    let document = document.and_then(|gated| Document::from_xml(gated).ok());
    let mut found = Vec::new();
    if let Some(document) = &document {
        gather(document, NodeId::ROOT, names, &mut found);
    }
    found
}

fn gather(document: &Document, at: NodeId, names: &[&str], found: &mut Vec<String>) {
    for element in document.elements(at) {
        if names.contains(&document.local_name(element)) {
            let texts = document.children(element).map(|text| document.text(text));
            found.push(texts.collect::<String>().trim().to_string());
        }
        gather(document, element, names, found);
    }
}
