//! What an fd is called, and how the call that opened it called it: one allocation for both.
//!
//! A path as given is the end of the path in full more often than not, and then stands there. Nothing is shared: copying
//! a short string costs no more than counting who shares it, and dropping one less.

use std::ops::Deref;

/// The name of an fd, to be read as its bytes, and its raw name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// The name, and behind it the raw name unless that is the name's own end.
    bytes: Box<[u8]>,
    /// Length of the name.
    len: usize,
    /// Where the raw name begins, which ends where `bytes` do.
    raw: usize,
}

impl Name {
    /// `name`, and `raw` as the call gave it; empty where there was none.
    #[must_use]
    pub fn new(name: &[u8], raw: &[u8]) -> Self {
        let bytes = if name.ends_with(raw) { name.into() } else { [name, raw].concat().into_boxed_slice() };
        Self { raw: bytes.len() - raw.len(), bytes, len: name.len() }
    }

    /// `base` and `raw`, one behind the other, for `raw`; with a slash between them if `base` `lacks_slash`.
    #[must_use]
    pub(crate) fn joined(base: &[u8], lacks_slash: bool, raw: &[u8]) -> Self {
        let behind = base.len() + usize::from(lacks_slash);
        let len = behind + raw.len();
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(base);
        if lacks_slash {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(raw);
        Self { bytes: bytes.into_boxed_slice(), len, raw: behind }
    }

    /// As the call that opened it gave it; empty for all but files.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.bytes.get(self.raw..).unwrap_or_default()
    }

    /// Both names in one piece, where the name ends and where the raw name begins: equal where both names are equal,
    /// and nowhere else.
    #[must_use]
    pub const fn as_stored(&self) -> (&[u8], usize, usize) {
        (&self.bytes, self.len, self.raw)
    }

    /// The one of which [`Self::as_stored`] gave this.
    #[inline]
    pub(crate) fn restored(bytes: &[u8], len: usize, raw: usize) -> Self {
        Self { bytes: bytes.into(), len, raw }
    }

    /// The same raw name with `name`.
    #[must_use]
    pub(crate) fn renamed(&self, name: &[u8]) -> Self {
        Self::new(name, self.raw())
    }
}

impl Deref for Name {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<T: AsRef<[u8]>> From<T> for Name {
    fn from(name: T) -> Self {
        Self::new(name.as_ref(), b"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_come_back_however_they_overlap() {
        for (name, raw) in [
            ("/etc/passwd", "/etc/passwd"),
            ("/etc/passwd", "passwd"),
            ("/etc/x", "../x"),
            ("", ""),
            ("a", ""),
            ("", "b"),
        ] {
            let both = Name::new(name.as_bytes(), raw.as_bytes());
            assert_eq!((&*both, both.raw()), (name.as_bytes(), raw.as_bytes()));
            let (base, raw) = (name.as_bytes(), raw.as_bytes());
            for (slash, between) in [(false, &b""[..]), (true, b"/")] {
                let joined = Name::joined(base, slash, raw);
                assert_eq!((&*joined, joined.raw()), (&*[base, between, raw].concat(), raw));
                assert_eq!(joined, Name::new(&joined, raw));
            }
            assert_eq!((&*both.renamed(b"c"), both.renamed(b"c").raw()), (&b"c"[..], raw));
        }
    }
}
