//! The command line: what may be said, not what is done.
//!
//! Help texts stand with the other texts (`help.<argument>`), in Dutch and
//! English; here are only names and shapes.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::facts::Profile;
use crate::finding::{Class, Language};

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

/// `target`.
#[derive(Debug, Subcommand)]
pub enum Target {
    Check {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Init {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long = "as", value_name = "MESSAGE")]
    pub named: Option<String>,
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    #[arg(long, value_enum)]
    pub profile: Option<ProfileName>,
    #[arg(long)]
    pub strict_provenance: bool,
    #[arg(long, value_name = "FILE")]
    pub deviations: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub disputes: Option<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub rio: Vec<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub crl: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub fetch_crl: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    #[arg(long)]
    pub no_redact: bool,
    #[arg(long)]
    pub no_batch: bool,
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[arg(long, short)]
    pub quiet: bool,
}

/// `rules`.
#[derive(Debug, Subcommand)]
pub enum Rules {
    List {
        #[arg(value_name = "TEXT")]
        filter: Option<String>,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Explain {
        #[arg(value_name = "RULE")]
        rule: String,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
}

/// `requirements`.
#[derive(Debug, Subcommand)]
pub enum Requirements {
    List {
        #[arg(value_name = "TEXT")]
        filter: Option<String>,
        #[command(flatten)]
        which: WhichRequirements,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Coverage {
        #[arg(value_name = "DIR")]
        runs: Vec<PathBuf>,
        #[command(flatten)]
        which: WhichRequirements,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
}

/// Which requirements are meant.
#[derive(Debug, Args)]
pub struct WhichRequirements {
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
    #[arg(long, value_name = "GRADE")]
    pub grade: Option<String>,
    #[arg(long, value_name = "PLACE")]
    pub judged: Option<String>,
}

/// `scenarios`.
#[derive(Debug, Subcommand)]
pub enum Scenarios {
    List {
        #[arg(value_name = "TEXT")]
        filter: Option<String>,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Explain {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Lint {
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    Order(Order),
    Data,
}

/// `scenarios order`.
#[derive(Debug, Args)]
pub struct Order {
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    #[command(flatten)]
    pub which: WhichScenarios,
    #[arg(long, value_name = "TEXT", default_value = "ketenkeur")]
    pub seed: String,
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    pub report: Shape,
}

/// Which scenarios are meant.
#[derive(Debug, Args)]
pub struct WhichScenarios {
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
    #[arg(long, value_name = "ID")]
    pub id: Vec<String>,
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

/// `defects`.
#[derive(Debug, Subcommand)]
pub enum Defects {
    List {
        #[arg(value_name = "TEXT")]
        filter: Option<String>,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Explain {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Hunt {
        #[arg(value_name = "PATH")]
        paths: Vec<String>,
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        #[arg(long, value_name = "ID")]
        id: Vec<String>,
        #[arg(long)]
        all: bool,
        #[arg(long, value_name = "N")]
        jobs: Option<NonZeroUsize>,
    },
}

/// `example`.
#[derive(Debug, Args)]
pub struct Example {
    #[arg(value_name = "OPERATION")]
    pub operation: Option<String>,
    #[arg(long = "break", value_name = "RULE")]
    pub breaks: Option<String>,
    #[arg(long)]
    pub response: bool,
    #[arg(long, value_name = "DIR", conflicts_with_all = ["operation", "breaks", "response"])]
    pub all: Option<PathBuf>,
}

/// `packs`.
#[derive(Debug, Subcommand)]
pub enum Packs {
    List {
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Show {
        #[arg(value_name = "CONTRACT")]
        contract: String,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Import {
        #[arg(value_name = "DIR|ZIP")]
        source: PathBuf,
        #[arg(long, value_name = "CONTRACT")]
        replaces: Option<String>,
    },
    Diff {
        #[arg(value_name = "OLD")]
        old: String,
        #[arg(value_name = "NEW")]
        new: String,
        #[arg(long, value_name = "PATH")]
        messages: Vec<PathBuf>,
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Remove {
        #[arg(value_name = "CONTRACT")]
        contract: String,
    },
    Lock,
}

/// `pki`.
#[derive(Debug, Subcommand)]
pub enum Pki {
    Init {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

/// `runs`.
#[derive(Debug, Subcommand)]
pub enum Runs {
    Diff {
        #[arg(value_name = "RUN_A")]
        before: PathBuf,
        #[arg(value_name = "RUN_B")]
        after: PathBuf,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
        #[arg(long)]
        no_redact: bool,
    },
    Verify {
        #[arg(value_name = "DIR|ZIP")]
        path: PathBuf,
    },
    Merge(Merge),
    Sign {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(
            long,
            value_name = "FILE",
            requires = "cert",
            required_unless_present = "p12"
        )]
        key: Option<PathBuf>,
        #[arg(long, value_name = "FILE", requires = "key")]
        cert: Option<PathBuf>,
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        p12: Option<PathBuf>,
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    Pack {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[arg(long = "for", value_name = "CERT")]
        recipient: Option<PathBuf>,
    },
    Share {
        #[arg(value_name = "DIR|ZIP")]
        path: PathBuf,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// `readiness`.
#[derive(Debug, Args)]
pub struct Readiness {
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub team: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub disputes: Option<PathBuf>,
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    #[arg(long, value_name = "OIN")]
    pub supplier: Option<String>,
    #[arg(long, value_enum, default_value = "confidential")]
    pub edition: EditionArg,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
}

/// For whose eyes a matrix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EditionArg {
    Confidential,
    Public,
}

/// `runs merge`.
#[derive(Debug, Args)]
pub struct Merge {
    #[arg(value_name = "DIR|ZIP", required = true)]
    pub parts: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, short)]
    pub quiet: bool,
}

/// What an earlier run has settled for one that goes on with it.
const SETTLED: [&str; 8] = [
    "key",
    "id",
    "tag",
    "shard",
    "seed",
    "now",
    "fail_on",
    "strict_provenance",
];

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    #[arg(long, value_name = "PATH", conflicts_with_all = ["defect", "again", "resume", "shard"])]
    pub recorded: Vec<PathBuf>,
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub defect: Option<String>,
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub which: WhichScenarios,
    #[arg(long, value_name = "N/OF")]
    pub shard: Option<String>,
    #[arg(long, value_name = "DIR", requires = "out", conflicts_with_all = SETTLED)]
    pub again: Option<PathBuf>,
    #[arg(long, value_name = "DIR", requires = "out", conflicts_with_all = SETTLED)]
    #[arg(conflicts_with = "again")]
    pub resume: Option<PathBuf>,
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    #[arg(long)]
    pub fail_fast: bool,
    #[arg(long, value_name = "TEXT", default_value = "ketenkeur")]
    pub seed: String,
    #[arg(long, value_name = "MOMENT")]
    pub now: Option<String>,
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    #[arg(long)]
    pub strict_provenance: bool,
    #[arg(long)]
    pub no_redact: bool,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, short)]
    pub quiet: bool,
}

/// `report`.
#[derive(Debug, Args)]
pub struct Report {
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub disputes: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long)]
    pub no_redact: bool,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Site {
    #[arg(long, value_name = "FILE")]
    pub store: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub runs: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub team: Option<PathBuf>,
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8420")]
    pub listen: String,
    #[arg(long, value_name = "NAME[:PORT]")]
    pub host: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    #[arg(long, requires = "tokens", requires = "runs")]
    pub upload: bool,
    #[arg(long, value_enum, default_value = "public")]
    pub edition: EditionArg,
}

/// `token`.
#[derive(Debug, Args)]
pub struct Token {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "OIN", required_unless_present = "team")]
    pub supplier: Option<String>,
    #[arg(long, conflicts_with = "supplier")]
    pub team: bool,
}

/// `counterpart`.
#[derive(Debug, Subcommand)]
pub enum Counterpart {
    Duo {
        #[arg(long, value_name = "URL")]
        osr: String,
        #[command(flatten)]
        serve: Serve,
    },
    Osr {
        #[arg(long, value_name = "ADDR")]
        pages: Option<String>,
        #[command(flatten)]
        serve: Serve,
    },
    Las {
        #[arg(long, value_name = "URL")]
        duo: String,
        #[arg(long, value_name = "URL")]
        osr: String,
        #[arg(long, value_name = "ADDR")]
        trigger: Option<String>,
        #[command(flatten)]
        serve: Serve,
    },
}

/// What all counterparts have in common.
#[derive(Debug, Args)]
pub struct Serve {
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub p12: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub crl: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    #[arg(long, value_name = "MOMENT")]
    pub now: Option<String>,
    #[arg(long, value_name = "TEXT", default_value = "ketenkeur")]
    pub seed: String,
    #[arg(long, value_name = "ID")]
    pub defect: Option<String>,
}

/// `proxy`.
#[derive(Debug, Args)]
pub struct Proxy {
    #[arg(long, value_name = "URL")]
    pub to: String,
    #[arg(long, value_name = "PARTY", default_value = "duo")]
    pub party: String,
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub p12: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "server_cert")]
    pub server_key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "server_key")]
    pub server_cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "server_key")]
    pub server_p12: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub server_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub crl: Vec<PathBuf>,
    #[arg(long, value_name = "URL")]
    pub via: Option<String>,
    #[arg(long, value_enum)]
    pub profile: Option<ProfileName>,
    #[arg(long, value_name = "PATH")]
    pub rio: Vec<PathBuf>,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, short)]
    pub quiet: bool,
}

/// `sign`.
#[derive(Debug, Args)]
pub struct Sign {
    #[arg(value_name = "BODY", required_unless_present = "list_breaks")]
    pub body: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub p12: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "OPERATION")]
    pub contract: Option<String>,
    #[arg(long, value_name = "URI", conflicts_with = "contract")]
    pub action: Option<String>,
    #[arg(long, value_name = "OIN")]
    pub school: Option<String>,
    #[arg(long, value_name = "OIN|URL")]
    pub to: Option<String>,
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long, value_name = "REQUEST", conflicts_with = "to")]
    pub answer: Option<PathBuf>,
    #[arg(long = "break", value_name = "RULE")]
    pub breaks: Option<String>,
    #[arg(long)]
    pub list_breaks: bool,
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
