//! Which event types occur: a growable bit set over event codes.
//!
//! Hot path: inserting a code allocates only when the code is higher than any before it.

use bincode::{Decode, Encode};

/// A set of event codes. Bit `c % 8` of byte `c / 8` stands for code `c`; missing bytes are zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct EventTypes {
    bits: Vec<u8>,
}

impl EventTypes {
    /// Adds a code.
    pub fn insert(&mut self, code: u16) {
        let byte = usize::from(code / 8);
        if byte >= self.bits.len() {
            self.bits.resize(byte + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(byte) {
            *bits |= 1 << (code % 8);
        }
    }

    /// Whether a code is in it.
    #[must_use]
    pub fn contains(&self, code: u16) -> bool {
        self.bits.get(usize::from(code / 8)).is_some_and(|bits| bits & (1 << (code % 8)) != 0)
    }

    /// Adds every code of another set.
    pub fn merge(&mut self, other: &Self) {
        if self.bits.len() < other.bits.len() {
            self.bits.resize(other.bits.len(), 0);
        }
        for (mine, theirs) in self.bits.iter_mut().zip(&other.bits) {
            *mine |= theirs;
        }
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.bits.clear();
    }

    /// Whether no code is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|&b| b == 0)
    }

    /// The codes, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..=u16::MAX).take(self.bits.len() * 8).filter(|&code| self.contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_in_order() {
        let mut types = EventTypes::default();
        for code in [u16::MAX, 281, 3, 280, 3] {
            types.insert(code);
        }
        assert_eq!(types.iter().collect::<Vec<_>>(), [3, 280, 281, u16::MAX]);
        assert!(types.contains(280) && !types.contains(279));
        types.clear();
        assert!(types.is_empty());
    }

    #[test]
    fn merging_keeps_both() {
        let (mut a, mut b) = (EventTypes::default(), EventTypes::default());
        a.insert(1);
        b.insert(400);
        a.merge(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [1, 400]);
    }
}
