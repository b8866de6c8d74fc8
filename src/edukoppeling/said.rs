//! What the rules of one message have said so far.

use crate::document::{Document, NodeId, PlaceOf};
use crate::finding::{Args, Code, Finding, Kind};
use crate::limits::MAX_FINDINGS_PER_MESSAGE;
use crate::text::tool_finding;

/// Collects findings, and the rules that were judged at all.
pub(super) struct Said<'a> {
    document: &'a Document,
    findings: Vec<Finding>,
    judged: Vec<&'static str>,
    /// Findings beyond [`MAX_FINDINGS_PER_MESSAGE`], which are only counted.
    more: u64,
}

impl<'a> Said<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            findings: Vec::new(),
            judged: Vec::new(),
            more: 0,
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

    /// The rule `code` could not be judged; `reason` is a key of the texts.
    pub(super) fn undecided(&mut self, code: &'static str, node: NodeId, reason: &'static str) {
        let args = Args::new().with("reason", reason);
        self.say(code, Kind::Undecided, node, PlaceOf::Name, args);
    }

    fn say(&mut self, code: &'static str, kind: Kind, node: NodeId, of: PlaceOf, args: Args) {
        if self.findings.len() >= MAX_FINDINGS_PER_MESSAGE {
            self.more += 1;
            return;
        }
        let mut finding = tool_finding(code, args, self.document.place(node, of));
        finding.kind = kind;
        self.findings.push(finding);
    }

    /// How many findings there are, to see whether a step added some.
    pub(super) fn count(&self) -> u64 {
        self.findings.len() as u64 + self.more
    }

    /// The findings, the rules that were judged and hold, and how many
    /// findings are not listed. Nothing holds once findings are not listed.
    pub(super) fn finish(self) -> (Vec<Finding>, Vec<Code>, u64) {
        let held = self
            .judged
            .iter()
            .filter(|_| self.more == 0)
            .filter(|&&code| self.findings.iter().all(|finding| *finding.code != *code))
            .map(|&code| code.into())
            .collect();
        (self.findings, held, self.more)
    }
}
