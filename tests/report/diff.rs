//! Two runs side by side.

use ketenkeur::event::{Comparison, Event, Judged, RunState};
use ketenkeur::finding::{Class, Kind, Verdict};

use crate::recorded::{NOW, ends, ketenkeur, said};
use crate::scenes;
use crate::stream::{Provenance, events};

fn state(events: &[Event]) -> RunState {
    let mut state = RunState::default();
    events.iter().for_each(|event| state.add(event).unwrap());
    state
}

fn compare(before: &[Event], after: &[Event]) -> Comparison {
    state(before).compare(&state(after))
}

/// The run with one scenario changed.
fn with_scenario(
    number: usize,
    change: impl Fn(&mut ketenkeur::event::ScenarioJudged),
) -> Vec<Event> {
    let mut all = scenes::events();
    let played = all.iter_mut().filter_map(|event| match event {
        Event::Played(played) => Some(played),
        _ => None,
    });
    change(played.into_iter().nth(number).unwrap());
    all
}

#[test]
fn the_same_run_differs_in_nothing() {
    for events in [scenes::events(), events(Provenance::Any)] {
        let comparison = compare(&events, &events);
        assert!(comparison.is_empty() && !comparison.is_worse());
    }
}

/// Each change by itself, and the same change the other way round.
#[test]
fn what_counts_as_worse() {
    let run = scenes::events();
    let failing = with_scenario(0, |played| played.judgement.verdict = Verdict::Fail);
    let open = with_scenario(0, |played| played.judgement.verdict = Verdict::Undecided);
    let without_finding = with_scenario(1, |played| played.findings.clear());
    let light = with_scenario(1, |played| {
        played.findings[0].finding.class = Class::Signaal
    });
    let undecided = with_scenario(1, |played| {
        played.findings[0].finding.kind = Kind::Undecided
    });
    let twice = with_scenario(1, |played| played.findings.push(played.findings[0].clone()));
    let expected = with_scenario(1, |played| played.findings[0].expected = true);
    let mut fewer = run.clone();
    fewer.retain(
        |event| !matches!(event, Event::Played(one) if one.about.scenario == "po-inwinnen-goed"),
    );
    let mut without_failure = run.clone();
    without_failure.retain(
        |event| !matches!(event, Event::Played(one) if one.about.scenario == "po-inwinnen-mis"),
    );
    for (name, before, after, worse, back) in [
        ("a scenario fails", &run, &failing, true, false),
        ("a scenario is open", &run, &open, true, false),
        ("an open one fails", &open, &failing, true, false),
        ("a finding appears", &without_finding, &run, true, false),
        (
            "a light finding appears",
            &without_finding,
            &light,
            false,
            false,
        ),
        ("a finding gets graver", &light, &run, true, false),
        ("an open rule is broken", &undecided, &run, true, false),
        ("a finding is there twice", &run, &twice, true, false),
        (
            "a finding is no longer expected",
            &expected,
            &run,
            true,
            false,
        ),
        ("what passed is gone", &run, &fewer, true, false),
        ("what failed is new", &without_failure, &run, true, false),
    ] {
        assert!(!compare(before, after).is_empty(), "{name}");
        assert_eq!(compare(before, after).is_worse(), worse, "{name}");
        assert_eq!(compare(after, before).is_worse(), back, "{name}, back");
    }
}

/// Another order, and another place of the lines, change nothing.
#[test]
fn a_finding_is_known_again_wherever_it_stands() {
    let run = events(Provenance::Any);
    let mut moved = run.clone();
    moved[1..9].reverse();
    for event in &mut moved {
        if let Event::Judged(judged) = event {
            let judged: &mut Judged = judged;
            judged.findings.reverse();
            for finding in &mut judged.findings {
                finding.start = None;
                finding.excerpt = None;
            }
        }
    }
    assert!(compare(&run, &moved).is_empty());
}

#[test]
fn the_command_says_what_got_worse() {
    let folder = tempfile::tempdir().unwrap();
    let rio = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/berichten/rio");
    let record = |rule: Option<&str>, to: &str| {
        let mut example = vec!["example", "aanleverenInschrijvingBO"];
        if let Some(rule) = rule {
            example = vec!["example", "--break", rule];
        }
        let message = ketenkeur(folder.path(), &example);
        std::fs::write(folder.path().join("bericht.xml"), message.stdout).unwrap();
        let arguments = [
            "check",
            "bericht.xml",
            "--profile",
            "test",
            "--at",
            NOW,
            "--quiet",
            "--record",
            to,
            "--rio",
            rio.to_str().unwrap(),
        ];
        ketenkeur(folder.path(), &arguments);
    };
    record(None, "goed.jsonl");
    record(Some("KK-INS-EERSTE-PERIODE"), "fout.jsonl");
    let diff = |before: &str, after: &str, report: &str| {
        let arguments = [
            "runs", "diff", before, after, "--report", report, "--lang", "en",
        ];
        ketenkeur(folder.path(), &arguments)
    };
    let same = diff("goed.jsonl", "goed.jsonl", "human");
    ends(&same, 0);
    assert!(said(&same).contains("come to the same"));
    let worse = diff("goed.jsonl", "fout.jsonl", "human");
    ends(&worse, 1);
    for part in [
        "Got worse:",
        "bericht.xml: conforms → does not conform",
        "new KK-INS-EERSTE-PERIODE",
    ] {
        assert!(said(&worse).contains(part), "{part}: {}", said(&worse));
    }
    ends(&diff("fout.jsonl", "goed.jsonl", "human"), 0);
    let json = diff("goed.jsonl", "fout.jsonl", "json");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["worse"], true);
    assert_eq!(json["findings"][0]["change"], "appeared");
    ends(&diff("goed.jsonl", "bericht.xml", "json"), 2);
}
