//! What all scenarios of a run have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::built_in::Unmade;
use super::cast::Cast;
use super::ledger::Ledger;
use super::player::Player;
use super::run::Interrupt;
use super::sink::Sink;
use super::tested::{Tested, WhyNot};
use super::whose::Whose;
use super::wire::Wire;
use crate::clock::{Clock, RunningClock};
use crate::counterpart::defect::Defect;
use crate::counterpart::duo::rio_facts;
use crate::counterpart::{Bodies, Judges, receiving_bench};
use crate::defects::KnownDefect;
use crate::edukoppeling::Trust;
use crate::event::{Event, PackInForce, ScenarioInfo, ScenarioJudged};
use crate::evidence::{Folder, WriteError};
use crate::facts::Profile;
use crate::finding::{Class, Judgement, Verdict};
use crate::pack::Store;
use crate::pki::Authorities;
use crate::scenario::{Role, Scenario, Values};
use crate::target::Target;

/// How a run judges and what it plays with.
#[derive(Debug, Clone)]
pub struct StageOptions {
    /// The packs in force.
    pub store: Store,
    /// The environment that is judged for.
    pub profile: Profile,
    /// Somebody else's parties; without, ketenkeur plays all of them.
    pub tested: Option<Arc<Tested>>,
    /// The OIN that the certificate of the server of a role must carry, by the
    /// name of the role, where that is known.
    pub oins: BTreeMap<String, String>,
    /// Whom everybody trusts where nobody is tested who says so.
    pub authorities: Authorities,
    /// What everything that is made up is derived from.
    pub seed: Arc<str>,
    /// Where a virtual clock begins; scenarios that name a moment begin there.
    pub now: Timestamp,
    /// Personal data masked or shown.
    pub redaction: crate::finding::Redaction,
    /// Count only what rests on published facts.
    pub strict_provenance: bool,
    /// The class from which a finding fails a scenario.
    pub fail_on: Class,
    /// Judges at a time.
    pub judges: usize,
    /// What a party of ours does wrong.
    pub defect: Option<&'static KnownDefect>,
    /// The scenarios were asked for by name, not with everything else.
    pub named: bool,
}

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// A party of ours cannot be made: we are at fault, or the machine.
    #[error(transparent)]
    Unmade(#[from] Unmade),
    /// The evidence cannot be written.
    #[error(transparent)]
    Evidence(#[from] WriteError),
}

/// What all scenarios of a run have in common.
#[derive(Clone)]
pub struct Stage {
    pub(super) seed: Arc<str>,
    pub(super) today: Date,
    pub(super) judges: Arc<Judges>,
    pub(super) bodies: Arc<Bodies>,
    pub(super) trust: Arc<Trust>,
    pub(super) profile: Profile,
    pub(super) tested: Option<Arc<Tested>>,
    /// Who is tested in each role that is somebody else's.
    pub(super) whose: Vec<Whose>,
    oins: BTreeMap<String, String>,
    /// What a party of ours does wrong.
    defect: Option<&'static KnownDefect>,
    /// The scenarios were asked for by name.
    named: bool,
    /// The longest that a step waits for a message, and a message for a step,
    /// in real time.
    pub(super) patience: Duration,
    /// Asks the run to end.
    pub interrupt: Interrupt,
    now: Timestamp,
    folder: Option<Arc<Folder>>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

impl Stage {
    /// A stage whose evidence goes into `folder`.
    pub fn new(options: StageOptions, folder: Option<Arc<Folder>>, interrupt: Interrupt) -> Self {
        let bodies = Arc::new(Bodies::new(options.store.clone()));
        let mut bench = receiving_bench(
            options.store,
            options.profile,
            Clock::at(options.now),
            match &options.tested {
                Some(tested) => tested.authorities().trust(),
                None => options.authorities.clone().trust(),
            },
            rio_facts(&bodies).map(Arc::new),
        );
        bench.options.redaction = options.redaction;
        bench.options.strict_provenance = options.strict_provenance;
        bench.options.fail_on = options.fail_on;
        Self {
            seed: options.seed,
            today: TimeZone::UTC.to_datetime(options.now).date(),
            judges: Arc::new(Judges::new(Arc::new(bench), options.judges)),
            bodies,
            trust: match &options.tested {
                Some(tested) => Arc::clone(&tested.trust),
                None => Arc::new(options.authorities.trust()),
            },
            profile: options.profile,
            whose: options
                .tested
                .as_ref()
                .map_or_else(Vec::new, |tested| tested.whose()),
            tested: options.tested,
            oins: options.oins,
            defect: options.defect,
            named: options.named,
            patience: Duration::MAX,
            interrupt,
            now: options.now,
            folder,
        }
    }

    /// The same stage with a party that has a defect, and steps that wait no
    /// longer than `patience`.
    pub(super) fn with_defect(&self, defect: &'static KnownDefect, patience: Duration) -> Self {
        Self {
            defect: Some(defect),
            patience,
            ..self.clone()
        }
    }

    /// What a party of ours does wrong: nothing, unless it has the defect of
    /// the run.
    pub(super) fn defect_of(&self, role: Role) -> Arc<Defect> {
        let of_role = self.defect.filter(|known| known.party == role);
        of_role.map_or_else(Arc::default, |known| Arc::clone(&known.defect))
    }

    /// The OIN that the certificate of a role's server must carry, where that is
    /// known.
    pub(super) fn oin_of(&self, role: Role) -> Option<&str> {
        self.oins.get(role.name()).map(String::as_str)
    }

    /// Who is tested in a role, where that is somebody else.
    pub(super) fn whose(&self, role: Role) -> Option<&Whose> {
        self.whose.iter().find(|whose| whose.role == role)
    }

    /// What it comes to that a scenario is not played.
    pub(super) fn weighed(&self, why: WhyNot, scenario: &Scenario) -> WhyNot {
        match self.named {
            true => why,
            false => why.unasked(scenario),
        }
    }

    /// What is said of somebody else's parties.
    pub(super) fn target(&self) -> Option<&Target> {
        self.tested.as_ref().map(|tested| &*tested.target)
    }

    /// Whether the party that a scenario tests is somebody else's.
    fn is_tested(&self, scenario: &Scenario) -> bool {
        let tested = self.tested.as_ref();
        tested.is_some_and(|tested| tested.role(scenario.subject).is_some())
    }

    /// The rules of the packs, for whoever tells of findings.
    pub fn judges(&self) -> &Arc<Judges> {
        &self.judges
    }

    /// What everything that a scenario makes up is derived from.
    pub(super) fn seed_of(&self, scenario: &Scenario) -> String {
        format!("{}/{}", self.seed, scenario.id)
    }

    /// Where the evidence goes.
    pub(super) fn folder(&self) -> Option<Arc<Folder>> {
        self.folder.clone()
    }

    /// The moment of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The packs in force.
    pub fn packs(&self) -> Vec<PackInForce> {
        let packs = self.bodies.store().packs();
        packs.map(|pack| pack.in_force()).collect()
    }

    /// Plays a scenario; `why` says that it is not to be played after all, as
    /// a key of the texts (`not-played.<key>`).
    ///
    /// # Errors
    ///
    /// A party cannot be made, or the evidence cannot be written.
    pub fn play(
        self: &Arc<Self>,
        scenario: &Scenario,
        sink: Arc<dyn Sink>,
        why: Option<&'static str>,
    ) -> Result<ScenarioJudged, PlayError> {
        let mut info = info_of(scenario);
        info.own = !self.is_tested(scenario);
        info.defect = self.defect.map(KnownDefect::told);
        sink.event(Event::Scenario(Box::new(info.clone())));
        let not = |why: &WhyNot| not_played(info.clone(), scenario, &*sink, why);
        let moment = scenario.at.map_or(self.now, |at| at.on(self.today));
        let tested = self.tested.as_ref();
        let clock = match tested {
            None => RunningClock::standing_at(moment),
            // Theirs runs on while ours would stand still.
            Some(tested) if tested.has_clock() => RunningClock::running_from(moment),
            // Somebody else's clock cannot be moved.
            Some(_) => RunningClock::system(),
        };
        let why = match why {
            Some(key) => Some(WhyNot::open(key)),
            None => tested.and_then(|tested| {
                tested.why_not(scenario, self.bodies.store(), self.today, clock.now())
            }),
        };
        if let Some(why) = why {
            return Ok(not(&self.weighed(why, scenario)));
        }
        let ledger = Arc::new(Ledger::new(
            info,
            scenario,
            self.judges.bench().options.clone(),
            Arc::clone(&sink),
            self.folder.clone(),
            self.interrupt.clone(),
        ));
        if let Some(tested) = tested.filter(|tested| tested.has_clock())
            && let Err(fault) = tested.set_clocks(clock.now())
        {
            ledger.clock_at_fault(&fault);
            return Ok(ledger.finish()?);
        }
        let wire = Arc::new(Wire::new(
            Arc::clone(&scenario.id),
            clock.clone(),
            self.folder.clone(),
            sink,
            self.interrupt.clone(),
        ));
        let cast = Cast::new(self, scenario, clock.clone(), Arc::clone(&wire))?;
        let mut values = Values::new(clock, &self.seed_of(scenario));
        for (name, value) in cast.values() {
            values.set(name, value);
        }
        if let Some(tested) = tested.filter(|_| !cast.party(Role::Las).ours) {
            let now = cast.clock.now();
            let begins = &tested.begins;
            ledger.begins(begins.begin(&*cast.actor(), &scenario.id, now));
        }
        Player::new(scenario, &cast, &ledger).play(values);
        drop(cast);
        if let Some(error) = wire.failed() {
            return Err(error.into());
        }
        Ok(ledger.finish()?)
    }
}

/// What a scenario is, for the events.
pub fn info_of(scenario: &Scenario) -> ScenarioInfo {
    ScenarioInfo {
        scenario: scenario.id.to_string(),
        title_nl: scenario.title.nl.to_string(),
        title_en: scenario.title.en.to_string(),
        key: scenario.key.name().to_string(),
        mandatory: scenario.mandatory,
        subject: scenario.subject.name().to_string(),
        own: true,
        recorded: false,
        no_target: false,
        defect: None,
        sectors: scenario
            .sectors
            .iter()
            .map(|sector| sector.name().to_string())
            .collect(),
        requirements: scenario
            .requirements
            .iter()
            .map(|proof| proof.id.to_string())
            .collect(),
        hash: scenario.hash.to_string(),
    }
}

/// A scenario that was not played: never a pass.
pub(super) fn not_played(
    info: ScenarioInfo,
    scenario: &Scenario,
    sink: &dyn Sink,
    why: &WhyNot,
) -> ScenarioJudged {
    let verdict = if why.not_applicable {
        Verdict::NotApplicable
    } else {
        Verdict::Undecided
    };
    let judged = ScenarioJudged {
        about: info,
        judgement: Judgement::new(verdict, scenario.grade),
        pack: None,
        contracts: BTreeSet::new(),
        unreachable: false,
        not_played: Some(why.key.to_string()),
        undeclared: why.undeclared.clone(),
        steps: 0,
        said: 0,
        said_by: None,
        findings: Vec::new(),
    };
    sink.event(Event::Played(Box::new(judged.clone())));
    judged
}
