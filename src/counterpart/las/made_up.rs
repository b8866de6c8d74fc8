//! Pupils beside those of the starter data, as many as a scenario needs, for
//! what only shows in large numbers. Always the same, and all synthetic.

use serde_json::{Value, json};

use crate::facts::made_up_bsn;

/// The school that they are at, and its vestiging where nobody else is.
const SCHOOL: &str = "00AV";
const VESTIGING: &str = "00AV01";

/// The year in which their last period begins, on 1 August: that before the
/// change of leerjaar of the scenarios.
const LAST_YEAR: u32 = 2025;

/// They are in the leerjaren from 1 to this.
const LEERJAREN: u32 = 7;

/// From which year periods carry RIO codes (30-bron-po.md, codes).
const RIO_SINCE: u32 = 2022;

/// A made-up pupil with one enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUp {
    /// The key within the LAS.
    pub sleutel: String,
    /// burgerservicenummer, of the range that nothing else makes.
    pub bsn: String,
    /// inschrijvingvolgnummer.
    pub volgnummer: String,
    /// The year in which the enrolment begins, on 1 August.
    pub year: u32,
    /// The last leerjaar. There is a period of each from the first.
    pub leerjaar: u32,
    /// The letter of the group.
    pub letter: char,
}

/// The first so many made-up pupils: fewer are the first of more.
pub fn made_up(count: u32) -> Vec<MadeUp> {
    let pupil = |number: u32| {
        let leerjaar = number % LEERJAREN + 1;
        let year = LAST_YEAR + 1 - leerjaar;
        let letters = ['A', 'B', 'C'];
        MadeUp {
            sleutel: format!("M{:03}", number + 1),
            bsn: made_up_bsn(number),
            volgnummer: format!("{SCHOOL}-{year}-{:04}", number + 1),
            year,
            leerjaar,
            letter: letters[(number / LEERJAREN) as usize % letters.len()],
        }
    };
    (0..count).map(pupil).collect()
}

impl MadeUp {
    /// datumInschrijving.
    pub fn begin(&self) -> String {
        format!("{}-08-01", self.year)
    }

    /// What a script can name of the pupil; `perioden` is how many there are.
    pub fn value(&self) -> Value {
        json!({
            "leerling": self.sleutel,
            "burgerservicenummer": self.bsn,
            "inschrijvingvolgnummer": self.volgnummer,
            "datumInschrijving": self.begin(),
            "vestigingscode": VESTIGING,
            "leerjaar": self.leerjaar,
            "groep": format!("{}{}", self.leerjaar, self.letter),
            "letter": self.letter.to_string(),
            "perioden": self.leerjaar,
        })
    }

    /// The pupil and the enrolment, as the starter data have them.
    pub fn written(&self) -> String {
        let Self {
            sleutel,
            bsn,
            volgnummer,
            letter,
            ..
        } = self;
        let begin = self.begin();
        let born = self.year - 4;
        let periods = (1..=self.leerjaar).map(|leerjaar| {
            let year = self.year + leerjaar - 1;
            let rio = match year >= RIO_SINCE {
                true => "onderwijsaanbieder = \"100A003\", onderwijslocatie = \"100X004\", ",
                false => "",
            };
            format!(
                "  {{ datumBegin = \"{year}-08-01\", gegevens = {{ vestigingscode = \"{VESTIGING}\", {rio}leerjaar = \"{leerjaar}\", groep = \"{leerjaar}{letter}\" }} }},\n"
            )
        });
        let periods: String = periods.collect();
        format!(
            "\n[[leerling]]\nsleutel = \"{sleutel}\"\ninstellingscode = \"{SCHOOL}\"\nburgerservicenummer = \"{bsn}\"\n\
             persoon = {{ achternaam = \"Verzonneling\", voornamen = \"Massa\", geboortedatum = \"{born}-03-01\", geslacht = \"V\", \
             binnenlandsAdres = {{ straatnaam = \"Proefstraat\", huisnummer = \"3\", postcode = \"9999ZZ\", plaatsnaam = \"Voorbeelddam\" }} }}\n\n\
             [[inschrijving]]\nleerling = \"{sleutel}\"\ninschrijvingvolgnummer = \"{volgnummer}\"\nonderwijssoort = \"BO\"\n\
             datumInschrijving = \"{begin}\"\nperiode = [\n{periods}]\n"
        )
    }
}
