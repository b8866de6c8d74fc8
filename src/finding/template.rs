//! What a rule says, as templates in both languages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Class, Code, Grade};

/// The languages of user-facing text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Dutch, the default: the users' language.
    #[default]
    Nl,
    /// English.
    En,
}

/// A text with places for arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Arc<str>),
    Argument(Arc<str>),
}

impl Template {
    /// Reads `{name}` as the place of the argument `name`; `{{` is a brace.
    pub fn parse(text: &str) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            template.push_text(before);
            if let Some(literal) = after.strip_prefix("{{") {
                template.push_text("{");
                rest = literal;
            } else if let Some(close) = after.find('}') {
                template.push_argument(&after[1..close]);
                rest = &after[close + 1..];
            } else {
                template.push_text(after);
                rest = "";
            }
        }
        template.push_text(rest);
        template
    }

    /// Adds text at the end.
    pub fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    /// Adds the place of an argument at the end.
    pub fn push_argument(&mut self, name: &str) {
        self.pieces.push(Piece::Argument(name.into()));
    }

    /// The names of the arguments, in order of appearance.
    pub fn arguments(&self) -> impl Iterator<Item = &Arc<str>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Argument(name) => Some(name),
            Piece::Text(_) => None,
        })
    }

    /// Whether the template says nothing.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The text with each argument put in by `value`; runs of white space
    /// become one space.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Argument(name) => text.push_str(&value(name)),
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A rule's texts in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleText {
    /// What the rule demands, in one line.
    pub title: Arc<str>,
    /// What is wrong when it is broken.
    pub message: Template,
    /// What to do about it.
    pub hint: Template,
}

/// Everything known of a rule but its logic.
#[derive(Debug, Clone)]
pub struct RuleInfo {
    /// The rule's code.
    pub code: Code,
    /// DUO's class.
    pub class: Class,
    /// How certain the rule is.
    pub grade: Grade,
    /// Document and number.
    pub source: Arc<str>,
    /// Which date of the message selects value list or validity; empty when
    /// no date matters, `ontvangst` for the moment of judging.
    pub date: Arc<str>,
    /// DUO's own control number, empty until known.
    pub duo: Arc<str>,
    /// The contract whose pack holds the rule; `None` for the rules of the
    /// tool itself and of a batch.
    pub contract: Option<Arc<str>>,
    /// Dutch texts.
    pub nl: RuleText,
    /// English texts.
    pub en: RuleText,
}

impl RuleInfo {
    /// The texts in `language`.
    pub fn text(&self, language: Language) -> &RuleText {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_by_name() {
        let template = Template::parse("{a} is {{niet}} {b}.");
        let filled = template.fill(|name| name.to_uppercase());
        assert_eq!(filled, "A is {niet}} B.");
        assert_eq!(
            template.arguments().map(|a| &**a).collect::<Vec<_>>(),
            ["a", "b"]
        );
    }
}
