//! What the rules over a batch say of reports of absence, in tables.

use super::rules::*;
use super::*;

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
