//! What a page shows beside an account: activity over time, and the events around each alert.
//!
//! Takes the trace twice, because an event can be shown only with the state of its moment, and which events stand
//! before an alert of a process is known only at the alert: [`Survey`] counts and notes numbers, [`Evidence`] shows the
//! events of those numbers. Memory is bounded by the limits of the page, not by the trace.
//!
//! **Hot path.** The survey costs an event one look into a table of processes, and nothing is allocated for it.

mod activity;
mod event;
mod windows;

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use scap_account::Account;
use scap_analyze::replay::{Range, WalkError, Wanted, walk_parts};
use scap_format::source::Parts;

pub(crate) use activity::{Activity, KINDS};
pub(crate) use event::EventLine;

use crate::budget::Limits;
use event::Lines;
use windows::{Chosen, Numbers, Windows};

/// What to gather.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Events to show before an alert, and as many after it.
    pub around: usize,
    /// The events that the report is about. Events around an alert are shown whether they are in it or not.
    pub range: Range,
    /// Most of each.
    pub limits: Limits,
}

/// The first reading: counts over time, and the numbers of the events to show.
#[derive(Debug)]
pub struct Survey {
    activity: Activity,
    windows: Numbers,
    /// Earliest and latest of them, ns since the epoch.
    span: Option<(u64, u64)>,
}

/// The second reading: events around alerts.
#[derive(Debug, Default)]
pub struct Evidence {
    pub(crate) activity: Activity,
    /// By position of the alert in its account: numbers of the events around it, in order, its own among them.
    pub(crate) windows: Numbers,
    pub(crate) events: HashMap<u64, EventLine>,
}

impl Survey {
    /// Reads `trace` for the alerts of `account`, which was made of the same trace. `name` is for messages.
    ///
    /// # Errors
    /// If the trace cannot be read. Damage is not an error: the account tells of it.
    pub fn take(
        trace: Parts,
        name: &str,
        account: &Account,
        wish: &Wish,
    ) -> Result<Self, scap_format::Error> {
        let chosen = Chosen::of(account, &wish.limits);
        let mut windows = Windows::new(account, &chosen, wish.around);
        let span = span(account, &wish.range);
        let mut activity = span.map_or_else(Activity::default, Activity::over);
        walk(trace, name, &Wanted::new(|_| true, None, None), |fields| {
            let event = fields.event();
            windows.event(event.num, event.ts, fields.thread().map(|thread| thread.pid));
            activity.count(event);
        })?;
        let (windows, span) = windows.finish();
        Ok(Self { activity, windows, span })
    }

    /// Reads the trace again and shows what was noted.
    ///
    /// # Errors
    /// As [`Survey::take`].
    pub fn evidence(self, trace: Parts, name: &str) -> Result<Evidence, scap_format::Error> {
        let Self { activity, windows, span } = self;
        let mut evidence = Evidence { activity, windows, events: HashMap::new() };
        let Some((from, to)) = span else { return Ok(evidence) };
        let numbers: HashSet<u64> = evidence.windows.values().flatten().copied().collect();
        let mut lines = Lines::new();
        walk(trace, name, &Wanted::new(|_| true, Some(from), Some(to)), |fields| {
            let num = fields.event().num;
            if numbers.contains(&num) {
                evidence.events.insert(num, lines.line(fields));
            }
        })?;
        Ok(evidence)
    }
}

/// Shows every event of `trace` to `visit`.
fn walk(
    trace: Parts,
    name: &str,
    wanted: &Wanted,
    mut visit: impl FnMut(&scap_analyze::fields::Fields<'_>),
) -> Result<(), scap_format::Error> {
    let walked = walk_parts(
        trace,
        name,
        wanted,
        |_| {},
        |fields| {
            visit(fields);
            Ok::<(), Infallible>(())
        },
    );
    match walked {
        Ok(()) => Ok(()),
        Err(WalkError::Read(error)) => Err(error),
        Err(WalkError::Visit(never)) => match never {},
    }
}

/// First and last time of the events that the report is about, ns since the epoch; `None` without events.
fn span(account: &Account, range: &Range) -> Option<(u64, u64)> {
    let first = account.summary.first_ts?.max(range.from.unwrap_or(0));
    let last = account.summary.last_ts?.min(range.to.unwrap_or(u64::MAX));
    (first <= last).then_some((first, last))
}
