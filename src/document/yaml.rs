//! YAML files of the user: a tree in which every value knows its place.
//!
//! Only this file touches the YAML parser. A scalar keeps its text, so that an
//! OIN that begins with zeros or a version `4.10` is what the user wrote, with
//! or without quotes; what it means, the reader of the field decides. Anchors
//! and aliases are followed, within limits; own tags and merge keys are not.

use std::collections::HashMap;
use std::ops::Range;

use serde_saphyr::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, Tag, options,
};

use super::yaml_fields::Mistake;
use crate::limits::{MAX_DEPTH, MAX_YAML_BYTES, MAX_YAML_VALUES};

/// A line and a column of a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A value of a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yaml {
    /// What it is.
    pub value: YamlValue,
    /// Where it begins. For a map or list in block notation: at its first
    /// entry.
    pub spot: Spot,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// What a value of a YAML file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YamlValue {
    /// A text, number, truth value or nothing, as it was written.
    Scalar {
        /// The text, escapes resolved.
        text: Box<str>,
        /// Whether it was written without quotes, so that it may be a number, a
        /// truth value or nothing.
        plain: bool,
    },
    /// Values in order.
    List(Vec<Yaml>),
    /// Values by name, in the order of the file.
    Map(Vec<(YamlKey, Yaml)>),
}

/// The name of a value in a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlKey {
    /// The name.
    pub name: Box<str>,
    /// Where it stands.
    pub spot: Spot,
}

impl Spot {
    /// The beginning of a file.
    pub const START: Spot = Spot { line: 1, column: 1 };

    fn of(span: &Span) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            line: number(span.start.line()),
            column: number(span.start.col().saturating_add(1)),
        }
    }
}

impl Yaml {
    /// Reads the one document in `bytes`.
    ///
    /// # Errors
    /// The first place where `bytes` are no YAML that is read here: not UTF-8,
    /// beyond the limits, bad notation, a name twice in a map, a name that is
    /// no text, a tag, several documents.
    pub fn read(bytes: &[u8]) -> Result<Self, Mistake> {
        if bytes.len() > MAX_YAML_BYTES {
            let most = MAX_YAML_BYTES.to_string();
            return Err(Mistake::new(Spot::START, "too-large").with("most", most));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            Mistake::new(Spot { line, column: 1 }, "not-utf8")
        })?;
        Builder::default().read(text)
    }

    /// Whether nothing stands here: no text at all, `~` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(self.plain(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether it is this text, without quotes.
    pub fn is_text(&self, text: &str) -> bool {
        self.plain() == Some(text)
    }

    /// The text of a scalar without quotes.
    fn plain(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// The value as JSON would have it, by the core schema of YAML 1.2. A whole
    /// number that begins with a zero stays a text: it is a code.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            YamlValue::List(items) => Value::Array(items.iter().map(Yaml::to_json).collect()),
            YamlValue::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.name.to_string(), value.to_json()))
                    .collect(),
            ),
            YamlValue::Scalar { .. } if self.is_nothing() => Value::Null,
            YamlValue::Scalar { text, plain: false } => Value::String(text.to_string()),
            YamlValue::Scalar { text, plain: true } => match &**text {
                "true" | "True" | "TRUE" => Value::Bool(true),
                "false" | "False" | "FALSE" => Value::Bool(false),
                text => number(text).unwrap_or_else(|| Value::String(text.to_string())),
            },
        }
    }

    /// Values in it, itself included.
    fn size(&self) -> usize {
        match &self.value {
            YamlValue::Scalar { .. } => 1,
            YamlValue::List(items) => 1 + items.iter().map(Yaml::size).sum::<usize>(),
            YamlValue::Map(entries) => {
                1 + entries.iter().map(|(_, value)| value.size()).sum::<usize>()
            }
        }
    }

    /// Levels of maps and lists in it. Bounded, as everything that is built.
    fn height(&self) -> usize {
        match &self.value {
            YamlValue::Scalar { .. } => 0,
            YamlValue::List(items) => 1 + items.iter().map(Yaml::height).max().unwrap_or(0),
            YamlValue::Map(entries) => {
                let heights = entries.iter().map(|(_, value)| value.height());
                1 + heights.max().unwrap_or(0)
            }
        }
    }
}

/// The number that `text` is in JSON's notation; none that begins with a zero.
fn number(text: &str) -> Option<serde_json::Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let begins = digits.bytes().next()?.is_ascii_digit();
    let coded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !begins || coded {
        return None;
    }
    serde_json::from_str::<serde_json::Number>(text)
        .ok()
        .map(serde_json::Value::Number)
}

/// A map or list of which the end has not come yet.
struct Open {
    value: YamlValue,
    /// The name of the entry of a map whose value comes next.
    key: Option<YamlKey>,
    anchor: usize,
    spot: Spot,
    start: usize,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Yaml>,
    values: usize,
    root: Option<Yaml>,
}

impl Builder {
    fn read(mut self, text: &str) -> Result<Yaml, Mistake> {
        let mut settings: Options = options! {};
        settings.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(text, settings) {
            let (event, span) = event.map_err(|error| syntax(&error, text))?;
            self.take(event, &span)?;
        }
        self.root
            .filter(|root| !root.is_nothing())
            .ok_or_else(|| Mistake::new(Spot::START, "empty"))
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Mistake> {
        let spot = Spot::of(span);
        let bytes = bytes(span);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Mistake::new(spot, "several-documents"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !is_text(tag.as_deref(), spot)?;
                let value = YamlValue::Scalar {
                    text: text.into(),
                    plain,
                };
                self.put(
                    Yaml {
                        value,
                        spot,
                        span: bytes,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(YamlValue::List(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(YamlValue::Map(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // The parser closes only what it opened.
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = Yaml {
                    value: open.value,
                    spot: open.spot,
                    span: open.start..bytes.end.max(open.start),
                };
                self.values = self.values.saturating_sub(1);
                self.put(value, open.anchor)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                // An alias inside of what it stands for.
                let mut value = known.ok_or_else(|| Mistake::new(spot, "alias"))?;
                self.values = self.values.saturating_add(value.size() - 1);
                if self.open.len() + value.height() > MAX_DEPTH {
                    return Err(Mistake::new(spot, "too-deep"));
                }
                value.spot = spot;
                self.put(value, 0)
            }
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        value: YamlValue,
        anchor: usize,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Mistake> {
        let spot = Spot::of(span);
        is_text(tag, spot)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Mistake::new(spot, "too-deep"));
        }
        // Counted where it begins, so that nothing grows uncounted.
        self.count(spot)?;
        self.open.push(Open {
            value,
            key: None,
            anchor,
            spot,
            start: bytes(span).start,
        });
        Ok(())
    }

    fn count(&mut self, spot: Spot) -> Result<(), Mistake> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_YAML_VALUES {
            return Err(Mistake::new(spot, "too-many"));
        }
        Ok(())
    }

    /// Puts a whole value where it belongs.
    fn put(&mut self, value: Yaml, anchor: usize) -> Result<(), Mistake> {
        self.count(value.spot)?;
        if anchor != 0 {
            self.values = self.values.saturating_add(value.size());
            self.anchors.insert(anchor, value.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        match &mut open.value {
            YamlValue::List(items) => items.push(value),
            YamlValue::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, value)),
                None => open.key = Some(key(value, entries)?),
            },
            // A scalar is never open.
            YamlValue::Scalar { .. } => {}
        }
        Ok(())
    }
}

/// The name that `value` is, beside those that the map has already.
fn key(value: Yaml, entries: &[(YamlKey, Yaml)]) -> Result<YamlKey, Mistake> {
    let spot = value.spot;
    let YamlValue::Scalar { text, .. } = value.value else {
        return Err(Mistake::new(spot, "key"));
    };
    if let Some((first, _)) = entries.iter().find(|(key, _)| key.name == text) {
        return Err(Mistake::new(spot, "twice")
            .with("name", text)
            .with("first", first.spot.line.to_string()));
    }
    Ok(YamlKey { name: text, spot })
}

fn bytes(span: &Span) -> Range<usize> {
    // Read from a text, every place has its bytes.
    let start = span.start.byte_offset().unwrap_or_default();
    start..span.end.byte_offset().unwrap_or(start).max(start)
}

/// Whether a tag says that a scalar is a text; other tags are not read.
fn is_text(tag: Option<&Tag>, spot: Spot) -> Result<bool, Mistake> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
        Some(_) => Err(Mistake::new(spot, "tag")),
    }
}

/// Why a text is no YAML. What the parser says stays inside: it knows one
/// language.
fn syntax(error: &ScanError, text: &str) -> Mistake {
    use ErrorKind as Kind;
    let key = match error.kind() {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar => "syntax-tab",
        Kind::InvalidIndentation
        | Kind::ExpectedBlockMappingKey
        | Kind::ExpectedBlockSequenceEntry
        | Kind::InvalidBlockScalarIndent
        | Kind::InvalidQuotedScalarIndent
        | Kind::InvalidFlowScalarIndent => "syntax-indent",
        Kind::UnclosedQuotedScalar
        | Kind::DocumentIndicatorInQuotedScalar
        | Kind::InvalidTrailingSingleQuotedScalar
        | Kind::InvalidTrailingDoubleQuotedScalar => "syntax-quote",
        Kind::UnclosedFlowCollection { .. }
        | Kind::MisplacedFlowCollectionEnd
        | Kind::MismatchedFlowCollectionEnd { .. }
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::ExpectedFlowMappingSeparator
        | Kind::ExpectedFlowSequenceSeparator => "syntax-bracket",
        Kind::SimpleKeyExpected
        | Kind::InvalidSimpleKey
        | Kind::InvalidColonPlacement
        | Kind::InvalidMappingValueWhitespace
        | Kind::MappingValueNotAllowed
        | Kind::MappingKeyNotAllowed => "syntax-colon",
        Kind::UnknownAnchor => "alias",
        Kind::RecursionLimitExceeded => "too-deep",
        _ => "syntax",
    };
    let marker = error.marker();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mut spot = Spot {
        line: number(marker.line()).max(1),
        column: number(marker.col().saturating_add(1)),
    };
    // The parser points at the text that the line with the tab goes on with.
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip(spot.line.saturating_sub(1) as usize);
    if key == "syntax-tab"
        && let Some(further) = lines.position(|line| line[..indent(line)].contains('\t'))
    {
        spot = Spot {
            line: spot.line.saturating_add(number(further)),
            column: 1,
        };
    }
    Mistake::new(spot, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Yaml {
        Yaml::read(text.as_bytes()).unwrap()
    }

    fn refused(text: &str) -> (u32, &'static str) {
        let mistake = Yaml::read(text.as_bytes()).unwrap_err();
        (mistake.spot.line, mistake.key)
    }

    #[test]
    fn values_are_what_was_written() {
        let yaml = read(
            "oin: 00000003999999990000\nversie: 4.10\naan: true\ngetal: -12\ntekst: \"12\"\n\
             leeg:\nlijst: [a, 1.5, ~]\nblok: |\n  een\n  twee\n",
        );
        assert_eq!(
            yaml.to_json(),
            json!({
                "oin": "00000003999999990000", "versie": 4.10, "aan": true, "getal": -12,
                "tekst": "12", "leeg": null, "lijst": ["a", 1.5, null], "blok": "een\ntwee\n",
            })
        );
        let YamlValue::Map(entries) = &yaml.value else {
            panic!("no map");
        };
        let (key, value) = &entries[1];
        assert_eq!(
            (&*key.name, key.spot.line, key.spot.column),
            ("versie", 2, 1)
        );
        assert_eq!((value.spot.line, value.spot.column), (2, 9));
        assert_eq!(value.plain(), Some("4.10"));
    }

    #[test]
    fn aliases_are_followed_within_limits() {
        let yaml = read("a: &een {b: 1}\nc: *een\n");
        assert_eq!(yaml.to_json(), json!({"a": {"b": 1}, "c": {"b": 1}}));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            let ten = vec![below; 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{ten}]\n");
        }
        assert_eq!(refused(&bomb).1, "too-many");
    }

    #[test]
    fn what_is_no_yaml_has_a_line_and_a_reason() {
        for (text, line, key) in [
            ("", 1, "empty"),
            ("# niets\n", 1, "empty"),
            ("a: 1\na: 2\n", 2, "twice"),
            ("a: 1\n\tb: 2\n", 2, "syntax-tab"),
            ("a: 'x\n", 1, "syntax-quote"),
            ("a: [1, 2\n", 1, "syntax-bracket"),
            ("a: b: c\n", 1, "syntax-colon"),
            ("a: *weg\n", 1, "alias"),
            ("a: &b [*b]\n", 1, "alias"),
            ("a: !eigen x\n", 1, "tag"),
            ("? [a]\n: b\n", 1, "key"),
            ("a: 1\n---\nb: 2\n", 2, "several-documents"),
        ] {
            assert_eq!(refused(text), (line, key), "{text:?}");
        }
        assert_eq!(refused(&"[".repeat(500)).1, "too-deep");
        let mistake = Yaml::read(b"a: 1\nb: \xff\n").unwrap_err();
        assert_eq!((mistake.spot.line, mistake.key), (2, "not-utf8"));
        let large = vec![b'a'; MAX_YAML_BYTES + 1];
        assert_eq!(Yaml::read(&large).unwrap_err().key, "too-large");
    }
}
