//! A walk through a trace: every event of a reader, with its state, to a visitor.

use std::ops::ControlFlow;

use scap_format::damage::Damage;
use scap_format::native::PartsSource;
use scap_format::source::Parts;
use scap_format::{Error, Event, Item, TraceReader};
use scap_state::State;

use super::cursor::Cursor;
use super::stretches::Stretches;
use super::wanted::Wanted;
use crate::fields::Fields;

/// Why a walk ended before the trace did.
#[derive(Debug, thiserror::Error)]
pub enum WalkError<E> {
    /// The operating system could not read the trace.
    #[error(transparent)]
    Read(#[from] scap_format::Error),
    /// The visitor could not go on.
    #[error("{0}")]
    Visit(E),
}

/// Shows every event of `trace` from `cursor` on to `visit`, and every damaged stretch to `damaged`.
///
/// # Errors
/// If the trace cannot be read, or with what `visit` returns. Damage is not an error.
pub fn walk<E>(
    trace: &mut TraceReader,
    cursor: &mut Cursor,
    damaged: impl FnMut(&Damage),
    mut visit: impl FnMut(&Fields<'_>) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    walk_events(trace, cursor, damaged, |event, state| visit(&Fields::new(event, state)))
}

/// As [`walk`], for visitors that ask few events about their fields.
///
/// # Errors
/// As [`walk`].
pub fn walk_events<E>(
    trace: &mut TraceReader,
    cursor: &mut Cursor,
    mut damaged: impl FnMut(&Damage),
    mut visit: impl FnMut(Event<'_>, &State) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    let mut broken = None;
    trace.for_each(|item| {
        match item {
            Item::Block(block) => {
                if let Err(error) = cursor.feed(&block, &mut visit) {
                    broken = Some(error);
                    return ControlFlow::Break(());
                }
            }
            Item::Damage(damage) => damaged(damage),
        }
        ControlFlow::Continue(())
    })?;
    broken.map_or(Ok(()), |error| Err(WalkError::Visit(error)))
}

/// As [`walk`], through a whole trace for visitors that ask only about events that `wanted` has: others may not be shown
/// to them, and damage among those not told. `name` is for messages.
///
/// # Errors
/// As [`walk`].
pub fn walk_parts<E>(
    trace: Parts,
    name: &str,
    wanted: &Wanted,
    mut damaged: impl FnMut(&Damage),
    mut visit: impl FnMut(&Fields<'_>) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    let mut cursor = Cursor::new();
    let (frames, about) = match trace {
        Parts::Other(mut trace) => return walk(&mut trace, &mut cursor, damaged, visit),
        Parts::Native { frames, about } => (frames, about),
    };
    let mut stretches = Stretches::new(frames, about, wanted);
    let failed = |offset, source| Error::Read { name: name.to_owned(), offset, source };
    while let Some(stretch) = stretches.next().map_err(|source| failed(stretches.at(), source))? {
        if let Some(start) = stretch.start {
            cursor = *start;
        }
        let source = PartsSource::new(stretch.parts, stretch.first_event);
        let source = source.map_err(|source| failed(stretches.at(), source))?;
        let mut trace = TraceReader::of_chunks(Box::new(source), stretch.first_event);
        walk(&mut trace, &mut cursor, &mut damaged, &mut visit)?;
    }
    Ok(())
}
