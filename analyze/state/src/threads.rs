//! All threads and thread groups, by id, and a map for what is asked seldom and bounded by age.
//!
//! A [`Sharded`] map is cut into [`SHARDS`] short lists, each behind its own [`Arc`], and all behind another one, which is what
//! cloning copies. The first write after that copies that many pointers, the first to a shard its entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::by_id::ById;
use crate::fdtable::FdTable;
use crate::notes::Notes;
use crate::owned::{Maybe, Nothing, Owned};
use crate::thread::Thread;

/// Pieces of a map. More make clones dearer and the first write after one cheaper.
const SHARDS: usize = 128;

/// Most threads, as in libsinsp.
pub(crate) const MAX_THREADS: usize = 262_144;

/// Values with their ids, in no particular order.
type Shard<V> = Vec<(i64, V)>;

/// A map from ids to values, few to a shard.
#[derive(Debug)]
pub(crate) struct Sharded<V> {
    /// None before anything is put in.
    shards: Option<Arc<[Arc<Shard<V>>]>>,
}

impl<V> Clone for Sharded<V> {
    fn clone(&self) -> Self {
        Self { shards: self.shards.clone() }
    }
}

impl<V> Default for Sharded<V> {
    fn default() -> Self {
        Self { shards: None }
    }
}

/// Ids of neighbours fall into different shards.
fn shard_of(id: i64) -> usize {
    usize::try_from(id.rem_euclid(SHARDS as i64)).unwrap_or(0)
}

impl<V: Clone> Sharded<V> {
    pub(crate) fn at(&self, id: i64) -> Option<&V> {
        self.shards.as_ref()?.get(shard_of(id))?.iter().find(|(one, _)| *one == id).map(|(_, value)| value)
    }

    /// With these values, of which no two have the same id, as if [put](Self::put) one after the other.
    pub(crate) fn of<K: Ord>(
        values: impl Iterator<Item = (i64, V)>,
        limit: usize,
        age_key: impl Fn(&V) -> K,
    ) -> Self {
        let mut shards: Box<[Shard<V>]> = (0..SHARDS).map(|_| Vec::new()).collect();
        for (id, value) in values {
            if let Some(shard) = shards.get_mut(shard_of(id)) {
                make_room(shard, limit, &age_key);
                shard.push((id, value));
            }
        }
        Self { shards: Some(shards.into_iter().map(Arc::new).collect()) }
    }

    /// Adds or replaces the value of `id`, without those in its shard that are `stale` and, if there are still `limit`, the one
    /// with the least `age_key`. Kept few, because the first write after a clone copies them.
    pub(crate) fn put<K: Ord>(
        &mut self,
        id: i64,
        value: V,
        limit: usize,
        stale: impl Fn(&V) -> bool,
        age_key: impl Fn(&V) -> K,
    ) {
        let shards = self.shards.get_or_insert_with(|| (0..SHARDS).map(|_| Arc::default()).collect());
        let Some(shard) = Arc::make_mut(shards).get_mut(shard_of(id)) else { return };
        let stays = |(one, value): &(i64, V)| *one != id && !stale(value);
        if let Some(own) = Arc::get_mut(shard) {
            own.retain(stays);
        } else {
            let mut fresh = Vec::with_capacity(shard.len() + 1);
            fresh.extend(shard.iter().filter(|entry| stays(entry)).cloned());
            *shard = Arc::new(fresh);
        }
        let shard = Arc::make_mut(shard);
        make_room(shard, limit, age_key);
        shard.push((id, value));
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self
            .shards
            .iter()
            .flat_map(|all| all.iter())
            .flat_map(|shard| shard.iter().map(|(id, _)| *id))
            .collect();
        ids.sort_unstable();
        ids
    }
}

/// Takes out the value with the least `age_key` if there are `limit`.
fn make_room<V, K: Ord>(shard: &mut Shard<V>, limit: usize, age_key: impl Fn(&V) -> K) {
    let age = |at: &usize| shard.get(*at).map(|(id, value)| (age_key(value), *id));
    if shard.len() >= limit
        && let Some(oldest) = (0..shard.len()).min_by_key(age)
    {
        shard.swap_remove(oldest);
    }
}

/// Threads of one process that were announced, and how many of them live.
#[derive(Debug, Clone, Default)]
pub(crate) struct ThreadGroup {
    /// How many live.
    pub(crate) alive: u64,
    /// Whether orphans below it become its children.
    pub(crate) reaper: bool,
    /// Rank and tid of the first member, who is asked about by every use of an fd of a thread. Most processes have no other,
    /// and need no memory for more.
    first: Option<(i64, i64)>,
    /// The others by rank.
    others: Maybe<Owned<BTreeMap<i64, i64>>>,
}

impl Nothing for BTreeMap<i64, i64> {
    fn nothing() -> &'static Self {
        static NONE: BTreeMap<i64, i64> = BTreeMap::new();
        &NONE
    }
}

impl ThreadGroup {
    /// A group of one.
    pub(crate) fn of(tid: i64, reaper: bool) -> Self {
        Self { alive: 1, reaper, first: Some((0, tid)), others: Maybe::default() }
    }

    /// One with these members, by rank.
    pub(crate) fn restored(alive: u64, reaper: bool, mut members: BTreeMap<i64, i64>) -> Self {
        let first = members.pop_first();
        let others = if members.is_empty() { Maybe::default() } else { Maybe::from(Owned::from(members)) };
        Self { alive, reaper, first, others }
    }

    /// Members with their ranks: the main thread first, the others in order of arrival.
    pub(crate) fn members(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.first.into_iter().chain(self.others.iter().map(|(rank, tid)| (*rank, *tid)))
    }

    /// Takes out the member of rank `rank`.
    pub(crate) fn leave(&mut self, rank: i64) {
        if self.first.is_some_and(|(first, _)| first == rank) {
            self.first = if self.others.is_empty() { None } else { self.others.make_mut().pop_first() };
        } else if !self.others.is_empty() {
            self.others.make_mut().remove(&rank);
        }
    }

    /// The group without its list of members: what readers ask of one.
    pub(crate) fn outline(&self) -> Self {
        Self { alive: self.alive, reaper: self.reaper, first: self.first, others: Maybe::default() }
    }

    /// Takes in a live thread. Gives its rank.
    pub(crate) fn join(&mut self, tid: i64, main: bool) -> i64 {
        self.alive += 1;
        let Some(first) = self.first else {
            self.first = Some((0, tid));
            return 0;
        };
        if main {
            self.others.make_mut().insert(first.0, first.1);
            self.first = Some((first.0 - 1, tid));
            return first.0 - 1;
        }
        let rank = self.others.last_key_value().map_or(first.0, |(rank, _)| *rank) + 1;
        self.others.make_mut().insert(rank, tid);
        rank
    }
}

/// Threads and groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Threads {
    pub(crate) by_tid: ById<Owned<Thread>>,
    pub(crate) groups: ById<ThreadGroup>,
    pub(crate) notes: Notes,
}

impl Threads {
    /// None, as at the beginning, in memory that was there before.
    pub(crate) fn clear(&mut self) {
        self.by_tid.clear();
        self.groups.clear();
        self.notes = Notes::default();
    }

    #[inline]
    pub(crate) fn at(&self, tid: i64) -> Option<&Thread> {
        self.by_tid.at(tid).map(|t| &**t)
    }

    /// To change what is not noted: fds, children, enter events.
    #[inline]
    pub(crate) fn at_mut(&mut self, tid: i64) -> Option<&mut Thread> {
        self.by_tid.at_mut(tid).map(Owned::make_mut)
    }

    /// Makes all records ones that clones share.
    pub(crate) fn share(&mut self) {
        let blank = Arc::default();
        self.by_tid.values_mut().for_each(|thread| {
            thread.share_for(&blank, |thread| {
                thread.fds.share();
                thread.children.share();
            });
        });
        self.groups.values_mut().for_each(|group| group.others.share());
    }

    pub(crate) fn group(&self, pid: i64) -> Option<&ThreadGroup> {
        self.groups.at(pid)
    }

    pub(crate) fn group_mut(&mut self, pid: i64) -> Option<&mut ThreadGroup> {
        self.notes.group(pid);
        self.groups.at_mut(pid)
    }

    pub(crate) fn put(&mut self, thread: Thread) {
        self.notes.thread(thread.tid);
        self.by_tid.put(thread.tid, Owned::from(thread));
    }

    pub(crate) fn remove(&mut self, tid: i64) -> Option<Owned<Thread>> {
        self.notes.thread(tid);
        self.by_tid.remove(tid)
    }

    pub(crate) fn put_group(&mut self, pid: i64, group: ThreadGroup) {
        self.notes.group(pid);
        self.groups.put(pid, group);
    }

    pub(crate) fn remove_group(&mut self, pid: i64) {
        self.notes.group(pid);
        self.groups.remove(pid);
    }

    /// The main thread of `thread`'s group, which may be itself.
    #[inline]
    pub(crate) fn main_of<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            return Some(thread);
        }
        let group = thread.group?;
        self.at(self.group(group)?.first?.1).filter(|t| t.is_main() && t.group == Some(group))
    }

    /// The fd table that `tid` uses, to write to. `None` if there is none.
    #[inline]
    pub(crate) fn fds_mut(&mut self, tid: i64) -> Option<&mut FdTable> {
        let mut owner = tid;
        if self.at(tid)?.shares_fds() {
            owner = self.fds_owner(self.at(tid)?)?;
        }
        Some(self.at_mut(owner)?.fds.make_mut())
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
    fn room_is_made_of_what_is_stale_or_else_oldest_whether_clones_share_it_or_not() {
        for is_shared in [false, true] {
            let mut map = Sharded::default();
            let mut clones = Vec::new();
            let mut put = |map: &mut Sharded<i64>, id: i64, limit, stale: &dyn Fn(&i64) -> bool| {
                clones.extend(is_shared.then(|| map.clone()));
                map.put(id * 128, id, limit, stale, |&v| v);
            };
            (0..10).for_each(|id| put(&mut map, id, 20, &|_| false));
            assert_eq!(map.ids().len(), 10);
            put(&mut map, 10, 10, &|_| false);
            assert_eq!((map.ids().len(), map.at(0)), (10, None));
            put(&mut map, 11, 20, &|&v| v < 7);
            assert_eq!((map.ids().len(), map.at(6 * 128), map.at(7 * 128)), (5, None, Some(&7)));
        }
    }

    #[test]
    fn the_main_thread_comes_first_whenever_it_arrives() {
        let mut group = ThreadGroup::of(11, false);
        group.join(12, false);
        group.join(10, true);
        group.join(13, false);
        assert_eq!(group.members().map(|(_, tid)| tid).collect::<Vec<_>>(), [10, 11, 12, 13]);
        assert_eq!(group.alive, 4);
    }
}
