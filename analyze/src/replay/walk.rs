//! A walk through a trace: every event of a reader, with its state, to a visitor.

use std::ops::ControlFlow;

use scap_format::chunk::Buffers;
use scap_format::damage::Damage;
use scap_format::native::PartsSource;
use scap_format::source::Parts;
use scap_format::upgrade::CurrentWith;
use scap_format::{Error, Event, Item, List, TraceReader, Visitor};
use scap_schema::EVENT_COUNT;
use scap_state::{Quiet, State};

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
    walk_codes(trace, cursor, Codes::ALL, damaged, visit)
}

/// As [`walk_events`], for visitors that ask only about events of the types that `wanted` has: others may not be shown to
/// them. The fastest way through a trace that can leave nothing out.
///
/// # Errors
/// As [`walk`].
pub fn walk_wanted<E>(
    trace: &mut TraceReader,
    cursor: &mut Cursor,
    wanted: &Wanted,
    damaged: impl FnMut(&Damage),
    visit: impl FnMut(Event<'_>, &State) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    walk_codes(trace, cursor, Codes::of(wanted), damaged, visit)
}

fn walk_codes<E>(
    trace: &mut TraceReader,
    cursor: &mut Cursor,
    codes: Codes,
    damaged: impl FnMut(&Damage),
    visit: impl FnMut(Event<'_>, &State) -> Result<(), E>,
) -> Result<(), WalkError<E>> {
    let mut walk = Walk { cursor, passable: Passable::of(&codes), damaged, visit, broken: None };
    trace.visit(&mut walk)?;
    walk.broken.map_or(Ok(()), |error| Err(WalkError::Visit(error)))
}

/// Codes as bits, which take one look. Unknown codes are in it.
#[derive(Clone, Copy)]
pub(super) struct Codes([u64; EVENT_COUNT.div_ceil(64)]);

impl Codes {
    const ALL: Self = Self([u64::MAX; EVENT_COUNT.div_ceil(64)]);

    pub(super) fn of(wanted: &Wanted) -> Self {
        let bit = |code: usize| u16::try_from(code).map_or(1, |code| u64::from(wanted.has(code)));
        Self(std::array::from_fn(|word| (0..64).fold(0, |bits, at| bits | bit(word * 64 + at) << at)))
    }

    #[inline]
    pub(super) fn has(&self, code: u16) -> bool {
        self.0.get(usize::from(code / 64)).is_none_or(|word| word >> (code % 64) & 1 == 1)
    }
}

/// By code, what is left to do for an event that nobody asks about, and with how many parameters it is current.
pub(super) struct Passable([(CurrentWith, Quiet); EVENT_COUNT]);

impl Passable {
    pub(super) fn of(asked: &Codes) -> Self {
        Self(std::array::from_fn(|code| match u16::try_from(code) {
            Ok(code) if !asked.has(code) => (CurrentWith::of(code), Quiet::of(code)),
            _ => (CurrentWith::NONE, Quiet::NO),
        }))
    }

    /// What is left to do for `event`; everything, if somebody asks about it or it is of an old version.
    #[inline(always)]
    pub(super) fn quiet(&self, event: &Event<'_>) -> Quiet {
        match self.0.get(usize::from(event.code)) {
            Some((current, quiet)) if current.fits(event.params.len()) => *quiet,
            _ => Quiet::NO,
        }
    }
}

struct Walk<'c, D, V, E> {
    cursor: &'c mut Cursor,
    /// What the visitor does not ask about.
    passable: Passable,
    damaged: D,
    visit: V,
    broken: Option<E>,
}

impl<D, V, E> Walk<'_, D, V, E> {
    /// What [`Visitor::event`] does, apart from the loop over events that are passed over. Given where the event lies, and
    /// reads it anew: were it lent, all of those would have to exist in memory.
    #[inline(never)]
    fn fully(&mut self, block: &[u8], num: u64) -> ControlFlow<()>
    where
        V: FnMut(Event<'_>, &State) -> Result<(), E>,
    {
        let Some(event) = Event::of_usual(block, num) else { return ControlFlow::Continue(()) };
        let fed = self.cursor.feed_event(&event, &mut self.visit);
        self.go_on(fed)
    }

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

    #[inline]
    fn usual_in(&mut self, event: Event<'_>, block: &[u8], _at: usize) -> ControlFlow<()> {
        if self.cursor.follow_quiet(&event, self.passable.quiet(&event)) {
            return ControlFlow::Continue(());
        }
        self.fully(block, event.num)
    }

    fn list(&mut self, list: &mut List<'_>) -> bool {
        self.cursor.follow_list(list);
        true
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
    let (mut stretches, buffers) = (Stretches::new(frames, about, wanted), Buffers::default());
    let failed = |offset, source| Error::Read { name: name.to_owned(), offset, source };
    while let Some(stretch) = stretches.next().map_err(|source| failed(stretches.at(), source))? {
        if let Some(start) = stretch.start {
            cursor = *start;
        }
        let source = PartsSource::new(stretch.parts, stretch.first_event, &buffers);
        let source = source.map_err(|source| failed(stretches.at(), source))?;
        let mut trace = TraceReader::of_chunks(Box::new(source), stretch.first_event);
        walk(&mut trace, &mut cursor, &mut damaged, &mut visit)?;
    }
    Ok(())
}
