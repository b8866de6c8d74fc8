//! Whatever the endpoint under test answers: the step ends with a finding of
//! its own, and the run goes on with the next scenario.

use std::path::Path;
use std::sync::Arc;

use ketenkeur::clock::RunningClock;
use ketenkeur::exchange::Exchange;
use ketenkeur::pki::{TEST_DOMAIN, TestPki};
use ketenkeur::transport::{
    Answer, ClientTrust, Handler, Response, Server, ServerOptions, TlsIdentity,
};

use crate::las::{free, trust};
use crate::target::{SCHOOLS, run, said};

/// An endpoint that answers everything alike.
struct Always(Answer);

impl Handler for Always {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        self.0.clone()
    }
}

/// Serves `answer` as the identity of the test PKI.
fn serve(identity: &str, answer: Answer) -> Server {
    let clock = RunningClock::system();
    let pki = TestPki::at(clock.read()).unwrap();
    let identity = TlsIdentity::of_test(&pki, identity).unwrap();
    let options =
        ServerOptions::new(clock).with_tls(identity, ClientTrust::Required(Arc::new(trust())));
    Server::start(options, Arc::new(Always(answer))).unwrap()
}

/// A target file for a DUO that is reached there.
pub fn duo_at(endpoint: &str) -> String {
    format!(
        r#"
product: {{ name: Voorbeeld-DUO, version: "1" }}
supplier: {{ name: Voorbeeld, oin: "00000099800866472000" }}
profile: test
under-test:
  duo:
    endpoints: {{ rod-po: "{endpoint}" }}
{SCHOOLS}capabilities:
  koppeling-bron: yes
  koppeling-verzuim: no
  certificaat-leverancier: yes
  osr-h2m: no
  osr-m2m: no
  po-inwinnen: yes
  po-bekostigen: no
  po-informatiediensten: no
  rio-po: no
"#
    )
}

/// Two scenarios in which the LAS sends to DUO.
pub fn scripts(folder: &Path) {
    for id in ["eerste", "tweede"] {
        let script = format!(
            "id: {id}\ntitle: {{ nl: Proef, en: Trial }}\nkey: koppeling-bron\nmandatory: false\n\
             subject: duo\nsectors: [bo]\nrequirements: [EK-WS003]\ngrade: knowledge\n\
             source: a test\nat: \"2026-08-03T09:00:00Z\"\nany-moment: true\nsteps:\n\
             \x20 - send:\n      from: las\n      to: duo\n      message: aanleverenInschrijvingBO_Request\n\
             \x20     expect: {{ status: 200, clean: true }}\n"
        );
        std::fs::write(folder.join(format!("{id}.yaml")), script).unwrap();
    }
}

fn raw(bytes: &[u8]) -> Answer {
    Answer::Raw(Arc::from(bytes))
}

#[test]
fn every_bad_answer_is_its_own_finding_and_the_run_goes_on() {
    let xml = |text: &[u8]| Response::new(200, "text/xml; charset=utf-8", text.to_vec());
    let mut endless = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..10_000 {
        endless.extend_from_slice(format!("x-{number}: {}\r\n", "y".repeat(50)).as_bytes());
    }
    let utf16: Vec<u8> = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16 = [&[0xff, 0xfe][..], &utf16].concat();
    let mut redirect = Response::empty(302);
    redirect.headers.push((
        "Location".to_string(),
        "https://elders.example/".to_string(),
    ));
    // What the endpoint does, as whom, exit code, and what is said of it.
    let table: Vec<(&str, &str, Option<Answer>, i32, &str)> = vec![
        ("nobody there", "duo", None, 3, "nobody listens"),
        (
            "another name",
            "osr",
            Some(Answer::Silent),
            3,
            "another name",
        ),
        (
            "an expired certificate",
            "fout-verlopen",
            Some(Answer::Silent),
            3,
            "expired",
        ),
        (
            "garbage",
            "duo",
            Some(raw(b"\x00\x01\x02 dit is geen HTTP\r\n\r\n")),
            3,
            "not HTTP",
        ),
        (
            "half an answer",
            "duo",
            Some(Answer::Broken(xml(&[b'x'; 1000]), 500)),
            3,
            "closed",
        ),
        ("an endless answer", "duo", Some(raw(&endless)), 3, "larger"),
        (
            "the wrong encoding",
            "duo",
            Some(xml(&utf16).into()),
            1,
            "UTF-8",
        ),
        ("a redirect", "duo", Some(redirect.into()), 1, "302"),
        (
            "nothing at the path",
            "duo",
            Some(Response::new(404, "text/plain", b"Not here.\nElsewhere.".to_vec()).into()),
            1,
            "At the path /duo the server answered with HTTP status 404 and: Not here. / Elsewhere.",
        ),
        (
            "a page for people",
            "duo",
            Some(Response::new(200, "text/html", b"<!DOCTYPE html><html>".to_vec()).into()),
            1,
            "the path in the target file is wrong",
        ),
        (
            "words that may be about somebody",
            "duo",
            Some(Response::new(500, "text/plain", b"Jansen is onbekend".to_vec()).into()),
            1,
            "HTTP status 500 and: ****** ** ********",
        ),
    ];
    for (what, identity, answer, exit, words) in table {
        let folder = tempfile::tempdir().unwrap();
        scripts(folder.path());
        let server = answer.map(|answer| serve(identity, answer));
        let port = server
            .as_ref()
            .map_or_else(|| free().port(), |server| server.address().port());
        let file = duo_at(&format!("https://duo.{TEST_DOMAIN}:{port}/duo"));
        let (output, report) = run(folder.path(), &file, &["eerste.yaml", "tweede.yaml"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(exit), "{what}: {said}");
        let told = said.split_whitespace().filter(|word| *word != "│");
        let told = told.collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{what}: {said}");
        let masked = said.matches("--no-redact shows it").count();
        assert_eq!(masked, usize::from(what.starts_with("words")), "{said}");
        let report = report.to_string();
        for id in ["eerste", "tweede"] {
            assert!(report.contains(id), "{what}: {id} was played: {said}");
        }
    }
}
