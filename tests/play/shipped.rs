//! The shipped scenarios, scripts that are not met, and evidence that is judged
//! again: the program as its users run it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use ketenkeur::scenario::{ACTS, Action, Library, Role};

/// The moment at which every run of these tests begins.
const NOW: &str = "2026-09-28T09:00:00Z";

fn ketenkeur(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(arguments)
        .env_remove("KETENKEUR_PASSPHRASE")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap()
}

fn run(arguments: &[&str]) -> Output {
    let mut all = vec!["run", "--now", NOW, "--lang", "en"];
    all.extend(arguments);
    ketenkeur(&all)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Scenario and verdict of every scenario of a run.
fn verdicts(arguments: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let to = format!("json={}", report.display());
    let mut all = vec!["--report", to.as_str()];
    all.extend(arguments);
    let output = run(&all);
    let report =
        std::fs::read_to_string(&report).unwrap_or_else(|_| panic!("no report: {}", text(&output)));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
    scenarios
        .map(|played| (text(&played["scenario"]), text(&played["verdict"])))
        .collect()
}

#[test]
fn the_shipped_scenarios_pass_whatever_the_seed_and_the_order() {
    let first = verdicts(&["--seed", "a", "--jobs", "1"]);
    assert!(first.len() >= 80, "{} scenarios", first.len());
    for (scenario, verdict) in &first {
        assert_eq!(verdict, "pass", "{scenario}");
    }
    assert_eq!(verdicts(&["--seed", "b", "--jobs", "8"]), first);
}

/// Every scenario that holds at any moment, with its clock at that moment, in a
/// folder of its own; how many.
fn at_moment(moment: &str) -> (tempfile::TempDir, usize) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/scenarios");
    let folder = tempfile::tempdir().unwrap();
    let mut moved = 0;
    for file in walkdir::WalkDir::new(&shipped) {
        let file = file.unwrap();
        if !file.file_type().is_file() {
            continue;
        }
        let inside = file.path().strip_prefix(&shipped).unwrap();
        let content = std::fs::read_to_string(file.path()).unwrap();
        let shared = !content.lines().any(|line| line.starts_with("id: "));
        let anytime = content.lines().any(|line| line == "any-moment: true");
        if !shared && !anytime {
            continue;
        }
        moved += usize::from(anytime);
        let lines = content.lines().map(|line| match line.starts_with("at: ") {
            true => format!("at: \"{moment}\"\n"),
            false => format!("{line}\n"),
        });
        let to = folder.path().join(inside);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, lines.collect::<String>()).unwrap();
    }
    (folder, moved)
}

/// A supplier plays them today, whatever day that is: also when the closing
/// date of the last teldatum is not known yet, and around the change of the
/// school year.
#[test]
fn what_holds_at_any_moment_passes_at_any_without_a_finding() {
    for moment in ["2027-03-15T10:00:00Z", "2029-07-05T10:00:00Z"] {
        let (folder, moved) = at_moment(moment);
        assert!(moved > 40, "{moved}");
        let report = folder.path().join("report.json");
        let to = format!("json={}", report.display());
        let scripts = folder.path().to_str().unwrap();
        let output = ketenkeur(&["run", "--now", moment, "--report", &to, scripts]);
        let report = std::fs::read_to_string(&report)
            .unwrap_or_else(|_| panic!("no report: {}", text(&output)));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let played = report["scenarios"].as_array().unwrap();
        assert_eq!(played.len(), moved, "{moment}");
        for one in played {
            assert_eq!(one["verdict"], "pass", "{moment}: {one}");
        }
        let summary = &report["summary"];
        assert_eq!(summary["undecided_findings"], 0, "{moment}: {summary}");
        for (class, count) in summary["findings"].as_object().unwrap() {
            assert_eq!(count, 0, "{moment}: {class}");
        }
    }
}

#[test]
fn shards_together_play_everything_once() {
    let mut shards: Vec<String> = ["1/3", "2/3", "3/3"]
        .into_iter()
        .flat_map(|shard| verdicts(&["--key", "osr-m2m", "--shard", shard]))
        .map(|(scenario, _)| scenario)
        .collect();
    let whole = verdicts(&["--key", "osr-m2m"]);
    let mut whole: Vec<String> = whole.into_iter().map(|(id, _)| id).collect();
    shards.sort();
    whole.sort();
    assert_eq!(shards, whole);
}

/// A scenario with these steps, in a folder of its own.
fn script(subject: &str, parties: &str, steps: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let yaml = format!(
        "id: proef\ntitle: {{ nl: Proef, en: Trial }}\nkey: po-inwinnen\nmandatory: false\n\
         subject: {subject}\nsectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\n\
         source: a test\nat: \"2026-08-03T09:00:00Z\"\nparties: {parties}\nsteps:\n{steps}"
    );
    std::fs::write(folder.path().join("proef.yaml"), yaml).unwrap();
    folder
}

fn played(folder: &tempfile::TempDir) -> (Option<i32>, String) {
    let path = folder.path().join("proef.yaml");
    let output = run(&[path.to_str().unwrap()]);
    (output.status.code(), text(&output))
}

#[test]
fn what_a_script_expects_and_does_not_get_is_a_finding() {
    let send = "  - send:\n      from: las\n      to: duo\n      message: aanleverenInschrijvingBO_Request\n";
    for (name, steps, code, exit) in [
        (
            "assertion",
            format!("{send}      expect: {{ assert: [\"*:requestGoedgekeurd = 'false'\"] }}\n"),
            "KK-SC-BEWERING",
            1,
        ),
        (
            "status",
            format!("{send}      expect: {{ status: 500 }}\n"),
            "KK-SC-STATUS",
            1,
        ),
        (
            "fault",
            format!("{send}      expect: {{ fault: true }}\n"),
            "KK-SC-FAULT-ONTBREEKT",
            1,
        ),
        (
            "capture",
            format!("{send}      capture: {{ x: \"*:signaal\" }}\n"),
            "KK-SC-VANGST",
            1,
        ),
        (
            "a connection that should fail",
            format!("{send}      expect: {{ transport: broken }}\n"),
            "KK-SC-VERBINDING",
            1,
        ),
        (
            "a message that never comes",
            "  - receive:\n      as: duo\n      message: aanleverenInschrijvingBO_Request\n      within: 50ms\n"
                .to_string(),
            "KK-SC-UITGEBLEVEN",
            1,
        ),
    ] {
        let (found, said) = played(&script("duo", "{}", &steps));
        assert_eq!(found, Some(exit), "{name}: {said}");
        assert!(said.contains(code), "{name}: {said}");
        assert!(said.contains("step 1"), "{name}: {said}");
    }
}

/// DUO misbehaves in every way that a script knows; the LAS says that its
/// message did not arrive, and the run goes on.
#[test]
fn a_las_sees_that_duo_misbehaves() {
    for (answer, status) in [
        ("silent", "failed"),
        ("{ broken-after: 20 }", "failed"),
        ("{ raw: \"geen HTTP\" }", "failed"),
        ("{ status: 503 }", "failed"),
        ("{ fault: { code: Server, text: Even niet } }", "failed"),
    ] {
        let steps = format!(
            "  - trigger: {{ party: las, action: inschrijven, wait: false, expect-status: {status}, \
             with: {{ burgerservicenummer: \"999987112\", datumInschrijving: \"2026-08-01\", leerjaar: 1 }} }}\n\
             \x20 - receive:\n      as: duo\n      message: aanleverenInschrijvingBO_Request\n\
             \x20     within: 20s\n      answer: {answer}\n"
        );
        let (exit, said) = played(&script("las", "{ duo: script }", &steps));
        assert_eq!(exit, Some(0), "{answer}: {said}");
    }
}

/// A message of the party under test must be right, also where no step waits
/// for it: here DUO's, which the LAS's action brought about.
#[test]
fn what_no_step_looks_at_is_judged_all_the_same() {
    for (broken, exit) in [("", 0), (", break: KK-EK-WB002-VOLGORDE", 1)] {
        let steps = format!(
            "  - trigger: {{ party: las, action: inschrijven, wait: false, expect-status: {status}, \
             with: {{ burgerservicenummer: \"999987112\", datumInschrijving: \"2026-08-01\", leerjaar: 1 }} }}\n\
             \x20 - receive:\n      as: duo\n      message: aanleverenInschrijvingBO_Request\n\
             \x20     within: 20s\n      answer: {{ message: aanleverenInschrijvingBO_Response{broken} }}\n",
            status = if exit == 0 { "done" } else { "failed" },
        );
        let (found, said) = played(&script("duo", "{ duo: script }", &steps));
        assert_eq!(found, Some(exit), "{said}");
        assert_eq!(
            said.contains("rule      KK-EK-WB002-VOLGORDE"),
            exit == 1,
            "{said}"
        );
    }
}

fn evidence() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bewijs");
    let path = path.to_str().unwrap().to_string();
    let ids = [
        "po-inwinnen-duo-inschrijving",
        "po-inwinnen-las-inschrijven",
    ];
    let output = run(&["--out", &path, "--id", ids[0], "--id", ids[1]]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    (folder, path)
}

fn verify(path: &str) -> (Option<i32>, String) {
    let output = ketenkeur(&["runs", "verify", path, "--lang", "en"]);
    (output.status.code(), text(&output))
}

#[test]
fn evidence_judged_again_comes_out_the_same() {
    let (_folder, path) = evidence();
    let (exit, said) = verify(&path);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("their verdict is the same"), "{said}");
    assert!(said.contains("Not signed"), "{said}");
}

#[test]
fn evidence_that_was_touched_is_told_by_file_and_by_verdict() {
    let (_folder, path) = evidence();
    let answer = "exchanges/po-inwinnen-duo-inschrijving/0001-response.http";
    let file = Path::new(&path).join(answer);
    let message = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        message.replace("Goedgekeurd>true<", "Goedgekeurd>fals<"),
    )
    .unwrap();
    std::fs::write(Path::new(&path).join("vreemd.txt"), "x").unwrap();
    std::fs::remove_file(Path::new(&path).join("run.json")).ok();
    let (_, said) = verify(&path);
    assert!(said.contains("run.json"), "{said}");
    let (_folder, path) = evidence();
    let file = Path::new(&path).join(answer);
    std::fs::write(
        &file,
        message.replace("Goedgekeurd>true<", "Goedgekeurd>fals<"),
    )
    .unwrap();
    std::fs::write(Path::new(&path).join("vreemd.txt"), "x").unwrap();
    let (exit, said) = verify(&path);
    assert_eq!(exit, Some(1), "{said}");
    for part in [
        &format!("Changed: {answer}"),
        "vreemd.txt",
        "KK-EK-WB013-DIGEST",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn evidence_of_two_runs_does_not_mix() {
    let (_folder, path) = evidence();
    let output = run(&["--out", &path]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

#[cfg(unix)]
#[test]
fn evidence_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = evidence();
    for entry in walkdir::WalkDir::new(&path) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
    }
}

/// A folder with the script of the README, as it stands there.
fn script_of_the_readme() -> tempfile::TempDir {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.unwrap();
    let script = readme.split("```yaml\n").nth(1).unwrap();
    let script = script.split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inschrijving.yaml"), script).unwrap();
    folder
}

/// The README's way to a scenario of one's own.
#[test]
fn the_script_in_the_readme_fails_on_a_broken_message_and_passes_on_a_right_one() {
    let folder = script_of_the_readme();
    let broken = ["example", "--break", "KK-INS-EERSTE-PERIODE"];
    for (example, code) in [
        (&broken[..], 1),
        (&["example", "aanleverenInschrijvingBO"], 0),
    ] {
        let message = ketenkeur(example).stdout;
        std::fs::write(folder.path().join("bericht.xml"), message).unwrap();
        let output = run(&[folder.path().to_str().unwrap()]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(said.contains("KK-INS-EERSTE-PERIODE"), code == 1, "{said}");
        // What the step itself sends belongs to it.
        assert!(!said.contains("outside the steps"), "{said}");
        let of_step = "step 1: po-inwinnen-mijn-inschrijving#1/request";
        assert_eq!(said.contains(of_step), code == 1, "{said}");
        // What DUO says of it is quoted to the end.
        let words = said.split_whitespace().filter(|word| *word != "│");
        let told = words.collect::<Vec<_>>().join(" ");
        let decisive = "2023-08-01, maar op 2023-08-02.";
        assert_eq!(told.contains(decisive), code == 1, "{told}");
    }
}

/// A lighter finding on what the party under test sends fails nothing, and the
/// run says that it is there and what judged the message.
#[test]
fn a_melding_in_a_message_of_ones_own_is_counted_and_named() {
    let folder = script_of_the_readme();
    let code = "KK-INS-INSCHRIJFDATUM-1-AUGUSTUS";
    let message = ketenkeur(&["example", "--break", code]).stdout;
    std::fs::write(folder.path().join("bericht.xml"), message).unwrap();
    let output = run(&[folder.path().to_str().unwrap()]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in [
        code,
        "findings: 1 melding",
        "1 passed in self-test on a reconstruction",
        "Exit code 0: all scenarios judged pass.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// A connection that never came about is not judged.
#[test]
fn what_was_never_sent_did_not_go_without_tls() {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/play/scripts/niemand-luistert.yaml"
    );
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bewijs");
    let out = out.to_str().unwrap();
    let output = run(&[script, "--out", out]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let events = std::fs::read_to_string(format!("{out}/events.jsonl")).unwrap();
    assert!(events.contains("\"problem\":\"unreachable\""), "{events}");
}

#[test]
fn every_act_of_the_language_is_carried_out() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/play/scripts/acts.yaml");
    let library = Library::on_disk(&[script.into()]).unwrap();
    assert!(library.mistakes.is_empty(), "{:?}", library.mistakes);
    let steps = library.scenarios[0].all_steps().into_iter();
    let played: BTreeSet<(&str, Role)> = steps
        .filter_map(|step| match &step.action {
            Action::Act(act) => Some((&*act.what.value, act.party)),
            _ => None,
        })
        .collect();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenarios.md"));
    let page = page.unwrap();
    for act in ACTS {
        let (name, role) = (act.name, act.party);
        assert!(played.contains(&(name, role)), "{name} at {role}");
        let quoted = format!("`{name}`");
        let row = page
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&quoted));
        let row = row.unwrap_or_else(|| panic!("{name} is undocumented"));
        for with in act.with {
            // A pupil is named in two ways, which the table says once.
            let pupil = row.contains("the pupil") && with.ends_with("nummer");
            assert!(
                pupil || row.contains(&format!("`{with}`")),
                "{name}: {with}"
            );
        }
    }
    let output = run(&[script]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
}
