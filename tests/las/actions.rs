//! What each action sends, and what `check` says of it.

use ketenkeur::counterpart::Part;
use ketenkeur::counterpart::trigger::{Action, Status};
use serde_json::{Value, json};

use crate::duo::Reaction;
use crate::osr::{ROD_PO, VERZUIM};
use crate::world::{SCHOOL, world};

/// The text at a path of the last message.
pub fn text<'a>(messages: &'a [Part], path: &str) -> Option<&'a str> {
    messages.last().unwrap().text_at(path)
}

fn begins(message: &Part) -> Vec<&str> {
    let periods = message.parts().iter();
    let periods = periods.filter(|part| part.name().starts_with("inschrijvingPeriode"));
    periods
        .map(|part| part.text_at("datumBegin").unwrap())
        .collect()
}

/// When, what, with what; the message, and texts at paths in it.
type Sends<'a> = (&'a str, Action, Value, &'a str, &'a [(&'a str, &'a str)]);

/// Every action whose message goes to DUO: when, with what, which message, and
/// what stands in it.
#[test]
fn every_action_sends_a_clean_message() {
    let absence = json!({
        "leerling": "L08", "verzuimsoort": "V3", "begindatum": "2026-09-07", "einddatum": "2026-09-24",
        "vermoedelijkeReden": "Leerling komt op dagen met gym niet naar school.",
        "verzuimdag": [
            { "datum": "2026-09-07", "gemisteUren": 5.5 },
            { "datum": "2026-09-15", "gemisteUren": 5.5 },
            { "datum": "2026-09-24", "gemisteUren": 5.25 },
        ],
    });
    let test = json!({
        "leerling": "L18", "toetscode": "IEP", "afnamedatum": "2026-02-03",
        "resultaat": [
            { "onderdeel": "LEZEN", "referentieniveau": "2F" },
            { "onderdeel": "TAALVERZORGING", "referentieniveau": "1F" },
            { "onderdeel": "REKENEN", "referentieniveau": "1S" },
        ],
        "toetsadvies": "VMBO_GL/TL_TM_HAVO",
    });
    let person = json!({"persoon": {
        "achternaam": "Nieuwkomer", "voornamen": "Proef", "geboortedatum": "2019-02-03", "geslacht": "M",
        "buitenlandsAdres": { "adresregel1": "Proefstraat 9", "landcode": "5010" },
    }});
    let table: &[Sends<'_>] = &[
        (
            "2026-08-03T09:00:00Z",
            Action::Inschrijven,
            json!({"leerling": "L14", "datumInschrijving": "2026-08-01", "leerjaar": 1}),
            "aanleverenInschrijvingBO_Request",
            &[
                ("burgerservicenummer", "999987112"),
                ("inschrijvingvolgnummer", "25BE-2026-0001"),
                ("inschrijvingPeriodeBO/onderwijsaanbieder", "100A001"),
                ("inschrijvingPeriodeBO/groep", "1A"),
            ],
        ),
        (
            "2026-08-03T09:00:00Z",
            Action::Inschrijven,
            json!({"burgerservicenummer": "999909769", "datumInschrijving": "2026-08-01", "leerjaar": 3}),
            "aanleverenInschrijvingBO_Request",
            &[
                ("burgerservicenummer", "999909769"),
                ("datumInschrijving", "2026-08-01"),
            ],
        ),
        (
            "2026-08-03T09:00:00Z",
            Action::Inschrijven,
            json!({"leerling": "L15", "datumInschrijving": "2026-08-01", "onderwijssoort": "SO", "leerjaar": 2,
                   "groep": "Zon", "soortOnderwijs": "DOOF"}),
            "aanleverenInschrijvingSO_Request",
            &[("inschrijvingPeriodeSO/soortOnderwijs", "DOOF")],
        ),
        (
            "2026-08-03T09:00:00Z",
            Action::Inschrijven,
            json!({"leerling": "L15", "datumInschrijving": "2026-08-01", "onderwijssoort": "VSO", "leerjaar": 1,
                   "beschikkingsnummer": "2604-25-000871"}),
            "aanleverenInschrijvingVSO_Request",
            &[(
                "inschrijvingPeriodeVSO/toelaatbaarheidsverklaring/beschikkingsnummer",
                "2604-25-000871",
            )],
        ),
        (
            "2026-07-31T09:00:00Z",
            Action::Uitschrijven,
            json!({"leerling": "L07", "datumUitschrijving": "2026-07-31"}),
            "aanleverenInschrijvingBO_Request",
            &[
                ("inschrijvingvolgnummer", "2023-0102"),
                ("datumUitschrijving", "2026-07-31"),
            ],
        ),
        (
            "2026-08-24T09:00:00Z",
            Action::CorrigeerInschrijving,
            json!({"leerling": "L04", "datumInschrijving": "2026-08-18"}),
            "aanleverenInschrijvingBO_Request",
            &[
                ("onderwijsnummer", "999942184"),
                ("inschrijvingvolgnummer", "2026-0012"),
                ("datumInschrijving", "2026-08-18"),
                ("inschrijvingPeriodeBO/datumBegin", "2026-08-18"),
            ],
        ),
        (
            "2026-08-24T09:00:00Z",
            Action::VerwijderInschrijving,
            json!({"leerling": "L10"}),
            "aanleverenVerwijderingInschrijvingBO_Request",
            &[("inschrijvingvolgnummer", "25BE-2026-00052")],
        ),
        (
            "2027-07-30T09:00:00Z",
            Action::Uitschrijven,
            json!({"leerling": "L11", "datumUitschrijving": "2027-07-31"}),
            "aanleverenInschrijvingSO_Request",
            &[
                ("onderwijsnummer", "999901844"),
                ("datumUitschrijving", "2027-07-31"),
            ],
        ),
        (
            "2026-08-24T09:00:00Z",
            Action::VerwijderInschrijving,
            json!({"leerling": "L22"}),
            "aanleverenVerwijderingInschrijvingVSO_Request",
            &[("onderwijsnummer", "999901881")],
        ),
        (
            "2026-08-24T09:00:00Z",
            Action::VerwijderInschrijving,
            json!({"leerling": "L23"}),
            "aanleverenVerwijderingInschrijvingSO_Request",
            &[("inschrijvingvolgnummer", "SO-000321")],
        ),
        (
            "2026-08-24T09:00:00Z",
            Action::CorrigeerInschrijving,
            json!({"leerling": "L05"}),
            "aanleverenInschrijvingBO_Request",
            &[(
                "inschrijvingPeriodeBO/toelaatbaarheidsverklaring/beschikkingsnummer",
                "280126000417",
            )],
        ),
        (
            "2026-08-20T07:00:00Z",
            Action::Identificeer,
            json!({"leerling": "L16"}),
            "aanleverenIdentificerenPersoon_Request",
            &[("zonderPGN/achternaam", "Onbekend"), ("geslacht", "M")],
        ),
        (
            "2026-08-20T07:00:00Z",
            Action::Identificeer,
            person,
            "aanleverenIdentificerenPersoon_Request",
            &[("zonderPGN/buitenlandsAdres/landcode", "5010")],
        ),
        (
            "2026-08-20T07:00:00Z",
            Action::Identificeer,
            json!({"leerling": "L03"}),
            "aanleverenIdentificerenPersoon_Request",
            &[("metPGN/burgerservicenummer", "999927383")],
        ),
        (
            "2026-01-20T09:00:00Z",
            Action::GeefAdvies,
            json!({"leerling": "L18", "advies": "VMBO_GL/TL"}),
            "aanleverenAdviesVO_Request",
            &[
                ("adviesvolgnummer", "2026A0001"),
                ("adviesjaar", "2026"),
                ("advies1/adviesdatum", "2026-01-20"),
                ("onderwijslocatie", "100X001"),
            ],
        ),
        (
            "2026-02-05T13:00:00Z",
            Action::MeldToetsresultaat,
            test,
            "aanleverenToetsresultaat_Request",
            &[("toetsjaar", "2026"), ("resultaat/onderdeel", "LEZEN")],
        ),
        (
            "2026-09-25T08:00:00Z",
            Action::MeldVerzuim,
            absence,
            "meldenRelatiefVerzuim_Request",
            &[
                ("onderwijsdeelname/leerjaar", "7"),
                ("contactpersoon/telefoon/netnummer", "088"),
                ("verzuimdag/gemisteUren", "5.5"),
            ],
        ),
        (
            "2026-09-25T08:00:00Z",
            Action::HaalVerzuimOp,
            json!({"vanaf": "2026-09-01"}),
            "aanvraagGewijzigdeMeldingen_Request",
            &[("selectieperiode/datumBeginSelectieperiode", "2026-09-01")],
        ),
        (
            "2026-09-15T06:00:00Z",
            Action::HaalRegistratieoverzichtOp,
            json!({"leerling": "L03"}),
            "opvragenRegistratieoverzicht_Request",
            &[("burgerservicenummer", "999927383")],
        ),
        (
            "2026-09-01T05:00:00Z",
            Action::HaalRioOp,
            json!({}),
            "opvragen_onderwijslocatiegebruikVanOrganisatie_request",
            &[("onderwijsbestuurCode", "100B001")],
        ),
    ];
    for (now, action, with, root, expected) in table {
        let world = world(now);
        let (_, messages) = world.done(*action, with.clone());
        assert_eq!(messages.last().unwrap().name(), *root, "{}", action.name());
        for (path, value) in *expected {
            assert_eq!(
                text(&messages, path),
                Some(*value),
                "{} {path}",
                action.name()
            );
        }
    }
}

#[test]
fn an_enrolment_goes_out_whole_and_keeps_its_number() {
    let world = world("2026-08-24T09:00:00Z");
    let (outcome, messages) = world.done(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7B"}),
    );
    assert_eq!(outcome.data["inschrijvingvolgnummer"], "25BE-2023-00417");
    let message = &messages[0];
    assert_eq!(
        begins(message),
        ["2023-08-01", "2024-08-01", "2025-08-01", "2026-08-01"]
    );
    assert_eq!(
        message.text_at("verblijfAndereInstelling/verblijfsoort"),
        Some("SYMBIOSE")
    );
    let groups: Vec<_> = message
        .parts()
        .iter()
        .filter_map(|part| part.text_at("groep"))
        .collect();
    assert_eq!(groups, ["4A", "5A", "6A", "7B"]);

    // What would begin after the last valid day is gone; taken back, the
    // enrolment runs on.
    world.later(1);
    let (_, messages) = world.done(
        Action::Uitschrijven,
        json!({"leerling": "L01", "datumUitschrijving": "2026-07-31"}),
    );
    assert_eq!(
        begins(&messages[0]),
        ["2023-08-01", "2024-08-01", "2025-08-01"]
    );
    world.later(1);
    let (_, messages) = world.done(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "datumUitschrijving": null}),
    );
    assert_eq!(text(&messages, "datumUitschrijving"), None);
    assert_eq!(
        text(&messages, "inschrijvingvolgnummer"),
        Some("25BE-2023-00417")
    );
}

#[test]
fn a_definitief_advice_leaves_the_voorlopig_one() {
    let world = world("2026-01-20T09:00:00Z");
    world.done(
        Action::GeefAdvies,
        json!({"leerling": "L18", "advies": "VMBO_GL/TL"}),
    );
    world.later(60 * 24 * 58);
    let with = json!({"leerling": "L18", "soort": "definitief", "advies": "VMBO_GL/TL_TM_HAVO"});
    let (outcome, messages) = world.done(Action::GeefAdvies, with);
    assert_eq!(outcome.data["adviesvolgnummer"], "2026A0001");
    assert_eq!(text(&messages, "advies1/advies"), Some("VMBO_GL/TL"));
    assert_eq!(
        text(&messages, "advies2/advies"),
        Some("VMBO_GL/TL_TM_HAVO")
    );
    assert_eq!(text(&messages, "advies2/adviesdatum"), Some("2026-03-19"));
    world.later(1);
    let (_, messages) = world.done(Action::VerwijderAdvies, json!({"leerling": "L18"}));
    assert_eq!(text(&messages, "adviesvolgnummer"), Some("2026A0001"));
    assert_eq!(world.pupil("L18")["adviezen"], json!([]));
}

#[test]
fn what_duo_says_of_a_record_is_kept() {
    for (reaction, registered) in [
        (None, true),
        (Some(Reaction::Signal("MELDING")), true),
        (Some(Reaction::Signal("SIGNAAL")), true),
        (Some(Reaction::Reject), false),
    ] {
        let world = world("2026-08-03T09:00:00Z");
        if let Some(reaction) = reaction {
            world.network.duo.next(reaction);
        }
        let with = json!({"leerling": "L14", "datumInschrijving": "2026-08-01"});
        let (outcome, _) = world.done(Action::Inschrijven, with);
        assert_eq!(outcome.data["geregistreerd"], registered, "{reaction:?}");
        let enrolment = &world.pupil("L14")["inschrijvingen"][0];
        assert_eq!(enrolment["geregistreerd"], registered, "{reaction:?}");
        let signals = enrolment["signalen"].as_array().unwrap();
        assert_eq!(signals.len(), usize::from(reaction.is_some()));
        // A removal that DUO refuses leaves the record.
        if registered {
            world.network.duo.next(Reaction::Reject);
            world.done(Action::VerwijderInschrijving, json!({"leerling": "L14"}));
            assert_eq!(
                world.pupil("L14")["inschrijvingen"]
                    .as_array()
                    .unwrap()
                    .len(),
                1
            );
            world.later(1);
            world.done(Action::VerwijderInschrijving, json!({"leerling": "L14"}));
            assert_eq!(world.pupil("L14")["inschrijvingen"], json!([]));
        }
    }
}

#[test]
fn an_identified_pupil_has_the_number_that_duo_gave() {
    let world = world("2026-08-20T07:00:00Z");
    let (outcome, _) = world.done(Action::Identificeer, json!({"leerling": "L17"}));
    assert_eq!(outcome.data["onderwijsnummer"], "999935593");
    let with = json!({"leerling": "L17", "datumInschrijving": "2026-08-17", "leerjaar": 3});
    let (_, messages) = world.done(Action::Inschrijven, with);
    assert_eq!(text(&messages, "onderwijsnummer"), Some("999935593"));
    world.network.duo.next(Reaction::Identified("999980841"));
    world.later(1);
    let (outcome, messages) = world.done(Action::Identificeer, json!({"leerling": "L17"}));
    assert_eq!(text(&messages, "huidigOnderwijsnummer"), Some("999935593"));
    assert_eq!(outcome.data["burgerservicenummer"], "999980841");
    assert_eq!(world.pupil("L17")["burgerservicenummer"], "999980841");
}

/// The answers that a LAS must not believe, and what becomes of the document.
#[test]
fn an_answer_is_believed_only_when_all_of_it_holds() {
    for (reaction, reden, stand) in [
        (
            Reaction::Wrong("KK-EK-WB013-WAARDE"),
            "antwoord-onjuist",
            "onbeantwoord",
        ),
        (
            Reaction::Wrong("KK-EK-WB013-DIGEST"),
            "antwoord-onjuist",
            "onbeantwoord",
        ),
        (
            Reaction::Wrong("KK-EK-WB003-ONDERTEKENING"),
            "antwoord-onjuist",
            "onbeantwoord",
        ),
        (
            Reaction::Wrong("KK-EK-WB004-BODY"),
            "antwoord-onjuist",
            "onbeantwoord",
        ),
        (
            Reaction::Wrong("KK-EK-WA001-RELATESTO"),
            "antwoord-onjuist",
            "onbeantwoord",
        ),
        (Reaction::Unrelated, "antwoord-onjuist", "onbeantwoord"),
        (Reaction::OtherOperation, "antwoord-onjuist", "onbeantwoord"),
        (Reaction::WrongContent, "antwoord-onjuist", "onbeantwoord"),
        (Reaction::Broken, "geen-antwoord", "onbeantwoord"),
        (Reaction::Fault, "fout", "onbeantwoord"),
        (Reaction::NoMandate, "fout", "afgewezen"),
    ] {
        let world = world("2026-08-03T09:00:00Z");
        world.network.duo.next(reaction);
        let with = json!({"leerling": "L14", "datumInschrijving": "2026-08-01"});
        let ended = world.ends(Action::Inschrijven, with);
        assert_eq!(ended, (Status::Failed, reden.to_string()), "{reaction:?}");
        assert_eq!(world.documents("L14")[0]["stand"], stand, "{reaction:?}");
        let enrolment = &world.pupil("L14")["inschrijvingen"][0];
        assert_eq!(enrolment.get("geregistreerd"), None, "{reaction:?}");
    }
}

/// What a conforming LAS does not do, and that it sends nothing then.
#[test]
fn what_makes_no_sense_is_refused() {
    let table = [
        (Action::Inschrijven, json!({"leerling": "L99"}), "onbekend"),
        (Action::Inschrijven, json!({}), "trigger"),
        (
            Action::Inschrijven,
            json!({"leerling": "L14", "klas": 1}),
            "trigger",
        ),
        (
            Action::Inschrijven,
            json!({"leerling": "L14", "datumInschrijving": "morgen"}),
            "trigger",
        ),
        (Action::Inschrijven, json!({"leerling": "L01"}), "bestaat"),
        (
            Action::Inschrijven,
            json!({"leerling": "L14", "instellingscode": "99ZZ"}),
            "onbekend",
        ),
        (
            Action::Inschrijven,
            json!({"leerling": "L14", "onderwijsaanbieder": "999A999"}),
            "rio",
        ),
        (
            Action::Inschrijven,
            json!({"leerling": "L14", "vestigingscode": "25BE01"}),
            "rio",
        ),
        (Action::Uitschrijven, json!({"leerling": "L14"}), "onbekend"),
        (
            Action::Uitschrijven,
            json!({"leerling": "L10", "datumUitschrijving": "2026-07-31"}),
            "trigger",
        ),
        (
            Action::Uitschrijven,
            json!({"burgerservicenummer": "999909769"}),
            "onbekend",
        ),
        (Action::GeefAdvies, json!({"leerling": "L18"}), "trigger"),
        (
            Action::GeefAdvies,
            json!({"leerling": "L14", "advies": "HAVO"}),
            "onbekend",
        ),
        (
            Action::VerwijderAdvies,
            json!({"leerling": "L18"}),
            "onbekend",
        ),
        (
            Action::WijzigVerzuim,
            json!({"meldingsnummer": "1", "einddatum": "2026-08-01"}),
            "onbekend",
        ),
        (
            Action::TrekVerzuimIn,
            json!({"leerling": "L08"}),
            "onbekend",
        ),
        (
            Action::VerplaatsEndpoint,
            json!({"url": "https://las.example.nl/x"}),
            "onbekend",
        ),
        (Action::VraagMandaatOp, json!({"dienst": "OSO"}), "trigger"),
    ];
    let world = world("2026-08-24T09:00:00Z");
    for (action, with, reden) in table {
        let before = world.las.state().clone();
        let ended = world.ends(action, with.clone());
        assert_eq!(
            ended,
            (Status::Refused, reden.to_string()),
            "{} {with}",
            action.name()
        );
        assert_eq!(world.network.taken(), [], "{} {with}", action.name());
        let mut after = world.las.state().clone();
        after.mandaten.clone_from(&before.mandaten);
        assert_eq!(after, before, "{} {with}", action.name());
    }
}

#[test]
fn without_a_mandate_nothing_goes_out() {
    let world = world("2026-08-24T09:00:00Z");
    world.network.osr.withdraw(SCHOOL, ROD_PO);
    world.network.osr.withdraw(SCHOOL, VERZUIM);
    let before = world.las.state().documenten.len();
    for (action, with) in [
        (Action::Inschrijven, json!({"leerling": "L14"})),
        (Action::CorrigeerInschrijving, json!({"leerling": "L01"})),
        (Action::HaalRegistratieoverzichtOp, json!({})),
        (Action::HaalVerzuimOp, json!({})),
        (
            Action::MeldVerzuim,
            json!({"leerling": "L08", "verzuimsoort": "L", "vermoedelijkeReden": "Vakantie."}),
        ),
        (Action::RegistreerEndpoint, json!({})),
    ] {
        let ended = world.ends(action, with);
        assert_eq!(
            ended,
            (Status::Refused, "geen-mandaat".to_string()),
            "{}",
            action.name()
        );
    }
    assert_eq!(world.network.taken(), []);
    assert_eq!(world.las.state().documenten.len(), before);
    // It is asked each time: given again, it works at once.
    world.network.osr.withdrawn.lock().unwrap().clear();
    world.done(Action::CorrigeerInschrijving, json!({"leerling": "L01"}));
    // An OSR that does not answer gives no mandate.
    *world.network.osr.down.lock().unwrap() = true;
    let ended = world.ends(Action::CorrigeerInschrijving, json!({"leerling": "L01"}));
    assert_eq!(ended, (Status::Failed, "geen-antwoord".to_string()));
}

#[test]
fn codes_come_from_rio() {
    let world = world("2026-09-01T05:00:00Z");
    let (outcome, messages) = world.done(Action::HaalRioOp, json!({}));
    assert_eq!(messages.len(), 2);
    assert_eq!(outcome.data["onderwijsaanbieders"][1]["code"], "100A002");
    let with =
        json!({"leerling": "L14", "onderwijsaanbieder": "100A002", "onderwijslocatie": "100X002"});
    let (_, messages) = world.done(Action::Inschrijven, with);
    assert_eq!(
        text(&messages, "inschrijvingPeriodeBO/onderwijslocatie"),
        Some("100X002")
    );
}

#[test]
fn the_overview_is_compared() {
    let world = world("2026-09-15T06:00:00Z");
    let (outcome, _) = world.done(
        Action::HaalRegistratieoverzichtOp,
        json!({"leerling": "L03"}),
    );
    assert_eq!(
        outcome.data["verschillen"],
        json!([{
            "leerling": "L03", "inschrijvingvolgnummer": "2022-0007",
            "verschil": "ontbreekt bij DUO", "gegevens": [],
        }])
    );
}

#[test]
fn unknown_actions_and_moments() {
    let world = world("2026-09-15T06:00:00Z");
    let mut trigger =
        ketenkeur::counterpart::trigger::Trigger::new(Action::Toon, Default::default());
    trigger.now = Some("2026-09-16T06:00:00Z".parse().unwrap());
    assert_eq!(world.las.trigger(&trigger).status, Status::Done);
    assert_eq!(world.clock.now(), trigger.now.unwrap());
    trigger.now = Some("2026-09-15T06:00:00Z".parse().unwrap());
    assert_eq!(world.las.trigger(&trigger).status, Status::Refused);
    trigger.action = "koffie-zetten".to_string();
    trigger.now = None;
    assert_eq!(world.las.trigger(&trigger).status, Status::Unsupported);
}
