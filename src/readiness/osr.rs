//! For how many schools a supplier is mandated and its endpoint stands, from
//! answers of the OSR that were kept (50-osr.md, resources): `GET
//! /school-mandates` (version 2 and 3), `GET /mandates` (also version 1, one
//! school each) and `GET /endpoints` (all versions).

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;

use crate::limits::MAX_OSR_ANSWER_BYTES;

/// Why an answer cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerMistake {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Unreadable(io::ErrorKind),
    /// It is larger than an answer can be.
    #[error("it is too large")]
    TooLarge,
    /// It is no JSON, from this line.
    #[error("line {0} is no JSON")]
    NoJson(usize),
    /// The OSR found nothing or refused: it answered with a message.
    #[error("the OSR answered with a message")]
    Message,
    /// Somebody else asked: it says that there is a mandate, not of whom.
    #[error("it does not say of which school the mandate is")]
    NoSchool,
    /// It is another answer, or an entry (from 1) lacks something.
    #[error("entry {0} is none of what was asked for")]
    Entry(usize),
    /// Nothing in it is of this supplier.
    #[error("it is of another supplier")]
    OtherSupplier,
    /// Several suppliers are in it, and nothing tells which is this one.
    #[error("it is of several suppliers")]
    Several,
}

/// The mandates of a supplier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mandates {
    /// Schools with a mandate that is in force.
    schools: BTreeSet<String>,
    /// What the OSR calls the supplier in its links.
    suppliers: BTreeSet<String>,
}

/// The endpoints of a supplier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Schools for which an endpoint stands.
    schools: BTreeSet<String>,
    /// Since when the first of them stands.
    pub since: Option<Date>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    List(Vec<serde_json::Value>),
    One(serde_json::Value),
}

#[derive(Deserialize)]
struct Mandate {
    school_oin: Option<String>,
    supplier_oin: Option<String>,
    start_date: Date,
    end_date: Option<Date>,
    #[serde(default, rename = "_links")]
    links: Links,
    /// Only an endpoint has one.
    url: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "url")]
    _url: String,
    start_date: Date,
    end_date: Option<Date>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Default, Deserialize)]
struct Links {
    school: Option<Link>,
    supplier: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

impl Link {
    /// The id of what it leads to: the last step, alike in every version.
    fn id(&self) -> &str {
        let path = self.href.split(['?', '#']).next().unwrap_or_default();
        path.trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(path)
    }
}

impl Mandates {
    /// Schools with a mandate that is in force.
    pub fn schools(&self) -> u64 {
        self.schools.len() as u64
    }

    /// Adds what an answer says of the supplier of this OIN on a day.
    ///
    /// # Errors
    ///
    /// It is no answer about mandates, or about none of this supplier.
    pub fn add(&mut self, path: &Path, oin: &str, day: Date) -> Result<(), AnswerMistake> {
        let all: Vec<Mandate> = entries(path)?;
        let is_own = |one: &&Mandate| one.supplier_oin.as_deref().is_none_or(|other| other == oin);
        if !all.is_empty() && !all.iter().any(|one| is_own(&one)) {
            return Err(AnswerMistake::OtherSupplier);
        }
        for (index, one) in all.iter().enumerate() {
            if one.url.is_some() {
                return Err(AnswerMistake::Entry(index + 1));
            }
        }
        for one in all.iter().filter(is_own) {
            let link = one.links.school.as_ref().map(Link::id);
            let school = link.or(one.school_oin.as_deref());
            let school = school.ok_or(AnswerMistake::NoSchool)?;
            let supplier = one.links.supplier.as_ref().map(Link::id);
            self.suppliers.extend(supplier.map(str::to_string));
            if holds(one.start_date, one.end_date, day) {
                self.schools.insert(school.to_string());
            }
        }
        Ok(())
    }
}

impl Endpoints {
    /// Schools for which an endpoint stands.
    pub fn schools(&self) -> u64 {
        self.schools.len() as u64
    }

    /// Adds what an answer says of the supplier of these mandates on a day. An
    /// endpoint names its supplier by a link alone.
    ///
    /// # Errors
    ///
    /// It is no answer about endpoints, or it is not to be seen which are this
    /// supplier's.
    pub fn add(&mut self, path: &Path, of: &Mandates, day: Date) -> Result<(), AnswerMistake> {
        let all: Vec<Endpoint> = entries(path)?;
        let supplier = |one: &Endpoint| {
            one.links
                .supplier
                .as_ref()
                .map(|link| link.id().to_string())
        };
        let is_own = |one: &&Endpoint| {
            let known = &of.suppliers;
            known.is_empty() || supplier(one).is_none_or(|id| known.contains(&id))
        };
        let suppliers: BTreeSet<String> = all.iter().filter_map(supplier).collect();
        if of.suppliers.is_empty() && suppliers.len() > 1 {
            return Err(AnswerMistake::Several);
        }
        if !all.is_empty() && !all.iter().any(|one| is_own(&one)) {
            return Err(AnswerMistake::OtherSupplier);
        }
        for one in all.iter().filter(is_own) {
            let school = one.links.school.as_ref().ok_or(AnswerMistake::NoSchool)?;
            if holds(one.start_date, one.end_date, day) {
                self.schools.insert(school.id().to_string());
                let since = self.since.into_iter().chain([one.start_date]);
                self.since = since.min();
            }
        }
        Ok(())
    }
}

fn holds(start: Date, end: Option<Date>, day: Date) -> bool {
    start <= day && end.is_none_or(|end| day <= end)
}

/// The entries of an answer. Nothing of it is quoted: it holds tokens.
fn entries<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, AnswerMistake> {
    let unreadable = |error: io::Error| AnswerMistake::Unreadable(error.kind());
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_OSR_ANSWER_BYTES {
        return Err(AnswerMistake::TooLarge);
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let answer = serde_json::from_slice(&bytes);
    let all = match answer.map_err(|error| AnswerMistake::NoJson(error.line()))? {
        Answer::List(all) => all,
        Answer::One(serde_json::Value::String(_)) => return Err(AnswerMistake::NoSchool),
        Answer::One(one) if one.get("message").is_some_and(|said| said == "OK") => {
            return Err(AnswerMistake::NoSchool);
        }
        Answer::One(one) if one.get("message").is_some() => return Err(AnswerMistake::Message),
        Answer::One(one) => vec![one],
    };
    let entries = all.into_iter().enumerate().map(|(index, one)| {
        serde_json::from_value(one).map_err(|_| AnswerMistake::Entry(index + 1))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const OIN: &str = "00000003900000010000";

    fn example(version: &str, name: &str) -> std::path::PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        root.join(format!(
            "schemas/osr/OSR_{version}/voorbeelden/osr-{version}-{name}.json"
        ))
    }

    fn written(folder: &Path, text: &str) -> std::path::PathBuf {
        let path = folder.join("answer.json");
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_answers_of_every_version_are_counted() {
        let (before, during, after) = (date(2018, 1, 1), date(2026, 11, 1), date(2027, 8, 1));
        for (version, name, counts) in [
            ("v1", "mandate-response", [0, 1, 1]),
            ("v2", "mandate-response", [0, 1, 1]),
            ("v3", "mandate-response", [0, 1, 1]),
            // One of the two ends on 31 July 2027.
            ("v2", "school-mandates-response", [0, 2, 1]),
            ("v3", "school-mandates-response", [0, 2, 1]),
        ] {
            for (day, count) in [before, during, after].into_iter().zip(counts) {
                let mut mandates = Mandates::default();
                mandates.add(&example(version, name), OIN, day).unwrap();
                assert_eq!(mandates.schools(), count, "{version} {name} {day}");
            }
        }
        // Two administrations of one school.
        for (version, since) in [
            ("v1", date(2019, 3, 4)),
            ("v2", date(2026, 8, 3)),
            ("v3", date(2026, 8, 3)),
        ] {
            let mut endpoints = Endpoints::default();
            let file = example(version, "endpoints-response");
            endpoints.add(&file, &Mandates::default(), during).unwrap();
            assert_eq!(endpoints.schools(), 1, "{version}");
            assert_eq!(endpoints.since, Some(since), "{version}");
        }
    }

    /// A school that mandates for several services, in several versions, is one.
    #[test]
    fn a_school_counts_once() {
        let mut mandates = Mandates::default();
        for (version, name) in [
            ("v1", "mandate-response"),
            ("v2", "school-mandates-response"),
            ("v3", "school-mandates-response"),
        ] {
            let file = example(version, name);
            mandates.add(&file, OIN, date(2026, 11, 1)).unwrap();
        }
        assert_eq!(mandates.schools(), 2);
    }

    #[test]
    fn a_supplier_counts_what_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let day = date(2026, 11, 1);
        let file = example("v2", "school-mandates-response");
        let mine = std::fs::read_to_string(&file).unwrap();
        let other = "00000003999999990000";
        let both = mine
            .replacen(OIN, other, 1)
            .replacen("suppliers/31", "suppliers/32", 1);
        let mut mandates = Mandates::default();
        mandates
            .add(&written(folder.path(), &both), OIN, day)
            .unwrap();
        assert_eq!(mandates.schools(), 1);
        let none = Mandates::default().add(&file, other, day);
        assert_eq!(none, Err(AnswerMistake::OtherSupplier));
        let endpoints = std::fs::read_to_string(example("v2", "endpoints-response")).unwrap();
        let two = endpoints.replacen("suppliers/31", "suppliers/32", 1);
        let two = written(folder.path(), &two);
        let mut counted = Endpoints::default();
        counted.add(&two, &mandates, day).unwrap();
        assert_eq!(counted.schools(), 1);
        let unknown = Endpoints::default().add(&two, &Mandates::default(), day);
        assert_eq!(unknown, Err(AnswerMistake::Several));
    }

    #[test]
    fn what_is_no_such_answer_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let day = date(2026, 11, 1);
        let refused = |path: &Path| Mandates::default().add(path, OIN, day).unwrap_err();
        for (text, mistake) in [
            ("{\n \"a\": ", AnswerMistake::NoJson(2)),
            ("", AnswerMistake::NoJson(1)),
            ("\"OK\"", AnswerMistake::NoSchool),
            (
                r#"{"status": 200, "message": "OK"}"#,
                AnswerMistake::NoSchool,
            ),
            ("[1]", AnswerMistake::Entry(1)),
            (r#"{"start_date": "2026-08-01"}"#, AnswerMistake::NoSchool),
            (r#"{"start_date": "gisteren"}"#, AnswerMistake::Entry(1)),
        ] {
            assert_eq!(refused(&written(folder.path(), text)), mistake, "{text}");
        }
        let gone = refused(&folder.path().join("weg.json"));
        assert_eq!(gone, AnswerMistake::Unreadable(io::ErrorKind::NotFound));
        for version in ["v1", "v2", "v3"] {
            let none = refused(&example(version, "mandate-not-found-response"));
            assert_eq!(none, AnswerMistake::Message, "{version}");
            let swapped = refused(&example(version, "endpoints-response"));
            assert_eq!(swapped, AnswerMistake::Entry(1), "{version}");
            let mandate = example(version, "mandate-response");
            let swapped = Endpoints::default().add(&mandate, &Mandates::default(), day);
            assert_eq!(swapped, Err(AnswerMistake::Entry(1)), "{version}");
        }
        // Nobody mandated it yet.
        let mut none = Mandates::default();
        none.add(&written(folder.path(), "[]"), OIN, day).unwrap();
        assert_eq!(none.schools(), 0);
    }
}
