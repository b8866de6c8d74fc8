//! What may be said of scenarios: playing them, against what and with whom.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::limits::MAX_MADE_UP_PUPILS;

use super::{FailOn, KeyFiles, ProfileName, Shape};

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
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        report: Shape,
    },
    Lint {
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    Order(Order),
    Data {
        #[command(flatten)]
        made_up: MadeUp,
    },
}

/// The made-up pupils that a LAS has beside the starter data.
#[derive(Debug, Clone, Copy, Args)]
pub struct MadeUp {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(MAX_MADE_UP_PUPILS)))]
    pub pupils: u32,
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
    #[arg(long, value_name = "FILE", requires = "recorded")]
    pub answers: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "recorded")]
    pub form: Option<PathBuf>,
    #[arg(long, requires = "recorded")]
    pub ask: bool,
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
    #[arg(long, value_enum, value_name = "CLASS")]
    pub fail_on: Option<FailOn>,
    #[arg(long)]
    pub strict_provenance: bool,
    #[arg(long)]
    pub no_redact: bool,
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub disputes: Option<PathBuf>,
    #[arg(long, short)]
    pub quiet: bool,
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
        made_up: MadeUp,
        #[command(flatten)]
        serve: Serve,
    },
}

/// What all counterparts have in common.
#[derive(Debug, Args)]
pub struct Serve {
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    #[command(flatten)]
    pub key_files: KeyFiles,
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
    #[arg(long, value_name = "ADDR", requires = "now")]
    pub clock: Option<String>,
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
    #[command(flatten)]
    pub key_files: KeyFiles,
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
