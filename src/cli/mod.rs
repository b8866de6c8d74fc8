//! The command line: arguments and settings in, an exit code out.

mod args;
mod check;
mod counterpart;
mod defects;
mod diff;
mod example;
mod failure;
mod files;
mod help;
mod join;
mod output;
mod packs;
mod packs_diff;
mod pki;
mod proxy;
mod prune;
mod readiness;
mod recorded;
mod report;
mod reports;
mod requirements;
mod rules;
mod run;
mod runs;
mod scenarios;
mod serve;
mod serving;
mod settings;
mod setup;
mod sign;
mod target;
mod telling;
mod usage;

use std::ffi::OsString;

use clap::{Args as _, CommandFactory, FromArgMatches};

use args::{Check, Cli, Command, Global, Rules};
use failure::Failure;
use settings::Settings;

use output::tell;

use crate::exit::Exit;
use crate::finding::Language;
use crate::text::Texts;

pub use settings::SETTINGS_FILE;

/// Runs the command line `args` (the program's name first).
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let parse = |command: clap::Command| {
        command
            .try_get_matches_from(&args)
            .and_then(|matches| Cli::from_arg_matches(&matches))
    };
    let at_once = args.get(1).is_some_and(|first| first == "check");
    if at_once {
        // Read while this thread gets ready. A thread that cannot be had costs
        // that time and nothing else.
        let texts = Texts::of(language_of_help(&args));
        let _ = std::thread::Builder::new().spawn(|| texts.read_for_messages());
    }
    let at_once = at_once.then(|| parse(check_alone()).ok()).flatten();
    let cli = match at_once.map_or_else(|| parse(Cli::command()), Ok) {
        Ok(cli) => cli,
        Err(unworded) => {
            // Only now are the words of the help needed, in the user's language.
            let texts = Texts::of(language_of_help(&args));
            let mut command = help::localized(Cli::command(), texts);
            let error = command.try_get_matches_from_mut(&args);
            let error = error.err().unwrap_or(unworded);
            // Help and version go to standard output and are no mistake.
            let is_mistake = error.use_stderr();
            match usage::worded(&error, &command, &args, texts) {
                Some(said) => tell(&format!("ketenkeur: {said}")),
                None => drop(error.print()),
            }
            return if is_mistake {
                Exit::Usage
            } else {
                Exit::Conforms
            };
        }
    };
    let settings = match setup::settings(&cli.global) {
        Ok(settings) => settings,
        Err(failure) => {
            return fail(
                &failure,
                cli.global.lang.map_or(Language::Nl, Language::from),
            );
        }
    };
    let language = cli
        .global
        .lang
        .map(Language::from)
        .or(settings.lang)
        .unwrap_or_default();
    match command(&cli, &settings, language) {
        Ok(exit) => exit,
        Err(failure) => fail(&failure, language),
    }
}

/// The command line as far as `check` goes. To build all of it takes a large
/// part of the time that one message does; what this one refuses, the whole one
/// says.
fn check_alone() -> clap::Command {
    let check = Check::augment_args(clap::Command::new("check"));
    Global::augment_args(clap::Command::new("ketenkeur")).subcommand(check)
}

/// The language that `--lang` asks for, wherever it stands.
fn language_of_help(args: &[OsString]) -> Language {
    let mut values = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(arg) = values.next() {
        let value = match arg.strip_prefix("--lang=") {
            Some(value) => value.to_string(),
            None if arg == "--lang" => values.next().unwrap_or_default().into_owned(),
            None => continue,
        };
        if value == "en" {
            return Language::En;
        }
    }
    Language::Nl
}

fn command(cli: &Cli, settings: &Settings, language: Language) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Check(check) => check::run_check(check, &cli.global, settings, language),
        Command::Rules { command } => {
            let store = setup::store(&cli.global, settings)?;
            match command {
                Rules::List { filter, report } => {
                    rules::list(&store, filter.as_deref(), *report, language)
                }
                Rules::Explain { rule, report } => rules::explain(&store, rule, *report, language),
            }
        }
        Command::Requirements { command } => requirements::run_requirements(command, language),
        Command::Example(wanted) => {
            example::run_example(&setup::store(&cli.global, settings)?, wanted, language)
        }
        Command::Target { command } => {
            target::run_target(command, || setup::store(&cli.global, settings), language)
        }
        Command::Readiness(wanted) => {
            readiness::run_readiness(wanted, &cli.global, settings, language)
        }
        Command::Pki { command } => pki::run_pki(command, language),
        Command::Sign(wanted) => {
            sign::run_sign(&setup::store(&cli.global, settings)?, wanted, language)
        }
        Command::Scenarios { command } => {
            scenarios::run_scenarios(&setup::store(&cli.global, settings)?, command, language)
        }
        Command::Run(wanted) => run::run_run(wanted, &cli.global, settings, language),
        Command::Runs { command } => runs::run_runs(command, &cli.global, settings, language),
        Command::Report(wanted) => report::run_report(wanted, &cli.global, settings, language),
        Command::Serve(wanted) => serve::run_serve(wanted, &cli.global, settings, language),
        Command::Token(wanted) => serve::run_token(wanted, language),
        Command::Defects { command } => {
            defects::run_defects(command, &cli.global, settings, language)
        }
        Command::Completions { shell } => completions(*shell, language),
        Command::Counterpart { command } => {
            counterpart::run_counterpart(command, &cli.global, settings, language)
        }
        Command::Proxy(wanted) => proxy::run_proxy(wanted, &cli.global, settings, language),
        Command::Packs { command } => packs::run_packs(command, &cli.global, settings, language),
    }
}

/// `completions`: what a shell needs to complete calls.
fn completions(shell: clap_complete::Shell, language: Language) -> Result<Exit, Failure> {
    let mut command = help::localized(Cli::command(), Texts::of(language));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "ketenkeur", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

/// Says what went wrong, on standard error.
fn fail(failure: &Failure, language: Language) -> Exit {
    tell(&format!("ketenkeur: {}", failure.text(Texts::of(language))));
    failure.exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_at_once_is_what_the_whole_command_line_reads() {
        let read = |command: clap::Command, line: &str| {
            let matches = command.try_get_matches_from(line.split(' ')).ok()?;
            Some(format!("{:?}", Cli::from_arg_matches(&matches).ok()?))
        };
        for line in [
            "ketenkeur check bericht.xml",
            "ketenkeur check a b --lang en --profile test --at 2026-09-28T09:00:00Z",
            "ketenkeur check --report human --report json=uit.json --no-redact -- -a",
            "ketenkeur check a --locked --config mijn.toml --fail-on melding",
        ] {
            let whole = read(Cli::command(), line);
            assert!(whole.is_some(), "{line}");
            assert_eq!(read(check_alone(), line), whole, "{line}");
        }
        for line in ["ketenkeur check", "ketenkeur check --help", "ketenkeur x"] {
            assert_eq!(read(check_alone(), line), None, "{line}");
        }
    }
}
