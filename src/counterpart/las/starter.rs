//! The schools and pupils that a LAS starts with: synthetic, and the same
//! that the examples of the packs speak of.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::data::{Inschrijving, Leerling, Onderwijssoort, Periode, Rio, School};
use super::ended::Ended;
use super::json::parts_of;
use super::made_up::{MadeUp, made_up};
use super::party::Las;
use super::state::{Entry, State};
use super::with::about_nobody;
use crate::counterpart::PersoonsgebondenNummer;
use crate::counterpart::trigger::{Outcome, Status};

/// Why a file with schools and pupils is refused: whoever wrote it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StarterError {
    /// It is no such file.
    #[error("{0}")]
    Unreadable(String),
    /// It speaks of a school that it does not have.
    #[error("there is no school {0}")]
    School(String),
    /// It speaks of a pupil that it does not have.
    #[error("there is no pupil {0}")]
    Leerling(String),
    /// A key is there twice.
    #[error("{0} is there twice")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    school: Vec<School>,
    #[serde(default)]
    rio: BTreeMap<String, Rio>,
    #[serde(default)]
    leerling: Vec<WrittenLeerling>,
    #[serde(default)]
    inschrijving: Vec<WrittenInschrijving>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLeerling {
    sleutel: String,
    instellingscode: String,
    burgerservicenummer: Option<String>,
    onderwijsnummer: Option<String>,
    persoon: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenInschrijving {
    leerling: String,
    inschrijvingvolgnummer: String,
    onderwijssoort: Onderwijssoort,
    datum_inschrijving: String,
    datum_uitschrijving: Option<String>,
    periode: Vec<WrittenPeriode>,
    #[serde(default)]
    bijzonder: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenPeriode {
    datum_begin: String,
    #[serde(default)]
    gegevens: BTreeMap<String, Value>,
}

/// The schools and pupils that ketenkeur ships.
const STARTER: &str = include_str!("starter.toml");

/// The schools and pupils that ketenkeur ships, as they are written, and so
/// many made-up pupils after them.
pub fn written(pupils: u32) -> String {
    let made_up = made_up(pupils);
    let made_up = made_up.iter().map(MadeUp::written);
    std::iter::once(STARTER.to_string())
        .chain(made_up)
        .collect()
}

/// The schools and pupils that ketenkeur ships, and so many made-up pupils.
///
/// # Errors
///
/// The file is wrong, which a test rules out.
pub fn shipped(pupils: u32) -> Result<State, StarterError> {
    static SHIPPED: LazyLock<Result<State, StarterError>> = LazyLock::new(|| read(STARTER));
    match pupils {
        0 => SHIPPED.clone(),
        pupils => read(&written(pupils)),
    }
}

/// `laad-begingegevens`.
pub(super) fn load(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    about_nobody(with)?;
    las.note(vec![Entry::Begingegevens])?;
    let text = "this LAS begins anew with the schools and pupils of the scenarios";
    Ok(Outcome::new(Status::Done, text))
}

/// Reads schools and pupils.
///
/// # Errors
///
/// See [`StarterError`].
pub fn read(text: &str) -> Result<State, StarterError> {
    let file: File =
        toml::from_str(text).map_err(|error| StarterError::Unreadable(error.to_string()))?;
    let mut state = State::default();
    for school in file.school {
        let code = school.instellingscode.clone();
        if state.scholen.insert(code.clone(), school).is_some() {
            return Err(StarterError::Twice(code));
        }
    }
    state.rio = file.rio;
    for written in file.leerling {
        if !state.scholen.contains_key(&written.instellingscode) {
            return Err(StarterError::School(written.instellingscode));
        }
        let bsn = written.burgerservicenummer.map(PersoonsgebondenNummer::Bsn);
        let other = written.onderwijsnummer;
        let number = bsn.or_else(|| other.map(PersoonsgebondenNummer::Onderwijsnummer));
        let key = written.sleutel;
        let pupil = Leerling {
            sleutel: key.clone(),
            instellingscode: written.instellingscode,
            nummer: number,
            persoon: parts(&written.persoon)?,
        };
        if state.leerlingen.insert(key.clone(), pupil).is_some() {
            return Err(StarterError::Twice(key));
        }
    }
    for written in file.inschrijving {
        let pupil = state.leerlingen.get(&written.leerling);
        let pupil = pupil.ok_or_else(|| StarterError::Leerling(written.leerling.clone()))?;
        let mut periods = Vec::new();
        for period in written.periode {
            periods.push(Periode {
                begin: period.datum_begin,
                gegevens: parts(&period.gegevens)?,
            });
        }
        let enrolment = Inschrijving {
            instellingscode: pupil.instellingscode.clone(),
            leerling: written.leerling,
            volgnummer: written.inschrijvingvolgnummer,
            soort: written.onderwijssoort,
            begin: written.datum_inschrijving,
            einde: written.datum_uitschrijving,
            nnca: None,
            perioden: periods,
            bijzonder: parts(&written.bijzonder)?,
        };
        let key = enrolment.sleutel();
        if state.inschrijvingen.insert(key, enrolment).is_some() {
            return Err(StarterError::Twice("inschrijving".to_string()));
        }
    }
    Ok(State::beginning(Arc::new(state)))
}

fn parts(members: &BTreeMap<String, Value>) -> Result<Vec<crate::counterpart::Part>, StarterError> {
    let mut parts = Vec::new();
    for (name, value) in members {
        let made = parts_of(name, value);
        parts.extend(made.ok_or_else(|| StarterError::Unreadable(name.clone()))?);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{is_bsn, is_onderwijsnummer, iso_date};
    use crate::finding::is_synthetic_number;
    use crate::limits::MAX_MADE_UP_PUPILS;

    #[test]
    fn the_shipped_data_are_synthetic_and_hang_together() {
        let state = shipped(MAX_MADE_UP_PUPILS).unwrap();
        let few = shipped(0).unwrap();
        assert!(few.scholen.contains_key("25BE"));
        assert!((20..=30).contains(&few.leerlingen.len()));
        let more = MAX_MADE_UP_PUPILS as usize;
        assert_eq!(state.leerlingen.len(), few.leerlingen.len() + more);
        let mut numbers = std::collections::BTreeSet::new();
        for pupil in state.leerlingen.values() {
            let Some(number) = &pupil.nummer else {
                continue;
            };
            assert!(is_synthetic_number(number.digits()), "{pupil:?}");
            assert!(numbers.insert(number.clone()), "{pupil:?}");
            assert!(match number {
                PersoonsgebondenNummer::Bsn(digits) => is_bsn(digits),
                PersoonsgebondenNummer::Onderwijsnummer(digits) => is_onderwijsnummer(digits),
            });
        }
        for enrolment in state.inschrijvingen.values() {
            let first = enrolment.perioden.first().unwrap();
            assert_eq!(first.begin, enrolment.begin, "{enrolment:?}");
            assert!(iso_date(&enrolment.begin).is_some());
            let school = &state.scholen[&enrolment.instellingscode];
            let rio = &state.rio[&school.bestuur];
            for period in &enrolment.perioden {
                let place = period.text("vestigingscode").unwrap().to_string();
                assert!(school.vestigingen.contains(&place));
                if let Some(code) = period.text("onderwijslocatie") {
                    let mut codes = rio.locaties.iter();
                    assert!(codes.any(|known| known.code == code), "{code}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_hang_together_is_refused() {
        let school = "[[school]]\ninstellingscode='25BE'\nnaam='A'\nbestuur='100B001'\nadministratie='x'\n\
                      vestigingen=['25BE00']\nonderwijssoort='BO'\ncontactpersoon={naam='N',functie='F',netnummer='088',abonneenummer='1',emailadres='a@example.nl'}\n";
        let pupil = "[[leerling]]\nsleutel='L1'\ninstellingscode='25BE'\npersoon={}\n";
        for (text, part) in [
            ("x = 1".to_string(), "unknown field"),
            (format!("{school}{school}"), "25BE is there twice"),
            (pupil.to_string(), "no school 25BE"),
            (format!("{school}{pupil}{pupil}"), "L1 is there twice"),
            (
                format!(
                    "{school}[[inschrijving]]\nleerling='L2'\ninschrijvingvolgnummer='1'\nonderwijssoort='BO'\ndatumInschrijving='2026-08-01'\nperiode=[]\n"
                ),
                "no pupil L2",
            ),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
