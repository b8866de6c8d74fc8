//! The answers with which the register refuses.

use serde_json::{Value, json};

use crate::transport::Response;

/// What a field error says. The first is published (an example of Kennisnet),
/// the others are worded alike: reconstructed.
pub(super) mod says {
    pub(crate) const URL: &str = "This value is not a valid URL.";
    pub(crate) const BLANK: &str = "This value should not be blank.";
    pub(crate) const VALUE: &str = "This value is not valid.";
    pub(crate) const DATE: &str = "This value is not a valid date.";
    pub(crate) const TWICE: &str = "This value is given more than once.";
    pub(crate) const ORDER: &str = "The end date is before the start date.";
    pub(crate) const VERSION: &str = "This service version does not exist.";
    pub(crate) const SERVICE: &str = "This service does not exist.";
    pub(crate) const SCHOOL: &str = "This school does not exist.";
    pub(crate) const TOKEN: &str = "This mandate token does not exist.";
    pub(crate) const ENDED: &str = "This mandate has ended.";
    pub(crate) const OTHER_SERVICE: &str =
        "This service version does not belong to the service of the mandate.";
    pub(crate) const OTHER_SCHOOL: &str =
        "This value does not belong to the school of the mandate.";
    pub(crate) const OUTSIDE: &str = "The period is not within the period of the mandate.";
    pub(crate) const EXISTS: &str =
        "There is already an active endpoint for this value and service version.";
    pub(crate) const NO_JSON: &str = "The body is not a valid JSON object.";
    /// Published: API V2 naar V3 wijzigingen.
    pub(crate) const NO_ENDPOINTS: &str =
        "The given service version does not allow endpoint registrations";
}

/// A field and what is wrong with it; no field for the whole.
pub(super) type FieldError = (Option<&'static str>, &'static str);

pub(super) fn json_response(status: u16, value: &Value) -> Response {
    let body = value.to_string().into_bytes();
    let mut response = Response::new(status, "application/json", body);
    response
        .headers
        .push(("cache-control".to_string(), "no-store".to_string()));
    response
}

pub(super) fn refused(status: u16, message: &str) -> Response {
    json_response(status, &json!({ "status": status, "message": message }))
}

/// OSR-APIKEY-ZONDER: who does not say who it is.
pub(super) fn authentication_required(detail: &str) -> Response {
    let message = match detail {
        "" => "Authentication required".to_string(),
        detail => format!("Authentication required: {detail}"),
    };
    refused(401, &message)
}

/// OSR-APIKEY-ZONDER: who is known, and may not.
pub(super) fn access_denied() -> Response {
    refused(403, "Access denied")
}

pub(super) fn not_found(message: &str) -> Response {
    refused(404, message)
}

/// OSR-DIENST-400 and all other requests that are wrong in themselves.
pub(super) fn invalid(errors: &[FieldError]) -> Response {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(field, message)| match field {
            Some(field) => json!({ "field": field, "message": message }),
            None => json!({ "message": message }),
        })
        .collect();
    let value = json!({ "status": 400, "message": "Validation error(s)", "errors": errors });
    json_response(400, &value)
}

pub(super) fn not_allowed(methods: &str) -> Response {
    let mut response = Response::empty(405);
    response
        .headers
        .push(("allow".to_string(), methods.to_string()));
    response
}

/// OSR-ENDPOINTS-TEMPO. The status is reconstructed; it has no body, because
/// nothing is known of one.
pub(super) fn too_many(seconds: u32) -> Response {
    let mut response = Response::empty(429);
    let header = ("retry-after".to_string(), seconds.to_string());
    response.headers.push(header);
    response
}

/// The state could not be written: nothing happened.
pub(super) fn unwritten() -> Response {
    Response::empty(500)
}
