//! Collects records and judges the rules.

use std::sync::Arc;

use super::catalogue::{BatchRule, BatchRules};
use super::extract::Extractor;
use super::findings::{Judged, RuleOutcome};
use super::record::Record;
use super::state::State;
use super::values::Day;
use super::{absences, enrolments};
use crate::facts::Calendar;
use crate::finding::Kind;

/// Collects the records of a run's messages.
#[derive(Debug)]
pub struct BatchJudge {
    extractor: Arc<Extractor>,
    records: Vec<Record>,
}

impl BatchJudge {
    /// A judge of nothing yet. The records must come from `extractor`.
    pub fn new(extractor: Arc<Extractor>) -> Self {
        Self {
            extractor,
            records: Vec::new(),
        }
    }

    /// Adds the records of a message. In any order.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        self.records.extend(records);
    }

    /// How many records were added.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether no record was added.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Judges all rules over what was added.
    pub fn judge(mut self, rules: BatchRules, calendar: &Calendar) -> Judged {
        self.records.sort_unstable();
        let state = State::after(&self.records);
        let mut verdicts = Verdicts::default();
        documents(&state, &mut verdicts);
        enrolments::judge(&state, calendar, &mut verdicts);
        let sixteen_hours = |kind: &str| self.extractor.paths().is_sixteen_hours(kind);
        absences::judge(&state, sixteen_hours, &mut verdicts);
        let Verdicts { applied, mut hits } = verdicts;
        hits.sort_unstable_by_key(|hit| {
            let input = |index: u32| self.records.get(index as usize).map(|record| record.input);
            (
                input(hit.record),
                hit.rule,
                hit.record,
                hit.other,
                hit.detail,
            )
        });
        let outcomes = BatchRule::ALL.map(|rule| {
            let count = |kind| {
                let of_rule = hits
                    .iter()
                    .filter(|hit| hit.rule == rule && hit.kind == kind);
                of_rule.count() as u64
            };
            RuleOutcome {
                rule,
                applied: applied[rule.index()],
                broken: count(Kind::Violation),
                undecided: count(Kind::Undecided),
            }
        });
        Judged::new(self.extractor, rules, self.records, hits, outcomes)
    }
}

/// What the rules said so far.
#[derive(Default)]
pub(super) struct Verdicts {
    applied: [u64; BatchRule::ALL.len()],
    hits: Vec<Hit>,
}

/// A finding before its text: 32 bytes, because a batch may have a million.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub rule: BatchRule,
    pub kind: Kind,
    /// The message to look at.
    pub record: u32,
    /// The message it is compared with; itself where there is none.
    pub other: u32,
    pub detail: Detail,
}

/// What a finding says beyond its two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    None,
    /// A use of a toelaatbaarheidsverklaring, by number, on a teldatum.
    Statement {
        index: u8,
        teldatum: Day,
    },
    /// What an undecided rule lacked, in a word of the domain.
    Lacking(&'static str),
    /// Periods of two absence reports as the latest state has them.
    Absences {
        begin: Day,
        other_begin: Day,
        other_end: Day,
    },
    /// A step of an absence report.
    Step {
        from: u8,
        to: u8,
    },
}

impl Verdicts {
    /// Counts `count` things that `rule` was judged on.
    pub fn applies(&mut self, rule: BatchRule, count: usize) {
        self.applied[rule.index()] += count as u64;
    }

    /// `rule` is broken by `record`, compared with `other`.
    pub fn broken(&mut self, rule: BatchRule, record: u32, other: u32, detail: Detail) {
        self.hits.push(Hit {
            rule,
            kind: Kind::Violation,
            record,
            other,
            detail,
        });
    }

    /// `rule` could not be judged on `record` for lack of something.
    pub fn undecided(&mut self, rule: BatchRule, record: u32, lacking: &'static str) {
        self.hits.push(Hit {
            rule,
            kind: Kind::Undecided,
            record,
            other: record,
            detail: Detail::Lacking(lacking),
        });
    }
}

/// The identificatiecode of a bedrijfsdocument occurs once. A later message
/// with the code of an earlier one breaks the rule, also when it is the same
/// message.
fn documents(state: &State<'_>, verdicts: &mut Verdicts) {
    let mut ids: Vec<_> = state
        .each()
        .filter_map(|(index, record)| Some((record.document?, index)))
        .collect();
    ids.sort_unstable();
    if ids.len() > 1 {
        verdicts.applies(BatchRule::DocumentDubbel, ids.len());
    }
    for same in ids.chunk_by(|a, b| a.0 == b.0) {
        let Some((&(_, first), later)) = same.split_first() else {
            continue;
        };
        for &(_, index) in later {
            verdicts.broken(BatchRule::DocumentDubbel, index, first, Detail::None);
        }
    }
}
