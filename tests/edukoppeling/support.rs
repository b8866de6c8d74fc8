//! Judging in one line.

use jiff::Timestamp;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{SecurityContext, SecurityReport, Trust, judge_security};
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Finding, Kind, Redaction};
use proptest::prelude::*;

/// What messages are judged with.
pub struct Setting {
    pub now: Timestamp,
    pub profile: Profile,
    pub trust: Trust,
}

impl Setting {
    /// The test profile at that moment, without roots and lists.
    pub fn at(now: &str) -> Self {
        Self {
            now: now.parse().unwrap(),
            profile: Profile::Test,
            trust: Trust::default(),
        }
    }

    /// Judges a message; `None` when it is not even well-formed.
    pub fn try_judge(&self, xml: &[u8]) -> Option<SecurityReport> {
        let document = Document::from_xml(Gated::xml(xml).ok()?).ok()?;
        Some(judge_security(&SecurityContext {
            document: &document,
            now: self.now,
            profile: self.profile,
            trust: &self.trust,
            clock_skew: SecurityContext::CLOCK_SKEW,
        }))
    }

    /// Judges a message that is well-formed.
    pub fn judge(&self, xml: &str) -> SecurityReport {
        self.try_judge(xml.as_bytes())
            .expect("the message is well-formed")
    }
}

/// The codes of one kind, sorted, with the part or reason that the finding
/// names: `KK-EK-WB013-DIGEST wsa:To`.
pub fn codes(report: &SecurityReport, kind: Kind) -> Vec<String> {
    let mut codes: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.kind == kind)
        .map(|finding| match argument(finding) {
            Some(argument) => format!("{} {argument}", finding.code),
            None => finding.code.to_string(),
        })
        .collect();
    codes.sort();
    codes
}

/// The violations of a report.
pub fn violations(report: &SecurityReport) -> Vec<String> {
    codes(report, Kind::Violation)
}

/// What could not be judged.
pub fn undecided(report: &SecurityReport) -> Vec<String> {
    codes(report, Kind::Undecided)
}

fn argument(finding: &Finding) -> Option<String> {
    let name = match &*finding.code {
        "KK-EK-WB001-NAAMRUIMTE" => "element",
        code if code.starts_with("KK-EK-PKI") => "reason",
        _ => "part",
    };
    finding
        .args
        .get(name)
        .map(|argument| argument.shown(Redaction::Mask))
}

/// One edit of a file's bytes, in the hands of a property test.
pub type Edit = (prop::sample::Index, u8, u8);

/// The edits of a mutated file.
pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..4)
}

/// Carries out edits: a byte replaced, removed or added, or a piece repeated.
pub fn mutated(message: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = message.as_bytes().to_vec();
    for (at, byte, kind) in edits {
        let at = at.index(bytes.len());
        match kind {
            0 => bytes[at] = *byte,
            1 => {
                bytes.remove(at);
            }
            2 => bytes.insert(at, byte % 128),
            _ => {
                let piece = bytes[at..(at + 40).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}
