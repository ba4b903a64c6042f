//! Which records changed since somebody last asked: kept only while somebody will.
//!
//! Hot path: nothing but a look at a flag where nobody asks, and one number to remember where somebody does. What changes
//! with nearly every event (fds, enter events) is not noted. A clone of the notes is off and empty.

/// Changes of one kind that are told apart. More at once, and whoever asks has to be told everything anew.
const MOST: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    on: bool,
    /// Threads that came, went, or have other attributes.
    pub(crate) threads: Vec<i64>,
    /// Threads with other memory, page faults or time on a processor.
    pub(crate) usages: Vec<i64>,
    /// Thread groups that came, went, or changed.
    pub(crate) groups: Vec<i64>,
    too_many: bool,
}

impl Clone for Notes {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Notes {
    /// Begins with empty notes.
    pub(crate) fn start(&mut self) {
        *self = Self { on: true, ..std::mem::take(self) };
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.threads.clear();
        self.usages.clear();
        self.groups.clear();
        self.too_many = false;
    }

    /// Whether nothing changed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.threads.is_empty() && self.usages.is_empty() && self.groups.is_empty()
    }

    /// Whether they hold everything that changed.
    pub(crate) const fn is_whole(&self) -> bool {
        self.on && !self.too_many
    }

    #[inline]
    pub(crate) fn thread(&mut self, tid: i64) {
        if self.on {
            self.too_many |= !push(&mut self.threads, tid);
        }
    }

    #[inline]
    pub(crate) fn usage(&mut self, tid: i64) {
        if self.on {
            self.too_many |= !push(&mut self.usages, tid);
        }
    }

    #[inline]
    pub(crate) fn group(&mut self, pid: i64) {
        if self.on {
            self.too_many |= !push(&mut self.groups, pid);
        }
    }
}

/// Adds `id` unless it was the last one; `false` if there are too many.
fn push(list: &mut Vec<i64>, id: i64) -> bool {
    if list.last() == Some(&id) {
        return true;
    }
    if list.len() >= MOST {
        tidy(list);
        // Half full is full: sorting must not become a habit.
        if list.len() > MOST / 2 {
            return false;
        }
    }
    list.push(id);
    true
}

/// Each once.
pub(crate) fn tidy(list: &mut Vec<i64>) {
    if list.len() > 1 {
        list.sort_unstable();
        list.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_each_once_and_bounded() {
        let mut notes = Notes::default();
        notes.thread(7);
        assert!(notes.threads.is_empty() && !notes.is_whole());
        notes.start();
        for n in 0..100_000 {
            notes.thread(n % 7);
            notes.usage(1);
        }
        tidy(&mut notes.threads);
        assert!(notes.is_whole());
        assert_eq!((notes.threads.len(), notes.usages.len()), (7, 1));
        (0..100_000).for_each(|n| notes.group(n));
        assert!(!notes.is_whole() && notes.groups.len() <= MOST);
        notes.clear();
        assert!(notes.is_whole());
    }
}
