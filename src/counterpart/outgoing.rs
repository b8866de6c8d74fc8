//! What a party asks of others: whether somebody is mandated and where somebody
//! is to be found, in the OSR (50-osr.md, flow), and the delivery of a message.
//!
//! Both are traits: a test answers them in memory, a run over the network.

use std::sync::Arc;

use jiff::Timestamp;

use crate::exchange::Exchange;
use crate::transport::{Request, TransportError};

/// A service of the OSR in which schools mandate suppliers (50-osr.md,
/// resources).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// BRON po.
    RodPo,
    /// Verzuim.
    Verzuim,
    /// RIO.
    Rio,
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 3] = [Service::RodPo, Service::Verzuim, Service::Rio];

    /// The namespace of its version, as the value list `osr-dienstversie` has
    /// it (reconstructed: the namespaces are not public).
    pub fn namespace(self) -> &'static str {
        match self {
            Self::RodPo => "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1",
            Self::Verzuim => "urn:ketenkeur:reconstructie:osr:dienstversie:Verzuim:1",
            Self::Rio => "urn:ketenkeur:reconstructie:osr:dienstversie:RIO:1",
        }
    }

    /// The service that a family of packs belongs to.
    pub fn of_family(family: &str) -> Option<Self> {
        match family {
            "bron-po" => Some(Self::RodPo),
            "verzuim" => Some(Self::Verzuim),
            "rio" => Some(Self::Rio),
            _ => None,
        }
    }
}

/// A question about a school in the OSR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// The OIN of the school.
    pub school: &'a str,
    /// The namespace of the service version.
    pub service_version: &'a str,
    /// The moment that the question is about.
    pub moment: Timestamp,
}

/// Where the messages for a school go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address of delivery.
    pub url: String,
    /// The OIN of the supplier that registered it, where the OSR says so.
    pub supplier: Option<String>,
}

/// Why the OSR gave no answer. Not that there is no mandate: that is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// The exchange did not come about.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The OSR answered with something that is no answer.
    #[error("the OSR answered with status {status} and nothing that can be used")]
    Answer {
        /// The HTTP status.
        status: u16,
    },
}

/// The OSR, as a party consults it.
pub trait Directory: Send + Sync {
    /// Whether the school has mandated the supplier with that OIN.
    ///
    /// # Errors
    ///
    /// The OSR gave no answer.
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError>;

    /// Where messages for the school go, or for the administration of it with
    /// that routing id; `None` when nothing is registered. Where several
    /// administrations have an endpoint and none is asked for, it is that of
    /// the school's own OIN, else the first: reconstructed.
    ///
    /// # Errors
    ///
    /// The OSR gave no answer.
    fn endpoint(
        &self,
        query: Query<'_>,
        routing_id: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError>;
}

/// Delivers requests.
pub trait Post: Send + Sync {
    /// Sends a request once. The exchange that comes back is the response,
    /// with the request as what it answers.
    ///
    /// # Errors
    ///
    /// No answer came that can be judged.
    fn post(&self, request: &Request) -> Result<Exchange, TransportError>;
}

impl<T: Directory + ?Sized> Directory for Arc<T> {
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError> {
        (**self).mandated(query, supplier)
    }

    fn endpoint(
        &self,
        query: Query<'_>,
        routing_id: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError> {
        (**self).endpoint(query, routing_id)
    }
}

impl<T: Post + ?Sized> Post for Arc<T> {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        (**self).post(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::BUILTIN_FILES;

    #[test]
    fn every_service_stands_in_the_list_of_the_osr() {
        let list = BUILTIN_FILES.get_file("waardenlijsten/osr-dienstversie.toml");
        let list = list.and_then(|file| file.contents_utf8()).unwrap();
        for service in Service::ALL {
            assert!(list.contains(&format!("\"{}\"", service.namespace())));
        }
    }
}
