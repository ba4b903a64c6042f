//! Many string comparisons of one value answered by one pass. HOT PATH.
//!
//! `startswith` and `pmatch` share a trie over the beginning of the value, `endswith` has one over its end, `contains`
//! an Aho-Corasick automaton. A group is only asked when one of its atoms is.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::atoms::{AtomId, Bits, bit_of, set_bit};
use crate::check::{Constant, Rhs, Test};
use crate::condition::{Modifier, Op};
use crate::eval::path;

/// Which group answers an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupKind {
    /// `startswith`, `pmatch`.
    Start,
    /// `endswith`.
    End,
    /// `contains`.
    Within,
}

/// The groups of a field.
#[derive(Debug, Default)]
pub(super) struct Groups {
    start: Trie,
    end: Trie,
    within: Within,
    /// Atoms with `pmatch`: the trie is right about them only for paths in plain form.
    paths: Vec<AtomId>,
    /// Bits of each group.
    start_bits: Bits,
    end_bits: Bits,
    within_bits: Bits,
}

impl Groups {
    /// Adds an atom, if one of the groups can answer it; tells which.
    pub(super) fn add(&mut self, atom: AtomId, test: &Test) -> Option<GroupKind> {
        let Rhs::Constants(constants) = &test.right else { return None };
        let any = test.op.takes_list() || test.modifier == Some(Modifier::AnyOf);
        if !any && test.modifier.is_some() {
            return None;
        }
        let constants = if any { constants.as_slice() } else { constants.get(..1)? };
        let literals: Vec<&[u8]> = constants.iter().map(literal).collect::<Option<_>>()?;
        let bit = bit_of(atom);
        match test.op {
            Op::StartsWith => {
                literals.iter().for_each(|text| self.start.add(text.iter().copied(), bit, false));
                set_bit(&mut self.start_bits, bit);
                Some(GroupKind::Start)
            }
            Op::PMatch => {
                if literals.iter().any(|text| text.iter().any(|b| matches!(b, b'?' | b'*' | b'['))) {
                    return None;
                }
                for search in literals {
                    let plain = path::components(search).flat_map(|c| [b"/", c].concat());
                    self.start.add(plain, bit, true);
                }
                self.paths.push(atom);
                set_bit(&mut self.start_bits, bit);
                Some(GroupKind::Start)
            }
            Op::EndsWith => {
                literals.iter().for_each(|text| self.end.add(text.iter().rev().copied(), bit, false));
                set_bit(&mut self.end_bits, bit);
                Some(GroupKind::End)
            }
            Op::Contains if literals.iter().all(|text| !text.is_empty()) => {
                literals.iter().for_each(|text| self.within.add(text, bit));
                set_bit(&mut self.within_bits, bit);
                Some(GroupKind::Within)
            }
            _ => None,
        }
    }

    /// To be called once all atoms are added.
    pub(super) fn finish(&mut self) {
        self.within.build();
    }

    /// The bits of all atoms of a group.
    pub(super) fn bits(&self, kind: GroupKind) -> &Bits {
        match kind {
            GroupKind::Start => &self.start_bits,
            GroupKind::End => &self.end_bits,
            GroupKind::Within => &self.within_bits,
        }
    }

    /// Sets the bits of those atoms of a group that are true of `value`, a string without NUL. `slow` is asked about
    /// atoms that the group cannot answer for this value.
    pub(super) fn answer(
        &self,
        kind: GroupKind,
        value: &[u8],
        truth: &mut [u64],
        slow: &dyn Fn(AtomId) -> bool,
    ) {
        match kind {
            GroupKind::Start => {
                let plain = is_plain_path(value);
                self.start.walk(value.iter().copied(), plain, truth);
                if !plain {
                    for &atom in self.paths.iter().filter(|&&atom| slow(atom)) {
                        let (word, mask) = bit_of(atom);
                        set_truth(truth, word, mask);
                    }
                }
            }
            GroupKind::End => self.end.walk(value.iter().rev().copied(), false, truth),
            GroupKind::Within => self.within.search(value, truth),
        }
    }
}

fn literal(constant: &Constant) -> Option<&[u8]> {
    match constant {
        Constant::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// Whether the components of `path` stand between single slashes, the first of which begins it.
fn is_plain_path(path: &[u8]) -> bool {
    let next = path.get(1..).unwrap_or(&[]);
    // Looking at every byte in one sweep is faster than stopping early or making a searcher.
    let doubled = path.iter().zip(next).fold(false, |found, (&a, &b)| found | (a == b'/') & (b == b'/'));
    path.first() == Some(&b'/') && !doubled
}

fn set_truth(truth: &mut [u64], word: usize, mask: u64) {
    if let Some(bits) = truth.get_mut(word) {
        *bits |= mask;
    }
}

/// A tree of prefixes, with the atoms that are true once one has been read.
#[derive(Debug)]
struct Trie {
    nodes: Vec<TrieNode>,
}

#[derive(Debug, Default)]
struct TrieNode {
    /// Sorted by byte.
    next: Vec<(u8, usize)>,
    bits: Bits,
    /// True only if a path component ends here.
    at_component: Bits,
}

impl Default for Trie {
    fn default() -> Trie {
        Trie { nodes: vec![TrieNode::default()] }
    }
}

impl Trie {
    fn add(&mut self, prefix: impl Iterator<Item = u8>, bit: (usize, u64), components: bool) {
        let mut at = 0;
        for byte in prefix {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = match node.next.binary_search_by_key(&byte, |&(b, _)| b) {
                Ok(found) => node.next.get(found).map_or(0, |&(_, next)| next),
                Err(place) => {
                    node.next.insert(place, (byte, fresh));
                    self.nodes.push(TrieNode::default());
                    fresh
                }
            };
        }
        if let Some(node) = self.nodes.get_mut(at) {
            set_bit(if components { &mut node.at_component } else { &mut node.bits }, bit);
        }
    }

    fn walk(&self, value: impl Iterator<Item = u8>, components: bool, truth: &mut [u64]) {
        let mut value = value.peekable();
        let mut at = self.nodes.first();
        while let Some(node) = at {
            for &(word, mask) in &node.bits {
                set_truth(truth, word, mask);
            }
            let byte = value.next();
            if components && byte.is_none_or(|b| b == b'/') {
                for &(word, mask) in &node.at_component {
                    set_truth(truth, word, mask);
                }
            }
            let Some(byte) = byte else { return };
            at = match node.next.as_slice() {
                [] => None,
                [(only, next)] => (*only == byte).then(|| self.nodes.get(*next)).flatten(),
                many => {
                    let found = many.binary_search_by_key(&byte, |&(b, _)| b).ok();
                    found.and_then(|i| many.get(i)).and_then(|&(_, next)| self.nodes.get(next))
                }
            };
        }
    }
}

/// Strings looked for anywhere in a value.
#[derive(Debug, Default)]
struct Within {
    literals: Vec<Vec<u8>>,
    /// By literal: the atoms it makes true.
    bits: Vec<Bits>,
    automaton: Option<AhoCorasick>,
}

impl Within {
    fn add(&mut self, text: &[u8], bit: (usize, u64)) {
        let place = match self.literals.iter().position(|literal| literal == text) {
            Some(place) => place,
            None => {
                self.literals.push(text.to_vec());
                self.bits.push(Bits::new());
                self.bits.len() - 1
            }
        };
        if let Some(bits) = self.bits.get_mut(place) {
            set_bit(bits, bit);
        }
    }

    fn build(&mut self) {
        // An automaton can only fail to build by its size; then every literal is looked for by itself.
        // Without prefilter: values are short, and starting one costs more than it saves.
        let build =
            || AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(&self.literals);
        self.automaton = (self.literals.len() > 1).then(|| build().ok()).flatten();
    }

    fn search(&self, value: &[u8], truth: &mut [u64]) {
        let mut found = |place: usize| {
            for &(word, mask) in self.bits.get(place).map_or(&[][..], Vec::as_slice) {
                set_truth(truth, word, mask);
            }
        };
        match &self.automaton {
            Some(automaton) => {
                automaton.find_overlapping_iter(value).for_each(|m| found(m.pattern().as_usize()));
            }
            None => {
                for (place, literal) in self.literals.iter().enumerate() {
                    if memchr::memmem::find(value, literal).is_some() {
                        found(place);
                    }
                }
            }
        }
    }
}
