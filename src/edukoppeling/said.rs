//! What the rules of one message have said so far.

use super::message::Way;
use crate::document::{Attribute, Document, NodeId, PlaceOf};
use crate::finding::{Args, Beyond, Code, Finding, Kind, Place};
use crate::limits::MAX_FINDINGS_PER_MESSAGE;
use crate::text::tool_finding;

/// What the transport rules say of an envelope or a WSDL.
#[derive(Debug, Default)]
pub struct TransportReport {
    /// Violated rules and rules that could not be judged.
    pub findings: Vec<Finding>,
    /// The rules that were judged and hold.
    pub held: Vec<Code>,
    /// Findings that are only counted.
    pub beyond: Beyond,
    /// The OIN of the certificate that an envelope is signed with. It says who
    /// signed only when nothing is found against signature and certificate.
    pub signer: Option<String>,
    /// Request or answer, as far as anything tells.
    pub way: Way,
}

/// Collects findings, and the rules that were judged at all.
pub(super) struct Said<'a> {
    document: &'a Document,
    findings: Vec<Finding>,
    judged: Vec<&'static str>,
    /// Findings beyond [`MAX_FINDINGS_PER_MESSAGE`], which are only counted.
    beyond: Beyond,
}

impl<'a> Said<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            findings: Vec::new(),
            judged: Vec::new(),
            beyond: Beyond::default(),
        }
    }

    /// These rules are judged from here on: those that nothing is found
    /// against hold in the end.
    pub(super) fn judging(&mut self, codes: &[&'static str]) {
        self.judged.extend(codes);
    }

    /// The rule `code` is broken at the name of `node`.
    pub(super) fn broken(&mut self, code: &'static str, node: NodeId, args: Args) {
        self.say(code, Kind::Violation, node, PlaceOf::Name, args);
    }

    /// The rule `code` is broken by the content of `node`.
    pub(super) fn broken_by_value(&mut self, code: &'static str, node: NodeId, args: Args) {
        self.say(code, Kind::Violation, node, PlaceOf::Value, args);
    }

    /// The rule `code` is broken by something that should stand in `holder`.
    pub(super) fn missing(&mut self, code: &'static str, holder: NodeId) {
        self.broken(code, holder, Args::new());
    }

    /// The rule `code` is broken by an attribute of `node`.
    pub(super) fn broken_by_attribute(
        &mut self,
        code: &'static str,
        node: NodeId,
        attribute: &Attribute<'_>,
        args: Args,
    ) {
        self.push(code, Kind::Violation, args, |document| {
            document.attribute_place(node, attribute)
        });
    }

    /// The rule `code` is broken outside the document, in the HTTP head.
    pub(super) fn broken_at(&mut self, code: &'static str, place: Place, args: Args) {
        self.push(code, Kind::Violation, args, |_| place);
    }

    /// The rule `code` could not be judged; `reason` is a key of the texts.
    pub(super) fn undecided(&mut self, code: &'static str, node: NodeId, reason: &'static str) {
        let args = Args::new().with("reason", reason);
        self.say(code, Kind::Undecided, node, PlaceOf::Name, args);
    }

    fn say(&mut self, code: &'static str, kind: Kind, node: NodeId, of: PlaceOf, args: Args) {
        self.push(code, kind, args, |document| document.place(node, of));
    }

    /// A place costs time, so that it is looked up only for what is shown.
    fn push(
        &mut self,
        code: &'static str,
        kind: Kind,
        args: Args,
        place: impl FnOnce(&Document) -> Place,
    ) {
        let mut finding = tool_finding(code, args, Place::default());
        finding.kind = kind;
        if self.findings.len() >= MAX_FINDINGS_PER_MESSAGE {
            self.beyond.add(&finding);
            return;
        }
        finding.place = place(self.document);
        self.findings.push(finding);
    }

    /// How many findings there are, to see whether a step added some.
    pub(super) fn count(&self) -> u64 {
        self.findings.len() as u64 + self.beyond.count()
    }

    /// What was said. Nothing holds once findings are not listed.
    pub(super) fn finish(self) -> TransportReport {
        let held = self
            .judged
            .iter()
            .filter(|_| self.beyond.count() == 0)
            .filter(|&&code| self.findings.iter().all(|finding| *finding.code != *code))
            .map(|&code| code.into())
            .collect();
        TransportReport {
            findings: self.findings,
            held,
            beyond: self.beyond,
            signer: None,
            way: Way::Unknown,
        }
    }
}
