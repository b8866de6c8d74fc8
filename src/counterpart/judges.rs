//! Judges that several parties and their threads share.
//!
//! A judge belongs to one thread, because what it compiles does. A party
//! answers on threads that come and go; so the judges have threads of their
//! own, as many as the machine can keep busy.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::check::{Bench, CheckOptions, Deviations, Judge, Outcome, RulesOfPacks, shipped_facts};
use crate::clock::Clock;
use crate::edukoppeling::Trust;
use crate::exchange::Exchange;
use crate::facts::{Profile, RioData};
use crate::input::Input;
use crate::pack::Store;

/// Judges on threads of their own; they stop when this is dropped.
pub struct Judges {
    bench: Arc<Bench>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

struct Job {
    exchange: Exchange,
    outcome: SyncSender<Outcome>,
}

impl std::fmt::Debug for Judges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judges")
            .field("threads", &self.threads.len())
            .finish_non_exhaustive()
    }
}

/// What a party judges with: one message at a time, as received at the moment
/// that the exchange says.
pub fn receiving_bench(
    store: Store,
    profile: Profile,
    clock: Clock,
    trust: Trust,
    rio: Option<Arc<RioData>>,
) -> Bench {
    let mut facts = shipped_facts(clock, profile);
    facts.rio = rio;
    Bench {
        store,
        facts,
        options: CheckOptions {
            batch: false,
            ..CheckOptions::default()
        },
        deviations: Deviations::default(),
        trust,
        request: None,
        rules: RulesOfPacks::default(),
    }
}

impl Judges {
    /// `threads` judges, at least one.
    pub fn new(bench: Arc<Bench>, threads: usize) -> Self {
        let (jobs, take) = channel::<Job>();
        let take = Arc::new(Mutex::new(take));
        let threads = (0..threads.max(1)).map(|_| {
            let (bench, take) = (Arc::clone(&bench), Arc::clone(&take));
            std::thread::spawn(move || work(bench, &take))
        });
        Self {
            threads: threads.collect(),
            bench,
            jobs: Some(jobs),
        }
    }

    /// What they judge with.
    pub fn bench(&self) -> &Arc<Bench> {
        &self.bench
    }

    /// The outcome for one message, `None` when no judge is left, which only
    /// a defect of ours can bring about.
    pub fn judge(&self, exchange: Exchange) -> Option<Outcome> {
        let (give, outcome) = sync_channel(1);
        let job = Job {
            exchange,
            outcome: give,
        };
        self.jobs.as_ref()?.send(job).ok()?;
        outcome.recv().ok()
    }
}

impl Drop for Judges {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A judge that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

fn work(bench: Arc<Bench>, take: &Mutex<Receiver<Job>>) {
    let mut judge = Judge::new(bench);
    loop {
        let job = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { exchange, outcome }) = job else {
            return;
        };
        let input = Input {
            name: String::new(),
            content: Ok(exchange),
            body: crate::input::BodyAt::Start,
        };
        // Whoever asked may have gone.
        let _ = outcome.send(judge.judge(0, input));
    }
}
