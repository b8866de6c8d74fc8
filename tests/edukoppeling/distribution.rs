//! Revocation lists from their distribution points, over real HTTP.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ketenkeur::edukoppeling::{Distribution, Revocation, Trust, TrustStore};
use ketenkeur::facts::Profile;
use rcgen::CrlDistributionPoint;

use super::signer::{AUTHORITIES, NOW, Party, SERIAL, Shape};
use super::support::{Setting, undecided, violations};

const RULE: &str = "KK-EK-PKI003-INGETROKKEN";

/// A distribution point on loopback that gives every caller the same answer,
/// and counts them.
struct Point {
    address: String,
    calls: Arc<AtomicUsize>,
}

impl Point {
    fn serving(status: &'static str, content: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/uitgever.crl", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                let length = content.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                )
                .unwrap();
                stream.write_all(&content).unwrap();
            }
        });
        Self { address, calls }
    }

    fn party(&self) -> Party {
        let uris = vec![self.address.clone()];
        Party::with(&AUTHORITIES.1, |params| {
            params.crl_distribution_points = vec![CrlDistributionPoint { uris }];
        })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// What is said of a message of `party`, fetching into `folder`.
fn said(party: &Party, folder: Option<&Path>) -> (Vec<String>, Vec<String>) {
    let mut store = TrustStore::empty();
    store.add(AUTHORITIES.0.read());
    store.add(AUTHORITIES.1.read());
    let trust = Trust::new(store, Revocation::none());
    let setting = Setting {
        now: NOW.parse().unwrap(),
        profile: Profile::Production,
        trust: match folder {
            Some(folder) => trust.fetching(Distribution::new(folder).unwrap()),
            None => trust,
        },
    };
    let report = setting.judge(&Shape::default().signed(party));
    // A second message of the same signer asks nobody.
    let again = setting.judge(&Shape::default().signed(party));
    assert_eq!(undecided(&report), undecided(&again));
    (violations(&report), undecided(&report))
}

fn list(until: (i32, u8), revoked: &[(&[u8], i32)]) -> Vec<u8> {
    AUTHORITIES.1.revocation_list(until, revoked)
}

#[test]
fn a_list_is_fetched_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = (Vec::new(), Vec::new());
    let point = Point::serving("200 OK", list((2027, 1), &[]));
    let party = point.party();
    let offline = (Vec::new(), vec![format!("{RULE} crl-missing")]);
    assert_eq!(said(&party, None), offline);
    assert_eq!(point.calls(), 0, "nothing is fetched unasked");
    assert_eq!(said(&party, Some(folder.path())), nothing);
    assert_eq!(said(&party, Some(folder.path())), nothing);
    assert_eq!(point.calls(), 1);
}

#[test]
fn a_fetched_list_revokes() {
    let folder = tempfile::tempdir().unwrap();
    let point = Point::serving("200 OK", list((2027, 1), &[(&SERIAL, 2026)]));
    let found = said(&point.party(), Some(folder.path()));
    assert_eq!(found, (vec![RULE.to_string()], Vec::new()));
}

#[test]
fn without_a_usable_list_it_stays_open() {
    let open = |reason: &str| (Vec::new(), vec![format!("{RULE} {reason}")]);
    for (status, content, reason) in [
        ("404 Not Found", Vec::new(), "crl-unreachable"),
        (
            "302 Found\r\nLocation: http://127.0.0.1:1/",
            Vec::new(),
            "crl-unreachable",
        ),
        ("200 OK", b"<html/>".to_vec(), "crl-unreachable"),
        ("200 OK", list((2026, 10), &[]), "crl-expired"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let point = Point::serving(status, content);
        assert_eq!(
            said(&point.party(), Some(folder.path())),
            open(reason),
            "{status}"
        );
        assert_eq!(point.calls(), 1, "{status}");
    }
    // Another scheme is not tried.
    let folder = tempfile::tempdir().unwrap();
    let party = Party::with(&AUTHORITIES.1, |params| {
        params.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![
                "file:///etc/passwd".to_string(),
                "ldap://127.0.0.1/".to_string(),
            ],
        }];
    });
    assert_eq!(said(&party, Some(folder.path())), open("crl-unreachable"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
