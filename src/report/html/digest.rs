//! The first reading of a run: what stands before its findings.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Coverage;
use crate::event::{Event, PackInForce, Reported, ScenarioJudged, Started};
use crate::finding::{Class, Grade, Kind, Source, Verdict};
use crate::limits::MAX_PAGE_NAMES;
use crate::report::readiness::{KeyCount, exempting, is_elsewhere};
use crate::report::totals::Totals;
use crate::report::{Known, Origin, ReportError, Run};
use crate::scenario::ScriptKind;

/// What a run came to, gathered from all of its events.
#[derive(Default)]
pub(super) struct Digest {
    pub started: Option<Started>,
    pub packs: Vec<PackInForce>,
    /// In how many messages each rule held.
    pub held: BTreeMap<String, u64>,
    pub totals: Totals,
    /// The rules that found something or could not be judged.
    pub rules: BTreeMap<String, RuleCount>,
    /// Rules that could not be judged, with the key of the reason.
    pub open: BTreeMap<(String, String), Open>,
    /// The keys of the readiness matrix that the run is about.
    pub keys: BTreeMap<String, KeyCount>,
    /// For which messages mandatory scenarios of each key are left out, because
    /// the target file calls them none of the product's business.
    pub exemptions: BTreeMap<String, BTreeSet<String>>,
    /// Whom the run tested.
    subjects: BTreeSet<String>,
    /// Scenarios of the run, in order.
    pub scenarios: Vec<Played>,
    /// What its scenarios prove of each requirement.
    pub proven: Coverage,
    /// How many scenarios left a requirement undecided.
    pub undecided: BTreeMap<String, u64>,
    /// Messages without anything to say about them, by the words of their
    /// verdict.
    pub quiet: BTreeMap<(Verdict, &'static str), Names>,
    pub messages: u64,
    /// Whether the last event of a whole run came.
    pub finished: bool,
    /// Whether every tested party was one of ours.
    pub own: bool,
}

/// A rule in numbers.
pub(super) struct RuleCount {
    pub class: Class,
    pub grade: Grade,
    pub source: Source,
    pub violations: u64,
    pub undecided: u64,
    pub excused: u64,
    /// Found where a script expects it.
    pub expected: u64,
}

/// What could not be judged.
pub(super) struct Open {
    pub count: u64,
    /// The first finding that says so.
    pub sample: Reported,
}

/// A scenario of the run.
pub(super) struct Played {
    pub id: String,
    pub key: String,
    pub says: String,
    pub title: String,
    pub not_played: bool,
    pub hash: String,
    /// Whose script it is.
    pub script: ScriptKind,
}

/// Names, the first of them listed.
#[derive(Default)]
pub(super) struct Names {
    pub count: u64,
    pub listed: Vec<String>,
}

impl Digest {
    /// Reads a run.
    pub(super) fn of(run: &Run<'_>) -> Result<Self, ReportError> {
        let mut digest = Self {
            own: true,
            ..Self::default()
        };
        for event in run.events.replay() {
            digest.count(event?, run);
        }
        if let Some(known) = run.known.filter(|_| !digest.scenarios.is_empty()) {
            digest.count_left_out(known);
        }
        Ok(digest)
    }

    fn count(&mut self, event: Event, run: &Run<'_>) {
        self.totals.count(&event);
        match event {
            Event::Started(started) => self.started = Some(started),
            Event::Judged(judged) => {
                self.messages += 1;
                for finding in &judged.findings {
                    self.count_finding(finding, Standing::Counts);
                }
                for excused in &judged.excused {
                    self.count_finding(&excused.finding, Standing::Excused);
                }
                if is_quiet(&judged.findings, judged.excused.len(), judged.more)
                    && run.voice.strict(self.started.as_ref(), &judged).is_none()
                {
                    let says = run.voice.verdict(&judged);
                    let names = self.quiet.entry((judged.judgement.verdict, says));
                    let names = names.or_default();
                    names.count += 1;
                    if names.listed.len() < MAX_PAGE_NAMES {
                        names.listed.push(judged.input);
                    }
                }
            }
            Event::Batch(batch) => {
                for found in &batch.findings {
                    self.count_finding(&found.finding, Standing::Counts);
                }
                for found in &batch.excused {
                    self.count_finding(&found.excused.finding, Standing::Excused);
                }
            }
            Event::Played(played) => self.count_played(&played, run),
            Event::Grounds(grounds) => {
                self.packs = grounds.packs;
                self.held = grounds.held;
            }
            Event::Finished(_) => self.finished = true,
            Event::Scenario(_) | Event::Exchanged(_) | Event::Stepped(_) => {}
        }
    }

    fn count_played(&mut self, played: &ScenarioJudged, run: &Run<'_>) {
        self.own &= played.about.own;
        let key = self.keys.entry(played.about.key.clone()).or_default();
        let tool = self.started.as_ref().map_or("", |started| &started.tool);
        let script = ScriptKind::of(tool, &played.about);
        key.judged(played, script);
        if played.about.mandatory && script.counts() {
            let lacks = exempting(played).map(|lack| run.voice.undeclared(lack));
            let known = self.exemptions.entry(played.about.key.clone());
            known.or_default().extend(lacks);
        }
        if !is_elsewhere(played) {
            self.subjects.insert(played.about.subject.clone());
        }
        for found in &played.findings {
            let standing = if found.expected {
                Standing::Expected
            } else {
                Standing::Counts
            };
            self.count_finding(&found.finding, standing);
        }
        // Of recorded traffic without a target nobody can tell whose it is.
        let is_nobodys = run.origin.is_some_and(Origin::is_nobodys);
        let requirements = played.about.requirements.iter();
        for requirement in requirements.filter(|one| script.is_about(&played.about.scenario, one)) {
            let whose = (None, !is_nobodys);
            self.proven.add_played(played, requirement, false, whose);
            if played.judgement.verdict == Verdict::Undecided && played.not_played.is_none() {
                *self.undecided.entry(requirement.clone()).or_default() += 1;
            }
        }
        self.scenarios.push(Played {
            id: played.about.scenario.clone(),
            key: played.about.key.clone(),
            says: run.voice.played(played),
            title: played.about.title(run.voice.language()).to_string(),
            not_played: played.not_played.is_some(),
            hash: played.about.hash.clone(),
            script,
        });
    }

    fn count_finding(&mut self, finding: &Reported, standing: Standing) {
        let rule = self.rules.entry(finding.code.clone());
        let rule = rule.or_insert_with(|| RuleCount {
            class: finding.class,
            grade: finding.grade,
            source: finding.source.clone(),
            violations: 0,
            undecided: 0,
            excused: 0,
            expected: 0,
        });
        match (standing, finding.kind) {
            (Standing::Expected, _) => rule.expected += 1,
            (Standing::Excused, _) => rule.excused += 1,
            (Standing::Counts, Kind::Violation) => rule.violations += 1,
            (Standing::Counts, Kind::Undecided) => {
                rule.undecided += 1;
                let mut args = finding.args.iter();
                let reason = args.find(|(name, _)| name == "reason");
                let reason = reason.map_or_else(String::new, |(_, reason)| reason.clone());
                let open = self.open.entry((finding.code.clone(), reason));
                let open = open.or_insert_with(|| Open {
                    count: 0,
                    sample: finding.clone(),
                });
                open.count += 1;
            }
        }
    }

    /// The ids of the scenarios that count: of those whose place a script of
    /// somebody's own takes, nothing was played.
    pub fn counted(&self) -> impl Iterator<Item = &str> {
        let counts = self.scenarios.iter().filter(|one| one.script.counts());
        counts.map(|one| one.id.as_str())
    }

    fn count_left_out(&mut self, known: &Known) {
        let played = self.counted();
        let played: BTreeSet<String> = played.map(str::to_string).collect();
        for scenario in &known.scenarios {
            // A run that tested a LAS alone lacks nothing of what DUO does.
            if !played.contains(scenario.scenario.as_str())
                && self.subjects.contains(&scenario.subject)
            {
                let key = self.keys.entry(scenario.key.clone()).or_default();
                key.left_out(scenario.mandatory);
            }
        }
    }
}

/// Whether there is nothing to say of a message but its verdict.
pub(super) fn is_quiet(findings: &[Reported], excused: usize, more: u64) -> bool {
    findings.is_empty() && excused == 0 && more == 0
}

/// How a finding counts.
#[derive(Clone, Copy)]
enum Standing {
    Counts,
    Excused,
    Expected,
}
