//! The provisional funding status of an enrolment per teldatum (30-bron-po.md,
//! funding; informerenBekostigingsstatus: content published, the reckoning
//! below reconstructed).
//!
//! A pupil counts where it is enrolled on the teldatum, with a valid
//! toelaatbaarheidsverklaring where one is needed. As long as the teldatum lies
//! ahead, what is missing can still come: the status is then not decided. When
//! two institutions have the pupil, the one where it enrolled last counts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dagen::dag;
use super::inschrijvingen::Inschrijving;
use super::signalen::code;
use super::state::State;
use crate::counterpart::Part;
use crate::facts::{Calendar, school_year};

/// The kinds of teldata of which schools are informed.
const KINDS: [&str; 2] = ["regulier", "rijksbegroting"];

/// The status on one teldatum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// The day on which pupils are counted.
    #[serde(with = "dag")]
    pub teldatum: Date,
    /// Whether the enrolment counts.
    pub status: Status,
    /// Why it does not, or not yet: codes of signals.
    pub signalen: Vec<String>,
}

/// A provisional funding status, as the value list has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It counts.
    Bekostigbaar,
    /// It does not count.
    NietBekostigbaar,
    /// It cannot be said yet.
    NogNietBepaald,
}

impl Status {
    fn written(self) -> &'static str {
        match self {
            Self::Bekostigbaar => "BEKOSTIGBAAR",
            Self::NietBekostigbaar => "NIET_BEKOSTIGBAAR",
            Self::NogNietBepaald => "NOG_NIET_BEPAALD",
        }
    }
}

impl Stand {
    /// The status in a message.
    pub(super) fn part(&self) -> Part {
        let mut part = Part::new("bekostigingsstatusTeldatum")
            .with_text("teldatum", self.teldatum.to_string())
            .with_text("bekostigingsstatus", self.status.written());
        for signaal in &self.signalen {
            part.push(
                Part::new("bekostigingssignaal")
                    .with_text("code", signaal.as_str())
                    .with_text("omschrijving", omschrijving(signaal)),
            );
        }
        part
    }
}

fn omschrijving(signaal: &str) -> &'static str {
    match signaal {
        code::NIET_INGESCHREVEN => {
            "De leerling is op de teldatum niet bij deze school ingeschreven."
        }
        code::GEEN_TLV => {
            "Voor deze leerling is op de teldatum geen geldige toelaatbaarheidsverklaring geregistreerd."
        }
        code::DUBBEL_OP_TELDATUM => {
            "De leerling is op de teldatum ook bij een andere school ingeschreven."
        }
        _ => "De inschrijving telt op de teldatum niet mee.",
    }
}

/// The status of an enrolment on every teldatum of this school year, or of the
/// one in which it begins. Empty for an enrolment that ended before.
pub(super) fn standen(
    state: &State,
    calendar: &Calendar,
    enrolment: &Inschrijving,
    today: Date,
) -> Vec<Stand> {
    let year = school_year(today.max(enrolment.inschrijving));
    let begins = Date::constant(year, 8, 1);
    if enrolment.uitschrijving.is_some_and(|last| last < begins) {
        return Vec::new();
    }
    let mut days: Vec<Date> = KINDS
        .iter()
        .flat_map(|kind| {
            let first = calendar.teldata(kind, year).into_iter();
            first.chain(calendar.teldata(kind, year + 1))
        })
        .filter(|&day| school_year(day) == year)
        .collect();
    days.sort_unstable();
    days.dedup();
    let stand = |day| stand(state, enrolment, day, today);
    days.into_iter().map(stand).collect()
}

fn stand(state: &State, enrolment: &Inschrijving, teldatum: Date, today: Date) -> Stand {
    let because = |status, signaal: &str| Stand {
        teldatum,
        status,
        signalen: vec![signaal.to_string()],
    };
    let open = match today < teldatum {
        true => Status::NogNietBepaald,
        false => Status::NietBekostigbaar,
    };
    if !enrolment.geldt_op(teldatum) {
        return because(Status::NietBekostigbaar, code::NIET_INGESCHREVEN);
    }
    if !has_statement(state, enrolment, teldatum) {
        return because(open, code::GEEN_TLV);
    }
    let rank = |one: &Inschrijving| (one.inschrijving, one.sleutel.clone());
    let mut others = state
        .inschrijvingen
        .elders(enrolment)
        .filter(|other| other.geldt_op(teldatum))
        .peekable();
    if others.peek().is_some() {
        let last = others.all(|other| rank(other) < rank(enrolment));
        let status = match open {
            Status::NietBekostigbaar if last => Status::Bekostigbaar,
            open => open,
        };
        return because(status, code::DUBBEL_OP_TELDATUM);
    }
    Stand {
        teldatum,
        status: Status::Bekostigbaar,
        signalen: Vec::new(),
    }
}

/// Whether the enrolment has the toelaatbaarheidsverklaring that it needs: so
/// and vso outside cluster 1 and 2, and sbo, which names one.
fn has_statement(state: &State, enrolment: &Inschrijving, day: Date) -> bool {
    let Some(period) = enrolment.periode_op(day) else {
        return true;
    };
    match period.beschikkingsnummer() {
        Some(number) => state.tlvs.geldt(&enrolment.sleutel.persoon, number, day),
        None => enrolment.sector == "BO" || period.is_cluster_1_of_2(),
    }
}
