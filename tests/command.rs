//! The program as a user runs it: what it prints, what it ends with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const AT: &str = "2026-09-28T09:00:00Z";

fn ketenkeur(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str, breaks: Option<&str>) -> String {
    let mut args = vec!["example", name];
    if let Some(rule) = breaks {
        args.extend(["--break", rule]);
    }
    let output = ketenkeur(root(), &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    stdout(&output)
}

/// A folder with an enrolment; `change` makes it what the test needs.
fn folder(change: impl Fn(String) -> String) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bericht.xml");
    std::fs::write(
        &file,
        change(example(
            "aanleverenVerwijderingInschrijvingBO_Request",
            None,
        )),
    )
    .unwrap();
    (folder, file)
}

#[test]
fn exit_codes_tell_the_ends_apart() {
    let (good, _) = folder(|text| text);
    let (bad, _) = folder(|text| text.replace("25BE<", "25be<"));
    let (open, file) = folder(|text| text);
    std::fs::write(file, example("aanleverenInschrijvingBO_Request", None)).unwrap();
    let (nothing, file) = folder(|text| text);
    std::fs::remove_file(file).unwrap();
    for (folder, args, expected) in [
        (&good, vec!["check", ".", "--at", AT], 0),
        (&bad, vec!["check", ".", "--at", AT], 1),
        (&good, vec!["check", "nergens", "--at", AT], 2),
        (&good, vec!["check", ".", "--at", "gisteren"], 2),
        (&good, vec!["check", ".", "--report", "pdf"], 2),
        (&good, vec!["check"], 2),
        (&nothing, vec!["check", ".", "--at", AT], 2),
        (&open, vec!["check", ".", "--at", AT], 5),
        (&good, vec!["check", ".", "--at", "2020-01-01"], 5),
        (
            &good,
            vec!["check", ".", "--at", AT, "--strict-provenance"],
            5,
        ),
        (&good, vec!["--help"], 0),
        (&good, vec!["packs", "show", "ONBEKEND"], 2),
        (&good, vec!["check", ".", "--at", AT, "--locked"], 2),
    ] {
        let output = ketenkeur(folder.path(), &args);
        assert_eq!(
            code(&output),
            expected,
            "{args:?}\n{}{}",
            stdout(&output),
            stderr(&output)
        );
    }
}

#[test]
fn the_result_is_the_same_on_one_thread_and_on_many() {
    let one = ketenkeur(
        root(),
        &[
            "check",
            "cases/berichten",
            "--at",
            AT,
            "--jobs",
            "1",
            "--report",
            "json",
        ],
    );
    let many = ketenkeur(
        root(),
        &[
            "check",
            "cases/berichten",
            "--at",
            AT,
            "--jobs",
            "4",
            "--report",
            "json",
        ],
    );
    assert_eq!(stdout(&one), stdout(&many));
    assert_eq!(code(&one), 1);
}

#[test]
fn the_summary_counts_every_file_of_a_folder() {
    let (folder, _) = folder(|text| text);
    for (name, bytes) in [
        ("leeg.xml", &b""[..]),
        ("binair.bin", b"\x00\x01\x02"),
        ("kapot.zip", b"PK\x03\x04 not really"),
        ("dtd.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        ("notitie.md", b"# niets"),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let output = ketenkeur(
        folder.path(),
        &["check", ".", "--at", AT, "--report", "json"],
    );
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let summary = &report["summary"];
    let count = |name: &str| {
        summary[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name} in {summary}"))
    };
    assert_eq!(count("inputs"), 6, "{summary}");
    assert_eq!(
        count("inputs"),
        count("passed") + count("failed") + count("undecided") + count("not_applicable"),
        "{summary}"
    );
    assert_eq!(count("passed"), 1, "{summary}");
}

/// A capture shows how a message travelled: a bare one over HTTP lacks its
/// envelope, also where the rest of the message is right.
#[test]
fn a_message_over_http_without_an_envelope_does_not_pass() {
    let message = example("aanleverenVerwijderingInschrijvingBO_Request", None);
    let (folder, _) = folder(|text| text);
    let har = serde_json::json!({"log": {"version": "1.2", "entries": [{
        "startedDateTime": AT,
        "time": 10,
        "request": {
            "method": "GET",
            "url": "https://bron.example.nl/",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "postData": {"text": message},
        },
        "response": {"status": 200, "headers": [], "content": {"size": 0}},
    }]}});
    std::fs::write(folder.path().join("v.har"), har.to_string()).unwrap();
    let output = ketenkeur(folder.path(), &["check", "v.har", "--report", "json"]);
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let findings = report["messages"][0]["findings"].as_array().unwrap();
    let codes: Vec<_> = findings.iter().map(|found| &found["code"]).collect();
    assert_eq!(
        codes,
        [
            "KK-EK-WW001-MEDIATYPE",
            "KK-EK-WW001-POST",
            "KK-EK-WW001-ENVELOP"
        ]
    );
}

/// What `example --break` says on standard error shows exactly that finding.
#[test]
fn a_broken_example_says_how_its_break_shows() {
    for rule in [
        "KK-DOC-TIJD-TOEKOMST",
        "KK-OSR-DUBBEL-ENDPOINT",
        "KK-OSR-URL-LOCALHOST",
        "KK-JSON-WAARDE",
        "KK-INS-BINNEN-7-DAGEN",
        "KK-HERKEN-PERIODE",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = ketenkeur(root(), &["example", "--break", rule]);
        let said = stderr(&output);
        let call = said.split("ketenkeur check ").nth(1).unwrap().trim();
        let args: Vec<&str> = call.split_whitespace().collect();
        std::fs::write(folder.path().join(args[0]), &output.stdout).unwrap();
        for (at, option) in args.iter().enumerate() {
            if *option == "--rio" {
                let name = args[at + 1];
                let answer = example(name.strip_suffix(".xml").unwrap(), None);
                std::fs::write(folder.path().join(name), answer).unwrap();
            }
        }
        let args = [&["check"], &args[..], &["--report", "json"]].concat();
        let output = ketenkeur(folder.path(), &args);
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let findings = report["messages"][0]["findings"].as_array().unwrap();
        let found: Vec<_> = findings
            .iter()
            .filter(|found| found["kind"] == "violation" || found["code"] == rule)
            .map(|found| &found["code"])
            .collect();
        assert_eq!(found, [rule], "{said}");
        let explained = stdout(&ketenkeur(root(), &["rules", "explain", rule]));
        assert!(explained.contains(call), "{explained}");
    }
}

/// Names that nothing has are refused before anything is judged.
#[test]
fn what_does_not_exist_is_a_mistake_in_the_call() {
    let (folder, _) = folder(|text| text);
    let deviation = "[[deviation]]\nrule = \"KK-XSD-PATRON\"\nowner = \"a\"\nreason = \"b\"\nuntil = 2026-12-31\n";
    std::fs::write(folder.path().join("a.toml"), deviation).unwrap();
    std::fs::write(folder.path().join("leeg.crl"), "niets").unwrap();
    let check = ["check", "bericht.xml", "--at", AT];
    for (more, said) in [
        (
            &["--as", "osr-v2-error-401-respons"][..],
            "osr-v2-error-401-response",
        ),
        (
            &["--deviations", "a.toml"],
            "a.toml, regel 1: er is geen regel «KK-XSD-PATRON». Bedoelt u «KK-XSD-PATROON»?",
        ),
        (&["--request", "nee.xml"], "nee.xml bestaat niet"),
        (&["--rio", "nee"], "nee bestaat niet; --rio"),
        (&["--rio", "bericht.xml"], "--rio"),
        (&["--crl", "leeg.crl"], "geen intrekkingslijst"),
        (&["--jobs", "0"], "«0» kan niet bij --jobs <N>"),
    ] {
        let output = ketenkeur(folder.path(), &[&check[..], more].concat());
        assert_eq!(code(&output), 2, "{more:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    for (rule, said) in [
        ("KK-XML-DTD", "bestaat"),
        ("KK-BATCH-DOCUMENT-DUBBEL", "berichten samen"),
        ("KK-XML-DT", "Bedoelt u \"KK-XML-DTD\""),
    ] {
        let output = ketenkeur(folder.path(), &["example", "--break", rule]);
        assert_eq!(code(&output), 2, "{rule}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

/// The report says when and for which setting was judged.
#[test]
fn the_report_names_the_moment_and_the_profile() {
    let (folder, _) = folder(|text| text);
    let args = [
        "check",
        ".",
        "--at",
        AT,
        "--profile",
        "test",
        "--report",
        "json",
    ];
    let report: serde_json::Value =
        serde_json::from_str(&stdout(&ketenkeur(folder.path(), &args))).unwrap();
    assert_eq!(report["run"]["at"], AT);
    assert_eq!(report["run"]["profile"], "test");
}

#[test]
fn a_deviation_excuses_until_its_end_date_and_is_reported_when_nobody_needs_it() {
    let (folder, _) = folder(|text| text.replace("25BE<", "25be<"));
    let entry = |rule: &str, until: &str| {
        format!(
            "[[deviation]]\nrule = \"{rule}\"\nowner = \"team\"\nreason = \"proef\"\nuntil = {until}\n"
        )
    };
    for (file, expected, said) in [
        (entry("KK-XSD-PATROON", "2026-12-31"), 0, "team"),
        (
            entry("KK-XSD-PATROON", "2026-01-01"),
            1,
            "KK-AFWIJKING-VERLOPEN",
        ),
        (
            entry("KK-XSD-PATROON", "2026-12-31") + &entry("KK-XSD-LEEG", "2026-12-31"),
            0,
            "KK-AFWIJKING-ONGEBRUIKT",
        ),
        (
            "[[deviation]]\nrule = 1\n".to_string(),
            2,
            "afwijkingen.toml",
        ),
    ] {
        std::fs::write(folder.path().join("afwijkingen.toml"), &file).unwrap();
        let args = [
            "check",
            "bericht.xml",
            "--at",
            AT,
            "--deviations",
            "afwijkingen.toml",
        ];
        let output = ketenkeur(folder.path(), &args);
        assert_eq!(
            code(&output),
            expected,
            "{file}\n{}{}",
            stdout(&output),
            stderr(&output)
        );
        assert!(
            (stdout(&output) + &stderr(&output)).contains(said),
            "{file}\n{}",
            stdout(&output)
        );
    }
}

#[test]
fn settings_hold_and_the_command_line_wins() {
    let (folder, _) = folder(|text| text.replace("25BE<", "25be<"));
    std::fs::write(folder.path().join("ketenkeur.toml"), "lang = \"en\"\n").unwrap();
    let english = ketenkeur(folder.path(), &["check", "bericht.xml", "--at", AT]);
    assert!(
        stdout(&english).contains("does not conform"),
        "{}",
        stdout(&english)
    );
    let dutch = ketenkeur(
        folder.path(),
        &["check", "bericht.xml", "--at", AT, "--lang", "nl"],
    );
    assert!(
        stdout(&dutch).contains("voldoet niet"),
        "{}",
        stdout(&dutch)
    );
    std::fs::write(
        folder.path().join("ketenkeur.toml"),
        "lang = \"en\"\nfoutje = 1\n",
    )
    .unwrap();
    let wrong = ketenkeur(folder.path(), &["check", "bericht.xml"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        stderr(&wrong).contains('2') && stderr(&wrong).contains("foutje"),
        "{}",
        stderr(&wrong)
    );
}

/// Values that must not leave a message: a number outside the synthetic range,
/// names, a date of birth, an address, telephone and e-mail.
const SECRETS: &[&str] = &[
    "123456782",
    "Geheimenaam",
    "1999-12-31",
    "Geheimestraat",
    "0612345678",
    "geheim@example.nl",
];

#[test]
fn mistakes_in_files_of_the_user_are_told_in_both_languages() {
    let (folder, _) = folder(|text| text);
    let path = folder.path();
    for (settings, nl, en) in [
        (
            "\nlagn = 'nl'\n",
            "ketenkeur.toml, regel 2: de sleutel «lagn» bestaat niet. Bedoelt u «lang»?",
            "ketenkeur.toml, line 2: there is no key \"lagn\". Do you mean \"lang\"?",
        ),
        (
            "fail-on = 'fout'\n",
            "«fail-on» kan dit niet zijn; kies uit bekostigingssignaal, signaal, melding, foutmelding.",
            "\"fail-on\" cannot be this; choose from bekostigingssignaal, signaal, melding, foutmelding.",
        ),
        (
            "locked = 'ja'\n",
            "regel 1: «locked» is true of false",
            "line 1: \"locked\" is true or false",
        ),
        (
            "rio = 'rio.xml'\n",
            "regel 1: «rio» is een lijst. Schrijf: rio = [",
            "line 1: \"rio\" is a list. Write: rio = [",
        ),
        (
            "lang: nl\n",
            "regel 1: dit is geen geldige TOML",
            "line 1: this is not valid TOML",
        ),
    ] {
        std::fs::write(path.join("ketenkeur.toml"), settings).unwrap();
        for (language, text) in [("nl", nl), ("en", en)] {
            let output = ketenkeur(path, &["check", ".", "--lang", language]);
            assert_eq!(code(&output), 2, "{settings}");
            let said = stderr(&output);
            assert!(said.contains(text), "{settings}: {said}");
        }
    }
    std::fs::remove_file(path.join("ketenkeur.toml")).unwrap();
    let deviation = "[[deviation]]\nrule = 'KK-A'\nowner = 'a'\nreason = 'b'\n";
    for (file, text) in [
        (deviation.to_string(), "regel 1: hier ontbreekt «until»."),
        (
            format!("{deviation}until = 'morgen'\n"),
            "regel 5: «until» is een datum zonder aanhalingstekens",
        ),
    ] {
        std::fs::write(path.join("afwijkingen.toml"), file).unwrap();
        let output = ketenkeur(path, &["check", ".", "--deviations", "afwijkingen.toml"]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
    }
}

/// Where findings on a captured message are: on a line of the file where the
/// body stands in it as it is, else within the body, and then it says so.
#[test]
fn places_in_captures_are_places_in_the_file_where_they_can_be() {
    let wrong = example("aanleverenVerwijderingInschrijvingBO_Request", None)
        .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")
        .replace("25BE<", "25be<");
    let line_in_body = 1 + wrong[..wrong.find("25be").unwrap()].matches('\n').count();
    let ask = format!(
        "GET /ping HTTP/1.1\r\nHost: a\r\n\r\nPOST /a HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{wrong}",
        wrong.len()
    );
    let chunked = format!(
        "POST /a HTTP/1.1\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{wrong}\r\n0\r\n\r\n",
        wrong.len()
    );
    let har = serde_json::json!({ "log": { "version": "1.2", "entries": [{
        "request": { "method": "POST", "url": "https://a/", "httpVersion": "HTTP/1.1",
            "headers": [{ "name": "Content-Type", "value": "text/xml" }],
            "postData": { "text": wrong } },
        "response": { "status": 204, "httpVersion": "HTTP/1.1", "headers": [], "content": {} },
    }] } })
    .to_string();
    let note = "line and column count within the body of the HTTP message";
    for (name, capture, line, in_body) in [
        ("a.http", &ask, line_in_body + 7, false),
        ("b.http", &chunked, line_in_body, true),
        ("c.har", &har, line_in_body, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), capture).unwrap();
        let args = ["check", name, "--at", AT, "--lang", "en"];
        let told = ketenkeur(folder.path(), &[&args[..], &["--report", "json"]].concat());
        let report: serde_json::Value = serde_json::from_str(&stdout(&told)).unwrap();
        let places: Vec<&serde_json::Value> = report["messages"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|message| message["findings"].as_array().unwrap())
            .filter(|finding| finding["code"] == "KK-XSD-PATROON")
            .map(|finding| &finding["place"])
            .collect();
        let [place] = &places[..] else {
            panic!("{name}: {places:?}")
        };
        assert_eq!(place["start"]["line"], line, "{name}");
        assert_eq!(place["in_body"] == true, in_body, "{name}");
        let human = stdout(&ketenkeur(folder.path(), &args));
        assert_eq!(
            human.replace("\n", " ").contains("within the body"),
            in_body,
            "{name}: {note}: {human}"
        );
        let excerpt = format!("{line} │");
        assert!(human.contains(&excerpt), "{name}: {human}");
    }
}

/// Where elements have no say, line and column tell; what is wrong from the
/// first character on is wrong as a whole.
#[test]
fn the_place_in_what_cannot_be_read_is_its_line_and_column() {
    let unclosed = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>\n</a>\n";
    for (content, lang, place) in [
        (unclosed, "nl", "plaats  regel 4, kolom 1\n"),
        (unclosed, "en", "place     line 4, column 1\n"),
        ("<!DOCTYPE a><a/>", "nl", "plaats  het hele bericht\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.xml"), content).unwrap();
        let output = ketenkeur(folder.path(), &["check", ".", "--at", AT, "--lang", lang]);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        let told = stdout(&output);
        assert!(told.contains(place), "{told}");
    }
}

#[test]
fn personal_data_stays_in_the_message_whatever_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [
        // A value of each kind in its own element, wrong, so that it is quoted.
        example("aanleverenIdentificerenPersoon_Request", None)
            .replace("<geboortedatum>", "<geboortedatum>1999-12-31 Geheimenaam "),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:burgerservicenummer>",
            "<gen:burgerservicenummer>123456782 ",
        ),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:inschrijvingvolgnummer>",
            "<Geheim>Geheimestraat 0612345678</Geheim><gen:inschrijvingvolgnummer>",
        ),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:instellingscode>",
            "geheim@example.nl<gen:instellingscode>123456782 ",
        ),
        // Not well-formed: there are no types to go by.
        "<bericht><naam>Geheimenaam 123456782</naam><straat a='Geheimestraat'>".to_string(),
        "{\"naam\": \"Geheimenaam\", 123456782".to_string(),
    ];
    for (number, message) in messages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.xml")), message).unwrap();
    }
    let record = folder.path().join("gebeurtenissen.jsonl");
    for format in ["human", "json", "junit", "sarif", "github"] {
        for lang in ["nl", "en"] {
            let args = [
                "check",
                ".",
                "--at",
                AT,
                "--lang",
                lang,
                "--report",
                format,
                "--record",
                "gebeurtenissen.jsonl",
            ];
            let output = ketenkeur(folder.path(), &args);
            let said =
                stdout(&output) + &stderr(&output) + &std::fs::read_to_string(&record).unwrap();
            for secret in SECRETS {
                assert!(
                    !said.contains(secret),
                    "{secret} in {format} {lang}:\n{said}"
                );
            }
            std::fs::remove_file(&record).unwrap();
        }
    }
    let shown = ketenkeur(folder.path(), &["check", ".", "--at", AT, "--no-redact"]);
    assert!(stdout(&shown).contains("123456782"), "{}", stdout(&shown));
}

#[test]
fn a_reconstruction_is_never_called_conform_duo() {
    for lang in ["nl", "en"] {
        let output = ketenkeur(
            root(),
            &["check", "cases/berichten", "--at", AT, "--lang", lang],
        );
        assert!(!stdout(&output).to_lowercase().contains("conform duo"));
        assert!(!stdout(&output).to_lowercase().contains("conforms to duo"));
    }
}

#[test]
fn duos_real_contracts_are_imported_and_judge() {
    let vo = root().join("../shared/reference/duo-vo/inschrijving");
    let rio = root().join("../shared/reference/duo-rio");
    if !vo.exists() || !rio.exists() {
        println!("skipped: DUO's real contracts are absent");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for package in [&vo, &rio] {
        let output = ketenkeur(
            folder.path(),
            &["packs", "import", package.to_str().unwrap()],
        );
        assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    }
    std::fs::copy(root().join("tests/vo.xml"), folder.path().join("vo.xml")).unwrap();
    let rio_answer = example("opvragen_onderwijslocatie_response", None);
    std::fs::write(folder.path().join("rio.xml"), rio_answer).unwrap();
    let output = ketenkeur(folder.path(), &["check", "vo.xml", "rio.xml", "--at", AT]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert_eq!(
        stdout(&output).matches("conform officieel pakket").count(),
        3,
        "{}",
        stdout(&output)
    );
    let output = ketenkeur(folder.path(), &["packs", "lock"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = ketenkeur(
        folder.path(),
        &["packs", "remove", "DUO_PO_InschrijvingBO_V1"],
    );
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(
        stderr(&output).contains("DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4"),
        "{}",
        stderr(&output)
    );
    let output = ketenkeur(folder.path(), &["check", "vo.xml", "--at", AT, "--locked"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn rules_are_listed_and_explained() {
    let list = ketenkeur(root(), &["rules", "list", "--report", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&stdout(&list)).unwrap();
    assert!(rules.as_array().unwrap().len() > 200);
    let explain = ketenkeur(
        root(),
        &["rules", "explain", "KK-INS-EERSTE-PERIODE", "--lang", "en"],
    );
    for part in [
        "foutmelding",
        "published",
        "DUO, Inschrijvingsgegevens",
        "DUO_PO_InschrijvingBO_V1",
    ] {
        assert!(
            stdout(&explain).contains(part),
            "{part}: {}",
            stdout(&explain)
        );
    }
    for command in ["explain", "list"] {
        let unknown = ketenkeur(root(), &["rules", command, "KK-INS-EERSTE-PERIOT"]);
        assert_eq!(code(&unknown), 2);
        assert!(
            stderr(&unknown).contains("KK-INS-EERSTE-PERIODE"),
            "{}",
            stderr(&unknown)
        );
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = stdout(&ketenkeur(root(), &["completions", shell]));
        for command in ["check", "readiness", "counterpart"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let script = ketenkeur(root(), &["completions", "bash"]).stdout;
    let mut bash = Command::new("bash");
    bash.args(["-n", "/dev/stdin"])
        .stdin(std::process::Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), &script).unwrap();
    assert!(bash.wait().unwrap().success());
}

/// What is no message of a contract is called by its name.
#[test]
fn a_fault_is_called_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let fault = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>\
        <faultcode>s:Server</faultcode><faultstring>Storing</faultstring></s:Fault></s:Body></s:Envelope>";
    std::fs::write(folder.path().join("fout.xml"), fault).unwrap();
    let output = ketenkeur(folder.path(), &["check", "fout.xml"]);
    assert!(
        stdout(&output).contains("(SOAP Fault, geen bericht van een contract)"),
        "{}",
        stdout(&output)
    );
    let output = ketenkeur(folder.path(), &["check", "fout.xml", "--report", "json"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["messages"][0]["other"], "SOAP Fault");
}

#[test]
fn a_wsdl_is_judged_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dienst.wsdl");
    let wsdl = "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:s='http://schemas.xmlsoap.org/wsdl/soap/'>\
        <portType name='P'><operation name='o'><input/><output/></operation></portType>\
        <binding name='B'><s:binding transport='http://schemas.xmlsoap.org/soap/http'/>\
        <operation name='o'><s:operation soapAction='urn:o'/></operation></binding></definitions>";
    std::fs::write(&path, wsdl).unwrap();
    let output = ketenkeur(folder.path(), &["check", "dienst.wsdl", "--report", "json"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let findings = report["messages"][0]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["code"], "KK-EK-WS008-SOAPACTION");
    assert_eq!(findings[0]["class"], "melding");
    // In a folder it lies beside messages, and is none.
    let output = ketenkeur(folder.path(), &["check", "."]);
    assert_eq!(code(&output), 5, "{}", stdout(&output));
}

/// DUO's really signed answer: what is wrong with it today, what was then, and
/// what nobody can tell.
#[test]
fn duos_signed_answer_is_judged_as_it_is() {
    let answer = root().join("../shared/reference/duo-rio/signed-answer.xml");
    let Ok(text) = std::fs::read_to_string(&answer) else {
        eprintln!("skipped: {} is not there", answer.display());
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let judge = |text: &str, at: &str| -> (i32, Vec<String>, Vec<String>) {
        std::fs::write(folder.path().join("antwoord.xml"), text).unwrap();
        let args = [
            "check",
            "antwoord.xml",
            "--profile",
            "test",
            "--at",
            at,
            "--report",
            "json",
        ];
        let output = ketenkeur(folder.path(), &args);
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let of_kind = |kind: &str| -> Vec<String> {
            let findings = report["messages"][0]["findings"].as_array().unwrap();
            let of_kind = findings.iter().filter(|finding| finding["kind"] == kind);
            of_kind
                .map(|f| f["code"].as_str().unwrap().to_string())
                .collect()
        };
        (code(&output), of_kind("violation"), of_kind("undecided"))
    };
    let open = [
        "KK-EK-PKI005-KETEN",
        "KK-EK-PKI003-INGETROKKEN",
        "KK-HERKEN-GEEN-PAKKET",
    ];
    let open = open.map(str::to_string).to_vec();
    let expired = ["KK-EK-WB002-VERLOPEN", "KK-EK-PKI002-VERLOPEN"];
    let expired = expired.map(str::to_string).to_vec();
    let (then, now) = ("2022-11-21T16:18:00Z", "2026-11-23T12:00:00Z");
    assert_eq!(judge(&text, then), (5, Vec::new(), open.clone()));
    assert_eq!(judge(&text, now), (1, expired, open));
    let changed = text.replace(">true<", ">false<");
    let (code, violations, _) = judge(&changed, then);
    assert_eq!(
        (code, violations),
        (1, vec!["KK-EK-WB013-DIGEST".to_string()])
    );
}

/// A device on which every write fails.
#[cfg(target_os = "linux")]
#[test]
fn where_nothing_can_be_said_the_exit_code_still_tells() {
    let full = || {
        let device = std::fs::File::options().write(true).open("/dev/full");
        std::process::Stdio::from(device.unwrap())
    };
    for (args, expected) in [
        (&["chek"][..], 2),
        (&["check", "nergens.xml"], 2),
        (
            &["example", "aanleverenInschrijvingBO", "--break", "KK-NIET"],
            2,
        ),
        (&["check", "cases/berichten", "--at", AT], 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command.args(args).current_dir(root());
        command.stdout(full()).stderr(full());
        assert_eq!(command.status().unwrap().code(), Some(expected), "{args:?}");
    }
}
