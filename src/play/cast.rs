//! Who plays in one scenario: for each role a party of ours, or the target's.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Map, Value};

use super::actor::{Actor, InProcess, Nobody};
use super::addresses::{addresses, las_address, osr_address, osr_data};
use super::built_in::{BuiltIn, Makings, Ours, Unmade};
use super::caller::{Book, Caller};
use super::directory::RemoteDirectory;
use super::speak::{School, Unspeakable};
use super::stage::Stage;
use super::tested::{self, client_options, played, public_url};
use super::wire::{Heard, Tap, Wire};
use crate::check::{Recognition, recognise_xml};
use crate::clock::RunningClock;
use crate::counterpart::defect::{WrongHandler, WrongPost};
use crate::counterpart::osr::{JwtFault, JwtMaker, KENNISNET};
use crate::counterpart::{Bodies, Directory, Journal, Judges, Post, Query, Service};
use crate::document::{Document, Gated, Spot};
use crate::edukoppeling::{RequestFacts, SigningKey, Trust, school_oin};
use crate::exchange::Exchange;
use crate::finding::Code;
use crate::limits::MAX_HELD_SECONDS;
use crate::pack::Message;
use crate::pki::TestPki;
use crate::scenario::{Action, Placed, Role, Scenario};
use crate::target::{EndpointName, IdentitySource};
use crate::transport::{
    Answer, Client, ClientOptions, Handler, Refusal, Request, Server, ServerOptions, TlsIdentity,
};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeResult {
    /// It refused, as it must.
    Refused,
    /// It did not.
    Accepted,
    /// That could not be found out; a key of the texts (`reason.<key>`).
    Undecided(&'static str),
}

/// Everybody in one scenario.
pub struct Cast {
    pub(super) clock: RunningClock,
    /// The day on which the run began, for moments that count from it.
    pub(super) today: jiff::civil::Date,
    pub(super) wire: Arc<Wire>,
    pub(super) bodies: Arc<Bodies>,
    pub(super) school: School,
    stage: Arc<Stage>,
    pki: TestPki,
    parties: [Party; 3],
    identities: [TlsIdentity; 3],
    directory: RemoteDirectory,
    actor: Arc<dyn Actor>,
    built_in: BuiltIn,
    /// Listening for as long as the scenario is played.
    _servers: Vec<Server>,
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
            book.note(&url, role, true);
            urls.push(url);
            servers.push(server);
            waiting.push(Some(handler));
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
        for ((role, waiting), handler) in ROLES.into_iter().zip(waiting).zip(handlers) {
            if let (Some(waiting), Some(handler)) = (waiting, handler) {
                let tap: Arc<dyn Handler> = Arc::new(Tap {
                    wire: Arc::clone(&wire),
                    role,
                    party: Arc::new(WrongHandler::new(handler, stage.defect_of(role))),
                    conduct: scenario.parties.of(role),
                    holds: Duration::from_secs(MAX_HELD_SECONDS).min(stage.patience),
                    duo: duo.oin.as_str().into(),
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
        let school = match under.and_then(|under| under.target.schools.first()) {
            Some(school) => School {
                brin: school.brin.clone(),
                oin: school.oin.clone(),
            },
            None => School {
                brin: SCHOOL.to_string(),
                oin: school_oin(SCHOOL).ok_or(Unmade("party"))?,
            },
        };
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
            _servers: servers,
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
        let vestiging = target
            .and_then(|target| target.schools.first()?.vestigingen.first().cloned())
            .unwrap_or_else(|| format!("{}00", self.school.brin));
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

    pub(super) fn judges(&self) -> &Judges {
        &self.stage.judges
    }

    pub(super) fn actor(&self) -> Arc<dyn Actor> {
        Arc::clone(&self.actor)
    }

    /// Whether the party under test offers something. Ours offer everything.
    pub(super) fn offers(&self, _capability: &str) -> bool {
        true
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
        match recognise_xml(self.bodies.store(), &document) {
            Recognition::Known(known) => Some(known.message().clone()),
            _ => None,
        }
    }

    /// Whether a request is the message of that name.
    pub(super) fn is_message(&self, request: &Exchange, name: &str) -> bool {
        if request.body.trim_ascii_start().starts_with(b"<") {
            let found = self.recognised(&request.body);
            return found.is_some_and(|message| **message.id() == *name);
        }
        let outcome = self.judges().judge(request.clone());
        let message = outcome.and_then(|outcome| outcome.judged.message);
        message.is_some_and(|message| message.name == name)
    }

    /// What no step has looked at yet, of what came to a party.
    pub(super) fn unclaimed_at(&self, role: Role) -> Vec<Heard> {
        let all = self.wire.all().into_iter();
        all.filter(|heard| heard.to == role && !heard.claimed)
            .collect()
    }

    /// The key that signs: the party's own, or that of another identity.
    pub(super) fn signing_key(
        &self,
        party: &Party,
        identity: Option<&str>,
        at: Spot,
    ) -> Result<Arc<SigningKey>, Unspeakable> {
        match identity {
            None => Ok(Arc::clone(&party.key)),
            Some(name) => self
                .pki
                .signing_key(name)
                .map(Arc::new)
                .map_err(|_| Unspeakable::new(at, "identity-unknown", name)),
        }
    }

    /// A client that shows the certificate of another identity; `geen` shows
    /// none.
    pub(super) fn client_as(&self, identity: &str, at: Spot) -> Result<Client, Unspeakable> {
        let unknown = || Unspeakable::new(at, "identity-unknown", identity);
        let options = client_options(self.stage.tested.as_deref(), &self.stage.trust, &self.clock);
        let options = if identity == NO_IDENTITY {
            options
        } else {
            let identity = TlsIdentity::of_test(&self.pki, identity).map_err(|_| unknown())?;
            options.with_identity(identity)
        };
        Client::new(options).map_err(|_| unknown())
    }

    /// The school that a script names by its BRIN or OIN.
    pub(super) fn school_named(&self, named: &str, at: Spot) -> Result<School, Unspeakable> {
        let unknown = || Unspeakable::new(at, "school-unknown", named);
        if let Some(known) = self.known_school(|school| school.brin == named || school.oin == named)
        {
            return Ok(known);
        }
        if named.len() == 4 {
            let oin = school_oin(named).ok_or_else(unknown)?;
            return Ok(School {
                brin: named.to_string(),
                oin,
            });
        }
        let brin = named.get(11..15).ok_or_else(unknown)?;
        Ok(School {
            brin: brin.to_string(),
            oin: named.to_string(),
        })
    }

    /// The school that a request was sent for.
    pub(super) fn school_of(&self, facts: &RequestFacts) -> Option<School> {
        let oins = [facts.from.as_deref(), facts.to.as_deref()];
        let mut oins = oins.into_iter().flatten();
        oins.find_map(|oin| {
            if let Some(known) = self.known_school(|school| school.oin == oin) {
                return Some(known);
            }
            let brin = oin.get(11..15)?;
            (school_oin(brin).as_deref() == Some(oin)).then(|| School {
                brin: brin.to_string(),
                oin: oin.to_string(),
            })
        })
    }

    /// A school of the target.
    fn known_school(&self, is: impl Fn(&crate::target::School) -> bool) -> Option<School> {
        let target = &self.stage.tested.as_ref()?.target;
        let known = target.schools.iter().find(|school| is(school))?;
        Some(School {
            brin: known.brin.clone(),
            oin: known.oin.clone(),
        })
    }

    /// Where DUO offers a service.
    fn duo_url(&self, service: Service) -> String {
        let addresses = addresses(&self.stage, self.party(Role::Duo));
        addresses.of(service).to_string()
    }

    /// Where a request to the OSR goes, or to a party that has one address.
    pub(super) fn rest_url(&self, to: Role, path: &str) -> String {
        let party = self.party(to);
        let theirs = self
            .stage
            .tested
            .as_ref()
            .and_then(|tested| tested.role(to));
        if let Some(theirs) = theirs {
            let bases = [
                ("/api/v1", EndpointName::V1),
                ("/api/v2", EndpointName::V2),
                ("/api/v3", EndpointName::V3),
            ];
            for (prefix, name) in bases {
                if let Some((rest, base)) =
                    path.strip_prefix(prefix).zip(theirs.endpoints.get(&name))
                {
                    return format!("{}{rest}", base.trim_end_matches('/'));
                }
            }
        }
        format!("{}{path}", party.url)
    }

    /// Whether TLS of what a role of ours receives ended at a proxy.
    pub(super) fn ends_at_proxy(&self, role: Role) -> bool {
        played(self.stage.tested.as_deref(), role).tls_ends_at_proxy && self.party(role).ours
    }

    /// Where a SOAP message goes. DUO finds a LAS in the OSR.
    pub(super) fn soap_url(
        &self,
        to: Role,
        message: Option<&Message>,
        school: &School,
        at: Spot,
    ) -> Result<String, Unspeakable> {
        let family = message.and_then(|message| self.family_of(message));
        let service = family.and_then(|family| Service::of_family(&family));
        match to {
            Role::Duo => Ok(self.duo_url(service.unwrap_or(Service::RodPo))),
            Role::Osr => Ok(self.party(to).url.clone()),
            Role::Las => {
                let found = self.directory.endpoint(Query {
                    school: &school.oin,
                    service_version: service.unwrap_or(Service::RodPo).namespace(),
                    moment: self.clock.now(),
                });
                match found {
                    Ok(Some(endpoint)) => Ok(endpoint.url),
                    Ok(None) => Err(Unspeakable::new(at, "no-endpoint", &*school.brin)),
                    Err(_) => Err(Unspeakable::new(at, "osr-silent", "")),
                }
            }
        }
    }

    fn family_of(&self, message: &Message) -> Option<Arc<str>> {
        let store = self.bodies.store();
        let pack = store
            .messages()
            .find(|(_, known)| known.id() == message.id());
        pack.map(|(pack, _)| pack.manifest.family.clone())
    }

    /// The header with the API key of a party.
    pub(super) fn api_key(&self, role: Role) -> Option<(String, String)> {
        let data = osr_data(&self.stage, &self.party(Role::Las).oin);
        let key = data.api_key(&self.party(role).oin)?;
        Some((data.settings.api_key_header.clone(), key.to_string()))
    }

    /// The header with the JWT of the OSR's first version.
    pub(super) fn jwt(
        &self,
        role: Role,
        body: &[u8],
        breaks: Option<&Placed<Code>>,
        at: Spot,
    ) -> Result<(String, String), Unspeakable> {
        let failed = || Unspeakable::new(at, "jwt-failed", "");
        let fault = match breaks {
            None => None,
            Some(rule) => Some(
                jwt_fault(&rule.value)
                    .ok_or_else(|| Unspeakable::new(rule.at, "not-breakable", &*rule.value))?,
            ),
        };
        let party = self.party(role);
        let above = chain_above(&self.identities[role as usize]);
        let maker = JwtMaker {
            key: &party.key,
            above: &above,
            audience: KENNISNET,
        };
        let jwt = maker
            .make(self.clock.now(), body, fault)
            .ok_or_else(failed)?;
        Ok(("JWT".to_string(), jwt))
    }

    /// With what a party's server is probed: a right client, a request that
    /// changes nothing, and the PKI that makes the wrong ones.
    pub(super) fn probing(&self, role: Role) -> Option<(ClientOptions, Request, &TestPki)> {
        let asker = match role {
            Role::Duo | Role::Osr => Role::Las,
            Role::Las => Role::Duo,
        };
        let identity = self.identities[asker as usize].clone();
        let options = client_options(self.stage.tested.as_deref(), &self.stage.trust, &self.clock);
        let party = self.party(role);
        let request = Request {
            method: "GET".to_string(),
            url: if party.ours {
                format!("{}/", party.url)
            } else {
                party.url.clone()
            },
            headers: Vec::new(),
            body: Arc::from([]),
        };
        Some((options.with_identity(identity), request, &self.pki))
    }

    /// The roots and revocation lists that everybody trusts.
    pub(super) fn trust(&self) -> &Trust {
        &self.stage.trust
    }
}

/// A party's outgoing side, with what is wrong with it.
fn post_of(stage: &Stage, party: &Party) -> Arc<dyn Post> {
    Arc::new(WrongPost {
        post: Arc::clone(&party.caller) as Arc<dyn Post>,
        defect: stage.defect_of(party.role),
    })
}

/// The one part of a JWT that breaks a requirement on it
/// (`schemas/requirements/osr.toml`).
fn jwt_fault(requirement: &str) -> Option<JwtFault> {
    Some(match requirement {
        "OSR-JWT-KOP" => JwtFault::Algorithm,
        "OSR-JWT-VINGERAFDRUK" => JwtFault::Thumbprint,
        "OSR-JWT-ISS" | "OSR-JWT-X5C" => JwtFault::Issuer,
        "OSR-JWT-AUD" => JwtFault::Audience,
        "OSR-JWT-TIJD" => JwtFault::Order,
        "OSR-JWT-MOMENT" => JwtFault::Expired,
        "OSR-JWT-HASH" => JwtFault::Hash,
        "OSR-JWT-INHOUD" => JwtFault::NoHash,
        "OSR-JWT-HANDTEKENING" => JwtFault::Signature,
        _ => return None,
    })
}

/// The roles, in the order of [`Cast::party`].
const ROLES: [Role; 3] = [Role::Las, Role::Duo, Role::Osr];

/// The certificates above a party's own, its issuer's first, in DER.
fn chain_above(identity: &TlsIdentity) -> Vec<Vec<u8>> {
    identity.chain().skip(1).map(<[u8]>::to_vec).collect()
}

/// A party of ours, when the role is not the target's.
fn ours<P: Handler>(
    party: &Party,
    make: impl FnOnce() -> Result<P, Unmade>,
) -> Result<Option<Ours<P>>, Unmade> {
    party.ours.then(|| make().map(Ours::new)).transpose()
}

/// The school that a run is about unless the script says otherwise.
const SCHOOL: &str = "25BE";

/// The identity of who has no certificate.
const NO_IDENTITY: &str = "geen";

/// The journal of a scenario's parties: in memory, unless one of them is
/// started again.
fn journal_for(scenario: &Scenario) -> Result<(Journal, Option<tempfile::TempDir>), Unmade> {
    let restarts = scenario
        .all_steps()
        .iter()
        .any(|step| matches!(&step.action, Action::Act(act) if *act.what.value == *"herstart"));
    if !restarts {
        return Ok((Journal::in_memory(), None));
    }
    let folder = tempfile::tempdir().map_err(|_| Unmade("state"))?;
    let journal =
        Journal::open(&folder.path().join("toestand.sqlite")).map_err(|_| Unmade("state"))?;
    Ok((journal, Some(folder)))
}
