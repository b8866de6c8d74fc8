//! What the LAS knows, for who wants to see or assert it.

use serde_json::{Map, Value, json};

use super::absence;
use super::data::{Advies, Inschrijving, Leerling};
use super::document::{Document, Onderwerp, Oordeel, Push, Stand};
use super::ended::Ended;
use super::json::members_of;
use super::party::Las;
use super::person;
use super::state::State;
use super::verdict;
use super::with::With;
use crate::counterpart::trigger::{Action, Outcome, Status};

/// `toon`.
pub(super) fn show(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::Toon)?;
    let one = with.has("leerling") || with.number()?.is_some();
    let pupil = match one {
        true => Some(person::known(las, &with)?.leerling.sleutel),
        false => None,
    };
    let school = with.text("instellingscode")?;
    let state = las.state();
    let about = |key: &str| pupil.as_deref().is_none_or(|pupil| pupil == key);
    let at = |code: &str| school.as_deref().is_none_or(|school| school == code);
    let pupils = state.leerlingen.values();
    let pupils = pupils.filter(|known| about(&known.sleutel) && at(&known.instellingscode));
    let pupils: Vec<Value> = pupils.map(|known| of_pupil(&state, known)).collect();
    let reports = state.verzuim.values();
    let reports = reports.filter(|known| about(&known.leerling) && at(&known.instellingscode));
    let reports: Vec<Value> = reports.map(absence::shown).collect();
    let documents = state.documenten.iter();
    let documents = documents.filter(|known| about(&known.leerling) && at(&known.instellingscode));
    let documents: Vec<Value> = documents
        .map(|document| of_document(&state, document))
        .collect();
    let of_pupils = pupil.as_ref().and_then(|pupil| state.leerlingen.get(pupil));
    let pushes: Vec<Value> = match of_pupils {
        Some(pupil) => state.pushes_over(pupil).map(of_push).collect(),
        None => state
            .ontvangen
            .values()
            .filter(|push| at(&push.instellingscode))
            .map(of_push)
            .collect(),
    };
    let mut outcome = Outcome::new(Status::Done, "what this LAS knows")
        .with("leerlingen", pupils)
        .with("meldingen", reports)
        .with("documenten", documents)
        .with("kennisgevingen", pushes);
    if pupil.is_none() {
        outcome = outcome
            .with("mandaten", mandates(&state, &at))
            .with("endpoints", endpoints(&state, &at));
    }
    Ok(outcome)
}

fn of_pupil(state: &State, pupil: &Leerling) -> Value {
    let mut shown = json!({
        "sleutel": pupil.sleutel,
        "instellingscode": pupil.instellingscode,
        "persoon": members_of(&state.persoon_van(pupil)),
    });
    if let Some(number) = state.nummer_van(pupil) {
        shown[number.element()] = json!(state.conduct.written(&number));
    }
    let enrolments = state.inschrijvingen.values();
    let enrolments = enrolments.filter(|enrolment| enrolment.leerling == pupil.sleutel);
    shown["inschrijvingen"] = enrolments
        .map(|enrolment| of_enrolment(state, enrolment))
        .collect();
    let advices = state
        .adviezen
        .values()
        .filter(|advice| advice.leerling == pupil.sleutel);
    shown["adviezen"] = advices.map(|advice| of_advice(state, advice)).collect();
    let results = state.toetsresultaten.values();
    let results = results.filter(|result| result.leerling == pupil.sleutel);
    shown["toetsresultaten"] = results
        .map(|result| {
            let mut shown = members_of(&result.gegevens);
            shown.insert("toetsjaar".to_string(), json!(result.jaar));
            let subject = Onderwerp::Toetsresultaat(result.jaar.clone());
            let verdict = state.oordeel_over(&result.instellingscode, &result.leerling, &subject);
            registered(state, &mut shown, verdict);
            Value::Object(shown)
        })
        .collect();
    shown
}

fn of_enrolment(state: &State, enrolment: &Inschrijving) -> Value {
    let mut shown = members_of(&enrolment.bijzonder);
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_string(), value);
    };
    put("instellingscode", json!(enrolment.instellingscode));
    put("inschrijvingvolgnummer", json!(enrolment.volgnummer));
    put("onderwijssoort", json!(enrolment.soort.code()));
    put("datumInschrijving", json!(enrolment.begin));
    put("datumUitschrijving", json!(enrolment.einde));
    let periods = enrolment.perioden.iter().map(|period| {
        let mut shown = members_of(&period.gegevens);
        shown.insert("datumBegin".to_string(), json!(period.begin));
        Value::Object(shown)
    });
    put("perioden", periods.collect());
    let funding = state.bekostiging(enrolment);
    let funding = funding.values().map(|part| {
        let parts = part
            .parts()
            .iter()
            .filter(|part| state.conduct.shows(part.name()));
        Value::Object(members_of(&parts.cloned().collect::<Vec<_>>()))
    });
    put("bekostiging", funding.collect());
    let subject = Onderwerp::Inschrijving(enrolment.volgnummer.clone());
    let verdict = state.oordeel_over(&enrolment.instellingscode, &enrolment.leerling, &subject);
    registered(state, &mut shown, verdict);
    Value::Object(shown)
}

fn of_advice(state: &State, advice: &Advies) -> Value {
    let one = |advice: &Option<(String, String)>| {
        let advice = advice.as_ref();
        advice.map(|(advice, date)| json!({ "advies": advice, "adviesdatum": date }))
    };
    let mut shown = members_of(&advice.plaats);
    shown.insert("adviesvolgnummer".to_string(), json!(advice.volgnummer));
    shown.insert("adviesjaar".to_string(), json!(advice.jaar));
    shown.insert("advies1".to_string(), json!(one(&advice.voorlopig)));
    shown.insert("advies2".to_string(), json!(one(&advice.definitief)));
    let subject = Onderwerp::Advies(advice.volgnummer.clone());
    let verdict = state.oordeel_over(&advice.instellingscode, &advice.leerling, &subject);
    registered(state, &mut shown, verdict);
    Value::Object(shown)
}

/// What DUO last said of a record; nothing where it never spoke of it.
fn registered(state: &State, shown: &mut Map<String, Value>, verdict: Option<&Oordeel>) {
    if let Some(verdict) = verdict {
        let registered = state.conduct.is_registered(verdict);
        shown.insert("geregistreerd".to_string(), json!(registered));
        shown.insert("signalen".to_string(), json!(signals(verdict)));
    }
}

/// The signals of a verdict.
pub fn signals(verdict: &Oordeel) -> Vec<Value> {
    let signals = verdict.signalen.iter();
    let signals = signals.map(|signal| {
        json!({
            "code": signal.code,
            "soort": signal.soort,
            "omschrijving": signal.omschrijving,
        })
    });
    signals.collect()
}

fn of_document(state: &State, document: &Document) -> Value {
    let mut shown = json!({
        "identificatiecodeBedrijfsdocument": document.id,
        "instellingscode": document.instellingscode,
        "leerling": document.leerling,
        "bericht": document.root,
        "stand": document.stand.name(),
        "pogingen": document.pogingen,
    });
    match &document.stand {
        Stand::Beoordeeld(verdict) => {
            shown["geregistreerd"] = json!(state.conduct.is_registered(verdict));
            shown["signalen"] = json!(signals(verdict));
        }
        Stand::Afgewezen(fault) => {
            shown["fout"] = json!({ "code": fault.code, "tekst": fault.tekst });
        }
        Stand::Wacht | Stand::Onbeantwoord | Stand::Ontvangen => {}
    }
    shown
}

fn of_push(push: &Push) -> Value {
    let mut shown = members_of(push.inhoud.parts());
    shown.insert("bericht".to_string(), json!(push.root));
    let answers = verdict::of_push(push).map(|(document, _)| document);
    if let Some(document) = answers {
        shown.insert("over".to_string(), json!(document));
    }
    Value::Object(shown)
}

fn mandates(state: &State, at: &impl Fn(&str) -> bool) -> Vec<Value> {
    let known = state.mandaten.iter().filter(|((school, _), _)| at(school));
    let known = known.map(|((school, service), mandate)| {
        let mandate = mandate.as_ref();
        json!({
            "instellingscode": school,
            "dienstversie": service,
            "gemandateerd": mandate.is_some(),
            "start_date": mandate.and_then(|mandate| mandate.begin.clone()),
            "end_date": mandate.and_then(|mandate| mandate.einde.clone()),
        })
    });
    known.collect()
}

fn endpoints(state: &State, at: &impl Fn(&str) -> bool) -> Vec<Value> {
    let known = state
        .aansluitingen
        .iter()
        .filter(|((school, _), _)| at(school));
    let known = known.map(|((school, service), endpoint)| {
        json!({
            "instellingscode": school,
            "dienstversie": service,
            "id": endpoint.id,
            "url": endpoint.url,
            "start_date": endpoint.begin,
            "end_date": endpoint.einde,
        })
    });
    known.collect()
}
