//! One message through all its checks.

use std::collections::HashMap;
use std::sync::Arc;

use super::bench::Bench;
use super::gate_findings::{gate_finding, json_finding, xml_finding};
use super::own_findings::{
    not_compiled, of_pack, outside_validity, real_person, tool_finding, unbound_finding,
};
use super::recognise::{HttpHint, Known, Recognition, recognise_json, recognise_xml, soap_fault};
use super::reported::Reporter;
use super::rules::PackRules;
use super::transport::{contract_without_pack, encrypted_message, judge_transport};
use super::weigh::{Fate, Scales};
use crate::batch::{Extractor, Record};
use crate::document::{Document, Gated, PlaceOf, raw_excerpt};
use crate::edukoppeling::{TransportReport, judge_wsdl};
use crate::event::{Carrier, Judged, Recognised};
use crate::exchange::Exchange;
use crate::facts::Facts;
use crate::finding::{Args, Beyond, Class, Code, Finding, Grade, Judgement, Kind, Place, Verdict};
use crate::input::{BodyAt, ContentKind, Input, InputError, description, kind_of};
use crate::limits::MAX_FINDINGS_PER_MESSAGE;
use crate::pack::Pack;
use crate::rules::CompiledRules;
use crate::schema::json::JsonSchema;
use crate::schema::xsd::{CompiledSet, XsdSchema};
use crate::text::builtin_grade;

/// Beginnings of the namespaces of an envelope, whose elements hold nothing
/// about persons.
const OF_THE_ENVELOPE: &[&str] = &[
    "http://schemas.xmlsoap.org/",
    "http://www.w3.org/",
    "http://docs.oasis-open.org/",
];

/// Elements of WS-Security that do: who signs in with a password shows it here.
const SECRETS: &[&str] = &["Username", "Password"];

/// A judged input, with what the rules over the batch need of it.
pub struct Outcome {
    /// What is said of the input.
    pub judged: Judged,
    /// The pack that judged it, where one knows the message.
    pub pack: Option<Arc<Pack>>,
    /// Rules that were judged on the message and hold.
    pub held: Vec<Code>,
    /// What the rules over the batch need of the message.
    pub records: Vec<Record>,
    /// The OIN of the certificate that the message is signed with; see
    /// [`TransportReport::signer`].
    pub signer: Option<String>,
    /// Where the body stands in the file.
    pub body: BodyAt,
    /// We made a mistake ourselves.
    pub internal: bool,
}

/// Judges messages on one thread. Schemas and rules are compiled when the
/// first message of their contract comes.
pub struct Judge {
    bench: Arc<Bench>,
    compiled: HashMap<Arc<str>, Compiled>,
    /// Reads what the rules over a batch need, where there is one.
    extractor: Option<Arc<Extractor>>,
    /// Where the body of the input under judgement stands.
    body: BodyAt,
}

/// What a thread holds of a contract.
#[derive(Default)]
struct Compiled {
    xsd: Option<Result<XsdSchema, String>>,
    json: HashMap<Arc<str>, Result<JsonSchema, String>>,
    rules: Option<(Arc<PackRules>, Vec<CompiledRules>)>,
}

/// The findings on a message, and what held.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    held: Vec<(Code, Grade)>,
    beyond: Beyond,
    signer: Option<String>,
}

impl Said {
    fn refused(finding: Finding) -> Self {
        Self {
            findings: vec![finding],
            ..Self::default()
        }
    }

    /// Adds what the transport rules say.
    fn transport(&mut self, report: Option<TransportReport>) {
        let Some(report) = report else {
            return;
        };
        self.findings.extend(report.findings);
        let held = report.held.into_iter();
        self.held.extend(held.map(|code| {
            let grade = builtin_grade(&code);
            (code, grade)
        }));
        self.beyond.absorb(&report.beyond);
        self.signer = report.signer;
        self.sort();
    }

    /// Puts what is wrong before what is open, each in the order of the places.
    fn sort(&mut self) {
        self.findings.sort_by_key(|finding| {
            let span = finding.place.span.as_ref();
            let place = span.map(|span| (span.start, span.end));
            (finding.kind == Kind::Undecided, place)
        });
    }

    /// Counts mistakes in the build of a message that were not analysed.
    fn beyond_schema(&mut self, count: u64) {
        let grade = Grade::Reconstructed;
        self.beyond
            .add_kind(Kind::Violation, Class::Foutmelding, grade, count);
    }
}

impl Judge {
    /// A judge that has compiled nothing yet.
    pub fn new(bench: Arc<Bench>) -> Self {
        Self {
            bench,
            compiled: HashMap::new(),
            extractor: None,
            body: BodyAt::Start,
        }
    }

    /// The same judge, who also keeps of each message what `extractor` reads.
    pub fn for_batch(mut self, extractor: Arc<Extractor>) -> Self {
        self.extractor = Some(extractor);
        self
    }

    /// Judges one input; `number` is its place among the inputs of the run.
    pub fn judge(&mut self, number: u32, input: Input) -> Outcome {
        let name = input.name;
        self.body = input.body;
        match input.content {
            Err(error) => self.unreadable(&name, &error),
            Ok(exchange) => {
                // A defect in a reader or an engine must cost one verdict, not
                // the run.
                let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    self.exchange(number, &name, &exchange)
                }));
                judged.unwrap_or_else(|_| {
                    self.compiled.clear();
                    self.crashed(&name)
                })
            }
        }
    }

    fn exchange(&mut self, number: u32, name: &str, exchange: &Exchange) -> Outcome {
        let is_json = matches!(kind_of(&exchange.body), ContentKind::Json)
            || (self.bench.options.named.is_some()
                && !exchange.body.trim_ascii_start().starts_with(b"<"));
        if exchange.http.is_some() && exchange.body.trim_ascii().is_empty() {
            return self.conclude(name, None, None, Said::default());
        }
        if is_json {
            self.json(number, name, exchange)
        } else {
            self.xml(number, name, exchange)
        }
    }

    fn xml(&mut self, number: u32, name: &str, exchange: &Exchange) -> Outcome {
        let gated = match Gated::xml(&exchange.body) {
            Ok(gated) => gated,
            Err(error) => {
                return self.raw(name, &exchange.body, gate_finding(&error, &exchange.body));
            }
        };
        let document = match Document::from_xml(gated) {
            Ok(document) => Arc::new(document),
            Err(error) => return self.raw(name, &exchange.body, xml_finding(&error)),
        };
        let recognition = recognise_xml(&self.bench.store, &document);
        self.document(number, name, exchange, document, recognition)
    }

    fn json(&mut self, number: u32, name: &str, exchange: &Exchange) -> Outcome {
        let gated = match Gated::json(&exchange.body) {
            Ok(gated) => gated,
            Err(error) => {
                return self.raw(name, &exchange.body, gate_finding(&error, &exchange.body));
            }
        };
        let document = match Document::from_json(gated) {
            Ok(document) => Arc::new(document),
            Err(error) => return self.raw(name, &exchange.body, json_finding(&error)),
        };
        if let Some(&twice) = document.duplicate_members().first() {
            let args = Args::new().with("element", document.local_name(twice));
            let finding =
                tool_finding("KK-JSON-DUBBEL", args, document.place(twice, PlaceOf::Name));
            return self.conclude(name, None, Some(&document), Said::refused(finding));
        }
        let recognition = recognise_json(
            &self.bench.store,
            &document,
            self.bench.options.named.as_deref(),
            HttpHint::of(exchange),
        );
        self.document(number, name, exchange, document, recognition)
    }

    fn document(
        &mut self,
        number: u32,
        name: &str,
        exchange: &Exchange,
        document: Arc<Document>,
        recognition: Recognition,
    ) -> Outcome {
        let known = match &recognition {
            Recognition::Known(known) => Some(known),
            _ => None,
        };
        let transport = judge_transport(&self.bench, &document, exchange, known);
        match recognition {
            Recognition::NoMessage => {
                // A description of messages is none; a WSDL has rules of its own.
                let mut said = Said::default();
                said.transport(transport.or_else(|| judge_wsdl(&document)));
                let mut outcome = self.conclude(name, None, Some(&document), said);
                let other = soap_fault(&document).or_else(|| description(&exchange.body));
                outcome.judged.other = other.map(str::to_string);
                outcome
            }
            Recognition::Refused { code, args, place } => {
                let finding = (code == "KK-HERKEN-NAAMRUIMTE")
                    .then(|| {
                        contract_without_pack(&document).or_else(|| encrypted_message(&document))
                    })
                    .flatten();
                let finding = finding.unwrap_or_else(|| tool_finding(code, args, place));
                let mut said = Said::refused(finding);
                said.transport(transport);
                self.conclude(name, None, Some(&document), said)
            }
            Recognition::Known(known) => {
                let facts = match exchange.received {
                    Some(received) => self.bench.facts.at(received),
                    None => self.bench.facts.clone(),
                };
                let mut said = self.known(name, &document, &known, &facts);
                said.transport(transport);
                let mut outcome = self.conclude(name, Some(&known), Some(&document), said);
                if let Some(extractor) = &self.extractor {
                    outcome.records = extractor.extract(&document, known.root, number);
                }
                outcome
            }
        }
    }

    /// All checks on a message that a pack knows.
    fn known(
        &mut self,
        name: &str,
        document: &Arc<Document>,
        known: &Known,
        facts: &Facts,
    ) -> Said {
        let pack = &known.pack;
        let mut said = Said::default();
        if let Some(finding) = outside_validity(pack, document, known, facts) {
            return Said::refused(finding);
        }
        let by_rules = self.rules_while_schema_compiles(document, known, facts);
        self.schema(document, known, &mut said);
        // One mistake, one finding: what the schema refuses, the rules leave,
        // unless a deviation excuses what the schema says.
        let today = self.bench.facts.clock.today();
        let schema_places: Vec<String> = said
            .findings
            .iter()
            .filter(|finding| {
                let excuse = self.bench.deviations.excuse(finding, name, today);
                excuse.is_none()
            })
            .map(|finding| finding.place.path.clone())
            .collect();
        let left = by_rules.findings.into_iter().filter(|finding| {
            finding.kind == Kind::Undecided || !schema_places.contains(&finding.place.path)
        });
        said.findings.extend(left);
        said.held = by_rules.held;
        said.beyond.absorb(&by_rules.beyond);
        said.findings.extend(real_person(document, known));
        said.sort();
        said
    }

    /// What the rules say. At the first message of a contract its schema is
    /// compiled meanwhile, on a thread of its own: the two take equally long
    /// and together make most of the time to a first verdict.
    fn rules_while_schema_compiles(
        &mut self,
        document: &Arc<Document>,
        known: &Known,
        facts: &Facts,
    ) -> Said {
        let pack = &known.pack;
        let contract = &pack.manifest.contract;
        if known.message().schema.is_some() || self.compiled.contains_key(contract) {
            return self.rules(document, known, facts);
        }
        let (said, compiled) = std::thread::scope(|scope| {
            let compiling = scope.spawn(|| {
                let compiled = CompiledSet::compile(pack.files(), &pack.entries());
                // Kept by the pack: the run says at its end what it judged with.
                pack.hash();
                compiled
            });
            (self.rules(document, known, facts), compiling.join())
        });
        let compiled = compiled.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let schema = compiled
            .map(CompiledSet::into_schema)
            .map_err(|refused| refused.to_string());
        self.compiled.entry(contract.clone()).or_default().xsd = Some(schema);
        said
    }

    fn schema(&mut self, document: &Arc<Document>, known: &Known, said: &mut Said) {
        let pack = &known.pack;
        let compiled = self
            .compiled
            .entry(pack.manifest.contract.clone())
            .or_default();
        if let Some(file) = &known.message().schema {
            let schema = compiled
                .json
                .entry(file.clone())
                .or_insert_with(|| compile_json(pack, file));
            match schema {
                Ok(schema) => {
                    let found = schema.validate(document);
                    said.beyond_schema(found.more);
                    said.findings.extend(
                        found
                            .findings
                            .into_iter()
                            .map(|finding| of_pack(finding, pack, known.message().id())),
                    );
                }
                Err(reason) => said
                    .findings
                    .push(not_compiled(pack, reason, document, known)),
            }
            return;
        }
        if matches!(&compiled.xsd, Some(Ok(schema)) if schema.is_worn()) {
            compiled.xsd = None;
        }
        let schema = compiled.xsd.get_or_insert_with(|| {
            XsdSchema::compile(pack.files(), &pack.entries()).map_err(|refused| refused.to_string())
        });
        match schema {
            Ok(schema) => {
                let diagnosis = schema.validate(document, known.root);
                for mistake in diagnosis.mistakes {
                    let finding = tool_finding(mistake.code, mistake.args, mistake.place);
                    said.findings
                        .push(of_pack(finding, pack, &mistake.declaration));
                }
                said.beyond_schema(u64::from(diagnosis.more));
                if diagnosis.gave_up {
                    let mut finding = not_compiled(pack, "resource-limit", document, known);
                    finding.args = Args::new().with("reason", "resource-limit");
                    said.findings.push(finding);
                }
            }
            Err(reason) => said
                .findings
                .push(not_compiled(pack, reason, document, known)),
        }
    }

    fn rules(&mut self, document: &Arc<Document>, known: &Known, facts: &Facts) -> Said {
        let mut said = Said::default();
        let pack = &known.pack;
        let compiled = self
            .compiled
            .entry(pack.manifest.contract.clone())
            .or_default();
        let (rules, sets) = compiled.rules.get_or_insert_with(|| {
            let rules = self.bench.rules.of(pack);
            let sets = rules
                .sets()
                .iter()
                .map(|set| CompiledRules::new(Arc::clone(set)))
                .collect();
            (rules, sets)
        });
        for reason in rules.refused() {
            said.findings
                .push(not_compiled(pack, reason, document, known));
        }
        // What cannot match in an official pack is undecided, whatever the
        // engine makes of paths that lead nowhere.
        let unbound = pack
            .binding()
            .map_or(&[][..], |binding| binding.unbound(known.message().id()));
        let is_unbound = |code: &str| unbound.iter().any(|unbound| *unbound.code == *code);
        for unbound in unbound {
            if let Some(rule) = rules.rule(&unbound.code) {
                said.findings
                    .push(unbound_finding(rule, &unbound.path, document, known));
            }
        }
        for set in sets.iter() {
            let outcomes = set.judge(document, known.root, facts);
            said.beyond.absorb(&outcomes.beyond);
            said.findings.extend(
                outcomes
                    .findings
                    .into_iter()
                    .filter(|finding| !is_unbound(&finding.code)),
            );
            for code in outcomes.held.into_iter().filter(|code| !is_unbound(code)) {
                let grade = rules
                    .rule(&code)
                    .map_or(Grade::Reconstructed, |rule| rule.grade);
                said.held.push((code, grade));
            }
        }
        said
    }

    /// The verdict on an input and all that is said of it.
    fn conclude(
        &self,
        name: &str,
        known: Option<&Known>,
        document: Option<&Arc<Document>>,
        said: Said,
    ) -> Outcome {
        let reporter = self.reporter();
        // Of a message that nothing recognised, no element is known.
        let compiled = known.and_then(|known| self.compiled.get(&known.pack.manifest.contract));
        let is_known = |namespace: &str, local: &str| {
            is_of_the_envelope(namespace, local)
                || match compiled {
                    Some(Compiled {
                        xsd: Some(Ok(schema)),
                        ..
                    }) => schema.structure().knows(local),
                    _ => known.is_some_and(|known| known.carrier == Carrier::Json),
                }
        };
        let mut scales = Scales::new(&self.bench, MAX_FINDINGS_PER_MESSAGE);
        if let Some(known) = known {
            let grade = known.pack.manifest.weakest_grade();
            scales.add(Judgement::new(Verdict::Pass, grade));
        }
        for (_, grade) in &said.held {
            scales.add(Judgement::new(Verdict::Pass, *grade));
        }
        scales.weigh_beyond(&said.beyond);
        let mut findings = Vec::new();
        let mut excused = Vec::new();
        for finding in said.findings {
            let fate = scales.weigh(&finding, name);
            if matches!(fate, Fate::Counted) {
                continue;
            }
            let reported = reporter.finding(&finding, document.map(Arc::as_ref), &is_known);
            match fate {
                Fate::Excused(entry) => excused.push(entry.excuse(reported)),
                _ => findings.push(reported),
            }
        }
        let (judgement, more) = scales.finish();
        Outcome {
            judged: Judged {
                input: name.to_string(),
                message: known.map(recognised),
                other: None,
                judgement,
                findings,
                excused,
                more,
            },
            pack: known.map(|known| Arc::clone(&known.pack)),
            held: said.held.into_iter().map(|(code, _)| code).collect(),
            records: Vec::new(),
            signer: said.signer,
            body: self.body,
            internal: false,
        }
    }

    fn reporter(&self) -> Reporter {
        Reporter::new(self.bench.options.redaction).of(self.body)
    }

    /// What could not be read as a message at all; the excerpt comes from the
    /// bytes.
    fn raw(&self, name: &str, bytes: &[u8], finding: Finding) -> Outcome {
        let mut outcome = self.conclude(name, None, None, Said::refused(finding.clone()));
        let text = String::from_utf8_lossy(bytes);
        for reported in &mut outcome.judged.findings {
            let excerpt = raw_excerpt(&text, &finding.place, self.bench.options.redaction);
            reported.excerpt = excerpt.map(|excerpt| self.reporter().excerpt(excerpt));
        }
        outcome
    }

    fn unreadable(&self, name: &str, error: &InputError) -> Outcome {
        if error.verdict() == Verdict::NotApplicable {
            return self.conclude(name, None, None, Said::default());
        }
        let mut finding = tool_finding(error.code(), error.args(), Place::default());
        if error.verdict() == Verdict::Undecided {
            finding.kind = Kind::Undecided;
        }
        self.conclude(name, None, None, Said::refused(finding))
    }

    fn crashed(&self, name: &str) -> Outcome {
        let mut finding = tool_finding(
            "KK-INTERN",
            Args::new().with("reason", "internal"),
            Place::default(),
        );
        finding.kind = Kind::Undecided;
        let mut outcome = self.conclude(name, None, None, Said::refused(finding));
        outcome.internal = true;
        outcome
    }
}

/// Whether an element is one of the envelope's own, and holds no secret.
pub(super) fn is_of_the_envelope(namespace: &str, local: &str) -> bool {
    let of_standard = OF_THE_ENVELOPE
        .iter()
        .any(|base| namespace.starts_with(base));
    of_standard && !SECRETS.contains(&local)
}

fn recognised(known: &Known) -> Recognised {
    Recognised {
        contract: known.pack.manifest.contract.to_string(),
        kind: known.pack.manifest.kind,
        operation: known.message().operation.to_string(),
        name: known.message().id().to_string(),
        carrier: known.carrier,
    }
}

fn compile_json(pack: &Pack, file: &str) -> Result<JsonSchema, String> {
    let entry = pack.resolve(file);
    let folder = entry.rsplit_once('/').map_or("", |(folder, _)| folder);
    let files: Vec<(&str, &[u8])> = pack
        .files()
        .iter()
        .filter(|(path, _)| path.starts_with(folder) && path.ends_with(".schema.json"))
        .collect();
    JsonSchema::compile(&files, &entry).map_err(|error| error.to_string())
}
