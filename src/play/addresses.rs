//! Where the parties of a run are reached, and what the built-in OSR knows of
//! them.

use std::sync::Arc;

use super::cast::{Cast, DUO_PATH, LAS_PATH, Party};
use super::schools::School;
use super::speak::Unspeakable;
use super::stage::Stage;
use super::tested;
use crate::counterpart::las::DuoAddresses;
use crate::counterpart::osr::OsrData;
use crate::counterpart::{Directory, Query, Service};
use crate::document::Spot;
use crate::pack::Message;
use crate::scenario::Role;
use crate::target::{EndpointName, Target};

/// Where DUO offers its services.
pub(super) fn addresses(stage: &Stage, duo: &Party) -> DuoAddresses {
    let tested = stage.tested.as_deref();
    let Some(theirs) = tested.and_then(|tested| tested.role(Role::Duo)) else {
        return DuoAddresses::all(&format!("{}{DUO_PATH}", duo.url));
    };
    let of = |name| {
        let url = tested::endpoint(&theirs.endpoints, name);
        url.cloned().unwrap_or_default()
    };
    DuoAddresses {
        bron: of(EndpointName::RodPo),
        verzuim: of(EndpointName::Verzuim),
        rio: of(EndpointName::Rio),
    }
}

/// Scheme, host and port of the OSR; what its interfaces have in their paths
/// before their version stays.
pub(super) fn osr_address(stage: &Stage, osr: &Party) -> String {
    let tested = stage.tested.as_deref();
    let Some(theirs) = tested.and_then(|tested| tested.role(Role::Osr)) else {
        return osr.url.clone();
    };
    let bases = [
        (EndpointName::V3, "/api/v3"),
        (EndpointName::V2, "/api/v2"),
        (EndpointName::V1, "/api/v1"),
    ];
    let found = bases.iter().find_map(|(name, suffix)| {
        let base = theirs.endpoints.get(name)?.trim_end_matches('/');
        Some(base.strip_suffix(suffix).unwrap_or(base).to_string())
    });
    found.unwrap_or_else(|| osr.url.clone())
}

/// Where a LAS takes pushes.
pub(super) fn las_address(las: &Party) -> String {
    if las.ours {
        format!("{}{LAS_PATH}", las.url)
    } else {
        las.url.clone()
    }
}

/// What the built-in OSR knows: what it starts with, and the schools of a target
/// with the supplier whose LAS has the OIN `las`.
pub fn osr_data(target: Option<&Target>, las: &str) -> OsrData {
    let mut data = OsrData::starter();
    if let Some(target) = target {
        let key = data.api_key_of(las);
        let brins: Vec<&str> = target.schools.iter().map(|school| &*school.brin).collect();
        data.admit(las, &target.product.name, Some(&key), &brins);
    }
    data
}

impl Cast {
    /// Where DUO offers a service.
    pub(super) fn duo_url(&self, service: Service) -> String {
        let addresses = addresses(&self.stage, self.party(Role::Duo));
        addresses.of(service).to_string()
    }

    /// Where a request to the OSR goes, or to a party that has one address.
    pub(super) fn rest_url(&self, to: Role, path: &str) -> String {
        let party = self.party(to);
        let theirs = self
            .stage
            .tested
            .as_ref()
            .and_then(|tested| tested.role(to));
        if let Some(theirs) = theirs {
            let bases = [
                ("/api/v1", EndpointName::V1),
                ("/api/v2", EndpointName::V2),
                ("/api/v3", EndpointName::V3),
            ];
            for (prefix, name) in bases {
                if let Some((rest, base)) =
                    path.strip_prefix(prefix).zip(theirs.endpoints.get(&name))
                {
                    return format!("{}{rest}", base.trim_end_matches('/'));
                }
            }
        }
        format!("{}{path}", party.url)
    }

    /// Where a SOAP message goes. DUO finds a LAS in the OSR.
    pub(super) fn soap_url(
        &self,
        to: Role,
        message: Option<&Message>,
        school: &School,
        at: Spot,
    ) -> Result<String, Unspeakable> {
        let family = message.and_then(|message| self.family_of(message));
        let service = family.and_then(|family| Service::of_family(&family));
        match to {
            Role::Duo => Ok(self.duo_url(service.unwrap_or(Service::RodPo))),
            Role::Osr => Ok(self.party(to).url.clone()),
            Role::Las => {
                let query = Query {
                    school: &school.oin,
                    service_version: service.unwrap_or(Service::RodPo).namespace(),
                    moment: self.clock.now(),
                };
                let found = self.directory.endpoint(query, None);
                match found {
                    Ok(Some(endpoint)) => Ok(endpoint.url),
                    Ok(None) => Err(Unspeakable::new(at, "no-endpoint", &*school.brin)),
                    Err(_) => Err(Unspeakable::new(at, "osr-silent", "")),
                }
            }
        }
    }

    fn family_of(&self, message: &Message) -> Option<Arc<str>> {
        let store = self.bodies.store();
        let pack = store
            .messages()
            .find(|(_, known)| known.id() == message.id());
        pack.map(|(pack, _)| pack.manifest.family.clone())
    }
}
