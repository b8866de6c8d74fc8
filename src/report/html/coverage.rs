//! Which requirements a run touched, and which it did not: of scenarios as
//! `requirements coverage` counts it, of messages alone by their rules.

use std::collections::BTreeSet;

use serde::Serialize;

use super::digest::Digest;
use super::views::shown;
use crate::coverage::{MARKS, State};
use crate::finding::Language;
use crate::report::{Known, KnownRequirement, Voice};
use crate::text::word;

/// The requirements with what the run says of them.
#[derive(Serialize)]
pub(super) struct Coverage {
    /// How many there are of each state, in their order, with how it looks.
    counts: Vec<(&'static str, &'static str, usize)>,
    rows: Vec<Row>,
    /// What the marks mean that stand in it, and who said what rests on a word.
    legend: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    title: String,
    source: String,
    state: &'static str,
    /// How that looks.
    look: &'static str,
    /// What it rests on, in words.
    by: Vec<String>,
}

/// What messages show of a requirement, the gravest first.
const OF_MESSAGES: [&str; 4] = ["broken", "undecided", "shown", "untouched"];

/// How a state looks.
fn look(state: &str) -> &'static str {
    match state {
        "proven" | "shown" => "shown",
        "failed" | "broken" => "broken",
        "no-target" | "own" | "undecided" => "open",
        _ => "untouched",
    }
}

impl Coverage {
    pub(super) fn of(digest: &Digest, known: &Known, voice: Voice<'_>) -> Self {
        let requirements = known.requirements.iter();
        let rows: Vec<Row> = requirements
            .map(|requirement| Row::of(requirement, digest, voice))
            .collect();
        let count = |state| rows.iter().filter(|row| row.state == state).count();
        let states = match digest.scenarios.is_empty() {
            true => OF_MESSAGES.to_vec(),
            false => State::ALL.map(State::name).to_vec(),
        };
        let counts = states.into_iter();
        Self {
            counts: counts
                .map(|state| (state, look(state), count(state)))
                .collect(),
            legend: legend(&rows, digest, voice),
            rows,
        }
    }
}

/// What the marks mean that stand in these rows.
fn legend(rows: &[Row], digest: &Digest, voice: Voice<'_>) -> Vec<(&'static str, String)> {
    let words = &voice.words().requirements;
    let stands = |mark: &str| {
        rows.iter()
            .flat_map(|row| &row.by)
            .any(|by| by.contains(mark))
    };
    let marks = MARKS.iter().filter(|(mark, _, _)| stands(mark));
    let by = digest.totals.said_by.iter();
    let by: Vec<String> = by
        .map(|by| format!("{} ({})", shown(&by.by), shown(&by.on)))
        .collect();
    let legend = marks.map(|(mark, key, _)| {
        let meaning = word(words, key);
        match meaning.ends_with(':') {
            true => (*mark, format!("{meaning} {}", by.join("; "))),
            false => (*mark, meaning.to_string()),
        }
    });
    legend.collect()
}

impl Row {
    fn of(requirement: &KnownRequirement, digest: &Digest, voice: Voice<'_>) -> Self {
        let words = &voice.words().report;
        let say = |key: &str, name: &str, count: u64| {
            let count = count.to_string();
            let args = [("name", name), ("count", &count)];
            (count != "0").then(|| crate::text::say(words, key, &args))
        };
        let (mut broken, mut open, mut shows) = (0, 0, 0);
        let proven = digest.proven.proven(&requirement.id);
        let of_run = proven.state(requirement.is_explained);
        let names = proven.shown_by(of_run);
        let names: BTreeSet<String> = names.iter().map(|one| shown(&one.marked())).collect();
        let mut by: Vec<String> = names.into_iter().collect();
        let undecided = digest.undecided.get(&*requirement.id).copied();
        by.extend(say("by-open", "", undecided.unwrap_or(0)));
        for code in &requirement.rules {
            let held = digest.held.get(&**code).copied().unwrap_or(0);
            shows += held;
            by.extend(say("by-held", code, held));
            if let Some(rule) = digest.rules.get(&**code) {
                broken += rule.violations;
                open += rule.undecided;
                by.extend(say("by-broken", code, rule.violations + rule.excused));
                by.extend(say("by-undecided", code, rule.undecided));
                by.extend(say("by-expected", code, rule.expected));
            }
        }
        let state = match (broken, open, shows) {
            _ if !digest.scenarios.is_empty() => of_run.name(),
            (1.., _, _) => "broken",
            (0, 1.., _) => "undecided",
            (0, 0, 1..) => "shown",
            (0, 0, 0) => "untouched",
        };
        let title = match voice.language() {
            Language::Nl => &requirement.title_nl,
            Language::En => &requirement.title_en,
        };
        Self {
            id: shown(&requirement.id),
            title: shown(title),
            source: shown(&voice.grounds(&requirement.source, requirement.grade)),
            state,
            look: look(state),
            by,
        }
    }
}
