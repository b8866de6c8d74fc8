//! Encrypted messages, judged without a key: each rule broken alone, and what
//! stays open.

use std::sync::LazyLock;

use bergshamra::keys::{KeyUsage, KeysManager, loader};
use bergshamra::{EncContext, encrypt};
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{
    Contract, EnvelopeContext, SecurityContext, Sender, Trust, Way, judge_envelope,
};
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;

use super::messages::{PARTY, SIGNED, part, replaced};
use super::signer::{NOW, Shape};

const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

/// Encrypted content whose key travels in it, made by the engine.
fn encrypted(content: &str, data: &str, key: &str) -> String {
    let template = format!(
        "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Id=\"Inhoud\" \
         Type=\"http://www.w3.org/2001/04/xmlenc#Content\">\
         <xenc:EncryptionMethod Algorithm=\"{data}\"/>\
         <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey>\
         <xenc:EncryptionMethod Algorithm=\"{key}\"/>\
         <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>\
         <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"
    );
    let mut receiver = loader::load_pem_auto(PARTY.private_key().as_bytes(), None).unwrap();
    receiver.usage = KeyUsage::Any;
    let mut keys = KeysManager::new();
    keys.add_key(receiver);
    let written = encrypt(&EncContext::new(keys), &template, content.as_bytes()).unwrap();
    let start = written.find("<xenc:EncryptedData").unwrap();
    written[start..].to_string()
}

/// A message that was signed, and then encrypted.
fn message(data: &str, key: &str) -> String {
    let content = part(&SIGNED, "<v:vraag", "</v:vraag>");
    replaced(&SIGNED, content, &encrypted(content, data, key))
}

static RIGHT: LazyLock<String> = LazyLock::new(|| message(GCM, OAEP));

/// What is broken in a message, and what is open.
fn judged(message: &str) -> [Vec<String>; 2] {
    let document = Document::from_xml(Gated::xml(message.as_bytes()).unwrap()).unwrap();
    let trust = Trust::default();
    let report = judge_envelope(&EnvelopeContext {
        security: SecurityContext {
            document: &document,
            now: NOW.parse().unwrap(),
            profile: Profile::Production,
            trust: &trust,
            clock_skew: SecurityContext::CLOCK_SKEW,
        },
        contract: Some(Contract {
            action: None,
            way: Way::Request,
            sender: Sender::School,
            enquiry: false,
        }),
        http: None,
        request: None,
    })
    .unwrap();
    [Kind::Violation, Kind::Undecided].map(|kind| {
        let of_kind = report.findings.iter().filter(|found| found.kind == kind);
        let codes = of_kind.map(|found| found.code.to_string());
        // Without roots the chain is open, which is not what this is about.
        codes
            .filter(|code| !code.starts_with("KK-EK-PKI"))
            .collect()
    })
}

const OPEN: &str = "KK-EK-WB013-DIGEST";

fn broken(rule: &str) -> [Vec<String>; 2] {
    [vec![rule.to_string()], vec![OPEN.to_string()]]
}

fn right() -> [Vec<String>; 2] {
    [Vec::new(), vec![OPEN.to_string()]]
}

#[test]
fn what_is_encrypted_right_is_open_and_nothing_more() {
    for data in ["aes128-gcm", "aes256-gcm"] {
        for key in [OAEP, "http://www.w3.org/2009/xmlenc11#rsa-oaep"] {
            let data = format!("http://www.w3.org/2009/xmlenc11#{data}");
            assert_eq!(judged(&message(&data, key)), right(), "{data} {key}");
        }
    }
    // The key in the security header, which refers to the data.
    let key = part(&RIGHT, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>");
    let listed = key.replace(
        "</xenc:EncryptedKey>",
        "<xenc:ReferenceList><xenc:DataReference URI=\"#Inhoud\"/></xenc:ReferenceList></xenc:EncryptedKey>",
    );
    let listed = listed.replacen(
        "<xenc:EncryptedKey>",
        "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">",
        1,
    );
    let moved = replaced(&RIGHT, key, "");
    let moved = replaced(&moved, "<ds:Signature ", &format!("{listed}<ds:Signature "));
    assert_eq!(judged(&moved), right());
    // A reference that leads nowhere: nobody finds the key.
    let lost = replaced(&moved, "\"#Inhoud\"", "\"#Elders\"");
    let build = "KK-EK-ENC002-OPBOUW".to_string();
    assert_eq!(
        judged(&lost),
        [vec![build.clone(), build], vec![OPEN.to_string()]]
    );
}

#[test]
fn other_algorithms_are_refused() {
    for data in ["aes128-cbc", "aes256-cbc", "tripledes-cbc"] {
        let data = format!("http://www.w3.org/2001/04/xmlenc#{data}");
        let changed = replaced(&RIGHT, GCM, &data);
        assert_eq!(judged(&changed), broken("KK-EK-ENC003-GEGEVENS"), "{data}");
    }
    let method = format!("<xenc:EncryptionMethod Algorithm=\"{GCM}\"/>");
    for instead in [String::new(), method.repeat(2)] {
        let changed = replaced(&RIGHT, &method, &instead);
        assert_eq!(
            judged(&changed),
            broken("KK-EK-ENC003-GEGEVENS"),
            "{instead}"
        );
    }
    let changed = replaced(&RIGHT, OAEP, "http://www.w3.org/2001/04/xmlenc#rsa-1_5");
    assert_eq!(judged(&changed), broken("KK-EK-ENC004-SLEUTEL"));
}

#[test]
fn what_nobody_can_decrypt_is_refused() {
    let key = part(&RIGHT, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>");
    let data = RIGHT.rfind("<xenc:CipherData>").unwrap();
    let value = part(&RIGHT[data..], "<xenc:CipherValue", "</xenc:CipherValue>");
    for (from, to) in [
        (key, ""),
        (
            value,
            "<xenc:CipherReference URI=\"http://voorbeeld.invalid/inhoud\"/>",
        ),
        (value, "<xenc:CipherValue></xenc:CipherValue>"),
        (value, "<xenc:CipherValue>geen base64!</xenc:CipherValue>"),
        (
            &RIGHT[data..data + 17],
            "<xenc:CipherData/><xenc:CipherData>",
        ),
    ] {
        // The one of the data, behind that of its key.
        let at = RIGHT.rfind(from).unwrap();
        let changed = format!("{}{to}{}", &RIGHT[..at], &RIGHT[at + from.len()..]);
        assert_eq!(judged(&changed), broken("KK-EK-ENC002-OPBOUW"), "{to}");
    }
}

#[test]
fn only_the_body_is_encrypted_and_only_after_signing() {
    let header = encrypted("<a/>", GCM, OAEP).replace("\"Inhoud\"", "\"Kop\"");
    let signature = part(&SIGNED, "<ds:Signature ", "</ds:Signature>");
    let hidden = replaced(&SIGNED, signature, &header);
    assert_eq!(
        judged(&hidden),
        [
            vec![
                "KK-EK-WB005".to_string(),
                "KK-EK-WB003-ONDERTEKENING".to_string()
            ],
            Vec::new()
        ]
    );
    let beside = replaced(&SIGNED, signature, &format!("{signature}{header}"));
    assert_eq!(
        judged(&beside),
        [vec!["KK-EK-WB005".to_string()], Vec::new()]
    );
    let body = encrypted("<a/>", GCM, OAEP);
    let template = Shape::default().template(&PARTY);
    let content = part(&template, "<v:vraag", "</v:vraag>");
    let after = PARTY.sign(&replaced(&template, content, &body));
    assert_eq!(
        judged(&after),
        [vec!["KK-EK-WB006".to_string()], Vec::new()]
    );
}

/// What is not encrypted is verified all the same, and an encrypted element
/// deeper in a body opens nothing.
#[test]
fn the_rest_of_an_encrypted_message_is_judged() {
    let changed = replaced(&RIGHT, "urn:uuid:6f0f", "urn:uuid:6f0e");
    let [violations, undecided] = judged(&changed);
    assert_eq!(
        (violations, undecided),
        (vec![OPEN.to_string()], vec![OPEN.to_string()])
    );
    let value = part(&RIGHT, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let other = value.replacen("<ds:SignatureValue>", "<ds:SignatureValue>AAAA", 1);
    assert_eq!(
        judged(&replaced(&RIGHT, value, &other)),
        broken("KK-EK-WB013-WAARDE")
    );
    let deeper = encrypted("<a/>", GCM, OAEP);
    let deeper = replaced(&SIGNED, "<v:naam/>", &format!("<v:naam>{deeper}</v:naam>"));
    assert_eq!(judged(&deeper), [vec![OPEN.to_string()], Vec::new()]);
}
