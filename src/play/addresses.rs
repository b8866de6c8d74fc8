//! Where the parties of a run are reached, and what the built-in OSR knows of
//! them.

use super::cast::{DUO_PATH, LAS_PATH, Party};
use super::stage::Stage;
use super::tested;
use crate::counterpart::las::DuoAddresses;
use crate::counterpart::osr::OsrData;
use crate::scenario::Role;
use crate::target::EndpointName;

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

/// What the built-in OSR knows: what it starts with, and the target's supplier
/// and schools.
pub(super) fn osr_data(stage: &Stage, las: &str) -> OsrData {
    let mut data = OsrData::starter();
    if let Some(tested) = &stage.tested {
        let target = &tested.target;
        let key = match data.api_key(las) {
            Some(_) => None,
            None => Some(format!("ketenkeur-proefsleutel-{las}")),
        };
        let brins: Vec<&str> = target.schools.iter().map(|school| &*school.brin).collect();
        data.admit(las, &target.product.name, key.as_deref(), &brins);
    }
    data
}
