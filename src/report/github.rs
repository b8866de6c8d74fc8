//! The report as workflow commands of GitHub Actions, which show findings
//! beside the changed lines.

use std::io::Write;

use super::totals::Totals;
use super::{ReportError, Run, Voice, visible};
use crate::event::{Event, Reported};
use crate::finding::{Class, Kind};

/// Writes the report of `run`. Findings from the threshold on are errors, all
/// others and what is undecided warnings; what a deviation excuses is left out.
/// A last notice says how the run ended.
pub(super) fn write(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut fail_on = None;
    let mut totals = Totals::default();
    for event in run.events.replay() {
        let event = event?;
        totals.count(&event);
        match &event {
            Event::Started(started) => fail_on = Some(started.fail_on),
            Event::Judged(judged) => {
                for finding in &judged.findings {
                    command(finding, Some(&judged.input), fail_on, run.voice, out)?;
                }
            }
            Event::Batch(batch) => {
                for found in &batch.findings {
                    let input = found.inputs.first().map(String::as_str);
                    command(&found.finding, input, fail_on, run.voice, out)?;
                }
            }
            Event::Played(played) => {
                for found in played.findings.iter().filter(|found| !found.expected) {
                    let input = found.input.as_deref().unwrap_or(&played.about.scenario);
                    command(&found.finding, Some(input), fail_on, run.voice, out)?;
                }
            }
            Event::Scenario(_)
            | Event::Exchanged(_)
            | Event::Stepped(_)
            | Event::Grounds(_)
            | Event::Finished(_) => {}
        }
    }
    let texts = run.voice.texts;
    let summary = totals.summary();
    let mut message = format!(
        "{}: {}. {}: {}. {}: {}. {}: {}. {}: {}. {}",
        texts.verdict.pass_reconstruction,
        summary.passed_on_reconstruction,
        texts.verdict.pass,
        summary.passed - summary.passed_on_reconstruction,
        texts.verdict.fail,
        summary.failed,
        texts.verdict.undecided,
        summary.undecided,
        texts.verdict.not_applicable,
        summary.not_applicable,
        run.voice.exit_meaning(run.exit, totals.of(), fail_on),
    );
    if let Some(own) = totals.own_scripts(run.voice) {
        message += &format!(" {own}");
    }
    writeln!(out, "::notice title=ketenkeur::{}", data(&message))?;
    Ok(())
}

fn command(
    finding: &Reported,
    input: Option<&str>,
    fail_on: Option<Class>,
    voice: Voice<'_>,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let fails = finding.class >= fail_on.unwrap_or(Class::Foutmelding);
    let level = match finding.kind {
        Kind::Violation if fails => "error",
        _ => "warning",
    };
    let mut properties = Vec::new();
    if let Some(input) = input {
        properties.push(format!("file={}", property(input)));
    }
    // A line is one of the file: of a place within a body there is none.
    if let Some(start) = finding.start.filter(|_| !finding.in_body) {
        properties.push(format!("line={}", start.line));
        if let Some(end) = finding.end {
            properties.push(format!("endLine={}", end.line));
        }
        properties.push(format!("col={}", start.column));
        // GitHub takes an end column on the same line only, and counts it in.
        if let Some(end) = finding.end.filter(|end| end.line == start.line) {
            let last = end.column.saturating_sub(1).max(start.column);
            properties.push(format!("endColumn={last}"));
        }
    }
    let wording = voice.wording(finding);
    let title = if wording.title == finding.code {
        wording.title.clone()
    } else {
        format!("{}: {}", finding.code, wording.title)
    };
    properties.push(format!("title={}", property(&title)));
    let text = format!(
        "{} {} ({}; {}) {}",
        wording.message,
        wording.hint,
        voice.place(finding, input),
        voice.source(finding),
        voice.disputed(&wording),
    );
    let text = text.trim_end();
    writeln!(out, "::{level} {}::{}", properties.join(","), data(text))?;
    Ok(())
}

/// The text of a command: percent signs escaped, on one line.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// The value of a property: also what ends a value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_it() {
        assert_eq!(property("a:b,c%d\r\ne"), "a%3Ab%2Cc%25d\u{FFFD} e");
        assert_eq!(data("100%\n::error::x"), "100%25 ::error::x");
    }
}
