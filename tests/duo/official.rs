//! Bodies for an official package: another namespace, and the number of the
//! pupil in a wrapper that the reconstruction does not have.

use std::sync::Arc;

use ketenkeur::clock::Clock;
use ketenkeur::counterpart::{Bodies, Judges, Part, Reading, receiving_bench};
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::Trust;
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;
use ketenkeur::pack::{ImportOptions, ImportSource, Project, Store, in_force};

use crate::support::example;

const CONTRACT: &str = "DUO_PO_Informeren_V1";
const ROOT: &str = "informerenInschrijving_Request";

/// Our reconstruction as DUO might have published it.
fn package(folder: &std::path::Path) {
    let store = Store::builtin();
    let pack = store.pack(CONTRACT).unwrap();
    for (path, bytes) in pack.own_files() {
        let Some(stem) = path.strip_suffix(".reconstructie.xsd") else {
            continue;
        };
        let name = stem.rsplit('/').next().unwrap();
        let text = String::from_utf8(bytes.to_vec())
            .unwrap()
            .replace("../gedeeld/", "")
            .replace(".reconstructie.xsd", ".xsd")
            .replace("urn:ketenkeur:reconstructie:", "http://duo.nl/schema/")
            .replace("version=\"reconstructie\"", "version=\"40001\"");
        let text = wrapped(&text);
        std::fs::write(folder.join(format!("{name}.xsd")), text).unwrap();
    }
    let operations = [
        "informerenInschrijving",
        "informerenDubbeleInschrijving",
        "informerenBekostigingsstatus",
        "informerenPersoonsgegevens",
    ];
    let messages = operations.map(|operation| {
        ["Request", "Response"].map(|part| {
            format!(
                "<wsdl:message name=\"{operation}_{part}\"><wsdl:part name=\"body\" element=\"s:{operation}_{part}\"/></wsdl:message>"
            )
        })
        .concat()
    });
    let port = operations.map(|operation| {
        format!(
            "<wsdl:operation name=\"{operation}\"><wsdl:input message=\"tns:{operation}_Request\"/><wsdl:output message=\"tns:{operation}_Response\"/></wsdl:operation>"
        )
    });
    let binding = operations.map(|operation| {
        format!(
            "<wsdl:operation name=\"{operation}\"><soap:operation soapAction=\"http://duo.nl/contract/{CONTRACT}/{operation}\"/></wsdl:operation>"
        )
    });
    let wsdl = format!(
        "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:s=\"http://duo.nl/schema/{CONTRACT}\" \
         xmlns:tns=\"http://duo.nl/contract/{CONTRACT}\" name=\"{CONTRACT}\" targetNamespace=\"http://duo.nl/contract/{CONTRACT}\">\
         <wsdl:types><xsd:schema><xsd:import namespace=\"http://duo.nl/schema/{CONTRACT}\" schemaLocation=\"{CONTRACT}.xsd\"/></xsd:schema></wsdl:types>\
         {}<wsdl:portType name=\"PT\">{}</wsdl:portType><wsdl:binding name=\"B\" type=\"tns:PT\">\
         <soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>{}</wsdl:binding></wsdl:definitions>",
        messages.concat(),
        port.concat(),
        binding.concat()
    );
    std::fs::write(folder.join(format!("{CONTRACT}.wsdl")), wsdl).unwrap();
}

/// A document about a pupil has its number in a `persoonsgebondenNummer`.
fn wrapped(text: &str) -> String {
    let Some(at) = text.find("<xsd:complexType name=\"BedrijfsdocumentPersoon\">") else {
        return text.to_string();
    };
    let (before, after) = text.split_at(at);
    let after = after.replacen(
        "<xsd:group ref=\"PersoonsgebondenNummerKeuze\"/>",
        "<xsd:element name=\"persoonsgebondenNummer\" type=\"PersoonsgebondenNummer\"/>",
        1,
    );
    format!("{before}{after}")
}

#[test]
fn bodies_follow_the_package_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("pakket");
    std::fs::create_dir(&source).unwrap();
    package(&source);
    let project = Project::at(folder.path().join("project"));
    let builtin = Store::builtin();
    let options = ImportOptions {
        builtin: &builtin,
        replaces: None,
    };
    project
        .import(&ImportSource::Folder(source), options, None)
        .unwrap();
    let store = in_force(Some(&project), None).unwrap();
    let bodies = Bodies::new(store.clone());

    let mut made = bodies.empty(ROOT).unwrap();
    let head = example(ROOT, "1", "2026-08-03T09:00:00Z".parse().unwrap());
    for name in [
        "identificatiecodeBedrijfsdocument",
        "instellingscode",
        "datumTijdBedrijfsdocument",
    ] {
        made.push(head.root().part(name).unwrap().clone());
    }
    made.push(Part::of("datumUitschrijving", "2026-07-31"))
        .push(Part::of("inschrijvingvolgnummer", "A1"))
        .push(Part::of("burgerservicenummer", "999928120"));
    let clock = Clock::at("2026-08-03T09:00:00Z".parse().unwrap());
    let bench = receiving_bench(store, Profile::Test, clock, Trust::default(), None);
    let judges = Judges::new(Arc::new(bench), 1);
    for body in [made, bodies.example(ROOT).unwrap()] {
        let xml = body.to_xml();
        assert!(
            xml.contains("xmlns=\"http://duo.nl/schema/DUO_PO_Informeren_V1\""),
            "{xml}"
        );
        assert!(xml.contains("persoonsgebondenNummer>"), "{xml}");
        let outcome = judges
            .judge(Exchange::bare(xml.clone().into_bytes()))
            .unwrap();
        let broken: Vec<_> = outcome
            .judged
            .findings
            .iter()
            .filter(|finding| finding.kind == Kind::Violation)
            .map(|finding| &finding.code)
            .collect();
        assert!(broken.is_empty(), "{broken:?} in {xml}");
        // And it is read back from within its wrapper.
        let document = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
        let number = Reading::of(&document, document.root_element()).number();
        assert_eq!(number.unwrap().digits(), "999928120");
    }
}
