//! A walk through a trace: every event of a reader, with its state, to a visitor.

use std::ops::ControlFlow;

use scap_format::damage::Damage;
use scap_format::native::PartsSource;
use scap_format::source::Parts;
use scap_format::{Error, Event, Item, TraceReader, Visitor};
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
    damaged: impl FnMut(&Damage),
    visit: impl FnMut(Event<'_>, &State) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    let mut walk = Walk { cursor, damaged, visit, broken: None };
    trace.visit(&mut walk)?;
    walk.broken.map_or(Ok(()), |error| Err(WalkError::Visit(error)))
}

struct Walk<'c, D, V, E> {
    cursor: &'c mut Cursor,
    damaged: D,
    visit: V,
    broken: Option<E>,
}

impl<D, V, E> Walk<'_, D, V, E> {
    #[inline]
    fn go_on(&mut self, fed: Result<(), E>) -> ControlFlow<()> {
        match fed {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl<D: FnMut(&Damage), V: FnMut(Event<'_>, &State) -> Result<(), E>, E> Visitor for Walk<'_, D, V, E> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        let fed = self.cursor.feed_event(event, &mut self.visit);
        self.go_on(fed)
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        match item {
            Item::Block(block) => {
                let fed = self.cursor.feed(&block, &mut self.visit);
                self.go_on(fed)
            }
            Item::Damage(damage) => {
                (self.damaged)(damage);
                ControlFlow::Continue(())
            }
        }
    }
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
