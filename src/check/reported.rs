//! From a finding to what may be shown of it.

use crate::document::{Document, Excerpt};
use crate::event::Reported;
use crate::finding::{Finding, Fingerprint, Redaction};
use crate::input::BodyAt;

/// Makes findings ready to be shown: the one place where values of messages
/// become text.
#[derive(Clone, Copy)]
pub(crate) struct Reporter {
    redaction: Redaction,
    body: BodyAt,
}

impl Reporter {
    pub fn new(redaction: Redaction) -> Self {
        Self {
            redaction,
            body: BodyAt::Start,
        }
    }

    /// The same for the findings on a message whose body stands there.
    pub fn of(self, body: BodyAt) -> Self {
        Self { body, ..self }
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
            source: finding.source.clone(),
            contract: finding
                .contract
                .as_ref()
                .map(|contract| contract.to_string()),
            args: finding
                .args
                .iter()
                .map(|(name, arg)| (name.to_string(), arg.shown(self.redaction)))
                .collect(),
            start: finding.place.start.map(|start| self.body.in_file(start)),
            end: finding.place.end.map(|end| self.body.in_file(end)),
            in_body: self.body == BodyAt::Within && finding.place.start.is_some(),
            path: finding.place.path.clone(),
            words: finding.place.words.clone(),
            keyed: finding.place.keyed.clone(),
            excerpt: document
                .and_then(|document| document.excerpt(&finding.place, self.redaction, known))
                .map(|excerpt| self.excerpt(excerpt)),
            fingerprint: Fingerprint::of(finding),
        }
    }

    /// An excerpt of the body with the line numbers of the file.
    pub fn excerpt(&self, excerpt: Excerpt) -> Excerpt {
        Excerpt {
            first_line: excerpt.first_line + self.body.lines_before(),
            ..excerpt
        }
    }
}
