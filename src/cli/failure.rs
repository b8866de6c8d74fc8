//! What ends a command before it has a result.

use crate::exit::Exit;
use crate::pack::Problem;
use crate::text::Texts;

/// A failure, as a key of the texts (`error.<key>`) with its arguments. Every
/// text names the party at fault and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    key: &'static str,
    args: Vec<(&'static str, String)>,
    /// What is wrong with packs, which have words of their own.
    packs: Option<Box<Problem>>,
    exit: Exit,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = if problem.ours {
            Self::internal("internal")
        } else {
            Self::usage("internal")
        };
        Self {
            packs: Some(Box::new(problem)),
            ..failure
        }
    }
}

impl Failure {
    /// The user's call or settings are at fault.
    pub fn usage(key: &'static str) -> Self {
        Self {
            key,
            args: Vec::new(),
            packs: None,
            exit: Exit::Usage,
        }
    }

    /// We are at fault.
    pub fn internal(key: &'static str) -> Self {
        Self {
            exit: Exit::Internal,
            ..Self::usage(key)
        }
    }

    /// Adds an argument of the text.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The failure in words.
    pub fn text(&self, texts: &Texts) -> String {
        if let Some(problem) = &self.packs {
            return problem.text(texts);
        }
        let args: Vec<(&str, &str)> = self
            .args
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        texts.error(self.key, &args)
    }

    /// The exit code it ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}
