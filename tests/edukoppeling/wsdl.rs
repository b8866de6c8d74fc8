//! WSDLs: every rule broken alone, and DUO's own.

use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::judge_wsdl;
use ketenkeur::finding::Class;

const RIGHT: &str = r#"<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata"
    xmlns:t="urn:t" targetNamespace="urn:t">
  <message name="vraag"><part name="p" element="t:vraag"/></message>
  <message name="antwoord"><part name="p" element="t:antwoord"/></message>
  <portType name="Poort">
    <operation name="vragen">
      <input message="t:vraag" wsam:Action="urn:t/vragen"/>
      <output message="t:antwoord" wsam:Action="urn:t/vragen"/>
    </operation>
  </portType>
  <binding name="Binding" type="t:Poort">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="vragen">
      <soap:operation soapAction="urn:t/vragen"/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
</definitions>"#;

fn codes(wsdl: &str) -> Vec<String> {
    let document = Document::from_xml(Gated::xml(wsdl.as_bytes()).unwrap()).unwrap();
    let report = judge_wsdl(&document).expect("a WSDL");
    report
        .findings
        .iter()
        .map(|finding| finding.code.to_string())
        .collect()
}

#[test]
fn every_rule_is_broken_alone() {
    assert_eq!(codes(RIGHT), [""; 0]);
    for (rule, from, to) in [
        ("KK-EK-WW001-WSDL", "style=\"document\"", "style=\"rpc\""),
        (
            "KK-EK-WW001-WSDL",
            "<input><soap:body use=\"literal\"/>",
            "<input><soap:body use=\"encoded\"/>",
        ),
        (
            "KK-EK-WW001-WSDL",
            "http://schemas.xmlsoap.org/soap/http",
            "http://schemas.xmlsoap.org/soap/smtp",
        ),
        (
            "KK-EK-WW001-WSDL",
            "xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\"",
            "xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap12/\"",
        ),
        (
            "KK-EK-WW004",
            "<part name=\"p\" element=\"t:vraag\"/>",
            "<part name=\"p\" type=\"t:Vraag\"/>",
        ),
        (
            "KK-EK-WS003",
            "      <output message=\"t:antwoord\" wsam:Action=\"urn:t/vragen\"/>\n",
            "",
        ),
        (
            "KK-EK-WS005",
            "<binding name",
            "<portType name=\"Tweede\"/><binding name",
        ),
        (
            "KK-EK-WS008-SOAPACTION",
            " wsam:Action=\"urn:t/vragen\"",
            "",
        ),
    ] {
        assert!(RIGHT.contains(from), "{from}");
        assert_eq!(codes(&RIGHT.replace(from, to)), [rule], "{to}");
    }
    let nothing = RIGHT
        .replace(" wsam:Action=\"urn:t/vragen\"", "")
        .replace(" soapAction=\"urn:t/vragen\"", "");
    assert_eq!(codes(&nothing), ["KK-EK-WS008"]);
    // Literal and document are what is meant where nothing is said.
    let silent = RIGHT
        .replace(" use=\"literal\"", "")
        .replace(" style=\"document\"", "");
    assert_eq!(codes(&silent), [""; 0]);
}

/// Findings that there is no room for count all the same.
#[test]
fn a_mistake_behind_many_lighter_ones_is_not_lost() {
    let operation = RIGHT.split("<operation").nth(1).unwrap();
    let operation = operation.split("</operation>").next().unwrap();
    let operation = operation.replace(" wsam:Action=\"urn:t/vragen\"", "");
    let light = format!("<operation{operation}</operation>").repeat(200);
    let grave = "<operation name=\"zonder\"><input/><output/></operation>";
    let wsdl = RIGHT.replace("</portType>", &format!("{light}{grave}</portType>"));
    let document = Document::from_xml(Gated::xml(wsdl.as_bytes()).unwrap()).unwrap();
    let report = judge_wsdl(&document).unwrap();
    assert_eq!((report.findings.len(), report.beyond.count()), (200, 1));
    let classes: Vec<Class> = report.beyond.kinds().map(|(_, class, _)| class).collect();
    assert_eq!(classes, [Class::Foutmelding]);
}

#[test]
fn duos_own_wsdl_gives_only_soap_actions() {
    let path = "../shared/reference/duo-rio/DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4.wsdl";
    let Ok(wsdl) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let mut codes = codes(&wsdl);
    assert!(!codes.is_empty());
    codes.dedup();
    assert_eq!(codes, ["KK-EK-WS008-SOAPACTION"]);
}
