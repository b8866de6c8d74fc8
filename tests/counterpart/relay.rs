//! A proxy between a supplier and DUO: what passes is what was sent, and all of
//! it is kept.

use std::path::Path;
use std::process::Command;

use ketenkeur::clock::RunningClock;
use ketenkeur::edukoppeling::Certificate;
use ketenkeur::evidence::Evidence;
use ketenkeur::facts::synthetic_bsn;

use crate::support::{DUO, Running, Supplier};

const SUPPLIER: &str = "00000003999999990000";

/// A proxy to `upstream` that keeps what passes in `out`.
fn proxy(upstream: &str, out: &Path) -> Running {
    let out = out.to_str().unwrap();
    Running::command(&[
        "proxy",
        "--to",
        upstream,
        "--out",
        out,
        "--profile",
        "test",
        "--lang",
        "en",
    ])
}

fn origin(url: &str) -> String {
    let end = url
        .match_indices('/')
        .nth(2)
        .map_or(url.len(), |(at, _)| at);
    url[..end].to_string()
}

/// The OIN in a certificate.
fn holder(der: &[u8]) -> String {
    let certificate = Certificate::read(der.to_vec()).unwrap();
    certificate.oin().unwrap().to_string()
}

fn ketenkeur(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[cfg(unix)]
#[test]
fn what_passes_is_unchanged_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("opname");
    let osr = Running::start(&["osr"]);
    let duo = Running::start(&["duo", "--osr", &osr.url()]);
    let duo_url = duo.url();
    let mut proxy = proxy(&origin(&duo_url), &out);
    let through = duo_url.replace(&origin(&duo_url), &proxy.url());
    let supplier = Supplier::at(RunningClock::system());
    let mut ask = supplier.body("opvragenRegistratieoverzicht_Request", b"proxy");
    ask.set("burgerservicenummer", synthetic_bsn(1)).unwrap();
    let request = supplier.signed(&ask, &through);
    let answer = supplier.send(&request).unwrap();
    // A signature over the message holds beyond the proxy as before it.
    supplier.ask(&supplier.signed(&ask, &through)).unwrap();
    let (_, told, said) = proxy.interrupt();
    assert!(
        said.contains("1 opvragenRegistratieoverzicht 200"),
        "{said}"
    );
    assert!(told.contains("4 "), "four messages were judged: {told}");

    let evidence = Evidence::open(&out).unwrap();
    assert!(evidence.differences().unwrap().is_empty());
    let kept = evidence.exchange("proxy", 1).unwrap();
    assert_eq!(kept.request.body, request.body);
    let response = kept.response.unwrap();
    assert_eq!(response.body, answer.body);
    // Each side has its own connection.
    let (las, duo) = (kept.request.tls.as_ref(), response.tls.as_ref());
    let (las, duo) = (las.unwrap(), duo.unwrap());
    let upstream_port: u16 = duo_url.split([':', '/']).nth(4).unwrap().parse().unwrap();
    assert_eq!(duo.port, upstream_port);
    assert_ne!(las.port, duo.port);
    // Certificates of the test PKI are issued when they are needed; who holds
    // them stays the same.
    for (one, other, oin) in [
        (las.peer.first(), duo.own.as_ref(), SUPPLIER),
        (las.own.as_ref(), duo.peer.first(), DUO),
    ] {
        let holders = [holder(one.unwrap()), holder(other.unwrap())];
        assert_eq!(holders, [oin, oin]);
    }

    let path = out.to_str().unwrap();
    let (code, said) = ketenkeur(&["runs", "verify", path, "--lang", "en"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("recorded by ketenkeur proxy"), "{said}");
    let view = folder.path().join("inzage");
    let (code, said) = ketenkeur(&["runs", "share", path, "--out", view.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(Evidence::open(&view).unwrap().manifest().masked);
    let html = folder.path().join("opname.html");
    let (code, said) = ketenkeur(&["report", path, "--html", html.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
}

#[cfg(unix)]
#[test]
fn a_party_that_is_not_there_is_told_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("opname");
    // The discard port: nobody listens.
    let mut proxy = proxy("https://127.0.0.1:9", &out);
    let supplier = Supplier::at(RunningClock::system());
    let ask = supplier.body("opvragenRegistratieoverzicht_Request", b"proxy");
    let url = format!("{}/duo", proxy.url());
    let request = supplier.signed(&ask, &url);
    let answer = supplier.send(&request).unwrap();
    assert_eq!(answer.http.as_ref().unwrap().status(), Some(502));
    let text = String::from_utf8_lossy(&answer.body);
    assert!(text.contains("127.0.0.1:9 gave no answer"), "{text}");
    // Who has no certificate does not come in.
    assert!(supplier.without_certificate().send(&request).is_err());
    let (code, _, said) = proxy.interrupt();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("A connection did not come about"), "{said}");
    let evidence = Evidence::open(&out).unwrap();
    let kept = evidence.exchange("proxy", 1).unwrap();
    assert_eq!(kept.request.body, request.body);
    assert_eq!(kept.record.problem.as_deref(), Some("unreachable"));
    assert!(evidence.record("exchanges/proxy/0002.json").is_err());
}

#[test]
fn a_proxy_goes_to_a_host_not_to_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("opname");
    let out = out.to_str().unwrap();
    for (to, said) in [
        ("https://duo.ketenkeur.invalid/duo", "no path"),
        ("http://duo.example", "no path"),
    ] {
        let (code, told) = ketenkeur(&["proxy", "--to", to, "--out", out, "--lang", "en"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(said), "{told}");
    }
}

/// A target that is known by what was recorded of it.
const TARGET: &str = r#"
product: { name: Opgenomen LAS, version: "1.0" }
supplier: { name: Voorbeeldleverancier, oin: "00000003999999990000" }
profile: test
under-test: { las: { trigger: person } }
schools: [{ brin: 25BE }]
capabilities:
  koppeling-bron: { bo: yes, sbo: no, so: no, vso: no }
  koppeling-verzuim: no
  certificaat-leverancier: no
  osr-h2m: no
  osr-m2m: no
  po-inwinnen: { bo: yes, sbo: no, so: no, vso: no }
  po-bekostigen: no
  po-informatiediensten: no
  rio-po: no
"#;

/// The enrolment that the scenario asks for, as it goes to `url`.
fn enrolment(supplier: &Supplier, url: &str) -> ketenkeur::transport::Request {
    let mut body = supplier.enrolment_body(1);
    for (path, value) in [
        ("burgerservicenummer", "999987112"),
        ("inschrijvingPeriodeBO/leerjaar", "1"),
    ] {
        body.set(path, value).unwrap();
    }
    supplier.signed(&body, url)
}

#[cfg(unix)]
#[test]
fn the_scenarios_are_held_against_what_a_proxy_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let osr = Running::start(&["osr"]);
    let duo = Running::start(&["duo", "--osr", &osr.url()]);
    let duo_url = duo.url();
    let mut proxy = proxy(&origin(&duo_url), Path::new(&at("opname")));
    let through = duo_url.replace(&origin(&duo_url), &proxy.url());
    let supplier = Supplier::at(RunningClock::system());
    supplier.send(&enrolment(&supplier, &through)).unwrap();
    proxy.interrupt();
    std::fs::write(at("doel.yaml"), TARGET).unwrap();
    let run = |recorded: &str, out: &str| {
        ketenkeur(&[
            "run",
            "--lang",
            "en",
            "--target",
            &at("doel.yaml"),
            "--recorded",
            &at(recorded),
            "--out",
            &at(out),
            "--id",
            "koppeling-bron-las-verzoek",
            "--id",
            "koppeling-bron-las-mandaat-ingetrokken",
            "--id",
            "po-inwinnen-las-inschrijven",
            "--id",
            "po-inwinnen-las-toetsresultaat",
        ])
    };
    let (code, said) = run("opname", "bewijs");
    assert_eq!(code, Some(5), "{said}");
    let line = |id: &str| said.lines().find(|line| line.contains(id)).unwrap();
    let passed = "passed on a reconstruction, from recorded traffic";
    assert!(line("las-verzoek").contains(passed), "{said}");
    // What DUO said of it, the LAS should say.
    assert!(
        line("las-inschrijven").contains("undecided, from recorded traffic"),
        "{said}"
    );
    assert!(said.contains("goes over no wire"), "{said}");
    // What nobody recorded is no pass.
    let none = "not in the recording";
    assert!(line("las-toetsresultaat").contains(none), "{said}");
    assert!(line("las-mandaat-ingetrokken").contains(none), "{said}");
    let (code, said) = ketenkeur(&["runs", "verify", &at("bewijs"), "--lang", "en"]);
    assert_eq!(code, Some(0), "{said}");
    let (_, said) = ketenkeur(&["readiness", &at("bewijs"), "--lang", "en"]);
    assert!(said.contains("partly‡"), "{said}");
    assert!(said.contains("recorded traffic"), "{said}");
    // A run has verdicts of its own, and a changed recording shows nothing.
    let (code, said) = run("bewijs", "x");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("evidence of a run"), "{said}");
    let file = at("opname/exchanges/proxy/0001-request.http");
    std::fs::write(file, "anders").unwrap();
    let (code, said) = run("opname", "x");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("not as the proxy wrote it"), "{said}");
}

/// A file shows what is wrong with a message; that all was right it cannot show.
#[test]
fn a_message_in_a_file_fails_a_scenario_and_never_passes_one() {
    let folder = tempfile::tempdir().unwrap();
    let supplier = Supplier::at(RunningClock::system());
    let request = enrolment(&supplier, "https://duo.ketenkeur.invalid/duo");
    let text = String::from_utf8(request.body.to_vec()).unwrap();
    for (name, content, code, said) in [
        ("goed.xml", text.clone(), 5, "only ketenkeur proxy"),
        (
            "stuk.xml",
            text.replace(">100X001<", ">100X002<"),
            1,
            "KK-EK-WB013-DIGEST",
        ),
    ] {
        assert!(name == "goed.xml" || content != text);
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let scenario = ["--id", "koppeling-bron-las-verzoek", "--lang", "en"];
        let file = ["run", "--recorded", file.to_str().unwrap()];
        let (found, told) = ketenkeur(&[&file[..], &scenario].concat());
        assert_eq!(found, Some(code), "{told}");
        assert!(told.contains(said), "{told}");
    }
}
