//! Pupils: which one a trigger means, and identification by DUO.

use serde_json::{Map, Value};

use super::data::{Leerling, School};
use super::document::{Onderwerp, Stand};
use super::ended::{EXISTS, Ended, TRIGGER, UNKNOWN};
use super::party::Las;
use super::send::Draft;
use super::state::{Entry, State};
use super::with::With;
use crate::counterpart::trigger::{Action, Outcome};
use crate::counterpart::{Part, PersoonsgebondenNummer, Service};

const IDENTIFICEREN: &str = "aanleverenIdentificerenPersoon_Request";

/// What is known of a person without a number, by the names of the message
/// (30-bron-po.md, aanleverenIdentificerenPersoon); the address as well.
const WITHOUT_NUMBER: [&str; 5] = [
    "achternaam",
    "voorvoegsels",
    "voornamen",
    "binnenlandsAdres",
    "buitenlandsAdres",
];

/// A pupil and the school at which it is spoken of.
pub struct Found {
    /// The pupil.
    pub leerling: Leerling,
    /// The school.
    pub school: School,
    /// The pupil is not in the LAS yet.
    pub is_new: bool,
}

impl Found {
    /// What to write down before anything else.
    pub fn entries(&self) -> Vec<Entry> {
        match self.is_new {
            true => vec![Entry::Leerling(self.leerling.clone())],
            false => Vec::new(),
        }
    }
}

/// The pupil that a trigger means.
///
/// # Errors
///
/// It names none, or one that the LAS does not know.
pub fn known(las: &Las, with: &With<'_>) -> Result<Found, Ended> {
    let found = found(las, with)?;
    match found.is_new {
        true => Err(Ended::refused(UNKNOWN, "this LAS has no such pupil")),
        false => Ok(found),
    }
}

/// The pupil that a trigger means; a number that the LAS does not know is that
/// of a new pupil.
///
/// # Errors
///
/// It names none.
pub fn found(las: &Las, with: &With<'_>) -> Result<Found, Ended> {
    let key = with.text("leerling")?;
    let number = with.number()?;
    let (pupil, is_new) = {
        let state = las.state();
        match (&key, &number) {
            (Some(key), _) => {
                let pupil = state.leerlingen.get(key).cloned();
                let unknown = || Ended::refused(UNKNOWN, "this LAS has no pupil of that key");
                (pupil.ok_or_else(unknown)?, false)
            }
            (None, Some(number)) => match state.met_nummer(number) {
                Some(pupil) => (pupil.clone(), false),
                None => (new_pupil(&state, Some(number.clone()), Vec::new()), true),
            },
            (None, None) => {
                return Err(Ended::refused(
                    TRIGGER,
                    "which pupil: `leerling`, `burgerservicenummer` or `onderwijsnummer`",
                ));
            }
        }
    };
    let code = with.text("instellingscode")?;
    let school = match (code, is_new) {
        (Some(code), _) => las.school(&code)?,
        (None, true) => las.first_school()?,
        (None, false) => las.school(&pupil.instellingscode)?,
    };
    let leerling = Leerling {
        instellingscode: match is_new {
            true => school.instellingscode.clone(),
            false => pupil.instellingscode,
        },
        ..pupil
    };
    Ok(Found {
        leerling,
        school,
        is_new,
    })
}

/// A pupil under a key that is free.
fn new_pupil(
    state: &State,
    nummer: Option<PersoonsgebondenNummer>,
    persoon: Vec<Part>,
) -> Leerling {
    let keys = (state.leerlingen.len() + 1..).map(|number| format!("L{number:02}"));
    let mut free = keys.filter(|key| !state.leerlingen.contains_key(key));
    Leerling {
        sleutel: free.next().unwrap_or_default(),
        instellingscode: String::new(),
        nummer,
        persoon,
    }
}

/// `identificeer`.
pub(super) fn identify(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::Identificeer)?;
    let person = with.parts("persoon")?.pop();
    let named = with.has("leerling") || with.number()?.is_some();
    let found = match (named, &person) {
        (true, _) => known_with(las, &with, person)?,
        (false, Some(person)) => new_person(las, &with, person)?,
        (false, None) => {
            return Err(Ended::refused(TRIGGER, "which pupil, or who: `persoon`"));
        }
    };
    let (school, pupil) = (&found.school, &found.leerling);
    let sent = las.send(school, &pupil.sleutel, Service::RodPo, |state| {
        let mut draft = Draft {
            root: IDENTIFICEREN.to_string(),
            onderwerp: Onderwerp::Identificatie,
            inhoud: identification(state, pupil)?,
            met_nummer: false,
            changes: Vec::new(),
        };
        draft.changes = match state.leerlingen.get(&pupil.sleutel) == Some(pupil) {
            true => Vec::new(),
            false => vec![Entry::Leerling(pupil.clone())],
        };
        Ok(draft)
    })?;
    let mut outcome = sent.outcome("the pupil")?.with("leerling", &*pupil.sleutel);
    if let Stand::Beoordeeld(verdict) = &sent.stand
        && let Some(number) = &verdict.nummer
    {
        outcome = outcome.with(number.element(), number.digits());
    }
    Ok(outcome)
}

/// A known pupil, with what the trigger says of the person.
fn known_with(las: &Las, with: &With<'_>, person: Option<Part>) -> Result<Found, Ended> {
    let mut found = found(las, with)?;
    if let Some(person) = person {
        super::state::overwrite(&mut found.leerling.persoon, person.parts());
    }
    Ok(found)
}

fn new_person(las: &Las, with: &With<'_>, person: &Part) -> Result<Found, Ended> {
    let school = match with.text("instellingscode")? {
        Some(code) => las.school(&code)?,
        None => las.first_school()?,
    };
    let mut leerling = new_pupil(&las.state(), None, person.parts().to_vec());
    leerling.instellingscode = school.instellingscode.clone();
    let known = las.state().leerlingen.values().any(|pupil| {
        pupil.persoon == leerling.persoon && pupil.instellingscode == leerling.instellingscode
    });
    match known {
        true => Err(Ended::refused(
            EXISTS,
            "this LAS has that pupil; name it by its key",
        )),
        false => Ok(Found {
            leerling,
            school,
            is_new: true,
        }),
    }
}

/// What identifies a pupil: its number where it has one, else name and
/// address.
fn identification(state: &State, pupil: &Leerling) -> Result<Vec<Part>, Ended> {
    let missing = |name: &str| {
        let text = format!("of this pupil `{name}` is not known");
        Ended::refused(TRIGGER, text)
    };
    let person = match state.leerlingen.contains_key(&pupil.sleutel) {
        true => state.persoon_van(pupil),
        false => pupil.persoon.clone(),
    };
    let known = |name: &str| person.iter().find(|part| part.name() == name).cloned();
    let mut parts = Vec::new();
    for name in ["geboortedatum", "geslacht"] {
        parts.push(known(name).ok_or_else(|| missing(name))?);
    }
    let number = state.nummer_van(pupil);
    let addresses = ["binnenlandsAdres", "buitenlandsAdres"];
    let has_address = addresses.into_iter().find_map(known).is_some();
    let has_name = known("achternaam").is_some() && has_address;
    match number {
        // Who has an onderwijsnummer is looked for by name, so that a BSN is
        // found where there is one by now.
        Some(PersoonsgebondenNummer::Onderwijsnummer(number)) if has_name => {
            parts.push(Part::of("huidigOnderwijsnummer", number));
        }
        Some(number) => {
            let number = Part::of(number.element(), state.conduct.written(&number));
            parts.push(Part::new("metPGN").with(number));
            return Ok(parts);
        }
        None => {}
    }
    known("achternaam").ok_or_else(|| missing("achternaam"))?;
    if !has_address {
        return Err(missing("binnenlandsAdres"));
    }
    let without = WITHOUT_NUMBER.into_iter().filter_map(known);
    parts.push(without.fold(Part::new("zonderPGN"), Part::with));
    Ok(parts)
}
