//! What DUO pushes: judged, kept, and only then confirmed.

use super::conduct::Arrival;
use super::data::School;
use super::document::{Onderwerp, Push};
use super::osr;
use super::party::Las;
use super::state::Entry;
use super::verdict;
use crate::counterpart::{Fault, Part, Reason, Received, Service, Stamp};
use crate::edukoppeling::school_oin;
use crate::exchange::Exchange;
use crate::finding::Class;
use crate::transport::Response;

impl Las {
    /// Answers a push.
    pub(super) fn pushed(&self, request: &Exchange) -> Response {
        let answered = self.desk.receive(request).and_then(|received| {
            let (school, push) = self.accepted(&received)?;
            self.keep(push)?;
            self.confirmation(&received, &school)
        });
        answered.unwrap_or_else(|fault| fault.response())
    }

    /// The push of a message that the LAS takes.
    fn accepted(&self, received: &Received) -> Result<(School, Push), Fault> {
        let wrong: Vec<_> = received.of_class(Class::Foutmelding).collect();
        if !wrong.is_empty() {
            let rules = wrong
                .iter()
                .map(|remark| (remark.code.clone(), remark.text.clone()));
            return Err(Fault {
                reason: Reason::Content,
                rules: rules.collect(),
            });
        }
        if !verdict::PUSHES.contains(&received.root()) {
            return Err(Reason::Unknown.into());
        }
        let body = received.body();
        let code = body.instellingscode().ok_or(Reason::Content)?;
        let school = self.state().scholen.get(&code).cloned();
        let school = school.ok_or(Reason::School)?;
        // Where the addressing names a school, it is this one.
        let addressed = received.facts.to.as_ref();
        if addressed.is_some_and(|oin| school_oin(&code).as_ref() != Some(oin)) {
            return Err(Reason::Envelope.into());
        }
        if received.root() == verdict::BEKOSTIGINGSSTATUS {
            let number = body.text("inschrijvingvolgnummer").unwrap_or_default();
            let about = Onderwerp::Inschrijving(number);
            let state = self.state();
            let mut documents = state.documenten.iter();
            let delivered = documents.any(|document| document.onderwerp == about);
            if !self.conduct.takes_funding(delivered) {
                return Err(Reason::Content.into());
            }
        }
        let service = received.service.unwrap_or(Service::RodPo);
        match osr::mandate(self, &school, service, None) {
            Ok(mandate) if self.conduct.may_act(mandate.as_ref()) => {}
            Ok(_) => return Err(Reason::Mandate.into()),
            Err(_) => return Err(Reason::Receiver.into()),
        }
        let moment = body.text("datumTijdBedrijfsdocument");
        let moment = moment.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let push = Push {
            id: body.identificatiecode().ok_or(Reason::Content)?,
            instellingscode: code,
            root: received.root().to_string(),
            nummer: body.number(),
            gemaakt: moment.ok_or(Reason::Content)?.as_nanosecond(),
            eerder: 0,
            inhoud: Part::read(body),
        };
        Ok((school, push))
    }

    /// Writes a push down, unless it was before.
    fn keep(&self, mut push: Push) -> Result<(), Fault> {
        let arrival = self.record(|state, _, _| {
            let (known, nth) = (state.ontvangen.get(&push.id), state.ontvangen.len());
            let arrival = self.conduct.arrival(&push, known);
            push.gemaakt = self.conduct.made(push.gemaakt, nth);
            push.eerder = nth;
            if known.is_some() && arrival == Arrival::New {
                push.id = format!("{}#{nth}", push.id);
            }
            Ok(match arrival {
                Arrival::New => (vec![Entry::Ontvangen(Box::new(push))], arrival),
                Arrival::Again | Arrival::Other => (Vec::new(), arrival),
            })
        });
        match arrival {
            Ok(Arrival::New | Arrival::Again) => Ok(()),
            Ok(Arrival::Other) => Err(Reason::Content.into()),
            Err(_) => Err(Reason::Receiver.into()),
        }
    }

    /// The OntvangstBevestiging. Its identificatiecode follows from the push
    /// and the try, so that every try is confirmed by a document of its own.
    fn confirmation(&self, received: &Received, school: &School) -> Result<Response, Fault> {
        let receiver = || Fault::from(Reason::Receiver);
        let root = self
            .bodies
            .counterpart_of(received.root())
            .ok_or_else(receiver)?;
        let mut body = self.bodies.empty(&root).map_err(|_| receiver())?;
        let oin = self.oin_of(school).map_err(|_| receiver())?;
        let document = received.body().identificatiecode().unwrap_or_default();
        let asked = received.facts.message_id.as_deref().unwrap_or_default();
        body.stamp(&Stamp {
            seed: &[
                self.settings.seed.as_bytes(),
                b"bevestiging",
                document.as_bytes(),
                asked.as_bytes(),
            ],
            now: self.clock.now(),
            instellingscode: Some(&school.instellingscode),
            from: &oin,
            to: &self.settings.duo_oin,
        });
        body.push(Part::of("ontvangstBevestiging", "J"));
        self.desk
            .answer(received, &oin, &body, None)
            .map_err(|_| receiver())
    }
}
