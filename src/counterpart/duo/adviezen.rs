//! School advices (30-bron-po.md, aanleverenAdviesVO). advies1 is the
//! provisional advice, advies2 the definite one: an advies2 that comes alone
//! leaves the advies1 that is registered where it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counterpart::{Part, PersoonsgebondenNummer, Reading};

/// What tells advices apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdviesSleutel {
    /// The institution.
    pub instelling: String,
    /// The pupil.
    pub persoon: PersoonsgebondenNummer,
    /// The school's own number of the advice.
    pub volgnummer: String,
}

/// An advice as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advies {
    /// Its key.
    pub sleutel: AdviesSleutel,
    /// The provisional advice with its date.
    pub advies1: Option<Part>,
    /// The definite advice with its date.
    pub advies2: Option<Part>,
    /// What else was delivered with it.
    pub overig: Vec<Part>,
}

impl Advies {
    /// Reads an advice.
    pub fn read(
        body: Reading<'_>,
        instelling: &str,
        persoon: PersoonsgebondenNummer,
    ) -> Option<Self> {
        const KEPT: [&str; 4] = [
            "onderwijsaanbieder",
            "onderwijslocatie",
            "vestigingscode",
            "adviesjaar",
        ];
        Some(Self {
            sleutel: AdviesSleutel {
                instelling: instelling.to_string(),
                persoon,
                volgnummer: body.text("adviesvolgnummer")?,
            },
            advies1: body.first("advies1").map(Part::read),
            advies2: body.first("advies2").map(Part::read),
            overig: body
                .parts()
                .filter(|part| KEPT.contains(&part.name()))
                .map(Part::read)
                .collect(),
        })
    }
}

/// The register of advices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adviezen(BTreeMap<AdviesSleutel, Advies>);

impl Adviezen {
    /// The advice of that key.
    pub fn get(&self, sleutel: &AdviesSleutel) -> Option<&Advies> {
        self.0.get(sleutel)
    }

    /// All advices, in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Advies> {
        self.0.values()
    }

    pub(super) fn registreer(&mut self, advies: &Advies) {
        let mut advies = advies.clone();
        if advies.advies1.is_none()
            && let Some(known) = self.0.get(&advies.sleutel)
        {
            advies.advies1 = known.advies1.clone();
        }
        self.0.insert(advies.sleutel.clone(), advies);
    }

    pub(super) fn verwijder(&mut self, sleutel: &AdviesSleutel) {
        self.0.remove(sleutel);
    }

    pub(super) fn vervang(&mut self, oud: &PersoonsgebondenNummer, nieuw: &PersoonsgebondenNummer) {
        let (moved, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0)
            .into_values()
            .partition(|advies| advies.sleutel.persoon == *oud);
        let moved = moved.into_iter().map(|mut advies| {
            advies.sleutel.persoon = nieuw.clone();
            advies
        });
        let all = kept.into_iter().chain(moved);
        self.0 = all.map(|advies| (advies.sleutel.clone(), advies)).collect();
    }
}
