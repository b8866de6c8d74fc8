//! What the team knows beside the runs, from its file to what a reader gets.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::made::{Made, OIN, mandatory, text};
use crate::matrix::ketenkeur;

const TEAM: &str = r#"
[[supplier]]
oin = "00000003123456780000"
name = "Voorbeeld <script>alert(1)</script>"
product = "Voorbeeld-LAS"
schools = 1200
pupils = 240000
mandated = 300
endpoint = 2026-05-01
reaction = "Wij leveren in november."

[[supplier]]
oin = "00000003999999990000"
name = "=Nog niets"
product = "Stil-LAS"
schools = 10

[[phase]]
oin = "00000003123456780000"
product = "Voorbeeld-LAS"
key = "po-inwinnen"
phase = "ketentest"
planned = 2026-10-01
forecast = 2026-11-15
party = "DUO"
owner = "team keten"
blocker = "testomgeving"

[[waiver]]
oin = "00000003123456780000"
product = "Voorbeeld-LAS"
scenario = "SCENARIO"
owner = "stuurgroep"
reason = "volgt in 1.1"
until = 2026-12-31
"#;

#[test]
fn what_the_team_knows_stands_beside_what_was_tested() {
    let folder = TempDir::new().unwrap();
    let needed = mandatory("po-inwinnen");
    let fails = [(needed[0].as_str(), "fail")];
    let run = Made {
        verdicts: &fails,
        ..Made::default()
    }
    .write(&folder.path().join("run"));
    let run = run.to_str().unwrap();
    let team = folder.path().join("team.toml");
    std::fs::write(&team, TEAM.replace("SCENARIO", &needed[0])).unwrap();
    let team = team.to_str().unwrap();
    // A waiver excuses until its last day, and shows.
    let cell = |more: &[&str]| {
        let args = [&["--team", team][..], more].concat();
        let mut all = vec![run, "--report", "json"];
        all.extend(args);
        let output = ketenkeur(&all);
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = all["matrix"]["rows"].as_array().unwrap().clone();
        let row = rows.into_iter().find(|row| row["oin"] == OIN).unwrap();
        let cells = row["cells"].as_array().unwrap().clone();
        cells
            .into_iter()
            .find(|cell| cell["key"] == "po-inwinnen" && cell["sector"] == "bo")
            .unwrap()
    };
    assert_eq!(cell(&[])["state"], "ready");
    assert_eq!(cell(&["--at", "2027-01-01T00:00:00Z"])["state"], "partly");
    // Every form, both languages, both editions.
    for (edition, secret) in [("confidential", true), ("public", false)] {
        for language in ["nl", "en"] {
            let html = folder.path().join("matrix.html");
            let csv = folder.path().join("matrix.csv");
            let output = ketenkeur(&[
                run,
                "--team",
                team,
                "--lang",
                language,
                "--edition",
                edition,
                "--report",
                "human",
                "--report",
                &format!("html={}", html.display()),
                "--report",
                &format!("csv={}", csv.display()),
            ]);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            let shown = text(&output.stdout);
            assert!(shown.contains("Voorbeeld-LAS 1.0"), "{shown}");
            let html = std::fs::read_to_string(html).unwrap();
            let csv = std::fs::read_to_string(csv).unwrap();
            assert!(!html.contains("<script"), "what comes from outside is text");
            assert!(html.contains("&lt;script&gt;"));
            assert!(html.contains("<td>2026-10-01</td>"), "days are days");
            assert!(!html.contains("private"), "{html}");
            assert_eq!(html.contains("testomgeving"), secret, "{edition}");
            assert_eq!(csv.contains("testomgeving"), secret, "{edition}");
            assert!(csv.contains("'=Nog niets"), "no formula for a spreadsheet");
            assert!(!html.contains("http://") && !html.contains("https://"));
        }
    }
    // The form for a terminal, of what does not change with the scenarios.
    for language in ["nl", "en"] {
        let output = ketenkeur(&["--team", team, "--lang", language]);
        insta::with_settings!({snapshot_path => "../../snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("readiness-{language}"), text(&output.stdout));
        });
    }
    // A mistake in the file is told with its line.
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(
        &wrong,
        "[[phase]]\noin = \"1\"\nproduct = \"x\"\nkey = \"po-inwinne\"\nphase = \"pilot\"\n",
    )
    .unwrap();
    let output = ketenkeur(&["--team", wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("regel 4"),
        "{}",
        text(&output.stderr)
    );
}

/// What a team file says of what nobody knows, or what holds no longer, is told
/// beside the matrix; what cannot be read at all is told in place of it.
#[test]
fn what_is_doubtful_in_a_team_file_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("team.toml");
    let supplier = format!(
        "[[supplier]]\noin = '{OIN}'\nname = 'Voorbeeld'\nproduct = 'Voorbeeld-LAS'\nschools = 10\n"
    );
    let phase = |product: &str, realised: &str| {
        format!(
            "[[phase]]\noin = '{OIN}'\nproduct = '{product}'\nkey = 'po-inwinnen'\nphase = 'pilot'\nrealised = {realised}\n"
        )
    };
    let waiver = |scenario: &str, until: &str| {
        format!(
            "[[waiver]]\noin = '{OIN}'\nproduct = 'Voorbeeld-LAS'\nscenario = '{scenario}'\nowner = 'a'\nreason = 'b'\nuntil = {until}\n"
        )
    };
    let known = mandatory("po-inwinnen").remove(0);
    for (more, code, said) in [
        (phase("Voorbeeld-LAS", "2026-10-01"), 0, ""),
        (waiver(&known, "2026-11-01"), 0, ""),
        (
            phase("Voorbeeld-Las", "2026-10-01"),
            0,
            "nobody knows the product Voorbeeld-Las of OIN 00000003123456780000: there is no \
             [supplier] of that name and no run. Its phases and waivers count for nothing. Do you \
             mean Voorbeeld-LAS?",
        ),
        (
            phase("Voorbeeld-LAS", "2026-11-02"),
            0,
            "pilot of Voorbeeld-LAS for po-inwinnen is realised on 2026-11-02, after the day",
        ),
        (
            waiver(&known.replace("las", "lsa"), "2026-12-31"),
            0,
            "for a scenario that nobody knows: po-inwinnen-lsa",
        ),
        (waiver(&known, "2026-10-31"), 0, "ended on 2026-10-31"),
        (
            waiver("osr-m2m-osr-jwt", "2026-12-31"),
            0,
            "the waiver of Voorbeeld-LAS for osr-m2m-osr-jwt waives nothing",
        ),
        (
            waiver(&known, "2026-12-31").replace("owner = 'a'", "owner = ' '"),
            2,
            "team.toml, line 10: \"owner\" is empty",
        ),
        (
            supplier.clone(),
            2,
            "team.toml, line 9: an earlier entry is about the same",
        ),
        (
            "mandated = 11\nregistered = 10\n".to_string(),
            0,
            "Voorbeeld-LAS has more schools under mandated (11) than schools (10).",
        ),
        (
            phase("Voorbeeld-LAS", "2026-10-01").replace(OIN, "0000000312345678"),
            2,
            "team.toml, line 7: \"oin\" is no OIN",
        ),
        (
            phase("Voorbeeld-LAS", "2026-02-30"),
            2,
            "team.toml, line 11: \"realised\" is a date",
        ),
        (
            "[waiver]\nowner = 'a'\n".to_string(),
            2,
            "team.toml, line 6: there can be several of \"waiver\"",
        ),
    ] {
        std::fs::write(&path, format!("{supplier}{more}")).unwrap();
        let output = ketenkeur(&["--lang", "en", "--team", path.to_str().unwrap()]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{more}{told}");
        assert!(told.contains(said), "{more}{told}");
        assert_eq!(told.is_empty(), said.is_empty(), "{more}{told}");
        // A phase of a later day is expected then, and not witnessed.
        let shown = text(&output.stdout);
        assert!(
            !said.contains("after the day") || !shown.contains("realised"),
            "{shown}"
        );
    }
}

/// Mandates and endpoints are counted in answers of the OSR that the team file
/// names, as of the day.
#[test]
fn weights_are_counted_in_answers_of_the_osr() {
    let folder = TempDir::new().unwrap();
    let team = folder.path().join("team.toml");
    let examples = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        root.join(format!("schemas/osr/OSR_v3/voorbeelden/osr-v3-{name}.json"))
    };
    for name in ["school-mandates-response", "endpoints-response"] {
        std::fs::copy(examples(name), folder.path().join(name)).unwrap();
    }
    let write = |more: &str| {
        let supplier = "[[supplier]]\noin = \"00000003900000010000\"\nname = \"Voorbeeld\"\nproduct = \"LAS\"\n";
        std::fs::write(&team, format!("{supplier}{more}")).unwrap();
    };
    let asked = |more: &[&str]| {
        let args = [&["--team", team.to_str().unwrap()], more].concat();
        ketenkeur(&args)
    };
    let answers =
        "osr-mandates = [\"school-mandates-response\"]\nosr-endpoints = [\"endpoints-response\"]\n";
    write(answers);
    for (at, mandated, registered, endpoint) in [
        ("2026-11-01T00:00:00Z", "2", "1", "2026-08-03"),
        ("2027-08-01T00:00:00Z", "1", "1", "2026-08-03"),
        ("2024-01-01T00:00:00Z", "0", "0", ""),
    ] {
        let output = asked(&["--report", "csv", "--at", at]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let table = text(&output.stdout);
        let mut lines = table.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let values: Vec<&str> = lines.next().unwrap().split(',').collect();
        let value = |name: &str| values[names.iter().position(|one| *one == name).unwrap()];
        assert_eq!(value("mandated"), mandated, "{at}");
        assert_eq!(value("registered"), registered, "{at}");
        assert_eq!(value("endpoint"), endpoint, "{at}");
    }
    // Where the answers lie is nobody's business, and neither are its tokens.
    let output = asked(&["--report", "json"]);
    let json = text(&output.stdout);
    assert!(json.contains("\"registered\": 1"), "{json}");
    assert!(
        !json.contains("mandates-response") && !json.contains("5c1e0d5a"),
        "{json}"
    );
    for (more, says) in [
        (format!("mandated = 3\n{answers}"), "«mandated» ingevuld"),
        (
            "osr-mandates = [\"endpoints-response\"]\n".to_string(),
            "endpoints-response: element 1",
        ),
        ("osr-mandates = [\"weg.json\"]\n".to_string(), "weg.json"),
        ("osr-mandate = []\n".to_string(), "osr-mandates"),
    ] {
        write(&more);
        let output = asked(&[]);
        assert_eq!(output.status.code(), Some(2), "{more}");
        let said = text(&output.stderr);
        assert!(said.contains(says), "{more}: {said}");
    }
}

/// The days ahead say of every product how it stands for them then, and the
/// text of which version it is.
#[test]
fn the_days_ahead_count_what_holds_on_them() {
    let folder = TempDir::new().unwrap();
    let needed = mandatory("po-inwinnen").remove(0);
    let fails = [(needed.as_str(), "fail")];
    let made = Made::default;
    let weak = Made {
        pack: "reconstruction",
        ..made()
    };
    let no = ketenkeur::scenario::Key::NAMES.iter().map(|key| {
        let sectors = json!({ "bo": "no", "sbo": "no", "so": "no", "vso": "no" });
        ((*key).to_string(), sectors)
    });
    let none = Made {
        capabilities: Value::Object(no.collect()),
        ..made()
    };
    let waived = || Made {
        verdicts: &fails,
        ..made()
    };
    let waiver = |until: &str| {
        format!(
            "[[waiver]]\noin = '{OIN}'\nproduct = 'Voorbeeld-LAS'\nscenario = '{needed}'\nowner = 'a'\nreason = 'b'\nuntil = {until}\n"
        )
    };
    for (number, (run, team, told)) in [
        (made(), String::new(), "0 products are not ready yet"),
        (
            weak,
            String::new(),
            "0 products are not ready yet; 1 only on a reconstruction",
        ),
        (
            none,
            String::new(),
            "0 products are not ready yet; 1 does not offer it",
        ),
        (waived(), String::new(), "1 product is not ready yet"),
        (
            waived(),
            waiver("2027-02-01"),
            "0 products are not ready yet",
        ),
        // It ends before the day.
        (waived(), waiver("2027-01-31"), "1 product is not ready yet"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = run.write(&folder.path().join(number.to_string()));
        let file = folder.path().join("team.toml");
        std::fs::write(&file, team).unwrap();
        let args = ["--lang", "en", "--team", file.to_str().unwrap()];
        let output = ketenkeur(&[&args[..], &[path.to_str().unwrap()]].concat());
        let shown = text(&output.stdout);
        let day = shown.lines().find(|line| line.contains("2027-02-01"));
        let day = day.unwrap_or_else(|| panic!("{shown}"));
        assert!(day.ends_with(&format!(": {told}")), "{number}: {day}");
    }
    // What somebody answers for did not pass.
    let shown = ketenkeur(&["--report", "csv", folder.path().join("4").to_str().unwrap()]);
    let shown = text(&shown.stdout);
    let columns: Vec<&str> = shown.lines().next().unwrap().split(',').collect();
    let cell = shown.lines().find(|line| line.contains(",po-inwinnen,bo,"));
    let cell: Vec<&str> = cell.unwrap().split(',').collect();
    let of = |name: &str| {
        let at = columns.iter().position(|one| *one == name).unwrap();
        cell[at].parse::<usize>().unwrap()
    };
    assert_eq!(of("passed") + 1, of("mandatory"));
    // A later run of an older version hides nothing without a word.
    let newer = Made {
        version: "2.0",
        began: "2026-08-01T10:00:00Z",
        ..made()
    };
    let newer = newer.write(&folder.path().join("nieuwer"));
    let older = folder.path().join("0");
    let both = [older.to_str().unwrap(), newer.to_str().unwrap()];
    let shown = text(&ketenkeur(&[&["--lang", "en"], &both[..]].concat()).stdout);
    assert!(
        shown.contains("does not count: version 2.0, last tested on 2026-08-01"),
        "{shown}"
    );
    // A run that is later than the matrix is told of.
    let early = ["--lang", "en", "--at", "2026-08-15T00:00:00Z"];
    let output = ketenkeur(&[&early[..], &both[..]].concat());
    let told = text(&output.stderr);
    assert!(
        told.contains("1 run began after 2026-08-15T00:00:00Z"),
        "{told}"
    );
}
