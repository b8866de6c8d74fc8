//! Messages that are made wrong on purpose. Each is refused with its own rule;
//! beside it stands how near to it a right message may come.

use proptest::prelude::*;

use crate::messages::{PARTY, SIGNED, judged, part, replaced};
use crate::signer::{NOW, PARTS, Party, Shape};
use crate::support::{Setting, edits, mutated, violations};

#[test]
fn a_message_of_our_own_passes() {
    assert_eq!(judged(&SIGNED), [""; 0]);
}

/// Edits of the signed message as text, and what they are refused for.
#[test]
fn edits_of_a_signed_message_are_refused() {
    let exc = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/>");
    let key_value = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>\
                     <ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>";
    let table: &[(&str, &str, &str, &[&str])] = &[
        // Changed content.
        (
            "<v:bedrag>1000",
            "<v:bedrag>1001",
            "a changed amount",
            &["KK-EK-WB013-DIGEST soap:Body"],
        ),
        (
            "<v:naam/>",
            "<v:naam> </v:naam>",
            "white space",
            &["KK-EK-WB013-DIGEST soap:Body"],
        ),
        (
            "?oin=0000000700025BE",
            "?oin=0000000700026BE",
            "another school",
            &["KK-EK-WB013-DIGEST wsa:From"],
        ),
        (
            "2026-10-01T12:04:00Z",
            "2026-10-01T13:04:00Z",
            "a longer life",
            &["KK-EK-WB013-DIGEST wsu:Timestamp"],
        ),
        (
            "<ds:DigestValue>",
            "<ds:DigestValue>AAAA",
            "another digest",
            &["KK-EK-WB013-DIGEST wsa:To", "KK-EK-WB013-WAARDE"],
        ),
        (
            "<ds:SignatureValue>",
            "<ds:SignatureValue>AAAA",
            "another value",
            &["KK-EK-WB013-WAARDE"],
        ),
        (
            "<ds:SignatureValue>",
            "<ds:SignatureValue>*",
            "a value that is no base64",
            &["KK-EK-WB013-WAARDE"],
        ),
        // Added and removed content.
        (
            "<s:Header>",
            "<s:Header><wsa:ReplyTo><wsa:Address>http://x</wsa:Address></wsa:ReplyTo>",
            "an added header",
            &["KK-EK-WB004-ADRESSERING wsa:ReplyTo"],
        ),
        (
            "<wsa:To wsu:Id=\"To\"",
            "<wsa:To",
            "a part that lost its Id",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-VERWIJZING"],
        ),
        // Duplicate Ids, on whichever attribute.
        (
            "<v:naam/>",
            "<v:naam wsu:Id=\"Body\"/>",
            "an Id twice",
            &["KK-EK-WRAP-ID"],
        ),
        (
            "<v:naam/>",
            "<v:naam Id=\"To\"/>",
            "an Id twice",
            &["KK-EK-WRAP-ID"],
        ),
        (
            "<v:naam/>",
            "<v:naam ID=\"To\"/>",
            "an ID twice",
            &["KK-EK-WRAP-ID"],
        ),
        (
            "<v:naam/>",
            "<v:naam xml:id=\"To\"/>",
            "an xml:id twice",
            &["KK-EK-WRAP-ID"],
        ),
        (
            "<v:naam/>",
            "<v:naam v:Id=\"To\"/>",
            "an Id of nobody's, twice",
            &["KK-EK-WRAP-ID"],
        ),
        // References.
        (
            "URI=\"#To\"",
            "URI=\"\"",
            "the whole document",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            " URI=\"#To\"",
            "",
            "no address",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"#\"",
            "an empty fragment",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"http://localhost/a\"",
            "an address",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"file:///etc/passwd\"",
            "a file",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"Cargo.toml\"",
            "a relative file",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"cid:a\"",
            "an attachment",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"#xpointer(id('To'))\"",
            "an xpointer",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"#xpointer(/)\"",
            "an xpointer",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-URI"],
        ),
        (
            "URI=\"#To\"",
            "URI=\"#Action\"",
            "a part twice",
            &["KK-EK-WB004-ADRESSERING wsa:To", "KK-EK-WRAP-DUBBEL"],
        ),
        // Transforms and canonicalisation.
        (exc, "", "no transform", &["KK-EK-WB007-TRANSFORM"]),
        (exc, &exc.repeat(2), "twice", &["KK-EK-WB007-TRANSFORM"]),
        (
            exc,
            &transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
            "inclusive",
            &["KK-EK-WB007-TRANSFORM"],
        ),
        (
            exc,
            &transform("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            "with comments",
            &["KK-EK-WB007-TRANSFORM"],
        ),
        (
            exc,
            &(transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature") + exc),
            "enveloped",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            exc,
            &transform("http://www.w3.org/TR/1999/REC-xpath-19991116"),
            "XPath",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            exc,
            &transform("http://www.w3.org/2002/06/xmldsig-filter2"),
            "XPath filter",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            exc,
            &transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
            "XSLT",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            exc,
            &transform("http://www.w3.org/2000/09/xmldsig#base64"),
            "Base64",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            exc,
            &transform(
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
            ),
            "STR",
            &["KK-EK-WRAP-TRANSFORM"],
        ),
        (
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"",
            "inclusive",
            &["KK-EK-WB007-SIGNEDINFO"],
        ),
        // Algorithms.
        (
            sha256,
            "http://www.w3.org/2000/09/xmldsig#sha1",
            "SHA-1",
            &["KK-EK-SIGN001-DIGEST"],
        ),
        (
            sha256,
            "http://www.w3.org/2001/04/xmldsig-more#md5",
            "MD5",
            &["KK-EK-SIGN001-DIGEST"],
        ),
        (sha256, "", "nothing", &["KK-EK-SIGN003-DIGEST"]),
        (
            sha256,
            "http://www.w3.org/2001/04/xmlenc#ripemd160",
            "RIPEMD",
            &["KK-EK-SIGN003-DIGEST"],
        ),
        (
            rsa,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "SHA-1",
            &["KK-EK-SIGN001-HANDTEKENING"],
        ),
        (
            rsa,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "MD5",
            &["KK-EK-SIGN001-HANDTEKENING"],
        ),
        (
            rsa,
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "HMAC",
            &["KK-EK-SIGN004-HMAC"],
        ),
        (
            rsa,
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "HMAC",
            &["KK-EK-SIGN004-HMAC"],
        ),
        (rsa, "none", "none", &["KK-EK-SIGN004-HANDTEKENING"]),
        // Keys.
        (
            "<ds:KeyInfo>",
            key_value,
            "another key beside",
            &["KK-EK-WRAP-SLEUTEL"],
        ),
        (
            "<ds:KeyInfo>",
            "<ds:KeyInfo><ds:KeyName>sleutel</ds:KeyName>",
            "a name beside",
            &["KK-EK-WRAP-SLEUTEL"],
        ),
        (
            "<wsse:Reference URI=\"#Token\"",
            "<wsse:Reference URI=\"#Timestamp\"",
            "no token",
            &["KK-EK-WB010-VERWIJZING"],
        ),
        (
            "<wsse:Reference URI=\"#Token\"",
            "<wsse:Reference URI=\"http://x/cert\"",
            "a token elsewhere",
            &["KK-EK-WB010-VERWIJZING"],
        ),
        (
            "#X509v3\">",
            "#X509PKIPathv1\">",
            "a path for a certificate",
            &["KK-EK-WB009-TYPE"],
        ),
        // Comments and instructions in values.
        (
            "<v:bedrag>1000",
            "<v:bedrag>1<!-- -->000",
            "a comment",
            &["KK-EK-WRAP-COMMENTAAR"],
        ),
        (
            "?oin=0000000700025BE",
            "?oin=<!-- -->0000000700025BE",
            "a comment",
            &["KK-EK-WRAP-COMMENTAAR"],
        ),
        (
            "<v:bedrag>1000",
            "<v:bedrag>1<?a?>000",
            "an instruction",
            &["KK-EK-WRAP-COMMENTAAR"],
        ),
        (
            "<ds:DigestValue>",
            "<ds:DigestValue>AAAA<!-- -->",
            "a comment in a digest",
            &["KK-EK-WRAP-COMMENTAAR"],
        ),
        // What is there twice.
        (
            "<ds:SignedInfo>",
            "<ds:SignedInfo/><ds:SignedInfo>",
            "SignedInfo twice",
            &["KK-EK-SIGN002-OPBOUW"],
        ),
        (
            "<ds:SignatureValue>",
            "<ds:SignatureValue/><ds:SignatureValue>",
            "two values",
            &["KK-EK-SIGN002-OPBOUW"],
        ),
        (
            "<ds:DigestValue>",
            "<ds:DigestValue/><ds:DigestValue>",
            "two digests",
            &["KK-EK-SIGN002-OPBOUW"],
        ),
        (
            "<v:naam/>",
            "<v:naam><s:Body/></v:naam>",
            "a Body in the Body",
            &["KK-EK-WRAP-BODY"],
        ),
        (
            "</s:Envelope>",
            "<s:Body/></s:Envelope>",
            "a Body behind",
            &["KK-EK-WRAP-BODY"],
        ),
        (
            "<v:naam/>",
            "<v:naam><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></v:naam>",
            "a signature in the Body",
            &["KK-EK-WRAP-DUBBEL"],
        ),
    ];
    for (from, to, what, refused) in table {
        let message = replaced(&SIGNED, from, to);
        assert_eq!(judged(&message), *refused, "{what}: {from} -> {to}");
    }
}

#[test]
fn a_second_header_hides_nothing() {
    for (from, to) in [
        ("<s:Header>", "<s:Header/><s:Header>"),
        ("</s:Header>", "</s:Header><s:Header/>"),
    ] {
        let violations = judged(&replaced(&SIGNED, from, to));
        assert!(
            violations.contains(&"KK-EK-WRAP-DUBBEL".to_string()),
            "{violations:?}"
        );
    }
    let security = part(&SIGNED, "<wsse:Security", "</wsse:Security>");
    let violations = judged(&replaced(&SIGNED, security, &security.repeat(2)));
    assert!(
        violations.contains(&"KK-EK-WRAP-DUBBEL".to_string()),
        "{violations:?}"
    );
}

/// The Body that was signed is kept somewhere, another takes its place.
#[test]
fn a_signed_body_in_another_place_is_refused() {
    let body = part(&SIGNED, "<s:Body", "</s:Body>");
    let forged = body
        .replace("1000", "9999")
        .replace("wsu:Id=\"Body\"", "wsu:Id=\"Forged\"");
    let with_forged = replaced(&SIGNED, body, &forged);
    let kept = [
        (
            "in a header",
            "</s:Header>",
            format!("<w:Wrap xmlns:w=\"urn:w\">{body}</w:Wrap></s:Header>"),
        ),
        ("as a header", "</s:Header>", format!("{body}</s:Header>")),
        (
            "in the security header",
            "</wsse:Security>",
            format!("{body}</wsse:Security>"),
        ),
        (
            "in an object of the signature",
            "</ds:Signature>",
            format!("<ds:Object>{body}</ds:Object></ds:Signature>"),
        ),
        (
            "in the forged body",
            "</s:Body>",
            format!("{body}</s:Body>"),
        ),
        (
            "behind the body",
            "</s:Envelope>",
            format!("{body}</s:Envelope>"),
        ),
        (
            "before the header",
            "<s:Header>",
            format!("{body}<s:Header>"),
        ),
    ];
    for (where_, at, with) in kept {
        let message = replaced(&with_forged, at, &with);
        let violations = judged(&message);
        assert!(
            violations.contains(&"KK-EK-WRAP-BODY".to_string()),
            "{where_}: {violations:?}"
        );
        // With the same Id twice there is no telling which one was signed.
        let twice = message.replace("wsu:Id=\"Forged\"", "wsu:Id=\"Body\"");
        assert!(
            judged(&twice).contains(&"KK-EK-WRAP-ID".to_string()),
            "{where_}"
        );
    }
    // Under another name it no longer is what was signed.
    let renamed = body.replace("s:Body", "s:Lijf");
    let message = replaced(
        &with_forged,
        "</s:Header>",
        &format!("{renamed}</s:Header>"),
    );
    assert_eq!(
        judged(&message),
        ["KK-EK-WB004-BODY soap:Body", "KK-EK-WB013-DIGEST soap:Lijf"]
    );
}

/// A part signed where it is not processed.
#[test]
fn references_below_the_parts_are_refused() {
    let shape = Shape {
        parts: PARTS.into_iter().chain(["Inner"]).collect(),
        body: "<v:vraag xmlns:v=\"urn:voorbeeld\" wsu:Id=\"Inner\">1</v:vraag>",
        ..Shape::default()
    };
    assert_eq!(judged(&shape.signed(&PARTY)), ["KK-EK-WRAP-VERWIJZING"]);
    // The token may be signed too.
    let shape = Shape {
        parts: PARTS.into_iter().chain(["Token"]).collect(),
        ..Shape::default()
    };
    assert_eq!(judged(&shape.signed(&PARTY)), [""; 0]);
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let other = Party::other();
    let message = other.sign(&Shape::default().template(&PARTY));
    assert_eq!(judged(&message), ["KK-EK-WB013-WAARDE"]);
    // The attacker's own certificate instead: right, and somebody else's.
    let message = replaced(&message, &PARTY.token(), &other.token());
    assert_eq!(judged(&message), [""; 0]);
    let message = replaced(&SIGNED, &PARTY.token(), &other.token());
    assert_eq!(judged(&message), ["KK-EK-WB013-WAARDE"]);
    let message = replaced(&SIGNED, &PARTY.token(), "AAAA");
    assert_eq!(judged(&message), ["KK-EK-WB009-CERTIFICAAT"]);
}

/// A document type is stopped at the gate, so that no entity can stand for a
/// value.
#[test]
fn entities_never_reach_the_signature() {
    let doctype = "<!DOCTYPE s [<!ENTITY bedrag \"1000\"><!ATTLIST s:Body x ID #IMPLIED>]>";
    let with_entity = replaced(&SIGNED, "<v:bedrag>1000", "<v:bedrag>&bedrag;");
    for message in [
        format!("{doctype}{}", *SIGNED),
        format!("{doctype}{with_entity}"),
        with_entity,
    ] {
        assert!(Setting::at(NOW).try_judge(message.as_bytes()).is_none());
    }
}

/// Floods cost no more than their size.
#[test]
fn floods_are_bounded() {
    let ids = "<v:naam wsu:Id=\"Body\"/>".repeat(100_000);
    let report = Setting::at(NOW).judge(&replaced(&SIGNED, "<v:naam/>", &ids));
    assert!(
        report.findings.len() <= 200 && report.beyond.count() > 90_000 && report.held.is_empty()
    );
    let reference = part(&SIGNED, "<ds:Reference", "</ds:Reference>");
    let flood = reference.repeat(50_000);
    let report = Setting::at(NOW).judge(&replaced(&SIGNED, reference, &flood));
    assert!(report.beyond.count() > 40_000 && report.signed.is_empty());
    let comments = format!("<v:bedrag>{}1000", "<!---->".repeat(300_000));
    let report = Setting::at(NOW).judge(&replaced(&SIGNED, "<v:bedrag>1000", &comments));
    assert_eq!(violations(&report), ["KK-EK-WRAP-COMMENTAAR"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a message, nothing panics, and what is said to be
    /// signed has the content that was signed.
    #[test]
    fn no_mutation_panics_or_passes(edits in edits()) {
        let bytes = mutated(&SIGNED, &edits);
        if let Some(report) = Setting::at(NOW).try_judge(&bytes)
            && !report.signed.is_empty()
        {
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            for content in ["?oin=0000000700025BE00000", "2026-10-01T12:04:00Z", "1000", "urn:uuid:6f0f"] {
                prop_assert!(text.contains(content), "{content} changed and passed");
            }
        }
    }
}
