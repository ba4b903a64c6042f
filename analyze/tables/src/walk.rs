//! A walk through traces that gives batches of events.

use std::ops::ControlFlow;

use polars::prelude::DataFrame;
use scap_analyze::replay::{WalkError, walk_parts};

use crate::error::Error;
use crate::gather::Gatherer;
use crate::query::pushdown::Pushed;
use crate::schema::Column;
use crate::tables::events::Source;
use crate::trace::{Note, Trace};

/// Why a walk ends early.
enum Stop {
    /// Nothing more is wanted of this trace.
    Enough,
    /// Nothing more is wanted at all.
    Done,
    Failed(Error),
}

/// Hands the events of `traces` that may be wanted to `take`, in batches of `columns`, until it has enough.
///
/// # Errors
/// What `take` returns, or if the engine does not take a batch. A trace that cannot be read is noted.
pub(crate) fn batches(
    traces: &[Trace<'_>],
    columns: &[Column<Source>],
    pushed: &Pushed,
    note: &mut dyn FnMut(&str, Note<'_>),
    take: &mut dyn FnMut(DataFrame) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    for trace in traces {
        if let ControlFlow::Break(()) = of_trace(trace, columns, pushed, note, take)? {
            break;
        }
    }
    Ok(())
}

fn of_trace(
    trace: &Trace<'_>,
    columns: &[Column<Source>],
    pushed: &Pushed,
    note: &mut dyn FnMut(&str, Note<'_>),
    take: &mut dyn FnMut(DataFrame) -> Result<ControlFlow<()>, Error>,
) -> Result<ControlFlow<()>, Error> {
    let parts = match trace.open.parts() {
        Ok(parts) => parts,
        Err(error) => {
            note(&trace.name, Note::Unreadable(error.as_ref()));
            return Ok(ControlFlow::Continue(()));
        }
    };
    let range = pushed.narrowed(&trace.range);
    let beside = pushed.beside(&trace.range);
    let mut gatherer = Gatherer::new(columns.to_vec(), &trace.name);
    let walked = walk_parts(
        parts,
        &trace.name,
        &range.wanted(|_| true),
        |damage| note(&trace.name, Note::Damaged(damage)),
        |fields| {
            let num = fields.event().num;
            if num > pushed.num.1 {
                return Err(Stop::Enough);
            }
            let passes = num >= pushed.num.0
                && range.contains(fields)
                && beside.as_ref().is_none_or(|filter| filter.matches(fields));
            if !passes {
                return Ok(());
            }
            gatherer.push(fields);
            if gatherer.is_full() {
                hand_over(&mut gatherer, take)?;
            }
            Ok(())
        },
    );
    match walked {
        Ok(()) | Err(WalkError::Visit(Stop::Enough)) => {}
        Err(WalkError::Visit(Stop::Done)) => return Ok(ControlFlow::Break(())),
        Err(WalkError::Visit(Stop::Failed(error))) => return Err(error),
        // What was read until then counts.
        Err(WalkError::Read(error)) => note(&trace.name, Note::Unreadable(&error)),
    }
    if gatherer.rows() > 0 {
        return match hand_over(&mut gatherer, take) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Enough | Stop::Done) => Ok(ControlFlow::Break(())),
        };
    }
    Ok(ControlFlow::Continue(()))
}

fn hand_over(
    gatherer: &mut Gatherer,
    take: &mut dyn FnMut(DataFrame) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Stop> {
    let batch = gatherer.take().map_err(|error| Stop::Failed(Error::Engine(error.to_string())))?;
    match take(batch) {
        Ok(ControlFlow::Continue(())) => Ok(()),
        Ok(ControlFlow::Break(())) => Err(Stop::Done),
        Err(error) => Err(Stop::Failed(error)),
    }
}
