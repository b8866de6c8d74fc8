//! What `check` says of messages, and what it ends with.

use std::process::Command;

use crate::call::{AT, code, example, folder, ketenkeur, root, stderr, stdout};

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
