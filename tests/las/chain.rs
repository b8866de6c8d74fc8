//! The LAS in the chain: the built-in DUO and OSR at the other ends, nothing
//! between them but the messages.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use jiff::SignedDuration;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::duo::{Duo, DuoOptions, Gemeenteactie, TAKES, Terugkoppeling};
use ketenkeur::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use ketenkeur::counterpart::osr::{KENNISNET, Osr, OsrData, OsrOptions};
use ketenkeur::counterpart::trigger::{Action, Outcome, Status, Trigger};
use ketenkeur::counterpart::{
    Desk, DeskOptions, Directory, DirectoryError, Endpoint, Journal, Post, Query,
};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::{Exchange, TlsFacts};
use ketenkeur::facts::Profile;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{Answer, Handler, Request, TransportError, TransportProblem};
use serde_json::{Value, json};

use crate::duo::DUO;
use crate::network::{answered, bodies, judges, received};

/// Everybody's wires: who calls shows its certificates.
struct Wires {
    osr: Arc<Osr>,
    duo: OnceLock<Arc<Duo>>,
    las: OnceLock<Weak<Las>>,
    supplier: Vec<Arc<[u8]>>,
    /// The answers of DUO that do not arrive.
    lost: Mutex<u32>,
}

impl Wires {
    fn carried(&self, request: &Request) -> Arc<Exchange> {
        let mut exchange = received(request);
        exchange.tls = Some(Arc::new(TlsFacts {
            version: "TLSv1.3".to_string(),
            suite: "TLS13_AES_256_GCM_SHA384".to_string(),
            server_name: None,
            peer: self.supplier.clone(),
            own: None,
            port: 443,
        }));
        Arc::new(exchange)
    }
}

impl Post for Wires {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        let broken = |host: &str| TransportError {
            host: host.to_string(),
            problem: TransportProblem::Broken,
        };
        let exchange = self.carried(request);
        let answer = if request.url.starts_with("https://osr.") {
            self.osr.answer(Arc::clone(&exchange))
        } else if request.url.starts_with("https://duo.") {
            let answer = self.duo.get().unwrap().answer(Arc::clone(&exchange));
            let mut lost = self.lost.lock().unwrap();
            if *lost > 0 {
                *lost -= 1;
                return Err(broken("duo"));
            }
            answer
        } else {
            let las = self.las.get().unwrap().upgrade().unwrap();
            las.answer(Arc::clone(&exchange))
        };
        match answer {
            Answer::Response(response) => Ok(answered(&response, exchange)),
            _ => Err(broken("party")),
        }
    }
}

impl Directory for Wires {
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError> {
        Ok(self
            .osr
            .is_mandated(supplier, query.school, query.service_version, None))
    }

    fn endpoint(
        &self,
        query: Query<'_>,
        _: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError> {
        let endpoints = self
            .osr
            .endpoints_of(query.school, query.service_version, None);
        Ok(endpoints.into_iter().next().map(|endpoint| Endpoint {
            url: endpoint.url,
            supplier: Some(endpoint.supplier),
        }))
    }
}

struct Chain {
    clock: RunningClock,
    osr: Arc<Osr>,
    duo: Arc<Duo>,
    las: Arc<Las>,
    wires: Arc<Wires>,
}

fn chain(now: &str, version: OsrVersion) -> Chain {
    let now = now.parse().unwrap();
    let clock = RunningClock::standing_at(now);
    let pki = TestPki::at(Clock::at(now)).unwrap();
    let (mut roots, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut roots, &mut lists);
    let osr = Arc::new(
        Osr::start(OsrOptions {
            data: OsrData::starter(),
            journal: Journal::in_memory(),
            clock: clock.clone(),
            seed: 1,
            profile: Profile::Test,
            trust: Arc::new(Trust::new(roots, lists)),
            defect: Arc::default(),
        })
        .unwrap(),
    );
    let supplier = pki.certificates("leverancier").unwrap();
    let wires = Arc::new(Wires {
        osr: Arc::clone(&osr),
        duo: OnceLock::new(),
        las: OnceLock::new(),
        supplier: supplier.iter().cloned().map(Arc::from).collect(),
        lost: Mutex::new(0),
    });
    let duo = Arc::new(
        Duo::new(DuoOptions {
            desk: Desk::new(DeskOptions {
                key: Arc::new(pki.signing_key("duo").unwrap()),
                clock: clock.clone(),
                judges: judges(),
                seed: "duo".into(),
                takes: TAKES,
                defect: Arc::default(),
            }),
            bodies: bodies(),
            calendar: Arc::clone(&judges().bench().facts.calendar),
            directory: Arc::clone(&wires) as Arc<dyn Directory>,
            post: Arc::clone(&wires) as Arc<dyn Post>,
            journal: Journal::in_memory(),
            terugkoppeling: Terugkoppeling::Direct,
            meld_dubbele_inschrijving: true,
        })
        .unwrap(),
    );
    assert!(wires.duo.set(Arc::clone(&duo)).is_ok());
    let las = Las::new(LasParts {
        settings: LasSettings {
            seed: "las".into(),
            duo_oin: DUO.to_string(),
            duo: DuoAddresses::all("https://duo.example.nl/"),
            osr: OsrSettings {
                address: "https://osr.example.nl".to_string(),
                version,
                api_key: Some("ketenkeur-proefsleutel-voorbeeldleverancier".to_string()),
                audience: KENNISNET.to_string(),
            },
            own_address: "https://las.example.nl/berichten".to_string(),
            defect: Arc::default(),
        },
        key: Arc::new(pki.signing_key("leverancier").unwrap()),
        above: supplier[1..].to_vec(),
        clock: clock.clone(),
        judges: judges(),
        bodies: bodies(),
        journal: Journal::in_memory(),
        post: Arc::clone(&wires) as Arc<dyn Post>,
        starter: shipped(0).unwrap(),
    });
    let las = Arc::new(las.unwrap());
    assert!(wires.las.set(Arc::downgrade(&las)).is_ok());
    Chain {
        clock,
        osr,
        duo,
        las,
        wires,
    }
}

impl Chain {
    fn act(&self, action: Action, with: Value) -> Outcome {
        let Value::Object(with) = with else {
            panic!("with is an object");
        };
        self.clock.advance(SignedDuration::from_secs(30));
        self.las.trigger(&Trigger::new(action, with))
    }

    fn done(&self, action: Action, with: Value) -> Outcome {
        let outcome = self.act(action, with);
        let Outcome { status, text, data } = &outcome;
        assert_eq!(*status, Status::Done, "{}: {text} {data:?}", action.name());
        outcome
    }

    /// An action of which DUO registers what comes of it.
    fn registered(&self, action: Action, with: Value) -> Outcome {
        let outcome = self.done(action, with);
        assert_eq!(
            outcome.data["geregistreerd"],
            true,
            "{}: {:?}",
            action.name(),
            outcome.data
        );
        outcome
    }

    /// DUO delivers what waits: all of it is confirmed.
    fn delivered(&self) -> usize {
        self.clock.advance(SignedDuration::from_secs(30));
        let delivery = self.duo.deliver().unwrap();
        assert!(delivery.waiting.is_empty(), "{:?}", delivery.waiting);
        delivery.delivered.len()
    }

    fn pupil(&self, key: &str) -> Value {
        let shown = self.done(Action::Toon, json!({ "leerling": key }));
        shown.data["leerlingen"][0].clone()
    }
}

#[test]
fn from_mandate_to_funding() {
    for version in [OsrVersion::V1, OsrVersion::V2, OsrVersion::V3] {
        let chain = chain("2026-08-03T09:00:00Z", version);
        let mandate = chain.done(Action::VraagMandaatOp, json!({}));
        assert_eq!(mandate.data["gemandateerd"], true);
        chain.done(Action::RegistreerEndpoint, json!({}));
        let with = json!({"leerling": "L14", "datumInschrijving": "2026-08-01"});
        let outcome = chain.registered(Action::Inschrijven, with);
        assert_eq!(outcome.data["signalen"], json!([]), "{version:?}");
        assert!(chain.delivered() > 0);
        let enrolment = &chain.pupil("L14")["inschrijvingen"][0];
        assert_eq!(enrolment["geregistreerd"], true);
        assert!(!enrolment["bekostiging"].as_array().unwrap().is_empty());
        let with = json!({"leerling": "L14"});
        let overview = chain.done(Action::HaalRegistratieoverzichtOp, with);
        assert_eq!(overview.data["verschillen"], json!([]));
        // It moves: what comes next goes to the new address.
        let with = json!({"url": "https://las.example.nl/berichten?nieuw"});
        chain.done(Action::VerplaatsEndpoint, with);
        chain.registered(
            Action::CorrigeerInschrijving,
            json!({"leerling": "L14", "groep": "1B"}),
        );
        chain.delivered();
    }
}

#[test]
fn leaving_and_arriving_elsewhere() {
    let chain = chain("2026-07-31T09:00:00Z", OsrVersion::V3);
    for school in ["25BE", "00AV"] {
        chain.done(
            Action::RegistreerEndpoint,
            json!({ "instellingscode": school }),
        );
    }
    chain.registered(Action::CorrigeerInschrijving, json!({"leerling": "L07"}));
    let with = json!({"leerling": "L07", "datumUitschrijving": "2026-07-31"});
    chain.registered(Action::Uitschrijven, with);
    let with = json!({"leerling": "L07", "instellingscode": "00AV", "datumInschrijving": "2026-08-01", "leerjaar": 7});
    let outcome = chain.registered(Action::Inschrijven, with);
    assert_eq!(outcome.data["signalen"], json!([]));
    assert!(chain.delivered() > 0);
    let shown = chain.done(Action::Toon, json!({"leerling": "L07"}));
    let notices = shown.data["kennisgevingen"].as_array().unwrap();
    let told = notices.iter().any(|notice| {
        notice["bericht"] == "informerenInschrijving_Request"
            && notice["instellingscodeAndereInstelling"] == "00AV"
    });
    assert!(told, "{notices:?}");
}

#[test]
fn a_number_is_found_and_replaced() {
    let chain = chain("2026-08-20T07:00:00Z", OsrVersion::V3);
    chain.done(Action::RegistreerEndpoint, json!({}));
    let outcome = chain.registered(Action::Identificeer, json!({"leerling": "L17"}));
    let number = outcome.data["onderwijsnummer"]
        .as_str()
        .unwrap()
        .to_string();
    let with = json!({"leerling": "L17", "datumInschrijving": "2026-08-17", "leerjaar": 3});
    chain.registered(Action::Inschrijven, with);
    let bsn = chain.duo.replace_number(&number, None).unwrap();
    assert!(chain.delivered() > 0);
    assert_eq!(chain.pupil("L17")["burgerservicenummer"], *bsn);
    chain.registered(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L17", "groep": "3B"}),
    );
}

#[test]
fn advice_and_test() {
    let chain = chain("2026-01-20T09:00:00Z", OsrVersion::V3);
    chain.registered(Action::CorrigeerInschrijving, json!({"leerling": "L18"}));
    let outcome = chain.registered(
        Action::GeefAdvies,
        json!({"leerling": "L18", "advies": "VMBO_GL/TL"}),
    );
    assert_eq!(outcome.data["signalen"], json!([]));
    let with = json!({
        "leerling": "L18", "toetscode": "IEP", "afnamedatum": "2026-01-19",
        "resultaat": [
            { "onderdeel": "LEZEN", "referentieniveau": "2F" },
            { "onderdeel": "TAALVERZORGING", "referentieniveau": "1F" },
            { "onderdeel": "REKENEN", "referentieniveau": "1S" },
        ],
        "toetsadvies": "VMBO_GL/TL_TM_HAVO",
    });
    chain.registered(Action::MeldToetsresultaat, with);
    chain.registered(Action::VerwijderAdvies, json!({"leerling": "L18"}));
}

#[test]
fn a_case_of_absence_with_a_municipality() {
    let chain = chain("2026-09-25T08:00:00Z", OsrVersion::V3);
    chain.registered(Action::CorrigeerInschrijving, json!({"leerling": "L09"}));
    let with = json!({
        "leerling": "L09", "verzuimsoort": "L", "begindatum": "2026-09-21", "einddatum": "2026-09-24",
        "vermoedelijkeReden": "Gezin is volgens een klasgenoot op vakantie.",
    });
    let outcome = chain.registered(Action::MeldVerzuim, with);
    let number = outcome.data["meldingsnummer"].as_str().unwrap().to_string();
    let with = json!({"meldingsnummer": number, "toelichtingActieGewenst": "Graag een gesprek."});
    let outcome = chain.registered(Action::WijzigVerzuim, with.clone());
    assert_eq!(outcome.data["pogingen"], 1);
    // The municipality takes it up meanwhile.
    chain.clock.advance(SignedDuration::from_mins(5));
    chain
        .duo
        .municipality(&number, &Gemeenteactie::InBehandeling)
        .unwrap();
    let outcome = chain.registered(Action::WijzigVerzuim, with.clone());
    assert_eq!(
        (&outcome.data["pogingen"], &outcome.data["status"]),
        (&json!(2), &json!("B"))
    );
    chain.clock.advance(SignedDuration::from_mins(5));
    let close = Gemeenteactie::Afsluiten {
        reden: "GESPREK_GEVOERD".to_string(),
    };
    chain.duo.municipality(&number, &close).unwrap();
    chain.done(Action::HaalVerzuimOp, json!({}));
    let ended = chain.act(Action::WijzigVerzuim, with);
    assert_eq!(ended.data["reden"], "afgesloten");
}

#[test]
fn the_verdict_by_push_and_answers_that_get_lost() {
    let chain = chain("2026-08-24T09:00:00Z", OsrVersion::V3);
    chain.done(Action::RegistreerEndpoint, json!({}));
    chain.duo.set_terugkoppeling(Terugkoppeling::Later);
    let outcome = chain.done(Action::CorrigeerInschrijving, json!({"leerling": "L03"}));
    assert_eq!(
        (&outcome.data["stand"], outcome.data.get("geregistreerd")),
        (&json!("ontvangen"), None)
    );
    assert!(chain.delivered() > 0);
    assert_eq!(
        chain.pupil("L03")["inschrijvingen"][0]["geregistreerd"],
        true
    );
    // DUO takes it in, its answer is lost; sent again it is the same document.
    chain.duo.set_terugkoppeling(Terugkoppeling::Direct);
    *chain.wires.lost.lock().unwrap() = 1;
    let ended = chain.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L03", "groep": "7B"}),
    );
    assert_eq!(ended.data["reden"], "geen-antwoord");
    let before = chain.duo.state(|state| state.inschrijvingen.iter().count());
    let outcome = chain.done(Action::OpnieuwVersturen, json!({"leerling": "L03"}));
    assert_eq!(outcome.data["documenten"][0]["stand"], "beoordeeld");
    assert_eq!(
        chain.duo.state(|state| state.inschrijvingen.iter().count()),
        before
    );
    assert_eq!(
        chain.pupil("L03")["inschrijvingen"][0]["geregistreerd"],
        true
    );
}

#[test]
fn a_mandate_that_is_withdrawn_ends_it_in_both_directions() {
    let chain = chain("2026-08-24T09:00:00Z", OsrVersion::V3);
    chain.done(Action::RegistreerEndpoint, json!({}));
    chain.registered(Action::CorrigeerInschrijving, json!({"leerling": "L03"}));
    let mandates = chain.osr.mandates();
    let mandate = mandates.iter().find(|mandate| {
        mandate.service == "ROD_PO" && format!("{:?}", mandate.principal).contains("25BE")
    });
    chain
        .osr
        .end_mandate(mandate.unwrap().number, None)
        .unwrap();
    let ended = chain.act(Action::CorrigeerInschrijving, json!({"leerling": "L03"}));
    assert_eq!(
        (ended.status, &ended.data["reden"]),
        (Status::Refused, &json!("geen-mandaat"))
    );
    let delivery = chain.duo.deliver().unwrap();
    assert!(delivery.delivered.is_empty());
    // Another school goes on.
    chain.registered(Action::CorrigeerInschrijving, json!({"leerling": "L20"}));
}

#[test]
fn codes_from_rio() {
    let chain = chain("2026-09-01T05:00:00Z", OsrVersion::V3);
    let outcome = chain.done(Action::HaalRioOp, json!({}));
    let codes = outcome.data["onderwijsaanbieders"].as_array().unwrap();
    assert!(
        codes
            .iter()
            .any(|code| code["code"] == "100A003" && code["erkenning"] == "00AV")
    );
    chain.registered(
        Action::Inschrijven,
        json!({"leerling": "L15", "leerjaar": 3}),
    );
}
