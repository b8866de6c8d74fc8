//! The pages in a real browser: the matrix as a file, and everything that is
//! served.

#[path = "../support/browser.rs"]
mod leading;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use self::leading::{Browser, Scripts, axe};
use crate::made::{Made, OIN, mandatory};
use crate::served::Served;

/// What a supplier may call itself to take over the pages.
const HOSTILE: &str = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">\u{202e}'\">";

/// Two runs of a supplier with bad intentions; the later fares worse.
fn hostile(runs: &Path) {
    let fails = mandatory("po-inwinnen");
    let fails = [(fails[0].as_str(), "fail")];
    for (name, began, verdicts) in [
        ("een", "2026-09-01T10:00:00Z", &[][..]),
        ("twee", "2026-09-02T10:00:00Z", &fails),
    ] {
        let made = Made {
            began,
            supplier: HOSTILE,
            title: HOSTILE,
            verdicts,
            ..Made::default()
        };
        made.write(&runs.join(name));
    }
}

/// Nothing of what a supplier says runs, hides or becomes part of a page.
#[track_caller]
fn assert_unharmed(browser: &Browser, page: &str) {
    let found = browser.script(
        "return {
             taken: document.title === 'taken',
             strange: document.querySelectorAll('img, iframe, object').length,
             shown: document.body.textContent.includes(\"<script>document.title='taken'</script>\"),
             hidden: /[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.textContent),
         };",
    );
    let expected =
        serde_json::json!({ "taken": false, "strange": 0, "shown": true, "hidden": false });
    assert_eq!(found, expected, "{page}");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "{page}");
}

#[test]
fn the_pages_stand_up_to_hostile_runs_and_to_an_accessibility_checker() {
    let Some(browser) = Browser::start(Scripts::On) else {
        return;
    };
    let axe = axe();
    let served = Served::start(&["--upload"], hostile);
    let look = |page: &str| {
        assert_unharmed(&browser, page);
        browser.picture(page);
        if let Some(axe) = &axe {
            for scheme in ["light", "dark"] {
                browser.prefer("prefers-color-scheme", scheme);
                browser.assert_accessible(axe, &format!("{page} {scheme}"));
            }
        }
    };
    // The matrix as a file.
    let file = served.folder.path().join("matrix.html");
    let report = format!("html={}", file.display());
    let written = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args([
            "readiness",
            "--store",
            "s.sqlite",
            "--team",
            "team.toml",
            "--report",
            &report,
        ])
        .current_dir(served.folder.path())
        .status();
    assert!(written.unwrap().success());
    browser.open(&format!("file://{}", file.display()));
    look("matrix-file");
    // What the team sees, with a team file that was broken meanwhile.
    std::fs::write(served.folder.path().join("team.toml"), "[[").unwrap();
    let at = |path: &str| format!("{}{path}", served.url);
    browser.open(&at("/login"));
    browser.write("input[name=token]", &served.team);
    browser.follow("form button");
    assert!(browser.text("nav").contains("Nu bezig"), "logged in");
    assert!(browser.text("header").contains("Het teambestand"));
    look("matrix");
    browser.open(&at(&format!("/suppliers/{OIN}")));
    look("supplier");
    browser.open(&at("/runs"));
    look("runs");
    browser.follow("form button");
    assert!(
        browser.text("main").contains("→"),
        "{}",
        browser.text("main")
    );
    browser.picture("compare");
    if let Some(axe) = &axe {
        browser.assert_accessible(axe, "compare");
    }
    browser.follow("dd a");
    assert_unharmed(&browser, "run");
    follow_a_run(&browser, &served, axe.as_deref());
    // What a supplier sees beside that.
    browser.open(&at("/login"));
    browser.follow("form button");
    browser.open(&at("/login"));
    browser.write("input[name=token]", &served.supplier);
    browser.follow("form button");
    for path in ["/login", "/upload", "/disputes"] {
        browser.open(&at(path));
        browser.picture(path.trim_start_matches('/'));
        if let Some(axe) = &axe {
            browser.assert_accessible(axe, path);
        }
    }
}

/// Sectors of a key that come to the same are told once, and those that differ in
/// anything by themselves.
#[test]
fn sectors_that_come_to_the_same_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let declared = serde_json::json!({ "po-inwinnen": { "sbo": "no" } });
    let made = Made {
        capabilities: declared,
        ..Made::default()
    };
    made.write(&folder.path().join("run"));
    let report = |format: &str| {
        let args = ["readiness", "run", "--report", format];
        let output = crate::served::ketenkeur(&args, folder.path()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let cells = json["matrix"]["rows"][0]["cells"].as_array().unwrap();
    let mut different: Vec<serde_json::Value> = Vec::new();
    for cell in cells {
        let mut cell = cell.clone();
        cell["sector"] = serde_json::Value::Null;
        if !different.contains(&cell) {
            different.push(cell);
        }
    }
    let page = report("html");
    assert!(different.len() < cells.len());
    assert_eq!(page.matches("<details>").count(), different.len());
    let told = |sectors: &str| page.contains(&format!("<span class=\"sector\">{sectors}</span>"));
    assert!(told("bo, sbo") && told("sbo") && told("so, vso"), "{page}");
}

/// Names without end stretch no page: they are cut into lines, and what stands
/// beside them stays where it can be read.
#[test]
fn long_names_stretch_no_page() {
    let Some(browser) = Browser::start(Scripts::On) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let long = "Zeerlangenaam".repeat(40);
    let supplier = Made {
        supplier: &long,
        ..Made::default()
    };
    supplier.write(&at("run"));
    let team = format!(
        "[[supplier]]\noin = '00000003999999990000'\nname = '{long}'\nproduct = '{long}'\nreaction = '{long}'\n"
    );
    std::fs::write(at("team.toml"), team).unwrap();
    let report = "html=matrix.html";
    let args = [
        "readiness",
        "run",
        "--team",
        "team.toml",
        "--report",
        report,
    ];
    let written = crate::served::ketenkeur(&args, folder.path()).status();
    assert!(written.unwrap().success());
    browser.open(&format!("file://{}", at("matrix.html").display()));
    let wide = browser.script(
        "const page = document.documentElement;
         const first = document.querySelector('.matrix [scope=rowgroup]');
         return {
             page: page.scrollWidth > page.clientWidth,
             product: first.offsetWidth > 300,
             names: Math.min(...[...document.querySelectorAll('.names')].map(one => one.offsetWidth)) < 60,
         };",
    );
    let expected = serde_json::json!({ "page": false, "product": false, "names": false });
    assert_eq!(wide, expected);
}

/// A run that is being played shows as it goes on.
fn follow_a_run(browser: &Browser, served: &Served, axe: Option<&str>) {
    let made = Made {
        began: "2026-09-03T10:00:00Z",
        ..Made::default()
    };
    let whole = made.write(&served.folder.path().join("bezig"));
    let live = served.folder.path().join("runs/bezig");
    std::fs::create_dir(&live).unwrap();
    std::fs::copy(whole.join("run.json"), live.join("run.json")).unwrap();
    let events = std::fs::read_to_string(whole.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = events.split_inclusive('\n').collect();
    let mut file = std::fs::File::create(live.join("events.jsonl")).unwrap();
    // The second line is half written.
    file.write_all(lines[..2].concat().as_bytes()).unwrap();
    file.write_all(&lines[2].as_bytes()[..20]).unwrap();
    browser.open(&format!("{}/live", served.url));
    browser.follow("main a");
    assert!(
        browser.text("[role=status]").starts_with("1 van "),
        "{}",
        browser.text("main")
    );
    if let Some(axe) = axe {
        browser.assert_accessible(axe, "live");
    }
    file.write_all(&lines[2].as_bytes()[20..]).unwrap();
    browser.wait_for(
        "return document.querySelector('[role=status]').textContent.startsWith('2 van ');",
    );
    file.write_all(lines[3..].concat().as_bytes()).unwrap();
    // Its manifest ends it, and its page is next.
    std::fs::copy(whole.join("manifest.json"), live.join("manifest.json")).unwrap();
    browser.wait_for(
        "return document.getElementById('live') === null && document.querySelector('h1') !== null;",
    );
    assert!(
        browser.address().contains("/runs/"),
        "{}",
        browser.address()
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_supplier_logs_in_and_sends_a_run_without_any_script() {
    let Some(browser) = Browser::start(Scripts::Off) else {
        return;
    };
    let served = Served::start(&["--upload"], |_| {});
    let made = Made {
        masked: [true, true],
        not_played: Some("clock"),
        ..Made::default()
    };
    served.pack(&made, "run");
    let at = |path: &str| format!("{}{path}", served.url);
    browser.open(&at("/login?lang=en"));
    browser.write("input[name=token]", "kk_wrong");
    browser.follow("form button");
    assert!(browser.text("main").contains("not in force"));
    browser.open(&at("/login?lang=en"));
    browser.write("input[name=token]", &served.supplier);
    browser.follow("form button");
    assert!(
        browser.text("header").contains("Your products"),
        "{}",
        browser.text("header")
    );
    for (times, says) in [(1, "is kept and counts"), (2, "was there already")] {
        browser.open(&at("/upload?lang=en"));
        browser.choose("input[type=file]", &served.folder.path().join("run.zip"));
        browser.follow("form button");
        assert!(
            browser.text("main").contains(says),
            "{times}: {}",
            browser.text("main")
        );
    }
    browser.open(&at("/login"));
    browser.follow("form button");
    browser.open(&at("/upload"));
    assert!(browser.text("main").contains("Meld u eerst aan"));
}
