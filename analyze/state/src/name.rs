//! What an fd is called, and how the call that opened it called it: one allocation for both.
//!
//! A path as given is the end of the path in full more often than not, and then stands there. Nothing is shared: copying
//! a short string costs no more than counting who shares it, and dropping one less.

use std::ops::Deref;

/// The name of an fd, to be read as its bytes, and its raw name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// The name, and behind it the raw name unless that is the name's own end.
    bytes: Vec<u8>,
    /// Length of the name.
    len: u32,
    /// Where the raw name begins, which ends where `bytes` do.
    raw: u32,
}

/// No name is as long as a u32 can say: each comes out of a block.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Name {
    /// `name`, and `raw` as the call gave it; empty where there was none.
    #[must_use]
    pub fn new(name: &[u8], raw: &[u8]) -> Self {
        let bytes = if name.ends_with(raw) { name.to_vec() } else { [name, raw].concat() };
        Self { raw: short(bytes.len() - raw.len()), bytes, len: short(name.len()) }
    }

    /// `base` and `raw`, one behind the other, for `raw`; with a slash between them if `base` `lacks_slash`.
    #[must_use]
    #[inline(always)]
    pub(crate) fn joined(base: &[u8], lacks_slash: bool, raw: &[u8]) -> Self {
        let behind = base.len() + usize::from(lacks_slash);
        let mut bytes = Vec::with_capacity(behind + raw.len());
        bytes.extend_from_slice(base);
        if lacks_slash {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(raw);
        Self { len: short(bytes.len()), bytes, raw: short(behind) }
    }

    /// As the call that opened it gave it; empty for all but files.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.bytes.get(self.raw as usize..).unwrap_or_default()
    }

    /// Both names in one piece, where the name ends and where the raw name begins: equal where both names are equal,
    /// and nowhere else.
    #[must_use]
    pub const fn as_stored(&self) -> (&[u8], usize, usize) {
        (self.bytes.as_slice(), self.len as usize, self.raw as usize)
    }

    /// Becomes the one of which [`Self::as_stored`] gave this. Allocates nothing where there is room from before.
    #[inline]
    pub(crate) fn become_restored(&mut self, bytes: &[u8], len: usize, raw: usize) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        (self.len, self.raw) = (short(len), short(raw));
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
        self.bytes.get(..self.len as usize).unwrap_or_default()
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
