//! What is expected of JSON: that of a message, and what a person reads off a
//! screen in its place.

use serde_json::Value;

use super::{Judgment, matches, no_message};
use crate::finding::{Arg, Args, DataClass, MessageValue, Place};
use crate::scenario::expect::{JsonExpectation, JsonMust};
use crate::scenario::received::{Content, Received};
use crate::scenario::values::{ValueError, Values};
use crate::text::{in_words, tool_finding};

/// Whether a JSON message is as expected.
pub(super) fn json_is(
    json: &JsonExpectation,
    received: &Received,
    values: &mut Values,
) -> Judgment {
    let at = json.path.at;
    let Content::Json(content) = &received.content else {
        return Judgment::broken("json", at, no_message(received));
    };
    match json_holds(json, content, values) {
        Err(error) => Judgment::of_value("json", &error),
        Ok(None) => Judgment::held("json", at),
        Ok(Some((args, place))) => {
            Judgment::broken("json", at, tool_finding("KK-SC-JSON", args, place))
        }
    }
}

/// What a person says of a JSON expectation.
pub(super) fn confirmed(
    json: &JsonExpectation,
    shows: Option<bool>,
    values: &mut Values,
) -> Judgment {
    let at = json.path.at;
    let wanted = match json.must.wanted(values) {
        Ok(wanted) => wanted,
        Err(error) => return Judgment::of_value("json", &error),
    };
    match shows {
        Some(true) => Judgment::held("json", at),
        Some(false) => {
            let mut args = Args::new().with("path", json.path.to_string());
            say_expected(&mut args, "", &wanted, None);
            args.push("found", "-");
            in_words(&mut args, "found", |texts| texts.finding.other.clone());
            let finding = tool_finding("KK-SC-JSON", args, Place::default());
            Judgment::broken("json", at, finding)
        }
        None => Judgment::undecided("json", at, "KK-SC-JSON", "person-silent"),
    }
}

/// What a JSONPath must find, with its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// One value or several, all equal to this.
    Equal(Value),
    /// Texts that this pattern matches whole.
    Match(String),
    /// Something, or nothing.
    Exist(bool),
    /// That many values.
    Count(u64),
}

impl JsonMust {
    /// What it must find, once values are known.
    ///
    /// # Errors
    ///
    /// A value that is not there or cannot stand here.
    pub fn wanted(&self, values: &mut Values) -> Result<Wanted, ValueError> {
        Ok(match self {
            JsonMust::Equal(given) => Wanted::Equal(values.resolve(given)?),
            JsonMust::Match(pattern) => Wanted::Match(values.text(pattern)?),
            JsonMust::Exist(there) => Wanted::Exist(*there),
            JsonMust::Count(count) => Wanted::Count(*count),
        })
    }
}

/// Adds what is wanted, as a finding says it; `pointer` is where it was found,
/// `beside` what was found there.
fn say_expected(args: &mut Args, pointer: &str, wanted: &Wanted, beside: Option<&Value>) {
    let expected = match wanted {
        Wanted::Equal(value) => value_of(pointer, value, beside),
        Wanted::Match(pattern) => value_of(pointer, &Value::String(pattern.clone()), beside),
        Wanted::Exist(true) => Arg::from("exists"),
        Wanted::Exist(false) => Arg::from("absent"),
        Wanted::Count(count) => Arg::Count(*count),
    };
    args.push("expected", expected);
    if let Wanted::Exist(there) = wanted {
        in_words(args, "expected", |texts| match there {
            true => texts.finding.something.clone(),
            false => texts.finding.nothing.clone(),
        });
    }
}

/// `None` when it holds, else what is to be said.
fn json_holds(
    json: &JsonExpectation,
    content: &Value,
    values: &mut Values,
) -> Result<Option<(Args, Place)>, ValueError> {
    let written = values.json_path(&json.path)?;
    let mut args = Args::new().with("path", json.path.to_string());
    let Ok(path) = serde_json_path::JsonPath::parse(&written) else {
        // The script was read with something else in the place of its values.
        return Ok(Some((
            args.with("expected", "JSONPath").with("found", "-"),
            Place::default(),
        )));
    };
    let located = path.query_located(content);
    let nodes: Vec<&Value> = located.nodes().collect();
    let pointer = located
        .locations()
        .next()
        .map(serde_json_path::NormalizedPath::to_json_pointer)
        .unwrap_or_default();
    let wanted = json.must.wanted(values)?;
    let all =
        |fits: &dyn Fn(&Value) -> bool| !nodes.is_empty() && nodes.iter().all(|one| fits(one));
    let holds = match &wanted {
        Wanted::Equal(value) => all(&|found| alike(found, value)),
        Wanted::Match(pattern) => {
            all(&|found| found.as_str().is_some_and(|text| matches(pattern, text)))
        }
        Wanted::Exist(there) => *there != nodes.is_empty(),
        Wanted::Count(count) => nodes.len() as u64 == *count,
    };
    if holds {
        return Ok(None);
    }
    let found = match (&wanted, nodes.as_slice()) {
        (Wanted::Count(_), nodes) => Arg::from(nodes.len()),
        (_, []) => Arg::from("-"),
        (_, [Value::Array(_), ..]) => Arg::from("[…]"),
        (_, [Value::Object(_), ..]) => Arg::from("{…}"),
        (Wanted::Equal(wanted), [first, ..]) => value_of(&pointer, first, Some(wanted)),
        (_, [first, ..]) => value_of(&pointer, first, None),
    };
    let beside = nodes.first().copied();
    say_expected(&mut args, &pointer, &wanted, beside);
    if nodes.is_empty() && !matches!(wanted, Wanted::Count(_)) {
        in_words(&mut args, "found", |texts| texts.finding.nothing.clone());
    }
    let args = args.with("found", found);
    let place = Place {
        path: pointer,
        ..Place::default()
    };
    Ok(Some((args, place)))
}

/// Equal, where a number may be written as text in the script.
fn alike(found: &Value, wanted: &Value) -> bool {
    found == wanted
        || match (found, wanted) {
            (Value::Number(number), Value::String(text))
            | (Value::String(text), Value::Number(number)) => number.to_string() == *text,
            _ => false,
        }
}

/// A JSON value that was or should be at a place, as it may be shown; of a long
/// one the part where it differs from the one that is told `beside` it.
fn value_of(pointer: &str, value: &Value, beside: Option<&Value>) -> Arg {
    let mut steps = pointer.rsplit('/');
    let name = steps.next().unwrap_or_default();
    let (text, class) = match value {
        Value::String(text) => (text.clone(), DataClass::of(name, steps.take(3))),
        Value::Array(_) | Value::Object(_) => (value.to_string(), DataClass::Unknown),
        other => (other.to_string(), DataClass::of(name, steps.take(3))),
    };
    let other = beside.and_then(Value::as_str).unwrap_or_default();
    Arg::Value(MessageValue::new(text, class).beside(other))
}
