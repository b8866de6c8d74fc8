//! The trigger contract: how a scenario asks a LAS to act (docs/trigger.md).
//!
//! The built-in LAS implements it, and so does a supplier's LAS that is to be
//! played without a person. One definition serves both ends: who asks writes a
//! [`Trigger`] and reads an [`Outcome`]; who acts does the reverse.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::reason;
use crate::document::{Document, Gated};
use crate::exchange::Exchange;
use crate::limits::MAX_TRIGGER_BYTES;
use crate::transport::{Request, Response};

/// Where a LAS listens for triggers. On loopback only: who can trigger can
/// make the LAS send anything.
pub const PATH: &str = "/trigger";

/// The media type of both messages.
const MEDIA_TYPE: &str = "application/json";

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a LAS can be asked to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// All of them, in the order of docs/trigger.md.
            pub const ALL: &'static [Action] = &[$(Action::$variant),*];

            /// The name in a trigger.
            pub fn name(self) -> &'static str {
                match self {
                    $(Action::$variant => $name,)*
                }
            }
        }
    };
}

actions! {
    /// Register the LAS's endpoint for a school and service in the OSR.
    RegistreerEndpoint = "registreer-endpoint",
    /// Move that endpoint to another address or date.
    VerplaatsEndpoint = "verplaats-endpoint",
    /// Ask the OSR for the mandate of a school and service.
    VraagMandaatOp = "vraag-mandaat-op",
    /// Let DUO identify a pupil.
    Identificeer = "identificeer",
    /// Enrol a pupil.
    Inschrijven = "inschrijven",
    /// End an enrolment.
    Uitschrijven = "uitschrijven",
    /// Correct an enrolment; its number stays.
    CorrigeerInschrijving = "corrigeer-inschrijving",
    /// Put the pupils of a school or vestiging in their next leerjaar, as on 1
    /// August: all in one go.
    VoerJaarovergangUit = "voer-jaarovergang-uit",
    /// Take back an enrolment that should never have been sent.
    VerwijderInschrijving = "verwijder-inschrijving",
    /// Give a school advice, or change it.
    GeefAdvies = "geef-advies",
    /// Take back a school advice.
    VerwijderAdvies = "verwijder-advies",
    /// Report the result of a doorstroomtoets.
    MeldToetsresultaat = "meld-toetsresultaat",
    /// Report absence.
    MeldVerzuim = "meld-verzuim",
    /// Change an absence report.
    WijzigVerzuim = "wijzig-verzuim",
    /// Withdraw an absence report.
    TrekVerzuimIn = "trek-verzuim-in",
    /// Fetch what changed in the absence reports.
    HaalVerzuimOp = "haal-verzuim-op",
    /// Fetch what DUO has registered, and compare.
    HaalRegistratieoverzichtOp = "haal-registratieoverzicht-op",
    /// Fetch the onderwijsaanbieders and onderwijslocaties from RIO.
    HaalRioOp = "haal-rio-op",
    /// Send again what got no answer, under the same document id.
    OpnieuwVersturen = "opnieuw-versturen",
    /// Begin anew with the schools and pupils of the scenarios: nothing that
    /// was done or received before is there any more.
    LaadBegingegevens = "laad-begingegevens",
    /// Go down and come back with what was kept.
    Herstart = "herstart",
    /// Say what the LAS knows.
    Toon = "toon",
}

impl Action {
    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
    }
}

impl Action {
    /// With what the names of the messages begin that a LAS sends to do it: the
    /// sector ends some of them. Empty where it sends none, or any.
    pub fn sends(self) -> &'static [&'static str] {
        match self {
            Action::Identificeer => &["aanleverenIdentificerenPersoon"],
            Action::Inschrijven | Action::Uitschrijven | Action::CorrigeerInschrijving => {
                &["aanleverenInschrijving"]
            }
            Action::VerwijderInschrijving => &["aanleverenVerwijderingInschrijving"],
            Action::GeefAdvies => &["aanleverenAdviesVO"],
            Action::VerwijderAdvies => &["aanleverenVerwijderingAdviesVO"],
            Action::MeldToetsresultaat => &["aanleverenToetsresultaat"],
            Action::MeldVerzuim => &["meldenRelatiefVerzuim"],
            Action::WijzigVerzuim => &["mutatieMeldingRelatiefVerzuim"],
            Action::TrekVerzuimIn => &["intrekkenMeldingRelatiefVerzuim"],
            Action::HaalVerzuimOp => &["aanvraagGewijzigdeMeldingen"],
            Action::HaalRegistratieoverzichtOp => &["opvragenRegistratieoverzicht"],
            Action::HaalRioOp => &["opvragen_"],
            Action::RegistreerEndpoint
            | Action::VerplaatsEndpoint
            | Action::VraagMandaatOp
            | Action::VoerJaarovergangUit
            | Action::OpnieuwVersturen
            | Action::LaadBegingegevens
            | Action::Herstart
            | Action::Toon => &[],
        }
    }
}

/// What a LAS is asked to do.
#[derive(Clone, PartialEq)]
pub struct Trigger {
    /// The action, by its name: a LAS that does not know it answers
    /// [`Status::Unsupported`].
    pub action: String,
    /// What the action needs; see docs/trigger.md.
    pub with: Map<String, Value>,
    /// The scenario that asks.
    pub scenario: Option<String>,
    /// The moment in the scenario, for a LAS whose clock can be moved.
    pub now: Option<Timestamp>,
}

impl std::fmt::Debug for Trigger {
    /// Leaves out what the action works on: it may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trigger")
            .field("action", &self.action)
            .field("with", &self.with.keys().collect::<Vec<_>>())
            .field("scenario", &self.scenario)
            .field("now", &self.now)
            .finish()
    }
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It was carried out; what the other party said of it stands in `data`.
    Done,
    /// The LAS will not do it, as a conforming LAS would not.
    Refused,
    /// The LAS has no such action.
    Unsupported,
    /// It was tried and did not come about.
    Failed,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 4] = [
        Status::Done,
        Status::Refused,
        Status::Unsupported,
        Status::Failed,
    ];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The name in an outcome.
    pub fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Refused => "refused",
            Status::Unsupported => "unsupported",
            Status::Failed => "failed",
        }
    }

    /// The HTTP status code that goes with it.
    pub fn http(self) -> u16 {
        match self {
            Status::Done => 200,
            Status::Refused => 409,
            Status::Unsupported => 501,
            Status::Failed => 500,
        }
    }
}

/// What became of an action.
#[derive(Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The same in words, for a person.
    pub text: String,
    /// What the action brought; an object.
    pub data: Map<String, Value>,
}

impl std::fmt::Debug for Outcome {
    /// Leaves out text and data: they may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outcome")
            .field("status", &self.status)
            .field("data", &self.data.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Why a trigger or an outcome cannot be read: who wrote it is at fault.
/// Quotes no value of it but names that are not personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// Larger than a trigger may be.
    #[error("it is larger than {MAX_TRIGGER_BYTES} bytes")]
    TooLarge,
    /// Not JSON, or not in UTF-8.
    #[error("it is no JSON in UTF-8")]
    NotJson,
    /// A member is there twice.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// The whole is no object.
    #[error("it is no JSON object")]
    NotAnObject,
    /// A member that must be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member is of another kind.
    #[error("`{member}` must be {kind}")]
    Kind {
        /// Its name.
        member: &'static str,
        /// What it must be.
        kind: &'static str,
    },
    /// A member that there is not.
    #[error("there is no `{found}`; known are {known}")]
    Unknown {
        /// Its name.
        found: String,
        /// The names there are.
        known: String,
    },
    /// The HTTP status and the status in the body do not agree.
    #[error("HTTP status {http} does not go with status `{status}`")]
    Disagree {
        /// The HTTP status code.
        http: u16,
        /// The name of the status.
        status: &'static str,
    },
}

const TRIGGER: [&str; 4] = ["action", "with", "scenario", "now"];
const OUTCOME: [&str; 3] = ["status", "text", "data"];

impl Trigger {
    /// A trigger without a scenario or a moment.
    pub fn new(action: Action, with: Map<String, Value>) -> Self {
        Self {
            action: action.name().to_string(),
            with,
            scenario: None,
            now: None,
        }
    }

    /// Reads a trigger. `with` may be absent, and then is empty.
    ///
    /// # Errors
    ///
    /// See [`TriggerError`]; members that there are not are refused, so that a
    /// slip of the pen does not change what is asked.
    pub fn read(body: &[u8]) -> Result<Self, TriggerError> {
        let mut members = object(body, &TRIGGER)?;
        let kind = |member, kind| TriggerError::Kind { member, kind };
        let action = match members.remove("action") {
            Some(Value::String(action)) if !action.is_empty() => action,
            Some(_) => return Err(kind("action", "the name of an action")),
            None => return Err(TriggerError::Missing("action")),
        };
        let with = match members.remove("with") {
            Some(Value::Object(with)) => with,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return Err(kind("with", "an object")),
        };
        let scenario = match members.remove("scenario") {
            Some(Value::String(scenario)) => Some(scenario),
            None | Some(Value::Null) => None,
            Some(_) => return Err(kind("scenario", "a text")),
        };
        let moment = kind("now", "a moment such as 2026-08-03T09:00:00Z");
        let now = match members.remove("now") {
            Some(Value::String(now)) => Some(now.parse().map_err(|_| moment)?),
            None | Some(Value::Null) => None,
            Some(_) => return Err(moment),
        };
        Ok(Self {
            action,
            with,
            scenario,
            now,
        })
    }

    /// The trigger as JSON.
    pub fn to_json(&self) -> Value {
        let mut value = json!({ "action": self.action, "with": self.with });
        if let Some(scenario) = &self.scenario {
            value["scenario"] = json!(scenario);
        }
        if let Some(now) = self.now {
            value["now"] = json!(now.to_string());
        }
        value
    }

    /// The HTTP request that brings it to a LAS at `url`.
    pub fn request(&self, url: &str) -> Request {
        Request {
            method: "POST".to_string(),
            url: url.to_string(),
            headers: vec![
                ("content-type".to_string(), MEDIA_TYPE.to_string()),
                ("accept".to_string(), MEDIA_TYPE.to_string()),
            ],
            body: self.to_json().to_string().into_bytes().into(),
        }
    }
}

impl Outcome {
    /// An outcome without data.
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            data: Map::new(),
        }
    }

    /// The outcome with one more piece of data.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_string(), value.into());
        self
    }

    /// Reads an outcome from the HTTP response that brought it.
    ///
    /// # Errors
    ///
    /// See [`TriggerError`]; so is an HTTP status that says something else than
    /// the body.
    pub fn read(response: &Exchange) -> Result<Self, TriggerError> {
        let mut members = object(&response.body, &OUTCOME)?;
        let kind = |member, kind| TriggerError::Kind { member, kind };
        let status = match members.remove("status") {
            Some(Value::String(name)) => Status::ALL
                .into_iter()
                .find(|status| status.name() == name)
                .ok_or(kind("status", "done, refused, unsupported or failed"))?,
            Some(_) => return Err(kind("status", "done, refused, unsupported or failed")),
            None => return Err(TriggerError::Missing("status")),
        };
        let text = match members.remove("text") {
            Some(Value::String(text)) => text,
            None => return Err(TriggerError::Missing("text")),
            Some(_) => return Err(kind("text", "a text")),
        };
        let data = match members.remove("data") {
            Some(Value::Object(data)) => data,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return Err(kind("data", "an object")),
        };
        let http = response.http.as_ref().and_then(|http| http.status());
        match http {
            Some(http) if http != status.http() => Err(TriggerError::Disagree {
                http,
                status: status.name(),
            }),
            _ => Ok(Self { status, text, data }),
        }
    }

    /// Why it did not come about, where the LAS says so by one of the
    /// [words for programs](reason).
    pub fn reason(&self) -> Option<&'static str> {
        let said = self.data.get("reden")?.as_str()?;
        reason::ALL.into_iter().find(|known| *known == said)
    }

    /// The outcome as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "status": self.status.name(), "text": self.text, "data": self.data })
    }

    /// The HTTP response that brings it back.
    pub fn response(&self) -> Response {
        let body = self.to_json().to_string().into_bytes();
        Response::new(self.status.http(), MEDIA_TYPE, body)
    }
}

/// The members of a JSON object that has no others than `known`.
pub(super) fn object(
    body: &[u8],
    known: &[&'static str],
) -> Result<Map<String, Value>, TriggerError> {
    if body.len() > MAX_TRIGGER_BYTES {
        return Err(TriggerError::TooLarge);
    }
    let gated = Gated::json(body).map_err(|_| TriggerError::NotJson)?;
    let document = Document::from_json(gated).map_err(|_| TriggerError::NotJson)?;
    if let Some(&twice) = document.duplicate_members().first() {
        return Err(TriggerError::Twice(document.local_name(twice).to_string()));
    }
    let value = serde_json::from_str(document.source()).map_err(|_| TriggerError::NotJson)?;
    let Value::Object(members) = value else {
        return Err(TriggerError::NotAnObject);
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(found) => Err(TriggerError::Unknown {
            found: found.clone(),
            known: known.join(", "),
        }),
        None => Ok(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{HttpFacts, StartLine};

    fn response(status: u16, body: &str) -> Exchange {
        let mut response = Exchange::bare(body.as_bytes());
        response.http = Some(HttpFacts {
            start: StartLine::Response { status },
            version: "HTTP/1.1".to_string(),
            headers: Vec::new(),
        });
        response
    }

    #[test]
    fn a_trigger_comes_back_as_it_was_written() {
        let mut trigger = Trigger::new(Action::Inschrijven, Map::new());
        trigger.with.insert("leerjaar".to_string(), json!(4));
        trigger.scenario = Some("po-inwinnen-inschrijving".to_string());
        trigger.now = Some("2026-08-03T09:00:00Z".parse().unwrap());
        let request = trigger.request("http://127.0.0.1:1/trigger");
        assert_eq!(Trigger::read(&request.body).unwrap(), trigger);
        let bare = Trigger::read(br#"{"action": "toon"}"#).unwrap();
        assert_eq!(bare, Trigger::new(Action::Toon, Map::new()));
    }

    #[test]
    fn an_outcome_comes_back_as_it_was_written() {
        for status in Status::ALL {
            let outcome = Outcome::new(status, "tekst").with("volgnummer", "1");
            let sent = outcome.response();
            let received = response(sent.status, std::str::from_utf8(&sent.body).unwrap());
            assert_eq!(Outcome::read(&received).unwrap(), outcome);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (body, part) in [
            ("", "no JSON"),
            ("{\"action\": \"toon\"", "no JSON"),
            ("[]", "no JSON object"),
            ("{}", "`action` is missing"),
            ("{\"action\": 1}", "name of an action"),
            (
                "{\"action\": \"a\", \"action\": \"b\"}",
                "`action` is there twice",
            ),
            (
                "{\"action\": \"a\", \"with\": []}",
                "`with` must be an object",
            ),
            (
                "{\"action\": \"a\", \"scenario\": 1}",
                "`scenario` must be a text",
            ),
            (
                "{\"action\": \"a\", \"now\": \"vandaag\"}",
                "`now` must be a moment",
            ),
            (
                "{\"action\": \"a\", \"wiht\": {}}",
                "there is no `wiht`; known are action",
            ),
        ] {
            let error = Trigger::read(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{body}: {error}");
        }
        for (status, body, part) in [
            (200, "{}", "`status` is missing"),
            (200, "{\"status\": \"ok\", \"text\": \"\"}", "done, refused"),
            (200, "{\"status\": \"done\"}", "`text` is missing"),
            (
                200,
                "{\"status\": \"done\", \"text\": \"\", \"data\": 1}",
                "`data` must be",
            ),
            (
                500,
                "{\"status\": \"done\", \"text\": \"\"}",
                "HTTP status 500",
            ),
        ] {
            let error = Outcome::read(&response(status, body)).unwrap_err();
            assert!(error.to_string().contains(part), "{body}: {error}");
        }
        let large = vec![b' '; MAX_TRIGGER_BYTES + 1];
        assert_eq!(Trigger::read(&large), Err(TriggerError::TooLarge));
    }

    /// The published schema and the code accept the same.
    #[test]
    fn the_schema_says_the_same() {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/schemas/trigger.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let names = &schema["$defs"]["trigger"]["properties"]["action"]["examples"];
        let ours: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names, &json!(ours));
        for (body, good) in [
            (json!({"action": "toon"}), true),
            (json!({"action": "toon", "with": null, "now": null}), true),
            (
                json!({"action": "toon", "with": {"x": 1}, "scenario": "a"}),
                true,
            ),
            (json!({"action": ""}), false),
            (json!({"action": "toon", "with": []}), false),
            (json!({"action": "toon", "extra": 1}), false),
            (json!({"with": {}}), false),
        ] {
            assert_eq!(validator.is_valid(&body), good, "{body}");
            assert_eq!(Trigger::read(body.to_string().as_bytes()).is_ok(), good);
        }
        for (body, good) in [
            (json!({"status": "done", "text": ""}), true),
            (json!({"status": "failed", "text": "x", "data": {}}), true),
            (json!({"status": "ok", "text": ""}), false),
            (json!({"status": "done"}), false),
        ] {
            assert_eq!(validator.is_valid(&body), good, "{body}");
            let outcome = Outcome::read(&Exchange::bare(body.to_string().into_bytes()));
            assert_eq!(outcome.is_ok(), good, "{body}");
        }
    }
}
