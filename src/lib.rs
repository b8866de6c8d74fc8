//! `ketenkeur` judges the messages that school administration systems, DUO and
//! Kennisnet exchange in Dutch primary education.
//!
//! The modules depend on each other in one direction, from the bottom up:
//!
//! | module | what it knows |
//! |---|---|
//! | [`finding`] | findings, grades, classes, verdicts, personal values |
//! | [`event`] | the versioned stream that terminal and reports read |
//! | [`limits`], [`clock`] | every limit in one place; the moment of judging |
//! | [`document`] | bytes through the gate into a tree with source positions |
//! | [`facts`] | numbers, calendar, value lists and RIO data |
//! | [`text`] | everything that is said to a person, in both languages |
//! | [`report`] | events as output for people, browsers, pipelines and test beds |
//! | [`exit`] | how a run ends |
//! | [`exchange`], [`input`] | what the user names on the command line, as messages with the facts around them |
//! | [`schema`] | whether a message is built as its contract says |
//! | [`edukoppeling`] | envelope, signature and certificate: judging them, and signing |
//! | [`pki`] | the test PKI: built in, or fresh in a folder |
//! | [`transport`] | sending and receiving over TLS, and what is known of a connection |
//! | [`counterpart`] | the parties that are built in: DUO, the OSR, a LAS |
//! | [`scenario`] | scripts of exchanges: reading, lint, expectations |
//! | [`defects`] | known-wrong parties, by which scenarios show their strength |
//! | [`target`] | what is tested and how it is reached, as the target file says |
//! | [`evidence`] | what is kept of a run, so that an outsider can judge it again |
//! | [`recorded`] | a run that was read back, for reports and comparisons |
//! | [`relay`] | standing between two parties: passing on, and keeping what passes |
//! | [`readiness`] | the matrix over many runs |
//! | [`serve`] | matrix and runs as pages over HTTP, and what suppliers send |
//! | [`batch`] | the rules over several messages together |
//! | [`coverage`] | which requirements scenarios, cases and runs prove |

// Where nobody listens, `eprintln!` ends the program.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod batch;
pub mod check;
pub mod cli;
pub mod clock;
pub mod counterpart;
pub mod coverage;
pub mod defects;
pub mod document;
pub mod edukoppeling;
pub mod event;
pub mod evidence;
pub mod example;
pub mod exchange;
pub mod exit;
pub mod facts;
pub mod finding;
pub mod input;
pub mod limits;
pub mod pack;
pub mod pki;
pub mod play;
pub mod readiness;
pub mod recorded;
pub mod relay;
pub mod report;
pub mod requirement;
pub mod rules;
pub mod scenario;
pub mod schema;
pub mod serve;
pub mod target;
pub mod text;
pub mod transport;
