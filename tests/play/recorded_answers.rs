//! A recording in which DUO answered otherwise than the scenario has it answer
//! shows nothing of the scenario, whatever a person says beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use jiff::Timestamp;
use ketenkeur::check::request_facts;
use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::{SignRequest, SigningKey, address_of, message_id, sign};
use ketenkeur::exchange::Exchange;
use ketenkeur::finding::Verdict;
use ketenkeur::pki::TestPki;
use ketenkeur::play::Passed;
use ketenkeur::scenario::{Action, Conduct, Library, Reply, Role, Scenario};

use crate::recorded::{
    held, held_with_a_form, passed, played, said_in, small_of_las, stage, witness,
};

/// Answers on which nothing in their scenario rests, by their place in the
/// recording.
const DECIDE_NOTHING: [(&str, usize); 15] = [
    // Nobody waits for what comes of it: the scenario is about the request.
    ("certificaat-leverancier-las-verzoek", 1),
    ("koppeling-bron-las-verzoek", 1),
    ("koppeling-bron-las-verzoek-so", 1),
    ("koppeling-verzuim-las-voorloopnul", 4),
    ("po-inwinnen-las-onderwijsnummer", 1),
    ("po-inwinnen-las-vestiging", 1),
    ("po-inwinnen-las-voorloopnul", 1),
    // No step looks at what comes of it.
    ("koppeling-verzuim-las-voorloopnul", 1),
    ("po-inwinnen-las-advies-schoolwissel", 4),
    ("rio-po-las-codes-so", 1),
    // What this LAS asks of its own accord.
    ("koppeling-verzuim-las-langdurig", 4),
    // The second question to RIO: the scenario is about the first.
    ("certificaat-leverancier-las-alle-diensten", 9),
    ("rio-po-las-codes-in-inschrijving", 3),
    ("rio-po-las-codes-so", 3),
    ("rio-po-las-ophalen", 3),
];

/// A party's key, with a certificate of that moment.
pub fn key_at(party: &'static str, at: Timestamp) -> Arc<SigningKey> {
    type Keys = BTreeMap<(&'static str, Timestamp), Arc<SigningKey>>;
    static KEYS: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);
    let made = || TestPki::at(Clock::at(at)).unwrap().signing_key(party);
    let mut keys = KEYS.lock().unwrap();
    let key = keys.entry((party, at));
    Arc::clone(key.or_insert_with(|| Arc::new(made().unwrap())))
}

/// The exchange with another body in DUO's answer, signed by DUO again; `None`
/// where its answer has none, or nothing to change.
fn otherwise(one: &Passed, change: impl Fn(&str) -> Option<String>) -> Option<Passed> {
    let answer = one.response.as_ref()?.as_ref().ok()?;
    let text = std::str::from_utf8(&answer.body).ok()?;
    let (_, body) = text.split_once(":Body")?;
    let body = &body[body.find('>')? + 1..];
    let body = &body[..body.find(":Body>")?];
    let body = change(&body[..body.rfind("</")?])?;
    let at: Timestamp = one.at?;
    let asked = request_facts(one.request.as_ref()?)?;
    let action = text.split(":Action").nth(1)?.split_once('>')?.1;
    let signed = sign(&SignRequest {
        body: &body,
        action: action.split('<').next()?,
        from: &address_of("00000001800866472000"),
        to: &address_of(asked.from.as_deref()?),
        message_id: &message_id(&[body.as_bytes()]),
        relates_to: asked.message_id.as_deref(),
        confirms: asked.signature.as_deref().filter(|_| asked.security11),
        created: at,
        lifetime: SignRequest::LIFETIME,
        key: &key_at("duo", at),
        breaks: None,
    });
    let answer = Exchange {
        body: signed.unwrap().into_bytes().into(),
        ..Exchange::clone(answer)
    };
    Some(Passed {
        response: Some(Ok(Arc::new(answer))),
        ..one.clone()
    })
}

fn unanswered(one: &Passed) -> Option<Passed> {
    Some(Passed {
        response: None,
        ..one.clone()
    })
}

/// DUO approves what it refused, or refuses what it approved.
pub fn turned_round(one: &Passed) -> Option<Passed> {
    otherwise(one, |body| {
        let said = |approves: bool| format!("requestGoedgekeurd>{approves}<");
        let approves = body.contains(&said(true));
        let turned = body.replace(&said(approves), &said(!approves));
        (turned != body).then_some(turned)
    })
}

/// The melding or the foutmelding is not there.
fn without_signals(one: &Passed) -> Option<Passed> {
    otherwise(one, |body| {
        ["signaal", "foutmelding"].iter().find_map(|name| {
            let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
            let from = body.find(&begin)?;
            let to = body.rfind(&end)? + end.len();
            Some(format!("{}{}", &body[..from], &body[to..]))
        })
    })
}

/// Whether the scenario has DUO answer what the LAS must not believe: signed
/// again, that is right.
fn is_not_believed(scenario: &Scenario) -> bool {
    let mut steps = scenario.all_steps().into_iter();
    steps.any(|step| match &step.action {
        Action::Receive(receive) => match &receive.answer {
            Reply::Message { message, .. } => message.break_envelope.is_some(),
            _ => false,
        },
        _ => false,
    })
}

#[test]
fn a_recording_in_which_duo_answered_otherwise_passes_no_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let of_las = small_of_las(Library::shipped());
    let evidence = played(folder.path(), &of_las, &[]);
    let stage = stage();
    let (mut changed, mut decide_nothing) = (0, BTreeSet::new());
    for scenario in of_las {
        let all = passed(&evidence, &scenario.id);
        let said = said_in(&evidence, &scenario.id);
        let right = held_with_a_form(&stage, scenario, &all, &said);
        if right.verdict != Verdict::Pass {
            continue;
        }
        // Whatever DUO answers, the person says the same.
        let witness = witness(&right.answers);
        let of_script = scenario.parties.duo == Conduct::Script;
        for (index, one) in all.iter().enumerate() {
            if (one.from, one.to) != (Some(Role::Las), Some(Role::Duo)) {
                continue;
            }
            // What a register says beside its approval, no script has said.
            let without = of_script.then(|| without_signals(one)).flatten();
            let others = [unanswered(one), turned_round(one), without];
            let verdict = |other: Passed| {
                let mut all = all.clone();
                all[index] = other;
                held(&stage, scenario, all, &witness).verdict
            };
            // That it is signed again is not what is noticed.
            let same = otherwise(one, |body| Some(body.to_string()));
            if let Some(same) = same.filter(|_| !is_not_believed(scenario)) {
                assert_eq!(verdict(same), Verdict::Pass, "{} {index}", scenario.id);
            }
            for other in others.into_iter().flatten() {
                changed += 1;
                if verdict(other) == Verdict::Pass {
                    decide_nothing.insert((&*scenario.id, index));
                }
            }
        }
    }
    assert!(changed > 150, "{changed}");
    assert_eq!(decide_nothing, BTreeSet::from(DECIDE_NOTHING));
}

/// What DUO pushes is as decisive as what it answers, where the LAS is to show
/// it.
#[test]
fn a_recording_in_which_duo_pushed_something_else_passes_no_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let id = "po-bekostigen-las-signaal";
    let scenario = Library::shipped().scenario(id).unwrap();
    let evidence = played(folder.path(), &[scenario], &[]);
    let all = passed(&evidence, id);
    let right = held_with_a_form(&stage(), scenario, &all, &said_in(&evidence, id));
    assert_eq!(right.verdict, Verdict::Pass, "{:?}", right.reasons);
    for (from, to) in [
        ("teldatum>2027-02-01<", "teldatum>2026-02-01<"),
        ("bekostigingssignaal>", "opmerking>"),
    ] {
        let mut all = all.clone();
        let push = all.iter_mut().find(|one| one.to == Some(Role::Las));
        let request = &mut push.unwrap().request;
        let pushed = request.as_deref().unwrap();
        let text = String::from_utf8(pushed.body.to_vec()).unwrap();
        assert!(text.contains(from), "{from}");
        let body = text.replace(from, to).into_bytes().into();
        *request = Some(Arc::new(Exchange {
            body,
            ..pushed.clone()
        }));
        let other = held(&stage(), scenario, all, &witness(&right.answers));
        assert_ne!(other.verdict, Verdict::Pass, "{to}");
    }
}

/// What the LAS shows after another answer than the scenario gives is no mistake
/// of it: whoever says so truthfully fails nothing.
#[test]
fn what_a_person_saw_after_another_answer_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let id = "po-inwinnen-las-foutmelding";
    let scenario = Library::shipped().scenario(id).unwrap();
    let evidence = played(folder.path(), &[scenario], &[]);
    let all = passed(&evidence, id);
    let right = held_with_a_form(&stage(), scenario, &all, &said_in(&evidence, id));
    assert_eq!(right.verdict, Verdict::Pass, "{:?}", right.reasons);
    let saw = |answer: &str| {
        let shown = |line: &str| match line.trim_start().starts_with("shown:") {
            true => format!("{}shown: {answer}\n", &line[..line.find("shown:").unwrap()]),
            false => format!("{line}\n"),
        };
        witness(&right.answers.lines().map(shown).collect::<String>())
    };
    // What was refused, the LAS may not show as registered.
    let refused = held(&stage(), scenario, all.clone(), &saw("nee"));
    assert_eq!(refused.verdict, Verdict::Fail, "{:?}", refused.reasons);
    let approved: Vec<Passed> = all
        .iter()
        .map(|one| turned_round(one).unwrap_or_else(|| one.clone()))
        .collect();
    let held = held(&stage(), scenario, approved, &saw("nee"));
    assert_eq!(held.verdict, Verdict::Undecided, "{:?}", held.codes);
    assert!(
        held.reasons.contains("recording-otherwise"),
        "{:?}",
        held.reasons
    );
}
