//! Runs of a few scenarios, and what is asked of their folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The moment at which every run of these tests begins.
pub const NOW: &str = "2026-09-28T09:00:00Z";

/// Two shipped scenarios, one for each direction.
pub const IDS: [&str; 2] = [
    "po-inwinnen-duo-inschrijving",
    "po-inwinnen-las-inschrijven",
];

/// A folder in which the program works.
pub struct Work(TempDir);

/// What the program said and how it ended.
pub struct Said {
    pub code: i32,
    pub text: String,
}

impl Said {
    pub fn of(output: &Output) -> Self {
        let out = String::from_utf8_lossy(&output.stdout);
        Self {
            code: output.status.code().unwrap_or(-1),
            text: format!("{out}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// It ended with `code` and said all of `parts`.
    #[track_caller]
    pub fn expect(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{}", self.text);
        for part in parts {
            assert!(self.text.contains(part), "{part}: {}", self.text);
        }
    }
}

impl Work {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command
            .args(arguments)
            .args(["--lang", "en"])
            .env_remove("KETENKEUR_PASSPHRASE")
            .current_dir(self.0.path());
        command
    }

    pub fn ketenkeur(&self, arguments: &[&str]) -> Said {
        Said::of(&self.command(arguments).output().unwrap())
    }

    /// A run of shipped scenarios into the folder `out`.
    pub fn run(&self, out: &str, more: &[&str]) -> Said {
        self.ketenkeur(&[&["run", "--now", NOW, "--out", out], more].concat())
    }

    /// A run of [`IDS`] that passes.
    pub fn passed(&self, out: &str) {
        self.run(out, &["--id", IDS[0], "--id", IDS[1]])
            .expect(0, &[]);
    }

    pub fn verify(&self, path: &str) -> Said {
        self.ketenkeur(&["runs", "verify", path])
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.path(name)).unwrap()).into_owned()
    }

    /// The verdict of each scenario, as the events in a folder have it.
    pub fn verdicts(&self, folder: &str) -> BTreeMap<String, String> {
        let events = self.read(&format!("{folder}/events.jsonl"));
        let events = events
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let played = events.filter(|event| event["event"] == "played");
        let text = |value: &Value| value.as_str().unwrap().to_string();
        played
            .map(|event| {
                (
                    text(&event["about"]["scenario"]),
                    text(&event["judgement"]["verdict"]),
                )
            })
            .collect()
    }

    /// A scenario of DUO, of these steps, in the folder `scripts`.
    pub fn script(&self, id: &str, steps: &str) {
        self.script_of("duo", id, steps);
    }

    /// The same of another party.
    pub fn script_of(&self, subject: &str, id: &str, steps: &str) {
        let yaml = format!(
            "id: {id}\ntitle: {{ nl: Proef, en: Trial }}\nkey: po-inwinnen\nmandatory: false\n\
             subject: {subject}\nsectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\n\
             source: a test\nat: \"2026-08-03T09:00:00Z\"\nsteps:\n{steps}"
        );
        self.write(&format!("scripts/{id}.yaml"), yaml);
    }
}

/// A step that sends an enrolment, with this expectation.
pub fn send(expect: &str) -> String {
    format!(
        "  - send:\n      from: las\n      to: duo\n      message: aanleverenInschrijvingBO_Request\n\
         \x20     expect: {{ {expect} }}\n"
    )
}

/// Every file of a folder, by its path.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter();
    let files = entries.filter_map(|entry| {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(folder).unwrap().to_path_buf();
        entry
            .file_type()
            .is_file()
            .then(|| (name, std::fs::read(entry.path()).unwrap()))
    });
    files.collect()
}
