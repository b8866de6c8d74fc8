//! The command line: arguments and settings in, an exit code out.

mod args;
mod check;
mod failure;
mod settings;
mod setup;

use std::ffi::OsString;

use clap::Parser;

use args::{Cli, Command};
use failure::Failure;
use settings::Settings;

use crate::exit::Exit;
use crate::finding::Language;
use crate::text::Texts;

pub use settings::SETTINGS_FILE;

/// Runs the command line `args` (the program's name first).
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no mistake.
            let usage = error.use_stderr();
            let _ = error.print();
            return if usage { Exit::Usage } else { Exit::Conforms };
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

fn command(cli: &Cli, settings: &Settings, language: Language) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Check(check) => check::run_check(check, &cli.global, settings, language),
        Command::Rules { .. } | Command::Example(_) | Command::Packs { .. } => {
            unreachable!("wired below")
        }
    }
}

/// Says what went wrong, on standard error.
fn fail(failure: &Failure, language: Language) -> Exit {
    eprintln!("ketenkeur: {}", failure.text(Texts::of(language)));
    failure.exit()
}
