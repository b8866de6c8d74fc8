//! Recorded traffic in place of a run, and what somebody says of it: on a form,
//! or at the terminal.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;

use super::args::Run;
use super::failure::Failure;
use super::run::scenarios;
use super::{output, setup};
use crate::clock::Clock;
use crate::finding::{Language, Redaction, RuleBook, Template, Verdict};
use crate::input::InputError;
use crate::limits::{MAX_RECORDED_BYTES, MAX_RECORDED_EXCHANGES};
use crate::pack::Store;
use crate::play::{Asked, Asks, Interrupt, Question, Traffic, TrafficError, Witness, form};
use crate::scenario::Wanted;
use crate::text::{BuiltinRules, Texts, fill};

/// How often whoever waits for a line looks whether the run is asked to end.
const LOOKS_UP: Duration = Duration::from_millis(50);

/// The traffic that `--recorded` names. What is left out of it is told.
pub(super) fn recorded(paths: &[PathBuf], language: Language) -> Result<Traffic, Failure> {
    let at = |key, path: &Path| Failure::usage(key).with("path", path.display());
    let traffic = Traffic::read(paths).map_err(|error| match &error {
        TrafficError::Evidence(path, error) => super::runs::unreadable(path, error),
        TrafficError::Changed(path, names) => {
            at("traffic-changed", path).with("name", crate::report::visible(names))
        }
        TrafficError::Masked(path) => at("traffic-masked", path),
        TrafficError::Run(path) => at("traffic-run", path),
        TrafficError::Input(error) => setup::no_input(error),
        TrafficError::TooMuch => Failure::usage("traffic-much")
            .with("count", MAX_RECORDED_EXCHANGES)
            .with("megabytes", MAX_RECORDED_BYTES / (1024 * 1024)),
    })?;
    for (name, error) in &traffic.left_out {
        output::tell(&left_out(name, error, language));
    }
    Ok(traffic)
}

/// Why what `name` names is not judged, as `check` says it.
fn left_out(name: &str, error: &InputError, language: Language) -> String {
    let texts = &Texts::of(language).run;
    let name = crate::report::visible(name);
    let code = error.code();
    let rule = BuiltinRules.rule(code);
    let Some(rule) = rule.filter(|_| error.verdict() != Verdict::NotApplicable) else {
        return fill(&texts.recording_left_out, &[("name", &name)]);
    };
    let args = error.args();
    let text = rule.text(language);
    let told = |template: &Template| {
        let shown = |name: &str| args.get(name).map(|arg| arg.shown(Redaction::Mask));
        template.fill(|name| shown(name).unwrap_or_default())
    };
    let (message, hint) = (told(&text.message), told(&text.hint));
    let args = [
        ("name", &*name),
        ("message", &message),
        ("code", code),
        ("hint", &hint),
    ];
    fill(&texts.recording_unreadable, &args)
}

/// Who says what a recording does not show.
pub(super) fn witness(
    run: &Run,
    store: &Store,
    traffic: Option<&Traffic>,
    clock: Clock,
    interrupt: &Interrupt,
    language: Language,
) -> Result<Witness, Failure> {
    if let Some(path) = run.form.as_ref().filter(|path| path.exists()) {
        return Err(Failure::usage("form-there").with("path", path.display()));
    }
    let witness = match &run.answers {
        None => Witness::default(),
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| setup::unreadable(path, &error))?;
            // Also those that are not held against the recording now.
            let scenarios = scenarios(&run.paths, store, language)?;
            let masked = !run.no_redact;
            let begins = traffic.and_then(Traffic::begins);
            // Where a moment is given, somebody may have answered until then.
            let today = clock.today().max(Clock::system().today());
            let read = Witness::read(&bytes, masked).and_then(|witness| {
                let mut mistakes = witness.misdated(begins, today);
                mistakes.extend(witness.strangers(&scenarios));
                mistakes.is_empty().then_some(witness).ok_or(mistakes)
            });
            read.map_err(|mistakes| {
                let name = path.display().to_string();
                for mistake in &mistakes {
                    output::tell(&Texts::of(language).mistake(&name, mistake));
                }
                let count = mistakes.len();
                let key = match count {
                    1 => "form-mistakes-one",
                    _ => "form-mistakes",
                };
                Failure::usage(key).with("path", name).with("count", count)
            })?
        }
    };
    Ok(match run.ask {
        true => witness.with_person(asks(interrupt, language)),
        false => witness,
    })
}

/// Writes the form with what nobody said yet.
pub(super) fn write_form(path: &Path, open: &[Asked], language: Language) -> Result<(), Failure> {
    let texts = &Texts::of(language).run;
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(form(&texts.form, open).as_bytes()));
    written.map_err(|error| {
        Failure::usage("form-unwritten")
            .with("path", path.display())
            .because(error.kind())
    })?;
    let (name, count) = (path.display().to_string(), open.len().to_string());
    let args = [("path", &*name), ("count", &count)];
    let words = match open.len() {
        1 => &texts.form_written_one,
        _ => &texts.form_written,
    };
    output::tell(&fill(words, &args));
    Ok(())
}

/// Asks who operates the LAS, until the run is asked to end.
pub(super) fn asks(interrupt: &Interrupt, language: Language) -> Asks {
    let interrupt = interrupt.clone();
    Box::new(move |question| {
        if interrupt.is_set() {
            return None;
        }
        ask(&question, language);
        let line = answered(&interrupt);
        if line.is_none() && interrupt.is_set() {
            output::tell(&format!("\n{}", Texts::of(language).run.ask_ended));
        }
        line
    })
}

/// The next line that is typed; `None` when there is none to come, or the run is
/// asked to end first.
fn answered(interrupt: &Interrupt) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    // Nothing but a line ends the reading of one.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Where the run has ended nobody waits for it.
        let _ = sender.send(read.is_ok_and(|length| length > 0).then_some(line));
    });
    loop {
        match receiver.recv_timeout(LOOKS_UP) {
            Ok(line) => return line,
            Err(RecvTimeoutError::Timeout) if !interrupt.is_set() => {}
            Err(_) => return None,
        }
    }
}

/// Asks who operates the LAS for an action, or what it shows.
fn ask(question: &Question<'_>, language: Language) {
    let texts = &Texts::of(language).run;
    let words = match question {
        Question::Act(trigger) => {
            let with = Value::Object(trigger.with.clone()).to_string();
            let args = [
                ("action", trigger.action.as_str()),
                ("with", &with),
                ("scenario", trigger.scenario.as_deref().unwrap_or_default()),
            ];
            format!("{}\n{}", fill(&texts.ask, &args), texts.ask_done)
        }
        Question::Shows(path, wanted) => {
            let (text, value) = match wanted {
                Wanted::Equal(Value::String(text)) | Wanted::Match(text) => {
                    (&texts.ask_value, text.clone())
                }
                Wanted::Equal(value) => (&texts.ask_value, value.to_string()),
                Wanted::Exist(true) => (&texts.ask_there, String::new()),
                Wanted::Exist(false) => (&texts.ask_absent, String::new()),
                Wanted::Count(count) => (&texts.ask_count, count.to_string()),
            };
            let asked = fill(text, &[("path", path), ("value", &value)]);
            format!("  {asked} {}", texts.ask_shows)
        }
        Question::Who => format!("  {}", texts.ask_who),
        Question::Value(name) => format!("  {}", fill(&texts.ask_for, &[("name", name)])),
    };
    output::ask(&format!("{words} "));
}
