//! Names, paths and command lines, each kept once and all of them within a budget.
//!
//! Hot path: a text that is known costs one look into a hash map.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use scap_state::Bytes;

/// See the module.
#[derive(Debug)]
pub(super) struct Texts {
    known: HashTable<Text>,
    hasher: DefaultHashBuilder,
    /// Bytes that may still be kept.
    left: u64,
}

#[derive(Debug)]
struct Text {
    hash: u64,
    bytes: Bytes,
    /// Whether it is the path of a file that was made or changed in the trace.
    changed: bool,
}

impl Texts {
    pub(super) fn new(budget: u64) -> Self {
        Self { known: HashTable::new(), hasher: DefaultHashBuilder::default(), left: budget }
    }

    /// `text`, shared with all that are the same; `None` if there is no room for it.
    pub(super) fn keep(&mut self, text: &[u8]) -> Option<Bytes> {
        self.kept(text, || Bytes::from(text))
    }

    /// The same of a text that is shared already.
    pub(super) fn share(&mut self, text: &Bytes) -> Option<Bytes> {
        self.kept(text, || text.clone())
    }

    fn kept(&mut self, text: &[u8], make: impl FnOnce() -> Bytes) -> Option<Bytes> {
        // What a table and an allocation add to a text.
        const OVERHEAD: u64 = 64;
        let hash = self.hasher.hash_one(text);
        if let Some(known) = self.known.find(hash, |known| known.hash == hash && *known.bytes == *text) {
            return Some(known.bytes.clone());
        }
        self.left = self.left.checked_sub(text.len() as u64 + OVERHEAD)?;
        let bytes = make();
        let added = Text { hash, bytes: bytes.clone(), changed: false };
        self.known.insert_unique(hash, added, |text| text.hash);
        Some(bytes)
    }

    /// Notes that the file at `path` was made or changed.
    pub(super) fn changed(&mut self, path: &[u8]) {
        let hash = self.hasher.hash_one(path);
        if let Some(known) = self.known.find_mut(hash, |known| *known.bytes == *path) {
            known.changed = true;
        }
    }

    /// Whether the file at `path` was made or changed.
    pub(super) fn was_changed(&self, path: &[u8]) -> bool {
        let hash = self.hasher.hash_one(path);
        self.known.find(hash, |known| *known.bytes == *path).is_some_and(|known| known.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_text_is_kept_once_and_not_beyond_the_budget() {
        let mut texts = Texts::new(150);
        let one = texts.keep(b"/etc/passwd").unwrap();
        assert!(Arc::ptr_eq(&one, &texts.keep(b"/etc/passwd").unwrap()));
        assert!(Arc::ptr_eq(&one, &texts.share(&Bytes::from(&b"/etc/passwd"[..])).unwrap()));
        assert!(texts.keep(b"/etc/group").is_some());
        assert_eq!(texts.keep(b"/etc/hosts"), None);
        texts.changed(b"/etc/group");
        assert!(texts.was_changed(b"/etc/group") && !texts.was_changed(b"/etc/passwd"));
    }
}
