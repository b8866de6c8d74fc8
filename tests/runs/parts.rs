//! `runs merge` and `run --again`.

use crate::support::{IDS, Work, files, send};

/// What is told of runs that are no shares of one.
const NO_SHARES: &str = "these are not the shares of one run";

#[test]
fn shards_become_one_run_with_the_verdicts_of_all() {
    let work = Work::new();
    let only = ["--key", "po-inwinnen"];
    work.run("whole", &only).expect(0, &[]);
    for share in ["1", "2"] {
        let shard = format!("{share}/2");
        work.run(share, &[&only[..], &["--shard", &shard]].concat())
            .expect(0, &[]);
    }
    let merged = work.ketenkeur(&[
        "runs",
        "merge",
        "2",
        "1",
        "--out",
        "merged",
        "--report",
        "human",
        "--report",
        "junit=junit.xml",
    ]);
    merged.expect(0, &["scenarios played", "passed in self-test"]);
    assert!(!merged.text.contains(NO_SHARES), "{}", merged.text);
    assert_eq!(work.verdicts("merged"), work.verdicts("whole"));
    assert!(work.read("junit.xml").contains(IDS[0]));
    let run = work.read("merged/run.json");
    assert!(
        run.contains("\"parts\": [") && run.contains("\"shard\": null"),
        "{run}"
    );
    work.verify("merged")
        .expect(0, &["their verdict is the same"]);
    work.ketenkeur(&["runs", "merge", "1", "2", "--out", "turned", "--quiet"])
        .expect(0, &[]);
    assert_eq!(files(&work.path("merged")), files(&work.path("turned")));
}

#[test]
fn the_worst_part_decides_how_the_whole_ends() {
    let work = Work::new();
    work.script("goed", &send("status: 200"));
    work.script("fout", &send("status: 500"));
    for (id, code) in [("goed", 0), ("fout", 1)] {
        work.run(id, &["scripts", "--id", id]).expect(code, &[]);
    }
    // Runs that are no shares are joined, and that is told.
    work.ketenkeur(&["runs", "merge", "goed", "fout", "--out", "samen"])
        .expect(1, &["KK-SC-STATUS", NO_SHARES]);
    work.verify("samen")
        .expect(0, &["their verdict is the same"]);
}

/// What somebody holds against a rule stands with its findings wherever runs
/// are told, and changes nothing else.
#[test]
fn a_dispute_is_told_of_runs_as_well() {
    let work = Work::new();
    work.script("goed", &send("status: 200"));
    work.script("fout", &send("status: 500"));
    work.write(
        "betwist.toml",
        "[[dispute]]\nrule = \"KK-SC-STATUS\"\nby = \"00000003123456780000\"\n\
         note = \"bezwaar-een\"\nsource = \"PvE\"\nsince = 2026-09-01\n",
    );
    let told = ["KK-SC-STATUS", "bezwaar-een", "00000003123456780000"];
    let disputes = ["--disputes", "betwist.toml"];
    let fout = ["scripts", "--id", "fout"];
    let plain = work.run("kaal", &fout);
    plain.expect(1, &told[..1]);
    assert!(!plain.text.contains("bezwaar-een"), "{}", plain.text);
    work.run("fout", &[&fout[..], &disputes].concat())
        .expect(1, &told);
    work.run("goed", &["scripts", "--id", "goed"])
        .expect(0, &[]);
    let merge = ["runs", "merge", "goed", "fout", "--out", "samen"];
    work.ketenkeur(&[&merge[..], &disputes].concat())
        .expect(1, &told);
    let diff = ["runs", "diff", "goed", "fout"];
    work.ketenkeur(&diff).expect(1, &told[..1]);
    work.ketenkeur(&[&diff[..], &disputes].concat())
        .expect(1, &told);
    let json = work.ketenkeur(&[&diff[..], &disputes, &["--report", "json"]].concat());
    json.expect(1, &told);
    let document: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    let disputed = &document["findings"][0]["disputes"];
    assert_eq!(disputed[0]["note"], "bezwaar-een", "{document}");
    // The evidence is that of the run alone.
    assert_eq!(
        work.read("kaal/events.jsonl").contains("KK-SC-STATUS"),
        work.read("fout/events.jsonl").contains("KK-SC-STATUS")
    );
    assert!(!work.read("fout/events.jsonl").contains("bezwaar-een"));
}

/// Replaces text in a file, and its hash in the manifest: what a forger of
/// unsigned evidence would do.
pub fn forge(work: &Work, folder: &str, file: &str, change: &[(&str, &str)]) {
    let (path, manifest) = (
        format!("{folder}/{file}"),
        format!("{folder}/manifest.json"),
    );
    let old = work.read(&path);
    let new = change
        .iter()
        .fold(old.clone(), |text, (from, to)| text.replace(from, to));
    assert_ne!(old, new, "{file}");
    let hash = |text: &str| ketenkeur::evidence::sha256(text.as_bytes());
    let hashes = work.read(&manifest).replace(&hash(&old), &hash(&new));
    work.write(&manifest, hashes);
    work.write(&path, new);
}

#[test]
fn a_verdict_is_not_made_better_in_the_events_alone() {
    let work = Work::new();
    work.script("fout", &send("status: 500"));
    work.run("run", &["scripts"]).expect(1, &["KK-SC-STATUS"]);
    work.verify("run").expect(0, &["their verdict is the same"]);
    let better = [("\"verdict\":\"fail\"", "\"verdict\":\"pass\"")];
    forge(&work, "run", "events.jsonl", &better);
    work.verify("run").expect(1, &["Told otherwise: fout"]);
    let steps = work.read("run/steps/fout.jsonl");
    assert!(steps.contains("\"verdict\":\"fail\""));
    forge(&work, "run", "steps/fout.jsonl", &better);
    work.verify("run")
        .expect(1, &["Judged otherwise: fout, step 1"]);
}

#[test]
fn what_is_no_part_of_one_run_is_not_joined() {
    let work = Work::new();
    let id = |id: usize| ["--id", IDS[id]];
    work.run("one", &id(0)).expect(0, &[]);
    work.run("same", &id(0)).expect(0, &[]);
    work.run("seed", &[&id(1)[..], &["--seed", "x"]].concat())
        .expect(0, &[]);
    work.run("strict", &[&id(1)[..], &["--fail-on", "signaal"]].concat());
    let only = ["--key", "po-inwinnen", "--shard", "1/3"];
    work.run("share", &only).expect(0, &[]);
    work.run("touched", &id(1)).expect(0, &[]);
    work.write("touched/run.json", "{}");
    for (parts, said) in [
        (["one", "same"], "is in one and in same"),
        (["one", "seed"], "another seed"),
        (["one", "strict"], "another choice of --fail-on"),
        (
            ["one", "touched"],
            "touched is not as it was written: run.json",
        ),
        (["one", "nowhere"], "nowhere"),
    ] {
        let merged = work.ketenkeur(&["runs", "merge", parts[0], parts[1], "--out", "out"]);
        merged.expect(2, &[said]);
        assert!(!work.path("out").exists(), "{parts:?}");
    }
    // Shares of other scenarios are no shares of one run.
    let shares = [
        ("ours", "1/2", "po-inwinnen"),
        ("theirs", "2/2", "po-bekostigen"),
    ];
    for (out, share, key) in shares {
        work.run(out, &["--key", key, "--shard", share]);
    }
    work.ketenkeur(&["runs", "merge", "ours", "theirs", "--out", "out"])
        .expect(2, &["another choice of scenarios"]);
    assert!(!work.path("out").exists());
    work.ketenkeur(&["runs", "merge", "share", "--out", "out"])
        .expect(2, &["share 2/3 does not fit or is missing"]);
}

#[test]
fn what_did_not_pass_is_played_again_and_the_rest_is_kept() {
    let work = Work::new();
    work.script("goed", &send("status: 200"));
    work.script("fout", &send("status: 500"));
    work.run("first", &["scripts"]).expect(1, &["KK-SC-STATUS"]);
    let before = files(&work.path("first"));
    work.script("fout", &send("status: 200"));
    work.ketenkeur(&["run", "scripts", "--again", "first", "--out", "second"])
        .expect(0, &["goed: passed", "fout: passed", "2 scenarios played"]);
    assert_eq!(files(&work.path("first")), before);
    // The port is another at each attempt.
    let record = |folder: &str, id: &str| work.read(&format!("{folder}/exchanges/{id}/0001.json"));
    assert_eq!(record("first", "goed"), record("second", "goed"));
    assert_ne!(record("first", "fout"), record("second", "fout"));
    work.verify("second")
        .expect(0, &["their verdict is the same"]);
    assert!(work.read("second/run.json").contains("\"parts\": ["));
}

#[test]
fn a_pass_of_other_conditions_is_not_kept() {
    let work = Work::new();
    work.script("goed", &send("status: 200"));
    work.run("first", &["scripts"]).expect(0, &[]);
    let again = |more: &[&str]| {
        let call = ["run", "--again", "first", "--out", "second"];
        work.ketenkeur(&[&call, more].concat())
    };
    work.write("others/anders.yaml", "");
    work.script("anders", &send("status: 200"));
    std::fs::rename(
        work.path("scripts/anders.yaml"),
        work.path("others/anders.yaml"),
    )
    .unwrap();
    again(&["others"]).expect(2, &["goed", "Name the scripts of then"]);
    again(&["scripts", "--seed", "x"]).expect(2, &["--seed"]);
    let older = [(env!("CARGO_PKG_VERSION"), "0.0.1")];
    forge(&work, "first", "run.json", &older);
    again(&["scripts"]).expect(2, &["another version of ketenkeur"]);
    assert!(!work.path("second").exists());
}

/// Who names a scenario is told when it falls off the choice.
#[test]
fn a_scenario_that_is_named_is_not_left_out_in_silence() {
    let work = Work::new();
    let named = ["--id", IDS[0], "--id", "rio-po-las-ophalen"];
    work.run("uit", &[&named[..], &["--key", "po-inwinnen"]].concat())
        .expect(2, &["rio-po-las-ophalen is named by --id", "--key"]);
}
