//! Results of the doorstroomtoets (30-bron-po.md, aanleverenToetsresultaat).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counterpart::takes::OF_TEST;
use crate::counterpart::{Part, PersoonsgebondenNummer, Reading};

/// What tells results apart: a pupil takes a test once a year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToetsSleutel {
    /// The institution.
    pub instelling: String,
    /// The pupil.
    pub persoon: PersoonsgebondenNummer,
    /// The year of the test.
    pub toetsjaar: String,
}

/// A result as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toetsresultaat {
    /// Its key.
    pub sleutel: ToetsSleutel,
    /// What was delivered.
    pub gegevens: Vec<Part>,
}

impl Toetsresultaat {
    /// Reads a result.
    pub fn read(
        body: Reading<'_>,
        instelling: &str,
        persoon: PersoonsgebondenNummer,
    ) -> Option<Self> {
        Some(Self {
            sleutel: ToetsSleutel {
                instelling: instelling.to_string(),
                persoon,
                toetsjaar: body.text("toetsjaar")?,
            },
            gegevens: body
                .parts()
                .filter(|part| OF_TEST.contains(&part.name()))
                .map(Part::read)
                .collect(),
        })
    }
}

/// The register of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toetsresultaten(BTreeMap<ToetsSleutel, Toetsresultaat>);

impl Toetsresultaten {
    /// The result of that key.
    pub fn get(&self, sleutel: &ToetsSleutel) -> Option<&Toetsresultaat> {
        self.0.get(sleutel)
    }

    /// All results, in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Toetsresultaat> {
        self.0.values()
    }

    pub(super) fn registreer(&mut self, resultaat: &Toetsresultaat) {
        self.0.insert(resultaat.sleutel.clone(), resultaat.clone());
    }

    pub(super) fn vervang(&mut self, oud: &PersoonsgebondenNummer, nieuw: &PersoonsgebondenNummer) {
        let all = std::mem::take(&mut self.0).into_values();
        let renamed = all.map(|mut resultaat| {
            if resultaat.sleutel.persoon == *oud {
                resultaat.sleutel.persoon = nieuw.clone();
            }
            (resultaat.sleutel.clone(), resultaat)
        });
        self.0 = renamed.collect();
    }
}
