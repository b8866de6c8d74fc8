//! What a batch remembers of one message.

use super::values::{Day, DocumentId, Institution, Person, Short, Spot};

/// An inschrijvingvolgnummer or adviesvolgnummer: at most twenty characters.
pub(super) type FollowNumber = Short<24>;

/// The number of an absence report or of a toelaatbaarheidsverklaring.
pub(super) type CaseNumber = Short<16>;

/// A code of a value list.
pub(super) type ShortCode = Short<16>;

/// Some 200 bytes of a message, enough to judge it among others. Holds person
/// numbers, so its `Debug` shows none of its content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    // In the order of the message's life: records compare by the moment they
    // were sent first, then by content, so that their order does not depend
    // on the order of the inputs.
    pub(super) sent: Option<Moment>,
    pub(super) document: Option<DocumentId>,
    pub(super) content: Content,
    pub(super) person: Option<Person>,
    pub(super) institution: Option<Institution>,
    /// A digest of the message element's name: its number depends on the
    /// order in which messages came.
    pub(super) name: u32,
    /// The message element, as the extractor numbers them.
    pub(super) message: u16,
    /// Whether the message element stands in an envelope.
    pub(super) enveloped: bool,
    pub(super) document_spot: Spot,
    /// Where the value that the content's rules point at stands.
    pub(super) spot: Spot,
    pub(super) input: u32,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

/// Microseconds since 1970, or of a local time in the same count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Moment(pub i64);

impl Moment {
    /// The day of the moment.
    pub fn day(self) -> Day {
        // Far within the days that 32 bits hold.
        Day(self.0.div_euclid(86_400_000_000) as i32)
    }
}

/// What a message says that a rule over a batch needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Content {
    /// Nothing but the message's own identification.
    Other,
    /// The whole latest state of an enrolment.
    Enrolment(Enrolment),
    /// An enrolment that should never have been sent.
    EnrolmentRemoval { number: FollowNumber },
    /// A school advice.
    Advice { number: FollowNumber, year: i16 },
    /// An advice that should never have been sent.
    AdviceRemoval { number: FollowNumber },
    /// A result of the doorstroomtoets, or why there is none.
    TestResult { year: i16 },
    /// A toelaatbaarheidsverklaring of a samenwerkingsverband.
    Statement {
        number: CaseNumber,
        begin: Day,
        end: Day,
    },
    /// A new absence report. DUO numbers it only in its answer.
    Absence(Absence),
    /// How DUO has an absence report at some moment.
    AbsenceState(Box<AbsenceState>),
    /// A mutation of an absence report, made from the state of `copy`.
    AbsenceChange {
        number: CaseNumber,
        copy: Option<Moment>,
        kind: Option<ShortCode>,
        begin: Option<Day>,
        end: Option<Day>,
    },
    /// The school takes an absence report back.
    AbsenceWithdrawal { number: CaseNumber, status: u8 },
    /// DUO gives a person another number.
    NewNumber { new: Person },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Enrolment {
    pub number: FollowNumber,
    pub begin: Day,
    /// The last valid day.
    pub end: Day,
    /// The begin of the last period, when it is one of leerjaar 8 in the
    /// sector bo.
    pub last_year_from: Option<Day>,
    /// Spots of the inschrijvingvolgnummer and of that leerjaar.
    pub number_spot: Spot,
    pub leerjaar_spot: Spot,
    pub statements: Box<[StatementUse]>,
    /// Whether the message had more of them than a record keeps.
    pub more_statements: bool,
}

/// A period of an enrolment that rests on a toelaatbaarheidsverklaring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StatementUse {
    pub number: CaseNumber,
    pub begin: Day,
    pub end: Day,
    pub spot: Spot,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Absence {
    pub kind: ShortCode,
    pub begin: Day,
    pub end: Option<Day>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AbsenceState {
    pub number: CaseNumber,
    pub status: Option<u8>,
    /// When DUO last changed it, in local time.
    pub changed: Option<Moment>,
    /// Whether it came with a list of changed reports: such a list shows where
    /// a report stands, not the steps in between.
    pub listed: bool,
    /// Where the begindatum of `absence` stands.
    pub begin_spot: Spot,
    /// The report itself, where the answer tells it.
    pub absence: Option<Absence>,
}

impl Record {
    /// Bytes that the record takes in memory, with what it points to.
    pub fn bytes(&self) -> usize {
        let below = match &self.content {
            Content::Enrolment(enrolment) => size_of_val(&*enrolment.statements),
            Content::AbsenceState(state) => size_of_val(&**state),
            _ => 0,
        };
        size_of::<Self>() + below
    }
}

const _: () = assert!(
    size_of::<Record>() + crate::limits::MAX_RECORD_STATEMENTS * size_of::<StatementUse>()
        <= crate::limits::MAX_RECORD_BYTES,
    "a record with all it may keep stays within its limit"
);
