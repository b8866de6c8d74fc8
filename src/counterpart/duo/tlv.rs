//! Toelaatbaarheidsverklaringen that a samenwerkingsverband delivers
//! (30-bron-po.md, aanleverenTLV).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dagen::dag;
use crate::counterpart::{PersoonsgebondenNummer, Reading};

/// A toelaatbaarheidsverklaring as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tlv {
    /// The pupil.
    pub persoon: PersoonsgebondenNummer,
    /// Its number.
    pub beschikkingsnummer: String,
    /// The samenwerkingsverband that gave it.
    pub samenwerkingsverband: String,
    /// The first day.
    #[serde(with = "dag")]
    pub begin: Date,
    /// The last day.
    #[serde(with = "dag")]
    pub eind: Date,
    /// The category of funding.
    pub categorie: String,
}

impl Tlv {
    /// Reads a toelaatbaarheidsverklaring.
    pub fn read(
        body: Reading<'_>,
        instelling: &str,
        persoon: PersoonsgebondenNummer,
    ) -> Option<Self> {
        Some(Self {
            persoon,
            beschikkingsnummer: body.text("beschikkingsnummer")?,
            samenwerkingsverband: instelling.to_string(),
            begin: body.date("begindatum")?,
            eind: body.date("einddatum")?,
            categorie: body.text("bekostigingscategorie")?,
        })
    }
}

/// The register of toelaatbaarheidsverklaringen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tlvs(BTreeMap<(PersoonsgebondenNummer, String), Tlv>);

impl Tlvs {
    /// Whether the pupil has a verklaring of that number which holds on a day.
    pub fn geldt(&self, persoon: &PersoonsgebondenNummer, nummer: &str, day: Date) -> bool {
        self.0
            .get(&(persoon.clone(), nummer.to_string()))
            .is_some_and(|tlv| tlv.begin <= day && day <= tlv.eind)
    }

    /// All of them, by pupil and number.
    pub fn iter(&self) -> impl Iterator<Item = &Tlv> {
        self.0.values()
    }

    pub(super) fn registreer(&mut self, tlv: &Tlv) {
        let key = (tlv.persoon.clone(), tlv.beschikkingsnummer.clone());
        self.0.insert(key, tlv.clone());
    }

    pub(super) fn vervang(&mut self, oud: &PersoonsgebondenNummer, nieuw: &PersoonsgebondenNummer) {
        let all = std::mem::take(&mut self.0).into_values();
        let renamed = all.map(|mut tlv| {
            if tlv.persoon == *oud {
                tlv.persoon = nieuw.clone();
            }
            ((tlv.persoon.clone(), tlv.beschikkingsnummer.clone()), tlv)
        });
        self.0 = renamed.collect();
    }
}
