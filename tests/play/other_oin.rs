//! A target file that names another OIN than that of who answers to it: nothing
//! of what is seen counts for the one in the file.

use std::process::Command;

use crate::las::{free, start};
use crate::target::{run, said, target};

const ID: &str = "certificaat-leverancier-las-verzoek";
const SIGNS: &str = "00000003999999990000";
const IN_FILE: &str = "00000003888888880000";

#[test]
fn a_las_with_another_oin_than_the_target_file_passes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let id = format!("--id={ID}");
    let (output, report) = run(folder.path(), &file, &[&id]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(report["scenarios"][0]["verdict"], "pass");

    let file = file.replace(SIGNS, IN_FILE);
    let (output, report) = run(folder.path(), &file, &[&id, "--out=bewijs"]);
    let spoken = said(&output).replace('│', "");
    let spoken: Vec<&str> = spoken.split_whitespace().collect();
    let spoken = spoken.join(" ");
    assert_eq!(output.status.code(), Some(1), "{spoken}");
    let played = &report["scenarios"][0];
    assert_eq!(played["verdict"], "fail", "{report}");
    let findings = played["findings"].as_array().unwrap();
    let found: Vec<&str> = findings
        .iter()
        .filter(|one| one["finding"]["code"] == "KK-SC-ANDER-OIN")
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    // The step that waits for the message; what went to the OSR, nobody did.
    assert!(found.contains(&"2"), "{report}");
    assert!(found.contains(&"-"), "{report}");
    for words in [
        format!("The target file names OIN {IN_FILE}."),
        format!("This message is signed with OIN {SIGNS}."),
        format!("The connection was made with a certificate of OIN {SIGNS}."),
    ] {
        assert!(spoken.contains(&words), "{words}: {spoken}");
    }
    let call = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command.current_dir(folder.path()).args(["--lang", "en"]);
        let output = command.args(args).output().unwrap();
        (output.status.code(), said(&output))
    };
    // Who judges the evidence again finds the same.
    let (code, verified) = call(&["runs", "verify", "bewijs"]);
    assert_eq!(code, Some(0), "{verified}");
    call(&["readiness", "bewijs", "--report", "json=stand.json"]);
    let state = std::fs::read_to_string(folder.path().join("stand.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    let cells = state["matrix"]["rows"][0]["cells"].as_array().unwrap();
    let cell = cells
        .iter()
        .find(|cell| cell["key"] == "certificaat-leverancier");
    let cell = cell.unwrap();
    assert_eq!(
        (&cell["passed"], &cell["state"]),
        (&0.into(), &"not".into()),
        "{cell}"
    );
    let path = folder.path().join("bewijs/run.json");
    let record = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, record.replace(IN_FILE, SIGNS)).unwrap();
    let (code, verified) = call(&["runs", "verify", "bewijs"]);
    assert_eq!(code, Some(1), "{verified}");
}

/// What a server refuses that shows a certificate of another OIN than the file's
/// says nothing of who is tested, also where no message is exchanged.
#[test]
fn what_a_server_with_another_oin_refuses_is_open() {
    const SCRIPT: &str = "\
id: eigen-oude-tls
title: { nl: Oude TLS, en: Old TLS }
key: koppeling-bron
mandatory: false
subject: las
requirements: [EK-TLS003]
grade: published
source: Digikoppeling Beveiligingsstandaarden en voorschriften, TLS003
steps:
  - probe: { party: las, refuses: [tls-1.0, tls-1.1] }
";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("eigen.yaml"), SCRIPT).unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let (output, report) = run(folder.path(), &file, &["eigen.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(report["scenarios"][0]["verdict"], "pass", "{report}");

    let file = file.replace(SIGNS, IN_FILE);
    let (output, report) = run(folder.path(), &file, &["eigen.yaml"]);
    let spoken = said(&output).replace('│', "");
    let spoken: Vec<&str> = spoken.split_whitespace().collect();
    let spoken = spoken.join(" ");
    assert_eq!(output.status.code(), Some(5), "{spoken}");
    assert_eq!(report["scenarios"][0]["verdict"], "undecided", "{report}");
    let words = format!("is of OIN {SIGNS}; the target file has OIN {IN_FILE}");
    assert!(spoken.contains(&words), "{spoken}");
}
