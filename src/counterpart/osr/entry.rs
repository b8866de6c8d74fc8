//! What happens in the register: the entries of its journal.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::day;

/// Who gave a mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principal {
    /// The school with this BRIN, for itself.
    School(String),
    /// The board with this BGE code, for all its schools.
    Board(String),
}

/// A supplier may act for a school or a board in a service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mandate {
    /// Its place among the mandates of the register.
    pub number: u64,
    /// What the supplier shows when it registers an endpoint.
    pub token: String,
    /// Who gave it.
    pub principal: Principal,
    /// The OIN of the supplier.
    pub supplier: String,
    /// The code of the service.
    pub service: String,
    /// Its first day.
    #[serde(with = "day")]
    pub start: Date,
    /// Its last day, where it has one. Before `start` when it was withdrawn
    /// before it began.
    #[serde(with = "day::optional")]
    pub end: Option<Date>,
}

/// Where messages for an administration of a school go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoint {
    /// Its key in versions 1 and 2.
    pub id: u64,
    /// Its key in version 3.
    pub uuid: String,
    /// The number of the mandate under which it is registered.
    pub mandate: u64,
    /// The OIN of the supplier.
    pub supplier: String,
    /// The BRIN of the school.
    pub school: String,
    /// The administration, a school's OIN with a tail of its own.
    pub administration_id: String,
    /// By what others find it.
    pub routing_id: String,
    /// The service version.
    pub namespace: String,
    /// The delivery address.
    pub url: String,
    /// For instance `LAS`.
    pub attributes: Option<String>,
    /// Its first day.
    #[serde(with = "day")]
    pub start: Date,
    /// Its last day, where it has one.
    #[serde(with = "day::optional")]
    pub end: Option<Date>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Entry {
    /// The register began with data and a seed that have this digest.
    Started(String),
    /// A school or board gave a mandate.
    MandateGiven(Mandate),
    /// A mandate got a last day: it was withdrawn.
    MandateEnded {
        /// The number of the mandate.
        number: u64,
        /// The last day on which it is in force.
        #[serde(with = "day")]
        last_day: Date,
    },
    /// A supplier registered an endpoint.
    EndpointRegistered(Endpoint),
    /// A supplier changed an endpoint, which now is this.
    EndpointChanged(Endpoint),
    /// A supplier deleted an endpoint.
    EndpointDeleted(u64),
}

impl std::fmt::Debug for Mandate {
    /// Leaves out the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mandate")
            .field("number", &self.number)
            .field("principal", &self.principal)
            .field("supplier", &self.supplier)
            .field("service", &self.service)
            .field("start", &self.start)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Mandate {
    /// Whether it is in force on a day.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.start <= on && self.end.is_none_or(|end| on <= end)
    }

    /// Whether it was withdrawn before it began, and never is in force.
    pub fn is_void(&self) -> bool {
        self.end.is_some_and(|end| end < self.start)
    }
}
