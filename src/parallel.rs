//! Work on many items by all processors, with results in the order of the items and a bounded number of them at hand.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread;

/// How many items each thread may be ahead of the one whose result is awaited: enough that nobody waits behind one
/// large file, little enough that results do not pile up.
const AHEAD: usize = 64;

struct Queue<I> {
    items: I,
    taken: usize,
    delivered: usize,
    stopped: bool,
}

/// Does `work` on every item, and hands the results to `take` in the order of the items. The first error of `take` ends
/// everything and is returned. Items are drawn from the iterator as they are needed.
///
/// # Errors
/// The error of `take`.
pub fn in_order<T, R, E>(
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    R: Send,
{
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    if threads == 1 {
        // Handing results from thread to thread would cost more than most files.
        return items.map(work).try_for_each(take);
    }
    let queue = Mutex::new(Queue { items, taken: 0, delivered: 0, stopped: false });
    let moved = Condvar::new();
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || {
        let mut queue = moved
            .wait_while(lock(), |q| !q.stopped && q.taken - q.delivered >= AHEAD * threads)
            .unwrap_or_else(PoisonError::into_inner);
        if queue.stopped {
            return None;
        }
        let item = queue.items.next()?;
        queue.taken += 1;
        Some((queue.taken - 1, item))
    };
    let stop = || {
        lock().stopped = true;
        moved.notify_all();
    };
    thread::scope(|scope| {
        let (results, arrived) = mpsc::channel();
        for _ in 0..threads {
            let results = results.clone();
            scope.spawn(|| {
                // A thread that panics must not leave the others waiting for its result.
                let guard = OnPanic(&stop);
                let results = results;
                while let Some((index, item)) = next() {
                    if results.send((index, work(item))).is_err() {
                        break;
                    }
                }
                drop(guard);
            });
        }
        drop(results);
        let mut early = BTreeMap::new();
        let mut awaited = 0;
        for (index, result) in arrived {
            early.insert(index, result);
            while let Some(result) = early.remove(&awaited) {
                awaited += 1;
                take(result).inspect_err(|_| stop())?;
            }
            lock().delivered = awaited;
            moved.notify_all();
        }
        Ok(())
    })
}

struct OnPanic<'a, F: Fn()>(&'a F);

impl<F: Fn()> Drop for OnPanic<'_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{AHEAD, in_order};

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        let work = |n: u64| {
            // Later items of each group are done first.
            std::thread::sleep(std::time::Duration::from_micros(200 * (7 - n % 8)));
            n * n
        };
        let done: Result<(), ()> = in_order(0..500, work, |square| {
            seen.push(square);
            Ok(())
        });
        assert!(done.is_ok());
        assert_eq!(seen, (0..500).map(|n| n * n).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_runs_far_ahead_of_a_slow_item() {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (drawn, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut delivered = 0;
        let items = (0..10_000).inspect(|_| {
            drawn.fetch_add(1, Ordering::SeqCst);
        });
        let work = |n: usize| {
            if n == 0 && threads > 1 {
                std::thread::sleep(std::time::Duration::from_millis(50));
                most.store(drawn.load(Ordering::SeqCst), Ordering::SeqCst);
            }
        };
        let done: Result<(), ()> = in_order(items, work, |()| {
            delivered += 1;
            Ok(())
        });
        assert!(done.is_ok());
        assert_eq!(delivered, 10_000);
        assert!(
            most.load(Ordering::SeqCst) <= AHEAD * threads,
            "{most:?} items were drawn before the first was done"
        );
    }

    #[test]
    fn an_error_of_the_taker_ends_everything() {
        let drawn = AtomicUsize::new(0);
        let items = (0..1_000_000).inspect(|_| {
            drawn.fetch_add(1, Ordering::SeqCst);
        });
        let done = in_order(items, |n| n, |n| if n == 10 { Err(n) } else { Ok(()) });
        assert_eq!(done, Err(10));
        assert!(drawn.load(Ordering::SeqCst) < 1_000_000);
    }
}
