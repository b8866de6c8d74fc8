//! The state that a batch leaves behind: the latest message per key.

use std::collections::HashMap;

use super::record::{Content, Enrolment, FollowNumber, Record};
use super::values::{Day, Institution, Person};

/// Records in the order of the messages' lives, with what follows from all of
/// them together.
pub(super) struct State<'a> {
    /// Sorted: a higher index is a later message.
    pub records: &'a [Record],
    persons: Persons,
    /// Enrolments that the batch leaves standing, in no order.
    pub enrolments: Vec<Live<'a>>,
}

/// An enrolment as its last message has it.
#[derive(Clone, Copy)]
pub(super) struct Live<'a> {
    pub institution: Institution,
    pub person: Person,
    /// Index of the record.
    pub record: u32,
    pub enrolment: &'a Enrolment,
}

impl Live<'_> {
    pub fn begin(&self) -> Day {
        self.enrolment.begin
    }

    pub fn end(&self) -> Day {
        self.enrolment.end
    }
}

impl<'a> State<'a> {
    /// The state after sorted records.
    pub fn after(records: &'a [Record]) -> Self {
        let mut state = Self {
            records,
            persons: Persons::of(records),
            enrolments: Vec::new(),
        };
        let mut keyed = Vec::new();
        for (index, record) in state.each() {
            let number = match &record.content {
                Content::Enrolment(enrolment) => enrolment.number,
                Content::EnrolmentRemoval { number } => *number,
                _ => continue,
            };
            keyed.extend(state.key(record, number).map(|key| (key, index)));
        }
        state.enrolments = last_of_each(keyed)
            .filter_map(|((institution, person, _), index)| {
                match &records[index as usize].content {
                    Content::Enrolment(enrolment) => Some(Live {
                        institution,
                        person,
                        record: index,
                        enrolment,
                    }),
                    _ => None,
                }
            })
            .collect();
        state
    }

    /// All records with their index.
    pub fn each(&self) -> impl Iterator<Item = (u32, &'a Record)> + use<'a> {
        (0..).zip(self.records)
    }

    /// The person that a message is about, by the number that DUO has now.
    pub fn person(&self, record: &Record) -> Option<Person> {
        record.person.map(|person| self.persons.now(person))
    }

    /// What a follow-up number is unique in: institution and person.
    pub fn key(
        &self,
        record: &Record,
        number: FollowNumber,
    ) -> Option<(Institution, Person, FollowNumber)> {
        Some((record.institution?, self.person(record)?, number))
    }
}

/// The last of each key; later records have higher indices.
pub(super) fn last_of_each<K: Ord + Copy>(
    mut keyed: Vec<(K, u32)>,
) -> impl Iterator<Item = (K, u32)> {
    keyed.sort_unstable();
    let mut keyed = keyed.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut last = keyed.next()?;
        while let Some(next) = keyed.next_if(|next| next.0 == last.0) {
            last = next;
        }
        Some(last)
    })
}

/// Which numbers are one person: DUO replaces an onderwijsnummer by a BSN.
struct Persons(HashMap<Person, Person>);

impl Persons {
    fn of(records: &[Record]) -> Self {
        let mut persons = Self(HashMap::new());
        for record in records {
            if let Content::NewNumber { new } = record.content
                && let Some(old) = record.person
            {
                let (old, new) = (persons.root(old), persons.root(new));
                // The smaller number stands for the person, whatever the
                // order of the messages.
                let (low, high) = (old.min(new), old.max(new));
                if low != high {
                    persons.0.insert(high, low);
                }
            }
        }
        let linked: Vec<Person> = persons.0.keys().copied().collect();
        Self(
            linked
                .into_iter()
                .map(|person| (person, persons.root(person)))
                .collect(),
        )
    }

    /// The number that stands for a person while links are being added. Every
    /// link leads to a smaller number, so the way ends; it is made shorter for
    /// the next question.
    fn root(&mut self, mut person: Person) -> Person {
        while let Some(&next) = self.0.get(&person) {
            if let Some(&after) = self.0.get(&next) {
                self.0.insert(person, after);
            }
            person = next;
        }
        person
    }

    /// The number that stands for a person once all links are known.
    fn now(&self, person: Person) -> Person {
        self.0.get(&person).copied().unwrap_or(person)
    }
}
