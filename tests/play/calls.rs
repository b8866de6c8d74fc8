//! What is wrong with a call is said before anything is played, and what is
//! compared is as it was written.

use std::path::Path;
use std::process::{Command, Output};

use crate::target::said;

fn ketenkeur(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    command.current_dir(folder).args(args).output().unwrap()
}

/// A script without a moment of its own.
const SCRIPT: &str = "
id: eigen
title: { nl: Proef, en: Trial }
key: po-inwinnen
mandatory: false
subject: duo
sectors: [bo]
requirements: [BRON-INS]
grade: knowledge
source: proef
steps:
  - send:
      from: las
      to: duo
      message: aanleverenInschrijvingBO_Request
      expect: { status: 200 }
";

#[test]
fn a_wrong_call_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("eigen.yaml"), SCRIPT).unwrap();
    let at = SCRIPT.replace("steps:", "at: \"2019-08-24T09:00:00Z\"\nsteps:");
    std::fs::write(folder.path().join("toen.yaml"), at).unwrap();
    let target = ketenkeur(folder.path(), &["target", "init", "doel.yaml"]);
    assert_eq!(target.status.code(), Some(0), "{}", said(&target));
    let file = std::fs::read_to_string(folder.path().join("doel.yaml")).unwrap();
    let wrong = file.replacen("vso: no", "vso: nee", 1);
    std::fs::write(folder.path().join("doel.yaml"), wrong).unwrap();
    for (args, code, words) in [
        (
            &["run", "eigen.yaml", "--now", "2019-08-24T09:00:00Z"][..],
            2,
            "which eigen is about, a pack holds from 2026-04-15 only. Choose a later moment with --now",
        ),
        (
            &["run", "toen.yaml", "--now", "2026-08-24T09:00:00Z"],
            2,
            "a pack holds from 2026-04-15 only. Put at in the scenario later.",
        ),
        (
            &["run", "eigen.yaml", "--now", "2026-08-24T09:00:00Z"],
            0,
            "1 scenario played",
        ),
        (
            &["run", "po-inwinnen-las-inschrijven"],
            2,
            "ketenkeur run --id po-inwinnen-las-inschrijven",
        ),
        (&["run", "po-inwinnen-las-inschrijve"], 2, "does not exist"),
        (
            &["scenarios", "lint", "eigen.yaml"],
            0,
            "No mistakes in the scenario.",
        ),
        (
            &["scenarios", "order", "--id", "po-inwinnen-las-inschrijven"],
            0,
            "One scenario to play by hand",
        ),
        (
            &["target", "check", "doel.yaml"],
            2,
            "Choose from: yes, no, { not-applicable: \"...\" }.",
        ),
    ] {
        let output = ketenkeur(folder.path(), &[args, &["--lang", "en"]].concat());
        let told = said(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        assert!(told.contains(words), "{args:?}: {told}");
        // Nothing was played that could be told of the product.
        assert!(code == 0 || !told.contains("KK-"), "{args:?}: {told}");
    }
}

#[test]
fn a_run_that_was_touched_is_not_compared_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("eigen.yaml"), SCRIPT).unwrap();
    let now = "2026-08-24T09:00:00Z";
    for out in ["een", "twee"] {
        let played = ketenkeur(
            folder.path(),
            &["run", "eigen.yaml", "--now", now, "--out", out],
        );
        assert_eq!(played.status.code(), Some(0), "{}", said(&played));
    }
    let diff = ["runs", "diff", "een", "twee", "--lang", "en"];
    let same = ketenkeur(folder.path(), &diff);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    let record = folder.path().join("twee/run.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, format!("{text} ")).unwrap();
    let touched = ketenkeur(folder.path(), &diff);
    let told = said(&touched);
    assert_eq!(touched.status.code(), Some(1), "{told}");
    for part in [
        "run.json",
        "twee is not as it was written",
        "ketenkeur runs verify twee",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("een is not as"), "{told}");
}
