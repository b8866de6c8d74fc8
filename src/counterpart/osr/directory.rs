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

    fn endpoint(
        &self,
        query: Query<'_>,
        routing_id: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError> {
        let found = self.endpoints_of(query.school, query.service_version, Some(day_of(&query)));
        let of = |id: &str| found.iter().find(|endpoint| endpoint.routing_id == id);
        let endpoint = match routing_id {
            Some(id) => of(id),
            None => of(query.school).or(found.first()),
        };
        Ok(endpoint.map(|endpoint| Endpoint {
            url: endpoint.url.clone(),
            supplier: Some(endpoint.supplier.clone()),
        }))
    }
}

fn day_of(query: &Query<'_>) -> Date {
    TimeZone::UTC.to_datetime(query.moment).date()
}
