//! What DUO knows: a fold over the entries of its journal.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::adviezen::{Advies, AdviesSleutel, Adviezen};
use super::bekostiging::Stand;
use super::dagen::dag;
use super::inschrijvingen::{Inschrijving, Inschrijvingen, Sleutel};
use super::outbox::{Outbox, Push, Undelivered};
use super::personen::{Personen, Uitgifte};
use super::tlv::{Tlv, Tlvs};
use super::toetsresultaten::{Toetsresultaat, Toetsresultaten};
use super::verzuim::{Geval, Verzuim};
use crate::counterpart::PersoonsgebondenNummer;
use crate::limits::{MAX_REMEMBERED_DOCUMENTS, MAX_WEEKLY_SIGNALS};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "soort", rename_all = "kebab-case")]
pub enum Entry {
    /// A document was received and answered.
    Document(Document),
    /// An enrolment was registered.
    Inschrijving(Inschrijving),
    /// An enrolment was removed.
    InschrijvingVerwijderd(Sleutel),
    /// An advice was registered.
    Advies(Advies),
    /// An advice was removed.
    AdviesVerwijderd(AdviesSleutel),
    /// A test result was registered.
    Toetsresultaat(Toetsresultaat),
    /// A toelaatbaarheidsverklaring was registered.
    Tlv(Tlv),
    /// An onderwijsnummer was given out.
    Uitgifte(Uitgifte),
    /// A BSN took the place of an onderwijsnummer.
    NummerVervangen {
        /// The onderwijsnummer.
        onderwijsnummer: String,
        /// The BSN.
        bsn: String,
    },
    /// A school said which of its administrations keeps a vestiging.
    Administratie {
        /// The vestiging.
        vestiging: String,
        /// The routing id of the administration.
        kenmerk: String,
    },
    /// A case of absence is as follows.
    Verzuim(Geval),
    /// A school was told the funding status of an enrolment.
    Bekostiging {
        /// The enrolment.
        sleutel: Sleutel,
        /// Its status on each teldatum.
        standen: Vec<Stand>,
    },
    /// The funding status of all enrolments was reckoned on that day.
    Geteld {
        /// The day.
        #[serde(with = "dag")]
        op: Date,
    },
    /// A signaal for the weekly file.
    Weeksignaal(Weeksignaal),
    /// A message for a school was made.
    Push(Push),
    /// A message was delivered and confirmed.
    Bezorgd {
        /// Its number.
        nummer: u64,
    },
    /// An attempt to deliver a message failed.
    NietBezorgd {
        /// Its number.
        nummer: u64,
        /// Why.
        reden: Undelivered,
    },
}

/// A document that was received, with its answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The institution that sent it.
    pub instelling: String,
    /// Its identificatiecode.
    pub id: String,
    /// A hash of its content.
    pub inhoud: String,
    /// The message element of the answer.
    pub antwoord: String,
    /// The body of the answer.
    pub xml: String,
}

impl std::fmt::Debug for Document {
    /// Leaves out the answer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("instelling", &self.instelling)
            .field("antwoord", &self.antwoord)
            .finish_non_exhaustive()
    }
}

/// A line of the weekly file (kwaliteitscontrolebestand).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weeksignaal {
    /// The institution.
    pub instelling: String,
    /// The code of the signal.
    pub code: String,
    /// What is wrong.
    pub omschrijving: String,
    /// By which the school finds what it is about.
    pub sleutels: Vec<(String, String)>,
}

/// What DUO knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Numbers of persons.
    pub personen: Personen,
    /// Enrolments.
    pub inschrijvingen: Inschrijvingen,
    /// Advices.
    pub adviezen: Adviezen,
    /// Test results.
    pub toetsresultaten: Toetsresultaten,
    /// Toelaatbaarheidsverklaringen.
    pub tlvs: Tlvs,
    /// Absence reports.
    pub verzuim: Verzuim,
    /// Routing ids of administrations, by the vestiging that they keep, where a
    /// school has several (50-osr.md, rules).
    pub administraties: BTreeMap<String, String>,
    /// Messages for schools.
    pub outbox: Outbox,
    /// What schools were told of the funding of their enrolments.
    pub bekostiging: BTreeMap<Sleutel, Vec<Stand>>,
    /// The day of the last reckoning over all enrolments.
    pub geteld: Option<Date>,
    /// The weekly file; of the oldest lines only the last ones are kept.
    pub weekbestand: VecDeque<Weeksignaal>,
    documenten: Documenten,
}

/// The documents received last, by institution and identificatiecode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Documenten {
    op_id: HashMap<(String, String), Document>,
    volgorde: VecDeque<(String, String)>,
}

impl State {
    /// The state that entries lead to.
    pub fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut state = Self::default();
        for entry in entries {
            state.apply(entry);
        }
        state
    }

    /// The document that an institution sent under that identificatiecode, as
    /// far back as documents are remembered.
    pub fn document(&self, instelling: &str, id: &str) -> Option<&Document> {
        let key = (instelling.to_string(), id.to_ascii_lowercase());
        self.documenten.op_id.get(&key)
    }

    /// Adds what happened.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Document(document) => self.documenten.onthoud(document),
            Entry::Inschrijving(enrolment) => self.inschrijvingen.registreer(enrolment),
            Entry::InschrijvingVerwijderd(key) => {
                self.inschrijvingen.verwijder(key);
                self.bekostiging.remove(key);
            }
            Entry::Advies(advies) => self.adviezen.registreer(advies),
            Entry::AdviesVerwijderd(key) => self.adviezen.verwijder(key),
            Entry::Toetsresultaat(result) => self.toetsresultaten.registreer(result),
            Entry::Tlv(tlv) => self.tlvs.registreer(tlv),
            Entry::Uitgifte(uitgifte) => self.personen.geef_uit(uitgifte),
            Entry::NummerVervangen {
                onderwijsnummer,
                bsn,
            } => self.vervang(onderwijsnummer, bsn),
            Entry::Administratie { vestiging, kenmerk } => {
                self.administraties
                    .insert(vestiging.clone(), kenmerk.clone());
            }
            Entry::Verzuim(geval) => self.verzuim.registreer(geval),
            Entry::Bekostiging { sleutel, standen } => {
                self.bekostiging.insert(sleutel.clone(), standen.clone());
            }
            Entry::Geteld { op } => self.geteld = Some(*op),
            Entry::Weeksignaal(signaal) => {
                self.weekbestand.push_back(signaal.clone());
                if self.weekbestand.len() > MAX_WEEKLY_SIGNALS {
                    self.weekbestand.pop_front();
                }
            }
            Entry::Push(push) => self.outbox.voeg_toe(push),
            Entry::Bezorgd { nummer } => self.outbox.is_bezorgd(*nummer),
            Entry::NietBezorgd { nummer, reden } => self.outbox.is_niet_bezorgd(*nummer, *reden),
        }
    }

    fn vervang(&mut self, onderwijsnummer: &str, bsn: &str) {
        let oud = PersoonsgebondenNummer::Onderwijsnummer(onderwijsnummer.to_string());
        let nieuw = PersoonsgebondenNummer::Bsn(bsn.to_string());
        self.personen.vervang(onderwijsnummer, bsn);
        self.inschrijvingen.vervang(&oud, &nieuw);
        self.adviezen.vervang(&oud, &nieuw);
        self.toetsresultaten.vervang(&oud, &nieuw);
        self.tlvs.vervang(&oud, &nieuw);
        self.verzuim.vervang(&oud, &nieuw);
        let told = std::mem::take(&mut self.bekostiging).into_iter();
        self.bekostiging = told
            .map(|(mut key, standen)| {
                if key.persoon == oud {
                    key.persoon = nieuw.clone();
                }
                (key, standen)
            })
            .collect();
    }
}

impl Documenten {
    fn onthoud(&mut self, document: &Document) {
        let key = (
            document.instelling.clone(),
            document.id.to_ascii_lowercase(),
        );
        if self.op_id.contains_key(&key) {
            return;
        }
        self.volgorde.push_back(key.clone());
        self.op_id.insert(key, document.clone());
        if self.volgorde.len() > MAX_REMEMBERED_DOCUMENTS
            && let Some(oldest) = self.volgorde.pop_front()
        {
            self.op_id.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let document = |number: usize| {
            Entry::Document(Document {
                instelling: "25BE".to_string(),
                id: format!("{number:036X}"),
                inhoud: String::new(),
                antwoord: String::new(),
                xml: String::new(),
            })
        };
        let signaal = Entry::Weeksignaal(Weeksignaal {
            instelling: "25BE".to_string(),
            code: String::new(),
            omschrijving: String::new(),
            sleutels: Vec::new(),
        });
        let mut state = State::default();
        for number in 0..=MAX_REMEMBERED_DOCUMENTS {
            state.apply(&document(number));
        }
        for _ in 0..=MAX_WEEKLY_SIGNALS {
            state.apply(&signaal);
        }
        assert_eq!(state.documenten.op_id.len(), MAX_REMEMBERED_DOCUMENTS);
        assert_eq!(state.weekbestand.len(), MAX_WEEKLY_SIGNALS);
        // The oldest is forgotten; an identificatiecode is the same in either
        // case.
        assert!(state.document("25BE", &format!("{:036X}", 0)).is_none());
        assert!(state.document("25BE", &format!("{:036x}", 10)).is_some());
        assert!(state.document("00AV", &format!("{:036x}", 10)).is_none());
    }
}
