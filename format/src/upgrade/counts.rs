//! What the upgrade did: the account that reports and `verify` print.

use std::collections::BTreeMap;

/// Counts of one [`super::Upgrader`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpgradeCounts {
    /// Events rebuilt to the current version of their type.
    pub converted: u64,
    /// Enter events kept for their exit event.
    pub stored: u64,
    /// Events without content of their own: enter events of which the exit event says all, and codes that
    /// libscap declares unused.
    pub dropped: u64,
    /// Exit events converted without the enter event they needed; they hold default or empty parameters.
    pub exits_without_enter: u64,
    /// Stored enter events given up because too many threads had one.
    pub enters_evicted: u64,
    /// Events handed on as they were because no rule fits, by event code.
    pub kept: BTreeMap<u16, u64>,
}

impl UpgradeCounts {
    /// Number of events handed on as they were because no rule fits.
    #[must_use]
    pub fn kept_total(&self) -> u64 {
        self.kept.values().sum()
    }

    /// Adds the counts of another part of the trace.
    pub fn merge(&mut self, other: &Self) {
        self.converted += other.converted;
        self.stored += other.stored;
        self.dropped += other.dropped;
        self.exits_without_enter += other.exits_without_enter;
        self.enters_evicted += other.enters_evicted;
        for (code, n) in &other.kept {
            *self.kept.entry(*code).or_default() += n;
        }
    }
}
