//! What somebody holds against a rule: in the file, in the store, on the pages
//! and from a supplier.

use std::process::Output;

use crate::made::{Made, OIN, mandatory, text};
use crate::served::{Served, ketenkeur};

const RULE: &str = "KK-XSD-LENGTE";

fn entry(by: &str, note: &str, more: &str) -> String {
    format!(
        "[[dispute]]\nrule = \"{RULE}\"\nby = \"{by}\"\nnote = \"{note}\"\nsource = \"PvE 1.3\"\nsince = 2025-11-01\n{more}\n"
    )
}

const SETTLED: &str = "settled = 2025-12-01\noutcome = \"uitkomst-een\"\n";

#[test]
fn a_dispute_is_kept_shown_and_settled() {
    let folder = tempfile::TempDir::new().unwrap();
    let root = folder.path();
    let fails = mandatory("po-inwinnen");
    let fails = [(fails[0].as_str(), "fail")];
    let run = Made {
        verdicts: &fails,
        broken: Some(RULE),
        ..Made::default()
    };
    run.write(&root.join("run"));
    let readiness = |more: &[&str]| -> Output {
        let args = [&["readiness", "--store", "s.sqlite"], more].concat();
        ketenkeur(&args, root).output().unwrap()
    };
    let json = |more: &[&str]| {
        let output = readiness(&[&["--report", "json"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let plain = json(&["run"]);
    std::fs::write(root.join("d.toml"), entry(OIN, "bezwaar-een", "")).unwrap();
    let disputed = json(&["--disputes", "d.toml"]);
    let state = |text: &str| {
        let all: serde_json::Value = serde_json::from_str(text).unwrap();
        let cells = all["matrix"]["rows"][0]["cells"]
            .as_array()
            .unwrap()
            .clone();
        let states = cells.iter().map(|cell| cell["state"].clone());
        states.collect::<Vec<_>>()
    };
    assert_eq!(state(&plain), state(&disputed), "it changes no state");
    assert!(disputed.contains("bezwaar-een") && disputed.contains(&format!("\"{RULE}\"")));
    // The store keeps it; every form shows it, the public edition does not.
    for (edition, shows) in [("confidential", true), ("public", false)] {
        let forms = [
            "--report",
            "human",
            "--report",
            "html=m.html",
            "--edition",
            edition,
        ];
        let output = readiness(&forms);
        let page = std::fs::read_to_string(root.join("m.html")).unwrap();
        assert_eq!(
            text(&output.stdout).contains("bezwaar-een"),
            shows,
            "{edition}"
        );
        assert_eq!(page.contains("bezwaar-een"), shows, "{edition}");
        assert_eq!(page.contains("betwist: KK-XSD-LENGTE"), shows, "{edition}");
    }
    // Once it is settled, the rule is no longer called disputed.
    std::fs::write(root.join("d.toml"), entry(OIN, "bezwaar-een", SETTLED)).unwrap();
    readiness(&["--disputes", "d.toml", "--report", "html=m.html"]);
    let page = std::fs::read_to_string(root.join("m.html")).unwrap();
    assert!(page.contains("uitkomst-een") && !page.contains("betwist: KK-XSD-LENGTE"));
    // Nothing is disputed after the day of which the matrix is.
    std::fs::write(root.join("d.toml"), entry(OIN, "x", "")).unwrap();
    let output = readiness(&["--disputes", "d.toml", "--at", "2025-10-31"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("regel 6: since"), "{said}");
    // A mistake is told with its line and what was meant.
    let wrong = entry(OIN, "x", "").replace(RULE, "KK-XSD-LENGT");
    std::fs::write(root.join("d.toml"), wrong).unwrap();
    let output = readiness(&["--disputes", "d.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("regel 2") && said.contains("Bedoelt u «KK-XSD-LENGTE»"),
        "{said}"
    );
}

#[test]
fn a_supplier_disputes_on_its_own_behalf_until_the_team_settles_it() {
    let served = Served::start(&["--upload"], |_| {});
    let root = served.folder.path();
    let team = Some(served.team.as_str());
    let supplier = Some(served.supplier.as_str());
    let send = |content: &str, token| served.post("/disputes", content.as_bytes(), token);
    let good = entry(OIN, "bezwaar-twee", "");
    for (name, content, token, status, says) in [
        ("nobody", good.as_str(), None, 401, "Meld u eerst aan"),
        ("team", &good, team, 403, "met zijn eigen token"),
        (
            "other",
            &entry("00000003999999990000", "x", ""),
            supplier,
            403,
            "alleen namens zichzelf",
        ),
        (
            "settles",
            &entry(OIN, "x", SETTLED),
            supplier,
            403,
            "doet het team",
        ),
        (
            "unknown",
            &good.replace(RULE, "KK-XSD-LENGT"),
            supplier,
            422,
            "Bedoelt u «KK-XSD-LENGTE»",
        ),
        ("empty", "", supplier, 422, "geen betwisting"),
        (
            "future",
            &good.replace("2025-11-01", "9999-11-01"),
            supplier,
            422,
            "regel 6: since ligt in de toekomst",
        ),
        ("syntax", "nee", supplier, 422, "regel 1"),
    ] {
        let (found, _, body) = send(content, token);
        assert_eq!(found, status, "{name}: {body}");
        assert!(body.contains(says), "{name}: {body}");
        assert!(!served.get("/", team).2.contains("bezwaar"), "{name}");
    }
    let own = |token| served.get("/disputes", token).2;
    assert!(own(supplier).contains("U betwist geen regel"));
    assert_eq!(send(&good, supplier).0, 201);
    assert!(own(supplier).contains("bezwaar-twee") && own(supplier).contains("<form"));
    assert!(served.get("/", team).2.contains("bezwaar-twee"));
    assert!(!served.get("/", None).2.contains("bezwaar-twee"));
    // The team settles it beside the server; then it stays settled.
    std::fs::write(root.join("d.toml"), entry(OIN, "bezwaar-twee", SETTLED)).unwrap();
    let args = [
        "readiness",
        "--store",
        "s.sqlite",
        "--team",
        "team.toml",
        "--disputes",
        "d.toml",
    ];
    let settled = ketenkeur(&args, root).output().unwrap();
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    assert!(served.get("/", team).2.contains("uitkomst-een"));
    let (status, _, body) = send(&good, supplier);
    assert_eq!(status, 403, "{body}");
    assert!(body.contains("al beslecht"), "{body}");
}

/// A supplier reads what is held on its behalf where it can send nothing, too.
#[test]
fn a_supplier_sees_its_disputes_where_nothing_is_sent() {
    let served = Served::start(&[], |_| {});
    let root = served.folder.path();
    let others = entry("00000003999999990000", "bezwaar-ander", "");
    let all = entry(OIN, "bezwaar-drie", "") + &others + &entry("team", "bezwaar-team", "");
    std::fs::write(root.join("d.toml"), all).unwrap();
    let args = ["readiness", "--store", "s.sqlite", "--disputes", "d.toml"];
    let kept = ketenkeur(&[&args[..], &["--team", "team.toml"]].concat(), root);
    let kept = { kept }.output().unwrap();
    assert!(kept.status.success(), "{}", text(&kept.stderr));
    let supplier = Some(served.supplier.as_str());
    let (status, _, page) = served.get("/disputes", supplier);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("bezwaar-drie"), "{page}");
    for absent in ["bezwaar-ander", "bezwaar-team", "<form"] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
    assert!(served.get("/", supplier).2.contains("Regel betwisten</a>"));
    assert_eq!(served.get("/disputes", None).0, 401);
    assert_eq!(served.post("/disputes", b"", supplier).0, 403);
}
