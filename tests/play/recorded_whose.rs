//! Recorded traffic of somebody else says nothing of the target: of another
//! supplier, another school or another vestiging.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ketenkeur::evidence::{Evidence, Folder};
use ketenkeur::finding::Verdict;
use ketenkeur::play::{Tested, Witness};
use ketenkeur::scenario::{Library, Role};
use ketenkeur::target::Target;

use crate::las::free;
use crate::recorded::{held, passed, played, stage_of};
use crate::target::{said, target};

const ID: &str = "po-inwinnen-las-inschrijfdatum";

/// A target file for what the built-in LAS did.
fn file() -> String {
    let nowhere = free();
    target(
        "https://127.0.0.1:8443/",
        "http://127.0.0.1:9/trigger",
        nowhere,
        nowhere,
    )
}

/// What changes in the target file, and what is told of the traffic then.
const OTHERS: [(&str, &str, &str, &str); 3] = [
    (
        "00000003999999990000",
        "00000003888888880000",
        "OIN 00000003888888880000",
        "OIN 00000003999999990000",
    ),
    (
        "25BE",
        "07QQ",
        "OIN 0000000700007QQ00000",
        "OIN 0000000700025BE00000",
    ),
    (
        "[25BE00]",
        "[25BE01]",
        "vestiging 25BE01",
        "vestiging 25BE00",
    ),
];

#[test]
fn recorded_traffic_of_another_supplier_or_school_passes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Library::shipped().scenario(ID).unwrap();
    let passed = passed(&played(folder.path(), &[scenario], &[]), ID);
    let hold = |file: &str| {
        let target = Arc::new(Target::read(file.as_bytes(), folder.path()).unwrap());
        let own = target.authorities().unwrap();
        let stage = stage_of(Some(Arc::new(Tested::new(target, own, None))));
        held(&stage, scenario, passed.clone(), &Witness::default())
    };
    assert_eq!(hold(&file()).verdict, Verdict::Pass);
    for (from, to, expected, found) in OTHERS {
        let other = hold(&file().replace(from, to));
        assert_eq!(other.verdict, Verdict::Undecided, "{to}: {:?}", other.codes);
        assert!(other.reasons.contains("recording-stranger"), "{to}");
        for party in [expected, found] {
            assert!(other.told.contains(party), "{party}: {}", other.told);
        }
    }
}

/// What is said of who was tested is changed after the run: it counted for
/// another product.
#[test]
fn verify_tells_that_a_recording_is_of_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Library::shipped().scenario(ID).unwrap();
    let recorded = passed(&played(folder.path(), &[scenario], &[]), ID);
    let asked = recorded.iter().find(|one| one.to == Some(Role::Duo));
    let message = &asked.unwrap().request.as_ref().unwrap().body;
    std::fs::write(folder.path().join("bericht.xml"), message).unwrap();
    let here = |name: &str| folder.path().join(name);
    let call = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command.current_dir(folder.path()).args(["--lang", "en"]);
        let output = command.args(args).output().unwrap();
        (output.status.code(), said(&output))
    };
    std::fs::write(here("doel.yaml"), file()).unwrap();
    let run = [
        "run",
        "--recorded",
        "bericht.xml",
        "--target",
        "doel.yaml",
        "--id",
        ID,
        "--now",
        "2026-08-03T09:00:00Z",
        "--out",
        "uit",
    ];
    let (_, told) = call(&run);
    let (_, verified) = call(&["runs", "verify", "uit"]);
    assert!(!verified.contains("Somebody else"), "{told}\n{verified}");
    for (from, to, expected, found) in &OTHERS[..2] {
        let path = here("uit").join("run.json");
        let record = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, record.replace(from, to)).unwrap();
        let (code, verified) = call(&["runs", "verify", "uit"]);
        std::fs::write(&path, record).unwrap();
        assert_eq!(code, Some(1), "{verified}");
        let of_both = format!("{ID} rests on recorded traffic of {found}; tested is {expected}.");
        assert!(verified.contains(&of_both), "{of_both}\n{verified}");
    }
    // Evidence that counted it all the same, as an older version made it, says
    // nothing of the product: neither itself nor its masked view.
    for (number, (from, to, expected, found)) in OTHERS[..2].iter().enumerate() {
        let (whole, view) = (format!("ander-{number}"), format!("beeld-{number}"));
        sealed_otherwise(&here("uit"), &here(&whole), from, to);
        let (_, shared) = call(&["runs", "share", &whole, "--out", &view]);
        for path in [&whole, &view] {
            let (code, told) = call(&["readiness", path]);
            assert_eq!(code, Some(1), "{shared}{told}");
            let refused = format!(
                "{path}: refused; {ID} rests on recorded traffic of {found}, and tested is {expected}."
            );
            assert!(told.contains(&refused), "{refused}\n{told}");
        }
    }
    call(&["runs", "share", "uit", "--out", "beeld"]);
    for path in ["uit", "beeld"] {
        let (code, told) = call(&["readiness", path]);
        assert_eq!(code, Some(0), "{told}");
        assert!(!told.contains("refused"), "{told}");
    }
}

/// Seals the evidence of one folder in another, with something else in its record
/// of who was tested.
fn sealed_otherwise(from: &Path, to: &Path, old: &str, new: &str) {
    let evidence = Evidence::open(from).unwrap();
    let sealed = Folder::create(to).unwrap();
    for name in evidence.manifest().files.keys() {
        let content = evidence.read(name).unwrap();
        let content = match name == "run.json" {
            true => String::from_utf8(content).unwrap().replace(old, new).into(),
            false => content,
        };
        sealed.write(name, &content).unwrap();
    }
    sealed.seal(false).unwrap();
}
