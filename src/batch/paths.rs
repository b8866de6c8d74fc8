//! Which parts of a message feed its record: `[record]` in
//! `schemas/batch/gegevens.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

use crate::document::LocalPath;
use crate::facts::{FactError, Problem, SourceText};

/// A field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the field of its name in the file")]
pub enum Field {
    Document,
    DatumTijd,
    Instellingscode,
    Bsn,
    Onderwijsnummer,
    NieuwBsn,
    NieuwOnderwijsnummer,
    Inschrijvingvolgnummer,
    DatumInschrijving,
    DatumUitschrijving,
    PeriodeBegin,
    PeriodeLeerjaar,
    PeriodeBeschikkingsnummer,
    Adviesvolgnummer,
    Adviesjaar,
    Toetsjaar,
    Beschikkingsnummer,
    Begindatum,
    Einddatum,
    Verzuimsoort,
    Meldingsnummer,
    Status,
    MutatieDatum,
    MutatieTijd,
}

impl Field {
    const ALL: [(Field, &'static str); 24] = [
        (Field::Document, "document"),
        (Field::DatumTijd, "datum-tijd"),
        (Field::Instellingscode, "instellingscode"),
        (Field::Bsn, "bsn"),
        (Field::Onderwijsnummer, "onderwijsnummer"),
        (Field::NieuwBsn, "nieuw-bsn"),
        (Field::NieuwOnderwijsnummer, "nieuw-onderwijsnummer"),
        (Field::Inschrijvingvolgnummer, "inschrijvingvolgnummer"),
        (Field::DatumInschrijving, "datum-inschrijving"),
        (Field::DatumUitschrijving, "datum-uitschrijving"),
        (Field::PeriodeBegin, "periode.begin"),
        (Field::PeriodeLeerjaar, "periode.leerjaar"),
        (
            Field::PeriodeBeschikkingsnummer,
            "periode.beschikkingsnummer",
        ),
        (Field::Adviesvolgnummer, "adviesvolgnummer"),
        (Field::Adviesjaar, "adviesjaar"),
        (Field::Toetsjaar, "toetsjaar"),
        (Field::Beschikkingsnummer, "beschikkingsnummer"),
        (Field::Begindatum, "begindatum"),
        (Field::Einddatum, "einddatum"),
        (Field::Verzuimsoort, "verzuimsoort"),
        (Field::Meldingsnummer, "meldingsnummer"),
        (Field::Status, "status"),
        (Field::MutatieDatum, "mutatie-datum"),
        (Field::MutatieTijd, "mutatie-tijd"),
    ];

    /// The field's name in the file.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(field, _)| *field == self)
            // Every field stands in the table; a test counts them.
            .map_or("", |(_, name)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        // What repeats in a list of reports has the names of the message.
        let name = name.strip_prefix("geval.").unwrap_or(name);
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|&(field, _)| field)
    }
}

/// What kind of message an element is to the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Other,
    Enrolment,
    EnrolmentRemoval,
    Advice,
    AdviceRemoval,
    TestResult,
    Statement,
    Absence,
    AbsenceState,
    AbsenceChange,
    AbsenceWithdrawal,
    NewNumber,
}

const KINDS: [(Kind, &str); 11] = [
    (Kind::Enrolment, "inschrijving"),
    (Kind::EnrolmentRemoval, "verwijdering-inschrijving"),
    (Kind::Advice, "advies"),
    (Kind::AdviceRemoval, "verwijdering-advies"),
    (Kind::TestResult, "toets"),
    (Kind::Statement, "tlv"),
    (Kind::Absence, "verzuim"),
    (Kind::AbsenceState, "verzuim-stand"),
    (Kind::AbsenceChange, "verzuim-mutatie"),
    (Kind::AbsenceWithdrawal, "verzuim-intrekking"),
    (Kind::NewNumber, "nummerwijziging"),
];

const KIND_NAMES: &str = "inschrijving, verwijdering-inschrijving, advies, verwijdering-advies, \
    toets, tlv, verzuim, verzuim-stand, verzuim-mutatie, verzuim-intrekking, nummerwijziging";

/// The paths of one message element.
#[derive(Debug)]
pub(super) struct MessagePaths {
    /// Local name of the element.
    pub root: Box<str>,
    pub kind: Kind,
    /// Whether the message is of the sector bo.
    pub bo: bool,
    /// Element that repeats, whose fields are read per occurrence.
    pub each: Vec<LocalPath>,
    fields: BTreeMap<Field, Vec<LocalPath>>,
    /// Fields that are read below each occurrence of `each`.
    repeated: BTreeMap<Field, Vec<LocalPath>>,
    /// A value that the message does not carry.
    pub fixed_status: Option<u8>,
}

impl MessagePaths {
    /// The paths of a field below the message element, in order of trial.
    pub fn field(&self, field: Field) -> &[LocalPath] {
        self.fields.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The paths of a field below an occurrence of `each`.
    pub fn repeated(&self, field: Field) -> &[LocalPath] {
        self.repeated.get(&field).map_or(&[], Vec::as_slice)
    }
}

/// The paths of all messages.
#[derive(Debug)]
pub struct RecordPaths {
    default: MessagePaths,
    messages: Vec<MessagePaths>,
    by_root: BTreeMap<Box<str>, usize>,
    /// Codes of verzuimsoort that are a 16-uur report.
    sixteen_hours: Vec<Box<str>>,
}

impl RecordPaths {
    /// Reads the paths.
    ///
    /// # Errors
    /// What the file lacks or says wrongly, with the key.
    pub fn from_toml(source: &SourceText) -> Result<Self, FactError> {
        let file: File = source.read()?;
        let default = read_message(source, "record.default", "*", file.record.default)?;
        let mut messages = Vec::with_capacity(file.record.message.len());
        let mut by_root = BTreeMap::new();
        for (root, entry) in file.record.message {
            let key = format!("record.message.{root}");
            let mut message = read_message(source, &key, &root, entry)?;
            for (field, paths) in &default.fields {
                let own = message.fields.entry(*field);
                own.or_insert_with(|| paths.clone());
            }
            by_root.insert(root.into(), messages.len());
            messages.push(message);
        }
        let sixteen_hours = file.record.values.sixteen_hours;
        Ok(Self {
            default,
            messages,
            by_root,
            sixteen_hours: sixteen_hours.into_iter().map(Box::from).collect(),
        })
    }

    /// The number of the element `root` among those of the file.
    pub(super) fn index(&self, root: &str) -> Option<usize> {
        self.by_root.get(root).copied()
    }

    /// The paths of the element with that number, else those of any message.
    pub(super) fn message(&self, index: usize) -> &MessagePaths {
        self.messages.get(index).unwrap_or(&self.default)
    }

    /// How many elements the file knows.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn is_sixteen_hours(&self, kind: &str) -> bool {
        self.sixteen_hours.iter().any(|code| **code == *kind)
    }

    /// The fields that are read of a message element and the paths on which
    /// they are looked for, the ones below a repeated element with it in
    /// front. So that an official package can be asked whether it has them.
    pub fn fields(&self, root: &str) -> Vec<(Field, Vec<String>)> {
        let Some(message) = self.index(root).map(|index| self.message(index)) else {
            return Vec::new();
        };
        let join = |path: &LocalPath| path.steps().collect::<Vec<_>>().join("/");
        let own = message
            .fields
            .iter()
            .map(|(&field, paths)| (field, paths.iter().map(join).collect()));
        let repeated = message.repeated.iter().map(|(&field, paths)| {
            let each = message.each.iter().flat_map(|each| {
                let each = join(each);
                paths
                    .iter()
                    .map(move |path| format!("{each}/{}", join(path)))
            });
            (field, each.collect())
        });
        own.chain(repeated).collect()
    }
}

#[derive(Deserialize)]
struct File {
    record: RecordSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordSection {
    default: toml::Table,
    message: BTreeMap<String, toml::Table>,
    values: Values,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    #[serde(rename = "verzuimsoort-16-uur")]
    sixteen_hours: Vec<String>,
}

fn read_message(
    source: &SourceText,
    key: &str,
    root: &str,
    table: toml::Table,
) -> Result<MessagePaths, FactError> {
    let mut message = MessagePaths {
        root: root.into(),
        kind: Kind::Other,
        bo: false,
        each: Vec::new(),
        fields: BTreeMap::new(),
        repeated: BTreeMap::new(),
        fixed_status: None,
    };
    for (name, value) in table {
        let key = format!("{key}.{name}");
        match (name.as_str(), value) {
            ("kind", Value::String(kind)) => {
                let known = KINDS.iter().find(|(_, name)| *name == kind);
                let Some((kind, _)) = known else {
                    let problem = Problem::Unknown(kind, KIND_NAMES);
                    return Err(source.error(key, problem));
                };
                message.kind = *kind;
            }
            ("sector", Value::String(sector)) => message.bo = sector == "bo",
            ("each", value) => message.each = read_paths(source, &key, value)?,
            ("fixed", Value::Table(fixed)) => {
                message.fixed_status = match fixed.get("status") {
                    Some(Value::String(status)) => status.bytes().next(),
                    _ => return Err(source.error(key, Problem::Missing("status".into()))),
                };
            }
            ("periode" | "geval", Value::Table(fields)) => {
                for (field, value) in fields {
                    let name = format!("{name}.{field}");
                    let key = format!("{key}.{field}");
                    let field = field_named(source, &key, &name)?;
                    let paths = read_paths(source, &key, value)?;
                    message.repeated.insert(field, paths);
                }
            }
            (name, value) => {
                let field = field_named(source, &key, name)?;
                let paths = read_paths(source, &key, value)?;
                message.fields.insert(field, paths);
            }
        }
    }
    Ok(message)
}

fn field_named(source: &SourceText, key: &str, name: &str) -> Result<Field, FactError> {
    Field::parse(name).ok_or_else(|| {
        let problem = Problem::Unknown(name.to_string(), "the fields of a record");
        source.error(key, problem)
    })
}

fn read_paths(source: &SourceText, key: &str, value: Value) -> Result<Vec<LocalPath>, FactError> {
    let wrong = |text: String| {
        source.error(
            key,
            Problem::Unknown(text, "lists of local names with slashes between them"),
        )
    };
    let Value::Array(values) = value else {
        return Err(wrong(value.to_string()));
    };
    values
        .into_iter()
        .map(|value| match value {
            Value::String(text) => LocalPath::parse(&text).ok_or_else(|| wrong(text)),
            other => Err(wrong(other.to_string())),
        })
        .collect()
}
