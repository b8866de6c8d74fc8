//! The same signatures in other hands: xmlsec1, where it is installed.

use std::path::Path;
use std::process::Command;

use crate::breaks::{PKI, answer, confirming, request};
use crate::messages::{PARTY, SIGNED, judged, replaced};
use crate::signer::{PARTS, Party, Shape};

/// Runs xmlsec1 on a message, which has its elements' Ids named; `None` when
/// it is not installed. Says whether it succeeded.
fn xmlsec(folder: &Path, arguments: &[&str], message: &str) -> Option<bool> {
    let input = folder.join("in.xml");
    std::fs::write(&input, message).unwrap();
    let mut command = Command::new("xmlsec1");
    command.current_dir(folder).args(arguments);
    for part in PARTS
        .into_iter()
        .chain(["ReplyTo", "RelatesTo", "SignatureConfirmation"])
    {
        let namespace = match part {
            "Body" => "http://schemas.xmlsoap.org/soap/envelope/",
            "Timestamp" => {
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
            }
            "SignatureConfirmation" => {
                "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
            }
            _ => "http://www.w3.org/2005/08/addressing",
        };
        command.args(["--id-attr:Id", &format!("{namespace}:{part}")]);
    }
    match command.arg("in.xml").output() {
        Ok(output) => Some(output.status.success()),
        Err(error) => {
            println!("skipped: xmlsec1 is not installed ({error})");
            None
        }
    }
}

fn folder(party: &Party) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), party.private_key()).unwrap();
    std::fs::write(folder.path().join("certificate.der"), &party.certificate).unwrap();
    folder
}

#[test]
fn what_xmlsec1_signs_we_verify() {
    let folder = folder(&PARTY);
    for digest in ["sha256", "sha512"] {
        let shape = Shape {
            digest: match digest {
                "sha256" => "http://www.w3.org/2001/04/xmlenc#sha256",
                _ => "http://www.w3.org/2001/04/xmlenc#sha512",
            },
            body: "<v:vraag xmlns:v=\"urn:v\" xmlns=\"urn:d\" b='2' a='1'>\r\n <naam>Zoë &lt; \
                   <![CDATA[<&>]]></naam><leeg/><!-- niet mee --></v:vraag>",
            ..Shape::default()
        };
        let arguments = ["--sign", "--privkey-pem", "key.pem", "--output", "out.xml"];
        let Some(signed) = xmlsec(folder.path(), &arguments, &shape.template(&PARTY)) else {
            return;
        };
        assert!(signed);
        let message = std::fs::read_to_string(folder.path().join("out.xml")).unwrap();
        assert_eq!(judged(&message), [""; 0]);
        let changed = replaced(&message, "&lt;", "&gt;");
        assert_eq!(judged(&changed), ["KK-EK-WB013-DIGEST soap:Body"]);
    }
}

#[test]
fn xmlsec1_agrees_on_what_verifies() {
    let folder = folder(&PARTY);
    let arguments = ["--verify", "--pubkey-cert-der", "certificate.der"];
    let agrees = |message: &str| {
        let verified = xmlsec(folder.path(), &arguments, message)?;
        assert_eq!(verified, judged(message).is_empty(), "{message}");
        Some(verified)
    };
    let Some(verified) = agrees(&SIGNED) else {
        return;
    };
    assert!(verified);
    for (from, to) in [
        ("1000", "1001"),
        ("12:04:00Z", "12:05:00Z"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        ("<v:naam/>", "<v:naam xmlns:u=\"urn:u\" u:a=\"1\"/>"),
    ] {
        assert_eq!(agrees(&replaced(&SIGNED, from, to)), Some(false));
    }
    // Not seen by canonicalisation: an unused prefix, quotes, an empty pair.
    for (from, to) in [
        ("<v:naam/>", "<v:naam xmlns:u=\"urn:u\"></v:naam>"),
        ("wsu:Id=\"Body\"", "wsu:Id\n =\t'Body'"),
    ] {
        assert_eq!(agrees(&replaced(&SIGNED, from, to)), Some(true));
    }
}

/// What `ketenkeur sign` makes, the wrong ones too: xmlsec1 verifies what it
/// knows, and refuses what was changed.
#[test]
fn what_we_sign_xmlsec1_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--verify", "--pubkey-cert-der", "certificate.der"];
    let verified = |message: &str, name: &str| {
        let certificate = PKI.certificates(name).unwrap().swap_remove(0);
        std::fs::write(folder.path().join("certificate.der"), certificate).unwrap();
        xmlsec(folder.path(), &arguments, message)
    };
    let (supplier, duo) = (
        PKI.signing_key("leverancier").unwrap(),
        PKI.signing_key("duo").unwrap(),
    );
    let message = request(&supplier, None).unwrap();
    let Some(right) = verified(&message, "leverancier") else {
        return;
    };
    assert!(right);
    assert_eq!(verified(&answer(&duo, None).unwrap(), "duo"), Some(true));
    let confirmed = confirming(&duo, None, Some("c2lnbmF0dXJl")).unwrap();
    assert_eq!(verified(&confirmed, "duo"), Some(true));
    for (rule, expected) in [
        // Signed as they say, by whoever does not keep the rules.
        ("KK-EK-WA001-REPLYTO", true),
        ("KK-EK-WB002-UTC", true),
        ("KK-EK-WB004-BODY", true),
        ("KK-EK-WB007-SIGNEDINFO", true),
        ("KK-EK-WB007-TRANSFORM", true),
        ("KK-EK-SIGN003-DIGEST", true),
        ("KK-EK-WRAP-TRANSFORM", true),
        ("KK-EK-WRAP-COMMENTAAR", true),
        ("KK-EK-WRAP-DUBBEL", true),
        ("KK-EK-WB013-DIGEST", false),
        ("KK-EK-WB013-WAARDE", false),
    ] {
        let message = request(&supplier, Some(rule)).unwrap();
        assert_eq!(verified(&message, "leverancier"), Some(expected), "{rule}");
    }
}
