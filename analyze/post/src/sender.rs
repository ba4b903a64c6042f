//! The thread that sends: one alert after the other, each until it is delivered, refused, or tried often enough.
//!
//! Pauses grow with every attempt that fails and carry over from one alert to the next, so that a receiver that is
//! being restarted gets time; after an alert that was tried in vain, the next ones are tried once each. After
//! [`MOST_IN_A_ROW`] alerts that were not delivered nothing is sent any more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::Agent;

use crate::attempt::{self, Verdict};
use crate::queue::Queue;
use crate::receiver::Receiver;

/// How many alerts in a row may fail before no more are sent.
pub(crate) const MOST_IN_A_ROW: u32 = 5;

/// The longest pause between two attempts, whatever the receiver asks for.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What came of all alerts so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// Alerts that the receiver took.
    pub(crate) sent: u64,
    /// Requests beyond the first of an alert.
    pub(crate) repeated: u64,
    /// Why the first alert that was not delivered was not.
    pub(crate) first: Option<String>,
    /// Whether sending was given up.
    pub(crate) gave_up: bool,
}

/// Sends what is in a queue.
pub(crate) struct Sender {
    receiver: Receiver,
    agent: Agent,
    queue: Arc<Queue>,
    tally: Arc<Mutex<Tally>>,
    /// Attempts that failed since the last answer that did not ask for another.
    failed: u32,
    /// What the receiver asked for with the last of them.
    asked: Option<Duration>,
    /// Whether the last alert was tried as often as is allowed.
    weary: bool,
}

impl Sender {
    /// Sends what is put into `queue` to `receiver`, counting in `tally`.
    pub(crate) fn new(receiver: Receiver, queue: Arc<Queue>, tally: Arc<Mutex<Tally>>) -> Self {
        let agent = attempt::agent(&receiver);
        Self { receiver, agent, queue, tally, failed: 0, asked: None, weary: false }
    }

    /// Sends until the queue ends or sending is given up.
    pub(crate) fn run(mut self) {
        // Whoever fills the queue must not wait for a thread that is gone, whatever ended it.
        let _leaving = Leaving(Arc::clone(&self.queue));
        let mut in_a_row = 0;
        while let Some(alert) = self.queue.pop() {
            match self.deliver(&alert) {
                Ok(()) => {
                    in_a_row = 0;
                    self.count(|tally| tally.sent += 1);
                }
                Err(why) => {
                    in_a_row += 1;
                    let ends = in_a_row >= MOST_IN_A_ROW;
                    self.count(|tally| {
                        tally.first.get_or_insert(why);
                        tally.gave_up = ends;
                    });
                    if ends {
                        return;
                    }
                }
            }
        }
    }

    /// Sends one alert; why it was not delivered if it was not.
    fn deliver(&mut self, alert: &[u8]) -> Result<(), String> {
        let attempts = if self.weary { 1 } else { self.receiver.retries.saturating_add(1) };
        let mut last = String::new();
        for nth in 0..attempts {
            if nth > 0 {
                self.count(|tally| tally.repeated += 1);
            }
            std::thread::sleep(self.pause());
            match attempt::attempt(&self.agent, &self.receiver, alert) {
                Verdict::Delivered => {
                    self.calm();
                    return Ok(());
                }
                Verdict::Refused(why) => {
                    self.calm();
                    return Err(why);
                }
                Verdict::Again { why, after } => {
                    self.failed = self.failed.saturating_add(1);
                    self.asked = after;
                    last = why;
                }
            }
        }
        self.weary = true;
        Err(last)
    }

    fn calm(&mut self) {
        (self.failed, self.asked, self.weary) = (0, None, false);
    }

    /// How long to wait before the next attempt.
    fn pause(&self) -> Duration {
        let doublings = match self.failed {
            0 => return Duration::ZERO,
            failed => (failed - 1).min(16),
        };
        let own = self.receiver.pause.saturating_mul(1 << doublings);
        self.asked.map_or(own, |asked| asked.max(own)).min(LONGEST_PAUSE)
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Tells the queue that nobody takes from it any more.
struct Leaving(Arc<Queue>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
