//! The cases of `cases/rules`: per rule what breaks only it, and what just
//! passes (docs/packs.md, Cases).

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use super::Examples;
use super::edit::{Edit, EditError, apply};
use crate::facts::Profile;
use crate::pack::Moment;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/cases/rules");

/// All cases of a set of files.
#[derive(Debug, Default)]
pub struct Cases {
    cases: Vec<Case>,
    batches: Vec<Batch>,
    raws: Vec<Raw>,
}

/// A case of a rule over one message.
#[derive(Debug)]
pub struct Case {
    /// The code of the rule.
    pub rule: String,
    /// The moment of judging, where it is not the example's own.
    pub at: Option<Timestamp>,
    /// The environment in whose profile the message is judged that breaks the
    /// rule.
    pub profile: Profile,
    /// The one in whose profile the near miss is judged.
    pub passes_profile: Profile,
    /// RIO answers that are known when the case is judged: examples, as they
    /// are or with edits.
    pub rio: Vec<Variant>,
    /// Requirements that it proves beside those that name its rule: what a
    /// schema demands of one element.
    pub requirements: Vec<String>,
    /// Whether the rule cannot be judged on the message that should break it,
    /// rather than being broken by it.
    pub undecided: bool,
    /// The message that breaks only this rule.
    pub breaks: Variant,
    /// The near miss that passes.
    pub passes: Variant,
    /// `file:line` of the case.
    pub place: String,
}

/// A case of a rule over several messages, in the order in which they are
/// judged.
#[derive(Debug)]
pub struct Batch {
    /// The code of the rule.
    pub rule: String,
    /// The moment of judging, where it is not that of the last example.
    pub at: Option<Timestamp>,
    /// Requirements that it proves beside those that name its rule.
    pub requirements: Vec<String>,
    /// The messages that break only this rule.
    pub breaks: Vec<Variant>,
    /// The messages that pass.
    pub passes: Vec<Variant>,
    /// `file:line` of the case.
    pub place: String,
}

/// A case of bytes that no edit of a message can make.
#[derive(Debug)]
pub struct Raw {
    /// The code of the rule.
    pub rule: String,
    /// The moment of judging.
    pub at: Timestamp,
    /// The bytes that break only this rule.
    pub breaks: RawBytes,
    /// The bytes that pass, or that are no message at all.
    pub passes: RawBytes,
    /// `file:line` of the case.
    pub place: String,
}

/// Where the bytes of a raw case come from.
#[derive(Debug)]
pub enum RawBytes {
    /// A file beside the cases.
    File {
        /// Its name, for how it is recognised.
        name: String,
        /// What is in it.
        bytes: &'static [u8],
    },
    /// Text that is too long to keep in a file.
    Made(Made),
}

/// Text made by repetition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    before: String,
    repeat: String,
    times: usize,
    after: String,
}

impl RawBytes {
    /// A name for a file with these bytes.
    pub fn name(&self) -> &str {
        match self {
            RawBytes::File { name, .. } => name.rsplit('/').next().unwrap_or(name),
            RawBytes::Made(_) => "gemaakt.xml",
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> std::borrow::Cow<'static, [u8]> {
        match self {
            RawBytes::File { bytes, .. } => (*bytes).into(),
            RawBytes::Made(made) => {
                let text = made.before.clone() + &made.repeat.repeat(made.times) + &made.after;
                text.into_bytes().into()
            }
        }
    }
}

/// An example message with edits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The name of the example: its root element (XML) or name (JSON).
    pub base: String,
    /// What is done to it, in order.
    #[serde(default)]
    pub edits: Vec<Edit>,
}

/// Why a case cannot be used: the file of cases is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct CaseError {
    /// `file:line`, or the name of the example where there is no case.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl Cases {
    /// The cases in the binary, read at the first call.
    ///
    /// # Errors
    ///
    /// A file that is no list of cases; a test keeps that from being shipped.
    pub fn builtin() -> Result<&'static Self, &'static CaseError> {
        static CASES: OnceLock<Result<Cases, CaseError>> = OnceLock::new();
        CASES
            .get_or_init(|| {
                let mut files = Vec::new();
                collect(&FILES, &mut files);
                Self::parse(files)
            })
            .as_ref()
    }

    /// Reads files of cases, given with their names.
    ///
    /// # Errors
    ///
    /// TOML that is broken, unknown keys, a base that is missing or said
    /// twice, a case that occurs twice.
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CaseError> {
        let mut all = Self::default();
        for (file, text) in files {
            let written: File = toml::from_str(text).map_err(|error| CaseError {
                place: place(file, text, error.span().map_or(0, |span| span.start)),
                reason: error.message().to_string(),
            })?;
            for case in written.cases {
                let place = place(file, text, case.span().start);
                let case = case.into_inner().into_case(place)?;
                all.refuse_twin(&case)?;
                all.cases.push(case);
            }
            for batch in written.batches {
                let place = place(file, text, batch.span().start);
                let batch = batch.into_inner();
                let batch = Batch {
                    rule: batch.rule,
                    at: batch.at.map(|moment| moment.0),
                    requirements: batch.requirements,
                    breaks: batch.breaks,
                    passes: batch.passes,
                    place,
                };
                all.refuse_twin_batch(&batch)?;
                all.batches.push(batch);
            }
            for raw in written.raws {
                let place = place(file, text, raw.span().start);
                all.raws.push(raw.into_inner().into_raw(file, place)?);
            }
        }
        Ok(all)
    }

    /// All cases over one message, in the order of the files.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// All cases over several messages.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// All cases of raw bytes.
    pub fn raws(&self) -> &[Raw] {
        &self.raws
    }

    /// The cases of a rule.
    pub fn of<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Case> {
        self.cases.iter().filter(move |case| case.rule == rule)
    }

    /// The cases of a rule whose messages can be shown with the examples as they
    /// are: others need an RIO answer that no command prints.
    pub fn shown_of<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Case> {
        let is_as_it_is = |answer: &Variant| answer.edits.is_empty();
        self.of(rule)
            .filter(move |case| case.rio.iter().all(is_as_it_is))
    }

    /// The batch cases of a rule.
    pub fn batches_of<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Batch> {
        self.batches.iter().filter(move |batch| batch.rule == rule)
    }

    fn refuse_twin(&self, case: &Case) -> Result<(), CaseError> {
        let twin = self.of(&case.rule).find(|other| {
            (other.at, other.profile, other.passes_profile, &other.rio)
                == (case.at, case.profile, case.passes_profile, &case.rio)
                && (&other.breaks, &other.passes) == (&case.breaks, &case.passes)
        });
        twin.map_or(Ok(()), |twin| Err(is_twin(&case.place, &twin.place)))
    }

    fn refuse_twin_batch(&self, batch: &Batch) -> Result<(), CaseError> {
        let twin = self.batches_of(&batch.rule).find(|other| {
            (other.at, &other.breaks, &other.passes) == (batch.at, &batch.breaks, &batch.passes)
        });
        twin.map_or(Ok(()), |twin| Err(is_twin(&batch.place, &twin.place)))
    }
}

fn is_twin(place: &str, of: &str) -> CaseError {
    CaseError {
        place: place.to_string(),
        reason: format!("this is the case of {of} once more"),
    }
}

impl Variant {
    /// The message: the example with the edits made.
    ///
    /// # Errors
    ///
    /// An example that does not exist, an edit that cannot be made.
    pub fn message(&self, examples: &dyn Examples) -> Result<String, CaseError> {
        let error = |reason| CaseError {
            place: self.base.clone(),
            reason,
        };
        let example = examples
            .example(&self.base)
            .ok_or_else(|| error("there is no example of this name".to_string()))?;
        apply(example.text, example.format, &self.edits)
            .map_err(|reason: EditError| error(reason.to_string()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "case")]
    cases: Vec<Spanned<WrittenCase>>,
    #[serde(default, rename = "batch")]
    batches: Vec<Spanned<WrittenBatch>>,
    #[serde(default, rename = "raw")]
    raws: Vec<Spanned<WrittenRaw>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenRaw {
    rule: String,
    at: Option<Moment>,
    breaks: Option<String>,
    breaks_made: Option<Made>,
    passes: Option<String>,
    passes_made: Option<Made>,
}

/// When raw cases are judged, unless they say otherwise: 24 August 2026, 07:40
/// UTC, the moment of the messages they are made of.
const RAW_AT: i64 = 1_787_557_200;

impl WrittenRaw {
    fn into_raw(self, file: &str, place: String) -> Result<Raw, CaseError> {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let source = |named: Option<String>, made: Option<Made>| match (named, made) {
            (Some(name), None) => match FILES.get_file(format!("{folder}/{name}")) {
                Some(file) => Ok(RawBytes::File {
                    name,
                    bytes: file.contents(),
                }),
                None => Err(format!("there is no file {name}")),
            },
            (None, Some(made)) => Ok(RawBytes::Made(made)),
            _ => Err("a raw case has either a file or a text that is made".to_string()),
        };
        let error = |reason| CaseError {
            place: place.clone(),
            reason,
        };
        let at = self
            .at
            .map(|moment| moment.0)
            .or_else(|| Timestamp::from_second(RAW_AT).ok());
        Ok(Raw {
            rule: self.rule,
            at: at.ok_or_else(|| error("the moment is out of range".to_string()))?,
            breaks: source(self.breaks, self.breaks_made).map_err(error)?,
            passes: source(self.passes, self.passes_made).map_err(error)?,
            place,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenCase {
    rule: String,
    base: Option<String>,
    breaks_base: Option<String>,
    passes_base: Option<String>,
    at: Option<Moment>,
    #[serde(default)]
    profile: Profile,
    passes_profile: Option<Profile>,
    #[serde(default)]
    rio: Vec<WrittenAnswer>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    undecided: bool,
    breaks: Vec<Edit>,
    passes: Vec<Edit>,
}

/// An RIO answer: the name of an example, or one with edits.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenAnswer {
    AsItIs(String),
    Edited(Variant),
}

impl From<WrittenAnswer> for Variant {
    fn from(written: WrittenAnswer) -> Self {
        match written {
            WrittenAnswer::AsItIs(base) => Self {
                base,
                edits: Vec::new(),
            },
            WrittenAnswer::Edited(variant) => variant,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBatch {
    rule: String,
    at: Option<Moment>,
    #[serde(default)]
    requirements: Vec<String>,
    breaks: Vec<Variant>,
    passes: Vec<Variant>,
}

impl WrittenCase {
    fn into_case(self, place: String) -> Result<Case, CaseError> {
        let (breaks, passes) = match (self.base, self.breaks_base, self.passes_base) {
            (Some(base), None, None) => (base.clone(), base),
            (None, Some(breaks), Some(passes)) => (breaks, passes),
            _ => {
                let reason = "a case has either base, or breaks-base and passes-base".to_string();
                return Err(CaseError { place, reason });
            }
        };
        Ok(Case {
            rule: self.rule,
            at: self.at.map(|moment| moment.0),
            profile: self.profile,
            passes_profile: self.passes_profile.unwrap_or(self.profile),
            rio: self.rio.into_iter().map(Variant::from).collect(),
            requirements: self.requirements,
            undecided: self.undecided,
            breaks: Variant {
                base: breaks,
                edits: self.breaks,
            },
            passes: Variant {
                base: passes,
                edits: self.passes,
            },
            place,
        })
    }
}

fn place(file: &str, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    format!("cases/rules/{file}:{}", before.matches('\n').count() + 1)
}

/// The TOML files of a folder and of those below it, by name.
fn collect(folder: &'static Dir<'static>, files: &mut Vec<(&'static str, &'static str)>) {
    for file in folder.files() {
        let name = file.path().to_str();
        if let (Some(name), Some(text)) = (name, file.contents_utf8())
            && name.ends_with(".toml")
        {
            files.push((name, text));
        }
    }
    for below in folder.dirs() {
        collect(below, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Cases, CaseError> {
        Cases::parse([("x.toml", text)])
    }

    #[test]
    fn a_case_is_read() {
        let cases = parse(
            "# a rule\n[[case]]\nrule = 'KK-A'\nbase = 'm'\nat = 2026-08-03T09:00:00Z\nprofile = 'test'\nrio = ['r', { base = 's', edits = [{ remove = 'b' }] }]\nbreaks = [{ remove = 'a' }]\npasses = []\n\n[[batch]]\nrule = 'KK-B'\nbreaks = [{ base = 'm' }, { base = 'm', edits = [{ copy = 'a' }] }]\npasses = []\n",
        )
        .unwrap();
        let case = cases.of("KK-A").next().unwrap();
        assert_eq!(case.place, "cases/rules/x.toml:2");
        assert_eq!(case.at.unwrap().to_string(), "2026-08-03T09:00:00Z");
        let answers = case.rio.iter();
        let answers = answers.map(|answer| (&*answer.base, answer.edits.len()));
        assert!(answers.eq([("r", 0), ("s", 1)]));
        assert_eq!(cases.shown_of("KK-A").count(), 0);
        assert_eq!([case.profile, case.passes_profile], [Profile::Test; 2]);
        assert_eq!(case.breaks.edits.len(), 1);
        assert_eq!(cases.batches_of("KK-B").next().unwrap().breaks.len(), 2);
        assert_eq!(cases.of("KK-B").count(), 0);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let case = "[[case]]\nrule = 'KK-A'\nbase = 'm'\nbreaks = []\npasses = []\n";
        for (text, line, part) in [
            (format!("{case}wat = 1\n"), 6, "unknown field"),
            (format!("{case}breaks-base = 'n'\n"), 1, "either base"),
            (format!("{case}{case}"), 6, "once more"),
            (
                case.replace("breaks = []", "breaks = [{ zet = 'a' }]"),
                4,
                "unknown field",
            ),
            (
                case.replace("passes = []", "passes = [{ remove = 'a//b' }]"),
                5,
                "not a path",
            ),
            (format!("{case}at = 'gisteren'\n"), 6, ""),
        ] {
            let error = parse(&text).unwrap_err();
            assert_eq!(error.place, format!("cases/rules/x.toml:{line}"), "{error}");
            assert!(error.reason.contains(part), "{error}");
        }
    }

    #[test]
    fn the_shipped_cases_are_read() {
        let cases = Cases::builtin().unwrap();
        assert!(cases.cases().len() > 100 && cases.batches().len() > 5);
    }
}
