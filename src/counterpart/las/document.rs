//! The documents that a LAS sends and receives, and what became of them.

use serde::{Deserialize, Serialize};

use super::data::Procesverloop;
use crate::counterpart::{Part, PersoonsgebondenNummer};

/// What a document is about, so that its answer reaches the right record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Onderwerp {
    /// Identification of the pupil.
    Identificatie,
    /// The enrolment with this volgnummer.
    Inschrijving(String),
    /// Removal of it.
    VerwijderingInschrijving(String),
    /// The advice with this volgnummer.
    Advies(String),
    /// Removal of it.
    VerwijderingAdvies(String),
    /// The result of this toetsjaar.
    Toetsresultaat(String),
    /// The absence report with this key in the LAS.
    Verzuim(String),
}

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It has not gone out yet.
    Wacht,
    /// It went out, and nothing that can be believed came back.
    Onbeantwoord,
    /// DUO confirmed that it has it; the verdict follows in a push.
    Ontvangen,
    /// DUO judged it.
    Beoordeeld(Oordeel),
    /// DUO refused it before looking at its content: a SOAP fault.
    Afgewezen(Fout),
}

impl Stand {
    /// The word for it in what the LAS shows.
    pub fn name(&self) -> &'static str {
        match self {
            Stand::Wacht => "wacht",
            Stand::Onbeantwoord => "onbeantwoord",
            Stand::Ontvangen => "ontvangen",
            Stand::Beoordeeld(_) => "beoordeeld",
            Stand::Afgewezen(_) => "afgewezen",
        }
    }

    /// How much is known: later news never takes back what is known better.
    fn rank(&self) -> u8 {
        match self {
            Stand::Wacht => 0,
            Stand::Onbeantwoord => 1,
            Stand::Afgewezen(_) => 2,
            Stand::Ontvangen => 3,
            Stand::Beoordeeld(_) => 4,
        }
    }

    /// Whether it gives way to `news`.
    pub fn yields_to(&self, news: &Stand) -> bool {
        self.rank() < news.rank()
    }
}

/// The verdict of DUO on a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oordeel {
    /// `requestGoedgekeurd`.
    pub goedgekeurd: bool,
    /// What DUO remarks.
    pub signalen: Vec<Signaal>,
    /// The number of an identified pupil.
    pub nummer: Option<PersoonsgebondenNummer>,
    /// The number of an absence report.
    pub meldingsnummer: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// Its last mutation.
    pub procesverloop: Option<Procesverloop>,
}

/// A remark of DUO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signaal {
    /// Its code.
    pub code: String,
    /// `FOUTMELDING`, `MELDING`, `SIGNAAL`.
    pub soort: String,
    /// What it says.
    pub omschrijving: String,
}

/// The soort of a signaal after which nothing is registered.
pub const FOUTMELDING: &str = "FOUTMELDING";

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fout {
    /// `faultcode`, or the code in the detail where there is one.
    pub code: String,
    /// `faultstring`.
    pub tekst: String,
    /// The local part of `faultcode`: `Client` or `Server`.
    pub partij: String,
}

/// A document that the LAS sends about a pupil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// identificatiecodeBedrijfsdocument; the same however often it is sent.
    pub id: String,
    /// Which of the LAS's documents it is; its identificatiecode follows from
    /// it.
    pub volgorde: u64,
    /// The school.
    pub instellingscode: String,
    /// The pupil's key.
    pub leerling: String,
    /// The message element.
    pub root: String,
    /// What it is about.
    pub onderwerp: Onderwerp,
    /// Its content, without what stamps it and without the pupil's number.
    pub inhoud: Vec<Part>,
    /// Whether the pupil's number belongs in it, which is filled in when it
    /// first goes out.
    pub met_nummer: bool,
    /// When it was made, in nanoseconds since 1970: datumTijdBedrijfsdocument.
    pub gemaakt: i128,
    /// The number it went out with; a resend says the same.
    pub nummer: Option<PersoonsgebondenNummer>,
    /// How often it went out.
    pub pogingen: u32,
    /// Where it stands.
    pub stand: Stand,
}

/// A document that DUO pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// identificatiecodeBedrijfsdocument.
    pub id: String,
    /// The school it was sent to.
    pub instellingscode: String,
    /// The message element.
    pub root: String,
    /// The number of the pupil, where it is about one.
    pub nummer: Option<PersoonsgebondenNummer>,
    /// datumTijdBedrijfsdocument in nanoseconds since 1970.
    pub gemaakt: i128,
    /// How many messages the LAS had received before it.
    #[serde(default)]
    pub eerder: usize,
    /// What it says.
    pub inhoud: Part,
}

impl Push {
    /// The text at a path in it.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.inhoud.text_at(path)
    }
}
