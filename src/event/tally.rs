//! Counting what a run showed.

use super::{BatchJudged, Event, Judged, PackKind, Reported, ScenarioJudged, Summary};
use crate::finding::{Class, Judgement, Kind, Verdict, fold};

/// Counts events into the [`Summary`] of the run, the one place where that is
/// done.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    summary: Summary,
    of: Of,
}

/// What a run judged, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// Messages.
    #[default]
    Messages,
    /// Scenarios.
    Scenarios,
}

impl Tally {
    /// A count of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts an event. Only judgements count.
    pub fn count(&mut self, event: &Event) {
        match event {
            Event::Judged(judged) => self.count_judged(judged),
            Event::Batch(batch) => self.count_batch(batch),
            Event::Played(played) => self.count_played(played),
            Event::Started(_)
            | Event::Scenario(_)
            | Event::Exchanged(_)
            | Event::Stepped(_)
            | Event::Grounds(_)
            | Event::Finished(_) => {}
        }
    }

    /// What it is that was counted.
    pub fn of(&self) -> Of {
        self.of
    }

    /// What was counted so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn count_judged(&mut self, judged: &Judged) {
        let kind = judged.message.as_ref().map(|message| message.kind);
        self.count_input(judged.judgement, kind);
        self.summary.excused += judged.excused.len() as u64;
        self.summary.more += judged.more;
        self.count_findings(&judged.findings);
    }

    fn count_played(&mut self, played: &ScenarioJudged) {
        self.of = Of::Scenarios;
        self.count_input(played.judgement, played.pack);
        let counted = played.findings.iter().filter(|found| !found.expected);
        self.count_findings(counted.map(|found| &found.finding));
    }

    fn count_input(&mut self, judgement: Judgement, kind: Option<PackKind>) {
        let summary = &mut self.summary;
        summary.inputs += 1;
        match judgement.verdict {
            Verdict::Pass => {
                summary.passed += 1;
                if kind == Some(PackKind::Reconstruction) {
                    summary.passed_on_reconstruction += 1;
                }
            }
            Verdict::Fail => summary.failed += 1,
            Verdict::Undecided => summary.undecided += 1,
            Verdict::NotApplicable => summary.not_applicable += 1,
        }
        self.fold(judgement);
    }

    fn count_batch(&mut self, batch: &BatchJudged) {
        self.count_findings(batch.findings.iter().map(|found| &found.finding));
        self.summary.excused += batch.excused.len() as u64;
        self.summary.more += batch.more;
        self.fold(batch.judgement);
    }

    fn count_findings<'a>(&mut self, findings: impl IntoIterator<Item = &'a Reported>) {
        for finding in findings {
            match finding.kind {
                Kind::Undecided => self.summary.undecided_findings += 1,
                Kind::Violation => {
                    let counts = self.summary.classes.iter_mut();
                    for (_, count) in Class::ALL
                        .iter()
                        .zip(counts)
                        .filter(|(class, _)| **class == finding.class)
                    {
                        *count += 1;
                    }
                }
            }
        }
    }

    fn fold(&mut self, judgement: Judgement) {
        self.summary.judgement = Some(fold(self.summary.judgement.into_iter().chain([judgement])));
    }
}
