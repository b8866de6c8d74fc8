//! Between what a trigger says in JSON and the parts of messages.

use serde_json::{Map, Value};

use crate::counterpart::Part;

/// The parts that a member stands for: an object has parts, a list repeats,
/// `null` is nothing. `None` where a list stands in a list, or a name is none
/// that an element of DUO's can have.
pub fn parts_of(name: &str, value: &Value) -> Option<Vec<Part>> {
    Some(match value {
        Value::Null => Vec::new(),
        Value::Array(entries) => {
            let mut parts = Vec::new();
            for entry in entries {
                if entry.is_array() {
                    return None;
                }
                parts.extend(parts_of(name, entry)?);
            }
            parts
        }
        Value::Object(members) => {
            let mut part = Part::new(name);
            for (name, value) in members {
                if !is_name(name) {
                    return None;
                }
                parts_of(name, value)?
                    .into_iter()
                    .for_each(|below| part.push(below));
            }
            vec![part]
        }
        Value::String(text) => vec![Part::of(name, text)],
        Value::Bool(_) | Value::Number(_) => vec![Part::of(name, value.to_string())],
    })
}

/// Letters and digits, a letter first.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Parts as members of an object; what occurs twice becomes a list.
pub fn members_of<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Map<String, Value> {
    let mut members = Map::new();
    for part in parts {
        let value = value_of(part);
        match members.get_mut(part.name()) {
            None => {
                members.insert(part.name().to_string(), value);
            }
            Some(Value::Array(entries)) => entries.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    members
}

fn value_of(part: &Part) -> Value {
    if part.parts().is_empty() {
        return Value::String(part.text().to_string());
    }
    Value::Object(members_of(part.parts()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_and_json_go_both_ways() {
        let value = json!({
            "datumBegin": "2026-08-01",
            "leerjaar": 4,
            "actief": true,
            "niets": null,
            "experiment": [{ "naam": "A" }, { "naam": "B" }],
        });
        let parts = parts_of("periode", &value).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(
            Value::Object(members_of(parts[0].parts())),
            json!({
                "datumBegin": "2026-08-01",
                "leerjaar": "4",
                "actief": "true",
                "experiment": [{ "naam": "A" }, { "naam": "B" }],
            })
        );
        for wrong in [
            json!([[1]]),
            json!({"a b": 1}),
            json!({"": 1}),
            json!({"1": 1}),
        ] {
            assert!(parts_of("x", &wrong).is_none(), "{wrong}");
        }
    }
}
