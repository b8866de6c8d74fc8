//! A LAS that registers another address in the OSR than its target file has: the
//! run says so once, and fails nothing for it; what was tried at the address in
//! the file is open.

use crate::las::{free, start};
use crate::target::{ketenkeur, run, said, target};

const CODE: &str = "KK-SC-ANDER-ADRES";

/// A script that says where the LAS moves to.
const GIVEN: &str = r#"
id: gegeven
title: { nl: Gegeven adres, en: Given address }
key: osr-m2m
mandatory: false
subject: las
requirements: [OSR-STROOM-3]
grade: knowledge
source: proef
steps:
  - trigger: { party: las, action: registreer-endpoint, with: { dienst: ROD-PO, url: "https://nieuw.example.nl/bron" } }
"#;

#[test]
fn another_address_than_the_target_file_has_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let more = [
        "--id=koppeling-bron-las-push",
        "--id=certificaat-leverancier-las-vernieuwing",
    ];
    let found = |report: &serde_json::Value| {
        let scenarios = report["scenarios"].as_array().unwrap();
        let findings = scenarios
            .iter()
            .flat_map(|one| one["findings"].as_array().unwrap());
        let of_code = findings.filter(|one| one["finding"]["code"] == CODE);
        of_code.count()
    };
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let (output, report) = run(folder.path(), &file, &more);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(found(&report), 0, "{report}");
    // An address that the script gives the LAS is no mistake of either.
    std::fs::write(folder.path().join("gegeven.yaml"), GIVEN).unwrap();
    let (output, report) = run(folder.path(), &file, &["gegeven.yaml"]);
    assert_eq!(
        report["scenarios"][0]["verdict"],
        "pass",
        "{}",
        said(&output)
    );
    assert_eq!(found(&report), 0, "{report}");

    let wrong = las.endpoint.replace("/bron", "/pushes");
    let file = target(&wrong, &las.trigger, duo, osr);
    let (output, report) = run(folder.path(), &file, &more);
    let spoken = said(&output).replace('│', "");
    let spoken: Vec<&str> = spoken.split_whitespace().collect();
    let spoken = spoken.join(" ");
    assert_eq!(found(&report), 1, "{report}");
    for scenario in report["scenarios"].as_array().unwrap() {
        assert_eq!(scenario["verdict"], "pass", "{scenario}");
    }
    let words = format!(
        "registered in the OSR for rod-po the address {}; the target file has {wrong}",
        las.endpoint
    );
    assert!(spoken.contains(&words), "{words}: {spoken}");
}

/// Another LAS at the address in the file, which refuses what it must, says
/// nothing of the one that is tested.
#[test]
fn what_another_server_refuses_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let other = start(duo, osr);
    let probes = [
        "--id=koppeling-bron-las-weigert-oude-tls",
        "--id=certificaat-leverancier-las-weigert",
        "--id=certificaat-leverancier-las-weigert-verbinding",
    ];
    for (endpoint, code, verdict) in [
        (&las.endpoint, 0, "pass"),
        (&other.endpoint, 5, "undecided"),
    ] {
        let file = target(endpoint, &las.trigger, duo, osr);
        let out = format!("--out={verdict}");
        let (output, report) = run(folder.path(), &file, &[&probes[..], &[&out]].concat());
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        let verified = ketenkeur(folder.path(), &["runs", "verify", verdict]);
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
        let scenarios = report["scenarios"].as_array().unwrap();
        assert_eq!(scenarios.len(), probes.len(), "{report}");
        for scenario in scenarios {
            assert_eq!(scenario["verdict"], verdict, "{scenario}");
        }
    }
}
