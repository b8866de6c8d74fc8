//! What a LAS knows: a fold over the entries of its journal.
//!
//! What DUO pushed is kept as it came, by document; what follows from it is
//! worked out when somebody asks. So it does not matter in which order pushes
//! come, nor how often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::conduct::{self, Conduct};
use super::data::{
    Aansluiting, Advies, Inschrijving, Leerling, Mandaat, Procesverloop, Rio, School, Sleutel,
    Toetsresultaat, Verzuimmelding,
};
use super::document::{Document, Onderwerp, Oordeel, Push, Stand};
use super::verdict;
use crate::counterpart::defect::Slip;
use crate::counterpart::{Part, PersoonsgebondenNummer};

/// Something that happened. Stands in the journal before anybody hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A pupil is new or changed.
    Leerling(Leerling),
    /// An enrolment is new or changed.
    Inschrijving(Inschrijving),
    /// Advices are new or changed.
    Advies(Advies),
    /// A test result is new or changed.
    Toetsresultaat(Toetsresultaat),
    /// An absence report is new or changed by the school.
    Verzuim(Verzuimmelding),
    /// A document was made and is to go out.
    Gemaakt(Document),
    /// A document goes out, with this number.
    Verzonden {
        /// Its identificatiecode.
        document: String,
        /// The number in it.
        nummer: Option<PersoonsgebondenNummer>,
    },
    /// It came to this.
    Beantwoord {
        /// Its identificatiecode.
        document: String,
        /// Where it stands.
        stand: Stand,
    },
    /// A question went out that leaves no other trace.
    Gevraagd {
        /// Its identificatiecode.
        document: String,
    },
    /// Absence reports came from DUO.
    VerzuimOpgehaald {
        /// The school.
        instellingscode: String,
        /// The reports.
        gevallen: Vec<Geval>,
        /// From which moment to ask the next time.
        volgende: Option<Procesverloop>,
    },
    /// DUO pushed a document.
    Ontvangen(Box<Push>),
    /// The OSR said what it knows of a mandate.
    Mandaat {
        /// The school.
        instellingscode: String,
        /// The namespace of the service version.
        dienstversie: String,
        /// The mandate; `None` when there is none.
        mandaat: Option<Mandaat>,
    },
    /// The OSR registered an endpoint.
    Aansluiting {
        /// The school.
        instellingscode: String,
        /// The namespace of the service version.
        dienstversie: String,
        /// The endpoint.
        aansluiting: Aansluiting,
    },
    /// RIO said what a board has.
    Rio {
        /// The onderwijsbestuurscode.
        bestuur: String,
        /// What it has.
        rio: Rio,
    },
    /// The schools and pupils that it begins with were loaded in the place of
    /// all that it knew.
    Begingegevens,
}

/// An absence report as DUO has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geval {
    /// The number of the pupil.
    pub nummer: Option<PersoonsgebondenNummer>,
    /// The number of the report.
    pub meldingsnummer: String,
    /// Its content, by the names of the message.
    pub gegevens: Vec<Part>,
    /// Its status.
    pub status: String,
    /// Its last mutation.
    pub procesverloop: Procesverloop,
}

/// A school and the namespace of a service version.
type Dienst = (String, String);

/// What a LAS knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Schools by instellingscode.
    pub scholen: BTreeMap<String, School>,
    /// Pupils by key.
    pub leerlingen: BTreeMap<String, Leerling>,
    /// Enrolments.
    pub inschrijvingen: BTreeMap<Sleutel, Inschrijving>,
    /// Advices; the last part of the key is the adviesvolgnummer.
    pub adviezen: BTreeMap<Sleutel, Advies>,
    /// Test results; the last part of the key is the toetsjaar.
    pub toetsresultaten: BTreeMap<Sleutel, Toetsresultaat>,
    /// Absence reports by key.
    pub verzuim: BTreeMap<String, Verzuimmelding>,
    /// What the LAS sent, in order.
    pub documenten: Vec<Document>,
    /// What DUO pushed, by identificatiecode.
    pub ontvangen: BTreeMap<String, Push>,
    /// Mandates as the OSR last spoke of them.
    pub mandaten: BTreeMap<Dienst, Option<Mandaat>>,
    /// Endpoints in the OSR.
    pub aansluitingen: BTreeMap<Dienst, Aansluiting>,
    /// RIO by board.
    pub rio: BTreeMap<String, Rio>,
    /// From which moment to ask for changed absence reports, by school.
    pub verzuim_vanaf: BTreeMap<String, Procesverloop>,
    /// How many documents and questions were made: their identificatiecodes
    /// follow from it.
    pub gemaakt: u64,
    /// How the LAS behaves, where that decides what it knows.
    pub conduct: Conduct,
    /// The schools and pupils that it begins with; nothing at all when `None`.
    begin: Option<Arc<State>>,
}

impl State {
    /// What a LAS knows that begins with `begin`.
    pub(super) fn beginning(begin: Arc<State>) -> Self {
        Self {
            begin: Some(Arc::clone(&begin)),
            ..Self::clone(&begin)
        }
    }

    /// Puts what the LAS begins with in the place of all that it knows, but for
    /// what keeps the identificatiecodes of its documents apart.
    fn begin_anew(&mut self) {
        let begin = self.begin.take();
        *self = Self {
            gemaakt: self.gemaakt,
            conduct: std::mem::take(&mut self.conduct),
            ..begin.map(Self::beginning).unwrap_or_default()
        };
    }

    /// What a LAS knows that was started again: what it begins with, and what was
    /// written down.
    pub(super) fn read_again(&mut self, entries: &[Entry]) {
        self.begin_anew();
        self.gemaakt = 0;
        for entry in entries {
            self.apply(entry);
        }
    }

    /// Adds what happened.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Leerling(leerling) => {
                let key = leerling.sleutel.clone();
                self.leerlingen.insert(key, leerling.clone());
            }
            Entry::Inschrijving(enrolment) => {
                let key = enrolment.sleutel();
                self.inschrijvingen.insert(key, enrolment.clone());
            }
            Entry::Advies(advies) => {
                let key = (
                    &advies.instellingscode,
                    &advies.leerling,
                    &advies.volgnummer,
                );
                self.adviezen.insert(owned(key), advies.clone());
            }
            Entry::Toetsresultaat(result) => {
                let key = (&result.instellingscode, &result.leerling, &result.jaar);
                self.toetsresultaten.insert(owned(key), result.clone());
            }
            Entry::Verzuim(report) => {
                self.verzuim.insert(report.sleutel.clone(), report.clone());
            }
            Entry::Gemaakt(document) => {
                self.gemaakt += 1;
                self.documenten.push(document.clone());
            }
            Entry::Gevraagd { .. } => self.gemaakt += 1,
            Entry::Begingegevens => self.begin_anew(),
            Entry::Verzonden { document, nummer } => self.sent(document, nummer.as_ref()),
            Entry::Beantwoord { document, stand } => self.answered(document, stand),
            Entry::VerzuimOpgehaald {
                instellingscode,
                gevallen,
                volgende,
            } => {
                for geval in gevallen {
                    self.fetched(instellingscode, geval);
                }
                if let Some(volgende) = volgende {
                    let school = instellingscode.clone();
                    self.verzuim_vanaf.insert(school, volgende.clone());
                }
            }
            Entry::Ontvangen(push) => self.pushed(push),
            Entry::Mandaat {
                instellingscode,
                dienstversie,
                mandaat,
            } => {
                let key = (instellingscode.clone(), dienstversie.clone());
                self.mandaten.insert(key, mandaat.clone());
            }
            Entry::Aansluiting {
                instellingscode,
                dienstversie,
                aansluiting,
            } => {
                let key = (instellingscode.clone(), dienstversie.clone());
                self.aansluitingen.insert(key, aansluiting.clone());
            }
            Entry::Rio { bestuur, rio } => {
                self.rio.insert(bestuur.clone(), rio.clone());
            }
        }
    }

    fn sent(&mut self, id: &str, number: Option<&PersoonsgebondenNummer>) {
        let documents = self.documenten.iter_mut();
        for document in documents.filter(|document| document.id == id) {
            document.pogingen += 1;
            document.nummer = number.cloned();
            if document.stand.yields_to(&Stand::Onbeantwoord) {
                document.stand = Stand::Onbeantwoord;
            }
        }
    }

    fn answered(&mut self, id: &str, stand: &Stand) {
        let mut documents = self.documenten.iter_mut();
        let Some(document) = documents.find(|document| document.id == id) else {
            return;
        };
        if !document.stand.yields_to(stand) {
            return;
        }
        document.stand = stand.clone();
        let document = document.clone();
        if let Stand::Beoordeeld(verdict) = stand
            && self.conduct.is_registered(verdict)
        {
            self.registered(&document, verdict);
        }
    }

    /// What follows when DUO registered a document.
    fn registered(&mut self, document: &Document, verdict: &Oordeel) {
        let key = |last: &String| owned((&document.instellingscode, &document.leerling, last));
        match &document.onderwerp {
            Onderwerp::Identificatie => {
                if let (Some(pupil), Some(number)) =
                    (self.leerlingen.get_mut(&document.leerling), &verdict.nummer)
                {
                    pupil.nummer = Some(number.clone());
                }
            }
            Onderwerp::VerwijderingInschrijving(volgnummer) => {
                self.inschrijvingen.remove(&key(volgnummer));
            }
            Onderwerp::VerwijderingAdvies(volgnummer) => {
                self.adviezen.remove(&key(volgnummer));
            }
            Onderwerp::Verzuim(report) => {
                if let Some(report) = self.verzuim.get_mut(report) {
                    let news = |new: &Option<String>, old: &mut Option<String>| {
                        if new.is_some() {
                            old.clone_from(new);
                        }
                    };
                    news(&verdict.meldingsnummer, &mut report.meldingsnummer);
                    news(&verdict.status, &mut report.status);
                    if verdict.procesverloop.is_some() {
                        report.gezien.clone_from(&verdict.procesverloop);
                    }
                    let news = document.inhoud.iter();
                    let news = news.filter(|part| !verdict::OF_THE_MUTATION.contains(&part.name()));
                    overwrite(&mut report.gegevens, &news.cloned().collect::<Vec<_>>());
                }
            }
            Onderwerp::Inschrijving(_) | Onderwerp::Advies(_) | Onderwerp::Toetsresultaat(_) => {}
        }
    }

    fn fetched(&mut self, school: &str, geval: &Geval) {
        let number = Some(&geval.meldingsnummer);
        let mut reports = self.verzuim.values();
        let known = reports.find(|report| report.meldingsnummer.as_ref() == number);
        let pupil = geval
            .nummer
            .as_ref()
            .and_then(|number| self.met_nummer(number));
        let mut report = known.cloned().unwrap_or_else(|| Verzuimmelding {
            sleutel: geval.meldingsnummer.clone(),
            instellingscode: school.to_string(),
            leerling: pupil.map_or_else(String::new, |pupil| pupil.sleutel.clone()),
            meldingsnummer: number.cloned(),
            gegevens: Vec::new(),
            status: None,
            gezien: None,
            gemeld: geval.procesverloop.0.clone(),
        });
        if conduct::is_newer(&geval.procesverloop, report.gezien.as_ref()) {
            report.gegevens.clone_from(&geval.gegevens);
            report.status = Some(geval.status.clone());
            report.gezien = Some(geval.procesverloop.clone());
        }
        self.verzuim.insert(report.sleutel.clone(), report);
    }

    fn pushed(&mut self, push: &Push) {
        if self.ontvangen.contains_key(&push.id) {
            return;
        }
        self.ontvangen.insert(push.id.clone(), push.clone());
        if let Some((document, stand)) = verdict::of_push(push) {
            let mut documents = self.documenten.iter();
            let known = documents.find(|known| known.id == document);
            if known.is_some_and(|known| self.conduct.takes_verdict(&known.stand)) {
                self.answered(&document, &stand);
            }
        }
    }

    /// The pupil's number of today: the one that the LAS knows, or what DUO
    /// replaced it by.
    pub fn nummer_van(&self, pupil: &Leerling) -> Option<PersoonsgebondenNummer> {
        match self.conduct.has(Slip::KeepsOldNumber) {
            true => pupil.nummer.clone(),
            false => self.nummers_van(pupil).pop(),
        }
    }

    /// All numbers of a pupil, today's last.
    fn nummers_van(&self, pupil: &Leerling) -> Vec<PersoonsgebondenNummer> {
        let mut numbers: Vec<_> = pupil.nummer.clone().into_iter().collect();
        let mut seen: BTreeSet<_> = numbers.iter().cloned().collect();
        while let Some(new) = numbers.last().and_then(|last| self.vervangen_door(last)) {
            if !seen.insert(new.clone()) {
                break;
            }
            numbers.push(new);
        }
        numbers
    }

    /// What DUO replaced a number by, as it last said.
    fn vervangen_door(&self, number: &PersoonsgebondenNummer) -> Option<PersoonsgebondenNummer> {
        let newest = newest(
            self.over_persoon(number)
                .filter(|push| verdict::replacement(push).is_some()),
        )?;
        verdict::replacement(newest)
    }

    fn over_persoon<'a>(
        &'a self,
        number: &'a PersoonsgebondenNummer,
    ) -> impl Iterator<Item = &'a Push> {
        let pushes = self.ontvangen.values();
        pushes.filter(move |push| {
            push.root == verdict::PERSOONSGEGEVENS && push.nummer.as_ref() == Some(number)
        })
    }

    /// What is known of a person, with what DUO last said of it.
    pub fn persoon_van(&self, pupil: &Leerling) -> Vec<Part> {
        let mut person = pupil.persoon.clone();
        if self.conduct.has(Slip::KeepsOldPerson) {
            return person;
        }
        let numbers = self.nummers_van(pupil);
        let pushes = numbers.iter().flat_map(|number| self.over_persoon(number));
        let said = pushes.filter(|push| push.inhoud.part("persoonsgegevens").is_some());
        if let Some(news) = newest(said).and_then(|push| push.inhoud.part("persoonsgegevens")) {
            overwrite(&mut person, news.parts());
        }
        person
    }

    /// The pupil who has or had a number.
    pub fn met_nummer(&self, number: &PersoonsgebondenNummer) -> Option<&Leerling> {
        let mut pupils = self.leerlingen.values();
        pupils.find(|pupil| self.nummers_van(pupil).contains(number))
    }

    /// What DUO pushed about a pupil at a school.
    pub fn pushes_over<'a>(&'a self, pupil: &'a Leerling) -> impl Iterator<Item = &'a Push> {
        let numbers = self.nummers_van(pupil);
        let pushes = self.ontvangen.values();
        pushes.filter(move |push| {
            push.nummer
                .as_ref()
                .is_some_and(|number| numbers.contains(number))
        })
    }

    /// The newest funding status of an enrolment, per teldatum.
    pub fn bekostiging(&self, enrolment: &Inschrijving) -> BTreeMap<String, &Part> {
        let Some(pupil) = self.leerlingen.get(&enrolment.leerling) else {
            return BTreeMap::new();
        };
        let pushes: Vec<&Push> = self
            .pushes_over(pupil)
            .filter(|push| push.root == verdict::BEKOSTIGINGSSTATUS)
            .filter(|push| push.instellingscode == enrolment.instellingscode)
            .filter(|push| push.text("inschrijvingvolgnummer") == Some(&enrolment.volgnummer))
            .collect();
        let pushes = self.conduct.in_order(pushes);
        let statuses = pushes.iter().flat_map(|push| push.inhoud.parts());
        statuses
            .filter(|part| part.name() == "bekostigingsstatusTeldatum")
            .filter_map(|part| Some((part.text_at("teldatum")?.to_string(), part)))
            .collect()
    }

    /// The documents about a pupil, in the order in which they were made.
    pub fn documenten_over<'a>(&'a self, pupil: &'a str) -> impl Iterator<Item = &'a Document> {
        let documents = self.documenten.iter();
        documents.filter(move |document| document.leerling == pupil)
    }

    /// The last verdict on what documents say of a subject.
    pub fn oordeel_over(&self, school: &str, pupil: &str, subject: &Onderwerp) -> Option<&Oordeel> {
        let documents = self.documenten.iter().rev().filter(|document| {
            document.instellingscode == school
                && document.leerling == pupil
                && document.onderwerp == *subject
        });
        documents
            .filter_map(|document| match &document.stand {
                Stand::Beoordeeld(verdict) => Some(verdict),
                _ => None,
            })
            .next()
    }
}

fn owned((school, pupil, last): (&String, &String, &String)) -> Sleutel {
    (school.clone(), pupil.clone(), last.clone())
}

/// The push that supersedes the others.
fn newest<'a>(pushes: impl Iterator<Item = &'a Push>) -> Option<&'a Push> {
    pushes.reduce(|old, new| {
        if conduct::supersedes(new, old) {
            new
        } else {
            old
        }
    })
}

/// Puts `news` in the place of what has the same names.
pub fn overwrite(parts: &mut Vec<Part>, news: &[Part]) {
    parts.retain(|part| news.iter().all(|new| new.name() != part.name()));
    parts.extend(news.iter().cloned());
}
