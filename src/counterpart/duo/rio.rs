//! Answers to questions about RIO (60-rio.md), from data that comes with the
//! product.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;

use super::signalen::{Signaal, code};
use crate::check::shipped_rio_paths;
use crate::counterpart::{Bodies, Part, Reading, Received, Stamp};
use crate::document::{Document, Gated};
use crate::facts::{RioData, iso_date};

/// Results on one page of changed onderwijsaanbieders (RIO V4 contract).
const PAGE: usize = 500;

static DATA: LazyLock<Data> = LazyLock::new(|| {
    // The file is part of the binary and a test reads it.
    toml::from_str(include_str!("rio.toml")).expect("the data of RIO is valid")
});

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Data {
    bestuur: Vec<Bestuur>,
    instelling: Vec<Instelling>,
    aanbieder: Vec<Aanbieder>,
    locatie: Vec<Locatie>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Bestuur {
    code: String,
    bevoegd_gezag: String,
    naam: String,
    gezag_van: String,
    van: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Instelling {
    code: String,
    bevoegd_gezag: String,
    naam: String,
    kort: String,
    soort: String,
    van: String,
    vestigingen: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Aanbieder {
    code: String,
    bestuur: String,
    instelling: String,
    naam: String,
    van: String,
    tot: Option<String>,
    gewijzigd: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Locatie {
    code: String,
    postcode: String,
    huisnummer: u32,
    plaats: String,
    bestuur: String,
    vestiging: String,
    van: String,
}

impl Data {
    fn bestuur(&self, body: Reading<'_>) -> Option<&Bestuur> {
        let board = body
            .text("onderwijsbestuurCode")
            .or_else(|| body.text("onderwijsbestuurcode"));
        let gezag = body.text("bevoegdGezagNummer");
        self.bestuur.iter().find(|bestuur| match (&board, &gezag) {
            (Some(board), _) => bestuur.code == *board,
            (None, Some(gezag)) => bestuur.bevoegd_gezag == *gezag,
            (None, None) => false,
        })
    }
}

impl Bestuur {
    fn periode(&self) -> Part {
        Part::new("onderwijsbestuurPeriode")
            .with_text("begindatum", self.van.as_str())
            .with_text("naam", self.naam.as_str())
    }
}

impl Aanbieder {
    fn part(&self, data: &Data) -> Part {
        // A relation ends on the day after the last one (RIO V4 contract).
        let last = self.tot.as_deref().and_then(iso_date);
        let after = last.and_then(|last| last.tomorrow().ok());
        let after = || after.map(|day| day.to_string());
        let mut part = Part::new("onderwijsaanbieder")
            .with_text("onderwijsaanbiedercode", self.code.as_str())
            .with_text("inBedrijfdatum", self.van.as_str())
            .with_some("uitBedrijfdatum", self.tot.clone())
            .with(
                Part::new("onderwijsaanbiederPeriode")
                    .with_text("begindatum", self.van.as_str())
                    .with_text("naam", self.naam.as_str()),
            )
            .with(
                Part::new("juridischeRelatie")
                    .with_text("instellingserkenningscode", self.instelling.as_str())
                    .with_text("erkenner", "OCW")
                    .with_text("begindatum", self.van.as_str())
                    .with_some("einddatum", after()),
            );
        let board = data.bestuur.iter().find(|board| board.code == self.bestuur);
        if let Some(board) = board {
            part.push(
                Part::new("bijbehorendOnderwijsbestuur")
                    .with_text("onderwijsbestuurcode", board.code.as_str())
                    .with_text("organisatierelatieBegindatum", self.van.as_str())
                    .with_some("organisatierelatieEinddatum", after())
                    .with(board.periode()),
            );
        }
        part
    }
}

impl Locatie {
    fn part(&self) -> Part {
        Part::new("onderwijslocatie")
            .with_text("onderwijslocatiecode", self.code.as_str())
            .with_text("postcode", self.postcode.as_str())
            .with_text("huisnummer", self.huisnummer.to_string())
            .with_text("plaatsnaam", self.plaats.as_str())
    }

    fn gebruik(&self) -> Part {
        Part::new("onderwijslocatiegebruik")
            .with_text("onderwijsbestuurcode", self.bestuur.as_str())
            .with_text("inBedrijfdatum", self.van.as_str())
            .with(self.part())
            .with(
                Part::new("juridischeOnderwijslocatiegebruikRelatie")
                    .with_text("instellingserkenningscode", self.vestiging.as_str())
                    .with_text("begindatum", self.van.as_str()),
            )
    }
}

impl Instelling {
    fn part(&self) -> Part {
        let periode = |name: &str| {
            Part::new(name)
                .with_text("begindatum", self.van.as_str())
                .with_text("naamLang", self.naam.as_str())
        };
        let mut part = Part::new("erkendeOnderwijsinstelling")
            .with_text("code", self.code.as_str())
            .with_text("erkenner", "OCW")
            .with_text("begindatum", self.van.as_str())
            .with_text("instellingsrelatieBegindatum", self.van.as_str())
            .with(
                periode("erkendeOnderwijsinstellingPeriode")
                    .with_text("naamKort", self.kort.as_str())
                    .with_text("wet", "WPO")
                    .with_text("bekostigingscode", "BEKOSTIGD")
                    .with_text("soort", self.soort.as_str()),
            );
        for (at, vestiging) in self.vestigingen.iter().enumerate() {
            let kind = if at == 0 {
                "HOOFDVESTIGING"
            } else {
                "NEVENVESTIGING"
            };
            part.push(
                Part::new("erkendeVestiging")
                    .with_text("code", vestiging.as_str())
                    .with_text("erkenner", "OCW")
                    .with_text("begindatum", self.van.as_str())
                    .with_text("instellingsrelatieBegindatum", self.van.as_str())
                    .with(
                        periode("erkendeVestigingPeriode")
                            .with_text("bekostigingscode", "NIET_VAN_TOEPASSING")
                            .with_text("soort", kind),
                    ),
            );
        }
        part
    }
}

/// What a question about RIO is answered with: parts, or a foutmelding.
pub(super) fn antwoord(received: &Received) -> Result<Vec<Part>, Signaal> {
    let operation = &*received.message.operation;
    parts(operation, received.body()).ok_or_else(|| {
        Signaal::fout(
            code::RIO_ONBEKEND,
            "RIO kent geen gegevens bij de gevraagde code.",
            received,
        )
    })
}

/// The parts of an answer; `None` when nothing is known.
fn parts(operation: &str, body: Reading<'_>) -> Option<Vec<Part>> {
    let data = &*DATA;
    match operation {
        "opvragen_onderwijsaanbiedersVanOrganisatie" => {
            let board = data.bestuur(body)?;
            let mut part = Part::new("onderwijsbestuur")
                .with_text("onderwijsbestuurcode", board.code.as_str())
                .with_text("bevoegdGezagNummer", board.bevoegd_gezag.as_str())
                .with_text("inBedrijfdatum", board.van.as_str())
                .with(board.periode());
            let own = data.aanbieder.iter();
            for aanbieder in own.filter(|aanbieder| aanbieder.bestuur == board.code) {
                part.push(aanbieder.part(data));
            }
            Some(vec![part])
        }
        "opvragen_onderwijsaanbieder" => {
            let wanted = body.text("onderwijsaanbiedercode")?;
            let found = data.aanbieder.iter().find(|one| one.code == wanted)?;
            Some(vec![found.part(data)])
        }
        "opvragen_onderwijslocatie" => {
            let wanted = body.text("onderwijslocatieCode")?;
            let found = data.locatie.iter().find(|one| one.code == wanted)?;
            Some(vec![found.part()])
        }
        "opvragen_onderwijslocatiegebruikVanOrganisatie" => {
            let board = data.bestuur(body)?;
            let own = data.locatie.iter();
            let own = own.filter(|locatie| locatie.bestuur == board.code);
            Some(own.map(Locatie::gebruik).collect())
        }
        "opvragen_instellingsstructuur" => {
            let board = data.bestuur(body)?;
            let mut part = Part::new("bevoegdGezag")
                .with_text("code", board.bevoegd_gezag.as_str())
                .with_text("erkenner", "OCW")
                .with_text("begindatum", board.gezag_van.as_str())
                .with(
                    Part::new("bevoegdGezagPeriode")
                        .with_text("begindatum", board.gezag_van.as_str())
                        .with_text("naamLang", board.naam.as_str())
                        .with_text("bekostigingscode", "NIET_VAN_TOEPASSING")
                        .with_text("soort", "BEVOEGD_GEZAG"),
                );
            let day = body.date("peildatum");
            let own = data.instelling.iter().filter(|instelling| {
                let began = iso_date(&instelling.van);
                instelling.bevoegd_gezag == board.bevoegd_gezag
                    && day.is_none_or(|day| began.is_none_or(|began| began <= day))
            });
            for instelling in own {
                part.push(instelling.part());
            }
            Some(vec![part])
        }
        "opvragen_gewijzigdeOnderwijsaanbieders" => Some(gewijzigd(data, body)),
        _ => None,
    }
}

fn gewijzigd(data: &Data, body: Reading<'_>) -> Vec<Part> {
    let since = body
        .text("peildatumtijdMutaties")
        .and_then(|text| text.parse::<Timestamp>().ok());
    let board = body.text("onderwijsbestuurcode");
    let found: Vec<&Aanbieder> = data
        .aanbieder
        .iter()
        .filter(|one| board.as_ref().is_none_or(|board| one.bestuur == *board))
        .filter(|one| {
            let changed = one.gewijzigd.parse::<Timestamp>().ok();
            since.is_none_or(|since| changed.is_some_and(|changed| changed >= since))
        })
        .collect();
    let page: usize = body
        .text("pagina")
        .and_then(|page| page.parse().ok())
        .unwrap_or(1);
    let first = page.saturating_sub(1).saturating_mul(PAGE);
    let shown = found.iter().skip(first).take(PAGE).map(|one| {
        Part::new("gewijzigde_Onderwijsaanbieder")
            .with_text("onderwijsaanbiedercode", one.code.as_str())
            .with_text("soortWijziging", "GEWIJZIGD")
    });
    let mut parts: Vec<Part> = shown.collect();
    let pages = found.len().div_ceil(PAGE);
    parts.push(
        Part::new("paginering")
            .with_text("pagina", page.min(pages.max(1)).to_string())
            .with_text("aantalPaginas", pages.to_string())
            .with_text("aantalResultaten", found.len().to_string()),
    );
    parts
}

/// What this RIO knows, as facts for the rules over enrolments: a DUO that
/// judges with them refuses codes that it does not give itself.
pub fn rio_facts(bodies: &Bodies) -> Option<RioData> {
    const ANSWERS: [&str; 2] = [
        "opvragen_onderwijsaanbiedersVanOrganisatie",
        "opvragen_onderwijslocatiegebruikVanOrganisatie",
    ];
    let paths = shipped_rio_paths().ok()?;
    let mut facts = RioData::new();
    for board in &DATA.bestuur {
        for operation in ANSWERS {
            let mut question = bodies.empty(&format!("{operation}_request")).ok()?;
            question
                .set("onderwijsbestuurCode", board.code.as_str())
                .ok()?;
            let question = document(&question.to_xml())?;
            let mut answer = bodies.empty(&format!("{operation}_response")).ok()?;
            answer.stamp(&Stamp {
                seed: &[b"rio"],
                now: Timestamp::UNIX_EPOCH,
                instellingscode: None,
                from: "",
                to: "",
            });
            answer.set("requestGoedgekeurd", "true").ok()?;
            let root = question.root_element();
            for part in parts(operation, Reading::of(&question, root))? {
                answer.push(part);
            }
            let answer = document(&answer.to_xml())?;
            facts.add(&paths, &answer, answer.root_element());
        }
    }
    Some(facts)
}

fn document(xml: &str) -> Option<Document> {
    Document::from_xml(Gated::xml(xml.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Store;

    #[test]
    fn the_facts_are_those_of_the_answers() {
        let facts = rio_facts(&Bodies::new(Store::builtin())).unwrap();
        let on = |text: &str| iso_date(text).unwrap();
        assert_eq!(
            facts.aanbieder_valid("100A001", on("2026-08-01")),
            Some(true)
        );
        assert_eq!(
            facts.aanbieder_valid("100A009", on("2024-07-31")),
            Some(true)
        );
        assert_eq!(
            facts.aanbieder_valid("100A009", on("2024-08-01")),
            Some(false)
        );
        let together =
            |provider, location| facts.locatie_bij_aanbieder(provider, location, on("2026-08-01"));
        assert_eq!(together("100A001", "100X002"), Some(true));
        assert_eq!(together("100A001", "100X003"), Some(false));
    }
}
