//! What a message leads to while it is being worked out: entries that are in
//! the state already and not yet in the journal.

use std::sync::Arc;

use jiff::Timestamp;

use super::outbox::Push;
use super::state::{Entry, State};
use crate::counterpart::{Bodies, Part, PersoonsgebondenNummer, Stamp};
use crate::edukoppeling::school_oin;
use crate::facts::Calendar;

/// What everything is made with.
#[derive(Clone)]
pub(super) struct Means {
    pub bodies: Arc<Bodies>,
    pub calendar: Arc<Calendar>,
    pub seed: Arc<str>,
    /// DUO's own OIN.
    pub oin: Arc<str>,
}

/// Who hears something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipient<'a> {
    /// The school.
    pub instelling: &'a str,
    /// The vestiging that it is about, where it is about one.
    pub vestiging: Option<&'a str>,
}

/// Entries in the making.
pub(super) struct Draft<'s> {
    state: &'s mut State,
    means: &'s Means,
    now: Timestamp,
    entries: Vec<Entry>,
}

impl<'s> Draft<'s> {
    pub fn new(state: &'s mut State, means: &'s Means, now: Timestamp) -> Self {
        Self {
            state,
            means,
            now,
            entries: Vec::new(),
        }
    }

    /// The state with all entries so far.
    pub fn state(&self) -> &State {
        self.state
    }

    pub fn calendar(&self) -> Arc<Calendar> {
        Arc::clone(&self.means.calendar)
    }

    pub fn means(&self) -> &'s Means {
        self.means
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Adds what happened.
    pub fn add(&mut self, entry: Entry) {
        self.state.apply(&entry);
        self.entries.push(entry);
    }

    /// Makes a message for a school. One that the packs do not have stands in
    /// the outbox without a body, and stays there with that reason.
    pub fn push(
        &mut self,
        bericht: &str,
        to: Recipient<'_>,
        persoon: Option<&PersoonsgebondenNummer>,
        parts: Vec<Part>,
    ) {
        let Recipient {
            instelling,
            vestiging,
        } = to;
        let nummer = self.state.outbox.volgend();
        let routing_id = vestiging.and_then(|code| self.state.administraties.get(code));
        let mut push = Push {
            nummer,
            instelling: instelling.to_string(),
            administratie: routing_id.cloned(),
            bericht: bericht.to_string(),
            action: String::new(),
            document: String::new(),
            persoon: persoon.map(|persoon| persoon.digits().to_string()),
            xml: String::new(),
            gemaakt: self.now,
        };
        if let Ok(mut body) = self.means.bodies.empty(bericht) {
            for part in parts {
                body.push(part);
            }
            let to = school_oin(instelling).unwrap_or_default();
            push.document = body.stamp(&Stamp {
                seed: &[self.means.seed.as_bytes(), b"push", &nummer.to_be_bytes()],
                now: self.now,
                instellingscode: Some(instelling),
                from: &self.means.oin,
                to: &to,
            });
            push.action = body.action().unwrap_or_default().to_string();
            push.xml = body.to_xml();
        }
        self.add(Entry::Push(push));
    }

    /// What is to be written to the journal.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}
