//! Expressions that hold of whatever message. They are tried on messages that
//! have little in common; what could tell messages apart in a way that these do
//! not is left alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use xsd_schema::xpath::ast::{AstNode, Axis, KindTest, NodeTest, ValueNode};

use super::expression::parse_bounded;
use super::single::evaluate_expression;
use crate::document::{Document, Gated};
use crate::facts::Facts;

/// Of more names than this no message is made that has each below each.
const MOST_NAMES: usize = 5;

/// Of more texts than this none in which each name stands with each.
const MOST_TEXTS: usize = 6;

/// How often an element is there in a message that has many.
const MANY: usize = 300;

/// How long a text is that is long.
const LONG: usize = 3_000;

/// Texts of the kinds that messages have.
const TEXTS: [&str; 9] = [
    "",
    "?",
    "0",
    "123456789",
    "2026-01-01",
    "2026-01-01T12:00:00Z",
    "true",
    "false",
    "Van der Voorbeeld",
];

/// Functions whose outcome these messages make different where a message can.
const PLAIN: [&str; 18] = [
    "boolean",
    "concat",
    "contains",
    "count",
    "data",
    "date",
    "empty",
    "ends-with",
    "exists",
    "false",
    "lower-case",
    "normalize-space",
    "not",
    "number",
    "starts-with",
    "string",
    "string-length",
    "true",
];

/// Whether an expression is true of every message, as far as is to be seen
/// without one: it asserts nothing.
pub fn holds_of_anything(expression: &str, facts: &Facts) -> bool {
    let Some(messages) = messages(expression) else {
        return false;
    };
    messages.iter().all(|message| {
        let gated = Gated::xml(message.as_bytes()).ok();
        let document = gated.and_then(|gated| Document::from_xml(gated).ok());
        document.is_some_and(|document| {
            let (root, document) = (document.root_element(), Arc::new(document));
            let found = evaluate_expression(expression, &document, root, facts);
            found.is_ok_and(|found| found.truth == Some(true))
        })
    })
}

/// The messages on which an expression is tried; `None` where they would not tell.
fn messages(expression: &str) -> Option<Vec<String>> {
    let (arena, _) = parse_bounded(expression).ok()?;
    let mut names = BTreeSet::new();
    let mut texts = BTreeSet::new();
    for (_, node) in arena.iter() {
        match node {
            AstNode::PathStep(step) => {
                let is_plain = matches!(
                    step.axis,
                    Axis::Child | Axis::Descendant | Axis::DescendantOrSelf | Axis::SelfAxis
                );
                match &step.test {
                    _ if !is_plain => return None,
                    NodeTest::Kind(KindTest::AnyKind) => {}
                    NodeTest::Kind(_) => return None,
                    NodeTest::Name(name) => {
                        if name
                            .prefix
                            .as_deref()
                            .is_some_and(|prefix| !prefix.is_empty())
                        {
                            return None;
                        }
                        names.extend(name.local_name.clone());
                    }
                }
            }
            AstNode::FunctionCall(call) if !PLAIN.contains(&&*call.local_name) => return None,
            AstNode::Value(ValueNode::String(text)) => {
                texts.insert(text.clone());
            }
            AstNode::For(_) | AstNode::Quantified(_) | AstNode::VarRef(_) => return None,
            _ => {}
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    if names.len() > MOST_NAMES || texts.len() > MOST_TEXTS {
        return None;
    }
    let others = "<ander>?</ander>".repeat(MANY);
    let mut found = vec![
        "<r/>".to_string(),
        "<r>?</r>".to_string(),
        format!("<r>{others}</r>"),
    ];
    found.extend(names.iter().map(|name| format!("<{name}/>")));
    let all =
        |of: &dyn Fn(&str) -> String| -> String { names.iter().map(|name| of(name)).collect() };
    let long = "x".repeat(LONG);
    for text in texts
        .iter()
        .map(String::as_str)
        .chain(TEXTS)
        .chain([&*long])
    {
        let text = escaped(text);
        found.push(format!(
            "<r>{}</r>",
            all(&|name| format!("<{name}>{text}</{name}>"))
        ));
    }
    let many = all(&|name| format!("<{name}>?</{name}>").repeat(MANY));
    found.push(format!("<r>{many}</r>"));
    // Everything in everything, with every text.
    let leaves = all(&|name| {
        let each = texts.iter().map(String::as_str).chain(["?"]);
        each.map(|text| format!("<{name}>{}</{name}>", escaped(text)))
            .collect()
    });
    let mut within = leaves.clone();
    for _ in 1..names.len().min(4) {
        let below = all(&|name| format!("<{name}>{within}</{name}>"));
        within = format!("{leaves}{below}");
    }
    found.push(format!("<r>{within}</r>"));
    Some(found)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::shipped_facts;
    use crate::clock::Clock;
    use crate::facts::Profile;

    #[test]
    fn what_holds_of_anything_is_told_from_what_does_not() {
        let facts = shipped_facts(Clock::system(), Profile::Test);
        for (expression, always) in [
            ("count(*) >= 0", true),
            ("count(signaal) >= 0 or signaal", true),
            ("signaal or not(signaal)", true),
            ("*:requestGoedgekeurd = 'true' or true()", true),
            ("not(a = 'x' and false())", true),
            // These a message can make false.
            ("*:requestGoedgekeurd = 'true'", false),
            ("not(signaal)", false),
            ("not(signaal[code = 'X'])", false),
            ("not(signaal[code = 'X' and soort = 'Y'])", false),
            ("not(a/b/c/d = 'x')", false),
            ("not(*)", false),
            ("count(*) < 100", false),
            ("empty(.//fout)", false),
            ("count(signaal) <= 3", false),
            ("count(signaal) < 100", false),
            ("string-length(naam) <= 24", false),
            ("not(contains(naam, '<'))", false),
            ("not(starts-with(naam, 'Test'))", false),
            ("not(self::fout)", false),
            ("not(a) or not(b)", false),
            ("not(datum = '0')", false),
            ("not(naam castable as xs:date)", false),
            // Of several it is an error.
            ("string-length(string(a)) >= 0", false),
            (". != ''", false),
            ("not(string(.) = '?')", false),
            // Of these it is not to be seen here.
            ("not(@soort)", false),
            ("not(soap:Fault)", false),
            ("not(matches(naam, '^[0-9]+$'))", false),
            ("local-name() != 'fout'", false),
            ("every $x in a satisfies $x = 'b'", false),
            ("not(text())", false),
            ("a[", false),
        ] {
            assert_eq!(
                holds_of_anything(expression, &facts),
                always,
                "{expression}"
            );
        }
    }
}
