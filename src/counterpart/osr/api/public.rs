//! What everybody with a certificate may ask: schools, boards, services.

use serde_json::Value;

use super::call::Call;
use super::refusal::{FieldError, invalid, json_response, not_found, says};
use crate::counterpart::osr::data::{SchoolData, ServiceData};
use crate::counterpart::osr::object::{self, Version};
use crate::edukoppeling::school_oin;
use crate::transport::Response;

/// OSR-SCHOOLS: the parameters are ANDed; a part of the name will do.
pub(super) fn schools(call: &Call<'_>) -> Result<Response, Response> {
    let mut errors = Vec::new();
    let mut parameter = |name| call.parameter(name, &mut errors);
    let (name, oin) = (parameter("name"), parameter("oin"));
    let (brin, oa_id) = (parameter("brin"), parameter("oa_id"));
    Call::check(&errors)?;
    let state = call.osr.state();
    let matches = |school: &&SchoolData| {
        name.is_none_or(|name| contains(&school.name, name))
            && oin.is_none_or(|oin| school_oin(&school.brin).as_deref() == Some(oin))
            && brin.is_none_or(|brin| school.brin == brin)
            && oa_id.is_none_or(|oa_id| school.oa_id.as_deref() == Some(oa_id))
    };
    let found: Vec<Value> = (state.data.schools.iter())
        .filter(matches)
        .map(|school| object::school(&state, call.version, school))
        .collect();
    Ok(json_response(200, &Value::Array(found)))
}

/// OSR-SCHOOL, OSR-SCHOOL-404.
pub(super) fn school(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let state = call.osr.state();
    let mut schools = state.data.schools.iter();
    let school = schools
        .find(|school| school.id.to_string() == id)
        .ok_or_else(|| not_found(&format!("School with id {id} does not exist")))?;
    Ok(json_response(
        200,
        &object::school(&state, call.version, school),
    ))
}

/// OSR-BOARD, OSR-BOARD-V3: in version 3 the BGE code is the key.
pub(super) fn board(call: &Call<'_>, key: &str) -> Result<Response, Response> {
    let state = call.osr.state();
    let (found, name) = match call.version {
        Version::V3 => (state.board(key), "bgeCode"),
        Version::V1 | Version::V2 => {
            let mut boards = state.data.boards.iter();
            (boards.find(|board| board.id.to_string() == key), "id")
        }
    };
    let board =
        found.ok_or_else(|| not_found(&format!("Board with {name} {key} does not exist")))?;
    Ok(json_response(200, &object::board(call.version, board)))
}

/// OSR-DIENST: a part of the name will do.
pub(super) fn services(call: &Call<'_>) -> Result<Response, Response> {
    let mut errors = Vec::new();
    let name = call.parameter("name", &mut errors);
    Call::check(&errors)?;
    let state = call.osr.state();
    let found: Vec<Value> = (state.data.services.iter())
        .filter(|service| name.is_none_or(|name| contains(&service.name, name)))
        .map(|service| object::service(call.version, service))
        .collect();
    Ok(json_response(200, &Value::Array(found)))
}

/// OSR-DIENST, OSR-DIENST-400, OSR-DIENST-404.
pub(super) fn service(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let key = number(id)?;
    let state = call.osr.state();
    let mut services = state.data.services.iter();
    let service = services
        .find(|service| service.id == key)
        .ok_or_else(|| not_found(&format!("Service with id {id} does not exist")))?;
    Ok(json_response(200, &object::service(call.version, service)))
}

/// All service versions, or those of one service. The name of the parameter is
/// reconstructed: that of `GET /school-mandates`.
pub(super) fn service_versions(call: &Call<'_>) -> Result<Response, Response> {
    let mut errors: Vec<FieldError> = Vec::new();
    let code = call.parameter("service_code", &mut errors);
    Call::check(&errors)?;
    let state = call.osr.state();
    let wanted = |service: &&ServiceData| code.is_none_or(|code| service.code == code);
    let found: Vec<Value> = (state.data.services.iter())
        .filter(wanted)
        .flat_map(|service| {
            let versions = service.versions.iter();
            versions.map(move |version| object::service_version(call.version, service, version))
        })
        .collect();
    Ok(json_response(200, &Value::Array(found)))
}

/// OSR-DIENST, OSR-DIENST-400, OSR-DIENST-404.
pub(super) fn service_version(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let key = number(id)?;
    let state = call.osr.state();
    let mut services = state.data.services.iter();
    let found = services.find_map(|service| {
        let version = service.versions.iter().find(|version| version.id == key)?;
        Some((service, version))
    });
    let (service, version) =
        found.ok_or_else(|| not_found(&format!("Service version with id {id} does not exist")))?;
    let value = object::service_version(call.version, service, version);
    Ok(json_response(200, &value))
}

/// A numeric key. Anything else is a validation error (OSR-DIENST-400).
fn number(id: &str) -> Result<u64, Response> {
    id.parse()
        .map_err(|_| invalid(&[(Some("id"), says::VALUE)]))
}

/// Whether `text` contains `part`, in any case.
fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}
