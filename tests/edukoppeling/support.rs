//! Judging in one line.

use jiff::Timestamp;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{
    Revocation, SecurityContext, SecurityReport, TrustStore, judge_security,
};
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Finding, Kind, Redaction};

/// What messages are judged with.
pub struct Setting {
    pub now: Timestamp,
    pub profile: Profile,
    pub trust: TrustStore,
    pub revocation: Revocation,
}

impl Setting {
    /// The test profile at that moment, without roots and lists.
    pub fn at(now: &str) -> Self {
        Self {
            now: now.parse().unwrap(),
            profile: Profile::Test,
            trust: TrustStore::empty(),
            revocation: Revocation::none(),
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
            revocation: &self.revocation,
            clock_skew: SecurityContext::CLOCK_SKEW,
        }))
    }

    /// Judges a message that is well-formed.
    pub fn judge(&self, xml: &str) -> SecurityReport {
        self.try_judge(xml.as_bytes())
            .expect("the message is well-formed")
    }
}

/// The codes of one kind, sorted, each with its argument `part` or `reason`
/// where it has one: `KK-EK-WB013-DIGEST wsa:To`.
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
    ["part", "reason"]
        .into_iter()
        .find_map(|name| finding.args.get(name))
        .map(|argument| argument.shown(Redaction::Mask))
}
