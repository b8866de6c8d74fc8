//! Counterparts that run as programs of their own, and a supplier that calls.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::{
    Bodies, Body, Desk, DeskOptions, Judges, Received, Stamp, receiving_bench,
};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::{Profile, synthetic_bsn};
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{Client, ClientOptions, Request, TlsIdentity, TransportError};

pub const NOW: &str = "2026-08-03T09:00:00Z";
pub const DUO: &str = "00000001800866472000";
pub const SCHOOL: &str = "0000000700025BE00000";

static BODIES: LazyLock<Bodies> = LazyLock::new(|| Bodies::new(Store::builtin()));
static JUDGES: LazyLock<Arc<Judges>> = LazyLock::new(|| {
    let now = Clock::at(moment());
    let bench = receiving_bench(Store::builtin(), Profile::Test, now, trust(), None);
    Arc::new(Judges::new(Arc::new(bench), 1))
});

pub fn moment() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn trust() -> Trust {
    let (mut roots, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut roots, &mut lists);
    Trust::new(roots, lists)
}

/// A counterpart that runs, until it is dropped.
pub struct Running {
    pub child: Child,
    /// What it said when it began to listen.
    pub line: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Running {
    /// Starts `ketenkeur counterpart` and waits until it says where it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::command(&[&["counterpart"], arguments].concat())
    }

    /// Starts a command that listens.
    pub fn command(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .args(arguments)
            .env_remove("KETENKEUR_PASSPHRASE")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut running = Self {
            child,
            line: String::new(),
            out,
        };
        running.line = running.next_line();
        assert!(running.line.contains("https://"), "{:?}", running.line);
        running
    }

    /// A party with the test PKI's identity, at the moment of the tests.
    pub fn party(arguments: &[&str], state: &Path) -> Self {
        let state = state.to_str().unwrap();
        let common = ["--now", NOW, "--state", state];
        Self::start(&[arguments, &common].concat())
    }

    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// The URL in the line that it said.
    pub fn url(&self) -> String {
        url_in(&self.line)
    }

    /// Ends it as a user does, with Ctrl-C: the exit code, and what it said
    /// until then on standard output and on standard error.
    pub fn interrupt(&mut self) -> (Option<i32>, String, String) {
        let process = self.child.id().to_string();
        let asked = Command::new("kill").args(["-INT", &process]).status();
        assert!(asked.unwrap().success());
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }

    /// Ends it as a crash of the machine would: it is told nothing.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn url_in(line: &str) -> String {
    let start = line.find("http").unwrap();
    line[start..].split_whitespace().next().unwrap().to_string()
}

/// A supplier, with a connection that it keeps and a key that it signs with.
pub struct Supplier {
    desk: Desk,
    client: Client,
    clock: RunningClock,
}

impl Supplier {
    pub fn new() -> Self {
        Self::at(RunningClock::standing_at(moment()))
    }

    pub fn at(clock: RunningClock) -> Self {
        let pki = TestPki::at(clock.read()).unwrap();
        let identity = TlsIdentity::of_test(&pki, "leverancier").unwrap();
        let options = ClientOptions::new(Arc::new(trust()), clock.clone());
        Self {
            desk: Desk::new(DeskOptions {
                key: Arc::new(pki.signing_key("leverancier").unwrap()),
                clock: clock.clone(),
                judges: Arc::clone(&JUDGES),
                seed: "proef".into(),
                takes: &["duo-las", "rio-las"],
                defect: Arc::default(),
            }),
            client: Client::new(options.with_identity(identity)).unwrap(),
            clock,
        }
    }

    /// A client that shows no certificate.
    pub fn without_certificate(&self) -> Client {
        Client::new(ClientOptions::new(Arc::new(trust()), self.clock.clone())).unwrap()
    }

    pub fn body(&self, root: &str, seed: &[u8]) -> Body {
        let mut body = BODIES.example(root).unwrap();
        body.stamp(&Stamp {
            seed: &[b"las", seed],
            now: self.clock.now(),
            instellingscode: Some("25BE"),
            from: SCHOOL,
            to: DUO,
        });
        body
    }

    /// The enrolment of one pupil at 25BE, signed.
    pub fn enrolment(&self, pupil: u32, url: &str) -> Request {
        self.signed(&self.enrolment_body(pupil), url)
    }

    /// An enrolment of a pupil as of 1 August.
    pub fn enrolment_body(&self, pupil: u32) -> Body {
        let mut body = self.body("aanleverenInschrijvingBO_Request", &pupil.to_be_bytes());
        for element in [
            "inschrijvingPeriodeBO",
            "ontwikkelingsperspectief",
            "verblijfAndereInstelling",
        ] {
            body.remove(element).unwrap();
        }
        let first = "2026-08-01";
        for (path, value) in [
            ("burgerservicenummer", &*synthetic_bsn(pupil)),
            ("inschrijvingvolgnummer", "A1"),
            ("datumInschrijving", first),
            ("inschrijvingPeriodeBO/datumBegin", first),
            ("inschrijvingPeriodeBO/vestigingscode", "25BE00"),
            ("inschrijvingPeriodeBO/onderwijsaanbieder", "100A001"),
            ("inschrijvingPeriodeBO/onderwijslocatie", "100X001"),
            ("inschrijvingPeriodeBO/leerjaar", "4"),
        ] {
            body.set(path, value).unwrap();
        }
        body
    }

    pub fn signed(&self, body: &Body, url: &str) -> Request {
        let signed = self.desk.request(SCHOOL, DUO, body, None).unwrap();
        signed.to(url)
    }

    pub fn send(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.client.send(request)
    }

    /// Sends and judges the answer: it is signed by DUO and valid.
    pub fn ask(&self, request: &Request) -> Result<Received, TransportError> {
        let answer = self.send(request)?;
        let status = answer.http.as_ref().and_then(|http| http.status());
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(status, Some(200), "{text}");
        let received = self.desk.receive_answer(&answer);
        Ok(received.unwrap_or_else(|fault| panic!("DUO answered wrongly: {fault:?}")))
    }
}
