//! What is recorded of a run: with what it was played, every exchange, and what
//! every step was judged by.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::folder::{Folder, WriteError, sha256};
use super::message::RecordedMessage;
use crate::event::{PackInForce, Wrong};
use crate::exchange::{Exchange, TlsFacts};
use crate::facts::Profile;
use crate::finding::Class;

/// The folder of the scripts that were played, and of what they include.
pub const SCRIPTS: &str = "scenarios";
/// The folder of the messages that scripts send from a file.
pub const MESSAGES: &str = "messages";

/// With what a run was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// The version of ketenkeur.
    pub tool: String,
    /// When it began, by the system's clock.
    pub began: Timestamp,
    /// What everything that is made up is derived from.
    pub seed: String,
    /// The moment of the run, from which scenarios count.
    pub now: Timestamp,
    /// Whether the parties went by a virtual clock.
    pub virtual_clock: bool,
    /// `production` or `test`.
    pub profile: String,
    /// Whether verdicts on less than published facts count as undecided.
    pub strict_provenance: bool,
    /// The class from which a finding fails a scenario.
    pub fail_on: Class,
    /// Who was tested.
    pub target: TargetRecord,
    /// The OIN that the certificate of the server of each role must carry, by
    /// role.
    #[serde(default)]
    pub oins: BTreeMap<String, String>,
    /// Every pack in force, with its hash.
    pub packs: Vec<PackInForce>,
    /// The hash of every scenario that was played, by id.
    pub scenarios: BTreeMap<String, String>,
    /// Which share of the scenarios this is: `2/4`.
    pub shard: Option<String>,
    /// What it is a share of: the SHA-256 of the ids of all scenarios that were
    /// divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divided: Option<String>,
    /// What the run was put together from: the SHA-256 of the manifest of each
    /// part. A run that kept scenarios of an earlier one names that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Between whom `ketenkeur proxy` stood, when it recorded this: then
    /// nothing was played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relayed: Option<RelayRecord>,
    /// Whether recorded traffic was judged: then nothing was played, and there is
    /// nothing to go on with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// What a party of ours did wrong on purpose: then the run says nothing of a
    /// product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<Wrong>,
}

/// Between whom a proxy stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayRecord {
    /// Who called.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// Scheme, host and port of who was called.
    pub url: String,
}

impl RunRecord {
    /// The file of the evidence that holds it, the first that is written.
    pub const FILE: &str = "run.json";

    /// Whether it judged recorded traffic, or recorded it: nothing was played.
    pub fn is_recorded(&self) -> bool {
        self.recorded || self.relayed.is_some()
    }

    /// The environment that was judged for.
    pub fn environment(&self) -> Profile {
        match self.profile == Profile::Production.name() {
            true => Profile::Production,
            false => Profile::Test,
        }
    }

    /// In what the judging of two runs differs, so that their verdicts do not
    /// stand beside each other: a key of the texts (`runs.of-<key>`).
    pub fn differs_in(&self, other: &Self) -> Option<&'static str> {
        let same_scripts = || {
            let mut hashes = self.scenarios.iter();
            hashes.all(|(id, hash)| {
                other
                    .scenarios
                    .get(id)
                    .is_none_or(|of_other| of_other == hash)
            })
        };
        [
            ("tool", self.tool == other.tool),
            ("packs", self.packs == other.packs),
            (
                "target",
                self.target == other.target
                    && self.oins == other.oins
                    && self.virtual_clock == other.virtual_clock,
            ),
            ("profile", self.profile == other.profile),
            (
                "options",
                self.strict_provenance == other.strict_provenance
                    && self.fail_on == other.fail_on
                    && self.defect == other.defect,
            ),
            ("seed", self.seed == other.seed),
            ("scenario", same_scripts()),
        ]
        .into_iter()
        .find_map(|(key, same)| (!same).then_some(key))
    }
}

/// Who was tested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetRecord {
    /// The supplier; empty when ketenkeur played all parties itself.
    pub supplier: String,
    /// Its OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The roles that it fills.
    pub roles: Vec<String>,
    /// The schools with which it is tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schools: Vec<SchoolRecord>,
    /// What it declares, as its target file has it.
    pub capabilities: Value,
}

/// A school with which a product is tested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolRecord {
    /// Its institution code.
    pub brin: String,
    /// Its OIN.
    pub oin: String,
    /// Its vestigingen, six characters each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vestigingen: Vec<String>,
}

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRecord {
    /// The scenario.
    pub scenario: String,
    /// Its number within the scenario, from 1.
    pub number: u32,
    /// Who sent the request.
    pub from: String,
    /// Whom it went to.
    pub to: String,
    /// When it was received, by the clock of the parties.
    pub at: Timestamp,
    /// How long it took, in milliseconds of real time.
    pub took: u64,
    /// The request.
    pub request: RecordedMessage,
    /// The response, where one came.
    pub response: Option<RecordedMessage>,
    /// Why none came.
    pub problem: Option<String>,
    /// The connection, where it is known, as who recorded the request sees it.
    pub tls: Option<TlsRecord>,
    /// The connection that the response came over, where that looks otherwise:
    /// a proxy stood between, or the response is seen from the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_over: Option<TlsRecord>,
}

impl ExchangeRecord {
    /// Whether one of its messages is not the original.
    pub fn is_masked(&self) -> bool {
        self.request.masked
            || self
                .response
                .as_ref()
                .is_some_and(|response| response.masked)
    }
}

/// A TLS connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsRecord {
    /// The version.
    pub version: String,
    /// The cipher suite.
    pub suite: String,
    /// The name that the client asked for.
    pub server_name: Option<String>,
    /// The files with the certificates that the other end showed.
    pub peer: Vec<String>,
    /// The file with the certificate that this end showed.
    pub own: Option<String>,
    /// The TCP port of the server.
    pub port: u16,
}

/// What a step was judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// Where the step stands: `3`, of a branch or repetition `3.2.1`.
    pub step: String,
    /// The file of the scenario.
    pub scenario_file: String,
    /// The file of the script that the step stands in.
    pub file: String,
    /// The line at which it begins.
    pub line: u32,
    /// The moment, by the clock of the parties.
    pub at: Timestamp,
    /// The exchange that it is about, where there is one.
    pub exchange: Option<u32>,
    /// Which of its two messages.
    pub response: bool,
    /// What the step waited, in milliseconds of real time.
    pub took: u64,
    /// Whether the party under test made the message.
    pub of_subject: bool,
    /// Whether nothing is known of the connection: TLS ended at a proxy before
    /// the party that received it, or none came about.
    #[serde(alias = "ends_at_proxy")]
    pub connection_unknown: bool,
    /// What a person who operated the LAS said of each JSON expectation, where a
    /// person was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Vec<Option<bool>>>,
    /// How an action ended as a person said, where it was to end otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What was said where no exchange was heard: the data of an action.
    pub said: Option<String>,
    /// The values that the script could name.
    pub values: BTreeMap<String, Value>,
    /// Values are left out, because they may be about a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Verdict and findings, as the fingerprints of what was found.
    pub outcome: StepOutcome,
}

/// What a step came to, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepOutcome {
    /// The verdict.
    pub verdict: crate::finding::Verdict,
    /// The codes of what was found, with their fingerprints, in order.
    pub findings: Vec<String>,
}

impl std::fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = serde_json::to_value(self.verdict);
        let verdict = verdict
            .ok()
            .and_then(|name| name.as_str().map(str::to_string));
        f.write_str(&verdict.unwrap_or_default())?;
        if !self.findings.is_empty() {
            write!(f, " ({})", self.findings.join(", "))?;
        }
        Ok(())
    }
}

/// Where a script is kept.
pub fn script_file(name: &str) -> String {
    format!("{SCRIPTS}/{}", within(name))
}

/// Where a message is kept that a script sends from a file.
pub fn message_file(name: &str) -> String {
    format!("{MESSAGES}/{}", within(name))
}

/// Stands for a folder above, in the path of a file in the evidence.
const ABOVE: &str = "__";

/// Stands for where a whole path begins, in the path of a file in the evidence:
/// a file that is named by it is another than one of the same name here.
const ROOT: &str = "__root";

/// The path of a file without what leads out of the evidence. A file in a
/// folder above, or that is named by its whole path, keeps a name of its own.
fn within(name: &str) -> String {
    let mut parts = name.split(['/', '\\']).peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let is_whole = name.len() > first.len() && (first.is_empty() || first.ends_with(':'));
    let root = is_whole.then_some(ROOT);
    let parts = parts
        .filter(|part| !matches!(*part, "" | ".") && !part.ends_with(':'))
        .map(|part| if part == ".." { ABOVE } else { part });
    let parts: Vec<&str> = root.into_iter().chain(parts).collect();
    parts.join("/")
}

/// The name of a certificate's file.
fn certificate_file(der: &[u8]) -> String {
    format!("certificates/{}.der", sha256(der))
}

impl TlsRecord {
    fn of(facts: &TlsFacts) -> Self {
        Self {
            version: facts.version.clone(),
            suite: facts.suite.clone(),
            server_name: facts.server_name.clone(),
            peer: facts.peer.iter().map(|der| certificate_file(der)).collect(),
            own: facts.own.as_ref().map(|der| certificate_file(der)),
            port: facts.port,
        }
    }

    /// The facts again; `read` gives the content of a file.
    pub(super) fn read(&self, read: impl Fn(&str) -> Option<Arc<[u8]>>) -> Option<TlsFacts> {
        Some(TlsFacts {
            version: self.version.clone(),
            suite: self.suite.clone(),
            server_name: self.server_name.clone(),
            peer: self
                .peer
                .iter()
                .map(|file| read(file))
                .collect::<Option<_>>()?,
            own: match &self.own {
                Some(file) => Some(read(file)?),
                None => None,
            },
            port: self.port,
        })
    }
}

/// What an exchange was, before it is written.
#[derive(Debug)]
pub struct ToRecord<'a> {
    /// The scenario.
    pub scenario: &'a str,
    /// Its number within the scenario.
    pub number: u32,
    /// Who sent the request.
    pub from: &'a str,
    /// Whom it went to.
    pub to: &'a str,
    /// When it was received, by the clock of the parties.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// The request.
    pub request: &'a Exchange,
    /// The response.
    pub response: Option<&'a Exchange>,
    /// Why there is none.
    pub problem: Option<&'a str>,
}

/// The folder of a scenario's exchanges, and the beginning of an exchange's
/// file names.
pub(super) fn stem(scenario: &str, number: u32) -> String {
    format!("exchanges/{scenario}/{number:04}")
}

impl ToRecord<'_> {
    /// Writes the exchange: both messages, the certificates, and the record
    /// that ties them together.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<ExchangeRecord, WriteError> {
        let stem = stem(self.scenario, self.number);
        let message = |side: &str, message: &Exchange| {
            let file = format!("{stem}-{side}.http");
            let (record, content) = RecordedMessage::of(&file, message);
            folder.write(&file, &content).map(|()| record)
        };
        let request = message("request", self.request)?;
        let response = match self.response {
            Some(response) => Some(message("response", response)?),
            None => None,
        };
        let asked_over = self.request.tls.as_deref();
        let answered_over = self.response.and_then(|response| response.tls.as_deref());
        let tls = asked_over.or(answered_over);
        let answered_over = answered_over.filter(|other| Some(*other) != tls);
        let connections = tls.iter().chain(&answered_over);
        for der in connections.flat_map(|tls| tls.peer.iter().chain(&tls.own)) {
            folder.write_once(&certificate_file(der), der)?;
        }
        let record = ExchangeRecord {
            scenario: self.scenario.to_string(),
            number: self.number,
            from: self.from.to_string(),
            to: self.to.to_string(),
            at: self.at,
            took: self.took,
            request,
            response,
            problem: self.problem.map(str::to_string),
            tls: tls.map(TlsRecord::of),
            answered_over: answered_over.map(TlsRecord::of),
        };
        write_json(folder, &format!("{stem}.json"), &record)?;
        Ok(record)
    }
}

/// Writes a record as JSON.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_json(folder: &Folder, name: &str, record: &impl Serialize) -> Result<(), WriteError> {
    let mut json = serde_json::to_vec_pretty(record).map_err(std::io::Error::from)?;
    json.push(b'\n');
    folder.write(name, &json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_different_paths_are_kept_apart() {
        for (name, kept) in [
            ("a/b.yaml", "scenarios/a/b.yaml"),
            ("./a/b.yaml", "scenarios/a/b.yaml"),
            ("../a/b.yaml", "scenarios/__/a/b.yaml"),
            ("/a/b.yaml", "scenarios/__root/a/b.yaml"),
            ("C:\\a\\b.yaml", "scenarios/__root/a/b.yaml"),
            ("b.yaml", "scenarios/b.yaml"),
        ] {
            assert_eq!(script_file(name), kept, "{name}");
        }
    }
}
