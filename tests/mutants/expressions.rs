//! What can be done wrong in an XPath expression of a rule: every small change
//! that a tired author could have made.

use std::ops::Range;

/// One change of an expression: what is replaced, by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: &'static str,
    pub at: Range<usize>,
    pub to: String,
}

impl Change {
    /// The expression with the change made.
    pub fn apply(&self, text: &str) -> String {
        format!(
            "{}{}{}",
            &text[..self.at.start],
            self.to,
            &text[self.at.end..]
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Text,
    Sign,
}

#[derive(Debug, Clone)]
struct Token<'t> {
    kind: Kind,
    text: &'t str,
    at: Range<usize>,
}

/// Words that end an operand. In a rule's own expressions none of them is the
/// name of an element.
const BORDERS: &[&str] = &[
    "return",
    "then",
    "else",
    "satisfies",
    "in",
    "for",
    "some",
    "every",
    "if",
];
const COMPARISONS: &[(&str, &str)] = &[
    ("eq", "ne"),
    ("ne", "eq"),
    ("lt", "le"),
    ("le", "lt"),
    ("gt", "ge"),
    ("ge", "gt"),
    ("=", "!="),
    ("!=", "="),
    ("<", "<="),
    ("<=", "<"),
    (">", ">="),
    (">=", ">"),
];
/// Words and signs that separate what a union is made of from the rest.
const WITHIN_OPERANDS: &[&str] = &["and", "or", "+", "-", "castable", "div", "mod", "to"];
const WORDS: &[(&str, &str)] = &[
    ("and", "or"),
    ("or", "and"),
    ("some", "every"),
    ("every", "some"),
    ("exists", "empty"),
    ("empty", "exists"),
    ("min", "max"),
    ("max", "min"),
];

/// Every change of an expression, in the order of the text.
pub fn changes(text: &str) -> Vec<Change> {
    let tokens = tokens(text);
    let mut found = Changes {
        tokens,
        all: Vec::new(),
    };
    found.words();
    found.literals();
    found.group(0..found.tokens.len());
    let mut all = found.all;
    all.sort_by_key(|change| (change.at.start, change.at.end));
    all.dedup();
    all.retain(|change| change.to != text[change.at.clone()]);
    all
}

struct Changes<'t> {
    tokens: Vec<Token<'t>>,
    all: Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, kind: &'static str, at: Range<usize>, to: impl Into<String>) {
        self.all.push(Change {
            kind,
            at,
            to: to.into(),
        });
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.text == text && token.kind != Kind::Text)
    }

    /// Operators and functions in the place of their neighbours.
    fn words(&mut self) {
        for index in 0..self.tokens.len() {
            let Token { kind, text, at } = self.tokens[index].clone();
            if kind == Kind::Text {
                continue;
            }
            let is_call = self.is(index + 1, "(");
            if let Some((_, to)) = COMPARISONS.iter().find(|(from, _)| *from == text) {
                self.add("compare", at.clone(), *to);
            }
            if let Some((_, to)) = WORDS.iter().find(|(from, _)| *from == text) {
                let is_function = matches!(text, "exists" | "empty" | "min" | "max");
                if is_function == is_call || matches!(text, "and" | "or") {
                    self.add("swap", at.clone(), *to);
                }
            }
            if text == "not" && is_call {
                self.add("negate", at.clone(), "");
            }
            if text == "if" && is_call {
                let inside = index + 2..self.closing(index + 1);
                let condition = self.text_of(inside.clone());
                self.add("negate", self.span(inside), format!("not({condition})"));
            }
        }
    }

    /// Numbers, lengths of time and codes.
    fn literals(&mut self) {
        for index in 0..self.tokens.len() {
            let Token { kind, text, at } = self.tokens[index].clone();
            match kind {
                Kind::Number => self.shifts("shift", text, at.start),
                Kind::Text => {
                    let inside = &text[1..text.len() - 1];
                    let start = at.start + 1;
                    let is_reason = index >= 2 && self.is(index - 2, "kk:onbeslist");
                    if is_reason || inside.is_empty() {
                        continue;
                    }
                    if is_duration(inside) {
                        self.shifts("shift", inside, start);
                    } else if inside.starts_with('^') || inside.contains(['(', '\\']) {
                        self.quantifiers(inside, start);
                    } else {
                        self.add("code", at, format!("'{inside}x'"));
                    }
                }
                _ => {}
            }
        }
    }

    /// Every number in `text` by one up and one down.
    fn shifts(&mut self, kind: &'static str, text: &str, start: usize) {
        let is_digit = |c: char| c.is_ascii_digit();
        let Some(from) = text.find(is_digit) else {
            return;
        };
        let to = text[from..]
            .find(|c| !is_digit(c))
            .map_or(text.len(), |at| from + at);
        let Ok(number) = text[from..to].parse::<u64>() else {
            return;
        };
        let at = start + from..start + to;
        self.add(kind, at.clone(), (number + 1).to_string());
        if let Some(less) = number.checked_sub(1) {
            self.add(kind, at, less.to_string());
        }
    }

    /// How often something repeats in a pattern.
    fn quantifiers(&mut self, pattern: &str, start: usize) {
        for (open, _) in pattern.match_indices('{') {
            let rest = &pattern[open + 1..];
            let Some(close) = rest.find('}') else {
                continue;
            };
            if rest[..close]
                .chars()
                .all(|c| c.is_ascii_digit() || c == ',')
            {
                let mut from = open + 1;
                for part in rest[..close].split(',') {
                    self.shifts("shift", part, start + from);
                    from += part.len() + 1;
                }
            }
        }
    }

    /// What stands between brackets, or the whole: its operands, its unions,
    /// its entries, and the brackets within.
    fn group(&mut self, tokens: Range<usize>) {
        let mut borders = Vec::new();
        let mut commas = Vec::new();
        let mut signs = Vec::new();
        let mut index = tokens.start;
        while index < tokens.end {
            let token = &self.tokens[index];
            let (kind, text) = (token.kind, token.text);
            match text {
                "(" | "[" if kind == Kind::Sign => {
                    let close = self.closing(index);
                    if text == "[" {
                        let at = self.span(index..close + 1);
                        self.add("drop", at, "");
                    } else if !self.is_called(index) {
                        self.entries(index + 1..close);
                    }
                    self.group(index + 1..close);
                    index = close;
                }
                "," if kind == Kind::Sign => {
                    borders.push(index);
                    commas.push(index);
                }
                _ if kind == Kind::Text => {}
                _ if BORDERS.contains(&text) => borders.push(index),
                _ if WITHIN_OPERANDS.contains(&text) => signs.push(index),
                _ if COMPARISONS.iter().any(|(from, _)| *from == text) => signs.push(index),
                _ => {}
            }
            index += 1;
        }
        for part in split(tokens, &borders) {
            let ors = self.within(&part, &signs, &["or"]);
            self.drops(&part, &ors);
            for part in split(part.clone(), &ors) {
                let ands = self.within(&part, &signs, &["and"]);
                self.drops(&part, &ands);
            }
            let all: Vec<usize> = signs
                .iter()
                .copied()
                .filter(|at| part.contains(at))
                .collect();
            for part in split(part, &all) {
                let unions = self.level(&part, "|");
                self.drops(&part, &unions);
            }
        }
    }

    /// The signs of a part with one of these texts.
    fn within(&self, part: &Range<usize>, signs: &[usize], texts: &[&str]) -> Vec<usize> {
        let wanted = |at: &&usize| part.contains(*at) && texts.contains(&self.tokens[**at].text);
        signs.iter().filter(wanted).copied().collect()
    }

    /// Where a sign stands in a part, outside the brackets in it.
    fn level(&self, part: &Range<usize>, sign: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut index = part.start;
        while index < part.end {
            if self.is(index, "(") || self.is(index, "[") {
                index = self.closing(index);
            } else if self.is(index, sign) {
                found.push(index);
            }
            index += 1;
        }
        found
    }

    /// Each operand gone, with the operator beside it.
    fn drops(&mut self, part: &Range<usize>, operators: &[usize]) {
        if operators.is_empty() {
            return;
        }
        for operand in split(part.clone(), operators) {
            let gone = match operand.start == part.start {
                true => operand.start..operand.end + 1,
                false => operand.start - 1..operand.end,
            };
            let at = self.span(gone);
            self.add("drop", at, "");
        }
    }

    /// Each entry of a sequence gone.
    fn entries(&mut self, inside: Range<usize>) {
        let commas = self.level(&inside, ",");
        self.drops(&inside, &commas);
    }

    /// Whether a bracket opens the arguments of a function or a condition.
    fn is_called(&self, open: usize) -> bool {
        let Some(before) = open.checked_sub(1).map(|index| &self.tokens[index]) else {
            return false;
        };
        let is_word = WORDS.iter().take(2).any(|(word, _)| *word == before.text)
            || COMPARISONS.iter().any(|(word, _)| *word == before.text)
            || BORDERS.contains(&before.text);
        before.kind == Kind::Name && (!is_word || before.text == "if")
    }

    fn closing(&self, open: usize) -> usize {
        let mut depth = 0;
        for index in open..self.tokens.len() {
            if self.is(index, "(") || self.is(index, "[") {
                depth += 1;
            } else if self.is(index, ")") || self.is(index, "]") {
                depth -= 1;
                if depth == 0 {
                    return index;
                }
            }
        }
        panic!("an expression of ours is not closed")
    }

    fn span(&self, tokens: Range<usize>) -> Range<usize> {
        self.tokens[tokens.start].at.start..self.tokens[tokens.end - 1].at.end
    }

    fn text_of(&self, tokens: Range<usize>) -> String {
        let texts: Vec<&str> = self.tokens[tokens].iter().map(|token| token.text).collect();
        texts.join(" ")
    }
}

/// The parts of `whole` between `borders`, empty ones left out.
fn split(whole: Range<usize>, borders: &[usize]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = whole.start;
    for &border in borders.iter().filter(|border| whole.contains(border)) {
        parts.push(from..border);
        from = border + 1;
    }
    parts.push(from..whole.end);
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_duration(text: &str) -> bool {
    let inside = text
        .strip_prefix('P')
        .and_then(|rest| rest.strip_suffix(['D', 'M', 'Y']));
    inside.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            quote @ (b'\'' | b'"') => {
                let rest = &text[at + 1..];
                at += 2 + rest
                    .find(char::from(quote))
                    .expect("a text of ours is closed");
                Kind::Text
            }
            byte if byte.is_ascii_digit() => {
                while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                    at += 1;
                }
                Kind::Number
            }
            _ if is_of_name(bytes, at, true) => {
                while is_of_name(bytes, at, false) {
                    at += 1;
                }
                Kind::Name
            }
            byte => {
                let two =
                    matches!(byte, b'<' | b'>' | b'!' | b':') && bytes.get(at + 1) == Some(&b'=');
                at += if two { 2 } else { 1 };
                Kind::Sign
            }
        };
        tokens.push(Token {
            kind,
            text: &text[start..at],
            at: start..at,
        });
    }
    tokens
}

/// Whether a byte is part of a name; `*` is, beside a colon.
fn is_of_name(bytes: &[u8], at: usize, first: bool) -> bool {
    match bytes.get(at) {
        Some(b'*') => bytes.get(at + 1) == Some(&b':') || (at > 0 && bytes[at - 1] == b':'),
        Some(b'$' | b'_' | b'@') => true,
        Some(b'-' | b'.') => !first,
        Some(b':') => !first && bytes.get(at + 1) != Some(&b'='),
        Some(byte) => byte.is_ascii_alphabetic() || (!first && byte.is_ascii_digit()),
        None => false,
    }
}

#[test]
fn every_small_change_is_made_once() {
    let text = "empty($d) or $d-a le xs:date(*:b | c[1]) + xs:dayTimeDuration('P7D') and not($s = ('V1', 'V2'))";
    let made: Vec<String> = changes(text)
        .iter()
        .map(|change| {
            let (from, to) = (&text[change.at.clone()], &change.to);
            format!("{} `{from}` -> `{to}`", change.kind)
        })
        .collect();
    assert_eq!(
        made,
        [
            "swap `empty` -> `exists`",
            "drop `empty($d) or` -> ``",
            "swap `or` -> `and`",
            "drop `or $d-a le xs:date(*:b | c[1]) + xs:dayTimeDuration('P7D') and not($s = ('V1', 'V2'))` -> ``",
            "drop `$d-a le xs:date(*:b | c[1]) + xs:dayTimeDuration('P7D') and` -> ``",
            "compare `le` -> `lt`",
            "drop `*:b |` -> ``",
            "drop `| c[1]` -> ``",
            "drop `[1]` -> ``",
            "shift `1` -> `2`",
            "shift `1` -> `0`",
            "shift `7` -> `8`",
            "shift `7` -> `6`",
            "swap `and` -> `or`",
            "drop `and not($s = ('V1', 'V2'))` -> ``",
            "negate `not` -> ``",
            "compare `=` -> `!=`",
            "code `'V1'` -> `'V1x'`",
            "drop `'V1' ,` -> ``".replace(" ,", ",").as_str(),
            "drop `, 'V2'` -> ``",
            "code `'V2'` -> `'V2x'`",
        ]
    );
}
