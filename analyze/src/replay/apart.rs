//! Asks rules about the events of a batch, apart from who follows the state.
//!
//! Takes a [`Batch`], gives alerts and their tally; who made the batch has counted everything else. Rules see a
//! [`Replica`] of the state. Where that cannot answer what they ask, the batch is replayed from its start up to the
//! event in question, and the event is asked about again; so a batch is never replayed more than once.
//!
//! Hot path: an event costs what its rules ask.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use scap_format::Event;
use scap_rules::Scratch;
use scap_schema::code;
use scap_state::{Replica, State};

use super::batch::{Asked, Batch};
use super::cursor::Cursor;
use super::evaluator::Evaluator;
use super::outcome::Outcome;
use super::recorded::Way;
use super::scratches::Scratches;
use super::summary::Tally;
use crate::alert::Alert;

/// Asks about batches, on any number of threads.
pub(super) struct Apart<'e> {
    evaluator: &'e Evaluator<'e>,
    scratches: &'e Scratches,
    /// Batches that are done, with the memory that their maker allocated, who alone can free it cheaply.
    batches: Mutex<Vec<Batch>>,
}

impl<'e> Apart<'e> {
    pub(super) fn new(evaluator: &'e Evaluator<'e>, scratches: &'e Scratches) -> Self {
        Self { evaluator, scratches, batches: Mutex::default() }
    }

    /// Asks about everything in `batch` that is to be asked.
    pub(super) fn ask(&self, mut batch: Batch) -> Outcome {
        let line = batch.line;
        let mut replica = Replica::new(batch.start.state(), std::mem::take(&mut batch.lists.trail));
        let mut asking = Asking {
            evaluator: self.evaluator,
            batch: &batch,
            scratch: self.scratches.take(self.evaluator, Some(line)),
            alerts: Vec::new(),
            tally: Tally::default(),
            trial: Tally::default(),
            replay: None,
        };
        for &asked in &batch.lists.asked {
            if !asking.ask_replica(asked, &mut replica) {
                asking.ask_again(asked);
            }
        }
        asking.keep();
        let Asking { scratch, alerts, tally, .. } = asking;
        batch.lists.trail = replica.into_trail();
        // Others wait for the chunks.
        batch.lists.recorded.clear();
        self.scratches.give(Some(line), scratch);
        self.batches().push(batch);
        Outcome { alerts, tally, ..Outcome::default() }
    }

    /// Has `cursor` take in `event`, and asks about it where that stands. What is said goes to `outcome`.
    pub(super) fn ask_at_once(
        &self,
        event: &Event<'_>,
        cursor: &mut Cursor,
        scratch: &mut Option<Scratch>,
        outcome: &mut Outcome,
    ) {
        let scratch = scratch.get_or_insert_with(|| self.evaluator.scratch());
        let Outcome { tally, alerts, .. } = outcome;
        let Ok(()) = cursor
            .feed_event(event, |event, state| ask(self.evaluator, event, state, scratch, tally, alerts));
    }

    /// An empty batch of line `line` that begins where `start` stands.
    pub(super) fn batch(&self, line: u64, start: Cursor) -> Batch {
        let spare = self.batches().pop();
        let mut lists = spare.map(|batch| batch.lists).unwrap_or_default();
        lists.clear();
        Batch { line, start, lists }
    }

    fn batches(&self) -> MutexGuard<'_, Vec<Batch>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The questions of a batch.
struct Asking<'a> {
    evaluator: &'a Evaluator<'a>,
    batch: &'a Batch,
    scratch: Scratch,
    alerts: Vec<Alert>,
    tally: Tally,
    /// Counts that can still be taken back, of events without alerts but for the last.
    trial: Tally,
    /// The replay of the batch, and how far it has gone.
    replay: Option<(Cursor, Way)>,
}

impl Asking<'_> {
    /// Asks about the next event with what the replica knows. `false` if that is not enough; then nothing has happened.
    fn ask_replica(&mut self, asked: Asked, replica: &mut Replica) -> bool {
        let Some(event) = self.batch.lists.shown(asked) else { return false };
        let Some(state) = replica.follow(&event) else { return false };
        let (examined, said) = (self.trial.examined, self.alerts.len());
        let Ok(()) = ask(self.evaluator, event, state, &mut self.scratch, &mut self.trial, &mut self.alerts);
        if replica.is_short() {
            self.alerts.truncate(said);
            self.trial = Tally { examined, ..Tally::default() };
            return false;
        }
        if self.alerts.len() > said || event.code == code::NOTIFICATION_E {
            self.keep();
        }
        true
    }

    /// Asks about an event with the state as it was.
    fn ask_again(&mut self, asked: Asked) {
        self.keep();
        let (cursor, way) = self.replay.get_or_insert_with(|| (self.batch.start.clone(), Way::default()));
        while let Some(event) = self.batch.lists.recorded.next(way) {
            if event.num < asked.num {
                cursor.follow_event(&event);
                continue;
            }
            let Ok(()) = cursor.feed_event(&event, |event, state| {
                ask(self.evaluator, event, state, &mut self.scratch, &mut self.tally, &mut self.alerts)
            });
            break;
        }
    }

    /// Counts what was tried.
    fn keep(&mut self) {
        self.tally.add(&std::mem::take(&mut self.trial));
    }
}

fn ask(
    evaluator: &Evaluator<'_>,
    event: Event<'_>,
    state: &State,
    scratch: &mut Scratch,
    tally: &mut Tally,
    alerts: &mut Vec<Alert>,
) -> Result<(), Infallible> {
    evaluator.ask(event, state, scratch, tally, |alert| {
        alerts.push(alert);
        Ok(())
    })
}
