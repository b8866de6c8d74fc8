//! The user, or the machine, who wants a run to end.

use std::time::{Duration, Instant};

use super::runtime::runtime;

/// Within this time, being asked again is the same wish.
const ONE_WISH: Duration = Duration::from_secs(1);

/// What being asked to end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// To end in order.
    End,
    /// What was asked just now: `timeout` and some shells send the same wish to
    /// the program and to its group.
    Same,
    /// To end at once.
    AtOnce,
}

impl Wish {
    /// What it means to be asked at `now`, first at `first`.
    fn of(first: Option<Instant>, now: Instant) -> Self {
        match first {
            None => Self::End,
            Some(first) if now.duration_since(first) < ONE_WISH => Self::Same,
            Some(_) => Self::AtOnce,
        }
    }
}

/// Calls `then` once, when the program is asked to end: with Ctrl-C, or with
/// the signal by which pipelines and containers do it. Asked again, it ends at
/// once, unless that follows on the heels of the first time.
pub fn on_interrupt(then: impl FnOnce() + Send + 'static) {
    let Some(runtime) = runtime() else {
        return;
    };
    // Who is asked to end while a task is still to begin would end at once.
    let asked = {
        let _of_runtime = runtime.enter();
        Asked::new()
    };
    let Some(mut asked) = asked else {
        return;
    };
    runtime.spawn(async move {
        let mut then = Some(then);
        let mut first = None;
        // Each time is taken when it comes: what is left lying would be taken
        // for another wish later.
        while asked.again().await {
            let now = Instant::now();
            match Wish::of(first, now) {
                Wish::End => {
                    first = Some(now);
                    if let Some(then) = then.take() {
                        then();
                    }
                }
                Wish::Same => {}
                Wish::AtOnce => {
                    std::process::exit(i32::from(crate::exit::Exit::Undecided.code()));
                }
            }
        }
    });
}

/// The ways in which a program is asked to end.
#[cfg(unix)]
struct Asked {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    /// `None` when the system lets nobody listen.
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
        })
    }

    /// Waits for the next time; `false` when there is none to come.
    async fn again(&mut self) -> bool {
        tokio::select! {
            asked = self.interrupt.recv() => asked.is_some(),
            asked = self.terminate.recv() => asked.is_some(),
        }
    }
}

/// The ways in which a program is asked to end.
#[cfg(not(unix))]
struct Asked;

#[cfg(not(unix))]
impl Asked {
    fn new() -> Option<Self> {
        Some(Self)
    }

    /// Waits for the next time; `false` when there is none to come.
    async fn again(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_twice_within_a_second_is_one_wish() {
        let first = Instant::now();
        for (asked_before, later, wish) in [
            (false, 0, Wish::End),
            (true, 0, Wish::Same),
            (true, 999, Wish::Same),
            (true, 1_000, Wish::AtOnce),
            (true, 60_000, Wish::AtOnce),
        ] {
            let now = first + Duration::from_millis(later);
            let before = asked_before.then_some(first);
            assert_eq!(Wish::of(before, now), wish, "{later} ms");
        }
    }
}
