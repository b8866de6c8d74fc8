//! What a script expects of what is received.

use std::sync::Arc;
use std::time::Duration;

use super::data::Given;
use super::model::{Bilingual, Placed};
use super::text::Text;
use crate::document::Spot;
use crate::finding::{Code, Verdict};
use crate::transport::TransportProblem;

/// What must hold of what was received.
#[derive(Debug, Clone)]
pub struct Expect {
    /// Where it begins.
    pub at: Spot,
    /// The HTTP status.
    pub status: Option<Placed<Vec<StatusRange>>>,
    /// A SOAP fault, or none.
    pub fault: Option<Placed<FaultExpectation>>,
    /// Schema, rules and envelope have no finding at or above foutmelding.
    pub clean: Option<Placed<bool>>,
    /// Codes that must be among the findings.
    pub finding: Vec<Placed<Code>>,
    /// Codes that must not.
    pub no_finding: Vec<Placed<Code>>,
    /// XPath 2.0 expressions that must be true on the message element.
    pub assertions: Vec<Assertion>,
    /// What JSONPaths must find.
    pub json: Vec<JsonExpectation>,
    /// What header lines must say.
    pub headers: Vec<HeaderExpectation>,
    /// Whether an answer comes at all, or how it must fail.
    pub transport: Option<Placed<TransportExpectation>>,
    /// The versions of TLS, as their specification writes them (`TLSv1.3`).
    pub tls_versions: Option<Placed<Vec<Arc<str>>>>,
    /// How soon it must come, in real time.
    pub within: Option<Placed<Duration>>,
}

/// Status codes from the first up to and including the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}

impl StatusRange {
    /// Whether a status lies in it.
    pub fn contains(self, status: u16) -> bool {
        (self.from..=self.to).contains(&status)
    }
}

impl std::fmt::Display for StatusRange {
    /// `200`, or `4xx` for a whole hundred.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}xx", self.from / 100)
        }
    }
}

/// Whether a SOAP fault is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultExpectation {
    /// None.
    None,
    /// Any.
    Any,
    /// One with this code; its local name counts.
    Code(Arc<str>),
}

/// An XPath expression that must be true.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The expression.
    pub test: Text,
    /// What it means that it is not, for who must mend it.
    pub says: Option<Bilingual>,
}

/// What a JSONPath must find.
#[derive(Debug, Clone)]
pub struct JsonExpectation {
    /// The path.
    pub path: Text,
    /// What it must find.
    pub must: JsonMust,
}

/// What a JSONPath must find.
#[derive(Debug, Clone)]
pub enum JsonMust {
    /// One value or several, all equal to this.
    Equal(Given),
    /// Texts that this pattern matches whole. `*` stands for any characters.
    Match(Text),
    /// Something, or nothing.
    Exist(bool),
    /// That many values.
    Count(u64),
}

/// What a header line must say.
#[derive(Debug, Clone)]
pub struct HeaderExpectation {
    /// Where it stands.
    pub at: Spot,
    /// Its name, in any case.
    pub name: Arc<str>,
    /// Its whole value; `*` stands for any characters. Absent: it must be
    /// there.
    pub value: Option<Text>,
}

/// How a connection must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportExpectation {
    /// An answer comes.
    Answered,
    /// It fails in this way.
    Fails(TransportProblem),
    /// The other party refuses it, in any way.
    FailsAnyhow,
}

impl TransportExpectation {
    /// Whether it is met by an answer, or by how none came. Of a party that was
    /// not met, and of one that we did not accept ourselves, it is not known
    /// whether it would have refused.
    pub fn is_met(self, answer: Result<(), TransportProblem>) -> Verdict {
        let holds = match (self, answer) {
            (Self::Answered, answer) => answer.is_ok(),
            (Self::Fails(_) | Self::FailsAnyhow, Ok(())) => false,
            (Self::Fails(wanted), Err(found)) if wanted == found => true,
            (Self::Fails(_), Err(found)) if found.is_absence() => return Verdict::Undecided,
            (Self::Fails(_), Err(_)) => false,
            (Self::FailsAnyhow, Err(found)) if found.is_refusal() => true,
            // Too much of an answer is one.
            (Self::FailsAnyhow, Err(TransportProblem::TooLarge)) => false,
            (Self::FailsAnyhow, Err(_)) => return Verdict::Undecided,
        };
        if holds { Verdict::Pass } else { Verdict::Fail }
    }
}

impl Expect {
    /// Nothing in particular, said nowhere: an answer comes.
    pub fn nothing(at: Spot) -> Self {
        Self {
            at,
            status: None,
            fault: None,
            clean: None,
            finding: Vec::new(),
            no_finding: Vec::new(),
            assertions: Vec::new(),
            json: Vec::new(),
            headers: Vec::new(),
            transport: None,
            tls_versions: None,
            within: None,
        }
    }

    /// Whether anything that is asked for can fail to be there: a test can that
    /// looks at the message, and a status where not every one is right.
    pub fn can_fail(&self) -> bool {
        let every = |ranges: &Placed<Vec<StatusRange>>| {
            (100..600).all(|status| ranges.value.iter().any(|range| range.contains(status)))
        };
        let status = self.status.as_ref().is_some_and(|ranges| !every(ranges));
        let clean = self.clean.as_ref().is_some_and(|clean| clean.value);
        let looks = self.assertions.iter().any(|one| !one.test.is_constant());
        let rest = Self {
            status: None,
            clean: None,
            assertions: Vec::new(),
            ..self.clone()
        };
        status || clean || looks || !rest.is_nothing()
    }

    /// Whether it asks that a message is refused: by a fault, a status of an error
    /// or the connection.
    pub fn is_refusal(&self) -> bool {
        let status = self.status.as_ref();
        let is_error =
            status.is_some_and(|ranges| ranges.value.iter().all(|range| range.from >= 400));
        let fault = self.fault.as_ref();
        let is_fault = fault.is_some_and(|fault| !matches!(fault.value, FaultExpectation::None));
        is_error || is_fault || self.fails()
    }

    /// Whether it asks that no answer comes.
    pub fn fails(&self) -> bool {
        let transport = self.transport.as_ref();
        transport.is_some_and(|one| one.value != TransportExpectation::Answered)
    }

    /// Whether it asks for nothing but that something comes.
    pub fn is_nothing(&self) -> bool {
        self.status.is_none()
            && self.fault.is_none()
            && self.clean.is_none()
            && self.finding.is_empty()
            && self.no_finding.is_empty()
            && self.assertions.is_empty()
            && self.json.is_empty()
            && self.headers.is_empty()
            && self.transport.is_none()
            && self.tls_versions.is_none()
            && self.within.is_none()
    }
}
