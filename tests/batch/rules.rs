//! What the rules over a batch say of small batches, in tables.

use ketenkeur::batch::{BatchRule, RuleOutcome};
use ketenkeur::facts::{SourceText, synthetic_bsn, synthetic_onderwijsnummer};
use ketenkeur::finding::{Class, Grade, Judgement, Verdict};

use super::{extractor, file, judge, lines};

/// A message body; `id` and `sent` number the messages of a test.
pub fn message(root: &str, id: u32, sent: &str, school: &str, rest: &str) -> String {
    format!(
        "<m:{root} xmlns:m='urn:m'>\n\
         <identificatiecodeBedrijfsdocument>00000000-0000-4000-8000-{id:012x}</identificatiecodeBedrijfsdocument>\n\
         <instellingscode>{school}</instellingscode>\n\
         <datumTijdBedrijfsdocument>{sent}</datumTijdBedrijfsdocument>\n{rest}</m:{root}>"
    )
}

pub fn bsn(pupil: u32) -> String {
    format!(
        "<burgerservicenummer>{}</burgerservicenummer>",
        synthetic_bsn(pupil)
    )
}

/// An enrolment of pupil 1 under number `number`, sent on `sent`.
fn enrolment(id: u32, sent: &str, school: &str, number: &str, begin: &str, end: &str) -> String {
    enrolment_of(&bsn(1), id, sent, school, number, begin, end)
}

fn enrolment_of(
    person: &str,
    id: u32,
    sent: &str,
    school: &str,
    number: &str,
    begin: &str,
    end: &str,
) -> String {
    let end = if end.is_empty() {
        String::new()
    } else {
        format!("<datumUitschrijving>{end}</datumUitschrijving>")
    };
    message(
        "aanleverenInschrijvingBO_Request",
        id,
        &format!("{sent}T08:00:00Z"),
        school,
        &format!(
            "{person}<inschrijvingvolgnummer>{number}</inschrijvingvolgnummer>\
             <datumInschrijving>{begin}</datumInschrijving>{end}"
        ),
    )
}

fn removal(id: u32, sent: &str, school: &str, number: &str) -> String {
    message(
        "aanleverenVerwijderingInschrijvingBO_Request",
        id,
        &format!("{sent}T08:00:00Z"),
        school,
        &format!(
            "{}<inschrijvingvolgnummer>{number}</inschrijvingvolgnummer>",
            bsn(1)
        ),
    )
}

#[test]
fn the_latest_message_of_an_enrolment_counts() {
    let first = enrolment(1, "2026-01-01", "25BE", "1", "2024-08-01", "");
    let other = enrolment(2, "2026-01-02", "00AV", "1", "2026-01-05", "");
    let closed = enrolment(3, "2026-01-03", "25BE", "1", "2024-08-01", "2026-01-04");
    let removed = removal(4, "2026-01-04", "25BE", "1");
    let again = enrolment(5, "2026-01-05", "25BE", "1", "2024-08-01", "");
    let overlap = "KK-BATCH-DUBBELE-INSCHRIJVING";
    let table: [(&[&String], &[&str]); 6] = [
        (&[&first, &other], &[overlap]),
        (&[&first, &other, &closed], &[]),
        (&[&closed, &other, &first], &[]),
        (&[&first, &other, &removed], &[]),
        (&[&first, &other, &closed, &removed, &again], &[overlap]),
        (&[&again], &[]),
    ];
    for (batch, expected) in table {
        let batch: Vec<String> = batch.iter().map(|&xml| xml.clone()).collect();
        let found = lines(&batch);
        let codes: Vec<&str> = found.iter().map(|l| l.split(' ').next().unwrap()).collect();
        assert_eq!(codes, expected, "{batch:?}");
    }
}

#[test]
fn findings_say_what_they_compare() {
    let batch = [
        enrolment(1, "2026-01-01", "25BE", "1", "2024-08-01", ""),
        enrolment(2, "2026-01-02", "00AV", "1", "2026-01-05", "2026-02-01"),
        enrolment(3, "2026-02-02", "30ZW", "9", "2026-02-04", ""),
        enrolment(4, "2026-02-03", "25BE", "2", "2024-08-01", "2025-07-31"),
        enrolment(4, "2026-02-04", "25BE", "2", "2024-08-01", "2025-07-31"),
    ];
    let pupil = synthetic_bsn(1);
    assert_eq!(
        lines(&batch),
        [
            format!(
                "KK-BATCH-DUBBELE-INSCHRIJVING [1, 0] van=2026-01-05 tot=2026-02-01 \
                 instelling=00AV andere-instelling=25BE ander=bericht 0 leerling={pupil}"
            ),
            format!(
                "KK-BATCH-DUBBELE-INSCHRIJVING [2, 0] van=2026-02-04 tot=… \
                 instelling=30ZW andere-instelling=25BE ander=bericht 0 leerling={pupil}"
            ),
            format!(
                "KK-BATCH-DOCUMENT-DUBBEL [4, 3] document=00000000-0000-4000-8000-000000000004 \
                 ander=bericht 3 leerling={pupil}"
            ),
            format!(
                "KK-BATCH-NIEUW-VOLGNUMMER [4, 0] volgnummer=2 eerder=1 datum=2024-08-01 \
                 instelling=25BE ander=bericht 0 leerling={pupil}"
            ),
        ]
    );
}

#[test]
fn the_next_enrolment_is_one_day_later() {
    let before = enrolment(1, "2026-01-01", "25BE", "1", "2024-08-01", "2026-01-04");
    let table = [
        ("00AV", "2026-01-05", None),
        (
            "00AV",
            "2026-01-06",
            Some(
                "datum=2026-01-06 uitschrijving=2026-01-04 verwacht=2026-01-05 andere-instelling=25BE",
            ),
        ),
        ("25BE", "2026-01-06", None),
    ];
    for (school, begin, expected) in table {
        let next = enrolment(2, "2026-01-10", school, "2", begin, "");
        let found = lines(&[next, before.clone()]);
        match expected {
            Some(args) => {
                assert_eq!(found.len(), 1, "{begin}: {found:?}");
                assert!(
                    found[0].starts_with("KK-BATCH-AANSLUITING [0, 1]"),
                    "{found:?}"
                );
                assert!(found[0].contains(args), "{found:?}");
            }
            None => assert!(found.is_empty(), "{begin}: {found:?}"),
        }
    }
}

#[test]
fn a_replaced_number_is_the_same_pupil() {
    let old = synthetic_onderwijsnummer(7);
    let person = format!("<onderwijsnummer>{old}</onderwijsnummer>");
    let first = enrolment_of(&person, 1, "2026-01-01", "25BE", "1", "2024-08-01", "");
    let second = enrolment(2, "2026-01-02", "00AV", "1", "2026-01-05", "");
    assert!(lines(&[first.clone(), second.clone()]).is_empty());
    let replaced = message(
        "informerenPersoonsgegevens_Request",
        3,
        "2026-02-01T08:00:00Z",
        "25BE",
        &format!(
            "{person}<nieuwPersoonsgebondenNummer>{}</nieuwPersoonsgebondenNummer>",
            bsn(1)
        ),
    );
    assert_eq!(lines(&[first, second, replaced]).len(), 1);
}

/// Leerjaar 8 from August 2025: adviesjaar and toetsjaar 2026.
fn last_year(end: &str, begin: &str, leerjaar: &str) -> String {
    enrolment(1, "2026-03-01", "25BE", "1", "2018-08-01", end).replace(
        "</m:",
        &format!(
            "<inschrijvingPeriodeBO><datumBegin>2018-08-01</datumBegin><leerjaar>1</leerjaar>\
             </inschrijvingPeriodeBO><inschrijvingPeriodeBO><datumBegin>{begin}</datumBegin>\
             <leerjaar>{leerjaar}</leerjaar></inschrijvingPeriodeBO></m:"
        ),
    )
}

fn advice(id: u32, pupil: u32, school: &str, year: &str) -> String {
    let rest = format!(
        "{}<adviesvolgnummer>{pupil}</adviesvolgnummer><adviesjaar>{year}</adviesjaar>",
        bsn(pupil)
    );
    message(
        "aanleverenAdviesVO_Request",
        id,
        "2026-03-02T08:00:00Z",
        school,
        &rest,
    )
}

fn outcome(batch: &[String], rule: BatchRule) -> RuleOutcome {
    *judge(batch)
        .outcomes()
        .iter()
        .find(|outcome| outcome.rule == rule)
        .unwrap()
}

#[test]
fn leerjaar_8_is_judged_where_advices_were_delivered() {
    let pupil = last_year("", "2025-08-01", "8");
    let withdrawn = message(
        "aanleverenVerwijderingAdviesVO_Request",
        9,
        "2026-04-01T08:00:00Z",
        "25BE",
        &format!("{}<adviesvolgnummer>1</adviesvolgnummer>", bsn(1)),
    );
    let own = advice(2, 1, "25BE", "2026");
    let of_another = advice(3, 2, "25BE", "2026");
    let table: [(&[&String], Verdict); 9] = [
        // No advice of the school at all: nothing to compare with.
        (&[&pupil], Verdict::NotApplicable),
        (
            &[&pupil, &advice(3, 2, "00AV", "2026")],
            Verdict::NotApplicable,
        ),
        (
            &[&pupil, &advice(3, 2, "25BE", "2025")],
            Verdict::NotApplicable,
        ),
        (&[&pupil, &of_another], Verdict::Fail),
        (&[&pupil, &of_another, &own], Verdict::Pass),
        (&[&pupil, &of_another, &own, &withdrawn], Verdict::Fail),
        // Left before 1 February, or not in leerjaar 8.
        (
            &[&last_year("2026-01-31", "2025-08-01", "8"), &of_another],
            Verdict::NotApplicable,
        ),
        (
            &[&last_year("2026-02-01", "2025-08-01", "8"), &of_another],
            Verdict::Fail,
        ),
        (
            &[&last_year("", "2025-08-01", "7"), &of_another],
            Verdict::NotApplicable,
        ),
    ];
    for (batch, expected) in table {
        let batch: Vec<String> = batch.iter().map(|&xml| xml.clone()).collect();
        let verdict = outcome(&batch, BatchRule::AdviesOntbreekt).verdict();
        assert_eq!(verdict, expected, "{batch:?}");
    }
    let found = lines(&[pupil, own]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("KK-BATCH-TOETS-ONTBREEKT [0] datum=2025-08-01 toetsjaar=2026"),
        "{found:?}"
    );
}

#[test]
fn statements_are_held_against_each_teldatum() {
    let statement = |begin: &str, end: &str| {
        let rest = format!(
            "{}<beschikkingsnummer>N1</beschikkingsnummer><begindatum>{begin}</begindatum>{end}",
            bsn(1)
        );
        message(
            "aanleverenTLV_Request",
            2,
            "2025-06-01T08:00:00Z",
            "30ZW",
            &rest,
        )
    };
    let until = |day: &str| format!("<einddatum>{day}</einddatum>");
    let periods = |numbers: &[(&str, &str)]| {
        let periods: String = numbers
            .iter()
            .map(|(begin, number)| {
                format!(
                    "<inschrijvingPeriodeVSO><datumBegin>{begin}</datumBegin>\
                     <toelaatbaarheidsverklaring><beschikkingsnummer>{number}</beschikkingsnummer>\
                     </toelaatbaarheidsverklaring></inschrijvingPeriodeVSO>"
                )
            })
            .collect();
        enrolment(1, "2026-08-03", "25BE", "1", "2024-08-01", "")
            .replace("InschrijvingBO", "InschrijvingVSO")
            .replace("</m:", &format!("{periods}</m:"))
    };
    let one = periods(&[("2024-08-01", "N1"), ("2025-08-01", "N1")]);
    let table = [
        // Teldata 2025, 2026 and, the first after the message, 2027.
        (one.clone(), statement("2024-08-01", ""), None),
        (
            one.clone(),
            statement("2024-08-01", &until("2027-02-01")),
            None,
        ),
        (
            one.clone(),
            statement("2024-08-01", &until("2027-01-31")),
            Some("2027-02-01"),
        ),
        (
            one.clone(),
            statement("2024-08-01", &until("2025-07-31")),
            Some("2026-02-01"),
        ),
        (one.clone(), statement("2025-02-02", ""), Some("2025-02-01")),
        (one, statement("2025-02-01", ""), None),
        // Another number from August 2025 on, of which the batch knows nothing.
        (
            periods(&[("2024-08-01", "N1"), ("2025-08-01", "N2")]),
            statement("2024-08-01", &until("2025-07-31")),
            None,
        ),
    ];
    for (enrolment, statement, expected) in table {
        let found = lines(&[enrolment, statement.clone()]);
        match expected {
            Some(teldatum) => {
                assert_eq!(found.len(), 1, "{statement}: {found:?}");
                assert!(
                    found[0].contains(&format!("teldatum={teldatum}")),
                    "{found:?}"
                );
            }
            None => assert!(found.is_empty(), "{statement}: {found:?}"),
        }
    }
}

#[test]
fn more_statements_than_a_record_keeps_leave_the_rule_undecided() {
    let periods: String = (0..40)
        .map(|index| {
            format!(
                "<inschrijvingPeriodeVSO><datumBegin>20{:02}-08-01</datumBegin>\
                 <beschikkingsnummer>{index}</beschikkingsnummer></inschrijvingPeriodeVSO>",
                index + 10
            )
        })
        .collect();
    let enrolment = enrolment(1, "2026-08-03", "25BE", "1", "2010-08-01", "")
        .replace("InschrijvingBO", "InschrijvingVSO")
        .replace("</m:", &format!("{periods}</m:"));
    let rest = format!(
        "{}<beschikkingsnummer>39</beschikkingsnummer><begindatum>2010-08-01</begindatum>",
        bsn(1)
    );
    let statement = message(
        "aanleverenTLV_Request",
        2,
        "2025-06-01T08:00:00Z",
        "30ZW",
        &rest,
    );
    let batch = [enrolment, statement];
    let outcome = outcome(&batch, BatchRule::TlvTeldatum);
    assert_eq!((outcome.broken, outcome.undecided), (0, 1));
    assert_eq!(outcome.verdict(), Verdict::Undecided);
}

fn absence(id: u32, kind: &str, begin: &str, end: &str) -> String {
    let end = if end.is_empty() {
        String::new()
    } else {
        format!("<einddatum>{end}</einddatum>")
    };
    let rest = format!(
        "{}<verzuimsoort>{kind}</verzuimsoort><begindatum>{begin}</begindatum>{end}",
        bsn(1)
    );
    message(
        "meldenRelatiefVerzuim_Request",
        id,
        "2026-10-01T08:00:00Z",
        "25BE",
        &rest,
    )
}

/// A list of changed reports with one report of pupil 1.
fn listed(id: u32, sent: &str, number: &str, status: &str, absence: (&str, &str, &str)) -> String {
    let (kind, begin, end) = absence;
    let end = if end.is_empty() {
        String::new()
    } else {
        format!("<einddatum>{end}</einddatum>")
    };
    let rest = format!(
        "<verzuimgeval>{}<melding><meldingsnummer>{number}</meldingsnummer>\
         <verzuimsoort>{kind}</verzuimsoort><begindatum>{begin}</begindatum>{end}</melding>\
         <status>{status}</status></verzuimgeval>",
        bsn(1)
    );
    message(
        "aanvraagGewijzigdeMeldingen_Response",
        id,
        sent,
        "25BE",
        &rest,
    )
}

#[test]
fn overlapping_16_uur_reports() {
    let first = absence(1, "V3", "2026-09-07", "2026-09-24");
    let table = [
        (absence(2, "V4", "2026-09-24", ""), 1),
        (absence(2, "V3", "2026-09-25", "2026-09-30"), 0),
        (absence(2, "O", "2026-09-10", ""), 0),
        // The same report as DUO knows it.
        (
            listed(
                2,
                "2026-10-02T08:00:00Z",
                "7",
                "R",
                ("V3", "2026-09-07", "2026-09-24"),
            ),
            0,
        ),
        // Another report that DUO knows, standing or withdrawn.
        (
            listed(
                2,
                "2026-10-02T08:00:00Z",
                "7",
                "R",
                ("V3", "2026-09-14", "2026-09-30"),
            ),
            1,
        ),
        (
            listed(
                2,
                "2026-10-02T08:00:00Z",
                "7",
                "I",
                ("V3", "2026-09-14", "2026-09-30"),
            ),
            0,
        ),
    ];
    for (other, expected) in table {
        let found = lines(&[first.clone(), other.clone()]);
        assert_eq!(found.len(), expected, "{other}: {found:?}");
    }
    // A report that was sent twice is two reports, unless DUO took one back.
    let twice = absence(3, "V3", "2026-09-07", "2026-09-24");
    assert_eq!(lines(&[first.clone(), twice.clone()]).len(), 1);
    let back = listed(
        4,
        "2026-10-02T08:00:00Z",
        "7",
        "I",
        ("V3", "2026-09-07", "2026-09-24"),
    );
    assert_eq!(lines(&[first, twice, back]).len(), 0);
}

#[test]
fn reports_left_open() {
    let left = enrolment(1, "2026-10-10", "25BE", "1", "2024-08-01", "2026-10-09");
    let report = absence(2, "LRV", "2026-09-01", "");
    let mutation = |number: &str, rest: &str| {
        let rest = format!("<meldingsnummer>{number}</meldingsnummer>{rest}");
        let sent = "2026-10-05T08:00:00Z";
        message(
            "mutatieMeldingRelatiefVerzuim_Request",
            3,
            sent,
            "25BE",
            &rest,
        )
    };
    let known = listed(
        4,
        "2026-10-02T08:00:00Z",
        "7",
        "R",
        ("LRV", "2026-09-01", ""),
    );
    let ended = "<einddatum>2026-10-09</einddatum>";
    let with_begin = format!("<begindatum>2026-09-01</begindatum>{ended}");
    let table: [(&[&String], usize); 7] = [
        (&[&left, &report], 1),
        (&[&left, &absence(2, "LRV", "2026-10-10", "")], 0),
        (&[&left, &report, &known], 1),
        // Ended by a mutation of a known report, or of one that can be it.
        (&[&left, &report, &known, &mutation("7", ended)], 0),
        (&[&left, &report, &mutation("8", &with_begin)], 0),
        (&[&left, &report, &known, &mutation("8", ended)], 1),
        (&[&report], 0),
    ];
    for (batch, expected) in table {
        let batch: Vec<String> = batch.iter().map(|&xml| xml.clone()).collect();
        let found = lines(&batch);
        assert_eq!(found.len(), expected, "{batch:?}: {found:?}");
    }
}

#[test]
fn steps_of_a_report() {
    let answer = |id: u32, status: &str| {
        let rest = format!("<meldingsnummer>7</meldingsnummer><status>{status}</status>");
        let sent = format!("2026-10-{id:02}T08:00:00Z");
        message(
            "mutatieMeldingRelatiefVerzuim_Response",
            id,
            &sent,
            "25BE",
            &rest,
        )
    };
    let polled = |id: u32, status: &str| {
        let sent = format!("2026-10-{id:02}T08:00:00Z");
        listed(id, &sent, "7", status, ("O", "2026-09-01", ""))
    };
    let withdrawal = |id: u32| {
        let sent = format!("2026-10-{id:02}T08:00:00Z");
        let rest = "<meldingsnummer>7</meldingsnummer>";
        message(
            "intrekkenMeldingRelatiefVerzuim_Request",
            id,
            &sent,
            "25BE",
            rest,
        )
    };
    // All pairs of statuses as two answers.
    for from in ["R", "B", "G", "I", "K"] {
        for to in ["R", "B", "G", "I", "K", "D"] {
            let allowed = from == to
                || [
                    ("R", "B"),
                    ("R", "K"),
                    ("R", "I"),
                    ("B", "G"),
                    ("B", "I"),
                    ("B", "K"),
                ]
                .contains(&(from, to));
            let found = lines(&[answer(1, from), answer(2, to)]);
            assert_eq!(found.is_empty(), allowed, "{from} {to}: {found:?}");
        }
    }
    let table = [
        // A list may miss the step over B; it cannot undo a final status.
        (vec![answer(1, "R"), polled(2, "G")], 0),
        (vec![answer(1, "G"), polled(2, "R")], 1),
        (vec![answer(1, "R"), withdrawal(2), answer(3, "I")], 0),
        // A withdrawal that may not be is one mistake, not two.
        (vec![answer(1, "G"), withdrawal(2), polled(3, "G")], 1),
        (vec![withdrawal(2), answer(3, "R")], 0),
        (vec![answer(2, "B"), answer(1, "R"), answer(3, "G")], 0),
    ];
    for (batch, expected) in table {
        let found = lines(&batch);
        assert_eq!(found.len(), expected, "{batch:?}: {found:?}");
    }
}

#[test]
fn mutations_of_an_outdated_copy() {
    let state = |day: u32, hour: u32| {
        format!(
            "<meldingsnummer>7</meldingsnummer><procesverloop><datumLaatsteMutatie>2026-10-{day:02}\
             </datumLaatsteMutatie><tijdstipLaatsteMutatie>{hour:02}:00:00.000</tijdstipLaatsteMutatie>\
             </procesverloop>"
        )
    };
    let sent = |day: u32| format!("2026-10-{day:02}T08:00:00Z");
    let answer = |id, at: u32, day, hour| {
        let root = "mutatieMeldingRelatiefVerzuim_Response";
        message(root, id, &sent(at), "25BE", &state(day, hour))
    };
    let mutation = |at: u32, day, hour| {
        let root = "mutatieMeldingRelatiefVerzuim_Request";
        message(root, 9, &sent(at), "25BE", &state(day, hour))
    };
    let table = [
        (vec![answer(1, 1, 1, 10), mutation(5, 1, 10)], 0),
        (vec![answer(1, 2, 2, 10), mutation(5, 2, 9)], 1),
        // The answer came after the mutation, or at its moment.
        (vec![answer(1, 6, 6, 10), mutation(5, 1, 10)], 0),
        (vec![answer(1, 5, 5, 10), mutation(5, 1, 10)], 0),
        // The latest of several answers counts.
        (
            vec![answer(1, 1, 1, 10), answer(2, 4, 4, 10), mutation(5, 1, 10)],
            1,
        ),
        (vec![mutation(5, 1, 10)], 0),
    ];
    for (batch, expected) in table {
        let found = lines(&batch);
        assert_eq!(found.len(), expected, "{batch:?}: {found:?}");
    }
}

#[test]
fn a_lighter_class_than_asked_for_does_not_fail() {
    let first = enrolment(1, "2026-01-01", "25BE", "1", "2024-08-01", "");
    let other = enrolment(2, "2026-01-02", "00AV", "1", "2026-01-05", "");
    let judged = judge(&[first, other]);
    let at = BatchRule::ALL
        .iter()
        .position(|&rule| rule == BatchRule::DubbeleInschrijving)
        .unwrap();
    let verdict = |fail_on| judged.judgements(fail_on).nth(at).unwrap();
    let graded = |verdict| Judgement::new(verdict, Grade::Published);
    assert_eq!(verdict(Class::Signaal), graded(Verdict::Fail));
    assert_eq!(verdict(Class::Melding), graded(Verdict::Pass));
    let rest = judged.judgements(Class::Foutmelding).skip(at + 1);
    assert!(
        rest.into_iter()
            .all(|other| other == Judgement::NOT_APPLICABLE)
    );
}

#[test]
fn an_unusable_rule_file_names_the_key() {
    use ketenkeur::batch::{BatchRules, RecordPaths};
    let change = |source: SourceText, from: &str, to: &str| {
        assert!(source.text.contains(from), "{from}");
        SourceText::new("b.toml", source.text.replacen(from, to, 1))
    };
    let rules = |from, to| {
        BatchRules::from_toml(&change(file("schemas/batch/regels.toml"), from, to))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        rules("KK-BATCH-AANSLUITING\"", "KK-BATCH-AANSLUIT\""),
        "b.toml, rule[4].id: \"KK-BATCH-AANSLUIT\" is not known here; known are the rules over a batch"
    );
    assert_eq!(
        rules("KK-BATCH-AANSLUITING\"", "KK-BATCH-DOCUMENT-DUBBEL\""),
        "b.toml, rule[4].id: \"KK-BATCH-DOCUMENT-DUBBEL\" occurs twice"
    );
    let paths = |from, to| {
        RecordPaths::from_toml(&change(file("schemas/batch/gegevens.toml"), from, to))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        paths(
            "toetsjaar = [\"toetsjaar\"]",
            "toetsjaar = [\"toets//jaar\"]"
        ),
        "b.toml, record.message.aanleverenToetsresultaat_Request.toetsjaar: \"toets//jaar\" is not known here; known are lists of local names with slashes between them"
    );
    assert_eq!(
        paths("kind = \"toets\"", "kind = \"toetsen\""),
        "b.toml, record.message.aanleverenToetsresultaat_Request.kind: \"toetsen\" is not known here; known are inschrijving, verwijdering-inschrijving, advies, verwijdering-advies, toets, tlv, verzuim, verzuim-stand, verzuim-mutatie, verzuim-intrekking, nummerwijziging"
    );
}

#[test]
fn the_paths_of_a_message_can_be_asked_for() {
    let extractor = extractor();
    let fields = extractor
        .paths()
        .fields("aanleverenInschrijvingVSO_Request");
    let of = |name: &str| {
        let field = fields.iter().find(|(field, _)| field.name() == name);
        field.map(|(_, paths)| paths.clone()).unwrap_or_default()
    };
    assert_eq!(of("periode.leerjaar"), ["inschrijvingPeriodeVSO/leerjaar"]);
    assert_eq!(of("datum-inschrijving"), ["datumInschrijving"]);
    assert_eq!(of("bsn").len(), 2);
    assert!(extractor.paths().fields("onbekend").is_empty());
}
