//! Shared byte strings: names and paths as the kernel gave them, and lists of them.
//!
//! Nothing here assumes UTF-8.

use std::sync::Arc;

/// A shared, immutable byte string.
pub type Bytes = Arc<[u8]>;

/// `text`, shared. What is empty is one allocation for all.
pub(crate) fn bytes(text: &[u8]) -> Bytes {
    if text.is_empty() { Bytes::default() } else { Bytes::from(text) }
}

/// A list of byte strings kept as one allocation, each but the last closed by NUL.
///
/// An empty allocation is the empty list, as in libsinsp's `sinsp_split`; a list of one empty string
/// therefore reads back as empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings {
    joined: Bytes,
}

impl Strings {
    /// From `raw`, strings separated by NUL; one NUL at the very end closes the last string.
    #[must_use]
    pub fn new(raw: &[u8]) -> Self {
        Self { joined: bytes(trim_nul(raw)) }
    }

    /// From what [`Self::as_joined`] gave.
    pub(crate) const fn restored(joined: Bytes) -> Self {
        Self { joined }
    }

    /// Whether `raw` holds the same list.
    #[must_use]
    pub fn is(&self, raw: &[u8]) -> bool {
        *self.joined == *trim_nul(raw)
    }

    /// The strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + '_ {
        let skip = usize::from(self.joined.is_empty());
        self.joined.split(|&b| b == 0).skip(skip)
    }

    /// The string at `at`, from 0.
    #[must_use]
    pub fn at(&self, at: usize) -> Option<&[u8]> {
        self.iter().nth(at)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty()
    }

    /// The strings with NUL between them.
    #[must_use]
    pub fn as_joined(&self) -> &[u8] {
        &self.joined
    }
}

/// Bytes that are looked at together. Paths are looked at whole, without stopping early, and what is left of them after some
/// such steps once more with what stands before it: a loop over single bytes costs more than all the rest.
pub(crate) const STEP: usize = 16;

/// `text` up to its first NUL.
pub(crate) fn until_nul(text: &[u8]) -> &[u8] {
    match text {
        // A closing one is the usual.
        [rest @ .., 0] if !has_nul(rest) => rest,
        _ if !has_nul(text) => text,
        _ => text.iter().position(|&b| b == 0).and_then(|end| text.get(..end)).unwrap_or(text),
    }
}

/// Whether there is a NUL in `text`.
pub(crate) fn has_nul(text: &[u8]) -> bool {
    let look = |step: &[u8; STEP]| step.iter().fold(false, |found, &b| found | (b == 0));
    let Some(last) = text.last_chunk() else { return text.contains(&0) };
    let (mut rest, mut found) = (text, look(last));
    while let Some((step, behind)) = rest.split_first_chunk() {
        found |= look(step);
        rest = behind;
    }
    found
}

fn trim_nul(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"\0").unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_in_order_and_keep_empty_ones_inside() {
        let list = Strings::new(b"-l\0\0/tmp\0");
        assert_eq!(list.iter().collect::<Vec<_>>(), [&b"-l"[..], b"", b"/tmp"]);
        assert_eq!(list.len(), 3);
        assert_eq!(list.at(2), Some(&b"/tmp"[..]));
        assert!(list.is(b"-l\0\0/tmp"));
    }

    #[test]
    fn the_first_nul_is_found_wherever_it_is() {
        for len in 0..70 {
            let text = vec![b'x'; len];
            assert_eq!((until_nul(&text), has_nul(&text)), (&*text, false));
            for at in 0..len {
                let mut cut = text.clone();
                cut[at] = 0;
                for later in at..len {
                    cut[later] = 0;
                    assert_eq!(
                        (until_nul(&cut), has_nul(&cut)),
                        (&text[..at], true),
                        "{at} and {later} of {len}"
                    );
                    cut[later] = if later == at { 0 } else { b'x' };
                }
            }
        }
    }

    #[test]
    fn nothing_is_an_empty_list() {
        assert_eq!(Strings::new(b"").len(), 0);
        assert_eq!(Strings::new(b"\0").len(), 0);
        assert!(Strings::default().is_empty());
    }
}
