//! The REST API: who calls, what is called, and the answers that all calls
//! have in common.

mod call;
mod endpoints;
mod mandates;
mod public;
mod refusal;
mod registration;

use super::object::Version;
use super::register::Osr;
use crate::counterpart::door::no_such_path;
use crate::exchange::Exchange;
use crate::transport::RequestTarget as Target;
use crate::transport::Response;
use call::Call;
use refusal::{not_allowed, not_found};

/// Answers a call below `/api`. OSR-VERSIES: the version in the path decides
/// on names and keys; behind all of them is one register.
pub(super) fn answer(osr: &Osr, request: &Exchange, method: &str, target: &Target) -> Response {
    let steps = target.steps();
    let Some(version) = steps.get(1).and_then(|step| Version::parse(step)) else {
        return no_such_path("no-such-call", "OSR", "/api/v3");
    };
    let answered = Call::identify(osr, version, request, method, target)
        .and_then(|call| route(&call, &steps[2..]));
    answered.unwrap_or_else(|refused| refused)
}

fn route(call: &Call<'_>, steps: &[&str]) -> Result<Response, Response> {
    let since_v2 = call.version >= Version::V2;
    match (call.method, steps) {
        ("GET", ["schools"]) => public::schools(call),
        ("GET", ["schools", id]) => public::school(call, id),
        ("GET", ["boards", key]) => public::board(call, key),
        ("GET", ["services"]) => public::services(call),
        ("GET", ["services", id]) => public::service(call, id),
        ("GET", ["service-versions"]) => public::service_versions(call),
        ("GET", ["service-versions", id]) => public::service_version(call, id),
        ("GET", ["mandates"]) => mandates::find(call),
        ("GET", ["mandates", token]) => mandates::by_token(call, token),
        ("GET", ["school-mandates"]) if since_v2 => mandates::of_service(call),
        ("GET", ["endpoints"]) => endpoints::find(call),
        ("POST", ["endpoints"]) => endpoints::register(call),
        ("GET", ["endpoints", "available-routing-id"]) if call.version == Version::V3 => {
            endpoints::available_routing_id(call)
        }
        ("GET", ["endpoints", key]) => endpoints::one(call, key),
        ("PUT", ["endpoints", key]) => endpoints::change(call, key),
        ("DELETE", ["endpoints", key]) => endpoints::delete(call, key),
        (_, ["endpoints"]) => Err(not_allowed("GET, POST")),
        (_, ["endpoints", _]) => Err(not_allowed("GET, PUT, DELETE")),
        (_, ["schools" | "services" | "service-versions" | "mandates"])
        | (
            _,
            [
                "schools" | "boards" | "services" | "service-versions" | "mandates",
                _,
            ],
        ) => Err(not_allowed("GET")),
        (_, ["school-mandates"]) if since_v2 => Err(not_allowed("GET")),
        // Links name suppliers, but no public page describes the resource.
        ("GET", ["suppliers", _]) => Err(refusal::access_denied()),
        _ => Err(not_found("Not Found")),
    }
}
