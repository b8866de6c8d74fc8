//! `ketenkeur run --target`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use ketenkeur::clock::RunningClock;
use ketenkeur::evidence::Folder;
use ketenkeur::pki::TestPki;
use ketenkeur::relay::{Hears, Passed, Relay, RelayOptions};
use ketenkeur::scenario::Role;
use ketenkeur::transport::{
    ClientOptions, ClientTrust, ServerOptions, TlsIdentity, TransportError, TransportProblem,
};
use serde_json::Value;

use crate::las::{free, start, trust};

/// The school of a target file, as the starter data have it.
pub const SCHOOLS: &str = r#"schools:
  - brin: 25BE
    vestigingen: [25BE00]
"#;

/// A target file for a LAS that is reached there, with what DUO and the OSR
/// listen on.
pub fn target(endpoint: &str, trigger: &str, duo: SocketAddr, osr: SocketAddr) -> String {
    format!(
        r#"
product: {{ name: Voorbeeld-LAS, version: "2026.3" }}
supplier: {{ name: Voorbeeldleverancier, oin: "00000003999999990000" }}
profile: test
under-test:
  las:
    endpoints: {{ rod-po: "{endpoint}" }}
    trigger: {{ url: "{trigger}" }}
plays:
  duo: {{ listen: "{duo}" }}
  osr: {{ listen: "{osr}" }}
{SCHOOLS}capabilities:
  koppeling-bron: yes
  koppeling-verzuim: no
  certificaat-leverancier: yes
  osr-h2m: {{ not-applicable: "een mens doet dat" }}
  osr-m2m: yes
  po-inwinnen: yes
  po-bekostigen: yes
  po-informatiediensten: yes
  rio-po: yes
"#
    )
}

/// Runs with a target; the exit code and the report.
pub fn run(folder: &Path, target: &str, more: &[&str]) -> (Output, Value) {
    std::fs::write(folder.join("target.yaml"), target).unwrap();
    let report = folder.join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["run", "--lang", "en", "--target", "target.yaml"])
        .arg(format!("--report=json={}", report.display()))
        .arg("--report=human")
        .args(more)
        .output()
        .unwrap();
    let read = std::fs::read(&report).unwrap_or_default();
    let report = serde_json::from_slice(&read).unwrap_or(Value::Null);
    (output, report)
}

pub fn ketenkeur(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    command.current_dir(folder).args(args).output().unwrap()
}

pub fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_las_of_somebody_elses_is_played_against_our_duo_and_osr() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    // Authorities of the supplier's own, which evidence has to carry along.
    let pki = ketenkeur(folder.path(), &["pki", "init", "pki"]);
    assert_eq!(pki.status.code(), Some(0), "{}", said(&pki));
    let file =
        target(&las.endpoint, &las.trigger, duo, osr) + "trust: [pki/trust]\ncrl: [pki/crl]\n";
    let (output, _) = run(
        folder.path(),
        &file,
        &[
            "--out=bewijs",
            "--id=po-inwinnen-las-inschrijven",
            "--id=koppeling-bron-las-push",
        ],
    );
    let spoken = said(&output);
    assert_eq!(output.status.code(), Some(0), "{spoken}");
    assert!(!spoken.contains("plays all parties itself"), "{spoken}");
    let record = std::fs::read(folder.path().join("bewijs/run.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["virtual_clock"], false);
    assert_eq!(record["target"]["product"], "Voorbeeld-LAS");
    assert_eq!(record["target"]["capabilities"]["rio-po"]["bo"], "yes");
    let recorded = std::fs::read_to_string(folder.path().join("bewijs/events.jsonl")).unwrap();
    assert!(recorded.contains("\"own\":false"), "{recorded}");
    let kept = std::fs::read_dir(folder.path().join("bewijs/trust")).unwrap();
    let kept = kept.count();
    assert!(kept > 2, "{kept}");
    // Judged again elsewhere: the files that the target names are not there.
    std::fs::remove_dir_all(folder.path().join("pki")).unwrap();
    let verified = ketenkeur(folder.path(), &["runs", "verify", "bewijs", "--lang", "en"]);
    let spoken = said(&verified);
    assert_eq!(verified.status.code(), Some(0), "{spoken}");
    let trusted = format!("named: {kept} certificates and revocation lists");
    assert!(spoken.contains(&trusted), "{spoken}");
}

#[test]
fn nobody_at_the_endpoint_is_a_fault_of_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr, gone) = (free(), free(), free());
    let file = target(
        &format!("https://leverancier.ketenkeur.invalid:{}/bron", gone.port()),
        &format!("http://127.0.0.1:{}/trigger", gone.port()),
        duo,
        osr,
    );
    let (output, report) = run(folder.path(), &file, &["--id=po-inwinnen-las-inschrijven"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(report.to_string().contains("KK-SC-HANDELING"), "{said}");
}

#[test]
fn what_cannot_be_played_against_it_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr, gone) = (free(), free(), free());
    let file = target(
        &format!("https://leverancier.ketenkeur.invalid:{}/bron", gone.port()),
        &format!("http://127.0.0.1:{}/trigger", gone.port()),
        duo,
        osr,
    );
    for (id, words) in [
        ("osr-m2m-las-zonder-mandaat", "needs a virtual clock"),
        (
            "koppeling-bron-duo-antwoord",
            "does not fill the tested role",
        ),
        ("koppeling-verzuim-las-melding", "by its own declaration"),
        ("osr-h2m-las-mandaat", "by its own declaration"),
    ] {
        let (output, _) = run(folder.path(), &file, &["--id", id]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(5), "{id}: {said}");
        assert!(said.contains(words), "{id}: {said}");
    }
}

/// The words of a target file go wherever a run is told of.
#[test]
fn a_number_of_a_person_in_the_target_file_is_in_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let bsn = "123456782";
    let (duo, osr, gone) = (free(), free(), free());
    let file = target(
        &format!("https://leverancier.ketenkeur.invalid:{}/bron", gone.port()),
        &format!("http://127.0.0.1:{}/trigger", gone.port()),
        duo,
        osr,
    );
    let file = file
        .replace("een mens doet dat", &format!("leerling {bsn} doet dat"))
        .replace("Voorbeeld-LAS", &format!("LAS van {bsn}"));
    let more = [
        "--id=osr-h2m-las-mandaat",
        "--out=bewijs",
        "--report=html=run.html",
    ];
    let (output, _) = run(folder.path(), &file, &more);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let mut spoken = said(&output);
    for args in [
        &["runs", "share", "bewijs", "--out", "beeld"][..],
        &["readiness", "bewijs", "--report", "html=stand.html"],
        &["readiness", "beeld", "--report", "json=stand.json"],
    ] {
        let output = ketenkeur(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        spoken += &said(&output);
    }
    assert!(!spoken.contains(bsn), "{spoken}");
    std::fs::remove_file(folder.path().join("target.yaml")).unwrap();
    let mut masked = BTreeSet::new();
    let mut folders = vec![folder.path().to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(bsn), "{path:?}");
            if text.contains("*****6782") {
                let path = path.strip_prefix(folder.path()).unwrap();
                masked.insert(path.display().to_string());
            }
        }
    }
    for told in [
        "bewijs/run.json",
        "beeld/run.json",
        "run.html",
        "stand.html",
        "stand.json",
    ] {
        assert!(masked.contains(told), "{told}: {masked:?}");
    }
}

/// The target with something declared of single messages.
fn declaring(messages: &str) -> String {
    let gone = free();
    let file = target(
        &format!("https://leverancier.ketenkeur.invalid:{}/bron", gone.port()),
        &format!("http://127.0.0.1:{}/trigger", gone.port()),
        free(),
        free(),
    );
    format!("{file}  messages:\n    {messages}\n")
}

#[test]
fn a_message_that_the_target_does_not_declare_is_not_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for (messages, code, words) in [
        (
            "aanleverenInschrijvingBO: no",
            5,
            "does not offer this (aanleverenInschrijvingBO: no)",
        ),
        (
            "aanleverenInschrijvingBO: { bo: { not-applicable: alleen speciaal onderwijs }, sbo: { not-applicable: alleen speciaal onderwijs } }",
            5,
            "does not offer this (aanleverenInschrijvingBO: not applicable, alleen speciaal onderwijs)",
        ),
        // Each sector has its own reason.
        (
            "aanleverenInschrijvingBO: { bo: { not-applicable: alleen sbo }, sbo: no }",
            5,
            "(aanleverenInschrijvingBO: in bo not applicable, alleen sbo; in sbo no)",
        ),
        // The scenario is about bo and sbo: it is played, and nobody is there.
        (
            "aanleverenInschrijvingBO: { vso: no }",
            3,
            "KK-SC-HANDELING",
        ),
        (
            "aanleverenInschrijvingB0: no",
            2,
            "Did you mean \"aanleverenInschrijvingBO\"?",
        ),
    ] {
        let file = declaring(messages);
        let (output, report) = run(folder.path(), &file, &["--id=po-inwinnen-las-inschrijven"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{messages}: {said}");
        assert!(said.contains(words), "{messages}: {said}");
        if code == 5 {
            let played = &report["scenarios"][0];
            assert_eq!(played["not_played"], "capability", "{report}");
            let undeclared = &played["undeclared"][0]["capability"];
            assert_eq!(undeclared, "aanleverenInschrijvingBO");
        }
    }
}

/// A number that is no OIN is told with what is wrong with it.
#[test]
fn what_is_wrong_with_an_oin_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (oin, words) in [
        ("0000000399999999", "it does not have twenty characters"),
        ("0000000399999999000a", "else in it than digits and capital"),
        ("00000002999999990000", "are no prefix of an OIN"),
        ("00000001999999990001", "the nine digits of the RSIN"),
        ("0000000399999999000A", "the eight of the KvK number"),
        ("0000000700025B900000", "after 00000007 come 000, the BRIN"),
        ("0000000499999999000A", "after this prefix come twelve"),
    ] {
        let file = declaring("aanleverenTLV: no").replacen("00000003999999990000", oin, 1);
        let (output, _) = run(folder.path(), &file, &["--id=po-inwinnen-las-inschrijven"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{oin}: {said}");
        assert!(said.contains(words), "{oin}: {said}");
    }
}

/// What a run against a target left open is not played against ketenkeur's own
/// parties instead, nor against another product.
#[test]
fn a_run_goes_on_against_its_own_target_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = declaring("aanleverenInschrijvingBO: no");
    let id = "--id=po-inwinnen-las-inschrijven";
    let (output, _) = run(folder.path(), &file, &[id, "--out=bewijs"]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let again = ["run", "--lang", "en", "--again", "bewijs", "--out", "x"];
    let without = ketenkeur(folder.path(), &again);
    let told = said(&without);
    assert_eq!(without.status.code(), Some(2), "{told}");
    for part in [
        "Voorbeeld-LAS 2026.3 of Voorbeeldleverancier",
        "--target FILE",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let other = file.replace("2026.3", "2027.1");
    let (output, _) = run(folder.path(), &other, &["--again=bewijs", "--out=x"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    let given = "The target that you give is Voorbeeld-LAS 2027.1.";
    assert!(told.contains(given), "{told}");
}

#[test]
fn a_step_for_what_is_not_declared_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
id: zonder-rio
title: { nl: Zonder RIO, en: Without RIO }
key: po-inwinnen
mandatory: true
subject: las
sectors: [bo]
requirements: [BRON-INS]
grade: knowledge
source: proef
steps:
  - if-capability: koppeling-verzuim
    trigger: { party: las, action: haal-verzuim-op }
  - if-capability: aanleverenTLV
    repeat:
      times: 2
      steps:
        - trigger: { party: las, action: toon }
  - if-capability: rio-po
    note: { nl: Dit kan het product, en: The product can do this }
"#;
    std::fs::write(folder.path().join("zonder-rio.yaml"), script).unwrap();
    let file = declaring("aanleverenTLV: { bo: { not-applicable: geen TLV in bo } }");
    let (output, report) = run(folder.path(), &file, &["zonder-rio.yaml", "--out=bewijs"]);
    let said = said(&output);
    // Nobody is at the trigger: a step that is carried out after all fails.
    for words in [
        "step 1 not played: not declared (koppeling-verzuim: no)",
        "step 2 not played: not declared (aanleverenTLV: not applicable, geen TLV in bo)",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let played = &report["scenarios"][0];
    assert_eq!(played["steps"], 1, "{report}");
    assert_eq!(played["verdict"], "not-applicable", "{report}");
    let events = std::fs::read_to_string(folder.path().join("bewijs/events.jsonl")).unwrap();
    let left_out = events
        .lines()
        .filter(|line| line.contains("stepped") && line.contains("undeclared"));
    assert_eq!(left_out.count(), 2, "{events}");
    // Played among our own parties, nothing is left out.
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder.path())
        .args(["run", "--lang", "en", "zonder-rio.yaml"])
        .output()
        .unwrap();
    let said = super::target::said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("not declared"), "{said}");
}

/// A LAS in a process of its own, with a clock of its own.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `counterpart las`; where it takes pushes, triggers, and the clock.
pub fn las_process(duo: SocketAddr, osr: SocketAddr, more: &[&str]) -> (Process, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["counterpart", "las", "--lang", "en"])
        .args([
            "--duo",
            &format!("https://duo.ketenkeur.invalid:{}/duo", duo.port()),
        ])
        .args([
            "--osr",
            &format!("https://osr.ketenkeur.invalid:{}", osr.port()),
        ])
        .args(["--trigger", &free().to_string()])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = 2 + usize::from(more.contains(&"--now"));
    let words: Vec<String> = out.lines().take(lines).map(Result::unwrap).collect();
    let urls = words.iter().map(|line| {
        let url = line.split(' ').find(|word| word.starts_with("http"));
        url.unwrap_or_else(|| panic!("{line}")).to_string()
    });
    (Process(child), urls.collect())
}

/// The target file of such a LAS.
pub fn with_clock(urls: &[String], clock: &str, duo: SocketAddr, osr: SocketAddr) -> String {
    target(&urls[0], &urls[1], duo, osr)
        .replace(
            "    trigger:",
            &format!("    clock: \"{clock}\"\n    trigger:"),
        )
        .replace(r#"{ not-applicable: "een mens doet dat" }"#, "yes")
}

#[test]
fn with_a_clock_of_its_own_a_las_elsewhere_passes_what_takes_days() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let (_las, urls) = las_process(duo, osr, &["--now", "2026-08-24T07:40:00Z"]);
    let file = with_clock(&urls, &urls[2], duo, osr);
    let (output, report) = run(folder.path(), &file, &["--key=osr-h2m", "--out=bewijs"]);
    let said = said(&output);
    let played = report["scenarios"].as_array().unwrap().iter();
    let of_las: Vec<_> = played.filter(|one| one["subject"] == "las").collect();
    assert!(of_las.len() > 4, "{report}");
    for one in of_las {
        assert_eq!(one["verdict"], "pass", "{said}");
    }
    let record = std::fs::read(folder.path().join("bewijs/run.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["virtual_clock"], true);
    // What was recorded comes out the same.
    let verified = ketenkeur(folder.path(), &["runs", "verify", "bewijs", "--lang", "en"]);
    let told = super::target::said(&verified);
    assert_eq!(verified.status.code(), Some(0), "{told}");
    let checked = target_check(folder.path());
    // The moment at which all else is judged comes first, and is said to be that.
    let clock = format!("clock        {}: 2026-", urls[2]);
    let first = checked.lines().find(|line| line.contains(" las "));
    let first = first.unwrap_or_default();
    assert!(first.contains(&clock), "{checked}");
    assert!(first.contains("is judged at that moment"), "{checked}");
}

#[test]
fn a_clock_that_cannot_be_set_is_told_and_nothing_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    // Without --now its clock is the system's.
    let (_las, urls) = las_process(duo, osr, &[]);
    let clock = urls[1].replace("/trigger", "/clock");
    let file = with_clock(&urls, &clock, duo, osr);
    let (output, _) = run(folder.path(), &file, &["--id=osr-h2m-las-mandaat"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(
        told.contains("the clock of the product could not be set"),
        "{told}"
    );
    let checked = target_check(folder.path());
    assert!(checked.contains("can be read but not be set"), "{checked}");
    let file = with_clock(&urls, &urls[1], duo, osr);
    std::fs::write(folder.path().join("target.yaml"), file).unwrap();
    let checked = target_check(folder.path());
    assert!(checked.contains("is no moment of a clock"), "{checked}");
    let ended = "Exit code 1: not all checks of the target are right";
    assert!(checked.contains(ended), "{checked}");
}

/// What `target check` says of the target in a folder.
pub fn target_check(folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["target", "check", "target.yaml", "--lang", "en"])
        .output()
        .unwrap();
    said(&output)
}

/// What a proxy hears is not what this test is about.
struct Deaf;

impl Hears for Deaf {
    fn passed(&self, _: &Passed) {}

    fn refused(&self, _: TransportProblem) {}

    fn unwritten(&self) {}

    fn excuse(&self, error: &TransportError) -> String {
        error.to_string()
    }
}

/// DUO listens at an address of its own and speaks HTTP; the LAS knows another
/// address, at which a proxy ends TLS.
#[test]
fn a_hosted_las_reaches_duo_by_its_public_url_behind_a_proxy_that_ends_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, public, osr) = (free(), free(), free());
    let las = start(public, osr);
    let clock = RunningClock::system();
    let pki = TestPki::at(clock.read()).unwrap();
    let identity = TlsIdentity::of_test(&pki, "duo").unwrap();
    let clients = ClientTrust::Required(Arc::new(trust()));
    let mut server = ServerOptions::new(clock.clone()).with_tls(identity, clients);
    server.listen = public;
    let passed = folder.path().join("proxy");
    let relay = Relay::start(
        RelayOptions {
            server,
            client: ClientOptions::new(Arc::new(trust()), clock.clone()),
            upstream: format!("http://{duo}"),
            from: Role::Las,
            to: Role::Duo,
            clock,
            folder: Arc::new(Folder::create(&passed).unwrap()),
        },
        Arc::new(Deaf),
    )
    .unwrap();
    let url = format!("https://duo.ketenkeur.invalid:{}", public.port());
    let file = target(&las.endpoint, &las.trigger, duo, osr).replace(
        &format!("duo: {{ listen: \"{duo}\" }}"),
        &format!("duo: {{ listen: \"{duo}\", public-url: \"{url}\", tls-ends-at-proxy: true }}"),
    );
    assert!(file.contains("tls-ends-at-proxy"));
    let scenario = "--id=po-inwinnen-las-inschrijven";
    let (output, _) = run(folder.path(), &file, &["--out=bewijs", scenario]);
    relay.stop().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // The LAS came by TLS, and what DUO heard came by HTTP.
    let read =
        |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    assert!(read(passed.join("exchanges/proxy/0001.json"))["tls"].is_object());
    let heard = folder.path().join("bewijs/exchanges");
    let heard = std::fs::read_dir(heard.join("po-inwinnen-las-inschrijven")).unwrap();
    let heard = heard.map(|entry| entry.unwrap().path());
    let heard = heard.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let of_las = heard.map(read).filter(|one| one["to"] == "duo");
    let of_las: Vec<Value> = of_las.collect();
    assert!(!of_las.is_empty() && of_las.iter().all(|one| one["tls"].is_null()));
}

/// What only shows in large numbers is played against a LAS that has the pupils,
/// and by us alone when it is named.
#[test]
fn large_numbers_need_a_las_that_has_them_or_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    let id = "--id=po-inwinnen-las-jaarovergang";
    let (output, report) = run(folder.path(), &file, &[id]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(report.to_string().contains("\"pupils\""), "{report}");
    // Nothing of the recording is needed to see what is chosen.
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/berichten/rio");
    let of_key = [
        "run",
        "--lang",
        "en",
        "--recorded",
        recording,
        "--key",
        "po-inwinnen",
    ];
    let left_out = "large numbers that were left out: 1";
    let told = said(&ketenkeur(folder.path(), &of_key));
    assert!(told.contains(left_out), "{told}");
    let tagged = [&of_key[..5], &["--tag", "grote-aantallen"]].concat();
    let told = said(&ketenkeur(folder.path(), &tagged));
    assert!(
        told.contains("0 scenarios judged by recorded traffic, 1 not") && !told.contains(left_out),
        "{told}"
    );
}
