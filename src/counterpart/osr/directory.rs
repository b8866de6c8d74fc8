//! The register as a party in the same program consults it: what DUO asks over
//! the API, without the network (OSR-STROOM-4).

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::register::Osr;
use crate::counterpart::outgoing::{Directory, DirectoryError, Endpoint, Query};

impl Directory for Osr {
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError> {
        let on = Some(day_of(&query));
        Ok(self.is_mandated(supplier, query.school, query.service_version, on))
    }

    /// The endpoint that was registered first, where a school has several
    /// administrations.
    fn endpoint(&self, query: Query<'_>) -> Result<Option<Endpoint>, DirectoryError> {
        let found = self.endpoints_of(query.school, query.service_version, Some(day_of(&query)));
        Ok(found.into_iter().next().map(|endpoint| Endpoint {
            url: endpoint.url,
            supplier: Some(endpoint.supplier),
        }))
    }
}

fn day_of(query: &Query<'_>) -> Date {
    TimeZone::UTC.to_datetime(query.moment).date()
}
