//! The report as a test report of the EU's Interoperability Test Bed: GITB TRL,
//! a TAR for the run that holds one for each message or scenario.
//!
//! What fails is an `error`, what is lighter or undecided a `warning`, what
//! somebody excuses an `info`. What is undecided, not played or not applicable
//! has the result `UNDEFINED`: it is no success. The one time in it is the
//! moment of the run.

use std::io::{self, Write};

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};

use super::totals::Totals;
use super::voice::first_and_others;
use super::{ReportError, Run, Voice, visible};
use crate::event::{Event, Excused, PackKind, Reported};
use crate::finding::{Class, Kind, Verdict};

const NAMESPACE: &str = "http://www.gitb.com/tr/v1/";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Writes the report of `run`.
pub(super) fn write(run: &Run<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let moment = run.moment.ok_or(ReportError::NoMoment)?;
    let mut whole = Whole::default();
    for event in run.events.replay() {
        whole.count(&event?, run.voice);
    }
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut failed = None;
    xml.create_element("TestStepReport")
        .with_attribute(("xmlns", NAMESPACE))
        .with_attribute(("xmlns:xsi", INSTANCE))
        .with_attribute(("xsi:type", "TAR"))
        .with_attribute(("name", "ketenkeur"))
        .write_inner_content(|xml| {
            head(xml, moment, whole.result())?;
            xml.create_element("overview").write_inner_content(|xml| {
                for (name, text) in whole.overview(run) {
                    element(xml, name, &text)?;
                }
                Ok(())
            })?;
            counters(xml, whole.counts)?;
            if whole.cases == 0 {
                return Ok(());
            }
            xml.create_element("reports").write_inner_content(|xml| {
                let written = cases(run, moment, &whole, xml);
                if let Err(ReportError::Events(error)) = written {
                    failed = Some(error);
                }
                written.map_err(io::Error::other)
            })?;
            Ok(())
        })
        .map_err(|error| failed.map_or_else(|| error.into(), ReportError::Events))?;
    Ok(writeln!(xml.into_inner())?)
}

/// Errors, warnings and what is told beside them.
#[derive(Clone, Copy, Default)]
struct Counts {
    errors: u64,
    warnings: u64,
    infos: u64,
}

/// What stands before the cases.
struct Whole {
    totals: Totals,
    counts: Counts,
    cases: u64,
    threshold: Class,
    tool: String,
    on_reconstruction: bool,
    contracts: Vec<String>,
}

impl Default for Whole {
    fn default() -> Self {
        Self {
            totals: Totals::default(),
            counts: Counts::default(),
            cases: 0,
            threshold: Class::Foutmelding,
            tool: String::new(),
            on_reconstruction: false,
            contracts: Vec::new(),
        }
    }
}

impl Whole {
    fn count(&mut self, event: &Event, voice: Voice<'_>) {
        self.totals.count(event);
        match event {
            Event::Started(started) => {
                self.threshold = started.fail_on;
                self.tool.clone_from(&started.tool);
            }
            Event::Grounds(grounds) => {
                let mut kinds = grounds.packs.iter().map(|pack| pack.kind);
                self.on_reconstruction = kinds.any(|kind| kind == PackKind::Reconstruction);
                let packs = grounds.packs.iter();
                self.contracts = packs
                    .map(|pack| voice.pack(&pack.contract, &pack.version, pack.kind, pack.grade))
                    .collect();
            }
            event => {
                if let Some(case) = Case::of(event, self, voice) {
                    self.cases += 1;
                    self.counts.errors += case.counts.errors;
                    self.counts.warnings += case.counts.warnings;
                    self.counts.infos += case.counts.infos;
                }
            }
        }
    }

    fn result(&self) -> &'static str {
        let verdict = self.totals.summary().judgement;
        let verdict = verdict.map_or(Verdict::NotApplicable, |judgement| judgement.verdict);
        result(verdict, self.counts)
    }

    fn overview(&self, run: &Run<'_>) -> Vec<(&'static str, String)> {
        let texts = run.voice.words();
        let mut notes = vec![self.totals.findings(run.voice)];
        if self.on_reconstruction {
            notes.push(texts.summary.reconstruction_note.clone());
        }
        vec![
            ("profileID", self.contracts.join("; ")),
            ("validationServiceName", "ketenkeur".to_string()),
            ("validationServiceVersion", visible(&self.tool)),
            ("note", notes.join(". ")),
        ]
    }
}

/// The result that goes with a verdict.
fn result(verdict: Verdict, counts: Counts) -> &'static str {
    match verdict {
        Verdict::Pass if counts.warnings > 0 => "WARNING",
        Verdict::Pass => "SUCCESS",
        Verdict::Fail => "FAILURE",
        Verdict::Undecided | Verdict::NotApplicable => "UNDEFINED",
    }
}

/// A message or scenario.
struct Case {
    name: String,
    verdict: Verdict,
    /// The verdict in words.
    says: String,
    items: Vec<Item>,
    counts: Counts,
}

/// A finding.
struct Item {
    kind: &'static str,
    parts: Vec<(&'static str, String)>,
}

impl Case {
    /// The case that an event is, if it is one.
    fn of(event: &Event, whole: &Whole, voice: Voice<'_>) -> Option<Self> {
        let texts = voice.words();
        let threshold = whole.threshold;
        let mut made = match event {
            Event::Judged(judged) => {
                let says = voice.verdict(judged).to_string();
                Self::new(visible(&judged.input), judged.judgement.verdict, says)
            }
            Event::Batch(batch) => {
                let verdict = batch.judgement.verdict;
                let says = texts.verdict(verdict, None).to_string();
                Self::new(texts.message.batch.clone(), verdict, says)
            }
            Event::Played(played) => {
                let about = &played.about;
                let name = visible(&format!("{}/{}", about.key, about.scenario));
                let mut says = voice.played(played);
                if let Some(own) = voice.own_script(&whole.tool, about) {
                    says += &format!("; {own}");
                }
                Self::new(name, played.judgement.verdict, says)
            }
            _ => return None,
        };
        match event {
            Event::Judged(judged) => {
                for finding in &judged.findings {
                    made.add(finding, Some(&judged.input), threshold, voice);
                }
                for excused in &judged.excused {
                    made.excused(excused, Some(&judged.input), voice);
                }
            }
            Event::Batch(batch) => {
                for found in &batch.findings {
                    let (input, _) = first_and_others(&found.inputs);
                    made.add(&found.finding, input, threshold, voice);
                }
                for found in &batch.excused {
                    let (input, _) = first_and_others(&found.inputs);
                    made.excused(&found.excused, input, voice);
                }
            }
            Event::Played(played) => {
                for found in played.findings.iter().filter(|found| !found.expected) {
                    made.add(&found.finding, found.input.as_deref(), threshold, voice);
                }
            }
            _ => {}
        }
        Some(made)
    }

    fn new(name: String, verdict: Verdict, says: String) -> Self {
        Self {
            name,
            verdict,
            says,
            items: Vec::new(),
            counts: Counts::default(),
        }
    }

    fn add(&mut self, finding: &Reported, input: Option<&str>, threshold: Class, voice: Voice<'_>) {
        let fails = finding.kind == Kind::Violation && finding.class >= threshold;
        let kind = if fails { "error" } else { "warning" };
        self.counts.errors += u64::from(fails);
        self.counts.warnings += u64::from(!fails);
        self.items.push(Item::new(kind, finding, input, "", voice));
    }

    fn excused(&mut self, excused: &Excused, input: Option<&str>, voice: Voice<'_>) {
        self.counts.infos += 1;
        let why = voice.excuse(excused);
        let item = Item::new("info", &excused.finding, input, &why, voice);
        self.items.push(item);
    }

    fn write<W: Write>(&self, xml: &mut Writer<W>, moment: Timestamp) -> io::Result<()> {
        xml.create_element("reports")
            .with_attribute(("name", self.name.as_str()))
            .write_inner_content(|xml| {
                head(xml, moment, result(self.verdict, self.counts))?;
                xml.create_element("overview")
                    .write_inner_content(|xml| element(xml, "note", &self.says))?;
                counters(xml, self.counts)?;
                if self.items.is_empty() {
                    return Ok(());
                }
                xml.create_element("reports").write_inner_content(|xml| {
                    self.items.iter().try_for_each(|item| item.write(xml))
                })?;
                Ok(())
            })
            .map(drop)
    }
}

impl Item {
    fn new(
        kind: &'static str,
        finding: &Reported,
        input: Option<&str>,
        excuse: &str,
        voice: Voice<'_>,
    ) -> Self {
        let wording = voice.wording(finding);
        let place = match (input, finding.start) {
            (Some(input), Some(at)) => visible(&format!("{input}:{}:{}", at.line, at.column)),
            (Some(input), None) => visible(input),
            (None, _) => voice.place(finding, input),
        };
        let class = match finding.kind {
            Kind::Violation => finding.class.name().to_string(),
            Kind::Undecided => format!(
                "{} ({})",
                voice.words().kind(finding.kind),
                finding.class.name()
            ),
        };
        let disputes = voice.disputed(&wording);
        let texts = [&wording.message, &wording.hint, excuse, &disputes];
        let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        let parts = [
            ("assertionID", visible(&finding.code)),
            ("description", texts.join(" ")),
            ("location", place),
            ("test", visible(&finding.path)),
            ("type", class),
            ("value", voice.source(finding)),
        ];
        Self {
            kind,
            // The format demands a description, and nothing else.
            parts: parts
                .into_iter()
                .filter(|(name, text)| *name == "description" || !text.is_empty())
                .collect(),
        }
    }

    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        xml.create_element(self.kind)
            .with_attribute(("xsi:type", "BAR"))
            .write_inner_content(|xml| {
                let mut parts = self.parts.iter();
                parts.try_for_each(|(name, text)| element(xml, name, text))
            })
            .map(drop)
    }
}

fn cases<W: Write>(
    run: &Run<'_>,
    moment: Timestamp,
    whole: &Whole,
    xml: &mut Writer<W>,
) -> Result<(), ReportError> {
    for event in run.events.replay() {
        if let Some(case) = Case::of(&event?, whole, run.voice) {
            case.write(xml, moment)?;
        }
    }
    Ok(())
}

/// What every report begins with.
fn head<W: Write>(xml: &mut Writer<W>, moment: Timestamp, result: &str) -> io::Result<()> {
    element(xml, "date", &moment.to_string())?;
    element(xml, "result", result)
}

/// The counts; what the test bed calls assertions are its infos.
fn counters<W: Write>(xml: &mut Writer<W>, counts: Counts) -> io::Result<()> {
    xml.create_element("counters")
        .write_inner_content(|xml| {
            element(xml, "nrOfAssertions", &counts.infos.to_string())?;
            element(xml, "nrOfErrors", &counts.errors.to_string())?;
            element(xml, "nrOfWarnings", &counts.warnings.to_string())
        })
        .map(drop)
}

fn element<W: Write>(xml: &mut Writer<W>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(text))
        .map(drop)
}
