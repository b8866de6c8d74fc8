//! `ketenkeur check`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Check, Global};
use super::failure::Failure;
use super::settings::Settings;
use super::setup;
use crate::check::{
    Bench, CheckOptions, Deviations, NamedRequest, RulesOfPacks, run, shipped_extractor,
};
use crate::event::{Event, Recorder, Spool};
use crate::exit::{Exit, Trouble};
use crate::facts::Profile;
use crate::finding::{Class, Language, Redaction};
use crate::input::{Inputs, Options, UsageError};
use crate::report::{Format, Human, Look, Run};

/// Runs the command.
pub fn run_check(
    check: &Check,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let reports = reports(check, settings)?;
    let clock = setup::clock(check.at.as_deref())?;
    let profile = check
        .profile
        .map(Profile::from)
        .or(settings.profile)
        .unwrap_or_default();
    let store = setup::store(global, settings)?;
    let rio = if check.rio.is_empty() {
        &settings.rio
    } else {
        &check.rio
    };
    let facts = setup::facts(clock, profile, rio, &store)?;
    let extractor =
        shipped_extractor().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let request = check.request.as_deref().map(setup::request);
    let bench = Arc::new(Bench {
        store,
        facts,
        options: options(check, settings),
        deviations: deviations(check, settings)?,
        extractor,
        trust: setup::trust(check, settings, profile)?,
        request: request.transpose()?.map(NamedRequest::new),
        rules: RulesOfPacks::default(),
    });
    let paths: Vec<PathBuf> = check.paths.iter().map(PathBuf::from).collect();
    let inputs = Inputs::resolve(&paths, Options::default()).map_err(|error| no_input(&error))?;
    let threads = check
        .jobs
        .or(settings.jobs)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .max(1);
    let mut recorder = check
        .record
        .as_deref()
        .map(|path| {
            Recorder::create(path, bench.options.redaction).map_err(|error| {
                Failure::usage("not-written")
                    .with("path", path.display())
                    .because(error.0)
            })
        })
        .transpose()?;
    let mut outlet = Outlet::new(&reports, &bench, language, check.quiet);
    let mut spool = Spool::new();
    let mut trouble = None;
    let (tally, end) = run(&bench, inputs, threads, |event| {
        let kept = keep(&event, &mut outlet, &mut spool, recorder.as_mut());
        if let Err(failure) = kept {
            trouble.get_or_insert(failure);
        }
    });
    if let Some(failure) = trouble {
        return Err(failure);
    }
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    let exit = Exit::of(
        tally.summary(),
        Trouble {
            internal: end.internal,
            ..Trouble::default()
        },
    );
    outlet.finish(exit)?;
    write_reports(&reports, &spool, &bench, language, exit)?;
    Ok(exit)
}

/// Hands an event to everything that wants it.
fn keep(
    event: &Event,
    outlet: &mut Outlet<'_>,
    spool: &mut Spool,
    recorder: Option<&mut Recorder>,
) -> Result<(), Failure> {
    outlet.show(event)?;
    if outlet.replays {
        spool.push(event)?;
    }
    if let Some(recorder) = recorder {
        recorder.record(event)?;
    }
    Ok(())
}

/// A report that was asked for: the format and where it goes.
struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

/// What goes to the terminal while the run goes on.
struct Outlet<'a> {
    human: Option<Human<'a, std::io::StdoutLock<'static>>>,
    progress: Option<ProgressBar>,
    /// Some report needs the events again at the end.
    replays: bool,
}

impl<'a> Outlet<'a> {
    fn new(reports: &[Wanted], bench: &'a Bench, language: Language, quiet: bool) -> Self {
        let streams = reports.iter().any(Wanted::is_stream);
        let human = streams.then(|| {
            Human::new(
                std::io::stdout().lock(),
                &bench.rules,
                language,
                Look::of_stdout(),
            )
        });
        // A bar would tear up findings that stream to the same terminal.
        let watched = !quiet
            && std::io::stderr().is_terminal()
            && !(streams && std::io::stdout().is_terminal());
        Self {
            human,
            progress: watched.then(bar),
            replays: reports.iter().any(|wanted| !wanted.is_stream()),
        }
    }

    fn show(&mut self, event: &Event) -> Result<(), Failure> {
        if let (Some(progress), Event::Judged(_)) = (&self.progress, event) {
            progress.inc(1);
        }
        match &mut self.human {
            Some(human) => human.show(event).map_err(|error| stdout_failure(&error)),
            None => Ok(()),
        }
    }

    fn finish(self, exit: Exit) -> Result<(), Failure> {
        if let Some(progress) = self.progress {
            progress.finish_and_clear();
        }
        match self.human {
            Some(human) => human
                .finish(exit)
                .and_then(|mut out| out.flush())
                .map_err(|error| stdout_failure(&error)),
            None => Ok(()),
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}  {per_sec}  {elapsed}") {
        bar.set_style(style);
    }
    bar
}

impl Wanted {
    /// The human report on standard output is written while the run goes on.
    fn is_stream(&self) -> bool {
        self.format == Format::Human && self.file.is_none()
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = Format::parse(name).ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            Failure::usage("report-format")
                .with("format", name)
                .with("known", names.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// The reports that were asked for; the human one when none was. Two reports
/// to standard output would run into each other.
fn reports(check: &Check, settings: &Settings) -> Result<Vec<Wanted>, Failure> {
    let asked = if check.report.is_empty() {
        &settings.report
    } else {
        &check.report
    };
    let mut reports: Vec<Wanted> = asked
        .iter()
        .map(|text| Wanted::parse(text))
        .collect::<Result<_, _>>()?;
    if reports.is_empty() && !check.quiet {
        reports.push(Wanted {
            format: Format::Human,
            file: None,
        });
    }
    if reports
        .iter()
        .filter(|wanted| wanted.file.is_none())
        .count()
        > 1
    {
        return Err(Failure::usage("report-twice"));
    }
    Ok(reports)
}

fn write_reports(
    reports: &[Wanted],
    spool: &Spool,
    bench: &Bench,
    language: Language,
    exit: Exit,
) -> Result<(), Failure> {
    let run = Run::new(spool, &bench.rules, language, exit);
    for wanted in reports.iter().filter(|wanted| !wanted.is_stream()) {
        match &wanted.file {
            None => wanted.format.write(&run, std::io::stdout().lock())?,
            Some(path) => {
                let failure = |error: std::io::Error| {
                    Failure::usage("not-written")
                        .with("path", path.display())
                        .because(error.kind())
                };
                let folder = path.parent();
                if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(failure)?;
                }
                let file = std::fs::File::create(path).map_err(failure)?;
                wanted.format.write(&run, file)?;
            }
        }
    }
    Ok(())
}

fn stdout_failure(error: &std::io::Error) -> Failure {
    Failure::usage("not-written")
        .with("path", "-")
        .because(error.kind())
}

fn options(check: &Check, settings: &Settings) -> CheckOptions {
    CheckOptions {
        redaction: if check.no_redact {
            Redaction::Show
        } else {
            Redaction::Mask
        },
        strict_provenance: check.strict_provenance || settings.strict_provenance,
        fail_on: check
            .fail_on
            .map(Class::from)
            .or(settings.fail_on)
            .unwrap_or(Class::Foutmelding),
        named: check.named.clone(),
        batch: !check.no_batch,
    }
}

fn deviations(check: &Check, settings: &Settings) -> Result<Deviations, Failure> {
    let Some(path) = check.deviations.as_ref().or(settings.deviations.as_ref()) else {
        return Ok(Deviations::default());
    };
    let text = setup::read(path)?;
    Deviations::parse(&text).map_err(|error| Failure::of_user_file(path, error))
}

fn no_input(error: &UsageError) -> Failure {
    match error {
        UsageError::NothingNamed => Failure::usage("input-none"),
        UsageError::NotFound(path) => Failure::usage("not-found").with("path", path),
        UsageError::EmptyFolder(path) => Failure::usage("input-empty-folder").with("path", path),
        UsageError::NothingMatches(path) => Failure::usage("input-no-match").with("path", path),
        UsageError::BadPattern(path) => Failure::usage("input-pattern").with("path", path),
        UsageError::StandardInputTwice => Failure::usage("input-stdin-twice"),
    }
}
