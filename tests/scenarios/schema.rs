//! The JSON Schema that editors use, beside the reader.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ketenkeur::document::Yaml;
use ketenkeur::pki::IDENTITIES;
use ketenkeur::scenario::{
    ACTS, Key, LasAction, Library, ProbeKind, Shipped, Sources, read_script, step_keys,
};
use ketenkeur::transport::TransportProblem;
use serde_json::Value;

use crate::reading::{Written, script};

fn schema() -> Value {
    let text = std::fs::read_to_string("docs/schemas/scenario.schema.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn json(bytes: &[u8]) -> Value {
    Yaml::read(bytes).unwrap().to_json()
}

#[test]
fn every_script_that_is_read_is_valid_for_an_editor() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut seen = 0;
    for name in Shipped::names() {
        let errors: Vec<String> = validator
            .iter_errors(&json(&Shipped.read(name).unwrap()))
            .map(|error| format!("{name} {}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [] as [&str; 0]);
        seen += 1;
    }
    assert!(seen >= 30);
    let good = PathBuf::from("tests/scenarios/scripts/good");
    assert_eq!(
        Library::on_disk(std::slice::from_ref(&good))
            .unwrap()
            .mistakes,
        []
    );
    for file in ["everything.yaml", "shared/steps.yaml", "shared/push.yaml"] {
        let value = json(&std::fs::read(good.join(file)).unwrap());
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{file} {}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [] as [&str; 0]);
    }
}

/// What has the wrong shape, both refuse. Names that lead nowhere and
/// expressions that cannot be read are the reader's and the lint's alone.
#[test]
fn what_has_the_wrong_shape_both_refuse() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for rest in [
        "steps: []\n",
        "stappen:\n- wait: 1s\n",
        "steps:\n- snd: {from: las}\n",
        "steps:\n- {wait: 1s, advance: 1d}\n",
        "steps:\n- name: {nl: X}\n  wait: 1s\n",
        "steps:\n- wait: 1mo\n",
        "steps:\n- advance: {to: morgen}\n",
        "steps:\n- send: {from: las, to: duo}\n",
        "steps:\n- send: {from: las, to: duo, message: m, body: x}\n",
        "steps:\n- send: {from: las, to: bron, message: m}\n",
        "steps:\n- send: {from: las, to: duo, message: m, raw: graag}\n",
        "pupils: 901\nsteps:\n- wait: 1s\n",
        "steps:\n- send: {from: las, to: duo, message: m, tls-identity: iemand}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{set: a, insert: x}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{set: a, remove: a, to: b}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, edits: [{to: x}]}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {status: 9xx}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {status: 99}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {transport: boos}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {tls: {version: [SSLv3]}}}\n",
        "steps:\n- send: {from: las, to: duo, message: m, expect: {json: [{path: $.a}]}}\n",
        "steps:\n- send: {from: las, to: osr, rest: {method: HAAL}}\n",
        "steps:\n- receive: {as: duo, expect: {status: 200}}\n",
        "steps:\n- receive: {as: duo, answer: stil}\n",
        "steps:\n- receive: {as: duo, answer: {status: 503, raw: x}}\n",
        "steps:\n- receive: {as: duo, answer: {fault: {code: Client}}}\n",
        "steps:\n- receive: {as: duo, answer: {broken-after: -1}}\n",
        "steps:\n- trigger: {party: duo, action: toon}\n",
        "steps:\n- trigger: {party: las, action: dansen}\n",
        "steps:\n- trigger: {party: las, action: toon, expect-status: unsupported}\n",
        "steps:\n- act: {party: osr, what: lever-pushes}\n",
        "steps:\n- act: {party: las, what: herstart}\n",
        "steps:\n- repeat: {steps: [{wait: 1s}]}\n",
        "steps:\n- repeat: {times: 1, over: [1], steps: [{wait: 1s}]}\n",
        "steps:\n- parallel: [[{wait: 1s}]]\n",
        "steps:\n- note: Hallo\n",
        "steps:\n- probe: {party: las, refuses: [ssl-3.0]}\n",
        "at: gisteren\nsteps:\n- wait: 1s\n",
        "minutes: veel\nsteps:\n- wait: 1s\n",
        "sectors: [po]\nsteps:\n- wait: 1s\n",
        "tags: [Een]\nsteps:\n- wait: 1s\n",
        "brings-about: KK-BSN\nsteps:\n- wait: 1s\n",
        "parties: {rio: script}\nsteps:\n- wait: 1s\n",
        "proves: {BRON-INS: {positive: true}}\nsteps:\n- wait: 1s\n",
        "data: {a b: x}\nsteps:\n- wait: 1s\n",
    ] {
        let text = script(rest);
        let refused = read_script("x.yaml", &Written(&[("x.yaml", &text)])).is_err();
        assert!(refused, "the reader takes {rest}");
        assert!(
            !validator.is_valid(&json(text.as_bytes())),
            "the schema takes {rest}"
        );
    }
    for lacking in [
        "id",
        "title",
        "key",
        "mandatory",
        "subject",
        "requirements",
        "grade",
        "source",
    ] {
        let text = script("steps:\n- wait: 1s\n");
        let without: String = text
            .lines()
            .filter(|line| !line.starts_with(&format!("{lacking}:")))
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(
            read_script("x.yaml", &Written(&[("x.yaml", &without)])).is_err(),
            "{lacking}"
        );
        assert!(!validator.is_valid(&json(without.as_bytes())), "{lacking}");
    }
}

/// The names in the schema are those in the code.
#[test]
fn the_schema_knows_the_names_that_the_reader_knows() {
    let schema = schema();
    let names = |pointer: &str| -> BTreeSet<String> {
        let found = schema
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer}"));
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_string())
            .collect()
    };
    let of =
        |names: Vec<&str>| -> BTreeSet<String> { names.into_iter().map(str::to_string).collect() };
    assert_eq!(
        names("/$defs/identity/enum"),
        of(IDENTITIES.iter().map(|one| one.name).collect())
    );
    assert_eq!(
        names("/$defs/trigger/properties/action/enum"),
        of(LasAction::ALL.iter().map(|one| one.name()).collect())
    );
    assert_eq!(
        names("/$defs/act/properties/what/enum"),
        of(ACTS.iter().map(|act| act.name).collect())
    );
    let with = ACTS.iter().flat_map(|act| act.with).copied();
    assert_eq!(
        names("/$defs/act/properties/with/propertyNames/enum"),
        of(with.collect())
    );
    let mut problems = of(TransportProblem::ALL.iter().map(|one| one.name()).collect());
    problems.extend(["ok".to_string(), "fails".to_string()]);
    assert_eq!(names("/$defs/expect/properties/transport/enum"), problems);
    assert_eq!(
        names("/$defs/probe/properties/refuses/items/enum"),
        of(ProbeKind::NAMES.to_vec())
    );
    assert_eq!(
        names("/$defs/scenario/properties/key/enum"),
        of(Key::NAMES.to_vec())
    );
    let keys: BTreeSet<String> = schema["$defs"]["step"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, of(step_keys().collect()));
}
