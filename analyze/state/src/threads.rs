//! All threads and thread groups, by id, in maps that are cheap to clone.
//!
//! A map is cut into [`SHARDS`] hash maps, each behind its own [`Arc`]. Cloning copies that many pointers;
//! the first write to a shard after that copies its entries, which are pointers too. Lookup is one hash and
//! one probe, which a persistent trie (as in `imbl`) does not reach: see the `lookup` figures in the crate's
//! benches. Hashing is keyed, because ids come from the trace.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::thread::Thread;

/// Pieces of a map. More make clones dearer and the first write after one cheaper.
const SHARDS: usize = 128;

/// Most threads, as in libsinsp.
pub(crate) const MAX_THREADS: usize = 262_144;

/// A map from ids to shared values.
#[derive(Debug)]
pub(crate) struct Sharded<V> {
    shards: Box<[Arc<HashMap<i64, V>>]>,
    len: usize,
}

impl<V> Clone for Sharded<V> {
    fn clone(&self) -> Self {
        Self { shards: self.shards.clone(), len: self.len }
    }
}

impl<V> Default for Sharded<V> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Arc::default()).collect(), len: 0 }
    }
}

/// Ids of neighbours fall into different shards.
fn shard_of(id: i64) -> usize {
    usize::try_from(id.rem_euclid(SHARDS as i64)).unwrap_or(0)
}

impl<V: Clone> Sharded<V> {
    pub(crate) fn at(&self, id: i64) -> Option<&V> {
        self.shards.get(shard_of(id))?.get(&id)
    }

    pub(crate) fn at_mut(&mut self, id: i64) -> Option<&mut V> {
        let shard = self.shards.get_mut(shard_of(id))?;
        // Looked up before the shard is made unique, so that asking for what is not there copies nothing.
        shard.contains_key(&id).then_some(())?;
        Arc::make_mut(shard).get_mut(&id)
    }

    pub(crate) fn put(&mut self, id: i64, value: V) {
        if let Some(shard) = self.shards.get_mut(shard_of(id))
            && Arc::make_mut(shard).insert(id, value).is_none()
        {
            self.len += 1;
        }
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<V> {
        let shard = self.shards.get_mut(shard_of(id))?;
        shard.contains_key(&id).then_some(())?;
        let removed = Arc::make_mut(shard).remove(&id);
        self.len -= usize::from(removed.is_some());
        removed
    }

    pub(crate) fn retain_shard(&mut self, id: i64, longer_than: usize, keep: impl Fn(&V) -> bool) {
        if let Some(shard) = self.shards.get_mut(shard_of(id))
            && shard.len() > longer_than
        {
            let shard = Arc::make_mut(shard);
            let before = shard.len();
            shard.retain(|_, value| keep(value));
            self.len -= before - shard.len();
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All values, in no particular order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + '_ {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.shards.iter().flat_map(|shard| shard.keys().copied()).collect();
        ids.sort_unstable();
        ids
    }
}

/// Threads of one process that were announced, and how many of them live.
#[derive(Debug, Clone)]
pub(crate) struct ThreadGroup {
    /// How many live.
    pub(crate) alive: u64,
    /// Whether orphans below it become its children.
    pub(crate) reaper: bool,
    /// Members in order of arrival, the main thread first.
    pub(crate) members: Vec<i64>,
}

/// Threads and groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Threads {
    pub(crate) by_tid: Sharded<Arc<Thread>>,
    pub(crate) groups: Sharded<Arc<ThreadGroup>>,
}

impl Threads {
    pub(crate) fn at(&self, tid: i64) -> Option<&Thread> {
        self.by_tid.at(tid).map(|t| &**t)
    }

    pub(crate) fn at_mut(&mut self, tid: i64) -> Option<&mut Thread> {
        self.by_tid.at_mut(tid).map(Arc::make_mut)
    }

    pub(crate) fn group(&self, pid: i64) -> Option<&ThreadGroup> {
        self.groups.at(pid).map(|g| &**g)
    }

    pub(crate) fn group_mut(&mut self, pid: i64) -> Option<&mut ThreadGroup> {
        self.groups.at_mut(pid).map(Arc::make_mut)
    }

    /// The main thread of `thread`'s group, which may be itself.
    pub(crate) fn main_of<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            return Some(thread);
        }
        let group = thread.group?;
        let first = *self.group(group)?.members.first()?;
        self.at(first).filter(|t| t.is_main() && t.group == Some(group))
    }

    /// Whose fd table `thread` uses.
    pub(crate) fn fds_owner(&self, thread: &Thread) -> Option<i64> {
        if thread.shares_fds() { self.main_of(thread).map(|t| t.tid) } else { Some(thread.tid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_the_original_changes() {
        let mut map = Sharded::default();
        for id in [1, 129, -5, i64::MAX, i64::MIN] {
            map.put(id, id);
        }
        let before = map.clone();
        map.put(1, 100);
        map.remove(129);
        *map.at_mut(-5).unwrap() = 0;
        assert_eq!((before.at(1), before.at(129), before.at(-5)), (Some(&1), Some(&129), Some(&-5)));
        assert_eq!((map.at(1), map.at(129), map.at(-5)), (Some(&100), None, Some(&0)));
        assert_eq!((before.len(), map.len()), (5, 4));
        assert_eq!(before.ids(), [i64::MIN, -5, 1, 129, i64::MAX]);
    }

    #[test]
    fn retaining_counts_what_went() {
        let mut map = Sharded::default();
        for id in 0..10i64 {
            map.put(id * 128, id);
        }
        map.retain_shard(0, 20, |_| false);
        assert_eq!(map.len(), 10);
        map.retain_shard(0, 5, |&v| v > 6);
        assert_eq!(map.len(), 3);
    }
}
