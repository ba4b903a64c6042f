//! A map from thread and process ids to shared values, cheap to look up and to clone. Hot path: one lookup per event.
//!
//! Linux hands out ids below 2²²: those stand in pages of [`PAGE`], found by two indices without hashing, and a third among
//! the values that a page really has. Any other id can only come from a trace that is damaged or forged, and goes into a
//! keyed hash map. Cloning copies the pages in use, 2 KiB each, and their values, which are pointers: some microseconds for
//! hundreds of threads. It goes by a list of the pages in use; putting those in a list of their own instead, which is
//! cheaper to clone, made every lookup dearer. Sharing pages until one is written would make clones cheaper and every write dearer, of which
//! there are ten thousands to a clone. A page that becomes empty goes, so that ids that wrap around leave nothing behind.

use hashbrown::HashMap;

/// Ids per page.
const PAGE: usize = 1024;

/// Pages: as many as there are ids on Linux.
const PAGES: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(crate) struct ById<V> {
    /// None before anything is put in.
    pages: Box<[Option<Box<Page<V>>>]>,
    /// Numbers of the pages in use, in no particular order.
    used: Vec<u16>,
    others: HashMap<i64, V>,
    len: usize,
}

/// Values close to each other, because of the ids of a page hardly any is in use.
#[derive(Debug, Clone)]
struct Page<V> {
    /// By id: the place of its value, counted from 1; 0 for none.
    places: [u16; PAGE],
    /// With the last bits of their ids.
    values: Vec<(u16, V)>,
}

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self { pages: Box::default(), used: Vec::new(), others: HashMap::default(), len: 0 }
    }
}

impl<V: Clone> Clone for ById<V> {
    fn clone(&self) -> Self {
        // Zeroes, which come cheaper than that many times nothing.
        let mut pages = vec![None; self.pages.len()].into_boxed_slice();
        for number in self.used.iter().map(|number| usize::from(*number)) {
            if let (Some(to), Some(Some(page))) = (pages.get_mut(number), self.pages.get(number)) {
                *to = Some(page.clone());
            }
        }
        Self { pages, used: self.used.clone(), others: self.others.clone(), len: self.len }
    }
}

/// Page and last bits of an id; `None` for ids that have none.
#[inline]
fn place_of(id: i64) -> Option<(usize, u16)> {
    let id = usize::try_from(id).ok()?;
    let low = u16::try_from(id % PAGE).ok()?;
    (id < PAGE * PAGES).then_some((id / PAGE, low))
}

impl<V: Clone> ById<V> {
    #[inline]
    pub(crate) fn at(&self, id: i64) -> Option<&V> {
        match place_of(id) {
            Some((page, low)) => self.pages.get(page)?.as_deref()?.at(low),
            None => self.others.get(&id),
        }
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, id: i64) -> Option<&mut V> {
        match place_of(id) {
            Some((page, low)) => self.pages.get_mut(page)?.as_deref_mut()?.at_mut(low),
            None => self.others.get_mut(&id),
        }
    }

    pub(crate) fn put(&mut self, id: i64, value: V) {
        let Some((page, low)) = place_of(id) else {
            let added = self.others.insert(id, value).is_none();
            self.len += usize::from(added);
            return;
        };
        if self.pages.is_empty() {
            self.pages = vec![None; PAGES].into_boxed_slice();
        }
        let Some(slot) = self.pages.get_mut(page) else { return };
        if slot.is_none() {
            self.used.extend(u16::try_from(page));
        }
        self.len += usize::from(slot.get_or_insert_with(|| Box::new(Page::empty())).put(low, value));
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<V> {
        let removed = self.lend(id)?;
        if let Some((number, _)) = place_of(id)
            && let Some(page) = self.pages.get_mut(number)
            && page.as_ref().is_some_and(|page| page.values.is_empty())
        {
            *page = None;
            self.used.retain(|&used| usize::from(used) != number);
        }
        Some(removed)
    }

    /// Takes out all, and keeps the memory for their places.
    pub(crate) fn clear(&mut self) {
        for page in self.used.drain(..) {
            if let Some(page) = self.pages.get_mut(usize::from(page)) {
                *page = None;
            }
        }
        self.others.clear();
        self.len = 0;
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All values, in no particular order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + '_ {
        let paged = self.pages.iter().flatten().flat_map(|page| page.values.iter().map(|(_, value)| value));
        paged.chain(self.others.values())
    }

    /// All values, to write to.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> + '_ {
        let pages = self.pages.iter_mut().flatten();
        let paged = pages.flat_map(|page| page.values.iter_mut().map(|(_, value)| value));
        paged.chain(self.others.values_mut())
    }

    /// Takes the value of `id` out for a moment, to be put back: its page stays, even if it is empty now.
    pub(crate) fn lend(&mut self, id: i64) -> Option<V> {
        let lent = match place_of(id) {
            Some((page, low)) => self.pages.get_mut(page)?.as_deref_mut()?.take(low)?,
            None => self.others.remove(&id)?,
        };
        self.len -= 1;
        Some(lent)
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.others.keys().copied().collect();
        for (at, page) in (0i64..).zip(&self.pages) {
            let Some(page) = page else { continue };
            ids.extend(page.values.iter().map(|(low, _)| at * PAGE as i64 + i64::from(*low)));
        }
        ids.sort_unstable();
        ids
    }
}

impl<V> Page<V> {
    const fn empty() -> Self {
        Self { places: [0; PAGE], values: Vec::new() }
    }

    /// Place among the values, which is beyond them for an id that has none.
    #[inline]
    fn place(&self, low: u16) -> usize {
        usize::from(self.places.get(usize::from(low)).copied().unwrap_or(0)).wrapping_sub(1)
    }

    #[inline]
    fn at(&self, low: u16) -> Option<&V> {
        self.values.get(self.place(low)).map(|(_, value)| value)
    }

    #[inline]
    fn at_mut(&mut self, low: u16) -> Option<&mut V> {
        let place = self.place(low);
        self.values.get_mut(place).map(|(_, value)| value)
    }

    /// Whether there was none before.
    fn put(&mut self, low: u16, value: V) -> bool {
        if let Some(known) = self.at_mut(low) {
            *known = value;
            return false;
        }
        self.values.push((low, value));
        self.set_place(low, self.values.len());
        true
    }

    fn take(&mut self, low: u16) -> Option<V> {
        let place = self.place(low);
        if place >= self.values.len() {
            return None;
        }
        let (_, taken) = self.values.swap_remove(place);
        if let Some(&(moved, _)) = self.values.get(place) {
            self.set_place(moved, place + 1);
        }
        self.set_place(low, 0);
        Some(taken)
    }

    fn set_place(&mut self, low: u16, place: usize) {
        if let Some(slot) = self.places.get_mut(usize::from(low)) {
            // No more values than ids in a page.
            *slot = u16::try_from(place).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_the_original_changes() {
        let mut map = ById::default();
        for id in [0, 1, 1025, 4_194_303, 4_194_304, -5, i64::MAX, i64::MIN] {
            map.put(id, id);
        }
        let before = map.clone();
        map.put(1, 100);
        map.remove(1025);
        map.remove(i64::MAX);
        *map.at_mut(-5).unwrap() = 0;
        assert_eq!((before.at(1), before.at(1025), before.at(-5)), (Some(&1), Some(&1025), Some(&-5)));
        assert_eq!((map.at(1), map.at(1025), map.at(-5)), (Some(&100), None, Some(&0)));
        assert_eq!((before.len(), map.len()), (8, 6));
        assert_eq!(before.ids(), [i64::MIN, -5, 0, 1, 1025, 4_194_303, 4_194_304, i64::MAX]);
        assert_eq!(before.values().count(), 8);
    }

    #[test]
    fn what_is_not_there_is_neither_found_nor_removed() {
        let mut map = ById::default();
        map.put(7, ());
        for id in [8, 2000, -1, i64::MAX] {
            assert!(map.at(id).is_none() && map.at_mut(id).is_none() && map.remove(id).is_none());
        }
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn any_run_of_calls_leaves_what_a_map_has() {
        let (mut map, mut plain) = (ById::default(), std::collections::BTreeMap::new());
        let mut seed = 7u64;
        for step in 0..50_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let id = i64::try_from(seed >> 33).unwrap() % 3000 - 10;
            match seed >> 20 & 3 {
                0 => assert_eq!(map.remove(id), plain.remove(&id)),
                1 => {
                    if let Some(lent) = map.lend(id) {
                        map.put(id, lent + 1);
                        *plain.get_mut(&id).unwrap() += 1;
                    }
                }
                _ => {
                    map.put(id, step);
                    plain.insert(id, step);
                }
            }
            assert_eq!((map.at(id).copied(), map.len()), (plain.get(&id).copied(), plain.len()));
        }
        assert_eq!(map.ids(), plain.keys().copied().collect::<Vec<_>>());
        assert!(map.ids().iter().all(|&id| map.at(id) == plain.get(&id)));
    }

    #[test]
    fn pages_that_become_empty_go() {
        let mut map = ById::default();
        for id in 0..100_000 {
            map.put(id, id);
            map.remove(id - 1);
        }
        assert_eq!((map.len(), map.pages.iter().flatten().count(), map.used.len()), (1, 1, 1));
    }
}
