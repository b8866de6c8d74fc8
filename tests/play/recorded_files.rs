//! Recordings in files: raw HTTP, captures, and what a person says beside them,
//! as `ketenkeur run --recorded` reads and tells them.

use std::path::Path;
use std::process::Command;

use ketenkeur::exchange::{Exchange, StartLine};
use ketenkeur::finding::Verdict;
use ketenkeur::play::Passed;

use crate::operator::{Terminal, is_there};
use crate::recorded::{held, stage, witness};
use crate::recorded_which::{recording, scenario};
use crate::target::said;

/// A folder in which ketenkeur is called.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn call(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command.current_dir(self.path()).args(["--lang", "en"]);
        let output = command.args(args).output().unwrap();
        (output.status.code(), said(&output))
    }
}

/// A message as it went over the wire.
fn raw(exchange: &Exchange) -> Vec<u8> {
    let http = exchange.http.as_ref().unwrap();
    let mut head = match &http.start {
        StartLine::Request { method, url } => format!("{method} {url} HTTP/1.1\r\n"),
        StartLine::Response { status } => format!("HTTP/1.1 {status} X\r\n"),
    };
    let of_body = ["content-length", "transfer-encoding"];
    for (name, value) in &http.headers {
        if !of_body.contains(&&*name.to_lowercase()) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += &format!("content-length: {}\r\n\r\n", exchange.body.len());
    [head.as_bytes(), &exchange.body].concat()
}

fn sides(one: &Passed) -> [Vec<u8>; 2] {
    let request = one.request.as_ref().unwrap();
    let response = one.response.as_ref().unwrap().as_ref().unwrap();
    [raw(request), raw(response)]
}

/// Request and response after each other, as one file has them.
fn both(one: &Passed) -> Vec<u8> {
    sides(one).concat()
}

/// That an action ended otherwise is somebody's word, as what the LAS shows is;
/// and a LAS that refuses sends nothing.
#[test]
fn how_an_action_ended_rests_on_who_said_it_and_not_against_what_was_sent() {
    let id = "po-inwinnen-las-inschrijven";
    let (all, answers) = recording(id);
    let says = |outcome: &str| {
        let action = "  action: inschrijven\n";
        assert!(answers.contains(action), "{answers}");
        answers.replace(action, &format!("{action}  outcome: {outcome}\n"))
    };
    let refused = held(
        &stage(),
        scenario(id),
        all.clone(),
        &witness(&says("refused")),
    );
    assert_eq!(refused.verdict, Verdict::Undecided, "{:?}", refused.codes);
    let told = &refused.told;
    assert!(refused.reasons.contains("recording-word-sent"), "{told}");
    assert!(told.contains("requestGoedgekeurd true"), "{told}");
    let folder = Folder::new();
    folder.write("1.http", &both(&all[0]));
    folder.write("form.yaml", says("failed").as_bytes());
    let at = all[0].at.unwrap().to_string();
    let held = ["--id", id, "--answers", "form.yaml", "--now", &at];
    let run = [&["run", "--recorded", "1.http", "--out", "uit"][..], &held].concat();
    let (code, told) = folder.call(&run);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("KK-SC-HANDELING"), "{told}");
    assert!(
        told.contains("De Linde, applicatiebeheer, 2026-09-28"),
        "{told}"
    );
    let steps = folder.read(&format!("uit/steps/{id}.jsonl"));
    assert!(steps.contains("\"ended\":\"failed\""), "{steps}");
    let (code, verified) = folder.call(&["runs", "verify", "uit"]);
    assert_eq!(code, Some(0), "{verified}");
    assert!(verified.contains("2 steps were judged again"), "{verified}");
}

/// What is asked on a terminal stays there until it is answered, or until the run
/// is interrupted.
#[test]
fn a_question_about_a_recording_stays_on_the_terminal() {
    if !is_there("script") {
        return;
    }
    let id = "po-inwinnen-las-inschrijven";
    let (all, _) = recording(id);
    for interrupted in [false, true] {
        let folder = Folder::new();
        folder.write("1.http", &both(&all[0]));
        let at = all[0].at.unwrap();
        let call = format!("--recorded 1.http --ask --id {id} --now {at} --out uit");
        let mut terminal = Terminal::start(folder.path(), &call);
        let mut asked = 0;
        while let Some(question) = terminal.question() {
            asked += 1;
            match question.contains("nobody. ") {
                true => terminal.answer("beheer"),
                false if interrupted => terminal.interrupt(),
                false => terminal.answer(""),
            }
        }
        let ended = terminal.child.wait().unwrap();
        let told = &terminal.shown;
        // Nobody recorded the connection.
        assert_eq!(ended.code(), Some(5), "{told}");
        assert!(asked >= 2, "{told}");
        let clears = ["\u{1b}[2K", "\r\u{1b}"];
        assert!(!clears.iter().any(|code| told.contains(code)), "{told:?}");
        let is_told = told.contains("Interrupted: this question");
        assert_eq!(is_told, interrupted, "{told}");
        assert!(told.contains("Exit code 5"), "{told}");
    }
}

/// Request and answer in files of their own are one exchange where they are named
/// alike; where the answer is not there, nobody answered otherwise.
#[test]
fn files_that_are_named_alike_are_request_and_response() {
    let id = "po-inwinnen-las-inschrijven";
    let (all, _) = recording(id);
    let [request, response] = sides(&all[0]);
    let body = |side: &[u8]| {
        let at = side
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        side[at + 4..].to_vec()
    };
    let folder = Folder::new();
    for (name, bytes) in [
        ("raw/0001-request.http", request.clone()),
        ("raw/0001-response.http", response.clone()),
        ("alone/0001-request.http", request.clone()),
        ("alone/0002-response.http", response.clone()),
        ("each/Response.http", response.clone()),
        ("each/Request.http", request.clone()),
        ("bodies/1-request.xml", body(&request)),
        ("bodies/1-response.xml", body(&response)),
        ("one/both.http", both(&all[0])),
    ] {
        folder.write(name, &bytes);
    }
    let at = all[0].at.unwrap().to_string();
    let each = ["each/Response.http", "--recorded", "each/Request.http"];
    for (paths, is_whole) in [
        (&["raw"][..], true),
        (&["one"], true),
        (&each, true),
        (&["bodies"], true),
        (&["alone"], false),
    ] {
        let rest = ["--id", id, "--now", &at];
        let call = [&["run", "--recorded"][..], paths, &rest].concat();
        let (code, told) = folder.call(&call);
        assert_eq!(code, Some(5), "{paths:?}: {told}");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_open = told.contains("the answer to this message");
        assert_eq!(is_open, !is_whole, "{paths:?}: {told}");
        assert!(!told.contains("answered otherwise"), "{paths:?}: {told}");
        assert!(!told.contains("the answer that the scenario"), "{told}");
        if !is_whole {
            assert!(told.contains("(alone/0001-request.http)"), "{told}");
        }
    }
}

/// What cannot be read of a recording is told as `check` tells it.
#[test]
fn a_capture_that_is_broken_says_where() {
    let folder = Folder::new();
    folder.write("kapot.har", b"{\"log\": \n  {\"entries\": [}}");
    folder.write("foto.bin", b"\x00\x01\x02");
    let (_, checked) = folder.call(&["check", "kapot.har"]);
    let place = "(line 2, column 16)";
    assert!(checked.contains(place), "{checked}");
    let paths = ["--recorded", "kapot.har", "--recorded", "foto.bin"];
    let call = [&["run", "--key", "rio-po"][..], &paths].concat();
    let (_, told) = folder.call(&call);
    let line = |name: &str| {
        let mut lines = told.lines().filter(|line| line.starts_with("Not judged"));
        lines.find(|line| line.contains(name)).unwrap().to_string()
    };
    let capture = line("kapot.har");
    assert!(capture.contains(place), "{told}");
    assert!(capture.contains("(KK-INVOER-HAR-KAPOT)"), "{told}");
    line("foto.bin");
}

/// Nothing was played of a recording, so nothing is gone on with.
#[test]
fn a_recorded_run_that_was_cut_off_is_given_again() {
    let id = "po-inwinnen-las-inschrijven";
    let (all, _) = recording(id);
    let folder = Folder::new();
    folder.write("1.http", &both(&all[0]));
    let call = ["run", "--recorded", "1.http", "--id", id, "--out", "uit"];
    folder.call(&call);
    for whole in [true, false] {
        if !whole {
            std::fs::remove_file(folder.path().join("uit/manifest.json")).unwrap();
            let (code, told) = folder.call(&["report", "uit", "--report", "human"]);
            assert_eq!(code, Some(2), "{told}");
            assert!(told.contains("give the command again"), "{told}");
            assert!(!told.contains("--resume"), "{told}");
        }
        for how in ["--resume", "--again"] {
            let (code, told) = folder.call(&["run", how, "uit", "--out", "nieuw"]);
            assert_eq!(code, Some(2), "{how}: {told}");
            assert!(told.contains("nothing was played"), "{how}: {told}");
        }
    }
}
