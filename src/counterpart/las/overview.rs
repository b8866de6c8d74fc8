//! What DUO has registered, beside what the LAS has.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::data::{Inschrijving, Sleutel};
use super::ended::{Ended, FAULT};
use super::json::members_of;
use super::party::Las;
use super::person;
use super::state::State;
use super::verdict;
use super::with::With;
use crate::counterpart::trigger::{Action, Outcome, Status};
use crate::counterpart::{Part, Service};

const OPVRAGEN: &str = "opvragenRegistratieoverzicht_Request";
const REGISTERED: &str = "geregistreerdeInschrijving";

/// `haal-registratieoverzicht-op`.
pub(super) fn fetch(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::HaalRegistratieoverzichtOp)?;
    let one = with.has("leerling") || with.number()?.is_some();
    let (school, pupil) = match (one, with.text("instellingscode")?) {
        (true, _) => {
            let found = person::known(las, &with)?;
            (found.school, Some(found.leerling))
        }
        (false, Some(code)) => (las.school(&code)?, None),
        (false, None) => (las.first_school()?, None),
    };
    las.permitted(&school, Service::RodPo)?;
    let number = pupil
        .as_ref()
        .and_then(|pupil| las.state().nummer_van(pupil));
    let number = number.map(|number| Part::of(number.element(), las.conduct.written(&number)));
    let answer = las.ask(&school, OPVRAGEN, number.into_iter().collect())?;
    if !matches!(answer.text_at("requestGoedgekeurd"), Some("true" | "1")) {
        let said = answer.text_at("signaal/omschrijving").unwrap_or_default();
        return Err(Ended::failed(
            FAULT,
            format!("DUO did not approve the question: {said}"),
        ));
    }
    let registered: Vec<&Part> = answer
        .parts()
        .iter()
        .filter(|part| part.name() == REGISTERED)
        .collect();
    let state = las.state();
    let key = pupil.map(|pupil| pupil.sleutel);
    let differences = differences(&state, &school.instellingscode, key.as_deref(), &registered);
    let enrolments: Vec<Value> = registered
        .iter()
        .map(|part| Value::Object(members_of(part.parts())))
        .collect();
    let text = match differences.is_empty() {
        true => "DUO has what this LAS has",
        false => "DUO has something else than this LAS",
    };
    Ok(Outcome::new(Status::Done, text)
        .with("inschrijvingen", enrolments)
        .with("verschillen", differences))
}

/// What is at one of both only, or not the same.
fn differences(
    state: &State,
    school: &str,
    pupil: Option<&str>,
    registered: &[&Part],
) -> Vec<Value> {
    let mut seen: BTreeSet<Sleutel> = BTreeSet::new();
    let mut found = Vec::new();
    let difference = |key: &Sleutel, what: &str, fields: Vec<&str>| {
        json!({
            "leerling": key.1,
            "inschrijvingvolgnummer": key.2,
            "verschil": what,
            "gegevens": fields,
        })
    };
    for part in registered {
        let number = verdict::number(part);
        let known = number.and_then(|number| state.met_nummer(&number));
        let key = (
            school.to_string(),
            known.map_or_else(String::new, |pupil| pupil.sleutel.clone()),
            part.text_at("inschrijvingvolgnummer")
                .unwrap_or_default()
                .to_string(),
        );
        match state.inschrijvingen.get(&key) {
            None => found.push(difference(&key, "ontbreekt in LAS", Vec::new())),
            Some(enrolment) => {
                let fields = compare(enrolment, part);
                if !fields.is_empty() {
                    found.push(difference(&key, "wijkt af", fields));
                }
            }
        }
        seen.insert(key);
    }
    let own = state.inschrijvingen.keys().filter(|key| {
        key.0 == school && pupil.is_none_or(|pupil| key.1 == pupil) && !seen.contains(*key)
    });
    found.extend(own.map(|key| difference(key, "ontbreekt bij DUO", Vec::new())));
    found
}

/// The names of what differs between an enrolment and what DUO has of it.
fn compare(enrolment: &Inschrijving, part: &Part) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if part.text_at("datumInschrijving") != Some(&enrolment.begin) {
        fields.push("datumInschrijving");
    }
    if part.text_at("datumUitschrijving") != enrolment.einde.as_deref() {
        fields.push("datumUitschrijving");
    }
    let periods = part
        .parts()
        .iter()
        .filter(|part| part.name() == "geregistreerdePeriode");
    let registered: BTreeSet<_> = periods
        .map(|period| {
            let text = |name: &str| period.text_at(name).unwrap_or_default().to_string();
            (text("datumBegin"), text("vestigingscode"), text("leerjaar"))
        })
        .collect();
    let own: BTreeSet<_> = enrolment
        .perioden
        .iter()
        .map(|period| {
            let text = |name: &str| period.text(name).unwrap_or_default().to_string();
            (
                period.begin.clone(),
                text("vestigingscode"),
                text("leerjaar"),
            )
        })
        .collect();
    if registered != own {
        fields.push("perioden");
    }
    fields
}
