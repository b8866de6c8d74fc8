//! The change of leerjaar of a whole school or vestiging, as on 1 August.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Map, Value};

use super::data::{Inschrijving, Periode, School, Sleutel};
use super::ended::{CONNECTION, Ended, ORDER, UNKNOWN};
use super::enrolment::{delivery, rio_codes};
use super::party::Las;
use super::state::{Entry, State, overwrite};
use super::with::With;
use crate::counterpart::defect::Slip;
use crate::counterpart::trigger::{Action, Outcome, Status};
use crate::counterpart::{Part, Service};

/// How many pupils are sent about at a time.
const SENDERS: usize = 4;

/// How many pupils a LAS that works by pages has on one.
const PAGE: usize = 100;

/// The last leerjaar of basisonderwijs (30-bron-po.md, codes).
const LAST_LEERJAAR: u32 = 8;

/// `voer-jaarovergang-uit`: who is in a leerjaar that is not the last goes to
/// the next one, in the group of the same letter.
pub(super) fn carry_out(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::VoerJaarovergangUit)?;
    let school = match with.text("instellingscode")? {
        Some(code) => las.school(&code)?,
        None => las.first_school()?,
    };
    let place = with.text("vestigingscode")?;
    let date = with.date("datum")?.unwrap_or_else(|| las.today());
    let lot = lot(&las.state(), &school, place.as_deref(), &date);
    las.permitted(&school, Service::RodPo)?;
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let [registered, open, refused] = [(); 3].map(|()| AtomicUsize::new(0));
    let count = |counter: &AtomicUsize| {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let work = || {
        while let Some(enrolment) = lot.get(next.fetch_add(1, Ordering::SeqCst)) {
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            match send(las, &school, enrolment, &date) {
                Ok(true) => count(&registered),
                Ok(false) => count(&refused),
                Err(ended) => {
                    let waits = [ORDER, CONNECTION].contains(&ended.reason());
                    count(if waits { &open } else { &refused });
                    stopped.fetch_or(las.conduct.has(Slip::LotEndsAtFirst), Ordering::SeqCst);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(work);
        }
    });
    let text = format!("{} pupils go to the next leerjaar", lot.len());
    let outcome = Outcome::new(Status::Done, text).with("leerlingen", lot.len());
    let counts = [
        ("geregistreerd", registered),
        ("openstaand", open),
        ("nietGeregistreerd", refused),
    ];
    Ok(counts
        .into_iter()
        .fold(outcome, |outcome, (name, counter)| {
            outcome.with(name, counter.into_inner())
        }))
}

/// Who goes to the next leerjaar, each by the key of the enrolment, in the
/// order in which the LAS keeps them.
fn lot(state: &State, school: &School, place: Option<&str>, date: &str) -> Vec<Sleutel> {
    let enrolments = state.inschrijvingen.values();
    let lot = enrolments.filter(|enrolment| {
        let last = enrolment.perioden.last();
        enrolment.instellingscode == school.instellingscode
            && enrolment.geldt_op(date)
            && last.is_some_and(|last| {
                let here = place.is_none_or(|place| last.text("vestigingscode") == Some(place));
                here && *last.begin < *date && next_leerjaar(last).is_some()
            })
    });
    let lot: Vec<Sleutel> = lot.map(Inschrijving::sleutel).collect();
    state.conduct.pages(lot, PAGE)
}

/// Sends about one pupil, after what was made about that pupil before. Whether
/// it is registered.
fn send(las: &Las, school: &School, enrolment: &Sleutel, date: &str) -> Result<bool, Ended> {
    let pupil = &enrolment.1;
    let turn = las.turn_of(pupil);
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = las.send_in_turn(school, pupil, |state| {
        let known = state.inschrijvingen.get(enrolment).cloned();
        let gone = || Ended::refused(UNKNOWN, "the enrolment is gone");
        let mut changed = known.ok_or_else(gone)?;
        if let Some(next) = next_periode(state, school, &changed, date)? {
            changed.perioden.push(next);
        }
        let changes = vec![Entry::Inschrijving(changed.clone())];
        Ok(delivery(&las.conduct, &changed, changes))
    })?;
    Ok(sent.registered)
}

/// The period of the next leerjaar; `None` when it is there already.
fn next_periode(
    state: &State,
    school: &School,
    enrolment: &Inschrijving,
    date: &str,
) -> Result<Option<Periode>, Ended> {
    let last = enrolment.perioden.last().filter(|last| *last.begin < *date);
    let Some((last, leerjaar)) = last.and_then(|last| Some((last, next_leerjaar(last)?))) else {
        return Ok(None);
    };
    let place = last.text("vestigingscode").unwrap_or_default();
    let (aanbieder, locatie) = rio_codes(state, school, place, date, &Part::new("periode"))?;
    let group = last.text("groep").unwrap_or_default();
    let letter = group.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut gegevens = last.gegevens.clone();
    let news = [
        Part::of("onderwijsaanbieder", aanbieder),
        Part::of("onderwijslocatie", locatie),
        Part::of("leerjaar", leerjaar.to_string()),
        Part::of("groep", format!("{leerjaar}{letter}")),
    ];
    overwrite(&mut gegevens, &news);
    Ok(Some(Periode {
        begin: date.to_string(),
        gegevens,
    }))
}

fn next_leerjaar(periode: &Periode) -> Option<u32> {
    let leerjaar: u32 = periode.text("leerjaar")?.parse().ok()?;
    (leerjaar < LAST_LEERJAAR).then_some(leerjaar + 1)
}
