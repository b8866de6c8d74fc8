//! Reading a message body by local names, so that it does not matter which
//! prefix or schema file an official package has them in.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::document::{Document, NodeId};
use crate::edukoppeling::institution_of;
use crate::facts::iso_date;

/// An element of a message that is being read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    document: &'a Document,
    node: NodeId,
}

impl std::fmt::Debug for Reading<'_> {
    /// Shows the name only: the content may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reading").field(&self.name()).finish()
    }
}

impl<'a> Reading<'a> {
    /// Reads the element `node` of `document`.
    pub fn of(document: &'a Document, node: NodeId) -> Self {
        Self { document, node }
    }

    /// The local name.
    pub fn name(&self) -> &'a str {
        self.document.local_name(self.node)
    }

    /// The text, without white space around it.
    pub fn value(&self) -> String {
        self.document.value(self.node).trim().to_string()
    }

    /// The elements below it, in order.
    pub fn parts(&self) -> impl Iterator<Item = Reading<'a>> + use<'a> {
        let document = self.document;
        document
            .elements(self.node)
            .map(move |node| Reading { document, node })
    }

    /// The first element at a path of local names (`periode/datumBegin`).
    pub fn first(&self, path: &str) -> Option<Reading<'a>> {
        let mut at = *self;
        for step in path.split('/') {
            at = at.parts().find(|part| part.name() == step)?;
        }
        Some(at)
    }

    /// The elements below it of that name, in order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Reading<'a>> + use<'a, 'n> {
        self.parts().filter(move |part| part.name() == name)
    }

    /// The text at a path, without white space around it; `None` when there is
    /// no such element or it is empty.
    pub fn text(&self, path: &str) -> Option<String> {
        let text = self.first(path)?.value();
        (!text.is_empty()).then_some(text)
    }

    /// The date at a path; `None` when there is none or it is no date.
    pub fn date(&self, path: &str) -> Option<Date> {
        iso_date(&self.text(path)?)
    }

    /// The boolean at a path, as XML Schema writes it.
    pub fn flag(&self, path: &str) -> Option<bool> {
        match &*self.text(path)? {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// The number of the pupil, in the element itself or in a wrapper
    /// (30-bron-po.md, messages: persoonsgebondenNummer).
    pub fn number(&self) -> Option<PersoonsgebondenNummer> {
        let wrapped = || self.parts().find(|part| part.name().ends_with("Nummer"));
        self.own_number().or_else(|| wrapped()?.own_number())
    }

    fn own_number(&self) -> Option<PersoonsgebondenNummer> {
        let bsn = self.text("burgerservicenummer");
        bsn.map(PersoonsgebondenNummer::Bsn).or_else(|| {
            let number = self.text("onderwijsnummer")?;
            Some(PersoonsgebondenNummer::Onderwijsnummer(number))
        })
    }

    /// The code of the institution that the message is about.
    pub fn instellingscode(&self) -> Option<String> {
        let node = institution_of(self.document, self.node)?;
        Some(self.document.value(node).trim().to_string())
    }

    /// The identificatiecode of the document.
    pub fn identificatiecode(&self) -> Option<String> {
        self.text("identificatiecodeBedrijfsdocument")
    }

    /// A hash of what the document says, whatever its prefixes and white
    /// space. The moment of sending is left out: sent again, a document says
    /// the same.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        self.add_to(&mut hash);
        let hash = hash.finalize();
        hash[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn add_to(&self, hash: &mut Sha256) {
        let name = self.name();
        if name == "datumTijdBedrijfsdocument" {
            return;
        }
        let mut add = |kind: u8, text: &str| {
            hash.update([kind]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        add(1, name);
        let mut parts = self.parts().peekable();
        if parts.peek().is_none() {
            add(2, &self.value());
        }
        for part in parts {
            part.add_to(hash);
        }
        hash.update([3]);
    }
}

/// The number by which a pupil is known: a BSN, or for who has none an
/// onderwijsnummer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersoonsgebondenNummer {
    /// A burgerservicenummer.
    Bsn(String),
    /// An onderwijsnummer.
    Onderwijsnummer(String),
}

impl PersoonsgebondenNummer {
    /// The name of the element that holds it.
    pub fn element(&self) -> &'static str {
        match self {
            Self::Bsn(_) => "burgerservicenummer",
            Self::Onderwijsnummer(_) => "onderwijsnummer",
        }
    }

    /// The number itself.
    pub fn digits(&self) -> &str {
        match self {
            Self::Bsn(digits) | Self::Onderwijsnummer(digits) => digits,
        }
    }
}

impl std::fmt::Debug for PersoonsgebondenNummer {
    /// Shows the kind only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.element())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Gated;

    fn document(xml: &str) -> Document {
        Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_body_is_read_by_local_names() {
        let document = document(
            "<m xmlns:g='urn:g'><g:identificatiecodeBedrijfsdocument> 1 </g:identificatiecodeBedrijfsdocument>\
             <g:persoonsgebondenNummer><g:onderwijsnummer>999942184</g:onderwijsnummer></g:persoonsgebondenNummer>\
             <p><d>2026-08-01</d></p><p><d>niet</d></p><leeg/><waar>1</waar></m>",
        );
        let body = Reading::of(&document, document.root_element());
        assert_eq!(body.identificatiecode().as_deref(), Some("1"));
        assert_eq!(
            body.number(),
            Some(PersoonsgebondenNummer::Onderwijsnummer(
                "999942184".to_string()
            ))
        );
        assert_eq!(body.all("p").count(), 2);
        assert_eq!(body.date("p/d"), iso_date("2026-08-01"));
        assert_eq!(body.text("leeg"), None);
        assert_eq!(body.flag("waar"), Some(true));
        assert_eq!(body.instellingscode(), None);
    }

    #[test]
    fn the_same_document_has_the_same_hash_however_it_is_written() {
        let hash = |xml: &str| {
            let document = document(xml);
            Reading::of(&document, document.root_element()).content_hash()
        };
        let first = hash("<m><a>1</a><b><c>2</c></b></m>");
        assert_eq!(
            first,
            hash(
                "<x:m xmlns:x='u'> <datumTijdBedrijfsdocument>nu</datumTijdBedrijfsdocument>\
                 <a> 1</a> <b> <c>2</c> </b> </x:m>"
            )
        );
        assert_ne!(first, hash("<m><a>1</a><b/><c>2</c></m>"));
        assert_ne!(first, hash("<m><a>1</a><b><c>3</c></b></m>"));
    }
}
