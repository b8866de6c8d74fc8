//! A built-in party that serves by itself, for whoever needs a counterpart
//! without a scenario: `ketenkeur counterpart`.

use std::net::SocketAddr;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::cast::{DUO_PATH, LAS_PATH, Waiting};
use super::directory::RemoteDirectory;
use crate::clock::RunningClock;
use crate::counterpart::clock::{PATH as CLOCK_PATH, answer as clock_answer};
use crate::counterpart::defect::{Defect, WrongHandler, WrongPost};
use crate::counterpart::duo::{Duo, DuoOptions, TAKES, Terugkoppeling, rio_facts};
use crate::counterpart::las::{
    DuoAddresses, Las, LasParts, LasSettings, OsrSettings, OsrVersion, shipped,
};
use crate::counterpart::osr::{KENNISNET, Osr, OsrData, OsrError, OsrOptions};
use crate::counterpart::trigger::PATH as TRIGGER_PATH;
use crate::counterpart::{
    AtDoor, Bodies, Desk, DeskOptions, Door, Journal, JournalError, Judges, Post, receiving_bench,
};
use crate::edukoppeling::{SigningKey, Trust};
use crate::exchange::Exchange;
use crate::facts::Profile;
use crate::limits::{PUSH_AGAIN_SECONDS, PUSH_LOOK_MILLISECONDS};
use crate::pack::Store;
use crate::scenario::Role;
use crate::transport::{
    Answer, Client, ClientOptions, Handler, Request, Response, Server, ServerOptions, SetupError,
    TlsIdentity, TransportError,
};

/// Which party serves, and what it alone needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// DUO.
    Duo {
        /// Scheme, host and port of the OSR in which it looks up mandates and
        /// endpoints.
        osr: String,
    },
    /// The OSR.
    Osr {
        /// Where schools find the pages on which they mandate, over plain
        /// HTTP: for a person's browser.
        pages: Option<SocketAddr>,
        /// The schools, services and suppliers that it starts with.
        data: Box<OsrData>,
    },
    /// A LAS.
    Las {
        /// The URL of DUO.
        duo: String,
        /// The OIN of DUO.
        duo_oin: String,
        /// Scheme, host and port of the OSR.
        osr: String,
        /// Where it is made to act, over plain HTTP (docs/trigger.md).
        trigger: Option<SocketAddr>,
        /// How many made-up pupils it has beside the starter data.
        pupils: u32,
    },
}

/// What a serving party is made of.
#[derive(Debug)]
pub struct ServeOptions {
    /// The party.
    pub party: Serving,
    /// The packs in force.
    pub store: Store,
    /// Where it listens, over TLS; port 0 is any free one.
    pub listen: SocketAddr,
    /// What others call it; the host of its URL.
    pub host: String,
    /// The certificate that it shows where it calls others.
    pub identity: TlsIdentity,
    /// The certificate that its server shows.
    pub serves: TlsIdentity,
    /// The key that it signs with.
    pub key: SigningKey,
    /// Whose connections it accepts, and whose servers it calls.
    pub connections: Arc<Trust>,
    /// Whose signatures it accepts.
    pub signers: Trust,
    /// The time that it goes by.
    pub clock: RunningClock,
    /// The environment that it judges for.
    pub profile: Profile,
    /// Where its clock is read and set, over plain HTTP (docs/trigger.md).
    pub clock_door: Option<SocketAddr>,
    /// What it must not forget.
    pub journal: Journal,
    /// What everything that it makes up is derived from.
    pub seed: Arc<str>,
    /// What it does wrong.
    pub defect: Arc<Defect>,
}

/// Why a party cannot serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    /// The shipped data cannot be read: we are at fault.
    #[error("{0} cannot be made")]
    Unmade(&'static str),
    /// A server or client cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The state cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The state was made with other data or another seed.
    #[error("the state was made by a party with other data or another seed")]
    OtherState,
}

/// A party that serves until this is dropped. What it is answering then, it
/// answers to the end.
pub struct Served {
    /// Drops first: nobody comes in any more.
    servers: Vec<Server>,
    pushing: Option<Pushing>,
    url: String,
    door: Option<String>,
    clock: Option<String>,
    /// Calls as the party does.
    client: Client,
    /// Whom it calls, and where.
    calls: Vec<(Role, String)>,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served")
            .field("url", &self.url)
            .field("door", &self.door)
            .finish_non_exhaustive()
    }
}

impl Served {
    /// Where it takes messages.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address behind [`Served::url`].
    pub fn address(&self) -> Option<SocketAddr> {
        self.servers.first().map(Server::address)
    }

    /// The URL of its clock, where it can be set.
    pub fn clock(&self) -> Option<&str> {
        self.clock.as_deref()
    }

    /// The URL of the pages of an OSR or the trigger of a LAS, over plain HTTP.
    pub fn door(&self) -> Option<&str> {
        self.door.as_deref()
    }

    /// Those whom it calls and cannot reach now, with the reason. They may
    /// come later.
    pub fn out_of_reach(&self) -> Vec<(Role, TransportError)> {
        let tried = self.calls.iter().map(|(role, url)| {
            let error = self.client.connect(url).err()?;
            Some((*role, error))
        });
        tried.flatten().collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.servers.clear();
        drop(self.pushing.take());
    }
}

/// A party's outgoing side.
struct Way(Client);

impl Post for Way {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.0.send(request)
    }
}

/// Lets a party serve.
///
/// # Errors
///
/// See [`ServeError`].
pub fn serve(options: ServeOptions) -> Result<Served, ServeError> {
    // The party comes after its server: it may have to know its own address.
    let waiting = Arc::new(Waiting(OnceLock::new()));
    let mut listening = ServerOptions::new(options.clock.clone()).with_tls(
        options.serves.clone(),
        options.defect.connects.clients(&options.connections),
    );
    listening.takes_old = options.defect.connects.takes_old;
    listening.listen = options.listen;
    let server = Server::start(listening, Arc::clone(&waiting) as Arc<dyn Handler>)?;
    let url = server.url(&options.host, path_of(&options.party));
    let (clock, clock_door) = (options.clock.clone(), options.clock_door);
    let client = client(
        options.identity.clone(),
        Arc::clone(&options.connections),
        &clock,
    )?;
    let calls = match &options.party {
        Serving::Osr { .. } => Vec::new(),
        Serving::Duo { osr } => vec![(Role::Osr, osr.clone())],
        Serving::Las { duo, osr, .. } => vec![(Role::Duo, duo.clone()), (Role::Osr, osr.clone())],
    };
    let defect = Arc::clone(&options.defect);
    let door = match &options.party {
        Serving::Duo { .. } => None,
        Serving::Osr { pages, .. } => pages.map(|address| (address, "/")),
        Serving::Las { trigger, .. } => trigger.map(|address| (address, TRIGGER_PATH)),
    };
    let mut pushing = None;
    let party: Arc<dyn Handler> = match options.party.clone() {
        Serving::Osr { data, .. } => Arc::new(osr(options, *data)?),
        Serving::Duo { osr } => {
            let duo = Arc::new(duo(options, &osr)?);
            pushing = Some(Pushing::start(Arc::clone(&duo)));
            let door = Door::new("DUO", &[DUO_PATH]);
            Arc::new(AtDoor { party: duo, door })
        }
        Serving::Las {
            duo,
            duo_oin,
            osr,
            pupils,
            ..
        } => {
            let settings = LasSettings {
                seed: format!("{}/las", options.seed).into(),
                duo_oin,
                duo: DuoAddresses::all(&duo),
                osr: OsrSettings {
                    address: osr,
                    version: OsrVersion::V3,
                    api_key: options
                        .key
                        .oin()
                        .map(|oin| OsrData::starter().api_key_of(oin)),
                    audience: KENNISNET.to_string(),
                },
                own_address: url.clone(),
                defect: Arc::clone(&options.defect),
            };
            Arc::new(las(options, settings, pupils)?)
        }
    };
    let party: Arc<dyn Handler> = Arc::new(WrongHandler::new(party, defect));
    let mut servers = vec![server];
    let mut opened = |address, handler: Arc<dyn Handler>| {
        let mut open = ServerOptions::new(clock.clone());
        open.listen = address;
        let server = Server::start(open, handler)?;
        let url = server.url(&host_of(server.address()), "");
        servers.push(server);
        Ok::<_, SetupError>(url)
    };
    let (mut door_url, mut clock_url) = (None, None);
    if let Some((address, path)) = door {
        let url = opened(address, Arc::clone(&party))?;
        door_url = Some(format!("{url}{path}"));
        // A LAS offers it beside its triggers.
        let settable = clock.is_virtual() && path == TRIGGER_PATH;
        clock_url = settable.then(|| format!("{url}{CLOCK_PATH}"));
    }
    if let Some(address) = clock_door {
        let url = opened(address, Arc::new(Shown(clock.clone())))?;
        clock_url = Some(format!("{url}{CLOCK_PATH}"));
    }
    // Filled once, here.
    let _ = waiting.0.set(party);
    Ok(Served {
        servers,
        pushing,
        url,
        door: door_url,
        clock: clock_url,
        client,
        calls,
    })
}

/// The clock of a party, at a door of its own.
struct Shown(RunningClock);

impl Handler for Shown {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let url = request.http.as_ref().and_then(|http| http.url());
        match url.map(crate::exchange::path_of) {
            Some(CLOCK_PATH) => clock_answer(&self.0, &request).into(),
            _ => Response::empty(404).into(),
        }
    }
}

/// The path at which a party takes messages.
fn path_of(party: &Serving) -> &'static str {
    match party {
        Serving::Duo { .. } => DUO_PATH,
        Serving::Osr { .. } => "",
        Serving::Las { .. } => LAS_PATH,
    }
}

/// An address as the host of a URL.
fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

fn osr(options: ServeOptions, data: OsrData) -> Result<Osr, ServeError> {
    let digest = crate::evidence::sha256(options.seed.as_bytes());
    let started = Osr::start(OsrOptions {
        data,
        journal: options.journal,
        clock: options.clock,
        seed: u64::from_str_radix(&digest[..16], 16).unwrap_or(0),
        profile: options.profile,
        trust: options.connections,
        defect: options.defect,
    });
    started.map_err(|error| match error {
        OsrError::Data(_) => ServeError::Unmade("osr"),
        OsrError::Journal(error) => ServeError::Journal(error),
        OsrError::OtherData => ServeError::OtherState,
    })
}

/// What DUO and a LAS judge and write with.
fn tools(
    store: Store,
    profile: Profile,
    clock: &RunningClock,
    signers: Trust,
) -> (Arc<Bodies>, Arc<Judges>) {
    let bodies = Arc::new(Bodies::new(store.clone()));
    let rio = rio_facts(&bodies).map(Arc::new);
    let bench = receiving_bench(store, profile, clock.read(), signers, rio);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    (bodies, Arc::new(Judges::new(Arc::new(bench), threads)))
}

fn way(
    identity: TlsIdentity,
    trust: Arc<Trust>,
    clock: &RunningClock,
    defect: &Arc<Defect>,
) -> Result<Arc<dyn Post>, SetupError> {
    Ok(Arc::new(WrongPost {
        post: Arc::new(Way(client(identity, trust, clock)?)),
        defect: Arc::clone(defect),
    }))
}

fn client(
    identity: TlsIdentity,
    trust: Arc<Trust>,
    clock: &RunningClock,
) -> Result<Client, SetupError> {
    Client::new(ClientOptions::new(trust, clock.clone()).with_identity(identity))
}

fn duo(options: ServeOptions, osr: &str) -> Result<Duo, ServeError> {
    let (bodies, judges) = tools(
        options.store,
        options.profile,
        &options.clock,
        options.signers,
    );
    let post = way(
        options.identity,
        options.connections,
        &options.clock,
        &options.defect,
    )?;
    Ok(Duo::new(DuoOptions {
        calendar: Arc::clone(&judges.bench().facts.calendar),
        desk: Desk::new(DeskOptions {
            key: Arc::new(options.key),
            clock: options.clock,
            judges,
            seed: format!("{}/duo", options.seed).into(),
            takes: TAKES,
            defect: options.defect,
        }),
        bodies,
        directory: Arc::new(RemoteDirectory::new(Arc::clone(&post), osr)),
        post,
        journal: options.journal,
        terugkoppeling: Terugkoppeling::default(),
        meld_dubbele_inschrijving: false,
    })?)
}

fn las(options: ServeOptions, settings: LasSettings, pupils: u32) -> Result<Las, ServeError> {
    let (bodies, judges) = tools(
        options.store,
        options.profile,
        &options.clock,
        options.signers,
    );
    Ok(Las::new(LasParts {
        settings,
        key: Arc::new(options.key),
        above: options
            .identity
            .chain()
            .skip(1)
            .map(<[u8]>::to_vec)
            .collect(),
        post: way(
            options.identity,
            options.connections,
            &options.clock,
            &options.defect,
        )?,
        clock: options.clock,
        judges,
        bodies,
        journal: options.journal,
        starter: shipped(pupils).map_err(|_| ServeError::Unmade("las"))?,
    })?)
}

/// DUO's messages to schools go out beside what it answers: new ones soon,
/// those that could not be delivered after a while again.
struct Pushing {
    /// Hanging up ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pushing {
    fn start(duo: Arc<Duo>) -> Self {
        let (stop, stopping) = channel::<()>();
        let look = Duration::from_millis(PUSH_LOOK_MILLISECONDS);
        let again = Duration::from_secs(PUSH_AGAIN_SECONDS);
        let thread = std::thread::spawn(move || {
            let mut last: Option<Instant> = None;
            while stopping.recv_timeout(look) == Err(RecvTimeoutError::Timeout) {
                let (some, new) = duo.state(|state| {
                    let mut waiting = state.outbox.waiting().peekable();
                    let some = waiting.peek().is_some();
                    (some, waiting.any(|(_, reason)| reason.is_none()))
                });
                let due = last.is_none_or(|last| last.elapsed() >= again);
                // What cannot be written now stays waiting, and is tried again.
                if new || (some && due) {
                    let _ = duo.deliver();
                    last = Some(Instant::now());
                } else if due {
                    let _ = duo.tick();
                    last = Some(Instant::now());
                }
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Pushing {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}
