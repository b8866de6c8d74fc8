//! Messages that DUO has for schools (10-landscape.md, po-informatiediensten;
//! 30-bron-po.md, how the exchange behaves): each waits until the LAS has
//! confirmed it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dagen::moment;
use crate::counterpart::defect::Slip;
use crate::counterpart::{Desk, Directory, Post, Query, Reason, Service};
use crate::edukoppeling::school_oin;
use crate::transport::TransportProblem;

/// A message for a school. Sent again, it is the same document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Its place among all of DUO's messages, from 1.
    pub nummer: u64,
    /// The school.
    pub instelling: String,
    /// The routing id of the administration that it is for, where the school
    /// has several.
    #[serde(default)]
    pub administratie: Option<String>,
    /// The message element.
    pub bericht: String,
    /// `wsa:Action`.
    pub action: String,
    /// Its identificatiecodeBedrijfsdocument.
    pub document: String,
    /// The pupil it is about: one pupil's messages keep their order.
    #[serde(default)]
    pub persoon: Option<String>,
    /// The body.
    pub xml: String,
    /// When it was made.
    #[serde(with = "moment")]
    pub gemaakt: Timestamp,
}

impl std::fmt::Debug for Push {
    /// Leaves out pupil and body.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Push")
            .field("nummer", &self.nummer)
            .field("instelling", &self.instelling)
            .field("bericht", &self.bericht)
            .finish_non_exhaustive()
    }
}

/// Why a message was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undelivered {
    /// The OSR has no endpoint for the school.
    NoEndpoint,
    /// The OSR gave no answer.
    Directory,
    /// No answer came from the endpoint.
    Transport,
    /// The endpoint answered with a SOAP fault.
    Fault,
    /// The answer cannot be accepted: its envelope, signature or body is wrong.
    Answer,
    /// The answer does not confirm.
    NotConfirmed,
    /// An earlier message about the same pupil waits.
    Behind,
    /// DUO could not make the message.
    Own,
}

/// What became of the messages that waited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Delivered and confirmed.
    pub delivered: Vec<Push>,
    /// Still waiting, each with the reason.
    pub waiting: Vec<(Push, Undelivered)>,
}

/// The messages that wait, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    wachtend: BTreeMap<u64, (Push, Option<Undelivered>)>,
    laatste: u64,
    bezorgd: u64,
}

impl Outbox {
    /// The messages that wait, each with the reason of the last attempt.
    pub fn waiting(&self) -> impl Iterator<Item = (&Push, Option<Undelivered>)> {
        self.wachtend.values().map(|(push, reason)| (push, *reason))
    }

    /// How many messages were delivered and confirmed.
    pub fn delivered(&self) -> u64 {
        self.bezorgd
    }

    /// The number of the next message.
    pub(super) fn volgend(&self) -> u64 {
        self.laatste + 1
    }

    pub(super) fn voeg_toe(&mut self, push: &Push) {
        self.laatste = self.laatste.max(push.nummer);
        self.wachtend.insert(push.nummer, (push.clone(), None));
    }

    pub(super) fn is_bezorgd(&mut self, nummer: u64) {
        if self.wachtend.remove(&nummer).is_some() {
            self.bezorgd += 1;
        }
    }

    pub(super) fn is_niet_bezorgd(&mut self, nummer: u64, reason: Undelivered) {
        if let Some((_, last)) = self.wachtend.get_mut(&nummer) {
            *last = Some(reason);
        }
    }
}

/// Tries each message once, in order per school. A school or administration
/// whose endpoint does not answer is not asked again this time; behind a
/// message that is refused, those about the same pupil wait. `tell` hears of
/// every outcome at once.
pub(super) fn deliver(
    pushes: Vec<Push>,
    desk: &Desk,
    directory: &dyn Directory,
    post: &dyn Post,
    mut tell: impl FnMut(&Push, Result<(), Undelivered>),
) -> Delivery {
    let mut result = Delivery::default();
    let mut silent: BTreeMap<(String, Option<String>), Undelivered> = BTreeMap::new();
    let mut behind: BTreeSet<(String, String)> = BTreeSet::new();
    for push in pushes {
        let pupil = push
            .persoon
            .clone()
            .map(|pupil| (push.instelling.clone(), pupil));
        let receiver = (push.instelling.clone(), push.administratie.clone());
        let outcome = match silent.get(&receiver) {
            Some(&reason) => Err(reason),
            None if pupil.as_ref().is_some_and(|pupil| behind.contains(pupil)) => {
                Err(Undelivered::Behind)
            }
            None => attempt(&push, desk, directory, post),
        };
        tell(&push, outcome);
        match outcome {
            Ok(()) => result.delivered.push(push),
            Err(reason) => {
                use Undelivered::{Directory, NoEndpoint, Transport};
                if matches!(reason, NoEndpoint | Directory | Transport) {
                    silent.insert(receiver, reason);
                }
                behind.extend(pupil);
                result.waiting.push((push, reason));
            }
        }
    }
    result
}

fn attempt(
    push: &Push,
    desk: &Desk,
    directory: &dyn Directory,
    post: &dyn Post,
) -> Result<(), Undelivered> {
    let school = school_oin(&push.instelling).ok_or(Undelivered::NoEndpoint)?;
    let query = Query {
        school: &school,
        service_version: Service::RodPo.namespace(),
        moment: desk.clock().now(),
    };
    let takes_first = desk.defect().has(Slip::FirstEndpoint);
    let routing_id = push.administratie.as_deref().filter(|_| !takes_first);
    let endpoint = directory
        .endpoint(query, routing_id)
        .map_err(|_| Undelivered::Directory)?
        .ok_or(Undelivered::NoEndpoint)?;
    let signed = desk
        .sign_xml(desk.oin(), &school, &push.xml, push.action.clone(), None)
        .map_err(|_| Undelivered::Own)?;
    let response = post.post(&signed.to(&endpoint.url)).map_err(|error| {
        // A URL that cannot be called is the school's mistake, not a silence.
        match error.problem {
            TransportProblem::Url => Undelivered::NoEndpoint,
            _ => Undelivered::Transport,
        }
    })?;
    let is_fault = response
        .http
        .as_ref()
        .is_some_and(|http| http.status() == Some(500));
    let answer = desk.receive_answer(&response).map_err(|fault| {
        match is_fault && fault.reason != Reason::Receiver {
            true => Undelivered::Fault,
            false => Undelivered::Answer,
        }
    })?;
    let wrong = answer
        .remarks
        .iter()
        .any(|remark| remark.class == crate::finding::Class::Foutmelding);
    if wrong {
        return Err(Undelivered::Answer);
    }
    let body = answer.body();
    let same_operation = push
        .bericht
        .strip_suffix("_Request")
        .is_some_and(|operation| *answer.message.operation == *operation);
    let confirmed = body.text("ontvangstBevestiging").as_deref() == Some("J");
    let own = body.instellingscode().as_deref() == Some(&push.instelling);
    match same_operation && confirmed && own {
        true => Ok(()),
        false => Err(Undelivered::NotConfirmed),
    }
}
