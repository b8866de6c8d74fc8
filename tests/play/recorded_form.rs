//! The form on which a person says what recorded traffic cannot show, and the
//! same questions on the terminal.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use ketenkeur::event::Event;
use ketenkeur::evidence::Evidence;
use ketenkeur::play::{Traffic, Witness, form, play_recorded};
use ketenkeur::scenario::{Library, Scenario};

use crate::recorded::{filled_in, passed, played, said_in, small_of_las, stage};
use crate::target::said;

/// A form asks nothing whose answer cannot matter: of a scenario of which the
/// recording has nothing, it has nothing after the answers either.
#[test]
fn a_form_asks_only_about_what_the_recording_has_something_of() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Library::shipped();
    let recorded = ["po-inwinnen-las-melding", "po-inwinnen-las-no-show"];
    let recorded = recorded.map(|id| shipped.scenario(id).unwrap());
    let evidence = played(folder.path(), &recorded, &[]);
    let mut traffic = Traffic::default();
    for scenario in recorded {
        traffic.exchanges.extend(passed(&evidence, &scenario.id));
    }
    let of_las: Vec<Arc<Scenario>> = small_of_las(shipped).into_iter().cloned().collect();
    let stage = stage();
    let hold = |witness: &Witness| {
        let mut without = BTreeSet::new();
        let left = play_recorded(&stage, &of_las, &traffic, witness, &|| (), |event| {
            if let Event::Played(played) = event
                && played.not_played.as_deref() == Some("not-recorded")
            {
                without.insert(played.about.scenario);
            }
        });
        (left.unwrap(), without)
    };
    let (left, without) = hold(&Witness::default());
    let whole = Witness::read(form("", &left.asked).as_bytes(), true).unwrap();
    assert_eq!(whole.strangers(&of_las), [], "a form that we wrote");
    let of = |scenario: &str| {
        let asked = left.asked.iter();
        asked
            .filter(|asked| *asked.scenario == *scenario)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(left.asked.len() > 5, "{:?}", left.asked);
    let mut may_be = 0;
    for scenario in &without {
        let asked = of(scenario);
        may_be += usize::from(!asked.is_empty());
        let gives = asked.iter().any(|asked| !asked.values.is_empty());
        assert!(asked.is_empty() || gives, "{scenario}: {asked:?}");
    }
    assert_eq!(left.without, without.len() - may_be);
    assert!(left.without > of_las.len() / 2, "{}", left.without);
    // The number of a pupil who never came stands only on the screen of the LAS.
    assert!(without.contains("po-inwinnen-las-no-show"));
    let said = said_in(&evidence, "po-inwinnen-las-no-show");
    let answers = filled_in(&form("", &of("po-inwinnen-las-no-show")), &said);
    let (_, after) = hold(&Witness::read(answers.as_bytes(), true).unwrap());
    assert!(!after.contains("po-inwinnen-las-no-show"), "{answers}");
    assert!(after.is_subset(&without));
}

/// An answer to what nobody asked would count for nothing: that is told, and
/// what was meant.
#[test]
fn an_answer_about_no_step_of_a_scenario_is_a_mistake_on_the_form() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bericht.xml"), "<a/>").unwrap();
    const FORM: &str = "by: beheer\non: 2026-09-28\nanswers:\n- scenario: po-inwinnen-las-melding\n  step: \"1.1.1\"\n  action: inschrijven\n";
    for (language, from, to, told) in [
        ("nl", "", "", None),
        (
            "nl",
            "las-melding",
            "las-meldign",
            Some(
                "regel 4, kolom 13: Het scenario «po-inwinnen-las-meldign» bestaat niet. Bedoelt u «po-inwinnen-las-melding»?",
            ),
        ),
        (
            "en",
            "las-melding",
            "las-meldign",
            Some(
                "line 4, column 13: There is no scenario \"po-inwinnen-las-meldign\". Did you mean \"po-inwinnen-las-melding\"?",
            ),
        ),
        (
            "nl",
            "\"1.1.1\"",
            "\"1.1.2\"",
            Some(
                "regel 5, kolom 9: Het scenario «po-inwinnen-las-melding» heeft geen stap 1.1.2 waarvan een mens iets kan zeggen. Bedoelt u 1.1.1? Die stappen zijn: 1.1.1, 2.",
            ),
        ),
        (
            "en",
            "inschrijven",
            "uitschrijven",
            Some(
                "line 6, column 11: Step 1.1.1 of \"po-inwinnen-las-melding\" is about the action \"inschrijven\", not about \"uitschrijven\".",
            ),
        ),
        (
            "nl",
            "action: inschrijven\n",
            "action: inschrijven\n  shows: [{ path: $.gregistreerd, wanted: true, shown: ja }]\n",
            Some(
                "regel 7, kolom 19: Over stap 1.1.1 van «po-inwinnen-las-melding» wordt niets gevraagd onder «$.gregistreerd». Bedoelt u «$.geregistreerd»?",
            ),
        ),
        (
            "en",
            "action: inschrijven\n",
            "action: inschrijven\n  values: { meldingsnummer: 7 }\n",
            Some(
                "line 7, column 13: Nothing is asked as \"meldingsnummer\" about step 1.1.1 of \"po-inwinnen-las-melding\". Asked are: $.geregistreerd, ",
            ),
        ),
        (
            "en",
            "by: beheer\n",
            "by: \"  \"\n",
            Some("line 1, column 5: The field \"by\" is missing or empty. Fill it in."),
        ),
        ("nl", "by: beheer\n", "", None),
        (
            "nl",
            "by: beheer\non: 2026-09-28\nanswers:\n- scenario: po-inwinnen-las-melding\n  step: \"1.1.1\"\n",
            "on: gisteren\nby:\nanswers:\n- scenario: po-inwinnen-las-melding\n  step: \"1.1.1\"\n  outcome: done\n",
            Some("regel 2, kolom 1: Het veld «by» ontbreekt of is leeg. Vul het in."),
        ),
        (
            "en",
            "on: 2026-09-28",
            "on: yesterday",
            Some("line 2, column 5: \"yesterday\" is no date such as 2026-09-28."),
        ),
        (
            "nl",
            "action: inschrijven\n",
            "action: inschrijven\n  with: { burgerservicenumer: \"999974233\" }\n",
            Some(
                "regel 7, kolom 11: Bij stap 1.1.1 van «po-inwinnen-las-melding» hoort geen gegeven «burgerservicenumer». Bedoelt u «burgerservicenummer»?",
            ),
        ),
        (
            "en",
            "action: inschrijven\n",
            "action: inschrijven\n  shows: [{ path: $.geregistreerd, wanted: false, shown: ja }]\n",
            Some(
                "line 7, column 44: Step 1.1.1 of \"po-inwinnen-las-melding\" asks at \"$.geregistreerd\" for true, not for false.",
            ),
        ),
        (
            "nl",
            "action: inschrijven\n",
            "action: inschrijven\n  outcome: done\n- scenario: po-inwinnen-las-melding\n  step: \"1.1.1\"\n  action: inschrijven\n",
            Some(
                "regel 8, kolom 13: Over stap 1.1.1 van «po-inwinnen-las-melding» staat hier een tweede antwoord. Houd er één over.",
            ),
        ),
    ] {
        std::fs::write(folder.path().join("antwoord.yaml"), FORM.replace(from, to)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .current_dir(folder.path())
            .args(["run", "--lang", language, "--recorded", "bericht.xml"])
            // Of another key: what stands on the form is known all the same.
            .args(["--key", "rio-po", "--answers", "antwoord.yaml"])
            .output()
            .unwrap();
        let shown = said(&output);
        let code = output.status.code();
        assert_eq!(code == Some(2), told.is_some(), "{to}: {code:?} {shown}");
        if let Some(told) = told {
            let told = format!("antwoord.yaml, {told}");
            assert!(shown.contains(&told), "{told}\n{shown}");
        }
    }
}

#[test]
fn a_form_is_written_read_and_never_overwritten_and_a_terminal_asks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let id = "po-inwinnen-las-melding";
    let scenario = Library::shipped().scenario(id).unwrap();
    let evidence = played(folder.path(), &[scenario], &[]);
    let exchange = messages_of(&evidence, id);
    std::fs::write(folder.path().join("opname.http"), exchange).unwrap();
    let run = |more: &[&str], keys: &str| {
        let fixed = [
            "run",
            "--lang",
            "en",
            "--recorded",
            "opname.http",
            "--now",
            "2026-08-03T09:00:00Z",
            "--id",
            id,
        ];
        let mut child = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .current_dir(folder.path())
            .args(fixed)
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), said(&output))
    };
    let (code, told) = run(&["--form", "formulier.yaml"], "");
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("formulier.yaml"), "{told}");
    let (_, told) = run(&["--id", "rio-po-las-vervallen-code"], "");
    let without = "Scenarios of which the recording has nothing, whatever anybody answers: 1.";
    assert!(told.contains(without), "{told}");
    let form = std::fs::read_to_string(folder.path().join("formulier.yaml")).unwrap();
    assert!(form.contains("shown:\n"), "{form}");
    let (code, told) = run(&["--form", "formulier.yaml"], "");
    assert_eq!(code, Some(2), "{told}");
    let answer = |name: &str, answer: &str| {
        let form = form.replace("shown:\n", &format!("shown: {answer}\n"));
        let form = form.replace("by:\n", "by: De Linde, beheer\n");
        let form = form.replace("on:\n", "on: 2026-09-28\n");
        std::fs::write(folder.path().join(name), form).unwrap();
    };
    answer("fout.yaml", "misschien");
    let (code, told) = run(&["--answers", "fout.yaml"], "");
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("misschien") && told.contains("fout.yaml, line"),
        "{told}"
    );
    // What a person says is marked, and counts as what the LAS would say.
    let mark = "rest on what a person said";
    for (says, code, told_so) in [("ja", 5, mark), ("nee", 1, "KK-SC-JSON")] {
        answer("antwoord.yaml", says);
        let out = format!("bewijs-{says}");
        let (ended, told) = run(&["--answers", "antwoord.yaml", "--out", &out], "");
        assert_eq!(ended, Some(code), "{told}");
        let told = told.replace("\n  │", "");
        assert!(told.contains(told_so), "{told}");
        let verified = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .current_dir(folder.path())
            .args(["runs", "verify", &out])
            .output()
            .unwrap();
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    }
    let (code, told) = run(&["--ask"], &format!("beheer\n{}", "\n".repeat(20)));
    assert_eq!(code, Some(5), "{told}");
    assert!(
        told.contains("Does the LAS show") && told.contains(mark),
        "{told}"
    );
    let (code, told) = run(
        &["--ask"],
        &format!("beheer 999999990 123456782\n{}", "\n".repeat(20)),
    );
    assert_eq!(code, Some(5), "{told}");
    assert!(
        told.contains("beheer") && !told.contains("123456782"),
        "{told}"
    );
}

/// A step that is left open says what it looked for, and what came nearest.
#[test]
fn what_is_not_in_the_recording_is_told_with_what_came_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let id = "po-inwinnen-las-foutmelding";
    let scenario = Library::shipped().scenario(id).unwrap();
    let evidence = played(folder.path(), &[scenario], &[]);
    // The enrolment and DUO's refusal, and the first of two messages about
    // another pupil.
    let dates = "po-inwinnen-las-inschrijfdatum";
    let of_dates = Library::shipped().scenario(dates).unwrap();
    let second = tempfile::tempdir().unwrap();
    let first = messages_of(&played(second.path(), &[of_dates], &[]), dates);
    std::fs::write(folder.path().join("eerste.http"), first).unwrap();
    let refused = messages_of(&evidence, id);
    std::fs::write(folder.path().join("opname.http"), refused).unwrap();
    let told = |id: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
            .current_dir(folder.path())
            .args(["run", "--lang", "en", "--recorded", "opname.http"])
            .args(["--recorded", "eerste.http", "--id", id])
            .args(["--now", "2026-08-03T09:00:00Z"])
            .output()
            .unwrap();
        let shown = said(&output).replace("\n  │ ", " ");
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let melding = told("po-inwinnen-las-melding");
    for told in [
        "the answer that the scenario gives there. Looked for: aanleverenInschrijvingBO_Response 200, MELDING KK-VOORBEELD-MELDING, requestGoedgekeurd true.",
        "Nearest: exchange 1",
        "There it says: aanleverenInschrijvingBO_Response, HTTP 200, FOUTMELDING 046_waardenlijst_fout, requestGoedgekeurd false.",
    ] {
        assert!(melding.contains(told), "{told}\n{melding}");
    }
    assert!(melding.contains("1 scenario judged by recorded traffic"));
    let nobodys = "Without --target nobody knows whose the recorded traffic is: this result says nothing about a product";
    assert!(melding.contains(nobodys), "{melding}");
    // What to do differs with why.
    for advice in [
        "There is nothing to mend in the LAS",
        "Write a form with --form",
        "a HAR or a file with a message does not have the connection",
    ] {
        assert!(melding.contains(advice), "{advice}\n{melding}");
    }
    // Two enrolments are looked for, and there is one.
    let both = told(dates);
    let taken = "That one is that of an earlier step, or came before it.";
    assert!(both.contains(taken), "{both}");
}

/// The exchange with DUO, as messages of HTTP.
fn messages_of(evidence: &Evidence, id: &str) -> Vec<u8> {
    let number = number_of(evidence, id);
    let sides = ["request", "response"].map(|side| {
        let name = format!("exchanges/{id}/{number:04}-{side}.http");
        evidence.read(&name).unwrap()
    });
    sides.concat()
}

/// The number of the exchange with DUO.
fn number_of(evidence: &Evidence, id: &str) -> u32 {
    let mut numbers = 1..10;
    let with_duo = |number: &u32| evidence.exchange(id, *number).unwrap().record.to == "duo";
    numbers.find(with_duo).unwrap()
}
