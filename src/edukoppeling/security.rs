//! The SOAP envelope and its security header, as a structure over the
//! document. Reads only; what is wrong with it the rules say.

use super::names::{DSIG, EXC_C14N, SOAP, WSSE, WSU};
use crate::document::{Document, NodeId};

/// The parts of a SOAP 1.1 envelope that signing is about.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// `soap:Envelope`.
    pub node: NodeId,
    /// The first `soap:Header`.
    pub header: Option<NodeId>,
    /// The first `soap:Body`.
    pub body: Option<NodeId>,
}

impl Envelope {
    /// The envelope that `document` is, `None` when it is none.
    pub fn of(document: &Document) -> Option<Self> {
        let node = document.root_element();
        is(document, node, SOAP, "Envelope").then(|| Self {
            node,
            header: children(document, node, SOAP, "Header").next(),
            body: children(document, node, SOAP, "Body").next(),
        })
    }

    /// The elements called `Security` directly in a header, whatever their
    /// namespace. A second header hides nothing.
    pub fn security<'a>(&self, document: &'a Document) -> Vec<Security<'a>> {
        children(document, self.node, SOAP, "Header")
            .flat_map(|header| document.elements(header))
            .filter(|&node| document.local_name(node) == "Security")
            .map(|node| Security { document, node })
            .collect()
    }
}

/// A `wsse:Security` header.
#[derive(Debug, Clone, Copy)]
pub struct Security<'a> {
    document: &'a Document,
    /// The element.
    pub node: NodeId,
}

impl<'a> Security<'a> {
    /// Its `wsu:Timestamp`s.
    pub fn timestamps(&self) -> impl Iterator<Item = NodeId> + use<'a> {
        children(self.document, self.node, WSU, "Timestamp")
    }

    /// Its `wsse:BinarySecurityToken`s.
    pub fn tokens(&self) -> impl Iterator<Item = NodeId> + use<'a> {
        children(self.document, self.node, WSSE, "BinarySecurityToken")
    }

    /// Its `ds:Signature`s.
    pub fn signatures(&self) -> impl Iterator<Item = NodeId> + use<'a> {
        children(self.document, self.node, DSIG, "Signature")
    }
}

/// An algorithm that a signature names.
#[derive(Debug, Clone)]
pub(super) struct Algorithm<'a> {
    pub(super) node: NodeId,
    pub(super) uri: &'a str,
    /// `PrefixList` of exclusive canonicalisation.
    pub(super) prefixes: Vec<&'a str>,
}

impl<'a> Algorithm<'a> {
    fn of(document: &'a Document, node: NodeId) -> Self {
        Self {
            node,
            uri: document.attribute(node, "Algorithm").unwrap_or_default(),
            prefixes: child(document, node, EXC_C14N, "InclusiveNamespaces")
                .and_then(|list| document.attribute(list, "PrefixList"))
                .map(|list| list.split_ascii_whitespace().collect())
                .unwrap_or_default(),
        }
    }
}

/// A `ds:Reference` of a signature.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    pub(super) node: NodeId,
    pub(super) uri: Option<&'a str>,
    pub(super) transforms: Vec<Algorithm<'a>>,
    pub(super) digest_method: Algorithm<'a>,
    pub(super) digest_value: NodeId,
}

/// A `ds:Signature`, its parts each there exactly once.
#[derive(Debug)]
pub(super) struct Signature<'a> {
    pub(super) node: NodeId,
    pub(super) signed_info: NodeId,
    pub(super) canonicalization: Algorithm<'a>,
    pub(super) method: Algorithm<'a>,
    pub(super) references: Vec<Reference<'a>>,
    pub(super) value: NodeId,
    pub(super) key_info: Option<NodeId>,
}

/// An element of a signature that is missing or there more than once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Malformed {
    pub(super) parent: NodeId,
    pub(super) element: &'static str,
    pub(super) count: usize,
}

impl<'a> Signature<'a> {
    pub(super) fn read(document: &'a Document, node: NodeId) -> Result<Self, Malformed> {
        let signed_info = only(document, node, "SignedInfo")?;
        let algorithm = |element| {
            only(document, signed_info, element).map(|found| Algorithm::of(document, found))
        };
        let canonicalization = algorithm("CanonicalizationMethod")?;
        let method = algorithm("SignatureMethod")?;
        let references = children(document, signed_info, DSIG, "Reference")
            .map(|reference| Reference::read(document, reference))
            .collect::<Result<Vec<_>, _>>()?;
        if references.is_empty() {
            return Err(Malformed {
                parent: signed_info,
                element: "Reference",
                count: 0,
            });
        }
        let value = only(document, node, "SignatureValue")?;
        let key_info = children(document, node, DSIG, "KeyInfo").next();
        if key_info.is_some() {
            only(document, node, "KeyInfo")?;
        }
        Ok(Self {
            node,
            signed_info,
            canonicalization,
            method,
            references,
            value,
            key_info,
        })
    }
}

impl<'a> Reference<'a> {
    fn read(document: &'a Document, node: NodeId) -> Result<Self, Malformed> {
        let transforms = match children(document, node, DSIG, "Transforms").next() {
            Some(_) => only(document, node, "Transforms").map(|transforms| {
                document
                    .elements(transforms)
                    .map(|transform| Algorithm::of(document, transform))
                    .collect()
            })?,
            None => Vec::new(),
        };
        Ok(Self {
            node,
            uri: document.attribute(node, "URI"),
            transforms,
            digest_method: Algorithm::of(document, only(document, node, "DigestMethod")?),
            digest_value: only(document, node, "DigestValue")?,
        })
    }
}

/// Whether `node` is an element of that name.
pub(super) fn is(document: &Document, node: NodeId, namespace: &str, local: &str) -> bool {
    document.local_name(node) == local && document.namespace(node) == namespace
}

/// The child elements of that name.
pub(super) fn children<'a>(
    document: &'a Document,
    parent: NodeId,
    namespace: &'static str,
    local: &'static str,
) -> impl Iterator<Item = NodeId> + use<'a> {
    document
        .elements(parent)
        .filter(move |&child| is(document, child, namespace, local))
}

/// The first child element of that name.
pub(super) fn child(
    document: &Document,
    parent: NodeId,
    namespace: &'static str,
    local: &'static str,
) -> Option<NodeId> {
    children(document, parent, namespace, local).next()
}

/// The one child element of that name in the namespace of XML Signature.
fn only(document: &Document, parent: NodeId, element: &'static str) -> Result<NodeId, Malformed> {
    let mut found = children(document, parent, DSIG, element);
    match (found.next(), found.count()) {
        (Some(node), 0) => Ok(node),
        (first, more) => Err(Malformed {
            parent,
            element,
            count: usize::from(first.is_some()) + more,
        }),
    }
}
