//! Who plays in one scenario: for each role a party of ours, or the target's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::actor::{Actor, InProcess, Nobody};
use super::addresses::{addresses, las_address, osr_address};
use super::built_in::{BuiltIn, Makings, Ours, Unmade};
use super::caller::{Book, Caller};
use super::clocks::ClockFault;
use super::directory::RemoteDirectory;
use super::schools::School;
use super::speak::Unspeakable;
use super::stage::Stage;
use super::tested::{self, client_options, played, public_url};
use super::uncalled;
use super::whose::Stranger;
use super::wire::{Heard, Tap, Wire};
use crate::check::{HttpHint, recognise_json, recognise_xml};
use crate::clock::RunningClock;
use crate::counterpart::defect::{WrongHandler, WrongPost};
use crate::counterpart::trigger::Action as LasAction;
use crate::counterpart::{Bodies, Door, Journal, Judges, Post, Service};
use crate::document::{Document, Gated};
use crate::edukoppeling::{Certificate, SigningKey};
use crate::event::Undeclared;
use crate::exchange::{Exchange, path_of};
use crate::finding::Finding;
use crate::limits::MAX_HELD_SECONDS;
use crate::pack::Message;
use crate::pki::TestPki;
use crate::scenario::{Action, Placed, Role, Scenario, Step};
use crate::target::IdentitySource;
use crate::transport::{Answer, Client, Handler, Refusal, Server, ServerOptions, TlsIdentity};

/// A role, filled.
pub struct Party {
    /// The role.
    pub role: Role,
    /// Whether ketenkeur plays it.
    pub ours: bool,
    /// Scheme, host and port at which it is reached; with the path, for a
    /// party of somebody else's.
    pub url: String,
    /// The OIN of its certificate.
    pub oin: String,
    /// The key that we sign with in its name.
    pub key: Arc<SigningKey>,
    /// How we call others in its name.
    pub caller: Arc<Caller>,
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Party")
            .field("role", &self.role)
            .field("ours", &self.ours)
            .finish_non_exhaustive()
    }
}

/// A handler that can be exchanged while its server goes on: a party that is
/// started again.
pub(super) struct Replaceable(RwLock<Arc<dyn Handler>>);

impl Replaceable {
    pub(super) fn new(handler: Arc<dyn Handler>) -> Self {
        Self(RwLock::new(handler))
    }

    pub(super) fn replace(&self, handler: Arc<dyn Handler>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = handler;
    }

    fn current(&self) -> Arc<dyn Handler> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Handler for Replaceable {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        self.current().answer(request)
    }

    fn refused(&self, refusal: &Refusal) {
        self.current().refused(refusal);
    }
}

/// Where the built-in DUO takes messages.
pub const DUO_PATH: &str = "/duo";
/// Where the built-in LAS takes pushes.
pub const LAS_PATH: &str = "/pushes";

/// The identity that a built-in party has in the test PKI.
pub fn identity_of(role: Role) -> &'static str {
    match role {
        Role::Las => "leverancier",
        Role::Duo => "duo",
        Role::Osr => "osr",
    }
}

/// What an attempt at a server came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProbeResult {
    /// It refused, as it must.
    Refused,
    /// It did not.
    Accepted,
    /// That could not be found out; a key of the texts (`reason.<key>`).
    Undecided(&'static str),
    /// The server is somebody else's, whatever it did.
    Stranger(Stranger),
}

/// Why the time was not moved on.
pub(super) enum Unmoved {
    /// The script asks for what cannot be; a key of the texts (`reason.<key>`).
    Script(&'static str),
    /// A clock of the target did not follow.
    Target(ClockFault),
}

/// Everybody in one scenario.
pub struct Cast {
    pub(super) clock: RunningClock,
    /// The day on which the run began, for moments that count from it.
    pub(super) today: jiff::civil::Date,
    pub(super) wire: Arc<Wire>,
    pub(super) bodies: Arc<Bodies>,
    pub(super) school: School,
    pub(super) stage: Arc<Stage>,
    pub(super) pki: TestPki,
    parties: [Party; 3],
    pub(super) identities: [TlsIdentity; 3],
    pub(super) directory: RemoteDirectory,
    actor: Arc<dyn Actor>,
    built_in: BuiltIn,
    /// Where the servers of our parties listen.
    listens: BTreeMap<Role, SocketAddr>,
    /// Listening for as long as the scenario is played.
    servers: Vec<Server>,
    /// The state of the parties, where one of them is started again.
    _state: Option<tempfile::TempDir>,
}

impl std::fmt::Debug for Cast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cast").finish_non_exhaustive()
    }
}

/// A server that is started before its party is there: the parties name each
/// other's addresses.
pub(super) struct Waiting(pub(super) OnceLock<Arc<dyn Handler>>);

impl Handler for Waiting {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        match self.0.get() {
            Some(handler) => handler.answer(request),
            None => Answer::Silent,
        }
    }

    fn refused(&self, refusal: &Refusal) {
        if let Some(handler) = self.0.get() {
            handler.refused(refusal);
        }
    }
}

impl Cast {
    /// Fills every role for `scenario`: with the target's party where it is
    /// under test, else with one of ours.
    ///
    /// # Errors
    ///
    /// A party or its server cannot be made: we are at fault, or the machine.
    pub(super) fn new(
        stage: &Arc<Stage>,
        scenario: &Scenario,
        clock: RunningClock,
        wire: Arc<Wire>,
    ) -> Result<Self, Unmade> {
        let pki = TestPki::at(clock.read()).map_err(|_| Unmade("test-pki"))?;
        let book = Arc::new(Book::default());
        let under = stage.tested.as_deref();
        let mut servers = Vec::new();
        let mut listens = BTreeMap::new();
        let mut waiting = Vec::new();
        let mut urls = Vec::new();
        let mut identities = Vec::new();
        for role in ROLES {
            let name = identity_of(role);
            let plays = played(under, role);
            let defect = stage.defect_of(role);
            let shows = defect.connects.shows.as_deref();
            let source = match shows {
                Some(shows) => IdentitySource::Test(shows.to_string()),
                None => tested::tls_source(&plays, name),
            };
            let identity = source.tls(clock.read()).map_err(|_| Unmade("identity"))?;
            identities.push(identity.clone());
            if let Some(theirs) = under.and_then(|under| under.role(role)) {
                for url in theirs.endpoints.values() {
                    book.note(url, role, false);
                }
                let first = theirs.endpoints.values().next();
                urls.push(first.cloned().unwrap_or_default());
                waiting.push(None);
                continue;
            }
            let handler = Arc::new(Waiting(OnceLock::new()));
            let mut options = ServerOptions::new(clock.clone());
            let identity = match defect.connects.serves.as_deref() {
                Some(name) => TlsIdentity::of_test(&pki, name).map_err(|_| Unmade("identity"))?,
                None => identity,
            };
            let shows: Arc<[Arc<[u8]>]> = identity.chain().map(Arc::from).collect();
            if !plays.tls_ends_at_proxy {
                options = options.with_tls(identity, defect.connects.clients(&stage.trust));
                options.takes_old = defect.connects.takes_old;
            }
            if let Some(listen) = plays.listen {
                options.listen = listen;
            }
            let server = Server::start(options, Arc::clone(&handler) as Arc<dyn Handler>)
                .map_err(|_| Unmade("server"))?;
            let url = public_url(&plays, &server, name);
            listens.insert(role, server.address());
            book.note(&url, role, true);
            urls.push(url);
            servers.push(server);
            waiting.push(Some((handler, shows)));
        }
        let party = |role: Role| -> Result<Party, Unmade> {
            let source = match stage.defect_of(role).signs_as.as_deref() {
                Some(name) => IdentitySource::Test(name.to_string()),
                None => tested::signing_source(&played(under, role), identity_of(role)),
            };
            let key = source
                .signing(clock.read())
                .map_err(|_| Unmade("signing-key"))?;
            let theirs = under.and_then(|under| under.role(role));
            let options = client_options(under, &stage.trust, &clock)
                .with_identity(identities[role as usize].clone());
            let client = Client::new(options).map_err(|_| Unmade("client"))?;
            let oin = theirs.map_or(key.oin().unwrap_or_default(), |theirs| &theirs.oin);
            Ok(Party {
                role,
                ours: theirs.is_none(),
                url: urls[role as usize].clone(),
                oin: oin.to_string(),
                key: Arc::new(key),
                caller: Arc::new(Caller {
                    wire: Arc::clone(&wire),
                    role,
                    client,
                    book: Arc::clone(&book),
                }),
            })
        };
        let parties = [party(Role::Las)?, party(Role::Duo)?, party(Role::Osr)?];
        let identities: [TlsIdentity; 3] = identities.try_into().map_err(|_| Unmade("identity"))?;
        let [las, duo, osr] = &parties;
        let (journal, state) = journal_for(scenario)?;
        let school = School::of_run(under).ok_or(Unmade("party"))?;
        let makings = Makings {
            stage: Arc::clone(stage),
            bodies: Arc::clone(&stage.bodies),
            clock: clock.clone(),
            seed: format!("{}/{}", stage.seed, scenario.id).into(),
            journal,
            duo_key: Arc::clone(&duo.key),
            las_key: Arc::clone(&las.key),
            las_oin: las.oin.clone(),
            duo_oin: duo.oin.clone(),
            las_above: chain_above(&identities[Role::Las as usize]),
            duo_post: post_of(stage, duo),
            las_post: post_of(stage, las),
            duo_urls: addresses(stage, duo),
            osr_url: osr_address(stage, osr),
            las_url: las_address(las),
            school: school.clone(),
            pupils: scenario.pupils,
        };
        let built_in = BuiltIn {
            osr: ours(osr, || makings.osr())?,
            duo: ours(duo, || makings.duo())?,
            las: ours(las, || makings.las())?.map(Arc::new),
            makings,
        };
        let handlers: [Option<Arc<Replaceable>>; 3] = [
            built_in.las.as_ref().map(|las| las.handler()),
            built_in.duo.as_ref().map(|duo| duo.handler()),
            built_in.osr.as_ref().map(|osr| osr.handler()),
        ];
        // Whoever is in front of it may strip what its public address has before.
        let duo_path = path_of(&format!("{}{DUO_PATH}", duo.url)).to_string();
        for ((role, waiting), handler) in ROLES.into_iter().zip(waiting).zip(handlers) {
            if let (Some((waiting, shows)), Some(handler)) = (waiting, handler) {
                let tap: Arc<dyn Handler> = Arc::new(Tap {
                    wire: Arc::clone(&wire),
                    role,
                    party: Arc::new(WrongHandler::new(handler, stage.defect_of(role))),
                    door: (role == Role::Duo).then(|| Door::new("DUO", &[&duo_path, DUO_PATH])),
                    conduct: scenario.parties.of(role),
                    holds: Duration::from_secs(MAX_HELD_SECONDS).min(stage.patience),
                    duo: oins_of(duo, &identities[Role::Duo as usize]),
                    shows,
                    tested: stage.tested.clone(),
                });
                // Each is filled once, here.
                let _ = waiting.0.set(tap);
            }
        }
        let actor: Arc<dyn Actor> = match (&built_in.las, under) {
            (Some(las), _) => Arc::new(InProcess(Arc::clone(las))),
            (None, Some(under)) => under.actor(&clock)?.unwrap_or(Arc::new(Nobody)),
            (None, None) => Arc::new(Nobody),
        };
        let directory = RemoteDirectory::new(
            Arc::clone(&duo.caller) as Arc<dyn Post>,
            &built_in.makings.osr_url,
        );
        Ok(Self {
            today: stage.today,
            clock,
            wire,
            bodies: Arc::clone(&stage.bodies),
            school,
            stage: Arc::clone(stage),
            pki,
            parties,
            identities,
            directory,
            actor,
            built_in,
            listens,
            servers,
            _state: state,
        })
    }

    /// Who fills a role.
    pub(super) fn party(&self, role: Role) -> &Party {
        &self.parties[role as usize]
    }

    /// The values that every script can name.
    pub(super) fn values(&self) -> Vec<(&'static str, Value)> {
        let target = self.stage.tested.as_ref().map(|tested| &tested.target);
        let vestiging = self.school.vestigingscode(target.map(Arc::as_ref));
        let supplier = target
            .filter(|_| !self.party(Role::Las).ours)
            .map_or("Voorbeeldleverancier", |target| &target.supplier.name);
        let texts = [
            ("school.oin", self.school.oin.clone()),
            ("school.brin", self.school.brin.clone()),
            ("school.vestigingscode", vestiging),
            ("school.onderwijsaanbieder", "100A001".to_string()),
            ("school.onderwijslocatie", "100X001".to_string()),
            ("leverancier.oin", self.party(Role::Las).oin.clone()),
            ("leverancier.naam", supplier.to_string()),
            ("duo.oin", self.party(Role::Duo).oin.clone()),
            ("osr.oin", self.party(Role::Osr).oin.clone()),
            ("las.url", las_address(self.party(Role::Las))),
            ("duo.url", self.duo_url(Service::RodPo)),
            ("osr.url", self.party(Role::Osr).url.clone()),
            ("sector", "bo".to_string()),
        ];
        texts
            .into_iter()
            .map(|(name, text)| (name, Value::String(text)))
            .collect()
    }

    /// How long a step waits for a message that is to come within this.
    pub(super) fn wait(&self, within: Duration) -> Duration {
        within.min(self.stage.patience)
    }

    /// Waits until it is known what came of every call to our parties that has
    /// begun ([`Server::settle`]).
    pub(super) fn settle(&self) {
        self.servers.iter().for_each(Server::settle);
    }

    /// The finding that who is under test never called a party of ours in this
    /// run, where that is so.
    pub(super) fn uncalled(&self, role: Role) -> Option<Finding> {
        let tested = self.stage.tested.as_ref()?;
        let calls = match role {
            Role::Las => false,
            Role::Duo => !self.party(Role::Las).ours,
            Role::Osr => !self.party(Role::Las).ours || !self.party(Role::Duo).ours,
        };
        if !calls || !self.party(role).ours || tested.called.is_noted(role) {
            return None;
        }
        let url = match role {
            Role::Duo => self.duo_url(Service::RodPo),
            _ => self.party(role).url.clone(),
        };
        Some(uncalled::finding(
            &tested.called,
            role,
            &url,
            self.listens.get(&role).copied(),
        ))
    }

    /// Moves the time of all parties on, those of the target included.
    pub(super) fn advance(&self, by: SignedDuration) -> Result<(), Unmoved> {
        if !self.clock.is_virtual() {
            return Err(Unmoved::Script("clock-real"));
        }
        if !self.clock.advance(by) {
            return Err(Unmoved::Script("clock-back"));
        }
        match &self.stage.tested {
            Some(tested) => tested.set_clocks(self.clock.now()).map_err(Unmoved::Target),
            None => Ok(()),
        }
    }

    pub(super) fn judges(&self) -> &Judges {
        &self.stage.judges
    }

    pub(super) fn actor(&self) -> Arc<dyn Actor> {
        Arc::clone(&self.actor)
    }

    /// What the target does not declare, where a step has to be left out for it.
    /// Parties of ours can do everything.
    pub(super) fn undeclared(&self, scenario: &Scenario, step: &Step) -> Option<Undeclared> {
        let tested = self.stage.tested.as_ref()?;
        tested.undeclared(scenario, step)
    }

    pub(super) fn act(
        &self,
        role: Role,
        what: &Placed<Arc<str>>,
        values: &Map<String, Value>,
    ) -> Result<(), Unspeakable> {
        self.built_in.act(role, what, values)
    }

    /// A message of a pack in force, by its name.
    pub(super) fn message(&self, name: &str) -> Option<Message> {
        let mut messages = self.bodies.store().messages();
        let found = messages.find(|(_, message)| **message.id() == *name);
        found.map(|(_, message)| message.clone())
    }

    /// The message that some bytes hold.
    pub(super) fn recognised(&self, bytes: &[u8]) -> Option<Message> {
        let document = Document::from_xml(Gated::xml(bytes).ok()?).ok()?;
        recognise_xml(self.bodies.store(), &document).message()
    }

    fn recognised_json(&self, exchange: &Exchange) -> Option<Message> {
        let document = Document::from_json(Gated::json(&exchange.body).ok()?).ok()?;
        let hint = HttpHint::of(exchange);
        recognise_json(self.bodies.store(), &document, None, hint).message()
    }

    /// Whether a request is the message of that name.
    pub(super) fn is_message(&self, request: &Exchange, name: &str) -> bool {
        let found = if request.body.trim_ascii_start().starts_with(b"<") {
            self.recognised(&request.body)
        } else {
            self.recognised_json(request)
        };
        found.is_some_and(|message| **message.id() == *name)
    }

    /// What no step has looked at yet, of what came to a party.
    pub(super) fn unclaimed_at(&self, role: Role) -> Vec<Heard> {
        let all = self.wire.all().into_iter();
        all.filter(|heard| heard.to == role && !heard.claimed)
            .collect()
    }

    /// Whether TLS of what a role of ours receives ended at a proxy.
    pub(super) fn ends_at_proxy(&self, role: Role) -> bool {
        played(self.stage.tested.as_deref(), role).tls_ends_at_proxy && self.party(role).ours
    }
}

/// A party's outgoing side, with what is wrong with it.
fn post_of(stage: &Stage, party: &Party) -> Arc<dyn Post> {
    Arc::new(WrongPost {
        post: Arc::clone(&party.caller) as Arc<dyn Post>,
        defect: stage.defect_of(party.role),
    })
}

/// The roles, in the order of [`Cast::party`].
const ROLES: [Role; 3] = [Role::Las, Role::Duo, Role::Osr];

/// The certificates above a party's own, its issuer's first, in DER.
pub(super) fn chain_above(identity: &TlsIdentity) -> Vec<Vec<u8>> {
    identity.chain().skip(1).map(<[u8]>::to_vec).collect()
}

/// The OINs of a party: of a party of ours that of its connections as well.
fn oins_of(party: &Party, identity: &TlsIdentity) -> Arc<[String]> {
    let connects = identity.chain().next().filter(|_| party.ours);
    let connects = connects.and_then(Certificate::oin_of);
    [party.oin.clone()].into_iter().chain(connects).collect()
}

/// A party of ours, when the role is not the target's.
fn ours<P: Handler>(
    party: &Party,
    make: impl FnOnce() -> Result<P, Unmade>,
) -> Result<Option<Ours<P>>, Unmade> {
    party.ours.then(|| make().map(Ours::new)).transpose()
}

/// The journal of a scenario's parties: in memory, unless one of them is
/// started again.
fn journal_for(scenario: &Scenario) -> Result<(Journal, Option<tempfile::TempDir>), Unmade> {
    let restarts = |step: &&Step| match &step.action {
        Action::Act(act) => *act.what.value == *"herstart",
        Action::Trigger(trigger) => trigger.action.value == LasAction::Herstart,
        _ => false,
    };
    if !scenario.all_steps().iter().any(restarts) {
        return Ok((Journal::in_memory(), None));
    }
    let folder = tempfile::tempdir().map_err(|_| Unmade("state"))?;
    let journal =
        Journal::open(&folder.path().join("toestand.sqlite")).map_err(|_| Unmade("state"))?;
    Ok((journal, Some(folder)))
}
