//! What the readiness matrix keeps of a run: who was tested, what the supplier
//! declared, and what every scenario came to.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exempt::{Untrue, exempting_of, untrue};
use crate::event::Event;
use crate::evidence::{
    Differences, EVENTS, Evidence, ReadError, RunRecord, SignatureState, Signer, sha256,
};
use crate::finding::{Grade, Kind, Verdict};
use crate::play::{Stranger, strangers, told_otherwise};
use crate::report::readiness::{is_elsewhere, is_official};
use crate::scenario::{Key, Library, Role, ScriptKind, Sector};
use crate::target::{Capability, Declared};

/// A run, as the matrix sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The SHA-256 of the manifest, by which the evidence is found again.
    pub id: String,
    /// When the run began.
    pub began: Timestamp,
    /// The version of ketenkeur that played it.
    pub tool: String,
    /// Who signed the evidence; `None` for evidence that nobody answers for.
    pub signed: Option<Signer>,
    /// The supplier.
    pub supplier: String,
    /// Its OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// What the supplier declares for a key and a sector, by their names.
    pub declared: BTreeMap<Key, Declared>,
    /// What was played, and what was chosen and not played.
    pub outcomes: Vec<Outcome>,
    /// The ids of the runs that it was put together from: they count in it and
    /// no more by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// What the product sent although it declares not to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrue: Vec<Untrue>,
}

/// What a scenario came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The scenario.
    pub scenario: String,
    /// Dutch title.
    pub title_nl: String,
    /// English title.
    pub title_en: String,
    /// The key that it counts for.
    pub key: String,
    /// The sectors that it counts for.
    pub sectors: Vec<String>,
    /// Whether the key needs it.
    pub mandatory: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the verdict rests on something weaker than a published fact.
    pub reconstructed: bool,
    /// Whether every message was judged with an official pack.
    pub official: bool,
    /// Whether no message was judged with any pack.
    #[serde(default)]
    pub bare: bool,
    /// Why it was not played, as a key of the texts (`not-played.<key>`).
    pub not_played: Option<String>,
    /// The codes of the rules that were broken, each once.
    pub broken: Vec<String>,
    /// Whether it rests on recorded traffic: nothing was staged.
    #[serde(default)]
    pub recorded: bool,
    /// Whether it rests in part on what a person said.
    #[serde(default)]
    pub said: bool,
    /// Whose script it was, as far as the version that read the run knew.
    #[serde(default)]
    pub script: ScriptKind,
    /// The messages for which the product declares that it is not for it to do,
    /// so that it was left out; with the reason for each sector.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exempting: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why a run does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Files are not what the manifest says: these.
    #[error("not what the manifest says: {}", .0.few())]
    Tampered(Differences),
    /// The signature is not one over the manifest.
    #[error("the signature is not one over the manifest")]
    Signature,
    /// A party was wrong on purpose: it says nothing of a supplier.
    #[error("a party was wrong on purpose")]
    Defect,
    /// ketenkeur played all parties itself: it says nothing of a supplier.
    #[error("no product was tested")]
    NoTarget,
    /// The LAS that was tested goes by another OIN than the supplier: this one.
    #[error("the LAS that was tested is of {0}")]
    OtherLas(String),
    /// The run was cut off before its end.
    #[error("the run was cut off")]
    CutOff,
    /// The events say something better of this scenario than its steps do.
    #[error("{0} is told otherwise than its steps")]
    Embellished(String),
    /// This scenario rests on recorded traffic of somebody else.
    #[error("{0} rests on recorded traffic of {found}", found = .1.found)]
    Stranger(String, Stranger),
}

impl Imported {
    /// Reads a run, a folder or an archive, and checks that its evidence is what
    /// was written.
    ///
    /// # Errors
    ///
    /// The run does not count: see [`ImportError`].
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let evidence = Evidence::open(path)?;
        let differences = evidence.differences()?;
        if !differences.is_empty() {
            return Err(ImportError::Tampered(differences));
        }
        let signed = match evidence.signature() {
            SignatureState::Unsigned => None,
            SignatureState::Signed(signer) => Some(signer),
            SignatureState::Broken => return Err(ImportError::Signature),
        };
        let run = evidence.run()?;
        let events: Vec<Event> = evidence.lines(EVENTS)?;
        if run.defect.is_some() || events.iter().any(has_defect) {
            return Err(ImportError::Defect);
        }
        if run.target.supplier.is_empty() {
            return Err(ImportError::NoTarget);
        }
        if let Some(las) = other_las(&run) {
            return Err(ImportError::OtherLas(las.to_string()));
        }
        if !matches!(events.last(), Some(Event::Finished(_))) {
            return Err(ImportError::CutOff);
        }
        if let Some(scenario) = told_otherwise(&evidence, &run, &events)?.into_iter().next() {
            return Err(ImportError::Embellished(scenario));
        }
        if let Some((scenario, whose)) = strangers(&evidence, &run, &events)?.pop_first() {
            return Err(ImportError::Stranger(scenario, whose));
        }
        Ok(Self {
            id: sha256(&evidence.manifest_bytes()),
            signed,
            declared: declared(&run),
            untrue: untrue(&run, &events),
            outcomes: outcomes(&run.tool, &events),
            began: run.began,
            parts: run.parts,
            tool: run.tool,
            supplier: run.target.supplier,
            oin: run.target.oin,
            product: run.target.product,
            version: run.target.version,
        })
    }

    /// Whether it is the same run as one that is known, and somebody signed it who
    /// did not sign that.
    pub fn adds_signature_to(&self, known: &Self) -> bool {
        self.id == known.id && self.signed.is_some() && self.signed != known.signed
    }

    /// What the supplier declares for a key in a sector.
    pub fn declaration(&self, key: Key, sector: Sector) -> Option<&Capability> {
        self.declared.get(&key)?.get(&sector)
    }
}

impl Outcome {
    /// Whether it counts for a key in a sector. A script of somebody's own counts
    /// for none.
    pub fn counts_for(&self, key: Key, sector: Sector) -> bool {
        self.script.counts()
            && self.key == key.name()
            && self.sectors.iter().any(|one| one == sector.name())
    }
}

/// What scenarios came to in a run of that version of ketenkeur.
fn outcomes(tool: &str, events: &[Event]) -> Vec<Outcome> {
    let outcomes = events.iter().filter_map(|event| outcome(tool, event));
    outcomes.collect()
}

fn outcome(tool: &str, event: &Event) -> Option<Outcome> {
    let Event::Played(played) = event else {
        return None;
    };
    let about = &played.about;
    // A party of ours proves nothing, and neither does a scenario for a party
    // that the target is not.
    // Neither does one of which a recording leaves open what it asks.
    let not_recorded = played.not_played.as_deref() == Some("not-recorded")
        || about.recorded && played.judgement.verdict == Verdict::Undecided;
    if about.own || is_elsewhere(played) || not_recorded {
        return None;
    }
    let broken = played
        .findings
        .iter()
        .filter(|one| !one.expected && one.finding.kind == Kind::Violation);
    let mut broken: Vec<String> = broken.map(|one| one.finding.code.to_string()).collect();
    broken.sort();
    broken.dedup();
    let script = ScriptKind::of(tool, about);
    // What the key asks, the shipped script says and not the run.
    let shipped = Library::shipped().scenario(&about.scenario);
    let shipped = shipped.filter(|_| script == ScriptKind::Shipped);
    Some(Outcome {
        scenario: about.scenario.clone(),
        title_nl: about.title_nl.clone(),
        title_en: about.title_en.clone(),
        key: shipped.map_or(about.key.clone(), |shipped| shipped.key.name().to_string()),
        sectors: shipped.map_or(about.sectors.clone(), |shipped| {
            let sectors = shipped.sectors.iter();
            sectors.map(|sector| sector.name().to_string()).collect()
        }),
        mandatory: shipped.map_or(about.mandatory, |shipped| shipped.mandatory),
        verdict: played.judgement.verdict,
        reconstructed: played
            .judgement
            .grade
            .is_some_and(|grade| grade < Grade::Published),
        official: is_official(played),
        bare: played.pack.is_none(),
        not_played: played.not_played.clone(),
        broken,
        recorded: about.recorded,
        said: played.said > 0,
        exempting: exempting_of(played),
        script,
    })
}

/// Whether it tells of a scenario in which a party was wrong on purpose.
fn has_defect(event: &Event) -> bool {
    matches!(event, Event::Played(played) if played.about.defect.is_some())
}

/// The OIN of the LAS that was tested, where it is not the supplier's: then the
/// run says nothing of that supplier.
fn other_las(run: &RunRecord) -> Option<&str> {
    let las = Role::Las.name();
    let tested = run.target.roles.iter().any(|role| role == las);
    let oin = run.oins.get(las).filter(|oin| **oin != run.target.oin);
    oin.filter(|_| tested).map(String::as_str)
}

/// The declarations for keys; those for messages do not count here.
fn declared(run: &RunRecord) -> BTreeMap<Key, Declared> {
    let keys = run.target.capabilities.as_object().into_iter().flatten();
    keys.filter_map(|(name, said)| Some((Key::parse(name)?, Declared::deserialize(said).ok()?)))
        .collect()
}
