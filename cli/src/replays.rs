//! The traces given to `scap analyze`, replayed one after the other or several small ones at once.
//!
//! Takes an input, gives its summary; alerts go to a sink, in the order of the inputs. Small traces are replayed aside, by
//! whatever thread is free, and their alerts kept until it is their turn; should there be too many to keep, they are
//! replayed again when it is.

use crate::exit::{Outcome, say};
use crate::range::RangeArgs;
use crate::{input, open};
use anyhow::Result;
use scap_analyze::alert::{Alert, AlertTime};
use scap_analyze::replay::{Options, Pool, Replay, Summary, WalkError};
use scap_analyze::sink::{Kept, Sink};
use scap_format::native::Early;
use scap_format::source::{Input, Parts};
use scap_rules::{Filter, Matching, RuleSet};
use std::fs::File;
use std::sync::mpsc::{Receiver, channel};

/// Most bytes of a file that is small.
const SMALL: u64 = 4 << 20;

/// Most alerts of a small file that are kept.
const MOST_KEPT: usize = 20_000;

/// How to replay.
pub(crate) struct Replays<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) filter: Option<&'a Filter>,
    pub(crate) range: &'a RangeArgs,
    pub(crate) matching: Matching,
    pub(crate) time: AlertTime,
    /// Whether each trace is announced by its name.
    pub(crate) announces: bool,
}

/// Why there is no summary.
pub(crate) enum Failure {
    /// The trace could not be opened or, once `begun`, not be read to its end; others may be.
    Unreadable { error: anyhow::Error, begun: bool },
    /// Alerts could not be written.
    Unwritable(std::io::Error),
    /// What was asked for makes no sense.
    Fatal(anyhow::Error),
}

/// A trace that was replayed aside.
pub(crate) struct Aside {
    replayed: Result<Summary, Failure>,
    alerts: Vec<Alert>,
}

impl Replays<'_> {
    /// What is asked of `input`.
    ///
    /// # Errors
    /// If it makes no sense.
    pub(crate) fn options(&self, input: &Input) -> Result<Options> {
        let range = self.range.of(input, self.filter)?;
        Ok(Options { range, matching: self.matching, time: self.time })
    }

    /// Replays every input in turn and hands what came of it to `finish`, after its alerts went to `sink`. Gives how
    /// reading went. The first one may have `begun`.
    ///
    /// # Errors
    /// If alerts cannot be written, with `unwritable`'s words; or with what `finish` returns.
    pub(crate) fn run(
        &self,
        inputs: &[Input],
        mut begun: Option<Begun>,
        pool: &Pool,
        sink: &mut dyn Sink,
        unwritable: impl Fn(std::io::Error) -> anyhow::Error,
        mut finish: impl FnMut(&Input, &Summary, &mut dyn Sink) -> Result<()>,
    ) -> Result<Outcome> {
        let mut outcome = Outcome::Done;
        let mut take = |input: &Input, replayed: Result<Summary, Failure>, sink: &mut dyn Sink| {
            match replayed {
                Ok(found) => finish(input, &found, sink)?,
                Err(Failure::Unreadable { error, .. }) => {
                    input::or_next::<()>(Err(error), &mut outcome);
                }
                Err(Failure::Unwritable(error)) => return Err(unwritable(error)),
                Err(Failure::Fatal(error)) => return Err(error),
            }
            Ok(())
        };
        let mut rest = inputs;
        while let Some(first) = rest.first() {
            let small = rest.iter().take_while(|input| is_small(input)).count();
            if small < 2 || pool.threads() < 2 {
                take(first, self.replay(first, begun.take(), pool, sink), sink)?;
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let (some, after) = rest.split_at(small);
            pool.each(
                some,
                |input| (input, self.aside(input)),
                |(input, aside)| {
                    let replayed = self.write(input, aside, pool, sink);
                    take(input, replayed, sink)
                },
            )?;
            rest = after;
        }
        Ok(outcome)
    }

    fn announce(&self, input: &Input) {
        if self.announces {
            // Text alerts do not tell their host: on a terminal this line does.
            say(&format!("== {}", open::name(input)));
        }
    }

    /// Replays `input` and writes its alerts as they come.
    fn replay(
        &self,
        input: &Input,
        begun: Option<Begun>,
        pool: &Pool,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        self.replay_after(input, begun, pool, sink, || self.announce(input))
    }

    /// Replays `input` and keeps its alerts.
    fn aside(&self, input: &Input) -> Aside {
        let mut kept = Kept { limit: MOST_KEPT, ..Kept::default() };
        let replayed = self.replay_after(input, None, &Pool::alone(), &mut kept, || {});
        Aside { replayed, alerts: kept.alerts }
    }

    /// Writes what was replayed aside.
    fn write(
        &self,
        input: &Input,
        aside: Aside,
        pool: &Pool,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        match &aside.replayed {
            // There were too many to keep.
            Err(Failure::Unwritable(_)) => return self.replay(input, None, pool, sink),
            Err(Failure::Fatal(_) | Failure::Unreadable { begun: false, .. }) => {}
            Ok(_) | Err(Failure::Unreadable { .. }) => self.announce(input),
        }
        let written = aside.alerts.iter().try_for_each(|alert| sink.alert(alert));
        written.map_err(Failure::Unwritable)?;
        aside.replayed
    }

    fn replay_after(
        &self,
        input: &Input,
        begun: Option<Begun>,
        pool: &Pool,
        sink: &mut dyn Sink,
        opened: impl FnOnce(),
    ) -> Result<Summary, Failure> {
        let unreadable = |begun| move |error| Failure::Unreadable { error, begun };
        let trace = begun.map_or_else(|| open::parts(input), |begun| begun.parts(input));
        let trace = trace.map_err(unreadable(false))?;
        let options = self.options(input).map_err(Failure::Fatal)?;
        opened();
        let replayed = Replay::new(self.rules, options).run_parts(trace, &open::name(input), pool, sink);
        replayed.map_err(|error| match error {
            WalkError::Visit(error) => Failure::Unwritable(error),
            WalkError::Read(error) => unreadable(true)(error.into()),
        })
    }
}

/// Lets another thread of `pool` open the first of `inputs` and decompress its beginning, if it is the next one to be replayed.
pub(crate) fn begin(inputs: &[Input], pool: &Pool) -> Option<Begun> {
    let [first, rest @ ..] = inputs else { return None };
    let several_small = is_small(first) && rest.first().is_some_and(is_small);
    let [file] = first.files.as_slice() else { return None };
    if pool.threads() < 2 || several_small || !file.is_file() {
        return None;
    }
    let (tell, opened) = channel();
    let (input, file, early) = (first.clone(), file.clone(), Early::default());
    pool.meanwhile(move || {
        let mut trace = open::parts(&input);
        let is_native = match &mut trace {
            Ok(Parts::Native { frames, .. }) => {
                frames.after(early.clone());
                true
            }
            _ => false,
        };
        // Should nobody want it any more, rules did not load.
        let is_wanted = tell.send(trace).is_ok();
        if is_wanted
            && is_native
            && let Ok(file) = File::open(file)
        {
            early.read(Box::new(file));
        }
    });
    Some(Begun(opened))
}

/// A trace that another thread opens.
pub(crate) struct Begun(Receiver<Result<Parts>>);

impl Begun {
    /// The trace, as soon as it is open.
    fn parts(self, input: &Input) -> Result<Parts> {
        self.0.recv().unwrap_or_else(|_| open::parts(input))
    }
}

/// Whether `input` is a single small file.
fn is_small(input: &Input) -> bool {
    match input.files.as_slice() {
        [one] => one.metadata().is_ok_and(|about| about.is_file() && about.len() <= SMALL),
        _ => false,
    }
}
