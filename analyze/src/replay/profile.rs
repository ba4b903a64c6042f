//! Where the time of a replay goes: by stage and by rule.
//!
//! Takes a trace that can be read again and again, replays it on one thread with one stage more each time
//! (decompress, decode, state, rules, output) and takes the differences; so the replay that counts carries no
//! clock. What rules cost is counted in one more pass. Time is whatever clock the caller reads; processor time is
//! best.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use scap_format::chunk::ChunkSource;
use scap_format::{Error, Item, TraceReader};
use scap_rules::{Profile, RuleSet};

use super::{Cursor, Evaluator, Options, Replay, WalkError, walk_events, walk_wanted};
use crate::sink::Sink;

/// A part of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes of the file to `.scap` bytes.
    Decompress,
    /// To events.
    Decode,
    /// Old events brought up to date, all applied to the state.
    State,
    /// Rules evaluated.
    Rules,
    /// Alerts made and written.
    Output,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Stage; 5] = [Stage::Decompress, Stage::Decode, Stage::State, Stage::Rules, Stage::Output];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Decompress => "decompress",
            Stage::Decode => "decode",
            Stage::State => "state",
            Stage::Rules => "rules",
            Stage::Output => "output",
        }
    }
}

/// What each stage took, in the order of [`Stage::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// Time of each.
    pub times: [Duration; Stage::ALL.len()],
    /// Events of the trace.
    pub events: u64,
}

impl Stages {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.times.iter().sum()
    }
}

/// How to get at a trace, and at time.
pub struct Profiler<'p> {
    /// Opens the trace from its beginning.
    pub open: &'p dyn Fn() -> Result<TraceReader, Error>,
    /// Opens the files of the trace as bytes to be decompressed, one after the other.
    pub chunks: &'p dyn Fn() -> Result<Vec<Box<dyn ChunkSource + Send>>, Error>,
    /// Time used so far.
    pub clock: &'p dyn Fn() -> Duration,
    /// A sink as the replay has it, for output that nobody reads.
    pub sink: &'p dyn Fn() -> Box<dyn Sink>,
}

impl Profiler<'_> {
    /// Measures the stages of a replay against `rules`: the least time of `times` passes for each.
    ///
    /// # Errors
    /// If the trace cannot be read.
    pub fn stages(
        &self,
        rules: &RuleSet,
        options: &Options,
        times: u32,
    ) -> Result<Stages, WalkError<io::Error>> {
        let replay = Replay::new(rules, options.clone());
        let mut events = 0;
        let mut upto = [Duration::MAX; Stage::ALL.len()];
        // One stage after the other each time, so that what disturbs the machine disturbs all alike.
        for _ in 0..times.max(1) {
            for (stage, least) in Stage::ALL.into_iter().zip(&mut upto) {
                let start = (self.clock)();
                events = self.pass(stage, rules, &replay, options)?.max(events);
                *least = (*least).min((self.clock)().saturating_sub(start));
            }
        }
        let mut before = Duration::ZERO;
        let times = upto.map(|upto| {
            let own = upto.saturating_sub(before);
            before = before.max(upto);
            own
        });
        Ok(Stages { times, events })
    }

    /// Counts what each of `rules` costs.
    ///
    /// # Errors
    /// If the trace cannot be read.
    pub fn rules(&self, rules: &RuleSet, options: &Options) -> Result<Profile, WalkError<io::Error>> {
        let evaluator = Evaluator::new(rules, options.clone());
        let (mut scratch, mut profile) = (evaluator.scratch(), Profile::default());
        walk_events(
            &mut (self.open)()?,
            &mut Cursor::new(),
            |_| {},
            |event, state| {
                evaluator.matches(event, state, &mut scratch, Some(&mut profile));
                Ok(())
            },
        )?;
        Ok(profile)
    }

    /// Everything up to and with `last`; gives the number of events if it saw any.
    fn pass(
        &self,
        last: Stage,
        rules: &RuleSet,
        replay: &Replay<'_>,
        options: &Options,
    ) -> Result<u64, WalkError<io::Error>> {
        match last {
            Stage::Decompress => {
                for mut source in (self.chunks)()? {
                    // An unreadable file is the reader's to report.
                    while let Ok(Some(chunk)) = source.next_chunk() {
                        source.recycle(chunk.bytes);
                    }
                }
                Ok(0)
            }
            Stage::Decode => {
                let mut trace = (self.open)()?;
                trace.for_each(|item| {
                    std::hint::black_box(matches!(item, Item::Damage(_)));
                    ControlFlow::Continue(())
                })?;
                Ok(trace.totals().events)
            }
            Stage::State => {
                let mut cursor = Cursor::new();
                let wanted = Evaluator::new(rules, options.clone()).wanted();
                walk_wanted(&mut (self.open)()?, &mut cursor, &wanted, |_| {}, |_, _| Ok(()))?;
                Ok(cursor.passed().events)
            }
            Stage::Rules => {
                let evaluator = Evaluator::new(rules, options.clone());
                let mut scratch = evaluator.scratch();
                let mut cursor = Cursor::new();
                walk_wanted(
                    &mut (self.open)()?,
                    &mut cursor,
                    &evaluator.wanted(),
                    |_| {},
                    |event, state| {
                        evaluator.matches(event, state, &mut scratch, None);
                        Ok(())
                    },
                )?;
                Ok(cursor.passed().events)
            }
            Stage::Output => {
                let mut sink = (self.sink)();
                let found = replay.run(&mut (self.open)()?, &mut Cursor::new(), &mut *sink)?;
                sink.finish().map_err(WalkError::Visit)?;
                Ok(found.passed.events)
            }
        }
    }
}
