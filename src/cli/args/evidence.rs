//! What may be said of what was kept of runs: reports, readiness, pages.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Shape;

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
        #[arg(long, value_name = "FILE")]
        disputes: Option<PathBuf>,
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
    Prune(Prune),
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
    #[arg(long, value_name = "FILE")]
    pub disputes: Option<PathBuf>,
    #[arg(long, short)]
    pub quiet: bool,
}

/// `runs prune`.
#[derive(Debug, Args)]
pub struct Prune {
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    #[arg(long, value_name = "COUNT", required_unless_present = "older_than")]
    pub keep: Option<u32>,
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u32>,
    #[arg(long)]
    pub broken: bool,
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long)]
    pub yes: bool,
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
