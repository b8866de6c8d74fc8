//! Events of a run of scenarios.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PackKind, Reported};
use crate::finding::{Judgement, Language};

/// What a scenario is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioInfo {
    /// Its id, by which all its events name it.
    pub scenario: String,
    /// Dutch title.
    pub title_nl: String,
    /// English title.
    pub title_en: String,
    /// The key of the readiness matrix that it counts for.
    pub key: String,
    /// Whether the key needs it.
    pub mandatory: bool,
    /// The party that is tested.
    pub subject: String,
    /// Whether that party is one of ours: then the run proves nothing about a
    /// supplier.
    pub own: bool,
    /// Whether it was not played but held against recorded traffic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// Whether that is recorded traffic of which nobody said whose it is: then it
    /// says nothing of a product.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_target: bool,
    /// What a party of ours did wrong on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<Wrong>,
    /// The sectors that it is played for.
    pub sectors: Vec<String>,
    /// The requirements that it proves.
    pub requirements: Vec<String>,
    /// SHA-256 over its text and what it includes.
    pub hash: String,
}

/// A party that was wrong on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// The defect, by its id.
    pub id: String,
    /// The party that has it.
    pub party: String,
}

impl ScenarioInfo {
    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }
}

/// One exchange took place, or was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// The scenario.
    pub scenario: String,
    /// Its number within the scenario, from 1.
    pub number: u32,
    /// Who sent the request.
    pub from: String,
    /// Whom it went to.
    pub to: String,
    /// What the request is: the name of its message, else method and path.
    pub name: String,
    /// The status of the response, where one came.
    pub status: Option<u16>,
    /// TLS version and cipher suite, where the connection had them.
    pub tls: Option<String>,
    /// Why there is no answer, in the words of
    /// [`TransportProblem`](crate::transport::TransportProblem).
    pub problem: Option<String>,
}

/// A step was carried out. What was found stands in [`ScenarioJudged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stepped {
    /// The scenario.
    pub scenario: String,
    /// Where the step stands: `3`, of a branch or repetition `3.2.1`.
    pub step: String,
    /// What the step does, in the words of the script.
    pub label: String,
    /// The line of the script.
    pub line: u32,
    /// The exchange that it is about, where there is one.
    pub exchange: Option<u32>,
    /// What its expectations come to.
    pub judgement: Judgement,
    /// Whether it rests on what a person said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said: bool,
    /// What the target does not declare, where the step was left out for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared: Option<Undeclared>,
}

/// What a target's file does not declare, so that something was not played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undeclared {
    /// The step that was left out, as in [`Stepped`]; `None` when the scenario
    /// was.
    pub step: Option<String>,
    /// The operation of a message, or the key of a row.
    pub capability: String,
    /// Why it is not for the product to do, as the target's file says.
    pub reason: Option<String>,
    /// The same for each sector, by its name: nothing where the file says `no`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sectors: BTreeMap<String, Option<String>>,
}

/// A finding of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFinding {
    /// The step, as in [`Stepped`].
    pub step: String,
    /// The recorded message that it is about, as [`input_name`] has it; `None`
    /// when it is about the step itself.
    pub input: Option<String>,
    /// Whether the script expects it, so that it does not count.
    pub expected: bool,
    /// The finding.
    pub finding: Reported,
}

/// A scenario ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioJudged {
    /// What was played.
    pub about: ScenarioInfo,
    /// What its steps come to.
    pub judgement: Judgement,
    /// The kind of the weakest pack that its messages were judged with.
    pub pack: Option<PackKind>,
    /// The contracts whose packs judged its messages.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub contracts: BTreeSet<String>,
    /// A connection failed where the script expected none to: that is no fault
    /// in a message.
    pub unreachable: bool,
    /// Why it was not played, or not to its end, as a key of the texts
    /// (`not-played.<key>`).
    pub not_played: Option<String>,
    /// What the target does not declare, for which it or some of its steps were
    /// left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<Undeclared>,
    /// Steps that were carried out.
    pub steps: u32,
    /// How many of them rest on what a person said.
    #[serde(default, skip_serializing_if = "is_none")]
    pub said: u32,
    /// Who said it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_by: Option<SaidBy>,
    /// What was found, in the order of the steps.
    pub findings: Vec<StepFinding>,
}

/// Who said what recorded traffic does not show, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SaidBy {
    /// The organisation or role, as it was written.
    pub by: String,
    /// The date, as 2026-09-28.
    pub on: String,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl ScenarioJudged {
    /// Whether it has its final verdict: nobody ended the run before.
    pub fn is_finished(&self) -> bool {
        !is_cut_short(self.not_played.as_deref())
    }
}

/// Whether a reason for not having been played, as a key of the texts, says
/// that somebody ended the run before.
pub fn is_cut_short(not_played: Option<&str>) -> bool {
    matches!(not_played, Some("interrupted" | "fail-fast"))
}

/// The name of one side of an exchange, as findings on it have it.
pub fn input_name(scenario: &str, number: u32, side: &str) -> String {
    format!("{scenario}#{number}/{side}")
}
