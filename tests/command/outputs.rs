//! Where a command writes more than one thing.

use crate::call::{AT, code, folder, ketenkeur, stderr};

/// Two outputs to one and the same file would leave one of them.
#[test]
fn a_file_is_named_for_one_output() {
    let (folder, _) = folder(|text| text);
    let root = folder.path();
    let call = |args: &[&str]| ketenkeur(root, args);
    let check = ["check", "bericht.xml", "--at", AT, "--lang", "en"];
    let record = call(&[&check[..], &["--record", "opname.jsonl", "--quiet"]].concat());
    assert_eq!(code(&record), 0, "{}", stderr(&record));
    let report = ["report", "opname.jsonl", "--lang", "en"];
    let readiness = ["readiness", "--store", "uit", "--lang", "en"];
    let run = ["run", "--lang", "en"];
    let mut tried = 0;
    for (command, outputs) in [
        (
            &check[..],
            &["--report", "json=uit", "--report", "junit=uit"][..],
        ),
        (&check, &["--report", "json=uit", "--report", "junit=./uit"]),
        (&check, &["--report", "json=uit", "--record", "uit"]),
        (&report, &["--html", "uit", "--report", "json=uit"]),
        (&report, &["--report", "html=uit", "--report", "json=uit"]),
        (
            &run,
            &[
                "--recorded",
                "bericht.xml",
                "--form",
                "uit",
                "--report",
                "json=uit",
            ],
        ),
        (&readiness, &["--report", "json=uit"]),
        (
            &["readiness", "--lang", "en"],
            &["--report", "csv=uit", "--report", "json=uit"],
        ),
    ] {
        let refused = call(&[command, outputs].concat());
        let told = stderr(&refused);
        assert_eq!(code(&refused), 2, "{outputs:?}: {told}");
        assert!(
            told.contains("uit is named for more than one output"),
            "{outputs:?}: {told}"
        );
        assert!(!root.join("uit").exists(), "{outputs:?}");
        tried += 1;
    }
    assert_eq!(tried, 8);
    let twice = ["--report", "csv", "--report", "json"];
    let refused = call(&[&["readiness", "--lang", "en"][..], &twice].concat());
    assert_eq!(code(&refused), 2);
    let told = stderr(&refused);
    assert!(told.contains("One report at most"), "{told}");
    let apart = ["--report", "json=een", "--report", "junit=twee"];
    let both = call(&[&check[..], &apart].concat());
    assert_eq!(code(&both), 0, "{}", stderr(&both));
    assert!(root.join("een").exists() && root.join("twee").exists());
}
