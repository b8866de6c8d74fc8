//! What a million messages cost. `cargo test --release --test batch -- --ignored --nocapture`.

use std::time::Instant;

use super::rules::{bsn, message};
use ketenkeur::batch::BatchJudge;

use super::{batch_rules, calendar, document, extractor};

const MESSAGES: u32 = 1_000_000;

/// A message of a school year over some nine thousand synthetic pupils: four
/// enrolments of four periods to two advices or results, three absence reports
/// and one statement.
fn nth(index: u32) -> String {
    let pupil = index / 10 % 9_000;
    let school = format!("{:02}BE", pupil % 100);
    let sent = format!(
        "2026-{:02}-{:02}T08:00:00.{:03}Z",
        index % 12 + 1,
        index % 28 + 1,
        index % 1000
    );
    let number = index / 90_000;
    let person = bsn(pupil);
    let (root, rest) = match index % 10 {
        kind @ 0..4 => {
            let statement = if kind == 3 {
                "<toelaatbaarheidsverklaring><beschikkingsnummer>2604-25-000871</beschikkingsnummer></toelaatbaarheidsverklaring>"
            } else {
                ""
            };
            let periods: String = (5..9)
                .map(|leerjaar| {
                    format!(
                        "<inschrijvingPeriodeBO><datumBegin>{}-08-01</datumBegin>\
                         <vestigingscode>{school}00</vestigingscode><leerjaar>{leerjaar}</leerjaar>\
                         {statement}</inschrijvingPeriodeBO>",
                        2017 + leerjaar
                    )
                })
                .collect();
            (
                "aanleverenInschrijvingBO_Request",
                format!(
                    "<inschrijvingvolgnummer>{school}-{number}-{kind}</inschrijvingvolgnummer>\
                     <datumInschrijving>2022-08-{:02}</datumInschrijving>{periods}",
                    kind + 1
                ),
            )
        }
        4 => (
            "aanleverenAdviesVO_Request",
            format!("<adviesvolgnummer>{number}</adviesvolgnummer><adviesjaar>2026</adviesjaar>"),
        ),
        5 => ("aanleverenToetsresultaat_Request", "<toetsjaar>2026</toetsjaar>".to_string()),
        6 => (
            "aanleverenTLV_Request",
            "<beschikkingsnummer>2604-25-000871</beschikkingsnummer><begindatum>2024-08-01</begindatum>".to_string(),
        ),
        _ => (
            "meldenRelatiefVerzuim_Request",
            format!(
                "<verzuimsoort>V3</verzuimsoort><begindatum>2026-{:02}-07</begindatum>\
                 <einddatum>2026-{:02}-24</einddatum>",
                index % 12 + 1,
                index % 12 + 1
            ),
        ),
    };
    message(root, index, &sent, &school, &format!("{person}{rest}"))
}

/// The most memory that the process has had, in MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib / 1024)
}

#[test]
#[ignore = "takes minutes without optimisation"]
fn a_million_messages_fit_into_a_gibibyte() {
    let extractor = extractor();
    let mut judge = BatchJudge::new(extractor.clone());
    let calendar = calendar();
    let (mut bytes, mut extracting) = (0, std::time::Duration::ZERO);
    for input in 0..MESSAGES {
        let document = document(&nth(input));
        let start = Instant::now();
        let records = extractor.extract(&document, document.root_element(), input);
        extracting += start.elapsed();
        bytes += records.iter().map(|record| record.bytes()).sum::<usize>();
        judge.add(records);
    }
    assert_eq!(judge.len(), MESSAGES as usize);
    println!(
        "{} bytes a record, {:.2} us a message to extract, {:?} MiB at most before judging",
        bytes / MESSAGES as usize,
        extracting.as_secs_f64() * 1e6 / f64::from(MESSAGES),
        peak()
    );
    let start = Instant::now();
    let judged = judge.judge(batch_rules(), &calendar);
    let judging = start.elapsed();
    let start = Instant::now();
    let findings = judged.findings(super::name).count();
    println!(
        "judged in {judging:.2?}, {findings} findings made in {:.2?}, {:?} MiB at most",
        start.elapsed(),
        peak()
    );
    assert_eq!(findings, judged.len());
    if let Some(peak) = peak() {
        assert!(peak < 1024, "{peak} MiB");
    }
}

/// Every pupil the same: the worst that a sweep can meet.
#[test]
fn one_pupil_with_very_many_enrolments_is_judged_at_once() {
    let extractor = extractor();
    let mut judge = BatchJudge::new(extractor.clone());
    let count = 20_000;
    for input in 0..count {
        let school = format!(
            "{:02}{}E",
            input % 100,
            char::from(b'A' + (input / 100 % 26) as u8)
        );
        let rest = format!(
            "{}<inschrijvingvolgnummer>{input}</inschrijvingvolgnummer>\
             <datumInschrijving>2025-08-01</datumInschrijving>",
            bsn(1)
        );
        let xml = message(
            "aanleverenInschrijvingBO_Request",
            input,
            "2025-08-01T08:00:00Z",
            &school,
            &rest,
        );
        let document = document(&xml);
        judge.add(extractor.extract(&document, document.root_element(), input));
    }
    let judged = judge.judge(batch_rules(), &calendar());
    // One double enrolment for each but those of the first's school.
    assert!(judged.len() > count as usize / 2);
    assert!(judged.len() < 2 * count as usize);
}
