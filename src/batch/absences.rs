//! Rules over the absence reports of a batch (40-verzuim.md).

use std::collections::HashSet;

use super::catalogue::BatchRule;
use super::judge::{Detail, Verdicts};
use super::record::{Absence, CaseNumber, Content, Moment, ShortCode};
use super::state::State;
use super::values::{Day, Institution, Person};

/// Judges all of them. `sixteen_hours` says which verzuimsoort is a 16-uur
/// report.
pub(super) fn judge(
    state: &State<'_>,
    sixteen_hours: impl Fn(&str) -> bool,
    verdicts: &mut Verdicts,
) {
    let mut numbered = Vec::new();
    for (index, record) in state.each() {
        let number = match &record.content {
            Content::AbsenceState(known) => known.number,
            Content::AbsenceChange { number, .. } | Content::AbsenceWithdrawal { number, .. } => {
                *number
            }
            _ => continue,
        };
        numbered.push((number, index));
    }
    numbered.sort_unstable();
    let mut cases = Cases::default();
    for case in numbered.chunk_by(|a, b| a.0 == b.0) {
        let withdrawn = steps(state, case, verdicts);
        outdated(state, case, verdicts);
        cases.read(state, case, withdrawn);
    }
    let reports = reports(state, &mut cases);
    overlaps(&reports, sixteen_hours, verdicts);
    left_open(state, &reports, &cases.closed, verdicts);
}

/// The last status known and the record that gave it.
type Standing = (u8, u32);

/// Follows the statuses of one report and returns whether it ended withdrawn.
fn steps(state: &State<'_>, case: &[(CaseNumber, u32)], verdicts: &mut Verdicts) -> bool {
    let mut standing: Option<Standing> = None;
    for &(_, index) in case {
        let record = &state.records[index as usize];
        // A message without a moment has no place in the order.
        if record.sent.is_none() {
            continue;
        }
        let (to, listed, asked) = match &record.content {
            Content::AbsenceState(known) => match known.status {
                Some(status) => (status, known.listed, false),
                None => continue,
            },
            Content::AbsenceWithdrawal { status, .. } => (*status, false, true),
            _ => continue,
        };
        let Some((from, before)) = standing else {
            // What a school asks for is no status before DUO has confirmed it.
            if !asked {
                standing = Some((to, index));
            }
            continue;
        };
        if from == to {
            continue;
        }
        verdicts.applies(BatchRule::VerzuimStatus, 1);
        let allowed = may_follow(from, to) || listed && may_follow_unseen(from, to);
        if !allowed {
            let detail = Detail::Step { from, to };
            verdicts.broken(BatchRule::VerzuimStatus, index, before, detail);
        }
        // A withdrawal that may not be is not carried out either.
        if allowed || !asked {
            standing = Some((to, index));
        }
    }
    standing.is_some_and(|(status, _)| status == b'I')
}

/// The steps that the register allows.
fn may_follow(from: u8, to: u8) -> bool {
    matches!(
        (from, to),
        (b'R', b'B' | b'K' | b'I') | (b'B', b'G' | b'I' | b'K')
    )
}

/// What a list of changed reports may show besides: it tells where a report
/// stands, and between two of them a report may go from R over B to G.
fn may_follow_unseen(from: u8, to: u8) -> bool {
    (from, to) == (b'R', b'G')
}

/// A mutation starts from the latest state that an answer before it gave.
fn outdated(state: &State<'_>, case: &[(CaseNumber, u32)], verdicts: &mut Verdicts) {
    let mut latest: Option<(Moment, u32)> = None;
    // Answers of the moment that is being read: not yet known to a mutation
    // of the same moment.
    let mut now: Option<(Moment, Moment, u32)> = None;
    for &(_, index) in case {
        let record = &state.records[index as usize];
        let Some(sent) = record.sent else {
            continue;
        };
        if let Some((moment, changed, answer)) = now
            && moment < sent
        {
            if latest.is_none_or(|(known, _)| known < changed) {
                latest = Some((changed, answer));
            }
            now = None;
        }
        match &record.content {
            Content::AbsenceState(known) => {
                if let Some(changed) = known.changed
                    && now.is_none_or(|(_, other, _)| other < changed)
                {
                    now = Some((sent, changed, index));
                }
            }
            Content::AbsenceChange {
                copy: Some(copy), ..
            } => {
                if let Some((changed, answer)) = latest {
                    verdicts.applies(BatchRule::VerzuimVerouderd, 1);
                    if *copy < changed {
                        let rule = BatchRule::VerzuimVerouderd;
                        verdicts.broken(rule, index, answer, Detail::None);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Absence reports as DUO has them.
#[derive(Default)]
struct Cases {
    /// With the begin and kind that DUO's first answer gave: how the report
    /// was sent.
    reports: Vec<(Sent, Report)>,
    /// Begins at an institution for which a mutation of an unknown report gave
    /// an end: it may be any report that began there on that day.
    closed: HashSet<(Institution, Day)>,
}

/// By what a report is recognised before it has a number.
type Sent = (Person, ShortCode, Day);

/// An absence report in its latest state.
#[derive(Clone, Copy)]
struct Report {
    person: Person,
    institution: Option<Institution>,
    kind: ShortCode,
    begin: Day,
    end: Option<Day>,
    withdrawn: bool,
    /// The record to point at.
    record: u32,
}

impl Report {
    fn new(
        person: Person,
        institution: Option<Institution>,
        absence: &Absence,
        record: u32,
    ) -> Self {
        Self {
            person,
            institution,
            kind: absence.kind,
            begin: absence.begin,
            end: absence.end,
            withdrawn: false,
            record,
        }
    }
}

impl Cases {
    /// Takes over one report with all that was said of it.
    fn read(&mut self, state: &State<'_>, case: &[(CaseNumber, u32)], withdrawn: bool) {
        let mut report: Option<(Sent, Report)> = None;
        for &(_, index) in case {
            let record = &state.records[index as usize];
            match &record.content {
                Content::AbsenceState(known) => {
                    let Some(absence) = &known.absence else {
                        continue;
                    };
                    let Some(person) = state.person(record) else {
                        continue;
                    };
                    let latest = Report::new(person, record.institution, absence, index);
                    let sent = match report {
                        Some((sent, _)) => sent,
                        None => (person, absence.kind, absence.begin),
                    };
                    report = Some((sent, latest));
                }
                Content::AbsenceChange {
                    kind, begin, end, ..
                } => match &mut report {
                    Some((_, report)) => {
                        report.kind = kind.unwrap_or(report.kind);
                        report.begin = begin.unwrap_or(report.begin);
                        report.end = end.or(report.end);
                    }
                    None => {
                        if let (Some(institution), Some(begin), Some(_)) =
                            (record.institution, begin, end)
                        {
                            self.closed.insert((institution, *begin));
                        }
                    }
                },
                _ => {}
            }
        }
        if let Some((sent, mut report)) = report {
            report.withdrawn = withdrawn;
            self.reports.push((sent, report));
        }
    }
}

/// All reports of the batch, once each: a report that was sent and one that
/// DUO knows are the same when pupil, kind and begin are. Of several such, the
/// first sent is the first that DUO numbered.
fn reports(state: &State<'_>, cases: &mut Cases) -> Vec<Report> {
    let mut sent: Vec<(Sent, Report)> = Vec::new();
    for (index, record) in state.each() {
        if let Content::Absence(absence) = &record.content
            && let Some(person) = state.person(record)
        {
            let report = Report::new(person, record.institution, absence, index);
            sent.push(((person, absence.kind, absence.begin), report));
        }
    }
    sent.sort_by_key(|(key, report)| (*key, report.record));
    // The cases came in the order of their numbers, and stay in it.
    cases.reports.sort_by_key(|(key, _)| *key);
    let mut known = cases.reports.iter().copied().peekable();
    let mut reports = Vec::with_capacity(sent.len());
    for (key, report) in sent {
        while let Some((_, other)) = known.next_if(|(other, _)| *other < key) {
            reports.push(other);
        }
        let numbered = known.next_if(|(other, _)| *other == key);
        reports.push(match numbered {
            Some((_, latest)) => Report {
                record: report.record,
                institution: report.institution.or(latest.institution),
                ..latest
            },
            None => report,
        });
    }
    reports.extend(known.map(|(_, report)| report));
    reports.retain(|report| !report.withdrawn);
    reports
}

/// 16-uur reports of one pupil do not overlap. A report without an end lasts a
/// day: more is not known of it.
fn overlaps(reports: &[Report], sixteen_hours: impl Fn(&str) -> bool, verdicts: &mut Verdicts) {
    let mut reports: Vec<&Report> = reports
        .iter()
        .filter(|report| report.kind.text().is_some_and(&sixteen_hours))
        .collect();
    reports.sort_unstable_by_key(|report| (report.person, report.begin, report.record));
    if reports.len() > 1 {
        verdicts.applies(BatchRule::VerzuimOverlap, reports.len());
    }
    let last_day = |report: &Report| report.end.unwrap_or(report.begin).max(report.begin);
    for pupil in reports.chunk_by(|a, b| a.person == b.person) {
        let mut longest: Option<&Report> = None;
        for &next in pupil {
            if let Some(other) = longest
                && last_day(other) >= next.begin
            {
                let detail = Detail::Absences {
                    begin: next.begin,
                    other_begin: other.begin,
                    other_end: last_day(other),
                };
                verdicts.broken(BatchRule::VerzuimOverlap, next.record, other.record, detail);
            }
            if longest.is_none_or(|other| last_day(next) > last_day(other)) {
                longest = Some(next);
            }
        }
    }
}

/// A report has an end when the pupil is deregistered.
fn left_open(
    state: &State<'_>,
    reports: &[Report],
    closed: &HashSet<(Institution, Day)>,
    verdicts: &mut Verdicts,
) {
    let mut left: Vec<_> = state
        .enrolments
        .iter()
        .filter(|live| live.end() != Day::OPEN)
        .map(|live| (live.institution, live.person, live.end(), live.record))
        .collect();
    left.sort_unstable();
    for report in reports {
        let Some(institution) = report.institution else {
            continue;
        };
        // The first deregistration on or after the begin of the absence.
        let after = (institution, report.person, report.begin, 0);
        let next = left.get(left.partition_point(|&entry| entry < after));
        let Some(&(_, _, _, enrolment)) = next
            .filter(|(school, person, _, _)| (*school, *person) == (institution, report.person))
        else {
            continue;
        };
        verdicts.applies(BatchRule::VerzuimOpen, 1);
        if report.end.is_none() && !closed.contains(&(institution, report.begin)) {
            let detail = Detail::Absences {
                begin: report.begin,
                other_begin: report.begin,
                other_end: Day::OPEN,
            };
            verdicts.broken(BatchRule::VerzuimOpen, report.record, enrolment, detail);
        }
    }
}
