//! What a run judges with.

use super::deviations::Deviations;
use super::rules::RulesOfPacks;
use super::transport::NamedRequest;
use crate::edukoppeling::Trust;
use crate::facts::Facts;
use crate::finding::{Class, Grade, Judgement, Kind, Redaction, Verdict, fold};
use crate::pack::Store;

/// How a check judges.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Whether personal data may be shown.
    pub redaction: Redaction,
    /// Count only what rests on published facts.
    pub strict_provenance: bool,
    /// Class from which a finding fails a message.
    pub fail_on: Class,
    /// What a JSON message is, said by the user.
    pub named: Option<String>,
    /// Judge the messages together as well.
    pub batch: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            redaction: Redaction::Mask,
            strict_provenance: false,
            fail_on: Class::Foutmelding,
            named: None,
            batch: true,
        }
    }
}

impl CheckOptions {
    /// What a finding of that kind, class and grade does to the verdict.
    pub fn judgement(&self, kind: Kind, class: Class, grade: Grade) -> Judgement {
        let verdict = match kind {
            Kind::Undecided => Verdict::Undecided,
            Kind::Violation if class >= self.fail_on => Verdict::Fail,
            Kind::Violation => Verdict::Pass,
        };
        Judgement::new(verdict, grade)
    }

    /// The judgement that others add up to, under strict provenance each
    /// after [`Judgement::strict`].
    pub fn fold(&self, judgements: impl IntoIterator<Item = Judgement>) -> Judgement {
        fold(judgements.into_iter().map(|judgement| {
            if self.strict_provenance {
                judgement.strict()
            } else {
                judgement
            }
        }))
    }
}

/// What all threads of a run judge with.
pub struct Bench {
    /// The packs in force.
    pub store: Store,
    /// What is known outside the messages.
    pub facts: Facts,
    /// How to judge.
    pub options: CheckOptions,
    /// What somebody answers for.
    pub deviations: Deviations,
    /// What the certificates of signers are judged with.
    pub trust: Trust,
    /// The request that answers without one of their own belong to.
    pub request: Option<NamedRequest>,
    /// The rule sets of the packs, read on first use.
    pub rules: RulesOfPacks,
}
