//! How far scenarios show a key to be ready (70-readiness.md): the one place
//! that decides it, for the report of a run and for the matrix over runs
//! (`crate::readiness`).

use serde::Serialize;

use crate::event::{PackKind, ScenarioJudged, Undeclared};
use crate::finding::Verdict;
use crate::scenario::ScriptKind;

/// How far a product is with a key, by its own tests. What others witness
/// stands elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Every mandatory scenario passed, and what passed did so on official
    /// packs.
    Ready,
    /// The same, but something rests on another pack than an official one.
    OnReconstruction,
    /// Some mandatory scenarios passed.
    Partly,
    /// Mandatory scenarios were played and none passed.
    Not,
    /// The supplier declares that the product does not offer it.
    NotOffered,
    /// The supplier declares that it does not concern the product.
    NotApplicable,
    /// No scenario is mandatory for it: there is nothing to be ready by.
    NotAsked,
    /// No mandatory scenario was played.
    NotTested,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::OnReconstruction,
        Self::Partly,
        Self::Not,
        Self::NotOffered,
        Self::NotApplicable,
        Self::NotAsked,
        Self::NotTested,
    ];

    /// Its name in results, texts and styles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::OnReconstruction => "on-reconstruction",
            Self::Partly => "partly",
            Self::Not => "not",
            Self::NotOffered => "not-offered",
            Self::NotApplicable => "not-applicable",
            Self::NotAsked => "not-asked",
            Self::NotTested => "not-tested",
        }
    }

    /// Whether something mandatory is there to be shown, of a product that
    /// offers it.
    pub fn counts(self) -> bool {
        !matches!(
            self,
            Self::NotOffered | Self::NotApplicable | Self::NotAsked
        )
    }

    /// Whether the self-test still holds something back.
    pub fn is_behind(self) -> bool {
        self.counts() && !matches!(self, Self::Ready | Self::OnReconstruction)
    }
}

/// A scenario of a run, as it counts for its key.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// Whether the key needs it.
    pub mandatory: bool,
    /// What it came to.
    pub verdict: Verdict,
    /// Whether it was played at all.
    pub played: bool,
    /// Whether every message was judged with an official pack.
    pub official: bool,
    /// Whether no message was judged with any pack: of the contract it says
    /// nothing.
    pub bare: bool,
    /// Whether somebody answers for its not having passed.
    pub waived: bool,
}

/// The scenarios of a key in a run, counted: the mandatory ones decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyCount {
    passed: usize,
    /// Played and not passed, and somebody answers for it.
    waived: usize,
    on_reconstruction: usize,
    /// Passed, with messages that were judged with an official pack.
    on_official: usize,
    not_applicable: usize,
    /// Not applicable, because the target file says so of a message and not of
    /// the key.
    exempt: usize,
    /// Not played, because the supplier declares no to the key itself.
    not_offered: usize,
    /// Failed, undecided or not played.
    missing: usize,
    /// Not in the run at all.
    left_out: usize,
    played: usize,
}

impl KeyCount {
    /// Counts a scenario that the run has.
    pub fn count(&mut self, one: Counted) {
        let passed = one.verdict == Verdict::Pass;
        // An optional scenario makes nothing ready, but what it passed on
        // stands behind the key as well.
        self.on_reconstruction += usize::from(passed && !one.official);
        self.on_official += usize::from(passed && one.official && !one.bare);
        if !one.mandatory {
            return;
        }
        self.played += usize::from(one.played);
        match one.verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Fail | Verdict::Undecided if one.waived && one.played => self.waived += 1,
            Verdict::Fail | Verdict::Undecided => self.missing += 1,
        }
    }

    /// Counts a scenario that an event tells of. One that tests a party which
    /// the target is not does not count, and neither does somebody's own script,
    /// whatever that says of itself.
    pub fn judged(&mut self, played: &ScenarioJudged, script: ScriptKind) {
        if is_elsewhere(played) || !script.counts() {
            return;
        }
        let declared_no = played.undeclared.iter().any(|one| {
            one.step.is_none() && one.capability == played.about.key && one.reason.is_none()
        });
        self.not_offered += usize::from(played.about.mandatory && declared_no);
        let is_exempt = exempting(played).next().is_some();
        self.exempt += usize::from(played.about.mandatory && is_exempt);
        self.count(Counted {
            mandatory: played.about.mandatory,
            verdict: played.judgement.verdict,
            played: played.not_played.is_none(),
            official: is_official(played),
            bare: played.pack.is_none(),
            waived: false,
        });
    }

    /// Counts a scenario that the run does not have.
    pub fn left_out(&mut self, mandatory: bool) {
        self.left_out += usize::from(mandatory);
    }

    /// Mandatory scenarios that passed, or that somebody answers for.
    pub fn passed(&self) -> usize {
        self.passed + self.waived
    }

    /// Those of them that somebody answers for.
    pub fn waived(&self) -> usize {
        self.waived
    }

    /// Mandatory scenarios that are left out, because the target file calls a
    /// message none of the product's business.
    pub fn exempt(&self) -> usize {
        self.exempt
    }

    /// Mandatory scenarios that apply.
    pub fn wanted(&self) -> usize {
        self.passed() + self.missing + self.left_out
    }

    /// What they come to.
    pub fn state(&self) -> State {
        match (self.wanted(), self.passed()) {
            (0, _) if self.not_applicable > 0 => State::NotApplicable,
            (0, _) => State::NotAsked,
            (_, 0) if self.not_offered > 0 && self.not_offered == self.missing => State::NotOffered,
            (_, 0) if self.played == 0 => State::NotTested,
            (_, 0) => State::Not,
            (wanted, passed) if passed < wanted => State::Partly,
            // Without any message nothing was held against the official pack.
            _ if self.on_reconstruction > 0 || self.on_official == 0 => State::OnReconstruction,
            _ => State::Ready,
        }
    }
}

/// The messages for which a scenario was left out, because the target file calls
/// them none of the product's business; nothing where it says so of the key.
pub fn exempting(played: &ScenarioJudged) -> impl Iterator<Item = &Undeclared> {
    let is_left_out = played.judgement.verdict == Verdict::NotApplicable
        && played.not_played.as_deref() == Some("capability");
    let lacks = played.undeclared.iter().filter(move |_| is_left_out);
    lacks.filter(|lack| lack.step.is_none() && lack.capability != played.about.key)
}

/// Whether a scenario tests a party which the target is not.
pub fn is_elsewhere(played: &ScenarioJudged) -> bool {
    played.not_played.as_deref() == Some("role")
}

/// Whether every message of a scenario was judged with an official pack.
pub fn is_official(played: &ScenarioJudged) -> bool {
    matches!(played.pack, None | Some(PackKind::Official))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::event::{ScenarioInfo, Undeclared};
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
                recorded: false,
                no_target: false,
                defect: None,
                sectors: Vec::new(),
                requirements: Vec::new(),
                hash: String::new(),
            },
            judgement: Judgement::new(verdict, Grade::Published),
            pack: Some(pack),
            contracts: BTreeSet::new(),
            unreachable: false,
            not_played: not_played.map(str::to_string),
            undeclared: Vec::new(),
            steps: 1,
            said: 0,
            said_by: None,
            findings: Vec::new(),
        }
    }

    #[test]
    fn the_mandatory_scenarios_decide() {
        use PackKind::{Official, Reconstruction};
        let pass = || scenario(Verdict::Pass, Official, None);
        let weak = || scenario(Verdict::Pass, Reconstruction, None);
        let bare = || ScenarioJudged {
            pack: None,
            ..pass()
        };
        let fail = || scenario(Verdict::Fail, Official, None);
        let clock = || scenario(Verdict::Undecided, Official, Some("clock"));
        let other = || scenario(Verdict::Undecided, Official, Some("role"));
        let absent = || scenario(Verdict::NotApplicable, Official, Some("capability"));
        let declared_no = |capability: &str| {
            let mut played = scenario(Verdict::Undecided, Official, Some("capability"));
            played.undeclared = vec![Undeclared {
                step: None,
                capability: capability.to_string(),
                reason: None,
                sectors: std::collections::BTreeMap::new(),
            }];
            played
        };
        let mut optional = fail();
        optional.about.mandatory = false;
        let optional_pass = || {
            let mut played = pass();
            played.about.mandatory = false;
            played
        };
        let mut weak_optional = weak();
        weak_optional.about.mandatory = false;
        for (played, left_out, state) in [
            (vec![pass(), pass(), optional], 0, State::Ready),
            (vec![pass(), weak()], 0, State::OnReconstruction),
            (vec![bare(), bare()], 0, State::OnReconstruction),
            (vec![bare(), pass()], 0, State::Ready),
            (vec![pass(), weak_optional], 0, State::OnReconstruction),
            (vec![pass(), fail()], 0, State::Partly),
            (vec![pass(), clock()], 0, State::Partly),
            (vec![pass()], 1, State::Partly),
            (vec![pass(), other(), absent()], 0, State::Ready),
            (vec![fail()], 1, State::Not),
            (
                vec![scenario(Verdict::Undecided, Official, None)],
                0,
                State::Not,
            ),
            (vec![clock()], 2, State::NotTested),
            (vec![absent()], 0, State::NotApplicable),
            // An optional scenario alone says nothing of the key.
            (vec![optional_pass()], 0, State::NotAsked),
            (vec![optional_pass()], 2, State::NotTested),
            (vec![fail(), optional_pass()], 0, State::Not),
            (vec![], 3, State::NotTested),
            (vec![], 0, State::NotAsked),
            (vec![declared_no("po-inwinnen")], 2, State::NotOffered),
            (vec![declared_no("aanleverenAdviesVO")], 2, State::NotTested),
            (vec![declared_no("po-inwinnen"), fail()], 0, State::Not),
            (
                vec![declared_no("po-inwinnen"), clock()],
                0,
                State::NotTested,
            ),
        ] {
            let mut count = KeyCount::default();
            for played in &played {
                count.judged(played, ScriptKind::Shipped);
                // A script of somebody's own changes nothing, however it went.
                count.judged(played, ScriptKind::Own);
            }
            (0..left_out).for_each(|_| count.left_out(true));
            assert_eq!(count.state(), state, "{count:?}");
        }
    }

    #[test]
    fn a_waiver_stands_for_what_was_played_and_did_not_pass() {
        use Verdict::{Fail, NotApplicable, Pass, Undecided};
        // Mandatory scenarios: the verdict, whether it was played and whether
        // it is waived.
        for (scenarios, state, passed, wanted, waived) in [
            (
                &[(Pass, true, false), (Fail, true, true)][..],
                State::Ready,
                2,
                2,
                1,
            ),
            (
                &[(Undecided, true, true), (Fail, true, false)],
                State::Partly,
                1,
                2,
                1,
            ),
            (&[(Undecided, false, true)], State::NotTested, 0, 1, 0),
            (&[(Pass, true, true)], State::Ready, 1, 1, 0),
            (
                &[(NotApplicable, false, true), (Fail, true, false)],
                State::Not,
                0,
                1,
                0,
            ),
        ] {
            let mut count = KeyCount::default();
            for &(verdict, played, waived) in scenarios {
                count.count(Counted {
                    mandatory: true,
                    verdict,
                    played,
                    official: true,
                    bare: false,
                    waived,
                });
            }
            let counted = (
                count.state(),
                count.passed(),
                count.wanted(),
                count.waived(),
            );
            assert_eq!(counted, (state, passed, wanted, waived), "{scenarios:?}");
        }
    }
}
