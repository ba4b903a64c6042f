//! The line that `scap record` shows while it records, on a terminal only, and what it says in between.

use crate::exit::say;
use crate::units;
use scap_capture::session::Progress;
use std::io::Write;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How often the line changes.
const EVERY: Duration = Duration::from_millis(500);

/// What is told while a recording goes on.
pub(crate) struct Status {
    /// Said before anything else, once recording has begun.
    begins: Option<String>,
    /// Whether there is a line.
    shows: bool,
    /// Alerts that made a flight recorder write.
    alerts: Option<Receiver<String>>,
    traces: u64,
    shown: Option<(Instant, u64)>,
}

impl Status {
    /// Says `begins` first; `shows` a line; tells of `alerts` when they begin a trace.
    pub(crate) fn new(begins: Option<String>, shows: bool, alerts: Option<Receiver<String>>) -> Self {
        Self { begins, shows, alerts, traces: 0, shown: None }
    }

    /// Tells of `progress`; called several times a second.
    pub(crate) fn tell(&mut self, progress: &Progress) {
        if let Some(begins) = self.begins.take() {
            say(&begins);
        }
        if progress.traces > self.traces
            && let Some(alerts) = &self.alerts
        {
            let why = alerts.try_recv().unwrap_or_else(|_| "asked for by signal".to_owned());
            self.clear();
            say(&format!("scap: writing out: {why}"));
        }
        self.traces = progress.traces;
        if self.shows {
            self.show(progress);
        }
    }

    /// One line that is written over and over.
    fn show(&mut self, progress: &Progress) {
        let now = Instant::now();
        let Some((before, events)) = self.shown else {
            self.shown = Some((now, progress.events));
            return;
        };
        let past = now.duration_since(before);
        if past < EVERY {
            return;
        }
        self.shown = Some((now, progress.events));
        // A terminal that is gone is nobody's error.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}", line(progress, events, past));
    }

    /// Makes room for other lines where the status stood.
    pub(crate) fn clear(&self) {
        if self.shows {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Time, events in all and per second since `events` were there, bytes, drops.
fn line(progress: &Progress, events: u64, past: Duration) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = progress.events.saturating_sub(events) as f64 / past.as_secs_f64().max(0.001);
    let left_out = match progress.left_out {
        0 => String::new(),
        count => format!("  {count} left out"),
    };
    format!(
        "{:.0}s  {} events ({rate:.0}/s)  {}  {} dropped{left_out}",
        progress.elapsed.as_secs_f64(),
        progress.events,
        units::shown_bytes(progress.bytes),
        progress.dropped
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_moment() {
        let progress = Progress {
            elapsed: Duration::from_secs(100),
            events: 5000,
            dropped: 3,
            left_out: 0,
            bytes: 1536,
            traces: 1,
        };
        assert_eq!(
            line(&progress, 4000, Duration::from_millis(500)),
            "100s  5000 events (2000/s)  1.5 KiB  3 dropped"
        );
    }
}
