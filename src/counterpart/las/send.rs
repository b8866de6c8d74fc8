//! How a message goes out and what comes back of it.

use std::sync::PoisonError;

use jiff::Timestamp;

use super::conduct;
use super::data::School;
use super::document::{Document, Fout, Onderwerp, Stand};
use super::ended::{ANSWER, CONNECTION, Ended, FAULT, INTERNAL, ORDER, TRIGGER};
use super::party::Las;
use super::show::signals;
use super::state::{Entry, State};
use super::verdict;
use crate::counterpart::defect::Slip;
use crate::counterpart::trigger::{Outcome, Status};
use crate::counterpart::{Body, Part, PersoonsgebondenNummer, Service, Signed, Stamp};
use crate::exchange::Exchange;
use crate::finding::{Class, Kind};

/// Codes of what is not built as the contract says.
const SCHEMA: &str = "KK-XSD-";

/// A document before it has an identificatiecode.
pub struct Draft {
    /// The message element.
    pub root: String,
    /// What it is about.
    pub onderwerp: Onderwerp,
    /// Its content.
    pub inhoud: Vec<Part>,
    /// Whether the pupil's number belongs in it.
    pub met_nummer: bool,
    /// What changes in the LAS by the same act.
    pub changes: Vec<Entry>,
}

/// A document that was sent, and where it stands now.
pub struct Sent {
    /// Its identificatiecode.
    pub id: String,
    /// Where it stands.
    pub stand: Stand,
    /// Whether DUO judged it and registered it.
    pub registered: bool,
}

impl Las {
    /// Makes a document about a pupil and sends it, after those that were made
    /// before. What changes is written down before anything goes out.
    ///
    /// # Errors
    ///
    /// No mandate; what `make` refuses; nothing that can be believed came back.
    pub(super) fn send(
        &self,
        school: &School,
        pupil: &str,
        service: Service,
        make: impl FnOnce(&State) -> Result<Draft, Ended>,
    ) -> Result<Sent, Ended> {
        self.permitted(school, service)?;
        let turn = self.turn_of(pupil);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.send_in_turn(school, pupil, make)
    }

    /// The same by whoever has the pupil's turn and the mandate.
    pub(super) fn send_in_turn(
        &self,
        school: &School,
        pupil: &str,
        make: impl FnOnce(&State) -> Result<Draft, Ended>,
    ) -> Result<Sent, Ended> {
        let now = self.clock.now();
        let (id, waits) = self.record(|state, volgorde, id| {
            let draft = make(state)?;
            let mut documents = state.documenten_over(pupil);
            let waits = documents.any(|earlier| self.conduct.waits_for(earlier));
            let document = Document {
                id: id.clone(),
                volgorde,
                instellingscode: school.instellingscode.clone(),
                leerling: pupil.to_string(),
                root: draft.root,
                onderwerp: draft.onderwerp,
                inhoud: draft.inhoud,
                met_nummer: draft.met_nummer,
                gemaakt: now.as_nanosecond(),
                nummer: None,
                pogingen: 0,
                stand: Stand::Wacht,
            };
            let mut entries = draft.changes;
            let new = entries.iter().find_map(|entry| match entry {
                Entry::Leerling(pupil) => Some(pupil),
                _ => None,
            });
            let pupil = new.or_else(|| state.leerlingen.get(pupil));
            let number = pupil.and_then(|pupil| state.nummer_van(pupil));
            self.is_valid(&self.written(&document, school, number.as_ref())?)?;
            entries.push(Entry::Gemaakt(document));
            Ok((entries, (id, waits)))
        })?;
        if waits {
            return Err(Ended::failed(
                ORDER,
                "an earlier document about this pupil has no answer; this one waits for it (opnieuw-versturen)",
            )
            .with("identificatiecodeBedrijfsdocument", id)
            .with("stand", Stand::Wacht.name()));
        }
        self.deliver(&id)
    }

    /// Sends a document once, by whoever has the pupil's turn.
    ///
    /// # Errors
    ///
    /// Nothing came back that can be believed: its fate is unknown.
    pub(super) fn deliver(&self, id: &str) -> Result<Sent, Ended> {
        let named = |ended: Ended| ended.with("identificatiecodeBedrijfsdocument", id);
        let (document, school, number) = {
            let state = self.state();
            let mut documents = state.documenten.iter();
            let document = documents.find(|document| document.id == id).cloned();
            let document = document.ok_or_else(|| internal("the document is gone"))?;
            let school = state.scholen.get(&document.instellingscode).cloned();
            let pupil = state.leerlingen.get(&document.leerling);
            let today = pupil.and_then(|pupil| state.nummer_van(pupil));
            let number = self.conduct.number_to_send(&document, today);
            let number = number.filter(|_| document.met_nummer);
            let school = school.ok_or_else(|| internal("the school is gone"))?;
            (document, school, number)
        };
        let body = self.written(&document, &school, number.as_ref())?;
        // White space around the body is not part of the message, but makes
        // another message id of another try.
        let again = "\n".repeat(document.pogingen as usize);
        let signed = self.signed(&school, &body, &again)?;
        self.note(vec![Entry::Verzonden {
            document: id.to_string(),
            nummer: number,
        }])?;
        let service = self.service_of(&document.root)?;
        let stand = self
            .exchanged(&signed, &document.root, service)
            .map_err(named)?;
        let stand = match stand {
            Came::Fault(fault) if conduct::may_try_again(&fault) => {
                return Err(named(refused_with(&fault)));
            }
            Came::Fault(fault) => Stand::Afgewezen(fault),
            Came::Answer(answer) => verdict::of_answer(&answer)
                .map(|stand| self.conduct.stand_of(stand))
                .ok_or_else(|| Ended::failed(ANSWER, "the answer says nothing of the document"))
                .map_err(named)?,
        };
        self.note(vec![Entry::Beantwoord {
            document: id.to_string(),
            stand: stand.clone(),
        }])?;
        let registered = match &stand {
            Stand::Beoordeeld(verdict) => self.conduct.is_registered(verdict),
            _ => false,
        };
        Ok(Sent {
            id: id.to_string(),
            stand,
            registered,
        })
    }

    /// A document as it goes out, with that number of the pupil.
    fn written(
        &self,
        document: &Document,
        school: &School,
        number: Option<&PersoonsgebondenNummer>,
    ) -> Result<Body, Ended> {
        let made = Timestamp::from_nanosecond(document.gemaakt)
            .map_err(|_| internal("the moment of the document is out of range"))?;
        let mut body = self.body(
            &document.root,
            school,
            self.conduct.place_of(document),
            made,
        )?;
        for part in &document.inhoud {
            body.push(part.clone());
        }
        if let Some(number) = number.filter(|_| document.met_nummer) {
            body.replace(Part::of(number.element(), self.conduct.written(number)));
        }
        Ok(body)
    }

    /// Whether a message is built as its contract says. What a trigger gives
    /// may not be, and nothing of that kind leaves a LAS.
    fn is_valid(&self, body: &Body) -> Result<(), Ended> {
        if self.conduct.has(Slip::SendsUnchecked) {
            return Ok(());
        }
        let mut exchange = Exchange::bare(body.to_xml().into_bytes());
        exchange.received = Some(self.clock.now());
        let outcome = self.judges.judge(exchange);
        let outcome = outcome.ok_or_else(|| internal("nobody is left to judge the message"))?;
        // What cannot be read is no message at all.
        let is_read = outcome.judged.message.is_some();
        let findings = outcome.judged.findings.iter();
        let broken: Vec<&str> = findings
            .filter(|finding| finding.kind == Kind::Violation)
            .map(|finding| &*finding.code)
            .filter(|code| !is_read || code.starts_with(SCHEMA))
            .collect();
        if broken.is_empty() {
            return Ok(());
        }
        let text = format!(
            "the message would not be as its contract says: {}",
            broken.join(", ")
        );
        Err(Ended::refused(TRIGGER, text).with("regels", broken))
    }

    /// Asks DUO or RIO something about a school that changes nothing there.
    ///
    /// # Errors
    ///
    /// Nothing came back that can be believed, or a fault.
    pub(super) fn ask(&self, school: &School, root: &str, parts: Vec<Part>) -> Result<Part, Ended> {
        let number =
            self.record(|_, number, document| Ok((vec![Entry::Gevraagd { document }], number)))?;
        let mut body = self.body(root, school, number, self.clock.now())?;
        for part in parts {
            body.push(part);
        }
        let signed = self.signed(school, &body, "")?;
        match self.exchanged(&signed, root, self.service_of(root)?)? {
            Came::Answer(answer) => Ok(answer),
            Came::Fault(fault) => Err(refused_with(&fault)),
        }
    }

    /// A body with its stamp.
    fn body(
        &self,
        root: &str,
        school: &School,
        number: u64,
        made: Timestamp,
    ) -> Result<Body, Ended> {
        let mut body = self
            .bodies
            .empty(root)
            .map_err(|error| internal(&error.to_string()))?;
        body.stamp(&Stamp {
            seed: &self.document_seed(&number.to_be_bytes()),
            now: self.conduct.stamped(made),
            instellingscode: Some(&school.instellingscode),
            from: &self.oin_of(school)?,
            to: &self.settings.duo_oin,
        });
        Ok(body)
    }

    /// Signs a body with the supplier's key in the name of the school.
    fn signed(&self, school: &School, body: &Body, around: &str) -> Result<Signed, Ended> {
        let xml = body.to_xml() + around;
        let action = body.action().unwrap_or_default().to_string();
        let (from, to) = (self.oin_of(school)?, &self.settings.duo_oin);
        self.desk
            .sign_xml(&from, to, &xml, action, None)
            .map_err(|error| internal(&error.to_string()))
    }

    /// The service that a message belongs to.
    pub(super) fn service_of(&self, root: &str) -> Result<Service, Ended> {
        let mut messages = self.bodies.store().messages();
        let found = messages.find(|(_, message)| message.root.as_deref() == Some(root));
        found
            .and_then(|(pack, _)| Service::of_family(&pack.manifest.family))
            .ok_or_else(|| internal("the message belongs to no service"))
    }

    /// Sends a message and reads what comes back. An answer is believed when
    /// its envelope, signature and content hold and it answers this message.
    fn exchanged(&self, signed: &Signed, root: &str, service: Service) -> Result<Came, Ended> {
        let request = signed.to(self.settings.duo.of(service));
        let response = self
            .post
            .post(&request)
            .map_err(|error| Ended::failed(CONNECTION, error.to_string()))?;
        if let Some(fault) = verdict::fault(&response.body) {
            return Ok(Came::Fault(fault));
        }
        let http = response.http.as_ref();
        if self.conduct.has(Slip::StatusIsVerdict)
            && http.and_then(|http| http.status()) == Some(200)
        {
            return Ok(Came::Answer(
                Part::new(root).with_text("requestGoedgekeurd", "true"),
            ));
        }
        let received = self.desk.receive_answer(&response).map_err(|fault| {
            let rules: Vec<&str> = fault.rules.iter().map(|(code, _)| &**code).collect();
            let text = format!("the answer cannot be believed: {}", rules.join(", "));
            Ended::failed(ANSWER, text).with("regels", rules)
        })?;
        let wrong: Vec<&str> = received
            .of_class(Class::Foutmelding)
            .map(|remark| &*remark.code)
            .collect();
        if !wrong.is_empty() {
            let text = format!("the content of the answer is wrong: {}", wrong.join(", "));
            return Err(Ended::failed(ANSWER, text).with("regels", wrong));
        }
        if self.bodies.counterpart_of(root).as_deref() != Some(received.root()) {
            return Err(Ended::failed(
                ANSWER,
                "the answer is that of another operation",
            ));
        }
        Ok(Came::Answer(Part::read(received.body())))
    }
}

/// What came back.
enum Came {
    Answer(Part),
    Fault(Fout),
}

/// The end when a fault came.
fn refused_with(fault: &Fout) -> Ended {
    let Fout { code, tekst, .. } = fault;
    Ended::failed(
        FAULT,
        format!("the message was refused with a fault: {code} {tekst}"),
    )
    .with("foutcode", &**code)
}

fn internal(text: &str) -> Ended {
    Ended::failed(INTERNAL, text)
}

impl Sent {
    /// What a trigger hears of it.
    ///
    /// # Errors
    ///
    /// It was refused with a fault.
    pub fn outcome(&self, what: &str) -> Result<Outcome, Ended> {
        let outcome = match &self.stand {
            Stand::Afgewezen(fault) => {
                return Err(
                    refused_with(fault).with("identificatiecodeBedrijfsdocument", &*self.id)
                );
            }
            Stand::Beoordeeld(verdict) => {
                let text = match self.registered {
                    true => format!("{what} is registered"),
                    false => format!("{what} is not registered"),
                };
                let outcome =
                    Outcome::new(Status::Done, text).with("geregistreerd", self.registered);
                outcome.with("signalen", signals(verdict))
            }
            Stand::Ontvangen | Stand::Wacht | Stand::Onbeantwoord => Outcome::new(
                Status::Done,
                format!("{what} was received; the verdict is still to come"),
            ),
        };
        Ok(outcome
            .with("identificatiecodeBedrijfsdocument", &*self.id)
            .with("stand", self.stand.name()))
    }
}
