//! What did not add up while the state followed the events.
//!
//! An anomaly is no error: the event is applied as far as it goes. It tells an analyst how far answers can
//! be trusted (events were lost, a block is damaged, tables overflowed).

/// Something that did not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Anomaly {
    /// An event of a thread nobody announced; a placeholder was made.
    UnknownThread,
    /// An event names an fd that its thread does not have.
    UnknownFd,
    /// A parent that is not in the table.
    UnknownParent,
    /// A new thread has the tid of one that never exited.
    TidCollision,
    /// A parameter is absent or has a length its type does not allow.
    BadParameter,
    /// An event code the schema does not know.
    UnknownEvent,
    /// The thread table is full; the thread was not added.
    ThreadTableFull,
    /// An fd table is full; the fd was not added.
    FdTableFull,
    /// A chain of parents that leads back into itself.
    ParentLoop,
    /// Container metadata that cannot be read.
    BadContainer,
    /// The container or user table is full.
    TableFull,
}

impl Anomaly {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::UnknownThread,
        Self::UnknownFd,
        Self::UnknownParent,
        Self::TidCollision,
        Self::BadParameter,
        Self::UnknownEvent,
        Self::ThreadTableFull,
        Self::FdTableFull,
        Self::ParentLoop,
        Self::BadContainer,
        Self::TableFull,
    ];

    /// Short name, for reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownThread => "unknown thread",
            Self::UnknownFd => "unknown fd",
            Self::UnknownParent => "unknown parent",
            Self::TidCollision => "tid collision",
            Self::BadParameter => "bad parameter",
            Self::UnknownEvent => "unknown event type",
            Self::ThreadTableFull => "thread table full",
            Self::FdTableFull => "fd table full",
            Self::ParentLoop => "loop of parents",
            Self::BadContainer => "unreadable container metadata",
            Self::TableFull => "user or container table full",
        }
    }
}

/// How often an anomaly occurred, and where first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// Number of the first event it occurred at; 0 while loading the snapshot. Meaningless if `count` is 0.
    pub first_event: u64,
}

/// All anomalies of one state, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Anomalies {
    tallies: [Tally; Anomaly::ALL.len()],
}

impl Anomalies {
    /// How often `kind` occurred, and where first.
    #[must_use]
    pub fn of(&self, kind: Anomaly) -> Tally {
        self.tallies.get(kind as usize).copied().unwrap_or_default()
    }

    /// Kinds that occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Anomaly, Tally)> + '_ {
        Anomaly::ALL.iter().map(|&kind| (kind, self.of(kind))).filter(|(_, tally)| tally.count > 0)
    }

    /// Sum over all kinds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.tallies.iter().map(|t| t.count).sum()
    }

    /// Those with these tallies, in the order of [`Anomaly::ALL`]; `None` if there are others.
    pub(crate) fn restored(tallies: &[(u64, u64)]) -> Option<Self> {
        if tallies.len() != Anomaly::ALL.len() {
            return None;
        }
        let mut all = Self::default();
        for (tally, &(count, first_event)) in all.tallies.iter_mut().zip(tallies) {
            *tally = Tally { count, first_event };
        }
        Some(all)
    }

    /// What occurred from `before` to now, where `before` is an earlier stand of the same count.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let mut new = Self::default();
        for ((new, now), then) in new.tallies.iter_mut().zip(self.tallies).zip(before.tallies) {
            *new = Tally { count: now.count.saturating_sub(then.count), first_event: now.first_event };
        }
        new
    }

    /// Adds what occurred in a later stretch.
    pub fn add(&mut self, later: &Self) {
        for (sum, more) in self.tallies.iter_mut().zip(later.tallies) {
            if sum.count == 0 {
                sum.first_event = more.first_event;
            }
            sum.count = sum.count.saturating_add(more.count);
        }
    }

    pub(crate) fn count(&mut self, kind: Anomaly, event: u64) {
        if let Some(tally) = self.tallies.get_mut(kind as usize) {
            if tally.count == 0 {
                tally.first_event = event;
            }
            tally.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anomaly_remembers_where_it_first_occurred() {
        let mut all = Anomalies::default();
        all.count(Anomaly::UnknownFd, 7);
        all.count(Anomaly::UnknownFd, 9);
        assert_eq!(all.of(Anomaly::UnknownFd), Tally { count: 2, first_event: 7 });
        assert_eq!(all.iter().count(), 1);
        assert_eq!(all.total(), 2);
    }

    #[test]
    fn every_kind_has_its_own_tally() {
        let mut all = Anomalies::default();
        for (i, kind) in Anomaly::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
            all.count(kind, 1);
        }
        assert_eq!(all.iter().count(), Anomaly::ALL.len());
    }
}
