//! How many events of each kind there were when.
//!
//! Takes events one by one; gives counts in slices of equal length over the span of the trace, fine enough to be looked
//! at closely.

use scap_format::Event;
use scap_schema::Category;

/// Slices of time at most.
const SLICES: u64 = 1024;

/// Kinds of events that are told apart, in the order in which they are stacked.
pub(crate) const KINDS: [&str; 5] = ["Processes", "Files", "Network", "Reads and writes", "Other"];

/// Counts over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    /// Beginning of the first slice, ns since the epoch.
    pub(crate) from: u64,
    /// Time of the last event, ns since the epoch.
    pub(crate) to: u64,
    /// Length of a slice, ns; never 0 once made.
    pub(crate) slice: u64,
    /// Events by kind in each slice.
    pub(crate) counts: Vec<[u32; KINDS.len()]>,
}

impl Activity {
    /// For events from `from` to `to`, ns since the epoch.
    pub(crate) fn over((from, to): (u64, u64)) -> Self {
        let slice = (to.saturating_sub(from) / SLICES).saturating_add(1);
        let slices = to.saturating_sub(from) / slice + 1;
        let counts = vec![[0; KINDS.len()]; usize::try_from(slices.min(SLICES)).unwrap_or_default()];
        Self { from, to, slice, counts }
    }

    /// Counts `event`, if it is in the span.
    pub(crate) fn count(&mut self, event: &Event<'_>) {
        if event.ts < self.from || event.ts > self.to {
            return;
        }
        let at = self.at(event.ts);
        let slice = self.counts.get_mut(at);
        if let Some(count) = slice.and_then(|slice| slice.get_mut(kind(event))) {
            *count = count.saturating_add(1);
        }
    }

    /// The slice of time `ts`; the nearest one for times outside.
    pub(crate) fn at(&self, ts: u64) -> usize {
        let at = ts.saturating_sub(self.from) / self.slice.max(1);
        usize::try_from(at).unwrap_or(usize::MAX).min(self.counts.len().saturating_sub(1))
    }
}

fn kind(event: &Event<'_>) -> usize {
    match event.info().map(|info| info.category) {
        Some(Category::Process | Category::User | Category::Signal) => 0,
        Some(Category::File) => 1,
        Some(Category::Net) => 2,
        Some(Category::IoRead | Category::IoWrite | Category::IoOther) => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;
    use scap_schema::code;

    #[test]
    fn every_event_of_the_span_is_counted_once() {
        let mut activity = Activity::over((1_000, 3_000_000));
        for ts in [999, 1_000, 1_001, 2_999_999, 3_000_000, 3_000_001] {
            activity.count(&EventBuf::new(code::SYSCALL_EXECVE_19_X, ts, 1).as_event());
        }
        let all: u32 = activity.counts.iter().flatten().sum();
        assert_eq!((all, activity.counts.first().map(|slice| slice[0])), (4, Some(2)));
        assert!(activity.counts.len() <= 1024);
    }

    #[test]
    fn a_span_of_one_moment_or_of_all_time_has_slices() {
        assert_eq!(Activity::over((5, 5)).counts.len(), 1);
        let all = Activity::over((0, u64::MAX));
        assert_eq!(all.at(u64::MAX), all.counts.len() - 1);
        assert!(Activity::default().counts.is_empty() && Activity::default().at(7) == 0);
    }
}
