//! The sink that sends: alerts in, a count of what was delivered out.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use scap_analyze::alert::Alert;
use scap_analyze::sink::{JsonSink, Omit, Sink};

use crate::queue::Queue;
use crate::receiver::Receiver;
use crate::sender::{Sender, Tally};

/// Sends alerts on a thread of its own, in order.
///
/// Taking an alert costs as much as writing it, unless the receiver is so slow that eight MiB of alerts wait for it. It never
/// fails: what is not delivered is counted. Dropped without [`Post::end`], it leaves what still waits unsent.
#[derive(Debug)]
pub struct Post {
    queue: Arc<Queue>,
    tally: Arc<Mutex<Tally>>,
    thread: JoinHandle<()>,
    omit: Omit,
    taken: u64,
}

/// What came of the alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Alerts that the receiver took.
    pub sent: u64,
    /// Alerts that it did not take, as far as can be known.
    pub undelivered: u64,
    /// Requests that were made again. One that had not been answered may have arrived the first time.
    pub repeated: u64,
    /// Why the first of the undelivered alerts was not delivered, safe to print.
    pub first: Option<String>,
    /// Whether, after several in a row, the rest was not even tried.
    pub gave_up: bool,
}

impl Post {
    /// Begins to send to `receiver`, without the keys of `omit`.
    ///
    /// # Errors
    /// If the machine has no thread left.
    pub fn start(receiver: Receiver, omit: Omit) -> io::Result<Self> {
        let (queue, tally) = (Arc::new(Queue::default()), Arc::new(Mutex::new(Tally::default())));
        let (of_sender, counted) = (Arc::clone(&queue), Arc::clone(&tally));
        let thread = thread::Builder::new()
            .name("post".to_owned())
            .spawn(move || Sender::new(receiver, of_sender, counted).run())?;
        Ok(Self { queue, tally, thread, omit, taken: 0 })
    }

    /// How many alerts still wait after `patience`, or 0 as soon as none do. The one that is being sent does not count.
    #[must_use]
    pub fn waiting_after(&self, patience: Duration) -> usize {
        self.queue.waiting_after(patience)
    }

    /// Sends what still waits, for at most [`Receiver::longest_silence`] without an answer, and tells what came of all.
    #[must_use]
    pub fn end(self) -> Delivery {
        self.queue.end();
        let broken = self.thread.join().is_err();
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let undelivered = self.taken.saturating_sub(tally.sent);
        let untold = || (undelivered > 0).then(|| "sending ended unexpectedly".to_owned());
        Delivery {
            sent: tally.sent,
            undelivered,
            repeated: tally.repeated,
            first: tally.first.or_else(untold),
            gave_up: tally.gave_up || broken,
        }
    }
}

impl Sink for Post {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        self.taken += 1;
        if self.queue.has_given_up() {
            return Ok(());
        }
        let mut line = Vec::new();
        JsonSink::new(&mut line).without(self.omit).alert(alert)?;
        // The object alone is the body.
        line.pop();
        self.queue.push(line);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
