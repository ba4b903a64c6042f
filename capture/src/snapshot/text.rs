//! Reading /proc files and taking their text apart, in bytes.
//!
//! Takes paths and byte slices, gives bytes and numbers. Nothing here assumes UTF-8: command names, paths
//! and arguments on a hostile machine are whatever their owner made them. Every read has a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest table file (`/proc/net/tcp`, `/proc/PID/mountinfo` …) that is read, bytes.
pub(crate) const TABLE_LIMIT: u64 = 64 << 20;

/// At most `limit` bytes of the file at `path`.
pub(crate) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Lines without their newline; an empty last one is left out.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'\n').filter(|line| !line.is_empty())
}

/// Fields between runs of blanks.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// A whole number in `radix`; `None` if `text` is anything else or does not fit.
pub(crate) fn number<T: TryFrom<i128>>(text: &[u8], radix: u32) -> Option<T> {
    let text = std::str::from_utf8(text).ok()?;
    T::try_from(i128::from_str_radix(text, radix).ok()?).ok()
}

/// What follows `key:` in `line`, blanks around it taken off.
pub(crate) fn value_of<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(key.as_bytes())?.strip_prefix(b":")?;
    Some(rest.trim_ascii())
}

/// The number in a link like `pipe:[123]` or `net:[4026531840]`, whose name is `kind`.
pub(crate) fn bracketed(link: &[u8], kind: &str) -> Option<u64> {
    let inner = link.strip_prefix(kind.as_bytes())?.strip_prefix(b":[")?.strip_suffix(b"]")?;
    number(inner, 10)
}

/// `bytes` cut to at most `limit`.
pub(crate) fn cut(mut bytes: Vec<u8>, limit: usize) -> Vec<u8> {
    bytes.truncate(limit);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_or_nothing() {
        assert_eq!(number::<u32>(b"42", 10), Some(42));
        assert_eq!(number::<u32>(b"-1", 10), None);
        assert_eq!(number::<i64>(b"-1", 10), Some(-1));
        assert_eq!(number::<u64>(b"000001ffffffffff", 16), Some(0x1ff_ffff_ffff));
        assert_eq!(number::<u8>(b"256", 10), None);
        assert_eq!(number::<u32>(b"4 2", 10), None);
    }

    #[test]
    fn links_of_kernel_objects_give_their_inode() {
        assert_eq!(bracketed(b"pipe:[77]", "pipe"), Some(77));
        assert_eq!(bracketed(b"/tmp/pipe:[77]", "pipe"), None);
        assert_eq!(bracketed(b"socket:[x]", "socket"), None);
    }
}
