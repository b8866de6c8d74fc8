//! What a step comes to: the same function while a run is played and when its
//! evidence is judged again.

use super::endpoint::no_endpoint;
use super::ledger::REST;
use super::observe::{Observed, Seen};
use crate::check::{CheckOptions, Reporter};
use crate::event::{Reported, StepFinding, input_name};
use crate::evidence::StepOutcome;
use crate::facts::Facts;
use crate::finding::{Finding, Grade, Judgement, Source, Verdict};
use crate::scenario::{Expect, Got, PlacedCode, TransportExpectation, Values, judge};

/// What a scenario's findings are weighed with.
pub(super) struct Scale<'a> {
    /// The scenario's id.
    pub scenario: &'a str,
    /// How certain it is that the chain behaves as it expects.
    pub grade: Grade,
    /// What that rests on.
    pub source: &'a Source,
    /// The rules whose outcome the script itself brings about.
    pub brings_about: &'a [PlacedCode],
    /// How messages are judged.
    pub options: &'a CheckOptions,
    /// Makes findings ready to be shown.
    pub reporter: &'a Reporter,
    /// What expressions may ask of the world.
    pub facts: &'a Facts,
}

impl Scale<'_> {
    /// A finding of the script, ready to be shown: it is as certain as the
    /// scenario.
    pub fn reported(&self, finding: Finding) -> Reported {
        let finding = Finding {
            grade: self.grade,
            source: self.source.clone(),
            ..finding
        };
        self.reporter.finding(&finding, None, &|_, _| false)
    }
}

/// What a step comes to.
pub(super) struct Weighed {
    /// Its verdict.
    pub judgement: Judgement,
    /// What was found, expected findings included.
    pub findings: Vec<StepFinding>,
    /// What the next steps need is there.
    pub goes_on: bool,
    /// A connection failed where none was expected to.
    pub unreachable: bool,
}

impl Weighed {
    /// The outcome in a form that can be compared.
    pub fn outcome(&self) -> StepOutcome {
        StepOutcome {
            verdict: self.judgement.verdict,
            findings: self.findings.iter().map(outcome_of).collect(),
        }
    }
}

/// A finding as outcomes name it.
pub(super) fn outcome_of(found: &StepFinding) -> String {
    let finding = &found.finding;
    format!("{} {}", finding.code, finding.fingerprint.as_str())
}

/// Weighs what was seen against what is expected.
///
/// A message of the party under test must be right, also where the script says
/// nothing of it; what the script expects to find does not count against it.
pub(super) fn weigh(
    scale: &Scale<'_>,
    step: &str,
    expect: &Expect,
    values: &mut Values,
    seen: &Seen,
    observed: &Observed<'_>,
) -> Weighed {
    let judged = observed.outcome.as_ref().map(|outcome| &outcome.judged);
    let got = Got {
        arrival: seen.message.as_deref().map_err(|problem| *problem),
        judged,
        brings_about: scale.brings_about,
        took: seen.took,
        confirmed: seen.confirmed.as_deref(),
    };
    let mut judgement = Judgement::NOT_APPLICABLE;
    let mut findings = Vec::new();
    let clean = expect.clean.as_ref().map(|clean| clean.value);
    let counts = clean.unwrap_or(seen.of_subject);
    let input = seen.exchange.map(|number| {
        let side = if seen.response { "response" } else { "request" };
        input_name(scale.scenario, number, side)
    });
    let elsewhere = no_endpoint(expect, seen);
    let is_elsewhere = elsewhere.is_some();
    if let Some(judged) = judged.filter(|_| (counts || seen.of_subject) && !is_elsewhere) {
        let mut open = false;
        for finding in &judged.findings {
            let expected = !counts
                || got.brings_about(finding)
                || expect
                    .finding
                    .iter()
                    .any(|code| *code.value == *finding.code);
            if !expected {
                open = true;
                judgement = scale.options.fold([
                    judgement,
                    scale
                        .options
                        .judgement(finding.kind, finding.class, finding.grade),
                ]);
            }
            findings.push(StepFinding {
                step: step.to_string(),
                input: input.clone(),
                expected,
                finding: finding.clone(),
            });
        }
        // What there was no room to list counts all the same, and so does what
        // is undecided without a finding: under strict provenance.
        let as_a_whole = match judged.judgement.verdict {
            Verdict::Pass => !open,
            Verdict::Undecided => {
                counts && (judged.findings.is_empty() || scale.options.strict_provenance)
            }
            Verdict::Fail | Verdict::NotApplicable => false,
        };
        if (counts && judged.more > 0) || as_a_whole {
            judgement = scale.options.fold([judgement, judged.judgement]);
        }
    }
    let shown = !findings.is_empty();
    for finding in observed
        .connection
        .findings
        .iter()
        .chain(&observed.not_theirs)
    {
        let expected = expect.finding.iter().any(|code| code.value == finding.code);
        if !expected {
            let (kind, class) = (finding.kind, finding.class);
            let part = scale.options.judgement(kind, class, finding.grade);
            judgement = scale.options.fold([judgement, part]);
        }
        findings.push(StepFinding {
            step: step.to_string(),
            input: input.clone(),
            expected,
            finding: scale.reporter.finding(finding, None, &|_, _| false),
        });
    }
    if let Some(finding) = elsewhere {
        let failed = Judgement::new(Verdict::Fail, scale.grade);
        judgement = scale.options.fold([judgement, failed]);
        findings.push(StepFinding {
            step: step.to_string(),
            input: input.clone(),
            expected: false,
            finding: scale.reporter.finding(&finding, None, &|_, _| false),
        });
        return Weighed {
            judgement,
            findings,
            goes_on: false,
            unreachable: false,
        };
    }
    for judged in judge(expect, &got, values, scale.facts) {
        // One mistake, one finding: what makes a message unclean stands above.
        if judged.expectation == "clean" && shown && judged.verdict != Verdict::Pass {
            continue;
        }
        let part = Judgement::new(judged.verdict, scale.grade);
        judgement = scale.options.fold([judgement, part]);
        let Some(finding) = judged.finding else {
            continue;
        };
        findings.push(StepFinding {
            step: step.to_string(),
            input: input.clone(),
            expected: false,
            finding: scale.reported(finding),
        });
    }
    // That something came of which nothing is expected shows nothing, unless it
    // is a message that could be judged.
    let answers = seen.response && seen.exchange.is_some() && step != REST;
    let unasked = answers && expect.is_nothing() && observed.message().is_none();
    if unasked && judgement.verdict == Verdict::Pass {
        judgement = Judgement::NOT_APPLICABLE;
    }
    // A failure that is expected is none of the connection, unless it leaves open
    // what the other party would have done.
    let transport = expect.transport.as_ref().map(|expected| expected.value);
    let transport = transport.unwrap_or(TransportExpectation::Answered);
    let answer = seen.message.as_ref().map(drop).map_err(|problem| *problem);
    let expects_failure = transport != TransportExpectation::Answered
        && transport.is_met(answer) != Verdict::Undecided;
    Weighed {
        judgement,
        findings,
        goes_on: answer.is_ok() || expects_failure,
        unreachable: answer.is_err() && !expects_failure,
    }
}
