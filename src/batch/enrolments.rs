//! Rules over the enrolments, advices, results and statements of a batch.

use super::catalogue::BatchRule;
use super::judge::{Detail, Verdicts};
use super::record::{CaseNumber, Content};
use super::state::{Live, State, last_of_each};
use super::values::{Day, Institution, Person};
use crate::facts::{Calendar, school_year};
use jiff::civil::Date;

/// Judges all of them.
pub(super) fn judge(state: &State<'_>, calendar: &Calendar, verdicts: &mut Verdicts) {
    new_numbers(state, verdicts);
    successions(state, verdicts);
    last_year(state, verdicts);
    statements(state, calendar, verdicts);
}

/// A correction keeps its inschrijvingvolgnummer: one institution has a person
/// once on one datumInschrijving.
fn new_numbers(state: &State<'_>, verdicts: &mut Verdicts) {
    let mut live: Vec<_> = state
        .enrolments
        .iter()
        .map(|live| ((live.institution, live.person, live.begin()), live.record))
        .collect();
    live.sort_unstable();
    if live.len() > 1 {
        verdicts.applies(BatchRule::NieuwVolgnummer, live.len());
    }
    for pair in live.windows(2) {
        if let [(before, earlier), (key, later)] = pair
            && before == key
        {
            verdicts.broken(BatchRule::NieuwVolgnummer, *later, *earlier, Detail::None);
        }
    }
}

/// Enrolments of one pupil at different institutions neither overlap nor leave
/// a day between them. One sweep over each pupil's enrolments by begin: against
/// the one that lasts longest among those begun before, so that a pupil with
/// very many of them costs no more than the sorting.
fn successions(state: &State<'_>, verdicts: &mut Verdicts) {
    let mut live: Vec<&Live<'_>> = state
        .enrolments
        .iter()
        // An enrolment that ends before it begins is the fault of the message.
        .filter(|live| live.begin() <= live.end())
        .collect();
    live.sort_unstable_by_key(|live| (live.person, live.begin(), live.record));
    if live.len() > 1 {
        verdicts.applies(BatchRule::DubbeleInschrijving, live.len());
    }
    for pupil in live.chunk_by(|a, b| a.person == b.person) {
        let mut longest = Longest::default();
        for &next in pupil {
            match longest.elsewhere(next.institution) {
                Some(other) if other.end() >= next.begin() => {
                    let rule = BatchRule::DubbeleInschrijving;
                    verdicts.broken(rule, next.record, other.record, Detail::None);
                }
                Some(other) if longest.is_longest(other) => {
                    verdicts.applies(BatchRule::Aansluiting, 1);
                    if other.end().next() != next.begin() {
                        let rule = BatchRule::Aansluiting;
                        verdicts.broken(rule, next.record, other.record, Detail::None);
                    }
                }
                // Nothing before it, or the same institution before it.
                _ => {}
            }
            longest.take(next);
        }
    }
}

/// The enrolment that lasts longest, and the one that lasts longest at any
/// other institution.
#[derive(Default)]
struct Longest<'a> {
    first: Option<&'a Live<'a>>,
    second: Option<&'a Live<'a>>,
}

impl<'a> Longest<'a> {
    /// The longest at another institution than that.
    fn elsewhere(&self, institution: Institution) -> Option<&'a Live<'a>> {
        self.first
            .filter(|first| first.institution != institution)
            .or(self
                .second
                .filter(|second| second.institution != institution))
    }

    fn is_longest(&self, live: &Live<'_>) -> bool {
        self.first.is_some_and(|first| first.record == live.record)
    }

    fn take(&mut self, next: &'a Live<'a>) {
        let lasts_longer =
            |than: Option<&Live<'_>>| than.is_none_or(|than| next.end() > than.end());
        if lasts_longer(self.first) {
            if let Some(first) = self.first
                && first.institution != next.institution
            {
                self.second = Some(first);
            }
            self.first = Some(next);
        } else if self
            .first
            .is_some_and(|first| first.institution != next.institution)
            && lasts_longer(self.second)
        {
            self.second = Some(next);
        }
    }
}

/// A pupil in leerjaar 8 has an advice and a test result.
///
/// A batch of enrolments alone says nothing of advices, and a user who checks
/// one must not get a signal for every pupil: the rules apply to an institution
/// and a year of which the batch holds at least one advice or test result, so
/// that they were meant to be in it. Where it holds none they are *not
/// applicable*, not undecided: nothing is missing to judge what was given, and
/// DUO gives these signals in its weekly file on all it has.
fn last_year(state: &State<'_>, verdicts: &mut Verdicts) {
    let mut advices: Vec<(Person, i16)> = Vec::new();
    let mut results: Vec<(Person, i16)> = Vec::new();
    let mut delivered: Vec<(Institution, i16)> = Vec::new();
    let mut keyed = Vec::new();
    for (index, record) in state.each() {
        match &record.content {
            Content::Advice { number, .. } | Content::AdviceRemoval { number } => {
                keyed.extend(state.key(record, *number).map(|key| (key, index)));
            }
            Content::TestResult { year } => {
                results.extend(state.person(record).map(|person| (person, *year)));
                delivered.extend(record.institution.map(|school| (school, *year)));
            }
            _ => {}
        }
    }
    for ((institution, person, _), index) in last_of_each(keyed) {
        if let Content::Advice { year, .. } = state.records[index as usize].content {
            advices.push((person, year));
            delivered.push((institution, year));
        }
    }
    advices.sort_unstable();
    results.sort_unstable();
    delivered.sort_unstable();
    for live in &state.enrolments {
        let from = live.enrolment.last_year_from.and_then(Day::date);
        let Some(year) = from.and_then(|from| school_year(from).checked_add(1)) else {
            continue;
        };
        // Who left before the first of February gets both at the next school.
        let left = Date::new(year, 2, 1).is_ok_and(|day| live.end() < Day::of(day));
        if left || delivered.binary_search(&(live.institution, year)).is_err() {
            continue;
        }
        for (rule, there) in [
            (BatchRule::AdviesOntbreekt, &advices),
            (BatchRule::ToetsOntbreekt, &results),
        ] {
            verdicts.applies(rule, 1);
            if there.binary_search(&(live.person, year)).is_err() {
                verdicts.broken(rule, live.record, live.record, Detail::None);
            }
        }
    }
}

/// A toelaatbaarheidsverklaring is valid on every regular teldatum of the
/// periods that rest on it, up to the first teldatum on or after the message.
///
/// The statements come from the samenwerkingsverband. Where the batch does not
/// hold the one of a period there is nothing to compare, and the rule does not
/// apply to that period.
fn statements(state: &State<'_>, calendar: &Calendar, verdicts: &mut Verdicts) {
    let mut keyed: Vec<((Person, CaseNumber), u32)> = Vec::new();
    for (index, record) in state.each() {
        if let Content::Statement { number, .. } = &record.content {
            keyed.extend(
                state
                    .person(record)
                    .map(|person| ((person, *number), index)),
            );
        }
    }
    let known: Vec<((Person, CaseNumber), u32)> = last_of_each(keyed).collect();
    let find = |person: Person, number: CaseNumber| {
        let at = known.binary_search_by_key(&(person, number), |&(key, _)| key);
        at.ok().map(|at| known[at].1)
    };
    for live in &state.enrolments {
        for (index, used) in (0..).zip(&live.enrolment.statements) {
            let Some(other) = find(live.person, used.number) else {
                continue;
            };
            let Content::Statement { begin, end, .. } = state.records[other as usize].content
            else {
                continue;
            };
            let rule = BatchRule::TlvTeldatum;
            verdicts.applies(rule, 1);
            let sent = state.records[live.record as usize].sent;
            let Some(until) = sent.and_then(|sent| teldatum(calendar, sent.day())) else {
                verdicts.undecided(rule, live.record, "teldatum");
                continue;
            };
            let counted =
                |from: Day| teldatum(calendar, from).filter(|&day| day <= used.end && day <= until);
            let outside = counted(used.begin)
                .filter(|&day| day < begin)
                .or_else(|| counted(used.begin.max(end.next())));
            if let Some(teldatum) = outside {
                let detail = Detail::Statement { index, teldatum };
                verdicts.broken(rule, live.record, other, detail);
            }
        }
        if live.enrolment.more_statements {
            let first = known.partition_point(|&((person, _), _)| person < live.person);
            let any = known
                .get(first)
                .is_some_and(|((person, _), _)| *person == live.person);
            if any {
                let rule = BatchRule::TlvTeldatum;
                verdicts.undecided(rule, live.record, "toelaatbaarheidsverklaring");
            }
        }
    }
}

/// The first regular teldatum on or after a day, `None` when the calendar has
/// none.
fn teldatum(calendar: &Calendar, from: Day) -> Option<Day> {
    let date = from.date()?;
    (date.year()..=date.year().checked_add(1)?)
        .flat_map(|year| calendar.teldata("regulier", year))
        .map(Day::of)
        .find(|&day| day >= from)
}
