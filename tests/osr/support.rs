//! An OSR at a moment, and calls of it. Every answer with content is judged
//! as `check` judges it: an answer that its own schemas and rules refuse fails
//! the test.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use ketenkeur::check::{Bench, CheckOptions, Deviations, Judge, RulesOfPacks, shipped_facts};
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::osr::{Osr, OsrData, OsrOptions};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::{Exchange, HttpFacts, StartLine, TlsFacts};
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;
use ketenkeur::input::Input;
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{Answer, Handler, Response};
use serde_json::{Value, json};

pub const NOW: &str = "2026-09-28T09:00:00Z";

pub const SUPPLIER: &str = "00000003999999990000";
pub const OTHER: &str = "00000003888888880000";
pub const KEY: &str = "ketenkeur-proefsleutel-voorbeeldleverancier";
pub const OTHER_KEY: &str = "ketenkeur-proefsleutel-andere-leverancier";
pub const PROEFSTEEN: &str = "0000000700025BE00000";
pub const DRIE: &str = "0000000700004HR00000";
pub const ROD_PO: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1";
pub const DUO_MBO: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:DUO-MBO:1";

/// An OSR and what its callers need.
pub struct World {
    pub osr: Arc<Osr>,
    pub clock: RunningClock,
    pub pki: Arc<TestPki>,
    /// Whether answers are judged: where thousands come, a few stand for all.
    pub judging: bool,
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Status and message of a refusal, with the fields it names.
    pub fn refusal(&self) -> String {
        if self.body.is_empty() {
            return self.status.to_string();
        }
        let json = self.json();
        let mut said = format!("{} {}", self.status, json["message"].as_str().unwrap());
        for error in json["errors"].as_array().into_iter().flatten() {
            let field = error["field"].as_str().unwrap_or("-");
            said += &format!(" / {field}: {}", error["message"].as_str().unwrap());
        }
        said
    }
}

impl World {
    /// The starter data.
    pub fn starter() -> Self {
        Self::with(OsrData::starter(), Journal::in_memory(), Profile::Test)
    }

    pub fn with(data: OsrData, journal: Journal, profile: Profile) -> Self {
        let now: Timestamp = NOW.parse().unwrap();
        let (mut store, mut lists) = (TrustStore::empty(), Revocation::default());
        trust_built_in(&mut store, &mut lists);
        let clock = RunningClock::standing_at(now);
        let osr = Osr::start(OsrOptions {
            data,
            journal,
            clock: clock.clone(),
            seed: 1,
            profile,
            trust: Arc::new(Trust::new(store, lists)),
            defect: Arc::default(),
        })
        .unwrap();
        Self {
            osr: Arc::new(osr),
            clock,
            pki: pki(),
            judging: true,
        }
    }

    /// A call with the certificate of an identity of the test PKI.
    pub fn as_party(&self, identity: &str) -> Call<'_> {
        self.call(chain_of(identity, || {
            self.pki.certificates(identity).unwrap()
        }))
    }

    /// A call with a certificate for an OIN.
    pub fn as_oin(&self, oin: &str) -> Call<'_> {
        self.call(chain_of(oin, || {
            let key = self.pki.signing_key_of("leverancier", oin).unwrap();
            vec![key.certificate().der().to_vec()]
        }))
    }

    /// The supplier of the test PKI, with its API key.
    pub fn supplier(&self) -> Call<'_> {
        self.as_party("leverancier").header("X-Api-Key", KEY)
    }

    /// The other supplier of the starter data, with its API key.
    pub fn other(&self) -> Call<'_> {
        self.as_oin(OTHER).header("X-Api-Key", OTHER_KEY)
    }

    /// A call without a client certificate: of a browser.
    pub fn browser(&self) -> Call<'_> {
        self.call(Vec::new())
    }

    fn call(&self, chain: Vec<Vec<u8>>) -> Call<'_> {
        Call {
            world: self,
            chain,
            headers: vec![("host".into(), "osr.ketenkeur.invalid".into())],
        }
    }

    /// The token of the supplier's mandate.
    pub fn token(&self, school_oin: &str, namespace: &str) -> String {
        let reply = self
            .supplier()
            .get(&mandate_path("v2", school_oin, SUPPLIER, namespace));
        reply.json()["token"].as_str().unwrap().to_string()
    }

    /// The body of a registration for the supplier's mandate.
    pub fn registration(&self, administration: &str) -> Value {
        json!({
            "mandate_token": self.token(PROEFSTEEN, ROD_PO),
            "administration_id": administration,
            "service_version_namespace": ROD_PO,
            "url": "https://las.example.nl/rod-po/25BE",
            "attributes": "LAS",
        })
    }
}

pub fn mandate_path(version: &str, school: &str, supplier: &str, namespace: &str) -> String {
    format!(
        "/api/{version}/mandates?school_oin={school}&supplier_oin={supplier}\
         &service_version_namespace={namespace}"
    )
}

pub fn endpoints_path(version: &str, school: &str, namespace: &str) -> String {
    format!("/api/{version}/endpoints?school_oin={school}&service_version_namespace={namespace}")
}

/// A call in the making.
pub struct Call<'w> {
    world: &'w World,
    chain: Vec<Vec<u8>>,
    headers: Vec<(String, String)>,
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    pub fn get(self, target: &str) -> Reply {
        self.send("GET", target, Vec::new())
    }

    pub fn delete(self, target: &str) -> Reply {
        self.send("DELETE", target, Vec::new())
    }

    pub fn post(self, target: &str, body: &Value) -> Reply {
        let call = self.header("content-type", "application/json");
        call.send("POST", target, body.to_string().into_bytes())
    }

    pub fn put(self, target: &str, body: &Value) -> Reply {
        let call = self.header("content-type", "application/json");
        call.send("PUT", target, body.to_string().into_bytes())
    }

    pub fn send(self, method: &str, target: &str, body: Vec<u8>) -> Reply {
        let now = self.world.clock.now();
        let request = Arc::new(Exchange {
            body: body.into(),
            http: Some(HttpFacts {
                start: StartLine::Request {
                    method: method.to_string(),
                    url: target.to_string(),
                },
                version: "HTTP/1.1".to_string(),
                headers: self.headers,
            }),
            tls: Some(Arc::new(TlsFacts {
                version: "TLSv1.3".to_string(),
                suite: "TLS13_AES_256_GCM_SHA384".to_string(),
                server_name: Some("localhost".to_string()),
                peer: self.chain.into_iter().map(Arc::from).collect(),
                own: None,
                port: 443,
            })),
            answers: None,
            received: Some(now),
        });
        let Answer::Response(response) = self.world.osr.answer(Arc::clone(&request)) else {
            panic!("the OSR misbehaved");
        };
        // What says that an address is outside the API is for people.
        let for_people = response.status == 404
            && (response.headers.iter()).any(|(_, value)| value.starts_with("text/plain"));
        let is_message = target.starts_with("/api") && !response.body.is_empty() && !for_people;
        if self.world.judging && is_message {
            judged(&request, &response, now);
        }
        Reply {
            status: response.status,
            headers: response.headers,
            body: response.body.to_vec(),
        }
    }
}

/// The test PKI. Its certificates are made once: that takes longer than a call.
fn pki() -> Arc<TestPki> {
    static PKI: OnceLock<Arc<TestPki>> = OnceLock::new();
    let made = || Arc::new(TestPki::at(Clock::at(NOW.parse().unwrap())).unwrap());
    Arc::clone(PKI.get_or_init(made))
}

/// The chain of an identity, and the certificate for an OIN, made once.
fn chain_of(name: &str, make: impl FnOnce() -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    static CHAINS: Mutex<BTreeMap<String, Vec<Vec<u8>>>> = Mutex::new(BTreeMap::new());
    let mut chains = CHAINS.lock().unwrap();
    chains.entry(name.to_string()).or_insert_with(make).clone()
}

thread_local! {
    static JUDGE: RefCell<Judge> = RefCell::new(Judge::new(bench()));
}

fn bench() -> Arc<Bench> {
    let now: Timestamp = NOW.parse().unwrap();
    Arc::new(Bench {
        store: Store::builtin(),
        facts: shipped_facts(Clock::at(now), Profile::Test),
        options: CheckOptions::default(),
        deviations: Deviations::default(),
        trust: Trust::default(),
        request: None,
        rules: RulesOfPacks::default(),
    })
}

/// Judges a JSON message of that name.
pub fn judged_as(name: &str, text: Vec<u8>, now: Timestamp) {
    let mut bench = bench();
    let options = Arc::get_mut(&mut bench).unwrap();
    options.options.named = Some(name.to_string());
    options.facts = options.facts.at(now);
    let input = Input {
        name: name.to_string(),
        content: Ok(Exchange::bare(text)),
        body: ketenkeur::input::BodyAt::Start,
    };
    let judged = Judge::new(bench).judge(0, input).judged;
    assert!(judged.findings.is_empty(), "{name}: {:?}", judged.findings);
}

/// Judges a made-up answer to a made-up request.
pub fn judged_answer(method: &str, target: &str, status: u16, body: &Value) {
    let request = Exchange {
        http: Some(HttpFacts {
            start: StartLine::Request {
                method: method.to_string(),
                url: target.to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: Vec::new(),
        }),
        ..Exchange::bare(Vec::new())
    };
    let body = body.to_string().into_bytes();
    let response = Response::new(status, "application/json", body);
    judged(&Arc::new(request), &response, NOW.parse().unwrap());
}

/// Judges an answer as `check` does.
fn judged(request: &Arc<Exchange>, response: &Response, now: Timestamp) {
    let exchange = Exchange {
        body: Arc::clone(&response.body),
        http: Some(HttpFacts {
            start: StartLine::Response {
                status: response.status,
            },
            version: "HTTP/1.1".to_string(),
            headers: response.headers.clone(),
        }),
        tls: None,
        answers: Some(Arc::clone(request)),
        received: Some(now),
    };
    let target = request.http.as_ref().unwrap().url().unwrap().to_string();
    let input = Input {
        name: target.clone(),
        content: Ok(exchange),
        body: ketenkeur::input::BodyAt::Start,
    };
    let outcome = JUDGE.with_borrow_mut(|judge| judge.judge(0, input));
    assert!(outcome.pack.is_some(), "{target}: no pack knows the answer");
    let wrong: Vec<_> = (outcome.judged.findings.iter())
        .filter(|finding| finding.kind == Kind::Violation)
        .map(|finding| format!("{} {} {:?}", finding.code, finding.path, finding.args))
        .collect();
    let body = String::from_utf8_lossy(&response.body);
    assert!(wrong.is_empty(), "{target}: {wrong:?}\n{body}");
}
