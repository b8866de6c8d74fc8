//! `ketenkeur target`: a target file, and what it leads to.

use std::fmt::Write as _;
use std::path::Path;

use super::args::Target as Wanted;
use super::failure::Failure;
use super::output::{print, tell};
use super::run::known;
use super::setup;
use crate::clock::RunningClock;
use crate::edukoppeling::KeyError;
use crate::exit::Exit;
use crate::finding::{Arg, Class, Finding, Kind, Language, Redaction, RuleBook};
use crate::pack::Store;
use crate::target::{
    IdentityError, IdentityProblem, Inspected, Inspection, Subject, Target, example, inspect,
};
use crate::text::{BuiltinRules, Texts, fill, word};

/// Runs the command. `store` gives the packs, when they are asked for.
pub fn run_target(
    wanted: &Wanted,
    store: impl FnOnce() -> Result<Store, Failure>,
    language: Language,
) -> Result<Exit, Failure> {
    match wanted {
        Wanted::Init { file } => init(file, language),
        Wanted::Check { file } => check(file, &store()?, language),
    }
}

fn init(file: &Path, language: Language) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let made = std::fs::OpenOptions::new()
        .write(true)
        // What the user has is never overwritten.
        .create_new(true)
        .open(file);
    let written = made
        .and_then(|mut made| std::io::Write::write_all(&mut made, example(language).as_bytes()));
    if let Err(error) = written {
        let failure = match error.kind() {
            std::io::ErrorKind::AlreadyExists => Failure::usage("target-exists"),
            kind => Failure::usage("not-written").because(kind),
        };
        return Err(failure.with("path", file.display()));
    }
    let path = file.display().to_string();
    print(&format!(
        "{}\n",
        fill(phrase(texts, "made"), &[("path", &path)])
    ))
}

fn phrase<'a>(texts: &'a Texts, key: &str) -> &'a str {
    word(&texts.target, key)
}

/// Reads a target file; tells its mistakes on standard error.
pub fn read(file: &Path, language: Language) -> Result<Target, Failure> {
    let bytes = std::fs::read(file).map_err(|error| setup::unreadable(file, &error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    Target::read(&bytes, folder).map_err(|mistakes| {
        let path = file.display().to_string();
        for mistake in &mistakes {
            tell(&Texts::of(language).mistake(&path, mistake));
        }
        Failure::usage("target-mistakes")
            .with("path", path)
            .with("count", mistakes.len())
    })
}

/// Refuses a target that declares something of a message that no pack has.
pub fn known_messages(target: &Target, store: &Store) -> Result<(), Failure> {
    let mut operations: Vec<&str> = store
        .messages()
        .map(|(_, message)| &*message.operation)
        .collect();
    operations.sort_unstable();
    operations.dedup();
    let declared: Vec<String> = target.capabilities.messages.keys().cloned().collect();
    known("target-message", &declared, &operations)
}

fn check(file: &Path, store: &Store, language: Language) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let target = read(file, language)?;
    known_messages(&target, store)?;
    let trust = target.trust().map_err(|error| setup::material(&error))?;
    let mut seen = Seen::default();
    inspect(
        &target,
        &trust,
        &RunningClock::system(),
        &mut |inspection| {
            seen.take(&inspection);
            // A reader that has gone away does not stop the inspection.
            let _ = print(&told(&inspection, texts, language));
        },
    );
    let exit = seen.exit();
    let meaning = match exit {
        Exit::Conforms => &texts.exit.target_conforms,
        Exit::Findings => &texts.exit.target_findings,
        Exit::Usage => &texts.exit.target_usage,
        Exit::Unreachable => &texts.exit.target_unreachable,
        Exit::Internal => &texts.exit.internal,
        Exit::Undecided => &texts.exit.target_undecided,
    };
    let code = exit.code().to_string();
    let ended = fill(
        &texts.summary.exit,
        &[("code", &code), ("meaning", meaning)],
    );
    let left = match seen.not_done {
        0 => String::new(),
        count => {
            let count = count.to_string();
            format!("{}\n", fill(phrase(texts, "left"), &[("count", &count)]))
        }
    };
    print(&format!("\n{left}{ended}\n"))?;
    Ok(exit)
}

/// What was met, for the exit code.
#[derive(Default)]
struct Seen {
    any: bool,
    unusable: bool,
    unreachable: bool,
    broken: bool,
    open: bool,
    /// What was not looked at: it weighs nothing, and is said.
    not_done: usize,
}

impl Seen {
    fn take(&mut self, inspection: &Inspection) {
        self.any |= !matches!(inspection.outcome, Inspected::NotDone(_));
        match &inspection.outcome {
            Inspected::NotDone(_) => self.not_done += 1,
            Inspected::Right(_) | Inspected::Elsewhen(_) => {}
            Inspected::Found(findings) => {
                for finding in findings {
                    self.open |= finding.kind == Kind::Undecided;
                    self.broken |=
                        finding.kind == Kind::Violation && finding.class == Class::Foutmelding;
                }
            }
            Inspected::Unreachable(_) => self.unreachable = true,
            Inspected::Unusable(_) => self.unusable = true,
            Inspected::Wrong(..) => self.broken = true,
            Inspected::Open(_) => self.open = true,
        }
    }

    fn exit(&self) -> Exit {
        if self.unusable {
            Exit::Usage
        } else if self.unreachable {
            Exit::Unreachable
        } else if self.broken {
            Exit::Findings
        } else if self.open || !self.any {
            Exit::Undecided
        } else {
            Exit::Conforms
        }
    }
}

/// One line, and one more for each finding.
fn told(inspection: &Inspection, texts: &Texts, language: Language) -> String {
    let subject = match inspection.subject {
        Subject::Identity => "identity",
        Subject::Connection => "connection",
        Subject::Path => "path",
        Subject::Rules => "rules",
        Subject::Probe => "probe",
        Subject::Clock => "clock",
        Subject::Mandate => "mandate",
        Subject::Trigger => "trigger",
    };
    let (mark, detail) = match &inspection.outcome {
        Inspected::Right(fact) => ("right", detail_of(inspection.subject, fact, texts)),
        Inspected::Elsewhen(stands) => (
            "right",
            fill(phrase(texts, "clock-elsewhen"), &[("found", stands)]),
        ),
        Inspected::Found(findings) => {
            let broken = findings.iter().any(is_broken);
            (if broken { "wrong" } else { "open" }, String::new())
        }
        Inspected::Unreachable(finding) => ("unreachable", sentence(finding, texts, language)),
        Inspected::Unusable(error) => ("wrong", of_identity(error, texts)),
        Inspected::Wrong(key, found) => ("wrong", fill(phrase(texts, key), &[("found", found)])),
        Inspected::Open(key) => ("open", phrase(texts, key).to_string()),
        Inspected::NotDone(key) => ("not-done", phrase(texts, key).to_string()),
    };
    let mut line = format!(
        "{:13} {:4} {:12} {}",
        phrase(texts, mark),
        inspection.role.name(),
        phrase(texts, subject),
        inspection.about
    );
    let between = match inspection.about.is_empty() {
        true => "",
        false => ": ",
    };
    if !detail.is_empty() {
        let _ = write!(line, "{between}{detail}");
    }
    line.push('\n');
    if let Inspected::Found(findings) = &inspection.outcome {
        for finding in findings {
            let said = sentence(finding, texts, language);
            let _ = writeln!(line, "{:18} {} {said}", "", finding.code);
        }
    }
    line
}

fn is_broken(finding: &Finding) -> bool {
    finding.kind == Kind::Violation
}

fn detail_of(subject: Subject, fact: &str, texts: &Texts) -> String {
    match subject {
        Subject::Rules | Subject::Probe => fill(phrase(texts, "held"), &[("found", fact)]),
        Subject::Identity if !fact.is_empty() => format!("OIN {fact}"),
        _ => fact.to_string(),
    }
}

/// A finding in words, with what to do.
fn sentence(finding: &Finding, texts: &Texts, language: Language) -> String {
    let Some(rule) = BuiltinRules.rule(&finding.code) else {
        return String::new();
    };
    let text = rule.text(language);
    let value = |name: &str| {
        let shown = finding
            .args
            .get(name)
            .map(|arg: &Arg| arg.shown(Redaction::Mask));
        let shown = shown.unwrap_or_default();
        match name {
            "reason" => texts.reason(&shown).to_string(),
            _ => shown,
        }
    };
    if finding.kind == Kind::Undecided {
        let args = [
            ("code", &*finding.code),
            ("title", &*text.title),
            ("reason", &*value("reason")),
        ];
        return fill(&texts.finding.undecided, &args);
    }
    format!("{} {}", text.message.fill(value), text.hint.fill(value))
}

/// An identity of the target file that cannot be used ends a run.
pub fn unusable(error: &IdentityError) -> Failure {
    let failure = match error.problem {
        IdentityProblem::Unreadable(kind) => Failure::usage("unreadable").because(kind),
        IdentityProblem::TooLarge => Failure::usage("material-large"),
        IdentityProblem::NoVariable => Failure::usage("variable-missing"),
        IdentityProblem::Key(error) => Failure::usage(key_error(error)),
    };
    failure.with("path", &error.about)
}

fn key_error(error: KeyError) -> &'static str {
    match error {
        KeyError::NoKey => "target-key-none",
        KeyError::PassphraseMissing => "target-passphrase-missing",
        KeyError::PassphraseWrong => "key-passphrase-wrong",
        KeyError::Unsuited => "target-key-unsuited",
        KeyError::NoCertificate => "key-no-certificate",
        KeyError::Mismatch => "key-mismatch",
    }
}

fn of_identity(error: &IdentityError, texts: &Texts) -> String {
    let path = [("path", error.about.as_str())];
    match error.problem {
        IdentityProblem::Unreadable(kind) => {
            let reason = texts.io_error(kind);
            texts.error("unreadable", &[path[0], ("reason", reason)])
        }
        IdentityProblem::TooLarge => texts.error("material-large", &path),
        IdentityProblem::NoVariable => texts.error("variable-missing", &path),
        IdentityProblem::Key(error) => texts.error(key_error(error), &path),
    }
}
