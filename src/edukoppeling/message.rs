//! The message that the transport rules look at, with what is known of it.

use super::addressing::Addressing;
use super::certificate::Certificate;
use super::security::Envelope;
use crate::document::{Document, NodeId};
use crate::exchange::HttpFacts;
use crate::facts::Profile;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// It asks.
    Request,
    /// It answers.
    Response,
    /// Nothing tells.
    #[default]
    Unknown,
}

/// Who made a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A LAS, on behalf of a school.
    School,
    /// DUO.
    Duo,
    /// Somebody else, or nothing tells.
    Other,
}

/// What the answer to a request must agree with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFacts {
    /// Its `wsa:MessageID`.
    pub message_id: Option<String>,
    /// The OIN in its `wsa:From`.
    pub from: Option<String>,
    /// The OIN in its `wsa:To`.
    pub to: Option<String>,
    /// The value of its signature, base64 without white space.
    pub signature: Option<String>,
    /// Whether it is signed by WS-Security 1.1.
    pub security11: bool,
}

/// A message in its envelope.
pub struct Message<'a> {
    /// The document.
    pub document: &'a Document,
    /// The envelope.
    pub envelope: Envelope,
    /// Its addressing headers.
    pub addressing: Addressing,
    /// Request or answer.
    pub way: Way,
    /// Who made it.
    pub sender: Sender,
    /// Whether the operation only asks for data, so that it needs no `From`.
    pub enquiry: bool,
    /// The action of the operation, where the contract is known.
    pub action: Option<&'a str>,
    /// The element in the body, where there is one.
    pub content: Option<NodeId>,
    /// The HTTP message around it.
    pub http: Option<&'a HttpFacts>,
    /// The request that it answers.
    pub request: Option<&'a RequestFacts>,
    /// The certificate that it is signed with.
    pub signer: Option<&'a Certificate>,
    /// Production or test.
    pub profile: Profile,
}

impl Message<'_> {
    /// The blocks of the header.
    pub(super) fn blocks(&self) -> impl Iterator<Item = NodeId> + '_ {
        let header = self.envelope.header.into_iter();
        header.flat_map(|header| self.document.elements(header))
    }

    /// Where a header that is missing would stand.
    pub(super) fn holder(&self) -> NodeId {
        self.envelope.header.unwrap_or(self.envelope.node)
    }
}
