//! What is said of a finding: the same words in every report.

use std::ops::Deref;
use std::sync::Arc;

use crate::event::{
    Excused, Judged, Of, PackKind, Reported, SaidBy, ScenarioInfo, ScenarioJudged, Started,
    Stepped, Undeclared, Wrong,
};
use crate::exit::Exit;
use crate::finding::{
    Class, Dispute, Grade, Judgement, Kind, Language, Position, RuleBook, RuleInfo, RuleText,
    Source, Template, Verdict,
};
use crate::report::visible;
use crate::scenario::ScriptKind;
use crate::text::{Texts, fill};

/// Rules that speak of the judging itself. Their own text already says that
/// something could not be judged.
const RULES_OF_JUDGING: &[&str] = &[
    "KK-PACK-",
    "KK-HERKEN-",
    "KK-INVOER-",
    "KK-INTERN",
    "KK-SC-SCRIPT",
    "KK-SC-OPNAME",
];

/// Makes text of findings, in one language.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    book: &'a dyn RuleBook,
    language: Language,
    /// The words of the interface.
    pub texts: Words,
}

/// The words of the interface in a language, read when the first is needed.
#[derive(Clone, Copy)]
pub struct Words(Language);

impl Deref for Words {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        Texts::of(self.0)
    }
}

/// A finding in words, safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What the rule demands, in one line. The code when the rule is unknown.
    pub title: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// What is held against the rule, and not settled.
    pub disputes: Vec<String>,
}

impl<'a> Voice<'a> {
    /// A voice that knows the rules of `book`.
    pub fn new(book: &'a dyn RuleBook, language: Language) -> Self {
        Self {
            book,
            language,
            texts: Words(language),
        }
    }

    /// The words of the interface, for as long as the program runs.
    pub fn words(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The words for a finding.
    pub fn wording(&self, finding: &Reported) -> Wording {
        let rule = self.book.rule(&finding.code);
        let text = rule.as_deref().map(|rule| rule.text(self.language));
        let of_judging = RULES_OF_JUDGING
            .iter()
            .any(|prefix| finding.code.starts_with(prefix));
        let (message, hint) = match (finding.kind, text) {
            (Kind::Undecided, _) if !(of_judging && text.is_some()) => {
                self.undecided(finding, text)
            }
            (_, Some(text)) => (
                text.message.fill(|name| self.argument(finding, name)),
                // What to do may depend on why.
                match self.reason_hint(finding) {
                    Some(hint) => hint.clone(),
                    None => text.hint.fill(|name| self.argument(finding, name)),
                },
            ),
            (_, None) => self.unknown(finding),
        };
        Wording {
            title: visible(text.map_or(&finding.code, |text| &text.title)),
            message: visible(&message),
            hint: visible(&hint),
            disputes: self
                .disputes(finding)
                .map(|one| self.dispute(one))
                .collect(),
        }
    }

    /// What is held against a finding or its rule, and not settled.
    pub fn disputes(&self, finding: &Reported) -> impl Iterator<Item = &'a Dispute> {
        let (code, fingerprint) = (finding.code.clone(), finding.fingerprint.clone());
        let all = self.book.disputes().iter();
        all.filter(move |one| one.is_open() && one.is_about(&code, fingerprint.as_str()))
    }

    /// What is held against rules, and not settled.
    pub fn open_disputes(&self) -> impl Iterator<Item = &'a Dispute> {
        self.book.disputes().iter().filter(|one| one.is_open())
    }

    /// What is held against the rule of a finding, with the word for it. Empty
    /// for nothing.
    pub fn disputed(&self, wording: &Wording) -> String {
        match wording.disputes.as_slice() {
            [] => String::new(),
            all => format!("{}: {}", self.texts.finding.disputed, all.join("; ")),
        }
    }

    /// A dispute in a line.
    pub fn dispute(&self, dispute: &Dispute) -> String {
        fill(
            &self.texts.finding.dispute,
            &[
                ("by", &visible(&dispute.by)),
                ("since", &visible(&dispute.since)),
                ("note", &visible(&dispute.note)),
                ("source", &visible(&dispute.source)),
            ],
        )
    }

    /// The rule of that code, `None` when nobody knows it.
    pub fn rule(&self, code: &str) -> Option<Arc<RuleInfo>> {
        self.book.rule(code)
    }

    /// The one-line title of a rule, `None` when nobody knows it.
    pub fn title(&self, code: &str) -> Option<String> {
        let rule = self.book.rule(code)?;
        Some(visible(&rule.text(self.language).title))
    }

    /// What a rule demands and what to do, without a finding: arguments stand
    /// as their names. `None` when nobody knows it.
    pub fn help(&self, code: &str) -> Option<(String, String)> {
        let rule = self.book.rule(code)?;
        let text = rule.text(self.language);
        let name = |name: &str| format!("‹{name}›");
        Some((
            visible(&text.message.fill(name)),
            visible(&text.hint.fill(name)),
        ))
    }

    /// Where a finding is, in words: the place in the message (line and column
    /// where its elements have no say), the whole message, or the run when it
    /// is about no input.
    pub fn place(&self, finding: &Reported, input: Option<&str>) -> String {
        let words = &self.texts.finding;
        let begin = Position { line: 1, column: 1 };
        let place = match finding.start.filter(|start| *start != begin) {
            _ if input.is_none() => return words.run.clone(),
            _ if !finding.words.is_empty() => visible(&finding.words),
            Some(Position { line, column }) => {
                let (line, column) = (line.to_string(), column.to_string());
                fill(&words.spot, &[("line", &line), ("column", &column)])
            }
            None => return words.whole.clone(),
        };
        if finding.in_body {
            fill(&words.in_body, &[("place", &place)])
        } else {
            place
        }
    }

    /// What is said in place of a message's name of what no contract knows.
    pub fn unrecognised(&self, judged: &Judged) -> String {
        let words = &self.texts.message;
        match &judged.other {
            Some(other) => fill(&words.other, &[("other", other)]),
            None => words.unrecognised.clone(),
        }
    }

    /// Source of a rule and what it rests on.
    pub fn source(&self, finding: &Reported) -> String {
        self.grounds(&finding.source, finding.grade)
    }

    /// Where something comes from and what it rests on.
    pub fn grounds(&self, source: &Source, grade: Grade) -> String {
        let grade = self.texts.grade(grade);
        if source.is_empty() {
            grade.to_string()
        } else {
            format!("{}; {grade}", visible(&source.told(self.language)))
        }
    }

    /// The verdict on a message in words.
    pub fn verdict(&self, judged: &Judged) -> &'static str {
        let kind = judged.message.as_ref().map(|message| message.kind);
        self.words().verdict(judged.judgement.verdict, kind)
    }

    /// The verdict on a scenario in words: a pass is one of a self-test, and
    /// says of which kind of pack.
    pub fn played(&self, played: &ScenarioJudged) -> String {
        let said = self.scenario_verdict(played);
        if played.undeclared.is_empty() {
            return said;
        }
        let undeclared = played.undeclared.iter();
        let list: Vec<String> = undeclared.map(|lack| self.undeclared(lack)).collect();
        let list = list.join(", ");
        match &played.not_played {
            Some(_) => format!("{said} ({list})"),
            None => format!("{said}; {list}"),
        }
    }

    /// That the script of a scenario is not that of ketenkeur, in a run of that
    /// version; nothing of one that is, or that cannot be compared.
    pub fn own_script(&self, tool: &str, about: &ScenarioInfo) -> Option<&'static str> {
        let is_own = ScriptKind::of(tool, about) == ScriptKind::Own;
        is_own.then(|| &*self.words().run.own_script)
    }

    /// What the target does not declare, and which step was left out for it.
    pub fn undeclared(&self, lack: &Undeclared) -> String {
        let run = &self.texts.run;
        let words = |reason: &Option<String>| match reason {
            Some(reason) => fill(&run.undeclared_reason, &[("reason", &visible(reason))]),
            None => run.undeclared_no.clone(),
        };
        // Sectors of which the target says the same stand together.
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        for (sector, reason) in &lack.sectors {
            let words = words(reason);
            match told.iter_mut().find(|(known, _)| *known == words) {
                Some((_, sectors)) => sectors.push(sector),
                None => told.push((words, vec![sector])),
            }
        }
        let why = match told.as_slice() {
            [] => words(&lack.reason),
            [(words, _)] => words.clone(),
            several => {
                let several = several.iter().map(|(words, sectors)| {
                    let args = [("sectors", &*sectors.join(", ")), ("words", words)];
                    fill(&run.undeclared_in, &args)
                });
                several.collect::<Vec<_>>().join("; ")
            }
        };
        let what = format!("{}: {why}", visible(&lack.capability));
        match &lack.step {
            None => what,
            Some(step) => fill(&run.left_out, &[("step", step), ("capability", &what)]),
        }
    }

    fn scenario_verdict(&self, played: &ScenarioJudged) -> String {
        if let Some(reason) = &played.not_played {
            let reasons = &self.texts.not_played;
            return reasons.get(reason).unwrap_or(reason).clone();
        }
        let run = &self.texts.run;
        let verdict = match (played.judgement.verdict, played.pack) {
            (Verdict::Pass, pack) => self.passed(pack, played.about.recorded).clone(),
            (Verdict::Fail, _) if played.unreachable => run.unreachable.clone(),
            (verdict, _) => self.texts.verdict(verdict, None).to_string(),
        };
        let verdict = match played.about.recorded {
            true => fill(&run.recorded, &[("verdict", &verdict)]),
            false => verdict,
        };
        let verdict = self.with_said(verdict, played.said.into(), played.said_by.as_ref());
        match &played.about.defect {
            None => verdict,
            Some(wrong) => {
                // What a party comes to beside a wrong one is no verdict on it.
                let words = match wrong.party == played.about.subject {
                    true => &run.wrong,
                    false => &run.wrong_beside,
                };
                let args = [
                    ("verdict", &*verdict),
                    ("party", &*self.party(&wrong.party)),
                    ("subject", &*self.party(&played.about.subject)),
                    ("defect", &*visible(&wrong.id)),
                ];
                fill(words, &args)
            }
        }
    }

    /// That a party was wrong on purpose, of a run as a whole.
    pub fn wrong_party(&self, wrong: &Wrong) -> String {
        let (party, defect) = (self.party(&wrong.party), visible(&wrong.id));
        let args = [("party", &*party), ("defect", &*defect)];
        fill(&self.texts.run.wrong_party, &args)
    }

    /// A party, as it is called.
    fn party(&self, name: &str) -> String {
        visible(&name.to_uppercase())
    }

    /// The word for a scenario that passed: what was recorded was no test.
    pub fn passed(&self, pack: Option<PackKind>, is_recorded: bool) -> &'static String {
        let run = &self.words().run;
        match (pack, is_recorded) {
            (Some(PackKind::Reconstruction), true) => &run.held_reconstruction,
            (_, true) => &run.held,
            (Some(PackKind::Reconstruction), false) => &run.pass_reconstruction,
            (_, false) => &run.pass,
        }
    }

    /// A text with how many steps rest on what a person said, and on whom.
    pub fn with_said(&self, text: String, said: u64, by: Option<&SaidBy>) -> String {
        let run = &self.texts.run;
        let words = match said {
            0 => return text,
            1 => &run.said_one,
            _ => &run.said,
        };
        let count = said.to_string();
        let (who, on) = by.map_or(("", ""), |by| (&*by.by, &*by.on));
        let args = [
            ("verdict", &*text),
            ("count", &count),
            ("by", who),
            ("on", on),
        ];
        fill(words, &args)
    }

    /// The verdict on a step in words.
    pub fn step(&self, step: &Stepped) -> String {
        let verdict = self.texts.verdict(step.judgement.verdict, None);
        match (&step.undeclared, step.said) {
            (Some(lack), _) => self.undeclared(lack),
            (None, false) => verdict.to_string(),
            (None, true) => fill(&self.texts.run.step_said, &[("verdict", verdict)]),
        }
    }

    /// Who excuses a finding, until when and why.
    pub fn excuse(&self, excused: &Excused) -> String {
        fill(
            &self.texts.finding.excused,
            &[
                ("until", &visible(&excused.until)),
                ("owner", &visible(&excused.owner)),
                ("reason", &visible(&excused.reason)),
            ],
        )
    }

    /// Why a verdict is undecided although no rule is, under strict
    /// provenance. `None` when that is not the case.
    pub fn strict(&self, started: Option<&Started>, judged: &Judged) -> Option<String> {
        let strict = started.is_some_and(|started| started.strict_provenance);
        let by_rule = judged.findings.iter().any(|f| f.kind == Kind::Undecided);
        let Judgement { verdict, grade } = judged.judgement;
        let grade = grade.filter(|grade| *grade < Grade::Published)?;
        (strict && !by_rule && verdict == Verdict::Undecided).then(|| {
            fill(
                &self.texts.finding.strict,
                &[("grade", self.texts.grade(grade))],
            )
        })
    }

    /// The words for findings that were counted only. `None` for none.
    pub fn more(&self, count: u64) -> Option<String> {
        (count > 0).then(|| {
            fill(
                &self.texts.finding.more,
                &[("count", count.to_string().as_str())],
            )
        })
    }

    /// A pack in one line.
    pub fn pack(&self, contract: &str, version: &str, kind: PackKind, grade: Grade) -> String {
        fill(
            &self.texts.summary.pack_line,
            &[
                ("contract", &visible(contract)),
                ("version", &visible(version)),
                ("kind", self.texts.pack(kind)),
                ("grade", self.texts.grade(grade)),
            ],
        )
    }

    /// What an exit code means of what was judged, in a sentence.
    pub fn exit_meaning(&self, exit: Exit, judged: Of, fail_on: Option<Class>) -> String {
        let meanings = &self.texts.exit;
        let meaning = match (exit, judged) {
            (Exit::Conforms, Of::Messages) => &meanings.conforms,
            (Exit::Conforms, Of::Scenarios) => &meanings.scenarios_conforms,
            (Exit::Findings, Of::Messages) => &meanings.findings,
            (Exit::Findings, Of::Scenarios) => &meanings.scenarios_findings,
            (Exit::Undecided, Of::Messages) => &meanings.undecided,
            (Exit::Undecided, Of::Scenarios) => &meanings.scenarios_undecided,
            (Exit::Usage, _) => &meanings.usage,
            (Exit::Unreachable, _) => &meanings.unreachable,
            (Exit::Internal, _) => &meanings.internal,
        };
        let class = fail_on.unwrap_or(Class::Foutmelding);
        fill(meaning, &[("class", self.texts.class(class))])
    }

    fn undecided(&self, finding: &Reported, text: Option<&RuleText>) -> (String, String) {
        let reason = self.argument(finding, "reason");
        let reason = match reason.trim_end_matches('.') {
            "" => &self.texts.finding.undecided_without_reason,
            reason => reason,
        };
        let message = fill(
            &self.texts.finding.undecided,
            &[
                ("code", &finding.code),
                ("title", text.map_or(&finding.code, |text| &text.title)),
                ("reason", reason),
            ],
        );
        let hint = self.reason_hint(finding);
        let hint = hint.unwrap_or(&self.texts.finding.undecided_hint);
        (message, hint.clone())
    }

    /// What to do about the reason that a finding gives.
    fn reason_hint(&self, finding: &Reported) -> Option<&'static String> {
        let mut args = finding.args.iter();
        let key = args.find_map(|(name, value)| (name == "reason").then_some(value.as_str()))?;
        let key = key.split_once(':').map_or(key, |(key, _)| key);
        self.words().reason_hint.get(key)
    }

    fn unknown(&self, finding: &Reported) -> (String, String) {
        let args: Vec<String> = finding
            .args
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let args = [("code", &*finding.code), ("args", &args.join(", "))];
        (
            fill(&self.texts.finding.unknown_rule, &args),
            fill(&self.texts.finding.unknown_hint, &args),
        )
    }

    /// An argument as text. Reasons are keys of the texts.
    fn argument(&self, finding: &Reported, name: &str) -> String {
        let find = |name: &str| finding.args.iter().find(|(known, _)| known == name);
        // What a scenario says comes in both languages; so do words for a key.
        let in_language = || match self.language {
            Language::Nl => find(&format!("{name}-nl")),
            Language::En => find(&format!("{name}-en")),
        };
        let Some((_, value)) = in_language().or_else(|| find(name)) else {
            return String::new();
        };
        if name != "reason" {
            return value.clone();
        }
        let phrases = match &*finding.code {
            "KK-XML-WELGEVORMD" => &self.texts.xml_error,
            "KK-JSON-WELGEVORMD" => &self.texts.json_error,
            _ => &self.texts.reason,
        };
        // A reason may name what it is about: `value-list-date:schooladvies`.
        let (key, about) = value.split_once(':').unwrap_or((value, ""));
        match phrases.get(key) {
            Some(phrase) => Template::parse(phrase).fill(|name| match name {
                "about" => about.to_string(),
                name => self.argument(finding, name),
            }),
            None => value.clone(),
        }
    }
}

/// The inputs of a finding over several: the one to look at, and the others.
pub(super) fn first_and_others(inputs: &[String]) -> (Option<&str>, &[String]) {
    match inputs.split_first() {
        Some((first, others)) => (Some(first), others),
        None => (None, &[]),
    }
}
