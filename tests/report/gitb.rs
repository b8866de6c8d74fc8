//! The test report for the Interoperability Test Bed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ketenkeur::document::{Document, Gated};
use ketenkeur::exit::Exit;
use ketenkeur::finding::Language;
use ketenkeur::report::{Format, ReportError, Run};
use ketenkeur::schema::xsd::{SchemaFiles, XsdSchema};

use crate::scenes;
use crate::stream::{Book, Provenance, events, report, spool};

/// What the test bed demands, as we restate it.
fn restated() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/gitb-tar.xsd")
}

/// Judges documents by the restatement with the engine of ketenkeur; with
/// xmllint as well, where that is installed, and with xmllint by the test bed's
/// own schema, which `KETENKEUR_GITB_XSD` names.
struct Judges {
    schema: XsdSchema,
    xmllint: Vec<PathBuf>,
}

impl Judges {
    fn all() -> Self {
        let bytes: Arc<[u8]> = std::fs::read(restated()).unwrap().into();
        let files = SchemaFiles::new([("gitb-tar.xsd".to_string(), bytes)]);
        let is_installed = Command::new("xmllint").arg("--version").output().is_ok();
        let own = std::env::var_os("KETENKEUR_GITB_XSD").map(PathBuf::from);
        Self {
            schema: XsdSchema::compile(&files, &["gitb-tar.xsd"]).unwrap(),
            xmllint: [Some(restated()), own]
                .into_iter()
                .flatten()
                .filter(|_| is_installed)
                .collect(),
        }
    }

    /// Whether a document is valid; all judges say the same.
    fn is_valid(&self, xml: &str) -> bool {
        let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
        let diagnosis = self.schema.validate(&document, document.root_element());
        let is_valid = diagnosis.mistakes.is_empty();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tar.xml");
        std::fs::write(&file, xml).unwrap();
        for schema in &self.xmllint {
            let mut judged = Command::new("xmllint");
            judged.args(["--noout", "--nonet", "--schema"]).arg(schema);
            let judged = judged.arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&judged.stderr);
            let same = judged.status.success() == is_valid;
            assert!(same, "{}: {said}{:?}", schema.display(), diagnosis.mistakes);
        }
        is_valid
    }
}

#[test]
fn the_test_report_is_what_the_test_bed_demands() {
    let judges = Judges::all();
    let runs = [
        events(Provenance::Any),
        events(Provenance::Strict),
        scenes::events(),
        scenes::events()[..1].to_vec(),
    ];
    for (number, events) in runs.iter().enumerate() {
        for language in [Language::Nl, Language::En] {
            let text = report(events, Format::Gitb, language);
            assert!(judges.is_valid(&text), "{number} {language:?}: {text}");
        }
    }
}

/// Each demand shows: the report with one thing changed is valid or not as the
/// test bed has it.
#[test]
fn what_the_test_bed_demands_is_restated() {
    let judges = Judges::all();
    let text = report(&events(Provenance::Any), Format::Gitb, Language::En);
    let description = {
        let start = text.find("<description>").unwrap();
        let end = text.find("</description>").unwrap() + "</description>".len();
        &text[start..end]
    };
    let test_and_type = {
        let start = text.find("<test>").unwrap();
        let end = text.find("</type>").unwrap() + "</type>".len();
        &text[start..end]
    };
    let date = "<date>2026-09-28T09:00:00Z</date>";
    let counters = "<nrOfAssertions>2</nrOfAssertions>";
    let core = "xmlns:c=\"http://www.gitb.com/core/v1/\"";
    let context = format!(
        "</counters><context {core} name=\"a\"><c:item><c:value>b</c:value></c:item></context>"
    );
    for (what, before, after, is_valid) in [
        ("no xsi:type on the root", " xsi:type=\"TAR\"", "", false),
        (
            "no xsi:type on an assertion",
            " xsi:type=\"BAR\"",
            "",
            false,
        ),
        ("no name", " name=\"ketenkeur\"", "", true),
        ("an id", " name=\"ketenkeur\"", " id=\"1\"", true),
        ("no date", date, "", false),
        (
            "a date without a time",
            date,
            "<date>2026-09-28</date>",
            false,
        ),
        ("no result", "<result>FAILURE</result>", "", false),
        ("another result", "<result>FAILURE", "<result>FAILED", false),
        ("no assertion's text", description, "", false),
        ("an empty text", description, "<description/>", true),
        (
            "two texts",
            description,
            "<description/><description/>",
            false,
        ),
        (
            "parts in another order",
            test_and_type,
            "<type>t</type><test/>",
            true,
        ),
        ("a part twice", test_and_type, "<test/><test/>", false),
        ("no count", counters, "", true),
        ("a count that is none", counters, "<nrOfAssertions/>", false),
        (
            "the overview in another order",
            "<validationServiceName>ketenkeur</validationServiceName>",
            "<note>n</note><validationServiceName/>",
            false,
        ),
        ("a part that is unknown", "<note>", "<author/><note>", false),
        ("a context", "</counters>", &context, true),
        (
            "a context at the end",
            "</TestStepReport>",
            "<context/></TestStepReport>",
            false,
        ),
        (
            "assertions beside reports",
            "</reports>\n</TestStepReport>",
            "<info xsi:type=\"BAR\"><description/></info></reports></TestStepReport>",
            false,
        ),
    ] {
        let changed = text.replacen(before, after, 1);
        assert_ne!(changed, text, "{what}");
        assert_eq!(judges.is_valid(&changed), is_valid, "{what}: {changed}");
    }
}

/// What is undecided or was not played is no success, and what a script
/// expects is no error.
#[test]
fn only_a_pass_is_a_success() {
    let text = report(&scenes::events(), Format::Gitb, Language::En);
    let result = |name: &str| {
        let (_, rest) = text.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, rest) = rest.split_once("<result>").unwrap();
        rest.split('<').next().unwrap().to_string()
    };
    for (name, expected) in [
        ("ketenkeur", "FAILURE"),
        ("po-inwinnen/po-inwinnen-goed", "SUCCESS"),
        ("po-inwinnen/po-inwinnen-mis", "FAILURE"),
        ("koppeling-bron/koppeling-bron-weigert", "SUCCESS"),
        ("rio-po/rio-po-klok", "UNDEFINED"),
    ] {
        assert_eq!(result(name), expected, "{name}");
    }
    assert_eq!(text.matches("<error ").count(), 1);
    assert!(text.contains("passed in self-test on a reconstruction"));
    assert!(text.contains("not played: needs a virtual clock"));
}

#[test]
fn no_time_is_made_up() {
    let events = spool(&scenes::events());
    let run = Run::new(&events, &Book, Language::Nl, Exit::Findings);
    let refused = Format::Gitb.write(&run, Vec::new());
    assert_eq!(refused, Err(ReportError::NoMoment));
}
