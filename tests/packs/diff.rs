//! What `packs diff` says of two versions of a package.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Files, edit, official, write};

const CONTRACT: &str = "DUO_PO_InschrijvingBO_V1";
const OWN: &str = "DUO_PO_InschrijvingBO_V1.xsd";
const BASIS: &str = "BasisSchema.xsd";

/// An edit of the newer version (file, from, to), what is said of it, and
/// whether a message that was right may be wrong now.
const CASES: &[(&str, &str, &str, &str, bool)] = &[
    (
        OWN,
        r#"name="groep" type="basis:Groep" minOccurs="0""#,
        r#"name="groep" type="basis:Groep" minOccurs="1""#,
        "/groep: verplicht geworden",
        true,
    ),
    (
        OWN,
        r#"name="leerjaar" type="basis:Leerjaar-v02" minOccurs="1""#,
        r#"name="leerjaar" type="basis:Leerjaar-v02" minOccurs="0""#,
        "/leerjaar: mag voortaan worden weggelaten",
        false,
    ),
    (
        OWN,
        r#"name="groep" type="basis:Groep" minOccurs="0""#,
        r#"name="lesgroep" type="basis:Groep" minOccurs="0""#,
        "/groep: vervallen",
        true,
    ),
    (
        OWN,
        r#"<xsd:element name="groep" type"#,
        r#"<xsd:element name="klas" type="basis:Groep"/><xsd:element name="groep" type"#,
        "/klas: nieuw en verplicht",
        true,
    ),
    (
        OWN,
        r#"<xsd:element name="groep" type"#,
        r#"<xsd:element name="klas" type="basis:Groep" minOccurs="0"/><xsd:element name="groep" type"#,
        "/klas: nieuw, mag worden weggelaten",
        false,
    ),
    (
        OWN,
        r#"type="Ontwikkelingsperspectief" minOccurs="0" maxOccurs="100""#,
        r#"type="Ontwikkelingsperspectief" minOccurs="0" maxOccurs="1""#,
        "/ontwikkelingsperspectief: enger: hoe vaak hoogstens was 100, is 1",
        true,
    ),
    (
        OWN,
        r#"type="Ontwikkelingsperspectief" minOccurs="0" maxOccurs="100""#,
        r#"type="Ontwikkelingsperspectief" minOccurs="0" maxOccurs="unbounded""#,
        "/ontwikkelingsperspectief: ruimer: hoe vaak hoogstens was 100, is ∞",
        false,
    ),
    (
        BASIS,
        r#"<xsd:maxLength value="20"/>"#,
        r#"<xsd:maxLength value="2"/>"#,
        "/groep: enger: grootste lengte was 20, is 2",
        true,
    ),
];

fn diff(old: &Path, new: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["packs", "diff"])
        .args([old, new])
        .args(more)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn written(folder: &Path, name: &str, files: &Files) -> std::path::PathBuf {
    let folder = folder.join(name);
    write(&folder, files);
    folder
}

#[test]
fn every_kind_of_change_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let files = official(CONTRACT);
    let old = written(folder.path(), "old", &files);
    let same = diff(&old, &old, &[]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stderr));
    assert!(text(&same.stdout).contains("niets veranderd"));
    for (number, (file, from, to, said, breaking)) in CASES.iter().enumerate() {
        let mut files = files.clone();
        edit(&mut files, file, from, to);
        let new = written(folder.path(), &format!("new-{number}"), &files);
        let output = diff(&old, &new, &[]);
        let told = text(&output.stdout);
        let line = told.lines().find(|line| line.contains(said));
        let line = line.unwrap_or_else(|| panic!("{said}:\n{told}{}", text(&output.stderr)));
        assert_eq!(line.trim_start().starts_with('!'), *breaking, "{line}");
        assert_eq!(output.status.code(), Some(i32::from(*breaking)), "{told}");
    }
}

#[test]
fn a_message_that_is_judged_otherwise_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = official(CONTRACT);
    let old = written(folder.path(), "old", &files);
    let mut stricter = files;
    edit(
        &mut stricter,
        BASIS,
        r#"<xsd:maxLength value="20"/>"#,
        r#"<xsd:maxLength value="1"/>"#,
    );
    let new = written(folder.path(), "new", &stricter);
    let example = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["example", "aanleverenInschrijvingBO"])
        .output()
        .unwrap();
    let message =
        text(&example.stdout).replace("urn:ketenkeur:reconstructie:", "http://duo.nl/schema/");
    let messages = folder.path().join("berichten");
    std::fs::create_dir(&messages).unwrap();
    std::fs::write(messages.join("a.xml"), &message).unwrap();
    assert!(message.contains("groep>"), "the example has a groep");
    let more = [
        "--messages",
        messages.to_str().unwrap(),
        "--at",
        "2026-09-28T09:00:00Z",
        "--report",
        "json",
    ];
    let output = diff(&old, &new, &more);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    assert_eq!(report["judged"], 1);
    assert_eq!(report["messages"][0]["to"], "fail", "{report}");
    assert_eq!(report["messages"][0]["new"][0], "KK-XSD-LENGTE", "{report}");
    // What is neither contract nor package is a mistake in the call.
    let output = diff(&old, Path::new("DUO_PO_InschrijvingBO_V9"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains(CONTRACT),
        "{}",
        text(&output.stderr)
    );
}
