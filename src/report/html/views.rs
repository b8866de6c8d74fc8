//! What the templates are given: texts that may be shown, and numbers.

use serde::Serialize;

use crate::document::Excerpt;
use crate::event::{Excused, Reported};
use crate::finding::Kind;
use crate::limits::MAX_PAGE_CHARS;
use crate::report::{Voice, visible};

/// A text from outside as a page may hold it: nothing hidden in it, and not
/// without end. That markup in it is none, is the templates' business.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_PAGE_CHARS) {
        None => visible(text),
        Some((cut, _)) => visible(&text[..cut]) + "…",
    }
}

/// A finding.
#[derive(Serialize)]
pub(super) struct FindingView {
    id: String,
    /// The class, or `undecided`, by which it is marked and filtered.
    mark: &'static str,
    /// The same in words.
    says: String,
    code: String,
    title: String,
    message: String,
    hint: String,
    source: String,
    place: String,
    /// Input, line and column.
    at: String,
    path: String,
    lines: Vec<Line>,
    also_in: Vec<String>,
    /// What is held against the rule.
    disputes: Vec<String>,
    /// Who excuses it.
    excuse: Option<String>,
    step: Option<String>,
    fingerprint: String,
}

/// A line of source.
#[derive(Serialize)]
struct Line {
    number: u32,
    before: String,
    /// The part that the finding is about.
    marked: String,
    after: String,
}

/// Where a finding was met.
#[derive(Clone, Copy, Default)]
pub(super) struct Met<'a> {
    pub input: Option<&'a str>,
    pub also_in: &'a [String],
    pub step: Option<&'a str>,
}

impl FindingView {
    pub(super) fn new(id: String, finding: &Reported, met: Met<'_>, voice: Voice<'_>) -> Self {
        let texts = voice.words();
        let wording = voice.wording(finding);
        let at = match (finding.start, met.input) {
            (Some(at), Some(input)) => format!("{input}:{}:{}", at.line, at.column),
            (None, Some(input)) => input.to_string(),
            (_, None) => String::new(),
        };
        let (mark, says) = match finding.kind {
            Kind::Violation => (finding.class.name(), texts.class(finding.class)),
            Kind::Undecided => ("undecided", texts.kind(finding.kind)),
        };
        Self {
            id,
            mark,
            says: match finding.kind {
                Kind::Undecided => format!("{says} ({})", texts.class(finding.class)),
                Kind::Violation => says.to_string(),
            },
            code: shown(&finding.code),
            title: shown(&wording.title),
            message: shown(&wording.message),
            hint: shown(&wording.hint),
            source: shown(&voice.source(finding)),
            place: shown(&voice.place(finding, met.input)),
            at: shown(&at),
            path: shown(&finding.path),
            lines: finding.excerpt.as_ref().map(lines).unwrap_or_default(),
            also_in: met.also_in.iter().map(|input| shown(input)).collect(),
            disputes: wording.disputes.iter().map(|one| shown(one)).collect(),
            excuse: None,
            step: met.step.map(shown),
            fingerprint: shown(finding.fingerprint.as_str()),
        }
    }

    /// The finding with who excuses it.
    pub(super) fn excused(mut self, excused: &Excused, voice: Voice<'_>) -> Self {
        self.excuse = Some(shown(&voice.excuse(excused)));
        self.mark = "excused";
        self
    }
}

/// The lines of an excerpt, with the place that it is about set apart.
fn lines(excerpt: &Excerpt) -> Vec<Line> {
    let line = |(index, text): (usize, &String)| {
        let part = |from: usize, count: usize| -> String {
            let part: String = text.chars().skip(from).take(count).collect();
            shown(&part)
        };
        let (column, width) = if index == excerpt.line {
            (excerpt.column, excerpt.width)
        } else {
            (usize::MAX, 0)
        };
        Line {
            number: excerpt
                .first_line
                .saturating_add(u32::try_from(index).unwrap_or(u32::MAX)),
            before: part(0, column),
            marked: part(column, width),
            after: part(column.saturating_add(width), usize::MAX),
        }
    };
    excerpt.lines.iter().enumerate().map(line).collect()
}

/// The marks of findings, in the order of the filter.
pub(super) const MARKS: [&str; 6] = [
    "foutmelding",
    "melding",
    "signaal",
    "bekostigingssignaal",
    "undecided",
    "excused",
];
