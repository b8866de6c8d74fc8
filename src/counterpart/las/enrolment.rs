//! Enrolling, correcting, leaving, and taking back (30-bron-po.md).

use serde_json::{Map, Value};

use super::conduct::Conduct;
use super::data::{Inschrijving, Onderwijssoort, Periode, School};
use super::document::Onderwerp;
use super::ended::{EXISTS, Ended, RIO, TRIGGER, UNKNOWN};
use super::party::Las;
use super::person::{self, Found};
use super::rio;
use super::send::{Draft, Sent};
use super::state::{Entry, State, overwrite};
use super::with::With;
use crate::counterpart::defect::Slip;
use crate::counterpart::takes::{BIJZONDER, OF_PERIOD};
use crate::counterpart::trigger::{Action, Outcome};
use crate::counterpart::{Part, Service};
use crate::facts::iso_date;

/// `inschrijven`.
pub(super) fn enrol(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::Inschrijven)?;
    let found = person::found(las, &with)?;
    let begin = with
        .date("datumInschrijving")?
        .unwrap_or_else(|| las.today());
    let wanted = with.text("inschrijvingvolgnummer")?;
    let kind = kind_of(&with)?.unwrap_or(found.school.onderwijssoort);
    let einde = with.date("datumUitschrijving")?;
    let nnca = with.text("nNCA")?;
    let bijzonder = with.all_parts(BIJZONDER)?;
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let enrolments = of_pupil(state, &found);
            if enrolments
                .iter()
                .any(|enrolment| enrolment.geldt_op(&begin))
            {
                let text =
                    "the pupil is enrolled at this school on that day; corrigeer-inschrijving";
                return Err(Ended::refused(EXISTS, text));
            }
            let volgnummer = match wanted {
                Some(number) if enrolments.iter().any(|known| known.volgnummer == number) => {
                    let text = "the pupil has an enrolment of this inschrijvingvolgnummer";
                    return Err(Ended::refused(EXISTS, text));
                }
                Some(number) => number,
                None => free_number(state, &found, &begin),
            };
            let enrolment = Inschrijving {
                instellingscode: found.school.instellingscode.clone(),
                leerling: found.leerling.sleutel.clone(),
                volgnummer,
                soort: kind,
                perioden: periods(state, &found.school, &with, kind, &begin)?,
                begin,
                einde: einde.as_deref().map(|day| las.conduct.date_of_leaving(day)),
                nnca,
                bijzonder,
            };
            let mut changes = found.entries();
            changes.push(Entry::Inschrijving(enrolment.clone()));
            Ok(delivery(&las.conduct, &enrolment, changes))
        },
    )?;
    outcome(las, &found, &sent, "the enrolment")
}

/// `uitschrijven`.
pub(super) fn leave(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::Uitschrijven)?;
    let found = person::known(las, &with)?;
    let last_day = with
        .date("datumUitschrijving")?
        .unwrap_or_else(|| las.today());
    let number = with.text("inschrijvingvolgnummer")?;
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let mut enrolment = the_one(state, &found, number.as_deref())?;
            if las.conduct.has(Slip::RemovesOnLeaving) {
                return Ok(removal(enrolment));
            }
            leave_on(&las.conduct, &mut enrolment, &last_day)?;
            let changes = vec![Entry::Inschrijving(enrolment.clone())];
            Ok(delivery(&las.conduct, &enrolment, changes))
        },
    )?;
    outcome(las, &found, &sent, "the end of the enrolment")
}

/// `corrigeer-inschrijving`.
pub(super) fn correct(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::CorrigeerInschrijving)?;
    let found = person::known(las, &with)?;
    let number = with.text("inschrijvingvolgnummer")?;
    let begin = with.date("datumInschrijving")?;
    let einde = with.date("datumUitschrijving")?;
    let nnca = with.text("nNCA")?;
    let bijzonder = with.all_parts(BIJZONDER)?;
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let known = the_one(state, &found, number.as_deref())?;
            let mut enrolment = Inschrijving {
                volgnummer: las
                    .conduct
                    .number_of_correction(&known, || free_number(state, &found, &known.begin)),
                ..known
            };
            if with.has("perioden") {
                let begin = begin.as_ref().unwrap_or(&enrolment.begin);
                let kind = enrolment.soort;
                enrolment.perioden = periods(state, &found.school, &with, kind, begin)?;
            } else {
                correct_period(las, &mut enrolment, &with)?;
            }
            if let Some(begin) = begin {
                let periods = std::mem::take(&mut enrolment.perioden);
                enrolment.perioden = las.conduct.periods_from(&begin, periods);
                enrolment.begin = begin;
            }
            if with.has("nNCA") {
                enrolment.nnca = nnca;
            }
            for name in BIJZONDER.iter().filter(|name| with.has(name)) {
                enrolment.bijzonder.retain(|part| part.name() != *name);
            }
            enrolment.bijzonder.extend(bijzonder);
            match (with.has("datumUitschrijving"), einde) {
                (true, None) => enrolment.einde = None,
                (true, Some(last_day)) => leave_on(&las.conduct, &mut enrolment, &last_day)?,
                (false, _) => {}
            }
            let changes = vec![Entry::Inschrijving(enrolment.clone())];
            Ok(delivery(&las.conduct, &enrolment, changes))
        },
    )?;
    outcome(las, &found, &sent, "the correction")
}

/// `verwijder-inschrijving`.
pub(super) fn remove(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::VerwijderInschrijving)?;
    let found = person::known(las, &with)?;
    let number = with.text("inschrijvingvolgnummer")?;
    let sent = las.send(
        &found.school,
        &found.leerling.sleutel,
        Service::RodPo,
        |state| {
            let enrolment = the_one(state, &found, number.as_deref())?;
            Ok(removal(enrolment))
        },
    )?;
    outcome(las, &found, &sent, "the removal")
}

/// A document that takes an enrolment back.
fn removal(enrolment: Inschrijving) -> Draft {
    Draft {
        root: format!(
            "aanleverenVerwijderingInschrijving{}_Request",
            enrolment.soort.contract()
        ),
        inhoud: vec![Part::of("inschrijvingvolgnummer", &*enrolment.volgnummer)],
        onderwerp: Onderwerp::VerwijderingInschrijving(enrolment.volgnummer),
        met_nummer: true,
        changes: Vec::new(),
    }
}

/// A document with the whole enrolment.
pub(super) fn delivery(conduct: &Conduct, enrolment: &Inschrijving, changes: Vec<Entry>) -> Draft {
    let contract = enrolment.soort.contract();
    let mut parts = vec![
        Part::of("inschrijvingvolgnummer", &*enrolment.volgnummer),
        Part::of("datumInschrijving", &*enrolment.begin),
    ];
    parts.extend(
        enrolment
            .einde
            .as_deref()
            .map(|einde| Part::of("datumUitschrijving", einde)),
    );
    parts.extend(enrolment.nnca.as_deref().map(|nnca| Part::of("nNCA", nnca)));
    for period in conduct.periods_to_send(enrolment) {
        let part = Part::new(&format!("inschrijvingPeriode{contract}"));
        let part = part.with_text("datumBegin", &*period.begin);
        parts.push(period.gegevens.iter().cloned().fold(part, Part::with));
    }
    parts.extend(enrolment.bijzonder.iter().cloned());
    Draft {
        root: format!("aanleverenInschrijving{contract}_Request"),
        onderwerp: Onderwerp::Inschrijving(enrolment.volgnummer.clone()),
        inhoud: parts,
        met_nummer: true,
        changes,
    }
}

/// Ends an enrolment: what would begin after the last day is gone, what runs
/// on ends with it.
fn leave_on(conduct: &Conduct, enrolment: &mut Inschrijving, last_day: &str) -> Result<(), Ended> {
    let date = conduct.date_of_leaving(last_day);
    if date < enrolment.begin {
        let text = "datumUitschrijving lies before datumInschrijving; verwijder-inschrijving";
        return Err(Ended::refused(TRIGGER, text));
    }
    enrolment.perioden.retain(|period| period.begin <= date);
    enrolment.bijzonder.retain(|part| {
        part.text_at("datumBegin")
            .is_none_or(|begin| *begin <= *date)
    });
    for part in &mut enrolment.bijzonder {
        if part.text_at("datumEinde").is_some_and(|end| *end > *date) {
            part.replace(Part::of("datumEinde", &*date));
        }
    }
    enrolment.einde = Some(date);
    Ok(())
}

/// The enrolment that a trigger means: the one of that number, else the only
/// one, else the one that has not ended.
fn the_one(state: &State, found: &Found, number: Option<&str>) -> Result<Inschrijving, Ended> {
    let mut enrolments = of_pupil(state, found);
    match number {
        Some(number) => enrolments.retain(|enrolment| enrolment.volgnummer == number),
        None if enrolments.len() > 1 => enrolments.retain(|enrolment| enrolment.einde.is_none()),
        None => {}
    }
    match (enrolments.pop(), enrolments.len()) {
        (Some(enrolment), 0) => Ok(enrolment.clone()),
        (None, _) => Err(Ended::refused(
            UNKNOWN,
            "the pupil has no such enrolment at this school",
        )),
        (Some(_), _) => Err(Ended::refused(
            TRIGGER,
            "the pupil has several enrolments at this school; which `inschrijvingvolgnummer`",
        )),
    }
}

fn of_pupil<'a>(state: &'a State, found: &Found) -> Vec<&'a Inschrijving> {
    let enrolments = state.inschrijvingen.values();
    let of_pupil = enrolments.filter(|enrolment| {
        enrolment.leerling == found.leerling.sleutel
            && enrolment.instellingscode == found.school.instellingscode
    });
    of_pupil.collect()
}

/// The enrolment of a pupil at a school that holds on a day, else its last.
pub fn on_day(state: &State, found: &Found, date: &str) -> Result<Inschrijving, Ended> {
    let enrolments = of_pupil(state, found);
    let mut holding = enrolments
        .iter()
        .filter(|enrolment| enrolment.geldt_op(date));
    let last = || enrolments.iter().max_by_key(|enrolment| &enrolment.begin);
    let found = holding
        .next()
        .or_else(last)
        .map(|enrolment| (*enrolment).clone());
    found.ok_or_else(|| Ended::refused(UNKNOWN, "the pupil is not enrolled at this school"))
}

/// A number that no enrolment of the school has.
fn free_number(state: &State, found: &Found, begin: &str) -> String {
    let school = &found.school.instellingscode;
    let year = begin.get(..4).unwrap_or_default();
    let taken = |number: &String| {
        let mut enrolments = state.inschrijvingen.values();
        let sent = |enrolment: &Inschrijving| enrolment.volgnummer == *number;
        // A number that was sent once is not given again, also after removal.
        let mut documents = state.documenten.iter();
        enrolments.any(sent)
            || documents
                .any(|document| document.onderwerp == Onderwerp::Inschrijving(number.clone()))
    };
    let mut numbers = (1..).map(|count: u32| format!("{school}-{year}-{count:04}"));
    numbers.find(|number| !taken(number)).unwrap_or_default()
}

fn kind_of(with: &With<'_>) -> Result<Option<Onderwijssoort>, Ended> {
    let Some(code) = with.text("onderwijssoort")? else {
        return Ok(None);
    };
    let kind = Onderwijssoort::named(&code);
    let kind =
        kind.ok_or_else(|| Ended::refused(TRIGGER, "`onderwijssoort` is BO, SBO, SO or VSO"));
    kind.map(Some)
}

/// The periods that a trigger gives an enrolment.
fn periods(
    state: &State,
    school: &School,
    with: &With<'_>,
    kind: Onderwijssoort,
    begin: &str,
) -> Result<Vec<Periode>, Ended> {
    let mut written = with.parts("perioden")?;
    if written.is_empty() {
        let parts = with.all_parts(OF_PERIOD)?;
        written.push(parts.into_iter().fold(Part::new("perioden"), Part::with));
    }
    let mut periods = Vec::new();
    for (at, part) in written.iter().enumerate() {
        let date = match (part.text_at("datumBegin"), at) {
            (Some(date), _) if iso_date(date).is_some() => date.to_string(),
            (None, 0) => begin.to_string(),
            _ => {
                let text = "each of `perioden` needs `datumBegin`, a date such as 2026-08-01";
                return Err(Ended::refused(TRIGGER, text));
            }
        };
        periods.push(period(state, school, kind, date, part)?);
    }
    periods.sort_by(|one, other| one.begin.cmp(&other.begin));
    Ok(state.conduct.periods_from(begin, periods))
}

/// A period with what the LAS fills in: the main vestiging, the first
/// leerjaar, a group, and the codes that RIO has for the day.
fn period(
    state: &State,
    school: &School,
    kind: Onderwijssoort,
    date: String,
    written: &Part,
) -> Result<Periode, Ended> {
    let mut parts: Vec<Part> = written.parts().to_vec();
    parts.retain(|part| part.name() != "datumBegin");
    let given = |name: &str| written.text_at(name).map(str::to_string);
    let mut fill = |name: &str, text: String| {
        if given(name).is_none() {
            parts.push(Part::of(name, text));
        }
    };
    let place = given("vestigingscode")
        .or_else(|| school.vestigingen.first().cloned())
        .unwrap_or_default();
    let leerjaar = given("leerjaar").unwrap_or_else(|| "1".to_string());
    fill("vestigingscode", place.clone());
    fill("groep", format!("{leerjaar}A"));
    fill("leerjaar", leerjaar);
    if *date >= *rio::SINCE {
        let (aanbieder, locatie) = rio_codes(state, school, &place, &date, written)?;
        fill("onderwijsaanbieder", aanbieder);
        fill("onderwijslocatie", locatie);
    }
    let statement = parts
        .iter()
        .position(|part| part.name() == "beschikkingsnummer");
    if let Some(statement) = statement.map(|at| parts.remove(at)) {
        parts.push(Part::new("toelaatbaarheidsverklaring").with(statement));
    }
    // The parts of a period that only special education has stand in no
    // message about another.
    if kind.contract() == "BO" {
        parts.retain(|part| part.name() != "soortOnderwijs");
    }
    Ok(Periode {
        begin: date,
        gegevens: parts,
    })
}

/// The RIO codes of a place on a day: those that the trigger gives, when RIO
/// has them, else the first that RIO has.
pub fn rio_codes(
    state: &State,
    school: &School,
    place: &str,
    date: &str,
    given: &Part,
) -> Result<(String, String), Ended> {
    let known = state.rio.get(&school.bestuur).cloned().unwrap_or_default();
    let choose = |name: &str, codes: Vec<&str>| {
        let code = match given.text_at(name) {
            Some(given) => codes.iter().find(|code| **code == given),
            None => codes.first(),
        };
        code.map(|code| (*code).to_string()).ok_or_else(|| {
            let text = format!(
                "RIO has given this LAS no such {name} for the place and the day; haal-rio-op"
            );
            Ended::refused(RIO, text)
        })
    };
    let aanbieders = known
        .aanbieders_van(&school.instellingscode, date)
        .collect();
    let locaties = known.locaties_van(place, date).collect();
    Ok((
        choose("onderwijsaanbieder", aanbieders)?,
        choose("onderwijslocatie", locaties)?,
    ))
}

/// Changes the period of today, or the first where none holds yet.
fn correct_period(las: &Las, enrolment: &mut Inschrijving, with: &With<'_>) -> Result<(), Ended> {
    let mut news = with.all_parts(OF_PERIOD)?;
    if news.is_empty() {
        return Ok(());
    }
    let statement = news
        .iter()
        .position(|part| part.name() == "beschikkingsnummer");
    if let Some(statement) = statement.map(|at| news.remove(at)) {
        news.push(Part::new("toelaatbaarheidsverklaring").with(statement));
    }
    let today = las.today();
    let at = enrolment
        .perioden
        .iter()
        .rposition(|period| period.begin <= today);
    if let Some(period) = enrolment.perioden.get_mut(at.unwrap_or(0)) {
        overwrite(&mut period.gegevens, &news);
    }
    Ok(())
}

fn outcome(las: &Las, found: &Found, sent: &Sent, what: &str) -> Result<Outcome, Ended> {
    let state = las.state();
    let mut documents = state.documenten.iter();
    let document = documents.find(|document| document.id == sent.id);
    let number = document.map(|document| match &document.onderwerp {
        Onderwerp::Inschrijving(number) | Onderwerp::VerwijderingInschrijving(number) => &**number,
        _ => "",
    });
    Ok(sent
        .outcome(what)?
        .with("leerling", &*found.leerling.sleutel)
        .with("inschrijvingvolgnummer", number.unwrap_or_default()))
}
