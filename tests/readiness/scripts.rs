//! Whose scripts a run played: only those of ketenkeur say something of a key.

use serde_json::Value;
use tempfile::TempDir;

use crate::made::{Made, mandatory, text};
use crate::matrix::ketenkeur;

const KEY: &str = "po-bekostigen";

/// What each form says of one run: the row, the terminal, the page and the CSV.
fn told(run: &Made<'_>, language: &str) -> (Value, String, String, String) {
    let folder = TempDir::new().unwrap();
    let path = run.write(&folder.path().join("run"));
    let form = |format: &str| {
        let path = path.to_str().unwrap();
        let output = ketenkeur(&["--report", format, "--lang", language, path]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let all: Value = serde_json::from_str(&form("json")).unwrap();
    let row = all["matrix"]["rows"][0].clone();
    let page = form("html").replace("&#x27;", "'");
    (row, form("human"), page, form("csv"))
}

fn cell(row: &Value) -> &Value {
    let cells = row["cells"].as_array().unwrap();
    let of_key = |cell: &&Value| cell["key"] == KEY && cell["sector"] == "bo";
    cells.iter().find(of_key).unwrap()
}

/// A script under the id of a shipped one is somebody's own when its hash is
/// another: it counts for no key, also where it says that it is mandatory, and
/// every form says so. Scripts of another version are not known here: they count,
/// and every form says that they were not compared.
#[test]
fn only_a_shipped_script_counts_for_a_key() {
    let made = Made::default;
    let other = "0".repeat(64);
    let own = "own scripts, not those of ketenkeur: ";
    let not_compared = "whether the scripts are those of ketenkeur 0.0.1; they count";
    for (run, state, passes, words) in [
        (made(), "ready", true, None),
        (
            Made {
                hash: Some(&other),
                ..made()
            },
            "not-tested",
            false,
            Some(own),
        ),
        (
            Made {
                hash: Some(&other),
                recorded: true,
                ..made()
            },
            "not-tested",
            false,
            Some(own),
        ),
        (
            Made {
                hash: Some(&other),
                tool: "0.0.1",
                ..made()
            },
            "ready",
            true,
            Some(not_compared),
        ),
    ] {
        let (row, human, page, csv) = told(&run, "en");
        let cell = cell(&row);
        assert_eq!(cell["state"], state);
        let all = cell["mandatory"].as_u64().unwrap();
        assert!(all > 0);
        assert_eq!(cell["passed"], if passes { all } else { 0 });
        for said in [own, not_compared] {
            let is_said = words == Some(said);
            assert_eq!(human.contains(said), is_said, "{human}");
            assert_eq!(page.contains(said), is_said, "{said}");
        }
        let names = row["own_scripts"].as_array().unwrap();
        assert_eq!(names.is_empty(), words != Some(own));
        let is_named = csv.lines().all(|line| !line.ends_with(','));
        assert_eq!(is_named, words == Some(own), "{csv}");
        let tools = row["not_compared"].as_array().unwrap();
        assert_eq!(tools.is_empty(), words != Some(not_compared));
    }
}

/// What the key asks, the shipped script says: a run cannot say of it that it is
/// not mandatory, or about something else.
#[test]
fn a_run_does_not_say_what_a_scenario_counts_for() {
    let needed = mandatory(KEY);
    let fails = [(needed[0].as_str(), "fail")];
    let run = Made {
        verdicts: &fails,
        astray: true,
        ..Made::default()
    };
    let (row, ..) = told(&run, "nl");
    assert_eq!(cell(&row)["state"], "partly");
}
