//! The rules over a batch, from messages to findings.

mod absences;
mod cases;
mod laws;
mod rules;
mod size;

use std::sync::Arc;

use ketenkeur::batch::{BatchFound, BatchJudge, BatchRules, Extractor, Judged, RecordPaths};
use ketenkeur::document::{Document, Gated};
use ketenkeur::facts::{Calendar, CalendarSources, SourceText};
use ketenkeur::finding::{Arg, Redaction};

/// A file of the package.
fn file(path: &str) -> SourceText {
    let full = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{full}: {error}"));
    SourceText::new(path.to_string(), text)
}

fn calendar() -> Calendar {
    Calendar::from_toml(CalendarSources {
        schoolvakanties: file("schemas/kalender/schoolvakanties.toml"),
        advies: file("schemas/kalender/advies.toml"),
        bekostiging: file("schemas/kalender/bekostiging.toml"),
    })
    .unwrap()
}

fn extractor() -> Arc<Extractor> {
    let paths = RecordPaths::from_toml(&file("schemas/batch/gegevens.toml")).unwrap();
    Arc::new(Extractor::new(paths))
}

fn batch_rules() -> BatchRules {
    BatchRules::from_toml(&file("schemas/batch/regels.toml")).unwrap()
}

fn document(xml: &str) -> Document {
    Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap()
}

fn judge(messages: &[String]) -> Judged {
    let extractor = extractor();
    let mut judge = BatchJudge::new(extractor.clone());
    for (input, xml) in (0..).zip(messages) {
        let document = document(xml);
        judge.add(extractor.extract(&document, document.root_element(), input));
    }
    judge.judge(batch_rules(), &calendar())
}

fn found(messages: &[String]) -> Vec<BatchFound> {
    judge(messages).findings(name).collect()
}

fn name(input: u32) -> Arg {
    format!("bericht {input}").into()
}

/// A finding in a line: code, inputs, arguments.
fn line(found: &BatchFound) -> String {
    let args = found.finding.args.iter();
    let args: Vec<String> = args
        .map(|(name, arg)| format!("{name}={}", arg.shown(Redaction::Mask)))
        .collect();
    format!(
        "{} {:?} {}",
        found.finding.code,
        found.inputs,
        args.join(" ")
    )
}

fn lines(messages: &[String]) -> Vec<String> {
    found(messages).iter().map(line).collect()
}
