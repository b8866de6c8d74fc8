//! The readiness matrix, from evidence on disk to what a reader gets.

use std::path::Path;
use std::process::{Command, Output};

use ketenkeur::scenario::Library;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::made::{Made, mandatory, sealed_again, text};

pub fn ketenkeur(args: &[&str]) -> Output {
    let at = (!args.contains(&"--at")).then_some(["--at", "2026-11-01T00:00:00Z"]);
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .arg("readiness")
        .args(args)
        .args(at.into_iter().flatten())
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

/// The state of a cell.
fn state(paths: &[&Path], more: &[&str], key: &str, sector: &str) -> String {
    cell(paths, more, key, sector)["state"]
        .as_str()
        .unwrap()
        .to_string()
}

fn cell(paths: &[&Path], more: &[&str], key: &str, sector: &str) -> Value {
    let mut args = vec!["--report", "json"];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    args.extend(more);
    let output = ketenkeur(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cells = all["matrix"]["rows"][0]["cells"].as_array().unwrap();
    let found = cells
        .iter()
        .find(|cell| cell["key"] == key && cell["sector"] == sector);
    found.unwrap().clone()
}

#[test]
fn every_state_follows_from_what_was_played() {
    let key = "po-bekostigen";
    let needed = mandatory(key);
    let all_fail: Vec<(&str, &str)> = Library::shipped()
        .scenarios
        .iter()
        .map(|one| (&*one.id, "fail"))
        .collect();
    let one_fails = [(needed[0].as_str(), "fail")];
    let one_open = [(needed[0].as_str(), "undecided")];
    let not_offered = json!({ key: { "bo": "no" } });
    let not_for_us = json!({ key: { "bo": { "not-applicable": "geen bo" } } });
    let made = Made::default;
    for (run, expected) in [
        (made(), "ready"),
        (
            Made {
                pack: "reconstruction",
                ..made()
            },
            "on-reconstruction",
        ),
        (
            Made {
                verdicts: &one_fails,
                ..made()
            },
            "partly",
        ),
        (
            Made {
                verdicts: &one_open,
                ..made()
            },
            "partly",
        ),
        (
            Made {
                verdicts: &all_fail,
                ..made()
            },
            "not",
        ),
        (
            Made {
                keys: &["po-inwinnen"],
                ..made()
            },
            "not-tested",
        ),
        (
            Made {
                capabilities: not_offered,
                ..made()
            },
            "not-offered",
        ),
        (
            Made {
                capabilities: not_for_us,
                ..made()
            },
            "not-applicable",
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let path = run.write(&folder.path().join("run"));
        assert_eq!(state(&[&path], &[], key, "bo"), expected);
    }
}

/// What says less than messages of scenarios that were played is marked, in the
/// cell, in the legend and for machines.
#[test]
fn what_rests_on_a_recording_or_on_a_persons_word_is_marked() {
    let key = "po-bekostigen";
    let needed = mandatory(key);
    let one = [needed[0].as_str()];
    let fails = [(needed[0].as_str(), "fail")];
    let made = Made::default;
    let said = |run| Made { said: &one, ..run };
    let recorded = |run| Made {
        recorded: true,
        ..run
    };
    for (run, of_recording, of_person, mark) in [
        (made(), false, 0, ""),
        (said(made()), false, 1, "§"),
        (recorded(made()), true, 0, "‡"),
        (said(recorded(made())), true, 1, "‡§"),
        // What did not pass rests on nothing.
        (
            Made {
                verdicts: &fails,
                ..said(made())
            },
            false,
            0,
            "",
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let path = run.write(&folder.path().join("bewijs"));
        let run = path.to_str().unwrap();
        let cell = cell(&[&path], &[], key, "bo");
        let all = &cell["mandatory"];
        let expected = if of_recording { all.clone() } else { json!(0) };
        assert_eq!(cell["recorded"], expected, "{mark}");
        assert_eq!(cell["said"], of_person, "{mark}");
        let lines = cell["scenarios"].as_array().unwrap();
        let line = lines.iter().find(|line| line["scenario"] == needed[0]);
        assert_eq!(line.unwrap()["recorded"], mark.contains('‡'), "{mark}");
        for (language, recording, person) in [
            (
                "nl",
                "(‡ uit opgenomen verkeer)",
                "(§ deels op het woord van een mens)",
            ),
            (
                "en",
                "(‡ from recorded traffic)",
                "(§ in part on a person's word)",
            ),
        ] {
            let told = |format: &str| {
                let output = ketenkeur(&["--report", format, "--lang", language, run]);
                text(&output.stdout)
            };
            let human = told("human");
            let row = human
                .lines()
                .find(|line| line.trim_start().starts_with(key));
            let first = row.unwrap().split_whitespace().nth(1).unwrap();
            assert_eq!(
                first.trim_start_matches(char::is_alphabetic),
                mark,
                "{human}"
            );
            let page = told("html").replace("&#x27;", "'");
            let legend = human.split("\n\n").last().unwrap();
            for (sign, words) in [('‡', recording), ('§', person)] {
                let is_marked = mark.contains(sign);
                assert_eq!(page.contains(words), is_marked, "{language} {words}");
                let explains = |text: &str| text.contains(&format!("{sign} "));
                assert_eq!(explains(legend), is_marked, "{legend}");
                assert_eq!(
                    page.matches(sign).count() > 1,
                    is_marked,
                    "the cells and the legend"
                );
            }
        }
        let csv = text(&ketenkeur(&["--report", "csv", run]).stdout);
        let mut lines = csv.lines();
        let column = lines
            .next()
            .unwrap()
            .split(',')
            .position(|name| name == "said");
        let of_cell = lines.find(|line| line.contains(&format!(",{key},bo,")));
        let count = of_cell.unwrap().split(',').nth(column.unwrap()).unwrap();
        assert_eq!(count, of_person.to_string());
    }
}

/// A run that somebody ended says so where it stands in the matrix.
#[test]
fn what_was_ended_before_its_time_is_marked() {
    let folder = TempDir::new().unwrap();
    let ended = Made {
        not_played: Some("interrupted"),
        ..Made::default()
    };
    let path = ended.write(&folder.path().join("bewijs"));
    let cell = cell(&[&path], &[], "po-bekostigen", "bo");
    assert_eq!(cell["state"], "not-tested");
    assert_eq!(cell["cut_short"], cell["mandatory"]);
    let run = path.to_str().unwrap();
    let told = |format: &str| text(&ketenkeur(&["--report", format, "--lang", "en", run]).stdout);
    let human = told("human");
    assert!(human.contains("not tested°"), "{human}");
    assert!(human.contains("\n° the run was ended"), "{human}");
    let page = told("html");
    assert!(page.contains("(° ended before)"), "{page}");
    assert!(page.contains("<p>° the run was ended"), "{page}");
}

#[test]
fn the_latest_run_on_the_latest_version_counts() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let needed = mandatory("po-inwinnen");
    let fails = [(needed[0].as_str(), "fail")];
    let made = Made::default;
    let first = made().write(&at("1"));
    let second = Made {
        began: "2026-09-02T10:00:00Z",
        verdicts: &fails,
        ..made()
    }
    .write(&at("2"));
    let runs: [&Path; 2] = [&second, &first];
    assert_eq!(state(&runs, &[], "po-inwinnen", "bo"), "partly");
    // A run of another key leaves it as it was; so does the run's place.
    let other = Made {
        began: "2026-09-03T10:00:00Z",
        keys: &["rio-po"],
        ..made()
    }
    .write(&at("3"));
    assert_eq!(
        state(&[&other, &second, &first], &[], "po-inwinnen", "bo"),
        "partly"
    );
    // A new version has nothing yet but what was played on it.
    let new = Made {
        began: "2026-09-04T10:00:00Z",
        version: "2.0",
        keys: &["rio-po"],
        ..made()
    }
    .write(&at("4"));
    let all = cell(&[folder.path()], &[], "po-inwinnen", "bo");
    assert_eq!(all["state"], "not-tested");
    let trend = all["trend"].as_array().unwrap();
    let states: Vec<&str> = trend
        .iter()
        .map(|turn| turn["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["ready", "partly", "not-tested"]);
    assert_eq!(state(&[&new], &[], "rio-po", "bo"), "ready");
    // What changed since a day.
    let since = ["--since", "2026-09-02"];
    assert_eq!(
        cell(&[folder.path()], &since, "po-inwinnen", "bo")["was"],
        "ready"
    );
    for (since, told) in [
        ("2026-11-01", ""),
        (
            "2026-11-02",
            "--since 2026-11-02T00:00:00Z is after the day of this matrix (2026-11-01T00:00:00Z): \
             nothing can have changed since.\n",
        ),
    ] {
        let path = folder.path().to_str().unwrap();
        let output = ketenkeur(&["--lang", "en", "--since", since, path]);
        assert_eq!(text(&output.stderr), told);
    }
}

/// A file that does not belong to the evidence is named.
#[test]
fn a_file_that_is_not_as_it_was_written_is_named() {
    let folder = TempDir::new().unwrap();
    let path = Made::default().write(&folder.path().join("run"));
    std::fs::remove_file(path.join("run.json")).unwrap();
    for number in 1..=7 {
        std::fs::write(path.join(format!("los-{number}.txt")), "x").unwrap();
    }
    let output = ketenkeur(&["--lang", "en", path.to_str().unwrap()]);
    let said = text(&output.stderr);
    let expected = "the files are not those of the manifest. Missing: run.json. Not in the manifest: \
        los-1.txt, los-2.txt, los-3.txt, los-4.txt, los-5.txt … (+2).\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_scenario_that_was_left_out_is_no_pass() {
    let key = "po-inwinnen";
    let needed = mandatory(key);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let made = Made::default();
    let all = made.events();
    let without = all
        .lines()
        .filter(|line| !line.contains(&format!("\"{}\"", needed[0])));
    let without: String = without.map(|line| format!("{line}\n")).collect();
    made.write(&path);
    // As a run that never chose the scenario would be.
    let shorter = folder.path().join("shorter");
    sealed_again(&path, &shorter, &|name| {
        name == format!("steps/{}.jsonl", needed[0])
    });
    std::fs::write(shorter.join("events.jsonl"), without).unwrap();
    let whole = folder.path().join("whole");
    sealed_again(&shorter, &whole, &|_| false);
    let shorter = whole;
    assert_eq!(state(&[&path], &[], key, "bo"), "ready");
    assert_eq!(state(&[&shorter], &[], key, "bo"), "partly");
}

#[test]
fn what_is_no_evidence_about_a_supplier_does_not_count() {
    let folder = TempDir::new().unwrap();
    let good = Made::default().write(&folder.path().join("good"));
    let tampered = Made {
        began: "2026-10-01T10:00:00Z",
        ..Made::default()
    };
    let tampered = tampered.write(&folder.path().join("tampered"));
    let events = tampered.join("events.jsonl");
    let changed = std::fs::read_to_string(&events)
        .unwrap()
        .replace("po-inwinnen", "po-inwonnen");
    std::fs::write(&events, changed).unwrap();
    Made {
        supplier: "",
        ..Made::default()
    }
    .write(&folder.path().join("own"));
    // The LAS that was tested signs as somebody else than the supplier.
    let other = folder.path().join("other");
    let whole = Made::default().write(&folder.path().join("whole"));
    let record = std::fs::read(whole.join("run.json")).unwrap();
    let mut record: Value = serde_json::from_slice(&record).unwrap();
    record["oins"] = json!({ "las": "00000003999999990000" });
    std::fs::write(whole.join("run.json"), record.to_string()).unwrap();
    sealed_again(&whole, &other, &|_| false);
    std::fs::remove_dir_all(whole).unwrap();
    let output = ketenkeur(&[folder.path().to_str().unwrap(), "--report", "json"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("tampered: geweigerd"), "{said}");
    assert!(
        said.contains("manifest. Veranderd: events.jsonl.\n"),
        "{said}"
    );
    assert!(said.contains("own: telt niet mee"), "{said}");
    assert!(said.contains("other: geweigerd"), "{said}");
    assert!(said.contains("andere OIN dan de leverancier"), "{said}");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = all["matrix"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(state(&[&good], &[], "po-inwinnen", "bo"), "ready");
    // An archive is read as the folder is.
    let archive = folder.path().join("good.zip");
    let packed = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["runs", "pack"])
        .arg(&good)
        .arg("--out")
        .arg(&archive)
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", text(&packed.stderr));
    assert_eq!(
        cell(&[&archive], &[], "po-inwinnen", "bo"),
        cell(&[&good], &[], "po-inwinnen", "bo")
    );
    // Nothing at all is a mistake in the call.
    let empty = folder.path().join("leeg");
    std::fs::create_dir(&empty).unwrap();
    for path in [empty.as_path(), &folder.path().join("nergens")] {
        let output = ketenkeur(&[path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
}

/// Whoever makes a verdict better in the events, with a manifest that fits
/// again, is found out by the steps.
#[test]
fn events_that_say_better_than_their_steps_are_refused() {
    let folder = TempDir::new().unwrap();
    let needed = mandatory("po-bekostigen");
    let fails = [(needed[0].as_str(), "fail")];
    let run = Made {
        verdicts: &fails,
        ..Made::default()
    };
    let path = run.write(&folder.path().join("bewijs"));
    let events = path.join("events.jsonl");
    let told = std::fs::read_to_string(&events).unwrap();
    let better = told.replace(r#""verdict":"fail""#, r#""verdict":"pass""#);
    assert_ne!(told, better);
    std::fs::write(&events, better).unwrap();
    std::fs::remove_file(path.join("manifest.json")).unwrap();
    let unfinished = ketenkeur(&["--lang", "en", folder.path().to_str().unwrap()]);
    let said = text(&unfinished.stderr);
    assert!(said.contains("broken off"), "{said}");
    let again = folder.path().join("opnieuw");
    sealed_again(&path, &again, &|_| false);
    let output = ketenkeur(&["--lang", "en", again.to_str().unwrap()]);
    let said = text(&output.stderr);
    let expected = format!("say something else of {} than its steps", needed[0]);
    assert!(said.contains(&expected), "{said}");
    // Nothing is left to make a matrix of; that is told, and no mistake in the call.
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No run counts"), "{said}");
    assert!(!said.contains("There is no run"), "{said}");
}

/// What was put together from parts counts once: a part says less than the
/// whole.
#[test]
fn the_parts_of_a_run_do_not_count_beside_it() {
    use ketenkeur::readiness::{Imported, Team, matrix};

    let folder = TempDir::new().unwrap();
    let read =
        |name: &str, run: Made<'_>| Imported::read(&run.write(&folder.path().join(name))).unwrap();
    let key = "po-bekostigen";
    let needed = mandatory(key);
    let fails: Vec<(&str, &str)> = needed.iter().map(|id| (id.as_str(), "undecided")).collect();
    let part = read(
        "deel",
        Made {
            verdicts: &fails,
            began: "2026-09-01T10:00:01Z",
            ..Made::default()
        },
    );
    let mut whole = read("geheel", Made::default());
    let state = |runs: &[Imported]| {
        let made = matrix(
            runs,
            &Team::default(),
            "2026-11-01T00:00:00Z".parse().unwrap(),
            None,
        );
        let cell = made.rows[0].cells.iter().find(|cell| cell.key == key);
        cell.unwrap().state.name()
    };
    assert_eq!(state(&[whole.clone(), part.clone()]), "not");
    whole.parts = vec![part.id.clone()];
    assert_eq!(state(&[whole, part]), "ready");
}

#[test]
fn a_store_keeps_runs_once() {
    let folder = TempDir::new().unwrap();
    let run = Made::default().write(&folder.path().join("run"));
    let store = folder.path().join("runs.sqlite");
    let store = store.to_str().unwrap();
    let with = |paths: &[&str]| {
        let mut args = vec!["--store", store, "--report", "json"];
        args.extend(paths);
        let output = ketenkeur(&args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    // A store that is not there is made by what writes to it, and that is told.
    let absent = ketenkeur(&["--store", store, "--lang", "en"]);
    assert_eq!(absent.status.code(), Some(2));
    let said = text(&absent.stderr);
    assert!(said.contains("runs.sqlite does not exist"), "{said}");
    assert!(!Path::new(store).exists());
    let made = ketenkeur(&["--store", store, run.to_str().unwrap(), "--lang", "en"]);
    let said = text(&made.stderr);
    assert_eq!(said, format!("A new store was made: {store}.\n"));
    let first = with(&[run.to_str().unwrap()]);
    let again = ketenkeur(&["--store", store, run.to_str().unwrap(), "--lang", "en"]);
    assert_eq!(text(&again.stderr), "");
    assert_eq!(first, with(&[run.to_str().unwrap()]), "imported twice");
    assert_eq!(first, with(&[]), "from the store alone");
    let foreign = folder.path().join("foreign");
    std::fs::write(&foreign, "geen SQLite, maar lang genoeg om op te vallen").unwrap();
    let output = ketenkeur(&["--store", foreign.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
}

/// How long the matrix of a field of suppliers takes, without judging it:
/// `cargo test --release --test readiness -- --ignored --nocapture`.
#[ignore = "a measurement"]
#[test]
fn two_hundred_suppliers_and_two_thousand_runs() {
    use ketenkeur::readiness::{Imported, RunStore};

    let folder = TempDir::new().unwrap();
    let run = Made::default().write(&folder.path().join("run"));
    let one = Imported::read(&run).unwrap();
    let runs: Vec<Imported> = (0..2_000)
        .map(|number| Imported {
            id: format!("{number:064}"),
            oin: format!("0000000312345{:07}", number % 200),
            supplier: format!("Leverancier {}", number % 200),
            version: format!("1.{}", number / 1_000),
            ..one.clone()
        })
        .collect();
    let store = folder.path().join("runs.sqlite");
    RunStore::open(&store).unwrap().add(&runs).unwrap();
    let html = folder.path().join("matrix.html");
    let report = format!("html={}", html.display());
    let began = std::time::Instant::now();
    let output = ketenkeur(&["--store", store.to_str().unwrap(), "--report", &report]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    println!(
        "200 suppliers, 2,000 runs: {:.2} s, a page of {} KiB",
        began.elapsed().as_secs_f64(),
        std::fs::metadata(html).unwrap().len() / 1024
    );
}
