//! Messages as careful and as careless parties write them: what is right in
//! another spelling, and what is missing or out of date.

use std::sync::LazyLock;

use crate::signer::{NOW, PARTS, Party, Shape};
use crate::support::{Setting, violations};

pub static PARTY: LazyLock<Party> = LazyLock::new(Party::supplier);
pub static SIGNED: LazyLock<String> = LazyLock::new(|| Shape::default().signed(&PARTY));

/// The violations of a message of the party's.
pub fn judged(message: &str) -> Vec<String> {
    let report = Setting::at(NOW).judge(message);
    let violations = violations(&report);
    // What nothing is said against is what was signed, and the other way round.
    let coverage_only = violations
        .iter()
        .all(|code| code.starts_with("KK-EK-WB004") || code.starts_with("KK-EK-WB002"));
    assert_eq!(report.signed.is_empty(), !coverage_only, "{violations:?}");
    violations
}

/// Replaces what must be there.
pub fn replaced(message: &str, from: &str, to: &str) -> String {
    assert!(message.contains(from), "{from} is not in the message");
    message.replacen(from, to, 1)
}

/// A part of the message with its tags.
pub fn part<'a>(message: &'a str, start: &str, end: &str) -> &'a str {
    let from = message.find(start).unwrap();
    &message[from..from + message[from..].find(end).unwrap() + end.len()]
}

/// What stays right however a party writes it.
#[test]
fn near_misses_pass() {
    let message = replaced(&SIGNED, "<v:naam/>", "<v:naam></v:naam>");
    assert_eq!(judged(&message), [""; 0], "another spelling of the same");
    // Comments between elements change no value and are not signed.
    let message = replaced(&SIGNED, "<v:naam/>", "<!-- a --><v:naam/>");
    assert_eq!(judged(&message), [""; 0], "a comment between elements");
    let message = replaced(&SIGNED, "<v:bedrag>1000", "<v:bedrag><![CDATA[10]]>00");
    assert_eq!(judged(&message), [""; 0], "CDATA");
    let message = replaced(&SIGNED, "<v:bedrag>1000", "<v:bedrag>&#49;00&#x30;");
    assert_eq!(judged(&message), [""; 0], "character references");
    let value = part(&SIGNED, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let wrapped = value.replace("==", "=\n=").replace("A", "A\r\n ");
    assert_eq!(
        judged(&replaced(&SIGNED, value, &wrapped)),
        [""; 0],
        "wrapped base64"
    );
    let shape = Shape {
        body: "<v:vraag xmlns:v=\"urn:voorbeeld\" v:idee=\"To\" soort=\"Body\">\
               <!-- tussen --><?tussen?>\n<v:bedrag>é &amp; 1000</v:bedrag></v:vraag>",
        ..Shape::default()
    };
    assert_eq!(judged(&shape.signed(&PARTY)), [""; 0]);
}

#[test]
fn every_permitted_algorithm_verifies() {
    let rsa = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
    ];
    let curve = Party::on_a_curve();
    let methods = rsa.into_iter().map(|method| (&*PARTY, method)).chain([(
        &curve,
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    )]);
    for (party, method) in methods {
        for digest in [
            "http://www.w3.org/2001/04/xmldsig-more#sha384",
            "http://www.w3.org/2001/04/xmlenc#sha512",
        ] {
            let shape = Shape {
                method,
                digest,
                ..Shape::default()
            };
            assert_eq!(judged(&shape.signed(party)), [""; 0], "{method} {digest}");
        }
    }
}

#[test]
fn prefixes_that_exclusive_canonicalisation_includes_are_understood() {
    let shape = Shape {
        transform: "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">\
                    <ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
                    PrefixList=\"s wsu\"/></ds:Transform>",
        ..Shape::default()
    };
    let message = shape.signed(&PARTY);
    assert_eq!(judged(&message), [""; 0]);
    // The closer look at a refused message reads them too.
    let changed = replaced(&message, "<v:bedrag>1000", "<v:bedrag>1001");
    assert_eq!(judged(&changed), ["KK-EK-WB013-DIGEST soap:Body"]);
}

#[test]
fn every_part_that_must_be_signed_is_missed() {
    let named = |part: &str| match part {
        "Body" => "KK-EK-WB004-BODY soap:Body".to_string(),
        "Timestamp" => "KK-EK-WB004-TIMESTAMP wsu:Timestamp".to_string(),
        header => format!("KK-EK-WB004-ADRESSERING wsa:{header}"),
    };
    for left_out in PARTS {
        let shape = Shape {
            parts: PARTS.into_iter().filter(|part| *part != left_out).collect(),
            ..Shape::default()
        };
        assert_eq!(judged(&shape.signed(&PARTY)), [named(left_out)]);
    }
}

/// What is taken away from a message.
#[test]
fn what_is_missing_is_missed() {
    let cut = |start, end| SIGNED.replace(part(&SIGNED, start, end), "");
    assert_eq!(
        judged(&cut("<ds:Signature ", "</ds:Signature>")),
        ["KK-EK-WB003-ONDERTEKENING"]
    );
    assert_eq!(
        judged(&cut(
            "<wsse:BinarySecurityToken",
            "</wsse:BinarySecurityToken>"
        )),
        ["KK-EK-WB009-TOKEN"]
    );
    assert_eq!(
        judged(&cut("<ds:KeyInfo>", "</ds:KeyInfo>")),
        ["KK-EK-WB010-VERWIJZING"]
    );
    assert_eq!(
        judged(&cut("<wsu:Timestamp", "</wsu:Timestamp>")),
        ["KK-EK-WB002-TIMESTAMP", "KK-EK-WRAP-VERWIJZING"]
    );
    assert_eq!(
        judged(&cut("<ds:SignatureValue>", "</ds:SignatureValue>")),
        ["KK-EK-SIGN002-OPBOUW"]
    );
    let bare = cut("<wsse:Security", "</wsse:Security>");
    let report = Setting::at(NOW).judge(&bare);
    assert!(report.findings.is_empty() && report.held.is_empty());
}

/// Timestamps, judged at noon with a minute between clocks; the signature is
/// made over each.
#[test]
fn timestamps_are_judged_at_the_moment() {
    let fresh = "<wsu:Created>2026-10-01T11:59:00Z</wsu:Created><wsu:Expires>2026-10-01T12:04:00Z</wsu:Expires>";
    let both = |created: &str, expires: &str| {
        format!("<wsu:Created>{created}</wsu:Created><wsu:Expires>{expires}</wsu:Expires>")
    };
    let table: Vec<(String, &[&str])> = vec![
        (
            "<wsu:Created>2026-10-01T11:59:00.123Z</wsu:Created>".into(),
            &[],
        ),
        (both("2026-10-01T12:01:00Z", "2026-10-01T12:06:00Z"), &[]),
        (
            both("2026-10-01T12:01:01Z", "2026-10-01T12:06:00Z"),
            &["KK-EK-WB002-TOEKOMST"],
        ),
        (both("2026-10-01T11:54:00Z", "2026-10-01T11:59:00Z"), &[]),
        (
            both("2026-10-01T11:54:00Z", "2026-10-01T11:58:59Z"),
            &["KK-EK-WB002-VERLOPEN"],
        ),
        (
            both("2026-10-01T11:59:00Z", "2026-10-01T11:59:00Z"),
            &["KK-EK-WB002-VOLGORDE"],
        ),
        (
            both("2026-10-01T13:59:00+02:00", "2026-10-01T12:04:00Z"),
            &["KK-EK-WB002-UTC"],
        ),
        (
            both("2026-10-01T11:59:00Z", "2026-10-01T12:04:00"),
            &["KK-EK-WB002-UTC"],
        ),
        (
            both("gisteren", "morgen"),
            &["KK-EK-WB002-UTC", "KK-EK-WB002-UTC"],
        ),
        (
            "<wsu:Expires>2026-10-01T12:04:00Z</wsu:Expires>".into(),
            &["KK-EK-WB002-CREATED"],
        ),
        (format!("{fresh}{fresh}"), &["KK-EK-WB002-CREATED"]),
    ];
    let template = Shape::default().template(&PARTY);
    for (timestamp, refused) in table {
        let message = PARTY.sign(&replaced(&template, fresh, &timestamp));
        assert_eq!(judged(&message), refused, "{timestamp}");
    }
}

#[test]
fn provisional_namespaces_are_refused() {
    let message = SIGNED.replace(
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
        "http://schemas.xmlsoap.org/ws/2002/12/secext",
    );
    let violations = judged(&message);
    assert!(
        violations.contains(&"KK-EK-WB001-NAAMRUIMTE Security".to_string()),
        "{violations:?}"
    );
}

/// The engine knows an element by the first of its Ids only.
#[test]
fn a_second_id_on_a_part_is_refused() {
    let two = |ids: &str| format!("<wsa:To {ids} xmlns:x=\"urn:x\">");
    let (first, second) = (
        "wsu:Id=\"To\" x:Id=\"Ander\"",
        "x:Id=\"Ander\" wsu:Id=\"To\"",
    );
    let template = replaced(
        &Shape::default().template(&PARTY),
        "<wsa:To wsu:Id=\"To\">",
        &two(first),
    );
    let message = PARTY.sign(&template);
    assert_eq!(judged(&message), [""; 0]);
    // The same to canonicalisation, which sorts attributes.
    let message = replaced(&message, first, second);
    assert_eq!(judged(&message), ["KK-EK-WB013-ONLEESBAAR"]);
}

/// The deepest message that passes the gate.
#[test]
fn deep_messages_verify() {
    let depth = ketenkeur::limits::MAX_DEPTH - 2;
    let body: &str =
        Box::leak((["<d>".repeat(depth), "</d>".repeat(depth)].concat()).into_boxed_str());
    let shape = Shape {
        body,
        ..Shape::default()
    };
    assert_eq!(judged(&shape.signed(&PARTY)), [""; 0]);
}

/// Every rule of the security of an envelope is broken by some test.
#[test]
fn every_rule_is_proven() {
    // The engine knows no Id that we do not, and none of its Ids leads
    // elsewhere without being there twice, which is refused before.
    const SAFEGUARD: &str = "KK-EK-WRAP-VERWERKT";
    let proofs = [
        include_str!("attacks.rs"),
        include_str!("certificates.rs"),
        include_str!("encryption.rs"),
        include_str!("envelope.rs"),
        include_str!("messages.rs"),
        include_str!("wsdl.rs"),
    ];
    let rules = [
        include_str!("../../schemas/ingebouwd/edukoppeling-adressering.toml"),
        include_str!("../../schemas/ingebouwd/edukoppeling-beveiliging.toml"),
    ];
    let codes: Vec<&str> = rules
        .iter()
        .flat_map(|rules| rules.lines())
        .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
        .collect();
    assert!(codes.len() > 80);
    for code in codes.into_iter().filter(|code| *code != SAFEGUARD) {
        // With the part or reason behind it, or alone.
        let proven = [format!("\"{code}\""), format!("\"{code} ")];
        assert!(
            proofs
                .iter()
                .any(|proof| proven.iter().any(|form| proof.contains(form))),
            "{code}"
        );
    }
}
