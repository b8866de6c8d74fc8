//! Certificates under authorities that the tests make themselves.

use ketenkeur::edukoppeling::{
    Certificate, KeyKind, MaterialProblem, Revocation, SecurityReport, Trust, TrustStore,
};
use ketenkeur::facts::Profile;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, date_time_ymd};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::signer::{AUTHORITIES, Authority, NOW, OIN, Party, SERIAL, Shape, name};
use crate::support::{Setting, undecided, violations};

/// A setting in production that trusts the root and has current lists.
pub fn setting() -> Setting {
    with(store(), lists())
}

fn with(store: TrustStore, lists: Revocation) -> Setting {
    Setting {
        now: NOW.parse().unwrap(),
        profile: Profile::Production,
        trust: Trust::new(store, lists),
    }
}

fn store() -> TrustStore {
    let (root, intermediate) = &*AUTHORITIES;
    trusting(&[root, intermediate])
}

fn trusting(authorities: &[&Authority]) -> TrustStore {
    let mut store = TrustStore::empty();
    for authority in authorities {
        store.add(authority.read());
    }
    store
}

fn lists() -> Revocation {
    let (root, intermediate) = &*AUTHORITIES;
    listing(&[
        root.revocation_list((2027, 1), &[]),
        intermediate.revocation_list((2027, 1), &[]),
    ])
}

fn listing(lists: &[Vec<u8>]) -> Revocation {
    let mut revocation = Revocation::none();
    for list in lists {
        assert!(revocation.add(list));
    }
    revocation
}

fn judged(setting: &Setting, party: &Party) -> SecurityReport {
    setting.judge(&Shape::default().signed(party))
}

fn said(setting: &Setting, party: &Party) -> [Vec<String>; 2] {
    let report = judged(setting, party);
    assert_eq!(report.signed.len(), 6, "the signature itself is right");
    [violations(&report), undecided(&report)]
}

const NOTHING: [Vec<String>; 2] = [Vec::new(), Vec::new()];

fn violation(code: &str) -> [Vec<String>; 2] {
    [vec![code.to_string()], Vec::new()]
}

fn open(code: &str) -> [Vec<String>; 2] {
    [Vec::new(), vec![code.to_string()]]
}

#[test]
fn a_right_certificate_passes_everything() {
    let report = judged(&setting(), &Party::supplier());
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    for held in [
        "KK-EK-PKI001-VORM",
        "KK-EK-PKI002-VERLOPEN",
        "KK-EK-PKI003-INGETROKKEN",
        "KK-EK-PKI005-KETEN",
        "KK-EK-PKI005-TESTROOT",
    ] {
        assert!(report.held.iter().any(|code| **code == *held), "{held}");
    }
    let signer = report.signer.unwrap();
    assert_eq!(
        (signer.oin(), signer.key()),
        (Some(OIN), KeyKind::Rsa(2048))
    );
    assert!(!signer.is_authority() && !signer.is_self_issued());
}

/// Certificates that are wrong by themselves, with the near miss beside each.
#[test]
fn the_fields_of_a_certificate_are_judged() {
    type Change = fn(&mut CertificateParams);
    let table: &[(&str, Change, Option<&str>)] = &[
        (
            "no OIN",
            |p| p.distinguished_name = name(None),
            Some("KK-EK-PKI001-ONTBREEKT"),
        ),
        (
            "too short",
            |p| p.distinguished_name = name(Some("0000000399999999000")),
            Some("KK-EK-PKI001-VORM"),
        ),
        (
            "no prefix",
            |p| p.distinguished_name = name(Some("00000013999999990000")),
            Some("KK-EK-PKI001-VORM"),
        ),
        (
            "a test OIN",
            |p| p.distinguished_name = name(Some("00000099999999990000")),
            Some("KK-EK-PKI001-TESTOIN"),
        ),
        (
            "a school's OIN",
            |p| p.distinguished_name = name(Some("0000000700025BE00000")),
            None,
        ),
        (
            "expired",
            |p| p.not_after = date_time_ymd(2026, 9, 30),
            Some("KK-EK-PKI002-VERLOPEN"),
        ),
        (
            "nearly expired",
            |p| p.not_after = date_time_ymd(2026, 10, 2),
            None,
        ),
        (
            "not yet valid",
            |p| p.not_before = date_time_ymd(2026, 10, 2),
            Some("KK-EK-PKI002-NOGNIET"),
        ),
        (
            "valid since today",
            |p| p.not_before = date_time_ymd(2026, 10, 1),
            None,
        ),
        (
            "encipherment only",
            |p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Some("KK-EK-PKI-GEBRUIK"),
        ),
        (
            "signing only",
            |p| p.key_usages = vec![KeyUsagePurpose::DigitalSignature],
            None,
        ),
        ("no key usage", |p| p.key_usages.clear(), None),
        (
            "code signing",
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning],
            Some("KK-EK-PKI-DOEL"),
        ),
        (
            "client only",
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            None,
        ),
        ("no purposes", |p| p.extended_key_usages.clear(), None),
        (
            "an authority",
            |p| p.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
            Some("KK-EK-PKI005-KETEN chain-authority"),
        ),
    ];
    let setting = setting();
    for (what, change, refused) in table {
        let party = Party::with(&AUTHORITIES.1, change);
        let [violations, undecided] = said(&setting, &party);
        assert_eq!(
            violations,
            Vec::from_iter(refused.map(str::to_string)),
            "{what}"
        );
        // Without a chain nothing is known of revocation.
        assert_eq!(
            undecided.is_empty(),
            *what != "an authority",
            "{what}: {undecided:?}"
        );
    }
    let mut test = self::setting();
    test.profile = Profile::Test;
    let party = Party::with(&AUTHORITIES.1, |p| {
        p.distinguished_name = name(Some("00000099999999990000"))
    });
    assert_eq!(said(&test, &party), NOTHING);
}

#[test]
fn keys_and_algorithms_of_old_are_refused() {
    let supplier = Party::supplier();
    let signed = Shape::default().signed(&supplier);
    let swapped = |file: &str| {
        let pem = std::fs::read(format!("tests/edukoppeling/certificates/{file}")).unwrap();
        let der = CertificateDer::from_pem_slice(&pem).unwrap().to_vec();
        let token = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        let report = setting().judge(&signed.replace(&supplier.token(), &token));
        assert!(report.signed.is_empty());
        violations(&report)
    };
    // Their own dates and issuers are not what this is about.
    assert!(swapped("rsa-1024.pem").contains(&"KK-EK-PKI-SLEUTEL".to_string()));
    assert!(swapped("sha1.pem").contains(&"KK-EK-PKI-ALGORITME".to_string()));
}

#[test]
fn a_chain_ends_at_a_trusted_root_or_is_refused() {
    let (root, intermediate) = &*AUTHORITIES;
    let supplier = Party::supplier();
    let store = |authorities: &[&Authority]| said(&with(trusting(authorities), lists()), &supplier);
    let broken = |reason: &str| {
        [
            vec![format!("KK-EK-PKI005-KETEN {reason}")],
            vec!["KK-EK-PKI003-INGETROKKEN chain-undecided".to_string()],
        ]
    };
    let unknown = [
        Vec::new(),
        vec![
            "KK-EK-PKI003-INGETROKKEN chain-undecided".to_string(),
            "KK-EK-PKI005-KETEN trust-missing".to_string(),
        ],
    ];
    assert_eq!(store(&[root, intermediate]), NOTHING);
    assert_eq!(store(&[root]), broken("chain-unknown-issuer"));
    assert_eq!(store(&[]), unknown);
    assert_eq!(store(&[intermediate]), unknown);
    let stranger = Authority::root("Andere root");
    assert_eq!(
        store(&[&stranger, intermediate]),
        broken("chain-unknown-issuer")
    );
    // A root of the same name with another key.
    let double = Authority::root("Testroot");
    assert_eq!(store(&[&double, intermediate]), broken("chain-signature"));
    let expired = root.below("Oude uitgever", 2026);
    let party = Party::with(&expired, |_| {});
    let setting = with(trusting(&[root, &expired]), lists());
    assert_eq!(said(&setting, &party), broken("chain-issuer-expired"));
}

#[test]
fn roots_for_tests_are_for_the_test_profile() {
    let (root, intermediate) = &*AUTHORITIES;
    let mut tests = TrustStore::empty();
    tests.add_test(root.read());
    tests.add_test(intermediate.read());
    let mut setting = with(tests.clone(), lists());
    let supplier = Party::supplier();
    assert_eq!(
        said(&setting, &supplier),
        violation("KK-EK-PKI005-TESTROOT")
    );
    setting.profile = Profile::Test;
    assert_eq!(said(&setting, &supplier), NOTHING);
    // It cannot tell that another chain is wrong.
    let stranger = Authority::root("Andere root");
    let [violations, undecided] = said(&setting, &Party::with(&stranger, |_| {}));
    assert!(
        violations.is_empty() && undecided.len() == 2,
        "{violations:?} {undecided:?}"
    );
    // What the user trusts for tests goes by its name.
    for (name, test) in [
        ("TRIAL PKIoverheid Root", true),
        ("ketenkeur TEST Root - G1 (0a1b2c3d)", true),
        ("Voorbeeld-Test-Root", true),
        ("Testroot", false),
        ("Attest Root", false),
    ] {
        let root = Authority::root(name);
        let mut setting = with(trusting(&[&root]), lists());
        let party = Party::with(&root, |_| {});
        let [violations, _] = said(&setting, &party);
        let expected = Vec::from_iter(test.then_some("KK-EK-PKI005-TESTROOT"));
        assert_eq!(violations, expected, "{name}");
        setting.profile = Profile::Test;
        let [violations, _] = said(&setting, &party);
        assert_eq!(violations, [""; 0], "{name}");
    }
}

#[test]
fn revocation_is_what_current_lists_of_the_issuer_say() {
    let (root, intermediate) = &*AUTHORITIES;
    let supplier = Party::supplier();
    let lists = |lists: &[Vec<u8>]| said(&with(store(), listing(lists)), &supplier);
    let rule = "KK-EK-PKI003-INGETROKKEN";
    let current = intermediate.revocation_list((2027, 1), &[]);
    assert_eq!(lists(std::slice::from_ref(&current)), NOTHING);
    assert_eq!(lists(&[]), open(&format!("{rule} crl-missing")));
    let of_root = root.revocation_list((2027, 1), &[]);
    assert_eq!(lists(&[of_root]), open(&format!("{rule} crl-missing")));
    let revoked = |year| intermediate.revocation_list((2027, 1), &[(&SERIAL, year)]);
    assert_eq!(lists(&[revoked(2026)]), violation(rule));
    let neighbour = intermediate.revocation_list((2027, 1), &[(&[0xCA, 0xFE, 0, 2], 2026)]);
    assert_eq!(lists(&[neighbour]), NOTHING);
    // At the moment of judging it still was good.
    assert_eq!(lists(&[revoked(2027)]), NOTHING);
    let expired = intermediate.revocation_list((2026, 10), &[]);
    assert_eq!(lists(&[expired]), open(&format!("{rule} crl-expired")));
    // Made by somebody else under the issuer's name.
    let double = Authority::root("Testuitgever");
    let forged = double.revocation_list((2027, 1), &[]);
    assert_eq!(lists(&[forged]), open(&format!("{rule} crl-unusable")));
    // The authority itself was revoked.
    let serial = x509_serial(&intermediate.certificate);
    let above = root.revocation_list((2027, 1), &[(&serial, 2026)]);
    assert_eq!(lists(&[current, above]), violation(rule));
    assert!(!Revocation::none().add(b"no list"));
}

fn x509_serial(der: &[u8]) -> Vec<u8> {
    use x509_cert::der::Decode;
    let certificate = x509_cert::Certificate::from_der(der).unwrap();
    certificate
        .tbs_certificate
        .serial_number
        .as_bytes()
        .to_vec()
}

#[test]
fn stores_are_read_from_files_and_folders() {
    let (root, intermediate) = &*AUTHORITIES;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let base64 =
        |der: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let pem = |kind: &str, der: &[u8]| {
        format!(
            "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
            base64(der)
        )
    };
    let both =
        pem("CERTIFICATE", &root.certificate) + &pem("CERTIFICATE", &intermediate.certificate);
    std::fs::write(path("both.pem"), both).unwrap();
    std::fs::write(path("root.cer"), &root.certificate).unwrap();
    std::fs::write(path("intermediate.DER"), &intermediate.certificate).unwrap();
    std::fs::write(path("notes.txt"), "no certificate").unwrap();
    let list = intermediate.revocation_list((2027, 1), &[]);
    std::fs::write(path("list.crl"), &list).unwrap();
    std::fs::write(path("list.pem"), pem("X509 CRL", &list)).unwrap();

    let supplier = Party::supplier();
    for trust in [
        vec![path("both.pem")],
        vec![path("root.cer"), path("intermediate.DER")],
        vec![folder.path().to_path_buf()],
    ] {
        for lists in ["list.crl", "list.pem"] {
            let setting = with(
                TrustStore::load(&trust).unwrap(),
                Revocation::load(&[path(lists)]).unwrap(),
            );
            assert_eq!(said(&setting, &supplier), NOTHING);
        }
    }
    assert!(Revocation::load(&[folder.path().to_path_buf()]).is_ok());
    let error = TrustStore::load(&[path("notes.txt")]).unwrap_err();
    assert!(matches!(error.problem, MaterialProblem::NoCertificate));
    assert_eq!(error.path, path("notes.txt"));
    let error = TrustStore::load(&[path("absent.pem")]).unwrap_err();
    assert!(matches!(error.problem, MaterialProblem::Unreadable(_)));
    let error = Revocation::load(&[path("both.pem")]).unwrap_err();
    assert!(matches!(error.problem, MaterialProblem::NoList));
    // A file that breaks off, or holds what is no Base64, ends.
    for broken in [
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(path("broken.pem"), broken).unwrap();
        let error = TrustStore::load(&[path("broken.pem")]).unwrap_err();
        assert!(matches!(error.problem, MaterialProblem::NoCertificate));
    }
}

/// What is remembered of a chain is what would be found anew, at whichever
/// moments it is asked for.
mod memory {
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::*;

    /// Moments at which something about the chain changes.
    const CHANGES: [&str; 9] = [
        // The certificate, its issuer, the root.
        "2026-01-01T00:00:00Z",
        "2028-01-01T00:00:00Z",
        "2020-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
        "2040-01-01T00:00:00Z",
        // The lists, and revocations in them.
        "2026-09-01T00:00:00Z",
        "2026-12-01T00:00:00Z",
        "2027-06-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
    ];

    fn moments() -> impl Strategy<Value = Vec<Timestamp>> {
        let near = prop::sample::select(CHANGES.to_vec());
        let away = prop_oneof![
            Just(0i64),
            -2_000_000_000i64..2_000_000_000,
            prop::sample::select(vec![-1_000_000_000i64, -1, 1, 1_000_000_000, 1_500_000_000]),
            (-400i64..400).prop_map(|days| days * 86_400_000_000_000),
        ];
        let moment = (near, away).prop_map(|(near, away)| {
            let near: Timestamp = near.parse().unwrap();
            near + SignedDuration::from_nanos(away)
        });
        prop::collection::vec(moment, 2..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn agrees_with_what_is_found_anew(
            moments in moments(),
            until in prop::sample::select(vec![(2026u16, 12u8), (2027, 6)]),
            revoked in prop::option::of(2025..2029i32),
            short in any::<bool>(),
        ) {
            let (root, lasting) = &*AUTHORITIES;
            let passing = root.below("Aflopende uitgever", 2027);
            let issuer = if short { &passing } else { lasting };
            let party = Party::with(issuer, |_| {});
            let message = Shape::default().signed(&party);
            let setting = || {
                let revoked = Vec::from_iter(revoked.map(|year| (&SERIAL[..], year)));
                let until = (i32::from(until.0), until.1);
                let list = issuer.revocation_list(until, &revoked);
                with(trusting(&[root, issuer]), listing(&[list]))
            };
            let mut remembering = setting();
            for now in moments {
                let mut anew = setting();
                (remembering.now, anew.now) = (now, now);
                let about_chain = |setting: &Setting| {
                    let report = setting.judge(&message);
                    let said = [violations(&report), undecided(&report)];
                    said.map(|mut codes| {
                        codes.retain(|code| code.starts_with("KK-EK-PKI"));
                        codes
                    })
                };
                prop_assert_eq!(about_chain(&remembering), about_chain(&anew), "{}", now);
            }
        }
    }
}

/// Nothing that may stand in a token or a file makes the reader fall.
#[test]
fn mutated_certificates_are_read_or_refused() {
    let der = Party::supplier().certificate;
    let mut read = 0;
    for at in 0..der.len() {
        for byte in [0x00, 0x7F, 0x80, 0xFF, der[at] ^ 1] {
            let mut changed = der.clone();
            changed[at] = byte;
            read += usize::from(Certificate::read(changed).is_ok());
        }
        assert!(Certificate::read(der[..at].to_vec()).is_err());
    }
    assert!(read > 0);
}
