//! `runs prune`.

use std::fs;

use crate::support::{IDS, Work, files};

#[test]
fn old_runs_go_when_it_is_confirmed_and_nothing_else_does() {
    let work = Work::new();
    for run in ["runs/a", "runs/b"] {
        work.run(run, &["--id", IDS[0]]).expect(0, &[]);
    }
    fs::create_dir(work.path("runs/other")).unwrap();
    fs::write(work.path("runs/other/manifest.json"), "{}").unwrap();
    fs::write(work.path("runs/notes.txt"), "mine").unwrap();
    let before = files(&work.path("runs"));
    let prune = |more: &[&str]| work.ketenkeur(&[&["runs", "prune", "runs"], more].concat());

    // Nothing says what is old.
    prune(&[]).expect(2, &[]);
    prune(&["--older-than", "30"]).expect(0, &["Nothing goes. Runs to stay: 2."]);
    prune(&["--older-than", "30", "--at", "2100-01-01T00:00:00Z"]).expect(0, &["Runs to go: 2"]);
    let dry = prune(&["--keep", "1"]);
    dry.expect(
        0,
        &[
            "Goes: runs/a",
            "Stays: runs/b",
            "po-inwinnen",
            "Stays: the evidence in runs/other cannot be read.",
            "Runs to go: 1; to stay: 1. Nothing was removed yet",
        ],
    );
    assert_eq!(files(&work.path("runs")), before);

    // What was changed since stays, unless it may go; what is strange in it
    // stays in any case.
    fs::write(work.path("runs/a/events.jsonl"), "").unwrap();
    fs::write(work.path("runs/a/notes.txt"), "mine").unwrap();
    prune(&["--keep", "1", "--yes"]).expect(
        0,
        &["Stays, being not as it was written: runs/a", "Nothing goes"],
    );
    prune(&["--keep", "1", "--yes", "--broken"]).expect(0, &["Runs removed: 1; kept: 1."]);
    let left = files(&work.path("runs"));
    assert_eq!(files(&work.path("runs/a")).len(), 1);
    for (name, content) in before {
        if !name.starts_with("a/") {
            assert_eq!(left.get(&name), Some(&content), "{name:?}");
        }
    }
    prune(&["--keep", "0", "--yes"]).expect(0, &["Runs removed: 1; kept: 0."]);
    assert!(!work.path("runs/b").exists());
    assert!(work.path("runs/notes.txt").exists());
}

/// The view of a run to share is no replacement of the original, whichever of them
/// is written last.
#[test]
fn a_view_takes_no_place_of_an_original() {
    let work = Work::new();
    work.run("runs/a", &["--id", IDS[0]]).expect(0, &[]);
    for args in [
        ["runs", "share", "runs/a", "--out", "runs/view"],
        ["runs", "pack", "runs/view", "--out", "runs/a.zip"],
    ] {
        work.ketenkeur(&args).expect(0, &[]);
    }
    let prune = |more: &[&str]| work.ketenkeur(&[&["runs", "prune", "runs"], more].concat());
    prune(&["--keep", "1", "--yes"]).expect(0, &["Nothing goes. Runs to stay: 3."]);
    // Of two runs the older goes, with its view.
    work.run("runs/b", &["--id", IDS[0]]).expect(0, &[]);
    let told = prune(&["--keep", "1"]);
    told.expect(0, &["Goes: runs/a,", "Stays: runs/b,", "Stays: runs/view,"]);
    work.ketenkeur(&["runs", "share", "runs/b", "--out", "runs/view-b"])
        .expect(0, &[]);
    prune(&["--keep", "1", "--yes"]).expect(0, &["Runs removed: 3; kept: 2."]);
    assert!(work.path("runs/b").exists() && work.path("runs/view-b").exists());
}
