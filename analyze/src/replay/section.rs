//! A section of a foreign capture that is short: captures one behind the other, each of which begins with all that is known
//! of its machine.
//!
//! Nothing that went before matters to it, so that it can be replayed by whoever is free; following the state of one whose
//! snapshot is most of it, and copying that for others, would take longer than replaying it.
//!
//! Takes blocks and rows of events in the order in which they are read, gives them back to a cursor in that order.

use std::sync::Arc;

use scap_format::Event;
use scap_format::block::Block;
use scap_format::chunk::Held;
use scap_format::upgrade::is_current;
use scap_state::State;

use super::cursor::Cursor;
use super::recorded::{Recorded, Way};

/// Bytes after which a section is not short.
const MOST: usize = 4 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Blocks that are no events, each with the number of events before it.
    blocks: Vec<(usize, Block<'static>)>,
    recorded: Recorded,
    /// How many.
    events: usize,
    is_settled: bool,
}

impl Section {
    /// The one that begins with `block`.
    pub(super) fn of(block: Block<'_>) -> Self {
        let mut section = Self::default();
        section.block(block);
        section
    }

    /// Takes in a block that is no event.
    pub(super) fn block(&mut self, block: Block<'_>) {
        self.is_settled = false;
        self.blocks.extend(lasting(block).map(|block| (self.events, block)));
    }

    /// Takes in an event that stands at `at` in the row that began last, or nowhere for long.
    pub(super) fn event(&mut self, event: &Event<'_>, at: Option<usize>) {
        if at.is_none() {
            self.recorded.copy(event);
        }
        self.events += 1;
        self.is_settled |= is_current(event);
    }

    /// Takes note that events come in `chunk` from `at` on, the first of which has number `num`.
    pub(super) fn row(&mut self, chunk: &Arc<Held>, at: usize, num: u64) {
        self.recorded.row(chunk, at, num);
    }

    /// Whether it is not short, with the chunk read last at place `at`.
    pub(super) fn is_long(&self, at: usize) -> bool {
        self.recorded.size(at) + self.recorded.held() > MOST
    }

    /// Whether the state behind it is one that the next section puts an end to, whatever it is.
    pub(super) const fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Leads `cursor` through it, and shows to `visit` what exists for rules and is `wanted`.
    ///
    /// # Errors
    /// Only what `visit` returns.
    pub(super) fn replay<E>(
        self,
        cursor: &mut Cursor,
        wanted: impl Fn(&Event<'_>) -> bool,
        mut visit: impl FnMut(Event<'_>, &State) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut blocks, mut way) = (self.blocks.into_iter().peekable(), Way::default());
        for before in 0..=self.events {
            while let Some((_, block)) = blocks.next_if(|(at, _)| *at <= before) {
                cursor.follow(&block);
            }
            let Some(event) = self.recorded.next(&mut way) else { break };
            if wanted(&event) {
                cursor.feed_event(&event, &mut visit)?;
            } else {
                cursor.follow_event(&event);
            }
        }
        Ok(())
    }
}

/// `block`, which is none of an event and therefore borrows nothing.
fn lasting(block: Block<'_>) -> Option<Block<'static>> {
    Some(match block {
        Block::Section(section) => Block::Section(section),
        Block::Machine(machine) => Block::Machine(machine),
        Block::Threads(threads) => Block::Threads(threads),
        Block::Fds { tid, fds } => Block::Fds { tid, fds },
        Block::Interfaces(interfaces) => Block::Interfaces(interfaces),
        Block::Users { users, groups } => Block::Users { users, groups },
        Block::Unknown { block_type, len } => Block::Unknown { block_type, len },
        Block::Event(_) => return None,
    })
}
