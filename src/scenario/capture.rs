//! Values that are taken from what was received.

use std::sync::Arc;

use serde_json::Value;

use super::expectation::script_finding;
use super::expression::{in_json_path, in_xpath};
use super::received::{Content, Received};
use super::step::{Capture, Extract};
use super::text::Text;
use super::values::{ValueError, Values};
use crate::exchange::Exchange;
use crate::facts::Facts;
use crate::finding::{Args, Finding, Place};
use crate::rules::evaluate_expression;
use crate::text::tool_finding;

/// Takes a value from what was received and gives it its name.
///
/// # Errors
///
/// The finding that it is not there, or cannot be looked for.
pub fn capture(
    capture: &Capture,
    exchange: &Exchange,
    values: &mut Values,
    facts: &Facts,
) -> Result<(), Box<Finding>> {
    let received = Received::of(exchange);
    let missing = |test: String| {
        let args = Args::new()
            .with("name", Arc::clone(&capture.name))
            .with("test", test);
        Box::new(tool_finding("KK-SC-VANGST", args, Place::default()))
    };
    let of_script = |error: ValueError| Box::new(script_finding(&error));
    let value = match &capture.from {
        Extract::Status => exchange
            .http
            .as_ref()
            .and_then(|http| http.status())
            .map(Value::from)
            .ok_or_else(|| missing("status".to_string()))?,
        Extract::Header(name) => exchange
            .http
            .as_ref()
            .and_then(|http| http.header(name))
            .map(Value::from)
            .ok_or_else(|| missing(name.to_string()))?,
        Extract::XPath(test) => captured_by_xpath(test, &received, values, facts)
            .map_err(of_script)?
            .ok_or_else(|| missing(test.to_string()))?,
        Extract::JsonPath(test) => captured_by_json_path(test, &received, values)
            .map_err(of_script)?
            .ok_or_else(|| missing(test.to_string()))?,
    };
    values.capture(&capture.name, value);
    Ok(())
}

fn captured_by_xpath(
    test: &Text,
    received: &Received,
    values: &mut Values,
    facts: &Facts,
) -> Result<Option<Value>, ValueError> {
    let expression = values.fill(test, |before, value| in_xpath(before, &value))?;
    let Content::Xml(document, node) = &received.content else {
        return Ok(None);
    };
    let found = evaluate_expression(&expression, document, *node, facts);
    Ok(found
        .ok()
        .filter(|found| !found.texts.is_empty())
        .map(|found| Value::String(found.texts.join(" ")))
        .filter(|value| value != ""))
}

fn captured_by_json_path(
    test: &Text,
    received: &Received,
    values: &mut Values,
) -> Result<Option<Value>, ValueError> {
    let written = values.fill(test, |before, value| in_json_path(before, &value))?;
    let (Content::Json(content), Ok(path)) = (
        &received.content,
        serde_json_path::JsonPath::parse(&written),
    ) else {
        return Ok(None);
    };
    let nodes = path.query(content).all();
    Ok(match nodes.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        several => Some(several.iter().map(|one| (*one).clone()).collect()),
    })
}
