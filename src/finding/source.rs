//! Where something comes from, as a reader is told it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Language;

/// What opens a remark, parts its languages and closes it.
const REMARK: (char, &str, char) = ('{', " | ", '}');

/// Where a rule, requirement, scenario or declaration comes from: citations of
/// documents, and remarks of ours on what was read in them or made beside them.
///
/// A document is called by its own name in every language. A remark is written
/// after the citation in braces, in Dutch and in English:
/// `PvE ROD-PO 1.14.2 §6.3 {namen van velden | names of fields}`. Braces that
/// hold anything else are part of the citation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(Arc<str>);

/// A part of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourcePart<'s> {
    /// What names documents.
    Citation(&'s str),
    /// What we say of it.
    Remark {
        /// In Dutch.
        nl: &'s str,
        /// In English.
        en: &'s str,
    },
}

impl Source {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The source in a language, remarks in parentheses.
    pub fn told(&self, language: Language) -> String {
        let mut told = String::new();
        for part in self.parts() {
            match (part, language) {
                (SourcePart::Citation(text), _) => told.push_str(text),
                (SourcePart::Remark { nl: text, .. }, Language::Nl)
                | (SourcePart::Remark { en: text, .. }, Language::En) => {
                    told.extend(["(", text, ")"]);
                }
            }
        }
        told
    }

    /// Its citations and remarks, in order.
    pub fn parts(&self) -> impl Iterator<Item = SourcePart<'_>> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (part, after) = first_part(rest)?;
            rest = after;
            Some(part)
        })
    }
}

/// The part that a text begins with, and what follows it. `None` at the end.
fn first_part(text: &str) -> Option<(SourcePart<'_>, &str)> {
    let (open, parting, close) = REMARK;
    let mut from = 0;
    for (end, _) in text.match_indices(close) {
        let start = text[from..end].rfind(open).map(|at| from + at);
        let remark = start.and_then(|start| {
            let inner = &text[start + open.len_utf8()..end];
            Some((start, inner.split_once(parting)?))
        });
        from = end + close.len_utf8();
        match remark {
            Some((0, (nl, en))) => return Some((SourcePart::Remark { nl, en }, &text[from..])),
            Some((start, _)) => {
                return Some((SourcePart::Citation(&text[..start]), &text[start..]));
            }
            None => {}
        }
    }
    (!text.is_empty()).then_some((SourcePart::Citation(text), ""))
}

impl<T: Into<Arc<str>>> From<T> for Source {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_told_in_the_language_of_the_reader() {
        for (written, nl, en) in [
            ("RFC 9112 §8", "RFC 9112 §8", "RFC 9112 §8"),
            ("", "", ""),
            (
                "PvE §6.3 {velden | fields}; DUO {eigen lezing | our reading}, po",
                "PvE §6.3 (velden); DUO (eigen lezing), po",
                "PvE §6.3 (fields); DUO (our reading), po",
            ),
            ("{alleen dit | this alone}", "(alleen dit)", "(this alone)"),
        ] {
            let source = Source::from(written);
            assert_eq!(source.told(Language::Nl), nl);
            assert_eq!(source.told(Language::En), en);
        }
    }

    /// A foreign rule set says what it likes in `see`.
    #[test]
    fn other_braces_are_kept() {
        for written in [
            "PUT /endpoints/{id}",
            "a { b",
            "a } b",
            "{x}{",
            "a | b",
            "{{a}",
        ] {
            assert_eq!(Source::from(written).told(Language::Nl), written);
        }
        let nested = Source::from("/{id}, /{ {nl | en}");
        assert_eq!(nested.told(Language::En), "/{id}, /{ (en)");
    }
}
