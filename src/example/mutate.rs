//! Single random mutations of a valid message: the mistakes that people and
//! programs make. They prove that one mistake gives one finding; the same seed
//! gives the same mutation on every machine.
//!
//! Whether a mutation left the message valid (a free text changed, an element
//! repeated that may be repeated) is not known here: ask a validator.

use super::edit::{Splice, read, spliced};
use super::{mutate_json, mutate_xml};
use crate::document::{Document, Format};

/// A mutated message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// The kind of mistake.
    pub kind: &'static str,
    /// What was done where, for a person; holds no values.
    pub what: String,
    /// The message with the mistake.
    pub text: String,
}

/// Makes one random mistake in a valid message; `None` when the message cannot
/// be read.
pub fn mutate(message: &str, format: Format, seed: u64) -> Option<Mutation> {
    let document = read(message, format)?;
    let mut dice = Dice::new(seed);
    // Not every kind finds something to do in every message; some always do.
    loop {
        let (kind, change) = match format {
            Format::Xml => mutate_xml::change(&document, &mut dice),
            Format::Json => mutate_json::change(&document, &mut dice),
        };
        let Some(change) = change else { continue };
        let text = spliced(document.source(), change.splices);
        if text != document.source() && read(&text, format).is_some() {
            return Some(Mutation {
                kind,
                what: change.what,
                text,
            });
        }
    }
}

/// What a mutation changes.
pub(super) struct Change {
    pub splices: Vec<Splice>,
    pub what: String,
}

/// A kind of mistake and how it is made; `None` when the place that the dice
/// chose does not allow it.
pub(super) type Kind = (&'static str, fn(&Document, &mut Dice) -> Option<Change>);

/// Chooses a kind and makes it.
pub(super) fn throw(
    kinds: &[Kind],
    document: &Document,
    dice: &mut Dice,
) -> (&'static str, Option<Change>) {
    let (kind, make) = kinds[dice.below(kinds.len())];
    (kind, make(document, dice))
}

/// The generator splitmix64: small, fast, and good enough for choices.
pub(super) struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).copied()
    }
}

/// A text with one change that a person might make: `None` when it does not
/// apply to this text.
pub(super) type Slip = (&'static str, fn(&str, &mut Dice) -> Option<String>);

/// Slips in a value, each a change of its own kind.
pub(super) const SLIPS: &[Slip] = &[
    ("letter in cijfers", |text, dice| {
        let digits: Vec<usize> = text
            .char_indices()
            .filter(|(_, ch)| ch.is_ascii_digit())
            .map(|(at, _)| at)
            .collect();
        let at = dice.one_of(&digits)?;
        Some(format!("{}O{}", &text[..at], &text[at + 1..]))
    }),
    ("te lang", |text, dice| {
        let last = text.chars().last()?;
        let times = dice.one_of(&[1, 2, 300])?;
        Some(text.to_string() + &last.to_string().repeat(times))
    }),
    ("te kort", |text, _| {
        let last = text.chars().last()?;
        Some(text[..text.len() - last.len_utf8()].to_string())
    }),
    ("voorloopnul kwijt", |text, _| {
        let rest = text.strip_prefix('0')?;
        (!rest.is_empty()).then(|| rest.to_string())
    }),
    ("datum bestaat niet", |text, _| {
        is_date(text).then(|| format!("{}-02-30{}", &text[..4], &text[10..]))
    }),
    ("datum op zijn Nederlands", |text, _| {
        is_date(text).then(|| {
            let (year, month, day) = (&text[..4], &text[5..7], &text[8..10]);
            format!("{day}-{month}-{year}{}", &text[10..])
        })
    }),
    ("datum met tijd of zonder", |text, _| {
        is_date(text).then(|| match text.len() {
            10 => format!("{text}T00:00:00"),
            _ => text[..10].to_string(),
        })
    }),
    ("hoofdletters", |text, _| {
        let upper = text.to_uppercase();
        Some(if upper == text {
            text.to_lowercase()
        } else {
            upper
        })
    }),
    ("leesteken", |text, dice| {
        let at = dice.below(text.len() + 1);
        let sign = dice.one_of(&[".", "-", " ", ",", "_", "é"])?;
        let (before, after) = text.split_at_checked(at)?;
        Some(format!("{before}{sign}{after}"))
    }),
    ("spaties eromheen", |text, _| Some(format!(" {text} "))),
    ("woord in plaats van waarde", |text, dice| {
        let word = dice.one_of(&["ja", "nee", "onbekend", "null", "1,5", "N.v.t."])?;
        (word != text).then(|| word.to_string())
    }),
];

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.is_ascii() && bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-'
}

/// A name as a person mistypes it.
pub(super) fn mistyped(name: &str, dice: &mut Dice) -> String {
    let chars: Vec<char> = name.chars().collect();
    let at = 1 + dice.below(chars.len().saturating_sub(1));
    let mut typed = chars.clone();
    match dice.below(4) {
        0 if chars.len() > 2 => {
            typed.remove(at.min(chars.len() - 1));
        }
        1 => typed.insert(at, 'x'),
        2 if chars.len() > 2 => typed.swap(at.min(chars.len() - 2), at.min(chars.len() - 2) + 1),
        _ => {
            let first = chars.first().copied().unwrap_or('x');
            let other: Vec<char> = match first.is_uppercase() {
                true => first.to_lowercase().collect(),
                false => first.to_uppercase().collect(),
            };
            typed.splice(..1, other);
        }
    }
    typed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_mistake_every_time() {
        let xml = "<m xmlns='urn:m'><a>2026-01-01</a><b c='1'>0123</b></m>";
        let json = r#"{"a": "2026-01-01", "b": [{"c": 12}, {"c": null}], "d": true}"#;
        for seed in 0..500 {
            for (text, format) in [(xml, Format::Xml), (json, Format::Json)] {
                let first = mutate(text, format, seed).unwrap();
                assert_ne!(first.text, text);
                assert_eq!(Some(first), mutate(text, format, seed));
            }
        }
        assert_eq!(mutate("<a>", Format::Xml, 0), None);
    }
}
