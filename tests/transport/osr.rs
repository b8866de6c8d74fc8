//! An OSR as a target: the mandates that it knows.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ketenkeur::exchange::Exchange;
use ketenkeur::finding::Language;
use ketenkeur::scenario::Role;
use ketenkeur::target::{Inspected, Subject, Target, example, inspect};
use ketenkeur::transport::{Answer, ClientTrust, Handler, Response, Server, ServerOptions};

use crate::support::{clock, identity, trust};

/// Knows the mandate for one service, none for another, and fails otherwise.
struct Mandates(Mutex<Vec<String>>);

impl Handler for Mandates {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let url = request
            .http
            .as_ref()
            .and_then(|http| http.url())
            .unwrap_or_default();
        self.0.lock().unwrap().push(url.to_string());
        let status = match url {
            url if !url.contains("/mandates") => 404,
            url if url.contains(":ROD-PO:") => 200,
            url if url.contains(":Verzuim:") => 404,
            _ => 500,
        };
        Response::new(status, "application/json", *b"{}").into()
    }
}

#[test]
fn mandates_are_asked_for_each_school_and_service() {
    let options =
        ServerOptions::new(clock()).with_tls(identity("osr"), ClientTrust::Required(trust()));
    let handler = Arc::new(Mandates(Mutex::default()));
    let server = Server::start(options, Arc::clone(&handler) as Arc<dyn Handler>).unwrap();
    let text = example(Language::En);
    let (before, rest) = text.split_once("under-test:").unwrap();
    let (_, after) = rest.split_once("# How ketenkeur plays").unwrap();
    let url = server.url("osr.ketenkeur.invalid", "/api/v2");
    let text = format!(
        "{before}under-test:\n  osr:\n    oin: \"00000003000000040000\"\n    endpoints:\n      v2: {url}\n# {after}"
    );
    let target = Target::read(text.as_bytes(), Path::new("")).unwrap();
    let mut seen = Vec::new();
    inspect(
        &target,
        &target.trust().unwrap(),
        &clock(),
        &mut |inspection| {
            seen.push(inspection);
        },
    );
    let mandates: Vec<String> = seen
        .iter()
        .filter(|seen| seen.subject == Subject::Mandate)
        .map(|seen| {
            assert_eq!(seen.role, Role::Osr);
            match &seen.outcome {
                Inspected::Right(_) => format!("{}: yes", seen.about),
                Inspected::Wrong(key, _) | Inspected::Open(key) => format!("{}: {key}", seen.about),
                other => format!("{}: {other:?}", seen.about),
            }
        })
        .collect();
    assert_eq!(
        mandates,
        [
            "25BE RodPo: yes",
            "25BE Verzuim: no-mandate",
            "25BE Rio: mandate-unknown"
        ]
    );
    let asked = handler.0.lock().unwrap();
    assert!(asked.iter().any(|url| {
        url.starts_with(
            "/api/v2/mandates?school_oin=0000000700025BE00000&supplier_oin=00000003999999990000",
        )
    }));
}
