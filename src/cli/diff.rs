//! `ketenkeur runs diff`: what changed from one run to the next.

use std::path::Path;

use serde::Serialize;

use super::args::Shape;
use super::failure::Failure;
use super::output::{print, print_json, tell};
use super::report::unreadable;
use crate::event::{Comparison, PackInForce, Reported, RunState, TooMany};
use crate::exit::Exit;
use crate::finding::{Class, Grade, Kind, Verdict};
use crate::recorded::Recorded;
use crate::report::{Change, Compared, DisputeEntry, Voice, compared, newest_of, visible};
use crate::text::fill;

/// Runs the command. Ends as [`Exit::Findings`] when anything got worse, or a run
/// is not as it was written.
pub fn diff(
    [before, after]: [&Path; 2],
    unmasked: bool,
    shape: Shape,
    voice: Voice<'_>,
) -> Result<Exit, Failure> {
    let (old, new) = (state(before, unmasked)?, state(after, unmasked)?);
    let damaged = [(before, old.1), (after, new.1)];
    let comparison = old.0.compare(&new.0);
    match shape {
        Shape::Json => print_json(&Document::of(&comparison, voice))?,
        Shape::Human => print(&told(&comparison, voice))?,
    };
    for (path, differs) in damaged.iter().filter(|(_, differs)| !differs.is_empty()) {
        let word = |key: &str| crate::text::word(&voice.words().runs, key);
        for (key, name) in differs {
            tell(fill(word(key), &[("name", &visible(name))]).trim_end());
        }
        let path = path.display().to_string();
        tell(&fill(word("diff-damaged"), &[("path", &path)]));
    }
    let is_damaged = damaged.iter().any(|(_, differs)| !differs.is_empty());
    Ok(if comparison.is_worse() || is_damaged {
        Exit::Findings
    } else {
        Exit::Conforms
    })
}

/// Files that are not as the manifest of a run has them, each with the key of
/// the text that says how.
type Differs = Vec<(&'static str, String)>;

/// What is compared of the run that the user named, and what of it is not as it
/// was written.
fn state(path: &Path, unmasked: bool) -> Result<(RunState, Differs), Failure> {
    let recorded = Recorded::read(path, unmasked).map_err(|error| unreadable(path, error))?;
    let mut state = RunState::default();
    for event in recorded.events.replay() {
        state
            .add(&event?)
            .map_err(|TooMany| Failure::usage("diff-many").with("path", path.display()))?;
    }
    Ok((state, recorded.origin.differences))
}

/// The comparison in lines, what is worse before what is not.
fn told(comparison: &Comparison, voice: Voice<'_>) -> String {
    let word = |key: &str| crate::text::word(&voice.words().runs, key);
    if comparison.is_empty() {
        return format!("{}\n", word("diff-same"));
    }
    let compared = compared(comparison, voice);
    let other_title = compared.other_title();
    let Compared { worse, other } = compared;
    let mut out = String::new();
    for (title, lines) in [("diff-worse", worse), (other_title, other)] {
        if !lines.is_empty() {
            out += &format!("{}\n", word(title));
            lines.iter().for_each(|line| out += &format!("  {line}\n"));
        }
    }
    out
}

/// The comparison as a program reads it.
#[derive(Serialize)]
struct Document {
    diff: &'static str,
    version: u32,
    worse: bool,
    cases: Vec<CaseEntry>,
    findings: Vec<FindingEntry>,
    packs: Vec<PackEntry>,
}

#[derive(Serialize)]
struct CaseEntry {
    case: String,
    change: Change,
    worse: bool,
    before: Option<Verdict>,
    after: Option<Verdict>,
}

#[derive(Serialize)]
struct FindingEntry {
    case: String,
    change: Change,
    worse: bool,
    code: String,
    fingerprint: String,
    title: Option<String>,
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disputes: Vec<DisputeEntry>,
    before: Option<WeightEntry>,
    after: Option<WeightEntry>,
}

#[derive(Serialize)]
struct WeightEntry {
    kind: Kind,
    class: Class,
    grade: Grade,
    count: u64,
}

#[derive(Serialize)]
struct PackEntry {
    contract: String,
    change: Change,
    before: Option<PackInForce>,
    after: Option<PackInForce>,
}

impl Document {
    /// The version of the document. Raised when a reader of older documents
    /// would misunderstand newer ones.
    const VERSION: u32 = 1;

    fn of(comparison: &Comparison, voice: Voice<'_>) -> Self {
        let weigh = |one: &Option<(Reported, u64)>| {
            one.as_ref().map(|(finding, count)| WeightEntry {
                kind: finding.kind,
                class: finding.class,
                grade: finding.grade,
                count: *count,
            })
        };
        Self {
            diff: "ketenkeur-runs",
            version: Self::VERSION,
            worse: comparison.is_worse(),
            cases: (comparison.cases.iter())
                .map(|change| CaseEntry {
                    case: visible(&change.case),
                    change: Change::of(change.before, change.after),
                    worse: change.is_worse(),
                    before: change.before,
                    after: change.after,
                })
                .collect(),
            findings: (comparison.findings.iter())
                .filter_map(|change| {
                    let newest = newest_of(change)?;
                    Some(FindingEntry {
                        case: visible(&change.case),
                        change: Change::of(change.before.as_ref(), change.after.as_ref()),
                        worse: change.is_worse(),
                        code: visible(&newest.code),
                        fingerprint: newest.fingerprint.as_str().to_string(),
                        title: voice.title(&newest.code),
                        path: visible(&newest.path),
                        disputes: voice.disputes(newest).map(DisputeEntry::new).collect(),
                        before: weigh(&change.before),
                        after: weigh(&change.after),
                    })
                })
                .collect(),
            packs: (comparison.packs.iter())
                .map(|change| PackEntry {
                    contract: change.contract.clone(),
                    change: Change::of(change.before.as_ref(), change.after.as_ref()),
                    before: change.before.clone(),
                    after: change.after.clone(),
                })
                .collect(),
        }
    }
}
