//! A client that is nobody's here: curl with a client certificate, and xmlsec1
//! that signs.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::{SignedDuration, tz};
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::edukoppeling::Passphrase;
use ketenkeur::pki::{TestPki, write_files};

use crate::support::{DUO, Running, SCHOOL, Supplier, url_in};

const SUPPLIER: &str = "00000003999999990000";
const ROD_PO: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1";

fn has_curl() -> bool {
    is_there("curl")
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// What curl says: the body, and the status on a line of its own.
fn curl(client: &[String], arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--max-time", "30"])
        .args(["--write-out", "\n%{http_code}"])
        .args(client)
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The arguments with which curl finds a party on this computer and trusts it,
/// by the files of a PKI in `folder`.
fn trusting(folder: &Path, url: &str) -> Vec<String> {
    let place = url.split_once("://").unwrap().1.split('/').next().unwrap();
    let root = folder.join("root.pem").display().to_string();
    let resolve = format!("{place}:127.0.0.1");
    ["--resolve", &resolve, "--cacert", &root]
        .map(str::to_string)
        .into()
}

/// The same, with the supplier's certificate.
fn as_supplier(folder: &Path, url: &str) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let (cert, key) = (file("leverancier.pem"), file("leverancier.key.pem"));
    let own = ["--cert", &cert, "--key", &key].map(str::to_string);
    trusting(folder, url).into_iter().chain(own).collect()
}

/// A wrong path in somebody's settings does not go unseen.
#[test]
fn curl_is_told_where_duo_takes_messages() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pki = TestPki::at(Clock::system()).unwrap();
    write_files(folder.path(), &pki, &Passphrase::new("proef"), "proef").unwrap();
    let osr = Running::start(&["osr"]);
    let duo = Running::start(&["duo", "--osr", &osr.url()]);
    let url = duo.url();
    let client = as_supplier(folder.path(), &url);
    let said = |url: &str| curl(&client, &["--data", "<x/>", url]);
    let wrong = said(&format!("{url}/bron"));
    for part in [
        "neemt DUO geen berichten aan; wel op /duo.",
        "DUO takes no messages at this address, but at /duo.",
        "\n404",
    ] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
    let right = said(&url);
    assert!(right.ends_with("\n500"), "{right}");
    let looked = curl(&client, &[&url]);
    let post = "DUO takes messages with POST only.";
    assert!(
        looked.contains(post) && looked.ends_with("\n405"),
        "{looked}"
    );
}

/// Who goes by the real date refuses a certificate of another year: that is
/// said when the party starts.
#[test]
fn a_clock_far_from_today_is_told_with_what_to_do() {
    let mut near = Running::start(&["osr", "--lang", "en"]);
    let (_, _, quiet) = near.interrupt();
    assert!(!quiet.contains("not valid today"), "{quiet}");
    let mut far = Running::start(&["osr", "--now", "2099-01-01T09:00:00Z", "--lang", "en"]);
    let (_, _, told) = far.interrupt();
    assert!(told.contains("begins at 2099-01-01"), "{told}");
    assert!(told.contains("--clock"), "{told}");
}

/// The OSR takes the clock of the system, as curl does.
#[test]
fn curl_calls_the_osr_with_a_client_certificate_and_not_without() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pki = TestPki::at(Clock::system()).unwrap();
    write_files(folder.path(), &pki, &Passphrase::new("proef"), "proef").unwrap();
    let mut osr = Running::start(&["osr", "--pages", "127.0.0.1:0"]);
    let base = osr.url();
    let url = format!(
        "{base}/api/v3/mandates?school_oin={SCHOOL}&supplier_oin={SUPPLIER}\
         &service_version_namespace={ROD_PO}"
    );
    let key = "X-Api-Key: ketenkeur-proefsleutel-voorbeeldleverancier";
    let asked = ["--header", key, &url];
    let said = curl(&as_supplier(folder.path(), &base), &asked);
    assert!(
        said.ends_with("\n200") && said.contains("\"token\""),
        "{said}"
    );
    // Without a certificate there is none.
    assert_eq!(curl(&trusting(folder.path(), &base), &asked), "\n000");
    // The pages for schools are for a browser, which has no certificate.
    let pages = url_in(&osr.next_line());
    let said = curl(&[], &["--location", &pages]);
    assert!(said.ends_with("\n200") && said.contains("<html"), "{said}");
}

/// A target file of a supplier with an OIN, an authority and a school of its own.
const TARGET: &str = r#"
product: { name: Eigen LAS, version: "1" }
supplier: { name: Eigen leverancier, oin: "00000003123456780000" }
profile: test
under-test:
  las:
    endpoints: { rod-po: "https://leverancier.ketenkeur.invalid:8443/bron" }
    trigger: person
trust: [pki/trust]
crl: [pki/crl]
schools:
  - brin: 07QQ
    vestigingen: [07QQ00]
capabilities:
  koppeling-bron: yes
  koppeling-verzuim: no
  certificaat-leverancier: yes
  osr-h2m: no
  osr-m2m: yes
  po-inwinnen: yes
  po-bekostigen: no
  po-informatiediensten: no
  rio-po: no
"#;

/// A PKI of the user's own in `pki` below the folder.
fn own_pki(folder: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .current_dir(folder)
        .args(["pki", "init", "pki"])
        .output();
    assert!(made.unwrap().status.success());
}

/// The OSR knows the supplier and the school of a target file, and lets in whom
/// that file trusts.
#[test]
fn the_osr_admits_the_supplier_of_a_target_file() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    own_pki(folder.path());
    let target = folder.path().join("target.yaml");
    std::fs::write(&target, TARGET).unwrap();
    let file = |name: &str| {
        let path = folder.path().join("pki").join(name);
        path.to_str().unwrap().to_string()
    };
    let (cert, key) = (file("osr.pem"), file("osr.key.pem"));
    let identity = ["--cert", &cert, "--key", &key];
    let named = ["osr", "--host", "osr.ketenkeur.invalid"];
    let target = ["--target", target.to_str().unwrap()];
    let asked = |osr: &Running| {
        let base = osr.url();
        let url = format!(
            "{base}/api/v3/mandates?school_oin=0000000700007QQ00000\
             &supplier_oin=00000003123456780000&service_version_namespace={ROD_PO}"
        );
        curl(&as_supplier(&folder.path().join("pki"), &base), &[&url])
    };
    let osr = Running::start(&[&named[..], &identity, &target].concat());
    let said = asked(&osr);
    assert!(said.ends_with("\n200"), "{said}");
    // Nobody told it whom to trust, nor of the school.
    let osr = Running::start(&[&named[..], &identity].concat());
    assert_eq!(asked(&osr), "\n000");
    let (trust, crl) = (file("trust"), file("crl"));
    let trusting = ["--trust", &trust, "--crl", &crl];
    let osr = Running::start(&[&named[..], &identity, &trusting].concat());
    let said = asked(&osr);
    assert!(said.ends_with("\n404"), "{said}");
}

/// The commands of docs/scenarios.md, as they stand there.
#[cfg(unix)]
#[test]
fn the_documented_call_of_the_osr_works() {
    if !has_curl() {
        return;
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenarios.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("## A counterpart by itself").nth(1).unwrap();
    let section = section.replace("\\\n", " ");
    let line = |start: &str| {
        let mut lines = section.lines().map(str::trim);
        lines.find(|line| line.starts_with(start)).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    own_pki(folder.path());
    assert_eq!(line("ketenkeur pki"), "ketenkeur pki init pki");
    // At a port that is free, whatever stands there.
    let words = line("ketenkeur counterpart osr").split_whitespace().skip(1);
    let words = words.map(|word| {
        let path = folder.path().join(word);
        match (word.ends_with(":8441"), path.exists()) {
            (true, _) => "127.0.0.1:0".to_string(),
            (_, true) => path.display().to_string(),
            _ => word.to_string(),
        }
    });
    let words: Vec<String> = words.collect();
    let osr = Running::command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let url = osr.url();
    let port = url.rsplit_once(':').unwrap().1;
    let call = line("curl").replace("8441", port);
    let output = Command::new("sh")
        .current_dir(folder.path())
        .args([
            "-c",
            &format!("{call} --silent --noproxy '*' --fail-with-body"),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{call}: {output:?}");
    assert!(said.contains("\"token\""), "{said}");
}

/// What xmlsec1 signs: the body and every header that must be signed.
const PARTS: [&str; 6] = ["To", "Action", "MessageID", "From", "Timestamp", "Body"];
const WSS: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";

/// A message with room for a signature, made without anything of ours.
fn template(body: &str, certificate: &[u8]) -> String {
    let now = RunningClock::system().now();
    let expires = now + SignedDuration::from_mins(5);
    let anonymous = "http://www.w3.org/2005/08/addressing/anonymous";
    let c14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let references: String = PARTS
        .iter()
        .map(|part| {
            format!(
                "<ds:Reference URI=\"#{part}\"><ds:Transforms><ds:Transform Algorithm=\"{c14n}\"/>\
                 </ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
                 <ds:DigestValue></ds:DigestValue></ds:Reference>"
            )
        })
        .collect();
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" \
         xmlns:wsu=\"{WSS}-wssecurity-utility-1.0.xsd\"><s:Header>\
         <wsa:To wsu:Id=\"To\">{anonymous}?oin={DUO}</wsa:To>\
         <wsa:Action wsu:Id=\"Action\">{ACTION}</wsa:Action>\
         <wsa:MessageID wsu:Id=\"MessageID\">urn:uuid:{}</wsa:MessageID>\
         <wsa:From wsu:Id=\"From\"><wsa:Address>{anonymous}?oin={SCHOOL}</wsa:Address></wsa:From>\
         <wsse:Security xmlns:wsse=\"{WSS}-wssecurity-secext-1.0.xsd\">\
         <wsu:Timestamp wsu:Id=\"Timestamp\"><wsu:Created>{}</wsu:Created>\
         <wsu:Expires>{}</wsu:Expires></wsu:Timestamp>\
         <wsse:BinarySecurityToken wsu:Id=\"Token\" \
         EncodingType=\"{WSS}-soap-message-security-1.0#Base64Binary\" \
         ValueType=\"{WSS}-x509-token-profile-1.0#X509v3\">{}</wsse:BinarySecurityToken>\
         <ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{c14n}\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>\
         {references}</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue><ds:KeyInfo>\
         <wsse:SecurityTokenReference><wsse:Reference URI=\"#Token\" \
         ValueType=\"{WSS}-x509-token-profile-1.0#X509v3\"/></wsse:SecurityTokenReference>\
         </ds:KeyInfo></ds:Signature></wsse:Security></s:Header>\
         <s:Body wsu:Id=\"Body\">{body}</s:Body></s:Envelope>",
        uuid_of(body),
        now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        STANDARD.encode(certificate),
    )
}

const ACTION: &str = "http://duo.nl/contract/DUO_PO_InschrijvingBO_V1/aanleverenInschrijvingBO";

/// An id for a message with this body, as no other message has it.
fn uuid_of(body: &str) -> String {
    let digest = ketenkeur::evidence::sha256(body.as_bytes());
    let part = |from: usize, to: usize| &digest[from..to];
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

fn xmlsec(folder: &Path, arguments: &[&str], file: &str) -> bool {
    let mut command = Command::new("xmlsec1");
    command.current_dir(folder).args(arguments);
    for part in PARTS.into_iter().chain(["RelatesTo", "ReplyTo"]) {
        let namespace = match part {
            "Body" => "http://schemas.xmlsoap.org/soap/envelope/",
            "Timestamp" => &format!("{WSS}-wssecurity-utility-1.0.xsd"),
            _ => "http://www.w3.org/2005/08/addressing",
        };
        command.args(["--id-attr:Id", &format!("{namespace}:{part}")]);
    }
    command.arg(file).output().unwrap().status.success()
}

/// Nothing of the request is ours: curl makes the connection and xmlsec1 the
/// signature, and xmlsec1 verifies what DUO answers.
#[test]
fn duo_takes_what_xmlsec1_signs_and_curl_posts() {
    if !has_curl() || !is_there("xmlsec1") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pki = TestPki::at(Clock::system()).unwrap();
    write_files(folder.path(), &pki, &Passphrase::new("proef"), "proef").unwrap();
    let osr = Running::start(&["osr"]);
    let duo = Running::start(&["duo", "--osr", &osr.url()]);
    let url = duo.url();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let post = |message: &str| {
        let request = [
            "--header",
            "Content-Type: text/xml; charset=utf-8",
            "--header",
            &format!("SOAPAction: \"{ACTION}\""),
            "--data-binary",
            &format!("@{}", file(message)),
            &url,
        ];
        let said = curl(&as_supplier(folder.path(), &url), &request);
        let (answer, status) = said.rsplit_once('\n').unwrap();
        (answer.to_string(), status.to_string())
    };

    let body = enrolment();
    let certificate = pki.certificates("leverancier").unwrap().swap_remove(0);
    std::fs::write(file("bericht.xml"), template(&body, &certificate)).unwrap();
    let sign = ["--sign", "--privkey-pem", "leverancier.key.pem"];
    let sign = [&sign[..], &["--output", "ondertekend.xml"]].concat();
    assert!(xmlsec(folder.path(), &sign, "bericht.xml"));
    let signed = std::fs::read_to_string(file("ondertekend.xml")).unwrap();

    // One byte is another one.
    let changed = signed.replacen("leerjaar>4<", "leerjaar>5<", 1);
    assert_ne!(changed, signed);
    std::fs::write(file("gewijzigd.xml"), changed).unwrap();
    let (answer, status) = post("gewijzigd.xml");
    assert_eq!(status, "500", "{answer}");
    assert!(answer.contains("KK-EK-WB013-DIGEST"), "{answer}");

    let (answer, status) = post("ondertekend.xml");
    assert_eq!(status, "200", "{answer}");
    assert!(answer.contains("requestGoedgekeurd>true<"), "{answer}");
    std::fs::write(file("antwoord.xml"), &answer).unwrap();
    let certificate = pki.certificates("duo").unwrap().swap_remove(0);
    std::fs::write(file("duo.der"), certificate).unwrap();
    let verify = ["--verify", "--pubkey-cert-der", "duo.der"];
    assert!(xmlsec(folder.path(), &verify, "antwoord.xml"), "{answer}");
    let other = answer.replacen("requestGoedgekeurd>true<", "requestGoedgekeurd>false<", 1);
    std::fs::write(file("antwoord.xml"), other).unwrap();
    assert!(!xmlsec(folder.path(), &verify, "antwoord.xml"));
}

/// An enrolment as of the first day of the school year.
fn enrolment() -> String {
    let supplier = Supplier::at(RunningClock::system());
    let mut body = supplier.enrolment_body(71);
    let today = tz::TimeZone::UTC
        .to_datetime(RunningClock::system().now())
        .date();
    let year = today.year() - i16::from(today.month() < 8);
    let first = Date::constant(year, 8, 1).to_string();
    body.set("datumInschrijving", &*first).unwrap();
    let begin = "inschrijvingPeriodeBO/datumBegin";
    body.set(begin, &*first).unwrap();
    body.to_xml()
}
