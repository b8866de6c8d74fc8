//! The readiness matrix, suppliers and runs as pages over HTTP
//! (`ketenkeur serve`, docs/serve.md).
//!
//! | file | what it knows |
//! |---|---|
//! | `routes` | which page answers which request, and who may see it |
//! | `forms` | what visitors send |
//! | `frame` | what all pages share: frame, headers, language |
//! | `tokens` | the tokens of team and suppliers |
//! | `visitor` | who asks |
//! | `gate` | how much somebody without a token may ask for |
//! | `team` | what the team knows, as its file says now |
//! | `shelf` | the evidence on this machine, also of runs under way |
//! | `upload`, `dispute` | what suppliers send: runs, and what they hold against rules |

mod dispute;
mod forms;
mod frame;
mod gate;
mod routes;
mod shelf;
mod team;
pub mod tokens;
mod upload;
mod visitor;

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};

use self::gate::Gate;
use self::shelf::Shelf;
use self::upload::Turnstile;
use self::visitor::Visitors;
use crate::check::RulesOfPacks;
use crate::clock::{Clock, RunningClock};
use crate::exchange::{Exchange, HttpFacts};
use crate::finding::Language;
use crate::limits::{
    MAX_FORM_BYTES, MAX_SERVE_CONNECTIONS, MAX_SERVE_SECONDS, MAX_UPLOAD_BYTES, SERVE_READ_SECONDS,
};
use crate::pack::Store;
use crate::readiness::{Matrix, Remark, RunStore, Team, doubts, matrix};
use crate::transport::{
    Answer, Handler, Response, Server, ServerLimits, ServerOptions, SetupError,
};

pub use self::team::WatchedTeam;
pub use self::tokens::{Holder, TokenError};

/// What is served, and to whom.
#[derive(Debug)]
pub struct SiteOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Under which names it is asked for, beside its address.
    pub hosts: Vec<String>,
    /// What the team knows beside the runs.
    pub team: WatchedTeam,
    /// The evidence of runs, for their pages.
    pub runs: Option<PathBuf>,
    /// The tokens of team and suppliers.
    pub tokens: Option<PathBuf>,
    /// Whether suppliers may send runs.
    pub uploads: bool,
    /// Whether whoever reaches it sees what is confidential.
    pub confidential: bool,
    /// The language of a page that asks for none.
    pub language: Language,
    /// The packs in force, with which runs are judged again.
    pub packs: Store,
    /// The texts of their rules.
    pub rules: RulesOfPacks,
    /// The codes of all rules.
    pub codes: BTreeSet<String>,
}

/// What is served.
struct Site {
    options: SiteOptions,
    store: Mutex<RunStore>,
    shelf: Option<Shelf>,
    visitors: Visitors,
    turnstile: Turnstile,
    gate: Gate,
    /// The names and addresses under which it may be asked for.
    hosts: OnceLock<Vec<String>>,
    made: Mutex<Option<Made>>,
    /// The matrix for anybody, by language, with what it was made of.
    pages: Mutex<HashMap<Language, (Arc<Matrix>, Response)>>,
    /// Pages of runs are made one at a time: they are the costly ones.
    costly: Mutex<()>,
}

/// The matrix, made for a minute and of what the store held and the team knew
/// then.
#[derive(Clone)]
struct Made {
    at: Timestamp,
    stamp: (i64, i64),
    team: Arc<Team>,
    matrix: Arc<Matrix>,
    /// What is doubtful in what the team knows.
    doubts: Arc<[Remark]>,
}

/// Serves the runs of a store until the server is dropped.
///
/// # Errors
///
/// An address that cannot be listened at, or no threads.
pub fn serve(options: SiteOptions, store: RunStore) -> Result<Server, SetupError> {
    let listen = options.listen;
    let limits = ServerLimits {
        connections: MAX_SERVE_CONNECTIONS,
        body: MAX_UPLOAD_BYTES,
        read: Duration::from_secs(SERVE_READ_SECONDS),
        session: Duration::from_secs(MAX_SERVE_SECONDS),
        ..ServerLimits::default()
    };
    let site = Arc::new(Site::new(options, store));
    let server = Server::start(
        ServerOptions {
            listen,
            limits,
            ..ServerOptions::new(RunningClock::system())
        },
        Arc::clone(&site) as Arc<dyn Handler>,
    )?;
    let named = site.options.hosts.iter().cloned();
    // Nobody else sets them.
    let _ = site
        .hosts
        .set(addressed(server.address()).chain(named).collect());
    Ok(server)
}

/// Under which hosts a server is asked for by its address.
fn addressed(address: SocketAddr) -> impl Iterator<Item = String> {
    let port = address.port();
    let name = address
        .ip()
        .is_loopback()
        .then(|| format!("localhost:{port}"));
    [address.to_string()].into_iter().chain(name)
}

impl Site {
    fn new(options: SiteOptions, store: RunStore) -> Self {
        Self {
            store: Mutex::new(store),
            shelf: options.runs.clone().map(Shelf::at),
            visitors: Visitors::new(options.tokens.clone(), options.listen.ip().is_loopback()),
            turnstile: Turnstile::default(),
            gate: Gate::default(),
            hosts: OnceLock::new(),
            made: Mutex::default(),
            pages: Mutex::default(),
            costly: Mutex::default(),
            options,
        }
    }

    /// The page for anybody that was made of this matrix.
    fn kept(&self, language: Language, matrix: &Arc<Matrix>) -> Option<Response> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, page) = pages.get(&language)?;
        Arc::ptr_eq(of, matrix).then(|| page.clone())
    }

    /// Keeps the page for anybody that was made of this matrix.
    fn keep(&self, language: Language, matrix: &Arc<Matrix>, page: &Response) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(language, (Arc::clone(matrix), page.clone()));
    }

    fn store(&self) -> MutexGuard<'_, RunStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The matrix as of this minute, in the confidential edition. It is made
    /// anew when the minute, the store or what the team knows is another.
    fn made(&self) -> Option<Made> {
        let now = RunningClock::system().now();
        let at = now.round(Unit::Minute).unwrap_or(now);
        let at = if at > now {
            at - SignedDuration::from_mins(1)
        } else {
            at
        };
        let (team, _) = self.options.team.now(Clock::at(at).today());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let store = self.store();
        let stamp = store.stamp().ok()?;
        if let Some(made) = made
            .as_ref()
            .filter(|made| made.at == at && made.stamp == stamp && Arc::ptr_eq(&made.team, &team))
        {
            return Some(made.clone());
        }
        let (runs, disputes) = (store.runs().ok()?, store.disputes().ok()?);
        drop(store);
        let fresh = matrix(&runs, &team, at, None).disputed(&disputes);
        let fresh = Made {
            at,
            stamp,
            doubts: doubts(&team, &runs, &fresh, Clock::at(at).today()).into(),
            team,
            matrix: Arc::new(fresh),
        };
        *made = Some(fresh.clone());
        Some(fresh)
    }
}

impl Handler for Site {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        self.answer_from(request, None)
    }

    fn answer_from(&self, request: Arc<Exchange>, from: Option<IpAddr>) -> Answer {
        routes::answer(self, &request, from, true)
    }

    fn too_large(&self, request: Arc<Exchange>, from: Option<IpAddr>) -> Answer {
        routes::answer(self, &request, from, false)
    }

    /// Only a supplier that may send runs sends more than a form.
    fn body_limit(&self, head: &HttpFacts) -> usize {
        let sends = self.options.uploads && self.visitors.of(head).supplier().is_some();
        if sends {
            MAX_UPLOAD_BYTES
        } else {
            MAX_FORM_BYTES
        }
    }
}
