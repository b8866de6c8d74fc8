//! The shipped cases of the rules over a batch.

use std::collections::{BTreeMap, BTreeSet};

use ketenkeur::batch::BatchRule;
use ketenkeur::document::{Format, NodeId, PlaceOf};
use ketenkeur::example::{Edit, apply};
use serde::Deserialize;

use super::{document, file, found, line};

#[derive(Deserialize)]
struct Cases {
    batch: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    rule: String,
    breaks: Vec<Message>,
    passes: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    base: String,
    #[serde(default)]
    edits: Vec<Edit>,
}

impl Message {
    fn build(&self, examples: &BTreeMap<String, String>) -> String {
        apply(&examples[&self.base], Format::Xml, &self.edits).unwrap()
    }
}

/// Every example message of the packs, by its root element.
pub fn examples() -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    let root = format!("{}/schemas", env!("CARGO_MANIFEST_DIR"));
    for entry in walkdir::WalkDir::new(root) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|ext| ext == "xml")
            && path
                .components()
                .any(|part| part.as_os_str() == "voorbeelden")
        {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            examples.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    examples
}

#[test]
fn every_rule_is_broken_alone_and_nearly_missed() {
    let cases: Cases = toml::from_str(&file("cases/rules/batch.toml").text).unwrap();
    let examples = examples();
    let build = |messages: &[Message]| -> Vec<String> {
        messages
            .iter()
            .map(|message| message.build(&examples))
            .collect()
    };
    let mut judged = BTreeSet::new();
    for case in &cases.batch {
        let broken = found(&build(&case.breaks));
        let codes: Vec<&str> = broken.iter().map(|found| &*found.finding.code).collect();
        assert_eq!(codes, [case.rule.as_str()], "breaks");
        let passing = found(&build(&case.passes));
        let lines: Vec<String> = passing.iter().map(line).collect();
        assert!(lines.is_empty(), "{} passes: {lines:?}", case.rule);
        judged.insert(case.rule.as_str());
    }
    let all: BTreeSet<&str> = BatchRule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(judged, all);
}

/// A place is made without the document, and must be what the document would
/// have said.
#[test]
fn places_are_those_of_the_document() {
    let cases: Cases = toml::from_str(&file("cases/rules/batch.toml").text).unwrap();
    let examples = examples();
    let mut compared = 0;
    for case in &cases.batch {
        let bare: Vec<String> = case
            .breaks
            .iter()
            .map(|message| message.build(&examples))
            .collect();
        for messages in [
            bare.clone(),
            bare.iter().map(|xml| enveloped(xml)).collect(),
        ] {
            for found in judged_bodies(&messages) {
                let xml = &messages[found.inputs[0] as usize];
                let document = document(xml);
                let place = &found.finding.place;
                let span = place.span.clone().unwrap();
                let node = document
                    .subtree(NodeId::ROOT)
                    .filter(|&node| document.is_element(node))
                    .filter(|&node| {
                        document.value_span(node).start + document.skipped() == span.start
                    })
                    .last()
                    .unwrap();
                assert_eq!(
                    *place,
                    document.place(node, PlaceOf::Value),
                    "{}",
                    case.rule
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * cases.batch.len());
}

fn enveloped(xml: &str) -> String {
    let body = xml
        .trim_start_matches(|ch| ch != '>')
        .trim_start_matches('>');
    format!("\u{FEFF}<s:Envelope xmlns:s='urn:s'>\n<s:Header/><s:Body>{body}</s:Body></s:Envelope>")
}

fn judged_bodies(messages: &[String]) -> Vec<ketenkeur::batch::BatchFound> {
    let extractor = super::extractor();
    let mut judge = ketenkeur::batch::BatchJudge::new(extractor.clone());
    for (input, xml) in (0..).zip(messages) {
        let document = document(xml);
        let root = document.root_element();
        let message = match document.local_name(root) {
            "Envelope" => {
                let body = document.child(root, "Body").unwrap();
                document.elements(body).next().unwrap()
            }
            _ => root,
        };
        judge.add(extractor.extract(&document, message, input));
    }
    judge
        .judge(super::batch_rules(), &super::calendar())
        .findings(super::name)
        .collect()
}

/// Every example that has an identification takes part in the batch, and
/// examples as they are break nothing.
#[test]
fn the_examples_are_recorded_and_agree() {
    let examples = examples();
    let extractor = super::extractor();
    for (name, xml) in &examples {
        let document = document(xml);
        let records = extractor.extract(&document, document.root_element(), 0);
        let identified =
            document.child(document.root_element(), "identificatiecodeBedrijfsdocument");
        assert_eq!(records.is_empty(), identified.is_none(), "{name}");
        for record in &records {
            assert!(record.bytes() <= ketenkeur::limits::MAX_RECORD_BYTES);
        }
    }
    let all: Vec<String> = examples.into_values().collect();
    assert_eq!(super::lines(&all), Vec::<String>::new());
}
