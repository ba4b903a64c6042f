//! Memory of a stopped process: bytes, strings, pointers.
//!
//! Takes addresses out of arguments, which may be anything; what cannot be read is `None` or empty.

use super::sys::{Tid, read_memory};

const PAGE: u64 = 4096;

/// Longest single string of a list that is kept, bytes.
const STRING_BYTES: usize = 4096;

/// Longest list of strings that is followed, entries.
const STRINGS: usize = 256;

/// Longest list of strings that is kept, bytes.
const STRINGS_BYTES: usize = 20 << 10;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory(pub(super) Tid);

impl Memory {
    /// Exactly `len` bytes at `at`; empty if not all of them can be read.
    pub(super) fn bytes(self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        if at == 0 || len == 0 || read_memory(self.0, at, &mut bytes) != len {
            bytes.clear();
        }
        bytes
    }

    /// A number of eight bytes at `at`.
    pub(super) fn word(self, at: u64) -> Option<u64> {
        self.bytes(at, 8).try_into().ok().map(u64::from_le_bytes)
    }

    /// A string at `at` with its closing NUL, at most `limit` bytes with it; empty if it cannot be read.
    pub(super) fn text(self, at: u64, limit: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mut here = at;
        while at != 0 && text.len() < limit {
            // The page behind the string's need not be there.
            let left = usize::try_from(PAGE - here % PAGE).unwrap_or(0).min(limit - text.len());
            let start = text.len();
            text.resize(start + left, 0);
            let read = read_memory(self.0, here, &mut text[start..]);
            text.truncate(start + read);
            if let Some(nul) = text[start..].iter().position(|&b| b == 0) {
                text.truncate(start + nul + 1);
                return text;
            }
            if read < left {
                return Vec::new();
            }
            here = here.wrapping_add(left as u64);
        }
        if let Some(last) = text.last_mut() {
            *last = 0;
        }
        text
    }

    /// The strings of the array of pointers at `at` up to its null pointer, each with its NUL.
    pub(super) fn strings(self, at: u64) -> Vec<u8> {
        let mut all = Vec::new();
        for n in 0..STRINGS as u64 {
            let Some(pointer) = self.word(at.wrapping_add(n * 8)).filter(|&pointer| pointer != 0) else {
                break;
            };
            let text = self.text(pointer, STRING_BYTES);
            if text.is_empty() || all.len() >= STRINGS_BYTES {
                break;
            }
            all.extend_from_slice(&text);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Memory {
        Memory(nix::unistd::getpid().as_raw())
    }

    #[test]
    fn own_memory_reads_as_it_is() {
        let text = b"a string\0behind";
        let at = text.as_ptr().addr() as u64;
        assert_eq!(own().text(at, 4096), b"a string\0");
        assert_eq!(own().text(at, 4), b"a s\0");
        assert_eq!(own().bytes(at + 2, 6), b"string");
        let pointers = [at, at + 9, 0];
        let rest = [text.as_ptr(), c"next".as_ptr().cast(), std::ptr::null()].map(|p| p.addr() as u64);
        assert_eq!(own().word(pointers.as_ptr().addr() as u64), Some(at));
        assert_eq!(own().strings(rest.as_ptr().addr() as u64), b"a string\0next\0");
    }

    #[test]
    fn addresses_out_of_nowhere_give_nothing() {
        for at in [0, 1, 4095, u64::MAX, u64::MAX - 8, 0x8000_0000_0000_0000] {
            assert_eq!((own().text(at, 4096), own().bytes(at, 64)), (vec![], vec![]));
            assert_eq!((own().strings(at), own().word(at)), (vec![], None));
        }
    }
}
