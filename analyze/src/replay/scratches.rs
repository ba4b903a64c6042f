//! Space to evaluate in that one piece of work leaves to the next, with what was learnt in it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use scap_rules::Scratch;

use super::evaluator::Evaluator;

/// Scratches that nobody uses at the moment, each with the line of batches that it was used for, if it was one: what it
/// remembers of processes holds for no other work, what it remembers of files for all.
#[derive(Debug, Default)]
pub(super) struct Scratches(Mutex<Vec<(Option<u64>, Scratch)>>);

impl Scratches {
    /// One for work on `line`, or on events that are in none.
    pub(super) fn take(&self, evaluator: &Evaluator<'_>, line: Option<u64>) -> Scratch {
        let Some((its, mut scratch)) = self.all().pop() else { return evaluator.scratch() };
        if line.is_none() || its != line {
            scratch.forget_processes();
        }
        scratch
    }

    /// Keeps one that [`Self::take`] gave for work on `line`.
    pub(super) fn give(&self, line: Option<u64>, scratch: Scratch) {
        self.all().push((line, scratch));
    }

    fn all(&self) -> MutexGuard<'_, Vec<(Option<u64>, Scratch)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
