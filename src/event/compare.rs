//! Two runs side by side: what appeared, went and changed.

use std::collections::BTreeMap;

use super::{Event, PackInForce, Reported};
use crate::finding::{Class, Kind, Verdict};
use crate::limits::MAX_COMPARED_FINDINGS;

/// What is compared of a run: how its scenarios and messages fared, what was
/// found, and with what it judged.
#[derive(Debug, Clone, Default)]
pub struct RunState {
    cases: BTreeMap<String, Verdict>,
    findings: BTreeMap<FindingKey, FindingState>,
    packs: BTreeMap<String, PackInForce>,
    fail_on: Option<Class>,
}

/// What makes a finding the same one in another run: where it was, and its
/// code and fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FindingKey {
    case: String,
    code: String,
    fingerprint: String,
}

#[derive(Debug, Clone)]
struct FindingState {
    count: u64,
    finding: Reported,
}

/// There is more in a run than is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more findings than can be compared")]
pub struct TooMany;

/// How one run differs from an earlier one.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Scenarios and messages, by name.
    pub cases: Vec<CaseChange>,
    /// Findings, by scenario or message.
    pub findings: Vec<FindingChange>,
    /// Packs, by contract.
    pub packs: Vec<PackChange>,
}

/// A scenario or message that fared otherwise, or that only one run has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseChange {
    /// The scenario's id or the input.
    pub case: String,
    /// How it fared in the earlier run.
    pub before: Option<Verdict>,
    /// How it fares now.
    pub after: Option<Verdict>,
}

/// A finding that appeared, went or changed.
#[derive(Debug, Clone)]
pub struct FindingChange {
    /// The scenario's id or the input.
    pub case: String,
    /// The finding in the earlier run, and how often it was there.
    pub before: Option<(Reported, u64)>,
    /// The finding now.
    pub after: Option<(Reported, u64)>,
    /// Whether it counts by the measure of the later run.
    counts: bool,
}

/// A pack that one run judged with and the other did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackChange {
    /// The contract.
    pub contract: String,
    /// The pack of the earlier run.
    pub before: Option<PackInForce>,
    /// The pack of the later run.
    pub after: Option<PackInForce>,
}

impl RunState {
    /// Takes in an event.
    ///
    /// # Errors
    ///
    /// There are more findings than are compared.
    pub fn add(&mut self, event: &Event) -> Result<(), TooMany> {
        match event {
            Event::Started(started) => self.fail_on = Some(started.fail_on),
            Event::Judged(judged) => {
                self.cases
                    .insert(judged.input.clone(), judged.judgement.verdict);
                for finding in &judged.findings {
                    self.find(&judged.input, finding)?;
                }
            }
            Event::Batch(batch) => {
                for found in &batch.findings {
                    let case = found.inputs.first().map_or("", String::as_str);
                    self.find(case, &found.finding)?;
                }
            }
            Event::Played(played) => {
                let scenario = &played.about.scenario;
                self.cases
                    .insert(scenario.clone(), played.judgement.verdict);
                for found in played.findings.iter().filter(|found| !found.expected) {
                    self.find(scenario, &found.finding)?;
                }
            }
            Event::Grounds(grounds) => {
                let packs = grounds.packs.iter();
                self.packs
                    .extend(packs.map(|pack| (pack.contract.clone(), pack.clone())));
            }
            Event::Scenario(_) | Event::Exchanged(_) | Event::Stepped(_) | Event::Finished(_) => {}
        }
        Ok(())
    }

    fn find(&mut self, case: &str, finding: &Reported) -> Result<(), TooMany> {
        let key = FindingKey {
            case: case.to_string(),
            code: finding.code.clone(),
            fingerprint: finding.fingerprint.as_str().to_string(),
        };
        if let Some(known) = self.findings.get_mut(&key) {
            known.count += 1;
            return Ok(());
        }
        if self.findings.len() >= MAX_COMPARED_FINDINGS {
            return Err(TooMany);
        }
        let mut finding = finding.clone();
        // The lines around it may change without the finding doing so.
        finding.excerpt = None;
        self.findings
            .insert(key, FindingState { count: 1, finding });
        Ok(())
    }

    /// How `later` differs from this run.
    pub fn compare(&self, later: &Self) -> Comparison {
        let fail_on = later.fail_on.unwrap_or(Class::Foutmelding);
        let counts = |finding: &Reported| match finding.kind {
            Kind::Violation => finding.class >= fail_on,
            Kind::Undecided => true,
        };
        let cases = both(&self.cases, &later.cases).filter(|(_, before, after)| before != after);
        let findings = both(&self.findings, &later.findings);
        let findings = findings.filter(|(_, before, after)| match (before, after) {
            (Some(before), Some(after)) => weight(before) != weight(after),
            _ => true,
        });
        let packs = both(&self.packs, &later.packs).filter(|(_, before, after)| before != after);
        Comparison {
            cases: cases
                .map(|(case, before, after)| CaseChange {
                    case: case.clone(),
                    before: before.copied(),
                    after: after.copied(),
                })
                .collect(),
            findings: findings
                .map(|(key, before, after)| {
                    let state = |state: &FindingState| (state.finding.clone(), state.count);
                    let newest = after.or(before).map(|state| &state.finding);
                    FindingChange {
                        case: key.case.clone(),
                        before: before.map(state),
                        after: after.map(state),
                        counts: newest.is_some_and(counts),
                    }
                })
                .collect(),
            packs: packs
                .map(|(contract, before, after)| PackChange {
                    contract: contract.clone(),
                    before: before.cloned(),
                    after: after.cloned(),
                })
                .collect(),
        }
    }
}

/// What makes a finding graver: broken is worse than undecided, then the class,
/// then how often.
fn weight(state: &FindingState) -> (bool, Class, u64) {
    let finding = &state.finding;
    (finding.kind == Kind::Violation, finding.class, state.count)
}

/// The entries of two maps, by key.
fn both<'m, K: Ord, V>(
    before: &'m BTreeMap<K, V>,
    after: &'m BTreeMap<K, V>,
) -> impl Iterator<Item = (&'m K, Option<&'m V>, Option<&'m V>)> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let mut keys: Vec<&K> = gone.chain(after.keys()).collect();
    keys.sort();
    keys.into_iter()
        .map(|key| (key, before.get(key), after.get(key)))
}

/// How far a verdict is from a pass.
fn distance(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::NotApplicable => 1,
        Verdict::Undecided => 2,
        Verdict::Fail => 3,
    }
}

impl CaseChange {
    /// Whether this is worse: it fares worse, it is new and fails, or what
    /// passed is no longer tested.
    pub fn is_worse(&self) -> bool {
        match (self.before, self.after) {
            (Some(before), Some(after)) => distance(after) > distance(before),
            (Some(before), None) => before == Verdict::Pass,
            (None, Some(after)) => after == Verdict::Fail,
            (None, None) => false,
        }
    }
}

impl FindingChange {
    /// Whether this is worse: new or graver, and of a weight that counts.
    pub fn is_worse(&self) -> bool {
        let weigh = |one: &Option<(Reported, u64)>| {
            let (finding, count) = one.as_ref()?;
            Some((finding.kind == Kind::Violation, finding.class, *count))
        };
        self.counts && self.after.is_some() && weigh(&self.after) > weigh(&self.before)
    }
}

impl Comparison {
    /// Whether anything is worse than it was.
    pub fn is_worse(&self) -> bool {
        self.cases.iter().any(CaseChange::is_worse)
            || self.findings.iter().any(FindingChange::is_worse)
    }

    /// Whether the runs came to the same.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.findings.is_empty() && self.packs.is_empty()
    }
}
