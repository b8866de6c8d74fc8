//! A client that is nobody's here: curl with a client certificate.

use std::process::Command;

use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::Passphrase;
use ketenkeur::pki::{TestPki, write_files};

use crate::support::{Running, SCHOOL, url_in};

const SUPPLIER: &str = "00000003999999990000";
const ROD_PO: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1";

fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: curl is not installed");
    }
    found
}

/// What curl says: the body, and the status on a line of its own.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--max-time", "30"])
        .args(["--write-out", "\n%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The OSR takes the clock of the system, as curl does.
#[test]
fn curl_calls_the_osr_with_a_client_certificate_and_not_without() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pki = TestPki::at(Clock::system()).unwrap();
    write_files(folder.path(), &pki, &Passphrase::new("proef"), "proef").unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let mut osr = Running::start(&["osr", "--pages", "127.0.0.1:0"]);
    let base = osr.url();
    let place = base.split_once("://").unwrap().1;
    let resolve = format!("{place}:127.0.0.1");
    let root = file("root.pem");
    let url = format!(
        "{base}/api/v3/mandates?school_oin={SCHOOL}&supplier_oin={SUPPLIER}\
         &service_version_namespace={ROD_PO}"
    );
    let key = "X-Api-Key: ketenkeur-proefsleutel-voorbeeldleverancier";
    let common = [
        "--resolve",
        &resolve,
        "--cacert",
        &root,
        "--header",
        key,
        &url,
    ];
    let (cert, key) = (file("leverancier.pem"), file("leverancier.key.pem"));
    let said = curl(&[&common[..], &["--cert", &cert, "--key", &key]].concat());
    assert!(
        said.ends_with("\n200") && said.contains("\"token\""),
        "{said}"
    );
    // Without a certificate there is none.
    assert_eq!(curl(&common), "\n000");
    // The pages for schools are for a browser, which has no certificate.
    let pages = url_in(&osr.next_line());
    let said = curl(&["--location", &pages]);
    assert!(said.ends_with("\n200") && said.contains("<html"), "{said}");
}
