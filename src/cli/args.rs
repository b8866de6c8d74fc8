//! The command line: what may be said, not what is done.
//!
//! Help texts stand with the other texts (`help.<argument>`), in Dutch and
//! English; here are only names and shapes.

mod evidence;
mod messages;
mod scenarios;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::facts::Profile;
use crate::finding::{Class, Language};

pub use evidence::{EditionArg, Merge, Prune, Readiness, Report, Runs, Site, Token};
pub use messages::{Check, Example, Packs, Pki, Requirements, Rules, Sign, WhichRequirements};
pub use scenarios::{
    Counterpart, Defects, Order, Proxy, Run, Scenarios, Serve, Target, WhichScenarios,
};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "ketenkeur",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    #[arg(long, global = true)]
    pub user_packs: bool,
    #[arg(long, global = true)]
    pub locked: bool,
}

/// The files of a private key and its certificate.
#[derive(Debug, Clone, Default, Args)]
pub struct KeyFiles {
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub p12: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(Box<Check>),
    Rules {
        #[command(subcommand)]
        command: Rules,
    },
    Requirements {
        #[command(subcommand)]
        command: Requirements,
    },
    Example(Example),
    Packs {
        #[command(subcommand)]
        command: Packs,
    },
    Readiness(Readiness),
    Pki {
        #[command(subcommand)]
        command: Pki,
    },
    Sign(Box<Sign>),
    Scenarios {
        #[command(subcommand)]
        command: Scenarios,
    },
    Target {
        #[command(subcommand)]
        command: Target,
    },
    Run(Box<Run>),
    Defects {
        #[command(subcommand)]
        command: Defects,
    },
    Runs {
        #[command(subcommand)]
        command: Runs,
    },
    Report(Report),
    Completions {
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    Serve(Site),
    Token(Token),
    Counterpart {
        #[command(subcommand)]
        command: Box<Counterpart>,
    },
    Proxy(Box<Proxy>),
}

/// Output for people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    Human,
    Json,
}

/// `--lang`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Nl,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Nl => Language::Nl,
            Lang::En => Language::En,
        }
    }
}

/// `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Foutmelding,
    Melding,
    Signaal,
    Bekostigingssignaal,
}

impl From<FailOn> for Class {
    fn from(class: FailOn) -> Self {
        match class {
            FailOn::Foutmelding => Class::Foutmelding,
            FailOn::Melding => Class::Melding,
            FailOn::Signaal => Class::Signaal,
            FailOn::Bekostigingssignaal => Class::Bekostigingssignaal,
        }
    }
}

/// `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    Production,
    Test,
}

impl From<ProfileName> for Profile {
    fn from(profile: ProfileName) -> Self {
        match profile {
            ProfileName::Production => Profile::Production,
            ProfileName::Test => Profile::Test,
        }
    }
}
