//! Mandates: whether there is one, and what its supplier sees of it.

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::{json_response, not_found, says};
use crate::counterpart::osr::data::SchoolData;
use crate::counterpart::osr::entry::Mandate;
use crate::counterpart::osr::object;
use crate::counterpart::osr::state::State;
use crate::transport::Response;

/// Published (OSR:2019/Opvragen mandaten): the answer when one of the
/// parameters does not match a mandate.
const NOT_FOUND: &str = "mandate not found";

/// OSR-MANDAAT-PARAMETERS, OSR-MANDAAT-PEILDATUM, OSR-MANDAAT-DERDE,
/// OSR-MANDAAT-EIGEN, OSR-OIN-LEVERANCIER, OSR-STROOM-2: who asks for its own mandate
/// (`supplier_oin` is the OIN of its certificate) gets it, with the token; it
/// needs its API key. Everybody else only learns whether there is one.
pub(super) fn find(call: &Call<'_>) -> Result<Response, Response> {
    let mut errors = Vec::new();
    let school_oin = call.required("school_oin", &mut errors);
    let supplier = call.required("supplier_oin", &mut errors);
    let namespace = call.required("service_version_namespace", &mut errors);
    let on = call.reference_date(&mut errors);
    Call::is_oin("school_oin", school_oin, &mut errors);
    Call::is_oin("supplier_oin", supplier, &mut errors);
    Call::check(&errors)?;
    let (school_oin, supplier, namespace) = (
        school_oin.unwrap_or_default(),
        supplier.unwrap_or_default(),
        namespace.unwrap_or_default(),
    );
    let is_own = supplier == call.caller;
    if is_own {
        call.own_data()?;
    }
    let state = call.osr.state();
    let found = state.school_by_oin(school_oin).and_then(|school| {
        let (service, version) = state.version(namespace)?;
        let mandate = state.mandate(supplier, school, &service.code, on)?;
        Some((mandate, school, version))
    });
    let (mandate, school, version) = found.ok_or_else(|| not_found(NOT_FOUND))?;
    Ok(match is_own {
        true => {
            let value = object::mandate(&state, call.version, mandate, school, Some(version));
            json_response(200, &value)
        }
        false => json_response(200, &json!({ "status": 200, "message": "OK" })),
    })
}

/// The `self` link of a mandate, for its supplier alone.
pub(super) fn by_token(call: &Call<'_>, token: &str) -> Result<Response, Response> {
    call.own_data()?;
    let state = call.osr.state();
    let own = |mandate: &&Mandate| mandate.supplier == call.caller && !mandate.is_void();
    let mandate = state.mandate_by_token(token).filter(own);
    let mandate = mandate.ok_or_else(|| not_found(NOT_FOUND))?;
    let school = schools_of(&state, mandate)
        .next()
        .ok_or_else(|| not_found(NOT_FOUND))?;
    let service = state.service(&mandate.service);
    let newest = service.and_then(|service| service.versions.last());
    let value = object::mandate(&state, call.version, mandate, school, newest);
    Ok(json_response(200, &value))
}

/// OSR-SCHOOLMANDATEN: all mandates of the caller in a service, past and
/// future ones included. That of a board is listed for each of its schools.
pub(super) fn of_service(call: &Call<'_>) -> Result<Response, Response> {
    call.own_data()?;
    let mut errors = Vec::new();
    let code = call.required("service_code", &mut errors);
    let state = call.osr.state();
    let service = code.and_then(|code| state.service(code));
    if code.is_some() && service.is_none() {
        errors.push((Some("service_code"), says::SERVICE));
    }
    Call::check(&errors)?;
    let Some(service) = service else {
        return Ok(json_response(200, &Value::Array(Vec::new())));
    };
    let newest = service.versions.last();
    let own = |mandate: &&Mandate| {
        mandate.supplier == call.caller && mandate.service == service.code && !mandate.is_void()
    };
    let found: Vec<Value> = (state.mandates.values())
        .filter(own)
        .flat_map(|mandate| schools_of(&state, mandate).map(move |school| (mandate, school)))
        .map(|(mandate, school)| {
            object::school_mandate(&state, call.version, mandate, school, newest)
        })
        .collect();
    Ok(json_response(200, &Value::Array(found)))
}

fn schools_of<'s>(state: &'s State, mandate: &'s Mandate) -> impl Iterator<Item = &'s SchoolData> {
    let schools = state.data.schools.iter();
    schools.filter(move |school| state.covers(mandate, school))
}
