//! The report as SARIF 2.1.0, for code scanning.
//!
//! Only what GitHub and the SARIF viewers use. A finding is a result of kind
//! `fail`; what is undecided is `open`, which by the standard has no level; what
//! a deviation excuses is suppressed with its reason.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::stream::{Stream, write_document};
use super::totals::Totals;
use super::{ReportError, Run, Voice};
use crate::event::{
    Event, Excused, PackInForce, PackKind, Reported, ScenarioJudged, Started, StepFinding,
};
use crate::exit::Exit;
use crate::finding::{Class, Grade, Kind, Language, Source};

/// Writes the report of `run`.
pub(super) fn write(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut started = None;
    let mut packs = Vec::new();
    let mut met = BTreeMap::new();
    let mut totals = Totals::default();
    for event in run.events.replay() {
        let event = event?;
        totals.count(&event);
        for finding in findings(&event) {
            if !met.contains_key(&finding.code) {
                let told = (finding.class, finding.grade, finding.source.clone());
                met.insert(finding.code.clone(), told);
            }
        }
        match event {
            Event::Started(begun) => started = Some(begun),
            Event::Grounds(grounds) => packs = grounds.packs,
            _ => {}
        }
    }
    let voice = run.voice;
    let index: BTreeMap<&str, usize> = met.keys().map(String::as_str).zip(0..).collect();
    let fail_on = started.as_ref().map(|started| started.fail_on);
    let failed = Cell::new(None);
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [SarifRun {
            tool: Tool::new(started.as_ref(), &packs, &met, voice),
            language: voice.language(),
            column_kind: "unicodeCodePoints",
            invocations: [Invocation {
                execution_successful: run.exit != Exit::Internal,
                exit_code: run.exit.code(),
                exit_code_description: voice.exit_meaning(run.exit, totals.of(), fail_on),
            }],
            properties: OwnScripts {
                own_scripts: totals.own_scripts,
            },
            results: Stream::new(run.events, &failed, |event| results(event, &index, voice)),
        }],
    };
    write_document(&log, &failed, out)
}

/// All findings of an event, excused ones included.
fn findings(event: &Event) -> Vec<&Reported> {
    match event {
        Event::Judged(judged) => judged
            .findings
            .iter()
            .chain(judged.excused.iter().map(|excused| &excused.finding))
            .collect(),
        Event::Batch(batch) => batch
            .findings
            .iter()
            .map(|found| &found.finding)
            .chain(batch.excused.iter().map(|found| &found.excused.finding))
            .collect(),
        Event::Played(played) => unexpected(played).map(|found| &found.finding).collect(),
        _ => Vec::new(),
    }
}

/// What a scenario found that its script does not expect.
fn unexpected(played: &ScenarioJudged) -> impl Iterator<Item = &StepFinding> {
    played.findings.iter().filter(|found| !found.expected)
}

fn results(event: Event, index: &BTreeMap<&str, usize>, voice: Voice<'_>) -> Vec<SarifResult> {
    let result = |finding: &Reported, inputs: &[String], excused: Option<&Excused>| {
        SarifResult::new(finding, inputs, excused, index, voice)
    };
    match event {
        Event::Judged(judged) => {
            let inputs = [judged.input];
            let found = judged.findings.iter().map(|f| result(f, &inputs, None));
            let excused = judged
                .excused
                .iter()
                .map(|excused| result(&excused.finding, &inputs, Some(excused)));
            found.chain(excused).collect()
        }
        Event::Batch(batch) => {
            let found = batch.findings.iter();
            let found = found.map(|found| result(&found.finding, &found.inputs, None));
            let excused = batch.excused.iter().map(|found| {
                let excused = &found.excused;
                result(&excused.finding, &found.inputs, Some(excused))
            });
            found.chain(excused).collect()
        }
        Event::Played(played) => unexpected(&played)
            .map(|found| {
                let input = found.input.as_ref().unwrap_or(&played.about.scenario);
                result(&found.finding, std::slice::from_ref(input), None)
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<R> {
    tool: Tool,
    language: Language,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    #[serde(skip_serializing_if = "OwnScripts::is_empty")]
    properties: OwnScripts,
    results: R,
}

/// Scenarios whose scripts are not those of ketenkeur: they count for nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnScripts {
    own_scripts: Vec<String>,
}

impl OwnScripts {
    fn is_empty(&self) -> bool {
        self.own_scripts.is_empty()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: String,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<Extension>,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    language: Language,
    rules: Vec<Rule>,
}

/// A pack in force.
#[derive(Serialize)]
struct Extension {
    name: String,
    version: String,
    properties: PackProperties,
}

#[derive(Serialize)]
struct PackProperties {
    kind: PackKind,
    grade: Grade,
    hash: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Message>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 2],
    source: String,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Tool {
    fn new(
        started: Option<&Started>,
        packs: &[PackInForce],
        met: &BTreeMap<String, (Class, Grade, Source)>,
        voice: Voice<'_>,
    ) -> Self {
        Self {
            driver: Driver {
                name: "ketenkeur",
                version: started.map(|started| started.tool.clone()),
                language: voice.language(),
                rules: met
                    .iter()
                    .map(|(code, told)| Rule::new(code, told, voice))
                    .collect(),
            },
            extensions: packs
                .iter()
                .map(|pack| Extension {
                    name: pack.contract.clone(),
                    version: pack.version.clone(),
                    properties: PackProperties {
                        kind: pack.kind,
                        grade: pack.grade,
                        hash: pack.hash.clone(),
                    },
                })
                .collect(),
        }
    }
}

impl Rule {
    fn new(code: &str, (class, grade, source): &(Class, Grade, Source), voice: Voice<'_>) -> Self {
        let (full, help) = voice.help(code).unzip();
        Self {
            id: code.to_string(),
            short_description: Message {
                text: voice.title(code).unwrap_or_else(|| code.to_string()),
            },
            full_description: full.map(|text| Message { text }),
            help: help.map(|text| Message { text }),
            default_configuration: Configuration {
                level: level(*class),
            },
            properties: RuleProperties {
                tags: [class.name(), grade.name()],
                source: source.told(voice.language()),
            },
        }
    }
}

/// How grave a class is in SARIF's words.
fn level(class: Class) -> &'static str {
    match class {
        Class::Foutmelding => "error",
        Class::Melding => "warning",
        Class::Signaal | Class::Bekostigingssignaal => "note",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    kind: &'static str,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "ketenkeur/v1")]
    ketenkeur: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct ResultProperties {
    class: Class,
    grade: Grade,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<String>,
    /// What is held against the rule, and not settled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disputes: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl SarifResult {
    fn new(
        finding: &Reported,
        inputs: &[String],
        excused: Option<&Excused>,
        index: &BTreeMap<&str, usize>,
        voice: Voice<'_>,
    ) -> Self {
        let wording = voice.wording(finding);
        let (kind, level) = match finding.kind {
            Kind::Violation => ("fail", level(finding.class)),
            Kind::Undecided => ("open", "none"),
        };
        let mut inputs = inputs.iter();
        Self {
            rule_id: finding.code.clone(),
            rule_index: index.get(finding.code.as_str()).copied(),
            kind,
            level,
            message: Message {
                text: format!("{} {}", wording.message, wording.hint),
            },
            locations: inputs
                .next()
                .map(|input| Location::new(input, finding))
                .into_iter()
                .collect(),
            related_locations: inputs.map(|input| Location::of_input(input)).collect(),
            partial_fingerprints: Fingerprints {
                ketenkeur: finding.fingerprint.as_str().to_string(),
            },
            suppressions: excused
                .map(|excused| Suppression {
                    kind: "external",
                    status: "accepted",
                    justification: voice.excuse(excused),
                })
                .into_iter()
                .collect(),
            properties: ResultProperties {
                class: finding.class,
                grade: finding.grade,
                source: finding.source.told(voice.language()),
                contract: finding.contract.clone(),
                disputes: wording.disputes,
            },
        }
    }
}

impl Location {
    fn of_input(input: &str) -> Self {
        Self {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: uri(input) },
                region: None,
            },
            logical_locations: Vec::new(),
        }
    }

    fn new(input: &str, finding: &Reported) -> Self {
        let mut location = Self::of_input(input);
        // A region is one of the file: of a place within a body there is none.
        let start = finding.start.filter(|_| !finding.in_body);
        location.physical_location.region = start.map(|start| Region {
            start_line: start.line,
            start_column: start.column,
            end_line: finding.end.map(|end| end.line),
            end_column: finding.end.map(|end| end.column),
        });
        if !finding.path.is_empty() {
            location.logical_locations.push(LogicalLocation {
                fully_qualified_name: finding.path.clone(),
                name: Some(finding.words.clone()).filter(|words| !words.is_empty()),
            });
        }
        location
    }
}

/// An input as a URI: relative as the user named it, `file:` for an absolute
/// path.
fn uri(input: &str) -> String {
    let drive = matches!(
        input.as_bytes(),
        [b'A'..=b'Z' | b'a'..=b'z', b':', b'/', ..]
    );
    let mut uri = String::new();
    if input.starts_with('/') {
        uri.push_str("file://");
    } else if drive {
        uri.push_str("file:///");
    }
    let absolute = !uri.is_empty();
    let mut first_segment = true;
    for byte in input.bytes() {
        first_segment &= byte != b'/';
        let plain = match byte {
            // A colon in the first segment would make a scheme of it.
            b':' => absolute || !first_segment,
            b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
            | b'+' | b',' | b';' | b'=' | b'@' => true,
            _ => byte.is_ascii_alphanumeric(),
        };
        if plain {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_become_uris() {
        for (input, expected) in [
            ("berichten/a b.xml", "berichten/a%20b.xml"),
            ("pakket.zip!map/é.xml", "pakket.zip!map/%C3%A9.xml"),
            ("log.har#12/request", "log.har%2312/request"),
            ("a:b/c:d", "a%3Ab/c:d"),
            ("/tmp/a.xml", "file:///tmp/a.xml"),
            ("C:/a.xml", "file:///C:/a.xml"),
            ("-", "-"),
        ] {
            assert_eq!(uri(input), expected);
        }
    }
}
