//! `ketenkeur runs diff`: what changed from one run to the next.

use std::path::Path;

use serde::Serialize;

use super::args::{Global, Shape};
use super::failure::Failure;
use super::output::{print, print_json};
use super::report::{Recorded, every_rule};
use super::settings::Settings;
use crate::event::{Comparison, FindingChange, PackInForce, Reported, RunState, TooMany};
use crate::exit::Exit;
use crate::finding::{Class, Grade, Kind, Language, Verdict};
use crate::report::{Voice, visible};

/// Runs the command. Ends as [`Exit::Findings`] when anything got worse.
pub fn diff(
    [before, after]: [&Path; 2],
    unmasked: bool,
    shape: Shape,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let comparison = state(before, unmasked)?.compare(&state(after, unmasked)?);
    let book = every_rule(global, settings)?;
    let voice = Voice::new(&book, language);
    match shape {
        Shape::Json => print_json(&Document::of(&comparison, voice))?,
        Shape::Human => print(&told(&comparison, voice))?,
    };
    Ok(if comparison.is_worse() {
        Exit::Findings
    } else {
        Exit::Conforms
    })
}

/// What is compared of the run that the user named.
fn state(path: &Path, unmasked: bool) -> Result<RunState, Failure> {
    let recorded = Recorded::read(path, unmasked)?;
    let mut state = RunState::default();
    for event in recorded.events.replay() {
        state
            .add(&event?)
            .map_err(|TooMany| Failure::usage("diff-many").with("path", path.display()))?;
    }
    Ok(state)
}

/// How something differs.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Change {
    Appeared,
    Gone,
    Changed,
}

impl Change {
    fn of<T>(before: Option<T>, after: Option<T>) -> Self {
        match (before, after) {
            (None, _) => Change::Appeared,
            (_, None) => Change::Gone,
            _ => Change::Changed,
        }
    }

    /// The key of the text about something of that sort.
    fn key(self, sort: &str) -> String {
        let name = match self {
            Change::Appeared => "appeared",
            Change::Gone => "gone",
            Change::Changed => "changed",
        };
        format!("diff-{sort}-{name}")
    }
}

/// The comparison in lines, what is worse before what is not.
fn told(comparison: &Comparison, voice: Voice<'_>) -> String {
    let texts = &voice.words().runs;
    let say = |key: &str, args: &[(&str, &str)]| crate::text::say(texts, key, args);
    let verdict = |verdict: Option<Verdict>| {
        verdict.map_or("", |verdict| voice.words().verdict(verdict, None))
    };
    let (mut worse, mut other) = (Vec::new(), Vec::new());
    let mut add = |is_worse: bool, line: String| {
        if is_worse {
            worse.push(line);
        } else {
            other.push(line);
        }
    };
    for change in &comparison.cases {
        let args = [
            ("case", visible(&change.case)),
            ("before", verdict(change.before).to_string()),
            ("after", verdict(change.after).to_string()),
        ];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        let key = Change::of(change.before, change.after).key("case");
        add(change.is_worse(), say(&key, &args));
    }
    for change in &comparison.findings {
        let Some(newest) = newest(change) else {
            continue;
        };
        let args = [
            ("case", visible(&change.case)),
            ("code", visible(&newest.code)),
            ("title", voice.title(&newest.code).unwrap_or_default()),
            ("place", voice.place(newest, Some(&change.case))),
            ("before", weight(change.before.as_ref(), voice)),
            ("after", weight(change.after.as_ref(), voice)),
        ];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        let key = Change::of(change.before.as_ref(), change.after.as_ref()).key("finding");
        add(change.is_worse(), say(&key, &args));
    }
    for change in &comparison.packs {
        let pack = |pack: &Option<PackInForce>| {
            let line = pack.as_ref().map(|pack| {
                let line = voice.pack(&pack.contract, &pack.version, pack.kind, pack.grade);
                format!("{line} {}", visible(pack.hash.get(..12).unwrap_or("")))
            });
            line.unwrap_or_default()
        };
        let args = [
            ("before", pack(&change.before)),
            ("after", pack(&change.after)),
        ];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        let key = Change::of(change.before.as_ref(), change.after.as_ref()).key("pack");
        add(false, say(&key, &args));
    }
    let mut out = String::new();
    for (title, lines) in [("diff-worse", worse), ("diff-other", other)] {
        if !lines.is_empty() {
            out += &format!("{}\n", say(title, &[]));
            lines.iter().for_each(|line| out += &format!("  {line}\n"));
        }
    }
    if comparison.is_empty() {
        out = format!("{}\n", say("diff-same", &[]));
    }
    out
}

/// The finding as it stands in the later run, else as it stood.
fn newest(change: &FindingChange) -> Option<&Reported> {
    let newest = change.after.as_ref().or(change.before.as_ref());
    newest.map(|(finding, _)| finding)
}

/// How grave a finding is and how often it occurs.
fn weight(one: Option<&(Reported, u64)>, voice: Voice<'_>) -> String {
    let texts = voice.words();
    one.map_or_else(String::new, |(finding, count)| {
        let kind = texts.kind(finding.kind);
        format!("{}, {kind}, {count}×", texts.class(finding.class))
    })
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
                    let newest = newest(change)?;
                    Some(FindingEntry {
                        case: visible(&change.case),
                        change: Change::of(change.before.as_ref(), change.after.as_ref()),
                        worse: change.is_worse(),
                        code: visible(&newest.code),
                        fingerprint: newest.fingerprint.as_str().to_string(),
                        title: voice.title(&newest.code),
                        path: visible(&newest.path),
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
