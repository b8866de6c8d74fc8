//! JSON Schema: one finding per mistake, at the right place.

use ketenkeur::document::{Document, Gated};
use ketenkeur::finding::{Kind, Redaction};
use ketenkeur::schema::json::{JSON_CODES, JsonSchema, JsonSchemaError, SchemaFindings};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

fn compile(schema: &Value) -> JsonSchema {
    let bytes = serde_json::to_vec(schema).unwrap();
    JsonSchema::compile(&[("a.json", &bytes)], "a.json").unwrap()
}

fn judge(schema: &JsonSchema, message: &str) -> SchemaFindings {
    let document = Document::from_json(Gated::json(message.as_bytes()).unwrap()).unwrap();
    schema.validate(&document)
}

/// Code, pointer and the bytes pointed at, one line per finding.
fn told(schema: &JsonSchema, message: &str) -> Vec<String> {
    judge(schema, message)
        .findings
        .iter()
        .map(|finding| {
            let span = finding.place.span.clone().unwrap();
            let args: Vec<String> = finding
                .args
                .iter()
                .filter(|(name, _)| !matches!(*name, "keyword" | "found" | "length"))
                .map(|(name, arg)| format!("{name}={}", arg.shown(Redaction::Mask)))
                .collect();
            format!(
                "{} {} {} [{}]",
                finding.code,
                finding.place.path,
                &message[span],
                args.join("; ")
            )
        })
        .collect()
}

/// A contract with everything that the OSR's schemas use and more.
fn contract() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:example:endpoint",
        "type": "object",
        "required": ["school_oin", "url", "endpoints", "mandaat", "kanaal"],
        "properties": {
            "school_oin": { "type": "string", "pattern": "^[0-9A-Z]{20}$", "maxLength": 20 },
            "url": { "type": "string", "pattern": "^https://", "maxLength": 40 },
            "start_date": {
                "type": ["string", "null"],
                "format": "date",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
            },
            "soort": { "enum": ["m2m", "h2m"] },
            "aantal": { "type": "integer", "minimum": 1, "maximum": 10 },
            "codes": { "type": "array", "items": { "type": "string" }, "uniqueItems": true, "maxItems": 3 },
            "endpoints": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/endpoint" } },
            "mandaat": { "oneOf": [ { "const": "OK" }, { "$ref": "#/$defs/mandaat" } ] },
            "kanaal": { "anyOf": [
                { "type": "object", "required": ["soort", "adres"], "additionalProperties": false,
                  "properties": { "soort": { "const": "rest" }, "adres": { "type": "string", "minLength": 3 } } },
                { "type": "object", "required": ["soort", "wachtrij"], "additionalProperties": false,
                  "properties": { "soort": { "const": "mq" }, "wachtrij": { "type": "string", "minLength": 3 } } }
            ] }
        },
        "additionalProperties": false,
        "$defs": {
            "endpoint": {
                "type": "object",
                "required": ["uuid", "administration_id"],
                "properties": {
                    "uuid": { "type": "string", "format": "uuid" },
                    "administration_id": { "type": "string", "maxLength": 24 }
                },
                "additionalProperties": false
            },
            "mandaat": {
                "type": "object",
                "required": ["token"],
                "properties": { "token": { "type": "string", "maxLength": 12 } },
                "additionalProperties": false
            }
        }
    })
}

fn message() -> Value {
    json!({
        "school_oin": "0000000700025BE00000",
        "url": "https://las.example.nl/duo",
        "start_date": "2026-08-01",
        "soort": "m2m",
        "aantal": 3,
        "codes": ["a", "b"],
        "endpoints": [
            { "uuid": "0b3c1f8e-8a52-4c42-9a61-7d1f2f5f0a11", "administration_id": "0000000700025BE00001" },
            { "uuid": "0b3c1f8e-8a52-4c42-9a61-7d1f2f5f0a12", "administration_id": "0000000700025BE00002" }
        ],
        "mandaat": { "token": "abc" },
        "kanaal": { "soort": "rest", "adres": "https://x" }
    })
}

#[test]
fn each_mistake_gives_one_finding_at_its_place() {
    let schema = compile(&contract());
    let valid = message();
    assert_eq!(told(&schema, &valid.to_string()), [""; 0]);
    let broken: &[(&str, &str, Value)] = &[
        (
            "missing",
            "/endpoints/1",
            json!({ "uuid": "0b3c1f8e-8a52-4c42-9a61-7d1f2f5f0a12" }),
        ),
        (
            "misspelt",
            "/endpoints/0",
            json!({ "uuid": "0b3c1f8e-8a52-4c42-9a61-7d1f2f5f0a11", "administratoin_id": "1" }),
        ),
        (
            "unknown",
            "/mandaat",
            json!({ "token": "abc", "kleur": "rood" }),
        ),
        ("type", "/aantal", json!("3")),
        ("pattern", "/url", json!("http://las.example.nl")),
        ("length", "/school_oin", json!("0000000700025BE000000")),
        ("value", "/soort", json!("m2n")),
        ("range", "/aantal", json!(11)),
        ("count", "/endpoints", json!([])),
        ("repeated", "/codes", json!(["a", "b", "a"])),
        ("date", "/start_date", json!("2026-02-30")),
        ("date-pattern", "/start_date", json!("1-2-2026")),
        ("one-of value", "/mandaat", json!("NOK")),
        ("one-of type", "/mandaat", json!(7)),
        (
            "one-of inside",
            "/mandaat",
            json!({ "token": "abcdefghijklm" }),
        ),
        (
            "any-of inside",
            "/kanaal",
            json!({ "soort": "mq", "wachtrij": "q" }),
        ),
        (
            "any-of value",
            "/kanaal",
            json!({ "soort": "ftp", "adres": "https://x" }),
        ),
        ("any-of type", "/kanaal", json!([])),
        ("any-of empty", "/kanaal", json!({})),
    ];
    let mut table = String::new();
    for (name, pointer, value) in broken {
        let mut message = valid.clone();
        *message.pointer_mut(pointer).unwrap() = value.clone();
        let lines = told(&schema, &message.to_string());
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        table.push_str(&format!("{name}: {}\n", lines[0]));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("json-schema-findings", table));
}

#[test]
fn the_last_of_a_duplicate_member_is_judged() {
    let schema = compile(&json!({ "properties": { "a": { "type": "string" } } }));
    assert_eq!(
        told(&schema, r#"{"a": "x", "a": 1}"#),
        ["KK-JSON-TYPE /a 1 [element=a; value=1; expected=string]"]
    );
}

#[test]
fn references_stay_within_the_files() {
    let main = br#"{ "properties": { "a": { "$ref": "urn:x:b" }, "c": { "$ref": "lijst%20c.json#/$defs/d" } } }"#;
    let by_id =
        br#"{ "$id": "urn:x:b", "properties": { "naam": {} }, "additionalProperties": false }"#;
    let by_name = br#"{ "$defs": { "d": { "type": "integer" } } }"#;
    let files: &[(&str, &[u8])] = &[
        ("main.json", main),
        ("b.json", by_id),
        ("lijst c.json", by_name),
    ];
    let schema = JsonSchema::compile(files, "main.json").unwrap();
    assert_eq!(
        told(&schema, r#"{"a": {"namm": 1}, "c": "x"}"#),
        [
            "KK-JSON-ONBEKEND /a/namm \"namm\" [element=namm; expected=naam; nearest=naam]",
            "KK-JSON-TYPE /c \"x\" [element=c; value=x; expected=integer]"
        ]
    );
    for reference in [
        "https://example.com/x.json",
        "file:///etc/hosts",
        "#/$defs/no",
        "d.json",
    ] {
        let bytes = serde_json::to_vec(&json!({ "$ref": reference })).unwrap();
        let error = JsonSchema::compile(&[("a.json", &bytes)], "a.json").unwrap_err();
        assert!(
            matches!(&error, JsonSchemaError::Unresolved { reference: told, .. }
                if told.ends_with(reference)),
            "{error:?}"
        );
    }
}

#[test]
fn a_broken_schema_is_refused_with_its_place() {
    let refused =
        |text: &str| JsonSchema::compile(&[("a.json", text.as_bytes())], "a.json").unwrap_err();
    assert_eq!(
        refused("{\n\"type\": }"),
        JsonSchemaError::NotJson {
            file: "a.json".into(),
            line: 2,
            column: 9
        }
    );
    let error = refused(r#"{ "properties": { "a": { "type": "strng" } } }"#);
    assert!(
        matches!(&error, JsonSchemaError::Invalid { pointer, .. } if pointer == "/properties/a/type"),
        "{error:?}"
    );
    assert_eq!(
        JsonSchema::compile(&[("a.json", b"{}")], "b.json").unwrap_err(),
        JsonSchemaError::NoEntry {
            entry: "b.json".into()
        }
    );
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    for text in [
        r##"{ "$ref": "#" }"##,
        r##"{ "allOf": [ { "$ref": "#/$defs/a" } ], "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }"##,
    ] {
        if let Ok(schema) = JsonSchema::compile(&[("a.json", text.as_bytes())], "a.json") {
            judge(&schema, "{\"a\":[1]}");
        }
    }
}

#[test]
fn a_pattern_that_runs_away_is_undecided() {
    let schema = compile(&json!({ "pattern": "^(?=a)(a|a)*(?!b)c$" }));
    let message = serde_json::to_string(&"a".repeat(5_000)).unwrap();
    let found = judge(&schema, &message);
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].kind, Kind::Undecided);
}

#[test]
fn mistakes_beyond_the_limit_are_counted() {
    let schema = compile(&json!({ "items": { "type": "string" } }));
    let message = serde_json::to_string(&vec![1; 20_000]).unwrap();
    let found = judge(&schema, &message);
    assert_eq!(found.findings.len() as u64 + found.more, 20_000);
    assert_eq!(found.findings[0].place.path, "/0");
    assert_eq!(found.findings[199].place.path, "/199");
}

#[test]
fn personal_values_are_masked_by_their_member() {
    let schema = compile(&json!({ "properties": { "bsn": { "maxLength": 8 } } }));
    let found = judge(&schema, r#"{"bsn":"123456782"}"#);
    let value = found.findings[0].args.get("value").unwrap();
    assert_eq!(value.shown(Redaction::Mask), "*****6782");
}

#[test]
fn the_osr_examples_are_valid_and_lose_no_required_member_unseen() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/osr");
    let mut judged = 0;
    for version in ["OSR_v1", "OSR_v2", "OSR_v3"] {
        let folder = root.join(version);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            if name.ends_with(".schema.json") {
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, bytes)| (&**name, &**bytes))
            .collect();
        for &(name, _) in &files {
            let schema = JsonSchema::compile(&files, name).unwrap();
            let stem = name.trim_end_matches(".reconstructie.schema.json");
            let prefix = version.to_lowercase().replace('_', "-");
            let example = folder.join(format!("voorbeelden/{prefix}-{stem}-response.json"));
            let Ok(text) = std::fs::read_to_string(&example) else {
                continue;
            };
            assert_eq!(told(&schema, &text), [""; 0], "{}", example.display());
            judged += 1;
        }
    }
    assert!(
        judged >= 20,
        "only {judged} examples have a schema of their name"
    );
}

/// One random mistake. `None` when the place drawn has no such mistake.
fn mutate(message: &Value, place: usize, how: usize) -> Option<Value> {
    let mut pointers = vec![];
    collect(message, String::new(), &mut pointers);
    let pointer = &pointers[place % pointers.len()];
    let mut mutant = message.clone();
    let target = mutant.pointer_mut(pointer)?;
    let optional = ["/start_date", "/soort", "/aantal", "/codes"];
    match how % 6 {
        0 => {
            if optional.contains(&pointer.as_str()) {
                return None;
            }
            let (parent, name) = pointer.rsplit_once('/')?;
            let parent = mutant.pointer_mut(parent)?;
            parent.as_object_mut()?.remove(name)?;
        }
        1 => {
            target
                .as_object_mut()?
                .insert("zomaar".into(), json!("iets"));
        }
        2 => {
            *target = match target {
                Value::String(_) => json!(12.5),
                Value::Number(_) => json!("tekst"),
                Value::Array(_) => json!({ "a": 1 }),
                _ => json!([1]),
            };
        }
        3 => {
            // A list of codes has no longest code.
            if pointer.starts_with("/codes/") || pointer == "/kanaal/adres" {
                return None;
            }
            let text = target.as_str()?.repeat(30);
            *target = json!(text);
        }
        4 => {
            if !["/soort", "/kanaal/soort"].contains(&pointer.as_str()) {
                return None;
            }
            *target = json!("fout");
        }
        _ => {
            let object = target.as_object_mut()?;
            let name = object.keys().nth(place % object.len().max(1))?.clone();
            let value = object.remove(&name)?;
            object.insert(format!("{name}x"), value);
        }
    }
    Some(mutant)
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{pointer}/{name}"), pointers);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                collect(entry, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(pointer);
}

#[test]
fn of_300_single_mutations_nearly_all_give_one_finding_and_none_gives_zero() {
    let schema = compile(&contract());
    let message = message();
    let config = Config::default();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let strategy = (any::<usize>(), any::<usize>());
    let (mut total, mut single) = (0, 0);
    let mut others = Map::new();
    while total < 300 {
        let (place, how) = strategy.new_tree(&mut runner).unwrap().current();
        let Some(mutant) = mutate(&message, place, how) else {
            continue;
        };
        total += 1;
        let text = mutant.to_string();
        let lines = told(&schema, &text);
        assert!(!lines.is_empty(), "no finding: {text}");
        for line in &lines {
            assert!(
                JSON_CODES.iter().any(|code| line.starts_with(code)),
                "{line}"
            );
        }
        if lines.len() == 1 {
            single += 1;
        } else {
            others.insert(text, json!(lines));
        }
    }
    assert!(
        single * 100 >= total * 95,
        "{single} of {total}: {others:#?}"
    );
}
