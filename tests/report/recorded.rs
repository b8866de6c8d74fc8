//! `ketenkeur report`: runs told again from what was recorded of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const NOW: &str = "2026-09-28T09:00:00Z";

pub fn ketenkeur(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(arguments)
        .env_remove("KETENKEUR_PASSPHRASE")
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .output()
        .unwrap()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
pub fn ends(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
}

/// A folder with good and bad messages, and a recording of judging them.
fn checked(redact: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/berichten");
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let to = folder
                .path()
                .join("berichten")
                .join(path.file_name().unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(&path, to).unwrap();
        }
    }
    let mut arguments = check();
    arguments.extend(["--quiet", "--record", "opname.jsonl"]);
    if !redact {
        arguments.push("--no-redact");
    }
    ends(&ketenkeur(folder.path(), &arguments), 1);
    folder
}

fn check() -> Vec<&'static str> {
    vec!["check", "berichten", "--profile", "test", "--at", NOW]
}

#[test]
fn a_recording_gives_the_reports_of_the_run_itself() {
    let folder = checked(true);
    for format in ["human", "json", "junit", "sarif", "github", "gitb"] {
        let mut arguments = check();
        arguments.extend(["--report", format]);
        let run = ketenkeur(folder.path(), &arguments);
        let told = ["report", "opname.jsonl", "--report", format, "--at", NOW];
        let told = ketenkeur(folder.path(), &told);
        ends(&run, 1);
        ends(&told, 0);
        assert_eq!(told.stdout, run.stdout, "{format}");
    }
}

/// Evidence of two scenarios.
fn evidence(parent: &Path) -> PathBuf {
    let arguments = [
        "run",
        "--now",
        NOW,
        "--out",
        "bewijs",
        "--quiet",
        "--id",
        "po-inwinnen-duo-inschrijving",
        "--id",
        "po-inwinnen-las-inschrijven",
    ];
    ends(&ketenkeur(parent, &arguments), 0);
    parent.join("bewijs")
}

#[test]
fn evidence_gives_every_report_and_the_same_bytes_again() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = evidence(folder.path());
    for format in ["human", "json", "junit", "sarif", "github", "html", "gitb"] {
        let arguments = ["report", "bewijs", "--report", format];
        let first = ketenkeur(folder.path(), &arguments);
        ends(&first, 0);
        assert_eq!(
            ketenkeur(folder.path(), &arguments).stdout,
            first.stdout,
            "{format}"
        );
        // That it says nothing of a product is told again; a page has it itself.
        let told = String::from_utf8_lossy(&first.stderr);
        let own = "speelt ketenkeur alle partijen zelf";
        assert_eq!(told.contains(own), format != "html", "{format}: {told}");
    }
    let page = |lang: &str| {
        ends(
            &ketenkeur(
                folder.path(),
                &["report", "bewijs", "--html", "uit/p.html", "--lang", lang],
            ),
            0,
        );
        std::fs::read_to_string(folder.path().join("uit/p.html")).unwrap()
    };
    let english = page("en");
    for part in [
        "Not signed",
        "says nothing about a supplier",
        "aanleverenInschrijvingBO",
        "not tested",
        "TLSv1.3",
    ] {
        assert!(english.contains(part), "{part}");
    }
    assert!(page("nl").contains("Niet ondertekend"));
    // What was touched is told, and the report is made all the same.
    std::fs::write(evidence.join("vreemd.txt"), "x").unwrap();
    let touched = ketenkeur(folder.path(), &["report", "bewijs", "--report", "html"]);
    ends(&touched, 1);
    assert!(said(&touched).contains("vreemd.txt"));
    let told = String::from_utf8_lossy(&touched.stderr);
    let expected = "bewijs: Staat niet in het manifest: vreemd.txt";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn several_runs_go_on_one_page_and_into_one_report() {
    let folder = checked(true);
    evidence(folder.path());
    let both = ["report", "bewijs", "opname.jsonl", "--report"];
    let with = |format: &'static str| {
        let mut arguments = both.to_vec();
        arguments.push(format);
        ketenkeur(folder.path(), &arguments)
    };
    let page = said(&with("html"));
    assert!(page.contains("id=\"r1\"") && page.contains("id=\"r2\""));
    let json = with("json");
    ends(&json, 0);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["scenarios"].as_array().unwrap().len(), 2);
    assert!(json["messages"].as_array().unwrap().len() > 5);
    assert_eq!(json["summary"]["exit_code"], 1);
    let twice = ketenkeur(
        folder.path(),
        &["report", "bewijs", "bewijs", "--report", "junit"],
    );
    ends(&twice, 2);
}

#[test]
fn an_unmasked_recording_is_shown_only_when_that_is_asked_for() {
    let folder = checked(false);
    let refused = ketenkeur(folder.path(), &["report", "opname.jsonl", "--lang", "en"]);
    ends(&refused, 2);
    assert!(said(&refused).contains("--no-redact"));
    let shown = [
        "report",
        "opname.jsonl",
        "--report",
        "html",
        "--no-redact",
        "--lang",
        "en",
    ];
    let shown = ketenkeur(folder.path(), &shown);
    ends(&shown, 0);
    assert!(said(&shown).contains("personal data stand unmasked"));
}

/// The format that asks for a time gets none that was made up.
#[test]
fn a_report_with_a_time_asks_for_the_moment_of_the_run() {
    let folder = checked(true);
    let arguments = ["report", "opname.jsonl", "--report", "gitb=tar.xml"];
    let refused = ketenkeur(folder.path(), &arguments);
    ends(&refused, 2);
    assert!(said(&refused).contains("--at"));
    assert!(!folder.path().join("tar.xml").exists());
}

#[test]
fn what_is_no_recording_says_so() {
    let folder = checked(true);
    let recording = std::fs::read_to_string(folder.path().join("opname.jsonl")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("leeg.jsonl", "");
    write(
        "kapot.jsonl",
        &recording.replacen("{\"event\":\"judged\"", "{", 1),
    );
    write(
        "nieuwer.jsonl",
        &recording.replacen("\"version\":1", "\"version\":99", 1),
    );
    write("kort.jsonl", recording.lines().next().unwrap());
    for (name, code, part) in [
        ("leeg.jsonl", 2, "no recording"),
        ("berichten/fout-bsn.xml", 2, "no recording"),
        ("kapot.jsonl", 2, "line 2"),
        ("nieuwer.jsonl", 2, "another version"),
        ("weg.jsonl", 2, "weg.jsonl"),
        ("berichten", 2, "manifest"),
        ("kort.jsonl", 5, "breaks off"),
    ] {
        let output = ketenkeur(
            folder.path(),
            &["report", name, "--report", "html", "--lang", "en"],
        );
        ends(&output, code);
        assert!(said(&output).contains(part), "{name}: {}", said(&output));
    }
}
