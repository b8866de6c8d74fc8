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

/// Nothing that a command reads is written over.
#[test]
fn no_output_goes_over_an_input() {
    let (folder, _) = folder(|text| text);
    let root = folder.path();
    let call = |args: &[&str]| ketenkeur(root, args);
    let check = ["check", "bericht.xml", "--at", AT, "--lang", "en"];
    let record = call(&[&check[..], &["--record", "opname.jsonl", "--quiet"]].concat());
    assert_eq!(code(&record), 0, "{}", stderr(&record));
    std::fs::write(root.join("team.yaml"), "").expect("writable");
    let before = |name: &str| std::fs::read(root.join(name)).expect("readable");
    let kept = ["bericht.xml", "opname.jsonl", "team.yaml"].map(|name| (name, before(name)));
    let mut tried = 0;
    for (command, outputs) in [
        (&check[..], &["--report", "json=./bericht.xml"][..]),
        (&check, &["--record", "bericht.xml"]),
        (
            &["report", "opname.jsonl", "--lang", "en"],
            &["--html", "opname.jsonl"],
        ),
        (
            &["readiness", "--team", "team.yaml", "--lang", "en"],
            &["--report", "html=team.yaml"],
        ),
    ] {
        let refused = call(&[command, outputs].concat());
        let told = stderr(&refused);
        assert_eq!(code(&refused), 2, "{outputs:?}: {told}");
        assert!(
            told.contains("is read by this command"),
            "{outputs:?}: {told}"
        );
        tried += 1;
    }
    assert_eq!(tried, 4);
    for (name, bytes) in kept {
        assert_eq!(before(name), bytes, "{name}");
    }
}

/// A file more in the folder of evidence would make it read as touched.
#[test]
fn no_output_goes_into_evidence() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let call = |args: &[&str]| ketenkeur(root, args);
    let run = ["run", "--key", "osr-h2m", "--quiet", "--lang", "en"];
    let refused = |args: &[&str]| {
        let refused = call(args);
        let told = stderr(&refused);
        assert_eq!(code(&refused), 2, "{args:?}: {told}");
        assert!(told.contains("lies in the evidence"), "{args:?}: {told}");
    };
    let inside = ["--report", "json=bewijs/rapport.json"];
    refused(&[&run[..], &["--out", "bewijs"], &inside].concat());
    assert!(!root.join("bewijs").exists());
    let made = call(&[&run[..], &["--out", "bewijs"]].concat());
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    let report = ["report", "bewijs", "--lang", "en"];
    refused(&[&report[..], &["--html", "bewijs/rapport.html"]].concat());
    refused(&[&report[..], &["--report", "json=bewijs/steps/a.json"]].concat());
    let readiness = ["readiness", "bewijs", "--lang", "en"];
    refused(&[&readiness[..], &["--report", "html=bewijs/matrix.html"]].concat());
    let verified = call(&["runs", "verify", "bewijs"]);
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));
    let beside = call(&[&report[..], &["--html", "bewijs.html"]].concat());
    assert_eq!(code(&beside), 0, "{}", stderr(&beside));
}
