//! The disputes file: what a supplier or the team holds against a rule or a
//! finding.
//!
//! ```toml
//! [[dispute]]
//! rule = "KK-XSD-LENGTE"
//! finding = "4f1c0e9a2b7d6350"          # its fingerprint; every finding of the rule without it
//! by = "00000003123456780000"            # the supplier's OIN, or "team"
//! note = "…"
//! source = "PvE BRON po 1.3, § 4.2"
//! since = 2026-10-01
//! settled = 2026-11-01                   # with the outcome, once there is one
//! outcome = "…"
//! ```

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::user_file::{self, Expected, Mistake, UserFileError, line_in_list};
use crate::document::nearest;
use crate::finding::{DataClass, Dispute, TEAM, mask};
use crate::limits::{MAX_DISPUTE_CHARS, MAX_DISPUTES};
use crate::pack::Day;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    dispute: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    finding: Option<String>,
    by: String,
    note: String,
    source: String,
    since: Day,
    settled: Option<Day>,
    outcome: Option<String>,
}

/// Reads a disputes file about rules with these codes, as of a day: nothing in
/// it lies after that. Person numbers in it are masked.
///
/// # Errors
///
/// With the line, what is wrong in it.
pub fn read_disputes(
    text: &str,
    codes: &BTreeSet<String>,
    today: Date,
) -> Result<Vec<Dispute>, UserFileError> {
    let file: File = user_file::read(text)?;
    let mut disputes: Vec<Dispute> = Vec::new();
    let mut subjects = HashSet::new();
    for (number, entry) in file.dispute.into_iter().enumerate() {
        let wrong = |mistake: Mistake| UserFileError {
            line: line_in_list(text, "dispute", number, mistake.key()),
            mistake,
        };
        if disputes.len() >= MAX_DISPUTES {
            return Err(wrong(value("dispute", "dispute-many")));
        }
        let dispute = checked(entry, codes, today).map_err(wrong)?;
        let (by, rule, finding) = dispute.subject();
        let subject = (
            by.to_string(),
            rule.to_string(),
            finding.map(str::to_string),
        );
        if !subjects.insert(subject) {
            return Err(wrong(value("rule", "dispute-twice")));
        }
        disputes.push(dispute);
    }
    Ok(disputes)
}

fn value(key: &str, kind: &'static str) -> Mistake {
    Mistake::Value {
        key: key.to_string(),
        expected: Expected::Kind(kind),
    }
}

fn checked(entry: Entry, codes: &BTreeSet<String>, today: Date) -> Result<Dispute, Mistake> {
    if !codes.contains(&entry.rule) {
        let known = codes.iter().map(String::as_str);
        return Err(Mistake::UnknownRule {
            nearest: nearest(&entry.rule, known).map(Into::into),
            rule: entry.rule,
        });
    }
    let is_fingerprint = |text: &String| {
        text.len() == 16
            && text
                .bytes()
                .all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !entry.finding.as_ref().is_none_or(is_fingerprint) {
        return Err(value("finding", "dispute-finding"));
    }
    let is_oin = entry.by.len() == 20 && entry.by.bytes().all(|one| one.is_ascii_digit());
    if !is_oin && entry.by != TEAM {
        return Err(value("by", "dispute-by"));
    }
    for (key, text) in [("note", &entry.note), ("source", &entry.source)]
        .into_iter()
        .chain(entry.outcome.iter().map(|text| ("outcome", text)))
    {
        if text.trim().is_empty() || text.chars().count() > MAX_DISPUTE_CHARS {
            return Err(value(key, "dispute-text"));
        }
    }
    for (key, day) in [("since", Some(entry.since)), ("settled", entry.settled)] {
        if day.is_some_and(|day| day.0 > today) {
            return Err(value(key, "dispute-future"));
        }
    }
    match (entry.settled, &entry.outcome) {
        (Some(_), None) => {
            return Err(Mistake::MissingKey {
                key: "outcome".to_string(),
            });
        }
        (None, Some(_)) => {
            return Err(Mistake::MissingKey {
                key: "settled".to_string(),
            });
        }
        (Some(settled), Some(_)) if settled < entry.since => {
            return Err(value("settled", "dispute-order"));
        }
        _ => {}
    }
    let masked = |text: String| mask(&text, DataClass::Plain);
    Ok(Dispute {
        rule: entry.rule,
        finding: entry.finding,
        by: entry.by,
        note: masked(entry.note),
        source: masked(entry.source),
        since: entry.since.0.to_string(),
        settled: entry.settled.map(|day| day.0.to_string()),
        outcome: entry.outcome.map(masked),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "[[dispute]]\nrule = 'KK-EEN'\nby = 'team'\nnote = 'n'\nsource = 's'\nsince = 2026-11-01\n";

    fn read(text: &str) -> Result<Vec<Dispute>, UserFileError> {
        let codes = ["KK-EEN", "KK-TWEE"].map(str::to_string);
        read_disputes(text, &codes.into(), jiff::civil::date(2026, 12, 1))
    }

    #[test]
    fn a_dispute_is_open_until_it_is_settled_and_about_one_finding_or_all() {
        let open = read(GOOD).unwrap().remove(0);
        assert!(open.is_open() && open.is_about("KK-EEN", "x") && !open.is_about("KK-TWEE", "x"));
        let one = read(&format!("{GOOD}finding = '0123456789abcdef'\n"))
            .unwrap()
            .remove(0);
        assert!(one.is_about("KK-EEN", "0123456789abcdef") && !one.is_about("KK-EEN", "x"));
        let settled = read(&format!("{GOOD}settled = 2026-12-01\noutcome = 'o'\n")).unwrap();
        assert!(!settled[0].is_open());
        let person = read(&GOOD.replace("'n'", "'leerling 123456782'"))
            .unwrap()
            .remove(0);
        assert!(!person.note.contains("123456782"), "{}", person.note);
    }

    #[test]
    fn mistakes_have_a_line() {
        let long = format!("note = '{}'", "n".repeat(MAX_DISPUTE_CHARS + 1));
        let kind = |key: &str, kind| value(key, kind);
        for (text, line, mistake) in [
            (
                GOOD.replace("KK-EEN", "KK-EN"),
                2,
                Mistake::UnknownRule {
                    rule: "KK-EN".to_string(),
                    nearest: Some("KK-EEN".into()),
                },
            ),
            (
                GOOD.replace("'team'", "'teem'"),
                3,
                kind("by", "dispute-by"),
            ),
            (
                GOOD.replace("note = 'n'", &long),
                4,
                kind("note", "dispute-text"),
            ),
            (
                GOOD.replace("'s'", "' '"),
                5,
                kind("source", "dispute-text"),
            ),
            (
                format!("{GOOD}finding = 'x'\n"),
                7,
                kind("finding", "dispute-finding"),
            ),
            (
                format!("{GOOD}settled = 2026-12-01\n"),
                1,
                Mistake::MissingKey {
                    key: "outcome".to_string(),
                },
            ),
            (
                format!("{GOOD}settled = 2026-10-01\noutcome = 'o'\n"),
                7,
                kind("settled", "dispute-order"),
            ),
            (
                GOOD.replace("2026-11-01", "2026-12-02"),
                6,
                kind("since", "dispute-future"),
            ),
            (
                format!("{GOOD}settled = 2026-12-02\noutcome = 'o'\n"),
                7,
                kind("settled", "dispute-future"),
            ),
            (format!("{GOOD}{GOOD}"), 8, kind("rule", "dispute-twice")),
            (
                format!("{GOOD}noote = 'n'\n"),
                7,
                Mistake::UnknownKey {
                    key: "noote".to_string(),
                    nearest: Some("note".into()),
                },
            ),
        ] {
            let error = read(&text).unwrap_err();
            assert_eq!((error.line, error.mistake), (line, mistake), "{text}");
        }
    }
}
