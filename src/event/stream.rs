//! The events themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scenario::{Exchanged, ScenarioInfo, ScenarioJudged, Stepped};
use crate::document::Excerpt;
use crate::facts::Profile;
use crate::finding::{Class, Fingerprint, Grade, Judgement, Kind, Position, Source};

/// Version of the events. Raised when a reader of older events would
/// misunderstand newer ones.
pub const EVENT_VERSION: u32 = 1;

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run began. The first event of every stream.
    Started(Started),
    /// One input was judged, in the order of the inputs.
    Judged(Box<Judged>),
    /// What the batch as a whole showed, beyond its messages.
    Batch(BatchJudged),
    /// A scenario began.
    Scenario(Box<ScenarioInfo>),
    /// An exchange took place in a scenario.
    Exchanged(Exchanged),
    /// A step of a scenario was carried out.
    Stepped(Stepped),
    /// A scenario ended.
    Played(Box<ScenarioJudged>),
    /// What the verdicts rest on, after the last of them.
    Grounds(Grounds),
    /// The run ended. The last event of every complete stream.
    Finished(Summary),
}

/// With what a run judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// [`EVENT_VERSION`].
    pub version: u32,
    /// The tool's version.
    pub tool: String,
    /// Whether personal data is masked in this stream.
    pub redacted: bool,
    /// Whether verdicts on less than published facts count as undecided.
    pub strict_provenance: bool,
    /// The class from which a finding fails a message.
    pub fail_on: Class,
    /// The moment of judging, where a message has no recorded one.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// The setting that is judged for.
    #[serde(default)]
    pub profile: Profile,
}

/// What the verdicts of a run rest on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    /// The packs that judged a message, by contract.
    pub packs: Vec<PackInForce>,
    /// In how many messages each rule was judged and held, by code. A message
    /// in which the rule was broken or undecided somewhere does not count.
    pub held: BTreeMap<String, u64>,
}

/// A pack that a run judges with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackInForce {
    /// The contract.
    pub contract: String,
    /// The pack's own version.
    pub version: String,
    /// Reconstruction or official package.
    pub kind: PackKind,
    /// The weakest grade in the pack.
    pub grade: Grade,
    /// SHA-256 over the pack's files.
    pub hash: String,
}

/// Who made a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackKind {
    /// Reconstructed by ketenkeur from public facts.
    Reconstruction,
    /// Imported by the user as DUO's or Kennisnet's official package.
    Official,
    /// A rule set of somebody else.
    Foreign,
}

/// One input, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The input as the user named it: a path, `archive.zip!entry`,
    /// `capture.har#12/request`, `-`. Slashes on every system.
    pub input: String,
    /// What the message is, `None` when nothing recognised it.
    pub message: Option<Recognised>,
    /// What it is when it is no message of a contract and that is known: `SOAP
    /// Fault`, `WSDL`, `XML Schema`. A name of the field, in no language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The verdict, under strict provenance after [`Judgement::strict`].
    pub judgement: Judgement,
    /// What was found: what is wrong before what is open, in order of place.
    pub findings: Vec<Reported>,
    /// Findings that a deviation excuses, with the entry's owner and reason.
    pub excused: Vec<Excused>,
    /// Findings beyond the limit per message, counted only.
    pub more: u64,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognised {
    /// The contract of the pack that judged it.
    pub contract: String,
    /// Reconstruction or official.
    pub kind: PackKind,
    /// The operation.
    pub operation: String,
    /// The message element, or the name of a JSON message.
    pub name: String,
    /// How it was packed: bare, in a SOAP envelope, in an HTTP exchange.
    pub carrier: Carrier,
}

/// How a message travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// Just the body.
    Bare,
    /// In a SOAP 1.1 envelope.
    Soap,
    /// JSON.
    Json,
}

/// A finding, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// The rule's code.
    pub code: String,
    /// Broken or undecided.
    pub kind: Kind,
    /// DUO's class.
    pub class: Class,
    /// How certain the rule is.
    pub grade: Grade,
    /// Document and number.
    pub source: Source,
    /// The contract whose pack holds the rule.
    pub contract: Option<String>,
    /// The arguments of the texts, as they may be shown. Of an undecided
    /// finding `reason` is a key of the texts (`reason.<key>`) or the rule
    /// set's own wording.
    pub args: Vec<(String, String)>,
    /// Start in the input.
    pub start: Option<Position>,
    /// End in the input (exclusive).
    pub end: Option<Position>,
    /// Start and end are counted within the body of an HTTP message that the
    /// input holds in another form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_body: bool,
    /// XPath or JSON pointer.
    pub path: String,
    /// The place in words.
    pub words: String,
    /// The path with repeated elements named by a key of theirs, as the
    /// deviations file has it.
    pub keyed: String,
    /// The lines around it, masked.
    pub excerpt: Option<Excerpt>,
    /// Identity over runs.
    pub fingerprint: Fingerprint,
}

/// A finding that an entry of the deviations file excuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Excused {
    /// The finding.
    pub finding: Reported,
    /// Who answers for the deviation.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when, `YYYY-MM-DD`.
    pub until: String,
}

/// What was found over the messages together. A finding names the messages it
/// is about in `inputs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchJudged {
    /// The verdict of the rules over the batch.
    pub judgement: Judgement,
    /// What was found.
    pub findings: Vec<BatchFinding>,
    /// Findings that a deviation excuses.
    pub excused: Vec<BatchExcused>,
    /// Findings beyond the limit, counted only.
    pub more: u64,
}

impl Default for BatchJudged {
    fn default() -> Self {
        Self {
            judgement: Judgement::NOT_APPLICABLE,
            findings: Vec::new(),
            excused: Vec::new(),
            more: 0,
        }
    }
}

/// An excused finding over several messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchExcused {
    /// The finding and its excuse.
    pub excused: Excused,
    /// The inputs it is about, as those of a [`BatchFinding`].
    pub inputs: Vec<String>,
}

/// A finding over several messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchFinding {
    /// The finding; its place is in the first input.
    pub finding: Reported,
    /// The inputs it is about, the first the one to look at; empty when it is
    /// about the run itself.
    pub inputs: Vec<String>,
}

/// The counts of a run. `passed`, `failed`, `undecided` and `not_applicable`
/// add up to `inputs`: messages in a check, scenarios in a run of scenarios. Made by a [`Tally`](super::Tally).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Inputs found.
    pub inputs: u64,
    /// Messages that conform.
    pub passed: u64,
    /// Of those, messages that conform to a reconstruction.
    pub passed_on_reconstruction: u64,
    /// Messages that do not.
    pub failed: u64,
    /// Messages about which something could not be decided.
    pub undecided: u64,
    /// Inputs that nothing applies to.
    pub not_applicable: u64,
    /// Broken rules per class, in the order of [`Class::ALL`].
    pub classes: [u64; 4],
    /// Findings that say "undecided".
    pub undecided_findings: u64,
    /// Findings that deviations excuse.
    pub excused: u64,
    /// Findings beyond the limit per message, counted only.
    pub more: u64,
    /// The judgement of the whole run, `None` when there was nothing to judge.
    pub judgement: Option<Judgement>,
}
