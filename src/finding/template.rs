//! What a rule says, as templates in both languages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Class, Code, Dispute, Grade, Source};

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

impl Language {
    /// Its code (BCP 47), as pages and addresses have it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }
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
    /// The start of a part that falls away when an argument in it is empty.
    Open,
    /// The end of such a part.
    Close,
}

impl Template {
    /// Reads `{name}` as the place of the argument `name`; `{{` is a brace. A
    /// part in `[[` and `]]` falls away when an argument in it is empty.
    pub fn parse(text: &str) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some((before, part)) = rest.split_once("[[") {
            let (part, after) = part.split_once("]]").unwrap_or((part, ""));
            template.push_parsed(before);
            template.pieces.push(Piece::Open);
            template.push_parsed(part);
            template.pieces.push(Piece::Close);
            rest = after;
        }
        template.push_parsed(rest);
        template
    }

    fn push_parsed(&mut self, text: &str) {
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            self.push_text(before);
            if let Some(literal) = after.strip_prefix("{{") {
                self.push_text("{");
                rest = literal;
            } else if let Some(close) = after.find('}') {
                self.push_argument(&after[1..close]);
                rest = &after[close + 1..];
            } else {
                self.push_text(after);
                rest = "";
            }
        }
        self.push_text(rest);
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
            Piece::Text(_) | Piece::Open | Piece::Close => None,
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
        let mut part_start = None;
        let mut part_is_empty = false;
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Argument(name) => {
                    let value = value(name);
                    part_is_empty |= value.is_empty();
                    text.push_str(&value);
                }
                Piece::Open => {
                    part_start = Some(text.len());
                    part_is_empty = false;
                }
                Piece::Close => {
                    if let Some(start) = part_start.take().filter(|_| part_is_empty) {
                        text.truncate(start);
                    }
                }
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule's code.
    pub code: Code,
    /// DUO's class.
    pub class: Class,
    /// How certain the rule is.
    pub grade: Grade,
    /// Document and number.
    pub source: Source,
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

/// Where the texts of rules are looked up when findings are shown.
pub trait RuleBook {
    /// The rule of that code, `None` when nobody here knows it.
    fn rule(&self, code: &str) -> Option<Arc<RuleInfo>>;

    /// What is held against rules, settled or not.
    fn disputes(&self) -> &[Dispute] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optional_part_falls_away_with_its_argument() {
        let template = Template::parse("{a}[[; at most {max}]][[; at least {min}]].");
        let filled = template.fill(|name| if name == "max" { "" } else { "1" }.to_string());
        assert_eq!(filled, "1; at least 1.");
        assert_eq!(template.arguments().count(), 3);
    }

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
