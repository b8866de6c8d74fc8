//! The register over real TLS with client certificates: called by the LAS that
//! is built in, and by curl, a client that is nobody's here.

use std::process::Command;
use std::sync::Arc;

use jiff::SignedDuration;
use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use ketenkeur::counterpart::osr::KENNISNET;
use ketenkeur::counterpart::trigger::{Action, Outcome, Status, Trigger};
use ketenkeur::counterpart::{Bodies, Directory, Journal, Judges, Post, Query, receiving_bench};
use ketenkeur::edukoppeling::{Passphrase, Revocation, Trust, TrustStore};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::{Profile, RioData};
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in, write_files};
use ketenkeur::transport::{
    Client, ClientOptions, ClientTrust, Request, Server, ServerOptions, TlsIdentity, TransportError,
};
use serde_json::{Value, json};

use crate::support::{KEY, PROEFSTEEN, ROD_PO, SUPPLIER, World};

const HOST: &str = "osr.ketenkeur.invalid";

fn trust() -> Arc<Trust> {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut store, &mut lists);
    Arc::new(Trust::new(store, lists))
}

/// The register behind a server that demands a certificate.
fn serve(world: &World) -> Server {
    let identity = TlsIdentity::of_test(&world.pki, "osr").unwrap();
    let options = ServerOptions::new(world.clock.clone());
    let options = options.with_tls(identity, ClientTrust::Required(trust()));
    Server::start(options, Arc::clone(&world.osr) as Arc<_>).unwrap()
}

/// A party's way out.
struct Way(Client);

impl Post for Way {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.0.send(request)
    }
}

fn way(pki: &TestPki, clock: &RunningClock, identity: &str) -> Arc<Way> {
    let identity = TlsIdentity::of_test(pki, identity).unwrap();
    let options = ClientOptions::new(trust(), clock.clone()).with_identity(identity);
    Arc::new(Way(Client::new(options).unwrap()))
}

/// The LAS that is built in, on its way to the register.
fn las(world: &World, server: &Server, version: OsrVersion) -> Las {
    let clock = world.clock.read();
    let bench = receiving_bench(
        Store::builtin(),
        Profile::Test,
        clock,
        Trust::default(),
        Some(Arc::new(RioData::new())),
    );
    Las::new(LasParts {
        settings: LasSettings {
            seed: "proef".into(),
            duo_oin: "00000001800866472000".to_string(),
            duo: DuoAddresses::all("https://duo.ketenkeur.invalid/"),
            osr: OsrSettings {
                address: server.url(HOST, ""),
                version,
                api_key: Some(KEY.to_string()),
                audience: KENNISNET.to_string(),
            },
            own_address: "https://las.example.nl/rod-po".to_string(),
            defect: Arc::default(),
        },
        key: Arc::new(world.pki.signing_key("leverancier").unwrap()),
        above: world.pki.certificates("leverancier").unwrap().split_off(1),
        clock: world.clock.clone(),
        judges: Arc::new(Judges::new(Arc::new(bench), 1)),
        bodies: Arc::new(Bodies::new(Store::builtin())),
        journal: Journal::in_memory(),
        post: way(&world.pki, &world.clock, "leverancier"),
        starter: shipped(0).unwrap(),
    })
    .unwrap()
}

#[track_caller]
fn act(las: &Las, action: Action, extra: &Value) -> Outcome {
    let mut with = json!({ "instellingscode": "25BE", "dienst": "rod-po" });
    for (name, value) in extra.as_object().unwrap() {
        with[name] = value.clone();
    }
    let Value::Object(with) = with else {
        unreachable!("an object was made");
    };
    las.trigger(&Trigger::new(action, with))
}

/// OSR-STROOM-1 to OSR-STROOM-6, in each version: it asks
/// for its mandate, registers, moves, and stops when the school withdraws.
#[test]
fn the_built_in_las_goes_the_whole_way() {
    for version in [OsrVersion::V1, OsrVersion::V2, OsrVersion::V3] {
        let world = World::starter();
        let server = serve(&world);
        let las = las(&world, &server, version);
        let where_now = || {
            let query = Query {
                school: PROEFSTEEN,
                service_version: ROD_PO,
                moment: world.clock.now(),
            };
            let mandated = world.osr.mandated(query, SUPPLIER).unwrap();
            let endpoint = world.osr.endpoint(query, None).unwrap();
            (mandated, endpoint.map(|endpoint| endpoint.url))
        };
        let asked = act(&las, Action::VraagMandaatOp, &json!({}));
        assert_eq!(asked.status, Status::Done, "{}", asked.text);
        assert_eq!(asked.data["gemandateerd"], true);
        assert_eq!(where_now(), (true, None));
        let registered = act(&las, Action::RegistreerEndpoint, &json!({}));
        assert_eq!(registered.status, Status::Done, "{}", registered.text);
        let first = "https://las.example.nl/rod-po".to_string();
        assert_eq!(where_now(), (true, Some(first)));
        let twice = act(&las, Action::RegistreerEndpoint, &json!({}));
        assert_ne!(twice.status, Status::Done, "the register has one already");
        let second = "https://nieuw.example.nl/rod-po".to_string();
        let moved = act(&las, Action::VerplaatsEndpoint, &json!({ "url": second }));
        assert_eq!(moved.status, Status::Done, "{}", moved.text);
        assert_eq!(where_now(), (true, Some(second)));
        let mandates = world.osr.mandates();
        let mandate = mandates.iter().find(|m| m.service == "ROD_PO").unwrap();
        world.osr.end_mandate(mandate.number, None).unwrap();
        assert_eq!(where_now(), (false, None));
        let asked = act(&las, Action::VraagMandaatOp, &json!({}));
        assert_eq!(asked.data["gemandateerd"], false);
        let refused = act(&las, Action::VerplaatsEndpoint, &json!({}));
        assert_ne!(refused.status, Status::Done);
        world.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(where_now(), (false, None));
    }
}

/// OSR-TLS: another client, with the files that a user of the test PKI has.
#[test]
fn curl_calls_with_a_client_certificate_and_not_without() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: curl is not installed");
        return;
    }
    // curl's TLS knows the real time only.
    let clock = ketenkeur::clock::Clock::system();
    let pki = TestPki::at(clock).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("proef");
    write_files(folder.path(), &pki, &passphrase, "proef").unwrap();
    let world = World::starter();
    let identity = TlsIdentity::of_test(&pki, "osr").unwrap();
    let options = ServerOptions::new(RunningClock::system());
    let options = options.with_tls(identity, ClientTrust::Required(trust()));
    let server = Server::start(options, Arc::clone(&world.osr) as Arc<_>).unwrap();
    let port = server.address().port();
    let curl = |identity: Option<&str>, path: &str| {
        let mut command = Command::new("curl");
        let file = |name: String| folder.path().join(name);
        command
            .args(["--silent", "--noproxy", "*", "--max-time", "30"])
            .args(["--write-out", "\n%{http_code}"])
            .arg("--resolve")
            .arg(format!("{HOST}:{port}:127.0.0.1"))
            .arg("--cacert")
            .arg(file("root.pem".to_string()))
            .args(["--header", &format!("X-Api-Key: {KEY}")]);
        if let Some(identity) = identity {
            command.arg("--cert").arg(file(format!("{identity}.pem")));
            command
                .arg("--key")
                .arg(file(format!("{identity}.key.pem")));
        }
        let output = command.arg(server.url(HOST, path)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let path = crate::support::mandate_path("v3", PROEFSTEEN, SUPPLIER, ROD_PO);
    let own = curl(Some("leverancier"), &path);
    assert!(own.ends_with("\n200") && own.contains("\"token\""), "{own}");
    let third = curl(Some("duo"), &path);
    assert!(
        third.ends_with("\n200") && !third.contains("token"),
        "{third}"
    );
    // Without a certificate, or with one that nobody trusts, there is no HTTP.
    for identity in [None, Some("fout-andere-root"), Some("fout-ingetrokken")] {
        assert_eq!(curl(identity, &path), "\n000", "{identity:?}");
    }
}
