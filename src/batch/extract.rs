//! A message into its records.

use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::paths::{Field, Kind, MessagePaths, RecordPaths};
use super::record::{Absence, AbsenceState, Content, Enrolment, Moment, Record, StatementUse};
use super::values::{Day, DocumentId, Institution, Person, Short, Spot};
use crate::document::{Document, LocalPath, NodeId};
use crate::facts::iso_date;
use crate::limits::{MAX_RECORD_NAMES, MAX_RECORD_STATEMENTS};

/// Reads the records of messages along the paths of the rule file. Shared by
/// the threads of a run.
#[derive(Debug)]
pub struct Extractor {
    paths: RecordPaths,
    /// Names of message elements that the paths do not know, numbered after
    /// those they do.
    names: RwLock<Vec<Box<str>>>,
}

/// The name of message elements beyond [`MAX_RECORD_NAMES`].
const ANY: &str = "*";

impl Extractor {
    /// An extractor along these paths.
    pub fn new(paths: RecordPaths) -> Self {
        Self {
            paths,
            names: RwLock::default(),
        }
    }

    /// The paths that are read.
    pub fn paths(&self) -> &RecordPaths {
        &self.paths
    }

    /// What the batch needs of a message: `message` is its outermost element
    /// below the envelope, `input` the number of the input, by which findings
    /// name it. Empty when there is nothing to remember of it; several records
    /// for an answer that lists absence reports.
    ///
    /// A value that cannot be read (a date that is none, a number of eight
    /// digits) is left out: the schema or a rule over the message says so, and
    /// one mistake is one finding.
    pub fn extract(&self, document: &Document, message: NodeId, input: u32) -> Vec<Record> {
        let root = document.local_name(message);
        let index = self.paths.index(root);
        let paths = self.paths.message(index.unwrap_or(usize::MAX));
        let reader = Reader {
            document,
            node: message,
            paths,
            number: None,
        };
        let identification = reader.find(Field::Document);
        let document_id = identification.and_then(|(node, _)| {
            let value = document.value(node);
            DocumentId::new(&value)
        });
        let record = Record {
            sent: reader.sent(),
            document: document_id,
            content: Content::Other,
            person: reader.person(Field::Bsn, Field::Onderwijsnummer),
            institution: reader.institution(),
            name: digest(root),
            message: match index {
                Some(index) => index as u16,
                None => self.number_of(root),
            },
            enveloped: document.parent(message) != Some(NodeId::ROOT),
            document_spot: identification
                .map_or_else(Spot::default, |(node, path)| reader.spot(node, path)),
            spot: Spot::default(),
            input,
        };
        let mut records = Vec::new();
        if paths.kind == Kind::AbsenceState && !paths.each.is_empty() {
            self.listed(&reader, &record, &mut records);
        } else if let Some((content, spot)) = reader.content() {
            records.push(Record {
                content,
                spot,
                ..record.clone()
            });
        }
        if records.is_empty() && record.document.is_some() {
            records.push(record);
        } else if let Some(first) = records.first_mut() {
            // The message has one identification, however much it lists.
            first.document = record.document;
        }
        records
    }

    /// One record for every report of a list.
    fn listed(&self, reader: &Reader<'_>, record: &Record, records: &mut Vec<Record>) {
        let Some((each, nodes)) = reader.occurrences() else {
            return;
        };
        let several = nodes.len() > 1;
        for (index, node) in nodes.into_iter().enumerate() {
            let number = if several { clamp(index + 1) } else { 0 };
            let below = Reader {
                node,
                number: Some((each, number)),
                ..*reader
            };
            let Some((content, spot)) = below.absence_state() else {
                continue;
            };
            records.push(Record {
                content,
                spot,
                document: None,
                person: below
                    .person(Field::Bsn, Field::Onderwijsnummer)
                    .or(record.person),
                institution: below.institution().or(record.institution),
                ..record.clone()
            });
        }
    }

    /// The paths of the message element with that number, and its name.
    pub(super) fn message(&self, number: u16) -> (&MessagePaths, String) {
        let index = usize::from(number);
        let paths = self.paths.message(index);
        let name = if index < self.paths.len() {
            paths.root.to_string()
        } else {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            let name = names.get(index - self.paths.len());
            name.map_or(ANY, |name| name).to_string()
        };
        (paths, name)
    }

    /// The number of an element that the paths do not know.
    fn number_of(&self, root: &str) -> u16 {
        let known = |names: &Vec<Box<str>>| names.iter().position(|name| **name == *root);
        let numbered = |index| clamp(self.paths.len() + index);
        if let Some(index) = known(&self.names.read().unwrap_or_else(PoisonError::into_inner)) {
            return numbered(index);
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = known(&names) {
            return numbered(index);
        }
        if names.len() < MAX_RECORD_NAMES {
            names.push(root.into());
            return numbered(names.len() - 1);
        }
        u16::MAX
    }
}

/// Reads the fields of one message, or of one report that it lists.
#[derive(Clone, Copy)]
struct Reader<'a> {
    document: &'a Document,
    node: NodeId,
    paths: &'a MessagePaths,
    /// Within a list: which of the paths of `each`, and the number of the
    /// occurrence.
    number: Option<(u8, u16)>,
}

impl<'a> Reader<'a> {
    fn field(&self, field: Field) -> &'a [LocalPath] {
        match self.number {
            Some(_) => self.paths.repeated(field),
            None => self.paths.field(field),
        }
    }

    /// The element of a field and which of its paths led there.
    fn find(&self, field: Field) -> Option<(NodeId, u8)> {
        find(self.document, self.node, self.field(field))
    }

    fn text(&self, field: Field) -> Option<std::borrow::Cow<'a, str>> {
        let (node, _) = self.find(field)?;
        Some(self.document.value(node))
    }

    fn short<const N: usize>(&self, field: Field) -> Option<Short<N>> {
        Short::new(&self.text(field)?)
    }

    fn day(&self, field: Field) -> Option<Day> {
        iso_date(&self.text(field)?).map(Day::of)
    }

    /// A day that may be left out; the outer `None` is for one that cannot be
    /// read.
    fn optional_day(&self, field: Field) -> Option<Option<Day>> {
        match self.text(field) {
            Some(text) => iso_date(&text).map(|date| Some(Day::of(date))),
            None => Some(None),
        }
    }

    fn year(&self, field: Field) -> Option<i16> {
        self.text(field)?.trim().parse().ok()
    }

    fn person(&self, bsn: Field, onderwijsnummer: Field) -> Option<Person> {
        let number = self.text(bsn).and_then(|text| Person::bsn(&text));
        number.or_else(|| Person::onderwijsnummer(&self.text(onderwijsnummer)?))
    }

    fn institution(&self) -> Option<Institution> {
        let text = self.text(Field::Instellingscode)?;
        text.trim().as_bytes().try_into().ok()
    }

    fn sent(&self) -> Option<Moment> {
        let sent: Timestamp = self.text(Field::DatumTijd)?.trim().parse().ok()?;
        Some(Moment(sent.as_microsecond()))
    }

    /// When DUO last changed a report. The contract has date and time apart,
    /// without a zone: they are compared among each other only.
    fn changed(&self) -> Option<Moment> {
        let date = iso_date(&self.text(Field::MutatieDatum)?)?;
        let time: Time = self.text(Field::MutatieTijd)?.trim().parse().ok()?;
        let at = TimeZone::UTC
            .to_timestamp(DateTime::from_parts(date, time))
            .ok()?;
        Some(Moment(at.as_microsecond()))
    }

    fn spot(&self, node: NodeId, path: u8) -> Spot {
        let span = self.document.value_span(node);
        let position = self.document.position(span.start);
        let (each, number) = self.number.unwrap_or_default();
        Spot {
            // The gate lets nothing pass that needs more than 32 bits.
            offset: (self.document.skipped() + span.start) as u32,
            length: clamp(span.len()),
            column: clamp(position.column as usize),
            line: position.line,
            number,
            path: each << 4 | path,
        }
    }

    fn spot_of(&self, field: Field) -> Spot {
        self.find(field)
            .map_or_else(Spot::default, |(node, path)| self.spot(node, path))
    }

    /// The occurrences of the repeated element, and by which path.
    fn occurrences(&self) -> Option<(u8, Vec<NodeId>)> {
        self.paths.each.iter().zip(0..16).find_map(|(path, index)| {
            let nodes = path.all(self.document, self.node);
            (!nodes.is_empty()).then_some((index, nodes))
        })
    }

    fn content(&self) -> Option<(Content, Spot)> {
        let no_spot = Spot::default();
        Some(match self.paths.kind {
            Kind::Other => return None,
            Kind::Enrolment => {
                let enrolment = self.enrolment()?;
                (
                    Content::Enrolment(enrolment),
                    self.spot_of(Field::DatumInschrijving),
                )
            }
            Kind::EnrolmentRemoval => {
                let number = self.short(Field::Inschrijvingvolgnummer)?;
                (Content::EnrolmentRemoval { number }, no_spot)
            }
            Kind::Advice => {
                let number = self.short(Field::Adviesvolgnummer)?;
                let year = self.year(Field::Adviesjaar)?;
                (Content::Advice { number, year }, no_spot)
            }
            Kind::AdviceRemoval => {
                let number = self.short(Field::Adviesvolgnummer)?;
                (Content::AdviceRemoval { number }, no_spot)
            }
            Kind::TestResult => {
                let year = self.year(Field::Toetsjaar)?;
                (Content::TestResult { year }, no_spot)
            }
            Kind::Statement => {
                let content = Content::Statement {
                    number: self.short(Field::Beschikkingsnummer)?,
                    begin: self.day(Field::Begindatum)?,
                    end: self.optional_day(Field::Einddatum)?.unwrap_or(Day::OPEN),
                };
                (content, no_spot)
            }
            Kind::Absence => (
                Content::Absence(self.absence()?),
                self.spot_of(Field::Begindatum),
            ),
            Kind::AbsenceState => self.absence_state()?,
            Kind::AbsenceChange => {
                let content = Content::AbsenceChange {
                    number: self.short(Field::Meldingsnummer)?,
                    copy: self.changed(),
                    kind: self.short(Field::Verzuimsoort),
                    begin: self.day(Field::Begindatum),
                    end: self.day(Field::Einddatum),
                };
                (content, self.spot_of(Field::MutatieDatum))
            }
            Kind::AbsenceWithdrawal => {
                let content = Content::AbsenceWithdrawal {
                    number: self.short(Field::Meldingsnummer)?,
                    status: self.paths.fixed_status?,
                };
                (content, self.spot_of(Field::Meldingsnummer))
            }
            Kind::NewNumber => {
                let new = self.person(Field::NieuwBsn, Field::NieuwOnderwijsnummer)?;
                (Content::NewNumber { new }, no_spot)
            }
        })
    }

    fn enrolment(&self) -> Option<Enrolment> {
        let mut enrolment = Enrolment {
            number: self.short(Field::Inschrijvingvolgnummer)?,
            begin: self.day(Field::DatumInschrijving)?,
            end: self
                .optional_day(Field::DatumUitschrijving)?
                .unwrap_or(Day::OPEN),
            last_year_from: None,
            number_spot: self.spot_of(Field::Inschrijvingvolgnummer),
            leerjaar_spot: Spot::default(),
            statements: Box::default(),
            more_statements: false,
        };
        let Some((each, nodes)) = self.occurrences() else {
            return Some(enrolment);
        };
        let several = nodes.len() > 1;
        let periods: Vec<Reader<'_>> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| Reader {
                node,
                number: Some((each, if several { clamp(index + 1) } else { 0 })),
                ..*self
            })
            .collect();
        if let Some(last) = periods.last()
            && self.paths.bo
            && last
                .text(Field::PeriodeLeerjaar)
                .is_some_and(|text| text.trim() == "8")
        {
            enrolment.last_year_from = last.day(Field::PeriodeBegin);
            enrolment.leerjaar_spot = last.spot_of(Field::PeriodeLeerjaar);
        }
        let mut statements: Vec<StatementUse> = Vec::new();
        for (index, period) in periods.iter().enumerate() {
            let Some(begin) = period.day(Field::PeriodeBegin) else {
                continue;
            };
            let Some(number) = period.short(Field::PeriodeBeschikkingsnummer) else {
                continue;
            };
            let next = periods
                .get(index + 1)
                .and_then(|next| next.day(Field::PeriodeBegin));
            let end = next.map_or(enrolment.end, Day::previous);
            let full = statements.len() == MAX_RECORD_STATEMENTS;
            match statements.last_mut() {
                // Periods in a row on one statement are one use of it.
                Some(last) if last.number == number && last.end.next() == begin => last.end = end,
                _ if full => {
                    enrolment.more_statements = true;
                    break;
                }
                _ => statements.push(StatementUse {
                    number,
                    begin,
                    end,
                    spot: period.spot_of(Field::PeriodeBeschikkingsnummer),
                }),
            }
        }
        enrolment.statements = statements.into();
        Some(enrolment)
    }

    fn absence(&self) -> Option<Absence> {
        Some(Absence {
            kind: self.short(Field::Verzuimsoort)?,
            begin: self.day(Field::Begindatum)?,
            end: self.optional_day(Field::Einddatum)?,
        })
    }

    fn absence_state(&self) -> Option<(Content, Spot)> {
        let status = self.text(Field::Status);
        let state = AbsenceState {
            number: self.short(Field::Meldingsnummer)?,
            // Statuses are single letters; the value list judges others.
            status: status.and_then(|text| match text.trim().as_bytes() {
                &[letter] => Some(letter),
                _ => None,
            }),
            changed: self.changed(),
            listed: self.number.is_some(),
            begin_spot: self.spot_of(Field::Begindatum),
            absence: self.absence(),
        };
        Some((
            Content::AbsenceState(Box::new(state)),
            self.spot_of(Field::Status),
        ))
    }
}

fn find(document: &Document, node: NodeId, paths: &[LocalPath]) -> Option<(NodeId, u8)> {
    paths
        .iter()
        .zip(0..16)
        .find_map(|(path, index)| Some((path.first(document, node)?, index)))
}

/// A number that equal names share (FNV-1a), for the order of records only.
fn digest(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A length, column or number for a place, at most what fits.
fn clamp(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}
