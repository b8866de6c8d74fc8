//! A client that is not ours: curl with a client certificate.

use std::path::Path;
use std::process::Command;

use ketenkeur::clock::RunningClock;
use ketenkeur::pki::TestPki;
use ketenkeur::transport::{ClientTrust, ServerOptions, TlsIdentity};

use crate::support::{Always, DUO, serve, trust};

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// The certificates and the key of an identity in one file.
fn write(pki: &TestPki, name: &str, folder: &Path) -> String {
    let mut text: String = pki
        .certificates(name)
        .unwrap()
        .iter()
        .map(|der| pem("CERTIFICATE", der))
        .collect();
    text += &pem("PRIVATE KEY", &pki.private_key(name).unwrap());
    let file = folder.join(format!("{name}.pem"));
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn curl_is_served_with_a_right_certificate_and_refused_with_a_wrong_one() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // curl has the clock of the system.
    let clock = RunningClock::system();
    let pki = TestPki::at(clock.read()).unwrap();
    let own = TlsIdentity::of_test(&pki, "duo").unwrap();
    let options = ServerOptions::new(clock).with_tls(own, ClientTrust::Required(trust()));
    let roots: String = pki.roots().map(|root| pem("CERTIFICATE", root)).collect();
    let trusted = folder.path().join("roots.pem");
    std::fs::write(&trusted, roots).unwrap();
    let handler = Always::ok();
    let server = serve(options, &handler);
    let url = server.url(DUO, "/bron");
    let curl = |identity: Option<&str>, versions: &[&str]| {
        let mut command = Command::new("curl");
        command
            .args([
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                "--max-time",
                "20",
            ])
            .args([
                "--resolve",
                &format!("{DUO}:{}:127.0.0.1", server.address().port()),
            ])
            .args([
                "--cacert",
                trusted.to_str().unwrap(),
                "--data",
                "<bericht/>",
            ])
            .args(versions);
        if let Some(name) = identity {
            command.args(["--cert", &write(&pki, name, folder.path())]);
        }
        let output = command.arg(&url).output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    for versions in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        assert_eq!(
            curl(Some("leverancier"), versions),
            (true, "goed".to_string())
        );
        assert!(!curl(Some("fout-andere-root"), versions).0);
        assert!(!curl(None, versions).0);
    }
    let requests = handler.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|request| &*request.body == b"<bericht/>")
    );
    let oins = requests.iter().map(|request| {
        let tls = request.tls.clone().unwrap();
        let certificate = ketenkeur::edukoppeling::Certificate::read(tls.peer[0].to_vec());
        certificate.unwrap().oin().unwrap().to_string()
    });
    assert!(oins.into_iter().all(|oin| oin == "00000003999999990000"));
}
