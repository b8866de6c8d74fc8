//! Hunting defects: whether scenarios see a party that is known to be wrong,
//! and for the right reason.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::stage::{PlayError, Stage};
use crate::defects::KnownDefect;
use crate::event::{Event, ScenarioJudged, StepFinding};
use crate::finding::{Kind, Verdict};
use crate::requirement::Requirement;
use crate::scenario::Scenario;

/// How long a scenario with a known-wrong party waits for a message that may
/// never come, and holds one that no step asks for, in real time. All parties
/// are in the program.
const PATIENCE: Duration = Duration::from_secs(3);

/// Codes of what a script expects.
const OF_SCRIPT: &str = "KK-SC-";

/// What the catalogue of requirements says of rules.
#[derive(Debug)]
pub struct Tracing {
    of_rule: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl Tracing {
    /// The requirements that each rule judges.
    pub fn of(catalogue: &[Requirement]) -> Self {
        let mut of_rule: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
        for requirement in catalogue {
            for rule in &requirement.rules {
                let of_rule = of_rule.entry(Arc::clone(rule)).or_default();
                of_rule.push(Arc::clone(&requirement.id));
            }
        }
        Self { of_rule }
    }

    /// The requirements that a finding is about: those that its rule judges;
    /// of a finding of the script, those of its step.
    pub fn requirements<'a>(
        &'a self,
        scenario: &'a Scenario,
        found: &StepFinding,
    ) -> Vec<&'a Arc<str>> {
        let code = &*found.finding.code;
        if code.starts_with(OF_SCRIPT) {
            let step = scenario.step(&found.step);
            return step.map_or_else(Vec::new, |step| scenario.requirements_of(step));
        }
        let of_rule = self.of_rule.get(code);
        of_rule.map_or_else(Vec::new, |of_rule| of_rule.iter().collect())
    }
}

/// What a scenario says of a defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It fails for a requirement that the defect violates.
    Caught {
        /// The scenario.
        scenario: Arc<str>,
        /// The rule or expectation that did not hold.
        code: String,
        /// The requirement.
        requirement: Arc<str>,
    },
    /// It fails for something else.
    Beside {
        /// The scenario.
        scenario: Arc<str>,
        /// What did not hold.
        code: String,
    },
}

/// What became of a defect.
#[derive(Debug, Clone)]
pub struct Hunted {
    /// The defect.
    pub defect: &'static KnownDefect,
    /// What the scenarios that did not pass say, in the order in which they
    /// were played.
    pub seen: Vec<Seen>,
    /// How many scenarios were played.
    pub played: usize,
}

impl Hunted {
    /// The first scenario that caught it for the right reason, and why.
    pub fn caught(&self) -> Option<&Seen> {
        self.all_caught().next()
    }

    /// Every scenario that caught it for the right reason.
    pub fn all_caught(&self) -> impl Iterator<Item = &Seen> {
        let seen = self.seen.iter();
        seen.filter(|seen| matches!(seen, Seen::Caught { .. }))
    }
}

/// Plays `scenarios` that test the defect's party against a party that has the
/// defect: until one catches it for the right requirement, or, to see how many
/// do, the `whole` of them. The others judge another party, and say nothing of
/// this one.
///
/// # Errors
///
/// A party cannot be made: we are at fault.
pub fn hunt(
    stage: &Stage,
    defect: &'static KnownDefect,
    scenarios: &[Arc<Scenario>],
    tracing: &Tracing,
    whole: bool,
) -> Result<Hunted, PlayError> {
    let stage = Arc::new(stage.with_defect(defect, PATIENCE));
    let mut hunted = Hunted {
        defect,
        seen: Vec::new(),
        played: 0,
    };
    let mut of_party: Vec<&Arc<Scenario>> = scenarios
        .iter()
        .filter(|scenario| scenario.subject == defect.party)
        .collect();
    // Those that are about what it violates find it soonest.
    let is_about = |scenario: &Scenario| {
        let mut proofs = scenario.requirements.iter();
        proofs.any(|proof| defect.violates(&proof.id))
    };
    // Those of large numbers are played where no other catches it.
    of_party.sort_by_key(|scenario| (scenario.pupils, !is_about(scenario)));
    for scenario in of_party {
        if scenario.pupils > 0 && hunted.caught().is_some() {
            break;
        }
        let judged = stage.play(scenario, Arc::new(|_: Event| ()), None)?;
        hunted.played += 1;
        hunted.seen.extend(seen(defect, scenario, &judged, tracing));
        if (!whole && hunted.caught().is_some()) || stage.interrupt.is_set() {
            break;
        }
    }
    Ok(hunted)
}

/// What a scenario that was played says of a defect; `None` when it failed for
/// nothing.
fn seen(
    defect: &KnownDefect,
    scenario: &Scenario,
    judged: &ScenarioJudged,
    tracing: &Tracing,
) -> Option<Seen> {
    if judged.judgement.verdict != Verdict::Fail {
        return None;
    }
    let broken = judged.findings.iter();
    let broken = broken.filter(|one| !one.expected && one.finding.kind == Kind::Violation);
    let right = broken.clone().find_map(|found| {
        let requirements = tracing.requirements(scenario, found).into_iter();
        let mut violated = requirements.filter(|id| defect.violates(id));
        Some((found, Arc::clone(violated.next()?)))
    });
    Some(match right {
        Some((found, requirement)) => Seen::Caught {
            scenario: Arc::clone(&scenario.id),
            code: found.finding.code.clone(),
            requirement,
        },
        None => Seen::Beside {
            scenario: Arc::clone(&scenario.id),
            code: broken
                .map(|found| found.finding.code.as_str())
                .next()
                .unwrap_or_default()
                .to_string(),
        },
    })
}
