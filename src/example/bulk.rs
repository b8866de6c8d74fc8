//! The messages of all cases at once, with an index of what each must give.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Examples;
use super::case::{CaseError, Cases, Variant};
use crate::document::Format;
use crate::facts::Profile;

/// A file of the folder that [`bulk`] makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkFile {
    /// Its path in the folder, with slashes.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A message, or several that are judged together, and what they must give
/// (docs/schemas/example-index.schema.json).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The files, in the order in which they are judged.
    pub files: Vec<String>,
    /// The rule that they are about.
    pub rule: String,
    /// The rule whose finding they must give, broken or not to be judged, and
    /// no violation of another; `None` where they must give no finding of the
    /// rule and no violation.
    pub gives: Option<String>,
    /// The moment of judging (`--at`).
    pub at: Timestamp,
    /// The profile that it is judged in (`--profile`).
    pub profile: Profile,
    /// What a JSON message is (`--as`).
    #[serde(rename = "as")]
    pub named: Option<String>,
    /// RIO answers that must be known (`--rio`).
    pub rio: Vec<String>,
    /// Where the case stands.
    pub case: String,
}

/// Everything that [`bulk`] makes.
#[derive(Debug, Default)]
pub struct Bulk {
    /// The files.
    pub files: Vec<BulkFile>,
    /// What each must give.
    pub index: Vec<Entry>,
}

/// Per rule of every pack, of the batch and of the tool itself: the messages
/// that break only it, and the near misses that pass.
///
/// # Errors
///
/// A case whose message cannot be made; a test keeps that from being shipped.
pub fn bulk(cases: &Cases, examples: &dyn Examples) -> Result<Bulk, CaseError> {
    let mut making = Making {
        examples,
        bulk: Bulk::default(),
        cases_of: BTreeMap::new(),
    };
    for case in cases.cases() {
        let folder = making.folder(&case.rule);
        let mut rio = Vec::new();
        for answer in &case.rio {
            let path = match answer.edits.is_empty() {
                true => format!("rio/{}", answer.base),
                // Beside its case: it holds for no other.
                false => format!("{folder}-rio/{}", answer.base),
            };
            rio.push(making.answer(&path, answer)?);
        }
        for (variant, breaks) in [(&case.breaks, true), (&case.passes, false)] {
            let (at, named) = {
                let example = making.example(&variant.base)?;
                (
                    example.at,
                    (example.format == Format::Json).then(|| variant.base.clone()),
                )
            };
            let file = making.message(&format!("{folder}-{}", side(breaks)), variant)?;
            making.bulk.index.push(Entry {
                files: vec![file],
                rule: case.rule.clone(),
                gives: breaks.then(|| case.rule.clone()),
                at: case.at.unwrap_or(at),
                profile: match breaks {
                    true => case.profile,
                    false => case.passes_profile,
                },
                named,
                rio: rio.clone(),
                case: case.place.clone(),
            });
        }
    }
    for case in cases.batches() {
        let folder = making.folder(&case.rule);
        for (variants, breaks) in [(&case.breaks, true), (&case.passes, false)] {
            let mut files = Vec::new();
            let mut last = Timestamp::MIN;
            for (number, variant) in (1..).zip(variants) {
                last = last.max(making.example(&variant.base)?.at);
                files
                    .push(making.message(&format!("{folder}-{}/{number}", side(breaks)), variant)?);
            }
            making.bulk.index.push(Entry {
                files,
                rule: case.rule.clone(),
                gives: breaks.then(|| case.rule.clone()),
                at: case.at.unwrap_or(last),
                profile: Profile::Production,
                named: None,
                rio: Vec::new(),
                case: case.place.clone(),
            });
        }
    }
    for case in cases.raws() {
        let folder = making.folder(&case.rule);
        for (raw, breaks) in [(&case.breaks, true), (&case.passes, false)] {
            let path = format!("{folder}-{}/{}", side(breaks), raw.name());
            making.file(path.clone(), raw.bytes().into_owned());
            making.bulk.index.push(Entry {
                files: vec![path],
                rule: case.rule.clone(),
                gives: breaks.then(|| case.rule.clone()),
                at: case.at,
                profile: Profile::Production,
                named: None,
                rio: Vec::new(),
                case: case.place.clone(),
            });
        }
    }
    Ok(making.bulk)
}

fn side(breaks: bool) -> &'static str {
    if breaks { "breaks" } else { "passes" }
}

struct Making<'a> {
    examples: &'a dyn Examples,
    bulk: Bulk,
    /// How many cases of each rule there were.
    cases_of: BTreeMap<String, usize>,
}

impl<'a> Making<'a> {
    /// Where the messages of the next case of a rule go.
    fn folder(&mut self, rule: &str) -> String {
        let number = self.cases_of.entry(rule.to_string()).or_default();
        *number += 1;
        format!("{rule}/{number}")
    }

    fn example(&self, name: &str) -> Result<super::Example<'a>, CaseError> {
        self.examples.example(name).ok_or_else(|| CaseError {
            place: name.to_string(),
            reason: "there is no example of this name".to_string(),
        })
    }

    fn message(&mut self, path: &str, variant: &Variant) -> Result<String, CaseError> {
        let kind = match self.example(&variant.base)?.format {
            Format::Json => "json",
            _ => "xml",
        };
        let path = format!("{path}.{kind}");
        let text = variant.message(self.examples)?;
        self.file(path.clone(), text.into_bytes());
        Ok(path)
    }

    /// An RIO answer, once where cases share it.
    fn answer(&mut self, path: &str, variant: &Variant) -> Result<String, CaseError> {
        let made = format!("{path}.xml");
        let is_made = |file: &BulkFile| file.path == made;
        if self.bulk.files.iter().any(is_made) {
            return Ok(made);
        }
        self.message(path, variant)
    }

    fn file(&mut self, path: String, bytes: Vec<u8>) {
        self.bulk.files.push(BulkFile { path, bytes });
    }
}
