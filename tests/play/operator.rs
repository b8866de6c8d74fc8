//! A LAS that a command makes act, and one that a person operates who is asked
//! on a terminal.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::trigger::{Outcome, Trigger};
use ketenkeur::scenario::LasAction;
use ketenkeur::transport::{Client, ClientOptions};
use serde_json::{Map, Value};

use crate::las::{Elsewhere, free, start};
use crate::target::{run, said, target};

const SCENARIO: &str = "po-inwinnen-las-inschrijven";

/// A LAS elsewhere, and the target file in which something else makes it act.
fn operated(trigger: &str) -> (Elsewhere, String) {
    let (duo, osr) = (free(), free());
    let las = start(duo, osr);
    let by_url = format!("{{ url: \"{}\" }}", las.trigger);
    let file = target(&las.endpoint, &las.trigger, duo, osr);
    assert!(file.contains(&by_url));
    let file = file.replace(&by_url, trigger);
    (las, file)
}

pub fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

fn verified(folder: &Path) {
    let verified = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["runs", "verify", "bewijs"])
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

/// The program stands beside the target file, wherever the run is started.
#[cfg(unix)]
#[test]
fn a_command_makes_the_las_act() {
    use std::os::unix::fs::PermissionsExt;

    if !is_there("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (las, file) = operated("{ command: [./doe.sh, --data-binary, \"@-\"] }");
    let script = format!(
        "#!/bin/sh\nexec curl --silent --noproxy '*' \"$@\" {}\n",
        las.trigger
    );
    let program = folder.path().join("doe.sh");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("target.yaml"), file).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["run", "--id", SCENARIO, "--target"])
        .arg(folder.path().join("target.yaml"))
        .arg("--out")
        .arg(folder.path().join("bewijs"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    verified(folder.path());
}

#[test]
fn a_command_that_says_nothing_sensible_or_is_not_there_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    for (command, code) in [
        ("[echo, klaar]", 1),
        ("[echo, '{\"status\": \"refused\", \"text\": \"nee\"}']", 1),
        (
            "[echo, '{\"status\": \"unsupported\", \"text\": \"?\"}']",
            5,
        ),
        ("[\"false\"]", 1),
        ("[./er-niet.sh]", 3),
    ] {
        let (_las, file) = operated(&format!("{{ command: {command} }}"));
        let (output, report) = run(folder.path(), &file, &["--id", SCENARIO]);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(code), "{command}: {told}");
        assert!(
            report.to_string().contains("KK-SC-HANDELING"),
            "{command}: {told}"
        );
    }
}

/// A run on a terminal of its own, seen from the keyboard.
pub struct Terminal {
    pub child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    pub shown: String,
}

impl Terminal {
    /// Plays `what`: `--id` and a scenario, or a script.
    fn run(folder: &Path, what: &str) -> Self {
        let more = "--target target.yaml --out bewijs --report json=report.json --report human";
        Self::start(folder, &format!("{what} {more}"))
    }

    /// Gives the command `run`. The program takes the shell's place, and what ends
    /// it after a while stands outside the terminal: Ctrl-C there reaches the
    /// program alone, once, whatever the shell of the machine does with it.
    pub fn start(folder: &Path, what: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_ketenkeur");
        let command = format!("exec {program} run --lang en {what}");
        let mut child = Command::new("timeout")
            .current_dir(folder)
            .env("SHELL", "/bin/sh")
            .args(["120", "script", "--quiet", "--return"])
            .args(["--command", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            keys: child.stdin.take().unwrap(),
            screen: child.stdout.take().unwrap(),
            child,
            shown: String::new(),
        }
    }

    /// The next question; `None` when the run is over.
    pub fn question(&mut self) -> Option<String> {
        let mut asked = Vec::new();
        let mut byte = [0];
        loop {
            if self.screen.read(&mut byte).unwrap_or(0) == 0 {
                return None;
            }
            asked.push(byte[0]);
            self.shown.push(char::from(byte[0]));
            if asked.ends_with(b"does not know it: ")
                || asked.ends_with(b"cannot be seen: ")
                || asked.ends_with(b"empty: nobody. ")
                || asked.ends_with(b"? ") && is_for_a_value(&asked)
            {
                return Some(String::from_utf8(asked).unwrap());
            }
        }
    }

    pub fn answer(&mut self, line: &str) {
        writeln!(self.keys, "{line}").unwrap();
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.keys.write_all(b"\x03").unwrap();
    }
}

fn is_for_a_value(asked: &[u8]) -> bool {
    String::from_utf8_lossy(asked).contains("What does the LAS show as ")
}

/// Does what a question asks for at the LAS.
fn obey(las: &Elsewhere, question: &str) -> Outcome {
    let asked = question.split("LAS: ").nth(1).unwrap();
    let (action, rest) = asked.split_once(' ').unwrap();
    let with = rest.split(" (scenario").next().unwrap();
    let with: Map<String, Value> = serde_json::from_str(with).unwrap();
    let client = Client::new(ClientOptions::new(
        std::sync::Arc::default(),
        RunningClock::system(),
    ));
    let action = LasAction::named(action).unwrap();
    let answer = client
        .unwrap()
        .send(&Trigger::new(action, with).request(&las.trigger));
    Outcome::read(&answer.unwrap()).unwrap()
}

#[test]
fn a_person_is_asked_to_act_and_what_the_las_shows() {
    if !is_there("script") {
        return;
    }
    // What the person says of what the LAS shows, and what comes of it.
    for (says, code) in [("", 0), ("n", 1), ("?", 5)] {
        let folder = tempfile::tempdir().unwrap();
        let (las, file) = operated("person");
        std::fs::write(folder.path().join("target.yaml"), file).unwrap();
        let mut terminal = Terminal::run(folder.path(), &format!("--id {SCENARIO}"));
        let mut shown = 0;
        while let Some(question) = terminal.question() {
            if question.contains("Does the LAS show") {
                shown += 1;
                terminal.answer(says);
            } else {
                let outcome = obey(&las, &question);
                assert_eq!(outcome.status.name(), "done", "{}", outcome.text);
                terminal.answer("");
            }
        }
        let ended = terminal.child.wait().unwrap();
        let told = &terminal.shown;
        assert!(shown > 0, "{told}");
        assert_eq!(ended.code(), Some(code), "{says}: {told}");
        verified(folder.path());
    }
}

/// Who ends the run at a question gets what there is, and is not left waiting.
#[test]
fn a_question_ends_when_the_run_is_interrupted() {
    if !is_there("script") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_las, file) = operated("person");
    std::fs::write(folder.path().join("target.yaml"), file).unwrap();
    let mut terminal = Terminal::run(folder.path(), &format!("--id {SCENARIO}"));
    assert!(terminal.question().is_some(), "{}", terminal.shown);
    terminal.interrupt();
    assert_eq!(terminal.question(), None, "{}", terminal.shown);
    let ended = terminal.child.wait().unwrap();
    let told = &terminal.shown;
    assert_eq!(ended.code(), Some(5), "{told}");
    assert!(told.contains("Interrupted: this question"), "{told}");
    assert!(told.contains("Exit code 5"), "{told}");
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(report.contains("\"interrupted\""), "{report}");
    verified(folder.path());
}

/// A script in which a person reads values from the LAS that the rest needs.
const READS: &str = "id: eigen-afgelezen\ntitle: { nl: Afgelezen, en: Read }\nkey: po-inwinnen\nmandatory: false\nsubject: las\n\
    sectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\nsource: a test\nsteps:\n  \
    - trigger:\n      party: las\n      action: inschrijven\n      \
    with: { burgerservicenummer: '999987112', datumInschrijving: '${schooljaar.begin}', leerjaar: 1 }\n      \
    capture: { nummer: $.inschrijvingvolgnummer, leerjaar: $.leerjaar, begin: $.datumInschrijving, waar: $.geregistreerd }\n  \
    - receive: { as: duo, from: las, message: aanleverenInschrijvingBO_Request, expect: { assert: [\n      \
    '*:inschrijvingvolgnummer = ${nummer}',\n      \
    'number(*:inschrijvingPeriodeBO/*:leerjaar) + 1 = number(${leerjaar}) + 1',\n      \
    '*:datumInschrijving = ${begin}', '*:datumInschrijving != ${begin+1d}', 'xs:boolean(${waar})'] } }\n  \
    - trigger:\n      party: las\n      action: corrigeer-inschrijving\n      \
    with: { burgerservicenummer: '999987112', inschrijvingvolgnummer: '${nummer}', leerjaar: '${leerjaar}', groep: 1B }\n";

/// What a person reads and types is a number, a date or yes where the script
/// needs one; a typing error shows.
#[test]
fn values_that_a_person_reads_are_what_the_script_goes_on_with() {
    if !is_there("script") {
        return;
    }
    for (leerjaar, code) in [("1", 0), ("2", 1), ("", 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (las, file) = operated("person");
        std::fs::write(folder.path().join("target.yaml"), file).unwrap();
        std::fs::write(folder.path().join("eigen.yaml"), READS).unwrap();
        let mut terminal = Terminal::run(folder.path(), "eigen.yaml");
        let mut done = Value::Null;
        while let Some(question) = terminal.question() {
            let Some((_, name)) = question.split_once("What does the LAS show as ") else {
                let outcome = obey(&las, &question);
                assert_eq!(outcome.status.name(), "done", "{}", outcome.text);
                done = Value::Object(outcome.data);
                terminal.answer("");
                continue;
            };
            let name = name.trim_end_matches("? ");
            let begin = "datumInschrijving";
            let value = match name {
                "leerjaar" => leerjaar.to_string(),
                "datumInschrijving" => {
                    let asked = terminal.shown.split(&format!("\"{begin}\":\"")).nth(1);
                    asked.unwrap()[..10].to_string()
                }
                name => done[name].to_string().trim_matches('"').to_string(),
            };
            terminal.answer(&value);
        }
        let ended = terminal.child.wait().unwrap();
        assert_eq!(ended.code(), Some(code), "{leerjaar}: {}", terminal.shown);
        verified(folder.path());
    }
}
