//! The target of a run: which roles it fills, and what can be played against
//! it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::actor::{Actor, Asks, ByCommand, ByPerson, OverHttp};
use super::afresh::Asking;
use super::built_in::Unmade;
use super::cast::identity_of;
use super::uncalled::Called;
use super::whose::Whose;
use crate::clock::{Clock, RunningClock};
use crate::edukoppeling::Trust;
use crate::event::Undeclared;
use crate::evidence::SchoolRecord;
use crate::limits::NEAR_SECONDS;
use crate::pack::Store;
use crate::pki::{Authorities, IDENTITIES, TEST_DOMAIN};
use crate::scenario::{Action, Conduct, Reply, Role, Scenario};
use crate::target::{
    EndpointName, IdentityError, IdentitySource, PlayedRole, Target, TestedRole, Trigger,
};
use crate::transport::{Client, ClientOptions};

/// Somebody else's parties, and how the others are played against them.
pub struct Tested {
    /// What the target file says.
    pub target: Arc<Target>,
    /// The authorities and revocation lists that it names.
    pub own: Authorities,
    /// Whom everybody of ours trusts ([`Tested::authorities`]).
    pub trust: Arc<Trust>,
    person: Option<Arc<ByPerson>>,
    /// Whether its LAS is asked to begin each scenario anew.
    pub(super) begins: Asking,
    /// Whom of ours it called so far.
    pub(super) called: Called,
    /// It was told that its LAS registers another address than the file's.
    told_address: AtomicBool,
}

impl std::fmt::Debug for Tested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tested")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// The schools with which a target is tested, as evidence has them.
pub fn school_records(target: &Target) -> Vec<SchoolRecord> {
    let schools = target.schools.iter();
    let record = |school: &crate::target::School| SchoolRecord {
        brin: school.brin.clone(),
        oin: school.oin.clone(),
        vestigingen: school.vestigingen.clone(),
    };
    schools.map(record).collect()
}

/// A step makes a party under test do what only a party of ours can be made to do.
const OURS: &str = "ours";
/// It needs a clock that can be set, and the target has none.
const CLOCK: &str = "clock";
/// The LAS is to be started again, and knows no action for it.
const RESTART: &str = "restart";

/// Why a scenario is not played against a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WhyNot {
    /// A key of the texts (`not-played.<key>`).
    pub key: &'static str,
    /// It has nothing to say about this target; otherwise it leaves something
    /// open.
    pub not_applicable: bool,
    /// What the target does not declare.
    pub undeclared: Vec<Undeclared>,
}

impl WhyNot {
    pub(super) fn open(key: &'static str) -> Self {
        Self {
            key,
            not_applicable: false,
            undeclared: Vec::new(),
        }
    }

    pub(super) fn not_applicable(key: &'static str) -> Self {
        Self {
            key,
            not_applicable: true,
            undeclared: Vec::new(),
        }
    }

    pub(super) fn no_restart() -> Self {
        Self::open(RESTART)
    }

    /// The same of a scenario that nobody asked for by name: what this target does
    /// not let be played, and no key needs, is no open question about it.
    pub(super) fn unasked(self, scenario: &Scenario) -> Self {
        let of_target = matches!(self.key, OURS | CLOCK | RESTART);
        Self {
            not_applicable: self.not_applicable || of_target && !scenario.mandatory,
            ..self
        }
    }
}

impl Tested {
    /// A target with the authorities that its file names. `person` puts what a
    /// LAS is to do to who operates it, when somebody is there.
    pub fn new(target: Arc<Target>, own: Authorities, person: Option<Asks>) -> Self {
        let trust = Arc::new(own.clone().of_target(target.profile).trust());
        Self {
            target,
            own,
            trust,
            person: person.map(|asks| {
                Arc::new(ByPerson {
                    asks: Mutex::new(asks),
                })
            }),
            begins: Asking::default(),
            called: Called::default(),
            told_address: AtomicBool::new(false),
        }
    }

    /// Whom everybody of ours trusts.
    pub(super) fn authorities(&self) -> Authorities {
        self.own.clone().of_target(self.target.profile)
    }

    /// What is said of a role that the target fills.
    pub(super) fn role(&self, role: Role) -> Option<&TestedRole> {
        self.target.under_test.get(&role)
    }

    /// The OIN that its file says of each role, by the name of the role.
    pub fn oins(&self) -> BTreeMap<String, String> {
        let roles = self.target.under_test.iter();
        roles
            .map(|(role, tested)| (role.name().to_string(), tested.oin.clone()))
            .collect()
    }

    /// Who is tested in each role, as messages name it.
    pub(super) fn whose(&self) -> Vec<Whose> {
        let roles = self.target.under_test.iter();
        let whose = roles.map(|(role, tested)| Whose {
            role: *role,
            oin: tested.oin.clone(),
            schools: school_records(&self.target),
        });
        whose.collect()
    }

    /// Whether it is still to be told that its LAS registers another address than
    /// the file's: once per run.
    pub(super) fn is_address_news(&self) -> bool {
        !self.told_address.swap(true, Ordering::SeqCst)
    }

    /// Whether a person makes its LAS act.
    pub fn by_person(&self) -> bool {
        let las = self.role(Role::Las);
        las.is_some_and(|las| matches!(las.trigger, Some(Trigger::Person)))
    }

    /// How many made-up pupils its LAS has; none where it is not tested.
    pub fn pupils(&self) -> u32 {
        self.role(Role::Las).map_or(0, |las| las.pupils)
    }

    /// Whether a scenario says something about this target.
    pub fn concerns(&self, scenario: &Scenario, store: &Store) -> bool {
        self.why_not_tested(scenario, store).is_none()
    }

    /// Why a scenario would not be played against this target at `now`, as a key
    /// of the texts (`not-played.<key>`).
    pub fn refuses(
        &self,
        scenario: &Scenario,
        store: &Store,
        now: Timestamp,
    ) -> Option<&'static str> {
        let today = Clock::at(now).today();
        self.why_not(scenario, store, today, now).map(|why| why.key)
    }

    /// Why a scenario says nothing about this target, however it is tested.
    pub(super) fn why_not_tested(&self, scenario: &Scenario, store: &Store) -> Option<WhyNot> {
        if self.role(scenario.subject).is_none() {
            return Some(WhyNot::not_applicable("role"));
        }
        let (undeclared, for_others) = self.not_declared(scenario, store)?;
        Some(WhyNot {
            key: "capability",
            not_applicable: for_others,
            undeclared,
        })
    }

    /// Why a scenario is not played against this target at `now`.
    pub(super) fn why_not(
        &self,
        scenario: &Scenario,
        store: &Store,
        today: jiff::civil::Date,
        now: Timestamp,
    ) -> Option<WhyNot> {
        if let Some(why) = self.why_not_tested(scenario, store) {
            return Some(why);
        }
        if self.role(Role::Las).is_some() && self.pupils() < scenario.pupils {
            return Some(WhyNot::not_applicable("pupils"));
        }
        let theirs = |role: Role| self.role(role).is_some();
        let mut steps = scenario.all_steps().into_iter();
        let speaks_for_them = steps.any(|step| match &step.action {
            Action::Send(send) => theirs(send.from),
            // What a party of ours sends them is heard where it is sent, and they
            // answer it by themselves.
            Action::Receive(receive) => {
                let is_ours = receive.from.is_some_and(|from| !theirs(from));
                theirs(receive.role) && !(is_ours && matches!(receive.answer, Reply::Register))
            }
            Action::Act(act) => theirs(act.party),
            _ => false,
        });
        let scripted = [Role::Las, Role::Duo, Role::Osr]
            .into_iter()
            .any(|role| theirs(role) && scenario.parties.of(role) == Conduct::Script);
        if speaks_for_them || scripted {
            return Some(WhyNot::open(OURS));
        }
        let mut steps = scenario.all_steps().into_iter();
        let moves_clock = steps.any(|step| matches!(step.action, Action::Advance(_)));
        let elsewhen = scenario.at.is_some_and(|at| {
            !scenario.any_moment
                && at.on(today).duration_since(now).as_secs().unsigned_abs() > NEAR_SECONDS
        });
        if (moves_clock || elsewhen) && !self.has_clock() {
            return Some(WhyNot::open(CLOCK));
        }
        let mut steps = scenario.all_steps().into_iter();
        let operates = steps.any(|step| {
            let Action::Trigger(trigger) = &step.action else {
                return false;
            };
            let tested = self.role(trigger.party);
            tested.is_some_and(|tested| {
                matches!(tested.trigger, None | Some(Trigger::Person)) && self.person.is_none()
            })
        });
        operates.then_some(WhyNot::open("person"))
    }

    /// Whether all parties of the target have a clock that can be set.
    pub fn has_clock(&self) -> bool {
        let mut tested = self.target.under_test.values();
        tested.all(|tested| tested.clock.is_some())
    }

    /// How the LAS of the target is made to act.
    pub(super) fn actor(&self, clock: &RunningClock) -> Result<Option<Arc<dyn Actor>>, Unmade> {
        let Some(tested) = self.role(Role::Las) else {
            return Ok(None);
        };
        Ok(match &tested.trigger {
            Some(Trigger::Url(url)) => {
                let options = self.target.client(Arc::clone(&self.trust), clock.clone());
                let client = Client::new(options).map_err(|_| Unmade("client"))?;
                Some(Arc::new(OverHttp {
                    client,
                    url: url.clone(),
                }))
            }
            Some(Trigger::Command(command)) => Some(Arc::new(ByCommand {
                command: command.clone(),
            })),
            Some(Trigger::Person) | None => {
                let person = self.person.clone();
                person.map(|person| person as Arc<dyn Actor>)
            }
        })
    }
}

/// How a role is played that ketenkeur plays: as the target file says, else
/// with the test PKI, on loopback.
pub(super) fn played(tested: Option<&Tested>, role: Role) -> PlayedRole {
    tested.map_or_else(PlayedRole::default, |tested| tested.target.played(role))
}

/// Who a role is on its connections: as the target file says, else who it is in
/// the test PKI.
pub(super) fn tls_source(played: &PlayedRole, test: &str) -> IdentitySource {
    let named = played.tls.clone();
    named.unwrap_or_else(|| IdentitySource::Test(test.to_string()))
}

/// What a role signs with.
pub(super) fn signing_source(played: &PlayedRole, test: &str) -> IdentitySource {
    let named = played.signing.clone();
    named.unwrap_or_else(|| tls_source(played, test))
}

/// The OIN that the certificate of the server of each role must carry, by the
/// name of the role: as the target file says of those under test, and of those
/// that ketenkeur plays that of whom it plays them as, where that is somebody of
/// the test PKI.
pub fn server_oins(tested: Option<&Tested>) -> BTreeMap<String, String> {
    let of_ours = |role: &Role| {
        let source = tls_source(&played(tested, *role), identity_of(*role));
        let IdentitySource::Test(name) = source else {
            return None;
        };
        let identity = IDENTITIES.iter().find(|identity| identity.name == name)?;
        Some((role.name().to_string(), identity.oin?.to_string()))
    };
    let mut oins: BTreeMap<_, _> = Role::ALL.iter().filter_map(of_ours).collect();
    oins.extend(tested.map(Tested::oins).unwrap_or_default());
    oins
}

/// The OIN of the LAS: as the target file says, else of whom ketenkeur plays it
/// as.
///
/// # Errors
///
/// The certificate that a LAS of ours signs with cannot be used.
pub fn las_oin(target: Option<&Target>, clock: Clock) -> Result<String, IdentityError> {
    if let Some(theirs) = target.and_then(|target| target.under_test.get(&Role::Las)) {
        return Ok(theirs.oin.clone());
    }
    let played = target.map_or_else(PlayedRole::default, |target| target.played(Role::Las));
    let key = signing_source(&played, identity_of(Role::Las)).signing(clock)?;
    Ok(key.oin().unwrap_or_default().to_string())
}

/// The client of a role, without an identity yet.
pub(super) fn client_options(
    tested: Option<&Tested>,
    trust: &Arc<Trust>,
    clock: &RunningClock,
) -> ClientOptions {
    match tested {
        Some(tested) => tested.target.client(Arc::clone(trust), clock.clone()),
        None => ClientOptions::new(Arc::clone(trust), clock.clone()),
    }
}

/// Where a role that the target fills is reached, by its services; a service
/// without an endpoint of its own is reached at another's.
pub(super) fn endpoint(
    endpoints: &BTreeMap<EndpointName, String>,
    name: EndpointName,
) -> Option<&String> {
    endpoints.get(&name).or_else(|| endpoints.values().next())
}

/// The address of a server of ours as others are told it.
pub(super) fn public_url(
    played: &PlayedRole,
    server: &crate::transport::Server,
    name: &str,
) -> String {
    match &played.public_url {
        Some(url) => url.trim_end_matches('/').to_string(),
        None => server.url(&format!("{name}.{TEST_DOMAIN}"), ""),
    }
}
