//! The XSD interface on schemas of our own and on DUO's real ones.

use std::path::Path;
use std::sync::Arc;

use ketenkeur::document::{Document, Gated};
use ketenkeur::finding::Redaction;
use ketenkeur::schema::xsd::{SchemaFiles, XsdSchema};

fn folder(path: &str) -> SchemaFiles {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".xsd") {
            files.push((name, Arc::from(std::fs::read(entry.path()).unwrap())));
        }
    }
    SchemaFiles::new(files)
}

fn judge(schema: &XsdSchema, xml: &str) -> String {
    let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
    let diagnosis = schema.validate(&document, document.root_element());
    diagnosis
        .mistakes
        .iter()
        .map(|mistake| {
            let args: Vec<String> = mistake
                .args
                .iter()
                .map(|(name, arg)| format!("{name}={}", arg.shown(Redaction::Mask)))
                .collect();
            let start = mistake.place.start.unwrap();
            format!(
                "{} {}:{} {} | {}\n",
                mistake.code,
                start.line,
                start.column,
                mistake.place.path,
                args.join("; ")
            )
        })
        .collect()
}

const VO: &str = "../shared/reference/duo-vo/inschrijving";

#[test]
fn duos_real_vo_contract() {
    if !Path::new(VO).exists() {
        println!("skipped: {VO} is absent");
        return;
    }
    let schema =
        XsdSchema::compile(&folder(VO), &["DUO_VOAanlevering_InschrijvingVO_V1.xsd"]).unwrap();
    let good = std::fs::read_to_string("tests/vo.xml").unwrap();
    println!("{}", judge(&schema, &good));
    for (what, from, to) in [
        (
            "missing",
            "  <b:verzendendeInstantie>25BE</b:verzendendeInstantie>\n",
            "",
        ),
        (
            "unknown",
            "<b:datumInschrijving>2026-08-01</b:datumInschrijving>",
            "<b:datumInschrijfing>2026-08-01</b:datumInschrijfing>",
        ),
        (
            "unknown2",
            "<b:datumInschrijving>2026-08-01</b:datumInschrijving>",
            "<foo>2026-08-01</foo>",
        ),
        (
            "extra",
            "<b:brin>25BE</b:brin>",
            "<b:brin>25BE</b:brin><foo>x</foo>",
        ),
        (
            "swap",
            "<b:brin>25BE</b:brin>\n  <b:inschrijvingvolgnummer>1</b:inschrijvingvolgnummer>",
            "<b:inschrijvingvolgnummer>1</b:inschrijvingvolgnummer>\n  <b:brin>25BE</b:brin>",
        ),
        (
            "dup",
            "<b:brin>25BE</b:brin>",
            "<b:brin>25BE</b:brin><b:brin>25BE</b:brin>",
        ),
        (
            "choice",
            "<b:burgerservicenummer>999900006</b:burgerservicenummer>",
            "",
        ),
        (
            "both",
            "<b:burgerservicenummer>999900006</b:burgerservicenummer>",
            "<b:burgerservicenummer>999900006</b:burgerservicenummer><b:onderwijsnummer>999900006</b:onderwijsnummer>",
        ),
        ("pattern", "<b:brin>25BE</b:brin>", "<b:brin>25be</b:brin>"),
        ("long", "<b:brin>25BE</b:brin>", "<b:brin>25BEE</b:brin>"),
        ("empty", "<b:brin>25BE</b:brin>", "<b:brin/>"),
        (
            "date",
            "<b:datumInschrijving>2026-08-01",
            "<b:datumInschrijving>2026-02-30",
        ),
        (
            "bool",
            "<indicatieBekostigbaar>true",
            "<indicatieBekostigbaar>ja",
        ),
        ("attr", "<b:brin>", "<b:brin x='1'>"),
        (
            "text",
            "<inschrijvingPeriodeVO>",
            "<inschrijvingPeriodeVO>hello 123456782",
        ),
        (
            "child",
            "<b:brin>25BE</b:brin>",
            "<b:brin><x/>25BE</b:brin>",
        ),
        (
            "ns",
            "xmlns:b=\"http://duo.nl/schema/DUO_VOBasisschema_Inschrijving_V1\"",
            "xmlns:b=\"http://duo.nl/schema/DUO_VOAanlevering_InschrijvingVO_V1\"",
        ),
        ("ns2", "<b:brin>", "<b:brin xmlns:b='urn:x'>"),
        (
            "end",
            "    <indicatieBekostigbaar>true</indicatieBekostigbaar>\n",
            "",
        ),
        ("emptyperiod", "<b:datumBegin>2026-08-01</b:datumBegin>", ""),
        (
            "xsitype",
            "<inschrijvingPeriodeVO>",
            "<inschrijvingPeriodeVO xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='foo'>",
        ),
        (
            "nil",
            "<b:brin>",
            "<b:brin xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'>",
        ),
    ] {
        assert!(good.contains(from), "{what}");
        println!("== {what}\n{}", judge(&schema, &good.replacen(from, to, 1)));
    }
}
