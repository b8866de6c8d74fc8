//! The LAS as a party: what it keeps, and who asks what of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::conduct::Conduct;
use super::data::School;
use super::ended::{CLOCK, Ended, INTERNAL, TRIGGER, UNKNOWN};
use super::settings::{LasParts, LasSettings};
use super::state::{Entry, State};
use super::with::{about_nobody, iso};
use super::{
    absence, advice, enrolment, osr, overgang, overview, person, resend, rio, show, starter,
};
use crate::clock::RunningClock;
use crate::counterpart::clock;
use crate::counterpart::defect::Slip;
use crate::counterpart::door::{no_such_path, post_only};
use crate::counterpart::trigger::{Action, Outcome, PATH, Status, Trigger};
use crate::counterpart::{
    Bodies, Desk, DeskOptions, Journal, JournalError, Judges, Post, Service, identificatiecode,
    names_a_party,
};
use crate::edukoppeling::{Certificate, SigningKey, school_oin};
use crate::exchange::{Exchange, path_of};
use crate::transport::{Answer, Handler, Response};

/// The name under which the LAS writes in its journal.
const PARTY: &str = "las";

/// The directions of the packs that a LAS takes messages of.
const TAKES: &[&str] = &["duo-las", "rio-las"];

/// How far the moment of a trigger may lie from a clock that cannot be moved.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The built-in LAS: the supplier's side of the chain, as a conforming one
/// does it. Serves several threads at a time.
pub struct Las {
    pub(super) settings: LasSettings,
    pub(super) key: Arc<SigningKey>,
    pub(super) above: Vec<Vec<u8>>,
    pub(super) clock: RunningClock,
    pub(super) bodies: Arc<Bodies>,
    pub(super) desk: Desk,
    pub(super) judges: Arc<Judges>,
    pub(super) post: Arc<dyn Post>,
    journal: Journal,
    state: Mutex<State>,
    /// One turn per pupil: whoever has it sends.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    pub(super) conduct: Conduct,
}

impl std::fmt::Debug for Las {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Las").finish_non_exhaustive()
    }
}

impl Las {
    /// A LAS that goes on where its journal ends.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn new(parts: LasParts) -> Result<Self, JournalError> {
        let conduct = Conduct::with(parts.settings.defect.slips.clone());
        let mut state = parts.starter;
        state.conduct = conduct.clone();
        for entry in parts.journal.entries::<Entry>(PARTY)? {
            state.apply(&entry);
        }
        let desk = Desk::new(DeskOptions {
            key: Arc::clone(&parts.key),
            clock: parts.clock.clone(),
            judges: Arc::clone(&parts.judges),
            seed: Arc::clone(&parts.settings.seed),
            takes: TAKES,
            defect: Arc::clone(&parts.settings.defect),
        });
        Ok(Self {
            settings: parts.settings,
            key: parts.key,
            above: parts.above,
            clock: parts.clock,
            bodies: parts.bodies,
            desk,
            judges: parts.judges,
            post: parts.post,
            journal: parts.journal,
            state: Mutex::new(state),
            turns: Mutex::default(),
            conduct,
        })
    }

    /// What it knows, for as long as the guard lives.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what a trigger asks.
    pub fn trigger(&self, trigger: &Trigger) -> Outcome {
        let Some(action) = Action::named(&trigger.action) else {
            let known: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
            let text = format!("this LAS has no such action; it has {}", known.join(", "));
            return Outcome::new(Status::Unsupported, text);
        };
        let with = &trigger.with;
        let done = self.moved_to(trigger.now).and_then(|()| match action {
            Action::RegistreerEndpoint => osr::register(self, with),
            Action::VerplaatsEndpoint => osr::relocate(self, with),
            Action::VraagMandaatOp => osr::ask_mandate(self, with),
            Action::Identificeer => person::identify(self, with),
            Action::Inschrijven => enrolment::enrol(self, with),
            Action::Uitschrijven => enrolment::leave(self, with),
            Action::CorrigeerInschrijving => enrolment::correct(self, with),
            Action::VoerJaarovergangUit => overgang::carry_out(self, with),
            Action::VerwijderInschrijving => enrolment::remove(self, with),
            Action::GeefAdvies => advice::give(self, with),
            Action::VerwijderAdvies => advice::remove(self, with),
            Action::MeldToetsresultaat => advice::report_test(self, with),
            Action::MeldVerzuim => absence::report(self, with),
            Action::WijzigVerzuim => absence::change(self, with),
            Action::TrekVerzuimIn => absence::withdraw(self, with),
            Action::HaalVerzuimOp => absence::fetch(self, with),
            Action::HaalRegistratieoverzichtOp => overview::fetch(self, with),
            Action::HaalRioOp => rio::fetch(self, with),
            Action::OpnieuwVersturen => resend::resend(self, with),
            Action::LaadBegingegevens => starter::load(self, with),
            Action::Herstart => self.restart(with),
            Action::Toon => show::show(self, with),
        });
        done.unwrap_or_else(Outcome::from)
    }

    /// `herstart`: what was not written down is gone.
    fn restart(&self, with: &Map<String, Value>) -> Result<Outcome, Ended> {
        about_nobody(with)?;
        if !self.journal.is_kept() {
            let text = "this LAS keeps what it knows in memory; start it with --state";
            return Ok(Outcome::new(Status::Unsupported, text));
        }
        let mut state = self.state();
        let entries = self.journal.entries(PARTY);
        state.read_again(&entries.map_err(|error| Ended::failed(INTERNAL, error.to_string()))?);
        let text = "this LAS was started again";
        Ok(Outcome::new(Status::Done, text))
    }

    /// Moves a virtual clock to the moment of a trigger.
    fn moved_to(&self, moment: Option<Timestamp>) -> Result<(), Ended> {
        let Some(moment) = moment else {
            return Ok(());
        };
        let by = moment.duration_since(self.clock.now());
        let within = by.abs() <= CLOCK_SKEW;
        match (self.clock.is_virtual(), by.is_negative()) {
            (true, false) => {
                self.clock.advance(by);
                Ok(())
            }
            _ if within => Ok(()),
            (true, true) => Err(Ended::refused(
                CLOCK,
                "`now` lies before the clock of this LAS",
            )),
            (false, _) => Err(Ended::refused(
                CLOCK,
                "the clock of this LAS cannot be moved, and `now` lies too far from it",
            )),
        }
    }

    /// Writes entries that follow from what is known, and adds them. The
    /// function gets the state, and the number and identificatiecode that the
    /// next document or question has.
    pub(super) fn record<T>(
        &self,
        make: impl FnOnce(&State, u64, String) -> Result<(Vec<Entry>, T), Ended>,
    ) -> Result<T, Ended> {
        let mut state = self.state();
        let number = state.gemaakt;
        let id = identificatiecode(&self.document_seed(&number.to_be_bytes()));
        let (entries, made) = make(&state, number, id)?;
        if self.conduct.writes_down(&entries) {
            self.journal
                .append(PARTY, &entries)
                .map_err(|error| Ended::failed(INTERNAL, error.to_string()))?;
        }
        for entry in &entries {
            state.apply(entry);
        }
        Ok(made)
    }

    /// Writes entries and adds them.
    pub(super) fn note(&self, entries: Vec<Entry>) -> Result<(), Ended> {
        self.record(|_, _, _| Ok((entries, ())))
    }

    /// What the identificatiecode of a document is derived from.
    pub(super) fn document_seed<'a>(&'a self, number: &'a [u8]) -> [&'a [u8]; 3] {
        [self.settings.seed.as_bytes(), b"las", number]
    }

    /// The lock with which one sends about a pupil.
    pub(super) fn turn_of(&self, pupil: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(pupil.to_string()).or_default())
    }

    /// Today, as dates in messages have it.
    pub(super) fn today(&self) -> String {
        iso(self.clock.read().today())
    }

    /// A school of the LAS.
    pub(super) fn school(&self, code: &str) -> Result<School, Ended> {
        let state = self.state();
        let school = state.scholen.get(code).cloned();
        school.ok_or_else(|| Ended::refused(UNKNOWN, "this LAS has no school of that code"))
    }

    /// The school that is meant when a trigger names none: 25BE, else the
    /// first.
    pub(super) fn first_school(&self) -> Result<School, Ended> {
        let state = self.state();
        let school = state.scholen.get("25BE");
        let school = school.or_else(|| state.scholen.values().next()).cloned();
        school.ok_or_else(|| Ended::refused(UNKNOWN, "this LAS has no school"))
    }

    /// The OIN of a school.
    pub(super) fn oin_of(&self, school: &School) -> Result<String, Ended> {
        school_oin(&school.instellingscode)
            .ok_or_else(|| Ended::refused(UNKNOWN, "the code of the school is no BRIN"))
    }

    /// Whether the LAS may act for the school in this service, asked now.
    pub(super) fn permitted(&self, school: &School, service: Service) -> Result<(), Ended> {
        let mandate = osr::mandate(self, school, service, None)?;
        match self.conduct.may_act(mandate.as_ref()) {
            true => Ok(()),
            false => Err(osr::no_mandate()),
        }
    }

    /// Whether a request may make the LAS act: one without TLS, which comes
    /// from this machine alone, or one of the supplier itself. DUO, who calls
    /// at the same door, may not.
    fn may_trigger(&self, request: &Exchange) -> bool {
        let Some(tls) = &request.tls else {
            return true;
        };
        let shown = tls.peer.first().and_then(|der| Certificate::oin_of(der));
        shown.is_some_and(|oin| self.key.oin() == Some(&oin))
    }

    /// Whether who calls may come in.
    fn admits(&self, request: &Exchange) -> bool {
        names_a_party(request) || self.conduct.has(Slip::AdmitsWithoutOin)
    }

    fn triggered(&self, request: &Exchange) -> Response {
        match Trigger::read(&request.body) {
            Ok(trigger) => self.trigger(&trigger).response(),
            Err(error) => {
                let text = format!("the trigger cannot be read: {error}");
                Outcome::from(Ended::refused(TRIGGER, text)).response()
            }
        }
    }
}

impl Handler for Las {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let http = request.http.as_ref();
        let path = http.and_then(|http| http.url()).map(path_of);
        let is_post = http.is_some_and(|http| http.method() == Some("POST"));
        let is = |known: &str| path == Some(known);
        let is_clock = is(clock::PATH);
        let may = self.admits(&request) && (!(is(PATH) || is_clock) || self.may_trigger(&request));
        let response = if !may {
            Response::empty(403)
        } else if is_clock {
            clock::answer(&self.clock, &request)
        } else if is(PATH) && is_post {
            self.triggered(&request)
        } else if is(path_of(&self.settings.own_address)) && is_post {
            self.pushed(&request)
        } else if is(PATH) || is(path_of(&self.settings.own_address)) {
            post_only("LAS")
        } else {
            no_such_path("no-such-path", "LAS", path_of(&self.settings.own_address))
        };
        response.into()
    }
}
