//! What each action of a LAS can be given, and what a LAS says of it
//! (docs/trigger.md).

use super::trigger::Action;

/// Names by which an action finds the pupil or the school that it is about.
const PUPIL: &[&str] = &[
    "leerling",
    "burgerservicenummer",
    "onderwijsnummer",
    "instellingscode",
];

/// What a period of an enrolment has beside its begin.
pub(super) const OF_PERIOD: &[&str] = &[
    "vestigingscode",
    "onderwijsaanbieder",
    "onderwijslocatie",
    "leerjaar",
    "groep",
    "soortOnderwijs",
    "beschikkingsnummer",
];

/// What an enrolment has beside its periods.
pub(super) const BIJZONDER: &[&str] = &["ontwikkelingsperspectief", "verblijfAndereInstelling"];

/// What an enrolment is made or corrected with.
const OF_ENROLMENT: &[&str] = &[
    "datumInschrijving",
    "datumUitschrijving",
    "perioden",
    "inschrijvingvolgnummer",
    "nNCA",
];

/// What a result of a doorstroomtoets has.
pub(super) const OF_TEST: &[&str] = &[
    "toetscode",
    "afnamedatum",
    "verhinderd",
    "ontheffing",
    "resultaat",
    "toetsadvies",
];

/// What an absence report has.
pub(super) const OF_REPORT: &[&str] = &[
    "verzuimsoort",
    "begindatum",
    "einddatum",
    "vermoedelijkeReden",
    "actieOndernemen",
    "toelichtingOndernomenActie",
    "toelichtingActieGewenst",
    "alleLessenGemist",
    "verzuimdag",
    "contactpersoon",
    "ccEmailontvanger",
    "afwijkendAdres",
];

const OF_ENDPOINT: &[&str] = &["dienst", "url", "start_date", "end_date"];

impl Action {
    /// The names that `with` may have.
    pub fn takes(self) -> Vec<&'static str> {
        let own: &[&[&str]] = match self {
            Action::RegistreerEndpoint | Action::VerplaatsEndpoint => &[OF_ENDPOINT],
            Action::VraagMandaatOp => &[&["dienst", "reference_date"]],
            Action::Identificeer => &[&["persoon"]],
            Action::Inschrijven => &[OF_ENROLMENT, OF_PERIOD, BIJZONDER, &["onderwijssoort"]],
            Action::CorrigeerInschrijving => &[OF_ENROLMENT, OF_PERIOD, BIJZONDER],
            Action::Uitschrijven => &[&["datumUitschrijving", "inschrijvingvolgnummer"]],
            Action::VoerJaarovergangUit => &[&["vestigingscode", "datum"]],
            Action::VerwijderInschrijving => &[&["inschrijvingvolgnummer"]],
            Action::GeefAdvies => &[&[
                "soort",
                "advies",
                "adviesdatum",
                "adviesjaar",
                "adviesvolgnummer",
            ]],
            Action::VerwijderAdvies => &[&["adviesvolgnummer", "adviesjaar"]],
            Action::MeldToetsresultaat => &[OF_TEST, &["toetsjaar"]],
            Action::MeldVerzuim => &[OF_REPORT],
            Action::WijzigVerzuim => &[OF_REPORT, &["meldingsnummer"]],
            Action::TrekVerzuimIn => &[&["meldingsnummer", "redenIngetrokken"]],
            Action::HaalVerzuimOp => &[&["vanaf"]],
            Action::OpnieuwVersturen => &[&["identificatiecodeBedrijfsdocument"]],
            Action::LaadBegingegevens | Action::Herstart => return Vec::new(),
            Action::HaalRegistratieoverzichtOp | Action::HaalRioOp | Action::Toon => &[],
        };
        [PUPIL, &own.concat()].concat()
    }

    /// Whether it makes the LAS do nothing: who asks for no more than that sees
    /// nothing of it.
    pub fn only_shows(self) -> bool {
        matches!(
            self,
            Action::Toon | Action::LaadBegingegevens | Action::Herstart
        )
    }
}

/// What a LAS says in `data` that is no element of a message.
pub const SAYS: &[&str] = &[
    "adviezen",
    "advies1",
    "advies2",
    "adviesvolgnummer",
    "begin",
    "bekostiging",
    "bericht",
    "code",
    "documenten",
    "einde",
    "end_date",
    "endpoints",
    "erkenning",
    "fout",
    "gemandateerd",
    "geregistreerd",
    "id",
    "inschrijvingen",
    "kennisgevingen",
    "leerling",
    "leerlingen",
    "mandaten",
    "meldingen",
    "nietGeregistreerd",
    "omschrijving",
    "onderwijsaanbieders",
    "onderwijslocaties",
    "openstaand",
    "over",
    "perioden",
    "persoon",
    "pogingen",
    "reden",
    "regels",
    "signalen",
    "sleutel",
    "stand",
    "start_date",
    "toetsresultaten",
    "verschillen",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The words in backticks of a text, without what stands in parentheses and
    /// braces.
    fn names(text: &str) -> Vec<&str> {
        let mut depth = 0;
        let mut names = Vec::new();
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 && depth == 0 {
                names.push(part);
            } else if index % 2 == 0 {
                let opened = part.matches(['(', '{']).count();
                depth = (depth + opened).saturating_sub(part.matches([')', '}']).count());
            }
        }
        names
    }

    #[test]
    fn the_page_says_what_each_action_takes() {
        let page = include_str!("../../docs/trigger.md");
        for action in Action::ALL {
            let takes = action.takes();
            let begins = format!("| `{}` |", action.name());
            let row = page.lines().find_map(|line| line.strip_prefix(&begins));
            let with = row.unwrap().split('|').next().unwrap();
            for name in names(with) {
                assert!(takes.contains(&name), "{}: {name}", action.name());
            }
            for name in takes {
                assert!(page.contains(&format!("`{name}`")), "{name}");
            }
        }
    }
}
