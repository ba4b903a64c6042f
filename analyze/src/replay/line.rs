//! Work handed out in order and taken back in order, to a pool of threads or to nobody but oneself.
//!
//! Who hands out also works: with all others busy, it takes the oldest piece of work itself, so that `n` threads
//! are `n` that work. Once everything is handed out, the longest piece is done first, so that all end at about the same
//! time. Who finds none left helps those who still have some, if they can be helped. Never more than a few
//! pieces per thread are on their way, which bounds memory.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Threads that replay.
#[derive(Debug)]
pub struct Pool {
    /// The threads beside the one that hands out work; `None` for none.
    helpers: Option<rayon::ThreadPool>,
    threads: usize,
}

/// The threads could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {threads} threads: {reason}")]
pub struct NoThreads {
    threads: usize,
    reason: String,
}

impl Pool {
    /// One thread: the caller's.
    #[must_use]
    pub const fn alone() -> Self {
        Self { helpers: None, threads: 1 }
    }

    /// `threads` threads, the caller's among them; 0 for as many as the machine runs at once.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn new(threads: usize) -> Result<Self, NoThreads> {
        let cores = || std::thread::available_parallelism().map_or(1, Into::into);
        let threads = if threads == 0 { cores() } else { threads };
        if threads == 1 {
            return Ok(Self::alone());
        }
        let helpers = rayon::ThreadPoolBuilder::new()
            .num_threads(threads - 1)
            .thread_name(|n| format!("replay {n}"))
            .build()
            .map_err(|error| NoThreads { threads, reason: error.to_string() })?;
        Ok(Self { helpers: Some(helpers), threads })
    }

    /// How many threads, the caller's among them.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// Does `work` on another thread of the pool, ahead of anything else, and does not wait for it; nothing if there is no
    /// other. What becomes of it if it panics does not matter.
    pub fn meanwhile(&self, work: impl FnOnce() + Send + 'static) {
        if let Some(helpers) = &self.helpers {
            helpers.spawn(|| drop(catch_unwind(AssertUnwindSafe(work))));
        }
    }

    /// Does `work` for every item, and hands the results to `take` in the order of the items.
    ///
    /// # Errors
    /// What `take` returns; then nothing more is done.
    pub fn each<J: Send, R: Send, E>(
        &self,
        items: impl IntoIterator<Item = J>,
        work: impl Fn(J) -> R + Sync,
        mut take: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        self.line(
            work,
            || false,
            |line| {
                for item in items {
                    line.give(item, 0);
                    let more = line.threads() + 1;
                    while let Some(result) = line.due(more) {
                        take(result)?;
                    }
                }
                while let Some(result) = line.next() {
                    take(result)?;
                }
                Ok(())
            },
        )
    }

    /// Lets `lead` hand out work, which `work` does. Who has none calls `help`, again and again until that finds nothing to
    /// do and gives `false`.
    pub(super) fn line<J: Send, R: Send, T>(
        &self,
        work: impl Fn(J) -> R + Sync,
        help: impl Fn() -> bool + Sync,
        lead: impl FnOnce(&mut Line<'_, J, R>) -> T,
    ) -> T {
        let shared =
            Shared { inner: Mutex::new(Inner::default()), news: Condvar::new(), work: &work, help: &help };
        let threads = self.threads as u64;
        let Some(helpers) = &self.helpers else {
            return lead(&mut Line { shared: &shared, call: &|| {}, given: 0, taken: 0, threads });
        };
        helpers.in_place_scope_fifo(|scope| {
            let call = || {
                scope.spawn_fifo(|_| {
                    shared.work_one();
                    while shared.lock().jobs.is_empty() && help() {}
                });
            };
            let result = lead(&mut Line { shared: &shared, call: &call, given: 0, taken: 0, threads });
            // What nobody takes back need not be done.
            shared.lock().jobs.clear();
            result
        })
    }
}

/// Where work is handed out and taken back.
pub(super) struct Line<'l, J, R> {
    shared: &'l Shared<'l, J, R>,
    /// Calls a helper, if there is one.
    call: &'l dyn Fn(),
    given: u64,
    taken: u64,
    threads: u64,
}

struct Shared<'l, J, R> {
    inner: Mutex<Inner<J, R>>,
    news: Condvar,
    work: &'l (dyn Fn(J) -> R + Sync),
    help: &'l (dyn Fn() -> bool + Sync),
}

struct Inner<J, R> {
    jobs: VecDeque<Piece<J>>,
    /// Whether all of them are in `jobs`, or will be in a moment.
    is_last: bool,
    done: BTreeMap<u64, std::thread::Result<R>>,
}

/// A piece of work.
struct Piece<J> {
    /// How many came before it.
    number: u64,
    /// How long it takes, in whatever unit.
    length: u64,
    job: J,
}

impl<J, R> Default for Inner<J, R> {
    fn default() -> Self {
        Self { jobs: VecDeque::new(), is_last: false, done: BTreeMap::new() }
    }
}

impl<J, R> Inner<J, R> {
    /// The piece of work to do next.
    fn take(&mut self) -> Option<Piece<J>> {
        if !self.is_last {
            return self.jobs.pop_front();
        }
        // Of several as long, the oldest.
        let longest = self.jobs.iter().enumerate().rev().max_by_key(|(_, piece)| piece.length);
        longest.map(|(at, _)| at).and_then(|at| self.jobs.remove(at))
    }
}

impl<J, R> Shared<'_, J, R> {
    fn lock(&self) -> MutexGuard<'_, Inner<J, R>> {
        // Work is done outside the lock, so that a panic leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a piece of work that nobody does yet; `false` if there is none.
    fn work_one(&self) -> bool {
        let Some(Piece { number, job, .. }) = self.lock().take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(job)));
        self.lock().done.insert(number, result);
        self.news.notify_one();
        true
    }
}

impl<'l, J, R> Line<'l, J, R> {
    /// How many threads work.
    pub(super) const fn threads(&self) -> u64 {
        self.threads
    }

    /// Tells, however much will be handed out or taken back, whether so much work waits that nobody will be without any for as
    /// long as it takes to make a piece of it.
    pub(super) fn is_long(&self) -> impl Fn() -> bool + use<'l, J, R> {
        let (shared, enough) = (self.shared, self.threads);
        move || shared.lock().jobs.len() as u64 >= enough
    }

    /// Takes the place of a piece of work of which the result is known.
    pub(super) fn put(&mut self, result: R) {
        self.shared.lock().done.insert(self.given, Ok(result));
        self.given += 1;
    }

    /// Hands out a piece of work that takes as long as `length` says, compared with the others.
    pub(super) fn give(&mut self, job: J, length: u64) {
        self.shared.lock().jobs.push_back(Piece { number: self.given, length, job });
        self.given += 1;
        (self.call)();
    }

    /// The piece of work that is handed out next is the last one.
    pub(super) fn ends(&mut self) {
        self.shared.lock().is_last = true;
    }

    /// Takes back the result of the oldest piece of work not taken back yet, waiting for it if as many as may be are on
    /// their way, which is one for each thread and `more`; `None` if more work should be handed out first.
    pub(super) fn due(&mut self, more: u64) -> Option<R> {
        if self.given - self.taken >= self.threads + more {
            return self.next();
        }
        let done = self.shared.lock().done.remove(&self.taken)?;
        Some(self.open(done))
    }

    /// Takes back the result of the oldest piece of work not taken back yet, and waits for it; `None` if all are.
    pub(super) fn next(&mut self) -> Option<R> {
        if self.taken == self.given {
            return None;
        }
        loop {
            let done = self.shared.lock().done.remove(&self.taken);
            if let Some(done) = done {
                return Some(self.open(done));
            }
            if self.shared.work_one() || (self.shared.help)() {
                continue;
            }
            let mut inner = self.shared.lock();
            while !inner.done.contains_key(&self.taken) {
                inner = self.shared.news.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn open(&mut self, done: std::thread::Result<R>) -> R {
        self.taken += 1;
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;

    fn squares(threads: usize) -> Vec<u64> {
        let mut all = Vec::new();
        let take = |result| {
            all.push(result);
            Ok::<_, ()>(())
        };
        Pool::new(threads).unwrap().each(0..1000, |n: u64| n * n, take).unwrap();
        all
    }

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let want: Vec<u64> = (0..1000).map(|n| n * n).collect();
        for threads in [1, 2, 3, 8] {
            assert_eq!(squares(threads), want);
        }
    }

    #[test]
    fn who_has_no_work_left_helps_until_there_is_nothing_to_help_with() {
        let (left, done) = (AtomicU64::new(100), AtomicU64::new(0));
        let help = || left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        let work = |_: u64| {
            // Only the other thread can end this.
            while left.load(Relaxed) > 0 {
                std::thread::yield_now();
            }
            done.fetch_add(1, Relaxed);
        };
        Pool::new(2).unwrap().line(work, help, |line| {
            line.give(1, 0);
            while line.next().is_some() {}
        });
        assert_eq!((left.load(Relaxed), done.load(Relaxed)), (0, 1));
    }

    #[test]
    fn at_the_end_the_longest_piece_is_done_first_and_results_come_in_order() {
        let done = Mutex::new(Vec::new());
        let work = |n: usize| {
            done.lock().unwrap().push(n);
            n
        };
        let results = Pool::alone().line(
            work,
            || false,
            |line| {
                line.ends();
                [3, 9, 1, 9, 0].iter().enumerate().for_each(|(n, &length)| line.give(n, length));
                std::iter::from_fn(|| line.next()).collect::<Vec<_>>()
            },
        );
        assert_eq!((results, done.into_inner().unwrap()), (vec![0, 1, 2, 3, 4], vec![1, 3, 0, 2, 4]));
    }

    #[test]
    fn what_is_done_meanwhile_is_done_on_another_thread_and_its_panic_hurts_nobody() {
        let (tell, told) = std::sync::mpsc::channel();
        let who = move || tell.send(std::thread::current().id()).unwrap();
        let pool = Pool::new(2).unwrap();
        pool.meanwhile(|| panic!("a test"));
        pool.meanwhile(who);
        assert_ne!(told.recv().unwrap(), std::thread::current().id());
        Pool::alone().meanwhile(|| panic!("nobody is there to do it"));
    }

    #[test]
    fn a_panic_at_work_comes_back_to_who_handed_it_out() {
        for threads in [1, 3] {
            let pool = Pool::new(threads).unwrap();
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.line(
                    |n: u64| assert_ne!(n, 5, "a test"),
                    || false,
                    |line| {
                        (0..10).for_each(|n| line.give(n, 0));
                        while line.next().is_some() {}
                    },
                );
            }));
            assert!(result.is_err());
        }
    }
}
