//! Byte strings of a frozen state, each written once.
//!
//! Most strings of a state occur many times: a process' environment in each of its children, a path in every fd
//! table. Threads and fds refer to them by their place in one list.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Unusable;
use crate::bytes::Bytes;

/// Place of a string in the list.
pub(super) type Ref = u32;

/// Collects strings while a state is frozen.
#[derive(Default)]
pub(super) struct Collected<'s> {
    places: HashMap<&'s [u8], Ref>,
    pub(super) list: Vec<&'s [u8]>,
}

impl<'s> Collected<'s> {
    /// The place of `string`.
    pub(super) fn place(&mut self, string: &'s [u8]) -> Ref {
        if let Some(&place) = self.places.get(string) {
            return place;
        }
        let place = Ref::try_from(self.list.len()).unwrap_or(Ref::MAX);
        self.list.push(string);
        self.places.insert(string, place);
        place
    }
}

/// The strings of a state being thawed, shared again by all who refer to them.
pub(super) struct Shared(Vec<Bytes>);

impl Shared {
    pub(super) fn new(list: &[&[u8]]) -> Self {
        Self(list.iter().map(|string| Arc::from(*string)).collect())
    }

    pub(super) fn at(&self, place: Ref) -> Result<Bytes, Unusable> {
        let found = usize::try_from(place).ok().and_then(|place| self.0.get(place));
        found.cloned().ok_or(Unusable("a reference to a string leads nowhere"))
    }
}
