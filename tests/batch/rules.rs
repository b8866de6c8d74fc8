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
pub fn enrolment(
    id: u32,
    sent: &str,
    school: &str,
    number: &str,
    begin: &str,
    end: &str,
) -> String {
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
    assert_eq!(of("periode.begin"), ["inschrijvingPeriodeVSO/datumBegin"]);
    assert_eq!(of("datum-inschrijving"), ["datumInschrijving"]);
    assert_eq!(of("bsn").len(), 2);
    assert!(extractor.paths().fields("onbekend").is_empty());
}
