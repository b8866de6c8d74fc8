//! Identities from the files that parties have.

use std::path::Path;

use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::{KeyError, Passphrase};
use ketenkeur::pki::write_files;
use ketenkeur::target::{IdentityProblem, IdentitySource, PassphraseSource};
use ketenkeur::transport::{ClientOptions, TlsIdentity};

use crate::support::{Always, DUO, call, duo, identity, now, pki, serve, supplier};

const SECRET: &str = "een wachtwoordzin";

/// The built-in test PKI in a folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &pki(), &Passphrase::new(SECRET), "").unwrap();
    std::fs::write(folder.path().join("geheim.txt"), format!("{SECRET}\n")).unwrap();
    std::fs::write(folder.path().join("fout.txt"), "iets anders\n").unwrap();
    folder
}

fn p12(folder: &Path, name: &str, secret: &str) -> IdentitySource {
    IdentitySource::Pkcs12 {
        file: folder.join(name),
        passphrase: PassphraseSource::File(folder.join(secret)),
    }
}

fn pem(folder: &Path, certificate: &str, key: &str) -> IdentitySource {
    IdentitySource::Pem {
        certificate: folder.join(certificate),
        key: folder.join(key),
        passphrase: PassphraseSource::None,
    }
}

#[test]
fn the_same_identity_comes_from_every_kind_of_file() {
    let folder = folder();
    let clock = Clock::at(now());
    let server = serve(duo(), &Always::ok());
    let expected: Vec<Vec<u8>> = identity("leverancier")
        .chain()
        .map(<[u8]>::to_vec)
        .collect();
    assert_eq!(expected.len(), 2, "its own and its issuer's, not the root");
    for source in [
        IdentitySource::Test("leverancier".to_string()),
        p12(folder.path(), "leverancier.p12", "geheim.txt"),
        pem(folder.path(), "leverancier.pem", "leverancier.key.pem"),
    ] {
        let tls = source.tls(clock).unwrap();
        let chain: Vec<Vec<u8>> = tls.chain().map(<[u8]>::to_vec).collect();
        assert_eq!(chain, expected, "{source:?}");
        assert_eq!(tls.oin(), Some("00000003999999990000"));
        let signing = source.signing(clock).unwrap();
        assert_eq!(signing.certificate().der(), expected[0]);
        let options = ClientOptions {
            identity: Some(tls),
            ..supplier()
        };
        assert!(call(options, &server, DUO).is_ok());
    }
}

#[test]
fn the_certificates_of_a_file_may_stand_in_any_order() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("leverancier.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let mut parts: Vec<String> = text.split_inclusive(end).map(str::to_string).collect();
    parts.reverse();
    let key = std::fs::read(folder.path().join("leverancier.key.pem")).unwrap();
    let shuffled = TlsIdentity::from_pem(&key, parts.concat().as_bytes(), None).unwrap();
    let right = identity("leverancier");
    assert!(shuffled.chain().eq(right.chain()));
}

#[test]
fn what_cannot_be_used_is_told_with_the_file_at_fault() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let key = |error| IdentityProblem::Key(error);
    let missing = IdentityProblem::Unreadable(std::io::ErrorKind::NotFound);
    let table = [
        (
            p12(folder.path(), "leverancier.p12", "fout.txt"),
            at("leverancier.p12"),
            key(KeyError::PassphraseWrong),
        ),
        (
            IdentitySource::Pkcs12 {
                file: folder.path().join("leverancier.p12"),
                passphrase: PassphraseSource::None,
            },
            at("leverancier.p12"),
            key(KeyError::PassphraseMissing),
        ),
        (
            p12(folder.path(), "weg.p12", "geheim.txt"),
            at("weg.p12"),
            missing,
        ),
        (
            p12(folder.path(), "leverancier.p12", "weg.txt"),
            at("weg.txt"),
            missing,
        ),
        (
            p12(folder.path(), "leverancier.pem", "geheim.txt"),
            at("leverancier.pem"),
            key(KeyError::NoKey),
        ),
        (
            pem(folder.path(), "duo.pem", "leverancier.key.pem"),
            at("duo.pem"),
            key(KeyError::Mismatch),
        ),
        (
            pem(folder.path(), "leverancier.key.pem", "leverancier.key.pem"),
            at("leverancier.key.pem"),
            key(KeyError::NoCertificate),
        ),
        (
            pem(folder.path(), "leverancier.pem", "leverancier.pem"),
            at("leverancier.pem"),
            key(KeyError::NoKey),
        ),
        (
            IdentitySource::Pkcs12 {
                file: folder.path().join("leverancier.p12"),
                passphrase: PassphraseSource::Environment("KETENKEUR_NIET_GEZET".to_string()),
            },
            "KETENKEUR_NIET_GEZET".to_string(),
            IdentityProblem::NoVariable,
        ),
        (
            IdentitySource::Test("wie".to_string()),
            "wie".to_string(),
            key(KeyError::NoKey),
        ),
    ];
    for (source, about, problem) in table {
        let error = source.tls(Clock::at(now())).unwrap_err();
        assert_eq!((error.about, error.problem), (about, problem), "{source:?}");
    }
}

#[test]
fn nothing_of_a_key_is_shown() {
    let shown = format!("{:?}", identity("leverancier"));
    assert!(
        shown.starts_with("TlsIdentity") && shown.len() < 200,
        "{shown}"
    );
}
