//! What a product declares of itself, and what that lets it off.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::made::{Made, REASON, mandatory, text};
use crate::matrix::ketenkeur;

const KEY: &str = "po-inwinnen";
const MESSAGE: &str = "aanleverenInschrijvingBO";

fn form(path: &Path, format: &str, edition: &str) -> String {
    let path = path.to_str().unwrap();
    let output = ketenkeur(&[
        "--report",
        format,
        "--edition",
        edition,
        "--lang",
        "en",
        path,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A mandatory scenario that is left out because the product itself declares a
/// message not to be for it leaves the key as ready as it was, and every form of
/// the matrix says how many there are and why; so do the reports of the run.
#[test]
fn what_a_product_lets_itself_off_is_marked_with_its_reason() {
    let needed = mandatory(KEY);
    let in_bo = |id: &&String| {
        let scenario = ketenkeur::scenario::Library::shipped()
            .scenario(id)
            .unwrap();
        scenario.sectors.iter().any(|one| one.name() == "bo")
    };
    let of_bo = needed.iter().filter(in_bo).count();
    let first = needed.iter().find(in_bo).unwrap();
    let exempt = [(first.as_str(), MESSAGE)];
    let of_key = [(first.as_str(), KEY)];
    for (left_out, count) in [(&exempt[..], 1), (&of_key, 0), (&[], 0)] {
        let folder = TempDir::new().unwrap();
        let made = Made {
            exempt: left_out,
            ..Made::default()
        };
        let path = made.write(&folder.path().join("run"));
        for edition in ["confidential", "public"] {
            let all: Value = serde_json::from_str(&form(&path, "json", edition)).unwrap();
            let cells = all["matrix"]["rows"][0]["cells"].as_array().unwrap();
            let cell = cells
                .iter()
                .find(|cell| cell["key"] == KEY && cell["sector"] == "bo");
            let cell = cell.unwrap();
            assert_eq!(cell["state"], "ready");
            assert_eq!(cell["mandatory"], of_bo - left_out.len());
            assert_eq!(cell["exempt"], count);
            let reasons = match count {
                0 => json!([]),
                _ => json!([{ "message": MESSAGE, "reason": REASON }]),
            };
            assert_eq!(cell["exemptions"], reasons);
            let human = form(&path, "human", edition);
            let row = human
                .lines()
                .find(|line| line.trim_start().starts_with(KEY));
            assert_eq!(row.unwrap().contains("ready¶"), count > 0, "{human}");
            let line = "1 mandatory scenarios left out by the supplier's own declaration: \
                        aanleverenInschrijvingBO: doen wij niet";
            assert_eq!(human.contains(line), count > 0, "{human}");
            assert_eq!(
                human.contains("\n¶ mandatory scenarios fall away"),
                count > 0
            );
            let page = form(&path, "html", edition);
            for words in [
                "(¶ 1 left out by its own declaration)",
                "aanleverenInschrijvingBO (doen wij niet)",
                "¶ mandatory scenarios fall away",
            ] {
                assert_eq!(page.contains(words), count > 0, "{words}");
            }
            let csv = form(&path, "csv", edition);
            let line = csv.lines().find(|line| line.contains(",po-inwinnen,bo,"));
            let told = ",1,aanleverenInschrijvingBO: doen wij niet,";
            assert_eq!(line.unwrap().contains(told), count > 0, "{csv}");
        }
        let page = folder.path().join("run.html");
        let told = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .args([
                "runs",
                "merge",
                path.to_str().unwrap(),
                "--lang",
                "en",
                "--out",
            ])
            .arg(folder.path().join("merged"))
            .args(["--report", "human", "--report"])
            .arg(format!("html={}", page.display()))
            .output()
            .unwrap();
        let human = text(&told.stdout);
        let said = human.contains("¶ 1 mandatory scenarios were left out because the target file");
        assert_eq!(said, count > 0, "{human}{}", text(&told.stderr));
        let page = std::fs::read_to_string(page).unwrap();
        let line = "¶ 1 mandatory scenarios left out by the supplier";
        assert_eq!(page.contains(line), count > 0);
        assert_eq!(page.contains(REASON), !left_out.is_empty());
    }
}

/// Whoever sends a message that it declares not to be for it, declares what is not
/// true.
#[test]
fn a_declaration_that_the_evidence_belies_is_named() {
    let not_ours = json!({ "not-applicable": REASON });
    let no = json!({ "bo": "no", "sbo": "no", "so": "no", "vso": not_ours });
    let all = |said: Value| json!({ "bo": said, "sbo": said, "so": said, "vso": said });
    let in_part = json!({ "bo": not_ours, "sbo": "yes", "so": "no", "vso": "no" });
    for (declared, sent, is_untrue) in [
        (all(not_ours.clone()), Some(MESSAGE), true),
        (no, Some(MESSAGE), true),
        (all(not_ours.clone()), Some("aanleverenAdviesVO"), false),
        (all(not_ours.clone()), None, false),
        (all(json!("yes")), Some(MESSAGE), false),
        // Of which sector the message was, it does not say.
        (in_part, Some(MESSAGE), false),
    ] {
        let folder = TempDir::new().unwrap();
        let made = Made {
            capabilities: json!({ "messages": { MESSAGE: declared } }),
            sent,
            ..Made::default()
        };
        let path = made.write(&folder.path().join("run"));
        let json: Value = serde_json::from_str(&form(&path, "json", "public")).unwrap();
        let untrue = json["matrix"]["rows"][0]["untrue"].as_array().unwrap();
        let named: Vec<&Value> = untrue.iter().map(|one| &one["message"]).collect();
        assert_eq!(named == [MESSAGE], is_untrue, "{declared} {sent:?}");
        let words = "not true: the product declares not to send aanleverenInschrijvingBO";
        for format in ["human", "html"] {
            let form = form(&path, format, "public");
            assert_eq!(form.contains(words), is_untrue, "{form}");
        }
    }
}
