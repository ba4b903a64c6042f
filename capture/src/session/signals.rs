//! The signals that a session heeds.
//!
//! From [`StopSignals::catch`] on, SIGINT, SIGTERM and SIGHUP end it instead of killing the process: SIGHUP too, because a
//! recorder whose operator is gone must not go on unseen. SIGUSR1 asks for the next trace of a series, or for what
//! a flight recorder holds; without either it means nothing.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Tells which of them came.
#[derive(Debug)]
pub(super) struct StopSignals {
    came: Arc<AtomicUsize>,
    next: Arc<AtomicBool>,
    hooks: Vec<signal_hook::SigId>,
    /// When a signal was seen first, and how far the output was when it last moved.
    seen: Cell<Option<(Instant, u64)>>,
}

impl StopSignals {
    pub(super) fn catch() -> io::Result<Self> {
        let mut signals =
            Self { came: Arc::default(), next: Arc::default(), hooks: Vec::new(), seen: Cell::new(None) };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or(usize::MAX);
            let came = Arc::clone(&signals.came);
            signals.hooks.push(signal_hook::flag::register_usize(signal, came, number)?);
        }
        signals.hooks.push(signal_hook::flag::register(SIGUSR1, Arc::clone(&signals.next))?);
        Ok(signals)
    }

    /// The last one that came to end the session, by number.
    pub(super) fn came(&self) -> Option<i32> {
        i32::try_from(self.came.load(Ordering::Relaxed)).ok().filter(|&signal| signal != 0)
    }

    /// Whether SIGUSR1 came since this was asked last.
    pub(super) fn wants_next(&self) -> bool {
        self.next.load(Ordering::Relaxed) && self.next.swap(false, Ordering::Relaxed)
    }

    /// Whether, after a signal, the output has taken nothing for `patience`: `progress` is how much it has taken so
    /// far. Then it will hardly take the rest.
    pub(super) fn lost_patience(&self, progress: u64, patience: Duration) -> bool {
        if self.came().is_none() {
            return false;
        }
        match self.seen.get() {
            Some((since, before)) if before == progress => since.elapsed() >= patience,
            _ => {
                self.seen.set(Some((Instant::now(), progress)));
                false
            }
        }
    }
}

impl Drop for StopSignals {
    fn drop(&mut self) {
        for hook in self.hooks.drain(..) {
            signal_hook::low_level::unregister(hook);
        }
    }
}
