//! `runs sign` and `runs pack`.

use std::io::Write;

use crate::support::{IDS, Work, files};

const OIN: &str = "00000003999999990000";

/// Evidence, and a key made by openssl; `None` where there is no openssl.
fn with_key() -> Option<Work> {
    let work = Work::new();
    work.write("pass.txt", "geheim\n");
    let subject = format!("/CN=Voorbeeldleverancier/serialNumber={OIN}");
    for call in [
        "req -x509 -newkey rsa:2048 -noenc -keyout key.pem -out cert.pem -days 30 -subj",
        "pkcs12 -export -inkey key.pem -in cert.pem -out key.p12 -passout pass:geheim",
    ] {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(call.split(' ')).current_dir(work.path(""));
        if call.ends_with("-subj") {
            openssl.arg(&subject);
        }
        let Ok(made) = openssl.output() else {
            eprintln!("skipped: openssl is not installed");
            return None;
        };
        assert!(made.status.success(), "{made:?}");
    }
    work.passed("run");
    Some(work)
}

#[test]
fn a_signature_says_who_answers_for_the_evidence() {
    let Some(work) = with_key() else { return };
    work.verify("run").expect(0, &["Not signed"]);
    let sign = |more: &[&str]| work.ketenkeur(&[&["runs", "sign", "run"], more].concat());
    let p12 = ["--p12", "key.p12"];
    sign(&p12).expect(2, &["passphrase"]);
    work.write("wrong.txt", "anders");
    sign(&[&p12[..], &["--passphrase-file", "wrong.txt"]].concat()).expect(2, &["passphrase"]);
    work.verify("run").expect(0, &["Not signed"]);
    sign(&[&p12[..], &["--passphrase-file", "pass.txt"]].concat())
        .expect(0, &[&format!("Signed with the certificate of OIN {OIN}")]);
    work.verify("run")
        .expect(0, &[&format!("Signed with the certificate of OIN {OIN}")]);
    let key = ["--key", "key.pem", "--cert", "cert.pem"];
    let again = sign(&[&key[..], &["--passphrase-file", "pass.txt"]].concat());
    again.expect(2, &["signed already"]);
    // Whoever changes a file and the manifest with it cannot change the signature.
    let answer = format!("run/exchanges/{}/0001-response.http", IDS[0]);
    let hash = |text: &str| ketenkeur::evidence::sha256(text.as_bytes());
    let (old, manifest) = (work.read(&answer), work.read("run/manifest.json"));
    let new = old.replace("HTTP/1.1 200", "HTTP/1.1 201");
    work.write(
        "run/manifest.json",
        manifest.replace(&hash(&old), &hash(&new)),
    );
    work.write(&answer, new);
    work.verify("run")
        .expect(2, &[&format!("{}/0001-response.http", IDS[0])]);
    work.write(&answer, old);
    work.verify("run")
        .expect(1, &["Changed", "signature does not belong"]);
}

#[test]
fn what_was_touched_is_not_signed_and_not_packed() {
    let Some(work) = with_key() else { return };
    work.write("run/more.txt", "x");
    let key = ["--key", "key.pem", "--cert", "cert.pem"];
    work.ketenkeur(&[&["runs", "sign", "run"], &key[..]].concat())
        .expect(2, &["not as it was written: more.txt."]);
    work.ketenkeur(&["runs", "pack", "run", "--out", "run.zip"])
        .expect(2, &["not as it was written: more.txt."]);
    assert!(!work.path("run.zip").exists());
}

#[test]
fn an_archive_is_checked_as_the_folder_is() {
    let work = Work::new();
    work.passed("run");
    let pack = |out: &str| work.ketenkeur(&["runs", "pack", "run", "--out", out]);
    pack("run.zip").expect(0, &["runs verify run.zip"]);
    pack("twice.zip").expect(0, &[]);
    assert_eq!(
        std::fs::read(work.path("run.zip")).unwrap(),
        std::fs::read(work.path("twice.zip")).unwrap()
    );
    pack("run.zip").expect(2, &["run.zip"]);
    assert_eq!(work.verify("run.zip").text, work.verify("run").text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = work
            .path("run.zip")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0);
    }
    work.ketenkeur(&["runs", "merge", "run.zip", "--out", "merged", "--quiet"])
        .expect(0, &[]);
    assert_eq!(work.verdicts("merged"), work.verdicts("run"));
}

/// An archive of these files.
fn archive(work: &Work, files: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(work.path("run.zip")).unwrap());
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn an_archive_that_no_run_makes_is_refused() {
    let work = Work::new();
    work.passed("run");
    let kept = files(&work.path("run"));
    let content: Vec<(&str, &[u8])> = kept
        .iter()
        .map(|(name, content)| (name.to_str().unwrap(), content.as_slice()))
        .collect();
    let bomb = vec![b' '; 20 * 1024 * 1024];
    let with = |name: &'static str| [&content[..], &[(name, bomb.as_slice())]].concat();
    archive(&work, &with("more.bin"));
    work.verify("run.zip")
        .expect(1, &["Not in the manifest: more.bin"]);
    archive(&work, &with("../../elsewhere.txt"));
    work.verify("run.zip")
        .expect(1, &["Not in the manifest: ../../elsewhere.txt"]);
    archive(&work, &[("manifest.json", &bomb)]);
    work.verify("run.zip").expect(2, &["run.zip"]);
    archive(&work, &[]);
    work.verify("run.zip").expect(2, &["run.zip"]);
    work.write("run.zip", "PK of a kind");
    work.verify("run.zip")
        .expect(2, &["neither a folder nor an archive"]);
}

/// What was found out is told, also where judging again stops at it.
#[test]
fn a_file_that_is_missing_is_a_finding() {
    let work = Work::new();
    work.passed("run");
    let answer = format!("exchanges/{}/0001-response.http", IDS[0]);
    std::fs::remove_file(work.path(&format!("run/{answer}"))).unwrap();
    work.verify("run").expect(
        1,
        &[&format!("Missing: {answer}"), "Nothing was judged again"],
    );
}
