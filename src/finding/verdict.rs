//! The verdict on a message and how verdicts fold.

use serde::{Deserialize, Serialize};

use super::Grade;

/// What a check or a set of checks says of a message. Ordered by precedence in
/// a fold: the last wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing of this applies to the message.
    NotApplicable,
    /// Everything that applies was judged and holds.
    Pass,
    /// Something that applies could not be judged, and nothing failed.
    Undecided,
    /// Something failed.
    Fail,
}

/// A verdict with the weakest grade it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The weakest grade among what the verdict rests on; `None` when it
    /// rests on nothing graded.
    pub grade: Option<Grade>,
}

impl Judgement {
    /// A verdict that rests on a fact of that grade.
    pub fn new(verdict: Verdict, grade: Grade) -> Self {
        Self {
            verdict,
            grade: Some(grade),
        }
    }

    /// Nothing applies.
    pub const NOT_APPLICABLE: Self = Self {
        verdict: Verdict::NotApplicable,
        grade: None,
    };

    /// The judgement under `--strict-provenance`: what rests on anything less
    /// than a published fact is undecided (dossier README, grades).
    pub fn strict(self) -> Self {
        let weak = self.grade.is_none_or(|grade| grade < Grade::Published);
        match self.verdict {
            Verdict::Pass | Verdict::Fail if weak => Self {
                verdict: Verdict::Undecided,
                ..self
            },
            _ => self,
        }
    }
}

/// Folds judgements into one. A failure wins over an undecided, an undecided
/// over a pass; the grade is the weakest among those that carry the verdict: a
/// pass rests on everything that passed, a failure on what failed.
pub fn fold(judgements: impl IntoIterator<Item = Judgement>) -> Judgement {
    judgements
        .into_iter()
        .fold(Judgement::NOT_APPLICABLE, |whole, part| {
            match part.verdict.cmp(&whole.verdict) {
                std::cmp::Ordering::Greater => part,
                std::cmp::Ordering::Less => whole,
                std::cmp::Ordering::Equal => Judgement {
                    verdict: whole.verdict,
                    grade: match (whole.grade, part.grade) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    },
                },
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_takes_the_gravest_verdict_and_its_weakest_grade() {
        let pass = Judgement::new(Verdict::Pass, Grade::Published);
        let weak = Judgement::new(Verdict::Pass, Grade::Reconstructed);
        let open = Judgement::new(Verdict::Undecided, Grade::Knowledge);
        let fail = Judgement::new(Verdict::Fail, Grade::Published);
        assert_eq!(fold([]), Judgement::NOT_APPLICABLE);
        assert_eq!(fold([pass, weak]), weak);
        assert_eq!(fold([pass, open, weak]), open);
        assert_eq!(fold([open, fail, weak]), fail);
    }

    #[test]
    fn strict_provenance_turns_weak_verdicts_into_undecided() {
        let weak = Judgement::new(Verdict::Pass, Grade::HouseStyle);
        assert_eq!(weak.strict().verdict, Verdict::Undecided);
        let strong = Judgement::new(Verdict::Fail, Grade::Published);
        assert_eq!(strong.strict(), strong);
    }
}
