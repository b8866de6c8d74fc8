//! What the rules say of connections, one way in which each is broken and one
//! in which it holds.

use std::sync::Arc;

use ketenkeur::edukoppeling::{
    Certificate, Distribution, Revocation, TransportReport, Trust, TrustStore,
};
use ketenkeur::exchange::TlsFacts;
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Class, Kind};
use ketenkeur::pki::trust_built_in_as_real;
use ketenkeur::transport::{
    ClientOptions, ClientTrust, ConnectionContext, How, OldVersion, Outcome, Peer, ProbeOptions,
    Probed, ServerOptions, ServerTrust, TlsVersions, TransportError, TransportProblem, Why,
    WrongClient, judge_connection, judge_failure, judge_probe, probe,
};

use crate::support::{Always, DUO, call, duo, get, identity, now, pki, serve, supplier, trust};

const SERVER: Peer = Peer::Server {
    certificate_offered: true,
    tls13_offered: true,
};
const CLIENT: Peer = Peer::Client { asked: true };

/// The built-in test PKI as if it were PKIoverheid.
fn real() -> Trust {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in_as_real(&mut store, &mut lists);
    Trust::new(store, lists)
}

/// A connection with somebody who shows the certificates of `name`.
fn facts(name: &str) -> TlsFacts {
    TlsFacts {
        version: "TLSv1.3".to_string(),
        suite: "TLS_AES_256_GCM_SHA384".to_string(),
        server_name: Some(DUO.to_string()),
        peer: identity(name).chain().map(Arc::from).collect(),
        own: Some(identity("duo").chain().next().unwrap().into()),
        port: 443,
    }
}

fn context(trust: &Trust, peer: Peer, profile: Profile) -> ConnectionContext<'_> {
    ConnectionContext {
        peer,
        profile,
        now: now(),
        trust,
        oin: None,
        connection_unknown: false,
    }
}

/// The codes of what is broken, and with a question mark of what is undecided.
fn said(report: &TransportReport) -> Vec<String> {
    let mut codes: Vec<String> = report
        .findings
        .iter()
        .map(|finding| match finding.kind {
            Kind::Violation => finding.code.to_string(),
            Kind::Undecided => format!("{}?", finding.code),
        })
        .collect();
    for held in &report.held {
        assert!(
            !codes
                .iter()
                .any(|code| code.trim_end_matches('?') == &**held)
        );
    }
    codes.sort();
    codes
}

fn judged(tls: &TlsFacts, peer: Peer) -> Vec<String> {
    let trust = real();
    said(&judge_connection(
        Some(tls),
        &context(&trust, peer, Profile::Production),
    ))
}

#[test]
fn a_right_connection_keeps_every_rule() {
    let trust = real();
    for (peer, least) in [(SERVER, 14), (CLIENT, 11)] {
        let tls = facts("leverancier");
        let context = ConnectionContext {
            oin: Some("00000003999999990000"),
            ..context(&trust, peer, Profile::Production)
        };
        let report = judge_connection(Some(&tls), &context);
        assert_eq!(said(&report), [""; 0]);
        assert!(report.held.len() >= least, "{:?}", report.held);
    }
}

#[test]
fn each_mistake_in_a_connection_breaks_its_rule() {
    let right = || facts("leverancier");
    let table: [(&str, Peer, TlsFacts); 7] = [
        (
            "KK-EK-TLS001-CERTIFICAAT",
            CLIENT,
            TlsFacts {
                peer: Vec::new(),
                ..right()
            },
        ),
        (
            "KK-EK-TLS002-VRAAGT",
            SERVER,
            TlsFacts {
                own: None,
                ..right()
            },
        ),
        (
            "KK-EK-TLS004-13",
            SERVER,
            TlsFacts {
                version: "TLSv1.2".to_string(),
                ..right()
            },
        ),
        (
            "KK-EK-TLS005-POORT",
            SERVER,
            TlsFacts {
                port: 8443,
                ..right()
            },
        ),
        (
            "KK-EK-TLS006-SUITE",
            SERVER,
            TlsFacts {
                suite: "TLS_RSA_WITH_AES_128_CBC_SHA".to_string(),
                ..right()
            },
        ),
        (
            "KK-EK-PKI-DOEL-TLS",
            CLIENT,
            facts("fout-zonder-clientauth"),
        ),
        (
            "KK-EK-PKI005-KETEN",
            CLIENT,
            TlsFacts {
                peer: vec![Arc::from(&b"x"[..])],
                ..right()
            },
        ),
    ];
    for (code, peer, tls) in table {
        assert_eq!(judged(&tls, peer), [code]);
    }
    assert_eq!(judged(&facts("fout-zonder-clientauth"), SERVER), [""; 0]);
    let trust = real();
    let context = context(&trust, SERVER, Profile::Production);
    assert_eq!(said(&judge_connection(None, &context)), ["KK-EK-WT001-TLS"]);
    let report = judge_connection(
        Some(&facts("leverancier")),
        &ConnectionContext {
            oin: Some("00000003000000040000"),
            ..context
        },
    );
    assert_eq!(said(&report), ["KK-EK-OIN-SERVER"]);
    let report = judge_connection(
        Some(&facts("leverancier")),
        &ConnectionContext {
            oin: Some("00000003999999990000"),
            ..context
        },
    );
    assert_eq!(said(&report), [""; 0]);
    let report = judge_connection(
        Some(&facts("leverancier")),
        &ConnectionContext {
            peer: CLIENT,
            oin: Some("00000003000000040000"),
            ..context
        },
    );
    assert_eq!(said(&report), ["KK-EK-OIN-VERBINDING"]);
    // Where TLS ends elsewhere nothing is known, and nothing holds.
    let elsewhere = ConnectionContext {
        connection_unknown: true,
        ..context
    };
    let report = judge_connection(None, &elsewhere);
    assert!(report.findings.is_empty() && report.held.is_empty());
}

#[test]
fn tls_13_is_a_recommendation() {
    let trust = real();
    let tls = TlsFacts {
        version: "TLSv1.2".to_string(),
        ..facts("duo")
    };
    let report = judge_connection(Some(&tls), &context(&trust, SERVER, Profile::Production));
    assert_eq!(report.findings[0].class, Class::Signaal);
    // Who did not offer it cannot say that it is missing.
    let peer = Peer::Server {
        certificate_offered: true,
        tls13_offered: false,
    };
    assert_eq!(judged(&tls, peer), [""; 0]);
}

#[test]
fn the_rules_on_certificates_hold_for_connections_too() {
    for (name, code) in [
        ("fout-verlopen", "KK-EK-PKI002-VERLOPEN"),
        ("fout-nog-niet-geldig", "KK-EK-PKI002-NOGNIET"),
        ("fout-ingetrokken", "KK-EK-PKI003-INGETROKKEN"),
        ("fout-zonder-oin", "KK-EK-PKI001-ONTBREEKT"),
        ("fout-vorm-oin", "KK-EK-PKI001-VORM"),
        ("fout-test-oin", "KK-EK-PKI001-TESTOIN"),
        ("fout-sleutelgebruik", "KK-EK-PKI-GEBRUIK"),
        ("fout-doel", "KK-EK-PKI-DOEL-TLS"),
    ] {
        assert_eq!(judged(&facts(name), CLIENT), [code], "{name}");
    }
    let stranger = judged(&facts("fout-andere-root"), CLIENT);
    assert_eq!(
        stranger,
        ["KK-EK-PKI003-INGETROKKEN?", "KK-EK-PKI005-KETEN"]
    );
}

#[test]
fn the_test_profile_is_lenient_where_the_dossier_says_so() {
    let built_in = trust();
    let tls = TlsFacts {
        port: 8443,
        ..facts("fout-test-oin")
    };
    let lenient = ConnectionContext {
        oin: Some("00000003999999990000"),
        ..context(&built_in, SERVER, Profile::Test)
    };
    assert_eq!(said(&judge_connection(Some(&tls), &lenient)), [""; 0]);
    let strict = ConnectionContext {
        profile: Profile::Production,
        ..lenient
    };
    assert_eq!(
        said(&judge_connection(Some(&tls), &strict)),
        [
            "KK-EK-OIN-SERVER",
            "KK-EK-PKI001-TESTOIN",
            "KK-EK-PKI005-TESTROOT",
            "KK-EK-TLS005-POORT",
        ]
    );
}

#[test]
fn the_certificates_between_come_from_the_connection() {
    // Roots alone: what stands between is what was shown.
    let mut roots = TrustStore::empty();
    let test = pki();
    for root in test.roots() {
        roots.add(ketenkeur::edukoppeling::Certificate::read(root.to_vec()).unwrap());
    }
    let mut lists = Revocation::none();
    for (_, list) in test.revocation_lists().unwrap() {
        lists.add(&list);
    }
    let trust = Trust::new(roots, lists);
    let context = context(&trust, CLIENT, Profile::Test);
    let whole = facts("leverancier");
    assert_eq!(said(&judge_connection(Some(&whole), &context)), [""; 0]);
    let alone = TlsFacts {
        peer: whole.peer[..1].to_vec(),
        ..whole
    };
    assert_eq!(
        said(&judge_connection(Some(&alone), &context)),
        ["KK-EK-PKI003-INGETROKKEN?", "KK-EK-PKI005-KETEN"]
    );
}

#[test]
fn a_real_connection_is_judged_from_both_ends() {
    let handler = Always::ok();
    let server = serve(duo(), &handler);
    let answer = call(supplier(), &server, DUO).unwrap();
    let trust = trust();
    let context = context(&trust, SERVER, Profile::Test);
    let report = judge_connection(
        answer.tls.as_deref(),
        &ConnectionContext {
            oin: Some("00000001800866472000"),
            ..context
        },
    );
    assert_eq!(said(&report), [""; 0]);
    let received = handler.requests.lock().unwrap().pop().unwrap();
    let report = judge_connection(
        received.tls.as_deref(),
        &ConnectionContext {
            peer: CLIENT,
            oin: Some("00000003999999990000"),
            ..context
        },
    );
    assert_eq!(said(&report), [""; 0]);
}

fn probed(server: ServerOptions, client: ClientOptions) -> Probed {
    let server = serve(server, &Always::ok());
    let request = get(server.url(DUO, "/"));
    probe(&ProbeOptions::of_test(client, request, &pki())).unwrap()
}

#[test]
fn a_right_endpoint_refuses_what_it_must() {
    let found = probed(duo(), supplier());
    for (version, outcome) in &found.old {
        assert!(
            matches!(outcome, Outcome::Refused(How::Alert(_))),
            "{version:?} {outcome:?}"
        );
    }
    assert!(matches!(
        found.weak_suite,
        (Outcome::Refused(How::Alert(_)), None)
    ));
    assert_eq!(
        (found.tls12, found.tls13),
        (Outcome::Accepted, Outcome::Accepted)
    );
    let refused = |problem| Outcome::Refused(How::Handshake(problem));
    for (wrong, outcome) in &found.clients {
        let expected = match wrong {
            WrongClient::Missing => refused(TransportProblem::CertificateRequired),
            // That an OIN is missing or malformed is not for TLS to see.
            WrongClient::NoOin | WrongClient::MalformedOin => Outcome::Accepted,
            _ => refused(TransportProblem::CertificateRefused),
        };
        assert_eq!(*outcome, expected, "{wrong:?}");
    }
    let report = judge_probe(&found);
    assert_eq!(
        said(&report),
        ["KK-EK-PKI001-WEIGERT", "KK-EK-PKI001-WEIGERT"]
    );
    assert!(report.held.len() >= 8, "{:?}", report.held);
}

#[test]
fn a_lax_endpoint_is_found_out() {
    let lax = ServerOptions {
        clients: ClientTrust::Unchecked,
        takes_old: true,
        versions: TlsVersions::Only13,
        ..duo()
    };
    let found = probed(lax, supplier());
    assert!(
        found
            .old
            .iter()
            .all(|(_, outcome)| *outcome == Outcome::Accepted)
    );
    assert_eq!(
        found.weak_suite,
        (Outcome::Accepted, Some("TLS_RSA_WITH_NULL_SHA256"))
    );
    let mut codes = said(&judge_probe(&found));
    codes.dedup();
    assert_eq!(
        codes,
        [
            "KK-EK-PKI001-WEIGERT",
            "KK-EK-PKI002-WEIGERT",
            "KK-EK-PKI003-WEIGERT",
            "KK-EK-PKI005-WEIGERT",
            "KK-EK-TLS002-WEIGERT",
            "KK-EK-TLS003-OUD",
            "KK-EK-TLS004-12",
            "KK-EK-TLS006-SUITE",
        ]
    );
    let old = ServerOptions {
        versions: TlsVersions::Only12,
        ..duo()
    };
    assert!(said(&judge_probe(&probed(old, supplier()))).contains(&"KK-EK-TLS004-13".to_string()));
}

#[test]
fn a_refusal_says_nothing_when_the_right_certificate_is_refused_too() {
    let nobody = Arc::new(Trust::new(TrustStore::empty(), Revocation::none()));
    let elsewhere = ServerOptions {
        clients: ClientTrust::Required(nobody),
        ..duo()
    };
    let found = probed(elsewhere, supplier());
    for (wrong, outcome) in &found.clients {
        let certain = matches!(wrong, WrongClient::Missing | WrongClient::Stranger);
        let undecided = *outcome == Outcome::Undecided(Why::RightOneRefused);
        assert_eq!(certain, !undecided, "{wrong:?} {outcome:?}");
    }
    let codes = said(&judge_probe(&found));
    assert_eq!(
        codes,
        [
            "KK-EK-PKI001-WEIGERT?",
            "KK-EK-PKI002-WEIGERT?",
            "KK-EK-PKI003-WEIGERT?"
        ]
    );
}

#[test]
fn an_endpoint_that_is_not_there_leaves_everything_undecided() {
    let server = serve(duo(), &Always::ok());
    let request = get(server.url(DUO, "/"));
    drop(server);
    let options = ProbeOptions::of_test(supplier(), request, &pki());
    let report = judge_probe(&probe(&options).unwrap());
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.kind == Kind::Undecided)
    );
    assert!(report.held.is_empty(), "{:?}", report.held);
}

#[test]
fn every_failure_has_its_finding() {
    let mut codes = Vec::new();
    for problem in TransportProblem::ALL {
        let finding = judge_failure(&TransportError {
            host: "duo.example:443".to_string(),
            problem,
        });
        assert!(!finding.source.is_empty(), "{problem:?}");
        codes.push(finding.code.to_string());
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), TransportProblem::ALL.len());
}

/// A certificate for both ends of TLS with an OIN, and who issued it; `list`
/// says where its revocation list is.
fn issued(list: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    use rcgen::{
        BasicConstraints, CertificateParams, CrlDistributionPoint, DnType, DnValue,
        ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
    };
    let params = |name: &str| {
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut root = params("root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut leaf = params("partij");
    let oin = DnValue::PrintableString("00000003999999990000".try_into().unwrap());
    leaf.distinguished_name
        .push(DnType::CustomDnType(vec![2, 5, 4, 5]), oin);
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let uris = list.into_iter().map(str::to_string).collect::<Vec<_>>();
    if !uris.is_empty() {
        leaf.crl_distribution_points = vec![CrlDistributionPoint { uris }];
    }
    let signed = root.self_signed(&root_key).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&root, &root_key))
        .unwrap();
    (leaf.der().to_vec(), signed.der().to_vec())
}

#[test]
fn a_certificate_says_where_its_list_is_and_the_list_can_be_had() {
    let said_of = |list: Option<&str>, folder: Option<&std::path::Path>| {
        let (leaf, root) = issued(list);
        let mut store = TrustStore::empty();
        store.add(Certificate::read(root).unwrap());
        let mut trust = Trust::new(store, Revocation::none());
        if let Some(folder) = folder {
            trust = trust.fetching(Distribution::new(folder).unwrap());
        }
        let tls = TlsFacts {
            peer: vec![leaf.into()],
            ..facts("leverancier")
        };
        let context = context(&trust, CLIENT, Profile::Production);
        said(&judge_connection(Some(&tls), &context))
    };
    let unknown = "KK-EK-PKI003-INGETROKKEN?";
    assert_eq!(said_of(None, None), [unknown, "KK-EK-PKI004-VERDEELPUNT"]);
    assert_eq!(
        said_of(Some("http://127.0.0.1:1/lijst.crl"), None),
        [unknown]
    );
    // Nobody listens at port 1.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        said_of(Some("http://127.0.0.1:1/lijst.crl"), Some(folder.path())),
        [unknown, "KK-EK-PKI004-BEREIKBAAR"]
    );
}

/// Every rule on connections is broken by some test here, or tells of a failed
/// exchange, each of which the table in failures.rs brings about.
#[test]
fn every_rule_is_proven() {
    let rules = include_str!("../../schemas/ingebouwd/verbinding.toml");
    let proofs = include_str!("rules.rs");
    let failures: Vec<&str> = TransportProblem::ALL
        .iter()
        .map(|problem| problem.rule())
        .collect();
    let codes = rules
        .lines()
        .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
    for code in codes {
        let proven = proofs.contains(&format!("\"{code}\"")) || failures.contains(&code);
        assert!(proven, "{code}");
    }
}

#[test]
fn a_client_that_only_looks_sees_any_server() {
    let server = serve(
        ServerOptions {
            identity: Some(identity("fout-andere-root")),
            clients: ClientTrust::None,
            ..duo()
        },
        &Always::ok(),
    );
    let options = ClientOptions {
        servers: ServerTrust::Anybody,
        ..supplier()
    };
    assert!(call(options, &server, "wie.ketenkeur.invalid").is_ok());
    assert_eq!(
        OldVersion::ALL.map(OldVersion::name),
        ["TLS 1.1", "TLS 1.0", "SSL 3.0"]
    );
}
