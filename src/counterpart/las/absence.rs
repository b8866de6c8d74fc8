//! Absence reports (40-verzuim.md).

use std::sync::PoisonError;

use serde_json::{Map, Value, json};

use super::conduct;
use super::data::{Contactpersoon, Procesverloop, School, Verzuimmelding};
use super::document::{Onderwerp, Stand};
use super::ended::{CLOSED, Ended, FAULT, TRIGGER, UNKNOWN};
use super::enrolment::on_day;
use super::party::Las;
use super::person;
use super::send::{Draft, Sent};
use super::state::{Entry, State, overwrite};
use super::verdict;
use super::with::With;
use crate::counterpart::defect::Slip;
use crate::counterpart::takes::OF_REPORT;
use crate::counterpart::trigger::{Action, Outcome, Status};
use crate::counterpart::{Part, Service};
use crate::facts::{iso_date, school_year};

const MELDEN: &str = "meldenRelatiefVerzuim_Request";
const MUTATIE: &str = "mutatieMeldingRelatiefVerzuim_Request";
const INTREKKEN: &str = "intrekkenMeldingRelatiefVerzuim_Request";
const AANVRAAG: &str = "aanvraagGewijzigdeMeldingen_Request";

/// `meld-verzuim`.
pub(super) fn report(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::MeldVerzuim)?;
    let found = person::known(las, &with)?;
    for name in ["verzuimsoort", "vermoedelijkeReden"] {
        with.required(name)?;
    }
    let begin = with.date("begindatum")?.unwrap_or_else(|| las.today());
    with.date("einddatum")?;
    let mut content = with.all_parts(OF_REPORT)?;
    let today = las.today();
    let mut key = String::new();
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::Verzuim,
        |state| {
            let enrolment = on_day(state, &found, &begin)?;
            let period = enrolment.periode_op(&begin);
            let text = |name: &str| period.and_then(|period| period.text(name));
            let reports = state.verzuim.values();
            let reports = reports.filter(|report| report.leerling == found.leerling.sleutel);
            let ends = reports.filter_map(|report| {
                let mut parts = report.gegevens.iter();
                parts
                    .find(|part| part.name() == "einddatum")
                    .map(Part::text)
            });
            let begin = las.conduct.begin_of_absence(&begin, &today, ends);
            overwrite(&mut content, &[Part::of("begindatum", begin)]);
            let mut fill = |part: Part| {
                if content.iter().all(|given| given.name() != part.name()) {
                    content.push(part);
                }
            };
            fill(Part::of("actieOndernemen", "false"));
            fill(contact(&found.school.contactpersoon));
            let kind = Part::of("soortOpleiding", enrolment.soort.code());
            let leerjaar = Part::of("leerjaar", text("leerjaar").unwrap_or("1"));
            fill(Part::new("onderwijsdeelname").with(kind).with(leerjaar));
            key = free_key(state);
            let new = Verzuimmelding {
                sleutel: key.clone(),
                instellingscode: found.school.instellingscode.clone(),
                leerling: found.leerling.sleutel.clone(),
                meldingsnummer: None,
                gegevens: content.clone(),
                status: None,
                gezien: None,
                gemeld: today,
            };
            let mut place = institution(&found.school, text("vestigingscode"));
            for name in ["onderwijsaanbieder", "onderwijslocatie"] {
                if let Some(code) = text(name) {
                    place.push(Part::of(name, code));
                }
            }
            content.push(place);
            Ok(Draft {
                root: MELDEN.to_string(),
                onderwerp: Onderwerp::Verzuim(key.clone()),
                inhoud: content,
                met_nummer: true,
                changes: vec![Entry::Verzuim(new)],
            })
        },
    )?;
    outcome(las, &sent, &key, "the absence report")
}

/// `wijzig-verzuim`.
pub(super) fn change(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::WijzigVerzuim)?;
    let (school, known) = the_one(las, &with)?;
    for name in ["begindatum", "einddatum"] {
        with.date(name)?;
    }
    let news = with.all_parts(OF_REPORT)?;
    if news.is_empty() {
        let text = format!("what changes: {}", OF_REPORT.join(", "));
        return Err(Ended::refused(TRIGGER, text));
    }
    las.permitted(&school, Service::Verzuim)?;
    let turn = las.turn_of(&known.leerling);
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    if known.gezien.is_none() {
        fetch_since(las, &school, &day_before(&known.gemeld))?;
    }
    let mut tries = 0;
    loop {
        let sent = las.send_in_turn(&school, &known.leerling, |state| {
            mutation(state, &school, &known.sleutel, &news)
        })?;
        let again = tries < las.conduct.tries_after_lock_conflict() && met_lock_conflict(&sent);
        if !again {
            let outcome = outcome(las, &sent, &known.sleutel, "the change of the report")?;
            return Ok(outcome.with("pogingen", tries + 1));
        }
        // Somebody was before us: see what it is now, then change that.
        tries += 1;
        fetch_since(las, &school, &day_before(&known.gemeld))?;
    }
}

/// `trek-verzuim-in`.
pub(super) fn withdraw(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::TrekVerzuimIn)?;
    let (school, known) = the_one(las, &with)?;
    let reason = with.text("redenIngetrokken")?;
    let reason = reason.unwrap_or_else(|| "V".to_string());
    let sent = las.send(&school, &known.leerling, Service::Verzuim, |state| {
        let report = may_change(state, &known.sleutel)?;
        Ok(Draft {
            root: INTREKKEN.to_string(),
            onderwerp: Onderwerp::Verzuim(known.sleutel.clone()),
            inhoud: vec![
                institution(&school, None),
                Part::of("meldingsnummer", number_of(report)),
                Part::of("redenIngetrokken", reason),
            ],
            met_nummer: false,
            changes: Vec::new(),
        })
    })?;
    outcome(las, &sent, &known.sleutel, "the withdrawal of the report")
}

/// `haal-verzuim-op`.
pub(super) fn fetch(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::HaalVerzuimOp)?;
    let school = match with.text("instellingscode")? {
        Some(code) => las.school(&code)?,
        None => las.first_school()?,
    };
    let since = match with.date("vanaf")? {
        Some(date) => midnight(&date),
        None => {
            let state = las.state();
            let known = state.verzuim_vanaf.get(&school.instellingscode).cloned();
            drop(state);
            let known = known.filter(|_| !las.conduct.has(Slip::AsksSamePeriod));
            known.unwrap_or_else(|| midnight(&first_day_of_school_year(las)))
        }
    };
    las.permitted(&school, Service::Verzuim)?;
    let numbers = ask_since(las, &school, since)?;
    let state = las.state();
    let reports = state.verzuim.values();
    let fetched = reports.filter(|report| {
        report.instellingscode == school.instellingscode
            && report
                .meldingsnummer
                .as_ref()
                .is_some_and(|number| numbers.contains(number))
    });
    let fetched: Vec<Value> = fetched.map(shown).collect();
    Ok(Outcome::new(Status::Done, "DUO said what changed").with("meldingen", fetched))
}

/// Fetches what changed since midnight of a day.
fn fetch_since(las: &Las, school: &School, date: &str) -> Result<(), Ended> {
    ask_since(las, school, midnight(date)).map(|_| ())
}

/// Fetches what changed since a moment; the numbers of the reports.
fn ask_since(las: &Las, school: &School, since: Procesverloop) -> Result<Vec<String>, Ended> {
    let period = Part::new("selectieperiode")
        .with_text("datumBeginSelectieperiode", since.0)
        .with_text("tijdstipBeginSelectieperiode", since.1);
    let answer = las.ask(school, AANVRAAG, vec![institution(school, None), period])?;
    if !matches!(answer.text_at("requestGoedgekeurd"), Some("true" | "1")) {
        let said = answer.text_at("foutmelding/fouttekst").unwrap_or_default();
        return Err(Ended::failed(
            FAULT,
            format!("DUO did not approve the question: {said}"),
        ));
    }
    let (gevallen, volgende) = verdict::fetched(&answer);
    let numbers = gevallen
        .iter()
        .map(|geval| geval.meldingsnummer.clone())
        .collect();
    las.note(vec![Entry::VerzuimOpgehaald {
        instellingscode: school.instellingscode.clone(),
        gevallen,
        volgende,
    }])?;
    Ok(numbers)
}

/// A mutation of a report as it was last seen.
fn mutation(state: &State, school: &School, key: &str, news: &[Part]) -> Result<Draft, Ended> {
    let report = may_change(state, key)?;
    let seen = report.gezien.clone().ok_or_else(|| {
        Ended::failed(UNKNOWN, "DUO gave this report not among those that changed")
    })?;
    // What the report is about goes along; of the rest only what changes.
    let about = ["verzuimsoort", "begindatum", "einddatum", "contactpersoon"];
    let mut content = report.gegevens.clone();
    content.retain(|part| about.contains(&part.name()));
    overwrite(&mut content, news);
    content.extend([
        institution(school, None),
        Part::of("meldingsnummer", number_of(report)),
        Part::new("procesverloop")
            .with_text("datumLaatsteMutatie", seen.0)
            .with_text("tijdstipLaatsteMutatie", seen.1),
    ]);
    Ok(Draft {
        root: MUTATIE.to_string(),
        onderwerp: Onderwerp::Verzuim(key.to_string()),
        inhoud: content,
        met_nummer: false,
        changes: Vec::new(),
    })
}

fn met_lock_conflict(sent: &Sent) -> bool {
    match &sent.stand {
        Stand::Beoordeeld(verdict) => {
            !sent.registered && verdict.signalen.iter().any(conduct::is_lock_conflict)
        }
        _ => false,
    }
}

/// The report that a trigger means, and its school.
fn the_one(las: &Las, with: &With<'_>) -> Result<(School, Verzuimmelding), Ended> {
    let number = with.text("meldingsnummer")?;
    let pupil = match number {
        Some(_) => None,
        None => Some(person::known(las, with)?.leerling.sleutel),
    };
    let report = {
        let state = las.state();
        let meant = |report: &&Verzuimmelding| match (&number, &pupil) {
            (Some(number), _) => report.meldingsnummer.as_ref() == Some(number),
            (None, Some(pupil)) => {
                let open = report.status.as_deref();
                let open = open.is_some_and(|status| las.conduct.may_change(status));
                report.leerling == *pupil && open
            }
            (None, None) => false,
        };
        // Of several, the one that was reported last.
        let reports = state.verzuim.values().filter(meant);
        reports
            .max_by(|one, other| one.gemeld.cmp(&other.gemeld))
            .cloned()
    };
    let report = report.ok_or_else(|| {
        Ended::refused(
            UNKNOWN,
            "this LAS has no such report that DUO registered and that is open",
        )
    })?;
    Ok((las.school(&report.instellingscode)?, report))
}

/// The report, when the school may still change it.
fn may_change<'a>(state: &'a State, key: &str) -> Result<&'a Verzuimmelding, Ended> {
    let report = state.verzuim.get(key);
    let registered = report.filter(|report| report.status.is_some());
    let report =
        registered.ok_or_else(|| Ended::refused(UNKNOWN, "DUO has not registered this report"))?;
    let status = report.status.as_deref();
    match status.is_some_and(|status| state.conduct.may_change(status)) {
        true => Ok(report),
        false => Err(Ended::refused(CLOSED, "the report is closed or withdrawn")),
    }
}

fn number_of(report: &Verzuimmelding) -> &str {
    report.meldingsnummer.as_deref().unwrap_or_default()
}

fn institution(school: &School, place: Option<&str>) -> Part {
    let place = place.or(school.vestigingen.first().map(String::as_str));
    Part::new("onderwijsinstelling")
        .with_text("instellingscode", &*school.instellingscode)
        .with_some("vestigingscode", place)
}

fn contact(person: &Contactpersoon) -> Part {
    let phone = Part::new("telefoon")
        .with_text("netnummer", &*person.netnummer)
        .with_text("abonneenummer", &*person.abonneenummer);
    Part::new("contactpersoon")
        .with_text("naam", &*person.naam)
        .with_text("functie", &*person.functie)
        .with(phone)
        .with_text("emailadres", &*person.emailadres)
}

fn free_key(state: &State) -> String {
    let mut keys = (1..).map(|number: u32| format!("V{number:03}"));
    keys.find(|key| !state.verzuim.contains_key(key))
        .unwrap_or_default()
}

fn midnight(date: &str) -> Procesverloop {
    (date.to_string(), "00:00:00.000".to_string())
}

/// A day earlier: DUO writes times without a zone.
fn day_before(date: &str) -> String {
    let before = iso_date(date).and_then(|date| date.yesterday().ok());
    before.map_or_else(|| date.to_string(), |date| date.to_string())
}

fn first_day_of_school_year(las: &Las) -> String {
    format!("{:04}-08-01", school_year(las.clock.read().today()))
}

/// A report as the LAS shows it.
pub fn shown(report: &Verzuimmelding) -> Value {
    json!({
        "sleutel": report.sleutel,
        "instellingscode": report.instellingscode,
        "leerling": report.leerling,
        "meldingsnummer": report.meldingsnummer,
        "status": report.status,
        "procesverloop": report.gezien.as_ref().map(|(date, time)| json!({
            "datumLaatsteMutatie": date,
            "tijdstipLaatsteMutatie": time,
        })),
        "melding": super::json::members_of(&report.gegevens),
    })
}

fn outcome(las: &Las, sent: &Sent, key: &str, what: &str) -> Result<Outcome, Ended> {
    let outcome = sent.outcome(what)?;
    let state = las.state();
    let report = state.verzuim.get(key);
    let number = report.and_then(|report| report.meldingsnummer.clone());
    let status = report.and_then(|report| report.status.clone());
    Ok(outcome
        .with("sleutel", key)
        .with("meldingsnummer", number)
        .with("status", status))
}
