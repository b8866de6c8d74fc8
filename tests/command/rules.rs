//! Rules, examples and completions.

use std::process::Command;

use crate::call::{code, example, ketenkeur, root, stderr, stdout};

/// What `example --break` says on standard error shows exactly that finding.
#[test]
fn a_broken_example_says_how_its_break_shows() {
    for rule in [
        "KK-DOC-TIJD-TOEKOMST",
        "KK-OSR-DUBBEL-ENDPOINT",
        "KK-OSR-URL-LOCALHOST",
        "KK-JSON-WAARDE",
        "KK-INS-BINNEN-7-DAGEN",
        "KK-HERKEN-PERIODE",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = ketenkeur(root(), &["example", "--break", rule]);
        let said = stderr(&output);
        let call = said.split("ketenkeur check ").nth(1).unwrap().trim();
        let args: Vec<&str> = call.split_whitespace().collect();
        std::fs::write(folder.path().join(args[0]), &output.stdout).unwrap();
        for (at, option) in args.iter().enumerate() {
            if *option == "--rio" {
                let name = args[at + 1];
                let answer = example(name.strip_suffix(".xml").unwrap(), None);
                std::fs::write(folder.path().join(name), answer).unwrap();
            }
        }
        let args = [&["check"], &args[..], &["--report", "json"]].concat();
        let output = ketenkeur(folder.path(), &args);
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let findings = report["messages"][0]["findings"].as_array().unwrap();
        let found: Vec<_> = findings
            .iter()
            .filter(|found| found["kind"] == "violation" || found["code"] == rule)
            .map(|found| &found["code"])
            .collect();
        assert_eq!(found, [rule], "{said}");
        let explained = stdout(&ketenkeur(root(), &["rules", "explain", rule]));
        assert!(explained.contains(call), "{explained}");
    }
}

#[test]
fn rules_are_listed_and_explained() {
    let list = ketenkeur(root(), &["rules", "list", "--report", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&stdout(&list)).unwrap();
    assert!(rules.as_array().unwrap().len() > 200);
    let explain = ketenkeur(
        root(),
        &["rules", "explain", "KK-INS-EERSTE-PERIODE", "--lang", "en"],
    );
    for part in [
        "foutmelding",
        "published",
        "DUO, Inschrijvingsgegevens",
        "DUO_PO_InschrijvingBO_V1",
    ] {
        assert!(
            stdout(&explain).contains(part),
            "{part}: {}",
            stdout(&explain)
        );
    }
    for command in ["explain", "list"] {
        let unknown = ketenkeur(root(), &["rules", command, "KK-INS-EERSTE-PERIOT"]);
        assert_eq!(code(&unknown), 2);
        assert!(
            stderr(&unknown).contains("KK-INS-EERSTE-PERIODE"),
            "{}",
            stderr(&unknown)
        );
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = stdout(&ketenkeur(root(), &["completions", shell]));
        for command in ["check", "readiness", "counterpart"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let script = ketenkeur(root(), &["completions", "bash"]).stdout;
    let mut bash = Command::new("bash");
    bash.args(["-n", "/dev/stdin"])
        .stdin(std::process::Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), &script).unwrap();
    assert!(bash.wait().unwrap().success());
}
