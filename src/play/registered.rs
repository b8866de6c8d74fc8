//! Where a LAS of somebody else's has itself reached: what it registered in our
//! OSR, beside the address in the target file. DUO sends to the first, and what a
//! server must refuse is tried at the second.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::tested::endpoint;
use super::wire::Heard;
use crate::counterpart::Service;
use crate::exchange::path_of;
use crate::scenario::Role;
use crate::target::EndpointName;
use crate::transport::is_same_url;

/// An address that is registered, and is another than the target file's.
pub(super) struct Elsewhere {
    /// The number of the exchange in which it was registered.
    pub exchange: u32,
    /// The service, as the target file calls it.
    pub service: EndpointName,
    /// The address in the OSR.
    pub registered: String,
    /// The address in the target file.
    pub in_file: String,
}

/// The first address that the LAS registered itself and that is not in its target
/// file; an address that the scenario gave it is nobody's mistake.
pub(super) fn elsewhere(
    heard: &[Heard],
    endpoints: &BTreeMap<EndpointName, String>,
    given: &BTreeSet<String>,
) -> Option<Elsewhere> {
    heard.iter().find_map(|one| {
        let (namespace, registered) = registration(one)?;
        let service = match Service::ALL
            .into_iter()
            .find(|service| service.namespace() == namespace)?
        {
            Service::RodPo => EndpointName::RodPo,
            Service::Verzuim => EndpointName::Verzuim,
            // Nobody sends a LAS anything about RIO.
            Service::Rio => return None,
        };
        let in_file = endpoint(endpoints, service)?;
        let is_other = !given.contains(&registered) && !is_same_url(registered.trim(), in_file);
        is_other.then(|| Elsewhere {
            exchange: one.number,
            service,
            registered,
            in_file: in_file.clone(),
        })
    })
}

/// The service version and the address of an endpoint that the OSR took.
fn registration(heard: &Heard) -> Option<(String, String)> {
    let http = heard.request.http.as_ref()?;
    let writes = matches!(http.method(), Some("POST" | "PUT"));
    let path = path_of(http.url()?);
    let is_registration = heard.from == Role::Las
        && heard.to == Role::Osr
        && writes
        && path.split('/').any(|part| part == "endpoints");
    let status = heard.response.as_ref()?.http.as_ref()?.status()?;
    if !is_registration || !(200..300).contains(&status) {
        return None;
    }
    let body: Value = serde_json::from_slice(&heard.request.body).ok()?;
    let text = |name: &str| Some(body.get(name)?.as_str()?.to_string());
    Some((text("service_version_namespace")?, text("url")?))
}
