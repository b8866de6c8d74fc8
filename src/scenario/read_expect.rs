//! Reading what a script expects.

use std::sync::Arc;

use super::expect::{
    Assertion, Expect, FaultExpectation, HeaderExpectation, JsonExpectation, JsonMust, StatusRange,
    TransportExpectation,
};
use super::model::{Placed, PlacedCode};
use super::read::Reader;
use super::read_message::status_code;
use super::step::Extract;
use super::text::{Piece, Text};
use crate::check::shipped_facts;
use crate::clock::Clock;
use crate::document::{Fields, Mistake, Spot, Yaml, YamlValue};
use crate::facts::Profile;
use crate::rules::{check_expression, expression_reads, holds_of_anything};
use crate::transport::TransportProblem;

/// The versions of TLS, as their specification writes them.
const TLS_VERSIONS: [(&str, &str); 2] = [("TLSv1.2", "TLSv1.2"), ("TLSv1.3", "TLSv1.3")];

impl Reader<'_> {
    /// What must hold; nothing when the script does not say.
    pub fn expect(&mut self, yaml: Option<&Yaml>, step: Spot) -> Expect {
        let Some(yaml) = yaml else {
            return Expect::nothing(step);
        };
        let mut expect = Expect::nothing(yaml.spot);
        let before = self.mistakes.len();
        let Some(mut fields) = Fields::of(yaml, &mut self.mistakes) else {
            return expect;
        };
        let status = fields.optional("status");
        let fault = fields.optional("fault");
        let clean = fields.optional("clean");
        let finding = fields.list("finding", &mut self.mistakes);
        let no_finding = fields.list("no-finding", &mut self.mistakes);
        let assertions = fields.list("assert", &mut self.mistakes);
        let json = fields.list("json", &mut self.mistakes);
        let headers = fields.optional("headers");
        let transport = fields.optional("transport");
        let tls = fields.optional("tls");
        let within = fields.optional("within");
        fields.finish(&mut self.mistakes);

        expect.status = status.and_then(|status| self.statuses(status));
        expect.fault = fault.and_then(|fault| self.fault(fault));
        expect.clean = clean.and_then(|clean| {
            Some(Placed {
                at: clean.spot,
                value: clean.truth(&mut self.mistakes)?,
            })
        });
        expect.finding = self.codes(finding);
        expect.no_finding = self.codes(no_finding);
        expect.assertions = assertions
            .iter()
            .filter_map(|assertion| self.assertion(assertion))
            .collect();
        expect.json = json.iter().filter_map(|one| self.json(one)).collect();
        expect.headers = headers
            .map(|headers| self.headers(headers))
            .unwrap_or_default();
        expect.transport = transport.and_then(|transport| self.transport(transport));
        expect.tls_versions = tls.and_then(|tls| self.tls(tls));
        expect.within = within.and_then(|within| {
            Some(Placed {
                at: within.spot,
                value: self.real_time(within)?,
            })
        });
        if expect.is_nothing() && before == self.mistakes.len() {
            self.mistakes
                .push(Mistake::new(yaml.spot, "expects-nothing"));
        }
        expect
    }

    /// Codes of rules.
    pub(super) fn codes(&mut self, list: &[Yaml]) -> Vec<PlacedCode> {
        list.iter()
            .filter_map(|code| self.placed_line(code))
            .collect()
    }

    fn statuses(&mut self, yaml: &Yaml) -> Option<Placed<Vec<StatusRange>>> {
        let items = match &yaml.value {
            YamlValue::List(items) => items.as_slice(),
            _ => std::slice::from_ref(yaml),
        };
        let ranges: Vec<StatusRange> = items
            .iter()
            .filter_map(|item| self.status_range(item))
            .collect();
        if items.is_empty() {
            self.mistakes.push(Mistake::new(yaml.spot, "empty-list"));
        }
        Some(Placed {
            at: yaml.spot,
            value: ranges,
        })
    }

    fn status_range(&mut self, yaml: &Yaml) -> Option<StatusRange> {
        let hundred = match &yaml.value {
            YamlValue::Scalar { text, .. } => text
                .strip_suffix("xx")
                .and_then(|digit| digit.parse::<u16>().ok())
                .filter(|digit| (1..6).contains(digit)),
            _ => None,
        };
        if let Some(hundred) = hundred {
            return Some(StatusRange {
                from: hundred * 100,
                to: hundred * 100 + 99,
            });
        }
        let code = status_code(yaml, &mut self.mistakes)?;
        Some(StatusRange {
            from: code,
            to: code,
        })
    }

    fn fault(&mut self, yaml: &Yaml) -> Option<Placed<FaultExpectation>> {
        let value = match yaml.to_json() {
            serde_json::Value::Bool(true) => FaultExpectation::Any,
            serde_json::Value::Bool(false) => FaultExpectation::None,
            _ => FaultExpectation::Code(self.line(yaml)?),
        };
        Some(Placed {
            at: yaml.spot,
            value,
        })
    }

    fn assertion(&mut self, yaml: &Yaml) -> Option<Assertion> {
        let (test, says) = match &yaml.value {
            YamlValue::Map(_) => {
                let mut fields = Fields::of(yaml, &mut self.mistakes)?;
                let test = fields.required("test", &mut self.mistakes);
                let says = fields.required("text", &mut self.mistakes);
                fields.finish(&mut self.mistakes);
                let says = says.and_then(|says| self.bilingual(says));
                (test?, says)
            }
            _ => (yaml, None),
        };
        let test = self.xpath(test)?;
        Some(Assertion { test, says })
    }

    /// An XPath expression.
    fn xpath(&mut self, yaml: &Yaml) -> Option<Text> {
        let text = self.text(yaml)?;
        if let Err(reason) = check_expression(&as_expression(&text)) {
            let mut mistake = Mistake::new(yaml.spot, "xpath").with("reason", reason.key());
            if let Some(name) = reason.name() {
                mistake = mistake.with("name", name);
            }
            self.mistakes.push(mistake);
            return None;
        }
        Some(text)
    }

    /// A JSONPath.
    fn json_path(&mut self, yaml: &Yaml) -> Option<Text> {
        let text = self.text(yaml)?;
        let written = sample(&text);
        if let Err(error) = serde_json_path::JsonPath::parse(&written) {
            self.mistakes.push(
                Mistake::new(yaml.spot, "json-path")
                    .with("column", (error.position() + 1).to_string()),
            );
            return None;
        }
        Some(text)
    }

    /// Where a captured value is found.
    pub fn extract(&mut self, yaml: &Yaml) -> Option<Extract> {
        match &yaml.value {
            YamlValue::Scalar { text, .. } if text.starts_with('$') && !text.starts_with("${") => {
                self.json_path(yaml).map(Extract::JsonPath)
            }
            YamlValue::Scalar { text, .. } if **text == *"status" => Some(Extract::Status),
            YamlValue::Scalar { .. } => self.xpath(yaml).map(Extract::XPath),
            _ => {
                let mut fields = Fields::of(yaml, &mut self.mistakes)?;
                let header = fields.required("header", &mut self.mistakes);
                fields.finish(&mut self.mistakes);
                header
                    .and_then(|header| self.line(header))
                    .map(Extract::Header)
            }
        }
    }

    fn json(&mut self, yaml: &Yaml) -> Option<JsonExpectation> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let path = fields.required("path", &mut self.mistakes);
        let equals = fields.optional("equals");
        let matches = fields.optional("matches");
        let exists = fields.optional("exists");
        let count = fields.optional("count");
        let before = self.mistakes.len();
        fields.finish(&mut self.mistakes);
        let path = path.and_then(|path| self.json_path(path));
        let must = match (equals, matches, exists, count) {
            (Some(equals), None, None, None) => self.given("", equals).map(JsonMust::Equal),
            (None, Some(matches), None, None) => self.text(matches).map(JsonMust::Match),
            (None, None, Some(exists), None) => {
                exists.truth(&mut self.mistakes).map(JsonMust::Exist)
            }
            (None, None, None, Some(count)) => count.count(&mut self.mistakes).map(JsonMust::Count),
            _ => {
                if before == self.mistakes.len() {
                    self.mistakes.push(Mistake::new(yaml.spot, "one-must"));
                }
                None
            }
        };
        Some(JsonExpectation {
            path: path?,
            must: must?,
        })
    }

    fn headers(&mut self, yaml: &Yaml) -> Vec<HeaderExpectation> {
        let entries = yaml.entries(&mut self.mistakes);
        entries
            .iter()
            .filter_map(|(key, value)| {
                let value = match value.to_json() {
                    serde_json::Value::Bool(true) => None,
                    _ => Some(self.text(value)?),
                };
                Some(HeaderExpectation {
                    at: key.spot,
                    name: (&*key.name).into(),
                    value,
                })
            })
            .collect()
    }

    fn transport(&mut self, yaml: &Yaml) -> Option<Placed<TransportExpectation>> {
        let failures = TransportProblem::ALL
            .into_iter()
            .map(|problem| (problem.name(), TransportExpectation::Fails(problem)));
        let known: Vec<(&str, TransportExpectation)> = [
            ("ok", TransportExpectation::Answered),
            ("fails", TransportExpectation::FailsAnyhow),
        ]
        .into_iter()
        .chain(failures)
        .collect();
        Some(Placed {
            at: yaml.spot,
            value: yaml.one_of(&known, &mut self.mistakes)?,
        })
    }

    fn tls(&mut self, yaml: &Yaml) -> Option<Placed<Vec<Arc<str>>>> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let versions = fields.required("version", &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        let versions = versions?;
        let list = versions.list(&mut self.mistakes);
        let value = list
            .iter()
            .filter_map(|one| one.one_of(&TLS_VERSIONS, &mut self.mistakes))
            .map(std::convert::Into::into)
            .collect();
        Some(Placed {
            at: versions.spot,
            value,
        })
    }
}

impl Text {
    /// Whether it is an XPath that no message can make otherwise.
    pub(super) fn is_constant(&self) -> bool {
        let expression = as_expression(self);
        let reads = expression_reads(&expression);
        // What an assertion may ask of the facts of a run, these have not.
        let facts = || shipped_facts(Clock::system(), Profile::Test);
        reads.is_some_and(|reads| !reads.anything || holds_of_anything(&expression, &facts()))
    }
}

/// An expression with something in the place of each value, so that it can be
/// read before they are known.
pub(super) fn as_expression(text: &Text) -> String {
    let mut filled = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Literal(literal) => filled.push_str(literal),
            Piece::Value(_) => {
                let value = super::expression::in_xpath(&filled, "0");
                filled.push_str(&value);
            }
        }
    }
    filled
}

/// The same for a JSONPath.
pub(super) fn sample(text: &Text) -> String {
    let mut filled = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Literal(literal) => filled.push_str(literal),
            Piece::Value(_) => {
                let value = super::expression::in_json_path(&filled, "0");
                filled.push_str(&value);
            }
        }
    }
    filled
}
