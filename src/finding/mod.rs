//! Findings: what a check says of a message, as data.
//!
//! A finding is a code, typed arguments and a place. Text is made from it only
//! at the edge, in the reader's language. Baselines, deviations, SARIF and the
//! comparison of runs all rest on its [`Fingerprint`].

mod addresses;
mod beyond;
mod dispute;
mod fingerprint;
mod grade;
mod personal;
mod place;
mod source;
mod template;
mod verdict;

pub use beyond::Beyond;
pub use dispute::{Dispute, Disputed, TEAM};
pub use fingerprint::Fingerprint;
pub use grade::{Class, Grade};
pub(crate) use personal::mask;
pub use personal::{DataClass, MessageValue, Redaction, is_synthetic_number};
pub use place::{Place, Position};
pub use source::{Source, SourcePart};
pub use template::{Language, RuleBook, RuleInfo, RuleText, Template};
pub use verdict::{Judgement, Verdict, fold};

use std::sync::Arc;

/// The code of a rule: `KK-…` for our own, anything for a foreign rule set.
pub type Code = Arc<str>;

/// Whether a rule was broken or could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The rule is broken.
    Violation,
    /// The rule could not be judged; never a pass.
    Undecided,
}

/// One thing that a check says of one place in a message.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that speaks.
    pub code: Code,
    /// Broken, or not to be judged.
    pub kind: Kind,
    /// DUO's class of the rule.
    pub class: Class,
    /// How certain the rule itself is.
    pub grade: Grade,
    /// Where the rule comes from: document and number.
    pub source: Source,
    /// The contract whose pack holds the rule, where there is one.
    pub contract: Option<Arc<str>>,
    /// What the rule's text speaks of.
    pub args: Args,
    /// Where it is.
    pub place: Place,
}

/// Named arguments of a finding's text, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub struct Args(Vec<(Arc<str>, Arg)>);

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument. The first of a name wins.
    pub fn with(mut self, name: impl Into<Arc<str>>, arg: impl Into<Arg>) -> Self {
        self.push(name, arg);
        self
    }

    /// Adds an argument. The first of a name wins.
    pub fn push(&mut self, name: impl Into<Arc<str>>, arg: impl Into<Arg>) {
        let name = name.into();
        if self.get(&name).is_none() {
            self.0.push((name, arg.into()));
        }
    }

    /// The argument of that name.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        self.0
            .iter()
            .find(|(n, _)| &**n == name)
            .map(|(_, arg)| arg)
    }

    /// All arguments, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arg)> {
        self.0.iter().map(|(name, arg)| (&**name, arg))
    }
}

/// One argument of a finding's text.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Our own word or one of a schema: an element name, a pattern, a limit.
    Term(Arc<str>),
    /// Several of them, in the order of the schema.
    Terms(Vec<Arc<str>>),
    /// A number of things.
    Count(u64),
    /// Something that stood in the message, shown only through a [`Redaction`].
    Value(MessageValue),
}

impl From<&str> for Arg {
    fn from(term: &str) -> Self {
        Arg::Term(term.into())
    }
}

impl From<String> for Arg {
    fn from(term: String) -> Self {
        Arg::Term(term.into())
    }
}

impl From<Arc<str>> for Arg {
    fn from(term: Arc<str>) -> Self {
        Arg::Term(term)
    }
}

impl From<Vec<Arc<str>>> for Arg {
    fn from(terms: Vec<Arc<str>>) -> Self {
        Arg::Terms(terms)
    }
}

impl From<u64> for Arg {
    fn from(count: u64) -> Self {
        Arg::Count(count)
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Arg::Count(count as u64)
    }
}

impl From<MessageValue> for Arg {
    fn from(value: MessageValue) -> Self {
        Arg::Value(value)
    }
}

impl Arg {
    /// The argument as text, personal values according to `redaction`.
    pub fn shown(&self, redaction: Redaction) -> String {
        match self {
            Arg::Term(term) => term.to_string(),
            Arg::Terms(terms) => terms.join(", "),
            Arg::Count(count) => count.to_string(),
            Arg::Value(value) => value.shown(redaction),
        }
    }
}
