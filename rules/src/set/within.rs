//! Strings looked for anywhere in a value, all at once. HOT PATH.
//!
//! Tells which of its literals a value contains, upper and lower case alike if so wished. Values seldom contain any: one pass
//! over the value says so for all literals that are long enough to be rare. Short ones (`-e` stands in many a command
//! line) are looked for one by one, as are all where one pass cannot take that many.

use aho_corasick::packed;
use memchr::memmem;
use rustc_hash::FxHashSet;

use super::atoms::{Bits, set_bit};
use super::scratch::Word;
use super::strings::set_truth;
use crate::eval::compare::{contains_ignoring_case, rarity};

/// Least length of literals that are looked for at once.
const LONG: usize = 5;

/// Longest piece of a literal that is looked for in upper and lower case, which takes up to 2 to the power of this patterns.
const PIECE: usize = 3;

/// Literals and what they make true.
#[derive(Debug)]
pub(super) struct Within {
    any_case: bool,
    literals: Vec<Literal>,
    /// How many of them, the first ones, are looked for one by one.
    apart: usize,
    /// Whether any of the others is there.
    together: Option<Box<packed::Searcher>>,
}

#[derive(Debug)]
struct Literal {
    text: Vec<u8>,
    /// The atoms it makes true.
    bits: Bits,
    finder: memmem::Finder<'static>,
}

impl Within {
    /// None yet. With `any_case`, `a` is contained in `A` and the other way round.
    pub(super) const fn new(any_case: bool) -> Within {
        Within { any_case, literals: Vec::new(), apart: 0, together: None }
    }

    /// Adds a literal that is not empty, and what it makes true.
    pub(super) fn add(&mut self, text: &[u8], bit: (usize, u64)) {
        if let Some(literal) = self.literals.iter_mut().find(|literal| literal.text == text) {
            return set_bit(&mut literal.bits, bit);
        }
        let finder = memmem::Finder::new(text).into_owned();
        self.literals.push(Literal { text: text.to_vec(), bits: vec![bit], finder });
    }

    /// To be called once all are added.
    pub(super) fn build(&mut self) {
        self.literals.sort_by_key(|literal| literal.text.len() >= LONG);
        self.apart = self.literals.partition_point(|literal| literal.text.len() < LONG);
        let long: Vec<&[u8]> = self.literals.iter().skip(self.apart).map(|l| l.text.as_slice()).collect();
        self.together = match long.as_slice() {
            [] => None,
            // Searching for one needs no company, and there is a better way to.
            [_] if !self.any_case => None,
            many if !self.any_case => packed::Searcher::new(many),
            // Shorter pieces are fewer patterns, of which there can be too many.
            many => (1..=PIECE).rev().find_map(|len| packed::Searcher::new(in_any_case(many, len))),
        }
        .map(Box::new);
        if self.together.is_none() {
            self.apart = self.literals.len();
        }
    }

    /// Sets the bits of what is true of `value`.
    pub(super) fn search(&self, value: &[u8], words: &mut [Word]) {
        let (apart, together) = self.literals.split_at(self.apart.min(self.literals.len()));
        self.search_each(apart, value, words);
        if self.together.as_ref().is_some_and(|searcher| searcher.find(value).is_some()) {
            std::hint::cold_path();
            self.search_each(together, value, words);
        }
    }

    fn search_each(&self, literals: &[Literal], value: &[u8], words: &mut [Word]) {
        for Literal { text, bits, finder } in literals {
            let there = match self.any_case {
                true => contains_ignoring_case(value, text),
                false => finder.find(value).is_some(),
            };
            if there {
                bits.iter().for_each(|&(word, mask)| set_truth(words, word, mask));
            }
        }
    }
}

/// The rarest piece of `len` bytes of each of `literals` in every combination of upper and lower case, each once.
fn in_any_case(literals: &[&[u8]], len: usize) -> Vec<Vec<u8>> {
    let mut seen = FxHashSet::default();
    let pieces = literals.iter().filter_map(|text| {
        text.windows(len).max_by_key(|piece| piece.iter().map(|&byte| rarity(byte)).sum::<usize>())
    });
    for piece in pieces {
        let mut spellings = vec![Vec::new()];
        for &byte in piece {
            let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
            let others = spellings.clone();
            spellings.iter_mut().for_each(|spelling| spelling.push(lower));
            if upper != lower {
                spellings.extend(others.into_iter().map(|mut spelling| {
                    spelling.push(upper);
                    spelling
                }));
            }
        }
        seen.extend(spellings);
    }
    let mut all: Vec<Vec<u8>> = seen.into_iter().collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which literals are found, as bits.
    fn found(within: &Within, value: &str) -> u64 {
        let mut words = [Word::default()];
        within.search(value.as_bytes(), &mut words);
        words[0].truth
    }

    fn of(any_case: bool, literals: &[&str]) -> Within {
        let mut within = Within::new(any_case);
        for (at, literal) in literals.iter().enumerate() {
            within.add(literal.as_bytes(), (0, 1 << at));
        }
        within.build();
        within
    }

    #[test]
    fn every_literal_is_found_wherever_it_stands() {
        for literals in [&["abcd"][..], &["ab", "a"], &["abcd", "bcde", "-e"], &["abcd", "cdxy", "cd"], &[]] {
            let (exact, any_case) = (of(false, literals), of(true, literals));
            for value in ["", "a", "cd", "abcdefgh", "xxabcdxyxx-e", "ABCD", "xbCdEcDXy", "-E"] {
                let expected = |value: &str, literals: &[String]| {
                    let there = literals.iter().enumerate().filter(|(_, literal)| value.contains(*literal));
                    there.fold(0, |bits, (at, _)| bits | 1 << at)
                };
                let literals: Vec<String> = literals.iter().map(|&text| text.to_owned()).collect();
                assert_eq!(found(&exact, value), expected(value, &literals), "{literals:?} {value}");
                let lower = expected(&value.to_lowercase(), &literals);
                assert_eq!(found(&any_case, value), lower, "{literals:?} {value}");
            }
        }
    }

    #[test]
    fn however_many_literals_there_are_each_is_found() {
        let texts: Vec<String> = (0..64).map(|n| format!("{n:x<5}Text{n}")).collect();
        let literals: Vec<&str> = texts.iter().map(String::as_str).collect();
        for any_case in [false, true] {
            let within = of(any_case, &literals);
            for (at, literal) in literals.iter().enumerate() {
                assert_eq!(found(&within, &format!("{literal}!")), 1 << at);
                let shouted = found(&within, &literal.to_uppercase());
                assert_eq!(shouted, if any_case { 1 << at } else { 0 });
            }
        }
    }

    #[test]
    fn a_piece_is_spelt_in_every_way_once() {
        let spelt = |text: &str, len| in_any_case(&[text.as_bytes()], len);
        assert_eq!(spelt("a_", 2), [b"A_", b"a_"]);
        assert_eq!(spelt("aa", 2).len(), 4);
        assert_eq!(spelt("aaaa", 3).len(), 8);
        assert_eq!(in_any_case(&[b"ax", b"AX"], 2).len(), 4);
    }
}
