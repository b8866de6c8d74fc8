//! Which requirements a run touched, and which it did not.

use serde::Serialize;

use super::digest::Digest;
use super::views::shown;
use crate::finding::Language;
use crate::report::{Known, KnownRequirement, Voice};

/// The requirements with what the run says of them.
#[derive(Serialize)]
pub(super) struct Coverage {
    /// How many there are of each state, in the order of [`STATES`].
    counts: Vec<(&'static str, usize)>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    title: String,
    source: String,
    state: &'static str,
    /// What it rests on, in words.
    by: Vec<String>,
}

/// What a run may show of a requirement, the gravest first.
const STATES: [&str; 4] = ["broken", "open", "shown", "untouched"];

impl Coverage {
    pub(super) fn of(digest: &Digest, known: &Known, voice: Voice<'_>) -> Self {
        let requirements = known.requirements.iter();
        let rows: Vec<Row> = requirements
            .map(|requirement| Row::of(requirement, digest, voice))
            .collect();
        let count = |state| rows.iter().filter(|row| row.state == state).count();
        Self {
            counts: STATES
                .into_iter()
                .map(|state| (state, count(state)))
                .collect(),
            rows,
        }
    }
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
        let mut by = Vec::new();
        let proofs = digest.proofs.get(&*requirement.id);
        if let Some(proofs) = proofs {
            shows += proofs.passed;
            broken += proofs.failed;
            open += proofs.open;
            by.extend(say("by-passed", "", proofs.passed));
            by.extend(say("by-failed", "", proofs.failed));
            by.extend(say("by-open", "", proofs.open));
        }
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
            (1.., _, _) => "broken",
            (0, 1.., _) => "open",
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
            by,
        }
    }
}
