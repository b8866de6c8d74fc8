//! What may be said of messages: judging them, and what they are judged by.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{FailOn, KeyFiles, ProfileName, Shape};

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
    #[arg(long, value_enum, value_name = "CLASS")]
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

/// `sign`.
#[derive(Debug, Args)]
pub struct Sign {
    #[arg(value_name = "BODY", required_unless_present = "list_breaks")]
    pub body: Option<PathBuf>,
    #[command(flatten)]
    pub key_files: KeyFiles,
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
