//! How one run stands towards a key of the readiness matrix (70-readiness.md).
//! The matrix itself, over runs, products and sectors, is `crate::readiness`.

use crate::event::{PackKind, ScenarioInfo, ScenarioJudged};
use crate::finding::Verdict;

/// How far a run shows a key to be ready. A self-test at most: what others
/// witness stands elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Every mandatory scenario passed, and what passed did so on official
    /// packs.
    Ready,
    /// The same, but something rests on another pack than an official one.
    OnReconstruction,
    /// Some mandatory scenarios passed.
    Partly,
    /// Mandatory scenarios were played and none passed.
    Not,
    /// The product declares not to offer this.
    NotApplicable,
    /// No mandatory scenario was played.
    NotTested,
}

impl Readiness {
    /// Its name, with which texts and styles go.
    pub fn name(self) -> &'static str {
        match self {
            Readiness::Ready => "ready",
            Readiness::OnReconstruction => "on-reconstruction",
            Readiness::Partly => "partly",
            Readiness::Not => "not",
            Readiness::NotApplicable => "not-applicable",
            Readiness::NotTested => "not-tested",
        }
    }
}

/// The scenarios of a key in a run, counted: the mandatory ones decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyCount {
    passed: u32,
    on_reconstruction: u32,
    failed: u32,
    not_applicable: u32,
    /// Undecided, not played, or not in the run at all.
    open: u32,
    played: u32,
}

impl KeyCount {
    /// Counts a scenario that the run has. One that tests a party which the
    /// target is not does not count.
    pub fn judged(&mut self, played: &ScenarioJudged) {
        let elsewhere = played.not_played.as_deref() == Some("role");
        let passed = played.judgement.verdict == Verdict::Pass;
        if passed && !matches!(played.pack, None | Some(PackKind::Official)) {
            self.on_reconstruction += 1;
        }
        if !played.about.mandatory || elsewhere {
            return;
        }
        self.played += u32::from(played.not_played.is_none());
        match played.judgement.verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Fail => self.failed += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Undecided => self.open += 1,
        }
    }

    /// Counts a scenario that the run does not have.
    pub fn left_out(&mut self, scenario: &ScenarioInfo) {
        self.open += u32::from(scenario.mandatory);
    }

    /// Mandatory scenarios that passed.
    pub fn passed(&self) -> u32 {
        self.passed
    }

    /// Mandatory scenarios that apply.
    pub fn wanted(&self) -> u32 {
        self.passed + self.failed + self.open
    }

    /// What they come to.
    pub fn readiness(&self) -> Readiness {
        match (self.wanted(), self.passed) {
            (0, _) if self.not_applicable > 0 => Readiness::NotApplicable,
            (_, 0) if self.played == 0 => Readiness::NotTested,
            (_, 0) => Readiness::Not,
            (wanted, passed) if passed < wanted => Readiness::Partly,
            _ if self.on_reconstruction > 0 => Readiness::OnReconstruction,
            _ => Readiness::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Grade, Judgement};

    fn scenario(verdict: Verdict, pack: PackKind, not_played: Option<&str>) -> ScenarioJudged {
        ScenarioJudged {
            about: ScenarioInfo {
                scenario: "s".to_string(),
                title_nl: String::new(),
                title_en: String::new(),
                key: "po-inwinnen".to_string(),
                mandatory: true,
                subject: "las".to_string(),
                own: false,
                sectors: Vec::new(),
                requirements: Vec::new(),
                hash: String::new(),
            },
            judgement: Judgement::new(verdict, Grade::Published),
            pack: Some(pack),
            unreachable: false,
            not_played: not_played.map(str::to_string),
            steps: 1,
            findings: Vec::new(),
        }
    }

    #[test]
    fn the_mandatory_scenarios_decide() {
        use PackKind::{Official, Reconstruction};
        let pass = || scenario(Verdict::Pass, Official, None);
        let weak = || scenario(Verdict::Pass, Reconstruction, None);
        let fail = || scenario(Verdict::Fail, Official, None);
        let clock = || scenario(Verdict::Undecided, Official, Some("clock"));
        let other = || scenario(Verdict::Undecided, Official, Some("role"));
        let absent = || scenario(Verdict::NotApplicable, Official, Some("capability"));
        let mut optional = fail();
        optional.about.mandatory = false;
        let mut weak_optional = weak();
        weak_optional.about.mandatory = false;
        for (played, left_out, readiness) in [
            (vec![pass(), pass(), optional], 0, Readiness::Ready),
            (vec![pass(), weak()], 0, Readiness::OnReconstruction),
            (vec![pass(), weak_optional], 0, Readiness::OnReconstruction),
            (vec![pass(), fail()], 0, Readiness::Partly),
            (vec![pass(), clock()], 0, Readiness::Partly),
            (vec![pass()], 1, Readiness::Partly),
            (vec![pass(), other(), absent()], 0, Readiness::Ready),
            (vec![fail()], 1, Readiness::Not),
            (
                vec![scenario(Verdict::Undecided, Official, None)],
                0,
                Readiness::Not,
            ),
            (vec![clock()], 2, Readiness::NotTested),
            (vec![absent()], 0, Readiness::NotApplicable),
            (vec![], 3, Readiness::NotTested),
            (vec![], 0, Readiness::NotTested),
        ] {
            let mut count = KeyCount::default();
            played.iter().for_each(|played| count.judged(played));
            (0..left_out).for_each(|_| count.left_out(&pass().about));
            assert_eq!(count.readiness(), readiness, "{count:?}");
        }
    }
}
