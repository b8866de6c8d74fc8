//! What was found out about certificates, for as long as it stays so.
//!
//! A chain changes at few moments: where the validity of a certificate in it
//! begins or ends, where a revocation list runs out, where a revocation takes
//! effect. Between two of them every moment has the same result.

use std::collections::HashMap;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use super::revocation::Status;
use super::trust::Chain;
use crate::limits::MAX_KNOWN_CERTIFICATES;

/// Where a chain ends, and whether the certificate was revoked.
pub(super) type Found = (Chain, Status);

/// Seconds since 1970 between two moments of change: `from` is one of them,
/// `until` is the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    from: i64,
    until: i64,
}

impl Span {
    /// The span around `moment`, a whole second, between these moments of
    /// change. Whether a moment itself belongs to what was before it or to what
    /// comes after is left open: it is a span of its own.
    pub(super) fn around(moment: Timestamp, changes: impl Iterator<Item = Timestamp>) -> Self {
        let at = moment.as_second();
        let mut span = Self {
            from: i64::MIN,
            until: i64::MAX,
        };
        for change in changes {
            let change = change.as_second();
            for border in [change, change.saturating_add(1)] {
                if border <= at {
                    span.from = span.from.max(border);
                } else {
                    span.until = span.until.min(border);
                }
            }
        }
        span
    }

    fn holds(&self, moment: Timestamp) -> bool {
        (self.from..self.until).contains(&moment.as_second())
    }
}

/// A moment to the second, as certificates and lists tell time.
pub(super) fn whole_second(moment: Timestamp) -> Timestamp {
    let floor = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Floor);
    moment.round(floor).unwrap_or(moment)
}

struct Entry {
    span: Span,
    /// How many revocation lists there were.
    lists: usize,
    found: Found,
}

/// What is known of certificates, by the bytes of the certificate and of those
/// that came with it.
#[derive(Default)]
pub(super) struct Known {
    entries: HashMap<Vec<u8>, Vec<Entry>>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known")
            .field("certificates", &self.entries.len())
            .finish()
    }
}

impl Known {
    /// What holds at `moment`, a whole second, with so many lists.
    pub(super) fn get(&self, key: &[u8], moment: Timestamp, lists: usize) -> Option<Found> {
        let entries = self.entries.get(key)?;
        entries
            .iter()
            .find(|entry| entry.lists == lists && entry.span.holds(moment))
            .map(|entry| entry.found)
    }

    /// Remembers what holds in `span` with so many lists.
    pub(super) fn insert(&mut self, key: Vec<u8>, span: Span, lists: usize, found: Found) {
        if self.entries.len() >= MAX_KNOWN_CERTIFICATES && !self.entries.contains_key(&key) {
            self.entries.clear();
        }
        let entries = self.entries.entry(key).or_default();
        // Lists only come in: what was known with fewer is never asked again.
        entries.retain(|entry| entry.lists == lists && entry.span != span);
        entries.push(Entry { span, lists, found });
    }

    /// How many spans are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_moment_of_change_is_a_span_of_its_own() {
        let changes = [at(10), at(20), at(21)];
        let span = |second| Span::around(at(second), changes.into_iter());
        for (second, from, until) in [
            (9, i64::MIN, 10),
            (10, 10, 11),
            (11, 11, 20),
            (19, 11, 20),
            (20, 20, 21),
            (21, 21, 22),
            (22, 22, i64::MAX),
        ] {
            assert_eq!(span(second), Span { from, until }, "{second}");
            assert!(span(second).holds(at(second)));
        }
    }

    #[test]
    fn moments_are_told_to_the_second_before_them() {
        for (moment, second) in [
            ("1970-01-01T00:00:01.9Z", 1),
            ("1969-12-31T23:59:58.1Z", -2),
        ] {
            assert_eq!(
                whole_second(moment.parse().unwrap()),
                at(second),
                "{moment}"
            );
        }
    }
}
