//! What each format looks like, and that it is what it says it is.

use ketenkeur::event::Event;
use ketenkeur::exit::Exit;
use ketenkeur::finding::{Class, Language};
use ketenkeur::report::{Format, Human, Look};
use serde_json::Value;

use crate::page::without_looks;
use crate::stream::{Book, LANGUAGES, Provenance, events, report};

fn name(language: Language) -> &'static str {
    match language {
        Language::Nl => "nl",
        Language::En => "en",
    }
}

#[test]
fn every_format_in_both_languages() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (run, provenance) in [("any", Provenance::Any), ("strict", Provenance::Strict)] {
            let events = events(provenance);
            for format in Format::ALL {
                // Strict provenance changes verdicts only: two formats tell.
                let tells = matches!(format, Format::Human | Format::Junit);
                for language in LANGUAGES {
                    if provenance == Provenance::Any || tells {
                        let snapshot = format!("report-{}-{run}-{}", format.name(), name(language));
                        let report = match format {
                            Format::Html => without_looks(&report(&events, format, language)),
                            format => report(&events, format, language),
                        };
                        insta::assert_snapshot!(snapshot, report);
                    }
                }
            }
        }
    });
}

fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(validator: &jsonschema::Validator, document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The streams that a report must survive beside the full one.
fn streams() -> Vec<Vec<Event>> {
    let full = events(Provenance::Any);
    vec![
        Vec::new(),
        full[..1].to_vec(),
        full[..4].to_vec(),
        full.clone(),
        events(Provenance::Strict),
    ]
}

#[test]
fn json_reports_are_valid_against_the_published_schema() {
    let schema = include_str!("../../docs/schemas/check-report.schema.json");
    let validator = validator(schema);
    for events in streams() {
        for language in LANGUAGES {
            assert_valid(&validator, &report(&events, Format::Json, language));
        }
    }
}

#[test]
fn sarif_reports_are_valid_sarif() {
    let validator = validator(include_str!("sarif-subset.schema.json"));
    for events in streams() {
        for language in LANGUAGES {
            assert_valid(&validator, &report(&events, Format::Sarif, language));
        }
    }
}

#[test]
fn sarif_rules_are_where_results_say_they_are() {
    let sarif: Value = serde_json::from_str(&report(
        &events(Provenance::Any),
        Format::Sarif,
        Language::En,
    ))
    .unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 10);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        let open = result["kind"] == "open";
        assert_eq!(open, result["level"] == "none");
    }
}

#[test]
fn another_reader_agrees_with_the_junit_counts() {
    for events in streams() {
        for language in LANGUAGES {
            let xml = report(&events, Format::Junit, language);
            let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
            let mut sums = (0, 0, 0);
            for suite in &read.test_suites {
                assert_eq!(suite.tests, suite.test_cases.len());
                let status = |wanted: fn(&quick_junit::TestCaseStatus) -> bool| {
                    suite
                        .test_cases
                        .iter()
                        .filter(|case| wanted(&case.status))
                        .count()
                };
                use quick_junit::{NonSuccessKind as No, TestCaseStatus as Status};
                let failures = status(|s| {
                    matches!(
                        s,
                        Status::NonSuccess {
                            kind: No::Failure,
                            ..
                        }
                    )
                });
                let errors = status(|s| {
                    matches!(
                        s,
                        Status::NonSuccess {
                            kind: No::Error,
                            ..
                        }
                    )
                });
                assert_eq!((suite.failures, suite.errors), (failures, errors));
                sums = (sums.0 + suite.tests, sums.1 + failures, sums.2 + errors);
            }
            assert_eq!((read.tests, read.failures, read.errors), sums);
        }
    }
}

/// What Jenkins and GitLab accept both, and what would differ between runs.
#[test]
fn junit_stays_within_the_strict_subset() {
    let xml = report(&events(Provenance::Any), Format::Junit, Language::Nl);
    let document = roxmltree::Document::parse(&xml).unwrap();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let allowed: &[&str] = match node.tag_name().name() {
            "testsuites" => &["name", "tests", "failures", "errors"],
            "testsuite" => &["name", "tests", "failures", "errors", "skipped"],
            "testcase" => &["name", "classname"],
            "failure" | "error" => &["message", "type"],
            "skipped" => &["message"],
            "properties" | "system-out" => &[],
            "property" => &["name", "value"],
            other => panic!("{other} is outside the subset"),
        };
        for attribute in node.attributes() {
            assert!(allowed.contains(&attribute.name()), "{}", attribute.name());
        }
        if node.has_tag_name("testcase") {
            let outcomes = node
                .children()
                .filter(|child| child.is_element() && !child.has_tag_name("system-out"));
            assert!(outcomes.count() <= 1, "GitLab reads only the first outcome");
        }
    }
}

#[test]
fn the_counts_of_the_summary_add_up() {
    for provenance in [Provenance::Any, Provenance::Strict] {
        let events = events(provenance);
        let Some(Event::Finished(summary)) = events.last() else {
            panic!("the stream is complete");
        };
        let judged = events
            .iter()
            .filter(|event| matches!(event, Event::Judged(_)))
            .count();
        assert_eq!(summary.inputs, judged as u64);
        assert_eq!(
            summary.passed + summary.failed + summary.undecided + summary.not_applicable,
            summary.inputs
        );
        assert_eq!(summary.classes, [0, 1, 2, 4], "in the order of Class::ALL");
        assert_eq!(Class::ALL[3], Class::Foutmelding);
        assert_eq!(summary.more, 10);
        assert_eq!(summary.excused, 2);
        assert_eq!(summary.undecided_findings, 1);
    }
}

/// Every line of GitHub's is one command, whatever a message holds.
#[test]
fn github_output_is_commands_only() {
    let output = report(&events(Provenance::Any), Format::Github, Language::En);
    assert_eq!(output.lines().count(), 9);
    for line in output.lines() {
        let command = line.strip_prefix("::").unwrap();
        assert!(
            ["error ", "warning ", "notice "]
                .iter()
                .any(|level| command.starts_with(level)),
            "{line}"
        );
    }
}

#[test]
fn human_output_streams() {
    let all = events(Provenance::Any);
    let mut human = Human::new(Vec::new(), &Book, Language::Nl, Look::PLAIN);
    for event in &all {
        human.show(event).unwrap();
    }
    let streamed = String::from_utf8(human.finish(Exit::Findings).unwrap()).unwrap();
    assert_eq!(streamed, report(&all, Format::Human, Language::Nl));
}

#[test]
fn human_output_keeps_to_its_width_and_colour() {
    let all = events(Provenance::Any);
    for width in [60, 80, 120] {
        let look = Look::PLAIN.with_width(width);
        let mut human = Human::new(Vec::new(), &Book, Language::Nl, look);
        all.iter().for_each(|event| human.show(event).unwrap());
        let text = String::from_utf8(human.finish(Exit::Findings).unwrap()).unwrap();
        assert!(!text.contains('\u{1b}'));
        for line in text.lines().filter(|line| line.starts_with("    ")) {
            let words = line.split_whitespace().count();
            let fits = line.chars().count() <= width;
            assert!(fits || words < 4, "wider than {width}: {line}");
        }
    }
    let look = Look {
        color: true,
        ..Look::PLAIN
    };
    let mut human = Human::new(Vec::new(), &Book, Language::Nl, look);
    all.iter().for_each(|event| human.show(event).unwrap());
    let text = String::from_utf8(human.finish(Exit::Findings).unwrap()).unwrap();
    assert!(text.contains('\u{1b}'));
    // The only escape sequences are our own colours.
    for sequence in text.split('\u{1b}').skip(1) {
        let body = sequence.strip_prefix('[').unwrap();
        let end = body
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap();
        assert!(body[end..].starts_with('m'), "{sequence:?}");
    }
}
