//! What snapshots told, for those who tell the same later to share.
//!
//! Most threads of a machine are in few control groups, and looking through their paths for containers takes longer than
//! all else that a snapshot tells of a thread; and where a trace has many snapshots, programs, environments and lists of fds are
//! the same in one and the next. Takes the bytes that something is made of, gives what was made of the same bytes before.
//! Bounded: beyond [`MAX_BYTES`], everything is forgotten. Only a memory: no answer depends on what is in it.

use std::hash::BuildHasher;

use hashbrown::HashMap;

/// Most bytes that something is remembered for. The threads of a busy machine together have less.
const MAX_BYTES: usize = 4 << 20;

/// What remembering one takes beyond that, bytes, about.
const ENTRY: usize = 64;

/// See the module. A clone remembers nothing: what is copied to be looked at is told no snapshots.
#[derive(Debug)]
pub(crate) struct Known<V> {
    /// By the hash of what they are made of. Of two with the same, the later stays.
    by_hash: HashMap<u64, V>,
    /// How many bytes they take, in all, about.
    bytes: usize,
}

impl<V> Clone for Known<V> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<V> Default for Known<V> {
    fn default() -> Self {
        Self { by_hash: HashMap::default(), bytes: 0 }
    }
}

/// Where to remember what was not known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknown {
    hash: u64,
    len: usize,
}

impl Unknown {
    /// What is made of it takes `bytes` more than it is made of.
    pub(crate) const fn with(self, bytes: usize) -> Self {
        Self { len: self.len.saturating_add(bytes), ..self }
    }
}

impl<V> Known<V> {
    /// What was made of `parts` before; `is` tells whether something was.
    pub(crate) fn find(&self, parts: &[&[u8]], is: impl Fn(&V) -> bool) -> Result<&V, Unknown> {
        let hash = self.by_hash.hasher().hash_one(parts);
        let len = || parts.iter().map(|part| part.len()).sum::<usize>() + ENTRY;
        self.by_hash.get(&hash).filter(|known| is(known)).ok_or_else(|| Unknown { hash, len: len() })
    }

    /// Remembers what was made of something that was not known.
    pub(crate) fn put(&mut self, Unknown { hash, len }: Unknown, made: V) {
        if len > MAX_BYTES {
            return;
        }
        if self.bytes + len > MAX_BYTES {
            *self = Self::default();
        }
        self.bytes += len;
        self.by_hash.insert(hash, made);
    }
}

impl<V: Clone> Known<V> {
    /// What `make` makes of `parts`, or did before: `is` tells whether something was made of them.
    pub(crate) fn of(&mut self, parts: &[&[u8]], is: impl Fn(&V) -> bool, make: impl FnOnce() -> V) -> V {
        let unknown = match self.find(parts, is) {
            Ok(known) => return known.clone(),
            Err(unknown) => unknown,
        };
        let made = make();
        self.put(unknown, made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Strings;

    fn read(known: &mut Known<Strings>, raw: &[u8]) -> Strings {
        known.of(&[raw], |known| known.is(raw), || Strings::new(raw))
    }

    #[test]
    fn what_is_known_is_shared_as_long_as_it_fits() {
        let mut known = Known::default();
        let one = read(&mut known, b"a");
        assert_eq!(one.as_joined().as_ptr(), read(&mut known, b"a").as_joined().as_ptr());
        let long = vec![b'x'; MAX_BYTES + 1];
        assert!(read(&mut known, &long).is(&long) && known.by_hash.len() == 1);
        for n in 0..200_000 {
            let raw = format!("{n}");
            assert!(read(&mut known, raw.as_bytes()).is(raw.as_bytes()));
        }
        assert!(known.bytes <= MAX_BYTES && (1..=MAX_BYTES / ENTRY).contains(&known.by_hash.len()));
        assert_eq!(read(&mut known, b"a"), one);
    }

    #[test]
    fn what_was_made_of_something_else_is_made_anew() {
        let mut known = Known::default();
        read(&mut known, b"a");
        let other = known.of(&[b"a"], |known| known.is(b"b"), || Strings::new(b"b"));
        assert!(other.is(b"b"));
    }
}
