//! Everything that goes over the wire in one scenario: heard at our servers,
//! numbered, kept as evidence, and held until a step answers it where the
//! script says so.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::in_vain::{Actions, InVain, NotCome};
use super::run::Interrupt;
use super::sink::Sink;
use super::tested::Tested;
use crate::clock::RunningClock;
use crate::counterpart::Door;
use crate::edukoppeling::Certificate;
use crate::event::{Event, Exchanged};
use crate::evidence::{Folder, ToRecord, WriteError};
use crate::exchange::{Exchange, HttpFacts, StartLine, TlsFacts, path_of};
use crate::scenario::{Conduct, Receive, Role};
use crate::transport::{Answer, Handler, Refusal, Response, TransportError, TransportProblem};

/// An exchange that was heard.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its number within the scenario, from 1.
    pub number: u32,
    /// Who sent the request.
    pub from: Role,
    /// Whom it went to.
    pub to: Role,
    /// The request, with the moment of its receipt.
    pub request: Arc<Exchange>,
    /// The response; `None` as long as there is none, or when none came.
    pub response: Option<Arc<Exchange>>,
    /// Why none came.
    pub problem: Option<TransportProblem>,
    /// When the request was received, by the clock of the parties.
    pub at: Timestamp,
    /// How long it took until the response.
    pub took: Duration,
    /// A step has looked at the request.
    pub claimed: bool,
    /// A step has looked at the response.
    pub answer_claimed: bool,
    /// Waits for a step to say what is answered.
    held: bool,
    /// What a step says.
    reply: Option<Reply>,
}

impl Heard {
    /// Whether no connection carried the request: it never went out, or TLS was
    /// to carry it and did not come about. A request that a server of ours heard
    /// has no host in its target.
    pub(super) fn has_no_connection(&self) -> bool {
        let http = self.request.http.as_ref();
        let url = http.and_then(|http| http.url()).unwrap_or_default();
        let unreached = self.problem.is_some_and(|problem| !problem.reaches());
        self.request.tls.is_none()
            && (url.starts_with("https://") || url.contains("://") && unreached)
    }
}

/// What a step lets a party do with a message that is held.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The party answers by itself.
    Register,
    /// This is answered.
    Answer(Answer),
    /// The party answers by itself, and breaks off after so many bytes.
    BrokenAfter(usize),
    /// Something is done after a while of real time.
    Delay(Duration, Box<Reply>),
}

/// The wire of one scenario.
pub struct Wire {
    scenario: Arc<str>,
    clock: RunningClock,
    folder: Option<Arc<Folder>>,
    sink: Arc<dyn Sink>,
    interrupt: Interrupt,
    state: Mutex<State>,
    changed: Condvar,
}

/// How often who waits looks whether the run was asked to end.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Default)]
struct State {
    heard: Vec<Heard>,
    /// The first file of the evidence that could not be written.
    failed: Option<WriteError>,
    /// Nothing is held any more: the scenario is over.
    over: bool,
    /// What the LAS was asked to do.
    actions: Actions,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire")
            .field("scenario", &self.scenario)
            .finish_non_exhaustive()
    }
}

impl Wire {
    /// The wire of `scenario`. What is heard goes to `sink` as an event, and
    /// into `folder`.
    pub fn new(
        scenario: Arc<str>,
        clock: RunningClock,
        folder: Option<Arc<Folder>>,
        sink: Arc<dyn Sink>,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            scenario,
            clock,
            folder,
            sink,
            interrupt,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exchange of that number.
    pub fn heard(&self, number: u32) -> Option<Heard> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lock().heard.get(index).cloned()
    }

    /// All exchanges so far.
    pub fn all(&self) -> Vec<Heard> {
        self.lock().heard.clone()
    }

    /// Notes that a step has looked at a request.
    pub fn claim(&self, number: u32) {
        if let Some(heard) = entry(&mut self.lock(), number) {
            heard.claimed = true;
        }
    }

    /// Notes that a step has looked at a response.
    pub fn claim_answer(&self, number: u32) {
        if let Some(heard) = entry(&mut self.lock(), number) {
            heard.answer_claimed = true;
        }
    }

    /// Waits until `find` finds something among what was heard, or the time is
    /// over.
    pub fn wait_for<T>(
        &self,
        within: Duration,
        mut find: impl FnMut(&[Heard]) -> Option<T>,
    ) -> Option<T> {
        let until = Instant::now() + within;
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state.heard) {
                return Some(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.interrupt.is_set() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, left.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the message of a step as [`Wire::wait_for`] does, but no longer
    /// than something can still bring it.
    pub(super) fn wait_for_message(
        &self,
        waits: &Receive,
        within: Duration,
        mut find: impl FnMut(&[Heard]) -> Option<u32>,
    ) -> Result<u32, NotCome> {
        let until = Instant::now() + within;
        let mut state = self.lock();
        let over = state.actions.over();
        loop {
            if let Some(found) = find(&state.heard) {
                return Ok(found);
            }
            let (at, absent) = (waits.role, waits.absent);
            let in_vain = state.actions.in_vain(at, absent, over, &state.heard);
            if let Some(in_vain) = in_vain {
                return Err(NotCome::InVain(in_vain.clone()));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.interrupt.is_set() {
                return Err(NotCome::InTime);
            }
            let waited = self.changed.wait_timeout(state, left.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes that the LAS is asked to act: how much had been heard by then.
    pub(super) fn acts(&self) -> usize {
        let mut state = self.lock();
        state.actions.begin();
        state.heard.len()
    }

    /// Notes that it did, having begun when so much had been heard, or what may
    /// have brought nothing.
    pub(super) fn acted(&self, heard: usize, in_vain: Option<InVain>) {
        self.lock().actions.end(heard, in_vain);
        self.changed.notify_all();
    }

    /// Says what is answered to a message that is held. `false` when it is not
    /// held any more.
    pub fn reply(&self, number: u32, reply: Reply) -> bool {
        let mut state = self.lock();
        let held = entry(&mut state, number).filter(|heard| heard.held && heard.reply.is_none());
        let Some(held) = held else {
            return false;
        };
        held.reply = Some(reply);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Lets go of everything that is held: the scenario is over.
    pub fn release(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// The first file of the evidence that could not be written.
    pub fn failed(&self) -> Option<WriteError> {
        self.lock().failed.clone()
    }

    /// Numbers a request that was received or is about to be sent.
    fn begin(&self, from: Role, to: Role, request: Arc<Exchange>, held: bool) -> u32 {
        let mut state = self.lock();
        let number = u32::try_from(state.heard.len() + 1).unwrap_or(u32::MAX);
        state.heard.push(Heard {
            number,
            from,
            to,
            at: request.received.unwrap_or_else(|| self.clock.now()),
            request,
            response: None,
            problem: None,
            took: Duration::ZERO,
            claimed: false,
            answer_claimed: false,
            held,
            reply: None,
        });
        drop(state);
        self.changed.notify_all();
        number
    }

    /// Notes how an exchange ended.
    fn end(&self, number: u32, took: Duration, end: Result<Exchange, TransportProblem>) {
        let heard = {
            let mut state = self.lock();
            let Some(heard) = entry(&mut state, number) else {
                return;
            };
            heard.took = took;
            heard.held = false;
            match end {
                Ok(response) => heard.response = Some(Arc::new(response)),
                Err(problem) => heard.problem = Some(problem),
            }
            heard.clone()
        };
        if let Err(error) = self.keep(&heard) {
            self.lock().failed.get_or_insert(error);
        }
        self.sink.event(Event::Exchanged(self.event(&heard)));
        self.changed.notify_all();
    }

    fn keep(&self, heard: &Heard) -> Result<(), WriteError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        ToRecord {
            scenario: &self.scenario,
            number: heard.number,
            from: heard.from.name(),
            to: heard.to.name(),
            at: heard.at,
            took: u64::try_from(heard.took.as_millis()).unwrap_or(u64::MAX),
            request: &heard.request,
            response: heard.response.as_deref(),
            problem: heard.problem.map(TransportProblem::name),
        }
        .write(folder)
        .map(drop)
    }

    fn event(&self, heard: &Heard) -> Exchanged {
        let response = heard.response.as_ref();
        let tls = heard.request.tls.as_deref();
        Exchanged {
            scenario: self.scenario.to_string(),
            number: heard.number,
            from: heard.from.name().to_string(),
            to: heard.to.name().to_string(),
            name: name_of(&heard.request),
            status: response.and_then(|response| response.http.as_ref()?.status()),
            tls: tls.map(|tls| format!("{} {}", tls.version, tls.suite)),
            problem: heard.problem.map(|problem| problem.name().to_string()),
        }
    }

    /// Notes an exchange in which we sent and somebody else's server answered,
    /// or nobody.
    pub fn sent(
        &self,
        from: Role,
        to: Role,
        request: Exchange,
        took: Duration,
        end: Result<Exchange, TransportProblem>,
    ) -> u32 {
        let number = self.begin(from, to, Arc::new(request), false);
        self.end(number, took, end);
        number
    }
}

fn entry(state: &mut State, number: u32) -> Option<&mut Heard> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    state.heard.get_mut(index)
}

/// What a request is called: its SOAP action without the contract, else its
/// method and path.
pub fn name_of(request: &Exchange) -> String {
    let Some(http) = &request.http else {
        return String::new();
    };
    let action = http
        .header("soapaction")
        .map(|action| action.trim_matches('"'));
    if let Some(action) = action.filter(|action| !action.is_empty()) {
        return action.rsplit('/').next().unwrap_or(action).to_string();
    }
    let path = path_of(http.url().unwrap_or_default());
    format!("{} {path}", http.method().unwrap_or_default())
}

/// Listens at a party's server.
pub struct Tap {
    /// The wire that hears.
    pub wire: Arc<Wire>,
    /// Whose server it is.
    pub role: Role,
    /// The party behind it.
    pub party: Arc<dyn Handler>,
    /// Where it takes messages, for a party that does not see to that itself.
    pub door: Option<Door>,
    /// Whether it answers by itself.
    pub conduct: Conduct,
    /// The longest that a message is held for a step, in real time.
    pub holds: Duration,
    /// DUO's OINs, by which the OSR's callers are told apart: a DUO of ours may
    /// connect under another than it signs with.
    pub duo: Arc<[String]>,
    /// The certificates that its server shows, in DER, its own first.
    pub shows: Arc<[Arc<[u8]>]>,
    /// Who is under test, and remembers whom it called.
    pub tested: Option<Arc<Tested>>,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap")
            .field("role", &self.role)
            .field("conduct", &self.conduct)
            .finish_non_exhaustive()
    }
}

impl Tap {
    fn sender(&self, request: &Exchange) -> Role {
        match self.role {
            Role::Duo => Role::Las,
            Role::Las => Role::Duo,
            Role::Osr => {
                let shown = request.tls.as_ref().and_then(|tls| tls.peer.first());
                let holder = shown.and_then(|der| Certificate::oin_of(der));
                let is_duo = holder.is_some_and(|oin| self.duo.contains(&oin));
                if is_duo { Role::Duo } else { Role::Las }
            }
        }
    }

    /// What a step says of a message that is held; the party's own answer when
    /// no step does in time.
    fn held(&self, number: u32, request: &Arc<Exchange>) -> Answer {
        let reply = {
            let until = Instant::now() + self.holds;
            let mut state = self.wire.lock();
            loop {
                let over = state.over;
                let said = entry(&mut state, number).and_then(|heard| heard.reply.clone());
                let left = until.saturating_duration_since(Instant::now());
                let ends = over || left.is_zero() || self.wire.interrupt.is_set();
                if said.is_some() || ends {
                    break said.unwrap_or(Reply::Register);
                }
                let waited = self.wire.changed.wait_timeout(state, left.min(LOOK));
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        };
        self.carry_out(reply, request)
    }

    /// The connection of a request as its caller sees it: that is where the
    /// answer arrives.
    fn as_caller_sees(&self, request: &Exchange) -> Option<Arc<TlsFacts>> {
        let tls = request.tls.as_deref()?;
        Some(Arc::new(TlsFacts {
            peer: self.shows.to_vec(),
            own: tls.peer.first().cloned(),
            ..tls.clone()
        }))
    }

    fn carry_out(&self, reply: Reply, request: &Arc<Exchange>) -> Answer {
        match reply {
            Reply::Register => self.party.answer(Arc::clone(request)),
            Reply::Answer(answer) => answer,
            Reply::BrokenAfter(bytes) => match self.party.answer(Arc::clone(request)) {
                Answer::Response(response) => Answer::Broken(response, bytes),
                other => other,
            },
            Reply::Delay(by, then) => Answer::Delayed(by, Box::new(self.carry_out(*then, request))),
        }
    }
}

impl Handler for Tap {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let began = Instant::now();
        let mut stamped = Exchange::clone(&request);
        stamped.received = Some(self.wire.clock.now());
        let request = Arc::new(stamped);
        let holds = self.conduct == Conduct::Script;
        let from = self.sender(&request);
        if let Some(tested) = self.tested.as_ref().filter(|one| one.role(from).is_some()) {
            tested.called.note(self.role);
        }
        let number = self
            .wire
            .begin(from, self.role, Arc::clone(&request), holds);
        let refusal = self.door.as_ref().and_then(|door| door.refusal(&request));
        let answer = match refusal {
            Some(refusal) => refusal.into(),
            None if holds => self.held(number, &request),
            None => self.party.answer(Arc::clone(&request)),
        };
        let mut end = outcome(&answer, &request, self.wire.clock.now());
        if let Ok(response) = &mut end {
            response.tls = self.as_caller_sees(&request);
        }
        self.wire.end(number, began.elapsed(), end);
        answer
    }

    fn refused(&self, refusal: &Refusal) {
        if let Some(tested) = &self.tested {
            tested.called.note_refused(self.role, refusal.problem);
        }
        self.party.refused(refusal);
    }
}

/// What the caller of our server gets to see of an answer.
fn outcome(
    answer: &Answer,
    request: &Arc<Exchange>,
    now: Timestamp,
) -> Result<Exchange, TransportProblem> {
    match answer {
        Answer::Response(response) => Ok(exchange(response, request, now)),
        Answer::Delayed(_, then) => outcome(then, request, now),
        Answer::Silent | Answer::Broken(..) => Err(TransportProblem::Broken),
        Answer::Raw(_) => Err(TransportProblem::NoHttp),
    }
}

/// A response as the exchange that it ends.
fn exchange(response: &Response, request: &Arc<Exchange>, now: Timestamp) -> Exchange {
    Exchange {
        body: Arc::clone(&response.body),
        http: Some(HttpFacts {
            start: StartLine::Response {
                status: response.status,
            },
            version: "HTTP/1.1".to_string(),
            headers: response.headers.clone(),
        }),
        tls: None,
        answers: Some(Arc::clone(request)),
        received: Some(now),
    }
}

/// The request of an exchange that did not come about, as far as it is known.
pub fn unsent(request: &crate::transport::Request) -> Exchange {
    let mut exchange = Exchange::bare(Arc::clone(&request.body));
    exchange.http = Some(HttpFacts {
        start: StartLine::Request {
            method: request.method.clone(),
            url: request.url.clone(),
        },
        version: "HTTP/1.1".to_string(),
        headers: request.headers.clone(),
    });
    exchange
}

/// The two ends of what a client sent: the request, and the answer or why there
/// is none.
pub fn ends(
    request: &crate::transport::Request,
    sent: Result<Exchange, TransportError>,
) -> (Exchange, Result<Exchange, TransportProblem>) {
    match sent {
        Ok(response) => {
            let asked = response.answers.as_deref().cloned();
            (asked.unwrap_or_else(|| unsent(request)), Ok(response))
        }
        Err(error) => (unsent(request), Err(error.problem)),
    }
}
