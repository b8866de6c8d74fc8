//! The OSR as DUO consults it: over its REST interface, like anybody else
//! (50-osr.md, resources).

use std::sync::Arc;

use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::counterpart::{Directory, DirectoryError, Endpoint, Post, Query};
use crate::exchange::Exchange;
use crate::transport::Request;

/// The generation of the interface that DUO uses.
const BASE: &str = "/api/v2";

/// The OSR at an address.
pub struct RemoteDirectory {
    post: Arc<dyn Post>,
    /// Scheme, host and port.
    address: String,
}

impl std::fmt::Debug for RemoteDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteDirectory").finish_non_exhaustive()
    }
}

impl RemoteDirectory {
    /// The OSR at `address`, asked through `post`.
    pub fn new(post: Arc<dyn Post>, address: &str) -> Self {
        Self {
            post,
            address: address.trim_end_matches('/').to_string(),
        }
    }

    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Exchange, DirectoryError> {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let request = Request {
            method: "GET".to_string(),
            url: format!("{}{BASE}{path}?{}", self.address, query.join("&")),
            headers: vec![("accept".to_string(), "application/json".to_string())],
            body: Arc::from([]),
        };
        Ok(self.post.post(&request)?)
    }
}

fn status(answer: &Exchange) -> u16 {
    answer
        .http
        .as_ref()
        .and_then(|http| http.status())
        .unwrap_or(0)
}

fn day(query: Query<'_>) -> String {
    TimeZone::UTC.to_datetime(query.moment).date().to_string()
}

impl Directory for RemoteDirectory {
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError> {
        let answer = self.get(
            "/mandates",
            &[
                ("school_oin", query.school),
                ("supplier_oin", supplier),
                ("service_version_namespace", query.service_version),
                ("reference_date", &day(query)),
            ],
        )?;
        match status(&answer) {
            200 => Ok(true),
            404 => Ok(false),
            status => Err(DirectoryError::Answer { status }),
        }
    }

    fn endpoint(
        &self,
        query: Query<'_>,
        routing_id: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError> {
        let whose = match routing_id {
            Some(id) => ("routing_id", id),
            None => ("school_oin", query.school),
        };
        let answer = self.get(
            "/endpoints",
            &[
                whose,
                ("service_version_namespace", query.service_version),
                ("reference_date", &day(query)),
            ],
        )?;
        let status = status(&answer);
        let unusable = || DirectoryError::Answer { status };
        if status == 404 {
            return Ok(None);
        }
        if status != 200 {
            return Err(unusable());
        }
        let found: Value = serde_json::from_slice(&answer.body).map_err(|_| unusable())?;
        let found = found.as_array().ok_or_else(unusable)?;
        let of_school = found.iter().find(|one| one["routing_id"] == query.school);
        let Some(endpoint) = of_school.or(found.first()) else {
            return Ok(None);
        };
        let url = endpoint["url"].as_str().ok_or_else(unusable)?;
        Ok(Some(Endpoint {
            url: url.to_string(),
            supplier: endpoint["supplier"]["oin"].as_str().map(str::to_string),
        }))
    }
}
