//! What schools hear of each other through DUO (30-bron-po.md, messages:
//! informerenInschrijving, informerenDubbeleInschrijving,
//! informerenBekostigingsstatus, informerenPersoonsgegevens).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::bekostiging;
use super::draft::{Draft, Recipient};
use super::inschrijvingen::Inschrijving;
use super::state::Entry;
use crate::counterpart::{Part, PersoonsgebondenNummer};

/// Tells the schools concerned that an enrolment began or ended: the old and
/// the new school, and as confirmation the school that deregisters.
pub(super) fn inschrijving(
    draft: &mut Draft<'_>,
    before: Option<&Inschrijving>,
    now: &Inschrijving,
) {
    let begins = before.is_none_or(|before| before.inschrijving != now.inschrijving);
    let ends = before.and_then(|before| before.uitschrijving) != now.uitschrijving;
    let previous = draft.state().inschrijvingen.vorige(now).cloned();
    let next = draft.state().inschrijvingen.volgende(now).cloned();
    if begins && let Some(previous) = &previous {
        let date = Part::of("datumInschrijving", now.inschrijving.to_string());
        kennisgeving(draft, previous, Some(now), date);
        let date = match previous.uitschrijving {
            Some(last) => Part::of("datumUitschrijving", last.to_string()),
            None => Part::of("datumInschrijving", previous.inschrijving.to_string()),
        };
        kennisgeving(draft, now, Some(previous), date);
    }
    if let Some(last) = now.uitschrijving.filter(|_| ends) {
        let date = || Part::of("datumUitschrijving", last.to_string());
        kennisgeving(draft, now, None, date());
        if let Some(next) = &next {
            kennisgeving(draft, next, Some(now), date());
        }
    }
}

fn kennisgeving(
    draft: &mut Draft<'_>,
    to: &Inschrijving,
    about: Option<&Inschrijving>,
    date: Part,
) {
    let persoon = &to.sleutel.persoon;
    let mut parts = vec![
        Part::of(persoon.element(), persoon.digits()),
        Part::of("inschrijvingvolgnummer", to.sleutel.volgnummer.as_str()),
    ];
    if let Some(about) = about {
        let code = about.sleutel.instelling.as_str();
        parts.push(Part::of("instellingscodeAndereInstelling", code));
    }
    parts.push(date);
    draft.push(
        "informerenInschrijving_Request",
        to.recipient(),
        Some(persoon),
        parts,
    );
}

/// Tells both schools of an overlap that was not there before.
pub(super) fn dubbele_inschrijving(
    draft: &mut Draft<'_>,
    before: Option<&Inschrijving>,
    now: &Inschrijving,
) {
    let fresh = |other: &&Inschrijving| {
        now.overlap(other).is_some() && before.is_none_or(|before| before.overlap(other).is_none())
    };
    let others = draft.state().inschrijvingen.elders(now);
    let others: Vec<Inschrijving> = others.filter(fresh).cloned().collect();
    for other in &others {
        for (own, another) in [(now, other), (other, now)] {
            let mut eigen = gegevens("eigenInschrijving", own);
            let volgnummer = own.sleutel.volgnummer.as_str();
            eigen.push(Part::of("inschrijvingvolgnummer", volgnummer));
            let persoon = &own.sleutel.persoon;
            let parts = vec![
                Part::of(persoon.element(), persoon.digits()),
                eigen,
                gegevens("andereInschrijving", another),
            ];
            draft.push(
                "informerenDubbeleInschrijving_Request",
                own.recipient(),
                Some(persoon),
                parts,
            );
        }
    }
}

fn gegevens(name: &str, enrolment: &Inschrijving) -> Part {
    let code = enrolment.sleutel.instelling.as_str();
    let last = enrolment.uitschrijving.map(|day| day.to_string());
    Part::new(name)
        .with_text("instellingscode", code)
        .with_text("datumInschrijving", enrolment.inschrijving.to_string())
        .with_some("datumUitschrijving", last)
        .with(
            // An invented address: this DUO knows no people at schools.
            Part::new("contactgegevens")
                .with_text("naam", format!("Administratie {code}"))
                .with_text("functie", "administratie")
                .with_text(
                    "emailadres",
                    format!("administratie.{}@example.nl", code.to_lowercase()),
                ),
        )
}

/// Reckons the funding of a person's enrolments anew and tells schools what
/// changed.
pub(super) fn bekostiging_van(
    draft: &mut Draft<'_>,
    persoon: &PersoonsgebondenNummer,
    today: Date,
) {
    let enrolments = draft.state().inschrijvingen.van(persoon);
    let enrolments: Vec<Inschrijving> = enrolments.cloned().collect();
    for enrolment in &enrolments {
        let calendar = draft.calendar();
        let standen = bekostiging::standen(draft.state(), &calendar, enrolment, today);
        let told = draft.state().bekostiging.get(&enrolment.sleutel);
        if standen.is_empty() || told == Some(&standen) {
            continue;
        }
        let mut parts = vec![
            Part::of(persoon.element(), persoon.digits()),
            Part::of(
                "inschrijvingvolgnummer",
                enrolment.sleutel.volgnummer.as_str(),
            ),
        ];
        parts.extend(standen.iter().map(bekostiging::Stand::part));
        draft.push(
            "informerenBekostigingsstatus_Request",
            enrolment.recipient(),
            Some(persoon),
            parts,
        );
        draft.add(Entry::Bekostiging {
            sleutel: enrolment.sleutel.clone(),
            standen,
        });
    }
}

/// Tells every school that has to do with a pupil that a BSN took the place of
/// its onderwijsnummer. Called before the register changes.
pub(super) fn persoonsgegevens(draft: &mut Draft<'_>, onderwijsnummer: &str, bsn: &str) {
    let persoon = PersoonsgebondenNummer::Onderwijsnummer(onderwijsnummer.to_string());
    let state = draft.state();
    // Who asked for the number hears of it, and who has the pupil, where it is.
    let asked = state.personen.vragers(onderwijsnummer);
    let mut schools: BTreeMap<String, Option<String>> =
        asked.map(|school| (school.to_string(), None)).collect();
    for enrolment in state.inschrijvingen.van(&persoon) {
        let to = enrolment.recipient();
        schools.insert(to.instelling.to_string(), to.vestiging.map(str::to_string));
    }
    let known = state.personen.gegevens(onderwijsnummer).cloned();
    for (instelling, vestiging) in &schools {
        let mut parts = vec![
            Part::of("onderwijsnummer", onderwijsnummer),
            Part::new("nieuwPersoonsgebondenNummer").with_text("burgerservicenummer", bsn),
        ];
        let complete = known
            .clone()
            .filter(|known| known.part("achternaam").is_some());
        parts.extend(complete);
        // The message names the number that the school knows.
        let bsn = PersoonsgebondenNummer::Bsn(bsn.to_string());
        draft.push(
            "informerenPersoonsgegevens_Request",
            Recipient {
                instelling,
                vestiging: vestiging.as_deref(),
            },
            Some(&bsn),
            parts,
        );
    }
}

/// The signal of an overlap, for the weekly file.
pub(super) fn overlap(
    draft: &Draft<'_>,
    now: &Inschrijving,
) -> Option<[(&'static str, String); 5]> {
    let mut others = draft.state().inschrijvingen.elders(now);
    let (other, (first, last)) = others.find_map(|other| Some((other, now.overlap(other)?)))?;
    let last = last.map_or_else(|| "nader bericht".to_string(), |day| day.to_string());
    Some([
        ("van", first.to_string()),
        ("tot", last),
        ("instelling", now.sleutel.instelling.clone()),
        ("andere-instelling", other.sleutel.instelling.clone()),
        ("ander", "geregistreerd".to_string()),
    ])
}
