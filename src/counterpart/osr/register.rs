//! The register itself: it starts, remembers, and answers.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;
use jiff::civil::Date;

use super::data::OsrData;
use super::data_check::DataError;
use super::entry::{Endpoint, Entry, Mandate, Principal};
use super::ids::{Seed, hex};
use super::limit::Calls;
use super::state::{State, is_of_school};
use super::{api, h2m};
use crate::clock::RunningClock;
use crate::counterpart::defect::Defect;
use crate::counterpart::{Journal, JournalError};
use crate::edukoppeling::Trust;
use crate::exchange::Exchange;
use crate::facts::Profile;
use crate::limits::MAX_OSR_REQUEST_BYTES;
use crate::transport::RequestTarget as Target;
use crate::transport::{Answer, Handler, Response};

/// The name of the OSR in a journal.
const PARTY: &str = "osr";

/// What an OSR is made of.
pub struct OsrOptions {
    /// What it starts with.
    pub data: OsrData,
    /// Where it remembers what happened.
    pub journal: Journal,
    /// The time that the parties share.
    pub clock: RunningClock,
    /// What tokens, keys and cookies are derived from. Whoever knows it knows
    /// them: a register for others than its own tests takes a random one.
    pub seed: u64,
    /// Addresses in production are no IP addresses and not localhost.
    pub profile: Profile,
    /// The roots and revocation lists for the certificates in a JWT.
    pub trust: Arc<Trust>,
    /// What it does wrong.
    pub defect: Arc<Defect>,
}

/// Why an OSR cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OsrError {
    /// The data do not fit each other.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal belongs to an OSR with other data or another seed.
    #[error("the state was made by an OSR with other data or another seed")]
    OtherData,
}

/// Why the register does not do what a caller in the program asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such school or board.
    #[error("there is no such school or board")]
    Principal,
    /// There is no such service, or its mandates are given on another level.
    #[error("there is no such service at this level")]
    Service,
    /// There is no such supplier, or its system does not do the service.
    #[error("there is no such supplier for the service")]
    Supplier,
    /// The last day is before the first.
    #[error("the last day is before the first")]
    Period,
    /// The supplier has a mandate for the service in that period already.
    #[error("the supplier has a mandate for the service in that period already")]
    Exists,
    /// There is no such mandate, or it is over already.
    #[error("there is no such mandate, or it is over already")]
    NoMandate,
    /// The state could not be written.
    #[error("the state could not be written")]
    Write,
}

/// The Onderwijs Serviceregister. Answers what comes in over
/// [`Handler::answer`]; the methods are for the program around it.
pub struct Osr {
    state: RwLock<State>,
    journal: Journal,
    pub(super) clock: RunningClock,
    pub(super) seed: Seed,
    pub(super) profile: Profile,
    pub(super) trust: Arc<Trust>,
    pub(super) defect: Arc<Defect>,
    pub(super) calls: Calls,
    pub(super) pages: h2m::Pages,
}

impl std::fmt::Debug for Osr {
    /// Shows no tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Osr").finish_non_exhaustive()
    }
}

impl Osr {
    /// Starts a register, or goes on with the one that the journal knows.
    ///
    /// # Errors
    ///
    /// The data do not fit each other or the journal, or the journal cannot be
    /// read or written.
    pub fn start(options: OsrOptions) -> Result<Self, OsrError> {
        options.data.check()?;
        let seed = Seed(options.seed);
        let mut state = State::new(options.data);
        begin(&mut state, seed)?;
        let digest = digest(&state.data, seed);
        let mut entries = options.journal.entries::<Entry>(PARTY)?.into_iter();
        match entries.next() {
            None => options.journal.append(PARTY, &[Entry::Started(digest)])?,
            Some(Entry::Started(known)) if known == digest => {}
            Some(_) => return Err(OsrError::OtherData),
        }
        for entry in entries {
            state.apply(entry);
        }
        Ok(Self {
            state: RwLock::new(state),
            journal: options.journal,
            clock: options.clock,
            seed,
            profile: options.profile,
            trust: options.trust,
            defect: options.defect,
            calls: Calls::default(),
            pages: h2m::Pages::new(),
        })
    }

    /// The date on the clock of the parties.
    pub(super) fn today(&self) -> Date {
        self.clock.read().today()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, State> {
        // Whoever panicked while writing left a whole state: an entry is
        // applied after it was written, in one step.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `decide` look at the state and say what happens; writes that to
    /// the journal, and then takes it in. Nobody else decides meanwhile.
    pub(super) fn change<T, E>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Entry, T), E>,
    ) -> Result<T, Changing<E>> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (entry, outcome) = decide(&state).map_err(Changing::Refused)?;
        let written = self.journal.append(PARTY, std::slice::from_ref(&entry));
        written.map_err(|_| Changing::Write)?;
        state.apply(entry);
        Ok(outcome)
    }

    /// Whether a supplier is mandated for a school in the service of a version,
    /// on a day or today: what DUO asks for each message it receives.
    pub fn is_mandated(
        &self,
        supplier: &str,
        school_oin: &str,
        namespace: &str,
        on: Option<Date>,
    ) -> bool {
        let state = self.state();
        let on = on.unwrap_or_else(|| self.today());
        let (Some(school), Some((service, _))) =
            (state.school_by_oin(school_oin), state.version(namespace))
        else {
            return false;
        };
        state.mandate(supplier, school, &service.code, on).is_some()
    }

    /// The endpoints of a school for a service version, on a day or today:
    /// what DUO asks before it sends something to a school.
    pub fn endpoints_of(
        &self,
        school_oin: &str,
        namespace: &str,
        on: Option<Date>,
    ) -> Vec<Endpoint> {
        let state = self.state();
        let on = on.unwrap_or_else(|| self.today());
        let Some(school) = state.school_by_oin(school_oin) else {
            return Vec::new();
        };
        let found = state.endpoints_on(on, false);
        found
            .filter(|(endpoint, _)| {
                endpoint.school == school.brin && endpoint.namespace == namespace
            })
            .map(|(endpoint, _)| endpoint.clone())
            .collect()
    }

    /// The mandates that the register knows, past and future ones included.
    pub fn mandates(&self) -> Vec<Mandate> {
        self.state().mandates.values().cloned().collect()
    }

    /// Gives a mandate, as an employee does on the web pages.
    ///
    /// # Errors
    ///
    /// What the web pages would refuse, or the state could not be written.
    pub fn give_mandate(
        &self,
        principal: Principal,
        supplier: &str,
        service: &str,
        start: Date,
        end: Option<Date>,
    ) -> Result<Mandate, Refused> {
        let given = self.change(|state| {
            let mandate = new_mandate(
                state, self.seed, principal, supplier, service, start, end, None,
            )?;
            Ok((Entry::MandateGiven(mandate.clone()), mandate))
        });
        given.map_err(Changing::into_refused)
    }

    /// Withdraws a mandate after its last day; `None` for at once. It stops
    /// being in force then, and with it the endpoints registered under it.
    ///
    /// # Errors
    ///
    /// There is no such mandate, it ends before that day anyway, or the state
    /// could not be written.
    pub fn end_mandate(&self, number: u64, last_day: Option<Date>) -> Result<(), Refused> {
        let today = self.today();
        let yesterday = today.yesterday().unwrap_or(today);
        let last_day = last_day.unwrap_or(yesterday);
        let ended = self.change(|state| {
            let mandate = state.mandates.get(&number).ok_or(Refused::NoMandate)?;
            let is_over = mandate.end.is_some_and(|end| end < today);
            if is_over || mandate.end.is_some_and(|end| end < last_day) {
                return Err(Refused::NoMandate);
            }
            if last_day < yesterday {
                return Err(Refused::Period);
            }
            Ok((Entry::MandateEnded { number, last_day }, ()))
        });
        ended.map_err(Changing::into_refused)
    }
}

/// Why a change did not come about.
pub(super) enum Changing<E> {
    /// The register refuses it.
    Refused(E),
    /// It could not be written.
    Write,
}

impl Changing<Refused> {
    fn into_refused(self) -> Refused {
        match self {
            Changing::Refused(refused) => refused,
            Changing::Write => Refused::Write,
        }
    }
}

impl Handler for Osr {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        self.respond(&request).into()
    }
}

impl Osr {
    fn respond(&self, request: &Exchange) -> Response {
        let http = request.http.as_ref();
        let Some((method, url)) = http.and_then(|http| Some((http.method()?, http.url()?))) else {
            return Response::empty(400);
        };
        if request.body.len() > MAX_OSR_REQUEST_BYTES {
            return Response::empty(413);
        }
        let Ok(target) = Target::read(url) else {
            return Response::empty(400);
        };
        match target.steps().first() {
            Some(&"api") => api::answer(self, request, method, &target),
            _ => h2m::answer(self, request, method, &target),
        }
    }
}

/// A digest of what a register starts with.
fn digest(data: &OsrData, seed: Seed) -> String {
    // Every part of the data can be written as JSON: texts, numbers, lists.
    let text = serde_json::to_vec(data).unwrap_or_default();
    hex(&seed.digest("data", &[&text]))
}

/// Takes in the mandates and endpoints that the data begin with.
fn begin(state: &mut State, seed: Seed) -> Result<(), DataError> {
    for given in state.data.mandates.clone() {
        let principal = match (given.school, given.board) {
            (Some(brin), _) => Principal::School(brin),
            // A check before this sees to it that there is one of the two.
            (None, code) => Principal::Board(code.unwrap_or_default()),
        };
        let mandate = new_mandate(
            state,
            seed,
            principal,
            &given.supplier,
            &given.service,
            given.start,
            given.end,
            given.token,
        );
        let mandate = mandate.map_err(|refused| DataError::Refused {
            what: "mandate",
            key: format!("{} {}", given.supplier, given.service),
            why: match refused {
                Refused::Period => "the last day is before the first",
                Refused::Exists => "it overlaps another",
                Refused::Supplier => "the system does not do the service",
                _ => "its service takes mandates on another level",
            },
        })?;
        state.apply(Entry::MandateGiven(mandate));
    }
    for given in state.data.endpoints.clone() {
        let refused = |why| DataError::Refused {
            what: "endpoint",
            key: given.administration_id.clone(),
            why,
        };
        let mut schools = state.data.schools.iter();
        let school = schools
            .find(|school| is_of_school(&given.administration_id, &school.brin))
            .ok_or_else(|| refused("its administration belongs to no school"))?;
        let mandate = state
            .version(&given.namespace)
            .and_then(|(service, _)| {
                state.mandate(&given.supplier, school, &service.code, given.start)
            })
            .ok_or_else(|| refused("its supplier has no mandate"))?;
        let id = state.next_endpoint();
        let routing_id = given.routing_id.clone();
        let endpoint = Endpoint {
            id,
            uuid: seed.uuid("endpoint", id),
            mandate: mandate.number,
            supplier: given.supplier.clone(),
            school: school.brin.clone(),
            routing_id: routing_id.unwrap_or_else(|| given.administration_id.clone()),
            administration_id: given.administration_id.clone(),
            namespace: given.namespace.clone(),
            url: given.url.clone(),
            attributes: given.attributes.clone(),
            start: given.start,
            end: given.end,
        };
        if state.period(&endpoint).is_void() {
            return Err(refused("the last day is before the first"));
        }
        if state.rival(&endpoint).is_some() {
            return Err(refused("there is another at the same time"));
        }
        state.apply(Entry::EndpointRegistered(endpoint));
    }
    Ok(())
}

/// A mandate, after all checks.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of a mandate, each of its own kind"
)]
fn new_mandate(
    state: &State,
    seed: Seed,
    principal: Principal,
    supplier: &str,
    service: &str,
    start: Date,
    end: Option<Date>,
    token: Option<String>,
) -> Result<Mandate, Refused> {
    let is_known = match &principal {
        Principal::School(brin) => state.school(brin).is_some(),
        Principal::Board(code) => state.board(code).is_some(),
    };
    if !is_known {
        return Err(Refused::Principal);
    }
    let of_board = matches!(principal, Principal::Board(_));
    let service = state
        .service(service)
        .filter(|service| State::is_of_boards(service) == of_board)
        .ok_or(Refused::Service)?;
    let mut suppliers = state.data.suppliers.iter();
    let supplier = suppliers
        .find(|known| known.oin == supplier && known.offers(&service.code))
        .ok_or(Refused::Supplier)?;
    let number = state.next_mandate();
    let mandate = Mandate {
        number,
        token: token.unwrap_or_else(|| seed.uuid("mandate", number)),
        principal,
        supplier: supplier.oin.clone(),
        service: service.code.clone(),
        start,
        end,
    };
    if mandate.is_void() {
        return Err(Refused::Period);
    }
    let overlaps = |other: &Mandate| {
        let period = |mandate: &Mandate| super::state::Period {
            start: mandate.start,
            end: mandate.end,
        };
        other.principal == mandate.principal
            && other.supplier == mandate.supplier
            && other.service == mandate.service
            && period(other).overlaps(period(&mandate))
    };
    if state.mandates.values().any(overlaps) {
        return Err(Refused::Exists);
    }
    Ok(mandate)
}
