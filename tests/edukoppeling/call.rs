//! The program as a user calls it, in a folder with a test PKI and a body.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use ketenkeur::example::Examples;
use ketenkeur::pack::Store;
use tempfile::TempDir;

pub const AT: &str = "2026-10-01T12:00:00Z";
pub const RULE: &str = "KK-EK-WB004-BODY";

pub fn ketenkeur(folder: &Path, args: &[&str], passphrase: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1");
    command.env_remove("KETENKEUR_PASSPHRASE");
    if let Some(passphrase) = passphrase {
        command.env("KETENKEUR_PASSPHRASE", passphrase);
    }
    command.output().unwrap()
}

/// A command that must succeed; its output.
pub fn done(folder: &Path, args: &[&str]) -> String {
    let output = ketenkeur(folder, args, None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A command that is refused with exit code 2; its one line.
pub fn refused(folder: &Path, args: &[&str], passphrase: Option<&str>) -> String {
    let output = ketenkeur(folder, args, passphrase);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// The rules that `check` finds broken in a file.
pub fn broken(folder: &Path, file: &str, more: &[&str]) -> Vec<String> {
    let mut args = vec!["check", file, "--at", AT, "--report", "json"];
    args.extend(more);
    let output = ketenkeur(folder, &args, None);
    let text = String::from_utf8(output.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut rules = Vec::new();
    collect(&report, &mut rules);
    rules
}

/// The codes of violations of Edukoppeling's rules, wherever they stand in a
/// report.
fn collect(value: &serde_json::Value, rules: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(|value| value.as_str());
            let code = text("code").or_else(|| text("rule"));
            if let (Some(code), Some("violation")) = (code, text("kind")) {
                rules.extend(code.starts_with("KK-EK").then(|| code.to_string()));
            }
            members.values().for_each(|value| collect(value, rules));
        }
        serde_json::Value::Array(values) => {
            values.iter().for_each(|value| collect(value, rules));
        }
        _ => {}
    }
}

/// A folder with a test PKI of fresh keys, made once, and a body.
pub static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::builtin();
    for (id, file) in [
        ("aanleverenInschrijvingBO_Request", "verzoek.xml"),
        ("aanleverenInschrijvingBO_Response", "antwoord.xml"),
    ] {
        std::fs::write(folder.path().join(file), store.example(id).unwrap().text).unwrap();
    }
    done(folder.path(), &["pki", "init", "pki", "--at", AT]);
    folder
});

/// The codes of all findings and the exit code of a check.
pub fn all_findings(folder: &Path, args: &[&str]) -> (Vec<String>, Option<i32>) {
    let output = ketenkeur(folder, args, None);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut codes = Vec::new();
    let messages = report["messages"].as_array().unwrap().iter();
    for said in messages.chain(report["batch"].as_array().unwrap()) {
        for finding in said["findings"].as_array().unwrap() {
            let code = finding.get("finding").unwrap_or(finding)["code"].as_str();
            codes.push(code.unwrap().to_string());
        }
    }
    (codes, output.status.code())
}
