//! Signals: what DUO says of what it was sent (30-bron-po.md, signal classes).
//!
//! A foutmelding keeps a document from being registered and comes back at once,
//! a melding comes back at once, a signaal only stands in the weekly file.

use crate::counterpart::{Part, Received, Remark};
use crate::finding::{Class, RuleBook};
use crate::text::BuiltinRules;

/// The longest omschrijving of a signaal, and fouttekst of a foutmelding.
const MAX_OMSCHRIJVING: usize = 1000;
const MAX_FOUTTEKST: usize = 200;
/// The longest code, in the contract that allows least.
const MAX_CODE: usize = 60;
const MAX_SLEUTELWAARDE: usize = 200;
/// The longest name and value of a sleutelgegeven in an answer of RIO.
const MAX_SLEUTEL_RIO: usize = 25;
/// Sleutelgegevens of one signal.
const MAX_SLEUTELGEGEVENS: usize = 5;

/// Codes of controls on the register; DUO's own numbers for them are not
/// public.
pub mod code {
    /// A document id that was used for other content.
    pub const DOCUMENT_HERGEBRUIKT: &str = "KK-DUO-DOCUMENT-HERGEBRUIKT";
    /// Removal, mutation or withdrawal of what is not registered.
    pub const NIET_GEREGISTREERD: &str = "KK-DUO-NIET-GEREGISTREERD";
    /// A number that nobody has.
    pub const PERSOON_ONBEKEND: &str = "KK-DUO-PERSOON-ONBEKEND";
    /// An onderwijsnummer that a BSN took the place of.
    pub const NUMMER_VERVANGEN: &str = "KK-DUO-NUMMER-VERVANGEN";
    /// A code that RIO does not have.
    pub const RIO_ONBEKEND: &str = "KK-DUO-RIO-ONBEKEND";
    /// A correction with a new volgnummer.
    pub const NIEUW_VOLGNUMMER: &str = "KK-BATCH-NIEUW-VOLGNUMMER";
    /// A gap between two enrolments.
    pub const AANSLUITING: &str = "KK-BATCH-AANSLUITING";
    /// Enrolled at two institutions.
    pub const DUBBELE_INSCHRIJVING: &str = "KK-BATCH-DUBBELE-INSCHRIJVING";
    /// A mutation of an outdated copy.
    pub const VERZUIM_VEROUDERD: &str = "KK-BATCH-VERZUIM-VEROUDERD";
    /// A status that cannot follow.
    pub const VERZUIM_STATUS: &str = "KK-BATCH-VERZUIM-STATUS";
    /// An end before the beginning.
    pub const VERZUIM_EINDDATUM: &str = "KK-VZ-EINDDATUM";
    /// Not enrolled on the teldatum.
    pub const NIET_INGESCHREVEN: &str = "KK-BKS-NIET-INGESCHREVEN";
    /// No valid toelaatbaarheidsverklaring on the teldatum.
    pub const GEEN_TLV: &str = "KK-BKS-GEEN-TLV";
    /// Another institution has the pupil on the teldatum as well.
    pub const DUBBEL_OP_TELDATUM: &str = "KK-BKS-DUBBELE-INSCHRIJVING";
}

/// One signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signaal {
    /// DUO's number where it is known, else our code.
    pub code: String,
    /// Its class.
    pub soort: Class,
    /// What is wrong, in Dutch.
    pub omschrijving: String,
    /// By which the school finds what it is about.
    pub sleutels: Vec<(String, String)>,
}

impl Signaal {
    /// A signal about the document in hand.
    pub fn new(
        code: &str,
        soort: Class,
        omschrijving: impl Into<String>,
        received: &Received,
    ) -> Self {
        Self {
            code: code.to_string(),
            soort,
            omschrijving: omschrijving.into(),
            sleutels: sleutels(received),
        }
    }

    /// A foutmelding about the document in hand.
    pub fn fout(code: &str, omschrijving: impl Into<String>, received: &Received) -> Self {
        Self::new(code, Class::Foutmelding, omschrijving, received)
    }

    /// A signal of a rule over several messages, in the words of the rule.
    pub fn of_rule(code: &str, soort: Class, args: &[(&str, String)], received: &Received) -> Self {
        Self::new(code, soort, woorden(code, args), received)
    }

    /// What a rule said of the body.
    pub fn of_remark(remark: &Remark, received: &Received) -> Self {
        let code = remark.duo.as_deref().unwrap_or(&remark.code);
        let mut signaal = Self::new(code, remark.class, remark.text.clone(), received);
        if let Some(at) = received.at(&remark.path)
            && at.parts().next().is_none()
        {
            signaal.with_sleutel(at.name(), &at.value());
        }
        signaal
    }

    /// Adds a sleutelgegeven unless it is there.
    pub fn with_sleutel(&mut self, naam: &str, waarde: &str) {
        let known = self.sleutels.iter().any(|(known, _)| known == naam);
        if !known && self.sleutels.len() < MAX_SLEUTELGEGEVENS && !waarde.is_empty() {
            self.sleutels.push((naam.to_string(), waarde.to_string()));
        }
    }

    /// The signal in a terugkoppeling of BRON.
    pub fn part(&self) -> Part {
        let mut part = Part::new("signaal")
            .with_text("code", cut(&self.code, MAX_CODE))
            .with_text("soort", soort(self.soort))
            .with_text("omschrijving", cut(&self.omschrijving, MAX_OMSCHRIJVING));
        for (naam, waarde) in &self.sleutels {
            part.push(
                Part::new("sleutelgegeven")
                    .with_text("naam", naam.as_str())
                    .with_text("waarde", cut(waarde, MAX_SLEUTELWAARDE)),
            );
        }
        part
    }

    /// The signal as a foutmelding of verzuim, or of RIO, whose keys are
    /// shorter.
    pub fn foutmelding(&self, of_rio: bool) -> Part {
        let longest = match of_rio {
            true => MAX_SLEUTEL_RIO,
            false => MAX_SLEUTELWAARDE,
        };
        let mut part = Part::new("foutmelding")
            .with_text("foutcode", cut(&self.code, MAX_CODE))
            .with_text("fouttekst", cut(&self.omschrijving, MAX_FOUTTEKST));
        for (naam, waarde) in &self.sleutels {
            part.push(
                Part::new("sleutelgegeven")
                    .with_text("sleutelnaam", cut(naam, longest))
                    .with_text("sleutelwaarde", cut(waarde, longest)),
            );
        }
        part
    }
}

/// What a rule over several messages says, in Dutch.
pub(super) fn woorden(code: &str, args: &[(&str, String)]) -> String {
    let value = |name: &str| {
        let arg = args.iter().find(|(known, _)| *known == name);
        arg.map_or_else(String::new, |(_, value)| value.clone())
    };
    let text = BuiltinRules
        .rule(code)
        .map(|rule| rule.nl.message.fill(value));
    text.unwrap_or_default()
}

/// Whether a document with these signals is registered.
pub fn goedgekeurd(signalen: &[Signaal]) -> bool {
    signalen
        .iter()
        .all(|signaal| signaal.soort != Class::Foutmelding)
}

/// Whether a signal comes back at once.
pub fn komt_terug(signaal: &Signaal) -> bool {
    matches!(signaal.soort, Class::Foutmelding | Class::Melding)
}

/// The class as it is written in a signaal.
fn soort(class: Class) -> &'static str {
    match class {
        Class::Foutmelding => "FOUTMELDING",
        Class::Melding => "MELDING",
        Class::Signaal => "SIGNAAL",
        Class::Bekostigingssignaal => "BEKOSTIGINGSSIGNAAL",
    }
}

/// What a document is about: the school's own key of it, else the document.
fn sleutels(received: &Received) -> Vec<(String, String)> {
    const KEYS: [&str; 11] = [
        "inschrijvingvolgnummer",
        "adviesvolgnummer",
        "toetsjaar",
        "beschikkingsnummer",
        "meldingsnummer",
        "onderwijsaanbiedercode",
        "onderwijslocatieCode",
        "onderwijsbestuurCode",
        "onderwijsbestuurcode",
        "bevoegdGezagNummer",
        "identificatiecodeBedrijfsdocument",
    ];
    let body = received.body();
    let found = KEYS.iter().find_map(|&name| Some((name, body.text(name)?)));
    let (name, value) = found.unwrap_or(("bericht", received.root().to_string()));
    vec![(name.to_string(), value)]
}

/// A text of at most `length` characters.
fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_string(),
        Some(_) => {
            let mut kept: String = text.chars().take(length - 1).collect();
            kept.push('…');
            kept
        }
    }
}
