//! Known-wrong parties: the shipped scenarios catch each of them for the right
//! requirement, and a suite that does not is told so.

use std::process::{Command, Output};

fn ketenkeur(arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(arguments)
        .args(["--lang", "en"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

#[test]
fn every_defect_is_caught_by_the_scenarios_of_its_key() {
    let (code, said) = ketenkeur(&["defects", "hunt"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("(100.0 %)"), "{said}");
}

/// A scenario that no party fails.
const BLIND: &str = "id: blind\ntitle: { nl: Blind, en: Blind }\nkey: po-inwinnen\nmandatory: false\nsubject: las\n\
    sectors: [bo]\nrequirements: [BRON-KLASSE-MELDING]\ngrade: knowledge\nsource: a test\nsteps:\n  \
    - trigger: { party: las, action: toon, expect: { json: [{ path: $.leerlingen, exists: true }] } }\n";

#[test]
fn a_defect_that_no_scenario_sees_survives() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("blind.yaml"), BLIND).unwrap();
    let path = folder.path().to_str().unwrap();
    let (code, said) = ketenkeur(&["defects", "hunt", path, "--id", "las-melding-blokkeert"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("survives   las-melding-blokkeert"), "{said}");
    assert!(said.contains("0 of 1 defects"), "{said}");
}

/// The scenario fails, and for a requirement that has nothing to do with it.
#[test]
fn a_defect_that_is_caught_for_another_requirement_survives() {
    let folder = tempfile::tempdir().unwrap();
    let says_other = BLIND.replace(
        "- trigger: { party: las, action: toon, expect: { json: [{ path: $.leerlingen, exists: true }] } }\n",
        "- trigger: { party: las, action: uitschrijven, with: { leerling: L07 } }\n  \
         - receive: { as: duo, message: aanleverenInschrijvingBO_Request, within: 10ms }\n",
    );
    std::fs::write(folder.path().join("anders.yaml"), says_other).unwrap();
    let path = folder.path().to_str().unwrap();
    let (code, said) = ketenkeur(&[
        "defects",
        "hunt",
        path,
        "--id",
        "las-verwijdert-bij-vertrek",
    ]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("fails for something else: blind"), "{said}");
}

#[test]
fn a_run_and_a_counterpart_can_have_a_defect() {
    let scenario = ["run", "--id", "po-inwinnen-las-foutmelding"];
    let with = |defect| ketenkeur(&[&scenario[..], &["--defect", defect]].concat());
    let (code, said) = with("las-foutmelding-genegeerd");
    assert_eq!(code, Some(1), "{said}");
    for told in [
        "does not conform; LAS was wrong on purpose (las-foutmelding-genegeerd)",
        "LAS was wrong on purpose (las-foutmelding-genegeerd). So this result says nothing about a product",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
    let (code, said) = with("las-foutmelding-genegeert");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("las-foutmelding-genegeerd?"), "{said}");
    // What the LAS comes to beside a wrong DUO is not told of the LAS.
    let (_, said) = with("duo-antwoord-niet-ondertekend");
    let beside =
        "but of LAS this says nothing: DUO was wrong on purpose (duo-antwoord-niet-ondertekend)";
    assert!(said.contains(beside), "{said}");
    let duo = ["counterpart", "duo", "--osr", "https://osr.example.nl"];
    let (code, said) = ketenkeur(&[&duo[..], &["--defect", "las-melding-blokkeert"]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is one of las"), "{said}");
}

#[test]
fn the_catalogue_is_shown() {
    let (code, said) = ketenkeur(&["defects", "list", "BRON-VOLGORDE"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(said, @r"
    las-haalt-onbeantwoord-bericht-in  po-inwinnen  The LAS sends in parallel and overtakes an unanswered message about the same pupil

    1 defects
    ");
    let (_, said) = ketenkeur(&["defects", "explain", "las-haalt-onbeantwoord-bericht-in"]);
    insta::assert_snapshot!(said, @r"
    las-haalt-onbeantwoord-bericht-in
    The LAS sends in parallel and overtakes an unanswered message about the same pupil

    Messages leave a shared queue with several workers. When the first fails, the correction arrives before the enrolment and is overwritten by it.

    key            po-inwinnen
    party          las
    violates       BRON-VOLGORDE

    What the scenarios say of it:
      ketenkeur defects hunt --id las-haalt-onbeantwoord-bericht-in
    A party that does this wrong:
      ketenkeur counterpart las --defect las-haalt-onbeantwoord-bericht-in
    ");
}
