//! A run: scenarios, some at a time, and the events of all in one order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::sink::Sink;
use super::stage::{PlayError, Stage};
use crate::check::run_ordered;
use crate::event::Event;
use crate::finding::Verdict;
use crate::scenario::Scenario;

/// Which scenarios are played, and how.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Scenarios at a time.
    pub jobs: usize,
    /// Stop after the first that fails.
    pub fail_fast: bool,
    /// The events of scenarios that were played before and are not played
    /// again.
    pub kept: BTreeMap<String, Vec<Event>>,
}

/// Says that a run is to end: what goes on is ended at its next step.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks the run to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Whether a scenario belongs to a share: by a hash of its id, so that a new
/// scenario moves no other to another share.
pub fn in_shard(id: &str, shard: Option<(u32, u32)>) -> bool {
    let Some((share, of)) = shard else {
        return true;
    };
    let hash = Sha256::digest(id.as_bytes());
    let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    number % of.max(1) + 1 == share
}

/// Plays `scenarios` and gives every event to `sink`: those of a scenario
/// together, the scenarios in their order. `progress` is called as soon as one
/// ends.
///
/// # Errors
///
/// A party cannot be made or the evidence not be written; no further scenario is played then.
pub fn play(
    stage: &Arc<Stage>,
    scenarios: &[Arc<Scenario>],
    options: &RunOptions,
    progress: &(dyn Fn() + Sync),
    mut sink: impl FnMut(Event),
) -> Result<(), PlayError> {
    let mut unwritten = None;
    let stop = AtomicBool::new(false);
    run_ordered(
        options.jobs,
        scenarios.iter(),
        || {
            |scenario: &Arc<Scenario>| {
                if let Some(events) = options.kept.get(&*scenario.id) {
                    progress();
                    return Ok(events.clone());
                }
                let events = Arc::new(Gathered::default());
                let why = if stage.interrupt.is_set() {
                    Some("interrupted")
                } else if stop.load(Ordering::SeqCst) {
                    Some("fail-fast")
                } else {
                    None
                };
                let judged = stage.play(scenario, Arc::clone(&events) as Arc<dyn Sink>, why);
                let failed = match &judged {
                    Ok(judged) => judged.judgement.verdict == Verdict::Fail,
                    Err(_) => true,
                };
                if failed && (options.fail_fast || judged.is_err()) {
                    stop.store(true, Ordering::SeqCst);
                }
                progress();
                judged.map(|_| events.take())
            }
        },
        |events: Result<Vec<Event>, PlayError>| match events {
            Ok(events) => {
                events.into_iter().for_each(&mut sink);
            }
            Err(error) => {
                unwritten.get_or_insert(error);
            }
        },
    );
    match unwritten {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The events of one scenario.
#[derive(Default)]
pub(super) struct Gathered(Mutex<Vec<Event>>);

impl Gathered {
    pub(super) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Gathered {
    fn event(&self, event: Event) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::in_shard;

    #[test]
    fn every_scenario_is_in_exactly_one_share() {
        for id in ["a", "inschrijven", "po-bekostigen-tlv", "x-9"] {
            let shares = (1..=4)
                .filter(|share| in_shard(id, Some((*share, 4))))
                .count();
            assert_eq!(shares, 1, "{id}");
            assert!(in_shard(id, None) && in_shard(id, Some((1, 1))));
        }
    }
}
