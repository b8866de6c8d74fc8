//! Persons: which numbers exist, onderwijsnummers that are handed out, and
//! BSNs that take their place (30-bron-po.md, aanleverenIdentificerenPersoon).
//!
//! This DUO knows synthetic persons only: every BSN of the synthetic range that
//! passes its test, and the onderwijsnummers that it gave out itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::counterpart::{Part, PersoonsgebondenNummer, Reading};
use crate::facts::{is_bsn, synthetic_bsn, synthetic_onderwijsnummer};
use crate::finding::is_synthetic_number;

/// Onderwijsnummers of the pupils in the examples of the packs: given out
/// before anything happens.
const VANOUDS: [&str; 5] = [
    "999942184",
    "999941441",
    "999901881",
    "999940072",
    "999901844",
];

/// How many numbers are tried before a person gets none.
const MAX_TRIES: u32 = 6_000;

/// An onderwijsnummer that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uitgifte {
    /// The number.
    pub onderwijsnummer: String,
    /// Name, birth date and sex as they were delivered.
    pub gegevens: Part,
    /// The institution that asked for it.
    pub instelling: String,
}

/// The register of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Personen {
    uitgegeven: BTreeMap<String, Part>,
    /// Institutions that asked for a number.
    gevraagd: BTreeMap<String, BTreeSet<String>>,
    vervangen: BTreeMap<String, String>,
}

impl Personen {
    /// Whether somebody has the number.
    pub fn kent(&self, nummer: &PersoonsgebondenNummer) -> bool {
        match nummer {
            PersoonsgebondenNummer::Bsn(bsn) => is_bsn(bsn) && is_synthetic_number(bsn),
            PersoonsgebondenNummer::Onderwijsnummer(number) => {
                self.uitgegeven.contains_key(number)
                    || self.vervangen.contains_key(number)
                    || VANOUDS.contains(&number.as_str())
            }
        }
    }

    /// The number by which the person is registered now.
    pub fn actueel(&self, nummer: &PersoonsgebondenNummer) -> PersoonsgebondenNummer {
        match nummer {
            PersoonsgebondenNummer::Onderwijsnummer(number) => match self.vervangen.get(number) {
                Some(bsn) => PersoonsgebondenNummer::Bsn(bsn.clone()),
                None => nummer.clone(),
            },
            PersoonsgebondenNummer::Bsn(_) => nummer.clone(),
        }
    }

    /// The number of the person with that name, birth date and sex: the one
    /// that was given out before, else a new one. `None` when the synthetic
    /// range is used up.
    pub fn nummer_voor(&self, seed: &str, gegevens: &Part) -> Option<PersoonsgebondenNummer> {
        let known = self.uitgegeven.iter().find(|(_, other)| *other == gegevens);
        if let Some((number, _)) = known {
            let number = PersoonsgebondenNummer::Onderwijsnummer(number.clone());
            return Some(self.actueel(&number));
        }
        let first = first_try(seed, gegevens);
        let number = (0..MAX_TRIES)
            .map(|step| synthetic_onderwijsnummer(first.wrapping_add(step)))
            .find(|number| {
                let number = PersoonsgebondenNummer::Onderwijsnummer(number.clone());
                !self.kent(&number)
            })?;
        Some(PersoonsgebondenNummer::Onderwijsnummer(number))
    }

    /// The BSN that takes the place of an onderwijsnummer when nobody says
    /// which.
    pub fn bsn_voor(&self, seed: &str, onderwijsnummer: &str) -> Option<String> {
        let first = first_try(seed, &Part::of("onderwijsnummer", onderwijsnummer));
        (0..MAX_TRIES)
            .map(|step| synthetic_bsn(first.wrapping_add(step)))
            .find(|bsn| !self.vervangen.values().any(|taken| taken == bsn))
    }

    /// The personal data that an onderwijsnummer was given out for.
    pub fn gegevens(&self, onderwijsnummer: &str) -> Option<&Part> {
        self.uitgegeven.get(onderwijsnummer)
    }

    /// The institutions that asked for a number.
    pub fn vragers(&self, onderwijsnummer: &str) -> impl Iterator<Item = &str> {
        let asked = self.gevraagd.get(onderwijsnummer);
        asked.into_iter().flatten().map(String::as_str)
    }

    /// Whether a BSN took the number's place.
    pub fn is_vervangen(&self, onderwijsnummer: &str) -> bool {
        self.vervangen.contains_key(onderwijsnummer)
    }

    pub(super) fn geef_uit(&mut self, uitgifte: &Uitgifte) {
        let number = &uitgifte.onderwijsnummer;
        self.uitgegeven
            .entry(number.clone())
            .or_insert_with(|| uitgifte.gegevens.clone());
        let asked = self.gevraagd.entry(number.clone()).or_default();
        asked.insert(uitgifte.instelling.clone());
    }

    pub(super) fn vervang(&mut self, onderwijsnummer: &str, bsn: &str) {
        self.vervangen
            .insert(onderwijsnummer.to_string(), bsn.to_string());
    }
}

/// Name, birth date and sex of whoever is to be identified.
pub(super) fn gegevens(body: Reading<'_>) -> Part {
    let zonder = body.first("zonderPGN");
    let naam = |name: &str| zonder.and_then(|zonder| zonder.text(name));
    Part::new("persoonsgegevens")
        .with_some("achternaam", naam("achternaam"))
        .with_some("voorvoegsels", naam("voorvoegsels"))
        .with_some("voornamen", naam("voornamen"))
        .with_some("geboortedatum", body.text("geboortedatum"))
        .with_some("geslacht", body.text("geslacht"))
}

/// Which number of the range a person tries first: it depends on the person
/// alone, not on who came before.
fn first_try(seed: &str, person: &Part) -> u32 {
    let mut hash = Sha256::new();
    hash.update(seed);
    add(&mut hash, person);
    let hash = hash.finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

fn add(hash: &mut Sha256, part: &Part) {
    hash.update([1]);
    hash.update(part.name());
    hash.update([2]);
    hash.update(part.text());
    for below in part.parts() {
        add(hash, below);
    }
    hash.update([3]);
}
