//! No personal value reaches any output.

use ketenkeur::event::{Event, Judged, Recorder, Spool};
use ketenkeur::finding::{
    Args, Class, DataClass, Judgement, Kind, MessageValue, Redaction, Verdict,
};
use ketenkeur::report::Format;

use crate::stream::{LANGUAGES, finding_at, report};

/// Values that occur nowhere else.
const MARKED: [(&str, &str, DataClass); 4] = [
    ("burgerservicenummer", "123456782", DataClass::PersonNumber),
    ("achternaam", "Merkwaardig", DataClass::Personal),
    ("straatnaam", "Merkstraat", DataClass::Personal),
    ("geboortedatum", "2019-09-19", DataClass::Personal),
];

fn message() -> String {
    let elements: String = MARKED
        .iter()
        .map(|(name, value, _)| format!("  <{name}>{value}</{name}>\n"))
        .collect();
    format!("<bericht xmlns=\"urn:x\">\n{elements}</bericht>\n")
}

/// A finding on every marked value, with the value as an argument.
fn marked_events(redaction: Redaction) -> Vec<Event> {
    let message = message();
    let mut findings = Vec::new();
    for (name, value, class) in MARKED {
        for code in ["KK-XSD-TYPE", "KK-XSD-PATROON", "VREEMD-1", "KK-XSD-LIJST"] {
            let args = Args::new()
                .with("element", name)
                .with("value", MessageValue::new(value, class))
                .with("reason", MessageValue::new(value, class))
                .with("type", "xs:date");
            let kind = if code == "KK-XSD-LIJST" {
                Kind::Undecided
            } else {
                Kind::Violation
            };
            let class = Class::Foutmelding;
            findings.push(finding_at(
                &message, name, code, kind, class, args, redaction,
            ));
        }
    }
    vec![Event::Judged(Box::new(Judged {
        input: "bericht.xml".to_string(),
        message: None,
        other: None,
        judgement: Judgement {
            verdict: Verdict::Fail,
            grade: None,
        },
        findings,
        excused: Vec::new(),
        more: 0,
    }))]
}

fn outputs(events: &[Event], redaction: Redaction) -> Vec<(String, String)> {
    let mut outputs = Vec::new();
    for format in Format::ALL {
        for language in LANGUAGES {
            let name = format!("{} {language:?}", format.name());
            outputs.push((name, report(events, format, language)));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.jsonl");
    let mut recorder = Recorder::create(&path, redaction).unwrap();
    for event in events {
        recorder.record(event).unwrap();
    }
    recorder.finish().unwrap();
    outputs.push(("record".into(), std::fs::read_to_string(&path).unwrap()));
    outputs
}

#[test]
fn marked_values_reach_no_output() {
    let events = marked_events(Redaction::Mask);
    for (name, output) in outputs(&events, Redaction::Mask) {
        assert!(!output.is_empty());
        for (_, value, _) in MARKED {
            assert!(!output.contains(value), "{value} in {name}");
        }
    }
}

/// The test above proves something only if the values would be seen.
#[test]
fn unmasked_the_same_values_are_seen() {
    let events = marked_events(Redaction::Show);
    for (name, output) in outputs(&events, Redaction::Show) {
        for (_, value, _) in MARKED {
            assert!(output.contains(value), "{value} not in {name}");
        }
    }
}

/// Where events wait on disk is nobody's business.
#[test]
fn no_output_names_a_temporary_file() {
    let events = marked_events(Redaction::Mask);
    let mut spool = Spool::with_memory(0);
    for event in &events {
        spool.push(event).unwrap();
    }
    assert_eq!(spool.replay().count(), events.len());
    assert!(spool.is_on_disk());
    let folder = std::env::temp_dir().to_string_lossy().into_owned();
    for (name, output) in outputs(&events, Redaction::Mask) {
        assert!(!output.contains(&*folder), "{name}");
    }
}
