//! Two runs side by side, in words.

use serde::Serialize;

use super::{Voice, visible};
use crate::event::{Comparison, FindingChange, PackInForce, Reported};
use crate::finding::Verdict;

/// How something differs.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only the later run has it.
    Appeared,
    /// Only the earlier run has it.
    Gone,
    /// Both have it, and not alike.
    Changed,
}

impl Change {
    /// What there was, and what there is.
    pub fn of<T>(before: Option<T>, after: Option<T>) -> Self {
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

/// A comparison in lines.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// What got worse.
    pub worse: Vec<String>,
    /// What is otherwise different.
    pub other: Vec<String>,
}

impl Compared {
    /// The key of the heading of what is otherwise different, or of all of it.
    pub fn other_title(&self) -> &'static str {
        match self.worse.is_empty() {
            true => "diff-changed",
            false => "diff-other",
        }
    }
}

/// Puts a comparison into words.
pub fn compared(comparison: &Comparison, voice: Voice<'_>) -> Compared {
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
        let Some(newest) = newest_of(change) else {
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
        let disputed = voice.disputed(&voice.wording(newest));
        let disputed = match disputed.is_empty() {
            true => disputed,
            false => format!(" ({disputed})"),
        };
        add(change.is_worse(), say(&key, &args) + &disputed);
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
    Compared { worse, other }
}

/// The finding as it stands in the later run, else as it stood.
pub fn newest_of(change: &FindingChange) -> Option<&Reported> {
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
