//! Lists of the snapshot, read where they stand: an entry lends its texts out of the block.
//!
//! Takes a block, gives its entries one after the other. For whoever goes through the snapshots of many sections and keeps
//! little of each: putting every text into memory of its own costs more than reading it. Deliberately doesn't know what damage is
//! made of a list that contradicts itself, only that it does.

use super::{fds, fields::Fields, kind::Kind, parse::Framed, threads};
use crate::snapshot::{FdEntry, ThreadEntry};

/// A list of a snapshot, see [`Visitor::list`](crate::Visitor::list).
#[derive(Debug)]
pub enum List<'a> {
    /// Threads.
    Threads(ThreadList<'a>),
    /// Fds of one thread.
    Fds(FdList<'a>),
}

/// Threads, one after the other.
#[derive(Debug)]
pub struct ThreadList<'a> {
    rest: Rest<'a>,
    version: u8,
}

/// Fds of one thread, one after the other.
#[derive(Debug)]
pub struct FdList<'a> {
    tid: i64,
    rest: Rest<'a>,
    sized: bool,
}

/// What is still to be read, and what was.
#[derive(Debug)]
struct Rest<'a> {
    fields: Fields<'a>,
    given: usize,
    is_broken: bool,
}

impl<'a> Rest<'a> {
    fn new(fields: Fields<'a>) -> Self {
        Self { fields, given: 0, is_broken: false }
    }

    #[inline]
    fn next<E>(&mut self, read: impl FnOnce(&mut Fields<'a>) -> Option<E>) -> Option<E> {
        if self.is_broken || self.fields.left() < 4 {
            return None;
        }
        let entry = read(&mut self.fields);
        self.is_broken = entry.is_none();
        self.given += usize::from(entry.is_some());
        entry
    }
}

impl<'a> List<'a> {
    /// The list in `block`; `None` if it is none of those, or lacks its beginning.
    pub(crate) fn of(block: &Framed<'a>, big_endian: bool) -> Option<Self> {
        let mut fields = Fields::new(block.body, big_endian);
        Some(match block.kind {
            Kind::Threads(version) => Self::Threads(ThreadList { rest: Rest::new(fields), version }),
            Kind::Fds { sized } => Self::Fds(FdList { tid: fields.i64()?, rest: Rest::new(fields), sized }),
            _ => return None,
        })
    }

    /// Reads on to its end. Gives how many entries it has, and what is wrong behind them, if anything.
    pub(crate) fn end(self) -> (usize, Option<&'static str>) {
        let (rest, what) = match self {
            Self::Threads(mut list) => {
                list.by_ref().for_each(drop);
                (list.rest, threads::CONTRADICTION)
            }
            Self::Fds(mut list) => {
                list.by_ref().for_each(drop);
                (list.rest, fds::CONTRADICTION)
            }
        };
        (rest.given, rest.is_broken.then_some(what))
    }
}

impl<'a> Iterator for ThreadList<'a> {
    type Item = ThreadEntry<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let version = self.version;
        self.rest.next(|fields| threads::next(fields, version))
    }
}

impl<'a> FdList<'a> {
    /// Whose they are.
    #[must_use]
    pub fn tid(&self) -> i64 {
        self.tid
    }

    /// What is still to be read, as it stands in the trace: lists of the same bytes in one trace have the same entries, but for
    /// those of sections in another byte order or of old versions, of which this is `None`.
    #[must_use]
    pub fn bytes(&self) -> Option<&'a [u8]> {
        (self.sized && !self.rest.fields.is_big_endian()).then(|| self.rest.fields.rest())
    }

    /// How many have been read.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.rest.given
    }

    /// Whether all have been read, and none contradicted itself.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.rest.is_broken && self.rest.fields.left() < 4
    }

    /// Passes over what is still to be read, of which is known that it has `entries` and no contradiction.
    pub fn pass(&mut self, entries: usize) {
        self.rest.given += entries;
        let left = self.rest.fields.left();
        self.rest.fields.take(left);
    }
}

impl<'a> Iterator for FdList<'a> {
    type Item = FdEntry<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let sized = self.sized;
        self.rest.next(|fields| fds::next(fields, sized))
    }
}
