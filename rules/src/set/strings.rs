//! Many string comparisons of one value answered by one pass. HOT PATH.
//!
//! `startswith` and `pmatch` share a trie over the beginning of the value, and `glob` with them as far as its pattern
//! begins literally; `endswith` has one over its end. `contains` and `icontains` look for all their literals at once to tell
//! whether there is any. A group is only asked when one of its atoms is.

use super::atoms::{AtomId, Bits, bit_of, set_bit};
use super::scratch::Word;
use super::within::Within;
use crate::check::{Constant, Rhs, Test};
use crate::condition::{Modifier, Op};
use crate::eval::path;

/// Which group answers an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupKind {
    /// `startswith`, `pmatch`, and `glob` with a literal beginning.
    Start,
    /// `endswith`.
    End,
    /// `contains`.
    Within,
    /// `icontains`.
    WithinAnyCase,
}

/// The groups of a field.
#[derive(Debug)]
pub(super) struct Groups {
    start: Trie,
    end: Trie,
    within: Within,
    within_any_case: Within,
    /// Atoms with `pmatch`: the trie is right about them only for paths in plain form.
    paths: Vec<AtomId>,
    /// Bits of each group.
    start_bits: Bits,
    end_bits: Bits,
    within_bits: Bits,
    within_any_case_bits: Bits,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups {
            start: Trie::default(),
            end: Trie::default(),
            within: Within::new(false),
            within_any_case: Within::new(true),
            paths: Vec::new(),
            start_bits: Bits::new(),
            end_bits: Bits::new(),
            within_bits: Bits::new(),
            within_any_case_bits: Bits::new(),
        }
    }
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
            Op::Glob => {
                let beginnings: Vec<&[u8]> =
                    literals.iter().map(|pattern| literal_beginning(pattern)).collect();
                if beginnings.iter().any(|beginning| beginning.is_empty()) {
                    return None;
                }
                for beginning in beginnings {
                    self.start.add_doubtful(beginning.iter().copied(), atom);
                }
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
            Op::IContains if literals.iter().all(|text| !text.is_empty()) => {
                literals.iter().for_each(|text| self.within_any_case.add(text, bit));
                set_bit(&mut self.within_any_case_bits, bit);
                Some(GroupKind::WithinAnyCase)
            }
            _ => None,
        }
    }

    /// To be called once all atoms are added.
    pub(super) fn finish(&mut self) {
        self.within.build();
        self.within_any_case.build();
    }

    /// The bits of all atoms of a group.
    pub(super) fn bits(&self, kind: GroupKind) -> &Bits {
        match kind {
            GroupKind::Start => &self.start_bits,
            GroupKind::End => &self.end_bits,
            GroupKind::Within => &self.within_bits,
            GroupKind::WithinAnyCase => &self.within_any_case_bits,
        }
    }

    /// Sets the bits of those atoms of a group that are true of `value`, a string without NUL. `slow` is asked about
    /// atoms that the group cannot answer for this value; those that take long are only answered if `asked`, and made
    /// unknown otherwise.
    pub(super) fn answer(
        &self,
        kind: GroupKind,
        asked: AtomId,
        value: &[u8],
        words: &mut [Word],
        slow: &dyn Fn(AtomId) -> bool,
    ) {
        match kind {
            GroupKind::Start => {
                let plain = !self.paths.is_empty() && is_plain_path(value);
                self.start.walk(value.iter().copied(), plain, asked, words, slow);
                if !plain {
                    for &atom in self.paths.iter().filter(|&&atom| slow(atom)) {
                        let (word, mask) = bit_of(atom);
                        set_truth(words, word, mask);
                    }
                }
            }
            GroupKind::End => self.end.walk(value.iter().rev().copied(), false, asked, words, slow),
            GroupKind::Within => self.within.search(value, words),
            GroupKind::WithinAnyCase => self.within_any_case.search(value, words),
        }
    }
}

fn literal(constant: &Constant) -> Option<&[u8]> {
    match constant {
        Constant::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// The beginning of a pattern that only itself matches.
fn literal_beginning(pattern: &[u8]) -> &[u8] {
    let end = pattern.iter().position(|b| matches!(b, b'*' | b'?' | b'[' | b'\\')).unwrap_or(pattern.len());
    pattern.get(..end).unwrap_or(pattern)
}

/// Whether the components of `path` stand between single slashes, the first of which begins it.
fn is_plain_path(path: &[u8]) -> bool {
    let next = path.get(1..).unwrap_or(&[]);
    // Looking at every byte in one sweep is faster than stopping early or making a searcher.
    let doubled = path.iter().zip(next).fold(false, |found, (&a, &b)| found | (a == b'/') & (b == b'/'));
    path.first() == Some(&b'/') && !doubled
}

pub(super) fn set_truth(words: &mut [Word], word: usize, mask: u64) {
    if let Some(bits) = words.get_mut(word) {
        bits.truth |= mask;
    }
}

fn forget(words: &mut [Word], word: usize, mask: u64) {
    if let Some(bits) = words.get_mut(word) {
        bits.known &= !mask;
    }
}

/// A tree of prefixes, with the atoms that are true once one has been read.
#[derive(Debug)]
struct Trie {
    nodes: Vec<TrieNode>,
}

#[derive(Debug, Default)]
struct TrieNode {
    next: Next,
    /// `None` for most nodes, so that going on takes one look.
    marks: Option<Box<Marks>>,
}

/// The atoms of a node.
#[derive(Debug, Default)]
struct Marks {
    /// True of whatever begins like this.
    bits: Bits,
    /// True only if a path component ends here.
    at_component: Bits,
    /// Atoms that may be true of what begins like this, and of nothing else.
    doubtful: Vec<AtomId>,
}

/// The nodes behind a node, by byte.
#[derive(Debug, Default)]
enum Next {
    #[default]
    None,
    One(u8, u32),
    /// 0, which comes behind none, stands for no node.
    Many(Box<[u32; 256]>),
}

impl Next {
    #[inline]
    fn at(&self, byte: u8) -> Option<usize> {
        let next = match self {
            Next::None => return None,
            Next::One(only, next) => (*only == byte).then_some(*next),
            Next::Many(table) => Some(table[usize::from(byte)]).filter(|&next| next != 0),
        };
        usize::try_from(next?).ok()
    }

    fn add(&mut self, byte: u8, node: u32) {
        *self = match std::mem::take(self) {
            Next::None => Next::One(byte, node),
            Next::One(other, next) => {
                let mut table = Box::new([0; 256]);
                table[usize::from(other)] = next;
                table[usize::from(byte)] = node;
                Next::Many(table)
            }
            Next::Many(mut table) => {
                table[usize::from(byte)] = node;
                Next::Many(table)
            }
        };
    }
}

impl Default for Trie {
    fn default() -> Trie {
        Trie { nodes: vec![TrieNode::default()] }
    }
}

impl Trie {
    fn add(&mut self, prefix: impl Iterator<Item = u8>, bit: (usize, u64), components: bool) {
        if let Some(node) = self.node(prefix) {
            let marks = node.marks.get_or_insert_default();
            set_bit(if components { &mut marks.at_component } else { &mut marks.bits }, bit);
        }
    }

    fn add_doubtful(&mut self, prefix: impl Iterator<Item = u8>, atom: AtomId) {
        if let Some(node) = self.node(prefix) {
            node.marks.get_or_insert_default().doubtful.push(atom);
        }
    }

    /// The node of `prefix`, made if it is not there.
    fn node(&mut self, prefix: impl Iterator<Item = u8>) -> Option<&mut TrieNode> {
        let mut at = 0;
        for byte in prefix {
            let fresh = self.nodes.len();
            let node = self.nodes.get_mut(at)?;
            at = match node.next.at(byte) {
                Some(next) => next,
                None => {
                    node.next.add(byte, u32::try_from(fresh).ok()?);
                    self.nodes.push(TrieNode::default());
                    fresh
                }
            };
        }
        self.nodes.get_mut(at)
    }

    fn walk(
        &self,
        mut value: impl Iterator<Item = u8>,
        components: bool,
        asked: AtomId,
        words: &mut [Word],
        slow: &dyn Fn(AtomId) -> bool,
    ) {
        let mut at = self.nodes.first();
        while let Some(node) = at {
            let byte = value.next();
            if let Some(marks) = &node.marks {
                marks.bits.iter().for_each(|&(word, mask)| set_truth(words, word, mask));
                for &atom in &marks.doubtful {
                    let (word, mask) = bit_of(atom);
                    if atom != asked {
                        forget(words, word, mask);
                    } else if slow(atom) {
                        set_truth(words, word, mask);
                    }
                }
                if components && byte.is_none_or(|b| b == b'/') {
                    marks.at_component.iter().for_each(|&(word, mask)| set_truth(words, word, mask));
                }
            }
            let Some(byte) = byte else { return };
            at = node.next.at(byte).and_then(|next| self.nodes.get(next));
        }
    }
}
