//! What the lint finds, and that it finds nothing in what comes along.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ketenkeur::check::PackRules;
use ketenkeur::finding::{Grade, Language};
use ketenkeur::pack::Store;
use ketenkeur::play::Tested;
use ketenkeur::requirement::requirements;
use ketenkeur::scenario::{Key, Library, LintContext, Role, Sector, lint};
use ketenkeur::target::Target;
use ketenkeur::text::{Texts, builtin_rules};

fn linted(library: &Library) -> Vec<(String, String)> {
    let store = Store::builtin();
    let catalogue = requirements().unwrap();
    let of_packs = store.packs().flat_map(|pack| {
        let rules = PackRules::read(pack);
        let codes: Vec<String> = rules.infos().map(|info| info.code.to_string()).collect();
        codes
    });
    let codes: BTreeSet<String> = builtin_rules()
        .iter()
        .map(|rule| rule.code.to_string())
        .chain(of_packs)
        .collect();
    let context = LintContext {
        store: &store,
        requirements: &catalogue,
        codes: &codes,
    };
    lint(library, &context)
        .into_iter()
        .map(|one| {
            let words = Texts::of(Language::Nl).mistake(&one.file, &one.mistake);
            (one.mistake.key.to_string(), words)
        })
        .collect()
}

#[test]
fn every_kind_of_mistake_is_found_with_its_place() {
    let folder = PathBuf::from("tests/scenarios/scripts/wrong");
    let found = linted(&Library::on_disk(&[folder]).unwrap());
    let kinds: BTreeSet<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
    // Every text of the lint is told by one of the wrong scripts, but the one
    // of a message without an example, which no shipped pack has.
    let texts = &Texts::of(Language::En).yaml;
    for key in texts.keys().filter(|key| key.starts_with("lint-")) {
        assert!(
            kinds.contains(key.as_str()) || key == "lint-no-example",
            "{key} is found nowhere"
        );
    }
    let told: String = found
        .iter()
        .map(|(key, words)| format!("{key}: {words}\n"))
        .collect();
    insta::with_settings!({snapshot_path => "../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("scenario-lint", told);
    });
}

#[test]
fn the_shipped_scenarios_are_clean() {
    assert_eq!(linted(Library::shipped()), []);
}

/// A LAS of a supplier in its barest form: a program makes it act, and it has no
/// virtual clock.
const BARE: &str = r#"
product: { name: Voorbeeld-LAS, version: "1" }
supplier: { name: Voorbeeldleverancier, oin: "00000003999999990000" }
profile: test
under-test:
  las:
    endpoints: { rod-po: "https://127.0.0.1:8443/bron" }
    trigger: { url: "http://127.0.0.1:9000/trigger" }
schools:
  - { brin: 25BE, vestigingen: [25BE00] }
capabilities:
  koppeling-bron: yes
  koppeling-verzuim: yes
  certificaat-leverancier: yes
  osr-h2m: yes
  osr-m2m: yes
  po-inwinnen: yes
  po-bekostigen: yes
  po-informatiediensten: yes
  rio-po: yes
"#;

/// What a key needs can be played against a LAS of somebody else's, whenever it
/// is: its script speaks and acts for nobody but parties of ours, and needs no
/// virtual clock. Otherwise no such LAS could ever be ready.
#[test]
fn what_is_mandatory_can_be_played_at_any_moment() {
    let target = Target::read(BARE.as_bytes(), Path::new("")).unwrap();
    let own = target.authorities().unwrap();
    let tested = Tested::new(Arc::new(target), own, None);
    let store = Store::builtin();
    let mandatory = Library::shipped()
        .scenarios
        .iter()
        .filter(|scenario| scenario.mandatory);
    for scenario in mandatory {
        for now in [
            "2026-01-05T08:00:00Z",
            "2026-07-20T22:30:00Z",
            "2027-10-01T12:00:00Z",
        ] {
            let refused = tested.refuses(scenario, &store, now.parse().unwrap());
            assert_eq!(refused, None, "{} at {now}", scenario.id);
        }
    }
    // It does see what cannot be played.
    for (id, why) in [
        ("osr-h2m-las-mandaat-loopt-af", "clock"),
        ("koppeling-bron-duo-antwoord", "role"),
    ] {
        let scenario = Library::shipped().scenarios.iter();
        let scenario = scenario.into_iter().find(|one| &*one.id == id).unwrap();
        let now = "2026-07-20T22:30:00Z".parse().unwrap();
        assert_eq!(tested.refuses(scenario, &store, now), Some(why), "{id}");
    }
}

/// A supplier of one sector can be ready for every key, and is so by more than
/// one scenario.
#[test]
fn every_key_asks_something_of_every_sector() {
    for key in Key::ALL {
        for sector in Sector::ALL {
            let scenarios = Library::shipped().scenarios.iter();
            let asked = scenarios
                .filter(|one| one.mandatory && one.key == *key && one.sectors.contains(sector));
            let of_las = asked.filter(|one| one.subject == Role::Las).count();
            assert!(of_las > 1, "{} in {}: {of_las}", key.name(), sector.name());
        }
    }
}

/// What comes along shows for every key that it works and that something is
/// refused; for a LAS, and for DUO or the OSR where those answer.
#[test]
fn every_key_has_a_happy_path_and_a_refusal() {
    let mut shown: BTreeMap<(Key, Role), (usize, usize)> = BTreeMap::new();
    for scenario in &Library::shipped().scenarios {
        let negative = scenario.requirements.iter().any(|proof| proof.negative);
        let counts = shown.entry((scenario.key, scenario.subject)).or_default();
        if negative {
            counts.1 += 1;
        } else {
            counts.0 += 1;
        }
        // A supplier of a LAS does not answer for DUO or the OSR.
        assert!(
            !scenario.mandatory || scenario.subject == Role::Las,
            "{}",
            scenario.id
        );
        assert!(
            scenario.id.starts_with(scenario.key.name()),
            "{} is not named after its key",
            scenario.id
        );
        assert!(scenario.file.starts_with(scenario.key.name()));
        // A published expectation rests on something that a reader can find.
        if scenario.grade == Grade::Published {
            let source = scenario.source.told(Language::Nl);
            assert!(!source.contains("dossier van ketenkeur"), "{}", scenario.id);
        }
    }
    let answered_by_others = [
        (Key::KoppelingBron, Role::Duo),
        (Key::KoppelingVerzuim, Role::Duo),
        (Key::CertificaatLeverancier, Role::Duo),
        (Key::OsrM2m, Role::Osr),
        (Key::PoInwinnen, Role::Duo),
        (Key::RioPo, Role::Duo),
    ];
    let of_las = Key::ALL.iter().map(|key| (*key, Role::Las));
    for (key, role) in of_las.chain(answered_by_others) {
        let (happy, refused) = shown.get(&(key, role)).copied().unwrap_or_default();
        assert!(
            happy > 0 && refused > 0,
            "{key} of {role}: {happy}, {refused}"
        );
    }
}

fn ketenkeur(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(args)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), out + &err)
}

#[test]
fn the_command_lists_explains_and_lints() {
    let (code, out) = ketenkeur(&["scenarios", "list", "rio-po", "--report", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= 4);
    assert!(listed.iter().all(|one| one["key"] == "rio-po"));

    let id = "po-inwinnen-las-inschrijven";
    // A script of one's own, with its file.
    let own = "tests/scenarios/scripts/good/everything.yaml";
    let (code, out) = ketenkeur(&["--lang", "en", "scenarios", "explain", "everything", own]);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("everything\n"), "{out}");
    let (code, out) = ketenkeur(&["--lang", "en", "scenarios", "explain", own]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains(&format!("explain ID {own}")), "{out}");
    let (code, out) = ketenkeur(&["--lang", "en", "scenarios", "explain", id]);
    assert_eq!(code, 0);
    for part in [
        id,
        "BRON-INS",
        "trigger",
        "receive",
        "published",
        "mandatory",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    // Which party does a step, also one of a file that is included.
    for row in [
        "1.1 trigger las The LAS registers its endpoint",
        "5 receive duo -> las The notice names the previous school",
        "6 act duo The previous school deregisters",
    ] {
        let id = "po-informatiediensten-las-van-andere-school";
        let (_, out) = ketenkeur(&["--lang", "en", "scenarios", "explain", id]);
        let words: Vec<&str> = out.split_whitespace().collect();
        assert!(words.join(" ").contains(row), "{row} in {out}");
    }
    let (code, out) = ketenkeur(&[
        "--lang",
        "en",
        "scenarios",
        "explain",
        "po-inwinnen-las-inschrijve",
    ]);
    assert_eq!(code, 2);
    assert!(out.contains(id), "{out}");

    assert_eq!(ketenkeur(&["scenarios", "lint"]).0, 0);
    let wrong = "tests/scenarios/scripts/wrong/idle.yaml";
    let (code, out) = ketenkeur(&["scenarios", "lint", wrong]);
    assert_eq!(code, 1);
    assert!(out.starts_with(&format!("{wrong}:1:5 lint-")), "{out}");
    assert_eq!(ketenkeur(&["scenarios", "lint", "weg"]).0, 2);
    assert_eq!(ketenkeur(&["scenarios", "lint", "src/scenario"]).0, 2);
}

/// What is wrong in several ways is told at once, not one kind after another is
/// mended.
#[test]
fn mistakes_of_every_kind_are_told_in_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
id: proef
title: { nl: Proef, en: Trial }
key: po-inwinnen
mandatory: false
subject: las
requirements: [BRON-INZ]
grade: knowledge
source: a test
steps:
  - trigger:
      party: las
      action: inschrijven
      with: { burgerservicenummer: "${weg}" }
      expect-status: [done, refused]
      capture: { nummer: $.inschrijvingvolgnummer }
  - receive:
      as: duo
      message: aanleverenInschrijvingB0_Request
      expect:
        finding: [KK-BESTAAT-NIET]
        assert: ["*:requestGoedgekeurd = "]
  - trigger: { party: las, action: toon, with: { leerling: "${nummer}", instellingscode: "${nergens}" } }
"#;
    let file = folder.path().join("proef.yaml");
    std::fs::write(&file, script).unwrap();
    let found = linted(&Library::on_disk(&[file]).unwrap());
    let mut keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    // The step that gives `nummer` could not be read: nothing is said of that.
    let expected = [
        "expected-one-of",
        "lint-message-unknown",
        "lint-requirement-unknown",
        "lint-rule-unknown",
        "undefined",
        "xpath",
    ];
    assert_eq!(keys, expected, "{found:#?}");
    let told: Vec<&str> = found.iter().map(|(_, words)| words.as_str()).collect();
    for part in [
        "done, refused, failed",
        "de uitdrukking is geen XPath",
        "nergens",
    ] {
        assert!(
            told.iter().any(|one| one.contains(part)),
            "{part}: {told:#?}"
        );
    }
}
