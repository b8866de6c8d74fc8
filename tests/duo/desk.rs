//! What the desk accepts, what it refuses, and that its answers hold.

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::{Reason, Received};
use ketenkeur::edukoppeling::Breakable;
use ketenkeur::exchange::Exchange;
use ketenkeur::finding::Class;

use crate::support::{DUO, SCHOOL, arrived, desk, example, moment, returned};

const ROOT: &str = "aanleverenInschrijvingBO_Request";
const TO_DUO: &[&str] = &["las-duo"];
const TO_LAS: &[&str] = &["duo-las"];

fn clock() -> RunningClock {
    RunningClock::standing_at(moment("2026-08-03T09:00:00.417Z"))
}

#[test]
fn a_signed_request_is_accepted_and_answered() {
    let clock = clock();
    let (las, duo) = (
        desk("leverancier", &clock, TO_LAS),
        desk("duo", &clock, TO_DUO),
    );
    let body = example(ROOT, "1", clock.now());
    let request = las.request(SCHOOL, DUO, &body, None).unwrap();
    let request = arrived(&request.to("https://duo.ketenkeur.invalid/"));
    let received: Received = duo.receive(&request).unwrap();
    assert_eq!(received.root(), ROOT);
    assert_eq!(received.supplier, las.oin());
    assert_eq!(received.school().as_deref(), Some(SCHOOL));
    assert_eq!(received.of_class(Class::Foutmelding).count(), 0);
    let mut answer = example("aanleverenInschrijvingBO_Response", "2", clock.now());
    answer.remove("signaal").unwrap();
    let response = duo.answer(&received, DUO, &answer, None).unwrap();
    let answered = las.receive_answer(&returned(&response, request)).unwrap();
    assert_eq!(answered.remarks, []);
    assert_eq!(answered.body().flag("requestGoedgekeurd"), Some(true));
}

#[test]
fn the_same_seed_and_moment_give_the_same_bytes() {
    let make = || {
        let clock = clock();
        let las = desk("leverancier", &clock, TO_LAS);
        let body = example(ROOT, "1", clock.now());
        las.request(SCHOOL, DUO, &body, None).unwrap()
    };
    assert_eq!(make(), make());
}

#[test]
fn whatever_breaks_envelope_or_signature_is_refused() {
    let clock = clock();
    let (las, duo) = (
        desk("leverancier", &clock, TO_LAS),
        desk("duo", &clock, TO_DUO),
    );
    let body = example(ROOT, "1", clock.now());
    let mut refused = Vec::new();
    for (rule, how) in ketenkeur::edukoppeling::breakable() {
        if !matches!(how, Breakable::InRequests | Breakable::InBoth) {
            continue;
        }
        let request = las.request(SCHOOL, DUO, &body, Some(rule)).unwrap();
        let request = arrived(&request.to("https://duo.ketenkeur.invalid/"));
        refused.push(match duo.receive(&request) {
            Ok(received) => {
                let said: Vec<_> = received
                    .remarks
                    .iter()
                    .map(|remark| (&*remark.code, remark.class))
                    .collect();
                format!("{rule}: accepted {said:?}")
            }
            Err(fault) => format!("{rule}: {:?}", fault.reason),
        });
    }
    insta::assert_snapshot!(refused.join("\n"));
}

/// An enquiry needs no `wsa:From`: the body says who asks.
#[test]
fn an_enquiry_without_from_is_answered() {
    let clock = RunningClock::standing_at(moment("2026-10-06T05:00:01Z"));
    let las = desk("leverancier", &clock, TO_LAS);
    let duo = desk("duo", &clock, &["las-duo", "las-rio"]);
    for root in [
        "opvragen_onderwijsaanbieder_request",
        "opvragenRegistratieoverzicht_Request",
        "aanvraagGewijzigdeMeldingen_Request",
    ] {
        let body = example(root, "1", clock.now());
        let without = Some("KK-EK-WA001-FROM");
        let request = las.request(SCHOOL, DUO, &body, without).unwrap();
        let request = arrived(&request.to("https://duo.ketenkeur.invalid/"));
        let received = duo.receive(&request).unwrap();
        assert_eq!(received.facts.from, None);
        assert_eq!(received.school().as_deref(), Some(SCHOOL), "{root}");
    }
}

#[test]
fn wrong_certificates_are_refused() {
    let clock = clock();
    let duo = desk("duo", &clock, TO_DUO);
    for identity in [
        "fout-verlopen",
        "fout-nog-niet-geldig",
        "fout-ingetrokken",
        "fout-andere-root",
        "fout-zonder-oin",
        "fout-vorm-oin",
        "fout-sleutelgebruik",
    ] {
        let las = desk(identity, &clock, TO_LAS);
        let request = las
            .request(SCHOOL, DUO, &example(ROOT, "1", clock.now()), None)
            .unwrap();
        let request = arrived(&request.to("https://duo.ketenkeur.invalid/"));
        let fault = duo.receive(&request).expect_err(identity);
        assert_eq!(fault.reason, Reason::Certificate, "{identity}");
        assert!(!fault.to_xml().contains("999901102"));
    }
}

#[test]
fn what_is_no_message_for_this_desk_is_refused() {
    let clock = clock();
    let (las, duo) = (
        desk("leverancier", &clock, TO_LAS),
        desk("duo", &clock, TO_DUO),
    );
    for (bytes, reason) in [
        (&b""[..], Reason::Malformed),
        (b"geen xml", Reason::Malformed),
        (b"<a><b></a>", Reason::Malformed),
        (b"{\"a\": 1}", Reason::Malformed),
        (
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            Reason::Malformed,
        ),
        (
            b"<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'/>",
            Reason::Malformed,
        ),
    ] {
        let fault = duo.receive(&Exchange::bare(bytes)).unwrap_err();
        assert_eq!(fault.reason, reason, "{}", String::from_utf8_lossy(bytes));
    }
    // A bare body has no envelope.
    let bare = example(ROOT, "1", clock.now()).to_xml();
    let fault = duo.receive(&Exchange::bare(bare.into_bytes())).unwrap_err();
    assert_eq!(fault.reason, Reason::Malformed);
    // A message of the other direction, rightly signed.
    let body = example("informerenInschrijving_Request", "1", clock.now());
    let request = las.request(SCHOOL, DUO, &body, None).unwrap();
    let request = arrived(&request.to("https://duo.ketenkeur.invalid/"));
    assert!(duo.receive(&request).is_err());
}
