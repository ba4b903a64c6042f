//! The distinct comparisons of a set, and what each costs.
//!
//! An *atom* is one comparison; its truth for an event is one bit. *Lasting* atoms, which are about the process or
//! what surrounds it, are numbered first, so that their bits can be kept per process; atoms on the same field stand together. A *slot* is a field
//! of one value, fetched at most once per event; its equality atoms are answered together by one lookup.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::strings::{GroupKind, Groups};
use crate::check::{Constant, ExtractKind, Rhs, Test};
use crate::condition::Op;
use crate::field::{Compare, DecidedBy, Field, Scope};
use crate::value::FieldType;

/// Number of an atom.
pub(super) type AtomId = u32;

/// Bits of atoms, as words and masks.
pub(super) type Bits = Vec<(usize, u64)>;

/// One comparison.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) test: Arc<Test>,
    /// The slot of its left side, if that is a field of one value.
    pub(super) slot: Option<usize>,
    /// The group of the slot that answers it.
    pub(super) group: Option<GroupKind>,
    /// The comparison in short, for values of the usual sort.
    pub(super) quick: Quick,
}

/// A comparison with one number, as most are that are none of strings.
#[derive(Debug, Clone, Copy)]
pub(super) enum Quick {
    /// It is none.
    No,
    /// The value it is true of.
    Bool(bool),
    Int(Op, i64),
    Uint(Op, u64),
}

/// A field of one value.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) field: Field,
    /// Whether its values are strings.
    pub(super) is_text: bool,
    /// Atoms that [`Slot::exact`] answers, as bits: `(word, mask)`.
    pub(super) grouped: Bits,
    /// Those of them that are true of every value not in `exact` (`!=`).
    pub(super) unless: Bits,
    /// By string: which grouped atoms flip.
    pub(super) exact: FxHashMap<Box<[u8]>, Bits>,
    /// Lengths of the strings in `exact` below 64, as bits; bit 63 for 63 and more.
    pub(super) lengths: u64,
    /// Its other string comparisons.
    pub(super) groups: Groups,
}

/// All atoms of a set.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    pub(super) atoms: Vec<Atom>,
    pub(super) slots: Vec<Slot>,
    /// Words that hold the bits of atoms of process fields: the first ones, no others.
    pub(super) process_words: usize,
    /// Words that hold the bits of lasting atoms: those, and then the ones of what surrounds a process.
    pub(super) lasting_words: usize,
    /// Atoms that stand for a comparison: fillers not counted.
    pub(super) count: usize,
}

/// Who decides atoms: each atom one of these, or a set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Deciders(u8);

impl Deciders {
    pub(super) const NONE: Deciders = Deciders(0);
    /// The process and what surrounds it.
    pub(super) const PROCESS: Deciders = Deciders(1);
    /// The kind of the event's subject.
    pub(super) const KIND: Deciders = Deciders(2);
    /// The same, if the event failed.
    pub(super) const FAILURE: Deciders = Deciders(4);
    /// All of the event's subject.
    pub(super) const SUBJECT: Deciders = Deciders(8);
    /// Only the event.
    pub(super) const EVENT: Deciders = Deciders(16);

    pub(super) const fn and(self, other: Deciders) -> Deciders {
        Deciders(self.0 | other.0)
    }

    /// Whether all of them are.
    pub(super) const fn are_within(self, others: Deciders) -> bool {
        self.0 & !others.0 == 0
    }
}

impl Atoms {
    /// The atoms for `tests`, and the number of each test by its address.
    pub(super) fn new(tests: Vec<Arc<Test>>) -> (Atoms, FxHashMap<*const Test, AtomId>) {
        let count = tests.len();
        let mut process: Vec<Arc<Test>> = Vec::new();
        let mut surroundings: Vec<Arc<Test>> = Vec::new();
        let mut event: Vec<Arc<Test>> = Vec::new();
        for test in tests {
            match scope(&test) {
                Scope::Process => process.push(test),
                Scope::Surroundings => surroundings.push(test),
                Scope::Event => event.push(test),
            }
        }
        let key = |test: &Arc<Test>| slot_field(test).cloned();
        process.sort_by_key(key);
        surroundings.sort_by_key(key);
        event.sort_by_key(key);
        let process_words = process.len().div_ceil(64);
        let lasting_words = process_words + surroundings.len().div_ceil(64);
        let mut atoms = Atoms { process_words, lasting_words, count, ..Atoms::default() };
        let mut numbers = FxHashMap::default();
        let mut slots: FxHashMap<Field, usize> = FxHashMap::default();
        for (first, tests) in [(0, process), (process_words * 64, surroundings), (lasting_words * 64, event)]
        {
            // The last word of a scope may have bits that stand for no atom; they are never asked for.
            while atoms.atoms.len() < first {
                let Some(filler) = atoms.atoms.last().map(|atom| Arc::clone(&atom.test)) else { break };
                atoms.atoms.push(Atom { test: filler, slot: None, group: None, quick: Quick::No });
            }
            for test in tests {
                let number = u32::try_from(atoms.atoms.len()).unwrap_or(u32::MAX);
                numbers.insert(Arc::as_ptr(&test), number);
                let slot = slot_field(&test).map(|field| {
                    *slots.entry(field.clone()).or_insert_with(|| {
                        atoms.slots.push(Slot::new(field.clone(), test.left.ty));
                        atoms.slots.len() - 1
                    })
                });
                let group =
                    slot.and_then(|slot| atoms.slots.get_mut(slot)).and_then(|slot| slot.add(number, &test));
                let quick = quick(&test);
                atoms.atoms.push(Atom { test, slot, group, quick });
            }
        }
        atoms.slots.iter_mut().for_each(|slot| slot.groups.finish());
        (atoms, numbers)
    }

    /// Who decides atom `number`.
    pub(super) fn decider(&self, number: AtomId) -> Deciders {
        let Some(atom) = usize::try_from(number).ok().and_then(|at| self.atoms.get(at)) else {
            return Deciders::EVENT;
        };
        let constant = matches!(atom.test.right, Rhs::Constants(_)) && atom.slot.is_some();
        match (bit_of(number).0 < self.lasting_words, atom.test.left.decided_by) {
            (true, _) => Deciders::PROCESS,
            (false, DecidedBy::Kind) if constant => Deciders::KIND,
            (false, DecidedBy::Failure) if constant => Deciders::FAILURE,
            (false, DecidedBy::Subject) if constant => Deciders::SUBJECT,
            (false, _) => Deciders::EVENT,
        }
    }

    /// By word behind the lasting ones: the atoms that `deciders` decide.
    pub(super) fn decided(&self, deciders: Deciders) -> Vec<u64> {
        let mut masks = vec![0; self.words()];
        for number in (0u32..).take(self.atoms.len()) {
            let (word, mask) = bit_of(number);
            if let Some(bits) = masks.get_mut(word).filter(|_| self.decider(number).are_within(deciders)) {
                *bits |= mask;
            }
        }
        masks.split_off(self.lasting_words.min(masks.len()))
    }

    /// Words that hold the bits of all atoms.
    pub(super) fn words(&self) -> usize {
        self.atoms.len().div_ceil(64)
    }
}

impl Slot {
    fn new(field: Field, ty: FieldType) -> Slot {
        Slot {
            field,
            is_text: matches!(ty, FieldType::CharBuf | FieldType::FsPath),
            grouped: Vec::new(),
            unless: Vec::new(),
            exact: FxHashMap::default(),
            lengths: 0,
            groups: Groups::default(),
        }
    }

    /// Adds an atom to those that a lookup answers, if it is one; gives the group otherwise, if it has one.
    fn add(&mut self, atom: AtomId, test: &Test) -> Option<GroupKind> {
        let string = matches!(test.left.ty, FieldType::CharBuf | FieldType::FsPath);
        if !string || test.left.compare != Compare::Whole {
            return None;
        }
        let equality = matches!(test.op, Op::Eq | Op::Ne | Op::In | Op::Intersects);
        if !equality {
            return self.groups.add(atom, test);
        }
        let Rhs::Constants(constants) = &test.right else { return None };
        if test.modifier.is_some() {
            return None;
        }
        let bit = bit_of(atom);
        set_bit(&mut self.grouped, bit);
        if test.op == Op::Ne {
            set_bit(&mut self.unless, bit);
        }
        let constants =
            if test.op.takes_list() { constants.as_slice() } else { constants.get(..1).unwrap_or(&[]) };
        for constant in constants {
            let Constant::Bytes(bytes) = constant else { continue };
            self.lengths |= 1 << bytes.len().min(63);
            set_bit(self.exact.entry(bytes.as_slice().into()).or_default(), bit);
        }
        None
    }
}

fn quick(test: &Test) -> Quick {
    let Rhs::Constants(constants) = &test.right else { return Quick::No };
    if test.modifier.is_some() || test.left.compare != Compare::Whole || test.left.has_many() {
        return Quick::No;
    }
    match (test.op, constants.as_slice()) {
        (Op::Eq | Op::In, [Constant::Bool(right)]) => Quick::Bool(*right),
        (Op::Ne, [Constant::Bool(right)]) => Quick::Bool(!*right),
        (op, [Constant::Int(right)]) => Quick::Int(op, *right),
        (op, [Constant::Uint(right)]) => Quick::Uint(op, *right),
        _ => Quick::No,
    }
}

/// Word and mask of an atom's bit.
#[inline]
pub(super) fn bit_of(atom: AtomId) -> (usize, u64) {
    (usize::try_from(atom / 64).unwrap_or(usize::MAX), 1 << (atom % 64))
}

/// Adds a bit.
pub(super) fn set_bit(bits: &mut Bits, (word, mask): (usize, u64)) {
    match bits.iter_mut().find(|(w, _)| *w == word) {
        Some((_, bits)) => *bits |= mask,
        None => bits.push((word, mask)),
    }
}

/// The field on the left, if it is one that has one value.
fn slot_field(test: &Test) -> Option<&Field> {
    match &test.left.kind {
        ExtractKind::Field(field) if !test.left.has_many() && test.op != Op::Exists => Some(field),
        _ => None,
    }
}

/// How long what an atom says stays true.
pub(super) fn scope(test: &Test) -> Scope {
    match &test.right {
        Rhs::Extract(right) => test.left.scope.max(right.scope),
        _ => test.left.scope,
    }
}
