//! The deviations file: findings that somebody answers for.
//!
//! ```toml
//! [[deviation]]
//! rule = "KK-XSD-LENGTE"
//! place = "aanleverenInschrijvingBO_Request/**"   # `place.keyed` of the JSON report; `*` and `**`; optional
//! input = "archief/**"                             # optional
//! owner = "team aanlevering"
//! reason = "conversie van oude inschrijvingen"
//! until = 2026-12-31
//! ```
//!
//! An entry that matches nothing, or that has expired, is a finding itself: an
//! exception nobody needs any more must not stay to hide the next mistake.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::user_file::{self, UserFileError};
use crate::event::{Excused, Reported};
use crate::finding::{Finding, Kind};
use crate::pack::Day;

/// The entries of a deviations file.
#[derive(Debug, Default)]
pub struct Deviations {
    entries: Vec<Deviation>,
}

/// One entry.
#[derive(Debug)]
pub struct Deviation {
    /// Code of the rule.
    pub rule: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    pub until: Date,
    /// Line of the entry in the file.
    pub line: u32,
    place: Option<GlobMatcher>,
    input: Option<GlobMatcher>,
    used: AtomicBool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    deviation: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    place: Option<String>,
    input: Option<String>,
    #[serde(deserialize_with = "user_file::words")]
    owner: String,
    #[serde(deserialize_with = "user_file::words")]
    reason: String,
    until: Day,
}

impl Deviation {
    /// A finding with the excuse that this entry gives.
    pub fn excuse(&self, finding: Reported) -> Excused {
        Excused {
            finding,
            owner: self.owner.clone(),
            reason: self.reason.clone(),
            until: self.until.to_string(),
        }
    }
}

impl Deviations {
    /// Reads a deviations file.
    pub fn parse(text: &str) -> Result<Self, UserFileError> {
        let file: File = user_file::read(text)?;
        let mut entries = Vec::new();
        for (number, entry) in file.deviation.into_iter().enumerate() {
            let span = entry.span();
            let line = 1 + text[..span.start].matches('\n').count() as u32;
            let entry = entry.into_inner();
            let wrong = |key, kind| UserFileError::in_list(text, "deviation", number, key, kind);
            for (key, said) in [("owner", &entry.owner), ("reason", &entry.reason)] {
                if said.trim().is_empty() {
                    return Err(wrong(key, "config-filled"));
                }
            }
            let glob = |key, pattern: &Option<String>| {
                let matcher = pattern.as_deref().map(matcher).transpose();
                matcher.map_err(|_| wrong(key, "config-pattern"))
            };
            entries.push(Deviation {
                place: glob("place", &entry.place)?,
                input: glob("input", &entry.input)?,
                rule: entry.rule,
                owner: entry.owner,
                reason: entry.reason,
                until: entry.until.0,
                line,
                used: AtomicBool::new(false),
            });
        }
        Ok(Self { entries })
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &Deviation> {
        self.entries.iter()
    }

    /// The entry that excuses a finding on `today`. Only what is broken can be
    /// excused: what could not be judged stays undecided.
    pub fn excuse(&self, finding: &Finding, input: &str, today: Date) -> Option<&Deviation> {
        if finding.kind == Kind::Undecided {
            return None;
        }
        let place = finding.place.keyed.trim_start_matches('/');
        let matching = self.entries.iter().filter(|entry| {
            entry.rule == *finding.code
                && entry.place.as_ref().is_none_or(|glob| glob.is_match(place))
                && entry.input.as_ref().is_none_or(|glob| glob.is_match(input))
        });
        let mut excuse = None;
        for entry in matching {
            entry.used.store(true, Ordering::Relaxed);
            if excuse.is_none() && today <= entry.until {
                excuse = Some(entry);
            }
        }
        excuse
    }

    /// Entries that have expired on `today`.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &Deviation> {
        self.entries.iter().filter(move |entry| entry.until < today)
    }

    /// Entries that matched nothing so far.
    pub fn unused(&self) -> impl Iterator<Item = &Deviation> {
        self.entries
            .iter()
            .filter(|entry| !entry.used.load(Ordering::Relaxed))
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    // A keyed path has brackets of its own (`periode[datumBegin=2026-08-01]`):
    // only `*`, `**` and `?` are wild.
    let mut escaped = String::new();
    for character in pattern.trim_start_matches('/').chars() {
        if matches!(character, '[' | ']' | '{' | '}' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    GlobBuilder::new(&escaped)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Args, Class, Grade, Place};

    fn finding(code: &str, keyed: &str) -> Finding {
        Finding {
            code: code.into(),
            kind: Kind::Violation,
            class: Class::Melding,
            grade: Grade::Published,
            source: "".into(),
            contract: None,
            args: Args::new(),
            place: Place {
                keyed: keyed.to_string(),
                ..Place::default()
            },
        }
    }

    const FILE: &str = "\n[[deviation]]\nrule = 'KK-A'\nplace = 'bericht/**'\nowner = 'x'\nreason = 'y'\nuntil = 2026-08-31\n";

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn an_entry_excuses_by_rule_place_and_date() {
        let deviations = Deviations::parse(FILE).unwrap();
        assert_eq!(deviations.unused().count(), 1);
        assert!(
            deviations
                .excuse(&finding("KK-B", "/bericht/a"), "f", day("2026-08-01"))
                .is_none()
        );
        assert!(
            deviations
                .excuse(&finding("KK-A", "/ander/a"), "f", day("2026-08-01"))
                .is_none()
        );
        assert_eq!(deviations.unused().count(), 1);
        let entry = deviations.excuse(&finding("KK-A", "/bericht/a/b"), "f", day("2026-08-31"));
        assert_eq!(entry.unwrap().line, 2);
        assert_eq!(deviations.unused().count(), 0);
        assert!(
            deviations
                .excuse(&finding("KK-A", "/bericht/a/b"), "f", day("2026-09-01"))
                .is_none()
        );
        assert_eq!(deviations.expired(day("2026-09-01")).count(), 1);
    }

    #[test]
    fn mistakes_in_the_file_have_a_place() {
        let error = Deviations::parse("[[deviation]]\nrule = 1\n").unwrap_err();
        assert_eq!(error.line, 2);
        for (key, wrong, line) in [
            ("owner = 'x'", "owner = ' '", 5),
            ("reason = 'y'", "reason = ' '", 6),
        ] {
            let error = Deviations::parse(&FILE.replace(key, wrong)).unwrap_err();
            assert_eq!(error.line, line, "{key}");
        }
    }

    #[test]
    fn a_number_of_a_person_in_a_reason_is_masked() {
        let file = FILE.replace("'y'", "'leerling 123456782, oud'");
        let deviations = Deviations::parse(&file).unwrap();
        let entry = deviations.entries().next().unwrap();
        assert_eq!(entry.reason, "leerling *****6782, oud");
    }

    #[test]
    fn a_keyed_path_is_a_pattern_as_it_stands() {
        let place = "/bericht/periode[datumBegin=2026-08-01]/leerjaar";
        let file = FILE.replace("bericht/**", place);
        let deviations = Deviations::parse(&file).unwrap();
        let excuse =
            |keyed: &str| deviations.excuse(&finding("KK-A", keyed), "f", day("2026-08-01"));
        assert!(excuse(place).is_some());
        assert!(excuse("/bericht/periode2/leerjaar").is_none());
    }

    #[test]
    fn a_valid_entry_holds_beside_an_expired_one() {
        let renewed = format!("{FILE}\n{}", FILE.replace("2026-08-31", "2027-08-31"));
        let deviations = Deviations::parse(&renewed).unwrap();
        let finding = finding("KK-A", "/bericht/a");
        let entry = deviations.excuse(&finding, "f", day("2026-09-01")).unwrap();
        assert_eq!(entry.until, day("2027-08-31"));
        assert_eq!(deviations.unused().count(), 0);
    }
}
