//! A map from thread and process ids to shared values, cheap to look up and to clone. Hot path: one lookup per event.
//!
//! Linux hands out ids below 2²²: those stand in pages of [`PAGE`], found by two indices without hashing. Any other id can
//! only come from a trace that is damaged or forged, and goes into a keyed hash map. Cloning copies the pages in use,
//! whose values are pointers: some microseconds for hundreds of threads. Sharing pages until one is written would make clones
//! cheaper and every write dearer, of which there are ten thousands to a clone. A page that becomes empty goes, so that
//! ids that wrap around leave nothing behind.

use hashbrown::HashMap;

/// Ids per page.
const PAGE: usize = 1024;

/// Pages: as many as there are ids on Linux.
const PAGES: usize = 4096;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct ById<V> {
    pages: Box<[Option<Box<Page<V>>>]>,
    others: HashMap<i64, V>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Page<V> {
    used: usize,
    values: [Option<V>; PAGE],
}

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self { pages: (0..PAGES).map(|_| None).collect(), others: HashMap::default(), len: 0 }
    }
}

/// Page and place in it; `None` for ids that have none.
#[inline]
fn place_of(id: i64) -> Option<(usize, usize)> {
    let id = usize::try_from(id).ok()?;
    (id < PAGE * PAGES).then_some((id / PAGE, id % PAGE))
}

impl<V: Clone> ById<V> {
    #[inline]
    pub(crate) fn at(&self, id: i64) -> Option<&V> {
        match place_of(id) {
            Some((page, place)) => self.pages.get(page)?.as_deref()?.values.get(place)?.as_ref(),
            None => self.others.get(&id),
        }
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, id: i64) -> Option<&mut V> {
        match place_of(id) {
            Some((page, place)) => self.pages.get_mut(page)?.as_deref_mut()?.values.get_mut(place)?.as_mut(),
            None => self.others.get_mut(&id),
        }
    }

    pub(crate) fn put(&mut self, id: i64, value: V) {
        let Some((page, place)) = place_of(id) else {
            let added = self.others.insert(id, value).is_none();
            self.len += usize::from(added);
            return;
        };
        let Some(page) = self.pages.get_mut(page) else { return };
        let page = page.get_or_insert_with(|| Box::new(Page::empty()));
        if let Some(slot) = page.values.get_mut(place) {
            let added = usize::from(slot.replace(value).is_none());
            page.used += added;
            self.len += added;
        }
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<V> {
        self.at(id)?;
        self.len -= 1;
        let Some((page, place)) = place_of(id) else { return self.others.remove(&id) };
        let whole = self.pages.get_mut(page)?;
        let page = whole.as_deref_mut()?;
        page.used -= 1;
        let removed = page.values.get_mut(place)?.take();
        if page.used == 0 {
            *whole = None;
        }
        removed
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All values, in no particular order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + '_ {
        let paged = self.pages.iter().flatten().flat_map(|page| page.values.iter().flatten());
        paged.chain(self.others.values())
    }

    /// All values, to write to.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> + '_ {
        let paged = self.pages.iter_mut().flatten().flat_map(|page| page.values.iter_mut().flatten());
        paged.chain(self.others.values_mut())
    }

    /// Takes the value of `id` out for a moment, to be put back: its page stays, even if it is empty now.
    pub(crate) fn lend(&mut self, id: i64) -> Option<V> {
        let Some((page, place)) = place_of(id) else { return self.remove(id) };
        let page = self.pages.get_mut(page)?.as_deref_mut()?;
        let lent = page.values.get_mut(place)?.take()?;
        page.used -= 1;
        self.len -= 1;
        Some(lent)
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.others.keys().copied().collect();
        for (at, page) in (0i64..).zip(&self.pages) {
            let Some(page) = page else { continue };
            let taken = (0i64..).zip(&page.values).filter(|(_, value)| value.is_some());
            ids.extend(taken.map(|(place, _)| at * PAGE as i64 + place));
        }
        ids.sort_unstable();
        ids
    }
}

impl<V> Page<V> {
    fn empty() -> Self {
        Self { used: 0, values: [const { None }; PAGE] }
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
    fn pages_that_become_empty_go() {
        let mut map = ById::default();
        for id in 0..100_000 {
            map.put(id, id);
            map.remove(id - 1);
        }
        assert_eq!((map.len(), map.pages.iter().flatten().count()), (1, 1));
    }
}
