//! One value on its way into a column.

use std::borrow::Cow;

/// A value, or that there is none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing is known.
    Null,
    /// Text as the evidence has it.
    Bytes(Cow<'a, [u8]>),
    /// A signed number.
    Int(i64),
    /// An unsigned number, or a time in ns since the epoch.
    Uint(u64),
    /// Yes or no.
    Bool(bool),
}

impl<'a> Cell<'a> {
    /// Text; none if it is empty.
    pub(crate) fn text(bytes: &'a [u8]) -> Self {
        if bytes.is_empty() { Cell::Null } else { Cell::Bytes(Cow::Borrowed(bytes)) }
    }

    /// Text that was put together; none if it is empty.
    pub(crate) fn owned(text: impl Into<Vec<u8>>) -> Self {
        let bytes = text.into();
        if bytes.is_empty() { Cell::Null } else { Cell::Bytes(Cow::Owned(bytes)) }
    }

    /// A signed number, if there is one.
    pub(crate) fn int(value: Option<i64>) -> Self {
        value.map_or(Cell::Null, Cell::Int)
    }

    /// An unsigned number or time, if there is one.
    pub(crate) fn uint(value: Option<u64>) -> Self {
        value.map_or(Cell::Null, Cell::Uint)
    }
}
