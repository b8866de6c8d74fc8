//! `ketenkeur check`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Check, Global};
use super::failure::Failure;
use super::files::Files;
use super::report::known_for;
use super::reports::{Outlet, Wanted, keep, reports, write_reports};
use super::rules::codes;
use super::settings::Settings;
use super::setup;
use crate::check::{Bench, CheckOptions, Deviations, NamedRequest, RulesOfPacks, run};
use crate::document::nearest;
use crate::event::{Recorder, Spool, Summary};
use crate::exit::{Exit, Trouble};
use crate::facts::Profile;
use crate::finding::{Class, Dispute, Disputed, Language, Redaction};
use crate::input::{Input, Inputs, Options};
use crate::pack::Store;
use crate::report::Run;

/// Runs the command.
pub fn run_check(
    check: &Check,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let files = Files {
        written: check.record.as_deref(),
        evidence: None,
        read: named_files(check),
    };
    let reports = reports(&check.report, check.quiet, settings, &files)?;
    let clock = setup::clock(check.at.as_deref())?;
    let profile = check
        .profile
        .map(Profile::from)
        .or(settings.profile)
        .unwrap_or_default();
    let store = setup::store(global, settings)?;
    let named = check.named.as_deref();
    named.map_or(Ok(()), |named| is_json_message(&store, named))?;
    let deviations = deviations(check, settings, &store)?;
    let disputes = setup::disputes(check.disputes.as_deref(), &store, clock)?;
    let rio = setup::named(&check.rio, &settings.rio);
    let facts = setup::facts(clock, profile, rio, &store)?;
    let request = check.request.as_deref().map(setup::request);
    let bench = Arc::new(Bench {
        store,
        facts,
        options: options(check, settings),
        deviations,
        trust: setup::signers(check, settings, profile)?,
        request: request.transpose()?.map(NamedRequest::new),
        rules: RulesOfPacks::default(),
    });
    let paths: Vec<PathBuf> = check.paths.iter().map(PathBuf::from).collect();
    let inputs =
        Inputs::resolve(&paths, Options::default()).map_err(|error| setup::no_input(&error))?;
    let jobs = check.jobs.or(settings.jobs);
    let threads = || jobs.map_or_else(super::run::cores, usize::from);
    let recorder = check
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
    let telling = Telling {
        wanted: &reports,
        recorder,
        language,
        disputes: &disputes,
        quiet: check.quiet,
    };
    telling.judge(&bench, inputs, threads, |summary, internal| {
        let trouble = Trouble {
            internal,
            ..Trouble::default()
        };
        Exit::of(summary, trouble)
    })
}

/// Who hears of messages that are judged.
pub struct Telling<'a> {
    pub wanted: &'a [Wanted],
    pub recorder: Option<Recorder>,
    pub language: Language,
    /// What is held against rules.
    pub disputes: &'a [Dispute],
    pub quiet: bool,
}

impl Telling<'_> {
    /// Judges `inputs` and tells of each. `exit` says how that ends, from the
    /// summary and whether we made a mistake ourselves.
    pub fn judge(
        mut self,
        bench: &Arc<Bench>,
        inputs: impl Iterator<Item = Input> + Send,
        threads: impl FnOnce() -> usize,
        exit: impl FnOnce(&Summary, bool) -> Exit,
    ) -> Result<Exit, Failure> {
        let (language, moment) = (self.language, bench.facts.clock.now());
        let book = Disputed {
            book: &bench.rules,
            disputes: self.disputes,
        };
        let mut outlet = Outlet::new(self.wanted, &book, language, self.quiet);
        let mut spool = Spool::new();
        let mut trouble = None;
        let (tally, end) = run(bench, inputs, threads, |event| {
            let kept = keep(&event, &mut outlet, &mut spool, self.recorder.as_mut());
            if let Err(failure) = kept {
                trouble.get_or_insert(failure);
            }
        });
        if let Some(failure) = trouble {
            return Err(failure);
        }
        if let Some(recorder) = self.recorder {
            recorder.finish()?;
        }
        let exit = exit(tally.summary(), end.internal);
        outlet.finish(exit)?;
        let known = known_for(self.wanted)?;
        let told = Run {
            moment: Some(moment),
            known: known.as_ref(),
            ..Run::new(&spool, &book, language, exit)
        };
        write_reports(self.wanted, &told, std::slice::from_ref(&told))?;
        Ok(exit)
    }
}

/// What the call names to be read.
fn named_files(check: &Check) -> Vec<&Path> {
    let messages = check.paths.iter().map(Path::new);
    let beside = [&check.deviations, &check.disputes, &check.request];
    let beside = beside.into_iter().flatten().chain(&check.rio);
    messages.chain(beside.map(PathBuf::as_path)).collect()
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

/// Refuses a name for `--as` that no JSON message has.
fn is_json_message(store: &Store, named: &str) -> Result<(), Failure> {
    let json = store
        .messages()
        .filter(|(_, message)| message.schema.is_some());
    let names: Vec<&str> = json.map(|(_, message)| &**message.id()).collect();
    if names.contains(&named) {
        return Ok(());
    }
    Err(Failure::usage("no-json-message")
        .with("name", named)
        .with("nearest", nearest(named, names).unwrap_or_default()))
}

/// The deviations; one of a rule that does not exist would never match.
fn deviations(check: &Check, settings: &Settings, store: &Store) -> Result<Deviations, Failure> {
    let Some(path) = check.deviations.as_ref().or(settings.deviations.as_ref()) else {
        return Ok(Deviations::default());
    };
    let text = setup::read(path)?;
    let deviations =
        Deviations::parse(&text).map_err(|error| Failure::of_user_file(path, error))?;
    let codes = codes(store);
    let unknown = deviations
        .entries()
        .find(|entry| !codes.contains(&entry.rule));
    if let Some(entry) = unknown {
        let codes = codes.iter().map(String::as_str);
        return Err(Failure::usage("deviation-rule")
            .with("path", path.display())
            .with("line", entry.line)
            .with("rule", &entry.rule)
            .with("nearest", nearest(&entry.rule, codes).unwrap_or_default()));
    }
    Ok(deviations)
}
