//! Scripts of one's own: what must be right before anything is played, and what
//! travels with the evidence.

use ketenkeur::check::Masker;
use ketenkeur::evidence::Evidence;
use ketenkeur::pack::Store;
use serde_json::Value;

use crate::parts::forge;
use crate::support::{IDS, NOW, Said, Work, send};

/// A step that sends the message in this file.
fn send_file(name: &str, expect: &str) -> String {
    format!(
        "  - send:\n      from: las\n      to: duo\n      file: {name}\n      expect: {{ {expect} }}\n"
    )
}

/// A scenario beside a message with a name in it.
fn with_file(work: &Work) {
    let example = work.ketenkeur(&["example", "aanleverenIdentificerenPersoon_Request"]);
    example.expect(0, &["<"]);
    let (name, end) = ("achternaam>", "</");
    let at = example.text.find(name).expect("no name in the example") + name.len();
    let until = at + example.text[at..].find(end).unwrap();
    let message = format!("{}Wijdeveld{}", &example.text[..at], &example.text[until..]);
    work.write("berichten/persoon.xml", message);
    work.script(
        "stuurt",
        &send_file("../berichten/persoon.xml", "status: [200, 5xx]"),
    );
}

#[test]
fn a_message_from_a_file_travels_with_the_evidence() {
    let work = Work::new();
    with_file(&work);
    work.run("run", &["scripts"]).expect(0, &["stuurt: passed"]);
    let kept = work.read("run/messages/berichten/persoon.xml");
    assert_eq!(kept, work.read("berichten/persoon.xml"));
    assert!(
        work.read("run/manifest.json")
            .contains("messages/berichten/persoon.xml")
    );
    // Judged elsewhere, where the scripts are not.
    std::fs::remove_dir_all(work.path("berichten")).unwrap();
    std::fs::remove_dir_all(work.path("scripts")).unwrap();
    work.verify("run")
        .expect(0, &["2 steps were judged again; their verdict is the same"]);
    work.ketenkeur(&["runs", "pack", "run", "--out", "run.zip"])
        .expect(0, &[]);
    work.verify("run.zip")
        .expect(0, &["their verdict is the same"]);
    work.ketenkeur(&["runs", "merge", "run", "--out", "merged", "--quiet"])
        .expect(0, &[]);
    work.verify("merged")
        .expect(0, &["their verdict is the same"]);
}

#[test]
fn a_message_from_a_file_is_masked_in_the_view() {
    let work = Work::new();
    with_file(&work);
    work.run("run", &["scripts"]).expect(0, &[]);
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &[]);
    let shown = work.read("view/messages/berichten/persoon.xml");
    assert!(!shown.contains("Wijdeveld"), "{shown}");
    assert!(shown.contains("achternaam>"), "{shown}");
    let unmasked = |folder: &str| {
        let evidence = Evidence::open(&work.path(folder)).unwrap();
        let mut masker = Masker::new(Store::builtin());
        ketenkeur::evidence::unmasked(&evidence, &mut masker, false).unwrap()
    };
    assert_eq!(unmasked("view"), None);
    // The script can be read from it; what is masked is said to be.
    let said = work.verify("view");
    said.expect(5, &[]);
    assert!(
        !said.text.contains("the script cannot be read"),
        "{}",
        said.text
    );
}

#[test]
fn what_cannot_be_judged_again_says_why() {
    let work = Work::new();
    // A script in which a person number stands stays out of the view.
    let personal = send("status: 200").replace(
        "      expect",
        "      edits: [{ set: burgerservicenummer, to: '123456782' }]\n      expect",
    );
    work.script("nummer", &personal);
    work.script("gewoon", &send("status: 200"));
    work.run("run", &["scripts"]);
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &[]);
    work.verify("view").expect(
        5,
        &["Cannot be judged again: nummer, steps 1, -: the script was left out of this view, because the number of a person"],
    );
    // Evidence whose script is not the one that was played.
    let script = work.read("run/scenarios/scripts/gewoon.yaml");
    work.write(
        "run/scenarios/scripts/gewoon.yaml",
        script.replace("steps:\n", "steps:\n\n\n"),
    );
    work.verify("run").expect(
        1,
        &[
            "Changed: scenarios/scripts/gewoon.yaml",
            "gewoon, step 1: the script that was kept has no such step",
        ],
    );
}

/// What is no message at all goes out as it is when the script says so, and the
/// script is not to blame.
#[test]
fn a_broken_file_goes_out_as_it_is() {
    let work = Work::new();
    let example = work.ketenkeur(&["example", "aanleverenInschrijvingBO"]);
    let half = &example.text.as_bytes()[..example.text.len() / 2];
    for (name, content) in [("half", half), ("bytes", &b"\xff\xfe\x00<"[..])] {
        work.write("berichten/kapot.xml", content);
        let plain = send_file("../berichten/kapot.xml", "status: 500, fault: true");
        work.script(name, &plain);
        work.ketenkeur(&["run", "--now", NOW, &format!("scripts/{name}.yaml")])
            .expect(5, &["raw: true"]);
        work.script(
            name,
            &plain.replace("      expect", "      raw: true\n      expect"),
        );
        let out = format!("bewijs-{name}");
        work.run(&out, &[&format!("scripts/{name}.yaml")])
            .expect(0, &[]);
        work.verify(&out).expect(0, &[]);
    }
    let edited = send_file("../berichten/kapot.xml", "status: 500");
    let edited = edited.replace(
        "      expect",
        "      raw: true\n      break: KK-EK-WB004-BODY\n      expect",
    );
    work.script("bewerkt", &edited);
    work.ketenkeur(&["scenarios", "lint", "scripts/bewerkt.yaml"])
        .expect(1, &["raw-of-file: raw sends a file as it is"]);
}

/// Scripts of the same name in two folders are two files in the evidence.
#[test]
fn a_script_in_a_folder_above_keeps_a_name_of_its_own() {
    let work = Work::new();
    work.script("een", &send("status: 200"));
    work.script("twee", &send("status: 200"));
    let two = work.read("scripts/twee.yaml");
    work.write("scripts/diep/een.yaml", two);
    let both = ["een.yaml", "../een.yaml"];
    let arguments = [&["run", "--now", NOW, "--out", "../../bewijs"], &both[..]].concat();
    let mut run = work.command(&arguments);
    let output = run.current_dir(work.path("scripts/diep")).output().unwrap();
    Said::of(&output).expect(0, &[]);
    for (file, id) in [("een.yaml", "id: twee"), ("__/een.yaml", "id: een")] {
        let kept = work.read(&format!("bewijs/scenarios/{file}"));
        assert!(kept.starts_with(id), "{file}: {kept}");
    }
    work.verify("bewijs").expect(0, &[]);
}

/// A script with a mistake, and what the lint says of it.
const MISTAKEN: &[(&str, &str, &str)] = &[
    (
        "requirements: [BRON-INS]",
        "requirements: [BRON-INZ]",
        "lint-requirement-unknown",
    ),
    (
        "expect: { status: 200 }",
        "expect: { finding: [KK-INS-EERSTE-PERIODEN] }",
        "lint-rule-unknown",
    ),
    (
        "message: aanleverenInschrijvingBO_Request",
        "message: aanleverenInschrijvingBo_Request",
        "lint-message-unknown",
    ),
];

#[test]
fn what_the_lint_calls_an_error_is_not_played() {
    for (right, wrong, key) in MISTAKEN {
        let work = Work::new();
        work.script("goed", &send("status: 200"));
        work.script("fout", &send("status: 200"));
        let script = work.read("scripts/fout.yaml");
        assert!(script.contains(right), "{script}");
        work.write("scripts/fout.yaml", script.replace(right, wrong));
        let linted = work.ketenkeur(&["scenarios", "lint", "scripts"]);
        let line = linted.text.lines().find(|line| line.contains(key));
        let line = line.unwrap_or_else(|| panic!("{key}: {}", linted.text));
        assert!(line.contains("Did you mean"), "{line}");
        for call in [
            &["run", "scripts", "--now", NOW, "--out", "run"][..],
            &["run", "scripts", "--id", "goed", "--out", "run"],
            &["defects", "hunt", "scripts", "--id", "duo-negeert-mandaat"],
            &["scenarios", "order", "scripts"],
        ] {
            let said = work.ketenkeur(call);
            said.expect(2, &[line, "nothing was played", "scenarios lint"]);
            assert!(!work.path("run").exists(), "{call:?}");
        }
    }
}

#[test]
fn what_the_lint_warns_of_is_played() {
    let work = Work::new();
    let captures = send("status: 200") + "      capture: { code: status }\n";
    work.script("waarschuwt", &captures);
    work.ketenkeur(&["scenarios", "lint", "scripts"]).expect(
        1,
        &[
            "lint-unused-capture (warning): ",
            "Mistakes found: 0. Warnings: ",
        ],
    );
    work.run("run", &["scripts"])
        .expect(0, &["waarschuwt: passed"]);
}

#[test]
fn own_scripts_need_not_be_named_again() {
    let work = Work::new();
    work.script("goed", &send("status: 200"));
    work.script("fout", &send("status: 500"));
    work.run("first", &["scripts"]).expect(1, &[]);
    // Also where the scripts are not, and from what was made of them.
    std::fs::remove_dir_all(work.path("scripts")).unwrap();
    let again = |from: &str, out: &str| {
        work.ketenkeur(&["run", "--again", from, "--out", out])
            .expect(
                1,
                &[
                    "goed: passed",
                    "KK-SC-STATUS",
                    "2 scenarios of your own are played as",
                ],
            );
        work.verify(out).expect(0, &["their verdict is the same"]);
    };
    again("first", "second");
    again("second", "third");
    work.ketenkeur(&["run", "--resume", "first", "--out", "resumed"])
        .expect(1, &["2 scenarios played"]);
    // A script that is named is played as it is now.
    work.script("goed", &send("status: 200"));
    work.script("fout", &send("status: 200"));
    work.ketenkeur(&["run", "scripts", "--again", "first", "--out", "mended"])
        .expect(0, &["fout: passed"]);
}

#[test]
fn a_run_that_is_not_there_is_named_with_what_to_do() {
    let work = Work::new();
    work.write("map/bericht.xml", "<x/>");
    work.write("leeg/weg.txt", "");
    for (path, says) in [
        (
            "nergens",
            "nergens does not exist. Name a folder that ketenkeur run --out made",
        ),
        ("map", "map is no evidence of a run"),
        (
            "map/bericht.xml",
            "map/bericht.xml is neither a folder nor an archive of evidence",
        ),
    ] {
        for call in [
            &["run", "--again", path, "--out", "uit"][..],
            &["run", "--resume", path, "--out", "uit"],
            &["runs", "verify", path],
            &["runs", "share", path, "--out", "uit"],
            &["runs", "merge", path, "--out", "uit"],
        ] {
            work.ketenkeur(call).expect(2, &[says]);
            assert!(!work.path("uit").exists(), "{call:?}");
        }
    }
    // One that was cut off can be gone on with.
    work.script("goed", &send("status: 200"));
    work.run("run", &["scripts"]).expect(0, &[]);
    std::fs::remove_file(work.path("run/manifest.json")).unwrap();
    work.verify("run")
        .expect(2, &["was cut off", "--resume run"]);
    std::fs::remove_file(work.path("run/events.jsonl")).unwrap();
    work.ketenkeur(&["run", "--resume", "run", "--out", "verder"])
        .expect(0, &["goed: passed"]);
}

#[test]
fn the_summary_counts_what_was_played() {
    let work = Work::new();
    work.script("a-fout", &send("status: 500"));
    work.script("b-goed", &send("status: 200"));
    work.script("c-goed", &send("status: 200"));
    work.run("run", &["scripts", "--fail-fast", "--jobs", "1"])
        .expect(1, &["1 scenario played, 2 not or not to the end"]);
}

/// A script under the id of a shipped one is somebody's own, and so is every other
/// that does not ship: the run, its reports and whoever counts it say so, and it
/// proves nothing. A copy of a shipped script is that script.
#[test]
fn an_own_script_counts_for_nothing_under_whatever_id() {
    let work = Work::new();
    let id = IDS[1];
    for id in [id, "van-onszelf"] {
        work.script(id, &send("status: 200"));
    }
    let lint = work.ketenkeur(&["scenarios", "lint", "scripts"]);
    let line = format!("scripts/{id}.yaml:1:5 lint-shipped-id (warning): The id {id} is that of");
    lint.expect(1, &[&line]);
    let warned = lint.text.matches("lint-shipped-id").count();
    assert_eq!(warned, 1, "{}", lint.text);
    let both = format!("Own scripts, not those of ketenkeur (2): {id}, van-onszelf.");
    work.run(
        "own",
        &[
            "scripts",
            "--report",
            "human",
            "--report",
            "json=own.json",
            "--report",
            "html=own.html",
            "--report",
            "junit=own.xml",
            "--report",
            "gitb=own-gitb.xml",
            "--report",
            "github=own.txt",
            "--report",
            "sarif=own.sarif",
        ],
    )
    .expect(0, &[&line, &both, "[own script, does not count]"]);
    let kinds = |name: &str| {
        let report: Value = serde_json::from_str(&work.read(name)).unwrap();
        let scenarios = report["scenarios"].as_array().unwrap().iter();
        let kinds: Vec<Value> = scenarios.map(|one| one["script"].clone()).collect();
        kinds
    };
    assert_eq!(kinds("own.json"), ["own", "own"]);
    assert!(work.read("own.html").contains(&both));
    for (name, says) in [("own.xml", 2), ("own-gitb.xml", 2), ("own.txt", 1)] {
        let told = work.read(name);
        let said = told.matches("wn script").count();
        assert_eq!(said, says, "{name}: {told}");
    }
    let sarif: Value = serde_json::from_str(&work.read("own.sarif")).unwrap();
    let named = &sarif["runs"][0]["properties"]["ownScripts"];
    assert_eq!(named, &serde_json::json!([id, "van-onszelf"]));
    // No key of it is called ready, and what was not played says so.
    assert!(!work.read("own.html").contains("k on-reconstruction"));
    let named =
        format!("Own scripts, not those of ketenkeur, prove nothing here: {id}, van-onszelf.");
    work.ketenkeur(&["requirements", "coverage", "own"])
        .expect(0, &[" 0 played by ketenkeur itself only, 0 failed", &named]);
    let verified = format!("Own script: {id} is not that of ketenkeur");
    work.verify("own")
        .expect(0, &[&verified, "Own script: van-onszelf"]);
    work.ketenkeur(&["runs", "merge", "own", "--out", "merged"])
        .expect(0, &["[own script, does not count]"]);

    // A shipped script in a folder of one's own, with what it includes, is the
    // shipped one.
    let all = ketenkeur::scenario::Library::shipped().scenarios.iter();
    let mut including = all.filter(|one| one.read.scripts.len() > 1 && one.pupils == 0);
    let shipped = including.next().expect("no script includes another");
    for (name, content) in &shipped.read.scripts {
        work.write(&format!("copy/{name}"), content);
    }
    let run = work.run("copied", &["copy", "--report", "json=copied.json"]);
    run.expect(0, &[]);
    assert!(!run.text.contains("Own scripts"), "{}", run.text);
    assert_eq!(kinds("copied.json"), ["shipped"]);
    // What it includes belongs to it.
    let included = shipped
        .read
        .scripts
        .keys()
        .find(|name| **name != shipped.file);
    let included = format!("copy/{}", included.expect("it includes nothing"));
    work.write(&included, work.read(&included) + "# another\n");
    work.run("changed", &["copy", "--report", "json=changed.json"])
        .expect(
            0,
            &["lint-shipped-id", "Own scripts, not those of ketenkeur (1)"],
        );
    assert_eq!(kinds("changed.json"), ["own"]);
}

/// Who writes the hash of the shipped script into the events of a run of another
/// is found out: the script was kept.
#[test]
fn events_cannot_tell_of_another_script_than_was_played() {
    let work = Work::new();
    let id = IDS[1];
    work.script(id, &send("status: 200"));
    work.run("own", &["scripts"]).expect(0, &[]);
    let events = work.read("own/events.jsonl");
    let played: Value = serde_json::from_str(events.lines().nth(1).unwrap()).unwrap();
    let shipped = ketenkeur::scenario::Library::shipped()
        .scenario(id)
        .unwrap();
    let hash = played["hash"].as_str().unwrap();
    forge(&work, "own", "events.jsonl", &[(hash, &shipped.hash)]);
    work.verify("own")
        .expect(1, &[&format!("Another script: {id} was played with")]);
}
