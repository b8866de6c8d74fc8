//! Which message of a recording belongs to a step, and what is wrong with it:
//! that of another pupil never stands in for it, and a mistake in it never makes
//! it another message.

use std::process::Command;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ketenkeur::check::request_facts;
use ketenkeur::edukoppeling::{SignRequest, address_of, message_id, sign};
use ketenkeur::event::Event;
use ketenkeur::exchange::Exchange;
use ketenkeur::finding::Verdict;
use ketenkeur::play::{Passed, Traffic, Witness, play_recorded};
use ketenkeur::scenario::{Library, Role, Scenario};

use crate::recorded::{held, held_with_a_form, passed, played, said_in, stage, witness};
use crate::recorded_answers::{key_at, turned_round};
use crate::target::said;

/// A request in other words, signed by the LAS again.
struct Otherwise<'a> {
    /// What changes in its content.
    change: &'a dyn Fn(&str) -> String,
    /// Another OIN of who sends it.
    from: Option<&'a str>,
    /// Another MessageID.
    id: Option<String>,
    /// How much later.
    later: i64,
}

const THE_SAME: Otherwise<'static> = Otherwise {
    change: &|body: &str| body.to_string(),
    from: None,
    id: None,
    later: 60,
};

impl Otherwise<'_> {
    fn of(&self, one: &Passed) -> Passed {
        let asked = one.request.as_deref().unwrap();
        let text = std::str::from_utf8(&asked.body).unwrap();
        let (_, body) = text.split_once(":Body").unwrap();
        let body = &body[body.find('>').unwrap() + 1..];
        let body = &body[..body.find(":Body>").unwrap()];
        let body = (self.change)(&body[..body.rfind("</").unwrap()]);
        let at: Timestamp = one.at.unwrap() + SignedDuration::from_secs(self.later);
        let facts = request_facts(asked).unwrap();
        let action = text.split(":Action").nth(1).unwrap();
        let action = action.split_once('>').unwrap().1;
        let new = message_id(&[body.as_bytes(), at.to_string().as_bytes()]);
        let signed = sign(&SignRequest {
            body: &body,
            action: action.split('<').next().unwrap(),
            from: &address_of(self.from.or(facts.from.as_deref()).unwrap()),
            to: &address_of(facts.to.as_deref().unwrap()),
            message_id: self.id.as_deref().unwrap_or(&new),
            relates_to: None,
            confirms: None,
            created: at,
            lifetime: SignRequest::LIFETIME,
            key: &key_at("leverancier", at),
            breaks: None,
        });
        let request = Exchange {
            body: signed.unwrap().into_bytes().into(),
            ..Exchange::clone(asked)
        };
        Passed {
            request: Some(Arc::new(request)),
            // DUO's answer is to the other message.
            response: None,
            at: Some(at),
            ..one.clone()
        }
    }
}

fn element(one: &Passed, name: &str) -> String {
    let text = String::from_utf8(one.request.as_ref().unwrap().body.to_vec()).unwrap();
    let (_, rest) = text.split_once(name).unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap().to_string()
}

pub fn scenario(id: &str) -> &'static Arc<Scenario> {
    Library::shipped().scenario(id).unwrap()
}

/// The exchanges with DUO of a scenario, and what somebody says who saw the LAS.
pub fn recording(id: &str) -> (Vec<Passed>, String) {
    let folder = tempfile::tempdir().unwrap();
    let evidence = played(folder.path(), &[scenario(id)], &[]);
    let mut all = passed(&evidence, id);
    all.retain(|one| one.to == Some(Role::Duo));
    let said = said_in(&evidence, id);
    let whole = held_with_a_form(&stage(), scenario(id), &all, &said);
    assert_eq!(whole.verdict, Verdict::Pass, "{id}: {:?}", whole.reasons);
    (all, whole.answers)
}

/// Whichever message comes after it, a number that was used twice is a mistake;
/// the same document sent again is none.
#[test]
fn a_number_that_was_used_twice_is_a_mistake_whatever_else_there_is() {
    for (id, name) in [
        (
            "po-inwinnen-las-kenmerken",
            "identificatiecodeBedrijfsdocument",
        ),
        ("koppeling-bron-las-messageid", "MessageID"),
    ] {
        let (all, answers) = recording(id);
        let [first, second] = &all[..] else {
            panic!("{} exchanges", all.len())
        };
        let (used, own) = (element(first, name), element(second, name));
        let twice = Otherwise {
            change: &|body| body.replace(&own, &used),
            id: (name == "MessageID").then(|| used.clone()),
            ..THE_SAME
        };
        let other_pupil = Otherwise {
            change: &|body| body.replace(&own, &used).replace("999987112", "999974233"),
            id: (name == "MessageID").then(|| used.clone()),
            ..THE_SAME
        };
        let again = THE_SAME.of(first);
        let (first, second) = (first.clone(), second.clone());
        let wrong = twice.of(&second);
        let strange = other_pupil.of(&second);
        for (told, exchanges, verdict) in [
            ("alone", vec![first.clone(), wrong.clone()], Verdict::Fail),
            (
                "before the right one",
                vec![first.clone(), wrong.clone(), second.clone()],
                Verdict::Fail,
            ),
            (
                "after it",
                vec![first.clone(), second.clone(), wrong],
                Verdict::Fail,
            ),
            (
                "of another pupil",
                vec![first.clone(), second.clone(), strange],
                Verdict::Fail,
            ),
            (
                "sent again",
                vec![first.clone(), again, second.clone()],
                Verdict::Pass,
            ),
            (
                "recorded twice",
                vec![first.clone(), first, second],
                Verdict::Pass,
            ),
        ] {
            let whole = held(
                &stage(),
                scenario(id),
                exchanges.clone(),
                &witness(&answers),
            );
            if verdict == Verdict::Fail {
                assert_eq!(whole.verdict, verdict, "{id}, {told}: {:?}", whole.reasons);
                assert!(whole.codes.contains("KK-SC-BEWERING"), "{:?}", whole.codes);
                let alone = held(&stage(), scenario(id), exchanges, &Witness::default());
                assert_eq!(alone.verdict, verdict, "{id}, {told}: {:?}", alone.reasons);
            } else {
                // DUO's answer to it was not recorded.
                assert_ne!(whole.verdict, Verdict::Fail, "{id}, {told}: {}", whole.told);
                assert!(!whole.codes.contains("KK-SC-BEWERING"), "{:?}", whole.codes);
            }
        }
    }
}

/// What makes it a mistake is in the evidence: it is judged again to the same.
#[test]
fn a_number_that_was_used_twice_is_found_again_by_verify() {
    let id = "po-inwinnen-las-kenmerken";
    let (all, _) = recording(id);
    let name = "identificatiecodeBedrijfsdocument";
    let (used, own) = (element(&all[0], name), element(&all[1], name));
    let twice = Otherwise {
        change: &|body| body.replace(&own, &used),
        ..THE_SAME
    };
    let folder = tempfile::tempdir().unwrap();
    for (file, one) in [("1.xml", all[0].clone()), ("2.xml", twice.of(&all[1]))] {
        let body = &one.request.as_ref().unwrap().body;
        std::fs::write(folder.path().join(file), body).unwrap();
    }
    let at = all[1].at.unwrap().to_string();
    let call = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
        command.current_dir(folder.path()).args(["--lang", "en"]);
        let output = command.args(args).output().unwrap();
        (output.status.code(), said(&output))
    };
    let run = [
        "run",
        "--recorded",
        "1.xml",
        "--recorded",
        "2.xml",
        "--id",
        id,
    ];
    let (code, told) = call(&[&run[..], &["--now", &at, "--out", "uit"]].concat());
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("KK-SC-BEWERING"), "{told}");
    let (code, verified) = call(&["runs", "verify", "uit"]);
    assert_eq!(code, Some(0), "{verified}");
}

/// Another pupil's message is no correction of this one's, and what DUO refused
/// nobody can say to be registered.
#[test]
fn a_message_about_another_pupil_is_not_that_of_the_step() {
    let id = "po-inwinnen-las-kenmerken";
    let (all, answers) = recording(id);
    let (of_other, _) = recording("po-inwinnen-las-melding");
    let refused = turned_round(&all[1]).unwrap();
    let mut later = of_other[0].clone();
    later.at = refused.at.map(|at| at + SignedDuration::from_secs(1));
    let exchanges = vec![all[0].clone(), refused.clone(), later.clone()];
    let whole = held(&stage(), scenario(id), exchanges, &witness(&answers));
    assert_eq!(whole.verdict, Verdict::Undecided, "{:?}", whole.reasons);
    assert!(
        whole.reasons.contains("recording-answer"),
        "{:?}",
        whole.reasons
    );
    let without = vec![all[0].clone(), later];
    let whole = held(&stage(), scenario(id), without, &witness(&answers));
    assert_eq!(whole.verdict, Verdict::Undecided, "{:?}", whole.reasons);
    assert!(
        whole.reasons.contains("recording-pupil"),
        "{:?}",
        whole.reasons
    );
    // Nothing is asked about what DUO refused: no answer counts.
    let refused = vec![all[0].clone(), refused];
    let left = held(&stage(), scenario(id), refused, &Witness::default());
    assert!(left.open.is_empty(), "{:?}", left.open);
}

/// What must be so in the envelope does not tell which message it is.
#[test]
fn a_mistake_in_the_envelope_does_not_make_it_another_message() {
    let id = "certificaat-leverancier-las-verzoek";
    let folder = tempfile::tempdir().unwrap();
    let evidence = played(folder.path(), &[scenario(id)], &[]);
    let all = passed(&evidence, id);
    let asked = all.iter().find(|one| one.to == Some(Role::Duo)).unwrap();
    let hold = |one: Passed| held(&stage(), scenario(id), vec![one], &Witness::default());
    let right = hold(THE_SAME.of(asked));
    assert!(!right.codes.contains("KK-SC-BEWERING"), "{}", right.told);
    let other_school = Otherwise {
        from: Some("0000000700000AV00000"),
        ..THE_SAME
    };
    let wrong = hold(other_school.of(asked));
    assert_eq!(wrong.verdict, Verdict::Fail, "{:?}", wrong.reasons);
    assert!(wrong.codes.contains("KK-SC-BEWERING"), "{}", wrong.told);
    // A message of another school has that school's address.
    let of_it = Otherwise {
        change: &|body| body.replace("25BE", "00AV"),
        ..other_school
    };
    let other = hold(of_it.of(asked));
    assert!(!other.codes.contains("KK-SC-BEWERING"), "{}", other.told);
}

/// The only message of an action about a pupil is most likely that of the step;
/// that it is, a person can say.
#[test]
fn the_only_message_about_the_pupil_is_told_and_counts_where_a_person_says_so() {
    let id = "po-inwinnen-las-uitschrijven";
    let (all, answers) = recording(id);
    let date = element(&all[0], "datumUitschrijving");
    let change = |body: &str| body.replace(&date, "2026-12-04");
    let other = Otherwise {
        change: &change,
        ..THE_SAME
    };
    let mut wrong = other.of(&all[0]);
    wrong.response = all[0].response.clone();
    let alone = held(
        &stage(),
        scenario(id),
        vec![wrong.clone()],
        &Witness::default(),
    );
    assert_ne!(alone.verdict, Verdict::Fail, "{:?}", alone.codes);
    let said = held(
        &stage(),
        scenario(id),
        vec![wrong.clone()],
        &witness(&answers),
    );
    assert_eq!(said.verdict, Verdict::Fail, "{:?}", said.reasons);
    assert!(said.codes.contains("KK-SC-BEWERING"), "{}", said.told);
    // There are two that it can be.
    let another = Otherwise {
        later: 120,
        ..other
    };
    let both = vec![wrong, another.of(&all[0])];
    let both = held(&stage(), scenario(id), both, &witness(&answers));
    assert_ne!(both.verdict, Verdict::Fail, "{:?}", both.codes);
}

/// What the scenario had the LAS do is held against the message that shows it: a
/// delivery with another content, or by another school, is of something else.
#[test]
fn a_message_with_another_value_than_was_asked_for_is_not_that_of_the_step() {
    let leerjaar = |body: &str| {
        let body = body.replace("leerjaar>1<", "leerjaar>5<");
        body.replace("groep>1A<", "groep>5A<")
    };
    let school = |body: &str| body.replace("25BE", "00AV");
    type Change<'c> = &'c dyn Fn(&str) -> String;
    let other_school = Some("0000000700000AV00000");
    let cases: [(&str, Change<'_>, Option<&str>, &str, &str); 3] = [
        (
            "po-inwinnen-las-inschrijven",
            &leerjaar,
            None,
            "leerjaar 1",
            "leerjaar 5",
        ),
        (
            "koppeling-bron-las-verzoek",
            &leerjaar,
            None,
            "leerjaar 1",
            "leerjaar 5",
        ),
        (
            "koppeling-bron-las-verzoek",
            &school,
            other_school,
            "instellingscode 25BE",
            "instellingscode 00AV",
        ),
    ];
    for (id, change, from, asked, there) in cases {
        let (all, answers) = recording(id);
        let [one] = &all[..] else {
            panic!("{} exchanges", all.len())
        };
        let other = |change, from| {
            let otherwise = Otherwise {
                change,
                from,
                id: Some(element(one, "MessageID")),
                later: 0,
            };
            Passed {
                response: one.response.clone(),
                ..otherwise.of(one)
            }
        };
        let same = other(THE_SAME.change, None);
        let right = held(&stage(), scenario(id), vec![same], &witness(&answers));
        assert_eq!(right.verdict, Verdict::Pass, "{id}: {}", right.told);
        let wrong = other(change, from);
        let hold = |exchanges| held(&stage(), scenario(id), exchanges, &witness(&answers));
        let alone = hold(vec![wrong.clone()]);
        assert_eq!(alone.verdict, Verdict::Undecided, "{id}: {}", alone.told);
        assert!(alone.reasons.contains("recording-with"), "{}", alone.told);
        assert!(alone.told.contains(asked), "{asked}: {}", alone.told);
        assert!(alone.told.contains(there), "{there}: {}", alone.told);
        // Another enrolment of the pupil is no mistake beside the right one.
        let both = hold(vec![wrong, one.clone()]);
        assert_eq!(both.verdict, Verdict::Pass, "{id}: {}", both.told);
    }
}

/// A value that was copied wrongly, or that the LAS shows wrongly, passes
/// nothing.
#[test]
fn a_value_that_somebody_gives_is_held_against_the_recorded_answer() {
    let id = "koppeling-verzuim-las-melding";
    let (all, answers) = recording(id);
    let line = answers
        .lines()
        .find(|line| line.contains("meldingsnummer\":"));
    let line = line.unwrap();
    let other = answers.replace(line, "    \"meldingsnummer\": \"7999999\"");
    let whole = held(&stage(), scenario(id), all, &witness(&other));
    assert_eq!(whole.verdict, Verdict::Undecided, "{:?}", whole.codes);
    assert!(
        whole.reasons.contains("recording-value-against"),
        "{:?}",
        whole.reasons
    );
    assert!(whole.told.contains("7999999"), "{}", whole.told);
}

/// A right recording is wrong for no scenario, also not for those of which it
/// has only a similar message.
#[test]
fn a_right_recording_fails_no_other_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Library::shipped();
    let of_las = shipped.scenarios.iter();
    let of_las = of_las.filter(|one| one.subject == Role::Las && one.pupils == 0);
    let of_las: Vec<&Arc<Scenario>> = of_las.collect();
    let evidence = played(folder.path(), &of_las, &[]);
    let stage = stage();
    let all: Vec<Arc<Scenario>> = of_las.iter().map(|one| Arc::clone(one)).collect();
    for recorded in of_las {
        let mut traffic = Traffic::default();
        traffic.exchanges = passed(&evidence, &recorded.id);
        let nobody = Witness::default();
        let held = play_recorded(&stage, &all, &traffic, &nobody, &|| (), |event| {
            if let Event::Played(played) = event {
                let verdict = played.judgement.verdict;
                let (id, about) = (&recorded.id, &played.about.scenario);
                assert_ne!(
                    verdict,
                    Verdict::Fail,
                    "{id} for {about}: {:?}",
                    played.findings
                );
            }
        });
        held.unwrap();
    }
}

/// Nobody saw on a day what came after it.
#[test]
fn a_form_of_before_the_recording_or_of_tomorrow_is_refused() {
    const HAR: &str = r#"{"log":{"version":"1.2","creator":{"name":"proef","version":"1"},"entries":[{"startedDateTime":"2026-09-28T09:00:00Z","time":1,"request":{"method":"POST","url":"https://duo.example/","httpVersion":"HTTP/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":4,"postData":{"mimeType":"text/xml","text":"<a/>"}},"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","headers":[],"cookies":[],"redirectURL":"","headersSize":-1,"bodySize":4,"content":{"size":4,"mimeType":"text/xml","text":"<a/>"}},"cache":{},"timings":{"send":0,"wait":1,"receive":0}}]}}"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("opname.har"), HAR).unwrap();
    for (language, on, told) in [
        ("nl", "2026-09-28", None),
        (
            "nl",
            "2026-09-27",
            Some(
                "regel 2, kolom 5: 2026-09-27 ligt voor de opname, die op 2026-09-28 begint: wat daarin staat, was toen nog niet te zien.",
            ),
        ),
        (
            "en",
            "2999-01-01",
            Some("line 2, column 5: 2999-01-01 lies in the future: today is "),
        ),
    ] {
        let form = format!(
            "by: beheer\non: {on}\nanswers:\n- scenario: po-inwinnen-las-melding\n  step: \"1.1.1\"\n  action: inschrijven\n  outcome: done\n"
        );
        std::fs::write(folder.path().join("antwoord.yaml"), form).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .current_dir(folder.path())
            .args(["run", "--lang", language, "--recorded", "opname.har"])
            .args(["--now", "2026-09-29T09:00:00Z", "--key", "rio-po"])
            .args(["--answers", "antwoord.yaml"])
            .output()
            .unwrap();
        let shown = said(&output);
        let code = output.status.code();
        assert_eq!(code == Some(2), told.is_some(), "{on}: {code:?} {shown}");
        if let Some(told) = told {
            assert!(shown.contains(told), "{told}\n{shown}");
        }
    }
}
