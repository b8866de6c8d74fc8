//! What DUO pushes, and what the LAS makes of it.

use std::sync::Arc;

use ketenkeur::counterpart::las::{Entry, State, shipped};
use ketenkeur::counterpart::trigger::{Action, Trigger};
use ketenkeur::counterpart::{Body, Desk, DeskOptions, Part};
use ketenkeur::exchange::TlsFacts;
use ketenkeur::pki::TestPki;
use ketenkeur::transport::{Answer, Handler, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::duo::{DUO, Reaction};
use crate::network::{bodies, judges, received as received_as};
use crate::osr::ROD_PO;
use crate::world::{SCHOOL, World, world};

const NOW: &str = "2026-10-05T04:03:00Z";

/// A push: the example of the pack, as DUO would make it now.
fn push(world: &World, root: &str) -> Body {
    let stamped = world.network.duo.body(root, "25BE");
    let mut body = bodies().example(root).unwrap();
    for name in [
        "identificatiecodeBedrijfsdocument",
        "datumTijdBedrijfsdocument",
    ] {
        body.replace(stamped.root().part(name).unwrap().clone());
    }
    body
}

/// The code in the detail of a fault.
fn fault(response: &Response) -> String {
    assert_eq!(response.status, 500);
    let text = String::from_utf8_lossy(&response.body);
    let (_, rest) = text.split_once("<code>").unwrap();
    rest.split_once("</code>").unwrap().0.to_string()
}

fn notices(world: &World, key: &str) -> Vec<Value> {
    let shown = world.act(Action::Toon, json!({ "leerling": key }));
    shown.data["kennisgevingen"].as_array().unwrap().clone()
}

/// Every push: the pupil it is about, and what the LAS shows after.
#[test]
fn every_push_is_kept_and_confirmed() {
    let world = world(NOW);
    world.confirmed(&push(&world, "informerenBekostigingsstatus_Request"));
    let funding = &world.pupil("L05")["inschrijvingen"][0]["bekostiging"];
    assert_eq!(funding[0]["teldatum"], "2026-10-01");
    assert_eq!(funding[0]["bekostigingsstatus"], "BEKOSTIGBAAR");
    assert_eq!(
        funding[1]["bekostigingssignaal"]["code"],
        "KK-VOORBEELD-TLV"
    );

    world.confirmed(&push(&world, "informerenInschrijving_Request"));
    assert_eq!(
        notices(&world, "L07")[0]["instellingscodeAndereInstelling"],
        "00AV"
    );

    world.confirmed(&push(&world, "informerenDubbeleInschrijving_Request"));
    let double = &notices(&world, "L06")[0];
    assert_eq!(
        double["andereInschrijving"]["datumInschrijving"],
        "2026-08-24"
    );

    world.confirmed(&push(&world, "informerenPersoonsgegevens_Request"));
    let pupil = world.pupil("L04");
    assert_eq!(pupil["burgerservicenummer"], "999930345");
    assert_eq!(pupil.get("onderwijsnummer"), None);
    assert_eq!(pupil["persoon"]["geboortedatum"], "2018-05-14");

    world.confirmed(&push(&world, "verstrekkenTerugkoppeling_Request"));
    assert_eq!(world.las.state().ontvangen.len(), 5);
}

#[test]
fn later_news_counts_whatever_comes_last() {
    let world = world(NOW);
    let early = push(&world, "informerenBekostigingsstatus_Request");
    world.later(10);
    let mut late = push(&world, "informerenBekostigingsstatus_Request");
    late.set(
        "bekostigingsstatusTeldatum[1]/bekostigingsstatus",
        "NIET_BEKOSTIGBAAR",
    )
    .unwrap();
    world.confirmed(&late);
    world.confirmed(&early);
    let funding = &world.pupil("L05")["inschrijvingen"][0]["bekostiging"];
    assert_eq!(funding[0]["bekostigingsstatus"], "NIET_BEKOSTIGBAAR");
}

/// Which of two messages has the lower identification says nothing.
#[test]
fn of_what_was_made_at_one_moment_the_last_received_counts() {
    for statuses in [
        ["BEKOSTIGBAAR", "NIET_BEKOSTIGBAAR"],
        ["NIET_BEKOSTIGBAAR", "BEKOSTIGBAAR"],
    ] {
        let world = world(NOW);
        for status in statuses {
            let mut told = push(&world, "informerenBekostigingsstatus_Request");
            told.set("bekostigingsstatusTeldatum[1]/bekostigingsstatus", status)
                .unwrap();
            world.confirmed(&told);
        }
        let funding = &world.pupil("L05")["inschrijvingen"][0]["bekostiging"];
        assert_eq!(funding[0]["bekostigingsstatus"], statuses[1]);
    }
}

/// A new number is used at once, also in what waits; what went out before
/// goes out again as it was.
#[test]
fn a_bsn_takes_the_place_of_an_onderwijsnummer_in_what_waits() {
    let world = world(NOW);
    world.network.duo.next(Reaction::Broken);
    world.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L04", "groep": "4B"}),
    );
    world.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L04", "groep": "4C"}),
    );
    assert_eq!(world.clean().len(), 1);
    world.confirmed(&push(&world, "informerenPersoonsgegevens_Request"));
    world.later(1);
    let (_, messages) = world.done(Action::OpnieuwVersturen, json!({"leerling": "L04"}));
    assert_eq!(messages[0].text_at("onderwijsnummer"), Some("999942184"));
    assert_eq!(
        messages[1].text_at("burgerservicenummer"),
        Some("999930345")
    );
    let (_, messages) = world.done(
        Action::CorrigeerInschrijving,
        json!({"burgerservicenummer": "999930345"}),
    );
    assert_eq!(
        messages[0].text_at("burgerservicenummer"),
        Some("999930345")
    );
    // The pupil is still found by the old number.
    let (_, messages) = world.done(
        Action::CorrigeerInschrijving,
        json!({"onderwijsnummer": "999942184"}),
    );
    assert_eq!(
        messages[0].text_at("burgerservicenummer"),
        Some("999930345")
    );
}

#[test]
fn the_verdict_may_come_before_the_answer_or_in_its_place() {
    let world = world("2026-08-24T09:00:00Z");
    for (reaction, stand) in [
        (Reaction::Receipt, "ontvangen"),
        (Reaction::Broken, "onbeantwoord"),
    ] {
        world.network.duo.next(reaction);
        world.act(
            Action::CorrigeerInschrijving,
            json!({"leerling": "L01", "groep": "7C"}),
        );
        let document = world.documents("L01").pop().unwrap();
        assert_eq!(document["stand"], stand);
        let mut verdict = push(&world, "verstrekkenTerugkoppeling_Request");
        let id = document["identificatiecodeBedrijfsdocument"]
            .as_str()
            .unwrap();
        verdict
            .set("identificatiecodeAangeleverdBedrijfsdocument", id)
            .unwrap();
        world.confirmed(&verdict);
        let document = world.documents("L01").pop().unwrap();
        assert_eq!(
            (&document["stand"], &document["geregistreerd"]),
            (&json!("beoordeeld"), &json!(false))
        );
        world.later(1);
    }
    // Nothing waits any more.
    world.done(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7A"}),
    );
    // A verdict that came during the exchange is not taken back by the receipt.
    let mut state = world.las.state().clone();
    let judged = state.documenten[0].clone();
    state.apply(&Entry::Beantwoord {
        document: judged.id.clone(),
        stand: ketenkeur::counterpart::las::Stand::Ontvangen,
    });
    assert_eq!(state.documenten[0], judged);
}

#[test]
fn a_push_that_comes_twice_is_confirmed_twice_and_counts_once() {
    let world = world(NOW);
    let body = push(&world, "informerenInschrijving_Request");
    let first = world.confirmed(&body);
    let state = world.las.state().clone();
    world.later(3);
    let again = world.confirmed(&body);
    assert_eq!(*world.las.state(), state);
    let id = |part: &Part| {
        part.text_at("identificatiecodeBedrijfsdocument")
            .unwrap()
            .to_string()
    };
    assert_ne!(id(&first), id(&again));
    // The same bytes once more, too.
    let (request, response) = world.push(&body, None);
    assert_eq!(response.status, 200);
    assert_eq!(world.deliver(&request).status, 200);
    assert_eq!(*world.las.state(), state);
    // Another document under the same identificatiecode is none of it.
    let mut other = body.clone();
    other.set("datumInschrijving", "2026-08-02").unwrap();
    assert_eq!(fault(&world.push(&other, None).1), "INHOUD_ONJUIST");
    assert_eq!(*world.las.state(), state);
}

/// What is refused, and with which fault.
#[test]
fn what_cannot_be_accepted_is_refused_with_a_fault() {
    let world = world(NOW);
    let body = push(&world, "informerenInschrijving_Request");
    for (rule, expected) in [
        ("KK-EK-WB013-WAARDE", "ONDERTEKENING_ONJUIST"),
        ("KK-EK-WB013-DIGEST", "ONDERTEKENING_ONJUIST"),
        ("KK-EK-WB003-ONDERTEKENING", "ONDERTEKENING_ONJUIST"),
        ("KK-EK-WB003-BEVEILIGING", "ONDERTEKENING_ONJUIST"),
        ("KK-EK-WRAP-BODY", "ONDERTEKENING_ONJUIST"),
        ("KK-EK-WA001-MESSAGEID", "ENVELOP_ONJUIST"),
        ("KK-EK-WB002-VERLOPEN", "ONDERTEKENING_ONJUIST"),
    ] {
        assert_eq!(fault(&world.push(&body, Some(rule)).1), expected, "{rule}");
    }
    let mut unknown = push(&world, "informerenInschrijving_Request");
    unknown.set("instellingscode", "99ZZ").unwrap();
    unknown
        .set("instellingscodeAndereInstelling", "25BE")
        .unwrap();
    assert_eq!(
        fault(&world.push(&unknown, None).1),
        "ONDERWIJSINSTELLING_ONBEKEND"
    );
    let mut other = push(&world, "informerenInschrijving_Request");
    other.set("instellingscode", "00AV").unwrap();
    other
        .set("instellingscodeAndereInstelling", "25BE")
        .unwrap();
    assert_eq!(fault(&world.push(&other, None).1), "ENVELOP_ONJUIST");
    let mut invalid = push(&world, "informerenInschrijving_Request");
    invalid.set("datumInschrijving", "1 augustus").unwrap();
    assert_eq!(fault(&world.push(&invalid, None).1), "INHOUD_ONJUIST");
    // The supplier signs what only DUO may say.
    let pki = TestPki::at(world.clock.read()).unwrap();
    let forger = Desk::new(DeskOptions {
        key: Arc::new(pki.signing_key("leverancier").unwrap()),
        clock: world.clock.clone(),
        judges: judges(),
        seed: "vervalser".into(),
        takes: &[],
        defect: Arc::default(),
    });
    let forged = forger.request(DUO, SCHOOL, &body, None).unwrap();
    let response = world.deliver(&forged.to("https://las.example.nl/rod-po"));
    assert_eq!(fault(&response), "ENVELOP_ONJUIST");
    // A question that belongs at DUO.
    let asked = world
        .network
        .duo
        .body("opvragenRegistratieoverzicht_Request", "25BE");
    let asked = forger.request(SCHOOL, DUO, &asked, None).unwrap();
    let response = world.deliver(&asked.to("https://las.example.nl/rod-po"));
    assert_eq!(fault(&response), "BERICHT_ONBEKEND");
    // Without a mandate the supplier has no business with it; when nobody can
    // tell, DUO may try again.
    world.network.osr.withdraw(SCHOOL, ROD_PO);
    assert_eq!(fault(&world.push(&body, None).1), "GEEN_MANDAAT");
    *world.network.osr.down.lock().unwrap() = true;
    assert_eq!(fault(&world.push(&body, None).1), "TECHNISCHE_FOUT");
    assert!(world.las.state().ontvangen.is_empty());
    // Bytes that are no message.
    for bytes in [&b""[..], b"<", b"{}", &[0xFF; 64]] {
        let mut request = forged.to("https://las.example.nl/rod-po");
        request.body = bytes.into();
        assert_eq!(world.deliver(&request).status, 500);
    }
}

#[test]
fn only_its_own_paths_are_served() {
    let world = world(NOW);
    let signed = world.network.duo.desk.request(
        DUO,
        SCHOOL,
        &push(&world, "informerenInschrijving_Request"),
        None,
    );
    let mut request = signed.unwrap().to("https://las.example.nl/elders");
    assert_eq!(world.deliver(&request).status, 404);
    request.url = "https://las.example.nl/rod-po".to_string();
    request.method = "GET".to_string();
    assert_eq!(world.deliver(&request).status, 405);
    request.url = "http://127.0.0.1/trigger".to_string();
    assert_eq!(world.deliver(&request).status, 405);
    request.method = "POST".to_string();
    request.body = b"{".as_slice().into();
    assert_eq!(world.deliver(&request).status, 409);
    request.body = b"{\"action\": \"toon\", \"with\": {\"leerling\": \"L01\"}}"
        .as_slice()
        .into();
    let response = world.deliver(&request);
    assert_eq!(response.status, 200);
    let shown: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        shown["data"]["leerlingen"][0]["burgerservicenummer"],
        "999901102"
    );
}

/// Over TLS only the supplier itself may make its LAS act.
#[test]
fn who_pushes_may_not_trigger() {
    let world = world(NOW);
    let pki = TestPki::at(world.clock.read()).unwrap();
    let trigger = Trigger::new(Action::Toon, serde_json::Map::new());
    let trigger = trigger.request("https://las.example.nl/trigger");
    for (identity, status) in [
        (Some("duo"), 403),
        (Some("fout-zonder-oin"), 403),
        (None, 403),
        (Some("leverancier"), 200),
    ] {
        let mut exchange = received_as(&trigger);
        let peer = identity.map(|identity| pki.certificates(identity).unwrap());
        exchange.tls = Some(Arc::new(TlsFacts {
            version: "TLSv1.3".to_string(),
            suite: "TLS13_AES_256_GCM_SHA384".to_string(),
            server_name: None,
            peer: peer.into_iter().flatten().map(Arc::from).collect(),
            own: None,
            port: 443,
        }));
        let Answer::Response(response) = world.las.answer(Arc::new(exchange)) else {
            panic!("an answer");
        };
        assert_eq!(response.status, status, "{identity:?}");
    }
}

/// Pushes of every kind, some about the same, as the LAS wrote them down.
fn received() -> Vec<Entry> {
    let world = world(NOW);
    for round in 0..2 {
        for root in [
            "informerenBekostigingsstatus_Request",
            "informerenInschrijving_Request",
            "informerenDubbeleInschrijving_Request",
            "informerenPersoonsgegevens_Request",
        ] {
            let mut body = push(&world, root);
            if round == 1 && root.contains("Bekostiging") {
                body.set(
                    "bekostigingsstatusTeldatum[1]/bekostigingsstatus",
                    "NIET_BEKOSTIGBAAR",
                )
                .unwrap();
            }
            if round == 1 && root.contains("Persoons") {
                body.set("persoonsgegevens/achternaam", "Anders").unwrap();
            }
            world.confirmed(&body);
        }
        world.later(5);
    }
    let state = world.las.state();
    state
        .ontvangen
        .values()
        .map(|push| Entry::Ontvangen(Box::new(push.clone())))
        .collect()
}

fn folded(entries: impl IntoIterator<Item = Entry>) -> State {
    let mut state = shipped(0).unwrap();
    for entry in entries {
        state.apply(&entry);
    }
    state
}

#[test]
fn any_interleaving_of_duplicates_gives_the_same_state() {
    let entries = received();
    let once = folded(entries.clone());
    let pupil = &once.leerlingen["L04"];
    assert_eq!(once.nummer_van(pupil).unwrap().digits(), "999930345");
    let name = once.persoon_van(pupil);
    assert!(name.iter().any(|part| part.text() == "Anders"));
    let twice: Vec<Entry> = entries.iter().chain(&entries).cloned().collect();
    let mut runner = proptest::test_runner::TestRunner::default();
    let shuffled = Just(twice).prop_shuffle();
    runner
        .run(&shuffled, |order| {
            let state = folded(order);
            prop_assert!(state == once);
            let pupil = &state.leerlingen["L04"];
            prop_assert_eq!(state.persoon_van(pupil), name.clone());
            let funded = state
                .inschrijvingen
                .values()
                .map(|one| state.bekostiging(one).len());
            prop_assert_eq!(funded.sum::<usize>(), 2);
            Ok(())
        })
        .unwrap();
}
