//! An address in the target file at which nobody is, or somebody else: what is
//! said names the address, the key of the target file, and what is the matter.

use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::trigger::Action;
use ketenkeur::exchange::Exchange;
use ketenkeur::scenario::{Action as Step, Library};
use ketenkeur::transport::{Answer, Handler, Response, Server, ServerOptions};
use serde_json::Value;

use crate::elsewhere::verifies;
use crate::las::{free, start};
use crate::target::{ketenkeur, las_process, run, said, target, with_clock};

/// Answers the first so many requests with what it was sent, and the others
/// with a status.
struct Echo(AtomicUsize, u16);

impl Handler for Echo {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let left = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match left {
            Ok(_) => Response::new(200, "application/json", request.body.to_vec()).into(),
            Err(_) => Response::empty(self.1).into(),
        }
    }
}

/// A clock that is set as often as that, and answers with a status from then on.
fn clock(times: usize, status: u16) -> Server {
    let options = ServerOptions::new(RunningClock::system());
    Server::start(options, Arc::new(Echo(times.into(), status))).unwrap()
}

/// What a run said, without its lines.
fn words(output: &Output) -> String {
    let said = said(output);
    let words = said.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// The codes of the findings of the first scenario.
fn codes(report: &Value) -> Vec<&str> {
    let findings = report["scenarios"][0]["findings"].as_array().unwrap();
    let codes = findings.iter().map(|one| &one["finding"]["code"]);
    codes.filter_map(Value::as_str).collect()
}

#[test]
fn a_clock_that_is_not_set_is_named_with_its_key_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let (_las, urls) = las_process(duo, osr, &["--now", "2026-08-24T07:40:00Z"]);
    let (gone, lost, breaks) = (free(), clock(0, 404), clock(1, 500));
    let another = clock(1000, 500);
    let of = |server: &Server| server.url("127.0.0.1", "/klok");
    for (url, id, code, parts) in [
        (
            format!("http://{gone}/clock"),
            "osr-h2m-las-mandaat",
            3,
            &["nobody listens at that address"][..],
        ),
        (
            of(&lost),
            "osr-h2m-las-mandaat",
            1,
            &["no moment of a clock", "(HTTP status 404)"],
        ),
        // It follows at the beginning, and no more when the scenario moves it.
        (
            of(&breaks),
            "osr-m2m-las-zonder-mandaat",
            1,
            &["no moment of a clock", "(HTTP status 500)"],
        ),
        // The clock of somebody else does all that is asked, and the LAS goes by its own.
        (
            of(&another),
            "po-inwinnen-las-inschrijven",
            1,
            &["not the clock of the LAS"],
        ),
        // What triggers are sent to is a clock no more than a page is.
        (
            urls[1].clone(),
            "osr-h2m-las-mandaat",
            1,
            &["no moment of a clock"],
        ),
    ] {
        let file = with_clock(&urls, &url, duo, osr);
        let (output, report) = run(folder.path(), &file, &[&format!("--id={id}")]);
        let told = words(&output);
        assert_eq!(output.status.code(), Some(code), "{url}: {told}");
        assert_eq!(codes(&report), ["KK-SC-KLOK"], "{told}");
        for part in parts
            .iter()
            .chain(&[&*url, "under-test.las.clock", "target check"])
        {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}

/// A LAS that looks for us where nobody is: that nobody called us is said, with
/// where that was and what to compare.
#[test]
fn that_nobody_called_our_duo_or_osr_is_said_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    for (duo_moved, osr_moved, uncalled) in [
        (false, false, &[][..]),
        (true, false, &["duo"]),
        (false, true, &["osr"]),
        // Who gets no answer of the OSR calls no DUO yet.
        (true, true, &["osr"]),
    ] {
        let (duo, osr) = (free(), free());
        let moved = |address, moved| if moved { free() } else { address };
        let (at_duo, at_osr) = (moved(duo, duo_moved), moved(osr, osr_moved));
        let las = start(duo, osr);
        let file = target(&las.endpoint, &las.trigger, at_duo, at_osr);
        let id = "--id=po-inwinnen-las-inschrijven";
        let (output, report) = run(folder.path(), &file, &[id, "--out=bewijs"]);
        let told = words(&output);
        let expected = if uncalled.is_empty() { 0 } else { 3 };
        assert_eq!(output.status.code(), Some(expected), "{told}");
        let said = |code: &str| codes(&report).iter().filter(|one| **one == code).count();
        assert_eq!(said("KK-SC-NIET-GEBELD"), uncalled.len(), "{told}");
        // What a connection broke is counted by itself.
        let (fails, breaks) = ("1 does not conform", "1 connection failed");
        assert_eq!(told.contains(breaks), !uncalled.is_empty(), "{told}");
        assert!(!told.contains(fails), "{told}");
        for party in uncalled {
            let port = if *party == "duo" { at_duo } else { at_osr }.port();
            let path = if *party == "duo" { "/duo" } else { "" };
            let url =
                format!("{party} of ketenkeur at https://{party}.ketenkeur.invalid:{port}{path},");
            let keys = format!("plays.{party}.listen and plays.{party}.public-url");
            for part in [&url, &keys] {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
        // The LAS says whom it did not reach: the host and port of that are no
        // personal data, and all other words are masked.
        if let Some(party) = uncalled.last() {
            let port = if *party == "duo" { duo } else { osr }.port();
            let shown = format!(" **** {party}.ketenkeur.invalid:{port} *** ");
            assert!(told.contains(&shown), "{shown}: {told}");
        }
        verifies(folder.path());
        std::fs::remove_dir_all(folder.path().join("bewijs")).unwrap();
    }
}

/// A LAS that cannot reach DUO passes nothing in which it deals with DUO, also not
/// where it has to leave that alone: it could do nothing else. And what an action
/// that failed cannot have sent is not waited for.
#[test]
fn a_las_that_reaches_no_duo_passes_nothing_in_which_it_deals_with_duo() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let (_las, urls) = las_process(duo, osr, &["--now", "2026-08-24T07:40:00Z"]);
    let file = with_clock(&urls, &urls[2], free(), osr)
        .replace("koppeling-verzuim: no", "koppeling-verzuim: yes");
    let (output, report) = run(folder.path(), &file, &["--out=bewijs"]);
    let told = words(&output);
    assert_eq!(output.status.code(), Some(3));
    let without_duo = [
        Action::RegistreerEndpoint,
        Action::VerplaatsEndpoint,
        Action::VraagMandaatOp,
        Action::LaadBegingegevens,
        Action::Herstart,
        Action::Toon,
    ];
    let scenarios = report["scenarios"].as_array().unwrap();
    let of_las = scenarios.iter().filter(|one| one["subject"] == "las");
    let (passed, open): (Vec<_>, Vec<_>) = of_las.partition(|one| one["verdict"] == "pass");
    assert!(passed.len() > 30 && open.len() > 90);
    for one in passed {
        let id = one["scenario"].as_str().unwrap();
        let scenario = Library::shipped().scenario(id).unwrap();
        for step in scenario.all_steps() {
            if let Step::Trigger(trigger) = &step.action {
                assert!(without_duo.contains(&trigger.action.value), "{id}");
            }
        }
    }
    assert!(!told.contains("arrived at duo within"));
    assert!(told.contains("had failed by then"));
    verifies(folder.path());
}

/// One that was called says nothing of the kind any more.
#[test]
fn a_message_that_does_not_come_where_others_did_is_missed_of_the_product() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let script = r#"
id: ontbreekt
title: { nl: Er komt niets, en: Nothing comes }
key: po-inwinnen
mandatory: false
subject: las
sectors: [bo]
requirements: [BRON-INS]
grade: knowledge
source: a test
steps:
  - trigger: { party: las, action: haal-rio-op }
  - receive: { as: duo, from: las, message: aanleverenInschrijvingBO_Request, within: 100ms }
"#;
    std::fs::write(folder.path().join("ontbreekt.yaml"), script).unwrap();
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let (output, report) = run(folder.path(), &file, &["ontbreekt.yaml"]);
    let told = words(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!codes(&report).contains(&"KK-SC-NIET-GEBELD"), "{told}");
    // Where nothing asks the LAS for anything, nobody was called either.
    let silent = script.replace("action: haal-rio-op", "action: toon");
    std::fs::write(folder.path().join("ontbreekt.yaml"), silent).unwrap();
    let (output, report) = run(folder.path(), &file, &["ontbreekt.yaml"]);
    let told = words(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(codes(&report).contains(&"KK-SC-NIET-GEBELD"), "{told}");
}

/// Answers every request with the same.
struct Always(Response);

impl Handler for Always {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        self.0.clone().into()
    }
}

/// What answers at the URL of triggers, and is no LAS that acts.
#[test]
fn what_takes_no_triggers_is_named_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let page = |status| Response::new(status, "text/html", b"<html>Welkom</html>".to_vec());
    let json = |status, body: &str| Response::new(status, "application/json", body.as_bytes());
    let unknown = r#"{"status": "unsupported", "text": "geen idee"}"#;
    for (answer, code, found, parts) in [
        (
            Response::empty(404),
            1,
            "KK-SC-GEEN-TRIGGER",
            &["HTTP status 404"][..],
        ),
        (
            json(404, r#"{"error": "not found"}"#),
            1,
            "KK-SC-GEEN-TRIGGER",
            &["HTTP status 404"],
        ),
        (page(200), 1, "KK-SC-GEEN-TRIGGER", &["HTTP status 200"]),
        (page(404), 1, "KK-SC-GEEN-TRIGGER", &["HTTP status 404"]),
        // The LAS broke down over it, or answers in a way of its own.
        (
            page(500),
            1,
            "KK-SC-HANDELING",
            &["cannot be read (it is no JSON in UTF-8), HTTP status 500"],
        ),
        (
            json(200, "{}"),
            1,
            "KK-SC-HANDELING",
            &["cannot be read (status is missing), HTTP status 200"],
        ),
        (
            json(200, r#"{"status": "refused", "text": "nee"}"#),
            1,
            "KK-SC-HANDELING",
            &["(HTTP status 200 does not go with the status refused)"],
        ),
        (
            json(
                200,
                r#"{"status": "done", "text": "ja", "geregistreerd": true}"#,
            ),
            1,
            "KK-SC-HANDELING",
            &["(there is no member geregistreerd; known are status, text, data)"],
        ),
        (
            json(200, r#"{"status": "done", "text": "ja", "999987112": {}}"#),
            1,
            "KK-SC-HANDELING",
            &["(there is no member; known are status, text, data)"],
        ),
        (
            json(200, r#"{"status": "done", "text": "ja", "data": []}"#),
            1,
            "KK-SC-HANDELING",
            &["(data is no object)"],
        ),
        (
            json(501, unknown),
            5,
            "KK-SC-HANDELING",
            &["the LAS has no such action"],
        ),
    ] {
        let options = ServerOptions::new(RunningClock::system());
        let server = Server::start(options, Arc::new(Always(answer.clone()))).unwrap();
        let url = server.url("127.0.0.1", "/act");
        let file = target(
            "https://leverancier.ketenkeur.invalid:1/bron",
            &url,
            free(),
            free(),
        );
        let (output, report) = run(folder.path(), &file, &["--id=po-inwinnen-las-inschrijven"]);
        let told = words(&output);
        assert_eq!(output.status.code(), Some(code), "{answer:?}: {told}");
        assert_eq!(codes(&report)[0], found, "{told}");
        let keys = ["under-test.las.trigger", &url];
        let keys = if found == "KK-SC-GEEN-TRIGGER" {
            &keys[..]
        } else {
            &[]
        };
        for part in parts.iter().chain(keys) {
            assert!(told.contains(part), "{part}: {told}");
        }
        let blames_memory = codes(&report).contains(&"KK-SC-BEGINGEGEVENS");
        assert_eq!(
            blames_memory,
            found == "KK-SC-HANDELING" && code == 1,
            "{told}"
        );
    }
}

/// A LAS whose certificate our parties do not take does reach them: that it does
/// not get through is said with the reason, and no address is doubted.
#[test]
fn who_does_not_get_through_the_handshake_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let made = ketenkeur(path, &["pki", "init", "pki"]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let at = |name: &str| path.join("pki").join(name).display().to_string();
    let (key, certificate) = (at("leverancier.key.pem"), at("leverancier.pem"));
    let (duo, osr) = (free(), free());
    let (_las, urls) = las_process(duo, osr, &["--key", &key, "--cert", &certificate]);
    let file = target(&urls[0], &urls[1], duo, osr);
    let (output, report) = run(path, &file, &["--id=po-inwinnen-las-inschrijven"]);
    let told = words(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    let found = codes(&report);
    assert!(found.contains(&"KK-SC-HANDSHAKE"), "{told}");
    assert!(!found.contains(&"KK-SC-NIET-GEBELD"), "{told}");
    let url = format!(
        "osr of ketenkeur at https://osr.ketenkeur.invalid:{}",
        osr.port()
    );
    for part in [
        &*url,
        "does not end at a trusted root",
        "trust in the target file",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// A LAS with a clock of its own that the file does not name: what it refuses for
/// that is no fault of the action.
#[test]
fn a_clock_that_the_file_does_not_name_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let (_las, urls) = las_process(duo, osr, &["--now", "2030-08-24T07:40:00Z"]);
    let file = target(&urls[0], &urls[1], duo, osr);
    let (output, report) = run(folder.path(), &file, &["--id=po-inwinnen-las-inschrijven"]);
    let told = words(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(codes(&report), ["KK-SC-KLOK"], "{told}");
    for part in ["The clock (under-test.las.clock", "names none"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
