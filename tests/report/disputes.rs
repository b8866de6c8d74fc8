//! What somebody holds against a rule stands wherever the rule is reported,
//! until it is settled, and changes nothing else.

use ketenkeur::event::Event;
use ketenkeur::exit::Exit;
use ketenkeur::finding::{Dispute, Disputed, Language};
use ketenkeur::report::{Format, Run};
use serde_json::Value;

use crate::stream::{Book, LANGUAGES, Provenance, events, spool};

const RULE: &str = "KK-INS-UITSCHRIJFDATUM";

fn dispute() -> Dispute {
    Dispute {
        rule: RULE.to_string(),
        finding: None,
        by: "00000003123456780000".to_string(),
        note: "gelijke-dagen-mogen <b>".to_string(),
        source: "PvE-1.3".to_string(),
        since: "2026-11-01".to_string(),
        settled: None,
        outcome: None,
    }
}

fn report(format: Format, language: Language, disputes: &[Dispute]) -> String {
    let events = spool(&events(Provenance::Any));
    let book = Disputed {
        book: &Book,
        disputes,
    };
    let mut out = Vec::new();
    let run = Run {
        moment: Some("2026-11-26T10:00:00Z".parse().unwrap()),
        ..Run::new(&events, &book, language, Exit::Findings)
    };
    format.write(&run, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The fingerprint of a finding of the rule.
fn fingerprint() -> String {
    let all = events(Provenance::Any).into_iter();
    let findings = all.filter_map(|event| match event {
        Event::Judged(judged) => Some(judged.findings),
        _ => None,
    });
    let mut findings = findings.flatten();
    let found = findings.find(|finding| finding.code == RULE).unwrap();
    found.fingerprint.as_str().to_string()
}

#[test]
fn a_dispute_stands_with_its_rule_in_every_format_until_it_is_settled() {
    let settled = Dispute {
        settled: Some("2026-12-01".to_string()),
        outcome: Some("aangepast".to_string()),
        ..dispute()
    };
    let other = Dispute {
        rule: "KK-ANDERS".to_string(),
        ..dispute()
    };
    let one = |finding: &str| Dispute {
        finding: Some(finding.to_string()),
        ..dispute()
    };
    for format in Format::ALL {
        for language in LANGUAGES {
            let name = format!("{} {language:?}", format.name());
            let without = report(format, language, &[]);
            assert!(!without.contains("gelijke-dagen-mogen"), "{name}");
            for open in [dispute(), one(&fingerprint())] {
                let shown = report(format, language, &[open]);
                for part in ["gelijke-dagen-mogen", "PvE-1.3", "00000003123456780000"] {
                    assert!(shown.contains(part), "{name} lacks {part}: {shown}");
                }
                assert!(
                    format != Format::Html || !shown.contains("mogen <b>"),
                    "{name}"
                );
            }
            for nothing in [settled.clone(), other.clone()] {
                assert_eq!(report(format, language, &[nothing]), without, "{name}");
            }
        }
    }
    let elsewhere = report(Format::Json, Language::Nl, &[one("0000000000000000")]);
    assert_eq!(elsewhere, report(Format::Json, Language::Nl, &[]));
}

#[test]
fn a_dispute_changes_no_verdict() {
    fn without_disputes(value: &mut Value) {
        match value {
            Value::Object(all) => {
                all.remove("disputes");
                all.values_mut().for_each(without_disputes);
            }
            Value::Array(all) => all.iter_mut().for_each(without_disputes),
            _ => {}
        }
    }
    let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let mut disputed = parse(report(Format::Json, Language::En, &[dispute()]));
    let plain = parse(report(Format::Json, Language::En, &[]));
    assert_ne!(disputed, plain);
    let schema = parse(std::fs::read_to_string("docs/schemas/check-report.schema.json").unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(
        validator.is_valid(&disputed),
        "the published schema knows them"
    );
    without_disputes(&mut disputed);
    assert_eq!(disputed, plain);
}
