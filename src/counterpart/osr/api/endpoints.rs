//! Endpoints: finding them, and registering, changing and deleting one's own.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::{
    FieldError, access_denied, authentication_required, invalid, json_response, not_found, refused,
    says, too_many, unwritten,
};
use super::registration::Registration;
use crate::counterpart::osr::entry::{Endpoint, Entry, Principal};
use crate::counterpart::osr::jwt::{self, Expected};
use crate::counterpart::osr::object::{self, Version};
use crate::counterpart::osr::register::Changing;
use crate::counterpart::osr::state::{Period, Rivalry, State, is_of_school};
use crate::transport::Response;

/// OSR-ENDPOINTS-PARAMETERS, OSR-ENDPOINTS-TEMPO, OSR-ENDPOINTS-LEEG,
/// OSR-ADMINISTRATIE-SCHOOL: the endpoints of a school, or the one of a routing
/// id (in version 1 of an administration id), for a service version.
pub(super) fn find(call: &Call<'_>) -> Result<Response, Response> {
    let limit = call.osr.state().data.settings.endpoint_calls;
    if let Some(seconds) = call.osr.calls.count(&call.caller, limit, call.osr.now()) {
        return Err(too_many(seconds));
    }
    let mut errors = Vec::new();
    let id_name = match call.version {
        Version::V1 => "administration_id",
        Version::V2 | Version::V3 => "routing_id",
    };
    let id = call.parameter(id_name, &mut errors);
    let school_oin = call.parameter("school_oin", &mut errors);
    Call::is_oin("school_oin", school_oin, &mut errors);
    if id.is_none() && school_oin.is_none() {
        errors.push((Some(id_name), says::BLANK));
        errors.push((Some("school_oin"), says::BLANK));
    }
    let attributes = call.parameter("attributes", &mut errors);
    let on = call.reference_date(&mut errors);
    let future_too = future_too(call, &mut errors);
    let namespace = call.required("service_version_namespace", &mut errors);
    let state = call.osr.state();
    let version = namespace.and_then(|namespace| state.version(namespace));
    match (namespace, version) {
        (Some(_), None) => errors.push((Some("service_version_namespace"), says::VERSION)),
        // Before version 3 this was no empty list; what it was instead is
        // reconstructed.
        (_, Some((service, _))) if State::is_of_boards(service) && call.version < Version::V3 => {
            errors.push((Some("service_version_namespace"), says::NO_ENDPOINTS));
        }
        _ => {}
    }
    Call::check(&errors)?;
    let school = school_oin.map(|oin| state.school_by_oin(oin).map(|school| &school.brin));
    let found: Vec<Value> = state
        .endpoints_on(on, future_too)
        .filter(|(endpoint, _)| {
            let own_id = match call.version {
                Version::V1 => &endpoint.administration_id,
                Version::V2 | Version::V3 => &endpoint.routing_id,
            };
            Some(endpoint.namespace.as_str()) == namespace
                && id.is_none_or(|id| own_id == id)
                && school.is_none_or(|brin| brin == Some(&endpoint.school))
                && attributes.is_none_or(|wanted| endpoint.attributes.as_deref() == Some(wanted))
        })
        .map(|(endpoint, period)| object::endpoint(&state, call.version, endpoint, period))
        .collect();
    Ok(json_response(200, &Value::Array(found)))
}

/// Whether endpoints that begin later are asked for as well.
fn future_too(call: &Call<'_>, errors: &mut Vec<FieldError>) -> bool {
    const NAME: &str = "include_future_endpoints";
    match call.parameter(NAME, errors) {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => {
            errors.push((Some(NAME), says::VALUE));
            false
        }
    }
}

/// One endpoint by its key.
pub(super) fn one(call: &Call<'_>, key: &str) -> Result<Response, Response> {
    let state = call.osr.state();
    let endpoint = by_key(&state, call.version, key)?;
    let period = state.period(endpoint);
    let value = object::endpoint(&state, call.version, endpoint, period);
    Ok(json_response(200, &value))
}

/// OSR-VRIJ-KENMERK: a routing id of a school that no endpoint uses. Its
/// parameter and that it needs an API key are reconstructed. Who asks has a
/// mandate for the school.
pub(super) fn available_routing_id(call: &Call<'_>) -> Result<Response, Response> {
    call.own_data()?;
    let mut errors = Vec::new();
    let oin = call.required("school_oin", &mut errors);
    Call::is_oin("school_oin", oin, &mut errors);
    let state = call.osr.state();
    let school = oin.and_then(|oin| state.school_by_oin(oin));
    if errors.is_empty() && school.is_none() {
        errors.push((Some("school_oin"), says::SCHOOL));
    }
    Call::check(&errors)?;
    let school = school.ok_or_else(access_denied)?;
    let is_mandated = (state.mandates.values()).any(|mandate| {
        mandate.supplier == call.caller
            && mandate.is_in_force(call.today)
            && state.covers(mandate, school)
    });
    if !is_mandated {
        return Err(access_denied());
    }
    let id = state.available_routing_id(school);
    let id = id.ok_or_else(|| not_found("There is no available routing id"))?;
    Ok(json_response(200, &json!({ "routing_id": id })))
}

/// OSR-REGISTREREN, OSR-REGISTREREN-STATUS, OSR-STROOM-3.
pub(super) fn register(call: &Call<'_>) -> Result<Response, Response> {
    call.own_data()?;
    check_jwt(call)?;
    let registration = Registration::read(call)?;
    let registered = call.osr.change(|state| {
        let id = state.next_endpoint();
        let key = (id, call.osr.seed.uuid("endpoint", id));
        let endpoint = admitted(call, state, &registration, key, None)?;
        let period = state.period(&endpoint);
        let value = object::endpoint(state, call.version, &endpoint, period);
        Ok((Entry::EndpointRegistered(endpoint), value))
    });
    Ok(json_response(201, &registered.map_err(answer_of)?))
}

/// OSR-REGISTREREN-STATUS, OSR-UUID, OSR-STROOM-5.
pub(super) fn change(call: &Call<'_>, key: &str) -> Result<Response, Response> {
    call.own_data()?;
    check_jwt(call)?;
    own(call, &call.osr.state(), key)?;
    let registration = Registration::read(call)?;
    let changed = call.osr.change(|state| {
        let (id, uuid, start) = {
            let old = own(call, state, key)?;
            (old.id, old.uuid.clone(), old.start)
        };
        let endpoint = admitted(call, state, &registration, (id, uuid), Some(start))?;
        let period = state.period(&endpoint);
        let value = object::endpoint(state, call.version, &endpoint, period);
        Ok((Entry::EndpointChanged(endpoint), value))
    });
    Ok(json_response(200, &changed.map_err(answer_of)?))
}

/// OSR-VERWIJDEREN: after it nobody finds the endpoint. The status is
/// reconstructed.
pub(super) fn delete(call: &Call<'_>, key: &str) -> Result<Response, Response> {
    call.own_data()?;
    let deleted = call.osr.change(|state| {
        let endpoint = own(call, state, key)?;
        Ok((Entry::EndpointDeleted(endpoint.id), ()))
    });
    deleted.map_err(answer_of)?;
    Ok(Response::empty(204))
}

fn answer_of(changing: Changing<Response>) -> Response {
    match changing {
        Changing::Refused(response) => response,
        Changing::Write => unwritten(),
    }
}

/// OSR-UUID: in version 3 the key is the UUID; the number does not work there.
fn by_key<'s>(state: &'s State, version: Version, key: &str) -> Result<&'s Endpoint, Response> {
    let mut endpoints = state.endpoints.values();
    let (found, name) = match version {
        Version::V3 => (endpoints.find(|endpoint| endpoint.uuid == key), "uuid"),
        Version::V1 | Version::V2 => {
            let found = endpoints.find(|endpoint| endpoint.id.to_string() == key);
            (found, "id")
        }
    };
    found
        // Its mandate was withdrawn before it began: it never was in force.
        .filter(|endpoint| !state.period(endpoint).is_void())
        .ok_or_else(|| not_found(&format!("Endpoint with {name} {key} does not exist")))
}

/// An endpoint of the caller's.
fn own<'s>(call: &Call<'_>, state: &'s State, key: &str) -> Result<&'s Endpoint, Response> {
    let endpoint = by_key(state, call.version, key)?;
    match endpoint.supplier == call.caller {
        true => Ok(endpoint),
        false => Err(access_denied()),
    }
}

/// OSR-JWT and what follows it: version 1 wants a JWT over the body.
fn check_jwt(call: &Call<'_>) -> Result<(), Response> {
    if call.version > Version::V1 {
        return Ok(());
    }
    let token = call.header("JWT").map(str::trim);
    let token = token.ok_or_else(|| authentication_required("no JWT"))?;
    let audience = call.osr.state().data.settings.audience.clone();
    let expected = Expected {
        caller: &call.caller,
        audience: &audience,
        trust: &call.osr.trust,
        now: call.osr.now(),
        body: call.body,
        defect: &call.osr.defect,
    };
    jwt::verify(token, &expected)
        .map_err(|problem| authentication_required(&format!("JWT: {problem}")))
}

/// The endpoint that a registration makes, when the register admits it:
/// OSR-BESTUURSMANDAAT, OSR-BINNEN-MANDAAT, OSR-DUBBEL, OSR-ADMINISTRATIE,
/// OSR-NAAMRUIMTE, OSR-STROOM-6. `start` is what counts when the registration
/// names no first day.
fn admitted(
    call: &Call<'_>,
    state: &State,
    registration: &Registration,
    (id, uuid): (u64, String),
    start: Option<Date>,
) -> Result<Endpoint, Response> {
    let error = |field, message| invalid(&[(Some(field), message)]);
    let mandate = state
        .mandate_by_token(&registration.token)
        .ok_or_else(|| error("mandate_token", says::TOKEN))?;
    if mandate.supplier != call.caller {
        return Err(access_denied());
    }
    let Principal::School(school) = &mandate.principal else {
        return Err(match call.version {
            Version::V3 => refused(400, says::NO_ENDPOINTS),
            Version::V1 | Version::V2 => error("mandate_token", says::NO_ENDPOINTS),
        });
    };
    if mandate.is_void() || mandate.end.is_some_and(|end| end < call.today) {
        return Err(error("mandate_token", says::ENDED));
    }
    let mut errors: Vec<FieldError> = Vec::new();
    match state.version(&registration.namespace) {
        None => errors.push((Some("service_version_namespace"), says::VERSION)),
        Some((service, _)) if service.code != mandate.service => {
            errors.push((Some("service_version_namespace"), says::OTHER_SERVICE));
        }
        Some(_) => {}
    }
    let routing_id = registration.routing_id.as_ref();
    let routing_id = routing_id.unwrap_or(&registration.administration_id);
    if !is_of_school(&registration.administration_id, school) {
        errors.push((Some("administration_id"), says::OTHER_SCHOOL));
    } else if !is_of_school(routing_id, school) {
        errors.push((Some("routing_id"), says::OTHER_SCHOOL));
    }
    let start = registration.start.or(start);
    let endpoint = Endpoint {
        id,
        uuid,
        mandate: mandate.number,
        supplier: call.caller.clone(),
        school: school.clone(),
        administration_id: registration.administration_id.clone(),
        routing_id: routing_id.clone(),
        namespace: registration.namespace.clone(),
        url: registration.url.clone(),
        attributes: registration.attributes.clone(),
        start: start.unwrap_or_else(|| call.today.max(mandate.start)),
        end: registration.end,
    };
    let Period { start, end } = state.period(&endpoint);
    let ends_late = match (endpoint.end, mandate.end) {
        (Some(own), Some(of_mandate)) => own > of_mandate,
        _ => false,
    };
    if start < mandate.start || ends_late {
        let field = if start < mandate.start {
            "start_date"
        } else {
            "end_date"
        };
        errors.push((Some(field), says::OUTSIDE));
    } else if end.is_some_and(|end| end < start) {
        errors.push((Some("end_date"), says::ORDER));
    } else if let Some((_, rivalry)) = state.rival(&endpoint) {
        let field = match rivalry {
            Rivalry::Administration => "administration_id",
            Rivalry::Routing => "routing_id",
        };
        errors.push((Some(field), says::EXISTS));
    }
    Call::check(&errors)?;
    Ok(endpoint)
}
