//! Hashes of executed files, as the recorder notes them: see "Hashes of executed files" in `docs/FORMAT.md`.

use hashbrown::HashMap;
use scap_state::{Bytes, ExeFile};

/// Name of the notes.
pub(super) const NAME: &[u8] = b"scap.exe";

/// Most hashes kept.
const MOST: usize = 100_000;

/// A file as the kernel tells one version of it from another: inode, times of change and modification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct ExeKey {
    ino: u64,
    ctime: u64,
    mtime: u64,
}

impl ExeKey {
    pub(super) const fn of(file: &ExeFile) -> Self {
        Self { ino: file.ino, ctime: file.ctime, mtime: file.mtime }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Notes {
    hashes: HashMap<ExeKey, Bytes>,
}

impl Notes {
    /// Takes in the text of a note.
    pub(super) fn read(&mut self, text: &[u8]) {
        let facts = text.split(|&b| b == b' ').take_while(|word| !word.starts_with(b"path="));
        let (mut hash, mut key) = (None, ExeKey::default());
        for word in facts {
            let Some(equals) = word.iter().position(|&b| b == b'=') else { continue };
            let (name, value) =
                (word.get(..equals).unwrap_or_default(), word.get(equals + 1..).unwrap_or_default());
            let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
            match name {
                b"sha256" if value.len() == 64 && value.iter().all(u8::is_ascii_hexdigit) => {
                    hash = Some(value)
                }
                b"ino" => key.ino = number(),
                b"ctime" => key.ctime = number(),
                b"mtime" => key.mtime = number(),
                _ => {}
            }
        }
        if let Some(hash) = hash
            && key.ino != 0
            && self.hashes.len() < MOST
        {
            self.hashes.insert(key, Bytes::from([b"sha256:", hash].concat()));
        }
    }

    /// The hash of the file that `key` tells apart.
    pub(super) fn hash(&self, key: &ExeKey) -> Option<&Bytes> {
        self.hashes.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_by_the_file_it_is_of() {
        let mut notes = Notes::default();
        let hash = "ab".repeat(32);
        notes.read(format!("sha256={hash} size=1 dev=2 ino=3 ctime=4 mtime=5 path=/a ino=9").as_bytes());
        notes.read(b"status=gone ino=7 ctime=8 mtime=9 path=/b");
        notes.read(b"sha256=short ino=8 path=/c");
        let key = |ino, ctime, mtime| ExeKey { ino, ctime, mtime };
        assert_eq!(notes.hash(&key(3, 4, 5)).map(|hash| hash.len()), Some(7 + 64));
        assert_eq!((notes.hash(&key(7, 8, 9)), notes.hash(&key(8, 0, 0))), (None, None));
    }
}
