//! A run that is interrupted, and one that goes on with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{NOW, Said, Work, send};

/// A run whose second scenario never ends, at the moment when the first has
/// ended.
fn half_way(work: &Work) -> Child {
    work.script("a-eerste", &send("status: 200"));
    let waits = format!("{}  - wait: 10min\n", send("status: 200"));
    work.script("b-wacht", &waits);
    let call = ["run", "scripts", "--now", NOW, "--out", "first", "--jobs=1"];
    let mut child = work
        .command(&call)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // A line that is told is a scenario that is in the file.
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.contains("a-eerste: passed"), "{line}");
    child
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &id])
            .status()
            .unwrap()
            .success()
    );
}

fn goes_on(work: &Work) {
    work.script("b-wacht", &send("status: 200"));
    let before = work.read("first/exchanges/a-eerste/0001.json");
    work.ketenkeur(&["run", "scripts", "--resume", "first", "--out", "second"])
        .expect(
            0,
            &["a-eerste: passed", "b-wacht: passed", "2 scenarios played"],
        );
    assert_eq!(work.read("second/exchanges/a-eerste/0001.json"), before);
    work.verify("second")
        .expect(0, &["their verdict is the same"]);
}

/// Ctrl-C, and what pipelines and containers send.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_a_result_that_can_be_read_and_gone_on_with() {
    for name in ["-INT", "-TERM"] {
        let work = Work::new();
        let child = half_way(&work);
        signal(&child, name);
        let said = Said::of(&child.wait_with_output().unwrap());
        said.expect(5, &["b-wacht: not played to its end: interrupted"]);
        assert_eq!(work.verdicts("first")["a-eerste"], "pass");
        assert_eq!(work.verdicts("first")["b-wacht"], "undecided");
        work.verify("first")
            .expect(0, &["their verdict is the same"]);
        goes_on(&work);
    }
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_has_ended_is_kept() {
    let work = Work::new();
    let mut child = half_way(&work);
    signal(&child, "-KILL");
    child.wait().unwrap();
    work.verify("first").expect(2, &["--resume"]);
    goes_on(&work);
}

/// `timeout` and some shells send the same wish to the program and to its group.
#[cfg(unix)]
#[test]
fn two_signals_within_a_second_are_one_wish() {
    let work = Work::new();
    let child = half_way(&work);
    let id = child.id();
    let twice = format!("kill -TERM {id}; kill -INT {id}; kill -TERM {id}");
    assert!(
        Command::new("sh")
            .args(["-c", &twice])
            .status()
            .unwrap()
            .success()
    );
    let said = Said::of(&child.wait_with_output().unwrap());
    said.expect(5, &["b-wacht: not played to its end: interrupted"]);
    assert!(work.path("first/manifest.json").exists());
    work.verify("first")
        .expect(0, &["their verdict is the same"]);
}
