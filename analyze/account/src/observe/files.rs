//! Uses of files: one record for each process and path.
//!
//! Hot path: reads and writes find their record by process and descriptor in a small table of those used last, and all
//! others by one hash of process and path.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use scap_state::Bytes;

use super::text::Texts;
use crate::model::{FileUse, Moment, ProcessId};

/// Records found last, by process and descriptor.
const RECENT: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) list: Vec<FileUse>,
    /// Records that had no room.
    pub(super) left_out: u64,
    /// Places in the list, with the hashes by which they are found.
    index: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
    recent: Box<[Option<Recent>]>,
    limit: usize,
}

#[derive(Debug, Clone, Copy)]
struct Recent {
    process: ProcessId,
    fd: i64,
    at: u32,
}

impl Files {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            left_out: 0,
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            recent: vec![None; RECENT].into_boxed_slice(),
            limit,
        }
    }

    /// The record of `process` and `path`, used `now`; `None` if there is no room for it.
    pub(super) fn of(
        &mut self,
        process: ProcessId,
        path: &[u8],
        now: Moment,
        texts: &mut Texts,
    ) -> Option<&mut FileUse> {
        let at = self.place(process, path, now, || texts.keep(path))?;
        let found = self.list.get_mut(at as usize)?;
        found.last = now;
        Some(found)
    }

    /// The record of `process` and the file that its descriptor `fd` stands for.
    #[inline]
    pub(super) fn of_fd(
        &mut self,
        process: ProcessId,
        fd: i64,
        name: &[u8],
        now: Moment,
        texts: &mut Texts,
    ) -> Option<&mut FileUse> {
        let slot =
            usize::try_from((i64::from(process.0) * 31).wrapping_add(fd).rem_euclid(RECENT as i64)).ok()?;
        let known = self.recent.get(slot).copied().flatten();
        let is_it = |one: &Recent| {
            let path = self.list.get(one.at as usize).map(|file| &*file.path);
            one.process == process && one.fd == fd && path == Some(name)
        };
        let at = match known.filter(is_it) {
            Some(one) => one.at,
            None => {
                let at = self.place(process, name, now, || texts.keep(name))?;
                if let Some(slot) = self.recent.get_mut(slot) {
                    *slot = Some(Recent { process, fd, at });
                }
                at
            }
        };
        let found = self.list.get_mut(at as usize)?;
        found.last = now;
        Some(found)
    }

    fn place(
        &mut self,
        process: ProcessId,
        path: &[u8],
        now: Moment,
        keep: impl FnOnce() -> Option<Bytes>,
    ) -> Option<u32> {
        let Self { list, index, hasher, .. } = self;
        let hash = hasher.hash_one((process.0, path));
        let is_it = |&(found, at): &(u64, u32)| {
            let file = list.get(at as usize);
            found == hash && file.is_some_and(|file| file.process == process && *file.path == *path)
        };
        if let Some(&(_, at)) = index.find(hash, is_it) {
            return Some(at);
        }
        let room = list.len() < self.limit;
        let Some((at, path)) = u32::try_from(list.len()).ok().filter(|_| room).zip(keep()) else {
            self.left_out += 1;
            return None;
        };
        list.push(unused(process, path, now));
        index.insert_unique(hash, (hash, at), |&(hash, _)| hash);
        Some(at)
    }
}

fn unused(process: ProcessId, path: Bytes, now: Moment) -> FileUse {
    FileUse {
        process,
        path,
        from: None,
        first: now,
        last: now,
        opens: 0,
        failures: 0,
        read: false,
        written: false,
        created: false,
        executed: false,
        deleted: false,
        moved: false,
        changed: false,
        bytes_read: 0,
        bytes_written: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment { event: 1, ts: 1 };

    #[test]
    fn a_descriptor_that_gets_another_name_is_another_file() {
        let (mut files, mut texts) = (Files::new(10), Texts::new(1 << 20));
        let (one, other) = (Bytes::from(&b"/a"[..]), Bytes::from(&b"/b"[..]));
        for name in [&one, &one, &other, &Bytes::from(&b"/a"[..])] {
            files.of_fd(ProcessId(1), 3, name, NOW, &mut texts).unwrap().bytes_read += 1;
        }
        let found: Vec<_> = files.list.iter().map(|file| (&*file.path, file.bytes_read)).collect();
        assert_eq!(found, [(&b"/a"[..], 3), (&b"/b"[..], 1)]);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let (mut files, mut texts) = (Files::new(2), Texts::new(1 << 20));
        for path in [&b"/a"[..], b"/b", b"/c", b"/a"] {
            files.of(ProcessId(1), path, NOW, &mut texts);
        }
        assert_eq!((files.list.len(), files.left_out), (2, 1));
    }
}
