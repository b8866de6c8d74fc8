//! From a finding to what may be shown of it.

use crate::document::Document;
use crate::event::Reported;
use crate::finding::{Finding, Fingerprint, Redaction};

/// Makes findings ready to be shown: the one place where values of messages
/// become text.
pub(super) struct Reporter {
    redaction: Redaction,
}

impl Reporter {
    pub fn new(redaction: Redaction) -> Self {
        Self { redaction }
    }

    /// A finding as events carry it, with an excerpt when the document is at
    /// hand.
    ///
    /// `known` tells of an element whether a schema declares it.
    pub fn finding(
        &self,
        finding: &Finding,
        document: Option<&Document>,
        known: &dyn Fn(&str, &str) -> bool,
    ) -> Reported {
        Reported {
            code: finding.code.to_string(),
            kind: finding.kind,
            class: finding.class,
            grade: finding.grade,
            source: finding.source.to_string(),
            contract: finding
                .contract
                .as_ref()
                .map(|contract| contract.to_string()),
            args: finding
                .args
                .iter()
                .map(|(name, arg)| (name.to_string(), arg.shown(self.redaction)))
                .collect(),
            start: finding.place.start,
            end: finding.place.end,
            path: finding.place.path.clone(),
            words: finding.place.words.clone(),
            keyed: finding.place.keyed.clone(),
            excerpt: document
                .and_then(|document| document.excerpt(&finding.place, self.redaction, known)),
            fingerprint: Fingerprint::of(finding),
        }
    }
}
