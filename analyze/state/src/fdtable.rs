//! The open fds of a process, shared until written.
//!
//! Lookup is on the hot path, and so is opening and closing: numbers are handed out densely from 0, so an fd usually
//! has the slot of its number, where it is made and unmade without moving any other. The few others stand in order behind
//! them.

use crate::fd::Fd;
use crate::flags::open;
use crate::owned::Nothing;

/// Most fds of one table, as in libsinsp.
pub(crate) const MAX_FDS: usize = 4096;

/// Most slots that are left empty to give an fd its own.
const GAP: usize = 16;

/// Open fds by number.
#[derive(Debug, Clone, Default)]
pub struct FdTable {
    /// By number; the last one is never empty.
    slots: Vec<Option<Fd>>,
    /// By ascending number, those that have no slot.
    others: Vec<(i64, Fd)>,
    /// How many are open.
    len: usize,
    /// See [`Self::calm`].
    calm: u64,
}

static NONE: FdTable = FdTable { slots: Vec::new(), others: Vec::new(), len: 0, calm: 0 };

impl Nothing for FdTable {
    fn nothing() -> &'static Self {
        &NONE
    }
}

impl FdTable {
    /// The fd numbered `num`.
    #[must_use]
    #[inline]
    pub fn at(&self, num: i64) -> Option<&Fd> {
        match usize::try_from(num).ok().and_then(|num| self.slots.get(num)) {
            Some(slot) => slot.as_ref(),
            None if self.others.is_empty() => None,
            None => self.others.get(self.position(num).ok()?).map(|(_, fd)| fd),
        }
    }

    /// All, by number.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> + '_ {
        let negative = self.others.partition_point(|(num, _)| *num < 0);
        let (before, behind) = self.others.split_at(negative);
        let slots = (0i64..).zip(&self.slots).filter_map(|(num, fd)| Some((num, fd.as_ref()?)));
        before
            .iter()
            .map(|(num, fd)| (*num, fd))
            .chain(slots)
            .chain(behind.iter().map(|(num, fd)| (*num, fd)))
    }

    /// How many are open.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether none is open.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes it takes, about, without names.
    pub(crate) const fn size(&self) -> usize {
        (self.slots.capacity() + self.others.capacity()) * size_of::<(i64, Fd)>()
    }

    /// Which of the fds below 64 are open and stay as they are when they are read or written, a bit each.
    pub(crate) const fn calm(&self) -> u64 {
        self.calm
    }

    /// Notes whether fd `num` is one of those.
    #[inline]
    fn mark(&mut self, num: i64, is_calm: bool) {
        if (0..64).contains(&num) {
            self.calm = self.calm & !(1 << num) | u64::from(is_calm) << num;
        }
    }

    /// From fds by ascending number; `None` if they are not, or too many.
    pub(crate) fn restored(fds: Vec<(i64, Fd)>) -> Option<Self> {
        let ascending = fds.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
        let mut table = Self::default();
        (ascending && fds.into_iter().all(|(num, fd)| table.put(num, fd))).then_some(table)
    }

    /// Adds or replaces; `false` if the table is full.
    #[inline]
    pub(crate) fn put(&mut self, num: i64, fd: Fd) -> bool {
        // Most are the next number, or one that was closed.
        let own = usize::try_from(num).ok();
        if let Some(slot) = own.and_then(|own| self.slots.get_mut(own))
            && (slot.is_some() || self.len < MAX_FDS)
        {
            self.len += usize::from(slot.is_none());
            let is_calm = fd.is_calm();
            *slot = Some(fd);
            self.mark(num, is_calm);
            return true;
        }
        self.make(num, |slot| *slot = fd)
    }

    /// Makes `num` what `fill` makes of a blank fd, where it stays; `false` if the table is full.
    #[inline(always)]
    pub(crate) fn make(&mut self, num: i64, fill: impl FnOnce(&mut Fd)) -> bool {
        let Some(fd) = self.blank(num) else { return false };
        fill(fd);
        let is_calm = fd.is_calm();
        self.mark(num, is_calm);
        true
    }

    /// Changes fd `num`, if it is open.
    #[inline]
    pub(crate) fn change<R>(&mut self, num: i64, change: impl FnOnce(&mut Fd) -> R) -> Option<R> {
        let fd = self.at_mut(num)?;
        let done = change(fd);
        let is_calm = fd.is_calm();
        self.mark(num, is_calm);
        Some(done)
    }

    /// Makes `to` a [duplicate](Fd::duplicate) of `from`, which an exec closes if `closes_on_exec`. `Some(false)` if the
    /// table is full, `None` if there is no `from`.
    pub(crate) fn duplicate(&mut self, from: i64, to: i64, closes_on_exec: bool) -> Option<bool> {
        let flags = if closes_on_exec { open::CLOEXEC } else { 0 };
        if self.duplicate_in_place(from, to, flags) {
            return Some(true);
        }
        let mut copy = self.at(from)?.duplicate();
        copy.open_flags |= flags;
        Some(self.put(to, copy))
    }

    /// The same where both have slots and there is room, as is usual. `false` if not.
    fn duplicate_in_place(&mut self, from: i64, num: i64, flags: u32) -> bool {
        let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(num)) else { return false };
        if self.len >= MAX_FDS {
            return false;
        }
        if to == self.slots.len() && self.others.is_empty() {
            self.slots.push(None);
        }
        let Ok([Some(from), slot]) = self.slots.get_disjoint_mut([from, to]) else {
            self.trim();
            return false;
        };
        self.len += usize::from(slot.is_none());
        let copy = slot.insert(Fd::default());
        copy.become_copy_of(from);
        copy.clear_close_on_exec();
        copy.open_flags |= flags;
        let is_calm = copy.is_calm();
        self.mark(num, is_calm);
        true
    }

    /// Makes `num` a blank fd, to be filled where it is; `None` if the table is full.
    fn blank(&mut self, num: i64) -> Option<&mut Fd> {
        let full = self.len >= MAX_FDS;
        let own = usize::try_from(num).ok().filter(|&own| own < self.slots.len() + GAP);
        let Some(own) = own else {
            let at = match self.position(num) {
                Ok(at) => at,
                Err(_) if full => return None,
                Err(at) => {
                    self.others.insert(at, (num, Fd::default()));
                    self.len += 1;
                    at
                }
            };
            let (_, fd) = self.others.get_mut(at)?;
            *fd = Fd::default();
            return Some(fd);
        };
        if own >= self.slots.len() {
            if full && self.at(num).is_none() {
                return None;
            }
            self.reach(own);
        }
        let slot = self.slots.get_mut(own)?;
        if slot.is_none() {
            if full {
                return None;
            }
            self.len += 1;
        }
        Some(slot.insert(Fd::default()))
    }

    /// Makes slots up to that of `last`, and moves into them what stood elsewhere.
    fn reach(&mut self, last: usize) {
        let first = self.slots.len();
        self.slots.resize_with(last + 1, || None);
        let is_new = |num: i64| usize::try_from(num).is_ok_and(|num| (first..=last).contains(&num));
        let start = self.others.partition_point(|(num, _)| *num < 0);
        let count = self.others.iter().skip(start).take_while(|(num, _)| is_new(*num)).count();
        for (num, fd) in self.others.drain(start..start + count) {
            if let Some(slot) = usize::try_from(num).ok().and_then(|num| self.slots.get_mut(num)) {
                *slot = Some(fd);
            }
        }
    }

    fn at_mut(&mut self, num: i64) -> Option<&mut Fd> {
        match usize::try_from(num).ok().filter(|&num| num < self.slots.len()) {
            Some(num) => self.slots.get_mut(num)?.as_mut(),
            None => {
                let at = self.position(num).ok()?;
                self.others.get_mut(at).map(|(_, fd)| fd)
            }
        }
    }

    pub(crate) fn remove(&mut self, num: i64) -> bool {
        let found = match usize::try_from(num).ok().and_then(|num| self.slots.get_mut(num)) {
            Some(slot) => {
                let found = slot.is_some();
                *slot = None;
                self.trim();
                found
            }
            None => {
                let found = self.position(num);
                if let Ok(at) = found {
                    self.others.remove(at);
                }
                found.is_ok()
            }
        };
        self.len -= usize::from(found);
        self.mark(num, false);
        found
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(i64, &Fd) -> bool) {
        let mut gone = self.others.len();
        self.others.retain(|(num, fd)| keep(*num, fd));
        gone -= self.others.len();
        for (num, slot) in (0i64..).zip(&mut self.slots) {
            if slot.as_ref().is_some_and(|fd| !keep(num, fd)) {
                *slot = None;
                gone += 1;
            }
        }
        self.len -= gone;
        self.trim();
        self.mark_all();
    }

    pub(crate) fn for_each_mut(&mut self, from: i64, to: i64, mut change: impl FnMut(&mut Fd)) {
        let slots = (0i64..).zip(&mut self.slots).filter_map(|(num, fd)| Some((num, fd.as_mut()?)));
        let others = self.others.iter_mut().map(|(num, fd)| (*num, fd));
        slots.chain(others).filter(|(num, _)| (from..=to).contains(num)).for_each(|(_, fd)| change(fd));
        self.mark_all();
    }

    /// [Marks](Self::mark) every fd anew.
    fn mark_all(&mut self) {
        let calm = self.iter().filter(|(num, fd)| (0..64).contains(num) && fd.is_calm());
        self.calm = calm.fold(0, |bits, (num, _)| bits | 1 << num);
    }

    /// Gives up the empty slots at the end.
    fn trim(&mut self) {
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
    }

    /// Where `num` stands among the others, or where it would.
    fn position(&self, num: i64) -> Result<usize, usize> {
        self.others.binary_search_by_key(&num, |(found, _)| *found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd::FdType;

    fn table(nums: &[i64]) -> FdTable {
        let mut table = FdTable::default();
        for &num in nums {
            assert!(table.put(num, Fd { ino: num.unsigned_abs(), ..Fd::of(FdType::FileV2) }));
        }
        table
    }

    #[test]
    fn fds_are_found_whether_dense_or_sparse() {
        let table = table(&[255, 0, 2, 1, 10]);
        for num in [0, 1, 2, 10, 255] {
            assert_eq!(table.at(num).unwrap().ino, num.unsigned_abs());
        }
        assert!(table.at(3).is_none());
        assert!(table.at(-1).is_none());
        assert_eq!(table.iter().map(|(n, _)| n).collect::<Vec<_>>(), [0, 1, 2, 10, 255]);
    }

    #[test]
    fn putting_twice_replaces() {
        let mut table = table(&[0, 1]);
        table.put(1, Fd { ino: 77, ..Fd::default() });
        assert_eq!((table.len(), table.at(1).unwrap().ino), (2, 77));
        assert!(table.remove(1));
        assert!(!table.remove(1));
    }

    #[test]
    fn a_full_table_refuses_new_fds_but_replaces_old_ones() {
        let nums: Vec<i64> = (0..4096).collect();
        let mut table = table(&nums);
        assert!(!table.put(5000, Fd::default()));
        assert!(table.put(17, Fd::default()));
        assert_eq!(table.len(), MAX_FDS);
    }

    #[test]
    fn a_duplicate_is_made_wherever_its_original_stands() {
        for (from, to) in [(1, 2), (1, 3), (1, 1), (2, 300), (300, 3), (300, 301), (1, 40), (9, 3), (3, 3)] {
            let mut table = table(&[0, 1, 2, 300]);
            table.change(from, |fd| fd.open_flags = open::CLOEXEC);
            let known = table.at(from).is_some();
            let free = table.at(to).is_none();
            assert_eq!(table.duplicate(from, to, from == 2), known.then_some(true), "{from} to {to}");
            if known {
                let copy = table.at(to).unwrap();
                let flags = if from == 2 { open::CLOEXEC } else { 0 };
                assert_eq!((copy.ino, copy.open_flags), (from.unsigned_abs(), flags));
            }
            assert_eq!(table.len(), 4 + usize::from(known && free));
            assert!(table.slots.last().is_none_or(Option::is_some));
        }
        let nums: Vec<i64> = (0..4096).collect();
        let mut full = table(&nums);
        assert_eq!((full.duplicate(1, 4096, false), full.duplicate(1, 17, false)), (Some(false), Some(true)));
        assert_eq!((full.at(17).unwrap().ino, full.len()), (1, MAX_FDS));
    }

    #[test]
    fn fds_keep_their_order_wherever_they_stand() {
        let mut table = table(&[300, -100, 40, 25, 1]);
        for num in 2..40 {
            assert!(table.put(num, Fd::default()));
        }
        table.remove(1);
        let mut left: Vec<i64> = (2..=40).collect();
        left.insert(0, -100);
        left.push(300);
        assert_eq!(table.iter().map(|(num, _)| num).collect::<Vec<_>>(), left);
        assert_eq!((table.at(25).unwrap().ino, table.at(40).unwrap().ino, table.len()), (0, 40, 41));
        table.retain(|num, _| num == 300 || num == 7);
        assert_eq!((table.len(), table.at(300).unwrap().ino), (2, 300));
        table.for_each_mut(0, 1000, |fd| fd.ino = 5);
        assert!(table.remove(7) && table.remove(300) && table.is_empty());
        assert!(table.iter().next().is_none());
    }

    #[test]
    fn any_run_of_calls_leaves_what_a_map_has() {
        let (mut table, mut map) = (FdTable::default(), std::collections::BTreeMap::new());
        let calm = |table: &FdTable| {
            let calm = table.iter().filter(|(num, fd)| (0..64).contains(num) && fd.is_calm());
            calm.fold(0u64, |bits, (num, _)| bits | 1 << num)
        };
        let mut seed = 7u64;
        for step in 0..20_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let num = i64::try_from(seed >> 33).unwrap() % 90 - 10;
            let ty = if seed >> 23 & 3 == 0 { FdType::Ipv4Socket } else { FdType::FileV2 };
            match seed >> 20 & 7 {
                0..3 => {
                    assert!(table.put(num, Fd { ino: step, ..Fd::of(ty) }));
                    map.insert(num, step);
                }
                3 => {
                    let fill = |fd: &mut Fd| (fd.ino, fd.ty) = (step, ty);
                    assert_eq!(table.change(num, fill).is_some(), map.contains_key(&num));
                    map.entry(num).and_modify(|ino| *ino = step);
                }
                4 => {
                    let done = table.duplicate(num, num / 2, seed >> 30 & 1 == 0);
                    assert_eq!(done, map.contains_key(&num).then_some(true));
                    if let Some(ino) = map.get(&num).copied() {
                        map.insert(num / 2, ino);
                    }
                }
                _ => assert_eq!(table.remove(num), map.remove(&num).is_some()),
            }
            assert_eq!(table.at(num).map(|fd| fd.ino), map.get(&num).copied());
            assert_eq!(table.calm(), calm(&table));
        }
        let all: Vec<_> = table.iter().map(|(num, fd)| (num, fd.ino)).collect();
        assert_eq!((all, table.len()), (map.iter().map(|(&n, &i)| (n, i)).collect(), map.len()));
        table.retain(|num, _| num % 3 == 0);
        assert_eq!(table.calm(), calm(&table));
        table.for_each_mut(0, 40, |fd| fd.connected = true);
        assert_eq!(table.calm(), calm(&table));
    }
}
