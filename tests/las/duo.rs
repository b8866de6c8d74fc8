//! A DUO that answers as it is told, with real envelopes and signatures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::{
    Body, Desk, DeskOptions, Fault, Part, Reading, Reason, Received, Stamp,
};
use ketenkeur::edukoppeling::SigningKey;
use ketenkeur::exchange::Exchange;
use ketenkeur::transport::Response;

use crate::network::{bodies, judges};

pub const DUO: &str = "00000001800866472000";

/// What DUO does with the next message; without one it approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Registered, with a signal of this soort.
    Signal(&'static str),
    /// Not registered.
    Reject,
    /// The verdict follows.
    Receipt,
    /// A SOAP fault: the receiver cannot take anything in.
    Fault,
    /// A SOAP fault: the sender has no mandate.
    NoMandate,
    /// DUO took it in, and the connection breaks before the answer.
    Broken,
    /// The answer breaks a rule of Edukoppeling.
    Wrong(&'static str),
    /// The answer is that of another operation.
    OtherOperation,
    /// The answer is no answer to this request.
    Unrelated,
    /// The content of the answer is not as the contract has it.
    WrongContent,
    /// Somebody changed the report since the LAS saw it.
    Conflict,
    /// The number with which a pupil is identified.
    Identified(&'static str),
}

pub struct Duo {
    pub desk: Desk,
    pub reactions: Mutex<VecDeque<Reaction>>,
    /// What it took in: root, content, identificatiecode.
    pub taken: Mutex<Vec<Part>>,
    /// Absence reports: number, status, last mutation, number of the pupil.
    pub reports: Mutex<Vec<Report>>,
    clock: RunningClock,
    made: Mutex<u64>,
}

#[derive(Clone)]
pub struct Report {
    pub number: String,
    pub status: &'static str,
    pub seen: (String, String),
    pub content: Part,
}

impl Duo {
    pub fn new(key: Arc<SigningKey>, clock: RunningClock) -> Self {
        Self {
            desk: Desk::new(DeskOptions {
                key,
                clock: clock.clone(),
                judges: judges(),
                seed: "duo".into(),
                takes: &["las-duo", "las-rio"],
                defect: Arc::default(),
            }),
            clock,
            reactions: Mutex::default(),
            taken: Mutex::default(),
            reports: Mutex::default(),
            made: Mutex::new(0),
        }
    }

    pub fn next(&self, reaction: Reaction) {
        self.reactions.lock().unwrap().push_back(reaction);
    }

    /// A body that DUO makes, stamped for a school.
    pub fn body(&self, root: &str, school: &str) -> Body {
        let mut made = self.made.lock().unwrap();
        *made += 1;
        let mut body = bodies().empty(root).unwrap();
        body.stamp(&Stamp {
            seed: &[b"duo", &made.to_be_bytes()],
            now: self.clock.now(),
            instellingscode: Some(school),
            from: DUO,
            to: &format!("00000007000{school}00000"),
        });
        body
    }

    pub fn answer(&self, request: &Exchange) -> Option<Response> {
        let received = match self.desk.receive(request) {
            Ok(received) => received,
            Err(fault) => return Some(fault.response()),
        };
        let asked = Part::read(received.body());
        self.taken.lock().unwrap().push(asked.clone());
        let reaction = self.reactions.lock().unwrap().pop_front();
        let mut breaks = None;
        match reaction {
            Some(Reaction::Fault) => return Some(Fault::from(Reason::Receiver).response()),
            Some(Reaction::NoMandate) => return Some(Fault::from(Reason::Mandate).response()),
            Some(Reaction::Broken) => {
                self.content(&received, &asked, None);
                return None;
            }
            Some(Reaction::Wrong(rule)) => breaks = Some(rule),
            _ => {}
        }
        let mut body = self.content(&received, &asked, reaction);
        if reaction == Some(Reaction::OtherOperation) {
            body = self.body("aanleverenAdviesVO_Response", "25BE");
            body.push(Part::of("requestGoedgekeurd", "true"));
        }
        if reaction == Some(Reaction::WrongContent) {
            body.push(Part::of("requestGoedgekeurd", "misschien"));
        }
        let mut received = received;
        if reaction == Some(Reaction::Unrelated) {
            received.facts.message_id =
                Some("urn:uuid:0f0f0f0f-0000-4000-8000-000000000000".into());
        }
        Some(self.desk.answer(&received, DUO, &body, breaks).unwrap())
    }

    fn content(&self, received: &Received, asked: &Part, reaction: Option<Reaction>) -> Body {
        let root = received.root();
        let response = bodies().counterpart_of(root).unwrap();
        let school = received
            .body()
            .instellingscode()
            .unwrap_or_else(|| "25BE".into());
        let mut body = self.body(&response, &school);
        if root.starts_with("opvragen_") {
            let stamped = body.root().clone();
            let example = bodies().example(&response).unwrap();
            for part in example.root().parts() {
                if stamped.part(part.name()).is_none() {
                    body.push(part.clone());
                }
            }
            return body;
        }
        if reaction == Some(Reaction::Receipt) {
            body.push(Part::of("ontvangstBevestiging", "J"));
            return body;
        }
        let approved = !matches!(reaction, Some(Reaction::Reject | Reaction::Conflict));
        body.push(Part::of("requestGoedgekeurd", approved.to_string()));
        if root.contains("Verzuim") || root.contains("Meldingen") {
            self.absence(&mut body, root, asked, reaction);
            return body;
        }
        let soort = match reaction {
            Some(Reaction::Signal(soort)) => Some(soort),
            Some(Reaction::Reject) => Some("FOUTMELDING"),
            _ => None,
        };
        if let Some(soort) = soort {
            let key = Part::new("sleutelgegeven")
                .with_text("naam", "x")
                .with_text("waarde", "y");
            body.push(
                Part::new("signaal")
                    .with_text("code", "KK-PROEF")
                    .with_text("soort", soort)
                    .with_text("omschrijving", "Proef.")
                    .with(key),
            );
        }
        if let Some(Reaction::Identified(number)) = reaction {
            body.push(Part::of("burgerservicenummer", number));
        } else if root.starts_with("aanleverenIdentificeren") {
            body.push(Part::of("onderwijsnummer", "999935593"));
        }
        body
    }

    /// The moment of a mutation, as DUO writes it.
    fn moment(&self) -> (String, String) {
        let now = self.clock.now();
        (
            now.strftime("%Y-%m-%d").to_string(),
            now.strftime("%H:%M:%S%.3f").to_string(),
        )
    }

    fn absence(&self, body: &mut Body, root: &str, asked: &Part, reaction: Option<Reaction>) {
        let mut reports = self.reports.lock().unwrap();
        let refuse = |body: &mut Body, code: &str, text: &str| {
            body.replace(Part::of("requestGoedgekeurd", "false"));
            body.push(
                Part::new("foutmelding")
                    .with_text("foutcode", code)
                    .with_text("fouttekst", text),
            );
        };
        if root.starts_with("aanvraag") {
            for report in reports.iter() {
                let mut melding = Part::new("melding").with_text("meldingsnummer", &*report.number);
                for name in [
                    "verzuimsoort",
                    "begindatum",
                    "einddatum",
                    "vermoedelijkeReden",
                    "actieOndernemen",
                    "contactpersoon",
                ] {
                    if let Some(part) = report.content.part(name) {
                        melding.push(part.clone());
                    }
                }
                let mut geval = Part::new("verzuimgeval");
                for name in [
                    "burgerservicenummer",
                    "onderwijsnummer",
                    "onderwijsinstelling",
                    "onderwijsdeelname",
                ] {
                    if let Some(part) = report.content.part(name) {
                        geval.push(part.clone());
                    }
                }
                let seen = Part::new("procesverloop")
                    .with_text("datumLaatsteMutatie", &*report.seen.0)
                    .with_text("tijdstipLaatsteMutatie", &*report.seen.1);
                let mut geval = geval
                    .with(melding)
                    .with_text("status", report.status)
                    .with(seen);
                if report.status == "G" {
                    geval.push(Part::of("redenMeldingAfgesloten", "GESPREK_GEVOERD"));
                }
                body.push(geval);
            }
            let now = self.moment();
            body.push(
                Part::new("selectieperiode")
                    .with_text("datumBeginSelectieperiode", now.0)
                    .with_text("tijdstipBeginSelectieperiode", now.1),
            );
            return;
        }
        if reaction == Some(Reaction::Reject) {
            return refuse(body, "KK-PROEF", "Proef.");
        }
        let number = asked.text_at("meldingsnummer").map(str::to_string);
        if root.starts_with("melden") {
            let number = format!("{}", 7_004_512 + reports.len());
            reports.push(Report {
                number: number.clone(),
                status: "R",
                seen: self.moment(),
                content: asked.clone(),
            });
            body.push(Part::of("meldingsnummer", number));
            body.push(Part::of("status", "R"));
            return;
        }
        let report = reports
            .iter_mut()
            .find(|report| Some(&report.number) == number.as_ref())
            .unwrap();
        if reaction == Some(Reaction::Conflict) {
            report.seen.1 = "23:59:59.999".to_string();
        }
        let shown = asked.part("procesverloop").map(|part| {
            (
                part.text_at("datumLaatsteMutatie").unwrap().to_string(),
                part.text_at("tijdstipLaatsteMutatie").unwrap().to_string(),
            )
        });
        if shown.is_some_and(|shown| shown != report.seen) {
            return refuse(
                body,
                "KK-PROEF-LAATSTE-MUTATIE",
                "De melding is intussen gewijzigd.",
            );
        }
        if root.starts_with("intrekken") {
            report.status = "I";
        }
        report.seen = self.moment();
        body.push(Part::of("meldingsnummer", &*report.number));
        body.push(Part::of("status", report.status));
        body.push(
            Part::new("procesverloop")
                .with_text("datumLaatsteMutatie", &*report.seen.0)
                .with_text("tijdstipLaatsteMutatie", &*report.seen.1),
        );
    }
}

/// The content of a message in its envelope.
pub fn content(exchange: &Exchange) -> Part {
    use ketenkeur::document::{Document, Gated};
    use ketenkeur::edukoppeling::Envelope;
    let document = Document::from_xml(Gated::xml(&exchange.body).unwrap()).unwrap();
    let body = Envelope::of(&document).unwrap().body.unwrap();
    let root = document.elements(body).next().unwrap();
    Part::read(Reading::of(&document, root))
}
