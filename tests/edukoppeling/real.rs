//! The answer that DUO's acceptance environment signed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::support::{Setting, edits, mutated, undecided, violations};

const ANSWER: &str = "../shared/reference/duo-rio/signed-answer.xml";

/// Within the life of the answer.
const RECEIVED: &str = "2022-11-21T16:18:00Z";

fn answer() -> Option<String> {
    let answer = std::fs::read_to_string(ANSWER).ok();
    if answer.is_none() {
        println!("skipped: DUO's signed answer is not at hand");
    }
    answer
}

/// Chain and revocation, without roots and lists.
fn open() -> Vec<String> {
    vec![
        "KK-EK-PKI003-INGETROKKEN chain-undecided".to_string(),
        "KK-EK-PKI005-KETEN trust-missing".to_string(),
    ]
}

#[test]
fn on_the_day_it_came_nothing_is_wrong_with_it() {
    let Some(answer) = answer() else { return };
    let report = Setting::at(RECEIVED).judge(&answer);
    assert_eq!(violations(&report), [""; 0]);
    assert_eq!(undecided(&report), open());
    assert_eq!(report.signed.len(), 7);
    assert_eq!(report.beyond.count(), 0);
    let signer = report.signer.unwrap();
    assert_eq!(signer.oin(), Some("00000099800866472000"));
    let value = report.signature_value.unwrap();
    assert!(value.starts_with("TbSHB9cj1s") && value.ends_with("eHIvI="));
    for held in [
        "KK-EK-WB013-DIGEST",
        "KK-EK-WB004-BODY",
        "KK-EK-PKI001-VORM",
    ] {
        assert!(report.held.iter().any(|code| **code == *held), "{held}");
    }
}

#[test]
fn today_it_and_its_certificate_have_expired() {
    let Some(answer) = answer() else { return };
    let report = Setting::at("2026-11-23T12:00:00Z").judge(&answer);
    assert_eq!(
        violations(&report),
        ["KK-EK-PKI002-VERLOPEN", "KK-EK-WB002-VERLOPEN"]
    );
    assert_eq!(undecided(&report), open());
    assert_eq!(report.signed.len(), 7);
}

#[test]
fn in_production_its_test_oin_is_a_finding() {
    let Some(answer) = answer() else { return };
    let mut setting = Setting::at(RECEIVED);
    setting.profile = ketenkeur::facts::Profile::Production;
    assert_eq!(
        violations(&setting.judge(&answer)),
        ["KK-EK-PKI001-TESTOIN"]
    );
}

/// The signed parts of the answer by their name.
fn parts(answer: &str) -> BTreeMap<&'static str, std::ops::Range<usize>> {
    [
        ("wsa:To", "<wsa:To ", "</wsa:To>"),
        ("wsa:Action", "<wsa:Action ", "</wsa:Action>"),
        ("wsa:MessageID", "<wsa:MessageID ", "</wsa:MessageID>"),
        ("wsa:RelatesTo", "<wsa:RelatesTo ", "</wsa:RelatesTo>"),
        ("wsa:From", "<wsa:From ", "</wsa:From>"),
        ("wsu:Timestamp", "<wsu:Timestamp ", "</wsu:Timestamp>"),
        ("soap:Body", "<SOAP-ENV:Body ", "</SOAP-ENV:Body>"),
    ]
    .into_iter()
    .map(|(name, start, end)| {
        let from = answer.find(start).unwrap();
        (name, from..answer.find(end).unwrap() + end.len())
    })
    .collect()
}

/// Another character of the same sort, so that the message mostly stays
/// well-formed.
fn changed(byte: u8) -> u8 {
    match byte {
        b'9' => b'0',
        b'z' => b'a',
        b'Z' => b'A',
        b'0'..=b'8' | b'a'..=b'y' | b'A'..=b'Y' => byte + 1,
        _ => b'x',
    }
}

/// Every character of every signed part, changed: what still can be read is
/// refused, and the part is named.
#[test]
fn a_changed_character_in_a_signed_part_is_refused_and_the_part_named() {
    let Some(answer) = answer() else { return };
    let setting = Setting::at(RECEIVED);
    let mut refused = 0;
    for (name, range) in parts(&answer) {
        for at in range {
            let mut bytes = answer.clone().into_bytes();
            bytes[at] = changed(bytes[at]);
            let Some(report) = setting.try_judge(&bytes) else {
                continue;
            };
            let violations = violations(&report);
            // A timestamp of no known namespace goes by its local name.
            let named =
                |code: &String| code.contains(name) || code == "KK-EK-WB001-NAAMRUIMTE Timestamp";
            assert!(
                violations.iter().any(named),
                "{name} at {at}: {violations:?}"
            );
            assert!(report.signed.is_empty(), "{name} at {at}");
            refused += 1;
        }
    }
    assert!(refused > 1_500, "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to the file, nothing panics, and the parts that are
    /// said to be signed read as they did.
    #[test]
    fn no_mutation_panics_or_passes(edits in edits()) {
        let Some(answer) = answer() else { return Ok(()) };
        let bytes = mutated(&answer, &edits);
        let setting = Setting::at(RECEIVED);
        if let Some(report) = setting.try_judge(&bytes)
            && !report.signed.is_empty()
        {
            let text = String::from_utf8(bytes).unwrap();
            let (was, is) = (read(&answer), read(&text));
            for part in ["To", "Action", "MessageID", "RelatesTo", "From", "Timestamp", "Body"] {
                let [before] = &was[part][..] else { panic!("{part} is there once") };
                let same = is.get(part).is_some_and(|all| all.contains(before));
                prop_assert!(same, "{part} changed and passed");
            }
        }
    }
}

/// What each element says, by its local name, as another reader reads it: names,
/// attributes and text, and not how they are written.
fn read(text: &str) -> BTreeMap<String, Vec<String>> {
    let document = roxmltree::Document::parse(text).unwrap();
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for element in document.descendants().filter(|node| node.is_element()) {
        let name = element.tag_name().name().to_string();
        said.entry(name).or_default().push(content(element));
    }
    said
}

fn content(node: roxmltree::Node<'_, '_>) -> String {
    if !node.is_element() {
        return node
            .text()
            .filter(|_| node.is_text())
            .unwrap_or_default()
            .to_string();
    }
    let mut attributes: Vec<_> = node
        .attributes()
        .map(|one| (one.namespace(), one.name(), one.value()))
        .collect();
    attributes.sort_unstable();
    let below: String = node.children().map(content).collect();
    format!("<{:?} {attributes:?}>{below}</>", node.tag_name())
}
