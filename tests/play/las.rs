//! A LAS of somebody else's: the built-in one, behind servers of its own, on
//! the system's clock.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use ketenkeur::counterpart::osr::KENNISNET;
use ketenkeur::counterpart::trigger::{Action, Outcome, Status, Trigger};
use ketenkeur::counterpart::{Bodies, Journal, Judges, Post, receiving_bench};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::pack::Store;
use ketenkeur::pki::{TEST_DOMAIN, TestPki, trust_built_in};
use ketenkeur::transport::{
    Answer, Client, ClientOptions, ClientTrust, Handler, Request, Server, ServerOptions,
    TlsIdentity, TransportError,
};

struct OverTls(Client);

impl Post for OverTls {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.0.send(request)
    }
}

/// An address on loopback that is free, and stays so: below the ports that the
/// system gives to the connections of tests beside this one.
pub fn free() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 30_000, "no free port");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

pub fn trust() -> Trust {
    let mut store = TrustStore::empty();
    let mut lists = Revocation::default();
    trust_built_in(&mut store, &mut lists);
    Trust::new(store, lists)
}

/// A LAS that runs until it is dropped.
pub struct Elsewhere {
    /// Where it receives.
    pub endpoint: String,
    /// Where it is made to act.
    pub trigger: String,
    _servers: [Server; 2],
}

/// Starts a LAS that finds DUO and the OSR at these addresses.
pub fn start(duo: SocketAddr, osr: SocketAddr) -> Elsewhere {
    start_as(duo, osr, |las| las)
}

/// A LAS that does not know how to begin anew.
pub struct Rememberer(pub Arc<dyn Handler>);

impl Handler for Rememberer {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let asked = Trigger::read(&request.body);
        if asked.is_ok_and(|asked| asked.action == Action::LaadBegingegevens.name()) {
            let unknown = Outcome::new(Status::Unsupported, "no such action");
            return unknown.response().into();
        }
        self.0.answer(request)
    }
}

/// Starts a LAS as `start` does, with something before it.
pub fn start_as(
    duo: SocketAddr,
    osr: SocketAddr,
    before: impl FnOnce(Arc<dyn Handler>) -> Arc<dyn Handler>,
) -> Elsewhere {
    let clock = RunningClock::system();
    let pki = TestPki::at(clock.read()).unwrap();
    let identity = TlsIdentity::of_test(&pki, "leverancier").unwrap();
    let bodies = Arc::new(Bodies::new(Store::builtin()));
    let bench = receiving_bench(Store::builtin(), Profile::Test, clock.read(), trust(), None);
    let options =
        ClientOptions::new(Arc::new(trust()), clock.clone()).with_identity(identity.clone());
    let receives = free();
    let endpoint = format!("https://leverancier.{TEST_DOMAIN}:{}/bron", receives.port());
    let key = Arc::new(pki.signing_key("leverancier").unwrap());
    let las: Arc<dyn Handler> = Arc::new(
        Las::new(LasParts {
            settings: LasSettings {
                seed: "elders".into(),
                duo_oin: pki.signing_key("duo").unwrap().oin().unwrap().to_string(),
                duo: DuoAddresses::all(&format!("https://duo.{TEST_DOMAIN}:{}/duo", duo.port())),
                osr: OsrSettings {
                    address: format!("https://osr.{TEST_DOMAIN}:{}", osr.port()),
                    version: OsrVersion::V3,
                    api_key: Some("ketenkeur-proefsleutel-voorbeeldleverancier".to_string()),
                    audience: KENNISNET.to_string(),
                },
                own_address: endpoint.clone(),
                defect: Arc::default(),
            },
            key,
            above: identity.chain().skip(1).map(<[u8]>::to_vec).collect(),
            clock: clock.clone(),
            judges: Arc::new(Judges::new(Arc::new(bench), 1)),
            bodies,
            journal: Journal::in_memory(),
            post: Arc::new(OverTls(Client::new(options).unwrap())),
            starter: shipped(0).unwrap(),
        })
        .unwrap(),
    );
    let las = before(las);
    let clients = ClientTrust::Required(Arc::new(trust()));
    let mut options = ServerOptions::new(clock.clone()).with_tls(identity, clients);
    options.listen = receives;
    let incoming = Server::start(options, Arc::clone(&las)).unwrap();
    let acting = Server::start(ServerOptions::new(clock), las).unwrap();
    Elsewhere {
        endpoint,
        trigger: acting.url("127.0.0.1", "/trigger"),
        _servers: [incoming, acting],
    }
}
