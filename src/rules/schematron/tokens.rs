//! The tokens of an everyday expression.
//!
//! The engine's lexer tries every keyword at every name, which makes up half
//! of what compiling a rule costs, and so much of the time to a first verdict.
//! This one reads what most expressions are made of and gives the engine's own
//! tokens; where anything else stands it gives up, and the engine reads.

use xsd_schema::xpath::Token;

/// A token with the offsets of its begin and end.
pub(super) type Spanned = (usize, Token, usize);

/// The tokens of `text`, exactly as the engine's lexer gives them; `None` where
/// that one has to read it, also to say what is wrong.
pub(super) fn tokens(text: &str) -> Option<Vec<Spanned>> {
    // The engine counts characters, and a form feed is no space to it.
    if !text.is_ascii() || text.contains('\x0C') || text.contains("(:") {
        return None;
    }
    let mut reader = Reader {
        text,
        at: 0,
        after_operand: false,
        brackets: Vec::new(),
        tokens: Vec::with_capacity(text.len() / 3),
    };
    while reader.next()? {}
    Some(reader.tokens)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// An operator comes next, not an operand.
    after_operand: bool,
    /// What came before each open bracket.
    brackets: Vec<bool>,
    tokens: Vec<Spanned>,
}

impl<'t> Reader<'t> {
    /// Reads a token, or several that belong together; `false` at the end.
    fn next(&mut self) -> Option<bool> {
        self.skip_space();
        let start = self.at;
        let rest = &self.text[start..];
        let bytes = rest.as_bytes();
        let Some(&first) = bytes.first() else {
            self.add(Token::Eof, 0);
            return Some(false);
        };
        let second = bytes.get(1).copied();
        match first {
            b')' => self.operand(Token::RParen, 1),
            b',' => self.operator(Token::Comma, 1),
            b'[' => {
                self.brackets.push(self.after_operand);
                self.operator(Token::LBracket, 1);
            }
            b']' => {
                self.add(Token::RBracket, 1);
                self.after_operand = self.brackets.pop()?;
            }
            b'/' if second == Some(b'/') => self.operator(Token::DoubleSlash, 2),
            b'/' => {
                let next = rest[1..].trim_ascii_start().bytes().next()?;
                let path = matches!(next, b'@' | b'*' | b'.' | b'(' | b'_');
                if !path && !next.is_ascii_alphabetic() {
                    return None;
                }
                self.operator(Token::Slash, 1);
            }
            b'*' if !self.after_operand && second == Some(b':') => {
                self.add(Token::Star, 1);
                self.add(Token::Colon, 1);
                let name = self.name(false)?;
                self.operand(Token::NCName(name.to_string()), name.len());
            }
            b'*' if !self.after_operand => self.operand(Token::Star, 1),
            b'*' => self.operator(Token::Star, 1),
            b'-' if self.after_operand => self.operator(Token::Minus, 1),
            b'-' => self.operator(Token::Minus20, 1),
            b'+' if self.after_operand => self.operator(Token::Plus, 1),
            b'+' => self.operator(Token::Plus20, 1),
            b'=' | b'|' | b'!' | b'<' | b'>' if self.after_operand => {
                let (token, length) = match (first, second) {
                    (b'=', _) => (Token::Equals, 1),
                    (b'|', _) => (Token::Pipe, 1),
                    (b'!', Some(b'=')) => (Token::NotEquals, 2),
                    (b'<', Some(b'=')) => (Token::LessEquals, 2),
                    (b'>', Some(b'=')) => (Token::GreaterEquals, 2),
                    (b'!', _) | (b'<', Some(b'<')) | (b'>', Some(b'>')) => return None,
                    (b'<', _) => (Token::LessThan, 1),
                    _ => (Token::GreaterThan, 1),
                };
                self.operator(token, length);
            }
            b'a'..=b'z' if self.after_operand => self.word()?,
            _ if self.after_operand => return None,
            b'(' => self.operator(Token::LParen, 1),
            b'@' => self.operator(Token::At, 1),
            b'.' if second == Some(b'.') => self.operand(Token::DoublePeriod, 2),
            b'.' if second.is_some_and(|byte| byte.is_ascii_digit()) => return None,
            b'.' => self.operand(Token::Dot, 1),
            b'$' => self.variable()?,
            b'\'' | b'"' => {
                let quote = char::from(first);
                let length = rest[1..].find(quote)?;
                let after = length + 2;
                // A quote within: written twice.
                if bytes.get(after) == Some(&first) {
                    return None;
                }
                let value = rest[1..=length].to_string();
                self.operand(Token::StringLiteral(value), after);
            }
            b'0'..=b'9' => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                if matches!(bytes.get(length), Some(b'.' | b'e' | b'E')) {
                    return None;
                }
                let digits = rest[..length].to_string();
                self.operand(Token::IntegerLiteral(digits), length);
            }
            _ => self.named()?,
        }
        Some(true)
    }

    /// What begins with a name where an operand is expected.
    fn named(&mut self) -> Option<()> {
        let name = self.name(true)?;
        let after = self.text[self.at + name.len()..].trim_ascii_start();
        let next = after.bytes().next();
        match (name, next) {
            ("if", Some(b'(')) => {
                let bracket = self.text.len() - after.len();
                self.add(Token::If, bracket - self.at);
                self.add(Token::LParen, 1);
            }
            ("for" | "some" | "every", Some(b'$')) => {
                let token = match name {
                    "for" => Token::For,
                    "some" => Token::Some,
                    _ => Token::Every,
                };
                self.add(token, name.len());
                self.skip_space();
                self.variable()?;
            }
            // Tests of the kind of a node.
            (
                "element"
                | "attribute"
                | "schema-element"
                | "schema-attribute"
                | "comment"
                | "text"
                | "node"
                | "document-node"
                | "processing-instruction",
                Some(b'('),
            ) => return None,
            // An axis, or a name with any local part.
            (_, Some(b':')) => {
                let axis = match name {
                    _ if !after.starts_with("::") => return None,
                    "child" => Token::AxisChild,
                    "descendant" => Token::AxisDescendant,
                    "self" => Token::AxisSelf,
                    "parent" => Token::AxisParent,
                    "ancestor" => Token::AxisAncestor,
                    "ancestor-or-self" => Token::AxisAncestorOrSelf,
                    "following-sibling" => Token::AxisFollowingSibling,
                    "preceding-sibling" => Token::AxisPrecedingSibling,
                    _ => return None,
                };
                let end = self.text.len() - after.len() + 2;
                self.operator(axis, end - self.at);
            }
            (_, next) => {
                self.add(Token::QName(name.to_string()), name.len());
                // A function call goes on with its arguments.
                self.after_operand = next != Some(b'(');
            }
        }
        Some(())
    }

    /// A word between operands.
    fn word(&mut self) -> Option<()> {
        let word = self.name(false)?;
        let token = match word {
            "and" => Token::And,
            "or" => Token::Or,
            "div" => Token::Div,
            "mod" => Token::Mod,
            "then" => Token::Then,
            "else" => Token::Else,
            "idiv" => Token::IDiv,
            "except" => Token::Except,
            "intersect" => Token::Intersect,
            "union" => Token::Union,
            "return" => Token::Return,
            "satisfies" => Token::Satisfies,
            "to" => Token::To,
            "in" => Token::In,
            "is" => Token::Is,
            "eq" => Token::Eq,
            "ne" => Token::Ne,
            "lt" => Token::Lt,
            "le" => Token::Le,
            "gt" => Token::Gt,
            "ge" => Token::Ge,
            "castable" | "cast" => return self.cast(word),
            _ => return None,
        };
        self.operator(token, word.len());
        Some(())
    }

    /// `cast as` or `castable as`, and the type.
    fn cast(&mut self, word: &str) -> Option<()> {
        let after = self.text[self.at + word.len()..].trim_ascii_start();
        after.strip_prefix("as")?;
        let end = self.text.len() - after.len() + "as".len();
        let token = match word {
            "cast" => Token::CastAs,
            _ => Token::CastableAs,
        };
        self.add(token, end - self.at);
        // Nothing but white space ends the word `as`.
        if !self.text[end..].starts_with(|byte: char| byte.is_ascii_whitespace()) {
            return None;
        }
        self.skip_space();
        let name = self.name(true)?;
        self.operand(Token::QName(name.to_string()), name.len());
        self.skip_space();
        match self.text[self.at..].bytes().next() {
            Some(b'?') => self.operand(Token::OccurrenceZeroOrOne, 1),
            Some(b'+' | b'*') => return None,
            _ => {}
        }
        Some(())
    }

    /// `$` and the name behind it.
    fn variable(&mut self) -> Option<()> {
        self.add(Token::Dollar, 1);
        let name = self.name(true)?;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let token = Token::VarName {
            prefix: prefix.to_string(),
            local: local.to_string(),
        };
        self.operand(token, name.len());
        Some(())
    }

    /// The name that begins here, with a prefix where one may stand.
    fn name(&self, prefixed: bool) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        let bytes = rest.as_bytes();
        let begins = |at: usize| {
            let byte = bytes.get(at);
            byte.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        };
        let ends = |from: usize| {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
            from + bytes[from..]
                .iter()
                .take_while(|byte| is_part(byte))
                .count()
        };
        if !begins(0) {
            return None;
        }
        let end = ends(0);
        if !prefixed || bytes.get(end) != Some(&b':') {
            return Some(&rest[..end]);
        }
        match bytes.get(end + 1) {
            // An axis.
            Some(b':') => Some(&rest[..end]),
            _ if begins(end + 1) => {
                let end = ends(end + 1);
                (bytes.get(end) != Some(&b':')).then(|| &rest[..end])
            }
            _ => None,
        }
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.at += rest.bytes().take_while(is_space).count();
    }

    /// Adds a token that an operator follows.
    fn operand(&mut self, token: Token, length: usize) {
        self.add(token, length);
        self.after_operand = true;
    }

    /// Adds a token that an operand follows.
    fn operator(&mut self, token: Token, length: usize) {
        self.add(token, length);
        self.after_operand = false;
    }

    fn add(&mut self, token: Token, length: usize) {
        let start = self.at;
        self.at += length;
        self.tokens.push((start, token, self.at));
    }
}

#[cfg(test)]
mod tests {
    use xsd_schema::xpath::Lexer;

    use super::*;

    /// Compares with the engine's lexer; whether the expression is everyday.
    fn same(text: &str) -> bool {
        let Some(ours) = tokens(text) else {
            return false;
        };
        let theirs: Result<Vec<Spanned>, _> = Lexer::new(text).collect();
        assert_eq!(Ok(ours), theirs, "{text}");
        true
    }

    #[test]
    fn the_tokens_are_those_of_the_engine() {
        for text in [
            "",
            " . ",
            "..",
            "*",
            "* * *",
            "a*b",
            "*:a[1]/@*:b | //c/d[last()]",
            "/*:a/(b | c)",
            "$a-b - $c + -1 = +2",
            "$p:a/p:b[c = ('x', \"y z\")][. != '']",
            "if (a) then b else if(c) then d else ()",
            "if  ( a ) then 1 else 2",
            "for $x in a, $y in b return some $z in $x satisfies $z le $y",
            "every  $z in $x satisfies exists($z)",
            "for/if/some + every",
            "and or div",
            "a and b or not(c) div 2 mod 3 idiv 4",
            "a union b intersect c except d is e",
            "a << 'x'",
            "a < 1 or a <= 2 or a > 3 or a >= 4 or a ge 5 or a to 6",
            "a castable as xs:date and b cast as xs:integer? eq 1",
            "a castable  as  xs:date",
            "a castable as xs:date?",
            "a castableas xs:date",
            "preceding-sibling::*[1]/*:d",
            "ancestor-or-self::a/parent :: b/self::c",
            "child::*:a | descendant::b",
            "a[b[c]/d]/e[1]",
            "(a)[1]",
            "a.b-c_d",
            "12.5",
            "1e3",
            "a instance of element(b)",
            "text()",
            "a/node()",
            "a (: remark :) + b",
            "'it''s'",
            "'open",
            "é = 1",
            "p:*",
            "a::b",
            "a:b::c",
            "a/",
            "/",
            "a b",
            "a[",
            "a]",
            "$",
            "$ a",
            "$a:",
            "a ! b",
            "#",
            "a;b",
            "a[1]b",
            "text:foo(1)",
            "castable as castable as xs:date",
        ] {
            same(text);
        }
    }

    #[test]
    fn shipped_rules_are_everyday() {
        let (mut everyday, mut all) = (0, 0);
        for pack in crate::pack::Store::builtin().packs() {
            for set in pack.rule_sets() {
                let set = set.unwrap();
                let rules = set.rules().flat_map(|rule| {
                    let lets = rule.lets.iter().map(|declared| &declared.value);
                    let checks = rule
                        .checks
                        .iter()
                        .flat_map(|check| std::iter::once(&check.test).chain(&check.arguments));
                    std::iter::once(&rule.context).chain(lets).chain(checks)
                });
                for expression in rules {
                    all += 1;
                    everyday += usize::from(same(&expression.text));
                }
            }
        }
        assert!(everyday * 100 >= all * 95, "{everyday} of {all}");
    }
}
