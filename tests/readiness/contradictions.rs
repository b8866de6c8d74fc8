//! Evidence that contradicts itself counts for nobody.

use std::path::Path;

use ketenkeur::evidence::Folder;
use ketenkeur::scenario::Library;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::made::{Made, mandatory, text};
use crate::matrix::ketenkeur;

const KEY: &str = "po-bekostigen";
const CODE: &str = "KK-XSD-ENUM";

/// The same evidence in which the event of a scenario and its step are changed.
fn changed(from: &Path, to: &Path, id: &str, event: &Value, step: Option<&Value>) {
    let sealed = Folder::create(to).unwrap();
    sealed
        .write("scenarios/eigen.yaml", b"id: eigen\n")
        .unwrap();
    let shipped = Library::shipped().scenario(id).unwrap();
    let script = &shipped.read.scripts[&shipped.file];
    sealed.write("scenarios/van-ons.yaml", script).unwrap();
    let steps = format!("steps/{id}.jsonl");
    for name in ["run.json", "events.jsonl", "steps"] {
        for file in walkdir::WalkDir::new(from.join(name)).sort_by_file_name() {
            let file = file.unwrap();
            if !file.file_type().is_file() {
                continue;
            }
            let name = file.path().strip_prefix(from).unwrap().to_str().unwrap();
            let content = std::fs::read_to_string(file.path()).unwrap();
            let lines = content.lines().map(|line| {
                let mut line: Value = serde_json::from_str(line).unwrap();
                let is_event = line["event"] == "played" && line["about"]["scenario"] == id;
                let change = match (name == steps, is_event) {
                    (true, _) => step,
                    (_, true) => Some(event),
                    _ => None,
                };
                for (name, value) in change.and_then(Value::as_object).into_iter().flatten() {
                    line[name] = value.clone();
                }
                format!("{line}\n")
            });
            let content: String = lines.collect();
            if name != steps || step.is_some() {
                sealed.write(name, content.as_bytes()).unwrap();
            }
        }
    }
    sealed.seal(false).unwrap();
}

/// What passed beside a finding with which nothing can pass, in the event or in
/// its step, or without any step, is refused; a lighter finding and one that does
/// not count are none of those.
#[test]
fn nothing_passes_beside_a_finding_that_fails() {
    let needed = mandatory(KEY);
    let id = needed[0].as_str();
    let folder = TempDir::new().unwrap();
    let whole = Made::default().write(&folder.path().join("whole"));
    let found = |class: &str, expected: bool, kind: &str| {
        json!([{
            "step": "stap", "input": null, "expected": expected,
            "finding": {
                "code": CODE, "kind": kind, "class": class, "grade": "published", "source": "",
                "contract": null, "args": [], "start": null, "end": null, "path": "/a",
                "words": "a", "keyed": "a", "excerpt": null, "fingerprint": "0123456789abcdef",
            },
        }])
    };
    let verdict = |verdict: &str| json!({ "verdict": verdict, "grade": "published" });
    let grave = found("foutmelding", false, "violation");
    let said = [format!("{CODE} 0123456789abcdef")];
    let step = |verdict: &str| json!({ "outcome": { "verdict": verdict, "findings": said } });
    for (event, step, is_refused) in [
        (json!({ "findings": grave }), Some(step("pass")), true),
        (
            json!({ "findings": grave, "judgement": verdict("fail") }),
            Some(step("pass")),
            true,
        ),
        (
            json!({ "findings": grave, "judgement": verdict("fail") }),
            Some(step("fail")),
            false,
        ),
        (
            json!({ "findings": found("melding", false, "violation") }),
            Some(step("pass")),
            false,
        ),
        (
            json!({ "findings": found("foutmelding", true, "violation") }),
            Some(step("pass")),
            false,
        ),
        // The script that was kept is that of the hash, or it is not.
        (
            json!({}),
            Some(json!({ "scenario_file": "van-ons.yaml" })),
            false,
        ),
        (
            json!({}),
            Some(json!({ "scenario_file": "eigen.yaml" })),
            true,
        ),
        // What was not played did not pass.
        (json!({ "not_played": "clock" }), None, true),
        (
            json!({ "not_played": "clock", "judgement": verdict("undecided") }),
            None,
            false,
        ),
    ] {
        let run = TempDir::new().unwrap();
        let path = run.path().join("run");
        changed(&whole, &path, id, &event, step.as_ref());
        let output = ketenkeur(&[path.to_str().unwrap(), "--lang", "en"]);
        let told = text(&output.stderr);
        let words =
            format!("the events say something else of {id} than its steps, findings or script");
        assert_eq!(
            told.contains(&words),
            is_refused,
            "{event} {step:?}: {told}"
        );
        assert_eq!(output.status.code() == Some(0), !is_refused, "{told}");
    }
}
