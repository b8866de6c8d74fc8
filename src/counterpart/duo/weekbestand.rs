//! The weekly file of a school (kwaliteitscontrolebestand; 30-bron-po.md,
//! signal classes): signals on what it delivered, and what is missing of its
//! pupils in the last year.

use jiff::civil::Date;

use super::inschrijvingen::Inschrijving;
use super::state::{State, Weeksignaal};
use crate::facts::{AdviceKind, Calendar, school_year};

/// No result of the doorstroomtoets is registered. 167 says the same of other
/// pupils; which of the two is whose is not public.
const GEEN_TOETSRESULTAAT: &str = "166";
/// No schooladvies is registered for a pupil in leerjaar 8.
const GEEN_ADVIES: &str = "168";

/// The lines of an institution as of a day.
pub(super) fn regels(
    state: &State,
    calendar: &Calendar,
    instelling: &str,
    today: Date,
) -> Vec<Weeksignaal> {
    let kept = state.weekbestand.iter();
    let kept = kept.filter(|line| line.instelling == instelling).cloned();
    let year = school_year(today) + 1;
    let window = calendar.advice_window(AdviceKind::Definitief, year);
    let due = window.is_some_and(|window| today > window.exchanged_by);
    let pupils = state.inschrijvingen.bij(instelling).filter(|_| due);
    let missing = pupils
        .filter(|enrolment| is_in_last_year(enrolment, today))
        .flat_map(|enrolment| missing(state, enrolment, &year.to_string()));
    kept.chain(missing).collect()
}

fn is_in_last_year(enrolment: &Inschrijving, today: Date) -> bool {
    let period = enrolment.periode_op(today);
    let leerjaar = period.and_then(|period| period.gegevens.text_at("leerjaar"));
    enrolment.sector == "BO" && enrolment.geldt_op(today) && leerjaar == Some("8")
}

fn missing(state: &State, enrolment: &Inschrijving, year: &str) -> Vec<Weeksignaal> {
    let key = &enrolment.sleutel;
    let line = |code: &str, text: &str| Weeksignaal {
        instelling: key.instelling.clone(),
        code: code.to_string(),
        omschrijving: text.to_string(),
        sleutels: vec![("inschrijvingvolgnummer".to_string(), key.volgnummer.clone())],
    };
    let mut lines = Vec::new();
    let mut results = state.toetsresultaten.iter();
    if !results.any(|one| one.sleutel.persoon == key.persoon && one.sleutel.toetsjaar == year) {
        lines.push(line(
            GEEN_TOETSRESULTAAT,
            "Er is geen resultaat van de doorstroomtoets geregistreerd.",
        ));
    }
    let of_year = |one: &super::adviezen::Advies| {
        let mut fields = one.overig.iter();
        fields.any(|field| field.name() == "adviesjaar" && field.text() == year)
    };
    let mut advices = state.adviezen.iter();
    if !advices.any(|one| one.sleutel.persoon == key.persoon && of_year(one)) {
        lines.push(line(
            GEEN_ADVIES,
            "Er is geen schooladvies geregistreerd voor deze leerling in leerjaar 8.",
        ));
    }
    lines
}
