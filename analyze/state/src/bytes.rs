//! Shared byte strings: names and paths as the kernel gave them, and lists of them.
//!
//! Nothing here assumes UTF-8.

use std::sync::Arc;

/// A shared, immutable byte string.
pub type Bytes = Arc<[u8]>;

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
        Self { joined: Arc::from(trim_nul(raw)) }
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

/// `text` up to its first NUL. Looks at all bytes in one sweep, which is faster for paths than to stop early.
pub(crate) fn until_nul(text: &[u8]) -> &[u8] {
    let has_nul = |text: &[u8]| text.iter().fold(false, |found, &b| found | (b == 0));
    match text {
        // A closing one is the usual.
        [rest @ .., 0] if !has_nul(rest) => rest,
        _ if !has_nul(text) => text,
        _ => text.iter().position(|&b| b == 0).and_then(|end| text.get(..end)).unwrap_or(text),
    }
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
    fn nothing_is_an_empty_list() {
        assert_eq!(Strings::new(b"").len(), 0);
        assert_eq!(Strings::new(b"\0").len(), 0);
        assert!(Strings::default().is_empty());
    }
}
