//! The test report for the Interoperability Test Bed.

use std::process::Command;

use ketenkeur::exit::Exit;
use ketenkeur::finding::Language;
use ketenkeur::report::{Format, ReportError, Run};

use crate::scenes;
use crate::stream::{Book, Provenance, events, report, spool};

/// The schema of what we write; `KETENKEUR_GITB_XSD` names the test bed's own.
fn schema() -> std::path::PathBuf {
    std::env::var_os("KETENKEUR_GITB_XSD").map_or_else(
        || {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            root.join("tests/report/gitb-tar-subset.xsd")
        },
        Into::into,
    )
}

#[test]
fn the_test_report_is_valid_against_the_schema() {
    let version = Command::new("xmllint").arg("--version").output();
    if version.is_err() {
        eprintln!("skipped: xmllint is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let runs = [
        events(Provenance::Any),
        events(Provenance::Strict),
        scenes::events(),
        scenes::events()[..1].to_vec(),
    ];
    for (number, events) in runs.iter().enumerate() {
        for language in [Language::Nl, Language::En] {
            let file = folder.path().join(format!("{number}.xml"));
            std::fs::write(&file, report(events, Format::Gitb, language)).unwrap();
            let judged = Command::new("xmllint")
                .arg("--noout")
                .arg("--nonet")
                .arg("--schema")
                .arg(schema())
                .arg(&file)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&judged.stderr);
            assert!(judged.status.success(), "{number}: {said}");
        }
    }
}

/// What is undecided or was not played is no success, and what a script
/// expects is no error.
#[test]
fn only_a_pass_is_a_success() {
    let text = report(&scenes::events(), Format::Gitb, Language::En);
    let result = |name: &str| {
        let (_, rest) = text.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, rest) = rest.split_once("<result>").unwrap();
        rest.split('<').next().unwrap().to_string()
    };
    for (name, expected) in [
        ("ketenkeur", "FAILURE"),
        ("po-inwinnen/po-inwinnen-goed", "SUCCESS"),
        ("po-inwinnen/po-inwinnen-mis", "FAILURE"),
        ("koppeling-bron/koppeling-bron-weigert", "SUCCESS"),
        ("rio-po/rio-po-klok", "UNDEFINED"),
    ] {
        assert_eq!(result(name), expected, "{name}");
    }
    assert_eq!(text.matches("<error ").count(), 1);
    assert!(text.contains("passed in self-test on a reconstruction"));
    assert!(text.contains("not played: needs a virtual clock"));
}

#[test]
fn no_time_is_made_up() {
    let events = spool(&scenes::events());
    let run = Run::new(&events, &Book, Language::Nl, Exit::Findings);
    let refused = Format::Gitb.write(&run, Vec::new());
    assert_eq!(refused, Err(ReportError::NoMoment));
}
