//! The parties of a test: a supplier's desk that sends, and what DUO judges with.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use jiff::{SignedDuration, Timestamp};
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::duo::{Duo, DuoOptions, TAKES, Terugkoppeling};
use ketenkeur::counterpart::{
    Bodies, Body, Desk, DeskOptions, Directory, DirectoryError, Endpoint, Fault, Journal, Judges,
    Post, Query, Reading, Reason, Received, Stamp, receiving_bench,
};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore, school_oin};
use ketenkeur::exchange::{Exchange, HttpFacts, StartLine};
use ketenkeur::facts::Profile;
use ketenkeur::finding::Class;
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{Answer, Handler, Request, Response, TransportError, TransportProblem};

pub const DUO: &str = "00000001800866472000";
pub const SCHOOL: &str = "0000000700025BE00000";

/// Compiling schemas is the dear part: all tests share the bodies and judges.
pub static BODIES: LazyLock<Arc<Bodies>> =
    LazyLock::new(|| Arc::new(Bodies::new(Store::builtin())));
pub static JUDGES: LazyLock<Arc<Judges>> = LazyLock::new(|| {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut store, &mut lists);
    let now = Clock::at("2026-08-03T09:00:00Z".parse().unwrap());
    let bench = receiving_bench(
        Store::builtin(),
        Profile::Test,
        now,
        Trust::new(store, lists),
        None,
    );
    Arc::new(Judges::new(Arc::new(bench), 2))
});

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A desk of an identity of the test PKI.
pub fn desk(identity: &str, clock: &RunningClock, takes: &'static [&'static str]) -> Desk {
    let pki = TestPki::at(clock.read()).unwrap();
    Desk::new(DeskOptions {
        key: Arc::new(pki.signing_key(identity).unwrap()),
        clock: clock.clone(),
        judges: Arc::clone(&JUDGES),
        seed: identity.into(),
        takes,
        defect: Arc::default(),
    })
}

/// A body of the school 25BE made from the example.
pub fn example(root: &str, seed: &str, now: Timestamp) -> Body {
    let mut body = BODIES.example(root).unwrap();
    body.stamp(&Stamp {
        seed: &[seed.as_bytes()],
        now,
        instellingscode: None,
        from: SCHOOL,
        to: DUO,
    });
    body
}

/// A request as a server receives it.
pub fn arrived(request: &Request) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Request {
                method: request.method.clone(),
                url: "/".to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: request.headers.clone(),
        }),
        ..Exchange::bare(Arc::clone(&request.body))
    }
}

/// A response as the client receives it.
pub fn returned(response: &Response, request: Exchange) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Response {
                status: response.status,
            },
            version: "HTTP/1.1".to_string(),
            headers: response.headers.clone(),
        }),
        answers: Some(Arc::new(request)),
        ..Exchange::bare(Arc::clone(&response.body))
    }
}

/// The directions of what a LAS receives.
pub const TO_LAS: &[&str] = &["duo-las", "rio-las"];

/// An OSR in memory: every supplier is mandated until a mandate is withdrawn,
/// and every school has an endpoint until it is taken away.
#[derive(Default)]
pub struct Osr {
    pub withdrawn: Mutex<Vec<(String, String)>>,
    pub without_endpoint: Mutex<Vec<String>>,
    pub asked: Mutex<Vec<String>>,
    pub silent: AtomicBool,
}

impl Directory for Osr {
    fn mandated(&self, query: Query<'_>, supplier: &str) -> Result<bool, DirectoryError> {
        if self.silent.load(Ordering::Relaxed) {
            return Err(DirectoryError::Answer { status: 503 });
        }
        let asked = format!("{} {supplier} {}", query.school, query.service_version);
        self.asked.lock().unwrap().push(asked);
        let key = (query.school.to_string(), query.service_version.to_string());
        Ok(!self.withdrawn.lock().unwrap().contains(&key))
    }

    fn endpoint(
        &self,
        query: Query<'_>,
        _: Option<&str>,
    ) -> Result<Option<Endpoint>, DirectoryError> {
        let without = self.without_endpoint.lock().unwrap();
        Ok(
            (!without.iter().any(|school| school == query.school)).then(|| Endpoint {
                url: format!("https://las.ketenkeur.invalid/{}", query.school),
                supplier: None,
            }),
        )
    }
}

/// How the LAS at the other end of a push behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Confirms,
    Faults,
    BreaksOff,
    /// Answers with the confirmation of another operation.
    ConfirmsOther,
    /// Signs with an expired certificate.
    Expired,
}

/// Delivers pushes to a LAS in memory.
pub struct Las {
    clock: RunningClock,
    pub manner: Mutex<Manner>,
    /// What arrived: school, message element, the body's texts.
    pub inbox: Mutex<Vec<Arrived>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub school: String,
    pub root: String,
    pub document: String,
    /// Leaf elements of the body beside its head.
    pub fields: String,
}

impl Post for Las {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        let manner = *self.manner.lock().unwrap();
        if manner == Manner::BreaksOff {
            return Err(TransportError {
                host: "las.ketenkeur.invalid:443".to_string(),
                problem: TransportProblem::Broken,
            });
        }
        let identity = match manner {
            Manner::Expired => "fout-verlopen",
            _ => "leverancier",
        };
        let las = desk(identity, &self.clock, TO_LAS);
        let exchange = arrived(request);
        let received = las
            .receive(&exchange)
            .unwrap_or_else(|fault| panic!("DUO sent something wrong: {fault:?}"));
        assert_eq!(received.remarks, [], "about DUO's message");
        if manner == Manner::Faults {
            let fault = Fault::from(Reason::Receiver).response();
            return Ok(returned(&fault, exchange));
        }
        let body = received.body();
        self.inbox.lock().unwrap().push(Arrived {
            school: body.instellingscode().unwrap(),
            root: received.root().to_string(),
            document: body.identificatiecode().unwrap(),
            fields: fields(body),
        });
        let root = match manner {
            Manner::ConfirmsOther => "verstrekkenTerugkoppeling_Response".into(),
            _ => BODIES.counterpart_of(received.root()).unwrap(),
        };
        let school = received.facts.to.clone().unwrap();
        let mut answer = BODIES.empty(&root).unwrap();
        answer.set("ontvangstBevestiging", "J").unwrap();
        answer.stamp(&Stamp {
            seed: &[
                b"las",
                received.facts.message_id.as_deref().unwrap().as_bytes(),
            ],
            now: self.clock.now(),
            instellingscode: body.instellingscode().as_deref(),
            from: &school,
            to: DUO,
        });
        let response = las.answer(&received, &school, &answer, None).unwrap();
        Ok(returned(&response, exchange))
    }
}

/// The leaf elements of a body in one line, without its head.
pub fn fields(body: Reading<'_>) -> String {
    const HEAD: [&str; 5] = [
        "identificatiecodeBedrijfsdocument",
        "datumTijdBedrijfsdocument",
        "instellingscode",
        "verzendendeInstantie",
        "ontvangendeInstantie",
    ];
    let mut shown = Vec::new();
    for part in body.parts() {
        if HEAD.contains(&part.name()) {
            continue;
        }
        match part.parts().next() {
            None => shown.push(format!("{}={}", part.name(), part.value())),
            Some(_) => shown.push(format!("{}({})", part.name(), fields_below(part))),
        }
    }
    shown.join(" ")
}

fn fields_below(part: Reading<'_>) -> String {
    let below = part.parts().map(|part| match part.parts().next() {
        None => format!("{}={}", part.name(), part.value()),
        Some(_) => format!("{}({})", part.name(), fields_below(part)),
    });
    below.collect::<Vec<_>>().join(" ")
}

/// DUO among the others.
pub struct World {
    pub clock: RunningClock,
    pub duo: Duo,
    pub osr: Arc<Osr>,
    pub las: Arc<Las>,
    supplier: Desk,
    sent: AtomicU64,
}

/// What came back for a message.
#[derive(Debug)]
pub struct Antwoord {
    pub received: Received,
}

impl Antwoord {
    pub fn goedgekeurd(&self) -> Option<bool> {
        self.received.body().flag("requestGoedgekeurd")
    }

    /// The signals: `MELDING KK-…`.
    pub fn signalen(&self) -> Vec<String> {
        let body = self.received.body();
        let bron = body.all("signaal").map(|signaal| {
            let text = |name| signaal.text(name).unwrap_or_default();
            format!("{} {}", text("soort"), text("code"))
        });
        let rest = body
            .all("foutmelding")
            .map(|fout| format!("FOUTMELDING {}", fout.text("foutcode").unwrap_or_default()));
        bron.chain(rest).collect()
    }

    pub fn text(&self, path: &str) -> String {
        self.received.body().text(path).unwrap_or_default()
    }
}

impl World {
    pub fn at(now: &str) -> Self {
        Self::with(now, Journal::in_memory())
    }

    pub fn with(now: &str, journal: Journal) -> Self {
        let clock = RunningClock::standing_at(moment(now));
        Self::on(clock, journal)
    }

    pub fn on(clock: RunningClock, journal: Journal) -> Self {
        let osr = Arc::new(Osr::default());
        let las = Arc::new(Las {
            clock: clock.clone(),
            manner: Mutex::new(Manner::Confirms),
            inbox: Mutex::default(),
        });
        let duo = Duo::new(DuoOptions {
            desk: desk("duo", &clock, TAKES),
            bodies: Arc::clone(&BODIES),
            calendar: Arc::clone(&JUDGES.bench().facts.calendar),
            directory: Arc::clone(&osr) as Arc<dyn Directory>,
            post: Arc::clone(&las) as Arc<dyn Post>,
            journal,
            terugkoppeling: Terugkoppeling::Direct,
            meld_dubbele_inschrijving: false,
        });
        Self {
            supplier: desk("leverancier", &clock, TO_LAS),
            duo: duo.unwrap(),
            osr,
            las,
            clock,
            sent: AtomicU64::new(0),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, days: i64) {
        assert!(self.clock.advance(SignedDuration::from_hours(24 * days)));
    }

    /// The message that a school sends: from the example, or empty for who
    /// says everything.
    pub fn message(&self, root: &str, school: &str) -> Body {
        let mut body = BODIES.example(root).unwrap();
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        body.stamp(&Stamp {
            seed: &[b"las", &number.to_be_bytes()],
            now: self.clock.now(),
            instellingscode: Some(school),
            from: &school_oin(school).unwrap(),
            to: DUO,
        });
        body
    }

    /// Sends a message on behalf of a school.
    pub fn request(&self, school: &str, body: &Body) -> Exchange {
        let school = school_oin(school).unwrap();
        let signed = self.supplier.request(&school, DUO, body, None).unwrap();
        arrived(&signed.to("https://duo.ketenkeur.invalid/"))
    }

    /// The HTTP response to a message.
    pub fn respond(&self, request: &Exchange) -> Response {
        match self.duo.answer(Arc::new(request.clone())) {
            Answer::Response(response) => response,
            other => panic!("no response: {other:?}"),
        }
    }

    /// Sends a message and judges the answer: it is valid.
    pub fn send(&self, school: &str, body: &Body) -> Antwoord {
        let request = self.request(school, body);
        let response = self.respond(&request);
        assert_eq!(
            response.status,
            200,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
        let received = self
            .supplier
            .receive_answer(&returned(&response, request))
            .unwrap_or_else(|fault| panic!("DUO answered wrongly: {fault:?}"));
        assert_eq!(received.remarks, [], "about DUO's answer");
        Antwoord { received }
    }

    /// Sends a body as it is written; `None` when it gets a fault.
    ///
    /// # Errors
    ///
    /// What is wrong with the answer.
    pub fn send_xml(
        &self,
        school: &str,
        xml: &str,
        action: &str,
    ) -> Result<Option<Antwoord>, String> {
        let school = school_oin(school).unwrap();
        let signed = self
            .supplier
            .sign_xml(&school, DUO, xml, action.to_string(), None)
            .unwrap();
        let request = arrived(&signed.to("https://duo.ketenkeur.invalid/"));
        let response = self.respond(&request);
        if response.status == 500 {
            return Ok(None);
        }
        let received = self
            .supplier
            .receive_answer(&returned(&response, request))
            .map_err(|fault| format!("{fault:?}"))?;
        let wrong: Vec<_> = received.of_class(Class::Foutmelding).collect();
        match wrong.is_empty() {
            true => Ok(Some(Antwoord { received })),
            false => Err(format!("{wrong:?}")),
        }
    }

    /// The reason of the fault that a message gets.
    pub fn refused(&self, school: &str, body: &Body) -> String {
        let request = self.request(school, body);
        let response = self.respond(&request);
        assert_eq!(response.status, 500);
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let (_, rest) = text.split_once("<code>").unwrap();
        rest.split_once('<').unwrap().0.to_string()
    }

    /// Delivers what waits, and what arrived by it.
    pub fn deliver(&self) -> Vec<Arrived> {
        self.duo.deliver().unwrap();
        std::mem::take(&mut self.las.inbox.lock().unwrap())
    }
}
