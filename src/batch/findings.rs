//! What the rules found, as findings.

use std::sync::Arc;

use jiff::Timestamp;

use super::catalogue::{BatchRule, BatchRules};
use super::extract::Extractor;
use super::judge::{Detail, Hit};
use super::paths::Field;
use super::record::{Content, Enrolment, Moment, Record};
use super::values::{Day, Institution, Short, Spot};
use crate::finding::{
    Arg, Args, Class, DataClass, Finding, Judgement, MessageValue, Place, Position, Verdict,
};

/// What stands for a day or number that is not known or not yet there, in
/// every language.
const UNKNOWN: &str = "…";

/// A judged batch.
#[derive(Debug)]
pub struct Judged {
    extractor: Arc<Extractor>,
    rules: BatchRules,
    records: Vec<Record>,
    hits: Vec<Hit>,
    outcomes: [RuleOutcome; BatchRule::ALL.len()],
}

/// How one rule fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: BatchRule,
    /// How many things it was judged on; zero when nothing in the batch is of
    /// its kind.
    pub applied: u64,
    /// How many times it was broken.
    pub broken: u64,
    /// How many times it could not be judged.
    pub undecided: u64,
}

impl RuleOutcome {
    /// The verdict of the rule by itself: broken is a failure, whatever its
    /// class.
    pub fn verdict(&self) -> Verdict {
        match (self.applied, self.broken, self.undecided) {
            (_, 1.., _) => Verdict::Fail,
            (_, _, 1..) => Verdict::Undecided,
            (1.., _, _) => Verdict::Pass,
            _ => Verdict::NotApplicable,
        }
    }
}

/// A finding over several messages.
#[derive(Debug, Clone)]
pub struct BatchFound {
    /// The finding; its place is in the first input.
    pub finding: Finding,
    /// Numbers of the inputs it is about, the one to look at first.
    pub inputs: Vec<u32>,
}

impl Judged {
    pub(super) fn new(
        extractor: Arc<Extractor>,
        rules: BatchRules,
        records: Vec<Record>,
        hits: Vec<Hit>,
        outcomes: [RuleOutcome; BatchRule::ALL.len()],
    ) -> Self {
        Self {
            extractor,
            rules,
            records,
            hits,
            outcomes,
        }
    }

    /// How each rule fared, in the order of [`BatchRule::ALL`].
    pub fn outcomes(&self) -> &[RuleOutcome] {
        &self.outcomes
    }

    /// The verdict of each rule with its grade, to be folded into that of the
    /// run. A rule of a lighter class than `fail_on` does not fail.
    pub fn judgements(&self, fail_on: Class) -> impl Iterator<Item = Judgement> {
        self.outcomes.iter().map(move |outcome| {
            let entry = self.rules.entry(outcome.rule);
            let counted = RuleOutcome {
                broken: if entry.class < fail_on {
                    0
                } else {
                    outcome.broken
                },
                ..*outcome
            };
            match counted.verdict() {
                Verdict::NotApplicable => Judgement::NOT_APPLICABLE,
                verdict => Judgement::new(verdict, entry.grade),
            }
        })
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// The findings by input, each made when it is asked for: a batch may have
    /// as many as it has messages. `input` names an input by its number, for
    /// the argument `ander` of the texts.
    pub fn findings<'a>(
        &'a self,
        input: impl Fn(u32) -> Arg + 'a,
    ) -> impl ExactSizeIterator<Item = BatchFound> + 'a {
        self.hits.iter().map(move |hit| self.found(hit, &input))
    }

    fn found(&self, hit: &Hit, input: impl Fn(u32) -> Arg) -> BatchFound {
        let record = self.record(hit.record);
        let other = self.record(hit.other);
        let mut args = self.args(hit, record, other);
        if hit.other != hit.record {
            args.push("ander", input(other.input));
        }
        if let Some(person) = record.person {
            let value = MessageValue::new(person.text(), DataClass::PersonNumber);
            args.push("leerling", value);
        }
        let mut inputs = vec![record.input];
        if other.input != record.input {
            inputs.push(other.input);
        }
        let entry = self.rules.entry(hit.rule);
        BatchFound {
            finding: Finding {
                code: entry.code.clone(),
                kind: hit.kind,
                class: entry.class,
                grade: entry.grade,
                source: entry.source.clone(),
                contract: None,
                args,
                place: self.place(hit, record),
            },
            inputs,
        }
    }

    fn record(&self, index: u32) -> &Record {
        // Hits are made of the indices of these records.
        &self.records[index as usize]
    }

    fn args(&self, hit: &Hit, record: &Record, other: &Record) -> Args {
        let args = Args::new();
        if let Detail::Lacking(what) = hit.detail {
            return args.with("ontbreekt", what);
        }
        match (hit.rule, &record.content, &other.content) {
            (BatchRule::DocumentDubbel, _, _) => {
                let id = record.document.and_then(|id| id.text());
                args.with("document", plain(id))
            }
            (
                BatchRule::NieuwVolgnummer,
                Content::Enrolment(later),
                Content::Enrolment(earlier),
            ) => args
                .with("volgnummer", short(&later.number))
                .with("eerder", short(&earlier.number))
                .with("datum", day(later.begin))
                .with("instelling", institution(record.institution)),
            (
                BatchRule::DubbeleInschrijving,
                Content::Enrolment(next),
                Content::Enrolment(before),
            ) => args
                .with("van", day(next.begin))
                .with("tot", day(next.end.min(before.end)))
                .with("instelling", institution(record.institution))
                .with("andere-instelling", institution(other.institution)),
            (BatchRule::Aansluiting, Content::Enrolment(next), Content::Enrolment(before)) => args
                .with("datum", day(next.begin))
                .with("uitschrijving", day(before.end))
                .with("verwacht", day(before.end.next()))
                .with("andere-instelling", institution(other.institution)),
            (BatchRule::AdviesOntbreekt, Content::Enrolment(enrolment), _) => {
                last_year(args, enrolment, "adviesjaar")
            }
            (BatchRule::ToetsOntbreekt, Content::Enrolment(enrolment), _) => {
                last_year(args, enrolment, "toetsjaar")
            }
            (BatchRule::TlvTeldatum, _, Content::Statement { number, begin, end }) => {
                let args = args
                    .with("beschikkingsnummer", short(number))
                    .with("begin", day(*begin))
                    .with("einde", day(*end));
                match hit.detail {
                    Detail::Statement { teldatum, .. } => args.with("teldatum", day(teldatum)),
                    _ => args,
                }
            }
            (BatchRule::VerzuimOverlap, _, _) => match hit.detail {
                Detail::Absences {
                    begin,
                    other_begin,
                    other_end,
                } => args
                    .with("begin", day(begin))
                    .with("eerder-begin", day(other_begin))
                    .with("eerder-einde", day(other_end)),
                _ => args,
            },
            (BatchRule::VerzuimOpen, reported, Content::Enrolment(enrolment)) => {
                let kind = match reported {
                    Content::Absence(absence) => Some(&absence.kind),
                    Content::AbsenceState(state) => state.absence.as_ref().map(|a| &a.kind),
                    _ => None,
                };
                let kind = kind.and_then(Short::text);
                let args = args
                    .with("verzuimsoort", plain(kind.map(str::to_string)))
                    .with("uitschrijving", day(enrolment.end));
                match hit.detail {
                    Detail::Absences { begin, .. } => args.with("begin", day(begin)),
                    _ => args,
                }
            }
            (
                BatchRule::VerzuimVerouderd,
                Content::AbsenceChange { number, copy, .. },
                Content::AbsenceState(known),
            ) => args
                .with("meldingsnummer", short(number))
                .with("stand", moment(*copy))
                .with("laatste", moment(known.changed)),
            (BatchRule::VerzuimStatus, content, _) => {
                let number = match content {
                    Content::AbsenceState(known) => Some(&known.number),
                    Content::AbsenceWithdrawal { number, .. } => Some(number),
                    _ => None,
                };
                let args = args.with("meldingsnummer", number.map_or_else(unknown, short));
                match hit.detail {
                    Detail::Step { from, to } => args
                        .with("van", char::from(from).to_string())
                        .with("naar", char::from(to).to_string()),
                    _ => args,
                }
            }
            // Every rule is broken by records of these kinds only.
            _ => args,
        }
    }

    fn place(&self, hit: &Hit, record: &Record) -> Place {
        let (field, spot, key) = match (hit.rule, &record.content) {
            (BatchRule::DocumentDubbel, _) => (Field::Document, record.document_spot, None),
            (BatchRule::NieuwVolgnummer, Content::Enrolment(enrolment)) => {
                (Field::Inschrijvingvolgnummer, enrolment.number_spot, None)
            }
            (
                BatchRule::AdviesOntbreekt | BatchRule::ToetsOntbreekt,
                Content::Enrolment(enrolment),
            ) => (
                Field::PeriodeLeerjaar,
                enrolment.leerjaar_spot,
                enrolment.last_year_from,
            ),
            (BatchRule::TlvTeldatum, Content::Enrolment(enrolment)) => {
                let index = match hit.detail {
                    Detail::Statement { index, .. } => usize::from(index),
                    _ => usize::MAX,
                };
                match enrolment.statements.get(index) {
                    Some(used) => (
                        Field::PeriodeBeschikkingsnummer,
                        used.spot,
                        Some(used.begin),
                    ),
                    None => (Field::DatumInschrijving, record.spot, None),
                }
            }
            (BatchRule::VerzuimOverlap | BatchRule::VerzuimOpen, Content::AbsenceState(state)) => {
                (Field::Begindatum, state.begin_spot, None)
            }
            (_, Content::Absence(_)) => (Field::Begindatum, record.spot, None),
            (_, Content::AbsenceState(_)) => (Field::Status, record.spot, None),
            (_, Content::AbsenceChange { .. }) => (Field::MutatieDatum, record.spot, None),
            (_, Content::AbsenceWithdrawal { .. }) => (Field::Meldingsnummer, record.spot, None),
            _ => (Field::DatumInschrijving, record.spot, None),
        };
        self.spot_place(record, field, spot, key)
    }

    /// The place of a field, as [`crate::document::Document::place`] would
    /// give it: the document itself is long gone.
    fn spot_place(&self, record: &Record, field: Field, spot: Spot, period: Option<Day>) -> Place {
        let (paths, root) = self.extractor.message(record.message);
        let envelope = if record.enveloped {
            "/*:Envelope/*:Body"
        } else {
            ""
        };
        let mut place = Place {
            path: format!("{envelope}/*:{root}"),
            words: root.clone(),
            keyed: format!("/{root}"),
            ..Place::default()
        };
        if spot.line == 0 {
            return place;
        }
        let (each, path) = (usize::from(spot.path >> 4), usize::from(spot.path & 15));
        let repeated = paths.repeated(field).get(path);
        if let Some(each) = paths.each.get(each)
            && repeated.is_some()
        {
            for step in each.steps() {
                place.push(step);
            }
            if spot.number > 0 {
                place.path.push_str(&format!("[{}]", spot.number));
                place.words.push_str(&format!(" {}", spot.number));
                match period.and_then(Day::date) {
                    Some(begin) => {
                        place.words.push_str(&format!(" (datumBegin {begin})"));
                        place.keyed.push_str(&format!("[datumBegin={begin}]"));
                    }
                    None => place.keyed.push_str(&format!("[{}]", spot.number)),
                }
            }
        }
        for step in repeated
            .or_else(|| paths.field(field).get(path))
            .into_iter()
            .flat_map(|path| path.steps())
        {
            place.push(step);
        }
        let (start, length) = (spot.offset as usize, usize::from(spot.length));
        let column = u32::from(spot.column);
        place.span = Some(start..start + length);
        place.start = Some(Position {
            line: spot.line,
            column,
        });
        place.end = Some(Position {
            line: spot.line,
            // What rules over a batch point at is written in ASCII.
            column: column + u32::from(spot.length),
        });
        place
    }
}

trait Step {
    fn push(&mut self, step: &str);
}

impl Step for Place {
    fn push(&mut self, step: &str) {
        self.path.push_str("/*:");
        self.path.push_str(step);
        self.words.push_str(" › ");
        self.words.push_str(step);
        self.keyed.push('/');
        self.keyed.push_str(step);
    }
}

fn plain(text: Option<String>) -> Arg {
    match text {
        Some(text) => MessageValue::new(text, DataClass::Plain).into(),
        None => unknown(),
    }
}

fn unknown() -> Arg {
    UNKNOWN.into()
}

fn short<const N: usize>(value: &Short<N>) -> Arg {
    plain(value.text().map(str::to_string))
}

fn day(day: Day) -> Arg {
    plain(day.date().map(|date| date.to_string()))
}

fn institution(code: Option<Institution>) -> Arg {
    plain(code.map(|code| String::from_utf8_lossy(&code).into_owned()))
}

/// A local moment as the message writes it, date and time apart.
fn moment(moment: Option<Moment>) -> Arg {
    let at = moment.and_then(|moment| Timestamp::from_microsecond(moment.0).ok());
    plain(at.map(|at| {
        let written = jiff::tz::TimeZone::UTC.to_datetime(at);
        format!("{} {}", written.date(), written.time())
    }))
}

fn last_year(args: Args, enrolment: &Enrolment, year_name: &str) -> Args {
    let from = enrolment.last_year_from.unwrap_or(Day::OPEN);
    let year = from.date().map(|from| crate::facts::school_year(from) + 1);
    args.with("datum", day(from))
        .with(year_name, plain(year.map(|year| year.to_string())))
}
