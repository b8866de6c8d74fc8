//! How much of the suite recorded traffic can show: what the built-in LAS does
//! in each scenario, kept as `ketenkeur proxy` keeps it, with its connections,
//! is held against that scenario; and the same as files, which show none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ketenkeur::event::{Event, ScenarioJudged};
use ketenkeur::evidence::Evidence;
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Class, Redaction, Verdict};
use ketenkeur::pack::Store;
use ketenkeur::pki::Authorities;
use ketenkeur::play::{
    Asked, Interrupt, Passed, Stage, StageOptions, Tested, Traffic, Witness, form, play_recorded,
};
use ketenkeur::scenario::{ACTS, Library, Role, Scenario};
use ketenkeur::target::Target;
use ketenkeur::transport::TransportProblem;
use serde_json::Value;

use crate::las::free;
use crate::target::target;

const NOW: &str = "2026-09-28T09:00:00Z";

/// Evidence of all scenarios for a LAS, by name.
pub fn played(folder: &Path, scenarios: &[&Arc<Scenario>], more: &[&str]) -> Evidence {
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
    // What a wrong LAS does is found wrong, and recorded all the same.
    let code = command.args(more).status().unwrap().code();
    assert!(
        code == Some(0) || code == Some(1) && !more.is_empty(),
        "{code:?}"
    );
    Evidence::open(&out).unwrap()
}

/// What passed in a scenario, in order.
pub fn passed(evidence: &Evidence, scenario: &str) -> Vec<Passed> {
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
            name: None,
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

pub fn stage() -> Stage {
    stage_of(None)
}

pub fn stage_of(tested: Option<Arc<Tested>>) -> Stage {
    let options = StageOptions {
        store: Store::builtin(),
        profile: Profile::Test,
        tested,
        oins: BTreeMap::new(),
        authorities: Authorities::built_in(),
        seed: "ketenkeur".into(),
        now: NOW.parse::<Timestamp>().unwrap(),
        redaction: Redaction::Mask,
        strict_provenance: false,
        fail_on: Class::Foutmelding,
        judges: 1,
        defect: None,
        named: true,
    };
    Stage::new(options, None, Interrupt::default())
}

/// What came of a scenario, why steps stayed open, how many steps a person
/// answered for and what nobody answered.
pub struct Held {
    pub verdict: Verdict,
    pub reasons: BTreeSet<String>,
    pub codes: BTreeSet<String>,
    pub not_played: Option<String>,
    said: u32,
    pub open: Vec<Asked>,
    /// What is told of the findings.
    pub told: String,
    /// The form that was filled in.
    pub answers: String,
}

pub fn held(
    stage: &Stage,
    scenario: &Arc<Scenario>,
    exchanges: Vec<Passed>,
    witness: &Witness,
) -> Held {
    let mut traffic = Traffic::default();
    traffic.exchanges = exchanges;
    let mut result = None;
    let scenarios = [Arc::clone(scenario)];
    let left = play_recorded(stage, &scenarios, &traffic, witness, &|| (), |event| {
        if let Event::Played(played) = event {
            result = Some(played);
        }
    });
    let played = result.unwrap();
    let findings = played.findings.iter().map(|found| &found.finding);
    let args = findings.clone().flat_map(|finding| &finding.args);
    let reasons = args.filter(|(name, _)| name == "reason");
    Held {
        verdict: played.judgement.verdict,
        reasons: reasons.map(|(_, reason)| reason.clone()).collect(),
        codes: findings.map(|finding| finding.code.clone()).collect(),
        not_played: played.not_played.clone(),
        said: played.said,
        open: left.unwrap().asked,
        told: format!("{:?}", findings_of(&played)),
        answers: String::new(),
    }
}

fn findings_of(played: &ScenarioJudged) -> Vec<&Vec<(String, String)>> {
    let findings = played.findings.iter();
    findings.map(|found| &found.finding.args).collect()
}

/// What the LAS said in each step of a scenario, as the evidence of it has it.
pub fn said_in(evidence: &Evidence, scenario: &str) -> BTreeMap<String, Value> {
    let lines = evidence.read(&format!("steps/{scenario}.jsonl"));
    let lines = String::from_utf8(lines.unwrap_or_default()).unwrap();
    let records = lines.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let said = record["said"].as_str().unwrap_or("null");
        let step = record["step"].as_str().unwrap().to_string();
        (step, serde_json::from_str(said).unwrap())
    });
    records.collect()
}

/// How an action ended, by what the LAS said of it (docs/trigger.md).
fn ended(said: &Value) -> &'static str {
    let failures = [
        "volgorde",
        "geen-antwoord",
        "antwoord-onjuist",
        "fout",
        "intern",
    ];
    match said["reden"].as_str() {
        None => "done",
        Some(reason) if failures.contains(&reason) => "failed",
        Some(_) => "refused",
    }
}

/// Whether the LAS shows at `path` what is wanted there.
fn is_shown(said: &Value, path: &str, wanted: &Value) -> bool {
    let path = serde_json_path::JsonPath::parse(path).unwrap();
    let found = path.query(said).all();
    match wanted.as_object().and_then(|one| one.iter().next()) {
        Some((name, wanted)) if name == "exists" => wanted.as_bool().unwrap() != found.is_empty(),
        Some((name, wanted)) if name == "count" => wanted.as_u64().unwrap() == found.len() as u64,
        Some((name, wanted)) if name == "matches" => {
            let (head, tail) = wanted.as_str().unwrap().split_once('*').unwrap();
            let fits = |text: &str| text.starts_with(head) && text.ends_with(tail);
            !found.is_empty() && found.iter().all(|one| one.as_str().is_some_and(fits))
        }
        _ => {
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_string);
            !found.is_empty() && found.iter().all(|one| text(one) == text(wanted))
        }
    }
}

/// Who says what stands on a form.
pub fn witness(answers: &str) -> Witness {
    match answers.is_empty() {
        true => Witness::default(),
        false => Witness::read(answers.as_bytes(), true).unwrap(),
    }
}

/// Fills in a form as somebody does who looked at the LAS: with what it said.
pub fn filled_in(form: &str, said: &BTreeMap<String, Value>) -> String {
    let acts: Vec<&str> = ACTS.iter().map(|act| act.name).collect();
    let (mut step, mut action, mut path, mut wanted) =
        (String::new(), String::new(), String::new(), Value::Null);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut filled = String::new();
    for line in form.lines() {
        filled.push_str(line);
        let now = said.get(&step).unwrap_or(&Value::Null);
        let (name, value) = line.trim_start().split_once(": ").unwrap_or((line, ""));
        match name {
            "by:" => filled.push_str(" De Linde, applicatiebeheer"),
            "on:" => filled.push_str(" 2026-09-28"),
            "step" => step = json(value).as_str().unwrap().to_string(),
            "action" => action = value.to_string(),
            "- path" => path = json(value).as_str().unwrap().to_string(),
            "wanted" => wanted = json(value),
            "  outcome:" if acts.contains(&action.as_str()) => filled.push_str(" done"),
            "  outcome:" => filled += &format!(" {}", ended(now)),
            "      shown:" => {
                let shown = is_shown(now, &path, &wanted);
                filled.push_str(if shown { " ja" } else { " nee" });
            }
            _ if line.starts_with("    \"") && line.ends_with(':') => {
                let name = json(line.trim().trim_end_matches(':'));
                let path = format!("$.{}", name.as_str().unwrap());
                let path = serde_json_path::JsonPath::parse(&path).unwrap();
                let value = path.query(now).all().into_iter().next();
                filled += &value.map_or(String::new(), |value| format!(" {value}"));
            }
            _ => {}
        }
        filled.push('\n');
    }
    filled
}

/// The same scenario with the form that it leaves filled in, until no more is
/// asked: what is answered may lead to further questions.
pub fn held_with_a_form(
    stage: &Stage,
    scenario: &Arc<Scenario>,
    exchanges: &[Passed],
    said: &BTreeMap<String, Value>,
) -> Held {
    let mut filled = String::new();
    loop {
        let witness = witness(&filled);
        let held = held(stage, scenario, exchanges.to_vec(), &witness);
        let more = filled_in(&form("", &held.open), said);
        // A value that the LAS did not give stays open.
        let is_new = |one: &&Asked| !filled.contains(&format!("step: \"{}\"", one.step));
        if held.open.iter().find(is_new).is_none() {
            let answers = filled;
            return Held { answers, ..held };
        }
        filled = match filled.is_empty() {
            true => more,
            false => {
                let new: Vec<Asked> = held.open.iter().filter(is_new).cloned().collect();
                let new = filled_in(&form("", &new), said);
                filled + new.split_once("answers:\n").unwrap().1
            }
        };
    }
}

/// The scenarios of small numbers for a LAS: large ones show nothing that these
/// do not.
pub fn small_of_las(library: &Library) -> Vec<&Arc<Scenario>> {
    let of_las = library.scenarios.iter();
    of_las
        .filter(|one| one.subject == Role::Las && one.pupils == 0)
        .collect()
}

#[test]
fn a_recording_with_its_connections_shows_more_than_files_and_a_person_most() {
    let folder = tempfile::tempdir().unwrap();
    let of_las = small_of_las(Library::shipped());
    let evidence = played(folder.path(), &of_las, &[]);
    let stage = stage();
    let nobody = Witness::default();
    let (mut alone, mut with_person) = (BTreeSet::new(), BTreeSet::new());
    let mut left: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for scenario in &of_las {
        let passed = passed(&evidence, &scenario.id);
        let files = held(&stage, scenario, as_files(&passed), &nobody);
        assert_ne!(
            files.verdict,
            Verdict::Pass,
            "nobody knows what became of a file"
        );
        let said = said_in(&evidence, &scenario.id);
        let whole = held_with_a_form(&stage, scenario, &passed, &said);
        let bare = held(&stage, scenario, passed, &nobody);
        // The built-in LAS does nothing wrong.
        for one in [&bare, &whole] {
            assert_ne!(
                one.verdict,
                Verdict::Fail,
                "{}: {:?}",
                scenario.id,
                one.codes
            );
        }
        assert_eq!(bare.said, 0);
        if bare.verdict == Verdict::Pass {
            alone.insert(&*scenario.id);
        }
        if whole.verdict == Verdict::Pass {
            with_person.insert(&*scenario.id);
            let rests_on_it = bare.verdict != Verdict::Pass;
            assert!(whole.said > 0 || !rests_on_it, "{}", scenario.id);
        } else {
            let reasons = whole.reasons.iter().cloned().chain(whole.not_played);
            let reasons: Vec<String> = reasons.collect();
            left.entry(reasons.join(", "))
                .or_default()
                .push(&scenario.id);
        }
    }
    println!(
        "of {} scenarios for a LAS {} pass on what a proxy kept, {} with what a person says of it",
        of_las.len(),
        alone.len(),
        with_person.len()
    );
    println!("why the others stay open: {left:#?}");
    assert!(alone.is_subset(&with_person), "{alone:?}");
    assert!(alone.len() >= 11, "{} pass", alone.len());
    assert!(with_person.len() >= 73, "{} pass", with_person.len());
}

/// What a wrong LAS did is in the recording, or is what a person says of it.
#[test]
fn a_recording_of_a_wrong_las_never_passes() {
    let stage = stage();
    let nobody = Witness::default();
    for (defect, id, alone, with_person) in [
        // What it says of an answer, only a person has seen.
        (
            "las-melding-blokkeert",
            "po-inwinnen-las-melding",
            Verdict::Undecided,
            Verdict::Fail,
        ),
        (
            "las-foutmelding-genegeerd",
            "po-inwinnen-las-foutmelding",
            Verdict::Undecided,
            Verdict::Fail,
        ),
        // Another enrolment than is asked for: the right one is not there.
        (
            "las-altijd-hoofdvestiging",
            "po-inwinnen-las-vestiging",
            Verdict::Undecided,
            Verdict::Undecided,
        ),
        // The rules find it in whichever message.
        (
            "las-lokale-tijd-als-utc",
            "po-inwinnen-las-inschrijfdatum",
            Verdict::Fail,
            Verdict::Fail,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let scenario = Library::shipped().scenario(id).unwrap();
        let evidence = played(folder.path(), &[scenario], &["--defect", defect]);
        let passed = passed(&evidence, id);
        let said = said_in(&evidence, id);
        let whole = held_with_a_form(&stage, scenario, &passed, &said);
        let bare = held(&stage, scenario, passed, &nobody);
        assert_eq!(bare.verdict, alone, "{defect}: {:?}", bare.codes);
        assert_eq!(whole.verdict, with_person, "{defect}: {:?}", whole.codes);
    }
}

/// What a target does not declare is not asked of its recording.
#[test]
fn a_step_for_what_the_target_does_not_offer_is_left_out() {
    const SCRIPT: &str = "id: eigen\ntitle: { nl: Eigen, en: Own }\nkey: po-inwinnen\nmandatory: false\nsubject: las\n\
        sectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\nsource: a test\nsteps:\n  \
        - receive: { as: duo, from: las, message: aanleverenInschrijvingBO_Request, expect: { clean: true } }\n  \
        - if-capability: koppeling-verzuim\n    \
        receive: { as: duo, from: las, message: meldenRelatiefVerzuim_Request }\n";
    const RECORDED: &str = "po-inwinnen-las-inschrijfdatum";
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("eigen.yaml");
    std::fs::write(&script, SCRIPT).unwrap();
    let library = Library::on_disk(&[script]).unwrap();
    let own = library.scenario("eigen").unwrap();
    let shipped = Library::shipped().scenario(RECORDED).unwrap();
    let passed = passed(&played(folder.path(), &[shipped], &[]), RECORDED);
    let nowhere = free();
    let file = target(
        "https://127.0.0.1:8443/",
        "http://127.0.0.1:9/trigger",
        nowhere,
        nowhere,
    );
    let without = "koppeling-verzuim: no";
    assert!(file.contains(without));
    for (file, verdict) in [
        (file.clone(), Verdict::Pass),
        (
            file.replace(without, "koppeling-verzuim: yes"),
            Verdict::Undecided,
        ),
    ] {
        let target = Arc::new(Target::read(file.as_bytes(), folder.path()).unwrap());
        let own_authorities = target.authorities().unwrap();
        let tested = Tested::new(target, own_authorities, None);
        let stage = stage_of(Some(Arc::new(tested)));
        let held = held(&stage, own, passed.clone(), &Witness::default());
        assert_eq!(
            held.verdict, verdict,
            "{:?} {:?}",
            held.codes, held.not_played
        );
        let asked = held.reasons.contains("recording-message");
        assert_eq!(asked, verdict == Verdict::Undecided, "{:?}", held.reasons);
    }
}

/// What a person says is not enough where nothing of the exchange beside it can
/// be judged.
#[test]
fn a_persons_word_alone_passes_nothing() {
    const SCRIPT: &str = "id: eigen\ntitle: { nl: Eigen, en: Own }\nkey: po-inwinnen\nmandatory: false\nsubject: las\n\
        sectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\nsource: a test\nsteps:\n  \
        - trigger: { party: las, action: inschrijven, expect: { json: [{ path: $.geregistreerd, equals: true }] } }\n  \
        - send: { from: duo, to: las, message: verstrekkenTerugkoppeling_Request }\n";
    const RECORDED: &str = "po-inwinnen-las-terugkoppeling-later";
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("eigen.yaml");
    std::fs::write(&script, SCRIPT).unwrap();
    let library = Library::on_disk(&[script]).unwrap();
    assert!(library.mistakes.is_empty(), "{:?}", library.mistakes);
    let own = library.scenario("eigen").unwrap();
    let shipped = Library::shipped().scenario(RECORDED).unwrap();
    let passed = passed(&played(folder.path(), &[shipped], &[]), RECORDED);
    let says = |shown: &str| {
        let open = held(&stage(), own, passed.clone(), &Witness::default()).open;
        let form = form("", &open).replace("shown:\n", &format!("shown: {shown}\n"));
        let form = form.replace("by:\n", "by: beheer\n");
        witness(&form.replace("on:\n", "on: 2026-09-28\n"))
    };
    // The answer of the LAS was judged, and bears the word out.
    let whole = held(&stage(), own, passed.clone(), &says("ja"));
    assert_eq!(whole.verdict, Verdict::Pass, "{:?}", whole.reasons);
    // Here its answers were lost.
    let mut unanswered = passed.clone();
    for one in &mut unanswered {
        let answer = one
            .response
            .as_ref()
            .and_then(|answer| answer.as_ref().ok());
        if let (Some(Role::Las), Some(answer)) = (one.to, answer) {
            let empty = Exchange {
                body: Vec::new().into(),
                ..Exchange::clone(answer)
            };
            one.response = Some(Ok(Arc::new(empty)));
        }
    }
    for (shown, verdict) in [("ja", Verdict::Undecided), ("nee", Verdict::Fail)] {
        let alone = held(&stage(), own, unanswered.clone(), &says(shown));
        assert_eq!(alone.verdict, verdict, "{shown}: {:?}", alone.codes);
        assert_eq!(alone.said, 1);
        let is_told = alone.reasons.contains("recording-word-alone");
        assert_eq!(
            is_told,
            verdict == Verdict::Undecided,
            "{:?}",
            alone.reasons
        );
    }
}
