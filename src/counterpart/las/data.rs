//! What a LAS keeps of its schools. Dates are texts in ISO form, as messages
//! carry them, and compare as such.

use serde::{Deserialize, Serialize};

use crate::counterpart::{Part, PersoonsgebondenNummer};

/// A school whose administration is kept in the LAS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct School {
    /// Its instellingscode (BRIN).
    pub instellingscode: String,
    /// Its name.
    pub naam: String,
    /// Its onderwijsbestuurscode, by which RIO is asked.
    pub bestuur: String,
    /// The administration that its endpoints in the OSR carry.
    pub administratie: String,
    /// Its vestigingscodes, the main one first.
    pub vestigingen: Vec<String>,
    /// What it mostly teaches.
    pub onderwijssoort: Onderwijssoort,
    /// Who a municipality can reach about absence.
    pub contactpersoon: Contactpersoon,
}

/// Whom to reach at a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contactpersoon {
    /// Name.
    pub naam: String,
    /// Function.
    pub functie: String,
    /// Area code.
    pub netnummer: String,
    /// Number.
    pub abonneenummer: String,
    /// E-mail address.
    pub emailadres: String,
}

/// Which contract an enrolment goes by (10-landscape.md, parties: sectors).
/// `SBO` is enrolled by the contract for BO, and is told apart in verzuim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Onderwijssoort {
    /// Basisonderwijs.
    Bo,
    /// Speciaal basisonderwijs.
    Sbo,
    /// Speciaal onderwijs.
    So,
    /// Voortgezet speciaal onderwijs.
    Vso,
}

impl Onderwijssoort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bo, Self::Sbo, Self::So, Self::Vso];

    /// The code in an absence report (value list soort-opleiding).
    pub fn code(self) -> &'static str {
        match self {
            Self::Bo => "BO",
            Self::Sbo => "SBO",
            Self::So => "SO",
            Self::Vso => "VSO",
        }
    }

    /// The contract for enrolments, as the names of its messages end.
    pub fn contract(self) -> &'static str {
        match self {
            Self::Bo | Self::Sbo => "BO",
            Self::So => "SO",
            Self::Vso => "VSO",
        }
    }

    /// The kind with that code.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A pupil. Synthetic in everything that ketenkeur ships.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leerling {
    /// The key within the LAS.
    pub sleutel: String,
    /// The school that keeps the pupil's record.
    pub instellingscode: String,
    /// The number that the LAS entered or got by identification; what DUO
    /// replaced it by is not written over it.
    pub nummer: Option<PersoonsgebondenNummer>,
    /// Achternaam, voornamen, geboortedatum, ..., by the names of the messages.
    #[serde(default)]
    pub persoon: Vec<Part>,
}

impl std::fmt::Debug for Leerling {
    /// The key only: the rest is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Leerling").field(&self.sleutel).finish()
    }
}

impl Leerling {
    /// What is known of the person by that name.
    pub fn gegeven(&self, name: &str) -> Option<&Part> {
        self.persoon.iter().find(|part| part.name() == name)
    }
}

/// Which enrolment: the school, the pupil's key and the
/// inschrijvingvolgnummer, which is unique per institution and person
/// (10-landscape.md, identifiers).
pub type Sleutel = (String, String, String);

/// An enrolment as the school sees it, with all its periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inschrijving {
    /// The school.
    pub instellingscode: String,
    /// The pupil's key.
    pub leerling: String,
    /// The number that the LAS gave; a correction keeps it.
    pub volgnummer: String,
    /// By which contract.
    pub soort: Onderwijssoort,
    /// datumInschrijving.
    pub begin: String,
    /// datumUitschrijving: the last valid day.
    pub einde: Option<String>,
    /// nNCA.
    pub nnca: Option<String>,
    /// The periods, in order of their begin.
    pub perioden: Vec<Periode>,
    /// ontwikkelingsperspectief and verblijfAndereInstelling.
    pub bijzonder: Vec<Part>,
}

impl Inschrijving {
    /// What identifies it.
    pub fn sleutel(&self) -> Sleutel {
        (
            self.instellingscode.clone(),
            self.leerling.clone(),
            self.volgnummer.clone(),
        )
    }

    /// The period that holds on `date`, else the first.
    pub fn periode_op(&self, date: &str) -> Option<&Periode> {
        let begun = self.perioden.iter().rev();
        let mut begun = begun.filter(|periode| *periode.begin <= *date);
        begun.next().or_else(|| self.perioden.first())
    }

    /// Whether the pupil is enrolled on `date`.
    pub fn geldt_op(&self, date: &str) -> bool {
        *self.begin <= *date && self.einde.as_deref().is_none_or(|einde| einde >= date)
    }
}

/// A period of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periode {
    /// datumBegin.
    pub begin: String,
    /// vestigingscode, leerjaar, groep, ..., by the names of the messages.
    pub gegevens: Vec<Part>,
}

impl Periode {
    /// The text of what is known by that name.
    pub fn text(&self, name: &str) -> Option<&str> {
        let part = self.gegevens.iter().find(|part| part.name() == name)?;
        Some(part.text())
    }
}

/// The school advices to a pupil in one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advies {
    /// The school.
    pub instellingscode: String,
    /// The pupil's key.
    pub leerling: String,
    /// adviesvolgnummer.
    pub volgnummer: String,
    /// The calendar year in which the school year ends.
    pub jaar: String,
    /// The vestiging that gave it, with its RIO codes.
    pub plaats: Vec<Part>,
    /// advies1: the voorlopig advice and its date.
    pub voorlopig: Option<(String, String)>,
    /// advies2: the definitief advice and its date.
    pub definitief: Option<(String, String)>,
}

/// A result of a doorstroomtoets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toetsresultaat {
    /// The school.
    pub instellingscode: String,
    /// The pupil's key.
    pub leerling: String,
    /// toetsjaar.
    pub jaar: String,
    /// toetscode, afnamedatum, resultaat, ..., by the names of the message.
    pub gegevens: Vec<Part>,
}

/// The moment of the last mutation of an absence report, as DUO wrote it: what
/// a mutation must show to have seen (40-verzuim.md, mutatie).
pub type Procesverloop = (String, String);

/// An absence report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verzuimmelding {
    /// The key within the LAS.
    pub sleutel: String,
    /// The school.
    pub instellingscode: String,
    /// The pupil's key; empty when DUO named one that the LAS does not know.
    pub leerling: String,
    /// The number that DUO gave.
    pub meldingsnummer: Option<String>,
    /// verzuimsoort, begindatum, ..., by the names of the message.
    pub gegevens: Vec<Part>,
    /// The status at DUO; `None` before DUO registered it.
    pub status: Option<String>,
    /// What is needed to change it; `None` until it was fetched.
    pub gezien: Option<Procesverloop>,
    /// The day on which the school reported it.
    pub gemeld: String,
}

/// What the LAS remembers of a mandate: only to show it, and the token with
/// which endpoints are registered. Whether there is a mandate is asked each
/// time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandaat {
    /// The token, where the OSR gave one.
    pub token: Option<String>,
    /// First day.
    pub begin: Option<String>,
    /// Last day, when there is one.
    pub einde: Option<String>,
}

/// An endpoint that the LAS registered in the OSR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aansluiting {
    /// The identity that the OSR gave: a number, from v3 on a UUID.
    pub id: String,
    /// Where messages go.
    pub url: String,
    /// First day.
    pub begin: Option<String>,
    /// Last day, when there is one.
    pub einde: Option<String>,
}

/// A code from RIO, with the recognition that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RioCode {
    /// onderwijsaanbiedercode or onderwijslocatiecode.
    pub code: String,
    /// instellingscode of an aanbieder, vestigingscode of a location.
    pub erkenning: String,
    /// First day.
    pub begin: String,
    /// The day after the last, when there is one.
    #[serde(default)]
    pub einde: Option<String>,
}

impl RioCode {
    fn geldt(&self, erkenning: &str, date: &str) -> bool {
        let within = *self.begin <= *date && self.einde.as_deref().is_none_or(|end| date < end);
        self.erkenning == erkenning && within
    }
}

/// What RIO says of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rio {
    /// Its onderwijsaanbieders.
    pub aanbieders: Vec<RioCode>,
    /// Its onderwijslocaties.
    pub locaties: Vec<RioCode>,
}

impl Rio {
    /// The onderwijsaanbieders of a school on a date.
    pub fn aanbieders_van<'a>(
        &'a self,
        instellingscode: &'a str,
        date: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let codes = self.aanbieders.iter();
        let valid = codes.filter(move |code| code.geldt(instellingscode, date));
        valid.map(|code| &*code.code)
    }

    /// The onderwijslocaties of a vestiging on a date.
    pub fn locaties_van<'a>(
        &'a self,
        vestigingscode: &'a str,
        date: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let codes = self.locaties.iter();
        let valid = codes.filter(move |code| code.geldt(vestigingscode, date));
        valid.map(|code| &*code.code)
    }
}
