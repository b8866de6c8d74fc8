//! Business rules: what of ISO Schematron holds, how it is refused what it
//! cannot do, and what of a message may be quoted.

use std::sync::Arc;

use ketenkeur::check::shipped_facts;
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::facts::{Facts, Profile};
use ketenkeur::finding::{Class, Grade, Kind, Language, Redaction};
use ketenkeur::rules::{
    CompiledRules, LocationPath, Origin, RefusalReason, RuleOutcomes, RuleSet, RuleSetError,
};
mod binding;
mod bounds;
mod conformance;
mod foreign;
mod personal_data;
mod reading;
mod speed;

fn origin() -> Origin {
    Origin {
        file: "regels.sch".into(),
        contract: Some("CONTRACT".into()),
        grade: Grade::Knowledge,
        source: "bron".into(),
        phase: None,
    }
}

fn schema_with(attributes: &str, body: &str) -> String {
    format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron' queryBinding='xslt2' {attributes}>{body}</schema>"
    )
}

fn compiled(body: &str) -> CompiledRules {
    let body = format!("\n<ns prefix='kk' uri='urn:ketenkeur:regel:1'/>\n\n{body}");
    let schema = schema_with("", &body);
    let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None)
        .unwrap_or_else(|error| panic!("{error}: {schema}"));
    CompiledRules::new(Arc::new(set))
}

fn document(xml: &str) -> Arc<Document> {
    Arc::new(Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap())
}

fn facts() -> Facts {
    let clock = Clock::at("2026-08-03T09:00:00.5Z".parse().unwrap());
    shipped_facts(clock, Profile::Production)
}

fn judge(rules: &CompiledRules, xml: &str) -> RuleOutcomes {
    let document = document(xml);
    rules.judge(&document, document.root_element(), &facts())
}

fn outcome(body: &str, message: &str) -> (Vec<String>, Vec<String>) {
    let outcomes = judge(&compiled(body), message);
    (describe(&outcomes), names(&outcomes.held))
}

/// `CODE path name=value …`, a question mark behind an undecided code.
fn describe(outcomes: &RuleOutcomes) -> Vec<String> {
    let describe = |finding: &ketenkeur::finding::Finding| {
        let mark = if finding.kind == Kind::Undecided {
            "?"
        } else {
            ""
        };
        let mut line = format!("{}{mark} {}", finding.code, finding.place.path);
        for (name, arg) in finding.args.iter() {
            line += &format!(" {name}={}", arg.shown(Redaction::Mask));
        }
        line
    };
    outcomes.findings.iter().map(describe).collect()
}

fn names(codes: &[Arc<str>]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

fn assert_lines(found: &[String], expected: &[&str]) {
    assert_eq!(found, expected);
}
