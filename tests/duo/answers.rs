//! Every operation, message in and answer out: the answer is valid, signed and
//! what the register says.

use ketenkeur::counterpart::Reading;
use ketenkeur::document::{Document, Gated};
use ketenkeur::facts::synthetic_onderwijsnummer;
use ketenkeur::pack::Part;

use crate::support::{BODIES, World, fields};

/// The example of every request that DUO takes, one after the other at one
/// DUO, as they happen in time.
#[test]
fn every_example_is_answered() {
    let store = BODIES.store();
    let mut examples: Vec<(String, &str)> = store
        .messages()
        .filter(|(_, message)| message.part == Part::Request)
        .filter(|(_, message)| {
            let direction = message.direction.as_deref().unwrap_or_default();
            ["las-duo", "swv-duo", "las-rio"].contains(&direction)
        })
        .map(|(_, message)| {
            let at = message.example_at.unwrap().0.to_string();
            (at, message.root.as_deref().unwrap())
        })
        .collect();
    examples.sort();
    assert!(examples.len() >= 20, "{}", examples.len());
    let world = World::at("2026-01-01T00:00:00Z");
    let mut said = Vec::new();
    for (at, root) in examples {
        let now = world.clock.now();
        let at: jiff::Timestamp = at.parse().unwrap();
        assert!(world.clock.advance(at.duration_since(now)));
        let school = if root == "aanleverenTLV_Request" {
            "30ZW"
        } else {
            "25BE"
        };
        let answer = world.send(school, &world.message(root, school));
        said.push(format!("{root}: {}", fields(answer.received.body())));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_resent_document_gets_the_same_answer_and_is_registered_once() {
    let world = World::at("2026-08-03T09:00:00Z");
    let body = world.message("aanleverenInschrijvingBO_Request", "25BE");
    let first = world.send("25BE", &body);
    let pushes = world.duo.state(|state| state.outbox.waiting().count());
    // Later and signed anew, the same document.
    world.advance(1);
    let again = world.send("25BE", &body);
    let id = "identificatiecodeBedrijfsdocument";
    assert_eq!(first.text(id), again.text(id));
    assert_eq!(
        first.text("datumTijdBedrijfsdocument"),
        again.text("datumTijdBedrijfsdocument")
    );
    assert_eq!(
        world.duo.state(|state| state.outbox.waiting().count()),
        pushes
    );
    // The same identificatiecode with other content.
    let mut other = body.clone();
    other.set("datumUitschrijving", "2027-07-31").unwrap();
    let refused = world.send("25BE", &other);
    assert_eq!(refused.goedgekeurd(), Some(false));
    assert_eq!(
        refused.signalen(),
        ["FOUTMELDING KK-DUO-DOCUMENT-HERGEBRUIKT"]
    );
    let left = world
        .duo
        .state(|state| state.inschrijvingen.iter().next().unwrap().uitschrijving);
    assert_eq!(left, None);
    // And the first one still is what it was.
    assert_eq!(world.send("25BE", &body).text(id), first.text(id));
}

#[test]
fn a_foutmelding_keeps_a_document_out_of_the_register() {
    let world = World::at("2026-08-03T09:00:00Z");
    for (path, value, code) in [
        (
            "inschrijvingPeriodeBO[4]/leerjaar",
            "9",
            "046_waardenlijst_fout",
        ),
        ("burgerservicenummer", "999901103", "KK-PGN-BSN"),
        ("datumUitschrijving", "2022-01-01", "KK-INS-UITSCHRIJFDATUM"),
        (
            "burgerservicenummer",
            "123456782",
            "KK-DUO-PERSOON-ONBEKEND",
        ),
        ("datumInschrijving", "geen datum", "KK-XSD-"),
    ] {
        let mut body = world.message("aanleverenInschrijvingBO_Request", "25BE");
        body.set(path, value).unwrap();
        let answer = world.send("25BE", &body);
        assert_eq!(answer.goedgekeurd(), Some(false), "{code}");
        let signalen = answer.signalen();
        assert!(
            signalen.iter().any(|signaal| signaal.contains(code)),
            "{code}: {signalen:?}"
        );
        let keys = answer.received.body();
        let keys = keys.first("signaal").unwrap().all("sleutelgegeven").count();
        assert!(keys >= 1);
    }
    let count = world.duo.state(|state| state.inschrijvingen.iter().count());
    assert_eq!(count, 0);
}

#[test]
fn removals_of_what_is_not_there_and_unknown_persons_are_refused() {
    let world = World::at("2026-08-24T08:00:00Z");
    let never = synthetic_onderwijsnummer(42);
    for (root, edits, code) in [
        (
            "aanleverenVerwijderingInschrijvingBO_Request",
            &[("inschrijvingvolgnummer", "bestaat-niet")],
            "KK-DUO-NIET-GEREGISTREERD",
        ),
        (
            "aanleverenVerwijderingAdviesVO_Request",
            &[("adviesvolgnummer", "2026A9999")],
            "KK-DUO-NIET-GEREGISTREERD",
        ),
        (
            "aanleverenVerwijderingAdviesVO_Request",
            &[("onderwijsnummer", &*never)],
            "KK-DUO-PERSOON-ONBEKEND",
        ),
        (
            "intrekkenMeldingRelatiefVerzuim_Request",
            &[("meldingsnummer", "1")],
            "KK-DUO-NIET-GEREGISTREERD",
        ),
        (
            "opvragen_onderwijsaanbieder_request",
            &[("onderwijsaanbiedercode", "999A999")],
            "KK-DUO-RIO-ONBEKEND",
        ),
    ] {
        let mut body = world.message(root, "25BE");
        for (path, value) in edits {
            body.set(path, *value).unwrap();
        }
        let answer = world.send("25BE", &body);
        assert_eq!(answer.signalen(), [format!("FOUTMELDING {code}")], "{root}");
    }
}

#[test]
fn without_a_mandate_nothing_is_looked_at() {
    let world = World::at("2026-10-06T09:00:00Z");
    let school = "0000000700025BE00000";
    let rod = "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1";
    let verzuim = "urn:ketenkeur:reconstructie:osr:dienstversie:Verzuim:1";
    let enrolment = world.message("aanleverenInschrijvingBO_Request", "25BE");
    let absence = world.message("aanvraagGewijzigdeMeldingen_Request", "25BE");
    let withdraw = |service: &str| {
        *world.osr.withdrawn.lock().unwrap() = vec![(school.to_string(), service.to_string())];
    };
    withdraw(rod);
    assert_eq!(world.refused("25BE", &enrolment), "GEEN_MANDAAT");
    assert_eq!(world.send("25BE", &absence).goedgekeurd(), Some(true));
    withdraw(verzuim);
    assert_eq!(world.send("25BE", &enrolment).goedgekeurd(), Some(true));
    assert_eq!(world.refused("25BE", &absence), "GEEN_MANDAAT");
    // Another school's mandate is another mandate.
    let other = world.message("aanvraagGewijzigdeMeldingen_Request", "00AV");
    assert_eq!(world.send("00AV", &other).goedgekeurd(), Some(true));
    // An OSR that does not answer is no refusal for ever.
    world
        .osr
        .silent
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(world.refused("25BE", &enrolment), "TECHNISCHE_FOUT");
    let asked = world.osr.asked.lock().unwrap();
    assert_eq!(asked.len(), 5);
    assert!(
        asked
            .iter()
            .all(|asked| asked.starts_with("00000007000") && asked.contains(" 0000000"))
    );
}

#[test]
fn nobody_delivers_in_the_name_of_another_institution() {
    let world = World::at("2026-06-11T12:00:00Z");
    for root in ["aanleverenTLV_Request", "aanleverenAdviesVO_Request"] {
        let body = world.message(root, "25BE");
        assert_eq!(world.refused("30ZW", &body), "ENVELOP_ONJUIST", "{root}");
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let run = || {
        let world = World::at("2026-08-03T09:00:00Z");
        let body = world.message("aanleverenInschrijvingBO_Request", "25BE");
        let answer = world.respond(&world.request("25BE", &body));
        let pushes: Vec<String> = world.duo.state(|state| {
            let waiting = state.outbox.waiting();
            waiting.map(|(push, _)| push.xml.clone()).collect()
        });
        (answer, pushes)
    };
    assert!(run() == run());
}

/// What cannot be read gets a fault, never a panic, and no personal data.
#[test]
fn nonsense_gets_a_fault() {
    let world = World::at("2026-08-03T09:00:00Z");
    let body = world.message("aanleverenInschrijvingBO_Request", "25BE");
    let good = world.request("25BE", &body);
    for cut in [0, 10, 500, good.body.len() - 5] {
        let mut exchange = good.clone();
        exchange.body = good.body[..cut].into();
        let response = world.respond(&exchange);
        assert_eq!(response.status, 500);
        let fault = Document::from_xml(Gated::xml(&response.body).unwrap()).unwrap();
        let root = Reading::of(&fault, fault.root_element());
        assert!(root.first("Body/Fault/faultcode").is_some());
        assert!(!String::from_utf8_lossy(&response.body).contains("999901102"));
    }
}
