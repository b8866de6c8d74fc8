//! The clock contract: how a scenario reads the clock of a party and sets it
//! (docs/trigger.md).
//!
//! The built-in LAS offers it when it is started with a virtual clock, and so
//! does a supplier's LAS against which scenarios that take days
//! are played. One definition serves both ends.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::trigger::{TriggerError, object};
use crate::clock::RunningClock;
use crate::exchange::Exchange;
use crate::transport::{Client, Request, Response, TransportProblem};

/// Where a party offers its clock. On loopback only, as for triggers.
pub const PATH: &str = "/clock";

const MEDIA_TYPE: &str = "application/json";

/// Why the clock of another is not where it was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockTrouble {
    /// It could not be reached.
    #[error("the clock cannot be reached: {0:?}")]
    Transport(TransportProblem),
    /// What it said is no moment; with the HTTP status, where that says so.
    #[error("the answer of the clock is none of the contract")]
    Answer(Option<u16>),
    /// It says that it was set, and stands at another moment.
    #[error("the clock says that it was set, and was not")]
    Elsewhere,
    /// It cannot be set, or not to that moment.
    #[error("the clock cannot be set")]
    Refused,
}

/// Reads the clock of a party.
///
/// # Errors
///
/// See [`ClockTrouble`].
pub fn read(client: &Client, url: &str) -> Result<Timestamp, ClockTrouble> {
    called(client, request("GET", url, None))
}

/// Sets the clock of a party to `now`. Returns where it stands then.
///
/// # Errors
///
/// See [`ClockTrouble`].
pub fn set(client: &Client, url: &str, now: Timestamp) -> Result<Timestamp, ClockTrouble> {
    called(client, request("PUT", url, Some(now)))
}

fn request(method: &str, url: &str, now: Option<Timestamp>) -> Request {
    let body = now.map(|now| told(now).to_string().into_bytes());
    let mut headers = vec![("accept".to_string(), MEDIA_TYPE.to_string())];
    if body.is_some() {
        headers.push(("content-type".to_string(), MEDIA_TYPE.to_string()));
    }
    Request {
        method: method.to_string(),
        url: url.to_string(),
        headers,
        body: body.unwrap_or_default().into(),
    }
}

fn called(client: &Client, request: Request) -> Result<Timestamp, ClockTrouble> {
    let answer = client.send(&request);
    let answer = answer.map_err(|error| ClockTrouble::Transport(error.problem))?;
    match answer.http.as_ref().and_then(|http| http.status()) {
        Some(200) => moment(&answer.body).map_err(|_| ClockTrouble::Answer(None)),
        Some(409 | 501) => Err(ClockTrouble::Refused),
        status => Err(ClockTrouble::Answer(status)),
    }
}

fn told(now: Timestamp) -> Value {
    json!({ "now": now.to_string() })
}

/// The moment that a clock tells or is told.
fn moment(body: &[u8]) -> Result<Timestamp, TriggerError> {
    let wrong = TriggerError::Kind {
        member: "now",
        kind: "a moment such as 2026-08-03T09:00:00Z",
    };
    match object(body, &["now"])?.remove("now") {
        Some(Value::String(now)) => now.parse().map_err(|_| wrong),
        Some(_) => Err(wrong),
        None => Err(TriggerError::Missing("now")),
    }
}

/// What a party answers about its clock: where it stands, after it was set when
/// that is asked.
pub fn answer(clock: &RunningClock, request: &Exchange) -> Response {
    let method = request.http.as_ref().and_then(|http| http.method());
    let status = match method {
        Some("GET") => 200,
        Some("PUT") => match moment(&request.body) {
            Ok(now) if clock.set(now) => 200,
            Ok(_) => 409,
            Err(_) => 400,
        },
        _ => {
            let mut refused = Response::empty(405);
            let allow = ("allow".to_string(), "GET, PUT".to_string());
            refused.headers.push(allow);
            return refused;
        }
    };
    let body = told(clock.now()).to_string().into_bytes();
    Response::new(status, MEDIA_TYPE, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{HttpFacts, StartLine};

    fn asked(method: &str, body: &str) -> Exchange {
        let mut request = Exchange::bare(body.as_bytes());
        request.http = Some(HttpFacts {
            start: StartLine::Request {
                method: method.to_string(),
                url: PATH.to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: Vec::new(),
        });
        request
    }

    #[test]
    fn a_virtual_clock_is_read_and_set_and_another_is_not() {
        let start: Timestamp = "2026-08-03T09:00:00Z".parse().unwrap();
        let virtual_clock = RunningClock::standing_at(start);
        let later = r#"{"now": "2026-09-03T09:00:00Z"}"#;
        let earlier = r#"{"now": "2026-07-03T09:00:00Z"}"#;
        for (method, body, status, stands) in [
            ("GET", "", 200, "2026-08-03T09:00:00Z"),
            ("PUT", later, 200, "2026-09-03T09:00:00Z"),
            ("PUT", earlier, 200, "2026-07-03T09:00:00Z"),
            ("PUT", r#"{"now": "morgen"}"#, 400, "2026-07-03T09:00:00Z"),
            ("PUT", "{}", 400, "2026-07-03T09:00:00Z"),
            ("PUT", r#"{"now": 1, "x": 2}"#, 400, "2026-07-03T09:00:00Z"),
        ] {
            let said = answer(&virtual_clock, &asked(method, body));
            assert_eq!(said.status, status, "{method} {body}");
            assert_eq!(moment(&said.body).unwrap().to_string(), stands);
        }
        assert_eq!(answer(&virtual_clock, &asked("POST", later)).status, 405);
        let system = RunningClock::system();
        assert_eq!(answer(&system, &asked("GET", "")).status, 200);
        assert_eq!(answer(&system, &asked("PUT", later)).status, 409);
    }

    /// The published schema and the code accept the same.
    #[test]
    fn the_schema_says_the_same() {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/schemas/clock.schema.json")).unwrap();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        for (body, good) in [
            (json!({"now": "2026-08-03T09:00:00Z"}), true),
            (json!({"now": "2026-08-03T09:00:00+02:00"}), true),
            (json!({"now": "2026-08-03"}), false),
            (json!({"now": null}), false),
            (json!({}), false),
            (json!({"now": "2026-08-03T09:00:00Z", "by": 1}), false),
        ] {
            assert_eq!(validator.is_valid(&body), good, "{body}");
            assert_eq!(moment(body.to_string().as_bytes()).is_ok(), good, "{body}");
        }
    }
}
