//! The account of a whole trace, in one pass on one thread.

use std::cell::Cell;
use std::convert::Infallible;

use scap_analyze::fields::Fields;
use scap_analyze::replay::{self, Cursor, Evaluator, Range, Summary, Tally, WalkError, dropped, walk_events};
use scap_format::TraceReader;
use scap_rules::RuleSet;
use scap_schema::code;

use crate::limits::Limits;
use crate::model::Account;
use crate::observe::Observer;

/// What an account is made of.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How much is kept.
    pub limits: Limits,
    /// How rules are asked, and of which events. Processes are followed through all events; files, connections, acts and
    /// alerts are those of the events in the range.
    pub replay: replay::Options,
}

/// Reads the rest of `trace` and accounts for it; with alerts if there are `rules`.
///
/// # Errors
/// If the operating system cannot read the trace. Damage is no error but told in the summary.
pub fn account(
    trace: &mut TraceReader,
    rules: Option<&RuleSet>,
    options: Options,
) -> Result<Account, WalkError<Infallible>> {
    let Options { limits, replay } = options;
    let range = Counted::new(replay.range.clone());
    let evaluator = rules.map(|rules| Evaluator::new(rules, replay));
    let mut scratch = evaluator.as_ref().map(Evaluator::scratch);
    let mut observer = Observer::new(limits);
    let (mut tally, mut cursor) = (Tally::default(), Cursor::new());
    let mut summary = Summary::default();
    let broken = Cell::new(false);
    walk_events(
        trace,
        &mut cursor,
        |damage| {
            summary.damage(damage);
            broken.set(true);
        },
        |event, state| {
            if broken.replace(false) {
                tally.gaps.damage();
            }
            let fields = Fields::new(event, state);
            if range.has(&fields) {
                observer.observe(&fields);
            } else {
                observer.follow(&fields);
            }
            let Some((evaluator, scratch)) = evaluator.as_ref().zip(scratch.as_mut()) else {
                if event.code == code::NOTIFICATION_E && dropped(&event) > 0 {
                    tally.gaps.drops(event.ts, dropped(&event));
                }
                return Ok(());
            };
            evaluator.ask(event, state, scratch, &mut tally, |alert| {
                observer.alert(alert);
                Ok(())
            })
        },
    )?;
    let summary = summary.at_end(trace, &cursor, tally);
    Ok(observer.finish(cursor.state(), summary))
}

/// A range that most often is everything.
struct Counted(Option<Range>);

impl Counted {
    fn new(range: Range) -> Self {
        let all = range.from.is_none() && range.to.is_none() && range.filter.is_none();
        Self((!all).then_some(range))
    }

    #[inline]
    fn has(&self, fields: &Fields<'_>) -> bool {
        self.0.as_ref().is_none_or(|range| range.contains(fields))
    }
}
