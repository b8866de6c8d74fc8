//! Every rule is proven, by a case or by a test that is named, and belongs to a
//! requirement.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ketenkeur::check::PackRules;
use ketenkeur::example::Cases;
use ketenkeur::pack::Store;
use ketenkeur::requirement::requirements;

use crate::rules;

/// Codes of every rule there is.
fn codes() -> BTreeSet<String> {
    rules().into_keys().collect()
}

/// Rules that no message can show by itself, with where they are proven.
const PROVEN_ELSEWHERE: &[(&str, &str)] = &[
    (
        "KK-AFWIJKING-ONGEBRUIKT",
        "needs a deviations file: tests/command/user_files.rs",
    ),
    (
        "KK-AFWIJKING-VERLOPEN",
        "needs a deviations file: tests/command/user_files.rs",
    ),
    ("KK-INTERN", "a defect of ours, of which none is known"),
    (
        "KK-INVOER-ARCHIEF-AANTAL",
        "a million entries are too many to write in a test; the claim of a directory: tests/input.rs",
    ),
    (
        "KK-INVOER-ARCHIEF-TE-GROOT",
        "two gigabytes are too many to write in a test",
    ),
    ("KK-INVOER-LUS", "needs a file system: tests/input.rs"),
    (
        "KK-INVOER-ONLEESBAAR",
        "needs a file system: tests/input.rs",
    ),
    (
        "KK-INVOER-VERZOEK",
        "needs --request: tests/edukoppeling/sign.rs",
    ),
    (
        "KK-INVOER-VERZOEK-ONGEBRUIKT",
        "needs --request: tests/edukoppeling/sign.rs",
    ),
    (
        "KK-JSON-KEUZE",
        "no shipped schema has a choice: tests/json_schema.rs",
    ),
    (
        "KK-JSON-OVERIG",
        "what no other rule names: tests/json_schema.rs",
    ),
    (
        "KK-PACK-REGELS",
        "a pack that does not compile: tests/rules",
    ),
    (
        "KK-XML-OMVANG",
        "larger inputs are refused before they are read: src/document/gate.rs",
    ),
    (
        "KK-XSD-ATTRIBUUT-ONTBREEKT",
        "no shipped schema has attributes: tests/xsd.rs",
    ),
    (
        "KK-XSD-ATTRIBUUTWAARDE",
        "no shipped schema has attributes: tests/xsd.rs",
    ),
    (
        "KK-XSD-INHOUD",
        "no shipped schema has empty content: tests/xsd.rs",
    ),
    ("KK-XSD-OVERIG", "what no other rule names"),
    ("KK-XSD-UNIEK", "no shipped schema has keys: tests/xsd.rs"),
];

/// Codes of our own are known as such, and each rule of a pack has a place for
/// DUO's own.
#[test]
fn every_code_of_ours_begins_with_kk() {
    for (code, rule) in rules() {
        assert!(code.starts_with("KK-"), "{code}");
        assert!(!rule.duo.starts_with("KK-"), "{code} {}", rule.duo);
    }
}

#[test]
fn every_rule_has_a_case() {
    let cases = Cases::builtin().unwrap();
    let covered: BTreeSet<&str> = cases
        .cases()
        .iter()
        .map(|case| case.rule.as_str())
        .chain(cases.batches().iter().map(|case| case.rule.as_str()))
        .chain(cases.raws().iter().map(|case| case.rule.as_str()))
        .chain(PROVEN_ELSEWHERE.iter().map(|(code, _)| *code))
        .collect();
    // Signatures, connections and scenarios are made when the tests run:
    // tests/edukoppeling, tests/transport and tests/scenarios prove these.
    let elsewhere = ["KK-EK-", "KK-VERBINDING-", "KK-SC-"];
    let without: Vec<String> = codes()
        .into_iter()
        .filter(|code| {
            let proven = elsewhere.iter().any(|prefix| code.starts_with(prefix));
            !covered.contains(code.as_str()) && !proven
        })
        .collect();
    assert!(without.is_empty(), "rules without a case: {without:#?}");
}

#[test]
fn every_rule_traces_to_a_requirement() {
    let mut traced: BTreeMap<String, usize> = codes().into_iter().map(|code| (code, 0)).collect();
    for requirement in requirements().unwrap() {
        for rule in &requirement.rules {
            match traced.get_mut(&**rule) {
                Some(count) => *count += 1,
                None => panic!("{} names {rule}, which does not exist", requirement.id),
            }
        }
    }
    let untraced: Vec<&String> = traced
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(code, _)| code)
        .collect();
    assert!(untraced.is_empty(), "{untraced:#?}");
}

#[test]
fn every_rule_set_of_ours_compiles_completely() {
    let store = Store::builtin();
    for pack in store.packs() {
        let rules = PackRules::read(pack);
        assert!(rules.refused().is_empty(), "{:?}", rules.refused());
        for set in rules.sets() {
            let refusals = ketenkeur::rules::CompiledRules::new(Arc::clone(set)).refusals();
            assert!(
                refusals.is_empty(),
                "{}: {refusals:?}",
                pack.manifest.contract
            );
        }
    }
}
