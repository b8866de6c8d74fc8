//! The LAS and RIO: which codes its schools have (60-rio.md).

use serde_json::{Map, Value, json};

use super::data::{Rio, RioCode, School};
use super::ended::{Ended, FAULT};
use super::party::Las;
use super::state::Entry;
use super::with::With;
use crate::counterpart::defect::Slip;
use crate::counterpart::trigger::{Action, Outcome, Status};
use crate::counterpart::{Part, Service};
use crate::facts::iso_date;

const AANBIEDERS: &str = "opvragen_onderwijsaanbiedersVanOrganisatie_request";
const LOCATIES: &str = "opvragen_onderwijslocatiegebruikVanOrganisatie_request";

/// From when enrolments carry RIO codes (30-bron-po.md, codes).
pub const SINCE: &str = "2022-01-01";

/// `haal-rio-op`.
pub(super) fn fetch(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::HaalRioOp)?;
    let school = match with.text("instellingscode")? {
        Some(code) => las.school(&code)?,
        None => las.first_school()?,
    };
    las.permitted(&school, Service::Rio)?;
    let known = las.state().rio.get(&school.bestuur).cloned();
    let rio = match known.filter(|_| las.conduct.has(Slip::AsksRioOnce)) {
        Some(known) => known,
        None => match of_board(las, &school) {
            Err(_) if las.conduct.has(Slip::RioRefusalIsEmpty) => Rio::default(),
            answered => answered?,
        },
    };
    let codes = |codes: &[RioCode]| {
        let codes = codes.iter();
        let codes = codes.map(|code| json!({ "code": code.code, "erkenning": code.erkenning }));
        codes.collect::<Vec<Value>>()
    };
    let outcome = Outcome::new(Status::Done, "RIO says what the board has")
        .with("onderwijsaanbieders", codes(&rio.aanbieders))
        .with("onderwijslocaties", codes(&rio.locaties));
    las.note(vec![Entry::Rio {
        bestuur: school.bestuur,
        rio,
    }])?;
    Ok(outcome)
}

/// What RIO says of the board of a school.
fn of_board(las: &Las, school: &School) -> Result<Rio, Ended> {
    Ok(Rio {
        aanbieders: aanbieders(&ask(las, school, AANBIEDERS)?),
        locaties: locaties(&ask(las, school, LOCATIES)?),
    })
}

fn ask(las: &Las, school: &School, root: &str) -> Result<Part, Ended> {
    let answer = las.ask(
        school,
        root,
        vec![Part::of("onderwijsbestuurCode", &*school.bestuur)],
    )?;
    match answer.text_at("requestGoedgekeurd") {
        Some("true" | "1") => Ok(answer),
        _ => {
            let said = answer.text_at("foutmelding/fouttekst").unwrap_or_default();
            Err(Ended::failed(
                FAULT,
                format!("RIO did not approve the question: {said}"),
            ))
        }
    }
}

/// Every onderwijsaanbieder in an answer, also in a group, once for each
/// school that it belongs to.
fn aanbieders(answer: &Part) -> Vec<RioCode> {
    let mut found = Vec::new();
    walk(answer, &mut |part| {
        if part.name() != "onderwijsaanbieder" {
            return;
        }
        let Some(code) = part.text_at("onderwijsaanbiedercode") else {
            return;
        };
        relations(part, "juridischeRelatie", code, &mut found);
    });
    found
}

/// Every use of a location in an answer, once for each vestiging.
fn locaties(answer: &Part) -> Vec<RioCode> {
    let mut found = Vec::new();
    walk(answer, &mut |part| {
        if part.name() != "onderwijslocatiegebruik" {
            return;
        }
        let Some(code) = part.text_at("onderwijslocatie/onderwijslocatiecode") else {
            return;
        };
        relations(
            part,
            "juridischeOnderwijslocatiegebruikRelatie",
            code,
            &mut found,
        );
    });
    found
}

/// The recognitions that a code belongs to. An einddatum is the day after the
/// last; an uitBedrijfdatum is the last day itself (rio-gegevens.toml).
fn relations(part: &Part, relation: &str, code: &str, found: &mut Vec<RioCode>) {
    let gone = part.text_at("uitBedrijfdatum").and_then(day_after);
    for related in part.parts().iter().filter(|part| part.name() == relation) {
        let (Some(erkenning), Some(begin)) = (
            related.text_at("instellingserkenningscode"),
            related.text_at("begindatum"),
        ) else {
            continue;
        };
        let ended = related.text_at("einddatum").map(str::to_string);
        found.push(RioCode {
            code: code.to_string(),
            erkenning: erkenning.to_string(),
            begin: begin.to_string(),
            einde: match (ended, gone.clone()) {
                (Some(ended), Some(gone)) => Some(ended.min(gone)),
                (ended, gone) => ended.or(gone),
            },
        });
    }
}

fn day_after(date: &str) -> Option<String> {
    Some(iso_date(date)?.tomorrow().ok()?.to_string())
}

fn walk(part: &Part, look: &mut impl FnMut(&Part)) {
    look(part);
    for below in part.parts() {
        walk(below, look);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counterpart::Bodies;
    use crate::pack::Store;

    #[test]
    fn codes_are_read_from_the_answers_of_rio() {
        let bodies = Bodies::new(Store::builtin());
        let example = |root: &str| bodies.example(root).unwrap().root().clone();
        let rio = Rio {
            aanbieders: aanbieders(&example(
                "opvragen_onderwijsaanbiedersVanOrganisatie_response",
            )),
            locaties: locaties(&example(
                "opvragen_onderwijslocatiegebruikVanOrganisatie_response",
            )),
        };
        let aanbieders: Vec<_> = rio.aanbieders_van("25BE", "2026-08-01").collect();
        assert_eq!(aanbieders, ["100A001", "100A002"]);
        let before: Vec<_> = rio.locaties_van("25BE00", "2024-07-31").collect();
        assert_eq!(before, ["100X001"]);
        let after: Vec<_> = rio.locaties_van("25BE00", "2024-08-01").collect();
        assert_eq!(after, ["100X001", "100X002"]);
        assert_eq!(rio.aanbieders_van("00AV", "2026-08-01").count(), 0);
    }
}
