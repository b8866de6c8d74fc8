//! How much of the suite recorded traffic can show: what the built-in LAS does
//! in each scenario, kept as `ketenkeur proxy` keeps it, with its connections,
//! is held against that scenario; and the same as files, which show none.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ketenkeur::event::Event;
use ketenkeur::evidence::Evidence;
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Class, Redaction, Verdict};
use ketenkeur::pack::Store;
use ketenkeur::pki::Authorities;
use ketenkeur::play::{Interrupt, Passed, Stage, StageOptions, Traffic, play_recorded};
use ketenkeur::scenario::{Library, Role, Scenario};
use ketenkeur::transport::TransportProblem;

const NOW: &str = "2026-09-28T09:00:00Z";

/// Evidence of all scenarios for a LAS, by name.
fn played(folder: &Path, scenarios: &[&Arc<Scenario>]) -> Evidence {
    let out = folder.join("bewijs");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    let fixed = [
        "run",
        "--quiet",
        "--now",
        NOW,
        "--seed",
        "ketenkeur",
        "--out",
    ];
    command.args(fixed).arg(&out);
    for scenario in scenarios {
        command.args(["--id", &scenario.id]);
    }
    assert!(command.status().unwrap().success());
    Evidence::open(&out).unwrap()
}

/// What passed in a scenario, in order.
fn passed(evidence: &Evidence, scenario: &str) -> Vec<Passed> {
    let below = format!("exchanges/{scenario}/");
    let names = evidence.manifest().files.keys();
    let numbers = names.filter_map(|name| {
        let number = name.strip_prefix(&below)?.strip_suffix(".json")?;
        number.parse().ok()
    });
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    let one = |number| {
        let kept = evidence.exchange(scenario, number).unwrap();
        let problem = kept.record.problem.as_deref();
        let problem = problem.and_then(TransportProblem::parse);
        Passed {
            from: Role::parse(&kept.record.from),
            to: Role::parse(&kept.record.to),
            request: Some(kept.request),
            response: kept.response.map(Ok).or(problem.map(Err)),
            at: Some(kept.record.at),
            took: Duration::from_millis(kept.record.took),
        }
    };
    numbers.into_iter().map(one).collect()
}

/// The same without what only a proxy knows.
fn as_files(passed: &[Passed]) -> Vec<Passed> {
    let bare = |exchange: &Arc<Exchange>| {
        Arc::new(Exchange {
            tls: None,
            ..Exchange::clone(exchange)
        })
    };
    let file = |one: &Passed| Passed {
        from: None,
        to: None,
        request: one.request.as_ref().map(bare),
        response: (one.response.as_ref())
            .map(|response| response.as_ref().map(bare).map_err(|problem| *problem)),
        ..one.clone()
    };
    passed.iter().map(file).collect()
}

fn stage() -> Stage {
    let options = StageOptions {
        store: Store::builtin(),
        profile: Profile::Test,
        tested: None,
        oins: BTreeMap::new(),
        authorities: Authorities::built_in(),
        seed: "ketenkeur".into(),
        now: NOW.parse::<Timestamp>().unwrap(),
        redaction: Redaction::Mask,
        strict_provenance: false,
        fail_on: Class::Foutmelding,
        judges: 1,
        defect: None,
    };
    Stage::new(options, None, Interrupt::default())
}

/// What came of a scenario, and why steps stayed open.
fn held(stage: &Stage, scenario: &Arc<Scenario>, exchanges: Vec<Passed>) -> (Verdict, Vec<String>) {
    let mut traffic = Traffic::default();
    traffic.exchanges = exchanges;
    let mut result = None;
    play_recorded(stage, &[Arc::clone(scenario)], &traffic, &|| (), |event| {
        if let Event::Played(played) = event {
            let open = played.findings.iter().flat_map(|found| &found.finding.args);
            let reasons = open.filter(|(name, _)| name == "reason");
            let reasons = reasons.map(|(_, reason)| reason.clone()).collect();
            result = Some((played.judgement.verdict, reasons));
        }
    })
    .unwrap();
    result.unwrap()
}

#[test]
fn a_recording_with_its_connections_shows_more_than_files() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Library::shipped();
    let of_las = shipped.scenarios.iter();
    // Large numbers show nothing that small ones do not.
    let of_las = of_las.filter(|one| one.subject == Role::Las && one.pupils == 0);
    let of_las: Vec<&Arc<Scenario>> = of_las.collect();
    let evidence = played(folder.path(), &of_las);
    let stage = stage();
    let (mut with, mut without) = (Vec::new(), 0);
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for scenario in &of_las {
        let passed = passed(&evidence, &scenario.id);
        let (verdict, _) = held(&stage, scenario, as_files(&passed));
        without += usize::from(verdict == Verdict::Pass);
        let (verdict, mut reasons) = held(&stage, scenario, passed);
        // The built-in LAS does nothing wrong.
        assert_ne!(verdict, Verdict::Fail, "{}", scenario.id);
        if verdict == Verdict::Pass {
            with.push(&*scenario.id);
        }
        reasons.sort();
        reasons.dedup();
        for reason in reasons {
            *open.entry(reason).or_default() += 1;
        }
    }
    println!(
        "of {} scenarios for a LAS {} pass on what a proxy kept, {without} on files: {with:#?}",
        of_las.len(),
        with.len()
    );
    println!("what else is not in a recording, by scenarios: {open:#?}");
    assert_eq!(without, 0, "nobody knows what became of a file");
    // What else stays open is what the LAS says of an action, which goes over no
    // wire, and what others did.
    assert!(with.len() >= 10, "{} pass", with.len());
    let said = open.get("recording-said").copied().unwrap_or_default();
    assert!(2 * said > of_las.len(), "{open:?}");
}
