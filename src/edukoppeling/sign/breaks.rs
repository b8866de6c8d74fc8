//! Messages in which exactly one rule is broken, for every rule that a sender
//! can break.

use jiff::SignedDuration;

use super::plan::{C14N, HMAC_SHA256, Part, Plan, Reference, SHA1, SHA224, declaration};
use super::request::{CONFIRMATION, SignError, SignRequest, address, address_of, timestamp};
use crate::edukoppeling::names::{EXC_C14N, SOAP};

/// How a rule can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakable {
    /// In a request.
    InRequests,
    /// In an answer.
    InAnswers,
    /// In both.
    InBoth,
    /// By signing with a wrong certificate.
    ByCertificate,
    /// By signing a request with a wrong certificate: in an answer another rule
    /// would be broken beside it.
    ByCertificateOfRequest,
    /// Not by a message alone; the key of a text that says why.
    Never(&'static str),
}

/// Where it shows that a rule is broken: `check` in profile test, with the
/// built-in test PKI and nothing else, sees most of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Wherever the message is judged.
    Everywhere,
    /// In production only.
    InProduction,
    /// To whoever trusts a root that the user names: without one, another chain
    /// is unknown and not wrong.
    WithRoots,
    /// Beside the request that the message answers.
    WithRequest,
}

/// Rules that show under a condition only.
const CONDITIONS: &[(&str, Shown)] = &[
    ("KK-EK-PKI001-TESTOIN", Shown::InProduction),
    ("KK-EK-PKI005-KETEN", Shown::WithRoots),
    ("KK-EK-WA001-RELATESTO-ANDERS", Shown::WithRequest),
    ("KK-EK-OIN-ANTWOORD", Shown::WithRequest),
    ("KK-EK-WB014", Shown::WithRequest),
];

/// Where it shows that a message breaks `rule`.
pub fn shown(rule: &str) -> Shown {
    CONDITIONS
        .iter()
        .find(|(known, _)| *known == rule)
        .map_or(Shown::Everywhere, |&(_, shown)| shown)
}

type Make = fn(&SignRequest<'_>, &mut Plan<'_>) -> Result<(), SignError>;

/// How a rule is broken in a message.
struct Break {
    rule: &'static str,
    breakable: Breakable,
    make: Make,
}

/// Rules about the certificate: a message breaks them that is signed with a
/// certificate of the test PKI that is made wrong on purpose.
const CERTIFICATES: &[&str] = &[
    "KK-EK-PKI001-ONTBREEKT",
    "KK-EK-PKI001-VORM",
    "KK-EK-PKI002-VERLOPEN",
    "KK-EK-PKI002-NOGNIET",
    "KK-EK-PKI003-INGETROKKEN",
    "KK-EK-PKI005-KETEN",
    "KK-EK-PKI-GEBRUIK",
    "KK-EK-PKI-DOEL",
    "KK-EK-PKI-SLEUTEL",
];

/// Those that only a request can break.
const CERTIFICATES_OF_REQUESTS: &[&str] = &["KK-EK-OIN-SCHOOLCERTIFICAAT", "KK-EK-PKI001-TESTOIN"];

/// Rules that no message alone breaks, each with the key of the reason.
const NEVER: &[(&str, &str)] = &[
    ("KK-EK-WW001-POST", "break-http"),
    ("KK-EK-WW001-MEDIATYPE", "break-http"),
    ("KK-EK-WW001-ENVELOP", "break-http"),
    ("KK-EK-WS002", "break-http"),
    ("KK-EK-WS006", "break-http"),
    ("KK-EK-WW001-WSDL", "break-wsdl"),
    ("KK-EK-WW004", "break-wsdl"),
    ("KK-EK-WS003", "break-wsdl"),
    ("KK-EK-WS005", "break-wsdl"),
    ("KK-EK-WS008", "break-wsdl"),
    ("KK-EK-WS008-SOAPACTION", "break-wsdl"),
    ("KK-EK-OIN-DUO", "break-party"),
    ("KK-EK-OIN-ANTWOORD-VAN", "break-party"),
    ("KK-EK-WRAP-VERWERKT", "break-safeguard"),
    ("KK-EK-PKI005-TESTROOT", "break-trust"),
    ("KK-EK-PKI-ALGORITME", "break-algorithm"),
    ("KK-EK-WB005", "break-encryption"),
    ("KK-EK-WB006", "break-encryption"),
    ("KK-EK-ENC002-OPBOUW", "break-encryption"),
    ("KK-EK-ENC003-GEGEVENS", "break-encryption"),
    ("KK-EK-ENC004-SLEUTEL", "break-encryption"),
];

/// Every rule of Edukoppeling with how a sender can break it, in the order of
/// their subjects.
pub fn breakable() -> impl Iterator<Item = (&'static str, Breakable)> {
    let messages = BREAKS.iter().map(|one| (one.rule, one.breakable));
    let by = |how| move |&rule| (rule, how);
    let certificates = CERTIFICATES.iter().map(by(Breakable::ByCertificate)).chain(
        CERTIFICATES_OF_REQUESTS
            .iter()
            .map(by(Breakable::ByCertificateOfRequest)),
    );
    let never = NEVER
        .iter()
        .map(|&(rule, reason)| (rule, Breakable::Never(reason)));
    messages.chain(certificates).chain(never)
}

/// Makes the message of `plan` break `rule`.
pub(super) fn apply(
    rule: &str,
    request: &SignRequest<'_>,
    plan: &mut Plan<'_>,
) -> Result<(), SignError> {
    if CERTIFICATES.contains(&rule) || CERTIFICATES_OF_REQUESTS.contains(&rule) {
        return Err(SignError::ByCertificate);
    }
    let found = BREAKS.iter().find(|one| one.rule == rule);
    let Break {
        breakable, make, ..
    } = found.ok_or(SignError::NotBreakable)?;
    match (breakable, request.relates_to.is_some()) {
        (Breakable::InRequests, true) => Err(SignError::RequestsOnly),
        (Breakable::InAnswers, false) => Err(SignError::AnswersOnly),
        _ => make(request, plan),
    }
}

/// A rule that is broken in requests and answers alike.
const fn both(rule: &'static str, make: Make) -> Break {
    Break {
        rule,
        breakable: Breakable::InBoth,
        make,
    }
}

const fn request(rule: &'static str, make: Make) -> Break {
    Break {
        rule,
        breakable: Breakable::InRequests,
        make,
    }
}

const fn answer(rule: &'static str, make: Make) -> Break {
    Break {
        rule,
        breakable: Breakable::InAnswers,
        make,
    }
}

const BREAKS: &[Break] = &[
    // The envelope and its addressing.
    both("KK-EK-WW001-OPBOUW", |_, plan| {
        plan.after = "<t:Bijlage xmlns:t=\"urn:voorbeeld:bijlage\"></t:Bijlage>".into();
        Ok(())
    }),
    both("KK-EK-WW002", |_, plan| {
        plan.attributes =
            " soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"".to_string();
        Ok(())
    }),
    both("KK-EK-WS007", |_, plan| {
        plan.blocks = "<t:Tracering xmlns:t=\"urn:voorbeeld:tracering\">1</t:Tracering>".into();
        Ok(())
    }),
    both("KK-EK-WA001-KOP", |_, plan| {
        plan.bare = true;
        Ok(())
    }),
    both("KK-EK-WA001-NAAMRUIMTE", |_, plan| {
        let earlier = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
        plan.blocks = format!(
            "<oud:ReplyTo{}><oud:Address>{earlier}/role/anonymous</oud:Address></oud:ReplyTo>",
            declaration("oud", earlier)
        );
        Ok(())
    }),
    both("KK-EK-WA001-DUBBEL", |_, plan| {
        let twice = plan.header("wsa:Action").map(|part| part.inner.clone());
        if let Some(inner) = twice {
            let id = format!("Nogmaals-{}", plan.body_id);
            plan.add("wsa:Action", id, inner);
        }
        Ok(())
    }),
    request("KK-EK-WA001-TO", |_, plan| {
        plan.leave_out("wsa:To");
        Ok(())
    }),
    both("KK-EK-WA001-TO-ADRES", |_, plan| {
        plan.say("wsa:To", "/dienst");
        Ok(())
    }),
    both("KK-EK-WA001-ACTION", |_, plan| {
        plan.leave_out("wsa:Action");
        Ok(())
    }),
    both("KK-EK-WA001-ACTION-ANDERS", |_, plan| {
        if let Some(part) = plan.header("wsa:Action") {
            part.inner.push('/');
        }
        Ok(())
    }),
    both("KK-EK-WA001-MESSAGEID", |_, plan| {
        plan.leave_out("wsa:MessageID");
        Ok(())
    }),
    both("KK-EK-WA001-MESSAGEID-IRI", |_, plan| {
        if let Some(part) = plan.header("wsa:MessageID") {
            // The UUID alone, as careless software writes it.
            part.inner = part.inner.rsplit(':').next().unwrap_or("1").to_string();
        }
        Ok(())
    }),
    answer("KK-EK-WA001-RELATESTO", |_, plan| {
        plan.leave_out("wsa:RelatesTo");
        Ok(())
    }),
    answer("KK-EK-WA001-RELATESTO-ANDERS", |_, plan| {
        if let Some(part) = plan.header("wsa:RelatesTo") {
            part.inner.push('0');
        }
        Ok(())
    }),
    request("KK-EK-WA001-RELATESTO-VERZOEK", |_, plan| {
        let id = format!("RelatesTo-{}", plan.body_id);
        plan.add(
            "wsa:RelatesTo",
            id,
            "urn:uuid:00000000-0000-8000-8000-000000000000",
        );
        Ok(())
    }),
    both("KK-EK-WA001-REPLYTO", |_, plan| {
        let id = format!("ReplyTo-{}", plan.body_id);
        plan.add(
            "wsa:ReplyTo",
            id,
            address("https://las.ketenkeur.invalid/antwoord"),
        );
        Ok(())
    }),
    request("KK-EK-WA001-FROM", |_, plan| {
        plan.leave_out("wsa:From");
        Ok(())
    }),
    both("KK-EK-WA001-EPR", |_, plan| {
        if let Some(part) = plan.header("wsa:From") {
            part.inner += "<wsa:ReferenceParameters></wsa:ReferenceParameters>";
        }
        Ok(())
    }),
    both("KK-EK-WA001-OVERIG", |_, plan| {
        let id = format!("FaultTo-{}", plan.body_id);
        plan.add(
            "wsa:FaultTo",
            id,
            address("https://las.ketenkeur.invalid/fout"),
        );
        Ok(())
    }),
    answer("KK-EK-WB014", |_, plan| {
        let value = Some("AAAA".to_string());
        match &mut plan.confirmation {
            Some(confirmation) => confirmation.value = value,
            None => {
                let id = format!("SignatureConfirmation-{}", plan.body_id);
                plan.references.push(Reference::to(format!("#{id}")));
                plan.confirmation = Some(Part {
                    name: CONFIRMATION,
                    id,
                    value,
                    inner: String::new(),
                    second_id: None,
                });
            }
        }
        Ok(())
    }),
    // Who speaks for whom.
    both("KK-EK-OIN-VORM", |_, plan| {
        plan.say("wsa:From", address(&address_of("25BE")));
        Ok(())
    }),
    request("KK-EK-OIN-SCHOOL", |_, plan| {
        const OTHERS: [&str; 2] = ["0000000700099XX00000", "0000000700098XX00000"];
        let from = plan.header("wsa:From").map(|part| part.inner.clone());
        let from = from.unwrap_or_default();
        let other = OTHERS.into_iter().find(|other| !from.contains(other));
        plan.say("wsa:From", address(&address_of(other.unwrap_or(OTHERS[0]))));
        Ok(())
    }),
    request("KK-EK-OIN-MODEL", |request, plan| {
        let oin = request.key.oin().ok_or(SignError::NotBreakable)?;
        plan.say("wsa:From", address(&address_of(oin)));
        Ok(())
    }),
    answer("KK-EK-OIN-AFZENDER", |request, plan| {
        const OTHERS: [&str; 2] = ["00000001800866472000", "00000001999999999000"];
        let other = OTHERS
            .into_iter()
            .find(|other| request.key.oin() != Some(other));
        plan.say("wsa:From", address(&address_of(other.unwrap_or(OTHERS[1]))));
        Ok(())
    }),
    answer("KK-EK-OIN-ANTWOORD", |_, plan| {
        const OTHERS: [&str; 2] = ["0000000700099XX00000", "0000000700098XX00000"];
        let to = plan.header("wsa:To").map(|part| part.inner.clone());
        let to = to.unwrap_or_default();
        let other = OTHERS.into_iter().find(|other| !to.contains(other));
        plan.say("wsa:To", address_of(other.unwrap_or(OTHERS[0])));
        Ok(())
    }),
    // The security header and its timestamp.
    both("KK-EK-WB003-BEVEILIGING", |_, plan| {
        plan.unsecured = true;
        Ok(())
    }),
    both("KK-EK-WB001-NAAMRUIMTE", |_, plan| {
        // The namespace of a version that does not exist.
        let wrong =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.1.xsd";
        plan.security = ("fout:Security", declaration("fout", wrong));
        Ok(())
    }),
    both("KK-EK-WB002-TIMESTAMP", |_, plan| {
        if let Some(timestamp) = plan.timestamp.take() {
            plan.leave_unsigned(&timestamp.id);
        }
        Ok(())
    }),
    both("KK-EK-WB002-CREATED", |_, plan| {
        within_timestamp(plan, |inner| match inner.find("<wsu:Expires>") {
            Some(at) => inner[at..].to_string(),
            None => String::new(),
        });
        Ok(())
    }),
    both("KK-EK-WB002-UTC", |_, plan| {
        within_timestamp(plan, |inner| inner.replacen("Z</", "+00:00</", 1));
        Ok(())
    }),
    both("KK-EK-WB002-VERLOPEN", |request, plan| {
        let ended = request
            .created
            .checked_sub(SignedDuration::from_mins(10))
            .and_then(|ended| ended.checked_sub(request.lifetime))
            .map_err(|_| SignError::Moment)?;
        let inner = timestamp(ended, request.lifetime)?;
        within_timestamp(plan, |_| inner);
        Ok(())
    }),
    both("KK-EK-WB002-TOEKOMST", |request, plan| {
        let ahead = request
            .created
            .checked_add(SignedDuration::from_mins(10))
            .map_err(|_| SignError::Moment)?;
        let inner = timestamp(ahead, request.lifetime)?;
        within_timestamp(plan, |_| inner);
        Ok(())
    }),
    both("KK-EK-WB002-VOLGORDE", |request, plan| {
        let inner = timestamp(request.created, SignedDuration::ZERO)?;
        within_timestamp(plan, |_| inner);
        Ok(())
    }),
    // What is signed, and how.
    both("KK-EK-WB003-ONDERTEKENING", |_, plan| {
        plan.unsigned = true;
        Ok(())
    }),
    both("KK-EK-WB004-BODY", |_, plan| {
        let id = plan.body_id.clone();
        plan.leave_unsigned(&id);
        Ok(())
    }),
    both("KK-EK-WB004-ADRESSERING", |_, plan| {
        let id = plan.headers.first().map(|part| part.id.clone());
        plan.leave_unsigned(&id.unwrap_or_default());
        Ok(())
    }),
    both("KK-EK-WB004-TIMESTAMP", |_, plan| {
        let id = plan.timestamp.as_ref().map(|part| part.id.clone());
        plan.leave_unsigned(&id.unwrap_or_default());
        Ok(())
    }),
    both("KK-EK-WB007-SIGNEDINFO", |_, plan| {
        plan.canonicalization = C14N;
        Ok(())
    }),
    both("KK-EK-WB007-TRANSFORM", |_, plan| {
        first_reference(plan, |reference| reference.transforms = vec![C14N]);
        Ok(())
    }),
    both("KK-EK-SIGN001-DIGEST", |_, plan| {
        first_reference(plan, |reference| reference.digest = SHA1);
        Ok(())
    }),
    both("KK-EK-SIGN003-DIGEST", |_, plan| {
        first_reference(plan, |reference| reference.digest = SHA224);
        Ok(())
    }),
    both("KK-EK-SIGN001-HANDTEKENING", |_, plan| {
        plan.method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
        Ok(())
    }),
    both("KK-EK-SIGN004-HANDTEKENING", |_, plan| {
        plan.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224";
        Ok(())
    }),
    both("KK-EK-SIGN004-HMAC", |_, plan| {
        plan.method = HMAC_SHA256;
        Ok(())
    }),
    both("KK-EK-SIGN002-OPBOUW", |_, plan| {
        afterwards(
            plan,
            "<ds:SignatureValue>",
            "<ds:SignatureValue/><ds:SignatureValue>",
        );
        Ok(())
    }),
    both("KK-EK-WB013-DIGEST", |_, plan| {
        afterwards(
            plan,
            "</soap:Body></soap:Envelope>",
            " </soap:Body></soap:Envelope>",
        );
        Ok(())
    }),
    both("KK-EK-WB013-WAARDE", |_, plan| {
        plan.spoilt = true;
        Ok(())
    }),
    // The engine knows an element by the first of its Ids alone.
    both("KK-EK-WB013-ONLEESBAAR", |_, plan| {
        let second = format!("Ander-{}", plan.body_id);
        if let Some(part) = plan.header("wsa:To") {
            let (one, other) = (
                format!("wsu:Id=\"{}\"", part.id),
                format!("x:Id=\"{second}\""),
            );
            part.second_id = Some(second);
            afterwards(plan, &format!("{one} {other}"), &format!("{other} {one}"));
        }
        Ok(())
    }),
    // The token.
    both("KK-EK-WB009-TOKEN", |_, plan| {
        plan.token.absent = true;
        Ok(())
    }),
    both("KK-EK-WB009-TYPE", |_, plan| {
        plan.token.value_type = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1";
        Ok(())
    }),
    both("KK-EK-WB009-CERTIFICAAT", |_, plan| {
        plan.token.value = "AAAA".to_string();
        Ok(())
    }),
    both("KK-EK-WB010-VERWIJZING", |_, plan| {
        plan.key_info = plan.token_reference(
            "<ds:X509Data xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"></ds:X509Data>",
        );
        Ok(())
    }),
    // What makes two readers see two messages.
    both("KK-EK-WRAP-ID", |_, plan| {
        if let Some(id) = plan.headers.first().map(|part| part.id.clone()) {
            afterwards(
                plan,
                "<ds:Signature ",
                &format!("<ds:Signature Id=\"{id}\" "),
            );
        }
        Ok(())
    }),
    both("KK-EK-WRAP-BODY", |_, plan| {
        plan.behind += &format!("<soap:Body{}/>", declaration("soap", SOAP));
        Ok(())
    }),
    both("KK-EK-WRAP-VERWIJZING", |_, plan| {
        let uri = format!("#{}", plan.reference_id);
        plan.references.push(Reference::to(uri));
        Ok(())
    }),
    both("KK-EK-WRAP-URI", |_, plan| {
        plan.references.push(Reference::to(""));
        Ok(())
    }),
    both("KK-EK-WRAP-TRANSFORM", |_, plan| {
        first_reference(plan, |reference| {
            reference.transforms = vec![
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                EXC_C14N,
            ];
        });
        Ok(())
    }),
    both("KK-EK-WRAP-SLEUTEL", |_, plan| {
        plan.key_info
            .insert_str(0, "<ds:KeyName>sleutel</ds:KeyName>");
        Ok(())
    }),
    both("KK-EK-WRAP-COMMENTAAR", |_, plan| {
        afterwards(plan, "Z</wsu:Created>", "<!-- -->Z</wsu:Created>");
        Ok(())
    }),
    both("KK-EK-WRAP-DUBBEL", |_, plan| {
        let uri = plan
            .references
            .first()
            .map(|reference| reference.uri.clone());
        plan.references.extend(uri.map(Reference::to));
        Ok(())
    }),
];

fn within_timestamp(plan: &mut Plan<'_>, change: impl FnOnce(&str) -> String) {
    if let Some(timestamp) = &mut plan.timestamp {
        timestamp.inner = change(&timestamp.inner);
    }
}

fn first_reference(plan: &mut Plan<'_>, change: impl FnOnce(&mut Reference)) {
    if let Some(reference) = plan.references.first_mut() {
        change(reference);
    }
}

/// What was signed is changed.
fn afterwards(plan: &mut Plan<'_>, from: &str, to: &str) {
    plan.afterwards.push((from.to_string(), to.to_string()));
}
