//! A LAS of another hand: a small one in Python, with another library for every
//! layer, written from the documentation. It passes the mandatory scenarios of a
//! key; each of three mistakes is found for the requirement that it breaks.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use ketenkeur::event::{Event, ScenarioJudged};
use ketenkeur::evidence::{EVENTS, Evidence};
use ketenkeur::finding::Verdict;
use ketenkeur::play::Tracing;
use ketenkeur::requirement::requirements;
use ketenkeur::scenario::{Key, Library, Role, Sector};

use crate::las::free;

/// A Python with the libraries that the LAS needs.
static PYTHON: LazyLock<Option<&str>> = LazyLock::new(|| {
    let usable = |python: &&str| {
        let tried = Command::new(python)
            .args(["-c", "import lxml, xmlsec"])
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(usable);
    if found.is_none() {
        eprintln!("skipped: no Python with lxml and xmlsec");
    }
    found
});

/// A test PKI, made by the command that suppliers use.
static PKI: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["pki", "init"])
        .arg(folder.path().join("pki"))
        .output();
    assert!(made.unwrap().status.success());
    folder
});

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign_las")
}

/// The LAS while it runs.
struct Las(Child);

impl Drop for Las {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Plays scenarios of rio-po against the LAS, and gives what came of each.
fn played(python: &str, defect: Option<&str>, out: &Path, more: &[&str]) -> Vec<ScenarioJudged> {
    let (trigger, duo) = (free().port(), free().port());
    let mut las = Command::new(python);
    las.arg(files().join("las.py"))
        .current_dir(PKI.path())
        .args(["--pki", "pki", "--listen", &trigger.to_string()])
        .args(["--duo", &format!("https://duo.ketenkeur.invalid:{duo}/duo")])
        .args(["--connect", &format!("127.0.0.1:{duo}")]);
    if let Some(defect) = defect {
        las.args(["--defect", defect]);
    }
    let mut las = Las(las.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    let said = las.0.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut line).unwrap();
    assert!(line.contains("/trigger"), "{line}");
    let target = std::fs::read_to_string(files().join("target.yaml")).unwrap();
    let target = target.replace("@TRIGGER@", &trigger.to_string());
    let target = target.replace("@DUO@", &duo.to_string());
    // The files that a target names are beside it.
    let file = PKI.path().join(format!("target-{duo}.yaml"));
    std::fs::write(&file, target).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["run", "--key", "rio-po", "--quiet", "--target"])
        .arg(&file)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap();
    assert_ne!(run.status.code(), Some(2), "{run:?}");
    let evidence = Evidence::open(out).unwrap();
    let events: Vec<Event> = evidence.lines(EVENTS).unwrap();
    let played = events.into_iter().filter_map(|event| match event {
        Event::Played(played) if played.not_played.is_none() => Some(*played),
        _ => None,
    });
    played.collect()
}

#[test]
fn a_las_of_another_hand_passes_the_mandatory_scenarios_of_its_key() {
    let Some(python) = *PYTHON else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bewijs");
    let played = played(python, None, &out, &[]);
    let mandatory = Library::shipped().scenarios.iter().filter(|scenario| {
        let of_key = scenario.key == Key::RioPo && scenario.subject == Role::Las;
        of_key && scenario.mandatory && scenario.sectors.contains(&Sector::Bo)
    });
    for scenario in mandatory {
        let judged = played.iter().find(|one| one.about.scenario == *scenario.id);
        let judged = judged.unwrap_or_else(|| panic!("{} was not played", scenario.id));
        let findings = &judged.findings;
        assert_eq!(
            judged.judgement.verdict,
            Verdict::Pass,
            "{}: {findings:?}",
            scenario.id
        );
        assert!(!judged.about.own, "{}", scenario.id);
    }
    let matrix = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["readiness", "--report", "csv"])
        .arg(&out)
        .output()
        .unwrap();
    let matrix = String::from_utf8(matrix.stdout).unwrap();
    let cell = matrix
        .lines()
        .find(|line| line.contains("rio-po") && line.contains("bo"));
    assert!(cell.unwrap().contains("reconstruction"), "{matrix}");
}

#[test]
fn each_mistake_is_found_for_the_requirement_that_it_breaks() {
    let Some(python) = *PYTHON else {
        return;
    };
    let tracing = Tracing::of(&requirements().unwrap());
    for (defect, scenario, requirement) in [
        // The message is written anew, with other white space, after it was signed.
        ("digest", "rio-po-las-ophalen", "EK-WB013"),
        // The supplier speaks for itself and not for the school.
        ("from", "rio-po-las-ophalen", "EK-SAAS-SCHOOL"),
        // A question that RIO refuses is taken for a list without codes.
        (
            "foutmelding",
            "rio-po-las-rio-storing",
            "RIO-ANTWOORD-OORDEEL",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("bewijs");
        let played = played(python, Some(defect), &out, &["--id", scenario]);
        let [judged] = played.as_slice() else {
            panic!("{defect}: {played:?}");
        };
        assert_eq!(judged.judgement.verdict, Verdict::Fail, "{defect}");
        let script = Library::shipped().scenario(scenario).unwrap();
        let broken = judged.findings.iter().filter(|found| !found.expected);
        let broken: Vec<_> = broken
            .flat_map(|found| tracing.requirements(script, found))
            .collect();
        assert!(
            broken.iter().any(|one| ***one == *requirement),
            "{defect}: {broken:?}"
        );
    }
}
