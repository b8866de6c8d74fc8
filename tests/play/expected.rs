//! A step of which nothing is expected shows nothing, and a script of nothing
//! else is not played.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::target::said;

fn script(steps: &str) -> String {
    format!(
        "id: eigen\ntitle: {{ nl: Proef, en: Trial }}\nkey: po-inwinnen\nmandatory: false\n\
         subject: duo\nsectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\nsource: proef\n\
         at: \"2026-08-03T09:00:00Z\"\nsteps:\n{steps}"
    )
}

/// Something that no DUO knows, and of which nothing is expected.
const UNASKED: &str = "  - send: { from: las, to: duo, body: \"<onbekend xmlns='urn:x'/>\" }\n";
/// Something that no DUO may take, and of which nothing is expected.
const WRONG: &str = "  - send: { from: las, to: duo, file: kapot.xml, raw: true }\n";

/// An expectation that every answer meets.
const TRUE: &str = "  - send:\n      from: las\n      to: duo\n      \
    message: aanleverenInschrijvingBO_Request\n      expect: { assert: [\"true()\"] }\n";

fn played(folder: &Path, steps: &str) -> Output {
    std::fs::write(folder.join("eigen.yaml"), script(steps)).unwrap();
    std::fs::write(folder.join("kapot.xml"), "<kapot>").unwrap();
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["run", "--lang", "en", "eigen.yaml", "--out", "bewijs"])
        .output()
        .unwrap()
}

#[test]
fn a_script_that_expects_nothing_is_not_played() {
    let folder = tempfile::tempdir().unwrap();
    let beside = format!("{WRONG}  - probe: {{ party: duo, refuses: [zonder-certificaat] }}\n");
    for (steps, words) in [
        (UNASKED, "No step expects anything"),
        (&beside, "Say with expect how it must be refused"),
        (
            "  - trigger: { party: las, action: toon }\n",
            "No step expects anything",
        ),
        (TRUE, "This test does not look at the message"),
        (
            &TRUE.replace("true()", "empty(*:requestGoedgekeurt)"),
            "Did you mean \"requestGoedgekeurd\"?",
        ),
        (
            "  - receive: { as: las, from: duo, absent: true, within: 10ms }\n",
            "that none comes shows nothing",
        ),
    ] {
        let output = played(folder.path(), steps);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words), "{told}");
        assert!(!folder.path().join("bewijs").exists());
    }
}

#[test]
fn a_step_of_which_nothing_is_expected_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let asked = "  - send:\n      from: las\n      to: duo\n      file: kapot.xml\n      raw: true\n      \
                 expect: { status: 500, fault: true }\n";
    let output = played(folder.path(), &format!("{UNASKED}{asked}"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let events = std::fs::read_to_string(folder.path().join("bewijs/events.jsonl")).unwrap();
    let events = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let steps: Vec<Value> = events
        .filter(|event: &Value| event["event"] == "stepped" || event["stepped"].is_object())
        .collect();
    let told = format!("{steps:?}");
    assert_eq!(steps.len(), 2, "{told}");
    let verdict = |step: &Value| step.to_string().contains("\"not-applicable\"");
    assert_eq!(
        steps.iter().map(verdict).collect::<Vec<_>>(),
        [true, false],
        "{told}"
    );
}

/// A sender that must be refused, and an address at which nobody listens: that
/// nothing came back is no refusal.
#[test]
fn who_is_not_there_has_refused_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let steps = "  - send:\n      from: las\n      to: duo\n      \
                 message: aanleverenInschrijvingBO_Request\n      tls-identity: fout-verlopen\n";
    let expects = "      expect: { transport: fails }\n";
    let output = played(folder.path(), &format!("{steps}{expects}"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    std::fs::remove_dir_all(folder.path().join("bewijs")).unwrap();
    let nowhere = "      url: https://duo.ketenkeur.invalid:9/duo\n";
    let output = played(folder.path(), &format!("{steps}{nowhere}{expects}"));
    let told = said(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("eigen: undecided"), "{told}");
    assert!(told.contains("refuses is not to be seen"), "{told}");
}
