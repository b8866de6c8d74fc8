//! Target files: what is read, which mistakes are told, and what comes of
//! trying one.

use std::path::Path;
use std::process::Command;

use ketenkeur::document::Yaml;
use ketenkeur::facts::Profile;
use ketenkeur::finding::Language;
use ketenkeur::scenario::{Key, Role, Sector};
use ketenkeur::target::{
    Capability, EndpointName, IdentitySource, PassphraseSource, Target, Trigger, example,
};
use ketenkeur::text::Texts;
use ketenkeur::transport::{ClientTrust, ServerOptions, TlsIdentity};

use crate::support::{Always, serve, trust};

fn read(text: &str) -> Result<Target, Vec<(u32, &'static str)>> {
    Target::read(text.as_bytes(), Path::new("map")).map_err(|mistakes| {
        let told = mistakes
            .iter()
            .map(|mistake| (mistake.spot.line, mistake.key));
        told.collect()
    })
}

/// The example with one piece of it replaced.
fn with(old: &str, new: &str) -> String {
    let example = example(Language::En);
    assert_eq!(example.matches(old).count(), 1, "{old}");
    example.replace(old, new)
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../docs/schemas/target.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

#[test]
fn the_examples_say_the_same_and_fit_the_schema() {
    let dutch = read(example(Language::Nl)).unwrap();
    let english = read(example(Language::En)).unwrap();
    assert_eq!(format!("{dutch:?}"), format!("{english:?}"));
    for language in [Language::Nl, Language::En] {
        let yaml = Yaml::read(example(language).as_bytes()).unwrap();
        let errors: Vec<String> = schema()
            .iter_errors(&yaml.to_json())
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn what_stands_in_the_file_is_read() {
    let target = read(example(Language::En)).unwrap();
    assert_eq!(target.product.version, "2026.3");
    assert_eq!(target.profile, Profile::Test);
    let las = &target.under_test[&Role::Las];
    assert!(las.endpoints[&EndpointName::RodPo].ends_with("/koppelvlak/bron"));
    assert_eq!(las.trigger, Some(Trigger::Person));
    let duo = target.played(Role::Duo);
    assert_eq!(duo.tls, Some(IdentitySource::Test("duo".to_string())));
    assert_eq!(duo.listen, Some("127.0.0.1:8444".parse().unwrap()));
    assert_eq!(target.played(Role::Osr).listen, None);
    assert_eq!(target.schools[0].vestigingen, ["25BE00"]);
    let say = |key, message, sector| target.capabilities.of(key, message, sector).cloned();
    assert_eq!(
        say(Key::PoInwinnen, None, Sector::Vso),
        Some(Capability::No)
    );
    assert_eq!(
        say(Key::PoInwinnen, Some("aanleverenTLV"), Sector::So),
        Some(Capability::Yes)
    );
    assert!(matches!(
        say(Key::PoInwinnen, Some("aanleverenTLV"), Sector::Bo),
        Some(Capability::NotApplicable(reason)) if reason.contains("toelaatbaarheid")
    ));
    // Numbers that somebody left without quotes are what was written.
    let bare = read(
        &with("version: \"2026.3\"", "version: 4.10")
            .replace("\"00000003999999990000\"", "00000003999999990000"),
    );
    let bare = bare.unwrap();
    assert_eq!(
        (&*bare.product.version, &*bare.supplier.oin),
        ("4.10", "00000003999999990000")
    );
}

#[test]
fn identities_come_from_files_with_their_passphrase_elsewhere() {
    let text = with(
        "tls: { test: duo }",
        "tls: { p12: duo.p12, passphrase-env: DUO }",
    )
    .replace(
        "signing: { test: duo }",
        "signing: { certificate: a.pem, key: a.key, passphrase-file: a.txt }",
    );
    let duo = read(&text).unwrap().played(Role::Duo);
    let file = |name: &str| Path::new("map").join(name);
    assert_eq!(
        duo.tls,
        Some(IdentitySource::Pkcs12 {
            file: file("duo.p12"),
            passphrase: PassphraseSource::Environment("DUO".to_string()),
        })
    );
    assert_eq!(
        duo.signing,
        Some(IdentitySource::Pem {
            certificate: file("a.pem"),
            key: file("a.key"),
            passphrase: PassphraseSource::File(file("a.txt")),
        })
    );
}

/// What is replaced in the example, what is told, and whether the schema sees
/// it as well.
const MISTAKES: &[(&str, &str, &str, bool)] = &[
    ("profile: test", "profile: acceptatie", "one-of", true),
    ("profile: test", "profiel: test", "missing", true),
    ("  name: Voorbeeld-LAS\n", "", "missing", true),
    ("name: Voorbeeld-LAS", "name: \"\"", "missing", true),
    ("name: Voorbeeld-LAS", "name: \" \"", "missing", true),
    ("version: \"2026.3\"", "version: \"\"", "missing", true),
    ("name: Voorbeeldleverancier", "name: \" \"", "missing", true),
    (
        "    oin: \"00000003999999990000\"\n    # How",
        "    oin: \"00000003123456780000\"\n    # How",
        "other-las",
        false,
    ),
    (
        "  name: Voorbeeldleverancier\n  oin: \"00000003999999990000\"",
        "  name: Voorbeeldleverancier\n  oin: \"123\"",
        "not-an-oin",
        true,
    ),
    (
        "  las:\n    # Where",
        "  dou:\n    # Where",
        "unknown",
        true,
    ),
    ("    trigger: person", "    # niets", "missing", true),
    ("    trigger: person", "    trigger: mens", "one-of", true),
    (
        "    trigger: person",
        "    trigger: { command: [] }",
        "no-command",
        true,
    ),
    (
        "    trigger: person",
        "    trigger: { url: 'http://127.0.0.1/x', command: [x] }",
        "one-trigger",
        true,
    ),
    (
        "    trigger: person",
        "    trigger: { url: 'http://las.example/x' }",
        "not-a-url",
        false,
    ),
    (
        "      rod-po: https:",
        "      rodpo: https:",
        "unknown",
        true,
    ),
    ("      rod-po: https:", "      rio: https:", "unknown", true),
    (
        "rod-po: https://leverancier.ketenkeur.invalid:8443/",
        "rod-po: http://las.example/",
        "not-a-url",
        false,
    ),
    (
        "rod-po: https://leverancier.ketenkeur.invalid:8443/",
        "rod-po: https://las.example/",
        "needs-public-url",
        false,
    ),
    ("tls: { test: duo }", "tls: { test: dou }", "one-of", false),
    (
        "tls: { test: duo }",
        "tls: { test: duo, p12: x }",
        "one-identity",
        true,
    ),
    (
        "tls: { test: duo }",
        "tls: { certificate: x }",
        "one-identity",
        true,
    ),
    (
        "tls: { test: duo }",
        "tls: { p12: x, passphrase: geheim }",
        "inline-secret",
        true,
    ),
    (
        "tls: { test: duo }",
        "tls: { p12: x, passphrase-env: A, passphrase-file: b }",
        "two-passphrases",
        false,
    ),
    (
        "listen: 127.0.0.1:8444",
        "listen: localhost",
        "not-an-address",
        true,
    ),
    (
        "    listen: 127.0.0.1:8444\n",
        "",
        "public-without-listen",
        true,
    ),
    ("trust: []", "trust: roots", "expected-list", true),
    (
        "trust: []",
        "trust: []\nproxy: proxy:3128",
        "not-a-proxy",
        true,
    ),
    (
        "trust: []",
        "trust: []\nproxy-env: KETENKEUR_BESTAAT_NIET",
        "no-variable",
        false,
    ),
    ("- brin: 25BE", "- brin: 25be", "not-a-brin", true),
    ("[25BE00]", "[25BF00]", "not-a-vestiging", false),
    ("  koppeling-bron: yes\n", "", "missing", true),
    (
        "  koppeling-bron: yes",
        "  koppeling-bron: ja",
        "one-of",
        true,
    ),
    (
        "  koppeling-bron: yes",
        "  koppeling-bron: not-applicable",
        "reason-missing",
        true,
    ),
    (
        "  koppeling-bron: yes",
        "  koppeling-bron: { not-applicable: \" \" }",
        "missing",
        true,
    ),
    (
        "  koppeling-bron: yes",
        "  koppeling-bron: { bo: yes, so: yes, vso: yes }",
        "missing",
        true,
    ),
    ("    vso: no\n", "", "missing", true),
    (
        "bo: { not-applicable: \"een",
        "mbo: { not-applicable: \"een",
        "unknown",
        true,
    ),
    (
        "tls-ends-at-proxy: false",
        "tls-ends-at-proxy: nee",
        "expected-truth",
        true,
    ),
];

#[test]
fn each_mistake_is_told_where_it_is_by_reader_and_schema() {
    let schema = schema();
    for (old, new, key, in_schema) in MISTAKES {
        let text = with(old, new);
        let mistakes = read(&text).unwrap_err();
        assert!(
            mistakes.iter().any(|(_, told)| told == key),
            "{new}: {mistakes:?}"
        );
        // On the line that was changed, or of the map that misses something; what
        // is left blank is told on its own line.
        let at = text
            .lines()
            .take_while(|line| example(Language::En).lines().any(|l| l == *line));
        let changed = at.count() as u32 + 1;
        let is_blank = new.contains("\"\"") || new.contains("\" \"");
        let elsewhere = ["missing", "unknown", "needs-public-url"].contains(key) && !is_blank;
        if !new.is_empty() && !elsewhere {
            assert!(
                mistakes.iter().any(|(line, _)| *line == changed),
                "{new}: {changed} {mistakes:?}"
            );
        }
        let value = Yaml::read(text.as_bytes()).unwrap().to_json();
        assert_eq!(!schema.is_valid(&value), *in_schema, "{new}");
    }
}

/// Words of the target file go into every report and the evidence: its numbers of
/// persons do not.
#[test]
fn a_number_of_a_person_is_masked_where_the_file_is_read() {
    let bsn = "123456782";
    let text = with("Voorbeeld-LAS", &format!("LAS {bsn}"))
        .replace("2026.3", &format!("1 ({bsn})"))
        .replace("Voorbeeldleverancier", &format!("Leverancier {bsn}"))
        .replace(
            "bo: { not-applicable: \"een",
            &format!("bo: {{ not-applicable: \"{bsn}"),
        )
        .replace(
            "  koppeling-bron: yes",
            &format!("  koppeling-bron: {{ not-applicable: \"niet voor {bsn}\" }}"),
        );
    assert_eq!(text.matches(bsn).count(), 5);
    let target = read(&text).unwrap();
    let shown = format!("{target:?}");
    assert!(!shown.contains(bsn), "{shown}");
    assert_eq!(target.product.name, "LAS *****6782");
    assert_eq!(
        shown.matches("niet voor *****6782").count(),
        Sector::ALL.len()
    );
}

#[test]
fn production_takes_no_certificates_for_tests() {
    let told = read(&with("profile: test", "profile: production")).unwrap_err();
    assert_eq!(
        told.iter().map(|(_, key)| *key).collect::<Vec<_>>(),
        ["test-identity"; 2]
    );
}

#[test]
fn every_mistake_has_words() {
    let source = concat!(
        include_str!("../../src/target/read.rs"),
        include_str!("../../src/target/read_capabilities.rs")
    );
    let mut keys: Vec<&str> = Vec::new();
    for before in ["Mistake::new(", "self.tell("] {
        for part in source.split(before).skip(1) {
            keys.extend(part.split(')').next().unwrap_or_default().split('"').nth(1));
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    for language in [Language::Nl, Language::En] {
        for key in &keys {
            assert!(
                Texts::of(language).yaml.contains_key(*key),
                "{key} in {language:?}"
            );
        }
    }
}

fn ketenkeur(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A supplier's LAS as of now: the command has the clock of the system.
fn las() -> ServerOptions {
    let clock = ketenkeur::clock::RunningClock::system();
    let pki = ketenkeur::pki::TestPki::at(clock.read()).unwrap();
    let identity = TlsIdentity::of_test(&pki, "leverancier").unwrap();
    ServerOptions::new(clock).with_tls(identity, ClientTrust::Required(trust()))
}

fn target(folder: &Path, port: u16) -> String {
    let file = folder.join("doel.yaml");
    let text = with(":8443/koppelvlak", &format!(":{port}/koppelvlak"));
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn a_target_is_tried_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(las(), &Always::ok());
    let file = target(folder.path(), server.address().port());
    let (code, out, err) = ketenkeur(&["target", "check", &file, "--lang", "en"]);
    assert_eq!(err, "");
    let line = |subject: &str| {
        let mut lines = out
            .lines()
            .filter(|line| line.split_whitespace().nth(2) == Some(subject));
        lines
            .next()
            .unwrap_or_else(|| panic!("{subject} in {out}"))
            .to_string()
    };
    assert!(line("connection").starts_with("right"), "{out}");
    assert!(line("connection").contains("TLSv1.3"), "{out}");
    assert!(line("rules").starts_with("right"), "{out}");
    // A clock that can be set comes first; how far off the server is, with it.
    assert!(line("clock").starts_with("skipped"), "{out}");
    let said: Vec<&str> = out.split_whitespace().collect();
    assert!(
        said.windows(3)
            .any(|words| words == ["right", "las", "clock"]),
        "{out}"
    );
    // What was not looked at says so, and why.
    assert!(line("acting").starts_with("skipped"), "{out}");
    assert!(line("mandate").contains("own OSR plays along"), "{out}");
    assert!(out.contains("Skipped: "), "{out}");
    assert!(
        line("certificate").contains("OIN 00000001800866472000"),
        "{out}"
    );
    // A server that leaves the OIN to nobody.
    assert!(line("refusing").starts_with("wrong"), "{out}");
    assert!(out.contains("KK-EK-PKI001-WEIGERT"), "{out}");
    assert_eq!(code, 1, "{out}");
}

#[test]
fn a_target_that_is_not_there_is_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(las(), &Always::ok());
    let port = server.address().port();
    drop(server);
    let (code, out, _) = ketenkeur(&["target", "check", &target(folder.path(), port)]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("onbereikbaar"), "{out}");
    for subject in ["klok", "regels", "weigeren"] {
        let skipped = out.lines().any(|line| {
            line.starts_with("overgeslagen")
                && line.contains(subject)
                && line.ends_with("er was geen verbinding om het op na te gaan")
        });
        assert!(skipped, "{subject} in {out}");
    }
}

#[test]
fn an_example_is_written_once_and_mistakes_are_told_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doel.yaml").display().to_string();
    let (code, out, _) = ketenkeur(&["target", "init", &file]);
    assert_eq!(code, 0);
    assert!(out.contains("target check"), "{out}");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        example(Language::Nl)
    );
    assert_eq!(ketenkeur(&["target", "init", &file]).0, 2);

    std::fs::write(&file, with("profile: test", "profile: tets")).unwrap();
    let (code, _, err) = ketenkeur(&["target", "check", &file]);
    assert_eq!(code, 2);
    let line = example(Language::En)
        .lines()
        .position(|line| line == "profile: test")
        .unwrap()
        + 1;
    assert!(err.contains(&format!("regel {line}, kolom 10")), "{err}");
    assert!(err.contains("Bedoelt u «test»?"), "{err}");
}
