//! The envelope around a message: every rule broken alone, and near misses.

use jiff::Timestamp;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{
    Contract, EnvelopeContext, RequestFacts, SecurityContext, Sender, Trust, Way, judge_envelope,
    judge_without_envelope,
};
use ketenkeur::exchange::{HttpFacts, StartLine};
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;

use super::messages::replaced;
use super::signer::{NOW, Party, Shape, name};

const WSA: &str = "http://www.w3.org/2005/08/addressing";
const ACTION: &str = "http://duo.nl/contract/X/y";
const SCHOOL: &str = "0000000700025BE00000";
const DUO: &str = "00000001800866472000";

/// Everything around a message that its envelope is judged with.
#[derive(Clone)]
struct Around {
    contract: Option<Contract<'static>>,
    http: Option<HttpFacts>,
    request: Option<RequestFacts>,
    profile: Profile,
}

impl Around {
    /// A request of a LAS whose contract is known.
    fn request() -> Self {
        Self {
            contract: Some(Contract {
                action: Some(ACTION),
                way: Way::Request,
                sender: Sender::School,
                enquiry: false,
            }),
            http: None,
            request: None,
            profile: Profile::Production,
        }
    }

    /// DUO's answer.
    fn answer() -> Self {
        Self {
            contract: Some(Contract {
                action: Some(ACTION),
                way: Way::Response,
                sender: Sender::Duo,
                enquiry: false,
            }),
            ..Self::request()
        }
    }

    /// The violated rules in a message.
    fn violations(&self, message: &str) -> Vec<String> {
        let document = Document::from_xml(Gated::xml(message.as_bytes()).unwrap()).unwrap();
        let trust = Trust::default();
        let now: Timestamp = NOW.parse().unwrap();
        let report = judge_envelope(&EnvelopeContext {
            security: SecurityContext {
                document: &document,
                now,
                profile: self.profile,
                trust: &trust,
                clock_skew: SecurityContext::CLOCK_SKEW,
            },
            contract: self.contract,
            http: self.http.as_ref(),
            request: self.request.as_ref(),
        })
        .expect("an envelope");
        let mut codes: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| finding.kind == Kind::Violation)
            .map(|finding| finding.code.to_string())
            .collect();
        for code in &report.held {
            assert!(
                !codes.contains(&code.to_string()),
                "{code} holds and is broken"
            );
        }
        codes.sort();
        codes
    }
}

/// A message from the supplier, changed before it is signed.
fn signed(change: impl Fn(&str) -> String) -> String {
    let party = Party::supplier();
    party.sign(&change(&Shape::default().template(&party)))
}

/// DUO's certificate; the answer's addresses are the other way around.
fn answer(change: impl Fn(&str) -> String) -> String {
    let party = duo(DUO);
    let mut shape = Shape::default();
    shape.parts.push("RelatesTo");
    let template = shape.template(&party);
    let template = replaced(&template, &format!("?oin={DUO}"), "?oin=X");
    let template = replaced(&template, &format!("?oin={SCHOOL}"), &format!("?oin={DUO}"));
    let template = replaced(&template, "?oin=X", &format!("?oin={SCHOOL}"));
    let template = replaced(
        &template,
        "<wsa:From",
        "<wsa:RelatesTo wsu:Id=\"RelatesTo\">urn:uuid:1</wsa:RelatesTo><wsa:From",
    );
    party.sign(&change(&template))
}

fn duo(oin: &str) -> Party {
    Party::with(&super::signer::AUTHORITIES.1, |params| {
        params.distinguished_name = name(Some(oin));
    })
}

#[test]
fn a_right_message_has_no_violations() {
    assert_eq!(
        Around::request().violations(&signed(str::to_string)),
        [""; 0]
    );
    assert_eq!(
        Around::answer().violations(&answer(str::to_string)),
        [""; 0]
    );
}

/// Rule, what is replaced in the request, by what.
const REQUESTS: &[(&str, &str, &str)] = &[
    (
        "KK-EK-WA001-TO-ADRES",
        "http://www.w3.org/2005/08/addressing/anonymous?oin=00000001800866472000</wsa:To>",
        "/bron-po/inschrijving</wsa:To>",
    ),
    (
        "KK-EK-WA001-ACTION-ANDERS",
        "http://duo.nl/contract/X/y<",
        "http://duo.nl/contract/X/z<",
    ),
    ("KK-EK-WA001-MESSAGEID-IRI", "urn:uuid:6f0f", "6f0f"),
    (
        "KK-EK-WA001-EPR",
        "</wsa:Address></wsa:From>",
        "</wsa:Address><wsa:Metadata/></wsa:From>",
    ),
    (
        "KK-EK-WS007",
        "</s:Header>",
        "<b:Sessie xmlns:b=\"urn:b\"/></s:Header>",
    ),
    (
        "KK-EK-WA001-NAAMRUIMTE",
        "</s:Header>",
        "<b:To xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">urn:b</b:To></s:Header>",
    ),
    (
        "KK-EK-WW002",
        "<v:vraag ",
        "<v:vraag s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" ",
    ),
    (
        "KK-EK-OIN-VORM",
        "?oin=00000001800866472000<",
        "?oin=0000000180086647200<",
    ),
    (
        "KK-EK-OIN-SCHOOL",
        "<v:naam/>",
        "<v:instellingscode>00AV</v:instellingscode>",
    ),
    (
        "KK-EK-OIN-MODEL",
        "?oin=0000000700025BE00000<",
        "?oin=00000003999999990000<",
    ),
];

/// What is replaced in the request, by what, without breaking anything.
const NEAR_MISSES: &[(&str, &str)] = &[
    ("?oin=00000001800866472000<", "?OIN=00000001800866472000<"),
    ("anonymous?oin=00000001800866472000<", "anonymous<"),
    ("urn:uuid:6f0f", "https://las.voorbeeld.example/bericht/1"),
    ("urn:uuid:6f0f", " urn:uuid:6f0f\n"),
    ("?oin=0000000700025BE00000<", "<"),
    ("<v:naam/>", "<v:instellingscode>25BE</v:instellingscode>"),
    (
        "<v:vraag ",
        "<v:vraag xmlns:x=\"http://www.w3.org/2001/XMLSchema-instance\" x:type=\"v:vraag\" ",
    ),
];

#[test]
fn every_rule_of_a_request_is_broken_alone() {
    for (rule, from, to) in REQUESTS {
        let message = signed(|template| replaced(template, from, to));
        assert_eq!(Around::request().violations(&message), [*rule], "{to}");
    }
    for (from, to) in NEAR_MISSES {
        let message = signed(|template| replaced(template, from, to));
        assert_eq!(Around::request().violations(&message), [""; 0], "{to}");
    }
}

#[test]
fn nothing_stands_beside_header_and_body() {
    let message = signed(str::to_string);
    for (from, to) in [
        ("<s:Header>", "<x xmlns=\"\"/><s:Header>"),
        ("</s:Header>", "</s:Header><x:y xmlns:x=\"urn:z\"/>"),
        (
            "</s:Envelope>",
            "<v:vraag xmlns:v=\"urn:voorbeeld\"/></s:Envelope>",
        ),
        ("</s:Envelope>", "1000</s:Envelope>"),
        ("</s:Header>", "1000</s:Header>"),
    ] {
        let message = replaced(&message, from, to);
        assert_eq!(
            Around::request().violations(&message),
            ["KK-EK-WW001-OPBOUW"],
            "{to}"
        );
    }
    for (from, to) in [
        ("</s:Header>", "\n</s:Header>\n"),
        ("<s:Header>", "<!-- x --><s:Header>"),
    ] {
        let message = replaced(&message, from, to);
        assert_eq!(Around::request().violations(&message), [""; 0], "{to}");
    }
}

/// A header with a value that is signed as well, beside those of the template.
fn with_header(local: &str, content: &str) -> String {
    let party = Party::supplier();
    let mut shape = Shape::default();
    shape.parts.push("Extra");
    let header = format!("<wsa:{local} wsu:Id=\"Extra\">{content}</wsa:{local}></s:Header>");
    party.sign(&replaced(&shape.template(&party), "</s:Header>", &header))
}

#[test]
fn a_header_too_many_is_told_by_its_kind() {
    let address = |address: &str| format!("<wsa:Address>{address}</wsa:Address>");
    let anonymous = format!("{WSA}/anonymous");
    let none = format!("{WSA}/none");
    let nobody: &[&str] = &[];
    let table = [
        (
            "ReplyTo",
            address("https://las.voorbeeld.example/"),
            &["KK-EK-WA001-REPLYTO"][..],
        ),
        ("ReplyTo", address(&anonymous), nobody),
        (
            "ReplyTo",
            address(&format!("{anonymous}?oin={SCHOOL}")),
            nobody,
        ),
        ("ReplyTo", String::new(), &["KK-EK-WA001-EPR"]),
        (
            "FaultTo",
            address("https://las.voorbeeld.example/"),
            &["KK-EK-WA001-OVERIG"],
        ),
        ("FaultTo", address(&none), nobody),
        (
            "RelatesTo",
            "urn:uuid:1".to_string(),
            &["KK-EK-WA001-RELATESTO-VERZOEK"],
        ),
        ("Action", ACTION.to_string(), &["KK-EK-WA001-DUBBEL"]),
    ];
    for (local, content, expected) in table {
        let message = with_header(local, &content);
        assert_eq!(
            Around::request().violations(&message),
            expected,
            "{local} {content}"
        );
    }
}

/// A message without one of its headers.
fn without(local: &'static str, message: &dyn Fn(&Shape, &Party) -> String) -> String {
    let party = Party::supplier();
    let mut shape = Shape::default();
    shape.parts.retain(|part| *part != local);
    let template = message(&shape, &party);
    let start = template.find(&format!("<wsa:{local} ")).unwrap();
    let end = template.find(&format!("</wsa:{local}>")).unwrap() + format!("</wsa:{local}>").len();
    party.sign(&format!("{}{}", &template[..start], &template[end..]))
}

#[test]
fn what_a_request_must_have_is_missed() {
    let plain = |shape: &Shape, party: &Party| shape.template(party);
    for (local, rule) in [
        ("To", "KK-EK-WA001-TO"),
        ("Action", "KK-EK-WA001-ACTION"),
        ("MessageID", "KK-EK-WA001-MESSAGEID"),
        ("From", "KK-EK-WA001-FROM"),
    ] {
        let message = without(local, &plain);
        assert_eq!(Around::request().violations(&message), [rule], "{local}");
    }
    // Only an enquiry does without `From`; only an answer without `To`.
    let mut enquiry = Around::request();
    enquiry.contract.as_mut().unwrap().enquiry = true;
    assert_eq!(enquiry.violations(&without("From", &plain)), [""; 0]);
    let mut unknown = Around::request();
    unknown.contract = None;
    assert_eq!(unknown.violations(&without("To", &plain)), [""; 0]);
}

#[test]
fn an_envelope_without_its_header_is_one_mistake() {
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    for header in ["", "<s:Header/>"] {
        let bare =
            format!("<s:Envelope xmlns:s=\"{soap}\">{header}<s:Body><a/></s:Body></s:Envelope>");
        assert_eq!(Around::request().violations(&bare), ["KK-EK-WA001-KOP"]);
    }
    let fault = format!("<s:Envelope xmlns:s=\"{soap}\"><s:Body><s:Fault/></s:Body></s:Envelope>");
    assert_eq!(Around::answer().violations(&fault), [""; 0]);
    let message = signed(str::to_string);
    let start = message.find("<wsse:Security").unwrap();
    let end = message.find("</wsse:Security>").unwrap() + "</wsse:Security>".len();
    let unsigned = format!("{}{}", &message[..start], &message[end..]);
    assert_eq!(
        Around::request().violations(&unsigned),
        ["KK-EK-WB003-BEVEILIGING"]
    );
}

#[test]
fn an_answer_belongs_to_its_request() {
    let asked = |id: &str, from: &str| Around {
        request: Some(RequestFacts {
            message_id: Some(id.to_string()),
            from: Some(from.to_string()),
            to: Some(DUO.to_string()),
            signature: Some("Q0Q=".to_string()),
            security11: false,
        }),
        ..Around::answer()
    };
    let right = answer(str::to_string);
    assert_eq!(asked("urn:uuid:1", SCHOOL).violations(&right), [""; 0]);
    assert_eq!(
        asked("urn:uuid:2", SCHOOL).violations(&right),
        ["KK-EK-WA001-RELATESTO-ANDERS"]
    );
    let other = "0000000700000AV00000";
    assert_eq!(
        asked("urn:uuid:1", other).violations(&right),
        ["KK-EK-OIN-ANTWOORD"]
    );
    let mut other_party = asked("urn:uuid:1", SCHOOL);
    other_party.request.as_mut().unwrap().to = Some("00000001999999999000".to_string());
    assert_eq!(other_party.violations(&right), ["KK-EK-OIN-ANTWOORD-VAN"]);
    let empty = answer(|template| replaced(template, ">urn:uuid:1<", "><"));
    assert_eq!(
        asked("urn:uuid:1", SCHOOL).violations(&empty),
        ["KK-EK-WA001-RELATESTO"]
    );
}

#[test]
fn a_signature_is_confirmed_by_ws_security_1_1_only() {
    let mut around = Around::answer();
    around.request = Some(RequestFacts {
        message_id: None,
        from: None,
        to: None,
        signature: Some("Q0Q=".to_string()),
        security11: true,
    });
    let confirmation = |value: &str| {
        answer(|template| {
            let confirmation = format!(
                "<c:SignatureConfirmation xmlns:c=\"http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd\" Value=\"{value}\"/><wsu:Timestamp"
            );
            replaced(template, "<wsu:Timestamp", &confirmation)
        })
    };
    assert_eq!(around.violations(&answer(str::to_string)), ["KK-EK-WB014"]);
    assert_eq!(around.violations(&confirmation("Q1Q=")), ["KK-EK-WB014"]);
    assert_eq!(around.violations(&confirmation("Q0Q=")), [""; 0]);
}

#[test]
fn certificate_and_address_name_whom_they_should() {
    let by = |oin: &str| {
        let party = duo(oin);
        party.sign(&Shape::default().template(&party))
    };
    let request = Around::request();
    assert_eq!(
        request.violations(&by(SCHOOL)),
        ["KK-EK-OIN-SCHOOLCERTIFICAAT"]
    );
    assert_eq!(
        request.violations(&by("0000000700000AV00000")),
        ["KK-EK-OIN-MODEL"]
    );
    // The receiver's own certificate, on a message that it receives.
    assert_eq!(request.violations(&by(DUO)), ["KK-EK-OIN-MODEL"]);
    let answered = |from: &str, oin: &str| {
        let party = duo(oin);
        let template = Shape::default().template(&party);
        let template = replaced(
            &template,
            &format!("?oin={SCHOOL}"),
            &format!("?oin={from}"),
        );
        let relates = "<wsa:RelatesTo wsu:Id=\"RelatesTo\">urn:uuid:1</wsa:RelatesTo><wsa:From";
        let template = replaced(&template, "<wsa:From", relates);
        let template = replaced(
            &template,
            "<ds:Reference URI=\"#To\">",
            "<ds:Reference URI=\"#RelatesTo\"><ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue></ds:DigestValue></ds:Reference><ds:Reference URI=\"#To\">",
        );
        party.sign(&template)
    };
    let answered_by = |oin: &str| answered(DUO, oin);
    let mut around = Around::answer();
    assert_eq!(around.violations(&answered_by(DUO)), [""; 0]);
    assert_eq!(
        around.violations(&answered_by("00000003999999990000")),
        ["KK-EK-OIN-AFZENDER"]
    );
    let supplier = "00000003999999990000";
    assert_eq!(
        around.violations(&answered(supplier, supplier)),
        ["KK-EK-OIN-DUO"]
    );
    around.profile = Profile::Test;
    assert_eq!(
        around.violations(&answered_by("00000099000000001000")),
        [""; 0]
    );
}

#[test]
fn the_http_message_fits_the_envelope() {
    let message = signed(str::to_string);
    let sent = |method: &str, headers: &[(&str, &str)]| {
        let mut around = Around::request();
        around.http = Some(HttpFacts {
            start: StartLine::Request {
                method: method.to_string(),
                url: "/".to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        });
        around.violations(&message)
    };
    let xml = ("Content-Type", "text/xml; charset=UTF-8");
    let nothing: &[&str] = &[];
    let quoted = format!("\"{ACTION}\"");
    for (method, headers, expected) in [
        ("POST", &[xml, ("SOAPAction", "\"\"")][..], nothing),
        ("POST", &[xml, ("soapaction", &quoted)], nothing),
        (
            "POST",
            &[("Content-Type", "text/xml"), ("SOAPAction", ACTION)],
            nothing,
        ),
        ("POST", &[xml], &["KK-EK-WS002"]),
        ("POST", &[xml, ("SOAPAction", "")], &["KK-EK-WS002"]),
        (
            "POST",
            &[xml, ("SOAPAction", "\"http://duo.nl/contract/X/z\"")],
            &["KK-EK-WS002"],
        ),
        (
            "POST",
            &[xml, ("SOAPAction", "\"\"http://duo.nl/contract/X/y\"\"")],
            &["KK-EK-WS002"],
        ),
        ("PUT", &[xml, ("SOAPAction", "\"\"")], &["KK-EK-WW001-POST"]),
        (
            "POST",
            &[
                ("Content-Type", "application/soap+xml"),
                ("SOAPAction", "\"\""),
            ],
            &["KK-EK-WW001-MEDIATYPE"],
        ),
        (
            "POST",
            &[
                ("Content-Type", "text/xml; charset=iso-8859-1"),
                ("SOAPAction", "\"\""),
            ],
            &["KK-EK-WS006"],
        ),
    ] {
        assert_eq!(sent(method, headers), expected, "{method} {headers:?}");
    }
}

/// A message over HTTP has an envelope; without one the rest of the HTTP message
/// is judged all the same.
#[test]
fn a_message_over_http_needs_an_envelope() {
    let message = "<bericht/>";
    let document = Document::from_xml(Gated::xml(message.as_bytes()).unwrap()).unwrap();
    let http = HttpFacts {
        start: StartLine::Request {
            method: "GET".to_string(),
            url: "/".to_string(),
        },
        version: String::new(),
        headers: vec![("Content-Type".to_string(), "text/xml".to_string())],
    };
    let report = judge_without_envelope(&document, &http);
    let found: Vec<_> = report.findings.iter().map(|found| &*found.code).collect();
    assert_eq!(found, ["KK-EK-WW001-POST", "KK-EK-WW001-ENVELOP"]);
}

/// What readers would understand differently is refused.
#[test]
fn addresses_and_blocks_say_one_thing() {
    let request =
        |from: &str, to: &str| Around::request().violations(&signed(|t| replaced(t, from, to)));
    let school = format!("?oin={SCHOOL}");
    for (query, expected) in [
        (format!("?a=1&OIN={SCHOOL}"), vec![]),
        (
            format!("?oin={SCHOOL}&oin={SCHOOL}"),
            vec!["KK-EK-OIN-VORM"],
        ),
        (format!("?oin={SCHOOL}&OIN={DUO}"), vec!["KK-EK-OIN-VORM"]),
        // Neither the school's nor the supplier's.
        (format!("?oin={DUO}"), vec!["KK-EK-OIN-MODEL"]),
        (
            "?oin=00000003888888880000".to_string(),
            vec!["KK-EK-OIN-MODEL"],
        ),
    ] {
        let query = query.replace('&', "&amp;");
        assert_eq!(request(&school, &query), expected, "{query}");
    }
    // A namespace that only looks like one of WS-Addressing.
    let own = "<b:Sessie xmlns:b=\"urn:eigen/addressing\"/></s:Header>";
    assert_eq!(request("</s:Header>", own), ["KK-EK-WS007"]);
}

/// Only a fault may come without a header.
#[test]
fn no_other_element_of_soap_passes_for_a_fault() {
    let bare = |name: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:{name}/></s:Body></s:Envelope>"
        )
    };
    assert_eq!(Around::answer().violations(&bare("Fault")), [""; 0]);
    assert_eq!(
        Around::answer().violations(&bare("Antwoord")),
        ["KK-EK-WA001-KOP"]
    );
}
