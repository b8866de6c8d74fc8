//! The reports that a command was asked for, and what goes to the terminal
//! while it works.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::failure::Failure;
use super::files::Files;
use super::settings::Settings;
use crate::event::{Event, Recorder, Spool};
use crate::exit::Exit;
use crate::finding::{Language, RuleBook};
use crate::report::{Format, Human, Look, ReportError, Run, write_html};

/// Hands an event to everything that wants it.
pub fn keep(
    event: &Event,
    outlet: &mut Outlet<'_>,
    spool: &mut Spool,
    recorder: Option<&mut Recorder>,
) -> Result<(), Failure> {
    // What somebody has seen is recorded, whatever becomes of the run.
    if let Some(recorder) = recorder {
        recorder.record(event)?;
    }
    if outlet.replays {
        spool.push(event)?;
    }
    outlet.show(event)
}

/// A report that was asked for: the format and where it goes.
pub struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

/// What goes to the terminal while the run goes on.
pub struct Outlet<'a> {
    /// Gathers what is said of one event, and no longer.
    human: Option<Human<'a, BufWriter<std::io::StdoutLock<'static>>>>,
    progress: Option<ProgressBar>,
    /// Somebody watches standard error.
    watched: bool,
    /// Some report needs the events again at the end.
    replays: bool,
}

impl<'a> Outlet<'a> {
    pub fn new(
        reports: &[Wanted],
        book: &'a dyn RuleBook,
        language: Language,
        quiet: bool,
    ) -> Self {
        let streams = reports.iter().any(Wanted::is_stream);
        let human = streams.then(|| {
            let out = BufWriter::new(std::io::stdout().lock());
            Human::new(out, book, language, Look::of_stdout())
        });
        let watched = !quiet && std::io::stderr().is_terminal();
        // A bar would tear up findings that stream to the same terminal.
        let apart = !(streams && std::io::stdout().is_terminal());
        Self {
            human,
            progress: (watched && apart).then(|| bar("{spinner} {pos}  {per_sec}  {elapsed}")),
            watched,
            replays: reports.iter().any(|wanted| !wanted.is_stream()),
        }
    }

    /// The same for `total` scenarios. They are few enough for the bar to make
    /// room for each that is told. `None` for no bar: it would wipe out questions.
    pub fn of_scenarios(mut self, total: Option<usize>) -> Self {
        // What is only joined has nothing to wait for.
        let total = total.filter(|total| self.watched && *total > 0);
        self.progress = total.map(|total| {
            let bar = bar("{spinner} {pos}/{len}  {elapsed}");
            bar.set_length(total as u64);
            bar.enable_steady_tick(std::time::Duration::from_millis(250));
            bar
        });
        self
    }

    /// What to call when another scenario has ended.
    pub fn progress(&self) -> impl Fn() + Sync + use<> {
        let progress = self.progress.clone();
        move || {
            if let Some(progress) = &progress {
                progress.inc(1);
            }
        }
    }

    pub fn show(&mut self, event: &Event) -> Result<(), Failure> {
        if let (Some(progress), Event::Judged(_)) = (&self.progress, event) {
            progress.inc(1);
        }
        let Some(human) = &mut self.human else {
            return Ok(());
        };
        let mut tell = || human.show(event).and_then(|()| human.flush());
        let shown = match (&self.progress, event) {
            (Some(progress), Event::Played(_)) => progress.suspend(tell),
            _ => tell(),
        };
        shown.map_err(|error| stdout_failure(&error))
    }

    pub fn finish(self, exit: Exit) -> Result<(), Failure> {
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

fn bar(template: &str) -> ProgressBar {
    // A run that ends in an error leaves no bar in front of it.
    let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Wanted {
    /// The human report on standard output is written while the run goes on.
    fn is_stream(&self) -> bool {
        self.format == Format::Human && self.file.is_none()
    }

    /// Whether it is a page, which can tell several runs.
    pub fn is_page(&self) -> bool {
        self.format == Format::Html
    }

    /// A page in a file.
    pub fn page(file: &Path) -> Self {
        Self {
            format: Format::Html,
            file: Some(file.to_path_buf()),
        }
    }

    fn write(&self, whole: &Run<'_>, each: &[Run<'_>], out: impl Write) -> Result<(), ReportError> {
        match self.format {
            Format::Html => {
                let mut out = BufWriter::new(out);
                write_html(each, &mut out)?;
                Ok(out.flush()?)
            }
            format => format.write(whole, out),
        }
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

/// The reports that were asked for, beside the other files of the command; the
/// human one when none was.
pub fn reports(
    asked: &[String],
    quiet: bool,
    settings: &Settings,
    files: &Files<'_>,
) -> Result<Vec<Wanted>, Failure> {
    let asked = if asked.is_empty() {
        &settings.report
    } else {
        asked
    };
    let mut reports: Vec<Wanted> = asked
        .iter()
        .map(|text| Wanted::parse(text))
        .collect::<Result<_, _>>()?;
    if reports.is_empty() && !quiet {
        reports.push(Wanted {
            format: Format::Human,
            file: None,
        });
    }
    files.allow(reports.iter().map(|wanted| wanted.file.as_deref()))?;
    Ok(reports)
}

/// Writes the reports that need the whole run. A page tells `each` run by
/// itself, the other formats all of them as one.
pub fn write_reports(reports: &[Wanted], whole: &Run<'_>, each: &[Run<'_>]) -> Result<(), Failure> {
    let mut formats = reports.iter().map(|wanted| wanted.format);
    if whole.moment.is_none() && formats.any(|format| format == Format::Gitb) {
        return Err(ReportError::NoMoment.into());
    }
    for wanted in reports.iter().filter(|wanted| !wanted.is_stream()) {
        match &wanted.file {
            None => wanted.write(whole, each, std::io::stdout().lock())?,
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
                wanted.write(whole, each, file)?;
            }
        }
    }
    Ok(())
}

fn stdout_failure(error: &std::io::Error) -> Failure {
    Failure::usage("output").because(error.kind())
}
