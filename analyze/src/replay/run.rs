//! A whole replay on one thread: a trace against rules, alerts to a sink.

use std::cell::Cell;
use std::io;

use scap_format::TraceReader;
use scap_format::source::Parts;
use scap_rules::RuleSet;

use super::summary::{Summary, Tally};
use super::{Cursor, Evaluator, Options, Pool, WalkError, parallel, walk_wanted};
use crate::sink::Sink;

/// Replays traces against rules.
#[derive(Debug)]
pub struct Replay<'r> {
    evaluator: Evaluator<'r>,
}

impl<'r> Replay<'r> {
    /// Replays against `rules` as `options` say.
    #[must_use]
    pub fn new(rules: &'r RuleSet, options: Options) -> Self {
        Self { evaluator: Evaluator::new(rules, options) }
    }

    /// Replays a whole trace on the threads of `pool`; writes alerts to `sink` in event order. Does not finish the
    /// sink, which may take more traces. `name` is for messages.
    ///
    /// What is written and said is the same for any number of threads.
    ///
    /// # Errors
    /// If the trace cannot be read or the sink cannot be written. Damage is no error but told in the summary.
    pub fn run_parts(
        &self,
        trace: Parts,
        name: &str,
        pool: &Pool,
        sink: &mut dyn Sink,
    ) -> Result<Summary, WalkError<io::Error>> {
        match trace {
            Parts::Native { frames, about } => {
                parallel::native(&self.evaluator, frames, about, name, pool, sink)
            }
            Parts::Other(mut trace) if pool.threads() == 1 => self.run(&mut trace, &mut Cursor::new(), sink),
            Parts::Other(trace) => parallel::other(&self.evaluator, *trace, pool, sink),
        }
    }

    /// Replays the rest of `trace` from its beginning or, if blocks were read from it before, from where `cursor`
    /// stands; writes alerts to `sink` in event order. Does not finish the sink, which may take more traces.
    ///
    /// # Errors
    /// If the trace cannot be read or the sink cannot be written. Damage is no error but counted in the summary.
    pub fn run(
        &self,
        trace: &mut TraceReader,
        cursor: &mut Cursor,
        sink: &mut dyn Sink,
    ) -> Result<Summary, WalkError<io::Error>> {
        let (mut tally, mut scratch) = (Tally::default(), self.evaluator.scratch());
        let mut summary = Summary::default();
        let broken = Cell::new(false);
        walk_wanted(
            trace,
            cursor,
            &self.evaluator.wanted(),
            |damage| {
                summary.damage(damage);
                broken.set(true);
            },
            |event, state| {
                if broken.replace(false) {
                    tally.gaps.damage();
                }
                self.evaluator.ask(event, state, &mut scratch, &mut tally, |alert| sink.alert(&alert))
            },
        )?;
        Ok(summary.at_end(trace, cursor, tally))
    }
}
