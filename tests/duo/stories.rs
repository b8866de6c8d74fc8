//! Whole stories of pupils and schools.

use ketenkeur::counterpart::duo::{Terugkoppeling, code};
use ketenkeur::counterpart::{Body, PersoonsgebondenNummer};
use ketenkeur::facts::synthetic_bsn;

use crate::support::{Antwoord, World};

/// An enrolment of one period that begins on its first day.
pub fn enrolment(
    world: &World,
    school: &str,
    (element, number): (&str, &str),
    volgnummer: &str,
    (first, last): (&str, Option<&str>),
) -> Body {
    let mut body = world.message("aanleverenInschrijvingBO_Request", school);
    body.remove("inschrijvingPeriodeBO")
        .unwrap()
        .remove("ontwikkelingsperspectief")
        .unwrap()
        .remove("verblijfAndereInstelling")
        .unwrap()
        .remove("burgerservicenummer")
        .unwrap();
    let code = if school == "25BE" { "1" } else { "3" };
    for (path, value) in [
        (element, number),
        ("inschrijvingvolgnummer", volgnummer),
        ("datumInschrijving", first),
        ("inschrijvingPeriodeBO/datumBegin", first),
        (
            "inschrijvingPeriodeBO/vestigingscode",
            &format!("{school}00"),
        ),
        (
            "inschrijvingPeriodeBO/onderwijsaanbieder",
            &format!("100A00{code}"),
        ),
        (
            "inschrijvingPeriodeBO/onderwijslocatie",
            &format!("100X00{code}"),
        ),
        ("inschrijvingPeriodeBO/leerjaar", "4"),
    ] {
        body.set(path, value).unwrap();
    }
    if let Some(last) = last {
        body.set("datumUitschrijving", last).unwrap();
    }
    body
}

fn send(
    world: &World,
    school: &str,
    number: &str,
    volgnummer: &str,
    days: (&str, Option<&str>),
) -> Antwoord {
    let number = ("burgerservicenummer", number);
    let answer = world.send(school, &enrolment(world, school, number, volgnummer, days));
    assert_eq!(answer.goedgekeurd(), Some(true), "{:?}", answer.signalen());
    answer
}

/// The messages of one kind that arrive, each as `school: fields`.
fn arriving(world: &World, root: &str) -> Vec<String> {
    let all = world.deliver().into_iter();
    all.filter(|one| one.root == root)
        .map(|one| format!("{}: {}", one.school, one.fields))
        .collect()
}

const INFORM: &str = "informerenInschrijving_Request";
const DOUBLE: &str = "informerenDubbeleInschrijving_Request";
const FUNDING: &str = "informerenBekostigingsstatus_Request";

#[test]
fn a_pupil_moves_and_both_schools_hear_of_it() {
    let world = World::at("2026-10-05T08:00:00Z");
    let bsn = synthetic_bsn(1);
    send(&world, "25BE", &bsn, "A1", ("2026-08-01", None));
    assert_eq!(arriving(&world, INFORM), Vec::<String>::new());
    send(
        &world,
        "25BE",
        &bsn,
        "A1",
        ("2026-08-01", Some("2026-10-02")),
    );
    assert_eq!(
        arriving(&world, INFORM),
        [format!(
            "25BE: burgerservicenummer={bsn} inschrijvingvolgnummer=A1 datumUitschrijving=2026-10-02"
        )]
    );
    world.advance(1);
    let answer = send(&world, "00AV", &bsn, "B1", ("2026-10-03", None));
    // On the next day exactly: nothing to say.
    assert!(
        !answer
            .signalen()
            .contains(&format!("MELDING {}", code::AANSLUITING))
    );
    assert_eq!(
        arriving(&world, INFORM),
        [
            format!(
                "25BE: burgerservicenummer={bsn} inschrijvingvolgnummer=A1 instellingscodeAndereInstelling=00AV datumInschrijving=2026-10-03"
            ),
            format!(
                "00AV: burgerservicenummer={bsn} inschrijvingvolgnummer=B1 instellingscodeAndereInstelling=25BE datumUitschrijving=2026-10-02"
            ),
        ]
    );
}

#[test]
fn a_gap_is_a_melding() {
    let world = World::at("2026-10-05T08:00:00Z");
    let bsn = synthetic_bsn(2);
    send(
        &world,
        "25BE",
        &bsn,
        "A1",
        ("2026-08-01", Some("2026-09-25")),
    );
    let answer = send(&world, "00AV", &bsn, "B1", ("2026-10-01", None));
    assert!(
        answer
            .signalen()
            .contains(&format!("MELDING {}", code::AANSLUITING)),
        "{:?}",
        answer.signalen()
    );
}

#[test]
fn an_overlap_is_told_and_can_be_repaired() {
    let world = World::at("2026-10-05T08:00:00Z");
    world.duo.set_meld_dubbele_inschrijving(true);
    let bsn = synthetic_bsn(3);
    send(&world, "25BE", &bsn, "A1", ("2026-08-01", None));
    world.deliver();
    let answer = send(&world, "00AV", &bsn, "B1", ("2026-10-01", None));
    // A signaal stands in the weekly file, not in the answer.
    assert!(
        !answer
            .signalen()
            .iter()
            .any(|signaal| signaal.contains(code::DUBBELE_INSCHRIJVING))
    );
    let weekly = world.duo.state(|state| {
        let lines = state.weekbestand.iter();
        lines
            .filter(|line| line.code == code::DUBBELE_INSCHRIJVING)
            .map(|line| (line.instelling.clone(), line.omschrijving.clone()))
            .collect::<Vec<_>>()
    });
    assert_eq!(weekly.len(), 1);
    assert_eq!(weekly[0].0, "00AV");
    assert!(weekly[0].1.contains("25BE"), "{}", weekly[0].1);
    let told = world.deliver();
    let schools = |root: &str| -> Vec<&str> {
        let of_root = told.iter().filter(|one| one.root == root);
        of_root.map(|one| &*one.school).collect()
    };
    assert_eq!(schools(DOUBLE), ["00AV", "25BE"]);
    // Both are undecided on the teldatum that lies ahead.
    assert_eq!(schools(FUNDING), ["00AV", "25BE"]);
    let repaired = send(
        &world,
        "25BE",
        &bsn,
        "A1",
        ("2026-08-01", Some("2026-09-30")),
    );
    assert_eq!(repaired.goedgekeurd(), Some(true));
    let told = world.deliver();
    let funding: Vec<String> = told
        .iter()
        .filter(|one| one.root == FUNDING)
        .map(|one| format!("{}: {}", one.school, one.fields))
        .collect();
    assert!(told.iter().all(|one| one.root != DOUBLE));
    assert_eq!(funding.len(), 2, "{funding:?}");
    let of = |school: &str| funding.iter().find(|one| one.starts_with(school)).unwrap();
    assert!(of("00AV").contains("teldatum=2027-02-01 bekostigingsstatus=BEKOSTIGBAAR"));
    assert!(of("25BE").contains(code::NIET_INGESCHREVEN));
}

#[test]
fn a_correction_keeps_the_volgnummer_and_replaces_everything() {
    let world = World::at("2026-10-05T08:00:00Z");
    let bsn = synthetic_bsn(4);
    send(
        &world,
        "25BE",
        &bsn,
        "A1",
        ("2026-08-01", Some("2026-10-02")),
    );
    send(&world, "25BE", &bsn, "A1", ("2026-08-24", None));
    let registered = world.duo.state(|state| {
        let all: Vec<_> = state.inschrijvingen.iter().cloned().collect();
        all
    });
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].inschrijving.to_string(), "2026-08-24");
    assert_eq!(registered[0].uitschrijving, None);
    // A new volgnummer for the same first day makes a second one.
    let answer = send(&world, "25BE", &bsn, "A2", ("2026-08-24", None));
    assert!(
        answer
            .signalen()
            .contains(&format!("MELDING {}", code::NIEUW_VOLGNUMMER))
    );
    // The mistake is removed; a second removal finds nothing.
    let remove = || {
        let mut body = world.message("aanleverenVerwijderingInschrijvingBO_Request", "25BE");
        body.remove("onderwijsnummer")
            .unwrap()
            .set("burgerservicenummer", bsn.as_str())
            .unwrap()
            .set("inschrijvingvolgnummer", "A2")
            .unwrap();
        world.send("25BE", &body)
    };
    assert_eq!(remove().goedgekeurd(), Some(true));
    assert_eq!(
        remove().signalen(),
        [format!("FOUTMELDING {}", code::NIET_GEREGISTREERD)]
    );
    let left = world.duo.state(|state| state.inschrijvingen.iter().count());
    assert_eq!(left, 1);
}

#[test]
fn an_onderwijsnummer_is_handed_out_and_replaced_by_a_bsn() {
    let world = World::at("2026-08-20T08:00:00Z");
    let identify = || {
        let body = world.message("aanleverenIdentificerenPersoon_Request", "25BE");
        world.send("25BE", &body).text("onderwijsnummer")
    };
    let number = identify();
    // The same person keeps the number.
    assert_eq!(identify(), number);
    let number = ("onderwijsnummer", &*number);
    let body = enrolment(&world, "25BE", number, "A1", ("2026-08-01", None));
    assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
    world.deliver();
    let bsn = world.duo.replace_number(number.1, None).unwrap();
    assert!(world.duo.replace_number(number.1, None).is_err());
    assert!(world.duo.replace_number("999906183", None).is_err());
    let told = arriving(&world, "informerenPersoonsgegevens_Request");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with(&format!(
        "25BE: onderwijsnummer={} nieuwPersoonsgebondenNummer(burgerservicenummer={bsn})",
        number.1
    )));
    // The overview has the new number, asked for by the old one.
    let mut ask = world.message("opvragenRegistratieoverzicht_Request", "25BE");
    ask.set("onderwijsnummer", number.1).unwrap();
    let overview = world.send("25BE", &ask);
    assert_eq!(
        overview.text("geregistreerdeInschrijving/burgerservicenummer"),
        bsn
    );
    // A message that was queued with the old number is registered all the same.
    let late = enrolment(
        &world,
        "25BE",
        number,
        "A1",
        ("2026-08-01", Some("2026-08-20")),
    );
    let late = world.send("25BE", &late);
    assert!(
        late.signalen()
            .contains(&format!("MELDING {}", code::NUMMER_VERVANGEN)),
        "{:?}",
        late.signalen()
    );
    let registered = world.duo.state(|state| {
        let all = state.inschrijvingen.iter();
        all.map(|one| (one.sleutel.persoon.clone(), one.uitschrijving.is_some()))
            .collect::<Vec<_>>()
    });
    assert_eq!(registered, [(PersoonsgebondenNummer::Bsn(bsn), true)]);
}

#[test]
fn a_second_advice_leaves_the_first() {
    let world = World::at("2026-03-20T09:00:00Z");
    let send = |advies1: bool, advies2: bool| {
        let mut body = world.message("aanleverenAdviesVO_Request", "25BE");
        if !advies1 {
            body.remove("advies1").unwrap();
        }
        if !advies2 {
            body.remove("advies2").unwrap();
        }
        world.send("25BE", &body)
    };
    assert_eq!(send(true, false).goedgekeurd(), Some(true));
    assert_eq!(send(false, true).goedgekeurd(), Some(true));
    let both = world.duo.state(|state| {
        let advies = state.adviezen.iter().next().unwrap();
        (advies.advies1.is_some(), advies.advies2.is_some())
    });
    assert_eq!(both, (true, true));
    let neither = send(false, false);
    assert_eq!(neither.goedgekeurd(), Some(false));
    assert!(
        neither
            .signalen()
            .contains(&"FOUTMELDING 103_advies_ontbreekt".to_string()),
        "{:?}",
        neither.signalen()
    );
}

#[test]
fn funding_follows_the_tlv_and_the_calendar() {
    let world = World::at("2026-08-03T09:00:00Z");
    let body = world.message("aanleverenInschrijvingVSO_Request", "25BE");
    assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
    let first = arriving(&world, FUNDING);
    assert_eq!(first.len(), 1);
    assert!(first[0].contains("teldatum=2027-02-01 bekostigingsstatus=NOG_NIET_BEPAALD"));
    assert!(first[0].contains(code::GEEN_TLV));
    // The samenwerkingsverband registers the verklaring later.
    let mut tlv = world.message("aanleverenTLV_Request", "30ZW");
    for (path, value) in [
        ("burgerservicenummer", "999901138"),
        ("beschikkingsnummer", "2604-25-000871"),
        ("begindatum", "2025-08-01"),
        ("einddatum", "2027-01-31"),
    ] {
        tlv.set(path, value).unwrap();
    }
    assert_eq!(world.send("30ZW", &tlv).goedgekeurd(), Some(true));
    let second = arriving(&world, FUNDING);
    assert_eq!(second.len(), 1);
    assert!(second[0].contains("teldatum=2026-10-01 bekostigingsstatus=BEKOSTIGBAAR"));
    assert!(second[0].contains("teldatum=2027-02-01 bekostigingsstatus=NOG_NIET_BEPAALD"));
    // Nothing changes until the teldatum has come and the verklaring has ended.
    world.advance(100);
    assert_eq!(arriving(&world, FUNDING), Vec::<String>::new());
    world.advance(83);
    let third = arriving(&world, FUNDING);
    assert_eq!(third.len(), 1);
    assert!(third[0].contains("teldatum=2027-02-01 bekostigingsstatus=NIET_BEKOSTIGBAAR"));
}

#[test]
fn the_terugkoppeling_can_come_later() {
    let world = World::at("2026-08-03T09:00:00Z");
    world.duo.set_terugkoppeling(Terugkoppeling::Later);
    let mut body = world.message("aanleverenInschrijvingBO_Request", "25BE");
    body.set("inschrijvingPeriodeBO[4]/leerjaar", "9").unwrap();
    let answer = world.send("25BE", &body);
    assert_eq!(answer.goedgekeurd(), None);
    assert_eq!(answer.text("ontvangstBevestiging"), "J");
    let told = arriving(&world, "verstrekkenTerugkoppeling_Request");
    assert_eq!(told.len(), 1);
    let id = body.root().text_at("identificatiecodeBedrijfsdocument");
    assert!(told[0].contains(id.unwrap()));
    assert!(told[0].contains("requestGoedgekeurd=false"));
    assert!(told[0].contains("046_waardenlijst_fout"));
    // An identification is its answer.
    let identify = world.message("aanleverenIdentificerenPersoon_Request", "25BE");
    let answer = world.send("25BE", &identify);
    assert_eq!(answer.goedgekeurd(), Some(true));
}

#[test]
fn the_weekly_file_names_what_the_last_year_misses() {
    let world = World::at("2026-03-20T09:00:00Z");
    let bsn = "999924059";
    let number = ("burgerservicenummer", bsn);
    let mut body = enrolment(&world, "25BE", number, "A1", ("2025-08-01", None));
    body.set("inschrijvingPeriodeBO/leerjaar", "8").unwrap();
    assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
    let codes = || -> Vec<String> {
        let lines = world.duo.weekbestand("25BE").into_iter();
        lines
            .map(|line| line.code)
            .filter(|code| code.len() == 3)
            .collect()
    };
    // Before the last day of exchange nothing is late.
    assert_eq!(codes(), Vec::<String>::new());
    world.advance(30);
    assert_eq!(codes(), ["166", "168"]);
    assert_eq!(world.duo.weekbestand("00AV"), []);
    for root in [
        "aanleverenAdviesVO_Request",
        "aanleverenToetsresultaat_Request",
    ] {
        let body = world.message(root, "25BE");
        assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
    }
    assert_eq!(codes(), Vec::<String>::new());
}
