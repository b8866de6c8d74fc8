//! Enrolments (30-bron-po.md, how the exchange behaves): one aanlevering
//! carries the whole latest state of one enrolment and takes the place of what
//! was registered under its key.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dagen::{dag, dag_of_geen};
use super::draft::Recipient;
use crate::counterpart::{Part, PersoonsgebondenNummer, Reading};

/// What tells enrolments apart: institution, person and volgnummer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sleutel {
    /// The institution.
    pub instelling: String,
    /// The pupil, by the number that is registered now.
    pub persoon: PersoonsgebondenNummer,
    /// The school's own number of the enrolment.
    pub volgnummer: String,
}

/// An enrolment as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inschrijving {
    /// Its key.
    pub sleutel: Sleutel,
    /// `BO`, `SO` or `VSO`.
    pub sector: String,
    /// The first day.
    #[serde(with = "dag")]
    pub inschrijving: Date,
    /// The last day, where the pupil has left or will leave.
    #[serde(with = "dag_of_geen", default)]
    pub uitschrijving: Option<Date>,
    /// Its periods, in order.
    pub perioden: Vec<Periode>,
    /// What else was delivered with it.
    #[serde(default)]
    pub overig: Vec<Part>,
}

/// A period of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periode {
    /// The first day.
    #[serde(with = "dag")]
    pub begin: Date,
    /// The period as it was delivered.
    pub gegevens: Part,
}

impl Periode {
    /// The beschikkingsnummer of the toelaatbaarheidsverklaring.
    pub fn beschikkingsnummer(&self) -> Option<&str> {
        self.gegevens
            .text_at("toelaatbaarheidsverklaring/beschikkingsnummer")
    }

    /// Whether cluster 1 or 2 teaches the pupil, which needs none.
    pub fn is_cluster_1_of_2(&self) -> bool {
        self.gegevens.part("soortOnderwijs").is_some()
    }
}

impl Inschrijving {
    /// Reads an enrolment; `None` when something is missing that the schema
    /// asks for.
    pub fn read(
        body: Reading<'_>,
        instelling: &str,
        persoon: PersoonsgebondenNummer,
    ) -> Option<Self> {
        const KEPT: [&str; 3] = [
            "nNCA",
            "ontwikkelingsperspectief",
            "verblijfAndereInstelling",
        ];
        let is_periode = |part: &Reading<'_>| part.name().starts_with("inschrijvingPeriode");
        let perioden: Vec<Periode> = body
            .parts()
            .filter(is_periode)
            .filter_map(|part| {
                Some(Periode {
                    begin: part.date("datumBegin")?,
                    gegevens: Part::read(part),
                })
            })
            .collect();
        let first = body.parts().find(is_periode)?;
        let sector = first.name().strip_prefix("inschrijvingPeriode")?;
        Some(Self {
            sleutel: Sleutel {
                instelling: instelling.to_string(),
                persoon,
                volgnummer: body.text("inschrijvingvolgnummer")?,
            },
            sector: sector.to_string(),
            inschrijving: body.date("datumInschrijving")?,
            uitschrijving: body.date("datumUitschrijving"),
            perioden,
            overig: body
                .parts()
                .filter(|part| KEPT.contains(&part.name()))
                .map(Part::read)
                .collect(),
        })
    }

    /// Who hears what DUO has to say of it: the administration of where the
    /// pupil is now.
    pub(super) fn recipient(&self) -> Recipient<'_> {
        let last = self.perioden.last();
        Recipient {
            instelling: &self.sleutel.instelling,
            vestiging: last.and_then(|last| last.gegevens.text_at("vestigingscode")),
        }
    }

    /// Whether the pupil is enrolled on that day.
    pub fn geldt_op(&self, day: Date) -> bool {
        self.inschrijving <= day && self.uitschrijving.is_none_or(|last| day <= last)
    }

    /// The days on which two enrolments hold: the first, and the last where
    /// there is one. `None` when they do not overlap.
    pub fn overlap(&self, other: &Self) -> Option<(Date, Option<Date>)> {
        let first = self.inschrijving.max(other.inschrijving);
        let last = [self.uitschrijving, other.uitschrijving]
            .into_iter()
            .flatten()
            .min();
        last.is_none_or(|last| first <= last)
            .then_some((first, last))
    }

    /// The period that holds on that day.
    pub fn periode_op(&self, day: Date) -> Option<&Periode> {
        let mut begun = self.perioden.iter().filter(|period| period.begin <= day);
        begun.next_back()
    }

    /// The enrolment in an overview.
    pub(super) fn overzicht(&self) -> Part {
        let persoon = &self.sleutel.persoon;
        let mut part = Part::new("geregistreerdeInschrijving")
            .with_text(persoon.element(), persoon.digits())
            .with_text("inschrijvingvolgnummer", self.sleutel.volgnummer.as_str())
            .with_text("datumInschrijving", self.inschrijving.to_string())
            .with_some(
                "datumUitschrijving",
                self.uitschrijving.map(|day| day.to_string()),
            );
        for period in &self.perioden {
            // An overview has less of a period than an aanlevering.
            let mut shown = Part::new("geregistreerdePeriode");
            for field in period.gegevens.parts() {
                if OVERZICHT.contains(&field.name()) {
                    shown.push(field.clone());
                }
            }
            part.push(shown);
        }
        part
    }
}

/// What an overview shows of a period.
const OVERZICHT: [&str; 8] = [
    "datumBegin",
    "vestigingscode",
    "onderwijsaanbieder",
    "onderwijslocatie",
    "soortOnderwijs",
    "leerjaar",
    "groep",
    "toelaatbaarheidsverklaring",
];

/// The register of enrolments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inschrijvingen {
    op_sleutel: BTreeMap<Sleutel, Inschrijving>,
    /// The keys of a person.
    van_persoon: BTreeMap<PersoonsgebondenNummer, Vec<Sleutel>>,
}

impl Inschrijvingen {
    /// The enrolment of that key.
    pub fn get(&self, sleutel: &Sleutel) -> Option<&Inschrijving> {
        self.op_sleutel.get(sleutel)
    }

    /// All enrolments, in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Inschrijving> {
        self.op_sleutel.values()
    }

    /// The enrolments of an institution.
    pub fn bij<'s>(&'s self, instelling: &'s str) -> impl Iterator<Item = &'s Inschrijving> {
        let from = Sleutel {
            instelling: instelling.to_string(),
            persoon: PersoonsgebondenNummer::Bsn(String::new()),
            volgnummer: String::new(),
        };
        self.op_sleutel
            .range(from..)
            .map(|(_, enrolment)| enrolment)
            .take_while(move |enrolment| enrolment.sleutel.instelling == instelling)
    }

    /// The enrolments of a person.
    pub fn van<'s>(
        &'s self,
        persoon: &PersoonsgebondenNummer,
    ) -> impl Iterator<Item = &'s Inschrijving> + use<'s> {
        let keys = self.van_persoon.get(persoon);
        keys.into_iter()
            .flatten()
            .filter_map(|key| self.op_sleutel.get(key))
    }

    /// The enrolment at another institution that came before, or is still
    /// running: the one that began last. One that ended more than a year
    /// before is nobody's previous school any more.
    pub fn vorige(&self, enrolment: &Inschrijving) -> Option<&Inschrijving> {
        let begin = enrolment.inschrijving;
        let year = |last: Date| last.saturating_add(1.year()) >= begin;
        self.elders(enrolment)
            .filter(|other| other.inschrijving <= begin && other.uitschrijving.is_none_or(year))
            .max_by_key(|other| (other.inschrijving, other.uitschrijving))
    }

    /// The next enrolment at another institution.
    pub fn volgende(&self, enrolment: &Inschrijving) -> Option<&Inschrijving> {
        self.elders(enrolment)
            .filter(|other| other.inschrijving > enrolment.inschrijving)
            .min_by_key(|other| other.inschrijving)
    }

    /// The enrolments of the same person at other institutions.
    pub fn elders<'s>(
        &'s self,
        enrolment: &Inschrijving,
    ) -> impl Iterator<Item = &'s Inschrijving> + use<'s> {
        let own = enrolment.sleutel.instelling.clone();
        self.van(&enrolment.sleutel.persoon)
            .filter(move |other| other.sleutel.instelling != own)
    }

    pub(super) fn registreer(&mut self, enrolment: &Inschrijving) {
        let key = &enrolment.sleutel;
        let keys = self.van_persoon.entry(key.persoon.clone()).or_default();
        if let Err(at) = keys.binary_search(key) {
            keys.insert(at, key.clone());
        }
        self.op_sleutel.insert(key.clone(), enrolment.clone());
    }

    pub(super) fn verwijder(&mut self, key: &Sleutel) {
        self.op_sleutel.remove(key);
        if let Some(keys) = self.van_persoon.get_mut(&key.persoon) {
            keys.retain(|known| known != key);
            if keys.is_empty() {
                self.van_persoon.remove(&key.persoon);
            }
        }
    }

    pub(super) fn vervang(&mut self, oud: &PersoonsgebondenNummer, nieuw: &PersoonsgebondenNummer) {
        let moved: Vec<Inschrijving> = self.van(oud).cloned().collect();
        for mut enrolment in moved {
            self.verwijder(&enrolment.sleutel.clone());
            enrolment.sleutel.persoon = nieuw.clone();
            self.registreer(&enrolment);
        }
    }
}
