//! Reads the fixed fields and strings of a block's body in the byte order of its section.
//!
//! Takes a body, gives one value after the other; `None` when the body ends first. Nothing is ever read
//! past the end, whatever lengths the body claims.

/// A place in a body.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    big_endian: bool,
    entry: bool,
}

macro_rules! integer {
    ($($name:ident: $ty:ty;)*) => {$(
        pub(crate) fn $name(&mut self) -> Option<$ty> {
            let bytes = self.array()?;
            Some(if self.big_endian { <$ty>::from_be_bytes(bytes) } else { <$ty>::from_le_bytes(bytes) })
        }
    )*};
}

impl<'a> Fields<'a> {
    pub(crate) fn new(body: &'a [u8], big_endian: bool) -> Self {
        Self { rest: body, big_endian, entry: false }
    }

    /// Bytes not read yet.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Those bytes.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_big_endian(&self) -> bool {
        self.big_endian
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(len)?;
        self.rest = tail;
        Some(head)
    }

    /// Bytes as they stand, for addresses in network order.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.rest.split_first_chunk()?;
        self.rest = tail;
        Some(*head)
    }

    integer! { u8: u8; u16: u16; u32: u32; u64: u64; i64: i64; }

    /// Bytes behind their length as 2 bytes.
    pub(crate) fn text<T: From<&'a [u8]>>(&mut self) -> Option<T> {
        let len = self.u16()?;
        self.take(usize::from(len)).map(T::from)
    }

    /// The next `len` bytes as an entry of their own.
    pub(crate) fn entry(&mut self, len: u32) -> Option<Self> {
        let rest = self.take(usize::try_from(len).ok()?)?;
        Some(Self { rest, big_endian: self.big_endian, entry: true })
    }

    /// The next entry of a list whose entries start with their own length (that length included).
    pub(crate) fn sized_entry(&mut self) -> Option<Self> {
        let len = self.u32()?;
        self.entry(len.checked_sub(4)?)
    }

    /// Whether this is one entry, so that its end is the end of the entry.
    pub(crate) fn is_entry(&self) -> bool {
        self.entry
    }
}
