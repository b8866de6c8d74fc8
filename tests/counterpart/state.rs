//! A counterpart that is killed in the middle of an exchange and started
//! again: nothing that it confirmed is lost, and nothing is there twice.

use std::sync::mpsc::channel;

use ketenkeur::facts::synthetic_bsn;

use crate::support::{Running, Supplier};

const PUPILS: u32 = 12;

/// How many enrolments of a pupil DUO has registered at 25BE.
fn registered(supplier: &Supplier, url: &str, pupil: u32, attempt: u8) -> usize {
    let seed = [&[attempt][..], &pupil.to_be_bytes()].concat();
    let mut ask = supplier.body("opvragenRegistratieoverzicht_Request", &seed);
    ask.set("burgerservicenummer", synthetic_bsn(pupil))
        .unwrap();
    let answer = supplier.ask(&supplier.signed(&ask, url)).unwrap();
    answer.body().all("geregistreerdeInschrijving").count()
}

#[test]
fn duo_is_killed_and_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let osr = Running::party(&["osr"], &folder.path().join("osr.sqlite"));
    let start = || {
        let state = folder.path().join("duo.sqlite");
        Running::party(&["duo", "--osr", &osr.url()], &state)
    };
    let mut duo = start();
    let url = duo.url();
    let (tell, told) = channel();
    // A supplier sends one enrolment after the other until nobody answers.
    let sender = std::thread::spawn(move || {
        let supplier = Supplier::new();
        let mut confirmed = 0;
        for pupil in 0..PUPILS {
            let Ok(answer) = supplier.ask(&supplier.enrolment(pupil, &url)) else {
                break;
            };
            let approved = answer.body().flag("requestGoedgekeurd");
            assert_eq!(approved, Some(true), "pupil {pupil}");
            confirmed += 1;
            // The test may have stopped listening.
            let _ = tell.send(confirmed);
        }
        confirmed
    });
    while told.recv().unwrap() < 4 {}
    duo.kill();
    let confirmed = sender.join().unwrap();
    assert!(confirmed >= 4);

    let mut duo = start();
    let supplier = Supplier::new();
    for pupil in 0..confirmed {
        assert_eq!(registered(&supplier, &duo.url(), pupil, 1), 1, "{pupil}");
    }
    // The supplier cannot know about the one that got no answer, and sends
    // again; what was confirmed, too, changes nothing.
    for pupil in 0..=confirmed.min(PUPILS - 1) {
        let again = supplier.enrolment(pupil, &duo.url());
        let answer = supplier.ask(&again).unwrap();
        let approved = answer.body().flag("requestGoedgekeurd");
        assert_eq!(approved, Some(true), "pupil {pupil}");
        assert_eq!(registered(&supplier, &duo.url(), pupil, 2), 1, "{pupil}");
    }
    duo.kill();
}

/// With another seed everything made up would be different.
#[test]
fn a_state_of_another_osr_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("osr.sqlite");
    drop(Running::party(&["osr"], &state));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["counterpart", "osr", "--seed", "anders", "--state"])
        .arg(&state)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("osr.sqlite") && said.contains("--seed"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

/// Two that go on in one state would hand out the same numbers, and what was sent
/// is for the owner's eyes.
#[test]
fn a_state_belongs_to_one_counterpart_and_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("osr.sqlite");
    let first = Running::party(&["osr"], &state);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["counterpart", "osr", "--lang", "en", "--state"])
        .arg(&state)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in use by another counterpart"), "{said}");
    #[cfg(unix)]
    for file in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    // Who comes after it goes on.
    drop(first);
    drop(Running::party(&["osr"], &state));
}

/// What asks for no certificate is for this machine alone.
#[test]
fn an_open_door_is_on_loopback_only() {
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .arg("counterpart")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (arguments, word) in [
        (&["osr", "--pages", "0.0.0.0:0"][..], "loopback"),
        (&["osr", "--listen", "hier"], "hier"),
        (&["duo", "--osr", "http://osr.example.nl"], "osr.example.nl"),
    ] {
        let (code, said) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}
