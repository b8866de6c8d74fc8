//! From the errors of the JSON Schema engine to one finding per mistake.
//!
//! The engine reports every keyword that fails. A person made one mistake: a
//! value that breaks format, pattern and length at once gets the most telling
//! of the three, a misspelt member is not missing as well, and of a choice
//! only the branch that was meant speaks.

use std::collections::{BTreeMap, HashMap, HashSet};

use jsonschema::error::{TypeKind, ValidationErrorKind as E};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::compile::SchemaSources;
use crate::document::{Document, NodeId, PlaceOf, nearest};
use crate::finding::{Arg, Args, Class, DataClass, Finding, Grade, Kind, MessageValue};
use crate::limits::MAX_FINDINGS_PER_MESSAGE;

/// The codes that a JSON schema finding can have.
pub const JSON_CODES: [&str; 11] = [
    MISSING, UNKNOWN, TYPE, VALUE, FORMAT, LENGTH, PATTERN, RANGE, COUNT, CHOICE, OTHER,
];

const MISSING: &str = "KK-JSON-ONTBREEKT";
const UNKNOWN: &str = "KK-JSON-ONBEKEND";
const TYPE: &str = "KK-JSON-TYPE";
const VALUE: &str = "KK-JSON-WAARDE";
const FORMAT: &str = "KK-JSON-FORMAAT";
const LENGTH: &str = "KK-JSON-LENGTE";
const PATTERN: &str = "KK-JSON-PATROON";
const RANGE: &str = "KK-JSON-BEREIK";
const COUNT: &str = "KK-JSON-AANTAL";
const CHOICE: &str = "KK-JSON-KEUZE";
const OTHER: &str = "KK-JSON-OVERIG";

/// Errors of the engine that are looked at for one message. A message with
/// more is wrong as a whole.
const MAX_ERRORS: usize = 100_000;

/// What a schema says of a message.
#[derive(Debug, Clone, Default)]
pub struct SchemaFindings {
    /// One finding per mistake, in order of place, at most
    /// [`MAX_FINDINGS_PER_MESSAGE`].
    pub findings: Vec<Finding>,
    /// Mistakes beyond the limit, counted only.
    pub more: u64,
}

impl SchemaFindings {
    /// Nothing could be judged: the document is not JSON.
    pub(super) fn undecided(document: &Document) -> Self {
        let mistake = Mistake {
            kind: Kind::Undecided,
            ..Mistake::new(document.root_element(), OTHER, "type")
        };
        Self {
            findings: vec![mistake.finding(document)],
            more: 0,
        }
    }
}

/// The findings for the engine's errors on `document`.
pub(super) fn findings<'e>(
    document: &Document,
    errors: impl Iterator<Item = ValidationError<'e>>,
    sources: &SchemaSources,
) -> SchemaFindings {
    let mut reader = Reader {
        document,
        sources,
        members: HashMap::new(),
        entries: HashMap::new(),
    };
    let mut mistakes = Vec::new();
    for error in errors.take(MAX_ERRORS) {
        mistakes.extend(reader.mistakes(&error));
    }
    let mut mistakes = one_per_mistake(mistakes);
    mistakes.sort_by_key(|mistake| (mistake.node, mistake.expected_member.clone()));
    let more = mistakes.len().saturating_sub(MAX_FINDINGS_PER_MESSAGE) as u64;
    mistakes.truncate(MAX_FINDINGS_PER_MESSAGE);
    SchemaFindings {
        findings: mistakes
            .into_iter()
            .map(|mistake| mistake.finding(document))
            .collect(),
        more,
    }
}

/// One thing wrong at one value.
#[derive(Debug, Clone)]
struct Mistake {
    node: NodeId,
    code: &'static str,
    kind: Kind,
    keyword: String,
    /// The member that is missing.
    expected_member: Option<String>,
    /// The known member that an unknown one was probably meant to be.
    nearest: Option<String>,
    expected: Option<Arg>,
}

impl Mistake {
    fn new(node: NodeId, code: &'static str, keyword: &str) -> Self {
        Self {
            node,
            code,
            kind: Kind::Violation,
            keyword: keyword.to_string(),
            expected_member: None,
            nearest: None,
            expected: None,
        }
    }

    fn expecting(mut self, expected: impl Into<Arg>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Which of several mistakes at one value tells most.
    fn rank(&self) -> usize {
        let order = [
            TYPE, VALUE, FORMAT, LENGTH, PATTERN, RANGE, COUNT, CHOICE, OTHER,
        ];
        order
            .iter()
            .position(|&code| code == self.code)
            .unwrap_or(order.len())
    }

    fn finding(self, document: &Document) -> Finding {
        let mut args = Args::new();
        match &self.expected_member {
            // A name of the schema, not of the message.
            Some(member) => args.push("element", member.as_str()),
            None => {
                let name = document.local_name(self.node);
                args.push("element", MessageValue::new(name, DataClass::Plain));
            }
        }
        args.push("keyword", self.keyword.as_str());
        let is_container = document
            .elements(self.node)
            .next()
            .is_some_and(|child| document.is_element(child));
        let shape = shape_of(document, self.node);
        args.push("found", shape);
        if !is_container && !matches!(shape, "object" | "array") && self.code != UNKNOWN {
            args.push("value", document.message_value(self.node));
            args.push("length", document.value(self.node).chars().count());
        }
        if let Some(expected) = self.expected {
            args.push("expected", expected);
        }
        if let Some(nearest) = self.nearest {
            args.push("nearest", nearest);
        }
        let of = match self.code {
            UNKNOWN => PlaceOf::Name,
            _ => PlaceOf::Value,
        };
        Finding {
            code: self.code.into(),
            kind: self.kind,
            class: Class::Foutmelding,
            grade: Grade::Reconstructed,
            source: "JSON Schema".into(),
            contract: None,
            args,
            place: document.place(self.node, of),
        }
    }
}

/// What JSON type a value has as it is written.
fn shape_of(document: &Document, node: NodeId) -> &'static str {
    let span = document.span(node);
    match document.source().as_bytes().get(span.start) {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// Keeps one mistake per value, and one per member that is missing or unknown.
fn one_per_mistake(mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let mut wrong_values: BTreeMap<NodeId, Mistake> = BTreeMap::new();
    let mut members = Vec::new();
    let mut seen = HashSet::new();
    for mistake in mistakes {
        if matches!(mistake.code, MISSING | UNKNOWN) {
            if seen.insert((mistake.node, mistake.expected_member.clone())) {
                members.push(mistake);
            }
            continue;
        }
        match wrong_values.entry(mistake.node) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(mistake);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                if mistake.rank() < place.get().rank() {
                    place.insert(mistake);
                }
            }
        }
    }
    // A value that may not be there at all is not wrong as well.
    for unknown in members.iter().filter(|mistake| mistake.code == UNKNOWN) {
        wrong_values.remove(&unknown.node);
    }
    members.extend(wrong_values.into_values());
    members
}

struct Reader<'d> {
    document: &'d Document,
    sources: &'d SchemaSources,
    /// Members and entries of containers that were looked into, so that a
    /// thousand errors in one array do not walk it a thousand times.
    members: HashMap<NodeId, HashMap<&'d str, NodeId>>,
    entries: HashMap<NodeId, Vec<NodeId>>,
}

impl<'d> Reader<'d> {
    /// The mistakes that one error of the engine stands for.
    fn mistakes(&mut self, error: &ValidationError<'_>) -> Vec<Mistake> {
        let node = self.node(error.instance_path());
        let keyword = error.kind().keyword();
        let mistake = |code| Mistake::new(node, code, keyword);
        let one = match error.kind() {
            E::Required { property } => {
                let mut missing = mistake(MISSING);
                missing.expected_member = property.as_str().map(str::to_string);
                if let (Some(name), Some(known)) =
                    (&missing.expected_member, self.known_members(error))
                {
                    return self.missing_or_misspelt(missing.clone(), name, &known);
                }
                missing
            }
            E::AdditionalProperties { unexpected } | E::UnevaluatedProperties { unexpected } => {
                return self.unknown_members(node, error, unexpected);
            }
            E::FalseSchema => mistake(UNKNOWN),
            E::PropertyNames { error: inner } => {
                let name = inner.instance().as_str().unwrap_or("");
                let member = self.member(node, name).unwrap_or(node);
                Mistake::new(member, UNKNOWN, keyword)
            }
            E::Type { kind } => mistake(TYPE).expecting(type_names(kind)),
            E::Enum { options } => mistake(VALUE).expecting(options_of(options)),
            E::Constant { expected_value } => {
                mistake(VALUE).expecting(vec![written(expected_value).into()])
            }
            E::Format { format } => mistake(FORMAT).expecting(format.as_str()),
            E::Pattern { pattern } => mistake(PATTERN).expecting(pattern.as_str()),
            E::BacktrackLimitExceeded { .. } | E::RegexEngineFailure { .. } => Mistake {
                kind: Kind::Undecided,
                ..mistake(PATTERN)
            },
            E::MinLength { limit } => mistake(LENGTH).expecting(format!("≥ {limit}")),
            E::MaxLength { limit } => mistake(LENGTH).expecting(format!("≤ {limit}")),
            E::Minimum { limit } => mistake(RANGE).expecting(format!("≥ {limit}")),
            E::Maximum { limit } => mistake(RANGE).expecting(format!("≤ {limit}")),
            E::ExclusiveMinimum { limit } => mistake(RANGE).expecting(format!("> {limit}")),
            E::ExclusiveMaximum { limit } => mistake(RANGE).expecting(format!("< {limit}")),
            E::MultipleOf { multiple_of } => mistake(RANGE).expecting(format!("n × {multiple_of}")),
            E::MinItems { limit } | E::MinProperties { limit } => {
                mistake(COUNT).expecting(format!("≥ {limit}"))
            }
            E::MaxItems { limit } | E::MaxProperties { limit } => {
                mistake(COUNT).expecting(format!("≤ {limit}"))
            }
            E::AdditionalItems { limit } => mistake(COUNT).expecting(format!("≤ {limit}")),
            E::UniqueItems => self.repeated_entry(node, error),
            E::AnyOf { context } | E::OneOfNotValid { context } => {
                return self.nearest_branch(node, keyword, context);
            }
            E::OneOfMultipleValid { context } => mistake(CHOICE).expecting(context.len()),
            E::Referencing(_) => Mistake {
                kind: Kind::Undecided,
                ..mistake(OTHER)
            },
            _ => mistake(OTHER),
        };
        vec![one]
    }

    /// A required member that is absent; nothing when the object has an
    /// unknown member that is plainly the same, misspelt, and is reported so.
    fn missing_or_misspelt(&mut self, missing: Mistake, name: &str, known: &Known) -> Vec<Mistake> {
        let misspelt = known.closed
            && self
                .document
                .elements(missing.node)
                .map(|member| self.document.local_name(member))
                .filter(|member| !known.names.contains(member))
                .any(|member| nearest(member, known.names.iter().copied()) == Some(name));
        if misspelt { vec![] } else { vec![missing] }
    }

    fn unknown_members(
        &mut self,
        node: NodeId,
        error: &ValidationError<'_>,
        unexpected: &[String],
    ) -> Vec<Mistake> {
        let known = self.known_members(error).unwrap_or_default();
        let absent: Vec<&str> = {
            let present: HashSet<&str> = self
                .document
                .elements(node)
                .map(|member| self.document.local_name(member))
                .collect();
            let names = known.names.iter().copied();
            names.filter(|name| !present.contains(name)).collect()
        };
        let mut names: Vec<std::sync::Arc<str>> =
            known.names.iter().map(|&name| name.into()).collect();
        names.truncate(MAX_FINDINGS_PER_MESSAGE);
        unexpected
            .iter()
            .map(|name| {
                let member = self.member(node, name).unwrap_or(node);
                let mut unknown = Mistake::new(member, UNKNOWN, error.kind().keyword());
                unknown.nearest = nearest(name, absent.iter().copied())
                    .or_else(|| nearest(name, known.names.iter().copied()))
                    .map(str::to_string);
                unknown.expecting(names.clone())
            })
            .collect()
    }

    /// The members that the schema around the failing keyword knows.
    fn known_members(&self, error: &ValidationError<'_>) -> Option<Known<'d>> {
        let address = error.absolute_keyword_location().map(|uri| uri.as_str());
        let schema = self
            .sources
            .schema_around(address, error.schema_path().as_str())
            .or_else(|| {
                self.sources
                    .schema_around(address, error.evaluation_path().as_str())
            })?;
        let closed = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|keyword| schema.get(keyword) == Some(&Value::Bool(false)));
        let properties = schema.get("properties")?.as_object()?;
        Some(Known {
            names: properties.keys().map(String::as_str).collect(),
            closed,
        })
    }

    /// The second of two equal entries of an array.
    fn repeated_entry(&mut self, array: NodeId, error: &ValidationError<'_>) -> Mistake {
        let mut seen = HashSet::new();
        let entries = error.instance().as_array();
        let repeated = entries.and_then(|entries| {
            let mut entries = entries.iter();
            entries.position(|entry| !seen.insert(entry.to_string()))
        });
        let place = repeated.and_then(|index| self.entry(array, index));
        Mistake::new(place.unwrap_or(array), COUNT, error.kind().keyword())
    }

    /// The mistakes in the branch of a choice that was probably meant, or one
    /// mistake that says that no branch fits.
    fn nearest_branch(
        &mut self,
        node: NodeId,
        keyword: &str,
        branches: &[Vec<ValidationError<'static>>],
    ) -> Vec<Mistake> {
        let branches: Vec<Vec<Mistake>> = branches
            .iter()
            .map(|errors| {
                let mistakes = errors.iter().flat_map(|error| self.mistakes(error));
                one_per_mistake(mistakes.collect())
            })
            .collect();
        // A branch that refuses the value's type, or a value that tells the
        // branches apart, was not meant.
        let refuses = |branch: &[Mistake]| {
            branch.iter().any(|mistake| {
                let at_value = mistake.node == node && mistake.code == TYPE;
                let tells_apart = mistake.code == VALUE
                    && (mistake.node == node || self.document.parent(mistake.node) == Some(node));
                at_value || tells_apart
            })
        };
        let mut meant: Vec<&Vec<Mistake>> =
            branches.iter().filter(|branch| !refuses(branch)).collect();
        meant.sort_by_key(|branch| branch.len());
        match meant[..] {
            [only] => return only.clone(),
            [first, second, ..] if first.len() == 1 && second.len() > 1 => return first.clone(),
            _ => {}
        }
        // Nothing was meant: perhaps all branches refuse the same thing.
        let any_type = united(&branches, TYPE, |mistake| mistake.node == node);
        let of_its_type: Vec<&Vec<Mistake>> = branches
            .iter()
            .filter(|branch| !branch.iter().any(|m| m.node == node && m.code == TYPE))
            .collect();
        let any_value = || {
            let comparable =
                of_its_type.len() == branches.len() || shape_of(self.document, node) == "string";
            let told_apart = united(of_its_type.iter().copied(), VALUE, |mistake| {
                mistake.node == node || self.document.parent(mistake.node) == Some(node)
            });
            told_apart.filter(|_| comparable)
        };
        if let Some(mistake) = any_type.or_else(any_value) {
            return vec![mistake];
        }
        let choice = Mistake::new(node, CHOICE, keyword);
        vec![choice.expecting(branches.len())]
    }

    fn node(&mut self, path: &Location) -> NodeId {
        let mut node = self.document.root_element();
        for segment in path.segments() {
            let next = match segment {
                LocationSegment::Property(name) => self.member(node, &name),
                LocationSegment::Index(index) => self.entry(node, index),
            };
            // The engine only names what is there.
            let Some(next) = next else { break };
            node = next;
        }
        node
    }

    /// The member of that name; the last where it occurs more than once, as
    /// the engine's own reader takes it.
    fn member(&mut self, object: NodeId, name: &str) -> Option<NodeId> {
        let document = self.document;
        let members = self.members.entry(object).or_insert_with(|| {
            let members = document.elements(object);
            members
                .map(|member| (document.local_name(member), member))
                .collect()
        });
        members.get(name).copied()
    }

    fn entry(&mut self, array: NodeId, index: usize) -> Option<NodeId> {
        let document = self.document;
        let entries = self
            .entries
            .entry(array)
            .or_insert_with(|| document.elements(array).collect());
        entries.get(index).copied()
    }
}

/// The members that a schema knows, and whether it refuses others.
#[derive(Default)]
struct Known<'s> {
    names: Vec<&'s str>,
    closed: bool,
}

/// One mistake for branches that all refuse the same value for the same
/// reason, with everything that they allow together.
fn united<'m>(
    branches: impl IntoIterator<Item = &'m Vec<Mistake>>,
    code: &str,
    counts: impl Fn(&Mistake) -> bool,
) -> Option<Mistake> {
    let mut united: Option<Mistake> = None;
    for branch in branches {
        let mut mistakes = branch.iter();
        let mistake = mistakes.find(|mistake| mistake.code == code && counts(mistake))?;
        let Some(whole) = &mut united else {
            united = Some(mistake.clone());
            continue;
        };
        if whole.node != mistake.node {
            return None;
        }
        if let (Some(Arg::Terms(all)), Some(Arg::Terms(terms))) =
            (&mut whole.expected, &mistake.expected)
        {
            let new = terms.iter().filter(|term| !all.contains(term));
            let new: Vec<_> = new.cloned().collect();
            all.extend(new);
        }
    }
    united
}

fn type_names(kind: &TypeKind) -> Vec<std::sync::Arc<str>> {
    let name = |json_type: JsonType| json_type.as_str().into();
    match kind {
        TypeKind::Single(json_type) => vec![name(*json_type)],
        TypeKind::Multiple(types) => types.iter().map(name).collect(),
    }
}

fn options_of(options: &Value) -> Vec<std::sync::Arc<str>> {
    match options {
        Value::Array(options) => options.iter().map(|o| written(o).into()).collect(),
        other => vec![written(other).into()],
    }
}

/// A value of a schema as a reader would type it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
