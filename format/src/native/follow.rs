//! When a writer stores checkpoints, and from whom it has them.
//!
//! A [`Follower`] is shown every frame as it is written, and gives the replay state as of the last one; what that
//! is, the writer does not know. A checkpoint is written when so much of the trace has been written since the
//! last one that it makes the trace only [`SHARE`] larger: rare where the state is large, never in a small trace.

/// Follows a trace that is being written.
pub trait Follower: Send {
    /// Takes in the whole blocks of the next data frame, of which the first event has number `first_event`.
    fn frame(&mut self, blocks: &[u8], first_event: u64);

    /// The replay state behind the last frame; `None` if it has none to give.
    fn state(&mut self) -> Option<Vec<u8>>;
}

/// One part in so many of a trace may be checkpoints: 2.5 %.
const SHARE: u64 = 40;

/// Least bytes of data frames between checkpoints. Replaying so much costs about as much as reading a state.
const LEAST: u64 = 1 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Spacing {
    /// Bytes of data frames before the last checkpoint.
    at: u64,
    /// What that checkpoint took, bytes.
    cost: u64,
    /// Number of the event behind it.
    next_event: u64,
}

impl Spacing {
    /// Whether, `packed` bytes of data frames into the trace, a checkpoint is due.
    pub(super) fn is_due(&self, packed: u64) -> bool {
        packed.saturating_sub(self.at) >= LEAST.max(self.cost.saturating_mul(SHARE))
    }

    /// Notes that a checkpoint of `cost` bytes was written there.
    pub(super) fn wrote(&mut self, cost: u64, packed: u64, next_event: u64) {
        *self = Self { at: packed, cost, next_event };
    }

    /// Whether the end of the trace, before event `next_event`, wants one: where there are others, the last tells
    /// what all of the trace amounts to.
    pub(super) fn is_last_due(&self, next_event: u64) -> bool {
        self.cost > 0 && self.next_event != next_event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_keep_their_distance() {
        let mut spacing = Spacing::default();
        assert!(!spacing.is_due(LEAST - 1) && spacing.is_due(LEAST));
        assert!(!spacing.is_last_due(9));
        spacing.wrote(100_000, LEAST, 9);
        assert!(!spacing.is_due(LEAST + 3_999_999) && spacing.is_due(LEAST + 4_000_000));
        assert!(spacing.is_last_due(10) && !spacing.is_last_due(9));
    }
}
