//! The words of the interface, one file per language.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::builtin::builtin_grade;
use crate::document::Mistake;
use crate::event::{Carrier, PackKind};
use crate::finding::{Class, DataClass, Grade, Kind, Language, Template, Verdict, mask};

/// A section of texts that are looked up by a key made elsewhere.
pub type Phrases = BTreeMap<String, String>;

/// A section of the texts, read at the first look: a run needs few of them.
#[derive(Debug)]
pub struct Section<T> {
    source: &'static str,
    read: OnceLock<T>,
}

impl<T: DeserializeOwned> Deref for Section<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // The files are part of the binary and a test reads every section.
        let read = || toml::from_str(self.source).expect("the embedded texts are valid");
        self.read.get_or_init(read)
    }
}

/// Declares the texts: a section per field, of the field's name.
macro_rules! texts {
    ($($(#[doc = $doc:literal])* $field:ident: $kind:ty),+ $(,)?) => {
        /// All texts of the interface in one language. A text that code asks for by
        /// name is a field of its section, so that a missing one cannot go unnoticed.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each section is documented by its texts")]
        pub struct Texts {
            $($(#[doc = $doc])* pub $field: Section<$kind>),+
        }

        impl Texts {
            fn split(source: &'static str) -> Self {
                let sections = sections(source);
                Self {
                    $($field: Section {
                        source: sections
                            .get(&*stringify!($field).replace('_', "-"))
                            .copied()
                            .unwrap_or_default(),
                        read: OnceLock::new(),
                    }),+
                }
            }

            /// Reads every section and says how many there are.
            #[cfg(test)]
            fn read_all(&self) -> usize {
                [$({ let _: &$kind = &self.$field; stringify!($field) }),+].len()
            }
        }
    };
}

texts! {
    verdict: Verdicts,
    class: Classes,
    /// The classes in the plural.
    classes: Classes,
    kind: Kinds,
    grade: Grades,
    pack: Packs,
    carrier: Carriers,
    finding: FindingTexts,
    message: MessageTexts,
    summary: SummaryTexts,
    exit: ExitTexts,
    /// Mistakes in a call, and words of the help.
    usage: Phrases,
    /// What stands for a value in the help.
    value_name: Phrases,
    /// What a run of scenarios says.
    run: RunTexts,
    /// What is said of evidence.
    runs: Phrases,
    /// Why a scenario was not played.
    not_played: Phrases,
    /// What went wrong in an exchange, by the name of the problem.
    transport: Phrases,
    /// Clients and connections that a server must refuse.
    to_refuse: Phrases,
    rules: RulesTexts,
    /// Which requirements are proven.
    requirements: Phrases,
    packs: PacksTexts,
    /// What stands in the folder of a test PKI.
    pki: Phrases,
    /// How rules can be broken.
    sign: Phrases,
    /// What a comparison of packs says.
    diff: Phrases,
    /// What the readiness matrix says.
    readiness: Phrases,
    /// What the inspection of a target says.
    target: Phrases,
    /// What a counterpart that serves says.
    counterpart: Phrases,
    /// What a proxy says.
    proxy: Phrases,
    /// What stands in the HTML report.
    report: Phrases,
    /// What stands on the pages that are served, beside the matrix.
    serve: Phrases,
    junit: JunitTexts,
    /// Why rules are undecided.
    reason: Phrases,
    /// What to do about some of them.
    reason_hint: Phrases,
    /// Why an action of a LAS was refused or failed, by its word for programs.
    outcome: Phrases,
    /// Why what a LAS says of an action is no outcome.
    no_outcome: Phrases,
    /// Why XML is not well-formed.
    xml_error: Phrases,
    /// Why JSON is not well-formed.
    json_error: Phrases,
    /// Mistakes in files that the user writes in YAML.
    yaml: Phrases,
    scenarios: ScenariosTexts,
    defects: DefectsTexts,
    /// Errors of input, settings and the tool.
    error: Phrases,
    /// Help of the command line, by the path of the argument.
    help: Phrases,
    /// What the system says of a file.
    io: Phrases,
    /// The simulated web pages of the OSR.
    osr: Phrases,
}

/// Declares a section: a struct whose fields are texts.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        #[allow(missing_docs, reason = "the texts speak for themselves")]
        pub struct $name { $(pub $field: String),+ }
    };
}

section! {
    /// What a run of scenarios says.
    RunTexts {
        pass, pass_reconstruction, unreachable, scenarios_one, scenarios_many, scenarios_left,
        held_one, held_many, said_one, step_said,
        evidence, own_kept, own_script, own_scripts, exempt,
        own_parties, said_masked, large_left_out, step, no_step, ask, ask_done, ask_value, ask_there, ask_absent, ask_count, ask_shows,
        ask_for, ask_who, ask_ended, left_out, undeclared_no, undeclared_reason, undeclared_in, recorded, said, form, form_written,
        form_written_one, recording_left_out, recording_unreadable, not_recorded, held, held_reconstruction, wrong, wrong_beside, wrong_party, no_target,
    }
}

section! {
    /// Names of verdicts.
    Verdicts {
        pass, fail, undecided, not_applicable,
        pass_reconstruction, pass_official, pass_foreign,
    }
}
section! {
    /// Names of classes, DUO's own words in both languages.
    Classes { foutmelding, melding, signaal, bekostigingssignaal }
}
section! {
    /// What a finding says of its rule.
    Kinds { violation, undecided }
}
section! {
    /// Phrases for grades: what a statement rests on.
    Grades { published, house_style, knowledge, reconstructed }
}
section! {
    /// Who made a pack.
    Packs { reconstruction, official, foreign }
}
section! {
    /// How a message travelled.
    Carriers { bare, soap, json }
}
section! {
    /// What stands around a finding.
    FindingTexts {
        place, rule, source, hint, also_in, whole, spot, run, in_body,
        undecided, undecided_hint, undecided_without_reason,
        unknown_rule, unknown_hint, excused, more, strict, disputed, dispute,
        something, nothing, other, unreadable,
    }
}
section! {
    /// What stands above the findings of a message.
    MessageTexts { detail, unrecognised, other, batch }
}
section! {
    /// The end of a run.
    SummaryTexts {
        title, inputs_one, inputs_many, findings, none, undecided_findings,
        excused, more, packs, pack_line, reconstruction_note, unmasked, strict, exit,
    }
}
section! {
    /// What each exit code means.
    ExitTexts {
        conforms, findings, usage, unreachable, internal, undecided, nothing,
        scenarios_conforms, scenarios_findings, scenarios_undecided,
        target_conforms, target_findings, target_undecided, target_usage, target_unreachable,
    }
}
section! {
    /// Words of `packs`.
    PacksTexts {
        new, unchanged, replaced, repaired, in_place_of, lost, similar, unbound, ignored, messages, files, locked,
        imported, removed, contract, family, version, kind, weakest,
    }
}
section! {
    /// Words of `rules` and `example`.
    RulesTexts { rules, says, class, grade, date, duo, contracts, requirements, breaks, passes, break_with, shown_with, response_ignored, examples, of_reconstruction, examples_written }
}
section! {
    /// Words of `scenarios`.
    ScenariosTexts {
        scenarios, mandatory, optional, subject, key, sectors, requirements, negative, tags, at,
        brings_about, minutes, file, version, expects, steps, clean, clean_one, mistakes, warning, no_action, work, work_one,
        from_step, of_run,
    }
}
section! {
    /// Words of `defects`.
    DefectsTexts {
        defects, party, violates, hunt_it, start_it, clean, caught, survived, beside, unseen, rate,
        whole, seen_by,
    }
}
section! {
    /// Words in a JUnit report.
    JunitTexts { excused, not_applicable }
}

static DUTCH: OnceLock<Texts> = OnceLock::new();
static ENGLISH: OnceLock<Texts> = OnceLock::new();

impl Texts {
    /// The texts in `language`; each section is read on first use.
    pub fn of(language: Language) -> &'static Self {
        let (once, source) = match language {
            Language::Nl => (&DUTCH, include_str!("texts/nl.toml")),
            Language::En => (&ENGLISH, include_str!("texts/en.toml")),
        };
        once.get_or_init(|| Self::split(source))
    }

    /// Reads what every judged message is told with: these sections, and where
    /// the built-in rules stand.
    pub fn read_for_messages(&self) {
        builtin_grade("");
        let _: (&Verdicts, &Classes, &Classes) = (&self.verdict, &self.class, &self.classes);
        let _: (&Kinds, &Grades, &Packs) = (&self.kind, &self.grade, &self.pack);
        let _: (&FindingTexts, &MessageTexts) = (&self.finding, &self.message);
        let _: (&SummaryTexts, &ExitTexts) = (&self.summary, &self.exit);
    }

    /// The phrase for a grade: what a statement of that grade rests on.
    pub fn grade(&self, grade: Grade) -> &str {
        match grade {
            Grade::Published => &self.grade.published,
            Grade::HouseStyle => &self.grade.house_style,
            Grade::Knowledge => &self.grade.knowledge,
            Grade::Reconstructed => &self.grade.reconstructed,
        }
    }

    /// The name of a class.
    pub fn class(&self, class: Class) -> &str {
        self.class.of(class)
    }

    /// The name of `count` findings of a class.
    pub fn classes(&self, class: Class, count: u64) -> &str {
        if count == 1 {
            &self.class
        } else {
            &self.classes
        }
        .of(class)
    }

    /// What a finding says of its rule.
    pub fn kind(&self, kind: Kind) -> &str {
        match kind {
            Kind::Violation => &self.kind.violation,
            Kind::Undecided => &self.kind.undecided,
        }
    }

    /// Who made a pack.
    pub fn pack(&self, kind: PackKind) -> &str {
        match kind {
            PackKind::Reconstruction => &self.pack.reconstruction,
            PackKind::Official => &self.pack.official,
            PackKind::Foreign => &self.pack.foreign,
        }
    }

    /// How a message travelled.
    pub fn carrier(&self, carrier: Carrier) -> &str {
        match carrier {
            Carrier::Bare => &self.carrier.bare,
            Carrier::Soap => &self.carrier.soap,
            Carrier::Json => &self.carrier.json,
        }
    }

    /// A verdict in words. A pass says of which kind of pack: to conform to a
    /// reconstruction is not to conform to what DUO published.
    pub fn verdict(&self, verdict: Verdict, kind: Option<PackKind>) -> &str {
        match (verdict, kind) {
            (Verdict::Pass, Some(PackKind::Reconstruction)) => &self.verdict.pass_reconstruction,
            (Verdict::Pass, Some(PackKind::Official)) => &self.verdict.pass_official,
            (Verdict::Pass, Some(PackKind::Foreign)) => &self.verdict.pass_foreign,
            (Verdict::Pass, None) => &self.verdict.pass,
            (Verdict::Fail, _) => &self.verdict.fail,
            (Verdict::Undecided, _) => &self.verdict.undecided,
            (Verdict::NotApplicable, _) => &self.verdict.not_applicable,
        }
    }

    /// Why a rule is undecided. A reason that is no key is the rule set's own
    /// wording and is returned as it is.
    pub fn reason<'a>(&'a self, reason: &'a str) -> &'a str {
        self.reason.get(reason).map_or(reason, String::as_str)
    }

    /// Why XML is not well-formed, by its key.
    pub fn xml_error(&self, reason: &str) -> String {
        fill(phrase(&self.xml_error, reason, "syntax"), &[])
    }

    /// Why JSON is not well-formed, by its key.
    pub fn json_error(&self, reason: &str) -> &str {
        phrase(&self.json_error, reason, "syntax")
    }

    /// What the system says of a file, in our words: its own may name what
    /// nobody should see, and know one language only.
    pub fn io_error(&self, kind: io::ErrorKind) -> &str {
        use io::ErrorKind as Kind;
        let key = match kind {
            Kind::NotFound => "not-found",
            Kind::PermissionDenied => "permission",
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => "storage-full",
            Kind::BrokenPipe => "broken-pipe",
            Kind::IsADirectory => "is-a-folder",
            Kind::NotADirectory => "not-a-folder",
            Kind::ReadOnlyFilesystem => "read-only",
            Kind::InvalidFilename => "name",
            Kind::Interrupted => "interrupted",
            Kind::InvalidData | Kind::UnexpectedEof => "invalid-data",
            Kind::AddrInUse => "address-in-use",
            Kind::AlreadyExists => "there-already",
            _ => "other",
        };
        phrase(&self.io, key, "other")
    }

    /// A mistake in a YAML file, without its place.
    pub fn mistake_alone(&self, mistake: &Mistake) -> String {
        // A mistake may quote the file, and the file may hold a number.
        let shown: Vec<(&str, String)> = mistake
            .args
            .iter()
            .map(|(name, value)| match *name {
                "reason" => (*name, self.reason(value).to_string()),
                _ => (*name, mask(value, DataClass::Plain)),
            })
            .collect();
        let args: Vec<(&str, &str)> = shown
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fill(phrase(&self.yaml, mistake.key, "syntax"), &args)
    }

    /// A mistake in the YAML file `path`, with its place.
    pub fn mistake(&self, path: &str, mistake: &Mistake) -> String {
        let what = self.mistake_alone(mistake);
        let (line, column) = (
            mistake.spot.line.to_string(),
            mistake.spot.column.to_string(),
        );
        let place = [
            ("path", path),
            ("line", &line),
            ("column", &column),
            ("what", &what),
        ];
        fill(phrase(&self.yaml, "at", "syntax"), &place)
    }

    /// The error of that key, its places filled in from `args`.
    pub fn error(&self, key: &str, args: &[(&str, &str)]) -> String {
        fill(phrase(&self.error, key, "internal"), args)
    }
}

impl Classes {
    fn of(&self, class: Class) -> &str {
        match class {
            Class::Foutmelding => &self.foutmelding,
            Class::Melding => &self.melding,
            Class::Signaal => &self.signaal,
            Class::Bekostigingssignaal => &self.bekostigingssignaal,
        }
    }
}

/// The sections of a language file by their names.
fn sections(source: &str) -> HashMap<&str, &str> {
    let brackets = source.match_indices('[').map(|(at, _)| at);
    let heads: Vec<usize> = brackets
        .filter(|&at| source[..at].ends_with('\n'))
        .collect();
    let ends = heads.iter().skip(1).copied().chain([source.len()]);
    heads
        .iter()
        .zip(ends)
        .filter_map(|(&head, end)| source[head + 1..end].split_once("]\n"))
        .collect()
}

/// The text of a section by that key.
pub(crate) fn word<'t>(phrases: &'t Phrases, key: &str) -> &'t str {
    phrases.get(key).map_or("", String::as_str)
}

/// The text of a section by that key, its places filled in from `args`.
pub(crate) fn say(phrases: &Phrases, key: &str, args: &[(&str, &str)]) -> String {
    fill(word(phrases, key), args)
}

fn phrase<'a>(phrases: &'a Phrases, key: &str, otherwise: &str) -> &'a str {
    phrases
        .get(key)
        .or_else(|| phrases.get(otherwise))
        .map_or("", String::as_str)
}

/// `text` with its places filled in from `args`; a place without an argument
/// stays empty.
pub(crate) fn fill(text: &str, args: &[(&str, &str)]) -> String {
    Template::parse(text).fill(|name| {
        args.iter()
            .find(|(known, _)| *known == name)
            .map_or_else(String::new, |(_, value)| (*value).to_string())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every text of a language file with its dotted key.
    fn flatten(source: &str) -> BTreeMap<String, String> {
        let table: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(source).unwrap();
        let mut texts = BTreeMap::new();
        for (section, entries) in table {
            for (key, text) in entries {
                texts.insert(format!("{section}.{key}"), text);
            }
        }
        texts
    }

    fn places(text: &str) -> BTreeSet<String> {
        Template::parse(text)
            .arguments()
            .map(|name| name.to_string())
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_places() {
        let dutch = flatten(include_str!("texts/nl.toml"));
        let english = flatten(include_str!("texts/en.toml"));
        assert_eq!(
            dutch.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>()
        );
        for (key, text) in &dutch {
            assert!(!text.trim().is_empty(), "{key} is empty in Dutch");
            assert!(!english[key].trim().is_empty(), "{key} is empty in English");
            assert_eq!(places(text), places(&english[key]), "places of {key}");
        }
    }

    #[test]
    fn both_files_fill_every_field() {
        for language in [Language::Nl, Language::En] {
            let texts = Texts::of(language);
            assert_eq!(texts.class(Class::Foutmelding), "foutmelding");
            assert_ne!(texts.error("not-found", &[("path", "a.xml")]), "");
            let source = match language {
                Language::Nl => include_str!("texts/nl.toml"),
                Language::En => include_str!("texts/en.toml"),
            };
            assert_eq!(texts.read_all(), sections(source).len());
        }
    }

    /// Every reason that a reader or the rule engine gives has its own words.
    #[test]
    fn every_reason_has_words() {
        let keys = |source: &'static str, before: &str, after: &str| -> Vec<&'static str> {
            source
                .lines()
                .filter_map(|line| line.split_once(before)?.1.strip_suffix(after))
                .collect()
        };
        let xml = keys(include_str!("../document/xml.rs"), "=> \"", "\",");
        let json = keys(include_str!("../document/json.rs"), "=> \"", "\",");
        let refusals = include_str!("../rules/schematron/error.rs");
        let rules = keys(refusals, "=> \"", "\",");
        assert!(xml.len() >= 14 && json.len() >= 3 && rules.len() >= 10);
        for language in [Language::Nl, Language::En] {
            let texts = Texts::of(language);
            for (reasons, phrases) in [
                (&xml, &texts.xml_error),
                (&json, &texts.json_error),
                (&rules, &texts.reason),
            ] {
                for reason in reasons {
                    assert!(phrases.contains_key(*reason), "{reason} in {language:?}");
                }
            }
        }
    }

    #[test]
    fn every_hint_is_about_a_reason() {
        for language in [Language::Nl, Language::En] {
            let texts = Texts::of(language);
            assert!(texts.reason_hint.len() >= 6);
            for reason in texts.reason_hint.keys() {
                assert!(texts.reason.contains_key(reason), "{reason}");
            }
        }
    }

    /// What to do differs with why something is not in a recording.
    #[test]
    fn each_reason_of_a_recording_has_advice_of_its_own() {
        for language in [Language::Nl, Language::En] {
            let texts = Texts::of(language);
            // These two stand within another.
            let within = ["recording-taken", "recording-no-answer"];
            let mut advice = std::collections::BTreeSet::new();
            for reason in texts.reason.keys() {
                if reason.starts_with("recording-") && !within.contains(&&**reason) {
                    assert!(advice.insert(&texts.reason_hint[reason]), "{reason}");
                }
            }
            assert!(advice.len() >= 16, "{advice:?}");
        }
    }

    #[test]
    fn a_pass_names_the_kind_of_pack_that_it_rests_on() {
        let texts = Texts::of(Language::Nl);
        assert_eq!(
            texts.verdict(Verdict::Pass, Some(PackKind::Reconstruction)),
            "conform reconstructie"
        );
        assert_eq!(
            Texts::of(Language::En).grade(Grade::HouseStyle),
            "reconstructed from DUO house style"
        );
    }

    #[test]
    fn an_unknown_key_never_panics() {
        let texts = Texts::of(Language::En);
        assert_eq!(texts.reason("as the rule set says"), "as the rule set says");
        assert!(texts.error("no such key", &[]).contains("ketenkeur"));
    }
}
