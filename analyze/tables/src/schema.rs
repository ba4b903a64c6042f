//! What a table is: its name, its columns, their types.
//!
//! A column stands in one row of one list, with its name, type, where its values come from and a description; the
//! schema that SQL sees, the listing for people and the documentation are made of that. Knows nothing of values.

use std::fmt;

use polars::prelude::{DataType, Field, PlSmallStr, Schema, TimeUnit, TimeZone};

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// UTF-8; bytes of the evidence that are none, and control characters, are U+FFFD.
    Text,
    /// 64 bits, signed.
    Int,
    /// 64 bits, unsigned.
    Uint,
    /// True or false.
    Bool,
    /// Nanoseconds since the epoch, in UTC.
    Time,
}

impl Type {
    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Int => "int64",
            Type::Uint => "uint64",
            Type::Bool => "bool",
            Type::Time => "timestamp(ns, UTC)",
        }
    }

    /// What the query engine calls it.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Type::Text => DataType::String,
            Type::Int => DataType::Int64,
            Type::Uint => DataType::UInt64,
            Type::Bool => DataType::Boolean,
            Type::Time => DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One column; `S` says where its values come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<S> {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Where its values come from.
    pub(crate) source: S,
    /// What it says.
    pub about: &'static str,
}

/// A row of a list of columns.
pub(crate) const fn column<S: Copy>(
    name: &'static str,
    ty: Type,
    source: S,
    about: &'static str,
) -> Column<S> {
    Column { name, ty, source, about }
}

/// A column as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it says.
    pub about: &'static str,
}

impl<S> Column<S> {
    /// Without where its values come from.
    pub(crate) const fn described(&self) -> Described {
        Described { name: self.name, ty: self.ty, about: self.about }
    }
}

/// The schema of `columns` for the query engine.
pub(crate) fn schema_of(columns: &[Described]) -> Schema {
    columns.iter().map(|c| Field::new(PlSmallStr::from_static(c.name), c.ty.data_type())).collect()
}
