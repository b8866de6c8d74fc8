//! `ketenkeur requirements`: what can be proven, and what is.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::args::{Requirements, Shape, WhichRequirements};
use super::failure::Failure;
use super::output::{print, print_json};
use super::runs;
use crate::coverage::{Coverage, CoverageError, MARKS, Proof, Proven, State};
use crate::document::nearest;
use crate::event::SaidBy;
use crate::evidence::few;
use crate::example::Cases;
use crate::exit::Exit;
use crate::finding::{Grade, Language};
use crate::report::visible;
use crate::requirement::{Judged, Requirement, requirements};
use crate::scenario::Key;
use crate::text::{Texts, fill, word};

/// A requirement, as a program reads it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Described<'a> {
    id: &'a str,
    title: &'a str,
    text: &'a str,
    source: String,
    grade: &'static str,
    judged: Vec<&'static str>,
    readiness: &'a [Arc<str>],
    duo: &'a str,
    rules: &'a [Arc<str>],
}

/// What proves a requirement, as a program reads it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Covered<'a> {
    id: &'a str,
    title: &'a str,
    readiness: &'a [Arc<str>],
    state: State,
    #[serde(flatten)]
    proven: Proven,
    /// Why nothing that comes along proves it.
    because: Option<&'static str>,
    /// The test of ours that does.
    see: Option<&'a str>,
}

#[derive(Serialize)]
struct Report<'a> {
    runs: Vec<String>,
    /// Scripts of somebody's own that the runs played: they prove nothing.
    #[serde(rename = "own-scripts")]
    own_scripts: &'a BTreeSet<String>,
    /// Other versions of ketenkeur that the runs are of: whether their scripts
    /// are the shipped ones is not known.
    #[serde(rename = "not-compared")]
    not_compared: &'a BTreeSet<String>,
    summary: Summary,
    requirements: Vec<Covered<'a>>,
}

/// How many requirements there are, and how many are what.
#[derive(Default, Serialize)]
struct Summary {
    requirements: usize,
    proven: usize,
    positively: usize,
    negatively: usize,
    /// Proven, but for whom nobody can tell.
    #[serde(rename = "no-target")]
    no_target: usize,
    /// How many of the proven rest on recorded traffic alone, and on a person's
    /// word.
    recorded: usize,
    said: usize,
    own: usize,
    failed: usize,
    explained: usize,
    open: usize,
}

/// Runs the command.
pub fn run_requirements(command: &Requirements, language: Language) -> Result<Exit, Failure> {
    let all = requirements().map_err(|error| Failure::internal("pack").with("reason", error))?;
    match command {
        Requirements::List {
            filter,
            which,
            report,
        } => {
            let wanted = filter.as_deref().unwrap_or("").to_lowercase();
            let mut shown = chosen(&all, which)?;
            shown.retain(|requirement| holds(requirement, &wanted, language));
            list(&shown, *report, language)
        }
        Requirements::Coverage {
            runs,
            which,
            report,
        } => coverage(&all, &chosen(&all, which)?, runs, *report, language),
    }
}

/// The requirements of a readiness key, of a grade, judged somewhere.
fn chosen<'r>(
    all: &'r [Requirement],
    which: &WhichRequirements,
) -> Result<Vec<&'r Requirement>, Failure> {
    let unknown = |value: &str, known: &[&str]| {
        Failure::usage("requirements-word")
            .with("value", value)
            .with("known", known.join(", "))
            .with(
                "nearest",
                nearest(value, known.iter().copied()).unwrap_or_default(),
            )
    };
    for key in &which.key {
        if Key::parse(key).is_none() {
            return Err(unknown(key, Key::NAMES));
        }
    }
    let grades = Grade::ALL.map(Grade::name);
    if let Some(grade) = which
        .grade
        .as_ref()
        .filter(|grade| !grades.contains(&grade.as_str()))
    {
        return Err(unknown(grade, &grades));
    }
    let places = Judged::ALL.map(Judged::name);
    if let Some(place) = which
        .judged
        .as_ref()
        .filter(|place| !places.contains(&place.as_str()))
    {
        return Err(unknown(place, &places));
    }
    let is_chosen = |requirement: &&Requirement| {
        let mut keys = which.key.iter();
        (which.key.is_empty()
            || keys.any(|key| requirement.readiness.iter().any(|of| **of == **key)))
            && which
                .grade
                .as_ref()
                .is_none_or(|grade| requirement.grade.name() == grade)
            && which.judged.as_ref().is_none_or(|place| {
                requirement
                    .judged
                    .iter()
                    .any(|judged| judged.name() == place)
            })
    };
    Ok(all.iter().filter(is_chosen).collect())
}

fn holds(requirement: &Requirement, wanted: &str, language: Language) -> bool {
    let texts = [
        &*requirement.id,
        requirement.title(language),
        &requirement.source.told(language),
    ];
    let rules = requirement.rules.iter().map(|rule| &**rule);
    let mut texts = texts.into_iter().chain(rules);
    texts.any(|text| text.to_lowercase().contains(wanted))
}

fn list(shown: &[&Requirement], shape: Shape, language: Language) -> Result<Exit, Failure> {
    let judged = |requirement: &Requirement| -> Vec<&'static str> {
        requirement
            .judged
            .iter()
            .map(|judged| judged.name())
            .collect()
    };
    if shape == Shape::Json {
        let described = shown.iter().map(|requirement| Described {
            id: &requirement.id,
            title: requirement.title(language),
            text: requirement.text(language),
            source: requirement.source.told(language),
            grade: requirement.grade.name(),
            judged: judged(requirement),
            readiness: &requirement.readiness,
            duo: &requirement.duo,
            rules: &requirement.rules,
        });
        return print_json(&described.collect::<Vec<_>>());
    }
    let width = widest(shown);
    let mut out = String::new();
    for requirement in shown {
        out += &format!(
            "{:width$}  {:13}  {:18}  {}\n",
            requirement.id,
            requirement.grade.name(),
            judged(requirement).join(","),
            requirement.title(language)
        );
    }
    let count = [("count", &*shown.len().to_string())];
    out += &format!("\n{}\n", fill(said(language, "count"), &count));
    print(&out)
}

fn widest(shown: &[&Requirement]) -> usize {
    shown
        .iter()
        .map(|requirement| requirement.id.len())
        .max()
        .unwrap_or(0)
}

fn said(language: Language, key: &str) -> &'static str {
    word(&Texts::of(language).requirements, key)
}

fn coverage(
    all: &[Requirement],
    shown: &[&Requirement],
    folders: &[PathBuf],
    shape: Shape,
    language: Language,
) -> Result<Exit, Failure> {
    let coverage = if folders.is_empty() {
        let cases =
            Cases::builtin().map_err(|error| Failure::internal("pack").with("reason", error))?;
        Coverage::of_shipped(all, cases)
    } else {
        let mut coverage = Coverage::default();
        for folder in folders {
            coverage.add_run(folder).map_err(|error| match error {
                CoverageError::Read(error) => runs::unreadable(folder, &error),
                CoverageError::Defect(defect) => Failure::usage("evidence-defect")
                    .with("path", folder.display())
                    .with("defect", defect),
                CoverageError::Changed(names) => runs::changed(folder, &names),
            })?;
        }
        coverage
    };
    let mut summary = Summary {
        requirements: shown.len(),
        ..Summary::default()
    };
    let covered: Vec<Covered<'_>> = shown
        .iter()
        .map(|requirement| {
            let proven = coverage.proven(&requirement.id);
            let state = proven.state(requirement.unproven.is_some());
            summary.count(state, &proven);
            let unproven = requirement.unproven.as_ref();
            Covered {
                id: &requirement.id,
                title: requirement.title(language),
                readiness: &requirement.readiness,
                state,
                proven,
                because: unproven.map(|unproven| unproven.because.name()),
                see: unproven.and_then(|unproven| unproven.see.as_deref()),
            }
        })
        .collect();
    if shape == Shape::Json {
        let runs = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        return print_json(&Report {
            runs,
            own_scripts: &coverage.own_scripts,
            not_compared: &coverage.not_compared,
            summary,
            requirements: covered,
        });
    }
    let width = widest(shown);
    let mut out = String::new();
    for one in &covered {
        let state = said(language, one.state.name());
        let how = how(one, language);
        let line = format!("{:width$}  {state:12}  {}", one.id, how);
        out += &format!("{}\n", line.trim_end());
    }
    let legend = legend(&out, &covered, language);
    if !legend.is_empty() {
        out += &format!("\n{legend}");
    }
    out += &format!("\n{}\n", summary.text(!folders.is_empty(), language));
    for (key, name, all) in [
        ("own-scripts", "names", &coverage.own_scripts),
        ("scripts-not-compared", "tool", &coverage.not_compared),
    ] {
        if !all.is_empty() {
            let all = visible(&few(all.iter().map(String::as_str)));
            out += &format!("{}\n", fill(said(language, key), &[(name, &all)]));
        }
    }
    print(&out)
}

/// By what a requirement is proven, or why it is not, in one line.
fn how(one: &Covered<'_>, language: Language) -> String {
    let names = |proofs: &[Proof]| {
        let names = proofs.iter().map(|proof| visible(&proof.marked()));
        let names: BTreeSet<String> = names.collect();
        let more = names.len().saturating_sub(NAMED);
        let mut shown: Vec<String> = names.into_iter().take(NAMED).collect();
        if more > 0 {
            shown.push(format!("+{more}"));
        }
        shown.join(", ")
    };
    match one.state {
        State::Explained => {
            let because = one.because.unwrap_or_default();
            let see = one.see.unwrap_or_default();
            fill(said(language, because), &[("see", see)])
        }
        State::Failed => names(&one.proven.failed),
        State::NoTarget => names(&one.proven.no_target),
        State::Own => names(&one.proven.own),
        State::Open => String::new(),
        State::Proven => [
            ("positive", &one.proven.positive),
            ("negative", &one.proven.negative),
        ]
        .into_iter()
        .filter(|(_, proofs)| !proofs.is_empty())
        .map(|(key, proofs)| format!("{} {}", said(language, key), names(proofs)))
        .collect::<Vec<_>>()
        .join("; "),
    }
}

/// What the marks mean that stand in `out`, and who said what rests on a word.
fn legend(out: &str, covered: &[Covered<'_>], language: Language) -> String {
    let mut legend = String::new();
    for (mark, key, _) in MARKS.iter().filter(|(mark, _, _)| out.contains(mark)) {
        legend += &format!("{mark} {}\n", said(language, key));
    }
    let proofs = covered.iter().flat_map(|one| {
        let proven = &one.proven;
        let all = [
            &proven.positive,
            &proven.negative,
            &proven.no_target,
            &proven.failed,
        ];
        all.into_iter().flatten()
    });
    let by = proofs.filter_map(|proof| proof.rests.said_by.as_ref());
    let by: BTreeSet<&SaidBy> = by.collect();
    for by in by {
        let args = [("by", &*visible(&by.by)), ("on", &*visible(&by.on))];
        legend += &format!("  {}\n", fill(said(language, "said-by"), &args));
    }
    legend
}

/// How many names a line of the coverage has.
const NAMED: usize = 2;

impl Summary {
    fn count(&mut self, state: State, proven: &Proven) {
        match state {
            State::Proven => {
                self.proven += 1;
                self.positively += usize::from(!proven.positive.is_empty());
                self.negatively += usize::from(!proven.negative.is_empty());
                let proofs = || proven.positive.iter().chain(&proven.negative);
                self.recorded += usize::from(proofs().all(|proof| proof.rests.recorded));
                let is_said = |proof: &Proof| proof.rests.said_by.is_some();
                self.said += usize::from(proofs().all(is_said));
            }
            State::NoTarget => self.no_target += 1,
            State::Own => self.own += 1,
            State::Failed => self.failed += 1,
            State::Explained => self.explained += 1,
            State::Open => self.open += 1,
        }
    }

    fn text(&self, of_runs: bool, language: Language) -> String {
        let counts = [
            ("count", self.requirements),
            ("proven", self.proven),
            ("positively", self.positively),
            ("negatively", self.negatively),
            ("no-target", self.no_target),
            ("recorded", self.recorded),
            ("said", self.said),
            ("own", self.own),
            ("failed", self.failed),
            ("explained", self.explained),
            ("open", self.open),
        ]
        .map(|(name, count)| (name, count.to_string()));
        let args: Vec<(&str, &str)> = counts
            .iter()
            .map(|(name, count)| (*name, count.as_str()))
            .collect();
        let key = if of_runs { "summary-runs" } else { "summary" };
        let mut text = fill(said(language, key), &args);
        if self.recorded + self.said > 0 {
            text += &format!("\n{}", fill(said(language, "rests-note"), &args));
        }
        if self.no_target > 0 {
            text += &format!("\n{}", fill(said(language, "no-target-note"), &args));
        }
        if self.own > 0 {
            text += &format!("\n{}", said(language, "own-note"));
        }
        text
    }
}
