//! What a party does wrong on purpose, so that scenarios can show that they see
//! it (docs/defects.md).
//!
//! Most mistakes are alterations of what goes out or exceptions to what is
//! refused, and stand in data ([`Sending`], `overlooks`, [`Connecting`]). What
//! is a wrong decision is a [`Slip`], asked at the place where the party
//! decides. A party without a defect has none of either.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::outgoing::Post;
use crate::document::Format;
use crate::edukoppeling::{SignError, SignRequest, Trust, address_of, sign};
use crate::example::{Edit, apply};
use crate::exchange::{Exchange, StartLine, path_and_query};
use crate::transport::{Answer, ClientTrust, Handler, Refusal, Request, Response, TransportError};

/// A decision that is taken otherwise than the specification has it, by the
/// party that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slip {
    /// LAS: a message about an enrolment has the latest period only.
    LatestPeriodOnly,
    /// LAS: a correction gets a new inschrijvingvolgnummer.
    NewNumberOnCorrection,
    /// LAS: datumUitschrijving is the day after the last day.
    LeavesDayLater,
    /// LAS: the first period keeps its datumBegin when datumInschrijving moves.
    FirstPeriodStays,
    /// LAS: HTTP status 200 is all that it looks at.
    StatusIsVerdict,
    /// LAS: an OntvangstBevestiging counts as registered.
    ReceiptIsVerdict,
    /// LAS: a melding counts as not registered.
    MeldingBlocks,
    /// LAS: a foutmelding counts for nothing.
    FoutmeldingIgnored,
    /// LAS: a document about a pupil does not wait for an earlier one.
    Overtakes,
    /// LAS: a document that is sent again is a new one.
    NewDocumentOnResend,
    /// LAS: numbers go out without the zeros in front.
    LosesZeros,
    /// LAS: of a lot the first page goes out.
    LotIsOnePage,
    /// LAS: the last pupil of each page of a lot goes out twice.
    LotPagesOverlap,
    /// LAS: a lot ends at the first pupil about whom nothing can be sent.
    LotEndsAtFirst,
    /// LAS: nothing keeps it from sending what the contract does not allow.
    SendsUnchecked,
    /// LAS: local time is written as if it were UTC.
    LocalTime,
    /// LAS: a removal in place of a deregistration.
    RemovesOnLeaving,
    /// LAS: a definitive advice takes the place of the provisional one.
    AdviceOverwritten,
    /// LAS: a push is confirmed and kept in memory only.
    ForgetsPushes,
    /// LAS: a push that comes again is processed again.
    KeepsTwice,
    /// LAS: what came last counts, not what was made last.
    LatestArrivalWins,
    /// LAS: a verdict that is pushed counts only for what was confirmed before.
    VerdictNeedsReceipt,
    /// LAS: the first funding status for a teldatum stays.
    FirstStatusStays,
    /// LAS: bekostigingssignalen are kept and not shown.
    HidesFundingSignals,
    /// LAS: a funding status is refused when the LAS delivered nothing.
    FundingNeedsDelivery,
    /// LAS: what DUO says of a person is kept and not used.
    KeepsOldPerson,
    /// LAS: it goes by the number that it knew first.
    KeepsOldNumber,
    /// LAS: a mutation that met a lock conflict is left at that. DUO: a
    /// mutation on an outdated copy is taken.
    IgnoresLock,
    /// LAS: a report that is closed or withdrawn is changed all the same.
    ChangesClosedReports,
    /// LAS: an absence begins on the day on which it is reported.
    ReportsFromToday,
    /// LAS: a report that follows another begins on the last day of that.
    FollowsOnLastDay,
    /// LAS: it asks for changed reports since the same moment every time.
    AsksSamePeriod,
    /// LAS: a refusal by RIO is an empty answer.
    RioRefusalIsEmpty,
    /// LAS: RIO is asked once.
    AsksRioOnce,
    /// LAS: whatever the OSR answers, the endpoint is registered.
    RefusalIsRegistered,
    /// LAS: an endpoint that moves is registered anew.
    RegistersOnMove,
    /// LAS: a mandate holds before its first day and after its last.
    IgnoresMandatePeriod,
    /// LAS: who shows a certificate without an OIN may come in. DUO: likewise.
    AdmitsWithoutOin,
    /// DUO: of the endpoints of a school it takes the first, whichever
    /// administration a message is for.
    FirstEndpoint,
    /// LAS: a mandate is asked for once. DUO: likewise.
    RemembersMandate,
    /// LAS: pushes are taken for whichever school. DUO: messages of whichever
    /// supplier.
    IgnoresMandate,
}

/// What a party does wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Defect {
    /// The decisions that it takes otherwise.
    pub slips: BTreeSet<Slip>,
    /// What is wrong with what it sends, by message.
    pub sends: Vec<Sending>,
    /// Rules that it does not keep others to: patterns of their codes. What an
    /// OSR asks of a JWT goes by the requirement.
    pub overlooks: Vec<Box<str>>,
    /// What is wrong with its connections.
    pub connects: Connecting,
    /// The identity of the test PKI that it signs with.
    pub signs_as: Option<Box<str>>,
}

/// What is wrong with the messages that a party sends, requests and answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sending {
    /// The messages: a pattern of the message element, or of method and path;
    /// all when absent.
    pub message: Option<Box<str>>,
    /// Edits of the body before it is signed. One whose path leads nowhere is
    /// left out.
    pub edits: Vec<Edit>,
    /// The rule of the envelope that is broken (`ketenkeur sign --break`).
    #[serde(rename = "break")]
    pub breaks: Option<Box<str>>,
    /// The sender's own OIN stands in From, whomever it speaks for.
    pub own_oin: bool,
    /// The message id, the same every time.
    pub message_id: Option<Box<str>>,
    /// How many seconds old the timestamp is.
    pub age: i64,
    /// Text that is replaced in the body before it is signed, and in the URL of
    /// a request without a body.
    pub replaces: Vec<(Box<str>, Box<str>)>,
    /// Text that is replaced in the message after it was signed.
    pub rewrites: Vec<(Box<str>, Box<str>)>,
    /// Header lines that are set; an empty value leaves one out.
    pub headers: BTreeMap<Box<str>, Box<str>>,
    /// Status codes of answers that are given in place of others; in answers to
    /// requests of its own, those that are read in place of others.
    pub status: BTreeMap<Box<str>, u16>,
    /// How often a request goes out at once when its answer is no success.
    pub times: u32,
}

/// What is wrong with a party's connections.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Connecting {
    /// The identity of the test PKI that it shows.
    pub shows: Option<Box<str>>,
    /// The one that its server shows, where it is another.
    pub serves: Option<Box<str>>,
    /// Its server speaks old versions of TLS too.
    pub takes_old: bool,
    /// Whose certificates its server accepts beside the right ones.
    pub accepts: Accepts,
    /// Only who shows the certificate that it saw first gets an answer.
    pub pins: bool,
}

/// Whose certificates a server accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepts {
    /// The right ones only.
    #[default]
    Right,
    /// Revoked ones too: it looks at no list.
    Revoked,
    /// Clients without one too.
    Missing,
    /// Anybody's.
    Anybody,
}

/// Whether a text is what a pattern says: `*` is anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    loop {
        if is_like(left, rest) {
            return true;
        }
        let mut chars = left.chars();
        if chars.next().is_none() {
            return false;
        }
        left = chars.as_str();
    }
}

/// The local name of the outermost element.
fn root_of(xml: &str) -> &str {
    let starts = xml.split('<').skip(1);
    let mut elements = starts.filter(|tag| !tag.starts_with(['?', '!']));
    let tag = elements.next().unwrap_or_default();
    let name = tag.split([' ', '>', '/', '\n', '\t', '\r']).next();
    let name = name.unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

/// A text in which the first of each of these stands as the other.
fn in_place(pairs: &[(Box<str>, Box<str>)], text: String) -> String {
    let pairs = pairs.iter();
    pairs.fold(text, |text, (from, to)| text.replacen(&**from, to, 1))
}

impl Sending {
    fn is_about(&self, name: &str) -> bool {
        let pattern = self.message.as_deref();
        pattern.is_none_or(|pattern| is_like(name, pattern))
    }

    fn edited(&self, text: String, format: Format) -> String {
        self.edits.iter().fold(text, |text, edit| {
            // An edit of what this message does not have is none.
            apply(&text, format, std::slice::from_ref(edit)).unwrap_or(text)
        })
    }

    fn replaced(&self, text: String) -> String {
        in_place(&self.replaces, text)
    }

    fn rewritten(&self, text: String) -> String {
        in_place(&self.rewrites, text)
    }

    fn status(&self, status: u16) -> u16 {
        let text = status.to_string();
        let mut others = self.status.iter();
        let other = others.find(|(pattern, _)| is_like(&text, pattern));
        other.map_or(status, |(_, other)| *other)
    }

    fn set_headers(&self, headers: &mut Vec<(String, String)>) {
        for (name, value) in &self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            if !value.is_empty() {
                headers.push((name.to_string(), value.to_string()));
            }
        }
    }
}

impl Connecting {
    /// Whose certificates the party's server accepts, where right ones end at
    /// `trust`.
    pub fn clients(&self, trust: &Arc<Trust>) -> ClientTrust {
        match self.accepts {
            Accepts::Right => ClientTrust::Required(Arc::clone(trust)),
            Accepts::Revoked => ClientTrust::Required(Arc::new(trust.without_lists())),
            Accepts::Missing => ClientTrust::Optional(Arc::clone(trust)),
            Accepts::Anybody => ClientTrust::Unchecked,
        }
    }
}

impl Defect {
    /// Whether a decision is taken otherwise.
    pub fn has(&self, slip: Slip) -> bool {
        self.slips.contains(&slip)
    }

    /// Whether the party keeps others to a rule.
    pub fn keeps_to(&self, rule: &str) -> bool {
        !self.overlooks.iter().any(|pattern| is_like(rule, pattern))
    }

    fn about<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sending> {
        self.sends.iter().filter(move |one| one.is_about(name))
    }

    /// Signs a message as the party does, with all that is wrong with it.
    ///
    /// # Errors
    ///
    /// As [`sign`].
    pub fn sign(&self, request: SignRequest<'_>) -> Result<String, SignError> {
        let name = root_of(request.body).to_string();
        let wrong: Vec<&Sending> = self.about(&name).collect();
        if wrong.is_empty() {
            return sign(&request);
        }
        let body = wrong.iter().fold(request.body.to_string(), |body, one| {
            one.replaced(one.edited(body, Format::Xml))
        });
        let own = address_of(request.key.oin().unwrap_or_default());
        let id = wrong.iter().find_map(|one| one.message_id.as_deref());
        let age: i64 = wrong.iter().map(|one| one.age).sum();
        let created = request.created.checked_sub(SignedDuration::from_secs(age));
        let request = SignRequest {
            body: &body,
            from: match wrong.iter().any(|one| one.own_oin) {
                true => &own,
                false => request.from,
            },
            message_id: id.unwrap_or(request.message_id),
            created: created.unwrap_or(Timestamp::MIN),
            ..request
        };
        let breaks = wrong.iter().find_map(|one| one.breaks.as_deref());
        let signed = match sign(&SignRequest { breaks, ..request }) {
            // A rule about requests is not broken in an answer.
            Err(SignError::RequestsOnly | SignError::AnswersOnly) => sign(&request),
            signed => signed,
        }?;
        Ok(wrong.iter().fold(signed, |text, one| one.rewritten(text)))
    }
}

/// What a request is about: its SOAP action without the contract, with the
/// ending of a message element, else method and path.
fn name_of(method: &str, url: &str, headers: &[(String, String)]) -> String {
    let mut headers = headers.iter();
    let action = headers.find(|(name, _)| name.eq_ignore_ascii_case("soapaction"));
    let action = action.map(|(_, action)| action.trim_matches('"'));
    if let Some(operation) = action.and_then(|action| action.rsplit('/').next()) {
        return format!("{operation}_Request");
    }
    format!("{method} {}", path_and_query(url))
}

/// The text of a JSON body.
fn json(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| text.to_string())
}

/// A party's outgoing side, with what is wrong with it.
pub struct WrongPost {
    /// The right one.
    pub post: Arc<dyn Post>,
    /// What is wrong.
    pub defect: Arc<Defect>,
}

impl Post for WrongPost {
    fn post(&self, request: &Request) -> Result<Exchange, TransportError> {
        let name = name_of(&request.method, &request.url, &request.headers);
        let mut request = request.clone();
        let mut times = 1;
        for one in self.defect.about(&name) {
            if let Some(text) = json(&request.body) {
                let text = one.replaced(one.edited(text, Format::Json));
                request.body = text.into_bytes().into();
            } else if request.body.is_empty() {
                request.url = one.replaced(request.url);
            }
            one.set_headers(&mut request.headers);
            times = times.max(one.times);
        }
        let is_success = |answer: &Result<Exchange, TransportError>| {
            let http = answer.as_ref().ok().and_then(|answer| answer.http.as_ref());
            http.and_then(|http| http.status()) == Some(200)
        };
        let mut answer = self.post.post(&request);
        for _ in 1..times {
            if is_success(&answer) {
                break;
            }
            answer = self.post.post(&request);
        }
        let http = answer.as_mut().ok().and_then(|answer| answer.http.as_mut());
        if let Some(StartLine::Response { status }) = http.map(|http| &mut http.start) {
            for one in self.defect.about(&name) {
                *status = one.status(*status);
            }
        }
        answer
    }
}

/// A party's incoming side, with what is wrong with its answers.
pub struct WrongHandler {
    handler: Arc<dyn Handler>,
    defect: Arc<Defect>,
    /// The certificate of who came first.
    first: OnceLock<Option<Arc<[u8]>>>,
}

impl Handler for WrongHandler {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let name = request.http.as_ref().map(|http| {
            let (method, url) = (http.method(), http.url());
            name_of(
                method.unwrap_or_default(),
                url.unwrap_or_default(),
                &http.headers,
            )
        });
        let name = name.unwrap_or_default();
        let shown = || request.tls.as_ref()?.peer.first().cloned();
        if self.defect.connects.pins && *self.first.get_or_init(shown) != shown() {
            return Response::empty(403).into();
        }
        match self.handler.answer(request) {
            Answer::Response(response) => self.wrong(&name, response).into(),
            other => other,
        }
    }

    fn refused(&self, refusal: &Refusal) {
        self.handler.refused(refusal);
    }
}

impl WrongHandler {
    /// What is wrong before `handler`.
    pub fn new(handler: Arc<dyn Handler>, defect: Arc<Defect>) -> Self {
        Self {
            handler,
            defect,
            first: OnceLock::new(),
        }
    }

    fn wrong(&self, name: &str, mut response: Response) -> Response {
        for one in self.defect.about(name) {
            if let Some(text) = json(&response.body) {
                let text = one.replaced(one.edited(text, Format::Json));
                response.body = text.into_bytes().into();
            }
            one.set_headers(&mut response.headers);
            response.status = one.status(response.status);
        }
        response
    }
}

impl std::fmt::Debug for WrongPost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrongPost").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WrongHandler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrongHandler").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_messages_and_rules() {
        for (text, pattern, is) in [
            (
                "aanleverenAdviesVO_Request",
                "aanleverenAdviesVO_Request",
                true,
            ),
            ("aanleverenAdviesVO_Request", "aanleveren*", true),
            ("aanleverenAdviesVO_Request", "*Advies*_Request", true),
            ("aanleverenAdviesVO_Request", "*Advies*_Response", false),
            ("KK-EK-WB013-DIGEST", "KK-EK-WB013-*", true),
            ("KK-XSD-TYPE", "KK-EK-*", false),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text} {pattern}");
        }
    }

    #[test]
    fn a_message_is_named_by_its_element_or_by_method_and_path() {
        assert_eq!(
            root_of("<?xml version='1.0'?><!-- x --><a:m b='c'><d/></a:m>"),
            "m"
        );
        let action = |value: &str| vec![("SOAPAction".to_string(), value.to_string())];
        for (headers, name) in [
            (action("\"http://duo.nl/contract/C/op\""), "op_Request"),
            (Vec::new(), "GET /api/v3/mandates?x=1"),
        ] {
            let url = "https://osr.example.nl/api/v3/mandates?x=1";
            assert_eq!(name_of("GET", url, &headers), name);
        }
    }
}
