//! `ketenkeur pki init`, and keys in files.

use std::process::Command;

use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::{KeyError, Passphrase, SigningKey};
use ketenkeur::pki::{FilesError, IDENTITIES, TestPki, write_files};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::call::{AT, FOLDER, ketenkeur, refused};

#[test]
fn a_pki_is_complete_and_its_keys_are_the_owners() {
    let pki = FOLDER.path().join("pki");
    for name in IDENTITIES.iter().map(|identity| identity.name) {
        for (file, secret) in [
            (format!("{name}.key.pem"), true),
            (format!("{name}.p12"), true),
            (format!("{name}.pem"), false),
        ] {
            let found = std::fs::metadata(pki.join(&file)).expect(&file);
            assert!(found.len() > 0);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let others = found.permissions().mode() & 0o077;
                assert_eq!(others == 0, secret, "{file}");
            }
        }
    }
    let readme = std::fs::read_to_string(pki.join("README.txt")).unwrap();
    assert!(IDENTITIES.iter().all(|one| readme.contains(one.name)));
    assert!(readme.contains("geen enkele waarde"));
    let said = refused(FOLDER.path(), &["pki", "init", "pki"], None);
    assert!(said.contains("is niet leeg"), "{said}");
    let said = refused(FOLDER.path(), &["pki", "init", "pki", "--lang", "en"], None);
    assert!(said.contains("is not empty"), "{said}");
}

/// The same keys in other hands, where openssl is installed.
#[test]
fn openssl_opens_what_we_write_and_we_what_it_writes() {
    let pki = FOLDER.path().join("pki");
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl")
            .args(args)
            .current_dir(&pki)
            .output();
        output.map(|output| output.status.success())
    };
    if let Err(error) = openssl(&["version"]) {
        println!("skipped: openssl is not installed ({error})");
        return;
    }
    for identity in IDENTITIES {
        let file = format!("{}.p12", identity.name);
        let opened = openssl(&[
            "pkcs12",
            "-in",
            &file,
            "-passin",
            "pass:ketenkeur",
            "-noout",
        ]);
        assert!(opened.unwrap(), "{file}");
    }
    let verifies = ["verify", "-attime", "1790000000", "-CAfile", "root.pem"];
    let leaf = ["-untrusted", "leverancier.pem", "leverancier.pem"];
    assert!(openssl(&[&verifies[..], &leaf[..]].concat()).unwrap());

    let (key, cert) = ("leverancier.key.pem", "leverancier.pem");
    let to_sign = |file: &str, more: &[&str], passphrase| {
        let mut args = vec!["sign", "../verzoek.xml", "--at", AT];
        args.extend([more[0], file]);
        args.extend(&more[1..]);
        ketenkeur(&pki, &args, passphrase).status.code()
    };
    let p12 = [
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        cert,
        "-passout",
        "pass:geheim",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (modern, legacy, encrypted, pkcs1) =
        (path("a.p12"), path("b.p12"), path("c.pem"), path("d.pem"));
    assert!(openssl(&[&p12[..], &["-out", &modern]].concat()).unwrap());
    assert_eq!(to_sign(&modern, &["--p12"], Some("geheim")), Some(0));
    assert_eq!(to_sign(&modern, &["--p12"], Some("fout")), Some(2));
    // What Windows wrote for years; a build of openssl may not have it.
    let old = [
        "-certpbe",
        "PBE-SHA1-3DES",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
    ];
    if openssl(&[&p12[..], &old, &["-out", &legacy]].concat()).unwrap() {
        assert_eq!(to_sign(&legacy, &["--p12"], Some("geheim")), Some(0));
        assert_eq!(to_sign(&legacy, &["--p12"], Some("fout")), Some(2));
    }
    let pkcs8 = [
        "pkcs8",
        "-topk8",
        "-in",
        key,
        "-passout",
        "pass:geheim",
        "-out",
    ];
    assert!(openssl(&[&pkcs8[..], &[&encrypted]].concat()).unwrap());
    let with_cert = ["--key", "--cert", cert];
    assert_eq!(to_sign(&encrypted, &with_cert, Some("geheim")), Some(0));
    assert_eq!(to_sign(&encrypted, &with_cert, Some("fout")), Some(2));
    assert_eq!(to_sign(&encrypted, &with_cert, None), Some(2));
    if openssl(&["rsa", "-in", key, "-traditional", "-out", &pkcs1]).unwrap() {
        assert_eq!(to_sign(&pkcs1, &with_cert, None), Some(0));
    }
}

/// Nothing that a key file may hold makes the reader fall.
#[test]
fn damaged_key_files_are_refused() {
    let pki = FOLDER.path().join("pki");
    let p12 = std::fs::read(pki.join("leverancier.p12")).unwrap();
    let passphrase = Passphrase::new("ketenkeur");
    for at in (0..p12.len()).step_by(p12.len() / 40) {
        let mut damaged = p12.clone();
        damaged[at] ^= 0x5A;
        assert!(SigningKey::from_pkcs12(&damaged, &passphrase).is_err());
        assert!(SigningKey::from_pkcs12(&p12[..at], &passphrase).is_err());
    }
    let key = std::fs::read(pki.join("leverancier.key.pem")).unwrap();
    let cert = std::fs::read(pki.join("leverancier.pem")).unwrap();
    let whole = SigningKey::from_pem(&key, &cert, None).unwrap();
    assert_eq!(whole.oin(), Some("00000003999999990000"));
    // What can be shown of a key shows nothing of it.
    let shown = format!("{whole:?} {passphrase:?}");
    assert!(!shown.contains("ketenkeur") && shown.len() < 200, "{shown}");
    for end in (0..key.len() - 40).step_by(100) {
        let refused = SigningKey::from_pem(&key[..end], &cert, None);
        assert_eq!(refused.unwrap_err(), KeyError::NoKey);
    }
    let refused = SigningKey::from_pem(&key, b"", None);
    assert_eq!(refused.unwrap_err(), KeyError::NoCertificate);
}

/// The authorities of the built-in test PKI are the same whenever it is made,
/// so that trust in them lasts; moments out of reach do no harm.
#[test]
fn the_built_in_roots_last() {
    let pki = |at: &str| TestPki::at(Clock::at(at.parse().unwrap())).unwrap();
    let authorities = |pki: &TestPki| -> Vec<Vec<u8>> {
        pki.authorities().map(|(_, der)| der.to_vec()).collect()
    };
    let now = pki(AT);
    assert_eq!(authorities(&now).len(), 6);
    for at in [
        "2020-01-01T00:00:00Z",
        "-009999-01-02T01:59:59Z",
        "9999-12-30T22:00:00Z",
    ] {
        let other = pki(at);
        assert_eq!(authorities(&other), authorities(&now), "{at}");
        for identity in IDENTITIES {
            assert!(
                other.signing_key(identity.name).is_ok(),
                "{at} {}",
                identity.name
            );
        }
        assert_eq!(other.revocation_lists().unwrap().len(), 6);
    }
    // The file that receivers trust by is of these keys.
    let file = include_bytes!("../../src/pki/testgezag.pem");
    let trusted: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(file)
        .map(|der| der.unwrap().to_vec())
        .collect();
    assert_eq!(trusted, authorities(&now));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("iets"), "").unwrap();
    let error = write_files(folder.path(), &now, &Passphrase::new("x"), "").unwrap_err();
    assert!(matches!(error, FilesError::NotEmpty));
}
