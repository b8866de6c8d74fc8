//! Whether what a script expects holds of what was received.

mod json;

use std::sync::Arc;
use std::time::Duration;

pub use json::Wanted;
use json::{confirmed, json_is};

use super::expect::{Assertion, Expect, FaultExpectation, HeaderExpectation, TransportExpectation};
use super::model::{Placed, PlacedCode};
use super::received::{Content, Received};
use super::values::{ValueError, Values};
use crate::document::Spot;
use crate::event::{Judged, Reported};
use crate::exchange::Exchange;
use crate::facts::Facts;
use crate::finding::{Args, Class, DataClass, Finding, Kind, MessageValue, Place, Verdict};
use crate::rules::evaluate_expression;
use crate::text::{advise, fill, in_words, tool_finding, word};
use crate::transport::TransportProblem;

/// What came of a step that sends or receives.
#[derive(Clone, Copy)]
pub struct Got<'a> {
    /// The message, or why there is none.
    pub arrival: Result<&'a Exchange, TransportProblem>,
    /// What `check` says of it.
    pub judged: Option<&'a Judged>,
    /// The rules whose outcome the script itself brings about.
    pub brings_about: &'a [PlacedCode],
    /// How long it took.
    pub took: Duration,
    /// Where a person looked in place of a program: of each JSON expectation
    /// whether it shows, or `None` where that person cannot tell.
    pub confirmed: Option<&'a [Option<bool>]>,
}

impl Got<'_> {
    /// Whether the script itself brings a finding about, so that it says
    /// nothing of who made the message. What has a message sent back is never
    /// the script's doing.
    pub fn brings_about(&self, finding: &Reported) -> bool {
        finding.class < Class::Foutmelding
            && self
                .brings_about
                .iter()
                .any(|code| *code.value == *finding.code)
    }
}

/// Whether one expectation holds.
#[derive(Debug, Clone)]
pub struct Judgment {
    /// The key of the expectation in the script: `status`, `assert`, …
    pub expectation: &'static str,
    /// Where the script states it.
    pub at: Spot,
    /// Pass, fail or undecided.
    pub verdict: Verdict,
    /// What is the matter, unless it holds.
    pub finding: Option<Finding>,
}

impl Judgment {
    fn held(expectation: &'static str, at: Spot) -> Self {
        Self {
            expectation,
            at,
            verdict: Verdict::Pass,
            finding: None,
        }
    }

    fn broken(expectation: &'static str, at: Spot, finding: Finding) -> Self {
        Self {
            expectation,
            at,
            verdict: Verdict::Fail,
            finding: Some(finding),
        }
    }

    /// The expectation could not be judged; `reason` is a key of the texts or
    /// words of a rule set.
    fn undecided(expectation: &'static str, at: Spot, code: &str, reason: &str) -> Self {
        let args = Args::new().with("reason", reason);
        let finding = Finding {
            kind: Kind::Undecided,
            ..tool_finding(code, args, Place::default())
        };
        Self {
            expectation,
            at,
            verdict: Verdict::Undecided,
            finding: Some(finding),
        }
    }

    fn of_value(expectation: &'static str, error: &ValueError) -> Self {
        Self::broken(expectation, error.at, script_finding(error))
    }
}

/// The finding that a step cannot be carried out because of a value.
pub fn script_finding(error: &ValueError) -> Finding {
    let args = Args::new()
        .with("reason", error.kind.key())
        .with("name", error.name.as_str());
    tool_finding("KK-SC-SCRIPT", args, Place::default())
}

/// Judges every expectation, in the order in which docs/scenarios.md has them.
/// Where nothing is said of the connection, an answer must come.
///
/// What is quoted of a message is masked when it is shown.
pub fn judge(expect: &Expect, got: &Got<'_>, values: &mut Values, facts: &Facts) -> Vec<Judgment> {
    let mut all = vec![connection(expect, got)];
    let Ok(exchange) = got.arrival else {
        // Nothing else can be said of what did not come; the connection says
        // so already, unless the script expects it.
        return all;
    };
    if let Some(status) = &expect.status {
        all.push(status_is(status, exchange));
    }
    let received = Received::of(exchange);
    if let Some(fault) = &expect.fault {
        all.push(fault_is(fault, &received));
    }
    if let Some(clean) = &expect.clean {
        all.extend(is_clean(clean, got));
    }
    for code in &expect.finding {
        all.push(has_finding(code, got.judged));
    }
    for code in &expect.no_finding {
        all.push(has_no_finding(code, got.judged));
    }
    for assertion in &expect.assertions {
        all.push(asserted(assertion, &received, values, facts));
    }
    for (index, json) in expect.json.iter().enumerate() {
        all.push(match got.confirmed {
            None => json_is(json, &received, values),
            Some(said) => confirmed(json, said.get(index).copied().flatten(), values),
        });
    }
    for header in &expect.headers {
        all.push(header_is(header, exchange, values));
    }
    if let Some(versions) = &expect.tls_versions {
        all.push(tls_is(versions, exchange));
    }
    if let Some(within) = &expect.within {
        all.push(in_time(within, got.took));
    }
    all
}

/// Whether an XPath expression is true of the message in an exchange. What cannot
/// be asked of it is not.
pub fn is_so(expression: &str, exchange: &Exchange, facts: &Facts) -> bool {
    let received = Received::of(exchange);
    let Content::Xml(document, node) = &received.content else {
        return false;
    };
    let found = evaluate_expression(expression, document, *node, facts);
    found.is_ok_and(|found| found.truth == Some(true))
}

/// The first text that an XPath expression finds in the message of an exchange.
pub fn text_at(expression: &str, exchange: &Exchange, facts: &Facts) -> Option<String> {
    let received = Received::of(exchange);
    let Content::Xml(document, node) = &received.content else {
        return None;
    };
    let found = evaluate_expression(expression, document, *node, facts).ok()?;
    found.texts.into_iter().next()
}

/// The code of the SOAP fault that an exchange is, by its local name.
pub fn fault_code(exchange: &Exchange) -> Option<String> {
    Some(Received::of(exchange).fault()?.code)
}

fn connection(expect: &Expect, got: &Got<'_>) -> Judgment {
    let at = expect.transport.as_ref().map_or(expect.at, |one| one.at);
    let wanted = expect
        .transport
        .as_ref()
        .map_or(TransportExpectation::Answered, |one| one.value);
    let verdict = wanted.is_met(got.arrival.map(drop));
    if verdict == Verdict::Pass {
        return Judgment::held("transport", at);
    }
    let expected = match wanted {
        TransportExpectation::Answered => "ok",
        TransportExpectation::FailsAnyhow => "fails",
        TransportExpectation::Fails(problem) => problem.name(),
    };
    let found = got.arrival.err().map_or("ok", TransportProblem::name);
    let mut args = Args::new().with("expected", expected).with("found", found);
    for (name, key) in [("expected", expected), ("found", found)] {
        in_words(&mut args, name, |texts| {
            word(&texts.transport, key).to_string()
        });
    }
    if verdict == Verdict::Undecided {
        in_words(&mut args, "reason", |texts| {
            let found = word(&texts.transport, found);
            fill(word(&texts.transport, "not-seen"), &[("found", found)])
        });
        let finding = Finding {
            kind: Kind::Undecided,
            ..tool_finding("KK-SC-VERBINDING", args, Place::default())
        };
        return Judgment {
            expectation: "transport",
            at,
            verdict,
            finding: Some(finding),
        };
    }
    match got.arrival.err() {
        Some(problem) => advise(&mut args, problem.rule()),
        None => in_words(&mut args, "advice", |texts| {
            word(&texts.transport, "must-refuse").to_string()
        }),
    }
    let finding = tool_finding("KK-SC-VERBINDING", args, Place::default());
    Judgment::broken("transport", at, finding)
}

fn status_is(status: &Placed<Vec<super::expect::StatusRange>>, exchange: &Exchange) -> Judgment {
    let found = exchange.http.as_ref().and_then(|http| http.status());
    let Some(found) = found else {
        return Judgment::undecided("status", status.at, "KK-SC-STATUS", "no-http-status");
    };
    if status.value.iter().any(|range| range.contains(found)) {
        return Judgment::held("status", status.at);
    }
    let expected: Vec<Arc<str>> = status
        .value
        .iter()
        .map(|range| range.to_string().into())
        .collect();
    let args = Args::new()
        .with("expected", expected)
        .with("found", u64::from(found));
    Judgment::broken(
        "status",
        status.at,
        tool_finding("KK-SC-STATUS", args, Place::default()),
    )
}

fn fault_is(fault: &Placed<FaultExpectation>, received: &Received) -> Judgment {
    let found = received.fault();
    let broken = |code: &str, args: Args, place: Place| {
        Judgment::broken("fault", fault.at, tool_finding(code, args, place))
    };
    match (&fault.value, found) {
        (FaultExpectation::None, None) | (FaultExpectation::Any, Some(_)) => {
            Judgment::held("fault", fault.at)
        }
        (FaultExpectation::Code(wanted), Some(found)) if **wanted == *found.code => {
            Judgment::held("fault", fault.at)
        }
        (FaultExpectation::None, Some(found)) => {
            let args = Args::new()
                .with("found", found.code)
                .with("text", found.text);
            broken("KK-SC-FAULT", args, found.place)
        }
        (FaultExpectation::Any, None) => {
            broken("KK-SC-FAULT-ONTBREEKT", Args::new(), Place::default())
        }
        (FaultExpectation::Code(wanted), None) => {
            let args = Args::new().with("expected", Arc::clone(wanted));
            broken("KK-SC-FAULT-ONTBREEKT", args, Place::default())
        }
        (FaultExpectation::Code(wanted), Some(found)) => {
            let args = Args::new()
                .with("expected", Arc::clone(wanted))
                .with("found", found.code);
            broken("KK-SC-FAULT-CODE", args, found.place)
        }
    }
}

/// Whether a message has no finding that has it sent back, and no rule that
/// could not be judged. `clean: false` expects nothing.
fn is_clean(clean: &Placed<bool>, got: &Got<'_>) -> Option<Judgment> {
    if !clean.value {
        return None;
    }
    let at = clean.at;
    let Some(judged) = got.judged else {
        return Some(Judgment::undecided(
            "clean",
            at,
            "KK-SC-SCHOON",
            "not-judged",
        ));
    };
    let grave: Vec<&Reported> = judged
        .findings
        .iter()
        .filter(|finding| finding.kind == Kind::Violation && finding.class == Class::Foutmelding)
        .collect();
    if let Some(first) = grave.first() {
        let mut codes: Vec<Arc<str>> = Vec::new();
        for finding in &grave {
            let code: Arc<str> = finding.code.as_str().into();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        let args = Args::new().with("count", grave.len()).with("codes", codes);
        let finding = tool_finding("KK-SC-SCHOON", args, place_of(first));
        return Some(Judgment::broken("clean", at, finding));
    }
    // A check that did not run is no pass, whatever the class of its rule: as
    // `check` has it.
    let open = judged
        .findings
        .iter()
        .any(|finding| finding.kind == Kind::Undecided && !got.brings_about(finding));
    let says_nothing = judged.findings.is_empty() && judged.judgement.verdict == Verdict::Undecided;
    Some(match judged.judgement.verdict {
        Verdict::NotApplicable => {
            let finding = tool_finding("KK-SC-GEEN-BERICHT", Args::new(), Place::default());
            Judgment::broken("clean", at, finding)
        }
        _ if open || says_nothing => Judgment::undecided("clean", at, "KK-SC-SCHOON", "not-judged"),
        _ => Judgment::held("clean", at),
    })
}

fn has_finding(code: &Placed<Arc<str>>, judged: Option<&Judged>) -> Judgment {
    let (at, rule) = (code.at, "KK-SC-BEVINDING-ONTBREEKT");
    let Some(judged) = judged else {
        return Judgment::undecided("finding", at, rule, "not-judged");
    };
    let mut found = judged
        .findings
        .iter()
        .filter(|finding| *finding.code == *code.value);
    let kinds: Vec<Kind> = found.by_ref().map(|finding| finding.kind).collect();
    if kinds.contains(&Kind::Violation) {
        Judgment::held("finding", at)
    } else if kinds.contains(&Kind::Undecided) || judged.more > 0 {
        Judgment::undecided("finding", at, rule, "not-judged")
    } else {
        let args = Args::new().with("code", Arc::clone(&code.value));
        Judgment::broken("finding", at, tool_finding(rule, args, Place::default()))
    }
}

fn has_no_finding(code: &Placed<Arc<str>>, judged: Option<&Judged>) -> Judgment {
    let (at, rule) = (code.at, "KK-SC-BEVINDING");
    let Some(judged) = judged else {
        return Judgment::undecided("no-finding", at, rule, "not-judged");
    };
    let of_code = |kind: Kind| {
        judged
            .findings
            .iter()
            .find(|finding| *finding.code == *code.value && finding.kind == kind)
    };
    if let Some(found) = of_code(Kind::Violation) {
        let args = Args::new().with("code", Arc::clone(&code.value));
        Judgment::broken("no-finding", at, tool_finding(rule, args, place_of(found)))
    } else if of_code(Kind::Undecided).is_some() || judged.more > 0 {
        Judgment::undecided("no-finding", at, rule, "not-judged")
    } else {
        Judgment::held("no-finding", at)
    }
}

/// What an answer says of the message it answers: the first signals of BRON and
/// foutmeldingen of verzuim and RIO (30-bron-po.md, terugkoppeling).
const TOLD: &str = "for $said in (.//*:signaal | .//*:foutmelding)[position() <= 3] \
    return string-join(($said/(*:code | *:foutcode), $said/(*:omschrijving | *:fouttekst)), ' ')";

fn asserted(
    assertion: &Assertion,
    received: &Received,
    values: &mut Values,
    facts: &Facts,
) -> Judgment {
    let at = assertion.test.at;
    let rule = "KK-SC-BEWERING";
    let expression = match values.xpath(&assertion.test) {
        Ok(expression) => expression,
        Err(error) => return Judgment::of_value("assert", &error),
    };
    let Content::Xml(document, node) = &received.content else {
        return Judgment::broken("assert", at, no_message(received));
    };
    let found = match evaluate_expression(&expression, document, *node, facts) {
        Ok(found) => found,
        Err(reason) => return Judgment::undecided("assert", at, rule, &reason.0),
    };
    match found.truth {
        Some(true) => Judgment::held("assert", at),
        Some(false) => {
            // The expression as the script has it: its values may be personal.
            let mut args = Args::new().with("test", assertion.test.to_string());
            if let Some(says) = &assertion.says {
                args.push("says-nl", Arc::clone(&says.nl));
                args.push("says-en", Arc::clone(&says.en));
            }
            let side = looked_at(&expression, received, facts);
            if let Some((value, _)) = &side {
                args.push("found", value.clone());
            }
            if let Ok(told) = evaluate_expression(TOLD, document, *node, facts)
                && !told.texts.is_empty()
            {
                let class = DataClass::of("omschrijving", ["signaal"]);
                let told = told.texts.join("; ");
                let told = told.trim_end_matches('.');
                args.push("told", MessageValue::said(told, class));
            }
            let place = side
                .map(|(_, place)| place)
                .or(found.place)
                .unwrap_or_default();
            Judgment::broken("assert", at, tool_finding(rule, args, place))
        }
        None => Judgment::undecided("assert", at, rule, "dynamic-error"),
    }
}

/// What stands left of a comparison, where the expression is a plain one: that
/// is what the reader wants to see.
fn looked_at(
    expression: &str,
    received: &Received,
    facts: &Facts,
) -> Option<(MessageValue, Place)> {
    let Content::Xml(document, node) = &received.content else {
        return None;
    };
    let (left, _) = expression.split_once('=')?;
    let left = left.trim_end_matches(['!', '<', '>', ' ']).trim();
    let plain = !left.is_empty() && !left.contains(['\'', '"', '(', '[']);
    let found = plain
        .then(|| evaluate_expression(left, document, *node, facts).ok())
        .flatten()?;
    let place = found.place?;
    let name = place.path.rsplit("*:").next().unwrap_or_default();
    let name = name.split('[').next().unwrap_or_default();
    let ancestors = place.path.rsplit("/*:").skip(1).take(3);
    let class = DataClass::of(name, ancestors);
    let value = MessageValue::new(found.texts.first()?.as_str(), class);
    Some((value, place))
}

fn no_message(received: &Received) -> Finding {
    let found = received.content.word();
    let mut args = Args::new().with("found", found);
    in_words(&mut args, "found", |texts| match found {
        "-" => texts.finding.nothing.clone(),
        "?" => texts.finding.unreadable.clone(),
        known => known.to_string(),
    });
    tool_finding("KK-SC-GEEN-BERICHT", args, Place::default())
}

/// Whether `text` is what `pattern` says, in which `*` stands for anything.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn header_is(header: &HeaderExpectation, exchange: &Exchange, values: &mut Values) -> Judgment {
    let found = exchange
        .http
        .as_ref()
        .and_then(|http| http.header(&header.name));
    let wanted = match &header.value {
        None => None,
        Some(text) => match values.text(text) {
            Ok(text) => Some(text),
            Err(error) => return Judgment::of_value("headers", &error),
        },
    };
    let holds = match (&wanted, found) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wanted), Some(found)) => matches(wanted, found),
    };
    if holds {
        return Judgment::held("headers", header.at);
    }
    let pattern = wanted.as_deref().unwrap_or("*");
    let mut args = Args::new().with("name", Arc::clone(&header.name)).with(
        "expected",
        MessageValue::plain(pattern).beside(found.unwrap_or_default()),
    );
    if wanted.is_none() {
        in_words(&mut args, "expected", |texts| {
            texts.finding.something.clone()
        });
    }
    if let Some(found) = found {
        args.push("found", MessageValue::plain(found).beside(pattern));
    }
    let finding = tool_finding("KK-SC-HEADER", args, Place::default());
    Judgment::broken("headers", header.at, finding)
}

fn tls_is(versions: &Placed<Vec<Arc<str>>>, exchange: &Exchange) -> Judgment {
    let Some(tls) = &exchange.tls else {
        return Judgment::undecided("tls", versions.at, "KK-SC-TLS", "no-tls-facts");
    };
    if versions
        .value
        .iter()
        .any(|version| **version == *tls.version)
    {
        return Judgment::held("tls", versions.at);
    }
    let args = Args::new()
        .with("expected", versions.value.clone())
        .with("found", tls.version.as_str());
    Judgment::broken(
        "tls",
        versions.at,
        tool_finding("KK-SC-TLS", args, Place::default()),
    )
}

fn in_time(within: &Placed<Duration>, took: Duration) -> Judgment {
    if took <= within.value {
        return Judgment::held("within", within.at);
    }
    let args = Args::new()
        .with("expected", format!("{:?}", within.value))
        .with("found", format!("{took:.1?}"));
    Judgment::broken(
        "within",
        within.at,
        tool_finding("KK-SC-TIJD", args, Place::default()),
    )
}

fn place_of(finding: &Reported) -> Place {
    Place {
        span: None,
        start: finding.start,
        end: finding.end,
        path: finding.path.clone(),
        words: finding.words.clone(),
        keyed: finding.keyed.clone(),
    }
}
