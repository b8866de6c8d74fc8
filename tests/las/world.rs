//! A LAS with a DUO and an OSR around it.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use ketenkeur::counterpart::osr::KENNISNET;
use ketenkeur::counterpart::trigger::{Action, Outcome, Status, Trigger};
use ketenkeur::counterpart::{Body, Journal, Part};
use ketenkeur::pki::TestPki;
use ketenkeur::transport::{Answer, Handler, Request, Response};
use serde_json::{Value, json};

use crate::duo::{DUO, Duo, content};
use crate::network::{Network, answered, bodies, judges, received};
use crate::osr::Osr;

pub const SCHOOL: &str = "0000000700025BE00000";

/// What is said of the days on which a school does things, whatever the LAS
/// makes of them.
const CALENDAR: [&str; 4] = [
    "KK-INS-INSCHRIJFDATUM-1-AUGUSTUS ",
    "KK-INS-UITSCHRIJFDATUM-31-JULI ",
    "KK-INS-BINNEN-7-DAGEN ",
    "KK-INS-SLUITINGSDATUM ",
];

pub struct World {
    pub clock: RunningClock,
    pub network: Arc<Network>,
    pub las: Las,
}

/// A LAS that stands at `now`.
pub fn world(now: &str) -> World {
    world_with(now, Journal::in_memory(), OsrVersion::V3)
}

pub fn world_with(now: &str, journal: Journal, version: OsrVersion) -> World {
    let now = now.parse().unwrap();
    let clock = RunningClock::standing_at(now);
    let pki = TestPki::at(Clock::at(now)).unwrap();
    let duo = Arc::new(pki.signing_key("duo").unwrap());
    let network = Arc::new(Network {
        duo: Duo::new(duo, clock.clone()),
        osr: Osr::default(),
        sent: Mutex::default(),
        clock: clock.clone(),
    });
    let las = las(&clock, &network, journal, version);
    World {
        clock,
        network,
        las,
    }
}

pub fn las(
    clock: &RunningClock,
    network: &Arc<Network>,
    journal: Journal,
    version: OsrVersion,
) -> Las {
    let pki = TestPki::at(clock.read()).unwrap();
    Las::new(LasParts {
        settings: LasSettings {
            seed: "proef".into(),
            duo_oin: DUO.to_string(),
            duo: DuoAddresses::all("https://duo.example.nl/dienst"),
            osr: OsrSettings {
                address: "https://osr.example.nl".to_string(),
                version,
                api_key: Some("ketenkeur-proefsleutel-voorbeeldleverancier".to_string()),
                audience: KENNISNET.to_string(),
            },
            own_address: "https://las.example.nl/rod-po".to_string(),
            defect: Arc::default(),
        },
        key: Arc::new(pki.signing_key("leverancier").unwrap()),
        above: pki.certificates("leverancier").unwrap().split_off(1),
        clock: clock.clone(),
        judges: judges(),
        bodies: bodies(),
        journal,
        post: Arc::clone(network) as Arc<dyn ketenkeur::counterpart::Post>,
        starter: shipped(0).unwrap(),
    })
    .unwrap()
}

impl World {
    pub fn act(&self, action: Action, with: Value) -> Outcome {
        let Value::Object(with) = with else {
            panic!("with is an object");
        };
        self.las.trigger(&Trigger::new(action, with))
    }

    /// The outcome of an action that is done, and the messages that went out,
    /// each of them clean.
    pub fn done(&self, action: Action, with: Value) -> (Outcome, Vec<Part>) {
        self.network.taken();
        let outcome = self.act(action, with);
        assert_eq!(
            outcome.status,
            Status::Done,
            "{}: {}",
            action.name(),
            outcome.text
        );
        (outcome, self.clean())
    }

    /// An action that ends otherwise: status and reden.
    pub fn ends(&self, action: Action, with: Value) -> (Status, String) {
        let outcome = self.act(action, with);
        let reden = outcome.data["reden"].as_str().unwrap_or_default();
        (outcome.status, reden.to_string())
    }

    /// The content of what went out, after `check` found nothing in it.
    pub fn clean(&self) -> Vec<Part> {
        let taken = self.network.taken();
        for exchange in &taken {
            let mut broken = self.network.broken(exchange);
            broken.retain(|rule| CALENDAR.iter().all(|code| !rule.starts_with(code)));
            let text = String::from_utf8_lossy(&exchange.body);
            let text = &text[text.find("<soap:Body").unwrap()..];
            assert_eq!(broken, [""; 0], "{text}");
        }
        taken.iter().map(content).collect()
    }

    pub fn later(&self, minutes: i64) {
        assert!(self.clock.advance(SignedDuration::from_mins(minutes)));
    }

    pub fn pupil(&self, key: &str) -> Value {
        let shown = self.act(Action::Toon, json!({ "leerling": key }));
        shown.data["leerlingen"][0].clone()
    }

    pub fn documents(&self, key: &str) -> Vec<Value> {
        let shown = self.act(Action::Toon, json!({ "leerling": key }));
        shown.data["documenten"].as_array().unwrap().clone()
    }

    /// Pushes a body to the LAS; the request and the response.
    pub fn push(&self, body: &Body, breaks: Option<&str>) -> (Request, Response) {
        let signed = self
            .network
            .duo
            .desk
            .request(DUO, SCHOOL, body, breaks)
            .unwrap();
        let request = signed.to("https://las.example.nl/rod-po");
        let response = self.deliver(&request);
        (request, response)
    }

    pub fn deliver(&self, request: &Request) -> Response {
        match self.las.answer(Arc::new(received(request))) {
            Answer::Response(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Pushes a body that is confirmed: the confirmation is clean.
    pub fn confirmed(&self, body: &Body) -> Part {
        let (request, response) = self.push(body, None);
        assert_eq!(
            response.status,
            200,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
        let exchange = answered(&response, Arc::new(received(&request)));
        assert_eq!(self.network.broken(&exchange), [""; 0]);
        let confirmation = content(&exchange);
        assert_eq!(confirmation.text_at("ontvangstBevestiging"), Some("J"));
        confirmation
    }
}
