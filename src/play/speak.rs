//! Messages of a script, made ready to be sent.

use std::sync::Arc;

use jiff::Timestamp;

use super::cast::{Cast, Party};
use super::schools::School;
use crate::counterpart::{Fault, MEDIA_TYPE, Stamp};
use crate::document::{Format, Spot};
use crate::edukoppeling::{
    RequestFacts, SignError, SignRequest, SigningKey, address_of, message_id, sign,
};
use crate::example::{Cases, Edit, Examples, Side, apply, meant};
use crate::pack::Message;
use crate::scenario::{Change, Content, Jwt, Outgoing, Rest, Role, ScriptEdit, ValueError, Values};
use crate::transport::{Answer, Request, Response};

/// Why a message of a script cannot be made. The script or a pack is at fault,
/// or its values do not fit the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unspeakable {
    /// Where the script says it.
    pub at: Spot,
    /// Why, as a key of the texts (`reason.<key>`).
    pub reason: &'static str,
    /// The name of what is at fault: a value, a message, a path.
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<String>,
}

impl Unspeakable {
    pub(super) fn new(at: Spot, reason: &'static str, name: impl Into<String>) -> Self {
        Self {
            at,
            reason,
            name: name.into(),
            nearest: None,
        }
    }
}

impl From<ValueError> for Unspeakable {
    fn from(error: ValueError) -> Self {
        Self::new(error.at, error.kind.key(), error.name)
    }
}

/// A body that was made, and what its pack says of it.
struct Made {
    text: String,
    message: Option<Message>,
}

/// Makes the content of `outgoing`.
fn make(
    cast: &Cast,
    values: &mut Values,
    outgoing: &Outgoing,
    from: &Party,
    to: &Party,
    school: &School,
) -> Result<Made, Unspeakable> {
    let (mut text, name) = match &outgoing.content {
        Content::Empty => {
            return Ok(Made {
                text: String::new(),
                message: None,
            });
        }
        Content::Inline(text) => (values.text(text)?, None),
        Content::File { name, bytes } => {
            let text = std::str::from_utf8(bytes)
                .map_err(|_| Unspeakable::new(name.at, "file-not-text", &*name.value))?;
            (text.to_string(), None)
        }
        Content::Message(name) => {
            let text = example(cast, values, &name.value, from, to, school)
                .ok_or_else(|| Unspeakable::new(name.at, "message-unknown", &*name.value))?;
            (text, Some(&name.value))
        }
    };
    let format = if text.trim_start().starts_with(['{', '[']) {
        Format::Json
    } else {
        Format::Xml
    };
    if let Some(rule) = &outgoing.break_body {
        let name = name.map(|name| &**name).unwrap_or_default();
        let unknown = || Unspeakable::new(rule.at, "case-unknown", &*rule.value);
        let cases = Cases::builtin().map_err(|_| unknown())?;
        let case = cases
            .of(&rule.value)
            .find(|case| case.breaks.base == name)
            .ok_or_else(unknown)?;
        text = apply(&text, format, &case.breaks.edits)
            .map_err(|_| Unspeakable::new(rule.at, "edit-impossible", &*rule.value))?;
    }
    for edit in &outgoing.edits {
        let made = edit_of(values, edit)?;
        text = apply(&text, format, std::slice::from_ref(&made)).map_err(|_| Unspeakable {
            nearest: meant(&text, format, made.path()),
            ..Unspeakable::new(edit.at, "edit-impossible", made.path().to_string())
        })?;
    }
    let message = match name {
        Some(name) => cast.message(name),
        None => cast.recognised(text.as_bytes()),
    };
    Ok(Made { text, message })
}

/// The pack's example of a message, as a document of its own.
fn example(
    cast: &Cast,
    values: &mut Values,
    name: &str,
    from: &Party,
    to: &Party,
    school: &School,
) -> Option<String> {
    let message = cast.message(name)?;
    if message.schema.is_some() {
        return Some(cast.bodies.store().example(name)?.text.to_string());
    }
    let mut body = cast.bodies.example(name).ok()?;
    let unique = values.uuid();
    body.stamp(&Stamp {
        seed: &[unique.as_bytes()],
        now: cast.clock.now(),
        instellingscode: Some(&school.brin),
        from: party_oin(from, school),
        to: party_oin(to, school),
    });
    Some(body.to_xml())
}

/// In whose name a party speaks: a LAS speaks for a school.
fn party_oin<'a>(party: &'a Party, school: &'a School) -> &'a str {
    match party.role {
        Role::Las => &school.oin,
        Role::Duo | Role::Osr => &party.oin,
    }
}

/// An edit of a script with its values.
pub(super) fn edit_of(values: &mut Values, edit: &ScriptEdit) -> Result<Edit, Unspeakable> {
    let path = edit.path.clone();
    Ok(match &edit.change {
        Change::Set(to) => Edit::Set {
            path,
            to: values.text(to)?,
        },
        Change::Remove => Edit::Remove { path },
        Change::After(fragment) => insert(values, Side::After, edit, fragment)?,
        Change::Before(fragment) => insert(values, Side::Before, edit, fragment)?,
        Change::Into(fragment) => insert(values, Side::Into, edit, fragment)?,
        Change::Rename(to) => Edit::Rename {
            path,
            to: to.to_string(),
        },
        Change::Copy => Edit::Copy { path },
    })
}

fn insert(
    values: &mut Values,
    side: Side,
    edit: &ScriptEdit,
    fragment: &crate::scenario::Text,
) -> Result<Edit, Unspeakable> {
    Ok(Edit::Insert {
        side,
        path: edit.path.clone(),
        fragment: values.text(fragment)?,
    })
}

/// What a message is signed with and says of itself.
struct Envelope<'a> {
    key: &'a SigningKey,
    from: &'a str,
    to: &'a str,
    action: &'a str,
    now: Timestamp,
    answers: Option<&'a RequestFacts>,
    seed: &'a str,
    at: Spot,
}

/// Puts a body in an envelope and signs it.
fn wrap(outgoing: &Outgoing, body: &str, envelope: &Envelope<'_>) -> Result<String, Unspeakable> {
    let id = message_id(&[envelope.seed.as_bytes(), body.as_bytes()]);
    let answers = envelope.answers;
    let relates_to = answers.and_then(|facts| facts.message_id.as_deref());
    let confirms = answers
        .filter(|facts| facts.security11)
        .and_then(|facts| facts.signature.as_deref());
    let broken = outgoing.break_envelope.as_ref();
    // Unsigned, and otherwise right: what breaks WB003 is.
    let unsigned = (outgoing.sign == Some(false)).then_some(UNSIGNED);
    let from = address_of(envelope.from);
    let to = address_of(envelope.to);
    sign(&SignRequest {
        body,
        action: envelope.action,
        from: &from,
        to: &to,
        message_id: &id,
        relates_to,
        confirms,
        created: envelope.now,
        lifetime: SignRequest::LIFETIME,
        key: envelope.key,
        breaks: broken.map(|rule| &*rule.value).or(unsigned),
    })
    .map_err(|error| {
        let (at, name) = broken.map_or((envelope.at, String::new()), |rule| {
            (rule.at, rule.value.to_string())
        });
        let reason = match error {
            SignError::Body => "body-not-xml",
            SignError::NotBreakable | SignError::ByCertificate => "not-breakable",
            SignError::RequestsOnly | SignError::AnswersOnly => "break-other-way",
            SignError::Character | SignError::Moment | SignError::Operation => "sign-failed",
        };
        Unspeakable::new(at, reason, name)
    })
}

/// The rule that a message without a signature breaks.
const UNSIGNED: &str = "KK-EK-WB003-ONDERTEKENING";

/// The action of a message; what no pack knows has none of its own.
fn action_of(message: Option<&Message>) -> &str {
    let action = message.and_then(|message| message.action.as_deref());
    action.unwrap_or("urn:ketenkeur:onbekend")
}

/// A request of a script, ready to be sent.
pub fn request(
    cast: &Cast,
    values: &mut Values,
    send: &crate::scenario::Send,
    at: Spot,
) -> Result<Request, Unspeakable> {
    let from = cast.party(send.from);
    let to = cast.party(send.to);
    let school = match &send.school {
        Some(text) => cast.school_named(&values.text(text)?, text.at)?,
        None => cast.school.clone(),
    };
    let outgoing = &send.message;
    if let (Content::File { bytes, .. }, true) = (&outgoing.content, send.raw) {
        return raw_file(cast, values, send, bytes, &school, at);
    }
    let made = make(cast, values, outgoing, from, to, &school)?;
    let is_soap = made.text.trim_start().starts_with('<') && send.rest.is_none();
    if !is_soap {
        return rest(cast, values, send, made, at);
    }
    let message = made.message.as_ref();
    let is_envelope = is_envelope(&made.text);
    let xml = if is_envelope {
        made.text
    } else {
        let key = cast.signing_key(from, outgoing.signing_identity.as_deref(), at)?;
        let unique = values.uuid();
        wrap(
            outgoing,
            &made.text,
            &Envelope {
                key: &key,
                from: party_oin(from, &school),
                to: party_oin(to, &school),
                action: action_of(message),
                now: cast.clock.now(),
                answers: None,
                seed: &unique,
                at,
            },
        )?
    };
    let body = xml.into_bytes().into();
    soap(cast, values, send, message, &school, body, at)
}

/// A body on its way to where SOAP messages are taken.
fn soap(
    cast: &Cast,
    values: &mut Values,
    send: &crate::scenario::Send,
    message: Option<&Message>,
    school: &School,
    body: Arc<[u8]>,
    at: Spot,
) -> Result<Request, Unspeakable> {
    Ok(Request {
        method: "POST".to_string(),
        url: match &send.url {
            Some(url) => values.text(url)?,
            None => cast.soap_url(send.to, message, school, at)?,
        },
        headers: vec![
            ("content-type".to_string(), MEDIA_TYPE.to_string()),
            (
                "soapaction".to_string(),
                format!("\"{}\"", action_of(message)),
            ),
        ],
        body,
    })
}

/// A file as it is, whatever it holds: as SOAP, or as the script's `rest` says.
fn raw_file(
    cast: &Cast,
    values: &mut Values,
    send: &crate::scenario::Send,
    bytes: &Arc<[u8]>,
    school: &School,
    at: Spot,
) -> Result<Request, Unspeakable> {
    let message = cast.recognised(bytes);
    let body = Arc::clone(bytes);
    if send.rest.is_some() {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let made = Made { text, message };
        let request = rest(cast, values, send, made, at)?;
        return Ok(Request { body, ..request });
    }
    soap(cast, values, send, message.as_ref(), school, body, at)
}

/// Whether a text is a SOAP envelope already.
fn is_envelope(text: &str) -> bool {
    let root = text.find('<').and_then(|_| {
        let after = text
            .split('<')
            .find(|part| !part.starts_with(['?', '!']) && !part.trim().is_empty())?;
        after.split([' ', '>', '/', '\n', '\t', '\r']).next()
    });
    root.is_some_and(|name| name.rsplit(':').next() == Some("Envelope"))
}

fn rest(
    cast: &Cast,
    values: &mut Values,
    send: &crate::scenario::Send,
    made: Made,
    at: Spot,
) -> Result<Request, Unspeakable> {
    let nothing = Rest {
        method: None,
        path: None,
        query: Vec::new(),
        headers: Vec::new(),
        api_key: true,
        jwt: Jwt::Absent,
    };
    let rest = send.rest.as_ref().unwrap_or(&nothing);
    let message = made.message.as_ref();
    let method = rest
        .method
        .as_deref()
        .or_else(|| message?.method.as_deref())
        .unwrap_or("GET");
    let path = match &rest.path {
        Some(path) => values.text(path)?,
        None => message
            .and_then(|message| message.path.as_deref())
            .filter(|path| !path.contains('{'))
            .ok_or_else(|| Unspeakable::new(at, "rest-no-path", ""))?
            .to_string(),
    };
    let mut url = cast.rest_url(send.to, &path);
    for (index, (name, value)) in rest.query.iter().enumerate() {
        let value = values.text(value)?;
        let value =
            percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
        url += &format!("{}{name}={value}", if index == 0 { '?' } else { '&' });
    }
    let mut headers = vec![("accept".to_string(), "application/json".to_string())];
    if !made.text.is_empty() {
        headers.push(("content-type".to_string(), "application/json".to_string()));
    }
    if rest.api_key {
        headers.extend(cast.api_key(send.from));
    }
    let breaks = match &rest.jwt {
        Jwt::Absent => None,
        Jwt::Right => Some(None),
        Jwt::Breaking(rule) => Some(Some(rule)),
    };
    if let Some(breaks) = breaks {
        headers.push(cast.jwt(send.from, made.text.as_bytes(), breaks, at)?);
    }
    for (name, value) in &rest.headers {
        headers.push((name.to_string(), values.text(value)?));
    }
    Ok(Request {
        method: method.to_string(),
        url,
        headers,
        body: made.text.into_bytes().into(),
    })
}

/// The answer of a script to `request`, as `role` gives it.
pub fn answer(
    cast: &Cast,
    values: &mut Values,
    outgoing: &Outgoing,
    status: Option<u16>,
    role: Role,
    request: &crate::exchange::Exchange,
    at: Spot,
) -> Result<Answer, Unspeakable> {
    let from = cast.party(role);
    let facts = crate::check::request_facts(request);
    let asker = match role {
        Role::Las => Role::Duo,
        Role::Duo | Role::Osr => Role::Las,
    };
    let to = cast.party(asker);
    let school = facts
        .as_ref()
        .and_then(|facts| cast.school_of(facts))
        .unwrap_or_else(|| cast.school.clone());
    let made = make(cast, values, outgoing, from, to, &school)?;
    if !made.text.trim_start().starts_with('<') {
        let response = Response::new(
            status.unwrap_or(200),
            "application/json",
            made.text.into_bytes(),
        );
        return Ok(response.into());
    }
    let xml = if is_envelope(&made.text) {
        made.text
    } else {
        let key = cast.signing_key(from, outgoing.signing_identity.as_deref(), at)?;
        let unique = values.uuid();
        wrap(
            outgoing,
            &made.text,
            &Envelope {
                key: &key,
                from: party_oin(from, &school),
                to: party_oin(to, &school),
                action: action_of(made.message.as_ref()),
                now: cast.clock.now(),
                answers: facts.as_ref(),
                seed: &unique,
                at,
            },
        )?
    };
    Ok(Response::new(status.unwrap_or(200), MEDIA_TYPE, xml.into_bytes()).into())
}

/// A SOAP fault of a script.
pub fn fault(code: &str, text: &str) -> Answer {
    Fault::written(code, text).into()
}

/// The bytes that a script sends in place of HTTP.
pub fn raw(text: String) -> Answer {
    Answer::Raw(Arc::from(text.into_bytes()))
}
