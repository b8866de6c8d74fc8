//! Evidence made by hand: what scenarios came to, as the tool records it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ketenkeur::event::{EVENT_VERSION, Event, Started};
use ketenkeur::evidence::Folder;
use ketenkeur::facts::Profile;
use ketenkeur::finding::Class;
use ketenkeur::scenario::{Key, Library, Role, Sector};
use serde_json::{Value, json};

pub const OIN: &str = "00000003123456780000";

/// Why a message is not for the product to do.
pub const REASON: &str = "doen wij niet";

/// A run on disk: what each scenario came to.
pub struct Made<'a> {
    pub began: &'a str,
    pub version: &'a str,
    pub supplier: &'a str,
    pub oin: &'a str,
    pub pack: &'a str,
    pub capabilities: Value,
    /// Verdict by scenario; those that are not named passed.
    pub verdicts: &'a [(&'a str, &'a str)],
    /// Only scenarios of these keys were chosen.
    pub keys: &'a [&'a str],
    /// The rule that scenarios broke which did not pass.
    pub broken: Option<&'a str>,
    /// Why nothing was played.
    pub not_played: Option<&'a str>,
    /// Whether it is the masked view, and its events are masked.
    pub masked: [bool; 2],
    /// Whether it is held against recorded traffic.
    pub recorded: bool,
    /// The scenarios in which a person answered.
    pub said: &'a [&'a str],
    /// What stands before every title.
    pub title: &'a str,
    /// Whether the steps stand there that verdicts rest on.
    pub steps: bool,
    /// The hash of every script, where it is not that of the shipped one.
    pub hash: Option<&'a str>,
    /// Scenarios that were left out because the product declares that this message
    /// is not for it to do.
    pub exempt: &'a [(&'a str, &'a str)],
    /// A message that it sent in the first scenario.
    pub sent: Option<&'a str>,
    /// Whether the events say of every scenario that it is optional, and of another
    /// key and sector.
    pub astray: bool,
    /// The version of ketenkeur.
    pub tool: &'a str,
}

/// Seals the evidence of one folder in another, but for the files that `leaves`
/// names, as somebody would who changed it.
pub fn sealed_again(from: &Path, to: &Path, leaves: &dyn Fn(&str) -> bool) {
    let sealed = Folder::create(to).unwrap();
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(from).unwrap().to_str().unwrap();
        if entry.file_type().is_file() && name != "manifest.json" && !leaves(name) {
            sealed
                .write(name, &std::fs::read(entry.path()).unwrap())
                .unwrap();
        }
    }
    sealed.seal(false).unwrap();
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self {
            began: "2026-09-01T10:00:00Z",
            version: "1.0",
            supplier: "Voorbeeld",
            oin: OIN,
            pack: "official",
            capabilities: json!({}),
            verdicts: &[],
            keys: Key::NAMES,
            broken: None,
            not_played: None,
            masked: [false, true],
            recorded: false,
            said: &[],
            title: "",
            steps: true,
            hash: None,
            astray: false,
            exempt: &[],
            sent: None,
            tool: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl Made<'_> {
    pub fn write(&self, path: &Path) -> PathBuf {
        let folder = Folder::create(path).unwrap();
        let run = json!({
            "tool": self.tool, "began": self.began, "seed": "proef", "now": self.began,
            "virtual_clock": false, "profile": "test", "strict_provenance": false,
            "fail_on": "foutmelding",
            "target": {
                "supplier": self.supplier, "oin": self.oin, "product": "Voorbeeld-LAS",
                "version": self.version, "roles": ["las"], "capabilities": self.capabilities,
            },
            "packs": [], "scenarios": {}, "shard": null,
        });
        folder
            .write("run.json", run.to_string().as_bytes())
            .unwrap();
        let events = self.events();
        folder.write("events.jsonl", events.as_bytes()).unwrap();
        for line in events.lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            if self.steps && event["event"] == "played" && event["not_played"].is_null() {
                let id = event["about"]["scenario"].as_str().unwrap();
                let step = self.step(&event["judgement"]["verdict"]).to_string();
                let file = format!("steps/{id}.jsonl");
                folder.write(&file, format!("{step}\n").as_bytes()).unwrap();
            }
        }
        folder.seal(self.masked[0]).unwrap();
        path.to_path_buf()
    }

    /// The step of a scenario that came to a verdict.
    fn step(&self, verdict: &Value) -> Value {
        json!({
            "step": "stap", "scenario_file": "", "file": "", "line": 1, "at": self.began,
            "exchange": null, "response": false, "took": 0, "of_subject": true,
            "connection_unknown": false, "said": null, "values": {},
            "outcome": { "verdict": verdict, "findings": [] },
        })
    }

    /// The events of a run as the tool records them, taken from a real one and
    /// told of other scenarios.
    pub fn events(&self) -> String {
        let started = Event::Started(Started {
            version: EVENT_VERSION,
            tool: self.tool.to_string(),
            redacted: self.masked[1],
            strict_provenance: false,
            fail_on: Class::Foutmelding,
            at: None,
            profile: Profile::Test,
        });
        let mut lines = format!("{}\n", serde_json::to_string(&started).unwrap());
        for scenario in &Library::shipped().scenarios {
            let key = scenario.key.name();
            if scenario.subject != Role::Las || !self.keys.contains(&key) {
                continue;
            }
            let verdict = self
                .verdicts
                .iter()
                .find(|(id, _)| *id == &*scenario.id)
                .map_or("pass", |(_, verdict)| verdict);
            let verdict = match self.not_played {
                Some(_) => "undecided",
                None => verdict,
            };
            let exempt = self.exempt.iter().find(|(id, _)| *id == &*scenario.id);
            let (verdict, not_played) = match exempt {
                Some(_) => ("not-applicable", Some("capability")),
                None => (verdict, self.not_played),
            };
            let undeclared = exempt.map(|(_, message)| {
                let all = Sector::ALL.iter();
                let sectors: Vec<(&str, &str)> = all.map(|one| (one.name(), REASON)).collect();
                let sectors: BTreeMap<&str, &str> = sectors.into_iter().collect();
                json!({ "step": null, "capability": message, "reason": REASON, "sectors": sectors })
            });
            if let Some(name) = self.sent.filter(|_| lines.lines().count() == 1) {
                let exchanged = json!({
                    "event": "exchanged", "scenario": &*scenario.id, "number": 1, "from": "las",
                    "to": "duo", "name": name, "status": 200, "tls": null, "problem": null,
                });
                writeln!(lines, "{exchanged}").unwrap();
            }
            let sectors: Vec<&str> = scenario.sectors.iter().map(|one| one.name()).collect();
            let finding = |code: &str| {
                json!([{
                    "step": "stap", "input": null, "expected": false,
                    "finding": {
                        "code": code, "kind": "violation", "class": "foutmelding",
                        "grade": "published", "source": "", "contract": null, "args": [],
                        "start": null, "end": null, "path": "/a", "words": "a", "keyed": "a",
                        "excerpt": null, "fingerprint": "0123456789abcdef",
                    },
                }])
            };
            let broken = self.broken.filter(|_| verdict == "fail");
            let findings = broken.map_or_else(|| json!([]), finding);
            let played = json!({
                "event": "played",
                "about": {
                    "scenario": &*scenario.id, "title_nl": format!("{}{}", self.title, scenario.title.nl),
                    "title_en": format!("{}{}", self.title, scenario.title.en), "key": if self.astray { "rio-po" } else { key },
                    "mandatory": scenario.mandatory && !self.astray, "subject": "las", "own": false, "recorded": self.recorded,
                    "sectors": if self.astray { json!(["vso"]) } else { json!(sectors) }, "requirements": [],
                    "hash": self.hash.unwrap_or(&scenario.hash),
                },
                "judgement": { "verdict": verdict, "grade": "published" },
                "pack": self.pack, "unreachable": false, "not_played": not_played,
                "undeclared": undeclared.into_iter().collect::<Vec<_>>(),
                "steps": 1, "said": u32::from(self.said.contains(&&*scenario.id)), "findings": findings,
            });
            writeln!(lines, "{played}").unwrap();
        }
        let finished = Event::Finished(Default::default());
        writeln!(lines, "{}", serde_json::to_string(&finished).unwrap()).unwrap();
        lines
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The mandatory scenarios of a key for a LAS.
pub fn mandatory(key: &str) -> Vec<String> {
    let all = Library::shipped().scenarios.iter();
    let of_key =
        all.filter(|one| one.key.name() == key && one.mandatory && one.subject == Role::Las);
    of_key.map(|one| one.id.to_string()).collect()
}
