//! School advices and results of the doorstroomtoets.

use serde_json::{Map, Value};

use super::data::{Advies, Toetsresultaat};
use super::document::Onderwerp;
use super::ended::{Ended, TRIGGER, UNKNOWN};
use super::enrolment::{on_day, rio_codes};
use super::party::Las;
use super::person::{self, Found};
use super::rio;
use super::send::Draft;
use super::state::{Entry, State};
use super::with::With;
use crate::counterpart::defect::Slip;
use crate::counterpart::takes::OF_TEST;
use crate::counterpart::trigger::{Action, Outcome};
use crate::counterpart::{Part, Service};
use crate::facts::{iso_date, school_year};

const ADVIES: &str = "aanleverenAdviesVO_Request";
const VERWIJDERING: &str = "aanleverenVerwijderingAdviesVO_Request";
const TOETS: &str = "aanleverenToetsresultaat_Request";

/// `geef-advies`.
pub(super) fn give(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::GeefAdvies)?;
    let found = person::known(las, &with)?;
    let advice = with.required("advies")?;
    let date = with.date("adviesdatum")?.unwrap_or_else(|| las.today());
    let jaar = match with.text("adviesjaar")? {
        Some(jaar) => jaar,
        None => year_of(&date),
    };
    let is_final = match with.text("soort")?.as_deref() {
        Some("voorlopig") | None => false,
        Some("definitief") => true,
        Some(_) => {
            return Err(Ended::refused(
                TRIGGER,
                "`soort` is voorlopig or definitief",
            ));
        }
    };
    let wanted = with.text("adviesvolgnummer")?;
    let mut number = String::new();
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let known = of_pupil(state, &found).find(|known| match &wanted {
                Some(wanted) => known.volgnummer == *wanted,
                None => known.jaar == jaar,
            });
            let mut record = match known {
                Some(known) => known.clone(),
                None => Advies {
                    instellingscode: found.school.instellingscode.clone(),
                    leerling: found.leerling.sleutel.clone(),
                    volgnummer: wanted.unwrap_or_else(|| free_number(state, &jaar)),
                    jaar: jaar.clone(),
                    plaats: place(state, &found, &date)?,
                    voorlopig: None,
                    definitief: None,
                },
            };
            // advies2 never overwrites advies1 (30-bron-po.md, advice).
            match is_final {
                true if las.conduct.has(Slip::AdviceOverwritten) => {
                    record.voorlopig = Some((advice, date));
                }
                true => record.definitief = Some((advice, date)),
                false => record.voorlopig = Some((advice, date)),
            }
            number.clone_from(&record.volgnummer);
            Ok(delivery(record))
        },
    )?;
    Ok(sent
        .outcome("the advice")?
        .with("leerling", &*found.leerling.sleutel)
        .with("adviesvolgnummer", number))
}

/// `verwijder-advies`.
pub(super) fn remove(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::VerwijderAdvies)?;
    let found = person::known(las, &with)?;
    let wanted = with.text("adviesvolgnummer")?;
    let jaar = with.text("adviesjaar")?;
    let mut number = String::new();
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let meant = |known: &&Advies| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| known.volgnummer == *wanted)
                    && jaar.as_ref().is_none_or(|jaar| known.jaar == *jaar)
            };
            let known = of_pupil(state, &found).filter(meant).last();
            let known =
                known.ok_or_else(|| Ended::refused(UNKNOWN, "the pupil has no such advice"))?;
            number.clone_from(&known.volgnummer);
            Ok(Draft {
                root: VERWIJDERING.to_string(),
                onderwerp: Onderwerp::VerwijderingAdvies(known.volgnummer.clone()),
                inhoud: vec![Part::of("adviesvolgnummer", &*known.volgnummer)],
                met_nummer: true,
                changes: Vec::new(),
            })
        },
    )?;
    Ok(sent
        .outcome("the removal of the advice")?
        .with("leerling", &*found.leerling.sleutel)
        .with("adviesvolgnummer", number))
}

/// `meld-toetsresultaat`.
pub(super) fn report_test(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::MeldToetsresultaat)?;
    let found = person::known(las, &with)?;
    with.required("toetscode")?;
    let date = with.date("afnamedatum")?.unwrap_or_else(|| las.today());
    let jaar = with.text("toetsjaar")?.unwrap_or_else(|| year_of(&date));
    let parts = with.all_parts(OF_TEST)?;
    let result = Toetsresultaat {
        instellingscode: found.school.instellingscode.clone(),
        leerling: found.leerling.sleutel.clone(),
        jaar: jaar.clone(),
        gegevens: parts.clone(),
    };
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            on_day(state, &found, &date)?;
            let mut inhoud = vec![Part::of("toetsjaar", &*jaar)];
            inhoud.extend(parts);
            Ok(Draft {
                root: TOETS.to_string(),
                onderwerp: Onderwerp::Toetsresultaat(jaar.clone()),
                inhoud,
                met_nummer: true,
                changes: vec![Entry::Toetsresultaat(result)],
            })
        },
    )?;
    Ok(sent
        .outcome("the test result")?
        .with("leerling", &*found.leerling.sleutel)
        .with("toetsjaar", jaar))
}

fn of_pupil<'a>(state: &'a State, found: &'a Found) -> impl Iterator<Item = &'a Advies> {
    let advices = state.adviezen.values();
    advices.filter(|advice| {
        advice.leerling == found.leerling.sleutel
            && advice.instellingscode == found.school.instellingscode
    })
}

/// The document with all advices of a year.
fn delivery(record: Advies) -> Draft {
    let mut parts = vec![
        Part::of("adviesvolgnummer", &*record.volgnummer),
        Part::of("adviesjaar", &*record.jaar),
    ];
    parts.extend(record.plaats.iter().cloned());
    for (name, advice) in [
        ("advies1", &record.voorlopig),
        ("advies2", &record.definitief),
    ] {
        if let Some((advice, date)) = advice {
            let part = Part::new(name).with_text("advies", &**advice);
            parts.push(part.with_text("adviesdatum", &**date));
        }
    }
    Draft {
        root: ADVIES.to_string(),
        onderwerp: Onderwerp::Advies(record.volgnummer.clone()),
        inhoud: parts,
        met_nummer: true,
        changes: vec![Entry::Advies(record)],
    }
}

/// Where the pupil is when the advice is given, with the RIO codes of the
/// place.
fn place(state: &State, found: &Found, date: &str) -> Result<Vec<Part>, Ended> {
    let enrolment = on_day(state, found, date)?;
    let period = enrolment.periode_op(date);
    let text = |name: &str| {
        period
            .and_then(|period| period.text(name))
            .map(str::to_string)
    };
    let place = text("vestigingscode").unwrap_or_default();
    let mut parts = vec![Part::of("vestigingscode", &*place)];
    let codes = match (text("onderwijsaanbieder"), text("onderwijslocatie")) {
        (Some(aanbieder), Some(locatie)) => Some((aanbieder, locatie)),
        _ if *date >= *rio::SINCE => {
            let none = Part::new("perioden");
            Some(rio_codes(state, &found.school, &place, date, &none)?)
        }
        _ => None,
    };
    if let Some((aanbieder, locatie)) = codes {
        parts.push(Part::of("onderwijsaanbieder", aanbieder));
        parts.push(Part::of("onderwijslocatie", locatie));
    }
    Ok(parts)
}

/// The calendar year in which the school year of a day ends
/// (30-bron-po.md, adviesjaar).
fn year_of(date: &str) -> String {
    let year = iso_date(date).map(|date| school_year(date) + 1);
    year.map_or_else(String::new, |year| year.to_string())
}

/// A number that no advice has or had; letters and digits only.
fn free_number(state: &State, jaar: &str) -> String {
    let taken = |number: &String| {
        let mut documents = state.documenten.iter();
        documents.any(|document| document.onderwerp == Onderwerp::Advies(number.clone()))
    };
    let mut numbers = (1..).map(|count: u32| format!("{jaar}A{count:04}"));
    numbers.find(|number| !taken(number)).unwrap_or_default()
}
