//! One LAS for many scenarios: each starts with the starter data and nothing
//! else, and where the LAS cannot begin anew the run says so.

use std::sync::Arc;

use serde_json::Value;

use crate::elsewhere::{documented, party};
use crate::las::{Rememberer, free, start, start_as};
use crate::target::{ketenkeur, run, said, target};

/// The example of docs/scenarios.md, at ports that are free: our own LAS, a
/// program of its own, against every scenario that is about a LAS.
#[test]
fn the_documented_las_under_test_passes_every_scenario_of_a_las() {
    let (call, file) = documented("## A LAS under test", &["8443", "8444", "8441", "9002"]);
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<&str> = call.split_whitespace().collect();
    let (_las, urls) = party(folder.path(), &words, 3);
    assert!(file.contains(&urls[0]), "{file}: {urls:?}");
    let (output, report) = run(folder.path(), &file, &[]);
    let told = said(&output);
    // What cannot be played against it and no key needs leaves nothing open.
    assert_eq!(output.status.code(), Some(0), "{told}");
    let played = report["scenarios"].as_array().expect(&told);
    let of_las = played.iter().filter(|one| one["subject"] == "las");
    let of_las: Vec<&Value> = of_las.collect();
    assert!(of_las.len() > 120, "{}: {told}", of_las.len());
    for one in of_las {
        assert_eq!(one["verdict"], "pass", "{one}");
        assert_eq!(one["own"], false, "{one}");
    }
    // It remembers no earlier run either, whatever the seed of that was.
    let again = [
        "--id=koppeling-bron-las-verbinding-breekt",
        "--id=certificaat-leverancier-las-weigert-ondertekening",
    ];
    let (output, _) = run(folder.path(), &file, &again);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// Two scenarios that enrol the same pupil, in a LAS that keeps what it did.
#[test]
fn of_a_las_that_cannot_begin_anew_the_run_says_what_may_be_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start_as(duo, osr, |las| Arc::new(Rememberer(las)));
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let (first, second) = (
        "koppeling-bron-las-antwoord-gewijzigd",
        "koppeling-bron-las-verbinding-breekt",
    );
    let ids = [format!("--id={first}"), format!("--id={second}")];
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (output, report) = run(folder.path(), &file, &ids);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let played = report["scenarios"].as_array().unwrap();
    let of = |id: &str| played.iter().find(|one| one["scenario"] == id).unwrap();
    let codes = |one: &Value| -> Vec<String> {
        let found = one["findings"].as_array().unwrap().iter();
        let codes = found.map(|one| one["finding"]["code"].as_str().unwrap().to_string());
        codes.filter(|code| code.starts_with("KK-SC-")).collect()
    };
    // Where nothing goes otherwise, nothing is said of it.
    assert_eq!(of(first)["verdict"], "pass", "{told}");
    assert_eq!(codes(of(first)), Vec::<String>::new(), "{told}");
    // The pupil is enrolled already. The message that cannot come is not waited
    // for, and what may be left over is told once.
    assert_eq!(of(second)["verdict"], "fail", "{told}");
    let mut found = codes(of(second));
    found.sort();
    let expected = [
        "KK-SC-BEGINGEGEVENS",
        "KK-SC-HANDELING",
        "KK-SC-UITGEBLEVEN",
    ];
    assert_eq!(found, expected, "{told}");
    for part in [
        "because there is one already",
        "does not know the action laad-begingegevens",
        "Another --seed does not help",
        "the action inschrijven in step",
        "it was not waited for any longer",
    ] {
        let words = told.split_whitespace().filter(|word| *word != "│");
        let words = words.collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "{part}: {told}");
    }
}

/// Two optional scenarios have the LAS start again: one that has no action for it
/// is not asked more than it can.
#[test]
fn a_las_that_cannot_be_started_again_leaves_nothing_open() {
    const ID: &str = "po-bekostigen-las-herstart";
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    for (asked, code, verdict) in [
        ("--key=po-bekostigen", 0, "not-applicable"),
        // Who asks for one by name has not got what was asked for.
        ("--id=po-bekostigen-las-herstart", 5, "undecided"),
    ] {
        let (output, report) = run(folder.path(), &file, &[asked, "--out", verdict]);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(code), "{told}");
        let played = report["scenarios"].as_array().unwrap();
        let of_restart = played.iter().find(|one| one["scenario"] == ID).unwrap();
        assert_eq!(of_restart["not_played"], "restart", "{of_restart}");
        assert_eq!(of_restart["verdict"], verdict, "{of_restart}");
        assert!(told.contains("knows no action herstart"), "{told}");
        let verified = ketenkeur(folder.path(), &["runs", "verify", verdict]);
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    }
}

/// A LAS elsewhere that confirms a push before it is stored has lost it when it
/// was started again.
#[test]
fn what_a_las_elsewhere_loses_is_found_after_its_restart() {
    let (call, file) = documented("## A LAS under test", &["8443", "8444", "8441", "9002"]);
    let folder = tempfile::tempdir().unwrap();
    let mut words: Vec<&str> = call.split_whitespace().collect();
    words.extend(["--defect", "las-vergeet-bevestigde-status"]);
    let (_las, _) = party(folder.path(), &words, 3);
    let (output, report) = run(folder.path(), &file, &["--id=po-bekostigen-las-herstart"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let found = report["scenarios"][0]["findings"].as_array().unwrap();
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|one| {
            let code = one["finding"]["code"].as_str().unwrap();
            (one["step"].as_str().unwrap(), code)
        })
        .collect();
    assert_eq!(found, [("4", "KK-SC-JSON")], "{told}");
}
