//! Texts of a script in which values are named: `pupil ${leerling.bsn}`.

use std::sync::Arc;

use super::moment::Offset;
use crate::document::Spot;

/// A text in which values may be named.
///
/// `${name}` stands for a value, `${date+7d}` for a date or moment moved on,
/// `$${` for the characters `${`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub at: Spot,
    /// What it is made of.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is written.
    Literal(Arc<str>),
    /// A value.
    Value(Reference),
}

/// A value that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its name, with dots between the names of a value inside a value.
    pub name: Arc<str>,
    /// What is added to the date or moment that it is.
    pub offsets: Vec<Offset>,
}

/// Why a text is none: a `${` that is not closed, or what is between the
/// braces names no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadReference(pub String);

impl Text {
    /// Reads a text.
    pub fn parse(at: Spot, written: &str) -> Result<Self, BadReference> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = written;
        while let Some(start) = rest.find('$') {
            let (before, after) = rest.split_at(start);
            literal.push_str(before);
            if let Some(escaped) = after.strip_prefix("$${") {
                literal.push_str("${");
                rest = escaped;
            } else if let Some(named) = after.strip_prefix("${") {
                let Some((name, after)) = named.split_once('}') else {
                    return Err(BadReference(after.to_string()));
                };
                let reference =
                    Reference::parse(name).ok_or_else(|| BadReference(name.to_string()))?;
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal).into()));
                }
                pieces.push(Piece::Value(reference));
                rest = after;
            } else {
                literal.push('$');
                rest = &after[1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        Ok(Self { at, pieces })
    }

    /// A text without values.
    pub fn literal(at: Spot, text: impl Into<Arc<str>>) -> Self {
        Self {
            at,
            pieces: vec![Piece::Literal(text.into())],
        }
    }

    /// The values that it names.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(reference) => Some(reference),
            Piece::Literal(_) => None,
        })
    }

    /// The text, where it names no values.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The value, where the text is nothing but that.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self.pieces.as_slice() {
            [Piece::Value(reference)] => Some(reference),
            _ => None,
        }
    }
}

impl Reference {
    fn parse(written: &str) -> Option<Self> {
        let mut name = written.trim();
        let mut offsets = Vec::new();
        // Offsets stand at the end; a hyphen within a name is followed by a
        // letter.
        while let Some((before, offset)) = Offset::split_last(name) {
            name = before.trim_end();
            offsets.insert(0, offset);
        }
        is_value_name(name).then(|| Self {
            name: name.into(),
            offsets,
        })
    }
}

impl std::fmt::Display for Text {
    /// The text as it may be written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => f.write_str(&text.replace("${", "$${"))?,
                Piece::Value(reference) => write!(f, "{reference}")?,
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${{{}", self.name)?;
        for offset in &self.offsets {
            write!(f, "{offset}")?;
        }
        f.write_str("}")
    }
}

/// Whether `name` may be the name of a value: names or numbers with dots
/// between them.
pub fn is_value_name(name: &str) -> bool {
    name.split('.').enumerate().all(|(index, part)| {
        is_name(part) || (index > 0 && part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
    })
}

/// Whether `name` may be one part of the name of a value: letters, digits, `_`
/// and, before a letter, `-`; a letter first.
pub fn is_name(name: &str) -> bool {
    let mut last = '-';
    for ch in name.chars() {
        let fits = match ch {
            '-' => last.is_ascii_alphanumeric(),
            '_' => last != '-',
            _ if last == '-' => ch.is_ascii_alphabetic(),
            _ => ch.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
        last = ch;
    }
    last != '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Spot = Spot { line: 1, column: 1 };

    #[test]
    fn values_are_found_in_a_text() {
        for (written, names) in [
            ("plain", vec![]),
            ("a $ b $${c}", vec![]),
            ("${a}", vec!["a"]),
            ("x${a.b-c.0}y${d_1+7d}", vec!["a.b-c.0", "d_1"]),
            ("${vandaag - 1w + 2d}", vec!["vandaag"]),
        ] {
            let text = Text::parse(AT, written).unwrap();
            let found: Vec<_> = text.references().map(|one| &*one.name).collect();
            assert_eq!(found, names, "{written}");
            assert_eq!(Text::parse(AT, &text.to_string()).unwrap(), text);
        }
        let moved = Text::parse(AT, "${vandaag-1w+2d}").unwrap();
        assert_eq!(moved.as_reference().unwrap().offsets.len(), 2);
        assert_eq!(Text::parse(AT, "$${x}").unwrap().as_literal(), Some("${x}"));
    }

    #[test]
    fn what_names_no_value_is_refused() {
        for bad in [
            "${", "${}", "${a..b}", "${1}", "${a b}", "${a-}", "${a+7}", "${a+7q}",
        ] {
            assert!(Text::parse(AT, bad).is_err(), "{bad}");
        }
    }
}
