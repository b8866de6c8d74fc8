//! Every requirement is proven by something that comes along, or the catalogue
//! says why nothing can; and a run counts for what it showed.

use std::path::Path;
use std::process::Command;

use ketenkeur::coverage::{Coverage, State};
use ketenkeur::event::EVENT_VERSION;
use ketenkeur::evidence::Folder;
use ketenkeur::example::Cases;
use ketenkeur::finding::Language;
use ketenkeur::requirement::{Because, Judged, requirements};
use ketenkeur::scenario::Library;
use ketenkeur::text::Texts;
use serde_json::{Value, json};

fn ketenkeur(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.code() != Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_requirement_is_proven_or_explained_and_none_is_both() {
    let all = requirements().unwrap();
    let coverage = Coverage::of_shipped(&all, Cases::builtin().unwrap());
    let (mut open, mut stale) = (Vec::new(), Vec::new());
    for requirement in &all {
        match coverage
            .proven(&requirement.id)
            .state(requirement.unproven.is_some())
        {
            State::Open => open.push(&requirement.id),
            State::Proven if requirement.unproven.is_some() => stale.push(&requirement.id),
            _ => {}
        }
    }
    assert!(
        open.is_empty(),
        "nothing proves these; write a scenario or case, or say why in schemas/requirements: {open:#?}"
    );
    assert!(
        stale.is_empty(),
        "these are proven now; remove `unproven` in schemas/requirements: {stale:#?}"
    );
}

#[test]
fn a_reason_is_complete() {
    for requirement in requirements().unwrap() {
        let Some(unproven) = &requirement.unproven else {
            continue;
        };
        match (unproven.because, &unproven.see) {
            (Because::OwnTest, Some(file)) => {
                assert!(Path::new(&**file).is_file(), "{}: {file}", requirement.id);
            }
            (Because::OwnTest, None) => panic!("{}: which test?", requirement.id),
            (_, see) => assert!(see.is_none(), "{}: {see:?}", requirement.id),
        }
    }
}

#[test]
fn cases_name_requirements_that_exist() {
    let all = requirements().unwrap();
    for case in Cases::builtin().unwrap().cases() {
        for id in &case.requirements {
            let known = all.iter().any(|requirement| *requirement.id == **id);
            assert!(known, "{} {id}", case.place);
        }
    }
}

#[test]
fn every_state_and_reason_has_words_in_both_languages() {
    for language in [Language::Nl, Language::En] {
        let texts = &Texts::of(language).requirements;
        let reasons = Because::ALL.iter().map(|because| because.name());
        for key in State::ALL.iter().map(|state| state.name()).chain(reasons) {
            assert!(texts.contains_key(key), "{language:?} {key}");
        }
    }
}

#[test]
fn what_programs_read_is_valid_against_the_published_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../docs/schemas/coverage.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report = ketenkeur(&[
        "requirements",
        "coverage",
        "--report",
        "json",
        "--lang",
        "en",
    ]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    validator.validate(&report).unwrap();
    let named: Vec<&str> = (schema["$defs"]["because"]["enum"]
        .as_array()
        .unwrap()
        .iter())
    .filter_map(serde_json::Value::as_str)
    .collect();
    assert_eq!(named, Because::ALL.map(Because::name));
}

#[test]
fn requirements_are_chosen_by_key_grade_and_place() {
    let all = requirements().unwrap();
    let list = |args: &[&str]| -> usize {
        let args = [&["requirements", "list", "--report", "json"], args].concat();
        let shown: serde_json::Value = serde_json::from_str(&ketenkeur(&args)).unwrap();
        shown.as_array().unwrap().len()
    };
    assert_eq!(list(&[]), all.len());
    let tls = all.iter().filter(|one| one.judged.contains(&Judged::Tls));
    assert_eq!(list(&["--judged", "tls"]), tls.clone().count());
    let published = tls.filter(|one| one.grade.name() == "published");
    assert_eq!(
        list(&["--judged", "tls", "--grade", "published"]),
        published.count()
    );
    let of_key = all
        .iter()
        .filter(|one| one.readiness.iter().any(|key| &**key == "rio-po"));
    assert_eq!(list(&["--key", "rio-po"]), of_key.count());
    assert_eq!(list(&["BRON-OVERZICHT-GELIJK"]), 1);
    let refused = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["requirements", "list", "--key", "rio", "--lang", "en"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("rio-po"));
}

/// Ketenkeur against itself shows how it goes; what a run did not play stays
/// open, and evidence that was touched counts for nothing.
#[test]
fn a_run_counts_for_what_it_showed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bewijs");
    let out = out.to_str().unwrap();
    ketenkeur(&[
        "run",
        "--id",
        "rio-po-duo-onderwijsaanbieders",
        "--out",
        out,
        "--quiet",
    ]);
    let report = ketenkeur(&["requirements", "coverage", out, "--report", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let state = |id: &str| {
        let mut all = report["requirements"].as_array().unwrap().iter();
        all.find(|one| one["id"] == id).unwrap()["state"].clone()
    };
    assert_eq!(state("RIO-OP-AANBIEDERS"), "own");
    assert_eq!(state("BRON-INS"), "open");
    assert_eq!(report["summary"]["proven"], 0);

    let script = Path::new(out).join("events.jsonl");
    std::fs::write(script, "{}").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["requirements", "coverage", out, "--lang", "en"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("runs verify"));
}

/// A run of one scenario that was held against recorded traffic and passed.
fn recorded_run(path: &Path, supplier: &str, said_by: Option<Value>) {
    let folder = Folder::create(path).unwrap();
    let run = json!({
        "tool": "0.1.0", "began": "2026-09-01T10:00:00Z", "seed": "proef",
        "now": "2026-09-01T10:00:00Z", "virtual_clock": false, "profile": "test",
        "strict_provenance": false, "fail_on": "foutmelding",
        "target": {
            "supplier": supplier, "oin": "", "product": supplier, "version": "1.0",
            "roles": ["las"], "capabilities": {},
        },
        "packs": [], "scenarios": {}, "shard": null,
    });
    folder
        .write("run.json", run.to_string().as_bytes())
        .unwrap();
    let shipped = Library::shipped().scenario("po-inwinnen-las-inschrijven");
    let about = json!({
        "scenario": "po-inwinnen-las-inschrijven", "title_nl": "", "title_en": "",
        "key": "po-inwinnen", "mandatory": true, "subject": "las", "own": false,
        "recorded": true, "sectors": ["bo"], "requirements": ["BRON-INS", "EK-TLS003"],
        "hash": &*shipped.unwrap().hash,
    });
    let mut played = json!({
        "event": "played", "about": about, "pack": "official", "unreachable": false,
        "judgement": { "verdict": "pass", "grade": "published" }, "not_played": null,
        "steps": 2, "said": u32::from(said_by.is_some()), "findings": [],
    });
    if let Some(by) = said_by {
        played["said_by"] = by;
    }
    let started = json!({
        "event": "started", "version": EVENT_VERSION, "tool": "0.1.0", "redacted": true,
        "strict_provenance": false, "fail_on": "foutmelding",
    });
    folder
        .write("events.jsonl", format!("{started}\n{played}\n").as_bytes())
        .unwrap();
    folder.seal(false).unwrap();
}

/// What rests on recorded traffic or on a person's word is marked as in the
/// readiness matrix; what names no target counts for nobody, as there.
#[test]
fn proof_says_what_it_rests_on() {
    let folder = tempfile::tempdir().unwrap();
    let schema = include_str!("../docs/schemas/coverage.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let by = json!({ "by": "De Linde, beheer", "on": "2026-09-02" });
    for (name, supplier, by, state, mark, told) in [
        (
            "alleen",
            "Voorbeeld",
            None,
            "proven",
            "po-inwinnen-las-inschrijven‡",
            "",
        ),
        (
            "woord",
            "Voorbeeld",
            Some(by),
            "proven",
            "po-inwinnen-las-inschrijven‡§",
            "De Linde, beheer, 2026-09-02",
        ),
        (
            "zonder",
            "",
            None,
            "no-target",
            "po-inwinnen-las-inschrijven‡",
            "the readiness matrix does not count it either",
        ),
    ] {
        let out = folder.path().join(name);
        recorded_run(&out, supplier, by.clone());
        let out = out.to_str().unwrap();
        let report = ketenkeur(&["requirements", "coverage", out, "--report", "json"]);
        let report: Value = serde_json::from_str(&report).unwrap();
        validator.validate(&report).unwrap();
        let mut all = report["requirements"].as_array().unwrap().iter();
        let one = all.clone().find(|one| one["id"] == "BRON-INS").unwrap();
        // Its script says nothing of that, whatever the run says.
        let other = all.find(|one| one["id"] == "EK-TLS003").unwrap();
        assert_eq!(other["state"], "open");
        assert_eq!(one["state"], state);
        let proofs = match state {
            "proven" => &one["positive"],
            _ => &one["no-target"],
        };
        assert_eq!(proofs[0]["recorded"], true);
        assert_eq!(proofs[0].get("said-by").cloned(), by);
        let text = ketenkeur(&["requirements", "coverage", out, "--lang", "en"]);
        for told in [mark, told, "‡ rests on recorded traffic"] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        assert_eq!(text.contains('§'), by.is_some(), "{text}");
        // The page of the run counts the same and has the same marks.
        let page = folder.path().join(format!("{name}.html"));
        ketenkeur(&[
            "report",
            out,
            "--lang",
            "en",
            "--html",
            page.to_str().unwrap(),
        ]);
        let page = std::fs::read_to_string(page).unwrap();
        let states = [
            ("proven", "proven"),
            ("no-target", "without a target only"),
            ("own", "played by ketenkeur itself only"),
            ("failed", "failed"),
            ("explained", "that no scenario can prove"),
            ("open", "open"),
        ];
        for (state, words) in states {
            let count = format!(">{}</span> {words}</li>", report["summary"][state]);
            assert!(page.contains(&count), "{name}: {count}");
        }
        assert!(page.contains(&format!("<td>{mark}")), "{mark}");
        assert_eq!(page.contains("<p>§ "), by.is_some());
        assert!(page.contains("passed, from recorded traffic"));
        assert!(!page.contains("passed in self-test"));
        assert_eq!(
            page.contains("nobody knows whose the recorded traffic is"),
            state == "no-target"
        );
    }
}

/// A run with a party that was wrong on purpose proves nothing, and refutes
/// nothing.
#[test]
fn a_run_with_a_defect_counts_for_no_requirement() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bewijs");
    let out = out.to_str().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args([
            "run",
            "--lang",
            "en",
            "--defect",
            "las-foutmelding-genegeerd",
        ])
        .args(["--id", "po-inwinnen-las-foutmelding", "--out", out])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for counts in ["requirements coverage", "readiness"] {
        let refused = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .args(counts.split(' '))
            .args(["--lang", "en", out])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(told.contains("wrong on purpose"), "{counts}: {told}");
    }
}
