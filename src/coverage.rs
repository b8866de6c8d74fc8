//! Which requirements are proven, positively and negatively, and by what: by
//! all that comes along, or by what runs really showed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::edukoppeling::{Breakable, breakable};
use crate::event::{Event, SaidBy, ScenarioJudged};
use crate::evidence::{Evidence, ReadError};
use crate::example::Cases;
use crate::finding::Verdict;
use crate::play::recorded_script;
use crate::requirement::Requirement;
use crate::scenario::{Library, ScriptKind};

/// Something that proves a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// What kind of thing it is.
    pub by: Means,
    /// The scenario, or the rule whose case or signed message it is.
    pub name: String,
    /// The file of the case, or the folder of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What a run proves it with.
    #[serde(flatten)]
    pub rests: Rests,
}

/// What the proof of a run rests on, beside what was played.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rests {
    /// It was held against recorded traffic: nothing was staged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// Who said what the traffic does not show, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said_by: Option<SaidBy>,
}

/// A mark at a name, the key of what it means, and of which proof it is.
pub type Mark = (&'static str, &'static str, fn(&Proof) -> bool);

/// The marks of the readiness matrix: what a proof rests on beside what was
/// played.
pub const MARKS: [Mark; 2] = [
    ("‡", "mark-recorded", |proof| proof.rests.recorded),
    ("§", "mark-said", |proof| proof.rests.said_by.is_some()),
];

impl Proof {
    /// Its name with the marks of what it rests on.
    pub fn marked(&self) -> String {
        let marks = MARKS.iter().filter(|(_, _, holds)| holds(self));
        let marks: String = marks.map(|(mark, _, _)| *mark).collect();
        self.name.clone() + &marks
    }
}

/// What kinds of things prove requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// A scenario that comes along.
    Scenario,
    /// A case of `cases/rules`: what breaks a rule proves the requirement
    /// negatively, the near miss that passes proves it positively.
    Case,
    /// A signed message of `ketenkeur sign`, right or with the rule broken.
    Signed,
    /// A scenario as it went in a run.
    Run,
}

/// What proves a requirement, and what spoke against it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proven {
    /// By doing what it asks and seeing that work.
    pub positive: Vec<Proof>,
    /// By breaking it and seeing that noticed.
    pub negative: Vec<Proof>,
    /// Runs in which ketenkeur itself played the tested party: they show how
    /// it goes, and prove nothing about a supplier.
    pub own: Vec<Proof>,
    /// Runs of recorded traffic without a target: of whom it is, nobody can tell.
    pub no_target: Vec<Proof>,
    /// Runs in which a scenario that should prove it did not pass.
    pub failed: Vec<Proof>,
}

impl Proven {
    fn add(&mut self, negative: bool, proof: Proof) {
        let all = if negative {
            &mut self.negative
        } else {
            &mut self.positive
        };
        if !all.contains(&proof) {
            all.push(proof);
        }
    }

    /// What it comes to is shown by these.
    pub fn shown_by(&self, state: State) -> Vec<&Proof> {
        match state {
            State::Proven => self.positive.iter().chain(&self.negative).collect(),
            State::NoTarget => self.no_target.iter().collect(),
            State::Own => self.own.iter().collect(),
            State::Failed => self.failed.iter().collect(),
            State::Explained | State::Open => Vec::new(),
        }
    }

    /// What it comes to.
    /// `is_explained` says whether the catalogue says why nothing proves it.
    pub fn state(&self, is_explained: bool) -> State {
        if !self.failed.is_empty() {
            State::Failed
        } else if !(self.positive.is_empty() && self.negative.is_empty()) {
            State::Proven
        } else if !self.no_target.is_empty() {
            State::NoTarget
        } else if !self.own.is_empty() {
            State::Own
        } else if is_explained {
            State::Explained
        } else {
            State::Open
        }
    }
}

/// What is known of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Something proves it.
    Proven,
    /// Only recorded traffic without a target shows it.
    NoTarget,
    /// Only runs of ketenkeur against itself show it.
    Own,
    /// A scenario that should prove it did not pass.
    Failed,
    /// Nothing proves it, and the catalogue says why.
    Explained,
    /// Nothing proves it.
    Open,
}

impl State {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 6] = [
        Self::Proven,
        Self::NoTarget,
        Self::Own,
        Self::Failed,
        Self::Explained,
        Self::Open,
    ];

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NoTarget => "no-target",
            Self::Own => "own",
            Self::Failed => "failed",
            Self::Explained => "explained",
            Self::Open => "open",
        }
    }
}

/// What proves each requirement, by its id.
#[derive(Debug, Default)]
pub struct Coverage {
    of: BTreeMap<Arc<str>, Proven>,
    /// Scripts of somebody's own that runs played: they prove nothing.
    pub own_scripts: BTreeSet<String>,
    /// Other versions of ketenkeur that runs are of: their scripts were not held
    /// against the shipped ones.
    pub not_compared: BTreeSet<String>,
}

/// Why a folder cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoverageError {
    /// It is no evidence that can be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A party was wrong on purpose, with this defect: nothing rests on it.
    #[error("a party was wrong on purpose ({0})")]
    Defect(String),
    /// It is not what was written: nothing rests on it.
    #[error("a file of the evidence is another than was written")]
    Changed(String),
}

impl Coverage {
    /// What the scenarios, cases and signed messages that come along can prove.
    pub fn of_shipped(requirements: &[Requirement], cases: &Cases) -> Self {
        let mut coverage = Self::default();
        for scenario in &Library::shipped().scenarios {
            for proof in &scenario.requirements {
                let by = Proof {
                    by: Means::Scenario,
                    name: scenario.id.to_string(),
                    place: None,
                    rests: Rests::default(),
                };
                coverage.of(&proof.id).add(proof.negative, by);
            }
        }
        let single = cases.cases().iter();
        let single = single.map(|case| (&case.rule, &case.place, &case.requirements[..]));
        let batches = cases.batches().iter();
        let batches = batches.map(|case| (&case.rule, &case.place, &case.requirements[..]));
        let raws = cases
            .raws()
            .iter()
            .map(|case| (&case.rule, &case.place, &[][..]));
        for (rule, place, more) in single.chain(batches).chain(raws) {
            let is_of = |requirement: &&Requirement| {
                requirement.rules.iter().any(|code| **code == **rule)
                    || more.iter().any(|id| **id == *requirement.id)
            };
            for requirement in requirements.iter().filter(is_of) {
                coverage.both(requirement, Means::Case, rule, Some(place));
            }
        }
        for (rule, how) in breakable() {
            if !matches!(how, Breakable::Never(_)) {
                let is_of = |requirement: &&Requirement| {
                    requirement.rules.iter().any(|code| **code == *rule)
                };
                for requirement in requirements.iter().filter(is_of) {
                    coverage.both(requirement, Means::Signed, rule, None);
                }
            }
        }
        coverage
    }

    /// Adds what a run really showed.
    ///
    /// # Errors
    ///
    /// A folder that is no evidence, or no longer what was written.
    pub fn add_run(&mut self, folder: &Path) -> Result<(), CoverageError> {
        let evidence = Evidence::open(folder)?;
        let differences = evidence.differences()?;
        if !differences.is_empty() {
            return Err(CoverageError::Changed(differences.few()));
        }
        let run = evidence.run()?;
        if let Some(wrong) = run.defect {
            return Err(CoverageError::Defect(wrong.id));
        }
        let has_target = !run.target.supplier.is_empty();
        let steps = evidence.steps()?;
        for event in evidence.lines("events.jsonl")? {
            let Event::Played(played) = event else {
                continue;
            };
            let id = &played.about.scenario;
            let kind = ScriptKind::of(&run.tool, &played.about);
            match kind {
                ScriptKind::Shipped => {}
                ScriptKind::NotCompared => {
                    self.not_compared.insert(run.tool.clone());
                }
                ScriptKind::Own => {
                    self.own_scripts.insert(id.clone());
                    continue;
                }
            }
            let file = steps.get(id).and_then(|steps| steps.first());
            let script = file.and_then(|step| recorded_script(&evidence, &step.scenario_file));
            let proven = played.about.requirements.iter();
            for requirement in proven.filter(|one| kind.is_about(id, one)) {
                let is_negative = script.as_ref().is_some_and(|script| {
                    let mut proofs = script.requirements.iter();
                    proofs.any(|proof| *proof.id == **requirement && proof.negative)
                });
                let whose = (Some(folder), has_target);
                self.add_played(&played, requirement, is_negative, whose);
            }
        }
        Ok(())
    }

    /// Adds what a scenario of a run came to for the requirement of that id.
    /// Beside the folder of the run stands whether it had a target.
    pub fn add_played(
        &mut self,
        played: &ScenarioJudged,
        id: &str,
        is_negative: bool,
        (folder, has_target): (Option<&Path>, bool),
    ) {
        if played.not_played.is_some() || played.about.defect.is_some() {
            return;
        }
        let has_target = has_target && !played.about.no_target;
        let proof = Proof {
            by: Means::Run,
            name: played.about.scenario.clone(),
            place: folder.map(|folder| folder.display().to_string()),
            rests: Rests {
                recorded: played.about.recorded,
                said_by: played.said_by.clone(),
            },
        };
        let proven = self.of(id);
        match (played.judgement.verdict, played.about.own) {
            // As the readiness matrix has it: it counts for no product.
            (Verdict::Pass, false) if !has_target => proven.no_target.push(proof),
            (Verdict::Pass, false) => proven.add(is_negative, proof),
            (Verdict::Pass, true) => proven.own.push(proof),
            (Verdict::Fail, _) => proven.failed.push(proof),
            // What could not be decided proves nothing either way.
            (Verdict::Undecided | Verdict::NotApplicable, _) => {}
        }
    }

    /// What proves a requirement.
    pub fn proven(&self, id: &str) -> Proven {
        self.of.get(id).cloned().unwrap_or_default()
    }

    fn of(&mut self, id: &str) -> &mut Proven {
        self.of.entry(id.into()).or_default()
    }

    /// A thing that comes in two, one right and one wrong.
    fn both(&mut self, requirement: &Requirement, by: Means, rule: &str, place: Option<&String>) {
        for negative in [false, true] {
            let proof = Proof {
                by,
                name: rule.to_string(),
                place: place.cloned(),
                rests: Rests::default(),
            };
            self.of(&requirement.id).add(negative, proof);
        }
    }
}
