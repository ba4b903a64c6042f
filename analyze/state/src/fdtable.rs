//! The open fds of a process: sorted by number, shared until written.
//!
//! A fork shares its parent's table and the two part at the first change, so a fork costs one pointer. Lookup
//! is on the hot path: numbers are handed out densely from 0, so an fd usually stands at its own index;
//! where it doesn't, the search is binary.

use std::sync::Arc;

use crate::fd::Fd;

/// Most fds of one table, as in libsinsp.
pub(crate) const MAX_FDS: usize = 4096;

/// Open fds by number.
#[derive(Debug, Clone, Default)]
pub struct FdTable {
    fds: Vec<(i64, Arc<Fd>)>,
}

impl FdTable {
    /// The fd numbered `num`.
    #[must_use]
    pub fn at(&self, num: i64) -> Option<&Fd> {
        let at = self.position(num).ok()?;
        self.fds.get(at).map(|(_, fd)| &**fd)
    }

    /// The same, to be kept.
    pub(crate) fn shared(&self, num: i64) -> Option<Arc<Fd>> {
        let at = self.position(num).ok()?;
        self.fds.get(at).map(|(_, fd)| Arc::clone(fd))
    }

    /// All, by number.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, &Fd)> + ExactSizeIterator + '_ {
        self.fds.iter().map(|(num, fd)| (*num, &**fd))
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fds.len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fds.is_empty()
    }

    /// From fds by ascending number; `None` if they are not, or too many.
    pub(crate) fn restored(fds: Vec<(i64, Arc<Fd>)>) -> Option<Self> {
        let ascending = fds.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
        (ascending && fds.len() <= MAX_FDS).then_some(Self { fds })
    }

    /// Adds or replaces; `false` if the table is full.
    pub(crate) fn put(&mut self, num: i64, fd: Fd) -> bool {
        match self.position(num) {
            Ok(at) => {
                if let Some(slot) = self.fds.get_mut(at) {
                    slot.1 = Arc::new(fd);
                }
            }
            Err(_) if self.fds.len() >= MAX_FDS => return false,
            Err(at) => self.fds.insert(at, (num, Arc::new(fd))),
        }
        true
    }

    pub(crate) fn at_mut(&mut self, num: i64) -> Option<&mut Fd> {
        let at = self.position(num).ok()?;
        self.fds.get_mut(at).map(|(_, fd)| Arc::make_mut(fd))
    }

    pub(crate) fn remove(&mut self, num: i64) -> bool {
        let found = self.position(num);
        if let Ok(at) = found {
            self.fds.remove(at);
        }
        found.is_ok()
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(i64, &Fd) -> bool) {
        self.fds.retain(|(num, fd)| keep(*num, fd));
    }

    pub(crate) fn for_each_mut(&mut self, from: i64, to: i64, mut change: impl FnMut(&mut Fd)) {
        for (num, fd) in &mut self.fds {
            if (from..=to).contains(num) {
                change(Arc::make_mut(fd));
            }
        }
    }

    /// Where `num` stands, or where it would.
    fn position(&self, num: i64) -> Result<usize, usize> {
        if let Ok(guess) = usize::try_from(num)
            && self.fds.get(guess).is_some_and(|(found, _)| *found == num)
        {
            return Ok(guess);
        }
        // Negative numbers stand for no fd or the working directory, new ones are the greatest.
        if self.fds.first().is_none_or(|(first, _)| num < *first) {
            return Err(0);
        }
        if self.fds.last().is_some_and(|(last, _)| *last < num) {
            return Err(self.fds.len());
        }
        self.fds.binary_search_by_key(&num, |(found, _)| *found)
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
}
