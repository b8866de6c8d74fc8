//! A DUO and an OSR of somebody else's: programs of their own, under test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::las::free;
use crate::target::{SCHOOLS, run, said};

/// A counterpart in a process of its own, until it is dropped.
pub struct Process(Child);

impl Process {
    /// The first line that it says beside where it listens.
    fn warning(&mut self) -> String {
        let mut line = String::new();
        let out = self.0.stderr.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `counterpart`; gives the URL in each of the lines that it says.
pub fn party(folder: &Path, args: &[&str], lines: usize) -> (Process, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["counterpart", "--lang", "en"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let words: Vec<String> = out.lines().take(lines).map(Result::unwrap).collect();
    assert_eq!(words.len(), lines, "{args:?}: {words:?}");
    let urls = words.iter().map(|line| {
        let url = line.split(' ').find(|word| word.starts_with("http"));
        url.unwrap_or_else(|| panic!("{line}")).to_string()
    });
    (Process(child), urls.collect())
}

/// A target file for parties under test, as YAML below `under-test` and beside
/// it.
pub fn target(under_test: &str, more: &str) -> String {
    format!(
        r#"
product: {{ name: Voorbeeldketen, version: "2026.3" }}
supplier: {{ name: Voorbeeldleverancier, oin: "00000003999999990000" }}
profile: test
under-test:
{under_test}{more}{SCHOOLS}capabilities:
  koppeling-bron: yes
  koppeling-verzuim: yes
  certificaat-leverancier: yes
  osr-h2m: yes
  osr-m2m: yes
  po-inwinnen: yes
  po-bekostigen: yes
  po-informatiediensten: yes
  rio-po: yes
"#
    )
}

/// Plays everything that tests a role: it passes, but what somebody else would
/// have to do in that party, and comes out the same when it is judged again.
fn passes(folder: &Path, target: &str, subject: &str, least: usize, seed: &str) {
    let (output, report) = run(folder, target, &["--out=bewijs", "--seed", seed]);
    let told = said(&output);
    let played = report["scenarios"].as_array().unwrap();
    let of_subject = played.iter().filter(|one| one["subject"] == subject);
    let (played, left): (Vec<&Value>, Vec<&Value>) =
        of_subject.partition(|one| one["not_played"].is_null());
    assert!(played.len() >= least, "{told}");
    for one in played {
        assert_eq!(one["verdict"], "pass", "{told}");
        assert_eq!(one["own"], false, "{one}");
    }
    for one in left {
        assert_eq!(one["not_played"], "ours", "{told}");
    }
    verifies(folder);
    std::fs::remove_dir_all(folder.join("bewijs")).unwrap();
}

fn at(name: &str, address: SocketAddr) -> String {
    format!("https://{name}.ketenkeur.invalid:{}", address.port())
}

#[test]
fn a_duo_elsewhere_passes_what_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let osr = free();
    let (_duo, urls) = party(
        folder.path(),
        &[
            "duo",
            "--osr",
            &at("osr", osr),
            "--now",
            "2026-08-03T09:00:00Z",
            "--clock",
            "127.0.0.1:0",
        ],
        2,
    );
    let [duo, clock] = urls.as_slice() else {
        panic!("{urls:?}");
    };
    let file = target(
        &format!(
            "  duo:\n    oin: \"00000001800866472000\"\n    clock: \"{clock}\"\n    \
             endpoints: {{ rod-po: \"{duo}\", verzuim: \"{duo}\", rio: \"{duo}\" }}\n"
        ),
        &format!("plays:\n  osr: {{ listen: \"{osr}\" }}\n"),
    );
    passes(folder.path(), &file, "duo", 30, "een");
    // Its register remembers the run before: other pupils, and its clock is set
    // back.
    passes(folder.path(), &file, "duo", 30, "twee");
    // What it remembers of the same seed is said to be that, with what to do.
    let id = "--id=koppeling-verzuim-duo-slotconflict";
    let seed = ["--seed=twee", "--out=bewijs"];
    let (output, report) = run(folder.path(), &file, &[&[id], &seed[..]].concat());
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in [
        "KK-SC-GEHEUGEN",
        "(twee)",
        "another --seed",
        "an empty state",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let findings = report["scenarios"][0]["findings"].as_array().unwrap();
    let of_memory = |one: &&Value| one["finding"]["code"] == "KK-SC-GEHEUGEN";
    assert_eq!(findings.iter().filter(of_memory).count(), 1, "{report}");
    verifies(folder.path());
}

#[test]
fn an_osr_elsewhere_passes_what_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let osr = free();
    let file = target(
        &format!(
            "  osr:\n    oin: \"00000003000000040000\"\n    endpoints:\n      \
             v3: \"{0}/api/v3\"\n      v2: \"{0}/api/v2\"\n      v1: \"{0}/api/v1\"\n",
            at("osr", osr)
        ),
        "",
    );
    std::fs::write(folder.path().join("target.yaml"), &file).unwrap();
    let listen = osr.to_string();
    let args = ["osr", "--listen", &listen, "--target", "target.yaml"];
    let (_osr, _) = party(folder.path(), &args, 1);
    passes(folder.path(), &file, "osr", 11, "een");
    passes(folder.path(), &file, "osr", 11, "twee");
    // Who answers there is not who the target file says.
    let other = file.replace("00000003000000040000", "00000003000000050000");
    let id = "--id=osr-m2m-osr-generaties";
    let (output, report) = run(folder.path(), &other, &[id, "--out=bewijs"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let found = report["scenarios"][0]["findings"].as_array().unwrap();
    assert!(!found.is_empty(), "{report}");
    for one in found {
        assert_eq!(one["finding"]["code"], "KK-EK-OIN-SERVER", "{told}");
    }
    verifies(folder.path());
}

/// The evidence in a folder comes out the same when it is judged again.
pub fn verifies(folder: &Path) {
    let verified = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["runs", "verify", "bewijs", "--lang", "en"])
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

/// How a section of docs/scenarios.md starts a counterpart, and its target file,
/// at ports that are free in the place of these.
pub fn documented(section: &str, ports: &[&str]) -> (String, String) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenarios.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split(section).nth(1).unwrap();
    let section = ports.iter().fold(section.to_string(), |section, port| {
        section.replace(port, &free().port().to_string())
    });
    let file = section.split("```yaml target\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    let mut lines = section.lines().map(str::trim);
    let call = lines.find_map(|line| line.strip_prefix("ketenkeur counterpart "));
    (call.unwrap().to_string(), file.to_string())
}

/// The example of docs/scenarios.md, at ports that are free.
#[test]
fn the_documented_duo_under_test_is_played() {
    let (call, file) = documented("## A DUO under test", &["8444", "8441", "9001"]);
    let file = file.as_str();
    let words: Vec<&str> = call.split_whitespace().collect();
    let folder = tempfile::tempdir().unwrap();
    let (mut duo, _) = party(folder.path(), &words, 2);
    let mandates = [
        "--id=koppeling-bron-duo-antwoord",
        "--id=koppeling-bron-duo-mandaat-ingetrokken",
    ];
    let played = |file: &str, seed: &str| {
        let seed = format!("--seed={seed}");
        let (output, report) = run(folder.path(), file, &[&mandates[..], &[&seed]].concat());
        let verdicts = report["scenarios"].as_array().unwrap().iter();
        let verdicts: Vec<Value> = verdicts.map(|one| one["verdict"].clone()).collect();
        (verdicts, crate::target::said(&output))
    };
    let (verdicts, told) = played(file, "een");
    assert_eq!(verdicts, ["pass", "pass"], "{told}");
    // It said at its start that nobody was there whom it could ask.
    let warned = duo.warning();
    assert!(warned.contains("the OSR cannot be reached"), "{warned}");
    assert!(warned.contains("plays.osr.listen"), "{warned}");
    // An OSR at a port that nobody told it is asked nothing.
    let osr = file.lines().find(|line| line.contains("osr: { listen"));
    let unheard = file.replace(osr.unwrap(), "  osr: {}");
    let (verdicts, told) = played(&unheard, "twee");
    assert!(!verdicts.contains(&"pass".into()), "{told}");
    for part in ["KK-SC-NIET-GEBELD", "plays.osr.listen"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
