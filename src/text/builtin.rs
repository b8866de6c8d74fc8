//! The tool's own rules, read from their embedded files.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Deserialize;
use thiserror::Error;

use super::Texts;
use crate::finding::{
    Args, Class, Finding, Grade, Kind, Language, Place, RuleBook, RuleInfo, RuleText, Source,
    Template,
};

/// The embedded rule files.
const SOURCES: &[&str] = &[
    include_str!("../../schemas/ingebouwd/regels.toml"),
    include_str!("../../schemas/ingebouwd/edukoppeling-adressering.toml"),
    include_str!("../../schemas/ingebouwd/edukoppeling-beveiliging.toml"),
    include_str!("../../schemas/ingebouwd/verbinding.toml"),
    include_str!("../../schemas/ingebouwd/scenario.toml"),
    include_str!("../../schemas/batch/regels.toml"),
];

static RULES: LazyLock<Vec<RuleInfo>> = LazyLock::new(|| {
    SOURCES
        .iter()
        // The files are part of the binary and a test reads each of them.
        .flat_map(|source| read_rules(source).expect("the embedded rules are valid"))
        .collect()
});

/// The rules that belong to no pack, in the order of their files.
pub fn builtin_rules() -> &'static [RuleInfo] {
    &RULES
}

/// A book of the built-in rules alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinRules;

impl RuleBook for BuiltinRules {
    /// Reads the one rule, not the files: a run that finds little starts
    /// sooner.
    fn rule(&self, code: &str) -> Option<Arc<RuleInfo>> {
        static READ: LazyLock<Mutex<HashMap<String, Option<Arc<RuleInfo>>>>> =
            LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(code) {
            return known.clone();
        }
        let rule = ENTRIES.get(code).map(|entry| {
            let mut rules = read_rules(entry.source).expect("a test reads every rule by itself");
            Arc::new(rules.remove(0))
        });
        read.insert(code.to_string(), rule.clone());
        rule
    }
}

/// Where a rule stands in the embedded files, and how certain it is: every
/// message asks for the grades of what held, and needs no texts for that.
struct Entry {
    /// The lines of the rule.
    source: &'static str,
    grade: Grade,
}

/// The rules by their codes, from the lines that tell them apart.
static ENTRIES: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut entries = HashMap::new();
    for file in SOURCES {
        let (mut start, mut at, mut code, mut grade) = (0, 0, "", None);
        let mut keep = |code, grade: Option<Grade>, lines| {
            if let Some(grade) = grade {
                let source = &file[lines];
                entries.insert(code, Entry { source, grade });
            }
        };
        for line in file.split_inclusive('\n') {
            let value = |key: &str| line.strip_prefix(key)?.trim_end().strip_suffix('"');
            if line == "[[rule]]\n" {
                keep(code, grade.take(), start..at);
                start = at;
            } else if let Some(id) = value("id = \"") {
                code = id;
            } else if let Some(name) = value("grade = \"") {
                grade = Grade::parse(name);
            }
            at += line.len();
        }
        keep(code, grade, start..at);
    }
    entries
});

/// How certain a built-in rule is; a rule that nobody knows is the weakest.
pub fn builtin_grade(code: &str) -> Grade {
    let entry = ENTRIES.get(code);
    entry.map_or(Grade::Reconstructed, |entry| entry.grade)
}

/// A violation of one of the built-in rules.
pub fn tool_finding(code: &str, args: Args, place: Place) -> Finding {
    let rule = BuiltinRules.rule(code);
    Finding {
        code: code.into(),
        kind: Kind::Violation,
        class: rule.as_ref().map_or(Class::Foutmelding, |rule| rule.class),
        grade: rule.as_ref().map_or(Grade::Published, |rule| rule.grade),
        source: rule.map_or_else(Source::default, |rule| rule.source.clone()),
        contract: None,
        args,
        place,
    }
}

/// Adds an argument in words of the texts, in both languages: whoever reads the
/// finding chooses.
pub(crate) fn in_words(args: &mut Args, name: &str, words: impl Fn(&'static Texts) -> String) {
    for language in [Language::Nl, Language::En] {
        let name = format!("{name}-{}", language.code());
        args.push(name, words(Texts::of(language)));
    }
}

/// Adds what to do about a connection that failed, as the rule `code` says it,
/// as the argument `advice`.
pub(crate) fn advise(args: &mut Args, code: &str) {
    if let Some(rule) = BuiltinRules.rule(code) {
        for language in [Language::Nl, Language::En] {
            let hint = rule.text(language).hint.fill(|_| String::new());
            args.push(format!("advice-{}", language.code()), hint);
        }
    }
}

/// What is wrong with a rule file: a mistake of whoever wrote it.
#[derive(Debug, Error)]
pub enum RulesError {
    /// Not TOML, or not of the shape of a rule file.
    #[error("the rule file does not have the shape of one: {0}")]
    Shape(#[from] toml::de::Error),
    /// A class or grade that does not exist.
    #[error("rule {id}: there is no {what} `{name}`")]
    Name {
        /// The rule.
        id: String,
        /// `class` or `grade`.
        what: &'static str,
        /// What the file says.
        name: String,
    },
    /// A text has a place that `args` does not declare.
    #[error("rule {id}: `{place}` in {text} is not declared in args")]
    Undeclared {
        /// The rule.
        id: String,
        /// The key of the text.
        text: &'static str,
        /// The name in braces.
        place: String,
    },
}

#[derive(Deserialize)]
struct RuleFile {
    rule: Vec<RuleEntry>,
}

/// One `[[rule]]`. What an entry says for people who read the file (`at`) is
/// not read.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RuleEntry {
    id: String,
    class: String,
    grade: String,
    source: Source,
    title_nl: String,
    title_en: String,
    text_nl: String,
    text_en: String,
    hint_nl: String,
    hint_en: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    duo: String,
    /// Names, or tables with a `name` and a `meaning`.
    args: Vec<toml::Value>,
}

/// Reads a rule file (`[[rule]]` with id, class, grade, source, texts in both
/// languages and args).
pub fn read_rules(source: &str) -> Result<Vec<RuleInfo>, RulesError> {
    let file: RuleFile = toml::from_str(source)?;
    file.rule.into_iter().map(RuleEntry::into_info).collect()
}

impl RuleEntry {
    fn into_info(self) -> Result<RuleInfo, RulesError> {
        let class = Class::parse(&self.class).ok_or_else(|| self.bad("class", &self.class))?;
        let grade = Grade::parse(&self.grade).ok_or_else(|| self.bad("grade", &self.grade))?;
        let declared: Vec<&str> = self.args.iter().filter_map(arg_name).collect();
        let template = |key: &'static str, text: &str| {
            let template = Template::parse(text);
            let stray = template
                .arguments()
                .find(|place| !declared.contains(&&***place));
            match stray {
                Some(place) => Err(RulesError::Undeclared {
                    id: self.id.clone(),
                    text: key,
                    place: place.to_string(),
                }),
                None => Ok(template),
            }
        };
        Ok(RuleInfo {
            code: self.id.as_str().into(),
            class,
            grade,
            source: self.source,
            date: self.date.as_str().into(),
            duo: self.duo.as_str().into(),
            contract: None,
            nl: RuleText {
                title: self.title_nl.as_str().into(),
                message: template("text-nl", &self.text_nl)?,
                hint: template("hint-nl", &self.hint_nl)?,
            },
            en: RuleText {
                title: self.title_en.as_str().into(),
                message: template("text-en", &self.text_en)?,
                hint: template("hint-en", &self.hint_en)?,
            },
        })
    }

    fn bad(&self, what: &'static str, name: &str) -> RulesError {
        RulesError::Name {
            id: self.id.clone(),
            what,
            name: name.to_string(),
        }
    }
}

fn arg_name(arg: &toml::Value) -> Option<&str> {
    arg.as_str().or_else(|| arg.get("name")?.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::finding::Language;

    fn places(template: &Template) -> BTreeSet<&str> {
        template.arguments().map(|name| &**name).collect()
    }

    #[test]
    fn every_embedded_file_is_valid() {
        for source in SOURCES {
            read_rules(source).unwrap();
        }
        assert!(builtin_rules().len() >= 80);
    }

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for rule in builtin_rules() {
            assert!(seen.insert(&rule.code), "{} occurs twice", rule.code);
            assert!(rule.code.starts_with("KK-"), "{}", rule.code);
            assert!(
                rule.code
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'),
                "{}",
                rule.code
            );
        }
    }

    #[test]
    fn every_rule_speaks_both_languages() {
        for rule in builtin_rules() {
            for language in [Language::Nl, Language::En] {
                let text = rule.text(language);
                assert!(!text.title.is_empty(), "{} title", rule.code);
                assert!(!text.message.is_empty(), "{} text", rule.code);
                assert!(!text.hint.is_empty(), "{} hint", rule.code);
                assert!(!text.title.ends_with('.'), "{} title is no line", rule.code);
                for sentence in [&text.message, &text.hint] {
                    let filled = sentence.fill(|name| name.to_string());
                    let ends = filled.ends_with(['.', '?']);
                    assert!(ends, "{}: {filled}", rule.code);
                    let stray = filled.contains(['{', '}']) || filled.contains("[[");
                    assert!(!stray, "{}: {filled}", rule.code);
                }
            }
            assert_eq!(
                places(&rule.nl.message),
                places(&rule.en.message),
                "{}",
                rule.code
            );
            assert_eq!(
                places(&rule.nl.hint),
                places(&rule.en.hint),
                "{}",
                rule.code
            );
            assert!(!rule.source.is_empty());
        }
    }

    /// A finding may lack any optional argument; the sentence must still read.
    #[test]
    fn texts_read_well_without_their_optional_arguments() {
        for rule in builtin_rules() {
            for text in [&rule.nl, &rule.en] {
                for sentence in [&text.message, &text.hint] {
                    let bare = sentence.fill(|_| String::new());
                    assert!(!bare.contains("[["), "{}: {bare}", rule.code);
                }
            }
        }
    }

    /// Every code that the engine itself reports has its texts.
    #[test]
    fn every_code_in_the_engine_is_a_rule() {
        let mut found = 0;
        for source in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            let engine = source.split("#[cfg(test)]").next().unwrap_or_default();
            for part in engine.split("\"KK-").skip(1) {
                let code = format!("KK-{}", part.split('"').next().unwrap_or_default());
                // A prefix of codes, or a piece of a format.
                if code.ends_with('-') || code.contains('{') {
                    continue;
                }
                found += 1;
                assert!(BuiltinRules.rule(&code).is_some(), "{code} has no texts");
            }
        }
        assert!(found > 40, "the codes were not found");
    }

    fn sources(folder: &Path) -> Vec<String> {
        let mut sources = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // What a counterpart answers are signals of its own, not findings.
            if path.is_dir() && !path.ends_with("counterpart") {
                sources.extend(self::sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
        sources
    }

    #[test]
    fn an_undeclared_place_is_refused() {
        let source = r#"
            [[rule]]
            id = "KK-X"
            class = "melding"
            grade = "published"
            source = "x"
            title-nl = "x"
            title-en = "x"
            text-nl = "{weg}."
            text-en = "x."
            hint-nl = "x."
            hint-en = "x."
            args = [{ name = "daar", meaning = "there" }]
        "#;
        assert!(matches!(
            read_rules(source),
            Err(RulesError::Undeclared { place, .. }) if place == "weg"
        ));
    }

    #[test]
    fn the_book_finds_rules_by_code() {
        assert_eq!(builtin_grade("KK-EK-GEEN"), Grade::Reconstructed);
        for rule in builtin_rules() {
            assert_eq!(builtin_grade(&rule.code), rule.grade, "{}", rule.code);
            assert_eq!(BuiltinRules.rule(&rule.code).as_deref(), Some(rule));
        }
        assert!(BuiltinRules.rule("KK-XML-DTD").is_some());
        assert!(BuiltinRules.rule("KK-BESTAAT-NIET").is_none());
    }
}
