//! How often a party may call.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::data::RateLimit;

/// Parties that are counted; with more, all are forgotten and counted anew.
const MAX_PARTIES: usize = 10_000;

/// Counts the calls of each party, in windows of fixed length.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<HashMap<String, Window>>);

#[derive(Debug)]
struct Window {
    began: Timestamp,
    calls: u32,
}

impl Calls {
    /// Counts a call of `party`. `Some` when it is one too many: the seconds
    /// until the party may call again.
    pub fn count(&self, party: &str, limit: RateLimit, now: Timestamp) -> Option<u32> {
        let mut parties = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if parties.len() >= MAX_PARTIES && !parties.contains_key(party) {
            parties.clear();
        }
        let window = parties.entry(party.to_string()).or_insert(Window {
            began: now,
            calls: 0,
        });
        let passed = now.as_second() - window.began.as_second();
        if passed < 0 || passed >= i64::from(limit.seconds) {
            *window = Window {
                began: now,
                calls: 0,
            };
        }
        if window.calls >= limit.calls {
            let left = i64::from(limit.seconds) - passed.max(0);
            return Some(u32::try_from(left.max(1)).unwrap_or(limit.seconds));
        }
        window.calls += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_per_party_and_window() {
        let calls = Calls::default();
        let limit = RateLimit {
            calls: 2,
            seconds: 10,
        };
        let at = |second: i64| Timestamp::from_second(1_000 + second).unwrap();
        assert_eq!(calls.count("a", limit, at(0)), None);
        assert_eq!(calls.count("a", limit, at(4)), None);
        assert_eq!(calls.count("a", limit, at(4)), Some(6));
        assert_eq!(calls.count("b", limit, at(4)), None);
        assert_eq!(calls.count("a", limit, at(10)), None);
    }
}
