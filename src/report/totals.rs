//! What a run came to, counted and in words.

use std::collections::BTreeSet;

use super::Voice;
use super::readiness::exempting;
use crate::event::{Event, Of, PackKind, SaidBy, Summary, Tally, Wrong};
use crate::evidence::few;
use crate::exit::Exit;
use crate::finding::{Class, Verdict};
use crate::scenario::ScriptKind;
use crate::text::fill;

/// Counts of a run as reports for people show them.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    tally: Tally,
    /// Passes by kind of pack, in the order of [`KINDS`].
    passes: [u64; 4],
    /// Scenarios that were played, or would have been.
    scenarios: u64,
    /// Those among them that were not, or not to their end.
    /// How many of them were held against recorded traffic.
    pub(super) recorded: u64,
    /// How many steps rest on what a person said.
    pub(super) said: u64,
    /// Some of that is recorded traffic of which nobody said whose it is.
    pub(super) no_target: bool,
    /// The party that was wrong on purpose.
    pub(super) defect: Option<Wrong>,
    /// Mandatory scenarios that are left out, because the target file calls a
    /// message none of the product's business.
    exempt: u64,
    /// The version of ketenkeur that played them.
    tool: String,
    /// Scenarios whose scripts are not those of ketenkeur.
    pub(super) own_scripts: Vec<String>,
    /// Who said it.
    pub(super) said_by: BTreeSet<SaidBy>,
    not_played: u64,
    /// How many of those that failed did so over a connection.
    unreachable: u64,
    fail_on: Option<Class>,
}

/// The kinds of pack that a pass can rest on; `None` where it rests on none.
const KINDS: [Option<PackKind>; 4] = [
    Some(PackKind::Reconstruction),
    Some(PackKind::Official),
    Some(PackKind::Foreign),
    None,
];

impl Totals {
    /// Counts an event.
    pub(super) fn count(&mut self, event: &Event) {
        self.tally.count(event);
        let passed = match event {
            Event::Started(started) => {
                self.fail_on = Some(started.fail_on);
                self.tool.clone_from(&started.tool);
                return;
            }
            Event::Judged(judged) if judged.judgement.verdict == Verdict::Pass => {
                judged.message.as_ref().map(|message| message.kind)
            }
            Event::Played(played) => {
                self.scenarios += 1;
                self.recorded += u64::from(played.about.recorded);
                self.no_target |= played.about.no_target;
                self.defect = self.defect.take().or(played.about.defect.clone());
                self.said += u64::from(played.said);
                self.said_by.extend(played.said_by.clone());
                self.not_played += u64::from(played.not_played.is_some());
                let script = ScriptKind::of(&self.tool, &played.about);
                if script == ScriptKind::Own {
                    self.own_scripts.push(played.about.scenario.clone());
                }
                let is_exempt = exempting(played).next().is_some();
                let is_needed = played.about.mandatory && script.counts();
                self.exempt += u64::from(is_needed && is_exempt);
                let has_failed = played.judgement.verdict == Verdict::Fail;
                self.unreachable += u64::from(has_failed && played.unreachable);
                if played.judgement.verdict != Verdict::Pass {
                    return;
                }
                played.pack
            }
            _ => return,
        };
        let slots = KINDS.iter().zip(&mut self.passes);
        for (_, count) in slots.filter(|(kind, _)| **kind == passed) {
            *count += 1;
        }
    }

    /// What was counted.
    pub(super) fn summary(&self) -> &Summary {
        self.tally.summary()
    }

    /// What was judged.
    pub(super) fn of(&self) -> Of {
        self.tally.of()
    }

    /// That scripts are not those of ketenkeur, with their names; `None` when all
    /// are.
    pub(super) fn own_scripts(&self, voice: Voice<'_>) -> Option<String> {
        let count = self.own_scripts.len();
        let names = few(self.own_scripts.iter().map(String::as_str));
        let args = [("count", &*count.to_string()), ("names", &*names)];
        (count > 0).then(|| fill(&voice.words().run.own_scripts, &args))
    }

    /// Whether every scenario was held against recorded traffic.
    pub(super) fn is_recorded(&self) -> bool {
        self.recorded > 0 && self.recorded == self.scenarios
    }

    /// The verdict of the whole with what it rests on.
    pub(super) fn rests(&self, verdict: &str, voice: Voice<'_>) -> String {
        let verdict = match self.is_recorded() {
            true => fill(&voice.words().run.recorded, &[("verdict", verdict)]),
            false => verdict.to_string(),
        };
        voice.with_said(verdict, self.said, self.said_by.first())
    }

    /// How many messages or scenarios there were.
    pub(super) fn inputs(&self, voice: Voice<'_>) -> String {
        let texts = voice.words();
        let (one, many) = if self.is_recorded() {
            (&texts.run.held_one, &texts.run.held_many)
        } else if self.scenarios > 0 {
            (&texts.run.scenarios_one, &texts.run.scenarios_many)
        } else {
            (&texts.summary.inputs_one, &texts.summary.inputs_many)
        };
        let count = self.summary().inputs - self.not_played;
        let said = match count {
            1 => one.clone(),
            count => fill(many, &[("count", count.to_string().as_str())]),
        };
        let by = self.said_by.first();
        let said = voice.with_said(said, self.said, by);
        match self.not_played {
            0 => said,
            left => {
                let left = left.to_string();
                let args = [("said", said.as_str()), ("count", &left)];
                fill(&texts.run.scenarios_left, &args)
            }
        }
    }

    /// How many fared how, without what did not occur.
    pub(super) fn rows(&self, voice: Voice<'_>) -> Vec<(u64, Verdict, &'static str)> {
        let texts = voice.words();
        let summary = self.summary();
        let passes = KINDS.into_iter().zip(self.passes).map(|(kind, count)| {
            let name = match self.scenarios {
                0 => texts.verdict(Verdict::Pass, kind),
                _ => voice.passed(kind, self.is_recorded()),
            };
            (count, Verdict::Pass, name)
        });
        let others = [
            (summary.failed - self.unreachable, Verdict::Fail),
            (summary.undecided, Verdict::Undecided),
            (summary.not_applicable, Verdict::NotApplicable),
        ]
        .map(|(count, verdict)| (count, verdict, texts.verdict(verdict, None)));
        let over_connection = (self.unreachable, Verdict::Fail, &*texts.run.unreachable);
        let [failed, undecided, not_applicable] = others;
        let rows = passes.chain([failed, over_connection, undecided, not_applicable]);
        rows.filter(|(count, _, _)| *count > 0).collect()
    }

    /// How many findings there were, by class, and what is beside them.
    pub(super) fn findings(&self, voice: Voice<'_>) -> String {
        let texts = voice.words();
        let summary = self.summary();
        let classes: Vec<String> = Class::ALL
            .into_iter()
            .zip(summary.classes)
            .rev()
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| format!("{count} {}", texts.classes(class, count)))
            .collect();
        let mut parts = vec![if classes.is_empty() {
            texts.summary.none.clone()
        } else {
            classes.join(", ")
        }];
        for (count, name) in [
            (
                summary.undecided_findings,
                &texts.summary.undecided_findings,
            ),
            (summary.excused, &texts.summary.excused),
            (summary.more, &texts.summary.more),
        ] {
            if count > 0 {
                parts.push(format!("{count} {name}"));
            }
        }
        format!("{}: {}", texts.summary.findings, parts.join("; "))
    }

    /// How many mandatory scenarios the product is let off by what its target
    /// file says; `None` without any.
    pub(super) fn exempt(&self, voice: Voice<'_>) -> Option<String> {
        let count = self.exempt.to_string();
        let words = &voice.words().run.exempt;
        (self.exempt > 0).then(|| fill(words, &[("count", &count)]))
    }

    /// The exit code and what it means.
    pub(super) fn exit(&self, voice: Voice<'_>, exit: Exit) -> String {
        let texts = voice.words();
        let summary = self.summary();
        let judged = summary.passed + summary.failed + summary.undecided;
        let meaning = if exit == Exit::Undecided && judged == 0 && self.scenarios == 0 {
            texts.exit.nothing.clone()
        } else {
            voice.exit_meaning(exit, self.tally.of(), self.fail_on)
        };
        let code = exit.code().to_string();
        fill(
            &texts.summary.exit,
            &[("code", &code), ("meaning", &meaning)],
        )
    }
}
