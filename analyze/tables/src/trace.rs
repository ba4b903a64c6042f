//! The traces that are asked.

use scap_analyze::replay::Range;
use scap_format::TraceReader;
use scap_format::damage::Damage;
use scap_format::source::Parts;

/// Why a trace could not be opened.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// How a trace is opened, which happens once for each table that a query reads.
pub trait Open {
    /// In parts, for reading only what is asked about.
    ///
    /// # Errors
    /// If it cannot be.
    fn parts(&self) -> Result<Parts, Unreadable>;

    /// From its beginning to its end.
    ///
    /// # Errors
    /// If it cannot be.
    fn whole(&self) -> Result<TraceReader, Unreadable>;
}

/// One trace.
pub struct Trace<'t> {
    /// What it is called, in messages and in the column `trace`.
    pub name: String,
    /// Which of its events are asked about.
    pub range: Range,
    /// How it is opened.
    pub open: Box<dyn Open + 't>,
}

/// What is to be told of a trace while it is read.
#[derive(Debug)]
pub enum Note<'n> {
    /// A part of it is damaged.
    Damaged(&'n Damage),
    /// It could not be opened, or not be read to its end.
    Unreadable(&'n (dyn std::error::Error + 'static)),
    /// More records of a sort than are kept, and how many were left out.
    LeftOut(&'static str, u64),
}
