//! A fixed pool of threads that judges inputs and hands the results back in
//! the order of the inputs.
//!
//! Each thread makes its own worker once: compiled schemas are not shared
//! between threads. The number of inputs under way is bounded, so that memory
//! does not grow with the batch.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Inputs under way per thread: enough that no thread waits for another.
const UNDER_WAY_PER_THREAD: usize = 16;

/// Judges `inputs` on `threads` threads and calls `emit` with each result in
/// the order of the inputs. `make_worker` runs on the thread that uses it.
///
/// One thread, or one input, costs no threads at all.
pub fn run_ordered<I, R, W>(
    threads: usize,
    inputs: impl Iterator<Item = I> + Send,
    make_worker: impl Fn() -> W + Sync,
    mut emit: impl FnMut(R),
) where
    I: Send,
    R: Send,
    W: FnMut(I) -> R,
{
    let mut inputs = inputs.peekable();
    let first = inputs.next();
    if threads <= 1 || inputs.peek().is_none() {
        let mut worker = make_worker();
        for input in first.into_iter().chain(inputs) {
            emit(worker(input));
        }
        return;
    }
    let inputs = first.into_iter().chain(inputs).enumerate();
    let (give, take) = sync_channel::<(usize, I)>(threads);
    let take = Arc::new(Mutex::new(take));
    let (done, results) = channel::<(usize, R)>();
    let (credit, credits) = channel::<()>();
    for _ in 0..threads * UNDER_WAY_PER_THREAD {
        // The receiver lives in this function; it cannot be gone.
        let _ = credit.send(());
    }
    std::thread::scope(|scope| {
        scope.spawn(move || feed(inputs, &give, &credits));
        for _ in 0..threads {
            let take = Arc::clone(&take);
            let done = done.clone();
            let make_worker = &make_worker;
            scope.spawn(move || work(&take, &done, make_worker()));
        }
        drop(done);
        drop(take);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (index, result) in results {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&next) {
                emit(result);
                next += 1;
                let _ = credit.send(());
            }
        }
    });
}

fn feed<I>(
    inputs: impl Iterator<Item = (usize, I)>,
    give: &SyncSender<(usize, I)>,
    credits: &Receiver<()>,
) {
    for input in inputs {
        // Both ends close only when the workers are gone, which they are only
        // after a panic that the scope passes on.
        if credits.recv().is_err() || give.send(input).is_err() {
            return;
        }
    }
}

fn work<I, R>(
    take: &Mutex<Receiver<(usize, I)>>,
    done: &Sender<(usize, R)>,
    mut worker: impl FnMut(I) -> R,
) {
    loop {
        let taken = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((index, input)) = taken else { return };
        if done.send((index, worker(input))).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::run_ordered;

    #[test]
    fn results_come_in_the_order_of_the_inputs() {
        for threads in [1, 2, 5] {
            let mut results = Vec::new();
            let inputs = 0..1000u64;
            run_ordered(
                threads,
                inputs,
                || |n: u64| n * n,
                |result| results.push(result),
            );
            let expected: Vec<u64> = (0..1000).map(|n| n * n).collect();
            assert_eq!(results, expected, "{threads} threads");
        }
    }

    #[test]
    fn no_inputs_give_no_results() {
        run_ordered(
            4,
            std::iter::empty::<u8>(),
            || |n: u8| n,
            |_| panic!("nothing was given"),
        );
    }
}
