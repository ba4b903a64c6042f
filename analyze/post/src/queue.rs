//! What waits to be sent: lines in order, bounded in bytes.
//!
//! One side puts lines in and waits when there is no room, so that an analysis never holds more than [`ROOM`] bytes of
//! alerts; the other takes them out. Once the taking side has given up, nothing waits any more.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes that wait, but for a single line that is larger.
pub(crate) const ROOM: usize = 8 << 20;

/// Lines on their way.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// No line comes any more.
    ended: bool,
    /// No line is taken any more.
    given_up: bool,
}

impl Queue {
    /// Puts `line` behind the others, once there is room; `false` if no one takes it any more.
    pub(crate) fn push(&self, line: Vec<u8>) -> bool {
        let mut waiting = self.lock();
        while !waiting.given_up && !waiting.lines.is_empty() && waiting.bytes + line.len() > ROOM {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.given_up {
            return false;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line);
        self.changed.notify_all();
        true
    }

    /// The first line, once there is one; `None` after the last.
    pub(crate) fn pop(&self) -> Option<Vec<u8>> {
        let mut waiting = self.lock();
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                self.changed.notify_all();
                return Some(line);
            }
            if waiting.ended || waiting.given_up {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says that no line comes any more.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Drops what waits, now and later.
    pub(crate) fn give_up(&self) {
        let mut waiting = self.lock();
        waiting.given_up = true;
        waiting.lines.clear();
        waiting.bytes = 0;
        self.changed.notify_all();
    }

    /// Whether no line is taken any more.
    pub(crate) fn has_given_up(&self) -> bool {
        self.lock().given_up
    }

    /// How many lines still wait after `patience` or when none do, whichever comes first.
    pub(crate) fn waiting_after(&self, patience: Duration) -> usize {
        let until = Instant::now() + patience;
        let mut waiting = self.lock();
        while !waiting.lines.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.changed.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.lines.len()
    }

    /// Every change is whole before the lock is released: what a panicking thread left can be used.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_full_queue_makes_its_filler_wait_and_loses_nothing() {
        let queue = Arc::new(Queue::default());
        let filler = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || {
                let all = (0..40_u8).all(|i| queue.push(vec![i; ROOM / 4]));
                queue.end();
                all
            })
        };
        let mut taken = Vec::new();
        while let Some(line) = queue.pop() {
            assert!(queue.lock().bytes <= ROOM);
            taken.push(line[0]);
        }
        assert!(filler.join().unwrap());
        assert_eq!(taken, (0..40).collect::<Vec<u8>>());
    }

    #[test]
    fn giving_up_frees_who_waits_for_room() {
        let queue = Arc::new(Queue::default());
        assert!(queue.push(vec![0; ROOM + 1]), "a line larger than the room passes when it is alone");
        let filler = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.push(vec![1]))
        };
        std::thread::sleep(Duration::from_millis(20));
        queue.give_up();
        assert!(!filler.join().unwrap());
        assert_eq!((queue.pop(), queue.waiting_after(Duration::from_secs(60))), (None, 0));
    }
}
