//! The signals that end a session.
//!
//! SIGINT, SIGTERM and SIGHUP are remembered instead of killing the process, from [`StopSignals::catch`] on.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tells which of them came.
#[derive(Debug)]
pub(super) struct StopSignals {
    came: Arc<AtomicUsize>,
    hooks: Vec<signal_hook::SigId>,
}

impl StopSignals {
    pub(super) fn catch() -> io::Result<Self> {
        let mut signals = Self { came: Arc::new(AtomicUsize::new(0)), hooks: Vec::new() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or(usize::MAX);
            let came = Arc::clone(&signals.came);
            signals.hooks.push(signal_hook::flag::register_usize(signal, came, number)?);
        }
        Ok(signals)
    }

    /// The last one that came, by number.
    pub(super) fn came(&self) -> Option<i32> {
        i32::try_from(self.came.load(Ordering::Relaxed)).ok().filter(|&signal| signal != 0)
    }
}

impl Drop for StopSignals {
    fn drop(&mut self) {
        for hook in self.hooks.drain(..) {
            signal_hook::low_level::unregister(hook);
        }
    }
}
