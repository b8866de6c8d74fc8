//! The LAS and the OSR: its mandates and its endpoints (50-osr.md, flow).

use serde_json::{Map, Value, json};

use super::data::{Aansluiting, Mandaat, School};
use super::ended::{ANSWER, CONNECTION, Ended, FAULT, INTERNAL, NO_MANDATE, TRIGGER, UNKNOWN};
use super::party::Las;
use super::settings::OsrVersion;
use super::state::Entry;
use super::with::With;
use crate::counterpart::Service;
use crate::counterpart::defect::Slip;
use crate::counterpart::osr::JwtMaker;
use crate::counterpart::trigger::{Action, Outcome, Status};
use crate::document::{Document, Gated};
use crate::exchange::Exchange;
use crate::transport::Request;

/// The header of the API key, and that of version 1's JWT. Their names are not
/// public: reconstructed.
const API_KEY: &str = "X-Api-Key";
const JWT: &str = "JWT";

/// The refusal for want of a mandate.
pub fn no_mandate() -> Ended {
    Ended::refused(
        NO_MANDATE,
        "the OSR knows no mandate of this school for this supplier and service",
    )
}

/// The mandate of a school, as the OSR says at this moment. What it says is
/// kept to show it, never to do without asking.
pub(super) fn mandate(
    las: &Las,
    school: &School,
    service: Service,
    reference_date: Option<&str>,
) -> Result<Option<Mandaat>, Ended> {
    if las.conduct.has(Slip::RemembersMandate) && reference_date.is_none() {
        let key = (
            school.instellingscode.clone(),
            service.namespace().to_string(),
        );
        if let Some(Some(known)) = las.state().mandaten.get(&key) {
            return Ok(Some(known.clone()));
        }
    }
    let school_oin = las.oin_of(school)?;
    let supplier = las.key.oin().unwrap_or_default();
    let mut query = format!(
        "/mandates?school_oin={}&supplier_oin={}&service_version_namespace={}",
        encoded(&school_oin),
        encoded(supplier),
        encoded(service.namespace())
    );
    if let Some(date) = reference_date {
        query += &format!("&reference_date={}", encoded(date));
    }
    let response = call(las, "GET", &query, None)?;
    let mandaat = match status(&response) {
        200 => Some(read_mandate(&response)?),
        404 => None,
        _ => return Err(refused_by_osr(&response)),
    };
    let day = reference_date.map_or_else(|| las.today(), str::to_string);
    let mandaat = mandaat.filter(|mandaat| las.conduct.holds_on(mandaat, &day));
    if reference_date.is_none() {
        las.record(|state, _, _| {
            let key = (
                school.instellingscode.clone(),
                service.namespace().to_string(),
            );
            let news = state.mandaten.get(&key) != Some(&mandaat);
            let entry = news.then(|| Entry::Mandaat {
                instellingscode: key.0,
                dienstversie: key.1,
                mandaat: mandaat.clone(),
            });
            Ok((entry.into_iter().collect(), ()))
        })?;
    }
    Ok(mandaat)
}

fn read_mandate(response: &Exchange) -> Result<Mandaat, Ended> {
    let members = object(response)?;
    Ok(Mandaat {
        token: text(&members, "token"),
        begin: text(&members, "start_date"),
        einde: text(&members, "end_date"),
    })
}

/// `vraag-mandaat-op`.
pub(super) fn ask_mandate(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::VraagMandaatOp)?;
    let school = school_of(las, &with)?;
    let date = with.date("reference_date")?;
    let found = mandate(las, &school, service_of(&with)?, date.as_deref())?;
    let text = match &found {
        Some(_) => "the school has mandated this supplier",
        None => "the OSR knows no mandate",
    };
    let mandaat = found.unwrap_or(Mandaat {
        token: None,
        begin: None,
        einde: None,
    });
    Ok(Outcome::new(Status::Done, text)
        .with(
            "gemandateerd",
            mandaat.begin.is_some() || mandaat.token.is_some(),
        )
        .with("start_date", mandaat.begin)
        .with("end_date", mandaat.einde))
}

/// `registreer-endpoint`.
pub(super) fn register(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::RegistreerEndpoint)?;
    let school = school_of(las, &with)?;
    let service = service_of(&with)?;
    let own = || las.settings.own_address.clone();
    let new = Aansluiting {
        id: String::new(),
        url: with.text("url")?.unwrap_or_else(own),
        begin: with.date("start_date")?,
        einde: with.date("end_date")?,
    };
    deliver(las, &school, service, "POST", "/endpoints", new)
}

/// `verplaats-endpoint`.
pub(super) fn relocate(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::VerplaatsEndpoint)?;
    let school = school_of(las, &with)?;
    let service = service_of(&with)?;
    let key = (
        school.instellingscode.clone(),
        service.namespace().to_string(),
    );
    let known = las.state().aansluitingen.get(&key).cloned();
    let known = known.ok_or_else(|| {
        Ended::refused(
            UNKNOWN,
            "this LAS has registered no endpoint for this school and service",
        )
    })?;
    let id = encoded(&known.id);
    let moved = Aansluiting {
        url: with.text("url")?.unwrap_or(known.url),
        begin: with.date("start_date")?.or(known.begin),
        einde: match with.has("end_date") {
            true => with.date("end_date")?,
            false => known.einde,
        },
        id: known.id,
    };
    if las.conduct.has(Slip::RegistersOnMove) {
        return deliver(las, &school, service, "POST", "/endpoints", moved);
    }
    let path = format!("/endpoints/{id}");
    deliver(las, &school, service, "PUT", &path, moved)
}

/// Delivers an endpoint to the OSR, with the token of today's mandate.
fn deliver(
    las: &Las,
    school: &School,
    service: Service,
    method: &str,
    path: &str,
    endpoint: Aansluiting,
) -> Result<Outcome, Ended> {
    let mandaat = mandate(las, school, service, None)?.ok_or_else(no_mandate)?;
    let begin = endpoint.begin.clone().unwrap_or_else(|| las.today());
    let mut body = json!({
        "mandate_token": mandaat.token.unwrap_or_default(),
        "administration_id": school.administratie,
        "service_version_namespace": service.namespace(),
        "url": endpoint.url,
        "attributes": "LAS",
        "start_date": begin,
    });
    // An endpoint does not outlive the mandate it rests on.
    if let Some(end) = endpoint.einde.clone().or(mandaat.einde) {
        body["end_date"] = json!(end);
    }
    let response = call(las, method, path, Some(&body))?;
    if !matches!(status(&response), 200 | 201) {
        if las.conduct.has(Slip::RefusalIsRegistered) {
            let text = "the OSR has answered";
            return Ok(Outcome::new(Status::Done, text).with("url", endpoint.url));
        }
        return Err(refused_by_osr(&response));
    }
    let members = object(&response)?;
    let id = match las.settings.osr.version {
        OsrVersion::V3 => text(&members, "uuid"),
        _ => members.get("id").map(|id| match id {
            Value::String(id) => id.clone(),
            id => id.to_string(),
        }),
    };
    let id = id.ok_or_else(|| Ended::failed(ANSWER, "the OSR named no endpoint"))?;
    let aansluiting = Aansluiting {
        id,
        url: text(&members, "url").unwrap_or(endpoint.url),
        begin: text(&members, "start_date").or(Some(begin)),
        einde: text(&members, "end_date"),
    };
    let outcome = Outcome::new(Status::Done, "the OSR has the endpoint")
        .with("id", &*aansluiting.id)
        .with("url", &*aansluiting.url)
        .with("start_date", aansluiting.begin.clone())
        .with("end_date", aansluiting.einde.clone());
    las.note(vec![Entry::Aansluiting {
        instellingscode: school.instellingscode.clone(),
        dienstversie: service.namespace().to_string(),
        aansluiting,
    }])?;
    Ok(outcome)
}

/// Calls the OSR, in the way of the generation that is configured.
fn call(las: &Las, method: &str, path: &str, body: Option<&Value>) -> Result<Exchange, Ended> {
    let osr = &las.settings.osr;
    let address = osr.address.trim_end_matches('/');
    let mut headers = vec![("accept".to_string(), "application/json".to_string())];
    let body = body
        .map(|body| body.to_string().into_bytes())
        .unwrap_or_default();
    if !body.is_empty() {
        headers.push(("content-type".to_string(), "application/json".to_string()));
    }
    match (osr.version, &osr.api_key) {
        (OsrVersion::V1, _) if !body.is_empty() => {
            let maker = JwtMaker {
                key: &las.key,
                above: &las.above,
                audience: &osr.audience,
            };
            let token = maker.make(las.clock.now(), &body, None);
            let token = token.ok_or_else(|| Ended::failed(INTERNAL, "the JWT cannot be signed"))?;
            headers.push((JWT.to_string(), token));
        }
        (OsrVersion::V2 | OsrVersion::V3, Some(key)) => {
            headers.push((API_KEY.to_string(), key.clone()));
        }
        _ => {}
    }
    let request = Request {
        method: method.to_string(),
        url: format!("{address}{}{path}", osr.version.path()),
        headers,
        body: body.into(),
    };
    las.post
        .post(&request)
        .map_err(|error| Ended::failed(CONNECTION, format!("the OSR: {error}")))
}

fn status(response: &Exchange) -> u16 {
    response
        .http
        .as_ref()
        .and_then(|http| http.status())
        .unwrap_or(0)
}

fn object(response: &Exchange) -> Result<Map<String, Value>, Ended> {
    let read = || {
        let gated = Gated::json(&response.body).ok()?;
        let document = Document::from_json(gated).ok()?;
        match serde_json::from_str(document.source()).ok()? {
            Value::Object(members) => Some(members),
            _ => None,
        }
    };
    read().ok_or_else(|| Ended::failed(ANSWER, "the OSR answered with no JSON object"))
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    Some(members.get(name)?.as_str()?.to_string())
}

/// The outcome when the OSR says no.
fn refused_by_osr(response: &Exchange) -> Ended {
    let members = object(response).unwrap_or_default();
    let message = text(&members, "message").unwrap_or_default();
    let status = status(response);
    Ended::failed(
        FAULT,
        format!("the OSR answered with status {status}: {message}"),
    )
    .with("status", status)
    .with("message", message)
}

fn school_of(las: &Las, with: &With<'_>) -> Result<School, Ended> {
    match with.text("instellingscode")? {
        Some(code) => las.school(&code),
        None => las.first_school(),
    }
}

/// The service that a trigger names; BRON when it names none.
fn service_of(with: &With<'_>) -> Result<Service, Ended> {
    let Some(name) = with.text("dienst")? else {
        return Ok(Service::RodPo);
    };
    let plain = |text: &str| text.to_uppercase().replace(['_', ' '], "-");
    match &*plain(&name) {
        "ROD-PO" => Ok(Service::RodPo),
        "VERZUIM" => Ok(Service::Verzuim),
        "RIO" => Ok(Service::Rio),
        _ => Service::ALL
            .into_iter()
            .find(|service| service.namespace() == name)
            .ok_or_else(|| Ended::refused(TRIGGER, "`dienst` must be ROD-PO, Verzuim or RIO")),
    }
}

/// A value in a URL.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut url, byte| {
        match plain(byte) {
            true => url.push(char::from(byte)),
            false => url += &format!("%{byte:02X}"),
        }
        url
    })
}
